"""Layers: a run's outlines and firms, and the firms that a search found, as GeoPackage that QGIS opens styled.

The same input gives the same bytes.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from watershed_cp.impact.edition import PublicAccounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from watershed_cp.impact.aggregation import Accounts

__all__ = ["save_geopackage", "save_geoparquet", "save_visits"]

_DATE = "2000-01-01T00:00:00.000Z"


def save_geopackage(accounts: Accounts, path: Path) -> Path:
    """Write outlines with their totals and firms with their watershed as layers that QGIS opens styled.

    Parameters
    ----------
    accounts : Accounts
        What the run found.
    path : pathlib.Path
        File to write, EPSG:4326.

    Returns
    -------
    pathlib.Path
        The same path.

    Examples
    --------
    >>> import tempfile, pathlib, pyogrio
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> impact = run(data_path("demo", "project.toml"))
    >>> path = save_geopackage(impact, pathlib.Path(tempfile.mkdtemp()) / "a.gpkg")
    >>> pyogrio.list_layers(path)[:2, 0].tolist()
    ['watersheds', 'msmes']
    """
    return _write_layers(_layers(accounts), path)


def save_geoparquet(accounts: Accounts, folder: Path) -> list[Path]:
    """Write the same layers as GeoParquet, one file a layer, for those who count with them.

    Parameters
    ----------
    accounts : Accounts
        What the run found.
    folder : pathlib.Path
        An existing folder.

    Returns
    -------
    list of pathlib.Path
        What was written, EPSG:4326.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> impact = run(data_path("demo", "project.toml"))
    >>> [path.name for path in save_geoparquet(impact, pathlib.Path(tempfile.mkdtemp()))]
    ['watersheds.parquet', 'msmes.parquet']
    """
    written = []
    for name, layer in _layers(accounts).items():
        written.append(folder / f"{name}.parquet")
        texts = [name for name, kind in layer.dtypes.items() if kind == "object"]  # a column of one kind each
        layer.astype(dict.fromkeys(texts, "string")).to_parquet(written[-1], index=False)
    return written


def _layers(accounts: Accounts) -> dict[str, gpd.GeoDataFrame]:
    """Give the outlines with their totals, and the firms with their watershed where firms may be shown."""
    import geopandas as gpd
    import shapely

    totals = accounts.basin_loads.set_index(["basin_id", "pollutant"])["reduction_kg_yr"].unstack()  # noqa: PD010 - no mean
    totals.columns = [f"reduction_{code.lower()}_kg_yr" for code in totals.columns]
    outlines = accounts.basins.join(totals).reset_index()
    if isinstance(accounts, PublicAccounts):
        return {"watersheds": outlines}
    names = accounts.msmes.reindex(columns=["msme_id", "name", "country", "municipality"])
    placed = names.merge(accounts.assignments, on="msme_id", validate="one_to_one")
    points = shapely.points(placed["longitude"].astype(float), placed["latitude"].astype(float))
    firms = gpd.GeoDataFrame(placed, geometry=points, crs=4326)
    firms.loc[placed["longitude"].isna(), "geometry"] = None
    return {"watersheds": outlines, "msmes": firms}


def save_visits(
    firms: pd.DataFrame,
    unplaced: pd.DataFrame,
    basins: gpd.GeoDataFrame,
    path: Path,
    *,
    rivers: gpd.GeoDataFrame | None = None,
    about: Sequence[str] = (),
) -> Path:
    """Write the firms that a search found as a layer that QGIS opens styled, with the water they are near.

    Parameters
    ----------
    firms : pandas.DataFrame
        ``longitude``, ``latitude``, ``basin_id`` and what else is known of each firm.
    unplaced : pandas.DataFrame
        Rows without a place, written as a plain table where there are any.
    basins : geopandas.GeoDataFrame
        The watersheds.
    path : pathlib.Path
        File to write, EPSG:4326.
    rivers : geopandas.GeoDataFrame, optional
        The rivers searched.
    about : sequence of str
        How it was searched, a table of its own.

    Returns
    -------
    pathlib.Path
        The same path.

    Examples
    --------
    >>> import tempfile, pathlib, pyogrio, geopandas, shapely, pandas
    >>> square = geopandas.GeoDataFrame(index=["a"], geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
    >>> firm = pandas.DataFrame({"msme_id": ["1"], "longitude": [0.5], "latitude": [0.5], "basin_id": ["a"]})
    >>> path = save_visits(firm, firm.head(0), square, pathlib.Path(tempfile.mkdtemp()) / "a.gpkg")
    >>> pyogrio.list_layers(path)[:2, 0].tolist()
    ['watersheds', 'msmes']
    """
    import geopandas as gpd
    import shapely

    status = firms["basin_id"].notna().map({True: "inside", False: "outside"})
    points = shapely.points(firms["longitude"].to_numpy(float), firms["latitude"].to_numpy(float))
    layers: dict[str, gpd.GeoDataFrame] = {"watersheds": basins.rename_axis("basin_id").reset_index()}
    if rivers is not None:
        layers["rivers"] = rivers
    layers["msmes"] = gpd.GeoDataFrame(firms.assign(status=status), geometry=points, crs=4326)
    if len(unplaced):
        layers["not_placed"] = gpd.GeoDataFrame(unplaced, geometry=[None] * len(unplaced), crs=4326)
    if about:
        layers["search"] = gpd.GeoDataFrame({"about": list(about)}, geometry=[None] * len(about), crs=4326)
    return _write_layers(layers, path)


def _write_layers(layers: dict[str, gpd.GeoDataFrame], path: Path) -> Path:
    """Write layers into one GeoPackage, styled, dated the same in every run."""
    import pyogrio

    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{_DATE}.000Z"})
    try:
        for name, layer in layers.items():
            kind = "Point" if name in ("msmes", "not_placed", "search") else None
            layer.to_file(path, layer=name, driver="GPKG", engine="pyogrio", geometry_type=kind)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    _style_geopackage(path, layers)
    return path


def _style_geopackage(path: Path, layers: Iterable[str]) -> None:
    """Add the table ``layer_styles`` that QGIS reads on opening."""
    from watershed_cp.publish import qgis

    with sqlite3.connect(path) as database:
        database.execute(
            "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT,"
            " f_table_schema TEXT, f_table_name TEXT, f_geometry_column TEXT, styleName TEXT, styleQML TEXT,"
            " styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT, ui TEXT, update_time DATETIME)"
        )
        database.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
            " styleQML, styleSLD, useAsDefault, description, owner, update_time)"
            " VALUES ('', '', ?, 'geom', 'watershed_cp', ?, '', 1, '', '', ?)",
            [(layer, style, _DATE) for layer, style in qgis.styles().items() if layer in layers],
        )
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)"
            " VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
            [f"{_DATE}.000Z"],
        )
