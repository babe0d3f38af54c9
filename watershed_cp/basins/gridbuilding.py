"""The compiled loops that build a grid of labels; importing this module imports numba.

Coordinates are degrees; `row` and `column` count cells of the fine grid from its south-west corner. A slab is some
rows of tiles, built by itself. Basins are numbered by their turn in ties until their rows are written in the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from watershed_cp.basins.compiled import compiled
from watershed_cp.basins.gridkernels import EDGES_SHIFT, HEADING, MORE, TIED, TILE, WORDS_OF_EDGE, columns_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]
    Short = NDArray[np.int32]
    Bits = NDArray[np.uint64]

_SHEET = 64  # basins, a bit each
_LOOK_BACK = 4  # edges of a run among which the same edge of a neighbour is looked for
_ONE, _NONE = np.uint64(1), np.uint64(0)


class Layer(NamedTuple):
    """The rings of a layer.

    Attributes
    ----------
    vertices : ndarray
        Shape (n, 2), of closed rings.
    begins : ndarray of int64
        Shape (rings + 1,), where the vertices of each ring begin.
    turns : ndarray of int32
        Shape (rings,), turn of the basin of each ring.
    rows : ndarray of int32
        Shape (basins,), row of the basin by its turn.
    """

    vertices: Floats
    begins: Whole
    turns: Short
    rows: Short


class Entries(NamedTuple):
    """Which cells each edge enters, one item a row of cells.

    Attributes
    ----------
    row, first, last : ndarray of int32
        Row in the slab, first and last column.
    edges : ndarray of int32
        Shape (n, 2): the vertex where the edge begins, and the turn of its basin.
    """

    row: Short
    first: Short
    last: Short
    edges: Short


@compiled
def _count_entries(vertices: Floats, begins: Whole, frame: Floats, low: int, past: int) -> int:
    """Count the entries of the rows from `low` to `past`."""
    count = 0
    for ring in range(len(begins) - 1):
        before = int((vertices[begins[ring], 1] - frame[1]) * frame[3])
        for vertex in range(begins[ring] + 1, begins[ring + 1]):
            row = int((vertices[vertex, 1] - frame[1]) * frame[3])
            count += max(min(max(before, row), past - 1) - max(min(before, row), low) + 1, 0)
            before = row
    return count


@compiled
def _enter(layer: Layer, frame: Floats, low: int, past: int) -> Entries:
    """List the cells of the rows from `low` to `past` that edges enter, ring by ring."""
    vertices, begins = layer.vertices, layer.begins
    size = _count_entries(vertices, begins, frame, low, past)
    entries = Entries(
        np.empty(size, np.int32),
        np.empty(size, np.int32),
        np.empty(size, np.int32),
        np.empty((size, 2), np.int32),
    )
    west, south, eastward, northward = frame
    count = 0
    for ring in range(len(layer.turns)):
        x, y = (vertices[begins[ring], 0] - west) * eastward, (vertices[begins[ring], 1] - south) * northward
        for vertex in range(begins[ring], begins[ring + 1] - 1):
            ax, ay = x, y
            x, y = (vertices[vertex + 1, 0] - west) * eastward, (vertices[vertex + 1, 1] - south) * northward
            bx, by = x, y
            if ay > by:
                ax, ay, bx, by = bx, by, ax, ay
            bottom, top = int(ay), int(by)
            slope = (bx - ax) / (by - ay) if top > bottom else 0.0
            for row in range(max(bottom, low), min(top + 1, past)):
                entries.row[count] = row - low
                entries.first[count], entries.last[count] = columns_of(ax, ay, bx, by, slope, row)
                entries.edges[count, 0], entries.edges[count, 1] = vertex, layer.turns[ring]
                count += 1
    return entries


@compiled
def _mark(entries: Entries, cells: Short) -> int:
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
def _sort_by_run(entries: Entries, cells: Short, runs: int) -> tuple[Whole, Short]:
    """Gather the edges of each run: where they begin, and the edges."""
    begins = np.zeros(runs + 1, np.int64)
    for entry in range(len(entries.row)):
        begins[-cells[entries.row[entry], entries.first[entry]]] += 1
    for run in range(runs):
        begins[run + 1] += begins[run]
    place = begins.copy()
    edges = np.empty((len(entries.row), 2), np.int32)
    for entry in range(len(entries.row)):
        run = -1 - cells[entries.row[entry], entries.first[entry]]
        edges[place[run], 0], edges[place[run], 1] = entries.edges[entry, 0], entries.edges[entry, 1]
        place[run] += 1
    return begins, edges


@compiled
def _include(members: Short, count: int, basin: int) -> int:
    """Put a basin into a sorted set; give the new size."""
    place = count
    while place > 0 and members[place - 1] > basin:
        place -= 1
    if place > 0 and members[place - 1] == basin:
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
    for position in range(_place(members[:count], basin), count - 1):
        members[position] = members[position + 1]
    return count - 1


@compiled
def _place(members: Short, basin: int) -> int:
    """Find where a basin stands in a set, -1 where it is not in it."""
    for place in range(len(members)):
        if members[place] == basin:
            return place
    return -1


@compiled
def _same(words: Bits, one: int, other: int) -> bool:
    """Tell whether two edges have the same ends; neighbours go along their border in opposite ways."""
    if words[one] == words[other + 2] and words[one + 1] == words[other + 3]:
        return bool(words[one + 2] == words[other] and words[one + 3] == words[other + 1])
    same = words[one] == words[other] and words[one + 1] == words[other + 1]
    return bool(same and words[one + 2] == words[other + 2] and words[one + 3] == words[other + 3])


@compiled
def _twin(words: Bits, first: int, past: int, guess: int, edge: int) -> int:
    """Find the same edge of another basin between `first` and `past`, at first at `guess`; -1 where there is none."""
    toggles = words[edge + WORDS_OF_EDGE - 1]
    if guess >= first and words[guess + WORDS_OF_EDGE - 1] & toggles == _NONE and _same(words, guess, edge):
        return guess
    for known in range(
        past - WORDS_OF_EDGE, max(first, past - _LOOK_BACK * WORDS_OF_EDGE) - 1, -WORDS_OF_EDGE
    ):
        if words[known + WORDS_OF_EDGE - 1] & toggles == _NONE and _same(words, known, edge):
            return known
    return -1


@compiled
def _write_sheet(
    words: Bits, at: int, vertices: Floats, edges: Short, members: Short, held: Short, rows: Short
) -> int:
    """Write what tells up to 64 basins apart in a run; give where the next sheet begins."""
    values = words.view(np.float64)
    words[at], words[at + 1] = _NONE, np.uint64(len(members))
    for member in range(len(members)):
        words[at + HEADING + member] = np.uint64(rows[members[member]] + 1)
        if _place(held, members[member]) >= 0:
            words[at] |= _ONE << np.uint64(member)
    first = at + HEADING + len(members)
    end = first
    owner, place, own, guess = -1, -1, first, -1
    for edge in range(len(edges)):
        if edges[edge, 1] != owner:
            owner, own, guess = edges[edge, 1], end, -1
            place = _place(members, owner)
        if place < 0:
            continue
        vertex = edges[edge, 0]
        values[end], values[end + 1] = vertices[vertex, 0], vertices[vertex, 1]
        values[end + 2], values[end + 3] = vertices[vertex + 1, 0], vertices[vertex + 1, 1]
        words[end + 4] = _ONE << np.uint64(place)
        twin = _twin(words, first, own, guess, end)
        if twin < 0:
            end += WORDS_OF_EDGE
        else:
            words[twin + 4] |= words[end + 4]
            guess = twin - WORDS_OF_EDGE  # neighbours go along their border in opposite ways
    words[at + 1] |= np.uint64((end - first) // WORDS_OF_EDGE) << EDGES_SHIFT
    return end


@compiled
def _write_run(
    words: Bits, at: int, vertices: Floats, edges: Short, held: Short, members: Short, rows: Short
) -> int:
    """Write the sheets of a run, given the basins that hold the cell right of it; give where the next run begins."""
    count = len(held)
    members[:count] = held
    for edge in range(len(edges)):
        if edge == 0 or edges[edge, 1] != edges[edge - 1, 1]:
            count = _include(members, count, edges[edge, 1])
    for first in range(0, count, _SHEET):
        end = _write_sheet(
            words, at, vertices, edges, members[first : min(first + _SHEET, count)], held, rows
        )
        if first + _SHEET < count:
            words[at + 1] |= MORE
        at = end
    return at


@compiled
def _label(
    cells: Short, low: int, frame: Floats, vertices: Floats, begins: Whole, edges: Short, rows: Short
) -> tuple[Short, Bits]:
    """Label the cells between the runs, walking each row from east to west along its middle.

    Returns
    -------
    places : ndarray of int32
        Where the sheets of each run begin.
    words : ndarray of uint64
        The sheets.
    """
    places, words = np.empty(len(begins) - 1, np.int32), np.empty(16 + 10 * len(edges), np.uint64)
    members, known = np.empty(len(rows) + 1, np.int32), np.empty(len(rows) + 1, np.int32)
    run, end = -1, 0
    for row in range(cells.shape[0]):
        middle = frame[1] + (low + row + 0.5) / frame[3]
        count, value = 0, np.int32(0)
        for column in range(cells.shape[1] - 1, -1, -1):
            if cells[row, column] >= 0:
                cells[row, column] = value
                continue
            if -1 - cells[row, column] == run:
                continue
            run = -1 - cells[row, column]
            own = edges[begins[run] : begins[run + 1]]
            most = count + len(own)
            room = most * (1 + WORDS_OF_EDGE) + HEADING * (1 + most // _SHEET)
            if end + room > len(words):
                words = np.concatenate((words, np.empty(len(words) + room, np.uint64)))
            places[run] = end
            end = _write_run(words, end, vertices, own, members[:count], known, rows)
            for edge in range(len(own)):
                vertex = own[edge, 0]
                if (vertices[vertex, 1] > middle) != (vertices[vertex + 1, 1] > middle):
                    count = _toggle(members, count, own[edge, 1])
            value = np.int32(rows[members[0]] + 1) if count else np.int32(0)
            if count > 1:
                value |= TIED
    return places, words[:end]


@compiled
def _count_tiles(cells: Short, coarse: Short) -> int:
    """Write the label of each tile that has but one, and -1 elsewhere; count the others."""
    count = 0
    for row in range(coarse.shape[0]):
        for column in range(coarse.shape[1]):
            tile = cells[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]
            coarse[row, column] = tile[0, 0] if _uniform(tile) else -1
            count += int(coarse[row, column] < 0)
    return count


@compiled
def begin_slab(layer: Layer, frame: Floats, low: int, cells: Short, coarse: Short) -> tuple[Short, Bits, int]:
    """Label the cells of a slab whose first row is `low`.

    Returns
    -------
    places : ndarray of int32
        Where the sheets of each run begin.
    words : ndarray of uint64
        The sheets.
    tiles : int
        How many tiles have several labels; the labels of the others are in `coarse`, which has -1 for these.
    """
    entries = _enter(layer, frame, low, low + len(cells))
    runs = _mark(entries, cells)
    begins, edges = _sort_by_run(entries, cells, runs)
    places, words = _label(cells, low, frame, layer.vertices, begins, edges, layer.rows)
    return places, words, _count_tiles(cells, coarse)


@compiled
def fill_tiles(cells: Short, places: Short, coarse: Short, first: int, tiles: Short) -> None:
    """Copy the tiles of several labels, the first of them to `tiles[first]`; runs are named by their place."""
    for row in range(coarse.shape[0]):
        for column in range(coarse.shape[1]):
            if coarse[row, column] < 0:
                tile = cells[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]
                _copy(tile, places, tiles[first])
                coarse[row, column] = -1 - first
                first += 1


@compiled
def _copy(tile: Short, places: Short, flat: Short) -> None:
    for row in range(TILE):
        for column in range(TILE):
            cell = tile[row, column]
            flat[row * TILE + column] = cell if cell >= 0 else -1 - places[-1 - cell]


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
