"""What the readers without a grammar share: brackets, lists, attribute lists, comments, and the words a body uses."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import ClassVar

from sousveil.model import Construct, Kind, Member
from sousveil.read import gloss
from sousveil.read.source.blanked import Blanked, clean
from sousveil.read.source.drafts import Draft, Spots, Uses, select, touched
from sousveil.read.source.literals import Entry, shape
from sousveil.read.text import Text
from sousveil.read.unfinished import tell

BODY = 20_000
"""Most bytes of one function that are read."""
ITEMS = 400
"""Most members of one construct."""
_SPAN = 20_000
_NEAR = 4000
EFFORT = 20_000_000
"""Most bytes looked at for what lies in brackets, those inside each other counted each time."""
_LINES = 12
"""Lines before and after a term outside of any function whose words are kept."""
_HELD = re.compile(rb"([\w.$@%:>-]{1,80}?)[\"']?\s*+(?:<-|=>|=|:)\s*+\\?\s*+(?:\w{1,20}(?:\.frame)?[ \t]*+)?\Z")
_STRING = re.compile(rb"\"(?:[^\"\\\n]|\\.){5,2000}\"|'(?:[^'\\\n]|\\.){5,2000}'")
_NAMED = re.compile(rb"\s*+[\"']?([\w.$%@ -]{1,80}?)[\"']?\s*+(?:=>?|:)(?![=~])\s*+(.+)\Z", re.DOTALL)
_QUOTED = re.compile(rb"\s*+([\"'])(.*)\1\s*+\Z", re.DOTALL)
_WORD = re.compile(rb"[\"'][^\"'\n]{1,60}[\"']|[A-Za-z_][\w.]*+(?:(?:->|::|\$)[A-Za-z_][\w.]*+)*+")
_CLOSE = {b"(": b")", b"[": b"]", b"{": b"}"}
_BRACKET = re.compile(rb"[()\[\]{}]")
_ASKING = re.compile(r"attr|field|feature|propert|column|option|return", re.IGNORECASE)
"""Names of what takes a list of attributes: two names are a list then."""


class Plain:
    """One text with its comments and strings blanked; a language says what is declared in it (``drafts``)."""

    language = ""
    comments: ClassVar[Mapping[bytes, bytes]] = {}
    quotes = b"\"'"
    escapes = True
    lists: re.Pattern[bytes] = re.compile(rb"([(\[{])")
    """What opens a list; its first group is the bracket."""
    held: re.Pattern[bytes] = _HELD
    """The name, its first group, that what follows is given to."""
    between: re.Pattern[bytes] = re.compile(rb"[()\[\]{},]")
    """What sets the items of a list apart, and brackets."""
    named: re.Pattern[bytes] = _NAMED
    """A key, its first group, and its value."""
    strings: re.Pattern[bytes] = _STRING
    loose = 300
    """Most strings kept that are no list."""
    spoken: frozenset[bytes] = frozenset()
    """Words of the language itself."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.source = text.utf8
        self.blanked = Blanked(self.marked(text.utf8), self.comments, self.quotes, escapes=self.escapes)
        self.code = self.blanked.code
        self.effort = 0

    def marked(self, source: bytes) -> bytes:
        """Return the source with comments that begin with a word begun by a sign; each byte keeps its place."""
        return source

    def drafts(self) -> Iterator[Draft]:
        """Yield what the file declares."""
        yield from ()

    def read(self, hits: Sequence[int] | None) -> list[Construct]:
        """Return the constructs that hold a hit and what they name or are named by; raises ``Unfinished``."""
        drafts = list(self.drafts())
        taken = sorted((d.start, d.end) for d in drafts)

        def find(spots: Spots | None) -> Iterator[Draft]:
            yield from (d for d in drafts if touched(spots, d.start, d.end))
            yield from self.values(spots)
            for start, end in self.blanked.free(taken, spots):
                yield Draft(start, end, partial(self.comment, start, end), linkable=False)
            if spots is not None:
                yield from self.scripts(spots, taken)

        return select(self.text, hits, find)

    # ------------------------------------------------------------------ places

    def head(self, begin: int, end: int) -> tuple[int, int]:
        """Return the first line of a declaration."""
        return begin, max(begin, min(end, self.line(begin)[1]))

    def line(self, at: int) -> tuple[int, int]:
        """Return start and end of the line that holds ``at``; of a very long one what is near."""
        low, high = max(0, at - _NEAR), min(len(self.source), at + _NEAR)
        start, end = self.source.rfind(b"\n", low, at) + 1 or low, self.source.find(b"\n", at, high)
        end = high if end < 0 else end
        while start < at and self.source[start] & 0xC0 == 0x80:
            start += 1
        while at < end < len(self.source) and self.source[end] & 0xC0 == 0x80:
            end -= 1
        return start, end

    def member(self, name: bytes, start: int, end: int, kind: bytes = b"", value: bytes = b"") -> Member:
        """Return a member at ``[start, end)`` with the comments beside it."""
        words = self.blanked.beside(start, end)
        shown = " ".join(said(value).split())[:200]
        place = self.text.passage(start, end, 400)
        return Member(said(name), place, shown, " ".join(said(kind).split())[:200], words, gloss.values(words))

    def declared(
        self,
        kind: Kind,
        name: bytes,
        begin: int,
        head: int,
        members: Sequence[Member],
        role: str,
        scope: tuple[str, ...] = (),
        bases: tuple[str, ...] = (),
    ) -> Construct:
        """Return an enumeration or a record whose head is ``[begin, head)``, with the comments about it."""
        place = self.text.passage(*self.head(begin, head))
        words = self.blanked.beside(begin, head)
        return Construct(kind, said(name), place, tuple(members), words, scope, role, self.language, bases)

    def operation(
        self,
        name: bytes,
        begin: int,
        head: int,
        members: Sequence[Member],
        role: str = "function",
        scope: tuple[str, ...] = (),
        returns: bytes = b"",
        uses: tuple[str, ...] = (),
    ) -> Construct:
        """Return a function whose head is ``[begin, head)``."""
        _, before = self.blanked.leading(begin)
        _, after = self.blanked.trailing(head)
        return Construct(
            Kind.OPERATION,
            said(name),
            self.text.passage(*self.head(begin, head)),
            tuple(members),
            gloss.join(before, after),
            scope,
            role,
            self.language,
            returns=" ".join(said(returns).split()),
            uses=uses,
        )

    def closing(self, opening: int) -> int:
        """Return where the bracket at ``opening`` is closed, or the end of a stretch of code behind it."""
        return self.pairs.get(opening, min(len(self.code), opening + BODY))

    @cached_property
    def pairs(self) -> dict[int, int]:
        """The end of each bracket by its place."""
        pairs: dict[int, int] = {}
        open_: list[int] = []
        for match in _BRACKET.finditer(self.code):
            if match[0] in _CLOSE:
                open_.append(match.start())
            elif open_:
                pairs[open_.pop()] = match.end()
        return pairs

    # ------------------------------------------------------------------ lists and strings

    def values(self, spots: Spots | None) -> Iterator[Draft]:
        """Yield the lists, maps and attribute lists that hold a spot."""
        for match in self.lists.finditer(self.code):
            end = self.closing(match.start(1)) if touched(spots, match.start(), match.start() + _SPAN) else 0
            if 0 < end - match.start() <= _SPAN and touched(spots, match.start(), end):
                if self.effort > EFFORT:
                    tell("cut", "brackets in brackets: not all lists were read")
                    break
                self.effort += end - match.start()
                found = self.entries(match.end(1), end - 1)
                yield from self.labels(match.start(), match.start(1), end, found)
        kept = 0
        for match in self.strings.finditer(self.source):
            # What looks like a string between an apostrophe in a comment and the next is none.
            if touched(spots, *match.span()) and self.code[match.start()] == match[0][0]:
                told = list(self.asked(match.start(), match.end(), match[0].strip(b"\"'")))
                yield from told
                if not told and spots is not None and kept < self.loose:
                    kept += 1
                    yield Draft(*match.span(), partial(self._string, *match.span()), linkable=False, tag="string")

    def _string(self, start: int, end: int) -> Construct:
        place = self.text.passage(start, end)
        return Construct(Kind.STATEMENT, self.holder(start), place, role="string", language=self.language)

    def asked(self, start: int, end: int, words: bytes) -> Iterator[Draft]:
        """Yield the attribute list that ``words``, at ``[start, end)``, are."""
        told = said(words)
        names = gloss.attribute_list(told)
        held = gloss.attribute_key(told) or (self.holder(start) if names or b"," in words else "")
        if names is None and b"," in words and _ASKING.search(held):
            names = gloss.attribute_list("x=" + told)
        if names:
            place = self.text.passage(start, end)
            members = tuple(Member(n, place) for n in names)
            made = Construct(Kind.LABEL_SET, held, place, members, role="attribute-list", language=self.language)
            yield Draft(start, end, partial(same, made), linkable=False)

    def labels(self, begin: int, opening: int, end: int, found: list[Entry]) -> Iterator[Draft]:
        """Yield what a list of ``found`` is, whose bracket stands at ``opening``."""
        shaped = shape(found, 2)
        if shaped is None:
            return
        line = self.line(begin)[0]
        start, words = self.blanked.leading(line)
        members = tuple(
            Member(p.name, self.text.passage(p.entry.start, p.entry.end, 300), p.value[:200]) for p in shaped.parts
        )
        name = self.holder(opening)
        line += len(self.source[line:begin]) - len(self.source[line:begin].lstrip())
        place = self.text.passage(line, end, 200)
        made = Construct(shaped.kind, name, place, members, words[:1000], (), shaped.role, self.language)
        yield Draft(min(start, begin), end, partial(same, made), (name,) if name else (), kind=shaped.kind)

    def holder(self, at: int) -> str:
        """Return the name that what stands at ``at`` is given to."""
        held = self.held.search(self.source[max(0, at - 120) : at])
        return said(held[1]).strip("$@%->:.") if held else ""

    def entries(self, start: int, end: int) -> list[Entry]:
        """Return what stands between commas, at most 400."""
        return [self.entry(*span) for span in self.split(start, end)]

    def split(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return the extent of what stands between commas and in no bracket, at most 400."""
        out: list[tuple[int, int]] = []
        depth, at, here = 0, start, start
        while match := self.between.search(self.code, here, end):
            here = match.end()
            if match[0] in _CLOSE:
                if depth:
                    depth += 1
                else:
                    here = min(end, self.pairs.get(match.start(), end))
            elif _BRACKET.match(match[0]):
                depth -= 1
            elif not depth:
                out.append((at, match.start()))
                at = match.end()
                if len(out) >= ITEMS:
                    tell("cut", f"more than {ITEMS} items of one list: the first were read")
                    break
        else:
            out.append((at, end))
        return [span for span in out if self.source[slice(*span)].strip()]

    def entry(self, start: int, end: int) -> Entry:
        """Return the item at ``[start, end)``."""
        start += len(self.source[start:end]) - len(self.source[start:end].lstrip())
        raw = self.source[start:end].rstrip()
        named = self.named.match(raw)
        key = said(named[1]).strip() if named else None
        value = named[2] if named else raw
        quoted = _QUOTED.match(value)
        form = "text" if quoted else "number" if re.fullmatch(rb"[-+\d.eE]+", value) else "other"
        shown = said(quoted[2] if quoted else value)[:500]
        return Entry(start, start + len(raw), shown, form, key, "text" if key else "", start)

    def switch(self, begin: int, end: int, name: str, cases: Sequence[tuple[int, int, bytes, bytes]]) -> Draft:
        """Return the labels that the cases of a choice stand for: each its extent, what is chosen, its label."""
        members = tuple(
            Member(said(key).strip("\"' "), self.text.passage(low, high, 300), said(word))
            for low, high, key, word in cases[:ITEMS]
        )
        place = self.text.passage(*self.head(begin, end))
        made = Construct(Kind.LABEL_SET, name, place, members, "", (), "switch", self.language)
        return Draft(begin, end, partial(same, made), linkable=False, tag="switch")

    # ------------------------------------------------------------------ the rest

    def comment(self, start: int, end: int) -> Construct:
        """Return a comment that belongs to no declaration; what the file begins with is a docstring."""
        return self.remark(start, end, clean(self.source[start:end]), not self.code[:start].strip())

    def remark(self, start: int, end: int, words: str, manual: bool) -> Construct:
        """Return a comment, or a manual inside the file, with its words."""
        role = "docstring" if manual else "comment"
        place = self.text.passage(start, end)
        return Construct(Kind.STATEMENT, "", place, gloss=words[:4000], role=role, language=self.language)

    def scripts(self, spots: Spots, taken: Sequence[tuple[int, int]]) -> Iterator[Draft]:
        """Yield the code outside of functions around each spot, one operation for spots near each other."""
        starts = [s for s, _ in taken]
        last = -1
        for at in spots.at:
            index = bisect_right(starts, at) - 1
            inside = index >= 0 and any(e > at for _, e in taken[max(0, index - 8) : index + 1])
            if inside or at < last or self.code[at : at + 1] in (b" ", b""):
                continue
            line, stop = self.line(at)
            low = high = at
            for _ in range(_LINES):
                low = self.line(max(0, self.line(low)[0] - 1))[0]
                high = min(len(self.source), self.line(high)[1] + 1)
            last = high
            yield Draft(line, stop, partial(self._script, line, stop, low, high), linkable=False, tag="script")

    def _script(self, line: int, stop: int, low: int, high: int) -> Construct:
        place, uses = self.text.passage(line, stop), self.uses(low, high)
        return Construct(Kind.OPERATION, "", place, role="script", language=self.language, uses=uses)

    def uses(self, start: int, end: int) -> tuple[str, ...]:
        """Return the identifiers and short strings of ``[start, end)``."""
        uses = Uses()
        for told in self.learned(start, end):
            uses.add(told)
        known = set(self.spoken)
        for match in _WORD.finditer(self.source, start, min(end, start + BODY)):
            word = match[0]
            # A word of a comment is none that the code uses.
            if word not in known and self.code[match.start()] == word[0]:
                known.add(word)
                uses.add(said(word).strip("\"'"))
                if uses.full:
                    break
        return uses.words()

    def learned(self, start: int, end: int) -> Iterator[str]:
        """Yield what a model is trained to answer in ``[start, end)``."""
        yield from ()


def same(made: Construct) -> Construct:
    """Return ``made``: a draft that is built already."""
    return made


def said(raw: bytes) -> str:
    """Return source as text."""
    return raw.decode("utf-8", "replace")
