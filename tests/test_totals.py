"""Totals by anything: disaggregations add up, and the two percentages stand side by side."""

from __future__ import annotations

import dataclasses
import math

import pandas as pd
import pytest
from makers import three_squares

from watershed_cp.errors import InputError
from watershed_cp.impact.aggregation import Accounts, close_accounts
from watershed_cp.impact.ranges import range_shares
from watershed_cp.impact.totals import DIMENSIONS, total_by
from watershed_cp.loads.uncertainty import COVERAGE_90
from watershed_cp.tables import RANGE_SHARES


@pytest.fixture(scope="module")
def accounts() -> Accounts:
    """Two firms in A: 100 to 50 kg and 300 to 270 kg of BOD5."""
    claims = pd.DataFrame(
        {
            "msme_id": ["F1", "F2", "F3"],
            "pollutant": "BOD5",
            "fate": "credited",
            "baseline_kg_yr": [100.0, 300.0, math.nan],
            "follow_up_kg_yr": [50.0, 270.0, math.nan],
            "reduction_kg_yr": [50.0, 30.0, 21.9],
            "reduction_low_kg_yr": [40.0, 10.0, 21.9],
            "reduction_high_kg_yr": [60.0, 50.0, 21.9],
            "standard_uncertainty_kg_yr": [6.0, 12.0, 0.0],
            "evidence": ["A", "B", "B"],
            "date": pd.to_datetime(["2019-05-01", "2020-05-01", "2020-06-01"]),
        }
    )
    firms = pd.DataFrame(
        {
            "msme_id": ["F1", "F2", "F3"],
            "country": ["SV", "SV", "GT"],
            "ciiu": ["1050", "1511", None],
            "employees": [9, 30, 90],
        }
    )
    places = pd.DataFrame({"msme_id": ["F1", "F2", "F3"], "basin_id": ["a", "a", "b"], "status": "inside"})
    return close_accounts(claims, places, three_squares().assign(area_km2=[100.0, 10.0, 1.0]), msmes=firms)


def test_weighted_and_simple_percentages_differ(accounts: Accounts) -> None:
    row = total_by(accounts, "country").set_index("country").loc["SV"]
    assert row["weighted_reduction_pct"] == 100 * 80 / 400
    assert row["mean_reduction_pct"] == (50 + 10) / 2
    assert row["msmes"] == 2


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_every_disaggregation_adds_up(accounts: Accounts, dimension: str) -> None:
    assert math.fsum(total_by(accounts, dimension)["reduction_kg_yr"]) == pytest.approx(101.9, rel=1e-15)


def test_sector_size_year_and_yield(accounts: Accounts) -> None:
    assert total_by(accounts, "sector")["sector"].tolist() == ["", "C"]
    assert total_by(accounts, "size_class")["size_class"].tolist() == ["medium", "micro", "small"]
    assert total_by(accounts, "year")["year"].tolist() == ["2019", "2020"]
    assert total_by(accounts, "basin_id")["reduction_kg_yr_km2"].tolist() == [0.8, 2.19]


def test_population_equivalents_of_60_grams_a_day(accounts: Accounts) -> None:
    """21.9 kg of BOD5 a year are one person's 60 g a day."""
    row = total_by(accounts, "basin_id").set_index("basin_id").loc["b"]
    assert row["population_equivalents"] == pytest.approx(1.0)


def test_an_unknown_dimension_is_refused(accounts: Accounts) -> None:
    with pytest.raises(InputError) as error:
        total_by(accounts, "colour")  # type: ignore[arg-type]
    assert error.value.tell("en").startswith(
        "Totals cannot be taken by “colour”. Use one or more of these: basin_id, "
    )


def test_which_firm_to_measure_first(accounts: Accounts) -> None:
    """F2 brings an interval of 40 - 24 z and 144 of a variance of 180; F3 has no range of its own."""
    shares = accounts.range_shares
    total, interval = 2 * COVERAGE_90 * math.sqrt(180), 60 - 36 * COVERAGE_90
    second = (40 - 24 * COVERAGE_90) + total * 144 / 180
    assert tuple(shares.columns) == RANGE_SHARES.names
    assert shares["msme_id"].tolist() == ["F2", "F1", "F3"]
    assert shares["share_pct"].iloc[0] == pytest.approx(100 * second / (total + interval))
    assert shares["share_pct"].sum() == pytest.approx(100)
    assert shares["range_kg_yr"].tolist() == [40.0, 20.0, 0.0]
    low, high = accounts.programme_loads.loc[0, ["reduction_low_kg_yr", "reduction_high_kg_yr"]]
    assert high - low == pytest.approx(total + interval)


def test_a_firm_of_unknown_range_stands_first() -> None:
    ledger = pd.DataFrame(
        {
            "fate": ["credited"] * 3 + ["expired"],
            "pollutant": "TN",
            "msme_id": ["F1", "F2", "F3", "F4"],
            "basin_id": ["a", "a", "b", None],
            "reduction_kg_yr": [1.0, 2.0, 3.0, 4.0],
            "reduction_low_kg_yr": [0.0, math.nan, -math.inf, 0.0],
            "reduction_high_kg_yr": [2.0, math.nan, 9.0, 9.0],
            "standard_uncertainty_kg_yr": [0.5, math.nan, 1.0, 1.0],
        }
    )
    shares = range_shares(ledger)
    assert shares["msme_id"].tolist() == ["F2", "F3", "F1"]
    assert shares["share_pct"].isna().tolist() == [True, True, False]
    assert shares["basin_share_pct"].iloc[2] == 100.0


def test_the_accounts_cannot_be_changed(accounts: Accounts) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        accounts.ledger = None  # type: ignore[misc]
