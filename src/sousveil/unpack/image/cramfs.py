"""cramfs, of either byte order. Layout: Linux include/uapi/linux/cramfs_fs.h."""

from __future__ import annotations

import stat
import struct
from collections.abc import Generator, Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.blocks import by_look
from sousveil.unpack.image.parts import MOST_NAME, Damaged, behind, give, special, u32
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Seekable

ABOUT = About(
    title="cramfs images",
    ends=".cramfs .img",
    reads="Every file, of either byte order (zlib, and LZMA where a vendor put it in its place).",
    limits="Images with extended block pointers.",
)
_PAGE = 4096
_EXTENDED = 0x800


class _Inode:
    __slots__ = ("length", "mode", "offset", "size")

    def __init__(self, raw: bytes, order: str) -> None:
        first, second, third = struct.unpack(order + "3I", raw)
        if order == "<":
            self.mode, self.size = first & 0xFFFF, second & 0xFFFFFF
            self.length, self.offset = (third & 63) * 4, (third >> 6) * 4
        else:
            self.mode, self.size = first >> 16, second >> 8
            self.length, self.offset = (third >> 26) * 4, (third & 0x3FFFFFF) * 4


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the files in the order of the folders. Raise NotOpened if this is no image."""
    del name
    head = source.read(0, 76)
    order = "<" if head[:1] == b"\x45" else ">"
    word = "little" if order == "<" else "big"
    if len(head) < 76 or head[16:32] != b"Compressed ROMFS":
        raise NotOpened("broken", "no signature in the superblock")
    if u32(head, 8, word) & _EXTENDED:
        raise NotOpened("unsupported", "extended block pointers")
    root = _Inode(head[64:76], order)
    if not stat.S_ISDIR(root.mode):
        raise NotOpened("broken", "the root is no folder")
    reading.opened = True
    reading.spread()
    end = u32(head, 4, word)
    if end > source.size:
        reading.note("truncated", f"{source.size} of {end} bytes are there")
    seen = {root.offset}
    stack = [(b"", root)]
    while stack:
        folder, inode = stack.pop()
        below: list[tuple[bytes, _Inode]] = []
        for short, found in _entries(source, inode, order):
            reading.budget.tick()
            path = folder + short
            if stat.S_ISDIR(found.mode):
                if found.size and found.offset not in seen and len(path) < MOST_NAME:
                    seen.add(found.offset)
                    below.append((path + b"/", found))
                elif found.size:
                    reading.note("broken", "a folder that is met again or lies too deep", reading.names.decode(path))
            else:
                target = b""
                if stat.S_ISLNK(found.mode):
                    target = _link(source, found, order)
                if not special(reading, path, found.mode, target):
                    yield from give(reading, path, found.size, _content(source, found, order))
            yield from reading.drain()
        stack.extend(reversed(below))
    yield from behind(source, end, reading)
    yield from reading.drain()


def _link(source: Seekable, found: _Inode, order: str) -> bytes:
    try:
        return b"".join(_content(source, found, order))
    except Damaged:
        return b"[unreadable]"


def _entries(source: Seekable, inode: _Inode, order: str) -> Iterator[tuple[bytes, _Inode]]:
    at, end = inode.offset, inode.offset + inode.size
    while at + 12 <= min(end, source.size):
        raw = source.read(at, 12)
        if len(raw) < 12:
            return
        found = _Inode(raw, order)
        if not found.length:
            return
        yield source.read(at + 12, found.length).rstrip(b"\0"), found
        at += 12 + found.length


def _content(source: Seekable, found: _Inode, order: str) -> Iterator[bytes]:
    count = -(-found.size // _PAGE)
    raw = source.read(found.offset, 4 * count)
    if len(raw) < 4 * count:
        raise Damaged("the block pointers lie beyond the end")
    start = found.offset + 4 * count
    left = found.size
    for end in struct.unpack(f"{order}{count}I", raw):
        want = min(_PAGE, left)
        if end < start or end - start > 2 * _PAGE + 64 or end > source.size:
            raise Damaged(f"a block from {start} to {end}")
        data = by_look(source.read(start, end - start), _PAGE) if end > start else bytes(want)
        if len(data) < want:
            raise Damaged(f"a block at {start} gives {len(data)} bytes in the place of {want}")
        yield data[:want]
        left -= want
        start = end
