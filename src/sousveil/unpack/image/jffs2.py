"""JFFS2, of either byte order, with zlib, rtime, LZO or LZMA.

Layout: Linux include/uapi/linux/jffs2.h; LZMA with the properties that OpenWrt's patch uses.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Generator, Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image import blocks
from sousveil.unpack.image.logged import Log
from sousveil.unpack.image.look import jffs2_crc
from sousveil.unpack.image.measure import jffs2_node
from sousveil.unpack.image.parts import Damaged, u16, u32
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Seekable

ABOUT = About(
    title="JFFS2 images",
    ends=".jffs2 .img",
    reads="The last version of every file; files that no folder names too (zlib, rtime, LZO, LZMA).",
    limits="Earlier versions; nodes packed with rubin or dynrubin.",
)
_ENTRY, _INODE = 0xE001, 0xE002
_STEP = 4 << 20
_MOST_PIECE = 1 << 20
_HEAD = 68


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the files. Raise NotOpened if there is no whole node."""
    del name
    order = "little" if source.read(0, 1) == b"\x85" else "big"

    def expand(place: int, packed: int, compression: int, most: int) -> bytes:
        raw = source.read(place, packed)
        if len(raw) < packed:
            raise Damaged(f"a node at {place}, beyond the end")
        return _expanded(raw, compression, most)

    log = Log(reading, 1, expand)
    nodes = broken = 0
    for at, raw in _nodes(source, order, reading):
        nodes += 1
        if not _take(log, raw, at, order):
            broken += 1
    if not nodes:
        raise NotOpened("broken", "no node is whole")
    reading.opened = True
    if broken:
        reading.note("broken", f"{broken} of {nodes} nodes have a wrong checksum or impossible numbers")
    yield from log.files()


def _nodes(source: Seekable, order: str, reading: Reading) -> Iterator[tuple[int, bytes]]:
    """Yield place and head of every node whose header's checksum holds."""
    mark = re.compile(re.escape(b"\x85\x19" if order == "little" else b"\x19\x85"))
    base = at = 0
    data = source.read(0, _STEP)
    while True:
        found = mark.search(data, at - base)
        if found is None or found.start() + 512 > len(data):
            if base + len(data) >= source.size and found is None:
                return
            reading.fed(1)
            after = base + (found.start() if found else max(len(data) - 1, 1))
            if after <= base and len(data) < _STEP:
                if found is None:
                    return
            else:
                base = at = after
                data = source.read(base, _STEP)
                if not data:
                    return
                continue
        at = base + found.start()
        head = data[at - base : at - base + 512]
        size = jffs2_node(head, order) if at % 4 == 0 or base else 0
        if size:
            yield at, head[: min(size, 512)]
            at += size + 3 & ~3
        else:
            at += 2
        if at - base >= len(data):
            reading.fed(1)
            base = at
            data = source.read(base, _STEP)
            if not data:
                return


def _take(log: Log, raw: bytes, at: int, order: str) -> bool:
    """Put a node into the log; return False of one that is damaged."""
    kind = u16(raw, 2, order)
    if kind == _ENTRY:
        length = raw[28] if len(raw) > 40 else 0
        if len(raw) < 40 + length or jffs2_crc(raw[:32]) != u32(raw, 32, order):
            return False
        log.entry(u32(raw, 12, order), raw[40 : 40 + length], u32(raw, 20, order), u32(raw, 16, order))
    elif kind == _INODE:
        if len(raw) < _HEAD or jffs2_crc(raw[:60]) != u32(raw, 64, order):
            return False
        number, version, mode = u32(raw, 12, order), u32(raw, 16, order), u32(raw, 20, order)
        size, offset = u32(raw, 28, order), u32(raw, 44, order)
        packed, made, total = u32(raw, 48, order), u32(raw, 52, order), u32(raw, 4, order)
        if made > _MOST_PIECE or packed > total:
            return False
        log.inode(number, version, mode, size if stat.S_ISREG(mode) else made)
        if made:
            log.piece(number, (version, offset, made, at + _HEAD, packed, raw[56]))
    return True


def _expanded(raw: bytes, compression: int, most: int) -> bytes:
    if compression == 0:
        return raw
    if compression == 1:
        return bytes(most)
    if compression == 2:
        return _rtime(raw, most)
    if compression == 6:
        return blocks.inflate(raw, most)
    if compression == 7:
        return blocks.unlzo(raw, most)
    if compression == 8:
        return blocks.raw_lzma(raw, most, 0, 0, 0, 0x2000)
    raise Damaged(f"compression {compression} is not read")


def _rtime(raw: bytes, most: int) -> bytes:
    """Return what rtime packed: each byte, then how often what followed its last occurrence is repeated."""
    places = [0] * 256
    out = bytearray()
    at = 0
    while len(out) < most and at + 1 < len(raw):
        value, repeat = raw[at], raw[at + 1]
        at += 2
        out.append(value)
        start = places[value]
        places[value] = len(out)
        if start + repeat >= len(out):
            for n in range(repeat):
                out.append(out[start + n])
        else:
            out += out[start : start + repeat]
    return bytes(out)
