"""The compiled loops that sweep basins over points; importing this module imports numba.

Coordinates are degrees; `row` and `column` count cells of the grid from its south-west corner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from watershed_cp.basins.compiled import compiled
from watershed_cp.basins.gridkernels import ROUNDING, columns_of, meet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]
    Short = NDArray[np.int32]
    Truths = NDArray[np.bool_]

_ROOM = 1 << 12  # edges of a basin that there is room for at first
_FEW = 12  # points in reach of a basin: asked one by one sooner than its edges are sorted


class Sorted(NamedTuple):
    """Points, and their order along the rows of a grid.

    Attributes
    ----------
    x, y : ndarray
        Shape (n,), degrees, in the order they came.
    frame : ndarray
        Shape (4,): west and south of the grid, cells per degree eastward and northward.
    columns : int
        Cells in a row.
    begins : ndarray of int32
        Shape (cells + 1,), where the points of each cell begin in the order.
    order : ndarray of int32
        Shape (points in the grid,), the points cell by cell.
    """

    x: Floats
    y: Floats
    frame: Floats
    columns: int
    begins: Short
    order: Short


class Basins(NamedTuple):
    """The basins that may hold a point, in the order that settles ties.

    Attributes
    ----------
    vertices : ndarray
        Shape (n, 2), of closed rings.
    ring_begins : ndarray of int64
        Shape (rings + 1,), where the vertices of each ring begin.
    spans : ndarray of int64
        Shape (basins + 1,), where the rings of each basin begin.
    bounds : ndarray
        Shape (basins, 4), west, south, east and north.
    rows : ndarray of int32
        Shape (basins,), the row that points are told.
    """

    vertices: Floats
    ring_begins: Whole
    spans: Whole
    bounds: Floats
    rows: Short


class Crossings(NamedTuple):
    """Room for the edges of one basin in the rows of cells that they cross, as they come and then sorted.

    Attributes
    ----------
    row, first, last, vertex : ndarray of int32
        Row of cells, first and last column, and the vertex where the edge begins; as they come.
    toggles : ndarray of bool
        Whether the edge crosses the middle of the row.
    columns : ndarray of int32
        Shape (n, 3): sorted by row and first column; first and last column, and 1 where the
        middle is crossed.
    edges : ndarray
        Shape (n, 4): start and end of each edge, in the same order.
    """

    row: Short
    first: Short
    last: Short
    vertex: Short
    toggles: Truths
    columns: Short
    edges: Floats


@compiled
def _room(size: int) -> Crossings:
    short = np.empty((4, size), np.int32)
    return Crossings(
        short[0],
        short[1],
        short[2],
        short[3],
        np.empty(size, np.bool_),
        np.empty((size, 3), np.int32),
        np.empty((size, 4)),
    )


@compiled
def sort_points(x: Floats, y: Floats, frame: Floats, rows: int, columns: int) -> tuple[Short, Short]:
    """Count the points into cells: where each cell begins, and the points; what is beyond the grid is left out."""
    begins = np.zeros(rows * columns + 2, np.int32)
    cells = np.empty(len(x), np.int32)
    for point in range(len(x)):
        column, row = (x[point] - frame[0]) * frame[2], (y[point] - frame[1]) * frame[3]
        cell = -1
        if 0.0 <= column < columns and 0.0 <= row < rows:
            cell = int(row) * columns + int(column)
            begins[cell + 2] += 1
        cells[point] = cell
    for cell in range(2, len(begins)):
        begins[cell] += begins[cell - 1]
    order = np.empty(begins[-1], np.int32)
    for point in range(len(x)):
        cell = cells[point]
        if cell >= 0:
            order[begins[cell + 1]] = point
            begins[cell + 1] += 1
    return begins[:-1], order


@compiled
def visited(points: Sorted, bounds: Floats) -> Truths:
    """Tell which boxes hold a point; bounds are west, south, east and north of each."""
    found = np.zeros(len(bounds), np.bool_)
    west, south, eastward, northward = points.frame
    for box in range(len(bounds)):
        if not bounds[box, 0] <= bounds[box, 2]:
            continue
        left, right = int((bounds[box, 0] - west) * eastward), int((bounds[box, 2] - west) * eastward)
        for row in range(
            int((bounds[box, 1] - south) * northward), int((bounds[box, 3] - south) * northward) + 1
        ):
            cell = row * points.columns
            for point in points.order[points.begins[cell + left] : points.begins[cell + right + 1]]:
                x, y = points.x[point], points.y[point]
                if bounds[box, 0] <= x <= bounds[box, 2] and bounds[box, 1] <= y <= bounds[box, 3]:
                    found[box] = True
                    break
            if found[box]:
                break
    return found


@compiled
def _count(points: Sorted, low: int, past: int, left: int, right: int) -> tuple[int, Truths]:
    """Count the points between two columns, and tell in which rows there are any."""
    count, wanted = 0, np.empty(past - low, np.bool_)
    for row in range(low, past):
        cell = row * points.columns
        here = points.begins[cell + right + 1] - points.begins[cell + left]
        wanted[row - low] = here > 0
        count += here
    return count, wanted


@compiled
def _enter(vertices: Floats, rings: Whole, frame: Floats, low: int, wanted: Truths, room: Crossings) -> int:
    """Write down which cells of the wanted rows the edges enter; give how many, -1 where the room is too small."""
    west, south, eastward, northward = frame
    count = 0
    for ring in range(len(rings) - 1):
        x, y = (vertices[rings[ring], 0] - west) * eastward, (vertices[rings[ring], 1] - south) * northward
        for vertex in range(rings[ring] + 1, rings[ring + 1]):
            ax, ay = x, y
            x, y = (vertices[vertex, 0] - west) * eastward, (vertices[vertex, 1] - south) * northward
            bx, by = x, y
            if ay > by:
                ax, ay, bx, by = bx, by, ax, ay
            bottom, top = int(ay), int(by)
            slope = (bx - ax) / (by - ay) if top > bottom else 0.0
            for row in range(max(bottom, low), min(top + 1, low + len(wanted))):
                if not wanted[row - low]:
                    continue
                if count == len(room.row):
                    return -1
                middle = south + (row + 0.5) / northward
                room.row[count], room.vertex[count] = row - low, vertex - 1
                room.first[count], room.last[count] = columns_of(ax, ay, bx, by, slope, row)
                room.toggles[count] = (vertices[vertex - 1, 1] > middle) != (vertices[vertex, 1] > middle)
                count += 1
    return count


@compiled
def _sort(room: Crossings, count: int, vertices: Floats, rows: int, left: int, right: int) -> Short:
    """Sort by row and first column; give where each row begins."""
    width = right - left + 1
    begins = np.zeros(rows * width + 2, np.int32)
    for entry in range(count):
        begins[room.row[entry] * width + room.first[entry] - left + 2] += 1
    for cell in range(2, len(begins)):
        begins[cell] += begins[cell - 1]
    for entry in range(count):
        cell = room.row[entry] * width + room.first[entry] - left + 1
        place, vertex = begins[cell], room.vertex[entry]
        begins[cell] += 1
        room.columns[place, 0], room.columns[place, 1], room.columns[place, 2] = (
            room.first[entry],
            room.last[entry],
            room.toggles[entry],
        )
        room.edges[place, 0], room.edges[place, 1] = vertices[vertex, 0], vertices[vertex, 1]
        room.edges[place, 2], room.edges[place, 3] = vertices[vertex + 1, 0], vertices[vertex + 1, 1]
    return begins[:-1:width]


@compiled
def _holds(edges: Floats, inside: int, px: float, py: float) -> bool:
    """Cross the edges right of the point, up to where it is known whether the basin holds the row (1) or not (0)."""
    held, doubt = inside, False
    for edge in range(len(edges)):
        ax, ay, bx, by = edges[edge, 0], edges[edge, 1], edges[edge, 2], edges[edge, 3]
        rise, fall = (ax - px) * (by - py), (ay - py) * (bx - px)
        doubt |= abs(rise - fall) <= ROUNDING * (abs(rise) + abs(fall))
        held ^= int(((ay > py) != (by > py)) & ((rise - fall > 0.0) == (by > ay)))
    if not doubt:
        return held == 1
    for edge in range(len(edges)):
        met = meet(edges[edge, 0], edges[edge, 1], edges[edge, 2], edges[edge, 3], px, py)
        if met == 2:  # noqa: PLR2004 - the point lies on the edge
            return True
        inside ^= met
    return inside == 1


@compiled
def _cross(vertices: Floats, rings: Whole, px: float, py: float) -> tuple[bool, bool]:
    """Cross all edges of a basin right of the point; tell whether it is inside, and whether rounding leaves doubt."""
    held, doubt = False, False
    for ring in range(len(rings) - 1):
        ends = vertices[rings[ring] : rings[ring + 1]]
        for edge in range(len(ends) - 1):
            ax, ay, bx, by = ends[edge, 0], ends[edge, 1], ends[edge + 1, 0], ends[edge + 1, 1]
            rise, fall = (ax - px) * (by - py), (ay - py) * (bx - px)
            doubt |= abs(rise - fall) <= ROUNDING * (abs(rise) + abs(fall))
            held ^= ((ay > py) != (by > py)) & ((rise - fall > 0.0) == (by > ay))
    return held, doubt


@compiled
def _cross_exactly(vertices: Floats, rings: Whole, px: float, py: float) -> bool:
    """Cross all edges of a basin right of the point without rounding; an edge under the point holds it."""
    held = 0
    for ring in range(len(rings) - 1):
        ends = vertices[rings[ring] : rings[ring + 1]]
        for edge in range(len(ends) - 1):
            met = meet(ends[edge, 0], ends[edge, 1], ends[edge + 1, 0], ends[edge + 1, 1], px, py)
            if met == 2:  # noqa: PLR2004 - the point lies on the edge
                return True
            held ^= met
    return held == 1


@compiled
def _claim(point: int, basin: int, found: Short, tied: Truths) -> None:
    if found[point] < 0:
        found[point] = basin
    else:
        tied[point] = True


@compiled
def _sweep_row(
    points: Sorted, row: int, room: Crossings, first: int, past: int, basin: int, found: Short, tied: Truths
) -> None:
    """Claim the points of one row, from west to east: between the edges all or none, among them one by one."""
    begins = points.begins[row * points.columns : (row + 1) * points.columns + 1]
    inside, clear, entry = 0, 0, first
    while entry < past:
        begin, west, east = entry, room.columns[entry, 0], room.columns[entry, 1]
        if inside:
            for point in points.order[begins[clear] : begins[west]]:
                _claim(point, basin, found, tied)
        while entry < past and room.columns[entry, 0] <= east:
            east = max(east, room.columns[entry, 1])
            inside ^= room.columns[entry, 2]
            entry += 1
        for point in points.order[begins[west] : begins[east + 1]]:
            if _holds(room.edges[begin:entry], inside, points.x[point], points.y[point]):
                _claim(point, basin, found, tied)
        clear = east + 1


@compiled
def _ask_row(
    points: Sorted, row: int, left: int, right: int, basins: Basins, turn: int, found: Short, tied: Truths
) -> None:
    """Claim the points of one row between two columns, each by itself."""
    begins = points.begins[row * points.columns : (row + 1) * points.columns + 1]
    west, south, east, north = basins.bounds[turn]
    rings = basins.ring_begins[basins.spans[turn] : basins.spans[turn + 1] + 1]
    for point in points.order[begins[left] : begins[right + 1]]:
        x, y = points.x[point], points.y[point]
        if not (west <= x <= east and south <= y <= north):
            continue
        held, doubt = _cross(basins.vertices, rings, x, y)
        if _cross_exactly(basins.vertices, rings, x, y) if doubt else held:
            _claim(point, basins.rows[turn], found, tied)


@compiled
def sweep(points: Sorted, basins: Basins, low: int, past: int, found: Short, tied: Truths) -> None:
    """Let basin after basin claim the points in the rows from `low` to `past`."""
    west, south, eastward, northward = points.frame
    room = _room(_ROOM)
    for turn in range(len(basins.rows)):
        bottom = max(int((basins.bounds[turn, 1] - south) * northward), low)
        top = min(int((basins.bounds[turn, 3] - south) * northward) + 1, past)
        if bottom >= top:
            continue
        left = int((basins.bounds[turn, 0] - west) * eastward) - 1
        right = int((basins.bounds[turn, 2] - west) * eastward) + 1
        near, wanted = _count(points, bottom, top, left, right)
        rings = basins.ring_begins[basins.spans[turn] : basins.spans[turn + 1] + 1]
        if near <= _FEW:
            for row in range(bottom, top):
                if wanted[row - bottom]:
                    _ask_row(points, row, left, right, basins, turn, found, tied)
            continue
        count = _enter(basins.vertices, rings, points.frame, bottom, wanted, room)
        while count < 0:
            room = _room(2 * len(room.row))
            count = _enter(basins.vertices, rings, points.frame, bottom, wanted, room)
        begins = _sort(room, count, basins.vertices, top - bottom, left, right)
        for row in range(bottom, top):
            first, end = begins[row - bottom], begins[row - bottom + 1]
            _sweep_row(points, row, room, first, end, basins.rows[turn], found, tied)
