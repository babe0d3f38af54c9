"""Sums by group: what ``math.fsum`` gives, to the last bit, in any order."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watershed_cp.impact import sums
from watershed_cp.impact.sums import count_distinct, exact_sum, exact_sums, group_rows

NUMBER = st.one_of(
    st.floats(-1e12, 1e12), st.floats(-1e280, 1e280), st.floats(-1e-300, 1e-300), st.just(math.nan)
)
ROWS = st.lists(st.tuples(st.integers(-1, 3), NUMBER), max_size=60)


@given(ROWS)
def test_each_sum_is_that_of_fsum(rows: list[tuple[int, float]]) -> None:
    group = np.array([place for place, _ in rows], np.int64)
    values = np.array([number for _, number in rows], float)
    for place, found in enumerate(exact_sums(values, group, 4)):
        inside = values[group == place]
        known = inside[~np.isnan(inside)]
        expected = math.fsum(known) if len(known) or not len(inside) else math.nan
        assert found == expected or (math.isnan(found) and math.isnan(expected))


def test_chunks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(1)
    values, group = random.lognormal(0, 20, 5000), random.integers(0, 3, 5000)
    whole = exact_sums(values, group, 3)
    monkeypatch.setattr(sums, "_CHUNK", 7)
    assert exact_sums(values, group, 3).tolist() == whole.tolist()
    assert exact_sums(values[::-1], group[::-1], 3).tolist() == whole.tolist()
    assert whole.tolist() == [math.fsum(values[group == place]) for place in range(3)]


def test_the_endless_and_the_unknown() -> None:
    values = np.array([math.inf, 1.0, -math.inf, math.inf, -math.inf, math.nan])
    found = exact_sums(values, np.array([0, 0, 1, 2, 2, 3]), 5).tolist()
    assert found[:2] == [math.inf, -math.inf]
    assert math.isnan(found[2])
    assert math.isnan(found[3])
    assert found[4] == 0.0
    assert exact_sum(pd.Series([], dtype=float)) == 0.0


def test_what_is_too_large_to_be_added_is_said() -> None:
    with pytest.raises(OverflowError, match=r"^1e\+306 is too large to be added$"):
        exact_sums(np.array([1e306]), np.array([0]), 1)


def test_groups_are_sorted_and_a_missing_value_is_in_none() -> None:
    rows = pd.DataFrame({"basin_id": ["b", None, "a", "b"], "pollutant": ["TN", "TN", "TP", "TN"]})
    group, keys = group_rows(rows, ["basin_id", "pollutant"])
    assert group.tolist() == [1, -1, 0, 1]
    assert keys.to_numpy().tolist() == [["a", "TP"], ["b", "TN"]]
    assert len(group_rows(rows, [])[1]) == 1


def test_distinct_firms_are_counted_alike_by_marks_and_by_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(2)
    codes, group = random.integers(-1, 40, 300), random.integers(-1, 5, 300)
    expected = [len(set(codes[(group == place) & (codes >= 0)])) for place in range(5)]
    assert count_distinct(codes, group, 5).tolist() == expected
    monkeypatch.setattr(sums, "_DENSE", 1)
    assert count_distinct(codes, group, 5).tolist() == expected
