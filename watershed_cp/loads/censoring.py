"""Non-detects: a value below the limit of detection stays an interval to the end.

A rule says what it counts as in a sum; whatever the rule, its range reaches from zero to the limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Rule = Literal["zero", "half", "full", "interval", "ros"]

RULES: tuple[Rule, ...] = ("zero", "half", "full", "interval", "ros")

_SHARE: dict[Rule, float] = {"zero": 0.0, "half": 0.5, "full": 1.0, "ros": 0.5}
_LEAST_DETECTED = 5
_MOST_BELOW = 0.8
"""Where regression on order statistics may be used: not above 80 % non-detects [helsel]_; five detected, our choice."""


def interval(
    value: NDArray[np.float64],
    qualifier: NDArray[np.str_],
    *,
    rule: Rule = "half",
    follow_up: NDArray[np.bool_] | None = None,
    group: NDArray[np.int64] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Give for each measured value what it counts as, and the least and most that it can be.

    Parameters
    ----------
    value : numpy.ndarray, shape (n,)
        Measured values, within a group in one unit; for a ``<`` the limit, for a ``>`` the end of the range.
    qualifier : numpy.ndarray of str, shape (n,)
        Empty, ``<`` or ``>``.
    rule : {"zero", "half", "full", "interval", "ros"}
        What a ``<`` counts as: nothing, half of the limit (as in US EPA's loading tool [echo_dmr]_), all of it;
        ``interval``: what is certain, so nothing in a baseline and the whole limit in a follow-up; ``ros``: the mean
        that regression on order statistics [helsel]_ expects below that limit, and half of it in a group that is too
        small for the method.
    follow_up : numpy.ndarray of bool, shape (n,), optional
        Whether the value belongs to a follow-up; by default none does.
    group : numpy.ndarray of int, shape (n,), optional
        Values of one number are samples of one distribution; negative: of none. By default all are of one.

    Returns
    -------
    counted, least, most : numpy.ndarray, shape (n,)
        In the unit of `value`; a ``>`` counts as its value and has no upper end (infinity).

    References
    ----------
    .. [echo_dmr] US EPA, Water Pollutant Loading Tool, monitoring period loads.
    .. [helsel] Helsel, D. R. (2005), Nondetects and Data Analysis, Wiley; computed by statsmodels.

    Examples
    --------
    >>> interval(np.array([4.0, 4.0]), np.array(["", "<"]))
    (array([4., 2.]), array([4., 0.]), array([4., 4.]))
    >>> interval(np.array([4.0, 4.0]), np.array(["<", "<"]), rule="interval", follow_up=np.array([False, True]))[0]
    array([0., 4.])
    """
    below, above = qualifier == "<", qualifier == ">"
    late = np.zeros(len(value), dtype=bool) if follow_up is None else follow_up
    share = np.where(late, 1.0, 0.0) if rule == "interval" else _SHARE[rule]
    counted = np.where(below, value * share, value)
    if rule == "ros" and below.any():
        groups = np.zeros(len(value), dtype=np.int64) if group is None else group
        for one in np.unique(groups[below & (groups >= 0)]):
            rows = np.flatnonzero((groups == one) & ~above & (value > 0))
            counted[rows] = _by_order_statistics(value[rows], below[rows])
    return counted, np.where(below, 0.0, value), np.where(above, np.inf, value)


def _by_order_statistics(value: NDArray[np.float64], below: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Give non-detects of one limit the mean of what the method expects there: which of them is which, nobody knows."""
    alike = np.exp(np.round(np.log(value), 12))  # a limit written in two units is one limit
    detected = np.sort(alike[~below])
    counted = np.where(below, value * _SHARE["ros"], value)
    fitted = below & (alike <= (detected[-1] if len(detected) else 0.0))
    enough = len(detected) >= _LEAST_DETECTED and below.sum() <= _MOST_BELOW * len(value)
    if not enough or not fitted.any() or detected[0] == detected[-1]:
        return counted
    from statsmodels.imputation.ros import impute_ros

    limits = np.sort(alike[fitted])
    censored = np.arange(len(limits) + len(detected)) < len(limits)
    expected = impute_ros(np.concatenate([limits, detected]), censored)
    known, places = np.unique(limits, return_inverse=True)
    means = np.bincount(places, weights=expected[: len(limits)]) / np.bincount(places)
    counted[fitted] = np.minimum(means[np.searchsorted(known, alike[fitted])], value[fitted])
    return counted
