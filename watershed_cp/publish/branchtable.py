"""The table of a guideline: what each measure cost and saved, and how soon it paid for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from watershed_cp.messages import label, number
from watershed_cp.publish.findings import tight, typeset
from watershed_cp.publish.layout import FORMS
from watershed_cp.publish.lettering import wrap, write
from watershed_cp.publish.sheetcharts import BOTH, badge, pair
from watershed_cp.publish.style import COLOURS
from watershed_cp.reference import read_reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["draw_measures", "quickest"]

_PAGE = FORMS["factsheet"]
_SMALL = _PAGE.sizes.small
_LEFT, _RIGHT = _PAGE.margin, _PAGE.width - _PAGE.margin
_INDENT = 1.9 * _SMALL
_NAME_WIDTH = 142.0 - _INDENT
_STOPS = {
    "measures": 200.0,
    "investment_usd": 262.0,
    "saving_usd_yr": 325.0,
    "resource": 489.0,
    "pollutant": _RIGHT,
}
_AXIS = (345.0, 430.0)
"""Where payback is drawn, from no years to the longest."""
_RESOURCES = {"water_m3_yr": "m³", "energy_kwh_yr": "kWh", "materials_kg_yr": "kg", "waste_kg_yr": "kg"}
_ROW = 3.4 * _SMALL


def quickest(found: pd.DataFrame, most: int) -> pd.DataFrame:
    """Give the paybacks of the measures of which enough are known, the quickest first.

    Parameters
    ----------
    found : pandas.DataFrame
        Rows of :data:`watershed_cp.tables.BRANCH_MEASURES`.
    most : int
        How many rows to give.

    Returns
    -------
    pandas.DataFrame
        The rows of ``payback_years``.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"measure": ["A", "B"], "quantity": "payback_years", "enough": "yes", "median": [2.0, 1.0]})
    >>> quickest(rows, 1)["measure"].tolist()
    ['B']
    """
    payback = found[(found["enough"] == "yes") & (found["quantity"] == "payback_years")]
    return payback.sort_values(["median", "measure"]).head(most)


def draw_measures(
    axes: Axes, found: pd.DataFrame, wider: pd.DataFrame, letters: Mapping[str, str], y: float
) -> float:
    """Draw a row a measure, median over range, payback as a mark on one axis; give where the next thing starts.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Axes in points.
    found : pandas.DataFrame
        Rows of :data:`watershed_cp.tables.BRANCH_MEASURES` of the branch.
    wider : pandas.DataFrame
        The same of other measures, counted in all branches together: they stand below, under a line of their own.
    letters : mapping of str to str
        The letter of each measure of the branch of which enough are known.
    y : float
        Where to begin, in points.
    """
    parts = [(None, found, quickest(found, len(letters))), ("everywhere", wider, quickest(wider, len(wider)))]
    together = [shown for _, _, shown in parts if len(shown)]
    pollutant = _pollutant([(rows, shown) for _, rows, shown in parts])
    longest = max([1.0, *(float(shown["high"].max()) for shown in together)])
    if parts[0][2].empty:
        y = _no_pattern(axes, y) - 1.5 * _SMALL
    if together:
        y = _draw_heads(axes, pollutant, y)
    for title, rows, shown in parts:
        if title and len(shown):
            axes.plot([_LEFT, _RIGHT], [y, y], color=COLOURS.ink, lw=0.8)
            write(axes, _LEFT, y - 1.4 * _SMALL, pair("branch", title), _SMALL, colour=COLOURS.muted)
            y -= 2.2 * _SMALL
        enough = rows[rows["enough"] == "yes"].set_index(["measure", "quantity"])
        for row in shown.to_dict("records"):
            axes.plot([_LEFT, _RIGHT], [y, y], color=COLOURS.hairline, lw=0.5)
            letter = "" if title else letters[row["measure"]]
            _draw_row(axes, row, enough.loc[row["measure"]], pollutant, y, letter)
            _draw_payback(axes, row, longest, y - 1.25 * _SMALL)
            y -= _ROW
    axes.plot([_LEFT, _RIGHT], [y, y], color=COLOURS.ink, lw=0.8)
    return y


def _no_pattern(axes: Axes, y: float) -> float:
    """Say that no measure is known often enough."""
    for language in BOTH:
        y -= 1.5 * _SMALL
        write(axes, _LEFT, y, label("branch", "no_pattern", language), _SMALL)
    return y - _SMALL


def _pollutant(parts: list[tuple[pd.DataFrame, pd.DataFrame]]) -> str | None:
    """Give the pollutant of which most measures are known, in the order of the registry where they are as many."""
    counts: dict[str, int] = {}
    for rows, shown in parts:
        known = rows[(rows["enough"] == "yes") & rows["measure"].isin(shown["measure"])]
        for quantity, many in known.groupby("quantity")["measures"].sum().items():
            counts[str(quantity)] = counts.get(str(quantity), 0) + int(many)
    codes = [row["pollutant"] for row in read_reference("pollutants") if row["pollutant"] in counts]
    return max(codes, key=lambda code: counts[code], default=None)


def _draw_heads(axes: Axes, pollutant: str | None, y: float) -> float:
    for at, language in enumerate(BOTH):
        colour, line = (COLOURS.ink, COLOURS.muted)[at], y - 2.6 * at * _SMALL
        for key, right in _STOPS.items():
            if key == "pollutant" and pollutant is None:
                continue
            words = label("branch", f"head_{key}", language, pollutant=typeset(pollutant or "", language))
            for below, part in enumerate(words.split("|")):
                write(
                    axes,
                    right,
                    line - 1.15 * below * _SMALL,
                    part,
                    0.9 * _SMALL,
                    align="right",
                    colour=colour,
                )
        write(axes, _LEFT, line, label("branch", "head_measure", language), 0.9 * _SMALL, colour=colour)
        for below, part in enumerate(label("branch", "head_payback", language).split("|")):
            write(axes, _AXIS[0], line - 1.15 * below * _SMALL, part, 0.9 * _SMALL, colour=colour)
    return y - 4.4 * _SMALL


def _draw_row(
    axes: Axes, row: dict[Any, Any], known: pd.DataFrame, pollutant: str | None, y: float, letter: str
) -> None:
    if letter:
        badge(axes, _LEFT + 0.6 * _SMALL, y - 1.05 * _SMALL, letter)
    for at, line in enumerate(wrap(str(row["measure"]), _SMALL, _NAME_WIDTH, "bold")[:2]):
        write(axes, _LEFT + _INDENT, y - (1.3 + 1.2 * at) * _SMALL, line, _SMALL, weight="bold")
    resource = next((name for name in _RESOURCES if name in known.index), None)
    cells = {"investment_usd": ("investment_usd", ""), "saving_usd_yr": ("saving_usd_yr", "")}
    if resource:
        cells["resource"] = (resource, f" {_RESOURCES[resource]}")
    if pollutant in known.index:
        cells["pollutant"] = (str(pollutant), " kg")
    write(
        axes,
        _STOPS["measures"],
        y - 1.3 * _SMALL,
        number(int(known["measures"].max())),
        _SMALL,
        align="right",
    )
    for stop, (quantity, unit) in cells.items():
        if quantity not in known.index:
            continue
        told = known.loc[quantity]
        write(
            axes, _STOPS[stop], y - 1.3 * _SMALL, tight(_round(told["median"]) + unit), _SMALL, align="right"
        )
        span = f"{_round(told['low'])} – {_round(told['high'])}"
        write(
            axes,
            _STOPS[stop],
            y - 2.5 * _SMALL,
            tight(span),
            0.85 * _SMALL,
            align="right",
            colour=COLOURS.muted,
        )


def _round(value: Any) -> str:
    return number(float(value), digits=0) if abs(value) >= 100 else number(float(value), significant=2)  # noqa: PLR2004


def _draw_payback(axes: Axes, row: dict[Any, Any], longest: float, y: float) -> None:
    """Mark the median on a line from no years to the longest, with the range behind it."""
    at = {name: _AXIS[0] + (_AXIS[1] - _AXIS[0]) * row[name] / longest for name in ("low", "median", "high")}
    axes.plot(_AXIS, [y, y], color=COLOURS.hairline, lw=0.6)
    axes.plot([at["low"], at["high"]], [y, y], color=COLOURS.basin, lw=3.2, alpha=0.45, solid_capstyle="butt")
    axes.plot([at["median"]], [y], "o", ms=5, mfc=COLOURS.basin, mec=COLOURS.paper, mew=0.6)
    text = f"{_years(row['median'])} ({_years(row['low'])} – {_years(row['high'])})"
    write(axes, _AXIS[0], y - 1.35 * _SMALL, tight(text), 0.85 * _SMALL, colour=COLOURS.muted)


def _years(value: float) -> str:
    return number(float(value), digits=1)
