"""Areas on the ellipsoid, and whether outlines are sound: crossings mended or shown, overlaps measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    from shapely import Geometry

__all__ = ["area_km2", "mend", "overlapping_pairs"]

_HARMLESS_SHARE = 1e-6  # of the area that mending may change
_SLIVER_SHARE = 1e-4  # of the smaller outline that two neighbours may share
_M2_PER_KM2 = 1e6


def area_km2(shapes: Iterable[Geometry]) -> list[float]:
    """Measure areas on the WGS 84 ellipsoid.

    Parameters
    ----------
    shapes : iterable of shapely geometries
        Polygons in EPSG:4326.

    Returns
    -------
    list of float
        Geodesic areas, km2, never negative.

    Examples
    --------
    >>> import shapely
    >>> [round(area) for area in area_km2([shapely.box(-89, 13, -88, 14)])]
    [11978]
    """
    import pyproj
    import shapely

    geod = pyproj.Geod(ellps="WGS84")
    return [geod.geometry_area_perimeter(shapely.orient_polygons(shape))[0] / _M2_PER_KM2 for shape in shapes]


def mend(shape: Geometry) -> tuple[Geometry, str, tuple[float, float] | None]:
    """Mend an outline that crosses itself if that changes nothing a reader could see.

    Parameters
    ----------
    shape : shapely Polygon or MultiPolygon
        In any planar coordinates.

    Returns
    -------
    shape : shapely Polygon or MultiPolygon
        The sound outline, or the given one if it cannot be mended harmlessly.
    repair : str
        What was mended, empty if nothing was.
    crossing : (float, float) or None
        Where the outline crosses itself, if it could not be mended.

    Examples
    --------
    >>> import shapely
    >>> mend(shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]))[2]
    (1.0, 1.0)
    """
    import re

    import shapely

    if shape.is_valid:
        return shape, "", None
    reason = shapely.is_valid_reason(shape)
    parts = [part for part in shapely.get_parts(shapely.make_valid(shape)) if part.area > 0]
    mended = shapely.union_all(parts) if parts else shape
    if mended.is_valid and abs(mended.area - shape.area) <= _HARMLESS_SHARE * mended.area:
        return mended, reason, None
    numbers = re.search(r"\[(\S+) (\S+)\]", reason)
    x, y = (numbers[1], numbers[2]) if numbers else shapely.get_coordinates(shape)[0]
    return shape, "", (float(x), float(y))


def overlapping_pairs(shapes: gpd.GeoSeries) -> list[tuple[str, str, float]]:
    """Find outlines that overlap by more than a sliver.

    Parameters
    ----------
    shapes : geopandas.GeoSeries
        Outlines in EPSG:4326, index ``basin_id``.

    Returns
    -------
    list of (str, str, float)
        Both identifiers in text order and the shared area, km2; in text order.

    Examples
    --------
    >>> import geopandas, shapely
    >>> two = geopandas.GeoSeries({"a": shapely.box(0, 0, 2, 1), "b": shapely.box(1, 0, 3, 1)}, crs=4326)
    >>> [(first, second, round(km2)) for first, second, km2 in overlapping_pairs(two)]
    [('a', 'b', 12309)]
    """
    import shapely

    geometry = shapes.to_numpy()
    first, second = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    pairs = []
    for i, j in zip(first[first < second], second[first < second], strict=True):
        shared = shapely.intersection(geometry[i], geometry[j])
        if shared.area > _SLIVER_SHARE * min(geometry[i].area, geometry[j].area):
            names = sorted((str(shapes.index[i]), str(shapes.index[j])))
            pairs.append((names[0], names[1], area_km2([shared])[0]))
    return sorted(pairs)
