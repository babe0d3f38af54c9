"""What a file holds, and all that is wrong in it: the answer to ``watershed-cp check``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from watershed_cp.intake.assembly import fitting_sheets, gather_table
from watershed_cp.intake.duplicates import review_pairs
from watershed_cp.intake.geocoding import geocode_firms
from watershed_cp.intake.headers import find_header, shorten
from watershed_cp.intake.readers import check_references
from watershed_cp.intake.spreadsheets import read_sheets
from watershed_cp.messages import fault
from watershed_cp.tables import INPUTS, MSMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from watershed_cp.errors import Fault, Language
    from watershed_cp.intake.assembly import Gathered
    from watershed_cp.intake.spreadsheets import Sheet
    from watershed_cp.tables import Table

__all__ = ["DOUBTS", "Report", "check_file"]

DOUBTS = frozenset(
    {
        "date_far",
        "load_absurd",
        "load_unknown",
        "location_unstated",
        "place_unknown",
        "row_like_totals",
        "doubtful",
        "doubtful_rows",
    }
)
"""Rules of the notes that a person should look at: what a run would not credit, or what may be a slip."""

_MOST_NAMED = 12  # columns in a note


@dataclass(frozen=True)
class Report:
    """What was found in a file.

    Attributes
    ----------
    file : str
        Its name.
    rows : dict of str to int
        For each table that is in it, how many rows.
    faults : tuple of Fault
        What must be mended, in the file's order.
    notes : tuple of Fault
        What was decided in reading.
    duplicates : DataFrame
        Pairs of firms that may be one, as :func:`watershed_cp.intake.duplicates.review_pairs` gives them.
    sound : dict of str to DataFrame
        Of each table the rows without a fault.
    """

    file: str
    rows: dict[str, int]
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]
    duplicates: pd.DataFrame
    sound: dict[str, pd.DataFrame]


def check_file(path: str | Path, *, language: Language | None = None, apart: bool | None = None) -> Report:
    r"""Read all tables of a file or folder and gather what is wrong, instead of stopping at it.

    Parameters
    ----------
    path : str or Path
        Workbook, CSV, layer or folder.
    language : {"es", "en"}, optional
        Language of the file, by default that of its headers.
    apart : bool, optional
        Read in a process of its own, as for files of strangers.

    Returns
    -------
    Report
        With firms, events, loans … that a table names and their own table, if it is in the file too, lacks.

    Raises
    ------
    MissingFileError
        If there is no such file.
    IntakeError
        If the file cannot be opened at all.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "a.csv")
    >>> _ = file.write_text("msme_id,employees\n1,many\n", encoding="utf-8")
    >>> report = check_file(file)
    >>> report.rows, [fault.rule for fault in report.faults]
    ({'msmes': 1}, ['number_not_read'])
    """
    sheets = read_sheets(path, apart=apart)
    found = {table.name: gather_table(sheets, table, language=language) for table in _tables_in(sheets)}
    faults = [one for gathered in found.values() for one in gathered.faults]
    faults += check_references({name: gathered.frame for name, gathered in found.items()})
    order = {(sheet.file, sheet.name): place for place, sheet in enumerate(sheets)}
    faults.sort(key=lambda one: (order.get((one.file or "", one.sheet or ""), -1), one.row or 0))
    pairs = review_pairs(_firms(found[MSMES.name].frame)) if MSMES.name in found else pd.DataFrame()
    told = [one for gathered in found.values() for one in _notes(gathered)]
    untold = {
        (one.file, one.sheet) for one in faults if one.rule == "header_missing"
    }  # which names all headers
    told += [
        note
        for sheet in sheets
        if (sheet.file, sheet.name or None) not in untold
        for note in _not_read(sheet)
    ]
    notes = dict.fromkeys((*told, *pairs.attrs.get("notes", ())))
    rows = {name: len(gathered.frame) for name, gathered in found.items()}
    sound = {name: _sound(gathered.frame, faults) for name, gathered in found.items()}
    return Report(Path(path).name, rows, tuple(faults), tuple(notes), pairs, sound)


def _sound(frame: pd.DataFrame, faults: Sequence[Fault]) -> pd.DataFrame:
    """Give the rows of a table in which nothing is at fault."""
    wrong = {(one.file or "", one.sheet or "", one.row) for one in faults}
    places = zip(frame["source_file"], frame["source_sheet"], frame["source_row"], strict=True)
    return frame[[place not in wrong for place in places]]


def _not_read(sheet: Sheet) -> list[Fault]:
    """Note the filled columns of a sheet that no table reads, but for a form server's own."""
    headers = [found[0][1] for table in INPUTS if (found := fitting_sheets((sheet,), table))]
    read = {place for header in headers for place in header.positions.values()}
    names = []
    for place, written in enumerate(headers[0].written) if headers else ():
        cells = (row[place] for row in sheet.rows[headers[0].position + 1 :])
        if place not in read and written and written[0] != "_" and any(cell != "" for cell in cells):
            names.append(shorten(written))
    if not names:
        return []
    more = f" … ({len(names):,})" if len(names) > _MOST_NAMED else ""
    row, listed = sheet.first_row + headers[0].position, " | ".join(names[:_MOST_NAMED]) + more
    return [fault("columns_not_read", file=sheet.file, sheet=sheet.name or None, row=row, found=listed)]


def _firms(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    import geopandas as gpd

    points = frame["geometry"] if "geometry" in frame else [None] * len(frame)
    return gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:4326")


def _notes(gathered: Gathered) -> Sequence[Fault]:
    """Give the notes on a table; sound firms without coordinates are looked for by name, as a run will do."""
    if "geometry" not in gathered.frame:
        return gathered.notes
    sound = ~gathered.frame["source_row"].isin([one.row for one in gathered.faults])
    firms = _firms(gathered.frame[sound])
    firms.attrs["notes"] = gathered.notes
    return tuple(geocode_firms(firms).attrs["notes"])


def _tables_in(sheets: tuple[Sheet, ...]) -> list[Table]:
    """List the tables that some sheet holds, or the one that comes nearest, so that it can be told what lacks."""
    tables = [table for table in INPUTS if fitting_sheets(sheets, table)]
    if tables:
        return tables
    return [max(INPUTS, key=lambda table: max(len(find_header(sheet, table).positions) for sheet in sheets))]
