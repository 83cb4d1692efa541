"""YAML by libyaml's events (no recursion, no tags, no aliases followed), by lines where it is broken or a template."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sousveil.model import Construct, Kind, Member
from sousveil.read.places import Hits, Places
from sousveil.read.resource.tree import Node, containers, owner
from sousveil.read.resource.values import Builder
from sousveil.read.text import Text

EXTENSIONS = (".yaml", ".yml", ".eyaml", ".clang-format", ".raml")

_WHOLE = 1 << 20
"""Bytes up to which a file is parsed as a whole; a larger one by its top-level entries around hits."""
_DEPTH = 200
_EVENTS = 400_000
_TOP = re.compile(rb"^(?=[^\s#%])", re.MULTILINE)
_BRACKET = re.compile(rb"[\[\]{}]")
_NESTED = re.compile(rb"(?:[-?:][ \t]++){200}")
_TRAILING = re.compile(rb"[ \t:,|>\-+]*#([^\n]*)")
_COMMENT = re.compile(rb"[ \t]*#+[ \t]?([^\n]*)\Z")
_LINE = re.compile(
    rb"([ \t]*)((?:-[ \t]+)*)"
    rb"(\"[^\"\n]{1,200}\"|'[^'\n]{1,200}'|[^\s#:'\"\[{][^:#\n]{0,200}?)[ \t]*:(?:[ \t]+([^\n]*)|\Z)"
)


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs of a YAML document that hold a hit, at most ``places.CAP``; of that length it was cut."""
    places, wanted = Places(text), Hits(hits)
    builder = Builder(places, wanted, "yaml")
    for start, end, parsed in _parts(places.utf8, wanted):
        _constructs(_Tree(places, start, end, parsed), builder)
    return builder.out


def _parts(utf8: bytes, hits: Hits) -> list[tuple[int, int, bool]]:
    """Return the spans to read and whether to parse them: the whole, or the top-level entries in which hits stand."""
    if len(utf8) <= _WHOLE or hits.all:
        return [(0, min(len(utf8), 4 * _WHOLE), True)]
    spans: list[tuple[int, int, bool]] = []
    total = 0
    for hit in hits.offsets:
        if spans and hit < spans[-1][1]:
            continue
        if total > _WHOLE + _WHOLE // 2:
            # What is left is read by lines.
            spans.append((spans[-1][1], len(utf8), False))
            break
        start = _top(utf8, hit)
        following = _TOP.search(utf8, hit + 1, hit + _WHOLE // 2)
        end = following.start() if following is not None else min(len(utf8), hit + _WHOLE // 2)
        while end < len(utf8) and utf8[end] & 0xC0 == 0x80:
            end += 1
        if spans and start - spans[-1][1] < 4096 and end - spans[-1][0] < _WHOLE // 2:
            total -= spans[-1][1] - spans[-1][0]
            start = spans.pop()[0]
        spans.append((start, end, True))
        total += end - start
    return spans


def _top(utf8: bytes, hit: int) -> int:
    """Return where the top-level entry that holds ``hit`` starts, or a line close before it."""
    low = max(0, hit - _WHOLE // 2)
    at = utf8.rfind(b"\n", low, hit)
    for _ in range(20_000):
        if at < 0 or utf8[at + 1 : at + 2] not in (b" ", b"\n", b"\r", b"#", b"\t"):
            break
        at = utf8.rfind(b"\n", low, at)
    if at >= 0 or low == 0:
        return at + 1
    start = max(0, hit - 4096)
    while start < hit and utf8[start] & 0xC0 == 0x80:
        start += 1
    return start


def _constructs(tree: _Tree, builder: Builder) -> None:
    hits = builder.hits
    if hits.all:
        for root in tree.roots:
            for node in containers(root):
                tree.comment(node)
                builder.container(node)
        return
    last = -1
    for hit in hits.between(tree.low, tree.high):
        if builder.full:
            return
        if hit < last:
            continue
        holder = next((r for r in tree.roots if r.start <= hit < r.end), None)
        if holder is not None and not holder.scalar and hit < tree.good:
            node = owner(holder, hit)
            tree.comment(node)
            builder.container(node)
        else:
            last = _line(builder, hit)


def _line(builder: Builder, hit: int) -> int:
    """Add the line at ``hit`` as it stands: a comment, a key and its value, or text; return where it ends."""
    places = builder.places
    start, end = places.line_start(hit, 600), places.line_end(hit, 600)
    raw = places.utf8[start:end]
    match = _LINE.match(raw)
    passage = places.passage(start + len(raw) - len(raw.lstrip()), end)
    if raw.lstrip().startswith(b"#"):
        builder.add(Construct(Kind.STATEMENT, "", passage, role="comment", language="yaml"))
    elif match is not None:
        key = match[3].decode("utf-8", "replace").strip("\"'")
        value = (match[4] or b"").decode("utf-8", "replace").strip()
        scope = _scope(places.utf8, start, len(match[1]) + len(match[2]))
        members = (Member(key, passage, value[:600]),)
        builder.add(Construct(Kind.STATEMENT, key, passage, members, "", scope, "key-value", "yaml"))
    else:
        builder.add(Construct(Kind.STATEMENT, "", passage, role="value", language="yaml"))
    return max(end, hit + 1)


def _scope(utf8: bytes, start: int, indent: int) -> tuple[str, ...]:
    """Return the keys of less indented lines before a line."""
    names: list[str] = []
    lines = utf8[max(0, start - 20000) : start].split(b"\n")
    for raw in reversed(lines[-400:]):
        match = _LINE.match(raw)
        if match is not None and len(match[1]) + len(match[2]) < indent:
            indent = len(match[1])
            names.append(match[3].decode("utf-8", "replace").strip("\"'"))
            if indent == 0:
                break
    return tuple(names[::-1])


class _Tree:
    """Nodes of one span of a text, as far as it parses."""

    def __init__(self, places: Places, low: int, high: int, parsed: bool) -> None:
        self.low, self.high = low, high
        self.good = low
        """Up to where the span was parsed."""
        self.roots: list[Node] = []
        self._utf8 = places.utf8
        self._characters = self._utf8[low:high].decode("utf-8", "replace") if parsed else ""
        self._cursor = (0, low)
        self._commented: set[int] = set()
        if parsed and self._shallow():
            self._build()

    def _shallow(self) -> bool:
        """Return whether brackets nest only as deep as documents do; libyaml keeps each level."""
        depth = 0
        for match in _BRACKET.finditer(self._utf8, self.low, self.high):
            depth = depth + 1 if match.group() in (b"[", b"{") else max(0, depth - 1)
            if depth > _DEPTH:
                return False
        return _NESTED.search(self._utf8, self.low, self.high) is None

    def _offset(self, index: int) -> int:
        """Return the offset of a character: from the last one asked for, since events come in order."""
        seen, at = self._cursor
        if index >= seen:
            at += len(self._characters[seen:index].encode("utf-8", "replace"))
        else:
            at -= len(self._characters[index:seen].encode("utf-8", "replace"))
        self._cursor = (index, at)
        return at

    def _events(self) -> Iterator[object]:
        import yaml

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            parser = loader(self._characters)
        except yaml.YAMLError:
            return
        try:
            for _ in range(_EVENTS):
                if not parser.check_event():
                    self.good = self.high
                    return
                yield parser.get_event()
        except (yaml.YAMLError, RecursionError, ValueError):
            # What was built so far stays; the rest is read by lines.
            return
        finally:
            parser.dispose()

    def _build(self) -> None:
        import yaml

        stack: list[Node] = []
        keys: list[tuple[str, int, int] | None] = []
        skipped = 0
        for event in self._events():
            if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                if skipped:
                    skipped -= 1
                    continue
                node = stack.pop()
                keys.pop()
                node.end = max(node.end, self._offset(_index(event.end_mark)))
                self.good = node.end
                continue
            if not isinstance(
                event, (yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent, yaml.AliasEvent)
            ):
                continue
            opens = isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent))
            if skipped or (opens and len(stack) >= _DEPTH):
                skipped += 1 if opens else 0
                continue
            start = self._offset(_index(event.start_mark))
            end = self._offset(_index(event.end_mark))
            parent = stack[-1] if stack else None
            if parent is not None and parent.kind == "object" and keys[-1] is None:
                name = event.value if isinstance(event, yaml.ScalarEvent) else ""
                keys[-1] = (_clean(name), start, end)
                if opens:
                    # A mapping as a key: pass over it.
                    skipped = 1
                self.good = end
                continue
            node = self._node(event, start, end, parent)
            if parent is not None:
                if parent.kind == "object" and keys[-1] is not None:
                    node.key, node.key_start, node.key_end = keys[-1]
                    keys[-1] = None
                parent.children.append(node)
            else:
                self.roots.append(node)
            if opens:
                stack.append(node)
                keys.append(None)
            self.good = end
        for node in stack:
            node.end = max(node.end, self.good)

    @staticmethod
    def _node(event: object, start: int, end: int, parent: Node | None) -> Node:
        import yaml

        if isinstance(event, yaml.MappingStartEvent):
            return Node("object", start, end, parent)
        if isinstance(event, yaml.SequenceStartEvent):
            return Node("array", start, end, parent)
        if not isinstance(event, yaml.ScalarEvent):
            return Node("null", start, end, parent)
        text = _clean(event.value)
        kind = "string"
        if not event.style:
            if text.lower() in ("true", "false", "yes", "no", "on", "off"):
                kind = "boolean"
            elif text.lower() in ("", "null", "~"):
                kind = "null"
            elif re.match(r"[-+]?\.?\d[\d_.eExXa-fA-F+-]*\Z", text):
                kind = "number"
        return Node(kind, start, end, parent, text)

    def comment(self, node: Node) -> None:
        """Set what the comments say of a container and of its own members, once."""
        if id(node) in self._commented:
            return
        self._commented.add(id(node))
        for one in (node, *node.children[:5000]):
            if not one.comment:
                self._comment(one)

    def _comment(self, node: Node) -> None:
        """Set what is said beside a key and on the lines above it."""
        utf8 = self._utf8
        words: list[str] = []
        start = node.from_start
        at = utf8.rfind(b"\n", max(0, start - 400), start) + 1
        for _ in range(6):
            if at < 2 or utf8[at:start].strip(b" \t-"):
                break
            above = utf8.rfind(b"\n", max(0, at - 400), at - 1) + 1
            match = _COMMENT.match(utf8[above : at - 1])
            if match is None:
                break
            words.insert(0, match[1].decode("utf-8", "replace").strip())
            at = start = above
        behind = node.end if node.scalar else node.key_end
        if behind >= 0:
            match = _TRAILING.match(utf8, behind, min(self.high, behind + 2000))
            if match is not None:
                words.append(match[1].decode("utf-8", "replace").strip())
        node.comment = "\n".join(word for word in words if word)[:1000]


def _index(mark: object) -> int:
    """Return a mark's position in characters."""
    return int(getattr(mark, "index", 0))


def _clean(value: str) -> str:
    return value.encode("utf-8", "replace").decode("utf-8") if not value.isascii() else value
