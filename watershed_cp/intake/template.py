"""An empty workbook to fill in: one sheet a table, drop-downs, units in the headers, an example row, instructions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from watershed_cp.errors import system_language
from watershed_cp.intake.headers import usual_header
from watershed_cp.messages import label, texts
from watershed_cp.palette import COLOURS, SHEET
from watershed_cp.tables import INPUTS

if TYPE_CHECKING:
    from watershed_cp.errors import Language
    from watershed_cp.tables import Column, Table

__all__ = ["write_template"]

_ROWS = 5_000
_UNITS = {"degrees": "°"}
_WIDTHS = {"text": 24, "number": 15, "whole": 13, "date": 13, "choice": 18}


def write_template(path: str | Path, *, language: Language | None = None) -> Path:
    """Write the workbook that a programme fills in.

    Required columns have a dark header, the others a light one. Each header explains itself in a note, in both
    languages; columns of choices have drop-downs. The example rows are told from real ones by their
    identifier, and never count.

    Parameters
    ----------
    path : str or Path
        The workbook to write, ``.xlsx``.
    language : {"es", "en"}, optional
        Language of headers, choices and instructions, by default that of the system.

    Returns
    -------
    Path
        The workbook.

    Examples
    --------
    >>> import tempfile
    >>> from watershed_cp.intake.checking import check_file
    >>> file = write_template(Path(tempfile.mkdtemp(), "plantilla.xlsx"), language="es")
    >>> check_file(file).faults
    ()
    """
    import xlsxwriter

    language = language or system_language()
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": label("template", "title", language), "created": None})
        _write_instructions(book, language)
        for table in INPUTS:
            _write_table(book, table, language)
    return Path(path)


def _write_instructions(book: Any, language: Language) -> None:
    sheet = book.add_worksheet(label("template", "instructions", language))
    sheet.hide_gridlines(2)
    sheet.fit_to_pages(1, 0)
    sheet.set_column(0, 0, 3)
    sheet.set_column(1, 1, 100)
    title = book.add_format({"bold": True, "font_size": 18, "font_color": COLOURS.ink})
    body = book.add_format({"text_wrap": True, "valign": "top", "font_size": 11, "font_color": COLOURS.ink})
    sheet.write_string(1, 1, label("template", "title", language), title)
    steps = [text.speak(language) for key, text in texts("template").items() if key.startswith("step_")]
    for number, step in enumerate(steps, start=1):
        sheet.write_string(2 + number, 1, f"{number}. {step}", body)
        sheet.set_row(2 + number, 32 if len(step) > 110 else 18)  # noqa: PLR2004


def _write_table(book: Any, table: Table, language: Language) -> None:
    sheet = book.add_worksheet(label("template", table.name, language))
    sheet.freeze_panes(1, 1)
    sheet.set_row(0, 78)  # five lines, as the longest header takes
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    base = {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1, "border_color": COLOURS.paper}
    required = book.add_format(base | {"bg_color": COLOURS.ink, "font_color": COLOURS.paper})
    optional = book.add_format(base | {"bg_color": SHEET.shade, "font_color": COLOURS.ink})
    example = book.add_format({"italic": True, "font_color": COLOURS.muted})
    kinds = {
        "text": book.add_format({"num_format": "@"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
    }
    values = texts(f"example_{table.name}")
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, _WIDTHS[column.kind], kinds.get(column.kind))
        sheet.write_string(
            0, place, _header(table, column, language), required if column.required else optional
        )
        note = (
            f"{column.meaning.speak(language)}\n\n{column.meaning.speak('en' if language == 'es' else 'es')}"
        )
        sheet.write_comment(0, place, note, {"x_scale": 2, "y_scale": 1.2, "author": "watershed_cp"})
        _validate(sheet, place, column, language)
        if column.name in values:
            _write_example(sheet, place, column, values[column.name].speak(language), example)


def _header(table: Table, column: Column, language: Language) -> str:
    """Give the usual header of a column in a language, with its unit in brackets."""
    name = usual_header(table, column.name, language)
    unit = _UNITS.get(column.unit, column.unit)
    return f"{name} ({unit})" if unit and "(" not in name else name


def _choices(column: Column, language: Language) -> list[str]:
    """Give the words of a drop-down: each choice's name in a language, or the choice itself."""
    names = texts("choice")
    return [names[choice].speak(language) if choice in names else choice for choice in column.choices]


def _validate(sheet: Any, place: int, column: Column, language: Language) -> None:
    area = (1, place, _ROWS, place)
    told = {
        "error_title": label("template", "error", language),
        "error_message": column.meaning.speak(language)[:255],
    }
    if column.kind == "choice":
        sheet.data_validation(*area, told | {"validate": "list", "source": _choices(column, language)})
    elif column.minimum is not None:
        high = column.maximum if column.maximum is not None else 1e15
        limits = {"criteria": "between", "minimum": column.minimum, "maximum": high}
        sheet.data_validation(*area, told | limits | {"validate": "decimal", "error_type": "warning"})


def _write_example(sheet: Any, place: int, column: Column, value: str, example: Any) -> None:
    if column.kind in ("number", "whole"):
        sheet.write_number(1, place, float(value), example)
    else:
        sheet.write_string(1, place, value, example)
