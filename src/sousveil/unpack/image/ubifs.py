"""UBIFS, with LZO, zlib or Zstandard: the nodes are read one after the other and the last versions put together.

Layout: Linux fs/ubifs/ubifs-media.h. The index is not used: a node counts where its checksum holds.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image import blocks
from sousveil.unpack.image.logged import Log
from sousveil.unpack.image.measure import jffs2_ubi
from sousveil.unpack.image.parts import Damaged, u16, u32, u64
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Seekable

ABOUT = About(
    title="UBIFS images",
    ends=".ubifs .img",
    reads="The last version of every file (LZO, zlib, Zstandard).",
    limits="Encrypted files; earlier versions.",
)
_MARK = re.compile(rb"\x31\x18\x10\x06")
_STEP = 4 << 20
_BLOCK = 4096
_MOST_NODE = 1 << 17


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the files. Raise NotOpened if there is no whole node of a file or a folder."""
    del name

    def expand(place: int, packed: int, compression: int, most: int) -> bytes:
        raw = source.read(place, packed)
        if compression == 0:
            return raw
        if compression == 1:
            return blocks.unlzo(raw, _BLOCK)[:most]
        if compression == 2:
            return blocks.inflate(raw, most, -15)
        if compression == 3:
            return blocks.unzstd(raw, most)
        raise Damaged(f"compression {compression} is not read")

    log = Log(reading, 1, expand)
    nodes = 0
    for at, raw in _nodes(source, reading):
        nodes += _take(log, raw, at)
    if not nodes:
        raise NotOpened("broken", "no node is whole")
    reading.opened = True
    yield from log.files()


def _nodes(source: Seekable, reading: Reading) -> Iterator[tuple[int, bytes]]:
    """Yield place and bytes of every node whose checksum holds."""
    base = 0
    while base < source.size:
        reading.fed(1)
        data = source.read(base, _STEP + _MOST_NODE)
        at = 0
        while (found := _MARK.search(data, at)) is not None and found.start() < _STEP:
            at = found.start()
            size = u32(data, at + 16)
            if not 24 <= size <= _MOST_NODE or at % 8:
                at += 4
                continue
            raw = data[at : at + size]
            if len(raw) == size and jffs2_ubi(raw[8:]) == u32(raw, 4):
                yield base + at, raw
                at += size
            else:
                at += 4
        base += max(_STEP, at) & ~7


def _take(log: Log, raw: bytes, at: int) -> bool:
    kind, version = raw[20], u64(raw, 8)
    if kind == 0 and len(raw) >= 160:
        length = min(u32(raw, 112), 4096)
        log.inode(u32(raw, 24), version, u32(raw, 104), u64(raw, 48), raw[160 : 160 + length])
    elif kind == 1 and len(raw) > 48:
        size = u32(raw, 40)
        if size > _BLOCK:
            return False
        offset = (u32(raw, 28) & 0x1FFFFFFF) * _BLOCK
        log.piece(u32(raw, 24), (version, offset, size, at + 48, len(raw) - 48, u16(raw, 44)))
    elif kind == 2 and len(raw) > 56:
        length = u16(raw, 50)
        log.entry(u32(raw, 24), raw[56 : 56 + length], u64(raw, 40), version)
    else:
        return False
    return True
