"""The compiled loops that build a grid of labels; importing this module imports numba.

Coordinates are degrees; `row` and `column` count cells of the fine grid from its south-west corner. Basins are
numbered by their turn in ties until their rows are written in the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from watershed_cp.basins.compiled import compiled
from watershed_cp.basins.gridkernels import TIED, TILE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]
    Short = NDArray[np.int32]
    Bits = NDArray[np.uint64]

_SHEET = 64  # basins, a bit each
_ONE, _NONE = np.uint64(1), np.uint64(0)
_SLACK = 1e-6  # of a cell, far above the rounding of a column and far below a cell


class Entries(NamedTuple):
    """Which cells each edge enters, one item a row of cells.

    Attributes
    ----------
    row, first, last, edge : ndarray of int32
        Row, first and last column, and row of the edge.
    """

    row: Short
    first: Short
    last: Short
    edge: Short


@compiled
def pair(vertices: Floats, begins: Whole, basin: Short) -> tuple[Floats, Short]:
    """Cut rings into edges, and join the two copies of every edge that two basins share.

    Parameters
    ----------
    vertices : ndarray
        Shape (n, 2), of closed rings.
    begins : ndarray of int
        Shape (rings + 1,), where the vertices of each ring begin.
    basin : ndarray of int32
        Shape (rings,), basin of each ring.

    Returns
    -------
    edges : ndarray
        Shape (m, 4), smaller end first, each edge once for every two basins.
    owners : ndarray of int32
        Shape (m, 2), its basins; -1 where there is but one.
    """
    size = 16
    while size < 2 * len(vertices):
        size *= 2
    slots = np.full(size, -1, np.int32)
    edges = np.empty((len(vertices), 4))
    words = edges.view(np.uint64)
    owners = np.full((len(vertices), 2), -1, np.int32)
    count, guess = 0, -1
    for ring in range(len(basin)):
        for vertex in range(begins[ring], begins[ring + 1] - 1):
            if not _write_edge(vertices, vertex, edges[count]):
                continue
            if guess >= 0 and _lacks(owners, guess, basin[ring]) and _alike(words, guess, count):
                owners[guess, 1] = basin[ring]
                guess -= 1  # neighbours go along their border in opposite ways
                continue
            slot = _hash(words[count]) & (size - 1)
            while True:
                known = slots[slot]
                if known < 0:
                    slots[slot], owners[count, 0] = count, basin[ring]
                    count += 1
                    break
                if _lacks(owners, known, basin[ring]) and _alike(words, known, count):
                    owners[known, 1] = basin[ring]
                    guess = known - 1
                    break
                slot = (slot + 1) & (size - 1)
    return edges[:count], owners[:count]


@compiled
def _write_edge(vertices: Floats, vertex: int, edge: Floats) -> bool:
    """Write the edge that begins at a vertex, smaller end first; tell whether it has length."""
    ax, ay, bx, by = (
        vertices[vertex, 0],
        vertices[vertex, 1],
        vertices[vertex + 1, 0],
        vertices[vertex + 1, 1],
    )
    if ax > bx or (ax == bx and ay > by):
        ax, ay, bx, by = bx, by, ax, ay
    edge[0], edge[1], edge[2], edge[3] = ax, ay, bx, by
    return bool(ax != bx or ay != by)


@compiled
def _hash(words: Bits) -> int:
    """Scatter four words over all numbers."""
    mixed = words[0] * np.uint64(0x9E3779B97F4A7C15) ^ words[1] * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed ^= words[2] * np.uint64(0x165667B19E3779F9) ^ words[3] * np.uint64(0x27D4EB2F165667C5)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return int(mixed >> np.uint64(16))


@compiled
def _lacks(owners: Short, edge: int, basin: int) -> bool:
    """Tell whether an edge of another basin has no second one yet."""
    return bool(owners[edge, 1] < 0 and owners[edge, 0] != basin)


@compiled
def _alike(words: Bits, one: int, other: int) -> bool:
    same = words[one, 0] == words[other, 0] and words[one, 1] == words[other, 1]
    return bool(same and words[one, 2] == words[other, 2] and words[one, 3] == words[other, 3])


@compiled
def enter(edges: Floats, frame: Floats) -> Entries:
    """List the cells that each edge enters, a little too many rather than one too few."""
    west, south, eastward, northward = frame
    count = 0
    for edge in range(len(edges)):
        lower, upper = min(edges[edge, 1], edges[edge, 3]), max(edges[edge, 1], edges[edge, 3])
        count += int((upper - south) * northward) - int((lower - south) * northward) + 1
    entries = Entries(
        np.empty(count, np.int32),
        np.empty(count, np.int32),
        np.empty(count, np.int32),
        np.empty(count, np.int32),
    )
    count = 0
    for edge in range(len(edges)):
        ax, ay = (edges[edge, 0] - west) * eastward, (edges[edge, 1] - south) * northward
        bx, by = (edges[edge, 2] - west) * eastward, (edges[edge, 3] - south) * northward
        if ay > by:
            ax, ay, bx, by = bx, by, ax, ay
        for row in range(int(ay), int(by) + 1):
            left, right = min(ax, bx), max(ax, bx)
            if int(by) > int(ay):
                one = ax + (max(ay, float(row)) - ay) / (by - ay) * (bx - ax)
                other = ax + (min(by, row + 1.0) - ay) / (by - ay) * (bx - ax)
                left, right = max(left, min(one, other)), min(right, max(one, other))
            entries.row[count], entries.edge[count] = row, edge
            entries.first[count], entries.last[count] = int(left - _SLACK), int(right + _SLACK)
            count += 1
    return entries


@compiled
def mark(entries: Entries, cells: Short) -> int:
    """Write -1 - run into entered cells, row by row and from east to west; give the number of runs."""
    for entry in range(len(entries.row)):
        for column in range(entries.first[entry], entries.last[entry] + 1):
            cells[entries.row[entry], column] = -1
    runs = 0
    for row in range(cells.shape[0]):
        for column in range(cells.shape[1] - 2, -1, -1):
            if cells[row, column] < 0:
                runs += int(cells[row, column + 1] >= 0)
                cells[row, column] = -runs
    return runs


@compiled
def sort_by_run(entries: Entries, cells: Short, runs: int) -> tuple[Whole, Short]:
    """Gather the edges of each run: where they begin, and the edges."""
    begins = np.zeros(runs + 1, np.int64)
    for entry in range(len(entries.row)):
        begins[-cells[entries.row[entry], entries.first[entry]]] += 1
    for run in range(runs):
        begins[run + 1] += begins[run]
    place = begins.copy()
    edge_of = np.empty(len(entries.row), np.int32)
    for entry in range(len(entries.row)):
        run = -1 - cells[entries.row[entry], entries.first[entry]]
        edge_of[place[run]] = entries.edge[entry]
        place[run] += 1
    return begins, edge_of


@compiled
def _place(members: Short, count: int, basin: int) -> int:
    """Find where a basin stands, or would stand, in a sorted set."""
    low, high = 0, count
    while low < high:
        middle = (low + high) >> 1
        if members[middle] < basin:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _include(members: Short, count: int, basin: int) -> int:
    """Put a basin into a sorted set; give the new size."""
    place = _place(members, count, basin)
    if place < count and members[place] == basin:
        return count
    for position in range(count, place, -1):
        members[position] = members[position - 1]
    members[place] = basin
    return count + 1


@compiled
def _toggle(members: Short, count: int, basin: int) -> int:
    """Put a basin into a sorted set, or take it out again; give the new size."""
    grown = _include(members, count, basin)
    if grown > count:
        return grown
    for position in range(_place(members, count, basin), count - 1):
        members[position] = members[position + 1]
    return count - 1


@compiled
def label(
    cells: Short, edges: Floats, owners: Short, begins: Whole, edge_of: Short, frame: Floats, rows: Short
) -> tuple[Whole, Short]:
    """Label the cells between the runs, walking each row from east to west along its middle.

    Returns
    -------
    held_begins, held : ndarray
        The basins that hold the cell right of each run, by their turn in ties.
    """
    held_begins, held = np.zeros(len(begins), np.int64), np.empty(len(begins), np.int32)
    members = np.empty(len(rows) + 1, np.int32)
    run = -1
    for row in range(cells.shape[0]):
        middle = frame[1] + (row + 0.5) / frame[3]
        count, value = 0, np.int32(0)
        for column in range(cells.shape[1] - 1, -1, -1):
            if cells[row, column] >= 0:
                cells[row, column] = value
                continue
            if -1 - cells[row, column] == run:
                continue
            run = -1 - cells[row, column]
            held_begins[run + 1] = held_begins[run] + count
            if held_begins[run + 1] > len(held):
                held = np.concatenate((held, np.empty(held_begins[run + 1], np.int32)))
            held[held_begins[run] : held_begins[run + 1]] = members[:count]
            for edge in edge_of[begins[run] : begins[run + 1]]:
                if (edges[edge, 1] > middle) != (edges[edge, 3] > middle):
                    count = _toggle(members, count, owners[edge, 0])
                    if owners[edge, 1] >= 0:
                        count = _toggle(members, count, owners[edge, 1])
            value = np.int32(rows[members[0]] + 1) if count else np.int32(0)
            if count > 1:
                value |= TIED
    return held_begins, held[: held_begins[-1]]


@compiled
def _gather(run: int, held: Short, edge_of: Short, owners: Short, seen: Short, members: Short) -> int:
    """Collect the basins that a run has to tell apart, in the order of their turns; give their count."""
    count = 0
    for basin in held:
        members[count], seen[basin] = basin, run
        count += 1
    for edge in edge_of:
        for basin in owners[edge]:
            if basin < 0 or seen[basin] == run:
                continue
            place, seen[basin] = count, run
            while place > 0 and members[place - 1] > basin:
                members[place] = members[place - 1]
                place -= 1
            members[place] = basin
            count += 1
    return count


@compiled
def _bit(places: Short, basin: int, first: int) -> np.uint64:
    """Give the bit of a basin in the sheet whose first basin stands at `first`, none where it is not in it."""
    if basin < 0 or not first <= places[basin] < first + _SHEET:
        return _NONE
    return _ONE << np.uint64(places[basin] - first)


@compiled
def fill_sheets(
    begins: Whole, edge_of: Short, owners: Short, held_begins: Whole, held: Short, edges: Floats, rows: Short
) -> tuple[Whole, Whole, Short, Floats, Bits]:
    """Write the sheets of all runs: the first sheet of each run, and the last four fields of :class:`Grid`."""
    runs, most = len(begins) - 1, 2 * len(edge_of) + len(held)
    run_sheets, sheets = np.empty(runs, np.int64), np.zeros((runs + most // _SHEET + 1, 4), np.int64)
    basins, ends = np.empty(most, np.int32), np.empty((2 * len(edge_of), 4))
    toggles = np.empty(2 * len(edge_of), np.uint64)
    members, places = np.empty(len(rows), np.int32), np.empty(len(rows), np.int32)
    seen = np.full(len(rows), -1, np.int32)
    sheet, edge_count, basin_count = 0, 0, 0
    for run in range(runs):
        run_sheets[run] = sheet
        own, kept = edge_of[begins[run] : begins[run + 1]], held[held_begins[run] : held_begins[run + 1]]
        count = _gather(run, kept, own, owners, seen, members)
        for place in range(count):
            places[members[place]] = place
        for first in range(0, count, _SHEET):
            bits = _NONE
            for basin in kept:
                bits |= _bit(places, basin, first)
            sheets[sheet, 0], sheets[sheet, 1], sheets[sheet, 2] = edge_count, basin_count, np.int64(bits)
            sheets[sheet, 3] = first + _SHEET < count
            for edge in own:
                bits = _bit(places, owners[edge, 0], first) | _bit(places, owners[edge, 1], first)
                if bits != _NONE:
                    toggles[edge_count] = bits
                    for part in range(4):
                        ends[edge_count, part] = edges[edge, part]
                    edge_count += 1
            for member in members[first : min(first + _SHEET, count)]:
                basins[basin_count] = rows[member]
                basin_count += 1
            sheet += 1
    sheets[sheet, 0], sheets[sheet, 1] = edge_count, basin_count
    return run_sheets, sheets[: sheet + 1], basins[:basin_count], ends[:edge_count], toggles[:edge_count]


@compiled
def compress(cells: Short, run_sheets: Whole) -> tuple[Short, Short]:
    """Fold the cells into tiles, and tiles of one label into that label; runs are named by their first sheet."""
    coarse = np.empty((cells.shape[0] // TILE, cells.shape[1] // TILE), np.int32)
    count = 0
    for row in range(coarse.shape[0]):
        for column in range(coarse.shape[1]):
            tile = cells[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]
            coarse[row, column] = tile[0, 0]
            if not _uniform(tile):
                count += 1
                coarse[row, column] = -count
    tiles = np.empty((count, TILE * TILE), np.int32)
    for row in range(coarse.shape[0]):
        for column in range(coarse.shape[1]):
            if coarse[row, column] < 0:
                tile = cells[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]
                _copy(tile, run_sheets, tiles[-1 - coarse[row, column]])
    return coarse, tiles


@compiled
def _copy(tile: Short, run_sheets: Whole, flat: Short) -> None:
    for row in range(TILE):
        for column in range(TILE):
            cell = tile[row, column]
            flat[row * TILE + column] = cell if cell >= 0 else -1 - run_sheets[-1 - cell]


@compiled
def _uniform(tile: Short) -> bool:
    first = tile[0, 0]
    if first < 0:
        return False
    for row in range(TILE):
        for column in range(TILE):
            if tile[row, column] != first:
                return False
    return True
