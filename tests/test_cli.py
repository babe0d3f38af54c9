"""The command line: one message with place and remedy, exit code 2, and no folder left half-written."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from watershed_cp.cli import main

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = """
[basins]
source = "{basins}"
[msmes]
source = "msmes.csv"
[audits]
source = "audits.csv"
[publish]
posters = []
"""
MSMES = "msme_id,name,latitude,longitude\nF1,Uno,13.70,-89.19\nF2,Dos,13.72,-89.15\n"
AUDITS = (
    "msme_id,pollutant,phase,value,unit,date\n"
    "F1,DBO5,baseline,100,kg/yr,2019-01-01\n"
    "F1,DBO5,follow_up,80,kg/yr,2020-01-01\n"
)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a small project that runs, and stand in its folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "project.toml").write_text(PROJECT.format(basins="priority"), encoding="utf-8")
    (tmp_path / "msmes.csv").write_text(MSMES, encoding="utf-8")
    (tmp_path / "audits.csv").write_text(AUDITS, encoding="utf-8")
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def refused(world: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Run the project, demand exit code 2 and an untouched folder, and give what was told."""
    before = sorted(world.rglob("*"))
    assert main(["run", "project.toml", "--out", "out", "--language", "en"]) == 2
    assert sorted(world.rglob("*")) == before
    told = capsys.readouterr()
    assert told.out == ""
    return [line for line in told.err.splitlines() if not line.endswith("…")]


def test_a_project_that_runs(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "project.toml", "--language", "en"]) == 0
    told = capsys.readouterr().out
    assert "Firms: 2 (2 in the watersheds, 0 outside, 0 not located)." in told
    assert "Acelhuate\n    BOD5        20.0 kg   [" in told
    assert "All that came in is credited." in told
    manifest = json.loads((world / "output" / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["inputs"]) == {"msmes.csv", "audits.csv"}
    assert {"index.html", "tables/ledger.csv", "tables/results.xlsx", "tables/results.gpkg"} <= set(
        manifest["outputs"]
    )


def test_a_second_run_replaces_the_first_byte_for_byte(world: Path) -> None:
    assert main(["run", "project.toml"]) == 0
    first = {path.name: path.read_bytes() for path in (world / "output").rglob("*") if path.is_file()}
    assert main(["run", "project.toml"]) == 0
    assert first == {path.name: path.read_bytes() for path in (world / "output").rglob("*") if path.is_file()}


def test_a_stop_within_compiled_code_is_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise SystemError from KeyboardInterrupt()

    monkeypatch.setattr("watershed_cp.commands.near", stopped)
    assert main(["near", "register.csv"]) == 130


def test_a_missing_project_file(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (world / "project.toml").unlink()
    assert refused(world, capsys) == ["project.toml: There is no such file. Check the name and the folder."]


def test_a_missing_table(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (world / "msmes.csv").unlink()
    assert refused(world, capsys) == ["msmes.csv: There is no such file. Check the name and the folder."]


def test_an_empty_sheet(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (world / "audits.csv").write_text("", encoding="utf-8")
    assert refused(world, capsys) == [
        "audits.csv: There is nothing in the file. Check that it is the right file and that it was saved."
    ]


def test_a_wrong_header(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(world / "audits.csv", "pollutant", "stuff")
    assert refused(world, capsys) == [
        "audits.csv, row 1, column pollutant: The required column “Pollutant, by code or name” is missing; the headers "
        "found are: msme_id | stuff | phase | value | unit | date. "
        "Add the column, or write “pollutant” above the one that says it."
    ]


def test_a_negative_load(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(world / "audits.csv", ",100,", ",-100,")
    assert refused(world, capsys) == [
        "audits.csv, row 2, column value: -100 is below 0, the least possible. "
        "Check the sign, the unit and the order of the columns."
    ]


def test_text_in_a_number(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(world / "audits.csv", ",100,", ",a hundred,")
    assert refused(world, capsys) == [
        "audits.csv, row 2, column value: “a hundred” is not a number. "
        "Write the number only, without unit or words; if it was not detected, write < and the limit."
    ]


def test_an_unknown_unit(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(world / "audits.csv", "80,kg/yr", "80,bananas")
    assert refused(world, capsys) == [
        "audits.csv, row 3, column unit: “bananas” is a unit neither of load nor of concentration. "
        "Write for example mg/L, kg/yr, lb/day or t/yr."
    ]


def test_a_firm_that_is_not_registered(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(world / "audits.csv", "F1,DBO5,follow", "F9,DBO5,follow")
    assert refused(world, capsys) == [
        "audits.csv, row 3, column msme_id: The firm “F9” is not in the register of firms. "
        "Add it to the register or correct the identifier."
    ]


def test_faults_of_all_tables_are_told_at_once(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(world / "msmes.csv", "13.72", "north")
    edit(world / "audits.csv", ",100,", ",-100,")
    edit(world / "audits.csv", "80,kg/yr", "80,bananas")
    assert [line.split(":")[0] for line in refused(world, capsys)] == [
        "msmes.csv, row 3, column latitude",
        "audits.csv, row 2, column value",
        "audits.csv, row 3, column unit",
    ]


def test_an_unknown_key(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(world / "project.toml", "posters", "poster")
    assert refused(world, capsys) == [
        "project.toml: The project file has an unknown key: “publish.poster”. Remove it or write one of these: posters."
    ]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            'posters = ["a3", "a4"]',
            "The value “publish.posters = a4” is not one of those expected. "
            "Write one of these: 'a3', 'slide', 'factsheet', 'branch'.",
        ),
        (
            'posters = "a3"',
            "The value “publish.posters = a3” is not a list. "
            'Write the values in brackets, with commas between them: ["one", "other"].',
        ),
        ("target_pct = -5", "The value “publish.target_pct = -5” is out of bounds. Write a number above 0."),
        (
            "target_pct = 500",
            "The value “publish.target_pct = 500” is out of bounds. Write a number of 100 or less.",
        ),
    ],
)
def test_a_value_that_cannot_be(
    line: str, sentence: str, world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(world / "project.toml", "posters = []", line)
    assert refused(world, capsys) == [f"project.toml: {sentence}"]


def test_a_project_file_that_is_no_toml(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (world / "project.toml").write_text("[basins\n", encoding="utf-8")
    (told,) = refused(world, capsys)
    assert told.startswith("project.toml: This TOML file cannot be read: ")


def test_a_layer_without_crs(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import geopandas as gpd
    import shapely

    with pytest.warns(UserWarning, match="crs"):
        gpd.GeoDataFrame({"basin_id": ["x"]}, geometry=[shapely.box(-90, 13, -89, 14)]).to_file(
            world / "layer.shp"
        )
    edit(world / "project.toml", "priority", "layer.shp")
    assert refused(world, capsys) == [
        "layer.shp: The layer does not say in which coordinate system it is. "
        "Set it in QGIS (Layer, Coordinate reference system) or hand over the .prj file as well."
    ]


def test_a_polygon_that_crosses_itself(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ring = [[-90, 13], [-89, 14], [-89, 13], [-90, 14], [-90, 13]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    layer = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": {"basin_id": "x"}, "geometry": shape}],
    }
    (world / "layer.geojson").write_text(json.dumps(layer), encoding="utf-8")
    edit(world / "project.toml", "priority", "layer.geojson")
    (told,) = refused(world, capsys)
    assert told.startswith("layer.geojson: The outline of “x” crosses itself at (-89.5, 13.5). ")


def test_a_folder_that_holds_something_else_is_left_alone(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (world / "out").mkdir()
    (world / "out" / "mine.txt").write_text("mine", encoding="utf-8")
    assert refused(world, capsys) == [
        "out: The folder already holds files that this program did not write. "
        "Choose a new or empty folder with --out."
    ]
    shutil.rmtree(world / "out")


def test_check_tells_that_all_is_in_order(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "project.toml", "--language", "es"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Todo en orden. Empresas: 2; filas del registro: 1.",
        "  msmes.csv: Se leyó con la codificación utf-8 y el separador «,».",
        "  audits.csv: Se leyó con la codificación utf-8 y el separador «,».",
        "  audits.csv: Filas sin evidencia: 2; cuentan como E. Llene la columna Evidencia (A a E), o agréguela.",
    ]


def test_spanish_comes_with_the_locale(
    world: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "es_SV.UTF-8")
    (world / "project.toml").unlink()
    assert main(["run", "project.toml"]) == 2
    assert capsys.readouterr().err == "project.toml: No existe ese archivo. Revise el nombre y la carpeta.\n"


@pytest.mark.parametrize("language", ["es", "en"])
def test_help_speaks_the_language(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--language", language, "--help"])
    assert stop.value.code == 0
    told = capsys.readouterr().out
    foreign = {"es": ("options:", "show this", "usage:"), "en": ("órdenes", "uso:")}[language]
    assert not [word for word in foreign if word in told]


def test_what_is_no_mass_is_kept_in_a_table_of_its_own(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (world / "audits.csv").open("a", encoding="utf-8") as file:
        file.write("F1,pH,baseline,7.4,unidades de pH,2019-01-01\nF1,Temperatura,baseline,31,°C,2019-01-01\n")
    assert main(["run", "project.toml", "--out", "out"]) == 0
    assert "7.4" in (world / "out" / "tables" / "measurements.csv").read_text(encoding="utf-8-sig")
    assert "pH" not in (world / "out" / "tables" / "ledger.csv").read_text(encoding="utf-8-sig")


def test_only_what_an_earlier_run_wrote_is_replaced(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "project.toml", "--out", "out"]) == 0
    (world / "out" / "thesis.docx").write_text("mine", encoding="utf-8")
    capsys.readouterr()
    assert refused(world, capsys)[0].startswith(
        "out: The folder already holds files that this program did not write."
    )
    (world / "site").mkdir()
    (world / "site" / "manifest.json").write_text('{"name": "a web site"}', encoding="utf-8")
    assert main(["run", "project.toml", "--out", "site"]) == 2
    assert (world / "site" / "manifest.json").is_file()


def test_the_folder_of_the_project_is_no_output_folder(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "project.toml", "--out", ".", "--language", "en"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        ".: The output folder holds “msmes.csv”, which is part of what is read. "
        "Choose another folder with --out, one that does not hold the project."
    )
    assert (world / "msmes.csv").is_file()


def test_a_period_the_wrong_way_round(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (world / "project.toml").open("a", encoding="utf-8") as file:
        file.write("[accounting]\nperiod = [2020-12-31, 2019-01-01]\n")
    (told,) = refused(world, capsys)
    assert told.startswith("project.toml: In the period, the first day is after the last.")


def test_what_the_system_refuses_is_told_in_one_line(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (world / "taken").write_text("a file", encoding="utf-8")
    assert main(["run", "project.toml", "--out", "taken/below", "--language", "en"]) == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert "It could not be read or written: " in told


def test_the_language_of_the_system_changes_no_table(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(world / "project.toml", "[basins]", '[project]\nlanguage = "es"\n[basins]')
    edit(world / "msmes.csv", "F2,Dos,13.72,-89.15", "F2,Dos,13.72,89.15")
    found = []
    for system in ("en_US.UTF-8", "es_SV.UTF-8"):
        monkeypatch.setenv("LC_ALL", system)
        assert main(["run", "project.toml", "--out", system]) == 0
        found.append((world / system / "tables" / "assignments.csv").read_bytes())
    assert "longitud tomada como oeste" in found[0].decode()
    assert found[0] == found[1]


@pytest.mark.parametrize("days", ["true", '"365"', "nan"])
def test_a_number_is_a_number(world: Path, capsys: pytest.CaptureFixture[str], days: str) -> None:
    with (world / "project.toml").open("a", encoding="utf-8") as file:
        file.write(f"[accounting]\ndays_per_year = {days}\n")
    (told,) = refused(world, capsys)
    assert told.startswith("project.toml: The value “accounting.days_per_year = ")
