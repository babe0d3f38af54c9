"""One place in every way in which an office may write it, with the slips that are usual."""

from __future__ import annotations

import functools
import random  # noqa: TC003  a caller's own dice
from typing import TYPE_CHECKING

import pyproj

if TYPE_CHECKING:
    from collections.abc import Iterator

GTM = "+proj=tmerc +lat_0=0 +lon_0=-90.5 +k=0.9998 +x_0=500000 +y_0=0 +datum=WGS84"
LAMBERT = "+proj=lcc +lat_1=13.316667 +lat_2=14.25 +lat_0=13.783333 +lon_0=-89 +x_0=500000 +y_0=295809.184 +ellps=GRS80"
APART = (", ", " ", "; ", "/", " / ", "\t", "\n", " y ", " | ")
LINKS = (
    "https://www.google.com/maps?q={0},{1}",
    "Ver: https://maps.google.com/maps?q={0}%2C{1}&z=17",
    "https://www.google.com/maps/place/Algo/@{0},{1},17z/data=!3m1!4b1!4m4!3m3!8m2!3d{0}!4d{1}",
    "https://www.google.com/maps/@{0},{1},17z",
    "https://www.google.com/maps/search/{0},+{1}",
    "https://maps.apple.com/?ll={0},{1}",
    "https://waze.com/ul?ll={0},{1}&navigate=yes",
    "geo:{0},{1}",
    "https://www.openstreetmap.org/?mlat={0}&mlon={1}#map=17/{0}/{1}",
    "POINT ({1} {0})",
    '{{"type":"Point","coordinates":[{1},{0}]}}',
)
LABELS = (
    "Lat: {0} Lon: {1}",
    "Latitud {0} Longitud {1}",
    "lat={0}, lng={1}",
    "LAT. {0} LONG. {1}",
    "Longitud {1} Latitud {0}",
    "X: {1} Y: {0}",
    "{1}; {0}",
)
METRES = (
    "{0}P {1} {2}",
    "UTM {0}N {1} {2}",
    "{1} {2} zona {0}",
    "X={1} Y={2} zona {0}",
    "{0} P {1}E {2}N",
    "{1} mE, {2} mN, {0}P",
    "Este: {1} Norte: {2} Huso {0}",
    "{0} {1} {2}",
    "{1} {2}",
    "{2}, {1}",
    "X={1} Y={2}",
    "E{1} N{2}",
)


def ways(dice: random.Random, longitude: float, latitude: float) -> Iterator[str]:
    """Write a place of the four countries in some ways of each kind."""
    digits = dice.randint(3, 7)
    north, west = f"{latitude:.{digits}f}", f"{longitude:.{digits}f}"
    apart = dice.choice(APART)
    plain = f"{north}{apart}{dice.choice((west, west[1:]))}"
    yield from (plain, plain.replace(".", ",") if apart.strip() not in ("", "y") else plain)
    yield dice.choice(LABELS).format(north, west)
    yield dice.choice(LINKS).format(north, west)
    yield from _sexagesimal(dice, longitude, latitude)
    scaled = [round(degrees * 10**digits) for degrees in (latitude, longitude)]
    if digits > 4:
        yield f"{scaled[0]}{dice.choice((', ', ' ', '; '))}{dice.choice((scaled[1], -scaled[1]))}"
        yield " ".join(f"{number:,}".replace(",", dice.choice(".,")) for number in scaled)
    yield from _metres(dice, longitude, latitude)


def _sexagesimal(dice: random.Random, longitude: float, latitude: float) -> Iterator[str]:
    decimals = dice.randint(0, 2)
    seconds = [_parts(degrees, decimals, 3600) for degrees in (latitude, longitude)]
    minutes = [_parts(degrees, decimals + 2, 60) for degrees in (latitude, longitude)]
    degree, minute = (
        dice.choice(("°", "º", "˚ ", "° ", "o ", "*")),
        dice.choice(("'", "’", "´", "′", "' ", "`")),
    )
    second = dice.choice(('"', "''", "´´", "”", "″", '" '))
    ends = dice.choice((("N", "W"), (" N", " O"), (" Norte", " Oeste"), ("n", "w"), (" LN", " LO")))
    comma = [dice.choice((text, text.replace(".", ","))) for *_, text in seconds]
    marked = [
        f"{whole}{degree}{rest}{minute}{last}{second}{end}"
        for (whole, rest, _), last, end in zip(seconds, comma, ends, strict=True)
    ]
    yield dice.choice((" ", ", ", "; ")).join(marked)
    yield " ".join(
        f"{whole}{degree}{rest}{minute}{end}" for (whole, rest), end in zip(minutes, ends, strict=True)
    )
    for between in (" ", "-", ":"):
        yield " N, ".join(between.join(parts) for parts in seconds) + " W"
    yield "{} {} {}, -{} {} {}".format(*seconds[0], *seconds[1])
    yield "N{} {} {} W{} {} {}".format(*seconds[0], *seconds[1])
    yield "{} {} {} {}".format(*minutes[0], *minutes[1])
    yield "N{} {} W{} {}".format(*minutes[0], *minutes[1])
    yield f"{int(minutes[0][0]):02d}{minutes[0][1]} N {int(minutes[1][0]):03d}{minutes[1][1]} W"
    yield "{:02d}{}{}N {:03d}{}{}W".format(
        int(seconds[0][0]), *seconds[0][1:], int(seconds[1][0]), *seconds[1][1:]
    )


def _parts(degrees: float, decimals: int, finest: int) -> tuple[str, ...]:
    """Cut degrees into degrees and minutes, or these and seconds, as text."""
    units = round(abs(degrees) * finest * 10**decimals)
    last = f"{units % (60 * 10**decimals) / 10**decimals:0{2 + bool(decimals) + decimals}.{decimals}f}"
    whole = units // (60 * 10**decimals)
    return (str(whole), last) if finest == 60 else (str(whole // 60), f"{whole % 60:02d}", last)


def _metres(dice: random.Random, longitude: float, latitude: float) -> Iterator[str]:
    zone = int((longitude + 180) // 6) + 1
    for crs, name in ((f"EPSG:{32600 + zone}", ""), (GTM, "GTM "), (LAMBERT, "Lambert ")):
        easting, northing = _to(crs).transform(longitude, latitude)
        east, north = f"{easting:,.0f}", f"{northing:,.0f}"
        if name:  # of Guatemala and El Salvador
            yield f"{name}{east.replace(',', '')} {north.replace(',', '')}"
        else:
            mark = dice.choice(("", "", ",", "."))
            yield dice.choice(METRES).format(zone, *(text.replace(",", mark) for text in (east, north)))


@functools.cache
def _to(crs: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(4326, crs, always_xy=True)


def slipped(dice: random.Random, text: str) -> str:
    """Write a text with what surrounds it in a cell."""
    slips = (
        text,
        text,
        f" {text} ",
        f"{text}.",
        text.replace(" ", "  "),
        text.replace(" ", "\xa0"),
        f"({text})",
    )
    return dice.choice((*slips, f"Coordenadas: {text}", text.lower() if "http" not in text else text))
