"""PDB: the types and functions of Windows programs (LLVM, "The PDB File Format"; Microsoft's ``cvinfo.h``)."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct
from sousveil.read.binary.typegraph import Graph, Node, Part, Span
from sousveil.read.unfinished import Unfinished
from sousveil.unpack import msf

ABOUT = About(
    "PDB types",
    ".pdb",
    "Types and functions of Windows programs: enumerations with values, structs and classes with fields and types, "
    "functions with their parameters' names and types.",
    limits="PDB files older than version 7; files and lines of declarations",
)
SECONDS = 40.0
_TYPES, _DEBUG, _FIRST = 2, 3, 0x1000
_BASIC = {
    0x03: "void", 0x08: "HRESULT", 0x10: "char", 0x20: "unsigned char", 0x68: "signed char", 0x69: "unsigned char",
    0x70: "char", 0x71: "wchar_t", 0x7A: "char16_t", 0x7B: "char32_t", 0x7C: "char8_t", 0x11: "short", 0x72: "short",
    0x21: "unsigned short", 0x73: "unsigned short", 0x12: "long", 0x22: "unsigned long", 0x74: "int",
    0x75: "unsigned int", 0x13: "__int64", 0x76: "__int64", 0x23: "unsigned __int64", 0x77: "unsigned __int64",
    0x40: "float", 0x41: "double", 0x30: "bool",
}  # fmt: skip
_NUMBERS = {0x8000: "b", 0x8001: "h", 0x8002: "H", 0x8003: "i", 0x8004: "I", 0x8009: "q", 0x800A: "Q"}
_SIGNED = frozenset((0x68, 0x11, 0x72, 0x12, 0x74))
_RECORDS = {0x1504: "class", 0x1505: "struct", 0x1506: "union", 0x1519: "interface"}


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield the constructs around ``hits``. Raises Unfinished where the file cannot be followed."""
    if hits is not None and not hits:
        return
    file = msf.read(data)
    reader = _Reader(data, file)
    reader.types()
    reader.functions()
    yield from reader.graph.select(None if hits is None else sorted({offset for offset, _ in hits}))
    if reader.troubles:
        raise Unfinished("broken", "PDB read in part: " + "; ".join(reader.troubles[:3]))


class _Reader:
    def __init__(self, data: bytes, file: msf.Msf) -> None:
        self._data, self._file = data, file
        self.graph = Graph(data, "cpp", "PDB")
        self.troubles: list[str] = [file.broken] if file.broken else []
        self._deadline = time.monotonic() + SECONDS
        self._fields: dict[int, tuple[list[Part], list[int], int]] = {}

    def _late(self) -> bool:
        if time.monotonic() < self._deadline:
            return False
        if "it took too long" not in self.troubles:
            self.troubles.append("it took too long")
        return True

    def _span(self, at: int, end: int) -> tuple[Span, int]:
        """Return the name at a place and the place behind it."""
        stop = self._data.find(b"\0", at, end)
        stop = end if stop < 0 else stop
        return (at, min(stop - at, 600)), stop + 1

    def _number(self, at: int) -> tuple[int, int]:
        (kind,) = struct.unpack_from("<H", self._data, at)
        if kind < 0x8000:
            return kind, at + 2
        code = _NUMBERS.get(kind)
        if code is None:
            raise struct.error(f"number of kind {kind:#x}")
        (value,) = struct.unpack_from("<" + code, self._data, at + 2)
        return value, at + 2 + struct.calcsize("<" + code)

    def _stream(self, number: int) -> tuple[int, int]:
        """Return where a stream begins and ends; nothing of one that is scattered: its joined twin is read."""
        if not 0 <= number < len(self._file.streams):
            return 0, 0
        stream = self._file.streams[number]
        if not stream.joined:
            self.troubles.append(f"stream {number} is scattered; it is read in the joined file")
            return 0, 0
        start = self._file.start(number)
        return start, min(len(self._data), start + stream.size)

    # ------------------------------------------------------------------ types

    def types(self) -> None:
        """Read the type stream."""
        start, end = self._stream(_TYPES)
        if end - start < 56:
            return
        _, head, first, last, _ = struct.unpack_from("<5I", self._data, start)
        self._basics()
        at, number = start + head, max(first, _FIRST)
        records: list[tuple[int, int, int]] = []
        while at + 4 <= end and number < last:
            length, kind = struct.unpack_from("<HH", self._data, at)
            if length < 2:
                self.troubles.append(f"the type at {at:#x} has no length")
                break
            records.append((number, kind, at))
            if not number & 0xFFF and self._late():
                break
            try:
                self._type(number, kind, at + 4, min(end, at + 2 + length))
            except struct.error as error:
                self.troubles.append(f"the type at {at:#x}: {error}")
            at, number = at + 2 + length, number + 1
        for node in self.graph.nodes.values():
            if node.kind in ("enum", "record") and node.to:
                parts, bases = self._list(node.to)
                if node.kind == "enum" and node.bases[0] in _SIGNED:
                    # Linkers write a negative number of four bytes as if it had no sign.
                    parts = [Part(p.name, 0, _signed(p.value)) for p in parts]
                node.parts, node.bases, node.to = parts, bases, 0

    def _basics(self) -> None:
        for code, name in _BASIC.items():
            self.graph.nodes[code] = Node("plain", form=name)
            for mode in (1, 2, 3, 4, 5, 6):
                self.graph.nodes[mode << 8 | code] = Node("plain", form=name + " *")

    def _type(self, number: int, kind: int, at: int, end: int) -> None:
        data, nodes = self._data, self.graph.nodes
        if kind == 0x1507:
            _, flags, underlying, fields = struct.unpack_from("<HHII", data, at)
            nodes[number] = Node(
                "plain" if flags & 0x80 else "enum", self._span(at + 12, end)[0], to=fields, role="enum"
            )
            nodes[number].bases = [underlying]
        elif kind in _RECORDS:
            _, flags, fields = struct.unpack_from("<HHI", data, at)
            _, behind = self._number(at + (8 if kind == 0x1506 else 16))
            span = self._span(behind, end)[0]
            nodes[number] = Node("plain" if flags & 0x80 else "record", span, to=fields, role=_RECORDS[kind])
        elif kind == 0x1203:
            self._field_list(number, at, end)
            return
        elif kind == 0x1002:
            to, flags = struct.unpack_from("<II", data, at)
            nodes[number] = Node("wrap", to=to, form={1: "{} &", 4: "{} &&"}.get(flags >> 5 & 7, "{} *"))
            return
        elif kind == 0x1001:
            to, flags = struct.unpack_from("<IH", data, at)
            nodes[number] = Node("wrap", to=to, form="const {}" if flags & 1 else "{}")
            return
        elif kind == 0x1503:
            to, _ = struct.unpack_from("<II", data, at)
            size, _ = self._number(at + 8)
            nodes[number] = Node("wrap", to=to, form=f"{{}}[{size}]")
            return
        elif kind in (0x1008, 0x1009):
            nodes[number] = Node("wrap", to=struct.unpack_from("<I", data, at)[0], form="{} ()")
            return
        else:
            return
        node = nodes[number]
        if node.kind == "plain":
            # Only declared here: what uses it uses the type of this name.
            node.form = self.graph.text(node.name).split("::")[-1]
            node.name, node.to = (0, 0), 0

    def _field_list(self, number: int, at: int, end: int) -> None:
        data = self._data
        parts: list[Part] = []
        bases: list[int] = []
        more = 0
        while at + 2 <= end:
            if data[at] >= 0xF0:
                at += max(1, data[at] & 0x0F)
                continue
            (kind,) = struct.unpack_from("<H", data, at)
            if kind == 0x1502:
                value, behind = self._number(at + 4)
                span, at = self._span(behind, end)
                parts.append(Part(span, 0, str(value)))
            elif kind == 0x150D:
                (of,) = struct.unpack_from("<I", data, at + 4)
                span, at = self._span(self._number(at + 8)[1], end)
                parts.append(Part(span, of))
            elif kind in (0x150E, 0x1510, 0x150F):
                (of,) = struct.unpack_from("<I", data, at + 4)
                span, at = self._span(at + 8, end)
                if kind == 0x150E:
                    parts.append(Part(span, of))
            elif kind == 0x1511:
                (flags,) = struct.unpack_from("<H", data, at + 2)
                _, at = self._span(at + (12 if flags >> 2 & 7 in (4, 6) else 8), end)
            elif kind == 0x1400:
                bases.append(struct.unpack_from("<I", data, at + 4)[0])
                _, at = self._number(at + 8)
            elif kind in (0x1401, 0x1402):
                bases.append(struct.unpack_from("<I", data, at + 4)[0])
                _, behind = self._number(at + 12)
                _, at = self._number(behind)
            elif kind == 0x1409:
                at += 8
            elif kind == 0x1404:
                (more,) = struct.unpack_from("<I", data, at + 4)
                at += 8
            else:
                self.troubles.append(f"the field of kind {kind:#x} at {at:#x} is not known")
                break
        self._fields[number] = parts, bases, more

    def _list(self, number: int) -> tuple[list[Part], list[int]]:
        """Return a field list with what it continues with."""
        parts: list[Part] = []
        bases: list[int] = []
        for _ in range(64):
            found = self._fields.get(number)
            if found is None:
                break
            parts += found[0]
            bases += found[1]
            number = found[2]
        return parts[:100_000], bases

    # ------------------------------------------------------------------ functions

    def functions(self) -> None:
        """Read the functions of every module."""
        start, end = self._stream(_DEBUG)
        if end - start < 64:
            return
        size = struct.unpack_from("<I", self._data, start + 24)[0]
        self._typedefs(*self._stream(struct.unpack_from("<H", self._data, start + 20)[0]))
        at, last = start + 64, min(end, start + 64 + size)
        number = 1 << 32
        while at + 64 <= last and not self._late():
            stream, length = struct.unpack_from("<HI", self._data, at + 34)
            at = self._span(self._span(at + 64, last)[1], last)[1]
            at += -(at - start) % 4
            if stream != 0xFFFF:
                number = self._module(stream, length, number)

    def _typedefs(self, at: int, end: int) -> None:
        """Read the names that typedefs give, from a stream of symbols."""
        data, number = self._data, 1 << 33
        while at + 10 <= end and not self._late():
            size, kind = struct.unpack_from("<HH", data, at)
            if size < 2:
                break
            if kind == 0x1108 and size >= 6:
                of = struct.unpack_from("<I", data, at + 4)[0]
                span = self._span(at + 8, min(end, at + 2 + size))[0]
                node = self.graph.nodes.get(of)
                if node is not None and node.kind in ("enum", "record"):
                    own = self.graph.text(node.name)
                    # Every class is listed under its own name too.
                    if own != self.graph.text(span):
                        self.graph.nodes[number] = Node("wrap", span, to=of, named=True)
                        number += 1
            at += 2 + size

    def _module(self, stream: int, length: int, number: int) -> int:
        data = self._data
        start, end = self._stream(stream)
        end = min(end, start + length)
        at = start + 4
        self._typedefs(at, end)
        current: Node | None = None
        depth = 0
        while at + 4 <= end:
            size, kind = struct.unpack_from("<HH", data, at)
            stop = min(end, at + 2 + size)
            if size < 2:
                break
            try:
                if kind in (0x110F, 0x1110, 0x1146, 0x1147):
                    current, depth = Node("function", self._span(at + 39, stop)[0], role="function"), 0
                    to = struct.unpack_from("<I", data, at + 28)[0]
                    prototype = self.graph.nodes.get(to) if kind < 0x1140 else None
                    current.to = prototype.to if prototype is not None and prototype.form == "{} ()" else 0
                    self.graph.nodes[number] = current
                    number += 1
                    if not number & 0xFF and self._late():
                        return number
                elif kind == 0x113E and current is not None and depth == 0:
                    of, flags = struct.unpack_from("<IH", data, at + 4)
                    if flags & 1:
                        span = self._span(at + 10, stop)[0]
                        if self.graph.text(span) != "this":
                            current.parts.append(Part(span, of))
                elif kind == 0x1103:
                    depth += 1
                elif kind in (0x0006, 0x114F) and depth:
                    depth -= 1
                elif kind in (0x0006, 0x114F):
                    current = None
            except struct.error as error:
                self.troubles.append(f"the symbol at {at:#x}: {error}")
                return number
            at += 2 + size
        return number


def _signed(value: str) -> str:
    number = int(value)
    return str(number - (1 << 32)) if 1 << 31 <= number < 1 << 32 else value
