"""Registers of firms too large to hold: read piece by piece from CSV or GeoParquet, written the same way."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from watershed_cp.aside import written_aside
from watershed_cp.errors import InputError, MissingFileError
from watershed_cp.messages import fault

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Piece", "TableWriter", "as_numbers", "headers_of", "pieces_of", "read_piece", "written_tables"]

_ROWS = 500_000  # held at a time, at most
_BYTES = 200_000_000  # of text held at a time, at most
_HEAD = 1_000_000  # bytes of a CSV that tell its encoding, its delimiter and the length of its lines
_GEO = (
    b'{"version": "1.1.0", "primary_column": "geometry",'
    b' "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}}}'
)


class Piece(NamedTuple):
    """A part of a register that can be read on its own, here or on another machine."""

    path: Path
    row_group: int | None  # of a Parquet file; None for a whole CSV file
    first_row: int = 0  # of the piece in its file
    geometry: str = ""  # the column of points, if there is one


def pieces_of(path: str | Path) -> list[Piece]:
    """List the parts of a register: the row groups of a Parquet file or folder, or a CSV file as a whole.

    Parameters
    ----------
    path : path-like
        ``.parquet``, ``.geoparquet``, a folder of such, or ``.csv``.

    Raises
    ------
    MissingFileError, InputError
        If there is no such file, it is of another kind, damaged, or its points are not in EPSG:4326.

    Examples
    --------
    >>> from watershed_cp.reference import data_path
    >>> [piece.row_group for piece in pieces_of(data_path("reference", "pollutants.csv"))]
    [None]
    """
    path = Path(path)
    if not path.exists():
        raise MissingFileError(fault("file_missing", file=path))
    if path.suffix.lower() == ".csv":
        return [Piece(path, None)]
    files = sorted(path.glob("*parquet")) if path.is_dir() else [path]
    if not files or any(file.suffix.lower() not in {".parquet", ".geoparquet"} for file in files):
        raise InputError(fault("register_kind", file=path))
    return [piece for file in files for piece in _row_groups(file)]


def _row_groups(file: Path) -> Iterator[Piece]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        metadata = parquet.read_metadata(file)
    except pa.ArrowInvalid as error:
        raise InputError(fault("file_damaged", file=file.name, reason=str(error))) from error
    geometry = _geometry_column(file, (metadata.metadata or {}).get(b"geo"))
    begin = 0
    for group in range(metadata.num_row_groups):
        yield Piece(file, group, begin, geometry)
        begin += metadata.row_group(group).num_rows


def _geometry_column(file: Path, geo: bytes | None) -> str:
    """Name the column of points by the GeoParquet metadata; its points must be WKB in longitude and latitude."""
    if geo is None:
        return "geometry"
    from pyproj import CRS

    told = json.loads(geo)
    name = str(told["primary_column"])
    column = told["columns"][name]
    if column.get("encoding") != "WKB":
        raise InputError(fault("register_encoding", file=file.name, value=column.get("encoding")))
    crs = column.get("crs", "OGC:CRS84")
    if crs is not None and not CRS.from_user_input(crs).equals("EPSG:4326", ignore_axis_order=True):
        raise InputError(fault("crs_not_wgs84", file=file.name, value=CRS.from_user_input(crs).name))
    return name


def headers_of(path: str | Path) -> list[str]:
    """Give the headers of a register.

    Raises
    ------
    MissingFileError, InputError
        As :func:`pieces_of`.

    Examples
    --------
    >>> from watershed_cp.reference import data_path
    >>> headers_of(data_path("reference", "pollutants.csv"))[0]
    'pollutant'
    """
    piece = next(iter(pieces_of(path)), None)
    if piece is None:
        return []
    if piece.row_group is None:
        return [str(name) for name in next(_read_csv(piece.path, rows=1)).columns]
    from pyarrow import parquet

    return [str(name) for name in parquet.read_schema(piece.path).names]


def read_piece(piece: Piece, columns: Mapping[str, str] | None = None) -> Iterator[pd.DataFrame]:
    """Read a part of a register in tables of bounded size.

    Parameters
    ----------
    piece : Piece
        The part.
    columns : mapping, optional
        From the file's headers to the names of :data:`watershed_cp.tables.MSMES`.

    Yields
    ------
    pandas.DataFrame
        Columns of the file, renamed; a point geometry in WKB becomes ``longitude`` and ``latitude``. The index
        counts the rows of the file.

    Examples
    --------
    >>> from watershed_cp.reference import data_path
    >>> piece = pieces_of(data_path("reference", "pollutants.csv"))[0]
    >>> [table["pollutant"].iloc[0] for table in read_piece(piece)]
    ['BOD5']
    """
    for table in _tables(piece):
        named = table.rename(columns=dict(columns or {}))
        if piece.geometry in named:
            points = shapely.from_wkb(named.pop(piece.geometry).to_numpy())
            if "longitude" not in named:
                named["longitude"], named["latitude"] = shapely.get_x(points), shapely.get_y(points)
        yield named


def _tables(piece: Piece) -> Iterator[pd.DataFrame]:
    if piece.row_group is None:
        yield from _read_csv(piece.path)
        return
    from pyarrow import parquet

    begin = piece.first_row
    with parquet.ParquetFile(piece.path) as file:
        group = file.metadata.row_group(piece.row_group)
        size = _at_once(group.total_byte_size / max(group.num_rows, 1))
        for batch in file.iter_batches(batch_size=size, row_groups=[piece.row_group]):
            table = batch.to_pandas()
            yield table.set_index(pd.RangeIndex(begin, begin + len(table)))
            begin += len(table)


def _read_csv(path: Path, *, rows: int | None = None) -> Iterator[pd.DataFrame]:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    lines = head.splitlines() or [b""]
    try:
        head[: head.rfind(b"\n") + 1].decode()
        encoding = "utf-8-sig"
    except UnicodeDecodeError:
        encoding = "cp1252"
    delimiter = max(";\t|,", key=lambda mark: lines[0].decode(encoding, "replace").count(mark))
    yield from pd.read_csv(
        path,
        sep=delimiter,
        dtype=str,
        chunksize=rows or _at_once(len(head) / len(lines)),
        encoding=encoding,
        keep_default_na=False,
    )


def _at_once(bytes_a_row: float) -> int:
    """Tell how many rows of a size may be held."""
    return int(min(_ROWS, max(_BYTES / max(bytes_a_row, 1), 1)))


class TableWriter:
    """Appends tables to one Parquet file; see :func:`written_tables`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Any = None

    def write(self, table: pd.DataFrame, *, points: bool = True) -> None:
        """Append a table, with its ``longitude`` and ``latitude`` as points; the first one settles the columns."""
        import pyarrow as pa
        from pyarrow import parquet

        if points:
            wkb = shapely.to_wkb(shapely.points(table["longitude"].to_numpy(), table["latitude"].to_numpy()))
            table = table.assign(geometry=pd.Series(wkb, index=table.index, dtype=object))
        rows = pa.Table.from_pandas(table, preserve_index=False)
        if self._writer is None:
            schema = pa.schema([_settled(column) for column in rows.schema])
            told = {b"geo": _GEO} if points else {}
            self._writer = parquet.ParquetWriter(self._path, schema.with_metadata(told), compression="zstd")
        self._writer.write_table(rows.cast(self._writer.schema))

    def close(self) -> None:
        """Finish the file; without any table there is none."""
        if self._writer is not None:
            self._writer.close()


def _settled(column: Any) -> Any:
    """Take a column in which nothing is known yet for one of texts, or of points."""
    import pyarrow as pa

    if not pa.types.is_null(column.type):
        return column
    return pa.field(column.name, pa.binary() if column.name == "geometry" else pa.string())


@contextmanager
def written_tables(path: str | os.PathLike[str]) -> Iterator[TableWriter]:
    """Write tables one after the other into one (Geo)Parquet file, which is there when whole and not before.

    Parameters
    ----------
    path : path-like
        The file; its folder must exist.

    Yields
    ------
    TableWriter
        Takes the tables; at least one, which may be empty.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with written_tables(Path(folder, "near.parquet")) as writer:
    ...         writer.write(pd.DataFrame({"longitude": [1.0], "latitude": [2.0]}))
    ...     [table["latitude"].tolist() for piece in pieces_of(folder) for table in read_piece(piece)]
    [[2.0]]
    """
    with written_aside(path) as aside:
        writer = TableWriter(aside)
        try:
            yield writer
        finally:
            writer.close()


def as_numbers(values: Iterable[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Read a column as numbers; what is none becomes NaN.

    Examples
    --------
    >>> as_numbers(["1.5", "", "x"]).tolist()
    [1.5, nan, nan]
    """
    return pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
