"""Which basin a firm is credited to, how far from the divide, and how sure."""

from __future__ import annotations

from statistics import NormalDist

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from worlds import four_squares, layer

from watershed_cp.basins import assignment, spheretree
from watershed_cp.basins.assignment import assign, assign_levels, basin_probabilities
from watershed_cp.basins.earth import geodesic
from watershed_cp.basins.locator import BasinLocator
from watershed_cp.errors import InputError
from watershed_cp.tables import ASSIGNMENTS, BASIN_PROBABILITIES

SIGMAS = 2.4477  # of one axis, in the radius that holds 95 %


def firms(**columns: object) -> pd.DataFrame:
    """Make firms from columns, with an index of their own."""
    table = pd.DataFrame(columns)
    table.insert(0, "msme_id", [f"m{row}" for row in range(len(table))])
    return table.set_index(table.index + 100)


def test_table_is_the_contract_and_inputs_stay() -> None:
    msmes = firms(longitude=[0.5, np.nan, 9.0], latitude=[0.5, 0.5, 9.0], colour=["red", "green", "blue"])
    basins = four_squares(accuracy_m=[np.nan, 10.0, 10.0, 10.0])
    before, layer_before = msmes.copy(deep=True), basins.copy(deep=True)
    placed = assign(msmes, basins)
    assert tuple(placed.columns) == ASSIGNMENTS.names
    assert placed.index.equals(msmes.index)
    assert placed["status"].tolist() == ["inside", "unlocated", "outside"]
    pd.testing.assert_frame_equal(msmes, before)
    pd.testing.assert_frame_equal(basins, layer_before)


def test_unlocated_firm_has_no_answer() -> None:
    placed = assign(firms(longitude=[np.nan, 200.0, 0.5], latitude=[0.5, 0.5, np.inf]), four_squares())
    assert placed["status"].tolist() == ["unlocated"] * 3
    unknown = [
        "longitude",
        "latitude",
        "basin_id",
        "confidence",
        "probability",
        "nearest_basin_id",
        "repairs",
    ]
    assert placed[[*unknown, "distance_to_divide_m"]].isna().all(axis=None)


def test_discharge_point_decides() -> None:
    msmes = firms(
        longitude=[0.5, 0.5],
        latitude=[0.5, 0.5],
        discharge_longitude=[1.5, np.nan],
        discharge_latitude=[1.5, 1.5],
        location_accuracy_m=[10.0, 10.0],
        repairs=["comma mended", None],
    )
    placed = assign(msmes, four_squares(), language="en")
    assert placed["basin_id"].tolist() == ["a", "d"]
    assert placed["longitude"].tolist() == [1.5, 0.5]
    assert placed["repairs"].fillna("").tolist() == ["comma mended; placed by its discharge point", ""]


def test_points_of_a_layer_are_locations() -> None:
    msmes = gpd.GeoDataFrame({"msme_id": ["m"]}, geometry=[shapely.Point(0.5, 1.5)], crs="EPSG:4326")
    assert assign(msmes, four_squares())["basin_id"].tolist() == ["c"]
    with pytest.raises(InputError) as caught:
        assign(msmes.to_crs(32616), four_squares())
    assert caught.value.faults[0].rule == "crs_not_wgs84"


def test_tie_is_told() -> None:
    placed = assign(
        firms(longitude=[1.0], latitude=[1.0], location_accuracy_m=[10.0]), four_squares(), language="es"
    )
    assert placed["basin_id"].tolist() == ["a"]
    assert placed["repairs"].tolist() == [
        "en el borde común de varias cuencas: se acredita a la de menor identificador"
    ]
    assert placed["probability"].tolist() == pytest.approx([0.25], abs=1e-4)


def test_a_tie_is_never_sure_even_of_places_without_error() -> None:
    msmes = firms(
        longitude=[1.0, 1.0, 0.5, 0.0], latitude=[1.0, 0.5, 0.5, 0.5], location_accuracy_m=[0.0] * 4
    )
    placed = assign(msmes, four_squares(accuracy_m=0.0))
    assert placed["basin_id"].tolist() == ["a", "b", "d", "d"]
    assert placed["probability"].tolist() == pytest.approx([0.25, 0.5, 1.0, 0.5], abs=1e-4)
    assert placed["confidence"].tolist() == ["ambiguous", "ambiguous", "sure", "ambiguous"]


def test_accuracy_not_stated_is_assumed_and_told() -> None:
    placed = assign(firms(longitude=[0.5], latitude=[0.5]), four_squares(), language="en")
    assert placed["location_accuracy_m"].tolist() == [250.0]
    assert placed["repairs"].tolist() == ["accuracy not stated: 250 m taken"]


def test_beside_a_straight_divide_it_is_the_normal_distribution() -> None:
    north = np.array([0.999, 1.0005, 1.003])
    msmes = firms(longitude=[0.5] * 3, latitude=north, location_accuracy_m=[300.0] * 3)
    placed = assign(msmes, four_squares(accuracy_m=400.0))
    metres = np.array([geodesic().inv(0.5, 1, 0.5, latitude)[2] for latitude in north])
    expected = [NormalDist(0, 500 / SIGMAS).cdf(distance) for distance in metres]
    np.testing.assert_allclose(placed["distance_to_divide_m"], metres, atol=1e-4)
    np.testing.assert_allclose(placed["probability"], expected, atol=2e-5)
    assert placed["confidence"].tolist() == ["ambiguous", "ambiguous", "likely"]


def test_outside_is_measured_to_the_nearest_basin() -> None:
    basins = layer({"b": shapely.box(0, 0, 1, 1), "a": shapely.box(3, 0, 4, 1)}, accuracy_m=0.0)
    placed = assign(
        firms(longitude=[1.9, 2.0, 1.001], latitude=[0.5] * 3, location_accuracy_m=[9.0] * 3), basins
    )
    assert placed["nearest_basin_id"].tolist() == ["b", "a", "b"]
    assert (placed["distance_to_divide_m"] < 0).all()
    assert placed["probability"].tolist() == [1.0] * 3


def test_probability_of_an_island_smaller_than_the_scatter() -> None:
    island = shapely.Point(0, 0).buffer(0.001, quad_segs=64)
    placed = assign(
        firms(longitude=[0.0], latitude=[0.0], location_accuracy_m=[500.0]),
        layer({"a": island}, accuracy_m=0.0),
    )
    radius = 111.0 * SIGMAS / 500
    assert placed["probability"].tolist() == pytest.approx([1 - np.exp(-(radius**2) / 2)], abs=2e-3)


def test_levels_follow_the_deciding_point() -> None:
    msmes = firms(
        longitude=[0.5, 1.5, np.nan], latitude=[0.5, 0.5, 0.5], discharge_longitude=[1.5, np.nan, np.nan],
        discharge_latitude=[1.5, np.nan, np.nan],
    )  # fmt: skip
    levels = {"basin": layer({"all": shapely.box(0, 0, 2, 2)}), "sub_basin": four_squares()}
    placed = assign_levels(msmes, levels)
    assert placed["basin"].fillna("").tolist() == ["all", "all", ""]
    assert placed["sub_basin"].fillna("").tolist() == ["a", "b", ""]
    assert placed.index.equals(msmes.index)


def test_many_firms_get_the_answers_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(5)
    longitude, latitude = random.uniform(-0.02, 2.02, 400), random.uniform(0.98, 1.02, 400)
    msmes = firms(longitude=longitude, latitude=latitude, location_accuracy_m=random.uniform(1, 3000, 400))
    basins = four_squares(accuracy_m=100.0)
    few = assign(msmes, basins, language="en")
    monkeypatch.setattr(spheretree, "_many", lambda _: True)
    monkeypatch.setattr(assignment, "_CHUNK", 7)
    monkeypatch.setattr(BasinLocator, "_cheapest", lambda _: "sweep")
    pd.testing.assert_frame_equal(assign(msmes, basins, language="en"), few, rtol=1e-9)


def test_every_basin_has_its_probability_and_the_rest_is_outside() -> None:
    msmes = firms(
        longitude=[1.0005, 0.5, 5.0, np.nan, 0.0], latitude=[1.0003, 0.5, 5.0, 0.5, 0.5],
        location_accuracy_m=[400.0] * 5,
    )  # fmt: skip
    before = msmes.copy(deep=True)
    basins = four_squares(accuracy_m=0.0)
    table = basin_probabilities(msmes, basins)
    assert tuple(table.columns) == BASIN_PROBABILITIES.names
    assert table["msme_id"].tolist() == ["m0"] * 4 + ["m1", "m4"]
    assert table["basin_id"].tolist() == ["a", "b", "c", "d", "d", "d"]
    assert table["probability"].iloc[4:].tolist() == pytest.approx([1, 0.5], abs=1e-5)
    east, north = (NormalDist(0, 400 / SIGMAS).cdf(metres) for metres in (0.0005 * 111_320, 0.0003 * 110_574))
    of_corner = [east * north, east * (1 - north), (1 - east) * north, (1 - east) * (1 - north)]
    np.testing.assert_allclose(table["probability"].iloc[:4], of_corner, atol=2e-5)
    pd.testing.assert_frame_equal(msmes, before)


def test_probabilities_agree_with_the_assignment_and_never_exceed_one() -> None:
    random = np.random.default_rng(8)
    west, overlap = shapely.box(0, 0, 1, 1), shapely.box(0.99999, 0, 2, 1)
    basins = layer({"a": west, "b": overlap}, accuracy_m=50.0)
    longitude, latitude = random.uniform(0.995, 1.005, 300), random.uniform(0.998, 1.002, 300)
    msmes = firms(longitude=longitude, latitude=latitude, location_accuracy_m=random.uniform(1, 2000, 300))
    table, placed = basin_probabilities(msmes, basins), assign(msmes, basins).set_index("msme_id")
    total = table.groupby("msme_id")["probability"].sum().reindex(placed.index, fill_value=0.0)
    assert total.max() <= 1 + 1e-12
    outside = placed["status"] == "outside"
    np.testing.assert_allclose(total[outside], 1 - placed.loc[outside, "probability"], atol=1e-12)
    own = table.set_index(["msme_id", "basin_id"])["probability"]
    inside = placed[~outside]
    np.testing.assert_allclose(
        own.loc[list(zip(inside.index, inside["basin_id"], strict=True))], inside["probability"], atol=0.02
    )
