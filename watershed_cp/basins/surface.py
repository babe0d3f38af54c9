"""Read an elevation raster and make water run over it as it does on the ground: rivers cut in, lakes level."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from watershed_cp.basins.directions import NO_FLOW, PIT, STEPS
from watershed_cp.errors import InputError, MissingFileError
from watershed_cp.messages import fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = [
    "Surface",
    "flow_directions",
    "metres_a_unit",
    "open_raster",
    "read_heights",
    "read_surface",
    "refuse_too_large",
]

SEA = -9999.0
_MOST_CELLS = 60_000_000  # about 4 GB while depressions are filled
_BANK_M = 4.0  # how much the ground leans towards a mapped river …
_BANK_REACH_M = 4000.0  # … and from how far: on a plain, land drains to the nearest river
_RHO8_SEED = 8
_PER_M = 1024.0  # elevations in steps of 1/1024 m, so that sums and differences are exact and level is level


@dataclass(frozen=True, kw_only=True)
class Surface:
    """A grid of elevations.

    Attributes
    ----------
    elevation_m : ndarray of float32, shape (rows, columns)
        Metres; :data:`SEA` where there is no land.
    transform : affine.Affine
        From (column, row) to the coordinates of `crs`.
    crs : rasterio.crs.CRS
        Geographic or projected.
    file : str
        Name of the file, for messages.
    """

    elevation_m: NDArray[np.float32]
    transform: Any
    crs: Any
    file: str

    @property
    def land(self) -> NDArray[np.bool_]:
        """Cells that have an elevation."""
        return np.asarray(self.elevation_m != SEA)

    def cell_m(self) -> float:
        """Give the side of a cell, m, at the middle of the grid."""
        side = float(np.sqrt(abs(self.transform.determinant)))
        if not self.crs.is_geographic:
            return side * metres_a_unit(self.crs)
        latitude = self.transform.f + self.transform.e * self.elevation_m.shape[0] / 2
        return side * 111_195.0 * float(np.sqrt(np.cos(np.radians(latitude))))

    def mask(self, layer: gpd.GeoDataFrame | None) -> NDArray[np.int32]:
        """Burn a layer into the grid: each feature by its number from 1; 0 elsewhere and at sea."""
        from rasterio.features import rasterize

        if layer is None or layer.empty:
            return np.zeros(self.elevation_m.shape, np.int32)
        shapes = [
            (shape, i) for i, shape in enumerate(layer.to_crs(self.crs).geometry, 1) if not shape.is_empty
        ]
        cells = rasterize(shapes, self.elevation_m.shape, transform=self.transform, dtype="int32")
        return np.where(self.land, cells, 0)


def read_surface(path: str | Path) -> Surface:
    """Read an elevation raster of any place and projection.

    Parameters
    ----------
    path : str or Path
        Any raster that GDAL reads; its first band is elevation in metres. Cells without data are sea, unless
        they are enclosed by land: those voids take the lowest elevation of their rim.

    Returns
    -------
    Surface
        The grid in its own coordinates.

    Raises
    ------
    MissingFileError, InputError
        If there is no such file, it is no raster, has no CRS, no land, is rotated or too large for memory.

    Examples
    --------
    >>> read_surface("nowhere.tif")
    Traceback (most recent call last):
    watershed_cp.errors.MissingFileError: nowhere.tif: There is no such file. Check the name and the folder.
    """
    file = Path(path).name
    with open_raster(path) as source:
        heights, transform = read_heights(source)
        elevation = np.where(np.isfinite(heights), heights, np.float32(SEA))
        surface = Surface(elevation_m=elevation, transform=transform, crs=source.crs, file=file)
    if not surface.land.any():
        raise InputError(fault("raster_no_land", file=file))
    return _without_voids(surface)


def open_raster(path: str | Path) -> Any:
    """Open a raster that says where it lies.

    Parameters
    ----------
    path : str or Path
        Any raster that GDAL reads.

    Returns
    -------
    rasterio.DatasetReader
        To be closed by the caller.

    Raises
    ------
    MissingFileError, InputError
        If there is no such file, it is no raster, has no CRS, or its rows do not run west to east from north to south.
    """
    import warnings

    import rasterio

    file = Path(path).name
    if not Path(path).exists():
        raise MissingFileError(fault("file_missing", file=file))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", rasterio.errors.NotGeoreferencedWarning
            )  # told below, as an error
            source = rasterio.open(path)
    except rasterio.errors.RasterioIOError as error:
        raise InputError(fault("raster_unreadable", file=file)) from error
    if source.crs is None:
        raise InputError(fault("raster_no_crs", file=file))
    across, down = source.transform.a, source.transform.e
    if source.transform.b or source.transform.d or across < 0 or down > 0:
        raise InputError(fault("raster_rotated", file=file))
    return source


def read_heights(source: Any, *, around: Sequence[float] | None = None) -> tuple[NDArray[np.float32], Any]:
    """Read the first band of an open raster, with its scale and offset.

    Parameters
    ----------
    source : rasterio.DatasetReader
        As :func:`open_raster` gives it.
    around : (float, float, float, float), optional
        West, south, east, north in the coordinates of the raster: read only these and a cell around them.

    Returns
    -------
    heights : ndarray of float32, shape (rows, columns)
        NaN without data.
    transform : affine.Affine
        Of what was read.

    Raises
    ------
    InputError
        If it is more than fits in memory; the size that would fit is told.
    """
    window = _window(source, around)
    refuse_too_large(source, int(window.height), int(window.width))
    band = source.read(1, window=window, out_dtype="float32", masked=True)
    heights = band.filled(np.nan) * np.float32(source.scales[0]) + np.float32(source.offsets[0])
    return heights, source.window_transform(window)


def refuse_too_large(source: Any, height: int, width: int) -> None:
    """Refuse to read more cells than fit in memory, and tell the size that would fit."""
    if height * width > _MOST_CELLS:
        side = int(np.sqrt(_MOST_CELLS))
        coarser = int(np.ceil(np.sqrt(height * width / _MOST_CELLS)))
        file = Path(source.name).name
        raise InputError(
            fault("raster_too_large", file=file, width=width, height=height, side=side, coarser=coarser)
        )


def _window(source: Any, around: Sequence[float] | None) -> Any:
    """Give the window of a raster that holds some bounds, one cell wider; at least one cell."""
    from rasterio.windows import Window, from_bounds

    if around is None:
        return Window(0, 0, source.width, source.height)
    near = from_bounds(*around, source.transform)
    rows = np.clip([np.floor(near.row_off) - 1, np.ceil(near.row_off + near.height) + 1], 0, source.height)
    columns = np.clip([np.floor(near.col_off) - 1, np.ceil(near.col_off + near.width) + 1], 0, source.width)
    size = max(int(np.ptp(columns)), 1), max(int(np.ptp(rows)), 1)
    return Window(min(int(columns[0]), source.width - 1), min(int(rows[0]), source.height - 1), *size)


def metres_a_unit(crs: Any) -> float:
    """Give the metres in a unit of a projected coordinate system.

    Examples
    --------
    >>> import rasterio
    >>> round(metres_a_unit(rasterio.crs.CRS.from_epsg(2263)), 4)
    0.3048
    """
    return float(crs.linear_units_factor[1])


def _without_voids(surface: Surface) -> Surface:
    """Give enclosed voids the lowest elevation of their rim: an open sea reaches the edge of the grid."""
    from scipy import ndimage

    holes, _ = ndimage.label(~surface.land, structure=np.ones((3, 3)))
    open_sea = np.unique(np.concatenate([holes[0], holes[-1], holes[:, 0], holes[:, -1]]))
    voids = np.setdiff1d(np.arange(1, holes.max() + 1), open_sea)
    if not voids.size:
        return surface
    elevation = surface.elevation_m.copy()
    for number, window in enumerate(ndimage.find_objects(holes), 1):
        if number in voids:
            box = tuple(slice(max(part.start - 1, 0), part.stop + 1) for part in window)
            inside = holes[box] == number
            rim = ndimage.binary_dilation(inside, np.ones((3, 3))) & (holes[box] == 0)
            elevation[box][inside] = elevation[box][rim].min()
    return Surface(elevation_m=elevation, transform=surface.transform, crs=surface.crs, file=surface.file)


def flow_directions(
    surface: Surface,
    *,
    rivers: gpd.GeoDataFrame | None = None,
    lakes: gpd.GeoDataFrame | None = None,
    burn_m: float = 400.0,
) -> NDArray[np.uint8]:
    """Find the neighbour to which each cell drains.

    Mapped rivers are cut in deeply and the ground leans towards them from either side (the AGREE method of
    Hellweger and Maidment); depressions are filled (Wang and Liu 2006). Inside a lake, water takes the way to
    the lake's one outlet that keeps off the shore.

    Parameters
    ----------
    surface : Surface
        Elevations.
    rivers, lakes : geopandas.GeoDataFrame, optional
        Mapped lines and polygons, any CRS.
    burn_m : float
        How deep mapped rivers are cut in, m.

    Returns
    -------
    ndarray of uint8, shape (rows, columns)
        D8 codes: 1 east, clockwise to 128 north-east; 0 outlet; 247 no data.

    Examples
    --------
    >>> import affine, rasterio
    >>> east = Surface(elevation_m=np.array([[3, 2, 1]], np.float32), transform=affine.Affine.scale(100, -100),
    ...                crs=rasterio.crs.CRS.from_epsg(32616), file="slope")
    >>> flow_directions(east).tolist()
    [[1, 1, 0]]
    """
    import pyflwdir

    in_lake = surface.mask(lakes)
    in_river = surface.mask(rivers) > 0
    carved = _carve(surface, in_river, in_lake > 0, burn_m)
    filled, directions = pyflwdir.dem.fill_depressions(carved, nodata=SEA, outlets="edge")
    directions = _steepest(filled, directions)
    for lake in np.unique(in_lake[in_lake > 0]):
        directions = _route_lake(directions, in_lake == lake, surface)
    return np.asarray(directions, np.uint8)


def _carve(
    surface: Surface, in_river: NDArray[np.bool_], in_lake: NDArray[np.bool_], burn_m: float
) -> NDArray[np.float32]:
    from scipy import ndimage

    carved = surface.elevation_m.copy()
    if in_river.any():
        away_m = ndimage.distance_transform_edt(~in_river) * surface.cell_m()
        lean_m = _BANK_M * np.clip(1 - away_m / _BANK_REACH_M, 0, None)
        carved = np.where(surface.land, carved - lean_m.astype(np.float32), carved)
        carved[in_river] -= burn_m
    if in_lake.any():
        carved[in_lake] = carved[surface.land].min()
    return np.where(surface.land, np.round(carved * _PER_M) / _PER_M, SEA).astype(np.float32)


def _steepest(filled: NDArray[np.float32], directions: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Send each cell down its steepest slope; on level ground keep the way by which the flood came in.

    Filling alone looks at the lowest neighbour and so prefers the four that are farther away; and on an even slope
    eight directions draw parallel lines. So the run of a diagonal is not 1.41 but drawn between 1 and 2, cell by cell
    (Rho8, Fairfield and Leymarie 1991), always the same for the same grid. No circle can arise: a slope leads
    strictly down, and level ways follow the order of the flood.
    """
    diagonal = 2 - np.random.default_rng(_RHO8_SEED).random(filled.shape)
    rows, columns = filled.shape
    padded = np.pad(np.where(directions == NO_FLOW, np.inf, filled), 1, constant_values=np.inf)
    best, steepest = np.zeros(filled.shape), directions.copy()
    for code, (down, right) in STEPS.items():
        neighbour = padded[1 + down : 1 + down + rows, 1 + right : 1 + right + columns]
        slope = (filled - neighbour) / (diagonal if down and right else 1.0)
        better = (slope > best) & (directions != NO_FLOW) & (directions != PIT)
        best, steepest = np.where(better, slope, best), np.where(better, code, steepest)
    return np.asarray(steepest, np.uint8)


def _route_lake(
    directions: NDArray[np.uint8], lake: NDArray[np.bool_], surface: Surface
) -> NDArray[np.uint8]:
    """Lead every cell of a lake to the lake's outlet, by the shortest way that keeps off the shore."""
    import pyflwdir
    from scipy import ndimage, sparse

    flow = pyflwdir.from_array(
        directions, ftype="d8", check_ftype=False, transform=surface.transform, latlon=False
    )
    leaves = lake.ravel() & (~lake.ravel()[flow.idxs_ds] | (flow.idxs_ds == np.arange(lake.size)))
    exits = np.flatnonzero(leaves)
    outlet = exits[np.argmax(flow.upstream_area("cell").ravel()[exits])]
    cells = np.flatnonzero(lake)
    number = np.full(lake.size, -1)
    number[cells] = np.arange(cells.size)
    off_shore = ndimage.distance_transform_edt(lake).ravel()[cells]
    rows, columns = np.divmod(cells, lake.shape[1])
    links = []
    for down, right in STEPS.values():
        r, c = rows + down, columns + right
        inside = (r >= 0) & (r < lake.shape[0]) & (c >= 0) & (c < lake.shape[1])
        other = np.where(inside, number[np.where(inside, r * lake.shape[1] + c, 0)], -1)
        here = np.flatnonzero(other >= 0)
        links.append((here, other[here], np.hypot(down, right) * (1 + 4 / off_shore[other[here]])))
    start, end, cost = (np.concatenate(part) for part in zip(*links, strict=True))
    graph = sparse.csr_array((cost, (start, end)), shape=(cells.size, cells.size))
    _, before = sparse.csgraph.dijkstra(graph, indices=number[outlet], return_predecessors=True)
    reached = np.flatnonzero(before >= 0)
    step = np.stack([rows[before[reached]] - rows[reached], columns[before[reached]] - columns[reached]], 1)
    codes = {offsets: code for code, offsets in STEPS.items()}
    routed = directions.copy()
    routed.ravel()[cells[reached]] = [codes[int(down), int(right)] for down, right in step]
    return routed
