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
_LOST_ZEROS = 101.0  # a number may have lost two zeros at its end; one that lacks more digits is coarser

_CHARACTERS = str.maketrans(
    dict.fromkeys("º˚∘⁰", "°")
    | dict.fromkeys("’‘′´`ʹʼ", "'")
    | dict.fromkeys("”“″ʺ„", '"')
    | dict.fromkeys("−–—‐‑‒﹣－", "-")
    | {"\n": " ; ", "\r": " ", "\t": " ; ", "，": ",", "；": ";", "．": "."}
)
_SPELT = (  # words of two letters and more
    (
        r"\b(coordenadas?|coordinates?|coords?|gps|ubicaci[oó]n|location|posici[oó]n|punto|wgs\s*-?84)\b\s*:?",
        " ",
    ),
    (r'"([a-z_]+)"', r"\1"),
    (r"(?<![a-z])lat(itude?)?(?![a-z])\.?", "φ"),
    (r"(?<![a-z])(longitude?|long?|lng)(?![a-z])\.?", "λ"),
    (r"(?<=[\d\s])(grados?|degrees?|deg)(?![a-z])\.?", "°"),
    (r"(?<=[\d\s])(minutos?|minutes?|min)(?![a-z])\.?", "'"),
    (r"(?<=[\d\s])(segundos?|seconds?|seg|sec)(?![a-z])\.?", '"'),
    (r"(?<![a-z])(norte|north)(?![a-z])", "N"),
    (r"(?<![a-z])(sur|south)(?![a-z])", "S"),
    (r"(?<![a-z])(oeste|west|poniente)(?![a-z])", "W"),
    (r"(?<![a-z])(este|east|oriente)(?![a-z])", "E"),
)
_SIGNS = (
    (r"''", '"'),
    (r"(?<=\d)\s?(?:\*|o(?=\s*\d{1,2}(?:[.,]\d+)?\s*'))", "°"),
    (r"(?<![\d.,])(\d{1,3})\.(\d\d)\.(\d\d(?:,\d+)?)(?![\d.])", r"\1°\2'\3" + '"'),
    (r"\bx\b(?=\s*[:=]?\s*[-+\dnsewo])", "λ"),
    (r"\by\b(?=\s*[:=]\s*[-+\dnsewo])", "φ"),
    (r"(?<=\d)\s*d\s*(\d+)\s*m\s*(\d+(?:[.,]\d+)?)\s*s", r"°\1'\2" + '"'),
    (r"(?<=\d)\s*d\s*(\d+(?:[.,]\d+)?)\s*m", r"°\1'"),
    (r"(?<![a-z])l\.?\s?([nsewo])(?![a-z])", r"\1"),
    (r"(?<![a-z])o(?![a-z])", "W"),
    (r"φ[\s.:]*([ns])(?![a-z/])|λ[\s.:]*([ew])(?![a-z/])", r"\1\2"),
    (r"(?<=\d)\s+y\s+(?=[-+\d])", " ; "),
    (r"(?<=\d)\s+\.\s*(?=\d)|(?<=\d)\s*\.\s+(?=\d)", "."),
    (r"-\s+(?=\d)", "-"),
    (r"(?:(?<=^)|(?<=[,;]))\s*'\s*(?=[-+]?\d)", " "),
)
_WORDS, _MARKS = (
    tuple((re.compile(pattern, re.IGNORECASE), symbol) for pattern, symbol in some)
    for some in (_SPELT, _SIGNS)
)
_WORD = re.compile(r"[^\W\d_]{2}")
_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
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
        rf"([NSEW])?\s*([+-]?)\s*(?<!\d)(\d{{3,7}})((?:\.\d+)?)\s*(?({ahead})|([NSEW])?)[\s,;/]*"
        for ahead in (1, 6)
    )
)
_LONGITUDE, _WITH_SECONDS = 4, 5  # digits: 8911, 13415
_WHOLE = r"(?P<d{i}>\d{{5,}}|\d{{1,3}}(?:\.\d{{3}})+|\d{{1,3}}(?:,\d{{3}})+)"
_DECIMALS_ONLY = 2  # parts: one mark in a number is that of decimals
_UNMARKED = 3  # metres are likelier where nothing tells degrees
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
    plain = _INVISIBLE.sub("", plain)
    for pattern, symbol in (*_WORDS, *_MARKS) if _WORD.search(plain) else _MARKS:
        plain = pattern.sub(symbol, plain)
    plain = plain.translate(_BRACKETS).upper().replace("Φ", "φ").replace("Λ", "λ")
    return " ".join(plain.split()).strip(" ,;").rstrip(".")


class _Pattern(NamedTuple):
    """The pattern of a pair of notations, and what a text must have to follow it.

    Only two alike need no mark between their parts; letters stand ahead of each angle or behind it; the runs of digits
    are as many as there are parts, or more where these have decimals.
    """

    alike: bool
    ahead: tuple[bool, ...]
    fewest: int
    most: int
    pattern: re.Pattern[str]


def _patterns() -> Iterator[_Pattern]:
    """Build the pattern of each pair of notations."""
    parts = {kind: number for number, kind in enumerate(_VALUES, start=1)}
    for kinds in itertools.product(_VALUES, repeat=2):
        fewest = sum(parts[kind] for kind in kinds)
        for ahead in itertools.product((False, True), repeat=2):
            one, two = (_angle_pattern(*given) for given in zip((1, 2), kinds, ahead, strict=True))
            flat = set(kinds) == {"degrees"}
            pattern = re.compile(rf"{one}{_BETWEEN}{two}{_HEIGHT if flat else ''}[\s./]*")
            most = 2 * (fewest + 2) if flat else fewest + 2
            yield _Pattern(kinds[0] == kinds[1], ahead, fewest, most, pattern)


def _angle_pattern(number: int, kind: str, ahead: bool) -> str:  # noqa: FBT001
    """Build the pattern of one angle, its letter ahead of it or behind it."""
    parts = (
        (_BEFORE, _LETTER, _SIGN, _VALUES[kind])
        if ahead
        else (_BEFORE, _SIGN, _VALUES[kind], rf"\s*{_LETTER}?")
    )
    return "".join(parts).format(i=number)


_PATTERNS = tuple(_patterns())
_RUN, _LETTERS, _LEADS, _DEGREE_MARKS = map(re.compile, (r"\d+", "[NSEW]", r"[^\d]*[NSEW]", "[°'\"]"))


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
    runs, letters, leads = len(_RUN.findall(text)), bool(_LETTERS.search(text)), bool(_LEADS.match(text))
    for alike, ahead, fewest, most, pattern in _PATTERNS:
        if not fewest <= runs <= most or (ahead != (False, False) and not letters) or ahead[0] != leads:
            continue
        match = pattern.fullmatch(text)
        if match is None or not (alike or letters or _DEGREE_MARKS.search(text)):
            continue
        one, two = _angle(match, 1), _angle(match, 2)
        stated = match.groupdict()
        if stated.get("height") and max(one.digit, two.digit) == 1:
            continue  # whole degrees with a height are four numbers of something else
        yield from _pair(one, two, stated.get("precision"), alike=alike)
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


def _pair(one: _Angle, two: _Angle, precision: str | None = None, *, alike: bool = True) -> Iterator[Reading]:
    """Give the readings of two angles whose axes letters, labels or the order tell."""
    digit = _open_digit(one.digit, two.digit) if alike else max(one.digit, two.digit)
    if digit >= 1:
        return  # whole degrees: a cell of 111 km is no location
    accuracy = max(_value(precision), FINEST_M) if precision else cell_radius_m(digit)
    for latitude, longitude, swapped in _axes(one, two):
        for reading in _signed(latitude, longitude, accuracy):
            yield reading.mended("swapped") if swapped else reading


def _open_digit(one: float, two: float) -> float:
    """Give the digit that two numbers leave open: the finer one, unless the other cannot have lost so many zeros."""
    finer, coarser = sorted((one, two))
    return coarser if coarser / finer > _LOST_ZEROS else finer


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
    """Read angles without anything between their parts: ``134156.2N 0891129.0W``, ``1341.94, -08911.48``.

    Minutes without seconds need decimals where no letter stands by, or a pair of counts would be a place.
    """
    match = _PACKED.fullmatch(text)
    if match is None:
        return
    halves = [match.groups()[place : place + 5] for place in (0, 5)]
    lengths = [len(digits) for _, _, digits, _, _ in halves]
    if max(lengths) < _LONGITUDE:
        return  # 526.382 are thousands rather than five degrees and some minutes
    seconds = min(lengths) >= _WITH_SECONDS
    angles = []
    for before, sign, digits, decimals, after in halves:
        letter, parts = before or after or "", (digits[:-4], digits[-4:-2]) if seconds else (digits[:-2],)
        numbers = [int(parts[0]), *map(int, parts[1:]), float(digits[-2:] + decimals)]
        if max(numbers[1:]) > 60 or not (letter or (decimals and not seconds)):  # noqa: PLR2004
            return
        size = sum(number / 60**place for place, number in enumerate(numbers))
        angles.append(_Angle(size, sign == "-", letter, "", _last_digit(decimals) / 60 ** len(parts)))
    certain = all(angle.letter for angle in angles) and any(
        half[2].startswith("0") or half[3] for half in halves
    )
    for reading in _pair(angles[0], angles[1]):
        yield reading if certain else replace(reading.mended("packed"), effort=reading.effort + 2)


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
    if (
        match is None
        or max(len(re.split("[.,]", match[f"d{number}"])) for number in (1, 2)) == _DECIMALS_ONLY
    ):
        return
    marked = any(mark in text for mark in "-φλNW")
    one, two = (_unscaled(match, number) for number in (1, 2))
    west, south, east, north = area.box
    for latitude, longitude, swapped in _axes(one, two):
        for up, across in itertools.product(
            _powers(latitude.size, south, north), _powers(longitude.size, -east, -west)
        ):
            found = Reading(
                -longitude.size / across, latitude.size / up, cell_radius_m(_open_digit(1 / up, 1 / across))
            )
            rescaled = found.mended("rescaled").mended("swapped") if swapped else found.mended("rescaled")
            yield replace(rescaled, effort=rescaled.effort + (1 if marked else _UNMARKED))


def _unscaled(match: re.Match[str], number: int) -> _Angle:
    written = match.groupdict()
    digits = re.sub("[.,]", "", written[f"d{number}"])
    letter = written[f"h{number}"] or ("W" if written[f"s{number}"] == "-" else "")
    return _Angle(float(digits), negative=False, letter=letter, axis=written[f"a{number}"] or "", digit=1.0)


def _powers(size: float, low: float, high: float) -> list[float]:
    return [10.0**power for power in range(1, 10) if low <= size / 10.0**power <= high]
