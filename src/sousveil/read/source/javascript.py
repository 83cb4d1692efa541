"""JavaScript, JSX, TypeScript and TSX: classes, enumerations, label sets, functions, endpoints, labels, strings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sousveil.model import Construct
from sousveil.read.source.drafts import Draft, Finder, Spots, select, touched
from sousveil.read.source.jsparts import FUNCTIONS, NAMING, STRINGS
from sousveil.read.source.jsx import ELEMENTS, Jsx
from sousveil.read.source.regions import cut_short, regions
from sousveil.read.source.script import Context
from sousveil.read.source.tree import parse
from sousveil.read.source.values import within
from sousveil.read.text import Text

if TYPE_CHECKING:
    from tree_sitter import Node

EXTENSIONS = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx", ".wxs", ".es6")

_CLASSES = frozenset(("class_declaration", "class", "abstract_class_declaration", "interface_declaration"))
_NAMED = frozenset(("function_declaration", "generator_function_declaration", "function_signature"))
_METHODS = frozenset(("method_definition", "abstract_method_signature"))
_BLOCKS = frozenset(("program", "statement_block"))
_DECLARED = frozenset(
    (
        *_NAMED,
        *_CLASSES,
        "enum_declaration",
        "type_alias_declaration",
        "import_statement",
        "comment",
        "ambient_declaration",
        "export_statement",
    )
)
_TOLD = frozenset(("object", "array", "string", "template_string", "identifier", "number", *FUNCTIONS, *ELEMENTS))
_HOLDS_TYPE = frozenset(("type_alias_declaration", "interface_declaration"))
_WHOLE = frozenset((*NAMING, "export_statement"))
_TYPED = (
    b"interface ", b"enum ", b": string", b": number", b"declare ", b" as ", b"implements ", b"private ",
    b"readonly ",
)  # fmt: skip


# `get Fields(): Readonly<Field>`, `const QUESTIONS: Record<string, string> =`
_RETURNS = re.compile(rb"[)\w]\s{0,4}:\s{0,4}[A-Z]\w{0,60}<[\w{]")


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs that hold a hit (all, for ``None``), and those they name or are named by.

    The language is told by the text, not by the file's name: TypeScript's grammar reads JavaScript, and TSX's JSX.
    """
    if hits is not None and not hits:
        return []
    return select(text, hits, finder(text, hits, [(0, len(text.utf8))]), cut_short(text.utf8, hits))


def finder(text: Text, hits: Sequence[int] | None, spans: Sequence[tuple[int, int]]) -> Finder:
    """Return what finds the drafts of the scripts that stand at ``spans`` of a page or component."""
    readers: list[tuple[_JavaScript, Node]] = []
    for low, high in spans:
        inside = None if hits is None else [h - low for h in hits if low <= h < high]
        if inside == []:
            continue
        script = text.utf8[low:high]
        for start, end in regions(script, inside):
            source = script[start:end]
            language, tree_of = grammar_of(source)
            root = parse(source, tree_of).root_node
            readers.append((_JavaScript(text, source, low + start, language), root))

    def find(spots: Spots | None) -> Iterator[Draft]:
        for reader, root in readers:
            yield from reader.find(root, spots)

    return find


def grammar_of(source: bytes) -> tuple[str, str]:
    """Return the language's name and the grammar that reads it."""
    sample = source[:60_000]
    if sum(mark in sample for mark in _TYPED) < 2 and not _RETURNS.search(sample):
        return "javascript", "javascript"
    angled = b"</" in sample or b"/>" in sample
    return "typescript", "tsx" if angled else "typescript"


class _JavaScript(Jsx):
    def find(self, root: Node, spots: Spots | None) -> Iterator[Draft]:
        """Yield drafts whose code, or the comment above it, holds a spot."""
        self.spots = spots
        near = self.widen(spots)
        for node, context in self.nodes(root):
            inner = context
            kind = node.type
            if kind in _CLASSES:
                yield self.class_draft(node, context)
                name = self.field(node, "name") or context.name
                inner = Context((*context.scope, name)[-40:], "class")
            elif kind in _NAMED or kind in _METHODS:
                yield from self.function_drafts(node, context, self.field(node, "name"))
                inner = Context((*context.scope, self.field(node, "name"))[-40:], "function")
            elif kind in FUNCTIONS:
                if context.name and self.above is not None and self.above.type in NAMING:
                    yield from self.function_drafts(node, context, context.name)
                    inner = Context((*context.scope, context.name)[-40:], "function")
                else:
                    # A callback: what it holds belongs to what is around it.
                    inner = replace(context, name="", callee="", inside="", span=(0, 0))
            elif kind == "enum_declaration":
                yield self.enum_draft(node, context)
                continue
            elif kind == "type_alias_declaration":
                yield from self.alias_drafts(node, context)
                inner = replace(context, inside="skip", name=self.field(node, "name"))
            elif kind == "object_type" and (self.above is None or self.above.type not in _HOLDS_TYPE):
                yield from self.shape_draft(node, context)
            elif kind == "union_type" and context.inside != "skip":
                draft = self.union(node, context, context.name, self.above or node)
                if draft:
                    yield draft
                inner = replace(context, inside="skip")
            elif kind in (
                "variable_declarator",
                "assignment_expression",
                "field_definition",
                "public_field_definition",
                "required_parameter",
                "optional_parameter",
                "assignment_pattern",
                "property_signature",
            ):
                inner = replace(context, name=self.target(node), callee="", span=(node.start_byte, node.end_byte))
            elif kind == "pair":
                inner = replace(
                    context,
                    name=self.key(node.child_by_field_name("key")),
                    span=(node.start_byte, node.end_byte),
                    inside=self.inside_of(node, context),
                )
            elif kind in ("call_expression", "new_expression"):
                if self.is_route(node):
                    yield self.route(node, context)
                    path = self.words(self.arguments(node)[0], 80)
                    inner = Context((*context.scope, path)[-40:], "function", inside="labels")
                elif made := self.table(node, context):
                    yield made
                    inner = replace(context, name="", span=(0, 0), callee=self.callee(node))
                elif not self.wraps(node):
                    called = node.child_by_field_name("function") or node.child_by_field_name("constructor")
                    plain = (
                        called is not None
                        and called.type not in FUNCTIONS
                        and called.type != "parenthesized_expression"
                    )
                    inner = replace(context, name="", span=(0, 0), callee=self.raw(called, 120) if plain else "")
            elif kind == "binary_expression" and not context.name and node.named_children:
                inner = replace(context, name=self.raw(node.named_children[0], 60))
            elif kind in _BLOCKS:
                yield from self.runs(node, context, near)
                if context.owner == "module":
                    yield from self._code(node, context, near)
            elif kind in ("array", "object"):
                draft = self.collection(node, context, bool(context.name) and self.freezes(node))
                if draft:
                    yield draft
                inner = within(draft, context)
            elif kind in STRINGS:
                yield from self.string(node, context)
                if kind == "string":
                    continue
            elif kind in ELEMENTS:
                yield from self.element(node, context)
                label = self.label_of(node)
                if label or self.is_choice(node):
                    inner = replace(context, name=label or context.name, inside="told")
            elif kind == "comment":
                yield from self.comment(node, context)
                continue
            elif kind == "import_statement":
                continue
            elif kind == "decorator" and context.owner == "class":
                # Told by what is decorated.
                continue
            elif kind == "jsx_attribute":
                inner = replace(context, callee="", name=self.raw(node.named_children[0], 80))
                node_value = node.named_children[-1]
                if node_value.type in STRINGS:
                    # Told by its element.
                    continue
            self.enter(self._children(node, inner, near), inner, node)

    def _children(self, node: Node, context: Context, near: Spots | None) -> list[Node]:
        """Return the children to visit: those with a spot, and what a name or decorator with a spot is about."""
        children = node.named_children
        wrapped = node.type in ("call_expression", "arguments") and bool(context.name) and not context.callee
        if wrapped or node.type in _WHOLE:
            return children
        if node.type != "class_body":
            return [c for c in children if touched(near, c.start_byte, c.end_byte)]
        found: list[Node] = []
        decorated = False
        for child in children:
            held = touched(near, child.start_byte, child.end_byte)
            if held or (decorated and child.type != "decorator"):
                found.append(child)
            decorated = child.type == "decorator" and (held or decorated)
        return found

    def _code(self, block: Node, context: Context, near: Spots | None) -> Iterator[Draft]:
        """Yield code of a module or callback that is in no named function, where it holds a spot."""
        if near is None:
            return
        code = [c for c in block.named_children if c.type not in _DECLARED]
        held = [c for c in code if touched(near, c.start_byte, c.end_byte) and self._does_something(c, near)]
        if held:
            yield self.script(code, held, context)

    def _does_something(self, node: Node, near: Spots) -> bool:
        """Return whether a statement is code of its own, not a declared value and not only a callback's wrapper."""
        waiting = [node]
        while waiting:
            current = waiting.pop()
            kind = current.type
            if kind in FUNCTIONS or kind in ("object", "array", "class", "comment"):
                continue
            if current.child_count == 0 or kind in STRINGS:
                word = kind in STRINGS or kind in ("property_identifier", "identifier")
                if word and touched(near, current.start_byte, current.end_byte):
                    return True
                continue
            if kind in ("variable_declarator", "assignment_expression"):
                value = self.value_of(current)
                if value is None or value.type in _TOLD or (value.type == "call_expression" and self.wraps(value)):
                    continue
            if kind in ELEMENTS or (kind == "call_expression" and self.is_route(current)):
                continue
            waiting.extend(c for c in current.named_children if touched(near, c.start_byte, c.end_byte))
        return False
