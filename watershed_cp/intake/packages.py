"""Whether a workbook may be opened: no zip bomb, no cell at the far end of an empty sheet.

A workbook of a few kilobytes can ask for more memory than there is, and the reader then ends the whole process.
So its package is looked at before it is opened: on every system XLSX, XLSB and ODS tell there how far their cells
reach, and XLS cannot reach beyond 65,536 rows of 256. What is large, or of a form whose damaged files have ended the
reader, is also read in a process of its own, see :mod:`watershed_cp.intake.apart`.
"""

from __future__ import annotations

import html
import lzma
import re
import struct
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from watershed_cp.errors import IntakeError
from watershed_cp.messages import fault, texts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from watershed_cp.errors import Fault

__all__ = ["check_package", "damage", "part_names", "unread_cells"]

MOST_BYTES = 1_000_000_000
MOST_PARTS = 5_000
MOST_CELLS = 20_000_000
_MOST_RATIO = 400  # sheets of numbers shrink about tenfold, bombs a thousandfold
_SMALL_BYTES = 10_000_000
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    lzma.LZMAError,
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    LookupError,
)
_CHUNK = 1 << 22
_HEAD_BYTES = 1 << 16
_OLE, _ENCRYPTED = b"\xd0\xcf\x11\xe0", "EncryptedPackage".encode("utf-16-le")
_ZIPPED = (".xlsx", ".xlsm", ".xlsb", ".ods", ".kmz", ".zip")
_SIGNS = {  # how files begin, and what they then are
    b"<!doctype html": "page",
    b"<html": "page",
    b"<table": "page",
    b"<?xml": "xml",
    b"%pdf": "pdf",
    b"pk\x03\x04": "package",
    _OLE: "old",
    b"sqlite format 3": "base",
}
_KINDS: dict[str, tuple[str, ...]] = {  # which endings such a file may have
    "page": (".html", ".htm"),
    "xml": (".kml", ".xml"),
    "pdf": (".pdf",),
    "package": _ZIPPED,
    "old": (".xls",),
    "base": (".gpkg",),
    "text": (".csv", ".tsv", ".txt"),
}
_OVERLAP = 64
_FAR = re.compile(rb"""r\s*=\s*["'](?:([A-Za-z]{2,})\d|[A-Za-z]?(\d{6,}))""")
_ANY = re.compile(rb"""r(?<=\sr)\s*=\s*["']([A-Za-z]*)(\d+)""")
_MOST_LETTERS, _MOST_DIGITS = 7, 9  # enough to tell that a cell is too far, however long its name
_KIND_BYTES, _LENGTH_BYTES = 2, 4
_LAST_CELL_RECORD = 11  # 0 begins a row, 1 to 11 are cells
_OPEN_TAGS = re.compile(rb"<table:(?:covered-)?(table-row|table-cell|table)\b([^>]*)")
_REPEATED = re.compile(rb"""-repeated\s*=\s*["'](\d+)""")
_LINK = re.compile(rb"<Relationship\b[^>]*>")
_SHEET = re.compile(rb"<sheet\b[^>]*>")
_SIGNS_OF_UNREAD = (b't="e"', b"</f></c>", b"</f><v></v>", b"</f><v/>", b"</f><v />", b"/></c>")
_ERROR = re.compile(
    rb'<c r="([A-Z]{1,3})(\d{1,7})"[^>]*\bt="e"[^>]*>(?:<f[^<]*</f>|<f[^>]*/>)?<v>([^<]*)</v>'
)
_UNCOMPUTED = re.compile(
    rb'<c r="([A-Z]{1,3})(\d{1,7})"([^>]*)><f[^>]*?(?:/>|>([^<]*)</f>)(?:<v\s*/>|<v></v>)?</c>'
)


def check_package(path: Path) -> frozenset[str]:
    """Look into a zipped workbook without opening it.

    Returns
    -------
    frozenset of str
        The parts that may hold cells which a reader takes for blank, see :func:`unread_cells`.

    Raises
    ------
    IntakeError
        If it is no package, or would unfold into more than a programme's table can be.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp(), "small.xlsx")
    >>> with zipfile.ZipFile(path, "w") as package:
    ...     package.writestr("xl/worksheets/sheet1.xml", '<row r="1"><c r="A1"/></row>')
    >>> sorted(check_package(path))
    []
    """
    with _open_package(path) as package:
        parts = package.infolist()
        size = sum(part.file_size for part in parts)
        packed = max(sum(part.compress_size for part in parts), 1)
        bomb = size > _SMALL_BYTES and size / packed > _MOST_RATIO
        if bomb or size > MOST_BYTES or len(parts) > MOST_PARTS:
            raise IntakeError(fault("file_too_large", file=path.name))
        sheets = set(_sheet_parts(package).values())
        told: set[str] = set()
        for part in parts:
            name = part.filename
            if name in sheets or name.startswith("xl/worksheets/"):
                binary = name.endswith(".bin")
                if _too_far(
                    _binary_extent(package.read(part)) if binary else _extent(path, package, part, told)
                ):
                    raise IntakeError(fault("file_too_large", file=path.name))
            elif name == "content.xml" and _too_far(_open_extent(package.read(part))):
                raise IntakeError(fault("file_too_large", file=path.name))
    return frozenset(told)


def part_names(path: Path) -> list[str]:
    """Name the parts of a package.

    Raises
    ------
    IntakeError
        If it is no package.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp(), "a.zip")
    >>> with zipfile.ZipFile(path, "w") as package:
    ...     package.writestr("a.shp", "")
    >>> part_names(path)
    ['a.shp']
    """
    with _open_package(path) as package:
        return package.namelist()


@contextmanager
def _open_package(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zipped workbook; whatever is broken in it is told as one fault."""
    try:
        with zipfile.ZipFile(path) as package:
            yield package
    except IntakeError:
        raise
    except _BROKEN as error:
        raise IntakeError(damage(path)) from error


def damage(path: Path) -> Fault:
    r"""Say why a file that cannot be opened cannot: it is of another kind than its name says, or damaged.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp(), "a.xls")
    >>> _ = path.write_text("<html><table><tr><td>1")
    >>> damage(path).problem.en
    'Though its name ends in “.xls”, this is a web page.'
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    ending = path.suffix.lower()
    if head.startswith(_OLE) and _ENCRYPTED in head and ending in _ZIPPED:
        return fault("file_protected", file=path.name)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:200].lower()
    found = next((kind for sign, kind in _SIGNS.items() if start.startswith(sign.lower())), "")
    text = not found and b"\0" not in head and ending in (*_ZIPPED, ".xls", ".gpkg")
    kind = "text" if text else found
    if kind and ending not in _KINDS[kind]:
        return fault("file_other_kind", file=path.name, value=ending, found=texts("file_kind")[kind])
    return fault("file_damaged", file=path.name)


def _too_far(extent: tuple[int, int]) -> bool:
    return extent[0] * extent[1] > MOST_CELLS


def _extent(path: Path, package: zipfile.ZipFile, part: zipfile.ZipInfo, told: set[str]) -> tuple[int, int]:
    """Find the farthest row and column that a sheet names; a reader makes room for all that lies before them.

    Most sheets pass at a glance, by rows of six digits and columns of two letters; the others are measured. A part that
    shows signs of cells that a reader takes for blank is `told`.
    """
    for pattern, width, height in ((_FAR, 26, 99_999), (_ANY, 0, 0)):
        for chunk in _chunks(path, package, part):
            for letters, digits in set(pattern.findall(chunk)):
                width = max(width, _column_number(letters.upper()[:_MOST_LETTERS]))  # noqa: PLW2901
                height = max(height, int(digits.lstrip(b"0")[:_MOST_DIGITS] or 0))  # noqa: PLW2901
            if part.filename not in told and any(sign in chunk for sign in _SIGNS_OF_UNREAD):
                told.add(part.filename)
        if not _too_far((width, height)):
            break
    return width, height


def _chunks(path: Path, package: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Unfold a part piece by piece, each with the end of the one before."""
    read, tail = 0, b""
    with package.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            read += len(chunk)
            if read > MOST_BYTES:
                raise IntakeError(fault("file_too_large", file=path.name))
            yield tail + chunk
            tail = chunk[-_OVERLAP:]


def _binary_extent(sheet: bytes) -> tuple[int, int]:
    """Find the farthest row and column of a sheet of XLSB: records of a kind, a length and what they hold."""
    place, width, height = 0, 0, 0
    while place < len(sheet):
        kind, place = _varying(sheet, place, _KIND_BYTES)
        length, place = _varying(sheet, place, _LENGTH_BYTES)
        if kind <= _LAST_CELL_RECORD:
            number = 1 + int.from_bytes(sheet[place : place + 4], "little")
            width, height = (width, max(height, number)) if kind == 0 else (max(width, number), height)
        place += length
    return width, height


def _varying(data: bytes, place: int, longest: int) -> tuple[int, int]:
    """Read a number of seven bits a byte, and give the place behind it."""
    number = 0
    for shift, byte in enumerate(data[place : place + longest]):
        number += (byte & 0x7F) << (7 * shift)
        if byte < 0x80:  # noqa: PLR2004
            return number, place + shift + 1
    return number, place + longest


def _open_extent(content: bytes) -> tuple[int, int]:
    """Find the farthest row and column with a value in the sheets of an open document, where each may be repeated."""
    width = height = row = column = again = 0
    for start, attributes in _OPEN_TAGS.findall(content):
        repeated = max((int(count[:_MOST_DIGITS]) for count in _REPEATED.findall(attributes)), default=1)
        if start == b"table":
            row = again = 0
        elif start == b"table-row":
            row, column, again = row + again, 0, repeated
        else:
            column += repeated
            if b"value-type" in attributes:
                width, height = max(width, column), max(height, row + again)
    return width, height


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def unread_cells(path: Path, parts: frozenset[str]) -> dict[str, dict[tuple[int, int], str]]:
    """Find the cells that a reader takes for blank though they are not: errors, and formulas never computed.

    Parameters
    ----------
    path : Path
        XLSX or XLSM that :func:`check_package` let pass.
    parts : frozenset of str
        What that function gave: the parts to look into.

    Returns
    -------
    dict
        For each sheet name the (row, column) of such cells, from 1, with the error or the formula as text.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp(), "small.xlsx")
    >>> with zipfile.ZipFile(path, "w") as package:
    ...     package.writestr("xl/worksheets/sheet1.xml", '<c r="B2" t="e"><v>#DIV/0!</v></c>')
    ...     package.writestr("xl/workbook.xml", '<sheet name="Firms" sheetId="1" r:id="rId1"/>')
    ...     link = '<Relationship Id="rId1" Target="worksheets/sheet1.xml"/>'
    ...     package.writestr("xl/_rels/workbook.xml.rels", link)
    >>> unread_cells(path, check_package(path))
    {'Firms': {(2, 2): '#DIV/0!'}}
    """
    found: dict[str, dict[tuple[int, int], str]] = {}
    with _open_package(path) as package:
        for name, part in _sheet_parts(package).items() if parts else ():
            if part not in parts:
                continue
            text = package.read(part)
            cells = dict(_errors(text))
            cells |= {place: f"={value}" for place, value in _uncomputed(text)}
            if cells:
                found[name] = cells
    return found


def _sheet_parts(package: zipfile.ZipFile) -> dict[str, str]:
    """Map sheet names to the parts of the package that hold them."""
    names = set(package.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return {}
    links = _LINK.findall(package.read("xl/_rels/workbook.xml.rels"))
    targets = {
        key: target
        for text in links
        for key, target in [(_attribute(text, b"Id"), _attribute(text, b"Target"))]
    }
    sheets = _SHEET.findall(package.read("xl/workbook.xml"))
    parts = {_attribute(text, b"name"): targets.get(_attribute(text, b"r:id"), "") for text in sheets}
    full = {
        name: target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        for name, target in parts.items()
    }
    return {name: part for name, part in full.items() if part in names}


def _attribute(text: bytes, name: bytes) -> str:
    match = re.search(rb"\b" + name + rb"""=["']([^"']*)""", text)
    return html.unescape(match[1].decode("utf-8", "replace")) if match else ""


def _errors(text: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    for letters, digits, value in _ERROR.findall(text):
        yield (int(digits), _column_number(letters)), value.decode("ascii", "replace")


def _uncomputed(text: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    for letters, digits, attributes, formula in _UNCOMPUTED.findall(text):
        if b't="str"' not in attributes:  # a formula whose answer is an empty text has been computed
            yield (int(digits), _column_number(letters)), html.unescape(formula.decode("utf-8", "replace"))
