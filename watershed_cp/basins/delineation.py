"""From an elevation raster to watersheds: condition the surface, find the outlet, follow the water uphill."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from watershed_cp.basins.coverage import label_outlines, near_longitude, smooth_line, to_degrees
from watershed_cp.basins.directions import NO_FLOW, PIT
from watershed_cp.basins.earth import geodesic
from watershed_cp.basins.geometry import area_km2, cut_at_antimeridian
from watershed_cp.basins.surface import Surface, flow_directions, read_surface
from watershed_cp.errors import InputError
from watershed_cp.messages import fault

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from watershed_cp.basins.network import FlowNetwork

__all__ = ["Delineation", "delineate"]

_LEVELS = 2
_REACH = ["basin_id", "below_outlet", "strahler", "upstream_km2", "length_km", "geometry"]
_LEAST_SHARE = 0.005  # of its watershed that a sub-basin must have to stand alone


@dataclass(frozen=True, kw_only=True)
class Delineation:
    """What :func:`delineate` found; every table in EPSG:4326.

    Attributes
    ----------
    basins : geopandas.GeoDataFrame
        Index ``basin_id``; ``area_km2``, ``outlet_longitude``, ``outlet_latitude``, ``outlet_moved_m`` and the
        outlines, which form a valid coverage.
    subbasins : geopandas.GeoDataFrame
        Index ``basin_id``; ``parent``, ``next_down`` (empty at the outlet), ``level``, ``area_km2``. The units of a
        level tile their parents; their identifiers are Pfafstetter codes.
    rivers : geopandas.GeoDataFrame
        Reaches from confluence to confluence, drawn downstream: ``basin_id``, ``below_outlet``, ``strahler``,
        ``upstream_km2``, ``length_km``.
    network : FlowNetwork
        Where each cell drains to.
    """

    basins: gpd.GeoDataFrame
    subbasins: gpd.GeoDataFrame
    rivers: gpd.GeoDataFrame
    network: FlowNetwork


def delineate(
    elevation: str | Path,
    outlet: tuple[float, float] | Mapping[str, tuple[float, float]],
    *,
    rivers: gpd.GeoDataFrame | None = None,
    lakes: gpd.GeoDataFrame | None = None,
    snap_m: float = 2000.0,
    burn_m: float = 400.0,
    stream_km2: float = 25.0,
    subbasin_km2: float = 50.0,
) -> Delineation:
    """Delineate the watershed above an outlet, its nested sub-basins and its rivers.

    Every hollow is filled: a basin without outflow drains over the lowest point of its rim.

    Parameters
    ----------
    elevation : str or Path
        Elevation raster, metres, geographic or projected; no data is sea.
    outlet : (float, float) or mapping of text to (float, float)
        Longitude and latitude; with several, each gets its identifier, and one upstream of another takes its
        part away from it. A single one is called ``basin``.
    rivers, lakes : geopandas.GeoDataFrame, optional
        Mapped lines to which water keeps, and polygons through which it flows level.
    snap_m : float
        How far the outlet may move to reach a stream, m.
    burn_m : float
        How deep mapped rivers are cut in, m: more than any step of the surface.
    stream_km2 : float
        Upstream area from which a cell is a stream, km2.
    subbasin_km2 : float
        Upstream area from which a tributary becomes a sub-basin of its own, km2.

    Returns
    -------
    Delineation
        Outlines, sub-basins, rivers and flow network.

    Raises
    ------
    MissingFileError
        If there is no such raster.
    InputError
        If the raster is unfit, or no stream is within `snap_m` of an outlet.

    Examples
    --------
    >>> delineate("nowhere.tif", (-89.2, 13.7))
    Traceback (most recent call last):
    watershed_cp.errors.MissingFileError: nowhere.tif: There is no such file. Check the name and the folder.
    """
    outlets = {"basin": outlet} if isinstance(outlet, tuple) else dict(sorted(outlet.items()))
    surface = read_surface(elevation)
    water = _Water(surface, flow_directions(surface, rivers=rivers, lakes=lakes, burn_m=burn_m), stream_km2)
    cells, moved_m = water.snap(list(outlets.values()), snap_m)
    units = water.subbasins(cells, list(outlets), subbasin_km2)
    return Delineation(
        basins=_in_one_turn(_basin_table(units, water, list(outlets), cells, moved_m)),
        subbasins=_in_one_turn(units),
        rivers=_in_one_turn(water.rivers(cells, list(outlets))),
        network=water.network,
    )


@dataclass(frozen=True)
class _Water:
    """Flow directions with what follows from them."""

    surface: Surface
    directions: NDArray[np.uint8]
    stream_km2: float

    @cached_property
    def flow(self) -> Any:
        import pyflwdir

        latlon = bool(self.surface.crs.is_geographic)
        return pyflwdir.from_array(
            self.directions, ftype="d8", check_ftype=False, transform=self.surface.transform, latlon=latlon
        )

    @cached_property
    def network(self) -> FlowNetwork:
        from watershed_cp.basins.network import FlowNetwork

        return FlowNetwork.from_directions(self.directions, self.surface.transform, self.surface.crs)

    @cached_property
    def upstream_km2(self) -> NDArray[np.float64]:
        return np.asarray(self.flow.accuflux(self.network.cell_km2))

    def lonlat(self, cells: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        rows, columns = np.divmod(cells, self.directions.shape[1])
        pixels = np.column_stack([columns + 0.5, rows + 0.5])
        degrees = to_degrees(pixels, self.surface.transform, self.surface.crs)
        return degrees[:, 0], degrees[:, 1]

    def snap(self, points: list[tuple[float, float]], snap_m: float) -> tuple[list[int], list[float]]:
        """Move each outlet to the nearest cell of a stream, and tell how far that is."""
        streams = np.flatnonzero(self.upstream_km2.ravel() >= self.stream_km2)
        longitude, latitude = self.lonlat(streams)
        geod = geodesic()
        cells, moved = [], []
        for x, y in points:
            self._refuse_off_raster(x, y)
            if not streams.size:
                rule = "outlet_no_stream_at_all"
                raise InputError(fault(rule, file=self.surface.file, stream_km2=self.stream_km2))
            east = near_longitude(longitude, x) - x
            near = np.hypot(east * np.cos(np.radians(y)), latitude - y).argsort(kind="stable")[:9]
            metres = geod.inv(np.full(near.size, x), np.full(near.size, y), longitude[near], latitude[near])[
                2
            ]
            best = near[np.argmin(metres)]
            if metres.min() > snap_m:
                raise InputError(
                    self._too_far(x, y, snap_m, best=(longitude[best], latitude[best], metres.min()))
                )
            if int(streams[best]) in cells:
                raise InputError(
                    fault("outlets_meet", file=self.surface.file, x=longitude[best], y=latitude[best])
                )
            cells.append(int(streams[best]))
            moved.append(float(metres.min()))
        return cells, moved

    def _refuse_off_raster(self, x: float, y: float) -> None:
        network = self.network
        if network.cell_at(x, y) is None:
            west, south, east, north = network.bounds
            raise InputError(
                fault("outlet_off_raster", file=self.surface.file, x=x, y=y, west=west, south=south, east=east,
                      north=north)
            )  # fmt: skip

    def _too_far(self, x: float, y: float, snap_m: float, best: tuple[float, float, float]) -> Any:
        cell = self.network.cell_at(x, y)
        dry = cell is not None and self.directions.ravel()[cell] == NO_FLOW
        return fault(
            "outlet_in_sea" if dry else "outlet_no_stream",
            file=self.surface.file, x=x, y=y, snap_m=snap_m, stream_km2=self.stream_km2,
            near_x=best[0], near_y=best[1], nearest_m=best[2],
        )  # fmt: skip

    def subbasins(self, cells: list[int], names: list[str], least_km2: float) -> gpd.GeoDataFrame:
        """Split each watershed into nested Pfafstetter units and draw them."""
        ids = np.arange(1, len(cells) + 1, dtype=np.uint32)
        owner = np.asarray(self.flow.basins(idxs=np.array(cells, np.intp), ids=ids), np.int64)
        codes = np.zeros(owner.shape, np.int32)
        for number, cell in enumerate(cells, start=1):
            inside = owner == number
            codes[inside] = number * 10**_LEVELS + self._pfafstetter(inside, cell, least_km2)[inside]
        outlines = {
            code: _to_degrees_shape(shape, self.surface) for code, shape in label_outlines(codes).items()
        }
        return _unit_table(outlines, self._next_down(codes), names)

    def _pfafstetter(self, inside: NDArray[np.bool_], cell: int, least_km2: float) -> NDArray[np.int32]:
        """Give each cell of one watershed its Pfafstetter unit; units too small to stand alone join a neighbour."""
        import pyflwdir

        own = np.where(inside, self.directions, NO_FLOW).astype(np.uint8)
        own.ravel()[cell] = PIT
        flow = pyflwdir.from_array(own, ftype="d8", check_ftype=False, transform=self.surface.transform)
        whole = self.upstream_km2.ravel()[cell]
        upstream = np.where(inside, self.upstream_km2, 0.0)
        codes = flow.subbasins_pfafstetter(depth=_LEVELS, uparea=upstream, upa_min=least_km2)[0]
        codes = np.asarray(codes, np.int32)
        area = self.network.cell_km2
        while True:
            sizes = np.bincount(codes[inside], weights=area[inside])
            small = [code for code in np.flatnonzero(sizes) if sizes[code] < _LEAST_SHARE * whole]
            below = self._next_down(np.where(inside, codes, 0))
            moves = {int(code): _merge_into(int(code), below) for code in small}
            moves = {code: target for code, target in moves.items() if target is not None}
            if not moves:
                return codes
            code, target = min(moves.items(), key=lambda move: (sizes[move[0]], move[0]))
            codes[codes == code] = target

    def _next_down(self, codes: NDArray[np.int32]) -> dict[int, int]:
        """Tell into which unit each unit drains, 0 for none."""
        flat, area = codes.ravel(), self.upstream_km2.ravel()
        cells = np.flatnonzero(flat)
        last = cells[np.lexsort((area[cells], flat[cells]))]
        outlets = last[np.append(np.diff(flat[last]) != 0, True)]
        below = self.network.downstream[outlets]
        to = np.where(below == outlets, 0, flat[below])
        return {int(code): int(target) for code, target in zip(flat[outlets], to, strict=True)}

    def rivers(self, cells: list[int], names: list[str]) -> gpd.GeoDataFrame:
        """Draw the reaches inside each basin, and the way from its outlet to the end of the water."""
        import geopandas as gpd
        import shapely

        owner, below = self._courses(cells)
        streams = self.upstream_km2 >= self.stream_km2
        strahler = self.flow.stream_order(mask=streams)
        found = self.flow.streams(mask=streams, strord=strahler)
        geod = geodesic()
        rows = []
        for reach in found:
            told = reach["properties"]
            points = np.array(reach["geometry"]["coordinates"])
            if owner.ravel()[told["idx"]] == 0 or len(points) < 2 or told["pit"]:  # noqa: PLR2004 - a line's ends
                continue
            line = _to_lonlat(smooth_line(points, 2), self.surface)
            rows.append(
                {
                    "basin_id": names[owner.ravel()[told["idx"]] - 1],
                    "below_outlet": bool(below.ravel()[told["idx"]]),
                    "strahler": int(told["strord"]),
                    "upstream_km2": round(
                        self._upstream_at(points[-2]), 1
                    ),  # the last point is the confluence's
                    "length_km": round(geod.line_length(*line.T) / 1000, 2),
                    "geometry": shapely.linestrings(line),
                }
            )
        table = gpd.GeoDataFrame(rows, columns=_REACH, geometry="geometry", crs="EPSG:4326")
        order = ["basin_id", "below_outlet", "upstream_km2", "length_km"]
        return table.sort_values(
            order, ascending=[True, True, False, False], kind="stable", ignore_index=True
        )

    def _upstream_at(self, point: NDArray[np.float64]) -> float:
        column, row = ~self.surface.transform * point
        return float(self.upstream_km2[int(row), int(column)])

    def _courses(self, cells: list[int]) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Tell which watershed each cell belongs to, the course below the outlet included."""
        ids = np.arange(1, len(cells) + 1, dtype=np.uint32)
        owner = np.asarray(self.flow.basins(idxs=np.array(cells, np.intp), ids=ids), np.int32)
        below = np.zeros(owner.shape, bool)
        for number, cell in enumerate(cells, start=1):
            course = self.network.path(cell)[1:]
            free = course[owner.ravel()[course] == 0]
            owner.ravel()[free], below.ravel()[free] = number, True
        return owner, below


def _to_degrees_shape(shape: Any, surface: Surface) -> Any:
    import shapely

    degrees = shapely.transform(shape, lambda pixels: to_degrees(pixels, surface.transform, surface.crs))
    return shapely.orient_polygons(degrees)


def _in_one_turn(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cut what crosses the antimeridian there, so that longitudes lie between -180 and 180."""
    import shapely

    shapes = []
    for shape in table.geometry:
        turns = np.floor((shape.bounds[0] + 180) / 360)
        first = (
            shapely.transform(shape, lambda degrees, turns=turns: degrees - [360 * turns, 0])
            if turns
            else shape
        )
        shapes.append(cut_at_antimeridian(first))
    return table.set_geometry(shapes, crs=table.crs)


def _to_lonlat(points: NDArray[np.float64], surface: Surface) -> NDArray[np.float64]:
    import shapely

    inverse = ~surface.transform
    pixels = np.column_stack(inverse * (points[:, 0], points[:, 1]))
    thin = shapely.get_coordinates(shapely.simplify(shapely.linestrings(pixels), 0.1))
    return to_degrees(thin, surface.transform, surface.crs)


def _merge_into(code: int, below: dict[int, int]) -> int | None:
    """Choose the unit that takes a small one in: a sibling before others, the next one down before one above."""
    above = sorted(unit for unit, target in below.items() if target == code)
    near = [below[code], *above]
    siblings = [unit for unit in near if unit and unit // 10 == code // 10]
    return next(iter([*siblings, *(unit for unit in near if unit)]), None)


def _unit_table(outlines: dict[int, Any], next_down: dict[int, int], names: list[str]) -> gpd.GeoDataFrame:
    """List the units of every level, the coarse ones as unions of the fine ones."""
    import geopandas as gpd
    import pandas as pd
    import shapely

    rows = []
    for level in range(1, _LEVELS + 1):
        cut = 10 ** (_LEVELS - level)
        for code in sorted({fine // cut for fine in outlines}):
            parts = [fine for fine in outlines if fine // cut == code]
            leaving = next(next_down[fine] // cut for fine in parts if next_down[fine] // cut != code)
            number, digits = divmod(code, 10**level)
            parent = names[number - 1] if level == 1 else f"{names[number - 1]}-{digits // 10}"
            down = f"{names[number - 1]}-{leaving % 10**level}" if leaving // 10**level == number else ""
            shape = shapely.orient_polygons(shapely.coverage_union_all([outlines[fine] for fine in parts]))
            rows.append((f"{names[number - 1]}-{digits}", parent, down, level, area_km2([shape])[0], shape))
    columns = ["basin_id", "parent", "next_down", "level", "area_km2", "geometry"]
    return gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=columns).set_index("basin_id"), geometry="geometry", crs=4326
    )


def _basin_table(
    units: gpd.GeoDataFrame, water: _Water, names: list[str], cells: list[int], moved_m: list[float]
) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd
    import shapely

    finest = units[units["level"] == 1]
    shapes = [
        shapely.orient_polygons(
            shapely.coverage_union_all(finest.geometry[finest["parent"] == name].to_numpy())
        )
        for name in names
    ]
    longitude, latitude = water.lonlat(np.array(cells))
    columns = {
        "area_km2": area_km2(shapes),
        "outlet_longitude": near_longitude(longitude, 0.0),
        "outlet_latitude": latitude,
        "outlet_moved_m": np.round(moved_m, 1),
    }
    index: pd.Index = pd.Index(names, name="basin_id")
    return gpd.GeoDataFrame(columns, geometry=shapes, index=index, crs="EPSG:4326")
