"""Where a visit matters most: load x delivery x sensitivity x time since the last visit, each factor to its weight.

Loads of different pollutants are never added: a firm's load is its share, in percent, of what all firms release of the
pollutant of which most of it arrives downstream. What is not known is said; a firm without a known load comes last.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from watershed_cp import tables
from watershed_cp.basins.assignment import assign_levels
from watershed_cp.errors import InputError
from watershed_cp.impact.delivery import outlet_shares
from watershed_cp.impact.monitoring import firm_history
from watershed_cp.messages import fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd

    from watershed_cp.impact.aggregation import Accounts
    from watershed_cp.project import Weights

__all__ = [
    "check_sensitivity",
    "last_visits",
    "leading_loads",
    "next_inspections",
    "order_by_score",
    "residual_loads",
    "sensitivities",
    "time_factor",
    "visit_day",
]

_BELIEVED = ("credited", "outside", "unlocated", "superseded")
_NO_LOAD = ("duplicate", "invalid")
_DAYS_PER_YEAR = 365.25  # of a calendar, not of account
_FAR_DAYS = 5 * _DAYS_PER_YEAR  # after the visit before: a slip of the pen, not a visit; our choice
_JUST_NOW_YEARS = 0.25  # a visit more recent counts as three months ago; our choice
_BODIES = tables.MSMES["discharge_to"].choices


def residual_loads(ledger: pd.DataFrame) -> pd.DataFrame:
    """Give what each firm still releases: its latest follow-up, or its baseline where no follow-up is believed.

    Parameters
    ----------
    ledger : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.LEDGER`.

    Returns
    -------
    pandas.DataFrame
        ``msme_id``, ``pollutant``, ``load_kg_yr``, one row each; firms without a known load are absent.

    Examples
    --------
    >>> rows = {"msme_id": "F1", "pollutant": "TN", "baseline_kg_yr": [9.0, 9.0], "follow_up_kg_yr": [7.0, 2.0]}
    >>> ledger = pd.DataFrame({**rows, "fate": ["credited", "unverified"], "date": pd.NaT})
    >>> residual_loads(ledger)["load_kg_yr"].tolist()
    [7.0]
    """
    rows = ledger[~ledger["fate"].isin(_NO_LOAD)]
    believed = rows["fate"].isin(_BELIEVED) & rows["follow_up_kg_yr"].notna()
    rows = rows.assign(
        believed=believed, load_kg_yr=rows["follow_up_kg_yr"].where(believed, rows["baseline_kg_yr"])
    )
    known = rows[rows["load_kg_yr"].notna()]
    ordered = known.sort_values(
        ["msme_id", "pollutant", "believed", "date", "load_kg_yr"], na_position="first"
    )
    latest = ordered.drop_duplicates(["msme_id", "pollutant"], keep="last")
    return latest[["msme_id", "pollutant", "load_kg_yr"]].reset_index(drop=True)


def leading_loads(loads: pd.DataFrame, shares: pd.DataFrame, weights: Weights) -> pd.DataFrame:
    """Choose for each firm the pollutant by which it weighs most downstream.

    Parameters
    ----------
    loads : pandas.DataFrame
        ``msme_id``, ``pollutant``, ``load_kg_yr`` and whatever else is to be kept.
    shares : pandas.DataFrame
        Index ``msme_id``, a column a pollutant: share of a load that arrives at the outlet, NaN where not known.
    weights : Weights
        Exponents of load and delivery.

    Returns
    -------
    pandas.DataFrame
        Index ``msme_id``; the columns of `loads`, ``load_share_pct`` (of the pollutant, over all firms) and
        ``delivery_share``. A pollutant whose delivery is known goes before one whose delivery is not.

    Examples
    --------
    >>> from watershed_cp.project import Weights
    >>> loads = pd.DataFrame({"msme_id": ["F1", "F2"], "pollutant": "TN", "load_kg_yr": [3.0, 1.0]})
    >>> leading_loads(loads, pd.DataFrame(index=["F1", "F2"]), Weights())["load_share_pct"].tolist()
    [75.0, 25.0]
    """
    totals = loads.groupby("pollutant")["load_kg_yr"].agg(math.fsum)
    all_firms = loads["pollutant"].map(totals).to_numpy(float)
    share = np.divide(loads["load_kg_yr"], all_firms, out=np.zeros(len(loads)), where=all_firms > 0)
    firm = shares.index.get_indexer(pd.Index(loads["msme_id"]))
    code = shares.columns.get_indexer(pd.Index(loads["pollutant"]))
    open_ended = np.pad(
        shares.to_numpy(float), ((0, 1), (0, 1)), constant_values=np.nan
    )  # where a position is -1
    delivered = open_ended[firm, code]
    rows = loads.assign(
        load_share_pct=100 * share,
        delivery_share=delivered,
        _known=~np.isnan(delivered),
        _weight=share**weights.load * np.nan_to_num(delivered, nan=1.0) ** weights.delivery,
    )
    ordered = rows.sort_values(
        ["msme_id", "_known", "_weight", "pollutant"], ascending=[True, False, False, True]
    )
    return ordered.drop_duplicates("msme_id").drop(columns=["_known", "_weight"]).set_index("msme_id")


def last_visits(
    registers: Mapping[str, pd.DataFrame], *, as_of: object = None
) -> tuple[pd.Series, pd.Series]:
    """Give the last inspection or audit of each firm and the years since; unvisited ones count from the first record.

    Parameters
    ----------
    registers : mapping of str to pandas.DataFrame
        The programme's tables; of them ``inspections`` and ``audits`` tell visits.
    as_of : date, optional
        Day to count to; later visits do not count. By default as :func:`visit_day` gives it.

    Returns
    -------
    visited : pandas.Series of datetime
        Index ``msme_id``.
    years : pandas.Series of float
        Years since, for the same firms; under the key ``""`` those of a firm never visited, 1 where nobody was.

    Examples
    --------
    >>> days = pd.to_datetime(["2020-01-01", "2024-01-01"])
    >>> visits = {"inspections": pd.DataFrame({"msme_id": ["F1", "F2"], "date": days})}
    >>> last_visits(visits)[1].round(1).to_dict()
    {'F1': 4.0, 'F2': 0.0, '': 4.0}
    """
    rows = _visits(registers)
    until, _ = visit_day(registers, as_of=as_of)
    rows = rows[rows["date"] <= until] if until is not None else rows
    visited = rows.groupby("msme_id")["date"].max()
    if until is None or rows.empty:
        return visited, pd.Series({"": 1.0})
    days = pd.concat([visited, pd.Series({"": rows["date"].min()})])
    return visited, (until - days).dt.days / _DAYS_PER_YEAR


def _visits(registers: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """List the dated inspections and audits of all firms."""
    told = [
        registers[name].reindex(columns=["msme_id", "date"])
        for name in ("inspections", "audits")
        if name in registers
    ]
    rows = pd.concat(told) if told else pd.DataFrame({"msme_id": [], "date": []})
    return rows.assign(date=pd.to_datetime(rows["date"])).dropna()


def visit_day(
    registers: Mapping[str, pd.DataFrame], *, as_of: object = None
) -> tuple[pd.Timestamp | None, list[pd.Timestamp]]:
    """Give the day to which the time since a visit is counted, and the later dates that do not count.

    By default it is the day of the last visit. A date in the later half of the visits that comes more than five years
    after the one before it is taken for a slip of the pen, as 2052 for 2025, and with it all that come after.

    Examples
    --------
    >>> days = pd.to_datetime(["2023-05-01", "2024-01-01", "2052-01-01"])
    >>> until, late = visit_day({"audits": pd.DataFrame({"msme_id": "F1", "date": days})})
    >>> f"{until:%Y-%m-%d}", len(late)
    ('2024-01-01', 1)
    """
    every = _visits(registers)["date"].sort_values()
    days = every.drop_duplicates()
    if as_of is not None:
        until = pd.Timestamp(str(as_of))
    elif days.empty:
        return None, []
    else:
        leaps = (days.diff().dt.days > _FAR_DAYS) & (days > every.quantile(0.5, interpolation="lower"))
        until = days[~leaps.cummax()].max()
    return until, list(days[days > until])


def time_factor(years: pd.Series) -> pd.Series:
    """Give the factor time: the years since the last visit, three months where it is more recent.

    Examples
    --------
    >>> time_factor(pd.Series([0.0, 4.0])).tolist()
    [0.25, 4.0]
    """
    return years.clip(lower=_JUST_NOW_YEARS)


def check_sensitivity(sensitivity: Mapping[str, float], basins: Iterable[str]) -> None:
    """Refuse a sensitivity of what is neither a watershed nor a receiving body.

    Raises
    ------
    InputError
        If a key is unknown.

    Examples
    --------
    >>> check_sensitivity({"motagua": 2.0, "lake": 1.5}, ["motagua"])
    """
    known = [*map(str, basins), *_BODIES]
    strange = [key for key in sensitivity if key not in known]
    if strange:
        raise InputError(fault("sensitivity_unknown", value=", ".join(strange), known=", ".join(known)))


def sensitivities(
    firms: pd.DataFrame,
    sensitivity: Mapping[str, float],
    *,
    basins: pd.DataFrame | None = None,
    levels: Mapping[str, gpd.GeoDataFrame] | None = None,
) -> pd.DataFrame:
    """Give how much the place of each firm counts, and who says so.

    Parameters
    ----------
    firms : pandas.DataFrame
        ``msme_id``, ``basin_id``, ``discharge_to``, and for `levels` ``longitude`` and ``latitude`` in degrees.
    sensitivity : mapping of str to float
        What the project sets for watersheds and receiving bodies; the two are multiplied.
    basins : pandas.DataFrame, optional
        Index ``basin_id``; a column ``sensitivity`` counts as share of its largest value.
    levels : mapping of str to geopandas.GeoDataFrame, optional
        Layers of sub-basins, the coarsest first; the finest that has the column counts instead.

    Returns
    -------
    pandas.DataFrame
        ``sensitivity`` and ``sensitivity_from``: ``nothing``, ``project``, ``layer``, ``both``, or ``not_known``
        where the layer says nothing of the place, which then counts as the most sensitive.

    Examples
    --------
    >>> firms = pd.DataFrame({"msme_id": "F", "basin_id": ["motagua", ""], "discharge_to": ["lake", "river"]})
    >>> sensitivities(firms, {"motagua": 2.0, "lake": 1.5}).to_numpy().tolist()
    [[3.0, 'project'], [1.0, 'nothing']]
    >>> drunk = pd.DataFrame({"sensitivity": [100.0, 50.0]}, index=["acelhuate", "motagua"])
    >>> sensitivities(firms, {"lake": 3.0}, basins=drunk).to_numpy().tolist()
    [[1.5, 'both'], [1.0, 'not_known']]
    """
    told = firms.reindex(columns=["basin_id", "discharge_to"])
    stated = told.apply(lambda column: column.map(dict(sensitivity)).astype(float))
    factor = stated.fillna(1.0).prod(axis=1)
    project = stated.notna().any(axis=1)
    origin = pd.Series(np.where(project, "project", "nothing"), index=firms.index, dtype=object)
    layer = _of_layers(firms, basins, levels or {})
    if layer is not None:
        origin = pd.Series(np.where(project, "both", "layer"), index=firms.index, dtype=object)
        origin = origin.mask(layer.isna(), "not_known")
        factor = factor * layer.fillna(1.0)
    return pd.DataFrame({"sensitivity": factor, "sensitivity_from": origin})


def _of_layers(
    firms: pd.DataFrame, basins: pd.DataFrame | None, levels: Mapping[str, gpd.GeoDataFrame]
) -> pd.Series | None:
    """Give what the finest layer with a sensitivity says of each firm, as share of its largest value."""
    having = {name: layer for name, layer in levels.items() if "sensitivity" in layer}
    if having:
        name, layer = list(having.items())[-1]
        places = assign_levels(firms, {name: layer})[name]
    elif basins is not None and "sensitivity" in basins:
        layer, places = basins, firms["basin_id"]
    else:
        return None
    told = layer["sensitivity"]
    return places.map(told / told.max() if told.max() > 0 else told).astype(float)


def order_by_score(rows: pd.DataFrame, factors: Mapping[str, pd.Series], weights: Weights) -> pd.DataFrame:
    """Multiply the factors to their weights and put the highest first, those of which one is not known last.

    Parameters
    ----------
    rows : pandas.DataFrame
        With ``msme_id``, which decides between equals.
    factors : mapping of str to pandas.Series
        By name of the weight, in the order of `rows`.
    weights : Weights
        Their exponents; a factor of weight 0 does not count.

    Returns
    -------
    pandas.DataFrame
        With ``rank`` from 1, and ``score_pct``, percent of the highest; NaN where a factor is not known.

    Examples
    --------
    >>> from watershed_cp.project import Weights
    >>> rows = pd.DataFrame({"msme_id": ["F1", "F2", "F3"]})
    >>> found = order_by_score(rows, {"load": pd.Series([2.0, 8.0, float("nan")])}, Weights())
    >>> found["msme_id"].tolist(), found["score_pct"].tolist()
    (['F2', 'F1', 'F3'], [100.0, 25.0, nan])
    """
    product = np.ones(len(rows))
    for name, factor in factors.items():
        exponent = getattr(weights, name)
        if exponent:
            product = product * factor.to_numpy(float) ** exponent
    highest = np.nanmax(product, initial=0.0)
    score = 100 * product / highest if highest else product
    ordered = rows.assign(score_pct=score).sort_values(
        ["score_pct", "msme_id"], ascending=[False, True], na_position="last", ignore_index=True
    )
    return ordered.assign(rank=range(1, len(ordered) + 1))


def next_inspections(accounts: Accounts) -> pd.DataFrame:
    """List the firms in the order in which to inspect them next, by risk, with every factor and their history.

    Parameters
    ----------
    accounts : Accounts
        What a run found; its ``monitoring`` sets weights, sensitivities and the day.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.NEXT_INSPECTIONS`. Shares are of what the firms in the watersheds
        release; the others come last. ``unknown`` says what is not known: without a ``place`` in a watershed or a
        ``load`` a firm comes last, without ``delivery`` all of its load is taken to arrive, without ``sensitivity`` its
        place counts as the most sensitive, without a ``visit`` its time counts from the first record.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> table = next_inspections(run(data_path("demo", "project.toml")))
    >>> len(table), table[["rank", "score_pct"]].iloc[0].tolist()
    (58, [1.0, 100.0])
    """
    if accounts.msmes.empty:  # a public edition
        return pd.DataFrame(columns=list(tables.NEXT_INSPECTIONS.names))
    settings = accounts.monitoring
    placed = accounts.assignments.drop_duplicates("msme_id").set_index("msme_id")
    firms = accounts.msmes.reindex(columns=["msme_id", "name", "discharge_to"]).drop_duplicates("msme_id")
    firms = firms.assign(basin_id=firms["msme_id"].map(placed["basin_id"])).reset_index(drop=True)
    inside = placed.index[placed["status"] == "inside"]
    loads = residual_loads(accounts.ledger)
    loads = loads[loads["msme_id"].isin(inside)]
    shares = outlet_shares(accounts.basins, placed, pollutants=sorted(set(loads["pollutant"])))
    rows = firms.join(leading_loads(loads, shares, settings.weights), on="msme_id")
    visited, years = last_visits(accounts.registers, as_of=settings.as_of)
    rows["last_visit"] = visited.reindex(rows["msme_id"]).to_numpy()
    rows["years_since_visit"] = rows["msme_id"].map(years).fillna(years[""])
    points = placed.reindex(rows["msme_id"])[["longitude", "latitude"]].set_axis(rows.index)
    told = sensitivities(
        rows.join(points), settings.sensitivity, basins=accounts.basins, levels=accounts.levels
    )
    rows = rows.join(told)
    rows["unknown"] = _unknown(rows, rows["msme_id"].isin(inside))
    history = firm_history(accounts.compliance)
    rows = rows.join(history, on="msme_id").fillna(dict.fromkeys(history.columns, 0))
    factors = {
        "load": rows["load_share_pct"],
        "delivery": rows["delivery_share"].fillna(1.0),
        "sensitivity": rows["sensitivity"],
        "time": time_factor(rows["years_since_visit"]),
    }
    ranked = order_by_score(rows, factors, settings.weights).assign(weights=settings.weights.spoken())
    return ranked.astype(dict.fromkeys(history.columns, int))[list(tables.NEXT_INSPECTIONS.names)]


def _unknown(rows: pd.DataFrame, inside: pd.Series) -> pd.Series:
    """Name what is not known of each firm."""
    gaps = {
        "place": ~inside,
        "load": inside & rows["load_kg_yr"].isna(),
        "delivery": rows["load_kg_yr"].notna() & rows["delivery_share"].isna(),
        "sensitivity": rows["sensitivity_from"] == "not_known",
        "visit": rows["last_visit"].isna(),
    }
    words = [np.where(gap, name, "") for name, gap in gaps.items()]
    return pd.Series([" ".join(filter(None, row)) for row in zip(*words, strict=True)], index=rows.index)
