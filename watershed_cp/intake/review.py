"""Pairs of firms that may be one, as a workbook in which a person decides; what was decided stays decided."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from watershed_cp.aside import written_aside
from watershed_cp.errors import Text
from watershed_cp.intake.duplicates import SAME_NAME
from watershed_cp.intake.headers import fold
from watershed_cp.intake.spreadsheets import read_sheets
from watershed_cp.messages import label, number, texts
from watershed_cp.palette import COLOURS, SHEET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from watershed_cp.errors import Language

__all__ = ["write_review"]

_WIDTHS = {
    "decision": 16, "likeness_pct": 11, "why": 44, "msme_id": 13, "name": 32, "municipality": 18, "address": 34,
    "source_row": 8,
}  # fmt: skip
_TWICE = ("msme_id", "name", "municipality", "address", "source_row")
_ORDER = ("decision", "likeness_pct", "why", *(part for name in _TWICE for part in (name, f"other_{name}")))
_HEAD_ROW = 3
_WHOLE = 100


def write_review(pairs: pd.DataFrame, path: str | Path, *, language: Language | None = None) -> int:
    """Write pairs of firms for a person to judge: why they may be one, both records side by side, and what she decides.

    Parameters
    ----------
    pairs : DataFrame
        As :func:`watershed_cp.intake.duplicates.review_pairs` gives them.
    path : str or Path
        Workbook to write, ``.xlsx``. What was decided in an earlier one stays, also of pairs that are gone.
    language : {"es", "en"}, optional
        Language of headers and reasons, by default that of the system.

    Returns
    -------
    int
        How many pairs are still to be decided.

    Raises
    ------
    IntakeError
        If the earlier workbook cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> import geopandas as gpd
    >>> from watershed_cp.intake.duplicates import review_pairs
    >>> rows = {"msme_id": ["1", "2"], "name": ["Café Luz, S.A.", "CAFE LUZ"]}
    >>> pairs = review_pairs(gpd.GeoDataFrame(rows, geometry=[None] * 2, crs=4326))
    >>> write_review(pairs, Path(tempfile.mkdtemp(), "pairs.xlsx"), language="en")
    1
    """
    path = Path(path)
    earlier = _earlier(path)
    keys = [_key(*names) for names in zip(pairs["msme_id"], pairs["other_msme_id"], strict=True)]
    shown = pairs.assign(
        decision=[earlier.get(key, {}).get("decision", "") for key in keys],
        why=[_why(pair).speak(language) for pair in pairs.to_dict("records")],
    )
    undecided = shown["decision"] == ""
    gone = [row for key, row in earlier.items() if row["decision"] and key not in keys]
    ordered = shown.iloc[(~undecided).to_numpy().argsort(kind="stable")][list(_ORDER)].astype(object)
    with written_aside(path) as aside:
        _write(pd.concat([ordered, pd.DataFrame(gone, columns=list(_ORDER), dtype=object)]), aside, language)
    return int(undecided.sum())


def _key(one: str, two: str) -> tuple[str, ...]:
    return tuple(sorted((str(one), str(two))))


def _earlier(path: Path) -> dict[tuple[str, ...], dict[str, Any]]:
    """Read the pairs of an earlier workbook with what was decided, wherever its columns have been moved."""
    if not path.exists():
        return {}
    words = texts("duplicates")
    named = {fold(text): name for name in _ORDER for text in words[name]}
    rows = read_sheets(path)[0].rows
    for place, row in enumerate(rows):
        heads = [named.get(fold(cell), "") if isinstance(cell, str) else "" for cell in row]
        if {"msme_id", "other_msme_id", "decision"} <= set(heads):
            found = [dict(zip(heads, cells, strict=True)) for cells in rows[place + 1 :]]
            return {
                _key(pair["msme_id"], pair["other_msme_id"]): pair
                | {"decision": str(pair["decision"]).strip()}
                for pair in found
            }
    return {}


def _why(pair: Mapping[Any, Any]) -> Text:
    """Say why two firms may be one."""
    words = texts("duplicates")
    likeness, apart = pair["likeness_pct"], pair["distance_m"]
    alike = (
        "same_name" if likeness == _WHOLE else "nearly_same_name" if likeness >= SAME_NAME else "alike_name"
    )
    parts = [words[alike]]
    if pair["same_municipality"]:
        parts.append(words["same_municipality"])
    parts.append(
        words["apart_unknown"]
        if math.isnan(apart)
        else Text(*(text.format(distance=number(round(apart))) for text in words["apart"]))
    )
    return Text(*("; ".join(spoken) for spoken in zip(*parts, strict=True)))


def _write(shown: pd.DataFrame, path: Path, language: Language | None) -> None:
    """Write the sheet: a row a pair, the cells to fill in shaded."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        title = label("duplicates", "title", language)
        book.set_properties({"title": title, "created": dt.datetime(2000, 1, 1)})  # noqa: DTZ001  has no zone
        sheet = book.add_worksheet(label("duplicates", "sheet", language))
        large = book.add_format({"bold": True, "font_size": 14, "font_color": COLOURS.ink})
        sheet.write_string(0, 0, title, large)
        sheet.write_string(1, 0, label("duplicates", "advice", language))
        base = {"valign": "top", "text_wrap": True, "border": 1, "border_color": SHEET.shade}
        head = {"bold": True, "bg_color": COLOURS.ink, "font_color": COLOURS.paper, "valign": "vcenter"}
        heads, cells = book.add_format(base | head), book.add_format(base)
        asked = book.add_format(base | {"bg_color": SHEET.asked, "num_format": "@"})
        for place, name in enumerate(_ORDER):
            sheet.set_column(place, place, _WIDTHS[name.removeprefix("other_")])
            sheet.write_string(_HEAD_ROW, place, label("duplicates", name, language), heads)
            for row, value in enumerate(shown[name].tolist(), start=_HEAD_ROW + 1):
                _write_cell(sheet, row, place, value, asked if name == "decision" else cells)
        _dress(sheet, _HEAD_ROW + len(shown), language)


def _write_cell(sheet: Any, row: int, place: int, value: Any, form: Any) -> None:
    if isinstance(value, str) and value:
        sheet.write_string(row, place, value, form)
    elif value == "" or pd.isna(value):
        sheet.write_blank(row, place, None, form)
    else:
        sheet.write_number(row, place, value, form)


def _dress(sheet: Any, last: int, language: Language | None) -> None:
    """Give the sheet its drop-down, its filter and its page."""
    choices = [label("duplicates", f"decided_{key}", language) for key in ("same", "different")]
    told = {"validate": "list", "source": choices, "error_type": "warning"}
    sheet.data_validation(_HEAD_ROW + 1, 0, last, 0, told)
    sheet.autofilter(_HEAD_ROW, 0, last, len(_ORDER) - 1)
    sheet.freeze_panes(_HEAD_ROW + 1, 1)
    sheet.set_row(_HEAD_ROW, 32)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
