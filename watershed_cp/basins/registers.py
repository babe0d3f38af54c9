"""Registers of firms too large to hold: read piece by piece from CSV or GeoParquet, written the same way."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from watershed_cp.errors import InputError, MissingFileError
from watershed_cp.messages import fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import TracebackType
    from typing import Self

__all__ = ["GeoParquetWriter", "Piece", "pieces_of", "read_piece"]

_ROWS = 500_000  # held at a time
_GEO = (
    b'{"version": "1.1.0", "primary_column": "geometry",'
    b' "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}}}'
)


class Piece(NamedTuple):
    """A part of a register that can be read on its own, here or on another machine."""

    path: Path
    row_group: int | None  # of a Parquet file; None for a whole CSV file


def pieces_of(path: str | Path) -> list[Piece]:
    """List the parts of a register: the row groups of a Parquet file or folder, or a CSV file as a whole.

    Parameters
    ----------
    path : path-like
        ``.parquet``, ``.geoparquet``, a folder of such, or ``.csv``.

    Raises
    ------
    MissingFileError, InputError
        If there is no such file, or it is of another kind.

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
    from pyarrow import parquet

    return [
        Piece(file, group) for file in files for group in range(parquet.read_metadata(file).num_row_groups)
    ]


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
        counts the rows of the piece.

    Examples
    --------
    >>> from watershed_cp.reference import data_path
    >>> piece = pieces_of(data_path("reference", "pollutants.csv"))[0]
    >>> [table["pollutant"].iloc[0] for table in read_piece(piece)]
    ['BOD5']
    """
    for table in _tables(piece):
        named = table.rename(columns=dict(columns or {}))
        if "geometry" in named and "longitude" not in named:
            points = shapely.from_wkb(named.pop("geometry").to_numpy())
            named["longitude"], named["latitude"] = shapely.get_x(points), shapely.get_y(points)
        yield named


def _tables(piece: Piece) -> Iterator[pd.DataFrame]:
    if piece.row_group is None:
        yield from pd.read_csv(
            piece.path, dtype=str, chunksize=_ROWS, encoding="utf-8-sig", keep_default_na=False
        )
        return
    from pyarrow import parquet

    begin = 0
    with parquet.ParquetFile(piece.path) as file:
        for batch in file.iter_batches(batch_size=_ROWS, row_groups=[piece.row_group]):
            table = batch.to_pandas()
            yield table.set_index(pd.RangeIndex(begin, begin + len(table)))
            begin += len(table)


class GeoParquetWriter:
    """Writes tables one after the other into one GeoParquet file, which is there when whole and not before.

    Parameters
    ----------
    path : path-like
        The file; its folder must exist.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with GeoParquetWriter(Path(folder, "near.parquet")) as writer:
    ...         writer.write(pd.DataFrame({"longitude": [1.0], "latitude": [2.0]}))
    ...     [table["latitude"].tolist() for piece in pieces_of(folder) for table in read_piece(piece)]
    [[2.0]]
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._part = Path(tempfile.mkstemp(dir=self._path.parent, suffix=".part")[1])
        self._writer: Any = None

    def __enter__(self) -> Self:
        return self

    def write(self, table: pd.DataFrame) -> None:
        """Append a table with ``longitude`` and ``latitude``; the first one settles the columns.

        Examples
        --------
        See the class.
        """
        import pyarrow as pa
        from pyarrow import parquet

        points = shapely.to_wkb(shapely.points(table["longitude"].to_numpy(), table["latitude"].to_numpy()))
        rows = pa.Table.from_pandas(table.assign(geometry=points), preserve_index=False)
        if self._writer is None:
            schema = rows.schema.with_metadata({**(rows.schema.metadata or {}), b"geo": _GEO})
            self._writer = parquet.ParquetWriter(self._part, schema, compression="zstd")
        self._writer.write_table(rows.cast(self._writer.schema))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()
        if kind is None and self._writer is not None:
            self._part.replace(self._path)
        else:
            self._part.unlink()


def as_numbers(values: Iterable[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Read a column as numbers; what is none becomes NaN.

    Examples
    --------
    >>> as_numbers(["1.5", "", "x"]).tolist()
    [1.5, nan, nan]
    """
    return pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
