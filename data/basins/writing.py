"""How the files of data/basins are written: the same bytes for the same content."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import rasterio
import shapely

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from watershed_cp.basins.delineation import Delineation

_DECIMALS = 5
_CODES = {(0, 1): 1, (1, 1): 2, (1, 0): 4, (1, -1): 8, (0, -1): 16, (-1, -1): 32, (-1, 0): 64, (-1, 1): 128}
_NO_FLOW = 247


def write_geojson(path: Path, table: gpd.GeoDataFrame, columns: list[str] | None = None) -> None:
    """Write RFC 7946 GeoJSON, one feature a line, five decimals."""
    kept = columns or [column for column in table.columns if column != table.geometry.name]
    lines = []
    for values, shape in zip(table[kept].to_dict("records"), table.geometry, strict=True):
        properties = {key: None if pd.isna(value) else value for key, value in values.items()}
        outline = json.loads(shapely.to_geojson(shape))
        outline["coordinates"] = _rounded(outline["coordinates"])
        feature = {"type": "Feature", "properties": properties, "geometry": outline}
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    body = ",\n".join(lines)
    path.write_text(f'{{"type":"FeatureCollection","features":[\n{body}\n]}}\n', encoding="utf-8")


def _rounded(value: Any) -> Any:
    return [_rounded(part) for part in value] if isinstance(value, list) else round(value, _DECIMALS)


def write_directions(path: Path, found: Delineation, basin: str) -> None:
    """Write the flow directions of a watershed and of the way from its outlet to the sea, cut to their extent."""
    network = found.network
    row = found.basins.loc[basin]
    course = network.downstream_of(row["outlet_longitude"], row["outlet_latitude"])
    kept = network.upstream_of(row["outlet_longitude"], row["outlet_latitude"]) | course
    rows, columns = (np.flatnonzero(kept.any(axis=axis)) for axis in (1, 0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    here = np.arange(network.downstream.size)
    down, across = (a - b for a, b in zip(np.divmod(network.downstream, network.shape[1]),
                                          np.divmod(here, network.shape[1]), strict=True))  # fmt: skip
    codes = np.zeros(here.size, np.uint8)
    for (step_down, step_across), code in _CODES.items():
        codes[(down == step_down) & (across == step_across)] = code
    codes = np.where(kept, codes.reshape(network.shape), _NO_FLOW)[top:bottom, left:right]
    path.parent.mkdir(exist_ok=True)
    size = {"height": codes.shape[0], "width": codes.shape[1], "count": 1, "dtype": "uint8"}
    transform = network.transform * network.transform.translation(int(left), int(top))
    options = {"compress": "deflate", "zlevel": 9, "predictor": 1, "nodata": _NO_FLOW}
    with rasterio.open(
        path, "w", driver="GTiff", crs="EPSG:4326", transform=transform, **size, **options
    ) as file:
        file.write(codes, 1)
