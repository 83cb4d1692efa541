"""Programs of Windows packed with UPX: the image as it lay in memory, and behind it the headers that it had.

Layout: UPX ``src/pefile.cpp``. Of what UPX leaves unpacked, resources and exports are put back where they were. What
belongs to no section (the names of imports among it) is kept behind the last one.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from sousveil.unpack.image.parts import Damaged, u32
from sousveil.unpack.image.upxheader import Header, headers, sound, unpack
from sousveil.unpack.reading import Reading

_BEFORE, _SEARCHED = 64, 1024
"""The header stands within so many bytes of the second section's start."""
_EXPORTS, _RESOURCES = 0, 2
_MOST_SECTIONS = 96
_MOST_ENTRIES = 20_000


class _Section(NamedTuple):
    size: int
    """In memory."""
    address: int
    length: int
    """In the file."""
    at: int


class _Head(NamedTuple):
    """Of a program its header, as long as UPX keeps it, and what stands in it."""

    raw: bytes
    sections: list[_Section]
    aligned: int
    directories: list[tuple[int, int]]

    def offset(self, address: int) -> int:
        """Return where an address lies in the file, -1 if it does not."""
        for one in self.sections:
            if one.address <= address < one.address + one.length:
                return one.at + address - one.address
        return -1


def unpacked(data: bytes, reading: Reading) -> tuple[bytes, int]:
    """Return the program and where the packed one ends. Raise Damaged; struct.error where its headers are cut off."""
    start = u32(data, 0x3C)
    packed = _head(data, start)
    if len(packed.sections) < 2:
        raise Damaged("it has no second section")
    header = _header(data, packed)
    if header.unpacked > reading.in_memory:
        raise Damaged(f"{header.unpacked} bytes would come out")
    out = unpack(data[header.end : header.end + header.packed], header.unpacked, header.method, reading.budget.tick)
    if not sound(header, out):
        reading.note("broken", "the checksum of what was unpacked is another")
    image = bytearray(out)
    whole = _head(out, u32(out, len(out) - 4))
    if not whole.sections:
        raise Damaged("the program has no section")
    low = whole.sections[0].address
    _exports(data, packed, image, whole, low)
    _Resources(data, packed, image, whole, low).put_back()
    end = max(one.at + one.length for one in packed.sections)
    return _file(data[:start], whole, image, low, reading.in_memory), end + -end % packed.aligned


def _head(data: bytes, at: int) -> _Head:
    if data[at : at + 4] != b"PE\0\0":
        raise Damaged("no header of a program")
    wide = u32(data, at + 24) & 0xFFFF == 0x20B
    size = 264 if wide else 248
    number = u32(data, at + 6) & 0xFFFF
    if number > _MOST_SECTIONS:
        raise Damaged(f"{number} sections")
    table = at + size
    sections = [_Section(*struct.unpack_from("<4I", data, table + 40 * n + 8)) for n in range(number)]
    directories = [struct.unpack_from("<2I", data, table - 128 + 8 * n) for n in range(16)]
    aligned = max(1, u32(data, at + 24 + 36))
    return _Head(data[at : table + 40 * number], sections, aligned, directories)


def _header(data: bytes, packed: _Head) -> Header:
    for section in packed.sections[1:3]:  # the third in old versions
        low = section.at - _BEFORE
        for header in headers(data, low, low + _SEARCHED):
            return header
    raise Damaged("its header fits nothing")


def _file(stub: bytes, whole: _Head, image: bytearray, low: int, most: int) -> bytes:
    """Return the program as a file: its headers, its sections where they were, and what belongs to none."""
    out = bytearray(stub + whole.raw)
    high = 0
    for one in whole.sections:
        if not one.at:
            continue
        begin = one.address - low
        part = image[begin : begin + one.length] if begin >= 0 else b""
        if one.at + len(part) > most:
            raise Damaged("a section lies too far behind")
        out += bytes(max(0, one.at - len(out)))
        out[one.at : one.at + len(part)] = part
        high = max(high, begin + one.length)
    return bytes(out + image[high:])


def _exports(data: bytes, packed: _Head, image: bytearray, whole: _Head, low: int) -> None:
    """Put the table of exports back, which UPX leaves unpacked in a section of its own."""
    (here, size), (there, length) = packed.directories[_EXPORTS], whole.directories[_EXPORTS]
    at, to = packed.offset(here), there - low
    if not length or here == there or at < 0 or to < 0 or size < 40:
        return
    table = bytearray(data[at : at + size])
    for place in (12, 28, 32, 36):
        _moved(table, place, here, there)
    count, _, names = struct.unpack_from("<3I", table, 24)
    names -= there
    for number in range(min(count, (len(table) - names) // 4 if names >= 0 else 0)):
        _moved(table, names + 4 * number, here, there)
    image[to : to + len(table)] = table[: max(0, len(image) - to)]


def _moved(table: bytearray, place: int, here: int, there: int) -> None:
    """Turn an address within the table into what it was."""
    (address,) = struct.unpack_from("<I", table, place)
    if here <= address < here + len(table):
        struct.pack_into("<I", table, place, address - here + there)


class _Resources:
    """The tree of resources, which UPX leaves unpacked with the icons and the version; the rest is in the image."""

    def __init__(self, data: bytes, packed: _Head, image: bytearray, whole: _Head, low: int) -> None:
        (self._here, _), (there, size) = packed.directories[_RESOURCES], whole.directories[_RESOURCES]
        self._data, self._image, self._low = data, image, low
        self._from = packed.offset(self._here) if size and self._here else -1
        self._to = there - low
        self._seen, self._left = 0, len(image)

    def put_back(self) -> None:
        """Copy the tree into the image, and what of its leaves lies behind it to where it was."""
        # It is still there where UPX was told to leave resources alone.
        if self._from < 0 or self._to < 0 or any(self._image[self._to : self._to + 16]):
            return
        waiting = [(0, 0)]
        while waiting:
            at, depth = waiting.pop()
            self._copy(at, 16)
            for number in range(sum(struct.unpack_from("<2H", self._data, self._from + at + 12))):
                self._seen += 1
                if self._seen > _MOST_ENTRIES:
                    return
                entry = at + 16 + 8 * number
                name, target = struct.unpack_from("<2I", self._data, self._from + entry)
                self._copy(entry, 8)
                if name >> 31:
                    text = name & 0x7FFFFFFF
                    self._copy(text, 2 + 2 * (u32(self._data, self._from + text) & 0xFFFF))
                if not target >> 31:
                    self._leaf(target)
                elif depth < 2:
                    waiting.append((target & 0x7FFFFFFF, depth + 1))

    def _leaf(self, at: int) -> None:
        address, size = struct.unpack_from("<2I", self._data, self._from + at)
        self._copy(at, 16)
        if address <= self._here:
            return
        lies = self._from + address - self._here
        was = u32(self._data, lies - 4)
        self._left -= size
        if self._left < 0:
            return
        part = self._data[lies : lies + size]
        begin = was - self._low
        if 0 <= begin <= len(self._image) - len(part) and self._to + at + 4 <= len(self._image):
            self._image[begin : begin + len(part)] = part
            struct.pack_into("<I", self._image, self._to + at, was)

    def _copy(self, at: int, size: int) -> None:
        part = self._data[self._from + at : self._from + at + size]
        begin = self._to + at
        if begin + len(part) <= len(self._image):
            self._image[begin : begin + len(part)] = part
