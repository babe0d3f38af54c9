"""How far a point is from the divide: the nearest edge of an outline, and geodesic metres to it.

An edge is straight in longitude and latitude, as the layer draws it. Edges are cut into pieces so short that
the straight line through space between a piece's ends leaves it nowhere by more than :data:`SAG_M`. The
nearest pieces are found in space, blocks of neighbours first by the sphere around them, and only those few
that may be the nearest are then measured by geodesics, whose foot is sought on the piece itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from watershed_cp.basins.earth import geocentric, geodesic, metres_per_degree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from watershed_cp.basins.edges import Edges

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = ["SAG_M", "Divides"]

SAG_M = 0.1  # of a piece below its chord; part of the margin within which candidates are measured
_BLOCK = 32  # pieces a block
_STRAIGHTNESS = 1e-3  # chords and geodesics order distances alike to this times (distance / radius) squared
_REFINEMENTS = 3
_SPECK = 1e-30  # square metres: keeps an edge without measurable length from dividing by zero


@dataclass(frozen=True)
class _Blocks:
    """Runs of pieces of one basin, each with a sphere around it."""

    first: Whole
    past: Whole
    basin: Whole
    centre: Floats
    radius: Floats


class Divides:
    """The divides of a layer, ready to be measured from any number of points.

    Parameters
    ----------
    edges : Edges
        The edges of the layer.

    Examples
    --------
    >>> import shapely
    >>> from watershed_cp.basins.edges import edges_of
    >>> divides = Divides(edges_of(np.array([shapely.box(0, 0, 1, 1)])))
    >>> divides.distance(np.array([[0.5, 0.1]]), np.array([0])).round(1).tolist()
    [11057.4]
    """

    def __init__(self, edges: Edges) -> None:
        self.start, self.end, self.basin = _cut(edges)
        self._head = geocentric(self.start)
        self._tail = geocentric(self.end)
        self._blocks = _block(self._head, self._tail, self.basin)

    def distance(self, points: Floats, basin: Whole) -> Floats:
        """Measure the way from each point to the boundary of the basin named beside it.

        Parameters
        ----------
        points : ndarray
            Shape (n, 2), longitude and latitude in degrees, finite.
        basin : ndarray of int
            Shape (n,), row of the basin.

        Returns
        -------
        ndarray
            Shape (n,), geodesic metres, never negative.

        Examples
        --------
        >>> import shapely
        >>> from watershed_cp.basins.edges import edges_of
        >>> divides = Divides(edges_of(np.array([shapely.box(0, 0, 1, 1)])))
        >>> divides.distance(np.array([[0.5, 0.0]]), np.array([0])).tolist()
        [0.0]
        """
        first = np.searchsorted(self._blocks.basin, basin, side="left")
        past = np.searchsorted(self._blocks.basin, basin, side="right")
        point, piece = self._candidates(points, first, past)
        metres = self._measure(points[point], piece)
        nearest = np.full(len(points), np.inf)
        np.minimum.at(nearest, point, metres)
        return nearest

    def nearest(self, points: Floats) -> tuple[Whole, Floats]:
        """Find the basin whose boundary is nearest to each point.

        Parameters
        ----------
        points : ndarray
            Shape (n, 2), longitude and latitude in degrees, finite.

        Returns
        -------
        basin : ndarray of int
            Shape (n,), row of the basin; the lowest of several within a micrometre.
        distance : ndarray
            Shape (n,), geodesic metres.

        Examples
        --------
        >>> import shapely
        >>> from watershed_cp.basins.edges import edges_of
        >>> divides = Divides(edges_of(np.array([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)])))
        >>> divides.nearest(np.array([[1.9, 0.0]]))[0].tolist()
        [1]
        """
        everything = np.zeros(len(points), dtype=np.int64)
        point, piece = self._candidates(points, everything, everything + len(self._blocks.basin))
        metres = self._measure(points[point], piece)
        distance = np.full(len(points), np.inf)
        np.minimum.at(distance, point, metres)
        tied = metres <= distance[point] + 1e-6
        basin = np.full(len(points), self.basin.max(), dtype=np.int64)
        np.minimum.at(basin, point[tied], self.basin[piece[tied]])
        return basin, distance

    def within(self, points: Floats, reach_m: Floats) -> tuple[Whole, Whole]:
        """List the pieces that come within a distance of each point, of all basins.

        Parameters
        ----------
        points : ndarray
            Shape (n, 2), longitude and latitude in degrees, finite.
        reach_m : ndarray
            Shape (n,), metres.

        Returns
        -------
        point, piece : ndarray of int
            Rows of the points and of the pieces (`start`, `end`, `basin`), by point; some lie just beyond.

        Examples
        --------
        >>> import shapely
        >>> from watershed_cp.basins.edges import edges_of
        >>> divides = Divides(edges_of(np.array([shapely.box(0, 0, 1, 1)])))
        >>> divides.within(np.array([[5.0, 5.0]]), np.array([1000.0]))[0].size
        0
        """
        rows, pieces = [], []
        for row, (place, reach) in enumerate(zip(geocentric(points), reach_m, strict=True)):
            near = np.flatnonzero(_lengths(self._blocks.centre - place) <= self._blocks.radius + reach)
            piece = _ranges(self._blocks.first[near], self._blocks.past[near])
            piece = piece[_to_segments(place, self._head[piece], self._tail[piece]) <= reach + SAG_M]
            rows.append(np.full(len(piece), row))
            pieces.append(piece)
        return _joined(rows), _joined(pieces)

    def _candidates(self, points: Floats, first: Whole, past: Whole) -> tuple[Whole, Whole]:
        """Pair each point with every piece of its blocks that may be the nearest."""
        rows, pieces = [], []
        for row, place in enumerate(geocentric(points)):
            span = slice(first[row], past[row])
            gap = _lengths(self._blocks.centre[span] - place)
            surely = (gap + self._blocks.radius[span]).min(initial=np.inf)
            near = first[row] + np.flatnonzero(gap - self._blocks.radius[span] <= surely)
            piece = _ranges(self._blocks.first[near], self._blocks.past[near])
            chord = _to_segments(place, self._head[piece], self._tail[piece])
            shortest = chord.min(initial=np.inf)
            margin = 2 * SAG_M + _STRAIGHTNESS * shortest * (shortest / geodesic().a) ** 2
            kept = piece[chord <= shortest + margin]
            rows.append(np.full(len(kept), row))
            pieces.append(kept)
        return _joined(rows), _joined(pieces)

    def _measure(self, points: Floats, piece: Whole) -> Floats:
        """Measure the geodesic from each point to the piece beside it, moving its foot until it is square."""
        start, step = self.start[piece], self.end[piece] - self.start[piece]
        along = np.full(len(piece), 0.5)
        for _ in range(_REFINEMENTS):
            foot = start + along[:, None] * step
            azimuth, _, metres = geodesic().inv(*foot.T, *points.T)
            eastward, northward = metres_per_degree(foot[:, 1])
            east, north = step[:, 0] * eastward, step[:, 1] * northward
            off = metres * (np.sin(np.radians(azimuth)) * east + np.cos(np.radians(azimuth)) * north)
            along = np.clip(along + off / np.maximum(east**2 + north**2, _SPECK), 0, 1)
        foot = np.where(along[:, None] == 1, self.end[piece], start + along[:, None] * step)
        return np.asarray(geodesic().inv(*foot.T, *points.T)[2], dtype=np.float64)


def _cut(edges: Edges) -> tuple[Floats, Floats, Whole]:
    """Cut edges into pieces that hug their chord."""
    radius = geodesic().a
    step = edges.end - edges.start
    level = np.cos(np.radians(np.maximum(np.abs(edges.start[:, 1]), np.abs(edges.end[:, 1]))))
    length = radius * np.radians(np.hypot(step[:, 0] * np.maximum(level, 0.01), step[:, 1]))
    pieces = np.maximum(np.ceil(length / np.sqrt(8 * SAG_M * radius * np.maximum(level, 0.01))), 1).astype(
        np.int64
    )
    edge = np.repeat(np.arange(len(step)), pieces)
    turn = np.arange(len(edge)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    start = edges.start[edge] + (turn / pieces[edge])[:, None] * step[edge]
    end = np.where(
        (turn + 1 == pieces[edge])[:, None],
        edges.end[edge],
        edges.start[edge] + ((turn + 1) / pieces[edge])[:, None] * step[edge],
    )
    return start, end, edges.basin[edge]


def _block(head: Floats, tail: Floats, basin: Whole) -> _Blocks:
    """Gather runs of pieces of one basin and put a sphere around each run."""
    if not len(basin):
        nothing = np.zeros(0, dtype=np.int64)
        return _Blocks(nothing, nothing, nothing, np.zeros((0, 3)), np.zeros(0))
    opens = np.flatnonzero(np.diff(basin, prepend=-1))
    since = np.arange(len(basin)) - np.repeat(opens, np.diff(opens, append=len(basin)))
    first = np.flatnonzero(since % _BLOCK == 0)
    past = np.append(first[1:], len(basin))
    lowest = np.minimum.reduceat(np.minimum(head, tail), first)
    highest = np.maximum.reduceat(np.maximum(head, tail), first)
    centre = (lowest + highest) / 2
    own = np.repeat(centre, past - first, axis=0)
    radius = np.maximum.reduceat(np.maximum(_lengths(head - own), _lengths(tail - own)), first)
    return _Blocks(first, past, basin[first], centre, radius)


def _lengths(vectors: Floats) -> Floats:
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", vectors, vectors)), dtype=np.float64)


def _to_segments(place: Floats, head: Floats, tail: Floats) -> Floats:
    """Measure the straight way from one place in space to many segments."""
    step = tail - head
    square = np.maximum(np.einsum("ij,ij->i", step, step), _SPECK)
    along = np.einsum("ij,ij->i", place - head, step) / square
    return _lengths(head + np.clip(along, 0, 1)[:, None] * step - place)


def _ranges(first: Whole, past: Whole) -> Whole:
    """Join the ranges from each `first` up to its `past`."""
    size = past - first
    return np.repeat(first - np.cumsum(size) + size, size) + np.arange(size.sum())


def _joined(arrays: list[Whole]) -> Whole:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.int64)
