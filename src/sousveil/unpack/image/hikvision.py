"""Hikvision's firmware (``digicap.dav``): a list of files behind a header that is masked with a fixed, public key.

Layout and key as the public tools state them: themactep/hiktools (fmod), and unpackers of the ``SWKH`` header for
Ezviz and R2 cameras. Newer files are encrypted as well: those are told by their entropy.
"""

from __future__ import annotations

from collections.abc import Generator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.parts import behind, piece, told, u32
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Memory, Seekable

ABOUT = About(
    title="Hikvision firmware",
    ends=".dav .mav",
    reads="The files behind the masked header, each then opened.",
    limits="Files that are encrypted themselves are listed with offset, size and entropy.",
)
_KEY = bytes.fromhex("bacdbcfed6caddd3bab9a3abbfcbb5be")
_MOST_HEAD = 1 << 20
_MOST_FILES = 1000


def unmask(data: bytes) -> bytes:
    """Return a header in plain; masking it again gives the same bytes as before."""
    return bytes(byte ^ _KEY[(at + (at >> 4)) & 15] for at, byte in enumerate(data))


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the files. Raise NotOpened where the header does not list any."""
    del name
    head = unmask(source.read(0, 64))
    length, count = u32(head, 8), u32(head, 12)
    if not head.startswith(b"SWKH") or not 64 < length <= _MOST_HEAD or not 0 < count <= _MOST_FILES:
        told(source, 0, source.size, reading)
        for limit in reading.drain():
            raise NotOpened(limit.reason if limit.incomplete else "broken", limit.detail)
        raise NotOpened("broken", "the header lists no files")
    head = unmask(source.read(0, length))
    reading.opened = True
    if sum(head[12:]) & 0xFFFFFFFF != u32(head, 4):
        reading.note("broken", "the header's checksum is wrong", incomplete=False)
    reading.count(len(head))
    yield Item(b"[header]", "[header]", Memory(head))
    end = length
    for number in range(count):
        entry = head[64 + 44 * number : 108 + 44 * number]
        if len(entry) < 44:
            reading.note("truncated", f"{number} of {count} files are listed")
            break
        raw = entry[:32].split(b"\0")[0]
        title = reading.names.decode(raw) or f"[file {number}]"
        start, size = u32(entry, 32), u32(entry, 36)
        reading.check_name(raw, title)
        if start + size > source.size:
            reading.note("truncated", f"bytes {start}-{start + size}, beyond the end", title)
        if size and start < source.size:
            yield from piece(source, start, start + size, reading, title)
        end = max(end, start + size)
    yield from behind(source, end, reading)
    yield from reading.drain()
