"""Many points, a share at a time, on all processors: compiled code lets the others run meanwhile."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["in_shares", "in_threads", "processors"]

_SHARE = 1 << 17  # points

Share = TypeVar("Share")
Result = TypeVar("Result")


def in_shares(work: Callable[[slice], object], points: int) -> None:
    """Call `work` for one share of the points after the other, in threads.

    Parameters
    ----------
    work : callable
        Takes the slice of a share; must let go of the interpreter for long, or nothing is won.
    points : int
        How many there are in all.

    Raises
    ------
    Exception
        Whatever `work` raises.

    Examples
    --------
    >>> shares = []
    >>> in_shares(shares.append, 3)
    >>> shares
    [slice(0, 131072, None)]
    """
    in_threads(work, [slice(begin, begin + _SHARE) for begin in range(0, points, _SHARE)])


def in_threads(work: Callable[[Share], Result], shares: Sequence[Share]) -> list[Result]:
    """Call `work` for each share, in as many threads as numba may use.

    Parameters
    ----------
    work : callable
        Takes a share; must let go of the interpreter for long, or nothing is won.
    shares : sequence
        The shares.

    Returns
    -------
    list
        What `work` gives for each share, in their order.

    Raises
    ------
    Exception
        Whatever `work` raises.

    Examples
    --------
    >>> in_threads(abs, [-1, 2])
    [1, 2]
    """
    if len(shares) == 1:
        return [work(shares[0])]
    with ThreadPoolExecutor(processors()) as pool:
        return list(pool.map(work, shares))


def processors() -> int:
    """Give the number of threads that numba may use.

    Examples
    --------
    >>> processors() > 0
    True
    """
    return int(os.environ.get("NUMBA_NUM_THREADS", "0")) or os.cpu_count() or 1
