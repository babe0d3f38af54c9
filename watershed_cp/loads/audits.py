"""From lab values to loads: each audit row becomes kg/yr, with its bounds, its uncertainty and its equation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from watershed_cp import reference, tables, units
from watershed_cp.errors import InputError
from watershed_cp.loads import censoring, lifecycle, measures, plausibility, uncertainty
from watershed_cp.messages import fault

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["audit_loads", "measurements", "row_loads"]

_ONE = 1e-12  # a factor that differs from one by less is one
_MOST_KG_YR = 1e12  # a thousand million tonnes a year: no firm carries that


def audit_loads(
    audits: pd.DataFrame | None,
    *,
    reductions: pd.DataFrame | None = None,
    censoring_rule: censoring.Rule = "half",
    minimum_evidence: str = "E",
    period: lifecycle.Period | None = None,
    recommendations: pd.DataFrame | None = None,
    days_per_year: float = units.DAYS_PER_YEAR,
) -> pd.DataFrame:
    """Turn audits and ready-made reductions into claims in kg/yr.

    Parameters
    ----------
    audits : pandas.DataFrame or None
        Columns of :data:`watershed_cp.tables.AUDITS`; ``pollutant`` holds registry codes.
    reductions : pandas.DataFrame, optional
        Columns of :data:`watershed_cp.tables.REDUCTIONS`, for programmes that keep only the difference.
    censoring_rule : {"zero", "half", "full"}
        What a non-detect counts as; its range reaches from zero to the limit whatever the rule.
    minimum_evidence : {"A", "B", "C", "D", "E"}
        Claims of a weaker grade get the fate ``unverified``.
    period : tuple of datetime.date, optional
        First and last day within which a follow-up or a reduction counts.
    recommendations : pandas.DataFrame, optional
        Columns of :data:`watershed_cp.tables.RECOMMENDATIONS`; a claim whose measure was not carried out, or
        whose lifetime is over, is not credited.
    days_per_year : float
        Operating days per year where the audit gives none.

    Returns
    -------
    pandas.DataFrame
        One row a claim, columns :data:`watershed_cp.loads.lifecycle.CLAIMS`: loads and reduction in kg/yr (NaN
        where unknown), a 90 % range, evidence grade, fate (``credited`` here means: to be credited if the firm
        lies in a watershed) and the equation with its numbers.

    Raises
    ------
    UnitError
        If a flow has a unit that is none.
    InputError
        If a setting has no such value.

    Examples
    --------
    >>> audits = pd.DataFrame({
    ...     "msme_id": ["F1", "F1"], "pollutant": ["BOD5", "BOD5"], "phase": ["baseline", "follow_up"],
    ...     "value": [250.0, 200.0], "unit": ["mg/L", "mg/L"], "flow": [12.0, 12.0], "flow_unit": ["m3/d", "m3/d"],
    ... })
    >>> claims = audit_loads(audits)
    >>> claims["reduction_kg_yr"].tolist(), claims["fate"].tolist()
    ([219.0], ['credited'])
    """
    _check_settings(censoring_rule, minimum_evidence, days_per_year)
    parts = []
    if audits is not None:
        summed = audits[~audits["pollutant"].isin(reference.not_summed())]
        rows = row_loads(summed, censoring_rule=censoring_rule, days_per_year=days_per_year)
        parts.append(lifecycle.audit_claims(rows, period=period))
    if reductions is not None:
        parts.append(lifecycle.reduction_claims(reduction_rows(reductions), period=period))
    claims = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(lifecycle.CLAIMS))
    if recommendations is not None:
        claims = measures.follow_measures(claims, recommendations, period=period)
    return lifecycle.grade(claims, minimum_evidence=minimum_evidence)


def _check_settings(censoring_rule: str, minimum_evidence: str, days_per_year: float) -> None:
    allowed = {
        "censoring_rule": (censoring_rule, censoring.RULES),
        "minimum_evidence": (minimum_evidence, tables.EVIDENCE),
    }
    for name, (given, known) in allowed.items():
        if given not in known:
            raise InputError(fault("setting_unknown", value=f"{name} = {given}", known=", ".join(known)))
    if not 0 < days_per_year <= 366:  # noqa: PLR2004 - of a leap year
        raise InputError(fault("setting_unknown", value=f"days_per_year = {days_per_year}", known="1 … 366"))


def measurements(audits: pd.DataFrame) -> pd.DataFrame:
    """Give the audit rows that are no mass, such as pH and temperature: kept and charted, never summed.

    Parameters
    ----------
    audits : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.AUDITS`.

    Returns
    -------
    pandas.DataFrame
        Those rows, columns and index unchanged.

    Examples
    --------
    >>> measurements(pd.DataFrame({"pollutant": ["BOD5", "pH"], "value": [250, 7.1]}))["value"].tolist()
    [7.1]
    """
    return audits[audits["pollutant"].isin(reference.not_summed())].copy()


def row_loads(
    audits: pd.DataFrame,
    *,
    censoring_rule: censoring.Rule = "half",
    days_per_year: float = units.DAYS_PER_YEAR,
) -> pd.DataFrame:
    """Give each audit row its load in kg/yr, with bounds, standard uncertainties and the equation in numbers.

    Parameters
    ----------
    audits : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.AUDITS`; those that are missing are unknown.
    censoring_rule : {"zero", "half", "full"}
        What a non-detect counts as.
    days_per_year : float
        Operating days per year where the row gives none.

    Returns
    -------
    pandas.DataFrame
        The rows with ``load_kg_yr``, ``least_kg_yr``, ``most_kg_yr``, the standard uncertainties
        ``analysis_kg_yr`` and ``flow_kg_yr``, ``equation``, ``reason`` (empty, or why there is no load) and
        ``flags`` (what to check).

    Raises
    ------
    UnitError
        If a flow has a unit that is none.

    Examples
    --------
    >>> row_loads(pd.DataFrame({"value": [2.0], "unit": ["kg/d"]}))["load_kg_yr"].tolist()
    [730.0]
    """
    rows = _complete(audits, tables.AUDITS)
    kind, factors = _unit_factors(rows["unit"])
    flow = rows["flow"].to_numpy(float) * _flow_factors(rows["flow_unit"], rows["flow"])
    days = rows["operating_days_per_year"].fillna(days_per_year).to_numpy(float)
    concentration = kind == "concentration"
    scale = factors * np.where(concentration, flow * days, 1.0)
    value, least, most = censoring.interval(
        rows["value"].to_numpy(float), rows["qualifier"].fillna("").to_numpy(str), rule=censoring_rule
    )
    with np.errstate(over="ignore", invalid="ignore"):  # what is too large is said in `reason`
        rows["load_kg_yr"], rows["least_kg_yr"] = value * scale, least * scale
    rows["most_kg_yr"] = np.multiply(
        most, scale, where=scale != 0, out=np.zeros(len(rows))
    )  # no flow, no load
    for component, share in uncertainty.relative(rows, concentration=concentration).items():
        rows[f"{component}_kg_yr"] = rows["load_kg_yr"] * share
    rows["equation"] = _equations(rows, concentration, days, value)
    rows["reason"] = _reasons(rows, kind, needs_flow=concentration & np.isnan(flow))
    rows["flags"] = plausibility.flag_rows(rows, concentration=concentration, factors=factors)
    return rows


def reduction_rows(reductions: pd.DataFrame) -> pd.DataFrame:
    """Give each ready-made reduction its load in kg/yr and the equation in numbers.

    Parameters
    ----------
    reductions : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.REDUCTIONS`; those that are missing are unknown.

    Returns
    -------
    pandas.DataFrame
        The rows with ``load_kg_yr``, ``equation`` and ``reason`` (empty, or why there is no load).

    Examples
    --------
    >>> reduction_rows(pd.DataFrame({"value": [2.0], "unit": ["t/yr"]}))["load_kg_yr"].tolist()
    [2000.0]
    """
    rows = _complete(reductions, tables.REDUCTIONS)
    kind, factors = _unit_factors(rows["unit"])
    with np.errstate(over="ignore"):
        rows["load_kg_yr"] = rows["value"].to_numpy(float) * np.where(kind == "load", factors, np.nan)
    rows["equation"] = [
        f"{value:g} {unit} = {load:,.6g} kg/yr"
        for value, unit, load in zip(rows["value"], rows["unit"], rows["load_kg_yr"], strict=True)
    ]
    rows["reason"] = np.where(kind == "load", _reasons(rows, kind), "unit is no load")
    return rows


def _complete(table: pd.DataFrame, declared: tables.Table) -> pd.DataFrame:
    """Add the declared columns that the caller's table lacks, and name each row as the user knows it."""
    missing = {name: None for name in declared.names if name not in table}
    whole = table.reset_index(drop=True).assign(**missing)
    for column in declared.columns:
        if column.kind in ("number", "whole"):
            whole[column.name] = pd.to_numeric(whole[column.name]).astype(float)
        elif column.kind == "date":
            whole[column.name] = pd.to_datetime(whole[column.name])
        else:
            whole[column.name] = whole[column.name].astype(object).where(whole[column.name].notna(), None)
    whole["row_name"] = _row_names(whole, whole[declared.names[0]])
    return whole.fillna({"msme_id": "", "pollutant": ""})


def _row_names(rows: pd.DataFrame, identifier: pd.Series) -> pd.Series:
    """Name each row by its identifier where that is given once, else by its sheet or file and its row there."""
    number = (
        rows["source_row"]
        if "source_row" in rows
        else pd.Series(np.arange(1, len(rows) + 1), index=rows.index)
    )
    places = "#" + number.astype(str)
    for source in ("source_sheet", "source_file"):
        if source in rows and len(rows[source].unique()) > 1:
            places = rows[source].fillna("").astype(str) + places
    own = identifier.notna() & ~identifier.duplicated(keep=False)
    twice = identifier.notna() & ~own
    return identifier.where(own, places).mask(twice, identifier.astype(str) + " " + places).astype(str)


def _reasons(
    rows: pd.DataFrame, kind: NDArray[np.str_], *, needs_flow: NDArray[np.bool_] | None = None
) -> NDArray[np.str_]:
    """Say why a row has no load that can be counted; empty where it has one."""
    load = rows["load_kg_yr"].to_numpy(float)
    phased = (
        rows["phase"].isin(["baseline", "follow_up"]).to_numpy()
        if "phase" in rows
        else np.ones(len(rows), bool)
    )
    conditions = {
        "no firm": rows["msme_id"] == "",
        "no pollutant": rows["pollutant"] == "",
        "phase is neither baseline nor follow-up": ~phased,
        "unit is neither a load nor a concentration": kind == "",
        "concentration without a flow": np.zeros(len(rows), bool) if needs_flow is None else needs_flow,
        "no value": rows["value"].isna(),
        "load larger than any on Earth": ~(np.abs(load) <= _MOST_KG_YR),
    }
    return np.select([np.asarray(found) for found in conditions.values()], list(conditions), default="")


def _unit_factors(written: pd.Series) -> tuple[NDArray[np.str_], NDArray[np.float64]]:
    """Tell for each row whether its unit is a load or a concentration, and the factor to kg/yr or kg/m3."""
    codes, distinct = pd.factorize(written.fillna(""))
    kinds = [units.dimension(unit) for unit in distinct]
    masses = [kind if kind in ("load", "concentration") else None for kind in kinds]
    factors = [
        units.factor(unit, kind) if kind else np.nan for unit, kind in zip(distinct, masses, strict=True)
    ]
    return np.array([kind or "" for kind in masses], dtype="U13")[codes], np.array(factors, dtype=float)[
        codes
    ]


def _flow_factors(written: pd.Series, flow: pd.Series) -> NDArray[np.float64]:
    codes, distinct = pd.factorize(written.where(flow.notna()).fillna(""))
    return np.array([units.factor(unit, "flow") if unit else np.nan for unit in distinct], dtype=float)[codes]


def _equations(
    rows: pd.DataFrame,
    concentration: NDArray[np.bool_],
    days: NDArray[np.float64],
    value: NDArray[np.float64],
) -> list[str]:
    """Write each load as a sum in numbers; where there is no load, only what was measured."""
    amount = np.where(concentration, rows["flow"].to_numpy(float) * days, 1.0) * value
    with np.errstate(invalid="ignore", divide="ignore"):
        factors = rows["load_kg_yr"].to_numpy(float) / np.where(amount == 0, np.nan, amount)
    measured = rows["qualifier"].fillna("") + [
        f"{number:,.10g} {unit}" for number, unit in zip(rows["value"], rows["unit"], strict=True)
    ]
    counted = np.where(rows["qualifier"] == "<", [f" → {number:,.10g}" for number in value], "")
    wet = [
        f" × {flow:,.10g} {unit} × {day:g} d/yr"
        for flow, unit, day in zip(rows["flow"], rows["flow_unit"], days, strict=True)
    ]
    converted = [
        f" × {factor:.6g}" if np.isfinite(factor) and abs(factor - 1) > _ONE else "" for factor in factors
    ]
    result = [f" = {load:,.6g} kg/yr" for load in rows["load_kg_yr"]]
    whole = measured + counted + np.where(concentration, wet, "") + converted + result
    return whole.where(rows["load_kg_yr"].notna(), measured).tolist()
