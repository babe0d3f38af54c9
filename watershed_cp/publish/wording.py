"""What tables, figures and page say alike: notes and credits in both languages, and the rule of a public edition."""

from __future__ import annotations

import functools
import re

from watershed_cp.errors import Text
from watershed_cp.impact.disclosure import DOMINANCE_PCT
from watershed_cp.messages import texts

__all__ = ["both_languages", "disclosure_rule", "equation", "weights_in_words"]

_BLOCKS = ("page_reason", "placing", "repairs", "credit", "appraisal")
_BETWEEN = "; "


def both_languages(note: str) -> Text:
    """Say a note of the ledger, of the assignments or of the watersheds in Spanish and English.

    Parameters
    ----------
    note : str
        One or more notes with ``"; "`` between them, in either language. A note that this package did not write
        stays as it is.

    Examples
    --------
    >>> both_languages("no follow-up; exactitud no indicada: se toma 250 m").es
    'falta el seguimiento; exactitud no indicada: se toma 250 m'
    >>> both_languages("checked by Ana").es
    'checked by Ana'
    """
    said = [_one(part) for part in note.split(_BETWEEN)]
    return Text(*(_BETWEEN.join(texts_in) for texts_in in zip(*said, strict=True)))


def equation(account: str) -> Text:
    """Say the account of a load or reduction, which the ledger keeps in English, in both languages.

    Examples
    --------
    >>> equation("load × unit factor = 3 t/mes × 12,000 = 36,000 kg/yr").es
    'carga × factor de unidades = 3 t/mes × 12,000 = 36,000 kg/año'
    """
    spanish = account
    for words in texts("equation").values():
        spanish = spanish.replace(words.en, words.es)
    return Text(spanish, account)


def weights_in_words(formula: str) -> Text:
    """Say which factors a rank multiplies, each to its weight, in both languages.

    Examples
    --------
    >>> weights_in_words("load^1 * time^2").es
    'carga × tiempo^2'
    """
    names = texts("rank_factor")
    factors = [factor.split("^") for factor in formula.split(" * ") if factor]
    powers = [(names[name], "" if weight == "1" else f"^{weight}") for name, weight in factors]
    return Text(
        " × ".join(name.es + power for name, power in powers),
        " × ".join(name.en + power for name, power in powers),
    )


def disclosure_rule(minimum_msmes: int) -> list[Text]:
    """Say by what rule a public edition tells a total or keeps it back, in short sentences.

    Examples
    --------
    >>> [line.en for line in disclosure_rule(5)][:2]
    ['Every total is of 5 firms or more.', 'No firm dominates a total: p % rule, p = 10 %.']
    """
    figures = {"minimum": minimum_msmes, "p": f"{DOMINANCE_PCT:g}"}
    return [
        Text(line.es.format_map(figures), line.en.format_map(figures))
        for line in texts("disclosure").values()
    ]


def _one(note: str) -> Text:
    for pattern, pair in _patterns():
        match = pattern.fullmatch(note)
        if match:
            return Text(pair.es.format_map(match.groupdict()), pair.en.format_map(match.groupdict()))
    return Text(note, note)


@functools.cache
def _patterns() -> tuple[tuple[re.Pattern[str], Text], ...]:
    """Give every known note as a pattern, with its ``{names}`` open."""
    return tuple(
        (re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(written))), pair)
        for block in _BLOCKS
        for pair in texts(block).values()
        for written in pair
    )
