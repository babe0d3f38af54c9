"""Financing environmental measures: one page of A4 in both languages, made of the programme's own evidence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import matplotlib as mpl

from watershed_cp.impact.credit import loan_costs, portfolio
from watershed_cp.impact.economics import MINIMUM_MEASURES
from watershed_cp.messages import label, number, percent
from watershed_cp.publish.branchsheets import draw_head, draw_small_print, ways_of_paying
from watershed_cp.publish.findings import typeset
from watershed_cp.publish.layout import FORMS, blank
from watershed_cp.publish.lettering import write
from watershed_cp.publish.loancharts import draw_cover, draw_spread, draw_status
from watershed_cp.publish.sheetcharts import BOTH, draw_bars, heading, pair
from watershed_cp.publish.style import COLOURS, matplotlib_settings

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from watershed_cp.impact.aggregation import Accounts

__all__ = ["draw_financing"]

_PAGE = FORMS["factsheet"]
_SMALL = _PAGE.sizes.small
_LEFT, _RIGHT = _PAGE.margin, _PAGE.width - _PAGE.margin
_HALF = (_RIGHT - _LEFT) / 2 - _PAGE.sizes.body
_PERCENT = 100


def draw_financing(accounts: Accounts) -> Figure:
    """Draw what the programme's own loans teach a firm that would borrow, and a lender that would lend.

    Parameters
    ----------
    accounts : Accounts
        What the run found; what fewer than three loans show is not told.

    Returns
    -------
    matplotlib.figure.Figure
        A4, upright; dollars of one year. Saving is the caller's.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> draw_financing(run(data_path("demo", "project.toml"))).get_size_inches().round(2).tolist()
    [8.27, 11.69]
    """
    lent = accounts.credit[accounts.credit["lent"] == "yes"]
    counted = accounts.measures[accounts.measures["counts"] == "yes"]
    with mpl.rc_context(matplotlib_settings()):
        figure, axes = blank(_PAGE)
        y = _head(axes, accounts, lent) - 2 * _SMALL
        low = heading(axes, _LEFT, _LEFT + _HALF, y, "ways", block="financing")
        low = draw_bars(axes, _LEFT, _LEFT + _HALF, low, ways_of_paying(counted))
        other = _draw_usual(axes, lent, y)
        y = min(low, other) - 1.2 * _SMALL
        y = draw_cover(axes, _LEFT, _RIGHT, y, lent) - 1.6 * _SMALL
        low = _draw_costs(axes, loan_costs(accounts), y)
        other = _draw_portfolio(axes, accounts, y)
        draw_status(axes, _LEFT, _RIGHT, min(low, other) - 1.2 * _SMALL, lent)
        draw_small_print(axes, accounts)
    return figure


def _head(axes: Axes, accounts: Accounts, lent: pd.DataFrame) -> float:
    told = {"n": number(len(lent)), "amount": number(math.fsum(lent["amount_usd"].dropna()), digits=0)}
    told["measures"] = number(int(lent["measures"].sum()))
    titles = {language: label("financing", "title", language) for language in BOTH}
    below = {language: label("financing", "below", language, **told) for language in BOTH}
    return draw_head(axes, accounts, "financing", titles, below)


def _draw_usual(axes: Axes, lent: pd.DataFrame, y: float) -> float:
    """Draw amount, interest and term of the loans: every loan a tick, the median marked and told."""
    y = heading(axes, _RIGHT - _HALF, _RIGHT, y, "usual", block="financing")
    shown = 0
    for name in ("amount_usd", "rate_pct_yr", "term_months"):
        known = lent[name].dropna().astype(float)
        if len(known) >= MINIMUM_MEASURES:
            shown += 1
            digits = int(name == "rate_pct_yr")
            y = draw_spread(axes, _RIGHT - _HALF, _RIGHT, y, pair("financing", name), known, digits=digits)
    return y if shown else _few(axes, _RIGHT - _HALF, y)


def _draw_costs(axes: Axes, costs: pd.DataFrame, y: float) -> float:
    """Tell the median dollars per unit of each quantity that three loans or more bought, with its range."""
    y = heading(axes, _LEFT, _LEFT + _HALF, y, "bought", block="financing")
    each = costs[(costs["loan_id"] != "") & costs["usd_per_unit"].notna()]
    many = {
        name: known
        for name, known in each.groupby("quantity")["usd_per_unit"]
        if len(known) >= MINIMUM_MEASURES
    }
    stops = [_LEFT + share * _HALF for share in (0.62, 0.9, 1.0)]
    for quantity, known in many.items():
        y -= 1.45 * _SMALL
        codes = (typeset(str(quantity), language) for language in BOTH)
        name = "m³" if quantity == "water_m3" else "kg " + " · ".join(dict.fromkeys(codes))
        write(axes, _LEFT, y, name, _SMALL)
        median, low, high = (number(value, digits=2) for value in (known.median(), known.min(), known.max()))
        write(axes, stops[0], y, f"{median} USD", _SMALL, align="right", weight="bold")
        write(axes, stops[1], y, f"{low} – {high}", 0.9 * _SMALL, align="right", colour=COLOURS.muted)
        write(axes, stops[2], y, f"n = {len(known)}", 0.9 * _SMALL, align="right", colour=COLOURS.muted)
    if not many:
        y = _few(axes, _LEFT, y)
    if worse := int(((costs["loan_id"] != "") & (costs["avoided"] <= 0)).sum()):
        y -= 0.4 * _SMALL
        for language in BOTH:
            y -= 1.3 * _SMALL
            told = label("financing", "nothing", language, n=number(worse))
            write(axes, _LEFT, y, told, 0.9 * _SMALL, colour=COLOURS.muted)
    return y - _SMALL


def _draw_portfolio(axes: Axes, accounts: Accounts, y: float) -> float:
    """Draw what was lent in each watershed, and how much of the balance is late."""
    y = heading(axes, _RIGHT - _HALF, _RIGHT, y, "portfolio", block="financing")
    names = accounts.basins["name_es"]
    rows, few = [], 0
    for row in portfolio(accounts).to_dict("records"):
        if row["loans"] < MINIMUM_MEASURES:
            few += row["loans"]
            continue
        late = row["in_arrears_usd"] / row["outstanding_usd"] if row["outstanding_usd"] > 0 else 0.0
        told = {"n": number(row["loans"]), "late": percent(_PERCENT * late, digits=0)}
        name = str(names.get(row["basin_id"], pair("financing", "no_basin")))
        text = f"{number(row['amount_usd'], digits=0)} USD"
        rows.append((f"{name}: {pair('financing', 'of_basin', **told)}", row["amount_usd"], text))
    y = draw_bars(axes, _RIGHT - _HALF, _RIGHT, y, rows)
    if few:
        write(
            axes,
            _RIGHT - _HALF,
            y,
            pair("financing", "elsewhere", n=number(few)),
            0.85 * _SMALL,
            colour=COLOURS.muted,
        )
        y -= _SMALL
    return y


def _few(axes: Axes, left: float, y: float) -> float:
    """Say that there are too few cases to tell."""
    for language in BOTH:
        y -= 1.3 * _SMALL
        write(axes, left, y, label("financing", "few", language), _SMALL, colour=COLOURS.muted)
    return y - _SMALL
