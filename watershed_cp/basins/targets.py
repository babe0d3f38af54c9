"""What a firm may be near to: a basin, a river of some size, or a place that its water flows to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from watershed_cp.basins.divide import Divides
from watershed_cp.basins.edges import edges_along, edges_of, outlines_of, require_wgs84, text_order
from watershed_cp.basins.locator import BasinLocator
from watershed_cp.errors import InputError
from watershed_cp.messages import fault

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from watershed_cp.basins.network import FlowNetwork

    Floats = NDArray[np.float64]
    Names = NDArray[np.object_]

__all__ = ["BasinTarget", "RiverTarget", "Target", "UpstreamTarget"]


class Target(Protocol):
    """Something that points can be near to."""

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north, degrees."""

    def measure(self, points: Floats, limit_m: float) -> tuple[Names, Floats]:
        """Tell for points (n, 2) in degrees what is nearest, and metres to it; infinite beyond the limit."""


@dataclass(frozen=True, eq=False)
class BasinTarget:
    """Basins: 0 m inside, otherwise geodesic metres to the boundary.

    Attributes
    ----------
    basins : geopandas.GeoDataFrame
        Index ``basin_id``, polygons in EPSG:4326.
    """

    basins: gpd.GeoDataFrame

    @cached_property
    def _ordered(self) -> gpd.GeoDataFrame:
        outlines_of(self.basins)
        return self.basins.iloc[text_order(self.basins)]

    @cached_property
    def _names(self) -> Names:
        return np.asarray(self._ordered.index.astype(str), dtype=object)

    @cached_property
    def _locator(self) -> BasinLocator:
        return BasinLocator(self._ordered)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north, degrees."""
        return _bounds(self._ordered)

    @cached_property
    def _divides(self) -> Divides:
        return Divides(edges_of(np.asarray(self._ordered.geometry.array, dtype=object)))

    def measure(self, points: Floats, limit_m: float) -> tuple[Names, Floats]:
        """Tell which basin holds each point, or is nearest within the limit.

        Examples
        --------
        >>> import geopandas, shapely
        >>> square = geopandas.GeoDataFrame(index=["a"], geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
        >>> BasinTarget(square).measure(np.array([[0.5, 0.5], [9.0, 9.0]]), 1000.0)[1].tolist()
        [0.0, inf]
        """
        row = self._locator.locate(points[:, 0], points[:, 1]).astype(np.int64)
        metres = np.zeros(len(points))
        outside = np.flatnonzero(row < 0)
        row[outside], metres[outside] = self._divides.nearest(points[outside], limit_m=limit_m)
        return _named(row, self._names), metres

    def holder(self, points: Floats) -> Names:
        """Name the basin that holds each point (n, 2), None where none does.

        Examples
        --------
        >>> import geopandas, shapely
        >>> square = geopandas.GeoDataFrame(index=["a"], geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
        >>> BasinTarget(square).holder(np.array([[0.5, 0.5], [9.0, 9.0]])).tolist()
        ['a', None]
        """
        return _named(self._locator.locate(points[:, 0], points[:, 1]).astype(np.int64), self._names)

    def beside(self, points: Floats, limit_m: float) -> NDArray[np.bool_]:
        """Tell which points (n, 2) have a boundary within a distance.

        Examples
        --------
        >>> import geopandas, shapely
        >>> square = geopandas.GeoDataFrame(index=["a"], geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
        >>> BasinTarget(square).beside(np.array([[0.5, 0.5], [0.5, 0.001]]), 1000.0).tolist()
        [False, True]
        """
        return np.isfinite(self._divides.nearest(points, limit_m=limit_m)[1])


@dataclass(frozen=True, eq=False)
class RiverTarget:
    """Rivers of at least an order.

    Attributes
    ----------
    rivers : geopandas.GeoDataFrame
        Lines in EPSG:4326, columns ``name_es`` if there are names, and ``strahler``, which only an order above 1
        needs.
    minimum_order : int
        Strahler order.
    """

    rivers: gpd.GeoDataFrame
    minimum_order: int = 1

    @cached_property
    def _large(self) -> gpd.GeoDataFrame:
        require_wgs84(self.rivers)
        if "strahler" not in self.rivers:
            if self.minimum_order > 1:
                columns = ", ".join(map(str, self.rivers.columns))
                raise InputError(fault("rivers_without_order", value=self.minimum_order, columns=columns))
            return self.rivers
        large = self.rivers[self.rivers["strahler"] >= self.minimum_order]
        if large.empty:
            raise InputError(fault("no_river_of_order", value=self.minimum_order))
        return large

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north, degrees."""
        return _bounds(self._large)

    @cached_property
    def _names(self) -> Names:
        names = self._large.get("name_es", pd.Series("", index=self._large.index))
        return np.asarray(names.fillna(""), dtype=object)

    @cached_property
    def _divides(self) -> Divides:
        return Divides(edges_along(np.asarray(self._large.geometry.array, dtype=object)))

    def measure(self, points: Floats, limit_m: float) -> tuple[Names, Floats]:
        """Tell which river is nearest to each point within the limit.

        Examples
        --------
        >>> import geopandas, shapely
        >>> table = {"name_es": ["Lempa"], "strahler": [5], "geometry": [shapely.LineString([(0, 0), (1, 0)])]}
        >>> lempa = RiverTarget(geopandas.GeoDataFrame(table, crs="EPSG:4326"), minimum_order=3)
        >>> lempa.measure(np.array([[0.5, 0.001]]), 1000.0)[1].round().tolist()
        [111.0]
        """
        row, metres = self._divides.nearest(points, limit_m=limit_m)
        return _named(row, self._names), metres


@dataclass(frozen=True, eq=False)
class UpstreamTarget:
    """A place, for firms whose water passes it: metres along the flow.

    Attributes
    ----------
    network : FlowNetwork
        The way of the water.
    longitude, latitude : float
        The place, degrees.
    """

    network: FlowNetwork
    longitude: float
    latitude: float

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north, degrees."""
        return self.network.bounds

    @cached_property
    def _metres(self) -> Floats:
        """Metres along the flow from each cell to the place, infinite where the water passes it by."""
        passes = self.network.upstream_of(self.longitude, self.latitude).ravel()
        here = self.network.cell_at(self.longitude, self.latitude)
        return np.where(passes, (self.network.outlet_km - self.network.outlet_km[here]) * 1000, np.inf)

    def measure(self, points: Floats, limit_m: float) -> tuple[Names, Floats]:
        """Tell how far along the flow each point lies from the place.

        Examples
        --------
        >>> import affine
        >>> from watershed_cp.basins.network import FlowNetwork
        >>> square = affine.Affine(0.01, 0, 0, 0, -0.01, 0.01)
        >>> brook = FlowNetwork.from_directions(np.array([[1, 1, 0]]), square, "EPSG:4326")
        >>> target = UpstreamTarget(brook, 0.015, 0.005)
        >>> target.measure(np.array([[0.005, 0.005], [0.025, 0.005]]), 5000.0)[1].round().tolist()
        [1113.0, inf]
        """
        from pyproj import CRS, Transformer

        crs = CRS.from_user_input(self.network.crs)
        onto = Transformer.from_crs("EPSG:4326", crs, always_xy=True, allow_ballpark=False)
        column, row = ~self.network.transform * onto.transform(points[:, 0], points[:, 1])
        rows, columns = self.network.shape
        on = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        cell = np.where(on, np.floor(row) * columns + np.floor(column), 0).astype(np.int64)
        metres = np.where(on, self._metres[cell], np.inf)
        metres[metres > limit_m] = np.inf
        return np.full(len(points), f"{self.longitude:.5f}, {self.latitude:.5f}", dtype=object), metres


def _bounds(layer: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    west, south, east, north = layer.total_bounds.tolist()
    return west, south, east, north


def _named(row: NDArray[np.int64], names: Names) -> Names:
    named = names[np.maximum(row, 0)].astype(object)
    named[row < 0] = None
    return named
