"""What a chapter of the report is made of: paragraphs, tables of words and pictures, and what it may draw on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from watershed_cp.messages import label
from watershed_cp.messages import mass as plain_mass
from watershed_cp.publish.drawings import Drawing
from watershed_cp.publish.findings import span, tight
from watershed_cp.publish.wording import both_languages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from watershed_cp.errors import Language
    from watershed_cp.impact.aggregation import Accounts
    from watershed_cp.publish.findings import Finding

__all__ = ["Chapter", "Grid", "Part", "Source", "mass", "note"]


@dataclass(frozen=True)
class Grid:
    """A table of words: the first `words` columns are read from the left, the others are numbers."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1
    note: str = ""


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
        return Grid(caption, tuple(head), tuple(map(tuple, rows)), words, note)

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


def note(written: object, language: Language) -> str:
    """Say a note of the tables, or a dash where there is none.

    Examples
    --------
    >>> note("no follow-up", "es"), note(None, "es")
    ('falta el seguimiento', '–')
    """
    return both_languages(written).speak(language) if isinstance(written, str) and written else "–"
