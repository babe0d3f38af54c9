"""Small worlds whose answers a hand can compute, and random ones for properties."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

ADVERSARIES = ("vertex", "middle", "ulp", "hair", "level", "anywhere")


def layer(outlines: dict[str, shapely.Geometry], **columns: object) -> gpd.GeoDataFrame:
    """Make a layer of basins from outlines by identifier."""
    geometry = list(outlines.values())
    index = list(outlines)
    return gpd.GeoDataFrame(dict(columns), index=index, geometry=geometry, crs="EPSG:4326").rename_axis(
        "basin_id"
    )


def four_squares(**columns: object) -> gpd.GeoDataFrame:
    """Four squares of one degree around (1, 1), named against the order of their rows."""
    return layer({name: shapely.box(i, j, i + 1, j + 1) for name, (i, j) in _CORNERS.items()}, **columns)


_CORNERS = {"d": (0, 0), "c": (0, 1), "b": (1, 0), "a": (1, 1)}


def ragged() -> gpd.GeoDataFrame:
    """Make a layer of all that outlines can do: a hole that is a basin, one that is a gap, islands, slivers."""
    ring = shapely.box(0, 0, 3, 3) - shapely.box(1, 1, 2, 2) - shapely.box(0.2, 0.2, 0.4, 0.6)
    lake = shapely.box(1, 1, 2, 2)
    islands = shapely.MultiPolygon([shapely.box(4, 0, 5, 1), shapely.Polygon([(5, 1), (6, 1), (6, 2)])])
    sliver = shapely.Polygon([(3 - 1e-9, 0), (4, 1.7), (3 - 1e-9, 3)])
    crooked = shapely.Polygon([(0, 3), (3, 3), (2.1, 4.7), (0.3, 3.9)])
    return layer({"ring": ring, "lake": lake, "islands": islands, "sliver": sliver, "crooked": crooked})


def adversarial(basins: gpd.GeoDataFrame, size: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Make points where rounding hurts: on vertices and edges, ulps and hairs off, level with a vertex."""
    random = np.random.default_rng(seed)
    rings = shapely.get_rings(shapely.get_parts(basins.geometry.to_numpy()))
    vertices, ring = shapely.get_coordinates(rings, return_index=True)
    heads = np.flatnonzero(ring[:-1] == ring[1:])
    head = random.choice(heads, size)
    a, b = vertices[head], vertices[head + 1]
    kind = random.choice(ADVERSARIES, size)[:, None]
    share = np.where(kind == "middle", 0.5, random.random((size, 1)))
    points = np.where((kind == "vertex") | (kind == "level"), a, a + share * (b - a))
    points = np.where(
        kind == "ulp",
        points + random.integers(-4, 5, points.shape) * np.spacing(np.maximum(abs(points), 1e-99)),
        points,
    )
    points = np.where(kind == "hair", points + random.uniform(-1e-12, 1e-12, points.shape), points)
    west, south, east, north = basins.total_bounds
    aside = random.uniform(west - 1, east + 1, size)
    points[:, 0] = np.where(kind[:, 0] == "level", aside, points[:, 0])
    anywhere = np.stack([aside, random.uniform(south - 1, north + 1, size)], axis=-1)
    points = np.where(kind == "anywhere", anywhere, points)
    return points[:, 0].copy(), points[:, 1].copy()


def first_claim(basins: gpd.GeoDataFrame, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Locate by the definition: GEOS asks every outline, and the smallest identifier wins."""
    found = np.full(len(x), -1, dtype=np.int32)
    for basin_id in sorted(basins.index, reverse=True):
        row = basins.index.get_loc(basin_id)
        found[shapely.intersects_xy(basins.geometry.iloc[row], x, y)] = row
    return found
