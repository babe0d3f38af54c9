"""The report's chapters on the programme around the loads: measures and their money, and who works with whom."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from watershed_cp.impact.edition import PublicAccounts
from watershed_cp.messages import label, number, percent, texts
from watershed_cp.publish.blocks import note
from watershed_cp.publish.drawings import draw_network
from watershed_cp.publish.findings import tight
from watershed_cp.tables import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from watershed_cp.errors import Language
    from watershed_cp.publish.blocks import Part, Source

__all__ = ["alliances", "indicators", "measures"]

_KINDS = ("water_m3_yr", "energy_kwh_yr", "materials_kg_yr", "waste_kg_yr", "co2e_kg_yr")


def indicators(source: Source) -> Iterator[Part]:
    """Set what was promised beside what was reached, and what the programme itself has published."""
    table = source.accounts.indicators
    if table.empty or isinstance(source.accounts, PublicAccounts):
        return
    units = texts("unit")
    cells = [
        (
            row[f"name_{source.language}"],
            units[row["unit"]].speak(source.language) if row["unit"] in units else str(row["unit"]),
            *(number(row[name], digits=int(row["unit"] == "%")) for name in ("target", "value")),
            "–" if math.isnan(row["low"]) else f"{number(row['low'])} – {number(row['high'])}",
            tight(percent(row["progress_pct"], digits=0)),
        )
        for row in table[table["dimension"] == "programme"].to_dict("records")
    ]
    yield source.grid("indicators", cells, words=2, note=source.say("indicators_note"))
    published = [
        (row[f"name_{source.language}"], number(row["value"], digits=0), note(row["source"], source.language))
        for row in table[table["dimension"] == "published"].to_dict("records")
    ]
    if published:
        yield source.grid("published", published, words=3)


def measures(source: Source) -> Iterator[Part]:
    """Count the recommendations by their state, and what those that count cost and save."""
    table = source.accounts.measures
    if table.empty or isinstance(source.accounts, PublicAccounts):
        return
    done = table[table["counts"] == "yes"]
    money = {name: _sum(done[name]) for name in ("investment_usd", "saving_usd_yr", "npv_usd")}
    year, rate = source.accounts.economics.dollars_of, source.accounts.economics.discount_rate_pct
    counts = {"recommended": number(len(table)), "done": number(len(done))}
    yield source.say("measures", **counts, **money, year=year, rate=f"{rate:g}")
    states = table["status"].value_counts()
    order = [state for state in texts("choice") if state in states.index]
    yield source.grid(
        "states", [(label("choice", state, source.language), number(int(states[state]))) for state in order]
    )
    rows = [
        (
            label("choice", str(resource), source.language),
            number(len(group)),
            *(_sum(group[name]) for name in ("investment_usd", "saving_usd_yr")),
            number(float(group["payback_years"].median()), digits=1),
            *(_sum(group[name]) for name in _KINDS),
        )
        for resource, group in done.groupby("resource", sort=True)
    ]
    yield source.grid("resources", rows, note=source.say("measures_note", year=year))


def _sum(values: pd.Series[float]) -> str:
    """Add up what is known; a dash where nothing is."""
    known = values.dropna()
    return number(math.fsum(known), digits=0) if len(known) else "–"


def alliances(source: Source) -> Iterator[Part]:
    """Show who works with whom, as a network and as a table."""
    table = source.accounts.registers.get("stakeholders", pd.DataFrame())
    if table.empty or isinstance(source.accounts, PublicAccounts):
        return
    rows = table.to_dict("records")
    known = {**_named(source.accounts.msmes, "msme_id"), **_named(table, "stakeholder_id")}
    ties = [(row["stakeholder_id"], other, row) for row in rows for other in listed(row["partner_of"])]
    states = table["agreement"].value_counts()
    counts = {state: number(int(states.get(state, 0))) for state in ("signed", "negotiating", "ended")}
    yield source.say("alliances", organisations=number(len(table)), ties=number(len(ties)), **counts)
    live = [
        (first, other, str(row["agreement"])) for first, other, row in ties if row["agreement"] != "ended"
    ]
    around = dict.fromkeys(key for first, other, _ in live for key in (first, other))
    if live:
        names = {key: known.get(key, key) for key in around}
        yield draw_network(source.say("network"), names, live)
    yield source.grid(
        "partners",
        [
            (
                known[row["stakeholder_id"]],
                _choice(row["organisation_kind"], source.language),
                ", ".join(known.get(key, key) for key in listed(row["partner_of"])) or "–",
                _choice(row["agreement"], source.language),
                f"{row['since']:%Y-%m-%d}" if pd.notna(row["since"]) else "–",
            )
            for row in rows
        ],
        words=5,
    )


def _named(table: pd.DataFrame, key: str) -> dict[str, str]:
    names = table["name"] if "name" in table else table[key]
    return dict(zip(table[key], names.fillna(table[key]), strict=True))


def _choice(value: object, language: Language) -> str:
    return label("choice", value, language) if isinstance(value, str) and value else "–"
