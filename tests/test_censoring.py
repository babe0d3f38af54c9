"""Values below the limit: five rules of counting, one range."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from makers import audit, audits
from statsmodels.imputation.ros import impute_ros

from watershed_cp.loads.audits import audit_loads, row_loads
from watershed_cp.loads.censoring import RULES, interval
from watershed_cp.messages import texts

EXACT = {"relative_uncertainty": 0.0}
WET = {"unit": "mg/L", "flow": 1000.0, "flow_unit": "m3/d", "operating_days_per_year": 1.0}


def pair(before: dict[str, object], after: dict[str, object], rule: str):
    return audit_loads(
        audits(audit(**before, **EXACT), audit(phase="follow_up", **after, **EXACT)), censoring_rule=rule
    ).iloc[0]


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [("zero", 0, 0), ("half", 10, 2), ("full", 20, 4), ("interval", 0, 4), ("ros", 10, 2)],
)
def test_what_a_non_detect_counts_as(rule: str, before: float, after: float) -> None:
    """Below 20 before and below 4 after; the fewer than five detected values leave ``ros`` at half."""
    claim = pair({"value": 20, "qualifier": "<"}, {"value": 4, "qualifier": "<"}, rule)
    assert (claim["baseline_kg_yr"], claim["follow_up_kg_yr"]) == (before, after)
    assert claim["reduction_kg_yr"] == before - after


@pytest.mark.parametrize("rule", RULES)
def test_the_range_runs_from_worst_to_best_whatever_the_rule(rule: str) -> None:
    claim = pair({"value": 20, "qualifier": "<"}, {"value": 4, "qualifier": "<"}, rule)
    assert (claim["reduction_low_kg_yr"], claim["reduction_high_kg_yr"]) == (-4, 20)


def test_every_rule_is_said_to_the_reader() -> None:
    said = texts("censoring")
    assert set(said) == set(RULES)
    assert said["interval"].es == (
        "De lo que está bajo el límite de detección se acredita lo seguro: cero en la línea base, "
        "el límite entero en el seguimiento."
    )


def test_interval_credits_what_is_certain() -> None:
    """100 before and below 10 after: at least 90 were avoided, at most 100."""
    claim = pair({"value": 100}, {"value": 10, "qualifier": "<"}, "interval")
    assert claim["reduction_kg_yr"] == claim["reduction_low_kg_yr"] == 90
    assert claim["reduction_high_kg_yr"] == 100


def test_order_statistics_come_from_the_library() -> None:
    """Six detected and three below 2 and 3: the library's estimates, one mean for each limit."""
    value = np.array([3.0, 2.0, 1.0, 2.0, 5.0, 8.0, 4.0, 6.0, 2.0])
    below = np.array([True, True, False, True, False, False, False, False, False])
    counted, least, most = interval(value, np.where(below, "<", ""), rule="ros")
    expected = impute_ros(np.sort(value[below]).tolist() + np.sort(value[~below]).tolist(), np.arange(9) < 3)
    assert counted[1] == counted[3] == pytest.approx(expected[:2].mean(), rel=1e-9)
    assert counted[0] == pytest.approx(expected[2], rel=1e-9)
    assert counted[~below].tolist() == value[~below].tolist()
    assert (least <= counted).all() and (counted <= most).all()  # noqa: PT018 - one statement: it lies within


@pytest.mark.parametrize(
    ("detected", "below", "why"),
    [([1, 2, 3, 4], 1, "four detected"), ([1, 2, 3, 4, 5], 21, "81 %"), ([3, 3, 3, 3, 3], 1, "all alike")],
)
def test_a_group_too_small_for_order_statistics_counts_half(
    detected: list[float], below: int, why: str
) -> None:
    value = np.array([*detected, *[2.0] * below], dtype=float)
    qualifier = np.array([""] * len(detected) + ["<"] * below)
    assert set(interval(value, qualifier, rule="ros")[0][len(detected) :]) == {1.0}, why


def test_a_limit_above_all_that_was_detected_counts_half() -> None:
    value = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 50.0])
    assert interval(value, np.array([""] * 5 + ["<"]), rule="ros")[0][5] == 25.0


def test_samples_of_one_pollutant_and_phase_are_one_distribution() -> None:
    """Milligrams and grams are one series; another pollutant, another phase and a load given as such are not."""
    detected = [audit(f"F{i}", value=value, **WET) for i, value in enumerate([1, 2, 4, 8, 16])]
    grams = audit("F9", value=0.003, qualifier="<", **{**WET, "unit": "g/L"})
    others = [
        audit("F9", value=3, qualifier="<", pollutant="COD", **WET),
        audit("F9", value=3, qualifier="<", phase="follow_up", **WET),
        audit("F9", value=3, qualifier="<"),
    ]
    found = row_loads(audits(*detected, grams, *others), censoring_rule="ros")["load_kg_yr"].tolist()
    assert found[5] == pytest.approx(impute_ros([3.0, 1, 2, 4, 8, 16], np.arange(6) < 1)[0], rel=1e-9)
    assert 0 < found[5] < 3
    assert found[6:] == [1.5, 1.5, 1.5]


def test_the_account_says_what_was_counted() -> None:
    rows = row_loads(audits(audit(value=2, qualifier="<", **WET)), censoring_rule="full")
    assert rows["equation"].tolist() == [
        "concentration × flow × days × unit factor = <2 mg/L → 2 × 1,000 m3/d × 1 d/yr × 0.001 = 2 kg/yr"
    ]


def test_above_the_range_has_no_upper_end_by_any_rule() -> None:
    for rule in RULES:
        assert [part.tolist() for part in interval(np.array([7.0]), np.array([">"]), rule=rule)] == [
            [7.0],
            [7.0],
            [math.inf],
        ]


def test_nothing_below_the_limit_needs_no_library() -> None:
    empty = interval(np.array([]), np.array([], dtype=str), rule="ros")
    assert [len(part) for part in empty] == [0, 0, 0]
    assert pd.Series(interval(np.array([1.0]), np.array([""]), rule="ros")[0]).tolist() == [1.0]
