"""A table from all the sheets of a file that hold it, with what is wrong across their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

import pandas as pd

from watershed_cp.errors import Fault, IntakeError, Text
from watershed_cp.intake.headers import find_header, fold, header_faults, likely_header, shorten
from watershed_cp.intake.locations import place_firms
from watershed_cp.intake.measurements import check_measurements
from watershed_cp.intake.uses import differing_uses
from watershed_cp.intake.validation import SOURCES, check_sheet
from watershed_cp.messages import fault, texts
from watershed_cp.tables import INPUTS, MSMES, RECOMMENDATIONS

if TYPE_CHECKING:
    from watershed_cp.errors import Language
    from watershed_cp.intake.headers import Header
    from watershed_cp.intake.spreadsheets import Sheet
    from watershed_cp.intake.validation import Checked
    from watershed_cp.tables import Table

__all__ = ["Gathered", "fitting_sheets", "gather_table", "read_table", "row_fault"]

_TWICE = {"msme_id": "firm_id_twice", "recommendation_id": "recommendation_twice"}
_TELLING = 3  # so many known columns tell a register of firms though its identifier is not found
_PLACES = {"country", "department", "municipality", "address"}  # a list of towns has these too
_FITS: WeakKeyDictionary[Sheet, dict[str, Header]] = (
    WeakKeyDictionary()
)  # each table asks the same of a sheet
_WORDS = (("template", "instructions"), ("marked", "sheet"))


class Gathered(NamedTuple):
    """The rows of a table from all its sheets, what is wrong in them, and what was decided in reading."""

    frame: pd.DataFrame
    faults: list[Fault]
    notes: list[Fault]


def read_table(
    sheets: tuple[Sheet, ...], table: Table, *, sheet: str | None = None, language: Language | None = None
) -> pd.DataFrame:
    """Read every sheet that holds `table`, and raise all that is wrong in any of them.

    Parameters
    ----------
    sheets : tuple of Sheet
        The sheets of a file.
    table : Table
        The table looked for.
    sheet : str, optional
        Name of the one sheet to read.
    language : {"es", "en"}, optional
        Language of the file, by default that of its headers.

    Returns
    -------
    DataFrame
        The rows of all sheets in order, with ``attrs["notes"]``: what was decided in reading, a tuple of Fault,
        and ``attrs["headers"]``: for each (file, sheet) the user's header of each column.

    Raises
    ------
    IntakeError
        If anything is at fault; carries every finding.

    Examples
    --------
    >>> from watershed_cp.intake.spreadsheets import Sheet
    >>> from watershed_cp.tables import MSMES
    >>> sheets = tuple(Sheet("a.xlsx", name, [["msme_id"], [name]]) for name in ("SV", "GT"))
    >>> read_table(sheets, MSMES)["msme_id"].tolist()
    ['SV', 'GT']
    """
    gathered = gather_table(sheets, table, sheet=sheet, language=language)
    faults = list(gathered.faults)
    if not faults and gathered.frame.empty:
        faults.append(fault("table_empty", file=sheets[0].file, table=table.name))
    if faults:
        raise IntakeError(*faults)
    gathered.frame.attrs["notes"] = tuple(gathered.notes)
    return gathered.frame


def gather_table(
    sheets: tuple[Sheet, ...], table: Table, *, sheet: str | None = None, language: Language | None = None
) -> Gathered:
    """Read every sheet that holds `table`, and gather its rows beside all that is wrong in them.

    Takes what :func:`read_table` takes.

    Examples
    --------
    >>> from watershed_cp.intake.spreadsheets import Sheet
    >>> from watershed_cp.tables import MSMES
    >>> gathered = gather_table((Sheet("a.csv", "", [["msme_id"], ["1"], ["1"]]),), MSMES)
    >>> len(gathered.frame), [one.row for one in gathered.faults]
    (2, [3])
    """
    faults: list[Fault] = []
    notes: list[Fault] = []
    frames: list[pd.DataFrame] = []
    headers: dict[tuple[str, str], dict[str, str]] = {}
    chosen = fitting_sheets(sheets, table, sheet)
    if sheet is None and chosen:
        notes += _unread(sheets)
    for raw, header in chosen or [_nearest(sheets, table)]:
        wrong = header_faults(raw, header, table)
        if wrong:
            faults += wrong
            continue
        checked = _finish(check_sheet(raw, header, table, language=language), table)
        frames.append(checked.frame)
        headers[raw.file, raw.name] = {name: cells.header for name, cells in checked.cells.items()}
        faults += checked.faults
        notes += checked.notes
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=[*table.names, *SOURCES])
    frame.attrs["headers"] = headers
    if table is RECOMMENDATIONS:
        notes += differing_uses(frame)
    if table.unique:
        faults += _repeated(frame, table.identifier)
    ordered = sorted(faults, key=lambda one: (one.file or "", one.sheet or "", one.row or 0))
    return Gathered(frame, ordered, notes)


def _finish(checked: Checked, table: Table) -> Checked:
    if table is MSMES:
        return place_firms(checked)
    return check_measurements(checked) if "pollutant" in table.names else checked


def fitting_sheets(
    sheets: tuple[Sheet, ...], table: Table, name: str | None = None
) -> list[tuple[Sheet, Header]]:
    """Choose the sheet called `name`, or those whose header fits `table` better than any other table.

    A sheet fits though one required column seems misspelt, so that this can be told; its rows are not dropped.

    Examples
    --------
    >>> from watershed_cp.intake.spreadsheets import Sheet
    >>> from watershed_cp.tables import AUDITS, MSMES
    >>> sheets = (Sheet("a.xlsx", "Firms", [["msme_id", "name"], ["1", "x"]]),)
    >>> len(fitting_sheets(sheets, MSMES)), len(fitting_sheets(sheets, AUDITS))
    (1, 0)
    """
    if name is not None:
        named = [sheet for sheet in sheets if fold(sheet.name, brackets=True) == fold(name, brackets=True)]
        if not named:
            names = " | ".join(sheet.name for sheet in sheets if sheet.name)
            found = Text(names, names) if names else texts("sheets")["unnamed"]
            raise IntakeError(fault("sheet_missing", file=sheets[0].file, sheet=name, found=found))
        return [(sheet, find_header(sheet, table)) for sheet in named]
    fits = [(sheet, _fits(sheet)) for sheet in sheets]
    return [
        (sheet, fit[table.name])
        for sheet, fit in fits
        if table.name in fit
        and len(fit[table.name].positions) == max(len(header.positions) for header in fit.values())
    ]


def _fits(sheet: Sheet) -> dict[str, Header]:
    """Give the tables that a sheet may be: every required column is there, or all but one that seems misspelt."""
    if sheet not in _FITS:
        _FITS[sheet] = _fitting(sheet)
    return _FITS[sheet]


def _fitting(sheet: Sheet) -> dict[str, Header]:
    headers = {table: find_header(sheet, table) for table in INPUTS}
    whole = [table for table, header in headers.items() if not header.missing(table)]
    most = max(map(_required, whole), default=0)
    return {
        table.name: header
        for table, header in headers.items()
        if table in whole or _misspelt(header, table, most)
    }


def _misspelt(header: Header, table: Table, most: int) -> bool:
    """Tell whether one required column is missing from what is this table rather than one that the sheet fits.

    Of the tables that it fits, the one that requires `most` columns counts; 0 if it fits none.
    """
    missing = header.missing(table)
    if len(missing) != 1 or not header.positions:
        return False
    known = header.positions.keys()
    firms = table is MSMES and not most and len(known) >= _TELLING and not known <= _PLACES
    return _required(table) - 1 > max(most, 1) or firms or bool(likely_header(missing[0], header, table).en)


def _required(table: Table) -> int:
    return sum(column.required for column in table.columns)


def _unread(sheets: tuple[Sheet, ...]) -> list[Fault]:
    """Note the sheets that fit no table at all; the program's own sheets of words are none."""
    own = {text for block, key in _WORDS for text in texts(block)[key]}
    return [
        fault("sheet_not_read", file=sheet.file, sheet=sheet.name or None)
        for sheet in sheets
        if sheet.name not in own and not _fits(sheet)
    ]


def _nearest(sheets: tuple[Sheet, ...], table: Table) -> tuple[Sheet, Header]:
    """Give the sheet that comes nearest to a table that none fits, so that its faults can be told."""
    headers = [(sheet, find_header(sheet, table)) for sheet in sheets]
    return max(headers, key=lambda pair: len(pair[1].positions))


def row_fault(frame: pd.DataFrame, row: pd.Series[Any], rule: str, column: str, **data: Any) -> Fault:
    """Write a finding about a `row` of a table that has been read, under the header that its sheet gives a column.

    Examples
    --------
    >>> from watershed_cp.intake.spreadsheets import Sheet
    >>> frame = read_table((Sheet("a.csv", "", [["Código de empresa"], ["7"]]),), MSMES)
    >>> row_fault(frame, frame.iloc[0], "firm_id_twice", "msme_id", first=2).column
    'Código de empresa'
    """
    header = (
        frame.attrs.get("headers", {}).get((row["source_file"], row["source_sheet"]), {}).get(column, column)
    )
    return fault(
        rule,
        file=row["source_file"],
        sheet=row["source_sheet"] or None,
        row=int(row["source_row"]),
        column=header,
        value=shorten(str(row[column])),
        **data,
    )


def _repeated(frame: pd.DataFrame, column: str) -> list[Fault]:
    """Find identifiers that stand twice; a row that repeats another in every cell is told so."""
    shared = frame[frame[column].notna() & frame[column].duplicated(keep=False)]
    again = shared[column].duplicated()
    whole = shared.drop(columns=["source_row", "geometry"], errors="ignore").astype("str").duplicated()
    first = shared[~again].set_index(column)["source_row"].to_dict()
    return [
        row_fault(
            frame,
            row,
            "row_repeated" if same else _TWICE.get(column, "id_twice"),
            column,
            first=first[row[column]],
        )
        for same, (_, row) in zip(whole[again], shared[again].iterrows(), strict=True)
    ]
