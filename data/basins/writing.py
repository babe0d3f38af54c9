"""How the files of data/basins are written: the same bytes for the same content."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

_DECIMALS = 5


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
