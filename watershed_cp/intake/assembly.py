"""A table from all the sheets of a file that hold it, with what is wrong across their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from watershed_cp.errors import Fault, IntakeError
from watershed_cp.intake.headers import find_header, fold, header_faults
from watershed_cp.intake.locations import place_firms
from watershed_cp.intake.measurements import check_measurements
from watershed_cp.intake.validation import SOURCES, check_sheet
from watershed_cp.messages import fault
from watershed_cp.tables import AUDITS, INPUTS, MSMES, RECOMMENDATIONS, REDUCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from watershed_cp.errors import Language
    from watershed_cp.intake.headers import Header
    from watershed_cp.intake.spreadsheets import Sheet
    from watershed_cp.intake.validation import Checked
    from watershed_cp.tables import Table

__all__ = ["Gathered", "fitting_sheets", "gather_table", "read_table", "row_fault"]

_FINISH: dict[str, Callable[[Checked], Checked]] = {
    MSMES.name: place_firms,
    AUDITS.name: check_measurements,
    REDUCTIONS.name: check_measurements,
}
_UNIQUE = {
    MSMES.name: ("msme_id", "firm_id_twice"),
    RECOMMENDATIONS.name: ("recommendation_id", "recommendation_twice"),
}


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
        The rows of all sheets in order, with ``attrs["notes"]``: what was decided in reading, a tuple of Fault.

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
    for raw, header in fitting_sheets(sheets, table, sheet) or [_nearest(sheets, table)]:
        wrong = header_faults(raw, header, table)
        if wrong:
            faults += wrong
            continue
        checked = _FINISH.get(table.name, _as_it_is)(check_sheet(raw, header, table, language=language))
        frames.append(checked.frame)
        faults += checked.faults
        notes += checked.notes
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=[*table.names, *SOURCES])
    if table.name in _UNIQUE:
        faults += _repeated(frame, *_UNIQUE[table.name])
    ordered = sorted(faults, key=lambda one: (one.file or "", one.sheet or "", one.row or 0))
    return Gathered(frame, ordered, notes)


def _as_it_is(checked: Checked) -> Checked:
    return checked


def fitting_sheets(
    sheets: tuple[Sheet, ...], table: Table, name: str | None = None
) -> list[tuple[Sheet, Header]]:
    """Choose the sheet called `name`, or those whose header fits `table` better than any other table.

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
            found = " | ".join(sheet.name for sheet in sheets)
            raise IntakeError(fault("sheet_missing", file=sheets[0].file, sheet=name, found=found))
        return [(sheet, find_header(sheet, table)) for sheet in named]
    headers = [(sheet, find_header(sheet, table)) for sheet in sheets]
    return [
        (sheet, header)
        for sheet, header in headers
        if not header.missing(table) and len(header.positions) >= _best_rival(sheet, table)
    ]


def _best_rival(sheet: Sheet, table: Table) -> int:
    """Count the columns of the other table that fits a sheet best."""
    rivals = [(other, find_header(sheet, other)) for other in INPUTS if other is not table]
    return max((len(header.positions) for other, header in rivals if not header.missing(other)), default=0)


def _nearest(sheets: tuple[Sheet, ...], table: Table) -> tuple[Sheet, Header]:
    """Give the sheet that comes nearest to a table that none fits, so that its faults can be told."""
    headers = [(sheet, find_header(sheet, table)) for sheet in sheets]
    return max(headers, key=lambda pair: len(pair[1].positions))


def row_fault(row: pd.Series[Any], rule: str, column: str, **data: Any) -> Fault:
    """Write a finding about a row that has been read.

    Examples
    --------
    >>> row = pd.Series({"msme_id": "7", "source_file": "a.csv", "source_sheet": "", "source_row": 4})
    >>> row_fault(row, "firm_id_twice", "msme_id", first=2).row
    4
    """
    return fault(
        rule,
        file=row["source_file"],
        sheet=row["source_sheet"] or None,
        row=int(row["source_row"]),
        column=column,
        value=row[column],
        **data,
    )


def _repeated(frame: pd.DataFrame, column: str, rule: str) -> list[Fault]:
    """Find identifiers that stand twice; a row that repeats another in every cell is told so."""
    shared = frame[frame[column].notna() & frame[column].duplicated(keep=False)]
    again = shared[column].duplicated()
    whole = shared.drop(columns=["source_row", "geometry"], errors="ignore").astype("str").duplicated()
    first = shared[~again].set_index(column)["source_row"].to_dict()
    return [
        row_fault(row, "row_repeated" if same else rule, column, first=first[row[column]])
        for same, (_, row) in zip(whole[again], shared[again].iterrows(), strict=True)
    ]
