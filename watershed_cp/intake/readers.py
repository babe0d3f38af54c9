"""The programme's tables from its own files: firms, audits, loans …, with every fault told at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from watershed_cp.errors import InputError, Text
from watershed_cp.intake.assembly import read_table, row_fault
from watershed_cp.intake.headers import NO_SUGGESTION, fold, suggest
from watershed_cp.intake.spreadsheets import read_sheets
from watershed_cp.messages import fault, texts
from watershed_cp.tables import AUDITS, INPUTS, MSMES, RECOMMENDATIONS, REDUCTIONS, listed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd

    from watershed_cp.errors import Fault, Language

__all__ = [
    "check_references",
    "read_audits",
    "read_msmes",
    "read_recommendations",
    "read_reductions",
    "read_register",
]

_DIGITS = re.compile(r"[0-9]+")
_SUGGESTED = 100  # where more firms are unknown, the register itself is the wrong one


def read_msmes(
    path: str | Path, *, sheet: str | None = None, language: Language | None = None
) -> gpd.GeoDataFrame:
    r"""Read the register of firms.

    Parameters
    ----------
    path : str or Path
        Workbook or CSV with Spanish or English headers.
    sheet : str, optional
        Name of the sheet; by default every visible sheet that holds firms.
    language : {"es", "en"}, optional
        Language of the file, by default that of its headers: Spanish reads ``3/4/2024`` as 3 April.

    Returns
    -------
    GeoDataFrame
        One row a firm, in the file's order: the columns of ``tables.MSMES``, the file's other columns
        untouched, ``repairs`` (text), ``source_file``, ``source_sheet``, ``source_row``, and ``geometry``:
        the location in EPSG:4326, None where it is not known. ``attrs["notes"]`` holds what was decided in
        reading, as a tuple of Fault.

    Raises
    ------
    MissingFileError
        If there is no such file.
    IntakeError
        If anything in the file is at fault; carries every finding.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp(), "empresas.csv")
    >>> _ = file.write_text("msme_id;latitude;longitude\n001;13,7;-89,2\n", encoding="utf-8")
    >>> firms = read_msmes(file)
    >>> firms["msme_id"][0], firms.geometry[0].wkt
    ('001', 'POINT (-89.2 13.7)')
    """
    import geopandas as gpd

    frame = read_table(read_sheets(path), MSMES, sheet=sheet, language=language)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4326")


def read_audits(
    path: str | Path, *, sheet: str | None = None, language: Language | None = None
) -> pd.DataFrame:
    r"""Read audit rows: what was measured, where in the firm's history, in which unit.

    Parameters
    ----------
    path : str or Path
        Workbook or CSV with Spanish or English headers.
    sheet : str, optional
        Name of the sheet; by default every visible sheet that holds audits.
    language : {"es", "en"}, optional
        Language of the file, by default that of its headers.

    Returns
    -------
    DataFrame
        One row an audit row: the columns of ``tables.AUDITS`` with ``pollutant`` as its code, the file's
        other columns, ``pollutant_as_written``, ``source_file``, ``source_sheet``, ``source_row``.
        ``attrs["notes"]`` as in :func:`read_msmes`. Values stand in the row's own ``unit``.

    Raises
    ------
    MissingFileError
        If there is no such file.
    IntakeError
        If anything in the file is at fault; carries every finding.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp(), "audits.csv")
    >>> text = "msme_id,pollutant,phase,value,unit\n001,DBO5,baseline,<12,kg/yr\n"
    >>> _ = file.write_text(text, encoding="utf-8")
    >>> read_audits(file)[["pollutant", "qualifier", "value"]].to_numpy().tolist()[0]
    ['BOD5', '<', 12.0]
    """
    return read_table(read_sheets(path), AUDITS, sheet=sheet, language=language)


def read_reductions(
    path: str | Path, *, sheet: str | None = None, language: Language | None = None
) -> pd.DataFrame:
    r"""Read reductions of programmes that keep only the difference.

    Parameters
    ----------
    path : str or Path
        Workbook or CSV with Spanish or English headers.
    sheet : str, optional
        Name of the sheet; by default every visible sheet that holds reductions.
    language : {"es", "en"}, optional
        Language of the file, by default that of its headers.

    Returns
    -------
    DataFrame
        One row a reduction: the columns of ``tables.REDUCTIONS``, otherwise as :func:`read_audits`.

    Raises
    ------
    MissingFileError
        If there is no such file.
    IntakeError
        If anything in the file is at fault; carries every finding.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp(), "reducciones.csv")
    >>> _ = file.write_text("msme_id,pollutant,value,unit\n001,DQO,1.5,t/yr\n", encoding="utf-8")
    >>> read_reductions(file)[["pollutant", "value", "unit"]].to_numpy().tolist()[0]
    ['COD', 1.5, 't/yr']
    """
    return read_table(read_sheets(path), REDUCTIONS, sheet=sheet, language=language)


def read_recommendations(
    path: str | Path, *, sheet: str | None = None, language: Language | None = None
) -> pd.DataFrame:
    r"""Read the register of cleaner-production measures.

    Parameters
    ----------
    path : str or Path
        Workbook or CSV with Spanish or English headers.
    sheet : str, optional
        Name of the sheet; by default every visible sheet that holds recommendations.
    language : {"es", "en"}, optional
        Language of the file, by default that of its headers.

    Returns
    -------
    DataFrame
        One row a measure: the columns of ``tables.RECOMMENDATIONS``, otherwise as :func:`read_audits`.

    Raises
    ------
    MissingFileError
        If there is no such file.
    IntakeError
        If anything in the file is at fault; carries every finding.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp(), "medidas.csv")
    >>> _ = file.write_text("recommendation_id,msme_id,status\nR1,001,implementada\n", encoding="utf-8")
    >>> read_recommendations(file)["status"].tolist()
    ['implemented']
    """
    return read_table(read_sheets(path), RECOMMENDATIONS, sheet=sheet, language=language)


def read_register(
    path: str | Path, table: str, *, sheet: str | None = None, language: Language | None = None
) -> pd.DataFrame:
    r"""Read any of the programme's tables by its name: events, stakeholders, loans, inspections and the rest.

    Parameters
    ----------
    path : str or Path
        Workbook or CSV with Spanish or English headers.
    table : str
        Name of one of ``tables.INPUTS``.
    sheet : str, optional
        Name of the sheet; by default every visible sheet that holds the table.
    language : {"es", "en"}, optional
        Language of the file, by default that of its headers.

    Returns
    -------
    DataFrame
        One row an entry: the columns of the table, otherwise as :func:`read_audits`; for firms as :func:`read_msmes`.

    Raises
    ------
    MissingFileError
        If there is no such file.
    IntakeError
        If anything in the file is at fault; carries every finding.
    InputError
        If there is no table of that name.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp(), "eventos.csv")
    >>> _ = file.write_text("Código de evento,Tipo,Estudiantes\nE1,curso,24\n", encoding="utf-8")
    >>> read_register(file, "events")[["kind", "students"]].to_numpy().tolist()
    [['course', 24]]
    """
    declared = {one.name: one for one in INPUTS}
    if table not in declared:
        raise InputError(fault("table_unknown", value=table, known=", ".join(declared)))
    if table == MSMES.name:
        firms: pd.DataFrame = read_msmes(path, sheet=sheet, language=language)
        return firms
    return read_table(read_sheets(path), declared[table], sheet=sheet, language=language)


def check_references(tables: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Find the cells that name a firm, an event, a loan … that its own table lacks.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Tables by their name in ``tables.INPUTS``; a table that is not among them is not asked.

    Returns
    -------
    list of Fault
        One finding a cell, table by table in row order; empty where all are known. A blank cell names none.

    Examples
    --------
    >>> import pandas as pd
    >>> firms = pd.DataFrame({"msme_id": ["1"]})
    >>> rows = pd.DataFrame({"msme_id": ["1", "2"], "source_row": [2, 3]})
    >>> rows = rows.assign(source_file="a.csv", source_sheet="")
    >>> [(finding.row, finding.value) for finding in check_references({"msmes": firms, "audits": rows})]
    [(3, '2')]
    """
    faults = []
    for table in (table for table in INPUTS if table.name in tables):
        for column in table.columns:
            asked = [name for name in column.refers_to if name in tables and name != table.name]
            own = [table.name] if table.name in column.refers_to and column.name != table.identifier else []
            if (asked or own) and column.name in tables[table.name]:
                known = {name: _identifiers(tables, name) for name in (*own, *asked)}
                faults += _unknown(tables[table.name], column.name, known)
    return faults


def _identifiers(tables: Mapping[str, pd.DataFrame], name: str) -> pd.Series[str]:
    table = next(table for table in INPUTS if table.name == name)
    return tables[name][table.identifier].dropna()


def _likely(name: str, known: pd.Series[str]) -> Text:
    """Ask whether an identifier that differs in case, spaces or zeros was meant; another number is another firm's."""
    return suggest(name, [one for one in known if not _differ_by_number(name, one)])


def _differ_by_number(one: str, two: str) -> bool:
    shapes = [_DIGITS.sub("0", fold(name)) for name in (one, two)]
    return shapes[0] == shapes[1] and _numbers(one) != _numbers(two)


def _numbers(name: str) -> list[str]:
    return [digits.lstrip("0") for digits in _DIGITS.findall(name)]


def _unknown(frame: pd.DataFrame, column: str, known: Mapping[str, pd.Series[str]]) -> list[Fault]:
    """Find the identifiers of a `column` that none of the tables that it names knows."""
    every = pd.concat(list(known.values()))
    several = len(known) > 1
    named = frame[column].map(lambda cell: listed(cell) if several else (cell,), na_action="ignore").dropna()
    missing = named.explode().loc[lambda cells: ~cells.isin(every)].dropna()
    likely = {name: _likely(name, every) for name in missing.unique()[:_SUGGESTED]}
    labels = [texts("workbook_tables")[name] for name in known]
    where = Text(*(" / ".join(names) for names in zip(*labels, strict=True)))
    rule = "firm_unknown" if column == "msme_id" else "reference_unknown"
    rows = frame.loc[missing.index].assign(**{column: missing.to_numpy()})
    return [
        row_fault(frame, row, rule, column, table=where, suggestion=likely.get(row[column], NO_SUGGESTION))
        for _, row in rows.iterrows()
    ]
