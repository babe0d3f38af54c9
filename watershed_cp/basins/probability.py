r"""How probable it is that a point with a scatter lies in a basin, as an integral along the basin's boundary.

The true place scatters about the stated one like an isotropic normal distribution of standard deviation
:math:`\sigma`. In polar coordinates about the stated place the probability of an outline becomes an integral
over its boundary alone,

.. math:: P = \frac{1}{2\pi} \oint \left(1 - e^{-r^2 / 2\sigma^2}\right) d\theta
            = w - \frac{1}{2\pi} \oint e^{-r^2 / 2\sigma^2}\, d\theta,

with :math:`w` 1 inside and 0 outside: exact for any shape, corners, holes and islands included, and only the
edges within a few :math:`\sigma` matter. Beside a straight divide it is the normal distribution of the
distance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = ["LEAST_SIGMA_M", "REACH_SIGMAS", "boundary_integral", "probability_inside"]

REACH_SIGMAS = 5.0  # the scatter beyond holds exp(-12.5), less than 4 in a million
LEAST_SIGMA_M = 0.01  # the seventh decimal of a degree; on a common border no place is sure, however exact
_LONGEST_SIGMAS = 1.5  # of a stretch that one rule of quadrature covers; its error stays below 1e-7
_ROUNDING = 0.01  # far above any rounding, far below the whole turn that a place on a boundary can err by
_NUDGE_SIGMAS = np.array([0.61e-7, 0.79e-7])  # a place on a vertex sees no turn; one beside it does
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(5)


def boundary_integral(start: Floats, end: Floats, curve: Whole, curves: int) -> Floats:
    r"""Integrate :math:`e^{-r^2/2}\,d\theta / 2\pi` along edges, and add up per curve.

    Parameters
    ----------
    start, end : ndarray
        Shape (n, 2), east and north of the stated place, in standard deviations.
    curve : ndarray of int
        Shape (n,), number of the curve that an edge belongs to.
    curves : int
        How many curves there are.

    Returns
    -------
    ndarray
        Shape (curves,), what the boundary takes from the winding number.

    Examples
    --------
    A straight line far longer than the scatter, one standard deviation to the north:

    >>> line = boundary_integral(np.array([[9.0, 1.0]]), np.array([[-9.0, 1.0]]), np.array([0]), 1)
    >>> round(1 - float(line[0]), 5)  # the normal distribution at one
    0.84134
    """
    start, end, curve = _stretches(*_clip(start + _NUDGE_SIGMAS, end + _NUDGE_SIGMAS, curve))
    turn = np.arctan2(_cross(start, end), np.einsum("ij,ij->i", start, end))
    step = end - start
    smooth = np.zeros(len(start))
    for node, weight in zip((_NODES + 1) / 2, _WEIGHTS / 2, strict=True):
        place = start + node * step
        half = np.einsum("ij,ij->i", place, place) / 2
        smooth += weight * np.divide(-np.expm1(-half), 2 * half, out=np.full(len(half), 0.5), where=half > 0)
    taken = (turn - smooth * _cross(start, step)) / (2 * np.pi)
    return np.bincount(curve, taken, minlength=curves).astype(np.float64)


def probability_inside(inside: NDArray[np.bool_], taken: Floats) -> Floats:
    """Turn winding numbers and boundary integrals into probabilities.

    Parameters
    ----------
    inside : ndarray of bool
        Shape (n,), whether the stated place lies in the outline.
    taken : ndarray
        Shape (n,), the boundary integral, with the outline on the left of its edges.

    Returns
    -------
    ndarray
        Shape (n,), from 0 to 1. A place on the boundary may be wound to either side; the whole turn by which
        that errs is taken off again.

    Examples
    --------
    >>> probability_inside(np.array([True, False]), np.array([0.25, -0.25])).tolist()
    [0.75, 0.25]
    """
    probability = inside - taken
    astray = np.abs(probability - 0.5) > 0.5 + _ROUNDING
    return np.clip(np.where(astray, probability - np.sign(probability), probability), 0, 1)


def _clip(start: Floats, end: Floats, curve: Whole) -> tuple[Floats, Floats, Whole]:
    """Keep of each edge what lies within reach."""
    step = end - start
    square = np.einsum("ij,ij->i", step, step)
    foot = -np.einsum("ij,ij->i", start, step) / square
    height = np.einsum("ij,ij->i", start, start) - foot**2 * square
    half = np.sqrt(np.maximum(REACH_SIGMAS**2 - height, 0) / square)
    enters, leaves = np.maximum(foot - half, 0), np.minimum(foot + half, 1)
    kept = leaves > enters
    start, step, leaves = start[kept], step[kept], leaves[kept, None]
    end = np.where(leaves == 1, end[kept], start + leaves * step)  # rounded, it would miss the next edge
    return start + enters[kept, None] * step, end, curve[kept]


def _stretches(start: Floats, end: Floats, curve: Whole) -> tuple[Floats, Floats, Whole]:
    """Cut edges into stretches short enough for one rule of quadrature."""
    step = end - start
    pieces = np.maximum(np.ceil(np.hypot(*step.T) / _LONGEST_SIGMAS), 1).astype(np.int64)
    edge = np.repeat(np.arange(len(step)), pieces)
    turn = np.arange(len(edge)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    share = step[edge] / pieces[edge][:, None]
    return start[edge] + turn[:, None] * share, start[edge] + (turn + 1)[:, None] * share, curve[edge]


def _cross(first: Floats, second: Floats) -> Floats:
    return first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
