"""A small writer of binary workbooks ([MS-XLSB] 2.1.4, 2.5.166)."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import documents
from documents import Block, zipped

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def record(kind: int, body: bytes = b"") -> bytes:
    """Return a record."""
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size = len(body)
    while size >= 0x80:
        head += bytes([size & 0x7F | 0x80])
        size >>= 7
    return head + bytes([size]) + body


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def workbook(rows: Iterable[tuple[int, Iterable[tuple[int, str]]]]) -> bytes:
    """Return a workbook of one sheet; a row is its number, a cell its column and text."""
    sheet = record(0x81) + record(0x94, struct.pack("<4I", 0, 1, 0, 1)) + record(0x91)
    for row, cells in rows:
        sheet += record(0, struct.pack("<I", row) + bytes(13))
        for column, text in cells:
            sheet += record(6, struct.pack("<II", column, 0) + _wide(text))
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    named = record(0x9C, struct.pack("<II", 0, 1) + _wide("r1") + _wide("Manual"))
    return zipped({
        "[Content_Types].xml": f'{head}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="bin" '
        'ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>',
        "_rels/.rels": f'{head}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.bin"/></Relationships>',
        "xl/workbook.bin": record(0x83) + record(0x8F) + named + record(0x90) + record(0x84),
        "xl/_rels/workbook.bin.rels": f'{head}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.bin"/></Relationships>',
        "xl/worksheets/sheet1.bin": sheet + record(0x92) + record(0x82),
    })  # fmt: skip


def xlsb_of(blocks: tuple[Block, ...]) -> bytes:
    """Return blocks as a binary sheet, below one another."""
    return workbook(
        (number, [(at, text) for at, text in enumerate(row) if text])
        for number, row in enumerate(documents._grid(blocks))
    )
