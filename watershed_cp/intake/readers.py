"""The programme's tables from its own files: firms, audits, reductions, with every fault told at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from watershed_cp.errors import Fault, IntakeError, Language
from watershed_cp.intake.headers import find_header, fold, header_faults, suggest
from watershed_cp.intake.locations import place_firms
from watershed_cp.intake.measurements import check_measurements
from watershed_cp.intake.spreadsheets import read_sheets
from watershed_cp.intake.validation import SOURCES, check_sheet
from watershed_cp.messages import fault
from watershed_cp.tables import AUDITS, INPUTS, MSMES, RECOMMENDATIONS, REDUCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from watershed_cp.intake.headers import Header
    from watershed_cp.intake.spreadsheets import Sheet
    from watershed_cp.intake.validation import Checked
    from watershed_cp.tables import Table

__all__ = ["check_references", "read_audits", "read_msmes", "read_recommendations", "read_reductions"]

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
    >>> file = Path(tempfile.mkdtemp(), "empresas.csv")
    >>> _ = file.write_text("msme_id;latitude;longitude\n001;13,7;-89,2\n", encoding="utf-8")
    >>> firms = read_msmes(file)
    >>> firms["msme_id"][0], firms.geometry[0].wkt
    ('001', 'POINT (-89.2 13.7)')
    """
    import geopandas as gpd

    frame = _read(path, MSMES, sheet, language, place_firms)
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
    >>> file = Path(tempfile.mkdtemp(), "audits.csv")
    >>> text = "msme_id,pollutant,phase,value,unit\n001,DBO5,baseline,<12,kg/yr\n"
    >>> _ = file.write_text(text, encoding="utf-8")
    >>> read_audits(file)[["pollutant", "qualifier", "value"]].to_numpy().tolist()[0]
    ['BOD5', '<', 12.0]
    """
    return _read(path, AUDITS, sheet, language, check_measurements)


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
    >>> file = Path(tempfile.mkdtemp(), "reducciones.csv")
    >>> _ = file.write_text("msme_id,pollutant,value,unit\n001,DQO,1.5,t/yr\n", encoding="utf-8")
    >>> read_reductions(file)[["pollutant", "value", "unit"]].to_numpy().tolist()[0]
    ['COD', 1.5, 't/yr']
    """
    return _read(path, REDUCTIONS, sheet, language, check_measurements)


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
    >>> file = Path(tempfile.mkdtemp(), "medidas.csv")
    >>> _ = file.write_text("recommendation_id,msme_id,status\nR1,001,implementada\n", encoding="utf-8")
    >>> read_recommendations(file)["status"].tolist()
    ['implemented']
    """
    return _read(path, RECOMMENDATIONS, sheet, language, lambda checked: checked)


def check_references(audits: pd.DataFrame, msmes: pd.DataFrame) -> list[Fault]:
    """Find the rows whose firm the register lacks.

    Parameters
    ----------
    audits : DataFrame
        As :func:`read_audits` or :func:`read_reductions` gives it.
    msmes : DataFrame
        As :func:`read_msmes` gives it.

    Returns
    -------
    list of Fault
        One finding a row, in row order; empty where every firm is known.

    Examples
    --------
    >>> firms = pd.DataFrame({"msme_id": ["1"]})
    >>> rows = pd.DataFrame({"msme_id": ["1", "2"], "source_row": [2, 3]})
    >>> rows = rows.assign(source_file="a.csv", source_sheet="")
    >>> [(finding.row, finding.value) for finding in check_references(rows, firms)]
    [(3, '2')]
    """
    unknown = audits[~audits["msme_id"].isin(msmes["msme_id"])]
    distinct = unknown["msme_id"].dropna().unique()[:_SUGGESTED]
    likely = {name: suggest(name, msmes["msme_id"]) for name in distinct}
    return [
        _firm_fault(row, "firm_unknown", **likely.get(row["msme_id"], suggest("", ())))
        for _, row in unknown.iterrows()
    ]


def _firm_fault(row: pd.Series[Any], rule: str, **data: Any) -> Fault:
    """Write a finding about the firm of a row that has been read."""
    return fault(
        rule,
        file=row["source_file"],
        sheet=row["source_sheet"] or None,
        row=int(row["source_row"]),
        column="msme_id",
        value=row["msme_id"],
        **data,
    )


def _read(
    path: str | Path,
    table: Table,
    sheet: str | None,
    language: Language | None,
    finish: Callable[[Checked], Checked],
) -> pd.DataFrame:
    """Read every sheet of the file that holds `table`, and raise all that is wrong in any of them."""
    faults: list[Fault] = []
    notes: list[Fault] = []
    frames: list[pd.DataFrame] = []
    for raw, header in _choose_sheets(read_sheets(path), table, sheet):
        wrong = header_faults(raw, header, table)
        if wrong:
            faults += wrong
            continue
        checked = finish(check_sheet(raw, header, table, language=language))
        frames.append(checked.frame)
        faults += checked.faults
        notes += checked.notes
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=[*table.names, *SOURCES])
    if table is MSMES:
        faults += _repeated_firms(frame)
    if table is RECOMMENDATIONS:
        again = frame[frame["recommendation_id"].notna() & frame["recommendation_id"].duplicated()]
        faults += [
            fault(
                "recommendation_twice",
                file=row["source_file"],
                sheet=row["source_sheet"] or None,
                row=int(row["source_row"]),
                column="recommendation_id",
                value=row["recommendation_id"],
            )
            for _, row in again.iterrows()
        ]
    if not faults and frame.empty:
        faults.append(fault("table_empty", file=Path(path).name, table=table.name))
    if faults:
        raise IntakeError(*sorted(faults, key=lambda finding: (finding.sheet or "", finding.row or 0)))
    frame.attrs["notes"] = tuple(notes)
    return frame


def _choose_sheets(sheets: tuple[Sheet, ...], table: Table, name: str | None) -> list[tuple[Sheet, Header]]:
    """Choose the sheet called `name`, or those whose header fits `table` better than any other table.

    Where none fits, the sheet that comes nearest is given, so that its faults can be told.
    """
    if name is not None:
        named = [sheet for sheet in sheets if fold(sheet.name, brackets=True) == fold(name, brackets=True)]
        if not named:
            found = " | ".join(sheet.name for sheet in sheets)
            raise IntakeError(fault("sheet_missing", file=sheets[0].file, sheet=name, found=found))
        return [(sheet, find_header(sheet, table)) for sheet in named]
    headers = [(sheet, find_header(sheet, table)) for sheet in sheets]
    fitting = [
        (sheet, header)
        for sheet, header in headers
        if not header.missing(table) and _fits_best(sheet, header, table)
    ]
    return fitting or [max(headers, key=lambda pair: len(pair[1].positions))]


def _fits_best(sheet: Sheet, header: Header, table: Table) -> bool:
    others = [find_header(sheet, other) for other in INPUTS if other is not table]
    rivals = [
        len(other.positions)
        for other, rival in zip(others, _others(table), strict=True)
        if not other.missing(rival)
    ]
    return len(header.positions) >= max(rivals, default=0)


def _others(table: Table) -> tuple[Table, ...]:
    return tuple(other for other in INPUTS if other is not table)


def _repeated_firms(frame: pd.DataFrame) -> list[Fault]:
    """Find identifiers that stand twice; a row that repeats another in every cell is told so."""
    shared = frame[frame["msme_id"].notna() & frame["msme_id"].duplicated(keep=False)]
    again = shared["msme_id"].duplicated()
    whole = shared.drop(columns=["source_row", "geometry"], errors="ignore").astype("str").duplicated()
    first = shared[~again].set_index("msme_id")["source_row"].to_dict()
    return [
        _firm_fault(row, "firm_row_repeated" if same else "firm_id_twice", first=first[row["msme_id"]])
        for same, (_, row) in zip(whole[again], shared[again].iterrows(), strict=True)
    ]
