"""EROFS, the file system of newer Android and of many embedded products. Layout: Linux fs/erofs/erofs_fs.h."""

from __future__ import annotations

import stat
from bisect import bisect_right
from collections.abc import Generator, Iterator
from functools import cached_property

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.erofsclusters import Map, Stretch, header, stretches, unpacked
from sousveil.unpack.image.inodes import files
from sousveil.unpack.image.parts import MOST_NAME, Damaged, give, special, u16, u32, u64
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import CHUNK, Seekable

ABOUT = About(
    title="EROFS images",
    ends=".erofs .img",
    reads="Every file: plain, inline, in chunks, and packed by LZ4, MicroLZMA, deflate or Zstandard.",
    limits="Files on further devices; images with block numbers of 48 bits or metadata that is packed itself.",
)
MAGIC = b"\xe2\xe1\xf5\xe0"
_AT = 1024
_PADDED, _CHUNKS, _NEWER = 1, 4, ~0x7F
_PLAIN, _FULL, _INLINE, _COMPACT, _CHUNKED = range(5)
_MOST_FOLDER = 64 << 20
_MOST_SIZE = 1 << 44
_HOLE = 0xFFFFFFFF


class _Inode:
    __slots__ = ("behind", "layout", "mode", "number", "size", "start")

    def __init__(self, number: int, raw: bytes, at: int) -> None:
        form = u16(raw, 0)
        wide = form & 1
        self.number = number
        self.layout = form >> 1 & 7
        self.mode = u16(raw, 4)
        self.size = u64(raw, 8) if wide else u32(raw, 8)
        self.start = u32(raw, 16)
        """The first block, or how chunks are laid out."""
        attributes = u16(raw, 2)
        self.behind = at + (64 if wide else 32) + (12 + 4 * (attributes - 1) if attributes else 0)


class _Image:
    def __init__(self, source: Seekable, reading: Reading) -> None:
        head = source.read(_AT, 128)
        if len(head) < 128 or head[:4] != MAGIC or not 9 <= head[12] <= 16:
            raise Damaged("no superblock")
        self.source = source
        self.reading = reading
        self.bits = head[12]
        self.block = 1 << head[12]
        self.root = u16(head, 14)
        self.blocks = u32(head, 36)
        self.meta = u32(head, 40) << self.bits
        self.needs = u32(head, 80)
        self.devices = u16(head, 86)
        self.folder = self.block << head[90]
        self.packed = u64(head, 96)
        if self.needs & _NEWER or head[90] > 8:
            raise NotOpened("unsupported", f"features {self.needs:#x} of a newer version")
        self._last: tuple[int, bytes] = (-1, b"")

    def inode(self, number: int) -> _Inode:
        at = self.meta + 32 * number
        raw = self.source.read(at, 64)
        if len(raw) < 32 or (raw[0] & 1 and len(raw) < 64):
            raise Damaged(f"inode {number} lies beyond the end")
        return _Inode(number, raw, at)

    def content(self, inode: _Inode) -> Iterator[bytes]:
        """Yield a file's bytes. Raise Damaged."""
        if inode.layout in (_PLAIN, _INLINE):
            whole = inode.size - inode.size % self.block if inode.layout == _INLINE else inode.size
            yield from self._run(inode.start << self.bits, whole)
            if whole < inode.size:
                yield self.source.read(inode.behind, inode.size - whole)
        elif inode.layout == _CHUNKED:
            yield from self._chunks(inode)
        elif inode.layout in (_FULL, _COMPACT):
            found, parts = self._map(inode)
            if found.whole:
                yield from self._fragment(found.fragment, inode.size)
                return
            for part in parts:
                if part.end == part.start:
                    continue
                if not part.packed:
                    yield from self._fragment(found.fragment, part.end - part.start)
                else:
                    yield self._unpacked(found, part)
        else:
            raise Damaged(f"layout {inode.layout} of a file")

    def _run(self, at: int, size: int) -> Iterator[bytes]:
        while size > 0:
            part = self.source.read(at, min(size, CHUNK))
            if not part:
                raise Damaged("a file that lies beyond the end")
            yield part
            at += len(part)
            size -= len(part)

    def _chunks(self, inode: _Inode) -> Iterator[bytes]:
        size = self.block << (inode.start & 31)
        wide = bool(inode.start & 32)
        each = 8 if wide else 4
        at = -(-inode.behind // each) * each
        for start in range(0, inode.size, size):
            self.reading.fed(1)
            raw = self.source.read(at, each)
            if len(raw) < each:
                raise Damaged("the list of chunks lies beyond the end")
            at += each
            block, left = u32(raw, each - 4), min(size, inode.size - start)
            if block == _HOLE:
                for low in range(0, left, CHUNK):
                    yield bytes(min(CHUNK, left - low))
            elif wide and u16(raw, 2):
                raise NotOpened("outside", f"a file that lies on device {u16(raw, 2)}")
            else:
                yield from self._run(block << self.bits, left)

    def _map(self, inode: _Inode) -> tuple[Map, list[Stretch]]:
        base = -(-inode.behind // 8) * 8
        found = header(self.source.read(base, 8), self.bits)
        if found.whole:
            return found, []
        compact = inode.layout == _COMPACT
        return found, stretches(self.source, found, base + 8, inode.size, self.bits, compact)

    def _unpacked(self, found: Map, part: Stretch) -> bytes:
        self.reading.fed(1)
        out = unpacked(self.source, found, part, self.block, bool(self.needs & _PADDED))
        if len(out) < part.end - part.start:
            raise Damaged(f"a stretch at {part.place} gives {len(out)} bytes in the place of {part.end - part.start}")
        return out

    @cached_property
    def _shared(self) -> tuple[_Inode, Map | None, list[Stretch], list[int]]:
        """The file in which ends of others lie together."""
        inode = self.inode(self.packed)
        if not self.packed or inode.layout not in (_PLAIN, _FULL, _COMPACT):
            raise Damaged("the ends of files lie in a place that is none")
        if inode.layout == _PLAIN:
            return inode, None, [], []
        found, parts = self._map(inode)
        if found.whole or any(not p.packed for p in parts):
            raise Damaged("the ends of files lie in themselves")
        return inode, found, parts, [p.start for p in parts]

    def _fragment(self, at: int, size: int) -> Iterator[bytes]:
        inode, found, parts, starts = self._shared
        if at + size > inode.size:
            raise Damaged("the end of a file lies beyond those kept")
        if found is None:
            yield from self._run((inode.start << self.bits) + at, size)
            return
        number = bisect_right(starts, at) - 1
        while size > 0 and 0 <= number < len(parts):
            part = parts[number]
            if self._last[0] != number:
                self._last = (number, self._unpacked(found, part))
            out = self._last[1][at - part.start : at - part.start + size]
            yield out
            at += len(out)
            size -= len(out)
            number += 1

    @property
    def end(self) -> int:
        return self.blocks << self.bits

    def entries(self, inode: _Inode) -> Iterator[tuple[bytes, int]]:
        """Yield name and inode of what is in a folder. Raise Damaged."""
        if inode.size > _MOST_FOLDER:
            raise Damaged(f"a folder of {inode.size} bytes")
        whole = b"".join(self.content(inode))
        for start in range(0, len(whole), self.folder):
            data = whole[start : start + self.folder]
            count = u16(data, 8) // 12
            if not count or 12 * count > len(data):
                raise Damaged("a folder whose names cannot lie where it says")
            names = [u16(data, 12 * n + 8) for n in range(count)] + [len(data)]
            for n in range(count):
                name = data[names[n] : names[n + 1]].partition(b"\0")[0]
                if name not in (b".", b"..", b""):
                    yield name, u64(data, 12 * n)


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the files in the order of the folders. Raise NotOpened if there is no root folder."""
    del name
    yield from files(
        lambda: _Image(source, reading), source, reading, lambda image, path, inode: _one(image, path, inode, reading)
    )


def _one(image: _Image, path: bytes, inode: _Inode, reading: Reading) -> Generator[Item | Limit]:
    target = b""
    if stat.S_ISLNK(inode.mode):
        inode.size = min(inode.size, MOST_NAME)
        try:
            target = b"".join(image.content(inode))
        except (Damaged, NotOpened):
            target = b"[unreadable]"
    if special(reading, path, inode.mode, target):
        return
    if inode.size > _MOST_SIZE:
        reading.note("broken", f"a file of {inode.size} bytes", reading.names.decode(path))
    else:
        yield from give(reading, path, inode.size, image.content(inode))
