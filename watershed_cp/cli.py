"""The command line: a thin skin over the pipeline, in the language of the system.

Heavy libraries are imported by the command that needs them, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from watershed_cp.errors import WatershedError, system_language
from watershed_cp.messages import label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from watershed_cp.errors import Language
    from watershed_cp.project import Project

__all__ = ["main"]

_DONE, _INPUT_AT_FAULT = 0, 2
_FAULTS_SHOWN = 25


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words after the program's name, by default those of the shell.

    Returns
    -------
    int
        0 when done, 2 when the input is at fault.

    Examples
    --------
    >>> main(["check", "no-such-file.toml"])
    2
    """
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="replace")  # a console without our letters shows a mark, not a traceback
    language = _asked_language(arguments)
    options = _parser(language).parse_args(arguments)
    try:
        command: Callable[[argparse.Namespace, Language], int] = options.command
        return command(options, language)
    except WatershedError as error:
        _tell(error, language)
        return _INPUT_AT_FAULT
    except BrokenPipeError:
        return _DONE


def _asked_language(arguments: Sequence[str] | None) -> Language:
    early = argparse.ArgumentParser(add_help=False)
    early.add_argument("--language", choices=("es", "en"), default=system_language())
    language: Language = early.parse_known_args(arguments)[0].language
    return language


class _Parser(argparse.ArgumentParser):
    """An argument parser that speaks the user's language throughout."""

    def __init__(self, *, language: Language, **options: Any) -> None:
        formatter = functools.partial(_Help, language=language)
        super().__init__(add_help=False, formatter_class=formatter, **options)
        self.language: Language = language
        self._optionals.title = label("cli", "options", language)
        self._positionals.title = label("cli", "arguments", language)
        self.add_argument("-h", "--help", action="help", help=label("cli", "help", language))
        self.add_argument("--language", choices=("es", "en"), help=label("cli", "language", language))

    def error(self, message: str) -> NoReturn:
        """Say how the command is written, and stop."""
        told = label("cli", "not_understood", self.language, program=self.prog, message=message)
        self.exit(_INPUT_AT_FAULT, f"{self.format_usage()}{told}\n")


class _Help(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str, *, language: Language) -> None:
        super().__init__(prog)
        self._usage_word = label("cli", "usage", language)

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, self._usage_word if prefix is None else prefix)


def _parser(language: Language) -> argparse.ArgumentParser:
    def say(key: str) -> str:
        return label("cli", key, language)

    parser = _Parser(
        language=language, prog="watershed-cp", description=say("about"), epilog=say("first_steps")
    )
    make = functools.partial(_Parser, language=language)
    commands: argparse._SubParsersAction[argparse.ArgumentParser] = parser.add_subparsers(
        title=say("commands"), metavar=say("command"), required=True, parser_class=make
    )  # type: ignore[call-overload]

    def add(name: str, command: Callable[[argparse.Namespace, Language], int]) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=say(f"{name}_help"), description=say(f"{name}_help"))
        added.set_defaults(command=command)
        return added

    demo = add("demo", _demo)
    demo.add_argument("--out", metavar=say("folder"), default="maps/demo", help=say("out_demo"))
    demo.add_argument("--no-posters", action="store_true", help=say("no_posters"))
    run = add("run", _run)
    run.add_argument("project", metavar="project.toml", help=say("project"))
    run.add_argument("--out", metavar=say("folder"), help=say("out_run"))
    run.add_argument("--no-posters", action="store_true", help=say("no_posters"))
    check = add("check", _check)
    check.add_argument("file", metavar=say("file"), help=say("check_file"))
    compare = add("compare", _compare)
    compare.add_argument("before", metavar=say("folder"), help=say("run_before"))
    compare.add_argument("after", metavar=say("folder"), help=say("run_after"))
    return parser


def _demo(options: argparse.Namespace, language: Language) -> int:
    from watershed_cp.project import read_project
    from watershed_cp.reference import data_path

    return _publish(read_project(data_path("demo", "project.toml")), Path(options.out), options, language)


def _run(options: argparse.Namespace, language: Language) -> int:
    from watershed_cp.project import read_project

    project = read_project(options.project)
    return _publish(
        project, Path(options.out) if options.out else project.folder / "output", options, language
    )


def _publish(project: Project, folder: Path, options: argparse.Namespace, language: Language) -> int:
    from dataclasses import replace

    from watershed_cp.pipeline import run
    from watershed_cp.publish.summary import summarise

    def progress(step: str) -> None:
        print(label("progress", step, language), file=sys.stderr, flush=True)  # noqa: T201

    impact = run(project, progress=progress)
    if options.no_posters:
        impact = replace(impact, posters=())
    impact.save(folder, progress=progress)
    print(summarise(impact, language))  # noqa: T201
    print("\n" + label("cli", "written", language, page=folder / "index.html", folder=folder))  # noqa: T201
    return _DONE


def _check(options: argparse.Namespace, language: Language) -> int:
    from watershed_cp.pipeline import run

    impact = run(options.file)
    print(label("cli", "checked", language, firms=len(impact.msmes), claims=len(impact.ledger)))  # noqa: T201
    return _DONE


def _compare(options: argparse.Namespace, language: Language) -> int:
    from watershed_cp.impact.comparison import changed_rules, compare_ledgers, read_run
    from watershed_cp.publish.summary import tell_changes

    (before, old), (after, new) = read_run(options.before), read_run(options.after)
    for key, was, now in changed_rules(old, new):
        print(label("cli", "rule_changed", language, rule=key, before=was, after=now))  # noqa: T201
    print(tell_changes(compare_ledgers(before, after), language))  # noqa: T201
    return _DONE


def _tell(error: WatershedError, language: Language) -> None:
    lines = error.tell(language).splitlines()
    print("\n".join(lines[:_FAULTS_SHOWN]), file=sys.stderr)  # noqa: T201
    if len(lines) > _FAULTS_SHOWN:
        print(label("cli", "more_faults", language, more=len(lines) - _FAULTS_SHOWN), file=sys.stderr)  # noqa: T201
