"""The guideline of a branch: one page of A4 in both languages, made of what the programme's own measures did.

A measure of which fewer than three are known is named without its figures: it shows no pattern, and could point to
a firm.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import matplotlib as mpl
import pandas as pd

from watershed_cp.impact.economics import MINIMUM_MEASURES, branch_measures
from watershed_cp.messages import label, number, texts
from watershed_cp.publish.branchtable import draw_measures, quickest
from watershed_cp.publish.findings import firms
from watershed_cp.publish.layout import FORMS, blank, synthetic
from watershed_cp.publish.lettering import Box, wrap, write
from watershed_cp.publish.panels import Column
from watershed_cp.publish.sheetcharts import BOTH, draw_bars, draw_investments, heading, pair
from watershed_cp.publish.style import COLOURS, matplotlib_settings
from watershed_cp.reference import read_reference
from watershed_cp.units import DAYS_PER_YEAR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from watershed_cp.errors import Language
    from watershed_cp.impact.aggregation import Accounts

__all__ = ["branches", "draw_branch", "draw_head", "draw_small_print", "ways_of_paying"]

_PAGE = FORMS["factsheet"]
_SMALL = _PAGE.sizes.small
_LEFT, _RIGHT = _PAGE.margin, _PAGE.width - _PAGE.margin
_ROWS = 8
_LETTERS = "ABCDEFGH"
_LOWEST, _TALLEST = 130.0, 330.0
"""Least and greatest height of the chart, in points."""
_FOOT = 68.0
"""Where the small print begins."""
_MONTHS = 12


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
    shown = quickest(found, _ROWS)
    letters = dict(zip(shown["measure"], _LETTERS, strict=False))
    with mpl.rc_context(matplotlib_settings()):
        figure, axes = blank(_PAGE)
        y = _head(axes, accounts, branch, mine[mine["counts"] == "yes"])
        wider = _elsewhere(accounts, mine, letters)
        y = draw_measures(axes, found, wider, letters, y - 2 * _SMALL) - 2 * _SMALL
        y = _draw_ways(axes, accounts, mine, y)
        half = (_RIGHT - _LEFT) / 2 - _PAGE.sizes.body
        lows = [
            _draw_words(Column(axes, left, left + half, y, _PAGE.sizes, language), mine, found)
            for language, left in zip(BOTH, (_LEFT, _RIGHT - half), strict=True)
        ]
        _draw_chart(axes, accounts, branch, letters, min(lows) - 2 * _SMALL)
        draw_small_print(axes, accounts)
    return figure


def _head(axes: Axes, accounts: Accounts, branch: str, counted: pd.DataFrame) -> float:
    """State the branch, and of how many measures and firms the page is made."""
    titles, below = {}, {}
    for language in BOTH:
        titles[language] = label("branch", "title", language, branch=_branch_name(branch, language))
        count = firms(int(counted["msme_id"].nunique()), language)
        below[language] = label("branch", "below", language, measures=number(len(counted)), firms=count)
    return draw_head(axes, accounts, "branch", titles, below)


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


def _elsewhere(accounts: Accounts, mine: pd.DataFrame, letters: Mapping[str, str]) -> pd.DataFrame:
    """Give what all branches together know of the measures of which this one knows too little."""
    wanted = mine.loc[~mine["measure"].isin(list(letters)), "measure"].dropna().unique()
    rows = branch_measures(accounts.measures.assign(branch="all"), accounts.ledger)
    few = rows[rows["measure"].isin(wanted)]
    kept = quickest(few, _ROWS - len(letters))["measure"]
    return few[few["measure"].isin(kept)]


def _draw_ways(axes: Axes, accounts: Accounts, mine: pd.DataFrame, y: float) -> float:
    """Draw how far the recommendations came, and beside it how those that count were paid."""
    half = (_RIGHT - _LEFT) / 2 - _PAGE.sizes.body
    low = heading(axes, _LEFT, _LEFT + half, y, "steps")
    low = draw_bars(axes, _LEFT, _LEFT + half, low, _steps(mine))
    for line in _months(accounts, mine):
        low -= 1.2 * _SMALL
        write(axes, _LEFT, low, line, 0.9 * _SMALL, colour=COLOURS.muted)
    other = heading(axes, _RIGHT - half, _RIGHT, y, "financed")
    other = draw_bars(axes, _RIGHT - half, _RIGHT, other, ways_of_paying(mine[mine["counts"] == "yes"]))
    return min(low, other) - 1.6 * _SMALL


def _steps(mine: pd.DataFrame) -> list[tuple[str, float, str]]:
    """Count how far the recommendations came; one that lapsed had been carried out if a date says so."""
    status = mine["status"]
    carried = status.isin(["implemented", "verified"]) | (
        status.eq("lapsed") & mine["date_implemented"].notna()
    )
    counts = {
        "recommended": len(mine),
        "accepted": int((~status.isin(["recommended", "rejected"])).sum()),
        "carried_out": int(carried.sum()),
        "working": int((mine["counts"] == "yes").sum()),
        "verified": int(((mine["counts"] == "yes") & (status == "verified")).sum()),
    }
    return [(pair("branch", f"step_{name}"), count, number(count)) for name, count in counts.items()]


def _months(accounts: Accounts, mine: pd.DataFrame) -> list[str]:
    """Say how many months passed from a recommendation to its work, where three or more are known."""
    register = accounts.registers["recommendations"].drop_duplicates("recommendation_id")
    began = mine["recommendation_id"].map(register.set_index("recommendation_id")["date_recommended"])
    waited = pd.to_datetime(mine["date_implemented"]) - pd.to_datetime(began)
    months = (waited.dt.days * _MONTHS / DAYS_PER_YEAR).dropna()
    if len(months) < MINIMUM_MEASURES:
        return []
    spread = {"median": months.median(), "low": months.min(), "high": months.max()}
    told = {name: number(float(value), digits=0) for name, value in spread.items()} | {
        "n": number(len(months))
    }
    return [label("branch", "months", language, **told) for language in BOTH]


def ways_of_paying(counted: pd.DataFrame) -> list[tuple[str, float, str]]:
    """Count how measures were paid, with the dollars where three or more are known.

    Parameters
    ----------
    counted : pandas.DataFrame
        ``financing`` and ``investment_usd`` of the measures that count.

    Returns
    -------
    list of tuple
        Name in both languages, count, and what stands at the end of the bar; the most frequent first.

    Examples
    --------
    >>> ways_of_paying(pd.DataFrame({"financing": ["grant", None], "investment_usd": [5.0, 1.0]}))
    [('donación · grant', 1, 'n = 1'), ('no se anotó · not noted', 1, 'n = 1')]
    """
    rows = []
    for way, group in counted.groupby(counted["financing"].astype(object).fillna(""), sort=True):
        name = pair("choice", str(way)) if way else pair("branch", "financing_unknown")
        known = group["investment_usd"].dropna()
        money = f"; {number(math.fsum(known), digits=0)} USD" if len(known) >= MINIMUM_MEASURES else ""
        rows.append((name, len(group), f"n = {number(len(group))}{money}"))
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def _draw_chart(axes: Axes, accounts: Accounts, branch: str, letters: Mapping[str, str], y: float) -> None:
    """Set saving against investment for every measure of the programme, those of the branch in front."""
    counted = accounts.measures[accounts.measures["counts"] == "yes"]
    whole = counted.dropna(subset=["investment_usd", "saving_usd_yr"])
    known = whole[whole["saving_usd_yr"] > 0]
    own = known["branch"] == branch
    letter = known["measure"].map(letters).astype(object).where(own)
    few = own & letter.isna()
    mine = own & (letter.notna() | (few.sum() >= MINIMUM_MEASURES))
    if len(known) < MINIMUM_MEASURES or y - _FOOT < _LOWEST:
        return
    y = heading(axes, _LEFT, _RIGHT, y, "chart")
    for language in BOTH:
        told = label("branch", "chart_key", language)
        if len(whole) > len(known):
            told += " " + label("branch", "chart_without", language, n=number(len(whole) - len(known)))
        y -= 1.25 * _SMALL
        write(axes, _LEFT, y, told, 0.9 * _SMALL, colour=COLOURS.muted)
    y -= 2.6 * _SMALL
    bottom = max(y - _TALLEST, _FOOT)
    dots = known.assign(letter=letter.fillna(""), mine=mine)
    draw_investments(
        axes, Box(_LEFT, bottom, _RIGHT, y), dots[["investment_usd", "saving_usd_yr", "letter", "mine"]]
    )


def _draw_words(column: Column, mine: pd.DataFrame, found: pd.DataFrame) -> float:
    """Say which measures show no pattern yet, and what does not count; give where the next thing starts."""
    language = column.language
    largest = found.groupby("measure")["measures"].max()
    few = largest[~largest.index.isin(found.loc[found["enough"] == "yes", "measure"])]
    if len(few):
        told = "; ".join(f"{name} ({number(int(n))})" for name, n in few.items())
        column.paragraph(f"{label('branch', 'few', language)}: {told}.")
        column.y -= 0.4 * column.sizes.body
    out = mine.loc[mine["counts"] == "no", "status"].value_counts()
    if len(out):
        words = texts("branch_status")
        told = "; ".join(
            f"{words[str(status)].speak(language)}: {number(int(n))}" for status, n in out.items()
        )
        column.paragraph(f"{label('branch', 'not_counted', language)}: {told}.")
    return column.y
