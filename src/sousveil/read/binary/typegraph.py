"""Types by number, as PDB and BTF have them: which hold a hit, what they refer to, what refers to them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from sousveil.model import Construct, Kind, Member, Passage
from sousveil.read.unfinished import Unfinished, bounded, tell

CONSTRUCTS = 4000
LINKED = 48
_MORE = f"more than {LINKED} types and functions refer to those with terms: the first were read"
MOST_MEMBERS = 4000
Span = tuple[int, int]
"""Offset in the file and length of a name."""


class Part(Struct):
    """An enumerator, field or parameter."""

    name: Span
    type: int = 0
    value: str = ""


class Node(Struct):
    """One type or function."""

    kind: str
    """``enum``, ``record``, ``function``, ``wrap`` or ``plain``."""
    name: Span = (0, 0)
    parts: list[Part] = field(default_factory=list)
    to: int = 0
    """Of a wrap what it is of; of a function what it returns."""
    form: str = "{}"
    """Of a wrap how its type is written, ``{} *``; of what is plain its name."""
    role: str = ""
    bases: list[int] = field(default_factory=list)
    named: bool = False
    """A wrap that gives a name: a typedef."""


class Graph:
    """The types of one file."""

    def __init__(self, data: bytes, language: str, section: str) -> None:
        self.data, self.language, self.section = data, language, section
        self.base = 0
        self.nodes: dict[int, Node] = {}
        self._typedefs: dict[int, int] = {}

    def select(self, hits: Sequence[int] | None) -> Iterator[Construct]:
        """Yield the constructs around hits and those linked to them. Raises Unfinished where there are too many."""
        hot = {i for i, node in self.nodes.items() if self._hot(node, hits)}
        for i, node in self.nodes.items():
            if node.named:
                self._typedefs.setdefault(node.to, i)
                if i in hot:
                    hot.add(self._followed(i))
        hot = {i for i in hot if i in self.nodes and self.nodes[i].kind in ("enum", "record", "function")}
        reached = {i for i in hot if self.nodes[i].kind != "function"}
        for _ in range(8):
            before = len(reached)
            reached |= {i for i, node in self.nodes.items() if node.kind == "wrap" and node.to in reached}
            if len(reached) == before:
                break
        wanted = {self._followed(part.type) for i in hot for part in self.nodes[i].parts}
        done = linked = 0
        seen: set[tuple[object, ...]] = set()
        for i, node in self.nodes.items():
            if node.kind not in ("enum", "record", "function"):
                continue
            if i not in hot:
                uses = bool(reached) and not reached.isdisjoint(part.type for part in node.parts)
                if not (uses or (i in wanted and node.kind != "function")):
                    continue
                if linked >= LINKED:
                    tell("cut", _MORE)
                    continue
            construct = self._build(i, node)
            if construct is None:
                continue
            key = (construct.kind, construct.name, construct.scope, tuple((m.name, m.type) for m in construct.members))
            if key in seen:
                continue
            seen.add(key)
            done, linked = done + 1, linked + (i not in hot)
            if done > CONSTRUCTS:
                raise Unfinished("quota", f"more than {CONSTRUCTS} structures of the debug information hold a term")
            yield construct

    def _hot(self, node: Node, hits: Sequence[int] | None) -> bool:
        if hits is None:
            return True
        spans = [node.name, *(part.name for part in node.parts)]
        return any(n and (i := bisect_left(hits, o)) < len(hits) and hits[i] < o + n for o, n in spans)

    def _followed(self, at: int) -> int:
        for _ in range(16):
            node = self.nodes.get(at)
            if node is None or node.kind != "wrap":
                break
            at = node.to
        return at

    def text(self, span: Span) -> str:
        """Return a name."""
        return self.data[span[0] : span[0] + span[1]].decode("utf-8", "backslashreplace")

    def type_name(self, at: int, depth: int = 0) -> str:
        """Return a type as C writes it without the name."""
        node = self.nodes.get(at)
        if node is None or depth > 16:
            return ""
        if node.kind == "plain":
            return node.form
        named = self._typedefs.get(at) if node.kind != "wrap" else None
        if named is not None:
            return _last(self.text(self.nodes[named].name))
        if node.name[1]:
            return _last(self.text(node.name))
        if node.kind == "wrap":
            return node.form.replace("{}", self.type_name(node.to, depth + 1) or "void").replace("* *", "**")[:400]
        return node.role

    def _passage(self, span: Span) -> Passage:
        where = f"{self.section} {span[0] - self.base:#x}"
        return Passage(span[0], span[1], 0, 0, "utf-8", self.text(span), where)

    def _build(self, at: int, node: Node) -> Construct | None:
        span = node.name
        typedef = self._typedefs.get(at)
        if typedef is not None:
            span = self.nodes[typedef].name
        members = tuple(
            Member(self.text(p.name), self._passage(p.name), p.value, self.type_name(p.type) if p.type else "")
            for p in bounded(node.parts, MOST_MEMBERS, "members of one type")
            if p.name[1]
        )
        if not span[1] and not members:
            return None
        if node.kind != "function" and not members:
            return None
        passage = self._passage(span) if span[1] else members[0].passage
        *scope, name = _split(self.text(span)) if span[1] else [""]
        kind = {"enum": Kind.ENUMERATION, "record": Kind.RECORD}.get(node.kind, Kind.OPERATION)
        bases = tuple(b for b in (self.type_name(base) for base in node.bases) if b)
        returns = self.type_name(node.to) if node.kind == "function" and node.to else ""
        return Construct(
            kind, name, passage, members, "", tuple(scope), node.role or node.kind, self.language, bases, returns
        )


def _split(name: str) -> list[str]:
    """Return the parts of a qualified name; one with templates stays whole."""
    return [name] if "<" in name or "`" in name else name.split("::")


def _last(name: str) -> str:
    return _split(name)[-1]
