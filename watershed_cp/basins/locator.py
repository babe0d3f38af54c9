"""Which basin a point lies in: exact, by one rule for points that two outlines claim, and by the cheapest way.

A few points are asked of GEOS. More are sorted, and each basin is swept over those near it, by compiled code that
takes a second to load. Where points are many for the layer, or keep coming, they are looked up in a grid of labels,
whose index takes time to build, but which then answers in nanoseconds. All three ways give the same answer for
every point there is.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import shapely

from watershed_cp.basins.edges import boxed_outlines_of, rings_of, text_order

if TYPE_CHECKING:
    import os

    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray

    from watershed_cp.basins.gridkernels import Grid

    Floats = NDArray[np.float64]
    Found = tuple[NDArray[np.int32], NDArray[np.bool_]]

__all__ = ["BasinLocator"]

_FEW_BASINS = 32  # up to here a comparison of boxes costs less than a tree of points
_SAMPLE = 256  # outlines whose vertices are counted
_FEWEST_CELLS, _MOST_CELLS = 1 << 16, 1 << 24
_INDEX_FORMAT = b"3"  # part of the key of a kept index: raise it when the meaning of its arrays changes

# What the ways cost, in nanoseconds on one machine; only their ratios matter.
_LOADING = 900_000_000  # of the compiled code
_PER_VERTEX = {"geos": 120, "sweep": 40, "grid": 200}
_PER_POINT = {"geos": 400, "sweep": 120, "grid": 20}


class BasinLocator:
    """Finds the basin of points; an index once built is kept for the next call.

    A boundary belongs to its basin. A point on a shared edge, or in two outlines, goes to the smaller
    ``basin_id`` in text order.

    Parameters
    ----------
    basins : geopandas.GeoDataFrame
        Index ``basin_id``, polygons or multipolygons in EPSG:4326. Left as it is.
    index_folder : path-like, optional
        Folder where :meth:`build_index` keeps its work for later runs, under the hash of the layer. A damaged file
        is made anew; where the folder cannot be written to, nothing is kept.

    Raises
    ------
    InputError
        If the CRS is another, there is no basin, a ``basin_id`` stands twice, or a geometry is no polygon.

    Examples
    --------
    >>> import geopandas
    >>> squares = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    >>> basins = geopandas.GeoDataFrame(index=["west", "east"], geometry=squares, crs="EPSG:4326")
    >>> BasinLocator(basins).locate([0.5, 1.0, 1.5, 9.0], [0.5, 0.5, 0.5, 0.5])
    array([ 0,  1,  1, -1], dtype=int32)
    """

    def __init__(
        self, basins: gpd.GeoDataFrame, *, index_folder: str | os.PathLike[str] | None = None
    ) -> None:
        self._outlines, self._boxes = boxed_outlines_of(basins)
        self._turns = text_order(basins)
        sample = shapely.get_num_coordinates(self._outlines[:: 1 + len(self._outlines) // _SAMPLE])
        self._vertices = int(np.mean(sample) * len(self._outlines))
        self._folder = None if index_folder is None else Path(index_folder)
        self._grid: Grid | None = None
        self._cells = 0
        self._asked = 0

    def locate(self, longitude: ArrayLike, latitude: ArrayLike) -> NDArray[np.int32]:
        """Find the basin of every point.

        Parameters
        ----------
        longitude, latitude : array_like
            Shape (n,), degrees, WGS 84.

        Returns
        -------
        ndarray of int32
            Shape (n,), row position in the layer; -1 outside every basin and where a coordinate is not
            finite.

        Raises
        ------
        ValueError
            If the two differ in length.

        Examples
        --------
        >>> import geopandas
        >>> square = geopandas.GeoDataFrame(index=["a"], geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
        >>> BasinLocator(square).locate([0.0, np.nan], [0.0, 0.5])
        array([ 0, -1], dtype=int32)
        """
        return self.locate_ties(longitude, latitude)[0]

    def locate_ties(self, longitude: ArrayLike, latitude: ArrayLike) -> Found:
        """Find the basin of every point, and tell where the rule for ties decided.

        Parameters
        ----------
        longitude, latitude : array_like
            Shape (n,), degrees, WGS 84.

        Returns
        -------
        found : ndarray of int32
            Shape (n,), as :meth:`locate` gives it.
        tied : ndarray of bool
            Shape (n,), whether more than one outline holds the point.

        Raises
        ------
        ValueError
            If the two differ in length.

        Examples
        --------
        >>> import geopandas
        >>> squares = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
        >>> basins = geopandas.GeoDataFrame(index=["west", "east"], geometry=squares, crs="EPSG:4326")
        >>> BasinLocator(basins).locate_ties([0.5, 1.0], [0.5, 0.5])[1]
        array([False,  True])
        """
        x, y = (np.ascontiguousarray(values, dtype=np.float64) for values in (longitude, latitude))
        if x.shape != y.shape:
            message = f"longitude has shape {x.shape}, latitude {y.shape}"
            raise ValueError(message)
        self._asked += len(x)
        ways = {"geos": self._ask_geos, "sweep": self._sweep, "grid": self._ask_grid}
        return ways[self._cheapest()](x, y)

    def build_index(self, points: int = _MOST_CELLS) -> None:
        """Build the index ahead, for jobs of about so many points; it is then used for jobs of every size.

        Parameters
        ----------
        points : int
            The more, the finer the grid: it takes longer to build, more memory, and answers faster.

        Examples
        --------
        >>> import geopandas
        >>> square = geopandas.GeoDataFrame(index=["a"], geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
        >>> locator = BasinLocator(square)
        >>> locator.build_index(10_000)
        >>> locator.locate([0.5], [0.5])
        array([0], dtype=int32)
        """
        from watershed_cp.basins import labelgrid

        self._cells = min(max(points, _FEWEST_CELLS), _MOST_CELLS)
        path = None if self._folder is None else self._folder / f"{self._key()}-{self._cells}.npz"
        self._grid = None if path is None else labelgrid.kept(path)
        if self._grid is None:
            self._grid = labelgrid.build(rings_of(self._outlines), self._turns, self._cells)
            if path is not None:
                labelgrid.keep(self._grid, path)

    def _cheapest(self) -> str:
        """Weigh the ways for all points asked so far, as if they had come at once."""
        if self._grid is not None:
            return "grid"
        if not self._vertices:
            return "geos"
        touched = self._vertices * min(1, self._asked / len(self._outlines))
        vertices = {"geos": touched, "sweep": touched, "grid": self._vertices}
        loading = 0 if "watershed_cp.basins.gridkernels" in sys.modules else _LOADING
        costs = {
            way: vertices[way] * _PER_VERTEX[way] + self._asked * _PER_POINT[way] + loading * (way != "geos")
            for way in vertices
        }
        return min(costs, key=costs.__getitem__)

    def _sweep(self, x: Floats, y: Floats) -> Found:
        """Sweep the outlines over the points."""
        from watershed_cp.basins import sweep

        return sweep.locate(self._outlines, self._boxes, self._turns, x, y)

    def _ask_grid(self, x: Floats, y: Floats) -> Found:
        """Look the points up, in an index made for at least an eighth as many."""
        from watershed_cp.basins import labelgrid

        if self._grid is None or min(len(x), _MOST_CELLS) > 8 * self._cells:
            self.build_index(len(x))
        return labelgrid.locate(cast("Grid", self._grid), x, y)

    def _ask_geos(self, x: Floats, y: Floats) -> Found:
        """Ask GEOS, outline by outline or by a tree of the points."""
        return self._ask_few(x, y) if len(self._outlines) <= _FEW_BASINS else self._ask_tree(x, y)

    def _ask_few(self, x: Floats, y: Floats) -> Found:
        """Ask the outlines one by one, in the order of their turns."""
        shapely.prepare(self._outlines)
        found, tied = np.full(x.shape, -1, dtype=np.int32), np.zeros(x.shape, dtype=np.bool_)
        for row in self._turns:
            outline = self._outlines[row]
            west, south, east, north = self._boxes[row]
            near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
            inside = near[shapely.intersects_xy(outline, x[near], y[near])]
            tied[inside] = found[inside] >= 0
            found[inside] = np.where(found[inside] < 0, row, found[inside])
        return found, tied

    def _ask_tree(self, x: Floats, y: Floats) -> Found:
        """Ask each outline for the points in it, by a tree of the points."""
        finite = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        tree = shapely.STRtree(shapely.points(x[finite], y[finite]))
        turn, point = tree.query(self._outlines[self._turns], predicate="intersects")
        first = np.full(len(finite), len(self._turns))
        np.minimum.at(first, point, turn)
        found, tied = np.full(x.shape, -1, dtype=np.int32), np.zeros(x.shape, dtype=np.bool_)
        found[finite] = np.append(self._turns, -1)[first]
        tied[finite] = np.bincount(point, minlength=len(finite)) > 1
        return found, tied

    def _key(self) -> str:
        """Give the hash of the layer: of its outlines, its order, and the format of the index."""
        digest = hashlib.sha256(_INDEX_FORMAT + self._turns.tobytes())
        for outline in shapely.to_wkb(self._outlines):
            digest.update(outline)
        return digest.hexdigest()
