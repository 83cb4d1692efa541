"""Parts of Python code: values, label sets, strings; ``pythoncalls`` adds calls, ``pythonclass`` classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sousveil.model import Kind
from sousveil.read.source.drafts import Draft, Spots, touched
from sousveil.read.source.literals import Entry
from sousveil.read.source.script import GLOSS, MEMBERS, VALUE, Context, unescape
from sousveil.read.source.values import Values
from sousveil.read.text import Text

if TYPE_CHECKING:
    from tree_sitter import Node

LANGUAGE = "python"
_KEPT = 20_000
"""Lists of items remembered of one file."""

_NUMBERS = frozenset(("integer", "float", "unary_operator"))
SEQUENCES = frozenset(("list", "tuple", "set", "expression_list"))
STRINGS = frozenset(("string", "concatenated_string"))
_NAMING = frozenset(("assignment", "keyword_argument", "pair", "default_parameter", "typed_default_parameter"))
_LISTED = frozenset(("list", "tuple", "set", "dictionary", "argument_list", "parameters"))
_TRANSLATE = frozenset(
    ("_", "gettext", "gettext_lazy", "_l", "_t", "ugettext_lazy", "ugettext", "tr", "translate", "t")
)


class PythonParts(Values):
    """Readers of values; nothing here walks the whole tree."""

    string_types = STRINGS

    def __init__(self, text: Text, source: bytes, base: int) -> None:
        super().__init__(text, source, base, LANGUAGE, (b"#",), blocks=False)
        self._entries: dict[tuple[int, int, str, int, int], list[Entry]] = {}

    # ------------------------------------------------------------------------------------------ nodes

    def is_string(self, node: Node) -> bool:
        """Return whether an expression statement is a lone string."""
        return node.named_child_count >= 1 and node.named_children[0].type in STRINGS

    def words(self, node: Node, limit: int = GLOSS) -> str:
        """Return what a string literal says: joined, unescaped, the fields of an f-string as ``{…}``."""
        if node.type == "concatenated_string":
            return "".join(self.words(c, limit) for c in node.named_children[:200] if c.type == "string")[:limit]
        data = self.source[node.start_byte : min(node.end_byte, node.start_byte + limit * 4)].decode("utf-8", "ignore")
        first = data[:1]
        if first in ("'", '"') and data[1:2] != first and len(data) > 1 and data[-1] == first and "\\" not in data:
            return data[1:-1][:limit] if node.end_byte <= node.start_byte + limit * 4 else data[1:][:limit]
        quote = next((i for i, c in enumerate(data) if c in "\"'"), 0)
        flags, body = data[:quote].lower(), data[quote:]
        mark = body[:3] if body[:3] in ('"""', "'''") else body[:1]
        body = body[len(mark) :]
        if body.endswith(mark) and node.end_byte <= node.start_byte + limit * 4:
            body = body[: -len(mark)]
        return (body if "r" in flags else unescape(body))[:limit]

    def key(self, node: Node | None) -> str:
        """Return a dictionary key as a name."""
        if node is None:
            return ""
        return self.words(node, 200) if node.type in STRINGS else self.raw(node, 200)

    def target(self, node: Node) -> str:
        """Return what is assigned to: a name, an attribute or ``frame["key"]``'s key."""
        left = node.child_by_field_name("left") or node.child_by_field_name("name")
        if left is None:
            return ""
        if left.type == "subscript":
            inside = left.child_by_field_name("subscript")
            if inside is not None and inside.type in STRINGS:
                return self.words(inside, 200)
        return self.raw(left, 200)

    def arguments(self, call: Node) -> tuple[list[Node], dict[str, Node]]:
        """Return positional and keyword arguments of a call."""
        positional: list[Node] = []
        named: dict[str, Node] = {}
        given = call.child_by_field_name("arguments")
        for child in (given.named_children if given is not None else [])[:200]:
            if child.type == "keyword_argument":
                value = child.child_by_field_name("value")
                if value is not None:
                    named[self.field(child, "name")] = value
            elif child.type != "comment":
                positional.append(child)
        return positional, named

    def callee(self, call: Node) -> str:
        """Return the last name of what is called."""
        return self.raw(call.child_by_field_name("function"), 200).rpartition(".")[2]

    def wraps(self, call: Node) -> bool:
        """Return whether a call only wraps its value: ``np.array([…])``, ``_("…")``, ``field(default=…)``."""
        return self.callee(call) in _TRANSLATE or self.callee(call) in (
            "array",
            "list",
            "tuple",
            "set",
            "frozenset",
            "OrderedDict",
            "dict",
            "Series",
            "Index",
            "asarray",
            "tensor",
            "freeze",
            "MappingProxyType",
            "sorted",
            "Categorical",
            "field",
            "Field",
            "enumerate",
            "zip",
        )

    # --------------------------------------------------------------------------------------- literals

    def entry(self, node: Node, deep: int = 2) -> Entry:
        """Return a value as an entry, its own items read ``deep`` levels down."""
        start, end = node.start_byte, node.end_byte
        kind = node.type
        if kind in STRINGS:
            return Entry(start, end, self.words(node, 500), "text")
        if kind == "parenthesized_expression" and node.named_child_count == 1 and deep:
            return self.entry(node.named_children[0], deep - 1)
        if kind == "call" and self.callee(node) in _TRANSLATE:
            positional, _ = self.arguments(node)
            if positional and positional[0].type in STRINGS:
                return Entry(start, end, self.words(positional[0], 500), "text")
        if kind in _NUMBERS:
            return Entry(start, end, self.raw(node, VALUE), "number")
        if kind in SEQUENCES or kind == "dictionary":
            inner = self.entries(node, deep - 1, 12) if deep > 0 else []
            return Entry(start, end, self.raw(node, VALUE), "map" if kind == "dictionary" else "list", inner=inner)
        return Entry(start, end, self.raw(node, VALUE), "other")

    def entries(self, node: Node, deep: int = 2, most: int = MEMBERS) -> list[Entry]:
        """Return the items of a list or dictionary; beyond ``most`` only those that hold a hit."""
        # Asked for the shape, for the holes and for the members: a long table is read once.
        key = (node.start_byte, node.end_byte, node.type, deep, most)
        known = self._entries.get(key)
        if known is None:
            if len(self._entries) >= _KEPT:
                self._entries.clear()
            known = self._entries[key] = self._items(node, deep, most)
        return known

    def forget(self) -> None:
        """Forget the items that were chosen for what was looked for; short lists are the same whatever that is."""
        self._entries = {key: items for key, items in self._entries.items() if len(items) < key[4]}

    def _items(self, node: Node, deep: int, most: int) -> list[Entry]:
        found: list[Entry] = []
        for child in node.named_children:
            if child.type in ("comment", "ERROR"):
                continue
            if len(found) >= most and not self.wanted(child):
                continue
            if len(found) >= 4 * MEMBERS:
                break
            if child.type == "pair":
                key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
                if key is None or value is None:
                    continue
                entry = self.entry(value, deep)
                entry.start, entry.end, entry.value_start = child.start_byte, child.end_byte, value.start_byte
                entry.key = self.key(key)
                entry.key_form = "text" if key.type in STRINGS else "number" if key.type in _NUMBERS else "name"
            else:
                entry = self.entry(child, deep)
            found.append(entry)
        return found

    def collection(self, node: Node, context: Context) -> Draft | None:
        """Return a literal as label set or record, or ``None`` if it is neither."""
        if node.named_child_count == 0 or context.inside in ("skip", "labels"):
            return None
        above = self.above
        around = above.type if above is not None else ""
        if around in ("subscript", "for_statement", "pattern_list"):
            return None
        alone = 1 if around in _NAMING and context.name and context.inside == "" else 2
        if context.inside == "collection" and around != "pair" and node.type != "dictionary":
            return None
        return self.literal(node, context, alone)

    def runs(self, node: Node, context: Context, near: Spots | None) -> Iterator[Draft]:
        """Yield label sets written as ``proba["white"] = …`` line after line."""
        run: list[tuple[Node, str, str]] = []
        base = ""
        for child in [*node.named_children, None]:
            target, word, value = self._keyed(child) if child is not None else ("", "", "")
            if run and (target != base or not word):
                if len(run) >= 2 and any(touched(near, n.start_byte, n.end_byte) for n, _, _ in run):
                    yield self.run(base, run, context, Kind.LABEL_SET, "dict")
                run = []
            if child is not None and word:
                base = target
                run.append((child, word, value))

    def _keyed(self, statement: Node) -> tuple[str, str, str]:
        nothing = ("", "", "")
        if statement.type != "expression_statement" or statement.named_child_count != 1:
            return nothing
        inner = statement.named_children[0]
        left = inner.child_by_field_name("left") if inner.type == "assignment" else None
        if left is None or left.type != "subscript":
            return nothing
        key = left.child_by_field_name("subscript")
        if key is None or key.type != "string":
            return nothing
        return self.field(left, "value"), self.words(key, 200), self.raw(inner.child_by_field_name("right"), VALUE)

    # ---------------------------------------------------------------------------------------- strings

    def docstring(self, node: Node) -> Draft:
        """Return a module's docstring as a statement."""
        string = node.named_children[0]
        return Draft(
            self.base + node.start_byte,
            self.base + node.end_byte,
            lambda: self.statement(string, Context(name="module"), "docstring"),
            linkable=False,
        )

    def string(self, node: Node, context: Context) -> Iterator[Draft]:
        """Yield what a string tells, unless its own declaration does."""
        above = self.above
        around = above.type if above is not None else ""
        if context.inside == "skip" or around in ("concatenated_string", "expression_statement"):
            # A docstring is its declaration's gloss; the module's is told by ``docstring``.
            return
        if above is not None and around in _NAMING and above.child_by_field_name("left") == node:
            return
        outer = above if above is not None and around in _NAMING else node
        yield from self.told(node, outer, context)

    def comment(self, node: Node, context: Context) -> Draft | None:
        """Return a comment that belongs to no declaration."""
        around = self.above.type if self.above is not None else ""
        if around in _LISTED or context.inside or self._describes(node, context):
            return None
        return Draft(
            self.base + node.start_byte,
            self.base + node.end_byte,
            lambda: self.statement(node, context, "comment"),
            linkable=False,
        )

    def _describes(self, node: Node, context: Context) -> bool:
        """Return whether a comment is the gloss of a declaration beside it."""
        line = self.line_start(node.start_byte)
        if self.source[line : node.start_byte].strip():
            return context.owner == "class"
        if context.owner == "function":
            return False
        at = node.end_byte + 1
        for _ in range(60):
            stop = self.source.find(b"\n", at)
            below = self.source[at : stop if stop >= 0 else len(self.source)].strip()
            if not below.startswith(b"#") or stop < 0:
                return below.startswith((b"class ", b"def ", b"async ", b"@")) or (
                    context.owner == "class" and below != b""
                )
            at = stop + 1
        return False
