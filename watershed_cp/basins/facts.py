"""One fact sheet per basin from rasters of the user's choice: area-weighted, partial cells by their share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from watershed_cp.basins.coverage import near_longitude
from watershed_cp.basins.surface import metres_a_unit, open_raster, read_heights
from watershed_cp.errors import InputError
from watershed_cp.messages import fault

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["LAND_COVER", "basin_facts"]

LAND_COVER = {  # IGBP classes, MODIS MCD12 user guide, table 3
    "forest": (1, 2, 3, 4, 5),
    "shrub_and_grass": (6, 7, 8, 9, 10),
    "wetland": (11,),
    "cropland": (12, 14),
    "urban": (13,),
    "bare": (15, 16),
    "water": (0, 17),
}
_UNCLASSIFIED = 255  # in the same table
_NO_SLOPE = -9999.0
_WEIGHT = "coverage_weight=area_spherical_km2"


def basin_facts(
    basins: gpd.GeoDataFrame,
    *,
    elevation: str | Path | None = None,
    rain: str | Path | None = None,
    land_cover: str | Path | None = None,
    population: str | Path | None = None,
) -> pd.DataFrame:
    """Measure what rasters say about each basin.

    Parameters
    ----------
    basins : geopandas.GeoDataFrame
        Outlines, any CRS; the index is kept.
    elevation : path, optional
        Metres.
    rain : path, optional
        mm/yr.
    land_cover : path, optional
        IGBP classes 0 to 17.
    population : path, optional
        People per cell: summed, not averaged.

    Returns
    -------
    pandas.DataFrame
        Same index: ``area_km2``; ``elevation_mean_m``, ``elevation_min_m``, ``elevation_max_m``,
        ``slope_mean_pct``; ``rain_mm_yr``; ``forest_pct`` and the other groups of :data:`LAND_COVER`, shares of the
        cells with data; ``population``. For each raster ``<name>_covered_pct``, how much of the outline it covers
        with data: all figures speak of that part only, and are NaN where it is none.

    Raises
    ------
    MissingFileError, InputError
        If there is no such raster, it cannot be read, has no CRS or is rotated; or if the land cover has other
        classes.

    Notes
    -----
    The first band of a raster is read, with its scale and offset. Means weigh a cell by its area inside the outline.
    The slope is that of Horn (1981) on the ground, computed where a cell and its eight neighbours have data.

    Examples
    --------
    >>> from watershed_cp.basins.catalogue import read_basins
    >>> basin_facts(read_basins()).round(-2)["area_km2"].to_dict()
    {'acelhuate': 700.0, 'chamelecon': 4400.0, 'motagua': 16400.0, 'panama_canal': 3400.0}
    """
    import pandas as pd

    from watershed_cp.basins.geometry import area_km2

    degrees = basins.to_crs("EPSG:4326")
    parts = [pd.DataFrame({"area_km2": area_km2(degrees.geometry)}, index=basins.index)]
    if elevation is not None:
        names = {"mean": "elevation_mean_m", "min": "elevation_min_m", "max": "elevation_max_m"}
        parts += [_zonal(degrees, elevation, names, "elevation_covered_pct"), _slope(degrees, elevation)]
    if rain is not None:
        parts.append(_zonal(degrees, rain, {"mean": "rain_mm_yr"}, "rain_covered_pct"))
    if land_cover is not None:
        parts.append(_cover(degrees, land_cover))
    if population is not None:
        parts.append(_zonal(degrees, population, {"sum": "population"}, "population_covered_pct"))
    return pd.concat(parts, axis=1)


def _zonal(degrees: gpd.GeoDataFrame, raster: Any, names: dict[str, str], covered: str = "") -> pd.DataFrame:
    """Summarise a raster within each outline, and say how much of the outline it covers with data."""
    import pandas as pd
    import shapely

    if isinstance(raster, (str, Path)):
        with open_raster(raster) as source:
            return _zonal(degrees, source, names, covered)
    weight = f"({_WEIGHT})" if raster.crs.is_geographic else ""
    operations = [f"{name}{weight}" if name == "mean" else name for name in names]
    shapes = _as_in(raster, degrees)
    found = _extract(raster, shapes, [*operations, "count"]).to_numpy(float)
    share = 100 * found[:, -1] * abs(raster.transform.determinant) / shapely.area(shapes.geometry.to_numpy())
    figures = np.where(found[:, -1:] > 0, found[:, :-1], np.nan)  # the sum of nothing is unknown, not 0
    table = pd.DataFrame(figures, index=degrees.index, columns=list(names.values()))
    if covered:
        table[covered] = np.minimum(share, 100.0)
    return table


def _as_in(raster: Any, degrees: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Bring outlines to the coordinates of a raster, whose longitudes may run from 0 to 360."""
    import shapely.affinity

    shapes = degrees[["geometry"]].reset_index(drop=True).to_crs(raster.crs)
    if not raster.crs.is_geographic:
        return shapes
    middle = (raster.bounds.left + raster.bounds.right) / 2
    west = shapely.get_x(shapely.centroid(shapes.geometry.to_numpy()))
    turns = near_longitude(west, middle) - west
    return shapes.set_geometry(list(map(shapely.affinity.translate, shapes.geometry, turns)), crs=shapes.crs)


def _extract(raster: Any, shapes: gpd.GeoDataFrame, operations: list[str]) -> pd.DataFrame:
    import exactextract
    from exactextract.raster import RasterioRasterSource

    first = RasterioRasterSource(raster, 1, name="band")
    found: pd.DataFrame = exactextract.exact_extract(first, shapes, operations, output="pandas")
    return found


def _cover(degrees: gpd.GeoDataFrame, raster: str | Path) -> pd.DataFrame:
    """Give the share of each group of classes, and refuse a raster that has others."""
    import pandas as pd

    with open_raster(raster) as source:
        weight = f"({_WEIGHT})" if source.crs.is_geographic else ""
        found = _extract(source, _as_in(source, degrees), [f"unique{weight}", f"frac{weight}"])
        covered = _zonal(degrees, source, {}, "land_cover_covered_pct")
    known = {value for group in LAND_COVER.values() for value in group}
    strange = {float(value) for classes in found.iloc[:, 0] for value in classes} - known - {_UNCLASSIFIED}
    if strange:
        classes = ", ".join(f"{value:g}" for value in sorted(strange)[:5])
        raise InputError(fault("land_cover_classes", file=Path(raster).name, classes=classes))
    rows = []
    for classes, shares in zip(found.iloc[:, 0], found.iloc[:, 1], strict=True):
        share = dict(zip((int(value) for value in classes), shares, strict=True))
        whole = sum(share.values()) - share.pop(_UNCLASSIFIED, 0.0)
        rows.append({f"{name}_pct": 100 * sum(share.get(value, 0.0) for value in group) / whole if whole else np.nan
                     for name, group in LAND_COVER.items()})  # fmt: skip
    return pd.concat([pd.DataFrame(rows, index=degrees.index), covered], axis=1)


def _slope(degrees: gpd.GeoDataFrame, raster: str | Path) -> pd.DataFrame:
    """Average the steepness of the surface over each outline, from the part of the raster around them."""
    import pyflwdir
    import rasterio
    from scipy import ndimage

    with open_raster(raster) as source:
        heights, transform = read_heights(source, around=_as_in(source, degrees).total_bounds)
        crs = source.crs
    known = np.isfinite(heights)
    inner = ndimage.binary_erosion(known, np.ones((3, 3)))  # at a border the slope would be halved
    ground = transform if crs.is_geographic else transform.scale(metres_a_unit(crs)) * transform
    share = pyflwdir.dem.slope(
        np.where(known, heights, _NO_SLOPE).astype("float32"),
        nodata=_NO_SLOPE,
        latlon=bool(crs.is_geographic),
        transform=ground,
    )
    percent = np.where(inner, 100 * share, _NO_SLOPE).astype("float32")
    size = {"height": percent.shape[0], "width": percent.shape[1], "count": 1, "dtype": "float32"}
    with rasterio.MemoryFile() as memory:
        with memory.open(driver="GTiff", crs=crs, transform=transform, nodata=_NO_SLOPE, **size) as file:
            file.write(percent, 1)
        with memory.open() as file:
            return _zonal(degrees, file, {"mean": "slope_mean_pct"})
