"""The charts of the guidelines and of the page on financing: both languages on one chart, every bar from zero."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from watershed_cp.messages import label, number
from watershed_cp.publish.layout import FORMS
from watershed_cp.publish.lettering import Box, halo, text_width, write
from watershed_cp.publish.style import COLOURS, RAMP

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

    from watershed_cp.errors import Language

__all__ = ["BOTH", "badge", "draw_bars", "draw_investments", "heading", "pair"]

BOTH: tuple[Language, Language] = ("es", "en")
_SIZES = FORMS["factsheet"].sizes
_SMALL = _SIZES.small
_TINY = 0.85 * _SMALL
_PAYBACKS = (1, 2, 5)
"""Years of payback that are drawn as lines."""
_DECADES = 5
_BAR = 0.9 * _SMALL


def pair(block: str, key: str, **data: Any) -> str:
    """Say a label in both languages, once where they are the same.

    Examples
    --------
    >>> pair("choice", "river")
    'río · river'
    """
    return " · ".join(dict.fromkeys(label(block, key, language, **data) for language in BOTH))


def heading(axes: Axes, left: float, right: float, y: float, key: str, *, block: str = "branch") -> float:
    """Write a heading under a line, Spanish bold, English beside it or below; give where the next thing starts."""
    axes.plot([left, right], [y, y], color=COLOURS.ink, lw=0.8)
    spanish, english = (label(block, key, language) for language in BOTH)
    y -= 1.35 * _SIZES.body
    write(axes, left, y, spanish, _SIZES.body, weight="bold")
    x = left + text_width(spanish, _SIZES.body, "bold") + _SMALL
    if x + text_width(english, _SMALL) > right:
        x, y = left, y - 1.35 * _SMALL
    write(axes, x, y, english, _SMALL, colour=COLOURS.muted)
    return y - 0.9 * _SMALL


def badge(axes: Axes, x: float, y: float, letter: str, *, colour: str = COLOURS.basin) -> None:
    """Draw a disc with a letter; without one a ring."""
    fill = colour if letter else COLOURS.paper
    axes.plot(
        [x], [y], "o", ms=8.6 if letter else 5, mfc=fill, mec=COLOURS.paper if letter else colour, mew=0.7
    )
    if letter:
        write(axes, x, y - 0.3 * _TINY, letter, _TINY, align="center", colour=COLOURS.paper)


def draw_bars(
    axes: Axes, left: float, right: float, y: float, rows: Sequence[tuple[str, float, str]]
) -> float:
    """Draw a bar a row from zero, its name above it and its number at its end; give where the next thing starts."""
    longest = max((value for _, value, _ in rows), default=0)
    room = right - left - max((text_width(text, _SMALL) for *_, text in rows), default=0) - 0.8 * _SMALL
    for name, value, text in rows:
        y -= 1.25 * _SMALL
        write(axes, left, y, name, _TINY, colour=COLOURS.muted)
        y -= _BAR + 0.3 * _SMALL
        reach = room * value / longest if longest else 0.0
        axes.fill_between([left, left + reach], y, y + _BAR, color=RAMP[4], lw=0)
        write(axes, left + reach + 0.5 * _SMALL, y + 0.1 * _SMALL, text, _SMALL)
    return y - _SMALL


@dataclass(frozen=True)
class _Scale:
    """A logarithmic axis in points; what is zero stands before its beginning."""

    start: float
    end: float
    least: float
    most: float

    @classmethod
    def over(cls, values: pd.Series[float], start: float, end: float) -> _Scale:
        known = values[values > 0]
        least, most = (float(known.min()), float(known.max())) if len(known) else (1.0, 10.0)
        return cls(start, end, least / 1.3, most * 1.3)

    def place(self, value: float) -> float:
        return self.start + (self.end - self.start) * self.share(value)

    def share(self, value: float) -> float:
        return math.log(value / self.least) / math.log(self.most / self.least)

    @property
    def ticks(self) -> list[float]:
        """Ones, twos and fives, or ones alone where they would stand too close."""
        decades = range(math.floor(math.log10(self.least)), math.ceil(math.log10(self.most)) + 1)
        steps = (1, 2, 5) if len(decades) <= _DECADES else (1,)
        every = (step * 10.0**decade for decade in decades for step in steps)
        return [value for value in every if self.least <= value <= self.most]


def draw_investments(axes: Axes, box: Box, measures: pd.DataFrame) -> None:
    """Set the yearly saving of each measure against what it cost, with lines of equal payback.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Axes in points.
    box : Box
        Where to draw.
    measures : pandas.DataFrame
        ``investment_usd`` from zero up, ``saving_usd_yr`` above zero, ``letter`` (blank for a measure without one)
        and ``mine``, whether it stands out. What cost nothing has a place of its own, left of the scale.
    """
    left, bottom = box.left + 4.2 * _SMALL, box.bottom + 3.6 * _SMALL
    across = _Scale.over(measures["investment_usd"], left + 3 * _SMALL, box.right - 7.4 * _SMALL)
    up = _Scale.over(measures["saving_usd_yr"], bottom, box.top)
    _draw_scales(axes, box, across, up, free=bool((measures["investment_usd"] == 0).any()))
    for years in _PAYBACKS:
        _draw_payback(axes, years, across, up)
    xs = [across.place(cost) if cost else left + 0.8 * _SMALL for cost in measures["investment_usd"]]
    ys = [up.place(saving) for saving in measures["saving_usd_yr"]]
    for x, y, mine in zip(xs, ys, measures["mine"], strict=True):
        if not mine:
            axes.plot([x], [y], "o", ms=3.4, mfc=COLOURS.before, mec=COLOURS.paper, mew=0.4)
    for x, y, mine, letter in zip(xs, ys, measures["mine"], measures["letter"], strict=True):
        if mine:
            badge(axes, x, y, letter)


def _draw_scales(axes: Axes, box: Box, across: _Scale, up: _Scale, *, free: bool) -> None:
    for value in up.ticks:
        y = up.place(value)
        axes.plot([box.left + 4.2 * _SMALL, across.end], [y, y], color=COLOURS.hairline, lw=0.4)
        text = number(value, digits=0)
        write(
            axes, box.left + 3.6 * _SMALL, y - 0.3 * _TINY, text, _TINY, align="right", colour=COLOURS.muted
        )
    axes.plot([across.start, across.end], [up.start] * 2, color=COLOURS.ink, lw=0.8)
    marks = [(across.place(value), value) for value in across.ticks]
    marks += [(box.left + 5 * _SMALL, 0.0)] if free else []
    for x, value in marks:
        axes.plot([x, x], [up.start, up.start - 0.4 * _SMALL], color=COLOURS.ink, lw=0.6)
        at = up.start - 1.5 * _SMALL
        write(axes, x, at, number(value, digits=0), _TINY, align="center", colour=COLOURS.muted)
    told = pair("branch", "chart_saving")
    write(axes, box.left, box.top + 0.8 * _SMALL, told, _TINY, colour=COLOURS.muted)
    told, at = pair("branch", "chart_investment"), up.start - 2.8 * _SMALL
    write(axes, across.end, at, told, _TINY, align="right", colour=COLOURS.muted)


def _draw_payback(axes: Axes, years: int, across: _Scale, up: _Scale) -> None:
    """Draw where the investment comes back in so many years, named where it ends."""
    low, high = max(across.least, up.least * years), min(across.most, up.most * years)
    if low >= high:
        return
    x, y = across.place(high), up.place(high / years)
    axes.plot([across.place(low), x], [up.place(low / years), y], color=COLOURS.river, lw=0.8, ls=(0, (4, 3)))
    name = pair("branch", "chart_years" if years > 1 else "chart_year", years=years)
    rim: dict[str, Any] = {"path_effects": halo(2.2, COLOURS.paper)}
    write(axes, x + 0.4 * _SMALL, y - 0.3 * _TINY, name, _TINY, colour=COLOURS.river_text, **rim)
