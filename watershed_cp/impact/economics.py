"""What a measure saves and what it costs: natural units, dollars of one year, payback, present value, CO2.

A measure counts once it was implemented or verified and still works; one that lapsed or was rejected never does. What
is not known stays unknown, and the table says why.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from watershed_cp import tables, units
from watershed_cp.loads.measures import why_not_counted
from watershed_cp.reference import read_reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watershed_cp.impact.aggregation import Accounts

__all__ = ["branch_measures", "cash_flow", "grid_factor", "internal_rate", "measures_table", "price_level"]

MINIMUM_MEASURES = 3
"""Measures below which a branch shows no pattern."""

_QUANTITIES = (
    *("investment_usd", "saving_usd_yr", "payback_years", "npv_usd"),
    *(column.name for column in tables.SAVING_OF.values()),
    "co2e_kg_yr",
)
_TJ_PER_KWH = 3.6e-6
_PERCENT = 100


@functools.cache
def price_level(year: int) -> float:
    """Give the US consumer price index (CPI-U, annual average) of a year; NaN where the table has none.

    Examples
    --------
    >>> price_level(2019), price_level(1900)
    (255.657, nan)
    """
    rows = {int(row["year"]): float(row["cpi_u"]) for row in read_reference("us_consumer_prices")}
    return rows.get(year, math.nan)


@functools.cache
def grid_factor(country: str, year: int) -> tuple[float, int] | None:
    """Give what a saved kWh of a country's grid avoids, kg CO2, and the year of the factor: the nearest there is.

    Examples
    --------
    >>> grid_factor("HN", 2019), grid_factor("XX", 2019)
    ((0.359, 2021), None)
    """
    rows = [row for row in read_reference("grid_emission_factors") if row["country"] == country]
    if not rows:
        return None
    nearest = min(rows, key=lambda row: (abs(int(row["year"]) - year), int(row["year"])))
    return float(nearest["kg_co2_per_kwh"]), int(nearest["year"])


def cash_flow(investment_usd: float, saving_usd_yr: float, lifetime_years: float) -> list[float]:
    """Write the money of a measure year by year: the investment first, the last year as far as it lasts.

    Examples
    --------
    >>> cash_flow(1000, 400, 2.5)
    [-1000, 400.0, 400.0, 200.0]
    """
    years = math.ceil(lifetime_years)
    return [-investment_usd, *(saving_usd_yr * min(1.0, lifetime_years - at) for at in range(years))]


def internal_rate(flow: Sequence[float]) -> float:
    """Give the internal rate of return of a cash flow, percent a year; NaN where there is none.

    Examples
    --------
    >>> internal_rate([-100.0, 110.0]), internal_rate([0.0, 50.0])
    (10.0, nan)
    """
    import numpy_financial

    if not flow[0] < 0 < sum(flow[1:]):
        return math.nan
    return round(float(numpy_financial.irr(flow)) * _PERCENT, 10)


def measures_table(accounts: Accounts) -> pd.DataFrame:
    """Give each recommendation with its saving, its money and whether it counts.

    Parameters
    ----------
    accounts : Accounts
        What a run found, with the register ``recommendations``; without it the table is empty.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.MEASURES`, one row a recommendation, in the order of the register.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> measures = measures_table(run(data_path("demo", "project.toml")))
    >>> set(measures.loc[measures["counts"] == "yes", "status"]) == {"implemented", "verified"}
    True
    """
    declared = tables.RECOMMENDATIONS.names
    register = accounts.registers.get("recommendations")
    if register is None or register.empty:
        return pd.DataFrame(columns=list(tables.MEASURES.names))
    rows = register.reindex(columns=list(declared)).reset_index(drop=True)
    firms = accounts.msmes.drop_duplicates("msme_id").set_index("msme_id")
    placed = accounts.assignments.drop_duplicates("msme_id").set_index("msme_id")
    reason = why_not_counted(rows, period=accounts.accounting_period)
    known = rows.assign(
        country=_of_firm(rows, firms, "country"),
        branch=_of_firm(rows, firms, "ciiu").map(_division),
        basin_id=_of_firm(rows, placed, "basin_id"),
        counts=(reason == "").map({True: "yes", False: "no"}),
        reason=reason,
        dollars_of=accounts.economics.dollars_of,
    )
    rate = accounts.economics.discount_rate_pct / _PERCENT
    computed = pd.DataFrame([_appraise(row, rate) for row in known.to_dict("records")], index=known.index)
    known[computed.columns] = computed
    return known[list(tables.MEASURES.names)]


def branch_measures(measures: pd.DataFrame, ledger: pd.DataFrame) -> pd.DataFrame:
    """Tell what each measure did in each branch: how many, median and range of cost, saving, payback, kg avoided.

    Parameters
    ----------
    measures : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.MEASURES`; only those that count are used.
    ledger : pandas.DataFrame
        ``recommendation_id``, ``pollutant``, ``fate``, ``reduction_kg_yr``: credited rows are the kilograms avoided.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.BRANCH_MEASURES`: a row a branch, measure and quantity that is known
        of at least one; pollutants in kg/yr under their code.

    Examples
    --------
    >>> branch_measures(pd.DataFrame(columns=tables.MEASURES.names), pd.DataFrame()).empty
    True
    """
    counted = measures[(measures["counts"] == "yes") & measures["measure"].notna()]
    names = list(tables.BRANCH_MEASURES.names)
    if counted.empty:
        return pd.DataFrame(columns=names)
    keys = ["recommendation_id", "branch", "measure"]
    money = counted.melt(keys, list(_QUANTITIES), "quantity")
    table = pd.concat([money, avoided_per_measure(counted, ledger)[[*keys, "quantity", "value"]]])
    table = table.assign(value=pd.to_numeric(table["value"]), branch=table["branch"].fillna("")).dropna(
        subset="value"
    )
    order = {name: at for at, name in enumerate(_QUANTITIES)}
    found = (
        table.groupby([*keys[1:], "quantity"])["value"].agg(["count", "median", "min", "max"]).reset_index()
    )
    found = found.rename(columns={"count": "measures", "min": "low", "max": "high"})
    found["enough"] = (found["measures"] >= MINIMUM_MEASURES).map({True: "yes", False: "no"})
    place = found["quantity"].map(order).fillna(len(order))
    return found.assign(place=place).sort_values([*keys[1:], "place", "quantity"], ignore_index=True)[names]


def avoided_per_measure(measures: pd.DataFrame, ledger: pd.DataFrame) -> pd.DataFrame:
    """Give the credited kilograms that name a measure, one row a measure and pollutant.

    Parameters
    ----------
    measures : pandas.DataFrame
        With ``recommendation_id``.
    ledger : pandas.DataFrame
        As the accounts keep it.

    Returns
    -------
    pandas.DataFrame
        The columns of `measures`, and ``quantity`` (the pollutant) and ``value`` in kg/yr.

    Examples
    --------
    >>> ledger = pd.DataFrame({"recommendation_id": ["R", "R"], "pollutant": ["TN", "TN"],
    ...                        "fate": ["credited", "expired"], "reduction_kg_yr": [2.0, 9.0]})
    >>> avoided_per_measure(pd.DataFrame({"recommendation_id": ["R"]}), ledger)["value"].tolist()
    [2.0]
    """
    if "recommendation_id" not in ledger:
        return measures.iloc[:0].assign(quantity="", value=math.nan)
    credited = ledger[(ledger["fate"] == "credited") & ledger["recommendation_id"].notna()]
    sums = credited.groupby(["recommendation_id", "pollutant"])["reduction_kg_yr"].agg(math.fsum)
    named = sums.rename("value").reset_index().rename(columns={"pollutant": "quantity"})
    return measures.merge(named, on="recommendation_id", how="inner")


def _of_firm(rows: pd.DataFrame, firms: pd.DataFrame, column: str) -> pd.Series[str]:
    if column not in firms:
        return pd.Series(None, index=rows.index, dtype=object)
    return rows["msme_id"].map(firms[column]).astype(object)


def _division(code: object) -> str | None:
    """Give the ISIC division of a code: its first two digits."""
    digits = "".join(sign for sign in str(code) if sign.isdigit())
    return digits[:2] if len(digits) > 1 else None


def _appraise(row: dict[Any, Any], rate: float) -> dict[str, Any]:
    """Compute what a recommendation saves, costs and avoids."""
    import numpy_financial

    notes: list[str] = []
    year = _year(row)
    dollars = _dollars(row, year, notes)
    investment, saving = (_number(row[name]) * dollars for name in ("investment_usd", "saving_usd_yr"))
    lifetime = _number(row["lifetime_years"])
    flow = cash_flow(investment, saving, lifetime) if lifetime > 0 else [math.nan]
    whole = all(map(math.isfinite, flow))
    natural = _natural(row, notes)
    before = _number(row["baseline_use"])
    co2, factor_year = _avoided_co2(row, natural.get("energy_kwh_yr", math.nan), year, notes)
    return {
        **dict.fromkeys((column.name for column in tables.SAVING_OF.values()), math.nan),
        **natural,
        "investment_usd": investment,
        "saving_usd_yr": saving,
        "payback_years": investment / saving if saving > 0 else math.nan,
        "npv_usd": float(numpy_financial.npv(rate, flow)) if whole else math.nan,
        "irr_pct": internal_rate(flow) if whole else math.nan,
        "saving_pct": _number(row["saving"]) / before * _PERCENT if before > 0 else math.nan,
        "co2e_kg_yr": co2,
        "factor_year": factor_year,
        "notes": "; ".join(notes),
    }


def _number(cell: Any) -> float:
    return math.nan if pd.isna(cell) else float(cell)


def _year(row: dict[Any, Any]) -> int | None:
    """Give the year of a measure's dollars: of its implementation, else of its recommendation."""
    dates = (row["date_implemented"], row["date_recommended"])
    known = (date for date in dates if isinstance(date, dt.date) and not pd.isna(date))
    return next((date.year for date in known), None)


def _dollars(row: dict[Any, Any], year: int | None, notes: list[str]) -> float:
    """Give the factor that takes dollars of the measure's year to those of the project."""
    if pd.isna(row["investment_usd"]) and pd.isna(row["saving_usd_yr"]):
        return math.nan
    if year is None:
        notes.append("no date: dollars of no known year")
    elif math.isnan(price_level(year)):
        notes.append(f"no price index for {year}")
    else:
        return price_level(int(row["dollars_of"])) / price_level(year)
    return math.nan


def _natural(row: dict[Any, Any], notes: list[str]) -> dict[str, float]:
    """Give the saving in the house's unit of its resource."""
    amount, kind = _number(row["saving"]), tables.SAVING_OF.get(str(row["resource"]))
    if math.isnan(amount):
        return {}
    if kind is None:
        notes.append("saving without a resource")
        return {}
    ratio = units.ratio(str(row["saving_unit"] or ""), kind.unit)
    if math.isnan(ratio):
        notes.append(f"unit of the saving not understood: {row['saving_unit']}")
    return {kind.name: amount * ratio}


def _avoided_co2(
    row: dict[Any, Any], energy_kwh_yr: float, year: int | None, notes: list[str]
) -> tuple[float, int | None]:
    """Give the CO2 that an energy saving avoids, kg/yr, and the year of the grid's factor."""
    if math.isnan(energy_kwh_yr):
        return math.nan, None
    source = row["energy_source"]
    if source == "electricity" and year is not None:
        factor = grid_factor(str(row["country"]), year)
        if factor is not None:
            return energy_kwh_yr * factor[0], factor[1]
    fuels = {fuel["energy_source"]: fuel for fuel in read_reference("fuel_emission_factors")}
    if source in fuels:
        return energy_kwh_yr * _TJ_PER_KWH * float(fuels[str(source)]["kg_co2_per_tj"]), None
    notes.append("no factor" if isinstance(source, str) else "no factor: energy carrier not given")
    return math.nan, None
