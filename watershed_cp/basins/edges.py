"""The rings and edges of a layer of outlines, with the row of the outline each belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely

from watershed_cp.errors import InputError
from watershed_cp.messages import fault

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = [
    "Edges",
    "Rings",
    "boxed_outlines_of",
    "edges_along",
    "edges_of",
    "outlines_of",
    "require_wgs84",
    "rings_of",
    "text_order",
]

_MOST_DEGREES = 720  # an outline may run on beyond 180 degrees, but not round the Earth and round again


@dataclass(frozen=True)
class Edges:
    """Directed edges, in the order of the outlines and of their rings, the basin on their left.

    Attributes
    ----------
    start, end : ndarray
        Shape (n, 2), longitude and latitude in degrees; never equal.
    basin : ndarray
        Shape (n,), row of the outline; ascending.
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    basin: NDArray[np.int64]


@dataclass(frozen=True)
class Rings:
    """Closed rings, each with the row of its outline.

    Attributes
    ----------
    vertices : ndarray
        Shape (n, 2), longitude and latitude in degrees; the first vertex of a ring is also its last.
    begins : ndarray of int
        Shape (rings + 1,), where the vertices of each ring begin.
    basin : ndarray of int
        Shape (rings,), row of the outline; ascending.
    """

    vertices: NDArray[np.float64]
    begins: NDArray[np.int64]
    basin: NDArray[np.int64]


def require_wgs84(layer: gpd.GeoDataFrame | gpd.GeoSeries) -> None:
    """Refuse a layer that is not in EPSG:4326.

    Raises
    ------
    InputError
        If the layer has no CRS, or another one.

    Examples
    --------
    >>> import geopandas
    >>> require_wgs84(geopandas.GeoDataFrame(geometry=[], crs="EPSG:4326"))
    """
    system = layer.crs
    if system is None or not _is_wgs84(system.srs):
        raise InputError(fault("crs_not_wgs84", value="–" if system is None else system.to_string()))


@cache
def _is_wgs84(system: str) -> bool:
    """Compare by meaning, once for each system: that takes longer than to read a layer."""
    return bool(pyproj.CRS(system).equals("EPSG:4326", ignore_axis_order=True))


def outlines_of(basins: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Give the outlines of a layer of basins, once it is known to be one.

    Parameters
    ----------
    basins : geopandas.GeoDataFrame
        Index ``basin_id``, polygons or multipolygons in EPSG:4326.

    Returns
    -------
    ndarray of shapely.Geometry
        Shape (n,), the layer's own geometries.

    Raises
    ------
    InputError
        If the CRS is another, there is no basin, a ``basin_id`` stands twice, or a geometry is no polygon, or none
        in degrees.

    Examples
    --------
    >>> import geopandas
    >>> layer = geopandas.GeoDataFrame(index=["a"], geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
    >>> outlines_of(layer)[0].area
    1.0
    """
    return boxed_outlines_of(basins)[0]


def boxed_outlines_of(basins: gpd.GeoDataFrame) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Give the outlines of a layer of basins as :func:`outlines_of` does, and their boxes.

    Returns
    -------
    outlines : ndarray of shapely.Geometry
        Shape (n,), the layer's own geometries.
    boxes : ndarray
        Shape (n, 4), west, south, east and north in degrees; not a number where an outline is empty.

    Raises
    ------
    InputError
        As :func:`outlines_of`.

    Examples
    --------
    >>> import geopandas
    >>> layer = geopandas.GeoDataFrame(index=["a"], geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
    >>> boxed_outlines_of(layer)[1].tolist()
    [[0.0, 0.0, 1.0, 1.0]]
    """
    geometry = basins.geometry
    require_wgs84(geometry)
    outlines = np.asarray(geometry.array, dtype=object)
    kinds = shapely.get_type_id(outlines)
    areal = (kinds == shapely.GeometryType.POLYGON) | (kinds == shapely.GeometryType.MULTIPOLYGON)
    faults = [] if len(basins) else [fault("no_basins")]
    faults += [fault("basin_not_polygon", value=basins.index[row]) for row in np.flatnonzero(~areal)]
    if not basins.index.is_unique:
        twice = basins.index[basins.index.duplicated()]
        faults += [fault("basin_id_twice", value=basin_id) for basin_id in twice]
    boxes = shapely.bounds(outlines)
    faults = faults or [
        fault(
            "basins_off_earth", value=basins.index[row], box=" ".join(f"{bound:.6g}" for bound in boxes[row])
        )
        for row in np.flatnonzero((np.abs(boxes) > _MOST_DEGREES).any(axis=1))
    ]
    if faults:
        raise InputError(*faults)
    return outlines, boxes


def text_order(basins: gpd.GeoDataFrame) -> NDArray[np.intp]:
    """Order the rows of a layer by ``basin_id`` as text: whoever comes first wins a tie.

    Examples
    --------
    >>> import geopandas
    >>> text_order(geopandas.GeoDataFrame(index=["b", "a"], geometry=[None, None])).tolist()
    [1, 0]
    """
    names = basins.index.astype(str)
    if names.is_monotonic_increasing:
        return np.arange(len(names))
    return np.argsort(names.to_numpy(dtype=str), kind="stable")


def rings_of(outlines: NDArray[np.object_]) -> Rings:
    """Take outlines apart into their rings; holes and islands count like any other.

    Parameters
    ----------
    outlines : ndarray of shapely.Geometry
        Polygons and multipolygons.

    Returns
    -------
    Rings
        In the order of the outlines.

    Examples
    --------
    >>> rings_of(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])).begins
    array([ 0,  5, 10])
    """
    plain = (
        shapely.get_num_interior_rings(outlines) == 0
    )  # such a polygon is its ring: no need to copy it first
    plain &= shapely.get_type_id(outlines) == shapely.GeometryType.POLYGON
    parts, basin_of_part = shapely.get_parts(outlines[~plain], return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    basin = np.append(np.flatnonzero(plain), np.flatnonzero(~plain)[basin_of_part[part_of_ring]])
    order = np.argsort(basin, kind="stable")
    rings = np.append(outlines[plain], rings)[order]
    begins = np.append(0, np.cumsum(shapely.get_num_coordinates(rings)))
    return Rings(shapely.get_coordinates(rings), begins, basin[order].astype(np.int64))


def edges_along(lines: NDArray[np.object_]) -> Edges:
    """Cut lines into their edges.

    Parameters
    ----------
    lines : ndarray of shapely.Geometry
        Lines and multilines.

    Returns
    -------
    Edges
        One row an edge, with the row of its line, those without length left out.

    Examples
    --------
    >>> edges_along(np.array([shapely.LineString([(0, 0), (1, 0), (1, 1)])])).basin
    array([0, 0])
    """
    parts, line_of_part = shapely.get_parts(lines, return_index=True)
    vertices, part = shapely.get_coordinates(parts, return_index=True)
    kept = (part[:-1] == part[1:]) & (vertices[:-1] != vertices[1:]).any(axis=1)
    return Edges(vertices[:-1][kept], vertices[1:][kept], line_of_part[part[:-1][kept]].astype(np.int64))


def edges_of(outlines: NDArray[np.object_]) -> Edges:
    """Cut outlines into their edges, each turned so that its basin lies on the left.

    Parameters
    ----------
    outlines : ndarray of shapely.Geometry
        Polygons and multipolygons.

    Returns
    -------
    Edges
        One row an edge, those without length left out.

    Examples
    --------
    >>> edges_of(np.array([shapely.box(0, 0, 1, 1)])).basin
    array([0, 0, 0, 0])
    """
    rings = rings_of(shapely.orient_polygons(outlines))
    start, end = rings.vertices[:-1], rings.vertices[1:]
    kept = (start[:, 0] != end[:, 0]) | (start[:, 1] != end[:, 1])
    kept[rings.begins[1:-1] - 1] = False  # from the last vertex of a ring to the first of the next
    basin = np.repeat(rings.basin, np.diff(rings.begins))[:-1]
    return Edges(start[kept], end[kept], basin[kept])
