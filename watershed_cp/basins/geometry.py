"""Areas on the ellipsoid, and whether outlines are sound: crossings mended or shown, overlaps measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from watershed_cp.basins.earth import geodesic

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import numpy as np
    from shapely import Geometry

__all__ = ["Overlap", "area_km2", "areas_of", "cut_at_antimeridian", "mend", "overlaps", "unwrap"]

_HARMLESS_SHARE = 1e-6  # of the area that mending may change
_SLIVER_SHARE = 1e-4  # of the smaller outline that two neighbours may share
_LEAST_KM2 = 1e-6  # 1 m2: less than that is rounding
_M2_PER_KM2 = 1e6
_HALF_TURN, _TURN, _POLE = 180.0, 360.0, 90.0  # degrees


class Overlap(NamedTuple):
    """Ground that two outlines share."""

    first: str
    second: str
    km2: float
    sliver: bool  # too small to be more than a careless border


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
    import shapely

    geod = geodesic()
    return [geod.geometry_area_perimeter(shapely.orient_polygons(shape))[0] / _M2_PER_KM2 for shape in shapes]


def mend(shape: Geometry) -> tuple[Geometry, tuple[float, float] | None]:
    """Mend an outline that crosses itself if that changes nothing a reader could see.

    Parameters
    ----------
    shape : shapely Polygon or MultiPolygon
        In any planar coordinates.

    Returns
    -------
    shape : shapely Polygon or MultiPolygon
        The sound outline, or the given one, still unsound, if it cannot be mended harmlessly.
    crossing : (float, float) or None
        Where the given outline crosses itself; None if it is sound.

    Examples
    --------
    >>> import shapely
    >>> mend(shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]))[1]
    (1.0, 1.0)
    """
    import re

    import shapely

    if shape.is_valid:
        return shape, None
    numbers = re.search(r"\[(\S+) (\S+)", shapely.is_valid_reason(shape))
    x, y = (numbers[1], numbers[2].rstrip("]")) if numbers else shapely.get_coordinates(shape)[0]
    parts = [part for part in shapely.get_parts(shapely.make_valid(shape)) if part.area > 0]
    mended = shapely.union_all(parts) if parts else shape
    harmless = mended.is_valid and abs(mended.area - shape.area) <= _HARMLESS_SHARE * mended.area
    return mended if harmless else shape, (float(x), float(y))


def areas_of(shape: Geometry) -> tuple[Geometry, bool]:
    """Keep what encloses an area, and tell whether anything else was there.

    Examples
    --------
    >>> import shapely
    >>> mixed = shapely.GeometryCollection([shapely.box(0, 0, 1, 1), shapely.Point(5, 5)])
    >>> areas_of(mixed)[0].wkt, areas_of(mixed)[1]
    ('POLYGON ((1 0, 1 1, 0 1, 0 0, 1 0))', True)
    """
    import shapely

    if shape.geom_type != "GeometryCollection":
        return shape, False
    parts = shapely.get_parts(shapely.get_parts(shape))
    areal = parts[shapely.get_dimensions(parts) == 2]  # noqa: PLR2004 - of an area
    whole = areal[0] if len(areal) == 1 else shapely.multipolygons(areal)
    return whole, len(areal) < len(parts)


def unwrap(shape: Geometry) -> Geometry:
    """Lay an outline that jumps over the antimeridian out in one piece, with longitudes up to 360 degrees.

    An edge of more than half a turn is taken to run the short way round; an outline without one stays as it is.

    Parameters
    ----------
    shape : shapely Polygon or MultiPolygon
        Longitudes and latitudes, degrees.

    Returns
    -------
    shapely Polygon or MultiPolygon

    Examples
    --------
    >>> import shapely
    >>> unwrap(shapely.box(-179, -17, 179, -16)).bounds
    (179.0, -17.0, 181.0, -16.0)
    """
    import numpy as np
    import shapely

    def eastward(places: np.ndarray) -> np.ndarray:
        return places + np.where(places[:, :1] < 0, [_TURN, 0.0], 0.0)

    rings = shapely.get_rings(shapely.get_parts(shape))
    places, ring = shapely.get_coordinates(rings, return_index=True)
    step = np.abs(np.diff(places[:, 0]))[np.diff(ring) == 0]
    jumps = ((step > _HALF_TURN) & (step < _TURN)).any()
    return shapely.transform(shape, eastward) if jumps else shape


def cut_at_antimeridian(shape: Geometry) -> Geometry:
    """Cut an outline or line with longitudes up to 360 degrees at 180 and bring its eastern part back to the west.

    Parameters
    ----------
    shape : shapely Polygon, LineString or their multiples
        Sound; longitudes and latitudes, degrees.

    Returns
    -------
    shapely Polygon, LineString or their multiples
        Longitudes from -180 to 180; the given outline if it has no others, or reaches beyond one turn.

    Examples
    --------
    >>> import shapely
    >>> [part.bounds for part in cut_at_antimeridian(shapely.box(179, -17, 181, -16)).geoms]
    [(179.0, -17.0, 180.0, -16.0), (-180.0, -17.0, -179.0, -16.0)]
    """
    import numpy as np
    import shapely

    west, south, east, north = shape.bounds
    if not (_HALF_TURN < east <= _TURN and west >= -_HALF_TURN and -_POLE <= south <= north <= _POLE):
        return shape
    near = shapely.intersection(shape, shapely.box(-_HALF_TURN, -_POLE, _HALF_TURN, _POLE))
    far = shapely.intersection(shape, shapely.box(_HALF_TURN, -_POLE, _TURN, _POLE))
    moved = shapely.transform(far, lambda places: places - [_TURN, 0.0])
    parts = np.array([*shapely.get_parts(near), *shapely.get_parts(moved)])
    same = parts[shapely.get_dimensions(parts) == shapely.get_dimensions(shape)]
    whole = shapely.multipolygons if shape.area else shapely.multilinestrings
    return same[0] if len(same) == 1 else whole(same)


def overlaps(shapes: gpd.GeoSeries) -> list[Overlap]:
    """Find outlines that share more than a square metre.

    Parameters
    ----------
    shapes : geopandas.GeoSeries
        Outlines in EPSG:4326, index ``basin_id``.

    Returns
    -------
    list of Overlap
        Identifiers in text order and the shared area, km2; in text order.

    Examples
    --------
    >>> import geopandas, shapely
    >>> two = geopandas.GeoSeries({"a": shapely.box(0, 0, 2, 1), "b": shapely.box(1, 0, 3, 1)}, crs=4326)
    >>> [(pair.first, pair.second, round(pair.km2), pair.sliver) for pair in overlaps(two)]
    [('a', 'b', 12309, False)]
    """
    import shapely

    geometry = shapes.to_numpy()
    first, second = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    found = []
    for i, j in zip(first[first < second], second[first < second], strict=True):
        shared = shapely.intersection(geometry[i], geometry[j])
        km2 = sum(area_km2(part for part in shapely.get_parts(shared) if part.area > 0))
        if km2 > _LEAST_KM2:
            one, other = sorted((str(shapes.index[i]), str(shapes.index[j])))
            sliver = shared.area <= _SLIVER_SHARE * min(geometry[i].area, geometry[j].area)
            found.append(Overlap(one, other, km2, sliver))
    return sorted(found)
