"""The commands on a register of firms: whom to visit, and in which order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from watershed_cp.commands.telling import SHOWN, say, show, write_table
from watershed_cp.errors import InputError, Text
from watershed_cp.messages import fault, label, number, texts

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from watershed_cp.basins.gathering import Nearby
    from watershed_cp.commands.telling import Options
    from watershed_cp.errors import Language
    from watershed_cp.impact.aggregation import Accounts
    from watershed_cp.project import Weights
    from watershed_cp.publish.visits import Search

__all__ = ["near", "rank"]


def near(options: Options, language: Language) -> None:
    """Find the firms of a register near water, say what became of every row, and write whom to visit."""
    from watershed_cp.basins.catalogue import read_basins
    from watershed_cp.basins.proximity import near as search
    from watershed_cp.intake.corrections import read_corrections
    from watershed_cp.nearby import (
        checked_output,
        find_corrections,
        in_pieces,
        levels_of,
        read_register,
        write_found,
    )

    out = checked_output(options.out)
    basins, target = read_basins(options.basins), _near_what(options, language)
    corrections = find_corrections(options.register, options.corrections)
    register = read_register(options.register, corrections=corrections, language=language)
    whole = out if out and out.suffix.lower() == ".parquet" else None
    asked = _search(options, basins, corrections if corrections and read_corrections(corrections) else None)
    found = search(
        register,
        **(target or {"basins": basins}),
        distance_m=asked.distance_m,
        sectors=[code.upper() for code in options.sector],
        sizes=[_size(word) for word in options.size],
        countries=options.country,
        levels=levels_of(basins, options.sub_basins),
        out=whole,
        unplaced_out=whole and _beside(whole, language),
        dask=options.dask,
        **in_pieces(register, corrections=corrections, language=language),
    )
    if out and not whole:
        write_found(found, out, basins, search=asked, rivers=target.get("rivers"), language=language)
    _tell_found(asked, found, language)
    if out:
        _tell_written(found, out, language, whole=bool(whole))


def _search(options: Options, basins: gpd.GeoDataFrame, corrections: Path | None) -> Search:
    """Gather what is asked for, as it is told to the reader."""
    from watershed_cp.basins.inspection import metres
    from watershed_cp.publish.visits import Search

    kind, what = "basins", Text(*(_listed(basins, language) for language in ("es", "en")))
    if options.upstream_of:
        kind, what = "upstream", Text(options.upstream_of, options.upstream_of)
    elif options.rivers is not None or options.river_order is not None:
        kind, what = "rivers", Text(*[str(options.river_order or 1)] * 2)
    return Search(
        register=Path(options.register).name,
        kind=kind,
        what=what,
        distance_m=None if options.distance is None else metres(options.distance),
        filters=", ".join([*options.sector, *options.size, *options.country]),
        corrections=corrections.name if corrections else "",
    )


def _listed(basins: gpd.GeoDataFrame, language: Language) -> str:
    """Name watersheds; of many only how many they are."""
    column = f"name_{language}"
    names = basins[column].fillna("") if column in basins else basins.index.to_series()
    told = [str(name) or str(basin) for basin, name in names.items()]
    return (
        ", ".join(told) if len(told) <= _NAMED else label("cli", "basins_many", language, n=number(len(told)))
    )


def rank(options: Options, language: Language) -> None:
    """Put the firms near the watersheds in the order in which to visit, invite, lend to or inspect them."""
    from watershed_cp.basins.catalogue import read_basins
    from watershed_cp.basins.inspection import metres
    from watershed_cp.nearby import find_corrections, rank_register, read_register
    from watershed_cp.pipeline import run as do
    from watershed_cp.project import read_project, weights_for
    from watershed_cp.tables import RANKING

    out = Path(options.out) if options.out else None
    if out and (out.suffix.lower() not in (".xlsx", ".csv") or not out.parent.is_dir()):
        raise InputError(fault("rank_output", value=options.out))
    own = options.register.lower().endswith(".toml")
    settings = read_project(options.register if own else options.project) if own or options.project else None
    evidence = do(settings) if settings else None
    weights = weights_for(options.purpose, settings)
    given = settings.path(settings.geocoding.corrections) if settings else None
    corrections = find_corrections(
        options.register, options.corrections or (given if given and given.is_file() else None)
    )
    firms = (
        evidence.msmes
        if own and evidence
        else read_register(options.register, corrections=corrections, language=language)
    )
    ranked = rank_register(
        _as_placed(evidence, outside=bool(options.distance)) if own and evidence else firms,
        basins=evidence.basins if evidence else read_basins(),
        weights=weights,
        evidence=evidence,
        distance_m=metres(options.distance or "0m"),
        corrections=corrections,
        audited_only=own and options.purpose == "inspect",
        language=language,
    )
    far = 0 if isinstance(firms, Path) else firms["msme_id"].nunique() - len(ranked)
    _tell_ranked(options, ranked, weights, evidence, far=far, language=language)
    if out:
        say("table_written", language, file=write_table("ranking", RANKING, ranked, out, language))


def _tell_ranked(
    options: Options,
    ranked: pd.DataFrame,
    weights: Weights,
    evidence: Accounts | None,
    *,
    far: int,
    language: Language,
) -> None:
    """Say how many firms were ranked and by what, how many lie too far, and who comes first."""
    from watershed_cp.publish.wording import weights_in_words

    known = int(ranked["score_pct"].notna().sum())
    told = {"firms": len(ranked), "known": known, "unknown": len(ranked) - known}
    say("rank_total", language, **{name: number(count) for name, count in told.items()})
    if not evidence:
        say("rank_no_project", language)
    if far:
        say("rank_far", language, far=number(far))
    section = "[monitoring]" if options.purpose == "inspect" else "[ranking]"
    say("rank_sum", language, weights=weights_in_words(weights.spoken()).speak(language), section=section)
    if evidence and weights.time:
        _tell_day(evidence, language)
    shown = ["rank", "msme_id", "name", "score_pct", "explanation"]
    show(ranked.loc[: SHOWN - 1, shown].fillna({"name": ""}), language)


def _as_placed(evidence: Accounts, *, outside: bool) -> pd.DataFrame:
    """Give the firms of a project where its run placed them, with or without those outside the watersheds."""
    placed = evidence.assignments.drop_duplicates("msme_id").set_index("msme_id")
    firms = evidence.msmes
    found = {name: firms["msme_id"].map(placed[name]) for name in ("longitude", "latitude")}
    kept = outside | (firms["msme_id"].map(placed["status"]) != "outside")
    return firms.assign(**found)[kept]


def _tell_day(evidence: Accounts, language: Language) -> None:
    """Say to which day the time since a visit is counted, and which dates are not believed."""
    from watershed_cp.impact.risk import visit_day

    until, late = visit_day(evidence.registers, as_of=evidence.monitoring.as_of)
    if until is not None:
        say("rank_day", language, day=f"{until:%Y-%m-%d}")
    if late:
        say("rank_late", language, days=", ".join(f"{day:%Y-%m-%d}" for day in late[:SHOWN]))


def _near_what(options: Options, language: Language) -> dict[str, Any]:
    """Give the river or the place that the search is for; nothing where it is for watersheds."""
    from watershed_cp.basins.inspection import network_at, place, read_rivers

    along_rivers = options.rivers is not None or options.river_order is not None
    if along_rivers and options.upstream_of:
        raise InputError(fault("near_one_target"))
    if along_rivers:
        return {"rivers": read_rivers(options.rivers), "minimum_order": options.river_order or 1}
    if not options.upstream_of:
        return {}
    upstream_of = place(options.upstream_of)
    network = network_at(*upstream_of, options.network)
    area = float(network.cell_km2[network.upstream_of(*upstream_of)].sum())
    say("near_upstream", language, area=number(area))
    return {"network": network, "upstream_of": upstream_of}


def _size(word: str) -> str:
    """Give the code of a size that is named in either language."""
    names = {spoken: code for code, pair in texts("size_class").items() for spoken in pair}
    return names.get(word.lower(), names.get(word.lower().replace("ena", "eña"), word))


def _tell_found(asked: Search, found: Nearby, language: Language) -> None:
    """Say what was searched and what became of every row, and who comes first."""
    from watershed_cp.publish.visits import tell_search

    for line in tell_search(asked, found):
        print(line.speak(language))
    near = found.counts.get("near", 0)
    if near:
        if near > SHOWN:
            say("near_first", language, rows=number(SHOWN), all=number(near))
        filled = [name for name in _NEAR if name in found.firms and found.firms[name].notna().any()]
        show(found.firms[filled].head(SHOWN), language)


def _tell_written(found: Nearby, out: Path, language: Language, *, whole: bool) -> None:
    """Say what was written, and write beside a table the rows that could not be placed."""
    from watershed_cp.aside import written_aside
    from watershed_cp.nearby import unplaced_rows
    from watershed_cp.publish.tables import save_csv

    say("table_written", language, file=out)
    if len(found.unplaced):
        beside = _beside(out, language)
        if not whole:
            with written_aside(beside) as aside:
                save_csv(unplaced_rows(found, language), aside)
        say("unplaced_written", language, file=beside)


def _beside(out: Path, language: Language) -> Path:
    """Name the file for what could not be placed: Parquet beside Parquet, otherwise a table."""
    ending = ".parquet" if out.suffix.lower() == ".parquet" else ".csv"
    return out.with_name(f"{out.stem}{label('cli', 'unplaced_suffix', language)}{ending}")


_NAMED = 6  # watersheds; of more the number is told
_NEAR = ("msme_id", "name", "country", "municipality", "ciiu", "employees", "near", "distance_m")
