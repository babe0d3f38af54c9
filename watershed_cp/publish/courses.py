"""A course of water as a file: table, layer for a GIS, picture or page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from watershed_cp.errors import InputError
from watershed_cp.messages import fault, label, mass, number
from watershed_cp.publish.basemap import read_basemap
from watershed_cp.publish.findings import span, typeset
from watershed_cp.publish.style import COLOURS, TYPE, matplotlib_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from matplotlib.figure import Figure

    from watershed_cp.basins.courses import Course
    from watershed_cp.errors import Language

__all__ = ["draw_course", "named_in", "save_course", "stop_words"]

_KINDS = (".csv", ".gpkg", ".png", ".pdf")
_WIDTH, _HEIGHT, _MAP, _RIM = 960.0, 540.0, 590.0, 26.0
"""Points: the picture is a slide, its map on the left."""
_MOST_STOPS = 17
_SAID = ("basin", "municipality", "end")  # of a river or a lake the name says it


def save_course(course: Course, stops: pd.DataFrame, path: Path, *, language: Language = "es") -> Path:
    """Write a course by the ending of the file.

    Parameters
    ----------
    course : Course
        From :meth:`watershed_cp.basins.network.FlowNetwork.trace`.
    stops : pandas.DataFrame
        What it passes, columns of :data:`watershed_cp.tables.COURSE` or the first four of them.
    path : pathlib.Path
        ``.csv``, ``.gpkg`` (layers ``course`` and ``stops``), ``.png`` or ``.pdf``.
    language : {"es", "en"}
        Of a picture.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        If the ending is none of these.

    Examples
    --------
    >>> save_course.__annotations__["return"]
    'Path'
    """
    kind = path.suffix.lower()
    if kind == ".csv":
        from watershed_cp.publish.tables import save_csv

        return save_csv(stops, path)
    if kind == ".gpkg":
        return _save_layers(course, stops, path)
    if kind not in _KINDS:
        raise InputError(fault("course_kind", file=path.name, known=", ".join((*_KINDS, ".html"))))
    figure = draw_course(course, stops, language=language)
    figure.savefig(path, dpi=200, metadata={"Creator" if kind == ".pdf" else "Software": "watershed_cp"})
    return path


def _save_layers(course: Course, stops: pd.DataFrame, path: Path) -> Path:
    import geopandas as gpd
    import numpy as np
    import shapely

    path.unlink(missing_ok=True)
    ends = np.array(course.line.coords)
    at = np.clip(np.searchsorted(course.vertices_km, stops["at_km"]), 0, len(ends) - 1)
    line = gpd.GeoDataFrame({"length_km": [course.length_km]}, geometry=[course.line], crs=4326)
    line.to_file(path, layer="course", driver="GPKG")
    points = gpd.GeoDataFrame(stops.copy(), geometry=shapely.points(ends[at]), crs=4326)
    points.to_file(path, layer="stops", driver="GPKG", mode="a")
    return path


def named_in(stops: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Give the places of a course the names that they have in a language, where the built-in layers know them.

    Examples
    --------
    >>> import pandas as pd
    >>> named_in(pd.DataFrame({"name": ["Lago Gatún", "Río Y"]}), "en")["name"].tolist()
    ['Gatún Lake', 'Río Y']
    """
    from watershed_cp.basins.catalogue import read_built_in

    layers = [read_built_in(name) for name in ("rivers", "lakes", "basins")]
    known = {es: en for layer in layers for es, en in zip(layer["name_es"], layer["name_en"], strict=True)}
    known |= {town["properties"]["name_es"]: town["properties"]["name_en"] for town in read_basemap().towns}
    return stops if language == "es" else stops.assign(name=[known.get(name, name) for name in stops["name"]])


def stop_words(stop: Mapping[Any, Any], language: Language) -> str:
    """Say one place of a course: what it is and, where a load is followed, what of it arrives.

    Examples
    --------
    >>> stop_words({"kind": "river", "name": "Lempa", "at_km": 48.7, "length_km": 185.1}, "en")
    'Lempa, 185 km'
    """
    kind = f"{label('stretch', stop['kind'], language)} " if stop["kind"] in _SAID else ""
    words = f"{kind}{stop['name']}".strip()
    if stop["length_km"]:
        words += f", {number(stop['length_km'])} km"
    if not _is_known(stop):
        return words
    return f"{words}: {_arrives(stop, language)}".replace("\N{NARROW NO-BREAK SPACE}", " ")


def _is_known(stop: Mapping[Any, Any]) -> bool:
    return not math.isnan(stop.get("delivered_high_kg_yr", math.nan))


def _arrives(stop: Mapping[Any, Any], language: Language) -> str:
    """Say what of a load arrives at a place, with its range."""
    central, low, high = (stop[f"delivered_{end}kg_yr"] for end in ("", "low_", "high_"))
    if low == high:
        return mass(central)
    words = {
        "amount": mass(central),
        "range": span(high if math.isnan(central) else central, low, high, language),
    }
    return label("stretch", "range" if math.isnan(central) else "arrives", language, **words)


def draw_course(course: Course, stops: pd.DataFrame, *, language: Language = "es") -> Figure:
    """Draw a course on the ground it crosses, with what it passes beside it.

    Parameters
    ----------
    course : Course
        From :meth:`watershed_cp.basins.network.FlowNetwork.trace`.
    stops : pandas.DataFrame
        As :func:`save_course` takes it.
    language : {"es", "en"}
        Of the words.

    Returns
    -------
    matplotlib.figure.Figure
        A slide, 16 to 9.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(matplotlib_settings()):
        figure = Figure(figsize=(_WIDTH / 72, _HEIGHT / 72))
        _draw_map(figure, course, language)
        _draw_list(figure, course, stops, language)
    return figure


def _draw_map(figure: Figure, course: Course, language: Language) -> None:
    import shapely

    from watershed_cp.publish import cartography
    from watershed_cp.publish.placenames import draw_names
    from watershed_cp.publish.terrain import Frame, project

    basin_id = _built_in_at(course)
    line = project(course.line)
    high = _HEIGHT - 2 * _RIM
    frame = Frame.around(line.buffer(0.01), _MAP, high, margin=42)
    sheet = cartography.Sheet.on(figure, (_RIM, _RIM), frame, TYPE["slide"], 1.0)
    cartography.draw_ground(sheet, 200, basin_id=basin_id)
    cartography.draw_rivers(sheet, basin_id)
    points = frame.points(shapely.get_coordinates(line))
    for width, colour in ((6.0, COLOURS.paper), (3.2, COLOURS.river_text)):
        sheet.axes.plot(*points.T, color=colour, lw=width, solid_capstyle="round", zorder=6)
    sheet.axes.plot(*points[0], marker="o", ms=9, mfc=COLOURS.firm, mec=COLOURS.firm_edge, zorder=8)
    sheet.axes.plot(
        *points[-1], marker="o", ms=8, mfc=COLOURS.paper, mec=COLOURS.river_text, mew=2.4, zorder=8
    )
    cartography.draw_scale(sheet, 14, 14)
    cartography.draw_inset(figure, sheet, line.buffer(0.03), (_RIM, _RIM))
    draw_names(sheet, language, basin_id=basin_id)


def _draw_list(figure: Figure, course: Course, stops: pd.DataFrame, language: Language) -> None:
    from watershed_cp.publish.lettering import wrap, write

    sizes = TYPE["slide"]
    left, right = _MAP + 2.2 * _RIM, _WIDTH - _RIM
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, _WIDTH), ylim=(0, _HEIGHT))
    axes.set_axis_off()
    y = _HEIGHT - _RIM - sizes.title * 0.8
    title = label("stretch", "title", language, km=number(course.length_km, digits=0))
    for line in wrap(title, sizes.title * 0.8, right - left):
        write(axes, left, y, line, sizes.title * 0.8)
        y -= sizes.title
    if "released_kg_yr" in stops:
        first = stops.iloc[0]
        words = {"amount": mass(first["released_kg_yr"]), "pollutant": typeset(first["pollutant"], language)}
        released = label("stretch", "released", language, **words)
        write(axes, left, y, released, sizes.body, colour=COLOURS.muted)
        y -= 1.9 * sizes.body
    shown = stops[stops["kind"] != "basin"]
    shown = shown[(shown["kind"] != "town") | (len(shown) <= _MOST_STOPS)]
    for stop in shown.to_dict("records"):
        name = stop["name"] or label("stretch", stop["kind"], language)
        write(axes, left, y, f"km {number(stop['at_km'], digits=0)}", sizes.small, colour=COLOURS.muted)
        write(
            axes,
            left + 52,
            y,
            name,
            sizes.body,
            colour=COLOURS.muted if stop["kind"] == "town" else COLOURS.ink,
        )
        if _is_known(stop):
            write(axes, right, y, _arrives(stop, language), sizes.small, align="right")
        y -= 1.65 * sizes.body
    note = label("stretch", "note", language) if "released_kg_yr" in stops else ""
    lines = wrap(f"{note} {read_basemap().credits.speak(language)}".strip(), sizes.small * 0.8, right - left)
    for place, line in enumerate(reversed(lines)):
        write(axes, left, _RIM + place * sizes.small, line, sizes.small * 0.8, colour=COLOURS.muted)


def _built_in_at(course: Course) -> str | None:
    """Name the built-in watershed in which a course begins."""
    import shapely

    from watershed_cp.basins.catalogue import read_basins

    basins = read_basins()
    inside = basins.index[shapely.intersects_xy(basins.geometry.to_numpy(), *course.line.coords[0])]
    return None if inside.empty else str(inside[0])
