"""From a raster of labels to smooth outlines that fit together without gap or overlap.

Every border between two labels is drawn once, as one arc from junction to junction, and smoothed once. Polygons
are then built from the arcs, so that neighbours share each vertex, and larger units are unions of smaller ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely import Geometry

__all__ = ["label_outlines", "near_longitude", "smooth_line", "to_degrees"]

_SPECK_CELLS = 8  # loose bits smaller than this join the neighbour they touch most
_PASSES = (10, 4, 1, 0)  # rounds of smoothing tried until no border crosses another
_TOLERANCE_CELLS = 0.12  # what thinning may move a border, far below a cell
_DECIMALS = 5  # of a degree, about 1 m


def to_degrees(
    pixels: NDArray[np.float64], transform: Any, crs: Any, *, decimals: int = _DECIMALS
) -> NDArray[np.float64]:
    """Turn pixel coordinates into longitude and latitude.

    Parameters
    ----------
    pixels : ndarray, shape (n, 2)
        Column and row; the centre of the first cell is (0.5, 0.5).
    transform : affine.Affine
        From pixels to the coordinates of `crs`.
    crs : anything pyproj takes
        Geographic or projected.
    decimals : int
        To which the degrees are rounded; five are about 1 m.

    Returns
    -------
    ndarray, shape (n, 2)
        Longitude and latitude, EPSG:4326; on a grid across the antimeridian longitudes run on beyond 180, so that
        shapes stay in one piece.

    Examples
    --------
    >>> import affine
    >>> to_degrees(np.array([[0.5, 0.5]]), affine.Affine(0.1, 0, -89, 0, -0.1, 14), "EPSG:4326").tolist()
    [[-88.95, 13.95]]
    """
    import pyproj

    cornered = np.vstack([pixels, [[0.0, 0.0]]])
    x, y = transform * (cornered[:, 0], cornered[:, 1])
    if pyproj.CRS.from_user_input(crs).to_epsg() != 4326:  # noqa: PLR2004 - WGS 84 already
        degrees = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True, allow_ballpark=False)
        x, y = degrees.transform(x, y)
    x = near_longitude(x, x[-1])
    return np.round(np.column_stack([x, y])[:-1], decimals)


def near_longitude(longitude: NDArray[np.float64], of: float) -> NDArray[np.float64]:
    """Give longitudes in the turn in which they are nearest to another, beyond 180 degrees if need be.

    Examples
    --------
    >>> near_longitude(np.array([-179.0, 178.0]), 179.0).tolist()
    [181.0, 178.0]
    """
    turn = 360.0
    return np.asarray(longitude - turn * np.round((longitude - of) / turn))


def smooth_line(points: NDArray[np.float64], passes: int, *, closed: bool = False) -> NDArray[np.float64]:
    """Round off the staircase of a line that follows cell borders or cell centres.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Vertices; of a closed line the last repeats the first.
    passes : int
        How often each vertex moves to the weighted mean (1, 2, 1) of itself and its neighbours.
    closed : bool
        Whether the line is a ring; otherwise both ends stay where they are.

    Returns
    -------
    ndarray, shape (n, 2) or (n + 1, 2)
        The smoothed vertices.

    Examples
    --------
    >>> smooth_line(np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]]), 1).tolist()
    [[0.0, 0.0], [1.0, 0.5], [2.0, 0.0]]
    """
    if closed:
        ring = points[:-1]
        for _ in range(passes):
            ring = (np.roll(ring, 1, axis=0) + 2 * ring + np.roll(ring, -1, axis=0)) / 4
        return np.vstack([ring, ring[:1]])
    line = points.copy()
    for _ in range(passes):
        line[1:-1] = (line[:-2] + 2 * line[1:-1] + line[2:]) / 4
    return line


def label_outlines(labels: NDArray[np.int32]) -> dict[int, Geometry]:
    """Draw the smooth outline of every label of a raster, in pixel coordinates (column, row).

    Parameters
    ----------
    labels : ndarray of int32, shape (rows, columns)
        0 is outside; specks of fewer than eight cells join a neighbour first.

    Returns
    -------
    dict of int to shapely Polygon or MultiPolygon
        One outline a label, in ascending order; together a valid coverage.

    Raises
    ------
    ValueError
        If even the unsmoothed borders form no valid coverage, which no raster of labels does.

    Examples
    --------
    >>> outline = label_outlines(np.pad(np.ones((20, 20), np.int32), 2))[1]
    >>> 380 < outline.area < 400
    True
    """
    padded = np.pad(_without_specks(labels.astype(np.int32)), 1)
    arcs = _arcs(padded)
    for passes in _PASSES:
        outlines = _assemble([_smooth_arc(arc, passes) for arc in arcs], padded)
        if outlines is not None:
            return outlines
    raise ValueError(labels.shape)


def _without_specks(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Give loose bits to the neighbour they touch most; a label that is nothing but bits stays whole."""
    from rasterio.features import sieve

    kept = np.asarray(sieve(labels, _SPECK_CELLS, connectivity=4))
    gone = np.setdiff1d(labels, kept)
    return np.where(np.isin(labels, gone[gone > 0]), labels, kept)


def _arcs(padded: NDArray[np.int32]) -> Sequence[Geometry]:
    """Join the cell edges at which labels differ into arcs that run from junction to junction."""
    import shapely

    rows, columns = np.nonzero(padded[:, 1:] != padded[:, :-1])
    upright = np.stack([np.stack([columns, rows - 1], 1), np.stack([columns, rows], 1)], 1)
    rows, columns = np.nonzero(padded[1:] != padded[:-1])
    level = np.stack([np.stack([columns - 1, rows], 1), np.stack([columns, rows], 1)], 1)
    edges = shapely.linestrings(np.concatenate([upright, level]).astype(float))
    merged = shapely.line_merge(shapely.multilinestrings(edges))
    return list(shapely.get_parts(shapely.normalize(merged)))


def _smooth_arc(arc: Geometry, passes: int) -> Geometry:
    import shapely

    corners = shapely.get_coordinates(arc)
    if passes == 0 or len(corners) < 4:  # noqa: PLR2004 - nothing to round
        return arc
    closed = bool((corners[0] == corners[-1]).all())
    middles = (corners[1:] + corners[:-1]) / 2
    ends = (middles, middles[:1]) if closed else (corners[:1], middles, corners[-1:])
    line = smooth_line(np.vstack(ends), passes, closed=closed)
    return shapely.simplify(shapely.linestrings(line), _TOLERANCE_CELLS, preserve_topology=closed)


def _assemble(arcs: list[Geometry], padded: NDArray[np.int32]) -> dict[int, Geometry] | None:
    """Build the polygons from the arcs, or None if smoothing made two arcs cross."""
    import shapely

    faces = shapely.get_parts(shapely.polygonize(arcs))
    inside = shapely.get_coordinates(shapely.point_on_surface(faces))
    owner = padded[np.floor(inside[:, 1]).astype(int) + 1, np.floor(inside[:, 0]).astype(int) + 1]
    wanted, cells = np.unique(padded[padded > 0], return_counts=True)
    outlines = {int(label): shapely.union_all(faces[owner == label]) for label in wanted}
    drawn = np.array([outline.area for outline in outlines.values()])
    edges = np.array([outline.length for outline in outlines.values()])
    faithful = (np.abs(drawn - cells) <= 1 + 0.25 * edges) & (drawn >= cells / 2)
    if (
        faithful.all()
        and shapely.coverage_is_valid(list(outlines.values()))
        and shapely.is_valid(list(outlines.values())).all()
    ):
        return outlines
    return None
