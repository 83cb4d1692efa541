"""Programs and libraries of Linux and Android packed with UPX: blocks of what was loaded, and of what lay between.

Layout: UPX ``src/p_lx_elf.cpp`` and ``p_unix.h``. The last bytes of the file say where the blocks begin. A program is
packed whole. Of a library what the loader needs before UPX's own code runs, and what can be written to, stays as it is.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple

from sousveil.unpack.image.parts import Damaged
from sousveil.unpack.image.upxheader import MAGIC, SIZE, Header, headers, unpack
from sousveil.unpack.reading import Reading

END = 2 * 4096 + 2 * (SIZE + 4) + 1
"""Bytes at the end of a file in which the header stands."""
_BLOCK = 12
_LOADED, _DYNAMIC = 1, 2
_WRITTEN = 2
_MOST_SEGMENTS = 200
_TIMES = 4
"""Blocks are tried, and the first is read twice: so often may the stated bytes come out."""


class _Segment(NamedTuple):
    kind: int
    flags: int
    at: int
    size: int


class _Shape(NamedTuple):
    """How numbers are written in a file."""

    order: str
    wide: bool

    def word(self, data: bytes, at: int) -> int:
        """Return a number of four bytes."""
        return int(struct.unpack_from(self.order + "I", data, at)[0])

    def segments(self, data: bytes) -> tuple[int, list[_Segment]]:
        """Return where the headers of a file end, and what it loads."""
        if self.wide:
            table, size, each = struct.unpack_from(self.order + "Q", data, 32)[0], 56, "2I4Q"
            width, number = struct.unpack_from(self.order + "2H", data, 54)
        else:
            table, size, each = struct.unpack_from(self.order + "I", data, 28)[0], 32, "7I"
            width, number = struct.unpack_from(self.order + "2H", data, 42)
        if number > _MOST_SEGMENTS or width != size or table > len(data):
            raise Damaged("no headers of a program")
        found = []
        for n in range(number):
            one = struct.unpack_from(self.order + each, data, table + n * size)
            found.append(_Segment(one[0], one[1], one[2], one[5]) if self.wide else
                         _Segment(one[0], one[6], one[1], one[4]))  # fmt: skip
        return table + number * size, found


def last_header(tail: bytes) -> Header | None:
    """Return the header in the last bytes of a file, None if there is none."""
    low = max(0, len(tail) - END)
    return next(headers(tail, low), None) if tail.find(MAGIC, low) >= 0 else None


def unpacked(data: bytes, reading: Reading) -> tuple[bytes, int]:
    """Return the program and where the packed one ends. Raise Damaged; struct.error where its headers are cut off."""
    header = last_header(data)
    if not data.startswith(b"\x7fELF") or header is None:
        raise Damaged("its header fits nothing")
    shape = _Shape(">" if data[5] == 2 else "<", data[4] == 2)
    start = shape.word(data, header.end)
    whole, most = shape.word(data, start + 4), shape.word(data, start + 8)
    if data[start - 8 : start - 4] != MAGIC or not most or whole > reading.in_memory:
        raise Damaged(f"{whole} bytes in blocks of {most} are stated")
    blocks = _Blocks(data, start + _BLOCK, shape, min(most, whole), _TIMES * whole, reading.budget.tick)
    first = blocks.peek()
    end, segments = shape.segments(first)
    out = bytearray(whole)
    loaded = [one for one in segments if one.kind == _LOADED]
    kept = shape.segments(data)[1]
    if any(one.kind == _DYNAMIC for one in kept):
        _library(out, data, first, end, start - _BLOCK, kept, segments, blocks)
    else:
        for one in loaded:
            blocks.fill(out, one.at, one.size)
    for one in loaded:
        begin = one.at + one.size
        size = min((other.at for other in loaded if other.at > one.at), default=whole) - begin
        if size > 0 and not blocks.gap(out, begin, size):
            reading.note("broken", f"bytes {begin} to {begin + size} of the program were not found in it")
    return bytes(out), header.end + 4


def _library(
    out: bytearray, data: bytes, first: bytes, end: int, low: int, kept: list[_Segment], was: list[_Segment],
    blocks: _Blocks,
) -> None:  # fmt: skip
    """Put a library together. Below ``low`` it lies in the file as it is, behind its own headers."""
    out[end:low] = data[end:low]
    blocks.fill(out, 0, len(first))
    done = low if len(first) == end else len(first)
    for one in was:
        if one.kind == _LOADED and not one.flags & _WRITTEN:
            begin = max(one.at, done)
            blocks.fill(out, begin, one.at + one.size - begin)
    for here, there in zip(kept, was, strict=False):
        if there.kind == _LOADED and there.flags & _WRITTEN:
            _put(out, there.at, data[here.at : here.at + there.size])


def _put(out: bytearray, at: int, part: bytes) -> None:
    part = part[: max(0, len(out) - at)]
    out[at : at + len(part)] = part


class _Blocks:
    """The packed blocks of a file, one behind the other."""

    def __init__(self, data: bytes, at: int, shape: _Shape, most: int, left: int, tick: Callable[[], None]) -> None:
        """``most`` bytes come out of one, ``left`` of all."""
        self._data, self._at, self._shape, self._most, self._tick = data, at, shape, most, tick
        self._left = left

    def peek(self) -> bytes:
        """Return what the next block holds, and stay before it."""
        return self._block(self._at)[0]

    def fill(self, out: bytearray, at: int, size: int) -> None:
        """Unpack as many blocks as ``size`` bytes take, and put them into ``out``."""
        while size > 0:
            part, self._at = self._block(self._at)
            _put(out, at, part)
            at, size = at + len(part), size - len(part)

    def gap(self, out: bytearray, at: int, size: int) -> bool:
        """Do so for bytes that lie between what is loaded: UPX's own code may stand before their blocks."""
        stated = min(size, self._most)
        sign = struct.pack(self._shape.order + "I", stated)
        place = self._data.find(sign, self._at)
        while place >= 0:
            try:
                part, _ = self._block(place)
            except (Damaged, struct.error):
                place = self._data.find(sign, place + 1)
                continue
            if len(part) == stated:
                self._at = place
                self.fill(out, at, size)
                return True
            place = self._data.find(sign, place + 1)
        return False

    def _block(self, at: int) -> tuple[bytes, int]:
        """Return what one block holds and where the next begins. Raise Damaged."""
        self._tick()
        size, packed = self._shape.word(self._data, at), self._shape.word(self._data, at + 4)
        begin, end = at + _BLOCK, at + _BLOCK + packed
        if not 0 < packed <= size <= self._most or end > len(self._data):
            raise Damaged(f"no block begins at {at:#x}")
        self._left -= size
        if self._left < 0:
            raise Damaged("more comes out than is stated")
        if packed == size:
            return self._data[begin:end], end
        return unpack(self._data[begin:end], size, self._data[at + 8], self._tick), end
