"""The report's chapters on people: who was trained and what they learned, and who works with whom."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from watershed_cp.messages import day, number, percent
from watershed_cp.publish.blocks import ends
from watershed_cp.publish.cellwords import in_words
from watershed_cp.publish.drawings import Bar, draw_bars, draw_network
from watershed_cp.publish.findings import tight
from watershed_cp.publish.reportmaps import Mark, draw_close_ups
from watershed_cp.tables import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from watershed_cp.errors import Language
    from watershed_cp.publish.blocks import Part, Source
    from watershed_cp.publish.drawings import Drawing

__all__ = ["alliances", "training"]

_GROUPS = ("kind", "role", "sex")
_POINTS = 0.6  # radius of a mark, times the square root of who came


def training(source: Source) -> Iterator[Part]:
    """Tell who came, what they learned with its interval, and where the events were."""
    table = source.accounts.training
    if table.empty or not source.of_everybody:
        return
    whole, *groups = table[table["dimension"].isin(("", *_GROUPS))].to_dict("records")
    yield from _attendance(source, whole)
    if whole["tested"]:
        yield source.say(
            "learned",
            tested=number(int(whole["tested"])),
            **{name: number(whole[name], digits=2) for name in ("score_before", "score_after", "gain")},
            gain_range=ends(whole["gain_low"], whole["gain_high"], digits=2),
            effect=number(whole["effect_size"], digits=2),
            effect_range=ends(whole["effect_low"], whole["effect_high"], digits=2),
        )
    bars = [_effect(row, source.language) for row in groups if not math.isnan(row["effect_size"])]
    if bars:
        yield draw_bars(source.say("effects"), bars)
    cells = [(_group(row, source.language), *_learned(row)) for row in groups if row["part"]]
    yield source.grid("training", cells, note=source.say("training_note"))
    yield from _events(source)


def _attendance(source: Source, whole: Mapping[Any, Any]) -> Iterator[str]:
    """Count attendances and people, and women both ways: on the lists, and as each event counted them."""
    counts = {name: number(int(whole[name])) for name in ("attendances", "people", "unlisted")}
    yield source.say("attended", events=number(len(source.accounts.event_places)), **counts)
    if not math.isnan(whole["women_pct"]):
        yield source.say(
            "women_listed", women=number(int(whole["women"])), percent=tight(percent(whole["women_pct"]))
        )
    counted = source.accounts.event_places.dropna(subset="women")
    women, everybody = int(counted["women"].sum()), int(counted["people"].sum())
    if everybody:
        share = tight(percent(100 * women / everybody))
        yield source.say("women_counted", women=number(women), attendances=number(everybody), percent=share)


def _group(row: Mapping[Any, Any], language: Language) -> str:
    return str(in_words("part", row["part"], language))


def _effect(row: Mapping[Any, Any], language: Language) -> Bar:
    value, low, high = (row[f"effect_{name}"] for name in ("size", "low", "high"))
    return Bar(_group(row, language), value, low, high, tight(number(value, digits=2)))


def _learned(row: Mapping[Any, Any]) -> tuple[str, ...]:
    counts = (number(int(row[name])) for name in ("attendances", "people", "women", "tested"))
    scores = (tight(number(row[name], digits=2)) for name in ("score_before", "score_after", "gain"))
    effect = tight(number(row["effect_size"], digits=2))
    gain_range, effect_range = (
        ends(row[f"{name}_low"], row[f"{name}_high"], digits=2) for name in ("gain", "effect")
    )
    return *counts, *scores, gain_range, effect, effect_range


def _events(source: Source) -> Iterator[Drawing]:
    """Show in which towns events were, each in the map of the nearest watershed, and how many came."""
    places = source.accounts.event_places.dropna(subset=["longitude", "latitude"])
    if places.empty:
        return
    towns = places.groupby(places["municipality"].fillna(""), sort=True).agg(
        {"longitude": "mean", "latitude": "mean", "people": "sum"}
    )
    basins = source.accounts.basins
    marks: dict[str, list[Mark]] = {}
    for town, row in towns.sort_values("people", ascending=False, kind="stable").iterrows():
        came = number(int(row["people"]))
        radius = max(2.0, _POINTS * math.sqrt(row["people"]))
        mark = Mark(
            row["longitude"], row["latitude"], radius=radius, name=f"{town}: {came}" if town else came
        )
        nearest = shapely.distance(basins.geometry.to_numpy(), shapely.Point(mark.longitude, mark.latitude))
        marks.setdefault(str(basins.index[int(nearest.argmin())]), []).append(mark)
    names = {str(key): source.basin(key) for key in basins.index}
    yield draw_close_ups(source.say("event_map"), basins.loc[list(marks)], names=names, marks=marks)


def alliances(source: Source) -> Iterator[Part]:
    """Show who works with whom, as a network and as a table."""
    table = source.accounts.registers.get("stakeholders", pd.DataFrame())
    if table.empty or not source.of_everybody:
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
        firms = set(source.accounts.msmes["msme_id"])
        yield draw_network(source.say("network"), names, live, marked=firms)
    yield source.grid(
        "partners",
        [
            (
                known[row["stakeholder_id"]],
                _choice(row["organisation_kind"], source.language),
                ", ".join(known.get(key, key) for key in listed(row["partner_of"])) or "–",
                _choice(row["agreement"], source.language),
                day(f"{row['since']:%Y-%m-%d}", source.language) if pd.notna(row["since"]) else "–",
            )
            for row in rows
        ],
        words=5,
    )


def _named(table: pd.DataFrame, key: str) -> dict[str, str]:
    names = table["name"] if "name" in table else table[key]
    return dict(zip(table[key], names.fillna(table[key]), strict=True))


def _choice(value: object, language: Language) -> str:
    return str(in_words("agreement", value, language)) if isinstance(value, str) and value else "–"
