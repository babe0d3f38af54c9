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

from watershed_cp.impact.edition import PublicAccounts
from watershed_cp.impact.totals import total_by
from watershed_cp.messages import label, mass, number, percent
from watershed_cp.reference import pollutant_name, read_reference
from watershed_cp.tables import EVIDENCE, FATES

if TYPE_CHECKING:
    from watershed_cp.errors import Language
    from watershed_cp.impact.aggregation import Accounts

__all__ = [
    "Change",
    "Finding",
    "LeftOut",
    "Part",
    "count_word",
    "find",
    "firms",
    "headline",
    "round_mass",
    "round_steps",
    "span",
    "subscripted",
    "tight",
    "typeset",
]

_TONNE = 1000  # kilograms
_HAIR = "\N{NARROW NO-BREAK SPACE}"
_MINUS = "\N{MINUS SIGN}"
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Change:
    """What was credited of one pollutant, kg/yr: a row of ``basin_loads`` or of ``programme_loads``."""

    pollutant: str
    firms: int
    baseline: float
    follow_up: float
    reduction: float
    low: float
    high: float
    percent: float

    @property
    def includes_zero(self) -> bool:
        """Tell whether the load may as well have risen as fallen."""
        return self.low < 0 < self.high


@dataclass(frozen=True)
class LeftOut:
    """Ledger rows of one fate that are in no total: how many firms they come from."""

    fate: str
    firms: int


@dataclass(frozen=True)
class Part:
    """What was credited of the headline pollutant in a sub-basin, kg/yr."""

    part_id: str
    name: str
    reduction: float

    def words(self, language: Language) -> str:
        """Name the sub-basin as the page does."""
        return label(
            "page", "part_of" if self.name else "part_name", language, name=self.name, id=self.part_id
        )


@dataclass(frozen=True)
class Finding:
    """All that a poster says about one watershed, or about all of them.

    Attributes
    ----------
    basin_id : str or None
        The watershed; None stands for all.
    changes : tuple of Change
        Credited pollutants in the order of the reference table; the first is the headline.
    places : pandas.DataFrame
        Located firms that matter on this map: ``longitude``, ``latitude``, ``mark`` (counted, ambiguous,
        uncounted), ``reduction_kg_yr`` of the headline pollutant (0 where none is credited), ``basin_id``.
    credited, located : int
        Firms with a credited reduction, and firms inside the watershed.
    evidence : dict
        Credited headline reduction, kg/yr, by grade A to E.
    parts : tuple of Part
        Sub-basins of the watershed, the largest credited reduction of the headline pollutant first.
    left_out : tuple of LeftOut
        What firms inside the watershed report but no total holds, in the order of the fates.
    outside, unlocated : int
        Firms of the whole programme that lie in no watershed, and that could not be located.
    minimum_msmes : int
        In a public edition, which tells nothing of single firms: how many a total has at least; else 0.
    """

    basin_id: str | None
    changes: tuple[Change, ...]
    places: pd.DataFrame
    credited: int
    located: int
    evidence: dict[str, float]
    parts: tuple[Part, ...]
    left_out: tuple[LeftOut, ...]
    outside: int
    unlocated: int
    minimum_msmes: int = 0


def find(accounts: Accounts, basin_id: str | None = None) -> Finding:
    """Gather what is to be said about one watershed, or about all of them.

    Parameters
    ----------
    accounts : Accounts
        What the run found.
    basin_id : str, optional
        One of ``accounts.basins.index``; all watersheds if not given.

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
    if basin_id is not None and basin_id not in accounts.basins.index:
        raise KeyError(basin_id)
    placed = accounts.assignments
    inside = placed[(placed["status"] == "inside") if basin_id is None else (placed["basin_id"] == basin_id)]
    rows = accounts.ledger[accounts.ledger["msme_id"].isin(inside["msme_id"])]
    credited = rows[rows["fate"] == "credited"]
    loads = accounts.basin_loads
    changes = _changes(accounts.programme_loads if basin_id is None else loads[loads["basin_id"] == basin_id])
    headline = credited[credited["pollutant"] == (changes[0].pollutant if changes else "")]
    return Finding(
        basin_id=basin_id,
        changes=changes,
        places=_places(placed, inside, credited["msme_id"], headline),
        credited=int(credited["msme_id"].nunique()),
        located=len(inside),
        evidence={
            grade: math.fsum(headline.loc[headline["evidence"] == grade, "reduction_kg_yr"].dropna())
            for grade in EVIDENCE
        },
        parts=_parts(accounts, basin_id, changes[0].pollutant) if basin_id and changes else (),
        left_out=_left_out(rows),
        outside=int((placed["status"] == "outside").sum()),
        unlocated=int((placed["status"] == "unlocated").sum()),
        minimum_msmes=accounts.minimum_msmes if isinstance(accounts, PublicAccounts) else 0,
    )


def _rank(pollutant: str) -> tuple[int, str]:
    order = {row["pollutant"]: at for at, row in enumerate(read_reference("pollutants"))}
    return order.get(pollutant, len(order)), pollutant


def _changes(loads: pd.DataFrame) -> tuple[Change, ...]:
    found = [
        Change(
            str(row["pollutant"]),
            int(row["msmes"]),
            float(row["baseline_kg_yr"]),
            float(row["follow_up_kg_yr"]),
            float(row["reduction_kg_yr"]),
            float(row["reduction_low_kg_yr"]),
            float(row["reduction_high_kg_yr"]),
            float(row["reduction_pct"]),
        )
        for row in loads[loads["msmes"] > 0].to_dict("records")
    ]
    return tuple(sorted(found, key=lambda change: _rank(change.pollutant)))


def _places(
    placed: pd.DataFrame, inside: pd.DataFrame, credited: pd.Series[str], headline: pd.DataFrame
) -> pd.DataFrame:
    here = placed["msme_id"].isin(inside["msme_id"]) | (placed["status"] == "outside")
    shown = placed[here & placed["longitude"].notna() & placed["latitude"].notna()]
    counted = np.where(shown["confidence"] == "ambiguous", "ambiguous", "counted")
    reduction = shown["msme_id"].map(headline.groupby("msme_id")["reduction_kg_yr"].sum()).fillna(0.0)
    return pd.DataFrame(
        {
            "longitude": shown["longitude"],
            "latitude": shown["latitude"],
            "mark": np.where(shown["msme_id"].isin(credited), counted, "uncounted"),
            "reduction_kg_yr": reduction,
            "basin_id": shown["basin_id"],
        }
    ).sort_values("reduction_kg_yr", ascending=False, kind="stable", ignore_index=True)


def _parts(accounts: Accounts, basin_id: str, pollutant: str) -> tuple[Part, ...]:
    if not accounts.levels:
        return ()
    level, outlines = next(iter(accounts.levels.items()))
    if isinstance(accounts, PublicAccounts):
        totals = accounts.told(level).rename(columns={"place": level})
    else:
        totals = total_by(accounts, level)
    mine = totals[totals[level].isin(outlines.index[outlines["parent"] == basin_id])]
    rows = mine[(mine["pollutant"] == pollutant) & (mine["msmes"] > 0)]
    names = outlines["name"].fillna("").astype(str)
    found = [
        Part(str(part), names[part], float(kg))
        for part, kg in zip(rows[level], rows["reduction_kg_yr"], strict=True)
    ]
    return tuple(sorted(found, key=lambda part: (-part.reduction, part.part_id)))


def _left_out(rows: pd.DataFrame) -> tuple[LeftOut, ...]:
    groups = {fate: rows[rows["fate"] == fate] for fate in FATES if fate != "credited"}
    return tuple(
        LeftOut(fate, int(group["msme_id"].nunique())) for fate, group in groups.items() if len(group)
    )


def headline(accounts: Accounts, finding: Finding, language: Language) -> tuple[str, str]:
    """Write the finding as a title, and below it how sure it is and who is behind it.

    Parameters
    ----------
    accounts : Accounts
        What the run found.
    finding : Finding
        What is to be said.
    language : {"es", "en"}
        Language of the words.

    Returns
    -------
    title, below : str
        One line each.
    """
    if finding.basin_id is None:
        count = count_word(len(accounts.basins), language)
        subject = label("poster", "watersheds", language, count=count)
    else:
        subject = str(accounts.basins.loc[finding.basin_id, f"name_{language}"])
    behind = _behind(finding, language)
    if not finding.changes:
        key = "title_kept" if finding.minimum_msmes else "title_none"
        return label("poster", key, language, basin=subject), behind
    change = finding.changes[0]
    words = {
        "basin": subject,
        "mass": mass(abs(change.reduction)),
        "pollutant": typeset(change.pollutant, language),
    }
    title = label("poster", "title" if change.reduction >= 0 else "title_more", language, **words)
    spread = span(change.reduction, change.low, change.high, language)
    known = math.isfinite(change.low) and math.isfinite(change.high)
    parts = [label("poster", "range", language, range=spread) if known else spread]
    if math.isfinite(change.percent):
        share = percent(abs(change.percent))
        parts.append(label("poster", "less" if change.percent >= 0 else "more", language, percent=share))
    if change.includes_zero:
        parts.append(label("poster", "includes_zero", language))
    return tight(title), tight("  ·  ".join([*parts, behind]))


def _behind(finding: Finding, language: Language) -> str:
    """Say how many firms are behind a finding: of how many, where single firms may be told of."""
    if finding.minimum_msmes:
        return firms(finding.changes[0].firms, language) if finding.changes else ""
    counts = {"credited": number(finding.credited), "located": number(finding.located)}
    return label("poster", "credited", language, **counts)


def typeset(pollutant: str, language: Language) -> str:
    """Write a pollutant's short name as print does.

    Examples
    --------
    >>> typeset("BOD5", "es"), typeset("NH4-N", "es"), typeset("TSS", "en")
    ('DBO₅', 'N-NH₄', 'TSS')
    """
    return subscripted(pollutant_name(pollutant, language))


def subscripted(text: str) -> str:
    """Lower the digits that belong to a formula.

    Examples
    --------
    >>> subscripted("DBO5 evitada, 2019"), subscripted("CO2e")
    ('DBO₅ evitada, 2019', 'CO₂e')
    """
    return re.sub(r"(?<=[A-Z])\d(?!\d)", lambda digits: digits[0].translate(_SUBSCRIPTS), text)


def tight(text: str) -> str:
    r"""Set minus signs, and a narrow space between a number and its unit that no line break parts.

    Examples
    --------
    >>> tight("-12.4 t").encode("ascii", "backslashreplace").decode()
    '\\u221212.4\\u202ft'
    """
    minus = re.sub(r"(?<![\w\d])-(?=\d)", _MINUS, text)
    return re.sub(r"(?<=\d) (?=(?:kg|t|%|km|km²)(?![^\W\d_]))", _HAIR, minus)


def span(value: float, low: float, high: float, language: Language) -> str:
    r"""Write the range of a mass in words, in the unit of the mass; an end that is not known is said.

    Examples
    --------
    >>> span(12_400, 9_800, 15_100, "es").replace("\u202f", " ")
    'entre 9.8 y 15.1 t'
    >>> span(600, float("-inf"), 850, "en").replace("\u202f", " ")
    'at most 850 kg'
    """
    if math.isnan(low) or math.isnan(high):
        return label("poster", "no_range", language)
    if math.isfinite(low) and math.isfinite(high):
        factor, unit = (_TONNE, "t") if abs(value) >= _TONNE else (1, "kg")
        digits = len(number(max(abs(low), abs(high)) / factor).partition(".")[2])
        ends = [number(end / factor, digits=digits) for end in (low, high)]
        return tight(label("poster", "between", language, low=ends[0], high=f"{ends[1]} {unit}"))
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


def count_word(count: int, language: Language) -> str:
    """Write a small count as a word that opens a sentence, a larger one in figures.

    Examples
    --------
    >>> count_word(4, "es"), count_word(17, "en")
    ('Cuatro', '17')
    """
    words = label("poster", "count_words", language).split()
    return words[count - 1] if 1 <= count <= len(words) else number(count)


def round_mass(kilograms: float) -> str:
    r"""Write a round mass without the zeros that say nothing.

    Examples
    --------
    >>> round_mass(5_000).replace("\u202f", " "), round_mass(400).replace("\u202f", " ")
    ('5 t', '400 kg')
    """
    value, unit = (kilograms / _TONNE, "t") if kilograms >= _TONNE else (kilograms, "kg")
    return tight(f"{value:,.10g} {unit}")


def round_steps(largest: float) -> list[float]:
    """Give two round masses for the key of mark sizes: the largest that fits, and a fifth of it.

    Examples
    --------
    >>> round_steps(2_700)
    [400.0, 2000]
    """
    power = 10 ** math.floor(math.log10(largest))
    top = max((step * power for step in (1, 2, 5) if step * power <= largest), default=power)
    return [top / 5, top]
