"""The charts of loans: whether the saving pays the instalments, what loans are usual, what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from watershed_cp.impact.economics import MINIMUM_MEASURES
from watershed_cp.messages import label, number, texts
from watershed_cp.publish.findings import tight
from watershed_cp.publish.layout import FORMS
from watershed_cp.publish.lettering import halo, text_width, write
from watershed_cp.publish.sheetcharts import BOTH, heading, pair
from watershed_cp.publish.style import COLOURS, RAMP

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["draw_cover", "draw_spread", "draw_status"]

_SIZES = FORMS["factsheet"].sizes
_SMALL = _SIZES.small
_TINY = 0.85 * _SMALL
_HEIGHT = 150.0
_LONGEST = 4.0
"""Cover beyond which a bar is cut, with its number on it."""
_LATE = ("in_arrears", "written_off")


def draw_spread(
    axes: Axes, left: float, right: float, y: float, name: str, known: pd.Series[float], *, digits: int
) -> float:
    """Draw every value as a tick on a line from zero, with the median marked; give where the next thing starts."""
    y -= 1.3 * _SMALL
    write(axes, left, y, name, _TINY, colour=COLOURS.muted)
    median, low, high = (number(value, digits=digits) for value in (known.median(), known.min(), known.max()))
    text = tight(f"{median} ({low} – {high})")
    write(axes, right, y, text, _SMALL, align="right")
    y -= 1.1 * _SMALL
    scale = (right - left) / max(float(known.max()), 1e-9)
    axes.plot([left, right], [y, y], color=COLOURS.hairline, lw=0.6)
    for value in known:
        axes.plot([left + value * scale] * 2, [y - 2.2, y + 2.2], color=RAMP[4], lw=0.8, alpha=0.7)
    axes.plot(
        [left + float(known.median()) * scale], [y], "o", ms=5, mfc=COLOURS.basin, mec=COLOURS.paper, mew=0.6
    )
    return y - 0.9 * _SMALL


def draw_cover(axes: Axes, left: float, right: float, y: float, lent: pd.DataFrame) -> float:
    """Draw the first year's saving of each loan against its instalments, with the line where they are equal.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Axes in points.
    left, right, y : float
        Where to draw, in points, from `y` down.
    lent : pandas.DataFrame
        ``cover`` and ``loan_status`` of the loans that were paid out; no loan is named.

    Returns
    -------
    float
        Where the next thing starts.
    """
    y = heading(axes, left, right, y, "cover_title", block="financing")
    known = lent[lent["cover"].notna()].sort_values(["cover", "loan_id"], ascending=[False, True])
    few = len(known) < MINIMUM_MEASURES
    told = {"paid": number(int((known["cover"] >= 1).sum())), "n": number(len(known))}
    for language in BOTH:
        y -= 1.3 * _SMALL
        text = label("financing", "few" if few else "cover", language, **({} if few else told))
        write(axes, left, y, text, _SMALL)
    if few:
        return y - _SMALL
    bottom = y - _SMALL - _HEIGHT
    most = min(max(float(known["cover"].max()), 1.2), _LONGEST)
    step, up = (right - left) / len(known), _HEIGHT / (most * 1.12)
    axes.plot([left, right], [bottom, bottom], color=COLOURS.ink, lw=0.8)
    line = bottom + up
    axes.plot([left, right], [line, line], color=COLOURS.river, lw=1.0, ls=(0, (4, 3)))
    for at, (cover, status) in enumerate(zip(known["cover"], known["loan_status"], strict=True)):
        _draw_loan(axes, left + at * step, step, bottom, up, cover=float(cover), late=status in _LATE)
    rim: dict[str, Any] = {"path_effects": halo(2.2, COLOURS.paper)}
    write(
        axes,
        right,
        line + 1.9 * _SMALL,
        pair("financing", "cover_line"),
        _TINY,
        align="right",
        colour=COLOURS.river_text,
        **rim,
    )
    write(axes, left, bottom - 1.5 * _SMALL, pair("financing", "cover_key"), _TINY, colour=COLOURS.muted)
    return bottom - 2.4 * _SMALL


def _draw_loan(
    axes: Axes, x: float, step: float, bottom: float, up: float, *, cover: float, late: bool
) -> None:
    """Draw one loan as a bar, hollow and hatched where it is late, with its number where there is room."""
    high = bottom + min(max(cover, 0.0), _LONGEST) * up
    edges = [x + 0.16 * step, x + 0.84 * step]
    style: dict[str, Any] = {"facecolor": RAMP[4], "lw": 0}
    if late:
        style = {"facecolor": COLOURS.paper, "edgecolor": COLOURS.firm_text, "hatch": "////", "lw": 0.7}
    axes.fill_between(edges, bottom, high, **style)
    if cover > _LONGEST:
        cut = high - 1.6 * _SMALL
        axes.plot([x, x + step], [cut, cut + 0.7 * _SMALL], color=COLOURS.paper, lw=2.4)
    if step >= 2 * _TINY:
        rim: dict[str, Any] = {"path_effects": halo(2.2, COLOURS.paper)}
        told, at, line = number(cover, digits=1), high + 0.35 * _SMALL, bottom + up
        at = line + 0.35 * _SMALL if at - 2 < line < at + _TINY else at  # the line would cross it
        write(axes, x + step / 2, at, told, _TINY, align="center", **rim)


def draw_status(axes: Axes, left: float, right: float, y: float, lent: pd.DataFrame) -> None:
    """Draw what became of the loans as one bar, each part named; fewer than three loans are not told."""
    y = heading(axes, left, right, y, "status_title", block="financing")
    if len(lent) < MINIMUM_MEASURES:
        return
    counts = lent["loan_status"].value_counts()
    order = [status for status in texts("choice") if status in counts.index]
    x, end, scale, height = left, left, (right - left) / len(lent), 1.5 * _SMALL
    y -= height + 0.3 * _SMALL
    for at, status in enumerate(order):
        width = int(counts[status]) * scale
        late = status in _LATE
        fill = COLOURS.paper if late else (RAMP[4], RAMP[2], RAMP[1])[at % 3]
        edge = COLOURS.firm_text if late else COLOURS.paper
        axes.fill_between(
            [x, x + width],
            y,
            y + height,
            facecolor=fill,
            edgecolor=edge,
            lw=0.8,
            hatch="////" if late else None,
        )
        name = f"{pair('choice', status)}: {number(int(counts[status]))}"
        start = min(x, right - text_width(name, _TINY))
        write(axes, start, y - (1.3 if start >= end else 2.5) * _SMALL, name, _TINY)
        x, end = x + width, start + text_width(name, _TINY) + _SMALL
