"""The report's chapters on what was promised and on measures and their money."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from watershed_cp.messages import label, number, percent, texts
from watershed_cp.publish.blocks import dollars, ends, note
from watershed_cp.publish.cellwords import in_words
from watershed_cp.publish.findings import subscripted, tight
from watershed_cp.publish.wording import rule_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from watershed_cp.publish.blocks import Part, Source

__all__ = ["indicator_rules", "indicators", "measures"]

_KINDS = ("water_m3_yr", "energy_kwh_yr", "materials_kg_yr", "waste_kg_yr", "co2e_kg_yr")


def indicators(source: Source) -> Iterator[Part]:
    """Set what was promised beside what was reached, and what the programme itself has published."""
    table = source.accounts.indicators
    if table.empty or not source.of_everybody:
        return
    cells = [
        (
            subscripted(row[f"name_{source.language}"]),
            str(in_words("unit", row["unit"], source.language)),
            *(number(row[name], digits=int(row["unit"] == "%")) for name in ("target", "value")),
            ends(row["low"], row["high"]),
            tight(percent(row["progress_pct"], digits=0)),
        )
        for row in table[table["dimension"] == "programme"].to_dict("records")
    ]
    yield source.grid("indicators", cells, words=2, note=source.say("indicators_note"))
    beside = [
        (
            subscripted(row[f"name_{source.language}"]),
            str(in_words("unit", row["unit_per_firm"], source.language)),
            *(number(row[name]) for name in ("value_per_firm", "published_low", "published_high")),
        )
        for row in table[table["published_low"].notna()].to_dict("records")
    ]
    if beside:
        yield source.grid("sisters", beside, words=2, note=source.say("sisters_note"))
    published = [
        (
            subscripted(row[f"name_{source.language}"]),
            note(row["source"], source.language),
            *(number(row[name], digits=0) for name in ("value", "target")),
            tight(percent(row["progress_pct"], digits=0)),
        )
        for row in table[table["dimension"] == "published"].to_dict("records")
    ]
    if published:
        yield source.grid("published", published, words=2, note=source.say("published_note"))


def indicator_rules(source: Source) -> Iterator[Part]:
    """Say by which rule each indicator is computed."""
    table = source.accounts.indicators
    rules = [
        tuple(
            subscripted(words)
            for words in (row[f"name_{source.language}"], rule_in_words(row["rule"], source.language))
        )
        for row in table[table["dimension"] == "programme"].to_dict("records")
    ]
    if rules and source.of_everybody:
        yield source.grid("rules", rules, words=2)


def measures(source: Source) -> Iterator[Part]:
    """Count the recommendations by their state, and what those that count cost and save."""
    table = source.accounts.measures
    if table.empty or not source.of_everybody:
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
    return dollars(math.fsum(known)) if len(known) else "–"
