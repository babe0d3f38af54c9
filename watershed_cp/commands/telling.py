"""How the terminal tells: sentences, tables, and what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from watershed_cp.messages import label, number, texts

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    import pandas as pd

    from watershed_cp.errors import Language
    from watershed_cp.tables import Table

    Options = argparse.Namespace

__all__ = ["SHOWN", "say", "show", "write_table"]

SHOWN = 20
"""Rows of a table, or notes, that the terminal shows."""


def say(key: str, language: Language, **data: Any) -> None:
    """Print a sentence of the labels ``cli``."""
    print(label("cli", key, language, **data))


def show(table: pd.DataFrame, language: Language) -> None:
    """Print a table for people: headings in words, numbers as the four countries write them, unknowns as a dash."""
    known = texts("heading")
    words = {name: text.speak(language) for name, text in known.items()}
    plain = table.astype(object).where(table.notna(), "–")
    cells = plain.map(lambda cell: number(cell) if isinstance(cell, float) else words.get(cell, str(cell)))
    print(cells.rename(columns=words).to_string(index=False, justify="left"))


def write_table(name: str, declared: Table, table: pd.DataFrame, out: Path, language: Language) -> Path:
    """Write a table as workbook or CSV, as the file's name says."""
    from watershed_cp.publish.tables import save_csv, save_sheets

    if out.suffix.lower() == ".xlsx":
        return save_sheets([(name, declared, table)], out, language=language)
    return save_csv(table, out)
