"""The programme's tables from its own files: firms, audits, reductions, with every fault told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watershed_cp.intake.assembly import read_table, row_fault
from watershed_cp.intake.headers import NO_SUGGESTION, suggest
from watershed_cp.intake.spreadsheets import read_sheets
from watershed_cp.tables import AUDITS, MSMES, RECOMMENDATIONS, REDUCTIONS

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from watershed_cp.errors import Fault, Language

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
        One finding a row, in row order; empty where every firm is known. A row that names none is another matter.

    Examples
    --------
    >>> import pandas as pd
    >>> firms = pd.DataFrame({"msme_id": ["1"]})
    >>> rows = pd.DataFrame({"msme_id": ["1", "2"], "source_row": [2, 3]})
    >>> rows = rows.assign(source_file="a.csv", source_sheet="")
    >>> [(finding.row, finding.value) for finding in check_references(rows, firms)]
    [(3, '2')]
    """
    unknown = audits[audits["msme_id"].notna() & ~audits["msme_id"].isin(msmes["msme_id"])]
    distinct = unknown["msme_id"].unique()[:_SUGGESTED]
    likely = {name: suggest(name, msmes["msme_id"]) for name in distinct}
    return [
        row_fault(
            audits, row, "firm_unknown", "msme_id", suggestion=likely.get(row["msme_id"], NO_SUGGESTION)
        )
        for _, row in unknown.iterrows()
    ]
