"""Build ``departments.csv``: departments and provinces of the four countries, by ISO 3166-2.

Run it with ``pip install pycountry==26.2.16``, a package that the toolkit itself never imports:

    python data/reference/build_departments.py
"""

from __future__ import annotations

import csv
from pathlib import Path

import pycountry

COUNTRIES = ("SV", "GT", "HN", "PA")
SOURCE = "ISO 3166-2 as in pycountry 26.2.16 (Debian iso-codes, LGPL-2.1)"


def main() -> None:
    """Write ``departments.csv`` beside this script."""
    found = [place for country in COUNTRIES for place in pycountry.subdivisions.get(country_code=country)]
    found.sort(key=lambda place: (COUNTRIES.index(place.country_code), place.code))
    with (Path(__file__).parent / "departments.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["code", "country", "name", "kind", "source"])
        writer.writerows(
            [place.code, place.country_code, place.name, place.type.lower(), SOURCE] for place in found
        )
    print(f"{len(found)} departments")


if __name__ == "__main__":
    main()
