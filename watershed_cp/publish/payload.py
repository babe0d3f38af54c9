"""Tables and shapes in few bytes: a JSON head and binary columns, compressed, as base64.

What a page carries is nothing but the letters of base64, so that no text of a user's table can become markup, a
template or code on its way; the page's script unpacks it and sets every text as text.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd
    from numpy.typing import NDArray
    from shapely import Geometry

__all__ = ["DEGREE", "cut_mantissa", "pack", "plain", "ragged", "records"]

DEGREE = 100_000
"""Steps a degree of a packed coordinate: about one metre."""

_ALIGN = 8
_EFFORT = 6  # 9 takes ten times as long for one part in a hundred


def pack(head: Mapping[str, Any], columns: Mapping[str, NDArray[Any]]) -> str:
    """Pack a JSON head and binary columns into one text of base64.

    Parameters
    ----------
    head : mapping
        Anything JSON can hold; NaN is refused.
    columns : mapping of str to array
        One-dimensional arrays of int32, float32, uint16 or uint8. Bytes are stored plane by plane (all first bytes,
        all second bytes …), which compresses far better.

    Returns
    -------
    str
        Base64 of a zlib stream: length of the head (uint32), head, columns, all little-endian, aligned to 8 bytes.

    Raises
    ------
    ValueError
        If the head holds NaN or infinity.

    Examples
    --------
    >>> text = pack({"unit": "kg/yr"}, {"load": np.array([1.5, 2.5], "float32")})
    >>> set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
    True
    """
    index: dict[str, list[Any]] = {}
    planes: list[bytes] = []
    offset = 0
    for name, column in columns.items():
        raw = np.ascontiguousarray(column, dtype=column.dtype.newbyteorder("<"))
        body = raw.view(np.uint8).reshape(raw.size, raw.itemsize).T.tobytes()
        index[name] = [column.dtype.name, offset, raw.size]
        planes.append(body.ljust(-(-len(body) // _ALIGN) * _ALIGN, b"\0"))
        offset += len(planes[-1])
    written = json.dumps(
        {"head": head, "columns": index}, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    ).encode("utf-8", "replace")
    stream = len(written).to_bytes(4, "little") + written + b"".join(planes)
    return base64.b64encode(zlib.compress(stream, _EFFORT)).decode("ascii")


def cut_mantissa(values: NDArray[np.floating[Any]], bits: int) -> NDArray[np.float32]:
    """Round to float32 with `bits` bits of mantissa, so that long columns compress; NaN stays NaN.

    Parameters
    ----------
    values : array of float
    bits : int
        1 to 23; 13 bits keep four significant figures.

    Examples
    --------
    >>> cut_mantissa(np.array([1234.567]), 13).tolist()
    [1234.625]
    """
    single = np.asarray(values, dtype=np.float32)
    mantissa, exponent = np.frexp(single)
    scale = float(2 ** (bits + 1))
    return np.ldexp(np.round(mantissa * scale) / scale, exponent).astype(np.float32)


def ragged(geometries: Iterable[Geometry]) -> tuple[list[list[list[int]]], NDArray[np.int32]]:
    """Flatten lines or polygons into counts of vertices and one column of steps.

    Parameters
    ----------
    geometries : iterable of shapely geometries
        Lines, polygons or collections of them, longitude and latitude in degrees.

    Returns
    -------
    counts : list
        For each geometry, for each of its parts, the number of vertices of each of its rings (one for a line).
    steps : array of int32
        Longitude and latitude in turn, in 1/100,000 degree, each as the step from the vertex before it.

    Examples
    --------
    >>> counts, steps = ragged([shapely.LineString([(0, 0), (1, 2)])])
    >>> counts, steps.tolist()
    ([[[2]]], [0, 0, 100000, 200000])
    """
    counts: list[list[list[int]]] = []
    rings: list[Geometry] = []
    for geometry in geometries:
        parts = [_rings(part) for part in shapely.get_parts(geometry) if not part.is_empty]
        counts.append([[shapely.get_num_coordinates(ring).item() for ring in part] for part in parts])
        rings.extend(ring for part in parts for ring in part)
    places = np.rint(shapely.get_coordinates(rings) * DEGREE).astype(np.int64)
    return counts, np.diff(places, axis=0, prepend=np.zeros((1, 2), np.int64)).astype(np.int32).ravel()


def _rings(part: Geometry) -> list[Geometry]:
    if isinstance(part, shapely.Polygon):
        return [part.exterior, *part.interiors]
    return [part]


def records(table: pd.DataFrame) -> dict[str, list[Any]]:
    """Give a small table column by column, with None for whatever is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> records(pd.DataFrame({"km": [1.5, None]}))
    {'km': [1.5, None]}
    """
    return {
        str(name): [
            None if missing else plain(value)
            for value, missing in zip(column.tolist(), column.isna(), strict=True)
        ]
        for name, column in table.items()
    }


def plain(value: Any) -> Any:
    """Give a value as JSON can hold it: text where it is neither number nor truth; None for no number.

    Examples
    --------
    >>> plain(np.int64(3)), plain(float("inf")), plain(None)
    (3, None, 'None')
    """
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else None
    return str(value)
