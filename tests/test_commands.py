"""The other commands: what they print, write and refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest

from watershed_cp.cli import main
from watershed_cp.pipeline import run
from watershed_cp.reference import data_path
from watershed_cp.tables import COURSE

if TYPE_CHECKING:
    from pathlib import Path


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    assert main([*arguments, "--language", "en"]) == code
    captured = capsys.readouterr()
    return captured.out, captured.err


def test_the_template_is_accepted_by_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = str(tmp_path / "book.xlsx")
    assert told(capsys, "template", book)[0] == f"Template written: {book}\n"
    assert told(capsys, "check", book)[0].splitlines()[-1] == "All in order."


def test_check_marks_what_must_be_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "firms.csv"
    file.write_text("msme_id,latitude,longitude\n1,north,-89\n2,13.7,-89.2\n", encoding="utf-8")
    out, err = told(capsys, "check", str(file), code=2)
    assert out.splitlines() == [
        "Firms: 2 rows.",
        "  firms.csv: Read with encoding utf-8 and delimiter “,”.",
        f"Cells to mend: 1. They are marked and explained in: {tmp_path / 'firms_to_mend.xlsx'}",
    ]
    assert err == (
        "firms.csv, row 2, column latitude: “north” is not a number. "
        "Write the number only, without unit or words; if it was not detected, write < and the limit.\n"
    )
    assert (tmp_path / "firms_to_mend.xlsx").is_file()


def test_check_of_a_clean_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "firms.csv"
    file.write_text("msme_id,latitude,longitude\n2,13.7,-89.2\n", encoding="utf-8")
    assert told(capsys, "check", str(file))[0] == (
        "Firms: 1 row.\n  firms.csv: Read with encoding utf-8 and delimiter “,”.\nAll in order.\n"
    )


def test_trace_follows_the_water(capsys: pytest.CaptureFixture[str]) -> None:
    out = told(capsys, "trace", "-89.19,13.70")[0]
    assert "  Acelhuate River, 46.0 km" in out
    assert "  km   0.4  San Salvador\n" in out
    assert out.endswith("give them with --municipalities to name those that the water crosses.\n")
    assert main(["trace", "-89.19,13.70", "--language", "es"]) == 0
    assert "  Río Acelhuate, 46.0 km" in capsys.readouterr().out  # no “río Río”


def test_trace_tells_what_of_a_load_arrives(capsys: pytest.CaptureFixture[str]) -> None:
    out = told(capsys, "trace", "-79.40,9.28", "--load", "1000", "--pollutant", "Cloruro")[0].splitlines()
    assert out[1] == "Of 1.00 t of Cl a year there arrive:"
    assert out[2] == "  km   0.0  watershed Panama Canal, 79.7 km: 1.00 t"
    assert "  km  89.3  end of the course: 1.00 t" in out
    unknown = told(capsys, "trace", "-79.40,9.28", "--load", "1000", "--pollutant", "COD")[0].splitlines()
    assert "No decay rate with a source is known for COD: what arrives is not estimated." in unknown


LOAD = "is no load. Write kilograms a year, or a mass per time, from 0 upwards: 1000, 35kg/d, 2t/yr."


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--load", "much"), f"“much” {LOAD}\n"),
        (("--load", "-5"), f"“-5” {LOAD}\n"),
        (("--load", "nan"), f"“nan” {LOAD}\n"),
        (("--load", "1.000"), "“1.000” can be read as 1 or as 1000. Write 1 or 1000.\n"),
        (("--load", "1,234t/yr"), "“1,234” can be read as 1.2340 or as 1234. Write 1.2340 or 1234.\n"),
        (
            ("--pollutant", "love"),
            "The pollutant “love” is not known. Write its code or its name, for example BOD5, COD, TSS.\n",
        ),
        (
            ("--out", "course.doc"),
            "course.doc: “course.doc” does not say in which format to write the course."
            " Use one of these endings: .csv, .gpkg, .png, .pdf, .html.\n",
        ),
    ],
)
def test_trace_refuses_what_it_cannot_read(
    words: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(capsys, "trace", "-79.40,9.28", *words, code=2)[1] == sentence


@pytest.mark.parametrize("ending", ["csv", "gpkg", "html", "png"])
def test_trace_writes_table_layer_page_and_picture(
    ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / f"course.{ending}"
    told(capsys, "trace", "-79.40,9.28", "--load", "35kg/d", "--out", str(out))
    if ending == "csv":
        rows = out.read_text(encoding="utf-8-sig").splitlines()
        assert rows[0] == ",".join(COURSE.names)
        assert rows[1].split(",")[4:6] == ["BOD5", "12775.0"]
    elif ending == "gpkg":
        assert gpd.read_file(out, layer="course").geometry.iloc[0].geom_type == "LineString"
        assert len(gpd.read_file(out, layer="stops")) == 6
    elif ending == "html":
        assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    else:
        assert out.read_bytes().startswith(b"\x89PNG")


def test_trace_of_a_place_outside(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "trace", "-80,20", code=2)[1] == (
        "The point (-80.0000, 20.0000) is in none of the watersheds acelhuate, chamelecon, motagua, panama_canal. "
        "Write longitude, then latitude, or give a raster of flow directions that covers it.\n"
    )


REGISTER = """Registro de empresas 2025;;;;;;
Código de empresa;Nombre;País;CIIU;Empleados;Latitud;Longitud
SV-1;Lácteos;SV;1050;9;13.71;-89.14
SV-2;Textiles;SV;1311;40;13°48'N;89°10'W
SV-3;Panadería;SV;1071;3;;
SV-4;Café;SV;1079;7;0;0
SV-5;Jabones;SV;2023;15;norte;-89.2
SV-1;Lácteos;SV;1050;9;13.71;-89.14
SV-7;Lejos;SV;1050;22;13.65;-89.90
SV-8;=Química;SV;2011;;13.70;-89.19
SV-9;Granja;SV;0145;5;13.70;-89.19
"""


def register(folder: Path) -> Path:
    """Write a register as an office keeps it, with a row for each way to go wrong."""
    path = folder / "empresas.csv"
    path.write_text(REGISTER, encoding="cp1252")
    return path


def test_near_accounts_for_every_row_of_an_office_register(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "visits.csv"
    lines = told(capsys, "near", str(register(tmp_path)), "--sector", "c", "--out", str(out))[0].splitlines()
    assert lines[:10] == [
        "empresas.csv: firms inside Acelhuate, Chamelecón, Motagua, Panama Canal.",
        "Only: c.",
        "9 rows = 3 inside or near + 2 left out + 4 not placed",
        "1 of another sector",
        "1 too far",
        "1 no coordinates",
        "1 coordinates not readable",
        "1 coordinates 0, 0",
        "1 row or identifier repeated; the first one counts",
        "Nearest first; of equal distance, those with more staff first.",
    ]
    aside = tmp_path / "visits_not_placed.csv"
    assert lines[-2:] == [f"Written to: {out}", f"Not placed, with the reason: {aside}"]
    visits = pd.read_csv(out, dtype=str)
    assert visits["msme_id"].tolist() == ["SV-2", "SV-1", "SV-8"]
    assert visits["name"].tolist() == ["Textiles", "Lácteos", "'=Química"]
    assert visits["source_row"].tolist() == ["4", "3", "10"]
    unplaced = pd.read_csv(aside, dtype=str)
    assert unplaced["source_row"].tolist() == ["5", "6", "7", "8"]
    assert unplaced["explanation"].tolist() == [
        "no coordinates",
        "empresas.csv, row 6, column Latitud: “0, 0” is the point 0, 0, in the sea off Africa. "
        "Leave the cell blank or write the true location.",
        "empresas.csv, row 7, column Latitud: “norte” is not a number. "
        "Write the number only, without unit or words; if it was not detected, write < and the limit.",
        "empresas.csv, row 8, column Código de empresa: It equals row 3 in every cell. Delete one of the two.",
    ]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_near_places_firms_as_a_run_does_whole_or_in_pieces(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watershed_cp.basins.registers._ROWS", 2)
    rows = {
        "SV-1": ("SV", "Apopa", None, None),
        "SV-2": ("El Salvador", None, "13°42'N", "89°12'W"),
        "SV-3": ("SV", None, None, None),
        "SV-4": ("SV", "Xyzabc", None, None),
        "SV-5": ("SV", None, "13.71", "-89.14"),
        "SV-6": ("SV", None, "norte", "-89.2"),
        "SV-7": ("SV", "Suchitoto", None, None),
        "SV-8": ("SV", None, "13.712", "-89.145"),
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["País", "Municipio", "Latitud", "Longitud"])
    table = table.rename_axis("Código de empresa").reset_index()
    twice = pd.concat([table, table.tail(1)], ignore_index=True)
    file = tmp_path / f"registro.{form}"
    twice.to_csv(file, index=False) if form == "csv" else twice.to_parquet(file)
    pd.DataFrame({"msme_id": ["SV-3"], "latitude": [13.72], "longitude": [-89.16]}).to_excel(
        tmp_path / "ubicaciones.xlsx", index=False
    )
    out = tmp_path / "near.csv"
    told(capsys, "near", str(file), "--out", str(out))
    found = pd.read_csv(out).set_index("msme_id")
    assert found["placed_by"].to_dict() == {
        "SV-1": "municipality",
        "SV-2": "coordinates",
        "SV-3": "correction",
        "SV-5": "coordinates",
        "SV-8": "coordinates",
    }
    aside = pd.read_csv(tmp_path / "near_not_placed.csv")
    assert aside["msme_id"].tolist() == ["SV-4", "SV-6", "SV-7", "SV-8"]
    assert (
        aside["explanation"].iloc[1].startswith(f"registro.{form}, row {7 if form == 'csv' else 6}, column ")
    )
    assert aside["explanation"].iloc[2] == "place known to kilometres only: it may be near or not"
    (tmp_path / "p.toml").write_text(
        '[basins]\nsource = "priority"\n[msmes]\nsource = "run.csv"\n', encoding="utf-8"
    )
    table[~table["Código de empresa"].isin(["SV-6"])].to_csv(tmp_path / "run.csv", index=False)
    placed = run(tmp_path / "p.toml").assignments.set_index("msme_id")
    same = ["basin_id", "status", "confidence"]
    pd.testing.assert_frame_equal(
        found[same].sort_index(), placed.loc[placed["status"] == "inside", same], check_dtype=False
    )
    np.testing.assert_allclose(
        found["probability"].sort_index(), placed.loc[placed["status"] == "inside", "probability"]
    )


def test_near_a_river_and_upstream_of_a_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(register(tmp_path))
    out = told(capsys, "near", file, "--river-order", "3", "--distance", "200 M", "--size", "pequeña")[0]
    assert out.splitlines()[-1].split() == ["SV-2", "Textiles", "SV", "1311", "40", "Río", "Acelhuate", "118"]
    out = told(capsys, "near", file, "--upstream-of", "-89.155,13.974")[0].splitlines()
    assert out[0].startswith("Upstream of that place there are ")
    assert out[0].endswith(" km2.")
    assert out[1] == "empresas.csv: firms upstream of -89.155,13.974."


LENGTH = "is no distance. Write metres or kilometres from 0 upwards, for example 500m or 2.5km."
ISIC = "is no code of ISIC Rev. 4. Write a section (C), division (10), group (104) or class (1040)."
COUNTRY = "is no code of a country. Write two letters, for example SV, GT, HN or PA."
ONE = "It is not clear what to search near to. Name one thing only: basins, rivers, or a network with a place on it."
ENDING = "cannot be written. Give a name that ends in .csv, .xlsx, .gpkg, .html or .parquet, in a folder that exists."
DASK = (
    "With Dask only Parquet registers are read. Convert the register to Parquet, or search it without --dask."
)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--distance", "3 mi"], f"“3 mi” {LENGTH}"),
        (["--distance", "-5km"], f"“-5km” {LENGTH}"),
        (["--sector", "panes"], f"“PANES” {ISIC}"),
        (["--size", "huge"], "“huge” is no size of a firm. Write micro, small or medium."),
        (["--country", "Panama"], f"“Panama” {COUNTRY}"),
        (["--basins", "none.gpkg"], "none.gpkg: There is no such file. Check the name and the folder."),
        (["--river-order", "9"], "No river of the layer reaches order 9. Ask for a lower order."),
        (["--river-order", "3", "--upstream-of", "-89,13"], ONE),
        (["--out", "near.docx"], f"Files “near.docx” {ENDING}"),
        (["--dask", "tcp://127.0.0.1:1"], DASK),
    ],
)
def test_near_refuses_in_a_sentence(
    options: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(capsys, "near", str(register(tmp_path)), *options, code=2)[1] == f"{sentence}\n"


def test_basins_list_and_check(capsys: pytest.CaptureFixture[str]) -> None:
    listed = told(capsys, "basins", "list")[0]
    assert [line.split()[0] for line in listed.splitlines()[1:]] == [
        "acelhuate",
        "chamelecon",
        "motagua",
        "panama_canal",
    ]
    assert told(capsys, "basins", "check")[0].splitlines()[-1].startswith("All in order. Watersheds: 4; ")


def test_check_of_a_project_names_the_firms_worth_a_look(capsys: pytest.CaptureFixture[str]) -> None:
    out = told(capsys, "check", str(data_path("demo", "project.toml")))[0].splitlines()
    assert out[0].startswith(
        "Nothing to mend, but there are doubts worth a look: 5. They stand below, with “!”."
    )
    assert " Firms: 58; ledger rows: " in out[0]
    assert "  recommendations.csv: Read with encoding utf-8-sig and delimiter “;”." in out
    assert any(line.startswith("! auditorias.csv: A concentration without a flow is no load") for line in out)
    told_of = [line.split(":")[0] for line in out if not line.startswith((" ", "!"))]
    assert told_of[-3:-1] == ["Not located", "Outside the watersheds"]


@pytest.mark.parametrize("ending", ["xlsx", "gpkg", "html", "parquet"])
def test_near_writes_what_it_found(ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / f"near.{ending}"
    file = str(register(tmp_path))
    assert f"Written to: {out}" in told(capsys, "near", file, "--sub-basins", "--out", str(out))[0]
    if ending == "xlsx":
        book = openpyxl.load_workbook(out)
        assert book.sheetnames == ["Firms to visit", "Not placed", "How it was searched", "Columns"]
        assert book["How it was searched"]["A3"].value.startswith("empresas.csv: firms inside Acelhuate, ")
        firms = [cell.value for cell in book["Firms to visit"]["A"]]
        assert firms[1:] == ["msme_id", "SV-2", "SV-1", "SV-9", "SV-8"]
        assert book["Not placed"]["A3"].value == "no coordinates"
    elif ending == "gpkg":
        assert gpd.list_layers(out)["name"].tolist()[:4] == ["watersheds", "msmes", "not_placed", "search"]
        firms = gpd.read_file(out, layer="msmes")
        assert firms["basin_id"].tolist() == ["acelhuate"] * 4
        assert firms["sub_basin_2"].str.startswith("acelhuate-").all()
    elif ending == "html":
        assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    else:
        assert gpd.read_parquet(out)["msme_id"].tolist() == ["SV-1", "SV-2", "SV-8", "SV-9"]
        aside = pd.read_parquet(tmp_path / "near_not_placed.parquet")
        assert aside["reason"].tolist() == ["no_coordinates", "zero", "unreadable", "repeated"]
    assert not list(tmp_path.glob("*.part"))


def test_check_writes_the_firms_that_may_be_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "firms.csv"
    rows = "1,Café Luz S.A. de C.V.,SV,13.7,-89.2\n2,CAFE LUZ,SV,13.7,-89.2\n"
    file.write_text(f"msme_id,name,country,latitude,longitude\n{rows}", encoding="utf-8")
    out, _ = told(capsys, "check", str(file))
    sheet = tmp_path / "firms_possible_duplicates.xlsx"
    assert out.splitlines()[-2:] == [
        f"Pairs of firms that may be one and the same: 1. Nothing was merged; judge them in: {sheet}",
        "All in order.",
    ]
    book = openpyxl.load_workbook(sheet)
    cells = [[cell.value for cell in row] for row in book.active["A4:G5"]]
    assert cells == [
        [
            "Decision",
            "Likeness of the name (%)",
            "Why they may be one",
            "Id",
            "Id of the other",
            "Name",
            "Name of the other",
        ],
        [None, 100, "the same name; 0 m from one another", "1", "2", "Café Luz S.A. de C.V.", "CAFE LUZ"],
    ]
    book.active["A5"] = "different"
    book.save(sheet)
    assert "Pairs" not in told(capsys, "check", str(file))[0]
    assert openpyxl.load_workbook(sheet).active["A5"].value == "different"
