"""The metadata of a .NET assembly: heaps and tables. Source: ECMA-335, partition II, 22 to 25."""

from __future__ import annotations

import struct
from bisect import bisect_right

from sousveil.read.binary.bytestream import Cursor, Damaged
from sousveil.read.binary.managed import Word

TYPE_REF, TYPE_DEF, FIELD, METHOD, PARAM, MEMBER_REF, CONSTANT, ATTRIBUTE = 1, 2, 4, 6, 8, 10, 11, 12
PROPERTY_MAP, PROPERTY, TYPE_SPEC, RESOURCE, NESTED, METHOD_SPEC = 0x15, 0x17, 0x1B, 0x28, 0x29, 0x2B

# What a coded index chooses from, and how many bits say which.
_CODED = {
    "typedef": (2, (2, 1, 27)),
    "constant": (2, (4, 8, 23)),
    "attributed": (5, (6, 4, 1, 2, 8, 9, 10, 0, 14, 23, 20, 17, 26, 27, 32, 35, 38, 39, 40, 42, 44, 43)),
    "marshal": (1, (4, 8)),
    "security": (2, (2, 6, 32)),
    "parent": (3, (2, 1, 26, 6, 27)),
    "semantics": (1, (20, 23)),
    "method": (1, (6, 10)),
    "forwarded": (1, (4, 6)),
    "file": (2, (38, 35, 39)),
    "maker": (3, (0, 0, 6, 10, 0)),
    "scope": (2, (0, 26, 35, 1)),
    "generic": (1, (2, 6)),
}
# Columns: a number is that many bytes, s, g, b the heaps, tN an index of table N, a word a coded index.
_COLUMNS = {
    0: "2 s g g g", 1: "scope s s", 2: "4 s s typedef t4 t6", 3: "t4", 4: "2 s b", 5: "t6", 6: "4 2 2 s b t8", 7: "t8",
    8: "2 2 s", 9: "t2 typedef", 10: "parent s b", 11: "2 constant b", 12: "attributed maker b", 13: "marshal b",
    14: "2 security b", 15: "2 4 t2", 16: "4 t4", 17: "b", 18: "t2 t20", 19: "t20", 20: "2 s typedef", 21: "t2 t23",
    22: "t23", 23: "2 s b", 24: "2 t6 semantics", 25: "t2 method method", 26: "s", 27: "b", 28: "2 forwarded s t26",
    29: "4 t4", 30: "4 4", 31: "4", 32: "4 2 2 2 2 4 b s s", 33: "4", 34: "4 4 4", 35: "2 2 2 2 4 b s s b", 36: "4 t35",
    37: "4 4 4 t35", 38: "4 s b", 39: "4 4 s s file", 40: "4 4 s file", 41: "t2 t2", 42: "2 2 generic s",
    43: "method b", 44: "t42 typedef",
}  # fmt: skip

Row = tuple[int, ...]


class Image:
    """A portable executable as far as its metadata needs it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        start = Cursor(data, 0x3C).u4()
        head = Cursor(data, start)
        if head.take(4) != b"PE\0\0":
            raise Damaged(f"no PE header at {start}")
        head.skip(2)
        count = head.u2()
        head.skip(12)
        size = head.u2()
        head.skip(2)
        optional = head.at
        wide = head.u2() == 0x20B
        self._sections: list[tuple[int, int, int]] = []
        sections = Cursor(data, optional + size)
        for _ in range(min(count, 96)):
            sections.skip(12)
            address, length, offset = sections.u4(), sections.u4(), sections.u4()
            self._sections.append((address, length, offset))
            sections.skip(16)
        directory = Cursor(data, optional + (112 if wide else 96) + 14 * 8)
        self.cli = directory.u4()
        if not self.cli:
            raise Damaged("no CLI header")

    def at(self, address: int) -> int:
        """Return the offset in the file of a relative virtual address."""
        for start, size, offset in self._sections:
            if start <= address < start + size:
                return address - start + offset
        raise Damaged(f"address {address:#x} lies in no section")


def is_managed(data: bytes) -> bool:
    """Return whether a program holds .NET metadata."""
    try:
        return Image(data).cli > 0
    except Damaged:
        return False


class Metadata:
    """Heaps and tables, decoded when asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.image = Image(data)
        header = Cursor(data, self.image.at(self.image.cli))
        header.skip(8)
        root = self.image.at(header.u4())
        header.skip(4 + 8)
        self.resources = header.u4()
        cursor = Cursor(data, root)
        if cursor.take(4) != b"BSJB":
            raise Damaged(f"no metadata at {root}")
        cursor.skip(8)
        cursor.skip(cursor.u4())
        cursor.skip(2)
        self.heaps: dict[str, tuple[int, int]] = {}
        for _ in range(min(cursor.u2(), 16)):
            offset, size = cursor.u4(), cursor.u4()
            name = cursor.take(4)
            while b"\0" not in name and len(name) < 32:
                name += cursor.take(4)
            where = root + offset
            if where + size <= len(data):
                self.heaps[name.split(b"\0")[0].decode("ascii", "replace")] = (where, size)
        tables = self.heaps.get("#~") or self.heaps.get("#-")
        if tables is None:
            raise Damaged("no tables in the metadata")
        self._tables(Cursor(data, tables[0], tables[0] + tables[1]))
        self._us: list[int] | None = None

    def _tables(self, cursor: Cursor) -> None:
        cursor.skip(6)
        sizes = cursor.u1()
        cursor.skip(1)
        valid = cursor.u8()
        cursor.skip(8)
        self.counts = [cursor.u4() if valid >> i & 1 else 0 for i in range(64)]
        if sizes & 0x40:
            cursor.skip(4)
        widths = {"s": 4 if sizes & 1 else 2, "g": 4 if sizes & 2 else 2, "b": 4 if sizes & 4 else 2, "2": 2, "4": 4}
        self._at: dict[int, tuple[int, struct.Struct]] = {}
        for number in range(64):
            if not self.counts[number]:
                continue
            if number not in _COLUMNS:
                break
            shape = "<" + "".join(" HI"[self._width(c, widths) // 2] for c in _COLUMNS[number].split())
            form = struct.Struct(shape)
            self._at[number] = (cursor.skip(form.size * self.counts[number]), form)

    def _width(self, column: str, widths: dict[str, int]) -> int:
        if column in widths:
            return widths[column]
        if column[0] == "t" and column[1:].isdigit():
            return 2 if self.counts[int(column[1:])] < 1 << 16 else 4
        bits, tables = _CODED[column]
        return 2 if max(self.counts[t] for t in tables) < 1 << (16 - bits) else 4

    def row(self, table: int, number: int) -> Row:
        """Return a row, counted from 1."""
        if table not in self._at or not 1 <= number <= self.counts[table]:
            raise Damaged(f"row {number} of table {table}, which has {self.counts[table]}")
        at, form = self._at[table]
        return form.unpack_from(self.data, at + (number - 1) * form.size)

    def rows(self, table: int) -> list[Row]:
        """Return all rows of a table."""
        if table not in self._at:
            return []
        at, form = self._at[table]
        return list(form.iter_unpack(self.data[at : at + form.size * self.counts[table]]))

    def coded(self, kind: str, value: int) -> tuple[int, int]:
        """Return table and row of a coded index."""
        bits, tables = _CODED[kind]
        which = value & ((1 << bits) - 1)
        return (tables[which] if which < len(tables) else 0), value >> bits

    def string(self, index: int) -> Word:
        """Return a name of the #Strings heap."""
        start, size = self.heaps.get("#Strings", (0, 0))
        if index >= size:
            return Word("", start, 0)
        end = self.data.find(b"\0", start + index, start + size)
        length = (start + size if end < 0 else end) - start - index
        raw = self.data[start + index : start + index + min(length, 4000)]
        return Word(raw.decode("utf-8", "backslashreplace"), start + index, length)

    def blob(self, index: int) -> Cursor:
        """Return a cursor over an entry of the #Blob heap."""
        start, size = self.heaps.get("#Blob", (0, 0))
        cursor = Cursor(self.data, start, start + size)
        cursor.skip(index)
        length = packed(cursor)
        return cursor.sub(cursor.at, length)

    def user(self, index: int) -> Word:
        """Return a string of the #US heap."""
        start, size = self.heaps.get("#US", (0, 0))
        cursor = Cursor(self.data, start, start + size)
        cursor.skip(index)
        length = packed(cursor) & ~1
        at = cursor.skip(length)
        text = self.data[at : at + min(length, 8000)].decode("utf-16-le", "backslashreplace")
        return Word(text, at, length, "utf-16-le")

    def user_at(self, offset: int) -> int:
        """Return the index of the #US string that covers a place in the file, 0 for none."""
        start, size = self.heaps.get("#US", (0, 0))
        if self._us is None:
            self._us = []
            cursor = Cursor(self.data, start, start + size)
            try:
                while cursor.at < cursor.end:
                    self._us.append(cursor.at - start)
                    cursor.skip(packed(cursor))
            except Damaged:
                pass  # the rest of the heap is no string
        if not start <= offset < start + size:
            return 0
        at = bisect_right(self._us, offset - start) - 1
        return self._us[at] if at > 0 else 0


def packed(cursor: Cursor) -> int:
    """Return a compressed number of one, two or four bytes."""
    first = cursor.u1()
    if first < 0x80:
        return first
    if first < 0xC0:
        return (first & 0x3F) << 8 | cursor.u1()
    return (first & 0x1F) << 24 | cursor.u1() << 16 | cursor.u1() << 8 | cursor.u1()
