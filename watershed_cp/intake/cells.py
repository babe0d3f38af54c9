"""From raw cells to typed columns: text, numbers, dates, choices, each with the cells that could not be read.

How a text writes its numbers and dates is decided once for a column, by the cells that can be read in one way
only. Where no cell decides, nothing is guessed: the cells that could mean two things are faults.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
import re
import sys
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from watershed_cp.errors import InputError, Text
from watershed_cp.intake.headers import fold, shorten
from watershed_cp.messages import fault, texts
from watershed_cp.reference import read_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from watershed_cp.errors import Fault
    from watershed_cp.tables import Column

__all__ = [
    "Cells",
    "Reading",
    "is_blank",
    "known_choice",
    "name_rows",
    "read_choices",
    "read_number",
    "read_numbers",
    "read_texts",
]

Mark = Literal[".", ","]

_NAMED_ROWS = 5
_MOST_WHOLE = 2.0**53  # beyond it a cell no longer holds every whole number
_MOST = sys.float_info.max
_NOT_GIVEN = frozenset(
    {"", "-", "--", "–", "—", "n/a", "na", "n.a.", "s/d", "sin dato", "sin datos", "no data"}
)
_PLAIN = re.compile(  # decimals alone, thousands with commas, thousands with points
    r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?|[+-]?\d{1,3}(,\d{3})+(\.\d*)?|[+-]?\d{1,3}(\.\d{3})+(,\d*)?",
    re.ASCII,
)
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}(\1\d{3})*")
_GAPS = str.maketrans({"\xa0": "", "\u2009": "", "\u202f": "", " ": "", "'": "", "’": "", "−": "-"})


@dataclass(frozen=True, eq=False)
class Cells:
    """One column of a table as it stands in the user's sheet.

    Attributes
    ----------
    column : Column
        What the column is declared to hold.
    header : str
        The header as the user wrote it.
    raw : sequence
        Raw cells.
    rows : (n,) array of int
        Row numbers as the spreadsheet shows them.
    file, sheet : str
        Where the column stands.
    """

    column: Column
    header: str
    raw: Sequence[Any]
    rows: np.ndarray[Any, np.dtype[np.int64]]
    file: str
    sheet: str

    def fault(self, position: int, rule: str, **data: Any) -> Fault:
        """Write a finding about the cell at `position`."""
        return fault(
            rule,
            file=self.file,
            sheet=self.sheet or None,
            row=int(self.rows[position]),
            column=self.header,
            value=shorten(write_cell(self.raw[position])),
            **data,
        )

    def note(self, rule: str, **data: Any) -> Fault:
        """Write a finding about the whole column."""
        return fault(rule, file=self.file, sheet=self.sheet or None, column=self.header, **data)


class Reading(NamedTuple):
    """A typed column with the faults of its cells and notes on how it was read."""

    typed: pd.Series[Any]
    faults: list[Fault]
    notes: list[Fault]


def write_cell(cell: Any) -> str:
    """Write a raw cell as the user sees it: a whole number without ``.0``, a date in ISO form.

    Examples
    --------
    >>> write_cell(12.0), write_cell(" 007 "), write_cell(dt.date(2024, 3, 2))
    ('12', '007', '2024-03-02')
    """
    if isinstance(cell, str):
        return cell if cell.isalnum() and cell.isascii() else unicodedata.normalize("NFC", cell).strip()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, (dt.date, dt.time)) else str(cell)


def is_blank(cell: Any) -> bool:
    """Tell whether a raw cell says nothing: empty, a dash, ``N/A``, ``sin dato``.

    Examples
    --------
    >>> is_blank(" N/A "), is_blank(0), is_blank("<2")
    (True, False, False)
    """
    return isinstance(cell, str) and cell.strip().casefold() in _NOT_GIVEN


def read_texts(cells: Cells) -> Reading:
    """Read text; numbers typed as such become their digits, blanks become NA."""
    texts = [write_cell(value) or None for value in cells.raw]
    return Reading(pd.Series(texts, dtype="str"), [], [])


def read_choices(cells: Cells) -> Reading:
    """Read a choice by its value or by one of its names in Spanish or English."""
    faults, read = [], []
    for position, value in enumerate(cells.raw):
        text = write_cell(value)
        choice = known_choice(cells.column, text)
        if text and choice is None:
            faults.append(cells.fault(position, "choice_unknown", choices=_spell(cells.column)))
        read.append(choice)
    return Reading(pd.Series(read, dtype="str"), faults, [])


def known_choice(column: Column, text: str) -> str | None:
    """Give the choice that a text names, None where it names none.

    Examples
    --------
    >>> from watershed_cp.tables import MSMES
    >>> known_choice(MSMES["country"], "El Salvador")
    'SV'
    """
    known = _choices(column)
    return known.get(text) or known.get(fold(text)) if text else None


def _spell(column: Column) -> Text:
    """List the choices of a column by their words, which are read as well as their codes."""
    names = texts("choice")
    words = [names.get(choice, Text(choice, choice)) for choice in column.choices]
    return Text(*map(", ".join, zip(*words, strict=True)))


@functools.cache
def _choices(column: Column) -> dict[str, str]:
    named = {row["alias"]: row["choice"] for row in read_reference("choices") if row["column"] == column.name}
    named |= {choice: choice for choice in column.choices}
    return {fold(alias): choice for alias, choice in named.items() if fold(alias)} | named


def read_numbers(cells: Cells, *, marks: frozenset[Mark] = frozenset(), exported: bool = False) -> Reading:
    """Read numbers, typed as numbers or as text with a decimal point or comma.

    Parameters
    ----------
    cells : Cells
        Column of kind ``number`` or ``whole``.
    marks : set of "." and ","
        Decimal marks that other columns of the file are certain of; one of them decides where this column
        holds only cells such as ``1.234``, as long as it makes thousands of them.
    exported : bool, optional
        A program wrote the text of the file, with one mark throughout, which may make decimals of them too.

    Returns
    -------
    Reading
        Column of float64, or Int64 for a whole number.
    """
    numbers = np.full(len(cells.raw), np.nan)
    written: dict[int, str] = {}
    faults: list[Fault] = []
    plain = set(map(type, cells.raw)) <= {float} and all(map(math.isfinite, cells.raw))
    if plain:
        numbers[:] = cells.raw
    for position, value in () if plain else enumerate(cells.raw):
        if type(value) in (float, int) and abs(value) <= _MOST:  # a cell may hold infinity
            numbers[position] = value
        elif isinstance(value, str):
            text = value.translate(_GAPS)
            if text and not is_blank(value):
                written[position] = text
        else:
            faults.append(cells.fault(position, "number_not_read"))
    mark, notes = _decide_mark(cells, written, marks, exported=exported)
    for position, text in written.items():
        number = _parse(text, mark, grouping=_grouping(cells.column))
        if number is None:
            rule = "number_ambiguous" if _certain_mark(text) == "both" else "number_not_read"
            faults.append(cells.fault(position, rule))
        else:
            numbers[position] = number
    faults += _range_faults(cells, numbers)
    return Reading(
        _whole(cells, numbers, faults) if cells.column.kind == "whole" else pd.Series(numbers), faults, notes
    )


def read_number(text: str) -> float:
    """Read a number that stands alone, where no other cell tells its decimal mark.

    Parameters
    ----------
    text : str
        As somebody typed it.

    Returns
    -------
    float
        Finite.

    Raises
    ------
    InputError
        If it is no number, or can be read in two ways.

    Examples
    --------
    >>> read_number("1,234.5"), read_number("0.125")
    (1234.5, 0.125)
    >>> read_number("1.000")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ...
    watershed_cp.errors.InputError: ...
    """
    plain = text.translate(_GAPS)
    if _certain_mark(plain) == "both":
        mark = "." if "." in plain else ","
        whole, decimals = plain.split(mark)
        few = f"{whole}.{decimals}0" if decimals.strip("0") else whole
        raise InputError(fault("number_two_ways", value=text.strip(), few=few, many=whole + decimals))
    number = _parse(plain, None, grouping=True)
    if number is None:
        raise InputError(fault("number_not_read", value=shorten(text)))
    return number


def certain_marks(values: Iterable[Any]) -> set[Mark]:
    """Collect the decimal marks that the texts of a column leave no doubt about.

    Examples
    --------
    >>> sorted(certain_marks(["13,5", "1.234", 7.0])), sorted(certain_marks(["1.234,5", "0.123"]))
    ([','], [',', '.'])
    """
    found = {_certain_mark(value.translate(_GAPS)) for value in values if isinstance(value, str)}
    return {mark for mark in found if mark in (".", ",")}


@functools.lru_cache(maxsize=100_000)
def _certain_mark(text: str, *, grouping: bool = True) -> Mark | Literal["both", "none"]:
    """Tell the decimal mark a text is certain of; ``1.234`` can be read with both, ``12`` with any."""
    points, commas = text.count("."), text.count(",")
    if not (points or commas) or not _PLAIN.fullmatch(text):
        return "none"
    if points and commas:
        return "." if text.rfind(".") > text.rfind(",") else ","
    if points + commas > 1:
        return "," if points else "."
    if grouping and _GROUPED.fullmatch(text):
        return "both"
    return "." if points else ","


def _decide_mark(
    cells: Cells, texts: Mapping[int, str], marks: frozenset[Mark], *, exported: bool
) -> tuple[Mark | None, list[Fault]]:
    """Choose what decides the cells that can be read both ways: the column, else the file; else they are faults."""
    kinds = {place: _certain_mark(text, grouping=_grouping(cells.column)) for place, text in texts.items()}
    own = {mark: place for place, mark in reversed(kinds.items()) if mark in (".", ",")}
    doubtful = [place for place, kind in kinds.items() if kind == "both"]
    separators = {mark for place in doubtful for mark in (".", ",") if mark in texts[place]}
    rows = name_rows([int(cells.rows[place]) for place in doubtful])
    if len(separators) > 1 or len(own) > 1:
        return None, []
    if own:
        ((mark, shown),) = own.items()
        if doubtful:
            row = int(cells.rows[shown])
            return mark, [cells.note("decimal_mark_by_row", mark=mark, shown=row, rows=rows)]
        return mark, [cells.note("decimal_mark_by_column", mark=mark)] if mark == "," else []
    if doubtful and len(marks) == 1 and (exported or not separators & marks):
        (mark,) = marks
        return mark, [cells.note("decimal_mark_by_file", mark=mark, rows=rows)]
    return None, []


def _grouping(column: Column) -> bool:
    """Tell whether a column's range has room for a thousands mark: a latitude's has none."""
    return column.maximum is None or column.maximum >= 1000  # noqa: PLR2004


def _parse(text: str, mark: Mark | None, *, grouping: bool) -> float | None:
    """Give the number, or None where it is none or can be read in two ways."""
    certain = _certain_mark(text, grouping=grouping)
    if not _PLAIN.fullmatch(text) or (certain == "both" and mark is None):
        return None
    mark = mark if certain == "both" else certain if certain != "none" else None
    number = float(
        text.replace(",", "") if mark == "." else text.replace(".", "").replace(",", ".") if mark else text
    )
    return number if math.isfinite(number) else None


def _range_faults(cells: Cells, numbers: np.ndarray[Any, np.dtype[np.float64]]) -> list[Fault]:
    low, high = cells.column.minimum, cells.column.maximum
    faults = []
    if low is not None:
        faults += [
            cells.fault(int(i), "number_low", minimum=f"{low:,.10g}") for i in np.flatnonzero(numbers < low)
        ]
    if high is not None:
        faults += [
            cells.fault(int(i), "number_high", maximum=f"{high:,.10g}")
            for i in np.flatnonzero(numbers > high)
        ]
    return faults


def _whole(
    cells: Cells, numbers: np.ndarray[Any, np.dtype[np.float64]], faults: list[Fault]
) -> pd.Series[Any]:
    broken = np.isfinite(numbers) & ((numbers != np.floor(numbers)) | (np.abs(numbers) > _MOST_WHOLE))
    faults += [cells.fault(int(i), "number_not_whole") for i in np.flatnonzero(broken)]
    return pd.Series(np.where(broken, np.nan, numbers)).astype("Int64")


def name_rows(rows: Sequence[int]) -> str:
    """Name the first rows of a list, and how many there are in all.

    Examples
    --------
    >>> name_rows([3, 4]), name_rows(range(2, 1202))
    ('3, 4', '2, 3, 4, 5, 6 … (1,200)')
    """
    first = ", ".join(map(str, rows[:_NAMED_ROWS]))
    return first if len(rows) <= _NAMED_ROWS else f"{first} … ({len(rows):,})"
