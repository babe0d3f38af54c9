"""What a chapter of the report is made of: paragraphs, tables of words and pictures, and what it may draw on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from watershed_cp.impact.edition import PublicAccounts
from watershed_cp.messages import label, number
from watershed_cp.messages import mass as plain_mass
from watershed_cp.publish.drawings import Drawing
from watershed_cp.publish.findings import span, tight
from watershed_cp.publish.wording import both_languages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from watershed_cp.errors import Language
    from watershed_cp.impact.aggregation import Accounts
    from watershed_cp.publish.findings import Finding

__all__ = ["Chapter", "Grid", "Part", "Source", "dollars", "ends", "mass", "note"]

_LONG = 40  # letters


@dataclass(frozen=True)
class Grid:
    """A table of words: the first `words` columns are read from the left, the others are numbers."""

    key: str
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1
    note: str = ""

    @property
    def long_columns(self) -> frozenset[int]:
        """Columns whose cells hold sentences, lists or addresses."""
        return frozenset(at for row in self.rows for at, cell in enumerate(row) if len(cell) > _LONG)

    @property
    def narrow(self) -> bool:
        """Whether half of a page's width is enough, so that the eye finds the number of a row."""
        return len(self.head) == 2 and not self.long_columns  # noqa: PLR2004


Part = str | Grid | Drawing


@dataclass(frozen=True)
class Chapter:
    """A heading, and paragraphs, tables and pictures in their order."""

    key: str
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Source:
    """What a chapter may draw on: the accounts, their finding, how the run was told to count, and its manifest."""

    accounts: Accounts
    finding: Finding
    manifest: Mapping[str, Any]
    language: Language

    @property
    def settings(self) -> Mapping[str, Any]:
        """The project's settings; nothing where no project file made the accounts."""
        return self.manifest.get("settings") or {}

    def say(self, key: str, **data: Any) -> str:
        """Give a text of the report."""
        return label("report", key, self.language, **data)

    def grid(self, key: str, rows: Sequence[Sequence[str]], *, words: int = 1, note: str = "") -> Grid:
        """Set rows under the heads of a table, which its text names with bars between."""
        caption, *head = self.say(key).split(" | ")
        return Grid(key, caption, tuple(map(tight, head)), tuple(map(tuple, rows)), words, note)

    @property
    def of_everybody(self) -> bool:
        """Whether single firms, people and partners may be told of: not in a public edition."""
        return not isinstance(self.accounts, PublicAccounts)

    def basin(self, basin_id: object) -> str:
        """Name a watershed."""
        column = f"name_{self.language}"
        basins = self.accounts.basins
        known = basin_id in basins.index and column in basins
        return str(basins.loc[basin_id, column]) if known else "–"

    def range(self, row: Mapping[Any, Any]) -> str:
        """Write the range of a reduction."""
        low, high = row["reduction_low_kg_yr"], row["reduction_high_kg_yr"]
        return span(row["reduction_kg_yr"], low, high, self.language)


def mass(kilograms: float) -> str:
    r"""Write a mass as print does.

    Examples
    --------
    >>> mass(12_400).replace("\u202f", " ")
    '12.4 t'
    """
    return tight(plain_mass(kilograms))


def dollars(amount: float) -> str:
    """Write an amount of dollars without cents.

    Examples
    --------
    >>> dollars(1234.56), dollars(float("nan"))
    ('1,235', '–')
    """
    return tight(number(float(amount), digits=0))


def ends(low: float, high: float, *, digits: int | None = None) -> str:
    """Write the ends of a range, or a dash where it is not known.

    Examples
    --------
    >>> ends(1.254, 3.5, digits=2), ends(float("nan"), 2.0)
    ('1.25 – 3.50', '–')
    """
    if math.isnan(low) or math.isnan(high):
        return "–"
    return tight(f"{number(low, digits=digits)} – {number(high, digits=digits)}")


def note(written: object, language: Language) -> str:
    """Say a note of the tables, or a dash where there is none.

    Examples
    --------
    >>> note("no follow-up", "es"), note(None, "es")
    ('falta el seguimiento', '–')
    """
    return both_languages(written).speak(language) if isinstance(written, str) and written else "–"
