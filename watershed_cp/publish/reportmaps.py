"""The report's maps as plain shapes: where the watersheds lie, each of them from near, and where events were."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from watershed_cp.basins.catalogue import built_in, read_built_in
from watershed_cp.publish.basemap import read_basemap
from watershed_cp.publish.drawings import WIDTH, Drawing, Line, Word, box, disc
from watershed_cp.publish.drawings import Area as Patch
from watershed_cp.publish.style import COLOURS, RAMP, ramp_colour, text_on

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import geopandas as gpd

    from watershed_cp.publish.drawings import Point

__all__ = ["Mark", "Scale", "draw_close_ups", "draw_map"]

Box = tuple[float, float, float, float]
Shape = Patch | Line | Word

_LETTER = 5.2  # mean width of a letter of the small text
_SIZE = 10.0
_GAP = 12.0
_TITLE = 16.0
_STEP = 64.0  # a class of the scale
_ROUND_KM = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_KM_PER_DEGREE = 111.32


@dataclass(frozen=True)
class Mark:
    """A place on a map: a disc of a radius in points, filled where it counts, and what is written beside it."""

    longitude: float
    latitude: float
    counted: bool = True
    radius: float = 2.6
    name: str = ""


@dataclass(frozen=True)
class Scale:
    """The classes of the tones: upper bounds and how each is written, from zero up."""

    breaks: tuple[float, ...]
    words: tuple[str, ...]

    def tone(self, value: float) -> str:
        """Give the tone of a value; what is not known has that of a hatch."""
        return ramp_colour(value, self.breaks) or COLOURS.missing


def draw_map(
    caption: str,
    basins: gpd.GeoDataFrame,
    *,
    names: Mapping[str, str],
    values: Mapping[str, float] | None = None,
    scale: Scale | None = None,
) -> Drawing:
    """Draw where the watersheds lie, in the tones of their values, with the land around them.

    Parameters
    ----------
    caption : str
        What the tones show.
    basins : geopandas.GeoDataFrame
        Index ``basin_id``, EPSG:4326.
    names, values : mapping of str
        What is written beside each watershed, and its value, by ``basin_id``.
    scale : Scale, optional
        Classes of the values, drawn below the map; without it every watershed has the lightest tone.

    Examples
    --------
    >>> from watershed_cp.basins.catalogue import read_basins
    >>> drawing = draw_map("Outlines", read_basins(), names={"motagua": "Motagua"})
    >>> [shape.text for shape in drawing.shapes if isinstance(shape, Word)]
    ['Motagua']
    """
    frame = _Frame(basins, WIDTH, tall=0.5 * WIDTH)
    boxes = [(name, frame.box(basins.geometry[key])) for key, name in names.items()]
    shapes = [*_ground(frame), *_outlines(frame, basins, values or {}, scale), *_beside(boxes, frame)]
    below = [] if scale is None else list(_key(scale, frame.height + _GAP))
    return Drawing(caption, frame.height + (2.4 * _GAP if below else 0), (*shapes, *below))


def draw_close_ups(
    caption: str,
    basins: gpd.GeoDataFrame,
    *,
    names: Mapping[str, str],
    marks: Mapping[str, Sequence[Mark]],
    values: Mapping[str, float] | None = None,
    scale: Scale | None = None,
) -> Drawing:
    """Draw each watershed in a small map of its own, two a row: its tone, rivers, firms and a bar of kilometres.

    Parameters
    ----------
    caption : str
        What the tones and marks show.
    basins : geopandas.GeoDataFrame
        Index ``basin_id``, EPSG:4326.
    names : mapping of str
        What is written over each watershed, by ``basin_id``.
    marks : mapping of str to sequence of Mark
        Places by the ``basin_id`` in whose map they stand; the map reaches as far as they do.
    values : mapping of str, optional
        Values by ``basin_id``.
    scale : Scale, optional
        Classes of the values, as in the map of all.

    Examples
    --------
    >>> from watershed_cp.basins.catalogue import read_basins
    >>> basins = read_basins()
    >>> words = {key: key for key in basins.index}
    >>> drawing = draw_close_ups("Near", basins, names=words, marks={})
    >>> [shape.text for shape in drawing.shapes if isinstance(shape, Word)][:2]
    ['acelhuate', '20 km']
    """
    width, tall = (WIDTH - _GAP) / 2, 0.28 * WIDTH
    shapes: list[Shape] = []
    for at, basin_id in enumerate(map(str, basins.index)):
        left, top = (width + _GAP) * (at % 2), (tall + _TITLE + _GAP) * (at // 2)
        one = basins.loc[[basin_id]]
        here = marks.get(basin_id, ())
        frame = _Frame(one, width, tall=tall, left=left, top=top + _TITLE, marks=here)
        shapes.append(Word(left, top + _TITLE - 5, names[basin_id]))
        shapes += [*_ground(frame), *_outlines(frame, one, values or {}, scale)]
        shapes += _rivers(frame, one, on=_tone(basin_id, values or {}, scale))
        shapes += _marked(frame, here)
        shapes += _kilometres(frame)
    rows = math.ceil(len(basins) / 2)
    named = any(mark.name for places in marks.values() for mark in places)
    return Drawing(caption, rows * (tall + _TITLE) + (rows - 1) * _GAP, tuple(shapes), dense=named)


class _Frame:
    """Degrees to points: true to scale along the middle parallel, which serves a map of some hundred kilometres."""

    def __init__(
        self,
        basins: gpd.GeoDataFrame,
        width: float,
        *,
        tall: float,
        left: float = 0.0,
        top: float = 0.0,
        marks: Sequence[Mark] = (),
    ) -> None:
        reach = [
            shapely.box(*basins.total_bounds),
            *(shapely.Point(one.longitude, one.latitude) for one in marks),
        ]
        west, south, east, north = shapely.total_bounds(reach)
        self._squeeze = math.cos(math.radians((south + north) / 2))
        across, up = 1.16 * (east - west) * self._squeeze, 1.16 * (north - south)
        self.scale = min(width / across, tall / up)
        self.width, self.height, self.left, self.top = width, tall, left, top
        half, high = width / self.scale / self._squeeze / 2, self.height / self.scale / 2
        x, y = (west + east) / 2, (south + north) / 2
        self.window = (x - half, y - high, x + half, y + high)

    def place(self, longitude: float, latitude: float) -> Point:
        x = self.left + (longitude - self.window[0]) * self._squeeze * self.scale
        return round(x, 1), round(self.top + (self.window[3] - latitude) * self.scale, 1)

    def rings(self, geometry: shapely.Geometry) -> list[tuple[Point, ...]]:
        """Give the outer rings in points; the holes of outlines are lakes too small for this scale."""
        parts = shapely.get_parts(shapely.simplify(geometry, 0.5 / self.scale))
        outer = [part.exterior.coords for part in parts if isinstance(part, shapely.Polygon)]
        return [tuple(self.place(*xy[:2]) for xy in ring) for ring in outer]

    def box(self, outline: shapely.Geometry) -> Box:
        west, south, east, north = outline.bounds
        return *self.place(west, north), *self.place(east, south)


def _ground(frame: _Frame) -> Iterator[Shape]:
    yield box(frame.left, frame.top, frame.width, frame.height, COLOURS.sea)
    for land in shapely.clip_by_rect(_countries(), *frame.window):
        yield from (Patch(ring, COLOURS.land, COLOURS.border) for ring in frame.rings(land))


@functools.cache
def _countries() -> tuple[shapely.Geometry, ...]:
    return tuple(shapely.geometry.shape(country["geometry"]) for country in read_basemap().land)


def _outlines(
    frame: _Frame, basins: gpd.GeoDataFrame, values: Mapping[str, float], scale: Scale | None
) -> Iterator[Shape]:
    for basin_id, outline in basins.geometry.items():
        tone = _tone(str(basin_id), values, scale)
        yield from (Patch(ring, tone, COLOURS.basin) for ring in frame.rings(outline))


def _tone(basin_id: str, values: Mapping[str, float], scale: Scale | None) -> str:
    return RAMP[0] if scale is None else scale.tone(values.get(basin_id, math.nan))


def _rivers(frame: _Frame, basins: gpd.GeoDataFrame, *, on: str) -> Iterator[Shape]:
    """Draw the mapped rivers of a built-in watershed, wider from order to order."""
    rivers, blue = _main_rivers(), COLOURS.river if text_on(on) == COLOURS.ink else COLOURS.lake
    for basin_id in built_in(basins):
        for line, order in rivers.get(str(basin_id), ()):
            parts = shapely.get_parts(shapely.simplify(line, 0.4 / frame.scale))
            for part in parts:
                points = tuple(frame.place(*xy[:2]) for xy in part.coords)
                yield Line(points, blue, 0.2 + 0.25 * order)


@functools.cache
def _main_rivers() -> dict[str, list[tuple[shapely.Geometry, int]]]:
    """Give by watershed its rivers and their order, as far as the outlet."""
    rivers = read_built_in("rivers")
    found: dict[str, list[tuple[shapely.Geometry, int]]] = {}
    for row in rivers[~rivers["below_outlet"]].sort_values("strahler", kind="stable").itertuples():
        found.setdefault(str(row.basin_id), []).append((row.geometry, int(row.strahler)))
    return found


def _marked(frame: _Frame, marks: Sequence[Mark]) -> Iterator[Shape]:
    """Draw the places, those that count above the others, and write their names beside them."""
    boxes = []
    for mark in marks:
        x, y = frame.place(mark.longitude, mark.latitude)
        fill, edge = (COLOURS.firm, COLOURS.paper) if mark.counted else (COLOURS.paper, COLOURS.uncounted)
        yield disc(x, y, mark.radius, fill, edge)
        reach = (x - mark.radius, y - mark.radius, x + mark.radius, y + mark.radius)
        boxes.append((mark.name, reach))
    yield from _beside([(name, reach) for name, reach in boxes if name], frame)


def _kilometres(frame: _Frame) -> Iterator[Shape]:
    """Draw a bar of round kilometres, about a quarter of the map long."""
    per_km = frame.scale / _KM_PER_DEGREE
    length = max((km for km in _ROUND_KM if km * per_km <= frame.width / 4), default=_ROUND_KM[0])
    x, y = frame.left + 6, frame.top + frame.height - 6
    yield Line(((x, y), (x + length * per_km, y)), COLOURS.ink, 1.2)
    yield Word(x, y - 4, f"{length} km", halo=True)


def _key(scale: Scale, top: float) -> Iterator[Shape]:
    """Draw the classes of the tones with the upper bound of each at its end."""
    for at, (tone, word) in enumerate(zip(RAMP, scale.words, strict=False)):
        yield box(at * _STEP, top, _STEP, 7, tone, COLOURS.hairline)
        yield Word((at + 1) * _STEP, top + 17, word, "middle")
    yield Word(0, top + 17, "0")


def _beside(named: Sequence[tuple[str, Box]], frame: _Frame) -> list[Word]:
    """Write each name beside its place, where it covers neither another name nor another place."""
    right_end, bottom_end = frame.left + frame.width, frame.top + frame.height
    within = shapely.box(frame.left + 2, frame.top + 2, right_end - 2, bottom_end - 2)
    taken: list[shapely.Polygon] = []
    words = []
    for name, (left, top, right, bottom) in named:
        long, middle, level = len(name) * _LETTER, (left + right) / 2, (top + bottom) / 2 + 4
        places = (
            (right + 5, level),
            (left - 5 - long, level),
            (middle - long / 2, bottom + 13),
            (middle - long / 2, top - 6),
        )
        boxes = [shapely.box(x, y - _SIZE, x + long, y + 3) for x, y in places]
        others = shapely.union_all([*taken, *(shapely.box(*area) for other, area in named if other != name)])
        outside = shapely.difference(boxes, within)
        clash = shapely.area(shapely.intersection(boxes, others)) + shapely.area(outside)
        best = int(clash.argmin())
        taken.append(boxes[best])
        words.append(Word(*places[best], name, halo=True))
    return words
