"""What became of the measure behind a claim: only one that was carried out, and still stands, is credited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from watershed_cp import units

if TYPE_CHECKING:
    from watershed_cp.loads.lifecycle import Period

__all__ = ["follow_measures", "why_not_counted"]

_FATES = {"recommended": "unverified", "accepted": "unverified", "lapsed": "expired", "rejected": "invalid"}
_REASONS = {
    "recommended": "measure recommended, not carried out",
    "accepted": "measure accepted, not carried out",
    "lapsed": "measure lapsed",
    "rejected": "measure rejected",
}
_OVER = "lifetime of the measure is over"


def follow_measures(
    claims: pd.DataFrame, recommendations: pd.DataFrame, *, period: Period | None = None
) -> pd.DataFrame:
    """Take back the credit of claims whose measure was not carried out, or no longer works.

    Parameters
    ----------
    claims : pandas.DataFrame
        As :func:`watershed_cp.loads.audits.audit_loads` gives them.
    recommendations : pandas.DataFrame
        ``recommendation_id``, ``status`` (recommended, accepted, implemented, verified, lapsed, rejected),
        ``date_implemented``, ``lifetime_years``.
    period : tuple of datetime.date, optional
        A measure whose lifetime ended before the first day is ``expired``.

    Returns
    -------
    pandas.DataFrame
        The same claims; only a fate ``credited`` changes. A claim that names no known measure keeps its fate.

    Raises
    ------
    ValueError
        If a recommendation stands twice.

    Examples
    --------
    >>> claims = pd.DataFrame({"recommendation_id": ["R1", None], "fate": "credited", "reason": ""})
    >>> measures = pd.DataFrame({"recommendation_id": ["R1"], "status": ["lapsed"]})
    >>> follow_measures(claims, measures)["fate"].tolist()
    ['expired', 'credited']
    """
    if recommendations["recommendation_id"].duplicated().any():
        raise ValueError("a recommendation stands twice")
    measures = recommendations.set_index("recommendation_id")
    why = why_not_counted(measures, period=period)
    named = claims["recommendation_id"].where(claims["recommendation_id"].isin(measures.index))
    told = named.map(why).astype("str")  # text even where nothing is known
    reason = told.where((claims["fate"] == "credited") & (told != ""))
    fate = named.map(measures["status"]).map(_FATES).astype("str")
    fate = fate.mask(reason == _OVER, "expired").where(reason.notna())
    return claims.assign(fate=fate.fillna(claims["fate"]), reason=reason.fillna(claims["reason"]))


def why_not_counted(measures: pd.DataFrame, *, period: Period | None = None) -> pd.Series[str]:
    """Tell why a measure does not count; blank where it was carried out and still works.

    Parameters
    ----------
    measures : pandas.DataFrame
        ``status``, and if known ``date_implemented`` and ``lifetime_years``.
    period : tuple of datetime.date, optional
        A measure whose lifetime ended before the first day does not count.

    Returns
    -------
    pandas.Series
        One reason a row, in the words of the ledger.

    Examples
    --------
    >>> why_not_counted(pd.DataFrame({"status": ["verified", "rejected"]})).tolist()
    ['', 'measure rejected']
    """
    reason = measures["status"].map(_REASONS).fillna("")
    return reason.mask(_over(measures, period) & (reason == ""), _OVER)


def _over(measures: pd.DataFrame, period: Period | None) -> pd.Series:
    """Tell whose lifetime ended before the first day of the period."""
    if period is None or not {"date_implemented", "lifetime_years"} <= set(measures.columns):
        return pd.Series(data=False, index=measures.index)
    days = pd.to_numeric(measures["lifetime_years"]) * units.DAYS_PER_YEAR
    end = pd.to_datetime(measures["date_implemented"]) + pd.to_timedelta(days, unit="D")
    return end < pd.Timestamp(period[0])
