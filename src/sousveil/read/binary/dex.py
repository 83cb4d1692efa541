"""Android's DEX: classes, enumerations, constants, fields, methods, annotations, and what code builds of strings."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct
from sousveil.read.binary.bytestream import Cursor, Damaged
from sousveil.read.binary.dexfile import NONE, UNITS, Dex
from sousveil.read.binary.javaclass import described, generic
from sousveil.read.binary.javacode import KEEPERS, PUTTERS
from sousveil.read.binary.managed import Body, Hits, Method, Note, Slot, Type, Word, simple
from sousveil.read.binary.managedbuild import Builder
from sousveil.read.unfinished import Unfinished, bounded

ABOUT = About(
    title="Android programs",
    ends=".dex .apk .aar",
    reads="Classes, enumerations and constants with values, fields and methods with types and parameter names, "
    "annotations, lists and strings that code builds.",
    limits="Code is walked straight through, not followed; packed or encrypted DEX is not opened.",
)

_STATIC, _FINAL, _INTERFACE, _BRIDGE, _SYNTHETIC, _ENUM = 0x8, 0x10, 0x200, 0x40, 0x1000, 0x4000
_MADE = frozenset(("values", "valueOf", "$values"))
_MOST_CLASSES = 200_000
_MOST_SOUGHT = 4000
"""Strings, fields and methods each that are looked for in code."""


def spans(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield where strings stand; the whole file where it cannot be told."""
    try:
        found = list(Dex(data).spans())
    except (Damaged, struct.error):
        found = [(0, len(data))]
    yield from found


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield what of a DEX file holds a hit; raise Unfinished where it is not whole."""
    try:
        reader = _Reader(Dex(data), hits)
    except (Damaged, struct.error) as error:
        raise Unfinished("broken", f"DEX: {error}") from error
    builder = Builder(data, reader.hits)
    for index in bounded(range(reader.dex.classes[0]), _MOST_CLASSES, "classes"):
        try:
            one = reader.type(index)
        except (Damaged, struct.error) as error:
            reader.broken += 1
            reader.first = reader.first or str(error)
            continue
        if one is not None:
            yield from builder.constructs(one)
    if reader.broken:
        raise Unfinished("broken", f"DEX: {reader.broken} classes could not be read: {reader.first}")


def _any_of(first: bytes, third: set[int], fourth: set[int]) -> re.Pattern[bytes]:
    """Return a pattern of a byte, one that may be any, and two more; its match is the first byte alone."""
    one, two, three = (b"[" + b"".join(b"\\x%02x" % b for b in sorted(c)) + b"]" for c in (first, third, fourth))
    return re.compile(one + b"(?=." + two + three + b")", re.DOTALL)


class _Reader:
    def __init__(self, dex: Dex, hits: Sequence[tuple[int, str]] | None) -> None:
        self.dex = dex
        self.hits = Hits(hits)
        self.broken = 0
        self.first = ""
        self._all = hits is None
        self._strings = {i for offset, _ in hits or () if (i := dex.string_at(offset)) >= 0}
        self._types = {t for t in range(dex.types[0]) if dex._entry(dex.types, 4, t, "<I")[0] in self._strings}
        self._wanted = self._owners()
        self._spots = Hits(None if self._all else [(o, "") for o in self._code_spots()])

    def _owners(self) -> set[int]:
        """Return the types whose members' names or types were hit."""
        owners = set(self._types)
        for index in range(self.dex.fields[0]):
            owner, kind, name = self.dex.field(index)
            if name in self._strings or kind in self._types:
                owners.add(owner)
        protos: set[int] = set()
        if self._types:
            for index in range(self.dex.protos[0]):
                result, parameters = self.dex.proto(index)
                if result in self._types or self._types & set(parameters):
                    protos.add(index)
        for index in range(self.dex.methods[0]):
            owner, proto, name = self.dex.method(index)
            if name in self._strings or proto in protos:
                owners.add(owner)
        return owners

    def _code_spots(self) -> list[int]:
        """Return where code may name what was hit: strings, fields and methods by their numbers."""
        data, dex = self.dex.data, self.dex
        strings = set(bounded(sorted(self._strings), _MOST_SOUGHT, "strings that hold terms"))
        fields, methods = (
            set(bounded([i for i in range(min(table[0], 1 << 16)) if named(i)[2] in self._strings], _MOST_SOUGHT, what))
            for table, named, what in (
                (dex.fields, dex.field, "fields whose names hold terms"),
                (dex.methods, dex.method, "methods whose names hold terms"),
            )
        )
        sought = {0x1A: {s for s in strings if s < 1 << 16}}
        sought |= dict.fromkeys(range(0x52, 0x6E), fields) | dict.fromkeys(range(0x6E, 0x79), methods)
        # One class of bytes for each place, and what they let pass looked up: an alternative for each number takes
        # a hundred times as long.
        spots: list[int] = []
        codes = bytes(op for op, numbers in sought.items() if numbers)
        numbers = {n for found in sought.values() for n in found}
        if numbers:
            for match in _any_of(codes, {n & 0xFF for n in numbers}, {n >> 8 for n in numbers}).finditer(data):
                at = match.start()
                if data[at + 2] | data[at + 3] << 8 in sought[data[at]]:
                    spots.append(at)
        if strings:
            wide = _any_of(b"\x1b", {s & 0xFF for s in strings}, {s >> 8 & 0xFF for s in strings})
            for match in wide.finditer(data):
                at = match.start()
                if int.from_bytes(data[at + 2 : at + 6], "little") in strings:
                    spots.append(at)
        return spots

    # ------------------------------------------------------------------ types

    def type(self, index: int) -> Type | None:
        """Return a class where something of it was hit."""
        dex = self.dex
        own, flags, parent, interfaces, _, annotations, offset, static = dex.class_def(index)
        fixed, instance, methods = dex.class_data(offset)
        coded = any(code and self._spots.inside(code, code + self._code_size(code)) for _, _, code in methods)
        noted = self._notes(annotations) if annotations else {}
        said = any(self.hits.any(n.words) for notes in noted.values() for n in notes)
        started = self._started(static)
        valued = any(isinstance(v, Word) and self.hits.on(v) for v in started)
        if not (self._all or own in self._wanted or coded or said or valued):
            return None
        descriptor = dex.type_word(own)
        name = descriptor.text[1:].rstrip(";")
        package, _, last = name.rpartition("/")
        outer = tuple(part for part in last.split("$")[:-1] if part)
        bare = last.split("$")[-1] or last
        width = len(bare.encode("utf-8", "surrogatepass"))
        enum = bool(flags & _ENUM)
        listed: dict[str, list[Word | str]] = {}
        # The initialiser first: it tells what an enumeration's constants are made from.
        order = sorted(range(len(methods)), key=lambda i: dex.word(dex.method(methods[i][0])[2]).text != "<clinit>")
        built = {i: self._method(*methods[i], enum, noted, listed) for i in order}
        bases = [dex.type_word(t).text for t in (*([parent] if parent != NONE else []), *dex.type_list(interfaces))]
        plain = ("Ljava/lang/Object;", "Ljava/lang/Enum;", "Ljava/lang/Record;")
        values = dict(zip([f for f, _ in fixed], started, strict=False))
        fields = [(f, flag, values.get(f, "")) for f, flag in fixed] + [(f, flag, "") for f, flag in instance]
        # The file sorts fields by name; the initialiser makes an enumeration's constants in the order of the source.
        place = {name: at for at, name in enumerate(listed)}
        fields.sort(key=lambda f: place.get(dex.word(dex.field(f[0])[2]).text, len(place)))
        notes = noted.get(("class", 0), [])
        return Type(
            Word(bare, descriptor.offset + max(0, descriptor.length - 1 - width), width),
            name.replace("/", "."),
            ((package.replace("/", "."),) if package else ()) + outer,
            "kotlin" if any(n.name == "Metadata" for n in notes) else "java",
            "enum" if enum else "interface" if flags & _INTERFACE else "class",
            tuple(simple(b) for b in bases if b not in plain),
            [self._field(*f, enum, noted, listed) for f in fields if not f[1] & _SYNTHETIC],
            [m for i in range(len(methods)) if (m := built[i]) is not None],
            notes,
        )

    def _started(self, offset: int) -> list[Word | str]:
        """Return the values that static fields begin with, in order."""
        if not offset:
            return []
        cursor = Cursor(self.dex.data, offset)
        return self.dex.values(cursor, min(cursor.leb(5), cursor.end - cursor.at))

    def _field(
        self,
        index: int,
        flags: int,
        value: Word | str,
        enum: bool,
        noted: dict[tuple[str, int], list[Note]],
        listed: dict[str, list[Word | str]],
    ) -> Slot:
        _, kind, name = self.dex.field(index)
        word, type_word = self.dex.word(name), self.dex.type_word(kind)
        touched = [type_word]
        constant = bool(flags & _ENUM and enum)
        notes = noted.get(("field", index), [])
        text = value.text if isinstance(value, Word) else value
        if isinstance(value, Word):
            touched.append(value)
        if constant:
            arguments = listed.get(word.text, [])
            touched += [a for a in arguments if isinstance(a, Word)]
            text = ", ".join(f'"{a.text}"' if isinstance(a, Word) else a for a in arguments[2:22])
        signature = "".join(w.text for n in notes if n.name == "Signature" for w in n.words)
        return Slot(
            word,
            "" if constant else generic(signature, described(type_word.text)[1]),
            text,
            notes,
            constant=bool(text and flags & _STATIC and flags & _FINAL) and not constant,
            listed=constant,
            touched=tuple(touched),
        )

    def _method(
        self,
        index: int,
        flags: int,
        code: int,
        enum: bool,
        noted: dict[tuple[str, int], list[Note]],
        listed: dict[str, list[Word | str]],
    ) -> Method | None:
        dex = self.dex
        _, proto, name = dex.method(index)
        word = dex.word(name)
        if flags & _BRIDGE or word.text.startswith("access$") or (enum and word.text in (*_MADE, "<init>")):
            return None
        result, parameters = dex.proto(proto)
        kinds = [dex.type_word(t) for t in parameters]
        body = Body()
        names: list[Word | None] = []
        if code:
            names = self._parameter_names(code)
            if word.text == "<clinit>" or self._spots.inside(code, code + self._code_size(code)):
                self._walk(code, body, listed)
        slots = [
            Slot(
                (names[i] if i < len(names) else None) or k._replace(text=f"arg{i}"),
                described(k.text)[1],
                touched=(k,),
            )
            for i, k in enumerate(kinds)
        ]
        constructor = word.text == "<init>"
        hidden = word.text == "<clinit>" or bool(flags & _SYNTHETIC)
        returned = dex.type_word(result)
        returns = "" if constructor else described(returned.text)[1]
        notes = noted.get(("method", index), [])
        return Method(word, slots, returns, notes, body, constructor, hidden, (returned,))

    def _code_size(self, code: int) -> int:
        return 16 + 2 * Cursor(self.dex.data, code + 12).u4()

    def _parameter_names(self, code: int) -> list[Word | None]:
        debug = Cursor(self.dex.data, code + 8).u4()
        if not debug:
            return []
        cursor = Cursor(self.dex.data, debug)
        cursor.leb(5)
        names: list[Word | None] = []
        for _ in range(min(cursor.leb(5), 255)):
            number = cursor.leb(5)
            names.append(self.dex.word(number - 1) if number else None)
        return names

    # ------------------------------------------------------------------ annotations

    def _notes(self, offset: int) -> dict[tuple[str, int], list[Note]]:
        cursor = Cursor(self.dex.data, offset)
        own, fields, methods, _ = cursor.u4(), cursor.u4(), cursor.u4(), cursor.u4()
        out: dict[tuple[str, int], list[Note]] = {}
        if own:
            out["class", 0] = self._set(own)
        for kind, count in (("field", fields), ("method", methods)):
            for _ in range(count):
                index, at = cursor.u4(), cursor.u4()
                out[kind, index] = self._set(at)
        return out

    def _set(self, offset: int) -> list[Note]:
        cursor = Cursor(self.dex.data, offset)
        notes: list[Note] = []
        for _ in range(min(cursor.u4(), 200)):
            item = Cursor(self.dex.data, cursor.u4() + 1)
            name = simple(self.dex.type_word(item.leb(5)).text)
            words: list[Word] = []
            for _ in range(min(item.leb(5), 200)):
                item.leb(5)
                words += [v for v in self.dex.values(item, 1) if isinstance(v, Word)]
            notes.append(Note(name, tuple(words)))
        return notes

    # ------------------------------------------------------------------ code

    def _walk(self, code: int, body: Body, listed: dict[str, list[Word | str]]) -> None:
        head = Cursor(self.dex.data, code + 12)
        count = head.u4()
        at = head.skip(2 * count)
        units = struct.unpack_from(f"<{count}H", self.dex.data, at)
        registers: dict[int, Word | str] = {}
        made: dict[int, list[Word | str]] = {}
        place = 0
        while place < count:
            unit = units[place]
            op, high = unit & 0xFF, unit >> 8
            size = UNITS[op]
            if op == 0 and high in (1, 2, 3):
                size = self._payload(units, place, high)
            rest = units[place + 1 : place + size]
            if len(rest) < size - 1:
                raise Damaged(f"an instruction behind the end of code at {code}")
            if op in (0x1A, 0x1B):
                word = self.dex.word(rest[0] if op == 0x1A else rest[0] | rest[1] << 16)
                body.string(word)
                registers[high] = word
            elif op == 0x12:
                number = high >> 4
                registers[high & 15] = str(number - 16 if number > 7 else number)
            elif op in (0x13, 0x14):
                number = rest[0] if op == 0x13 else rest[0] | rest[1] << 16
                half = 0x8000 if op == 0x13 else 1 << 31
                registers[high] = str(number - 2 * half if number >= half else number)
            elif op == 0x23:
                body.begin()
            elif op == 0x4D and isinstance(value := registers.get(high), Word):
                body.element(value)
            elif 0x52 <= op <= 0x6D:
                self._field_used(op, high, rest[0], made, body, listed)
            elif 0x6E <= op <= 0x72 or 0x74 <= op <= 0x78 or op in (0x24, 0x25):
                self._called(op, high, rest, registers, made, body)
            elif op == 0x11:
                body.sink("")
            place += size
        body.sink("")

    @staticmethod
    def _payload(units: Sequence[int], place: int, kind: int) -> int:
        size = units[place + 1] if place + 1 < len(units) else 0
        if kind == 1:
            return size * 2 + 4
        if kind == 2:
            return size * 4 + 2
        if place + 3 >= len(units):
            raise Damaged("an array's data behind the end of code")
        return (((units[place + 2] | units[place + 3] << 16) * size) + 1) // 2 + 4

    def _field_used(
        self,
        op: int,
        register: int,
        index: int,
        made: dict[int, list[Word | str]],
        body: Body,
        listed: dict[str, list[Word | str]],
    ) -> None:
        owner, kind, name = self.dex.field(index)
        word = self.dex.word(name)
        body.use(word)
        if op == 0x69:  # sput-object
            if owner == kind and register in made:
                listed.setdefault(word.text, made[register])
            body.sink(word.text)
        elif op == 0x5B:
            body.sink(word.text)

    def _called(
        self,
        op: int,
        high: int,
        rest: Sequence[int],
        registers: dict[int, Word | str],
        made: dict[int, list[Word | str]],
        body: Body,
    ) -> None:
        if op in (0x25, 0x74, 0x75, 0x76, 0x77, 0x78):
            used = list(range(rest[1], rest[1] + min(high, 255)))
        else:
            count = min(high >> 4, 5)
            used = [rest[1] >> 4 * i & 15 for i in range(4)][:count]
            if count == 5:
                used.append(high & 15)
        values = [registers.get(r, "") for r in used]
        if op in (0x24, 0x25):
            body.begin()
            for value in values:
                if isinstance(value, Word):
                    body.element(value)
            return
        word = self.dex.word(self.dex.method(rest[0])[2])
        name = word.text
        if name == "<init>":
            if used:
                made[used[0]] = values[1:]
            return
        body.use(word)
        strings = [v for v in values if isinstance(v, Word)]
        if PUTTERS.search(name) and len(values) >= 2 and isinstance(values[-2], Word):
            body.pair(values[-2], values[-1])
        elif name in ("of", "listOf", "setOf", "add") and strings:
            for one in strings:
                body.element(one)
        elif not KEEPERS.search(name):
            body.sink(name)
