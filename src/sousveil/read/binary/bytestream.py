"""A cursor over hostile bytes: nothing is read beyond the end, and what does not fit raises Damaged."""

from __future__ import annotations

import struct


class Damaged(ValueError):
    """Bytes that are not what their format says; the message says what was expected and where."""


_SIZES = {1: ("B", "B"), 2: ("<H", ">H"), 4: ("<I", ">I"), 8: ("<Q", ">Q")}
_UNPACK = {(n, big): struct.Struct(pair[big]).unpack_from for n, pair in _SIZES.items() for big in (0, 1)}


class Cursor:
    """Reads numbers from ``data`` at ``at``, in one byte order, up to ``end``."""

    __slots__ = ("at", "big", "data", "end")

    def __init__(self, data: bytes, at: int = 0, end: int | None = None, big: bool = False) -> None:
        self.data = data
        self.end = len(data) if end is None else min(end, len(data))
        self.big = int(big)
        if not 0 <= at <= self.end:
            raise Damaged(f"offset {at} lies outside of {self.end} bytes")
        self.at = at

    def _number(self, size: int) -> int:
        at = self.at
        if at + size > self.end:
            raise Damaged(f"{size} bytes expected at {at}, the end is at {self.end}")
        self.at = at + size
        value: int = _UNPACK[size, self.big](self.data, at)[0]
        return value

    def u1(self) -> int:
        """Return an unsigned byte."""
        at = self.at
        if at >= self.end:
            raise Damaged(f"1 bytes expected at {at}, the end is at {self.end}")
        self.at = at + 1
        return self.data[at]

    def u2(self) -> int:
        """Return an unsigned number of two bytes."""
        return self._number(2)

    def u4(self) -> int:
        """Return an unsigned number of four bytes."""
        return self._number(4)

    def u8(self) -> int:
        """Return an unsigned number of eight bytes."""
        return self._number(8)

    def i4(self) -> int:
        """Return a signed number of four bytes."""
        value = self._number(4)
        return value - (1 << 32) if value >= 1 << 31 else value

    def skip(self, count: int) -> int:
        """Step over ``count`` bytes; return where they begin."""
        at = self.at
        if count < 0 or at + count > self.end:
            raise Damaged(f"{count} bytes expected at {at}, the end is at {self.end}")
        self.at = at + count
        return at

    def take(self, count: int) -> bytes:
        """Return ``count`` bytes."""
        at = self.skip(count)
        return self.data[at : at + count]

    def leb(self, most: int = 10) -> int:
        """Return an unsigned LEB128 number of at most ``most`` bytes."""
        byte = self.u1()
        if byte < 0x80:
            return byte
        value, shift = byte & 0x7F, 7
        for _ in range(most - 1):
            byte = self.u1()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
        raise Damaged(f"a LEB128 number longer than {most} bytes at {self.at - most}")

    def sub(self, at: int, size: int | None = None) -> Cursor:
        """Return a cursor of the same kind over ``size`` bytes from ``at``."""
        end = self.end if size is None else at + size
        if size is not None and (size < 0 or end > self.end):
            raise Damaged(f"{size} bytes expected at {at}, the end is at {self.end}")
        return Cursor(self.data, at, end, bool(self.big))
