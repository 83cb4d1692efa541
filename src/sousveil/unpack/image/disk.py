"""Disk images: MBR and GPT partition tables. Layout: UEFI Specification 2.10, chapter 5."""

from __future__ import annotations

import zlib
from collections.abc import Generator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.carve import stretches
from sousveil.unpack.image.parts import piece, u32, u64
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Seekable

ABOUT = About(
    title="Disk images",
    ends=".img .raw .bin",
    reads="Every partition of an MBR or a GPT, which is then opened; what lies between them.",
    limits="Volumes of LVM, RAID and encrypted disks.",
)
_EXTENDED = (0x05, 0x0F, 0x85)
_SECTOR = 512
_MOST = 256


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the partitions and what lies between. Raise NotOpened, without a reason, where none lies in the file."""
    del name
    found = _gpt(source) or _mbr(source, reading)
    found = {place: title for place, title in found.items() if place[0] < source.size and place[1] > place[0]}
    if not found:
        raise NotOpened("", "")
    reading.opened = True
    reading.spread()
    at = 0
    for (start, end), title in sorted(found.items()):
        if end > source.size:
            reading.note("truncated", f"bytes {start}-{end}, beyond the end", title)
        if start < at:
            reading.note("broken", f"bytes {start}-{end} overlap what lies before", title)
            continue
        yield from stretches(source, [], reading, at, start)
        yield from piece(source, start, end, reading, title)
        at = min(end, source.size)
    yield from stretches(source, [], reading, at, source.size)
    yield from reading.drain()


def _gpt(source: Seekable) -> dict[tuple[int, int], str]:
    head = source.read(_SECTOR, 92)
    if not head.startswith(b"EFI PART") or zlib.crc32(head[:16] + bytes(4) + head[20:92]) != u32(head, 16):
        return {}
    start, count, size = u64(head, 72), u32(head, 80), u32(head, 84)
    if not 128 <= size <= 4096:
        return {}
    found: dict[tuple[int, int], str] = {}
    for number in range(min(count, _MOST)):
        entry = source.read(start * _SECTOR + number * size, 128)
        if len(entry) < 128 or not any(entry[:16]):
            continue
        label = entry[56:].decode("utf-16-le", "backslashreplace").split("\0")[0]
        place = (u64(entry, 32) * _SECTOR, (u64(entry, 40) + 1) * _SECTOR)
        found[place] = f"[partition {number + 1}]" + (f" {label}" if label else "")
    return found


def _mbr(source: Seekable, reading: Reading) -> dict[tuple[int, int], str]:
    found: dict[tuple[int, int], str] = {}
    table = [(source.read(446, 64), 0, 0)]
    seen: set[int] = set()
    number = 1
    while table and number < _MOST:
        raw, base, extended = table.pop(0)
        reading.fed(1)
        for at in range(0, len(raw) - 15, 16):
            kind, start, size = raw[at + 4], u32(raw, at + 8), u32(raw, at + 12)
            if not kind or not size or kind == 0xEE:
                continue
            if kind in _EXTENDED:
                place = start + extended
                if place not in seen:
                    seen.add(place)
                    table.append((source.read(place * _SECTOR + 446, 32), place, extended or start))
                continue
            found[(base + start) * _SECTOR, (base + start + size) * _SECTOR] = f"[partition {number}]"
            number += 1
    return found
