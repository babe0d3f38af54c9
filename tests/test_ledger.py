"""The ledger: one fate a claim, and per pollutant the sum that came in."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import three_squares

from watershed_cp.impact.aggregation import close_accounts
from watershed_cp.impact.ledger import build_ledger, check_conservation, summarise
from watershed_cp.tables import BASIN_LOADS, FATES, LEDGER, LEDGER_SUMMARY

CLAIM = st.fixed_dictionaries(
    {
        "msme_id": st.sampled_from([f"F{i}" for i in range(6)]),
        "pollutant": st.sampled_from(["BOD5", "TN", "TSS"]),
        "fate": st.sampled_from([fate for fate in FATES if fate not in ("outside", "unlocated")]),
        "reduction_kg_yr": st.one_of(st.just(math.nan), st.floats(-1e12, 1e12)),
    }
)
PLACE = st.sampled_from([("a", "inside"), ("b", "inside"), (None, "outside"), (None, "unlocated")])


def placed(places: list[tuple[str | None, str]]) -> pd.DataFrame:
    rows = [(f"F{i}", basin, status, 1.0) for i, (basin, status) in enumerate(places)]
    return pd.DataFrame(rows, columns=["msme_id", "basin_id", "status", "probability"])


@settings(max_examples=30)
@given(st.lists(CLAIM, min_size=1, max_size=40), st.lists(PLACE, min_size=5, max_size=5))
def test_fates_add_up_to_what_came_in(claims, places) -> None:
    table = pd.DataFrame(claims)
    accounts = close_accounts(table, placed(places), three_squares())
    for pollutant, rows in table.groupby("pollutant"):
        booked = accounts.ledger[accounts.ledger["pollutant"] == pollutant]
        assert len(booked) == len(rows)
        assert math.fsum(booked["reduction_kg_yr"].dropna()) == math.fsum(rows["reduction_kg_yr"].dropna())
        credited = booked.loc[booked["fate"] == "credited", "reduction_kg_yr"].dropna()
        totals = accounts.basin_loads.query("pollutant == @pollutant")["reduction_kg_yr"].dropna()
        assert math.fsum(totals) == pytest.approx(math.fsum(credited), rel=1e-12, abs=1e-3)
        summary = accounts.ledger_summary.query("pollutant == @pollutant")
        assert summary["fate"].tolist() == list(FATES)
        assert summary["rows"].sum() == len(rows)


def test_a_claim_keeps_its_fate_wherever_the_firm_lies() -> None:
    claims = pd.DataFrame(
        {"msme_id": ["F0", "F1", "F9"], "pollutant": "TN", "fate": ["duplicate", "credited", "credited"]}
    )
    ledger = build_ledger(claims.assign(reduction_kg_yr=1.0), placed([("a", "inside"), (None, "outside")]))
    assert ledger["fate"].tolist() == ["duplicate", "outside", "unlocated"]
    assert ledger["basin_id"].isna().all()
    assert tuple(ledger.columns) == LEDGER.names


def test_a_firm_placed_twice_is_refused() -> None:
    claims = pd.DataFrame({"msme_id": ["F0"], "pollutant": "TN", "fate": "credited", "reduction_kg_yr": 1.0})
    twice = placed([("a", "inside")] * 2).assign(msme_id="F0")
    with pytest.raises(pd.errors.MergeError):
        build_ledger(claims, twice)


def test_a_lost_claim_stops_the_run() -> None:
    claims = pd.DataFrame({"pollutant": ["TN", "TN"], "reduction_kg_yr": [1.0, 2.0]})
    with pytest.raises(ArithmeticError, match="2 claims became 1 ledger rows"):
        check_conservation(claims, claims.iloc[:1].assign(fate="credited"))
    with pytest.raises(ArithmeticError, match=r"3\.0 kg/yr came in, 2\.0 kg/yr are in the ledger"):
        check_conservation(claims, claims.assign(fate="credited", reduction_kg_yr=1.0))
    with pytest.raises(ArithmeticError, match=r"3\.0 kg/yr came in, nan kg/yr are in the ledger"):
        check_conservation(claims, claims.assign(fate="credited", reduction_kg_yr=math.nan))


def test_totals_by_hand() -> None:
    claims = pd.DataFrame(
        {
            "msme_id": ["F0", "F1", "F1"],
            "pollutant": "TN",
            "fate": "credited",
            "reason": "",
            "baseline_kg_yr": [100.0, 50.0, math.nan],
            "follow_up_kg_yr": [80.0, 45.0, math.nan],
            "reduction_kg_yr": [20.0, 5.0, 7.0],
            "reduction_low_kg_yr": [20.0 - 3 * 1.6448536269514722, 5.0 - 4 * 1.6448536269514722, 7.0],
            "reduction_high_kg_yr": [20.0 + 3 * 1.6448536269514722, 5.0 + 4 * 1.6448536269514722, 7.0],
            "standard_uncertainty_kg_yr": [3.0, 4.0, math.nan],
        }
    )
    accounts = close_accounts(
        claims, placed([("a", "inside"), ("a", "inside")]).assign(probability=[1.0, 0.5]), three_squares()
    )
    first = accounts.basin_loads.iloc[0]
    assert tuple(accounts.basin_loads.columns) == BASIN_LOADS.names
    assert first[["basin_id", "basin_name", "pollutant", "msmes"]].tolist() == ["a", "Cuenca A", "TN", 2]
    assert first["reduction_kg_yr"] == 32.0
    assert first["reduction_low_kg_yr"] == pytest.approx(32 - 5 * 1.6448536269514722)
    assert first["reduction_high_kg_yr"] == pytest.approx(32 + 5 * 1.6448536269514722)
    assert first["expected_reduction_kg_yr"] == 26.0
    assert first["reduction_pct"] == pytest.approx(100 * 25 / 150)
    empty = accounts.basin_loads.iloc[1]
    assert empty["reduction_kg_yr"] == 0.0
    assert math.isnan(empty["baseline_kg_yr"])
    assert math.isnan(empty["reduction_pct"])


def test_the_summary_has_its_columns() -> None:
    assert tuple(summarise(pd.DataFrame(columns=list(LEDGER.names))).columns) == LEDGER_SUMMARY.names
