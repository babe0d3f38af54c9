"""Posters and slides: one per watershed and one of all, for paper and for the projector, in Spanish and English.

A poster says its finding in words, with the range, before it shows it. Everything on a page is placed in points, so
that a page looks the same as PDF and as picture, and the same accounts give the same bytes.
"""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import matplotlib as mpl
import numpy as np
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from watershed_cp.messages import label, mass, number, percent
from watershed_cp.publish import cartography as maps
from watershed_cp.publish.basemap import built_in, read_basemap
from watershed_cp.publish.findings import (
    count_word,
    day,
    find,
    firms,
    round_mass,
    round_steps,
    span,
    tight,
    typeset,
)
from watershed_cp.publish.lettering import Box, text_width, wrap, write
from watershed_cp.publish.panels import (
    Bar,
    Column,
    draw_bars,
    draw_changes,
    draw_evidence,
    draw_left_out,
    draw_table,
    room_below,
)
from watershed_cp.publish.placenames import draw_names, name_basins
from watershed_cp.publish.style import (
    COLOURS,
    RAMP,
    TYPE,
    TypeSizes,
    matplotlib_settings,
    ramp_breaks,
    ramp_colour,
)
from watershed_cp.publish.terrain import Frame, project
from watershed_cp.publish.wording import both_languages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from watershed_cp.errors import Language
    from watershed_cp.impact.aggregation import Accounts
    from watershed_cp.publish.findings import Finding

__all__ = ["draw_overview", "draw_poster", "save_posters"]

FormName = Literal["a3", "slide"]
_LONGEST_STEM = 120  # bytes; file systems end at 255


@dataclass(frozen=True)
class Form:
    """A page: its size in points and where map, column, key and small print stand."""

    width: float
    height: float
    margin: float
    sizes: TypeSizes
    pen: float
    map: Box
    column: Box
    dots_per_inch: int


FORMS: dict[str, Form] = {
    "a3": Form(
        width=1190.55,
        height=841.89,
        margin=42,
        sizes=TYPE["a3"],
        pen=1.0,
        map=Box(42, 108, 768, 700),
        column=Box(800, 96, 1148.55, 700),
        dots_per_inch=150,
    ),
    "slide": Form(
        width=960,
        height=540,
        margin=30,
        sizes=TYPE["slide"],
        pen=0.8,
        map=Box(30, 70, 590, 440),
        column=Box(614, 52, 930, 440),
        dots_per_inch=144,
    ),
}


def draw_poster(
    accounts: Accounts, basin_id: str, *, language: Language = "es", form: FormName = "a3"
) -> Figure:
    """Draw the poster of one watershed.

    Parameters
    ----------
    accounts : Accounts
        What the run found.
    basin_id : str
        One of ``accounts.basins.index``.
    language : {"es", "en"}
        Language of every word.
    form : {"a3", "slide"}
        A3 paper, landscape, or a slide of 16 to 9.

    Returns
    -------
    matplotlib.figure.Figure
        Loads in kg or t per year; saving is the caller's.

    Raises
    ------
    KeyError
        If there is no such watershed.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> figure = draw_poster(run(data_path("demo", "project.toml")), "motagua", form="slide")
    >>> figure.get_size_inches().round(2).tolist()
    [13.33, 7.5]
    """
    finding, page = find(accounts, basin_id), FORMS[form]
    with mpl.rc_context(matplotlib_settings()):
        figure, axes = _blank(page)
        _head(axes, page, accounts, language, *_words(accounts, finding, language))
        sheet = _basin_map(figure, page, accounts, finding, language)
        _key(axes, page, sheet, finding, language, float(accounts.basins.loc[basin_id, "accuracy_m"]))
        column = Column(axes, page.column.left, page.column.right, page.column.top, page.sizes, language)
        room = page.column.top - page.column.bottom - room_below(finding, page.sizes, language)
        draw_changes(column, finding.changes, room=room)
        draw_evidence(column, finding)
        draw_left_out(column, finding)
        _foot(axes, page, accounts, language)
    return figure


def draw_overview(accounts: Accounts, *, language: Language = "es", form: FormName = "a3") -> Figure:
    """Draw all watersheds on one map, shaded by the reduction of the pollutant that speaks for the programme.

    Parameters
    ----------
    accounts : Accounts
        What the run found.
    language : {"es", "en"}
        Language of every word.
    form : {"a3", "slide"}
        A3 paper, landscape, or a slide of 16 to 9.

    Returns
    -------
    matplotlib.figure.Figure
        Loads in kg or t per year; saving is the caller's.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> draw_overview(run(data_path("demo", "project.toml")), language="en").get_size_inches().round(2).tolist()
    [16.54, 11.69]
    """
    finding, page = find(accounts), FORMS[form]
    bars = _overview_bars(accounts, finding, language)
    with mpl.rc_context(matplotlib_settings()):
        figure, axes = _blank(page)
        _head(axes, page, accounts, language, *_words(accounts, finding, language))
        _overview_map(figure, page, accounts, bars, language)
        _ramp_key(axes, page, finding, bars, language)
        column = Column(axes, page.column.left, page.column.right, page.column.top, page.sizes, language)
        room = page.column.top - page.column.bottom - room_below(finding, page.sizes, language)
        draw_bars(column, finding, list(bars.values()), room=room)
        draw_table(column, finding.changes, room=room - (page.column.top - column.y))
        draw_evidence(column, finding)
        draw_left_out(column, finding)
        _foot(axes, page, accounts, language)
    return figure


def save_posters(
    accounts: Accounts,
    folder: str | Path,
    *,
    languages: Sequence[Language] = ("es", "en"),
    forms: Sequence[FormName] = ("a3",),
) -> list[Path]:
    """Draw and write every poster as PDF and PNG; the same accounts give the same bytes.

    Parameters
    ----------
    accounts : Accounts
        What the run found.
    folder : str or pathlib.Path
        An existing folder.
    languages, forms : sequence of str
        Each watershed and the overview get one poster for each pair.

    Returns
    -------
    list of pathlib.Path
        What was written, ``<watershed>_<form>_<language>.pdf`` and ``.png``.

    Examples
    --------
    >>> import tempfile
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> accounts = run(data_path("demo", "project.toml"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     len(save_posters(accounts, folder, languages=["es"], forms=["slide"]))
    10
    """
    written = []
    for form in forms:
        for language in languages:
            for basin_id, stem in _stems(accounts).items():
                figure = draw_poster(accounts, basin_id, language=language, form=form)
                written += _save(figure, Path(folder) / f"{stem}_{form}_{language}", FORMS[form])
            figure = draw_overview(accounts, language=language, form=form)
            written += _save(figure, Path(folder) / f"overview_{form}_{language}", FORMS[form])
    return written


def _stems(accounts: Accounts) -> dict[str, str]:
    """Give each watershed a file name that any system accepts; a user's identifier may hold anything."""
    stems: dict[str, str] = {}
    for basin_id in accounts.basins.index:
        name = re.sub(r"[^\w-]+", "_", unicodedata.normalize("NFC", str(basin_id)))
        stem = name.encode()[:_LONGEST_STEM].decode(errors="ignore").strip("_") or "basin"
        taken = {*(stem.casefold() for stem in stems.values()), "overview"}
        names = itertools.chain([stem], (f"{stem}_{count}" for count in itertools.count(2)))
        stems[basin_id] = next(name for name in names if name.casefold() not in taken)
    return stems


def _save(figure: Figure, path: Path, page: Form) -> list[Path]:
    pdf, png = path.with_name(f"{path.name}.pdf"), path.with_name(f"{path.name}.png")
    with mpl.rc_context(matplotlib_settings()):
        figure.savefig(pdf, metadata={"CreationDate": None, "Producer": None, "Creator": None})
        figure.set_dpi(page.dots_per_inch)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    dots = (page.dots_per_inch, page.dots_per_inch)
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    picture.save(png, dpi=dots, compress_type=zlib.Z_RLE)  # half the time of the densest, and 4 % more bytes
    return [pdf, png]


def _blank(page: Form) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(page.width / 72, page.height / 72))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, page.width), ylim=(0, page.height))
    axes.axis("off")
    return figure, axes


def _head(axes: Axes, page: Form, accounts: Accounts, language: Language, title: str, below: str) -> None:
    sizes, left, right = page.sizes, page.margin, page.width - page.margin
    y = page.height - page.margin - 0.5 * sizes.small
    write(axes, left, y, accounts.title.speak(language), sizes.small, colour=COLOURS.muted)
    if accounts.synthetic:
        text = label("poster", "synthetic", language)
        pad = 0.5 * sizes.small
        edge = {"boxstyle": "round,pad=0.35", "fc": COLOURS.paper, "ec": COLOURS.firm_text, "lw": 0.9}
        write(axes, right - pad, y, text, sizes.small, colour=COLOURS.firm_text, align="right", bbox=edge)
    y -= 1.4 * sizes.title
    size = min(sizes.title, sizes.title * (right - left) / text_width(title, sizes.title, "bold"))
    write(axes, left, y, title, size, weight="bold")
    y -= 1.75 * sizes.body
    write(axes, left, y, below, sizes.body, colour=COLOURS.muted)


def _words(accounts: Accounts, finding: Finding, language: Language) -> tuple[str, str]:
    """Write the finding as a title, and below it how sure it is and who is behind it."""
    counts = {"credited": number(finding.credited), "located": number(finding.located)}
    firms = label("poster", "credited", language, **counts)
    if finding.basin_id is None:
        count = count_word(len(accounts.basins), language)
        subject = label("poster", "watersheds", language, count=count)
    else:
        subject = str(accounts.basins.loc[finding.basin_id, f"name_{language}"])
    if not finding.changes:
        return label("poster", "title_none", language, basin=subject), firms
    change = finding.changes[0]
    words = {
        "basin": subject,
        "mass": mass(abs(change.reduction)),
        "pollutant": typeset(change.pollutant, language),
    }
    title = label("poster", "title" if change.reduction >= 0 else "title_more", language, **words)
    spread = span(change.reduction, change.low, change.high, language)
    known = math.isfinite(change.low) and math.isfinite(change.high)
    parts = [label("poster", "range", language, range=spread) if known else spread]
    if math.isfinite(change.percent):
        share = percent(abs(change.percent), digits=0)
        parts.append(label("poster", "less" if change.percent >= 0 else "more", language, percent=share))
    if change.includes_zero:
        parts.append(label("poster", "includes_zero", language))
    return tight(title), tight("  ·  ".join([*parts, firms]))


def _basin_map(
    figure: Figure, page: Form, accounts: Accounts, finding: Finding, language: Language
) -> maps.Sheet:
    basin_id = next(iter({str(finding.basin_id)} & built_in(accounts.basins)), None)
    outline = project(accounts.basins.geometry.loc[finding.basin_id])
    size = (page.map.right - page.map.left, page.map.top - page.map.bottom)
    frame = Frame.around(outline, *size, margin=0.07 * size[1])
    sheet = maps.Sheet.on(figure, page.map[:2], frame, page.sizes, page.pen)
    accuracy = float(accounts.basins.loc[finding.basin_id, "accuracy_m"])
    maps.draw_ground(sheet, page.dots_per_inch, outline=outline, accuracy_m=accuracy, basin_id=basin_id)
    maps.draw_rivers(sheet, basin_id)
    maps.draw_firms(sheet, finding.places, float(finding.places["reduction_kg_yr"].max()))
    maps.draw_scale(sheet, 14 * page.pen, 14 * page.pen)
    maps.draw_inset(figure, sheet, outline, page.map[:2])
    draw_names(sheet, language, outline=outline, basin_id=basin_id)
    return sheet


def _key(
    axes: Axes, page: Form, sheet: maps.Sheet, finding: Finding, language: Language, accuracy_m: float
) -> None:
    """Explain the marks under the map: sizes, doubt, what is not counted, and the edge."""
    small, x, y = page.sizes.small, page.margin, page.map.bottom - 2.0 * page.sizes.small
    middle = y + 0.32 * small
    largest = float(finding.places["reduction_kg_yr"].max())
    if finding.changes and largest > 0:
        text = label(
            "poster", "mark_counted", language, pollutant=typeset(finding.changes[0].pollutant, language)
        )
        write(axes, x, y, text, small)
        x += text_width(text, small) + small
        for reduction in round_steps(largest):
            diameter = maps.mark_diameter(sheet, reduction, largest)
            maps.draw_mark(axes, x + diameter / 2, middle, "counted", diameter)
            text = round_mass(reduction)
            write(axes, x + diameter + 0.5 * small, y, text, small)
            x += diameter + text_width(text, small) + 1.5 * small
        x += 1.5 * small
    for mark in (mark for mark in ("ambiguous", "uncounted") if (finding.places["mark"] == mark).any()):
        maps.draw_mark(axes, x + 5, middle, mark, 9 * page.pen)
        text = label("poster", f"mark_{mark}", language)
        write(axes, x + 5 + 9 * page.pen, y, text, small)
        x += text_width(text, small) + 5 + 9 * page.pen + 2.5 * small
    if math.isfinite(accuracy_m):
        axes.plot([x, x + 2 * small], [middle] * 2, color=COLOURS.basin, lw=5 * page.pen, alpha=0.45)
        text = tight(label("poster", "edge", language, metres=number(accuracy_m)))
        write(axes, x + 2.6 * small, y, text, small)


def _overview_bars(accounts: Accounts, finding: Finding, language: Language) -> dict[str, Bar]:
    """Give each watershed its bar of the headline pollutant, the longest first."""
    headline = finding.changes[0].pollutant if finding.changes else None
    loads = accounts.basin_loads[accounts.basin_loads["pollutant"] == headline]
    breaks = ramp_breaks(loads["reduction_kg_yr"].tolist())
    bars = {
        str(row["basin_id"]): Bar(
            str(accounts.basins.loc[row["basin_id"], f"name_{language}"]),
            row["reduction_kg_yr"],
            row["reduction_low_kg_yr"],
            row["reduction_high_kg_yr"],
            row["msmes"],
            ramp_colour(row["reduction_kg_yr"], breaks),
        )
        for row in loads.to_dict("records")
    }
    return dict(sorted(bars.items(), key=lambda item: -item[1].value))


def _overview_map(
    figure: Figure, page: Form, accounts: Accounts, bars: dict[str, Bar], language: Language
) -> None:
    outlines = {str(basin_id): project(outline) for basin_id, outline in accounts.basins.geometry.items()}
    size = (page.map.right - page.map.left, page.map.top - page.map.bottom)
    frame = Frame.around(shapely.union_all(list(outlines.values())), *size, margin=0.1 * size[1])
    sheet = maps.Sheet.on(figure, page.map[:2], frame, page.sizes, page.pen)
    maps.draw_ground(sheet, page.dots_per_inch)
    for basin_id, outline in outlines.items():
        maps.draw_shade(sheet, outline, bars[basin_id].colour if basin_id in bars else None)
    maps.draw_scale(sheet, 14 * page.pen, 14 * page.pen)
    words = {
        basin_id: (bar.name, tight(f"{mass(bar.value)}, {firms(bar.firms, language)}"))
        for basin_id, bar in bars.items()
    }
    name_basins(sheet, outlines, words)
    draw_names(sheet, language)


def _ramp_key(axes: Axes, page: Form, finding: Finding, bars: dict[str, Bar], language: Language) -> None:
    """Explain the ramp: its classes from zero up, with the unit on the last."""
    if not finding.changes:
        return
    small, x, y = page.sizes.small, page.margin, page.map.bottom - 2.0 * page.sizes.small
    text = label("poster", "ramp", language, pollutant=typeset(finding.changes[0].pollutant, language))
    write(axes, x, y, text, small)
    x += text_width(text, small) + 1.2 * small
    breaks, step = ramp_breaks([bar.value for bar in bars.values()]), 4.2 * small
    for at, colour in enumerate(RAMP):
        axes.add_artist(Rectangle((x + at * step, y - 0.1 * small), step, 0.9 * small, fc=colour, ec="none"))
    divisor, unit = (1000, "t") if breaks[-1] >= 1000 else (1, "kg")  # noqa: PLR2004 - kilograms in a tonne
    for at, end in enumerate((0, *breaks)):
        text = f"{end / divisor:,.10g}" + (f" {unit}" if at == len(breaks) else "")
        place, size = (x + at * step, y - 1.15 * small), 0.85 * small
        write(axes, *place, tight(text), size, align="center", colour=COLOURS.muted)


def _foot(axes: Axes, page: Form, accounts: Accounts, language: Language) -> None:
    title = accounts.title.speak(language)
    if accounts.period:
        first, last = (day(date, language) for date in accounts.period)
        source = label("poster", "source", language, title=title, first=first, last=last)
    else:
        source = label("poster", "source_undated", language, title=title)
    base, basins = read_basemap(), accounts.basins
    own = label("poster", "own_outlines", language) if built_in(basins) else ""
    given = [] if own or "credit" not in basins else dict.fromkeys(basins["credit"].dropna())
    outlines = "; ".join(both_languages(str(credit)).speak(language) for credit in given if credit)
    on_base = shapely.box(*base.relief.bounds).contains(shapely.box(*basins.total_bounds))
    parts = (source, own, outlines, base.credits.speak(language) if on_base else "")
    text = " ".join(part for part in parts if part)
    size = page.sizes.small * 0.85
    lines = wrap(text, size, page.width - 2 * page.margin)
    for at, line in enumerate(reversed(lines)):
        write(axes, page.margin, page.margin * 0.6 + at * 1.3 * size, line, size, colour=COLOURS.muted)
