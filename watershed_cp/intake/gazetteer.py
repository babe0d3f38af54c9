"""Towns and municipalities of the four countries by name, without a network.

Names come from GeoNames, with what it lacks in the four watersheds, usual short names, and El Salvador's
municipalities of 2024, each as the middle of the districts it is made of. A name alone is known to kilometres.
"""

from __future__ import annotations

import csv
import functools
import math
import re
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from watershed_cp.intake.headers import fold
from watershed_cp.reference import data_path

__all__ = ["Place", "find_places"]

_LIKENESS = 88  # percent; below it other towns begin to answer
_KM_PER_DEGREE = 111.32
_SHORT = {
    "sta": "santa",
    "sto": "santo",
    "pto": "puerto",
    "cd": "ciudad",
    "ant": "antiguo",
    "s": "san",
    "gral": "general",
    "sn": "san",
}
_TITLES = re.compile(
    r"^(municipio|municipalidad|distrito|corregimiento|villa|pueblo|ciudad|alcaldia) (de |del )?"
)


@dataclass(frozen=True)
class Place:
    """A place that a name may mean.

    Attributes
    ----------
    name, country, department : str
        Its own name, ISO code, and department (empty where not known).
    longitude, latitude : float
        Its middle, EPSG:4326.
    radius_m : float
        Within this distance 95 % of what bears its name lies.
    kind : {"town", "municipality"}
        A town with its surroundings, or a municipality of several districts.
    population : int
        People, 0 where not known.
    likeness : float
        100 where the names agree, less where only nearly.
    """

    name: str
    country: str
    department: str
    longitude: float
    latitude: float
    radius_m: float
    kind: str
    population: int
    likeness: float = 100.0


def find_places(name: str, country: str, department: str | None = None) -> tuple[Place, ...]:
    """Find the places of a country that a name can mean, the likeliest first.

    Parameters
    ----------
    name : str
        As written: ``Sta. Tecla``, ``Municipio de Apopa``, ``Gualán, Zacapa``.
    country : str
        ISO code.
    department : str, optional
        Narrows homonyms, where it is known to the gazetteer.

    Returns
    -------
    tuple of Place
        Empty where nothing is alike; several where places share the name.

    Examples
    --------
    >>> [(place.name, place.likeness) for place in find_places("Sta. Tecla", "SV")]
    [('Santa Tecla', 100.0)]
    >>> find_places("no sabe", "HN")
    ()
    """
    known = _index(country)
    head, _, tail = name.partition(",")
    keys = dict.fromkeys(key for key in _keys(head, country) if key)
    exact = next((known[key] for key in keys if key in known), ())
    found = exact or _alike(keys, known)
    for hint in (department, tail):
        wanted = _key(hint or "")
        here = tuple(place for place in found if wanted and wanted in _key(place.department))
        found = here or found
    return tuple(sorted(found, key=lambda place: (-place.likeness, -place.population)))


def _alike(keys: dict[str, None], known: dict[str, tuple[Place, ...]]) -> tuple[Place, ...]:
    for key in keys:
        close = process.extractOne(key, known.keys(), scorer=fuzz.ratio, score_cutoff=_LIKENESS)
        if close is not None and len(key) > 4:  # noqa: PLR2004  four letters are alike by chance
            return tuple(
                Place(**(vars(place) | {"likeness": round(close[1], 1)})) for place in known[close[0]]
            )
    return ()


def _keys(name: str, country: str) -> list[str]:
    """Give the spellings to look a name up by: whole, without its title, without a department at its end."""
    whole = " ".join(_SHORT.get(word, word) for word in fold(name).split())
    bare = _TITLES.sub("", whole)
    ends = [bare.removesuffix(f" {fold(department)}") for department in _departments(country)]
    return [_key(text) for text in (whole, bare, *(end for end in ends if end != bare))]


def _key(name: str) -> str:
    return fold(name).replace(" ", "")


@functools.cache
def _departments(country: str) -> tuple[str, ...]:
    return tuple({row["department"] for row in _read("places") if row["country"] == country})


@functools.cache
def _read(name: str) -> tuple[dict[str, str], ...]:
    with data_path("gazetteer", f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@functools.cache
def _index(country: str) -> dict[str, tuple[Place, ...]]:
    """Map every spelling of a country's places to the places that bear it."""
    index: dict[str, list[Place]] = {}
    for row in (*_read("places"), *_read("places_added")):
        if row["country"] == country:
            place = _town(row)
            for spelling in {row["name"], *row["aliases"].split("|")} - {""}:
                index.setdefault(_key(spelling), []).append(place)
    for row in _read("aliases"):
        if row["country"] == country:
            index[_key(row["alias"])] = [
                *index.get(_key(row["alias"]), []),
                *index.get(_key(row["name"]), []),
            ]
    if country == "SV":
        for place in _municipalities(index):
            index.setdefault(_key(place.name), []).append(place)
    return {key: tuple(dict.fromkeys(places)) for key, places in index.items()}


def _town(row: dict[str, str]) -> Place:
    radius = next(float(line["radius_m"]) for line in _read("radii") if line["country"] == row["country"])
    return Place(
        row["name"],
        row["country"],
        row.get("department", ""),
        float(row["longitude"]),
        float(row["latitude"]),
        radius,
        "town",
        int(row.get("population") or 0),
    )


def _municipalities(index: dict[str, list[Place]]) -> list[Place]:
    """Make El Salvador's municipalities of 2024 out of their districts, where at least half are known."""
    made = []
    for row in _read("municipalities_sv"):
        districts, department = row["districts"].split("|"), row["municipality"].rpartition(" ")[0]
        known = (index.get(_key(district), ()) for district in districts)
        parts = [
            next((one for one in places if one.department in ("", department)), None) for places in known
        ]
        towns = [part for part in parts if part is not None]
        if 2 * len(towns) >= len(districts):
            made.append(_middle(row["municipality"], department, towns))
    return made


def _middle(name: str, department: str, towns: list[Place]) -> Place:
    """Make one place of several: the middle of them, with a radius that reaches beyond the farthest."""
    longitude = sum(town.longitude for town in towns) / len(towns)
    latitude = sum(town.latitude for town in towns) / len(towns)
    away = [math.dist((town.longitude, town.latitude), (longitude, latitude)) for town in towns]
    radius = max(away) * _KM_PER_DEGREE * 1000 + towns[0].radius_m
    people = sum(town.population for town in towns)
    return Place(name, towns[0].country, department, longitude, latitude, radius, "municipality", people)
