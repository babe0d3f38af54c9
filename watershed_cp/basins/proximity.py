"""From a register of any size, the firms near the water that a programme cares for, those worth a visit first."""

from __future__ import annotations

import re
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from watershed_cp.basins.assignment import deciding_points
from watershed_cp.basins.registers import Piece, as_numbers, pieces_of, read_piece, written_tables
from watershed_cp.basins.targets import BasinTarget, RiverTarget, UpstreamTarget
from watershed_cp.errors import InputError
from watershed_cp.messages import fault
from watershed_cp.reference import isic_codes, isic_sections, size_rules
from watershed_cp.tables import NEARBY

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from watershed_cp.basins.network import FlowNetwork
    from watershed_cp.basins.registers import TableWriter
    from watershed_cp.basins.targets import Target

    Counts = NDArray[np.int64]
    Reasons = NDArray[np.int8]

__all__ = ["FILTERED", "UNPLACED", "Nearby", "near"]

FILTERED = (
    "other_country",
    "country_unknown",
    "other_sector",
    "sector_unknown",
    "other_size",
    "size_unknown",
    "too_far",
)
UNPLACED = NEARBY["reason"].choices
_REASONS = ("near", *FILTERED, *UNPLACED)
_CODE = {reason: code for code, reason in enumerate(_REASONS)}
_NEAR = _CODE["near"]
_OURS = ("near", "distance_m", "size_class", "reason")
_SIZES = frozenset(name for *_, name in size_rules())
_ASTRAY_DEGREES = 20  # farther than a country's register reaches
_POINTS = ({"longitude", "latitude"}, {"discharge_longitude", "discharge_latitude"}, {"geometry"})


@dataclass(frozen=True, kw_only=True)
class Nearby:
    """What a search found.

    Attributes
    ----------
    firms : pandas.DataFrame
        The columns of the register, and ``near`` (what is near: basin, river or place), ``distance_m`` (0 inside
        a basin), ``size_class`` and a column a level; nearest first, and of equal distance the larger firm first.
    counts : dict of str to int
        Every row of the register under one reason: ``near``, one of :data:`FILTERED` or of :data:`UNPLACED`.
    unplaced : pandas.DataFrame
        The rows whose place is not known, of those that pass the filters, with ``reason``.
    """

    firms: pd.DataFrame
    counts: dict[str, int]
    unplaced: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class _Wish:
    """Which firms are wanted, and what they must be near to."""

    target: Target
    distance_m: float
    sectors: tuple[str, ...]
    sizes: tuple[str, ...]
    countries: tuple[str, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
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
        piece, whatever their size. A column ``reason`` with one of :data:`UNPLACED` sets a row aside,
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
    most : int
        How many firms and how many unplaced rows to return at most, the first of their order.
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
        levels={name: BasinTarget(layer) for name, layer in (levels or {}).items()},
    )
    if isinstance(register, pd.DataFrame):
        if dask is not None:
            raise InputError(fault("near_dask_needs_parquet"))
        parts: Iterable[_Sifted] = [_sift(wish, register.rename(columns=wish.columns))]
    else:
        pieces = pieces_of(str(register))
        parts = _sifted(wish, pieces) if dask is None else _sifted_by_dask(wish, pieces, dask)
    return _collect(parts, most, out, unplaced_out)


_Sifted = tuple[pd.DataFrame, pd.DataFrame, "Counts"]  # near, unplaced, rows by reason


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


def _sifted(wish: _Wish, pieces: list[Piece]) -> Iterator[_Sifted]:
    """Sift the pieces one after the other, a bounded table at a time."""
    for piece in pieces:
        for table in read_piece(piece, wish.columns):
            yield _sift(wish, table)


def _sifted_by_dask(wish: _Wish, pieces: list[Piece], address: str) -> Iterator[_Sifted]:
    """Let the workers sift a piece each; a piece whose worker is lost is sifted again by another."""
    if any(piece.row_group is None for piece in pieces):
        raise InputError(fault("near_dask_needs_parquet"))
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        shared = client.submit(_given, wish)  # a task like any other: made again where it was lost
        for future in client.map(_sift_piece, [shared] * len(pieces), pieces, pure=True):
            yield future.result()
            future.release()


def _given(wish: _Wish) -> _Wish:
    return wish


def _sift_piece(wish: _Wish, piece: Piece) -> _Sifted:
    return _joined(_sifted(wish, [piece]))


def _sift(wish: _Wish, table: pd.DataFrame) -> _Sifted:
    """Give every row of a table its reason, and keep those that are near."""
    _require_points(table)
    reason = np.full(len(table), _NEAR, dtype=np.int8)
    size_class = _size_classes(table)
    _refuse(reason, table, "country", wish.countries, _is_one_of)
    _refuse(reason, table, "ciiu", wish.sectors, _in_sectors)
    _refuse(reason, size_class, "size", wish.sizes, _is_one_of)
    longitude, latitude, _ = deciding_points(table)
    _set_aside(reason, table, longitude, latitude)
    rows = np.flatnonzero(reason == _NEAR)
    points = np.stack([longitude[rows], latitude[rows]], axis=-1)
    names, metres = wish.target.measure(points, wish.distance_m)
    kept = _within(metres, wish.distance_m)
    reason[rows[~kept]] = _CODE["too_far"]
    reason[rows[~kept][_swapped(wish, points[~kept])]] = _CODE["swapped"]
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
    aside = np.flatnonzero(reason > _CODE["too_far"])
    unplaced = found.iloc[aside].assign(reason=np.array(_REASONS, dtype=object)[reason[aside]])
    return firms, unplaced, np.bincount(reason, minlength=len(_REASONS))


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
    open_question, unknown = reason == _NEAR, texts == ""
    reason[open_question & unknown] = _CODE[f"{what}_unknown"]
    reason[open_question & ~unknown & ~holds(texts, wanted)] = _CODE[f"other_{what}"]


def _set_aside(
    reason: Reasons, table: pd.DataFrame, longitude: NDArray[np.float64], latitude: NDArray[np.float64]
) -> None:
    """Write why the place of rows still in question is not known."""
    open_question = reason == _NEAR
    if "reason" in table:
        told = table["reason"].map(_CODE).fillna(_NEAR).to_numpy(dtype=np.int8)
        reason[open_question] = told[open_question]
    lost = np.flatnonzero((reason == _NEAR) & ~np.isfinite(longitude))
    if len(lost):
        reason[lost] = _why_lost(table.iloc[lost])
    reason[(reason == _NEAR) & (longitude == 0) & (latitude == 0)] = _CODE["zero"]


def _why_lost(table: pd.DataFrame) -> Reasons:
    """Tell from what is written why rows have no place: nothing, one half, no numbers, or none on Earth."""
    written = [_text(table, name).to_numpy(dtype=object) != "" for name in ("longitude", "latitude")]
    numbers = [as_numbers(table[name]) if name in table else np.nan for name in ("longitude", "latitude")]
    return np.select(
        [~(written[0] | written[1]), ~(written[0] & written[1]), np.isnan(numbers[0]) | np.isnan(numbers[1])],
        [_CODE["no_coordinates"], _CODE["half_coordinates"], _CODE["unreadable"]],
        _CODE["off_earth"],
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


def _collect(
    parts: Iterable[_Sifted],
    most: int,
    out: str | os.PathLike[str] | None,
    unplaced_out: str | os.PathLike[str] | None,
) -> Nearby:
    """Gather what was sifted: all of it into files, the first of it into memory."""
    kept: list[_Sifted] = []
    with ExitStack() as files:
        for_firms, for_unplaced = (
            files.enter_context(nullcontext() if path is None else written_tables(path))
            for path in (out, unplaced_out)
        )
        for part in parts:
            _write(for_firms, part[0], points=True)
            _write(for_unplaced, part[1], points=False)
            kept.append(part)
            if sum(len(firms) + len(unplaced) for firms, unplaced, _ in kept) > 2 * most:
                kept = [_shortened(_joined(kept), most)]
        if not kept:
            nothing = _joined(kept)
            _write(for_firms, nothing[0], points=True)
            _write(for_unplaced, nothing[1], points=False)
    firms, unplaced, counts = _shortened(_joined(kept), most)
    by_reason = {reason: int(rows) for reason, rows in zip(_REASONS, counts, strict=True) if rows}
    return Nearby(firms=firms.reset_index(drop=True), counts=by_reason, unplaced=unplaced)


def _write(writer: TableWriter | None, table: pd.DataFrame, *, points: bool) -> None:
    if writer is not None:
        writer.write(table, points=points)


def _joined(parts: Iterable[_Sifted]) -> _Sifted:
    nothing = pd.DataFrame({"longitude": [], "latitude": [], "near": [], "distance_m": [], "size_class": []})
    none = (nothing, pd.DataFrame({"reason": []}), np.zeros(len(_REASONS), dtype=np.int64))
    firms, unplaced, counts = zip(*(list(parts) or [none]), strict=True)
    return pd.concat(firms), pd.concat(unplaced), np.sum(counts, axis=0)


def _shortened(part: _Sifted, most: int) -> _Sifted:
    """Keep the first firms in the order of a visit, and the first rows without a place."""
    firms, unplaced, counts = part
    employees = as_numbers(firms["employees"]) if "employees" in firms else np.zeros(len(firms))
    larger_first = -np.nan_to_num(employees, nan=-1)
    order = np.lexsort((np.arange(len(firms)), larger_first, firms["distance_m"].to_numpy()))
    return firms.iloc[order[:most]], unplaced.head(most), counts
