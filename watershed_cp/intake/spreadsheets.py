"""From a file to sheets of raw cells: workbooks through calamine, CSV with encoding and delimiter by rule.

Nothing is interpreted here. A cell is what the file holds (text, number, date, truth value), a blank cell is
``""``, and every row knows its number as the spreadsheet shows it.
"""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from watershed_cp.errors import Fault, IntakeError, MissingFileError
from watershed_cp.intake.apart import read_apart
from watershed_cp.intake.layers import LAYERS, read_layers
from watershed_cp.intake.packages import check_package, damage, unread_cells
from watershed_cp.messages import fault, texts

__all__ = ["Sheet", "read_sheets"]

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
TEXTS = (".csv", ".tsv", ".txt")

_APART = (".xls", ".xlsb", ".ods")  # damaged ones have ended the whole process
_MOST_TEXT_BYTES = 500_000_000
_MOST_COLUMNS = 16_384  # XFD, in Excel and in LibreOffice
_LARGE_BYTES = 50_000_000  # more than most offices have; the memory that it asks for is not known before

_DELIMITERS = ";\t|,"
_TELLING_WIDTH = 3  # of two columns, a cell with a line break and a comma cannot be told from two rows
_ENCODINGS = ("cp1252", "cp850", "mac_roman")
_SPANISH = frozenset("áéíóúüñÁÉÍÓÚÜÑ¿¡ºª°«»–—‘’“”…€²³µ·±×\xa0")
_NO_TEXT = (b"PK\x03\x04", b"%PDF")  # a workbook or a document under another name
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, eq=False)
class Sheet:
    """The filled part of one sheet.

    Attributes
    ----------
    file, name : str
        File name, and name of the sheet; a CSV has no sheet name.
    rows : list of list
        Raw cells, all rows of one length.
    first_row, first_column : int
        Row and column number of the first cell as the spreadsheet shows them (from 1).
    merged : tuple of ((int, int), (int, int))
        Merged ranges as first and last (row, column), from 1.
    delimiter : str
        What stood between the cells of a CSV, otherwise empty.
    notes : tuple of Fault
        How the file was read.
    """

    file: str
    name: str
    rows: list[list[Any]]
    first_row: int = 1
    first_column: int = 1
    merged: tuple[tuple[tuple[int, int], tuple[int, int]], ...] = ()
    delimiter: str = ""
    notes: tuple[Fault, ...] = ()


def read_sheets(path: str | Path, *, apart: bool | None = None) -> tuple[Sheet, ...]:
    r"""Read every visible sheet of a workbook, the one table of a CSV, every layer, or every file of a folder.

    Parameters
    ----------
    path : str or Path
        XLSX, XLSM, XLS, XLSB, ODS, CSV, TSV, TXT, GeoPackage, GeoJSON, Shapefile, KML, or a folder of these.
    apart : bool, optional
        Whether to read in a process of its own with limited memory, as for files of strangers; by default only
        the formats whose damaged files have ended the reader (XLS, XLSB, ODS) and files above 50 MB. Only Linux
        keeps that process to its memory; what is looked at before opening bounds it elsewhere.

    Returns
    -------
    tuple of Sheet
        Sheets with at least one filled cell, in the workbook's order.

    Raises
    ------
    MissingFileError
        If there is no such file.
    IntakeError
        If the type is unknown, the file is damaged, protected or far too large, or nothing is in it.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "empresas.csv")
    >>> _ = file.write_text("codigo;nombre\n001;Panadería Ñ\n", encoding="cp1252")
    >>> read_sheets(file)[0].rows
    [['codigo', 'nombre'], ['001', 'Panadería Ñ']]
    """
    path = Path(path)
    _check_name(path)
    if path.is_dir():
        return _read_folder(path, apart=apart)
    ending = path.suffix.lower()
    if ending not in (*WORKBOOKS, *TEXTS, *LAYERS):
        known = ", ".join(name.removeprefix(".").upper() for name in (*WORKBOOKS, *TEXTS, *LAYERS))
        raise IntakeError(fault("file_type_unknown", file=path.name, value=ending, known=known))
    large = path.stat().st_size > _LARGE_BYTES
    if apart or (apart is None and (large or ending in _APART)):
        sheets: tuple[Sheet, ...] = read_apart(path)
    elif ending in LAYERS:
        sheets = read_layers(path)
    else:
        sheets = _read_workbook(path) if ending in WORKBOOKS else (_read_text(path),)
    filled = tuple(sheet for sheet in sheets if any(cell != "" for row in sheet.rows for cell in row))
    if not filled:
        raise IntakeError(fault("file_empty", file=path.name))
    return filled


def _check_name(path: Path) -> None:
    """Refuse what is not there, is no file, or has a name that cannot be written into a table."""
    shown = os.fsencode(path.name).decode("utf-8", "replace")
    if not path.exists():
        raise MissingFileError(fault("file_missing", file=shown))
    if shown != path.name:
        raise IntakeError(fault("file_name_unreadable", file=shown))
    if not (path.is_file() or path.is_dir()):
        raise IntakeError(fault("file_not_ordinary", file=str(path)))
    if path.is_file() and not path.stat().st_size:
        raise IntakeError(fault("file_empty", file=shown))


def _read_folder(folder: Path, *, apart: bool | None) -> tuple[Sheet, ...]:
    """Read every file of a folder that is a table; the list of pairs is none, nor what an open Excel leaves."""
    files = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in (*WORKBOOKS, *TEXTS, *LAYERS)
        and not path.name.startswith(("~$", "."))
        and not path.stem.endswith(tuple(texts("duplicates")["suffix"]))
    )
    if not files:
        raise IntakeError(fault("file_empty", file=folder.name))
    return tuple(sheet for path in files for sheet in read_sheets(path, apart=apart))


def _read_workbook(path: Path) -> tuple[Sheet, ...]:
    import python_calamine as calamine

    unread: dict[str, dict[tuple[int, int], str]] = {}
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        unread = unread_cells(path, check_package(path))
    elif path.suffix.lower() in (".xlsb", ".ods"):
        check_package(path)
    try:
        workbook = calamine.CalamineWorkbook.from_path(path)
        visible = [
            meta.name
            for meta in workbook.sheets_metadata
            if meta.visible == calamine.SheetVisibleEnum.Visible
            and meta.typ == calamine.SheetTypeEnum.WorkSheet
        ]
        return tuple(
            _take_sheet(path.name, name, workbook.get_sheet_by_name(name), unread.get(name, {}))
            for name in visible
        )
    except calamine.PasswordError as error:
        raise IntakeError(fault("file_protected", file=path.name)) from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise IntakeError(damage(path)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what the Rust reader raises derives from nothing else
            raise
        raise IntakeError(damage(path)) from error


def _take_sheet(file: str, name: str, sheet: Any, unread: dict[tuple[int, int], str]) -> Sheet:
    row, column = sheet.start or (0, 0)
    merged = tuple(
        ((top + 1, left + 1), (bottom + 1, right + 1))
        for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
    )
    rows = sheet.to_python(skip_empty_area=True)
    if rows and column + len(rows[0]) > _MOST_COLUMNS:
        raise ValueError(name)  # no program writes it: the file is damaged
    for (number, place), text in unread.items():
        down, across = number - 1 - row, place - 1 - column
        if 0 <= down < len(rows) and 0 <= across < len(rows[down]) and rows[down][across] == "":
            rows[down][across] = text
    return Sheet(file, name, rows, row + 1, column + 1, merged)


def _read_text(path: Path) -> Sheet:
    if path.stat().st_size > _MOST_TEXT_BYTES:
        raise IntakeError(fault("file_too_large", file=path.name))
    raw = path.read_bytes()
    encoding = _encoding(raw)
    text = raw.decode(encoding)
    if "\0" in text or raw.startswith(_NO_TEXT):
        raise IntakeError(fault("file_no_text", file=path.name, value=path.suffix))
    delimiter = _delimiter(text)
    rows = _cut(path, text, delimiter)
    if rows and rows[0][:1] in (["sep="], [f"sep={delimiter}"]):  # Excel's own hint to itself
        rows[0] = []
    width = max(map(len, rows), default=0)
    note = fault("text_read_as", file=path.name, encoding=encoding, delimiter=delimiter.replace("\t", "TAB"))
    return Sheet(
        path.name, "", [row + [""] * (width - len(row)) for row in rows], delimiter=delimiter, notes=(note,)
    )


def _cut(path: Path, text: str, delimiter: str) -> list[list[str]]:
    """Cut a text into rows of cells; a quote that makes one row of several is told, balanced or not."""
    rows: list[list[str]] = []
    spans: dict[int, list[str]] = {}
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    read = 0
    try:
        for row in reader:
            if reader.line_num - read > 1:
                spans[len(rows)] = lines[read : reader.line_num]
            read = reader.line_num
            rows.append(row)
    except csv.Error as error:
        raise IntakeError(fault("quote_open", file=path.name, row=len(rows) + 1)) from error
    width = Counter(map(len, rows)).most_common(1)[0][0] if spans else 0
    joined = [
        fault("quote_joins", file=path.name, row=place + 1, value=len(span))
        for place, span in spans.items()
        if width >= _TELLING_WIDTH and all(line.count(delimiter) == width - 1 for line in span)
    ]
    if joined:
        raise IntakeError(*joined)
    return rows


def _encoding(raw: bytes) -> str:
    """Choose by byte-order mark, then UTF-8, then the old page with the fewest signs unknown to Spanish."""
    for mark, name in _BOMS:
        if raw.startswith(mark) and _decodes(raw, name):
            return name
    if _decodes(raw, "utf-8"):
        return "utf-8"
    possible = [name for name in _ENCODINGS if _decodes(raw, name)]
    return min(possible, key=lambda name: _strangeness(raw, name))


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _strangeness(raw: bytes, encoding: str) -> int:
    text = raw.decode(encoding)
    return sum(text.count(char) for char in set(text) - _SPANISH if not char.isascii())


def _delimiter(text: str) -> str:
    """Choose what cuts most lines into the same, largest number of cells."""
    lines = [line for line in text.splitlines()[:200] if line.strip()]

    def regularity(delimiter: str) -> int:
        try:
            widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter))
        except csv.Error:
            return 0
        return max((count * (width - 1) for width, count in widths.items()), default=0)

    return max(_DELIMITERS, key=regularity) if any(map(regularity, _DELIMITERS)) else ","
