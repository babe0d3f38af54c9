"""From claims and placed firms to totals per watershed: every kilogram credited once, or accounted for.

The ledger is made first, one row a claim, each with exactly one fate. Totals are then sums over its credited
rows, so that a total and the ledger cannot disagree.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from watershed_cp import tables
from watershed_cp.impact import ledger as books
from watershed_cp.impact.doubles import book_doubles, flag_doubles, suspect_doubles
from watershed_cp.impact.economics import branch_measures, measures_table
from watershed_cp.impact.expectation import complete, from_assignments, share_out
from watershed_cp.impact.ranges import range_shares
from watershed_cp.impact.sums import common_codes, exact_sums
from watershed_cp.impact.totals import figures, total_by, totals_table
from watershed_cp.messages import texts
from watershed_cp.project import Economics, Lending, Monitoring

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from watershed_cp.errors import Text
    from watershed_cp.impact.sums import Whole
    from watershed_cp.loads.lifecycle import Period

__all__ = ["Accounts", "close_accounts", "measured_period", "says_synthetic", "total_per_basin"]

_NO_CHANCES = pd.DataFrame({"msme_id": [], "basin_id": [], "probability": []}, dtype=object)


@dataclass(frozen=True)
class Accounts:
    """All that is known after a run, and all that a publication may draw on.

    Attributes
    ----------
    title : Text
        Title of the project, Spanish and English.
    basins : geopandas.GeoDataFrame
        Index ``basin_id``, columns of :data:`watershed_cp.tables.BASINS`, outlines in EPSG:4326.
    msmes : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.MSMES` and the user's own, one row a firm.
    assignments, basin_loads, ledger, ledger_summary : pandas.DataFrame
        The tables of the same names in :mod:`watershed_cp.tables`.
    measurements : pandas.DataFrame
        Audit rows that are no mass (pH, temperature): kept, never summed.
    period : tuple of str or None
        First and last date of the measurements, ISO 8601.
    synthetic : bool
        Whether any row of the input says that it is synthetic.
    doubles : pandas.DataFrame
        Pairs of credited claims that may be one: the table of that name in :mod:`watershed_cp.tables`.
    probabilities : pandas.DataFrame
        ``msme_id``, ``basin_id``, ``probability``: where each located firm may lie, a blank ``basin_id`` standing
        for no watershed; they add up to 1 for each firm.
    levels : mapping of str to geopandas.GeoDataFrame
        Layers of sub-basins by name of their level, each with index ``basin_id``, EPSG:4326.
    censoring : str
        Rule by which values below the limit of detection were counted; blank where that is not known.
    minimum_evidence : str
        Weakest grade that was credited; blank where that is not known.
    registers : mapping of str to pandas.DataFrame
        The programme's own tables as they were read, by their name in :data:`watershed_cp.tables.INPUTS`.
    economics : Economics
        Discount rate, and the year of the dollars.
    lending : Lending
        Weights of what decides where to lend next, and how near a consultant must be.
    accounting_period : tuple of datetime.date or None
        Days within which a follow-up counts, where the project sets them.
    indicators : pandas.DataFrame
        What the programme promised and what it reached: the table of that name; empty where nothing was declared.
    monitoring : Monitoring
        Weights, sensitivities and day of the next inspections.
    """

    title: Text
    basins: gpd.GeoDataFrame
    msmes: pd.DataFrame
    assignments: pd.DataFrame
    ledger: pd.DataFrame
    basin_loads: pd.DataFrame
    ledger_summary: pd.DataFrame
    measurements: pd.DataFrame
    period: tuple[str, str] | None = None
    synthetic: bool = False
    doubles: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(tables.DOUBLES.names)))
    probabilities: pd.DataFrame = field(default_factory=_NO_CHANCES.copy)
    levels: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    censoring: str = ""
    minimum_evidence: str = ""
    registers: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    economics: Economics = field(default_factory=Economics)
    lending: Lending = field(default_factory=Lending)
    accounting_period: Period | None = None
    indicators: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=list(tables.INDICATORS.names))
    )
    monitoring: Monitoring = field(default_factory=Monitoring)

    @functools.cached_property
    def programme_loads(self) -> pd.DataFrame:
        """Totals of all watersheds together, one row a pollutant: the columns of ``basin_loads`` after its basin."""
        totals = total_by(self).rename(columns={"weighted_reduction_pct": "reduction_pct"})
        return totals.loc[totals["msmes"] > 0, list(tables.BASIN_LOADS.names[2:])].reset_index(drop=True)

    @functools.cached_property
    def totals(self) -> pd.DataFrame:
        """Totals by each dimension: the table ``totals`` of :mod:`watershed_cp.tables`."""
        return totals_table(self)

    @functools.cached_property
    def range_shares(self) -> pd.DataFrame:
        """What to measure first: the table ``range_shares`` of :mod:`watershed_cp.tables`."""
        return range_shares(self.ledger)

    @functools.cached_property
    def delivered_loads(self) -> pd.DataFrame:
        """What of the credited reductions arrives downstream: :data:`watershed_cp.tables.DELIVERED_LOADS`."""
        from watershed_cp.impact.delivery import delivered_loads

        return delivered_loads(self)

    @functools.cached_property
    def compliance(self) -> pd.DataFrame:
        """Lab results against discharge limits: the table ``compliance`` of :mod:`watershed_cp.tables`."""
        from watershed_cp.impact.monitoring import compliance

        return compliance(self)

    @functools.cached_property
    def measures(self) -> pd.DataFrame:
        """Every recommendation with its saving and its money: :data:`watershed_cp.tables.MEASURES`."""
        return measures_table(self)

    @functools.cached_property
    def branch_measures(self) -> pd.DataFrame:
        """What works in each branch: the table ``branch_measures`` of :mod:`watershed_cp.tables`."""
        return branch_measures(self.measures, self.ledger)

    @functools.cached_property
    def training(self) -> pd.DataFrame:
        """Who came to events and what they learned: the table ``training`` of :mod:`watershed_cp.tables`."""
        from watershed_cp.impact.training import training_table

        return training_table(self)

    @functools.cached_property
    def event_places(self) -> pd.DataFrame:
        """Where events were, and how many came: the table ``event_places`` of :mod:`watershed_cp.tables`."""
        from watershed_cp.impact.training import event_places

        return event_places(self)

    @functools.cached_property
    def alliances(self) -> pd.DataFrame:
        """Who works with whom: the table ``alliances`` of :mod:`watershed_cp.tables`."""
        from watershed_cp.impact.alliances import alliance_table

        return alliance_table(self)

    @functools.cached_property
    def next_inspections(self) -> pd.DataFrame:
        """Whom to inspect next: the table ``next_inspections`` of :mod:`watershed_cp.tables`."""
        from watershed_cp.impact.risk import next_inspections

        return next_inspections(self)

    @functools.cached_property
    def credit(self) -> pd.DataFrame:
        """Every loan with what its measures save: the table ``credit`` of :mod:`watershed_cp.tables`."""
        from watershed_cp.impact.credit import credit_table

        return credit_table(self)


def close_accounts(
    claims: pd.DataFrame,
    assignments: pd.DataFrame,
    basins: gpd.GeoDataFrame,
    *,
    msmes: pd.DataFrame | None = None,
    measurements: pd.DataFrame | None = None,
    title: Text | None = None,
    probabilities: pd.DataFrame | None = None,
    levels: Mapping[str, gpd.GeoDataFrame] | None = None,
) -> Accounts:
    """Book every claim, add up per watershed, and prove that nothing was lost.

    Parameters
    ----------
    claims : pandas.DataFrame
        As :func:`watershed_cp.loads.audits.audit_loads` gives them, kg/yr.
    assignments : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.ASSIGNMENTS`.
    basins : geopandas.GeoDataFrame
        Index ``basin_id``.
    msmes : pandas.DataFrame, optional
        The firms; by default only their identifiers are known.
    measurements : pandas.DataFrame, optional
        Audit rows that are no mass.
    title : Text, optional
        Title of the project.
    probabilities : pandas.DataFrame, optional
        ``msme_id``, ``basin_id``, ``probability`` of every watershed that a firm may lie in; by default what the
        assignments tell.
    levels : mapping of str to geopandas.GeoDataFrame, optional
        Layers of sub-basins by name of their level.

    Returns
    -------
    Accounts
        Ledger, summary and totals, with what they rest on; the period is that of the claims.

    Raises
    ------
    ArithmeticError
        If a claim was lost or doubled on the way.

    Examples
    --------
    >>> import geopandas as gpd
    >>> claims = pd.DataFrame({"msme_id": ["F1"], "pollutant": ["TN"], "fate": ["credited"], "reduction_kg_yr": [5.0]})
    >>> placed = pd.DataFrame({"msme_id": ["F1"], "basin_id": ["a"], "status": ["inside"], "probability": [0.8]})
    >>> basins = gpd.GeoDataFrame({"name_es": ["A"]}, index=pd.Index(["a"], name="basin_id"))
    >>> accounts = close_accounts(claims, placed, basins)
    >>> accounts.basin_loads[["reduction_kg_yr", "expected_reduction_kg_yr"]].iloc[0].tolist()
    [5.0, 4.0]
    """
    firms = assignments[["msme_id"]] if msmes is None else msmes
    ledger = books.flag_media(books.build_ledger(book_doubles(claims), assignments), firms)
    books.check_conservation(claims, ledger)
    doubles = suspect_doubles(ledger, firms)
    located = assignments.loc[assignments["status"] != "unlocated", "msme_id"]
    chances = complete(from_assignments(assignments) if probabilities is None else probabilities, located)
    return Accounts(
        title=title or texts("accounts")["title"],
        basins=basins,
        msmes=firms,
        assignments=assignments,
        ledger=flag_doubles(ledger, doubles),
        doubles=doubles,
        basin_loads=total_per_basin(ledger, basins, chances),
        ledger_summary=books.summarise(ledger),
        measurements=pd.DataFrame() if measurements is None else measurements,
        period=measured_period(claims),
        synthetic=says_synthetic(firms),
        probabilities=chances,
        levels=levels or {},
    )


def measured_period(*measured: pd.DataFrame) -> tuple[str, str] | None:
    """Give the first and last date of tables with a column ``date``, ISO 8601; None where no date is known.

    Examples
    --------
    >>> measured_period(pd.DataFrame({"date": pd.to_datetime(["2020-05-01", "2019-01-31"])}))
    ('2019-01-31', '2020-05-01')
    """
    dates = [table["date"].dropna() for table in measured if "date" in table]
    known = [date for column in dates if len(column) for date in (column.min(), column.max())]
    return (f"{min(known):%Y-%m-%d}", f"{max(known):%Y-%m-%d}") if known else None


def says_synthetic(table: pd.DataFrame) -> bool:
    """Tell whether any row of a table says that it is synthetic.

    Examples
    --------
    >>> says_synthetic(pd.DataFrame({"synthetic": ["yes", None]})), says_synthetic(pd.DataFrame())
    (True, False)
    """
    return "synthetic" in table and bool((table["synthetic"] == "yes").any())


def total_per_basin(
    ledger: pd.DataFrame, basins: gpd.GeoDataFrame, probabilities: pd.DataFrame
) -> pd.DataFrame:
    """Add up per watershed and pollutant what is credited, and what is expected.

    Parameters
    ----------
    ledger : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.LEDGER`, kg/yr.
    basins : geopandas.GeoDataFrame
        Index ``basin_id``.
    probabilities : pandas.DataFrame
        ``msme_id``, ``basin_id``, ``probability``: a firm counts in each watershed by its probability, also one
        that is credited elsewhere or lies outside.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.BASIN_LOADS`, one row for each watershed and each pollutant of the
        ledger; where nothing was credited the reduction is 0 and the loads are unknown.

    Examples
    --------
    >>> import geopandas as gpd
    >>> basins = gpd.GeoDataFrame({"name_es": ["A"]}, index=pd.Index(["a"], name="basin_id"))
    >>> ledger = pd.DataFrame({"msme_id": ["F1"], "pollutant": ["TN"], "fate": ["outside"], "reduction_kg_yr": [8.0]})
    >>> chances = pd.DataFrame({"msme_id": ["F1"], "basin_id": ["a"], "probability": [0.25]})
    >>> totals = total_per_basin(ledger.reindex(columns=tables.LEDGER.names), basins, chances)
    >>> totals[["reduction_kg_yr", "expected_reduction_kg_yr"]].to_numpy().tolist()
    [[0.0, 2.0]]
    """
    kinds, pollutants = pd.factorize(ledger["pollutant"], sort=True)
    owner, firm = common_codes(probabilities["msme_id"], ledger["msme_id"])  # owners come almost in order
    cells = pd.MultiIndex.from_product([basins.index, pollutants], names=["basin_id", "pollutant"])
    credited = (ledger["fate"] == "credited").to_numpy()
    basin = np.where(credited, _positions(ledger["basin_id"], basins.index), -1)
    if (credited & (basin < 0)).any():
        raise ArithmeticError("a row is credited to a watershed that the layer lacks")
    totals = figures(ledger, _cell(basin, kinds, len(pollutants)), len(cells), firm=firm)
    placed = np.where(credited | (ledger["fate"] == "outside"), firm, -1)
    shares = share_out(ledger, placed, probabilities, owner)
    place = _positions(probabilities["basin_id"], basins.index)[shares.entry]
    cell = _cell(place, kinds[shares.row], len(pollutants))
    totals["expected_reduction_kg_yr"] = exact_sums(shares.expected_kg_yr, cell, len(cells))
    spoken = basins["name_es"] if "name_es" in basins else pd.Series(basins.index, index=basins.index)
    table = pd.concat([cells.to_frame(index=False), totals], axis=1)
    return table.assign(basin_name=table["basin_id"].map(spoken))[list(tables.BASIN_LOADS.names)]


def _positions(values: pd.Series[str], index: pd.Index[str]) -> Whole:
    """Find each value in an index; -1 where it is missing or not there."""
    codes, names = pd.factorize(values)
    return np.append(index.get_indexer(names), -1)[codes]


def _cell(basin: Whole, pollutant: Whole, pollutants: int) -> Whole:
    return np.where(basin < 0, -1, basin * pollutants + pollutant)
