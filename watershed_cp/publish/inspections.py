"""The report's chapter on results against limits, and on whom to inspect next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watershed_cp.impact.risk import visit_day
from watershed_cp.messages import day, label, number, percent, texts
from watershed_cp.publish.blocks import mass
from watershed_cp.publish.findings import tight, typeset
from watershed_cp.publish.wording import weights_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from watershed_cp.publish.blocks import Part, Source

__all__ = ["monitoring"]

_VERDICTS = ("complies", "exceeds", "not_judged")
_FIRST = 10  # rows of whom to inspect next


def monitoring(source: Source) -> Iterator[Part]:
    """Count what complies, exceeds or cannot be judged, with the reason, and name whom to inspect next."""
    table = source.accounts.compliance
    if table.empty or not source.of_everybody:
        return
    totals = table["verdict"].value_counts()
    counts = {verdict: number(int(totals.get(verdict, 0))) for verdict in _VERDICTS}
    yield source.say("monitoring", results=number(len(table)), **counts)
    cells = [
        (
            typeset(str(pollutant), source.language),
            number(len(rows)),
            *(number(int((rows["verdict"] == verdict).sum())) for verdict in _VERDICTS),
        )
        for pollutant, rows in table.groupby("pollutant", sort=True)
    ]
    yield source.grid("verdicts", cells)
    open_rows = table[table["verdict"] == "not_judged"]
    reasons = open_rows["why"].value_counts()
    why = [
        (label("not_judged", key, source.language), number(int(reasons[key])))
        for key in texts("not_judged")
        if key in reasons
    ]
    if why:
        yield source.grid("not_judged", why)
    yield from _next(source)


def _next(source: Source) -> Iterator[Part]:
    table = source.accounts.next_inspections
    first = table[table["score_pct"].notna()].head(_FIRST)
    cells = [
        (
            row["msme_id"],
            source.basin(row["basin_id"]),
            typeset(row["pollutant"], source.language),
            mass(row["load_kg_yr"]),
            tight(percent(row["load_share_pct"])),
            tight(percent(100 * row["delivery_share"], digits=0)),
            number(row["sensitivity"]),
            number(row["years_since_visit"], digits=1),
            number(row["score_pct"], digits=0),
        )
        for row in first.to_dict("records")
    ]
    if cells:
        formula = weights_in_words(first["weights"].iloc[0]).speak(source.language)
        until, _ = visit_day(source.accounts.registers, as_of=source.accounts.monitoring.as_of)
        told = "–" if until is None else day(f"{until:%Y-%m-%d}", source.language)
        note = source.say("inspect_next_note", formula=formula, day=told)
        yield source.grid("inspect_next", cells, words=3, note=note)
