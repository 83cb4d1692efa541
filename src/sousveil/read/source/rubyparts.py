"""Parts of Ruby: names, strings, arrays and hashes; ``ruby`` adds declarations and the walk."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sousveil.model import Construct, Kind
from sousveil.read.source.drafts import Draft
from sousveil.read.source.literals import Entry, Shape
from sousveil.read.source.script import GLOSS, MEMBERS, VALUE, Context, unescape
from sousveil.read.source.values import Values
from sousveil.read.text import Text

if TYPE_CHECKING:
    from tree_sitter import Node

LANGUAGE = "ruby"

STRINGS = frozenset(("string", "bare_string", "heredoc_body", "chained_string"))
SYMBOLS = frozenset(("simple_symbol", "bare_symbol", "hash_key_symbol", "delimited_symbol"))
LISTS = frozenset(("array", "string_array", "symbol_array"))
NAMING = frozenset(("assignment", "pair", "operator_assignment", "optional_parameter", "keyword_parameter"))


class RubyParts(Values):
    """Readers of values."""

    string_types = STRINGS

    def __init__(self, text: Text, source: bytes, base: int) -> None:
        super().__init__(text, source, base, LANGUAGE, (b"#",), blocks=False)

    def words(self, node: Node, limit: int = GLOSS) -> str:
        """Return what a string or symbol says."""
        data = self.source[node.start_byte : min(node.end_byte, node.start_byte + limit * 4)].decode("utf-8", "ignore")
        if node.type in ("bare_string", "heredoc_body", "bare_symbol"):
            return data.strip()[:limit]
        if node.type in SYMBOLS:
            return data.strip(":\"' ")[:limit]
        body = data[1:-1] if len(data) > 1 and data[0] in "\"'" else data
        return (unescape(body) if data.startswith('"') else body)[:limit]

    def _key(self, node: Node | None) -> str:
        if node is None:
            return ""
        if node.type in STRINGS or node.type in SYMBOLS:
            return self.words(node, 200)
        if node.type == "element_reference" and node.named_child_count > 1:
            return self._key(node.named_children[1])
        return self.raw(node, 200).lstrip("@$")

    def _arguments(self, node: Node) -> list[Node]:
        given = node.child_by_field_name("arguments")
        return [c for c in given.named_children[:200] if c.type != "comment"] if given is not None else []

    def _building(
        self, build: Callable[[Node, Context], Construct], node: Node, context: Context
    ) -> Callable[[], Construct]:
        return lambda: build(node, context)

    # --------------------------------------------------------------------------------------- literals

    def _entry(self, node: Node, deep: int) -> Entry:
        start, end = node.start_byte, node.end_byte
        if node.type in STRINGS or node.type in SYMBOLS:
            return Entry(start, end, self.words(node, 500), "text")
        if node.type in ("integer", "float", "unary"):
            return Entry(start, end, self.raw(node, VALUE), "number")
        if node.type in LISTS or node.type == "hash":
            inner = self.entries(node, deep - 1, 12) if deep > 0 else []
            return Entry(start, end, self.raw(node, VALUE), "map" if node.type == "hash" else "list", inner=inner)
        return Entry(start, end, self.raw(node, VALUE), "code" if node.type == "lambda" else "other")

    def entries(self, node: Node, deep: int = 2, most: int = MEMBERS) -> list[Entry]:
        """Return the items of an array or hash; beyond ``most`` only those that hold a hit."""
        found: list[Entry] = []
        for child in node.named_children:
            if child.type == "comment" or len(found) >= 4 * MEMBERS or (len(found) >= most and not self.wanted(child)):
                continue
            if child.type == "pair":
                key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
                if key is None or value is None:
                    continue
                entry = self._entry(value, deep)
                entry.start, entry.end, entry.value_start = child.start_byte, child.end_byte, value.start_byte
                entry.key = self._key(key)
                entry.key_form = "number" if key.type == "integer" else "text"
            else:
                entry = self._entry(child, deep)
            found.append(entry)
        return found

    def _collection(self, node: Node, context: Context) -> Draft | None:
        if node.named_child_count == 0 or context.inside in ("skip", "labels"):
            return None
        around = self.above.type if self.above is not None else ""
        alone = 1 if around in NAMING and context.name and not context.inside else 2
        constant = context.name[:1].isupper()

        def refine(found: Shape) -> Shape | None:
            keys = [p.entry.key for p in found.parts]
            if context.callee == "enum" and node.type == "hash":
                for part in found.parts:
                    part.name, part.value = part.entry.key or part.name, part.entry.value
                return Shape(Kind.ENUMERATION, "enum", found.parts)
            if constant and found.kind is Kind.RECORD and all(k and k.isupper() for k in keys):
                return Shape(Kind.ENUMERATION, "constants", found.parts)
            return found

        return self.literal(node, context, alone, refine)
