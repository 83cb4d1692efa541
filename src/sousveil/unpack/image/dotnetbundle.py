"""Single-file programs of .NET: a host, and behind it the assemblies and files that it was published with.

Layout: dotnet/runtime, ``Microsoft.NET.HostModel/Bundle/Manifest.cs``. The host holds, before a fixed mark, where the
list of files lies. Versions 1 (3.x), 2 (5) and 6 (6 and later), whose files may be deflated.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.parts import Damaged, behind, give, part, u32, u64
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import CHUNK, Seekable

ABOUT = About(
    title="Single-file programs of .NET",
    ends=".exe (and programs without an ending)",
    reads="The host, and every assembly and file behind it by its name, deflated or not.",
)
MARK = bytes.fromhex("8b1202b96a612038727b930214d7a03213f5b9e6efae3318ee3b2dce24b36aae")
"""Fixed, in every host (``bundle_marker.h``)."""
_PROGRAM = "[program]"
_HOST = 16 << 20
"""Bytes of a program in which the mark is looked for."""
_MOST_LIST = 32 << 20
_MOST_FILES = 100_000
_COMPRESSED = 6
_FLAGGED = 2


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the host and the files. Raise NotOpened where the list cannot be read."""
    at = source.find(MARK, 0, min(source.size, _HOST))
    start = u64(source.read(at - 8, 8), 0) if at >= 8 else 0
    if not 0 < start < source.size:
        # The host alone, as it was given out below, has the mark still.
        reason = "" if name == _PROGRAM else "truncated"
        raise NotOpened(reason, "the list of files lies outside of the program")
    listing = _Listing(source.read(start, _MOST_LIST))
    try:
        files = list(listing.files())
    except Damaged as error:
        raise NotOpened("broken", f"the list of files: {error}") from None
    reading.opened = True
    reading.spread()
    yield part(source, 0, min((f[0] for f in files), default=start), reading, _PROGRAM)
    for offset, size, packed, raw in files:
        title = reading.names.decode(raw)
        stored = packed or size
        if offset + stored > source.size:
            reading.note("truncated", "the program ends before the file does", title)
        elif packed:
            yield from give(reading, raw, size, _inflated(source, offset, packed), packed)
        else:
            reading.check_name(raw, title)
            yield part(source, offset, offset + size, reading, title)
        yield from reading.drain()
    yield from behind(source, start + listing.at, reading)
    yield from reading.drain()


class _Listing:
    """The list of files, read from its beginning."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self.at = 0

    def files(self) -> Iterator[tuple[int, int, int, bytes]]:
        """Yield offset, size, packed size (0: not packed) and name. Raise Damaged where the list is none."""
        version, count = u32(self._take(8), 0), u32(self._take(4), 0)
        if not 0 < version < 100 or count > _MOST_FILES:
            raise Damaged(f"version {version} with {count} files")
        self._string()
        if version >= _FLAGGED:
            self._take(40)
        for _ in range(count):
            offset, size = u64(self._take(8), 0), u64(self._take(8), 0)
            packed = u64(self._take(8), 0) if version >= _COMPRESSED else 0
            self._take(1)
            yield offset, size, packed, self._string().replace(b"\\", b"/")

    def _take(self, count: int) -> bytes:
        out = self._raw[self.at : self.at + count]
        if len(out) < count:
            raise Damaged(f"it ends at {self.at}")
        self.at += count
        return out

    def _string(self) -> bytes:
        length = shift = 0
        while True:
            byte = self._take(1)[0]
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 or shift > 28:
                return self._take(length)


def _inflated(source: Seekable, at: int, packed: int) -> Iterator[bytes]:
    decoder = zlib.decompressobj(-15)
    end = at + packed
    try:
        while at < end and not decoder.eof:
            data = source.read(at, min(CHUNK, end - at))
            at += len(data)
            while data and not decoder.eof:
                yield decoder.decompress(data, CHUNK)
                data = decoder.unconsumed_tail
    except zlib.error as error:
        raise Damaged(f"zlib: {error}") from None
