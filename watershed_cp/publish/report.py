"""The report: one page that a donor reads in ten minutes and an auditor in two hours, Spanish and English.

The page runs no script and asks for nothing: two radio buttons and its style sheet switch the language in place, and
a browser prints it on A4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from watershed_cp.messages import label, texts
from watershed_cp.publish.blocks import Grid
from watershed_cp.publish.chapters import write_chapters
from watershed_cp.publish.drawings import Area, Drawing, Line
from watershed_cp.publish.page import asset, colour_variables, content_hash, environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from watershed_cp.errors import Language
    from watershed_cp.impact.aggregation import Accounts

__all__ = ["build_report", "save_report"]

_POLICY = "default-src 'none'; style-src {style}; img-src data:; base-uri 'none'; form-action 'none'"


def build_report(
    accounts: Accounts,
    *,
    languages: tuple[Language, ...] = ("es", "en"),
    manifest: Mapping[str, Any] | None = None,
) -> str:
    """Write the report as one HTML page.

    Parameters
    ----------
    accounts : Accounts
        What the run found; a public edition tells of no single firm.
    languages : tuple of {"es", "en"}
        Languages the reader can switch between; the page opens in the first.
    manifest : mapping, optional
        ``settings``, ``inputs``, ``packages`` and ``watershed_cp`` as the manifest of the folder tells them.

    Returns
    -------
    str
        A whole HTML document; the same accounts give the same text.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> page = build_report(run(data_path("demo", "project.toml")))
    >>> page.count("<article"), page.count("<script")
    (2, 0)
    """
    style = colour_variables() + asset("report.css")
    return (
        environment()
        .get_template("report.html")
        .render(
            title=accounts.title,
            languages=languages,
            names={"es": "Español", "en": "English"},
            chapters={language: write_chapters(accounts, manifest or {}, language) for language in languages},
            synthetic=accounts.synthetic,
            style=style,
            policy=_POLICY.format(style=content_hash(style)),
            say=lambda key, language: label("report", key, language),
            made_up=texts("poster")["synthetic"],
            kind=_kind,
            path=_path,
        )
    )


def save_report(
    accounts: Accounts,
    path: str | Path,
    *,
    languages: tuple[Language, ...] = ("es", "en"),
    manifest: Mapping[str, Any] | None = None,
) -> None:
    """Write the report as one self-contained HTML file.

    Parameters
    ----------
    accounts : Accounts
        What the run found.
    path : str or pathlib.Path
        The file to write; an older one is replaced.
    languages, manifest
        As for :func:`build_report`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> folder = tempfile.TemporaryDirectory()
    >>> save_report(run(data_path("demo", "project.toml")), pathlib.Path(folder.name, "report.html"))
    >>> folder.cleanup()
    """
    import pathlib

    page = build_report(accounts, languages=languages, manifest=manifest)
    pathlib.Path(path).write_text(page, encoding="utf-8", newline="\n")


def _kind(part: object) -> str:
    """Name what a part of a chapter, or a shape of a picture, is."""
    kinds = {str: "text", Grid: "grid", Drawing: "drawing", Area: "area", Line: "line"}
    return kinds.get(type(part), "word")


def _path(shape: Area | Line) -> str:
    """Write the points of an area or a line as SVG does."""
    points = shape.ring if isinstance(shape, Area) else shape.points
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
