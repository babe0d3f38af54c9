"""Which basin each firm is credited to, how far it is from the divide, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd

from watershed_cp.basins.divide import Divides
from watershed_cp.basins.earth import local_metres
from watershed_cp.basins.edges import edges_of, outlines_of, require_wgs84, text_order
from watershed_cp.basins.locator import BasinLocator
from watershed_cp.basins.probability import LEAST_SIGMA_M, REACH_SIGMAS, boundary_integral, probability_inside
from watershed_cp.messages import label, number
from watershed_cp.reference import read_reference
from watershed_cp.tables import ASSIGNMENTS, BASIN_PROBABILITIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from watershed_cp.errors import Language

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = ["assign", "assign_levels", "basin_probabilities", "deciding_points", "doubtful_within_m"]

_Number = TypeVar("_Number", np.int64, np.float64, np.bool_)

_MOST_SIGMA_M = 1e7  # a quarter of the way round the Earth: nothing is known
_CHUNK = 4096  # firms whose stretches of divide are held at a time
_SURE, _LIKELY = 0.95, 0.75  # the lower bounds that the column `confidence` states to its reader


def assign(
    msmes: pd.DataFrame, basins: gpd.GeoDataFrame, *, language: Language | None = None
) -> pd.DataFrame:
    r"""Assign every firm to the basin its water leaves to.

    The discharge point decides where one is given, the location otherwise. The true place is taken to
    scatter about the stated one like an isotropic normal distribution, and the outline about the true divide
    likewise: ``location_accuracy_m`` and the outline's ``accuracy_m`` are radii that hold 95 % (as in the
    NSSDA), so that :math:`\sigma = \sqrt{a_{firm}^2 + a_{outline}^2} / 2.4477`, the outline being that of the
    basin, or of the nearest one outside, and :math:`\sigma` never below a centimetre. Where either is missing,
    ``data/reference/positional_accuracy.csv`` says what is taken.

    Parameters
    ----------
    msmes : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.MSMES`, of which only ``msme_id`` must be there; or a
        GeoDataFrame of points in EPSG:4326 without coordinate columns. Left as it is.
    basins : geopandas.GeoDataFrame
        Index ``basin_id``, polygons in EPSG:4326, ``accuracy_m`` if known. Left as it is.
    language : {"es", "en"}, optional
        Language of the column ``repairs``; by default that of the system.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.ASSIGNMENTS`, one row a firm, the index of `msmes`.
        ``probability`` is that of the assignment: to the basin, or to none. ``distance_to_divide_m`` is
        geodesic, positive inside and negative outside, to the boundary of the basin or of the nearest one.
        ``nearest_basin_id`` is given outside only. What is unknown is missing.

    Raises
    ------
    InputError
        If a layer is not in EPSG:4326, there is no basin, a ``basin_id`` stands twice, or an outline is no
        polygon.

    Examples
    --------
    >>> import geopandas, shapely
    >>> basins = geopandas.GeoDataFrame(
    ...     {"accuracy_m": [100.0]}, index=["a"], geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326"
    ... )
    >>> firms = pd.DataFrame({"msme_id": ["m1", "m2"], "longitude": [0.5, 1.5], "latitude": [0.5, 0.5]})
    >>> assign(firms, basins)[["status", "confidence", "nearest_basin_id"]].fillna("").values.tolist()
    [['inside', 'sure', ''], ['outside', 'sure', 'a']]
    """
    basins = _in_text_order(basins)
    places = _places(msmes)
    placing = _place(places, basins)
    columns = {
        "msme_id": msmes["msme_id"].to_numpy(),
        "longitude": places.longitude,
        "latitude": places.latitude,
        "location_accuracy_m": places.accuracy_m,
        "basin_id": _named(placing.basin, basins.index),
        "status": np.where(~places.located, "unlocated", np.where(placing.basin >= 0, "inside", "outside")),
        "confidence": _confidence(placing.probability),
        "probability": placing.probability,
        "distance_to_divide_m": placing.distance_m,
        "nearest_basin_id": _named(placing.nearest, basins.index),
        "repairs": _repairs(msmes, places, placing.tied, language),
    }
    return pd.DataFrame({name: columns[name] for name in ASSIGNMENTS.names}, index=msmes.index.copy())


def basin_probabilities(msmes: pd.DataFrame, basins: gpd.GeoDataFrame) -> pd.DataFrame:
    """Tell for every firm how probable each basin is, for totals that expect rather than decide.

    By the same points and accuracies as :func:`assign`, whose ``probability`` for a firm inside is that of its
    basin here.

    Parameters
    ----------
    msmes : pandas.DataFrame
        As :func:`assign` takes it. Left as it is.
    basins : geopandas.GeoDataFrame
        Index ``basin_id``, polygons in EPSG:4326, ``accuracy_m`` if known. Left as it is.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.BASIN_PROBABILITIES`, one row a firm and basin whose probability
        is above zero, in the order of the firms and of ``basin_id``. The rows of a firm add up to at most 1, and
        what lacks is the probability of no basin. An unlocated firm has no row.

    Raises
    ------
    InputError
        As :func:`assign`.

    Examples
    --------
    >>> import geopandas, shapely
    >>> halves = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    >>> basins = geopandas.GeoDataFrame(index=["a", "b"], geometry=halves, crs="EPSG:4326")
    >>> firms = pd.DataFrame({"msme_id": ["m1", "m2"], "longitude": [0.5, 1.0], "latitude": [0.5, 0.5]})
    >>> basin_probabilities(firms, basins).round(6).values.tolist()
    [['m1', 'a', 1.0], ['m2', 'a', 0.5], ['m2', 'b', 0.5]]
    """
    basins = _in_text_order(basins)
    places = _places(msmes)
    chances = _place(places, basins).chances
    share = chances.share / np.maximum(np.bincount(chances.firm, chances.share), 1)[chances.firm]
    columns = {
        "msme_id": msmes["msme_id"].to_numpy()[chances.firm],
        "basin_id": _named(chances.basin, basins.index),
        "probability": share,
    }
    return pd.DataFrame({name: columns[name] for name in BASIN_PROBABILITIES.names})[share > 0].reset_index(
        drop=True
    )


def assign_levels(msmes: pd.DataFrame, levels: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Place every firm in the basins of several levels at once, by the same deciding point.

    Parameters
    ----------
    msmes : pandas.DataFrame
        As :func:`assign` takes it. Left as it is.
    levels : mapping of str to geopandas.GeoDataFrame
        Layers of basins by name of the column to make, each with index ``basin_id``, EPSG:4326.

    Returns
    -------
    pandas.DataFrame
        ``msme_id`` and one column a level, the index of `msmes`; missing outside and without a location.

    Raises
    ------
    InputError
        If a layer is not in EPSG:4326, holds no basin, names one twice, or an outline is no polygon.

    Examples
    --------
    >>> import geopandas, shapely
    >>> level_1 = geopandas.GeoDataFrame(index=["a"], geometry=[shapely.box(0, 0, 2, 1)], crs="EPSG:4326")
    >>> halves = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    >>> level_2 = geopandas.GeoDataFrame(index=["a1", "a2"], geometry=halves, crs="EPSG:4326")
    >>> firms = pd.DataFrame({"msme_id": ["m"], "longitude": [1.5], "latitude": [0.5]})
    >>> assign_levels(firms, {"basin": level_1, "sub_basin": level_2}).values.tolist()
    [['m', 'a', 'a2']]
    """
    places = _places(msmes)
    columns = {"msme_id": msmes["msme_id"].to_numpy()}
    for name, basins in levels.items():
        row = BasinLocator(basins).locate(places.longitude, places.latitude).astype(np.int64)
        columns[name] = _named(row, basins.index)
    return pd.DataFrame(columns, index=msmes.index.copy())


@dataclass(frozen=True)
class _Places:
    """The points that decide: degrees, NaN where there is none."""

    longitude: Floats
    latitude: Floats
    accuracy_m: Floats
    discharge: NDArray[np.bool_]  # whether the discharge point decides

    @property
    def located(self) -> NDArray[np.bool_]:
        return np.isfinite(self.longitude)


@dataclass(frozen=True)
class _Chances:
    """How probable basins are, one row a firm and basin, firms ascending."""

    firm: Whole
    basin: Whole
    share: Floats


@dataclass(frozen=True)
class _Placing:
    """What the outlines say of each place."""

    basin: Whole  # row, -1 outside and unlocated
    tied: NDArray[np.bool_]  # whether more than one outline holds it
    nearest: Whole  # row, -1 inside and unlocated
    distance_m: Floats
    probability: Floats
    chances: _Chances


def _constant(name: str) -> float:
    rows = read_reference("positional_accuracy")
    return float(next(row["value"] for row in rows if row["constant"] == name))


def doubtful_within_m(accuracy_m: Floats, basins: gpd.GeoDataFrame) -> Floats:
    """Tell how near a divide firms must be for their basin to be in any doubt.

    Parameters
    ----------
    accuracy_m : ndarray
        Accuracy of their locations, metres, missing where it is not stated.
    basins : geopandas.GeoDataFrame
        As :func:`assign` takes it.

    Returns
    -------
    ndarray
        Metres; farther from every divide the probability is 1.

    Examples
    --------
    >>> import geopandas, shapely
    >>> square = geopandas.GeoDataFrame({"accuracy_m": [0.0]}, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
    >>> bool(doubtful_within_m(np.array([100.0]), square)[0] > 100)
    True
    """
    stated = np.where(np.isnan(accuracy_m), _constant("location_accuracy_m"), accuracy_m)
    outline = _known(basins, "accuracy_m", _constant("outline_accuracy_m")).max()
    sigma = np.hypot(stated, outline) / _constant("radius_95_sigmas")
    return np.asarray(REACH_SIGMAS * np.clip(sigma, LEAST_SIGMA_M, _MOST_SIGMA_M))


def deciding_points(msmes: pd.DataFrame) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Choose the point that decides for each firm: where it discharges, or else where it stands.

    Parameters
    ----------
    msmes : pandas.DataFrame
        As :func:`assign` takes it.

    Returns
    -------
    longitude, latitude : ndarray
        Degrees, both missing where no point on Earth is given.
    discharge : ndarray of bool
        Whether the discharge point decides.

    Raises
    ------
    InputError
        If points come as a geometry that is not in EPSG:4326.

    Examples
    --------
    >>> firms = pd.DataFrame({"longitude": [1.0], "latitude": [2.0], "discharge_longitude": [3.0]})
    >>> [float(column[0]) for column in deciding_points(firms.assign(discharge_latitude=4.0))]
    [3.0, 4.0, 1.0]
    """
    discharge = _point(msmes, "discharge_longitude", "discharge_latitude")
    location = _point(msmes, "longitude", "latitude")
    if "longitude" not in msmes and "discharge_longitude" not in msmes and hasattr(msmes, "crs"):
        require_wgs84(msmes)
        location = _on_earth(msmes.geometry.x.to_numpy(), msmes.geometry.y.to_numpy())
    discharges = np.isfinite(discharge[0])
    longitude, latitude = np.where(discharges, discharge, location)
    return longitude, latitude, discharges


def _places(msmes: pd.DataFrame) -> _Places:
    longitude, latitude, discharges = deciding_points(msmes)
    accuracy = _known(msmes, "location_accuracy_m", _constant("location_accuracy_m"))
    return _Places(longitude, latitude, accuracy, discharges)


def _point(msmes: pd.DataFrame, east: str, north: str) -> Floats:
    return _on_earth(_known(msmes, east, np.nan), _known(msmes, north, np.nan))


def _on_earth(longitude: Floats, latitude: Floats) -> Floats:
    """Keep the points that lie on Earth, and make the others missing in both coordinates."""
    there = (np.abs(longitude) <= 180) & (np.abs(latitude) <= 90)  # noqa: PLR2004 - degrees of a circle
    return np.where(there, [longitude, latitude], np.nan)


def _known(table: pd.DataFrame, name: str, otherwise: float) -> Floats:
    """Give a column as numbers, with one value for all that is missing."""
    if name not in table:
        return np.full(len(table), otherwise)
    values = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isnan(values), otherwise, values)


def _in_text_order(basins: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Check a layer and sort it, so that the lower row wins every tie."""
    outlines_of(basins)
    return basins.iloc[text_order(basins)]


def _place(places: _Places, basins: gpd.GeoDataFrame) -> _Placing:
    """Locate the places that are known, and measure them."""
    rows = np.flatnonzero(places.located)
    points = np.stack([places.longitude[rows], places.latitude[rows]], axis=-1)
    divides = Divides(edges_of(np.asarray(basins.geometry.array, dtype=object)))
    found, tied = BasinLocator(basins).locate_ties(points[:, 0], points[:, 1])
    basin = found.astype(np.int64)
    divide, distance = _to_divide(divides, points, basin)
    outline = _known(basins, "accuracy_m", _constant("outline_accuracy_m"))
    sigma = np.hypot(places.accuracy_m[rows], outline[divide]) / _constant("radius_95_sigmas")
    sigma = np.clip(sigma, LEAST_SIGMA_M, _MOST_SIGMA_M)
    chances = _chances(divides, points, basin, distance, sigma)
    size = len(places.longitude)
    return _Placing(
        basin=_spread(basin, rows, size, -1),
        tied=_spread(tied, rows, size, otherwise=False),
        nearest=_spread(np.where(basin < 0, divide, -1), rows, size, -1),
        distance_m=_spread(np.where(basin < 0, -distance, distance), rows, size, np.nan),
        probability=_spread(_probability(chances, basin), rows, size, np.nan),
        chances=_Chances(rows[chances.firm], chances.basin, chances.share),
    )


def _to_divide(divides: Divides, points: Floats, basin: Whole) -> tuple[Whole, Floats]:
    """Measure to the boundary of the own basin, or of the nearest one outside; tell which and how far."""
    divide, distance = basin.copy(), np.zeros(len(points))
    inside, outside = np.flatnonzero(basin >= 0), np.flatnonzero(basin < 0)
    distance[inside] = divides.distance(points[inside], basin[inside])
    divide[outside], distance[outside] = divides.nearest(points[outside])
    return divide, distance


def _chances(divides: Divides, points: Floats, basin: Whole, distance: Floats, sigma: Floats) -> _Chances:
    """Tell how probable basins are; only places within reach of a divide need an integral."""
    doubtful = distance < REACH_SIGMAS * sigma
    near, sure = np.flatnonzero(doubtful), np.flatnonzero(~doubtful & (basin >= 0))
    parts = [(sure, basin[sure], np.ones(len(sure)))]
    for begin in range(0, len(near), _CHUNK):
        some = near[begin : begin + _CHUNK]
        place, other, share = _shares(divides, points[some], basin[some], sigma[some])
        parts.append((some[place], other, share))
    firm, others, share = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(firm, kind="stable")
    return _Chances(firm[order], others[order], share[order])


def _probability(chances: _Chances, basin: Whole) -> Floats:
    """Tell how probable each assignment is: the share of the own basin, or what all basins leave."""
    own = chances.basin == basin[chances.firm]
    probability = np.where(basin < 0, 1.0, 0.0)
    probability[chances.firm[own]] = chances.share[own]
    away = basin[chances.firm] < 0
    np.subtract.at(probability, chances.firm[away], chances.share[away])
    return np.maximum(probability, 0)


def _shares(divides: Divides, points: Floats, basin: Whole, sigma: Floats) -> tuple[Whole, Whole, Floats]:
    """Give the probability of each basin whose boundary is within reach of a place: place, basin, share."""
    point, piece = divides.within(points, REACH_SIGMAS * sigma)
    basins = int(divides.basin.max()) + 1
    pair, curve = np.unique(point * basins + divides.basin[piece], return_inverse=True)
    start, end = (
        local_metres(points[point], ends[piece]) / sigma[point][:, None]
        for ends in (divides.start, divides.end)
    )
    place, other = np.divmod(pair, basins)
    return (
        place,
        other,
        probability_inside(other == basin[place], boundary_integral(start, end, curve, len(pair))),
    )


def _spread(
    values: NDArray[_Number], rows: NDArray[np.intp], size: int, otherwise: float
) -> NDArray[_Number]:
    """Put values of some rows back among all rows."""
    spread = np.full(size, otherwise, dtype=values.dtype)
    spread[rows] = values
    return spread


def _named(row: Whole, basin_ids: pd.Index) -> NDArray[np.object_]:
    return pd.Series(basin_ids.astype(str)).take(np.maximum(row, 0)).where(row >= 0).to_numpy()


def _confidence(probability: Floats) -> NDArray[np.object_]:
    labels = np.select(
        [probability >= _SURE, probability >= _LIKELY], ["sure", "likely"], "ambiguous"
    ).astype(object)
    labels[np.isnan(probability)] = None
    return labels


def _repairs(
    msmes: pd.DataFrame, places: _Places, tied: NDArray[np.bool_], language: Language | None
) -> NDArray[np.object_]:
    """Tell what decided, after what the table itself already says."""
    stated = ~np.isnan(_known(msmes, "location_accuracy_m", np.nan))
    default = number(_constant("location_accuracy_m"))
    said = msmes["repairs"].fillna("").astype(str).to_numpy(dtype=object) if "repairs" in msmes else ""
    notes = np.full(len(msmes), said, dtype=object)
    for key, applies in (
        ("discharge_point", places.discharge),
        ("accuracy_assumed", places.located & ~stated),
        ("tie", tied),
    ):
        note = label("placing", key, language, accuracy=default)
        notes[applies] = [f"{before}; {note}" if before else note for before in notes[applies]]
    notes[notes == ""] = None
    return notes
