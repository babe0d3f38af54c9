"""The compiled loops that look points up in a grid of labels; importing this module imports numba.

Coordinates are degrees; `row` and `column` count cells of the fine grid from its south-west corner. Where a sign
decides, it is computed with a bound on its rounding first and exactly, as a sum of products without loss, when
the bound leaves it open (Shewchuk, 1997, Discrete & Computational Geometry 18, 305-363). That holds while no
product underflows: for coordinates that are zero or larger than 1e-140 degrees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from watershed_cp.basins.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]
    Short = NDArray[np.int32]
    Bits = NDArray[np.uint64]

TIED = np.int32(1 << 30)  # added to a label where several basins hold the cell
TILE = 16  # cells a side
_TILE_SHIFT = 4
_BLOCK = 4096  # points whose looks into memory overlap
_ONE, _NONE = np.uint64(1), np.uint64(0)
_SPLITTER = 134217729.0  # 2 ** 27 + 1 cuts a double into two halves
ROUNDING = 3.3306690738754716e-16  # (3 + 16 e) e with e = 2 ** -53: Shewchuk's bound for one determinant


class Grid(NamedTuple):
    """The finished index, plain arrays only.

    Attributes
    ----------
    frame : ndarray
        Shape (4,): west and south of the grid, cells per degree eastward and northward.
    coarse : ndarray of int32
        Shape (rows of tiles, columns of tiles): a label, or -1 - tile.
    tiles : ndarray of int32
        Shape (tiles, 256): a label, or -1 - sheet. A label is 0 outside, else basin + 1, plus `TIED` where several
        basins hold the cell.
    sheets : ndarray of int64
        Shape (sheets + 1, 4): where the edges and the basins of each sheet begin, the basins that hold the cell
        right of its run, a bit each, and 1 where the run goes on in the next sheet. A sheet treats up to 64 basins.
    basins : ndarray of int32
        Basins of the sheets, in the order of their bits, which is the order that settles ties.
    edges : ndarray
        Shape (n, 4): start and end of the edges of the sheets.
    toggles : ndarray of uint64
        Shape (n,): the basins of each edge, a bit each.
    """

    frame: Floats
    coarse: Short
    tiles: Short
    sheets: Whole
    basins: Short
    edges: Floats
    toggles: Bits


@compiled
def _product(a: float, b: float) -> tuple[float, float]:
    """Multiply without loss: the rounded product and its error."""
    product = a * b
    cut = _SPLITTER * a
    a_high = cut - (cut - a)
    a_low = a - a_high
    cut = _SPLITTER * b
    b_high = cut - (cut - b)
    b_low = b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


@compiled
def side_of(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> int:
    """Tell on which side of the line from a to b the point lies: 1 left, -1 right, 0 on it. Exact."""
    terms = np.empty(12)
    terms[0], terms[1] = _product(ax, by)
    terms[2], terms[3] = _product(-ax, py)
    terms[4], terms[5] = _product(-px, by)
    terms[6], terms[7] = _product(-ay, bx)
    terms[8], terms[9] = _product(ay, px)
    terms[10], terms[11] = _product(py, bx)
    parts = np.empty(13)
    count = 0
    for term in terms:
        total, kept = term, 0
        for position in range(count):
            part = parts[position]
            grown = total + part
            shadow = grown - total
            error = (total - (grown - shadow)) + (part - shadow)
            total = grown
            if error != 0.0:
                parts[kept] = error
                kept += 1
        parts[kept] = total
        count = kept + 1
    for position in range(count - 1, -1, -1):
        if parts[position] != 0.0:
            return 1 if parts[position] > 0.0 else -1
    return 0


@compiled
def meet(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> int:
    """Tell how the ray to the right of the point meets an edge: 0 not at all, 1 crosses it, 2 begins on it. Exact."""
    if not (min(ay, by) <= py <= max(ay, by) and px <= max(ax, bx)):
        return 0
    side = side_of(ax, ay, bx, by, px, py)
    if side == 0:
        return 2 if min(ax, bx) <= px else 0
    return int(((ay > py) != (by > py)) and ((side > 0) == (by > ay)))


@compiled
def _hold(edges: Floats, toggles: Bits, inside: np.uint64, px: float, py: float) -> tuple[np.uint64, bool]:
    """Cross the edges right of the point; tell which basins then hold it, and whether rounding leaves doubt."""
    doubt = False
    for edge in range(len(toggles)):
        ax, ay, bx, by = edges[edge, 0], edges[edge, 1], edges[edge, 2], edges[edge, 3]
        rise, fall = (ax - px) * (by - py), (ay - py) * (bx - px)
        side = rise - fall
        doubt |= abs(side) <= ROUNDING * (abs(rise) + abs(fall))
        if ((ay > py) != (by > py)) and ((side > 0.0) == (by > ay)):
            inside ^= toggles[edge]
    return inside, doubt


@compiled
def _hold_exactly(edges: Floats, toggles: Bits, inside: np.uint64, px: float, py: float) -> np.uint64:
    """Cross the edges right of the point without rounding; an edge under the point holds it."""
    touched = _NONE
    for edge in range(len(toggles)):
        met = meet(edges[edge, 0], edges[edge, 1], edges[edge, 2], edges[edge, 3], px, py)
        if met == 1:
            inside ^= toggles[edge]
        elif met:
            touched |= toggles[edge]
    return inside | touched


@compiled
def _resolve(grid: Grid, sheet: int, px: float, py: float) -> np.int32:
    """Give the label of a point in a run of cells that boundaries enter."""
    label = np.int32(0)
    while True:
        first, past, inside = (
            grid.sheets[sheet, 0],
            grid.sheets[sheet + 1, 0],
            np.uint64(grid.sheets[sheet, 2]),
        )
        edges, toggles = grid.edges[first:past], grid.toggles[first:past]
        bits, doubt = _hold(edges, toggles, inside, px, py)
        if doubt:
            bits = _hold_exactly(edges, toggles, inside, px, py)
        if bits != _NONE:
            if label:
                return label | TIED
            position = grid.sheets[sheet, 1]
            while bits & _ONE == _NONE:
                bits >>= _ONE
                position += 1
            label = np.int32(grid.basins[position] + 1)
            if bits != _ONE:
                return label | TIED
        if grid.sheets[sheet, 3] == 0:
            return label
        sheet += 1


@compiled
def locate(grid: Grid, x: Floats, y: Floats, found: Short, tied: NDArray[np.bool_]) -> None:
    """Write the basin of every point to `found`, -1 outside, and to `tied` (if it has room) whether others hold it."""
    waiting = np.empty(_BLOCK, np.int32)
    for begin in range(0, len(x), _BLOCK):
        past = min(len(x), begin + _BLOCK)
        _locate_block(grid, x[begin:past], y[begin:past], found[begin:past], waiting)
        for point in range(begin, past):
            label = found[point]
            if len(tied):
                tied[point] = label >= TIED
            found[point] = (label & (TIED - np.int32(1))) - np.int32(1)


@compiled
def _clamp(value: float, last: float) -> float:
    """Move what lies beyond the grid, and what is no number, into its margin; `max` might keep a NaN."""
    value = value if value > 0.0 else 0.0  # noqa: FURB136
    return value if value < last else last  # noqa: FURB136


@compiled
def _locate_block(grid: Grid, x: Floats, y: Floats, found: Short, waiting: Short) -> None:
    """Write labels to `found`, level by level, so that the processor fetches many cells at a time."""
    west, south, eastward, northward = grid.frame
    tile_rows, tile_columns = grid.coarse.shape
    last_row, last_column = np.float64(tile_rows * TILE - 1), np.float64(tile_columns * TILE - 1)
    coarse, width = grid.coarse.ravel(), np.int32(tile_columns)
    for point in range(len(x)):
        column, row = (x[point] - west) * eastward, (y[point] - south) * northward
        column = _clamp(column, last_column)
        row = _clamp(row, last_row)
        found[point] = (np.int32(row) >> _TILE_SHIFT) * width + (np.int32(column) >> _TILE_SHIFT)
    count = 0
    for point in range(len(x)):
        label = coarse[np.uint32(found[point])]
        found[point] = label
        waiting[count] = point
        count += int(label < 0)
    left = 0
    for turn in range(count):
        point = waiting[turn]
        column, row = np.int32((x[point] - west) * eastward), np.int32((y[point] - south) * northward)
        cell = ((row & (TILE - 1)) << _TILE_SHIFT) | (column & (TILE - 1))
        label = grid.tiles[np.uint32(-1 - found[point]), np.uint32(cell)]
        found[point] = label
        waiting[left] = point
        left += int(label < 0)
    for turn in range(left):
        point = waiting[turn]
        found[point] = _resolve(grid, -1 - found[point], x[point], y[point])
