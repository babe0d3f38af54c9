"""Sums over ledger rows, group by group: exact to the last bit, fast, and with unknowns left unknown.

Floats are split at powers of two into parts whose sums need no rounding (Rump, Ogita and Oishi 2008, "Accurate
floating-point summation part I", SIAM J. Sci. Comput. 31, 189-224). What :func:`math.fsum` then makes of the few
sums of parts is what it would make of all rows, so order and splitting make no difference.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = ["common_codes", "count_distinct", "exact_sum", "exact_sums", "group_rows"]

_CHUNK = 1 << 14  # rows that fit the processor's cache
_MANTISSA = 53  # bits of a float
_MOST_BITS = 1000  # a larger power of two would overflow
_DENSE = 1 << 26  # cells of a table of marks that are still cheap


def exact_sum(values: pd.Series[float]) -> float:
    """Add the known values without rounding on the way; the order of the rows makes no difference.

    Nothing adds up to 0, but rows of which not one is known add up to NaN: an unknown is not a zero.

    Examples
    --------
    >>> exact_sum(pd.Series([1e16, 1.0, -1e16, np.nan])), exact_sum(pd.Series([np.nan]))
    (1.0, nan)
    """
    array = np.asarray(values, dtype=np.float64)
    return float(exact_sums(array, np.zeros(len(array), np.int64), 1)[0])


def exact_sums(values: Floats, group: Whole, size: int) -> Floats:
    """Add the known values of each group, each sum rounded once: bit for bit what ``math.fsum`` gives.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        NaN where unknown.
    group : numpy.ndarray of int, shape (n,)
        Group of each row, from 0; -1 is in none.
    size : int
        How many groups there are.

    Returns
    -------
    numpy.ndarray, shape (size,)
        0 for a group without rows, NaN for one of which no row is known.

    Raises
    ------
    OverflowError
        If a value is too large to be added safely, some 1e290.

    Examples
    --------
    >>> exact_sums(np.array([1e16, 1.0, -1e16, np.nan]), np.array([0, 0, 0, 2]), 3).tolist()
    [1.0, 0.0, nan]
    """
    odd = np.flatnonzero(~np.isfinite(values))
    if not len(odd):
        return _sum_finite(values, group, size)
    finite = values.copy()
    finite[odd] = 0.0
    total = _sum_finite(finite, group, size)
    odd = odd[group[odd] >= 0]
    unknown = np.isnan(values[odd])
    endless = odd[~unknown]
    total += np.bincount(group[endless], values[endless], size)
    blank = np.bincount(group[odd[unknown]], minlength=size)
    rows = np.bincount(group + 1, minlength=size + 1)[1:]
    return np.where((rows > 0) & (blank == rows), np.nan, total)


def _sum_finite(values: Floats, group: Whole, size: int) -> Floats:
    """Add finite values per group: split each into parts on a common grid, add those, and round once."""
    step = max(_CHUNK, 8 * size)
    chunks = [slice(start, start + step) for start in range(0, len(values), step)]
    parts = [part for chunk in chunks for part in _parts(values[chunk], group[chunk] + 1, size + 1)]
    sums = [math.fsum(column) for column in zip(*parts, strict=True)] if parts else [0.0] * (size + 1)
    return np.array(sums[1:])  # the first holds what is in no group


def _parts(values: Floats, group: Whole, size: int) -> list[list[float]]:
    """Give sums per group that are exact, and that together are the sum of the values.

    Adding `anchor`, a power of two well above the largest value times the number of rows, and taking it off again
    leaves of each value its leading bits, all multiples of one unit: no sum of them needs rounding.
    """
    rest, parts, bits = values.copy(), [], len(values).bit_length() + 1
    largest = max(float(rest.max(initial=0.0)), -float(rest.min(initial=0.0)))
    exponent = math.frexp(largest)[1] + bits
    if exponent > _MOST_BITS:
        raise OverflowError(f"{largest:g} is too large to be added")
    while len(rest):
        anchor = math.ldexp(1.0, exponent)
        leading = rest + anchor
        leading -= anchor
        parts.append(np.bincount(group, leading, size).tolist())
        rest -= leading  # is at most half a unit of the anchor
        exponent -= _MANTISSA - bits
        left = rest != 0
        if np.count_nonzero(left) < len(rest) / 2:  # few values have bits as low as that
            rest, group = rest[left], group[left]
    return parts


def group_rows(rows: pd.DataFrame, by: Sequence[str]) -> tuple[Whole, pd.DataFrame]:
    """Give every group of equal values a number, in sorted order.

    Parameters
    ----------
    rows : pandas.DataFrame, n rows
        With the columns `by`.
    by : sequence of str
        Columns; a row that lacks one of them is in no group.

    Returns
    -------
    group : numpy.ndarray of int, shape (n,)
        Group of each row; -1 is in none.
    keys : pandas.DataFrame
        The values that each group has in common, one row a group.

    Examples
    --------
    >>> group, keys = group_rows(pd.DataFrame({"basin_id": ["b", "a", None, "b"]}), ["basin_id"])
    >>> group.tolist(), keys["basin_id"].tolist()
    ([1, 0, -1, 1], ['a', 'b'])
    """
    group, kept = np.zeros(len(rows), np.int64), [np.array([0])]
    levels = []
    for name in by:
        codes, values = pd.factorize(rows[name], sort=True)
        group = np.where((group < 0) | (codes < 0), -1, group * len(values) + codes)
        there = np.bincount(group[group >= 0], minlength=len(kept[0]) * len(values)) > 0
        group = np.append(np.cumsum(there) - 1, -1)[group]  # the last one stands for -1
        occurring = np.flatnonzero(there)
        kept = [part[occurring // len(values)] for part in kept] + [occurring % len(values)]
        levels.append(values)
    columns = {name: values.take(part) for name, values, part in zip(by, levels, kept[1:], strict=True)}
    return group, pd.DataFrame(columns, index=range(len(kept[0])))


def common_codes(*columns: pd.Series[str]) -> tuple[Whole, ...]:
    """Give equal values of several columns the same number.

    Parameters
    ----------
    *columns : pandas.Series
        For example the identifiers of firms in two tables.

    Returns
    -------
    tuple of numpy.ndarray of int
        One array a column, numbers from 0; -1 where missing.

    Examples
    --------
    >>> [codes.tolist() for codes in common_codes(pd.Series(["F1", "F2"]), pd.Series(["F2"]))]
    [[0, 1], [1]]
    """
    codes, _ = pd.factorize(pd.concat(columns, ignore_index=True))
    return tuple(np.split(codes, np.cumsum([len(column) for column in columns])[:-1]))


def count_distinct(codes: Whole, group: Whole, size: int) -> Whole:
    """Count the different codes in each group.

    Parameters
    ----------
    codes : numpy.ndarray of int, shape (n,)
        For example the number of each row's firm, from 0; -1 is not counted.
    group : numpy.ndarray of int, shape (n,)
        Group of each row; -1 is in none.
    size : int
        How many groups there are.

    Returns
    -------
    numpy.ndarray of int, shape (size,)

    Examples
    --------
    >>> count_distinct(np.array([0, 0, 1]), np.array([0, 0, 1]), 2).tolist()
    [1, 1]
    """
    width = int(codes.max(initial=-1)) + 2  # first column and first row are for what is not counted
    cells = (group + 1) * width + (codes + 1)
    if (size + 1) * width <= _DENSE:
        marks = np.zeros((size + 1, width), bool)
        marks.reshape(-1)[cells] = True
        return np.asarray(np.count_nonzero(marks[1:, 1:], axis=1))
    row, column = np.divmod(pd.unique(cells), width)
    return np.bincount(row[column > 0], minlength=size + 1)[1:]
