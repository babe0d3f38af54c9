"""Where the firms of a register stand: one way for a run, a search and a ranking, whatever the register's size."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from watershed_cp.intake.assembly import gather_table
from watershed_cp.intake.cells import known_choice
from watershed_cp.intake.geocoding import geocode_firms
from watershed_cp.intake.locations import plain_degrees, widen_coarse
from watershed_cp.intake.spreadsheets import Sheet
from watershed_cp.tables import MSMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from watershed_cp.errors import Fault, Language
    from watershed_cp.intake.assembly import Gathered
    from watershed_cp.intake.providers import Answer

__all__ = ["Placer", "place_gathered"]

_REASONS = {
    "location_unreadable": "unreadable",
    "location_short_code": "unreadable",
    "location_short_link": "unreadable",
    "crs_unknown": "unreadable",
    "number_not_read": "unreadable",
    "number_ambiguous": "ambiguous",
    "number_low": "off_earth",
    "number_high": "off_earth",
    "location_zero": "zero",
    "location_half": "half_coordinates",
    "location_ambiguous": "ambiguous",
    "location_elsewhere": "elsewhere",
}
_REPEATED = frozenset({"firm_id_twice", "row_repeated"})
_NUMBERS = ("longitude", "latitude", "location_accuracy_m", "discharge_longitude", "discharge_latitude")
_TOLD = (*_NUMBERS, "repairs", "placed_by", "reason", "explanation")
_WORDS = ("coordinates", "municipality", "department")
_AT_ONCE = 20_000  # rows that are read cell by cell at a time


def place_gathered(
    gathered: Gathered,
    *,
    corrections: Mapping[str, Answer] | None = None,
    language: Language | None = None,
) -> pd.DataFrame:
    """Place the firms of a register that was read whole, and say of each without a place why.

    Parameters
    ----------
    gathered : Gathered
        The register's rows, those at fault too.
    corrections : mapping, optional
        As :func:`watershed_cp.intake.corrections.read_corrections` gives them.
    language : {"es", "en"}, optional
        Language of ``explanation``, by default that of the system.

    Returns
    -------
    pandas.DataFrame
        The columns of the register as :func:`watershed_cp.intake.geocoding.geocode_firms` fills them in, without
        geometry; ``reason`` is a choice of :data:`watershed_cp.tables.NEARBY` where a row has no place or repeats
        an earlier one, and ``explanation`` says it in a sentence.

    Examples
    --------
    >>> rows = [["msme_id", "country", "municipality"], ["1", "SV", "Apopa"], ["2", "SV", "Nowhere"], ["1", "", ""]]
    >>> place_gathered(gather_table((Sheet("a.csv", "", rows),), MSMES))[["placed_by", "reason"]].values.tolist()
    [['municipality', ''], ['', 'municipality_unclear'], ['', 'repeated']]
    """
    import geopandas as gpd

    frame = gpd.GeoDataFrame(gathered.frame, geometry="geometry", crs="EPSG:4326")
    lost = frame["geometry"].isna() & frame["discharge_latitude"].isna()
    placed = geocode_firms(frame, corrections=corrections)
    told = _reasons(gathered, language)
    rows = zip(frame["source_file"], frame["source_sheet"], frame["source_row"], strict=True)
    found = [told.get((file, sheet or "", int(row)), ("", "")) for file, sheet, row in rows]
    corrected = placed["placed_by"] == "correction"
    kept = [
        one if one[0] == "repeated" or (gone and not mended) else ("", "")
        for one, gone, mended in zip(found, lost | _misplaced(gathered), corrected, strict=True)
    ]
    unclear = (placed["placed_by"] == "") & placed["municipality"].notna()
    reason = pd.Series([reason for reason, _ in kept], placed.index, dtype=object)
    return pd.DataFrame(placed.drop(columns="geometry")).assign(
        reason=reason.mask((reason == "") & unclear, "municipality_unclear"),
        explanation=[sentence for _, sentence in kept],
    )


def _reasons(gathered: Gathered, language: Language | None) -> dict[tuple[str, str, int], tuple[str, str]]:
    """Give for each row at fault the reason and the sentence that tells it."""
    told: dict[tuple[str, str, int], tuple[str, str]] = {}
    for one in gathered.faults:
        reason = "repeated" if one.rule in _REPEATED else _REASONS.get(one.rule)
        if reason:
            told.setdefault((one.file or "", one.sheet or "", one.row or 0), (reason, one.tell(language)))
    return told


def _misplaced(gathered: Gathered) -> pd.Series[bool]:
    """Tell which rows have coordinates that cannot be meant, though no point of discharge."""
    frame = gathered.frame
    wrong = [one.row for one in gathered.faults if one.rule.startswith("location_")]
    return frame["source_row"].isin(wrong) & frame["discharge_latitude"].isna()


@dataclass(frozen=True)
class Placer:
    """Places the firms of a register that is read in pieces, as they would be if it were read whole.

    Plain degrees in the firm's own country are taken as they are, a column at a time; only the other rows are read
    cell by cell.

    Attributes
    ----------
    file : str
        Name of the register, for what is told of its rows.
    first_row : int
        Number of the first row below the header, as the user counts them.
    corrections : mapping
        As :func:`watershed_cp.intake.corrections.read_corrections` gives them.
    language : {"es", "en"}, optional
        Language of ``explanation``, by default that of the system.

    Examples
    --------
    >>> table = pd.DataFrame({"latitude": ["13.7", "13°42'N"], "longitude": ["-89.2", "89°12'W"]})
    >>> Placer("a.csv")(table)["longitude"].tolist()
    [-89.2, -89.2]
    """

    file: str
    first_row: int = 2
    corrections: Mapping[str, Answer] = field(default_factory=dict)
    language: Language | None = None

    def __call__(self, table: pd.DataFrame) -> pd.DataFrame:
        """Give a copy of a table with its firms placed; columns as :func:`place_gathered` adds them."""
        placed = self._plain(table)
        rows = np.flatnonzero(self._unsettled(table, placed))
        columns = {name: placed[name].to_numpy(copy=True) for name in _TOLD}
        for begin in range(0, len(rows), _AT_ONCE):
            some = rows[begin : begin + _AT_ONCE]
            read = self._read(table.iloc[some])
            for name, column in columns.items():
                column[some[read.index]] = read[name]
        if "country" in table:
            columns["country"] = placed["country"].to_numpy()
        return table.assign(**columns)

    def _plain(self, table: pd.DataFrame) -> pd.DataFrame:
        """Read columns as numbers, and the countries by any of their names."""
        numbers = {name: pd.to_numeric(_column(table, name), errors="coerce") for name in _NUMBERS}
        texts = {name: np.full(len(table), "", dtype=object) for name in _TOLD[len(_NUMBERS) :]}
        placed = pd.DataFrame(numbers | texts, index=table.index).astype(dict.fromkeys(_NUMBERS, float))
        row, words = pd.factorize(_column(table, "country").astype(object))
        known = [known_choice(MSMES["country"], str(word)) for word in words]
        kept = [code or word for code, word in zip(known, words, strict=True)]
        placed["country"] = np.array([*kept, None], dtype=object)[row]
        plain = plain_degrees(placed.assign(country=np.array([*known, None], dtype=object)[row]))
        placed.loc[plain & _blank(table, "crs"), "placed_by"] = "coordinates"
        widen_coarse(placed)
        return placed

    def _unsettled(self, table: pd.DataFrame, placed: pd.DataFrame) -> pd.Series[bool]:
        """Tell which rows must be read cell by cell: those that say anything but plain degrees."""
        says = ~_blank(table, "crs") & (placed["placed_by"] == "")
        for name in (*_NUMBERS[:2], *_WORDS):
            says |= ~_blank(table, name) & (placed["placed_by"] == "")
        for name in _NUMBERS[2:]:
            says |= placed[name].isna() & ~_blank(table, name)
        return says | _column(table, "msme_id").astype(str).isin(list(self.corrections))

    def _read(self, table: pd.DataFrame) -> pd.DataFrame:
        """Read rows as a sheet of their own in which each is called by its position, the index of what is given."""
        names = [name for name in MSMES.names if name in table and name != "msme_id"]
        cells = table[names].astype(object).where(table[names].notna(), "")
        rows = [[str(place), *row] for place, row in enumerate(cells.to_numpy().tolist())]
        gathered = gather_table((Sheet(self.file, "", [["msme_id", *names], *rows]),), MSMES)
        firms = _column(table, "msme_id").astype(str).tolist()
        corrections = {
            str(place): self.corrections[firm] for place, firm in enumerate(firms) if firm in self.corrections
        }
        numbered = [self._numbered(one, table) for one in gathered.faults]
        frame = gathered.frame.assign(source_row=self._row_numbers(table, gathered.frame["msme_id"]))
        whole = gathered._replace(frame=frame, faults=numbered)
        placed = place_gathered(whole, corrections=corrections, language=self.language)
        return placed.set_index(placed["msme_id"].astype(int))

    def _numbered(self, one: Fault, table: pd.DataFrame) -> Fault:
        """Give a finding the number that its row has in the register."""
        return replace(one, row=None if one.row is None else int(table.index[one.row - 2]) + self.first_row)

    def _row_numbers(self, table: pd.DataFrame, places: pd.Series[Any]) -> np.ndarray[Any, Any]:
        return np.asarray(table.index.to_numpy()[places.astype(int)] + self.first_row)


def _column(table: pd.DataFrame, name: str) -> pd.Series[Any]:
    return table[name] if name in table else pd.Series(None, index=table.index, dtype=object)


def _blank(table: pd.DataFrame, name: str) -> pd.Series[bool]:
    column = _column(table, name)
    told = column.notna()
    if pd.api.types.is_numeric_dtype(column.dtype) or not told.any():
        return ~told
    return ~told | (column.astype(object) == "")
