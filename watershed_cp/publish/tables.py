"""The written tables: CSV for machines, one workbook for people, one GeoPackage that QGIS opens styled.

Text stays text: what looks like a formula is never one. The same input gives the same bytes.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from watershed_cp import tables
from watershed_cp.impact.consultants import consultant_coverage, consultant_matches
from watershed_cp.impact.credit import lend_next, loan_costs, portfolio
from watershed_cp.impact.edition import PublicAccounts
from watershed_cp.messages import day, texts
from watershed_cp.publish.cellwords import in_words
from watershed_cp.publish.geopackage import save_geopackage, save_geoparquet
from watershed_cp.publish.style import COLOURS
from watershed_cp.publish.wording import counting_rules, disclosure_rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import xlsxwriter
    import xlsxwriter.format

    from watershed_cp.errors import Language
    from watershed_cp.impact.aggregation import Accounts

    Sheet = tuple[str, tables.Table, pd.DataFrame]

__all__ = ["save_csv", "save_sheets", "save_tables", "save_workbook"]

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
_EPOCH = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook's date has no zone
_WIDEST = 48
_A4 = 9  # Excel's number of the paper
_LONGEST_TEXT = 32_767  # that a cell of a workbook holds; the CSV has the whole
_PLAIN = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}


def save_tables(accounts: Accounts, folder: Path, *, language: Language = "es") -> list[Path]:
    """Write every table of a run into `folder`.

    Parameters
    ----------
    accounts : Accounts
        What the run found.
    folder : pathlib.Path
        Existing folder.
    language : {"es", "en"}
        Language of the workbook.

    Returns
    -------
    list of pathlib.Path
        One CSV a table, ``results.xlsx``, ``results.gpkg`` and one GeoParquet a layer.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> impact = run(data_path("demo", "project.toml"))
    >>> [path.name for path in save_tables(impact, pathlib.Path(tempfile.mkdtemp()))][-3:]
    ['results.gpkg', 'watersheds.parquet', 'msmes.parquet']
    """
    found = _tables(accounts)
    written = [save_csv(table, folder / f"{name}.csv") for name, _, table in found]
    written.append(_write_workbook(accounts, found, folder / "results.xlsx", language))
    written.append(save_geopackage(accounts, folder / "results.gpkg"))
    return written + save_geoparquet(accounts, folder)


def save_csv(table: pd.DataFrame, path: Path) -> Path:
    r"""Write a table as UTF-8 with byte-order mark, so that Excel reads the accents.

    A text cell that begins like a formula gets an apostrophe in front, unless it is a number.

    Parameters
    ----------
    table : pandas.DataFrame
        Any table; floats are written with as many digits as they need to be read back exactly.
    path : pathlib.Path
        File to write.

    Returns
    -------
    pathlib.Path
        The same path.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.csv"
    >>> save_csv(pd.DataFrame({"name": ["=1+1"], "kg": [0.1]}), path).read_text(encoding="utf-8-sig")
    "name,kg\n'=1+1,0.1\n"
    """
    columns = [_csv_column(table[name]) for name in table.columns]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([_csv_cell(str(name)) for name in table.columns])
        writer.writerows(zip(*columns, strict=True))
    return path


def save_workbook(accounts: Accounts, path: Path, *, language: Language = "es") -> Path:
    """Write one workbook: a cover that explains, a sheet a table, and a sheet that explains each column.

    Parameters
    ----------
    accounts : Accounts
        What the run found.
    path : pathlib.Path
        File to write.
    language : {"es", "en"}
        Language of headings, notes and explanations; column names are those of the CSV files.

    Returns
    -------
    pathlib.Path
        The same path.

    Examples
    --------
    >>> import tempfile, pathlib, openpyxl
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> impact = run(data_path("demo", "project.toml"))
    >>> path = save_workbook(impact, pathlib.Path(tempfile.mkdtemp()) / "a.xlsx", language="en")
    >>> openpyxl.load_workbook(path).sheetnames[0]
    'Read me'
    """
    return _write_workbook(accounts, _tables(accounts), path, language)


def _write_workbook(accounts: Accounts, found: Sequence[Sheet], path: Path, language: Language) -> Path:
    import xlsxwriter

    with xlsxwriter.Workbook(path, _PLAIN) as book:
        book.set_properties({"title": accounts.title.speak(language), "created": _EPOCH})
        formats = _formats(book)
        _write_cover(book, accounts, formats, language)
        for name, declared, table in found:
            _write_sheet(book, (name, declared), table, formats, language)
        _write_columns(book, found, formats, language)
    return path


def save_sheets(
    sheets: Sequence[Sheet], path: Path, *, language: Language = "es", about: Sequence[str] = ()
) -> Path:
    """Write tables as a workbook of a sheet each, headed by what its columns mean.

    Parameters
    ----------
    sheets : sequence of (str, Table, pandas.DataFrame)
        Name of the sheet among the labels ``workbook``, the declaration of its columns, and its rows.
    path : pathlib.Path
        File to write.
    language : {"es", "en"}
        Language of headings and values.
    about : sequence of str
        What a sheet at the end says of them all, before one that explains every column.

    Returns
    -------
    pathlib.Path
        The same path.

    Examples
    --------
    >>> import tempfile, pathlib, openpyxl
    >>> firms = pd.DataFrame({"msme_id": ["1"], "near": ["acelhuate"]})
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.xlsx"
    >>> openpyxl.load_workbook(save_sheets([("nearby", tables.NEARBY, firms)], path, language="en")).sheetnames
    ['Firms to visit']
    """
    import xlsxwriter

    with xlsxwriter.Workbook(path, _PLAIN) as book:
        book.set_properties({"created": _EPOCH})
        formats = _formats(book)
        for name, declared, table in sheets:
            _write_sheet(book, (name, declared), table, formats, language)
        if about:
            title = texts("workbook")["about"].speak(language)
            _write_lines(book.add_worksheet(title), title, about, formats)
            _write_columns(book, sheets, formats, language)
    return path


def _tables(accounts: Accounts) -> list[Sheet]:
    """List the tables to write with their declarations; what a person reads first comes first."""
    if isinstance(accounts, PublicAccounts):
        return [("public_loads", tables.PUBLIC_LOADS, accounts.public_loads)]
    found = [
        ("basin_loads", tables.BASIN_LOADS, accounts.basin_loads),
        ("programme_loads", tables.BASIN_LOADS, accounts.programme_loads),
        ("totals", tables.TOTALS, accounts.totals),
        ("range_shares", tables.RANGE_SHARES, accounts.range_shares),
        ("doubles", tables.DOUBLES, accounts.doubles),
        ("ledger_summary", tables.LEDGER_SUMMARY, accounts.ledger_summary),
        ("ledger", tables.LEDGER, accounts.ledger),
        ("assignments", tables.ASSIGNMENTS, accounts.assignments),
        ("basin_probabilities", tables.BASIN_PROBABILITIES, accounts.probabilities),
    ]
    if len(accounts.delivered_loads):
        found.insert(2, ("delivered_loads", tables.DELIVERED_LOADS, accounts.delivered_loads))
    if "inspections" in accounts.registers:
        found.append(("compliance", tables.COMPLIANCE, accounts.compliance))
        found.append(("next_inspections", tables.NEXT_INSPECTIONS, accounts.next_inspections))
    if len(accounts.indicators):
        found.insert(0, ("indicators", tables.INDICATORS, accounts.indicators))
    found += [entry for entry in (*_people(accounts), *_economy(accounts)) if len(entry[2])]
    if len(accounts.measurements):
        found.append(("measurements", tables.AUDITS, accounts.measurements))
    return found


def _people(accounts: Accounts) -> list[Sheet]:
    """List the tables of what people learned, where, and who works with whom."""
    return [
        ("training", tables.TRAINING, accounts.training),
        ("event_places", tables.EVENT_PLACES, accounts.event_places),
        ("alliances", tables.ALLIANCES, accounts.alliances),
    ]


def _economy(accounts: Accounts) -> list[Sheet]:
    """List the tables of measures, loans and consultants; one of which nothing is known is empty."""
    return [
        ("measures", tables.MEASURES, accounts.measures),
        ("branch_measures", tables.BRANCH_MEASURES, accounts.branch_measures),
        ("credit", tables.CREDIT, accounts.credit),
        ("loan_costs", tables.LOAN_COSTS, loan_costs(accounts)),
        ("portfolio", tables.PORTFOLIO, portfolio(accounts)),
        ("lend_next", tables.LEND_NEXT, lend_next(accounts)),
        ("consultant_matches", tables.CONSULTANT_MATCHES, consultant_matches(accounts)),
        ("consultant_coverage", tables.CONSULTANT_COVERAGE, consultant_coverage(accounts)),
    ]


def _csv_column(values: pd.Series[Any]) -> list[object]:
    return [_csv_cell(cell) for cell in values.tolist()]


def _csv_cell(cell: object) -> object:
    if cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, pd.Timestamp):
        return cell.date().isoformat()
    if isinstance(cell, str) and cell.startswith(_FORMULA_SIGNS) and not _is_number(cell):
        return f"'{cell}"
    return cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _formats(book: xlsxwriter.Workbook) -> dict[str, xlsxwriter.format.Format]:
    paper, ink, teal = COLOURS.paper, COLOURS.ink, COLOURS.basin
    return {
        "title": book.add_format({"font_size": 18, "font_color": ink}),
        "text": book.add_format({"font_color": ink, "text_wrap": True, "valign": "top"}),
        "header": book.add_format(
            {
                "bg_color": teal,
                "font_color": paper,
                "bold": True,
                "text_wrap": True,
                "align": "left",
                "valign": "top",
                "indent": 1,
            }
        ),
        "name": book.add_format({"font_color": COLOURS.muted, "font_size": 9, "bottom": 1, "indent": 1}),
        "cell": book.add_format({"indent": 1}),
        "kg/yr": book.add_format({"num_format": "#,##0.00"}),
        "m": book.add_format({"num_format": "#,##0"}),
        "degrees": book.add_format({"num_format": "0.00000"}),
        "%": book.add_format({"num_format": "0.0"}),
        "kg/yr/km2": book.add_format({"num_format": "0.0000"}),
        "inhabitants": book.add_format({"num_format": "#,##0"}),
        "whole": book.add_format({"num_format": "#,##0"}),
        "": book.add_format({"num_format": "#,##0.###"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd", "align": "left", "indent": 1}),
    }


def _write_cover(
    book: xlsxwriter.Workbook,
    accounts: Accounts,
    formats: dict[str, xlsxwriter.format.Format],
    language: Language,
) -> None:
    words = texts("workbook")
    lines = [words["synthetic"].speak(language)] if accounts.synthetic else []
    if accounts.period:
        first, last = (day(date, language) for date in accounts.period)
        lines.append(words["period"].speak(language).format(first=first, last=last))
    if isinstance(accounts, PublicAccounts):
        lines += [line.speak(language) for line in disclosure_rule(accounts.minimum_msmes)]
    told = ("credited", "range", "booked", "outlines")
    lines += [words[name].speak(language) for name in told if name != "booked" or len(accounts.ledger)]
    if rules := counting_rules(accounts):
        lines.insert(-2, rules.speak(language))
    cover = book.add_worksheet(words["cover"].speak(language))
    _write_lines(cover, accounts.title.speak(language), lines, formats)


def _write_lines(
    sheet: xlsxwriter.worksheet.Worksheet,
    title: str,
    lines: Sequence[str],
    formats: dict[str, xlsxwriter.format.Format],
) -> None:
    """Write a page of sentences below a title."""
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 78)
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.write_string(0, 0, title, formats["title"])
    for row, line in enumerate(lines, start=2):
        sheet.set_row(row, 16 * (1 + len(line) // 70) + 4)
        sheet.write_string(row, 0, line, formats["text"])


def _write_sheet(
    book: xlsxwriter.Workbook,
    kind: tuple[str, tables.Table],
    table: pd.DataFrame,
    formats: dict[str, xlsxwriter.format.Format],
    language: Language,
) -> None:
    """Write a table for people: what each column means on top, its name in the CSV below, values in words."""
    sheet = book.add_worksheet(texts("workbook")[kind[0]].speak(language))
    sheet.freeze_panes(2, 1)
    sheet.set_row(0, 62)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, 1)
    declared = {column.name: column for column in kind[1].columns}
    for place, column in enumerate(map(str, table.columns)):
        unit, cells = (declared[column].unit if column in declared else ""), table[column].tolist()
        words = [in_words(column, cell, language) for cell in cells]
        longest = max((len(str(word)) for word in words[:200] if word is not None), default=0)
        sheet.set_column(place, place, min(max(longest + 2, len(column) + 3, 13), _WIDEST))
        sheet.write_string(0, place, _heading(column, declared.get(column), language), formats["header"])
        sheet.write_string(1, place, column, formats["name"])
        for row, word in enumerate(words, start=2):
            _write_cell(sheet, (row, place), word, formats, _form(unit, word, formats))
    if len(table):
        sheet.autofilter(1, 0, len(table) + 1, len(table.columns) - 1)
        sheet.print_area(0, 0, len(table) + 1, len(table.columns) - 1)  # not what hangs over its right edge


def _form(unit: str, word: object, known: Mapping[str, object]) -> str:
    """Choose how a number is written: by its unit, and without one a whole number without a point."""
    if unit in known and unit:
        return unit
    return "whole" if isinstance(word, (int, float)) and math.isfinite(word) and word == int(word) else ""


def _heading(name: str, column: tables.Column | None, language: Language) -> str:
    if column is None:
        return name
    unit = texts("unit")[column.unit].speak(language) if column.unit in texts("unit") else column.unit
    return f"{column.meaning.speak(language)} ({unit})" if unit else column.meaning.speak(language)


def _write_cell(sheet: Any, at: tuple[int, int], cell: object, formats: Mapping[str, Any], form: str) -> None:
    value = _csv_cell(cell) if not isinstance(cell, str) else cell
    if value == "":
        return
    if isinstance(cell, pd.Timestamp):
        sheet.write_datetime(*at, cell.to_pydatetime(), formats["date"])
    elif isinstance(value, (int, float)) and math.isfinite(value):
        sheet.write_number(*at, value, formats[form])
    else:
        text = str(value)
        whole = len(text) <= _LONGEST_TEXT
        sheet.write_string(*at, text if whole else f"{text[: _LONGEST_TEXT - 2]} …", formats["cell"])


def _write_columns(
    book: xlsxwriter.Workbook,
    found: Sequence[Sheet],
    formats: dict[str, xlsxwriter.format.Format],
    language: Language,
) -> None:
    words, units = texts("workbook"), texts("unit")
    sheet = book.add_worksheet(words["columns"].speak(language))
    sheet.freeze_panes(1, 0)
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    for place, (name, width) in enumerate((("table", 26), ("column", 30), ("unit", 10), ("meaning", 80))):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, words[name].speak(language), formats["header"])
    row = 0
    for kind, declared, table in found:
        for column in (column for column in declared.columns if column.name in table):
            row += 1
            unit = units[column.unit].speak(language) if column.unit in units else column.unit
            cells = (words[kind].speak(language), column.name, unit, column.meaning.speak(language))
            for place, text in enumerate(cells):
                sheet.write_string(row, place, text, formats["text"])
