"""How far a point is from the divide: the nearest edge of an outline, and geodesic metres to it.

An edge is straight in longitude and latitude, as the layer draws it. Edges are cut into pieces so short that
the straight line through space between a piece's ends leaves it nowhere by more than :data:`SAG_M`. The nearest
pieces are sought in space, and only those few that may be the nearest are then measured by geodesics, whose foot
is sought on the piece itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from watershed_cp.basins import spheretree
from watershed_cp.basins.earth import geocentric, geodesic, metres_per_degree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from watershed_cp.basins.edges import Edges

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = ["SAG_M", "Divides"]

SAG_M = 0.1  # of a piece below its chord; part of the margin within which candidates are measured
_STRAIGHTNESS = 1e-3  # chords and geodesics order distances alike to this times (distance / radius) squared
_SETTLED_M = 1e-3  # a foot that moved less than this off its sphere about the point is found to a nanometre
_ROUNDS = 20  # after so many a foot is not found by whole steps
_ALIKE_M = 1e-6  # distances closer than this are a tie
_SPECK = 1e-30  # square metres: keeps an edge without measurable length from dividing by zero
_CHUNK = 1 << 17  # points whose candidates are held at a time


class Divides:
    """The divides of a layer, ready to be measured from any number of points.

    Parameters
    ----------
    edges : Edges
        The edges of the layer, at least one.

    Attributes
    ----------
    start, end : ndarray
        Shape (pieces, 2), longitude and latitude of the ends of each piece, the basin on its left.
    basin : ndarray of int
        Shape (pieces,), row of its basin.

    Examples
    --------
    >>> import shapely
    >>> from watershed_cp.basins.edges import edges_of
    >>> divides = Divides(edges_of(np.array([shapely.box(0, 0, 1, 1)])))
    >>> divides.distance(np.array([[0.5, 0.1]]), np.array([0])).round(1).tolist()
    [11057.4]
    """

    def __init__(self, edges: Edges) -> None:
        self.start, self.end, self.basin = _beside_neighbours(*_cut(edges))
        self._tree = spheretree.build(self.start, self.end, self.basin)

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
        nearest = np.full(len(points), np.inf)
        for chunk in _chunks(len(points)):
            point, piece = self._candidates(points[chunk], self._tree.roots[basin[chunk]])
            np.minimum.at(nearest[chunk], point, self._measure(points[chunk][point], piece))
        return nearest

    def nearest(self, points: Floats, *, limit_m: float = np.inf) -> tuple[Whole, Floats]:
        """Find the basin whose boundary is nearest to each point.

        Parameters
        ----------
        points : ndarray
            Shape (n, 2), longitude and latitude in degrees, finite.
        limit_m : float
            How far to look, metres.

        Returns
        -------
        basin : ndarray of int
            Shape (n,), row of the basin; the lowest of several within a micrometre, -1 beyond the limit.
        distance : ndarray
            Shape (n,), geodesic metres, infinite beyond the limit.

        Examples
        --------
        >>> import shapely
        >>> from watershed_cp.basins.edges import edges_of
        >>> divides = Divides(edges_of(np.array([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)])))
        >>> divides.nearest(np.array([[1.9, 0.0]]))[0].tolist()
        [1]
        """
        basin, nearest = np.full(len(points), self.basin.max()), np.full(len(points), np.inf)
        for chunk in _chunks(len(points)):
            everything = np.full(len(points[chunk]), self._tree.top)
            point, piece = self._candidates(points[chunk], everything, limit_m)
            metres = self._measure(points[chunk][point], piece)
            np.minimum.at(nearest[chunk], point, metres)
            tied = metres <= nearest[chunk][point] + _ALIKE_M
            np.minimum.at(basin[chunk], point[tied], self.basin[piece[tied]])
        beyond = nearest > limit_m
        basin[beyond], nearest[beyond] = -1, np.inf
        return basin, nearest

    def within(self, points: Floats, reach_m: Floats) -> tuple[Whole, Whole]:
        """List the pieces of all basins that come within a distance of each point.

        Parameters
        ----------
        points : ndarray
            Shape (n, 2), longitude and latitude in degrees, finite.
        reach_m : ndarray
            Shape (n,), metres.

        Returns
        -------
        point, piece : ndarray of int
            Rows of the points and of the pieces; some lie just beyond.

        Examples
        --------
        >>> import shapely
        >>> from watershed_cp.basins.edges import edges_of
        >>> divides = Divides(edges_of(np.array([shapely.box(0, 0, 1, 1)])))
        >>> divides.within(np.array([[5.0, 5.0]]), np.array([1000.0]))[0].size
        0
        """
        everything = np.full(len(points), self._tree.top)
        return spheretree.collect(self._tree, geocentric(points), everything, reach_m + SAG_M)

    def _candidates(self, points: Floats, roots: Whole, limit_m: float = np.inf) -> tuple[Whole, Whole]:
        """Pair each point with the pieces that may be the nearest below its root."""
        places = geocentric(points)
        chord = spheretree.nearest_chords(self._tree, places, roots, limit_m + SAG_M)
        near = np.flatnonzero(np.isfinite(chord))
        margin = 2 * SAG_M + _STRAIGHTNESS * chord[near] * (chord[near] / geodesic().a) ** 2
        point, piece = spheretree.collect(self._tree, places[near], roots[near], chord[near] + margin)
        return near[point], piece

    def _measure(self, points: Floats, piece: Whole) -> Floats:
        """Measure the geodesic from each point to the piece beside it, moving its foot until it is square."""
        start, step = self.start[piece], self.end[piece] - self.start[piece]
        along = spheretree.feet(self._tree, geocentric(points), piece)
        moving, rounds = np.arange(len(piece)), 0
        while len(moving):
            rounds += 1
            foot = start[moving] + along[moving, None] * step[moving]
            azimuth, _, metres = geodesic().inv(*foot.T, *points[moving].T)
            eastward, northward = metres_per_degree(foot[:, 1])
            east, north = step[moving, 0] * eastward, step[moving, 1] * northward
            off = metres * (np.sin(np.radians(azimuth)) * east + np.cos(np.radians(azimuth)) * north)
            length = np.maximum(east**2 + north**2, _SPECK)
            moved = np.clip(along[moving] + off / length, 0, 1)
            way = moved - along[moving]
            unsettled = way**2 * length > 2 * _SETTLED_M * np.maximum(metres, _SETTLED_M)
            # far from a parallel a foot swings back and forth, unless it goes but a part of its way
            along[moving] = moved if rounds < _ROUNDS else along[moving] + way * _ROUNDS / rounds / 2
            moving = moving[unsettled]
        foot = np.where(along[:, None] == 1, self.end[piece], start + along[:, None] * step)
        return np.asarray(geodesic().inv(*foot.T, *points.T)[2], dtype=np.float64)


def _chunks(size: int) -> Iterator[slice]:
    for begin in range(0, size, _CHUNK):
        yield slice(begin, begin + _CHUNK)


def _cut(edges: Edges) -> tuple[Floats, Floats, Whole]:
    """Cut edges into pieces that hug their chord."""
    radius = geodesic().a
    step = edges.end - edges.start
    level = np.cos(np.radians(np.maximum(np.abs(edges.start[:, 1]), np.abs(edges.end[:, 1]))))
    level = np.maximum(level, 0.01)  # beside the poles, where parallels are circles of a few hundred metres
    length = radius * np.radians(np.hypot(step[:, 0] * level, step[:, 1]))
    pieces = np.maximum(np.ceil(length / np.sqrt(8 * SAG_M * radius * level)), 1).astype(np.int64)
    pieces[(np.abs(edges.start[:, 1]) == 90) & (np.abs(edges.end[:, 1]) == 90)] = 0  # noqa: PLR2004 - on a pole: no way
    edge = np.repeat(np.arange(len(step)), pieces)
    turn = np.arange(len(edge)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    start = edges.start[edge] + (turn / pieces[edge])[:, None] * step[edge]
    end = edges.start[edge] + ((turn + 1) / pieces[edge])[:, None] * step[edge]
    last = turn + 1 == pieces[edge]
    end[last] = edges.end[edge[last]]
    return start, end, edges.basin[edge]


def _beside_neighbours(start: Floats, end: Floats, basin: Whole) -> tuple[Floats, Floats, Whole]:
    """Sort basins, and the rings of each, along a curve that fills space: what stands together lies together."""
    ring = np.cumsum((np.diff(basin, prepend=-1) != 0) | (start != np.roll(end, 1, axis=0)).any(axis=1)) - 1
    of_basin = _along_curve(start, np.cumsum(np.diff(basin, prepend=-1) != 0) - 1)
    order = np.lexsort((ring, _along_curve(start, ring), basin, of_basin))
    return start[order], end[order], basin[order]


def _along_curve(places: Floats, group: Whole) -> Whole:
    """Tell for each place how far along a Morton curve the middle of its group lies."""
    opens = np.flatnonzero(np.diff(group, prepend=-1))
    low, high = np.minimum.reduceat(places, opens), np.maximum.reduceat(places, opens)
    east, north = ((low + high + 360) / 2 * (2**20 / 360)).astype(np.int64).T
    curve = np.zeros(len(opens), dtype=np.int64)
    for bit in range(20):
        curve |= ((east >> bit & 1) << 2 * bit) | ((north >> bit & 1) << (2 * bit + 1))
    return curve[group]
