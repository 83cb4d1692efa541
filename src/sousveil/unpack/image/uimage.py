"""U-Boot's legacy images. Layout: U-Boot include/image.h. Cameras wrap their partitions in it."""

from __future__ import annotations

import zlib
from collections.abc import Generator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.parts import behind, piece, u32
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Seekable

ABOUT = About(
    title="U-Boot images",
    ends=".img .uimage",
    reads="The parts of a legacy image (kernel, root file system, partition), which are then opened; a flattened image "
    "tree's parts likewise.",
)
_MULTI = 4
_LZMA = 3


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the image's parts. Raise NotOpened where the header's checksum is wrong."""
    del name
    head = source.read(0, 64)
    if len(head) < 64 or zlib.crc32(head[:4] + bytes(4) + head[8:]) != u32(head, 4, "big"):
        raise NotOpened("broken", "the header's checksum is wrong")
    size, stated, kind, packing = u32(head, 12, "big"), u32(head, 24, "big"), head[30], head[31]
    reading.opened = True
    reading.spread()
    end = 64 + size
    if end > source.size:
        reading.note("truncated", f"{source.size} of {end} bytes are there")
        end = source.size
    elif _crc(source, 64, end) != stated:
        reading.note("broken", "the checksum of the data is wrong")
    title = head[32:].split(b"\0")[0].decode("utf-8", "backslashreplace").strip() or "image"
    if packing == _LZMA:  # its stream has no mark; the name tells it
        title += ".lzma"
    places = [(64, end)] if kind != _MULTI else _parts(source, end)
    for number, (start, stop) in enumerate(places):
        shown = title if len(places) == 1 else f"{title} [part {number}]"
        yield from piece(source, start, stop, reading, shown)
    yield from behind(source, end, reading)
    yield from reading.drain()


def _crc(source: Seekable, start: int, end: int) -> int:
    crc = 0
    for chunk in source.window(start, end - start).chunks():
        crc = zlib.crc32(chunk, crc)
    return crc


def _parts(source: Seekable, end: int) -> list[tuple[int, int]]:
    """Return the parts of an image of several: their sizes stand before them, a zero ends the list."""
    sizes: list[int] = []
    at = 64
    while len(sizes) < 64 and at + 4 <= end and (size := u32(source.read(at, 4), 0, "big")):
        sizes.append(size)
        at += 4
    at += 4
    found: list[tuple[int, int]] = []
    for size in sizes:
        if at >= end:
            break
        found.append((at, min(at + size, end)))
        at += size + 3 & ~3
    return found or [(64, end)]
