"""Where the water goes: a network of cells, each of which drains to one neighbour, ordered once and then walked."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from watershed_cp.basins.catalogue import read_towns
from watershed_cp.basins.cellgrid import CellGrid
from watershed_cp.basins.courses import built_in_layers, describe
from watershed_cp.basins.coverage import near_longitude, smooth_line
from watershed_cp.basins.directions import NO_FLOW, downstream_cells, write_directions
from watershed_cp.basins.surface import open_raster, refuse_too_large
from watershed_cp.errors import InputError
from watershed_cp.messages import fault
from watershed_cp.reference import data_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

    from watershed_cp.basins.courses import Course

__all__ = ["FlowNetwork"]

_SMOOTHING = 2  # rounds, so that a course is as long as a river and not as its staircase
_BUILT_IN = ("acelhuate", "chamelecon", "motagua", "panama_canal")


@dataclass(frozen=True, kw_only=True, eq=False)
class FlowNetwork(CellGrid):
    """A grid of cells and the cell to which each drains.

    Attributes
    ----------
    downstream : ndarray of int64, shape (cells,)
        Row-major index of the next cell; its own at an outlet; -1 without data.
    shape, transform, crs
        Of the grid: :class:`watershed_cp.basins.cellgrid.CellGrid`.
    layers : dict of str to geopandas.GeoDataFrame
        What a course may pass: ``rivers``, ``lakes``, ``basins``, ``municipalities``, ``towns``, as
        :func:`watershed_cp.basins.courses.describe` takes them.

    Examples
    --------
    >>> course = FlowNetwork.open("acelhuate").trace(-89.19, 13.70)
    >>> course.rivers[0].name, course.rivers[-1].name
    ('Río Acelhuate', 'Río Lempa')
    """

    downstream: NDArray[np.int64]
    layers: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)

    @classmethod
    def open(cls, source: str | Path, **layers: gpd.GeoDataFrame) -> FlowNetwork:
        """Open the network of a built-in watershed, or any GeoTIFF of D8 flow directions.

        Parameters
        ----------
        source : str or Path
            ``acelhuate``, ``chamelecon``, ``motagua`` or ``panama_canal``; or a path. Codes as ESRI writes them:
            1 east, clockwise to 128 north-east, 0 outlet, 247 or 255 or the file's own value without data.
        **layers : geopandas.GeoDataFrame
            ``rivers``, ``lakes``, ``basins``, ``municipalities`` or ``towns`` that courses may pass; they replace
            those of a built-in watershed. The towns of the four countries are always there; limits of municipalities
            only where they are given.

        Raises
        ------
        MissingFileError, InputError
            If there is no such file or name, no CRS, the raster is rotated or too large for memory, or codes are
            unknown or run in a circle.

        Examples
        --------
        >>> FlowNetwork.open("motagua").outlet_of(-89.53, 14.97)
        (-88.21771, 15.7226)
        """
        named = str(source) in _BUILT_IN
        path = data_path("basins", "flow", f"{source}.tif") if named else Path(source)
        if not path.exists() and not path.suffix:
            raise InputError(fault("flow_unknown_name", value=source, names=", ".join(_BUILT_IN)))
        with open_raster(path) as raster:
            refuse_too_large(raster, raster.height, raster.width)
            band, transform, crs = raster.read(1, masked=True), raster.transform, raster.crs
        codes = np.where(np.ma.getmaskarray(band), np.int16(NO_FLOW), band.data)
        known = built_in_layers(str(source)) if named else {}
        beside = {"towns": read_towns(), **known, **layers}
        return cls.from_directions(codes, transform, crs, file=path.name, layers=beside)

    @classmethod
    def from_directions(
        cls,
        codes: NDArray[Any],
        transform: Any,
        crs: Any,
        *,
        file: str | None = None,
        layers: dict[str, gpd.GeoDataFrame] | None = None,
    ) -> FlowNetwork:
        """Build the network from D8 codes; what leaves the grid or runs into no data ends there.

        Parameters
        ----------
        codes : ndarray of integers, shape (rows, columns)
            D8 codes as ESRI writes them.
        transform, crs
            Of the grid.
        file : str, optional
            Name for messages.
        layers : dict of str to geopandas.GeoDataFrame, optional
            What a course may pass.

        Raises
        ------
        InputError
            If codes are unknown or run in a circle.

        Examples
        --------
        >>> import affine
        >>> down = FlowNetwork.from_directions(np.array([[1, 1, 0]]), affine.Affine(1, 0, 0, 0, -1, 1), "EPSG:4326")
        >>> down.downstream.tolist()
        [1, 2, 2]
        """
        network = cls(
            downstream=downstream_cells(codes, file=file),
            shape=codes.shape,
            transform=transform,
            crs=crs,
            layers=layers or {},
        )
        network._refuse_loops(file)
        return network

    def save(self, path: str | Path, *, only: NDArray[np.bool_] | None = None) -> None:
        """Write the network as a small GeoTIFF of D8 codes that :meth:`open` and any GIS read.

        Parameters
        ----------
        path : str or Path
            File to write.
        only : ndarray of bool, shape (rows, columns), optional
            Cells to keep; the raster is cut to their extent.
        """
        kept = self.downstream.reshape(self.shape) >= 0 if only is None else only
        write_directions(Path(path), self.downstream, kept, self.transform, self.crs)

    def _refuse_loops(self, file: str | None) -> None:
        ends = self._ends[0]
        lost = np.flatnonzero((self.downstream >= 0) & (self.downstream[ends] != ends))
        if lost.size:
            x, y = self.lonlat(ends[lost[:1]])[0]
            raise InputError(fault("flow_loop", file=file, x=x, y=y))

    @cached_property
    def _ends(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
        """Outlet, km and steps to it for every cell: each round doubles how far the flowing cells look ahead."""
        flowing = np.flatnonzero(self.downstream >= 0)
        row = np.zeros(self.downstream.size, np.int64)
        row[flowing] = np.arange(flowing.size)
        ahead = row[self.downstream[flowing]]
        steps, km = (ahead != np.arange(flowing.size)).astype(np.int64), self.step_km[flowing]
        for _ in range(int(np.ceil(np.log2(max(flowing.size, 2)))) + 1):
            further = ahead[ahead]
            if (further == ahead).all():
                break
            km, steps, ahead = km + km[ahead], steps + steps[ahead], further
        every = (
            np.arange(self.downstream.size),
            np.zeros(self.downstream.size),
            np.zeros(self.downstream.size, np.int64),
        )
        for whole, known in zip(every, (flowing[ahead], km, steps), strict=True):
            whole[flowing] = known
        return every

    @cached_property
    def step_km(self) -> NDArray[np.float64]:
        """Distance from the centre of each cell to that of the next, km, shape (cells,); 0 at an outlet."""
        cells = np.arange(self.downstream.size)
        ahead = np.where(self.downstream < 0, cells, self.downstream)
        return np.where(ahead == cells, 0.0, self.distance_km(cells, ahead))

    @property
    def outlet_cell(self) -> NDArray[np.int64]:
        """Cell at which the water of each cell ends, shape (cells,); its own index without data."""
        return self._ends[0]

    @property
    def outlet_km(self) -> NDArray[np.float64]:
        """Length of the way from each cell to its outlet over the centres of cells, km, shape (cells,)."""
        return self._ends[1]

    @cached_property
    def _generations(self) -> list[NDArray[np.int64]]:
        """Cells by the number of steps to their outlet, farthest first: the order in which water is handed down."""
        cells = np.flatnonzero((self.downstream >= 0) & (self.downstream != np.arange(self.downstream.size)))
        steps = self._ends[2][cells]
        order = np.argsort(-steps, kind="stable")
        return np.split(cells[order], np.flatnonzero(np.diff(steps[order])) + 1)

    def accumulate(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add to each cell what lies upstream of it.

        Parameters
        ----------
        values : ndarray of float, shape (rows, columns)
            An extensive quantity per cell, for example km2 or kg/yr.

        Returns
        -------
        ndarray of float, shape (rows, columns)
            The cell's own value and all above it; 0 without data.

        Examples
        --------
        >>> import affine
        >>> down = FlowNetwork.from_directions(np.array([[1, 1, 0]]), affine.Affine(1, 0, 0, 0, -1, 1), "EPSG:4326")
        >>> down.accumulate(np.ones((1, 3))).tolist()
        [[1.0, 2.0, 3.0]]
        """
        total = np.where(self.downstream < 0, 0.0, np.asarray(values, float).ravel())
        for cells in self._generations:
            np.add.at(total, self.downstream[cells], total[cells])
        return total.reshape(self.shape)

    def reaches(self, cells: Iterable[int]) -> Iterator[NDArray[np.int64]]:
        """Part the ways of cells into reaches: each ends where an earlier one takes its water, or at the outlet.

        Parameters
        ----------
        cells : iterable of int
            Where the ways begin, on the network.

        Yields
        ------
        ndarray of int
            Cells downstream, none of them in an earlier reach.

        Examples
        --------
        >>> import affine
        >>> down = FlowNetwork.from_directions(np.array([[1, 1, 0]]), affine.Affine(1, 0, 0, 0, -1, 1), "EPSG:4326")
        >>> [reach.tolist() for reach in down.reaches([1, 0])]
        [[1, 2], [0]]
        """
        passed: set[int] = set()
        for start in cells:
            reach, cell = [], int(start)
            while cell not in passed:
                passed.add(cell)
                reach.append(cell)
                cell = int(self.downstream[cell])
            if reach:
                yield np.array(reach)

    def deliver(self, passing: NDArray[np.float64], *, until: int | None = None) -> NDArray[np.float64]:
        """Give the share of what each cell releases that arrives where its water ends: the way back of `accumulate`.

        Parameters
        ----------
        passing : ndarray of float, shape (cells,) or (cells, n)
            Share of what enters a cell that leaves it, 0 to 1, row-major; several cases side by side as columns.
        until : int, optional
            A cell at which the way ends, whose own loss is not counted; by default it ends at the outlet, whose is.

        Returns
        -------
        ndarray of float, shape of `passing`
            1 at `until`; below it the share that arrives at the outlet.

        Examples
        --------
        >>> import affine
        >>> down = FlowNetwork.from_directions(np.array([[1, 1, 0]]), affine.Affine(1, 0, 0, 0, -1, 1), "EPSG:4326")
        >>> down.deliver(np.array([0.5, 0.5, 0.8])).tolist()
        [0.2, 0.4, 0.8]
        """
        share = np.array(passing, float)
        if until is not None:
            share[until] = 1.0
        for cells in reversed(self._generations):
            moving = cells if until is None else cells[cells != until]
            share[moving] *= share[self.downstream[moving]]
        return share

    def upstream_of(self, longitude: float, latitude: float) -> NDArray[np.bool_]:
        """Mark the cells whose water passes a point, that of the point included.

        Returns
        -------
        ndarray of bool, shape (rows, columns)

        Raises
        ------
        InputError
            If the point is not on the network.

        Examples
        --------
        >>> import affine
        >>> down = FlowNetwork.from_directions(np.array([[1, 1, 0]]), affine.Affine(1, 0, 0, 0, -1, 1), "EPSG:4326")
        >>> down.upstream_of(1.5, 0.5).tolist()
        [[True, True, False]]
        """
        passes = np.zeros(self.downstream.size, bool)
        passes[self.cell_of(longitude, latitude)] = True
        for cells in reversed(self._generations):
            passes[cells] |= passes[self.downstream[cells]]
        return passes.reshape(self.shape)

    def downstream_of(self, longitude: float, latitude: float) -> NDArray[np.bool_]:
        """Mark the cells that the water of a point passes, that of the point included.

        Returns
        -------
        ndarray of bool, shape (rows, columns)

        Raises
        ------
        InputError
            If the point is not on the network.

        Examples
        --------
        >>> import affine
        >>> down = FlowNetwork.from_directions(np.array([[1, 1, 0]]), affine.Affine(1, 0, 0, 0, -1, 1), "EPSG:4326")
        >>> down.downstream_of(1.5, 0.5).tolist()
        [[False, True, True]]
        """
        passed = np.zeros(self.downstream.size, bool)
        passed[self.path(self.cell_of(longitude, latitude))] = True
        return passed.reshape(self.shape)

    def path(self, cell: int) -> NDArray[np.int64]:
        """List the cells from one to its outlet, both included.

        Examples
        --------
        >>> import affine
        >>> down = FlowNetwork.from_directions(np.array([[1, 1, 0]]), affine.Affine(1, 0, 0, 0, -1, 1), "EPSG:4326")
        >>> down.path(0).tolist()
        [0, 1, 2]
        """
        passed = [int(cell)]
        while self.downstream[passed[-1]] != passed[-1]:
            passed.append(int(self.downstream[passed[-1]]))
        return np.array(passed)

    def cell_of(self, longitude: float, latitude: float) -> int:
        """Give the cell at a point of the network.

        Raises
        ------
        InputError
            If the point is not on the network.
        """
        cell = self.cell_at(longitude, latitude)
        if cell is None or self.downstream[cell] < 0:
            west, south, east, north = self.bounds
            raise InputError(
                fault(
                    "flow_point_outside",
                    x=longitude,
                    y=latitude,
                    west=west,
                    south=south,
                    east=east,
                    north=north,
                )
            )
        return cell

    def outlet_of(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Give longitude and latitude of the cell at which the water of a point ends.

        Raises
        ------
        InputError
            If the point is not on the network.
        """
        x, y = self.lonlat(self.outlet_cell[[self.cell_of(longitude, latitude)]])[0].tolist()
        return float(near_longitude(np.array(x), 0.0)), y

    def trace(self, longitude: float, latitude: float) -> Course:
        """Follow the water from a point to the end of the network.

        Parameters
        ----------
        longitude, latitude : float
            Degrees, EPSG:4326.

        Returns
        -------
        Course
            The line, its length on land and in lakes, and what it passes.

        Raises
        ------
        InputError
            If the point is not on the network.

        Examples
        --------
        >>> course = FlowNetwork.open("panama_canal").trace(-79.40, 9.28)
        >>> [lake.name for lake in course.lakes]
        ['Lago Alajuela', 'Lago Gatún']
        """
        cells = self.path(self.cell_of(longitude, latitude))
        points = smooth_line(self.lonlat(cells), _SMOOTHING)
        return describe(points, self.layers)
