"""Firms drawn on a map, GeoPackage, GeoJSON, Shapefile or KML, as a sheet with longitude and latitude."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import shapely

from watershed_cp.errors import IntakeError
from watershed_cp.intake.packages import check_package, damage, part_names
from watershed_cp.messages import fault

if TYPE_CHECKING:
    from pathlib import Path

    from watershed_cp.intake.spreadsheets import Sheet

__all__ = ["LAYERS", "read_layers"]

LAYERS = (".gpkg", ".geojson", ".json", ".shp", ".zip", ".kml", ".kmz", ".fgb")
_BROKEN = (RuntimeError, ValueError, UnboundLocalError, shapely.errors.ShapelyError)  # of GDAL, PROJ and GEOS


def read_layers(path: Path) -> tuple[Sheet, ...]:
    """Read every layer of a vector file as a sheet: its attributes, then ``longitude`` and ``latitude``.

    Points come as they are, lines and polygons as a point inside them; another coordinate system is converted.

    Parameters
    ----------
    path : Path
        GeoPackage, GeoJSON, Shapefile (or zipped), KML, KMZ or FlatGeobuf.

    Returns
    -------
    tuple of Sheet
        One a layer; row numbers count from 2, under a header in row 1.

    Raises
    ------
    IntakeError
        If the file cannot be opened, or a layer with geometry states no coordinate system.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp(), "a.geojson")
    >>> point = '{"type": "Feature", "properties": {"msme_id": "1"},'
    >>> point += '"geometry": {"type": "Point", "coordinates": [-89.2, 13.7]}}'
    >>> _ = path.write_text('{"type": "FeatureCollection", "features": [' + point + "]}", encoding="utf-8")
    >>> read_layers(path)[0].rows
    [['msme_id', 'longitude', 'latitude'], ['1', -89.2, 13.7]]
    """
    import pyogrio

    if path.suffix.lower() in (".zip", ".kmz"):
        check_package(path)
        if not any(name.lower().endswith(LAYERS) for name in part_names(path)):
            raise IntakeError(fault("zip_without_layer", file=path.name))
    try:
        names = [str(name) for name, _ in pyogrio.list_layers(path)]
        return tuple(_read_layer(path, name) for name in names)
    except IntakeError:
        raise
    except _BROKEN as error:
        raise IntakeError(damage(path)) from error


def _read_layer(path: Path, name: str) -> Sheet:
    import geopandas as gpd

    from watershed_cp.intake.spreadsheets import Sheet

    layer = gpd.read_file(path, layer=name, on_invalid="ignore")
    attributes = layer.drop(columns="geometry", errors="ignore")
    header = [str(column) for column in attributes.columns]
    cells = attributes.astype(object).where(attributes.notna(), "").to_numpy().tolist()
    if isinstance(layer, gpd.GeoDataFrame) and not layer.geometry.isna().all():
        if layer.crs is None:
            raise IntakeError(fault("layer_without_crs", file=path.name, sheet=name))
        added = [axis for axis in ("longitude", "latitude") if axis not in header]
        points = layer.geometry.representative_point().to_crs(4326)
        places = {"longitude": points.x, "latitude": points.y}
        columns = [["" if value != value else float(value) for value in places[axis]] for axis in added]  # noqa: PLR0124
        header += added
        cells = (
            [[*row, *values] for row, values in zip(cells, zip(*columns, strict=True), strict=True)]
            if added
            else cells
        )
    rows = [header, *([_cell(cell) for cell in row] for row in cells)]
    return Sheet(path.name, name, rows)


def _cell(cell: Any) -> Any:
    """Give a cell as the spreadsheet reader would: plain Python values; lists and records as their text."""
    if hasattr(cell, "to_pydatetime"):
        return cell.to_pydatetime()
    plain = cell.tolist() if hasattr(cell, "tolist") else cell
    return plain if isinstance(plain, (str, int, float, dt.date, dt.time)) else str(plain)
