"""The public edition of the accounts: totals of places, and nothing of any firm.

What is published is drawn from these accounts alone, so that no name, identifier, address or point can slip through:
they are not there.
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from watershed_cp import tables
from watershed_cp.impact.aggregation import Accounts
from watershed_cp.impact.disclosure import DOMINANCE_PCT, MINIMUM_MSMES, Cell, open_places
from watershed_cp.impact.totals import figures
from watershed_cp.loads.uncertainty import COVERAGE_90

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PublicAccounts", "public_accounts", "public_loads"]

_LOADS = ["baseline_kg_yr", "follow_up_kg_yr", "reduction_pct"]
_RANGE = ["reduction_low_kg_yr", "reduction_high_kg_yr"]
_SPREAD_DOMINANCE_PCT = 100 * ((1 + DOMINANCE_PCT / 100) ** 2 - 1)
"""p % of a spread, where squares of spreads are added up."""
_PROGRAMME = "programme"
_OF_NOBODY = (
    "title",
    "basins",
    "levels",
    "period",
    "synthetic",
    "censoring",
    "minimum_evidence",
    "accounting_period",
)  # what of the accounts tells nothing of any firm


@dataclass(frozen=True)
class PublicAccounts(Accounts):
    """Accounts of which all may be published; the tables of firms are empty.

    Attributes
    ----------
    public_loads : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.PUBLIC_LOADS`: every total that is told, and which are kept back.
    minimum_msmes : int
        Firms that a told total has at least.
    """

    public_loads: pd.DataFrame = field(default_factory=pd.DataFrame)
    minimum_msmes: int = MINIMUM_MSMES

    def told(self, level: str) -> pd.DataFrame:
        """Give the totals of one level that are told: ``programme``, ``basin_id`` or a level of sub-basins."""
        loads = self.public_loads
        return loads[(loads["level"] == level) & (loads["kept_back"] == "")]

    @functools.cached_property
    def programme_loads(self) -> pd.DataFrame:
        """Totals of all watersheds together, where they may be told."""
        rows = self.told(_PROGRAMME)
        return rows.reindex(columns=list(tables.BASIN_LOADS.names[2:])).reset_index(drop=True)

    @functools.cached_property
    def totals(self) -> pd.DataFrame:
        """Nothing: totals by sector or year, set against those of places, could single out a firm."""
        return pd.DataFrame(columns=list(tables.TOTALS.names))

    @functools.cached_property
    def delivered_loads(self) -> pd.DataFrame:
        """Nothing: what arrives is added up over other groups of firms than the places."""
        return pd.DataFrame(columns=list(tables.DELIVERED_LOADS.names))


def public_accounts(accounts: Accounts, *, minimum_msmes: int = MINIMUM_MSMES) -> PublicAccounts:
    """Give the public edition of accounts.

    Parameters
    ----------
    accounts : Accounts
        What a run found.
    minimum_msmes : int
        Firms that a told total needs at least.

    Returns
    -------
    PublicAccounts
        Watersheds, sub-basins and their totals; no firm. A total that is kept back is NaN.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> public = public_accounts(run(data_path("demo", "project.toml")))
    >>> len(public.msmes), len(public.ledger), len(public.basin_loads)
    (0, 0, 28)
    """
    loads = public_loads(accounts, minimum_msmes=minimum_msmes)
    told = loads[(loads["level"] == "basin_id") & (loads["kept_back"] == "")].rename(
        columns={"place": "basin_id"}
    )
    keys = ["basin_id", "basin_name", "pollutant"]
    basin_loads = accounts.basin_loads[keys].merge(told.drop(columns="basin_name"), on=keys[::2], how="left")
    kept = {name: getattr(accounts, name) for name in _OF_NOBODY}
    emptied = {
        known.name: getattr(accounts, known.name).iloc[:0]
        for known in fields(Accounts)
        if isinstance(getattr(accounts, known.name), pd.DataFrame) and known.name not in kept
    }
    basin_loads = basin_loads.reindex(columns=list(tables.BASIN_LOADS.names))
    public = {"basin_loads": basin_loads, "public_loads": loads, "minimum_msmes": minimum_msmes}
    return PublicAccounts(**kept | emptied | public)


def public_loads(accounts: Accounts, *, minimum_msmes: int = MINIMUM_MSMES) -> pd.DataFrame:
    """Add up the credited reductions of the programme, its watersheds and sub-basins, as far as they may be told.

    Parameters
    ----------
    accounts : Accounts
        What a run found.
    minimum_msmes : int
        Firms that a told total needs at least; see :func:`watershed_cp.impact.disclosure.open_places`.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.PUBLIC_LOADS`, kg/yr; a place is listed where its parent is told. The
        numbers of a place that is kept back are NaN. So are loads and percentage of a whole pollutant whose pairs,
        or whose firms without a pair, are not enough by themselves: reductions less what pairs avoid would tell
        them. Ranges are opened by themselves, since what they add up are squares of spreads. Firms that may be one
        count as one towards the minimum.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> loads = public_loads(run(data_path("demo", "project.toml")), minimum_msmes=3)
    >>> sorted(set(loads["level"]))
    ['basin_id', 'programme', 'sub_basin_1', 'sub_basin_2']
    """
    levels = ("basin_id", *accounts.levels)
    credited = _with_places(accounts, levels)
    credited["respondent"] = credited["msme_id"].replace(_one_each(accounts.doubles))
    parts = [_told(rows, levels, minimum_msmes) for _, rows in credited.groupby("pollutant", sort=True)]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["level", "place"])
    return table.assign(basin_name=_names(accounts, table)).reindex(columns=list(tables.PUBLIC_LOADS.names))


def _one_each(doubles: pd.DataFrame) -> dict[str, str]:
    """Give the firms that may be one the identifier of the first of them: undecided, they may not make up a crowd."""
    pairs = doubles.loc[doubles["rule"] == "same_firm", ["msme_id", "other_msme_id"]].drop_duplicates()
    first: dict[str, str] = {}
    for one, other in pairs.itertuples(index=False):
        kept, gone = first.get(one, one), first.get(other, other)
        first |= {firm: kept for firm, of in {one: kept, other: gone, **first}.items() if of in (kept, gone)}
    return first


def _with_places(accounts: Accounts, levels: Sequence[str]) -> pd.DataFrame:
    """Give the credited rows with the unit of each level that the firm lies in, as far as the units are nested."""
    credited = accounts.ledger[accounts.ledger["fate"] == "credited"].reset_index(drop=True)
    if not accounts.levels:
        return credited
    from watershed_cp.basins.assignment import assign_levels

    placed = assign_levels(accounts.msmes, accounts.levels).set_index("msme_id")
    for parent, level in itertools.pairwise(levels):
        unit = credited["msme_id"].map(placed[level])
        nested = unit.map(accounts.levels[level]["parent"]) == credited[parent]
        credited[level] = unit.where(nested)
    return credited


def _told(rows: pd.DataFrame, levels: Sequence[str], minimum_msmes: int) -> pd.DataFrame:
    """Open the places of one pollutant, and keep back what is not told of those that are."""
    rows = rows.reset_index(drop=True)

    def safe(numbers: pd.DataFrame, dominance_pct: float = DOMINANCE_PCT) -> list[Cell]:
        table = pd.concat([rows[list(levels)].assign(msme_id=rows["respondent"]), numbers], axis=1)
        return open_places(table, levels, minimum_msmes=minimum_msmes, dominance_pct=dominance_pct)

    cells, with_loads = safe(rows[["reduction_kg_yr"]]), safe(_loads(rows))
    loads_told = _outermost(with_loads) == _outermost(cells)
    if loads_told:
        cells = with_loads
    ranged = {cell.path for cell in safe(_spreads(rows), _SPREAD_DOMINANCE_PCT) if not cell.kept_back}
    kept_back = np.array([cell.kept_back for cell in cells], dtype=object)
    sums = _sums(rows, cells).where(pd.Series(kept_back == ""))
    sums.loc[[cell.path not in ranged for cell in cells], _RANGE] = np.nan
    if not loads_told:
        sums[_LOADS] = np.nan
    return sums.assign(
        level=[(_PROGRAMME, *levels)[len(cell.path)] for cell in cells],
        place=["".join(cell.path[-1:]) for cell in cells],
        pollutant=rows["pollutant"].iloc[0],
        kept_back=kept_back,
    )


def _loads(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the numbers that follow where loads are told beside reductions.

    What pairs avoid is baseline less follow-up, and the rest of the reduction is what is stated without a pair.
    """
    paired = rows["baseline_kg_yr"].notna() & rows["follow_up_kg_yr"].notna()
    reduction = rows["reduction_kg_yr"]
    return pd.DataFrame(
        {
            "baseline": rows["baseline_kg_yr"].where(paired),
            "follow_up": rows["follow_up_kg_yr"].where(paired),
            "of_pairs": reduction.where(paired),
            "without_pair": reduction.mask(paired),
            "reduction": reduction,
        }
    )


def _spreads(rows: pd.DataFrame) -> pd.DataFrame:
    """Give what ranges add up of each row: the square of its spread, and its interval on either side."""
    spread = rows["standard_uncertainty_kg_yr"].astype(float).fillna(0.0)
    sides = {
        "below": rows["reduction_kg_yr"] - rows["reduction_low_kg_yr"],
        "above": rows["reduction_high_kg_yr"] - rows["reduction_kg_yr"],
    }
    intervals = {name: (side - COVERAGE_90 * spread).astype(float) for name, side in sides.items()}
    negligible = 1e-9 * rows["reduction_kg_yr"].abs().max()
    told = {name: side.mask(side.abs() <= negligible, 0.0) for name, side in intervals.items()}
    return pd.DataFrame({"variance": spread**2, **told}).replace([np.inf, -np.inf], np.nan)


def _outermost(cells: list[Cell]) -> set[tuple[str, ...]]:
    """List the told ones among the whole and its watersheds."""
    return {cell.path for cell in cells if len(cell.path) <= 1 and not cell.kept_back}


def _sums(rows: pd.DataFrame, cells: list[Cell]) -> pd.DataFrame:
    """Add up each cell; a row counts in every cell that it lies in."""
    all_rows = rows.iloc[np.concatenate([cell.rows for cell in cells])]
    group = np.repeat(np.arange(len(cells)), [len(cell.rows) for cell in cells])
    return figures(all_rows, group, len(cells), firm=pd.factorize(all_rows["msme_id"])[0])


def _names(accounts: Accounts, table: pd.DataFrame) -> pd.Series[str]:
    """Name each place; the whole programme has no name, nor has a unit without a named river."""
    names = {str(place): str(name) for place, name in accounts.basins["name_es"].items()}
    for layer in accounts.levels.values():
        names |= {str(place): str(name) for place, name in layer["name"].items() if pd.notna(name)}
    return table["place"].map(names).fillna("")
