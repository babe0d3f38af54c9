"""What of a load arrives downstream: first-order decay, by travel time in rivers and by residence in lakes.

A river runs as fast as its discharge lets it, and its discharge is the land it drains times a runoff; a lake is mixed
and holds its water for volume over inflow. Every rate and rule stands in ``data/reference`` with its source. The low
estimate takes the high rate and the slow river, the high one the low rate and the fast river, so that always
``0 <= low <= delivered <= high <= released``. A pollutant without a cited rate is not estimated.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from watershed_cp import tables
from watershed_cp.basins.catalogue import built_in
from watershed_cp.impact.sums import exact_sum
from watershed_cp.reference import read_reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from watershed_cp.basins.network import FlowNetwork
    from watershed_cp.impact.aggregation import Accounts

__all__ = [
    "Rate",
    "Waterway",
    "decay_rate",
    "delivered_loads",
    "follow_load",
    "lake_volumes",
    "outlet_shares",
    "travel_rules",
]

_SECONDS_PER_DAY = 86_400.0
_METRES_PER_KM = 1000.0
_LITRES_PER_M3 = 1000.0
_M3_PER_HM3 = 1e6
_ENDS = ("delivered_low_kg_yr", "delivered_kg_yr", "delivered_high_kg_yr")


class Rate(NamedTuple):
    """A quantity with its range: a decay rate (1/day) or a runoff (L/s/km2)."""

    low: float
    central: float
    high: float


@functools.cache
def decay_rate(pollutant: str) -> Rate | None:
    """Give the first-order loss of a pollutant in water, per day; None where no source gives one.

    Examples
    --------
    >>> decay_rate("BOD5"), decay_rate("Cl"), decay_rate("COD")
    (Rate(low=0.191, central=0.344, high=0.92), Rate(low=0.0, central=0.0, high=0.0), None)
    """
    rows = {row["pollutant"]: row for row in read_reference("decay_rates")}
    row = rows.get(pollutant)
    names = ("rate_low_per_day", "rate_per_day", "rate_high_per_day")
    return None if row is None else Rate(*(float(row[name]) for name in names))


@functools.cache
def travel_rules() -> tuple[float, float, Rate]:
    """Give the coefficient (m/s) and exponent of velocity from discharge (m3/s), and the runoff (L/s/km2).

    Examples
    --------
    >>> travel_rules()[:2]
    (0.194, 0.285)
    """
    rows = {row["quantity"]: row for row in read_reference("travel_time")}
    runoff = Rate(*(float(rows["runoff"][name]) for name in ("value_low", "value", "value_high")))
    return float(rows["velocity_coefficient"]["value"]), float(rows["velocity_exponent"]["value"]), runoff


@functools.cache
def lake_volumes() -> dict[str, float]:
    """Give the volumes of lakes by their Spanish name, hm3.

    Examples
    --------
    >>> lake_volumes()["Lago Gatún"]
    5200.0
    """
    return {row["name_es"]: float(row["volume_hm3"]) for row in read_reference("lake_volumes")}


@dataclass(frozen=True, kw_only=True, eq=False)
class Waterway:
    """A flow network with what decides how long water takes through each cell.

    Attributes
    ----------
    network : FlowNetwork
        Cells and their order.
    drained_km2 : ndarray of float, shape (cells,)
        Land whose water passes; a mapped river's own figure where that is more (it may rise outside the network).
    leaves_lake : ndarray of bool, shape (cells,)
        Whether water leaves a lake with this cell; all that the lake takes away is taken there.
    in_lake : ndarray of bool, shape (cells,)
        Whether the cell lies in a lake.
    volume_hm3 : ndarray of float, shape (cells,)
        Volume of the lake; NaN in a river, and in a lake of which it is not known.
    """

    network: FlowNetwork
    drained_km2: NDArray[np.float64]
    leaves_lake: NDArray[np.bool_]
    in_lake: NDArray[np.bool_]
    volume_hm3: NDArray[np.float64]

    @classmethod
    def of(cls, network: FlowNetwork) -> Waterway:
        """Read a network's own layers ``rivers`` and ``lakes`` onto its cells.

        Examples
        --------
        >>> from watershed_cp.basins.network import FlowNetwork
        >>> bool(Waterway.of(FlowNetwork.open("acelhuate")).drained_km2.max() > 18_000)
        True
        """
        drained = network.accumulate(network.cell_km2).ravel()
        rivers, lakes = network.layers.get("rivers"), network.layers.get("lakes")
        if rivers is not None and "upstream_km2" in rivers:
            drained = np.maximum(drained, _burn(network, rivers, rivers["upstream_km2"].astype(float)))
        names = [] if lakes is None else lakes["name_es" if "name_es" in lakes else "name"].tolist()
        lake = np.zeros(drained.size) if lakes is None else _burn(network, lakes, range(1, len(names) + 1))
        ahead = np.where(network.downstream < 0, np.arange(drained.size), network.downstream)
        last = (lake[ahead] != lake) | (ahead == np.arange(drained.size))
        volumes = np.array([np.nan, *(lake_volumes().get(name, np.nan) for name in names)])
        return cls(
            network=network,
            drained_km2=drained,
            leaves_lake=(lake > 0) & last,
            in_lake=lake > 0,
            volume_hm3=volumes[lake.astype(int)],
        )

    def passing(self, rate: Rate, cells: NDArray[np.int64]) -> NDArray[np.float64]:
        """Give the share of a load that leaves each cell of what enters it: low, central and high estimate.

        Parameters
        ----------
        rate : Rate
            First-order loss, 1/day.
        cells : ndarray of int, shape (n,)
            Cells of the network.

        Returns
        -------
        ndarray of float, shape (n, 3)
            0 to 1. Where the volume of a lake is not known: 0, NaN and 1.
        """
        runoff = travel_rules()[2]
        shares = np.column_stack(
            [
                self._passing(per_day, litres, cells)
                for per_day, litres in zip(reversed(rate), runoff, strict=True)
            ]
        )
        unknown = self.leaves_lake[cells] & np.isnan(self.volume_hm3[cells]) & (rate.high > 0)
        shares[unknown] = 0.0, np.nan, 1.0
        return shares

    def _passing(self, per_day: float, litres_s_km2: float, cells: NDArray[np.int64]) -> NDArray[np.float64]:
        coefficient, exponent, _ = travel_rules()
        m3_s = np.maximum(self.drained_km2[cells], 1e-9) * litres_s_km2 / _LITRES_PER_M3
        seconds = self.network.step_km[cells] * _METRES_PER_KM / (coefficient * m3_s**exponent)
        river = np.exp(-per_day * seconds / _SECONDS_PER_DAY)
        held_days = np.nan_to_num(self.volume_hm3[cells]) * _M3_PER_HM3 / m3_s / _SECONDS_PER_DAY
        lake = np.where(self.leaves_lake[cells], 1.0 / (1.0 + per_day * held_days), 1.0)
        return np.where(self.in_lake[cells], lake, river)

    def arriving(
        self, cells: NDArray[np.int64], rates: Sequence[Rate], *, until: int | None = None
    ) -> NDArray[np.float64]:
        """Give the share of what is released at each cell that arrives at `until`, or at the end of its water.

        Parameters
        ----------
        cells : ndarray of int, shape (n,)
            Where it is released; -1 off the grid.
        rates : sequence of Rate
            First-order losses, 1/day.
        until : int, optional
            A cell at which the way ends.

        Returns
        -------
        ndarray of float, shape (n, rates, 3)
            Low, central and high estimate, 0 to 1; NaN off the network.
        """
        downstream = self.network.downstream
        shares = np.full((len(cells), len(rates), len(_ENDS)), np.nan)
        on = (cells >= 0) & (downstream[cells] >= 0)
        ends = [] if until is None or downstream[until] < 0 else [until]
        reaches = list(self.network.reaches([*ends, *cells[on].tolist()]))
        if not (rates and on.any()):
            return shares
        passing = np.hstack([self.passing(rate, np.concatenate(reaches)) for rate in rates])
        arrived = np.empty((downstream.size, passing.shape[1]))  # only cells on the way are ever touched
        for reach, losses in zip(
            reaches, np.split(passing, np.cumsum([*map(len, reaches)])[:-1]), strict=True
        ):
            following = downstream[reach[-1]]
            share = np.ones_like(losses[:1]) if following == reach[-1] else arrived[[following]]
            arrived[reach[::-1]] = np.multiply.accumulate(np.vstack([share, losses[::-1]]))[1:]
            arrived[ends] = 1.0
        shares[on] = arrived[cells[on]].reshape(-1, *shares.shape[1:])
        return shares


def follow_load(
    waterway: Waterway, longitude: float, latitude: float, *, pollutant: str, load_kg_yr: float = 1.0
) -> pd.DataFrame:
    """Tell what of a load arrives at each place that its water passes.

    Parameters
    ----------
    waterway : Waterway
        Of the network in which the place lies.
    longitude, latitude : float
        Where the load is released, degrees, EPSG:4326.
    pollutant : str
        Its code; without a cited rate the delivered loads are unknown.
    load_kg_yr : float
        What is released, or no longer released, kg/yr.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.COURSE`: a row for every river, lake, town, watershed and municipality
        where the water meets it, and one for the end.

    Raises
    ------
    InputError
        If the point is not on the network.

    Examples
    --------
    >>> from watershed_cp.basins.network import FlowNetwork
    >>> motagua = Waterway.of(FlowNetwork.open("motagua"))
    >>> table = follow_load(motagua, -90.5, 14.66, pollutant="BOD5", load_kg_yr=1000.0)
    >>> bool(0 < table["delivered_kg_yr"].iloc[-1] < 1000)
    True
    """
    network = waterway.network
    course = network.trace(longitude, latitude)
    rate = decay_rate(pollutant)
    shares = np.full((len(course.vertices_km), 3), np.nan)
    if rate is not None:
        cells = network.path(network.cell_of(longitude, latitude))
        passed = np.cumprod(waterway.passing(rate, cells), axis=0)
        shares = np.vstack([np.ones((1, 3)), passed[:-1]])
        last = passed[-1]
    else:
        last = shares[-1]
    rows = [(place.kind, place.name, place.at_km, place.length_km) for place in course.passages]
    at = np.searchsorted(course.vertices_km, [place.at_km for place in course.passages], side="right") - 1
    table = pd.DataFrame([*rows, ("end", "", course.length_km, 0.0)], columns=list(tables.COURSE.names[:4]))
    table = table.assign(pollutant=pollutant, released_kg_yr=float(load_kg_yr))
    arrived = np.vstack([shares[at], last]) * load_kg_yr
    table[list(_ENDS)] = pd.DataFrame([_ordered(row) for row in arrived.tolist()])
    return table[list(tables.COURSE.names)]


def delivered_loads(accounts: Accounts) -> pd.DataFrame:
    """Add up what of the credited reductions arrives at the outlet of its watershed and at the end of its water.

    Parameters
    ----------
    accounts : Accounts
        What a run found.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.DELIVERED_LOADS`, for the watersheds whose flow network is built in. The
        range is that of decay and travel time alone, and all firms share it. A sum of which a part is not known is
        unknown.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> loads = delivered_loads(run(data_path("demo", "project.toml")))
    >>> bool((loads["delivered_kg_yr"].dropna() > 0).all())
    True
    """
    credited = accounts.ledger[accounts.ledger["fate"] == "credited"]
    places = accounts.assignments.drop_duplicates("msme_id").set_index("msme_id")
    located = credited.join(places[["longitude", "latitude"]], on="msme_id")
    rows: list[dict[str, object]] = []
    for basin_id in sorted(built_in(accounts.basins) & set(located["basin_id"])):
        basin = accounts.basins.loc[basin_id]
        names = {"basin_id": basin_id, "basin_name": basin["name_es"]}
        mine = located[located["basin_id"] == basin_id]
        rows.extend(names | sums for sums in _basin_sums(basin, mine))
    return pd.DataFrame(rows, columns=list(tables.DELIVERED_LOADS.names))


def outlet_shares(
    basins: gpd.GeoDataFrame, placed: pd.DataFrame, *, pollutants: Sequence[str]
) -> pd.DataFrame:
    """Give the share of what each firm releases that arrives at the outlet of its watershed.

    Parameters
    ----------
    basins : geopandas.GeoDataFrame
        The watersheds; only those whose flow network is built in are followed.
    placed : pandas.DataFrame
        ``longitude`` and ``latitude`` (EPSG:4326) and ``basin_id`` of each firm.
    pollutants : sequence of str
        Their codes.

    Returns
    -------
    pandas.DataFrame
        Index of `placed`, a column a pollutant: the central estimate, 0 to 1; NaN where it is not known.

    Examples
    --------
    >>> from watershed_cp.basins.catalogue import read_basins
    >>> firm = pd.DataFrame({"longitude": [-89.2], "latitude": [13.75], "basin_id": ["acelhuate"]}, index=["F1"])
    >>> outlet_shares(read_basins(), firm, pollutants=["Cl", "COD"]).loc["F1"].tolist()
    [1.0, nan]
    """
    shares = np.full((len(placed), len(pollutants)), np.nan)
    rates = {code: rate for code in pollutants if (rate := decay_rate(code)) is not None}
    for basin_id in sorted(built_in(basins) & set(placed["basin_id"].dropna())) if rates else ():
        basin, mine = basins.loc[basin_id], np.flatnonzero(placed["basin_id"] == basin_id)
        waterway = _built_in_waterway(str(basin_id))
        network = waterway.network
        outlet = network.cell_at(basin["outlet_longitude"], basin["outlet_latitude"])
        cells = network.cells_at(placed["longitude"].iloc[mine], placed["latitude"].iloc[mine])
        arriving = waterway.arriving(cells, list(rates.values()), until=outlet)
        for place, code in enumerate(rates):
            shares[mine, pollutants.index(code)] = arriving[:, place, 1]
    return pd.DataFrame(shares, index=placed.index, columns=list(pollutants))


@functools.cache
def _built_in_waterway(basin_id: str) -> Waterway:
    """Open a built-in network once: several tables follow its water."""
    from watershed_cp.basins.network import FlowNetwork

    return Waterway.of(FlowNetwork.open(basin_id))


def _basin_sums(basin: pd.Series[Any], rows: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Sum the credited rows of one watershed per pollutant, at its outlet and at the end of the water."""
    waterway = _built_in_waterway(str(basin.name))
    cells = waterway.network.cells_at(rows["longitude"], rows["latitude"])
    outlet = waterway.network.cell_at(basin["outlet_longitude"], basin["outlet_latitude"])
    known = {code: rate for code in rows["pollutant"].unique() if (rate := decay_rate(code)) is not None}
    ends = {
        place: waterway.arriving(cells, list(known.values()), until=until)
        for place, until in (("outlet", outlet), ("end", None))
    }
    for pollutant, group in rows.groupby("pollutant", sort=True):
        at = rows.index.get_indexer(group.index)
        loads = group["reduction_kg_yr"].to_numpy(float)
        for place, arriving in ends.items():
            shares = (
                arriving[at, list(known).index(pollutant)]
                if pollutant in known
                else np.full((len(at), 3), np.nan)
            )
            yield {
                "pollutant": pollutant,
                "place": place,
                "msmes": group["msme_id"].nunique(),
                "reduction_kg_yr": exact_sum(group["reduction_kg_yr"]),
                **_ordered([math.fsum(column) for column in (shares * loads[:, None]).T.tolist()]),
            }


def _ordered(loads: Sequence[float]) -> dict[str, float]:
    """Name the low, central and high estimate of a load; of one that rises the ends change places."""
    low, central, high = loads
    return dict(zip(_ENDS, (min(low, high), central, max(low, high)), strict=True))


def _burn(network: FlowNetwork, layer: gpd.GeoDataFrame, values: object) -> NDArray[np.float64]:
    """Write a value of each feature onto the cells that it touches, the largest where features meet; 0 elsewhere."""
    from rasterio.features import rasterize

    shapes = sorted(zip(values, layer.to_crs(network.crs).geometry, strict=True), key=lambda pair: pair[0])  # type: ignore[call-overload]
    burnt = rasterize(
        ((shape, value) for value, shape in shapes),
        out_shape=network.shape,
        transform=network.transform,
        dtype="float64",
    )
    return np.asarray(burnt, float).ravel()
