"""Workbooks in forms that no library at hand writes, XLSB, XLS and ODS: the few records that a sheet needs."""

from __future__ import annotations

import struct
import zipfile
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from pathlib import Path

_OFFICE = "http://schemas.openxmlformats.org"
_RELATIONS = f"{_OFFICE}/package/2006/relationships"
_LINKS = (
    f'<Relationships xmlns="{_RELATIONS}">'
    '<Relationship Id="rId1" Type="{kind}" Target="{target}"/></Relationships>'
)
_BOOK, _BOOK_END, _SHEETS, _SHEETS_END, _SHEET_NAME = 131, 132, 143, 144, 156
_SHEET, _SHEET_END, _EXTENT, _DATA, _DATA_END, _ROW, _TEXT, _NUMBER = 129, 130, 148, 145, 146, 0, 6, 5


def _record(kind: int, data: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, left = b"", len(data)
    while left > 127:
        size, left = size + bytes([left & 0x7F | 0x80]), left >> 7
    return head + size + bytes([left]) + data


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def write_xlsb(path: Path, rows: list[list[str | float]], name: str = "Firms") -> None:
    """Write rows of texts and numbers as the one sheet of a binary workbook."""
    named = struct.pack("<II", 0, 1) + _wide("rId1") + _wide(name)
    book = b"".join(map(_record, (_BOOK, _SHEETS))) + _record(_SHEET_NAME, named)
    book += b"".join(map(_record, (_SHEETS_END, _BOOK_END)))
    extent = struct.pack("<IIII", 0, len(rows) - 1, 0, max(map(len, rows)) - 1)
    sheet = _record(_SHEET) + _record(_EXTENT, extent) + _record(_DATA)
    for number, row in enumerate(rows):
        sheet += _record(_ROW, struct.pack("<IIHHBIII", number, 0, 300, 0, 0, 1, 0, len(row) - 1))
        for column, cell in enumerate(row):
            place = struct.pack("<II", column, 0)
            text = isinstance(cell, str)
            sheet += _record(
                _TEXT if text else _NUMBER, place + (_wide(cell) if text else struct.pack("<d", cell))
            )
    sheet += _record(_DATA_END) + _record(_SHEET_END)
    office = f"{_OFFICE}/officeDocument/2006/relationships"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr(
            "_rels/.rels", _LINKS.format(kind=f"{office}/officeDocument", target="xl/workbook.bin")
        )
        link = _LINKS.format(kind=f"{office}/worksheet", target="worksheets/sheet1.bin")
        package.writestr("xl/_rels/workbook.bin.rels", link)
        package.writestr("xl/workbook.bin", book)
        package.writestr("xl/worksheets/sheet1.bin", sheet)


def _biff(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def write_xls(path: Path, rows: list[list[str | float]], name: str = "Firms") -> None:
    """Write rows of texts and numbers as the one sheet of a workbook of Excel 97: records in an OLE file."""
    begin, end = (lambda kind: _biff(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0, 0, 0, 0))), _biff(0x000A)
    sheet = begin(0x0010) + _biff(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0))
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            place = struct.pack("<HHH", number, column, 0)
            if isinstance(cell, str):
                text = struct.pack("<HB", len(cell), 1) + cell.encode("utf-16-le")
                sheet += _biff(0x0204, place + text)
            else:
                sheet += _biff(0x0203, place + struct.pack("<d", cell))
    named = struct.pack("<HBB", 0, len(name), 0) + name.encode("latin-1")
    start = len(begin(0x0005)) + 4 + 4 + len(named) + len(end)
    book = begin(0x0005) + _biff(0x0085, struct.pack("<I", start) + named) + end + sheet + end
    path.write_bytes(_ole("Workbook", book))


def _ole(name: str, stream: bytes) -> bytes:
    """Put one stream into an OLE file: a header, one sector of allocations, one of names, then the stream."""
    free, last, nobody = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF
    stream = stream.ljust(4096, b"\0")  # below 4,096 bytes it would have to be cut into smaller sectors
    sectors = -(-len(stream) // 512)
    chain = [0xFFFFFFFD, last, *range(3, 2 + sectors), last]
    table = struct.pack("<128I", *chain, *[free] * (128 - len(chain)))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    head += bytes(6) + struct.pack("<IIIIIIIIII", 0, 1, 1, 0, 4096, last, 0, last, 0, 0)

    def entry(called: str, kind: int, child: int, first: int, size: int) -> bytes:
        written = called.encode("utf-16-le")
        links = struct.pack("<HBBIII", len(written) + 2 if called else 0, kind, 1, nobody, nobody, child)
        return written.ljust(64, b"\0") + links + bytes(36) + struct.pack("<IQ", first, size)

    names = (
        entry("Root Entry", 5, 1, last, 0)
        + entry(name, 2, nobody, 2, len(stream))
        + entry("", 0, nobody, 0, 0) * 2
    )
    return head + struct.pack("<108I", *[free] * 108) + table + names + stream.ljust(sectors * 512, b"\0")


def write_ods(path: Path, rows: list[list[str | float]], name: str = "Firms") -> None:
    """Write rows of texts and numbers as the one sheet of an OpenDocument spreadsheet."""
    open_document = "urn:oasis:names:tc:opendocument:xmlns"
    spaces = " ".join(f'xmlns:{key}="{open_document}:{key}:1.0"' for key in ("office", "table", "text"))
    written = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("META-INF/manifest.xml", f'<manifest xmlns="{open_document}:manifest:1.0"/>')
        package.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet>"
            f'<table:table table:name="{name}">{written}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )


def _ods_cell(cell: str | float) -> str:
    if isinstance(cell, str):
        return (
            f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
        )
    return f'<table:table-cell office:value-type="float" office:value="{cell}"/>'
