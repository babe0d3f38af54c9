"""From lab values to loads: each audit row becomes kg/yr, with its bounds, its uncertainty and its equation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from watershed_cp import reference, tables, units
from watershed_cp.errors import InputError
from watershed_cp.loads import censoring, equations, firms, lifecycle, measures, plausibility, uncertainty
from watershed_cp.messages import fault

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["audit_loads", "measurements", "row_loads", "row_names"]


def audit_loads(
    audits: pd.DataFrame | None,
    *,
    reductions: pd.DataFrame | None = None,
    msmes: pd.DataFrame | None = None,
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
    msmes : pandas.DataFrame, optional
        Columns of :data:`watershed_cp.tables.MSMES`: a load into a sewer whose plant's removal is known is that at the
        plant's outfall, and a concentration is held against those of the firm's sector.
    censoring_rule : {"zero", "half", "full", "interval", "ros"}
        What a non-detect counts as, see :func:`watershed_cp.loads.censoring.interval`; its range reaches from zero to
        the limit whatever the rule. For ``ros`` the samples of one pollutant and phase are one distribution.
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
        rows = row_loads(summed, msmes=msmes, censoring_rule=censoring_rule, days_per_year=days_per_year)
        parts.append(lifecycle.audit_claims(rows, period=period))
    if reductions is not None:
        parts.append(lifecycle.reduction_claims(reduction_rows(reductions, msmes=msmes), period=period))
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
    msmes: pd.DataFrame | None = None,
    censoring_rule: censoring.Rule = "half",
    days_per_year: float = units.DAYS_PER_YEAR,
) -> pd.DataFrame:
    """Give each audit row its load in kg/yr, with bounds, standard uncertainties and its account in words and numbers.

    Parameters
    ----------
    audits : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.AUDITS`; those that are missing are unknown.
    msmes : pandas.DataFrame, optional
        Columns of :data:`watershed_cp.tables.MSMES`.
    censoring_rule : {"zero", "half", "full", "interval", "ros"}
        What a non-detect counts as.
    days_per_year : float
        Operating days per year where the row gives none.

    Returns
    -------
    pandas.DataFrame
        The rows with ``load_kg_yr``, ``least_kg_yr``, ``most_kg_yr``, the standard uncertainties
        ``analysis_kg_yr`` and ``flow_kg_yr``, ``passing`` (the share that a plant lets through), ``equation``,
        ``reason`` (empty, or why there is no load) and ``flags`` (what to check).

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
    wet = kind == "concentration"
    flow_factors = np.where(wet, _flow_factors(rows["flow_unit"], rows["flow"]), 1.0)
    days = rows["operating_days_per_year"].fillna(days_per_year).to_numpy(float)
    rows["passing"] = firms.passing_shares(rows, msmes)
    passing = rows["passing"].fillna(1.0).to_numpy(float)
    scale = np.where(wet, rows["flow"].to_numpy(float) * flow_factors * days, 1.0) * passing
    amount = rows["value"].to_numpy(float) * factors  # kg/m3 or kg/yr
    counted, least, most = censoring.interval(
        amount,
        rows["qualifier"].to_numpy(object),
        rule=censoring_rule,
        follow_up=(rows["phase"] == "follow_up").to_numpy(),
        group=np.where(wet, plausibility.number_groups(rows, ["pollutant", "phase"]), -1),
    )
    with np.errstate(over="ignore", invalid="ignore"):  # what is too large is said in `reason`
        rows["load_kg_yr"], rows["least_kg_yr"] = counted * scale, least * scale
        nothing = np.zeros(len(rows))  # no flow, no load
        rows["most_kg_yr"] = np.multiply(most, scale, where=scale != 0, out=nothing)
    for component, share in uncertainty.relative(rows, concentration=wet).items():
        rows[f"{component}_kg_yr"] = rows["load_kg_yr"] * share
    rows["equation"] = equations.written_loads(
        rows, wet=wet, counted=counted / factors, days=days, factors=factors * flow_factors, passing=passing
    )
    rows["reason"] = _reasons(rows, kind, needs_flow=wet & np.isnan(scale))
    rows["flags"] = plausibility.flag_rows(
        rows, milligrams=np.where(wet, amount * 1e3, np.nan), sector=firms.sectors(rows["msme_id"], msmes)
    )
    return rows


def reduction_rows(reductions: pd.DataFrame, *, msmes: pd.DataFrame | None = None) -> pd.DataFrame:
    """Give each ready-made reduction its load in kg/yr and its account in words and numbers.

    Parameters
    ----------
    reductions : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.REDUCTIONS`; those that are missing are unknown.
    msmes : pandas.DataFrame, optional
        Columns of :data:`watershed_cp.tables.MSMES`.

    Returns
    -------
    pandas.DataFrame
        The rows with ``load_kg_yr``, ``equation``, ``reason`` (empty, or why there is no load) and ``flags``.

    Examples
    --------
    >>> reduction_rows(pd.DataFrame({"value": [2.0], "unit": ["t/yr"]}))["load_kg_yr"].tolist()
    [2000.0]
    """
    rows = _complete(reductions, tables.REDUCTIONS)
    kind, factors = _unit_factors(rows["unit"])
    plant = firms.passing_shares(rows, msmes)
    passing = np.where(np.isnan(plant), 1.0, plant)
    value = rows["value"].to_numpy(float)
    load = np.where(kind == "load", value * factors * passing, np.nan)
    rows = rows.assign(load_kg_yr=load, qualifier="", flow=np.nan, flow_unit="")
    rows["equation"] = equations.written_loads(
        rows, wet=np.zeros(len(rows), dtype=bool), counted=value, days=value, factors=factors, passing=passing
    )
    rows["reason"] = np.where(kind == "load", _reasons(rows, kind), "unit is no load")
    rows["flags"] = np.where(np.isnan(plant), "", "sewer_treated")
    return rows


def _complete(table: pd.DataFrame, declared: tables.Table) -> pd.DataFrame:
    """Add the declared columns that the caller's table lacks, and name each row as the user knows it."""
    whole = table.reset_index(drop=True)
    whole = whole.assign(**{column.name: _typed(whole, column) for column in declared.columns})
    whole["row_name"] = row_names(whole, whole[declared.names[0]])
    return whole.fillna({name: "" for name in ("msme_id", "pollutant", "qualifier") if name in whole})


def _typed(table: pd.DataFrame, column: tables.Column) -> pd.Series:
    """Give a column as what it is declared to be; where a cell or the column is missing, what stands for unknown."""
    if column.name not in table:
        kind = {"number": "float64", "whole": "float64", "date": "datetime64[s]"}.get(column.kind, "str")
        return pd.Series(pd.NaT if column.kind == "date" else np.nan, index=table.index, dtype=kind)
    cells = table[column.name]
    if column.kind in ("number", "whole"):
        return pd.to_numeric(cells).astype(float)
    if column.kind == "date":
        return pd.to_datetime(cells)
    return (
        cells if isinstance(cells.dtype, pd.StringDtype) else cells.astype(object).where(cells.notna(), None)
    )


def row_names(rows: pd.DataFrame, identifier: pd.Series) -> pd.Series:
    """Name each row by its identifier where that is given once, else by its sheet or file and its row there.

    Examples
    --------
    >>> rows = pd.DataFrame({"source_row": [2, 3]})
    >>> row_names(rows, pd.Series(["A1", None])).tolist()
    ['A1', '#3']
    """
    own = identifier.notna() & ~identifier.duplicated(keep=False)
    other = rows[~own]
    number = other["source_row"] if "source_row" in rows else pd.Series(other.index + 1, index=other.index)
    places = "#" + number.astype(str)
    for source in ("source_sheet", "source_file"):
        if source in rows and len(rows[source].unique()) > 1:
            places = other[source].fillna("").astype(str) + places
    shared = identifier[~own]
    names = identifier.astype("str")
    names[~own] = places.mask(shared.notna(), shared.astype("str") + " " + places)
    return names


def _reasons(
    rows: pd.DataFrame, kind: NDArray[np.str_], *, needs_flow: NDArray[np.bool_] | None = None
) -> NDArray[np.object_]:
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
        "load larger than any on Earth": ~(np.abs(load) <= units.MOST_KG_YR),
    }
    places = np.select([np.asarray(found) for found in conditions.values()], range(1, len(conditions) + 1), 0)
    return np.take(np.array(["", *conditions], dtype=object), places)


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
