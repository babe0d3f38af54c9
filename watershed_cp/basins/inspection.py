"""What the command line asks of basins: list them, check a layer, delineate into a folder, follow the water."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from watershed_cp.basins.catalogue import read_basins, read_built_in
from watershed_cp.basins.layers import open_layer
from watershed_cp.errors import InputError
from watershed_cp.messages import fault

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from watershed_cp.basins.delineation import Delineation
    from watershed_cp.basins.network import FlowNetwork
    from watershed_cp.errors import Language

__all__ = [
    "check_basins",
    "delineate_into",
    "list_basins",
    "metres",
    "network_at",
    "place",
    "read_rivers",
]

_LENGTHS = {"m": 1.0, "km": 1000.0}
_RIVER_NAMES = ("name_es", "name", "nombre", "rio", "río")
_RIVER_ORDERS = ("strahler", "ord_stra", "order", "orden")


def metres(text: str) -> float:
    """Read a length such as ``2km`` or ``500 m``, in either case; a bare number is metres.

    Raises
    ------
    InputError
        If it is no length.

    Examples
    --------
    >>> metres("2km"), metres("500 m"), metres("30")
    (2000.0, 500.0, 30.0)
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(km|m)?\s*", text.lower())
    if found is None:
        raise InputError(fault("length_not_understood", value=text))
    return float(found[1]) * _LENGTHS[found[2] or "m"]


def place(text: str) -> tuple[float, float]:
    """Read a place written as longitude and latitude.

    Raises
    ------
    InputError
        If it is not two numbers in range, longitude first.

    Examples
    --------
    >>> place("-89.19,13.70")
    (-89.19, 13.7)
    """
    found = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*[,; ]\s*(-?\d+(?:\.\d+)?)\s*", text)
    if found is None or abs(float(found[1])) > 180 or abs(float(found[2])) > 90:  # noqa: PLR2004 - degrees
        raise InputError(fault("place_not_understood", value=text))
    return float(found[1]), float(found[2])


def list_basins(source: str | Path = "priority") -> pd.DataFrame:
    """List the watersheds of a layer beside the areas published for them.

    Returns
    -------
    pandas.DataFrame
        Index ``basin_id``; ``name_es``, ``countries``, ``area_km2``, ``published_area_km2``, ``difference_pct``,
        ``accuracy_m``, ``sub_basins``.

    Raises
    ------
    InputError
        As :func:`watershed_cp.read_basins`.

    Examples
    --------
    >>> list_basins()["sub_basins"].gt(10).tolist()
    [True, True, True, True]
    """
    basins = read_basins(source)
    table: pd.DataFrame = basins[["name_es", "countries", "area_km2", "published_area_km2"]].copy()
    table["difference_pct"] = 100 * (table["area_km2"] / table["published_area_km2"] - 1)
    table["accuracy_m"] = basins["accuracy_m"]
    if source == "priority":
        units = read_built_in("subbasins")
        finest = units.loc[units["level"] == units["level"].max(), "basin_id"].str.split("-").str[0]
        table["sub_basins"] = finest.value_counts().reindex(table.index)
    return table


def check_basins(source: str | Path = "priority", *, language: Language | None = None) -> pd.DataFrame:
    """Check a layer of watersheds and say what was found.

    Parameters
    ----------
    source : str or Path
        As for :func:`watershed_cp.read_basins`.
    language : str, optional
        Of the notes on repairs, ``"es"`` or ``"en"``; that of the system if not given.

    Returns
    -------
    pandas.DataFrame
        One row a watershed: ``area_km2``, ``parts``, ``holes``, ``vertices``, ``repair`` (empty if none).

    Raises
    ------
    InputError
        With every fault, if the layer cannot be used.

    Examples
    --------
    >>> check_basins()["repair"].tolist()
    ['', '', '', '']
    """
    import pandas as pd
    import shapely

    basins = read_basins(source)
    repairs = {basin: note.speak(language) for basin, note in basins.attrs["repairs"].items()}
    shapes = basins.geometry.to_numpy()
    rings = [
        sum(shapely.get_num_interior_rings(part) for part in shapely.get_parts(shape)) for shape in shapes
    ]
    return pd.DataFrame(
        {
            "area_km2": basins["area_km2"],
            "parts": shapely.get_num_geometries(shapes),
            "holes": rings,
            "vertices": shapely.get_num_coordinates(shapes),
            "repair": [repairs.get(basin, "") for basin in basins.index],
        },
        index=basins.index,
    )


def delineate_into(
    folder: str | Path,
    elevation: str | Path,
    outlet: tuple[float, float],
    *,
    rivers: str | Path | None = None,
    lakes: str | Path | None = None,
    snap_m: float = 2000.0,
) -> Delineation:
    """Delineate the watershed above an outlet and write what was found.

    The folder gets ``basins.gpkg`` (layers ``basins``, ``subbasins``, ``rivers``) and ``flow.tif``; it appears whole
    or not at all.

    Parameters
    ----------
    folder : str or Path
        To be written; must not exist yet.
    elevation : str or Path
        Elevation raster, metres.
    outlet : (float, float)
        Longitude and latitude.
    rivers, lakes : str or Path, optional
        Vector files of lines and polygons.
    snap_m : float
        How far the outlet may move, m.

    Raises
    ------
    MissingFileError, InputError
        As :func:`watershed_cp.basins.delineation.delineate`, or if the folder exists.
    """
    from watershed_cp.aside import folder_aside
    from watershed_cp.basins.delineation import delineate

    target = Path(folder)
    if target.exists():
        raise InputError(fault("folder_exists", file=target.name))
    lines = None if rivers is None else open_layer(Path(rivers), kinds=("LineString", "MultiLineString"))
    water = None if lakes is None else open_layer(Path(lakes))
    found = delineate(elevation, outlet, rivers=lines, lakes=water, snap_m=snap_m)
    target.parent.mkdir(parents=True, exist_ok=True)
    with folder_aside(target) as aside:
        whole = aside / target.name
        whole.mkdir()
        for name, table in (
            ("basins", found.basins),
            ("subbasins", found.subbasins),
            ("rivers", found.rivers),
        ):
            _write_layer(whole / "basins.gpkg", name, table)
        found.network.save(whole / "flow.tif")
        whole.rename(target)
    return found


def _write_layer(path: Path, name: str, table: gpd.GeoDataFrame) -> None:
    kept = table.reset_index() if table.index.name else table
    kept.to_file(path, layer=name, driver="GPKG")


def network_at(
    longitude: float, latitude: float, network: str | Path | None = None, **layers: gpd.GeoDataFrame
) -> FlowNetwork:
    """Open the flow network named, or that of the built-in watershed in which a place lies.

    Parameters
    ----------
    longitude, latitude : float
        Degrees.
    network : str or Path, optional
        Built-in watershed or D8 raster.
    **layers : geopandas.GeoDataFrame
        As :meth:`watershed_cp.FlowNetwork.open` takes them.

    Raises
    ------
    InputError
        If the place is in no built-in watershed, or the network cannot be read.

    Examples
    --------
    >>> network_at(-89.19, 13.70).upstream_of(-89.19, 13.70).any().item()
    True
    """
    from watershed_cp.basins.network import FlowNetwork

    return FlowNetwork.open(network or _basin_at(longitude, latitude), **layers)


def read_rivers(source: str | Path | None = None) -> gpd.GeoDataFrame:
    """Read lines of rivers: those built in, or any vector file of lines.

    Parameters
    ----------
    source : str or Path, optional
        A file; ``name``, ``nombre`` or ``rio`` serves as ``name_es`` where that lacks.

    Returns
    -------
    geopandas.GeoDataFrame
        EPSG:4326; ``name_es`` and ``strahler`` as far as the file has them.

    Raises
    ------
    MissingFileError, InputError
        If the file is no such layer.

    Examples
    --------
    >>> int(read_rivers()["strahler"].max())
    5
    """
    if source is None:
        return read_built_in("rivers")
    rivers = open_layer(Path(source), kinds=("LineString", "MultiLineString")).to_crs(4326)
    named = next((name for name in rivers if str(name).lower() in _RIVER_NAMES), None)
    orders = {name: "strahler" for name in rivers if str(name).lower() in _RIVER_ORDERS}
    return rivers.rename(columns={**orders, **({named: "name_es"} if named else {})})


def _basin_at(longitude: float, latitude: float) -> str:
    import shapely

    basins = read_basins()
    inside = basins.index[shapely.intersects_xy(basins.geometry.to_numpy(), longitude, latitude)]
    if inside.empty:
        raise InputError(fault("basin_not_here", x=longitude, y=latitude, names=", ".join(basins.index)))
    return str(inside[0])
