"""Measures: only what was carried out, and still stands, is credited."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from makers import audit, audits

from watershed_cp.loads.audits import audit_loads
from watershed_cp.loads.measures import follow_measures

PAIR = (audit(value=100, recommendation_id="R1"), audit(phase="follow_up", value=80, recommendation_id="R1"))


def measures(**more: object) -> pd.DataFrame:
    return pd.DataFrame([{"recommendation_id": "R1", "msme_id": "F1", "status": "implemented", **more}])


@pytest.mark.parametrize(
    ("status", "fate", "reason"),
    [
        ("recommended", "unverified", "measure recommended, not carried out"),
        ("accepted", "unverified", "measure accepted, not carried out"),
        ("implemented", "credited", ""),
        ("verified", "credited", ""),
        ("lapsed", "expired", "measure lapsed"),
        ("rejected", "invalid", "measure rejected"),
    ],
)
def test_the_status_of_the_measure_decides(status: str, fate: str, reason: str) -> None:
    claim = audit_loads(audits(*PAIR), recommendations=measures(status=status)).iloc[0]
    assert (claim["fate"], claim["reason"], claim["reduction_kg_yr"]) == (fate, reason, 20.0)


def test_a_claim_that_names_no_known_measure_keeps_its_fate() -> None:
    other = measures(recommendation_id="R9", status="rejected")
    assert audit_loads(audits(*PAIR), recommendations=other)["fate"].tolist() == ["credited"]


def test_a_measure_whose_lifetime_is_over_has_expired() -> None:
    """Five years of 365 days from 1 January 2014 end on 31 December 2018."""
    built = measures(date_implemented="2014-01-01", lifetime_years=5.0)
    follow_up = audit(phase="follow_up", value=80, recommendation_id="R1", date="2019-05-01")
    rows = audits(PAIR[0], follow_up)
    late, early = (dt.date(2019, 1, 1), dt.date(2019, 12, 31)), (dt.date(2018, 12, 31), dt.date(2019, 12, 31))
    fates = [
        audit_loads(rows, recommendations=built, period=period)["fate"].tolist() for period in (late, early)
    ]
    assert fates == [["expired"], ["credited"]]


def test_no_other_fate_is_changed() -> None:
    claims = pd.DataFrame({"recommendation_id": ["R1"], "fate": ["duplicate"], "reason": ["again"]})
    assert follow_measures(claims, measures(status="rejected"))["fate"].tolist() == ["duplicate"]


def test_a_measure_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="stands twice"):
        audit_loads(audits(*PAIR), recommendations=pd.concat([measures(), measures()]))
