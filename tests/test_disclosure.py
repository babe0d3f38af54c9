"""What is told in public: an attacker who subtracts every published total from every other finds nobody."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from watershed_cp.impact.disclosure import DOMINANCE_PCT, open_places

LEVELS = ["basin", "sub_basin"]


def world(seed, firms):
    """Scatter firms over nested places, their loads as unequal as real ones, some without a sub-basin."""
    random = np.random.default_rng(seed)
    basin = random.choice(list("abc"), firms, p=[0.6, 0.3, 0.1])
    inner = [f"{outer}{random.integers(1, 4)}" if random.random() > 0.1 else None for outer in basin]
    kg_yr = random.lognormal(3, random.choice([0.3, 1.0, 2.0]), firms)
    return pd.DataFrame(
        {"msme_id": [f"F{at}" for at in range(firms)], "basin": basin, "sub_basin": inner, "kg_yr": kg_yr}
    )


def told(table, **rule):
    return [cell for cell in open_places(table, LEVELS, **rule) if not cell.kept_back]


def equations(table, cells):
    """Write each published total as a row of zeros and ones over the firms."""
    return np.array([np.isin(np.arange(len(table)), cell.rows) for cell in cells], float).reshape(
        -1, len(table)
    )


def certain(known):
    """Give the firms whose number follows from what is known, by adding and subtracting alone."""
    return np.flatnonzero(np.isclose(np.diag(np.linalg.pinv(known) @ known), 1))


def most(known, values, firm):
    """Reckon the most that a firm can bring, given what is known and that nobody brings less than nothing."""
    wanted = -np.eye(len(values))[firm]
    return -linprog(wanted, A_eq=known, b_eq=known @ values, method="highs").fun


def attack(table, cells):
    """Let every firm, which knows its own number, try to work out each other one; give those whom anybody finds."""
    known, values = equations(table, cells), table["kg_yr"].to_numpy()
    found = [*certain(known)]
    for (
        cell
    ) in cells:  # the largest of a place, as the second largest sees it: the most exposed pair there is
        largest, *others = cell.rows[np.argsort(-values[cell.rows])]
        for spy in others[:1]:
            own = np.eye(len(values))[spy]
            room = most(np.vstack([known, own]), values, largest) - values[largest]
            found += [largest] if room < DOMINANCE_PCT / 100 * values[largest] * (1 - 1e-6) else []
    return found


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), firms=st.integers(1, 40), minimum=st.integers(3, 6))
def test_subtraction_across_all_published_totals_finds_nobody(seed, firms, minimum):
    table = world(seed, firms)
    cells = told(table, minimum_msmes=minimum)
    assert attack(table, cells) == []
    assert all(len(cell.rows) >= minimum for cell in cells)


@pytest.mark.slow
def test_a_thousand_programmes_are_attacked_in_vain_and_an_unprotected_one_is_not():
    worlds = [world(seed, 5 + seed % 40) for seed in range(1000)]
    published = [told(table) for table in worlds]
    assert not any(attack(table, cells) for table, cells in zip(worlds, published, strict=True))
    assert (
        sum(map(len, published)) > 2000
    )  # safe because little can be told apart, not because nothing is told
    naive = [told(table, minimum_msmes=1, dominance_pct=0) for table in worlds[:50]]
    assert all(attack(table, cells) for table, cells in zip(worlds[:50], naive, strict=True))


def firms(places, kg_yr):
    ids = [f"F{at}" for at in range(len(kg_yr))]
    return pd.DataFrame({"msme_id": ids, "basin": list(places), "sub_basin": None, "kg_yr": kg_yr})


@pytest.mark.parametrize(
    ("places", "kg_yr", "expected"),
    [
        pytest.param("aaabbb", [4, 3, 3, 4, 3, 3], {"": "", "a": "", "b": ""}, id="all is told"),
        pytest.param("aa", [1, 1], {"": "few"}, id="a whole of two firms tells each the other"),
        pytest.param("aaa", [100, 5, 4], {"": "dominated"}, id="the second reckons the first within 4 %"),
        pytest.param(
            "aaabbbcc",
            [4, 3, 3, 4, 3, 3, 9, 9],
            {"": "", "a": "beside", "b": "", "c": "few"},
            id="two hide together",
        ),
        pytest.param(
            "aaabbbbc",
            [4, 3, 3, 4, 3, 3, 3, 900],
            {"": "dominated"},
            id="nothing below a whole that is not told",
        ),
    ],
)
def test_small_worlds(places, kg_yr, expected):
    cells = open_places(firms(places, kg_yr), LEVELS, minimum_msmes=3)
    assert {"".join(cell.path): cell.kept_back for cell in cells} == expected


def test_a_number_that_few_firms_know_is_not_told():
    table = firms("aaaa", [1.0, 1, 1, 1]).assign(baseline_kg_yr=[5.0, np.nan, np.nan, np.nan])
    assert [cell.kept_back for cell in open_places(table, LEVELS, minimum_msmes=3)] == ["few"]


def test_rows_of_one_firm_count_as_one_firm():
    table = firms("aaaa", [1.0, 1, 1, 1]).assign(msme_id=["F1", "F1", "F2", "F2"])
    assert [cell.kept_back for cell in open_places(table, LEVELS, minimum_msmes=3)] == ["few"]


def test_an_increase_weighs_like_a_reduction():
    table = firms("aaaa", [-1000.0, 1, 1, 1])
    assert [cell.kept_back for cell in open_places(table, LEVELS, minimum_msmes=3)] == ["dominated"]
