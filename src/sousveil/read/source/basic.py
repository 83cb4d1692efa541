"""Visual Basic: enumerations, structures, classes, constants, routines, choices; of .NET, Office and scripts.

Read without a grammar: none is at hand. What it declares stands on lines of its own and ends with ``End`` and a word.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from sousveil.model import Construct, Kind, Member
from sousveil.read.source.blanked import prefix
from sousveil.read.source.drafts import Draft
from sousveil.read.source.plain import BODY, Plain, said
from sousveil.read.text import Text
from sousveil.read.unfinished import tell

EXTENSIONS = (".vb", ".bas", ".frm", ".vbs", ".vba")

_MEMBERS = 4000
# ``<Serializable()> Public NotInheritable Class Name``: attributes and modifiers say nothing about the kind.
_BEFORE = (
    rb"(?:<[^<>\n]{0,400}>[ \t]*+(?:_[ \t]*+\r?\n[ \t]*+)?)?(?:(?:Public|Private|Friend|Protected|Shared|Static|Shadows"
    rb"|Partial|Default|ReadOnly|WriteOnly|Overrides|Overridable|Overloads|MustOverride|MustInherit|NotInheritable|Async"
    rb"|NotOverridable|Iterator|Declare|Ansi|Unicode|Auto|PtrSafe|Dim|Const|WithEvents|Global)[ \t]++){0,8}"
)
_KINDS = rb"Enum|Structure|Class|Module|Interface|Namespace|Type|Function|Sub|Property|Select"
_BLOCK = re.compile(
    rb"^[ \t]*+(?:End[ \t]++(?P<end>" + _KINDS + rb")\b"
    rb"|(?P<begin>" + _BEFORE + rb"(?P<kind>" + _KINDS + rb")[ \t]++(?!As\b|=)(?P<name>\[?[\w.]{1,200}\]?)))",
    re.M | re.I,
)
_FIELD = re.compile(
    rb"^[ \t]*+(?P<all>" + _BEFORE + rb"(?:Property[ \t]++)?\[?(?P<name>[A-Za-z_\x80-\xff][\w\x80-\xff]{0,200})\]?"
    rb"(?:[ \t]?\([^()\n]{0,200}\))?[ \t]++As[ \t]++(?:New[ \t]++)?(?P<type>[\w.]{1,200}(?:\([^()\n]{0,200}\)){0,3})"
    rb"(?:[ \t]*+\*[ \t]*+\w++)?(?:[ \t]*+=[ \t]*+(?P<value>[^\n']{1,200}))?)",
    re.M | re.I,
)
_ENUMERATOR = re.compile(
    rb"^[ \t]*+(?:<[^<>\n]{0,400}>[ \t]*+)?(?P<name>\[?[A-Za-z_\x80-\xff][\w\x80-\xff]{0,200}\]?)[ \t]*+"
    rb"(?:=[ \t]*+(?P<value>[^\n':,]{1,200}))?(?=[ \t\r]*+$)",
    re.M,
)
_CONST = re.compile(
    rb"^[ \t]*+(?P<all>(?:(?:Public|Private|Friend|Protected|Shadows|Global)[ \t]++){0,2}Const[ \t]++"
    rb"(?P<name>\w{1,200})[%&$!#@]?(?:[ \t]++As[ \t]++[\w.]{1,100})?[ \t]*+=[ \t]*+(?P<value>[-\w&\"]{1,100}))",
    re.M | re.I,
)
_FIXED = re.compile(rb"(?:\w++[ \t]++)*?Const\b", re.I)
_BASES = re.compile(rb"^[ \t]*+(?:Inherits|Implements)[ \t]++([\w., \t]{1,400})", re.M | re.I)
_GIVEN = re.compile(
    rb"\s{0,200}+(?:\b(?:ByVal|ByRef|Optional|ParamArray)[ \t]++){0,3}(?P<name>\[?[A-Za-z_]\w{0,100}+\]?)(?:\(\))?"
    rb"(?:[ \t]++As[ \t]++(?P<type>[\w.]{1,200}(?:\([^()]{0,200}\))?))?",
    re.I,
)
_RETURNS = re.compile(rb"[ \t]++As[ \t]++([\w.]{1,200}(?:\([^()\n]{0,200}\)){0,3})", re.I)
_CASE = re.compile(rb"^[ \t]*+Case[ \t]++(?P<key>[^\n:']{1,200})", re.M | re.I)
_LABEL = re.compile(rb"(?:\bReturn|=)[ \t]*+\"([^\"\n]{1,60})\"[ \t\r]*+(?=$|')", re.M | re.I)
_REMARK = re.compile(rb"^([ \t]*+)Rem(?![\w\x80-\xff=.(])(?![ \t]*+=)", re.M | re.I)
_ROLES = {b"structure": "struct", b"type": "struct", b"interface": "interface"}
_HOLDERS = (b"structure", b"type", b"class", b"interface", b"module", b"namespace")
_ROUTINES = (b"function", b"sub", b"property")


@dataclass(slots=True)
class _Block:
    kind: bytes
    name: bytes
    begin: int
    head: int
    up: _Block | None
    end: int = 0
    """0 while it is open: a routine that is only declared has no end."""
    within: bytes = b""
    """The routine that stands before it."""

    def scope(self) -> tuple[str, ...]:
        """Return the names of what encloses it."""
        names: list[str] = []
        above = self.up
        while above is not None and len(names) < 40:
            names.append(said(above.name))
            above = above.up
        return tuple(reversed(names))


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs that hold a hit and what they name or are named by; raises ``Unfinished`` past a bound."""
    return _Basic(text).read(hits) if hits is None or hits else []


class _Basic(Plain):
    language = "basic"
    comments: ClassVar = {b"'": b"\n"}
    quotes = b'"'
    escapes = False
    lists = re.compile(rb"(?:\bArray[ \t]*+(?=\()|(?=\{))([({])", re.I)
    held = re.compile(
        rb"\b(\w{1,80})(?:\(\))?(?:[ \t]++As[ \t]++(?:New[ \t]++)?[\w.]{1,60}(?:\([\w .]{0,40}\)){0,2})?"
        rb"(?:[ \t]*+=)?[ \t]*+(?:New[ \t]++[\w.]{1,60}(?:\([\w .]{0,40}\)){0,2}[ \t]*+)?"
        rb"(?:From[ \t]*+)?(?:Array\b[ \t]*+)?\Z",
        re.I,
    )
    strings = re.compile(rb"\"[^\"\n]{5,2000}\"")
    spoken = frozenset(
        b"If Then Else ElseIf End For Each Next To In While Do Loop Until Select Case Dim As New Set Let Return Exit "
        b"Sub Function ByVal ByRef Optional Nothing True False Is Not And Or AndAlso OrElse Me MyBase Try Catch "
        b"Finally String Integer Boolean Object Long Call With On Error Resume GoTo Using Throw Public Private".split()
    )

    def marked(self, source: bytes) -> bytes:
        """Return the source with `Rem` at a line's start as a sign."""
        return _REMARK.sub(rb"\1'  ", source)

    def drafts(self) -> Iterator[Draft]:
        """Yield every declaration."""
        blocks = self._blocks()
        self.routines = [(b.begin, b.end or b.head) for b in blocks if b.kind in _ROUTINES]
        # A property is read as its class's field.
        outer = [(b.begin, b.end) for b in blocks if b.kind in _ROUTINES and b.end and b.kind != b"property"]
        for block in blocks:
            if block.kind == b"select":
                yield from self._choice(block)
                continue
            if block.kind == b"namespace" or (not block.end and block.kind not in _ROUTINES):
                continue
            name = said(block.name)
            start, _ = self.blanked.leading(block.begin)
            end = block.end or self.line(block.head)[1]
            if block.kind == b"enum":
                yield Draft(start, end, partial(self._enumeration, block), (name,))
            elif block.kind in _HOLDERS:
                low, high = bisect_right(outer, (block.begin, 0)), bisect_right(outer, (block.end, 0))
                holes = tuple(outer[low:high]) if high - low <= _MEMBERS else ()
                yield Draft(start, end, partial(self._record, block), (name,), holes=holes)
            elif block.kind != b"property":
                yield Draft(start, end, partial(self._routine, block, end), (name,), callable=True)
        yield from self._constants()

    def _blocks(self) -> list[_Block]:
        """Return what is opened, in order, each with its end; an end closes the last of its kind that is open."""
        found: list[_Block] = []
        open_: dict[bytes, list[_Block]] = {}
        around: list[_Block] = []
        routine = b""
        for match in _BLOCK.finditer(self.code):
            kind = (match["end"] or match["kind"]).lower()
            if match["end"] is None:
                block = _Block(
                    kind, match["name"].strip(b"[]"), match.start("begin"), match.end(), around[-1] if around else None
                )
                if len(found) >= 200_000:
                    tell("cut", "more than 200,000 declarations: not all were read")
                    break
                found.append(block)
                routine = block.name if kind in _ROUTINES else routine
                block.within = routine
                open_.setdefault(kind, []).append(block)
                if kind in _HOLDERS and len(around) < 1000:
                    around.append(block)
            elif waiting := open_.get(kind):
                block = waiting.pop()
                block.end = match.end()
                if kind in _HOLDERS and around and around[-1] is block:
                    around.pop()
        return found

    # ------------------------------------------------------------------ types

    def _enumeration(self, block: _Block) -> Construct:
        members: list[Member] = []
        body = self.line(block.head)[1]
        for match in _ENUMERATOR.finditer(self.code, body, block.end):
            if match["name"].lower() in (b"end", b"public", b"private"):
                continue
            if len(members) >= _MEMBERS:
                tell("cut", f"more than {_MEMBERS:,} members of one type: the first were read")
                break
            end = match.start() + len(match[0].rstrip())
            name = match["name"].strip(b"[]")
            members.append(self.member(name, match.start("name"), end, value=match["value"] or b""))
        return self.declared(Kind.ENUMERATION, block.name, block.begin, block.head, members, "enum", block.scope())

    def _record(self, block: _Block) -> Construct | None:
        members: list[Member] = []
        inner = bisect_right(self.routines, (block.head, 0))
        body = self.line(block.head)[1]
        for match in _FIELD.finditer(self.code, body, block.end):
            at = match.start("all")
            while inner < len(self.routines) and self.routines[inner][1] <= at:
                inner += 1
            # What a routine declares is its own; a property's first line is the class's.
            if (inner < len(self.routines) and self.routines[inner][0] < at) or _FIXED.match(match["all"]):
                continue
            if len(members) >= _MEMBERS:
                tell("cut", f"more than {_MEMBERS:,} members of one type: the first were read")
                break
            end = match.start() + len(match[0].rstrip())
            value = self.source[match.start("value") : match.end("value")] if match["value"] else b""
            members.append(self.member(match["name"], at, end, match["type"], value))
        if not members and block.kind == b"module":
            return None
        bases = _BASES.search(self.code, body, min(block.end, body + 2000))
        named = tuple(b.strip() for b in said(bases[1]).split(",")) if bases else ()
        role = _ROLES.get(block.kind, "class")
        return self.declared(Kind.RECORD, block.name, block.begin, block.head, members, role, block.scope(), named)

    def _constants(self) -> Iterator[Draft]:
        """Yield runs of constants on lines that follow each other and share a prefix."""
        run: list[re.Match[bytes]] = []
        for match in _CONST.finditer(self.code):
            if run and not self._follows(run, match):
                yield from self._group(run)
                run = []
            run.append(match)
        yield from self._group(run)

    def _follows(self, run: list[re.Match[bytes]], match: re.Match[bytes]) -> bool:
        if len(run) >= _MEMBERS or self.code[run[-1].end() : match.start("all")].strip():
            return False
        first, last, this = (said(m["name"]).upper() for m in (run[0], run[-1], match))
        shared = prefix([first, this])
        return bool(shared) and shared == (prefix([first, last]) or shared)

    def _group(self, run: list[re.Match[bytes]]) -> Iterator[Draft]:
        if len(run) < 2:
            return
        names = [said(m["name"]) for m in run]
        start, _ = self.blanked.leading(run[0].start("all"))
        end, _ = self.blanked.trailing(run[-1].end())

        def build() -> Construct:
            members = [self.member(m["name"], m.start("all"), m.end(), value=m["value"]) for m in run]
            name = (prefix(names) or names[0]).encode()
            return self.declared(Kind.ENUMERATION, name, run[0].start("all"), run[0].end(), members, "constants")

        yield Draft(start, end, build, tuple(names))

    # ------------------------------------------------------------------ routines

    def _routine(self, block: _Block, end: int) -> Construct:
        members: list[Member] = []
        stop = block.head
        given = re.compile(rb"[ \t]*+(?:Lib[^(\n]{0,200})?(\()").match(self.code, stop)
        if given:
            stop = self.closing(given.start(1))
            for low, high in self.split(given.end(), min(stop - 1, given.end() + 4000)):
                if part := _GIVEN.match(self.code, low, high):
                    start = low + len(self.code[low:high]) - len(self.code[low:high].lstrip())
                    place = self.text.passage(start, part.end("type") if part["type"] else part.end("name"), 300)
                    name = said(part["name"].strip(b"[]"))
                    members.append(Member(name, place, type=said(part["type"] or b"")))
        returns = _RETURNS.match(self.code, stop)
        stop = returns.end() if returns else stop
        uses = self.uses(stop, min(end, stop + BODY)) if block.end else ()
        role = "method" if block.up is not None else "function"
        returned = returns[1] if returns else b""
        return self.operation(block.name, block.begin, stop, members, role, block.scope(), returned, uses)

    def _choice(self, block: _Block) -> Iterator[Draft]:
        """Yield the labels that the cases of a ``Select`` give."""
        if not block.end or block.end - block.begin > BODY:
            return
        found = list(_CASE.finditer(self.code, block.head, block.end))
        cases: list[tuple[int, int, bytes, bytes]] = []
        for index, case in enumerate(found):
            after = found[index + 1].start() if index + 1 < len(found) else block.end
            label = _LABEL.search(self.source, case.end(), min(after, case.end() + 400))
            if label:
                key = self.source[case.start("key") : case.end("key")].strip()
                cases.append((case.start("key"), label.end(1) + 1, key, label[1]))
        if len(cases) >= 2 and len(cases) * 2 >= len(found):
            yield self.switch(block.begin, block.end, said(block.within), cases)
