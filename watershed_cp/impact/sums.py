"""Sums over ledger rows: exact, with the range of the sum, and with unknowns left unknown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from watershed_cp.loads.uncertainty import COVERAGE_90

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["exact_sum", "pairs_of", "range_of_sum", "range_shares", "weighted_pct"]


def exact_sum(values: pd.Series) -> float:
    """Add the known values without rounding on the way; the order of the rows makes no difference.

    Nothing adds up to 0, but rows of which not one is known add up to NaN: an unknown is not a zero.

    Examples
    --------
    >>> import pandas as pd
    >>> exact_sum(pd.Series([1e16, 1.0, -1e16, np.nan])), exact_sum(pd.Series([np.nan]))
    (1.0, nan)
    """
    array = values.to_numpy(float)
    known = array[~np.isnan(array)]
    return math.fsum(known.tolist()) if len(known) or not len(array) else math.nan


def range_of_sum(rows: pd.DataFrame) -> tuple[float, float]:
    """Give the 90 % range of the sum of reductions.

    Rows are independent, so their variances add; the intervals of non-detects add as they are. The range is
    unknown as soon as that of one row is.

    Parameters
    ----------
    rows : pandas.DataFrame
        Ledger rows with ``reduction_low_kg_yr``, ``reduction_high_kg_yr`` and ``standard_uncertainty_kg_yr``.

    Returns
    -------
    low, high : float
        In kg/yr; NaN where unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> half = COVERAGE_90 * np.array([3.0, 4.0])
    >>> rows = pd.DataFrame({"reduction_low_kg_yr": 10 - half, "reduction_high_kg_yr": 10 + half,
    ...                      "standard_uncertainty_kg_yr": [3.0, 4.0]})
    >>> [round((high - 20) / COVERAGE_90, 6) for high in range_of_sum(rows)]
    [-5.0, 5.0]
    """
    if rows["reduction_low_kg_yr"].isna().any():
        return math.nan, math.nan
    spread = rows["standard_uncertainty_kg_yr"].fillna(0.0)  # a range without one is all interval
    least = exact_sum(rows["reduction_low_kg_yr"] + COVERAGE_90 * spread)
    most = exact_sum(rows["reduction_high_kg_yr"] - COVERAGE_90 * spread)
    half = COVERAGE_90 * math.sqrt(math.fsum((spread**2).tolist()))
    return least - half, most + half


def pairs_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the ledger rows of which both loads are known: only they can be set against a baseline.

    Examples
    --------
    >>> import pandas as pd
    >>> len(pairs_of(pd.DataFrame({"baseline_kg_yr": [9.0, np.nan], "follow_up_kg_yr": [5.0, 4.0]})))
    1
    """
    return rows[rows["baseline_kg_yr"].notna() & rows["follow_up_kg_yr"].notna()]


def weighted_pct(pairs: pd.DataFrame) -> float:
    """Give all that was avoided over all that there was before, in percent; NaN where there was nothing.

    Examples
    --------
    >>> import pandas as pd
    >>> weighted_pct(pd.DataFrame({"baseline_kg_yr": [8.0], "reduction_kg_yr": [2.0]}))
    25.0
    """
    baseline = exact_sum(pairs["baseline_kg_yr"])
    return 100 * exact_sum(pairs["reduction_kg_yr"]) / baseline if baseline else math.nan


def range_shares(ledger: pd.DataFrame) -> pd.DataFrame:
    """Tell which firms bring most of the range of each pollutant's total: measure these first.

    Parameters
    ----------
    ledger : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.LEDGER`.

    Returns
    -------
    pandas.DataFrame
        ``pollutant``, ``msme_id``, ``range_kg_yr`` (width of the firm's own 90 % range) and ``share`` of the
        pollutant's summed squared widths (0 to 1), largest first within a pollutant. Rows of unknown or
        unbounded range are left out.

    Examples
    --------
    >>> import pandas as pd
    >>> ledger = pd.DataFrame({"fate": "credited", "pollutant": "TN", "msme_id": ["F1", "F2"],
    ...                        "reduction_low_kg_yr": [0.0, 0.0], "reduction_high_kg_yr": [3.0, 4.0]})
    >>> range_shares(ledger)[["msme_id", "share"]].to_numpy().tolist()
    [['F2', 0.64], ['F1', 0.36]]
    """
    credited = ledger[ledger["fate"] == "credited"]
    width = (credited["reduction_high_kg_yr"] - credited["reduction_low_kg_yr"]).replace(math.inf, math.nan)
    firms = credited.assign(range_kg_yr=width).dropna(subset="range_kg_yr")
    table = firms.groupby(["pollutant", "msme_id"])["range_kg_yr"].sum().reset_index()
    squared = table["range_kg_yr"] ** 2
    total = squared.groupby(table["pollutant"]).transform("sum")
    table["share"] = (squared / total).where(total > 0, 0.0)
    return table.sort_values(
        ["pollutant", "share", "msme_id"], ascending=[True, False, True], ignore_index=True
    )
