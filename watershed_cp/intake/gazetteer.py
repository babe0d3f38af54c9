"""Towns and municipalities of the four countries by name, without a network.

Names come from GeoNames and geoBoundaries, with what they lack in the four watersheds, usual short names, and El
Salvador's municipalities of 2024, each as the middle of the districts it is made of. A name alone is known to
kilometres.
"""

from __future__ import annotations

import csv
import functools
import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rapidfuzz import fuzz, process

from watershed_cp.intake.angles import METRES_PER_DEGREE
from watershed_cp.intake.headers import fold
from watershed_cp.reference import data_path, known_radius_m

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Place", "find_places", "place_names"]

_LIKENESS = 88  # percent; below it other towns begin to answer
_SEAT_DEGREES = 0.25
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
    for hint in filter(None, map(_key, (department or "", tail))):
        here = tuple(place for place in found if hint in _key(place.department))
        if here or hint in map(_key, _departments(country)):  # elsewhere only if the hint is no department
            found = here or tuple(place for place in found if not place.department)
    return tuple(sorted(found, key=lambda place: (-place.likeness, -place.population)))


def _alike(keys: dict[str, None], known: dict[str, tuple[Place, ...]]) -> tuple[Place, ...]:
    for key in keys:
        close = process.extractOne(key, known.keys(), scorer=fuzz.ratio, score_cutoff=_LIKENESS)
        if close is not None and len(key) > 4:  # noqa: PLR2004  four letters are alike by chance
            return tuple(replace(place, likeness=round(close[1], 1)) for place in known[close[0]])
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


def place_names(country: str) -> tuple[str, ...]:
    """Give the names of a country's places, to suggest one of them.

    Examples
    --------
    >>> "Soyapango" in place_names("SV"), place_names("XX")
    (True, ())
    """
    return tuple(dict.fromkeys(place.name for places in _index(country).values() for place in places))


@functools.cache
def _index(country: str) -> dict[str, tuple[Place, ...]]:
    """Map every spelling of a country's places to the places that bear it."""
    index: dict[str, list[Place]] = {}
    municipalities = _municipalities(country)
    for row in (*_read("places"), *_read("places_added")):
        if row["country"] == country:
            keys = {_key(spelling) for spelling in {row["name"], *row["aliases"].split("|")} - {""}}
            place = _town(row, [municipalities.get(key, []) for key in keys])
            for key in keys:
                index.setdefault(key, []).append(place)
    for key, places in municipalities.items():
        new = [one for one in places if not any(_same(one, place) for place in index.get(key, ()))]
        index.setdefault(key, []).extend(new)
    for row in _read("aliases"):
        if row["country"] == country:
            alias, name = _key(row["alias"]), _key(row["name"])
            index[alias] = [*index.get(alias, []), *index.get(name, [])]
    if country == "SV":
        _add_reform(index)
    return {key: tuple(dict.fromkeys(places)) for key, places in index.items()}


def _municipalities(country: str) -> dict[str, list[Place]]:
    """Read the municipalities of a country by the key of their name."""
    found: dict[str, list[Place]] = {}
    for row in _read("municipalities"):
        if row["country"] == country:
            found.setdefault(_key(row["name"]), []).append(
                _place(row, float(row["radius_m"]), "municipality")
            )
    return found


def _town(row: dict[str, str], namesakes: list[list[Place]]) -> Place:
    """Make a place of a town, with the radius of its municipality where that is known."""
    place = _place(row, known_radius_m(f"municipality_{row['country']}"), "town")
    own = next((one for places in namesakes for one in places if _same(one, place)), None)
    return replace(place, radius_m=own.radius_m) if own else place


def _place(row: dict[str, str], radius_m: float, kind: str) -> Place:
    people = int(row.get("population") or 0)
    where = float(row["longitude"]), float(row["latitude"])
    return Place(row["name"], row["country"], row.get("department", ""), *where, radius_m, kind, people)


def _same(municipality: Place, town: Place) -> bool:
    """Tell whether a town is the seat of the municipality that bears its name."""
    apart = math.dist((municipality.longitude, municipality.latitude), (town.longitude, town.latitude))
    return apart < _SEAT_DEGREES and town.department in ("", municipality.department)


def _add_reform(index: dict[str, list[Place]]) -> None:
    """Add El Salvador's municipalities of 2024, each made of its districts; one not known lies somewhere in it."""
    made = []
    for row in _read("municipalities_sv"):
        department, districts = row["department"], row["districts"].split("|")
        known = {
            district: _in_department(index.get(_key(district), ()), department) for district in districts
        }
        whole = _middle(row["municipality"], department, [place for place in known.values() if place])
        made.append(whole)
        made += [
            replace(whole, name=district, population=0) for district, place in known.items() if not place
        ]
    for place in made:
        index.setdefault(_key(place.name), []).append(place)


def _in_department(places: Iterable[Place], department: str) -> Place | None:
    return next((place for place in places if place.department in ("", department)), None)


def _middle(name: str, department: str, towns: list[Place]) -> Place:
    """Make one place of several: the middle of them, with a radius that reaches beyond the farthest."""
    longitude = sum(town.longitude for town in towns) / len(towns)
    latitude = sum(town.latitude for town in towns) / len(towns)
    away = (
        math.dist((town.longitude, town.latitude), (longitude, latitude)) * METRES_PER_DEGREE + town.radius_m
        for town in towns
    )
    people = sum(town.population for town in towns)
    return Place(name, towns[0].country, department, longitude, latitude, max(away), "municipality", people)
