"""Units of account: one pint registry, the house's year and tonne, and one factor per distinct unit.

A year has 365 days here (pint's Julian year has 365.25), a ``t`` or ``ton`` is the metric tonne (pint's ``ton`` is
the US short ton), a gallon is the US gallon, a quintal 100 pounds as in the four countries, and ``gr`` is a gram
(pint's is the grain). All of it is decided in this module and nowhere else.
"""

from __future__ import annotations

import functools
import math
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from watershed_cp.errors import UnitError
from watershed_cp.messages import fault

if TYPE_CHECKING:
    import pint

__all__ = ["DAYS_PER_YEAR", "MOST_KG_YR", "Dimension", "dimension", "factor", "ratio"]

DAYS_PER_YEAR = 365
MOST_KG_YR = 1e12
"""A thousand million tonnes a year: no firm carries that."""

Dimension = Literal["load", "concentration", "flow"]

_LONGEST = 40
_ARITHMETIC = re.compile(r"\d{3}|\*\*|\^(?!-1\b|[23]\b)|[()\[\]{}=+]")
"""What no unit of an office holds, and what a parser of expressions would compute: ``9**9**9``."""

_BASE: dict[Dimension, str] = {
    "load": "kilogram / year",
    "concentration": "kilogram / meter ** 3",
    "flow": "meter ** 3 / day",
}

_OFTEN = {
    name: (kind, Fraction(size))
    for kind, sizes in {
        "mass": {"mg": "1/1000000", "g": "1/1000", "kg": "1", "t": "1000", "lb": "0.45359237"},
        "volume": {"L": "1/1000", "l": "1/1000", "m3": "1", "m³": "1", "gal": "0.003785411784"},
        "energy": {"kWh": "1"},
        "time": {"s": "1/86400", "min": "1/1440", "h": "1/24", "d": "1", "día": "1", "day": "1"}
        | {"mes": f"{DAYS_PER_YEAR}/12", "año": f"{DAYS_PER_YEAR}", "yr": f"{DAYS_PER_YEAR}"},
        "mass/volume": {"ppm": "1/1000"},
        "volume/time": {"gpm": "5.45099296896"},
    }.items()
    for name, size in sizes.items()
}
"""What offices write most, in kg, m3, kWh and days: pint, which knows all else, is slow to load."""

_HOUSE: dict[str, tuple[Dimension, int]] = {
    "mass/time": ("load", DAYS_PER_YEAR),
    "mass/volume": ("concentration", 1),
    "volume/time": ("flow", 1),
}

_DEFINITIONS = (
    f"year = {DAYS_PER_YEAR} * day = a = yr = año = anio = años = ano = anual",
    "month = year / 12 = mes = mensual",
    "@alias day = día = dia = dias = días = diari",
    "@alias week = semana = semanas",
    "@alias hour = hora = horas",
    "@alias minute = minuto = minutos",
    "@alias second = segundo = segundos = seg",
    "ton = 1000 * kilogram = t = ton = tonelada = toneladas = tonne = tn = tm",
    "quintal = 100 * pound = qq = quintales",
    "@alias pound = libra = libras = lbs",
    "@alias ounce = onza = onzas",
    "@alias gram = gramo = gramos",
    "@alias meter = metro = metros = mts",
    "@alias foot = pie = pies",
    "@alias liter = litro = litros = lt = lts = ltr",
    "@alias gallon = galón = galones = galon = gal",
    "manzana = 6988.96 * meter ** 2 = mz = manzanas",  # 10,000 square varas of 0.836 m
    "ppm_water = milligram / liter",
    "ppb_water = microgram / liter",
    "mgd = 1e6 * gallon / day = MGD",
    "cfs = foot ** 3 / second",
    "cfm = foot ** 3 / minute",
)

_WRITTEN = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"(?i)\bpartes por mill[oó]n\b|\bp\.p\.m\b\.?|\bppm\b", "ppm_water"),
        (r"(?i)\bppb\b", "ppb_water"),
        (r"(?i)\bUS\s*gal(lons?|ones)?\b", "gallon"),
        (r"(?i)\bgp([md])\b", r"gallon/\1"),
        (r"(?i)\blp([smhd])\b", r"liter/\1"),
        (r"(?<=/)m$", "minute"),  # what gpm and lpm leave; no unit has a metre below the line
        (
            r"(?i)\s*(?<=mg)\s*O[2₂]\b|(?<=/L)\s+O[2₂]\b",
            "",
        ),  # of BOD and COD; of N or P it would change the pollutant
        (r"(?i)\bmetros? c[uú]bicos?\b|\bmt[rs]*(?=[³3])", "m3"),
        (r"(?<=m3)[³3]", ""),
        (r"(?i)\bpies? c[uú]bicos?\b", "foot3"),
        (r"(?i)\b(?:ton(?:elada)?s?|t) m[eé]tricas?\b|\bmetric tons?\b", "ton"),
        (r"(?i)\s+(anual|mensual|diari)(?:es|[oa]s?)?$", r"/\1"),
        (r"\s+(?:por|per|al|a la)\s+|\s*/\s*", "/"),
        (r"(?i)\bmgL\b", "mg L"),
        (r"(?<=[^\W\d_])\s?\^?[-⁻][1¹]", "**-1"),
        (r"(?<=[a-zA-Z])[³3](?![\d.])", "**3"),
        (r"(?<=[a-zA-Z])[²2](?![\d.])", "**2"),
        (r"(?i)\bkwh\b", "kilowatt_hour"),
        (r"(?i)\bmwh\b", "megawatt_hour"),  # nobody meters a milliwatt
        (r"(?<=/)min\b", "minute"),
        (r"(?<=/)[dD]\b", "day"),
        (r"(?<=/)(?:h|hr|hrs|H)\b", "hour"),
        (r"(?<=/)s\b", "second"),
        (r"\b[Kk][Gg][Ss]?\b|(?i:\bkilos?\b|\bkilogramos?\b)", "kilogram"),
        (r"\bmg\b|\bM[gG](?=/[lL]|/m\*)|(?i:\bmiligramos?\b)", "milligram"),  # Mg/yr is megagrams
        (r"\b[uµμ][gG]\b|(?i:\bmicrogramos?\b)", "microgram"),
        (r"(?i)\bgrs?\b", "gram"),  # pint reads a grain, a fifteenth of it
        (r"(?<![A-Za-z])[lL](?![A-Za-z])", "liter"),
    )
)

_AMBIGUOUS = re.compile(r"(?i)\b(?:bbl|barrels?|barril(?:es)?|bushels?|imp(?:erial)?|UK)\b")
"""Units of several sizes: a barrel holds 31.5, 42 or 55 gallons, and no row says which."""


@functools.cache
def registry() -> pint.UnitRegistry:  # type: ignore[type-arg]
    """Give the one pint registry of the package, with the house's year, tonne and Spanish names.

    Examples
    --------
    >>> print(registry()("1 year").to("day"))
    365 day
    """
    import pint

    units: pint.UnitRegistry = pint.UnitRegistry(on_redefinition="ignore", non_int_type=Fraction)  # type: ignore[type-arg]
    for definition in _DEFINITIONS:
        units.define(definition)
    return units


def _read_often(unit: str) -> tuple[str, Fraction]:
    """Give kind and size of ``mg/L``, ``m3/año`` and their like; no kind where the registry must be asked."""
    parts = [_OFTEN.get(name, ("", Fraction(1))) for name in unit.strip().split("/")]
    if len(parts) == 1:
        return parts[0]
    (kind, size), (per, part), *more = parts
    return (f"{kind}/{per}", size / part) if kind and per and not more else ("", size)


def _spellings(unit: str) -> list[str]:
    return [unit] if re.search(r"\bMG\b(?!\s*/\s*[Ll])", unit) else [unit, unit.lower()]


@functools.cache
def _read(unit: str) -> tuple[Dimension, float] | None:
    """Read a unit as written, else in small letters: ``KG/AÑO`` is clear, ``MG/D`` could be mega-gallons."""
    kind, size = _read_often(unit)
    if kind in _HOUSE:
        measured, house = _HOUSE[kind]
        return measured, float(size * house)
    for quantity in map(_parse, _spellings(unit)):
        for name, base in _BASE.items():
            if quantity is not None and quantity.is_compatible_with(base):
                return name, float(quantity.to(base).magnitude)  # exact fractions until here
    return None


def _parse(unit: str) -> pint.Quantity | None:  # type: ignore[type-arg]
    import tokenize

    import pint

    written = unit.strip()
    if len(written) > _LONGEST or _ARITHMETIC.search(written) or _AMBIGUOUS.search(written):
        return None
    for pattern, replacement in _WRITTEN:
        written = pattern.sub(replacement, written)
    try:
        return registry().Quantity(Fraction(1), written) if written else None
    except (
        pint.PintError,
        ValueError,
        TypeError,
        AssertionError,
        AttributeError,
        ArithmeticError,
        tokenize.TokenError,
    ):
        return None


def dimension(unit: str) -> Dimension | None:
    """Tell what a unit measures: a load (mass per time), a concentration, a flow, or none of them.

    Examples
    --------
    >>> dimension("mg/L"), dimension("lb/año"), dimension("m³/h"), dimension("pH")
    ('concentration', 'load', 'flow', None)
    """
    found = _read(unit)
    return found[0] if found else None


def factor(unit: str, expected: Dimension) -> float:
    """Give the factor that takes one `unit` to the house's unit of that dimension.

    Parameters
    ----------
    unit : str
        As the user wrote it: ``mg/L``, ``ppm``, ``kg/año``, ``US gal/min``.
    expected : {"load", "concentration", "flow"}
        House units: kg/yr, kg/m3 and m3/day.

    Returns
    -------
    float
        Dimensionless factor, correctly rounded.

    Raises
    ------
    UnitError
        If the unit is unknown or measures something else.

    Examples
    --------
    >>> factor("lb/yr", "load")
    0.45359237
    >>> factor("mg/L", "concentration")
    0.001
    """
    found = _read(unit)
    if found is None or found[0] != expected:
        raise UnitError(fault(f"unit_not_{expected}", value=unit))
    return found[1]


@functools.cache
def ratio(unit: str, other: str) -> float:
    """Give how many `other` one `unit` holds; NaN where the two cannot be compared.

    Parameters
    ----------
    unit, other : str
        As the user wrote them; words that are no unit (``guests/d``) compare only with themselves.

    Returns
    -------
    float
        Dimensionless factor.

    Examples
    --------
    >>> ratio("qq", "lb"), ratio("t/mes", "kg/d") > 32, ratio("guests", "Guests "), ratio("t", "m3")
    (100.0, True, 1.0, nan)
    """
    if unit.strip().casefold() == other.strip().casefold():
        return 1.0
    (kind, size), (same, part) = _read_often(unit), _read_often(other)
    if kind and kind == same:
        return float(size / part)
    two = _parse(other)
    for one in map(_parse, _spellings(unit)):
        if one is not None and two is not None and one.is_compatible_with(two):
            return float((one / two).to("dimensionless").magnitude)
    return math.nan
