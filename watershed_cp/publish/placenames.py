"""The names on a map, in the order in which they matter: each stands where there is room, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from watershed_cp.publish.lettering import Box, bend, halo, text_width, write
from watershed_cp.publish.style import COLOURS, LINES
from watershed_cp.publish.terrain import ground, rivers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from watershed_cp.errors import Language
    from watershed_cp.publish.cartography import Sheet

__all__ = ["draw_names", "name_basins"]

_RANKS_DROP_KM = (160, 320, 700)  # a map wider than this leaves out towns of rank 4, of 3, of 2
_AIR = 4.0  # points left and right of a name over an area
_FAR_RANK = 2  # towns that may be named at a distance when firms crowd around them
_TOWN_DOTS = (5.0, 4.2, 3.4, 2.8)  # points, by rank
_LEAST = 0.015  # share of the map that an area must fill to be named
_WHOLE = 0.8  # and beyond which its name tells nothing


def draw_names(
    sheet: Sheet, language: Language, *, outline: shapely.Geometry | None = None, basin_id: str | None = None
) -> None:
    """Write the names of capitals, rivers, towns, lakes, countries, seas and departments, in this order.

    Parameters
    ----------
    sheet : Sheet
        The map, with its firms already drawn.
    language : {"es", "en"}
        Language of the names.
    outline : shapely.Geometry, optional
        The watershed the map is about, Mercator degrees: inside it smaller towns are shown.
    basin_id : str, optional
        The built-in watershed whose rivers are named.
    """
    towns = _towns(sheet, outline)
    for properties, point in (town for town in towns if town[0]["rank"] == 1):
        _name_town(sheet, *point, properties[f"name_{language}"], 1)
    smaller = [town for town in towns if town[0]["rank"] > 1]
    with sheet.labels.clear_of(Box.around(*point, max(_TOWN_DOTS) * sheet.pen) for _, point in smaller):
        _name_rivers(sheet, language, basin_id)
    for properties, point in smaller:
        _name_town(sheet, *point, properties[f"name_{language}"], properties["rank"])
    base, size = ground(), sheet.sizes.small
    for properties, lake in base.lakes:
        name = properties[f"name_{language}"]
        if name:
            _name_area(sheet, lake, name, size, COLOURS.river_text, slant="italic", least=0.002)
    if outline is not None:
        _cover(sheet, shapely.boundary(sheet.frame.cut(outline)), size)
    shown = [country for country in base.countries if _share(sheet, country[1]) >= _LEAST]
    for properties, country in shown if len(shown) > 1 else ():  # one name over all of a map tells nothing
        name = " ".join(properties[f"name_{language}"].upper())
        _name_area(sheet, country, name, size * 1.1, COLOURS.muted)
    for part in shapely.get_parts(base.sea):
        name = min(
            (anchor.distance(part), properties[f"name_{language}"]) for properties, anchor in base.seas
        )[1]
        _name_area(sheet, part, name, size * 1.1, COLOURS.river_text, slant="italic")
    for properties, department in base.departments if outline is not None else ():
        if _share(sheet, department) < _WHOLE and properties["name"] not in sheet.labels.names:
            _name_area(sheet, department, properties["name"], size * 0.9, COLOURS.muted)


def _name_rivers(sheet: Sheet, language: Language, basin_id: str | None) -> None:
    named: dict[str, list[tuple[float, shapely.Geometry]]] = {}
    for properties, line in rivers(basin_id):
        name = properties[f"name_{language}"]
        if name:
            named.setdefault(name, []).append((properties["upstream_km2"], line))
    for name, pieces in sorted(named.items(), key=lambda river: -max(piece[0] for piece in river[1])):
        whole = shapely.line_merge(sheet.frame.cut(shapely.union_all([line for _, line in pieces]), beyond=0))
        longest = max(shapely.get_parts(whole), key=shapely.length, default=None)
        if longest is None:
            continue
        dots = shapely.get_coordinates(longest)
        gap = 0.4 * sheet.sizes.small
        bend(
            sheet.axes,
            sheet.labels,
            dots,
            name,
            sheet.sizes.small,
            colour=COLOURS.river_text,
            gap=gap,
            zorder=7,
        )


def _towns(
    sheet: Sheet, outline: shapely.Geometry | None
) -> list[tuple[dict[str, Any], tuple[float, float]]]:
    """Give the towns that a map of this width may name, each with its place in points."""
    across_km = sheet.frame.width / sheet.frame.points_per_metre / 1000
    ranks = 4 - sum(across_km > width_km for width_km in _RANKS_DROP_KM)
    found = []
    for properties, point in ground().towns:
        x, y = sheet.frame.points(shapely.get_coordinates(point))[0]
        rank = properties["rank"] - int(outline is not None and bool(outline.contains(point)))
        if (
            rank <= ranks
            and sheet.labels.frame.left < x < sheet.labels.frame.right
            and 0 < y < sheet.frame.height
        ):
            found.append((properties, (float(x), float(y))))
    return found


def _name_town(sheet: Sheet, x: float, y: float, name: str, rank: int) -> None:
    size, weight = sheet.sizes.small, "bold" if rank == 1 else "regular"
    dot = _TOWN_DOTS[rank - 1] * sheet.pen
    if rank > _FAR_RANK and not sheet.labels.free(Box.around(x, y, dot / 2)):
        return
    box = (text_width(name, size, weight), size * 0.95)
    reaches = (0.45, 1.1, 1.9, 3.0, 4.5, 6.5) if rank <= _FAR_RANK else (0.45,)
    places = ((reach, sheet.labels.beside(x, y, box, gap=reach * size)) for reach in reaches)
    reach, place = next(((reach, found) for reach, found in places if found), (0.0, None))
    if place is None:
        return
    if reach > reaches[0]:  # a thread from the name to its town, past the firms between them
        near = (np.clip(x, place[0], place[0] + box[0]), np.clip(y, place[1], place[1] + box[1]))
        sheet.axes.plot([x, near[0]], [y, near[1]], color=COLOURS.ink, lw=LINES.hair, zorder=8.5)
    sheet.labels.names.add(name)
    shape = "s" if rank == 1 else "o"
    sheet.axes.plot([x], [y], marker=shape, ms=dot, mfc=COLOURS.ink, mec=COLOURS.paper, mew=0.6, zorder=6)
    sheet.labels.block(x, y, dot / 2)
    effects = halo(LINES.halo * sheet.pen)
    write(
        sheet.axes, place[0], place[1] + 0.2 * size, name, size, weight=weight, zorder=7, path_effects=effects
    )


def _share(sheet: Sheet, outline: shapely.Geometry) -> float:
    """Tell what share of the map an area fills."""
    return float(shapely.area(sheet.frame.cut(outline, beyond=0)) / (sheet.frame.width * sheet.frame.height))


def _name_area(
    sheet: Sheet,
    outline: shapely.Geometry,
    name: str,
    size: float,
    colour: str,
    *,
    least: float = _LEAST,
    **looks: Any,
) -> None:
    """Write a name in the middle of what the map shows of an area, if that is a large enough share of it."""
    if _share(sheet, outline) < least:
        return
    visible = sheet.frame.cut(outline, beyond=0)
    width = text_width(name, size, slant=looks.get("slant", "normal"))
    for x, y in _middles(max(shapely.get_parts(visible), key=shapely.area)):
        box = Box(x - width / 2 - _AIR, y - size / 2, x + width / 2 + _AIR, y + size / 2)
        if sheet.labels.free(box):
            sheet.labels.taken.append(box)
            looks |= {"align": "center", "va": "center", "zorder": 6.5}
            effects = halo(LINES.halo * sheet.pen * 0.8, COLOURS.paper)
            write(sheet.axes, x, y, name, size, colour=colour, path_effects=effects, **looks)
            return


def _middles(area: shapely.Geometry) -> Iterator[tuple[float, float]]:
    """Give places for a name: the middle of the widest circle, then a grid of points inside, the nearest first."""
    centre = shapely.maximum_inscribed_circle(area, tolerance=2.0).coords[0]
    yield centre[0], centre[1]
    west, south, east, north = area.bounds
    across, up = np.meshgrid(np.linspace(west, east, 21)[1:-1], np.linspace(south, north, 21)[1:-1])
    dots = np.column_stack([across.ravel(), up.ravel()])
    dots = dots[shapely.contains_xy(area, dots[:, 0], dots[:, 1])]
    for x, y in dots[np.argsort(np.hypot(*(dots - centre).T), kind="stable")]:
        yield float(x), float(y)


def name_basins(
    sheet: Sheet,
    outlines: dict[str, shapely.Geometry],
    words: dict[str, tuple[str, str]],
    language: Language,
) -> None:
    """Write each watershed's name and a line below it beside the watershed, clear of every other.

    Parameters
    ----------
    sheet : Sheet
        The map.
    outlines : dict of str to shapely.Geometry
        Mercator degrees, by ``basin_id``.
    words : dict of str to (str, str)
        Name and second line, by ``basin_id``, the most important watershed first.
    language : {"es", "en"}
        Language in which the capitals will be named: one beside a watershed keeps its place.
    """
    shapes = {
        basin_id: shapely.simplify(sheet.frame.cut(outline), 1.0) for basin_id, outline in outlines.items()
    }
    body, small = sheet.sizes.body, sheet.sizes.small
    all_basins = shapely.union_all(list(shapes.values()))
    _cover(sheet, all_basins, small)
    for basin_id, (name, below) in words.items():
        others = shapely.union_all([shape for other, shape in shapes.items() if other != basin_id])
        size = (max(text_width(name, body, "bold"), text_width(below, small)), body + 1.3 * small)
        with sheet.labels.clear_of(_capitals_outside(sheet, all_basins, language)):
            box = _nearest_box(sheet, shapes[basin_id], others, size)
        if box is None:
            continue
        sheet.labels.taken.append(box)
        effects = halo(LINES.halo * sheet.pen, COLOURS.paper)
        looks: dict[str, Any] = {"zorder": 7, "path_effects": effects}
        top = box.bottom + 1.35 * small
        write(sheet.axes, box.left, top, name, body, weight="bold", colour=COLOURS.basin, **looks)
        write(sheet.axes, box.left, box.bottom + 0.25 * small, below, small, **looks)


def _capitals_outside(sheet: Sheet, area: shapely.Geometry, language: Language) -> Iterator[Box]:
    """Give the room of each capital outside an area, with its name below it."""
    size = sheet.sizes.small
    for properties, (x, y) in _towns(sheet, None):
        if properties["rank"] == 1 and not area.contains(shapely.Point(x, y)):
            half = text_width(properties[f"name_{language}"], size, "bold") / 2
            yield Box(x - half, y - 3.0 * size, x + half, y + _TOWN_DOTS[0])


def _cover(sheet: Sheet, area: shapely.Geometry, cell: float) -> None:
    """Keep later names off an area, in squares of `cell` points."""
    west, south, east, north = area.bounds
    grid = np.meshgrid(np.arange(west, east, cell), np.arange(south, north, cell))
    left, bottom = (axis.ravel() for axis in grid)
    met = shapely.intersects(area, shapely.box(left, bottom, left + cell, bottom + cell))
    sheet.labels.taken += [
        Box(x, y, x + cell, y + cell) for x, y in zip(left[met].tolist(), bottom[met].tolist(), strict=True)
    ]


def _nearest_box(
    sheet: Sheet, own: shapely.Geometry, others: shapely.Geometry, size: tuple[float, float]
) -> Box | None:
    """Find the free place nearest to a watershed that is not nearer to another."""
    width, height = size
    west, south, east, north = own.bounds
    reach = 3 * height
    grid = np.meshgrid(
        np.arange(west - width - reach, east + reach, 7.0),
        np.arange(south - height - reach, north + reach, 7.0),
    )
    left, bottom = (axis.ravel() for axis in grid)
    places = shapely.box(left, bottom, left + width, bottom + height)
    cost = shapely.distance(places, own) + 40 / (1 + shapely.distance(places, others))
    for at in np.argsort(cost, kind="stable"):
        box = Box(left[at], bottom[at], left[at] + width, bottom[at] + height)
        if sheet.labels.free(box):
            return box
    return None
