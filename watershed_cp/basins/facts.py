"""One fact sheet per basin from rasters of the user's choice: area-weighted, partial cells by their share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from watershed_cp.basins.surface import open_raster

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
        cells with data; ``population``. NaN where a raster has no data in a basin.

    Raises
    ------
    MissingFileError, InputError
        If there is no such raster, it cannot be read or has no CRS.

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
        parts += [_zonal(degrees, elevation, names), _slope(degrees, Path(elevation))]
    if rain is not None:
        parts.append(_zonal(degrees, rain, {"mean": "rain_mm_yr"}))
    if land_cover is not None:
        parts.append(_cover(degrees, land_cover))
    if population is not None:
        parts.append(_zonal(degrees, population, {"sum": "population"}))
    return pd.concat(parts, axis=1)


def _zonal(degrees: gpd.GeoDataFrame, raster: Any, names: dict[str, str]) -> pd.DataFrame:
    """Summarise a raster within each outline; means weigh a cell by its area on the sphere inside the outline."""
    import exactextract
    import pandas as pd

    source = open_raster(raster) if isinstance(raster, (str, Path)) else raster
    operations = [
        f"{name}({_WEIGHT})" if name == "mean" and source.crs.is_geographic else name for name in names
    ]
    shapes = degrees[["geometry"]].reset_index(drop=True).to_crs(source.crs)
    found = exactextract.exact_extract(source, shapes, operations, output="pandas")
    return pd.DataFrame(found.to_numpy(float), index=degrees.index, columns=list(names.values()))


def _cover(degrees: gpd.GeoDataFrame, raster: str | Path) -> pd.DataFrame:
    import exactextract
    import pandas as pd

    source = open_raster(raster)
    weight = f"({_WEIGHT})" if source.crs.is_geographic else ""
    shapes = degrees[["geometry"]].reset_index(drop=True).to_crs(source.crs)
    found = exactextract.exact_extract(source, shapes, [f"unique{weight}", f"frac{weight}"], output="pandas")
    rows = []
    for classes, shares in zip(found.iloc[:, 0], found.iloc[:, 1], strict=True):
        share = dict(zip((int(value) for value in classes), shares, strict=True))
        rows.append({f"{name}_pct": 100 * sum(share.get(value, 0.0) for value in group) if share else float("nan")
                     for name, group in LAND_COVER.items()})  # fmt: skip
    return pd.DataFrame(rows, index=degrees.index)


def _slope(degrees: gpd.GeoDataFrame, raster: Path) -> pd.DataFrame:
    """Average the steepness of the surface (Horn 1981) over each outline."""
    import numpy as np
    import pyflwdir
    import rasterio

    source = open_raster(raster)
    heights = source.read(1, out_dtype="float32", masked=True).filled(-9999.0)
    geographic = bool(source.crs.is_geographic)
    share = pyflwdir.dem.slope(heights, nodata=-9999.0, latlon=geographic, transform=source.transform)
    percent = np.where(heights == -9999.0, -9999.0, 100 * share).astype("float32")  # noqa: PLR2004 - no data
    profile = {**source.profile, "driver": "GTiff", "dtype": "float32", "count": 1, "nodata": -9999.0}
    with rasterio.MemoryFile() as memory:
        with memory.open(**profile) as file:
            file.write(percent, 1)
        with memory.open() as file:
            return _zonal(degrees, file, {"mean": "slope_mean_pct"})
