"""What holds for every programme under every rule: no kilogram is lost, doubled or made."""

from __future__ import annotations

import datetime as dt
import itertools
import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import three_squares

from watershed_cp.impact.aggregation import Accounts, close_accounts
from watershed_cp.impact.totals import total_by
from watershed_cp.loads import censoring
from watershed_cp.loads.audits import audit_loads
from watershed_cp.tables import FATES

FIRMS = ("F0", "F1", "F2", "F3")
DAYS = [dt.date(2018, 6, 1), dt.date(2019, 6, 1), dt.date(2020, 6, 1), dt.date(2021, 6, 1)]
RULES = st.fixed_dictionaries(
    {
        "censoring_rule": st.sampled_from(censoring.RULES),
        "minimum_evidence": st.sampled_from("ABCDE"),
        "period": st.sampled_from([None, (DAYS[1], DAYS[2]), (DAYS[2], DAYS[3])]),
        "days_per_year": st.sampled_from([365, 300, 250.5]),
    }
)
AUDIT = st.fixed_dictionaries(
    {
        "msme_id": st.sampled_from(FIRMS),
        "pollutant": st.sampled_from(["BOD5", "TN"]),
        "phase": st.sampled_from(["baseline", "follow_up"]),
        "date": st.sampled_from([None, *DAYS]),
        "value": st.floats(0, 1e6),
        "qualifier": st.sampled_from([None, None, "<", ">"]),
        "unit": st.sampled_from(["kg/yr", "kg/d", "mg/L", "L"]),
        "flow": st.sampled_from([12.5, 0.0]),
        "flow_unit": st.just("m3/d"),
        "evidence": st.sampled_from([*"ABCDE", None]),
    }
)
REDUCTION = st.fixed_dictionaries(
    {
        "msme_id": st.sampled_from(FIRMS),
        "pollutant": st.sampled_from(["BOD5", "TN"]),
        "value": st.floats(-1e3, 1e6),
        "unit": st.sampled_from(["kg/yr", "t/yr"]),
        "date": st.sampled_from([None, *DAYS]),
        "evidence": st.sampled_from([*"ABCDE", None]),
    }
)
AUDITS = st.lists(AUDIT, min_size=1, max_size=14).map(
    lambda rows: pd.DataFrame(rows).assign(audit_id=[f"A{i}" for i in range(len(rows))])
)
REDUCTIONS = st.lists(REDUCTION, min_size=1, max_size=6).map(
    lambda rows: pd.DataFrame(rows).assign(reduction_id=[f"R{i}" for i in range(len(rows))])
)
PLACED = pd.DataFrame(
    {
        "msme_id": FIRMS,
        "status": ["inside", "inside", "outside", "unlocated"],
        "basin_id": ["a", "b", None, None],
        "nearest_basin_id": [None, None, "c", None],
        "probability": [0.75, 1.0, 0.625, None],
    }
)


def accounts(claims: pd.DataFrame) -> Accounts:
    return close_accounts(claims, PLACED, three_squares())


def totals(found: Accounts) -> list[list[str]]:
    """Give every figure to the last bit."""
    figures = [found.basin_loads, found.ledger_summary]
    return [[repr(cell) for row in table.to_numpy().tolist() for cell in row] for table in figures]


def holds(audits: pd.DataFrame, reductions: pd.DataFrame, rules: dict[str, object]) -> None:
    """Assert conservation: fates, watersheds and expectation, each against what came in."""
    claims = audit_loads(audits, reductions=reductions, **rules)
    found = accounts(claims)
    named = set("; ".join([*found.ledger["baseline_rows"], *found.ledger["follow_up_rows"]]).split("; "))
    assert {*audits["audit_id"], *reductions["reduction_id"]} <= named
    for pollutant, rows in claims.groupby("pollutant"):
        booked = found.ledger[found.ledger["pollutant"] == pollutant].dropna(subset="reduction_kg_yr")
        assert math.fsum(booked["reduction_kg_yr"]) == math.fsum(rows["reduction_kg_yr"].dropna())
        for fate in FATES:
            cell = found.ledger_summary.query("pollutant == @pollutant and fate == @fate").iloc[0]
            inside = booked.loc[booked["fate"] == fate, "reduction_kg_yr"]
            assert cell["reduction_kg_yr"] == math.fsum(inside) or cell["rows"] > len(inside) == 0
        placed = booked.loc[booked["fate"].isin(["credited", "outside"]), "reduction_kg_yr"]
        expected = total_by(found, "basin_id").query("pollutant == @pollutant")["expected_reduction_kg_yr"]
        assert math.isclose(
            math.fsum(expected), math.fsum(placed), rel_tol=1e-12, abs_tol=1e-12 * sum(abs(placed))
        )


@settings(max_examples=8)
@given(AUDITS, REDUCTIONS, RULES)
def test_the_fates_add_up_to_what_came_in(audits, reductions, rules) -> None:
    holds(audits, reductions, rules)


@pytest.mark.slow
@pytest.mark.parametrize("censoring_rule", censoring.RULES)
def test_they_do_under_every_combination_of_rules(censoring_rule: str) -> None:
    periods, days = [None, (DAYS[1], DAYS[2])], [365, 300]

    @settings(max_examples=1)
    @given(AUDITS, REDUCTIONS)
    def check(audits: pd.DataFrame, reductions: pd.DataFrame) -> None:
        for grade, period, count in itertools.product("ABCDE", periods, days):
            rules = {"minimum_evidence": grade, "period": period, "days_per_year": count}
            holds(audits, reductions, {"censoring_rule": censoring_rule, **rules})

    check()


@settings(max_examples=5)
@given(AUDITS, REDUCTIONS, RULES, st.randoms(use_true_random=False))
def test_order_files_and_units_make_no_difference(audits, reductions, rules, random) -> None:
    """Grams are a thousandth each, and no more than the last bit of a kilogram goes with them."""
    reductions = reductions.assign(value=reductions["value"].round())
    expected = totals(accounts(audit_loads(audits, reductions=reductions, **rules)))
    order = random.sample(range(len(audits)), len(audits))
    half = len(audits) // 2
    first, second = (
        part.assign(source_file=name) for part, name in ((audits[:half], "a"), (audits[half:], "b"))
    )
    kilograms = reductions["unit"] == "kg/yr"
    grams = reductions.assign(
        value=reductions["value"].mask(kilograms, reductions["value"] * 1000),
        unit=reductions["unit"].mask(kilograms, "g/yr"),
    )
    for rows, stated in (
        (audits.iloc[order], reductions.iloc[::-1]),
        (pd.concat([second, first]), reductions),
        (audits, grams),
    ):
        assert totals(accounts(audit_loads(rows, reductions=stated, **rules))) == expected


@settings(max_examples=6)
@given(AUDITS, REDUCTIONS)
def test_refining_the_period_makes_no_mass(audits, reductions) -> None:
    """What is dated falls into one part, what is not into none; all fates together are the same under any period."""
    whole, *parts = (DAYS[0], DAYS[3]), (DAYS[0], dt.date(2019, 12, 31)), (dt.date(2020, 1, 1), DAYS[3])
    booked = [audit_loads(None, reductions=reductions, period=period) for period in (whole, *parts)]
    credited = [list(claims.loc[claims["fate"] == "credited", "reduction_kg_yr"]) for claims in booked]
    assert math.fsum(credited[0]) == math.fsum([*credited[1], *credited[2]])
    claims = [audit_loads(audits, period=period) for period in (whole, *parts)]
    for part in claims[1:]:
        assert sorted(part["reduction_kg_yr"].dropna()) == sorted(claims[0]["reduction_kg_yr"].dropna())
        assert not part[part["fate"] == "credited"].duplicated(["msme_id", "pollutant"]).any()
