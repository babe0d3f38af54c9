"""Distances to the divide, against brute force."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import layer, ragged

from watershed_cp.basins import spheretree
from watershed_cp.basins.divide import Divides
from watershed_cp.basins.earth import geodesic, local_metres
from watershed_cp.basins.edges import edges_of


def brute_force(outline: shapely.Geometry, point: np.ndarray) -> float:
    """Measure to every vertex of the boundary, then close in on the best stretches with ever denser vertices."""
    vertices, part = shapely.get_coordinates(
        shapely.get_parts(shapely.segmentize(shapely.boundary(outline), 0.01)), return_index=True
    )
    whole = np.flatnonzero(part[:-1] == part[1:])
    start, end = vertices[whole], vertices[whole + 1]
    for _ in range(5):
        middle = metres_to(point, (start + end) / 2)
        best = np.argsort(middle)[:40]
        share = np.linspace(0, 1, 21)[:, None, None]
        dense = start[best] + share * (end[best] - start[best])
        start, end = dense[:-1].reshape(-1, 2), dense[1:].reshape(-1, 2)
    return float(min(metres_to(point, start).min(), metres_to(point, end).min()))


def metres_to(point: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Measure geodesics from one point."""
    return np.asarray(geodesic().inv(*places.T, *np.broadcast_to(point, places.shape).T)[2])


@pytest.fixture(params=["few points", "many points"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure once with NumPy and once with compiled code."""
    monkeypatch.setattr(spheretree, "_many", lambda _: request.param == "many points")


@pytest.mark.usefixtures("way")
def test_distance_agrees_with_brute_force() -> None:
    basins = ragged()
    outlines = basins.geometry.to_numpy()
    divides = Divides(edges_of(outlines))
    random = np.random.default_rng(3)
    points = random.uniform((-1, -1), (7, 6), (60, 2))
    basin = random.integers(0, len(outlines), len(points))
    expected = [brute_force(outlines[row], point) for row, point in zip(basin, points, strict=True)]
    np.testing.assert_allclose(divides.distance(points, basin), expected, rtol=1e-9, atol=1e-5)


@pytest.mark.usefixtures("way")
def test_nearest_is_the_smallest_distance() -> None:
    outlines = ragged().geometry.to_numpy()
    divides = Divides(edges_of(outlines))
    points = np.random.default_rng(4).uniform((-1, -1), (9, 8), (80, 2))
    each = np.stack([divides.distance(points, np.full(len(points), row)) for row in range(len(outlines))])
    basin, metres = divides.nearest(points)
    np.testing.assert_allclose(metres, each.min(axis=0), rtol=1e-12)
    np.testing.assert_allclose(each[basin, np.arange(len(points))], metres, atol=1e-6)


@pytest.mark.usefixtures("way")
def test_within_lists_what_is_in_reach() -> None:
    outlines = ragged().geometry.to_numpy()
    divides = Divides(edges_of(outlines))
    points = np.array([[0.0, 0.0], [3.0, 1.0], [20.0, 20.0]])
    point, piece = divides.within(points, np.full(3, 20_000.0))
    assert set(divides.basin[piece[point == 0]]) == {0}
    assert set(divides.basin[piece[point == 1]]) == {0, 3}
    assert not (point == 2).any()
    lengths = np.linalg.norm(local_metres(points[point], divides.start[piece]), axis=1)
    assert lengths.max() < 25_000


@pytest.mark.usefixtures("way")
def test_distance_has_no_seam_at_the_date_line() -> None:
    divides = Divides(edges_of(layer({"a": shapely.box(179, 0, 180, 1)}).geometry.to_numpy()))
    metres = divides.distance(np.array([[-179.9, 0.5]]), np.array([0]))
    assert metres.tolist() == pytest.approx([geodesic().inv(180, 0.5, -179.9, 0.5)[2]], abs=1e-3)


def test_an_edge_along_a_pole_is_no_divide() -> None:
    cap = Divides(edges_of(np.array([shapely.box(-180, 60, 180, 90)])))
    assert (np.abs(cap.start[:, 1]) == 90).sum() == 1  # of all 360 degrees of the pole, which are one place
    way = cap.distance(np.array([[0.0, 61.0], [0.0, 89.0]]), np.array([0, 0]))
    np.testing.assert_allclose(way, [111_420.73, 111_693.86], atol=0.01)


def test_a_cap_is_measured_from_afar() -> None:
    cap = Divides(edges_of(np.array([shapely.box(-180, 80, 180, 90)])))
    metres = cap.distance(np.array([[-89.0, 13.7]]), np.array([0]))
    assert metres.tolist() == pytest.approx([geodesic().inv(-89, 13.7, -89, 80)[2]], abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-3, 3),
    st.floats(-3, 3),
    st.floats(0.001, 1),
    st.floats(1.01, 3),
    st.floats(-60, 60),
    st.integers(3, 12),
)
def test_any_polygon_from_anywhere(
    x: float, y: float, small: float, wide: float, south: float, corners: int
) -> None:
    turns = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    outline = shapely.Polygon(np.stack([np.cos(turns) * wide, np.sin(turns) * small + south], axis=-1))
    point = np.array([x, south + y])
    measured = Divides(edges_of(np.array([outline]))).distance(point[None], np.array([0]))[0]
    assert measured == pytest.approx(brute_force(outline, point), rel=1e-8, abs=1e-4)
