"""Where a table's header stands in a sheet, and which header means which column.

A header is matched exactly once accents, case, punctuation and bracketed units are folded away: likeness
alone takes ``Altitud`` for a latitude. Likeness only makes the suggestion in a fault.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rapidfuzz import fuzz, process

from watershed_cp.errors import Text, system_language
from watershed_cp.messages import fault
from watershed_cp.reference import read_reference
from watershed_cp.units import dimension

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from watershed_cp.errors import Fault, Language
    from watershed_cp.intake.spreadsheets import Sheet
    from watershed_cp.tables import Table
    from watershed_cp.units import Dimension

__all__ = [
    "Header",
    "find_header",
    "fold",
    "header_faults",
    "likely_header",
    "shorten",
    "suggest",
    "unit_dimension",
    "usual_header",
]

_ARTICLES = frozenset({"de", "del", "la", "el", "los", "las", "of", "the"})
_VAGUE = frozenset(
    {"codigo", "cod", "expediente", "no expediente", "numero expediente", "no registro", "numero registro"}
)  # a firm's identifier only where no other header is one, beside enough columns of the table
_FEWEST_BESIDE = 3
_PLACES = frozenset({"name", "country", "department", "municipality", "address"})  # of a list of towns, too
_SEARCHED_ROWS = 40
_TELLING_LETTERS = 4  # X, Y, Lat and Lon are of no language
NO_SUGGESTION = Text("", "")
_LONGEST = 60  # characters of the user's own text in a sentence
_LIKENESS = 70  # percent; below it a suggestion misleads more often than it helps
_GEOPOINT = re.compile(
    r"^_.+_(latitude|longitude|precision)$|^.+-(latitude|longitude|accuracy)$", re.IGNORECASE
)
_FORM_SERVERS = frozenset({"_uuid", "_submission_time"})  # headers that only a form server's export has
_MEASURED = {"unit": "value", "flow_unit": "flow"}
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_UNIT = re.compile(r"[^\W\d_][\w\s/·.*^()³²⁻%-]{0,40}")
_ARITHMETIC = re.compile(r"\d\d|/\s*\d|(?<!\*)\*\s*\d|[*^]\s*\d\s*(\*\*|\^)")
_NUMERO = re.compile(r"\b[nN]\s*\.?\s*[º°]")


@functools.lru_cache(maxsize=10_000)
def unit_dimension(unit: str) -> Dimension | None:
    """Tell what a unit of the user's measures; text that is arithmetic, not a unit, is not evaluated.

    Examples
    --------
    >>> unit_dimension("mg/L"), unit_dimension("9**9**9**9"), unit_dimension("03/04/2024")
    ('concentration', None, None)
    """
    if not _UNIT.fullmatch(unit) or _ARITHMETIC.search(unit):
        return None
    return dimension(unit)


@functools.lru_cache(maxsize=100_000)
def fold(text: str, *, brackets: bool = False) -> str:
    """Fold case, accents, punctuation, spaces and what stands in brackets, so that spellings can be compared.

    Examples
    --------
    >>> fold("  Código_de la EMPRESA (Nº) "), fold("N.º empleados"), fold("Cromo (VI)", brackets=True)
    ('codigo de la empresa', 'no empleados', 'cromo vi')
    """
    bare = text if brackets else _BRACKETS.sub(" ", text)
    plain = unicodedata.normalize("NFKD", _NUMERO.sub("no ", bare)).casefold()
    letters = "".join(char if char.isalnum() else " " for char in plain if not unicodedata.combining(char))
    return " ".join(letters.split())


@dataclass(frozen=True, eq=False)
class Header:
    """The header row of a table in a sheet.

    Attributes
    ----------
    position : int
        Position of the row among the sheet's rows.
    written : tuple of str
        Every header as the user wrote it, by position of the column.
    positions : dict of str to int
        For each column of the table that was found, its position in the sheet.
    twice : dict of str to list of int
        Columns that more than one header means; of a text that is not required the first one counts, of any
        other column none can be preferred.
    language : {"es", "en"} or None
        The language most of its headers are written in.
    """

    position: int
    written: tuple[str, ...]
    positions: dict[str, int]
    twice: dict[str, list[int]]
    language: Language | None

    def unit_in_header(self, column: str) -> str:
        """Give the unit in brackets in the header of a value, for a `column` of units that is not there."""
        measured = _MEASURED.get(column, "")
        if column in self.positions or measured not in self.positions:
            return ""
        found = _BRACKETS.findall(self.written[self.positions[measured]])
        unit = found[-1][1:-1].strip() if found else ""
        return unit if unit_dimension(unit) else ""

    def missing(self, table: Table) -> list[str]:
        """Name the required columns that were not found."""
        required = [column.name for column in table.columns if column.required]
        return [name for name in required if name not in self.positions and not self.unit_in_header(name)]


@functools.lru_cache(maxsize=100_000)
def _key(header: str) -> str:
    """Fold a header further, without its articles: ``Código de la empresa`` is ``Código empresa``."""
    words = fold(header).split()
    return " ".join(word for word in words if word not in _ARTICLES) or " ".join(words)


@functools.cache
def _known(table: Table) -> dict[str, tuple[str, str]]:
    """Map each folded spelling of a table's headers to its column and language."""
    rows = [row for row in read_reference("headers") if row["table"] == table.name]
    names = {_key(name): (name, "en") for name in table.names}
    return names | {_key(row["alias"]): (row["column"], row["language"]) for row in rows}


def find_header(sheet: Sheet, table: Table) -> Header:
    """Find the row whose cells name the most columns of the table, under titles and logos.

    A second header row is understood: a group's name stands above its columns, or a merged cell reaches down.

    Parameters
    ----------
    sheet : Sheet
        Sheet of raw cells.
    table : Table
        The table looked for.

    Returns
    -------
    Header
        The best row; ``missing`` tells what it lacks.

    Examples
    --------
    >>> from watershed_cp.intake.spreadsheets import Sheet
    >>> from watershed_cp.tables import MSMES
    >>> find_header(Sheet("a.csv", "", [["Registro 2024", ""], ["msme_id", "name"]]), MSMES).position
    1
    """
    headers = [
        _read_header(sheet.rows, position, table) for position in range(min(len(sheet.rows), _SEARCHED_ROWS))
    ]
    return max(headers, key=lambda header: (len(header.positions), -header.position))


def _read_header(rows: Sequence[Sequence[Any]], position: int, table: Table) -> Header:
    known = _known(table)
    own = [_label(cell) if cell != "" else "" for cell in rows[position]]
    above = (
        [_label(cell) if cell != "" else "" for cell in rows[position - 1]] if position else [""] * len(own)
    )
    written = [name or over for name, over in zip(own, above, strict=True)]
    found: dict[str, list[int]] = {}
    vague: list[int] = []
    languages: list[str] = []
    group, served = "", not _FORM_SERVERS.isdisjoint(own)
    for index in (
        place for place, text in enumerate(written) if text
    ):  # a stray cell may stand 16,384 columns out
        name, over = own[index], above[index]
        group = over or group
        candidates = [f"{group} {name}", name, *_form_name(name)] if name else [over] * any(own)
        if served and name.startswith("_") and not _GEOPOINT.search(name):
            candidates = []  # the server's own number of the form, not the office's
        key = next((key for key in map(_key, candidates) if key in known), None)
        if key is None and _key(written[index]) in _VAGUE:
            vague.append(index)
        means = known[key] if key else None
        if means:
            found.setdefault(means[0], []).append(index)
            languages += [means[1]] * (len(written[index]) >= _TELLING_LETTERS)
    if _takes_vague(table, found.keys()) and len(vague) == 1:
        found["msme_id"] = vague
    spanish, english = languages.count("es"), languages.count("en")
    return Header(
        position,
        tuple(written),
        {column: places[0] for column, places in found.items()},
        {column: places for column, places in found.items() if len(places) > 1},
        None if spanish == english else "es" if spanish > english else "en",
    )


def _takes_vague(table: Table, found: Collection[str]) -> bool:
    """Tell whether the columns found beside a header such as ``Código`` leave no doubt that it is the firm's."""
    telling = len(set(found) - _PLACES) >= 1 and len(found) >= _FEWEST_BESIDE
    return telling and table.name in ("msmes", "audits") and "msme_id" not in found


def _form_name(name: str) -> Iterator[str]:
    """Give what a header of a KoboToolbox or ODK export stands for: its group and its question fall away."""
    question = name.rpartition("/")[2]
    if "/" in name:
        yield question
    if match := _GEOPOINT.search(name) or _GEOPOINT.search(question):
        part = (match[1] or match[2]).lower()
        yield "location_accuracy_m" if part in ("precision", "accuracy") else part


def _label(cell: Any) -> str:
    return " ".join(cell.split()) if isinstance(cell, str) else ""


def header_faults(sheet: Sheet, header: Header, table: Table) -> list[Fault]:
    """Say which required columns were not found, with a suggestion, and which were found twice.

    Examples
    --------
    >>> from watershed_cp.intake.spreadsheets import Sheet
    >>> from watershed_cp.tables import MSMES
    >>> sheet = Sheet("a.csv", "", [["firm kode", "name"]])
    >>> header_faults(sheet, find_header(sheet, MSMES), MSMES)[0].remedy.en
    'Add the column, or write “msme_id” above the one that says it. Did you mean “firm kode”?'
    """
    tell = functools.partial(
        fault, file=sheet.file, sheet=sheet.name or None, row=sheet.first_row + header.position
    )
    own = any(
        header.written[place] == name for name, place in header.positions.items()
    )  # she writes our names
    faults = []
    for name in header.missing(table):
        column = name if own else usual_header(table, name, header.language)
        found = " | ".join(shorten(written) for written in header.written if written) or "–"
        likely = likely_header(name, header, table)
        likely = likely if likely.en else _begun_header(name, header, table)
        meaning = table[name].meaning
        faults.append(tell("header_missing", column=column, meaning=meaning, found=found, suggestion=likely))
    for name, places in header.twice.items():
        if table[name].kind == "text" and not table[name].required and name != "coordinates":
            continue
        found = " | ".join(shorten(header.written[place]) for place in places)
        faults.append(tell("header_twice", column=header.written[places[0]], found=found))
    return faults


def usual_header(table: Table, column: str, language: Language | None = None) -> str:
    """Give the header that is usual for a column in a language, by default that of the system.

    Examples
    --------
    >>> from watershed_cp.tables import AUDITS
    >>> usual_header(AUDITS, "msme_id", "es"), usual_header(AUDITS, "value", "en")
    ('Código de empresa', 'Result')
    """
    return _usual_headers().get((table.name, column, language or system_language()), column)


@functools.cache
def _usual_headers() -> dict[tuple[str, str, str], str]:
    """Map table, column and language to the first alias that is not the column's own name."""
    rows = [row for row in read_reference("headers") if row["alias"] != row["column"]]
    return {(row["table"], row["column"], row["language"]): row["alias"] for row in reversed(rows)}


def shorten(text: str) -> str:
    """Cut a text to what a sentence has room for.

    Examples
    --------
    >>> shorten("Panadería"), len(shorten("x" * 1000))
    ('Panadería', 60)
    """
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…"


def likely_header(column: str, header: Header, table: Table) -> Text:
    """Ask whether a header that means no other column was meant for this one.

    Examples
    --------
    >>> from watershed_cp.intake.spreadsheets import Sheet
    >>> from watershed_cp.tables import MSMES
    >>> likely_header("msme_id", find_header(Sheet("a.csv", "", [["Cod empreza", "Nombre"]]), MSMES), MSMES).es
    '¿Será «Cod empreza»?'
    """
    unused = [
        name for place, name in enumerate(header.written) if name and place not in header.positions.values()
    ]
    spellings = [column, *(alias for alias, (name, _) in _known(table).items() if name == column)]
    return next((found for spelling in spellings if (found := suggest(spelling, unused)).en), NO_SUGGESTION)


def _begun_header(column: str, header: Header, table: Table) -> Text:
    """Ask whether a header that only begins as this column's do, ``Código``, was meant."""
    spellings = [alias for alias, (name, _) in _known(table).items() if name == column]
    begun = [
        written
        for place, written in enumerate(header.written)
        if place not in header.positions.values()
        and any(known.startswith(f"{_key(written)} ") for known in spellings)
    ]
    if not begun:
        return NO_SUGGESTION
    likely = shorten(max(begun, key=len))  # «Código» says more than «No.»
    return Text(f"¿Será «{likely}»?", f"Did you mean “{likely}”?")


def suggest(text: str, known: Iterable[str]) -> Text:
    """Ask whether the likest of `known` was meant; ask nothing where none is alike.

    Examples
    --------
    >>> suggest("Codigo empresa", ["Código de empresa", "Nombre"]).es
    '¿Será «Código de empresa»?'
    >>> suggest("x", ["Nombre"]).en
    ''
    """
    spellings = {fold(name): name for name in known}
    close = process.extractOne(fold(text), spellings.keys(), scorer=fuzz.ratio, score_cutoff=_LIKENESS)
    if close is None:
        return NO_SUGGESTION
    best = shorten(spellings[close[0]])
    return Text(f"¿Será «{best}»?", f"Did you mean “{best}”?")
