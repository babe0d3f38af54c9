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


def test_what_a_raster_does_not_cover_is_said(tmp_path: Path, half_and_half: gpd.GeoDataFrame) -> None:
    facts = basin_facts(half_and_half, population=raster(tmp_path / "people.tif", [[900]]))
    assert facts["population"]["a"] == 900
    assert facts["population_covered_pct"].tolist() == pytest.approx([100 / 1.5, 0])
    assert np.isnan(facts["population"]["b"])  # the sum of nothing is unknown


def test_the_first_band_is_read_with_its_scale(tmp_path: Path, half_and_half: gpd.GeoDataFrame) -> None:
    path = tmp_path / "bands.tif"
    size = {"height": 1, "width": 2, "count": 2, "dtype": "int16", "nodata": -1}
    where = {"crs": "EPSG:4326", "transform": affine.Affine(1, 0, 0, 0, -1, 1)}
    with rasterio.open(path, "w", driver="GTiff", **size, **where) as file:
        file.write(np.array([[[90, 150]], [[7, 7]]], "int16"))
        file.scales, file.offsets = (10.0, 1.0), (5.0, 0.0)
    facts = basin_facts(half_and_half, rain=path, elevation=path)
    assert facts["rain_mm_yr"]["a"] == pytest.approx((905 + 0.5 * 1505) / 1.5)
    assert facts["elevation_max_m"]["a"] == 1505


def test_longitudes_may_run_to_360(tmp_path: Path) -> None:
    path = raster(tmp_path / "rain.tif", [[900, 1500, -1]])
    with rasterio.open(path, "r+") as file:
        file.transform = affine.Affine(1, 0, 270, 0, -1, 1)
    basin = gpd.GeoDataFrame(geometry=[shapely.box(-90, 0, -88.5, 1)], crs=4326)
    assert basin_facts(basin, rain=path)["rain_mm_yr"][0] == pytest.approx((900 + 0.5 * 1500) / 1.5)


def test_land_cover_of_another_legend_is_refused(tmp_path: Path, half_and_half: gpd.GeoDataFrame) -> None:
    worldcover = raster(tmp_path / "worldcover.tif", [[10, 50, 80]])
    with pytest.raises(InputError) as error:
        basin_facts(half_and_half, land_cover=worldcover)
    assert error.value.tell("en") == (
        "worldcover.tif: The land cover raster has classes that are not of IGBP (0 to 17): 50, 80. Translate them to "
        "the IGBP classes, for example in QGIS (Raster, Reclassify by table)."
    )


def test_land_cover_adds_up(tmp_path: Path, half_and_half: gpd.GeoDataFrame) -> None:
    facts = basin_facts(half_and_half, land_cover=raster(tmp_path / "cover.tif", [[2, 13, -1]]))
    assert facts.loc["a", ["forest_pct", "urban_pct"]].tolist() == pytest.approx([200 / 3, 100 / 3])
    groups = facts.drop(columns=["area_km2", "land_cover_covered_pct"])
    assert groups.loc["a"].sum() == pytest.approx(100)
    assert groups.loc["b"].isna().all()


def test_a_plane_has_its_slope(tmp_path: Path) -> None:
    plane = [[100.0 - 5 * column for column in range(9)]] * 9
    path = raster(tmp_path / "dem.tif", plane, crs="EPSG:32616", cell=100.0)
    outline = gpd.GeoSeries([shapely.box(100, -700, 800, 0)], crs=32616).to_crs(4326)
    facts = basin_facts(gpd.GeoDataFrame(geometry=outline), elevation=path)
    assert facts["slope_mean_pct"][0] == pytest.approx(5, rel=0.02)
    assert facts["elevation_mean_m"][0] == pytest.approx(80, abs=3)
    assert facts["elevation_min_m"][0] == 65


@pytest.mark.parametrize(
    ("crs", "corner", "cell", "run_m"),
    [
        (2263, (1_000_000.0, 200_000.0), 100.0, 30.48),  # US survey feet
        (4326, (20.0, 60.0), 0.001, 55.84),  # degrees, at 59.97 north
    ],
    ids=["feet", "degrees"],
)
def test_slope_is_that_on_the_ground(
    tmp_path: Path, crs: int, corner: tuple[float, float], cell: float, run_m: float
) -> None:
    rise = np.tile(np.arange(40) * 10.0, (40, 1))
    rise[20, 20] = -1  # no data: the cells around it have no slope, rather than half of it
    path = raster(tmp_path / "dem.tif", rise.tolist(), crs=f"EPSG:{crs}", cell=cell)
    with rasterio.open(path, "r+") as file:
        file.transform = affine.Affine(cell, 0, corner[0], 0, -cell, corner[1])
    whole = shapely.box(corner[0], corner[1] - 40 * cell, corner[0] + 40 * cell, corner[1])
    facts = basin_facts(gpd.GeoDataFrame(geometry=[whole], crs=crs), elevation=path)
    assert facts["slope_mean_pct"][0] == pytest.approx(1000 / run_m, rel=2e-3)


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
    assert error.value.tell("en") == (
        "bare.tif: The raster does not say in which coordinate system it is. Set it in QGIS (Raster, Projections, "
        "Assign projection)."
    )
    turned = raster(tmp_path / "turned.tif", [[1, 1]])
    with rasterio.open(turned, "r+") as file:
        file.transform = affine.Affine.rotation(10) * file.transform
    with pytest.raises(InputError) as error:
        basin_facts(half_and_half, rain=turned)
    assert error.value.tell("en") == (
        "turned.tif: The raster is rotated or flipped against its coordinates. Warp it with gdalwarp so that its rows "
        "run west to east and begin in the north."
    )
