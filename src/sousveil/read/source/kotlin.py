"""Kotlin: data classes, enumerations, constants in companions."""

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

EXTENSIONS = (".kt", ".kts")
ALL = None

_CLASSES = frozenset({"class_declaration", "object_declaration", "companion_object"})
_METHODS = frozenset({"function_declaration", "secondary_constructor"})
_ENDPOINT = re.compile(r"@(?:\w*Mapping|Path|GET|POST|PUT|DELETE|PATCH)\b")
_PATHS = re.compile(r"@(?:\w*Mapping|Path)\b")
_VALUES = (
    "number_literal",
    "string_literal",
    "boolean_literal",
    "float_literal",
    "character_literal",
    "unary_expression",
)


class Kotlin(Reader):
    """Classes, objects, enumerations, properties, functions of Kotlin."""

    language = "kotlin"
    dialect = blocks.KOTLIN
    strings = frozenset({"string_literal", "multiline_string_literal"})
    lists = frozenset({"collection_literal"})
    pairs = frozenset({"infix_expression"})
    wrappers = frozenset({"value_argument", "parenthesized_expression"})
    calls = frozenset({"call_expression"})
    arguments = frozenset({"value_arguments"})
    makers = re.compile(
        r"(?:\b(?:mutable|linked|hash|sorted|persistent|immutable)?[aA]?(?:rray|[lL]ist|[sS]et|[mM]ap)(?:List)?Of|\basList"
        r"|\b(?:List|Set|Map)\.of)(?:<.*>)?$"
    )
    switches = frozenset({"when_expression"})
    cases = frozenset({"when_entry"})
    case_label = "condition"
    holders: ClassVar[dict[str, str]] = {
        "property_declaration": "",
        "assignment": "",
        "class_parameter": "",
        "enum_entry": "",
    }

    def scope(self, step: Step) -> str:
        node = step.node
        if node.type == "companion_object":
            return self.source.field(node, "name") or "Companion"
        if node.type in _CLASSES or node.type == "function_declaration":
            return self.source.field(node, "name")
        return ""

    def find(self, step: Step) -> Iterable[Found]:
        node = step.node
        if node.type in _CLASSES:
            return self._class(step)
        if node.type in _METHODS:
            return self._function(step)
        if node.type == "source_file":
            return self._top(step)
        return ()

    # ------------------------------------------------------------------ types

    def _top(self, step: Step) -> Iterator[Found]:
        items = [i for i in step.node.named_children if i.type == "property_declaration"]
        _, groups, _ = class_constants([(i, self._constant(i)) for i in items], 0)
        for group in groups:
            yield enumeration(self, group, ())

    def _bases(self, node: Node) -> tuple[str, ...]:
        specifiers = first(node, "delegation_specifiers")
        return tuple(self.source.slice(c) for c in specifiers.named_children) if specifiers is not None else ()

    def _class(self, step: Step) -> Iterator[Found]:
        node = step.node
        label = node.child_by_field_name("name")
        body = first(node, "class_body", "enum_class_body")
        name = self.source.slice(label) if label is not None else "Companion" if node.type == "companion_object" else ""
        at = label.start_byte if label is not None else node.start_byte
        modifiers = first(node, "modifiers")
        gloss, bases = annotation_words(self, modifiers), self._bases(node)
        if body is not None and body.type == "enum_class_body":
            yield self._enum(step, name, at, body, gloss, bases)
            return
        items = [i for i in (body.named_children if body is not None else ()) if i.type == "property_declaration"]
        whole, groups, taken = class_constants([(i, self._constant(i)) for i in items], len(items))
        extent = (node.start_byte, node.end_byte, at)
        if whole:
            owner = step.scope[-1] if node.type == "companion_object" and step.scope else name
            yield enumeration(self, whole, step.scope, owner, extent, gloss, bases)
            return
        for group in groups:
            yield enumeration(self, group, (*step.scope, name))
        keyword = next((c.type for c in node.children if c.type in ("interface", "object", "class")), "class")
        role = "interface" if keyword == "interface" else "class"

        def build(found: Found) -> Construct:
            parts: list[Part] = []
            constructor = first(node, "primary_constructor")
            parameters = first(constructor, "class_parameters") if constructor is not None else None
            for item in parameters.named_children if parameters is not None else ():
                parts += self._property(item, item)
            for item in items:
                declared = first(item, "variable_declaration")
                if item.start_byte not in taken and declared is not None:
                    parts += self._property(item, declared)
            start = body.start_byte if body is not None else 0
            return self.build(found, name, at, step.scope, role, parts, gloss=gloss, bases=bases, body=start)

        yield Found(node.start_byte, node.end_byte, Kind.RECORD, build, (name,) if name else ())

    def _enum(self, step: Step, name: str, at: int, body: Node, gloss: str, bases: tuple[str, ...]) -> Found:
        def build(found: Found) -> Construct:
            parts: list[Part] = []
            for item in body.named_children:
                label = first(item, "identifier") if item.type == "enum_entry" else None
                if label is not None:
                    arguments = first(item, "value_arguments")
                    value = self.source.slice(arguments)[1:-1] if arguments is not None else ""
                    end = (arguments or label).end_byte
                    words = annotation_words(self, first(item, "modifiers"))
                    parts.append(self.part(self.source.slice(label), label, item, value=value, gloss=words, end=end))
            start = body.start_byte
            return self.build(found, name, at, step.scope, "enum", parts, gloss=gloss, bases=bases, body=start)

        return Found(step.node.start_byte, step.node.end_byte, Kind.ENUMERATION, build, (name,))

    def _property(self, item: Node, declared: Node) -> Iterator[Part]:
        at = first(declared, "identifier")
        if at is None:
            return
        after = [c for c in declared.named_children if c.start_byte >= at.end_byte]
        kind = next((self.source.slice(c) for c in after if "type" in c.type), "")
        rest = [c for c in item.named_children if c.start_byte >= declared.end_byte] if item != declared else after
        values = [c for c in rest if "type" not in c.type and c.type not in ("getter", "setter", "property_delegate")]
        gloss = annotation_words(self, first(item, "modifiers"))
        value = self.source.slice(values[0]) if values else ""
        yield self.part(self.source.slice(at), at, item, value=value, type=kind, gloss=gloss)

    def _constant(self, item: Node) -> Constant | None:
        declared = first(item, "variable_declaration")
        at = first(declared, "identifier") if declared is not None else None
        if at is None or declared is None:
            return None
        value = item.named_children[-1]
        fixed = "const" in self.source.slice(first(item, "modifiers")) or self.source.slice(at).isupper()
        if not fixed or value.type not in _VALUES:
            return None
        return Constant(self.source.slice(at), self.source.slice(value), at.start_byte, item.start_byte, item.end_byte)

    # ------------------------------------------------------------------ functions

    def _function(self, step: Step) -> Iterator[Found]:
        node = step.node
        label = node.child_by_field_name("name")
        name = self.source.slice(label) if label is not None else "constructor"
        body = first(node, "function_body", "block")
        modifiers = first(node, "modifiers")
        role = "method" if any(up.node.type in _CLASSES for up in step.up(3)) else "function"
        if label is None:
            role = "constructor"
        elif modifiers is not None and _ENDPOINT.search(self.source.slice(modifiers, 2000)):
            role = "endpoint"

        def build(found: Found) -> Construct:
            parts: list[Part] = []
            parameters = first(node, "function_value_parameters")
            words = ""
            for item in parameters.named_children if parameters is not None else ():
                if item.type == "parameter_modifiers":
                    words = annotation_words(self, item)
                elif item.type == "parameter":
                    for part in self._property(item, item):
                        parts.append(self.worded(part, words))
                    words = ""
            end = parameters.end_byte if parameters is not None else node.end_byte
            returns = next(
                (self.source.slice(c) for c in node.named_children if c.start_byte >= end and "type" in c.type), ""
            )
            gloss = annotation_words(self, modifiers)
            if role == "endpoint":
                outer = next((up.node for up in step.up(4) if up.node.type in _CLASSES), None)
                gloss = join(annotation_words(self, first(outer, "modifiers") if outer else None, _PATHS), gloss)
            uses = self.uses(body.start_byte, body.end_byte) if body is not None else ()
            parts = self.document(self.source.leading(node.start_byte).text, parts)
            at = label.start_byte if label is not None else node.start_byte
            return self.build(found, name, at, step.scope, role, parts, gloss=gloss, returns=returns, uses=uses)

        head = body.start_byte if body is not None else node.end_byte
        yield Found(node.start_byte, node.end_byte, Kind.OPERATION, build, head=head)


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs around ``hits`` (offsets into ``text.utf8``); raises ``tree.Unfinished``."""
    return read_with(Kotlin, text, hits)
