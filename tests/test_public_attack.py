"""An attacker who combines every published column of every place, linearly, finds no number of any firm."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from watershed_cp import tables
from watershed_cp.impact.edition import public_loads
from watershed_cp.loads.uncertainty import COVERAGE_90

PLACES = list("abc")


def programme(seed):
    """Draw credited rows of one pollutant: pairs, reductions stated without one, and some firms with both."""
    random = np.random.default_rng(seed)
    firms = int(random.integers(5, 45))
    ids = np.array([f"F{at}" for at in range(firms)])
    both = random.random(firms) < 0.1
    paired = np.append(
        random.random(firms) < random.choice([0.3, 0.8, 0.95, 1.0]), np.zeros(both.sum(), bool)
    )
    place = random.choice(PLACES, firms, p=[0.6, 0.3, 0.1])
    size = len(paired)
    baseline = random.lognormal(5, random.choice([0.3, 1.0, 2.0]), size)
    reduction = baseline * random.uniform(0.05, 0.9, size)
    spread = reduction * random.uniform(0.05, 0.3, size) * (random.random(size) < random.choice([0.5, 1.0]))
    above = reduction * 0.2 * (random.random(size) < random.choice([0.0, 0.1, 0.9]))
    return pd.DataFrame(
        {
            "msme_id": np.append(ids, ids[both]),
            "pollutant": "BOD5",
            "fate": "credited",
            "basin_id": np.append(place, place[both]),
            "baseline_kg_yr": np.where(paired, baseline, np.nan),
            "follow_up_kg_yr": np.where(paired, baseline - reduction, np.nan),
            "reduction_kg_yr": np.where(paired, baseline - (baseline - reduction), reduction),
            "standard_uncertainty_kg_yr": spread,
            "reduction_low_kg_yr": reduction - COVERAGE_90 * spread,
            "reduction_high_kg_yr": reduction + COVERAGE_90 * spread + above,
        }
    ).reindex(columns=tables.LEDGER.names)


def publish(demo, rows):
    outlines = gpd.GeoDataFrame({"name_es": PLACES}, index=PLACES)
    return public_loads(replace(demo, ledger=rows, basins=outlines, levels={}), minimum_msmes=5)


def knowledge(rows, loads):
    """Write each published number as weights over what is unknown of each row, side by side.

    Of a row unknown are: baseline, follow-up (of a pair), stated reduction, squared spread, interval above.
    Reductions per km² and population equivalents are multiples of the reduction, and counts weigh no kilogram.
    """
    pair = rows["baseline_kg_yr"].notna().to_numpy(float)
    nothing = np.zeros(len(rows))
    weights = {
        "baseline_kg_yr": (pair, nothing, nothing, nothing, nothing),
        "follow_up_kg_yr": (nothing, pair, nothing, nothing, nothing),
        "reduction_kg_yr": (pair, -pair, 1 - pair, nothing, nothing),
        "reduction_pct": (pair, -pair, nothing, nothing, nothing),  # times the baseline
        "reduction_low_kg_yr": (
            nothing,
            nothing,
            nothing,
            nothing + 1,
            nothing,
        ),  # less the reduction, squared
        "reduction_high_kg_yr": (nothing, nothing, nothing, nothing, nothing + 1),  # less the other side
    }
    equations = [
        np.concatenate([part * within for part in weights[column]])
        for row in loads[loads["kept_back"] == ""].to_dict("records")
        for within in [(rows["basin_id"] == row["place"]) | (row["level"] == "programme")]
        for column in weights
        if not np.isnan(row[column])
    ]
    return np.array(equations).reshape(-1, 5 * len(rows))


def numbers_of_firms(rows):
    """Write what must not be found: every sum of numbers of one firm that the edition tells of a place."""
    pair = rows["baseline_kg_yr"].notna().to_numpy(float)
    for firm in rows["msme_id"].unique():
        of = (rows["msme_id"] == firm).to_numpy(float)
        one, stated = of * pair, of * (1 - pair)
        nothing = np.zeros(len(rows))
        parts = [
            (one, nothing, nothing, nothing, nothing),
            (nothing, one, nothing, nothing, nothing),
            (one, -one, nothing, nothing, nothing),
            (nothing, nothing, stated, nothing, nothing),
            (one, -one, stated, nothing, nothing),
            (nothing, nothing, nothing, of, nothing),
            (nothing, nothing, nothing, nothing, of),
        ]
        yield from (np.concatenate(part) for part in parts if any(map(np.any, part)))


def found(rows, known):
    """Count the numbers of single firms that lie in the span of what is known, also to each firm that knows its own."""
    wanted = np.array(list(numbers_of_firms(rows)))
    if not len(known):
        return 0
    _, weight, axes = np.linalg.svd(known, full_matrices=False)
    axes = axes[weight > 1e-9 * weight[0]]
    left = wanted - wanted @ axes.T @ axes
    return int((np.abs(left).max(axis=1) < 1e-9).sum())


def betrayed(demo, seed):
    rows = programme(seed)
    known = knowledge(rows, publish(demo, rows))
    spy = rows["msme_id"].iloc[0]
    others = rows[rows["msme_id"] != spy]
    keep = np.tile((rows["msme_id"] != spy).to_numpy(), 5)
    return found(rows, known) + found(others, known[:, keep])


@pytest.mark.parametrize("seed", range(20))
def test_combining_all_columns_finds_nobody(demo, seed):
    assert betrayed(demo, seed) == 0


@pytest.mark.slow
def test_a_thousand_programmes_are_combined_in_vain(demo):
    assert [seed for seed in range(1000) if betrayed(demo, seed)] == []


def pairs_and_stated(pairs, stated):
    """Write firms with a pair, 1000 to 900 kg/yr each, and firms that state 137.5 kg/yr without one."""
    size = pairs + stated
    paired = np.arange(size) < pairs
    return pd.DataFrame(
        {
            "msme_id": [f"F{at}" for at in range(size)],
            "pollutant": "BOD5",
            "fate": "credited",
            "basin_id": "a",
            "baseline_kg_yr": np.where(paired, 1000.0, np.nan),
            "follow_up_kg_yr": np.where(paired, 900.0, np.nan),
            "reduction_kg_yr": np.where(paired, 100.0, 137.5),
        }
    ).reindex(columns=tables.LEDGER.names)


@pytest.mark.parametrize(
    ("pairs", "stated", "expected"),
    [
        pytest.param(10, 0, [10, 10000.0, 9000.0, 1000.0, 10.0], id="pairs alone"),
        pytest.param(10, 5, [15, 10000.0, 9000.0, 1687.5, 10.0], id="enough of both"),
        pytest.param(10, 1, [11, np.nan, np.nan, 1137.5, np.nan], id="one firm without a pair"),
        pytest.param(1, 10, [11, np.nan, np.nan, 1475.0, np.nan], id="one pair"),
    ],
)
def test_loads_are_told_only_where_those_without_a_pair_are_enough_too(demo, pairs, stated, expected):
    columns = ["msmes", "baseline_kg_yr", "follow_up_kg_yr", "reduction_kg_yr", "reduction_pct"]
    loads = publish(demo, pairs_and_stated(pairs, stated))
    assert loads[columns].to_numpy(float) == pytest.approx(np.array([expected] * 2), nan_ok=True)


def test_the_demonstration_combined_finds_nobody(demo):
    for pollutant, loads in public_loads(demo, minimum_msmes=3).groupby("pollutant"):
        outer = loads[loads["level"].isin(["programme", "basin_id"])]
        rows = demo.ledger[(demo.ledger["fate"] == "credited") & (demo.ledger["pollutant"] == pollutant)]
        assert found(rows, knowledge(rows, outer)) == 0
