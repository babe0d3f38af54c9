"""A workbook in Excel's binary form (XLSB), which no library at hand writes: the few records that a sheet needs."""

from __future__ import annotations

import struct
import zipfile
from typing import TYPE_CHECKING

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
