"""Build constructs from DWARF entries: the same that the source would have given."""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Iterator

from sousveil.model import Construct, Kind, Member, Passage
from sousveil.read.binary import dwarfforms as d
from sousveil.read.binary.dwarfforms import Broken, Shape, Value
from sousveil.read.binary.dwarflines import files_of
from sousveil.read.binary.dwarfunits import Debug, Unit
from sousveil.read.binary.dwarfwalk import CONSTANT, ENUM, OPERATION, Candidate
from sousveil.read.unfinished import bounded, tell

MOST_MEMBERS = 4000
_MOST_CHILDREN = 200_000
_ROLES = {0x04: "enum", 0x13: "struct", 0x17: "union", 0x02: "class", 0x38: "interface"}
_SUFFIXES = {0x0F: " *", 0x10: " &", 0x42: " &&"}
_PREFIXES = {0x26: "const ", 0x35: "volatile "}
Attributes = dict[int, Value]


class Builder:
    """Builds the constructs of one ``Debug``."""

    def __init__(self, debug: Debug) -> None:
        self.debug = debug
        self.names: dict[int, int] = {}
        """Place of a type: place of the typedef that names it."""
        self._units: list[Unit] = []
        self._starts: list[int] = []
        self.type_name = functools.lru_cache(1 << 14)(self._type_name)

    def add(self, unit: Unit) -> None:
        """Know a unit, in order of place."""
        self._units.append(unit)
        self._starts.append(unit.start)

    def unit_of(self, at: int) -> Unit:
        """Return the unit that holds a place. Raises Broken if none does."""
        i = bisect_right(self._starts, at) - 1
        if i < 0 or not self._units[i].first <= at < self._units[i].end:
            raise Broken(f"a reference to {at:#x}, where no unit is")
        return self._units[i]

    def entry(self, at: int) -> tuple[Unit, Shape, Attributes, int]:
        """Return the entry at a place and the place behind it. Raises Broken."""
        unit = self.unit_of(at)
        shape = self.debug.shape(unit, at)
        if shape is None:
            raise Broken(f"a reference to {at:#x}, where no entry is")
        found, behind = d.values(self.debug.info, at, unit.end, shape, self.debug.order)
        return unit, shape, found, behind

    def target(self, unit: Unit, value: Value | None) -> int | None:
        """Return the place that a reference leads to; None into another file."""
        if value is None:
            return None
        form, number, _ = value
        if form in (0x11, 0x12, 0x13, 0x14, 0x15):
            return unit.start + number
        if form == 0x20:
            return self.debug.signatures.get(number)
        at = self.debug.across(unit, form, number)
        return at if at >= 0 else None

    def children(self, unit: Unit, shape: Shape, behind: int) -> Iterator[tuple[int, Shape, Attributes]]:
        """Yield the entries directly below one, and those of a Rust enumeration's variants with their parent."""
        if not shape.children:
            return
        info, at, depth, count = self.debug.info, behind, 0, 0
        through = [True]
        while at < unit.end:
            count += 1
            if count > _MOST_CHILDREN:
                raise Broken(f"more than {_MOST_CHILDREN} entries below one")
            if info[at] == 0:
                at += 1
                through.pop()
                if not through:
                    return
                continue
            one = self.debug.shape(unit, at)
            if one is None:
                return
            here = at
            if through[-1]:
                found, at = d.values(info, at, unit.end, one, self.debug.order)
                yield here, one, found
            else:
                at = at + one.size if one.size > 0 else d.values(info, at, unit.end, one, self.debug.order)[1]
            if one.children:
                depth = len(through)
                if depth > 512:
                    raise Broken("entries nested too deep")
                sibling = found.get(d.SIBLING) if through[-1] else None
                jump = unit.start + sibling[1] if sibling and sibling[0] in (0x11, 0x12, 0x13, 0x14, 0x15) else 0
                if through[-1] and one.tag in (0x33, 0x19):
                    through.append(True)
                elif here < at < jump <= unit.end:
                    at = jump
                else:
                    through.append(False)

    # ------------------------------------------------------------------ names

    def text(self, unit: Unit, found: Attributes) -> str:
        """Return an entry's own name."""
        value = found.get(d.NAME)
        return self.debug.string(unit, value).decode("utf-8", "backslashreplace") if value else ""

    def _type_name(self, at: int, depth: int = 0) -> str:
        """Return a type as C writes it without the name; an array's sizes behind it."""
        if depth > 16:
            return ""
        try:
            unit, shape, found, behind = self.entry(at)
        except Broken:
            return ""
        name = self.text(unit, found)
        if name:
            return bare(name, unit.language)[:400]
        inner_at = self.target(unit, found.get(d.TYPE))
        if shape.tag in _ROLES:
            named = self.names.get(at)
            return self._type_name(named, depth + 1) if named is not None else _ROLES[shape.tag]
        inner = self._type_name(inner_at, depth + 1) if inner_at is not None else "void"
        if shape.tag in _SUFFIXES:
            return (inner + _SUFFIXES[shape.tag]).replace("* *", "**")[:400]
        if shape.tag in _PREFIXES:
            return f"{inner} {_PREFIXES[shape.tag].strip()}" if inner.endswith("*") else _PREFIXES[shape.tag] + inner
        if shape.tag == 0x01:
            return (inner + "".join(self._sizes(unit, shape, behind)))[:400]
        if shape.tag == 0x15:
            return f"{inner} ()"
        return inner

    def _sizes(self, unit: Unit, shape: Shape, behind: int) -> Iterator[str]:
        for number, (_, one, found) in enumerate(self.children(unit, shape, behind)):
            if number > 8:
                return
            if one.tag == 0x21:
                if d.COUNT in found and found[d.COUNT][0] not in (0x18, 0x13):
                    yield f"[{found[d.COUNT][1]}]"
                elif d.UPPER in found and found[d.UPPER][0] not in (0x18, 0x13):
                    yield f"[{found[d.UPPER][1] + 1}]"
                else:
                    yield "[]"

    def scope(self, places: tuple[int, ...]) -> tuple[str, ...]:
        """Return the names of what encloses a declaration."""
        out = []
        for at in places:
            unit, _, found, _ = self.entry(at)
            name = self.text(unit, found)
            if not name and at in self.names:
                unit, _, found, _ = self.entry(self.names[at])
                name = self.text(unit, found)
            if name:
                out.append(name)
        return tuple(out)

    def where(self, unit: Unit, found: Attributes) -> str:
        """Return the declaration's file and line, else the unit's name."""
        files = files_of(self.debug, unit)
        number = found[d.FILE][1] if d.FILE in found else -1
        file = files[number] if 0 <= number < len(files) and files[number] else unit.name
        return f"{file}:{found[d.LINE][1]}" if d.LINE in found and file else file

    # ------------------------------------------------------------------ constructs

    def build(self, candidate: Candidate) -> Construct | None:
        """Return the construct of a candidate, None if it has neither a name nor members. Raises Broken."""
        unit, shape, found, behind = self.entry(candidate.at)
        where = self.where(unit, found)
        passage, scope = self._name(unit, found, where, candidate)
        members, bases, variants = self._members(unit, shape, behind, candidate.kind, where)
        if passage is None and not members:
            return None
        name = bare(passage.text, unit.language) if passage else ""
        if unit.language == "go" and passage and "." in passage.text:
            scope = (*scope, passage.text[: -len(name) - 1])
        if candidate.kind == OPERATION:
            back = self.target(unit, found.get(d.TYPE))
            if back is None and candidate.named:
                other, _, declared, _ = self.entry(candidate.named)
                back = self.target(other, declared.get(d.TYPE))
            outer = self._kind_of(candidate.scope)
            returns = self.type_name(back) if back is not None else ""
            return Construct(
                Kind.OPERATION, name, passage or members[0].passage, members, "", scope,
                "method" if outer else "function", unit.language, (), returns,
            )  # fmt: skip
        if candidate.kind == ENUM or variants:
            return Construct(
                Kind.ENUMERATION, name, passage or members[0].passage, members, "", scope, "enum", unit.language
            )
        role = _ROLES.get(shape.tag, "struct")
        return Construct(
            Kind.RECORD, name, passage or members[0].passage, members, "", scope, role, unit.language, bases
        )

    def _kind_of(self, scope: tuple[int, ...]) -> bool:
        """Return whether the innermost scope is a type."""
        return bool(scope) and self.entry(scope[-1])[1].tag in _ROLES

    def _name(
        self, unit: Unit, found: Attributes, where: str, candidate: Candidate
    ) -> tuple[Passage | None, tuple[str, ...]]:
        """Return the name: of the typedef, else its own, else that of the declaration it completes."""
        scope = candidate.scope
        typedef = self.names.get(candidate.at)
        if typedef is not None and unit.language in ("c", "objc", "cpp"):
            other, _, named, _ = self.entry(typedef)
            if d.NAME in named and (passage := self.debug.passage(other, named[d.NAME], where)):
                return passage, self.scope(scope)
        at: int | None = candidate.named or None
        for _ in range(4):
            if d.NAME in found:
                return self.debug.passage(unit, found[d.NAME], where), self.scope(scope)
            if at is None:
                break
            unit, _, found, _ = self.entry(at)
            where = self.where(unit, found)
            at = self.target(unit, found.get(d.SPECIFICATION))
        return None, self.scope(scope)

    def _members(
        self, unit: Unit, shape: Shape, behind: int, kind: int, where: str
    ) -> tuple[tuple[Member, ...], tuple[str, ...], bool]:
        out: list[Member] = []
        bases: list[str] = []
        variants = False
        discriminant = ""
        for _, one, found in self.children(unit, shape, behind):
            if len(out) >= MOST_MEMBERS:
                tell(
                    "cut",
                    f"a type of the debug information has more than {MOST_MEMBERS:,} members: the first were read",
                )
                break
            at = self.target(unit, found.get(d.TYPE))
            kind_name = self.type_name(at) if at is not None else ""
            if one.tag == 0x33:
                variants = True
            elif one.tag == 0x19:
                discriminant = str(found[d.DISCRIMINANT][1]) if d.DISCRIMINANT in found else ""
            elif one.tag == 0x1C:
                bases.append(kind_name)
            elif one.tag in (0x28, 0x0D, 0x05) and d.NAME in found and d.ARTIFICIAL not in found:
                if (one.tag == 0x05) != (kind == OPERATION):
                    continue
                line = self.where(unit, found) if d.LINE in found and d.FILE in found else where
                passage = self.debug.passage(unit, found[d.NAME], line)
                if passage is None:
                    continue
                value = discriminant if variants else _number(found, unit, self.debug.order)
                if kind == OPERATION and passage.text.startswith("~r"):
                    continue
                out.append(Member(passage.text, passage, value, "" if variants else kind_name))
        return tuple(out), tuple(b for b in bases if b), variants

    def constants(self, candidates: list[Candidate]) -> Construct | None:
        """Return Go's constants of one type as the enumeration they are."""
        out: list[Member] = []
        of = ""
        scope: tuple[str, ...] = ()
        language = ""
        for candidate in bounded(candidates, MOST_MEMBERS, "constants of one type"):
            unit, _, found, _ = self.entry(candidate.at)
            at = self.target(unit, found.get(d.TYPE))
            if d.NAME not in found or at is None:
                continue
            passage = self.debug.passage(unit, found[d.NAME], unit.name)
            if passage is None:
                continue
            language = unit.language
            of = self.type_name(at)
            name = bare(passage.text, language)
            scope = (passage.text[: -len(name) - 1],) if name != passage.text else ()
            out.append(Member(name, passage, _number(found, unit, self.debug.order)))
        if not out:
            return None
        place = out[0].passage
        return Construct(Kind.ENUMERATION, of, place, tuple(out), "", scope, "constants", language, (of,) if of else ())


def _number(found: Attributes, unit: Unit, order: object) -> str:
    """Return an enumerator's value: fixed forms are signed or not as the number's own form says nothing."""
    if d.VALUE not in found:
        return ""
    form, value, _ = found[d.VALUE]
    if form in (0x03, 0x04, 0x08, 0x09, 0x0A, 0x18):
        return ""
    return str(value)


def bare(name: str, language: str) -> str:
    """Return a name without its package: Go writes ``main.Nation``, ``*main.Nation``, ``[]example.com/x.Nation``."""
    if language != "go":
        return name
    head = name[: len(name) - len(name.lstrip("*[]0123456789"))]
    rest = name[len(head) :]
    if any(c in rest for c in " {(<"):
        return name
    return head + rest.rpartition("/")[2].rpartition(".")[2]


__all__ = ["CONSTANT", "Builder", "bare"]
