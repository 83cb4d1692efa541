"""What every scripting language's reader makes of values: label sets, records, strings, comments, attribute lists."""

from __future__ import annotations

import html
import re
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import count, islice
from typing import TYPE_CHECKING

import msgspec

from sousveil.model import Construct, Kind, Member
from sousveil.read import gloss
from sousveil.read.source import told
from sousveil.read.source.drafts import Draft, Spots, select
from sousveil.read.source.literals import Entry, Shape, shape
from sousveil.read.source.regions import cut_short, regions
from sousveil.read.source.script import GLOSS, MEMBERS, SHORT, VALUE, Context, Script, unescape
from sousveil.read.source.tree import parse
from sousveil.read.text import Text
from sousveil.read.unfinished import bounded

if TYPE_CHECKING:
    from tree_sitter import Node

# The best of some values, and what alone it is made of: ``best]``, ``argmax(answers)``, ``answers.argmax()``.
_BEST = re.compile(rb"arg_?max|top_?k\s*\(|\.predict(?:_classes)?\s*\(", re.IGNORECASE)
_MADE_OF = re.compile(
    rb"\A\s*([A-Za-z_]\w{0,60})\s*\]|arg_?max\s*\(\s*([A-Za-z_]\w{0,60})\s*[,)\[]"
    rb"|([A-Za-z_]\w{0,60})(?:\[0\])?\.arg_?max\s*\(\s*(?:\)|axis|dim|-?\d)",
    re.IGNORECASE,
)
# "one two three".split(), and what it is given to
_CUT = re.compile(r"[\"'`].*\.split\Z", re.DOTALL)
_APART = re.compile(r"[\s,;|/]+")
_GIVEN_TO = re.compile(rb"([A-Za-z_$][\w$]{0,60})\s{0,4}(?::[^=\n]{1,40})?=\s{0,4}(?:\w{1,20}\()?\Z")
_LISTED = 400
_PICKS = 20
_STEPS = 3
_SHOWN = re.compile(
    rb"<(th|label|option|td|span|dt|li|a|button|h[1-6]|legend)\b[^<>]{0,400}>\s*([^<>{}]{1,80}?)\s*</", re.IGNORECASE
)
_ROLES = {"th": "column-header", "option": "select", "a": "menu", "button": "menu", "li": "menu"}


def within(draft: Draft | None, context: Context) -> Context:
    """Return what stands around the items of a literal that ``draft`` tells of; labels have no life of their own."""
    told = "" if draft is None else "collection" if draft.kind is Kind.RECORD else "labels"
    scope = (*context.scope, context.name)[-40:] if context.name else context.scope
    inside = told or (context.inside if context.inside == "labels" else "")
    return replace(context, inside=inside, scope=scope, name="", span=(0, 0))


class Values(Script):
    """Readers of values; a language says what its strings and literals look like."""

    string_types: frozenset[str] = frozenset()

    def __init__(
        self, text: Text, source: bytes, base: int, language: str, line_marks: tuple[bytes, ...], blocks: bool
    ) -> None:
        super().__init__(text, source, base, line_marks, blocks)
        self.language = language
        self.above: Node | None = None
        """The parent of the node in hand: ``Node.parent`` searches from the root each time."""
        self._waiting: list[tuple[Node, Context, Node | None]] = []

    def nodes(self, root: Node) -> Iterator[tuple[Node, Context]]:
        """Yield the root and every node that is entered, in the order of the text, each with what stands around it."""
        self._waiting = [(root, Context(), None)]
        for seen in count():
            if not self._waiting:
                break
            self.late(seen)
            node, context, self.above = self._waiting.pop()
            yield node, context

    def draft(
        self,
        node: Node,
        build: Callable[[], Construct | None],
        names: tuple[str, ...] = (),
        function: bool = False,
        holes: Sequence[tuple[int, int]] = (),
    ) -> Draft:
        """Return what ``build`` reads at a node and the comments above it."""
        start, _ = self.leading(node.start_byte)
        return Draft(self.base + start, self.base + node.end_byte, build, names, callable=function, holes=tuple(holes))

    def enter(self, children: Sequence[Node], context: Context, above: Node) -> None:
        """Have these children of ``above`` visited next."""
        self._waiting.extend((c, context, above) for c in reversed(children))

    @abstractmethod
    def find(self, root: Node, spots: Spots | None) -> Iterator[Draft]:
        """Yield drafts whose code, or the comment above it, holds a spot."""

    @abstractmethod
    def words(self, node: Node, limit: int = GLOSS) -> str:
        """Return what a string literal says."""

    @abstractmethod
    def entries(self, node: Node, deep: int = 2, most: int = MEMBERS) -> list[Entry]:
        """Return the items of a list or mapping literal."""

    def column(self, statement: Node, calls: Sequence[tuple[str, Sequence[Node]]], array: str) -> Member | None:
        """Return the column of a table: ``calls`` on it with what they are given, the one that makes it the last."""
        if not calls or not calls[-1][1] or calls[-1][1][0].type not in self.string_types:
            return None
        told = [self.words(given[0], 300) for method, given in calls[:-1]
                if method == "comment" and given and given[0].type in self.string_types]  # fmt: skip
        method, given = calls[-1]
        words = gloss.join(*told, self.notes(statement.start_byte, statement.end_byte)[2])
        made = self.member(self.words(given[0], 200), statement.start_byte, statement.end_byte, method, "", words)
        listed = given[1] if len(given) > 1 and given[1].type == array else None
        values = () if listed is None else tuple((e.value, e.value) for e in self.entries(listed))
        return made if listed is None else msgspec.structs.replace(made, values=values)

    def wanted(self, node: Node) -> bool:
        """Return whether a hit lies in the node; for items beyond what is kept of a long list."""
        return bool(self.spots and self.spots.inside(self.base + node.start_byte, self.base + node.end_byte))

    @cached_property
    def _picks(self) -> bool:
        """Whether the best of some values is taken anywhere in the text."""
        low = self.source.lower()  # a pattern without regard to case takes ten times as long
        return any(word in low for word in (b"max", b"top", b".predict")) and _BEST.search(low) is not None

    def picked(self, name: str) -> tuple[str, ...]:
        """Return how one of a list's items is picked where that is by the best of some values: ``net(x).argmax()``.

        Of ``GROUPS[best]`` it is what ``best`` was given, and what that was made of. The list's own name need not tell
        what it is for.
        """
        name = name.rpartition(".")[2]
        if not name.isidentifier() or not self._picks:
            return ()
        for match in islice(re.finditer(rb"\b%s\s*\[([^\n]{1,160})" % re.escape(name.encode()), self.source), _PICKS):
            chain = [match[1]]
            for _ in range(_STEPS):
                behind = _MADE_OF.search(chain[-1])
                given = behind and re.search(
                    rb"\b%s\s*=([^=\n][^\n]{0,160})" % re.escape(behind[1] or behind[2] or behind[3]),
                    self.source[: match.start()],
                )
                if not given:
                    break
                chain.append(given[1])
            if any(_BEST.search(one) for one in chain):
                return tuple(one.decode("utf-8", "replace").strip() for one in chain)
        return ()

    # --------------------------------------------------------------------------------------- literals

    def item(self, name: str, value: str, entry: Entry) -> Member:
        """Return the member for one item; only a comment beside it that is its own counts."""
        first = self.line_start(entry.start)
        own_line = not self.source[first : entry.start].strip(b" \t,([{")
        words = gloss.join(self.leading(entry.start)[1] if own_line else "", self.trailing(entry.end)[1])
        return self.member(name, entry.start, entry.end, value=value, words=words)

    def literal(
        self,
        node: Node,
        context: Context,
        alone: int,
        refine: Callable[[Shape], Shape | None] | None = None,
    ) -> Draft | None:
        """Return a list or mapping as label set or record, or ``None`` if it is neither.

        ``alone`` is how many labels suffice.
        """
        sample = self.entries(node, 2, 40)
        found = shape(sample, alone)
        if found and refine:
            found = refine(found)
        if found is None:
            return None
        begin, stop = context.span if context.name and context.span[1] else (node.start_byte, node.end_byte)
        start, end, words = self.notes(begin, stop)
        holes: list[tuple[int, int]] = []
        if found.kind is Kind.RECORD:
            holes = [
                (self.base + e.value_start, self.base + e.end)
                for e in self.entries(node)
                if e.form == "code" or (e.inner and shape(e.inner, 1))
            ]

        def build() -> Construct | None:
            told = shape(self.entries(node), alone)
            if told and refine:
                told = refine(told)
            if told is None:
                return None
            head = self.source.find(b"\n", begin, node.end_byte)
            return Construct(
                told.kind,
                context.name,
                self.place(begin, node.end_byte if head < 0 else head),
                members=tuple(self.item(p.name, p.value, p.entry) for p in told.parts),
                gloss=words[:GLOSS],
                scope=context.scope,
                role=told.role,
                language=self.language,
                uses=(*((context.callee,) if context.callee else ()), *self.picked(context.name)),
            )

        return Draft(
            self.base + min(start, begin),
            self.base + max(end, node.end_byte),
            build,
            (context.name.rpartition(".")[2],)
            if context.name and not context.callee and context.owner != "function"
            else (),
            kind=found.kind,
            holes=tuple(holes),
        )

    def run(self, base: str, run: list[tuple[Node, str, str]], context: Context, kind: Kind, role: str) -> Draft:
        """Return what is written item by item, line after line: ``run`` holds statement, name and value."""
        first, last = run[0][0], run[-1][0]

        def build() -> Construct:
            members = [
                self.member(word, n.start_byte, n.end_byte, value=value)
                for n, word, value in bounded(run, MEMBERS, "lines of one run")
            ]
            return Construct(
                kind, base, self.head(first), tuple(members), scope=context.scope, role=role, language=self.language
            )

        return Draft(
            self.base + first.start_byte,
            self.base + last.end_byte,
            build,
            (base,) if base and context.owner != "function" else (),
        )

    # ---------------------------------------------------------------------------------------- strings

    def statement(self, node: Node, context: Context, role: str) -> Construct:
        """Return a string or comment as a statement, placed at its line that holds a hit."""
        start, end = node.start_byte, node.end_byte
        if node.type in self.string_types:
            words = self.words(node)
        else:
            data = self.source[start : min(end, start + 4 * GLOSS)].decode("utf-8", "ignore")
            words = gloss.clean(data)
        at = self.spots.first(self.base + start, self.base + end) if self.spots else None
        if at is not None and end - start > 400:
            at -= self.base
            low = self.source.rfind(b"\n", start, at) + 1 or start
            high = self.source.find(b"\n", at, end)
            start, end = max(start, low), end if high < 0 else high
            if end - start > 600:
                start = max(start, at - 200)
                while start < end and self.source[start] & 0xC0 == 0x80:
                    start += 1
        return Construct(
            Kind.STATEMENT,
            context.name,
            self.place(start, end, 600),
            gloss=words,
            scope=context.scope,
            role=role,
            language=self.language,
            uses=(context.callee,) if context.callee else (),
        )

    def told(self, node: Node, outer: Node, context: Context) -> Iterator[Draft]:
        """Yield a string as attribute list, shown text or statement; nothing where another construct tells it."""
        words = self.words(node)
        names = gloss.attribute_list(words)
        if not names and _CUT.match(context.callee) and len(words) <= _LISTED:
            names = tuple(filter(None, _APART.split(words)))
            names = names if len(names) > 2 else ()
        start, end = self.base + outer.start_byte, self.base + node.end_byte
        if names:
            yield Draft(start, end, lambda: self._attributes(node, context, words, names), linkable=False)
            return
        if "</" in words and (shown := list(self._shown(node, context))):
            yield from shown
            return
        short = len(words) <= SHORT and words.isascii() and not any(c.isspace() for c in words.strip())
        listed = context.inside in ("collection", "labels") and len(words) <= VALUE
        if not words.strip() or listed or (short and context.owner == "function"):
            return
        if context.owner == "class" and len(words) <= VALUE and not context.callee:
            return
        yield Draft(start, end, lambda: self.statement(node, context, "string"), linkable=False)

    def _attributes(self, node: Node, context: Context, words: str, names: tuple[str, ...]) -> Construct:
        passage = self.passage(node, 600)
        name = gloss.attribute_key(words) or context.name or context.callee
        if name == context.callee and _CUT.match(name):
            line = self.source.rfind(b"\n", 0, node.start_byte) + 1
            held = _GIVEN_TO.search(self.source[line : node.start_byte])
            name = held[1].decode("utf-8", "replace") if held else ""
        return Construct(
            Kind.LABEL_SET,
            name,
            passage,
            tuple(Member(n, passage) for n in bounded(names, MEMBERS, "entries of one list")),
            scope=context.scope,
            role="attribute-list",
            language=self.language,
            uses=(context.callee,) if context.callee else (),
        )

    def _shown(self, node: Node, context: Context) -> Iterator[Draft]:
        """Yield the labels and headings in a string of HTML."""
        for match in _SHOWN.finditer(self.source, node.start_byte, min(node.end_byte, node.start_byte + 200_000)):
            start, end = match.span(2)
            tag = match.group(1).decode().lower()
            yield Draft(self.base + start, self.base + end, self._heading(start, end, tag, context), linkable=False)

    def _heading(self, start: int, end: int, tag: str, context: Context) -> Callable[[], Construct]:
        def build() -> Construct:
            return Construct(
                Kind.OPTION,
                html.unescape(unescape(self.source[start:end].decode("utf-8", "replace"))),
                self.place(start, end),
                scope=context.scope,
                role=_ROLES.get(tag, "label"),
                language=self.language,
            )

        return build

    def listed(self, start: int, end: int, scope: tuple[str, ...]) -> Iterator[Draft]:
        """Yield lists of names inside a comment: ``face_field age,beauty,race`` of the function it documents."""
        for begin, stop, name in told.lists(self.source, start, end):
            build = partial(told.construct, self.source, begin, stop, name, scope, self.language, self.place)
            yield Draft(self.base + begin, self.base + stop, build, linkable=False)


def read_regions(
    text: Text,
    hits: Sequence[int] | None,
    reader: Callable[[Text, bytes, int], Values],
    grammar: str,
    opening: bytes = b"",
) -> list[Construct]:
    """Return the constructs that hold a hit (all, for ``None``), and those they name or are named by.

    ``opening`` stands before code: a region from the middle of a file has none.
    """
    if hits is not None and not hits:
        return []
    readers = []
    for start, end in regions(text.utf8, hits):
        source = text.utf8[start:end]
        if opening and start and not source.lstrip().startswith(opening[:2]):
            source, start = opening + source, start - len(opening)
        readers.append((reader(text, source, start), parse(source, grammar).root_node))

    def find(spots: Spots | None) -> Iterator[Draft]:
        for one, root in readers:
            yield from one.find(root, spots)

    return select(text, hits, find, cut_short(text.utf8, hits))
