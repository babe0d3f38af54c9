"""The report's pictures as plain shapes in points, so that a page and a PDF draw the same: bars and network.

Nothing here imports a drawing library: ``y`` runs downwards from the upper left corner, as in SVG.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from watershed_cp.publish.style import COLOURS, RAMP

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

__all__ = [
    "WIDTH",
    "Area",
    "Bar",
    "Drawing",
    "Line",
    "Point",
    "Word",
    "box",
    "disc",
    "draw_bars",
    "draw_network",
]

Point = tuple[float, float]

WIDTH = 480.0
"""Points that a picture is wide: the text of an A4 page."""
_ROW = 20.0
_THICK = 11.0
_LETTER = 5.2  # mean width of a letter of the small text
_WIDE_LETTER = 6.4  # of the larger text on a telephone
_TIE_ROW = 15.0
_TIE_NAME = 42  # letters that fit beside the network
_TURNS = 8


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
    """Shapes in the order in which they are painted; `caption` says what they show, and a `dense` one needs room."""

    caption: str
    height: float
    shapes: tuple[Area | Line | Word, ...]
    width: float = WIDTH
    dense: bool = False


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
    left = min(max((len(bar.name) for bar in bars), default=0) * _WIDE_LETTER + 12, WIDTH / 3)
    right = WIDTH - max((len(bar.text) for bar in bars), default=0) * _WIDE_LETTER - 14
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
        yield box(zero, middle - _THICK / 2, bar.value * scale, _THICK, RAMP[3])
        reach = max(reach, zero + bar.value * scale)
    if math.isfinite(bar.low) and math.isfinite(bar.high):
        low, high = zero + bar.low * scale, zero + bar.high * scale
        for width, colour in ((2.4, COLOURS.paper), (1.0, COLOURS.ink)):
            yield Line(((low, middle), (high, middle)), colour, width)
            for x in (low, high):
                yield Line(((x, middle - 3.5), (x, middle + 3.5)), colour, width)
        reach = max(reach, high)
    yield Word(reach + 7, base, bar.text)


def box(x: float, y: float, width: float, height: float, fill: str, edge: str = "none") -> Area:
    """Give a rectangle whose upper left corner is at (x, y).

    Examples
    --------
    >>> box(0, 0, 2, 1, "#FFFFFF").ring
    ((0, 0), (2, 0), (2, 1), (0, 1))
    """
    return Area(((x, y), (x + width, y), (x + width, y + height), (x, y + height)), fill, edge)


def disc(x: float, y: float, radius: float, fill: str, edge: str) -> Area:
    """Give a disc as a ring of 16 points.

    Examples
    --------
    >>> len(disc(0, 0, 3, "#FFFFFF", "#000000").ring)
    16
    """
    angles = [math.tau * step / 16 for step in range(16)]
    ring = tuple(
        (round(x + radius * math.cos(angle), 2), round(y + radius * math.sin(angle), 2)) for angle in angles
    )
    return Area(ring, fill, edge)


def draw_network(
    caption: str,
    names: Mapping[str, str],
    ties: Sequence[tuple[str, str, str]],
    *,
    marked: Container[str] = (),
) -> Drawing:
    """Draw who works with whom: who names partners on the left, the partners on the right, a line for each tie.

    Parameters
    ----------
    caption : str
        What the lines mean.
    names : mapping of str to str
        Name of each organisation by its identifier.
    ties : sequence of (str, str, str)
        Two identifiers, and the state of their agreement: ``signed`` draws a whole line, anything else a dashed one.
    marked : container of str
        Identifiers of the firms, which have the firms' colour.

    Examples
    --------
    >>> drawing = draw_network("Ties", {"U": "University", "C": "Centre"}, [("U", "C", "signed")])
    >>> sum(isinstance(shape, Line) for shape in drawing.shapes)
    1
    """
    sides = _untangled(ties)
    height = _TIE_ROW * max(map(len, sides)) + 8
    columns = [_longest(names[key] for key in sides[0]), WIDTH - _longest(names[key] for key in sides[1])]
    spots = []
    for x, keys in zip(columns, sides, strict=True):
        step = (height - 8) / max(len(keys), 1)
        spots.append({key: (x, round(4 + step * (at + 0.5), 1)) for at, key in enumerate(keys)})
    shapes: list[Area | Line | Word] = []
    for first, second, agreement in ties:
        signed = agreement == "signed"
        tone, width = (RAMP[3], 1.1) if signed else (COLOURS.muted, 0.9)
        shapes.append(Line((spots[0][first], spots[1][second]), tone, width, dashed=not signed))
    for side, anchor, places in zip((-1, 1), ("end", "start"), spots, strict=True):
        for key, (x, y) in places.items():
            tone = COLOURS.firm if key in marked else RAMP[5]
            shapes.append(disc(x, y, 3.2, tone, COLOURS.paper))
            shapes.append(Word(x + 7 * side, y + 3.5, _cut(names[key]), anchor))
    return Drawing(caption, height, tuple(shapes), dense=True)


def _untangled(ties: Sequence[tuple[str, str, str]]) -> list[list[str]]:
    """Order both sides so that few lines cross: each name at the mean place of its partners, side after side."""
    sides = [list(dict.fromkeys(tie[side] for tie in ties)) for side in (0, 1)]
    for turn in range(_TURNS):
        mine, other = sides[turn % 2], sides[1 - turn % 2]
        place = {key: at for at, key in enumerate(other)}
        partners = {key: [place[tie[1 - turn % 2]] for tie in ties if tie[turn % 2] == key] for key in mine}
        mine.sort(key=lambda key: sum(partners[key]) / len(partners[key]))
    return sides


def _longest(names: Iterable[str]) -> float:
    """Give the room that the longest name takes beside the network."""
    return max(len(_cut(name)) for name in names) * _LETTER + 12


def _cut(name: str) -> str:
    return name if len(name) <= _TIE_NAME else name[: _TIE_NAME - 1].rstrip() + "…"
