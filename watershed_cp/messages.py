"""Every sentence a user may read, in Spanish and English, and numbers as the four countries write them.

The sentences stand in ``messages.toml`` beside this file, one block a rule: the problem and its remedy in
both languages, with ``{names}`` for the data.
"""

from __future__ import annotations

import functools
import math
import re
import tomllib
from importlib import resources
from typing import Any

from watershed_cp.errors import Fault, Language, Text, system_language

__all__ = ["day", "fault", "label", "mass", "mass_range", "number", "percent", "system_language", "texts"]


@functools.cache
def _catalogue() -> dict[str, dict[str, dict[str, str]]]:
    raw = resources.files("watershed_cp").joinpath("messages.toml").read_text(encoding="utf-8")
    return tomllib.loads(raw)


def fault(
    rule: str,
    *,
    file: object = None,
    sheet: str | None = None,
    row: int | None = None,
    column: str | None = None,
    value: object = None,
    **data: Any,
) -> Fault:
    """Write one finding in both languages.

    Parameters
    ----------
    rule : str
        Key of a block under ``[faults]`` in ``messages.toml``.
    file, sheet, row, column, value
        Where the finding stands; also available to the sentence under these names.
    **data
        What else the sentence names; a :class:`~watershed_cp.errors.Text` is spoken in each language.

    Returns
    -------
    Fault
        Problem and remedy in Spanish and English.

    Raises
    ------
    KeyError
        If the rule has no block, or its sentence names data that was not given.

    Examples
    --------
    >>> print(fault("file_missing", file="firms.xlsx").tell("en"))
    firms.xlsx: There is no such file. Check the name and the folder.
    """
    block = _catalogue()["faults"][rule]
    names = {"file": file, "sheet": sheet, "row": row, "column": column, "value": value, **data}
    spoken: dict[Language, dict[str, Any]] = {
        language: {
            name: datum.speak(language) if isinstance(datum, Text) else datum for name, datum in names.items()
        }
        for language in ("es", "en")
    }
    return Fault(
        rule=rule,
        problem=Text(block["es"].format_map(spoken["es"]), block["en"].format_map(spoken["en"])),
        remedy=Text(block["es_remedy"].format_map(spoken["es"]), block["en_remedy"].format_map(spoken["en"])),
        file=None if file is None else str(file),
        sheet=sheet,
        row=row,
        column=column,
        value=None if value is None else str(value),
    )


@functools.cache
def texts(block: str) -> dict[str, Text]:
    """Give a whole block of labels, for a page or figure that carries both languages.

    Examples
    --------
    >>> texts("fate")["credited"].es
    'acreditada'
    """
    return {key: Text(pair["es"], pair["en"]) for key, pair in _catalogue()[block].items()}


def label(block: str, key: str, language: Language | None = None, **data: Any) -> str:
    """Give one label, with its ``{names}`` filled in.

    Examples
    --------
    >>> label("fate", "credited", "en")
    'credited'
    """
    pair = _catalogue()[block][key]
    return Text(pair["es"], pair["en"]).speak(language).format_map(data)


def number(value: float, *, digits: int | None = None, significant: int = 3) -> str:
    """Write a number for people, as es_SV, es_GT, es_HN and es_PA do: ``1,234.5``.

    Parameters
    ----------
    value : float
        NaN is written as an en dash: an unknown is not a zero.
    digits : int, optional
        Decimals of a float; by default as many as `significant` figures need, at most six.
    significant : int
        Significant figures kept at least; whole numbers of any length are kept whole.

    Examples
    --------
    >>> number(1234.5678), number(12.345), number(2), number(float("nan"))
    ('1,235', '12.3', '2', '–')
    """
    if math.isnan(value):
        return "–"
    if isinstance(value, int):
        return f"{value:,}".replace("-", "−")
    if digits is None:
        magnitude = math.floor(math.log10(abs(value))) if value and math.isfinite(value) else significant
        digits = min(max(significant - 1 - magnitude, 0), 6)
    written = f"{value:,.{digits}f}"
    zero = float(written.replace(",", "")) == 0
    return written.removeprefix("-") if zero else written.replace("-", "−")


def percent(value: float, *, digits: int = 1) -> str:
    """Write a percentage that is given as one: ``12.5 %``.

    Examples
    --------
    >>> percent(12.54)
    '12.5 %'
    """
    return "–" if math.isnan(value) else f"{number(value, digits=digits)} %"


def mass(kilograms: float) -> str:
    """Write a mass for people: kilograms below one tonne, metric tonnes above.

    Examples
    --------
    >>> mass(12_400.0), mass(850.0), mass(0), mass(float("nan"))
    ('12.4 t', '850 kg', '0 kg', '–')
    """
    if math.isnan(kilograms):
        return "–"
    if not math.isfinite(kilograms):
        return "∞" if kilograms > 0 else "−∞"
    return f"{number(kilograms / 1000)} t" if abs(kilograms) >= 1000 else f"{number(kilograms)} kg"  # noqa: PLR2004


def mass_range(low: float, high: float, *, of: float) -> str:
    """Write the ends of a range in the unit and with the decimals of the mass whose range it is.

    Parameters
    ----------
    low, high : float
        Ends, kg.
    of : float
        The mass between them, kg.

    Examples
    --------
    >>> mass_range(-416.0, 10_100.0, of=4_850.0), mass_range(77.8, 1_200.0, of=641.0)
    ('−0.42 – 10.10 t', '78 – 1,200 kg')
    """
    if not all(map(math.isfinite, (low, high, of))):
        return f"{mass(low)} – {mass(high)}"
    per, unit = (1000.0, "t") if abs(of) >= 1000 else (1.0, "kg")  # noqa: PLR2004
    digits = len(number(of / per).partition(".")[2])
    ends = (number(end / per, digits=digits) for end in (low, high))
    return f"{' – '.join(ends)} {unit}"


def day(date: str, language: Language | None = None) -> str:
    """Write a date such as ``2018-04-03`` as people do; anything else stays as it is.

    Examples
    --------
    >>> day("2018-04-03", "es"), day("2018-09-30", "en")
    ('3 abr 2018', '30 Sept 2018')
    """
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])-(\d\d)", date)
    if found is None:
        return date
    year, month, number_of_day = map(int, found.groups())
    return f"{number_of_day} {label('poster', 'months', language).split()[month - 1]} {year}"
