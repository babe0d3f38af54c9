"""Which basin a point lies in."""

from __future__ import annotations

import errno
import itertools
import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import adversarial, first_claim, four_squares, layer, ragged

from watershed_cp.basins import labelgrid
from watershed_cp.basins import locator as locator_module
from watershed_cp.basins.locator import BasinLocator
from watershed_cp.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import geopandas as gpd


@pytest.fixture(params=["geos", "sweep", "grid"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take each way once."""
    monkeypatch.setattr(locator_module, "_FEWEST_CELLS", 1 << 10)
    monkeypatch.setattr(BasinLocator, "_cheapest", lambda _: request.param)


def test_interior_points_lie_in_their_square() -> None:
    found = BasinLocator(four_squares()).locate([0.5, 0.5, 1.5, 1.5, 2.5], [0.5, 1.5, 0.5, 1.5, 0.5])
    assert found.tolist() == [0, 1, 2, 3, -1]
    assert found.dtype == np.int32


def test_shared_points_go_to_the_smaller_identifier() -> None:
    basins = four_squares()
    found = BasinLocator(basins).locate([1.0, 0.5, 1.0, 0.0, 2.0], [1.0, 1.0, 0.5, 0.0, 2.0])
    assert basins.index[found].tolist() == ["a", "c", "b", "d", "a"]


def test_what_is_not_a_place_is_outside() -> None:
    nowhere = [np.nan, np.inf, -np.inf, 0.5, 0.5, 1e308]
    assert (
        BasinLocator(four_squares()).locate(nowhere, [0.5, 0.5, 0.5, np.nan, np.inf, 0.5]).tolist()
        == [-1] * 6
    )


def test_ties_are_told() -> None:
    tied = BasinLocator(four_squares()).locate_ties([1.0, 0.5, 0.0, 9.0, np.nan], [1.0, 1.0, 0.0, 9.0, 1.0])[
        1
    ]
    assert tied.tolist() == [True, True, False, False, False]


@pytest.mark.parametrize("repeats", [1, 20], ids=["few basins", "many basins"])
def test_agrees_with_geos_where_rounding_hurts(repeats: int) -> None:
    world = ragged()
    copies = {
        f"{basin_id}-{turn:02}": shapely.transform(outline, lambda xy, turn=turn: np.add(xy, [7 * turn, 0]))
        for turn in range(repeats)
        for basin_id, outline in world.geometry.items()
    }
    basins = layer(copies)
    x, y = adversarial(basins, 20_000)
    found, tied = BasinLocator(basins).locate_ties(x, y)
    np.testing.assert_array_equal(found, first_claim(basins, x, y))
    claims = sum(shapely.intersects_xy(outline, x, y).astype(int) for outline in basins.geometry)
    np.testing.assert_array_equal(tied, claims > 1)


def test_an_outline_of_many_vertices_beside_an_empty_one() -> None:
    basins = layer({"disc": shapely.Point(0, 0).buffer(1, quad_segs=3000), "none": shapely.Polygon()})
    x, y = adversarial(basins, 2_000)
    np.testing.assert_array_equal(BasinLocator(basins).locate(x, y), first_claim(basins, x, y))


@pytest.mark.parametrize("points", [1, 3_000_000])
def test_a_grid_of_any_fineness_is_exact(points: int) -> None:
    many = layer({f"{i:03}": shapely.Point(i % 12, i // 12).buffer(0.8) for i in range(144)})
    locator = BasinLocator(many)
    locator.build_index(points)
    x, y = adversarial(many, 20_000)
    np.testing.assert_array_equal(locator.locate(x, y), first_claim(many, x, y))


def test_more_basins_in_a_row_of_cells_than_bits_in_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locator_module, "_FEWEST_CELLS", 16)
    heap = layer({f"{i:03}": shapely.box(0, i / 200, 1 + i / 200, 2) for i in range(150)})
    locator = BasinLocator(heap)
    locator.build_index(1)
    x, y = adversarial(heap, 5_000)
    np.testing.assert_array_equal(locator.locate(x, y), first_claim(heap, x, y))


def test_kept_index_answers_alike_and_other_layers_do_not_take_it(tmp_path: Path) -> None:
    basins = ragged()
    x, y = adversarial(basins, 1_000)
    expected = first_claim(basins, x, y)
    for _ in range(2):
        locator = BasinLocator(basins, index_folder=tmp_path)
        locator.build_index(1000)
        np.testing.assert_array_equal(locator.locate(x, y), expected)
    assert len(list(tmp_path.iterdir())) == 1
    renamed = basins.rename(index={"crooked": "z"})
    locator = BasinLocator(renamed, index_folder=tmp_path)
    locator.build_index(1000)
    np.testing.assert_array_equal(locator.locate(x, y), first_claim(renamed, x, y))
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole[:-200],
        lambda whole: whole[:40],
        lambda _: b"",
        lambda _: b"no index",
        lambda whole: whole[:900] + bytes(64) + whole[964:],
    ],
    ids=["cut", "cut short", "empty", "other", "overwritten"],
)
def test_a_damaged_index_is_made_anew(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    basins = ragged()
    BasinLocator(basins, index_folder=tmp_path).build_index(1000)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    locator = BasinLocator(basins, index_folder=tmp_path)
    locator.build_index(1000)
    x, y = adversarial(basins, 1_000)
    np.testing.assert_array_equal(locator.locate(x, y), first_claim(basins, x, y))
    assert list(tmp_path.iterdir()) == [file]
    assert labelgrid.kept(file) is not None


def test_an_index_that_cannot_be_kept_is_used_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.write_text("in the way of the folder")
    locator = BasinLocator(four_squares(), index_folder=folder)
    locator.build_index(1000)
    assert locator.locate([0.5, 1.0], [0.5, 1.0]).tolist() == [0, 3]


def test_a_write_that_fails_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    locator = BasinLocator(four_squares(), index_folder=tmp_path)
    locator.build_index(1000)
    assert locator.locate([0.5], [0.5]).tolist() == [0]
    assert list(tmp_path.iterdir()) == []


def test_several_writers_keep_one_whole_index(tmp_path: Path) -> None:
    locators = [BasinLocator(ragged(), index_folder=tmp_path) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda locator: locator.build_index(1000), locators))
    (file,) = tmp_path.iterdir()
    assert labelgrid.kept(file) is not None


@st.composite
def worlds(draw: st.DrawFn) -> gpd.GeoDataFrame:
    """Random worlds on a lattice: neighbours, islands and holes, sharing edges and corners."""
    owners = draw(st.lists(st.integers(-1, 4), min_size=36, max_size=36))
    shift = draw(st.floats(-1, 1))
    outlines = {}
    for owner in sorted(set(owners) - {-1}):
        cells = [
            shapely.box(cell % 6, cell // 6, cell % 6 + 1, cell // 6 + 1)
            for cell in range(36)
            if owners[cell] == owner
        ]
        outlines[f"b{9 - owner}"] = shapely.transform(shapely.union_all(cells), lambda xy: xy / 3 + shift)
    outlines.setdefault("b9", shapely.box(20, 20, 21, 21))
    return layer(outlines)


def lose_and_double_nothing(basins: gpd.GeoDataFrame, seed: int) -> None:
    """Credit every firm's kilograms, and find all of them again in basins and outside, by GEOS' own word."""
    x, y = adversarial(basins, 100, seed)
    found = BasinLocator(basins).locate(x, y)
    np.testing.assert_array_equal(found, first_claim(basins, x, y))
    kilograms = np.random.default_rng(seed).uniform(0, 1e6, len(x))
    credited = [kilograms[found == row] for row in range(-1, len(basins))]
    assert math.fsum(itertools.chain.from_iterable(credited)) == math.fsum(kilograms)


@settings(max_examples=60, deadline=None)
@given(worlds(), st.integers(0, 10_000))
def test_every_firm_goes_to_one_basin_or_none(basins: gpd.GeoDataFrame, seed: int) -> None:
    lose_and_double_nothing(basins, seed)


@pytest.mark.slow
@settings(max_examples=3_400, deadline=None)  # on each of the three ways: 10,200 worlds
@given(worlds(), st.integers(0, 10_000))
def test_every_firm_of_ten_thousand_worlds(basins: gpd.GeoDataFrame, seed: int) -> None:
    lose_and_double_nothing(basins, seed)


def test_layer_in_another_system_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        BasinLocator(four_squares().to_crs(32616))
    assert caught.value.tell("en") == (
        "The layer is in EPSG:32616; EPSG:4326 (longitude and latitude, WGS 84) is expected here. "
        "Convert it first, for example with layer.to_crs(4326); if it declares no system, declare it."
    )


def test_every_fault_of_a_layer_is_told() -> None:
    basins = layer({"a": shapely.Point(0, 0), "b": shapely.box(0, 0, 1, 1)})
    basins.index = ["a", "a"]
    with pytest.raises(InputError) as caught:
        BasinLocator(basins)
    assert caught.value.tell("en") == (
        "The watershed “a” is not a polygon. Give every watershed a closed outline (polygon or multipolygon).\n"
        "The watershed identifier “a” stands twice. "
        "Give every watershed an identifier of its own, or join its parts in one row."
    )


def test_an_outline_that_leaves_the_earth_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        BasinLocator(layer({"a": shapely.box(0, 0, 1e300, 1)}))
    assert caught.value.tell("en") == (
        "The outline of “a” leaves the Earth: it reaches 0 0 1e+300 1 (west, south, east, north). "
        "Check whether the axes are swapped, or the declared coordinate system is not that of the numbers."
    )


def test_layer_without_basins_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        BasinLocator(four_squares().iloc[:0])
    assert caught.value.tell("es") == (
        "La capa no contiene ninguna cuenca. "
        "Revise que sea el archivo correcto y que sus filas tengan contorno."
    )


def test_coordinates_of_two_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^longitude has shape \(2,\), latitude \(1,\)$"):
        BasinLocator(four_squares()).locate([0.5, 0.6], [0.5])
