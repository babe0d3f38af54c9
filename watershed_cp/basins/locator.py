"""Which basin a point lies in: exact, and one rule for points that two outlines claim."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from watershed_cp.basins.edges import outlines_of, text_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray

__all__ = ["BasinLocator"]

_FEW_BASINS = 32  # up to here a comparison of boxes costs less than a tree of boxes


class BasinLocator:
    """Finds the basin of points, and tells how many outlines claim each.

    A boundary belongs to its basin. A point on a shared edge, or in two outlines, goes to the smaller
    ``basin_id`` in text order.

    Parameters
    ----------
    basins : geopandas.GeoDataFrame
        Index ``basin_id``, polygons or multipolygons in EPSG:4326. Left as it is.

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

    def __init__(self, basins: gpd.GeoDataFrame) -> None:
        self._outlines = outlines_of(basins)
        self._in_text_order = text_order(basins)

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
        x, y = _as_points(longitude, latitude)
        found = np.full(x.shape, -1, dtype=np.int32)
        for basin, inside in self._claims(x, y):
            free = inside[found[inside] < 0]
            found[free] = basin
        return found

    def count_claims(self, longitude: ArrayLike, latitude: ArrayLike) -> NDArray[np.int32]:
        """Count the outlines that hold each point: above 1, the rule for ties has decided.

        Parameters
        ----------
        longitude, latitude : array_like
            Shape (n,), degrees, WGS 84.

        Returns
        -------
        ndarray of int32
            Shape (n,), number of outlines, boundaries included.

        Raises
        ------
        ValueError
            If the two differ in length.

        Examples
        --------
        >>> import geopandas
        >>> squares = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
        >>> basins = geopandas.GeoDataFrame(index=["west", "east"], geometry=squares, crs="EPSG:4326")
        >>> BasinLocator(basins).count_claims([0.5, 1.0, 9.0], [0.5, 0.5, 0.5])
        array([1, 2, 0], dtype=int32)
        """
        x, y = _as_points(longitude, latitude)
        claims = np.zeros(x.shape, dtype=np.int32)
        for _, inside in self._claims(x, y):
            claims[inside] += 1
        return claims

    def _claims(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> Iterator[tuple[int, NDArray[np.intp]]]:
        """Yield the basins in text order, each with the rows of the points it holds."""
        shapely.prepare(self._outlines)
        for basin, near in self._near_boxes(x, y):
            yield basin, near[shapely.intersects_xy(self._outlines[basin], x[near], y[near])]

    def _near_boxes(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> Iterator[tuple[int, NDArray[np.intp]]]:
        """Yield the basins in text order, each with the rows of the points in its box."""
        if len(self._outlines) <= _FEW_BASINS:
            for basin in self._in_text_order:
                west, south, east, north = shapely.bounds(self._outlines[basin])
                yield basin, np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
            return
        finite = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        point, turn = shapely.STRtree(self._outlines[self._in_text_order]).query(
            shapely.points(x[finite], y[finite])
        )
        point = finite[point[np.argsort(turn, kind="stable")]]
        turns, firsts = np.unique(np.sort(turn), return_index=True)
        for turn_, rows in zip(turns, np.split(point, firsts[1:]), strict=True):
            yield self._in_text_order[turn_], rows


def _as_points(longitude: ArrayLike, latitude: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, y = np.asarray(longitude, dtype=np.float64), np.asarray(latitude, dtype=np.float64)
    if x.shape != y.shape:
        message = f"longitude has shape {x.shape}, latitude {y.shape}"
        raise ValueError(message)
    return x, y
