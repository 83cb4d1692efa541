"""Old workbooks' records ([MS-XLS] 2.1.4): how much room their sheets claim, and their stream in a file of its own."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from sousveil.unpack.render.ole import MAGIC

MOST_ROOM = 1600 << 20
"""Bytes that the library may be made to ask for; where it is refused them it ends the process."""
_SPARSE, _LEAST_ROOM = 100, 256 << 20
"""Room for each byte of the stream, five times what a full sheet takes; what is granted any workbook."""
_MOST_RECORDS = 5_000_000
_BOUNDSHEET, _EOF, _SST, _DIMENSIONS, _MULRK = 0x85, 0x0A, 0xFC, 0x200, 0xBD
_CELLS = frozenset((0x06, _MULRK, 0xFD, 0x203, 0x204, 0x205, 0x27E))
# Bytes of one place: of a grid and the formulas beside it, of a grid handed out once more, of a cell that is expected.
_HELD, _COPIED, _EXPECTED = 56, 32, 40
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
_SECTOR = 4096


def room(book: bytes) -> int:
    """Return the bytes that laying out a workbook's sheets as grids takes.

    A sheet is laid out from its first to its last row and column, whatever lies between. Raises ValueError where that
    cannot be told.
    """
    places: list[int] = []
    left = _MOST_RECORDS
    for kind, at, size in _records(book, 0):
        left -= 1
        if kind == _BOUNDSHEET and size >= 4:
            places.append(int.from_bytes(book[at : at + 4], "little"))
        elif kind == _SST and size >= 8 and 3 * int.from_bytes(book[at + 4 : at + 8], "little") > len(book):
            raise ValueError("the table of strings claims more strings than the workbook has bytes for")
        elif kind == _EOF:
            break
    total = most = 0
    measured: dict[int, tuple[int, int]] = {}
    for place in places:
        if place not in measured:
            grid, expected, count = _sheet(book, place, left)
            left -= count
            measured[place] = grid, max(_COPIED * grid, _EXPECTED * expected)
        total += measured[place][0]
        most = max(most, measured[place][1])
    return _HELD * total + most


def _sheet(book: bytes, place: int, left: int) -> tuple[int, int, int]:
    """Return how many places a sheet's cells span, how many it says it has, and how many records it has."""
    low, high, first, last = 1 << 32, -1, 1 << 32, -1
    expected = count = 0
    for kind, at, size in _records(book, place):
        count += 1
        if count > left:
            raise ValueError(f"more than {_MOST_RECORDS} records")
        if kind == _EOF:
            break
        if kind in _CELLS and size >= 6:
            row, column = struct.unpack_from("<HH", book, at)
            low, high = min(low, row), max(high, row)
            first = min(first, column)
            last = max(last, column + (size // 6 - 2 if kind == _MULRK else 0))
        elif kind == _DIMENSIONS and size in (10, 14):
            top, bottom, left_side, right = struct.unpack_from("<HHHH" if size == 10 else "<IIHH", book, at)
            if bottom and right:
                # An end before its start wraps round in the library.
                expected = max(expected, ((bottom - top) & 0xFFFFFFFF) * ((right - left_side) & 0xFFFFFFFF))
    return max(0, high - low + 1) * max(0, last - first + 1), expected, count


def _records(book: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Yield each record's kind, where its body is, and the body's length."""
    while at + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, at)
        if at + 4 + size > len(book):
            return
        yield kind, at + 4, size
        at += 4 + size


def full(book: bytes) -> bytes:
    """Return a workbook's stream, with empty records behind it where it is short."""
    return book.ljust(_SECTOR, b"\0") if book else b""


def alone(book: bytes) -> bytes:
    """Return a compound file of nothing but the workbook's stream ([MS-CFB] 2.2 to 2.6).

    The library then reads the stream that was measured, and no table of sectors that somebody else wrote. A stream
    shorter than 4,096 bytes would have to lie elsewhere: ``full`` lengthens it.
    """
    body = book + b"\0" * (-len(book) % _SECTOR)
    count = len(body) // _SECTOR
    tables = 1
    while tables * (_SECTOR // 4) < tables + 1 + count:
        tables += 1
    numbers = [_END, *[_FAT] * tables, *range(tables + 2, tables + 1 + count), _END]
    table = struct.pack(f"<{len(numbers)}I", *numbers).ljust(tables * _SECTOR, b"\xff")
    head = MAGIC + b"\0" * 16 + struct.pack(
        "<HHHHH6xIIIIIIIII", 0x3E, 4, 0xFFFE, 12, 6, 1, tables, 0, 0, 4096, _END, 0, _END, 0
    )  # fmt: skip
    head += struct.pack("<109I", *(1 + n if n < tables else _FREE for n in range(109)))
    directory = _entry("Root Entry", 5, 1, 0, _SECTOR) + _entry("Workbook", 2, _FREE, tables + 1, len(book))
    return head.ljust(_SECTOR, b"\0") + directory.ljust(_SECTOR, b"\0") + table + body


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    label = f"{name}\0".encode("utf-16-le")
    return label.ljust(64, b"\0") + struct.pack(
        "<HBBIII36xIQ", len(label), kind, 1, _FREE, _FREE, child, start, size
    )  # fmt: skip


def allowed(size: int) -> int:
    """Return the room that a workbook with a stream of so many bytes may take: a few far cells are no large sheet."""
    return min(MOST_ROOM, max(_LEAST_ROOM, _SPARSE * size))
