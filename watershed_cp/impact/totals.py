"""Totals by anything: watershed, country, sector, size class, year, pollutant, evidence grade.

Percentages stand twice, because they differ and are mixed up: the weighted one (all avoided over all before) and
the mean of the firms' own.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from watershed_cp import reference, units
from watershed_cp.errors import InputError
from watershed_cp.impact.sums import exact_sum, pairs_of, range_of_sum, weighted_pct
from watershed_cp.messages import fault

if TYPE_CHECKING:
    from watershed_cp.impact.aggregation import Accounts

Dimension = Literal[
    "basin_id",
    "country",
    "department",
    "municipality",
    "sector",
    "size_class",
    "year",
    "pollutant",
    "evidence",
]

__all__ = ["DIMENSIONS", "Dimension", "total_by"]

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
_GRAMS_PER_KILOGRAM = 1000.0


def total_by(accounts: Accounts, *by: Dimension) -> pd.DataFrame:
    """Add up the credited reductions by one or more dimensions.

    Parameters
    ----------
    accounts : Accounts
        What a run found.
    *by : str
        One or more of :data:`DIMENSIONS`; ``pollutant`` is always among them, since kilograms of different
        pollutants are never added together. ``sector`` is the ISIC Rev. 4 section, ``year`` that of the follow-up.

    Returns
    -------
    pandas.DataFrame
        The dimensions, then ``msmes``, ``baseline_kg_yr``, ``reduction_kg_yr``, its 90 % range
        ``reduction_low_kg_yr`` and ``reduction_high_kg_yr``, ``weighted_reduction_pct``, ``mean_reduction_pct``,
        and for BOD5 ``population_equivalents`` (60 g BOD5 a person and day); with ``basin_id`` also
        ``reduction_kg_yr_km2``. A firm whose dimension is not known stands under a blank.

    Raises
    ------
    InputError
        If a dimension is unknown.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> accounts = run(reference.data_path("demo", "project.toml"))
    >>> total_by(accounts, "country").columns[:3].tolist()
    ['country', 'pollutant', 'msmes']
    """
    unknown = [name for name in by if name not in DIMENSIONS]
    if unknown:
        raise InputError(fault("dimension_unknown", value=", ".join(unknown), known=", ".join(DIMENSIONS)))
    keys = list(dict.fromkeys([*by, "pollutant"]))
    credited = _with_dimensions(accounts)
    rows = [
        (*(key if isinstance(key, tuple) else (key,)), *_totals(group))
        for key, group in credited.groupby(keys, sort=True, dropna=False)
    ]
    totals = pd.DataFrame(rows, columns=[*keys, *_FIGURES])
    people = totals["reduction_kg_yr"] * _GRAMS_PER_KILOGRAM / (_grams_per_person() * units.DAYS_PER_YEAR)
    totals["population_equivalents"] = people.where(totals["pollutant"] == "BOD5")
    if "basin_id" in keys:
        area = totals["basin_id"].map(accounts.basins["area_km2"]).astype(float)
        totals["reduction_kg_yr_km2"] = totals["reduction_kg_yr"] / area
    return totals


_FIGURES = (
    "msmes",
    "baseline_kg_yr",
    "reduction_kg_yr",
    "reduction_low_kg_yr",
    "reduction_high_kg_yr",
    "weighted_reduction_pct",
    "mean_reduction_pct",
)


def _totals(rows: pd.DataFrame) -> tuple[int, float, float, float, float, float, float]:
    paired = pairs_of(rows)
    own = 100 * paired["reduction_kg_yr"] / paired["baseline_kg_yr"].where(paired["baseline_kg_yr"] > 0)
    return (
        rows["msme_id"].nunique(),
        exact_sum(paired["baseline_kg_yr"]) if len(paired) else np.nan,
        exact_sum(rows["reduction_kg_yr"]),
        *range_of_sum(rows),
        weighted_pct(paired),
        exact_sum(own) / own.notna().sum() if own.notna().any() else np.nan,
    )


def _with_dimensions(accounts: Accounts) -> pd.DataFrame:
    """Give the credited ledger rows with every dimension as a column; what is not known is blank."""
    firms = accounts.msmes.reindex(
        columns=["msme_id", "country", "department", "municipality", "ciiu", "employees"]
    )
    firms["sector"] = [_section(code) for code in firms["ciiu"]]
    firms["size_class"] = [
        _size(country, people) for country, people in zip(firms["country"], firms["employees"], strict=True)
    ]
    credited = accounts.ledger[accounts.ledger["fate"] == "credited"]
    joined = credited.merge(
        firms.drop(columns=["ciiu", "employees"]), on="msme_id", how="left", validate="many_to_one"
    )
    joined["year"] = pd.to_datetime(joined["date"]).dt.strftime("%Y")
    names = [name for name in DIMENSIONS if name in joined]
    return joined.assign(
        **{name: joined[name].astype(object).where(joined[name].notna(), "") for name in names}
    )


def _section(code: object) -> str:
    return reference.isic_sections().get(code[:2], "") if isinstance(code, str) else ""


def _size(country: object, employees: object) -> str:
    """Give the size class by people employed, where the country's own rule counts people."""
    if pd.isna(employees):  # type: ignore[call-overload]
        return ""
    people = float(str(employees))
    rules = reference.size_rules()
    return next((name for of, low, high, name in rules if of == country and low <= people <= high), "")


@functools.cache
def _grams_per_person() -> float:
    rows = reference.read_reference("population_equivalents")
    return float(next(row["low"] for row in rows if row["default"] == "yes"))
