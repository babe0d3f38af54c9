"""What every figure of a watershed shares: the page, the map with its key, and the small print."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely
from matplotlib.figure import Figure

from watershed_cp.basins.catalogue import built_in
from watershed_cp.messages import day, label, number
from watershed_cp.publish import cartography as maps
from watershed_cp.publish.basemap import read_basemap
from watershed_cp.publish.findings import round_mass, round_steps, tight, typeset
from watershed_cp.publish.lettering import Box, text_width, wrap, write
from watershed_cp.publish.placenames import draw_names
from watershed_cp.publish.style import COLOURS, TYPE, TypeSizes
from watershed_cp.publish.terrain import Frame, project
from watershed_cp.publish.wording import both_languages, counting_rules

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from watershed_cp.errors import Language
    from watershed_cp.impact.aggregation import Accounts
    from watershed_cp.publish.findings import Finding

__all__ = ["FORMS", "Form", "basin_map", "blank", "foot", "key", "synthetic"]


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
    "factsheet": Form(
        width=595.28,
        height=841.89,
        margin=34,
        sizes=TYPE["factsheet"],
        pen=0.7,
        map=Box(34, 462, 561.28, 718),
        column=Box(34, 86, 561.28, 428),
        dots_per_inch=150,
    ),
}


def blank(page: Form) -> tuple[Figure, Axes]:
    """Give an empty page whose axes are points from its lower left corner."""
    figure = Figure(figsize=(page.width / 72, page.height / 72))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, page.width), ylim=(0, page.height))
    axes.axis("off")
    return figure, axes


def synthetic(axes: Axes, page: Form, y: float, language: Language) -> None:
    """Say in the upper right corner that the data are synthetic."""
    small = page.sizes.small
    edge = {"boxstyle": "round,pad=0.35", "fc": COLOURS.paper, "ec": COLOURS.firm_text, "lw": 0.9}
    text, right = label("poster", "synthetic", language), page.width - page.margin - 0.5 * small
    write(axes, right, y, text, small, colour=COLOURS.firm_text, align="right", bbox=edge)


def basin_map(
    figure: Figure, page: Form, accounts: Accounts, finding: Finding, language: Language
) -> maps.Sheet:
    """Draw the map of the watershed that a finding is about, with its firms."""
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
    maps.draw_inset(figure, sheet, outline, page.map[:2], basin_id)
    draw_names(sheet, language, outline=outline, basin_id=basin_id)
    return sheet


def key(
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


def foot(axes: Axes, page: Form, accounts: Accounts, language: Language, *, lift: float = 0) -> float:
    """Write sources and credits at the foot of a page, `lift` points above its last line; give their height."""
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
    rules = counting_rules(accounts)
    counted = rules.speak(language) if rules else ""
    parts = (source, counted, own, outlines, base.credits.speak(language) if on_base else "")
    text = " ".join(part for part in parts if part)
    size = page.sizes.small * 0.85
    lines = wrap(text, size, page.width - 2 * page.margin)
    for at, line in enumerate(reversed(lines)):
        write(axes, page.margin, page.margin * 0.6 + lift + at * 1.3 * size, line, size, colour=COLOURS.muted)
    return len(lines) * 1.3 * size
