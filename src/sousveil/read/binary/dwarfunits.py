"""DWARF's units and strings: headers of all versions, split files and packages, names with their place in the file."""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from msgspec import Struct

from sousveil.model import Passage
from sousveil.read.binary import dwarfforms as d
from sousveil.read.binary.dwarfforms import Broken, Format, Shape, Value
from sousveil.unpack.common import SHARED
from sousveil.unpack.sections import Image, content

MOST_UNITS = 1 << 18
_BACK = 1024
"""A name is looked for at most so many bytes before a hit."""
_LANGUAGES = {
    0x01: "c", 0x02: "c", 0x0C: "c", 0x1D: "c", 0x2C: "c",
    0x04: "cpp", 0x1A: "cpp", 0x21: "cpp", 0x2B: "cpp", 0x3A: "cpp",
    0x16: "go", 0x1C: "rust", 0x9000: "rust", 0x10: "objc", 0x11: "objc", 0x1E: "swift", 0x0B: "java", 0x09: "pascal",
    0x29: "csharp", 0x2D: "zig", 0x13: "d", 0x22: "ocaml",
}  # fmt: skip
LIMIT = 600


class Unit(Struct, eq=False):
    """One unit: its extent in the joined ``.debug_info``, and what its forms refer to."""

    start: int
    first: int
    end: int
    format: Format
    shapes: dict[int, Shape]
    strings: int = 0
    """Where its string offsets begin."""
    language: str = "c"
    name: str = ""
    statements: int = -1
    files: list[str] | None = None
    common: bool = False
    """Whether it lies in the file that several share."""
    hot: dict[int, frozenset[bytes] | None] = {}
    """By form, the encoded names that hold a hit."""


class Strings:
    """One string section and which of its strings hold a hit."""

    def __init__(self, name: str, data: bytes, offset: int, hits: Sequence[int] | None) -> None:
        self.name, self.data, self.offset = name, data, offset
        self.hot: set[int] | None = None
        if hits is None:
            return
        self.hot = set()
        for hit in hits[bisect_left(hits, offset) : bisect_left(hits, offset + len(data))]:
            at = hit - offset
            # Every place from the string's start: a linker lets a name be the end of a longer one.
            start = max(data.rfind(b"\0", max(0, at - _BACK), at) + 1, at - _BACK)
            self.hot.update(range(start, at + 1))

    def text(self, at: int) -> bytes:
        """Return the string at an offset; nothing behind the end."""
        if not 0 <= at < len(self.data):
            return b""
        end = self.data.find(b"\0", at, at + LIMIT)
        return self.data[at : end if end >= 0 else min(len(self.data), at + LIMIT)]


class Debug:
    """The DWARF sections of one image."""

    def __init__(self, data: bytes, image: Image, split: bool, hits: Sequence[int] | None) -> None:
        self.file, self.order, self.image, self.hits = data, image.order, image, hits
        end = ".dwo" if split else ""
        self.split, self.name = split, ".debug_info" + end
        self.parts: list[tuple[int, int]] = []
        """(place in the joined bytes, place in the file) of each section joined."""
        joined = []
        at = 0
        for section in image.sections:
            if section.name in (".debug_info" + end, ".debug_types" + end) and section.size and not section.compressed:
                joined.append((section.name, content(data, image, section), section.offset))
        joined.sort(key=lambda j: j[0])
        self.types_at = sum(len(j[1]) for j in joined if "info" in j[0])
        self.common_at = sum(len(j[1]) for j in joined)
        """Where in the joined bytes the entries of the common file begin, if that is there (`unpack.common`)."""
        shared = None if split else image.find(".debug_info" + SHARED)
        if shared is not None:
            joined.append((shared.name, content(data, image, shared), shared.offset))
        for _, raw, offset in joined:
            self.parts.append((at, offset))
            at += len(raw)
        self.info: bytes = bytes(joined[0][1]) if len(joined) == 1 else b"".join(j[1] for j in joined)
        self.abbrev = self.plain(".debug_abbrev" + end)[0]
        self.offsets = self.plain(".debug_str_offsets" + end)[0]
        self.lines = self.plain(".debug_line" + end)[0]
        self.str = Strings(".debug_str" + end, *self.plain(".debug_str" + end), hits)
        self.line_str = Strings(".debug_line_str", *self.plain(".debug_line_str"), hits)
        self.has_common = not split and image.find(".debug_abbrev" + SHARED) is not None
        self.common_lines = self.plain(".debug_line" + SHARED)[0]
        self.common_str = Strings(".debug_str" + SHARED, *self.plain(".debug_str" + SHARED), hits)
        self.common_line_str = Strings(".debug_line_str" + SHARED, *self.plain(".debug_line_str" + SHARED), hits)
        self._tables: dict[tuple[int, Format, bool], dict[int, Shape]] = {}
        self._hot_names: dict[tuple[str, int], frozenset[bytes]] = {}
        self.signatures: dict[int, int] = {}
        self.troubles: list[str] = []
        self.contributions = self._index(".debug_cu_index") | self._index(".debug_tu_index") if split else {}

    def plain(self, name: str) -> tuple[bytes, int]:
        """Return a section's bytes and where it lies; nothing where it is not there, or packed."""
        section = self.image.find(name)
        if section is None or section.compressed:
            return b"", 0
        return bytes(content(self.file, self.image, section)), section.offset

    def tables(self) -> Iterator[dict[int, Shape]]:
        """Yield the abbreviations of the units read so far."""
        yield from self._tables.values()

    def joined(self) -> bool:
        """Return whether units refer into each other: link-time optimisation, type units, Go, what dwz shared."""
        return any(
            form in (0x10, 0x20) or form in d.ACROSS
            for shapes in self._tables.values()
            for shape in shapes.values()
            for name, form, _ in shape.attributes
            if name in d.WANTED
        )

    def place(self, at: int) -> int:
        """Return where in the file a byte of the joined info stands."""
        return next((offset + at - start for start, offset in reversed(self.parts) if at >= start), at)

    def _index(self, name: str) -> dict[int, dict[int, int]]:
        """Return, of a package, by place of a unit where its own abbreviations and string offsets begin."""
        raw = self.plain(name)[0]
        e = "<" if self.order == "little" else ">"
        out: dict[int, dict[int, int]] = {}
        if len(raw) < 16:
            return out
        version, columns, units, slots = struct.unpack_from(e + "4I", raw)
        version = version if version == 2 else version & 0xFFFF if self.order == "little" else version >> 16
        at = 16 + 12 * slots
        if columns > 16 or units > MOST_UNITS or at + 4 * columns * (1 + 2 * units) > len(raw):
            self.troubles.append(f"{name} is damaged")
            return out
        kinds = struct.unpack_from(f"{e}{columns}I", raw, at)
        for row in range(units):
            values = struct.unpack_from(f"{e}{columns}I", raw, at + 4 * columns * (row + 1))
            found = dict(zip(kinds, values, strict=True))
            base = found[1] if 1 in found else found.get(2, -1) + self.types_at if version == 2 else -1
            out[base] = found
        return out

    # ------------------------------------------------------------------ units

    def units(self) -> Iterator[Unit]:
        """Yield the units. What cannot be followed is named in ``troubles``."""
        info, at, count = self.info, 0, 0
        while at + 11 < len(info):
            count += 1
            if count > MOST_UNITS:
                self.troubles.append(f"more than {MOST_UNITS} units")
                return
            length = int.from_bytes(info[at : at + 4], self.order)
            width, head = 4, at + 4
            if length == 0xFFFFFFFF:
                width, head = 8, at + 12
                length = int.from_bytes(info[at + 4 : at + 12], self.order)
            if length == 0:
                # Padding between sections of an object file.
                at += 4
                continue
            end = head + length
            if end > len(info):
                self.troubles.append(f"the unit at {at:#x} goes on behind the section's end")
                end = len(info)
            try:
                unit = self._unit(at, head, end, width)
            except (Broken, IndexError) as error:
                self.troubles.append(f"the unit at {at:#x}: {error}")
                unit = None
            if unit is not None:
                yield unit
            at = end

    def _unit(self, start: int, at: int, end: int, width: int) -> Unit | None:
        info = self.info

        def number(size: int) -> int:
            nonlocal at
            at += size
            return int.from_bytes(info[at - size : at], self.order)

        version = number(2)
        kind = 0
        if version == 5:
            kind, address, abbrev = number(1), number(1), number(width)
        elif 2 <= version <= 4:
            abbrev, address = number(width), number(1)
        else:
            raise Broken(f"version {version} is not known")
        common = start >= self.common_at
        if kind in (2, 6) or (version < 5 and self.types_at <= start and not common):
            signature = number(8)
            self.signatures[signature] = start + number(width)
        elif kind in (4, 5):
            at += 8
        own = self.contributions.get(start, {})
        strings = own.get(6, 0)
        form = Format(address, width, version)
        key = (abbrev + own.get(3, 0), form, common)
        if key not in self._tables:
            abbreviations = self.plain(".debug_abbrev" + SHARED)[0] if common else self.abbrev
            self._tables[key] = d.table(abbreviations, key[0], form)
        if self.split and version == 5:
            strings += 8 if width == 4 else 16
        unit = Unit(start, at, end, form, self._tables[key], strings, common=common)
        unit.hot = {}
        if at < end and (shape := self.shape(unit, at)):
            found, _ = d.values(info, at, end, shape, self.order)
            if d.STR_BASE in found:
                unit.strings = found[d.STR_BASE][1]
            if d.LANGUAGE in found:
                unit.language = _LANGUAGES.get(found[d.LANGUAGE][1], "binary")
            if d.STATEMENTS in found:
                unit.statements = found[d.STATEMENTS][1]
            if d.NAME in found:
                # rustc puts its code generation unit behind the file.
                unit.name = self.string(unit, found[d.NAME]).decode("utf-8", "replace").partition("/@/")[0]
        return unit

    def shape(self, unit: Unit, at: int) -> Shape | None:
        """Return the shape of the entry at a place; None of what ends a list of children. Raises Broken."""
        code = d.uleb(self.info, at)[0]
        if not code:
            return None
        shape = unit.shapes.get(code)
        if shape is None:
            raise Broken(f"no abbreviation {code} for the entry at {at:#x}")
        return shape

    # ------------------------------------------------------------------ strings

    def across(self, unit: Unit, form: int, number: int) -> int:
        """Return the place that a reference from unit to unit leads to, -1 if it is none or the file is not there."""
        if form == 0x10:
            return number + (self.common_at if unit.common else 0)
        return number + self.common_at if form in d.ACROSS and self.has_common and not unit.common else -1

    def _section(self, unit: Unit, form: int) -> Strings | None:
        """Return the strings that a form's offsets count in."""
        if form in d.ACROSS_NAMES:
            return None if unit.common else self.common_str
        if form == 0x0E:
            return self.common_str if unit.common else self.str
        return (self.common_line_str if unit.common else self.line_str) if form == 0x1F else None

    def _at(self, unit: Unit, form: int, value: int) -> tuple[Strings | None, int]:
        if (section := self._section(unit, form)) is not None:
            return section, value
        if form in d.STRX and not unit.common:
            width = unit.format.offset
            at = unit.strings + value * width
            raw = self.offsets[at : at + width]
            return (self.str, int.from_bytes(raw, self.order)) if len(raw) == width else (None, 0)
        return None, 0

    def string(self, unit: Unit, value: Value) -> bytes:
        """Return a name's bytes; empty where they are not in this file."""
        form, number, _ = value
        if form == 0x08:
            end = self.info.find(b"\0", number, number + LIMIT)
            return self.info[number : end if end >= 0 else number + LIMIT]
        section, at = self._at(unit, form, number)
        return section.text(at) if section is not None else b""

    def passage(self, unit: Unit, value: Value, where: str) -> Passage | None:
        """Return a name with its place in the file; None where it is empty or elsewhere."""
        raw = self.string(unit, value)
        if not raw:
            return None
        form, number, _ = value
        if form == 0x08:
            place, name = self.place(number), f"{self.name} {number:#x}"
        else:
            section, at = self._at(unit, form, number)
            assert section is not None
            place, name = section.offset + at, f"{section.name} {at:#x}"
        text = raw.decode("utf-8", "backslashreplace")
        return Passage(place, len(raw), 0, 0, "utf-8", text, f"{name}, {where}" if where else name)

    def hot(self, unit: Unit, form: int) -> frozenset[bytes] | None:
        """Return the encoded values of a form whose strings hold a hit; None where every string does."""
        if form not in unit.hot:
            unit.hot[form] = self._hot(unit, form)
        return unit.hot[form]

    def _hot(self, unit: Unit, form: int) -> frozenset[bytes] | None:
        if self.hits is None:
            return None
        width = unit.format.offset
        if (section := self._section(unit, form)) is not None:
            key = (section.name, width)
            if key not in self._hot_names:
                self._hot_names[key] = frozenset(p.to_bytes(width, self.order) for p in section.hot or ())
            return self._hot_names[key]
        places = self.str.hot
        if form not in d.STRX or not places or unit.common:
            return frozenset()
        e = "<" if self.order == "little" else ">"
        count = max(0, (self._strings_end(unit) - unit.strings) // width)
        numbers = struct.unpack_from(f"{e}{count}{'I' if width == 4 else 'Q'}", self.offsets, unit.strings)
        chosen = [i for i, number in enumerate(numbers) if number in places]
        size = unit.format.size(form)
        if size > 0:
            return frozenset(i.to_bytes(size, self.order) for i in chosen if i < 1 << 8 * size)
        return frozenset(_leb(i) for i in chosen)

    def _strings_end(self, unit: Unit) -> int:
        """Return where the unit's own string offsets end: its header says, else the section's end."""
        width = unit.format.offset
        length = 0
        if unit.format.version == 5 and unit.strings >= 2 * width:
            # The header: length (twelve bytes of it in the 64-bit format), version, padding.
            length = int.from_bytes(self.offsets[unit.strings - 4 - width : unit.strings - 4], self.order) - 4
        end = len(self.offsets)
        return min(end, unit.strings + length) if length > 0 else end


def _leb(number: int) -> bytes:
    out = []
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])
