"""Flattened image trees (FIT) of U-Boot: device trees with images in them.

Layout: Devicetree Specification 0.4, chapter 5; U-Boot doc/usage/fit. A device tree without images is no container: its
strings are plain.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.parts import behind, piece, u32
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Seekable

ABOUT = About(
    title="Flattened image trees",
    ends=".itb .fit",
    reads="Every image in the tree, which is then opened; of an image that lies behind the tree too.",
)
_MOST_TREE = 16 << 20
_MOST_DEPTH = 64


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the images. Raise NotOpened, without a reason, of a device tree that has none."""
    del name
    head = source.read(0, 40)
    size, structure, strings = u32(head, 4, "big"), u32(head, 8, "big"), u32(head, 12, "big")
    images = dict(_images(source, structure, strings, min(size, source.size)))
    if not images:
        first = u32(source.read(structure, 4), 0, "big") if 40 <= structure < min(size, source.size) else 0
        if first != 1 or size > source.size or not 40 <= strings < size:
            raise NotOpened("broken", "no tree where the header says")
        raise NotOpened("", "")
    reading.opened = True
    end = size
    for title, image in images.items():
        start, length = image.get("data", (0, 0))
        if not length and "data-size" in image:
            length = _number(source, image["data-size"])
            base = 0 if "data-position" in image else size + 3 & ~3
            place = image.get("data-position") or image.get("data-offset")
            if place is None:
                continue
            start = base + _number(source, place)
        packing = image.get("compression")
        lzma = packing is not None and source.read(packing[0], 4) == b"lzma"
        if start + length > source.size:
            reading.note("truncated", f"the image at {start} ends beyond the file", title)
        if length and start < source.size:
            yield from piece(source, start, start + length, reading, title + ".lzma" * lzma)
            end = max(end, start + length)
    yield from behind(source, end, reading)
    yield from reading.drain()


def _number(source: Seekable, place: tuple[int, int]) -> int:
    return u32(source.read(place[0], 4), 0, "big")


def _images(
    source: Seekable, structure: int, strings: int, end: int
) -> Iterator[tuple[str, dict[str, tuple[int, int]]]]:
    """Yield the nodes below /images, each with place and length of its properties."""
    path: list[str] = []
    found: dict[str, tuple[int, int]] = {}
    at = structure
    while at + 4 <= min(end, structure + source.size):
        token = u32(source.read(at, 4), 0, "big")
        at += 4
        if token == 1:
            raw = source.read(at, 256)
            name = raw[: max(raw.find(b"\0"), 0)].decode("utf-8", "backslashreplace")
            at += len(name.encode()) + 4 & ~3
            path.append(name)
            if len(path) > _MOST_DEPTH:
                return
        elif token == 2:
            if len(path) == 3 and path[1] == "images":
                yield path[2], found
                found = {}
            if not path:
                return
            path.pop()
        elif token == 3:
            head = source.read(at, 8)
            length, offset = u32(head, 0, "big"), u32(head, 4, "big")
            at += 8
            if len(path) == 3 and path[1] == "images":
                raw = source.read(strings + offset, 64)
                found[raw[: max(raw.find(b"\0"), 0)].decode("ascii", "backslashreplace")] = (at, length)
            at += length + 3 & ~3
        elif token != 4:
            return
