"""How far totals may be off, and which firms bring most of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from watershed_cp import tables
from watershed_cp.impact.sums import exact_sums, group_rows
from watershed_cp.loads.uncertainty import COVERAGE_90

if TYPE_CHECKING:
    import pandas as pd

    from watershed_cp.impact.sums import Floats, Whole

__all__ = ["range_of_sums", "range_shares"]


def range_of_sums(rows: pd.DataFrame, group: Whole, size: int) -> tuple[Floats, Floats]:
    """Give the 90 % range of each group's sum of reductions.

    Rows are independent, so their variances add; the intervals of non-detects add as they are. The range is
    unknown as soon as that of one row is.

    Parameters
    ----------
    rows : pandas.DataFrame, n rows
        With ``reduction_low_kg_yr``, ``reduction_high_kg_yr`` and ``standard_uncertainty_kg_yr``.
    group : numpy.ndarray of int, shape (n,)
        Group of each row; -1 is in none.
    size : int
        How many groups there are.

    Returns
    -------
    low, high : numpy.ndarray, shape (size,)
        In kg/yr; NaN where unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> half = COVERAGE_90 * np.array([3.0, 4.0])
    >>> rows = pd.DataFrame({"reduction_low_kg_yr": 10 - half, "reduction_high_kg_yr": 10 + half,
    ...                      "standard_uncertainty_kg_yr": [3.0, 4.0]})
    >>> low, high = range_of_sums(rows, np.array([0, 0]), 1)
    >>> ((high - 20) / COVERAGE_90).round(6).tolist()
    [5.0]
    """
    low, high = (rows[f"reduction_{end}_kg_yr"].to_numpy(float) for end in ("low", "high"))
    spread = np.nan_to_num(
        rows["standard_uncertainty_kg_yr"].to_numpy(float)
    )  # without one it is all interval
    unknown = np.bincount(group[np.isnan(low) & (group >= 0)], minlength=size) > 0
    own = COVERAGE_90 * spread
    least, most = exact_sums(low + own, group, size), exact_sums(high - own, group, size)
    half = COVERAGE_90 * np.sqrt(exact_sums(spread**2, group, size))
    return np.where(unknown, np.nan, least - half), np.where(unknown, np.nan, most + half)


def range_shares(ledger: pd.DataFrame) -> pd.DataFrame:
    r"""Tell which firms bring most of the range of each total: measure these first.

    A total's range is as wide as the intervals of its non-detects together, and the spread of all its rows:
    :math:`W = \sum_i I_i + 2 z \sqrt{\sum_i u_i^2}`. Of that, row i brings
    :math:`I_i + 2 z u_i^2 / \sqrt{\sum_j u_j^2}`: the parts add up to the whole.

    Parameters
    ----------
    ledger : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.LEDGER`.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.RANGE_SHARES`, one row a credited firm and pollutant, the largest
        share first within a pollutant. Firms of unknown or unbounded range stand before them without a share:
        for their sake the total has no range at all.

    Examples
    --------
    >>> import pandas as pd
    >>> half = COVERAGE_90 * np.array([3.0, 4.0])
    >>> ledger = pd.DataFrame({"fate": "credited", "pollutant": "TN", "msme_id": ["F1", "F2"], "basin_id": "a",
    ...                        "reduction_low_kg_yr": 9 - half, "reduction_high_kg_yr": 9 + half,
    ...                        "standard_uncertainty_kg_yr": [3.0, 4.0], "reduction_kg_yr": 9.0})
    >>> range_shares(ledger)[["msme_id", "share_pct"]].round(6).to_numpy().tolist()
    [['F2', 64.0], ['F1', 36.0]]
    """
    rows = ledger[ledger["fate"] == "credited"]
    firm, firms = group_rows(rows, ["pollutant", "msme_id", "basin_id"])
    low, high = (rows[f"reduction_{end}_kg_yr"].to_numpy(float) for end in ("low", "high"))
    with np.errstate(invalid="ignore"):  # an endless range has no width
        width = np.where(np.isfinite(high - low), high - low, np.nan)
    spread = np.nan_to_num(rows["standard_uncertainty_kg_yr"].to_numpy(float))
    parts = {
        "reduction_kg_yr": rows["reduction_kg_yr"].to_numpy(float),
        "range_kg_yr": width,
        "share_pct": _shares(width, spread, *group_rows(rows, ["pollutant"])),
        "basin_share_pct": _shares(width, spread, *group_rows(rows, ["pollutant", "basin_id"])),
    }
    unknown = np.bincount(firm[np.isnan(width)], minlength=len(firms)) > 0
    for name, part in parts.items():
        total = exact_sums(part, firm, len(firms))
        firms[name] = total if name == "reduction_kg_yr" else np.where(unknown, np.nan, total)
    order = ["pollutant", "share_pct", "msme_id"]
    ranked = firms.sort_values(order, ascending=[True, False, True], na_position="first", ignore_index=True)
    return ranked[list(tables.RANGE_SHARES.names)]


def _shares(width: Floats, spread: Floats, group: Whole, totals: pd.DataFrame) -> Floats:
    """Give the percentage of its total's range that each row brings; NaN where its own is not known."""
    known = np.where(np.isnan(width), np.nan, spread)
    variance = np.nan_to_num(exact_sums(known**2, group, len(totals)))[group]
    shared = np.divide(known**2, np.sqrt(variance), where=variance > 0, out=np.zeros(len(known)))
    own = width + 2 * COVERAGE_90 * (shared - spread)
    whole = np.nan_to_num(exact_sums(own, group, len(totals)))[group]
    share = np.where(np.isnan(width), np.nan, 0.0)
    np.divide(100 * own, whole, where=whole > 0, out=share)
    return share
