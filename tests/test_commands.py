"""The other commands: what they print, write and refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest

from watershed_cp.cli import main
from watershed_cp.reference import data_path

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
        "Firms: 1 rows.\n  firms.csv: Read with encoding utf-8 and delimiter “,”.\nAll in order.\n"
    )


def test_trace_follows_the_water(capsys: pytest.CaptureFixture[str]) -> None:
    out = told(capsys, "trace", "-89.19,13.70")[0]
    assert "  river Río Acelhuate: " in out
    assert "  river Río Lempa: " in out
    assert (
        "Towns within 3 km of the course, with the km from its start: San Salvador (0), Mejicanos (2), "
        in out
    )
    assert out.endswith("give them with --municipalities to name those that the water crosses.\n")
    assert main(["trace", "-89.19,13.70", "--language", "es"]) == 0
    assert "  Río Acelhuate: " in capsys.readouterr().out  # no “río Río”


def test_trace_of_a_place_outside(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "trace", "-80,20", code=2)[1] == (
        "The point (-80.0000, 20.0000) is in none of the watersheds acelhuate, chamelecon, motagua, panama_canal. "
        "Write longitude, then latitude, or give a raster of flow directions that covers it.\n"
    )


def test_near_counts_every_row_under_one_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    register = tmp_path / "register.csv"
    register.write_text(
        "msme_id,country,longitude,latitude\nA,SV,-89.19,13.70\nB,SV,-70,0\nC,SV,,\n", encoding="utf-8"
    )
    out = told(capsys, "near", str(register), "--distance", "5km")[0]
    assert [line.split(None, 1) for line in out.splitlines()[:3]] == [
        ["1", "inside or near"],
        ["1", "too far"],
        ["1", "not located"],
    ]


def test_basins_list_and_check(capsys: pytest.CaptureFixture[str]) -> None:
    listed = told(capsys, "basins", "list")[0]
    assert [line.split()[0] for line in listed.splitlines()[1:]] == [
        "acelhuate",
        "chamelecon",
        "motagua",
        "panama_canal",
    ]
    assert told(capsys, "basins", "check")[0].splitlines()[-1].startswith("4 watersheds, ")


def test_check_of_a_project_names_the_firms_worth_a_look(capsys: pytest.CaptureFixture[str]) -> None:
    out = told(capsys, "check", str(data_path("demo", "project.toml")))[0].splitlines()
    assert out[0].startswith("All in order. Firms: 58; ledger rows: ")
    assert "  recommendations.csv: Read with encoding utf-8-sig and delimiter “;”." in out
    told_of = [line.split(":")[0] for line in out if not line.startswith(" ")]
    assert told_of[1:3] == ["Not located", "Outside the watersheds"]


@pytest.mark.parametrize("ending", ["csv", "gpkg", "html"])
def test_near_writes_what_it_found(ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    register, out = tmp_path / "register.csv", tmp_path / f"near.{ending}"
    register.write_text(
        "msme_id,country,longitude,latitude\nA,SV,-89.19,13.70\nB,SV,-70,0\n", encoding="utf-8"
    )
    assert told(capsys, "near", str(register), "--out", str(out))[0].splitlines()[-1] == f"Written to: {out}"
    if ending == "csv":
        assert out.read_text(encoding="utf-8-sig").splitlines()[1].startswith("A,SV,-89.19,13.7,")
    elif ending == "gpkg":
        assert gpd.read_file(out)["msme_id"].tolist() == ["A"]
    else:
        assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
