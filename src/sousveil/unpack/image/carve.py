"""Firmware of no known wrapper: searched once for images whose headers hold, each then opened like any other file.

A hit counts only where its header can be checked: checksums, sizes, versions. What lies between the images is a file of
its own; padding is not. Nothing is looked for in programs.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image import parts
from sousveil.unpack.image.measure import MAGICS, measure
from sousveil.unpack.literals import Literals
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Seekable

ABOUT = About(
    title="Firmware images",
    ends=".bin .img .dav .fw .rom .dump .pak .upd (and files without an ending)",
    reads="Images found by their headers anywhere in it: file systems, boot images, archives, compressed streams. "
    "What lies between them is searched as it is.",
    limits="Stretches of no known format are listed with offset, size and entropy; dense ones as closed.",
)
_STEP = 16 << 20
_LAP = 64
_MOST_TRIED = 20_000
"""Places looked at more closely in one file."""
_MOST_FOUND = 2000


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the images and what lies between them. Raise NotOpened, without a reason, where there are none."""
    found = list(_found(source, reading))
    bits = 0.0
    if not found:
        dense = name.lower().endswith((".bin", ".img", ".dav", ".fw", ".rom", ".upd", ".pak", ".pkg"))
        bits = parts.entropy(source, 0, source.size) if dense and source.size >= 1 << 16 else 0.0
        if bits < parts.DENSE:
            raise NotOpened("", "")
        where = f"bytes 0-{source.size} ({source.size} bytes), entropy {bits:.2f} bits a byte"
        raise NotOpened("closed", f"{where}: encrypted or compressed in a way that is not known")
    if found[0][0] == 0 and found[0][1] >= source.size:
        raise NotOpened("", "")  # the whole file is one: its own reader has had its turn
    reading.opened = True
    reading.spread()
    yield from stretches(source, found, reading)


def stretches(
    source: Seekable, found: list[tuple[int, int]], reading: Reading, at: int = 0, last: int | None = None
) -> Generator[Item | Limit]:
    """Yield stretches of an image, and those between, from `at` to `last`, that are no padding."""
    last = source.size if last is None else last
    for start, end in [*found, (last, last)]:
        if start > at and not parts.is_blank(source, at, start):
            stop = parts.unpadded(source, at, start)
            gap = parts.part(source, at, stop, reading)
            parts.told(source, at, stop, reading, gap.name)
            yield gap
            yield from reading.drain()
        if end > start:
            yield parts.part(source, start, end, reading)
        at = max(at, end)


def _found(source: Seekable, reading: Reading) -> Iterator[tuple[int, int]]:
    """Yield start and end of each image, in order, none within another."""
    covered = tried = count = 0
    for at, kind in _hits(source, reading):
        if at < covered:
            continue
        tried += 1
        if tried > _MOST_TRIED:
            reading.note("cut", f"more than {_MOST_TRIED} places look like images; the rest was not looked at")
            return
        reading.budget.tick()
        size = measure(kind, source, at, reading)
        if size <= 0:
            continue
        covered = at + size
        count += 1
        yield at, min(covered, source.size)
        if count >= _MOST_FOUND:
            reading.note("cut", f"more than {_MOST_FOUND} images in one file; the rest was not looked at")
            return


_LITERALS = Literals([magic for magic, _, _ in MAGICS])


def _hits(source: Seekable, reading: Reading) -> Iterator[tuple[int, str]]:
    """Yield where images may begin, in order, each with the kind it would be."""
    at = 0
    while at < source.size:
        data = source.read(at, _STEP + _LAP)
        if not data:
            return
        reading.fed(len(data))
        places: list[tuple[int, str]] = []
        for start, number in _LITERALS.places(data):
            _, back, kind = MAGICS[number]
            if start < _STEP and at + start >= back:
                places.append((at + start - back, kind))
        yield from sorted(places)
        at += _STEP
