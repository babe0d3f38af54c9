"""What a poster says about one watershed: the finding, who is behind it, how sure it is and what it leaves out.

Numbers only, taken from the accounts as they stand; how they look is the business of the figures.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from watershed_cp.messages import label, mass, number
from watershed_cp.reference import pollutant_name, read_reference
from watershed_cp.tables import EVIDENCE, FATES

if TYPE_CHECKING:
    from watershed_cp.errors import Language
    from watershed_cp.impact.aggregation import Accounts

__all__ = ["Change", "Finding", "LeftOut", "find", "headline_pollutant", "span", "tight", "typeset"]

_HAIR = "\N{NARROW NO-BREAK SPACE}"
_MINUS = "\N{MINUS SIGN}"
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Change:
    """One pollutant in one watershed, kg/yr: a row of ``basin_loads`` with something credited."""

    pollutant: str
    firms: int
    baseline: float
    follow_up: float
    reduction: float
    low: float
    high: float
    percent: float


@dataclass(frozen=True)
class LeftOut:
    """Ledger rows of one fate that are in no total: how many firms they come from and what they claim, kg/yr."""

    fate: str
    firms: int
    reduction: float


@dataclass(frozen=True)
class Finding:
    """All that a poster says about one watershed.

    Attributes
    ----------
    basin_id : str
        The watershed.
    changes : tuple of Change
        Credited pollutants in the order of the reference table; the first is the headline.
    places : pandas.DataFrame
        Located firms that matter on this map: ``longitude``, ``latitude``, ``mark`` (counted, ambiguous,
        uncounted), ``reduction_kg_yr`` of the headline pollutant (0 where none is credited).
    credited, located : int
        Firms with a credited reduction, and firms inside the watershed.
    evidence : dict
        Credited headline reduction, kg/yr, by grade A to E.
    left_out : tuple of LeftOut
        What firms inside the watershed report but no total holds, in the order of the fates.
    outside, unlocated : int
        Firms of the whole programme that lie in no watershed, and that could not be located.
    """

    basin_id: str
    changes: tuple[Change, ...]
    places: pd.DataFrame
    credited: int
    located: int
    evidence: dict[str, float]
    left_out: tuple[LeftOut, ...]
    outside: int
    unlocated: int


def find(accounts: Accounts, basin_id: str) -> Finding:
    """Gather what is to be said about one watershed.

    Parameters
    ----------
    accounts : Accounts
        What the run found.
    basin_id : str
        One of ``accounts.basins.index``.

    Returns
    -------
    Finding
        Its numbers, in kg/yr.

    Raises
    ------
    KeyError
        If there is no such watershed.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> find(run(data_path("demo", "project.toml")), "acelhuate").changes[0].pollutant
    'BOD5'
    """
    if basin_id not in accounts.basins.index:
        raise KeyError(basin_id)
    changes = _changes(accounts, basin_id)
    inside = accounts.assignments[accounts.assignments["basin_id"] == basin_id]
    rows = accounts.ledger[accounts.ledger["msme_id"].isin(inside["msme_id"])]
    credited = rows[rows["fate"] == "credited"]
    headline = credited[credited["pollutant"] == (changes[0].pollutant if changes else "")]
    status = accounts.assignments["status"]
    return Finding(
        basin_id=basin_id,
        changes=changes,
        places=_places(accounts.assignments, basin_id, credited["msme_id"], headline),
        credited=int(credited["msme_id"].nunique()),
        located=len(inside),
        evidence={
            grade: math.fsum(headline.loc[headline["evidence"] == grade, "reduction_kg_yr"].dropna())
            for grade in EVIDENCE
        },
        left_out=_left_out(rows),
        outside=int((status == "outside").sum()),
        unlocated=int((status == "unlocated").sum()),
    )


def headline_pollutant(accounts: Accounts) -> str | None:
    """Choose the pollutant that speaks for the programme: the first of the reference table that is credited.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> headline_pollutant(run(data_path("demo", "project.toml")))
    'BOD5'
    """
    credited = accounts.basin_loads.loc[accounts.basin_loads["msmes"] > 0, "pollutant"].unique()
    return min(credited, key=_rank, default=None)


def _rank(pollutant: str) -> tuple[int, str]:
    order = {row["pollutant"]: at for at, row in enumerate(read_reference("pollutants"))}
    return order.get(pollutant, len(order)), pollutant


def _changes(accounts: Accounts, basin_id: str) -> tuple[Change, ...]:
    loads = accounts.basin_loads
    rows = loads[(loads["basin_id"] == basin_id) & (loads["msmes"] > 0)]
    found = (
        Change(
            row.pollutant,
            int(row.msmes),
            row.baseline_kg_yr,
            row.follow_up_kg_yr,
            row.reduction_kg_yr,
            row.reduction_low_kg_yr,
            row.reduction_high_kg_yr,
            row.reduction_pct,
        )
        for row in rows.itertuples()
    )
    return tuple(sorted(found, key=lambda change: _rank(change.pollutant)))


def _places(
    assignments: pd.DataFrame, basin_id: str, credited: pd.Series[str], headline: pd.DataFrame
) -> pd.DataFrame:
    near = (assignments["basin_id"] == basin_id) | (assignments["status"] == "outside")
    placed = assignments[near & assignments["longitude"].notna() & assignments["latitude"].notna()]
    counted = placed["msme_id"].isin(credited)
    mark = np.where(counted & (placed["confidence"] == "ambiguous"), "ambiguous", "counted")
    reduction = placed["msme_id"].map(headline.groupby("msme_id")["reduction_kg_yr"].sum()).fillna(0.0)
    return pd.DataFrame(
        {
            "longitude": placed["longitude"],
            "latitude": placed["latitude"],
            "mark": np.where(counted, mark, "uncounted"),
            "reduction_kg_yr": reduction,
        }
    ).sort_values("reduction_kg_yr", ascending=False, kind="stable", ignore_index=True)


def _left_out(rows: pd.DataFrame) -> tuple[LeftOut, ...]:
    groups = {fate: rows[rows["fate"] == fate] for fate in FATES if fate != "credited"}
    return tuple(
        LeftOut(fate, int(group["msme_id"].nunique()), math.fsum(group["reduction_kg_yr"].dropna()))
        for fate, group in groups.items()
        if len(group)
    )


def typeset(pollutant: str, language: Language) -> str:
    """Write a pollutant's short name as print does.

    Examples
    --------
    >>> typeset("BOD5", "es"), typeset("NH4-N", "es"), typeset("TSS", "en")
    ('DBO₅', 'N-NH₄', 'TSS')
    """
    name = pollutant_name(pollutant, language)
    return re.sub(r"(?<=[A-Z])\d+", lambda digits: digits[0].translate(_SUBSCRIPTS), name)


def tight(text: str) -> str:
    """Set minus signs, and a narrow space between a number and its unit that no line break parts.

    Examples
    --------
    >>> tight("-12.4 t").encode("ascii", "backslashreplace").decode()
    '\\\\u221212.4\\\\u202ft'
    """
    minus = re.sub(r"(?<![\w\d])-(?=\d)", _MINUS, text)
    return re.sub(r"(?<=\d) (?=(?:kg|t|%|km|km²)(?![^\W\d_]))", _HAIR, minus)


def span(low: float, high: float, language: Language) -> str:
    """Write a range of masses in words; an end that is not known is said, not drawn.

    Examples
    --------
    >>> span(9_800, 15_100, "es").replace("\\u202f", " ")
    'entre 9.80 y 15.1 t'
    >>> span(float("-inf"), 850, "en").replace("\\u202f", " ")
    'at most 850 kg'
    """
    if math.isfinite(low) and math.isfinite(high):
        ends = [mass(low), mass(high)]
        if ends[0].split()[-1] == ends[1].split()[-1]:
            ends[0] = ends[0].rsplit(" ", 1)[0]
        return tight(label("poster", "between", language, low=ends[0], high=ends[1]))
    if math.isfinite(low) or math.isfinite(high):
        key, end = ("at_least", low) if math.isfinite(low) else ("at_most", high)
        return tight(label("poster", key, language, value=mass(end)))
    return label("poster", "no_range", language)


def firms(count: int, language: Language) -> str:
    """Count firms in words: ``1 empresa``, ``14 empresas``.

    Examples
    --------
    >>> firms(1, "es"), firms(1200, "en")
    ('1 empresa', '1,200 firms')
    """
    return label("poster", "firm" if count == 1 else "firms", language, count=number(count))
