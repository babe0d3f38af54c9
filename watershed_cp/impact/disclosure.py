"""What may be told in public: totals of places, none of which lets anybody work out one firm.

A firm owner gives her numbers so that they are added up, not so that a neighbour reads them. Leaving out names is not
enough: a total of two firms tells each of them the other, and a total less its published parts is a total too. So
places are opened from the whole down, and a place is told only while both it and *what is left beside it* are safe.
Everything that can be worked out from the published cells is then a sum of such safe remainders.

A group of firms is safe if it has at least ``minimum_msmes`` firms and keeps the p % rule of the statistical offices:
what all but its two largest firms bring is at least p % of the largest, so that the second largest cannot reckon the
largest closer than that (Hundepool et al., *Statistical Disclosure Control*, Wiley 2012, chapter 4.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["DOMINANCE_PCT", "MINIMUM_MSMES", "Cell", "open_places"]

MINIMUM_MSMES = 5
"""Firms that a published total needs at least, where the project says nothing else."""
DOMINANCE_PCT = 10.0
"""p of the p % rule."""


@dataclass(frozen=True)
class Cell:
    """A place whose total is told, or kept back.

    Attributes
    ----------
    path : tuple of str
        Names from the outermost level to this place; empty for the whole.
    rows : numpy.ndarray
        Positions of its contributions in the table, shape (n,).
    kept_back : str
        Empty where the total is told; else ``few`` (firms), ``dominated`` (by one), or ``beside``: safe itself, but
        kept back since what is left beside it would not be.
    """

    path: tuple[str, ...]
    rows: NDArray[np.intp]
    kept_back: str = ""


def open_places(
    contributions: pd.DataFrame,
    levels: Sequence[str],
    *,
    minimum_msmes: int = MINIMUM_MSMES,
    dominance_pct: float = DOMINANCE_PCT,
) -> list[Cell]:
    """Open a whole into its places, level by level, as far as no firm can be worked out.

    Parameters
    ----------
    contributions : pandas.DataFrame
        One row for what a firm brings to a place: ``msme_id``, one column for each of `levels`, and every number that
        will be told (kg/yr); blank where a firm has no place at a level, NaN where a number is not known.
    levels : sequence of str
        Nested levels, the outermost first.
    minimum_msmes : int
        Firms that a told total needs at least.
    dominance_pct : float
        p of the p % rule.

    Returns
    -------
    list of Cell
        The whole first, then every place whose parent is told, told or kept back.

    Examples
    --------
    >>> firms = pd.DataFrame({"msme_id": list("abcdef"), "basin": list("xxxxyy"), "kg_yr": [4.0, 3, 3, 4, 5, 5]})
    >>> [(cell.path, cell.kept_back) for cell in open_places(firms, ["basin"], minimum_msmes=3)]
    [((), ''), (('x',), 'beside'), (('y',), 'few')]
    """
    rule = _Rule.of(contributions, levels, minimum_msmes, dominance_pct)
    whole = np.arange(len(contributions))
    why = rule.objection(whole)
    return [Cell((), whole, why), *([] if why else rule.below((), whole))]


@dataclass(frozen=True)
class _Rule:
    firms: NDArray[np.intp]
    values: NDArray[np.float64]  # shape (rows, numbers that will be told)
    places: list[NDArray[np.object_]]
    minimum_msmes: int
    dominance_pct: float

    @classmethod
    def of(
        cls, table: pd.DataFrame, levels: Sequence[str], minimum_msmes: int, dominance_pct: float
    ) -> _Rule:
        values = table.drop(columns=["msme_id", *levels]).to_numpy(float)
        places = [table[level].astype(object).where(table[level].notna(), "").to_numpy() for level in levels]
        return cls(pd.factorize(table["msme_id"])[0], values, places, minimum_msmes, dominance_pct)

    def count(self, rows: NDArray[np.intp]) -> int:
        """Count the firms behind some rows."""
        return len(np.unique(self.firms[rows]))

    def objection(self, rows: NDArray[np.intp]) -> str:
        """Say why the total of some rows may not be told; empty if it may."""
        firms, at = np.unique(self.firms[rows], return_inverse=True)
        if len(firms) < self.minimum_msmes:
            return "few"
        for column in self.values[rows].T:
            known = ~np.isnan(column)
            if 0 < len(np.unique(at[known])) < self.minimum_msmes:
                return "few"
            brought = np.sort(np.abs(np.bincount(at[known], column[known], minlength=len(firms))))[::-1]
            if 100 * brought[2:].sum() < self.dominance_pct * brought[0]:
                return "dominated"
        return ""

    def below(self, path: tuple[str, ...], rows: NDArray[np.intp]) -> Iterator[Cell]:
        """Open a told place: keep back its unsafe parts, and as many safe ones as hide what is left beside them."""
        if len(path) == len(self.places):
            return
        names = self.places[len(path)][rows]
        parts = {str(name): rows[names == name] for name in sorted(set(names)) if name}
        why = {name: self.objection(part) for name, part in parts.items()}
        rest = [rows[names == ""], *(parts[name] for name, reason in why.items() if reason)]
        safe = sorted((name for name in parts if not why[name]), key=lambda name: self.count(parts[name]))
        while safe and any(map(len, rest)) and self.objection(np.concatenate(rest)):
            why[safe[0]] = "beside"
            rest.append(parts[safe.pop(0)])
        for name, part in parts.items():
            yield Cell((*path, name), part, why[name])
            if not why[name]:
                yield from self.below((*path, name), part)
