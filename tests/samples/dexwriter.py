"""A small writer of DEX files for the samples: enumerations, classes with fields, methods, a list of strings.

Source: the Dalvik executable format page of the Android documentation. What it writes is enough to be read, not to run.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass, field


def leb(value: int) -> bytes:
    """Return an unsigned LEB128 number."""
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


@dataclass
class Member:
    """A field, or a method with its parameters."""

    name: str
    type: str
    static: bool = False
    value: int | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    note: str = ""


@dataclass
class Class:
    """A class; ``labels`` become a static list of strings that its initialiser builds."""

    name: str
    enum: bool = False
    fields: list[Member] = field(default_factory=list)
    methods: list[Member] = field(default_factory=list)
    labels: tuple[str, tuple[str, ...]] | None = None
    constants: tuple[tuple[str, int, str], ...] = ()
    """Of an enumeration: name, value, words."""


class _Writer:
    def __init__(self, classes: list[Class]) -> None:
        self.classes = classes
        self.strings: dict[str, int] = {}
        self.types: dict[str, int] = {}
        self.protos: dict[tuple[str, tuple[str, ...]], int] = {}
        self.fields: dict[tuple[str, str, str], int] = {}
        self.methods: dict[tuple[str, str, tuple[str, tuple[str, ...]]], int] = {}
        self.data = bytearray()
        self._collect()

    def _collect(self) -> None:
        strings, types = {"V", "value", "<init>", "<clinit>"}, {"V", "Ljava/lang/Object;", "Ljava/lang/String;", "I"}
        types |= {"[Ljava/lang/String;", "Lcom/nanjing/sdk/Gloss;"}
        fields, methods = set(), set()
        for one in self.classes:
            types.add(one.name)
            for name, _, words in one.constants:
                fields.add((one.name, name, one.name))
                strings |= {name, words}
            if one.constants:
                methods.add((one.name, "<init>", ("V", ("Ljava/lang/String;", "I", "I", "Ljava/lang/String;"))))
            if one.labels:
                fields.add((one.name, one.labels[0], "[Ljava/lang/String;"))
                strings |= set(one.labels[1])
            if one.labels or one.constants:
                methods.add((one.name, "<clinit>", ("V", ())))
            for member in one.fields:
                fields.add((one.name, member.name, member.type))
                strings.add(member.note)
            for member in one.methods:
                methods.add((one.name, member.name, (member.type, tuple(t for _, t in member.parameters))))
                strings |= {n for n, _ in member.parameters}
        types |= {t for _, _, t in fields} | {t for _, _, (r, p) in methods for t in (r, *p)}
        protos = {p for _, _, p in methods}
        strings |= types | {n for _, n, _ in fields | methods} | {self._shorty(p) for p in protos}
        ordered = sorted(strings, key=lambda s: s.encode("utf-16-be"))
        self.strings = {s: i for i, s in enumerate(ordered)}
        self.types = {t: i for i, t in enumerate(sorted(types, key=self.strings.__getitem__))}
        self.protos = {p: i for i, p in enumerate(sorted(protos))}
        self.fields = {f: i for i, f in enumerate(sorted(fields, key=lambda f: (self.types[f[0]], self.strings[f[1]])))}
        self.methods = {
            m: i for i, m in enumerate(sorted(methods, key=lambda m: (self.types[m[0]], self.strings[m[1]])))
        }

    @staticmethod
    def _shorty(proto: tuple[str, tuple[str, ...]]) -> str:
        return "".join("L" if t[0] in "[L" else t for t in (proto[0], *proto[1]))

    def _put(self, raw: bytes, align: int = 1) -> int:
        while (self._base + len(self.data)) % align:
            self.data.append(0)
        at = self._base + len(self.data)
        self.data += raw
        return at

    def _code(self, units: list[int], debug: int = 0) -> int:
        head = struct.pack("<HHHHII", 16, 0, 5, 0, debug, len(units))
        return self._put(head + struct.pack(f"<{len(units)}H", *units), 4)

    def _initialiser(self, one: Class) -> int:
        units: list[int] = []
        for number, (name, value, words) in enumerate(one.constants):
            maker = self.methods[one.name, "<init>", ("V", ("Ljava/lang/String;", "I", "I", "Ljava/lang/String;"))]
            units += [0x0022, self.types[one.name], 0x011A, self.strings[name], 0x0212 | number << 12]
            units += [0x0312 | value << 12, 0x041A, self.strings[words], 0x5470, maker, 0x3210]
            units += [0x0069, self.fields[one.name, name, one.name]]
        if one.labels:
            units += [0x0013, len(one.labels[1]), 0x0023, self.types["[Ljava/lang/String;"]]
            for at, label in enumerate(one.labels[1]):
                units += [0x011A, self.strings[label], 0x0212 | at << 12, 0x014D, 0x0200]
            units += [0x0069, self.fields[one.name, one.labels[0], "[Ljava/lang/String;"]]
        return self._code([*units, 0x000E])

    def _class(self, one: Class) -> bytes:
        static = [(self.fields[one.name, n, one.name], 0x4019) for n, _, _ in one.constants]
        if one.labels:
            static.append((self.fields[one.name, one.labels[0], "[Ljava/lang/String;"], 0x19))
        static += [(self.fields[one.name, m.name, m.type], 0x19) for m in one.fields if m.static]
        plain = [(self.fields[one.name, m.name, m.type], 0x1) for m in one.fields if not m.static]
        direct: list[tuple[int, int, int]] = []
        for member in one.methods:
            names = b"".join(leb(self.strings[n] + 1) for n, _ in member.parameters)
            debug = self._put(leb(1) + leb(len(member.parameters)) + names + b"\0")
            key = (one.name, member.name, (member.type, tuple(t for _, t in member.parameters)))
            direct.append((self.methods[key], 0x9, self._code([0x0012, 0x000F], debug)))
        if one.labels or one.constants:
            direct.append((self.methods[one.name, "<clinit>", ("V", ())], 0x10008, self._initialiser(one)))
        noted: list[tuple[int, int]] = []
        for member in one.fields:
            if member.note:
                item = b"\1" + leb(self.types["Lcom/nanjing/sdk/Gloss;"]) + leb(1) + leb(self.strings["value"])
                number = self.strings[member.note]
                item += bytes([0x17 | 1 << 5]) + struct.pack("<H", number)
                at = self._put(struct.pack("<II", 1, self._put(item)), 4)
                noted.append((self.fields[one.name, member.name, member.type], at))
        notes = 0
        if noted:
            pairs = b"".join(struct.pack("<II", f, a) for f, a in sorted(noted))
            notes = self._put(struct.pack("<IIII", 0, len(noted), 0, 0) + pairs, 4)
        values = {self.fields[one.name, m.name, m.type]: m.value for m in one.fields if m.static}
        static.sort()
        start = 0
        if any(v is not None for v in values.values()):
            encoded = b"".join(b"\x04" + bytes([values.get(f) or 0]) for f, _ in static)
            start = self._put(leb(len(static)) + encoded)
        body = leb(len(static)) + leb(len(plain)) + leb(len(direct)) + leb(0)
        for rows in (static, sorted(plain), sorted(direct)):
            last = 0
            for row in rows:
                body += leb(row[0] - last) + b"".join(leb(x) for x in row[1:])
                last = row[0]
        flags = 0x4011 if one.enum else 0x1
        parent = self.types["Ljava/lang/Object;"]
        data = self._put(body)
        return struct.pack("<8I", self.types[one.name], flags, parent, 0, 0xFFFFFFFF, notes, data, start)

    def write(self) -> bytes:
        """Return the file."""
        counts = [len(x) for x in (self.strings, self.types, self.protos, self.fields, self.methods, self.classes)]
        sizes = (4, 4, 12, 8, 8, 32)
        offsets, at = [], 0x70
        for count, size in zip(counts, sizes, strict=True):
            offsets.append(at)
            at += count * size
        self._base = at
        ids = b""
        for text in self.strings:
            raw = text.encode("utf-8")
            ids += struct.pack("<I", self._put(leb(len(text)) + raw + b"\0"))
        ids += b"".join(struct.pack("<I", self.strings[t]) for t in self.types)
        for result, parameters in self.protos:
            listed = 0
            if parameters:
                packed = struct.pack(f"<{len(parameters)}H", *(self.types[t] for t in parameters))
                listed = self._put(struct.pack("<I", len(parameters)) + packed, 4)
            shorty = self._shorty((result, parameters))
            ids += struct.pack("<III", self.strings[shorty], self.types[result], listed)
        for owner, name, kind in self.fields:
            ids += struct.pack("<HHI", self.types[owner], self.types[kind], self.strings[name])
        for owner, name, proto in self.methods:
            ids += struct.pack("<HHI", self.types[owner], self.protos[proto], self.strings[name])
        ids += b"".join(self._class(one) for one in self.classes)
        tables = b"".join(struct.pack("<II", c, o) for c, o in zip(counts, offsets, strict=True))
        size = self._base + len(self.data)
        head = struct.pack("<IIIIII", size, 0x70, 0x12345678, 0, 0, 0) + tables + struct.pack("<II", len(self.data), at)
        rest = head + ids + bytes(self.data)
        digest = hashlib.sha1(rest, usedforsecurity=False).digest()
        return b"dex\n035\0" + struct.pack("<I", zlib.adler32(digest + rest)) + digest + rest


def write(classes: list[Class]) -> bytes:
    """Return a DEX file of ``classes``."""
    return _Writer(classes).write()
