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
HEADING, WORDS_OF_EDGE = 2, 5  # words of a sheet before its basins, and of each of its edges
EDGES_SHIFT, _MEMBERS = np.uint64(8), np.uint64(255)  # in the second word of a sheet
MORE = np.uint64(1 << 63)
_SLACK = 1e-6  # of a cell, far above the rounding of a column and far below a cell
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
        Shape (tiles, 256): a label, or -1 - place of a sheet. A label is 0 outside, else basin + 1, plus `TIED` where
        several basins hold the cell.
    words : ndarray of uint64
        Sheets, each a run of cells and up to 64 basins: which basins hold the cell right of the run, a bit each; how
        many basins and edges follow, and `MORE` where the run goes on in the next sheet; the labels of the basins, in
        the order of their bits, which is the order that settles ties; and the edges, each with its two ends as floats
        and its basins as bits.
    """

    frame: Floats
    coarse: Short
    tiles: Short
    words: Bits


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
def columns_of(ax: float, ay: float, bx: float, by: float, slope: float, row: int) -> tuple[int, int]:
    """Give the first and last column that an edge enters in a row, a little too many rather than one too few.

    The ends are counted in cells, the lower one first; `slope` is columns per row, 0 where the edge stays in a row.
    """
    left, right = min(ax, bx), max(ax, bx)
    if slope != 0.0:
        one, other = ax + (max(ay, float(row)) - ay) * slope, ax + (min(by, row + 1.0) - ay) * slope
        left, right = max(left, min(one, other)), min(right, max(one, other))
    return int(left - _SLACK), int(right + _SLACK)


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
def _hold(words: Bits, ends: Floats, inside: np.uint64, px: float, py: float) -> tuple[np.uint64, bool]:
    """Cross the edges right of the point; tell which basins then hold it, and whether rounding leaves doubt."""
    doubt = False
    for edge in range(0, len(words), WORDS_OF_EDGE):
        ax, ay, bx, by = ends[edge], ends[edge + 1], ends[edge + 2], ends[edge + 3]
        rise, fall = (ax - px) * (by - py), (ay - py) * (bx - px)
        side = rise - fall
        doubt |= abs(side) <= ROUNDING * (abs(rise) + abs(fall))
        if ((ay > py) != (by > py)) and ((side > 0.0) == (by > ay)):
            inside ^= words[edge + 4]
    return inside, doubt


@compiled
def _hold_exactly(words: Bits, ends: Floats, inside: np.uint64, px: float, py: float) -> np.uint64:
    """Cross the edges right of the point without rounding; an edge under the point holds it."""
    touched = _NONE
    for edge in range(0, len(words), WORDS_OF_EDGE):
        met = meet(ends[edge], ends[edge + 1], ends[edge + 2], ends[edge + 3], px, py)
        if met == 1:
            inside ^= words[edge + 4]
        elif met:
            touched |= words[edge + 4]
    return inside | touched


@compiled
def _resolve(words: Bits, ends: Floats, place: int, px: float, py: float) -> np.int32:
    """Give the label of a point in a run of cells that boundaries enter."""
    label = np.int32(0)
    while True:
        heading = words[place + 1]
        first = place + HEADING + int(heading & _MEMBERS)
        past = first + WORDS_OF_EDGE * int((heading & ~MORE) >> EDGES_SHIFT)
        bits, doubt = _hold(words[first:past], ends[first:past], words[place], px, py)
        if doubt:
            bits = _hold_exactly(words[first:past], ends[first:past], words[place], px, py)
        if bits != _NONE:
            if label:
                return label | TIED
            member = place + HEADING
            while bits & _ONE == _NONE:
                bits >>= _ONE
                member += 1
            label = np.int32(words[member])
            if bits != _ONE:
                return label | TIED
        if heading & MORE == _NONE:
            return label
        place = past


@compiled
def locate(grid: Grid, x: Floats, y: Floats, found: Short, tied: NDArray[np.bool_]) -> None:
    """Write the basin of every point to `found`, -1 outside, and to `tied` (if it has room) whether others hold it."""
    waiting = np.empty(_BLOCK, np.int32)
    for begin in range(0, len(x), _BLOCK):
        past = min(len(x), begin + _BLOCK)
        _locate_block(grid, x[begin:past], y[begin:past], found[begin:past], waiting)
        if len(tied):
            _write_ties(found[begin:past], tied[begin:past])
        _write_rows(found[begin:past])


@compiled
def _write_ties(labels: Short, tied: NDArray[np.bool_]) -> None:
    for point in range(len(labels)):
        tied[point] = labels[point] >= TIED


@compiled
def _write_rows(labels: Short) -> None:
    for point in range(len(labels)):
        labels[point] = (labels[point] & (TIED - np.int32(1))) - np.int32(1)


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
    words, ends = grid.words, grid.words.view(np.float64)
    for turn in range(left):
        point = waiting[turn]
        found[point] = _resolve(words, ends, -1 - found[point], x[point], y[point])
