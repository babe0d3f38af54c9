"""D8 flow directions: one code a cell that names the neighbour to which it drains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from watershed_cp.errors import InputError
from watershed_cp.messages import fault

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["NO_FLOW", "PIT", "STEPS", "direction_codes", "downstream_cells", "write_directions"]

PIT, NO_FLOW = 0, 247  # codes of an outlet and of a cell without data
_NO_FLOW_TOO = 255
STEPS = {1: (0, 1), 2: (1, 1), 4: (1, 0), 8: (1, -1), 16: (0, -1), 32: (-1, -1), 64: (-1, 0), 128: (-1, 1)}


def downstream_cells(codes: NDArray[Any], *, file: str | None = None) -> NDArray[np.int64]:
    """Turn codes into the row-major index of the next cell.

    Parameters
    ----------
    codes : ndarray of integers, shape (rows, columns)
        As ESRI writes them: 1 east, clockwise to 128 north-east; 0 outlet; 247 or 255 no data.
    file : str, optional
        Name for messages.

    Returns
    -------
    ndarray of int64, shape (cells,)
        A cell's own index where its water leaves the grid or runs into no data; -1 without data.

    Raises
    ------
    InputError
        If a code is none of these.

    Examples
    --------
    >>> downstream_cells(np.array([[1, 1, 0]])).tolist()
    [1, 2, 2]
    """
    rows, columns = codes.shape
    strange = sorted(set(np.unique(codes).tolist()) - set(STEPS) - {PIT, NO_FLOW, _NO_FLOW_TOO})
    if strange:
        raise InputError(
            fault("flow_codes_unknown", file=file, codes=", ".join(f"{code:g}" for code in strange))
        )
    own = np.arange(codes.size)
    row, column = np.divmod(own, columns)
    down, right = np.zeros(codes.size, np.int64), np.zeros(codes.size, np.int64)
    for code, step in STEPS.items():
        here = codes.ravel() == code
        down[here], right[here] = step
    inside = (row + down >= 0) & (row + down < rows) & (column + right >= 0) & (column + right < columns)
    downstream = np.where(inside, (row + down) * columns + column + right, own)
    empty = np.isin(codes.ravel(), (NO_FLOW, _NO_FLOW_TOO))
    downstream = np.where(empty[downstream], own, downstream)
    return np.where(empty, -1, downstream)


def direction_codes(downstream: NDArray[np.int64], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Turn the index of the next cell back into codes.

    Parameters
    ----------
    downstream : ndarray of int64, shape (cells,)
        As :func:`downstream_cells` gives it.
    shape : (int, int)
        Rows and columns.

    Returns
    -------
    ndarray of uint8, shape (rows, columns)

    Examples
    --------
    >>> direction_codes(np.array([1, 2, 2, -1]), (1, 4)).tolist()
    [[1, 1, 0, 247]]
    """
    row, column = np.divmod(np.arange(downstream.size), shape[1])
    next_row, next_column = np.divmod(downstream, shape[1])
    codes = np.full(downstream.size, PIT, np.uint8)
    for code, (down, right) in STEPS.items():
        codes[(next_row - row == down) & (next_column - column == right)] = code
    codes[downstream < 0] = NO_FLOW
    return codes.reshape(shape)


def write_directions(
    path: Path, downstream: NDArray[np.int64], kept: NDArray[np.bool_], transform: Any, crs: Any
) -> None:
    """Write the kept cells as a compressed GeoTIFF, cut to their extent.

    Parameters
    ----------
    path : Path
        File to write; its folder is made.
    downstream : ndarray of int64, shape (cells,)
        As :func:`downstream_cells` gives it.
    kept : ndarray of bool, shape (rows, columns)
        Cells to write; the others are without data.
    transform, crs
        Of the whole grid.
    """
    import rasterio

    codes = np.where(kept, direction_codes(downstream, kept.shape), np.uint8(NO_FLOW))
    rows, columns = (np.flatnonzero(kept.any(axis=axis)) for axis in (1, 0))
    cut = codes[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    corner = transform * transform.translation(int(columns[0]), int(rows[0]))
    size = {"height": cut.shape[0], "width": cut.shape[1], "count": 1, "dtype": "uint8", "nodata": NO_FLOW}
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path, "w", driver="GTiff", crs=crs, transform=corner, compress="deflate", zlevel=9, **size
    ) as file:
        file.write(cut, 1)
