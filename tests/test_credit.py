"""Loans and consultants: worlds a hand can compute, and the demonstration counted again with plain pandas."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest
import shapely
from worlds import layer

from watershed_cp.impact.aggregation import close_accounts
from watershed_cp.impact.consultants import consultant_coverage, consultant_matches
from watershed_cp.impact.credit import lend_next, loan_costs, portfolio
from watershed_cp.impact.edition import public_accounts
from watershed_cp.project import Economics, Lending
from watershed_cp.reference import data_path, read_reference


@pytest.fixture
def world():
    """Two firms in one watershed: a loan of 1,000 USD paid R1, which avoids 10 kg and 20 m3 a year for 5 years."""
    claims = pd.DataFrame(
        {
            "msme_id": ["F", "G"],
            "pollutant": "BOD5",
            "fate": "credited",
            "reduction_kg_yr": [10.0, 4.0],
            "baseline_kg_yr": [110.0, 54.0],
            "follow_up_kg_yr": [100.0, 50.0],
            "reduction_low_kg_yr": [9.0, 2.0],
            "reduction_high_kg_yr": [11.0, 6.0],
            "recommendation_id": ["R1", None],
        }
    )
    placed = pd.DataFrame(
        {"msme_id": ["F", "G"], "basin_id": "a", "status": "inside", "probability": [1.0, 0.5]}
    )
    placed = placed.assign(longitude=[-88.0, -88.0], latitude=[15.0, 16.0])
    basins = layer({"a": shapely.box(-89, 14, -87, 17)}, name_es=["A"])
    firms = pd.DataFrame({"msme_id": ["F", "G"], "country": "HN", "ciiu": "1040"})
    day = pd.Timestamp(2023, 3, 1)
    measures = pd.DataFrame(
        [
            ["R1", "F", "M", "verified", day, 5.0, 2000.0, 500.0, "water", 20.0, "m3/yr", "L1"],
            ["R2", "G", "M", "lapsed", day, 5.0, 900.0, 900.0, "water", 99.0, "m3/yr", "L1"],
            ["R3", "G", "M", "accepted", day, 5.0, 800.0, None, "water", None, None, None],
            ["R4", "F", "N", "recommended", day, 5.0, 0.0, None, "energy", None, None, None],
        ],
        columns=[
            "recommendation_id",
            "msme_id",
            "measure",
            "status",
            "date_implemented",
            "lifetime_years",
            "investment_usd",
            "saving_usd_yr",
            "resource",
            "saving",
            "saving_unit",
            "loan_id",
        ],
    )
    loans = pd.DataFrame(
        [
            ["L1", "F", "Bank", 1000.0, 0.0, 20, day, "in_arrears", 300.0],
            ["L2", "G", "Bank", 700.0, 0.0, 20, day, "denied", None],
        ],
        columns=[
            "loan_id",
            "msme_id",
            "lender",
            "amount_usd",
            "rate_pct_yr",
            "term_months",
            "date",
            "loan_status",
            "outstanding_usd",
        ],
    )
    experts = pd.DataFrame(
        [
            ["C1", "One", -88.0, 15.0, "agua; residuos", "1040", "yes"],
            ["C2", "Two", -88.0, 16.0, "Agua", "5510", "yes"],
            ["C3", "Three", -88.0, 16.0, "agua", "1040", "no"],
        ],
        columns=["consultant_id", "name", "longitude", "latitude", "specialities", "branches", "available"],
    )
    return replace(
        close_accounts(claims, placed, basins, msmes=firms),
        registers={"recommendations": measures, "loans": loans, "consultants": experts},
        economics=Economics(dollars_of=2023),
    )


def test_a_loan_by_hand(world):
    loan = world.credit.set_index("loan_id").loc["L1"]
    assert (loan["lent"], loan["measures"], loan["amount_usd"], loan["saving_usd_yr"]) == (
        "yes",
        1,
        1000,
        500,
    )
    assert loan["service_usd_yr"] == pytest.approx(600)  # 50 a month, no interest
    assert loan["cover"] == pytest.approx(500 / 600)


def test_dollars_per_kilogram_and_cubic_metre_by_hand(world):
    costs = loan_costs(world).set_index(["loan_id", "quantity"])["usd_per_unit"]
    assert costs.to_dict() == {
        ("L1", "BOD5"): 1000 / 50,
        ("L1", "water_m3"): 1000 / 100,
        ("", "BOD5"): 1000 / 50,
        ("", "water_m3"): 1000 / 100,
    }


def test_a_loan_that_was_not_paid_out_counts_nowhere(world):
    row = portfolio(world).iloc[0]
    assert (row["loans"], row["amount_usd"], row["in_arrears_usd"], row["measures"]) == (1, 1000, 300, 1)
    nothing = replace(world, registers={**world.registers, "loans": world.registers["loans"].iloc[1:]})
    assert portfolio(nothing).empty
    assert loan_costs(nothing).empty


def test_the_next_loan_by_hand(world):
    table = lend_next(
        replace(world, lending=Lending(residual_load=0.5, delivery=0, payback=0.5, confidence=0))
    )
    assert table["recommendation_id"].tolist() == ["R3"]  # R1 is done, R2 lapsed, R4 costs nothing
    row = table.iloc[0]
    assert (row["payback_years"], row["payback_from"], row["residual_kg_yr"]) == (4.0, "branch", 50.0)
    assert row["score"] == pytest.approx(0.5 * 1 + 0.5 / (1 + 4))
    unknown = lend_next(world).iloc[0]
    assert math.isnan(unknown["delivery_points"])  # no network of that watershed
    assert unknown["known_weight"] == pytest.approx(0.8)
    # G is half sure of its watershed, its load undocumented (E: 0.2) and known to 4 % (2 of 50 kg)
    assert (unknown["evidence"], unknown["range_pct"]) == ("E", 4)
    assert unknown["score"] == pytest.approx(0.4 + 0.3 / 5 + 0.1 * 0.5 * 0.2 / 1.04)
    believed = lend_next(replace(world, lending=Lending(evidence={"E": 0.5}))).iloc[0]
    assert believed["confidence_points"] == pytest.approx(0.5 * 0.5 / 1.04)


def test_consultants_by_hand(world):
    matches = consultant_matches(world)
    water = matches[matches["recommendation_id"] == "R3"]
    assert water["consultant_id"].tolist() == ["C2", "C1"]  # C3 is not available
    assert water["knows_branch"].tolist() == ["no", "yes"]
    assert water["distance_km"].tolist() == pytest.approx([0, 110.65], abs=0.1)
    assert matches.loc[matches["recommendation_id"] == "R4", "consultant_id"].isna().all()
    coverage = consultant_coverage(world).set_index("resource")
    assert coverage.loc["water", ["open_measures", "covered_measures", "gap"]].tolist() == [1, 1, "no"]
    assert coverage.loc["energy", ["open_measures", "covered_measures", "gap"]].tolist() == [1, 0, "yes"]


def test_loans_of_the_demonstration_counted_again(demo):
    raw = pd.read_csv(data_path("demo", "loans.csv"), sep=";", encoding="utf-8-sig", dtype=str)
    lent = raw[~raw["Estado"].isin(["solicitado", "denegado", "aprobado"])].copy()
    cpi = {int(row["year"]): float(row["cpi_u"]) for row in read_reference("us_consumer_prices")}
    year = pd.to_datetime(lent["Fecha de desembolso"], dayfirst=True).dt.year
    amount = lent["Monto (USD)"].astype(float) * cpi[2023] / year.map(cpi)
    table = portfolio(demo)
    assert table["loans"].sum() == len(lent)
    assert table["amount_usd"].sum() == pytest.approx(amount.sum())
    place = lent["Código de empresa"].map(demo.assignments.set_index("msme_id")["basin_id"])
    by_basin = amount.groupby(place).sum()
    assert table.set_index("basin_id")["amount_usd"].to_dict() == pytest.approx(by_basin.to_dict())
    costs = loan_costs(demo)
    each = costs[costs["loan_id"] != ""].groupby(["basin_id", "quantity"])[["loans", "avoided"]].sum()
    whole = costs[costs["loan_id"] == ""].set_index(["basin_id", "quantity"])[["loans", "avoided"]]
    pd.testing.assert_frame_equal(each, whole.loc[each.index], check_dtype=False)


def test_the_list_of_the_demonstration_keeps_its_promises(demo):
    table, measures = lend_next(demo), demo.measures.set_index("recommendation_id")
    assert set(measures.loc[table["recommendation_id"], "status"]) <= {"recommended", "accepted"}
    assert table["score"].between(0, 1).all()
    weights = demo.lending.weights
    points = table[["load_points", "delivery_points", "payback_points", "confidence_points"]].fillna(0)
    again = sum(points.iloc[:, at] * weight for at, weight in enumerate(weights)) / sum(weights)
    assert table["score"].tolist() == pytest.approx(again.tolist())
    grades = table["evidence"].map({"A": 1.0, "B": 0.8, "C": 0.6, "D": 0.4, "E": 0.2})
    sure = table["probability"] * grades / (1 + table["range_pct"] / 100)
    assert table["confidence_points"].tolist() == pytest.approx(sure.tolist(), nan_ok=True)
    assert sure.nunique() > table["probability"].nunique()


def test_the_public_edition_holds_no_loan(demo):
    public = public_accounts(demo)
    assert public.credit.empty
    assert all(table(public).empty for table in (loan_costs, portfolio, lend_next, consultant_matches))
