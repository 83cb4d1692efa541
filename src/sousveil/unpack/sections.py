"""The debug sections of ELF, PE and Mach-O files, with relocations of object files applied.

Sources: System V ABI (gABI), PE Format (Microsoft), Mach-O ``loader.h``. LIEF is not used here: it copies a large
file's sections several times over.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

MOST_SECTIONS = 1 << 16
_MOST_RELOCATIONS = 8 << 20

# Machine: relocation type: bytes it writes. Those that compilers put into debug sections.
_ABSOLUTE: dict[int, dict[int, int]] = {
    3: {1: 4},
    8: {2: 4, 18: 8},
    20: {1: 4},
    21: {1: 4, 38: 8},
    22: {4: 4, 22: 8},
    40: {2: 4},
    62: {1: 8, 10: 4, 11: 4},
    183: {257: 8, 258: 4},
    243: {1: 4, 2: 8},
    258: {1: 4, 2: 8},
}

Bytes = bytes | memoryview
Order = Literal["little", "big"]


class Section(Struct):
    """One section: where it lies in the file and what it holds."""

    name: str
    offset: int
    size: int
    flags: int = 0
    kind: int = 0
    link: int = 0
    info: int = 0
    align: int = 1
    header: int = 0
    """ELF: file offset of its section header."""

    @property
    def compressed(self) -> bool:
        """Whether it is packed: SHF_COMPRESSED, or GNU's older ``.zdebug``."""
        return bool(self.flags & 0x800) or self.name.startswith(".zdebug")


class Image(Struct):
    """What of a program file this reader needs."""

    order: Order
    wide: bool
    """64-bit."""
    sections: tuple[Section, ...]
    machine: int = 0
    relocatable: bool = False

    def find(self, name: str) -> Section | None:
        """Return the section of that name."""
        return next((s for s in self.sections if s.name == name), None)


def images(data: Bytes) -> Iterator[Image]:
    """Yield the images in a file: one, or those of a fat Mach-O. A damaged header ends it; nothing is raised."""
    try:
        if data[:4] == b"\x7fELF":
            yield elf(data)
        elif data[:2] == b"MZ":
            (at,) = struct.unpack_from("<I", data, 0x3C)
            if data[at : at + 4] == b"PE\0\0":
                yield _coff(data, at + 4)
        elif data[:4] in (b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"):
            yield from _fat(data)
        elif data[:4] in (b"\xfe\xed\xfa\xce", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xcf\xfa\xed\xfe"):
            yield _macho(data, 0)
    except (struct.error, OverflowError):
        return


def _text(data: Bytes, at: int) -> str:
    return bytes(data[at : at + 256]).partition(b"\0")[0].decode("utf-8", "replace")


def elf(data: Bytes) -> Image:
    """Return the sections of an ELF file. Raises ``struct.error`` where its header is cut."""
    wide, order = data[4:5] == b"\x02", "big" if data[5:6] == b"\x02" else "little"
    e = ">" if order == "big" else "<"
    kind, machine = struct.unpack_from(e + "HH", data, 16)
    (at,) = struct.unpack_from(e + ("Q" if wide else "I"), data, 40 if wide else 32)
    size, count, names = struct.unpack_from(e + "HHH", data, 58 if wide else 46)
    shape = struct.Struct(e + ("IIQQQQIIQQ" if wide else "IIIIIIIIII"))
    if at > len(data):
        raise struct.error("the section headers lie beyond the end")  # 2**63 and more is no offset to unpack from
    if size < shape.size or not at:
        return Image(order, wide, (), machine)  # type: ignore[arg-type]
    first = shape.unpack_from(data, at)
    count, names = count or first[5], first[6] if names == 0xFFFF else names
    rows = []
    for i in range(min(count, MOST_SECTIONS)):
        if at + i * size + shape.size > len(data):
            break
        rows.append((at + i * size, shape.unpack_from(data, at + i * size)))
    base = rows[names][1][4] if names < len(rows) else len(data)
    sections = tuple(
        Section(_text(data, base + r[0]), r[4], max(0, min(r[5], len(data) - r[4])) if r[1] != 8 else 0,
                r[2], r[1], r[6], r[7], r[8], header)
        for header, r in rows
    )  # fmt: skip
    return Image(order, wide, sections, machine, kind == 1)  # type: ignore[arg-type]


def _coff(data: Bytes, at: int) -> Image:
    machine, count, _, symbols, symbol_count, optional, _ = struct.unpack_from("<HHIIIHH", data, at)
    strings = symbols + 18 * symbol_count
    sections = []
    for i in range(min(count, MOST_SECTIONS)):
        row = struct.unpack_from("<8sIIIIIIHHI", data, at + 20 + optional + 40 * i)
        name = row[0].rstrip(b"\0").decode("latin-1")
        if name[:1] == "/" and name[1:].isdecimal():
            name = _text(data, strings + int(name[1:]))
        size = min(row[3], row[1]) if row[1] else row[3]
        sections.append(Section(name, row[4], max(0, min(size, len(data) - row[4]))))
    return Image("little", machine in (0x8664, 0xAA64), tuple(sections), machine)


def _fat(data: Bytes) -> Iterator[Image]:
    (count,) = struct.unpack_from(">I", data, 4)
    wide = data[3] == 0xBF
    for i in range(min(count, 32)):
        at = struct.unpack_from(">IIQ" if wide else ">III", data, 8 + i * (32 if wide else 20))[2]
        if data[at : at + 4] in (b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"):
            yield _macho(data, at)


def _macho(data: Bytes, base: int) -> Image:
    order: Order = "big" if data[base : base + 2] == b"\xfe\xed" else "little"
    e = ">" if order == "big" else "<"
    wide = 0xCF in data[base : base + 4]
    commands = struct.unpack_from(e + "I", data, base + 16)[0]
    at = base + (32 if wide else 28)
    sections: list[Section] = []
    for _ in range(min(commands, 4096)):
        command, size = struct.unpack_from(e + "II", data, at)
        if size < 8:
            break
        if command == (0x19 if wide else 1):
            (count,) = struct.unpack_from(e + "I", data, at + (64 if wide else 48))
            row = struct.Struct(e + ("16s16sQQI" if wide else "16s16sIII"))
            for i in range(min(count, 1024)):
                name, segment, _, length, offset = row.unpack_from(
                    data, at + (72 if wide else 56) + i * (80 if wide else 68)
                )
                if segment.startswith(b"__DWARF"):
                    word = name.rstrip(b"\0").decode("latin-1").removeprefix("__")
                    # Sixteen characters are all there are: __debug_str_offs is .debug_str_offsets.
                    word = {"debug_str_offs": "debug_str_offsets"}.get(word, word)
                    start = base + offset
                    sections.append(Section("." + word, start, max(0, min(length, len(data) - start))))
        at += size
    return Image(order, wide, tuple(sections))


def content(data: Bytes, image: Image, section: Section) -> bytes | bytearray:
    """Return a section's bytes; of an object file with its relocations applied, as a linker would."""
    raw = bytes(data[section.offset : section.offset + section.size])
    if not image.relocatable:
        return raw
    at = image.sections.index(section)
    for table in image.sections:
        if table.kind == 4 and table.info == at and not table.compressed:
            return _relocated(data, image, bytearray(raw), table)
    return raw


def _relocated(data: Bytes, image: Image, out: bytearray, table: Section) -> bytearray:
    e = ">" if image.order == "big" else "<"
    sizes = _ABSOLUTE.get(image.machine, {})
    symbols = image.sections[table.link] if table.link < len(image.sections) else None
    values: dict[int, int] = {}
    row = struct.Struct(e + ("QQq" if image.wide else "IIi"))
    count = min(table.size // row.size, _MOST_RELOCATIONS)
    for where, info, addend in row.iter_unpack(data[table.offset : table.offset + count * row.size]):
        index, kind = (info >> 32, info & 0xFFFFFFFF) if image.wide else (info >> 8, info & 0xFF)
        size = sizes.get(kind)
        if size is None or where + size > len(out):
            continue
        value = values.get(index)
        if value is None and symbols is not None:
            at = symbols.offset + index * (24 if image.wide else 16)
            if at + (24 if image.wide else 16) <= len(data):
                value = struct.unpack_from(e + ("Q" if image.wide else "I"), data, at + (8 if image.wide else 4))[0]
            value = values[index] = value or 0
        out[where : where + size] = ((value or 0) + addend & ((1 << 8 * size) - 1)).to_bytes(size, image.order)
    return out
