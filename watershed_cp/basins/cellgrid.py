"""A grid of cells on Earth: where each lies, how large it is, and how far it is to the next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from watershed_cp.basins.coverage import near_longitude, to_degrees
from watershed_cp.basins.earth import geodesic

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["CellGrid"]

_EXACT = 12  # decimals of a degree


@dataclass(frozen=True, kw_only=True, eq=False)
class CellGrid:
    """Rows and columns of cells, numbered row by row.

    Attributes
    ----------
    shape : (int, int)
        Rows and columns.
    transform : affine.Affine
        From (column, row) to the coordinates of `crs`.
    crs : anything pyproj takes
        Geographic or projected.

    Examples
    --------
    >>> import affine
    >>> grid = CellGrid(shape=(1, 3), transform=affine.Affine(1, 0, 0, 0, -1, 1), crs="EPSG:4326")
    >>> grid.cells_at([1.5, 9.0], [0.5, 0.5]).tolist()
    [1, -1]
    """

    shape: tuple[int, int]
    transform: Any
    crs: Any

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the grid, degrees."""
        rows, columns = self.shape
        corners = np.array([[0, 0], [columns, 0], [0, rows], [columns, rows]], float)
        degrees = to_degrees(corners, self.transform, self.crs)
        return (*degrees.min(axis=0).tolist(), *degrees.max(axis=0).tolist())

    def lonlat(self, cells: NDArray[np.int64]) -> NDArray[np.float64]:
        """Give longitude and latitude of the centres of cells, shape (n, 2)."""
        row, column = np.divmod(cells, self.shape[1])
        return to_degrees(np.column_stack([column + 0.5, row + 0.5]), self.transform, self.crs)

    def cells_at(self, longitude: ArrayLike, latitude: ArrayLike) -> NDArray[np.int64]:
        """Give the cells at points, -1 off the grid."""
        import pyproj

        crs = pyproj.CRS.from_user_input(self.crs)
        back = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True, allow_ballpark=False)
        degrees = np.asarray(longitude, float), np.asarray(latitude, float)
        on_earth = (np.abs(degrees[0]) <= 360) & (np.abs(degrees[1]) <= 90)  # noqa: PLR2004 - a turn, a quarter
        x, y = back.transform(*np.where(on_earth, degrees, np.nan))
        if crs.is_geographic:  # a grid may run beyond 180 degrees
            x = near_longitude(x, self.transform.c + self.transform.a * self.shape[1] / 2)
        column, row = (
            np.floor(np.nan_to_num(place, nan=-1.0, posinf=-1.0, neginf=-1.0)).astype(np.int64)
            for place in ~self.transform * (x, y)
        )
        inside = (row >= 0) & (row < self.shape[0]) & (column >= 0) & (column < self.shape[1])
        return np.where(inside, row * self.shape[1] + column, -1)

    def cell_at(self, longitude: float, latitude: float) -> int | None:
        """Give the cell at a point, or None off the grid."""
        cell = int(self.cells_at([longitude], [latitude])[0])
        return None if cell < 0 else cell

    def distance_km(self, cells: NDArray[np.int64], following: NDArray[np.int64]) -> NDArray[np.float64]:
        """Give the distance between the centres of cells and of neighbours of theirs, km."""
        row, column = np.divmod(cells, self.shape[1])
        next_row, next_column = np.divmod(following, self.shape[1])
        wide, high, slant = self._side_km
        level, upright = row == next_row, column == next_column
        return np.where(level, wide[row], np.where(upright, high[row], slant[row]))

    @cached_property
    def _side_km(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Distance from a cell of each row to its neighbours: level, upright, slanting; km."""
        rows = np.arange(self.shape[0])
        centres = {
            step: to_degrees(np.column_stack([np.full(rows.size, 0.5 + step[0]), rows + 0.5 + step[1]]),
                             self.transform, self.crs, decimals=_EXACT)
            for step in ((0, 0), (1, 0), (0, 1), (1, 1))
        }  # fmt: skip
        geod = geodesic()
        here = centres[0, 0]
        to = (geod.inv(*here.T, *centres[step].T)[2] / 1000 for step in ((1, 0), (0, 1), (1, 1)))
        wide, high, slant = (np.asarray(km) for km in to)
        return wide, high, slant

    @cached_property
    def cell_km2(self) -> NDArray[np.float64]:
        """Area of each cell, km2, shape (rows, columns)."""
        wide, high, _ = self._side_km
        return np.broadcast_to((wide * high)[:, None], self.shape)
