"""The guideline of a branch: one page of A4 in both languages, made of what the programme's own measures did.

A measure of which fewer than three are known is named without its figures: it shows no pattern, and could point to
a firm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl

from watershed_cp.messages import label, number, texts
from watershed_cp.publish.findings import firms, tight, typeset
from watershed_cp.publish.layout import FORMS, blank, synthetic
from watershed_cp.publish.lettering import wrap, write
from watershed_cp.publish.panels import Column
from watershed_cp.publish.style import COLOURS, matplotlib_settings
from watershed_cp.reference import read_reference

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from watershed_cp.errors import Language
    from watershed_cp.impact.aggregation import Accounts

__all__ = ["branches", "draw_branch", "draw_head", "draw_small_print"]

BOTH: tuple[Language, Language] = ("es", "en")
_PAGE = FORMS["factsheet"]
_SMALL = _PAGE.sizes.small
_LEFT, _RIGHT = _PAGE.margin, _PAGE.width - _PAGE.margin
_NAME_WIDTH = 142.0
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
_ROWS = 8


def branches(accounts: Accounts) -> list[str]:
    """List the ISIC divisions of which at least one measure counts.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> "10" in branches(run(data_path("demo", "project.toml")))
    True
    """
    return sorted(branch for branch in accounts.branch_measures["branch"].unique() if branch)


def draw_branch(accounts: Accounts, branch: str) -> Figure:
    """Draw the guideline of one branch: what works, typical cost, saving, payback, and how it was financed.

    Parameters
    ----------
    accounts : Accounts
        What the run found.
    branch : str
        An ISIC division of :func:`branches`.

    Returns
    -------
    matplotlib.figure.Figure
        A4, upright; dollars of one year, natural units a year. Saving is the caller's.

    Raises
    ------
    KeyError
        If no measure of that branch counts.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> draw_branch(run(data_path("demo", "project.toml")), "10").get_size_inches().round(2).tolist()
    [8.27, 11.69]
    """
    if branch not in branches(accounts):
        raise KeyError(branch)
    found = accounts.branch_measures[accounts.branch_measures["branch"] == branch]
    mine = accounts.measures[accounts.measures["branch"] == branch]
    with mpl.rc_context(matplotlib_settings()):
        figure, axes = blank(_PAGE)
        names = {language: _branch_name(branch, language) for language in BOTH}
        counted = mine[mine["counts"] == "yes"]
        below = {
            language: label(
                "branch",
                "below",
                language,
                measures=number(len(counted)),
                firms=firms(int(counted["msme_id"].nunique()), language),
            )
            for language in BOTH
        }
        titles = {language: label("branch", "title", language, branch=names[language]) for language in BOTH}
        y = draw_head(axes, accounts, "branch", titles, below)
        y = _draw_table(axes, found, y - 2 * _SMALL)
        half = (_RIGHT - _LEFT) / 2 - _PAGE.sizes.body
        for language, left in zip(BOTH, (_LEFT, _RIGHT - half), strict=True):
            column = Column(axes, left, left + half, y - 2 * _SMALL, _PAGE.sizes, language)
            _draw_words(column, mine, found)
        draw_small_print(axes, accounts)
    return figure


def draw_head(
    axes: Axes, accounts: Accounts, kind: str, titles: dict[Language, str], below: dict[Language, str]
) -> float:
    """State what the sheet is in both languages, the first of them large; give where the next thing starts."""
    sizes = _PAGE.sizes
    y = _PAGE.height - _PAGE.margin - 0.5 * _SMALL
    write(
        axes,
        _LEFT,
        y,
        " · ".join(label("branch", kind, language) for language in BOTH),
        _SMALL,
        colour=COLOURS.muted,
    )
    if accounts.synthetic:
        synthetic(axes, _PAGE, y, "es")
    for language, (size, weight) in zip(
        BOTH, ((sizes.title, "bold"), (1.15 * sizes.body, "regular")), strict=True
    ):
        for line in wrap(titles[language], size, _RIGHT - _LEFT, weight):
            y -= 1.35 * size
            write(axes, _LEFT, y, line, size, weight=weight)
        for line in wrap(below[language], _SMALL, _RIGHT - _LEFT):
            y -= 1.6 * _SMALL
            write(axes, _LEFT, y, line, _SMALL, colour=COLOURS.muted)
        y -= 0.6 * _SMALL
    return y


def draw_small_print(axes: Axes, accounts: Accounts) -> None:
    """Say at the foot how the figures were made, in both languages."""
    size, y = 0.9 * _SMALL, 0.75 * _PAGE.margin
    rate = number(accounts.economics.discount_rate_pct)
    for language in reversed(BOTH):
        text = label(
            "branch",
            "method",
            language,
            title=accounts.title.speak(language),
            year=accounts.economics.dollars_of,
            rate=rate,
        )
        for line in reversed(wrap(text, size, _RIGHT - _LEFT)):
            write(axes, _LEFT, y, line, size, colour=COLOURS.muted)
            y += 1.3 * size
        y += 0.6 * size


def _branch_name(branch: str, language: Language) -> str:
    names = {row["code"]: row[f"name_{language}"] for row in read_reference("isic")}
    return names.get(branch, branch)


def _draw_table(axes: Axes, found: pd.DataFrame, y: float) -> float:
    """Draw a row a measure, the quickest payback first: median over the range, payback as a mark on one axis."""
    enough = found[found["enough"] == "yes"].set_index(["measure", "quantity"])
    payback = found[(found["enough"] == "yes") & (found["quantity"] == "payback_years")]
    shown = payback.sort_values(["median", "measure"]).head(_ROWS)
    pollutant = _pollutant(found[found["measure"].isin(shown["measure"])])
    if len(shown):
        y = _draw_heads(axes, pollutant, y)
    longest = max([1.0, *shown["high"]])
    for row in shown.to_dict("records"):
        axes.plot([_LEFT, _RIGHT], [y, y], color=COLOURS.hairline, lw=0.5)
        _draw_row(axes, row, enough.loc[row["measure"]], pollutant, y)
        _draw_payback(axes, row, longest, y - 1.25 * _SMALL)
        y -= _ROW
    if shown.empty:
        for language in BOTH:
            y -= 1.5 * _SMALL
            write(axes, _LEFT, y, label("branch", "no_pattern", language), _SMALL)
        y -= _SMALL
    axes.plot([_LEFT, _RIGHT], [y, y], color=COLOURS.ink, lw=0.8)
    return y


def _pollutant(found: pd.DataFrame) -> str | None:
    """Give the pollutant of which most measures are known, in the order of the registry where they are as many."""
    known = found[found["enough"] == "yes"].groupby("quantity")["measures"].sum()
    codes = [row["pollutant"] for row in read_reference("pollutants") if row["pollutant"] in known]
    return max(codes, key=lambda code: known[code], default=None)


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


def _draw_row(axes: Axes, row: dict[Any, Any], known: pd.DataFrame, pollutant: str | None, y: float) -> None:
    for at, line in enumerate(wrap(str(row["measure"]), _SMALL, _NAME_WIDTH, "bold")[:2]):
        write(axes, _LEFT, y - (1.3 + 1.2 * at) * _SMALL, line, _SMALL, weight="bold")
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


def _draw_words(column: Column, mine: pd.DataFrame, found: pd.DataFrame) -> None:
    """Say how measures were financed, which show no pattern yet, and what does not count."""
    language = column.language
    counted = mine[mine["counts"] == "yes"]
    column.heading(label("branch", "financed", language))
    ways = counted["financing"].value_counts()
    for way in sorted(ways.index, key=lambda way: (-ways[way], way)):
        column.paragraph(f"{label('choice', way, language)}: {number(int(ways[way]))}")
    if unknown := int(counted["financing"].isna().sum()):
        column.paragraph(
            label("branch", "financing_unknown", language, n=number(unknown)), colour=COLOURS.muted
        )
    column.y -= 1.4 * column.sizes.body
    largest = found.groupby("measure")["measures"].max()
    few = largest[~largest.index.isin(found.loc[found["enough"] == "yes", "measure"])]
    if len(few):
        column.heading(label("branch", "few", language))
        column.paragraph("; ".join(f"{name} ({number(int(n))})" for name, n in few.items()))
        column.y -= 1.4 * column.sizes.body
    out = mine.loc[mine["counts"] == "no", "status"].value_counts()
    if len(out):
        column.heading(label("branch", "not_counted", language))
        words = texts("branch_status")
        column.paragraph(
            "; ".join(f"{words[str(status)].speak(language)}: {number(int(n))}" for status, n in out.items())
        )
