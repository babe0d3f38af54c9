"""The command line: a thin skin over the pipeline, in the language of the system.

Heavy libraries are imported by the command that needs them, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import functools
import re
import signal
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from watershed_cp.errors import WatershedError, system_language
from watershed_cp.messages import fault, label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watershed_cp.errors import Language

__all__ = ["main"]

_DONE, _INPUT_AT_FAULT, _STOPPED = 0, 2, 130
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
        0 when done, 2 when the input is at fault, 130 when it was stopped.

    Examples
    --------
    >>> main(["check", "no-such-file.toml"])
    2
    """
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="replace")  # a console without our letters shows a mark, not a traceback
    signal.signal(signal.SIGTERM, _stop)
    language = _asked_language(arguments)
    options = _parser(language).parse_args(arguments)
    from watershed_cp import commands

    try:
        getattr(commands, options.command)(options, language)
    except WatershedError as error:
        _tell(error, language)
        return _INPUT_AT_FAULT
    except (KeyboardInterrupt, SystemError) as error:
        if isinstance(error, SystemError) and not isinstance(error.__cause__, KeyboardInterrupt):
            raise  # compiled code that is stopped says so in its own way
        return _STOPPED
    except OSError as error:
        if isinstance(error, BrokenPipeError):  # the reader of our output has seen enough
            return _DONE
        told = fault("system", file=error.filename, detail=error.strerror or str(error))
        _tell(WatershedError(told), language)
        return _INPUT_AT_FAULT
    return _DONE


def _stop(*_: object) -> NoReturn:
    """Leave in good order when asked to end, so that nothing half-written stays behind."""
    raise KeyboardInterrupt


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

    def error(self, message: str) -> NoReturn:  # noqa: ARG002 - argparse says it in English only
        """Say how the command is written, and stop."""
        written = " ".join(["watershed-cp", *sys.argv[1:]])
        told = label("cli", "not_understood", self.language, program=self.prog, written=written)
        self.exit(_INPUT_AT_FAULT, f"{self.format_usage()}{told}\n")


class _Help(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str, *, language: Language) -> None:
        super().__init__(prog)
        self._usage_word = label("cli", "usage", language)

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, self._usage_word if prefix is None else prefix)


def _parser(language: Language) -> argparse.ArgumentParser:
    parser = _Parser(
        language=language,
        prog="watershed-cp",
        description=label("cli", "about", language),
        epilog=label("cli", "first_steps", language),
    )
    menu = _Menu(parser, language)
    _add_project(menu)
    _add_near(menu)
    _add_rank(menu)
    _add_trace(menu)
    _add_basins(menu)
    return parser


class _Menu:
    """The commands of a parser, each of which calls the function of its name in ``commands``."""

    def __init__(self, parser: _Parser, language: Language, *, under: str = "") -> None:
        self.language: Language = language
        self.under = under
        make = functools.partial(_Parser, language=language)
        self._commands = parser.add_subparsers(  # type: ignore[call-overload]
            title=self.say("commands"), metavar=self.say("command"), required=True, parser_class=make
        )

    def say(self, key: str) -> str:
        return label("cli", key, self.language)

    def add(self, name: str) -> _Parser:
        """Add a command, explained by the label ``<name>_help``."""
        function = f"{self.under}{name}"
        short = self.say(f"{function}_help")
        # a place west of Greenwich begins with a minus sign and is no option
        added: _Parser = self._commands.add_parser(name, help=short, description=short)
        added._negative_number_matcher = re.compile(r"^-\d")  # noqa: SLF001
        added.set_defaults(command=function)
        return added


def _add_project(menu: _Menu) -> None:
    for command in ("demo", "run"):
        added = menu.add(command)
        if command == "run":
            added.add_argument("project", metavar="project.toml", help=menu.say("project"))
        default = "maps/demo" if command == "demo" else None
        added.add_argument(
            "--out", metavar=menu.say("folder"), default=default, help=menu.say(f"out_{command}")
        )
        added.add_argument("--no-posters", action="store_true", help=menu.say("no_posters"))
    menu.add("check").add_argument("file", metavar=menu.say("file"), help=menu.say("check_file"))
    template = menu.add("template")
    template.add_argument("out", metavar=menu.say("file"), nargs="?", default=menu.say("template_name"))
    compare = menu.add("compare")
    compare.add_argument("before", metavar=menu.say("folder"), help=menu.say("run_before"))
    compare.add_argument("after", metavar=menu.say("folder"), help=menu.say("run_after"))
    compare.add_argument("--out", metavar=menu.say("file"), help=menu.say("changes_out"))
    claims = menu.add("claims")
    claims.add_argument("file", metavar="claims.toml", help=menu.say("claims_file"))
    claims.add_argument(
        "--project", metavar="project.toml", default="project.toml", help=menu.say("claims_project")
    )
    claims.add_argument("--out", metavar=menu.say("file"), help=menu.say("claims_out"))


def _add_rank(menu: _Menu) -> None:
    rank = menu.add("rank")
    rank.add_argument("register", metavar=menu.say("file"), help=menu.say("rank_file"))
    purposes = ("visit", "invite", "lend", "inspect")
    rank.add_argument("--for", dest="purpose", choices=purposes, default="visit", help=menu.say("rank_for"))
    rank.add_argument("--project", metavar="project.toml", help=menu.say("rank_project"))
    rank.add_argument("--distance", metavar="5km", help=menu.say("distance"))
    rank.add_argument("--corrections", metavar=menu.say("file"), help=menu.say("corrections_file"))
    rank.add_argument("--out", metavar=menu.say("file"), help=menu.say("rank_out"))


def _add_trace(menu: _Menu) -> None:
    trace = menu.add("trace")
    trace.add_argument("place", metavar="LON,LAT", help=menu.say("place"))
    trace.add_argument("--network", metavar=menu.say("file"), help=menu.say("network"))
    trace.add_argument("--municipalities", metavar=menu.say("file"), help=menu.say("municipalities"))
    trace.add_argument("--load", metavar="KG", help=menu.say("load"))
    trace.add_argument("--pollutant", metavar="DBO5", default="BOD5", help=menu.say("pollutant"))
    trace.add_argument("--out", metavar=menu.say("file"), help=menu.say("trace_out"))


def _add_near(menu: _Menu) -> None:
    near = menu.add("near")
    near.add_argument("register", metavar=menu.say("file"), help=menu.say("register"))
    near.add_argument("--basins", metavar=menu.say("file"), default="priority", help=menu.say("basins_layer"))
    near.add_argument("--river-order", metavar="N", type=int, help=menu.say("river_order"))
    near.add_argument("--rivers", metavar=menu.say("file"), help=menu.say("rivers_layer"))
    near.add_argument("--upstream-of", metavar="LON,LAT", help=menu.say("upstream_of"))
    near.add_argument("--network", metavar=menu.say("file"), help=menu.say("network"))
    near.add_argument("--distance", metavar="5km", help=menu.say("distance"))
    near.add_argument("--sector", metavar="CIIU", nargs="*", default=[], help=menu.say("sector"))
    near.add_argument("--size", metavar=menu.say("size_word"), nargs="*", default=[], help=menu.say("size"))
    near.add_argument("--country", metavar="ISO", nargs="*", default=[], help=menu.say("country"))
    near.add_argument("--sub-basins", metavar=menu.say("file"), nargs="*", help=menu.say("sub_basins"))
    near.add_argument("--corrections", metavar=menu.say("file"), help=menu.say("corrections_file"))
    near.add_argument("--out", metavar=menu.say("file"), help=menu.say("near_out"))
    near.add_argument("--dask", metavar="tcp://…", help=menu.say("dask"))


def _add_basins(menu: _Menu) -> None:
    basins = _Menu(menu.add("basins"), menu.language, under="basins_")
    for command in ("list", "check", "facts", "fetch"):
        added = basins.add(command)
        if command == "check":  # what is checked may stand by itself, as with the other commands
            added.add_argument("layer", metavar=menu.say("file"), nargs="?", help=menu.say("basins_layer"))
        added.add_argument(
            "--basins", metavar=menu.say("file"), default="priority", help=menu.say("basins_layer")
        )
        if command == "facts":
            for raster in ("elevation", "rain", "land-cover", "population"):
                added.add_argument(f"--{raster}", metavar="TIF", help=menu.say(f"raster_{raster}"))
            added.add_argument("--out", metavar=menu.say("file"), help=menu.say("facts_out"))
        if command == "fetch":
            added.add_argument("collection", choices=("hydrobasins",))
            added.add_argument("--level", type=int, default=8, help=menu.say("level"))
            added.add_argument(
                "--folder", metavar=menu.say("folder"), default="hydrobasins", help=menu.say("fetch_folder")
            )
    delineate = basins.add("delineate")
    delineate.add_argument("--elevation", metavar="TIF", required=True, help=menu.say("raster_elevation"))
    delineate.add_argument("--outlet", metavar="LON,LAT", required=True, help=menu.say("outlet"))
    delineate.add_argument("--rivers", metavar=menu.say("file"), help=menu.say("rivers"))
    delineate.add_argument("--lakes", metavar=menu.say("file"), help=menu.say("lakes"))
    delineate.add_argument("--snap", metavar="2km", default="2km", help=menu.say("snap"))
    delineate.add_argument(
        "--out", metavar=menu.say("folder"), default="watershed", help=menu.say("delineate_out")
    )


def _tell(error: WatershedError, language: Language) -> None:
    lines = error.tell(language).splitlines()
    print("\n".join(lines[:_FAULTS_SHOWN]), file=sys.stderr)
    if len(lines) > _FAULTS_SHOWN:
        print(label("cli", "more_faults", language, more=len(lines) - _FAULTS_SHOWN), file=sys.stderr)
