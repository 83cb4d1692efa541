"""Rust: enumerations, structs, constants, functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from tree_sitter import Node

from sousveil.model import Construct, Kind
from sousveil.read.gloss import join
from sousveil.read.source import blocks
from sousveil.read.source.brace import Found, Part, Reader, Step, annotation_words
from sousveil.read.source.constants import Constant, class_constants, enumeration
from sousveil.read.source.engine import read as read_with
from sousveil.read.text import Text

EXTENSIONS = (".rs",)
ALL = None

_RECORDS = {"struct_item": "struct", "union_item": "union", "trait_item": "interface"}
_FUNCTIONS = frozenset({"function_item", "function_signature_item"})
_BLOCKS = frozenset({"source_file", "declaration_list"})
_ENDPOINT = re.compile(r"#\[(?:\w+::)?(?:get|post|put|delete|patch|route)\(")


class Rust(Reader):
    """Enumerations, structs, constants, functions of Rust."""

    language = "rust"
    dialect = blocks.RUST
    strings = frozenset({"string_literal", "raw_string_literal"})
    lists = frozenset({"array_expression", "token_tree"})
    pairs = frozenset({"tuple_expression"})
    wrappers = frozenset({"reference_expression", "parenthesized_expression"})
    calls = frozenset({"call_expression"})
    arguments = frozenset({"arguments"})
    switches = frozenset({"match_expression"})
    cases = frozenset({"match_arm"})
    case_label = "pattern"
    holders: ClassVar[dict[str, str]] = {
        "const_item": "name",
        "static_item": "name",
        "let_declaration": "pattern",
        "assignment_expression": "left",
        "field_initializer": "field",
    }

    def scope(self, step: Step) -> str:
        node = step.node
        if node.type in ("impl_item",):
            return self.source.field(node, "type")
        if node.type in _RECORDS or node.type in ("enum_item", "mod_item", "function_item"):
            return self.source.field(node, "name")
        return ""

    def find(self, step: Step) -> Iterable[Found]:
        kind = step.node.type
        if kind == "enum_item":
            return self._enum(step)
        if kind in _RECORDS:
            return self._record(step)
        if kind in _FUNCTIONS:
            return self._function(step)
        if kind in _BLOCKS:
            return self._constants(step)
        return ()

    def _begin(self, node: Node) -> tuple[int, str]:
        """Return where a declaration begins with its attributes, and what those say."""
        start = node.start_byte
        said: list[str] = []
        above = node.prev_named_sibling
        while above is not None and above.type == "attribute_item":
            start = above.start_byte
            said.insert(0, annotation_words(self, above))
            above = above.prev_named_sibling
        return start, join(*said)

    # ------------------------------------------------------------------ types

    def _enum(self, step: Step) -> Iterator[Found]:
        node = step.node
        label, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if label is None or body is None:
            return
        start, gloss = self._begin(node)
        name = self.source.slice(label)

        def build(found: Found) -> Construct:
            parts: list[Part] = []
            for item in body.named_children:
                at = item.child_by_field_name("name")
                if item.type == "enum_variant" and at is not None:
                    begin, said = self._begin(item)
                    value, kind = self.source.field(item, "value"), self.source.field(item, "body")
                    one = self.extent(self.source.slice(at), at.start_byte, begin, item.end_byte, value, kind, said)
                    parts.append(one)
            return self.build(
                found, name, label.start_byte, step.scope, "enum", parts, gloss=gloss, body=body.start_byte
            )

        yield Found(start, node.end_byte, Kind.ENUMERATION, build, (name,))

    def _record(self, step: Step) -> Iterator[Found]:
        node = step.node
        label = node.child_by_field_name("name")
        if label is None:
            return
        body = node.child_by_field_name("body")
        start, gloss = self._begin(node)
        name = self.source.slice(label)

        def build(found: Found) -> Construct:
            parts: list[Part] = []
            for item in body.named_children if body is not None else ():
                at = item.child_by_field_name("name") if item.type == "field_declaration" else None
                if at is not None:
                    begin, said = self._begin(item)
                    kind = self.source.field(item, "type")
                    parts.append(
                        self.extent(self.source.slice(at), at.start_byte, begin, item.end_byte, "", kind, said)
                    )
            if body is not None and body.type == "ordered_field_declaration_list":
                for count, kind_node in enumerate(body.children_by_field_name("type")):
                    parts.append(self.part(str(count), kind_node, kind_node, type=self.source.slice(kind_node)))
            at_body = body.start_byte if body is not None else 0
            role = _RECORDS[node.type]
            return self.build(found, name, label.start_byte, step.scope, role, parts, gloss=gloss, body=at_body)

        yield Found(start, node.end_byte, Kind.RECORD, build, (name,))

    def _constants(self, step: Step) -> Iterator[Found]:
        items = [
            (n, self._constant(n))
            for n in step.node.named_children
            if n.type not in ("attribute_item", "inner_attribute_item")
        ]
        for group in class_constants(items, 0)[1]:
            yield enumeration(self, group, step.scope)

    def _constant(self, node: Node) -> Constant | None:
        at, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if node.type != "const_item" or at is None or value is None or not value.type.endswith("_literal"):
            return None
        return Constant(self.source.slice(at), self.source.slice(value), at.start_byte, node.start_byte, node.end_byte)

    # ------------------------------------------------------------------ functions

    def _function(self, step: Step) -> Iterator[Found]:
        node = step.node
        label = node.child_by_field_name("name")
        if label is None:
            return
        body = node.child_by_field_name("body")
        start, gloss = self._begin(node)
        role = "method" if any(up.node.type in ("impl_item", "trait_item") for up in step.up(3)) else "function"
        if _ENDPOINT.search(self.source.cut(start, node.start_byte)):
            role = "endpoint"

        def build(found: Found) -> Construct:
            parts: list[Part] = []
            parameters = node.child_by_field_name("parameters")
            for item in parameters.named_children if parameters is not None else ():
                at = item.child_by_field_name("pattern")
                if item.type == "parameter" and at is not None:
                    parts.append(self.part(self.source.slice(at), at, item, type=self.source.field(item, "type")))
            uses = self.uses(body.start_byte, body.end_byte) if body is not None else ()
            returns = self.source.field(node, "return_type")
            name, at_name = self.source.slice(label), label.start_byte
            return self.build(found, name, at_name, step.scope, role, parts, gloss=gloss, returns=returns, uses=uses)

        head = body.start_byte if body is not None else node.end_byte
        yield Found(start, node.end_byte, Kind.OPERATION, build, head=head)


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs around ``hits`` (offsets into ``text.utf8``); raises ``tree.Unfinished``."""
    return read_with(Rust, text, hits)
