"""Claims: every row ends in exactly one fate."""

from __future__ import annotations

import datetime as dt
import math

import hypothesis
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from makers import audit, audits

from watershed_cp.errors import InputError
from watershed_cp.loads.audits import audit_loads
from watershed_cp.tables import FATES


def fates(*rows: dict[str, object], **options: object) -> list[tuple[str, float | None]]:
    claims = audit_loads(audits(*rows), **options)
    reductions = claims["reduction_kg_yr"].tolist()
    return [
        (fate, None if math.isnan(kg) else kg) for fate, kg in zip(claims["fate"], reductions, strict=True)
    ]


def test_a_pair_is_credited_with_its_difference() -> None:
    assert fates(audit(value=100), audit(phase="follow_up", value=80)) == [("credited", 20.0)]


def test_a_load_that_rose_is_credited_as_it_is() -> None:
    assert fates(audit(value=80), audit(phase="follow_up", value=100)) == [("credited", -20.0)]


def test_a_missing_phase_leaves_the_row_unpaired_and_its_reduction_unknown() -> None:
    assert fates(audit(value=100), audit("F2", "follow_up", 5)) == [("unpaired", None), ("unpaired", None)]


def test_the_latest_follow_up_counts() -> None:
    claims = fates(
        audit(value=100, date="2019-01-01"),
        audit(phase="follow_up", value=80, date="2019-06-01"),
        audit(phase="follow_up", value=70, date="2020-06-01"),
    )
    assert claims == [("superseded", 20.0), ("credited", 30.0)]


def test_the_latest_baseline_counts() -> None:
    claims = fates(
        audit(value=100, date="2018-01-01"),
        audit(value=90, date="2019-01-01"),
        audit(phase="follow_up", value=80, date="2019-06-01"),
    )
    assert sorted(claims, key=str) == [("credited", 10.0), ("superseded", None)]


def test_a_sample_entered_twice_is_a_duplicate_and_changes_nothing() -> None:
    claims = fates(audit(value=100), audit(phase="follow_up", value=80), audit(phase="follow_up", value=80))
    assert claims == [("credited", 20.0), ("duplicate", None)]


def test_samples_of_one_day_are_averaged_by_flow() -> None:
    """10 mg/L at 3 m3/d and 30 mg/L at 1 m3/d: 15 mg/L weighted by flow, times 2 m3/d on average."""
    wet = {"unit": "mg/L", "flow_unit": "m3/d", "date": "2019-01-01"}
    claims = audit_loads(audits(audit(value=10, flow=3, **wet), audit(value=30, flow=1, **wet)))
    assert claims["baseline_kg_yr"].tolist() == [15e-3 * 2 * 365]
    assert claims["equation"].tolist() == [
        "mean of [concentration × flow × days × unit factor = 10 mg/L × 3 m3/d × 365 d/yr × 0.001 = 10.95 kg/yr; "
        "concentration × flow × days × unit factor = 30 mg/L × 1 m3/d × 365 d/yr × 0.001 = 10.95 kg/yr] = 10.95 kg/yr"
    ]


def test_the_weaker_grade_of_a_pair_decides() -> None:
    rows = (audit(value=100, evidence="A"), audit(phase="follow_up", value=80, evidence="C"))
    assert audit_loads(audits(*rows))["evidence"].tolist() == ["C"]
    assert fates(*rows, minimum_evidence="C") == [("credited", 20.0)]
    assert fates(*rows, minimum_evidence="B") == [("unverified", 20.0)]


def test_a_follow_up_outside_the_period_is_expired_and_an_earlier_one_counts() -> None:
    rows = (
        audit(value=100, date="2018-01-01"),
        audit(phase="follow_up", value=80, date="2019-06-01"),
        audit(phase="follow_up", value=70, date="2021-06-01"),
    )
    period = (dt.date(2019, 1, 1), dt.date(2020, 12, 31))
    assert fates(*rows, period=period) == [("credited", 20.0), ("expired", 30.0)]


def test_what_has_no_date_is_not_known_to_lie_within_a_period() -> None:
    """It would count in every period: 20 kg of the undated pair, and 2 t that nobody dated."""
    rows = (audit(value=100), audit(phase="follow_up", value=80))
    period = (dt.date(2019, 1, 1), dt.date(2019, 12, 31))
    assert fates(*rows) == [("credited", 20.0)]
    assert fates(*rows, period=period) == [("unverified", 20.0)]
    dated = audit(phase="follow_up", value=70, date="2019-06-01")
    assert fates(*rows, dated, period=period) == [("unverified", 20.0), ("credited", 30.0)]
    stated = pd.DataFrame([{"msme_id": "F1", "pollutant": "TN", "value": 2.0, "unit": "t/yr"}])
    claim = audit_loads(None, reductions=stated, period=period).iloc[0]
    assert (claim["fate"], claim["reduction_kg_yr"], claim["reason"]) == (
        "unverified",
        2000.0,
        "no date, so not known to lie within the accounting period",
    )


def test_ready_made_reductions_are_claims_and_repeats_are_not() -> None:
    row = {"msme_id": "F1", "pollutant": "TN", "value": 2.0, "unit": "t/yr"}
    other = {**row, "catchment": "8"}
    claims = audit_loads(
        None, reductions=pd.DataFrame([{**row, "catchment": "7"}, {**row, "catchment": "7"}, other])
    )
    assert claims["fate"].tolist() == ["credited", "duplicate", "credited"]
    assert claims["reduction_kg_yr"].tolist() == [2000.0, 2000.0, 2000.0]


SAMPLES = st.builds(
    audit,
    msme_id=st.sampled_from(["F1", "F2", "F3"]),
    phase=st.sampled_from(["baseline", "follow_up"]),
    value=st.floats(0, 1e9),
    pollutant=st.sampled_from(["BOD5", "TN"]),
    unit=st.sampled_from(["kg/yr", "lb/day", "mg/L", "bananas"]),
    flow=st.sampled_from([None, 0.0, 3.5]),
    flow_unit=st.just("m3/d"),
    date=st.sampled_from([None, "2019-01-01", "2020-01-01"]),
    qualifier=st.sampled_from([None, "<", ">"]),
    evidence=st.sampled_from([None, "A", "E"]),
)


@pytest.mark.slow
@hypothesis.settings(max_examples=25)
@given(st.lists(SAMPLES, min_size=1, max_size=12), st.randoms(use_true_random=False), st.sampled_from("ACE"))
def test_every_row_has_one_place_and_order_makes_no_difference(rows, random, grade) -> None:
    named = [{**row, "audit_id": f"A{i}"} for i, row in enumerate(rows)]
    claims = audit_loads(audits(*named), minimum_evidence=grade)
    current = claims[claims["fate"] != "superseded"]
    baselines = [name for names in current["baseline_rows"] for name in names.split("; ") if name]
    assert set(claims["fate"]) <= set(FATES)
    mentioned = [
        n
        for side in ("baseline_rows", "follow_up_rows")
        for names in claims[side]
        for n in names.split("; ")
        if n
    ]
    assert set(mentioned) == {row["audit_id"] for row in named}
    assert len(baselines) >= len(set(baselines))
    follow_ups = [n for names in claims["follow_up_rows"] for n in names.split("; ") if n]
    assert len(follow_ups) == len(set(follow_ups))
    random.shuffle(named)
    again = audit_loads(audits(*named), minimum_evidence=grade)
    values = ["fate", "reduction_kg_yr", "baseline_kg_yr", "follow_up_kg_yr"]
    sort = lambda frame: sorted(map(str, frame[["msme_id", "pollutant", *values]].to_numpy().tolist()))  # noqa: E731
    assert sort(again) == sort(claims)


def test_a_follow_up_before_the_baseline_is_no_claim() -> None:
    rows = (audit(value=100, date="2020-01-01"), audit(phase="follow_up", value=80, date="2019-01-01"))
    claims = audit_loads(audits(*rows))
    assert sorted(zip(claims["fate"], claims["reason"], strict=True)) == [
        ("unpaired", "follow-up before the baseline"),
        ("unpaired", "no follow-up"),
    ]


def test_a_new_baseline_does_not_take_the_credit_of_an_older_pair() -> None:
    rows = (
        audit(value=100, date="2018-01-01"),
        audit(phase="follow_up", value=80, date="2019-01-01"),
        audit(value=70, date="2020-01-01"),
    )
    assert sorted(fates(*rows), key=str) == [("credited", 20.0), ("unpaired", None)]


def test_of_a_sample_entered_twice_the_weaker_evidence_counts_in_any_order() -> None:
    twice = [audit(phase="follow_up", value=80, evidence=grade, audit_id=grade) for grade in "AE"]
    baseline = audit(value=100, evidence="A", audit_id="B")
    for rows in ([baseline, *twice], [*reversed(twice), baseline]):
        claims = audit_loads(audits(*rows), minimum_evidence="B")
        assert sorted(claims["fate"]) == ["duplicate", "unverified"]


def test_rows_of_one_index_label_are_still_two_rows() -> None:
    rows = audits(audit(value=100, date="2018-01-01"), audit(value=90, date="2019-01-01"))
    rows.index = [0, 0]
    assert len(audit_loads(rows)) == 2


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"phase": "Baseline"}, "phase is neither baseline nor follow-up"),
        ({"phase": None}, "phase is neither baseline nor follow-up"),
        ({"pollutant": None}, "no pollutant"),
        ({"msme_id": None}, "no firm"),
        ({"value": 1e300}, "load larger than any on Earth"),
        ({"value": math.inf}, "load larger than any on Earth"),
        ({"value": math.nan}, "no value"),
    ],
)
def test_a_row_that_cannot_be_counted_says_why(more: dict[str, object], reason: str) -> None:
    claims = audit_loads(audits(audit(**more)))
    assert claims[["fate", "reason"]].to_numpy().tolist() == [["invalid", reason]]


@pytest.mark.parametrize(
    "setting", [{"minimum_evidence": "Z"}, {"censoring_rule": "none"}, {"days_per_year": 0}]
)
def test_a_setting_that_does_not_exist_is_refused(setting: dict[str, object]) -> None:
    with pytest.raises(InputError):
        audit_loads(audits(audit()), **setting)


def test_rows_without_identifier_are_named_by_sheet_and_row() -> None:
    rows = audits(audit(value=100), audit(phase="follow_up", value=80)).assign(
        source_file="a.xlsx", source_sheet=["2024", "2025"], source_row=[2, 2]
    )
    claim = audit_loads(rows).iloc[0]
    assert (claim["baseline_rows"], claim["follow_up_rows"]) == ("2024#2", "2025#2")
