"""Metres on a national grid, as longitude and latitude: UTM, Guatemala's GTM, El Salvador's Lambert, MGRS.

A grid is never guessed by itself: every grid that could be meant gives a reading, and where more than one falls
into the area asked for, the text is refused by whoever chooses. PROJ may not fall back on a ballpark shift.
"""

from __future__ import annotations

import csv
import functools
import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from watershed_cp.errors import InputError
from watershed_cp.intake.angles import FINEST_M, Reading
from watershed_cp.intake.headers import shorten
from watershed_cp.messages import fault
from watershed_cp.reference import data_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from watershed_cp.intake.areas import Area

__all__ = ["Grid", "find_grid", "project", "read_grid", "read_mgrs"]

_MOST_ZONES = 6  # over a wider box a zone cannot be found by trying
_MGRS_DIGITS = 5  # a side: one metre
_DATUM_UNKNOWN_M = 200.0  # NAD27 and WGS 84 lie up to 194 m apart here (NIMA TR8350.2)

_AXIS = r"(M?E|M?N|X|Y|ESTE|NORTE|EASTING|NORTHING)"
_METRES = r"(-?\d{4,8}(?:[.,]\d+)?)"
_PAIR = re.compile(
    rf"\W*(?:{_AXIS}[\s:=.]*)?{_METRES}\s*(?:M\b)?\.?\s*{_AXIS}?"
    rf"[\s,;/|]*(?:{_AXIS}[\s:=.]*)?(?<![\d.]){_METRES}\s*(?:M\b)?\.?\s*{_AXIS}?\W*"
)
_ZONES = (
    re.compile(r"(?:ZONA|ZONE|HUSO|Z)[\s:=.]*(\d{1,2})\s*°?\s*(NORTE|[C-HJ-NP-X])?(?![A-Z\d])"),
    re.compile(r"(?:UTM)[\s:=.-]*(\d{1,2})\s*([C-HJ-NP-X])?(?![A-Z\d])"),
    re.compile(r"(?<!\d)(\d{1,2})\s*([C-HJ-NP-X])(?=[\s,;])"),
    re.compile(r"(?<=[\s,;])(\d{1,2})\s*([C-HJ-NP-X])$"),
    re.compile(r"^(1[5-8])()(?=\s+\d{6}\D)"),
)
_COMMAS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?!\d)")
_MANY_DOTS = re.compile(r"(?<![\d.,])\d{1,3}(?:\.\d{3}){2,}(?!\d)")
_DOTS = re.compile(r"(?<![\d.,])\d{1,3}(?:\.\d{3})+(?!\d)")
_DATUMS = re.compile(r"(NAD\s*-?\s*(?:19)?27|WGS\s*-?\s*(?:19)?84|SIRGAS\S*)")
_SYSTEMS = re.compile(r"(GTM|LAMBERT|UTM|DATUM|COORDENADAS?|COORDINATES?|GPS)")
_MGRS = re.compile(
    r"(?<![A-Z\d])(\d{1,2}[C-HJ-NP-X])\s*([A-HJ-NP-Z][A-HJ-NP-V])\s*"
    r"(?:((?:\d\d){2,5})|(?=(\d+)\s+(\d+)(?![\d]))(?:\d{2}\s+\d{2}|\d{3}\s+\d{3}|\d{4}\s+\d{4}|\d{5}\s+\d{5}))(?!\s*\d)"
)


class Grid(NamedTuple):
    """A projected system: its name for people, what PROJ calls it, and how well it leads to WGS 84."""

    name: str
    crs: str
    accuracy_m: float


def project(grid: Grid, x: float, y: float) -> tuple[float, float]:
    """Give longitude and latitude (EPSG:4326) of a point on a grid; NaN where the grid has none.

    Examples
    --------
    >>> [round(degrees, 4) for degrees in project(_utm(16, nad27=False, stated=True), 262993, 1515506)]
    [-89.1914, 13.699]
    """
    longitude, latitude = _transformer(grid.crs).transform(x, y)
    return (longitude, latitude) if math.isfinite(longitude + latitude) else (math.nan, math.nan)


@functools.cache
def _transformer(crs: str) -> Any:
    import pyproj

    return pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True, allow_ballpark=False)


def _utm(zone: int, *, nad27: bool, stated: bool, south: bool = False) -> Grid:
    code = (26700 if nad27 else 32700 if south else 32600) + zone
    name = f"UTM {zone}{'S' if south else 'N'}{', NAD27' if nad27 else ''}"
    return Grid(name, f"EPSG:{code}", FINEST_M if stated else _DATUM_UNKNOWN_M)


@functools.cache
def _national() -> tuple[tuple[str, Grid], ...]:
    with data_path("gazetteer", "grids.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return tuple(
        (row["countries"], Grid(row["grid"], row["crs"], max(float(row["accuracy_m"]), FINEST_M)))
        for row in rows
    )


def find_grid(written: str) -> Grid | None:
    """Give the grid that a text names, or None where it names longitude and latitude on WGS 84.

    Parameters
    ----------
    written : str
        For example ``UTM 16N``, ``NAD27 UTM zona 16``, ``GTM``, ``Lambert NAD27``, ``EPSG:32616``.

    Raises
    ------
    InputError
        If the text names nothing known.

    Examples
    --------
    >>> find_grid("UTM zona 16 N, NAD27").name, find_grid("WGS 84")
    ('UTM 16N, NAD27', None)
    """
    text = written.upper().strip()
    if match := re.fullmatch(r"(?:EPSG\s*:?\s*)?(326|327|267)(\d\d)", text):
        return _utm(int(match[2]), nad27=match[1] == "267", stated=True, south=match[1] == "327")
    if re.fullmatch(
        r"(EPSG\s*:?\s*)?4326|(GEOGR[AÁ]FICAS?\s*)?(WGS|SIRGAS)[\s_-]*(19)?(84|ES2007\S*)?", text
    ):
        return None
    nad27 = "NAD" in text and "27" in text
    for _, grid in _national():
        if grid.name.split()[0].upper() in text and ("NAD27" in grid.name) == nad27:
            return grid
    zone, _, letter = _take_zone(f"UTM {text}" if text[:1].isdigit() else text)
    if not 1 <= zone <= 60:  # noqa: PLR2004
        raise InputError(fault("crs_unknown", value=shorten(written)))
    return _utm(zone, nad27=nad27, stated=bool(_DATUMS.search(text)), south=letter in tuple("CDEFGHJKLM"))


def read_grid(text: str, area: Area) -> Iterator[Reading]:
    """Give every reading of a text as metres on a grid that reaches into an area.

    Parameters
    ----------
    text : str
        As written; ``16P 262993 1515506``, ``X=262993 Y=1515506 zona 16``, ``262993, 1515506``.
    area : Area
        Where the location must be: without a zone in the text, every zone of the area is tried.

    Yields
    ------
    Reading
        One a grid and order of the two numbers.

    Examples
    --------
    >>> from watershed_cp.intake.areas import area_of
    >>> reading = next(read_grid("UTM 16N 262993E 1515506N", area_of("SV")))
    >>> round(reading.longitude, 4), round(reading.latitude, 4)
    (-89.1914, 13.699)
    """
    upper = _ungroup(" ".join(text.upper().split()).strip(" .,;()"))
    datum = _DATUMS.search(upper)
    system = _SYSTEMS.findall(upper)
    zone, rest, letter = _take_zone(_DATUMS.sub(" ", upper))
    match = _PAIR.fullmatch(_SYSTEMS.sub(" ", rest).strip(" ,;:()"))
    if match is None:
        return
    nad27 = bool(datum and "27" in datum[0])
    grids = _possible(zone, letter, system, area, nad27=nad27, stated=bool(datum))
    for x, y, swapped in _orders(match):
        for grid, effort, repairs in grids:
            longitude, latitude = project(grid, x, y)
            reading = Reading(longitude, latitude, grid.accuracy_m, repairs, effort, explicit=bool(zone))
            if not math.isnan(longitude):
                yield reading.mended("swapped") if swapped else reading


def _ungroup(text: str) -> str:
    """Take the marks of thousands away; ``262.993`` has one where ``1.515.506`` beside it does."""
    plain = _COMMAS.sub(lambda match: match[0].replace(",", ""), text)
    return _DOTS.sub(lambda match: match[0].replace(".", ""), plain) if _MANY_DOTS.search(text) else plain


def _take_zone(text: str) -> tuple[int, str, str]:
    """Take the UTM zone out of a text: its number (0 where none), the rest, its letter."""
    for pattern in _ZONES:
        if match := pattern.search(text):
            rest = f"{text[: match.start()]} {text[match.end() :]}"
            return int(match[1]), rest.strip(), (match[2] or "")[:1]
    return 0, text, ""


def _possible(
    zone: int, letter: str, system: list[str], area: Area, *, nad27: bool, stated: bool
) -> list[tuple[Grid, int, tuple[tuple[str, str], ...]]]:
    """List the grids that may be meant, each with its effort and what it takes for granted."""
    if zone:
        south = letter in tuple("CDEFGHJKLM")
        found = [_utm(zone, nad27=nad27, stated=stated, south=south)] if 1 <= zone <= 60 else []  # noqa: PLR2004
        return [(grid, 0, () if stated else (("datum", ""),)) for grid in found]
    named = [name for name in ("GTM", "LAMBERT") if name in system]
    national = [
        grid
        for country, grid in _national()
        if area.country in ("", country)
        and ("NAD27" in grid.name) == (nad27 and country == "SV")
        and (not named or grid.name.split()[0].upper() in named)
    ]
    if named:
        return [(grid, 0, ()) for grid in national]
    first, last = (int((degrees + 180) // 6) + 1 for degrees in (area.box[0], area.box[2]))
    zones = range(first, last + 1) if last - first < _MOST_ZONES else ()
    grids = [_utm(number, nad27=nad27, stated=stated) for number in zones]
    grids += [] if "UTM" in system else national
    return [(grid, 1, (("zone", grid.name),)) for grid in grids]


def _orders(match: re.Match[str]) -> Iterator[tuple[float, float, bool]]:
    """Tell easting from northing by their labels, before or after the numbers; then try the other order."""
    before, first, between, label, second, after = match.groups()
    one, two = (float(number.replace(",", ".")) for number in (first, second))
    name = before or between or label or after
    leads = bool(before or between)
    easting_first = name is None or (name[-1] in "EX" or name in ("ESTE", "EASTING")) == leads
    yield (one, two, False) if easting_first else (two, one, False)
    yield (two, one, True) if easting_first else (one, two, True)


def read_mgrs(text: str) -> Iterator[Reading]:
    """Give the middle of the square that a code of the military grid names.

    Examples
    --------
    >>> round(next(read_mgrs("16P BA 62992 15505")).latitude, 3)
    13.699
    """
    import mgrs

    match = _MGRS.search(text.upper())
    if match is None:
        return
    square, digits = match[1] + match[2], match[3] or match[4] + match[5]
    places = len(digits) // 2
    east, north = (half + "5" * (places < _MGRS_DIGITS) for half in (digits[:places], digits[places:]))
    try:
        latitude, longitude = mgrs.MGRS().toLatLon(square + east + north)
    except mgrs.core.MGRSError:
        return
    yield Reading(longitude, latitude, max(10.0 ** (5 - places), FINEST_M), explicit=True)
