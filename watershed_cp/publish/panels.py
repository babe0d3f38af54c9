"""What stands beside the map of a poster: loads before and after, the evidence, and what is not counted.

A panel writes into a :class:`Column`, from the top down; every bar starts at zero and shows its range.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.patches import Rectangle

from watershed_cp.messages import label, mass, percent
from watershed_cp.publish.findings import firms, span, tight, typeset
from watershed_cp.publish.lettering import text_width, wrap, write
from watershed_cp.publish.style import COLOURS, RAMP, TypeSizes
from watershed_cp.publish.wording import disclosure_rule
from watershed_cp.reference import read_reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from watershed_cp.errors import Language
    from watershed_cp.publish.findings import Change, Finding

__all__ = [
    "Bar",
    "Column",
    "draw_bars",
    "draw_changes",
    "draw_evidence",
    "draw_left_out",
    "draw_parts",
    "draw_table",
    "room_below",
]


@dataclass
class Column:
    """A column of a page in points, filled from the top down; ``y`` is where the next thing starts."""

    axes: Axes
    left: float
    right: float
    y: float
    sizes: TypeSizes
    language: Language

    @property
    def width(self) -> float:
        """Points from left to right."""
        return self.right - self.left

    def heading(self, text: str) -> None:
        """Write a heading under a hairline."""
        self.axes.plot([self.left, self.right], [self.y, self.y], color=COLOURS.ink, lw=0.8)
        self.y -= 1.35 * self.sizes.body
        write(self.axes, self.left, self.y, text, self.sizes.body, weight="bold")
        self.y -= 0.75 * self.sizes.body

    def paragraph(self, text: str, *, colour: str = COLOURS.ink, indent: float = 0) -> None:
        """Write a small text over as many lines as it needs."""
        size = self.sizes.small
        for line in wrap(text, size, self.width - indent):
            self.y -= 1.3 * size
            write(self.axes, self.left + indent, self.y, line, size, colour=colour)

    def bar(self, x: float, y: float, width: float, height: float, colour: str, edge: str = "none") -> None:
        """Draw a bar from `x` to the right."""
        self.axes.add_artist(
            Rectangle((x, y), width, height, fc=colour, ec=edge, lw=0 if edge == "none" else 0.6)
        )

    def whisker(self, low: float, high: float, y: float, height: float) -> None:
        """Draw a range as a line with two ends, in ink with a light rim so that it reads on any bar."""
        for width, colour in ((3.0, COLOURS.paper), (1.1, COLOURS.ink)):
            xs = [low, low, low, high, high, high]
            ys = [y - height, y + height, y, y, y + height, y - height]
            self.axes.plot(xs, ys, color=colour, lw=width, solid_capstyle="butt", solid_joinstyle="miter")


def draw_changes(column: Column, changes: Sequence[Change], *, room: float) -> None:
    """Draw the load before and after of each pollutant, each pair on its own scale from zero.

    Parameters
    ----------
    column : Column
        Where to draw.
    changes : sequence of Change
        In order of importance; those for which there is no room are named.
    room : float
        Points that may be filled.
    """
    if not changes:
        return
    end = column.y - room + 0.8 * column.sizes.body + 1.3 * column.sizes.small  # the names of the rest
    paired = any(math.isfinite(change.baseline) for change in changes)
    column.heading(label("poster", "before_after" if paired else "avoided_only", column.language))
    shown, each = 0, 0.0
    while shown < len(changes) and (not shown or column.y - each >= end):
        start = column.y
        _draw_change(column, changes[shown])
        shown, each = shown + 1, start - column.y
    if shown < len(changes):
        rest = [change.pollutant for change in changes[shown:]]
        names = ", ".join(_long_name(name, column.language) or name for name in rest)
        column.paragraph(
            label("poster", "more_pollutants", column.language, names=names), colour=COLOURS.muted
        )
    column.y -= column.sizes.body


def _draw_change(column: Column, change: Change) -> None:
    body, small, language = column.sizes.body, column.sizes.small, column.language
    column.y -= body
    name = typeset(change.pollutant, language)
    write(column.axes, column.left, column.y, name, body)
    meaning = _long_name(change.pollutant, language)
    room = column.width - text_width(name, body) - body * 5
    if meaning and text_width(meaning, small) < room:
        at = column.left + text_width(name, body) + 0.5 * body
        write(column.axes, at, column.y, meaning, small, colour=COLOURS.muted)
    if math.isfinite(change.percent):
        sign = "-" if change.percent >= 0 else "+"
        share = tight(f"{sign}{percent(abs(change.percent))}")
        write(
            column.axes,
            column.right,
            column.y,
            share,
            body,
            align="right",
            weight="bold",
            colour=COLOURS.basin,
        )
    column.y -= 0.45 * body
    if math.isfinite(change.baseline) and math.isfinite(change.follow_up):
        _draw_pair(column, change)
    else:
        bar = Bar("", change.reduction, change.low, change.high, change.firms, RAMP[4])
        _draw_bar(column, bar, *_scale([bar], column))  # a programme that keeps only the difference
    words = "avoided" if change.reduction >= 0 else "increased"
    text = label(
        "poster",
        words,
        language,
        mass=tight(mass(abs(change.reduction))),
        range=span(change.reduction, change.low, change.high, language),
        firms=firms(change.firms, language),
    )
    if change.includes_zero:
        text += "; " + label("poster", "includes_zero", language)
    column.paragraph(text, colour=COLOURS.muted)
    column.y -= 0.75 * small


def _draw_pair(column: Column, change: Change) -> None:
    small, thick = column.sizes.small, 0.95 * column.sizes.small
    words = [label("poster", key, column.language) for key in ("before", "after")]
    loads = (change.baseline, change.follow_up)
    texts = [tight(f"{mass(load)} ") + word for load, word in zip(loads, words, strict=True)]
    room = column.width - max(text_width(text, small) for text in texts) - 0.7 * small
    ends = [max(change.baseline - end, 0) for end in (change.high, change.low)]
    scale = room / max(*loads, *filter(math.isfinite, ends), 1e-12)
    for at, (load, text) in enumerate(zip(loads, texts, strict=True)):
        column.y -= thick * 1.12
        column.bar(column.left, column.y, load * scale, thick, RAMP[4] if at else COLOURS.before)
        reach = load * scale
        if at and all(map(math.isfinite, ends)):
            low, high = (column.left + end * scale for end in ends)
            column.whisker(low, high, column.y + thick / 2, thick / 4)
            reach = max(reach, ends[1] * scale)
        write(column.axes, column.left + reach + 0.6 * small, column.y + 0.2 * thick, text, small)


@dataclass(frozen=True)
class Bar:
    """One watershed's bar: mass in kg/yr with its range, firms behind it, and its step of the ramp."""

    name: str
    value: float
    low: float
    high: float
    firms: int
    colour: str | None


def _scale(bars: Sequence[Bar], column: Column) -> tuple[float, float]:
    """Give the place of zero and the points per kg/yr, so that every bar, range and number fits."""
    ends = [end for bar in bars for end in (0, bar.value, bar.low, bar.high) if math.isfinite(end)]
    room = column.width - max(text_width(tight(mass(bar.value)), column.sizes.small) for bar in bars)
    scale = (room - column.sizes.small) / max(max(ends) - min(ends), 1e-12)
    return column.left - min(ends) * scale, scale


def draw_bars(column: Column, finding: Finding, bars: Sequence[Bar], *, room: float) -> None:
    """Draw the headline pollutant of each watershed on one scale from zero, as many as `room` points hold."""
    if not finding.changes:
        return
    body, small = column.sizes.body, column.sizes.small
    pollutant = typeset(finding.changes[0].pollutant, column.language)
    column.heading(label("poster", "by_basin", column.language, pollutant=pollutant))
    shown = bars[: max(1, int((room - 2.5 * body) / (1.4 * body + 2.1 * small)))]
    zero, scale = _scale(shown, column)
    for bar in shown:
        column.y -= body
        write(column.axes, column.left, column.y, bar.name, body)
        text = f"{span(bar.value, bar.low, bar.high, column.language)}; {firms(bar.firms, column.language)}"
        write(column.axes, column.right, column.y, text, small, align="right", colour=COLOURS.muted)
        column.y -= 0.4 * body
        _draw_bar(column, bar, zero, scale)
        column.y -= 0.8 * small
    column.y -= 0.4 * body


def _draw_bar(column: Column, bar: Bar, zero: float, scale: float) -> None:
    small, thick = column.sizes.small, 1.15 * column.sizes.small
    column.y -= thick * 1.1
    edge = COLOURS.basin if bar.colour in RAMP[:2] else "none"  # the lightest steps need a rim on paper
    column.bar(zero, column.y, bar.value * scale, thick, bar.colour or COLOURS.missing, edge)
    reach = max(bar.value, 0)
    if math.isfinite(bar.low) and math.isfinite(bar.high):
        column.whisker(zero + bar.low * scale, zero + bar.high * scale, column.y + thick / 2, thick / 4)
        reach = max(reach, bar.high)
    text = tight(mass(bar.value))
    write(column.axes, zero + reach * scale + 0.6 * small, column.y + 0.22 * thick, text, small)


def draw_table(column: Column, changes: Sequence[Change], *, room: float) -> None:
    """Write every pollutant's loads as a small table, as many rows as `room` points hold."""
    body, small, language = column.sizes.body, column.sizes.small, column.language
    rows = changes[: max(0, int((room - 3.7 * body - 1.1 * small) / (1.4 * small)))]
    if len(rows) < min(3, len(changes)):
        return
    column.heading(label("poster", "all_pollutants", language))
    stops = [column.left + share * column.width for share in (0.5, 0.72, 0.92)]
    heads = [label("poster", key, language) for key in ("before", "after", "avoided_head")]
    stops[-1] = column.right
    column.y -= 1.1 * small
    for x, head in zip(stops, heads, strict=True):
        write(column.axes, x, column.y, head, small, align="right", colour=COLOURS.muted)
    for change in rows:
        column.y -= 1.4 * small
        write(column.axes, column.left, column.y, typeset(change.pollutant, language), small)
        for x, load in zip(stops, (change.baseline, change.follow_up, change.reduction), strict=True):
            write(column.axes, x, column.y, tight(mass(load)), small, align="right")
    column.y -= 1.6 * body


def draw_parts(column: Column, finding: Finding, *, room: float) -> None:
    """Draw where in the watershed the headline pollutant was avoided, if `room` points hold more than one sub-basin."""
    body, small, language = column.sizes.body, column.sizes.small, column.language
    parts = finding.parts[: max(0, int((room - 3.5 * body) / (1.38 * small)))]
    if len(parts) < 2:  # noqa: PLR2004  one alone says what the title says
        return
    pollutant = typeset(finding.changes[0].pollutant, language)
    column.heading(label("poster", "by_part", language, pollutant=pollutant))
    names = [part.words(language) for part in parts]
    left = column.left + max(text_width(name, small) for name in names) + small
    values = [text_width(tight(mass(part.reduction)), small) for part in parts]
    least, most = (end(0.0, *(part.reduction for part in parts)) for end in (min, max))
    scale = (column.right - left - max(values) - small) / max(most - least, 1e-12)
    for name, part in zip(names, parts, strict=True):
        column.y -= 1.38 * small
        write(column.axes, column.left, column.y, name, small)
        column.bar(
            left - least * scale, column.y - 0.1 * small, part.reduction * scale, 0.85 * small, RAMP[4]
        )
        text = tight(mass(part.reduction))
        at = left + (max(part.reduction, 0) - least) * scale + 0.5 * small
        write(column.axes, at, column.y, text, small)
    column.y -= 1.4 * body


def draw_evidence(column: Column, finding: Finding) -> None:
    """Draw what share of the headline reduction rests on which grade of evidence."""
    if not any(reduction > 0 for reduction in finding.evidence.values()):
        return
    language, small = column.language, column.sizes.small
    pollutant = typeset(finding.changes[0].pollutant, language)
    column.heading(label("poster", "evidence", language, pollutant=pollutant))
    grades = {grade: reduction for grade, reduction in finding.evidence.items() if reduction > 0}
    words = {grade: label("poster", f"grade_{grade}", language) for grade in grades}
    total = math.fsum(grades.values())
    left = column.left + max(text_width(word, small) for word in words.values()) + small
    room = column.right - left - 3.2 * small
    for grade, reduction in grades.items():
        share = reduction / total
        column.y -= 1.38 * small
        write(
            column.axes,
            column.left,
            column.y,
            words[grade],
            small,
            colour=COLOURS.ink if share else COLOURS.muted,
        )
        column.bar(left, column.y - 0.1 * small, share * room, 0.85 * small, RAMP[4])
        text = tight(percent(100 * share, digits=0))
        write(column.axes, left + share * room + 0.5 * small, column.y, text, small)
    column.y -= 1.4 * column.sizes.body


def draw_left_out(column: Column, finding: Finding) -> None:
    """Say what no total holds, and why; then what of the whole programme lies elsewhere."""
    column.heading(label("poster", "public" if finding.minimum_msmes else "left_out", column.language))
    here, elsewhere = left_out_words(finding, column.language)
    for row in here:
        column.paragraph(row)
    for row in elsewhere:
        column.paragraph(row, colour=COLOURS.muted)


def left_out_words(finding: Finding, language: Language) -> tuple[list[str], list[str]]:
    """Say what is left out of the totals: of firms in the watershed, and of the whole programme."""
    if finding.minimum_msmes:
        return [line.speak(language) for line in disclosure_rule(finding.minimum_msmes)], []
    here = [
        label(
            "poster",
            f"left_{row.fate}",
            language,
            firms=firms(row.firms, language),
            fate=label("fate", row.fate, language),
        )
        for row in finding.left_out
        if row.fate not in ("outside", "unlocated")
    ]
    counts = {"left_outside": finding.outside, "left_unlocated": finding.unlocated}
    elsewhere = [
        label("poster", key, language, firms=firms(count, language)) for key, count in counts.items() if count
    ]
    return here or [label("poster", "left_nothing", language)], elsewhere


def room_below(finding: Finding, sizes: TypeSizes, language: Language) -> float:
    """Tell how many points evidence and what is left out will need below the loads."""
    grades = sum(reduction > 0 for reduction in finding.evidence.values())
    rows = sum(map(len, left_out_words(finding, language)))
    evidence = 3.5 * sizes.body + 1.38 * sizes.small * grades if grades else 0
    return evidence + 2.1 * sizes.body + 1.3 * sizes.small * rows


def _long_name(pollutant: str, language: Language) -> str:
    names = {row["pollutant"]: row[f"name_{language}"] for row in read_reference("pollutants")}
    name = names.get(pollutant, "")
    return name.split(" (")[0][:1].lower() + name.split(" (")[0][1:]
