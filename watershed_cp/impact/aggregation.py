"""From loads and placed firms to totals per watershed: every kilogram credited once, or accounted for.

The ledger is made first, one row per firm, pollutant and audit pair, each with exactly one fate. Totals are then
sums over its credited rows, so that a total and the ledger cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from watershed_cp.errors import Text


@dataclass(frozen=True)
class Accounts:
    """All that is known after a run, and all that a publication may draw on.

    Attributes
    ----------
    title : Text
        Title of the project, Spanish and English.
    basins : geopandas.GeoDataFrame
        Index ``basin_id``, columns of :data:`watershed_cp.tables.BASINS`, outlines in EPSG:4326.
    msmes : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.MSMES` and the user's own, one row a firm.
    assignments, basin_loads, ledger, ledger_summary : pandas.DataFrame
        The tables of the same names in :mod:`watershed_cp.tables`.
    period : tuple of str or None
        First and last date of the audits, ISO 8601.
    synthetic : bool
        Whether any row of the input says that it is synthetic.
    """

    title: Text
    basins: gpd.GeoDataFrame
    msmes: pd.DataFrame
    assignments: pd.DataFrame
    ledger: pd.DataFrame
    basin_loads: pd.DataFrame
    ledger_summary: pd.DataFrame
    period: tuple[str, str] | None = None
    synthetic: bool = False
