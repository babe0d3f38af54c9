"""The layer of watersheds: the four that ship with the package, or any vector file of the user's own."""

from __future__ import annotations

import functools
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from watershed_cp.basins.geometry import area_km2, areas_of, cut_at_antimeridian, mend, overlaps, unwrap
from watershed_cp.basins.layers import in_degrees, open_layer, usual_column
from watershed_cp.errors import InputError, Text
from watershed_cp.messages import fault, label
from watershed_cp.reference import data_path
from watershed_cp.tables import BASINS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd

__all__ = ["built_in", "nest_levels", "read_basins", "read_built_in", "read_towns"]

_MOST_ACCURACY_M = 1e6  # an outline worse than that says nothing
_MOST_UNITS = 1e9  # no coordinate system reaches so far from its origin, in whatever unit
_ID_COLUMNS = (
    "basin_id",
    "huc08",
    "huc8",
    "huc12",
    "huc10",
    "hybas_id",
    "id",
    "cuenca_id",
    "codigo",
    "code",
    "cod",
)
_NAME_COLUMNS = ("name_es", "name_en", "name", "nombre", "cuenca", "basin", "watershed", "nom")


def read_basins(
    source: str | Path = "priority",
    *,
    id_column: str | None = None,
    name_column: str | None = None,
    sensitivity_column: str | None = None,
) -> gpd.GeoDataFrame:
    """Read the watersheds to which firms are credited.

    Parameters
    ----------
    source : str or Path
        ``"priority"`` for the four built-in watersheds, or any vector file that GDAL reads.
    id_column : str, optional
        Column of the file that identifies a watershed; guessed from usual names if not given.
    name_column : str, optional
        Column of the file with the name; guessed from usual names if not given.
    sensitivity_column : str, optional
        Column of the file that says how much a load matters there, such as the people who drink the water.

    Returns
    -------
    geopandas.GeoDataFrame
        Index ``basin_id`` (text, sorted), the columns of :data:`watershed_cp.tables.BASINS` in order, then
        ``sensitivity`` if asked for, outlines in EPSG:4326, flat. ``attrs["repairs"]`` says what was mended or let
        pass, a ``Text`` by ``basin_id``: heights, loose lines and points left out, harmless crossings, outlines cut
        at the antimeridian, slivers shared with a neighbour.

    Raises
    ------
    MissingFileError
        If there is no such file.
    InputError
        If the file is no vector layer, has no CRS, no usable identifiers, outlines that cross themselves or
        watersheds that overlap; every fault is listed.

    Examples
    --------
    >>> read_basins().index.tolist()
    ['acelhuate', 'chamelecon', 'motagua', 'panama_canal']
    """
    if source == "priority":
        table = read_built_in("basins").set_index("basin_id").sort_index()[[*BASINS.names, "geometry"]]
        table.attrs["repairs"] = {}
        return table
    path = Path(source)
    layer = open_layer(path, kinds=("Polygon", "MultiPolygon", "GeometryCollection"))
    layer.index = _identifiers(layer, path, id_column)
    layer = layer.sort_index()
    _refuse_off_earth(layer, path, (-_MOST_UNITS, -_MOST_UNITS, _MOST_UNITS, _MOST_UNITS))
    repairs: dict[str, list[Text]] = {str(basin): [] for basin in layer.index}
    layer = in_degrees(layer.set_geometry(_mended(layer, path, repairs)), path)
    layer = layer.set_geometry(_in_one_turn(layer, repairs))
    _refuse_off_earth(layer, path)
    _refuse_overlaps(layer, path, repairs)
    table = _columns(layer, path, name_column)
    if sensitivity_column is not None:
        table["sensitivity"] = _sensitivity(layer, path, sensitivity_column)
    table.attrs["repairs"] = {
        basin: Text(*map("; ".join, zip(*told, strict=True))) for basin, told in repairs.items() if told
    }
    return table


def nest_levels(layers: Sequence[gpd.GeoDataFrame], basins: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Say of each sub-basin in which unit of the level above it lies, the watersheds being the uppermost.

    Parameters
    ----------
    layers : sequence of geopandas.GeoDataFrame
        As :func:`read_basins` gives them, the coarsest first.
    basins : geopandas.GeoDataFrame
        The watersheds, index ``basin_id``, EPSG:4326.

    Returns
    -------
    dict of str to geopandas.GeoDataFrame
        ``sub_basin_1`` and so on, each with ``parent`` (of a point inside it; missing where that lies in none) and
        ``name``.

    Examples
    --------
    >>> units = read_built_in("subbasins").set_index("basin_id").query("level == 1").assign(name_es="")
    >>> levels = nest_levels([units], read_basins())
    >>> levels["sub_basin_1"]["parent"].nunique()
    4
    """
    from watershed_cp.basins.locator import BasinLocator

    levels, above = {}, basins
    for number, layer in enumerate(layers, start=1):
        inside = layer.representative_point()
        place = BasinLocator(above).locate(inside.x.to_numpy(), inside.y.to_numpy())
        parent = np.array([*above.index, None], dtype=object)[place]  # the last is for -1
        above = layer.assign(parent=parent, name=layer["name_es"])
        levels[f"sub_basin_{number}"] = above
    return levels


def read_built_in(layer: str) -> gpd.GeoDataFrame:
    """Read a layer that ships with the package, without the cost of a GIS driver.

    Parameters
    ----------
    layer : str
        ``basins``, ``subbasins``, ``rivers`` or ``lakes``.

    Returns
    -------
    geopandas.GeoDataFrame
        EPSG:4326, columns as in the file.

    Raises
    ------
    FileNotFoundError
        If no such layer ships.

    Examples
    --------
    >>> int(read_built_in("subbasins")["level"].max())
    2
    """
    return _built_in(layer).copy()


@functools.cache
def _built_in(layer: str) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd
    import shapely

    path = data_path("basins", f"{layer}.geojson")
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    shapes = shapely.from_geojson([json.dumps(feature["geometry"]) for feature in features])
    rows = pd.DataFrame([feature["properties"] for feature in features])
    return gpd.GeoDataFrame(rows, geometry=shapes, crs="EPSG:4326")


def read_towns() -> gpd.GeoDataFrame:
    """Read the towns of the four countries that ship with the package.

    Returns
    -------
    geopandas.GeoDataFrame
        Points, EPSG:4326: ``country``, ``name``, ``department``.

    Examples
    --------
    >>> int((read_towns()["name"] == "Zacapa").sum())
    1
    """
    import geopandas as gpd
    import pandas as pd

    columns = ["country", "name", "department", "longitude", "latitude"]
    table = pd.read_csv(data_path("gazetteer", "places.csv"), usecols=columns, keep_default_na=False)
    points = gpd.points_from_xy(table.pop("longitude"), table.pop("latitude"), crs="EPSG:4326")
    return gpd.GeoDataFrame(table, geometry=points)


def built_in(basins: gpd.GeoDataFrame) -> frozenset[str]:
    """Tell which watersheds have the outlines that ship with the package; an own layer may use the same names.

    Parameters
    ----------
    basins : geopandas.GeoDataFrame
        Index ``basin_id``, EPSG:4326.

    Returns
    -------
    frozenset of str
        Their ``basin_id``: rivers, lakes, flow directions and sharper relief of these ship too.

    Examples
    --------
    >>> sorted(built_in(read_basins().iloc[:2]))
    ['acelhuate', 'chamelecon']
    """
    ours = read_built_in("basins").set_index("basin_id").geometry
    met = basins.geometry[basins.index.isin(ours.index)]
    return frozenset(
        str(basin_id) for basin_id, outline in met.items() if outline.equals_exact(ours[basin_id], 1e-9)
    )


def _identifiers(layer: gpd.GeoDataFrame, path: Path, id_column: str | None) -> pd.Index:
    import pandas as pd

    columns = [str(column) for column in layer.columns if column != layer.geometry.name]
    chosen = id_column or usual_column(layer, _ID_COLUMNS)
    if chosen is None or chosen not in columns:
        rule = "basins_no_id" if chosen is None else "basins_no_such_column"
        raise InputError(fault(rule, file=path.name, column=chosen, columns=", ".join(columns)))
    texts = [_as_text(value) for value in layer[chosen]]
    faults = [
        fault("basins_id_empty", file=path.name, row=i, column=chosen)
        for i, text in enumerate(texts, 1)
        if not text
    ]
    twice = sorted({text for text in texts if text and texts.count(text) > 1})
    faults += [fault("basins_id_twice", file=path.name, column=chosen, value=text) for text in twice]
    if faults:
        raise InputError(*faults)
    return pd.Index(texts, name="basin_id")


def _as_text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value).strip()


def _note(key: str, **data: Any) -> Text:
    return Text(label("mending", key, "es", **data), label("mending", key, "en", **data))


def _mended(layer: gpd.GeoDataFrame, path: Path, repairs: dict[str, list[Text]]) -> list[Any]:
    """Flatten and mend the outlines in the coordinates of their file, where the user would look for a crossing."""
    import shapely

    shapes, faults = [], []
    for basin_id, shape in layer.geometry.items():
        told = repairs[str(basin_id)]
        if shape.has_z:
            told.append(_note("heights"))
        if not np.isfinite(shapely.get_coordinates(shape)).all():
            faults.append(fault("basins_not_finite", file=path.name, value=basin_id))
            continue
        flat, crumbs = areas_of(shapely.force_2d(shape))
        if crumbs:
            told.append(_note("crumbs"))
        if not shapely.make_valid(flat).area:
            faults.append(fault("basins_no_area", file=path.name, value=basin_id))
            continue
        mended, crossing = mend(unwrap(flat) if layer.crs.is_geographic else flat)
        if crossing is not None:
            where: dict[str, Any] = {"x": crossing[0], "y": crossing[1]}
            told.append(_note("crossing", **where))
            if not mended.is_valid:
                faults.append(fault("basins_self_crossing", file=path.name, value=basin_id, **where))
        shapes.append(mended)
    if faults:
        raise InputError(*faults)
    return shapes


def _in_one_turn(layer: gpd.GeoDataFrame, repairs: dict[str, list[Text]]) -> list[Any]:
    """Bring longitudes between -180 and 180, outlines across the antimeridian cut there."""
    shapes = []
    for basin_id, shape in layer.geometry.items():
        cut = cut_at_antimeridian(unwrap(shape))
        if cut is not shape:
            repairs[str(basin_id)].append(_note("antimeridian"))
        shapes.append(cut)
    return shapes


def _refuse_overlaps(layer: gpd.GeoDataFrame, path: Path, repairs: dict[str, list[Text]]) -> None:
    """Refuse watersheds that share ground, and note the slivers."""
    faults = []
    for first, second, km2, sliver in overlaps(layer.geometry):
        if sliver:
            for one, other in ((first, second), (second, first)):
                repairs[one].append(_note("sliver", other=other, m2=f"{km2 * 1e6:,.0f}"))
        else:
            pair: dict[str, Any] = {"first": first, "second": second, "km2": f"{km2:,.3f}"}
            faults.append(fault("basins_overlap", file=path.name, value=f"{first} / {second}", **pair))
    if faults:
        raise InputError(*faults)


def _refuse_off_earth(
    layer: gpd.GeoDataFrame, path: Path, earth: tuple[float, ...] = (-180, -90, 180, 90)
) -> None:
    """Refuse outlines that leave the globe: axes swapped, or degrees taken for metres and metres for degrees."""
    west, south, east, north = layer.bounds.to_numpy().T
    with np.errstate(invalid="ignore"):
        on_earth = (west >= earth[0]) & (south >= earth[1]) & (east <= earth[2]) & (north <= earth[3])
    wrong = layer.bounds[~on_earth & np.isfinite(layer.bounds).all(axis=1)]
    if len(wrong):
        box = " ".join(f"{bound:.6g}" for bound in wrong.iloc[0])
        raise InputError(fault("basins_off_earth", file=path.name, value=wrong.index[0], box=box))


def _accuracy(given: pd.Series, path: Path) -> pd.Series:
    """Read the accuracy of each outline: metres, none where blank."""
    import pandas as pd

    metres = pd.to_numeric(given, errors="coerce")
    wrong = given[(given.notna() & metres.isna()) | (metres < 0) | (metres > _MOST_ACCURACY_M)]
    if len(wrong):
        value, basin = wrong.iloc[0], wrong.index[0]
        raise InputError(
            fault("basins_accuracy", file=path.name, column="accuracy_m", value=value, basin=basin)
        )
    return metres


def _require_column(layer: gpd.GeoDataFrame, path: Path, name: str) -> None:
    if name not in layer.columns:
        columns = ", ".join(str(column) for column in layer.columns)
        raise InputError(fault("basins_no_such_column", file=path.name, column=name, columns=columns))


def _sensitivity(layer: gpd.GeoDataFrame, path: Path, column: str) -> pd.Series[float]:
    """Give the numbers of a column, from zero up; blank stays not known."""
    import pandas as pd

    _require_column(layer, path, column)
    numbers: pd.Series[float] = pd.to_numeric(layer[column], errors="coerce").astype(float)
    numbers = numbers.replace([math.inf, -math.inf], -1.0)
    wrong = (layer[column].notna() & numbers.isna()) | (numbers < 0)
    if wrong.any():
        raise InputError(
            *(
                fault("basins_sensitivity", file=path.name, column=column, value=value, basin=basin)
                for basin, value in layer.loc[wrong, column].items()
            )
        )
    return numbers


def _columns(layer: gpd.GeoDataFrame, path: Path, name_column: str | None) -> gpd.GeoDataFrame:
    """Fill the columns of the contract from whatever the file has."""
    import geopandas as gpd

    name = name_column or usual_column(layer, _NAME_COLUMNS)
    if name is not None:
        _require_column(layer, path, name)
    names = layer[name].fillna(layer.index.to_series()) if name else layer.index.to_series()
    table = gpd.GeoDataFrame(index=layer.index, geometry=layer.geometry, crs=layer.crs)
    for position, column in enumerate(BASINS.columns):
        blank: Any = math.nan if column.kind == "number" else ""
        given = layer[column.name] if column.name in layer.columns else blank
        table.insert(position, column.name, given)
    table["accuracy_m"] = _accuracy(table["accuracy_m"], path)
    for column_name in ("name_es", "name_en"):
        if name_column or column_name not in layer.columns:
            table[column_name] = names.astype(str)
    table["area_km2"] = area_km2(table.geometry)
    return table
