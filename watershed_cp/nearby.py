"""The programme's first task on one page: read a register, search it near water, write whom to visit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from watershed_cp.aside import written_aside
from watershed_cp.errors import InputError, IntakeError, MissingFileError
from watershed_cp.messages import fault, label, texts
from watershed_cp.tables import MSMES, NEARBY

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from watershed_cp.basins.proximity import Nearby
    from watershed_cp.errors import Fault, Language
    from watershed_cp.impact.aggregation import Accounts
    from watershed_cp.project import Weights

__all__ = [
    "checked_output",
    "levels_of",
    "rank_register",
    "read_register",
    "register_columns",
    "unplaced_rows",
    "write_found",
]

_OUTPUTS = (".xlsx", ".csv", ".gpkg", ".html", ".parquet")
_STREAMED = (".parquet", ".geoparquet")
_WHOLE_BYTES = 20_000_000  # a larger CSV is read in pieces, its coordinates as plain degrees
_HEADER_RULES = frozenset({"header_missing", "header_twice", "table_empty"})
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
_FIRST = (
    "msme_id",
    "name",
    "near",
    "distance_m",
    "municipality",
    "address",
    "ciiu",
    "employees",
    "size_class",
)


def read_register(path: str | Path, *, language: Language | None = None) -> Path | pd.DataFrame:
    r"""Read a register as an office keeps it; one too large to hold is left for the search to read in pieces.

    Parameters
    ----------
    path : path-like
        Whatever :func:`watershed_cp.read_msmes` reads, or (Geo)Parquet, a file or a folder of them.
    language : {"es", "en"}, optional
        Language of ``explanation``, by default that of the system.

    Returns
    -------
    Path or pandas.DataFrame
        The path of a Parquet register or of a CSV above 20 MB. Otherwise every row of the file, those at fault
        too: ``reason`` is one of :data:`watershed_cp.basins.proximity.UNPLACED` where a row has no place or
        repeats an earlier one, and ``explanation`` says it in a sentence.

    Raises
    ------
    MissingFileError, IntakeError
        If there is no such file, it is damaged, or it has no header that names firms.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "empresas.csv")
    >>> _ = file.write_text("Código de empresa;Latitud;Longitud\n1;13.7;-89.2\n2;norte;-89.2\n1;13.7;-89.2\n", "utf-8")
    >>> read_register(file)["reason"].tolist()
    ['', 'unreadable', 'repeated']
    """
    path = Path(path)
    if not path.exists():
        raise MissingFileError(fault("file_missing", file=path))
    if _is_parquet(path) or (path.suffix.lower() == ".csv" and path.stat().st_size > _WHOLE_BYTES):
        return path
    from watershed_cp.intake.assembly import gather_table
    from watershed_cp.intake.spreadsheets import read_sheets

    gathered = gather_table(read_sheets(path), MSMES)
    unusable = [one for one in gathered.faults if one.rule in _HEADER_RULES]
    if unusable:
        raise IntakeError(*unusable)
    return _with_reasons(gathered.frame, gathered.faults, language)


def rank_register(
    register: Path | pd.DataFrame,
    *,
    basins: gpd.GeoDataFrame,
    weights: Weights,
    evidence: Accounts | None = None,
    distance_m: float = 0.0,
    language: Language | None = None,
) -> pd.DataFrame:
    """Rank the firms of a register that are in or near the watersheds.

    Parameters
    ----------
    register : pathlib.Path or pandas.DataFrame
        From :func:`read_register`, or the firms of a project.
    basins : geopandas.GeoDataFrame
        The watersheds.
    weights : Weights
        Exponent of each factor.
    evidence : Accounts, optional
        The programme's own run: audits, visits, attendance and measures.
    distance_m : float
        How far outside a watershed a firm may lie, metres.
    language : {"es", "en"}, optional
        Language of the explanations.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`watershed_cp.tables.RANKING`.

    Raises
    ------
    InputError
        If the register has no coordinates.

    Examples
    --------
    >>> import pandas as pd
    >>> from watershed_cp.basins.catalogue import read_basins
    >>> from watershed_cp.project import Weights
    >>> firms = pd.DataFrame({"msme_id": ["1", "2"], "longitude": [-89.2, 0.0], "latitude": [13.7, 0.0]})
    >>> rank_register(firms, basins=read_basins(), weights=Weights(), language="en")["explanation"].tolist()[1]
    'Last: where it is is not known.'
    """
    from watershed_cp.basins.proximity import near
    from watershed_cp.impact.ranking import rank_firms

    columns = register_columns(register) if isinstance(register, Path) else None
    layers = {"basin_id": basins}
    found = near(register, basins=basins, distance_m=distance_m, levels=layers, columns=columns)
    aside = found.unplaced
    return rank_firms(
        found.firms, basins=basins, weights=weights, evidence=evidence, unplaced=aside, language=language
    )


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() in _STREAMED or (path.is_dir() and any(path.glob("*parquet")))


def _with_reasons(frame: pd.DataFrame, faults: list[Fault], language: Language | None) -> pd.DataFrame:
    """Say beside each row at fault why it has no place, or that it stands twice."""
    import pandas as pd

    told: dict[tuple[str, str, int], tuple[str, str]] = {}
    for one in faults:
        reason = "repeated" if one.rule in _REPEATED else _REASONS.get(one.rule)
        if reason:
            told.setdefault((one.file or "", one.sheet or "", one.row or 0), (reason, one.tell(language)))
    rows = zip(frame["source_file"], frame["source_sheet"], frame["source_row"], strict=True)
    unplaced = frame["geometry"].isna() | frame["source_row"].isin(
        [one.row for one in faults if one.rule.startswith("location_")]
    )
    lost = unplaced & frame["discharge_latitude"].isna()
    found = [told.get((file, sheet or "", int(row))) for file, sheet, row in rows]
    kept = [
        one if one and (gone or one[0] == "repeated") else ("", "")
        for one, gone in zip(found, lost, strict=True)
    ]
    return pd.DataFrame(frame.drop(columns="geometry")).assign(
        reason=[reason for reason, _ in kept], explanation=[sentence for _, sentence in kept]
    )


def register_columns(path: str | Path) -> dict[str, str]:
    r"""Name the columns of a register that is read in pieces, by the headers offices use.

    Parameters
    ----------
    path : path-like
        Parquet file or folder, or CSV.

    Returns
    -------
    dict of str to str
        From the file's headers to the names of :data:`watershed_cp.tables.MSMES`.

    Raises
    ------
    InputError
        If a Parquet file is damaged.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "empresas.csv")
    >>> _ = file.write_text("Código de empresa;Latitud;Longitud\n", "utf-8")
    >>> register_columns(file)
    {'Código de empresa': 'msme_id', 'Latitud': 'latitude', 'Longitud': 'longitude'}
    """
    from watershed_cp.basins.registers import headers_of
    from watershed_cp.intake.headers import find_header
    from watershed_cp.intake.spreadsheets import Sheet

    headers = headers_of(path)
    positions = find_header(Sheet(Path(path).name, "", [list(headers)]), MSMES).positions
    return {headers[place]: name for name, place in positions.items()}


def levels_of(basins: gpd.GeoDataFrame, layers: list[str] | None) -> dict[str, gpd.GeoDataFrame]:
    """Give the layers in which each firm is to be placed: the watersheds, and sub-basins on request.

    Parameters
    ----------
    basins : geopandas.GeoDataFrame
        The watersheds.
    layers : list of str, optional
        Files of sub-basins; empty for all levels of the built-in ones.

    Returns
    -------
    dict of str to geopandas.GeoDataFrame
        By the column to make: ``basin_id``, then ``sub_basin_1`` and so on, or the name of the file.

    Raises
    ------
    InputError
        If a layer cannot be used.

    Examples
    --------
    >>> from watershed_cp.basins.catalogue import read_basins
    >>> list(levels_of(read_basins(), []))
    ['basin_id', 'sub_basin_1', 'sub_basin_2']
    """
    from watershed_cp.basins.catalogue import read_basins, read_built_in

    if layers is None:
        return {"basin_id": basins}
    if layers:
        return {"basin_id": basins, **{Path(layer).stem: read_basins(layer) for layer in layers}}
    units = read_built_in("subbasins")
    nested = {f"sub_basin_{level}": rows.set_index("basin_id") for level, rows in units.groupby("level")}
    return {"basin_id": basins, **nested}


def write_found(
    found: Nearby, out: Path, basins: gpd.GeoDataFrame, *, rivers: gpd.GeoDataFrame | None, language: Language
) -> None:
    """Write the firms found as table, layer or map, by the ending of the file; it is there whole, or not at all.

    Parameters
    ----------
    found : Nearby
        What a search found, with ``basin_id``.
    out : pathlib.Path
        ``.xlsx``, ``.csv``, ``.gpkg`` or ``.html``.
    basins : geopandas.GeoDataFrame
        The watersheds, drawn in a layer and a map.
    rivers : geopandas.GeoDataFrame or None
        The rivers searched, for a layer.
    language : {"es", "en"}
        Language of headings and values.
    """
    from watershed_cp.publish import geopackage, tables

    firms = _for_people(found.firms, (*_FIRST, *_levels(found.firms)))
    with written_aside(out) as aside:
        if out.suffix.lower() == ".html":
            _map(found.firms, basins).save(aside)
        elif out.suffix.lower() == ".gpkg":
            geopackage.save_visits(firms, unplaced_rows(found, language), basins, aside, rivers=rivers)
        elif out.suffix.lower() == ".xlsx":
            sheets = [("nearby", NEARBY, firms), ("unplaced", NEARBY, unplaced_rows(found, language))]
            tables.save_sheets(
                [sheet for sheet in sheets if len(sheet[2]) or sheet[0] == "nearby"], aside, language=language
            )
        else:
            tables.save_csv(firms, aside)


def unplaced_rows(found: Nearby, language: Language) -> pd.DataFrame:
    """Give the rows without a place for a person to mend: why first, then what the register says.

    Examples
    --------
    >>> import pandas as pd
    >>> from watershed_cp.basins.proximity import Nearby
    >>> row = pd.DataFrame({"msme_id": ["7"], "reason": ["zero"]})
    >>> unplaced_rows(Nearby(firms=row, counts={}, unplaced=row), "en")["explanation"].tolist()
    ['coordinates 0, 0']
    """
    rows = found.unplaced
    plain = [label("unplaced", reason, language) for reason in rows["reason"]]
    told = rows["explanation"].tolist() if "explanation" in rows else plain
    said = [sentence or reason for sentence, reason in zip(told, plain, strict=True)]
    return _for_people(
        rows.assign(explanation=said).drop(columns="reason"), ("explanation", "msme_id", "name")
    )


def _levels(firms: pd.DataFrame) -> list[str]:
    """Name the columns that a search adds for its levels: those after its own."""
    columns = firms.columns.tolist()
    return columns[columns.index("size_class") + 1 :]


def _for_people(table: pd.DataFrame, first: tuple[str, ...]) -> pd.DataFrame:
    """Put first what a visitor reads first, and leave out our columns that the register does not fill."""
    blank = [
        name
        for name in (*MSMES.names, "repairs")
        if name in table and (table[name].isna() | (table[name] == "")).all()
    ]
    kept = [name for name in table.columns if name not in blank]
    return table[[name for name in first if name in kept] + [name for name in kept if name not in first]]


def _map(firms: pd.DataFrame, basins: gpd.GeoDataFrame) -> Any:
    from watershed_cp.basins.assignment import assign
    from watershed_cp.impact.aggregation import close_accounts
    from watershed_cp.loads.audits import audit_loads
    from watershed_cp.publish.maps import build_map

    title = texts("workbook")["nearby"]
    return build_map(
        close_accounts(audit_loads(None), assign(firms, basins), basins, msmes=firms, title=title)
    )


def checked_output(out: str | None) -> Path | None:
    """Refuse, before anything is read, a file that could not be written.

    Raises
    ------
    InputError
        If its ending is none that is known, or its folder is not there.

    Examples
    --------
    >>> checked_output("near.csv").name
    'near.csv'
    """
    if out is None:
        return None
    path = Path(out)
    if path.suffix.lower() not in _OUTPUTS or not path.parent.is_dir():
        raise InputError(fault("near_output", value=out))
    return path
