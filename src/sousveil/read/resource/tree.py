"""What JSON, YAML, TOML and property lists have in common: objects, arrays, scalars, each with its place."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator

_LONG = 1 << 15
"""Bytes of an object from which on it is not read whole to learn what it calls itself."""
DEPTH = 64
"""Levels that are walked upwards from a hit."""

NAMING = ("name", "title", "label", "id", "key", "field", "code", "type", "resourceType", "text", "url")
GLOSSING = ("description", "title", "desc", "comment", "$comment", "summary", "label", "help", "doc", "documentation",
            "display", "definition", "note", "remark", "tooltip", "placeholder", "说明", "描述", "备注", "注释",
            "含义")  # fmt: skip


class Node:
    """One value of a document; ``start`` and ``end`` are offsets in the text's UTF-8."""

    __slots__ = (
        "_children",
        "_index",
        "_texts",
        "comment",
        "cut",
        "end",
        "key",
        "key_end",
        "key_start",
        "kind",
        "parent",
        "start",
        "text",
    )

    def __init__(self, kind: str, start: int, end: int, parent: Node | None = None, text: str = "") -> None:
        self.kind = kind
        """object, array, string, number, boolean or null."""
        self.start = start
        self.end = end
        self.parent = parent
        self.text = text
        """Of a scalar: its decoded value."""
        self.key = ""
        self.key_start = -1
        self.key_end = -1
        self.comment = ""
        self.cut = False
        """Whether there are more children than were read."""
        self._children: list[Node] | Callable[[Node, int], list[Node]] = []
        self._index: dict[str, Node] | None = None
        self._texts: dict[str, str] | None = None

    @property
    def children(self) -> list[Node]:
        """Return the members of an object or the elements of an array."""
        if callable(self._children):
            self._children = self._children(self, 0)
        return self._children

    def _first(self, most: int) -> list[Node]:
        """Return the first children; of a long object no more than those are read."""
        if callable(self._children) and self.end - self.start > _LONG:
            return self._children(self, most)
        return self.children[:most]

    def fill(self, children: list[Node] | Callable[[Node, int], list[Node]]) -> None:
        """Set the children, or how to read them when they are first asked for: all (0), or so many of the first."""
        self._index = self._texts = None
        self._children = children

    @property
    def scalar(self) -> bool:
        """Whether the value is neither object nor array."""
        return self.kind not in ("object", "array")

    @property
    def from_start(self) -> int:
        """Return where the key, or without one the value, starts."""
        return self.key_start if self.key_start >= 0 else self.start

    def child(self, *keys: str) -> Node | None:
        """Return the first child that has one of the keys, in the order of ``keys``."""
        if self.kind != "object":
            return None
        if self._index is None:
            self._index = {node.key: node for node in reversed(self.children)}
        return next((self._index[key] for key in keys if key in self._index), None)

    def value(self, *keys: str) -> str:
        """Return the text of the first scalar child under one of the keys, or an empty string."""
        if self.kind != "object":
            return ""
        found = self._texts
        if found is None:
            first = [n for n in self._first(200) if n.scalar and n.text]
            found = self._texts = {n.key: n.text for n in reversed(first)}
        return next((found[key] for key in keys if key in found), "")

    def ancestors(self) -> Iterator[Node]:
        """Yield what encloses the node, innermost first, at most ``DEPTH`` levels."""
        node = self.parent
        for _ in range(DEPTH):
            if node is None:
                return
            yield node
            node = node.parent

    def named(self) -> str:
        """Return the key that holds the node, or that of the arrays around it."""
        node: Node | None = self
        for _ in range(4):
            if node is None:
                return ""
            if node.key:
                return node.key
            node = node.parent
        return ""

    def gloss(self) -> str:
        """Return the comment at the node and the describing text inside it."""
        inner = self.value(*GLOSSING)[:2000] if self.kind == "object" else ""
        return "\n".join(part for part in (self.comment, inner) if part)

    def path(self) -> list[Node]:
        """Return the keyed nodes that enclose this one, outermost first."""
        return [node for node in self.ancestors() if node.key][::-1]

    def scope(self) -> tuple[str, ...]:
        """Return the keys that lead here and, of nameless objects on the way, what they call themselves."""
        names: list[str] = []
        for node in self.ancestors():
            if node.kind == "object":
                for naming in ("name", "id", "resourceType", "title", "url"):
                    label = node.value(naming)
                    if 0 < len(label) <= 120:
                        names.append(label)
                        break
            if node.key and node.key not in names[-1:]:
                names.append(node.key)
        return tuple(names[:32][::-1])


def owner(root: Node, at: int) -> Node:
    """Return the innermost container under ``root`` in which ``at`` stands outside any container of its own."""
    node = root
    while True:
        children = node.children
        index = bisect_right(children, at, key=lambda child: child.from_start) - 1
        if index < 0:
            return node
        child = children[index]
        if child.scalar or not child.start <= at < child.end:
            return node
        node = child


def containers(root: Node, most: int = 20_000) -> Iterator[Node]:
    """Yield every object and array under ``root``, itself first."""
    queue = [root]
    for _ in range(most):
        if not queue:
            return
        node = queue.pop()
        yield node
        queue.extend(child for child in reversed(node.children) if not child.scalar)
