"""Totals by anything: disaggregations add up, and the two percentages stand side by side."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import geopandas as gpd
import hypothesis
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from makers import three_squares

from watershed_cp import pipeline
from watershed_cp.basins.catalogue import nest_levels
from watershed_cp.errors import InputError
from watershed_cp.impact.aggregation import Accounts, close_accounts
from watershed_cp.impact.ranges import range_shares
from watershed_cp.impact.totals import DIMENSIONS, total_by
from watershed_cp.loads.uncertainty import COVERAGE_90
from watershed_cp.tables import EVIDENCE, FATES, RANGE_SHARES

if TYPE_CHECKING:
    from pathlib import Path

FIRMS = pd.DataFrame(
    {
        "msme_id": ["F1", "F2", "F3"],
        "longitude": [0.25, 0.75, 1.25],
        "latitude": 0.5,
        "country": ["SV", "SV", "GT"],
        "department": ["San Salvador", "La Libertad", None],
        "municipality": ["Soyapango", "Colón", None],
        "ciiu": ["1050", "1511", None],
        "employees": [9, 30, 90],
    }
)
BY_HAND = {
    "basin_id": {"a": 80.0, "b": 21.9},
    "sub_basin_1": {"a-west": 50.0, "a-east": 30.0, "b-west": 21.9},
    "country": {"SV": 80.0, "GT": 21.9},
    "department": {"San Salvador": 50.0, "La Libertad": 30.0, "": 21.9},
    "municipality": {"Soyapango": 50.0, "Colón": 30.0, "": 21.9},
    "sector": {"C": 80.0, "": 21.9},
    "size_class": {"micro": 50.0, "small": 30.0, "medium": 21.9},
    "year": {"2019": 50.0, "2020": 51.9},
    "pollutant": {"BOD5": 101.9},
    "evidence": {"A": 50.0, "B": 51.9},
}
"""50, 30 and 21.9 kg of F1, F2 and F3, added up by hand."""


def halves() -> gpd.GeoDataFrame:
    """Cut each of the three squares into a western and an eastern half of 50 km2, so to speak."""
    outlines = {
        f"{basin}-{side}": shapely.box(x, 0, x + 0.5, 1)
        for place, basin in enumerate("abc")
        for side, x in (("west", place), ("east", place + 0.5))
    }
    index = pd.Index(outlines, name="basin_id")
    columns = {"name_es": [f"Sub {name}" for name in outlines], "accuracy_m": 0.0, "area_km2": 50.0}
    return gpd.GeoDataFrame(columns, index=index, geometry=list(outlines.values()), crs=4326)


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
    places = pd.DataFrame({"msme_id": ["F1", "F2", "F3"], "basin_id": ["a", "a", "b"], "status": "inside"})
    squares = three_squares().assign(area_km2=[100.0, 10.0, 1.0])
    return close_accounts(claims, places, squares, msmes=FIRMS, levels=nest_levels([halves()], squares))


def test_weighted_and_simple_percentages_differ(accounts: Accounts) -> None:
    row = total_by(accounts, "country").set_index("country").loc["SV"]
    assert row["weighted_reduction_pct"] == 100 * 80 / 400
    assert row["mean_reduction_pct"] == (50 + 10) / 2
    assert row["msmes"] == 2


def test_every_dimension_is_added_up_by_hand_below() -> None:
    assert set(BY_HAND) == {*DIMENSIONS, "sub_basin_1"}


@pytest.mark.parametrize("dimension", BY_HAND)
def test_totals_by_every_dimension(accounts: Accounts, dimension: str) -> None:
    table = total_by(accounts, dimension).set_index(dimension)
    assert table["reduction_kg_yr"][table["msmes"] > 0].to_dict() == pytest.approx(BY_HAND[dimension])
    assert math.fsum(table["expected_reduction_kg_yr"]) == pytest.approx(101.9)


def test_yields_of_watersheds_and_of_their_parts(accounts: Accounts) -> None:
    assert total_by(accounts, "basin_id")["reduction_kg_yr_km2"].tolist() == [0.8, 2.19]
    parts = total_by(accounts, "sub_basin_1").set_index("sub_basin_1")["reduction_kg_yr_km2"]
    assert parts.to_dict() == pytest.approx({"a-east": 0.6, "a-west": 1.0, "b-west": 0.438})
    both = total_by(accounts, "basin_id", "sub_basin_1")  # of the finer of the two
    assert both["reduction_kg_yr_km2"].tolist() == pytest.approx([0.6, 1.0, 0.438])


CLAIMS = st.lists(
    st.fixed_dictionaries(
        {
            "msme_id": st.sampled_from(["F1", "F2", "F3"]),
            "pollutant": st.sampled_from(["BOD5", "TN"]),
            "fate": st.sampled_from(FATES),
            "reduction_kg_yr": st.floats(-1e6, 1e9),
            "evidence": st.sampled_from(EVIDENCE),
            "date": st.sampled_from(pd.to_datetime([None, "2019-05-01", "2020-05-01"]).tolist()),
        }
    ),
    min_size=1,
    max_size=12,
).map(pd.DataFrame)


@hypothesis.settings(max_examples=3)
@given(CLAIMS)
def test_every_dimension_adds_up_to_what_was_credited(claims: pd.DataFrame) -> None:
    places = pd.DataFrame({"msme_id": ["F1", "F2", "F3"], "basin_id": ["a", "a", "b"], "status": "inside"})
    squares = three_squares()
    found = close_accounts(claims, places, squares, msmes=FIRMS, levels=nest_levels([halves()], squares))
    for dimension in BY_HAND:
        totals = total_by(found, dimension)
        for pollutant, rows in found.ledger[found.ledger["fate"] == "credited"].groupby("pollutant"):
            told = totals.loc[totals["pollutant"] == pollutant, "reduction_kg_yr"]
            size = rows["reduction_kg_yr"].abs().sum()
            assert math.fsum(told) == pytest.approx(math.fsum(rows["reduction_kg_yr"]), abs=1e-15 * size)


def test_sub_basins_named_in_the_project_file(tmp_path: Path) -> None:
    """Two firms in two halves of square a, 200 and 30 kg of TN less."""
    three_squares().to_file(tmp_path / "basins.geojson", driver="GeoJSON")
    halves().drop(columns="area_km2").to_file(tmp_path / "parts.geojson", driver="GeoJSON")
    (tmp_path / "firms.csv").write_text(
        "msme_id,latitude,longitude\nF1,0.5,0.2\nF2,0.4,0.7\n", encoding="utf-8"
    )
    (tmp_path / "reductions.csv").write_text(
        "msme_id,pollutant,value,unit\nF1,TN,200,kg/yr\nF2,TN,30,kg/yr\n", encoding="utf-8"
    )
    file = tmp_path / "project.toml"
    file.write_text(
        '[basins]\nsource = "basins.geojson"\n[[sub_basins]]\nsource = "parts.geojson"\nid = "basin_id"\n'
        '[msmes]\nsource = "firms.csv"\n[reductions]\nsource = "reductions.csv"\n',
        encoding="utf-8",
    )
    impact = pipeline.run(file)
    assert impact.levels["sub_basin_1"]["parent"].tolist() == ["a", "a", "b", "b", "c", "c"]
    totals = total_by(impact, "sub_basin_1").set_index("sub_basin_1")
    assert totals["reduction_kg_yr"].to_dict() == {"a-east": 30.0, "a-west": 200.0}
    half_a_degree = impact.levels["sub_basin_1"].loc["a-west", "area_km2"]
    assert half_a_degree == pytest.approx(6154.7, rel=1e-3)
    assert totals.loc["a-west", "reduction_kg_yr_km2"] == 200 / half_a_degree
    assert tmp_path / "parts.geojson" in impact.inputs


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
