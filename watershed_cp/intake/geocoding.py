"""Firms without coordinates, placed by the user's corrections, by their address online, or by their municipality.

A municipality is known to kilometres, which becomes ``location_accuracy_m``: where it lies across a divide, the
probability of the watershed says so. A name that several places bear is not guessed.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from watershed_cp.errors import InputError
from watershed_cp.intake.areas import country_of
from watershed_cp.intake.gazetteer import find_places, place_names
from watershed_cp.intake.headers import suggest
from watershed_cp.intake.providers import Answer
from watershed_cp.messages import fault, label

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from watershed_cp.errors import Fault
    from watershed_cp.intake.gazetteer import Place
    from watershed_cp.intake.providers import Geocoder

__all__ = ["geocode_firms"]

_SAME_PLACE_DEGREES = 0.1
_MOST_FAILURES = 3  # in succession; then a provider is left in peace
_NAMED_ROWS = 5
_WORDS = ("country", "department", "municipality", "address")


def geocode_firms(
    msmes: gpd.GeoDataFrame,
    *,
    geocoder: Geocoder | None = None,
    corrections: Mapping[str, Answer] | None = None,
) -> gpd.GeoDataFrame:
    """Place the firms that have no coordinates, and those that the user corrected.

    Parameters
    ----------
    msmes : GeoDataFrame
        As :func:`watershed_cp.read_msmes` gives it. Left as it is.
    geocoder : Geocoder, optional
        Who is asked for addresses; without one only municipalities are looked up, offline.
    corrections : mapping, optional
        By ``msme_id``, as :func:`watershed_cp.intake.corrections.read_corrections` gives it; they come before
        everything else.

    Returns
    -------
    GeoDataFrame
        A copy with ``longitude``, ``latitude``, ``location_accuracy_m`` (m), ``geometry`` and ``repairs`` filled in,
        and ``placed_by``: ``coordinates``, ``discharge``, ``correction``, ``address``, ``municipality`` or blank. A
        firm whose point of discharge is known needs no other. ``attrs["notes"]`` tells how many were placed by
        name, which names fit no place or several, and which firms have no location at all.

    Examples
    --------
    >>> import geopandas as gpd
    >>> row = {"msme_id": ["1"], "country": ["SV"], "municipality": ["Sta. Tecla"], "repairs": [""]}
    >>> blank = {"longitude": [math.nan], "latitude": [math.nan], "location_accuracy_m": [math.nan]}
    >>> firms = gpd.GeoDataFrame(row | blank, geometry=[None], crs=4326)
    >>> placed = geocode_firms(firms)
    >>> round(placed.geometry[0].x, 1), placed["placed_by"][0]
    (-89.3, 'municipality')
    """
    notes = [note for note in msmes.attrs.get("notes", ()) if note.rule != "location_unstated"]
    placed_by = _placed_by(msmes, corrections or {})
    answers = {
        int(row): (corrections or {})[msmes["msme_id"].iloc[row]] for row in _rows(placed_by, "correction")
    }
    open_rows = _rows(placed_by, "")
    words = dict(zip(open_rows, _words(msmes.iloc[open_rows]), strict=True))
    if geocoder is not None:
        found, told = _ask(geocoder, {row: where for row, where in words.items() if where.address})
        answers, notes = answers | found, notes + told
        placed_by[list(found)] = "address"
    places = {row: _look_up(where) for row, where in words.items() if row not in answers}
    by_name = {row: found for row, found in places.items() if isinstance(found, Answer)}
    placed_by[list(by_name)] = "municipality"
    placed = _written(msmes, answers | by_name)
    placed["placed_by"] = placed_by
    nobody = [firm for firm in corrections or {} if firm not in set(msmes["msme_id"])]
    notes += [fault("correction_of_nobody", value=firm) for firm in nobody]
    placed.attrs["notes"] = (*notes, *_notes(msmes, words, places))
    return placed


class _Where(NamedTuple):
    """What a firm's row says in words of where it stands."""

    country: str
    department: str
    municipality: str
    address: str


def _placed_by(msmes: pd.DataFrame, corrections: Mapping[str, Answer]) -> np.ndarray[Any, Any]:
    """Tell what has placed each firm already."""
    placed_by = np.where(msmes.geometry.isna(), "", "coordinates").astype(object)
    if "discharge_latitude" in msmes:
        placed_by[(msmes["discharge_latitude"].notna() & (placed_by == "")).to_numpy()] = "discharge"
    placed_by[msmes["msme_id"].isin(list(corrections)).to_numpy()] = "correction"
    return placed_by


def _rows(placed_by: np.ndarray[Any, Any], how: str) -> list[int]:
    return [int(row) for row in np.flatnonzero(placed_by == how)]


def _words(firms: pd.DataFrame) -> list[_Where]:
    """Collect what rows say; the country may follow from the department."""
    columns = [firms[name].tolist() if name in firms else [""] * len(firms) for name in _WORDS]
    said = (
        _Where(*(cell if isinstance(cell, str) else "" for cell in cells))
        for cells in zip(*columns, strict=True)
    )
    return [
        where if where.country else where._replace(country=country_of(where.department)) for where in said
    ]


def _ask(geocoder: Geocoder, words: dict[int, _Where]) -> tuple[dict[int, Answer], list[Fault]]:
    """Ask for addresses, until the provider has been silent several times in succession."""
    found: dict[int, Answer] = {}
    told: list[Fault] = []
    failures = 0
    for row, where in words.items():
        if failures == _MOST_FAILURES:
            break
        query = ", ".join(filter(None, (where.address, where.municipality, where.department)))
        try:
            answer = geocoder.locate(query, where.country) if where.country else None
            failures = 0
        except InputError as error:
            answer, failures = None, failures + 1
            told += error.faults
        if answer is not None:
            found[row] = answer
    return found, told


@functools.lru_cache(maxsize=10_000)
def _look_up(where: _Where) -> Answer | tuple[Place, ...]:
    """Give the place that a municipality's name means, or the places between which it leaves the choice."""
    if not (where.country and where.municipality):
        return ()
    places = find_places(where.municipality, where.country, where.department)
    if not places:
        return ()
    best = places[0]
    rivals = tuple(one for one in places if _apart(one, best))
    if rivals:
        return (best, *rivals)
    matched = f"{best.name}, {best.department}" if best.department else best.name
    if best.likeness < 100:  # noqa: PLR2004  percent
        matched = f"{matched} ({best.likeness:g} %)"
    return Answer(best.longitude, best.latitude, best.radius_m, "municipality", matched, where.municipality)


def _apart(one: Place, two: Place) -> bool:
    degrees = math.dist((one.longitude, one.latitude), (two.longitude, two.latitude))
    return degrees > _SAME_PLACE_DEGREES


def _written(msmes: gpd.GeoDataFrame, answers: dict[int, Answer]) -> gpd.GeoDataFrame:
    """Give a copy of the firms with what was answered filled in."""
    placed = msmes.copy()
    rows = list(answers)
    for name in ("longitude", "latitude", "accuracy_m"):
        column = "location_accuracy_m" if name == "accuracy_m" else name
        values = placed[column].to_numpy(dtype=float, copy=True)
        values[rows] = [getattr(answer, name) for answer in answers.values()]
        placed[column] = values
    points = placed.geometry.to_numpy(copy=True)
    points[rows] = [shapely.Point(answer.longitude, answer.latitude) for answer in answers.values()]
    repairs = placed["repairs"].fillna("").astype(object).to_numpy(copy=True)
    for row, answer in answers.items():
        matched = answer.matched.replace(";", ",")
        key = {"correction": "corrected", "municipality": "by_municipality"}.get(answer.provider, "geocoded")
        said = label(
            "repairs", key, value=matched if key == "by_municipality" else f"{answer.provider}: {matched}"
        )
        repairs[row] = "; ".join(filter(None, (repairs[row], said)))
    placed["repairs"] = repairs
    return placed.set_geometry(points, crs=msmes.crs)


def _notes(
    msmes: pd.DataFrame, words: dict[int, _Where], places: dict[int, Answer | tuple[Place, ...]]
) -> list[Fault]:
    """Tell once for each name which rows it places, leaves open or does not find, and which rows say nothing."""
    groups: dict[tuple[str, str, str], list[int]] = {}
    for row, found in places.items():
        name, country = words[row].municipality, words[row].country
        if isinstance(found, Answer):
            groups.setdefault(("placed_by_name", "", ""), []).append(row)
        elif not (name and country):
            groups.setdefault(("location_unstated", "", ""), []).append(row)
        elif found:
            choices = " | ".join(f"{one.name} ({one.department})" for one in found)
            groups.setdefault(("place_ambiguous", name, choices), []).append(row)
        else:
            groups.setdefault(("place_unknown", name, country), []).append(row)
    return [_note(msmes, rows, *key) for key, rows in sorted(groups.items(), key=lambda group: group[1][0])]


def _note(msmes: pd.DataFrame, rows: list[int], rule: str, name: str, detail: str) -> Fault:
    numbers = [int(number) for number in msmes["source_row"].iloc[rows]] if "source_row" in msmes else rows
    first = ", ".join(map(str, numbers[:_NAMED_ROWS]))
    listed = first if len(rows) <= _NAMED_ROWS else f"{first} … ({len(rows)})"
    data: dict[str, Any] = {"rows": listed, "count": len(rows), "choices": detail}
    if rule == "place_unknown":
        data["suggestion"] = suggest(name, place_names(detail))
    where = msmes.iloc[rows[0]]
    return fault(
        rule,
        file=where.get("source_file"),
        sheet=where.get("source_sheet") or None,
        value=name or None,
        **data,
    )
