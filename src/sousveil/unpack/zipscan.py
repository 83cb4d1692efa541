"""Zips without a usable central directory: cut off, or left over between other bytes."""

from __future__ import annotations

import struct
from collections.abc import Generator

from sousveil.model import Limit
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Seekable
from sousveil.unpack.zipdirectory import CENTRAL, DESCRIBED, DESCRIPTOR, LOCAL, LocalHeader, local
from sousveil.unpack.zipfiles import SMALL, between, contents, name_of

_MOST_DESCRIPTORS = 64
"""Data descriptors that are tried for one file: its bytes may hold a zip with descriptors of its own."""


class _Finder:
    """Finds the next occurrence of a mark; asked for rising offsets, it reads the source once."""

    def __init__(self, source: Seekable, mark: bytes) -> None:
        self._source = source
        self._mark = mark
        self._asked = 0
        self._at = source.find(mark, 0, source.size)

    def next(self, start: int) -> int:
        """Return the offset of the first occurrence from `start` on, -1 if there is none."""
        if start < self._asked or -1 < self._at < start:
            self._at = self._source.find(self._mark, start, self._source.size)
        self._asked = start
        return self._at


def scan(source: Seekable, reading: Reading) -> Generator[Item | Limit]:
    """Yield the files whose own headers are found, and the bytes between them. Raise NotOpened if there are none."""
    headers = _Finder(source, LOCAL)
    directories = _Finder(source, CENTRAL)
    descriptors = _Finder(source, DESCRIPTOR)
    at = 0 if _plausible(source.read(0, 30)) else _next(source, headers, 0)
    if at < 0:
        raise NotOpened("broken", "neither a central directory nor a file header")
    reading.opened = True
    reading.note("truncated", "no central directory; read from the files' own headers")
    yield from between(source, 0, at, None, reading)
    while at >= 0:
        reading.budget.tick()
        header = _header(source, at)
        if header is None:
            break
        member = header.member
        name = name_of(member, reading)
        if member.flags & DESCRIBED and not member.packed:
            end = _by_descriptor(source, header, descriptors)
            if end < 0:
                ends = [p for p in (headers.next(header.data), directories.next(header.data)) if p >= 0]
                end = min(ends, default=source.size)
                member.size = -1
        else:
            end = header.data + member.packed
        following = _next(source, headers, min(end, source.size))
        if end > source.size:
            reading.note("truncated", "states more bytes than there are", name)
            following = _next(source, headers, header.data)
            end = following if following >= 0 else source.size
        member.packed = max(0, end - header.data)
        if member.packed or not name.endswith("/"):
            reading.check_name(member.raw, name)
            raw = source.read(header.data, member.packed) if member.packed <= SMALL else None
            yield from contents(source, member, header.data, raw, name, reading)
        yield from reading.drain()
        yield from between(source, end, following if following >= 0 else source.size, member, reading)
        at = following
    yield from reading.drain()


def _plausible(record: bytes) -> bool:
    return (
        len(record) == 30
        and record[2:4] == LOCAL[2:]
        and record[4] <= 63
        and 0 < int.from_bytes(record[26:28], "little") <= 4096
    )


def _next(source: Seekable, headers: _Finder, start: int) -> int:
    """Return where the next plausible local header begins, -1 if there is none."""
    at = headers.next(start)
    while at >= 0 and not _plausible(source.read(at, 30)):
        at = headers.next(at + 4)
    return at


def _header(source: Seekable, at: int) -> LocalHeader | None:
    record = source.read(at, 30)
    if len(record) < 30:
        return None
    name, extra = struct.unpack_from("<2H", record, 26)
    return local(record + source.read(at + 30, name + extra), at)


def _by_descriptor(source: Seekable, header: LocalHeader, descriptors: _Finder) -> int:
    """Return where a file's bytes end by the descriptor behind them, and take its size and checksum; -1 if none."""
    end = descriptors.next(header.data)
    for _ in range(_MOST_DESCRIPTORS):
        if end < 0:
            break
        record = source.read(end, 16)
        if len(record) == 16:
            crc, packed, size = struct.unpack_from("<3L", record, 4)
            if packed == (end - header.data) & 0xFFFFFFFF:
                header.member.crc, header.member.packed, header.member.size = crc, packed, size
                return end
        end = source.find(DESCRIPTOR, end + 4, source.size)
    return -1
