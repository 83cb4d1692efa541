"""Compiled Python (.pyc): classes, enumerations, label sets, dictionaries, functions with their arguments, docstrings.

Read by an own reader of CPython's marshal format: nothing is imported, run, unmarshalled or unpickled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from sousveil.about import About
from sousveil.model import Construct, Kind, Member
from sousveil.read import gloss
from sousveil.read.binary import pycode
from sousveil.read.binary.bytestream import Cursor, Damaged
from sousveil.read.binary.managed import MEMBERS, USES, Body, Hits, Note, Slot, Word, passage
from sousveil.read.binary.managedbuild import Builder, constant_rows
from sousveil.read.binary.marshalled import Code, Listed, Mapped, Reader, strings, version_of
from sousveil.read.binary.marshalspans import places
from sousveil.read.source.constants import Constant, family_name
from sousveil.read.source.pythonwords import ROUTE, TOLD, TYPED
from sousveil.read.unfinished import Unfinished, bounded

ABOUT = About(
    title="Compiled Python",
    ends=".pyc .pyo",
    reads="Classes and enumerations with values, label lists, dictionaries, functions with argument names, docstrings, "
    "arguments of decorators, what fields are described by, strings, of Python 2.7 and 3.6 to 3.14.",
    limits="Of Python 3.0 to 3.5 names and strings only; code is walked straight through, not followed.",
)

_ENUM = re.compile(r"(?:^|\.)(?:\w*Enum|\w*Flag|\w*Choices|Enumeration)$")
_OWN = frozenset(("__module__", "__qualname__", "__doc__", "__slots__", "__firstlineno__", "__static_attributes__"))
_ANNOTATE = ("__annotate__", "__annotate_func__")
_DOCSTRING = 0x4000000
_MOST_CODES = 20_000
_LANGUAGE = "python"


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield what of a compiled module holds a hit; raise Unfinished where it is not whole or of an unknown version."""
    found = version_of(data)
    if found is None:
        raise Unfinished("not-understood", f"compiled Python of an unknown version: {data[:4].hex()}")
    version, header = found
    if version > (3, 14):
        raise Unfinished("not-understood", f"compiled Python {version[0]}.{version[1]}: newer than is known")
    try:
        code = Reader(Cursor(data, header), version).object()
    except Damaged as error:
        raise Unfinished("broken", f"compiled Python {version[0]}.{version[1]}: {error}") from error
    if not isinstance(code, Code):
        raise Unfinished("broken", "compiled Python: the outermost object is no code")
    yield from _Module(data, hits, version).read(code)


def spans(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield where strings stand; the whole file where it cannot be told."""
    found = version_of(data)
    try:
        where = places(data, found[1], found[0]) if found else [(0, len(data))]
    except Damaged:
        where = [(0, len(data))]
    yield from where


class _Module:
    def __init__(self, data: bytes, hits: Sequence[tuple[int, str]] | None, version: tuple[int, int]) -> None:
        self.data = data
        self.hits = Hits(hits)
        self.version = version
        self.builder = Builder(data, self.hits)
        self._encodings = dict(hits or ())
        self._told: set[int] = set()
        self._bases: dict[int, tuple[str, ...]] = {}
        self._types: dict[int, dict[str, str]] = {}
        self._decorated: dict[int, list[pycode.Made]] = {}

    def read(self, code: Code) -> Iterator[Construct]:
        """Yield the constructs of a module's code and of what lies in it."""
        waiting: list[tuple[Code, tuple[str, ...], str]] = [(code, (), "module")]
        done: set[int] = set()
        while waiting:
            one, scope, role = waiting.pop()
            if id(one) in done:
                continue
            done.add(id(one))
            if len(done) > _MOST_CODES:
                raise Unfinished("quota", f"more than {_MOST_CODES} functions and classes in one module")
            inner = (*scope, one.name)[-40:] if role != "module" else scope
            yield from self._code(one, scope, inner, role)
            for child in reversed(list(_codes(one))):
                body = not child.flags & 1
                waiting.append((child, inner, "class" if body else "method" if role == "class" else "function"))

    def _code(self, code: Code, scope: tuple[str, ...], inner: tuple[str, ...], role: str) -> Iterator[Construct]:
        if code.name in _ANNOTATE:
            return
        walked = pycode.walk(self.data, code, self.version)
        self._told = set()
        self._learn(walked)
        where = ".".join(inner) or "module"
        document = self._document(code, walked, role)
        if document is not None:
            self._told.add(document.offset)
        body = Body()
        for name in code.names:
            if isinstance(name, Word):
                body.use(name)
        children = {child.name for child in _codes(code)} | {code.name}
        for word in strings(Listed(x for x in code.consts if not isinstance(x, Code))):
            # The names of what is declared stand among the strings too.
            if word != document and word.text.rpartition(".")[2] not in children:
                body.string(self._spoken(word))
        self._runs(walked, body)
        if role == "module":
            yield from self._families(walked, scope, where)
            if document is not None and self.hits.on(document):
                place = passage(self.data, self._spoken(document), "module docstring")
                yield Construct(
                    Kind.STATEMENT, "", place, gloss=document.text[:4000], role="docstring", language=_LANGUAGE
                )
            yield from self._script(body)
        elif role == "class":
            yield from self._class(code, walked, scope, where, document)
        elif self._function_hit(code, body, document):
            yield self._function(code, scope, where, role, document, body)
        body.strings = {w: None for w in body.strings if w.offset not in self._told}
        yield from self.builder.body(where, _LANGUAGE, body, inner, code.name if role != "module" else "")

    def _spoken(self, word: Word) -> Word:
        """Return a string in the encoding that a hit in it speaks for (Python 2 has bytes there)."""
        if self.version < (3, 0):
            for offset in self._encodings:
                if word.offset <= offset < word.offset + word.length:
                    encoding = self._encodings[offset]
                    text = self.data[word.offset : word.offset + word.length].decode(encoding, "backslashreplace")
                    return Word(text, word.offset, word.length, encoding)
        return word

    def _document(self, code: Code, walked: pycode.Walked, role: str) -> Word | None:
        if role in ("function", "method"):
            told = self.version < (3, 14) or code.flags & _DOCSTRING
            first = code.consts[0] if code.consts and told else None
            return first if isinstance(first, Word) else None
        for stored in walked.stored[:4]:
            if stored.name.text == "__doc__" and stored.what and isinstance(stored.what[-1], Word):
                return stored.what[-1]
        return None

    # ------------------------------------------------------------------ lists

    def _runs(self, walked: pycode.Walked, body: Body) -> None:
        for stored in walked.stored:
            if stored.name.text in _OWN or any(isinstance(x, Code) for x in stored.what):
                self._told.update(w.offset for w in strings(Listed(x for x in stored.what if not isinstance(x, Code))))
                continue
            for value in stored.what:
                body.touched.add(stored.name)
                self._collection(value, stored.name.text, body, 0)
        for value in walked.loose:
            self._collection(value, "", body, 0)
        self._told.update(w.offset for w in strings(Listed(walked.imported)))

    def _collection(self, value: Any, name: str, body: Body, depth: int) -> None:
        if depth > 6:
            return
        if isinstance(value, Listed):
            plain = [x for x in value if isinstance(x, Word)]
            if len(plain) > 1 and len(plain) * 2 >= len(value):
                for word in bounded(plain, MEMBERS, "entries of one list"):
                    body.element(self._spoken(word))
                body.sink(name)
            for inner in bounded(value, MEMBERS, "entries of one collection"):
                self._collection(inner, name, body, depth + 1)
        elif isinstance(value, Mapped):
            for key, worth in bounded(value, MEMBERS, "entries of one collection"):
                if isinstance(key, Word):
                    body.pair(self._spoken(key), self._spoken(worth) if isinstance(worth, Word) else _shown(worth))
                elif isinstance(worth, Word):
                    body.pair(self._spoken(worth), _shown(key))
            body.sink(name)
            for key, worth in bounded(value, MEMBERS, "entries of one collection"):
                self._collection(worth, key.text[:80] if isinstance(key, Word) else name, body, depth + 1)

    def _families(self, walked: pycode.Walked, scope: tuple[str, ...], where: str) -> Iterator[Construct]:
        """Yield runs of constants of a module that belong together."""
        slots = [self._slot(s) for s in walked.stored if not s.attribute]
        whole, groups = constant_rows(slots)
        if whole and any(s.name.text.isupper() for s in slots):
            groups = [slots]
        for group in groups:
            if self._slots_hit(group):
                rows = [Constant(s.name.text, s.value, s.name.offset, s.name.offset, s.name.offset) for s in group]
                place = passage(self.data, group[0].name, f"{where}.{group[0].name.text}")
                members = tuple(self._member(s, where) for s in bounded(group, MEMBERS, "constants of one group"))
                yield Construct(
                    Kind.ENUMERATION,
                    family_name(rows),
                    place,
                    members,
                    scope=scope,
                    role="constants",
                    language=_LANGUAGE,
                )
        grouped = {id(slot) for group in groups for slot in group}
        for slot in slots:
            if slot.constant and id(slot) not in grouped and self.hits.any(slot.touched):
                yield from self._alone(slot, scope, where)

    def _alone(self, slot: Slot, scope: tuple[str, ...], where: str) -> Iterator[Construct]:
        """Yield a string that a name of its own stands for."""
        body = Body()
        for word in slot.touched:
            body.string(word)
        name = slot.name.text
        for one in self.builder.body(f"{where}.{name}", _LANGUAGE, body, scope, name):
            yield one if one.name else replace(one, name=name, gloss=slot.value[:4000])

    # ------------------------------------------------------------------ declarations

    def _slot(self, stored: pycode.Stored, kind: str = "") -> Slot:
        value = stored.what[-1] if stored.what else None
        constant = len(stored.what) == 1 and isinstance(value, int | str | Word) and not isinstance(value, pycode.Name)
        touched: tuple[Word, ...] = ()
        notes: tuple[Note, ...] = ()
        if stored.calls:
            call = stored.calls[-1]
            last = call.name.rpartition(".")[2]
            first = call.given[:1] if last.endswith("Field") else []
            told = [self._spoken(w) for w in (*map(call.named.get, TOLD), *first) if isinstance(w, Word)]
            if told and value not in call.given[len(first) :]:
                value, constant = None, False
            self._told.update(w.offset for w in told)
            notes = (Note("", tuple(told)),)
            kind = kind or (last if last[:1].isupper() or last in TYPED else "")
        if isinstance(value, Word):
            value = self._spoken(value)
            touched = (value,)
            if constant:
                self._told.add(value.offset)
        shown = "" if value is None and notes else _shown(value)
        return Slot(stored.name, kind, shown, notes, constant, touched=touched)

    def _member(self, slot: Slot, where: str) -> Member:
        place = passage(self.data, slot.name, f"{where}.{slot.name.text}")
        said = gloss.join(*(w.text[:4000] for note in slot.notes for w in note.words))
        pairs = gloss.values(said) if said else ()
        return Member(slot.name.text, place, slot.value[:400], slot.type[:400], said, pairs)

    def _slots_hit(self, slots: Iterable[Slot]) -> bool:
        return self.hits.all or any(
            self.hits.any((s.name, *s.touched, *(w for note in s.notes for w in note.words))) for s in slots
        )

    def _class(
        self, code: Code, walked: pycode.Walked, scope: tuple[str, ...], where: str, document: Word | None
    ) -> Iterator[Construct]:
        slots: dict[str, Slot] = {}
        kinds = {word.text: kind for word, kind in walked.annotated}
        for stored in walked.stored:
            name = stored.name.text
            made = next((x for x in stored.what if isinstance(x, Code)), None)
            if name in _OWN or name.startswith("__"):
                continue
            if made is not None:
                if made.flags & 1 and "property" in [str(x) for x in stored.what if isinstance(x, pycode.Name)]:
                    slots.setdefault(name, Slot(stored.name))
                continue
            slots.setdefault(name, self._slot(stored, kinds.get(name, "")))
        for word, kind in walked.annotated:
            slots.setdefault(word.text, Slot(word, kind))
        for child in _codes(code):
            if child.name in ("__init__", *_ANNOTATE):
                inner = pycode.walk(self.data, child, self.version)
                for stored in inner.stored:
                    if stored.attribute and child.name == "__init__":
                        slots.setdefault(stored.name.text, self._slot(stored))
                for mapped in (x for x in inner.loose if isinstance(x, Mapped) and child.name != "__init__"):
                    for key, worth in bounded(mapped, MEMBERS, "annotations of one class"):
                        if isinstance(key, Word):
                            slots.setdefault(key.text, Slot(key, str(worth or "")))
        label = code.name_word
        if label is None:
            return
        bases = self._bases.get(id(code), ())
        fields = list(slots.values())
        enum = any(_ENUM.search(b) for b in bases)
        constants = not enum and len(fields) >= 2 and all(s.name.text.isupper() and s.constant for s in fields)
        if not (self.hits.on(label) or self._slots_hit(fields) or (document is not None and self.hits.on(document))):
            return
        yield Construct(
            Kind.ENUMERATION if enum or constants else Kind.RECORD,
            code.name,
            passage(self.data, label, where),
            tuple(self._member(s, where) for s in bounded(fields, MEMBERS, f"fields of {where}")),
            gloss=document.text[:4000] if document else "",
            scope=scope,
            role="enum" if enum else "constants" if constants else "class",
            language=_LANGUAGE,
            bases=bases,
        )

    def _function_hit(self, code: Code, body: Body, document: Word | None) -> bool:
        words = [w for w in (*code.variables[: code.arguments], code.name_word, document) if isinstance(w, Word)]
        words += [w for call in self._decorated.get(id(code), ()) for w in _spoken_in(call)]
        return self.hits.any((*words, *body.touched))

    def _function(
        self, code: Code, scope: tuple[str, ...], where: str, role: str, document: Word | None, body: Body
    ) -> Construct:
        words = [w for w in code.variables[: code.arguments] if isinstance(w, Word) and w.text not in ("self", "cls")]
        name = code.name_word or Word("", code.code[0], 0)
        types = self._types.get(id(code), {})
        uses: dict[str, None] = {}
        routes: list[str] = []
        for call in self._decorated.get(id(code), ()):
            uses.update(dict.fromkeys([f"@{call.name}", *(w.text[:80] for w in _spoken_in(call))]))
            given = [w.text for w in call.given if isinstance(w, Word)]
            if given and ROUTE.search(call.name):
                role = "endpoint"
                said = [call.named.get(k) for k in ("summary", "description")]
                routes += [*given[:2], *(w.text[:4000] for w in said if isinstance(w, Word))]
        return Construct(
            Kind.OPERATION,
            code.name,
            passage(self.data, name, where),
            tuple(self._member(Slot(w, types.get(w.text, "")), where) for w in words[:255]),
            gloss=gloss.join(*routes, document.text[:4000] if document else ""),
            scope=scope,
            role=role,
            language=_LANGUAGE,
            returns=types.get("return", ""),
            uses=(*uses, *body.uses)[:USES],
        )

    def _learn(self, walked: pycode.Walked) -> None:
        """Note what the code around says of classes and functions: bases and types."""
        for stored in walked.stored:
            for code in (x for x in stored.what if isinstance(x, Code) and x.flags & 1):
                self._decorated[id(code)] = stored.calls
                self._told.update(w.offset for call in stored.calls for w in _spoken_in(call))
            made = [x for x in stored.what if isinstance(x, Code) and not x.flags & 1]
            if made:
                after = stored.what[stored.what.index(made[-1]) :] if self.version >= (3, 0) else stored.what
                flat = [y for x in after for y in (x if isinstance(x, Listed) else (x,))]
                self._bases[id(made[-1])] = tuple(str(x) for x in flat if isinstance(x, pycode.Name))[:20]
        for code, before in walked.functions:
            types: dict[str, str] = {}
            for one in before:
                if isinstance(one, Code) and one.name in _ANNOTATE:
                    one = next(
                        (x for x in pycode.walk(self.data, one, self.version).loose if isinstance(x, Mapped)), None
                    )
                if isinstance(one, Mapped):
                    types.update({k.text: str(v) for k, v in one if isinstance(k, Word) and isinstance(v, pycode.Name)})
                elif isinstance(one, Listed) and any(isinstance(x, pycode.Name) for x in one[1::2]):
                    pairs = zip(one[::2], one[1::2], strict=False)
                    types.update({k.text: _shown(v) for k, v in pairs if isinstance(k, Word)})
            if types:
                self._types[id(code)] = types

    def _script(self, body: Body) -> Iterator[Construct]:
        """Yield a module's own code as one operation where a string in it holds a hit."""
        held = next((w for w in body.strings if w.offset not in self._told and self.hits.on(w)), None)
        if held is not None and not any(held == word for run in body.runs for entry in run.entries for word in entry):
            place = passage(self.data, held, "module")
            yield Construct(Kind.OPERATION, "", place, role="script", language=_LANGUAGE, uses=tuple(body.uses)[:USES])


def _spoken_in(call: pycode.Made) -> Iterator[Word]:
    """Yield the strings that a call was given."""
    for one in (*call.given, *call.named.values()):
        yield from strings(Listed([one]))


def _codes(code: Code) -> Iterator[Code]:
    for one in code.consts:
        if isinstance(one, Code):
            yield one


def _shown(value: Any) -> str:
    if isinstance(value, Word):
        return value.text
    if isinstance(value, bool) or value is None or isinstance(value, int | float | str):
        return str(value)
    return ""
