"""Posters and slides: one per watershed and one of all, for paper and for the projector, in Spanish and English.

A poster says its finding in words, with the range, before it shows it. Everything on a page is placed in points, so
that a page looks the same as PDF and as picture, and the same accounts give the same bytes.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import matplotlib as mpl
import numpy as np
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import Rectangle
from PIL import Image

from watershed_cp.messages import label, mass
from watershed_cp.publish import cartography as maps
from watershed_cp.publish.branchsheets import branches, draw_branch
from watershed_cp.publish.factsheets import draw_factsheet
from watershed_cp.publish.financing import draw_financing
from watershed_cp.publish.findings import (
    find,
    firms,
    headline,
    tight,
    typeset,
)
from watershed_cp.publish.layout import FORMS, basin_map, blank, foot, key, synthetic
from watershed_cp.publish.lettering import text_width, write
from watershed_cp.publish.panels import (
    Bar,
    Column,
    draw_bars,
    draw_changes,
    draw_evidence,
    draw_left_out,
    draw_parts,
    draw_table,
    room_below,
)
from watershed_cp.publish.placenames import draw_names, name_basins
from watershed_cp.publish.style import (
    COLOURS,
    RAMP,
    matplotlib_settings,
    ramp_breaks,
    ramp_colour,
)
from watershed_cp.publish.terrain import Frame, project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from watershed_cp.errors import Language
    from watershed_cp.impact.aggregation import Accounts
    from watershed_cp.publish.findings import Finding
    from watershed_cp.publish.layout import Form

__all__ = ["draw_overview", "draw_poster", "save_posters"]

FormName = Literal["a3", "slide", "factsheet", "branch"]
_A4 = ("factsheet", "branch")  # in both languages at once
_LONGEST_STEM = 120  # bytes; file systems end at 255


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
        figure, axes = blank(page)
        _head(axes, page, accounts, language, *headline(accounts, finding, language))
        sheet = basin_map(figure, page, accounts, finding, language)
        key(axes, page, sheet, finding, language, float(accounts.basins.loc[basin_id, "accuracy_m"]))
        column = Column(axes, page.column.left, page.column.right, page.column.top, page.sizes, language)
        room = page.column.top - page.column.bottom - room_below(finding, page.sizes, language)
        draw_changes(column, finding.changes, room=room)
        draw_parts(column, finding, room=room - (page.column.top - column.y))
        draw_evidence(column, finding)
        draw_left_out(column, finding)
        foot(axes, page, accounts, language)
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
        figure, axes = blank(page)
        _head(axes, page, accounts, language, *headline(accounts, finding, language))
        _overview_map(figure, page, accounts, bars, language)
        _ramp_key(axes, page, finding, bars, language)
        column = Column(axes, page.column.left, page.column.right, page.column.top, page.sizes, language)
        room = page.column.top - page.column.bottom - room_below(finding, page.sizes, language)
        draw_bars(column, finding, list(bars.values()), room=room)
        draw_table(column, finding.changes, room=room - (page.column.top - column.y))
        draw_evidence(column, finding)
        draw_left_out(column, finding)
        foot(axes, page, accounts, language)
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
        Each watershed and the overview get one poster for each pair; a fact sheet speaks both languages at once.

    Returns
    -------
    list of pathlib.Path
        What was written, ``<watershed>_<form>_<language>.pdf`` and ``.png``, ``<watershed>_factsheet`` or
        ``branch_<division>``.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> import watershed_cp as wcp
    >>> firms = pd.DataFrame({"msme_id": ["F1"], "longitude": [-89.19], "latitude": [13.71]})
    >>> loads = pd.DataFrame({"msme_id": ["F1"], "pollutant": ["TN"], "fate": ["credited"], "reduction_kg_yr": [5.0]})
    >>> basins = wcp.read_basins().loc[["acelhuate"]]
    >>> accounts = wcp.aggregate(loads, wcp.assign(firms, basins), basins)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in save_posters(accounts, folder, languages=["es"], forms=["slide"])][:2]
    ['acelhuate_slide_es.pdf', 'acelhuate_slide_es.png']
    """
    written = []
    stems = _stems(accounts)
    if "factsheet" in forms:
        for basin_id, stem in stems.items():
            figure = draw_factsheet(accounts, basin_id)
            written += _save(figure, Path(folder) / f"{stem}_factsheet", FORMS["factsheet"])
    if "branch" in forms:
        for branch in branches(accounts):
            path = Path(folder) / f"branch_{branch}"
            written += _save(draw_branch(accounts, branch), path, FORMS["factsheet"])
        if (accounts.credit["lent"] == "yes").any():
            written += _save(draw_financing(accounts), Path(folder) / "financing", FORMS["factsheet"])
    for form in (form for form in forms if form not in _A4):
        for language in languages:
            for basin_id, stem in stems.items():
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


def _head(axes: Axes, page: Form, accounts: Accounts, language: Language, title: str, below: str) -> None:
    sizes, left, right = page.sizes, page.margin, page.width - page.margin
    y = page.height - page.margin - 0.5 * sizes.small
    write(axes, left, y, accounts.title.speak(language), sizes.small, colour=COLOURS.muted)
    if accounts.synthetic:
        synthetic(axes, page, y, language)
    y -= 1.4 * sizes.title
    size = min(sizes.title, sizes.title * (right - left) / text_width(title, sizes.title, "bold"))
    write(axes, left, y, title, size, weight="bold")
    y -= 1.75 * sizes.body
    write(axes, left, y, below, sizes.body, colour=COLOURS.muted)


def _overview_bars(accounts: Accounts, finding: Finding, language: Language) -> dict[str, Bar]:
    """Give each watershed its bar of the headline pollutant, the longest first."""
    headline = finding.changes[0].pollutant if finding.changes else None
    loads = accounts.basin_loads
    loads = loads[(loads["pollutant"] == headline) & (loads["msmes"] > 0)]  # of nothing there is no bar
    breaks = ramp_breaks(loads["reduction_kg_yr"].tolist())
    bars = {
        str(row["basin_id"]): Bar(
            str(accounts.basins.loc[row["basin_id"], f"name_{language}"]),
            row["reduction_kg_yr"],
            row["reduction_low_kg_yr"],
            row["reduction_high_kg_yr"],
            int(row["msmes"]),
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
    name_basins(sheet, outlines, words, language)
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
