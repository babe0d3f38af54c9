"""What tables, figures and page say alike: notes and credits in both languages, and the rule of a public edition."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from watershed_cp import tables
from watershed_cp.errors import Text
from watershed_cp.impact.disclosure import DOMINANCE_PCT
from watershed_cp.intake.headers import usual_header
from watershed_cp.messages import day, label, texts
from watershed_cp.reference import pollutant_name

if TYPE_CHECKING:
    from watershed_cp.errors import Language
    from watershed_cp.impact.aggregation import Accounts

__all__ = [
    "both_languages",
    "counting_rules",
    "disclosure_rule",
    "equation",
    "rule_in_words",
    "weights_in_words",
]

_BLOCKS = ("page_reason", "placing", "repairs", "credit", "appraisal")
_BETWEEN = "; "
_RULE = re.compile(
    r"(?P<how>count|distinct|sum|share)(?: (?P<column>\w+))?(?: / (?P<of>\w+))?(?: \((?P<once>[^)]*)\))?"
    r" of (?P<table>\w+)(?: where (?P<where>.+?))?(?: from (?P<first>[\d-]+) to (?P<last>[\d-]+))?"
)


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


def rule_in_words(rule: str, language: Language) -> str:
    """Say how an indicator or a claim is computed, in the words of the office's own tables.

    Parameters
    ----------
    rule : str
        As :attr:`watershed_cp.impact.programme.Measure.rule` writes it; anything else stays as it is.
    language : {"es", "en"}
        Language of the words.

    Examples
    --------
    >>> rule_in_words("distinct person_id of attendance where role = student | instructor", "en")
    'each “Person code” counted once, in “Attendance”, where “Type of participant” is student or instructor'
    """
    found = _RULE.fullmatch(rule)
    if found is None:
        return rule
    names = {part: _column(found["table"], found[part], language) for part in ("column", "of") if found[part]}
    table = label("workbook", "ledger", language) if found["table"] == "ledger" else ""
    table = table or label("workbook_tables", found["table"], language)
    said = label("rule", found["how"], language, table=table, **names)
    filters = [part.split(" = ") for part in (found["where"] or "").split(", ") if part]
    either = label("rule", "or", language)
    told = [
        label(
            "rule",
            "is",
            language,
            column=_column(found["table"], column, language),
            value=either.join(_value(column, value, language) for value in values.split(" | ")),
        )
        for column, values in filters
    ]
    said += label("rule", "where", language, filters="; ".join(told)) if told else ""
    said += label("rule", "once", language) if found["once"] else ""
    dates = {end: day(found[end] or "", language) for end in ("first", "last")}
    return said + (label("rule", "period", language, **dates) if found["first"] else "")


def _column(table: str, column: str, language: Language) -> str:
    """Name a column as the office's tables head it, or as the ledger explains it."""
    if column in texts("rule_column"):
        return label("rule_column", column, language)
    if table == "ledger":
        return tables.LEDGER[column].meaning.speak(language)
    return usual_header(next(known for known in tables.INPUTS if known.name == table), column, language)


def _value(column: str, value: str, language: Language) -> str:
    """Say one value that a rule asks for."""
    if column == "pollutant":
        return pollutant_name(value, language)
    words = texts("fate" if column == "fate" else "choice")
    return words[value].speak(language) if value in words else value


def counting_rules(accounts: Accounts) -> Text | None:
    """Say in a sentence by which settings the loads were counted; None where they are not known.

    Examples
    --------
    >>> from watershed_cp.pipeline import run
    >>> from watershed_cp.reference import data_path
    >>> counting_rules(run(data_path("demo", "project.toml"))).en.partition("; ")[0]
    'How it is counted: what is not detected as half of the limit'
    """
    if not accounts.censoring:
        return None
    words, period = texts("counted"), accounts.accounting_period
    keys = (accounts.censoring, "period" if period else "no_period", "evidence")

    def told(language: Language) -> str:
        first, last = (day(str(date), language) for date in period or ("", ""))
        figures = {"grade": accounts.minimum_evidence, "first": first, "last": last}
        rules = "; ".join(words[key].speak(language).format_map(figures) for key in keys)
        return label("counted", "told", language, rules=rules)

    return Text(told("es"), told("en"))


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
