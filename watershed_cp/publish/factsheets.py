"""Fact sheets: one page of A4 a watershed, Spanish and English side by side, to hand out at a workshop."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import matplotlib as mpl

from watershed_cp.basins.catalogue import built_in, read_built_in
from watershed_cp.messages import label, number, texts
from watershed_cp.publish.findings import find, headline, tight
from watershed_cp.publish.layout import FORMS, basin_map, blank, foot, key, synthetic
from watershed_cp.publish.lettering import text_width, wrap, write
from watershed_cp.publish.panels import Column, draw_changes, draw_left_out, draw_parts, room_below
from watershed_cp.publish.style import COLOURS, matplotlib_settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from watershed_cp.errors import Language
    from watershed_cp.impact.aggregation import Accounts
    from watershed_cp.publish.findings import Finding

__all__ = ["draw_factsheet"]

_BOTH: tuple[Language, Language] = ("es", "en")
_RIVERS_NAMED = 3


def draw_factsheet(accounts: Accounts, basin_id: str) -> Figure:
    """Draw the fact sheet of one watershed: its map, what it is, what was avoided, and what is not counted.

    Parameters
    ----------
    accounts : Accounts
        What the run found.
    basin_id : str
        One of ``accounts.basins.index``.

    Returns
    -------
    matplotlib.figure.Figure
        A4, upright; loads in kg or t per year. Saving is the caller's.

    Raises
    ------
    KeyError
        If there is no such watershed.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> figure = draw_factsheet(run(data_path("demo", "project.toml")), "acelhuate")
    >>> figure.get_size_inches().round(2).tolist()
    [8.27, 11.69]
    """
    finding, page = find(accounts, basin_id), FORMS["factsheet"]
    ungraded = replace(finding, evidence={})  # the posters show the grades
    with mpl.rc_context(matplotlib_settings()):
        figure, axes = blank(page)
        _head(axes, accounts, finding)
        sheet = basin_map(figure, page, accounts, finding, "es")
        key(axes, page, sheet, finding, "es", float(accounts.basins.loc[basin_id, "accuracy_m"]))
        half = (page.width - 2 * page.margin) / 2 - page.sizes.body
        for language, left in zip(_BOTH, (page.margin, page.width - page.margin - half), strict=True):
            column = Column(axes, left, left + half, page.column.top, page.sizes, language)
            _draw_facts(column, accounts, finding)
            room = column.y - page.column.bottom - room_below(ungraded, page.sizes, language)
            below = column.y - room
            draw_changes(column, finding.changes, room=room)
            draw_parts(column, finding, room=column.y - below)
            draw_left_out(column, finding)
        english = foot(axes, page, accounts, "en")
        foot(axes, page, accounts, "es", lift=english + 0.3 * page.sizes.small)
    return figure


def _head(axes: Axes, accounts: Accounts, finding: Finding) -> None:
    """State the finding in both languages, the first of them large."""
    page = FORMS["factsheet"]
    sizes, width = page.sizes, page.width - 2 * page.margin
    y = page.height - page.margin - 0.5 * sizes.small
    write(axes, page.margin, y, label("poster", "factsheet", "es"), sizes.small, colour=COLOURS.muted)
    if accounts.synthetic:
        synthetic(axes, page, y, "es")
    looks = ((sizes.title, "bold"), (1.15 * sizes.body, "regular"))
    for language, (size, weight) in zip(_BOTH, looks, strict=True):
        title, below = headline(accounts, finding, language)
        fitted = min(size, size * width / text_width(title, size, weight))
        y -= 1.5 * size
        write(axes, page.margin, y, title, fitted, weight=weight)
        for line in wrap(below, sizes.small, width):
            y -= 1.75 * sizes.small
            write(axes, page.margin, y, line, sizes.small, colour=COLOURS.muted)


def _draw_facts(column: Column, accounts: Accounts, finding: Finding) -> None:
    """Write what the watershed is, one fact a line: its name on the left, its value on the right."""
    small = column.sizes.small
    column.heading(label("poster", "about", column.language))
    for name, value in _facts(accounts, finding, column.language):
        left = column.left + text_width(name, small) + small
        lines = wrap(value, small, column.right - left)
        for at, line in enumerate(lines):
            column.y -= 1.35 * small
            if not at:
                write(column.axes, column.left, column.y, name, small, colour=COLOURS.muted)
            write(column.axes, column.right, column.y, line, small, align="right")
    column.y -= 1.2 * column.sizes.body


def _facts(accounts: Accounts, finding: Finding, language: Language) -> list[tuple[str, str]]:
    basin = accounts.basins.loc[finding.basin_id]
    values = {"area": tight(f"{number(float(basin['area_km2']), digits=0)} km²")}
    if "countries" in basin and isinstance(basin["countries"], str):
        names = texts("page_country")
        values["countries"] = ", ".join(
            names[code].speak(language) if code in names else code for code in basin["countries"].split()
        )
    if finding.basin_id in built_in(accounts.basins):
        values["rivers"] = ", ".join(_rivers(str(finding.basin_id), language))
    layers = accounts.levels.values()
    parts = [
        number(int((layer["parent"] == finding.basin_id).sum())) for layer in layers if "parent" in layer
    ]
    if parts[:1] not in ([], ["0"]):
        values["sub_basins"] = parts[0]
    if math.isfinite(float(basin["accuracy_m"])):
        values["accuracy"] = tight(f"±{number(float(basin['accuracy_m']), digits=0)} m")
    return [(label("poster", f"fact_{name}", language), value) for name, value in values.items() if value]


def _rivers(basin_id: str, language: Language) -> list[str]:
    """Name the main rivers inside a built-in watershed, the largest first."""
    rivers = read_built_in("rivers")
    inside = rivers[(rivers["basin_id"] == basin_id) & ~rivers["below_outlet"] & rivers["name_es"].notna()]
    reach = inside.groupby(f"name_{language}")["upstream_km2"].max()
    return [str(name) for name in reach.sort_values(ascending=False).index if name][:_RIVERS_NAMED]
