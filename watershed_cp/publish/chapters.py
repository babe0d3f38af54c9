"""What the report says, chapter by chapter, as words and tables: a page and a PDF only set them.

Every number is taken from the accounts as they stand. A chapter of which nothing is known, or of which a public
edition may tell nothing, is not there.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from watershed_cp.impact.edition import PublicAccounts
from watershed_cp.messages import day, label, number, percent
from watershed_cp.publish.blocks import Chapter, Grid, Source, mass, note
from watershed_cp.publish.drawings import Bar, Drawing, draw_bars
from watershed_cp.publish.findings import find, firms, headline, round_mass, span, tight, typeset
from watershed_cp.publish.inspections import monitoring
from watershed_cp.publish.lending import consultants, credit
from watershed_cp.publish.people import alliances, training
from watershed_cp.publish.programme import indicator_rules, indicators, measures
from watershed_cp.publish.reportmaps import Mark, Scale, draw_close_ups, draw_map
from watershed_cp.publish.runsettings import settings
from watershed_cp.publish.style import ramp_breaks
from watershed_cp.tables import EVIDENCE, FATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pandas as pd

    from watershed_cp.errors import Language
    from watershed_cp.impact.aggregation import Accounts
    from watershed_cp.publish.blocks import Part
    from watershed_cp.publish.findings import Change

__all__ = ["write_chapters"]

_FIRST = 10  # rows of what to measure first
_CLOSE_UPS = 8  # watersheds that have a small map each


def write_chapters(accounts: Accounts, manifest: Mapping[str, Any], language: Language) -> list[Chapter]:
    """Write every chapter of the report of which something is known.

    Parameters
    ----------
    accounts : Accounts
        What the run found; of a :class:`~watershed_cp.impact.edition.PublicAccounts` nothing of single firms is told.
    manifest : mapping
        ``settings``, ``inputs``, ``packages`` and ``watershed_cp``, as the manifest of the folder tells them.
    language : {"es", "en"}
        Language of the words.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> [chapter.key for chapter in write_chapters(run(data_path("demo", "project.toml")), {}, "en")][:3]
    ['finding', 'results', 'indicators']
    """
    source = Source(accounts, find(accounts), manifest, language)
    found = ((key, tuple(write(source))) for key, write in _CHAPTERS.items())
    return [Chapter(key, source.say(f"title_{key}"), parts) for key, parts in found if parts]


def _finding(source: Source) -> Iterator[str]:
    """Say the finding with its range, who is behind it, and what the report holds."""
    accounts, language = source.accounts, source.language
    title, _ = headline(accounts, source.finding, language)
    yield title
    if source.finding.changes:
        change = source.finding.changes[0]
        spread = span(change.reduction, change.low, change.high, language)
        share = tight(percent(change.percent))
        yield source.say("sure", range=spread, percent=share, firms=firms(change.firms, language))
    if len(accounts.assignments):
        status = accounts.assignments["status"].value_counts()
        counts = {name: number(int(status.get(name, 0))) for name in ("inside", "outside", "unlocated")}
        yield label("summary", "firms", language, firms=number(len(accounts.assignments)), **counts)
    if accounts.period:
        first, last = (day(date, language) for date in accounts.period)
        yield label("summary", "period", language, first=first, last=last)
    if isinstance(accounts, PublicAccounts):
        yield source.say("public", minimum=number(accounts.minimum_msmes))
    yield source.say("annex")


def _results(source: Source) -> Iterator[Part]:
    """Give every pollutant over the whole programme, and how far it is from what was promised."""
    language, changes = source.language, source.finding.changes
    if not changes:
        return
    target = source.settings.get("publish", {}).get("target_pct")
    bars = [_share(change, language) for change in changes]
    words = "" if target is None else source.say("target", percent=tight(percent(target, digits=0)))
    yield draw_bars(
        source.say("bars"), bars, target=math.nan if target is None else target, target_text=words
    )
    rows = [
        (
            typeset(change.pollutant, language),
            number(change.firms),
            *map(mass, (change.baseline, change.follow_up, change.reduction)),
            span(change.reduction, change.low, change.high, language),
            tight(percent(change.percent)),
        )
        for change in changes
    ]
    yield source.grid("programme", rows, note=source.say("programme_note"))


def _share(change: Change, language: Language) -> Bar:
    """Give a pollutant's reduction and its range as parts of the baseline."""
    part = 100 / change.baseline if change.baseline else math.nan
    text = tight(percent(change.percent))
    return Bar(
        typeset(change.pollutant, language), change.percent, change.low * part, change.high * part, text
    )


def _basins(source: Source) -> Iterator[Part]:
    """Show the watersheds: where they are, and what was avoided in each."""
    accounts, language = source.accounts, source.language
    if not source.finding.changes:
        return
    lead = source.finding.changes[0].pollutant
    loads = accounts.basin_loads
    head = loads[loads["pollutant"] == lead].set_index("basin_id")
    yield from _maps(source, lead, head["reduction_kg_yr"].where(head["msmes"] > 0))
    located = accounts.assignments["basin_id"].value_counts()
    rows = [
        (
            source.basin(basin_id),
            tight(f"{number(float(row['area_km2']), digits=0)} km²") if "area_km2" in row else "–",
            number(int(located.get(basin_id, 0))) if len(located) else "–",
            *_load_cells(source, head.loc[basin_id]),
        )
        for basin_id, row in accounts.basins.iterrows()
        if basin_id in head.index
    ]
    yield source.grid("basin_lead", rows, note=source.say("basin_note", pollutant=typeset(lead, language)))
    order = {change.pollutant: at for at, change in enumerate(source.finding.changes)}
    told = loads[loads["msmes"] > 0]
    told = told.assign(_order=told["pollutant"].map(order)).sort_values(["basin_id", "_order"], kind="stable")
    rows = [
        (source.basin(row["basin_id"]), typeset(row["pollutant"], language), *_load_cells(source, row))
        for row in told.to_dict("records")
    ]
    yield source.grid("basin_all", rows, words=2)
    yield from _delivered(source)


def _load_cells(source: Source, row: Mapping[Any, Any] | pd.Series[Any]) -> tuple[str, ...]:
    """Write firms, loads before and after, reduction, range and percentage of one total."""
    if not row["msmes"] > 0:
        return ("–",) * 6
    loads = (mass(row[name]) for name in ("baseline_kg_yr", "follow_up_kg_yr", "reduction_kg_yr"))
    share = tight(percent(row["reduction_pct"]))
    return number(int(row["msmes"])), *loads, source.range(dict(row)), share


def _maps(source: Source, lead: str, reductions: pd.Series[float]) -> Iterator[Drawing]:
    """Show all watersheds in one map by what was avoided, and each of them from near with its firms."""
    basins, known = source.accounts.basins, reductions.dropna()
    breaks = ramp_breaks(known.tolist())
    scale = Scale(breaks, tuple(map(round_mass, breaks)))
    names = {str(key): source.basin(key) for key in basins.index}
    told = names | {str(key): f"{names[str(key)]}: {mass(value)}" for key, value in known.items()}
    values = {str(key): float(value) for key, value in known.items()}
    yield draw_map(
        source.say("map", pollutant=typeset(lead, source.language)),
        basins,
        names=told,
        values=values,
        scale=scale,
    )
    marks = _marks(source)
    if len(basins) <= _CLOSE_UPS:
        caption = source.say("close_ups" if marks else "close_ups_bare")
        yield draw_close_ups(caption, basins, names=told, marks=marks, values=values, scale=scale)


def _marks(source: Source) -> dict[str, list[Mark]]:
    """Mark the firms of each watershed, those that count above the others."""
    places = source.finding.places
    if places.empty:
        return {}
    marks: dict[str, list[Mark]] = {}
    for row in places.sort_values("mark", ascending=False, kind="stable").to_dict("records"):
        mark = Mark(row["longitude"], row["latitude"], row["mark"] != "uncounted")
        marks.setdefault(str(row["basin_id"]), []).append(mark)
    return marks


def _delivered(source: Source) -> Iterator[Part]:
    """Tell what no longer arrives downstream, where a rate of decay with a source is known."""
    table = source.accounts.delivered_loads
    rows = [
        (
            source.basin(row["basin_id"]),
            typeset(row["pollutant"], source.language),
            label("arrival", row["place"], source.language),
            mass(row["reduction_kg_yr"]),
            mass(row["delivered_kg_yr"]),
            span(
                row["delivered_kg_yr"],
                row["delivered_low_kg_yr"],
                row["delivered_high_kg_yr"],
                source.language,
            ),
        )
        for row in table[table["delivered_kg_yr"].notna() & (table["msmes"] > 0)].to_dict("records")
    ]
    if rows:
        yield source.grid("delivered", rows, words=3, note=source.say("delivered_note"))


def _left_out(source: Source) -> Iterator[Part]:
    """Account for all that came in, by its fate: kilograms, rows, reasons."""
    summary, ledger = source.accounts.ledger_summary, source.accounts.ledger
    if summary.empty:
        return
    fates = [fate for fate in FATES if summary.loc[summary["fate"] == fate, "rows"].sum() > 0]
    heads = tuple(label("fate", fate, source.language) for fate in fates)
    yield source.say("left_out")
    for key, column, write in (
        ("fates_kg", "reduction_kg_yr", lambda value: number(float(value), digits=1)),
        ("fates_rows", "rows", lambda value: number(int(value))),
    ):
        cells = summary.set_index(["pollutant", "fate"])[column]
        rows = list(_crossed(source, cells, fates, write))
        caption, corner, total = source.say(key).split(" | ")
        below = source.say("fates_note") if column != "rows" else ""
        yield Grid(key, caption, (corner, *heads, total), tuple(rows), note=below)
    reasons = ledger[ledger["fate"] != "credited"].groupby(["fate", "reason"], sort=False, dropna=False)
    counted = {key: (len(rows), rows["msme_id"].nunique()) for key, rows in reasons}
    rows = [
        (
            label("fate", str(fate), source.language),
            note(reason, source.language),
            number(count),
            number(int(msmes)),
        )
        for (fate, reason), (count, msmes) in sorted(
            counted.items(), key=lambda item: (FATES.index(item[0][0]), -item[1][0], str(item[0][1]))
        )
    ]
    if rows:
        yield source.grid("reasons", rows, words=2)


def _crossed(
    source: Source, cells: pd.Series[Any], columns: Sequence[str], write: Callable[[Any], str]
) -> Iterator[tuple[str, ...]]:
    """Set one row a pollutant, one column a fate or grade, and the sum of what is known."""
    found = list(dict.fromkeys(cells.index.get_level_values(0)))
    order = [change.pollutant for change in source.finding.changes if change.pollutant in found]
    for pollutant in (*order, *(name for name in found if name not in order)):
        values = [cells.get((pollutant, column), 0) for column in columns]
        total = math.fsum(value for value in values if not math.isnan(value))
        yield typeset(str(pollutant), source.language), *map(write, values), write(total)


def _evidence(source: Source) -> Iterator[Part]:
    """Tell on which grade of evidence each credited kilogram rests."""
    ledger = source.accounts.ledger
    credited = ledger[ledger["fate"] == "credited"]
    if credited.empty:
        return
    cells = credited.groupby(["pollutant", "evidence"])["reduction_kg_yr"].agg(math.fsum)
    grades = [grade for grade in EVIDENCE if (credited["evidence"] == grade).any()]
    rows = tuple(_crossed(source, cells, grades, lambda value: number(float(value), digits=1)))
    caption, corner, total = source.say("grades").split(" | ")
    yield Grid("grades", caption, (corner, *grades, total), rows)
    yield " · ".join(label("poster", f"grade_{grade}", source.language) for grade in grades)


def _doubles(source: Source) -> Iterator[Part]:
    """List the credited claims that may be one, with what is at stake."""
    table = source.accounts.doubles
    if source.accounts.ledger.empty:
        return
    yield source.say("doubles" if len(table) else "no_doubles")
    rows = [
        (
            label("double", row["rule"], source.language),
            typeset(row["pollutant"], source.language),
            f"{row['msme_id']} ({row['rows']})",
            f"{row['other_msme_id']} ({row['other_rows']})",
            mass(row["at_stake_kg_yr"]),
        )
        for row in table.to_dict("records")
    ]
    if rows:
        yield source.grid("pairs", rows, words=4)


def _uncertainty(source: Source) -> Iterator[Part]:
    """Say which firm to measure first: whose load brings most of a total's range."""
    if source.accounts.ledger.empty:
        return
    shares = source.accounts.range_shares
    first = shares[shares["share_pct"] > 0].sort_values("share_pct", ascending=False, kind="stable")
    rows = [
        (
            str(row["msme_id"]),
            typeset(row["pollutant"], source.language),
            source.basin(row["basin_id"]),
            mass(row["reduction_kg_yr"]),
            mass(row["range_kg_yr"]),
            tight(percent(row["share_pct"])),
        )
        for row in first.head(_FIRST).to_dict("records")
    ]
    yield source.say("uncertainty")
    if rows:
        yield source.grid("first", rows, words=3)


def _method(source: Source) -> Iterator[Part]:
    """State the rules of counting that were used."""
    rules = source.settings.get("accounting", {})
    yield from (source.say(key) for key in ("rule_load", "rule_fate"))
    if rules:
        period = rules["period"]
        dates = [day(date, source.language) for date in period] if period else []
        yield (
            source.say("rule_period", first=dates[0], last=dates[1])
            if dates
            else source.say("rule_no_period")
        )
        yield source.say("rule_evidence", grade=rules["minimum_evidence"])
        yield source.say("rule_days", days=tight(f"{rules['days_per_year']:g}"))
    if source.accounts.censoring:
        yield label("censoring", source.accounts.censoring, source.language)
    yield from (
        source.say(key) for key in ("rule_range", "rule_place", "rule_ties", "rule_expected", "rule_units")
    )
    yield from indicator_rules(source)


def _sources(source: Source) -> Iterator[Part]:
    """Credit the outlines, the figures they are compared with, and whose data the loads are."""
    accounts, language = source.accounts, source.language
    yield source.say(
        "own_data" if source.of_everybody else "public_data", title=accounts.title.speak(language)
    )
    basins = accounts.basins
    if "credit" in basins:
        names = ("method", "credit", "published_source")
        rows = [
            (source.basin(basin_id), *(note(row.get(name), language) for name in names))
            for basin_id, row in basins.iterrows()
        ]
        yield source.grid("outlines", rows, words=4)
    yield source.say("reference")


def _manifest(source: Source) -> Iterator[Part]:
    """Name every input by its sha256, and every setting, so that the run can be repeated; in public no file."""
    inputs, packages = source.manifest.get("inputs", {}), source.manifest.get("packages", {})
    if inputs and source.of_everybody:
        yield source.grid("inputs", list(inputs.items()), words=2)
    elif inputs.get("files"):
        yield source.grid("inputs_together", [(number(inputs["files"]), inputs["sha256"])], words=2)
    versions = {"watershed_cp": source.manifest.get("watershed_cp"), **packages}
    known = [(name, str(version)) for name, version in versions.items() if version]
    if known:
        yield source.grid("versions", known, words=2)
    rules = list(settings(source))
    if rules:
        more = source.say("settings_note") if source.of_everybody else ""
        yield source.grid("settings", rules, words=2, note=more)


_CHAPTERS: dict[str, Callable[[Source], Iterator[Part]]] = {
    "finding": _finding,
    "results": _results,
    "indicators": indicators,
    "basins": _basins,
    "measures": measures,
    "credit": credit,
    "consultants": consultants,
    "monitoring": monitoring,
    "training": training,
    "alliances": alliances,
    "left_out": _left_out,
    "evidence": _evidence,
    "doubles": _doubles,
    "uncertainty": _uncertainty,
    "method": _method,
    "sources": _sources,
    "manifest": _manifest,
}
