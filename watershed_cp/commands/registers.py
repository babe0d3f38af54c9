"""The commands on a register of firms: whom to visit, and in which order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from watershed_cp.commands.telling import SHOWN, say, show, write_table
from watershed_cp.errors import InputError
from watershed_cp.messages import fault, label, number, texts

if TYPE_CHECKING:
    from watershed_cp.basins.proximity import Nearby
    from watershed_cp.commands.telling import Options
    from watershed_cp.errors import Language

__all__ = ["near", "rank"]


def near(options: Options, language: Language) -> None:
    """Find the firms of a register near water, say what became of every row, and write whom to visit."""
    from watershed_cp.basins.catalogue import read_basins
    from watershed_cp.basins.inspection import metres
    from watershed_cp.basins.proximity import near as search
    from watershed_cp.nearby import checked_output, levels_of, read_register, register_columns, write_found

    out = checked_output(options.out)
    basins, target = read_basins(options.basins), _near_what(options, language)
    register = read_register(options.register, language=language)
    whole = out if out and out.suffix.lower() == ".parquet" else None
    found = search(
        register,
        **(target or {"basins": basins}),
        distance_m=None if options.distance is None else metres(options.distance),
        sectors=[code.upper() for code in options.sector],
        sizes=[_size(word) for word in options.size],
        countries=options.country,
        levels=levels_of(basins, options.sub_basins),
        columns=register_columns(register) if isinstance(register, Path) else None,
        out=whole,
        unplaced_out=whole and _beside(whole, language),
        dask=options.dask,
    )
    _tell_counts(found, language)
    if out and not whole:
        write_found(found, out, basins, rivers=target.get("rivers"), language=language)
    if out:
        _tell_written(found, out, language, whole=bool(whole))


def rank(options: Options, language: Language) -> None:
    """Put the firms near the watersheds in the order in which to visit, invite, lend to or inspect them."""
    from watershed_cp.basins.catalogue import read_basins
    from watershed_cp.basins.inspection import metres
    from watershed_cp.nearby import rank_register, read_register
    from watershed_cp.pipeline import run as do
    from watershed_cp.project import read_project, weights_for
    from watershed_cp.publish.wording import weights_in_words
    from watershed_cp.tables import RANKING

    out = Path(options.out) if options.out else None
    if out and (out.suffix.lower() not in (".xlsx", ".csv") or not out.parent.is_dir()):
        raise InputError(fault("rank_output", value=options.out))
    own = options.register.lower().endswith(".toml")
    settings = read_project(options.register if own else options.project) if own or options.project else None
    evidence = do(settings) if settings else None
    weights = weights_for(options.purpose, settings)
    ranked = rank_register(
        evidence.msmes if own and evidence else read_register(options.register, language=language),
        basins=evidence.basins if evidence else read_basins(),
        weights=weights,
        evidence=evidence,
        distance_m=metres(options.distance or "0m"),
        language=language,
    )
    known = int(ranked["score_pct"].notna().sum())
    told = {"firms": len(ranked), "known": known, "unknown": len(ranked) - known}
    say("rank_total", language, **{name: number(count) for name, count in told.items()})
    section = "[monitoring]" if options.purpose == "inspect" else "[ranking]"
    say("rank_sum", language, weights=weights_in_words(weights.spoken()).speak(language), section=section)
    shown = ["rank", "msme_id", "name", "score_pct", "explanation"]
    show(ranked.loc[: SHOWN - 1, shown].fillna({"name": ""}), language)
    if out:
        say("table_written", language, file=write_table("ranking", RANKING, ranked, out, language))


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


def _tell_counts(found: Nearby, language: Language) -> None:
    """Say what became of every row, so that all of them are accounted for, and who comes first."""
    from watershed_cp.basins.proximity import FILTERED, UNPLACED

    for reason, rows in found.counts.items():
        print(f"{number(rows):>12}  {label('unplaced' if reason in UNPLACED else 'near', reason, language)}")
    filtered, unplaced = (
        sum(found.counts.get(reason, 0) for reason in some) for some in (FILTERED, UNPLACED)
    )
    near, rows = found.counts.get("near", 0), sum(found.counts.values())
    told = {"rows": rows, "near": near, "filtered": filtered, "unplaced": unplaced}
    say("near_total", language, **{name: number(count) for name, count in told.items()})
    if near:
        say("near_order", language)
        filled = [name for name in _NEAR if name in found.firms and found.firms[name].notna().any()]
        show(found.firms[filled].head(SHOWN), language)


def _tell_written(found: Nearby, out: Path, language: Language, *, whole: bool) -> None:
    """Say what was written, and write beside a table the rows that could not be placed."""
    from watershed_cp.aside import written_aside
    from watershed_cp.nearby import unplaced_rows
    from watershed_cp.publish.tables import save_csv

    say("table_written", language, file=out)
    near = found.counts.get("near", 0)
    if not whole and len(found.firms) < near:
        say("near_cut", language, rows=number(len(found.firms)), all=number(near))
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


_NEAR = ("msme_id", "name", "country", "municipality", "ciiu", "employees", "near", "distance_m")
