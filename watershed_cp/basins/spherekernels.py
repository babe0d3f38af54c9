"""The compiled searches of :mod:`watershed_cp.basins.spheretree`; importing this module imports numba."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from watershed_cp.basins.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from watershed_cp.basins.spheretree import SphereTree

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

_DEEP = 1024  # nodes that may wait at a time: levels times members, and more


@compiled
def _to_sphere(tree: SphereTree, node: int, place: Floats) -> float:
    """Measure to the near side of a sphere, negative within."""
    x, y, z = (
        place[0] - tree.centre[node, 0],
        place[1] - tree.centre[node, 1],
        place[2] - tree.centre[node, 2],
    )
    return float(math.sqrt(x * x + y * y + z * z) - tree.radius[node])


@compiled
def _to_piece(tree: SphereTree, piece: int, place: Floats) -> float:
    """Measure to the straight line between the ends of a piece."""
    hx, hy, hz = tree.head[piece, 0], tree.head[piece, 1], tree.head[piece, 2]
    sx, sy, sz = tree.tail[piece, 0] - hx, tree.tail[piece, 1] - hy, tree.tail[piece, 2] - hz
    x, y, z = place[0] - hx, place[1] - hy, place[2] - hz
    square = sx * sx + sy * sy + sz * sz
    along = 0.0
    if square > 0.0:
        along = min(max((x * sx + y * sy + z * sz) / square, 0.0), 1.0)
    x, y, z = x - along * sx, y - along * sy, z - along * sz
    return math.sqrt(x * x + y * y + z * z)


@compiled
def _open(tree: SphereTree, node: int, place: Floats, waiting: Whole, nearness: Floats, count: int) -> int:
    """Let the members of a gathering wait, the nearest last, so that it is taken first; give how many wait."""
    bottom = count
    for member in range(tree.first[node], tree.past[node]):
        gap = _to_sphere(tree, member, place)
        spot = count
        while spot > bottom and nearness[spot - 1] < gap:
            nearness[spot], waiting[spot] = nearness[spot - 1], waiting[spot - 1]
            spot -= 1
        nearness[spot], waiting[spot] = gap, member
        count += 1
    return count


@compiled
def nearest_chords(tree: SphereTree, places: Floats, roots: Whole, limit: float, known: Floats) -> None:
    """Write to `known` the straight way from each place to the nearest piece below its root, up to the limit."""
    waiting, nearness = np.empty(_DEEP, np.int64), np.empty(_DEEP)
    for point in range(len(places)):
        place, best = places[point], limit
        waiting[0], nearness[0], count = roots[point], -np.inf, 1
        while count:
            count -= 1
            node = waiting[count]
            if nearness[count] >= best:
                continue
            if node >= tree.leaves:
                count = _open(tree, node, place, waiting, nearness, count)
                continue
            for piece in range(tree.first[node], tree.past[node]):
                best = min(best, _to_piece(tree, piece, place))
        known[point] = best if best < limit else np.inf


@compiled
def collect(tree: SphereTree, places: Floats, roots: Whole, reach: Floats) -> tuple[Whole, Whole]:
    """List the pieces below each root that come within reach of its place: rows of places and of pieces."""
    waiting = np.empty(_DEEP, np.int64)
    points, pieces, found = np.empty(len(places), np.int64), np.empty(len(places), np.int64), 0
    for point in range(len(places)):
        waiting[0], count = roots[point], 1
        while count:
            count -= 1
            node = waiting[count]
            if _to_sphere(tree, node, places[point]) > reach[point]:
                continue
            if node >= tree.leaves:
                for member in range(tree.first[node], tree.past[node]):
                    waiting[count] = member
                    count += 1
                continue
            for piece in range(tree.first[node], tree.past[node]):
                if _to_piece(tree, piece, places[point]) <= reach[point]:
                    if found == len(points):
                        points = np.concatenate((points, np.empty(found + 64, np.int64)))
                        pieces = np.concatenate((pieces, np.empty(found + 64, np.int64)))
                    points[found], pieces[found] = point, piece
                    found += 1
    return points[:found], pieces[:found]
