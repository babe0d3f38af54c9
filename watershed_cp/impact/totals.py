"""Totals by anything: watershed, sub-basin, country, sector, size class, year, pollutant, evidence grade.

Percentages stand twice, because they differ and are mixed up: the weighted one (all avoided over all before) and
the mean of the firms' own.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from watershed_cp import reference, tables, units
from watershed_cp.errors import InputError
from watershed_cp.impact.expectation import OUTSIDE, complete, share_out
from watershed_cp.impact.ranges import range_of_sums
from watershed_cp.impact.sums import common_codes, count_distinct, exact_sums, group_rows
from watershed_cp.messages import fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watershed_cp.impact.aggregation import Accounts
    from watershed_cp.impact.sums import Floats, Whole

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

__all__ = ["DIMENSIONS", "Dimension", "figures", "size_class", "total_by", "totals_table"]

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
_GRAMS_PER_KILOGRAM = 1000.0
_PLACED = ("credited", "outside")


def total_by(accounts: Accounts, *by: Dimension | str) -> pd.DataFrame:
    """Add up reductions, credited and expected, by one or more dimensions.

    Parameters
    ----------
    accounts : Accounts
        What a run found.
    *by : str
        One or more of :data:`DIMENSIONS`, or a name of ``accounts.levels`` (sub-basins); ``pollutant`` is always
        among them, since kilograms of different pollutants are never added together. ``sector`` is the ISIC
        Rev. 4 section, ``year`` that of the follow-up.

    Returns
    -------
    pandas.DataFrame
        The dimensions, then the figures of :data:`watershed_cp.tables.TOTALS`. A firm whose dimension is not
        known stands under a blank. By watershed or by a level of sub-basins, the blank is what is expected
        outside; else ``expected_reduction_kg_yr`` counts what is expected within any watershed. By two of them
        at once it is not known.

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
    known = (*DIMENSIONS, *accounts.levels)
    unknown = [name for name in by if name not in known]
    if unknown:
        raise InputError(fault("dimension_unknown", value=", ".join(unknown), known=", ".join(known)))
    keys = list(dict.fromkeys([*by, "pollutant"]))
    rows = _with_dimensions(accounts, keys)
    credited = _credited_totals(rows[rows["fate"] == "credited"], keys)
    areas = [name for name in keys if name in ("basin_id", *accounts.levels)]
    totals = credited.merge(_expected_totals(accounts, rows, keys, areas), on=keys, how="outer")
    nothing = {"msmes": 0, "reduction_kg_yr": 0.0}
    if len(areas) <= 1:
        nothing["expected_reduction_kg_yr"] = 0.0
    return _with_yields(totals.fillna(nothing).astype({"msmes": int}), accounts)[[*keys, *_FIGURES]]


def totals_table(accounts: Accounts) -> pd.DataFrame:
    """Put the totals by each dimension alone under one another, as they are published.

    Parameters
    ----------
    accounts : Accounts
        What a run found.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.TOTALS`. A dimension of which no firm tells anything is left out.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> table = totals_table(run(reference.data_path("demo", "project.toml")))
    >>> sorted(table.loc[table["dimension"] == "evidence", "value"].unique())
    ['A', 'B', 'C', 'D']
    """
    parts = [
        total_by(accounts, name).rename(columns={name: "value"}).assign(dimension=name)
        for name in (*DIMENSIONS, *accounts.levels)
        if name != "pollutant"
    ]
    told = [part for part in parts if (part["value"] != "").any()]
    table = pd.concat(told, ignore_index=True) if told else pd.DataFrame()
    return table.reindex(columns=list(tables.TOTALS.names))


_FIGURES = tables.TOTALS.names[3:]


def figures(rows: pd.DataFrame, group: Whole, size: int, *, firm: Whole) -> pd.DataFrame:
    """Add up ledger rows group by group.

    Parameters
    ----------
    rows : pandas.DataFrame, n rows
        Columns of :data:`watershed_cp.tables.LEDGER`.
    group : numpy.ndarray of int, shape (n,)
        Group of each row, from 0; -1 is in none.
    size : int
        How many groups there are.
    firm : numpy.ndarray of int, shape (n,)
        Number of each row's firm.

    Returns
    -------
    pandas.DataFrame, size rows
        ``msmes``; ``baseline_kg_yr`` and ``follow_up_kg_yr`` of the rows that know both; ``reduction_kg_yr`` with
        its 90 % range; ``reduction_pct``, all avoided over all before.

    Examples
    --------
    >>> rows = pd.DataFrame({"baseline_kg_yr": [8.0], "follow_up_kg_yr": [6.0], "reduction_kg_yr": [2.0]})
    >>> one = np.array([0])
    >>> figures(rows.reindex(columns=tables.LEDGER.names), one, 1, firm=one)["reduction_pct"].tolist()
    [25.0]
    """
    baseline, follow_up, reduction = (
        rows[name].to_numpy(float) for name in ("baseline_kg_yr", "follow_up_kg_yr", "reduction_kg_yr")
    )
    known = ~np.isnan(baseline + follow_up)
    paired = np.where(known, group, -1)
    there = np.bincount(paired + 1, minlength=size + 1)[1:] > 0
    before, after = (
        np.where(there, exact_sums(np.where(known, load, 0.0), paired, size), np.nan)
        for load in (baseline, follow_up)
    )
    total = exact_sums(reduction, group, size)
    avoided = total if np.array_equal(paired, group) else exact_sums(reduction, paired, size)
    low, high = range_of_sums(rows, group, size)
    return pd.DataFrame(
        {
            "msmes": count_distinct(firm, group, size),
            "baseline_kg_yr": before,
            "follow_up_kg_yr": after,
            "reduction_kg_yr": total,
            "reduction_low_kg_yr": low,
            "reduction_high_kg_yr": high,
            "reduction_pct": 100 * avoided / np.where(before == 0, np.nan, before),
        }
    )


def _credited_totals(rows: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    group, names = group_rows(rows, keys)
    totals = figures(rows, group, len(names), firm=pd.factorize(rows["msme_id"])[0])
    totals = totals.rename(columns={"reduction_pct": "weighted_reduction_pct"})
    return pd.concat([names, totals.assign(mean_reduction_pct=_mean_pct(rows, group, len(names)))], axis=1)


def _mean_pct(rows: pd.DataFrame, group: Whole, size: int) -> Floats:
    baseline = rows["baseline_kg_yr"].where(rows["baseline_kg_yr"] > 0)
    own = (100 * rows["reduction_kg_yr"] / baseline).where(rows["follow_up_kg_yr"].notna()).to_numpy(float)
    told = np.where(np.isnan(own), -1, group)
    pairs = np.bincount(told[told >= 0], minlength=size)
    return exact_sums(own, told, size) / np.where(pairs, pairs, np.nan)


def _expected_totals(
    accounts: Accounts, rows: pd.DataFrame, keys: Sequence[str], areas: Sequence[str]
) -> pd.DataFrame:
    """Add up by probability: per area where one is asked for, else within all watersheds."""
    if len(areas) > 1:  # of two kinds of area at once nobody knows the probability
        return pd.DataFrame(columns=[*keys, "expected_reduction_kg_yr"])
    chances = _chances(accounts, *areas)
    firm, owner = common_codes(rows["msme_id"], chances["msme_id"])
    shares = share_out(rows, firm, chances, owner)
    place = chances["basin_id"].to_numpy()[shares.entry]
    parts = rows[list(keys)].iloc[shares.row].assign(expected=shares.expected_kg_yr)
    parts = parts.assign(**dict.fromkeys(areas, place)) if areas else parts[place != OUTSIDE]
    group, keyed = group_rows(parts, keys)
    return keyed.assign(expected_reduction_kg_yr=exact_sums(parts["expected"].to_numpy(), group, len(keyed)))


def _chances(accounts: Accounts, area: str = "basin_id") -> pd.DataFrame:
    """Give where each firm may lie: in which watershed, or in which unit of a level of sub-basins."""
    if area == "basin_id":
        return accounts.probabilities
    from watershed_cp.basins.assignment import basin_probabilities

    known = basin_probabilities(accounts.msmes, accounts.levels[area])
    return complete(known, accounts.probabilities["msme_id"])


def _with_yields(totals: pd.DataFrame, accounts: Accounts) -> pd.DataFrame:
    """Add persons of the same BOD5, and the reduction per area where the totals are those of areas."""
    people = totals["reduction_kg_yr"] * _GRAMS_PER_KILOGRAM / (_grams_per_person() * units.DAYS_PER_YEAR)
    layers = {"basin_id": accounts.basins, **accounts.levels}
    areas = [
        totals[name].map(layer["area_km2"]).astype(float)
        for name, layer in layers.items()
        if name in totals and "area_km2" in layer
    ]
    area = areas[-1] if areas else np.nan  # the finest of them
    return totals.assign(
        population_equivalents=people.where(totals["pollutant"] == "BOD5"),
        reduction_kg_yr_km2=totals["reduction_kg_yr"] / area,
    )


def _with_dimensions(accounts: Accounts, keys: Sequence[str]) -> pd.DataFrame:
    """Give the ledger rows that have a place with the dimensions asked for; what is not known is blank."""
    rows = accounts.ledger[accounts.ledger["fate"].isin(_PLACED)]
    firms = _firm_dimensions(accounts, keys).set_index("msme_id")
    known = {name: rows["msme_id"].map(firms[name]) for name in firms}
    if "year" in keys:
        known["year"] = pd.to_datetime(rows["date"]).dt.strftime("%Y")
    told = {name: known[name] if name in known else rows[name] for name in keys}
    return rows.assign(
        **{name: column.astype(object).where(column.notna(), "") for name, column in told.items()}
    )


def _firm_dimensions(accounts: Accounts, keys: Sequence[str]) -> pd.DataFrame:
    """Give each firm's own dimensions, as far as they are asked for."""
    firms = accounts.msmes.reindex(
        columns=["msme_id", "country", "department", "municipality", "ciiu", "employees"]
    )
    if "sector" in keys:
        firms["sector"] = [_section(code) for code in firms["ciiu"]]
    if "size_class" in keys:
        firms["size_class"] = [
            size_class(country, people)
            for country, people in zip(firms["country"], firms["employees"], strict=True)
        ]
    levels = {name: layer for name, layer in accounts.levels.items() if name in keys}
    if levels:
        from watershed_cp.basins.assignment import assign_levels

        placed = assign_levels(accounts.msmes, levels)
        firms = firms.assign(**{name: placed[name] for name in levels})
    return firms[[name for name in firms if name in (*keys, "msme_id")]]


def _section(code: object) -> str:
    return reference.isic_sections().get(code[:2], "") if isinstance(code, str) else ""


def size_class(country: object, employees: Any) -> str:
    """Give the size class by people employed, where the country's own rule counts people; else a blank.

    Examples
    --------
    >>> size_class("SV", 8), size_class("PA", 8)
    ('micro', '')
    """
    if pd.isna(employees):
        return ""
    people = float(employees)
    rules = reference.size_rules()
    return next((name for of, low, high, name in rules if of == country and low <= people <= high), "")


@functools.cache
def _grams_per_person() -> float:
    rows = reference.read_reference("population_equivalents")
    return float(next(row["low"] for row in rows if row["default"] == "yes"))
