"""Links to maps, well-known text, GeoJSON and plus codes: the part of a text that holds the location."""

from __future__ import annotations

import re
import urllib.parse
from typing import TYPE_CHECKING

from watershed_cp.errors import InputError
from watershed_cp.intake.angles import Reading, cell_radius_m
from watershed_cp.intake.gazetteer import find_places
from watershed_cp.intake.grids import find_grid, project
from watershed_cp.intake.headers import shorten
from watershed_cp.messages import fault

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["read_notations", "unwrap_link"]

_NUMBER = r"(-?(?<![\d.])\d{1,3}(?:\.\d+)?)(?!\.?\d)"
_SHORT_LINK = re.compile(
    r"\b(goo\.gl|maps\.app\.goo\.gl|bit\.ly|t\.ly|tinyurl\.com|w3w\.co|what3words\.com)\b", re.IGNORECASE
)
_LINK = re.compile(
    r"(?:^|(?<=[\s(:<]))(https?://|www\.|geo:|waze:|maps\.google|maps\.apple|google\.)", re.IGNORECASE
)
_IN_LINK = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"!3d{_NUMBER}!4d{_NUMBER}",
        rf"[?&#](?:mlat={_NUMBER}&mlon={_NUMBER}|lat={_NUMBER}&(?:lon|lng)={_NUMBER})",
        rf"[?&](?:q|query|ll|sll|daddr|destination|saddr|cbll|center|to|navigate_to|coordinate|cp)=(?:loc:|ll\.)?{_NUMBER}\s*[,~]\s*{_NUMBER}",
        rf"/(?:search|place|dir)/(?:[^/]*/)?{_NUMBER},\s*{_NUMBER}",
        rf"\bgeo:{_NUMBER},{_NUMBER}",
    )
)
_VIEWS = (re.compile(rf"@{_NUMBER},{_NUMBER}"), re.compile(rf"#map=\d+(?:\.\d+)?/{_NUMBER}/{_NUMBER}"))
_VIEW_ACCURACY_M = 200.0  # the middle of a street-level view, not the place itself
_SRID = re.compile(r"SRID\s*=\s*(\d+)\s*;", re.IGNORECASE)
_METRES_WKT = re.compile(r"POINT\s*\(\s*(\d{4,8}(?:\.\d+)?)\s+(\d{4,8}(?:\.\d+)?)\s*\)", re.IGNORECASE)
_WKT = re.compile(rf"POINT\s*(?:Z|M|ZM)?\s*\(\s*{_NUMBER}\s+{_NUMBER}(?:\s+-?[\d.]+)*\s*\)", re.IGNORECASE)
_GEOJSON = re.compile(rf'"coordinates"\s*:\s*\[\s*{_NUMBER}\s*,\s*{_NUMBER}')
_DIGITS = "23456789CFGHJMPQRVWX"
_SHORT_DIGITS = 4  # leave out a degree, 111 km: a town can complete that, and no less
_PLUS_CODE = re.compile(rf"(?<![A-Z0-9])([{_DIGITS}]{{8}})\+([{_DIGITS}]{{2,7}})(?![A-Z0-9])", re.IGNORECASE)
_SHORT_CODE = re.compile(
    rf"\b([{_DIGITS}]{{2}}|[{_DIGITS}]{{4}}|[{_DIGITS}]{{6}})\+[{_DIGITS}]{{2,3}}(?![A-Z0-9])", re.IGNORECASE
)


def unwrap_link(text: str) -> str:
    """Take a link's percent-encoding away, and refuse the links that only a server can resolve.

    Raises
    ------
    InputError
        If the link is a short one.

    Examples
    --------
    >>> unwrap_link("https://waze.com/ul?ll=13.6%2C-89.1")
    'https://waze.com/ul?ll=13.6,-89.1'
    """
    if _SHORT_LINK.search(text):
        raise InputError(fault("location_short_link", value=shorten(text)))
    return urllib.parse.unquote_plus(text) if _LINK.search(text) else text


def read_notations(text: str, country: str = "") -> Iterator[Reading]:
    """Give the readings of a text that follows a notation of its own.

    Parameters
    ----------
    text : str
        As written, links unwrapped.
    country : str
        ISO code in which the town behind a short plus code lies, empty where not known.

    Yields
    ------
    Reading
        Nothing where the text is none of these.

    Raises
    ------
    InputError
        If the text is a short plus code without a town that is known, or in a reference system not known here.

    Examples
    --------
    >>> next(read_notations("POINT Z (-89.19 13.69 600)")).latitude
    13.69
    """
    grid = find_grid(f"EPSG:{srid[1]}") if (srid := _SRID.search(text)) else None
    if grid is not None:
        if match := _METRES_WKT.search(text):
            yield Reading(*project(grid, float(match[1]), float(match[2])), grid.accuracy_m, explicit=True)
        return
    for pattern in (_WKT, _GEOJSON):
        if match := pattern.search(text):
            yield _reading(match[2], match[1])
    if match := _PLUS_CODE.search(text):
        yield _plus_code((match[1] + match[2]).upper())
    elif match := _SHORT_CODE.search(text):
        yield _near_place(match, text, country)
    if _LINK.search(text):
        yield from _link(text)


def _link(text: str) -> Iterator[Reading]:
    for pattern in _IN_LINK:
        if match := pattern.search(text):
            latitude, longitude = filter(None, match.groups())
            yield _reading(latitude, longitude)
            return
    for pattern in _VIEWS:
        if match := pattern.search(text):
            found = _reading(match[1], match[2])
            yield Reading(
                found.longitude, found.latitude, _VIEW_ACCURACY_M, (("view", ""),), 0, explicit=True
            )
            return


def _reading(latitude: str, longitude: str) -> Reading:
    decimals = max(len(number.partition(".")[2]) for number in (latitude, longitude))
    return Reading(float(longitude), float(latitude), cell_radius_m(10.0**-decimals), explicit=True)


def _near_place(match: re.Match[str], text: str, country: str) -> Reading:
    """Complete a plus code of four digits, ``MRX5+HC San Salvador``, by the town that follows it."""
    places = find_places(text[match.end() :].strip(" ,"), country) if country else ()
    if len(places) != 1 or len(match[1]) != _SHORT_DIGITS:
        raise InputError(fault("location_short_code", value=shorten(text)))
    town = places[0]
    fields = [divmod(degrees, 20) for degrees in (town.latitude + 90, town.longitude + 180)]
    prefix = "".join(_DIGITS[int(field[part])] for part in (0, 1) for field in fields)
    found = _plus_code(prefix + match[0].replace("+", "").upper())
    latitude = found.latitude + round(town.latitude - found.latitude)
    longitude = found.longitude + round(town.longitude - found.longitude)
    return Reading(longitude, latitude, found.accuracy_m, (("town", town.name),), 0, explicit=True)


def _plus_code(code: str) -> Reading:
    """Decode an Open Location Code: five pairs of base 20, then a grid of four columns by five rows a digit."""
    south, west, height, width = -90.0, -180.0, 400.0, 400.0
    for place in range(0, min(len(code), 10), 2):
        height, width = height / 20, width / 20
        south += _DIGITS.index(code[place]) * height
        west += _DIGITS.index(code[place + 1]) * width
    for digit in code[10:]:
        height, width = height / 5, width / 4
        row, column = divmod(_DIGITS.index(digit), 4)
        south, west = south + row * height, west + column * width
    return Reading(west + width / 2, south + height / 2, cell_radius_m(max(height, width)), explicit=True)
