"""Pieces of divides in space, gathered by sixteens along each divide, and each gathering in a sphere.

A search leaves out every sphere that lies too far away, with all that is in it. Few points are searched with
NumPy; many with compiled code that takes a second to load.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from watershed_cp.basins.earth import geocentric
from watershed_cp.basins.shares import in_shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = ["SphereTree", "build", "collect", "feet", "nearest_chords"]

_GATHERED = 16  # members of a gathering
_FEW_POINTS = 3000  # searched with NumPy in about the time that the compiled code takes to load
_SPECK = 1e-30  # square metres: keeps a piece without measurable length from dividing by zero


class SphereTree(NamedTuple):
    """Gatherings of pieces and of gatherings, the leaves first, then level by level up to one.

    Attributes
    ----------
    head, tail : ndarray
        Shape (pieces, 3), ends of the pieces in space, metres.
    first, past : ndarray of int
        Shape (nodes,), the range of a node's members: pieces for a leaf, else nodes.
    centre, radius : ndarray
        Shape (nodes, 3) and (nodes,), metres.
    leaves : int
        How many nodes gather pieces.
    roots : ndarray of int
        Shape (basins,), the node that gathers all pieces of a basin; -1 for a basin without any.
    """

    head: Floats
    tail: Floats
    first: Whole
    past: Whole
    centre: Floats
    radius: Floats
    leaves: int
    roots: Whole

    @property
    def top(self) -> int:
        """The node that gathers everything."""
        return len(self.radius) - 1


def build(start: Floats, end: Floats, basin: Whole) -> SphereTree:
    """Gather pieces by basin, and basins in their order.

    Parameters
    ----------
    start, end : ndarray
        Shape (pieces, 2), longitude and latitude in degrees.
    basin : ndarray of int
        Shape (pieces,), row of the basin, all pieces of a basin together.

    Returns
    -------
    SphereTree
        Spheres in metres.

    Examples
    --------
    >>> tree = build(np.array([[0.0, 0.0]]), np.array([[0.0, 1.0]]), np.array([0]))
    >>> tree.radius.round().tolist()
    [55286.0]
    """
    head, tail = geocentric(start), geocentric(end)
    opens = np.flatnonzero(np.diff(basin, prepend=-1))
    begins, low = np.append(opens, len(basin)), 0
    centre, radius = (head + tail) / 2, np.sqrt(((tail - head) ** 2).sum(axis=1)) / 2
    levels: list[tuple[Whole, Whole, Floats, Floats]] = []
    roots = np.empty(0, dtype=np.int64)
    while not levels or len(levels[-1][3]) > 1:
        edges = _sixteens(begins)
        centre, radius = _spheres(edges, centre, radius)
        levels.append((edges[:-1] + low, edges[1:] + low, centre, radius))
        low = sum(len(level[3]) for level in levels[:-1])
        begins = np.searchsorted(edges, begins)
        if not len(roots) and len(begins) - 1 == len(radius):
            roots, begins = np.arange(len(radius)) + low, np.array([0, len(radius)])
    first, past, centres, radii = (np.concatenate(part) for part in zip(*levels, strict=True))
    root_of = np.full(int(basin.max()) + 1, -1, dtype=np.int64)
    root_of[basin[opens]] = roots
    return SphereTree(head, tail, first, past, centres, radii, len(levels[0][3]), root_of)


def nearest_chords(tree: SphereTree, places: Floats, roots: Whole, limit_m: float = np.inf) -> Floats:
    """Measure the straight way from each place to the nearest piece below its root.

    Parameters
    ----------
    tree : SphereTree
        The pieces.
    places : ndarray
        Shape (n, 3), metres.
    roots : ndarray of int
        Shape (n,), nodes.
    limit_m : float
        How far to look, metres through space.

    Returns
    -------
    ndarray
        Shape (n,), metres through space; infinite where nothing is nearer than the limit.

    Examples
    --------
    >>> tree = build(np.array([[0.0, 0.0]]), np.array([[0.0, 1.0]]), np.array([0]))
    >>> nearest_chords(tree, geocentric(np.array([[1.0, 0.0]])), np.array([0])).round(-3).tolist()
    [111000.0]
    """
    known = np.full(len(places), np.inf)
    if _many(places):
        from watershed_cp.basins import spherekernels

        def search(part: slice) -> None:
            spherekernels.nearest_chords(tree, places[part], roots[part], limit_m, known[part])

        in_shares(search, len(known))
        return known
    if np.isfinite(limit_m):
        point, piece = collect(tree, places, roots, np.full(len(places), limit_m))
        np.minimum.at(known, point, _chords(tree, places[point], piece))
        return known
    for row, (place, root) in enumerate(zip(places, roots, strict=True)):
        leaves = slice(*_leaves_below(tree, root))
        gap = _lengths(tree.centre[leaves] - place)
        near = leaves.start + np.flatnonzero(gap - tree.radius[leaves] <= (gap + tree.radius[leaves]).min())
        pieces = _ranges(tree.first[near], tree.past[near])
        known[row] = _chords(tree, np.broadcast_to(place, (len(pieces), 3)), pieces).min()
    return known


def collect(tree: SphereTree, places: Floats, roots: Whole, reach: Floats) -> tuple[Whole, Whole]:
    """List the pieces below each root that come within reach of its place.

    Parameters
    ----------
    tree : SphereTree
        The pieces.
    places : ndarray
        Shape (n, 3), metres.
    roots : ndarray of int
        Shape (n,), nodes.
    reach : ndarray
        Shape (n,), metres through space.

    Returns
    -------
    point, piece : ndarray of int
        Rows of the places and of the pieces.

    Examples
    --------
    >>> tree = build(np.array([[0.0, 0.0]]), np.array([[0.0, 1.0]]), np.array([0]))
    >>> collect(tree, geocentric(np.array([[1.0, 0.0]])), np.array([0]), np.array([2e5]))[1].tolist()
    [0]
    """
    if _many(places):
        from watershed_cp.basins import spherekernels

        return spherekernels.collect(tree, places, roots, reach)
    point, node = np.arange(len(places)), roots
    while len(node):
        near = _lengths(tree.centre[node] - places[point]) - tree.radius[node] <= reach[point]
        leaf = node < tree.leaves
        point, node = _expand(tree, point[near], node[near])
        if leaf.any():  # then all are leaves: a level is opened at a time
            break
    near = _chords(tree, places[point], node) <= reach[point]
    return point[near], node[near]


def feet(tree: SphereTree, places: Floats, piece: Whole) -> Floats:
    """Find the point of each piece that is nearest to the place beside it.

    Parameters
    ----------
    tree : SphereTree
        The pieces.
    places : ndarray
        Shape (n, 3), metres.
    piece : ndarray of int
        Shape (n,).

    Returns
    -------
    ndarray
        Shape (n,), from 0 at the head of the piece to 1 at its tail.

    Examples
    --------
    >>> tree = build(np.array([[0.0, 0.0]]), np.array([[0.0, 1.0]]), np.array([0]))
    >>> feet(tree, geocentric(np.array([[0.1, 0.5]])), np.array([0])).round(3).tolist()
    [0.5]
    """
    head, step = tree.head[piece], tree.tail[piece] - tree.head[piece]
    along = (step * (places - head)).sum(axis=1) / np.maximum((step**2).sum(axis=1), _SPECK)
    return np.asarray(np.clip(along, 0, 1), dtype=np.float64)


def _many(places: Floats) -> bool:
    return len(places) > _FEW_POINTS or "watershed_cp.basins.spherekernels" in sys.modules


def _leaves_below(tree: SphereTree, root: int) -> tuple[int, int]:
    """Give the range of the leaves that a node gathers."""
    first, last = root, root
    while first >= tree.leaves:
        first, last = int(tree.first[first]), int(tree.past[last]) - 1
    return first, last + 1


def _chords(tree: SphereTree, places: Floats, piece: Whole) -> Floats:
    """Measure the straight way from each place to the piece beside it."""
    head, step = tree.head[piece], tree.tail[piece] - tree.head[piece]
    return _lengths(head + feet(tree, places, piece)[:, None] * step - places)


def _sixteens(begins: Whole) -> Whole:
    """Cut runs of members into gatherings that cross no border between runs."""
    size = np.diff(begins)
    gatherings = -(-size // _GATHERED)
    turn = np.arange(gatherings.sum()) - np.repeat(np.cumsum(gatherings) - gatherings, gatherings)
    return np.append(np.repeat(begins[:-1], gatherings) + turn * _GATHERED, begins[-1])


def _spheres(begins: Whole, centre: Floats, radius: Floats) -> tuple[Floats, Floats]:
    """Put a sphere around each run of spheres."""
    low, high = (extreme.reduceat(centre, begins[:-1]) for extreme in (np.minimum, np.maximum))
    middle = (low + high) / 2
    spans = _lengths(np.repeat(middle, np.diff(begins), axis=0) - centre) + radius
    return middle, np.maximum.reduceat(spans, begins[:-1])


def _expand(tree: SphereTree, point: Whole, node: Whole) -> tuple[Whole, Whole]:
    """Replace each node by its members."""
    first, past = tree.first[node], tree.past[node]
    return np.repeat(point, past - first), _ranges(first, past)


def _ranges(first: Whole, past: Whole) -> Whole:
    """Join the ranges from each `first` up to its `past`."""
    size = past - first
    return np.repeat(first - np.cumsum(size) + size, size) + np.arange(size.sum())


def _lengths(vectors: Floats) -> Floats:
    return np.asarray(np.sqrt((vectors**2).sum(axis=1)), dtype=np.float64)
