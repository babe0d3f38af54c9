"""Whom to visit, invite, lend to or inspect next, of all firms near the watersheds, audited or not.

An audited firm counts with what it still releases. Of one that is not, the load is the median of the programme's own
audits of its branch and size, or of its branch, where at least three firms tell it; else it is not known, and the firm
comes last with that reason. Population equivalents of branches are not used: their source does not state the unit of
output that they are counted by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from watershed_cp import tables
from watershed_cp.impact.delivery import outlet_shares
from watershed_cp.impact.risk import (
    last_visits,
    leading_loads,
    order_by_score,
    residual_loads,
    sensitivities,
    time_factor,
)
from watershed_cp.impact.totals import size_class
from watershed_cp.messages import day, label, mass, number, percent
from watershed_cp.reference import isic_sections, pollutant_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from watershed_cp.errors import Language
    from watershed_cp.impact.aggregation import Accounts
    from watershed_cp.project import Weights

Purpose = Literal["visit", "invite", "lend", "inspect"]

__all__ = ["PURPOSES", "Purpose", "expected_loads", "rank_firms"]

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
_FEWEST = 3  # firms whose median says something of a branch; our choice
_OPEN = ("recommended", "accepted")


def expected_loads(firms: pd.DataFrame, evidence: Accounts | None) -> pd.DataFrame:
    """Give what each firm releases: as audited, or as the programme's audits of its branch and size let expect.

    Parameters
    ----------
    firms : pandas.DataFrame
        ``msme_id``, ``ciiu`` and ``size_class``.
    evidence : Accounts or None
        The programme's own audits.

    Returns
    -------
    pandas.DataFrame
        ``msme_id``, ``pollutant``, ``load_kg_yr``, ``basis`` (``audited``, ``division_size`` or ``division``) and
        ``firms_behind``; firms of which nothing is known are absent.

    Examples
    --------
    >>> expected_loads(pd.DataFrame({"msme_id": ["F1"], "ciiu": "1050", "size_class": ""}), None).empty
    True
    """
    columns = ["msme_id", "pollutant", "load_kg_yr", "basis", "firms_behind"]
    if evidence is None:
        return pd.DataFrame(columns=columns)
    audited = residual_loads(evidence.ledger)
    own = audited[audited["msme_id"].isin(firms["msme_id"])].assign(basis="audited", firms_behind=1)
    known = audited.merge(_branches(evidence.msmes), on="msme_id")
    others = _branches(firms[~firms["msme_id"].isin(audited["msme_id"])])
    parts = [own]
    for basis, keys in (("division_size", ["division", "size_class"]), ("division", ["division"])):
        told = known[(known[keys] != "").all(axis=1)].groupby([*keys, "pollutant"])["load_kg_yr"]
        median = told.agg(load_kg_yr="median", firms_behind="size").reset_index()
        parts.append(others.merge(median[median["firms_behind"] >= _FEWEST], on=keys).assign(basis=basis))
    whole = pd.concat([part.reindex(columns=columns) for part in parts if len(part)] or parts)
    return whole.reindex(columns=columns).drop_duplicates(["msme_id", "pollutant"]).reset_index(drop=True)


def rank_firms(
    firms: pd.DataFrame,
    *,
    basins: gpd.GeoDataFrame,
    weights: Weights,
    evidence: Accounts | None = None,
    unplaced: pd.DataFrame | None = None,
    audited_only: bool = False,
    language: Language | None = None,
) -> pd.DataFrame:
    """Put the firms of a register in the order in which they matter, each with its reason in one line.

    Parameters
    ----------
    firms : pandas.DataFrame
        As :func:`watershed_cp.basins.proximity.near` finds them, with ``longitude``, ``latitude`` and ``basin_id``.
    basins : geopandas.GeoDataFrame
        The watersheds.
    weights : Weights
        Exponent of each factor.
    evidence : Accounts, optional
        The programme's own run: audits, visits, attendance and measures.
    unplaced : pandas.DataFrame, optional
        Firms without a place; they come last.
    audited_only : bool
        Take no load from other firms of a branch: the rule of
        :func:`watershed_cp.impact.risk.next_inspections`.
    language : {"es", "en"}, optional
        Language of ``explanation``.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.RANKING`; ``score_pct`` is NaN where a factor that counts is not known.

    Examples
    --------
    >>> from watershed_cp.basins.catalogue import read_basins
    >>> from watershed_cp.project import Weights
    >>> firms = pd.DataFrame({"msme_id": ["F1"], "longitude": -89.2, "latitude": 13.7, "basin_id": "acelhuate"})
    >>> rank_firms(firms, basins=read_basins(), weights=Weights(), language="en")["explanation"].tolist()
    ['Last: with no audit of it, nor of three firms of its branch, no load is known.']
    """
    placed = firms.drop_duplicates("msme_id").reset_index(drop=True)
    lost = (
        pd.DataFrame({"msme_id": []})
        if unplaced is None
        else unplaced.drop(columns="reason", errors="ignore")
    )
    lost = lost[~lost["msme_id"].isin(placed["msme_id"])].drop_duplicates("msme_id")
    needed = ["name", "ciiu", "size_class", "discharge_to", "basin_id"]
    rows = pd.concat([placed, lost.assign(lost=True)] if len(lost) else [placed], ignore_index=True)
    rows = rows.reindex(columns=["msme_id", *needed, "longitude", "latitude", "lost"])
    loads = expected_loads(rows[rows["lost"].isna()], evidence)
    if audited_only:
        loads = loads[loads["basis"] == "audited"]
    rows = _with_programme(_with_loads(rows, loads, basins, weights), evidence)
    rows["unknown"] = _unknown(rows, weights)
    gone = rows["unknown"] != ""
    factors = {
        "load": rows["load_share_pct"].mask(gone),
        "delivery": rows["delivery_share"].fillna(1.0).mask(gone),
        "sensitivity": rows["sensitivity"],
        "time": time_factor(rows["years_since_visit"]),
        "attendance": 1 / (1 + rows["attended"]),
        "payback": 1 / (1 + rows["payback_years"]),
    }
    ranked = order_by_score(rows, factors, weights)
    records = ranked.to_dict("records")
    lines = [_explain(row, weights, language) for row in records]
    ranked = ranked.assign(explanation=lines, weights=weights.spoken())
    return ranked[list(tables.RANKING.names)]


def _with_loads(
    rows: pd.DataFrame, loads: pd.DataFrame, basins: gpd.GeoDataFrame, weights: Weights
) -> pd.DataFrame:
    """Add the load that weighs most downstream; of a firm without a place none, since nobody knows where it goes."""
    points = rows.set_index("msme_id")[["longitude", "latitude", "basin_id"]]
    shares = outlet_shares(basins, points, pollutants=sorted(set(loads["pollutant"])))
    return rows.join(leading_loads(loads, shares, weights), on="msme_id")


def _with_programme(rows: pd.DataFrame, evidence: Accounts | None) -> pd.DataFrame:
    """Add what the programme knows of each firm: visits, attendance, and what its open measures pay back in."""
    registers = {} if evidence is None else evidence.registers
    settings = None if evidence is None else evidence.monitoring
    visited, years = last_visits(registers, as_of=None if settings is None else settings.as_of)
    attended = registers.get("attendance", pd.DataFrame({"msme_id": []}))["msme_id"].value_counts()
    told = sensitivities(
        rows,
        {} if settings is None else settings.sensitivity,
        basins=None if evidence is None else evidence.basins,
        levels={} if evidence is None else evidence.levels,
    )
    return rows.join(told).assign(
        last_visit=visited.reindex(rows["msme_id"]).to_numpy(),
        years_since_visit=rows["msme_id"].map(years).fillna(years[""]),
        attended=attended.reindex(rows["msme_id"]).fillna(0).astype(int).to_numpy(),
        payback_years=_paybacks(registers.get("recommendations")).reindex(rows["msme_id"]).to_numpy(float),
    )


def _paybacks(recommendations: pd.DataFrame | None) -> pd.Series:
    """Give by firm the years in which the best of its measures that wait for money pays back.

    A measure without a saving of its own takes the median of its category, where three measures tell one.
    """
    columns = ["msme_id", "category", "status", "investment_usd", "saving_usd_yr", "loan_id"]
    told = (
        pd.DataFrame(columns=columns) if recommendations is None else recommendations.reindex(columns=columns)
    )
    saving = told["saving_usd_yr"].astype(float)
    own = told["investment_usd"].astype(float) / saving.where(saving > 0)
    categories = own.groupby(told["category"])
    typical = categories.median()[categories.count() >= _FEWEST]
    expected = own.fillna(told["category"].map(typical.to_dict()).astype(float))
    costs = told["investment_usd"].astype(float) > 0  # what costs nothing needs no loan
    waiting = told["status"].isin(_OPEN) & told["loan_id"].isna() & costs
    return expected[waiting].groupby(told["msme_id"]).min().dropna()


def _branches(firms: pd.DataFrame) -> pd.DataFrame:
    """Give each firm's ISIC division and size class, blank where not known."""
    told = firms.reindex(columns=["msme_id", "ciiu", "country", "employees", "size_class"])
    codes = told["ciiu"].astype(object).where(told["ciiu"].notna(), "").astype(str)
    division = codes.str.extract(r"(\d{2})", expand=False).where(
        lambda found: found.isin(list(isic_sections()))
    )
    own = [
        size_class(country, people)
        for country, people in zip(told["country"], told["employees"], strict=True)
    ]
    size = told["size_class"].where(
        told["size_class"].notna(), pd.Series(own, index=told.index, dtype=object)
    )
    return pd.DataFrame({"msme_id": told["msme_id"], "division": division.fillna(""), "size_class": size})


def _unknown(rows: pd.DataFrame, weights: Weights) -> pd.Series:
    """Say of the firms that come last why."""
    gaps = [
        rows["lost"].notna(),
        rows["load_kg_yr"].isna(),
        rows["payback_years"].isna() & (weights.payback > 0),
    ]
    return pd.Series(np.select(gaps, ["place", "load", "payback"], ""), index=rows.index)


def _explain(row: Mapping[Any, Any], weights: Weights, language: Language | None) -> str:
    """Say in one line why a firm stands where it does."""

    def say(key: str, **data: object) -> str:
        return label("rank_line", key, language, **data)

    if row["unknown"]:
        return say(f"last_{row['unknown']}")
    load, share, visit = (row[name] for name in ("load_kg_yr", "delivery_share", "last_visit"))
    parts = [
        say(
            str(row["basis"]),
            pollutant=pollutant_name(str(row["pollutant"]), language),
            load=mass(load),
            firms=number(int(row["firms_behind"])),
        )
    ]
    if weights.delivery:
        known = not pd.isna(share)
        parts.append(
            say("delivery", share=percent(100 * share, digits=0)) if known else say("delivery_unknown")
        )
    if weights.sensitivity and row["sensitivity_from"] != "nothing":
        origin = label("sensitivity_from", str(row["sensitivity_from"]), language)
        parts.append(say("sensitivity", factor=number(row["sensitivity"]), origin=origin))
    if weights.time:
        parts.append(
            say("no_visit") if pd.isna(visit) else say("visit", date=day(f"{visit:%Y-%m-%d}", language))
        )
    if weights.attendance:
        parts.append(say("attended", times=number(int(row["attended"]))))
    if weights.payback:
        parts.append(say("payback", years=number(row["payback_years"], digits=1)))
    return "; ".join(parts) + "."
