"""The settings of a run that decide its numbers, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from watershed_cp.messages import day, label, texts
from watershed_cp.publish.findings import tight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from watershed_cp.errors import Language
    from watershed_cp.publish.blocks import Source

__all__ = ["setting_in_words", "settings"]


def settings(source: Source) -> Iterator[tuple[str, str]]:
    """Give the settings that matter, each with its name and value in the reader's language; the manifest has all."""
    names = texts("report_setting")
    for key, write in _WRITTEN.items():
        section, name = key.split(".")
        value = (source.settings.get(section) or {}).get(name)
        if value not in (None, "", [], {}):
            yield names[key].speak(source.language), write(value, source.language)


def setting_in_words(key: str, value: Any, language: Language) -> tuple[str, str]:
    """Give the name and the value of one setting in words; where it is not set, that it is not.

    Examples
    --------
    >>> setting_in_words("accounting.period", ["2024-01-01", "2024-12-31"], "en")
    ('Accounting period [accounting.period]', '1 Jan 2024 – 31 Dec 2024')
    >>> setting_in_words("accounting.period", None, "es")[1]
    'sin período contable'
    """
    names = texts("report_setting")
    name = f"{names[key].speak(language)} [{key}]" if key in names else f"[{key}]"
    if value in (None, "", [], {}):
        unset = "no_period" if key == "accounting.period" else "unset"
        return name, label("setting", unset, language)
    if key in _WRITTEN:
        return name, _WRITTEN[key](value, language)
    return name, _listed(value)


def _listed(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_listed(one)}" for key, one in value.items())
    return ", ".join(map(_listed, value)) if isinstance(value, list) else _plain(value, "en")


def _plain(value: Any, _: Language) -> str:
    return f"{value:,g}" if isinstance(value, float) else str(value)


def _period(value: Any, language: Language) -> str:
    return " – ".join(day(str(date), language) for date in value)


def _percent(value: Any, _: Language) -> str:
    return tight(f"{value:g} %")


def _choice(value: Any, language: Language) -> str:
    words = texts("report_choice")
    return words[value].speak(language) if value in words else str(value)


_WRITTEN: dict[str, Callable[[Any, Language], str]] = {
    "basins.source": _choice,
    "accounting.period": _period,
    "accounting.minimum_evidence": _plain,
    "accounting.censoring": _choice,
    "accounting.days_per_year": _plain,
    "publish.target_pct": _percent,
    "publish.audience": _choice,
    "economics.dollars_of": _plain,
    "economics.discount_rate_pct": _percent,
    "lending.near_km": lambda value, _: tight(f"{value:g} km"),
}
