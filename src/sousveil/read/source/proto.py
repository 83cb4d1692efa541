"""Protocol Buffers (2 and 3): messages, enumerations and services, with their comments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from sousveil.model import Construct, Kind, Member
from sousveil.read import gloss
from sousveil.read.source.blanked import Blanked, clean
from sousveil.read.source.drafts import Draft, Spots, Uses, select, touched
from sousveil.read.text import Text
from sousveil.read.unfinished import tell

EXTENSIONS = (".proto",)
LANGUAGE = "proto"

_MEMBERS = 4000
_STATEMENT = 10_000
_MARK = re.compile(rb"[{};]")
_BLOCK = re.compile(rb"(message|enum|service|extend|oneof|rpc|group)\s++([\w.]{1,200})")
_GROUP = re.compile(rb"(?:optional|required|repeated)\s++group\s++(\w{1,200})")
_FIELD = re.compile(
    rb"(?:(?:optional|required|repeated)\s++)?(map\s*+<[^<>]{1,200}>|[\w.]{1,200})\s++(\w{1,200})\s*+=\s*+(-?\w+)"
)
_ENUMERATOR = re.compile(rb"(\w{1,200})\s*+=\s*+(-?\w+)")
_RPC = re.compile(
    rb"rpc\s++(\w{1,200})\s*+\(\s*+(?:stream\s++)?([\w.]+)\s*+\)\s*+returns\s*+\(\s*+(?:stream\s++)?([\w.]+)\s*+\)"
)
_PATH = re.compile(r'(?:get|put|post|delete|patch|description|summary)\s*[:=]\s*"([^"]{1,300})"')
_SKIPPED = re.compile(rb"(?:option|reserved|extensions|import|package|syntax|edition)\b")


@dataclass(slots=True)
class _Block:
    kind: str
    name: str
    at: int
    """Where its keyword stands."""
    scope: tuple[str, ...]
    head_end: int = 0
    end: int = 0
    statements: list[tuple[int, int]] = field(default_factory=list)
    holes: list[tuple[int, int]] = field(default_factory=list)


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the messages, enumerations, calls and comments that hold a hit, and what they use or are used by."""
    if hits is not None and not hits:
        return []
    reader = _Proto(text)
    drafts = list(reader.drafts())

    def find(spots: Spots | None) -> Iterator[Draft]:
        yield from (d for d in drafts if touched(spots, d.start, d.end))
        for start, end in reader.blanked.free(reader.taken, spots):
            yield Draft(start, end, partial(reader.comment, start, end), linkable=False)

    return select(text, hits, find)


class _Proto:
    def __init__(self, text: Text) -> None:
        self.text = text
        self.source = text.utf8
        self.blanked = Blanked(text.utf8, {b"//": b"\n", b"/*": b"*/"}, b"\"'", escapes=True)
        self.code = self.blanked.code
        self.taken: list[tuple[int, int]] = []

    def _blocks(self) -> list[_Block]:
        """Return the blocks in the order they open; a brace that belongs to no known block is passed over."""
        found: list[_Block] = []
        owner = _Block("", "", 0, ())
        owners = [owner]
        start = 0
        options = 0
        for match in _MARK.finditer(self.code):
            mark, at = match.group(), match.start()
            if options and mark != b";":
                # Braces inside an option's value: ``option (x) = { … }``.
                options += 1 if mark == b"{" else -1
                if options == 0:
                    start = match.end()
                continue
            if mark == b";":
                if not options:
                    self._statement(owners[-1], start, at + 1)
                    start = match.end()
            elif mark == b"{":
                begin = self._skip(start, at)
                head = self.code[begin:at]
                opened = _BLOCK.match(head) or _GROUP.match(head)
                if not opened:
                    options = 1
                    continue
                groups = opened.groups()
                kind, name = groups if len(groups) == 2 else (b"group", groups[0])
                around = owners[-1]
                scope = (*around.scope, around.name) if around.name and around.kind != "oneof" else around.scope
                block = _Block(kind.decode(), name.decode("utf-8", "replace"), begin, scope[-40:], at + 1)
                if block.kind == "oneof":
                    # Its fields are the message's own.
                    block.statements, block.name, block.kind = around.statements, around.name, "oneof"
                    block.scope = around.scope
                elif len(found) < 200_000:
                    found.append(block)
                owners.append(block)
                start = match.end()
            else:
                if len(owners) > 1:
                    closed = owners.pop()
                    closed.end = match.end()
                    if closed.kind != "oneof" and owners[-1].kind:
                        owners[-1].holes.append((closed.at, closed.end))
                start = match.end()
        for block in owners[1:]:
            block.end = len(self.code)
        return found

    def _skip(self, start: int, end: int) -> int:
        """Return where the first word after ``start`` stands."""
        while start < end and self.code[start : start + 1].isspace():
            start += 1
        return start

    def _statement(self, block: _Block, start: int, end: int) -> None:
        begin = self._skip(start, end)
        if _SKIPPED.match(self.code, begin):
            return
        if len(block.statements) >= _MEMBERS or end - begin >= _STATEMENT:
            tell(
                "cut",
                f"more than {_MEMBERS:,} fields of one message, or one of {_STATEMENT:,} bytes: not all were read",
            )
            return
        block.statements.append((begin, end))

    def drafts(self) -> Iterator[Draft]:
        for block in self._blocks():
            start, _ = self.blanked.leading(block.at)
            end, _ = self.blanked.trailing(block.end)
            if not block.scope:
                self.taken.append((start, end))
            if block.kind in ("message", "group", "extend"):
                yield Draft(start, end, partial(self._record, block), (block.name,), holes=tuple(block.holes))
            elif block.kind == "enum":
                yield Draft(start, end, partial(self._enumeration, block), (block.name,))
            elif block.kind == "rpc":
                yield Draft(start, end, partial(self._call, block, block.at, block.end))
            elif block.kind == "service":
                for at, stop in block.statements:
                    first, _ = self.blanked.leading(at)
                    last, _ = self.blanked.trailing(stop)
                    yield Draft(first, last, partial(self._call, block, at, stop))
        self.taken.sort()

    def _member(self, name: str, start: int, end: int, kind: str = "", value: str = "") -> Member:
        words = self.blanked.beside(start, end)
        return Member(name, self.text.passage(start, end, 400), value, kind, words, gloss.values(words))

    def _record(self, block: _Block) -> Construct:
        members: list[Member] = []
        for start, end in block.statements:
            match = _FIELD.match(self.code, start, end)
            if match:
                kind, name, value = (g.decode("utf-8", "replace") for g in match.groups())
                members.append(self._member(name, start, end, " ".join(kind.split()), value))
        return self._construct(Kind.RECORD, block, "message" if block.kind != "extend" else "extend", tuple(members))

    def _enumeration(self, block: _Block) -> Construct:
        members: list[Member] = []
        for start, end in block.statements:
            match = _ENUMERATOR.match(self.code, start, end)
            if match:
                name, value = (g.decode("utf-8", "replace") for g in match.groups())
                members.append(self._member(name, start, end, value=value))
        return self._construct(Kind.ENUMERATION, block, "enum", tuple(members))

    def _construct(self, kind: Kind, block: _Block, role: str, members: tuple[Member, ...]) -> Construct:
        _, before = self.blanked.leading(block.at)
        _, after = self.blanked.trailing(block.head_end)
        return Construct(
            kind,
            block.name,
            self.text.passage(block.at, block.head_end),
            members=members,
            gloss=gloss.join(before, after),
            scope=block.scope,
            role=role,
            language=LANGUAGE,
        )

    def _call(self, block: _Block, start: int, end: int) -> Construct | None:
        match = _RPC.match(self.code, start, end)
        if not match:
            return None
        name, request, reply = (g.decode("utf-8", "replace") for g in match.groups())
        _, before = self.blanked.leading(start)
        _, after = self.blanked.trailing(end)
        options = self.source[match.end() : min(end, match.end() + 4000)].decode("utf-8", "replace")
        words = [before, after, *_PATH.findall(options)]
        uses = Uses()
        uses.add(request)
        uses.add(reply)
        scope = block.scope if block.kind == "rpc" else (*block.scope, block.name)
        passage = self.text.passage(start, match.end())
        return Construct(
            Kind.OPERATION,
            name,
            passage,
            members=(Member(request.rpartition(".")[2], passage, type=request),),
            gloss=gloss.join(*words),
            scope=scope,
            role="endpoint",
            language=LANGUAGE,
            returns=reply,
            uses=uses.words(),
        )

    def comment(self, start: int, end: int) -> Construct:
        """Return a comment that belongs to no declaration."""
        words = clean(self.source[start:end])
        return Construct(
            Kind.STATEMENT, "", self.text.passage(start, end), gloss=words, role="comment", language=LANGUAGE
        )
