"""What refers to strings in object files and kernel modules, by the linker's list of places (gABI, "Relocation")."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator

from sousveil.unpack.sections import Image, Section, images

_MOST = 4 << 20
_WITH_ADDENDS, _ADDENDS_IN_PLACE = 4, 9
_BEHIND_OPERAND = 4
"""Bytes: an x86-64 instruction counts from its end, which mostly lies so far behind what is filled in."""


def references(data: bytes, targets: Collection[int]) -> Iterator[tuple[int, int]]:
    """Yield (target, address) of what refers to `targets`. In an object file an address is an offset in the file."""
    if data[:4] != b"\x7fELF":
        return
    left = _MOST
    for image in images(data):
        if not image.relocatable:
            return
        for table in image.sections:
            if table.kind not in (_WITH_ADDENDS, _ADDENDS_IN_PLACE) or not 0 < table.info < len(image.sections):
                continue
            place = image.sections[table.info]
            if place.name.startswith((".debug", ".eh_frame", ".gcc_except")) or table.link >= len(image.sections):
                continue
            for target, at in _of(data, image, table, place, image.sections[table.link]):
                left -= 1
                if left < 0:
                    return
                for one in (target, target + _BEHIND_OPERAND) if image.machine == 62 else (target,):
                    if one in targets:
                        yield one, at
                        break


def _of(data: bytes, image: Image, table: Section, place: Section, symbols: Section) -> Iterator[tuple[int, int]]:
    e = ">" if image.order == "big" else "<"
    added = table.kind == _WITH_ADDENDS
    row = struct.Struct(e + ("QQ" if image.wide else "II") + (("q" if image.wide else "i") if added else ""))
    each = 24 if image.wide else 16
    known: dict[int, int] = {}
    raw = data[table.offset : table.offset + table.size // row.size * row.size]
    for found in row.iter_unpack(raw):
        where, index = found[0], found[1] >> (32 if image.wide else 8)
        start = known.get(index)
        if start is None:
            start = known[index] = _symbol(data, image, symbols.offset + each * index, e)
        if start < 0 or where + 4 > place.size:
            continue
        at = place.offset + where
        addend = found[2] if added else int.from_bytes(data[at : at + 4], image.order, signed=True)
        yield start + addend, at


def _symbol(data: bytes, image: Image, at: int, e: str) -> int:
    """Return where a symbol lies in the file, -1 for one of another file."""
    if at + (24 if image.wide else 16) > len(data):
        return -1
    number, value = struct.unpack_from(e + "6xHQ" if image.wide else e + "4xI6xH", data, at)
    if not image.wide:
        number, value = value, number
    return image.sections[number].offset + value if 0 < number < len(image.sections) else -1
