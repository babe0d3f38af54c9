"""What a search found, gathered piece by piece: the first firms, every row counted, no firm told twice."""

from __future__ import annotations

from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from watershed_cp.basins.registers import as_numbers, written_tables
from watershed_cp.tables import NEARBY

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from watershed_cp.basins.registers import TableWriter

    Counts = NDArray[np.int64]
    Names = NDArray[np.uint64]
    Reasons = NDArray[np.int8]

__all__ = ["CODE", "FILTERED", "NEAR", "REASONS", "UNPLACED", "Nearby", "Seen", "Sifted", "gather"]

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
REASONS = ("near", *FILTERED, *UNPLACED)
CODE = {reason: code for code, reason in enumerate(REASONS)}
NEAR = CODE["near"]
_MOST_NAMES = 64_000_000  # kept, of eight bytes each


@dataclass(frozen=True, kw_only=True)
class Nearby:
    """What a search found.

    Attributes
    ----------
    firms : pandas.DataFrame
        The columns of the register, and ``near`` (what is near: basin, river or place), ``distance_m`` (0 inside
        a basin), ``size_class`` and a column a level; beside a level ``basin_id`` stand ``status``, ``confidence``
        and ``probability`` of :func:`watershed_cp.assign`. Nearest first, of equal distance the larger firm first.
    counts : dict of str to int
        Every row of the register under one reason: ``near``, one of :data:`FILTERED` or of :data:`UNPLACED`.
    unplaced : pandas.DataFrame
        The rows whose place is not known, of those that pass the filters, with ``reason``.
    compared : bool
        Whether every identifier was compared with all the earlier ones.
    """

    firms: pd.DataFrame
    counts: dict[str, int]
    unplaced: pd.DataFrame
    compared: bool = True


class Sifted(NamedTuple):
    """What became of the rows of a table, in their order."""

    firms: pd.DataFrame
    unplaced: pd.DataFrame
    reason: Reasons  # of every row
    name: NDArray[np.uint64]  # of every row, its identifier as a number; 0 where it has none


@dataclass
class Seen:
    """The names met so far, in sorted runs of which each is at least twice as long as the next.

    Attributes
    ----------
    compared : bool
        Whether all names could be kept: beyond 64 million the later ones are compared with those only.

    Examples
    --------
    >>> seen = Seen()
    >>> seen.again(np.array([7, 8, 7], dtype=np.uint64)).tolist(), seen.again(np.array([8], dtype=np.uint64)).tolist()
    ([False, False, True], [True])
    """

    compared: bool = True
    _runs: list[Names] = field(default_factory=list)

    def again(self, names: Names) -> NDArray[np.bool_]:
        """Tell which names have been met before, here or in an earlier call; 0 is none."""
        known, first = np.unique(names, return_index=True)
        repeated = np.ones(len(names), dtype=np.bool_)
        old = np.zeros(len(known), dtype=np.bool_)
        for run in self._runs:
            place = np.minimum(np.searchsorted(run, known), len(run) - 1)
            old |= run[place] == known
        repeated[first] = old
        repeated[names == 0] = False
        self._keep(known[~old & (known != 0)])
        return repeated

    def _keep(self, fresh: Names) -> None:
        if sum(map(len, self._runs)) + len(fresh) > _MOST_NAMES:
            self.compared = False
            return
        while self._runs and len(self._runs[-1]) < 2 * len(fresh):
            fresh = np.sort(np.concatenate([self._runs.pop(), fresh]), kind="stable")
        if len(fresh):
            self._runs.append(fresh)


def gather(
    parts: Iterable[Sifted],
    most: int,
    out: str | os.PathLike[str] | None,
    unplaced_out: str | os.PathLike[str] | None,
) -> Nearby:
    """Gather what was sifted: all of it into files, the first of it into memory.

    Parameters
    ----------
    parts : iterable of Sifted
        In the order of the register.
    most : int
        How many firms and how many unplaced rows to return at most.
    out, unplaced_out : path-like, optional
        As :func:`watershed_cp.basins.proximity.near` takes them.

    Examples
    --------
    >>> gather([], 10, None, None).counts
    {}
    """
    told: list[_Told] = []
    seen = Seen()
    with ExitStack() as files:
        for_firms, for_unplaced = (
            files.enter_context(nullcontext() if path is None else written_tables(path))
            for path in (out, unplaced_out)
        )
        for part in parts:
            told.append(_once(part, seen))
            _write(for_firms, told[-1].firms, points=True)
            _write(for_unplaced, told[-1].unplaced, points=False)
            if sum(len(one.firms) + len(one.unplaced) for one in told) > 2 * most:
                told = [_shortened(_joined(told), most)]
        if not told:
            nothing = _joined(told)
            _write(for_firms, nothing.firms, points=True)
            _write(for_unplaced, nothing.unplaced, points=False)
    firms, unplaced, counts = _shortened(_joined(told), most)
    by_reason = {reason: int(rows) for reason, rows in zip(REASONS, counts, strict=True) if rows}
    return Nearby(
        firms=firms.reset_index(drop=True), counts=by_reason, unplaced=unplaced, compared=seen.compared
    )


class _Told(NamedTuple):
    """What is told of some rows: those near, those without a place, and how many have each reason."""

    firms: pd.DataFrame
    unplaced: pd.DataFrame
    counts: Counts


def _once(part: Sifted, seen: Seen) -> _Told:
    """Set aside the firms that stand in an earlier row; what is left out or has no place keeps that reason."""
    again = seen.again(part.name) & (part.reason == NEAR)
    counts = np.bincount(np.where(again, CODE["repeated"], part.reason), minlength=len(REASONS))
    if not again.any():
        return _Told(part.firms, part.unplaced, counts)
    twice = again[part.reason == NEAR]
    added = part.firms.columns.difference(part.unplaced.columns, sort=False)
    repeated = part.firms[twice].drop(columns=added).assign(reason="repeated")
    rows = np.concatenate([np.flatnonzero(part.reason > CODE["too_far"]), np.flatnonzero(again)])
    unplaced = pd.concat([part.unplaced, repeated]).iloc[np.argsort(rows, kind="stable")]
    return _Told(part.firms[~twice], unplaced, counts)


def _write(writer: TableWriter | None, table: pd.DataFrame, *, points: bool) -> None:
    if writer is not None:
        writer.write(table, points=points)


def _joined(parts: Iterable[_Told]) -> _Told:
    nothing = pd.DataFrame({"longitude": [], "latitude": [], "near": [], "distance_m": [], "size_class": []})
    none = _Told(nothing, pd.DataFrame({"reason": []}), np.zeros(len(REASONS), dtype=np.int64))
    firms, unplaced, counts = zip(*(list(parts) or [none]), strict=True)
    return _Told(pd.concat(firms), pd.concat(unplaced), np.sum(counts, axis=0))


def _shortened(part: _Told, most: int) -> _Told:
    """Keep the first firms in the order of a visit, and the first rows without a place."""
    firms, unplaced, counts = part
    employees = as_numbers(firms["employees"]) if "employees" in firms else np.zeros(len(firms))
    larger_first = -np.nan_to_num(employees, nan=-1)
    order = np.lexsort((np.arange(len(firms)), larger_first, firms["distance_m"].to_numpy()))
    return _Told(firms.iloc[order[:most]], unplaced.head(most), counts)
