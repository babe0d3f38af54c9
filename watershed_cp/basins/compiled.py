"""Loops that numba turns into machine code, kept between runs; importing this module imports numba."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["compiled"]

_Function = TypeVar("_Function", bound="Callable[..., Any]")


def compiled(function: _Function) -> _Function:
    """Compile a loop on its first call, letting other threads run while it runs.

    Parameters
    ----------
    function : callable
        Takes and gives numbers, arrays and named tuples of them.

    Examples
    --------
    A loop is compiled where its file stands, so that the machine code can be kept beside it:

    >>> from watershed_cp.basins.gridkernels import locate
    >>> locate.__name__
    'locate'
    """
    return cast("_Function", njit(cache=True, nogil=True)(function))
