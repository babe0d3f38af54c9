"""Every way in which a text can be read as a latitude and a longitude in degrees.

Degrees stand with decimals, with minutes, or with minutes and seconds; marks, words or spaces part them; a
letter, a sign, a label or the order tells which is which. All readings are given, with what each had to mend;
:mod:`watershed_cp.intake.coordinates` chooses.
"""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from watershed_cp.intake.areas import Area

__all__ = ["FINEST_M", "METRES_PER_DEGREE", "Reading", "cell_radius_m", "clean", "read_angles", "read_scaled"]

METRES_PER_DEGREE = 111_320.0
FINEST_M = 10.0  # no receiver in a street does better
_HALF_DIAGONAL = 0.5 * 2**0.5

_CHARACTERS = str.maketrans(
    dict.fromkeys("º˚∘⁰", "°")
    | dict.fromkeys("’‘′´`ʹʼ", "'")
    | dict.fromkeys("”“″ʺ„", '"')
    | dict.fromkeys("−–—‐‑‒﹣－", "-")
    | {"\n": " ; ", "\r": " ", "\t": " ; ", "，": ",", "；": ";", "．": "."}
)
_WORDS = tuple(
    (re.compile(pattern, re.IGNORECASE), symbol)
    for pattern, symbol in (
        (r"''", '"'),
        (r"(?<![\d.,])(\d{1,3})\.(\d\d)\.(\d\d(?:,\d+)?)(?![\d.])", r"\1°\2'\3" + '"'),
        (
            r"\b(coordenadas?|coordinates?|coords?|gps|ubicaci[oó]n|location|posici[oó]n|punto|wgs\s*-?84)\b\s*:?",
            " ",
        ),
        (r'"([a-z_]+)"', r"\1"),
        (r"(?<![a-z])lat(itude?)?(?![a-z])\.?", "φ"),
        (r"(?<![a-z])(longitude?|long?|lng)(?![a-z])\.?", "λ"),
        (r"\bx\b(?=\s*[:=]?\s*[-+\dnsewo])", "λ"),
        (r"\by\b(?=\s*[:=]\s*[-+\dnsewo])", "φ"),
        (r"(?<=[\d\s])(grados?|degrees?|deg)(?![a-z])\.?", "°"),
        (r"(?<=[\d\s])(minutos?|minutes?|min)(?![a-z])\.?", "'"),
        (r"(?<=[\d\s])(segundos?|seconds?|seg|sec)(?![a-z])\.?", '"'),
        (r"(?<=\d)\s*d\s*(\d+)\s*m\s*(\d+(?:[.,]\d+)?)\s*s", r"°\1'\2" + '"'),
        (r"(?<=\d)\s*d\s*(\d+(?:[.,]\d+)?)\s*m", r"°\1'"),
        (r"(?<![a-z])(norte|north)(?![a-z])", "N"),
        (r"(?<![a-z])(sur|south)(?![a-z])", "S"),
        (r"(?<![a-z])(oeste|west|poniente)(?![a-z])", "W"),
        (r"(?<![a-z])(este|east|oriente)(?![a-z])", "E"),
        (r"(?<![a-z])l\.?\s?([nsewo])(?![a-z])", r"\1"),
        (r"(?<![a-z])o(?![a-z])", "W"),
        (r"φ[\s.:]*([ns])(?![a-z/])|λ[\s.:]*([ew])(?![a-z/])", r"\1\2"),
        (r"(?<=\d)\s+y\s+(?=[-+\d])", " ; "),
        (r"(?<=\d)\s+\.\s*(?=\d)|(?<=\d)\s*\.\s+(?=\d)", "."),
        (r"-\s+(?=\d)", "-"),
        (r"(?:(?<=^)|(?<=[,;]))\s*'\s*(?=[-+]?\d)", " "),
    )
)
_AXIS = {
    "N": "latitude",
    "S": "latitude",
    "φ": "latitude",
    "E": "longitude",
    "W": "longitude",
    "λ": "longitude",
}
_BRACKETS = str.maketrans("()[]{}", "      ")

_NUMBER = r"\d+(?:[.,]\d+)?"
_PART = r"(?:\s*[{marks}]\s*|\s+|-)"
_VALUES = {
    "degrees": rf"(?P<d{{i}}>{_NUMBER})\s*°?",
    "minutes": rf"(?P<d{{i}}>\d{{{{1,3}}}}){_PART.format(marks='°:')}(?P<m{{i}}>{_NUMBER})\s*'?",
    "seconds": rf"(?P<d{{i}}>\d{{{{1,3}}}}){_PART.format(marks='°:')}(?P<m{{i}}>\d{{{{1,2}}}})"
    rf"{_PART.format(marks=chr(39) + ':')}(?P<c{{i}}>{_NUMBER})\s*(?:\"|'')?",
}
_BEFORE = r"(?:(?P<a{i}>[φλ])[\s:=.]*)?"
_LETTER = r"(?P<h{i}>[NSEW])"
_SIGN = r"[\s:.]*(?P<s{i}>[+-])?\s*"
_BETWEEN = r"(?:[\s,;/|&]+|\s+-\s+|[.-](?=-)|(?=[-+NSEWφλ])|(?<=[NSEW°'\"]))"
_PACKED = re.compile(  # a letter ahead of the digits or behind them, not both
    "".join(
        rf"([NSEW])?\s*(?<!\d)(\d{{5,7}})((?:\.\d+)?)\s*(?({ahead})|([NSEW])?)[\s,;/]*" for ahead in (1, 5)
    )
)
_WHOLE = r"(?P<d{i}>\d{{5,}}|\d{{1,3}}(?:\.\d{{3}}){{2,}}|\d{{1,3}}(?:,\d{{3}}){{2,}})"
_SCALED = re.compile(
    _BETWEEN.join((_BEFORE + _SIGN + _WHOLE + rf"\s*{_LETTER}?").format(i=i) for i in (1, 2))
)
_HEIGHT = rf"(?:[\s,;]+-?(?P<height>{_NUMBER})\s*M?(?:[\s,;]+(?P<precision>{_NUMBER})\s*M?)?)?"


@dataclass(frozen=True)
class Reading:
    """One way to read a text.

    Attributes
    ----------
    longitude, latitude : float
        Degrees, EPSG:4326.
    accuracy_m : float
        What the digits of the text, or a stated precision, tell at best.
    repairs : tuple of (str, str)
        What was mended: the key of a sentence, and what it names.
    effort : int
        How far the reading strays from the text; the least wins.
    explicit : bool
        Whether the text itself says north or south, east or west.
    """

    longitude: float
    latitude: float
    accuracy_m: float
    repairs: tuple[tuple[str, str], ...] = ()
    effort: int = 0
    explicit: bool = False

    def mended(self, repair: str, value: str = "", **changes: float) -> Reading:
        """Give the reading that one repair more leads to."""
        return replace(self, repairs=(*self.repairs, (repair, value)), effort=self.effort + 1, **changes)  # type: ignore[arg-type]


def cell_radius_m(digit_degrees: float) -> float:
    """Give the radius of the cell that a last digit of so many degrees leaves open, 10 m at least.

    Examples
    --------
    >>> round(cell_radius_m(0.01)), cell_radius_m(1e-6)
    (787, 10.0)
    """
    return max(digit_degrees * METRES_PER_DEGREE * _HALF_DIAGONAL, FINEST_M)


class _Angle(NamedTuple):
    """One angle of a text: its size, its sign as written, its hemisphere letter, its axis and its finest digit."""

    size: float
    negative: bool
    letter: str
    axis: str
    digit: float


def clean(text: str) -> str:
    r"""Write a text with one kind of degree sign, quote, minus and space, and its words as symbols.

    Examples
    --------
    >>> clean("13º 41’ 56,2” Norte; Longitud −89.19")
    '13° 41\' 56,2" N; λ -89.19'
    """
    plain = unicodedata.normalize("NFKC", text.translate(_CHARACTERS)).translate(_CHARACTERS)
    plain = "".join(char for char in plain if unicodedata.category(char) != "Cf")
    for pattern, symbol in _WORDS:
        plain = pattern.sub(symbol, plain)
    return " ".join(plain.translate(_BRACKETS).upper().replace("Φ", "φ").replace("Λ", "λ").split()).strip(
        " ,;"
    )


def _patterns() -> Iterator[tuple[bool, re.Pattern[str]]]:
    """Build the pattern of each pair of notations; only two alike need no mark between their parts."""
    for kinds in itertools.product(_VALUES, repeat=2):
        for ahead in itertools.product((False, True), repeat=2):
            one, two = (_angle_pattern(*given) for given in zip((1, 2), kinds, ahead, strict=True))
            tail = _HEIGHT if set(kinds) == {"degrees"} else ""
            yield kinds[0] == kinds[1], re.compile(rf"{one}{_BETWEEN}{two}{tail}[\s./]*")


def _angle_pattern(number: int, kind: str, ahead: bool) -> str:  # noqa: FBT001
    """Build the pattern of one angle, its letter ahead of it or behind it."""
    parts = (
        (_BEFORE, _LETTER, _SIGN, _VALUES[kind])
        if ahead
        else (_BEFORE, _SIGN, _VALUES[kind], rf"\s*{_LETTER}?")
    )
    return "".join(parts).format(i=number)


_PATTERNS = tuple(_patterns())


def read_angles(text: str) -> Iterator[Reading]:
    """Give every reading of a cleaned text as degrees.

    Parameters
    ----------
    text : str
        As :func:`clean` gives it.

    Yields
    ------
    Reading
        As written, with signs added or dropped, and with latitude and longitude swapped.

    Examples
    --------
    >>> [(one.latitude, one.longitude, one.repairs) for one in read_angles("13.5 N 89.25 W")]
    [(13.5, -89.25, ())]
    """
    for alike, pattern in _PATTERNS:
        match = pattern.fullmatch(text)
        if match is None or not (alike or re.search("[°'\"NSEW]", text)):
            continue
        one, two = _angle(match, 1), _angle(match, 2)
        stated = match.groupdict()
        if stated.get("height") and max(one.digit, two.digit) == 1:
            continue  # whole degrees with a height are four numbers of something else
        yield from _pair(one, two, stated.get("precision"))
    yield from _packed(text)


def _angle(match: re.Match[str], number: int) -> _Angle:
    written = match.groupdict()
    degrees, minutes, seconds = (written.get(f"{key}{number}") for key in "dmc")
    size = _value(degrees) + _value(minutes) / 60 + _value(seconds) / 3600
    if max(_value(minutes), _value(seconds)) > 60:  # noqa: PLR2004  60 itself is a rounded 59.99
        size = math.nan
    finest, parts = (seconds, 3600) if seconds else (minutes, 60) if minutes else (degrees, 1)
    return _Angle(
        size=size,
        negative=written[f"s{number}"] == "-",
        letter=written[f"h{number}"] or "",
        axis=written[f"a{number}"] or "",
        digit=_last_digit(finest or "") / parts,
    )


def _value(number: str | None) -> float:
    return float(number.replace(",", ".")) if number else 0.0


def _last_digit(number: str) -> float:
    """Give the worth of the last digit written."""
    return 10.0 ** -len(re.split("[.,]", f"{number}.")[1])


def _pair(one: _Angle, two: _Angle, precision: str | None = None) -> Iterator[Reading]:
    """Give the readings of two angles whose axes letters, labels or the order tell."""
    digit = min(one.digit, two.digit)
    if digit >= 1:
        return  # whole degrees: a cell of 111 km is no location
    accuracy = max(_value(precision), FINEST_M) if precision else cell_radius_m(digit)
    for latitude, longitude, swapped in _axes(one, two):
        for reading in _signed(latitude, longitude, accuracy):
            yield reading.mended("swapped") if swapped else reading


def _axes(one: _Angle, two: _Angle) -> Iterator[tuple[_Angle, _Angle, bool]]:
    """Tell which angle is the latitude; labels and order may have been confused, letters not."""
    first, second = _AXIS.get(one.letter or one.axis), _AXIS.get(two.letter or two.axis)
    if first and first == second:
        return
    latitude_first = first != "longitude" and second != "latitude"
    pair = (one, two) if latitude_first else (two, one)
    yield *pair, False
    if not (one.letter or two.letter):
        yield *reversed(pair), True  # type: ignore[misc]


def _signed(latitude: _Angle, longitude: _Angle, accuracy: float) -> Iterator[Reading]:
    """Give an angle pair with its signs as written, then with the signs that are often lost."""
    if not (latitude.size <= 90 and longitude.size <= 180):  # noqa: PLR2004
        return
    south = latitude.letter == "S" or (latitude.negative and not latitude.letter)
    west = longitude.letter == "W" or (longitude.negative and not longitude.letter)
    written = Reading(
        longitude=-longitude.size if west else longitude.size,
        latitude=-latitude.size if south else latitude.size,
        accuracy_m=accuracy,
        explicit=west or bool(longitude.letter and latitude.letter),
    )
    readings = [written]
    if south and not latitude.letter:
        readings.append(written.mended("south_dropped", latitude=latitude.size))
    if not west:
        repair = "east_to_west" if longitude.letter else "west_added"
        readings += [reading.mended(repair, longitude=-longitude.size) for reading in readings]
    yield from readings


def _packed(text: str) -> Iterator[Reading]:
    """Read degrees, minutes and seconds without anything between them, ``134156.2N 0891129.0W``."""
    match = _PACKED.fullmatch(text)
    if match is None:
        return
    angles = []
    for place in (0, 4):
        before, digits, decimals, after = match.groups()[place : place + 4]
        degrees, minutes, seconds = int(digits[:-4]), int(digits[-4:-2]), float(digits[-2:] + decimals)
        if max(minutes, seconds) > 60 or not (before or after):  # noqa: PLR2004
            return
        size = degrees + minutes / 60 + seconds / 3600
        angles.append(
            _Angle(size, negative=False, letter=before or after, axis="", digit=_last_digit(decimals) / 3600)
        )
    certain = match[6].startswith("0") or match[2].startswith("0") or "." in text
    for reading in _pair(angles[0], angles[1]):
        yield reading if certain else reading.mended("packed").mended("packed")


def read_scaled(text: str, area: Area) -> Iterator[Reading]:
    """Give the readings of degrees that lost their decimal mark, ``1369895, -8919140``, within an area.

    Parameters
    ----------
    text : str
        As :func:`clean` gives it.
    area : Area
        Where the location must be.

    Yields
    ------
    Reading
        The one power of ten that leads into the area, for each order of the two.

    Examples
    --------
    >>> from watershed_cp.intake.areas import area_of
    >>> [(one.latitude, one.longitude) for one in read_scaled("1369895, -8919140", area_of("SV"))]
    [(13.69895, -89.1914)]
    """
    match = _SCALED.fullmatch(text)
    if match is None or not any(mark in text for mark in "-φλNW"):
        return
    one, two = (_unscaled(match, number) for number in (1, 2))
    west, south, east, north = area.box
    for latitude, longitude, swapped in _axes(one, two):
        for up, across in itertools.product(
            _powers(latitude.size, south, north), _powers(longitude.size, -east, -west)
        ):
            found = Reading(-longitude.size / across, latitude.size / up, cell_radius_m(1 / max(up, across)))
            rescaled = found.mended("rescaled").mended("swapped") if swapped else found.mended("rescaled")
            yield replace(rescaled, effort=rescaled.effort + 1)


def _unscaled(match: re.Match[str], number: int) -> _Angle:
    written = match.groupdict()
    digits = re.sub("[.,]", "", written[f"d{number}"])
    letter = written[f"h{number}"] or ("W" if written[f"s{number}"] == "-" else "")
    return _Angle(float(digits), negative=False, letter=letter, axis=written[f"a{number}"] or "", digit=1.0)


def _powers(size: float, low: float, high: float) -> list[float]:
    return [10.0**power for power in range(1, 10) if low <= size / 10.0**power <= high]
