"""pbzx: the payload of Apple's packages, xz streams of a cpio in chunks.

Layout as public tools state it (NiklasRosenstein/pbzx): flags, then flags, length and data of each chunk.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.blocks import unxz
from sousveil.unpack.image.parts import Damaged, u64
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Seekable, Stream

ABOUT = About(
    title="pbzx payloads", ends="Payload", reads="The cpio archive in an Apple package, which is then opened."
)
_MOST_CHUNK = 64 << 20


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield what the chunks hold, as one file. Raise NotOpened if the first is none."""
    del name
    first = u64(source.read(4, 8), 0, "big")
    if not 0 < first <= _MOST_CHUNK:
        raise NotOpened("broken", f"chunks of {first} bytes")
    reading.opened = True
    yield Item(b"[payload]", "[payload]", Stream(reading.metered(_content(source, first, reading))))
    yield from reading.drain()


def _content(source: Seekable, most: int, reading: Reading) -> Iterator[bytes]:
    at = 12
    while at + 16 <= source.size:
        head = source.read(at, 16)
        size = u64(head, 8, "big")
        at += 16
        if not 0 < size <= most or at + size > source.size:
            reading.note("broken", f"a chunk of {size} bytes at {at}")
            return
        raw = source.read(at, size)
        at += size
        try:
            yield unxz(raw, most) if raw.startswith(b"\xfd7zXZ\0") else raw
        except Damaged as error:
            reading.note("broken", str(error))
            return
