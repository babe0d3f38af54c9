"""The workbook in which the user herself places firms: read before every run, and only ever added to.

It lists the firms that no coordinates place, with how each was placed instead, and leaves room for where they truly
stand. Rows are never changed or taken away, so that what she wrote survives every run.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from watershed_cp.errors import IntakeError
from watershed_cp.intake.assembly import gather_table
from watershed_cp.intake.headers import find_header, fold, usual_header
from watershed_cp.intake.locations import say_repair
from watershed_cp.intake.providers import Answer
from watershed_cp.intake.spreadsheets import read_sheets
from watershed_cp.intake.workbook import write_text
from watershed_cp.messages import label, texts
from watershed_cp.palette import COLOURS, SHEET
from watershed_cp.tables import MSMES

if TYPE_CHECKING:
    import pandas as pd

    from watershed_cp.errors import Language

__all__ = ["list_firms", "read_corrections"]

_TOLD = ("msme_id", "name", "country", "department", "municipality", "address")
_ASKED = ("latitude", "longitude", "coordinates", "location_accuracy_m")
_TO_BE_PLACED = ("address", "municipality", "")
_HOW = "placed_how"
_NUMBERS = ("latitude", "longitude", "location_accuracy_m")
_WIDTHS = {"name": 46, "address": 46, "coordinates": 34, _HOW: 46}


def read_corrections(path: str | Path) -> dict[str, Answer]:
    """Read where the user says that firms stand; rows that she left open say nothing.

    Coordinates are understood as in the register: degrees, degrees and minutes, UTM, a link to a map.

    Parameters
    ----------
    path : str or Path
        Workbook or CSV with a firm's identifier and its coordinates; a file that is not there holds none.

    Returns
    -------
    dict of str to Answer
        By ``msme_id``; longitude and latitude in EPSG:4326, ``accuracy_m`` in metres, NaN where not stated.

    Raises
    ------
    IntakeError
        If the file cannot be read, or a row cannot be understood; carries every finding.

    Examples
    --------
    >>> read_corrections("no-such-file.xlsx")
    {}
    """
    if not Path(path).exists():
        return {}
    gathered = gather_table(read_sheets(path), MSMES)
    if gathered.faults:
        raise IntakeError(*gathered.faults)
    if gathered.frame.empty:
        return {}
    placed = gathered.frame[gathered.frame["geometry"].notna()]
    columns = ("msme_id", "longitude", "latitude", "location_accuracy_m")
    return {
        firm: Answer(longitude, latitude, accuracy, "correction", "", "")
        for firm, longitude, latitude, accuracy in zip(*(placed[name] for name in columns), strict=True)
    }


def list_firms(msmes: pd.DataFrame, path: str | Path, *, language: Language | None = None) -> int:
    """Add the firms that no coordinates place to the workbook of corrections, unless they stand there already.

    Parameters
    ----------
    msmes : DataFrame
        As :func:`watershed_cp.intake.geocoding.geocode_firms` gives it.
    path : str or Path
        The workbook, ``.xlsx``; written if it is not there and a firm has to be placed.
    language : {"es", "en"}, optional
        Language of a new workbook's headers, by default that of the system.

    Returns
    -------
    int
        How many firms were added.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> firms = pd.DataFrame({"msme_id": ["007"], "placed_by": ["municipality"], "repairs": ["placed by …"]})
    >>> file = Path(tempfile.mkdtemp(), "ubicaciones.xlsx")
    >>> list_firms(firms, file), list_firms(firms, file)
    (1, 0)
    """
    path = Path(path)
    wanted = msmes[msmes["placed_by"].isin(_TO_BE_PLACED)]
    if path.suffix.lower() != ".xlsx" or (wanted.empty and not path.exists()):
        return 0
    if not path.exists():
        _write_empty(path, language)
    listed = gather_table(read_sheets(path), MSMES).frame["msme_id"]
    wanted = wanted[~wanted["msme_id"].isin(listed)]
    if not wanted.empty:
        _add(wanted, path, language)
    return len(wanted)


def _write_empty(path: Path, language: Language | None) -> None:
    """Write a workbook without firms: what it is for, and the headers, those to be filled in shaded."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet(label("corrections", "sheet", language))
        text, base = (
            book.add_format({"num_format": "@"}),
            {"bold": True, "text_wrap": True, "valign": "vcenter"},
        )
        told = book.add_format(base | {"bg_color": COLOURS.ink, "font_color": COLOURS.paper})
        asked = book.add_format(base | {"bg_color": SHEET.asked_head, "font_color": COLOURS.ink})
        sheet.write_string(
            0, 0, label("corrections", "title", language), book.add_format({"bold": True, "font_size": 14})
        )
        sheet.write_string(1, 0, label("corrections", "advice", language))
        for place, name in enumerate((*_TOLD, _HOW, *_ASKED)):
            sheet.set_column(place, place, _WIDTHS.get(name, 15), None if name in _NUMBERS else text)
            sheet.write_string(3, place, _header(name, language), asked if name in _ASKED else told)
        sheet.set_row(3, 34)
        sheet.freeze_panes(4, 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)


def _header(name: str, language: Language | None) -> str:
    if name in (_HOW, "coordinates", "location_accuracy_m"):
        return label("corrections", name, language)
    return usual_header(MSMES, name, language)


def _add(firms: pd.DataFrame, path: Path, language: Language | None) -> None:
    """Write firms below the last row, each cell under its header, wherever the user has moved it."""
    import openpyxl

    read = read_sheets(path)[0]
    header = find_header(read, MSMES)
    places = {name: read.first_column + place for name, place in header.positions.items() if name in _TOLD}
    hows = {fold(text) for text in texts("corrections")[_HOW]}
    how = next((place for place, name in enumerate(header.written) if fold(name) in hows), None)
    if how is not None:
        places[_HOW] = read.first_column + how
    book = openpyxl.load_workbook(path)
    sheet = book[read.name]
    for row, (_, firm) in enumerate(firms.iterrows(), start=read.first_row + len(read.rows)):
        for name, column in places.items():
            cell = sheet.cell(row, column)
            value = _how(firm, language) if name == _HOW else firm.get(name)
            write_text(cell, value if isinstance(value, str) else None)
    written = path.with_suffix(".part")
    book.save(written)
    written.replace(path)


def _how(firm: pd.Series[Any], language: Language | None) -> str:
    """Say how a firm was placed for want of coordinates."""
    repairs = firm.get("repairs")
    if firm["placed_by"] and isinstance(repairs, str):
        return "; ".join(say_repair(repair).speak(language) for repair in repairs.split("; "))
    return label("corrections", "not_placed", language)
