"""Go: structs with tags, ``iota`` constants, functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from tree_sitter import Node

from sousveil.model import Construct, Kind
from sousveil.read.source import blocks
from sousveil.read.source.brace import Found, Part, Reader, Step, first
from sousveil.read.source.constants import Constant, class_constants, enumeration, family_name
from sousveil.read.source.engine import read as read_with
from sousveil.read.text import Text

EXTENSIONS = (".go",)
ALL = None

_TAG = re.compile(r'([A-Za-z_]\w*):"((?:[^"\\]|\\.)*)"')
_PLAIN = frozenset({"string", "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "byte"})
_FUNCTIONS = frozenset({"function_declaration", "method_declaration", "method_elem"})


class Go(Reader):
    """Types, constants, functions of Go."""

    language = "go"
    dialect = blocks.GO
    strings = frozenset({"interpreted_string_literal", "raw_string_literal"})
    lists = frozenset({"literal_value"})
    pairs = frozenset({"keyed_element"})
    wrappers = frozenset({"literal_element"})
    calls = frozenset({"call_expression"})
    arguments = frozenset({"argument_list"})
    switches = frozenset({"expression_switch_statement"})
    cases = frozenset({"expression_case", "default_case"})
    case_label = "value"
    holders: ClassVar[dict[str, str]] = {
        "var_spec": "name",
        "const_spec": "name",
        "short_var_declaration": "left",
        "assignment_statement": "left",
        "keyed_element": "key",
    }

    def scope(self, step: Step) -> str:
        node = step.node
        if node.type in ("type_spec", "function_declaration"):
            return self.source.field(node, "name")
        if node.type == "method_declaration":
            owner = self._receiver(node)
            name = self.source.field(node, "name")
            return f"{owner}.{name}" if owner else name
        return ""

    def find(self, step: Step) -> Iterable[Found]:
        kind = step.node.type
        if kind == "type_spec":
            return self._type(step)
        if kind == "const_declaration":
            return self._constants(step)
        if kind in _FUNCTIONS:
            return self._function(step)
        if kind == "source_file":
            return self._top(step)
        return ()

    # ------------------------------------------------------------------ constants

    def _constants(self, step: Step) -> Iterator[Found]:
        node = step.node
        specs = [c for c in node.named_children if c.type == "const_spec"]
        if len(specs) < 2:
            return
        found = [c for c in (self._constant(s) for s in specs) if c is not None]
        kind = next((self.source.field(s, "type") for s in specs if s.child_by_field_name("type") is not None), "")
        kind = "" if kind in _PLAIN else kind
        counted = any("iota" in c.value for c in found)
        _, groups, _ = class_constants([(s, self._constant(s)) for s in specs], 0)
        if kind or counted or len(groups) <= 1:
            name = kind or family_name(found) or found[0].name
            extent = (node.start_byte, node.end_byte, found[0].at)
            bases = (kind,) if kind else ()
            yield enumeration(self, found, step.scope, name, extent, bases=bases)
            return
        for group in groups:
            yield enumeration(self, group, step.scope)

    def _constant(self, spec: Node) -> Constant | None:
        at = spec.child_by_field_name("name")
        if at is None:
            return None
        value = self.source.field(spec, "value")
        return Constant(self.source.slice(at), value, at.start_byte, spec.start_byte, spec.end_byte)

    def _top(self, step: Step) -> Iterator[Found]:
        """Yield the families of constants declared one by one."""
        items: list[tuple[Node, Constant | None]] = []
        for node in step.node.named_children:
            specs = (
                [c for c in node.named_children if c.type == "const_spec"] if node.type == "const_declaration" else []
            )
            one = self._constant(specs[0]) if len(specs) == 1 else None
            items.append((node, one._replace(start=node.start_byte, end=node.end_byte) if one else None))
        for group in class_constants(items, 0)[1]:
            yield enumeration(self, group, ())

    # ------------------------------------------------------------------ types

    def _type(self, step: Step) -> Iterator[Found]:
        node = step.node
        label, kind = node.child_by_field_name("name"), node.child_by_field_name("type")
        if label is None or kind is None or kind.type not in ("struct_type", "interface_type"):
            return
        name = self.source.slice(label)
        above = step.above.node if step.above is not None else node
        alone = above.type == "type_declaration" and len(above.named_children) == 1
        whole = above if alone else node
        body = first(kind, "field_declaration_list")

        def build(found: Found) -> Construct:
            parts = [p for item in (body.named_children if body is not None else ()) for p in self._field(item)]
            bases = [
                self.source.slice(i)
                for i in (body.named_children if body is not None else ())
                if i.type == "field_declaration" and i.child_by_field_name("name") is None
            ]
            role = "interface" if kind.type == "interface_type" else "struct"
            start = body.start_byte if body is not None else 0
            return self.build(found, name, label.start_byte, step.scope, role, parts, bases=bases, body=start)

        yield Found(whole.start_byte, whole.end_byte, Kind.RECORD, build, (name,))

    def _field(self, item: Node) -> Iterator[Part]:
        kind = self.source.field(item, "type")
        tag = self.source.field(item, "tag")
        gloss = "\n".join(f"{key} {value}" for key, value in _TAG.findall(tag) if value)
        names = item.children_by_field_name("name")
        for count, at in enumerate(names):
            start = item.start_byte if count == 0 else at.start_byte
            end = item.end_byte if count == len(names) - 1 else at.end_byte
            yield self.extent(self.source.slice(at), at.start_byte, start, end, "", kind, gloss)

    # ------------------------------------------------------------------ functions

    def _receiver(self, node: Node) -> str:
        receiver = node.child_by_field_name("receiver")
        item = first(receiver, "parameter_declaration") if receiver is not None else None
        return self.source.field(item, "type").lstrip("*") if item is not None else ""

    def _function(self, step: Step) -> Iterator[Found]:
        node = step.node
        label = node.child_by_field_name("name")
        if label is None:
            return
        body = node.child_by_field_name("body")
        owner = self._receiver(node)
        scope = (*step.scope, owner) if owner else step.scope
        role = "function" if node.type == "function_declaration" else "method"

        def build(found: Found) -> Construct:
            parts: list[Part] = []
            parameters = node.child_by_field_name("parameters")
            for item in parameters.named_children if parameters is not None else ():
                kind = self.source.field(item, "type")
                if item.type.startswith("variadic"):
                    kind = "..." + kind
                for at in item.children_by_field_name("name"):
                    parts.append(self.part(self.source.slice(at), at, item, type=kind))
            uses = self.uses(body.start_byte, body.end_byte) if body is not None else ()
            returns = self.source.field(node, "result")
            return self.build(
                found, self.source.slice(label), label.start_byte, scope, role, parts, returns=returns, uses=uses
            )

        head = body.start_byte if body is not None else node.end_byte
        yield Found(node.start_byte, node.end_byte, Kind.OPERATION, build, head=head)


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs around ``hits`` (offsets into ``text.utf8``); raises ``tree.Unfinished``."""
    return read_with(Go, text, hits)
