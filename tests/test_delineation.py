"""Delineation on surfaces a hand can compute, and what it says when it cannot."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import affine
import geopandas as gpd
import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from watershed_cp.basins.coverage import label_outlines
from watershed_cp.basins.delineation import Delineation, delineate
from watershed_cp.basins.geometry import area_km2
from watershed_cp.basins.network import FlowNetwork
from watershed_cp.basins.surface import SEA, Surface, flow_directions, read_surface
from watershed_cp.basins.topology import Topology
from watershed_cp.errors import InputError, MissingFileError

if TYPE_CHECKING:
    from pathlib import Path

UTM_16N = "EPSG:32616"
CELL_M = 1000.0
ORIGIN = (300_000.0, 1_600_000.0)


def write_raster(path: Path, values: np.ndarray, crs: str | None = UTM_16N, cell: float = CELL_M) -> Path:
    transform = affine.Affine(cell, 0, ORIGIN[0], 0, -cell, ORIGIN[1])
    if crs == "EPSG:4326":
        transform = affine.Affine(0.01, 0, -89.0, 0, -0.01, 14.0)
    size = {"height": values.shape[0], "width": values.shape[1], "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", driver="GTiff", crs=crs, transform=transform, nodata=SEA, **size) as file:
        file.write(values.astype("float32"), 1)
    return path


def valley(rows: int = 41, columns: int = 60) -> np.ndarray:
    """Two slopes that meet in the middle row, which falls eastward to the sea in the last column."""
    row, column = np.mgrid[:rows, :columns]
    height = 10.0 + abs(row - rows // 2) * 20.0 + (columns - column) * 2.0
    height[:, -1] = SEA
    height[[0, -1]], height[:, 0] = 5000, 5000
    return height


def lonlat(column: float, row: float) -> tuple[float, float]:
    import pyproj

    x, y = ORIGIN[0] + column * CELL_M, ORIGIN[1] - row * CELL_M
    return pyproj.Transformer.from_crs(UTM_16N, "EPSG:4326", always_xy=True).transform(x, y)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory):
    path = write_raster(tmp_path_factory.mktemp("valley") / "dem.tif", valley())
    return delineate(path, lonlat(58.5, 20.5), subbasin_km2=100.0)


def test_a_valley_drains_whole_to_its_mouth(found) -> None:
    assert found.basins.index.tolist() == ["basin"]
    assert found.basins["area_km2"]["basin"] == pytest.approx(41 * 59, rel=0.06)
    assert found.basins["outlet_moved_m"]["basin"] < CELL_M


def test_sub_basins_tile_their_parents(found) -> None:
    units = found.subbasins
    whole = found.basins.geometry["basin"]
    for level in (1, 2):
        shapes = units.geometry[units["level"] == level].to_numpy()
        assert shapely.coverage_is_valid(shapes)
        assert shapely.symmetric_difference(shapely.union_all(shapes), whole).area < 1e-12
    for parent, children in units[units["level"] == 2].groupby("parent"):
        gap = shapely.symmetric_difference(shapely.union_all(children.geometry), units.geometry[parent])
        assert gap.area < 1e-12


def test_every_sub_basin_drains_to_the_outlet(found) -> None:
    for level in (1, 2):
        units = found.subbasins[found.subbasins["level"] == level]
        rivers = Topology(units["next_down"].to_dict())
        outlets = [unit for unit, below in units["next_down"].items() if below == ""]
        assert len(outlets) == 1
        total = rivers.accumulate(units["area_km2"].to_dict())[outlets[0]]
        assert total == pytest.approx(found.basins["area_km2"]["basin"], rel=1e-6)


def test_rivers_grow_downstream(found) -> None:
    inside = found.rivers[~found.rivers["below_outlet"]]
    assert inside["upstream_km2"].min() >= 25
    assert inside["strahler"].min() == 1
    assert inside["upstream_km2"].max() == pytest.approx(found.basins["area_km2"]["basin"], rel=0.1)


def test_a_geographic_grid_works_too(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "dem.tif", valley(), crs="EPSG:4326")
    found = delineate(path, (-89 + 0.585, 14 - 0.205))
    cell = area_km2([shapely.box(-88.7, 13.79, -88.69, 13.8)])[0]
    assert found.basins["area_km2"]["basin"] == pytest.approx(41 * 59 * cell, rel=0.06)


def test_two_outlets_share_a_divide_without_gap(tmp_path: Path) -> None:
    row, column = np.mgrid[:30, :60]
    height = 1000.0 - abs(column - 29.5) * 10 + abs(row - 15) * 15
    height[:, [0, -1]] = SEA
    path = write_raster(tmp_path / "dem.tif", height)
    found = delineate(path, {"west": lonlat(1.5, 15.5), "east": lonlat(58.5, 15.5)})
    assert found.basins.index.tolist() == ["east", "west"]
    assert shapely.coverage_is_valid(found.basins.geometry.to_numpy())
    assert found.basins.geometry["east"].intersection(found.basins.geometry["west"]).length > 0


def test_water_leaves_a_lake_by_its_one_outlet(tmp_path: Path) -> None:
    surface = read_surface(write_raster(tmp_path / "dem.tif", valley()))
    corners = [lonlat(x, y) for x, y in ((20, 15), (35, 15), (35, 26), (20, 26))]
    lake = gpd.GeoDataFrame(geometry=[shapely.Polygon(corners)], crs="EPSG:4326")
    directions = flow_directions(surface, lakes=lake)
    network = FlowNetwork.from_directions(directions, surface.transform, surface.crs)
    cells = np.flatnonzero(surface.mask(lake))
    below = network.downstream[cells]
    assert (~np.isin(below, cells)).sum() == 1


def test_mapped_rivers_capture_the_water(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "dem.tif", valley())
    line = shapely.LineString([lonlat(5.5, 30.5), lonlat(58.5, 30.5)])
    rivers = gpd.GeoDataFrame(geometry=[line], crs="EPSG:4326")
    found = delineate(path, lonlat(58.5, 30.5), rivers=rivers, snap_m=500)
    assert found.basins["area_km2"]["basin"] == pytest.approx(11 * 57, rel=0.1)  # rows 30 to 40 slope into it


def test_an_enclosed_void_does_not_swallow_water(tmp_path: Path) -> None:
    height = valley()
    height[18:23, 30:34] = SEA
    path = write_raster(tmp_path / "dem.tif", height)
    whole = delineate(path, lonlat(58.5, 20.5)).basins["area_km2"]["basin"]
    assert whole == pytest.approx(41 * 59, rel=0.06)


def sound(found: Delineation) -> bool:
    """Tell whether the units of each level tile their basins, drain to the outlet and add up."""
    units = found.subbasins
    for basin, level in itertools.product(found.basins.index, (1, 2)):
        own = units[(units["level"] == level) & units.index.str.startswith(f"{basin}-")]
        whole = found.basins.geometry[basin]
        parts = own.geometry.to_numpy()
        overlap_and_gap_km2 = own["area_km2"].sum() - found.basins["area_km2"][basin]
        assert abs(overlap_and_gap_km2) < 1e-6 * found.basins["area_km2"][basin]  # 1 m2 per km2
        assert shapely.coverage_is_valid(parts)
        assert shapely.symmetric_difference(shapely.union_all(parts), whole).area < 1e-6 * whole.area
        rivers = Topology(own["next_down"].to_dict())
        outlet = own.index[own["next_down"] == ""].item()
        assert {rivers.downstream_of(unit)[-1] for unit in own.index} == {outlet}
        assert rivers.accumulate(own["area_km2"].to_dict())[outlet] == pytest.approx(own["area_km2"].sum())
    west, _, east, _ = found.basins.total_bounds
    return bool(-180 <= west < east <= 180)


@pytest.mark.parametrize(
    ("crs", "transform"),
    [
        (2263, (1640.0, 1_000_000.0, 500_000.0)),  # US survey feet
        (4326, (0.005, -70.0, -33.0)),  # the south
        (4326, (0.005, 179.9, -17.0)),  # across the antimeridian, longitudes to 180.2
        (32760, (500.0, 800_000.0, 8_120_000.0)),  # likewise, projected
        (3413, (500.0, -20_000.0, -2_000_000.0)),  # polar
        (4326, (0.005, 271.0, 14.0)),  # longitudes from 0 to 360
    ],
    ids=["feet", "south", "antimeridian", "antimeridian UTM", "polar", "0 to 360"],
)
def test_any_place_on_earth(tmp_path: Path, crs: int, transform: tuple[float, float, float]) -> None:
    cell, west, north = transform
    height = valley()
    height[10:13, 20:24] = SEA  # a void
    path = write_raster(tmp_path / "dem.tif", height)
    with rasterio.open(path, "r+") as file:
        file.crs, file.transform = f"EPSG:{crs}", affine.Affine(cell, 0, west, 0, -cell, north)
    degrees = pyproj.Transformer.from_crs(crs, 4326, always_xy=True)
    x, y = degrees.transform(west + 58.5 * cell, north - 20.5 * cell)
    found = delineate(path, ((x + 180) % 360 - 180, y), subbasin_km2=20.0)
    assert sound(found)
    assert len(found.subbasins) > 5
    ground_km2 = found.network.cell_km2.mean()
    assert found.basins["area_km2"]["basin"] == pytest.approx(41 * 59 * ground_km2, rel=0.07)
    assert found.rivers["upstream_km2"].max() == pytest.approx(found.basins["area_km2"]["basin"], rel=0.02)
    course = found.network.trace(
        found.basins["outlet_longitude"].iloc[0], found.basins["outlet_latitude"].iloc[0]
    )
    assert abs(course.outlet[0]) <= 180


def test_a_watershed_of_one_cell_is_drawn(tmp_path: Path) -> None:
    coarse = write_raster(tmp_path / "coarse.tif", np.array([[9, 9, 9], [9, 5, 1], [9, 9, 9]]), cell=10_000.0)
    ridge = lonlat(5, 5)  # in kilometres: the middle of the first cell
    found = delineate(coarse, ridge)
    assert sound(found)
    assert 50 <= found.basins["area_km2"]["basin"] <= 101
    assert len(found.subbasins) == 2


def test_an_endorheic_hollow_drains_over_its_rim(tmp_path: Path) -> None:
    row, column = np.mgrid[:41, :60]
    hollow = valley() - 400 * np.exp(-((row - 12) ** 2 + (column - 30) ** 2) / 30)
    found = delineate(write_raster(tmp_path / "dem.tif", hollow), lonlat(58.5, 20.5), subbasin_km2=100.0)
    assert sound(found)
    assert found.basins["area_km2"]["basin"] == pytest.approx(41 * 59, rel=0.07)


def told(error: pytest.ExceptionInfo[InputError]) -> str:
    return error.value.tell("en")


def test_failures_are_sentences(tmp_path: Path) -> None:
    dem = write_raster(tmp_path / "dem.tif", valley())
    with pytest.raises(InputError) as error:
        delineate(dem, (10.0, 50.0))
    assert told(error) == (
        "dem.tif: The outlet (10.0000, 50.0000) lies outside the raster, which covers longitudes -88.8555 to -88.2969 "
        "and latitudes 14.0948 to 14.4691. Write longitude, then latitude, or use a raster that covers it."
    )
    with pytest.raises(InputError) as error:
        delineate(dem, {"upper": lonlat(58.4, 20.5), "lower": lonlat(58.5, 20.5)})
    x, y = lonlat(58.5, 20.5)
    assert told(error) == (
        f"dem.tif: Two outlets come to the same cell of the stream, ({x:.4f}, {y:.4f}). Keep one, or set them more "
        "than a cell apart."
    )
    with pytest.raises(InputError) as error:
        delineate(dem, lonlat(59.5, 2.5), snap_m=100)
    assert told(error) == (
        "dem.tif: The outlet ({:.4f}, {:.4f}) lies in the sea or where the raster has no data, and no river is within "
        "100 m. Move it inland, onto the river.".format(*lonlat(59.5, 2.5))
    )
    with pytest.raises(InputError) as error:
        delineate(dem, lonlat(30.5, 5.5), snap_m=100, stream_km2=500)
    (x, y), (near_x, near_y) = lonlat(30.5, 5.5), lonlat(30.5, 20.5)  # 15 km of grid, 15,001 m of ground
    assert told(error) == (
        f"dem.tif: Within 100 m of the outlet ({x:.4f}, {y:.4f}) no cell gathers 500 km2; the nearest that does is "
        f"15001 m away, at ({near_x:.4f}, {near_y:.4f}). "
        "Move the outlet, widen --snap or lower the least area of a river."
    )
    with pytest.raises(InputError) as error:
        delineate(dem, lonlat(58.5, 20.5), stream_km2=1e6)
    assert told(error) == (
        "dem.tif: Nowhere in the raster does a cell gather 1e+06 km2. Use a raster that covers the whole watershed, "
        "or lower the least area of a river."
    )


def test_unfit_rasters_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError) as missing:
        read_surface(tmp_path / "none.tif")
    assert told(missing) == "none.tif: There is no such file. Check the name and the folder."
    (tmp_path / "text.tif").write_text("no raster")
    with pytest.raises(InputError) as error:
        read_surface(tmp_path / "text.tif")
    assert told(error) == "text.tif: It cannot be read as a raster. Save it as GeoTIFF."
    with pytest.raises(InputError) as error:
        read_surface(write_raster(tmp_path / "bare.tif", valley(), crs=None))
    assert told(error) == (
        "bare.tif: The raster does not say in which coordinate system it is. Set it in QGIS (Raster, Projections, "
        "Assign projection)."
    )
    for name, turned in (
        ("rotated", affine.Affine.rotation(10)),
        ("flipped", affine.Affine.scale(1, -1)),
    ):
        with rasterio.open(write_raster(tmp_path / f"{name}.tif", valley()), "r+") as file:
            file.transform = turned * file.transform
        with pytest.raises(InputError) as error:
            read_surface(tmp_path / f"{name}.tif")
        assert told(error) == (
            f"{name}.tif: The raster is rotated or flipped against its coordinates. Warp it with gdalwarp so that its "
            "rows run west to east and begin in the north."
        )
    with pytest.raises(InputError) as error:
        read_surface(write_raster(tmp_path / "sea.tif", np.full((4, 4), SEA)))
    assert told(error) == "sea.tif: No cell of the raster has an elevation. Check its nodata value."
    with rasterio.open(
        tmp_path / "huge.tif",
        "w",
        driver="GTiff",
        height=20_000,
        width=20_000,
        count=1,
        dtype="uint8",
        crs=UTM_16N,
        transform=affine.Affine(2, 0, 0, 0, -2, 0),
        SPARSE_OK=True,
    ):
        pass  # fmt: skip
    with pytest.raises(InputError) as error:
        read_surface(tmp_path / "huge.tif")
    assert told(error) == (
        "huge.tif: The raster has 20000 × 20000 cells, more than fit in memory. Cut a window of at most 7745 × 7745 "
        "cells, or make it 3 times coarser."
    )


@settings(max_examples=25)
@given(hnp.arrays(np.int32, (24, 24), elements=st.integers(0, 3)))
def test_outlines_of_any_labels_form_a_coverage(labels: np.ndarray) -> None:
    coarse = np.kron(labels[:8, :8], np.ones((6, 6), np.int32))
    outlines = list(label_outlines(coarse).values())
    assert shapely.coverage_is_valid(outlines)
    assert all(outline.is_valid for outline in outlines)


@settings(max_examples=25)
@given(
    hnp.arrays(np.float32, (14, 17), elements=st.floats(0, 500, width=32)),
    st.integers(0, 237),
    st.integers(0, 237),
)
def test_water_of_any_surface_reaches_an_end(height: np.ndarray, start: int, other: int) -> None:
    transform = affine.Affine(100, 0, 500_000, 0, -100, 1_500_000)
    surface = Surface(
        elevation_m=height, transform=transform, crs=rasterio.crs.CRS.from_epsg(32616), file="random"
    )
    network = FlowNetwork.from_directions(flow_directions(surface), transform, surface.crs)
    ends = np.unique(network.outlet_cell)
    assert (network.downstream[ends] == ends).all()
    edge = np.ones(height.shape, bool)
    edge[1:-1, 1:-1] = False
    assert edge.ravel()[ends].all()
    gathered = network.accumulate(np.ones(height.shape)).ravel()
    assert gathered[ends].sum() == height.size
    place, elsewhere = network.lonlat(np.array([start, other]))
    assert network.upstream_of(*place).sum() == gathered[start]
    assert network.upstream_of(*elsewhere).ravel()[start] == network.downstream_of(*place).ravel()[other]
    assert network.trace(*place).line.coords[-1] == pytest.approx(network.outlet_of(*place))
