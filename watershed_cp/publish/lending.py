"""The report's chapters on the credit line and on the consultants who carry measures out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from watershed_cp.impact.consultants import consultant_coverage
from watershed_cp.impact.credit import lend_next, loan_costs, portfolio
from watershed_cp.messages import label, number, percent, texts
from watershed_cp.publish.blocks import dollars, mass
from watershed_cp.publish.findings import tight, typeset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from watershed_cp.publish.blocks import Part, Source

__all__ = ["consultants", "credit"]

_NEXT = 5  # rows of where to lend next


def credit(source: Source) -> Iterator[Part]:
    """Tell what was lent, what it bought, and where a loan would do most."""
    accounts = source.accounts
    if accounts.credit.empty or not source.of_everybody:
        return
    table = portfolio(accounts)
    names = ("amount_usd", "outstanding_usd", "in_arrears_usd", "saving_usd_yr")
    counts = {name: number(int(table[name].sum())) for name in ("loans", "measures")}
    yield source.say(
        "credit",
        asked=number(len(accounts.credit)),
        year=accounts.economics.dollars_of,
        **counts,
        **{name: dollars(math.fsum(table[name])) for name in names},
    )
    cells = [
        (
            source.basin(row["basin_id"]),
            number(int(row["loans"])),
            *(dollars(row[name]) for name in names[:3]),
            number(int(row["measures"])),
            dollars(row["saving_usd_yr"]),
        )
        for row in table.to_dict("records")
    ]
    yield source.grid("portfolio", cells)
    yield from _costs(source)
    yield from _lend_next(source)


def _costs(source: Source) -> Iterator[Part]:
    """Set the dollars lent in each watershed against what they avoid over the lifetime of the measures."""
    table = loan_costs(source.accounts)
    quantities = texts("quantity")
    cells = [
        (
            source.basin(row["basin_id"]),
            quantities[row["quantity"]].speak(source.language)
            if row["quantity"] in quantities
            else f"{typeset(row['quantity'], source.language)}, kg",
            number(int(row["loans"])),
            dollars(row["amount_usd"]),
            tight(number(row["avoided"], digits=0)),
            tight(number(row["usd_per_unit"], digits=2)),
        )
        for row in table[table["loan_id"] == ""].to_dict("records")
    ]
    if cells:
        yield source.grid("loan_costs", cells, words=2, note=source.say("loan_costs_note"))


def _lend_next(source: Source) -> Iterator[Part]:
    first = lend_next(source.accounts).head(_NEXT)
    cells = [
        (
            row["recommendation_id"],
            row["msme_id"],
            source.basin(row["basin_id"]),
            str(row["measure"]),
            dollars(row["investment_usd"]),
            mass(row["residual_kg_yr"]),
            tight(percent(100 * row["delivered_share"], digits=0)),
            number(row["payback_years"], digits=1),
            number(row["score"], digits=2),
        )
        for row in first.to_dict("records")
    ]
    if cells:
        weights = dict(
            zip(("load", "delivery", "payback", "confidence"), source.accounts.lending.weights, strict=True)
        )
        words = {name: f"{value:g}" for name, value in weights.items()}
        pollutant = typeset(first["pollutant"].iloc[0], source.language)
        yield source.grid(
            "lend_next", cells, words=4, note=source.say("lend_next_note", pollutant=pollutant, **words)
        )


def consultants(source: Source) -> Iterator[Part]:
    """Tell how many open measures have somebody fit and near, by watershed and resource."""
    if not source.of_everybody:
        return
    table = consultant_coverage(source.accounts)
    if table.empty:
        return
    counts = {name: number(int(table[name].sum())) for name in ("open_measures", "covered_measures")}
    yield source.say("consultants", near=f"{source.accounts.lending.near_km:g}", **counts)
    cells = [
        (
            source.basin(row["basin_id"]),
            label("choice", row["resource"], source.language),
            *(number(int(row[name])) for name in ("open_measures", "covered_measures", "consultants")),
            label("choice", row["gap"], source.language),
        )
        for row in table.to_dict("records")
    ]
    yield source.grid("coverage", cells, words=2)
