"""Android's DEX: classes, enumerations, constants, fields, methods, annotations, and what code builds of strings."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct
from sousveil.read.binary import dexcode
from sousveil.read.binary.bytestream import Cursor, Damaged
from sousveil.read.binary.dexfile import NONE, Dex
from sousveil.read.binary.javaclass import described, generic
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


class _Reader:
    def __init__(self, dex: Dex, hits: Sequence[tuple[int, str]] | None) -> None:
        self.dex = dex
        self.hits = Hits(hits)
        self._code = dexcode.Code(dex)
        self.broken = 0
        self.first = ""
        self._all = hits is None
        self._strings = {i for offset, _ in hits or () if (i := dex.string_at(offset)) >= 0}
        self._types = {t for t in range(dex.types[0]) if dex._entry(dex.types, 4, t, "<I")[0] in self._strings}
        self._wanted = self._owners()
        self._spots = Hits(None if self._all else [(o, "") for o in dexcode.spots(dex, self._strings)])

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

    # ------------------------------------------------------------------ types

    def type(self, index: int) -> Type | None:
        """Return a class where something of it was hit."""
        dex = self.dex
        own, flags, parent, interfaces, _, annotations, offset, static = dex.class_def(index)
        fixed, instance, methods = dex.class_data(offset)
        coded = any(code and self._spots.inside(code, code + self._code.size(code)) for _, _, code in methods)
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
            if word.text == "<clinit>" or self._spots.inside(code, code + self._code.size(code)):
                self._code.walk(code, body, listed)
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
