""".NET assemblies: enumerations, classes, properties, methods with parameters, attributes' strings, lists, strings."""

from __future__ import annotations

import re
import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct, Kind
from sousveil.read.binary import clitables as cli
from sousveil.read.binary import netresources
from sousveil.read.binary.bytestream import Cursor, Damaged
from sousveil.read.binary.dotnetcode import code_of, walk
from sousveil.read.binary.managed import Body, Hits, Method, Note, Slot, Type, Word, passage, simple
from sousveil.read.binary.managedbuild import Builder
from sousveil.read.unfinished import Unfinished

ABOUT = About(
    title=".NET assemblies",
    ends=".dll .exe .winmd",
    reads="Enumerations with values, classes, fields and properties with types, methods with parameter names, the "
    "strings of attributes (Description, EnumMember), constants, lists and strings that code builds, texts of embedded "
    "resources.",
    limits="Code is walked straight through, not followed; bitmaps and serialised objects in resources are not read.",
)

_PRIMITIVE = (
    "?", "void", "bool", "char", "sbyte", "byte", "short", "ushort", "int", "uint", "long", "ulong", "float", "double",
    "string",
)  # fmt: skip
_FORMS = {
    2: "<?",
    3: "<H",
    4: "<b",
    5: "<B",
    6: "<h",
    7: "<H",
    8: "<i",
    9: "<I",
    10: "<q",
    11: "<Q",
    12: "<f",
    13: "<d",
}
_STATIC, _LITERAL, _SPECIAL, _VALUE_TYPES = 0x10, 0x40, 0x800, ("System.Enum", "System.ValueType")
_MOST_TOKENS = 4000


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield what of an assembly holds a hit; nothing of a program without metadata."""
    if not cli.is_managed(data):
        return  # other programs are other readers
    try:
        assembly = _Assembly(data, hits)
        types = assembly.types()
    except (Damaged, struct.error) as error:
        raise Unfinished("broken", f".NET metadata: {error}") from error
    builder = Builder(data, assembly.hits)
    while True:
        try:
            one = next(types, None)
        except (Damaged, struct.error) as error:
            raise Unfinished("broken", f".NET metadata: {error}") from error
        if one is None:
            break
        yield from builder.constructs(one)
    yield from assembly.resources()
    if assembly.broken:
        raise Unfinished("broken", f".NET: {assembly.broken} methods or attributes could not be read")


class _Assembly:
    def __init__(self, data: bytes, hits: Sequence[tuple[int, str]] | None) -> None:
        self.data = data
        self.hits = Hits(hits)
        self.meta = cli.Metadata(data)
        self.broken = 0
        self._hit_types: dict[str, Word] | None = None
        self._constants: dict[tuple[int, int], tuple[int, int]] = {}
        for kind, parent, value in self.meta.rows(cli.CONSTANT):
            self._constants.setdefault(self.meta.coded("constant", parent), (kind & 0xFF, value))
        self._attributes: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        for parent, maker, value in self.meta.rows(cli.ATTRIBUTE):
            self._attributes[self.meta.coded("attributed", parent)].append((maker, value))
        self._outer: dict[int, int] = dict(self.meta.rows(cli.NESTED))  # type: ignore[arg-type]
        self._properties: dict[int, tuple[int, int]] = {}
        maps = self.meta.rows(cli.PROPERTY_MAP)
        for at, (owner, first) in enumerate(maps):
            end = maps[at + 1][1] if at + 1 < len(maps) else self.meta.counts[cli.PROPERTY] + 1
            self._properties[owner] = (first, end)
        spots = self._code_spots(hits)
        self._wanted = Hits(None if spots is None else [(o, "") for o in spots])

    def _code_spots(self, hits: Sequence[tuple[int, str]] | None) -> list[int] | None:
        """Return where in the file code may name what was hit; None for everywhere."""
        if hits is None:
            return None
        tokens: set[int] = set()
        for offset, _ in hits:
            if index := self.meta.user_at(offset):
                tokens.add(0x70000000 | index)
        for table, column in ((cli.METHOD, 3), (cli.FIELD, 1), (cli.MEMBER_REF, 1)):
            for number, row in enumerate(self.meta.rows(table), 1):
                if self.hits.on(self.meta.string(row[column])):
                    tokens.add(table << 24 | number)
        if not tokens:
            return []
        if len(tokens) > _MOST_TOKENS:
            return None
        pattern = b"|".join(re.escape(struct.pack("<I", t)) for t in sorted(tokens))
        return [m.start() for m in re.finditer(pattern, self.data)]

    # ------------------------------------------------------------------ resources

    def resources(self) -> Iterator[Construct]:
        """Yield the texts of embedded resources that hold a hit."""
        for offset, _, name, holder in self.meta.rows(cli.RESOURCE):
            if holder:
                continue
            try:
                start = self.meta.image.at(self.meta.resources) + offset
                size = Cursor(self.data, start).u4()
                if not self.hits.inside(start + 4, start + 4 + size):
                    continue
                label = self.meta.string(name).text
                for text in netresources.texts(self.data, start + 4, min(len(self.data), start + 4 + size)):
                    if self.hits.any(text):
                        place = passage(self.data, text.value, f"{label} {text.name.text}"[:300])
                        yield Construct(
                            Kind.STATEMENT,
                            text.name.text[:400],
                            place,
                            gloss=text.value.text[:4000],
                            scope=(label,),
                            role="key-value",
                            language="csharp",
                        )
            except Damaged:
                self.broken += 1

    # ------------------------------------------------------------------ types

    def types(self) -> Iterator[Type]:
        """Yield the types, lazily."""
        rows = self.meta.rows(cli.TYPE_DEF)
        fields, methods = self.meta.counts[cli.FIELD] + 1, self.meta.counts[cli.METHOD] + 1
        for number, row in enumerate(rows, 1):
            following = rows[number] if number < len(rows) else (0, 0, 0, 0, fields, methods)
            yield self._type(number, row, min(following[4], fields), min(following[5], methods))

    def _type(self, number: int, row: cli.Row, fields: int, methods: int) -> Type:
        flags, name, space, base, first_field, first_method = row
        word = self.meta.string(name)
        bare = word.text.partition("`")[0]
        word = Word(bare, word.offset, len(bare.encode("utf-8", "surrogatepass")))
        scope = self._scope(number, space)
        parent = self._coded_type(base)
        enum = parent == "System.Enum"
        slots = [self._field(n, enum) for n in range(first_field, fields)]
        kept = [s for s in slots if s is not None]
        kept += [self._property(n) for n in range(*self._properties.get(number, (0, 0)))]
        bases = (simple(parent),) if parent and parent not in (*_VALUE_TYPES, "System.Object") else ()
        return Type(
            word,
            ".".join((*scope, word.text)),
            scope,
            "csharp",
            "enum" if enum else "interface" if flags & 0x20 else "struct" if parent == "System.ValueType" else "class",
            bases,
            kept,
            [self._method(n) for n in range(first_method, methods)],
            self._notes((cli.TYPE_DEF, number)),
        )

    def _scope(self, number: int, space: int) -> tuple[str, ...]:
        names: list[str] = []
        seen = {number}
        while number in self._outer and self._outer[number] not in seen and len(seen) < 20:
            number = self._outer[number]
            seen.add(number)
            row = self.meta.row(cli.TYPE_DEF, number)
            names.insert(0, self.meta.string(row[1]).text)
            space = row[2]
        package = self.meta.string(space).text
        return (*((package,) if package else ()), *names)

    def _coded_type(self, value: int) -> str:
        table, number = self.meta.coded("typedef", value)
        if number == 0:
            return ""
        if table == cli.TYPE_SPEC:
            return self._signature_type(self.meta.blob(self.meta.row(table, number)[0]), 0)
        row = self.meta.row(table, number)
        space = self.meta.string(row[2]).text
        name = self.meta.string(row[1]).text
        return f"{space}.{name}" if space else name

    def _signature_type(self, blob: Cursor, depth: int) -> str:
        if depth > 12:
            raise Damaged("a signature nested deeper than 12")
        kind = blob.u1()
        if kind < len(_PRIMITIVE):
            return _PRIMITIVE[kind]
        if kind in (0x11, 0x12):
            return simple(self._coded_type(cli.packed(blob)))
        if kind in (0x0F, 0x10, 0x1D, 0x45):
            inner = self._signature_type(blob, depth + 1)
            return {0x0F: inner + "*", 0x1D: inner + "[]"}.get(kind, inner)
        if kind == 0x14:
            return self._signature_type(blob, depth + 1) + "[]"
        if kind == 0x15:
            outer = self._signature_type(blob, depth + 1)
            given = [self._signature_type(blob, depth + 1) for _ in range(min(cli.packed(blob), 16))]
            return f"{outer}<{', '.join(given)}>"
        if kind in (0x13, 0x1E):
            return f"T{cli.packed(blob)}"
        if kind in (0x1F, 0x20):
            cli.packed(blob)
            return self._signature_type(blob, depth + 1)
        return {0x18: "nint", 0x19: "nuint", 0x1C: "object", 0x16: "TypedReference"}.get(kind, "?")

    # ------------------------------------------------------------------ members

    def _field(self, number: int, enum: bool) -> Slot | None:
        flags, name, signature = self.meta.row(cli.FIELD, number)
        word = self.meta.string(name)
        # ``value__`` of an enumeration and the backing field of a property say nothing of their own.
        if word.text.startswith("<") or (enum and not flags & _LITERAL):
            return None
        value = self._constant((cli.FIELD, number)) if flags & _LITERAL else None
        blob = self.meta.blob(signature)
        blob.skip(1)
        kind = "" if enum else self._signature_type(blob, 0)
        text = value.text if isinstance(value, Word) else value or ""
        touched = (value,) if isinstance(value, Word) else ()
        notes = self._notes((cli.FIELD, number))
        return Slot(
            word, kind, text, notes, bool(flags & _LITERAL) and not enum, enum, touched + self._type_words(kind)
        )

    def _type_words(self, kind: str) -> tuple[Word, ...]:
        return tuple(w for n in re.findall(r"\w+", kind) if (w := self._named.get(n)))

    @property
    def _named(self) -> dict[str, Word]:
        """Types of this assembly that were hit, by name."""
        if self._hit_types is None:
            self._hit_types = {}
            for table in (cli.TYPE_DEF, cli.TYPE_REF):
                for row in self.meta.rows(table):
                    word = self.meta.string(row[1])
                    if self.hits.on(word):
                        self._hit_types.setdefault(word.text.partition("`")[0], word)
        return self._hit_types

    def _property(self, number: int) -> Slot:
        _, name, signature = self.meta.row(cli.PROPERTY, number)
        blob = self.meta.blob(signature)
        blob.skip(1)
        cli.packed(blob)
        kind = self._signature_type(blob, 0)
        notes = self._notes((cli.PROPERTY, number))
        return Slot(self.meta.string(name), kind, notes=notes, touched=self._type_words(kind))

    def _constant(self, owner: tuple[int, int]) -> Word | str:
        kind, index = self._constants.get(owner, (0, 0))
        if not kind:
            return ""
        blob = self.meta.blob(index)
        if kind == 0x0E:
            length = (blob.end - blob.at) & ~1
            at = blob.skip(length)
            text = self.data[at : at + min(length, 8000)].decode("utf-16-le", "backslashreplace")
            return Word(text, at, length, "utf-16-le")
        form = _FORMS.get(kind)
        return str(struct.unpack_from(form, self.data, blob.skip(struct.calcsize(form)))[0]) if form else ""

    def _method(self, number: int) -> Method:
        address, _, flags, name, signature, first = self.meta.row(cli.METHOD, number)
        word = self.meta.string(name)
        blob = self.meta.blob(signature)
        if blob.u1() & 0x10:
            cli.packed(blob)
        count = min(cli.packed(blob), 255)
        returns = self._signature_type(blob, 0)
        types = [self._signature_type(blob, 0) for _ in range(count)]
        last = self.meta.counts[cli.PARAM] + 1
        if number < self.meta.counts[cli.METHOD]:
            last = min(last, self.meta.row(cli.METHOD, number + 1)[5])
        slots = [
            Slot(word._replace(text=f"arg{i}", length=0), t, touched=self._type_words(t)) for i, t in enumerate(types)
        ]
        for param in range(first, last):
            _, sequence, label = self.meta.row(cli.PARAM, param)
            if 1 <= sequence <= len(slots):
                slots[sequence - 1].name = self.meta.string(label)
                slots[sequence - 1].notes = self._notes((cli.PARAM, param))
        body = Body()
        if address:
            self._code(address, body)
        # Accessors of properties and events are told by those.
        hidden = bool(flags & _SPECIAL and word.text.startswith(("get_", "set_", "add_", "remove_"))) or (
            word.text == ".cctor" or "<" in word.text
        )
        constructor = word.text == ".ctor"
        notes = self._notes((cli.METHOD, number))
        words = self._type_words(returns)
        return Method(word, slots, "" if constructor else returns, notes, body, constructor, hidden, words)

    # ------------------------------------------------------------------ attributes

    def _notes(self, owner: tuple[int, int]) -> list[Note]:
        notes: list[Note] = []
        for maker, value in self._attributes.get(owner, ())[:50]:
            try:
                note = self._note(maker, value)
            except Damaged:
                self.broken += 1
                continue
            if note.words:
                notes.append(note)
        return notes

    def _note(self, maker: int, value: int) -> Note:
        table, number = self.meta.coded("maker", maker)
        row = self.meta.row(table, number)
        if table == cli.MEMBER_REF:
            holder, index = self.meta.coded("parent", row[0])
            name = self.meta.string(self.meta.row(holder, index)[1]).text if holder in (1, 2) else ""
            signature = self.meta.blob(row[2])
        else:
            signature = self.meta.blob(row[4])
            name = self._owner(number)
        signature.skip(1)
        count = cli.packed(signature)
        self._signature_type(signature, 0)
        blob = self.meta.blob(value)
        words: list[Word] = []
        if value == 0 or blob.end - blob.at < 4:
            return Note(name.removesuffix("Attribute"), ())
        blob.skip(2)
        for _ in range(min(count, 50)):
            kind = self._signature_type(signature, 0)
            if kind in ("string", "Type"):
                self._serialised(blob, words)
            elif kind in _PRIMITIVE and _PRIMITIVE.index(kind) in _FORMS:
                blob.skip(struct.calcsize(_FORMS[_PRIMITIVE.index(kind)]))
            else:
                return Note(name.removesuffix("Attribute"), tuple(words))
        for _ in range(min(blob.u2(), 50) if blob.end - blob.at >= 2 else 0):
            blob.skip(1)
            code = blob.u1()
            self._serialised(blob, [])
            if code == 0x0E:
                self._serialised(blob, words)
            elif code in _FORMS:
                blob.skip(struct.calcsize(_FORMS[code]))
            else:
                break
        return Note(name.removesuffix("Attribute"), tuple(words))

    def _owner(self, method: int) -> str:
        rows = self.meta.rows(cli.TYPE_DEF)
        found = [r for r in rows if r[5] <= method]
        return self.meta.string(found[-1][1]).text if found else ""

    def _serialised(self, blob: Cursor, words: list[Word]) -> None:
        if self.data[blob.at : blob.at + 1] == b"\xff":
            blob.skip(1)
            return
        length = cli.packed(blob)
        at = blob.skip(length)
        words.append(Word(self.data[at : at + min(length, 4000)].decode("utf-8", "backslashreplace"), at, length))

    # ------------------------------------------------------------------ code

    def _code(self, address: int, body: Body) -> None:
        try:
            code = code_of(self.data, self.meta.image.at(address))
            if self._wanted.inside(code.at, code.end):
                walk(self.meta, code, body)
        except Damaged:
            self.broken += 1
