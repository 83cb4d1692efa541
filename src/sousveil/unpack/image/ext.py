"""ext2, ext3 and ext4: extents, block maps and inline data.

Layout: Linux Documentation/filesystems/ext4.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Generator, Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.inodes import files
from sousveil.unpack.image.parts import MOST_NAME, Damaged, give, special, u16, u32, zeros
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import CHUNK, Seekable

ABOUT = About(
    title="ext2, ext3 and ext4 images",
    ends=".ext2 .ext3 .ext4 .img",
    reads="Every file in a folder, by extents, block maps or inline.",
    limits="Deleted files, journals, encrypted files, images with meta block groups.",
)
_EXTENTS, _INLINE, _ENCRYPTED = 0x80000, 0x10000000, 0x800
_MOST_FOLDER = 64 << 20
_MOST_SIZE = 1 << 44
Run = tuple[int, int, int]
"""First block in the file, first block in the image (0: a hole), how many."""


class _Inode:
    __slots__ = ("blocks", "flags", "map", "mode", "more", "size")

    def __init__(self, raw: bytes) -> None:
        self.mode = u16(raw, 0)
        self.size = u32(raw, 4) | (u32(raw, 108) << 32 if stat.S_ISREG(self.mode) else 0)
        self.flags = u32(raw, 32)
        self.blocks = u32(raw, 28)
        self.map = raw[40:100]
        self.more = _more(raw) if self.flags & _INLINE else b""


class _Image:
    root = 2

    def __init__(self, source: Seekable, reading: Reading) -> None:
        head = source.read(1024, 1024)
        if len(head) < 1024 or u16(head, 56) != 0xEF53 or u32(head, 24) > 6:
            raise Damaged("no superblock")
        self.source = source
        self.reading = reading
        self.inodes = u32(head, 0)
        self.block = 1024 << u32(head, 24)
        incompatible = u32(head, 96) if u32(head, 76) else 0
        wide = bool(incompatible & 0x80)
        self.blocks = u32(head, 4) | (u32(head, 336) << 32 if wide else 0)
        self.first = u32(head, 20)
        self.per_group = u32(head, 40)
        self.inode_size = u16(head, 88) if u32(head, 76) else 128
        self.descriptor = max(u16(head, 254), 32) if wide else 32
        if not self.per_group or not 128 <= self.inode_size <= self.block or self.descriptor > 1024:
            raise Damaged("impossible numbers in the superblock")
        if incompatible & 0x10:
            raise NotOpened("unsupported", "meta block groups")

    def inode(self, number: int) -> _Inode:
        if not 0 < number <= self.inodes:
            raise Damaged(f"inode {number} of {self.inodes}")
        group, index = divmod(number - 1, self.per_group)
        at = (self.first + 1) * self.block + group * self.descriptor
        raw = self.source.read(at, self.descriptor)
        table = u32(raw, 8) | (u32(raw, 40) << 32 if self.descriptor >= 64 else 0)
        raw = self.source.read(table * self.block + index * self.inode_size, self.inode_size)
        if len(raw) < 128 or not table:
            raise Damaged(f"inode {number} lies beyond the end")
        return _Inode(raw)

    def runs(self, inode: _Inode) -> Iterator[Run]:
        if inode.flags & _EXTENTS:
            yield from self._extents(inode.map, 5, set())
            return
        count = -(-inode.size // self.block)
        at = 0
        for place in struct.unpack("<12I", inode.map[:48]):
            yield at, place, 1
            at += 1
        for depth, place in enumerate(struct.unpack("<3I", inode.map[48:60]), 1):
            if at >= count:
                return
            yield from self._indirect(place, depth, at, count)
            at += (self.block // 4) ** depth

    def _extents(self, node: bytes, most: int, seen: set[int]) -> Iterator[Run]:
        if u16(node, 0) != 0xF30A:
            raise Damaged("no extent header where one must be")
        entries, depth = u16(node, 2), u16(node, 6)
        if depth > most or 12 * (entries + 1) > len(node):
            raise Damaged("an extent tree that is too deep or too full")
        for n in range(entries):
            block, one, two, three = struct.unpack_from("<IHHI", node, 12 * (n + 1))
            if not depth:
                hole = one > 32768  # allocated and never written
                yield block, 0 if hole else two << 32 | three, one - 32768 if hole else one
                continue
            place = (one | two << 16) | (three & 0xFFFF) << 32
            if place in seen:
                raise Damaged("an extent tree that leads back into itself")
            seen.add(place)
            yield from self._extents(self._block(place), depth - 1, seen)

    def _indirect(self, place: int, depth: int, at: int, count: int) -> Iterator[Run]:
        reach = (self.block // 4) ** depth
        if not place:
            yield at, 0, min(reach, count - at)
            return
        self.reading.fed(1)
        below = reach // (self.block // 4)
        for number in struct.unpack(f"<{self.block // 4}I", self._block(place)):
            if at >= count:
                return
            if depth == 1 or not number:
                yield at, number, below if not number else 1
            else:
                yield from self._indirect(number, depth - 1, at, count)
            at += below

    def _block(self, place: int) -> bytes:
        raw = self.source.read(place * self.block, self.block)
        if len(raw) < self.block:
            raise Damaged(f"block {place} lies beyond the end")
        return raw

    def content(self, inode: _Inode) -> Iterator[bytes]:
        """Yield a file's bytes; holes as zeros."""
        if inode.flags & _INLINE:
            held = (inode.map + inode.more)[: inode.size]
            yield held
            yield from zeros(inode.size - len(held))
            return
        at = 0
        for first, place, count in self.runs(inode):
            start = first * self.block
            if start < at:
                raise Damaged("blocks of the file overlap")
            yield from zeros(min(start, inode.size) - at)
            at = start
            if at >= inode.size:
                return
            size = min(count * self.block, inode.size - at)
            if not place:
                yield from zeros(size)
            else:
                if (place + -(-size // self.block)) * self.block > self.source.size + self.block:
                    raise Damaged(f"block {place} lies beyond the end")
                for offset in range(0, size, CHUNK):
                    part = self.source.read(place * self.block + offset, min(CHUNK, size - offset))
                    if not part:
                        raise Damaged(f"block {place} lies beyond the end")
                    yield part
            at += size
        yield from zeros(inode.size - at)

    @property
    def end(self) -> int:
        return self.blocks * self.block

    def entries(self, inode: _Inode) -> Iterator[tuple[bytes, int]]:
        if inode.size > _MOST_FOLDER:
            raise Damaged(f"a folder of {inode.size} bytes")
        if inode.flags & _INLINE:
            yield from _names(inode.map[4:60])
            yield from _names(inode.more)
            return
        data = b"".join(self.content(inode))
        for at in range(0, len(data), self.block):
            yield from _names(data[at : at + self.block])


def _more(raw: bytes) -> bytes:
    """Return what of inline data stands in the inode's attributes, under `system.data`."""
    start = 128 + u16(raw, 128) + 4
    if u32(raw, start - 4) != 0xEA020000:
        return b""
    at = start
    while at + 16 <= len(raw) and raw[at]:
        if raw[at + 1] == 7 and raw[at + 16 : at + 16 + raw[at]] == b"data":
            place = start + u16(raw, at + 2)
            return raw[place : place + u32(raw, at + 8)]
        at += 16 + (raw[at] + 3 & ~3)
    return b""


def _names(block: bytes) -> Iterator[tuple[bytes, int]]:
    at = 0
    while at + 8 <= len(block):
        number, step, length = u32(block, at), u16(block, at + 4), block[at + 6]
        if step < 8 or at + step > len(block):
            if number:
                raise Damaged("a folder's entry that runs over its block")
            return
        name = block[at + 8 : at + 8 + length]
        if number and name not in (b".", b"..", b""):
            yield name, number
        at += step


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the files in the order of the folders. Raise NotOpened if there is no root folder."""
    del name
    yield from files(
        lambda: _Image(source, reading), source, reading, lambda image, path, inode: _one(image, path, inode, reading)
    )


def _one(image: _Image, path: bytes, inode: _Inode, reading: Reading) -> Generator[Item | Limit]:
    target = b""
    if stat.S_ISLNK(inode.mode):
        target = inode.map[: inode.size] if inode.size < 60 else b"".join(_until(image, inode))
    if special(reading, path, inode.mode, target):
        return
    if inode.flags & _ENCRYPTED:
        reading.note("encrypted", "the content is encrypted", reading.names.decode(path))
    elif inode.size > _MOST_SIZE:
        reading.note("broken", f"a file of {inode.size} bytes", reading.names.decode(path))
    else:
        yield from give(reading, path, inode.size, image.content(inode), inode.blocks * 512)


def _until(image: _Image, inode: _Inode) -> Iterator[bytes]:
    inode.size = min(inode.size, MOST_NAME)
    try:
        yield from image.content(inode)
    except Damaged:
        yield b"[unreadable]"
