"""C#: wrappers of native SDKs, data classes, web controllers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from tree_sitter import Node

from sousveil.model import Construct, Kind
from sousveil.read.gloss import join
from sousveil.read.source import blocks
from sousveil.read.source.brace import Found, Part, Reader, Step, annotation_words, first
from sousveil.read.source.constants import Constant, class_constants, enumeration
from sousveil.read.source.engine import read as read_with
from sousveil.read.text import Text

EXTENSIONS = (".cs", ".csx", ".cshtml")
ALL = None

_ROLES = {
    "class_declaration": "class",
    "struct_declaration": "struct",
    "record_declaration": "record",
    "interface_declaration": "interface",
}
_METHODS = {
    "method_declaration": "method",
    "constructor_declaration": "constructor",
    "local_function_statement": "function",
    "delegate_declaration": "callback",
}
_ENDPOINT = re.compile(r"\[(?:[^\]]{0,80},\s*)?(?:Http(?:Get|Post|Put|Delete|Patch)|Route|WebInvoke|WebGet)\b")
_ROUTE = re.compile(r"\[(?:Route|RoutePrefix)\b")


class CSharp(Reader):
    """Classes, structs, enumerations, properties, methods of C#."""

    language = "csharp"
    dialect = blocks.CSHARP
    strings = frozenset({"string_literal", "verbatim_string_literal", "raw_string_literal"})
    lists = frozenset({"initializer_expression", "collection_expression"})
    pairs = frozenset({"assignment_expression"})
    wrappers = frozenset(
        {"argument", "bracketed_argument_list", "element_binding_expression", "parenthesized_expression"}
    )
    calls = frozenset({"invocation_expression", "object_creation_expression", "implicit_object_creation_expression"})
    arguments = frozenset({"argument_list"})
    switches = frozenset({"switch_statement", "switch_expression"})
    cases = frozenset({"switch_section", "switch_expression_arm"})
    holders: ClassVar[dict[str, str]] = {
        "variable_declarator": "name",
        "assignment_expression": "left",
        "property_declaration": "name",
        "attribute": "name",
        "enum_member_declaration": "name",
    }

    def grammar(self) -> str:
        return "c-sharp"

    def scope(self, step: Step) -> str:
        node = step.node
        if node.type in _ROLES or node.type in _METHODS or node.type in ("enum_declaration", "namespace_declaration"):
            return self.source.field(node, "name")
        return ""

    def find(self, step: Step) -> Iterable[Found]:
        kind = step.node.type
        if kind in _ROLES:
            return self._class(step)
        if kind == "enum_declaration":
            return self._enum(step)
        if kind in _METHODS:
            return self._method(step)
        return ()

    # ------------------------------------------------------------------ types

    def _bases(self, node: Node) -> tuple[str, ...]:
        base = first(node, "base_list")
        return tuple(self.source.slice(c) for c in base.named_children) if base is not None else ()

    def _enum(self, step: Step) -> Iterator[Found]:
        node = step.node
        label, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if label is None or body is None:
            return
        name = self.source.slice(label)

        def build(found: Found) -> Construct:
            parts: list[Part] = []
            for item in body.named_children:
                at = item.child_by_field_name("name")
                if item.type == "enum_member_declaration" and at is not None:
                    value, gloss = self.source.field(item, "value"), annotation_words(self, item)
                    parts.append(self.part(self.source.slice(at), at, item, value=value, gloss=gloss))
            gloss, bases = annotation_words(self, node), self._bases(node)
            place, start = label.start_byte, body.start_byte
            return self.build(found, name, place, step.scope, "enum", parts, gloss=gloss, bases=bases, body=start)

        yield Found(node.start_byte, node.end_byte, Kind.ENUMERATION, build, (name,))

    def _class(self, step: Step) -> Iterator[Found]:
        node = step.node
        label, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if label is None:
            return
        name = self.source.slice(label)
        items = body.named_children if body is not None else []
        fields = [
            i for i in items if i.type in ("field_declaration", "property_declaration", "event_field_declaration")
        ]
        gloss = annotation_words(self, node)
        bases = self._bases(node)
        extent = (node.start_byte, node.end_byte, label.start_byte)
        whole, groups, taken = class_constants([(i, self._constant(i)) for i in fields], len(fields))
        if whole:
            yield enumeration(self, whole, step.scope, name, extent, gloss, bases)
            return
        for group in groups:
            yield enumeration(self, group, (*step.scope, name))

        def build(found: Found) -> Construct:
            parts: list[Part] = []
            parameters = node.child_by_field_name("parameters") or first(node, "parameter_list")
            for item in parameters.named_children if parameters is not None else ():
                parts += self._parameter(item)
            for item in fields:
                if item.start_byte not in taken:
                    parts += self._field(item)
            role, at = _ROLES[node.type], label.start_byte
            start = body.start_byte if body is not None else 0
            return self.build(found, name, at, step.scope, role, parts, gloss=gloss, bases=bases, body=start)

        yield Found(node.start_byte, node.end_byte, Kind.RECORD, build, (name,))

    def _constant(self, item: Node) -> Constant | None:
        modifiers = {self.source.slice(c) for c in item.named_children if c.type == "modifier"}
        if "const" not in modifiers and not {"static", "readonly"} <= modifiers:
            return None
        declaration = first(item, "variable_declaration")
        declarator = first(declaration, "variable_declarator") if declaration is not None else None
        at = declarator.child_by_field_name("name") if declarator is not None else None
        if at is None or declarator is None or len(declarator.named_children) < 2:
            return None
        value = declarator.named_children[-1]
        if not value.type.endswith("_literal") and value.type not in ("prefix_unary_expression", "binary_expression"):
            return None
        return Constant(self.source.slice(at), self.source.slice(value), at.start_byte, item.start_byte, item.end_byte)

    def _field(self, item: Node) -> Iterator[Part]:
        gloss = annotation_words(self, item)
        if item.type == "property_declaration":
            at = item.child_by_field_name("name")
            if at is not None:
                kind, value = self.source.field(item, "type"), self.source.field(item, "value")
                if value.startswith("=>"):
                    value = ""
                yield self.part(self.source.slice(at), at, item, value=value, type=kind, gloss=gloss)
            return
        declaration = first(item, "variable_declaration")
        if declaration is None:
            return
        kind = self.source.field(declaration, "type")
        declarators = [c for c in declaration.named_children if c.type == "variable_declarator"]
        for count, declarator in enumerate(declarators):
            at = declarator.child_by_field_name("name")
            if at is None:
                continue
            others = [c for c in declarator.named_children if c != at]
            start = item.start_byte if count == 0 else declarator.start_byte
            end = item.end_byte if count == len(declarators) - 1 else declarator.end_byte
            value = self.source.slice(others[-1]) if others else ""
            yield self.extent(self.source.slice(at), at.start_byte, start, end, value, kind, gloss)

    # ------------------------------------------------------------------ methods

    def _parameter(self, item: Node) -> Iterator[Part]:
        at = item.child_by_field_name("name")
        if item.type == "parameter" and at is not None:
            modifiers = [self.source.slice(c) for c in item.named_children if c.type == "modifier"]
            kind = " ".join((*modifiers, self.source.field(item, "type")))
            yield self.part(self.source.slice(at), at, item, type=kind, gloss=annotation_words(self, item))

    def _method(self, step: Step) -> Iterator[Found]:
        node = step.node
        label = node.child_by_field_name("name")
        if label is None:
            return
        body = node.child_by_field_name("body")
        role = _METHODS[node.type]
        written = self.utf8[node.start_byte : label.start_byte].decode("utf-8", "ignore")
        if _ENDPOINT.search(written):
            role = "endpoint"

        def build(found: Found) -> Construct:
            parameters = node.child_by_field_name("parameters")
            parts = [p for i in (parameters.named_children if parameters else ()) for p in self._parameter(i)]
            gloss = annotation_words(self, node)
            if role == "endpoint":
                gloss = join(self._route(step), gloss)
            returns = self.source.field(node, "returns") or self.source.field(node, "type")
            uses = self.uses(body.start_byte, body.end_byte) if body is not None else ()
            name, at = self.source.slice(label), label.start_byte
            parts = self.document(self.source.leading(node.start_byte).text, parts)
            return self.build(found, name, at, step.scope, role, parts, gloss=gloss, returns=returns, uses=uses)

        head = body.start_byte if body is not None else node.end_byte
        names = (self.source.slice(label),) if role == "callback" else ()
        yield Found(node.start_byte, node.end_byte, Kind.OPERATION, build, names, head=head)

    def _route(self, step: Step) -> str:
        for up in step.up(4):
            if up.node.type in _ROLES:
                return annotation_words(self, up.node, only=_ROUTE)
        return ""


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs around ``hits`` (offsets into ``text.utf8``); raises ``tree.Unfinished``."""
    return read_with(CSharp, text, hits)
