"""Published claims, each computed again from the programme's own tables by a declared rule.

A claim is reproduced when the number computed rounds to the one printed. Where percentages are concerned, the mean
weighted by what was there before decides; the simple mean stands beside it, since many reports print that one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from watershed_cp import tables
from watershed_cp.impact.indicators import countable_tables, counted_rows, evaluate
from watershed_cp.impact.programme import ONCE, Measure, Words
from watershed_cp.impact.sisters import Quantity, beside_sisters, published_per_firm
from watershed_cp.project import read_settings

if TYPE_CHECKING:
    from pathlib import Path

    from watershed_cp.impact.aggregation import Accounts

__all__ = ["Claim", "Claims", "check_claims", "read_claims"]


class Claim(Measure):
    """One published claim and the rule that would give its number."""

    id: Annotated[str, Field(min_length=1)]
    """Identifier of the claim."""
    text: Words
    """What was claimed, in Spanish and English."""
    printed: Annotated[str, Field(pattern=r"^-?[0-9][0-9,]*(\.[0-9]+)?$")]
    """The number as it was printed, in quotes: its digits say how exact it is meant to be."""
    unit: str
    """Unit of the number."""
    source: str = ""
    """Where it was printed."""
    published: Quantity | Literal[""] = ""
    """Quantity that sister programmes published, with whose figures per firm the sum is compared."""

    @property
    def value(self) -> float:
        """The number that was printed."""
        return float(self.printed.replace(",", ""))

    @property
    def tolerance(self) -> float:
        """Half a unit of the last printed digit."""
        return 0.5 * 10.0 ** -len(self.printed.partition(".")[2])


class Claims(BaseModel):
    """All the claims of a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    claim: tuple[Claim, ...]
    """Claims in the order of the report."""


def read_claims(path: str | Path) -> Claims:
    """Read a file of claims and tell every fault at once.

    Parameters
    ----------
    path : str or pathlib.Path
        A TOML file with a list of ``[[claim]]``.

    Returns
    -------
    Claims
        Frozen.

    Raises
    ------
    MissingFileError
        If there is no such file.
    InputError
        If it is no TOML, lacks a key, has an unknown one, or names a column that its table lacks.

    Examples
    --------
    >>> from watershed_cp.reference import data_path
    >>> read_claims(data_path("demo", "claims.toml")).claim[0].printed
    '173'
    """
    return read_settings(path, Claims)


def check_claims(accounts: Accounts, claims: Claims) -> pd.DataFrame:
    """Compute each claim again and say whether it is reproduced, contradicted or not reproducible.

    Parameters
    ----------
    accounts : Accounts
        What a run found, with its registers.
    claims : Claims
        From :func:`read_claims`.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.CLAIMS`, one row a claim in their order.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> claims = read_claims(data_path("demo", "claims.toml"))
    >>> checked = check_claims(run(data_path("demo", "project.toml")), claims)
    >>> sorted(set(checked["outcome"]))
    ['contradicted', 'not_reproducible', 'reproduced']
    """
    found = countable_tables(accounts)
    rows = [_checked(claim, found.get(claim.table)) for claim in claims.claim]
    return pd.DataFrame(rows, columns=list(tables.CLAIMS.names))


def _checked(claim: Claim, table: pd.DataFrame | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "claim_id": claim.id,
        "claim_es": claim.text["es"],
        "claim_en": claim.text["en"],
        "printed": claim.value,
        "tolerance": claim.tolerance,
        "unit": claim.unit,
        "rule": claim.rule,
        "source": claim.source,
    }
    if table is None:
        return told | {"outcome": "not_reproducible", "note": "no_table", "rows": 0}
    rows = counted_rows(table, claim, period=claim.period)
    if rows.empty:
        return told | {"outcome": "not_reproducible", "note": "no_rows", "rows": 0}
    told |= evaluate(rows, claim) | {"simple_mean_pct": _simple_mean(rows, claim)}
    return told | _outcome(told, claim) | _per_firm(told["value"], rows, claim)


def _outcome(told: dict[str, Any], claim: Claim) -> dict[str, Any]:
    if np.isnan(told["value"]):
        return {"outcome": "not_reproducible"}
    if _rounds_to(told["value"], claim):
        return {"outcome": "reproduced"}
    simple = {"note": "simple_mean"} if _rounds_to(told["simple_mean_pct"], claim) else {}
    return {"outcome": "contradicted", **simple}


def _rounds_to(value: float, claim: Claim) -> bool:
    return abs(value - claim.value) <= claim.tolerance * (1 + 1e-9)  # a half is reached in binary too


def _simple_mean(rows: pd.DataFrame, claim: Claim) -> float:
    """Give the mean of the percentages of firms, or of rows, in which a small use weighs as much as a large one."""
    if claim.how != "share":
        return np.nan
    numbers = rows[["_above", "_below"]].dropna()
    once = [name for name in ONCE.get(claim.of, ()) if name in rows]
    keys = [rows.loc[numbers.index, name] for name in once] or numbers.index
    sums = numbers.groupby(keys, dropna=False).sum()
    return float((100 * sums["_above"] / sums["_below"].where(sums["_below"] > 0)).mean())


def _per_firm(value: float, rows: pd.DataFrame, claim: Claim) -> dict[str, float]:
    """Set the number per firm beside that of the sister programmes that published both."""
    if not claim.published or "msme_id" not in rows:
        return {}
    return beside_sisters(value, rows["msme_id"].nunique(), published_per_firm(claim.published, claim.unit))
