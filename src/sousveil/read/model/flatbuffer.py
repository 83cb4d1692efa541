"""Flatbuffers, walked along a schema's field numbers; see flatbuffers.dev/internals."""

from __future__ import annotations

import struct

from sousveil.read.parts import Word
from sousveil.read.unfinished import Unfinished


class Buffer:
    """A flatbuffer's bytes; what lies outside of them reads as absent, and the number of looks is bounded."""

    def __init__(self, data: bytes, base: int = 0) -> None:
        self.data = data
        self.base = base
        self.left = 3_000_000
        self.why = ""
        """What led outside; empty if nothing did."""

    def _broken(self, at: int) -> int:
        self.why = self.why or f"what is referred to at {at:#x} is not in the file"
        return 0

    def check(self) -> None:
        """Raise Unfinished if anything that was followed led outside of the bytes."""
        if self.why:
            raise Unfinished("broken", f"the flatbuffer was followed in part: {self.why}")

    def _number(self, at: int, code: str) -> int:
        size = struct.calcsize(code)
        self.left -= 1
        if at < 0 or at + size > len(self.data):
            return self._broken(at)
        if self.left < 0:
            self.why = self.why or "too many parts"
            return 0
        return int(struct.unpack_from("<" + code, self.data, at)[0])

    def root(self) -> int:
        """Return the root table's offset."""
        return self.base + self._number(self.base, "I")

    def field(self, table: int, index: int) -> int:
        """Return where a table's field stands, 0 where it has none."""
        vtable = table - self._number(table, "i")
        if table <= 0 or vtable < 0:
            return self._broken(table) if table else 0
        if 4 + 2 * index >= self._number(vtable, "H"):
            return 0
        offset = self._number(vtable + 4 + 2 * index, "H")
        return table + offset if offset else 0

    def scalar(self, table: int, index: int, code: str = "i") -> int:
        """Return a number of a table, 0 where it has none."""
        at = self.field(table, index)
        return self._number(at, code) if at else 0

    def table(self, table: int, index: int) -> int:
        """Return the table or vector that a field refers to, 0 where it has none."""
        at = self.field(table, index)
        return self._follow(at) if at else 0

    def _follow(self, at: int) -> int:
        step = self._number(at, "I")
        return at + step if step and at + step < len(self.data) else self._broken(at)

    def tables(self, table: int, index: int, most: int = 100_000) -> list[int]:
        """Return the tables of a vector."""
        vector = self.table(table, index)
        size = min(self._number(vector, "I"), most) if vector else 0
        if size > (len(self.data) - vector) // 4:
            self._broken(vector)
            size = (len(self.data) - vector) // 4
        return [t for i in range(size) if (t := self._follow(vector + 4 + 4 * i))]

    def numbers(self, table: int, index: int, most: int = 64) -> list[int]:
        """Return a vector of 32-bit numbers."""
        vector = self.table(table, index)
        size = min(self._number(vector, "I"), most) if vector else 0
        return [self._number(vector + 4 + 4 * i, "i") for i in range(size)]

    def span(self, vector: int) -> tuple[int, int]:
        """Return start and length of a vector of bytes or a string."""
        size = self._number(vector, "I") if vector else 0
        if vector + 4 + size > len(self.data):
            return vector, self._broken(vector)
        return vector + 4 if size else vector, size

    def word(self, table: int, index: int, type: str = "") -> Word | None:
        """Return a string of a table."""
        return self.string(self.table(table, index), type)

    def string(self, vector: int, type: str = "") -> Word | None:
        """Return a string by its own offset."""
        start, size = self.span(vector)
        if not size:
            return None
        return Word(self.data[start : start + min(size, 4000)].decode("utf-8", "replace"), start, size, type=type)
