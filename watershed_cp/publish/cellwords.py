"""What the codes in a table's cells are called in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watershed_cp.messages import label, texts
from watershed_cp.publish.wording import both_languages, equation, rule_in_words, weights_in_words
from watershed_cp.reference import pollutant_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from watershed_cp.errors import Language

__all__ = ["in_words"]

_WORDS = {
    "fate": "fate",
    "status": "status",
    "confidence": "page_confidence",
    "dimension": "dimension",
    "value": "size_class",
    "size_class": "size_class",
    "place": "arrival choice",
    "part": "choice",
    "fate_before": "fate",
    "fate_after": "fate",
    "change": "change",
    "level": "dimension",
    "kept_back": "kept_back",
    "origin": "origin",
    "verdict": "verdict",
    "finding": "verdict",
    "why": "not_judged",
    "bound": "bound",
    "basis": "basis",
    "counts": "choice",
    "lent": "choice",
    "gap": "choice",
    "knows_branch": "choice",
    "loan_status": "choice",
    "payback_from": "payback_from",
    "sensitivity_from": "sensitivity_from",
    "enough": "choice",
    "resource": "choice",
    "energy_source": "choice",
    "financing": "choice",
    "counting": "counting",
    "note": "indicator_note",
    "outcome": "claim",
    "unit": "unit",
    "kind": "choice",
    "organisation_kind": "choice",
    "partner_kind": "choice",
    "agreement": "choice",
}
_SENTENCES: dict[str, Callable[[str, Language], str]] = {
    **dict.fromkeys(
        ("reason", "repairs", "notes"), lambda cell, language: both_languages(cell).speak(language)
    ),
    "equation": lambda cell, language: equation(cell).speak(language),
    "weights": lambda cell, language: weights_in_words(cell).speak(language),
    "pollutant": pollutant_name,
    "quantity": lambda cell, language: (
        label("quantity", cell, language) if cell in texts("quantity") else pollutant_name(cell, language)
    ),
    "rule": lambda cell, language: (
        label("double", cell, language) if cell in texts("double") else rule_in_words(cell, language)
    ),
}
_LISTS = {"flags": "flag", "unknown": "rank_unknown"}


def in_words(column: str, cell: object, language: Language) -> object:
    """Say a code in the reader's language; anything else stays as it is.

    Examples
    --------
    >>> in_words("fate", "credited", "en"), in_words("name", "credited", "en")
    ('credited', 'credited')
    >>> in_words("fate", "credited", "es")
    'acreditada'
    >>> in_words("quantity", "water_m3", "es"), in_words("quantity", "BOD5", "es")
    ('agua, m³', 'DBO5')
    """
    if not isinstance(cell, str):
        return cell
    if column in _SENTENCES:
        return _SENTENCES[column](cell, language)
    if column in _LISTS:
        return " ".join(label(_LISTS[column], code, language) for code in cell.split())
    words = (texts(block) for block in _WORDS.get(column, "").split())
    return next((block[cell].speak(language) for block in words if cell in block), cell)
