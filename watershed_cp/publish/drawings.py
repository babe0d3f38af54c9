"""The report's pictures as plain shapes in points, so that a page and a PDF draw the same: bars, map, network.

Nothing here imports a drawing library: ``y`` runs downwards from the upper left corner, as in SVG.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from watershed_cp.publish.basemap import read_basemap
from watershed_cp.publish.style import COLOURS, RAMP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import geopandas as gpd

__all__ = ["Area", "Bar", "Drawing", "Line", "Word", "draw_bars", "draw_map", "draw_network"]

Point = tuple[float, float]
Box = tuple[float, float, float, float]

WIDTH = 480.0
"""Points that a picture is wide: the text of an A4 page."""
_ROW = 20.0
_THICK = 11.0
_LETTER = 5.2  # mean width of a letter of the small text
_SIZE = 10.0
_TIE_ROW = 15.0
_TIE_NAME = 34  # letters that fit beside the network


@dataclass(frozen=True)
class Area:
    """A filled outline; without a fill only its edge."""

    ring: tuple[Point, ...]
    fill: str
    edge: str = "none"


@dataclass(frozen=True)
class Line:
    """A line of a width in points."""

    points: tuple[Point, ...]
    colour: str
    width: float = 1.0
    dashed: bool = False


@dataclass(frozen=True)
class Word:
    """One line of text whose baseline starts, is centred or ends at a point."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    colour: str = COLOURS.ink
    halo: bool = False


@dataclass(frozen=True)
class Drawing:
    """Shapes in the order in which they are painted; `caption` says what they show."""

    caption: str
    height: float
    shapes: tuple[Area | Line | Word, ...]
    width: float = WIDTH


@dataclass(frozen=True)
class Bar:
    """A value with its range, either end of which may be unknown, and what is written behind it."""

    name: str
    value: float
    low: float
    high: float
    text: str


def draw_bars(
    caption: str, bars: Sequence[Bar], *, target: float = math.nan, target_text: str = ""
) -> Drawing:
    """Draw bars from zero on one scale, each with its range, and the target as a line with its number.

    Parameters
    ----------
    caption : str
        What the bars show, with its unit.
    bars : sequence of Bar
        From the top down; one whose value is not known has no bar, only its text.
    target : float
        Where the line stands; NaN draws none.
    target_text : str
        What is written over it.

    Examples
    --------
    >>> drawing = draw_bars("t/yr", [Bar("A", 2.0, 1.0, 3.0, "2 t"), Bar("B", 1.0, 1.0, 1.0, "1 t")])
    >>> areas = [shape.ring for shape in drawing.shapes if isinstance(shape, Area)]
    >>> long, short = (ring[1][0] - ring[0][0] for ring in areas)
    >>> round(long / short, 3)
    2.0
    """
    left = min(max((len(bar.name) for bar in bars), default=0) * _LETTER + 12, WIDTH / 3)
    right = WIDTH - max((len(bar.text) for bar in bars), default=0) * _LETTER - 14
    ends = [0.0, target, *(end for bar in bars for end in (bar.value, bar.low, bar.high))]
    known = [end for end in ends if math.isfinite(end)]
    scale = (right - left) / max(max(known) - min(known), 1e-12)
    zero, top = left - min(known) * scale, 16.0 if math.isfinite(target) else 2.0
    shapes = [shape for at, bar in enumerate(bars) for shape in _bar(bar, top + at * _ROW, zero, scale)]
    bottom = top + len(bars) * _ROW
    shapes.append(Line(((zero, top), (zero, bottom)), COLOURS.muted, 0.7))
    if math.isfinite(target):
        x = zero + target * scale
        shapes.append(Line(((x, top - 2), (x, bottom)), COLOURS.firm_edge, 1.2, dashed=True))
        shapes.append(Word(x, top - 6, target_text, "middle", COLOURS.firm_text))
    return Drawing(caption, bottom + 4, tuple(shapes))


def _bar(bar: Bar, top: float, zero: float, scale: float) -> Iterator[Area | Line | Word]:
    base, middle = top + _ROW / 2 + 3.5, top + _ROW / 2
    yield Word(0, base, bar.name)
    reach = zero
    if math.isfinite(bar.value):
        yield _box(zero, middle - _THICK / 2, bar.value * scale, _THICK, RAMP[3])
        reach = max(reach, zero + bar.value * scale)
    if math.isfinite(bar.low) and math.isfinite(bar.high):
        low, high = zero + bar.low * scale, zero + bar.high * scale
        for width, colour in ((2.4, COLOURS.paper), (1.0, COLOURS.ink)):
            yield Line(((low, middle), (high, middle)), colour, width)
            for x in (low, high):
                yield Line(((x, middle - 3.5), (x, middle + 3.5)), colour, width)
        reach = max(reach, high)
    yield Word(reach + 7, base, bar.text)


def _box(x: float, y: float, width: float, height: float, fill: str, edge: str = "none") -> Area:
    return Area(((x, y), (x + width, y), (x + width, y + height), (x, y + height)), fill, edge)


def draw_map(
    caption: str,
    basins: gpd.GeoDataFrame,
    *,
    names: Mapping[str, str],
    tones: Mapping[str, str],
    firms: Sequence[tuple[float, float, bool]] = (),
) -> Drawing:
    """Draw the watersheds in the tones given, the land around them, and the firms.

    Parameters
    ----------
    caption : str
        What the tones and marks show.
    basins : geopandas.GeoDataFrame
        Index ``basin_id``, EPSG:4326.
    names, tones : mapping of str to str
        What is written beside each watershed, and its ``#RRGGBB``, by ``basin_id``.
    firms : sequence of (float, float, bool)
        Longitude, latitude, and whether the firm's reduction is counted.

    Examples
    --------
    >>> from watershed_cp.basins.catalogue import read_basins
    >>> drawing = draw_map("Outlines", read_basins(), names={"motagua": "Motagua"}, tones={})
    >>> [shape.text for shape in drawing.shapes if isinstance(shape, Word)]
    ['Motagua']
    """
    frame = _Frame(basins)
    shapes: list[Area | Line | Word] = [_box(0, 0, WIDTH, frame.height, COLOURS.sea)]
    for country in read_basemap().land:
        land = shapely.clip_by_rect(_shape(country), *frame.window)
        shapes += [Area(ring, COLOURS.land, COLOURS.border) for ring in frame.rings(land)]
    boxes = []
    for basin_id, outline in basins.geometry.items():
        rings = frame.rings(outline)
        shapes += [Area(ring, tones.get(str(basin_id), COLOURS.missing), COLOURS.basin) for ring in rings]
        xs, ys = zip(*(point for ring in rings for point in ring), strict=True)
        boxes.append((str(basin_id), (min(xs), min(ys), max(xs), max(ys))))
    for longitude, latitude, counted in sorted(firms, key=lambda firm: firm[2]):
        x, y = frame.place(longitude, latitude)
        fill = COLOURS.firm if counted else COLOURS.paper
        shapes.append(_disc(x, y, 2.2, fill, COLOURS.firm_edge if counted else COLOURS.uncounted))
    shapes += _beside([(names[key], box) for key, box in boxes if key in names], frame.height)
    return Drawing(caption, frame.height, tuple(shapes))


class _Frame:
    """Degrees to points: true to scale along the middle parallel, which serves a map of some hundred kilometres."""

    def __init__(self, basins: gpd.GeoDataFrame) -> None:
        west, south, east, north = basins.total_bounds
        self._squeeze = math.cos(math.radians((south + north) / 2))
        width, height = (east - west) * self._squeeze, north - south
        margin = 0.12 * max(width, height)
        span = max(width + 2 * margin, (height + 2 * margin) * 1.2)  # never taller than wide
        self.scale = WIDTH / span
        self.height = (height + 2 * margin) * self.scale
        middle, across = (west + east) / 2, span / self._squeeze / 2
        self.window = (middle - across, south - margin, middle + across, north + margin)

    def place(self, longitude: float, latitude: float) -> Point:
        x = (longitude - self.window[0]) * self._squeeze * self.scale
        return round(x, 1), round((self.window[3] - latitude) * self.scale, 1)

    def rings(self, geometry: shapely.Geometry) -> list[tuple[Point, ...]]:
        """Give the outer rings in points; the holes of outlines are lakes too small for this scale."""
        parts = shapely.get_parts(shapely.simplify(geometry, 0.5 / self.scale))
        outer = [part.exterior.coords for part in parts if isinstance(part, shapely.Polygon)]
        return [tuple(self.place(*xy[:2]) for xy in ring) for ring in outer]


def _shape(feature: Mapping[str, dict[str, object]]) -> shapely.Geometry:
    return shapely.geometry.shape(feature["geometry"])


def _disc(x: float, y: float, radius: float, fill: str, edge: str) -> Area:
    angles = [math.tau * step / 16 for step in range(16)]
    ring = tuple(
        (round(x + radius * math.cos(angle), 2), round(y + radius * math.sin(angle), 2)) for angle in angles
    )
    return Area(ring, fill, edge)


def _beside(named: Sequence[tuple[str, Box]], height: float) -> list[Word]:
    """Write each name beside its watershed, where it covers neither another name nor another watershed."""
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
        others = shapely.union_all([*taken, *(shapely.box(*box) for other, box in named if other != name)])
        outside = shapely.difference(boxes, shapely.box(2, 2, WIDTH - 2, height - 2))
        clash = shapely.area(shapely.intersection(boxes, others)) + shapely.area(outside)
        best = int(clash.argmin())
        taken.append(boxes[best])
        words.append(Word(*places[best], name, halo=True))
    return words


def draw_network(caption: str, names: Mapping[str, str], ties: Sequence[tuple[str, str, str]]) -> Drawing:
    """Draw who works with whom: who names partners on the left, the partners on the right, a line for each tie.

    Parameters
    ----------
    caption : str
        What the lines mean.
    names : mapping of str to str
        Name of each organisation by its identifier.
    ties : sequence of (str, str, str)
        Two identifiers, and the state of their agreement: ``signed`` draws a whole line, anything else a dashed one.

    Examples
    --------
    >>> drawing = draw_network("Ties", {"U": "University", "C": "Centre"}, [("U", "C", "signed")])
    >>> sum(isinstance(shape, Line) for shape in drawing.shapes)
    1
    """
    sides = [list(dict.fromkeys(tie[side] for tie in ties)) for side in (0, 1)]
    height = _TIE_ROW * max(map(len, sides)) + 8
    shapes: list[Area | Line | Word] = []
    spots = []
    for x, keys in zip((WIDTH * 0.4, WIDTH * 0.6), sides, strict=True):
        step = (height - 8) / max(len(keys), 1)
        spots.append({key: (x, round(4 + step * (at + 0.5), 1)) for at, key in enumerate(keys)})
    for first, second, agreement in ties:
        signed = agreement == "signed"
        tone, width = (RAMP[4], 1.2) if signed else (COLOURS.muted, 0.9)
        shapes.append(Line((spots[0][first], spots[1][second]), tone, width, dashed=not signed))
    for side, anchor, places in zip((-1, 1), ("end", "start"), spots, strict=True):
        for key, (x, y) in places.items():
            name = names[key] if len(names[key]) <= _TIE_NAME else names[key][: _TIE_NAME - 1] + "…"
            shapes.append(_disc(x, y, 3.2, COLOURS.firm, COLOURS.firm_edge))
            shapes.append(Word(x + 7 * side, y + 3.5, name, anchor))
    return Drawing(caption, height, tuple(shapes))
