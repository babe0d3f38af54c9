"""What each command of ``watershed-cp`` does: call the library, write what was asked for, tell what was found."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from watershed_cp.errors import InputError, IntakeError
from watershed_cp.messages import fault, label, mass, number, texts
from watershed_cp.reference import pollutant_name

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    import folium
    import pandas as pd

    from watershed_cp.basins.proximity import Nearby
    from watershed_cp.errors import Fault, Language
    from watershed_cp.pipeline import Impact
    from watershed_cp.project import Project
    from watershed_cp.tables import Table

    Options = argparse.Namespace

__all__ = [
    "basins_check",
    "basins_delineate",
    "basins_facts",
    "basins_fetch",
    "basins_list",
    "check",
    "claims",
    "compare",
    "demo",
    "near",
    "rank",
    "run",
    "template",
    "trace",
]

_SHOWN = 20


def demo(options: Options, language: Language) -> None:
    """Do the whole job on the synthetic programme that ships."""
    from watershed_cp.project import read_project
    from watershed_cp.reference import data_path

    _publish(read_project(data_path("demo", "project.toml")), Path(options.out), options, language)


def run(options: Options, language: Language) -> None:
    """Do the whole job of a project file."""
    from watershed_cp.intake.duplicates import review_pairs
    from watershed_cp.project import read_project

    project = read_project(options.project)
    impact = _publish(project, Path(options.out or project.folder / "output"), options, language)
    pairs = review_pairs(impact.msmes)
    _tell_notes(pairs.attrs.get("notes", ()), language)
    _write_pairs(pairs, project.path(project.msmes.source), language)
    if impact.list_unplaced():
        _say("to_be_placed", language, file=project.path(project.geocoding.corrections))


def check(options: Options, language: Language) -> None:
    """Say what a table or a project holds and all that must be mended; mark it in a copy of the table."""
    if Path(options.file).suffix.lower() == ".toml":
        from watershed_cp.pipeline import run as do

        impact = do(options.file)
        _say("checked", language, firms=number(len(impact.msmes)), claims=number(len(impact.ledger)))
        _tell_notes(impact.notes, language)
        _tell_doubtful(impact.assignments, language)
        return
    from watershed_cp.intake.checking import check_file
    from watershed_cp.intake.workbook import mark_faults

    report = check_file(options.file)
    for name, rows in report.rows.items():
        _say("table_found", language, table=label("workbook_tables", name, language), rows=number(rows))
    _tell_notes(report.notes, language)
    _write_pairs(report.duplicates, Path(options.file), language)
    if report.faults:
        copy = Path(options.file).with_name(
            f"{Path(options.file).stem}{label('cli', 'marked_suffix', language)}.xlsx"
        )
        if Path(options.file).is_file():
            mark_faults(options.file, report.faults, copy, language=language)
            _say("marked", language, faults=number(len(report.faults)), copy=copy)
        raise IntakeError(*report.faults)
    _say("no_fault", language)


def _write_pairs(pairs: pd.DataFrame, register: Path, language: Language) -> None:
    """Write the firms that may be one beside their register, for a person to judge."""
    if pairs.empty:
        return
    from watershed_cp.publish.tables import save_csv

    sheet = register.with_name(f"{register.stem}{label('duplicates', 'suffix', language)}.csv")
    told = {True: label("choice", "yes", language), False: label("choice", "no", language)}
    shown = pairs.round(0).assign(same_municipality=pairs["same_municipality"].map(told))
    save_csv(shown.rename(columns={name: label("duplicates", str(name), language) for name in pairs}), sheet)
    _say("duplicates", language, pairs=number(len(pairs)), file=sheet)


def template(options: Options, language: Language) -> None:
    """Write the workbook that an office fills in."""
    from watershed_cp.intake.template import write_template

    _say("template_written", language, file=write_template(options.out, language=language))


def compare(options: Options, language: Language) -> None:
    """Explain what changed between two runs."""
    from watershed_cp.impact.comparison import changed_rules, compare_runs, read_run
    from watershed_cp.publish.summary import tell_changes
    from watershed_cp.tables import CHANGES

    before, after = read_run(options.before), read_run(options.after)
    if before.version != after.version:
        _say("version_changed", language, before=before.version, after=after.version)
    for rule, was, now in changed_rules(before.settings, after.settings):
        _say("rule_changed", language, rule=rule, before=was, after=now)
    changes = compare_runs(before, after)
    print(tell_changes(changes, language))
    if options.out:
        _say(
            "table_written",
            language,
            file=_write_table("changes", CHANGES, changes, Path(options.out), language),
        )


def _write_table(name: str, declared: Table, table: pd.DataFrame, out: Path, language: Language) -> Path:
    """Write a table as workbook or CSV, as the file's name says."""
    from watershed_cp.publish.tables import save_csv, save_sheets

    if out.suffix.lower() == ".xlsx":
        return save_sheets([(name, declared, table)], out, language=language)
    return save_csv(table, out)


def claims(options: Options, language: Language) -> None:
    """Compute again what a programme has claimed, and say what its own tables bear out."""
    from watershed_cp.impact.claims import check_claims, read_claims
    from watershed_cp.pipeline import run as do
    from watershed_cp.publish.summary import tell_claims
    from watershed_cp.tables import CLAIMS

    asked = read_claims(options.file)
    checked = check_claims(do(options.project), asked)
    print(tell_claims(checked, language))
    if options.out:
        file = _write_table("claims", CLAIMS, checked, Path(options.out), language)
        _say("table_written", language, file=file)


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
    _say("rank_total", language, **{name: number(count) for name, count in told.items()})
    section = "[monitoring]" if options.purpose == "inspect" else "[ranking]"
    _say("rank_sum", language, weights=weights_in_words(weights.spoken()).speak(language), section=section)
    shown = ["rank", "msme_id", "name", "score_pct", "explanation"]
    _show(ranked.loc[: _SHOWN - 1, shown].fillna({"name": ""}), language)
    if out:
        _say("table_written", language, file=_write_table("ranking", RANKING, ranked, out, language))


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
    _say("near_upstream", language, area=number(area))
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
    _say("near_total", language, **{name: number(count) for name, count in told.items()})
    if near:
        _say("near_order", language)
        filled = [name for name in _NEAR if name in found.firms and found.firms[name].notna().any()]
        _show(found.firms[filled].head(_SHOWN), language)


def _tell_written(found: Nearby, out: Path, language: Language, *, whole: bool) -> None:
    """Say what was written, and write beside a table the rows that could not be placed."""
    from watershed_cp.aside import written_aside
    from watershed_cp.nearby import unplaced_rows
    from watershed_cp.publish.tables import save_csv

    _say("table_written", language, file=out)
    near = found.counts.get("near", 0)
    if not whole and len(found.firms) < near:
        _say("near_cut", language, rows=number(len(found.firms)), all=number(near))
    if len(found.unplaced):
        beside = _beside(out, language)
        if not whole:
            with written_aside(beside) as aside:
                save_csv(unplaced_rows(found, language), aside)
        _say("unplaced_written", language, file=beside)


def _beside(out: Path, language: Language) -> Path:
    """Name the file for what could not be placed: Parquet beside Parquet, otherwise a table."""
    ending = ".parquet" if out.suffix.lower() == ".parquet" else ".csv"
    return out.with_name(f"{out.stem}{label('cli', 'unplaced_suffix', language)}{ending}")


_NEAR = ("msme_id", "name", "country", "municipality", "ciiu", "employees", "near", "distance_m")


def trace(options: Options, language: Language) -> None:
    """Follow the water, and a load in it, from a place to the sea; write it as table, layer, picture or page."""
    from watershed_cp.basins.inspection import network_at, place
    from watershed_cp.basins.layers import read_municipalities
    from watershed_cp.impact.delivery import Waterway, decay_rate, follow_load
    from watershed_cp.publish.courses import named_in, save_course, stop_words

    at = place(options.place)
    limits = {"municipalities": read_municipalities(options.municipalities)} if options.municipalities else {}
    network = network_at(*at, options.network, **limits)
    course = network.trace(*at)
    code = _pollutant(options.pollutant)
    load_kg_yr = _load(options.load) if options.load else 1.0
    stops = follow_load(Waterway.of(network), *at, pollutant=code, load_kg_yr=load_kg_yr)
    if not options.load:
        stops = stops.loc[stops["kind"] != "end", ["kind", "name", "at_km", "length_km"]]
    outlet = "{:.4f},{:.4f}".format(*course.outlet)
    _say("course", language, length=number(course.length_km), lake=number(course.lake_km), outlet=outlet)
    stops = named_in(stops, language)
    if options.load and decay_rate(code) is not None:
        print(
            label(
                "stretch", "load", language, amount=mass(load_kg_yr), pollutant=pollutant_name(code, language)
            )
        )
    for stop in stops.to_dict("records"):
        print(f"  km {number(stop['at_km'], digits=1):>5}  {stop_words(stop, language)}")
    if options.load and decay_rate(code) is None:
        _say("not_estimated", language, pollutant=pollutant_name(code, language))
    if course.towns and not course.municipalities:
        _say("no_municipalities", language)
    if options.out:
        out = Path(options.out)
        if out.suffix.lower() == ".html":
            _course_page(*at, code, load_kg_yr if options.load else None).save(out)
        else:
            save_course(course, stops, out, language=language)
        _say("table_written", language, file=out)


def _pollutant(written: str) -> str:
    """Read a pollutant by code or name."""
    from watershed_cp.intake.measurements import pollutant_code

    code = pollutant_code(written)
    if code is None:
        raise InputError(fault("pollutant_not_known", value=written))
    return code


def _load(written: str) -> float:
    """Read a load, kilograms a year where no unit stands."""
    from watershed_cp.units import dimension, factor

    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(.*?)\s*", written)
    unit = found[2] or "kg/yr" if found else ""
    if found is None or dimension(unit) != "load":
        raise InputError(fault("load_not_understood", value=written))
    return float(found[1]) * factor(unit, "load")


def _course_page(longitude: float, latitude: float, pollutant: str, load_kg_yr: float | None) -> folium.Map:
    """Draw the page of the built-in watersheds, without firms, that opens with a course."""
    import pandas as pd

    from watershed_cp.basins.assignment import assign
    from watershed_cp.basins.catalogue import read_basins
    from watershed_cp.loads.audits import audit_loads
    from watershed_cp.pipeline import aggregate
    from watershed_cp.publish.maps import Release, build_map

    basins = read_basins()
    nobody = pd.DataFrame({"msme_id": []}, dtype=object)
    accounts = aggregate(audit_loads(None), assign(nobody, basins), basins, msmes=nobody)
    return build_map(accounts, release=Release(longitude, latitude, pollutant, load_kg_yr))


def basins_list(options: Options, language: Language) -> None:
    """List watersheds with their areas, ours and published, and their accuracy."""
    from watershed_cp.basins.inspection import list_basins

    _show(list_basins(options.basins).reset_index(), language)


def basins_check(options: Options, language: Language) -> None:
    """Read a layer of watersheds and say what was mended in it."""
    from watershed_cp.basins.inspection import check_basins

    table = check_basins(options.layer or options.basins, language=language)
    _show(table.reset_index(), language)
    _say("layer_in_order", language, basins=number(len(table)), area=number(float(table["area_km2"].sum())))


def basins_facts(options: Options, language: Language) -> None:
    """Measure what rasters say about each watershed."""
    from watershed_cp.basins.catalogue import read_basins
    from watershed_cp.basins.facts import basin_facts

    rasters = ("elevation", "rain", "land_cover", "population")
    facts = basin_facts(read_basins(options.basins), **{name: getattr(options, name) for name in rasters})
    _show(facts.round(2).T.reset_index(), language)
    if options.out:
        from watershed_cp.publish.tables import save_csv

        _say("table_written", language, file=save_csv(facts.reset_index(), Path(options.out)))


def basins_delineate(options: Options, language: Language) -> None:
    """Delineate the watershed above an outlet and write it with its sub-basins, rivers and flow directions."""
    from watershed_cp.basins.inspection import delineate_into, metres, place

    layers = {"rivers": options.rivers, "lakes": options.lakes}
    outlet, snap_m = place(options.outlet), metres(options.snap)
    found = delineate_into(options.out, options.elevation, outlet, snap_m=snap_m, **layers)
    basin = found.basins.iloc[0]
    area, moved = number(float(basin["area_km2"])), number(float(basin["outlet_moved_m"]))
    subbasins = number(len(found.subbasins))
    _say("delineated", language, area=area, moved=moved, subbasins=subbasins, folder=options.out)


def basins_fetch(options: Options, language: Language) -> None:
    """Download HydroBASINS and make its units above the outlets the project's watersheds."""
    from watershed_cp.basins.catalogue import read_basins
    from watershed_cp.basins.downloads import HYDROBASINS_LICENCE, fetch_hydrobasins, official_basins

    print(HYDROBASINS_LICENCE.speak(language))
    archive = fetch_hydrobasins(options.level, options.folder, progress=True)
    target = Path(options.folder) / f"hydrobasins_{options.level:02d}.gpkg"
    basins = official_basins(archive, read_basins(options.basins), target)
    _say("layer_in_order", language, basins=number(len(basins)), area=number(float(basins["area_km2"].sum())))
    _say("basins_fetched", language, file=target.as_posix())


def _publish(project: Project, folder: Path, options: Options, language: Language) -> Impact:

    from watershed_cp.impact.edition import PublicAccounts
    from watershed_cp.pipeline import run as do
    from watershed_cp.publish.summary import summarise, tell_edition

    def progress(step: str) -> None:
        print(label("progress", step, language), file=sys.stderr, flush=True)

    impact = do(project, progress=progress)
    if options.no_posters:
        impact = replace(impact, posters=())
    impact.save(folder, progress=progress)
    print(summarise(impact, language))
    if isinstance(impact.published, PublicAccounts):
        print(f"\n{tell_edition(impact.published, language)}")
    _tell_notes([note for note in impact.notes if note.rule in _OF_PLACES], language)
    print()
    _say("written", language, page=folder / "index.html", folder=folder)
    return impact


_OF_PLACES = ("placed_by_name", "place_ambiguous", "place_unknown", "geocoder_silent", "correction_of_nobody")


def _tell_notes(notes: Sequence[Fault], language: Language) -> None:
    """Say what was decided in reading, once for all columns of a file, as far as it fits on a screen."""
    columns: dict[Fault, list[str]] = {}
    for note in notes:
        columns.setdefault(replace(note, column=None, value=None), []).append(note.column or "")
    for note, names in list(columns.items())[:_SHOWN]:
        print(f"  {replace(note, column=', '.join(names) or None).tell(language)}")
    if len(columns) > _SHOWN:
        _say("more_faults", language, more=number(len(columns) - _SHOWN))


def _tell_doubtful(assignments: pd.DataFrame, language: Language) -> None:
    """Name the firms whose place is worth a look: without one, outside, or not sure of their watershed."""
    status, confidence = assignments["status"], assignments["confidence"]
    for kind, rows in (
        ("unlocated", status == "unlocated"),
        ("outside", status == "outside"),
        ("ambiguous", (status == "inside") & (confidence == "ambiguous")),
    ):
        firms = assignments.loc[rows, "msme_id"].astype(str).tolist()
        if firms:
            more = f" … (+{number(len(firms) - _SHOWN)})" if len(firms) > _SHOWN else ""
            _say(f"doubtful_{kind}", language, firms=", ".join(firms[:_SHOWN]) + more)


def _say(key: str, language: Language, **data: Any) -> None:
    print(label("cli", key, language, **data))


def _show(table: pd.DataFrame, language: Language) -> None:
    """Print a table for people: headings in words, numbers as the four countries write them, unknowns as a dash."""
    known = texts("heading")
    words = {name: text.speak(language) for name, text in known.items()}
    cells = table.map(lambda cell: number(cell) if isinstance(cell, float) else words.get(cell, str(cell)))
    print(cells.rename(columns=words).to_string(index=False, justify="left"))
