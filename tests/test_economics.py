"""Measures and their money: worlds a hand can compute, and the demonstration counted again with plain pandas."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watershed_cp.impact.aggregation import close_accounts
from watershed_cp.impact.economics import branch_measures, cash_flow, internal_rate
from watershed_cp.impact.edition import public_accounts
from watershed_cp.project import Economics
from watershed_cp.reference import data_path, read_reference

STATUSES = ["recommended", "accepted", "implemented", "verified", "lapsed", "rejected"]


def world(*measures, economics=None, period=None):
    """One firm of food in Honduras, with measures as they are given."""
    claims = pd.DataFrame({"msme_id": [], "pollutant": [], "fate": [], "reduction_kg_yr": []}, dtype=object)
    placed = pd.DataFrame({"msme_id": ["F"], "basin_id": ["a"], "status": ["inside"], "probability": [1.0]})
    basins = gpd.GeoDataFrame({"name_es": ["A"]}, index=pd.Index(["a"], name="basin_id"))
    firms = pd.DataFrame({"msme_id": ["F"], "country": ["HN"], "ciiu": ["C1040"]})
    usual = {"msme_id": "F", "status": "verified", "date_implemented": pd.Timestamp(2023, 5, 1)}
    rows = [usual | {"recommendation_id": f"R{at}"} | measure for at, measure in enumerate(measures)]
    accounts = close_accounts(claims, placed, basins, msmes=firms)
    return replace(
        accounts,
        registers={"recommendations": pd.DataFrame(rows)},
        economics=economics or Economics(),
        accounting_period=period,
    )


def test_money_of_a_measure_by_hand():
    measure = {"investment_usd": 1000, "saving_usd_yr": 600, "lifetime_years": 2}
    row = world(measure).measures.iloc[0]
    assert (row["branch"], row["basin_id"], row["counts"], row["dollars_of"]) == ("10", "a", "yes", 2023)
    assert row["payback_years"] == pytest.approx(1000 / 600)
    assert row["npv_usd"] == pytest.approx(-1000 + 600 / 1.1 + 600 / 1.1**2)
    # 1000 x² = 600 x + 600 with x = 1 + rate
    assert row["irr_pct"] == pytest.approx(100 * ((600 + math.sqrt(600**2 + 4 * 1000 * 600)) / 2000 - 1))


NAN = math.nan


@pytest.mark.parametrize(
    ("investment", "saving", "lifetime", "payback", "npv", "irr"),
    [
        (0, 100, 2, 0, 100 / 1.1 + 100 / 1.1**2, NAN),  # costs nothing: no rate has a meaning
        (1000, -100, 2, NAN, -1000 - 100 / 1.1 - 100 / 1.1**2, NAN),  # never changes its sign
        (1000, 0, 2, NAN, -1000, NAN),
        (1000, 1100, 1, 1000 / 1100, 0, 10),
        (1000, 500, 1, 2, -1000 + 500 / 1.1, -50),  # gives back half, and no more
        (1000, 600, None, 1000 / 600, NAN, NAN),  # nobody says how long it lasts
        (1000, 600, 0, 1000 / 600, NAN, NAN),
        (None, 600, 2, NAN, NAN, NAN),
        (1000, None, 2, NAN, NAN, NAN),
        (1000, 800, 1.5, 1.25, -1000 + 800 / 1.1 + 400 / 1.1**2, 14.8331477354788),  # 10 x² = 8 x + 4
    ],
)
def test_money_at_the_edges(investment, saving, lifetime, payback, npv, irr):
    measure = {"investment_usd": investment, "saving_usd_yr": saving, "lifetime_years": lifetime}
    row = world(measure).measures.iloc[0]
    found = row[["payback_years", "npv_usd", "irr_pct"]].astype(float).tolist()
    assert found == pytest.approx([payback, npv, irr], nan_ok=True)


def test_the_discount_rate_and_the_year_of_the_dollars_are_settings():
    measure = {"investment_usd": 100, "saving_usd_yr": 50, "lifetime_years": 3}
    measure["date_implemented"] = pd.Timestamp(2018, 1, 1)
    undiscounted = world(measure, economics=Economics(discount_rate_pct=0, dollars_of=2018)).measures.iloc[0]
    assert undiscounted["npv_usd"] == 50
    later = world(measure, economics=Economics(discount_rate_pct=0, dollars_of=2020)).measures.iloc[0]
    assert later["npv_usd"] == pytest.approx(50 * 258.811 / 251.107)
    assert later["irr_pct"] == pytest.approx(undiscounted["irr_pct"])  # a rate has no dollars


@pytest.mark.parametrize(
    ("resource", "saving", "unit", "column", "expected"),
    [
        ("water", 10, "m³/mes", "water_m3_yr", 120),
        ("energy", 2, "MWh/año", "energy_kwh_yr", 2000),
        ("energy", 100, "KWH/AÑO", "energy_kwh_yr", 100),
        ("materials", 1, "qq/mes", "materials_kg_yr", 12 * 45.359237),
        ("waste", 2, "t/año", "waste_kg_yr", 2000),
    ],
)
def test_savings_stand_in_the_unit_of_their_resource(resource, saving, unit, column, expected):
    row = world({"resource": resource, "saving": saving, "saving_unit": unit}).measures.iloc[0]
    assert row[column] == pytest.approx(expected)
    assert row[["water_m3_yr", "energy_kwh_yr", "materials_kg_yr", "waste_kg_yr"]].notna().sum() == 1


@pytest.mark.parametrize(
    ("source", "co2", "year", "note"),
    [
        ("electricity", 359, 2021, ""),
        ("diesel", 1000 * 3.6e-6 * 74100, None, ""),
        ("firewood", None, None, "no factor"),
        (None, None, None, "no factor: energy carrier not given"),
    ],
)
def test_carbon_dioxide_has_a_cited_factor_or_is_unknown(source, co2, year, note):
    energy = {"resource": "energy", "saving": 1000, "saving_unit": "kWh/yr", "energy_source": source}
    row = world(energy).measures.iloc[0]
    assert row["notes"] == note
    assert math.isnan(row["co2e_kg_yr"]) if co2 is None else row["co2e_kg_yr"] == pytest.approx(co2)
    assert pd.isna(row["factor_year"]) if year is None else row["factor_year"] == year


def test_what_cannot_be_computed_is_said():
    rows = world(
        {"investment_usd": 5, "date_implemented": pd.NaT},
        {"investment_usd": 5, "date_implemented": pd.Timestamp(1990, 1, 1)},
        {"saving": 5, "saving_unit": "m3/yr"},
        {"resource": "water", "saving": 5, "saving_unit": "cubetas"},
    ).measures
    assert rows["notes"].tolist() == [
        "no date: dollars of no known year",
        "no price index for 1990",
        "saving without a resource",
        "unit of the saving not understood: cubetas",
    ]
    assert rows[["investment_usd", "water_m3_yr", "npv_usd"]].isna().all(axis=None)


def test_a_measure_whose_lifetime_is_over_does_not_count():
    old = {"date_implemented": pd.Timestamp(2015, 1, 1), "lifetime_years": 2}
    row = world(old, period=(dt.date(2018, 1, 1), dt.date(2020, 12, 31))).measures.iloc[0]
    assert (row["counts"], row["reason"]) == ("no", "lifetime of the measure is over")


@settings(max_examples=30)
@pytest.mark.slow
@given(st.lists(st.sampled_from(STATUSES), min_size=1, max_size=6))
def test_only_what_stands_counts(statuses):
    accounts = world(*({"status": status, "measure": "M", "investment_usd": 7.0} for status in statuses))
    measures, standing = accounts.measures, [status for status in statuses if status in STATUSES[2:4]]
    assert measures["recommendation_id"].tolist() == [f"R{at}" for at in range(len(statuses))]
    assert (measures["counts"] == "yes").sum() == len(standing)
    table = accounts.branch_measures
    assert table["measures"].tolist() == ([len(standing)] if standing else [])
    assert table["enough"].tolist() == ([["no", "yes"][len(standing) > 2]] if standing else [])


@given(st.floats(1, 1e6), st.floats(0.01, 1e6), st.floats(0.1, 40))
def test_at_its_own_rate_a_measure_is_worth_nothing(investment, saving, lifetime):
    flow = cash_flow(investment, saving, lifetime)
    rate = internal_rate(flow) / 100
    if math.isnan(rate):
        assert sum(flow) <= 0 or sum(flow[1:]) <= 0
    elif -0.5 < rate < 10:
        value = math.fsum(money / (1 + rate) ** at for at, money in enumerate(flow))
        assert abs(value) <= 1e-6 * (investment + sum(flow[1:]))


def test_measures_of_the_demonstration_counted_again(demo):
    path = data_path("demo", "recommendations.csv")
    raw = pd.read_csv(path, sep=";", encoding="utf-8-sig", dtype=str)
    done = raw[raw["Estado"].isin(["implementada", "verificada"])].copy()
    measures = demo.measures
    counted = measures[measures["counts"] == "yes"]
    assert len(measures) == len(raw)
    assert set(counted["recommendation_id"]) == set(done["Código de recomendación"])
    cpi = {int(row["year"]): float(row["cpi_u"]) for row in read_reference("us_consumer_prices")}
    year = pd.to_datetime(done["Fecha de implementación"], dayfirst=True).dt.year
    factor = cpi[2023] / year.map(cpi)
    invested = (done["Inversión (USD)"].astype(float) * factor).sum()
    saved = (done["Ahorro anual (USD)"].astype(float) * factor).sum()
    assert counted["investment_usd"].sum() == pytest.approx(invested)
    assert counted["saving_usd_yr"].sum() == pytest.approx(saved)
    water = done.loc[(done["Recurso"] == "agua") & (done["Unidad del ahorro"] == "m3/año"), "Ahorro"]
    assert counted["water_m3_yr"].sum() == pytest.approx(water.astype(float).sum())


def test_branches_of_the_demonstration_counted_again(demo):
    table, measures = demo.branch_measures, demo.measures
    wet = table[table["quantity"] == "water_m3_yr"].set_index(["branch", "measure"])
    again = measures[measures["counts"] == "yes"].groupby(["branch", "measure"])["water_m3_yr"]
    for (branch, measure), values in again:
        known = sorted(values.dropna())
        if known:
            row = wet.loc[(branch, measure)]
            half = len(known) // 2
            middle = known[half] if len(known) % 2 else (known[half - 1] + known[half]) / 2
            assert (row["measures"], row["median"], row["low"], row["high"]) == (
                *(len(known), middle),
                *(known[0], known[-1]),
            )


def test_kilograms_avoided_come_from_credited_rows_that_name_the_measure():
    measures = world({"measure": "M"}).measures
    ledger = pd.DataFrame(
        [["R0", "BOD5", "credited", 4.0], ["R0", "BOD5", "outside", 9.0], [None, "BOD5", "credited", 8.0]],
        columns=["recommendation_id", "pollutant", "fate", "reduction_kg_yr"],
    )
    table = branch_measures(measures, ledger)
    assert table[["quantity", "median"]].to_numpy().tolist() == [["BOD5", 4.0]]


def test_the_public_edition_holds_no_measure(demo):
    public = public_accounts(demo)
    assert public.measures.empty
    assert public.branch_measures.empty
