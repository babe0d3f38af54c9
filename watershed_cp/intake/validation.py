"""A sheet against the declaration of its table: every column typed, every fault of every row in one go."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from watershed_cp.intake.cells import (
    Cells,
    Reading,
    certain_marks,
    read_choices,
    read_numbers,
    read_texts,
    write_cell,
)
from watershed_cp.intake.dates import read_dates
from watershed_cp.intake.headers import fold, shorten
from watershed_cp.messages import fault

if TYPE_CHECKING:
    from watershed_cp.errors import Fault, Language
    from watershed_cp.intake.headers import Header
    from watershed_cp.intake.spreadsheets import Sheet
    from watershed_cp.tables import Column, Table

__all__ = ["SOURCES", "Checked", "check_sheet", "empty_column"]

SOURCES = ("source_file", "source_sheet", "source_row")

_TOTAL = re.compile(
    r"(gran |grand |sub ?)?(total|totales|totals|suma|sumatoria|sum|promedio|average)( general)?"
)
_TOTAL_OF = re.compile(
    rf"{_TOTAL.pattern}( [a-z]+){{0,4}}( \d+)?"
)  # ``Total empresas: 25``; a firm may be Total Gas
_EXAMPLE = re.compile("ejemplo 1|example 1")
_BEGINNINGS = frozenset({"gr", "su", "to", "pr", "av", "ej", "ex"})  # of these words
_LONGEST_WORD = 40
_COUNTED = ("", "row_like_totals")
_FEWEST_WORDS = 3  # no identifier has so many
_TELLING_WIDTH = 3  # of a list of two columns, a row may well say no more
_QUALIFIED = re.compile(r"\s*([<>])\s*(\d.*)")
_RANGE = re.compile(r"\s*(\d[\d.,]*)\s*(?:[-–—]|a|to)\s*(\d[\d.,]*)\s*")
_EMPTY_DTYPE = {
    "text": "str",
    "choice": "str",
    "number": "float64",
    "whole": "Int64",
    "date": "datetime64[s]",
}


class Checked(NamedTuple):
    """One sheet read as a table, with what is wrong in it and what was decided in reading it.

    ``cells`` keeps the raw column behind each declared column that the sheet has.
    """

    frame: pd.DataFrame
    cells: dict[str, Cells]
    faults: list[Fault]
    notes: list[Fault]


def check_sheet(sheet: Sheet, header: Header, table: Table, *, language: Language | None = None) -> Checked:
    """Read the rows under `header` as `table`.

    Parameters
    ----------
    sheet : Sheet
        Sheet of raw cells.
    header : Header
        Where its header row stands; no required column may be missing.
    table : Table
        Declaration to read by.
    language : {"es", "en"}, optional
        Language of the file, by default that of its headers.

    Returns
    -------
    Checked
        ``frame`` has the declared columns, the user's own after them untouched, then ``source_file``,
        ``source_sheet`` and ``source_row``; one row for each row of the sheet that is neither blank nor a total.

    Examples
    --------
    >>> from watershed_cp.intake.headers import find_header
    >>> from watershed_cp.intake.spreadsheets import Sheet
    >>> from watershed_cp.tables import MSMES
    >>> sheet = Sheet("a.csv", "", [["msme_id", "latitude"], ["7", "13,5"], ["8", "north"]])
    >>> checked = check_sheet(sheet, find_header(sheet, MSMES), MSMES)
    >>> checked.frame["latitude"].tolist(), [fault.row for fault in checked.faults]
    ([13.5, nan], [3])
    """
    kept, left_out = _rows(sheet, header, table)
    rows = np.array(kept, dtype=np.int64) + sheet.first_row
    columns = list(zip(*(sheet.rows[place] for place in kept), strict=True)) or [()] * len(header.written)
    cells = {
        name: Cells(table[name], header.written[place] or name, columns[place], rows, sheet.file, sheet.name)
        for name, place in header.positions.items()
    }
    cells, merged = _unmerged(cells, sheet, header)
    cells = _ranged(_qualified(_with_units(cells, header, table), table), table)
    readings = _read_columns(cells, sheet, language or header.language)
    data: dict[str, Any] = {
        name: readings[name].typed if name in readings else empty_column(table[name], len(kept))
        for name in table.names
    }
    data |= _own_columns(header, columns, taken={*table.names, *SOURCES})
    data |= {"source_file": sheet.file, "source_sheet": sheet.name, "source_row": rows}
    notes = [
        *sheet.notes,
        *left_out,
        *merged,
        *(note for reading in readings.values() for note in reading.notes),
    ]
    return Checked(pd.DataFrame(data), cells, _collect_faults(cells, readings), notes)


def _rows(sheet: Sheet, header: Header, table: Table) -> tuple[list[int], list[Fault]]:
    """Give the positions of the rows that count; a template's examples and totals are left out, and told."""
    identifiers = [place for name, place in header.positions.items() if name.endswith("_id")]
    place = header.positions.get("msme_id", header.positions.get(table.identifier))
    needed = [spot for name, spot in header.positions.items() if table[name].required and spot != place]
    kept, told = [], []
    for position in range(header.position + 1, len(sheet.rows)):
        row = sheet.rows[position]
        filled = len(row) - row.count("")
        if not filled:
            continue
        rule = ""
        if any(_reads(row[spot], _EXAMPLE) for spot in identifiers):
            rule = "example_left_out"
        elif place is not None:
            rule = _is_remark(row, place, filled) or _is_total(
                row, place, needed, header.positions.get("name")
            )
        if rule in _COUNTED:
            kept.append(position)
        if rule:
            number = sheet.first_row + position
            said = shorten(row[place]) if rule == "row_of_remark" and place is not None else None
            told.append(fault(rule, file=sheet.file, sheet=sheet.name or None, row=number, value=said))
    return kept, told


def _is_remark(row: list[Any], place: int, filled: int) -> str:
    """Tell a line of words below a table, ``Elaboró: J. Pérez``, which would be counted as one more firm."""
    words = row[place]
    if filled != 1 or len(row) < _TELLING_WIDTH or not isinstance(words, str) or _says_total(row, words):
        return ""
    return "row_of_remark" if ":" in words or len(words.split()) >= _FEWEST_WORDS else ""


def _is_total(row: list[Any], place: int, needed: list[int], name: int | None) -> str:
    """Tell a row of totals, which would be counted as one more firm.

    The word stands for the identifier, or anywhere in a row without one that lacks more of what a row must say. Where
    it stands for the name of a firm that has an identifier, it is only doubted.
    """
    if row[place] != "":
        if _says_total(row, row[place]):
            return "row_of_totals"
        return "row_like_totals" if name is not None and _reads(row[name], _TOTAL) else ""
    lacking = not needed or any(row[spot] == "" for spot in needed)
    return "row_of_totals" if lacking and any(_says_total(row, cell) for cell in row) else ""


def _says_total(row: list[Any], cell: Any) -> bool:
    """Tell whether a cell is the word, or begins with it and is the one cell of words in its row."""
    if _reads(cell, _TOTAL):
        return True
    alone = _reads(cell, _TOTAL_OF)
    return alone and sum(isinstance(one, str) and any(map(str.isalpha, one)) for one in row) == 1


def _reads(cell: Any, words: re.Pattern[str]) -> bool:
    """Tell whether a cell reads as some words; most are seen to be none by their first letters and length."""
    if not isinstance(cell, str) or cell.lstrip()[:2].lower() not in _BEGINNINGS or len(cell) > _LONGEST_WORD:
        return False
    return words.fullmatch(fold(cell)) is not None


def empty_column(column: Column, length: int) -> pd.Series[Any]:
    """Give a column of the declared kind in which nothing is known.

    Examples
    --------
    >>> from watershed_cp.tables import MSMES
    >>> empty_column(MSMES["employees"], 2).tolist()
    [<NA>, <NA>]
    """
    dtype: Any = _EMPTY_DTYPE[column.kind]
    column_of_blanks: pd.Series[Any] = pd.Series([np.nan] * length, dtype=dtype)
    return column_of_blanks


def _unmerged(cells: dict[str, Cells], sheet: Sheet, header: Header) -> tuple[dict[str, Cells], list[Fault]]:
    """Give every row of a merged cell its text; a merged number stays where it is, or it would count twice."""
    filled, notes = dict(cells), []
    for name, column in cells.items():
        place = sheet.first_column + header.positions[name]
        spans = [(top, bottom) for (top, left), (bottom, _) in sheet.merged if left == place and bottom > top]
        if not spans or column.column.kind in ("number", "whole"):
            continue
        known = dict(zip(column.rows.tolist(), column.raw, strict=True))
        told = {row: known.get(top, "") for top, bottom in spans for row in range(top + 1, bottom + 1)}
        raw = [cell if cell != "" else told.get(row, "") for row, cell in known.items()]
        if raw != list(column.raw):
            filled[name] = replace(column, raw=raw)
            notes.append(column.note("merged_filled"))
    return filled, notes


def _with_units(cells: dict[str, Cells], header: Header, table: Table) -> dict[str, Cells]:
    """Give each value the unit of its header, ``Caudal (m3/d)``, where the sheet has no column of units."""
    added = dict(cells)
    for name in ("unit", "flow_unit"):
        if name in table.names and (unit := header.unit_in_header(name)):
            measured = cells["value" if name == "unit" else "flow"]
            added[name] = replace(measured, column=table[name], raw=[unit] * len(measured.raw))
    return added


def _qualified(cells: dict[str, Cells], table: Table) -> dict[str, Cells]:
    """Take ``<5`` in the column of values apart, where the qualifier's own cell does not say otherwise."""
    if "qualifier" not in table.names or "value" not in cells:
        return cells
    values = list(cells["value"].raw)
    given = cells.get("qualifier", replace(cells["value"], column=table["qualifier"], raw=[""] * len(values)))
    signs = list(given.raw)
    for position, value in enumerate(values):
        match = _QUALIFIED.fullmatch(value) if isinstance(value, str) else None
        if match and write_cell(signs[position]) in ("", match[1]):
            signs[position], values[position] = match[1], match[2]
    return cells | {
        "value": replace(cells["value"], raw=values),
        "qualifier": replace(given, raw=signs),
    }


def _ranged(cells: dict[str, Cells], table: Table) -> dict[str, Cells]:
    """Take ``6–9`` in the column of values apart, where the table knows an upper end and its cell says nothing."""
    if "value_high" not in table.names or "value" not in cells:
        return cells
    values = list(cells["value"].raw)
    blank = replace(cells["value"], column=table["value_high"], raw=[""] * len(values))
    given = cells.get("value_high", blank)
    ends = list(given.raw)
    for position, value in enumerate(values):
        match = _RANGE.fullmatch(value) if isinstance(value, str) else None
        if match and write_cell(ends[position]) in ("", match[2]):
            values[position], ends[position] = match[1], match[2]
    return cells | {"value": replace(cells["value"], raw=values), "value_high": replace(given, raw=ends)}


def _read_columns(cells: dict[str, Cells], sheet: Sheet, language: Language | None) -> dict[str, Reading]:
    numeric = {name: column for name, column in cells.items() if column.column.kind in ("number", "whole")}
    certain = {mark for column in numeric.values() for mark in certain_marks(column.raw)}
    marks = frozenset(certain or ({"."} if sheet.delimiter == "," else ()))
    readings = {}
    for name, column in cells.items():
        if name in numeric:
            readings[name] = read_numbers(column, marks=marks, exported=bool(sheet.delimiter))
        elif column.column.kind == "date":
            readings[name] = read_dates(column, language=language)
        else:
            readings[name] = read_choices(column) if column.column.kind == "choice" else read_texts(column)
    return readings


def _own_columns(
    header: Header, columns: list[tuple[Any, ...]], taken: set[str]
) -> dict[str, pd.Series[Any]]:
    """Keep the columns that are not ours as they are, under the user's names."""
    own = {}
    for place, values in enumerate(columns):
        if place in header.positions.values() or not (
            header.written[place] or any(cell != "" for cell in values)
        ):
            continue
        name = base = header.written[place] or f"column {place + 1}"
        count = 1
        while name in taken:
            count += 1
            name = f"{base} ({count})"
        taken.add(name)
        own[name] = pd.Series([None if cell == "" else cell for cell in values], dtype=object).infer_objects()
    return own


def _collect_faults(cells: dict[str, Cells], readings: dict[str, Reading]) -> list[Fault]:
    """Gather what is wrong cell by cell."""
    return [one for name in cells for one in (*readings[name].faults, *_blanks(cells[name], readings[name]))]


def _blanks(cells: Cells, reading: Reading) -> list[Fault]:
    if not cells.column.required:
        return []
    told = {fault.row for fault in reading.faults}
    blanks = np.flatnonzero(reading.typed.isna().to_numpy())
    return [cells.fault(int(i), "cell_missing") for i in blanks if int(cells.rows[i]) not in told]
