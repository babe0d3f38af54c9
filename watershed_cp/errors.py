"""Faults and errors: what is wrong, where, and what to do about it, in Spanish and English.

A :class:`Fault` is one finding. A :class:`WatershedError` carries one or many and writes the sentences
itself, in the language of whoever reads it. Sentences come from :func:`watershed_cp.messages.fault`.
"""

from __future__ import annotations

import locale
import os
from dataclasses import dataclass
from typing import Literal, NamedTuple

Language = Literal["es", "en"]


class Text(NamedTuple):
    """One text in both languages."""

    es: str
    en: str

    def speak(self, language: Language | None = None) -> str:
        """Give the text in `language`, by default that of the system."""
        return str(getattr(self, language or system_language()))


def system_language() -> Language:
    """Tell which of our two languages the system's locale asks for: Spanish for ``es*``, else English.

    Examples
    --------
    >>> system_language() in ("es", "en")
    True
    """
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        if os.environ.get(variable):
            return "es" if os.environ[variable].lower().startswith("es") else "en"
    name = locale.getlocale()[0] or ""
    return "es" if name.lower().startswith(("es", "spanish")) else "en"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One finding in the user's input.

    Attributes
    ----------
    rule : str
        Key of the rule that speaks, as in ``messages.toml``.
    problem, remedy : Text
        What is wrong, and what to do about it.
    file, sheet, column, value : str or None
        Where it stands, as the user sees it: her file, her sheet, her header, her text.
    row : int or None
        Row number as the spreadsheet shows it (the first row is 1).
    """

    rule: str
    problem: Text
    remedy: Text
    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None

    def place(self, language: Language | None = None) -> str:
        """Say where the fault stands, for example ``msmes.xlsx, sheet Firms, row 4, column latitude``."""
        sheet, row, column = (
            ("hoja", "fila", "columna")
            if (language or system_language()) == "es"
            else ("sheet", "row", "column")
        )
        parts = [
            self.file or "",
            f"{sheet} {self.sheet}" if self.sheet else "",
            f"{row} {self.row}" if self.row is not None else "",
            f"{column} {self.column}" if self.column else "",
        ]
        return ", ".join(part for part in parts if part)

    def tell(self, language: Language | None = None) -> str:
        """Write the whole finding on one line: place, problem, remedy."""
        place = self.place(language)
        sentence = f"{self.problem.speak(language)} {self.remedy.speak(language)}".strip()
        return f"{place}: {sentence}" if place else sentence


class WatershedError(Exception):
    """Base of every error this package raises on purpose; carries its :class:`Fault` list.

    Parameters
    ----------
    *faults : Fault
        At least one finding.
    """

    def __init__(self, *faults: Fault) -> None:
        super().__init__(*faults)
        self.faults: tuple[Fault, ...] = faults

    def tell(self, language: Language | None = None) -> str:
        """Write every finding, one a line."""
        return "\n".join(fault.tell(language) for fault in self.faults)

    def __str__(self) -> str:
        return self.tell()


class InputError(WatershedError, ValueError):
    """Something the user handed over cannot be used as it is: a table, a layer, a setting, an argument."""


class IntakeError(InputError):
    """A table has faults; ``faults`` holds every one of them, not just the first."""


class MissingFileError(InputError, FileNotFoundError):
    """A file that was named is not there."""


class UnitError(InputError, TypeError):
    """A unit is unknown, or of another dimension than the quantity needs."""
