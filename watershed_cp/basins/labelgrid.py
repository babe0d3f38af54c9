"""A grid of labels over a layer: most points are answered by one look, the rest by a few edges, all exactly.

Cells that no boundary enters carry their basin as a label. In each row of cells, the cells that a boundary does
enter form runs; a run knows the edges that pass through it and which basins hold the cell at its right end. A
point in a run is resolved by the ray to the right, over the edges of its run only, with exact arithmetic where
rounding could decide. Labels stand in two levels: one for a tile of 16 x 16 cells of one label, and the tile
itself only where labels differ.

Any layer will do: holes, islands, gaps, and outlines that overlap. What holds a point is a set of basins, a bit
each, in the order that settles ties.
"""

from __future__ import annotations

import itertools
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from watershed_cp.basins import gridbuilding, gridkernels
from watershed_cp.basins.gridkernels import TILE, Grid
from watershed_cp.basins.shares import in_shares, in_threads, processors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from watershed_cp.basins.edges import Rings

    Floats = NDArray[np.float64]

__all__ = ["build", "frame_over", "keep", "kept", "locate"]

_MARGIN = TILE + 1  # cells around the layer: a tile without any boundary, where all outside is looked up
_SAMPLE = 1000  # vertices that tell where the others are
_FLATTEST = 1000  # times as long as wide is the longest layer that cells are fitted to


def build(rings: Rings, turns: NDArray[np.intp], cells: int) -> Grid:
    """Build the index of a layer.

    Parameters
    ----------
    rings : Rings
        The rings of the layer.
    turns : ndarray of int
        Shape (basins,), rows of the basins in the order that settles ties.
    cells : int
        About how many fine cells to lay over the layer: more take longer to build and answer faster.

    Returns
    -------
    Grid
        Plain arrays, ready for :func:`locate`.

    Examples
    --------
    >>> import shapely
    >>> from watershed_cp.basins.edges import rings_of
    >>> grid = build(rings_of(np.array([shapely.box(0, 0, 1, 1)])), np.array([0]), 10_000)
    >>> locate(grid, np.array([0.5, 1.0, 1.5]), np.array([0.5, 1.0, 0.5]))[0]
    array([ 0,  0, -1], dtype=int32)
    """
    rows = turns.astype(np.int32)
    turn_of = np.empty_like(rows)
    turn_of[rows] = np.arange(len(rows), dtype=np.int32)
    x, y = rings.vertices.T  # the least of a column at a time is found ten times faster than of all rows
    frame, shape = frame_over(np.array([[x.min(), y.min(), x.max(), y.max()]]), cells, _MARGIN)
    fine = np.zeros([-(-size // TILE) * TILE for size in shape], dtype=np.int32)
    coarse = np.empty([size // TILE for size in fine.shape], dtype=np.int32)
    layer = gridbuilding.Layer(rings.vertices, rings.begins, turn_of[rings.basin], rows)

    def begin(slab: slice) -> tuple[NDArray[np.int32], NDArray[np.uint64], int]:
        return gridbuilding.begin_slab(layer, frame, slab.start * TILE, fine[_cells(slab)], coarse[slab])

    slabs = _slabs(y, frame, len(coarse))
    parts = in_threads(begin, slabs)
    words_before, tiles_before = (
        np.cumsum([0, *counts])
        for counts in zip(*((len(words), tiles) for _, words, tiles in parts), strict=True)
    )
    words, tiles = np.empty(words_before[-1], np.uint64), np.empty((tiles_before[-1], TILE * TILE), np.int32)

    def finish(part: int) -> None:
        places, own, _ = parts[part]
        words[words_before[part] : words_before[part + 1]] = own
        places += words_before[part].astype(np.int32)
        slab = slabs[part]
        gridbuilding.fill_tiles(fine[_cells(slab)], places, coarse[slab], tiles_before[part], tiles)

    in_threads(finish, range(len(slabs)))
    return Grid(frame, coarse, tiles, words)


def _cells(slab: slice) -> slice:
    """Give the rows of cells in some rows of tiles."""
    return slice(slab.start * TILE, slab.stop * TILE)


def _slabs(latitude: Floats, frame: Floats, rows: int) -> list[slice]:
    """Part the rows of tiles among the processors, about as many vertices to each."""
    shares = np.linspace(0, 1, processors() + 1)[1:-1]
    cuts = (np.quantile(latitude[:: 1 + len(latitude) // _SAMPLE], shares) - frame[1]) * frame[3] / TILE
    return [
        slice(low, past)
        for low, past in itertools.pairwise([0, *cuts.astype(int).tolist(), rows])
        if low < past
    ]


def locate(
    grid: Grid, longitude: NDArray[np.float64], latitude: NDArray[np.float64]
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Find the basin of every point, on all processors that numba may use.

    Parameters
    ----------
    grid : Grid
        The index.
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
    >>> from watershed_cp.basins.edges import rings_of
    >>> squares = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> grid = build(rings_of(squares), np.array([1, 0]), 10_000)
    >>> [answer.tolist() for answer in locate(grid, np.array([0.5, 1.0]), np.array([0.5, 0.5]))]
    [[0, 1], [False, True]]
    """
    found, tied = np.empty(len(longitude), dtype=np.int32), np.empty(len(longitude), dtype=np.bool_)

    def look_up(part: slice) -> None:
        gridkernels.locate(grid, longitude[part], latitude[part], found[part], tied[part])

    in_shares(look_up, len(longitude))
    return found, tied


def keep(grid: Grid, path: Path) -> None:
    """Keep an index in a file, written aside and then moved: a file under its final name is whole.

    Parameters
    ----------
    grid : Grid
        The index.
    path : Path
        The file. Where its folder cannot be written to, nothing is kept.

    Examples
    --------
    >>> import shapely, tempfile
    >>> from pathlib import Path
    >>> from watershed_cp.basins.edges import rings_of
    >>> grid = build(rings_of(np.array([shapely.box(0, 0, 1, 1)])), np.array([0]), 10_000)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     keep(grid, Path(folder) / "square.npz")
    ...     bool((kept(Path(folder) / "square.npz").coarse == grid.coarse).all())
    True
    """
    part = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            part = Path(file.name)
            np.savez(file, **grid._asdict())
        part.replace(path)
    except OSError:
        if part is not None:
            part.unlink(missing_ok=True)


def kept(path: Path) -> Grid | None:
    """Read an index that was kept.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Grid or None
        None where there is no such file, or it is damaged or of another kind.

    Examples
    --------
    >>> from pathlib import Path
    >>> kept(Path("missing.npz")) is None
    True
    """
    try:
        with path.open("rb") as file, np.load(file) as arrays:
            return Grid(**arrays)
    except (OSError, EOFError, TypeError, ValueError, zipfile.BadZipFile):
        return None


def frame_over(bounds: Floats, cells: int, margin: int) -> tuple[Floats, tuple[int, int]]:
    """Lay square cells over a layer.

    Parameters
    ----------
    bounds : ndarray
        Shape (n, 4), degrees: west, south, east and north of the outlines; not a number where one is empty.
    cells : int
        About how many.
    margin : int
        Cells to add on every side.

    Returns
    -------
    frame : ndarray
        Shape (4,): west and south of the grid, cells per degree eastward and northward.
    shape : tuple of int
        Rows and columns.

    Examples
    --------
    >>> frame_over(np.array([[0.0, 0.0, 2.0, 1.0]]), 200, 1)
    (array([-0.1, -0.1, 10. , 10. ]), (12, 22))
    """
    west, south = np.fmin.reduce(bounds[:, :2])
    east, north = np.fmax.reduce(bounds[:, 2:])
    width, height = east - west, north - south
    flattest = max(width, height) / _FLATTEST  # a layer without height would have cells without end
    per_degree = np.sqrt(cells / (max(width, flattest) * max(height, flattest)))
    columns, rows = (int(np.ceil(span * per_degree)) + 2 * margin for span in (width, height))
    frame = np.array([west - margin / per_degree, south - margin / per_degree, per_degree, per_degree])
    return frame, (rows, columns)
