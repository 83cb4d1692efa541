"""Apple disk images (UDIF). Layout as public readers state it (libdmg-hfsplus, dmg2img): a trailer, a property list of
partitions, tables of blocks.

A partition with HFS+ is then opened; an APFS volume is named as a limit and searched as it is.
"""

from __future__ import annotations

import bz2
import struct
from collections.abc import Generator, Iterator
from typing import Any

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.blocks import inflate, unxz
from sousveil.unpack.image.parts import Damaged, u32, u64, zeros
from sousveil.unpack.limits import Meter
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Seekable, Stream

ABOUT = About(
    title="Apple disk images",
    ends=".dmg",
    reads="Every partition, unpacked (raw, zlib, bzip2, LZMA); an HFS+ volume's files.",
    limits="Blocks packed with ADC or LZFSE; encrypted images; the files of an APFS volume, which a limit "
    "names and which is searched as it is.",
)
_ZERO, _RAW, _IGNORE = 0, 1, 2
_ZLIB, _BZ2, _LZMA = 0x80000005, 0x80000006, 0x80000008
_NAMES = {0x80000004: "ADC", 0x80000007: "LZFSE"}
_COMMENT, _END = 0x7FFFFFFE, 0xFFFFFFFF
_MOST_LIST = 32 << 20
_MOST_BLOCK = 16 << 20
_MOST_RUNS = 4_000_000


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the partitions. Raise NotOpened where none is listed."""
    del name
    tail = source.read(source.size - 512, 512)
    base, start, size = u64(tail, 24, "big"), u64(tail, 216, "big"), u64(tail, 224, "big")
    if not 0 < size <= _MOST_LIST or start + size > source.size:
        raise NotOpened("broken", "no list of partitions where the trailer says")
    tables = _tables(source.read(start, size))
    if not tables:
        raise NotOpened("broken", "no partition is listed")
    reading.opened = True
    for number, (title, table) in enumerate(tables):
        runs = _runs(table, base, source.size, reading, title)
        if not any(kind not in (_ZERO, _IGNORE) for kind, *_ in runs):
            continue
        shown = f"[partition {number}]" + (f" {title}" if title else "")
        packed = sum(run[4] for run in runs if run[0] not in (_ZERO, _IGNORE))
        meter = Meter(reading.budget, packed, reading.meter)
        total = max(run[1] + run[2] for run in runs)
        stream = Stream(reading.metered(_content(source, runs, reading, shown), meter), total)
        yield Item(shown.encode("utf-8", "surrogateescape"), shown, stream, meter)
        yield from reading.drain()
    yield from reading.drain()


def _tables(raw: bytes) -> list[tuple[str, bytes]]:
    """Return name and block table of every partition."""
    import plistlib

    try:
        whole: Any = plistlib.loads(raw, fmt=plistlib.FMT_XML)
        listed = whole["resource-fork"]["blkx"]
    except Exception as error:  # noqa: BLE001 - plistlib raises whatever its parser or int() does
        raise NotOpened("broken", f"the list of partitions: {error}") from None
    found: list[tuple[str, bytes]] = []
    for entry in listed if isinstance(listed, list) else ():
        table = entry.get("Data") if isinstance(entry, dict) else None
        if isinstance(table, bytes) and table.startswith(b"mish"):
            found.append((str(entry.get("Name", "")), table))
    return found


def _runs(table: bytes, base: int, end: int, reading: Reading, title: str) -> list[tuple[int, int, int, int, int]]:
    """Return kind, place in the partition, size there, place in the file, size there."""
    found: list[tuple[int, int, int, int, int]] = []
    more = u64(table, 24, "big")
    if u32(table, 200, "big") > _MOST_RUNS:
        reading.note("cut", f"more than {_MOST_RUNS:,} runs; the rest was not read", title)
    for at in range(204, min(len(table) - 39, 204 + 40 * min(u32(table, 200, "big"), _MOST_RUNS)), 40):
        kind, _, sector, count, offset, length = struct.unpack_from(">2I4Q", table, at)
        if kind in (_COMMENT, _END):
            continue
        place = base + more + offset
        if (kind not in (_ZERO, _IGNORE) and place + length > end) or sector + count >= 1 << 40:
            reading.note("broken", f"{title}: a run of blocks beyond the end")
            continue
        found.append((kind, sector * 512, count * 512, place, length))
    return sorted(found, key=lambda run: run[1])


def _content(
    source: Seekable, runs: list[tuple[int, int, int, int, int]], reading: Reading, title: str
) -> Iterator[bytes]:
    at = 0
    for kind, start, size, place, length in runs:
        if start < at:
            reading.note("broken", "runs of blocks overlap", title)
            continue
        yield from zeros(start - at)
        at = start + size
        if kind in (_ZERO, _IGNORE):
            yield from zeros(size)
        elif kind == _RAW:
            yield from source.window(place, min(length, size)).chunks()
            yield from zeros(size - length)
        else:
            data = b""
            try:
                data = _unpacked(kind, source.read(place, min(length, _MOST_BLOCK)), size)
            except Damaged as error:
                reading.note("broken" if kind not in _NAMES else "unsupported", f"{error} at {place}", title)
            yield data
            yield from zeros(size - len(data))


def _unpacked(kind: int, raw: bytes, size: int) -> bytes:
    if size > _MOST_BLOCK:
        raise Damaged(f"a block of {size} bytes")
    if kind == _ZLIB:
        return inflate(raw, size)
    if kind == _LZMA:
        return unxz(raw, size)
    if kind == _BZ2:
        try:
            return bz2.BZ2Decompressor().decompress(raw, size)
        except (OSError, ValueError) as error:
            raise Damaged(f"bzip2: {error}") from None
    raise Damaged(f"a block packed with {_NAMES.get(kind, hex(kind))}")
