"""The flow network: a hand-made Y, random trees, and the way from four cities to the sea."""

from __future__ import annotations

from typing import TYPE_CHECKING

import affine
import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given
from hypothesis import strategies as st

from watershed_cp.basins.network import FlowNetwork
from watershed_cp.basins.topology import Topology
from watershed_cp.errors import InputError, MissingFileError

if TYPE_CHECKING:
    from pathlib import Path

TRANSFORM = affine.Affine(0.01, 0, -89.0, 0, -0.01, 14.0)
Y = np.array(
    [
        [2, 247, 8],
        [247, 4, 247],
        [247, 4, 247],
        [247, 0, 247],
    ],
    np.uint8,
)


def network(codes: np.ndarray, **layers: gpd.GeoDataFrame) -> FlowNetwork:
    return FlowNetwork.from_directions(codes, TRANSFORM, "EPSG:4326", layers=layers)


def at(row: int, column: int) -> tuple[float, float]:
    return -89.0 + (column + 0.5) * 0.01, 14.0 - (row + 0.5) * 0.01


def test_two_branches_meet() -> None:
    y = network(Y)
    assert y.accumulate(np.ones(Y.shape)).tolist() == [[1, 0, 1], [0, 3, 0], [0, 4, 0], [0, 5, 0]]
    assert y.upstream_of(*at(1, 1)).tolist() == [
        [True, False, True],
        [False, True, False],
        [False] * 3,
        [False] * 3,
    ]
    assert y.downstream_of(*at(0, 0)).sum() == 4
    assert y.outlet_of(*at(0, 2)) == pytest.approx(at(3, 1))


def test_lengths_are_geodesic() -> None:
    y = network(Y)
    upright = y.outlet_km[4]
    assert upright == pytest.approx(2 * 1.10645, rel=1e-3)
    course = y.trace(*at(1, 1))
    assert course.length_km == pytest.approx(upright)
    assert course.outlet == pytest.approx(at(3, 1))
    assert course.lake_km == 0
    assert course.land_km == course.length_km


def test_a_course_names_what_it_passes() -> None:
    column = at(0, 1)[0]
    rivers = gpd.GeoDataFrame(
        {"name_es": ["Río Y"]}, geometry=[shapely.LineString([at(1, 1), at(3, 1)])], crs=4326
    )
    lake = gpd.GeoDataFrame(
        {"name": ["Lago"]}, geometry=[shapely.box(column - 0.01, 13.97, column + 0.01, 13.98)], crs=4326
    )
    course = network(Y, rivers=rivers, lakes=lake, municipalities=lake).trace(*at(1, 1))
    assert [river.name for river in course.rivers] == ["Río Y"]
    assert course.rivers[0].length_km == pytest.approx(course.length_km)
    assert course.lakes[0].length_km == pytest.approx(course.lake_km) == pytest.approx(1.106, rel=0.11)
    assert course.municipalities == course.lakes
    assert course.basins == ()


def test_a_course_tells_the_towns_beside_it() -> None:
    places = {"Near": at(2, 1), "Second": (at(3, 1)[0] + 0.02, at(3, 1)[1]), "Far": (-88.9, 13.98)}
    towns = gpd.GeoDataFrame(
        {"name": list(places), "department": "D"}, geometry=[shapely.Point(xy) for xy in places.values()], crs=4326
    )  # fmt: skip
    course = network(Y, towns=towns).trace(*at(1, 1))
    assert [(town.name, town.department) for town in course.towns] == [("Near", "D"), ("Second", "D")]
    near, second = course.towns
    assert (near.at_km, near.away_km) == pytest.approx((1.106, 0), abs=1e-3)
    assert second.at_km == pytest.approx(course.length_km)
    assert second.away_km == pytest.approx(2.162, abs=1e-3)  # 0.02 degrees of longitude at 13.965 N
    assert course.municipalities == ()


def test_an_outlet_has_a_course_of_no_length() -> None:
    assert network(Y).trace(*at(3, 1)).length_km == 0


def test_failures_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        network(np.array([[3, 0]]))
    assert error.value.tell("en") == (
        "The raster has unknown flow direction codes: 3. Those of ESRI are expected (1, 2, 4 … 128, clockwise from "
        "east), and 0 at an outlet."
    )
    with pytest.raises(InputError) as error:
        network(np.array([[1, 16]]))
    assert error.value.tell("en") == (
        "The flow directions run in a circle at (-88.9950, 13.9950). Fill the depressions of the surface and "
        "compute the flow again."
    )
    with pytest.raises(InputError) as error:
        network(Y).trace(0, 0)
    assert error.value.tell("en") == (
        "The point (0.0000, 0.0000) is not on the flow network. Write longitude, then latitude; the network covers "
        "-89.0000 to -88.9700 and 13.9600 to 14.0000."
    )
    with pytest.raises(InputError) as error:
        network(Y).outlet_of(*at(0, 1))
    assert "is not on the flow network" in error.value.tell("en")
    with pytest.raises(InputError) as error:
        FlowNetwork.open("nile")
    assert error.value.tell("en") == (
        "There is no flow network called “nile”. Use acelhuate, chamelecon, motagua, panama_canal, or the path of a "
        "GeoTIFF of flow directions."
    )
    with pytest.raises(MissingFileError):
        FlowNetwork.open(tmp_path / "none.tif")


def test_any_raster_of_flow_directions_opens(tmp_path: Path) -> None:
    path = tmp_path / "y.tif"
    size = {"height": 4, "width": 3, "count": 1, "dtype": "uint8", "nodata": 99}
    with rasterio.open(path, "w", driver="GTiff", crs="EPSG:4326", transform=TRANSFORM, **size) as file:
        file.write(np.where(Y == 247, 99, Y).astype("uint8"), 1)
    assert FlowNetwork.open(path).downstream.tolist() == network(Y).downstream.tolist()


def test_floating_codes_without_data_are_empty(tmp_path: Path) -> None:
    path = tmp_path / "y.tif"
    size = {"height": 4, "width": 3, "count": 1, "dtype": "float32", "nodata": np.nan}
    with rasterio.open(path, "w", driver="GTiff", crs="EPSG:4326", transform=TRANSFORM, **size) as file:
        file.write(np.where(Y == 247, np.nan, Y).astype("float32"), 1)
    assert FlowNetwork.open(path).downstream.tolist() == network(Y).downstream.tolist()


def test_a_raster_larger_than_memory_is_refused_with_the_size_that_fits(tmp_path: Path) -> None:
    size = {"height": 20_000, "width": 20_000, "count": 1, "dtype": "uint8", "SPARSE_OK": True}
    with rasterio.open(
        tmp_path / "huge.tif", "w", driver="GTiff", crs="EPSG:4326", transform=TRANSFORM, **size
    ):
        pass
    with pytest.raises(InputError) as error:
        FlowNetwork.open(tmp_path / "huge.tif")
    assert error.value.tell("en") == (
        "huge.tif: The raster has 20000 × 20000 cells, more than fit in memory. Cut a window of at most 7745 × 7745 "
        "cells, or make it 3 times coarser."
    )


@pytest.mark.parametrize(
    ("codes", "crs", "sentence"),
    [
        (
            [[1, 9, 0], [5, 16, 16]],
            "EPSG:4326",
            "d8.tif: The raster has unknown flow direction codes: 5, 9. Those of ESRI are expected (1, 2, 4 … 128, "
            "clockwise from east), and 0 at an outlet.",
        ),
        (
            [[1, 1, 0]],
            None,
            "d8.tif: The raster does not say in which coordinate system it is. Set it in QGIS (Raster, Projections, "
            "Assign projection).",
        ),
    ],
    ids=["unknown codes", "no CRS"],
)
def test_unfit_rasters_of_flow_directions_are_refused(
    tmp_path: Path, codes: list[list[int]], crs: str | None, sentence: str
) -> None:
    values = np.array(codes, np.uint8)
    size = {"height": values.shape[0], "width": values.shape[1], "count": 1, "dtype": "uint8"}
    with rasterio.open(
        tmp_path / "d8.tif", "w", driver="GTiff", crs=crs, transform=TRANSFORM, nodata=247, **size
    ) as file:
        file.write(values, 1)
    with pytest.raises(InputError) as error:
        FlowNetwork.open(tmp_path / "d8.tif")
    assert error.value.tell("en") == sentence


def test_a_basin_that_drains_to_nowhere_is_named() -> None:
    with pytest.raises(InputError) as error:
        Topology({"a": "x"}, "basins.gpkg")
    assert "a" in error.value.tell("en")
    assert "x" in error.value.tell("en")


@st.composite
def trees(draw: st.DrawFn) -> np.ndarray:
    """Random D8 grids without circles: each cell drains to a neighbour that is lower in a random order."""
    rows, columns = draw(st.integers(2, 8)), draw(st.integers(2, 8))
    height = np.array(draw(st.permutations(range(rows * columns)))).reshape(rows, columns)
    codes = np.zeros((rows, columns), np.uint8)
    steps = {
        1: (0, 1),
        2: (1, 1),
        4: (1, 0),
        8: (1, -1),
        16: (0, -1),
        32: (-1, -1),
        64: (-1, 0),
        128: (-1, 1),
    }
    for row, column in np.ndindex(rows, columns):
        lower = [
            code
            for code, (down, right) in steps.items()
            if 0 <= row + down < rows
            and 0 <= column + right < columns
            and height[row + down, column + right] < height[row, column]
        ]
        codes[row, column] = draw(st.sampled_from(lower)) if lower else 0
    return codes


@given(trees(), st.data())
def test_random_trees_conserve_and_reverse(codes: np.ndarray, data: st.DataObject) -> None:
    tree = network(codes)
    values = np.array(
        data.draw(st.lists(st.integers(0, 1000), min_size=codes.size, max_size=codes.size)), float
    )
    total = tree.accumulate(values.reshape(codes.shape)).ravel()
    ends = np.flatnonzero(tree.downstream == np.arange(codes.size))
    assert total[ends].sum() == values.sum()
    assert set(tree.outlet_cell) <= set(ends)
    first, second = (data.draw(st.integers(0, codes.size - 1)) for _ in range(2))
    places = tree.lonlat(np.array([first, second]))
    passed = tree.downstream_of(*places[0]).ravel()[second]
    assert tree.upstream_of(*places[1]).ravel()[first] == passed
    assert tree.path(first)[-1] == tree.outlet_cell[first]
    steps_km = tree.outlet_km[tree.path(first)]
    assert (np.diff(steps_km) < 0).all()


@given(st.integers(1, 30).flatmap(lambda n: st.tuples(*(st.integers(-1, i - 1) for i in range(n)))))
def test_random_basins_conserve_and_reverse(below: tuple[int, ...]) -> None:
    rivers = Topology({str(i): "" if to < 0 else str(to) for i, to in enumerate(below)})
    total = rivers.accumulate(dict.fromkeys(rivers.next_down, 1.0))
    assert sum(total[basin] for basin, to in rivers.next_down.items() if to == "") == len(below)
    for basin in rivers.next_down:
        assert all(basin in rivers.upstream_of(passed) for passed in rivers.downstream_of(basin))
        assert total[basin] == len(rivers.upstream_of(basin))


def test_basins_that_circle_are_named() -> None:
    with pytest.raises(InputError) as error:
        Topology({"a": "b", "b": "c", "c": "b", "d": ""}, "basins.gpkg")
    assert error.value.tell("en") == (
        "basins.gpkg: The basins drain in a circle: b, c. Correct next_down: water must come to an outlet."
    )
    with pytest.raises(InputError) as error:
        Topology({"a": "x"})
    assert error.value.tell("en") == (
        "The basin “a” drains to “x”, which is not in the table. Add that basin, or leave next_down empty if it is an "
        "outlet."
    )


@pytest.mark.parametrize(
    ("basin", "city", "outlet", "km", "river"),
    [
        (
            "acelhuate",
            (-89.19, 13.70),
            (-88.81, 13.26),
            (180, 320),
            "Río Lempa",
        ),  # San Salvador to the Pacific
        ("motagua", (-89.53, 14.97), (-88.22, 15.72), (180, 320), "Río Motagua"),  # Zacapa to the Caribbean
        (
            "chamelecon",
            (-88.03, 15.50),
            (-87.78, 15.91),
            (60, 130),
            "Río Chamelecón",
        ),  # San Pedro Sula likewise
        ("panama_canal", (-79.40, 9.28), (-80.00, 9.32), (70, 130), "Río Chagres"),  # upper Chagres, by Gatún
    ],
)
def test_cities_drain_to_the_sea(
    basin: str, city: tuple[float, float], outlet: tuple[float, float], km: tuple[float, float], river: str
) -> None:
    course = FlowNetwork.open(basin).trace(*city)
    assert course.outlet == pytest.approx(outlet, abs=0.02)
    assert km[0] < course.length_km < km[1]
    assert course.rivers[-1].name == river
    if basin == "panama_canal":
        assert "Lago Gatún" in [lake.name for lake in course.lakes]
