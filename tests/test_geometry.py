"""Areas, mending and overlaps."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from watershed_cp.basins.geometry import area_km2, cut_at_antimeridian, mend, overlaps, unwrap

ONE_DEGREE_AT_EQUATOR_KM2 = 12_308.78  # WGS 84


def test_areas_are_geodesic_and_know_holes() -> None:
    square = shapely.box(0, 0, 1, 1)
    assert area_km2([square]) == pytest.approx([ONE_DEGREE_AT_EQUATOR_KM2], rel=1e-4)
    backwards = shapely.Polygon(square.exterior.coords[::-1])
    ring = shapely.Polygon(
        shapely.box(0, 0, 1, 1).exterior, [shapely.box(0.25, 0.25, 0.75, 0.75).exterior.coords]
    )
    assert area_km2([backwards]) == pytest.approx(area_km2([square]))
    assert area_km2([ring])[0] == pytest.approx(0.75 * ONE_DEGREE_AT_EQUATOR_KM2, rel=1e-3)
    assert area_km2([shapely.MultiPolygon([square, shapely.box(2, 0, 3, 1)])])[0] == pytest.approx(
        2 * ONE_DEGREE_AT_EQUATOR_KM2, rel=1e-4
    )


def test_sound_outlines_stay_as_they_are() -> None:
    square = shapely.box(0, 0, 1, 1)
    assert mend(square) == (square, None)


def test_a_bow_tie_is_shown_not_mended() -> None:
    tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    shape, crossing = mend(tie)
    assert shape is tie
    assert crossing == (1.0, 1.0)


def test_a_ring_that_touches_itself_is_mended() -> None:
    touching = shapely.Polygon([(0, 0), (4, 0), (4, 4), (2, 0), (0, 4)])
    assert not touching.is_valid
    shape, crossing = mend(touching)
    assert shape.is_valid
    assert shape.area == pytest.approx(touching.area)
    assert crossing == (2.0, 0.0)


def test_a_spike_is_mended() -> None:
    spike = shapely.Polygon([(0, 0), (1, 0), (1, 1), (1, 2), (1, 1), (0, 1)])
    shape, crossing = mend(spike)
    assert shape.equals(shapely.box(0, 0, 1, 1))
    assert crossing is not None


def test_overlaps_are_measured_and_slivers_told_apart() -> None:
    squares = gpd.GeoSeries(
        {"b": shapely.box(0, 0, 1, 1), "a": shapely.box(0.5, 0, 1.5, 1), "c": shapely.box(1.5, 0, 2, 1)}
    )
    (pair,) = overlaps(squares.set_crs(4326))
    assert (pair.first, pair.second, pair.sliver) == ("a", "b", False)
    assert pair.km2 == pytest.approx(0.5 * ONE_DEGREE_AT_EQUATOR_KM2, rel=1e-3)
    near = gpd.GeoSeries({"a": shapely.box(0, 0, 1, 1), "b": shapely.box(1 - 1e-7, 0, 2, 1)}, crs=4326)
    (sliver,) = overlaps(near)
    assert sliver.sliver
    assert sliver.km2 == pytest.approx(1e-7 * ONE_DEGREE_AT_EQUATOR_KM2, rel=1e-3)


def test_outlines_that_do_not_jump_stay_as_they_are() -> None:
    for shape in (shapely.box(-170, 0, 5, 1), shapely.box(-180, -90, 180, 90)):
        assert unwrap(shape) is shape
        assert cut_at_antimeridian(shape) is shape
    beyond = shapely.box(400, 10, 500, 11)
    assert cut_at_antimeridian(beyond) is beyond


def test_an_outline_in_the_far_west_is_only_moved() -> None:
    assert cut_at_antimeridian(shapely.box(270, 13, 271, 14)).bounds == (-90, 13, -89, 14)


@given(st.floats(150, 179), st.floats(-179, -150), st.floats(-60, 59))
def test_the_long_way_round_has_the_area_of_the_short_way(west: float, east: float, south: float) -> None:
    jumping = shapely.box(east, south, west, south + 1)
    whole = shapely.box(west, south, east + 360, south + 1)
    cut = cut_at_antimeridian(unwrap(jumping))
    assert cut.is_valid
    assert len(cut.geoms) == 2
    assert cut.area == pytest.approx(whole.area)
    assert -180 <= cut.bounds[0] <= cut.bounds[2] <= 180


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=8))
def test_mending_never_changes_an_area(points: list[tuple[int, int]]) -> None:
    shape, crossing = mend(shapely.Polygon(points))
    assert shape.area == pytest.approx(shapely.Polygon(points).area)
    assert (crossing is None) == shapely.Polygon(points).is_valid
