"""Non-detects: a value below the limit of detection stays an interval to the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Rule = Literal["zero", "half", "full"]

RULES: tuple[Rule, ...] = ("zero", "half", "full")

_SHARE: dict[Rule, float] = {"zero": 0.0, "half": 0.5, "full": 1.0}


def interval(
    value: NDArray[np.float64], qualifier: NDArray[np.str_], *, rule: Rule = "half"
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Give for each measured value what it counts as, and the least and most that it can be.

    Parameters
    ----------
    value : numpy.ndarray, shape (n,)
        Measured values; for a ``<`` the limit, for a ``>`` the end of the range.
    qualifier : numpy.ndarray of str, shape (n,)
        Empty, ``<`` or ``>``.
    rule : {"zero", "half", "full"}
        Share of the limit that a ``<`` counts as. US EPA's loading tool counts half [echo_dmr]_.

    Returns
    -------
    counted, least, most : numpy.ndarray, shape (n,)
        In the unit of `value`; a ``>`` counts as its value and has no upper end (infinity).

    References
    ----------
    .. [echo_dmr] US EPA, Water Pollutant Loading Tool, monitoring period loads.

    Examples
    --------
    >>> interval(np.array([4.0, 4.0]), np.array(["", "<"]))
    (array([4., 2.]), array([4., 0.]), array([4., 4.]))
    """
    below, above = qualifier == "<", qualifier == ">"
    counted = np.where(below, value * _SHARE[rule], value)
    return counted, np.where(below, 0.0, value), np.where(above, np.inf, value)
