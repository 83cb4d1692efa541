"""Types of compiled, managed code as the constructs that their source would give.

What of a ``Type`` holds a hit becomes an Enumeration or a Record, Operations, label sets and strings, with the roles
that the readers of Java and C# use, so that the same rules and links hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from sousveil.model import Construct, Kind, Member
from sousveil.read.binary.embedded import embedded
from sousveil.read.binary.managed import MEMBERS, STRING, Body, Hits, Method, Note, Run, Slot, Type, Word, passage
from sousveil.read.gloss import attribute_key, attribute_list, values
from sousveil.read.source.constants import WHOLE, Constant, families, family_name
from sousveil.read.unfinished import bounded, tell

_SILENT = re.compile(
    r"(?:Override|Deprecated|Suppress\w*|Autowired|Resource|Data|Getter|Setter|Non[Nn]ull|Nullable|NotNull|Valid|Keep"
    r"|Serializable|MarshalAs|StructLayout|DllImport|Metadata|Signature|MemberClasses|InnerClass|EnclosingMethod"
    r"|EnclosingClass|Throws|SourceDebugExtension|DebuggerBrowsable|DebuggerDisplay|CompilerGenerated|GeneratedCode"
    r"|AssemblyFileVersion|InternalsVisibleTo|DefaultMember|Extension|Jvm\w+|TargetFramework)(?:Attribute)?$"
)
_ENDPOINT = re.compile(r"(?:\w*Mapping|Path|GET|POST|PUT|DELETE|PATCH|Route|Http(?:Get|Post|Put|Delete|Patch))$")
_KIND = re.compile(r"([a-z]+)([A-Z][a-z]+)")
_ACCESSOR = re.compile(r"^(?:get_|set_|get|is|set)(?=[A-Z_])")


def said(notes: Iterable[Note]) -> str:
    """Return what annotations say: their names and their strings, a line each."""
    lines: list[str] = []
    for note in notes:
        words = [w.text for w in note.words if w.text.strip()]
        if words and not _SILENT.match(note.name):
            lines.append(" ".join((note.name.removesuffix("Attribute"), *words))[:STRING])
    return "\n".join(lines)


class Builder:
    """Turns one file's types into constructs."""

    def __init__(self, data: bytes, hits: Hits) -> None:
        self._data = data
        self._hits = hits

    def constructs(self, one: Type) -> Iterator[Construct]:
        """Yield what of a type holds a hit."""
        yield from self._declared(one)
        inner = (*one.scope, one.name.text)
        # What an enumeration's constants are made from stands in the enumeration.
        told = {w for f in one.fields if f.listed for w in f.touched}
        for method in one.methods:
            name = one.name.text if method.constructor else method.name.text
            within = inner if method.hidden else (*inner, name)
            if not method.hidden and self._method_hit(method):
                yield self._operation(one, method, name, inner)
            yield from self.body(one.full, one.language, method.body, within, name, told)

    # ------------------------------------------------------------------ declarations

    def _declared(self, one: Type) -> Iterator[Construct]:
        fields = one.fields
        listed = [f for f in fields if f.listed]
        if one.role == "enum":
            if self._head_hit(one) or self._fields_hit(listed):
                yield self._type(one, Kind.ENUMERATION, "enum", listed)
            fields = [f for f in fields if not f.listed]
            if not fields:
                return
        if one.role != "enum":
            whole, groups = constant_rows(fields)
            if whole:
                if self._head_hit(one) or self._fields_hit(fields):
                    yield self._type(one, Kind.ENUMERATION, "constants", fields)
                return
            for group in groups:
                if self._fields_hit(group):
                    yield self._family(one, group)
            taken = {id(f) for group in groups for f in group}
            fields = [f for f in fields if id(f) not in taken]
        if one.role != "enum" or any(not f.listed for f in fields):
            properties = list(fields) or self._accessors(one)
            if fields:
                yield from self._kin(one)
            if self._fields_hit(properties) or (one.role != "enum" and self._head_hit(one)):
                yield self._type(one, Kind.RECORD, "class" if one.role == "enum" else one.role, properties)

    def _accessors(self, one: Type) -> list[Slot]:
        """Return the properties that getters and setters tell of, for a type without fields."""
        found: dict[str, Slot] = {}
        for method in one.methods:
            name = method.name.text
            if method.hidden or method.constructor or not _ACCESSOR.match(name):
                continue
            bare = _ACCESSOR.sub("", name)
            word = method.name._replace(text=bare[:1].lower() + bare[1:])
            kind = method.returns if method.returns not in ("", "void") else ""
            kind = kind or (method.parameters[0].type if method.parameters else "")
            found.setdefault(word.text, Slot(word, kind, notes=method.notes, touched=method.touched))
        return list(found.values())

    def _kin(self, one: Type) -> Iterator[Construct]:
        """Yield the getters that ask one thing of each of several kinds, ``getBlackRace`` beside ``getWhiteRace``."""
        groups: dict[str, list[Slot]] = {}
        for slot in self._accessors(one):
            found = _KIND.fullmatch(slot.name.text)
            if found and self._hits.any((slot.name,)):
                groups.setdefault(found[2], []).append(Slot(slot.name._replace(text=found[1]), slot.type))
        for last, group in groups.items():
            if len(group) >= 3:
                scope = (*one.scope, one.name.text)
                members = tuple(self._member(s, one.full) for s in bounded(group, MEMBERS, f"getters of {one.full}"))
                place = members[0].passage
                yield Construct(Kind.LABEL_SET, last, place, members, scope=scope, role="family", language=one.language)

    def _type(self, one: Type, kind: Kind, role: str, fields: Sequence[Slot]) -> Construct:
        return Construct(
            kind,
            one.name.text,
            passage(self._data, one.name, one.full),
            tuple(self._member(f, one.full) for f in bounded(fields, MEMBERS, f"fields of {one.full}")),
            gloss=said(one.notes),
            scope=one.scope,
            role=role,
            language=one.language,
            bases=one.bases,
        )

    def _family(self, one: Type, group: Sequence[Slot]) -> Construct:
        rows = [_constant(f) for f in group]
        return Construct(
            Kind.ENUMERATION,
            family_name(rows),
            passage(self._data, group[0].name, f"{one.full}.{group[0].name.text}"),
            tuple(self._member(f, one.full) for f in bounded(group, MEMBERS, f"constants of {one.full}")),
            scope=(*one.scope, one.name.text),
            role="constants",
            language=one.language,
        )

    def _member(self, slot: Slot, full: str) -> Member:
        gloss = said(slot.notes)
        place = passage(self._data, slot.name, f"{full}.{slot.name.text}")
        return Member(slot.name.text, place, slot.value[:400], slot.type[:400], gloss, values(gloss) if gloss else ())

    def _operation(self, one: Type, method: Method, name: str, scope: tuple[str, ...]) -> Construct:
        types = ", ".join(p.type for p in method.parameters)
        full = f"{one.full}.{name}"
        return Construct(
            Kind.OPERATION,
            name,
            passage(self._data, method.name, f"{full}({types})"[:300]),
            tuple(self._member(p, full) for p in method.parameters[:255]),
            gloss=said(method.notes),
            scope=scope,
            role="endpoint"
            if any(_ENDPOINT.match(n.name.removesuffix("Attribute")) for n in method.notes)
            else "constructor"
            if method.constructor
            else "method",
            language=one.language,
            returns=method.returns,
            uses=tuple(method.body.uses),
        )

    # ------------------------------------------------------------------ code

    def body(
        self, full: str, language: str, body: Body, scope: tuple[str, ...], name: str, told: Iterable[Word] = ()
    ) -> Iterator[Construct]:
        """Yield the lists and strings of a method's code that hold a hit; not those in ``told``."""
        listed = set(told)
        for run in body.runs:
            words = [w for entry in run.entries for w in entry if isinstance(w, Word)]
            listed.update(words)
            if self._hits.any(words) or (run.name and self._hits.any(w for w in body.touched if w.text == run.name)):
                yield self._labels(full, language, run, scope, name)
        for word in body.strings:
            if word in listed or not self._hits.on(word):
                continue
            if inner := self._embedded(word, full, scope):
                yield from inner
                continue
            if word.length > STRING and self._hits.inside(word.offset + STRING, word.offset + word.length):
                tell("cut", f"a string of {word.length:,} bytes at {word.offset:#x}: the first {STRING:,} were judged")
            items = attribute_list(word.text[:STRING])
            place = passage(self._data, word, full)
            if items is None:
                yield Construct(Kind.STATEMENT, "", place, scope=scope, role="string", language=language)
                continue
            parts = tuple(Member(item, place) for item in bounded(items, MEMBERS, "entries of one string"))
            key = attribute_key(word.text[:STRING]) or name
            yield Construct(Kind.LABEL_SET, key, place, parts, scope=scope, role="attribute-list", language=language)

    def _embedded(self, word: Word, full: str, scope: tuple[str, ...]) -> list[Construct] | None:
        """Return what the reader of a query's or a document's language makes of a string, None if it is in none."""
        end = word.offset + word.length

        def where(at: int) -> str:
            return f"{full} at 0x{at:x}"

        return embedded(self._data, word.text, word.offset, end, word.encoding, where, scope)

    def _labels(self, full: str, language: str, run: Run, scope: tuple[str, ...], name: str) -> Construct:
        label = run.name or name
        parts = tuple(
            Member(w.text[:400], passage(self._data, w, full), (v.text if isinstance(v, Word) else v)[:400])
            for w, v in run.entries
        )
        role = "dict" if run.pairs else "list"
        return Construct(Kind.LABEL_SET, label, parts[0].passage, parts, scope=scope, role=role, language=language)

    # ------------------------------------------------------------------ hits

    def _head_hit(self, one: Type) -> bool:
        return self._hits.all or self._hits.any((one.name, *one.touched, *_words(one.notes)))

    def _fields_hit(self, fields: Sequence[Slot]) -> bool:
        return self._hits.all or any(self._slot_hit(f) for f in fields)

    def _slot_hit(self, slot: Slot) -> bool:
        return self._hits.on(slot.name) or self._hits.any((*slot.touched, *_words(slot.notes)))

    def _method_hit(self, method: Method) -> bool:
        return (
            self._hits.all
            or self._hits.on(method.name)
            or self._hits.any((*method.touched, *_words(method.notes), *method.body.touched))
            or any(self._slot_hit(p) for p in method.parameters)
        )


def _words(notes: Iterable[Note]) -> Iterator[Word]:
    for note in notes:
        if not _SILENT.match(note.name):
            yield from note.words


def _constant(slot: Slot) -> Constant:
    at = slot.name.offset
    return Constant(slot.name.text, slot.value, at, at, at + slot.name.length)


def constant_rows(fields: Sequence[Slot]) -> tuple[bool, list[list[Slot]]]:
    """Return whether a type is constants alone, else its families of constants.

    As ``source.constants.class_constants`` does for source; compilers keep the order of the declarations.
    """
    rows: list[list[Slot]] = [[]]
    for one in fields:
        if one.constant:
            rows[-1].append(one)
        else:
            rows.append([])
    flat = [s for row in rows for s in row]
    alone = len(flat) >= 2 and len(flat) == len(fields)
    if alone and (len(flat) <= WHOLE or len(list(families([_constant(s) for s in flat]))) == 1):
        return True, []
    groups: list[list[Slot]] = []
    for row in rows:
        start = 0
        for group in families([_constant(s) for s in row]):
            if len(group) > 1:
                groups.append(row[start : start + len(group)])
            start += len(group)
    return False, groups
