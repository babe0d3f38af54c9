"""From an elevation raster to watersheds: condition the surface, find the outlet, follow the water uphill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from watershed_cp.basins.coverage import label_outlines, smooth_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely import Geometry

__all__ = ["Delineation", "delineate"]

_BURN_M = 400.0  # deeper than any step of a coarse surface, so that water keeps to a mapped river
_NODATA = -9999.0
_DECIMALS = 5  # of a degree, about 1 m


@dataclass(frozen=True, kw_only=True)
class Delineation:
    """What :func:`delineate` found.

    Attributes
    ----------
    basins : geopandas.GeoDataFrame
        Index ``basin_id``; ``area_km2``, ``outlet_longitude``, ``outlet_latitude``, ``outlet_moved_m``,
        outlines in EPSG:4326 that form a valid coverage.
    rivers : geopandas.GeoDataFrame
        River reaches from confluence to confluence, drawn downstream: ``basin_id``, ``below_outlet``,
        ``strahler``, ``upstream_km2``, ``length_km``; EPSG:4326.
    """

    basins: gpd.GeoDataFrame
    rivers: gpd.GeoDataFrame
    flow: Any
    labels: NDArray[np.int32]


def delineate(
    elevation: str | Path,
    outlets: Mapping[str, tuple[float, float]],
    *,
    rivers: gpd.GeoDataFrame | None = None,
    lakes: gpd.GeoDataFrame | None = None,
    snap_m: float = 2000.0,
    stream_km2: float = 25.0,
) -> Delineation:
    """Delineate the watersheds above one or more outlets."""
    import rasterio

    with rasterio.open(elevation) as source:
        surface = source.read(1, out_dtype="float32", masked=True).filled(_NODATA)
        transform, crs = source.transform, source.crs
    flow = _flow(_burn(surface, transform, crs, rivers, lakes), transform, latlon=crs.is_geographic)
    upstream_km2 = flow.upstream_area("km2")
    names = sorted(outlets)
    cells, moved_m = _snap([outlets[name] for name in names], flow, upstream_km2, crs, snap_m, stream_km2)
    labels = flow.basins(idxs=cells, ids=np.arange(1, len(names) + 1, dtype=np.uint32)).astype(np.int32)
    return Delineation(
        basins=_basin_table(names, cells, moved_m, labels, flow, crs),
        rivers=_river_table(names, cells, labels, flow, upstream_km2, crs, stream_km2),
        flow=flow,
        labels=labels,
    )


def _burn(
    surface: NDArray[np.float32],
    transform: Any,
    crs: Any,
    rivers: gpd.GeoDataFrame | None,
    lakes: gpd.GeoDataFrame | None,
) -> NDArray[np.float32]:
    """Lower the cells under mapped rivers and lakes, so that water finds and keeps them."""
    from rasterio.features import rasterize

    burned = surface.copy()
    land = surface != _NODATA
    if rivers is not None and len(rivers):
        mask = rasterize(list(rivers.to_crs(crs).geometry), surface.shape, transform=transform).astype(bool)
        burned[mask & land] -= _BURN_M
    if lakes is not None and len(lakes):
        mask = rasterize(list(lakes.to_crs(crs).geometry), surface.shape, transform=transform).astype(bool)
        burned[mask & land] = burned[land].min()
    return burned


def _flow(surface: NDArray[np.float32], transform: Any, *, latlon: bool) -> Any:
    import pyflwdir

    return pyflwdir.from_dem(surface, nodata=_NODATA, transform=transform, latlon=latlon, outlets="edge")


def _snap(
    points: list[tuple[float, float]],
    flow: Any,
    upstream_km2: NDArray[np.float64],
    crs: Any,
    snap_m: float,
    stream_km2: float,
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Move each outlet to the nearest cell of a stream, and tell how far that is."""
    import pyproj

    geod = pyproj.Geod(ellps="WGS84")
    rows, columns = np.nonzero(upstream_km2 >= stream_km2)
    longitude, latitude = _lonlat(columns + 0.5, rows + 0.5, flow.transform, crs)
    cells, moved = [], []
    for x, y in points:
        near = np.hypot((longitude - x) * np.cos(np.radians(y)), latitude - y).argsort()[:9]
        distances = geod.inv(np.full(near.size, x), np.full(near.size, y), longitude[near], latitude[near])[2]
        best = near[np.argmin(distances)]
        cells.append(rows[best] * upstream_km2.shape[1] + columns[best])
        moved.append(float(np.min(distances)))
    return np.array(cells, np.intp), np.array(moved)


def _lonlat(
    column: Any, row: Any, transform: Any, crs: Any
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn pixel coordinates into longitude and latitude."""
    import pyproj

    x = transform.a * column + transform.b * row + transform.c
    y = transform.d * column + transform.e * row + transform.f
    to_degrees = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True, allow_ballpark=False)
    longitude, latitude = to_degrees.transform(np.asarray(x, float), np.asarray(y, float))
    return np.round(longitude, _DECIMALS), np.round(latitude, _DECIMALS)


def _to_degrees(shape: Geometry, transform: Any, crs: Any) -> Geometry:
    import shapely

    return shapely.transform(shape, lambda xy: np.column_stack(_lonlat(xy[:, 0], xy[:, 1], transform, crs)))


def _basin_table(
    names: list[str],
    cells: NDArray[np.intp],
    moved_m: NDArray[np.float64],
    labels: NDArray[np.int32],
    flow: Any,
    crs: Any,
) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd
    import pyproj
    import shapely

    outlines = label_outlines(labels)
    shapes = [
        shapely.orient_polygons(_to_degrees(outlines[i + 1], flow.transform, crs)) for i in range(len(names))
    ]
    geod = pyproj.Geod(ellps="WGS84")
    rows, columns = np.divmod(cells, labels.shape[1])
    longitude, latitude = _lonlat(columns + 0.5, rows + 0.5, flow.transform, crs)
    return gpd.GeoDataFrame(
        {
            "area_km2": [abs(geod.geometry_area_perimeter(shape)[0]) / 1e6 for shape in shapes],
            "outlet_longitude": longitude,
            "outlet_latitude": latitude,
            "outlet_moved_m": moved_m,
        },
        geometry=shapes,
        index=pd.Index(names, name="basin_id"),
        crs="EPSG:4326",
    )


def _river_table(
    names: list[str],
    cells: NDArray[np.intp],
    labels: NDArray[np.int32],
    flow: Any,
    upstream_km2: NDArray[np.float64],
    crs: Any,
    stream_km2: float,
) -> gpd.GeoDataFrame:
    """Draw the reaches inside each basin, and the way from its outlet to the end of the water."""
    import geopandas as gpd
    import shapely

    below = np.zeros(labels.size, np.int32)
    for label, cell in enumerate(cells, start=1):
        here = cell
        while flow.idxs_ds[here] != here:
            here = flow.idxs_ds[here]
            below[here] = label
    owner = np.where(labels.ravel() > 0, labels.ravel(), below)
    mask = (upstream_km2.ravel() >= stream_km2) & (owner > 0)
    strahler = flow.stream_order(mask=(upstream_km2 >= stream_km2))
    reaches = flow.streams(mask=mask.reshape(labels.shape), strord=strahler, uparea=upstream_km2, max_len=0)
    rows = []
    for reach in reaches:
        properties = reach["properties"]
        if properties["pit"]:
            continue
        line = shapely.linestrings(smooth_line(np.array(reach["geometry"]["coordinates"]), 2))
        at = properties["idx"]
        rows.append(
            {
                "basin_id": names[owner[at] - 1],
                "below_outlet": bool(labels.ravel()[at] == 0),
                "strahler": int(properties["strord"]),
                "upstream_km2": round(float(properties["uparea"]), 1),
                "geometry": line,
            }
        )
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=crs).to_crs("EPSG:4326")
