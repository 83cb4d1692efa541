"""TRX images of Broadcom's routers and of cameras built on them. Layout: OpenWrt firmware-utils trx.c."""

from __future__ import annotations

from collections.abc import Generator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.parts import behind, piece, u16, u32
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Seekable

ABOUT = About(title="TRX images", ends=".trx .bin .chk", reads="Every partition, which is then opened.")


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the partitions. Raise NotOpened where the header cannot be one."""
    del name
    head = source.read(0, 32)
    size, version = u32(head, 4), u16(head, 14)
    if version not in (1, 2) or size < 28:
        # Four letters alone begin many a file; a size that fits tells an image.
        fits = 28 <= size <= source.size
        raise NotOpened("broken", f"version {version} is not known") if fits else NotOpened("", "")
    first = 28 if version == 1 else 32
    starts = sorted({u32(head, at) for at in range(16, first, 4)} - {0})
    end = min(size, source.size)
    if not starts or starts[0] < first or starts[-1] >= end:
        raise NotOpened("broken", "a partition lies outside of the image")
    reading.opened = True
    reading.spread()
    if size > source.size:
        reading.note("truncated", f"{source.size} of {size} bytes are there")
    for number, (start, stop) in enumerate(zip(starts, [*starts[1:], end], strict=True)):
        yield from piece(source, start, stop, reading, f"[partition {number}]")
    yield from behind(source, end, reading)
    yield from reading.drain()
