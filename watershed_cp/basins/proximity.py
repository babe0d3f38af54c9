"""From a register of any size, the firms near the water that a programme cares for, those worth a visit first."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from watershed_cp.basins.assignment import assign, deciding_points, doubtful_within_m
from watershed_cp.basins.gathering import CODE, NEAR, REASONS, Nearby, Sifted, gather
from watershed_cp.basins.registers import Piece, as_numbers, pieces_of, read_piece
from watershed_cp.basins.targets import BasinTarget, RiverTarget, UpstreamTarget
from watershed_cp.errors import InputError
from watershed_cp.messages import fault
from watershed_cp.reference import isic_codes, isic_sections, size_rules

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from watershed_cp.basins.network import FlowNetwork
    from watershed_cp.basins.targets import Target

    Reasons = NDArray[np.int8]

__all__ = ["near"]

_OURS = ("near", "distance_m", "size_class", "reason", "status", "confidence", "probability")
_SIZES = frozenset(name for *_, name in size_rules())
_COARSE_M = 1000  # a place known less well than that may be near though its middle is not
_FAR_REACH_M = 5000  # beyond, asking for the divides nearby saves nothing
_ASTRAY_DEGREES = 20  # farther than a country's register reaches
_WORDS = frozenset({"longitude", "discharge_longitude", "coordinates", "municipality"})  # tell of places
_POINTS = ({"longitude", "latitude"}, {"discharge_longitude", "discharge_latitude"}, {"geometry"})


@dataclass(frozen=True, kw_only=True)
class _Wish:
    """Which firms are wanted, and what they must be near to."""

    target: Target
    distance_m: float
    sectors: tuple[str, ...]
    sizes: tuple[str, ...]
    countries: tuple[str, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    levels: Mapping[str, BasinTarget] = field(default_factory=dict)


def near(  # noqa: PLR0913 - one argument a question of the programme
    register: str | os.PathLike[str] | pd.DataFrame,
    *,
    basins: gpd.GeoDataFrame | None = None,
    rivers: gpd.GeoDataFrame | None = None,
    minimum_order: int = 1,
    network: FlowNetwork | None = None,
    upstream_of: tuple[float, float] | None = None,
    distance_m: float | None = None,
    sectors: Sequence[str] = (),
    sizes: Sequence[str] = (),
    countries: Sequence[str] = (),
    levels: Mapping[str, gpd.GeoDataFrame] | None = None,
    columns: Mapping[str, str] | None = None,
    prepare: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
    most: int = 100_000,
    out: str | os.PathLike[str] | None = None,
    unplaced_out: str | os.PathLike[str] | None = None,
    dask: str | None = None,
) -> Nearby:
    """Find the firms of a register that are near a basin, near a river, or upstream of a place.

    Where a firm discharges decides, or else where it stands.

    Parameters
    ----------
    register : path-like or pandas.DataFrame
        CSV, GeoParquet or a table, with columns of :data:`watershed_cp.tables.MSMES`. Files are read piece by
        piece, whatever their size. A column ``reason`` with one of ``basins.gathering.UNPLACED`` sets a row aside,
        for what ``explanation`` may tell.
    basins, rivers, network with upstream_of
        One of the three. Basins in EPSG:4326 with index ``basin_id``; rivers in EPSG:4326 with ``name_es`` and
        ``strahler``; a flow network and the longitude and latitude of a place on it.
    minimum_order : int
        Strahler order from which on a river counts.
    distance_m : float, optional
        How near: geodesic metres from the basin or river, metres along the flow to the place. By default inside
        a basin, 1 km from a river, and anywhere upstream.
    sectors : sequence of str
        ISIC codes of any level, ``C`` or ``10`` or ``1040``; empty for all.
    sizes : sequence of str
        Size classes of the firm's country, by employees: ``micro``, ``small``, ``medium``; empty for all.
    countries : sequence of str
        ISO codes of two letters; empty for all.
    levels : mapping of str to geopandas.GeoDataFrame, optional
        Layers of basins by the column that shall name the one which holds each firm found.
    columns : mapping, optional
        From the register's headers to our column names.
    prepare : callable, optional
        Given each table of a register that is read in pieces, it gives it back with its firms placed.
    most : int
        Of a register that is read in pieces, how many firms and how many unplaced rows to return at most, the first
        of their order; a table is answered whole.
    out, unplaced_out : path-like, optional
        GeoParquet file for all firms found, and Parquet file for all rows without a place, in the order of the
        register. They are there when whole, or not at all.
    dask : str, optional
        Address of a Dask scheduler that reads the pieces of a Parquet register on its workers.

    Returns
    -------
    Nearby
        The firms, every row counted under its reason, and the rows without a place.

    Raises
    ------
    InputError
        If not exactly one target is named, or the register, a layer, the place or a filter cannot be used.

    Examples
    --------
    >>> import geopandas, shapely
    >>> basins = geopandas.GeoDataFrame(index=["a"], geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
    >>> firms = pd.DataFrame({"msme_id": ["m1", "m2"], "longitude": [1.001, 5.0], "latitude": [0.5, 0.5]})
    >>> found = near(firms, basins=basins, distance_m=500)
    >>> found.firms["distance_m"].round().tolist(), found.counts
    ([111.0], {'near': 1, 'too_far': 1})
    """
    target, usual_m = _target(basins, rivers, minimum_order, network, upstream_of)
    wish = _Wish(
        target=target,
        distance_m=_checked_distance(usual_m if distance_m is None else distance_m),
        sectors=_checked(sectors, isic_codes(), "sector_unknown"),
        sizes=_checked(sizes, _SIZES, "size_unknown"),
        countries=_checked_countries(countries),
        columns=dict(columns or {}),
        prepare=prepare,
        levels={name: BasinTarget(layer) for name, layer in (levels or {}).items()},
    )
    if isinstance(register, pd.DataFrame):
        if dask is not None:
            raise InputError(fault("near_dask_needs_parquet"))
        parts: Iterable[Sifted] = [_sift(wish, register.rename(columns=wish.columns))]
        most = len(register)
    else:
        pieces = pieces_of(str(register))
        parts = _sifted(wish, pieces) if dask is None else _sifted_by_dask(wish, pieces, dask)
    return gather(parts, most, out, unplaced_out)


def _target(
    basins: gpd.GeoDataFrame | None,
    rivers: gpd.GeoDataFrame | None,
    minimum_order: int,
    network: FlowNetwork | None,
    upstream_of: tuple[float, float] | None,
) -> tuple[Target, float]:
    """Take the one target that is named, with the distance that is usual for its kind."""
    if sum(target is not None for target in (basins, rivers, network)) != 1:
        raise InputError(fault("near_one_target"))
    if basins is not None:
        return BasinTarget(basins), 0.0
    if rivers is not None:
        return RiverTarget(rivers, minimum_order), 1000.0
    if network is None or upstream_of is None:
        raise InputError(fault("near_one_target"))
    return UpstreamTarget(network, *upstream_of), np.inf


def _checked_distance(metres: float) -> float:
    if not metres >= 0:
        raise InputError(fault("distance_negative", value=metres))
    return float(metres)


def _checked(asked: Sequence[str], known: Iterable[str], rule: str) -> tuple[str, ...]:
    """Refuse a filter that nothing can pass."""
    strange = [word for word in asked if word not in known]
    if strange:
        raise InputError(*(fault(rule, value=word) for word in strange))
    return tuple(asked)


def _checked_countries(asked: Sequence[str]) -> tuple[str, ...]:
    strange = [word for word in asked if not re.fullmatch("[A-Za-z]{2}", word)]
    if strange:
        raise InputError(*(fault("country_code", value=word) for word in strange))
    return tuple(word.upper() for word in asked)


def _sifted(wish: _Wish, pieces: list[Piece]) -> Iterator[Sifted]:
    """Sift the pieces one after the other, a bounded table at a time."""
    for piece in pieces:
        for table in read_piece(piece, wish.columns):
            if wish.prepare is not None and not _WORDS.isdisjoint(table.columns):
                table = wish.prepare(table)  # noqa: PLW2901
            yield _sift(wish, table)


def _sifted_by_dask(wish: _Wish, pieces: list[Piece], address: str) -> Iterator[Sifted]:
    """Let the workers sift a piece each; a piece whose worker is lost is sifted again by another."""
    if any(piece.row_group is None for piece in pieces):
        raise InputError(fault("near_dask_needs_parquet"))
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        shared = client.submit(_given, wish)  # a task like any other: made again where it was lost
        for future in client.map(_sift_piece, [shared] * len(pieces), pieces, pure=True):
            yield from future.result()
            future.release()


def _given(wish: _Wish) -> _Wish:
    return wish


def _sift_piece(wish: _Wish, piece: Piece) -> list[Sifted]:
    return list(_sifted(wish, [piece]))


def _sift(wish: _Wish, table: pd.DataFrame) -> Sifted:
    """Give every row of a table its reason, and keep those that are near."""
    _require_points(table)
    reason = np.full(len(table), NEAR, dtype=np.int8)
    size_class = _size_classes(table)
    _refuse(reason, table, "country", wish.countries, _is_one_of)
    _refuse(reason, table, "ciiu", wish.sectors, _in_sectors)
    _refuse(reason, size_class, "size", wish.sizes, _is_one_of)
    longitude, latitude, _ = deciding_points(table)
    _set_aside(reason, table, longitude, latitude)
    rows = np.flatnonzero(reason == NEAR)
    points = np.stack([longitude[rows], latitude[rows]], axis=-1)
    names, metres = wish.target.measure(points, wish.distance_m)
    kept = _within(metres, wish.distance_m)
    reason[rows[~kept]] = _beyond(wish, table.iloc[rows[~kept]], points[~kept])
    found = table.drop(columns=[name for name in _OURS if name in table])
    firms = (
        found.drop(columns="explanation", errors="ignore")
        .iloc[rows[kept]]
        .assign(
            longitude=points[kept, 0],
            latitude=points[kept, 1],
            near=names[kept],
            distance_m=metres[kept],
            size_class=size_class.to_numpy()[rows[kept]],
            **{name: level.holder(points[kept]) for name, level in wish.levels.items()},
        )
    )
    if "basin_id" in wish.levels:
        firms = firms.assign(**_standing(firms, wish.levels["basin_id"]))
    aside = np.flatnonzero(reason > CODE["too_far"])
    unplaced = found.iloc[aside].assign(reason=np.array(REASONS, dtype=object)[reason[aside]])
    return Sifted(firms, unplaced, reason, _names_of(table))


def _beyond(wish: _Wish, table: pd.DataFrame, points: NDArray[np.float64]) -> Reasons:
    """Tell why rows are not near: too far, or known so coarsely that they may be near, or with swapped axes."""
    reason = np.full(len(points), CODE["too_far"], dtype=np.int8)
    reason[_swapped(wish, points)] = CODE["swapped"]
    accuracy = as_numbers(table["location_accuracy_m"]) if "location_accuracy_m" in table else np.zeros(0)
    coarse = np.flatnonzero(accuracy >= _COARSE_M)
    if len(coarse):
        reach = wish.distance_m + accuracy[coarse]
        metres = wish.target.measure(points[coarse], float(reach.max()))[1]
        reason[coarse[metres <= reach]] = CODE["undecided"]
    return reason


def _standing(firms: pd.DataFrame, level: BasinTarget) -> dict[str, NDArray[Any]]:
    """Tell of firms in which basin they count, and how sure that is, as a run does; only few are near a divide."""
    points = firms[["longitude", "latitude"]].to_numpy(dtype=np.float64)
    accuracy = as_numbers(firms["location_accuracy_m"]) if "location_accuracy_m" in firms else np.nan
    reach = doubtful_within_m(np.broadcast_to(accuracy, len(firms)), level.basins)
    coarse = reach > _FAR_REACH_M
    near = np.flatnonzero(coarse)
    if not coarse.all():
        fine = np.flatnonzero(~coarse)
        near = np.append(near, fine[level.beside(points[fine], float(reach[fine].max()))])
    status = np.where(firms["basin_id"].isna(), "outside", "inside").astype(object)
    told = {
        "status": status,
        "confidence": np.full(len(firms), "sure", dtype=object),
        "probability": np.ones(len(firms)),
    }
    some = firms.iloc[near].reindex(columns=["longitude", "latitude", "location_accuracy_m"])
    placed = assign(some.assign(msme_id=near), level.basins)
    for name, column in told.items():
        column[near] = placed[name]
    return told


def _names_of(table: pd.DataFrame) -> NDArray[np.uint64]:
    """Give the identifier of each row as a number of 64 bits, 0 where it has none."""
    if "msme_id" not in table:
        return np.zeros(len(table), dtype=np.uint64)
    told = table["msme_id"]
    if pd.api.types.is_numeric_dtype(told.dtype):
        blank, values = told.isna(), told.to_numpy()
    else:
        texts = told.astype(object).where(told.notna(), "").astype(str)
        blank, values = texts == "", texts.to_numpy(dtype=object)
    return np.where(blank, 0, pd.util.hash_array(values, categorize=False)).astype(np.uint64)


def _require_points(table: pd.DataFrame) -> None:
    """Refuse a table that says nowhere where its firms are."""
    if not any(columns <= set(table.columns) for columns in _POINTS):
        raise InputError(fault("register_no_points", columns=", ".join(map(str, table.columns))))


def _refuse(
    reason: Reasons,
    table: pd.DataFrame | pd.Series,
    column: str,
    wanted: tuple[str, ...],
    holds: Callable[[NDArray[np.object_], tuple[str, ...]], NDArray[np.bool_]],
) -> None:
    """Write why rows still in question fail one filter: of another kind, or of none that is known."""
    if not wanted:
        return
    values = _text(table, column) if isinstance(table, pd.DataFrame) else table
    what = "sector" if column == "ciiu" else column
    texts = values.to_numpy(dtype=object)
    open_question, unknown = reason == NEAR, texts == ""
    reason[open_question & unknown] = CODE[f"{what}_unknown"]
    reason[open_question & ~unknown & ~holds(texts, wanted)] = CODE[f"other_{what}"]


def _set_aside(
    reason: Reasons, table: pd.DataFrame, longitude: NDArray[np.float64], latitude: NDArray[np.float64]
) -> None:
    """Write why the place of rows still in question is not known."""
    open_question = reason == NEAR
    if "reason" in table:
        told = table["reason"].map(CODE).fillna(NEAR).to_numpy(dtype=np.int8)
        reason[open_question] = told[open_question]
    lost = np.flatnonzero((reason == NEAR) & ~np.isfinite(longitude))
    if len(lost):
        reason[lost] = _why_lost(table.iloc[lost])
    reason[(reason == NEAR) & (longitude == 0) & (latitude == 0)] = CODE["zero"]


def _why_lost(table: pd.DataFrame) -> Reasons:
    """Tell from what is written why rows have no place: nothing, one half, no numbers, or none on Earth."""
    written = [_text(table, name).to_numpy(dtype=object) != "" for name in ("longitude", "latitude")]
    numbers = [as_numbers(table[name]) if name in table else np.nan for name in ("longitude", "latitude")]
    return np.select(
        [~(written[0] | written[1]), ~(written[0] & written[1]), np.isnan(numbers[0]) | np.isnan(numbers[1])],
        [CODE["no_coordinates"], CODE["half_coordinates"], CODE["unreadable"]],
        CODE["off_earth"],
    ).astype(np.int8)


def _swapped(wish: _Wish, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which points on another side of the Earth would be near with longitude and latitude swapped."""
    west, south, east, north = wish.target.bounds
    y, x = points.T
    there = (west <= x) & (x <= east) & (south <= y) & (y <= north)
    astray = np.maximum.reduce([west - y, y - east, south - x, x - north]) > _ASTRAY_DEGREES
    likely = np.flatnonzero(there & astray)
    swapped = np.zeros(len(points), dtype=np.bool_)
    metres = wish.target.measure(points[likely][:, ::-1], wish.distance_m)[1]
    swapped[likely] = _within(metres, wish.distance_m)
    return swapped


def _within(metres: NDArray[np.float64], limit_m: float) -> NDArray[np.bool_]:
    """Tell what is near: an infinite way, which water does not take, is none however far one asks."""
    return np.isfinite(metres) & (metres <= limit_m)


def _text(table: pd.DataFrame, name: str) -> pd.Series:
    """Give a column as text, capital where it is a country's code, empty where it or a value is missing."""
    if name not in table:
        return pd.Series("", index=range(len(table)), dtype=object)
    told = table[name].astype(object).where(table[name].notna(), "").astype(str).str.strip().astype(object)
    return told.str.upper() if name == "country" else told


def _is_one_of(values: NDArray[np.object_], wanted: tuple[str, ...]) -> NDArray[np.bool_]:
    return np.asarray(pd.Series(values).isin(wanted), dtype=np.bool_)


def _in_sectors(codes: NDArray[np.object_], wanted: tuple[str, ...]) -> NDArray[np.bool_]:
    """Tell which ISIC codes belong to a wanted section, division, group or class."""
    section = isic_sections()
    distinct, which = np.unique(codes.astype(str), return_inverse=True)
    belongs = [
        code.startswith(wanted) or section.get(code[:2], "") in wanted
        for code in (re.sub(r"\D", "", written) or written for written in distinct)
    ]
    return np.array(belongs, dtype=np.bool_)[which]


def _size_classes(table: pd.DataFrame) -> pd.Series:
    """Name the size class of each firm by its country's law, empty where employees do not tell it."""
    names = np.full(len(table), "", dtype=object)
    if "employees" in table:
        employees = as_numbers(table["employees"])
        country = _text(table, "country").to_numpy(dtype=object)
        for of_country, low, high, name in size_rules():
            names[(country == of_country) & (employees >= low) & (employees <= high)] = name
    return pd.Series(names, dtype=object)
