"""SquashFS 3.x and 4.0, of either byte order, with zlib, LZMA, LZO, xz, LZ4 or Zstandard.

Layout: Linux Documentation/filesystems/squashfs.rst; the bit fields of 3.x as in squashfs-tools 3.4. Vendors change the
magic and put LZMA in the place of zlib: byte order and version are told from the version field, and blocks of 3.x
by their first bytes.
"""

from __future__ import annotations

import stat
import struct
from collections import OrderedDict
from collections.abc import Generator, Iterator
from functools import partial

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.blocks import DECODERS
from sousveil.unpack.image.inodes import files
from sousveil.unpack.image.parts import MOST_NAME, Damaged, give, special
from sousveil.unpack.reading import Item, Reading
from sousveil.unpack.source import Seekable

ABOUT = About(
    title="SquashFS images",
    ends=".squashfs .sqsh .img .snap .appimage",
    reads="Every file of SquashFS 3 and 4, of either byte order (zlib, LZMA, LZO, xz, LZ4, Zstandard).",
    limits="Versions 1 and 2. Extended attributes.",
)
MAGICS = (b"hsqs", b"sqsh", b"shsq", b"qshs", b"sqlz", b"tqsh", b"hsqt")
_COMPRESSION = {1: "zlib", 2: "lzma", 3: "lzo", 4: "xz", 5: "lz4", 6: "zstd"}
_META = 8192
_CACHED = 512
_NONE = 0xFFFFFFFF
_PLAIN = 1 << 24
"""Set in a data block's size where it is not compressed."""
_MOST_BLOCKS = 1 << 22
_TOGETHER = 32
"""Files, the ends of which lie in the same fragment as like as not."""
_KINDS = {
    1: stat.S_IFDIR, 2: stat.S_IFREG, 3: stat.S_IFLNK, 4: stat.S_IFBLK, 5: stat.S_IFCHR, 6: stat.S_IFIFO,
    7: stat.S_IFSOCK, 8: stat.S_IFDIR, 9: stat.S_IFREG, 10: stat.S_IFLNK, 11: stat.S_IFBLK, 12: stat.S_IFCHR,
    13: stat.S_IFIFO, 14: stat.S_IFSOCK,
}  # fmt: skip


class Super:
    """The superblock. Raise Damaged where it cannot be one."""

    def __init__(self, head: bytes) -> None:
        if len(head) < 119:
            raise Damaged("the superblock is cut off")
        self.order = "<" if int.from_bytes(head[28:30], "little") in (3, 4) else ">"
        self.major, self.minor = struct.unpack_from(self.order + "2H", head, 28)
        if self.major == 4:
            (self.inodes, _, self.block, self.fragments, code, log) = struct.unpack_from(self.order + "4I2H", head, 4)
            self.compression = _COMPRESSION.get(code, "")
            if not self.compression:
                raise Damaged(f"compression {code} is not known")
            (self.root, self.used, _, _, self.inode_table, self.directories, self.fragment_table) = struct.unpack_from(
                self.order + "7Q", head, 32
            )
        elif self.major == 3:
            self.inodes = struct.unpack_from(self.order + "I", head, 4)[0]
            log = struct.unpack_from(self.order + "H", head, 34)[0]
            self.compression = "look"
            self.root, self.block, self.fragments = struct.unpack_from(self.order + "QII", head, 43)
            self.used = struct.unpack_from(self.order + "Q", head, 63)[0]
            self.inode_table, self.directories, self.fragment_table = struct.unpack_from(self.order + "3Q", head, 87)
        else:
            raise Damaged(f"version {self.major}.{self.minor} is not read")
        if not 4096 <= self.block <= 1 << 20 or self.block != 1 << log:
            raise Damaged(f"blocks of {self.block} bytes")
        if not 96 <= self.inode_table < self.directories <= self.used:
            raise Damaged("the tables lie outside of the image")


def measure(head: bytes, room: int) -> int:
    """Return how long an image that begins so is, 0 if none does; `room` bytes are there."""
    try:
        found = Super(head)
    except Damaged:
        return 0
    return found.used if found.used <= room and found.inodes else 0


class _Inode:
    __slots__ = ("blocks", "fragment", "mode", "offset", "size", "start", "target")

    def __init__(self, kind: int, size: int = 0, start: int = 0, offset: int = 0) -> None:
        self.mode = _KINDS[kind]
        self.size = size
        self.start = start
        self.offset = offset
        self.fragment = _NONE
        self.blocks: tuple[int, ...] = ()
        self.target = b""


class _Image:
    def __init__(self, source: Seekable, reading: Reading) -> None:
        self.source = source
        self.reading = reading
        self.super = Super(source.read(0, 128))
        self.order = self.super.order
        self.decode = DECODERS[self.super.compression]
        self.root, self.end = self.super.root, self.super.used
        self._meta: OrderedDict[int, tuple[bytes, int]] = OrderedDict()
        self._fragments: OrderedDict[int, bytes] = OrderedDict()

    def meta(self, at: int) -> tuple[bytes, int]:
        """Return a metadata block and where the next begins."""
        held = self._meta.get(at)
        if held is not None:
            return held
        self.reading.fed(1)
        head = self.source.read(at, 2)
        if len(head) < 2:
            raise Damaged(f"a metadata block at {at}, beyond the end")
        word: int = struct.unpack(self.order + "H", head)[0]
        size = word & 0x7FFF or 0x8000
        if size > _META + 64:
            raise Damaged(f"a metadata block of {size} bytes at {at}")
        raw = self.source.read(at + 2, size)
        data = raw if word & 0x8000 else self.decode(raw, _META)
        if not data:
            raise Damaged(f"an empty metadata block at {at}")
        self._meta[at] = made = (data, at + 2 + size)
        if len(self._meta) > _CACHED:
            self._meta.popitem(last=False)
        return made

    def pull(self, at: int, offset: int, count: int) -> tuple[bytes, int, int]:
        """Return bytes of a table from a block and an offset in it, and where they end."""
        parts: list[bytes] = []
        while True:
            data, after = self.meta(at)
            got = data[offset : offset + count]
            parts.append(got)
            count -= len(got)
            offset += len(got)
            if not count:
                return b"".join(parts), at, offset
            if not got and offset > len(data):
                raise Damaged("an offset beyond its metadata block")
            at, offset = after, 0

    def inode(self, reference: int) -> _Inode:
        """Return an inode by its reference: block in the table, offset in it."""
        block = self.super.inode_table + (reference >> 16)
        if block >= self.super.directories:
            raise Damaged("an inode outside of the inode table")
        offset = reference & 0xFFFF
        return self._inode4(block, offset) if self.super.major == 4 else self._inode3(block, offset)

    def _fields(self, form: str, at: int, offset: int) -> tuple[tuple[int, ...], int, int]:
        raw, at, offset = self.pull(at, offset, struct.calcsize(self.order + form))
        return struct.unpack(self.order + form, raw), at, offset

    def _inode4(self, at: int, offset: int) -> _Inode:
        (kind, *_), at, offset = self._fields("4H2I", at, offset)
        if kind == 1:
            (start, _, size, place, _), at, offset = self._fields("2I2HI", at, offset)
            return _Inode(kind, size, start, place)
        if kind == 8:
            (_, size, start, _, _, place, _), at, offset = self._fields("4I2HI", at, offset)
            return _Inode(kind, size, start, place)
        if kind in (2, 9):
            if kind == 2:
                (start, fragment, place, size), at, offset = self._fields("4I", at, offset)
            else:
                (start, size, _, _, fragment, place, _), at, offset = self._fields("3Q4I", at, offset)
            return self._file(_Inode(kind, size, start, place), fragment, at, offset)
        if kind in (3, 10):
            (_, length), at, offset = self._fields("2I", at, offset)
            return self._link(kind, length, at, offset)
        if kind in _KINDS:
            return _Inode(kind)
        raise Damaged(f"an inode of type {kind}")

    def _inode3(self, at: int, offset: int) -> _Inode:
        (word, _, _, _, _), at, offset = self._fields("HBBII", at, offset)
        kind = word & 15 if self.order == "<" else word >> 12
        if kind == 1:
            (_, packed, start, _), at, offset = self._fields("4I", at, offset)
            size, place = (packed & 0x7FFFF, packed >> 19) if self.order == "<" else (packed >> 13, packed & 0x1FFF)
            return _Inode(kind, size, start, place)
        if kind == 8:
            raw, at, offset = self.pull(at, offset, 19)
            packed = int.from_bytes(raw[4:9], "little" if self.order == "<" else "big")
            size, place = (packed & 0x7FFFFFF, packed >> 27) if self.order == "<" else (packed >> 13, packed & 0x1FFF)
            return _Inode(kind, size, struct.unpack_from(self.order + "I", raw, 9)[0], place)
        if kind in (2, 9):
            if kind == 2:
                (start, fragment, place, size), at, offset = self._fields("Q3I", at, offset)
            else:
                (_, start, fragment, place, size), at, offset = self._fields("IQ2IQ", at, offset)
            return self._file(_Inode(kind, size, start, place), fragment, at, offset)
        if kind == 3:
            (_, length), at, offset = self._fields("IH", at, offset)
            return self._link(kind, length, at, offset)
        if kind in _KINDS:
            return _Inode(kind)
        raise Damaged(f"an inode of type {kind}")

    def _link(self, kind: int, length: int, at: int, offset: int) -> _Inode:
        found = _Inode(kind)
        found.target = self.pull(at, offset, min(length, MOST_NAME))[0]
        return found

    def _file(self, found: _Inode, fragment: int, at: int, offset: int) -> _Inode:
        found.fragment = fragment
        count = found.size // self.super.block
        if fragment == _NONE and found.size % self.super.block:
            count += 1
        if count > _MOST_BLOCKS:
            raise Damaged(f"a file of {found.size} bytes")
        raw = self.pull(at, offset, 4 * count)[0] if count else b""
        found.blocks = struct.unpack(f"{self.order}{count}I", raw)
        return found

    def content(self, found: _Inode) -> Iterator[bytes]:
        """Yield a file's bytes, block by block."""
        at = found.start
        left = found.size
        for word in found.blocks:
            size = word & (_PLAIN - 1)
            want = min(self.super.block, left)
            if not size:
                data = bytes(want)
            else:
                data = self._data(at, size, word)
                if len(data) < want:
                    raise Damaged(f"a block at {at} gives {len(data)} bytes in the place of {want}")
            at += size
            left -= want
            yield data
        if left and found.fragment != _NONE:
            data = self.fragment(found.fragment)
            if found.offset + left > len(data):
                raise Damaged("a tail beyond the end of its fragment")
            yield data[found.offset : found.offset + left]

    def _data(self, at: int, size: int, word: int) -> bytes:
        if size > self.super.block + 4096:
            raise Damaged(f"a block of {size} bytes at {at}")
        raw = self.source.read(at, size)
        if len(raw) < size:
            raise Damaged(f"a block at {at}, beyond the end")
        return raw if word & _PLAIN else self.decode(raw, self.super.block)

    def fragment(self, index: int) -> bytes:
        """Return a fragment block."""
        held = self._fragments.get(index)
        if held is not None:
            return held
        if index >= self.super.fragments:
            raise Damaged(f"fragment {index} of {self.super.fragments}")
        place = self.source.read(self.super.fragment_table + index // 512 * 8, 8)
        if len(place) < 8:
            raise Damaged("the fragment table lies beyond the end")
        table = struct.unpack(self.order + "Q", place)[0]
        entry = self.pull(table, index % 512 * 16, 16)[0]
        start, word = struct.unpack_from(self.order + "QI", entry)
        data = self._data(start, word & (_PLAIN - 1), word)
        self._fragments[index] = data
        if len(self._fragments) > 8:
            self._fragments.popitem(last=False)
        return data

    def entries(self, found: _Inode) -> Iterator[tuple[bytes, int]]:
        """Yield the names of a folder, each with its inode's reference."""
        left = found.size - 3  # the size counts `.` and `..`, which are not stored
        at, offset = self.super.directories + found.start, found.offset
        head = "3I" if self.super.major == 4 else "B2I"
        while left > 0:
            (count, start, _), at, offset = self._fields(head, at, offset)
            left -= struct.calcsize(self.order + head)
            if count > 255:
                raise Damaged(f"{count + 1} entries in one run of a folder")
            for _ in range(count + 1):
                if self.super.major == 4:
                    (place, _, _, size), at, offset = self._fields("HhHH", at, offset)
                    left -= 8
                else:
                    (word, size, _), at, offset = self._fields("HBh", at, offset)
                    place = word & 0x1FFF if self.order == "<" else word >> 3
                    left -= 5
                if size > 255 or left < 0:
                    raise Damaged("a name that is longer than its folder")
                name, at, offset = self.pull(at, offset, size + 1)
                left -= size + 1
                yield name, start << 16 | place


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the files in the order of the folders. Raise NotOpened if this is no image that can be read."""
    del name
    yield from files(lambda: _Image(source, reading), source, reading, partial(_one, reading), _TOGETHER)


def _one(reading: Reading, image: _Image, path: bytes, found: _Inode) -> Generator[Item | Limit]:
    if not special(reading, path, found.mode, found.target):
        yield from give(reading, path, found.size, image.content(found))
