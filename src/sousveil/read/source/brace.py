"""What the readers of brace languages share: from hits to constructs.

A language says what its nodes declare (``Reader.find``); this module decides which of the declarations hold a hit,
adds what those refer to in the same file, and keeps strings and comments that belong to none.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from tree_sitter import Node

from sousveil.model import Construct, Kind, Member
from sousveil.read.gloss import join, values
from sousveil.read.source.blocks import Dialect
from sousveil.read.source.tree import Source
from sousveil.read.text import Text

USES = 200
SCOPES = 12
_DOC_PARAMETER = re.compile(
    r"^\s*[@\\]param(?:\s*\[\s*(?:in|out|,|\s)*\s*\])?\s+(?P<name>[\w.$*&]+)\s*[:：\-—]?\s*(?P<words>.*)$", re.MULTILINE
)
_USE = re.compile(
    rb'//[^\n]*+|/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/|\Z)|(?P<string>"(?:[^"\\\n]|\\.){1,48}")|"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"?'
    rb"|(?P<word>[A-Za-z_\x80-\xff][\w\x80-\xff]*)"
)
_KEYWORDS = frozenset(
    b"if else for while do switch case default break continue return goto new delete this self super null nil None "
    b"true false NULL nullptr int char void float double long short unsigned signed bool boolean byte const static "
    b"final var let val auto public private protected internal throw throws try catch finally func fun fn def struct "
    b"class enum interface namespace import package using in is as when match loop defer go mut ref out override async "
    b"await string String sizeof typedef extern inline virtual template typename std range make append len".split()
)


def words(*lines: str) -> frozenset[str]:
    """Return the words of ``lines``."""
    return frozenset(word for line in lines for word in line.split())


class Step(NamedTuple):
    """A node on the way down with what encloses it."""

    node: Node
    above: Step | None
    scope: tuple[str, ...]

    def up(self, most: int = 24) -> Iterator[Step]:
        """Yield what encloses this node, innermost first."""
        step = self.above
        while step is not None and most > 0:
            yield step
            step, most = step.above, most - 1


@dataclass(slots=True)
class Part:
    """A member and its extent in ``Text.utf8`` with its comments."""

    start: int
    end: int
    member: Member


@dataclass(slots=True)
class Found:
    """A declaration found, not yet read."""

    start: int
    end: int
    kind: Kind
    build: Callable[[Found], Construct | None]
    names: tuple[str, ...] = ()
    """What other declarations may call it."""
    head: int = 0
    """Where the body of an Operation begins: comments behind that are not its own."""
    extra: bool = False
    """A label set or string: it does not take a hit from the declaration around it."""
    told: bool = False
    """A getter or setter of a class that shows no data: the class has its hit too."""
    listing: bool = False
    """A string that is a list of names: it is read in a list or map too."""
    parts: list[Part] = field(default_factory=list)
    """Set by ``build``."""
    cell: int = 0
    """Which part of a declaration too large to be read whole."""

    @property
    def key(self) -> tuple[int, int, Kind, int]:
        """What makes two finds of one declaration the same."""
        return self.start, self.end, self.kind, self.cell


class Reader:
    """Base of a language: tables of node types, and helpers that make constructs."""

    language: ClassVar[str]
    dialect: ClassVar[Dialect]
    strings: ClassVar[frozenset[str]]
    """Nodes that are string literals."""
    lists: ClassVar[frozenset[str]] = frozenset()
    """Nodes whose children are the items of an initialiser."""
    pairs: ClassVar[frozenset[str]] = frozenset()
    """Children of ``lists`` that hold a key and a value."""
    wrappers: ClassVar[frozenset[str]] = frozenset()
    """Nodes around one item."""
    calls: ClassVar[frozenset[str]] = frozenset()
    arguments: ClassVar[frozenset[str]] = frozenset()
    makers: ClassVar[re.Pattern[str]] = re.compile(r"(?!)")
    """Callees that make a list or map of their arguments."""
    switches: ClassVar[frozenset[str]] = frozenset()
    cases: ClassVar[frozenset[str]] = frozenset()
    case_label: ClassVar[str] = ""
    """The field of a case that holds its label, where the label's node does not say so."""
    holders: ClassVar[dict[str, str]] = {}
    """Nodes that give a value a name: node type to field."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.source = Source(text, self.language)
        self.utf8 = text.utf8

    def grammar(self) -> str:
        """Return the grammar's name."""
        return self.language

    def mask(self, target: bytearray, ranges: Sequence[tuple[int, int]]) -> None:
        """Overwrite what the grammar does not understand (macros) in ``target``, lengths kept."""

    def find(self, step: Step) -> Iterable[Found]:
        """Return what ``step.node`` declares."""
        raise NotImplementedError

    def scope(self, step: Step) -> str:
        """Return the name that ``step.node`` gives to what it holds, or an empty string."""
        return ""

    def directive(self, spots: Sequence[int] | None, spans: Sequence[tuple[int, int]]) -> Iterable[Found]:
        """Return what the preprocessor lines at ``spots`` declare."""
        return ()

    # ------------------------------------------------------------------ helpers

    def part(
        self, name: str, at: Node, whole: Node, *, value: str = "", type: str = "", gloss: str = "", end: int = 0
    ) -> Part:
        """Return the member named at node ``at`` and declared by ``whole``, with the comments beside it."""
        return self.extent(name, at.start_byte, whole.start_byte, end or whole.end_byte, value, type, gloss)

    def extent(
        self, name: str, at: int, start: int, end: int, value: str = "", type: str = "", gloss: str = ""
    ) -> Part:
        """Return the member named at offset ``at`` and declared by ``[start, end)``, with the comments beside it."""
        source = self.source
        above, behind = source.leading(start), source.trailing(end)
        said = join(gloss, above.text, behind.text)
        begin = max(start, at - 400)
        broken = self.utf8.rfind(b"\n", begin, at)
        if broken >= 0:
            begin = broken + 1
            begin += len(self.utf8[begin:at]) - len(self.utf8[begin:at].lstrip())
        passage = source.span(begin, max(end, behind.end))
        member = Member(name, passage, value[:400], type[:400], said, values(said) if said else ())
        return Part(min(above.start, start), max(end, behind.end), member)

    def build(
        self,
        found: Found,
        name: str,
        at: int,
        scope: tuple[str, ...],
        role: str,
        parts: list[Part],
        *,
        gloss: str = "",
        bases: Iterable[str] = (),
        returns: str = "",
        uses: Iterable[str] = (),
        comments: bool = True,
        body: int = 0,
    ) -> Construct:
        """Return the construct of ``found``, whose name stands at ``at`` and whose brace opens at ``body``."""
        source = self.source
        found.parts = parts
        if comments:
            said = [source.leading(found.start).text, gloss]
            if body:
                behind = source.trailing(body + 1)
                owned = parts and parts[0].start <= behind.start < parts[0].end
                if behind.text and not owned:
                    said.append(behind.text)
                said.append(self._before(body))
            if not found.head:
                said.append(source.trailing(found.end).text)
            gloss = join(*said)
        return Construct(
            kind=found.kind,
            name=name,
            passage=source.line(at),
            members=tuple(p.member for p in parts),
            gloss=gloss,
            scope=scope,
            role=role,
            language=self.language,
            bases=tuple(bases),
            returns=returns,
            uses=tuple(uses),
        )

    def _before(self, body: int) -> str:
        """Return the comment between a declaration's name and its brace on the next line."""
        start, _ = self.text.line_span(body)
        if not start or self.utf8[max(start, body - _INDENT) : body].strip():
            return ""
        match = _BEHIND_CODE.search(self.utf8, self.text.line_span(start - 1)[0], start - 1)
        return self.source.trailing(match.start()).text if match else ""

    def document(self, gloss: str, parts: list[Part]) -> list[Part]:
        """Return ``parts`` with the words a documentation comment gives each parameter."""
        if "param" not in gloss:
            return parts
        told = {m["name"].strip("*&$"): m["words"].strip() for m in _DOC_PARAMETER.finditer(gloss)}
        return [self.worded(part, told.get(part.member.name, "")) for part in parts]

    def worded(self, part: Part, said: str) -> Part:
        """Return ``part`` with words added to its gloss."""
        old = part.member
        if not said or said in old.gloss:
            return part
        said = join(old.gloss, said)
        return Part(part.start, part.end, Member(old.name, old.passage, old.value, old.type, said, values(said)))

    def uses(self, start: int, end: int) -> tuple[str, ...]:
        """Return the identifiers and short strings of ``[start, end)``, in order, each once, at most ``USES``."""
        seen: dict[str, None] = {}
        for match in _USE.finditer(self.utf8, start, min(end, start + (1 << 18))):
            word = match["word"] or (match["string"] or b"")[1:-1]
            if len(word) < 2 or word in _KEYWORDS or len(word) > 80:
                continue
            seen.setdefault(word.decode("utf-8", "replace"))
            if len(seen) >= USES:
                break
        return tuple(seen)

    def unquoted(self, node: Node) -> str:
        """Return a string literal's words, without quotes and prefixes."""
        text = self.utf8[node.start_byte : min(node.end_byte, node.start_byte + 4000)].decode("utf-8", "ignore")
        return _QUOTES.sub("", _PREFIX.sub("", text, count=1), count=1).replace('\\"', '"')


_INDENT = 4096
"""Blanks that may stand before a brace on a line of its own."""
_BEHIND_CODE = re.compile(rb"(?<=[\w)>\]])[ \t]*(?=//|/\*)")
_PREFIX = re.compile(r'^(?:[@$a-zA-Z]{0,3}#{0,9}"{1,3}|[bru]{0,2}\'|`|@?L?")')
_QUOTES = re.compile(r"(?:\"{1,3}#{0,9}|'|`)\Z")


def near(spots: Sequence[int] | None, start: int, end: int) -> bool:
    """Return whether a sorted spot lies in ``[start, end)``; always without spots."""
    if spots is None:
        return True
    index = bisect_left(spots, start)
    return index < len(spots) and spots[index] < end


def first(node: Node, *kinds: str) -> Node | None:
    """Return the first child of one of ``kinds``."""
    return next((c for c in node.named_children if c.type in kinds), None)


_SILENT = re.compile(
    r"^[@\[#\s(]*(?:Override|Deprecated|Suppress\w*|Autowired|Resource|Data|Getter|Setter|NonNull|Nullable|NotNull|Valid"
    r"|Serializable|MarshalAs|StructLayout|DllImport|derive|allow|cfg|inline|objc|available|discardableResult|IBOutlet"
    r"|IBAction|Test|JvmStatic|JvmField|Keep)\b"
)
_WRITTEN = re.compile(r'"((?:[^"\\]|\\.){1,400})"')


def annotation_words(reader: Reader, holder: Node | None, only: re.Pattern[str] | None = None) -> str:
    """Return what the annotations or attributes in ``holder`` say: names that tell something, and their strings.

    ``@JsonProperty("EthicCode")`` gives ``JsonProperty EthicCode``; ``@Override`` gives nothing.
    """
    if holder is None:
        return ""
    nodes = [holder] if "annotation" in holder.type or "attribute" in holder.type else holder.named_children
    lines: list[str] = []
    for node in nodes:
        if "annotation" not in node.type and "attribute" not in node.type:
            continue
        text = reader.source.slice(node, 1200)
        if _SILENT.match(text) or (only is not None and not only.search(text)):
            continue
        strings = [s for s in _WRITTEN.findall(text) if s.strip()]
        if strings:
            name = re.split(r"[(:=\"]", text.lstrip("@[#( "), maxsplit=1)[0].strip()
            lines.append(" ".join((name, *strings)))
    return "\n".join(lines)
