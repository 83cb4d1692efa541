"""JVM class files: enumerations, constants, fields, methods with their parameters' names, annotations, strings.

Source: The Java Virtual Machine Specification, chapter 4. Strings are modified UTF-8: what is beyond the basic plane
or a zero is quoted as it lies.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct
from sousveil.read.binary import javacode
from sousveil.read.binary.bytestream import Cursor, Damaged
from sousveil.read.binary.managed import Body, Hits, Method, Note, Slot, Type, Word, simple
from sousveil.read.binary.managedbuild import Builder
from sousveil.read.unfinished import Unfinished

ABOUT = About(
    title="Java and Kotlin classes",
    ends=".class .jar .war .aar",
    reads="Enumerations, constants with values, fields and methods with types and parameter names, annotations, record "
    "components, lists that code builds, strings, also those joined as they are needed, and queries, JSON and XML in "
    "them.",
    limits="Code is walked straight through, not followed; Kotlin's own metadata is not decoded.",
)

_STATIC, _FINAL, _SYNTHETIC, _BRIDGE, _ENUM, _INTERFACE = 0x8, 0x10, 0x1000, 0x40, 0x4000, 0x200
_WORDS = ("byte", "char", "double", "float", "int", "long", "short", "boolean", "void")
_PRIMITIVE = dict(zip("BCDFIJSZV", _WORDS, strict=True))
_SIZES = {3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4, 15: 3, 16: 2, 17: 4, 18: 4, 19: 2, 20: 2}
_NAMED = re.compile(r"(?<![^\W\d])([^\W\d]\w*+)(?=[;<])")
_MADE = frozenset(("values", "valueOf", "$values", "entries", "getEntries"))


def mutf8(raw: bytes) -> str:
    """Return modified UTF-8 decoded: zeros in two bytes, what is beyond the basic plane as two surrogates."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        text = raw.replace(b"\xc0\x80", b"\0").decode("utf-8", "surrogatepass" if b"\xed" in raw else "replace")
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _text(raw: bytes) -> str:
    try:
        return mutf8(raw)
    except UnicodeDecodeError:
        return raw.decode("utf-8", "backslashreplace")


class _Pool:
    """The constant pool: offsets first, strings when they are asked for."""

    def __init__(self, cursor: Cursor) -> None:
        self.data = cursor.data
        count = cursor.u2()
        self._at: list[tuple[int, int]] = [(0, 0)] * max(1, count)
        self._bootstraps: list[tuple[int, list[int]]] = []
        index = 1
        while index < count:
            tag = cursor.u1()
            self._at[index] = (tag, cursor.at)
            if tag == 1:
                cursor.skip(cursor.u2())
            elif tag in _SIZES:
                cursor.skip(_SIZES[tag])
            else:
                raise Damaged(f"constant {index} has tag {tag}, at {cursor.at - 1}")
            index += 2 if tag in (5, 6) else 1

    def spans(self) -> Iterator[tuple[int, int]]:
        """Yield where strings stand."""
        for tag, at in self._at:
            if tag == 1:
                yield at + 2, at + 2 + (self.data[at] << 8 | self.data[at + 1])

    def _entry(self, index: int, *tags: int) -> int:
        if not 0 < index < len(self._at) or self._at[index][0] not in tags:
            raise Damaged(f"constant {index} is none of the kinds {tags}")
        return self._at[index][1]

    def _number(self, at: int, code: str) -> int | float:
        value: int | float = struct.unpack_from(code, self.data, at)[0]
        return value

    def word(self, index: int) -> Word:
        at = self._entry(index, 1)
        length = int(self._number(at, ">H"))
        return Word(_text(self.data[at + 2 : at + 2 + length]), at + 2, length)

    def _pair(self, at: int) -> tuple[int, int]:
        first, second = struct.unpack_from(">HH", self.data, at)
        return first, second

    def class_word(self, index: int) -> Word | None:
        if index == 0:
            return None
        at = self._entry(index, 7, 19, 20)
        return self.word(int(self._number(at, ">H")))

    def reference(self, index: int) -> tuple[str, Word, str]:
        at = self._entry(index, 9, 10, 11, 17, 18)
        owner, named = self._pair(at)
        name, kind = self._pair(self._entry(named, 12))
        holder = self.class_word(owner) if self._at[index][0] < 12 else None
        return holder.text if holder else "", self.word(name), self.word(kind).text

    def bootstrap(self, part: Cursor) -> None:
        """Note what the calls that are made when they are run are made from."""
        for _ in range(part.u2()):
            self._bootstraps.append((part.u2(), [part.u2() for _ in range(part.u2())]))

    def dynamic(self, index: int) -> tuple[list[Word], list[Word]]:
        number, _ = self._pair(self._entry(index, 17, 18))
        if number >= len(self._bootstraps):
            raise Damaged(f"bootstrap method {number} of {len(self._bootstraps)}")
        maker, given = self._bootstraps[number]
        if self._handled(maker)[0] == "java/lang/runtime/ObjectMethods":
            # A record's own equals, hashCode and toString.
            return [], []
        kinds = [(self._at[i][0], i) for i in given if 0 < i < len(self._at)]
        strings = [self.constant(i) for tag, i in kinds if tag == 8]
        return [w for w in strings if isinstance(w, Word)], [self._handled(i)[1] for tag, i in kinds if tag == 15]

    def _handled(self, index: int) -> tuple[str, Word]:
        """Return class and name of the method or field that a handle stands for."""
        at = self._entry(index, 15)
        owner, name, _ = self.reference(int(self._number(at + 1, ">H")))
        return owner, name

    def constant(self, index: int) -> Word | str | None:
        if not 0 < index < len(self._at):
            raise Damaged(f"constant {index} of {len(self._at)}")
        tag, at = self._at[index]
        if tag == 8:
            return self.word(int(self._number(at, ">H")))
        if tag in (3, 4, 5, 6):
            return str(self._number(at, {3: ">i", 4: ">f", 5: ">q", 6: ">d"}[tag]))
        if tag == 7:
            found = self.class_word(index)
            return simple(found.text) if found else None
        return None


def described(descriptor: str) -> tuple[list[str], str]:
    """Return the parameter types and the type of a descriptor, as source would write them."""
    kinds: list[str] = []
    at = 0
    while at < len(descriptor):
        if descriptor[at] in "()":
            at += 1
            continue
        start = at
        while at < len(descriptor) and descriptor[at] == "[":
            at += 1
        depth = at - start
        if at >= len(descriptor):
            break
        if descriptor[at] == "L":
            end = descriptor.find(";", at)
            end = len(descriptor) if end < 0 else end
            name = simple(descriptor[at + 1 : end])
            at = end + 1
        else:
            name = _PRIMITIVE.get(descriptor[at], "?")
            at += 1
        kinds.append(name + "[]" * min(depth, 8))
    return kinds[:-1], kinds[-1] if kinds else ""


def generic(signature: str, plain: str) -> str:
    """Return a field's or result's type with the types inside its brackets: ``List<EM_RACE_TYPE>``."""
    last = signature.rpartition(")")[2]
    if "<" not in last[:2000]:
        return plain
    inner = _NAMED.findall(last[:2000].partition("<")[2])
    return f"{plain}<{', '.join(inner[:20])}>" if inner else plain


class _Attributes:
    """What of a class's, field's or method's attributes is read."""

    def __init__(self) -> None:
        self.value: int = 0
        self.code: tuple[int, int] | None = None
        self.signature = ""
        self.notes: list[Note] = []
        self.parameter_notes: list[list[Note]] = []
        self.parameters: list[Word | None] = []
        self.locals: dict[int, Word] = {}
        self.components: list[Slot] = []
        self.inner = ""


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        cursor = Cursor(data, 8, big=True)
        self.pool = _Pool(cursor)
        self.cursor = cursor

    def type(self) -> Type:
        cursor, pool = self.cursor, self.pool
        flags = cursor.u2()
        named = pool.class_word(cursor.u2())
        parent = pool.class_word(cursor.u2())
        interfaces = [pool.class_word(cursor.u2()) for _ in range(cursor.u2())]
        if named is None:
            raise Damaged("the class has no name")
        fields = [self._member() for _ in range(cursor.u2())]
        methods = [self._member() for _ in range(cursor.u2())]
        own = self._attributes(cursor)
        package, _, last = named.text.rpartition("/")
        outer = tuple(part for part in last.split("$")[:-1] if part)
        bare = last.split("$")[-1] or last
        width = len(bare.encode("utf-8", "surrogatepass"))
        at = named.offset + max(0, named.length - width)
        enum = bool(flags & _ENUM)
        self._listed: dict[str, list[javacode.Pushed]] = {}
        # The initialiser first: it tells what an enumeration's constants are made from.
        done = sorted(range(len(methods)), key=lambda i: methods[i][1].text != "<clinit>")
        built = {i: self._method(*methods[i], enum) for i in done}
        bases = [w.text for w in (parent, *interfaces) if w is not None]
        bases = [b for b in bases if b not in ("java/lang/Object", "java/lang/Enum", "java/lang/Record")]
        kotlin = any(n.name == "Metadata" for n in own.notes)
        slots = [self._field(*f, enum) for f in fields if not f[0] & _SYNTHETIC]
        if own.components and not slots:
            slots = own.components
        record = parent is not None and parent.text == "java/lang/Record"
        return Type(
            Word(bare, at, width),
            named.text.replace("/", "."),
            ((package.replace("/", "."),) if package else ()) + outer,
            "kotlin" if kotlin else "java",
            "enum" if enum else "interface" if flags & _INTERFACE else "record" if record else "class",
            tuple(simple(b) for b in bases),
            slots,
            [built[i] for i in range(len(methods)) if built[i] is not None],  # type: ignore[misc]
            own.notes,
        )

    def _member(self) -> tuple[int, Word, Word, _Attributes]:
        cursor = self.cursor
        flags, name, kind = cursor.u2(), self.pool.word(cursor.u2()), self.pool.word(cursor.u2())
        return flags, name, kind, self._attributes(cursor)

    def _field(self, flags: int, name: Word, kind: Word, told: _Attributes, enum: bool) -> Slot:
        value = ""
        touched = [kind]
        if told.value:
            constant = self.pool.constant(told.value)
            if isinstance(constant, Word):
                touched.append(constant)
                value = constant.text
            else:
                value = constant or ""
        listed = bool(enum and flags & _ENUM)
        if listed:
            arguments = self._listed.get(name.text, [])
            touched += [a for a in arguments if isinstance(a, Word)]
            value = ", ".join(f'"{a.text}"' if isinstance(a, Word) else a for a in arguments[2:22])
        return Slot(
            name,
            "" if listed else generic(told.signature, described(kind.text)[1]),
            value,
            told.notes,
            constant=bool(told.value and flags & _STATIC and flags & _FINAL),
            listed=listed,
            touched=tuple(touched),
        )

    def _method(self, flags: int, name: Word, kind: Word, told: _Attributes, enum: bool) -> Method | None:
        if flags & _BRIDGE or name.text.startswith("access$") or (enum and name.text in _MADE):
            return None
        parameters, returns = described(kind.text)
        body = Body()
        if told.code is not None:
            start, length = told.code
            javacode.walk(Cursor(self.data, start, start + length, True), self.pool, body, self._listed)
        slots: list[Slot] = []
        local = 0 if flags & _STATIC else 1
        offset = len(parameters) - len(told.parameters) if told.parameters else 0
        for index, one in enumerate(parameters):
            given = told.parameters[index - offset] if told.parameters and index - offset >= 0 else None
            word = given or told.locals.get(local)
            notes = told.parameter_notes[index] if index < len(told.parameter_notes) else []
            local += 2 if one in ("long", "double") else 1
            slots.append(Slot(word or kind._replace(text=f"arg{index}"), one, notes=notes))
        constructor = name.text == "<init>"
        if constructor and enum:
            return None
        hidden = name.text == "<clinit>" or bool(flags & _SYNTHETIC)
        result = "" if constructor else generic(told.signature, returns)
        return Method(name, slots, result, told.notes, body, constructor, hidden, (kind,))

    # ------------------------------------------------------------------ attributes

    def _attributes(self, cursor: Cursor, told: _Attributes | None = None, depth: int = 0) -> _Attributes:
        told = told or _Attributes()
        for _ in range(cursor.u2()):
            name = self.pool.word(cursor.u2()).text
            part = cursor.sub(cursor.at + 4, cursor.u4())
            cursor.at = part.end
            match name:
                case "ConstantValue":
                    told.value = part.u2()
                case "Signature":
                    told.signature = self.pool.word(part.u2()).text
                case "Code" if depth == 0:
                    part.skip(4)
                    length = part.u4()
                    told.code = (part.skip(length), length)
                    part.skip(8 * part.u2())
                    self._attributes(part, told, 1)
                case "LocalVariableTable":
                    for _ in range(part.u2()):
                        start, _, at, _, index = part.u2(), part.u2(), part.u2(), part.u2(), part.u2()
                        if start == 0:
                            told.locals.setdefault(index, self.pool.word(at))
                case "MethodParameters":
                    for _ in range(part.u1()):
                        at, _ = part.u2(), part.u2()
                        told.parameters.append(self.pool.word(at) if at else None)
                case "RuntimeVisibleAnnotations" | "RuntimeInvisibleAnnotations":
                    told.notes += self._notes(part, part.u2())
                case "RuntimeVisibleParameterAnnotations" | "RuntimeInvisibleParameterAnnotations":
                    for index in range(part.u1()):
                        notes = self._notes(part, part.u2())
                        while len(told.parameter_notes) <= index:
                            told.parameter_notes.append([])
                        told.parameter_notes[index] += notes
                case "Record" if depth == 0:
                    for _ in range(part.u2()):
                        word, kind = self.pool.word(part.u2()), self.pool.word(part.u2())
                        inner = self._attributes(part, None, 1)
                        plain = generic(inner.signature, described(kind.text)[1])
                        told.components.append(Slot(word, plain, notes=inner.notes, touched=(kind,)))
                case "BootstrapMethods" if depth == 0:
                    self.pool.bootstrap(part)
                case _:
                    pass
        return told

    def _notes(self, part: Cursor, count: int) -> list[Note]:
        notes: list[Note] = []
        for _ in range(count):
            words: list[Word] = []
            name = self._note(part, words, 0)
            notes.append(Note(name, tuple(words)))
        return notes

    def _note(self, part: Cursor, words: list[Word], depth: int) -> str:
        name = simple(self.pool.word(part.u2()).text)
        for _ in range(part.u2()):
            part.skip(2)
            self._value(part, words, depth + 1)
        return name

    def _value(self, part: Cursor, words: list[Word], depth: int) -> None:
        if depth > 20:
            raise Damaged("annotations nested deeper than 20")
        tag = chr(part.u1())
        if tag == "[":
            for _ in range(part.u2()):
                self._value(part, words, depth + 1)
        elif tag == "@":
            self._note(part, words, depth)
        elif tag == "e":
            part.skip(2)
            words.append(self.pool.word(part.u2()))
        elif tag == "s":
            words.append(self.pool.word(part.u2()))
        else:
            part.skip(2)


def spans(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield where the constant pool's strings stand; the whole file where it cannot be told."""
    try:
        yield from _Pool(Cursor(data, 8, big=True)).spans()
    except Damaged:
        yield 0, len(data)


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield what of a class holds a hit; raise Unfinished for a class file that is not whole."""
    try:
        one = _Reader(data).type()
    except (Damaged, struct.error) as error:
        raise Unfinished("broken", f"class file: {error}") from error
    yield from Builder(data, Hits(hits)).constructs(one)
