"""Python, also with type stubs and Python 2: classes, enumerations, label sets, functions, routes, options, strings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sousveil.model import Construct
from sousveil.read.source.drafts import Draft, Spots, touched
from sousveil.read.source.pythonfunction import PythonFunctions
from sousveil.read.source.script import Context
from sousveil.read.source.values import read_regions, within
from sousveil.read.text import Text

if TYPE_CHECKING:
    from tree_sitter import Node

EXTENSIONS = (".py", ".pyi", ".pyw", ".pyx", ".pyt")

_NAMING = frozenset(
    ("assignment", "keyword_argument", "pair", "default_parameter", "typed_default_parameter", "decorated_definition")
)
_SKIPPED = frozenset(("import_statement", "import_from_statement", "future_import_statement", "comment"))


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs that hold a hit (all, for ``None``), and those they name or are named by."""
    return read_regions(text, hits, _Python, "python")


class _Python(PythonFunctions):
    def find(self, root: Node, spots: Spots | None) -> Iterator[Draft]:
        """Yield drafts whose code, or the comment above it, holds a spot."""
        self.spots = spots
        self.forget()
        near = self.widen(spots)
        yield from self._module(root, near)
        for node, context in self.nodes(root):
            inner = context
            match node.type:
                case "class_definition":
                    yield self.class_draft(node, context)
                    inner = self._in_class(node, context)
                case "function_definition":
                    yield from self.function_drafts(node, context)
                    inner = Context((*context.scope, self.field(node, "name"))[-40:], "function")
                case "assignment" | "named_expression":
                    inner = replace(context, name=self.target(node), callee="", span=(node.start_byte, node.end_byte))
                case "type_alias_statement" if node.named_children:
                    name = self.raw(node.named_children[0], 200)
                    inner = replace(context, name=name, callee="", span=(node.start_byte, node.end_byte))
                case "call":
                    yield from self.call_drafts(node, context)
                    if self.declares(node):
                        inner = replace(context, inside="skip")
                    elif not self.wraps(node):
                        inner = replace(context, callee=self.raw(node.child_by_field_name("function"), 120))
                case "subscript" if context.inside != "skip":
                    literal = self.literal_type(node, context)
                    if literal:
                        yield literal
                        inner = replace(context, inside="labels")
                case "keyword_argument" | "default_parameter" | "typed_default_parameter":
                    inner = replace(context, name=self.field(node, "name"), span=(node.start_byte, node.end_byte))
                case "pair":
                    span = (node.start_byte, node.end_byte)
                    inner = replace(context, name=self.key(node.child_by_field_name("key")), span=span)
                case "comparison_operator" if not context.name and node.named_children:
                    inner = replace(context, name=self.raw(node.named_children[0], 80))
                case "block" | "module":
                    yield from self.runs(node, context, near)
                case "list" | "tuple" | "set" | "dictionary":
                    fields = self.structure_draft(node, context) if context.name.endswith("._fields_") else None
                    if fields is not None:
                        yield fields
                        continue
                    draft = self.collection(node, context)
                    if draft:
                        yield draft
                        inner = within(draft, context)
                case "string" | "concatenated_string":
                    yield from self.string(node, context)
                    if node.type == "concatenated_string":
                        continue
                case "comment":
                    draft = self.comment(node, context)
                    if draft:
                        yield draft
                    continue
                case "import_statement" | "import_from_statement" | "future_import_statement":
                    continue
            if node.type == "call" and context.name and not self.wraps(node):
                inner = replace(inner, name="", span=(0, 0))
            # A name or comment with a hit is about the value beside it.
            whole = node.type in _NAMING or (
                node.type in ("call", "argument_list") and bool(inner.name) and not inner.callee
            )
            children = [c for c in node.named_children if whole or touched(near, c.start_byte, c.end_byte)]
            self.enter(children, inner, node)

    def _in_class(self, node: Node, context: Context) -> Context:
        return Context((*context.scope, self.field(node, "name"))[-40:], "class")

    def _module(self, root: Node, near: Spots | None) -> Iterator[Draft]:
        """Yield the module's docstring, and its own code as one operation where that holds a spot."""
        first = True
        code: list[Node] = []
        for child in root.named_children:
            if child.type == "comment":
                continue
            if first and child.type == "expression_statement" and self.is_string(child):
                yield self.docstring(child)
            elif child.type not in _SKIPPED and child.type not in (
                "class_definition",
                "function_definition",
                "decorated_definition",
            ):
                code.append(child)
            first = False
        held = [c for c in code if touched(near, c.start_byte, c.end_byte) and self.does_something(c)]
        if held and near is not None:
            yield self.script(code, held)
