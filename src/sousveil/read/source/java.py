"""Java: vendors' wrappers of their SDKs, data classes, Spring endpoints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from tree_sitter import Node

from sousveil.model import Construct, Kind
from sousveil.read.gloss import join
from sousveil.read.source import blocks
from sousveil.read.source.brace import Found, Part, Reader, Step, annotation_words, first
from sousveil.read.source.constants import Constant, class_constants, enumeration, number
from sousveil.read.source.engine import read as read_with
from sousveil.read.text import Text

EXTENSIONS = (".java", ".aidl", ".groovy", ".jav")
ALL = None

_ROLES = {
    "class_declaration": "class",
    "record_declaration": "record",
    "interface_declaration": "interface",
    "annotation_type_declaration": "interface",
}
_METHODS = frozenset({"method_declaration", "constructor_declaration", "annotation_type_element_declaration"})
_FIELDS = frozenset({"field_declaration", "constant_declaration"})
_ENDPOINT = re.compile(r"@(?:\w*Mapping|Path|GET|POST|PUT|DELETE|PATCH)\b")
_PATHS = re.compile(r"@(?:\w*Mapping|Path)\b")
_ACCESSOR = re.compile(r"^(?:get|is|set)(?=[A-Z_])")


class Java(Reader):
    """Classes, enumerations, constants, methods of Java."""

    language = "java"
    dialect = blocks.JAVA
    strings = frozenset({"string_literal"})
    lists = frozenset({"array_initializer", "element_value_array_initializer"})
    wrappers = frozenset({"parenthesized_expression"})
    calls = frozenset({"method_invocation", "object_creation_expression"})
    arguments = frozenset({"argument_list"})
    makers = re.compile(
        r"(?:\basList|\b(?:List|Set|Map|EnumSet|ImmutableList|ImmutableSet|ImmutableMap|Stream|Sets|Lists)\.(?:of|ofEntries"
        r"|newArrayList|newHashSet|copyOf)|newArrayList|newHashSet|\bof)$"
    )
    switches = frozenset({"switch_expression", "switch_statement"})
    cases = frozenset({"switch_block_statement_group", "switch_rule"})
    holders: ClassVar[dict[str, str]] = {
        "variable_declarator": "name",
        "assignment_expression": "left",
        "element_value_pair": "key",
        "annotation": "name",
        "enum_constant": "name",
    }

    def scope(self, step: Step) -> str:
        node = step.node
        if node.type in _ROLES or node.type in _METHODS or node.type == "enum_declaration":
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
                if item.type == "enum_constant" and at is not None:
                    value = self.source.field(item, "arguments")
                    end = item.child_by_field_name("arguments") or at
                    gloss = annotation_words(self, first(item, "modifiers"))
                    parts.append(
                        self.part(self.source.slice(at), at, item, value=value[1:-1], gloss=gloss, end=end.end_byte)
                    )
            gloss = annotation_words(self, first(node, "modifiers"))
            return self.build(
                found,
                name,
                label.start_byte,
                step.scope,
                "enum",
                parts,
                gloss=gloss,
                body=body.start_byte,
                bases=self._bases(node),
            )

        yield Found(node.start_byte, node.end_byte, Kind.ENUMERATION, build, (name,))

    def _class(self, step: Step) -> Iterator[Found]:
        node = step.node
        label, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if label is None or body is None:
            return
        name = self.source.slice(label)
        fields = [c for c in body.named_children if c.type in _FIELDS]
        real = [f for f in fields if "serialVersionUID" not in self.source.slice(f, 120)]
        interface = _ROLES[node.type] == "interface"
        whole, groups, taken = class_constants([(f, self._constant(f, interface)) for f in real], len(real))
        gloss = annotation_words(self, first(node, "modifiers"))
        if whole:
            extent = (node.start_byte, node.end_byte, label.start_byte)
            yield enumeration(self, whole, step.scope, name, extent, gloss, self._bases(node))
            return
        for group in groups:
            yield enumeration(self, group, (*step.scope, name))

        def build(found: Found) -> Construct:
            parts: list[Part] = []
            parameters = node.child_by_field_name("parameters")
            for item in parameters.named_children if parameters is not None else ():
                parts += self._parameter(item)
            for item in real:
                if item.start_byte not in taken:
                    parts += self._field(item)
            if not parts:
                parts = self._accessors(body)
            return self.build(
                found,
                name,
                label.start_byte,
                step.scope,
                _ROLES[node.type],
                parts,
                gloss=gloss,
                bases=self._bases(node),
                body=body.start_byte,
            )

        yield Found(node.start_byte, node.end_byte, Kind.RECORD, build, (name,))

    def _bases(self, node: Node) -> tuple[str, ...]:
        found: list[str] = []
        for child in node.named_children:
            if child.type in ("superclass", "super_interfaces", "extends_interfaces"):
                inner = child.named_children
                if inner and inner[0].type == "type_list":
                    inner = inner[0].named_children
                found += [self.source.slice(c) for c in inner]
        return tuple(found)

    def _field(self, item: Node) -> Iterator[Part]:
        kind = self.source.field(item, "type")
        gloss = annotation_words(self, first(item, "modifiers"))
        declarators = item.children_by_field_name("declarator")
        for count, declarator in enumerate(declarators):
            at = declarator.child_by_field_name("name")
            if at is None:
                continue
            text = kind + self.source.field(declarator, "dimensions")
            value = self.source.field(declarator, "value")
            start = item.start_byte if count == 0 else declarator.start_byte
            end = item.end_byte if count == len(declarators) - 1 else declarator.end_byte
            yield self.extent(self.source.slice(at), at.start_byte, start, end, value, text, gloss)

    def _constant(self, item: Node, interface: bool) -> Constant | None:
        modifiers = self.source.slice(first(item, "modifiers"))
        if not (interface or item.type == "constant_declaration" or ("static" in modifiers and "final" in modifiers)):
            return None
        declarator = item.child_by_field_name("declarator")
        at = declarator.child_by_field_name("name") if declarator is not None else None
        value = declarator.child_by_field_name("value") if declarator is not None else None
        if at is None or value is None or not self._plain(value):
            return None
        return Constant(self.source.slice(at), self.source.slice(value), at.start_byte, item.start_byte, item.end_byte)

    def _plain(self, value: Node) -> bool:
        return (
            value.type.endswith("_literal")
            or number(self.source.slice(value)) is not None
            or (
                value.type in ("binary_expression", "field_access", "identifier")
                and value.end_byte - value.start_byte < 80
            )
        )

    def _accessors(self, body: Node) -> list[Part]:
        """Return the properties that getters and setters tell of, for a class or interface without fields."""
        parts: dict[str, Part] = {}
        for item in body.named_children:
            at = item.child_by_field_name("name") if item.type in _METHODS else None
            name = self.source.slice(at)
            if at is None or not _ACCESSOR.match(name):
                continue
            name = _ACCESSOR.sub("", name)
            name = name[:1].lower() + name[1:]
            head = item.child_by_field_name("body")
            end = head.start_byte if head is not None else item.end_byte
            gloss = annotation_words(self, first(item, "modifiers"))
            part = self.part(name, at, item, type=self.source.field(item, "type"), gloss=gloss, end=end)
            parts.setdefault(name, part)
        return list(parts.values())

    # ------------------------------------------------------------------ methods

    def _parameter(self, item: Node) -> Iterator[Part]:
        at = item.child_by_field_name("name")
        kind = self.source.field(item, "type")
        if item.type == "spread_parameter":
            declarator = first(item, "variable_declarator")
            at = declarator.child_by_field_name("name") if declarator is not None else None
            kind = "".join(self.source.slice(c) for c in item.named_children[:-1] if c.type != "modifiers") + "..."
        if at is not None:
            gloss = annotation_words(self, first(item, "modifiers"))
            yield self.part(self.source.slice(at), at, item, type=kind, gloss=gloss)

    def _method(self, step: Step) -> Iterator[Found]:
        node = step.node
        label = node.child_by_field_name("name")
        if label is None:
            return
        body = node.child_by_field_name("body")
        modifiers = self.source.slice(first(node, "modifiers"), 2000)
        role = "constructor" if node.type == "constructor_declaration" else "method"
        if _ENDPOINT.search(modifiers):
            role = "endpoint"

        def build(found: Found) -> Construct:
            parameters = node.child_by_field_name("parameters")
            parts = [p for item in (parameters.named_children if parameters else ()) for p in self._parameter(item)]
            gloss = annotation_words(self, first(node, "modifiers"))
            if role == "endpoint":
                gloss = join(self._paths(step), gloss)
            document = self.source.leading(node.start_byte).text
            uses = self.uses(body.start_byte, body.end_byte) if body is not None else ()
            return self.build(
                found,
                self.source.slice(label),
                label.start_byte,
                step.scope,
                role,
                self.document(document, parts),
                gloss=gloss,
                returns=self.source.field(node, "type"),
                uses=uses,
            )

        head = body.start_byte if body is not None else node.end_byte
        around = node.parent
        told = bool(_ACCESSOR.match(self.source.slice(label))) and around is not None
        told = told and around is not None and all(c.type not in _FIELDS for c in around.named_children)
        yield Found(node.start_byte, node.end_byte, Kind.OPERATION, build, head=head, told=told)

    def _paths(self, step: Step) -> str:
        """Return the paths that the class around an endpoint begins them with."""
        for up in step.up(4):
            if up.node.type in _ROLES:
                modifiers = first(up.node, "modifiers")
                if modifiers is not None and _PATHS.search(self.source.slice(modifiers, 2000)):
                    return annotation_words(self, modifiers, only=_PATHS)
        return ""


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs around ``hits`` (offsets into ``text.utf8``); raises ``tree.Unfinished``."""
    return read_with(Java, text, hits)
