"""Vector layers of the user's own, in whatever format GDAL reads: opened, checked, brought to degrees."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from watershed_cp.errors import InputError, MissingFileError
from watershed_cp.messages import fault

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["in_degrees", "open_layer", "read_municipalities", "usual_column"]

_MUNICIPALITY_COLUMNS = (
    "municipality",
    "municipio",
    "muni",
    "mpio",
    "distrito",
    "adm2_es",
    "name_2",
    "nombre",
    "name",
)
_OWN_LAYER = "basins"  # of the GeoPackage that `basins delineate` writes


def open_layer(
    path: Path,
    *,
    bbox: tuple[float, float, float, float] | None = None,
    kinds: tuple[str, ...] = ("Polygon", "MultiPolygon"),
) -> gpd.GeoDataFrame:
    """Open a layer of polygons, or of lines, in whatever vector format GDAL reads.

    Parameters
    ----------
    path : Path
        File, zip archives included.
    bbox : (float, float, float, float), optional
        West, south, east, north: read only what meets it.
    kinds : tuple of str
        Geometries the layer may hold.

    Returns
    -------
    geopandas.GeoDataFrame
        As in the file, in its own CRS; not empty.

    Raises
    ------
    MissingFileError, InputError
        If there is no such file, it is no such layer, is empty or has no CRS.
    """
    import geopandas as gpd
    import pyogrio

    if not path.exists():
        raise MissingFileError(fault("file_missing", file=path.name))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is wrong is told below
            name = _layer_name(path, kinds)
            layer = gpd.read_file(path, layer=name, bbox=bbox, on_invalid="ignore")
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise InputError(fault("basins_unreadable", file=path.name)) from error
    if not len(layer):
        raise InputError(fault("basins_empty", file=path.name))
    if layer.crs is None:
        raise InputError(fault("basins_no_crs", file=path.name))
    strange = sorted(set(layer.geom_type.dropna()) - set(kinds))
    if strange:
        rule = "basins_not_polygons" if "Polygon" in kinds else "rivers_not_lines"
        raise InputError(fault(rule, file=path.name, kinds=", ".join(strange)))
    blank = (layer.geometry.isna() | layer.geometry.is_empty).to_numpy().nonzero()[0]
    if blank.size:
        raise InputError(*(fault("layer_no_shape", file=path.name, row=int(row) + 1) for row in blank))
    return layer


def _layer_name(path: Path, kinds: tuple[str, ...]) -> str:
    """Choose the layer of a file: its only one that may hold such shapes, or the one called basins."""
    import pyogrio

    found = [(str(name), str(kind)) for name, kind in pyogrio.list_layers(path) if kind]
    kind = "Polygon" if "Polygon" in kinds else "LineString"
    fitting = [name for name, shape in found if kind in shape or shape in ("Unknown", "GeometryCollection")]
    names = fitting or [name for name, _ in found]
    if not names:
        raise InputError(fault("basins_unreadable", file=path.name))
    if len(names) > 1 and not (kind == "Polygon" and _OWN_LAYER in names):
        raise InputError(fault("layer_not_one", file=path.name, names=", ".join(names)))
    return _OWN_LAYER if len(names) > 1 else names[0]


def usual_column(layer: pd.DataFrame, usual: tuple[str, ...]) -> str | None:
    """Give the first column that has a usual name and any value, in the order of the names.

    Examples
    --------
    >>> import pandas
    >>> usual_column(pandas.DataFrame({"ID": [None], "Codigo": ["a"]}), ("id", "codigo"))
    'Codigo'
    """
    by_lower = {str(column).lower(): str(column) for column in layer.columns}
    found = (by_lower[name] for name in usual if name in by_lower)
    return next((column for column in found if layer[column].notna().any()), None)


def in_degrees(layer: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    """Bring a layer to longitude and latitude.

    Raises
    ------
    InputError
        If its coordinate system is local and says nothing of where on Earth it lies.
    """
    import pyproj

    try:
        return layer.to_crs("EPSG:4326")
    except pyproj.exceptions.ProjError as error:
        raise InputError(fault("layer_crs_local", file=path.name, crs=layer.crs.name)) from error


def read_municipalities(path: str | Path) -> gpd.GeoDataFrame:
    """Read the limits of municipalities from a layer of the user's own.

    Parameters
    ----------
    path : str or Path
        Polygons in any vector file that GDAL reads, with a column of names.

    Returns
    -------
    geopandas.GeoDataFrame
        ``name``, in EPSG:4326.

    Raises
    ------
    MissingFileError, InputError
        If there is no such file, it is no layer of polygons, has no CRS or no column of names.

    Examples
    --------
    >>> read_municipalities("nowhere.gpkg")
    Traceback (most recent call last):
    watershed_cp.errors.MissingFileError: nowhere.gpkg: There is no such file. Check the name and the folder.
    """
    layer = open_layer(Path(path))
    column = usual_column(layer, _MUNICIPALITY_COLUMNS)
    if column is None:
        columns = ", ".join(str(name) for name in layer.columns if name != layer.geometry.name)
        raise InputError(fault("municipalities_no_name", file=Path(path).name, columns=columns))
    names = layer[[column, layer.geometry.name]].rename(columns={column: "name"})
    return in_degrees(names, Path(path))
