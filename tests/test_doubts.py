"""Doubts: what a run would flag is told where the user wrote it, before anything is credited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openpyxl

from watershed_cp.cli import main
from watershed_cp.impact.doubts import doubtful_cells, gather_doubts
from watershed_cp.intake.checking import check_file
from watershed_cp.messages import texts

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

HEAD = "msme_id,pollutant,phase,date,value,unit,flow,flow_unit,operating_days_per_year\n"
FAR = texts("flag")["far_apart"].es


def write(folder: Path, *rows: str) -> Path:
    (folder / "a.csv").write_text(HEAD + "\n".join(rows), encoding="utf-8")
    return folder / "a.csv"


def doubts(folder: Path, *rows: str) -> list[tuple[int | None, str | None, str | None, str]]:
    found = doubtful_cells(check_file(write(folder, *rows)).sound)
    return [(one.row, one.column, one.value, one.remedy.es) for one in found]


def test_a_follow_up_whose_flow_is_in_another_unit(tmp_path: Path) -> None:
    rows = ("1,DBO5,LB,2024-01-01,1000,mg/L,10,m3/d,300", "1,DBO5,SEG,2025-01-01,500,mg/L,10,m3/s,300")
    assert doubts(tmp_path, *rows) == [(3, "value", "500 mg/L", FAR)]
    assert doubts(tmp_path, rows[0].replace("m3/d", "m3/s"), rows[1].replace("m3/s", "m3/d"))[0][3] == FAR


def test_a_follow_up_before_its_baseline(tmp_path: Path) -> None:
    rows = ("1,DBO5,LB,2024-01-01,1000,mg/L,10,m3/d,300", "1,DBO5,SEG,2023-01-01,500,mg/L,10,m3/d,300")
    told = texts("flag")["before_baseline"].es
    assert doubts(tmp_path, *rows) == [(3, "date", "2023-01-01", told)]


def test_a_slip_of_units_in_one_cell_beside_one_that_is_at_fault(tmp_path: Path) -> None:
    rows = ("1,DBO5,LB,2024-01-01,800,g/L,10,m3/d,300", "2,DBO5,LB,2024-01-01,many,mg/L,10,m3/d,300")
    assert doubts(tmp_path, *rows) == [(2, "value", "800 g/L", texts("flag")["unit_slip"].es)]


def test_all_that_was_avoided_is_no_slip(tmp_path: Path) -> None:
    rows = ("1,DBO5,LB,2024-01-01,900,mg/L,10,m3/d,300", "1,DBO5,SEG,2025-01-01,0,mg/L,10,m3/d,300")
    assert doubts(tmp_path, *rows) == []


def test_many_of_one_kind_take_one_line(tmp_path: Path) -> None:
    rows = [f"{firm},DBO5,LB,2024-01-01,2,kg/d,,,250" for firm in range(4)]
    cells = doubtful_cells(check_file(write(tmp_path, *rows)).sound)
    assert len(cells) == 4
    assert [one.tell("es") for one in gather_doubts(cells)] == [
        "a.csv, columna operating_days_per_year: Son dudosas las filas 2, 3, 4, 5. "
        + texts("flag")["days_not_used"].es
    ]


def test_check_marks_what_is_only_doubtful(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["check", str(write(tmp_path, "1,DBO5,LB,2024-01-01,800,g/L,10,m3/d,300")), "--language", "es"])
        == 0
    )
    told = capsys.readouterr().out.splitlines()
    doubt = f"«800 g/L» es dudoso. {texts('flag')['unit_slip'].es}"
    copy = tmp_path / "a_por_corregir.xlsx"
    assert f"! a.csv, fila 2, columna value: {doubt}" in told
    assert told[-2:] == [
        f"Celdas dudosas: 1. Están marcadas y explicadas en: {copy}",
        "Nada por corregir, pero hay dudas que conviene revisar: 1. Están arriba, con «!».",
    ]
    sheets = openpyxl.load_workbook(copy).worksheets
    assert [cell.value for cell in sheets[0][5]][1:] == ["800 g/L", *doubt.replace(". ", ".|", 1).split("|")]
    assert sheets[1]["E2"].comment.text == doubt
