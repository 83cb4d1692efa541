"""Android's sparse images. Layout: AOSP system/core/libsparse/sparse_format.h."""

from __future__ import annotations

import struct
from collections.abc import Generator, Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.parts import behind, u16, u32
from sousveil.unpack.limits import Meter
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import CHUNK, Seekable, Stream

ABOUT = About(title="Android sparse images", ends=".img .simg", reads="The image they stand for, which is then opened.")
_RAW, _FILL, _SKIP, _CRC = 0xCAC1, 0xCAC2, 0xCAC3, 0xCAC4


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the whole image. Raise NotOpened where the header cannot be one."""
    head = source.read(0, 28)
    if len(head) < 28 or u16(head, 4) != 1 or u16(head, 8) < 28 or u16(head, 10) < 12:
        raise NotOpened("broken", "the header cannot be one")
    block = u32(head, 12)
    if not block or block % 4 or block > 1 << 24:
        raise NotOpened("broken", f"blocks of {block} bytes")
    chunks, end = _chunks(source, u16(head, 8), u16(head, 10), u32(head, 20), block, reading)
    if not chunks:
        raise NotOpened("broken", "no chunk is whole")
    reading.opened = True
    size = sum(count for _, count, _ in chunks)
    inner = name.rsplit("/", 1)[-1].removesuffix(".img").removesuffix(".simg") + ".raw.img"
    meter = Meter(reading.budget, source.size, reading.meter)
    stream = Stream(reading.metered(_content(source, chunks), meter), size)
    yield Item(inner.encode("utf-8", "surrogateescape"), inner, stream, meter)
    yield from behind(source, end, reading)
    yield from reading.drain()


def _chunks(
    source: Seekable, at: int, head: int, count: int, block: int, reading: Reading
) -> tuple[list[tuple[int, int, int]], int]:
    """Return kind, bytes and place of every chunk, and where the last one ends."""
    found: list[tuple[int, int, int]] = []
    for _ in range(min(count, source.size // 12)):
        reading.fed(1)
        raw = source.read(at, 12)
        if len(raw) < 12:
            reading.note("truncated", f"{len(found)} of {count} chunks are there")
            break
        kind, _, blocks, total = struct.unpack("<HHII", raw)
        if kind not in (_RAW, _FILL, _SKIP, _CRC) or total < head or at + total > source.size:
            reading.note("broken", f"a chunk at {at} that cannot be one; {len(found)} of {count} were read")
            break
        if kind == _RAW and total - head != blocks * block:
            reading.note("broken", f"a chunk at {at} of {total} bytes for {blocks} blocks")
            break
        if kind != _CRC:
            found.append((kind, blocks * block, at + head))
        at += total
    return found, at


def _content(source: Seekable, chunks: list[tuple[int, int, int]]) -> Iterator[bytes]:
    for kind, size, place in chunks:
        if kind == _RAW:
            yield from source.window(place, size).chunks()
            continue
        fill = source.read(place, 4) if kind == _FILL else bytes(4)
        whole = fill * (min(size, CHUNK) // 4)
        left = size
        while left > 0:
            yield whole[:left]
            left -= len(whole)
