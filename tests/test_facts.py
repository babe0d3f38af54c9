"""Fact sheets on rasters a hand can average."""

from __future__ import annotations

from typing import TYPE_CHECKING

import affine
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely

from watershed_cp.basins.facts import basin_facts
from watershed_cp.errors import InputError, MissingFileError

if TYPE_CHECKING:
    from pathlib import Path


def raster(path: Path, values: list[list[float]], crs: str | None = "EPSG:4326", cell: float = 1.0) -> Path:
    array = np.array(values, "float32")
    size = {"height": array.shape[0], "width": array.shape[1], "count": 1, "dtype": "float32", "nodata": -1}
    transform = affine.Affine(cell, 0, 0, 0, -cell, cell)
    with rasterio.open(path, "w", driver="GTiff", crs=crs, transform=transform, **size) as file:
        file.write(array, 1)
    return path


@pytest.fixture
def half_and_half() -> gpd.GeoDataFrame:
    """One basin over the left cell and half of the right one, one over no data."""
    shapes = [shapely.box(0, 0, 1.5, 1), shapely.box(2, 0, 3, 1)]
    return gpd.GeoDataFrame(index=pd.Index(["a", "b"], name="basin_id"), geometry=shapes, crs=4326)


def test_partial_cells_count_by_their_share(tmp_path: Path, half_and_half: gpd.GeoDataFrame) -> None:
    rain = raster(tmp_path / "rain.tif", [[900, 1500, -1]])
    facts = basin_facts(half_and_half, rain=rain)
    assert facts["rain_mm_yr"]["a"] == pytest.approx((900 + 0.5 * 1500) / 1.5)
    assert np.isnan(facts["rain_mm_yr"]["b"])
    assert facts.index.equals(half_and_half.index)


def test_people_are_summed(tmp_path: Path, half_and_half: gpd.GeoDataFrame) -> None:
    facts = basin_facts(half_and_half, population=raster(tmp_path / "people.tif", [[900, 1500, -1]]))
    assert facts["population"]["a"] == pytest.approx(900 + 0.5 * 1500)


def test_land_cover_adds_up(tmp_path: Path, half_and_half: gpd.GeoDataFrame) -> None:
    facts = basin_facts(half_and_half, land_cover=raster(tmp_path / "cover.tif", [[2, 13, -1]]))
    assert facts.loc["a", ["forest_pct", "urban_pct"]].tolist() == pytest.approx([200 / 3, 100 / 3])
    assert facts.loc["a"].drop("area_km2").sum() == pytest.approx(100)
    assert facts.loc["b"].drop("area_km2").isna().all()


def test_a_plane_has_its_slope(tmp_path: Path) -> None:
    plane = [[100.0 - 5 * column for column in range(9)]] * 9
    path = raster(tmp_path / "dem.tif", plane, crs="EPSG:32616", cell=100.0)
    outline = gpd.GeoSeries([shapely.box(100, -700, 800, 0)], crs=32616).to_crs(4326)
    facts = basin_facts(gpd.GeoDataFrame(geometry=outline), elevation=path)
    assert facts["slope_mean_pct"][0] == pytest.approx(5, rel=0.02)
    assert facts["elevation_mean_m"][0] == pytest.approx(80, abs=3)
    assert facts["elevation_min_m"][0] == 65


def test_cells_weigh_by_their_area(tmp_path: Path) -> None:
    tall = raster(tmp_path / "tall.tif", [[0], [0]], cell=60.0)
    with rasterio.open(tall, "r+") as file:
        file.transform = affine.Affine(60, 0, 0, 0, -30, 60)
        file.write(np.array([[100.0], [0.0]], "float32"), 1)
    basin = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 60, 60)], crs=4326)
    mean = basin_facts(basin, rain=tall)["rain_mm_yr"][0]
    north, south = np.sin(np.radians(60)) - np.sin(np.radians(30)), np.sin(np.radians(30))
    assert mean == pytest.approx(100 * north / (north + south), rel=0.01)


def test_unfit_rasters_are_refused(tmp_path: Path, half_and_half: gpd.GeoDataFrame) -> None:
    with pytest.raises(MissingFileError):
        basin_facts(half_and_half, rain=tmp_path / "none.tif")
    with pytest.raises(InputError) as error:
        basin_facts(half_and_half, rain=raster(tmp_path / "bare.tif", [[1, 1]], crs=None))
    assert error.value.tell("en").startswith(
        "bare.tif: The raster does not say in which coordinate system it is."
    )
