"""Reductions by probability: what each watershed may expect of firms that lie in it, near it, or in another.

A firm near a divide is credited to one watershed whole, yet may discharge into the next. Its reduction is expected
in each watershed by its probability, and the rest outside all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from watershed_cp.impact.sums import exact_sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from watershed_cp.impact.sums import Floats, Whole

__all__ = ["OUTSIDE", "Share", "complete", "from_assignments", "share_out"]

OUTSIDE = ""
"""What stands for no watershed among those that a firm may lie in."""

_ROUNDING = 1e-9


def from_assignments(assignments: pd.DataFrame) -> pd.DataFrame:
    """Give the probabilities that the assignments alone tell: of the own watershed, or of the nearest outside.

    Parameters
    ----------
    assignments : pandas.DataFrame
        Columns of :data:`watershed_cp.tables.ASSIGNMENTS`; a probability that is not known counts as 1.

    Returns
    -------
    pandas.DataFrame
        ``msme_id``, ``basin_id``, ``probability``, one row a firm and watershed.

    Examples
    --------
    >>> placed = pd.DataFrame({"msme_id": ["F1", "F2"], "status": ["inside", "outside"], "basin_id": ["a", None],
    ...                        "nearest_basin_id": [None, "b"], "probability": [0.75, 0.75]})
    >>> from_assignments(placed)[["basin_id", "probability"]].to_numpy().tolist()
    [['a', 0.75], ['b', 0.25]]
    """
    told = assignments.reindex(columns=["msme_id", "status", "basin_id", "nearest_basin_id", "probability"])
    own = told["probability"].astype(float).fillna(1.0)
    inside = told["status"] == "inside"
    found = pd.DataFrame(
        {
            "msme_id": told["msme_id"],
            "basin_id": told["basin_id"].where(inside, told["nearest_basin_id"]),
            "probability": own.where(inside, 1 - own),
        }
    )
    there = (told["status"] != "unlocated") & found["basin_id"].notna() & (found["probability"] > 0)
    chances: pd.DataFrame = found[there]
    return chances


def complete(probabilities: pd.DataFrame, firms: pd.Series[str]) -> pd.DataFrame:
    """Add to each firm the probability that it lies in no watershed, so that its probabilities add up to 1.

    Parameters
    ----------
    probabilities : pandas.DataFrame
        ``msme_id``, ``basin_id``, ``probability``.
    firms : pandas.Series
        Identifiers of the firms that are located; others are left out.

    Returns
    -------
    pandas.DataFrame
        The same columns; the rows of :data:`OUTSIDE` stand last.

    Raises
    ------
    ArithmeticError
        If the probabilities of a firm add up to more than 1.

    Examples
    --------
    >>> known = pd.DataFrame({"msme_id": ["F1"], "basin_id": ["a"], "probability": [0.75]})
    >>> complete(known, pd.Series(["F1", "F2"]))["probability"].tolist()
    [0.75, 0.25, 1.0]
    """
    names = pd.Index(firms.unique())
    row = names.get_indexer(probabilities["msme_id"])
    chance = probabilities["probability"].to_numpy(float)
    rest = 1 - exact_sums(chance, row.astype(np.int64), len(names))
    if (rest < -_ROUNDING).any():
        raise ArithmeticError(f"{names[int(np.argmin(rest))]}: probabilities add up to more than 1")
    outside = pd.DataFrame({"msme_id": names, "basin_id": OUTSIDE, "probability": np.maximum(rest, 0)})
    known = probabilities.loc[row >= 0, ["msme_id", "basin_id", "probability"]]
    whole: pd.DataFrame = pd.concat([known, outside[outside["probability"] > _ROUNDING]], ignore_index=True)
    return whole


class Share(NamedTuple):
    """Parts of ledger rows: which row, which row of the probabilities, and how much of it is expected there."""

    row: NDArray[np.intp]
    entry: NDArray[np.intp]
    expected_kg_yr: Floats


def share_out(rows: pd.DataFrame, firm: Whole, probabilities: pd.DataFrame, owner: Whole) -> Share:
    """Divide each row's reduction among the places where its firm may lie.

    Parameters
    ----------
    rows : pandas.DataFrame, n rows
        Ledger rows with ``reduction_kg_yr``.
    firm : numpy.ndarray of int, shape (n,)
        Number of each row's firm; a row of -1 is left out.
    probabilities : pandas.DataFrame, m rows
        With ``probability``.
    owner : numpy.ndarray of int, shape (m,)
        Number of the firm of each probability.

    Returns
    -------
    Share
        One part a row and place: at least as many as there are rows whose firm has a probability.

    Examples
    --------
    >>> rows, chances = pd.DataFrame({"reduction_kg_yr": [8.0]}), pd.DataFrame({"probability": [0.75, 0.25]})
    >>> share_out(rows, np.array([0]), chances, np.array([0, 0])).expected_kg_yr.tolist()
    [6.0, 2.0]
    """
    order = np.argsort(owner, kind="stable")
    firms = int(max(firm.max(initial=-1), owner.max(initial=-1))) + 1
    last = np.cumsum(np.bincount(owner, minlength=firms + 1))  # the firm of -1 stands last, and has no place
    first = np.append(0, last[:-1])
    places = (last - first)[firm]
    found, entries = [order[:0]], [order[:0]]
    for turn in range(places.max(initial=0)):  # most firms lie in one place: the second turn has little to do
        row = np.flatnonzero(places > turn)
        found.append(row)
        entries.append(order.take(first + turn, mode="clip")[firm[row]])
    row, entry = np.concatenate(found), np.concatenate(entries)
    chance, reduction = (
        column.to_numpy(float) for column in (probabilities["probability"], rows["reduction_kg_yr"])
    )
    return Share(row, entry, reduction[row] * chance[entry])
