"""Where things stand in a program: sections and symbols of ELF, COFF, PE and Mach-O, by their headers alone.

From the System V ABI (chapter 4), Microsoft's PE Format and Apple's ``mach-o/loader.h`` and ``nlist.h``. Headers of a
hostile file point anywhere: what leads outside is left out, counts are bounded, and what was cut is told in ``cut``.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator

from msgspec import Struct

MOST_SECTIONS = 4096
MOST_SYMBOLS = 2_000_000
_DATA = (".rodata", ".rdata", ".data")
_MOST_OF_SEGMENT = 256
_LONGEST_NAME = 4096
_FAT = (b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")
_MACHO = {
    b"\xce\xfa\xed\xfe": ("<", 4),
    b"\xcf\xfa\xed\xfe": ("<", 8),
    b"\xfe\xed\xfa\xce": (">", 4),
    b"\xfe\xed\xfa\xcf": (">", 8),
}


class Section(Struct, frozen=True):
    """A span of the file and where it lies when loaded."""

    name: str
    offset: int
    size: int
    address: int
    code: bool = False
    loaded: bool = True
    """Whether the running program sees it: not so symbol tables and debug information of ELF."""

    @property
    def end(self) -> int:
        """Return the offset after its last byte."""
        return self.offset + self.size


class Symbol(Struct, frozen=True):
    """A named address; ``at`` and ``length`` say where the file holds the name."""

    address: int
    size: int
    kind: str
    """``function``, ``object`` or empty."""
    at: int
    length: int
    defined: bool


class Image:
    """Sections and symbols of one program, or of one architecture in a fat one."""

    def __init__(self, data: bytes, kind: str, order: str, width: int, x86_64: bool, base: int = 0) -> None:
        self.data, self.kind, self.order, self.width, self.x86_64, self.base = data, kind, order, width, x86_64, base
        self.sections: list[Section] = []
        self.symbols: list[Symbol] = []
        self.cut = ""
        """What of the headers could not be read; empty if all was."""

    def add(self, name: str, offset: int, size: int, address: int, code: bool = False, loaded: bool = True) -> None:
        """Add a section if its bytes are in the file; one that runs over the end is shortened and told."""
        if not 0 <= offset < len(self.data) or size <= 0:
            if size > 0:
                self.cut = f"section {name!r} lies outside the file"
            return
        if offset + size > len(self.data):
            self.cut = f"section {name!r} runs over the end of the file"
            size = len(self.data) - offset
        # Where data may be run as well, its strings are no less strings.
        self.sections.append(Section(name, offset, size, address, code and not name.startswith(_DATA), loaded))

    def finish(self) -> Image:
        """Sort what was added, and return it ready for questions."""
        self.sections.sort(key=lambda s: s.offset)
        self._starts = [s.offset for s in self.sections]
        covering = [s for s in self.symbols if s.defined and s.address]
        self._by_address = sorted(covering, key=lambda s: (s.address, s.size))
        self._addresses = [s.address for s in self._by_address]
        self._by_name = sorted(self.symbols, key=lambda s: s.at)
        self._names = [s.at for s in self._by_name]
        return self

    def section(self, offset: int) -> Section | None:
        """Return the section that holds the byte at ``offset``."""
        at = bisect_right(self._starts, offset) - 1
        # Sections of a broken file may overlap: the nearest few are asked.
        for section in self.sections[max(0, at - 3) : at + 1][::-1]:
            if section.offset <= offset < section.end:
                return section
        return None

    def offset_of(self, address: int) -> int | None:
        """Return the file offset of an address, None if the file does not hold it."""
        for section in self.sections:
            if section.loaded and section.address <= address < section.address + section.size:
                return section.offset + address - section.address
        return None

    def covering(self, address: int) -> Symbol | None:
        """Return the symbol whose body holds ``address``: by its size, or the nearest before where none is known."""
        at = bisect_right(self._addresses, address) - 1
        for symbol in self._by_address[max(0, at - 4) : at + 1][::-1]:
            if symbol.address <= address < symbol.address + symbol.size:
                return symbol
        if at >= 0 and not self._by_address[at].size and address - self._by_address[at].address < 1 << 16:
            return self._by_address[at]
        return None

    def named_at(self, offset: int) -> list[Symbol]:
        """Return the symbols whose names hold the byte at ``offset``: one string may end several."""
        at = bisect_right(self._names, offset)
        return [s for s in self._by_name[max(0, at - 64) : at] if s.at <= offset < s.at + s.length]

    def name(self, symbol: Symbol) -> str:
        """Return a symbol's name as the file holds it."""
        return self.data[symbol.at : symbol.at + symbol.length].decode("utf-8", "backslashreplace")

    def where(self, offset: int) -> str:
        """Return section and address of a byte: ``.rodata 0x4a10``; of what is not loaded, section and offset."""
        section = self.section(offset)
        if section is None:
            return f"offset {offset:#x}"
        if not section.loaded:
            return f"{section.name} + {offset - section.offset:#x}"
        return f"{section.name} {section.address + offset - section.offset:#x}"


def images(data: bytes) -> Iterator[Image]:
    """Yield the images of a program: one, or each architecture of a fat Mach-O; none if its headers are unreadable."""
    head = data[:4]
    try:
        if head == b"\x7fELF":
            yield _elf(data)
        elif head[:2] == b"MZ":
            yield _pe(data)
        elif head in _MACHO:
            yield _macho(data, 0)
        elif head in _FAT:
            count = int.from_bytes(data[4:8], "big")
            wide = head == _FAT[1]
            step = 32 if wide else 20
            for i in range(min(count, 32)):
                row = data[8 + i * step : 8 + (i + 1) * step]
                at = int.from_bytes(row[8:16] if wide else row[8:12], "big")
                if len(row) == step and data[at : at + 4] in _MACHO:
                    yield _macho(data, at)
        else:
            yield _coff(data, 0, 0, "coff")
    except struct.error:
        return


def _string(data: bytes, at: int, end: int) -> int:
    """Return how long the NUL-terminated string at ``at`` is, within bounds."""
    stop = data.find(b"\0", at, min(end, at + _LONGEST_NAME))
    return (stop if stop >= 0 else min(end, at + _LONGEST_NAME, len(data))) - at


def _elf(data: bytes) -> Image:
    wide, order = data[4:5] == b"\x02", "<" if data[5:6] == b"\x01" else ">"
    header = struct.unpack_from(order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"), data, 16)
    machine, table, entry, count, strings = header[1], header[5], header[10], header[11], header[12]
    image = Image(data, "elf", order, 8 if wide else 4, machine == 62)
    if data[4] not in (1, 2) or data[5] not in (1, 2):
        image.cut = f"the header names class {data[4]} and order {data[5]}, which are not known"
    shape = struct.Struct(order + ("IIQQQQIIQQ" if wide else "IIIIIIIIII"))
    rows = []
    if count == 0 and table and table + shape.size <= len(data):
        first = shape.unpack_from(data, table)
        count, strings = first[5], strings if strings != 0xFFFF else first[6]
    if count > MOST_SECTIONS:
        image.cut = f"{count} sections, {MOST_SECTIONS} read"
    if table and entry >= shape.size:
        for i in range(min(count, MOST_SECTIONS)):
            if table + i * entry + shape.size > len(data):
                image.cut = "the section table runs over the end of the file"
                break
            rows.append(shape.unpack_from(data, table + i * entry))
    names = rows[strings] if strings < len(rows) else None
    # In an object file all sections start at 0: their offset then tells where they are.
    placed = header[0] != 1
    for row in rows:
        if row[1] in (0, 8):
            continue
        name = ""
        if names:
            at = names[4] + row[0]
            name = data[at : at + _string(data, at, names[4] + names[5])].decode("utf-8", "backslashreplace")
        loaded = bool(row[2] & 2)
        image.add(name or f"section {len(image.sections)}", row[4], row[5], row[3] if placed else row[4],
                  bool(row[2] & 4), loaded)  # fmt: skip
    if not rows:
        _segments(image, header, wide)
    for row in rows:
        if row[1] in (2, 11) and row[6] < len(rows):
            _elf_symbols(image, row, rows[row[6]], rows, placed)
    return image.finish()


def _segments(image: Image, header: tuple[int, ...], wide: bool) -> None:
    """Take the program headers of a file whose section table was stripped (sstrip, packed firmware)."""
    shape = struct.Struct(image.order + ("IIQQQQQQ" if wide else "IIIIIIII"))
    if header[9] > _MOST_OF_SEGMENT:
        image.cut = f"{header[9]} segments, {_MOST_OF_SEGMENT} read"
    for i in range(min(header[9], _MOST_OF_SEGMENT)):
        at = header[4] + i * header[8]
        if at + shape.size > len(image.data):
            break
        row = shape.unpack_from(image.data, at)
        flags, offset, address, size = (row[1], row[2], row[3], row[5]) if wide else (row[6], row[1], row[2], row[4])
        if row[0] == 1:
            # Code and strings share a segment here: neither is known to be the other.
            image.add(f"segment {i}", offset, size, address, False)
            image.cut = image.cut or ("" if flags else "a segment without rights")


def _elf_symbols(
    image: Image, table: tuple[int, ...], strings: tuple[int, ...], rows: list[tuple[int, ...]], placed: bool
) -> None:
    data, wide = image.data, image.width == 8
    shape = struct.Struct(image.order + ("IBBHQQ" if wide else "IIIBBH"))
    start, size = table[4], min(table[5], len(data) - table[4])
    count = max(0, size) // shape.size
    if count > MOST_SYMBOLS:
        image.cut, count = f"{count} symbols, {MOST_SYMBOLS} read", MOST_SYMBOLS
    low, high = strings[4], min(strings[4] + strings[5], len(data))
    for row in shape.iter_unpack(data[start : start + count * shape.size]):
        name, info, index, value, length = (
            (row[0], row[1], row[3], row[4], row[5]) if wide else (row[0], row[3], row[5], row[1], row[2])
        )
        at = low + name
        if not name or at >= high:
            continue
        stop = data.find(b"\0", at, high)
        if not placed and index < len(rows):
            value += rows[index][4]
        kind = {1: "object", 2: "function", 10: "function"}.get(info & 15, "")
        image.symbols.append(Symbol(value, length, kind, at, (stop if stop >= 0 else high) - at, index != 0))


def _pe(data: bytes) -> Image:
    at = struct.unpack_from("<I", data, 0x3C)[0]
    if data[at : at + 4] != b"PE\0\0":
        raise struct.error("no PE header")
    optional = at + 24
    wide = struct.unpack_from("<H", data, optional)[0] == 0x20B
    base = struct.unpack_from("<Q" if wide else "<I", data, optional + (24 if wide else 28))[0]
    image = _coff(data, at + 4, base, "pe")
    count = struct.unpack_from("<I", data, optional + (108 if wide else 92))[0]
    if count:
        _pe_exports(image, struct.unpack_from("<I", data, optional + (112 if wide else 96))[0])
    return image.finish()


def _coff(data: bytes, at: int, base: int, kind: str) -> Image:
    machine, count, _, table, symbols, optional, _ = struct.unpack_from("<HHIIIHH", data, at)
    # struct COFF header: Machine, NumberOfSections, TimeDateStamp, PointerToSymbolTable, NumberOfSymbols, …
    image = Image(data, kind, "<", 8 if machine in (0x8664, 0xAA64) else 4, machine == 0x8664, base)
    strings = table + symbols * 18
    longest = len(data)
    start = at + 20 + optional
    bases: list[int] = []
    if count > MOST_SECTIONS:
        image.cut = f"{count} sections, {MOST_SECTIONS} read"
    for i in range(min(count, MOST_SECTIONS)):
        if start + i * 40 + 40 > len(data):
            image.cut = "the section table runs over the end of the file"
            break
        raw, virtual, address, size, offset, _, _, _, _, flags = struct.unpack_from(
            "<8sIIIIIIHHI", data, start + i * 40
        )
        name = raw.rstrip(b"\0")
        if name[:1] == b"/" and name[1:].isdigit():
            begin = strings + int(name[1:])
            name = data[begin : begin + _string(data, begin, longest)]
        bases.append(base + address if kind == "pe" else offset)
        used = min(size, virtual) if kind == "pe" and virtual else size
        if offset:
            debug = name.startswith(b".debug")
            image.add(name.decode("utf-8", "backslashreplace"), offset, used, bases[-1], bool(flags & 0x20), not debug)
    if 0 < table < len(data):
        _coff_symbols(image, table, symbols, strings, bases)
    return image.finish()


def _coff_symbols(image: Image, table: int, count: int, strings: int, bases: list[int]) -> None:
    data, i = image.data, 0
    if count > MOST_SYMBOLS:
        image.cut = f"{count} symbols, {MOST_SYMBOLS} read"
    while i < min(count, MOST_SYMBOLS) and table + i * 18 + 18 <= len(data):
        at = table + i * 18
        raw, value, index, kind, storage, more = struct.unpack_from("<8sIhHBB", data, at)
        i += 1 + more
        if storage not in (2, 3, 6):
            continue
        if raw[:4] == b"\0\0\0\0":
            begin = strings + int.from_bytes(raw[4:], "little")
            length = _string(data, begin, len(data)) if begin < len(data) else 0
        else:
            begin, length = at, len(raw.rstrip(b"\0"))
        if length:
            inside = 0 < index <= len(bases)
            what = "function" if kind == 0x20 else "object" if inside else ""
            address = bases[index - 1] + value if inside else 0
            image.symbols.append(Symbol(address, 0, what, begin, length, inside))


def _pe_exports(image: Image, directory: int) -> None:
    data = image.data
    at = image.offset_of(image.base + directory) if directory else None
    if at is None:
        return
    functions, count, addresses, names, ordinals = struct.unpack_from("<IIIII", data, at + 20)
    name_at, place, order = (image.offset_of(image.base + rva) for rva in (names, addresses, ordinals))
    if name_at is None or place is None or order is None:
        return
    if count > MOST_SYMBOLS:
        image.cut = f"{count} exports, {MOST_SYMBOLS} read"
    for i in range(min(count, MOST_SYMBOLS)):
        if name_at + i * 4 + 4 > len(data) or order + i * 2 + 2 > len(data):
            break
        begin = image.offset_of(image.base + struct.unpack_from("<I", data, name_at + i * 4)[0])
        index = struct.unpack_from("<H", data, order + i * 2)[0]
        if begin is None or index >= functions or place + index * 4 + 4 > len(data):
            continue
        value = image.base + struct.unpack_from("<I", data, place + index * 4)[0]
        image.symbols.append(Symbol(value, 0, "function", begin, _string(data, begin, len(data)), True))


def _macho(data: bytes, start: int) -> Image:
    order, width = _MACHO[data[start : start + 4]]
    machine, _, _, count, _, _ = struct.unpack_from(order + "IIIIII", data, start + 4)
    image = Image(data, "macho", order, width, machine == 0x01000007)
    at = start + (32 if width == 8 else 28)
    table = None
    if count > MOST_SECTIONS:
        image.cut = f"{count} load commands, {MOST_SECTIONS} read"
    for _ in range(min(count, MOST_SECTIONS)):
        command, size = struct.unpack_from(order + "II", data, at)
        if size < 8:
            image.cut = "a load command without size"
            break
        if command in (0x1, 0x19):
            _macho_sections(image, at, start)
        elif command == 2:
            table = struct.unpack_from(order + "IIII", data, at + 8)
        at += size
    if table is not None:
        _macho_symbols(image, start, table)
    return image.finish()


def _macho_sections(image: Image, at: int, start: int) -> None:
    data, order, wide = image.data, image.order, image.width == 8
    count = struct.unpack_from(order + "I", data, at + (64 if wide else 48))[0]
    shape = struct.Struct(order + ("16s16sQQIIIIIIII" if wide else "16s16sIIIIIIIII"))
    first = at + (72 if wide else 56)
    if count > _MOST_OF_SEGMENT:
        image.cut = f"a segment of {count} sections, {_MOST_OF_SEGMENT} read"
    for i in range(min(count, _MOST_OF_SEGMENT)):
        row = shape.unpack_from(data, first + i * shape.size)
        names = [n.rstrip(b"\0").decode("ascii", "backslashreplace") for n in (row[1], row[0])]
        # Zero-filled sections hold no bytes.
        if row[8] & 0xFF not in (1, 0xC, 0x12):
            image.add(",".join(names), start + row[4], row[3], row[2], bool(row[8] & 0x80000400), names[0] != "__DWARF")


def _macho_symbols(image: Image, start: int, table: tuple[int, ...]) -> None:
    data, (first, count, strings, size) = image.data, table
    shape = struct.Struct(image.order + ("IBBHQ" if image.width == 8 else "IBBHI"))
    low = start + strings
    high = min(low + size, len(data))
    first += start
    image.add("string table", low, size, 0, False, False)
    if count > MOST_SYMBOLS:
        image.cut = f"{count} symbols, {MOST_SYMBOLS} read"
    count = min(count, MOST_SYMBOLS, max(0, len(data) - first) // shape.size)
    code = [(s.address, s.address + s.size) for s in image.sections if s.code]
    for name, kind, _, _, value in shape.iter_unpack(data[first : first + count * shape.size]):
        at = low + name
        # N_STAB: the debugger's; N_TYPE N_SECT: defined here.
        if not name or at >= high or kind & 0xE0:
            continue
        defined = kind & 0x0E == 0x0E
        what = "function" if any(a <= value < b for a, b in code) else "object" if defined else ""
        image.symbols.append(Symbol(value, 0, what, at, _string(data, at, high), defined))
