"""Points asked once: sorted along the rows of a grid, and each basin swept over those that lie near it.

Nothing is kept for the next job. A row of cells is cut by the edges of a basin into stretches: where no edge
enters, all points lie in the basin or none does; where edges enter, each point is resolved by the ray to the
right, over the edges of its stretch only, with exact arithmetic where rounding could decide. A basin that holds
no point within its box is never looked at.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from watershed_cp.basins import sweepkernels
from watershed_cp.basins.edges import rings_of
from watershed_cp.basins.labelgrid import frame_over
from watershed_cp.basins.shares import in_threads

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["locate"]

_FEWEST_CELLS, _MOST_CELLS = 1 << 14, 1 << 21
_CELLS_PER_POINT = 1
_MARGIN = 2  # cells around the layer, which edges may touch by rounding
_FEWEST_VERTICES = 1 << 18  # in a slab: less is done before a thread has begun
_SLABS = 4  # shares of the points, so that no processor waits long for the other


def locate(
    outlines: NDArray[np.object_],
    boxes: Floats,
    turns: NDArray[np.intp],
    longitude: Floats,
    latitude: Floats,
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Find the basin of every point, on all processors that numba may use.

    Parameters
    ----------
    outlines : ndarray of shapely.Geometry
        Polygons and multipolygons.
    boxes : ndarray
        Shape (n, 4), degrees: west, south, east and north of each; not a number where it is empty.
    turns : ndarray of int
        Rows of the outlines in the order that settles ties.
    longitude, latitude : ndarray
        Shape (n,), degrees; what is not finite is outside.

    Returns
    -------
    found : ndarray of int32
        Shape (n,), row of the basin, -1 outside.
    tied : ndarray of bool
        Shape (n,), whether several outlines hold the point.

    Examples
    --------
    >>> import shapely
    >>> squares = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> boxes, turns = shapely.bounds(squares), np.array([1, 0])
    >>> [answer.tolist() for answer in locate(squares, boxes, turns, np.array([0.5, 1]), np.array([0.5, 0.5]))]
    [[0, 1], [False, True]]
    """
    found, tied = np.full(len(longitude), -1, dtype=np.int32), np.zeros(len(longitude), dtype=np.bool_)
    cells = min(max(len(longitude) * _CELLS_PER_POINT, _FEWEST_CELLS), _MOST_CELLS)
    frame, (rows, columns) = frame_over(boxes, cells, _MARGIN)
    begins, order = sweepkernels.sort_points(longitude, latitude, frame, rows, columns)
    points = sweepkernels.Sorted(longitude, latitude, frame, columns, begins, order)
    asked = turns[sweepkernels.visited(points, boxes[turns])]
    rings = rings_of(outlines[asked])
    spans = np.searchsorted(rings.basin, np.arange(len(asked) + 1))
    basins = sweepkernels.Basins(rings.vertices, rings.begins, spans, boxes[asked], asked.astype(np.int32))

    def claim(slab: slice) -> None:
        sweepkernels.sweep(points, basins, slab.start, slab.stop, found, tied)

    slabs = min(_SLABS, 1 + len(rings.vertices) // _FEWEST_VERTICES)
    shares = np.linspace(0, len(order), slabs + 1)[1:-1]
    cuts = [0, *np.searchsorted(begins[::columns], shares).tolist(), rows]
    in_threads(claim, [slice(low, past) for low, past in itertools.pairwise(cuts) if low < past])
    return found, tied
