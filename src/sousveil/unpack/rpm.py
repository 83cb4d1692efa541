"""RPM packages: lead, signature, header with names and scripts, then a compressed cpio archive.

Layout: RPM V4 package format, rpm-software-management reference manual.
"""

from __future__ import annotations

import struct
from collections.abc import Generator, Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.archive import read_archive
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.sniff import COMPRESSED, is_container
from sousveil.unpack.source import Memory, Source, Stream
from sousveil.unpack.streams import read_stream

ABOUT = About(
    title="RPM packages",
    ends=".rpm",
    reads="Names and scripts of the header; every file of the payload.",
)


_LEAD = 96
_MAGIC = b"\x8e\xad\xe8"
MOST_HEADER = 256 << 20
"""Bytes; what rpm itself allows."""


class _Pull:
    """Reads exact counts from a source's chunks and gives the rest as a stream."""

    def __init__(self, source: Source) -> None:
        self._chunks = source.chunks()
        self._held = b""

    def take(self, count: int) -> bytes:
        """Return that many bytes, fewer at the end."""
        parts, have = [self._held], len(self._held)
        while have < count and (chunk := next(self._chunks, None)) is not None:
            parts.append(chunk)
            have += len(chunk)
        whole = b"".join(parts)
        self._held = whole[count:]
        return whole[:count]

    def rest(self) -> Iterator[bytes]:
        """Yield all that has not been taken."""
        yield self._held
        yield from self._chunks


def read_rpm(source: Source, reading: Reading) -> Generator[Item | Limit]:
    """Yield the header, which holds descriptions and scripts, then the files. Raise NotOpened if it is no RPM."""
    pull = _Pull(source)
    if len(pull.take(_LEAD)) < _LEAD:
        raise NotOpened("truncated", "the package ends in its lead")
    signature = _header(pull)
    pull.take(-len(signature) % 8)
    header = _header(pull)
    reading.opened = True
    reading.count(len(header))
    yield Item(b"", "[header]", Memory(header))
    payload = Stream(pull.rest())
    fmt = is_container(payload.head(), "", b"")
    try:
        if fmt in COMPRESSED:
            yield from read_stream(fmt, payload, reading, "payload")
        elif fmt == "cpio":
            yield from read_archive("cpio", payload, reading)
        elif payload.head():
            yield Item(b"", "[payload]", Stream(reading.metered(payload.chunks())))
        else:
            reading.note("truncated", "the package ends before its files")
    except NotOpened as error:
        reading.note(error.reason, f"payload: {error.detail}")
    yield from reading.drain()


def _header(pull: _Pull) -> bytes:
    """Return one header structure with its index and store."""
    start = pull.take(16)
    if len(start) < 16 or start[:3] != _MAGIC:
        raise NotOpened("broken", "no RPM header where one must be")
    entries, store = struct.unpack_from(">2L", start, 8)
    size = entries * 16 + store
    if size > MOST_HEADER:
        raise NotOpened("broken", f"a header of {size} bytes")
    body = pull.take(size)
    if len(body) < size:
        raise NotOpened("truncated", "the package ends in its header")
    return start + body
