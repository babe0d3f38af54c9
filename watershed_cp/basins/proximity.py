"""From a register of any size, the firms near the water that a programme cares for, those worth a visit first."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from watershed_cp.basins.registers import GeoParquetWriter, Piece, as_numbers, pieces_of, read_piece
from watershed_cp.basins.targets import BasinTarget, RiverTarget, UpstreamTarget
from watershed_cp.errors import InputError
from watershed_cp.messages import fault
from watershed_cp.reference import isic_sections, size_rules

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from watershed_cp.basins.network import FlowNetwork
    from watershed_cp.basins.targets import Target

__all__ = ["Nearby", "near"]


@dataclass(frozen=True, kw_only=True)
class Nearby:
    """What a search found.

    Attributes
    ----------
    firms : pandas.DataFrame
        The columns of the register, and ``near`` (what is near: basin, river or place), ``distance_m`` (0 inside
        a basin) and ``size_class``; nearest first, and of equal distance the larger firm first.
    counts : dict of str to int
        Every row of the register under one reason: ``near``, ``too_far``, ``unlocated``, ``other_country``,
        ``other_sector``, ``other_size``, ``country_unknown``, ``sector_unknown``, ``size_unknown``.
    unlocated : pandas.DataFrame
        The rows that no place is known for, of those that pass the filters.
    """

    firms: pd.DataFrame
    counts: dict[str, int]
    unlocated: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class _Wish:
    """Which firms are wanted, and what they must be near to."""

    target: Target
    distance_m: float
    sectors: tuple[str, ...]
    sizes: tuple[str, ...]
    countries: tuple[str, ...]
    columns: Mapping[str, str] = field(default_factory=dict)


def near(  # noqa: PLR0913 - one argument a question of the programme
    register: str | os.PathLike[str] | pd.DataFrame,
    *,
    basins: gpd.GeoDataFrame | None = None,
    rivers: gpd.GeoDataFrame | None = None,
    minimum_order: int = 1,
    network: FlowNetwork | None = None,
    upstream_of: tuple[float, float] | None = None,
    distance_m: float = 0.0,
    sectors: Sequence[str] = (),
    sizes: Sequence[str] = (),
    countries: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    most: int = 100_000,
    out: str | os.PathLike[str] | None = None,
    dask: str | None = None,
) -> Nearby:
    """Find the firms of a register that are near a basin, near a river, or upstream of a place.

    Parameters
    ----------
    register : path-like or pandas.DataFrame
        CSV, GeoParquet or a table, with columns of :data:`watershed_cp.tables.MSMES`. Files are read piece by
        piece, whatever their size.
    basins, rivers, network with upstream_of
        One of the three. Basins in EPSG:4326 with index ``basin_id``; rivers in EPSG:4326 with ``name_es`` and
        ``strahler``; a flow network and the longitude and latitude of a place on it.
    minimum_order : int
        Strahler order from which on a river counts.
    distance_m : float
        How near: geodesic metres from the basin or river, metres along the flow to the place.
    sectors : sequence of str
        ISIC codes of any level, ``C`` or ``10`` or ``1040``; empty for all.
    sizes : sequence of str
        Size classes of the firm's country, by employees: ``micro``, ``small``, ``medium``; empty for all.
    countries : sequence of str
        ISO codes of two letters; empty for all.
    columns : mapping, optional
        From the register's headers to our column names.
    most : int
        How many firms and how many unlocated rows to return at most, the first of their order.
    out : path-like, optional
        GeoParquet file for all firms found, in the order of the register. It is there when whole, or not at all.
    dask : str, optional
        Address of a Dask scheduler that reads the pieces of a Parquet register on its workers.

    Returns
    -------
    Nearby
        The firms, every row counted under its reason, and the rows without a place.

    Raises
    ------
    InputError
        If not exactly one target is named, or the register, a layer or the place cannot be used.

    Examples
    --------
    >>> import geopandas, shapely
    >>> basins = geopandas.GeoDataFrame(index=["a"], geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
    >>> firms = pd.DataFrame({"msme_id": ["m1", "m2"], "longitude": [1.001, 5.0], "latitude": [0.5, 0.5]})
    >>> found = near(firms, basins=basins, distance_m=500)
    >>> found.firms["distance_m"].round().tolist(), found.counts
    ([111.0], {'near': 1, 'too_far': 1})
    """
    wish = _Wish(
        target=_target(basins, rivers, minimum_order, network, upstream_of),
        distance_m=distance_m,
        sectors=tuple(sectors),
        sizes=tuple(sizes),
        countries=tuple(country.upper() for country in countries),
        columns=dict(columns or {}),
    )
    if isinstance(register, pd.DataFrame):
        return _collect([_sift(wish, register.rename(columns=wish.columns))], most, out)
    pieces = pieces_of(str(register))
    return _collect(_sifted(wish, pieces) if dask is None else _sifted_by_dask(wish, pieces, dask), most, out)


_Sifted = tuple[pd.DataFrame, pd.DataFrame, "Counter[str]"]  # near, unlocated, rows by reason


def _target(
    basins: gpd.GeoDataFrame | None,
    rivers: gpd.GeoDataFrame | None,
    minimum_order: int,
    network: FlowNetwork | None,
    upstream_of: tuple[float, float] | None,
) -> Target:
    """Take the one target that is named."""
    if sum(target is not None for target in (basins, rivers, network)) != 1:
        raise InputError(fault("near_one_target"))
    if basins is not None:
        return BasinTarget(basins)
    if rivers is not None:
        return RiverTarget(rivers, minimum_order)
    if network is None or upstream_of is None:
        raise InputError(fault("near_one_target"))
    return UpstreamTarget(network, *upstream_of)


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
    reason = np.full(len(table), "near", dtype=object)
    size_class = _size_classes(table)
    _refuse(reason, _text(table, "country").str.upper(), wish.countries, "country", _is_one_of)
    _refuse(reason, _text(table, "ciiu"), wish.sectors, "sector", _in_sectors)
    _refuse(reason, pd.Series(size_class), wish.sizes, "size", _is_one_of)
    longitude, latitude = (
        as_numbers(table[name]) if name in table else np.full(len(table), np.nan)
        for name in ("longitude", "latitude")
    )
    there = (np.abs(longitude) <= 180) & (np.abs(latitude) <= 90)  # noqa: PLR2004 - degrees of a circle
    reason[(reason == "near") & ~there] = "unlocated"
    rows = np.flatnonzero(reason == "near")
    names, metres = wish.target.measure(np.stack([longitude[rows], latitude[rows]], axis=-1), wish.distance_m)
    reason[rows[~(metres <= wish.distance_m)]] = "too_far"
    kept = metres <= wish.distance_m
    firms = table.iloc[rows[kept]].assign(
        longitude=longitude[rows[kept]],
        latitude=latitude[rows[kept]],
        near=names[kept],
        distance_m=metres[kept],
        size_class=size_class[rows[kept]],
    )
    return firms, table[reason == "unlocated"], Counter(reason.tolist())


def _refuse(
    reason: NDArray[np.object_],
    values: pd.Series,
    wanted: tuple[str, ...],
    what: str,
    holds: Callable[[NDArray[np.object_], tuple[str, ...]], NDArray[np.bool_]],
) -> None:
    """Write why rows still in question fail one filter: of another kind, or of none that is known."""
    if not wanted:
        return
    texts = values.to_numpy(dtype=object)
    open_question, unknown = reason == "near", texts == ""
    reason[open_question & unknown] = f"{what}_unknown"
    reason[open_question & ~unknown & ~holds(texts, wanted)] = f"other_{what}"


def _text(table: pd.DataFrame, name: str) -> pd.Series:
    """Give a column as text, empty where it or a value is missing."""
    if name not in table:
        return pd.Series("", index=range(len(table)), dtype=object)
    return table[name].astype(object).where(table[name].notna(), "").astype(str).str.strip().astype(object)


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


def _size_classes(table: pd.DataFrame) -> NDArray[np.object_]:
    """Name the size class of each firm by its country's law, empty where employees do not tell it."""
    names = np.full(len(table), "", dtype=object)
    if "employees" not in table:
        return names
    employees = as_numbers(table["employees"])
    country = _text(table, "country").str.upper().to_numpy(dtype=object)
    for of_country, low, high, name in size_rules():
        names[(country == of_country) & (employees >= low) & (employees <= high)] = name
    return names


def _collect(parts: Iterable[_Sifted], most: int, out: str | os.PathLike[str] | None) -> Nearby:
    """Gather what was sifted: all of it into a file, the first of it into memory."""
    kept: list[_Sifted] = []
    with GeoParquetWriter(str(out)) if out is not None else nullcontext() as writer:
        for firms, unlocated, counts in parts:
            if writer is not None and len(firms):
                writer.write(firms)
            kept.append((firms, unlocated, counts))
            if sum(len(part[0]) + len(part[1]) for part in kept) > 2 * most:
                kept = [_shortened(_joined(kept), most)]
    firms, unlocated, counts = _shortened(_joined(kept), most)
    return Nearby(firms=firms.reset_index(drop=True), counts=dict(counts), unlocated=unlocated)


def _joined(parts: Iterable[_Sifted]) -> _Sifted:
    nothing = pd.DataFrame({"longitude": [], "latitude": [], "near": [], "distance_m": [], "size_class": []})
    firms, unlocated, counts = zip(*(list(parts) or [(nothing, nothing, Counter())]), strict=True)
    return pd.concat(firms), pd.concat(unlocated), sum(counts, Counter())


def _shortened(part: _Sifted, most: int) -> _Sifted:
    """Keep the first firms in the order of a visit, and the first rows without a place."""
    firms, unlocated, counts = part
    larger_first = -as_numbers(firms["employees"]) if "employees" in firms else np.zeros(len(firms))
    order = np.lexsort((np.arange(len(firms)), larger_first, firms["distance_m"].to_numpy()))
    return firms.iloc[order[:most]], unlocated.head(most), counts
