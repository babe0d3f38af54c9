"""Units of account: one pint registry, the house's year and tonne, and one factor per distinct unit.

A year has 365 days here (pint's Julian year has 365.25) and a ``t`` or ``ton`` is the metric tonne (pint's
``ton`` is the US short ton). Both are decided in this module and nowhere else.
"""

from __future__ import annotations

import functools
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from watershed_cp.errors import UnitError
from watershed_cp.messages import fault

if TYPE_CHECKING:
    import pint

__all__ = ["DAYS_PER_YEAR", "Dimension", "dimension", "factor"]

DAYS_PER_YEAR = 365

Dimension = Literal["load", "concentration", "flow"]

_LONGEST = 40
_ARITHMETIC = re.compile(r"\d{3}|\*\*|\^(?![23]\b)|[()\[\]{}=+]")
"""What no unit of an office holds, and what a parser of expressions would compute: ``9**9**9``."""

_BASE: dict[Dimension, str] = {
    "load": "kilogram / year",
    "concentration": "kilogram / meter ** 3",
    "flow": "meter ** 3 / day",
}

_DEFINITIONS = (
    f"year = {DAYS_PER_YEAR} * day = a = yr = año = anio = años = ano",
    "month = year / 12 = mes",
    "@alias day = día = dia = dias = días",
    "@alias hour = hora = horas",
    "@alias minute = minuto",
    "@alias second = segundo = seg",
    "ton = 1000 * kilogram = t = ton = tonelada = toneladas = tonne",
    "quintal = 100 * pound = qq = quintales",
    "@alias pound = libra = libras = lbs",
    "@alias gram = gramo = gramos",
    "@alias liter = litro = litros",
    "@alias gallon = galón = galones = galon = gal",
    "manzana = 6988.96 * meter ** 2 = mz",
    "vara = 0.836 * meter",
    "ppm_water = milligram / liter",
    "ppb_water = microgram / liter",
    "mgd = 1e6 * gallon / day = MGD",
    "cfs = foot ** 3 / second",
)

_WRITTEN = (
    (re.compile(r"\bppm\b", re.IGNORECASE), "ppm_water"),
    (re.compile(r"\bppb\b", re.IGNORECASE), "ppb_water"),
    (re.compile(r"\bUS\s*gal(lons?|ones)?\b", re.IGNORECASE), "gallon"),
    (re.compile(r"\bgpm\b", re.IGNORECASE), "gallon/minute"),
    (re.compile(r"\bgpd\b", re.IGNORECASE), "gallon/day"),
    (re.compile(r"\blps\b", re.IGNORECASE), "liter/second"),
    (re.compile(r"\s+(por|per)\s+|\s*/\s*"), "/"),
    (re.compile(r"(?<=[a-zA-Z])[³3](?![\d.])"), "**3"),
    (re.compile(r"(?<=[a-zA-Z])[²2](?![\d.])"), "**2"),
    (re.compile(r"(?<=/)min\b"), "minute"),
    (re.compile(r"(?<=/)(d|D)\b"), "day"),
    (re.compile(r"(?<=/)(h|hr|H)\b"), "hour"),
    (re.compile(r"(?<=/)s\b"), "second"),
    (re.compile(r"\b[Kk][Gg]\b|\bkilos?\b|\bkilogramos?\b"), "kilogram"),
    (
        re.compile(r"\b(mg|M[gG](?=/([lL]|m\*)))\b"),
        "milligram",
    ),  # Mg/yr is megagrams, Mg/L is a slip for mg/L
    (re.compile(r"\b[uµμ][gG]\b"), "microgram"),
    (re.compile(r"(?<![A-Za-z])[lL](?![A-Za-z])"), "liter"),
)


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


@functools.cache
def _read(unit: str) -> tuple[Dimension, float] | None:
    """Read a unit as written, else in small letters: ``KG/AÑO`` is clear, ``MG/D`` could be mega-gallons."""
    spellings = [unit] if re.search(r"\bMG\b(?!\s*/\s*[Ll])", unit) else [unit, unit.lower()]
    for quantity in map(_parse, spellings):
        for name, base in _BASE.items():
            if quantity is not None and quantity.is_compatible_with(base):
                return name, float(quantity.to(base).magnitude)  # exact fractions until here
    return None


def _parse(unit: str) -> pint.Quantity | None:  # type: ignore[type-arg]
    import tokenize

    import pint

    written = unit.strip()
    if len(written) > _LONGEST or _ARITHMETIC.search(written):
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
