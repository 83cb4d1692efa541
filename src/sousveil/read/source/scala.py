"""Scala: case classes, sealed types and their objects, enumerations, functions, lists, choices (Scala 2 and 3).

Read without a grammar: none is at hand.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

from sousveil.model import Construct, Kind, Member
from sousveil.read.source.drafts import Draft, Spots, touched
from sousveil.read.source.plain import BODY, EFFORT, ITEMS, Plain, said
from sousveil.read.text import Text
from sousveil.read.unfinished import tell

EXTENSIONS = (".scala", ".sc")

_TYPE = re.compile(
    rb"\b(?P<mods>(?:(?:sealed|abstract|final|private(?:\[\w{1,60}\])?|protected|implicit|case|open"
    rb"|inline)[ \t]++){0,6})"
    rb"(?P<kind>class|trait|object|enum)[ \t]++(?P<name>[A-Za-z_]\w{0,200})"
)
_GIVEN = re.compile(
    rb"(?:\[[^\[\]]{0,200}(?:\[[^\[\]]{0,100}\][^\[\]]{0,100}){0,4}\])?(?:[ \t]*+@\w{1,60}(?:\(\))?)?"
    rb"(?:[ \t]*+(?:private|protected)(?:\[\w{1,60}\])?)?\s{0,40}+(?P<open>\()"
)
_EXTENDS = re.compile(rb"\s{0,40}+extends\s{1,40}+([\w.]{1,200}(?:\[[^\[\]\n]{0,200}\])?)[ \t]*+(\([^()]{0,400}\))?")
_WITH = re.compile(rb"\s{0,40}+with\s{1,40}+([\w.]{1,200})(?:\[[^\[\]\n]{0,200}\])?")
_OPEN = re.compile(rb"[^{}\n=;:]{0,200}+(?:(\{)|:[ \t]*+\r?\n)|\s{0,40}+(\{)")
_PARAMETER = re.compile(
    rb"(?:\s{0,40}@[\w.]{1,100}(?:\([^()]{0,200}\))?){0,4}\s{0,40}+(?:(?:private(?:\[\w{1,60}\])?|override|implicit|final"
    rb"|protected|val|var|using|inline)\s++){0,4}(?P<name>[A-Za-z_`][\w`]{0,200})\s{0,20}:\s{0,40}(?P<type>[^=]{1,200})"
    rb"(?:=\s{0,20}(?P<value>.{1,200}))?",
    re.DOTALL,
)
_VALUE = re.compile(
    rb"\b(?:val|var)[ \t]++(?P<name>[A-Za-z_]\w{0,200}(?:[ \t]*+,[ \t]*+[A-Za-z_]\w{0,200}){0,60}+)[ \t]*+"
    rb"(?::[ \t]*+(?P<type>[^=\n{}]{1,200}))?(?:=[ \t]*+(?P<value>[^\n;{}]{0,200}))?"
)
_LITERAL = re.compile(rb"\s*+(?:-?\d[\w.]*+|\"[^\"\n]{0,100}\")\s*+\Z")
_NUMBERED = re.compile(rb"\s*+(?:Value|Val)\b(?:\(([^()]{0,200})\))?")
_CASES = re.compile(
    rb"\bcase[ \t]++(?P<names>[A-Za-z_]\w{0,200}(?:[ \t]*+,[ \t]*+[A-Za-z_]\w{0,200}){0,60}+)"
    rb"(?:\((?P<value>[^()]{0,200})\)|[ \t]++extends[ \t]++[\w.]{1,100}[ \t]*+\((?P<given>[^()]{0,200})\))?"
    rb"(?![^\n]*+=>)"
)
_DEF = re.compile(rb"\bdef[ \t]++(?P<name>[A-Za-z_`]\w{0,200})`?[ \t]*+(?:\[[^\[\]\n]{0,200}\])?(?P<open>\()?")
_MORE = re.compile(rb"\s{0,40}+(\()")
_RETURNS = re.compile(rb"[ \t]*+:[ \t]*+([\w.]{1,100}(?:\[[^\n={}()]{0,100}\])?)")
_BODY = re.compile(rb"[ \t]*+=?\s{0,40}+(\{)")
_MATCH = re.compile(rb"\bmatch[ \t]*+(?:(\{)|\r?\n)")
_LABEL = re.compile(
    rb"\bcase[ \t]++(?P<key>[^\n=\"]{1,100}|\"[^\"\n]{1,60}\")[ \t]*+=>[ \t]*+\"(?P<label>[^\"\n]{1,60})\""
)
_CASE = re.compile(rb"\bcase\b")
_SCOPE = re.compile(rb"[{}]")


@dataclass(slots=True)
class _Type:
    kind: bytes
    name: bytes
    begin: int
    head: int
    end: int
    body: int
    """Where its body begins, or 0."""
    brace: int
    """Where its body's brace stands, or -1."""
    given: tuple[int, int] = (0, 0)
    bases: tuple[str, ...] = ()
    value: bytes = b""
    sealed: bool = False
    scope: tuple[str, ...] = ()
    values: list[re.Match[bytes]] = field(default_factory=list)


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs that hold a hit and what they name or are named by; raises ``Unfinished`` past a bound."""
    return _Scala(text).read(hits) if hits is None or hits else []


class _Scala(Plain):
    language = "scala"
    comments: ClassVar = {b"//": b"\n", b"/*": b"*/"}
    quotes = b'"'
    lists = re.compile(
        rb"\b(?:(?:Indexed|Linear)?Seq|List|Array|Vector|(?:Sorted|Hash|List|Tree|Linked)?(?:Set|Map)|LazyList|Stream|Set)"
        rb"(?:\[[^\[\]\n]{0,80}\])?[ \t]*+(\()"
    )
    held = re.compile(
        rb"\b([\w]{1,80})(?:[ \t]*+:[ \t]*+[\w.\[\], ]{1,60})?[ \t]*+(?:=|<-|->)\s*+"
        rb"(?:[\w.]{1,60}(?:\[[^\]\n]{0,60}\])?[ \t]*+)?\Z"
    )
    named = re.compile(rb"\s*+[\"']?([\w.$ -]{1,80}?)[\"']?\s*+(?:->|=(?!>))(?![=~])\s*+(.+)\Z", re.DOTALL)
    strings = re.compile(rb"\"(?:[^\"\\\n]|\\.){5,2000}\"")
    spoken = frozenset(
        b"if else for yield while do match case return val var def new this super true false null import class object "
        b"trait extends with private protected override implicit lazy final try catch finally throw type given using "
        b"then end None Some Option Unit String Int Double Boolean Any Seq List Array Map".split()
    )

    def drafts(self) -> Iterator[Draft]:
        """Yield every declaration."""
        types = self._types()
        self.routines = list(self._routines(types))
        spans = [(m.start(), end) for m, end, _ in self.routines]
        objects: dict[str, list[_Type]] = {}
        sealed = {said(t.name): t for t in types if t.sealed}
        for one in types:
            name = said(one.name)
            start, _ = self.blanked.leading(one.begin)
            end, _ = self.blanked.trailing(one.end)
            low, high = bisect_left(spans, (one.begin, 0)), bisect_left(spans, (one.end, 0))
            holes = tuple(spans[low:high]) if high - low <= ITEMS else ()
            if one.kind == b"enum" or "Enumeration" in one.bases:
                yield Draft(start, end, partial(self._enumeration, one), (name,))
            else:
                yield Draft(start, end, partial(self._record, one), (name,), holes=holes)
            if one.kind == b"object" and one.bases:
                objects.setdefault(one.bases[0], []).append(one)
        for base, members in objects.items():
            if len(members) > 1 and base not in ("App", "Enumeration"):
                start, _ = self.blanked.leading(members[0].begin)
                end, _ = self.blanked.trailing(members[-1].head)
                names = (base, *(said(m.name) for m in members[:ITEMS]))
                yield Draft(start, end, partial(self._sealed, base, members, sealed.get(base)), names, tag="sealed")
        for match, end, scope in self.routines:
            start, _ = self.blanked.leading(self._margin(match.start()))
            yield Draft(start, end, partial(self._routine, match, end, scope), (said(match["name"]),), callable=True)

    def _margin(self, at: int) -> int:
        """Return where the line of ``at`` begins with words if only modifiers stand before it, else ``at``."""
        line = self.line(at)[0]
        before = self.code[line:at]
        return at - len(before.lstrip()) if re.fullmatch(rb"[\w\[\] \t@]{0,200}", before) else at

    def _indented(self, begin: int, at: int) -> int:
        """Return the end of the lines behind ``at`` that are indented more than the line of ``begin``."""
        line = self.line(begin)[0]
        margin = len(self.source[line:begin]) - len(self.source[line:begin].lstrip())
        end = self.line(at)[1]
        limit = min(len(self.code), at + BODY) if self.effort < EFFORT else end
        while end < limit:
            after = self.code.find(b"\n", end + 1)
            after = len(self.code) if after < 0 else after
            row = self.code[end:after].strip(b"\r\n")
            if row.strip() and len(row) - len(row.lstrip()) <= margin:
                break
            end = after
        self.effort += end - at
        return min(end, limit)

    # ------------------------------------------------------------------ types

    def _types(self) -> list[_Type]:
        found: list[_Type] = []
        around: list[_Type] = []
        for match in _TYPE.finditer(self.code):
            one = self._type(match)
            while around and around[-1].end <= one.begin:
                around.pop()
            one.scope = tuple(said(t.name) for t in around[-40:])
            around.append(one)
            found.append(one)
            if len(found) >= 100_000:
                tell("cut", "more than 100,000 types: not all were read")
                break
        self._fields(found)
        return found

    def _type(self, match: re.Match[bytes]) -> _Type:
        begin, at = self._margin(match.start()), match.end()
        one = _Type(match["kind"], match["name"], begin, at, at, 0, -1, sealed=b"sealed" in match["mods"])
        while opened := (_GIVEN if not one.given[1] else _MORE).match(self.code, at):
            at = self.closing(opened.start("open") if not one.given[1] else opened.start(1))
            if one.given[1]:
                break
            one.given = (opened.end("open"), at - 1)
        if base := _EXTENDS.match(self.code, at):
            one.value = self.source[base.start(2) + 1 : base.end(2) - 1] if base[2] else b""
            # A comment behind it is spaces.
            at = base.end(2) if base[2] else base.end(1)
            one.bases = (said(base[1]).partition("[")[0],)
            while len(one.bases) < 20 and (more := _WITH.match(self.code, at)):
                at = more.end()
                one.bases += (said(more[1]),)
        one.head = one.end = at
        if opened := _OPEN.match(self.code, at):
            brace = max(opened.start(1), opened.start(2))
            one.body, one.brace = opened.end(), brace
            one.end = self.closing(brace) if brace >= 0 else self._indented(match.start(), opened.end() - 1)
        return one

    def _fields(self, types: list[_Type]) -> None:
        """Give each type the values that stand right in its body."""
        braced = {t.brace: t for t in types if t.brace >= 0}
        indented = [t for t in types if t.body and t.brace < 0]
        marks = [(m.start(), m) for m in _VALUE.finditer(self.code)]
        open_: list[int] = []
        index = 0
        for match in _SCOPE.finditer(self.code):
            while index < len(marks) and marks[index][0] < match.start():
                self._give(marks[index][1], open_[-1] if open_ else -1, braced, indented)
                index += 1
            if match[0] == b"{":
                open_.append(match.start())
            elif open_:
                open_.pop()
        for _, mark in marks[index:]:
            self._give(mark, open_[-1] if open_ else -1, braced, indented)

    def _give(self, match: re.Match[bytes], brace: int, braced: dict[int, _Type], indented: list[_Type]) -> None:
        owner = braced.get(brace)
        if indented:
            index = bisect_right(indented, match.start(), key=lambda t: t.body) - 1
            if index >= 0 and indented[index].end >= match.start() and indented[index].body > brace:
                owner = indented[index]
        if owner is not None and len(owner.values) < ITEMS:
            owner.values.append(match)

    def _record(self, one: _Type) -> Construct | None:
        members = self._parameters(*one.given) if one.given[1] else []
        constant = [m for m in one.values if m["value"] and _LITERAL.match(self._value(m)) and m["name"][:1].isupper()]
        if one.kind == b"object" and len(constant) > 1 and len(constant) * 2 > len(one.values):
            found = [self._field(m) for m in constant]
            return self.declared(
                Kind.ENUMERATION, one.name, one.begin, one.head, found, "constants", one.scope, one.bases
            )
        members += [self._field(m) for m in one.values]
        if not members and one.kind in (b"object", b"trait"):
            return None
        role = "interface" if one.kind == b"trait" else "class"
        return self.declared(Kind.RECORD, one.name, one.begin, one.head, members, role, one.scope, one.bases)

    def _value(self, match: re.Match[bytes]) -> bytes:
        return self.source[match.start("value") : match.end("value")]

    def _field(self, match: re.Match[bytes]) -> Member:
        end = match.start() + len(match[0].rstrip())
        value = self._value(match) if match["value"] else b""
        return self.member(match["name"], match.start(), end, match["type"] or b"", value)

    def _parameters(self, start: int, end: int) -> list[Member]:
        members: list[Member] = []
        for low, high in self.split(start, end):
            found = _PARAMETER.match(self.code, low, high)
            if found:
                last = low + len(self.code[low:high].rstrip())
                value = self.source[found.start("value") : last] if found["value"] else b""
                members.append(self.member(found["name"].strip(b"`"), found.start("name"), last, found["type"], value))
        return members

    def _enumeration(self, one: _Type) -> Construct:
        members: list[Member] = []
        if one.kind == b"enum":
            for match in _CASES.finditer(self.code, one.body, one.end):
                key = "value" if match["value"] is not None else "given"
                members += self._each(match, match.span("names"), match.span(key))
        for match in one.values if one.kind != b"enum" else ():
            if numbered := _NUMBERED.match(self.code, match.start("value"), match.end("value")):
                members += self._each(match, match.span("name"), numbered.span(1))
        return self.declared(
            Kind.ENUMERATION, one.name, one.begin, one.head, members[:4000], "enum", one.scope, one.bases
        )

    def _each(self, match: re.Match[bytes], names: tuple[int, int], value: tuple[int, int]) -> Iterator[Member]:
        """Yield a member for each name of a list."""
        for word in re.finditer(rb"\w+", self.code[slice(*names)]):
            at = names[0] + word.start()
            alone = word.end() - word.start() == names[1] - names[0]
            end = max(match.start() + len(match[0].rstrip()), at) if alone else names[0] + word.end()
            written = self.source[slice(*value)] if value[0] >= 0 else b""
            yield self.member(word[0], at, end, value=written)

    def _sealed(self, base: str, objects: list[_Type], sealed: _Type | None) -> Construct:
        members = [self.member(o.name, o.begin, o.head, value=o.value) for o in objects[:ITEMS]]
        first = sealed or objects[0]
        return self.declared(Kind.ENUMERATION, base.encode(), first.begin, first.head, members, "enum", first.scope)

    # ------------------------------------------------------------------ functions and choices

    def _routines(self, types: list[_Type]) -> Iterator[tuple[re.Match[bytes], int, tuple[str, ...]]]:
        around: list[_Type] = []
        index = 0
        for match in _DEF.finditer(self.code):
            while index < len(types) and types[index].begin < match.start():
                while around and around[-1].end <= types[index].begin:
                    around.pop()
                around.append(types[index])
                index += 1
            while around and around[-1].end <= match.start():
                around.pop()
            scope = tuple(said(t.name) for t in around[-40:])
            at, _ = self._head(match)
            body = _BODY.match(self.code, at)
            yield match, self.closing(body.start(1)) if body else self._indented(match.start(), at), scope

    def _head(self, match: re.Match[bytes]) -> tuple[int, bytes]:
        """Return where a function's head ends, and what it returns."""
        at = match.end()
        if match["open"]:
            at = self.closing(match.start("open"))
            for _ in range(4):
                more = _MORE.match(self.code, at)
                if not more:
                    break
                at = self.closing(more.start(1))
        returns = _RETURNS.match(self.code, at)
        return (returns.end(), returns[1]) if returns else (at, b"")

    def _routine(self, match: re.Match[bytes], end: int, scope: tuple[str, ...]) -> Construct:
        begin = self._margin(match.start())
        at, returns = self._head(match)
        members: list[Member] = []
        if match["open"]:
            stop = self.closing(match.start("open"))
            members = self._parameters(match.end("open"), min(stop - 1, match.end("open") + BODY))
        role = "method" if scope else "function"
        return self.operation(match["name"], begin, at, members, role, scope, returns, self.uses(at, end))

    def values(self, spots: Spots | None) -> Iterator[Draft]:
        """Yield the lists, strings and choices that hold a spot."""
        yield from super().values(spots)
        starts = [m.start() for m, _, _ in self.routines]
        for match in _MATCH.finditer(self.code):
            end = self.closing(match.start(1)) if match[1] else self._indented(match.start(), match.end() - 1)
            if not touched(spots, match.start(), end) or end - match.start() > BODY:
                continue
            found = list(_LABEL.finditer(self.source, match.end(), end))
            if len(found) >= 2 and len(found) * 2 >= len(_CASE.findall(self.code, match.end(), end)):
                index = bisect_right(starts, match.start()) - 1
                name = said(self.routines[index][0]["name"]) if index >= 0 else ""
                cases = [(m.start(), m.end(), m["key"].strip(), m["label"]) for m in found]
                yield self.switch(match.start(), end, name, cases)
