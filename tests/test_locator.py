"""Which basin a point lies in."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from worlds import adversarial, first_claim, four_squares, layer, ragged

from watershed_cp.basins.locator import BasinLocator
from watershed_cp.errors import InputError


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
    np.testing.assert_array_equal(BasinLocator(basins).locate(x, y), first_claim(basins, x, y))


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
