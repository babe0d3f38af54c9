"""Made layers and points to compare on: valid coverages with crooked shared borders, and firms in towns."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

BOX = (-92.0, 13.0, -82.0, 19.0)  # west, south, east, north, degrees
_CROOKEDNESS = (
    0.3  # of the way to the nearer node: below the tangent of half a right angle, so no borders cross
)


def sub_basins(columns: int, rows: int, bends: int, seed: int = 0) -> gpd.GeoDataFrame:
    """Make a coverage of crooked cells.

    Parameters
    ----------
    columns, rows : int
        Number of cells eastward and northward.
    bends : int
        Vertices of the border between two neighbours.
    seed : int
        Of the random borders.
    """
    random = np.random.default_rng(seed)
    west, south, east, north = BOX
    x, y = np.meshgrid(np.linspace(west, east, columns + 1), np.linspace(south, north, rows + 1))
    nodes = np.stack([x, y], axis=-1)
    level = _borders(nodes[:, :-1], nodes[:, 1:], bends, random)
    upright = _borders(nodes[:-1], nodes[1:], bends, random)
    rings = [
        np.concatenate(
            [level[j, i, :-1], upright[j, i + 1, :-1], level[j + 1, i, :0:-1], upright[j, i, :0:-1]]
        )
        for j in range(rows)
        for i in range(columns)
    ]
    names = [f"s{cell:05}" for cell in range(len(rings))]
    return gpd.GeoDataFrame(index=names, geometry=[shapely.Polygon(ring) for ring in rings], crs="EPSG:4326")


def big_basins(cells: int, bends: int, seed: int = 0) -> gpd.GeoDataFrame:
    """Join crooked cells into four basins with long, winding divides."""
    layer = sub_basins(cells, cells, bends, seed)
    centre = shapely.get_coordinates(shapely.centroid(layer.geometry.to_numpy()))
    west, south, east, north = BOX
    share = (centre - [west, south]) / [east - west, north - south]
    bent = share + 0.04 * np.sin(share[:, ::-1] * 23) + 0.02 * np.sin(share[:, ::-1] * 61)
    owner = (bent[:, 0] > 0.5).astype(int) + 2 * (bent[:, 1] > 0.5)  # noqa: PLR2004 - the middle
    outlines = [shapely.coverage_union_all(layer.geometry.to_numpy()[owner == basin]) for basin in range(4)]
    return gpd.GeoDataFrame(index=list("abcd"), geometry=outlines, crs="EPSG:4326")


def firms(size: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Make places: half of them anywhere, some beyond the layer, half crowded into towns."""
    random = np.random.default_rng(seed)
    west, south, east, north = BOX
    low, high = np.array([west - 0.5, south - 0.5]), np.array([east + 0.5, north + 0.5])
    anywhere = random.uniform(low, high, (size, 2))
    towns = random.uniform(low, high, (3000, 2))
    weight = random.pareto(1.2, len(towns)) + 0.1
    town = towns[random.choice(len(towns), size, p=weight / weight.sum())] + random.normal(0, 0.04, (size, 2))
    places = np.where(random.random((size, 1)) < 0.5, anywhere, town)  # noqa: PLR2004 - half
    return places[:, 0].copy(), places[:, 1].copy()


def _borders(start: np.ndarray, end: np.ndarray, bends: int, random: np.random.Generator) -> np.ndarray:
    """Draw a crooked line between each pair of nodes: shape (..., bends + 2, 2), nodes included."""
    along = np.linspace(0, 1, bends + 2)
    steps = np.cumsum(random.normal(0, 1, (*start.shape[:-1], bends + 2)), axis=-1)
    crooked = _CROOKEDNESS * np.minimum(along, 1 - along) * np.tanh(steps / np.sqrt(bends + 1) * 2)
    step = (end - start)[..., None, :]
    aside = np.stack([-step[..., 1], step[..., 0]], axis=-1) * [(BOX[2] - BOX[0]) / (BOX[3] - BOX[1]), 1]
    lines = start[..., None, :] + along[:, None] * step + crooked[..., None] * aside
    lines[..., -1, :] = end
    return lines
