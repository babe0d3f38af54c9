"""Letters on a figure: measured, wrapped, laid along a river, and placed so that no two overlap.

All lengths are points; a :class:`Sheet` is an axes whose data coordinates are points too, the origin at its lower left.
"""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from matplotlib import patheffects
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath, text_to_path

from watershed_cp.publish.style import COLOURS, figure_fonts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["Box", "Labels", "bend", "text_width", "wrap", "write"]

Slant = Literal["normal", "italic"]


class Box(NamedTuple):
    """A rectangle in points."""

    left: float
    bottom: float
    right: float
    top: float

    @classmethod
    def around(cls, x: float, y: float, radius: float) -> Box:
        """Give the square around a point."""
        return cls(x - radius, y - radius, x + radius, y + radius)

    def meets(self, other: Box) -> bool:
        """Tell whether two rectangles share any area."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.bottom < other.top
            and other.bottom < self.top
        )

    def within(self, other: Box) -> bool:
        """Tell whether this one lies wholly inside another."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.bottom >= other.bottom
            and self.top <= other.top
        )


@functools.cache
def font(size: float, weight: str = "regular", slant: Slant = "normal") -> FontProperties:
    """Give the figures' font at a size."""
    return FontProperties(family=list(figure_fonts()), size=size, weight=weight, style=slant)


@functools.cache
def text_width(text: str, size: float, weight: str = "regular", slant: Slant = "normal") -> float:
    """Measure a line of text.

    Parameters
    ----------
    text : str
        One line; never read as mathematics.
    size : float
        Points.
    weight, slant : str
        As matplotlib names them.

    Returns
    -------
    float
        Points.

    Examples
    --------
    >>> 20 < text_width("Motagua", 10) < 60
    True
    """
    width, _, _ = text_to_path.get_text_width_height_descent(text, font(size, weight, slant), ismath=False)
    return float(width)


def wrap(text: str, size: float, width: float, weight: str = "regular") -> list[str]:
    """Break a text into lines no wider than `width` points; a single longer word stands alone.

    Examples
    --------
    >>> wrap("uno dos tres", 10, 40)
    ['uno dos', 'tres']
    """
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, weight) <= 0.97 * width:  # screens widen letters a little
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def write(
    axes: Axes,
    x: float,
    y: float,
    text: str,
    size: float,
    *,
    colour: str = COLOURS.ink,
    align: str = "left",
    weight: str = "regular",
    **more: Any,
) -> None:
    """Set one line with its baseline at (x, y) points; what a user wrote is never read as mathematics."""
    axes.text(
        x,
        y,
        text,
        fontproperties=font(size, weight, more.pop("slant", "normal")),
        color=colour,
        ha=align,
        va=more.pop("va", "baseline"),
        parse_math=False,
        **more,
    )


def halo(width: float, colour: str = COLOURS.land) -> list[Any]:
    """Give the path effect that keeps a label off what lies under it."""
    return [patheffects.withStroke(linewidth=width, foreground=colour, alpha=0.85)]


@dataclass
class Labels:
    """The labels of one map: what is placed first keeps its place, what finds none is left out.

    Attributes
    ----------
    frame : Box
        Labels stay inside it.
    taken : list of Box
        Where nothing more may go.
    names : set of str
        What has been written, so that a department need not repeat its capital.
    """

    frame: Box
    taken: list[Box] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def free(self, box: Box) -> bool:
        """Tell whether a label could stand there."""
        return box.within(self.frame) and not any(box.meets(other) for other in self.taken)

    def block(self, x: float, y: float, radius: float) -> None:
        """Keep labels off a mark, and a little more."""
        self.taken.append(Box.around(x, y, radius + 1.5))

    @contextlib.contextmanager
    def clear_of(self, boxes: Iterable[Box]) -> Iterator[None]:
        """Keep what is placed meanwhile off places that are wanted later."""
        wanted = list(boxes)
        self.taken[:0] = wanted
        yield
        del self.taken[: len(wanted)]

    def beside(
        self, x: float, y: float, size: tuple[float, float], gap: float | tuple[float, float]
    ) -> tuple[float, float] | None:
        """Find the lower left corner of a label beside a point: right, left, above, below, then the corners.

        Parameters
        ----------
        x, y : float
            The point.
        size : tuple of float
            Width and height of the label.
        gap : float or tuple of float
            Space between point and label, or the two of them across and up.

        Returns
        -------
        tuple of float or None
            None if there is no room. The place is taken when it is found.
        """
        width, height = size
        aside, above = gap if isinstance(gap, tuple) else (gap, gap)
        for across, up in _AROUND:
            left = x + across * aside - (0 if across > 0 else width if across < 0 else width / 2)
            bottom = y + up * above - (0 if up > 0 else height if up < 0 else height / 2)
            box = Box(left, bottom, left + width, bottom + height)
            if self.free(box):
                self.taken.append(box)
                return left, bottom
        return None


_STEP = 2.0  # points between the places of a river that are looked at
_STRAIGHT_ENOUGH = 0.96  # of a stretch: the distance between its ends over its length
_AROUND = ((1, 0), (-1, 0), (0.7, 0.7), (0.7, -0.7), (-0.7, 0.7), (-0.7, -0.7), (0, 1), (0, -1))


def bend(
    axes: Axes,
    labels: Labels,
    line: NDArray[np.float64],
    text: str,
    size: float,
    *,
    colour: str,
    gap: float,
    zorder: float,
) -> bool:
    """Lay a name along a line, on its straightest stretch that is free, read from left to right.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        A sheet in points.
    labels : Labels
        Other labels; the name takes its place among them.
    line : numpy.ndarray
        Vertices, shape (n, 2), points.
    text, size, colour
        The name and its looks.
    gap : float
        Space between line and letters.
    zorder : float
        Drawing order.

    Returns
    -------
    bool
        Whether there was room.
    """
    width = text_width(text, size, "regular", "italic")
    if np.hypot(*np.diff(line, axis=0).T).sum() < width:
        return False
    curve = _smooth(line, spread=1.4 * size)
    count = int(np.ceil(1.06 * width / _STEP)) + 1
    for stretch in _stretches(curve, count):
        shape = TextPath((0, 0), text, prop=font(size, slant="italic"), usetex=False)
        bent = _warp(shape.vertices, stretch, offset=gap)
        boxes = _boxes(bent, size)
        if all(labels.free(box) for box in boxes):
            labels.taken.extend(boxes)
            effects = [
                patheffects.Stroke(linewidth=2.4, foreground=COLOURS.land, alpha=0.85),
                patheffects.Normal(),
            ]
            axes.add_artist(
                PathPatch(
                    Path(bent, shape.codes), fc=colour, ec="none", lw=0, zorder=zorder, path_effects=effects
                )
            )
            return True
    return False


def _even(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Resample a line at equal steps of :data:`_STEP` points."""
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    at = np.arange(0, along[-1], _STEP)
    return np.column_stack([np.interp(at, along, line[:, axis]) for axis in (0, 1)])


def _smooth(line: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
    """Take out every bend shorter than `spread` points, and resample at equal steps."""
    even = _even(line)
    reach = int(3 * spread / _STEP)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * _STEP / spread) ** 2)
    padded = np.pad(even, ((reach, reach), (0, 0)), mode="edge")
    return _even(
        np.column_stack([np.convolve(padded[:, axis], kernel / kernel.sum(), "valid") for axis in (0, 1)])
    )


def _stretches(curve: NDArray[np.float64], count: int) -> Iterator[NDArray[np.float64]]:
    """Give stretches of `count` steps that a name can follow, the flattest first, turned left to right."""
    starts = np.arange(0, len(curve) - count + 1, 3)
    if not len(starts):
        return
    chord = curve[starts + count - 1] - curve[starts]
    straight = np.hypot(*chord.T) / (_STEP * (count - 1))
    steep = np.abs(chord[:, 1]) / (np.abs(chord[:, 0]) + 1e-9)
    for at in np.argsort(-straight + 0.04 * np.minimum(steep, 3), kind="stable"):
        if straight[at] > _STRAIGHT_ENOUGH:
            stretch = curve[starts[at] : starts[at] + count]
            yield stretch if stretch[-1, 0] >= stretch[0, 0] else stretch[::-1]


def _warp(letters: NDArray[np.float64], curve: NDArray[np.float64], *, offset: float) -> NDArray[np.float64]:
    """Bend flat letters along a curve: x runs along it, y stands upright on it."""
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(curve, axis=0).T))])
    direction = np.gradient(curve, axis=0)
    direction /= np.hypot(*direction.T)[:, None]
    x = np.clip(letters[:, 0] + max(0.0, (along[-1] - letters[:, 0].max()) / 2), 0, along[-1])
    point = np.column_stack([np.interp(x, along, curve[:, axis]) for axis in (0, 1)])
    ahead = np.column_stack([np.interp(x, along, direction[:, axis]) for axis in (0, 1)])
    point += (letters[:, 1] + offset)[:, None] * np.column_stack([-ahead[:, 1], ahead[:, 0]])
    return point


def _boxes(vertices: NDArray[np.float64], size: float) -> list[Box]:
    """Cover bent letters by a few boxes along them, so that a slanting name does not block a whole corner."""
    order = np.argsort(vertices[:, 0], kind="stable")
    pieces: Sequence[NDArray[np.float64]] = np.array_split(
        vertices[order], max(1, int(np.ptp(vertices) / (2 * size)))
    )
    return [Box(*piece.min(axis=0), *piece.max(axis=0)) for piece in pieces if len(piece)]
