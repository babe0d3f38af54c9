"""What the workshop map carries of the ground: base map, rivers, lakes and flow directions, packed.

The page's script reads these under the same names; see ``templates/basins.js`` and ``templates/flow.js``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely.geometry

from watershed_cp.basins.catalogue import built_in
from watershed_cp.impact.delivery import lake_volumes
from watershed_cp.publish.basemap import read_basemap
from watershed_cp.publish.payload import pack, ragged, records
from watershed_cp.reference import data_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["base_map", "flow", "water"]


def base_map() -> str:
    """Pack the base map; the reliefs travel as the bytes of their images.

    Examples
    --------
    >>> len(base_map()) > 100_000
    True
    """
    basemap = read_basemap()
    head: dict[str, Any] = {"credits": list(basemap.credits), "reliefs": []}
    columns: dict[str, NDArray[Any]] = {}
    for name in ("land", "borders", "departments", "lakes", "towns"):
        features = getattr(basemap, name)
        counts, columns[name] = ragged(shapely.geometry.shape(feature["geometry"]) for feature in features)
        head[name] = {"counts": counts, "rows": _columns([feature["properties"] for feature in features])}
    for place, relief in enumerate((basemap.relief, *basemap.close_ups.values())):
        head["reliefs"].append(list(relief.bounds))
        columns[f"relief_{place}"] = np.frombuffer(relief.path.read_bytes(), np.uint8)
    return pack(head, columns)


def water() -> str:
    """Pack rivers and lakes of the built-in watersheds.

    Examples
    --------
    >>> len(water()) > 10_000
    True
    """
    head: dict[str, Any] = {}
    columns: dict[str, NDArray[Any]] = {}
    for name in ("rivers", "lakes"):
        layer = gpd.read_file(data_path("basins", f"{name}.geojson"))
        counts, columns[name] = ragged(layer.geometry)
        if name == "lakes":
            layer["volume_hm3"] = layer["name_es"].map(lake_volumes())
        head[name] = {"counts": counts, "rows": records(layer.drop(columns="geometry"))}
    return pack(head, columns)


def flow(basins: gpd.GeoDataFrame) -> str:
    """Pack the flow directions of those watersheds that are built in: 1 to 8 from east clockwise, 9 an outlet.

    Parameters
    ----------
    basins : geopandas.GeoDataFrame
        Index ``basin_id``; any other watershed is passed over.
    """
    import rasterio

    place_of = np.zeros(256, np.uint8)
    place_of[[1, 2, 4, 8, 16, 32, 64, 128, 0]] = range(1, 10)
    grids: list[dict[str, Any]] = []
    columns: dict[str, NDArray[Any]] = {}
    for basin_id in sorted(built_in(basins)):
        with rasterio.open(data_path("basins", "flow", f"{basin_id}.tif")) as raster:
            codes, across = raster.read(1), raster.transform
        columns[f"grid_{len(grids)}"] = place_of[codes].ravel()
        high, wide = codes.shape
        grids.append({"west": across.c, "north": across.f, "step": across.a, "rows": high, "columns": wide})
    return pack({"grids": grids}, columns)


def _columns(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row.get(name) for row in rows] for name in (rows[0] if rows else {})}
