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

__all__ = ["DOUBTS", "flag_pairs", "flag_rows", "join_flags", "number_groups"]

DOUBTS = {
    "before_baseline": "date",
    "cod_below_bod": "value",
    "days_not_used": "operating_days_per_year",
    "factor_1000": "value",
    "far_apart": "value",
    "load_mismatch": "value",
    "no_discharge": "value",
    "out_of_range": "value",
    "removal_differs": "value",
    "repeated_value": "value",
    "sector_outlier": "value",
    "unit_slip": "value",
}
"""The flags of what may be a slip, each with the column to look at; the others explain a number that may be right."""

_SLIP = 1000.0  # g for mg, mg for µg
_LIKE_A_SLIP = _SLIP**0.5  # further from the published range than this, and a slip is the nearer explanation
_NEARLY = 2.0  # how far a ratio may be from a thousand and still look like a slip of units
_ROSE = 10.0  # a follow-up so many times its baseline is sooner a slip than a firm that grew
_MISMATCH = 0.2  # a load and its own flow times concentration agree within the error of either
_FIRMS = 8  # fewer say little about a sector
_MODIFIED_Z = 3.5
"""Iglewicz and Hoaglin (1993), How to Detect and Handle Outliers; quoted in NIST's e-Handbook, section 1.3.5.17."""
_NORMAL_MAD = 0.6745  # median absolute deviation of a standard normal, same source
_A_DAY = re.compile(r"(?:/|\bper\b|\bpor\b)\s*(?:d|day|días?|dias?)\b", re.IGNORECASE)
_VISIT = ["msme_id", "phase", "date"]


def flag_rows(
    rows: pd.DataFrame, *, milligrams: NDArray[np.float64], sector: pd.Series
) -> NDArray[np.object_]:
    """Flag audit rows that published values or their neighbours make doubtful.

    Parameters
    ----------
    rows : pandas.DataFrame, n rows
        Columns of :data:`watershed_cp.tables.AUDITS`, ``load_kg_yr`` and ``passing``.
    milligrams : numpy.ndarray, shape (n,)
        The concentration in mg/L; NaN where the row gives a load.
    sector : pandas.Series of str, n rows
        ISIC Rev. 4 code of the firm, blank where it is not known.

    Returns
    -------
    numpy.ndarray of str, shape (n,)
        ``out_of_range``: above the highest raw value published for the pollutant and sector; ``unit_slip``: so far
        above that, or as a baseline so far below the lowest, that a factor of 1,000 explains it; ``cod_below_bod``:
        more BOD5 than COD at one visit; ``load_mismatch``: a load that is not its own flow times concentration;
        ``repeated_value``: two pollutants of one visit with the very same number; ``days_not_used``: a load a day,
        which is taken for every day of the year although the row gives fewer operating days; ``sector_outlier``: far
        from what the other firms of the sector measured; ``sewer_treated``: what a plant removes is taken off.

    Examples
    --------
    >>> rows = pd.DataFrame({"msme_id": "F1", "phase": "baseline", "date": pd.NaT, "pollutant": ["BOD5", "COD"],
    ...                      "value": [300.0, 200.0], "load_kg_yr": [3.0, 2.0], "qualifier": "", "unit": "mg/L",
    ...                      "operating_days_per_year": 365.0, "passing": np.nan})
    >>> flag_rows(rows, milligrams=np.array([300.0, 200.0]), sector=pd.Series(["", ""])).tolist()
    ['cod_below_bod', 'cod_below_bod']
    """
    lowest, highest = _published(rows["pollutant"], sector)
    baseline = (rows["phase"] == "baseline").to_numpy()
    measured = (rows["qualifier"] == "").to_numpy()
    slip = (milligrams > highest * _LIKE_A_SLIP) | (
        baseline & measured & (milligrams * _LIKE_A_SLIP < lowest)
    )
    visit = number_groups(rows, _VISIT)
    found = {
        "cod_below_bod": _cod_below_bod(rows, visit, measured),
        "days_not_used": np.isnan(milligrams) & _days_not_used(rows),
        "load_mismatch": _load_mismatch(rows, visit, given=np.isnan(milligrams)),
        "out_of_range": (milligrams > highest) & ~slip,
        "repeated_value": _repeated_value(rows, visit, measured),
        "sector_outlier": _sector_outlier(rows, milligrams, sector, measured),
        "sewer_treated": rows["passing"].notna().to_numpy(),
        "unit_slip": slip,
    }
    return _named(found)


def flag_pairs(
    reduction: pd.Series, normalised: pd.Series, baseline: pd.Series, *, passing: pd.DataFrame
) -> NDArray[np.object_]:
    """Flag a baseline against its follow-up where output, a slip of units or a plant explains the difference.

    Parameters
    ----------
    reduction, normalised, baseline : pandas.Series, n rows
        Reduction, reduction at equal output and load of the baseline, kg/yr.
    passing : pandas.DataFrame, n rows of two columns
        Share of either load that a plant at the end of the sewer lets through; NaN where there is none.

    Returns
    -------
    numpy.ndarray of str, shape (n,)
        ``output_fell``: the load fell only because output fell; ``intensity_fell``: it rose, but less than output;
        ``factor_1000``: one load is about a thousand times the other; ``far_apart``: the follow-up is more than ten
        times the baseline, or the baseline far more than a thousand times it; ``removal_differs``: of the two loads
        the plant removes another share.

    Examples
    --------
    >>> alike = pd.DataFrame({"before": [np.nan, 0.2], "after": [np.nan, 0.2]})
    >>> pairs = pd.Series([20.0, 999.0]), pd.Series([0.0, np.nan]), pd.Series([100.0, 1000.0])
    >>> flag_pairs(*pairs, passing=alike).tolist()
    ['output_fell', 'factor_1000']
    """
    after, (first, second) = baseline - reduction, passing.to_numpy(float).T
    with np.errstate(divide="ignore", invalid="ignore"):
        fall = np.log(baseline.to_numpy(float) / after.to_numpy(float))
    slip = np.abs(np.abs(fall) - np.log(_SLIP)) < np.log(_NEARLY)
    far = np.isfinite(fall) & ((fall > np.log(_SLIP)) | (fall < -np.log(_ROSE)))  # nothing left is no slip
    found = {
        "factor_1000": slip,
        "far_apart": far & ~slip,
        "intensity_fell": ((reduction <= 0) & (normalised > 0)).to_numpy(),
        "output_fell": ((reduction > 0) & (normalised <= 0)).to_numpy(),
        "removal_differs": (first != second) & ~(np.isnan(first) & np.isnan(second)),
    }
    return _named(found)


def join_flags(*columns: ArrayLike) -> NDArray[np.object_]:
    """Join columns of flags row by row: each flag once, in order.

    Examples
    --------
    >>> join_flags(["b", ""], ["a b", ""]).tolist()
    ['a b', '']
    """
    table = pd.DataFrame(
        {f"{place}": np.asarray(column, dtype=object) for place, column in enumerate(columns)}
    )
    kinds = table.drop_duplicates()
    joined = [" ".join(sorted({flag for cell in row for flag in cell.split()})) for row in kinds.to_numpy()]
    return (
        np.array(joined, dtype=object)[number_groups(table, table.columns.tolist())]
        if len(table)
        else np.array([], object)
    )


def _named(found: dict[str, NDArray[np.bool_]]) -> NDArray[np.object_]:
    """Name the flags that were found, in the order of `found`."""
    bits = sum(mask.astype(np.int64) << place for place, mask in enumerate(found.values()))
    known, places = np.unique(bits, return_inverse=True)
    names = [" ".join(name for place, name in enumerate(found) if bit >> place & 1) for bit in known.tolist()]
    return np.array(names, dtype=object)[places]


def number_groups(rows: pd.DataFrame, keys: list[str]) -> NDArray[np.int64]:
    """Give each row the number of its combination of `keys`, in order of first appearance.

    Examples
    --------
    >>> number_groups(pd.DataFrame({"phase": ["b", "a", "b", None]}), ["phase"]).tolist()
    [0, 1, 0, 2]
    """
    return np.asarray(rows.groupby(keys, dropna=False, sort=False).ngroup(), dtype=np.int64)


def _published(pollutant: pd.Series, sector: pd.Series) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the lowest and highest raw concentration published for each row's pollutant and sector, mg/L."""
    (code, pollutants), (division, sectors) = pd.factorize(pollutant), pd.factorize(sector)
    pairs, places = np.unique(code * len(sectors) + division, return_inverse=True)
    ranges = [_range(pollutants[pair // len(sectors)], sectors[pair % len(sectors)]) for pair in pairs]
    low, high = np.array(ranges, dtype=float).reshape(-1, 2)[places].T
    return low, high


@functools.cache
def _range(pollutant: str, sector: str) -> tuple[float, float]:
    """Give the range of the closest sector; of an unknown one only the highest of all; NaN if there is none."""
    rows = [
        row for row in reference.read_reference("typical_concentrations") if row["pollutant"] == pollutant
    ]
    own = [row for row in rows if sector.startswith(row["isic"])]
    if own:
        closest = max(own, key=lambda row: len(row["isic"]))
        return float(closest["low_mg_l"] or "nan"), float(closest["high_mg_l"])
    return np.nan, max((float(row["high_mg_l"]) for row in rows), default=np.nan)


def _cod_below_bod(
    rows: pd.DataFrame, visit: NDArray[np.int64], measured: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Find visits whose BOD5 load is above their COD load: what is oxidised in five days is part of the whole."""
    bod, cod = ((rows["pollutant"] == code).to_numpy() for code in ("BOD5", "COD"))
    load = rows["load_kg_yr"].to_numpy(float)
    above = _mean(load, visit, bod & measured) > _mean(load, visit, cod & measured)
    return above[visit] & (bod | cod)


def _load_mismatch(
    rows: pd.DataFrame, visit: NDArray[np.int64], *, given: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Find samples given both as a load and as a concentration, the two of which disagree."""
    load, sample = (
        rows["load_kg_yr"].to_numpy(float),
        number_groups(rows.assign(visit=visit), ["visit", "pollutant"]),
    )
    stated, made = _mean(load, sample, given), _mean(load, sample, ~given)
    return (np.abs(made - stated) > _MISMATCH * stated)[sample]


def _mean(
    load: NDArray[np.float64], group: NDArray[np.int64], chosen: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Give the mean load of each group's chosen rows whose load is known; NaN where there is none."""
    known = chosen & np.isfinite(load)
    size = int(group.max(initial=-1)) + 1
    with np.errstate(invalid="ignore"):
        return np.bincount(group[known], load[known], size) / np.bincount(group[known], minlength=size)


def _repeated_value(
    rows: pd.DataFrame, visit: NDArray[np.int64], measured: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Find numbers that stand for two pollutants of one visit: a column copied into its neighbour."""
    places = np.flatnonzero(measured & (rows["value"] > 0).to_numpy())
    told = pd.DataFrame({"visit": visit[places], "value": rows["value"].to_numpy(float)[places]})
    twice = places[told.duplicated(keep=False)]
    told = told[told.duplicated(keep=False)].assign(pollutant=rows["pollutant"].to_numpy(object)[twice])
    several = told.groupby(["visit", "value"], sort=False)["pollutant"].transform("nunique") > 1
    repeated = np.zeros(len(rows), dtype=bool)
    repeated[twice[several.to_numpy(bool)]] = True
    return repeated


def _days_not_used(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Find loads a day in rows that give fewer operating days: the load is taken for every day of the year."""
    daily = {unit: bool(_A_DAY.search(unit)) for unit in rows["unit"].dropna().unique()}
    few = rows["operating_days_per_year"] < units.DAYS_PER_YEAR
    return (few & rows["unit"].isin([unit for unit, is_daily in daily.items() if is_daily])).to_numpy(bool)


def _sector_outlier(
    rows: pd.DataFrame, milligrams: NDArray[np.float64], sector: pd.Series, measured: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Find concentrations whose logarithm is far from the median of the sector's firms, by ISIC division."""
    chosen = np.flatnonzero(measured & (milligrams > 0) & (sector != "").to_numpy())
    told = rows.iloc[chosen][["msme_id", "pollutant", "phase"]].assign(
        division=sector.iloc[chosen].str[:2], logarithm=np.log(milligrams[chosen])
    )
    peers = told.groupby(["pollutant", "phase", "division"], sort=False)
    distance = (told["logarithm"] - peers["logarithm"].transform("median")).abs()
    spread = distance.groupby([told["pollutant"], told["phase"], told["division"]]).transform("median")
    outlying = (_NORMAL_MAD * distance > _MODIFIED_Z * spread) & (spread > 0)
    flagged = np.zeros(len(rows), dtype=bool)
    flagged[chosen] = outlying & (peers["msme_id"].transform("nunique") >= _FIRMS)
    return flagged
