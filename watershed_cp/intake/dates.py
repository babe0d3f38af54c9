"""Dates as offices write them: typed, as a day count, in ISO form, by day and month, with the name of a month."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import TYPE_CHECKING, Any

import pandas as pd

from watershed_cp.intake.cells import Cells, Reading, is_blank, name_rows
from watershed_cp.messages import texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from watershed_cp.errors import Fault, Language

__all__ = ["read_dates"]

_EXCEL_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001  a spreadsheet's date has no zone
_SERIALS = (18_264, 73_415)  # 1950 to 2100: below stand years and counts
_YEARS = (1950, 2100)  # what a programme, or a norm that it heeds, can have seen or plan
_FAR_DAYS = 3653  # ten years from the middle of its column a date may well be a slip, 2042 for 2024
_FEWEST_DATES = 3  # of which a middle can be told

_MONTHS = {
    name: month
    for month, names in enumerate(
        (
            "ene enero jan january", "feb febrero february", "mar marzo march", "abr abril apr april",
            "may mayo", "jun junio june", "jul julio july", "ago agosto aug august",
            "sep sept set septiembre setiembre september", "oct octubre october",
            "nov noviembre november", "dic diciembre dec december",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})")
_MONTH_NAMED = re.compile(r"(\d{1,2})(?: de | del |[-/. ])([a-z]+)\.?(?: de | del |[-/. ])(\d{4}|\d{2})")
_TIME = re.compile(
    r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*([ap]\.?\s?m\.?|Z|[+-]\d{2}:?\d{2})?$", re.IGNORECASE
)


def read_dates(cells: Cells, *, language: Language | None = None) -> Reading:
    """Read dates: typed as such, as Excel's day count, or as text in ISO form or day, month, year.

    Parameters
    ----------
    cells : Cells
        Column of kind ``date``.
    language : {"es", "en"}, optional
        Language of the headers: Spanish decides for day before month where no cell of the column does, and
        a single cell does not decide against it.

    Returns
    -------
    Reading
        Column of datetime64, without time of day.
    """
    found: list[dt.date | None] = [None] * len(cells.raw)
    written: dict[int, str] = {}
    faults: list[Fault] = []
    for position, value in enumerate(cells.raw):
        if isinstance(value, dt.date):
            found[position] = value.date() if isinstance(value, dt.datetime) else value
        elif isinstance(value, str):
            text = value.strip()
            if not is_blank(text):
                written[position] = text
        elif type(value) in (int, float) and _SERIALS[0] <= value <= _SERIALS[1]:
            found[position] = (_EXCEL_EPOCH + dt.timedelta(days=int(value))).date()
        else:
            faults.append(cells.fault(position, "date_not_read"))
    day_first, notes = _day_first(cells, written, language)
    for position, text in written.items():
        date = _parse_date(text, day_first)
        found[position] = date if isinstance(date, dt.date) else None
        if isinstance(date, str):
            faults.append(cells.fault(position, date))
    for position, day in enumerate(found):
        if day is not None and not _YEARS[0] <= day.year <= _YEARS[1]:
            faults.append(cells.fault(position, "date_implausible", first=_YEARS[0], last=_YEARS[1]))
            found[position] = None
    typed = pd.Series(pd.to_datetime(pd.Series(found, dtype=object))).dt.as_unit("s")
    return Reading(typed, faults, [*notes, *_far_dates(cells, typed)])


def _far_dates(cells: Cells, typed: pd.Series[Any]) -> list[Fault]:
    """Note the dates that stand ten years and more from the middle of their column."""
    if typed.count() < _FEWEST_DATES:
        return []
    far = ((typed - typed.median()).abs() > pd.Timedelta(days=_FAR_DAYS)).to_numpy()
    rows = cells.rows[far].tolist()
    return [cells.note("date_far", rows=name_rows(rows))] if rows else []


def _day_first(
    cells: Cells, dates: Mapping[int, str], language: Language | None
) -> tuple[bool | None, list[Fault]]:
    """Decide whether the day stands before the month, and tell why; None where nothing tells, or cells disagree."""
    proofs: dict[bool, list[int]] = {True: [], False: []}
    doubtful = []
    for place, text in dates.items():
        if match := _YEAR_LAST.fullmatch(_TIME.sub("", text)):
            one, two = int(match[1]), int(match[2])
            if max(one, two) > 12:  # noqa: PLR2004
                proofs[one > two].append(int(cells.rows[place]))
            elif one != two:
                doubtful.append(int(cells.rows[place]))
    spanish = language == "es"
    if (proofs[True] and proofs[False]) or (spanish and len(proofs[False]) == 1):
        return None, []  # a single cell may be the slip itself
    shown = proofs[True] or proofs[False]
    day_first = not proofs[False]
    if not shown and not spanish:
        return None, []
    if not doubtful or (spanish and len(proofs[True]) > 1):  # cells and language agree: nothing to tell
        return day_first, []
    order = texts("date_order")["day_first" if day_first else "month_first"]
    told: dict[str, Any] = {"order": order, "rows": name_rows(doubtful)}
    if shown:
        return day_first, [cells.note("date_order_by_row", shown=shown[0], **told)]
    return day_first, [cells.note("date_order_by_language", **told)]


def _parse_date(text: str, day_first: bool | None) -> dt.date | str:  # noqa: FBT001
    """Give the date, or the rule that says why there is none."""
    plain = _TIME.sub("", text).strip()
    try:
        if match := _YEAR_FIRST.fullmatch(plain):
            return dt.date(*map(int, match.groups()))
        if match := _MONTH_NAMED.fullmatch(_unaccented(plain)):
            return dt.date(_year(match[3]), _MONTHS.get(match[2], 0), int(match[1]))
        if match := _YEAR_LAST.fullmatch(plain):
            one, two, year = int(match[1]), int(match[2]), _year(match[3])
            if day_first is None and max(one, two) <= 12 and one != two:  # noqa: PLR2004
                return "date_ambiguous"
            day, month = (one, two) if (one > 12 or (day_first is not False and two <= 12)) else (two, one)  # noqa: PLR2004
            return dt.date(year, month, day)
    except ValueError:
        return "date_not_read"
    return "date_not_read"


def _unaccented(text: str) -> str:
    return unicodedata.normalize("NFKD", text).casefold()


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 70 else 1900)  # noqa: PLR2004
