"""Written tables: text stays text, numbers come back exactly, the same input gives the same bytes."""

from __future__ import annotations

import csv
import sqlite3
import zipfile
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd

from watershed_cp.publish.geopackage import save_geopackage
from watershed_cp.publish.tables import save_csv, save_workbook

if TYPE_CHECKING:
    from pathlib import Path

    from watershed_cp.pipeline import Impact

FORMULAS = ["=1+1", "+cmd", "-cmd", "@sum", "\tx", '="é"']  # what a spreadsheet would compute


def test_what_looks_like_a_formula_is_text_and_a_number_is_a_number(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"text": [*FORMULAS, "-89.19", "a"], "kg": [0.1, -1.5, np.nan, 1e16, 1 / 3, 0.0, 1.0, 2.0]}
    )
    path = save_csv(table, tmp_path / "t.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == [*(f"'{text}" for text in FORMULAS), "-89.19", "a"]
    known = [float(row["kg"]) for row in rows if row["kg"]]
    assert known == table["kg"].dropna().tolist()
    assert rows[2]["kg"] == ""


def test_the_workbook_holds_no_formula_and_repeats_byte_for_byte(
    demo: Impact, demo_folder: Path, tmp_path: Path
) -> None:
    again = save_workbook(demo, tmp_path / "a.xlsx", language="es")
    assert again.read_bytes() == (demo_folder / "tables" / "results.xlsx").read_bytes()
    with zipfile.ZipFile(again) as book:
        sheets = [book.read(name) for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    assert not any(b"<f>" in sheet for sheet in sheets)
    assert len(sheets) >= 6


def test_the_geopackage_opens_styled_and_repeats_byte_for_byte(
    demo: Impact, demo_folder: Path, tmp_path: Path
) -> None:
    again = save_geopackage(demo, tmp_path / "a.gpkg")
    assert again.read_bytes() == (demo_folder / "tables" / "results.gpkg").read_bytes()
    with sqlite3.connect(again) as database:
        styles = dict(database.execute("SELECT f_table_name, styleQML FROM layer_styles"))
        layers = {
            row[0]
            for row in database.execute("SELECT table_name FROM gpkg_contents WHERE data_type = 'features'")
        }
        firms = database.execute("SELECT count(*), count(geom) FROM msmes").fetchone()
    assert set(styles) == layers == {"watersheds", "msmes"}
    assert all(ET.fromstring(style).tag == "qgis" for style in styles.values())
    assert firms == (58, 57)
