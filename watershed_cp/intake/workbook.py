"""A copy of the user's own workbook with every bad cell marked and explained, to be mended there and read again."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from watershed_cp.errors import IntakeError
from watershed_cp.intake.spreadsheets import read_sheets
from watershed_cp.messages import fault, label
from watershed_cp.palette import COLOURS, SHEET

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from watershed_cp.errors import Fault, Language
    from watershed_cp.intake.spreadsheets import Sheet

__all__ = ["mark_faults", "write_text"]

AUTHOR = "watershed_cp"
_MARK, _PAPER, _INK, _WATER = (
    f"FF{colour[1:]}" for colour in (SHEET.marked, COLOURS.paper, COLOURS.ink, COLOURS.river)
)
_FACE = "Calibri"
_LINE_CHARACTERS, _LINE_POINTS = 62, 15
_MOST_NAMED = 20  # sheet names may not be longer than 31 characters, and ours must be free


def mark_faults(
    path: str | Path, faults: Iterable[Fault], target: str | Path, *, language: Language | None = None
) -> Path:
    r"""Write a copy of a workbook in which each fault's cell is coloured and says what is wrong.

    The copy keeps the user's sheets, formats and formulas; a sheet in front lists the findings with links to
    their cells. A CSV or an older workbook becomes an XLSX of the same cells.

    Parameters
    ----------
    path : str or Path
        The workbook that was read.
    faults : iterable of Fault
        What is wrong in it.
    target : str or Path
        The copy, ``.xlsx``; it may not be the workbook itself.
    language : {"es", "en"}, optional
        Language of the explanations, by default that of the system.

    Returns
    -------
    Path
        The copy.

    Raises
    ------
    IntakeError
        If the target is the workbook itself.

    Examples
    --------
    >>> import tempfile
    >>> from watershed_cp.intake.checking import check_file
    >>> file = Path(tempfile.mkdtemp(), "a.csv")
    >>> _ = file.write_text("msme_id,latitude\n1,north\n", encoding="utf-8")
    >>> mark_faults(file, check_file(file).faults, file.with_name("marked.xlsx")).name
    'marked.xlsx'
    """
    path, target = Path(path), Path(target)
    if path.resolve() == target.resolve():
        raise IntakeError(fault("target_is_source", file=target.name))
    book, titles = _open_copy(path)
    faults = tuple(faults)
    cells: dict[tuple[str, str], list[Fault]] = {}
    places = []
    for finding in faults:
        named = titles.get((finding.sheet or "").casefold())
        sheet = book[named] if named else book.worksheets[0]
        address = _address(sheet, finding)
        places.append((sheet.title, address))
        cells.setdefault((sheet.title, address), []).append(finding)
    for (name, address), findings in cells.items():
        _mark(book[name][address], findings, language)
    _list_faults(book, faults, places, language)
    book.save(target)
    return target


def _open_copy(path: Path) -> tuple[Workbook, dict[str, str]]:
    """Open the workbook with all its formats, or pour the cells of another kind of file into a new one.

    Beside it stands what each of the user's sheets is called in it.
    """
    import openpyxl

    sheets = read_sheets(path)
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        try:
            with warnings.catch_warnings(action="ignore"):  # of drop-downs and the like that it does not keep
                book = openpyxl.load_workbook(path)
        except Exception:  # noqa: BLE001  it stumbles in its own ways over formats that the cells do not need
            return _pour(sheets)
        for sheet in book.worksheets:
            _forget_marks(sheet)
        if book.worksheets:
            return book, {sheet.title.casefold(): sheet.title for sheet in book.worksheets}
    return _pour(sheets)


def _pour(sheets: tuple[Sheet, ...]) -> tuple[Workbook, dict[str, str]]:
    """Write the cells of sheets into a new workbook, under names that it can have."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    titles: dict[str, str] = {}
    for number, sheet in enumerate(sheets, start=1):
        added = book.create_sheet(_free_name(book, sheet.name or f"{sheet.file[:_MOST_NAMED]} {number}"))
        for row, cells in enumerate(sheet.rows, start=sheet.first_row):
            for column, cell in enumerate(cells, start=sheet.first_column):
                if cell != "":
                    write_text(added.cell(row, column), cell)
        titles.setdefault(sheet.name.casefold(), added.title)
    return book, titles


def write_text(target: Any, value: Any) -> None:
    """Write a cell of openpyxl; text that looks like a formula stays text.

    Examples
    --------
    >>> import openpyxl
    >>> cell = openpyxl.Workbook().active["A1"]
    >>> write_text(cell, "=1+1")
    >>> cell.data_type
    's'
    """
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if isinstance(value, str):
        target.value = ILLEGAL_CHARACTERS_RE.sub("", value)[:32_767]
        target.data_type = "s"
    else:
        target.value = value


def _forget_marks(sheet: Worksheet) -> None:
    """Take away the marks of an earlier round."""
    from openpyxl.styles import PatternFill

    for row in sheet.iter_rows():
        for cell in row:
            if cell.comment is not None and cell.comment.author == AUTHOR:
                cell.comment, cell.fill = None, PatternFill()
    if sheet.sheet_properties.codeName == AUTHOR:
        sheet.parent.remove(sheet)


def _free_name(book: Workbook, wanted: str) -> str:
    plain = "".join(" " if char in "[]:*?/\\" or not char.isprintable() else char for char in wanted)
    plain = plain[:28].strip("' ") or "1"
    taken = {sheet.title.casefold() for sheet in book.worksheets}
    names = (plain, *(f"{plain} {number}" for number in range(2, 1000)))
    return next(name for name in names if name.casefold() not in taken)


def _address(sheet: Worksheet, finding: Fault) -> str:
    """Find a fault's cell by its row and the nearest header above it that reads as the fault's column."""
    from openpyxl.utils import get_column_letter

    row = finding.row or 1
    if finding.column:
        wanted = " ".join(finding.column.split())
        for above in range(min(row, 60), 0, -1):
            for cell in sheet[above]:
                if isinstance(cell.value, str) and " ".join(cell.value.split()) == wanted:
                    return f"{get_column_letter(cell.column)}{row}"
    return f"A{row}"


def _mark(cell: Any, findings: list[Fault], language: Language | None) -> None:
    """Colour one cell and explain it; in a merged range the first cell speaks for all."""
    from openpyxl.cell.cell import MergedCell
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    if isinstance(cell, MergedCell):
        merged = next(area for area in cell.parent.merged_cells.ranges if cell.coordinate in area)
        cell = cell.parent.cell(merged.min_row, merged.min_col)
    text = "\n".join(
        f"{one.problem.speak(language)} {one.remedy.speak(language)}".strip() for one in findings
    )
    cell.fill = PatternFill("solid", fgColor=_MARK)
    cell.comment = Comment(text, AUTHOR, width=320, height=40 + 18 * (len(text) // 45 + len(findings)))


def _list_faults(
    book: Workbook, faults: tuple[Fault, ...], places: list[tuple[str, str]], language: Language | None
) -> None:
    """Put a sheet in front that lists the findings, each with a link to its cell."""
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.worksheet.hyperlink import Hyperlink
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet = book.create_sheet(_free_name(book, label("marked", "sheet", language)), 0)
    sheet.sheet_properties.codeName = AUTHOR
    sheet["A1"] = label("marked", "title", language, count=len(faults))
    sheet["A1"].font = Font(name=_FACE, size=14, bold=True, color=_INK)
    sheet["A2"] = label("marked", "advice", language)
    for column, key in enumerate(("place", "value", "problem", "remedy"), start=1):
        head = sheet.cell(4, column, label("marked", key, language))
        head.font, head.fill = Font(name=_FACE, bold=True, color=_PAPER), PatternFill("solid", fgColor=_INK)
    for row, (finding, (name, address)) in enumerate(zip(faults, places, strict=True), start=5):
        link = sheet.cell(row, 1)
        write_text(link, f"{name}!{address}")
        target = "'{}'!{}".format(name.replace("'", "''"), address)
        link.hyperlink = Hyperlink(ref=link.coordinate, location=target)
        link.font = Font(name=_FACE, underline="single", color=_WATER)
        link.alignment = Alignment(vertical="top")
        for column, text in enumerate(
            (finding.value or "", finding.problem.speak(language), finding.remedy.speak(language)), start=2
        ):
            write_text(sheet.cell(row, column), text)
            sheet.cell(row, column).alignment = Alignment(wrap_text=True, vertical="top")
        longest = max(len(finding.problem.speak(language)), len(finding.remedy.speak(language)))
        sheet.row_dimensions[row].height = _LINE_POINTS * (1 + longest // _LINE_CHARACTERS)
    for letter, width in zip("ABCD", (24, 24, 60, 60), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A5"
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    book.active = 0
