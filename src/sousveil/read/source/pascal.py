"""Pascal and Delphi: records, classes, enumerated types, constant groups and routines, with their comments."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from sousveil.model import Construct, Kind, Member
from sousveil.read import gloss
from sousveil.read.source.blanked import Blanked, clean, prefix
from sousveil.read.source.drafts import Draft, Spots, Uses, select, touched
from sousveil.read.text import Text
from sousveil.read.unfinished import tell

EXTENSIONS = (".pas", ".dpr", ".pp", ".lpr")
LANGUAGE = "pascal"

_MEMBERS = 4000
_TYPE = re.compile(
    rb"^[ \t]*+(\w{1,200})[ \t]*+=[ \t]*+(?:packed\s++)?(record|class|object|interface|dispinterface)\b"
    rb"(?![ \t]*+(?:of\b|;))",
    re.M | re.I,
)
_NESTED = re.compile(rb"\b(record|end)\b", re.I)
_ENUMERATED = re.compile(rb"^[ \t]*+(\w{1,200})[ \t]*+=[ \t]*+\(([^();]{1,200000})\)[ \t]*+;", re.M)
_SIMPLE = re.compile(rb"\s*+(\w{1,200})\s*+(?:=\s*+([^,\s]{1,80}))?\s*+")
_FIELD = re.compile(rb"\s*+((?:\w{1,200}\s*+,\s*+){0,60}\w{1,200})\s*+:\s*+([^;]{1,400});?")
_CONST = re.compile(rb"^[ \t]*+(\w{1,200})[ \t]*+(?::[ \t]*+\w{1,100}[ \t]*+)?=[ \t]*+([^;\n=(]{1,200});[ \t]*+", re.M)
# ``TName = Integer`` and ``PName = ^TName`` look the same and are types.
_VALUE = re.compile(rb"[-+(]*(?:[\d$'#]|[A-Z][A-Z0-9_]*\b)")
_ROUTINE = re.compile(
    rb"^[ \t]*+(?:class[ \t]++)?(function|procedure|constructor|destructor)[ \t]++([\w.]{1,200})[ \t]*+"
    rb"(\([^()]{0,4000}\))?[ \t\n\r]{0,40}(?::[ \t]*+([\w.]{1,200}))?[ \t]*+;",
    re.M | re.I,
)
_SECTION = re.compile(rb"\s*+(?:case\b|public\b|private\b|protected\b|published\b|strict\b)", re.I)
_PROPERTY = re.compile(rb"\s*+property\s++(\w{1,200})\s*+:\s*+([\w.]{1,200})", re.I)
_GIVEN = re.compile(rb"[(;]\s*+(?:const\s++|var\s++|out\s++)?([\w\s,]{1,400}):\s*+([^;)]{1,200})")
_WORD = re.compile(rb"'[^'\n]{1,80}'|[A-Za-z_]\w*(?:\.\w+)*")
_RESERVED = frozenset(
    b"begin end if then else for to downto do while repeat until case of var const with try except finally not and or "
    b"div mod nil true false result string integer boolean in is as shl shr xor exit inherited".split()
)
_BODY = 20_000


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the declarations and comments that hold a hit, and what they use or are used by."""
    if hits is not None and not hits:
        return []
    reader = _Pascal(text)
    drafts = list(reader.drafts())
    taken = sorted((d.start, d.end) for d in drafts)

    def find(spots: Spots | None) -> Iterator[Draft]:
        yield from (d for d in drafts if touched(spots, d.start, d.end))
        for start, end in reader.blanked.free(taken, spots):
            yield Draft(start, end, partial(reader.comment, start, end), linkable=False)

    return select(text, hits, find)


class _Pascal:
    def __init__(self, text: Text) -> None:
        self.text = text
        self.source = text.utf8
        self.blanked = Blanked(text.utf8, {b"//": b"\n", b"{": b"}", b"(*": b"*)"}, b"'", escapes=False)
        self.code = self.blanked.code
        self.unclosed = 0
        """Records found without an end: after a few, a file is no Pascal and is not searched far for more."""

    def drafts(self) -> Iterator[Draft]:
        """Yield every declaration."""
        types: list[tuple[int, int]] = []
        end = 0
        for match in _TYPE.finditer(self.code):
            if match.start() < end:
                continue
            end = self._type_end(match.end())
            types.append((match.start(), end))
            yield self._draft(match, end, partial(self._record, match, end))
        for match in _ENUMERATED.finditer(self.code):
            if not _inside(types, match.start()) and _SIMPLE.match(match.group(2)):
                yield self._draft(match, match.end(), partial(self._enumeration, match))
        yield from self._constants(types)
        routines = [m for m in _ROUTINE.finditer(self.code) if not _inside(types, m.start())]
        for index, match in enumerate(routines):
            after = routines[index + 1].start() if index + 1 < len(routines) else len(self.code)
            stop = self._body_end(match.end(), min(after, match.end() + _BODY))
            name = self._decoded(match.group(2)).rpartition(".")[2]
            start, _ = self.blanked.leading(match.start(1))
            end, _ = self.blanked.trailing(stop)
            yield Draft(start, max(end, stop), partial(self._routine, match, stop), (name,), callable=True)

    def _draft(self, match: re.Match[bytes], end: int, build: Callable[[], Construct | None]) -> Draft:
        start, _ = self.blanked.leading(match.start(1))
        stop, _ = self.blanked.trailing(end)
        return Draft(start, stop, build, (self._decoded(match.group(1)),))

    def _decoded(self, word: bytes) -> str:
        return word.decode("utf-8", "replace")

    def _type_end(self, at: int) -> int:
        """Return the end of a record or class whose first line ends at ``at``."""
        depth = 1
        for match in _NESTED.finditer(self.code, at, at + (4000 if self.unclosed > 20 else 400_000)):
            depth += 1 if match.group().lower() == b"record" else -1
            if depth == 0:
                semicolon = self.code.find(b";", match.end(), match.end() + 200)
                return semicolon + 1 if semicolon >= 0 else match.end()
        self.unclosed += 1
        return min(len(self.code), at + 4000)

    def _body_end(self, at: int, limit: int) -> int:
        """Return the end of a routine's body, or ``at`` where it is only declared."""
        begin = re.compile(rb"\bbegin\b", re.I).search(self.code, at, limit)
        if not begin:
            line = self.code.find(b"\n", at)
            return at if line < 0 or line > limit else at + len(self.code[at:line].rstrip())
        last = begin.end()
        for match in re.compile(rb"^end;", re.I | re.M).finditer(self.code, last, limit):
            return match.end()
        return limit

    def _member(self, name: str, start: int, end: int, kind: str = "", value: str = "") -> Member:
        words = self.blanked.beside(start, end)
        return Member(name, self.text.passage(start, end, 400), value, kind, words, gloss.values(words))

    def _record(self, match: re.Match[bytes], end: int) -> Construct:
        members: list[Member] = []
        at = match.end()
        bases: tuple[str, ...] = ()
        parents = re.compile(rb"\s*+\(([\w\s,.]{1,400})\)").match(self.code, at)
        if parents and match.group(2).lower() != b"record":
            bases = tuple(p.strip() for p in self._decoded(parents.group(1)).split(","))
            at = parents.end()
        while at < end:
            if len(members) >= _MEMBERS:
                tell("cut", f"more than {_MEMBERS:,} members of one type: the first were read")
                break
            stop = self.code.find(b";", at, end)
            if stop < 0:
                break
            self._field(at, stop + 1, members)
            at = stop + 1
        return Construct(
            Kind.RECORD,
            self._decoded(match.group(1)),
            self.text.passage(match.start(1), match.end()),
            members=tuple(members),
            gloss=self.blanked.beside(match.start(1), match.end()),
            role="struct" if match.group(2).lower() == b"record" else "class",
            language=LANGUAGE,
            bases=bases,
        )

    def _field(self, start: int, end: int, members: list[Member]) -> None:
        # ``public``, ``case Integer of 0: (…`` may stand before a field.
        while section := _SECTION.match(self.code, start, end):
            line = self.code.find(b"\n", section.end(), end)
            if line < 0:
                return
            start = line
        stated = _PROPERTY.match(self.code, start, end)
        if stated:
            members.append(
                self._member(self._decoded(stated.group(1)), stated.start(1), end, self._decoded(stated.group(2)))
            )
            return
        found = _FIELD.match(self.code, start, end)
        if not found:
            return
        kind = " ".join(self._decoded(found.group(2)).split())
        names = [n.strip() for n in self._decoded(found.group(1)).split(",")]
        for name in names:
            members.append(self._member(name, found.start(1), found.end(), kind))

    def _enumeration(self, match: re.Match[bytes]) -> Construct:
        members: list[Member] = []
        at, end = match.span(2)
        while at < end:
            if len(members) >= _MEMBERS:
                tell("cut", f"more than {_MEMBERS:,} members of one type: the first were read")
                break
            comma = self.code.find(b",", at, end)
            stop = end if comma < 0 else comma
            item = _SIMPLE.match(self.code, at, stop)
            if item:
                name, value = self._decoded(item.group(1)), self._decoded(item.group(2) or b"")
                close = item.end(2) if item.group(2) else item.end(1)
                members.append(self._member(name, item.start(1), close, value=value))
            at = stop + 1
        return Construct(
            Kind.ENUMERATION,
            self._decoded(match.group(1)),
            self.text.passage(match.start(1), min(match.end(), match.start(2))),
            members=tuple(members),
            gloss=self.blanked.beside(match.start(1), match.start(2)),
            role="enum",
            language=LANGUAGE,
        )

    def _constants(self, types: list[tuple[int, int]]) -> Iterator[Draft]:
        """Yield runs of constants on lines that follow each other and share a prefix."""
        run: list[re.Match[bytes]] = []
        for match in _CONST.finditer(self.code):
            if _inside(types, match.start()) or not _VALUE.match(match.group(2).strip()):
                continue
            if run and not self._follows(run[-1], match, run):
                yield self._group(run)
                run = []
            run.append(match)
        if run:
            yield self._group(run)

    def _follows(self, last: re.Match[bytes], match: re.Match[bytes], run: list[re.Match[bytes]]) -> bool:
        between = self.source[last.end() : match.start(1)]
        if len(run) >= _MEMBERS or self.code[last.end() : match.start(1)].strip() or b"\n\n" in between:
            return False
        first, this = self._decoded(last.group(1)), self._decoded(match.group(1))
        return bool(prefix([first.upper(), this.upper()])) and prefix([first, this]) == (
            prefix([self._decoded(m.group(1)) for m in run[-2:]]) or prefix([first, this])
        )

    def _group(self, run: list[re.Match[bytes]]) -> Draft:
        start, _ = self.blanked.leading(run[0].start(1))
        end, _ = self.blanked.trailing(run[-1].end(2) + 1)
        names = tuple(self._decoded(m.group(1)) for m in run)

        def build() -> Construct:
            members = tuple(
                self._member(name, m.start(1), m.end(2) + 1, value=self._decoded(m.group(2)).strip())
                for name, m in zip(names, run, strict=True)
            )
            name = prefix(list(names)) or names[0]
            passage = self.text.passage(run[0].start(1), run[0].end(2) + 1)
            return Construct(
                Kind.ENUMERATION, name, passage, members, members[0].gloss, role="constants", language=LANGUAGE
            )

        return Draft(start, end, build, names)

    def _routine(self, match: re.Match[bytes], end: int) -> Construct:
        name = self._decoded(match.group(2))
        members: list[Member] = []
        if match.group(3):
            at, stop = match.span(3)
            for part in _GIVEN.finditer(self.code, at, stop):
                kind = self._decoded(part.group(2)).strip()
                for word in self._decoded(part.group(1)).split(","):
                    members.append(self._member(word.strip(), part.start(1), part.end(2), kind))
        uses = Uses()
        for used in _WORD.finditer(self.source, match.end(), end):
            found = used.group()
            if uses.full:
                break
            if found.startswith(b"'") or self.code[used.start() : used.end()].strip():
                plain = self._decoded(found).strip("'")
                if found.lower() not in _RESERVED:
                    uses.add(plain)
        owner, _, short = name.rpartition(".")
        return Construct(
            Kind.OPERATION,
            short,
            self.text.passage(match.start(1), match.end()),
            members=tuple(members),
            gloss=self.blanked.beside(match.start(1), match.end()),
            scope=tuple(owner.split(".")) if owner else (),
            role="method" if owner else "function",
            language=LANGUAGE,
            returns=self._decoded(match.group(4) or b""),
            uses=uses.words(),
        )

    def comment(self, start: int, end: int) -> Construct:
        """Return a comment that belongs to no declaration."""
        words = clean(self.source[start:end])
        passage = self.text.passage(start, end)
        return Construct(Kind.STATEMENT, "", passage, gloss=words, role="comment", language=LANGUAGE)


def _inside(spans: list[tuple[int, int]], at: int) -> bool:
    index = bisect_right(spans, (at, 1 << 62)) - 1
    return index >= 0 and spans[index][1] > at
