"""Swift: enumerations, structs, classes, protocols, functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from tree_sitter import Node

from sousveil.model import Construct, Kind
from sousveil.read.source import blocks
from sousveil.read.source.brace import Found, Part, Reader, Step, annotation_words, first
from sousveil.read.source.constants import Constant, class_constants, enumeration
from sousveil.read.source.engine import read as read_with
from sousveil.read.text import Text

EXTENSIONS = (".swift", ".swiftinterface")
ALL = None

_TYPES = frozenset({"class_declaration", "protocol_declaration"})
_PROPERTIES = frozenset({"property_declaration", "protocol_property_declaration"})
_FUNCTIONS = frozenset({"function_declaration", "protocol_function_declaration", "init_declaration"})
_KEYWORDS = ("enum", "struct", "class", "actor", "extension")


class Swift(Reader):
    """Enumerations, structs, classes, properties, functions of Swift."""

    language = "swift"
    dialect = blocks.SWIFT
    strings = frozenset({"line_string_literal", "multi_line_string_literal", "raw_string_literal"})
    lists = frozenset({"array_literal", "dictionary_literal"})
    pairs = frozenset({"tuple_expression"})
    calls = frozenset({"call_expression"})
    arguments = frozenset({"value_arguments"})
    switches = frozenset({"switch_statement"})
    cases = frozenset({"switch_entry"})
    holders: ClassVar[dict[str, str]] = {"property_declaration": "name", "assignment": "target", "enum_entry": "name"}

    def scope(self, step: Step) -> str:
        if step.node.type in _TYPES or step.node.type == "function_declaration":
            return self.source.field(step.node, "name")
        return ""

    def find(self, step: Step) -> Iterable[Found]:
        kind = step.node.type
        if kind in _TYPES:
            return self._type(step)
        if kind in _FUNCTIONS:
            return self._function(step)
        if kind == "source_file":
            return self._top(step)
        return ()

    # ------------------------------------------------------------------ types

    def _top(self, step: Step) -> Iterator[Found]:
        items = [(n, self._constant(n, True)) for n in step.node.named_children]
        for group in class_constants(items, 0)[1]:
            yield enumeration(self, group, ())

    def _type(self, step: Step) -> Iterator[Found]:
        node = step.node
        label, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if label is None or body is None:
            return
        keyword = next((c.type for c in node.children if c.type in _KEYWORDS), "interface")
        name = self.source.slice(label)
        modifiers = first(node, "modifiers")
        gloss = annotation_words(self, modifiers)
        bases = tuple(self.source.slice(c) for c in node.named_children if c.type == "inheritance_specifier")
        entries = [e for e in body.named_children if e.type == "enum_entry"]
        if keyword == "enum" and entries:
            yield self._enum(step, name, label.start_byte, body, entries, gloss, bases)
            return
        items: list[Node] = []
        for item in body.named_children:
            # The grammar's recovery puts members of a class on one line into an ERROR.
            items += item.named_children if item.type == "ERROR" else [item]
        items = [i for i in items if i.type in _PROPERTIES]
        whole, groups, taken = class_constants([(i, self._constant(i, keyword == "enum")) for i in items], len(items))
        if whole:
            extent = (node.start_byte, node.end_byte, label.start_byte)
            yield enumeration(self, whole, step.scope, name, extent, gloss, bases)
            return
        for group in groups:
            yield enumeration(self, group, (*step.scope, name))

        def build(found: Found) -> Construct | None:
            parts = [p for item in items if item.start_byte not in taken for p in self._property(item)]
            if keyword == "extension" and not parts:
                return None
            role = "class" if keyword in ("actor", "extension", "enum") else keyword
            at, start = label.start_byte, body.start_byte
            return self.build(found, name, at, step.scope, role, parts, gloss=gloss, bases=bases, body=start)

        yield Found(node.start_byte, node.end_byte, Kind.RECORD, build, (name,))

    def _enum(
        self, step: Step, name: str, at: int, body: Node, entries: list[Node], gloss: str, bases: tuple[str, ...]
    ) -> Found:
        def build(found: Found) -> Construct:
            parts: list[Part] = []
            for entry in entries:
                names = entry.children_by_field_name("name")
                for count, label in enumerate(names):
                    stop = names[count + 1].start_byte if count + 1 < len(names) else entry.end_byte
                    after = [c for c in entry.named_children if label.end_byte <= c.start_byte < stop]
                    value = self.source.slice(after[-1]) if after else ""
                    end = entry.end_byte if count == len(names) - 1 else (after[-1] if after else label).end_byte
                    start = entry.start_byte if count == 0 else label.start_byte
                    parts.append(self.extent(self.source.slice(label), label.start_byte, start, end, value))
            start = body.start_byte
            return self.build(found, name, at, step.scope, "enum", parts, gloss=gloss, bases=bases, body=start)

        return Found(step.node.start_byte, step.node.end_byte, Kind.ENUMERATION, build, (name,))

    def _property(self, item: Node) -> Iterator[Part]:
        gloss = annotation_words(self, first(item, "modifiers"))
        patterns = item.children_by_field_name("name")
        for count, pattern in enumerate(patterns):
            at = pattern.child_by_field_name("bound_identifier")
            if at is None:
                continue
            stop = patterns[count + 1].start_byte if count + 1 < len(patterns) else item.end_byte
            after = [c for c in item.named_children if pattern.end_byte <= c.start_byte < stop]
            kind = next((self.source.slice(c) for c in after if c.type == "type_annotation"), "").lstrip(": ")
            values = [c for c in after if c in item.children_by_field_name("value")]
            value = self.source.slice(values[0]) if values else ""
            start = item.start_byte if count == 0 else pattern.start_byte
            end = item.end_byte if count == len(patterns) - 1 else (after[-1] if after else pattern).end_byte
            yield self.extent(self.source.slice(at), at.start_byte, start, end, value, kind, gloss)

    def _constant(self, item: Node, top: bool = False) -> Constant | None:
        if item.type != "property_declaration" or not self.utf8[item.start_byte : item.end_byte].split():
            return None
        words = self.source.cut(item.start_byte, item.end_byte, 120).split()
        if "let" not in words or not ("static" in words or top):
            return None
        pattern, value = item.child_by_field_name("name"), item.child_by_field_name("value")
        at = pattern.child_by_field_name("bound_identifier") if pattern is not None else None
        if at is None or value is None or not value.type.endswith(("_literal", "prefix_expression")):
            return None
        if value.type in self.lists:
            return None
        return Constant(self.source.slice(at), self.source.slice(value), at.start_byte, item.start_byte, item.end_byte)

    # ------------------------------------------------------------------ functions

    def _function(self, step: Step) -> Iterator[Found]:
        node = step.node
        label = node.child_by_field_name("name") if node.type != "init_declaration" else None
        body = node.child_by_field_name("body")
        role = "method" if any(up.node.type in _TYPES for up in step.up(4)) else "function"
        if node.type == "init_declaration":
            role = "constructor"

        def build(found: Found) -> Construct:
            parts: list[Part] = []
            for item in node.named_children:
                at = item.child_by_field_name("name") if item.type == "parameter" else None
                if at is not None:
                    after = self.source.cut(at.end_byte, item.end_byte).lstrip(": ")
                    parts.append(self.part(self.source.slice(at), at, item, type=after.split(" = ")[0]))
            names = [c for c in node.children_by_field_name("name") if c != label]
            returns = self.source.slice(names[-1]) if names and label is not None else ""
            uses = self.uses(body.start_byte, body.end_byte) if body is not None else ()
            name = self.source.slice(label) if label is not None else "init"
            at_name = label.start_byte if label is not None else node.start_byte
            gloss = annotation_words(self, first(node, "modifiers"))
            parts = self.document(self.source.leading(node.start_byte).text, parts)
            return self.build(found, name, at_name, step.scope, role, parts, gloss=gloss, returns=returns, uses=uses)

        head = body.start_byte if body is not None else node.end_byte
        yield Found(node.start_byte, node.end_byte, Kind.OPERATION, build, head=head)


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs around ``hits`` (offsets into ``text.utf8``); raises ``tree.Unfinished``."""
    return read_with(Swift, text, hits)
