"""The probability of a basin, against a slow sum over the scatter."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from watershed_cp.basins.edges import edges_of
from watershed_cp.basins.probability import boundary_integral, probability_inside


def slow(outline: shapely.Geometry) -> float:
    """Sum the normal density over a million equally probable places of the scatter about the origin."""
    radius = np.sqrt(-2 * np.log1p(-(np.arange(1000) + 0.5) / 1000))
    angle = 2 * np.pi * (np.arange(1000) + 0.5) / 1000
    x, y = np.outer(radius, np.cos(angle)).ravel(), np.outer(radius, np.sin(angle)).ravel()
    shapely.prepare(outline)
    return float(shapely.contains_xy(outline, x, y).mean())


def fast(outline: shapely.Geometry) -> float:
    """Ask the code under test."""
    edges = edges_of(np.array([outline]))
    taken = boundary_integral(edges.start, edges.end, np.zeros(len(edges.start), dtype=np.int64), 1)
    return float(probability_inside(shapely.intersects_xy(outline, [0.0], [0.0]), taken)[0])


@pytest.mark.parametrize(
    ("outline", "expected"),
    [
        (shapely.box(0, 0, 99, 99), 0.25),
        (shapely.box(-99, 0, 99, 99), 0.5),
        (shapely.box(-99, -99, 99, 99) - shapely.box(0, 0, 50, 50), 0.75),
        (shapely.box(-99, -99, 99, 99), 1.0),
        (shapely.box(50, 50, 99, 99), 0.0),
        (shapely.box(-99, 1, 99, 99), 0.1586553),
        (shapely.Point(0, 0).buffer(1, quad_segs=2000), 1 - np.exp(-0.5)),
        (shapely.Polygon([(0, 0), (99, 0), (99, 99)]), 0.125),
    ],
    ids=[
        "corner",
        "edge",
        "re-entrant corner",
        "deep inside",
        "far away",
        "one sigma off",
        "disc",
        "sharp corner",
    ],
)
def test_known_shapes(outline: shapely.Geometry, expected: float) -> None:
    assert fast(outline) == pytest.approx(expected, abs=5e-6)


def test_holes_and_islands() -> None:
    shape = shapely.box(-2, -1, 3, 4) - shapely.Point(0.5, 0.5).buffer(0.7) | shapely.box(-5, -3, -3, 1)
    assert fast(shape) == pytest.approx(slow(shape), abs=1e-3)


coordinate = st.floats(-6, 6).map(lambda value: round(value, 3))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=8))
def test_any_shape(corners: list[tuple[float, float]]) -> None:
    outline = shapely.convex_hull(shapely.MultiPoint(corners)) ^ shapely.box(-1.5, -2.5, 0.5, 0.3)
    if outline.geom_type in {"Polygon", "MultiPolygon"} and outline.area > 0.01:
        assert fast(outline) == pytest.approx(slow(outline), abs=3e-3)


def test_basins_of_a_coverage_add_up_to_one() -> None:
    random = np.random.default_rng(8)
    seeds = shapely.MultiPoint(random.normal(0, 2, (30, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=shapely.box(-99, -99, 99, 99)))
    assert sum(fast(cell) for cell in cells) == pytest.approx(1, abs=3e-5)
