"""Small worlds that a hand can compute."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely


def three_squares() -> gpd.GeoDataFrame:
    """Three squares of one degree in a row on the equator: a, b, c share their edges."""
    return gpd.GeoDataFrame(
        {
            "name_es": ["Cuenca A", "Cuenca B", "Cuenca C"],
            "name_en": ["Basin A", "Basin B", "Basin C"],
            "accuracy_m": 0.0,
        },
        index=pd.Index(["a", "b", "c"], name="basin_id"),
        geometry=[shapely.box(x, 0, x + 1, 1) for x in range(3)],
        crs=4326,
    )


def firms(*points: tuple[str, float | None, float | None]) -> pd.DataFrame:
    """Give firms from (msme_id, longitude, latitude)."""
    return pd.DataFrame(points, columns=["msme_id", "longitude", "latitude"]).astype(
        {"longitude": float, "latitude": float}
    )


def audit(msme_id: str = "F1", phase: str = "baseline", value: float = 1.0, **more: Any) -> dict[str, Any]:
    """Give one audit row: a load of BOD5 in kg/yr unless told otherwise."""
    return {"msme_id": msme_id, "pollutant": "BOD5", "phase": phase, "value": value, "unit": "kg/yr", **more}


def audits(*rows: dict[str, Any]) -> pd.DataFrame:
    """Give a table of audits."""
    return pd.DataFrame(list(rows))


def same(before: pd.DataFrame, after: pd.DataFrame) -> None:
    """Assert that a call left its input alone."""
    pd.testing.assert_frame_equal(before, after)
