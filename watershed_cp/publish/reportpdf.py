"""The report as a PDF of A4, one a language: the same chapters as the page, set by ReportLab."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from watershed_cp.messages import label
from watershed_cp.publish.blocks import Grid
from watershed_cp.publish.chapters import write_chapters
from watershed_cp.publish.drawings import WIDTH, Area, Drawing, Line, Word
from watershed_cp.publish.style import COLOURS, font_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from watershed_cp.errors import Language
    from watershed_cp.impact.aggregation import Accounts
    from watershed_cp.publish.blocks import Chapter

__all__ = ["save_report_pdf"]

_MARGIN = (595.28 - WIDTH) / 2
_SMALL = 7.5
_LABEL = 9
_TOGETHER = 3  # rows of a table that no page parts, at its head and at its end
_ROOM = 146  # points below a heading, or a chapter begins on the next page


def save_report_pdf(
    accounts: Accounts,
    path: str | Path,
    *,
    language: Language = "es",
    manifest: Mapping[str, Any] | None = None,
) -> None:
    """Write the report as a PDF of A4; the same accounts give the same bytes.

    Parameters
    ----------
    accounts : Accounts
        What the run found; a public edition tells of no single firm.
    path : str or pathlib.Path
        The file to write; an older one is replaced.
    language : {"es", "en"}
        Language of the words.
    manifest : mapping, optional
        As for :func:`watershed_cp.publish.report.build_report`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = pathlib.Path(folder.name, "report_es.pdf")
    >>> save_report_pdf(run(data_path("demo", "project.toml")), file)
    >>> file.read_bytes()[:5]
    b'%PDF-'
    >>> folder.cleanup()
    """
    from reportlab.platypus import SimpleDocTemplate

    first, *chapters = write_chapters(accounts, manifest or {}, language)
    title = f"{label('report', 'report', language)} – {accounts.title.speak(language)}"
    document = SimpleDocTemplate(
        str(path),
        pagesize=(595.28, 841.89),
        leftMargin=_MARGIN - 6,  # a frame pads its text by 6 points
        rightMargin=_MARGIN - 6,
        topMargin=48,
        bottomMargin=48,
        title=title,
        author="watershed_cp",
        lang=language,
        invariant=1,
    )
    marks = functools.partial(_mark_page, title=title, synthetic=accounts.synthetic, language=language)
    flow = [*_opening(accounts, first, language), *(part for one in chapters for part in _chapter(one))]
    document.build(flow, onFirstPage=marks, onLaterPages=marks)


@functools.cache
def _faces() -> tuple[str, str]:
    """Register the open sans family with ReportLab and name its regular and its semibold face."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    files = font_files()
    if not files:
        return "Helvetica", "Helvetica-Bold"
    for face in ("Regular", "Semibold"):
        pdfmetrics.registerFont(TTFont(f"SourceSans-{face}", str(files[face])))
    return "SourceSans-Regular", "SourceSans-Semibold"


def _text(words: str, size: float, *, bold: bool = False, colour: str = COLOURS.ink, **more: Any) -> Any:
    """Set a paragraph; whatever a user wrote is escaped."""
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    style = ParagraphStyle(
        "",
        fontName=_faces()[bold],
        fontSize=size,
        leading=1.3 * size,
        textColor=colour,
        splitLongWords=1,
        **more,
    )
    return Paragraph(escape(words), style)


def _opening(accounts: Accounts, finding: Chapter, language: Language) -> Iterator[Any]:
    title, *below = (part for part in finding.parts if isinstance(part, str))
    yield _text(accounts.title.speak(language), 10, colour=COLOURS.muted, spaceAfter=4)
    yield _text(title, 22, bold=True, spaceAfter=8)
    for at, words in enumerate(below):
        yield _text(words, 10 if at else 12, spaceAfter=4)


def _chapter(chapter: Chapter) -> Iterator[Any]:
    """Set a chapter; a picture that no longer fits lets the table after it go first."""
    from reportlab.platypus import CondPageBreak, HRFlowable

    from watershed_cp.publish.floats import Float

    yield CondPageBreak(_ROOM)
    yield HRFlowable(width="100%", thickness=0.8, color=COLOURS.ink, spaceBefore=16, spaceAfter=4)
    yield _text(chapter.title, 14, bold=True, spaceAfter=6)
    waiting: list[Any] = []
    for part in chapter.parts:
        if isinstance(part, Drawing):
            waiting.append(_picture(part))
        elif isinstance(part, Grid):
            yield Float(waiting, _table(part)) if waiting else _table(part)
            waiting = []
        else:
            yield from waiting
            waiting = []
            yield _text(str(part), 9.5, spaceAfter=5)
    yield from waiting


def _table(grid: Grid) -> Any:
    from reportlab.platypus import Table

    caption = [_text(grid.caption, 9.5, bold=True), *[""] * (len(grid.head) - 1)]
    align = [0 if at < grid.words else 2 for at in range(len(grid.head))]
    head = [
        _text(word, _SMALL, colour=COLOURS.muted, alignment=side)
        for word, side in zip(grid.head, align, strict=True)
    ]
    rows = [
        [_text(cell, _SMALL, alignment=side) for cell, side in zip(row, align, strict=True)]
        for row in grid.rows
    ]
    below = (
        [[_text(grid.note, _SMALL, colour=COLOURS.muted), *[""] * (len(grid.head) - 1)]] if grid.note else []
    )
    return Table(
        [caption, head, *rows, *below],
        colWidths=_widths(grid),
        hAlign="LEFT",
        repeatRows=2,
        style=_lines(len(rows), len(below)),
        spaceBefore=6,
        spaceAfter=6,
    )


def _lines(rows: int, below: int) -> Any:
    """Give a table its lines and margins; no page parts its first rows from the head, nor its last ones."""
    from reportlab.platypus import TableStyle

    return TableStyle(
        [
            ("SPAN", (0, 0), (-1, 0)),
            *[("SPAN", (0, -1), (-1, -1))] * below,
            ("LINEBELOW", (0, 1), (-1, 1), 0.7, COLOURS.ink),
            ("LINEBELOW", (0, 2), (-1, rows + 1), 0.4, COLOURS.hairline),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-2, -1), 5),
            ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("VALIGN", (0, 1), (-1, 1), "BOTTOM"),
            ("NOSPLIT", (0, 0), (-1, min(1 + _TOGETHER, rows + 1))),
            ("NOSPLIT", (0, max(2, rows + 2 - _TOGETHER)), (-1, -1)),
        ]
    )


def _widths(grid: Grid) -> list[float]:
    """Share the width by the longest cell of each column, of which a heading may break between words."""
    longest = []
    for at, head in enumerate(grid.head):
        words = max(map(len, head.split()), default=1)
        cells = max((len(row[at]) for row in grid.rows), default=1)
        longest.append(min(max(words, cells, 3), 40) + 1.5)
    room = WIDTH / 2 if grid.narrow else WIDTH
    return [room * long / sum(longest) for long in longest]


def _picture(picture: Drawing) -> Any:
    """Draw the shapes of a picture, whose `y` runs downwards, below its caption."""
    from reportlab.graphics import shapes as pdf
    from reportlab.lib.colors import HexColor

    from watershed_cp.publish.floats import Figure

    canvas = pdf.Drawing(picture.width, picture.height + 6)
    for shape in picture.shapes:
        if isinstance(shape, (Area, Line)):
            points = shape.ring if isinstance(shape, Area) else shape.points
            flat = [value for x, y in points for value in (x, picture.height - y)]
            if isinstance(shape, Area):
                edge = None if shape.edge == "none" else HexColor(shape.edge)
                canvas.add(
                    pdf.Polygon(flat, fillColor=HexColor(shape.fill), strokeColor=edge, strokeWidth=0.6)
                )
            else:
                dashes = [4, 3] if shape.dashed else None
                colour = HexColor(shape.colour)
                canvas.add(
                    pdf.PolyLine(flat, strokeColor=colour, strokeWidth=shape.width, strokeDashArray=dashes)
                )
        else:
            for word in _letters(shape, picture.height):
                canvas.add(word)
    return Figure(_text(picture.caption, 9.5, bold=True), canvas)


def _letters(word: Word, height: float) -> Iterator[Any]:
    """Set one line of text; on a map a veil of paper lies under it."""
    from reportlab.graphics.shapes import Rect, String
    from reportlab.lib.colors import HexColor
    from reportlab.pdfbase.pdfmetrics import stringWidth

    face, base = _faces()[word.halo], height - word.y
    if word.halo:
        long = stringWidth(word.text, face, _LABEL)
        left = word.x - {"start": 0.0, "middle": long / 2, "end": long}[word.anchor]
        yield Rect(
            left - 1.5,
            base - 2.5,
            long + 3,
            11,
            fillColor=HexColor(COLOURS.paper),
            fillOpacity=0.75,
            strokeColor=None,
        )
    yield String(
        word.x,
        base,
        word.text,
        fontName=face,
        fontSize=_LABEL,
        fillColor=HexColor(word.colour),
        textAnchor=word.anchor,
    )


def _mark_page(canvas: Any, _: Any, *, title: str, synthetic: bool, language: Language) -> None:
    """Write title, page and, on every page, that the data are synthetic."""
    canvas.saveState()
    canvas.setFont(_faces()[0], _SMALL)
    canvas.setFillColor(COLOURS.muted)
    canvas.drawString(_MARGIN, 28, title[:110])
    canvas.drawRightString(
        595.28 - _MARGIN, 28, label("report", "page", language, page=canvas.getPageNumber())
    )
    if synthetic:
        canvas.setFillColor(COLOURS.firm_text)
        canvas.drawRightString(595.28 - _MARGIN, 812, label("poster", "synthetic", language))
    canvas.restoreState()
