"""From claims and placed firms to totals per watershed: every kilogram credited once, or accounted for.

The ledger is made first, one row a claim, each with exactly one fate. Totals are then sums over its credited
rows, so that a total and the ledger cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from watershed_cp import tables
from watershed_cp.impact import ledger as books
from watershed_cp.impact.sums import exact_sum, pairs_of, range_of_sum, weighted_pct
from watershed_cp.messages import texts

if TYPE_CHECKING:
    import geopandas as gpd

    from watershed_cp.errors import Text

__all__ = ["Accounts", "close_accounts", "measured_period", "says_synthetic", "total_per_basin"]


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
    measurements : pandas.DataFrame
        Audit rows that are no mass (pH, temperature): kept, never summed.
    period : tuple of str or None
        First and last date of the measurements, ISO 8601.
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
    measurements: pd.DataFrame
    period: tuple[str, str] | None = None
    synthetic: bool = False

    @property
    def programme_loads(self) -> pd.DataFrame:
        """Totals of all watersheds together, one row a pollutant: the columns of ``basin_loads`` after its basin."""
        credited = _credited(self.ledger, self.assignments)
        rows = [(pollutant, *_totals(group)) for pollutant, group in credited.groupby("pollutant", sort=True)]
        return pd.DataFrame(rows, columns=list(tables.BASIN_LOADS.names[2:]))


def close_accounts(
    claims: pd.DataFrame,
    assignments: pd.DataFrame,
    basins: gpd.GeoDataFrame,
    *,
    msmes: pd.DataFrame | None = None,
    measurements: pd.DataFrame | None = None,
    title: Text | None = None,
    period: tuple[str, str] | None = None,
    synthetic: bool | None = None,
) -> Accounts:
    """Book every claim, add up per watershed, and prove that nothing was lost.

    Parameters
    ----------
    claims : pandas.DataFrame
        As :func:`watershed_cp.loads.audits.audit_loads` gives them, kg/yr.
    assignments : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.ASSIGNMENTS`.
    basins : geopandas.GeoDataFrame
        Index ``basin_id``.
    msmes : pandas.DataFrame, optional
        The firms; by default only their identifiers are known.
    measurements : pandas.DataFrame, optional
        Audit rows that are no mass.
    title : Text, optional
        Title of the project.
    period : tuple of str, optional
        First and last date of the measurements, ISO 8601; by default those of the claims.
    synthetic : bool, optional
        Whether any row of the input says that it is synthetic; by default whether a firm says so.

    Returns
    -------
    Accounts
        Ledger, summary and totals, with what they rest on.

    Raises
    ------
    ArithmeticError
        If a claim was lost or doubled on the way.

    Examples
    --------
    >>> import geopandas as gpd
    >>> claims = pd.DataFrame({"msme_id": ["F1"], "pollutant": ["TN"], "fate": ["credited"], "reduction_kg_yr": [5.0]})
    >>> placed = pd.DataFrame({"msme_id": ["F1"], "basin_id": ["a"], "status": ["inside"], "probability": [0.8]})
    >>> basins = gpd.GeoDataFrame({"name_es": ["A"]}, index=pd.Index(["a"], name="basin_id"))
    >>> accounts = close_accounts(claims, placed, basins)
    >>> accounts.basin_loads[["reduction_kg_yr", "expected_reduction_kg_yr"]].iloc[0].tolist()
    [5.0, 4.0]
    """
    firms = assignments[["msme_id"]] if msmes is None else msmes
    ledger = books.flag_media(books.build_ledger(claims, assignments), firms)
    books.check_conservation(claims, ledger)
    return Accounts(
        title=title or texts("accounts")["title"],
        basins=basins,
        msmes=firms,
        assignments=assignments,
        ledger=ledger,
        basin_loads=total_per_basin(ledger, assignments, basins),
        ledger_summary=books.summarise(ledger),
        measurements=pd.DataFrame() if measurements is None else measurements,
        period=period or measured_period(claims),
        synthetic=says_synthetic(firms) if synthetic is None else synthetic,
    )


def measured_period(*measured: pd.DataFrame) -> tuple[str, str] | None:
    """Give the first and last date of tables with a column ``date``, ISO 8601; None where no date is known.

    Examples
    --------
    >>> measured_period(pd.DataFrame({"date": pd.to_datetime(["2020-05-01", "2019-01-31"])}))
    ('2019-01-31', '2020-05-01')
    """
    dates = [table["date"].dropna() for table in measured if "date" in table]
    known = [date for column in dates if len(column) for date in (column.min(), column.max())]
    return (f"{min(known):%Y-%m-%d}", f"{max(known):%Y-%m-%d}") if known else None


def says_synthetic(table: pd.DataFrame) -> bool:
    """Tell whether any row of a table says that it is synthetic.

    Examples
    --------
    >>> says_synthetic(pd.DataFrame({"synthetic": ["yes", None]})), says_synthetic(pd.DataFrame())
    (True, False)
    """
    return "synthetic" in table and bool((table["synthetic"] == "yes").any())


def total_per_basin(
    ledger: pd.DataFrame, assignments: pd.DataFrame, basins: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Add up the credited rows per watershed and pollutant.

    Parameters
    ----------
    ledger : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.LEDGER`, kg/yr.
    assignments : pandas.DataFrame
        For the probability of each assignment.
    basins : geopandas.GeoDataFrame
        Index ``basin_id``.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.BASIN_LOADS`, one row for each watershed and each pollutant of the
        ledger; where nothing was credited the reduction is 0 and the loads are unknown.

    Examples
    --------
    >>> import geopandas as gpd
    >>> basins = gpd.GeoDataFrame({"name_es": ["A"]}, index=pd.Index(["a"], name="basin_id"))
    >>> ledger = pd.DataFrame({"pollutant": ["TN"], "fate": ["outside"]}).reindex(columns=tables.LEDGER.names)
    >>> total_per_basin(ledger, ledger, basins)["reduction_kg_yr"].tolist()
    [0.0]
    """
    credited = _credited(ledger, assignments)
    groups = dict(tuple(credited.groupby(["basin_id", "pollutant"])))
    names = basins["name_es"] if "name_es" in basins else pd.Series(basins.index, index=basins.index)
    rows = [
        (basin_id, name, pollutant, *_totals(groups.get((basin_id, pollutant), credited.iloc[:0])))
        for basin_id, name in names.items()
        for pollutant in sorted(ledger["pollutant"].unique())
    ]
    return pd.DataFrame(rows, columns=list(tables.BASIN_LOADS.names))


def _credited(ledger: pd.DataFrame, assignments: pd.DataFrame) -> pd.DataFrame:
    """Give the credited rows, each with the reduction that its probability leaves."""
    probability = ledger["msme_id"].map(_probability(assignments)).astype(float).fillna(1.0)
    return ledger.assign(expected=ledger["reduction_kg_yr"] * probability)[ledger["fate"] == "credited"]


def _totals(rows: pd.DataFrame) -> tuple[int, float, float, float, float, float, float, float]:
    paired = pairs_of(rows)
    baseline, follow_up = (
        exact_sum(paired[name]) if len(paired) else np.nan for name in ("baseline_kg_yr", "follow_up_kg_yr")
    )
    reduction, expected = (exact_sum(rows[name]) for name in ("reduction_kg_yr", "expected"))
    figures = (baseline, follow_up, reduction, *range_of_sum(rows), expected, weighted_pct(paired))
    return rows["msme_id"].nunique(), *figures


def _probability(assignments: pd.DataFrame) -> pd.Series:
    if "probability" not in assignments:
        return pd.Series(dtype=float)
    return assignments.set_index("msme_id")["probability"]
