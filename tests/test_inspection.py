"""What the command line asks of basins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely
from test_delineation import lonlat, valley, write_raster

from watershed_cp.basins.inspection import (
    check_basins,
    delineate_into,
    list_basins,
    metres,
    network_at,
    place,
)
from watershed_cp.basins.layers import read_municipalities
from watershed_cp.basins.network import FlowNetwork
from watershed_cp.cli import main
from watershed_cp.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_delineation_becomes_a_folder(tmp_path: Path) -> None:
    dem = write_raster(tmp_path / "dem.tif", valley())
    line = gpd.GeoDataFrame(geometry=[shapely.LineString([lonlat(5.5, 20.5), lonlat(58.5, 20.5)])], crs=4326)
    line.to_file(tmp_path / "rivers.gpkg")
    found = delineate_into(tmp_path / "out", dem, lonlat(58.5, 20.5), rivers=tmp_path / "rivers.gpkg")
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["basins.gpkg", "flow.tif"]
    units = gpd.read_file(tmp_path / "out" / "basins.gpkg", layer="subbasins")
    assert units["basin_id"].tolist() == found.subbasins.index.tolist()
    again = FlowNetwork.open(tmp_path / "out" / "flow.tif")
    assert again.outlet_of(*lonlat(10.5, 5.5)) == found.network.outlet_of(*lonlat(10.5, 5.5))
    with pytest.raises(InputError) as error:
        delineate_into(tmp_path / "out", dem, lonlat(58.5, 20.5))
    assert error.value.tell("en") == (
        "out: The folder exists already. Choose another or delete it first; nothing is overwritten."
    )


def test_nothing_is_left_after_a_failure(tmp_path: Path) -> None:
    dem = write_raster(tmp_path / "dem.tif", valley())
    squares = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs=4326)
    squares.to_file(tmp_path / "squares.gpkg")
    with pytest.raises(InputError) as error:
        delineate_into(tmp_path / "out", dem, lonlat(58.5, 20.5), rivers=tmp_path / "squares.gpkg")
    assert error.value.tell("en") == (
        "squares.gpkg: Each river must be a line; the layer also has geometries of another kind (Polygon). Keep only "
        "the lines of the rivers."
    )
    assert not (tmp_path / "out").exists()


def test_lists_and_checks() -> None:
    assert list_basins()["difference_pct"].abs()[["acelhuate", "chamelecon", "panama_canal"]].max() < 3
    assert (check_basins()["vertices"] > 100).all()


def test_the_command_prints_what_was_mended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    spike = shapely.Polygon([(0, 0), (1, 0), (1, 1), (1, 2), (1, 1), (0, 1)])
    shapes = [shapely.force_3d(spike, 9.0), shapely.box(-179, 0, 179, 1), shapely.box(5, 5, 6, 6)]
    path = tmp_path / "own.gpkg"
    gpd.GeoDataFrame({"id": ["spike", "strait", "sound"]}, geometry=shapes, crs=4326).to_file(path)
    assert check_basins(path)["repair"].to_dict() == {
        "sound": "",
        "spike": "heights left out; crossing of the outline mended at (1, 1)",
        "strait": "cut at the 180° meridian",
    }
    assert check_basins(path, language="es")["repair"]["strait"] == "cortada en el meridiano 180"
    assert main(["basins", "check", "--basins", str(path)]) == 0
    printed = capsys.readouterr().out
    for line, note in {
        "spike": "heights left out; crossing of",
        "strait": "cut at the 180° meridian",
    }.items():
        assert any(row.split()[0] == line and note in row for row in printed.splitlines() if row)


def test_a_place_finds_its_own_network() -> None:
    course = network_at(-79.40, 9.28).trace(-79.40, 9.28)
    assert [lake.name for lake in course.lakes] == ["Lago Alajuela", "Lago Gatún"]
    assert course.lake_km == pytest.approx(sum(lake.length_km for lake in course.lakes))
    assert [place.at_km for place in course.passages] == sorted(place.at_km for place in course.passages)
    with pytest.raises(InputError) as error:
        network_at(0, 0)
    assert error.value.tell("en").startswith(
        "The point (0.0000, 0.0000) is in none of the watersheds acelhuate, "
    )


def test_municipalities_are_named_where_their_limits_are_given(tmp_path: Path) -> None:
    limits = gpd.GeoDataFrame(
        {"OBJECTID": [7, 8], "MUNICIPIO": ["Sur", "Norte"]},
        geometry=[shapely.box(-90, 13, -88, 13.9), shapely.box(-90, 13.9, -88, 14.5)], crs=4326,
    )  # fmt: skip
    limits.to_crs(32616).to_file(tmp_path / "limits.gpkg")
    course = network_at(-89.19, 13.70, municipalities=read_municipalities(tmp_path / "limits.gpkg")).trace(
        -89.19, 13.70
    )
    assert [stretch.name for stretch in course.municipalities] == ["Sur", "Norte"]
    assert sum(stretch.length_km for stretch in course.municipalities) == pytest.approx(course.length_km)
    limits[["OBJECTID", "geometry"]].to_file(tmp_path / "numbers.gpkg")
    with pytest.raises(InputError) as error:
        read_municipalities(tmp_path / "numbers.gpkg")
    assert error.value.tell("en") == (
        "numbers.gpkg: No column of the layer has a usual name for municipalities. It has: OBJECTID. Call the column "
        "of the names municipality."
    )


@pytest.mark.parametrize("text", ["two", "2 miles", "-1km", ""])
def test_distances_are_understood_or_refused(text: str) -> None:
    with pytest.raises(InputError) as error:
        metres(text)
    assert (
        error.value.tell("en")
        == f"“{text}” is no distance. Write metres or kilometres from 0 upwards, for example 500m or 2.5km."
    )


@pytest.mark.parametrize("text", ["13.7", "x,y", "-189.1,13.7", "13.7,-89.19,0"])
def test_places_are_understood_or_refused(text: str) -> None:
    with pytest.raises(InputError) as error:
        place(text)
    told = error.value.tell("en")
    assert told == f"“{text}” is no place. Write longitude and latitude in degrees, for example -89.19,13.70."
