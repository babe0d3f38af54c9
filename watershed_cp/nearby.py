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

    from watershed_cp.basins.gathering import Nearby
    from watershed_cp.errors import Language
    from watershed_cp.impact.aggregation import Accounts
    from watershed_cp.project import Weights
    from watershed_cp.publish.visits import Search

__all__ = [
    "checked_output",
    "find_corrections",
    "in_pieces",
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


def read_register(
    path: str | Path, *, corrections: str | Path | None = None, language: Language | None = None
) -> Path | pd.DataFrame:
    r"""Read a register as an office keeps it; one too large to hold is left for the search to read in pieces.

    Parameters
    ----------
    path : path-like
        Whatever :func:`watershed_cp.read_msmes` reads, or (Geo)Parquet, a file or a folder of them.
    corrections : path-like, optional
        Workbook in which the user places firms by hand.
    language : {"es", "en"}, optional
        Language of ``explanation``, by default that of the system.

    Returns
    -------
    Path or pandas.DataFrame
        The path of a Parquet register or of a CSV above 20 MB. Otherwise every row of the file, those at fault
        too, placed as :func:`watershed_cp.intake.placing.place_gathered` does.

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
    from watershed_cp.intake.corrections import read_corrections
    from watershed_cp.intake.placing import place_gathered
    from watershed_cp.intake.spreadsheets import read_sheets

    gathered = gather_table(read_sheets(path), MSMES)
    unusable = [one for one in gathered.faults if one.rule in _HEADER_RULES]
    if unusable:
        raise IntakeError(*unusable)
    known = read_corrections(corrections) if corrections else {}
    return place_gathered(gathered, corrections=known, language=language)


def rank_register(
    register: Path | pd.DataFrame,
    *,
    basins: gpd.GeoDataFrame,
    weights: Weights,
    evidence: Accounts | None = None,
    distance_m: float = 0.0,
    corrections: str | Path | None = None,
    audited_only: bool = False,
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
    corrections : path-like, optional
        Workbook in which the user places firms by hand, for a register that is read in pieces.
    audited_only : bool
        Take no load from other firms of a branch, as in the order of the next inspections.
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

    pieces = in_pieces(register, corrections=corrections, language=language)
    found = near(register, basins=basins, distance_m=distance_m, levels={"basin_id": basins}, **pieces)
    return rank_firms(
        found.firms,
        basins=basins,
        weights=weights,
        evidence=evidence,
        unplaced=found.unplaced,
        audited_only=audited_only,
        language=language,
    )


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() in _STREAMED or (path.is_dir() and any(path.glob("*parquet")))


def find_corrections(register: str | Path, named: str | Path | None = None) -> Path | None:
    """Find the workbook in which the user places firms by hand: the one named, or the usual one beside the register.

    Raises
    ------
    MissingFileError
        If the one named is not there.

    Examples
    --------
    >>> find_corrections("no-such-folder/empresas.xlsx") is None
    True
    """
    from watershed_cp.project import Geocoding

    if named is not None and not Path(named).is_file():
        raise MissingFileError(fault("file_missing", file=named))
    usual = Path(register).parent / Geocoding().corrections
    return Path(named) if named is not None else usual if usual.is_file() else None


def in_pieces(
    register: Path | pd.DataFrame,
    *,
    corrections: str | Path | None = None,
    language: Language | None = None,
) -> dict[str, Any]:
    """Give what a search needs to read a register in pieces: its columns, and what places its firms.

    Parameters
    ----------
    register : pathlib.Path or pandas.DataFrame
        From :func:`read_register`; a table is placed already.
    corrections : path-like, optional
        Workbook in which the user places firms by hand.
    language : {"es", "en"}, optional
        Language of what is told of a row.

    Returns
    -------
    dict
        ``columns`` and ``prepare`` of :func:`watershed_cp.basins.proximity.near`; empty for a table.

    Raises
    ------
    IntakeError
        If the corrections cannot be understood.

    Examples
    --------
    >>> import pandas as pd
    >>> in_pieces(pd.DataFrame())
    {}
    """
    if not isinstance(register, Path):
        return {}
    from watershed_cp.intake.corrections import read_corrections
    from watershed_cp.intake.placing import Placer

    first = 1 if _is_parquet(register) else 2
    known = read_corrections(corrections) if corrections else {}
    return {
        "columns": register_columns(register),
        "prepare": Placer(register.name, first, known, language),
    }


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
    found: Nearby,
    out: Path,
    basins: gpd.GeoDataFrame,
    *,
    search: Search,
    rivers: gpd.GeoDataFrame | None = None,
    language: Language,
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
    search : Search
        What was searched; told in a sheet, a layer's table and on the map.
    rivers : geopandas.GeoDataFrame, optional
        The rivers searched, for a layer.
    language : {"es", "en"}
        Language of headings and values.
    """
    from watershed_cp.publish import geopackage, tables
    from watershed_cp.publish.visits import tell_search

    firms = _for_people(found.firms, (*_FIRST, *_levels(found.firms)))
    about = [line.speak(language) for line in tell_search(search, found)]
    lost = unplaced_rows(found, language)
    with written_aside(out) as aside:
        if out.suffix.lower() == ".html":
            _map(found, basins, search).save(aside)
        elif out.suffix.lower() == ".gpkg":
            geopackage.save_visits(firms, lost, basins, aside, rivers=rivers, about=about)
        elif out.suffix.lower() == ".xlsx":
            sheets = [("nearby", NEARBY, firms), ("unplaced", NEARBY, lost)]
            shown = [sheet for sheet in sheets if len(sheet[2]) or sheet[0] == "nearby"]
            tables.save_sheets(shown, aside, language=language, about=about)
        else:
            tables.save_csv(firms, aside)


def unplaced_rows(found: Nearby, language: Language) -> pd.DataFrame:
    """Give the rows without a place for a person to mend: why first, then what the register says.

    Examples
    --------
    >>> import pandas as pd
    >>> from watershed_cp.basins.gathering import Nearby
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
    return [*columns[columns.index("size_class") + 1 :], "location_accuracy_m", "placed_by", "repairs"]


def _for_people(table: pd.DataFrame, first: tuple[str, ...]) -> pd.DataFrame:
    """Put first what a visitor reads first, and leave out our columns that the register does not fill."""
    blank = [
        name
        for name in (*MSMES.names, "repairs", "placed_by")
        if name in table and (table[name].isna() | (table[name] == "")).all()
    ]
    kept = [name for name in table.columns if name not in blank]
    return table[[name for name in first if name in kept] + [name for name in kept if name not in first]]


def _map(found: Nearby, basins: gpd.GeoDataFrame, search: Search) -> Any:
    from watershed_cp.basins.assignment import assign
    from watershed_cp.impact.aggregation import close_accounts
    from watershed_cp.loads.audits import audit_loads
    from watershed_cp.publish.maps import build_map
    from watershed_cp.publish.visits import tell_search

    firms, title = found.firms, texts("workbook")["nearby"]
    accounts = close_accounts(audit_loads(None), assign(firms, basins), basins, msmes=firms, title=title)
    return build_map(accounts, visits=tell_search(search, found))


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
