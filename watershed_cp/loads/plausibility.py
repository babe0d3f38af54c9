"""What looks wrong in the audits and should be checked: flagged is not dropped.

A flag is a word of ``[flag]`` in ``messages.toml``, which says what to check; several stand with spaces between.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from watershed_cp import reference, units

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["flag_rows", "join_flags"]

_SLIP = 1000.0  # g for mg, mg for µg
_MISMATCH = 0.2  # a load and its own flow times concentration agree within the error of either
_A_DAY = re.compile(r"(?:/|\bper\b|\bpor\b)\s*(?:d|day|días?|dias?)\b", re.IGNORECASE)
_VISIT = ["msme_id", "phase", "date"]


def flag_rows(
    rows: pd.DataFrame, *, concentration: NDArray[np.bool_], factors: NDArray[np.float64]
) -> NDArray[np.object_]:
    """Flag audit rows that the registry or their neighbours make doubtful.

    Parameters
    ----------
    rows : pandas.DataFrame, n rows
        Audit rows with ``load_kg_yr``.
    concentration : numpy.ndarray of bool, shape (n,)
        Whether the row's value is a concentration.
    factors : numpy.ndarray, shape (n,)
        Factor of the row's unit to kg/m3 or kg/yr.

    Returns
    -------
    numpy.ndarray of str, shape (n,)
        ``out_of_range``: above the highest raw value published for the pollutant; ``unit_slip``: so far above that
        a factor of 1,000 explains it; ``cod_below_bod``: more BOD5 than COD at one visit; ``load_mismatch``: a load
        that is not its own flow times concentration; ``repeated_value``: two pollutants of one visit with the
        very same number; ``days_not_used``: a load a day, which is taken for every day of the year although the row
        gives fewer operating days.

    Examples
    --------
    >>> rows = pd.DataFrame({"msme_id": "F1", "phase": "baseline", "date": pd.NaT, "pollutant": ["BOD5", "COD"],
    ...                      "value": [300.0, 200.0], "load_kg_yr": [3.0, 2.0], "qualifier": None})
    >>> flag_rows(rows, concentration=np.array([True, True]), factors=np.array([1e-3, 1e-3])).tolist()
    ['cod_below_bod', 'cod_below_bod']
    """
    milligrams = np.where(concentration, rows["value"].to_numpy(float) * factors * 1e3, np.nan)  # mg/L
    highest = rows["pollutant"].map(_highest()).to_numpy(float)
    slip = milligrams > highest * _SLIP / 10
    return join_flags(
        np.where(slip, "unit_slip", np.where(milligrams > highest, "out_of_range", "")),
        np.where(_cod_below_bod(rows), "cod_below_bod", ""),
        np.where(_load_mismatch(rows, concentration), "load_mismatch", ""),
        np.where(_repeated_value(rows), "repeated_value", ""),
        np.where(~concentration & _days_not_used(rows), "days_not_used", ""),
    )


def join_flags(*columns: ArrayLike) -> NDArray[np.object_]:
    """Join columns of flags row by row: each flag once, in order.

    Examples
    --------
    >>> join_flags(["b", ""], ["a b", ""]).tolist()
    ['a b', '']
    """
    rows = zip(*(np.asarray(column, dtype=object) for column in columns), strict=True)
    return np.array(
        [" ".join(sorted({flag for cell in row for flag in cell.split()})) for row in rows], dtype=object
    )


@functools.cache
def _highest() -> dict[str, float]:
    """Give the highest raw concentration published for each pollutant, mg/L."""
    rows = reference.read_reference("pollutants")
    return {row["pollutant"]: float(row["typical_high_mg_l"]) for row in rows if row["typical_high_mg_l"]}


def _cod_below_bod(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Find visits whose BOD5 load is above their COD load: what is oxidised in five days is part of the whole."""
    detected = rows[rows["qualifier"].isna()]
    means = {
        code: detected[detected["pollutant"] == code].groupby(_VISIT, dropna=False)["load_kg_yr"].mean()
        for code in ("BOD5", "COD")
    }
    both = pd.concat(means, axis=1).reindex(columns=["BOD5", "COD"])
    return _at(rows, both.index[both["BOD5"] > both["COD"]]) & rows["pollutant"].isin(means).to_numpy()


def _load_mismatch(rows: pd.DataFrame, concentration: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find samples given both as a load and as a concentration, the two of which disagree."""
    keys = [*_VISIT, "pollutant"]
    means = {
        side: rows[chosen].groupby(keys, dropna=False)["load_kg_yr"].mean()
        for side, chosen in (("given", ~concentration), ("made", concentration))
    }
    both = pd.concat(means, axis=1)
    apart = (both["made"] - both["given"]).abs() > _MISMATCH * both["given"]
    return _at(rows, both.index[apart], keys)


def _repeated_value(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Find numbers that stand for two pollutants of one visit: a column copied into its neighbour."""
    keys = [*_VISIT, "value"]
    kinds = rows.groupby(keys, dropna=False)["pollutant"].transform("nunique")
    return ((kinds > 1) & (rows["value"] > 0) & rows["qualifier"].isna()).to_numpy()


def _days_not_used(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Find loads a day in rows that give fewer operating days: the load is taken for every day of the year."""
    if "unit" not in rows:
        return np.zeros(len(rows), dtype=bool)
    daily = rows["unit"].fillna("").str.contains(_A_DAY)
    return (daily & (rows["operating_days_per_year"] < units.DAYS_PER_YEAR)).to_numpy(bool)


def _at(rows: pd.DataFrame, index: pd.Index, keys: list[str] = _VISIT) -> NDArray[np.bool_]:
    return pd.MultiIndex.from_frame(rows[keys]).isin(index)
