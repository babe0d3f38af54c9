"""The commands around a project: do it, check it, compare it, hold claims against it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from watershed_cp.commands.telling import SHOWN, say, write_table
from watershed_cp.errors import IntakeError
from watershed_cp.messages import label, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from watershed_cp.commands.telling import Options
    from watershed_cp.errors import Fault, Language
    from watershed_cp.pipeline import Impact
    from watershed_cp.project import Project

__all__ = ["check", "claims", "compare", "demo", "run", "template"]


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
        say("to_be_placed", language, file=project.path(project.geocoding.corrections))


def check(options: Options, language: Language) -> None:
    """Say what a table or a project holds and all that must be mended; mark it in a copy of the table."""
    if Path(options.file).suffix.lower() == ".toml":
        _check_project(options.file, language)
        return
    from watershed_cp.impact.doubts import doubtful_cells, gather_doubts
    from watershed_cp.intake.checking import check_file

    report = check_file(options.file)
    for name, rows in report.rows.items():
        found = "table_found_one" if rows == 1 else "table_found"
        say(found, language, table=label("workbook_tables", name, language), rows=number(rows))
    cells = doubtful_cells(report.sound)
    notes = [*gather_doubts(cells), *report.notes]
    _tell_notes(notes, language)
    _write_pairs(report.duplicates, Path(options.file), language)
    _mark(Path(options.file), report.faults, cells, language)
    if report.faults:
        raise IntakeError(*report.faults)
    doubts = _doubts(notes)
    say("no_fault_doubts" if doubts else "no_fault", language, doubts=number(doubts))


def _check_project(file: str, language: Language) -> None:
    from watershed_cp.impact.doubts import doubtful_cells, gather_doubts
    from watershed_cp.pipeline import run as do

    impact = do(file)
    notes = [*gather_doubts(doubtful_cells(impact.registers)), *impact.notes]
    counts = {"firms": number(len(impact.msmes)), "claims": number(len(impact.ledger))}
    doubts = _doubts(notes)
    say("checked_doubts" if doubts else "checked", language, doubts=number(doubts), **counts)
    _tell_notes(notes, language)
    _tell_doubtful(impact.assignments, language)


def _doubts(notes: Sequence[Fault]) -> int:
    from watershed_cp.intake.checking import DOUBTS

    return sum(note.rule in DOUBTS for note in notes)


def _mark(file: Path, faults: Sequence[Fault], doubts: Sequence[Fault], language: Language) -> None:
    """Mark in a copy of a table what must be mended, and what is only doubtful."""
    if not (faults or doubts) or not file.is_file():
        return
    from watershed_cp.intake.workbook import mark_faults

    copy = file.with_name(f"{file.stem}{label('cli', 'marked_suffix', language)}.xlsx")
    mark_faults(file, (*faults, *doubts), copy, language=language)
    told = "marked" if not doubts else "marked_doubts" if faults else "marked_doubtful"
    say(told, language, faults=number(len(faults)), doubts=number(len(doubts)), copy=copy)


def _write_pairs(pairs: pd.DataFrame, register: Path, language: Language) -> None:
    """Write the firms that may be one beside their register, for a person to judge."""
    if pairs.empty:
        return
    from watershed_cp.intake.review import write_review

    suffixes = [label("duplicates", "suffix", spoken) for spoken in (language, "es", "en")]
    files = [register.with_name(f"{register.stem}{suffix}.xlsx") for suffix in suffixes]
    file = next((earlier for earlier in files if earlier.exists()), files[0])
    undecided = write_review(pairs, file, language=language)
    if undecided:
        say("duplicates", language, pairs=number(undecided), file=file)


def template(options: Options, language: Language) -> None:
    """Write the workbook that an office fills in."""
    from watershed_cp.intake.template import write_template

    say("template_written", language, file=write_template(options.out, language=language))


def compare(options: Options, language: Language) -> None:
    """Explain what changed between two runs."""
    from watershed_cp.impact.comparison import changed_rules, compare_runs, read_run
    from watershed_cp.publish.runsettings import setting_in_words
    from watershed_cp.publish.summary import tell_changes
    from watershed_cp.tables import CHANGES

    before, after = read_run(options.before), read_run(options.after)
    if before.version != after.version:
        say("version_changed", language, before=before.version, after=after.version)
    for rule, was, now in changed_rules(before.settings, after.settings):
        (name, old), (_, new) = (setting_in_words(rule, value, language) for value in (was, now))
        say("rule_changed", language, rule=name, before=old, after=new)
    changes = compare_runs(before, after)
    print(tell_changes(changes, language))
    if options.out:
        say(
            "table_written",
            language,
            file=write_table("changes", CHANGES, changes, Path(options.out), language),
        )


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
        file = write_table("claims", CLAIMS, checked, Path(options.out), language)
        say("table_written", language, file=file)


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
    say("written", language, page=folder / "index.html", folder=folder)
    return impact


_OF_PLACES = ("placed_by_name", "place_ambiguous", "place_unknown", "geocoder_silent", "correction_of_nobody")


def _tell_notes(notes: Sequence[Fault], language: Language) -> None:
    """Say what was decided in reading, once for all columns of a file, as far as it fits on a screen; doubts first."""
    from watershed_cp.intake.checking import DOUBTS

    columns: dict[Fault, list[str]] = {}
    for note in notes:
        columns.setdefault(replace(note, column=None, value=None), []).append(note.column or "")
    ordered = sorted(columns.items(), key=lambda told: told[0].rule not in DOUBTS)
    for note, names in ordered[:SHOWN]:
        mark = "!" if note.rule in DOUBTS else " "
        print(f"{mark} {replace(note, column=', '.join(names) or None).tell(language)}")
    if len(columns) > SHOWN:
        say("more_faults", language, more=number(len(columns) - SHOWN))


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
            more = f" … (+{number(len(firms) - SHOWN)})" if len(firms) > SHOWN else ""
            say(f"doubtful_{kind}", language, firms=", ".join(firms[:SHOWN]) + more)
