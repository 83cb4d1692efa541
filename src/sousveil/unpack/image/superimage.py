"""Android's super partition: logical partitions made of stretches. Layout: AOSP fs_mgr liblp metadata_format.h."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Generator, Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.parts import part, u16, u32
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import CHUNK, Seekable, Stream

ABOUT = About(
    title="Android super images",
    ends="super.img (and inside a sparse image)",
    reads="Every logical partition of the first slot, which is then opened.",
    limits="Partitions whose stretches lie on another device; snapshots of an update that is not merged.",
)
_SECTOR = 512
_GEOMETRY, _HEADER = 0x616C4467, 0x414C5030
_AT = 4096
_MOST_TABLES = 1 << 22
_LINEAR, _ZERO = 0, 1
Table = list[bytes]


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield each partition. Raise NotOpened where no description of them is whole."""
    del name
    partitions, extents, devices = _tables(source)
    reading.opened = True
    reading.spread()
    names = [row[24:60].partition(b"\0")[0].decode("utf-8", "replace") for row in devices]
    for row in partitions:
        label = row[:36].partition(b"\0")[0].decode("utf-8", "replace")
        first, count = u32(row, 40), u32(row, 44)
        if not count:
            continue  # the other slot of a device that has two
        if first + count > len(extents):
            reading.note("broken", "its stretches are not in the list", label)
        else:
            yield from _partition(source, label, extents[first : first + count], names, reading)
        yield from reading.drain()


def _partition(
    source: Seekable, label: str, rows: Table, devices: list[str], reading: Reading
) -> Generator[Item | Limit]:
    runs: list[tuple[int, int]] = []
    for row in rows:
        sectors, kind, at, device = struct.unpack("<QIQI", row[:24])
        place = at * _SECTOR if kind == _LINEAR else -1
        if kind not in (_LINEAR, _ZERO) or (kind == _LINEAR and device):
            where = devices[device] if device < len(devices) else str(device)
            reading.note("outside", f"a stretch that lies on another device ({where})", label)
            return
        if kind == _LINEAR and place + sectors * _SECTOR > source.size:
            reading.note("truncated", f"a stretch at {place} of {sectors * _SECTOR} bytes lies beyond the end", label)
            sectors = max(0, source.size - place) // _SECTOR
        runs.append((place, sectors * _SECTOR))
    file = label + ".img"
    if len(runs) == 1 and runs[0][0] >= 0:
        yield part(source, runs[0][0], runs[0][0] + runs[0][1], reading, file)
        return
    size = sum(length for _, length in runs)
    yield Item(file.encode("utf-8", "surrogateescape"), file, Stream(reading.metered(_joined(source, runs)), size))


def _joined(source: Seekable, runs: list[tuple[int, int]]) -> Iterator[bytes]:
    for place, size in runs:
        if place >= 0:
            yield from source.window(place, size).chunks()
            continue
        for at in range(0, size, CHUNK):
            yield bytes(min(CHUNK, size - at))


def _tables(source: Seekable) -> tuple[Table, Table, Table]:
    """Return partitions, stretches and devices of the first description that is whole."""
    most = slots = 0
    for at in (_AT, _AT + 4096):
        raw = source.read(at, 52)
        if len(raw) == 52 and u32(raw, 0) == _GEOMETRY and _sum(raw, 8, 52) == raw[8:40]:
            most, slots = u32(raw, 40), u32(raw, 44)
            break
    if not 0 < most <= _MOST_TABLES or not 0 < slots <= 16:
        raise NotOpened("broken", "the geometry cannot be one")
    first = _AT + 2 * 4096
    for at in (first, first + most * slots, *(first + most * n for n in range(1, slots))):
        if (found := _described(source, at, most)) is not None:
            return found
    raise NotOpened("broken", "no description of the partitions is whole")


def _described(source: Seekable, at: int, most: int) -> tuple[Table, Table, Table] | None:
    raw = source.read(at, most)
    size, length = u32(raw, 8), u32(raw, 44)
    if len(raw) < 128 or u32(raw, 0) != _HEADER or u16(raw, 4) != 10 or not 128 <= size <= 4096:
        return None
    body = raw[size : size + length]
    if size + length > len(raw) or _sum(raw[:size], 12, size) != raw[12:44]:
        return None
    if hashlib.sha256(body).digest() != raw[48:80]:
        return None
    tables: list[Table] = []
    for number, least in enumerate((52, 24, 48, 64)):
        start, count, each = struct.unpack_from("<3I", raw, 80 + 12 * number)
        if each < least or start + count * each > len(body):
            return None
        tables.append([body[start + each * n : start + each * (n + 1)] for n in range(count)])
    return tables[0], tables[1], tables[3]


def _sum(raw: bytes, at: int, size: int) -> bytes:
    """Return the SHA-256 of a structure, its own 32 bytes taken as zeros."""
    return hashlib.sha256(raw[:at] + bytes(32) + raw[at + 32 : size]).digest()
