"""The reference data that ships with the package: pollutants, header aliases, size classes, factors.

Every table stands as a CSV in ``data/reference`` with a ``source`` column; nothing here is a number.
"""

from __future__ import annotations

import csv
import functools
from pathlib import Path
from typing import TYPE_CHECKING

from watershed_cp.errors import Text

if TYPE_CHECKING:
    from watershed_cp.errors import Language

__all__ = [
    "data_path",
    "isic_codes",
    "isic_sections",
    "known_radius_m",
    "not_summed",
    "pollutant_name",
    "read_reference",
    "size_rules",
]


def data_path(*parts: str) -> Path:
    """Give the path of a file of the built-in data, in a checkout as in an installed wheel.

    Parameters
    ----------
    *parts : str
        Path below ``data``, for example ``"demo", "project.toml"``.

    Returns
    -------
    pathlib.Path
        Absolute path; the file need not exist.

    Examples
    --------
    >>> data_path("reference").is_dir()
    True
    """
    package = Path(__file__).resolve().parent
    installed = package / "data"
    return (installed if installed.is_dir() else package.parent / "data").joinpath(*parts)


@functools.cache
def read_reference(name: str) -> tuple[dict[str, str], ...]:
    """Read one reference table as a tuple of rows, every cell as text.

    Parameters
    ----------
    name : str
        File name below ``data/reference`` without its ending, for example ``"pollutants"``.

    Returns
    -------
    tuple of dict
        One dict a row, keys from the header line.

    Raises
    ------
    FileNotFoundError
        If no such table ships.

    Examples
    --------
    >>> read_reference("pollutants")[0]["pollutant"]
    'BOD5'
    """
    with data_path("reference", f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@functools.cache
def known_radius_m(kind: str) -> float:
    """Give the radius that holds 95 % of the places of a kind, in metres, as ``location_accuracy`` has it.

    Examples
    --------
    >>> known_radius_m("address_point")
    30.0
    """
    return float(
        next(row["radius_95_m"] for row in read_reference("location_accuracy") if row["kind"] == kind)
    )


def pollutant_name(code: str, language: Language | None = None) -> str:
    """Give the short name of a pollutant; one that the registry lacks keeps its own.

    Examples
    --------
    >>> pollutant_name("BOD5", "es"), pollutant_name("Glyphosate", "es")
    ('DBO5', 'Glyphosate')
    """
    names = _short_names().get(code)
    return names.speak(language) if names else code


@functools.cache
def _short_names() -> dict[str, Text]:
    return {row["pollutant"]: Text(row["short_es"], row["short_en"]) for row in read_reference("pollutants")}


@functools.cache
def not_summed() -> frozenset[str]:
    """Give the codes of what is measured but is no mass, such as pH and temperature: never added up.

    Examples
    --------
    >>> "pH" in not_summed(), "BOD5" in not_summed()
    (True, False)
    """
    return frozenset(row["pollutant"] for row in read_reference("pollutants") if row["additive"] == "no")


@functools.cache
def isic_codes() -> frozenset[str]:
    """Give the codes of ISIC Rev. 4 of every level: section, division, group and class.

    Examples
    --------
    >>> {"C", "10", "104", "1040"} <= isic_codes()
    True
    """
    return frozenset(row["code"] for row in read_reference("isic"))


@functools.cache
def isic_sections() -> dict[str, str]:
    """Give the ISIC Rev. 4 section of each division of two digits.

    Examples
    --------
    >>> isic_sections()["10"]
    'C'
    """
    return {row["code"]: row["section"] for row in read_reference("isic") if row["level"] == "division"}


@functools.cache
def size_rules() -> tuple[tuple[str, float, float, str], ...]:
    """Give the size classes that people employed decide by a rule in force: country, least, most, class.

    Examples
    --------
    >>> size_rules()[0]
    ('SV', 0.0, 10.0, 'micro')
    """
    return tuple(
        (
            row["country"],
            float(row["employees_min"] or 0),
            float(row["employees_max"] or "inf"),
            row["size_class"],
        )
        for row in read_reference("size_classes")
        if row["status"] == "current" and row["by_employees"] == "yes"
    )
