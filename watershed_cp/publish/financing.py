"""Financing environmental measures: one page of A4 in both languages, made of the loans' own evidence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import matplotlib as mpl

from watershed_cp.impact.credit import loan_costs
from watershed_cp.impact.economics import MINIMUM_MEASURES
from watershed_cp.messages import label, number, percent, texts
from watershed_cp.publish.branchsheets import BOTH, draw_head, draw_small_print
from watershed_cp.publish.findings import typeset
from watershed_cp.publish.layout import FORMS, blank
from watershed_cp.publish.panels import Column
from watershed_cp.publish.style import matplotlib_settings

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from watershed_cp.errors import Language
    from watershed_cp.impact.aggregation import Accounts

__all__ = ["draw_financing"]

_PERCENT = 100


def draw_financing(accounts: Accounts) -> Figure:
    """Draw what the programme's own loans teach a firm that would borrow, and a lender that would lend.

    Parameters
    ----------
    accounts : Accounts
        What the run found; medians of fewer than three loans are not told.

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
    page = FORMS["factsheet"]
    lent = accounts.credit[accounts.credit["lent"] == "yes"]
    told = {"n": number(len(lent)), "amount": number(math.fsum(lent["amount_usd"].dropna()), digits=0)}
    told["measures"] = number(int(lent["measures"].sum()))
    with mpl.rc_context(matplotlib_settings()):
        figure, axes = blank(page)
        titles = {language: label("financing", "title", language) for language in BOTH}
        below = {language: label("financing", "below", language, **told) for language in BOTH}
        y = draw_head(axes, accounts, "financing", titles, below) - 2 * page.sizes.small
        half = (page.width - 2 * page.margin) / 2 - page.sizes.body
        for language, left in zip(BOTH, (page.margin, page.width - page.margin - half), strict=True):
            column = Column(axes, left, left + half, y, page.sizes, language)
            for heading, lines in (
                ("firms", _for_firms(lent, language)),
                ("lenders", _for_lenders(lent, language)),
                ("bought", _bought(loan_costs(accounts), language)),
            ):
                column.heading(label("financing", heading, language))
                for line in lines or [label("financing", "few", language)]:
                    column.paragraph(line)
                column.y -= 1.4 * page.sizes.body
        draw_small_print(axes, accounts)
    return figure


def _for_firms(lent: pd.DataFrame, language: Language) -> list[str]:
    """Tell the usual loan, and how often the saving pays the instalments."""
    lines = []
    for name in ("amount_usd", "rate_pct_yr", "term_months"):
        known = lent[name].dropna().astype(float)
        if len(known) >= MINIMUM_MEASURES:
            spread = {
                key: number(value, digits=int(name == "rate_pct_yr")) for key, value in _spread(known).items()
            }
            lines.append(label("financing", name, language, **spread))
    cover = lent["cover"].dropna()
    if len(cover) >= MINIMUM_MEASURES:
        paid = number(int((cover >= 1).sum()))
        lines.append(label("financing", "cover", language, paid=paid, n=number(len(cover))))
    return lines


def _spread(known: pd.Series[float]) -> dict[str, float]:
    return {"median": float(known.median()), "low": float(known.min()), "high": float(known.max())}


def _for_lenders(lent: pd.DataFrame, language: Language) -> list[str]:
    """Tell what became of the loans, and how much of the balance is late."""
    if len(lent) < MINIMUM_MEASURES:
        return []
    words, counts = texts("choice"), lent["loan_status"].value_counts()
    lines = [f"{words[str(status)].speak(language)}: {number(int(n))}" for status, n in counts.items()]
    balance = math.fsum(lent["outstanding_usd"].dropna())
    late = math.fsum(
        lent.loc[lent["loan_status"].isin(["in_arrears", "written_off"]), "outstanding_usd"].dropna()
    )
    if balance > 0:
        lines.append(label("financing", "late", language, share=percent(_PERCENT * late / balance)))
    return lines


def _bought(costs: pd.DataFrame, language: Language) -> list[str]:
    """Tell the median dollars per unit of each quantity that three loans or more bought."""
    each = costs[(costs["loan_id"] != "") & costs["usd_per_unit"].notna()]
    lines = []
    for quantity, known in each.groupby("quantity")["usd_per_unit"]:
        if len(known) >= MINIMUM_MEASURES:
            unit = "m³" if quantity == "water_m3" else f"kg {typeset(str(quantity), language)}"
            spread = {key: number(value, significant=2) for key, value in _spread(known).items()}
            lines.append(label("financing", "per_unit", language, unit=unit, n=number(len(known)), **spread))
    if worse := int(((costs["loan_id"] != "") & (costs["avoided"] <= 0)).sum()):
        lines.append(label("financing", "nothing", language, n=number(worse)))
    return lines
