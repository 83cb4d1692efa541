"""HFS+ and HFSX: every file of the catalogue. Layout: Apple Technical Note TN1150."""

from __future__ import annotations

import struct
from collections.abc import Generator, Iterator
from itertools import pairwise

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.parts import MOST_NAME, Damaged, give, special, u16, u32, u64
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import CHUNK, Seekable

ABOUT = About(
    title="HFS+ volumes",
    ends=".img (in .dmg)",
    reads="The data fork of every file.",
    limits="Resource forks; files compressed by the file system; files in more than eight pieces are cut.",
)
_FOLDER, _FILE = 1, 2
_LEAF = 0xFF
_ROOT = 2
_MOST_FILES = 4_000_000
Fork = tuple[int, list[tuple[int, int]]]


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the files. Raise NotOpened where the catalogue cannot be read."""
    del name
    head = source.read(1024, 512)
    block = u32(head, 40, "big")
    if head[:2] not in (b"H+", b"HX") or not 512 <= block <= 1 << 20:
        raise NotOpened("broken", "no volume header")
    catalogue = _fork(head, 272)
    folders: dict[int, tuple[int, str]] = {}
    files: list[tuple[int, str, int, Fork, int]] = []
    try:
        for raw in _leaves(source, catalogue, block, reading):
            _record(raw, folders, files)
            if len(files) > _MOST_FILES:
                raise Damaged("too many files")
    except Damaged as error:
        if not files:
            raise NotOpened("broken", str(error)) from None
        reading.note("broken", f"the catalogue: {error}")
    reading.opened = True
    for parent, short, mode, fork, flags in files:
        path = (_path(parent, folders) + short).encode("utf-8", "surrogatepass")
        if mode & 0xF000 and special(reading, path, mode, b"".join(_some(source, fork, block))):
            continue
        if flags & 0x20 and not fork[0]:
            reading.note("unsupported", "compressed by the file system", path.decode("utf-8", "replace"))
        yield from give(reading, path, fork[0], _content(source, fork, block))
    yield from reading.drain()


def _some(source: Seekable, fork: Fork, block: int) -> Iterator[bytes]:
    try:
        yield from _content(source, (min(fork[0], MOST_NAME), fork[1]), block)
    except Damaged:
        yield b"[unreadable]"


def _fork(raw: bytes, at: int) -> Fork:
    extents = [(u32(raw, at + 16 + 8 * n, "big"), u32(raw, at + 20 + 8 * n, "big")) for n in range(8)]
    return u64(raw, at, "big"), [extent for extent in extents if extent[1]]


def _content(source: Seekable, fork: Fork, block: int) -> Iterator[bytes]:
    left = fork[0]
    for start, count in fork[1]:
        size = min(count * block, left)
        for offset in range(0, size, CHUNK):
            part = source.read(start * block + offset, min(CHUNK, size - offset))
            if not part:
                raise Damaged(f"block {start} lies beyond the end")
            yield part
        left -= size


def _leaves(source: Seekable, fork: Fork, block: int, reading: Reading) -> Iterator[bytes]:
    """Yield the records of the catalogue's leaves, one node after the other."""

    def at(offset: int, count: int) -> bytes:
        for start, blocks in fork[1]:
            if offset < blocks * block:
                return source.read(start * block + offset, count)
            offset -= blocks * block
        return b""

    head = at(0, 512)
    size = u16(head, 32, "big")
    if size not in (512, 1024, 2048, 4096, 8192, 16384, 32768):
        raise Damaged(f"nodes of {size} bytes")
    number, seen = u32(head, 24, "big"), 0
    most = fork[0] // size
    while number:
        seen += 1
        if seen > most:
            raise Damaged("leaves that lead in a circle")
        reading.fed(1)
        node = at(number * size, size)
        if len(node) < size or node[8] != _LEAF:
            raise Damaged(f"node {number} is no leaf")
        count = u16(node, 10, "big")
        if 2 * (count + 1) > size - 14:
            raise Damaged(f"node {number} with {count} records")
        ends = struct.unpack(f">{count + 1}H", node[size - 2 * (count + 1) :])[::-1]
        for start, end in pairwise(ends):
            if 14 <= start < end <= size:
                yield node[start:end]
        number = u32(node, 0, "big")


def _record(raw: bytes, folders: dict[int, tuple[int, str]], files: list[tuple[int, str, int, Fork, int]]) -> None:
    if len(raw) < 8:
        return
    length = u16(raw, 0, "big")
    parent, name = u32(raw, 2, "big"), raw[8 : 8 + 2 * u16(raw, 6, "big")].decode("utf-16-be", "backslashreplace")
    body = raw[2 + length + (length & 1) :]
    kind = u16(body, 0, "big")
    name = name.replace("/", ":")
    if kind == _FOLDER and len(body) >= 12:
        folders[u32(body, 8, "big")] = (parent, name)
    elif kind == _FILE and len(body) >= 168:
        files.append((parent, name, u16(body, 42, "big"), _fork(body, 88), body[41]))


def _path(number: int, folders: dict[int, tuple[int, str]]) -> str:
    parts: list[str] = []
    while number > _ROOT and number in folders and len(parts) < 256:
        number, name = folders[number]
        parts.append(name)
    return "".join(f"{part}/" for part in reversed(parts))
