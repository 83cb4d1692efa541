"""Parts of PHP: names, strings, arrays; ``php`` adds declarations and the walk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sousveil.read.source.drafts import Draft
from sousveil.read.source.literals import Entry
from sousveil.read.source.script import GLOSS, MEMBERS, VALUE, Context, unescape
from sousveil.read.source.values import Values
from sousveil.read.text import Text

if TYPE_CHECKING:
    from tree_sitter import Node

LANGUAGE = "php"

STRINGS = frozenset(("string", "encapsed_string", "heredoc", "nowdoc"))
NAMING = frozenset(
    ("assignment_expression", "property_element", "const_element", "array_element_initializer", "simple_parameter")
)
CALLS = frozenset((
    "function_call_expression", "member_call_expression", "scoped_call_expression", "object_creation_expression",
    "nullsafe_member_call_expression",
))  # fmt: skip


class PhpParts(Values):
    """Readers of values."""

    string_types = STRINGS

    def __init__(self, text: Text, source: bytes, base: int) -> None:
        super().__init__(text, source, base, LANGUAGE, (b"//", b"#"), blocks=True)

    def words(self, node: Node, limit: int = GLOSS) -> str:
        """Return what a string says."""
        data = self.source[node.start_byte : min(node.end_byte, node.start_byte + limit * 4)].decode("utf-8", "ignore")
        if node.type in ("heredoc", "nowdoc"):
            lines = data.split("\n")
            return "\n".join(lines[1:-1])[:limit]
        body = data[1:-1] if len(data) > 1 and data[-1] == data[0] else data[1:]
        return (unescape(body) if node.type == "encapsed_string" else body.replace("\\'", "'"))[:limit]

    def _key(self, node: Node) -> str:
        return self.words(node, 200) if node.type in STRINGS else self.raw(node, 200)

    def _is_key(self, node: Node, above: Node) -> bool:
        return (
            above.type == "array_element_initializer"
            and above.named_child_count == 2
            and (above.named_children[0].start_byte == node.start_byte)
        )

    def _target(self, node: Node) -> str:
        left = node.child_by_field_name("left") or node.child_by_field_name("name")
        if left is None and node.named_children:
            left = node.named_children[0]
        if left is not None and left.type == "subscript_expression" and left.named_child_count > 1:
            index = left.named_children[1]
            return self._key(index)
        if left is not None and left.type == "member_access_expression":
            return self.field(left, "name")
        return self.raw(left, 200).lstrip("$")

    def _callee(self, node: Node) -> str:
        called = node.child_by_field_name("function") or node.child_by_field_name("name")
        around = node.child_by_field_name("scope")
        name = self.raw(called, 100)
        return f"{self.raw(around, 60)}::{name}" if around is not None else name

    def _arguments(self, node: Node) -> list[Node]:
        given = node.child_by_field_name("arguments")
        found = []
        for child in given.named_children[:100] if given is not None else ():
            if child.type == "argument" and child.named_children:
                found.append(child.named_children[-1])
        return found

    # --------------------------------------------------------------------------------------- literals

    def _entry(self, node: Node, deep: int) -> Entry:
        start, end = node.start_byte, node.end_byte
        if node.type in STRINGS:
            return Entry(start, end, self.words(node, 500), "text")
        if node.type in ("integer", "float", "unary_op_expression"):
            return Entry(start, end, self.raw(node, VALUE), "number")
        if node.type == "array_creation_expression":
            inner = self.entries(node, deep - 1, 12) if deep > 0 else []
            return Entry(start, end, self.raw(node, VALUE), "map" if inner and inner[0].key else "list", inner=inner)
        if node.type in CALLS and self._callee(node) in ("__", "trans", "_", "lang", "L") and self._arguments(node):
            return self._entry(self._arguments(node)[0], 0)
        form = "code" if node.type in ("anonymous_function", "arrow_function") else "other"
        return Entry(start, end, self.raw(node, VALUE), form)

    def entries(self, node: Node, deep: int = 2, most: int = MEMBERS) -> list[Entry]:
        """Return the items of an array; beyond ``most`` only those that hold a hit."""
        found: list[Entry] = []
        for child in node.named_children:
            if child.type != "array_element_initializer" or not child.named_children:
                continue
            if len(found) >= 4 * MEMBERS or (len(found) >= most and not self.wanted(child)):
                continue
            parts = [c for c in child.named_children if c.type != "comment"]
            entry = self._entry(parts[-1], deep)
            if len(parts) == 2:
                entry.value_start = parts[1].start_byte
                entry.key = self._key(parts[0])
                entry.key_form = "number" if parts[0].type == "integer" else "text"
            entry.start, entry.end = child.start_byte, child.end_byte
            found.append(entry)
        return found

    def _collection(self, node: Node, context: Context) -> Draft | None:
        if node.named_child_count == 0 or context.inside in ("skip", "labels"):
            return None
        around = self.above.type if self.above is not None else ""
        alone = 1 if around in NAMING and context.name and not context.inside else 2
        return self.literal(node, context, alone)
