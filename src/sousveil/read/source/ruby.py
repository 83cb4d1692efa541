"""Ruby: classes with their attributes, constants, label sets, methods, routes, migrations, strings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sousveil.model import Construct, Kind, Member
from sousveil.read import gloss
from sousveil.read.source.drafts import Draft, Spots, Uses, touched
from sousveil.read.source.jsfunction import documented
from sousveil.read.source.literals import shape
from sousveil.read.source.rubyparts import LANGUAGE, LISTS, NAMING, STRINGS, SYMBOLS, RubyParts
from sousveil.read.source.script import MEMBERS, VALUE, Context
from sousveil.read.source.values import read_regions, within
from sousveil.read.text import Text
from sousveil.read.unfinished import bounded

if TYPE_CHECKING:
    from tree_sitter import Node

_PARTS = 6000
EXTENSIONS = (".rb", ".rake", ".gemspec", ".ru")

_METHODS = frozenset(("method", "singleton_method"))
_ACCESSORS = frozenset(
    ["attr_accessor", "attr_reader", "attr_writer", "attribute", "field", "property", "key", "column"]
)
_COLUMNS = frozenset((
    "string", "text", "integer", "bigint", "boolean", "decimal", "float", "date", "datetime", "json", "jsonb",
    "binary", "references", "enum", "column",
))  # fmt: skip
_VERBS = frozenset(["get", "post", "put", "delete", "patch", "match"])


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs that hold a hit (all, for ``None``), and those they name or are named by."""
    return read_regions(text, hits, _Ruby, LANGUAGE)


class _Ruby(RubyParts):
    def find(self, root: Node, spots: Spots | None) -> Iterator[Draft]:
        """Yield drafts whose code, or the comment above it, holds a spot."""
        self.spots = spots
        near = self.widen(spots)
        for node, context in self.nodes(root):
            inner = context
            kind = node.type
            if kind in ("class", "module"):
                if kind == "class" or self._fields_of(node):
                    yield self._class_draft(node, context)
                inner = Context((*context.scope, self.field(node, "name"))[-40:], "class")
            elif kind in _METHODS:
                yield self.draft(node, self._building(self._method, node, context), (), True)
                inner = Context((*context.scope, self.field(node, "name"))[-40:], "function")
            elif kind in NAMING:
                left = (
                    node.child_by_field_name("left")
                    or node.child_by_field_name("key")
                    or node.child_by_field_name("name")
                )
                callee = context.callee if kind == "pair" else ""
                inner = replace(context, name=self._key(left), callee=callee, span=(node.start_byte, node.end_byte))
            elif kind == "call":
                yield from self._call(node, context)
                receiver = node.child_by_field_name("receiver")
                if receiver is None or receiver.type not in (*LISTS, "hash"):
                    method = self.field(node, "method")
                    told = "skip" if method == "create_table" else context.inside
                    inner = replace(context, name="", span=(0, 0), callee=method, inside=told)
            elif kind in LISTS or kind == "hash":
                draft = self._collection(node, context)
                if draft:
                    yield draft
                inner = within(draft, context)
            elif kind in STRINGS:
                above = self.above
                if above is not None and above.type == "pair" and above.child_by_field_name("key") == node:
                    continue
                outer = above if above is not None and above.type in NAMING else node
                if above is None or above.type != "string_array":
                    yield from self.told(node, outer, context)
                continue
            elif kind == "comment":
                yield from self._comment(node, context)
                continue
            elif kind in ("program", "body_statement", "block_body") and context.owner == "module":
                yield from self._script(node, context, near)
            whole = kind in NAMING or (kind == "call" and inner.name)
            children = [c for c in node.named_children if whole or touched(near, c.start_byte, c.end_byte)]
            self.enter(children, inner, node)

    # ------------------------------------------------------------------------------------ declarations

    def _body(self, node: Node) -> list[Node]:
        body = node.child_by_field_name("body")
        return list(bounded(body.named_children, _PARTS, "parts of one class")) if body is not None else []

    def _class_draft(self, node: Node, context: Context) -> Draft:
        holes = [
            (self.base + c.start_byte, self.base + c.end_byte)
            for c in self._body(node)
            if c.type in _METHODS or c.type in ("class", "module")
        ]
        name = self.field(node, "name")
        return self.draft(node, self._building(self._class, node, context), (name,), holes=holes)

    def _fields_of(self, node: Node) -> list[Member]:
        members: list[Member] = []
        for child in self._body(node):
            if child.type == "call" and self.field(child, "method") in _ACCESSORS:
                given = self._arguments(child)
                told = [self._entry(g.child_by_field_name("value") or g, 0).value for g in given if g.type == "pair"]
                words = gloss.join(
                    self.notes(child.start_byte, child.end_byte)[2], *(t for t in told if " " in t or not t.isascii())
                )
                for symbol in given:
                    if symbol.type in SYMBOLS or symbol.type == "string":
                        members.append(
                            self.member(self.words(symbol, 200), symbol.start_byte, symbol.end_byte, words=words)
                        )
            elif child.type == "assignment":
                left, right = child.child_by_field_name("left"), child.child_by_field_name("right")
                if left is not None and left.type == "constant":
                    value = self._entry(right, 0).value if right is not None else ""
                    members.append(self.member(self.raw(left), child.start_byte, child.end_byte, value=value))
        return list(bounded(members, MEMBERS, "members of one class"))

    def _class(self, node: Node, context: Context) -> Construct:
        members = self._fields_of(node)
        known = {m.name for m in members}
        uses = Uses()
        for child in self._body(node):
            if child.type in _METHODS:
                uses.add(self.field(child, "name"))
                if self.field(child, "name") == "initialize":
                    for field_name, statement in self._own_fields(child):
                        if field_name not in known:
                            value = self.raw(statement.child_by_field_name("right"), VALUE)
                            members.append(self.member(field_name, statement.start_byte, statement.end_byte, "", value))
            elif child.type == "call":
                uses.add(self.field(child, "method"))
        parent = node.child_by_field_name("superclass")
        plain = [m for m in members if m.name[:1].isupper() and not m.value.startswith(("[", "{", "%"))]
        only = len(plain) >= 2 and len(plain) == len(members)
        return Construct(
            Kind.ENUMERATION if only else Kind.RECORD,
            self.field(node, "name"),
            self.head(node),
            tuple(bounded(members, MEMBERS, "members of one class")),
            gloss=self.leading(node.start_byte)[1],
            scope=context.scope,
            role="constants" if only else node.type,
            language=LANGUAGE,
            bases=(self.raw(parent, 120).lstrip("< "),) if parent is not None else (),
            uses=uses.words(),
        )

    def _own_fields(self, method: Node) -> Iterator[tuple[str, Node]]:
        for child in self._body(method):
            left = child.child_by_field_name("left") if child.type == "assignment" else None
            if left is not None and left.type == "instance_variable":
                yield self.raw(left, 200).lstrip("@"), child

    def _method(self, node: Node, context: Context) -> Construct:
        words = self.leading(node.start_byte)[1]
        known = documented(words.replace("[", "{").replace("]", "}"))
        members = []
        given = node.child_by_field_name("parameters")
        for child in given.named_children[:100] if given is not None else ():
            name = self.field(child, "name") or self.raw(child, 100)
            kind, said = known.get(name, ("", ""))
            value = self.raw(child.child_by_field_name("value"), VALUE)
            members.append(self.member(name, child.start_byte, child.end_byte, kind, value, said))
        uses = Uses()
        for child in self._body(node):
            self._use(child, uses)
        return Construct(
            Kind.OPERATION,
            self.field(node, "name"),
            self.head(node),
            tuple(members),
            words,
            context.scope,
            "method" if context.owner == "class" else "function",
            LANGUAGE,
            uses=uses.words(),
        )

    def _use(self, node: Node, uses: Uses) -> None:
        waiting = [node]
        for _ in self.steps():
            if not waiting or uses.full:
                break
            current = waiting.pop()
            self.effort += 1
            if current.type in STRINGS or current.type in SYMBOLS:
                said = self.words(current, 400)
                if len(said) <= 80 and "\n" not in said:
                    uses.add(said.strip())
            elif current.type in ("identifier", "constant", "instance_variable", "class_variable"):
                uses.add(self.raw(current, 100).lstrip("@"))
            elif current.type != "comment":
                waiting.extend(reversed(current.named_children))

    # ------------------------------------------------------------------------------------------- calls

    def _call(self, node: Node, context: Context) -> Iterator[Draft]:
        """Yield routes, tables of migrations and choices of forms."""
        method = self.field(node, "method")
        given = self._arguments(node)
        first = self.words(given[0], 300) if given and given[0].type in (*STRINGS, *SYMBOLS) else ""
        if method == "create_table" and first:
            yield self.draft(node, lambda: self._table(node, first, context), (first,))
        elif method in _VERBS and first and context.owner != "function" and ("/" in first or len(given) > 1):
            yield self.draft(node, lambda: self._route(node, method, first, context), (), True)
        elif (
            method in ("select", "select_tag", "collection_select", "radio_button", "check_box", "label", "input")
            and first
        ):
            field_name = next((self.words(g, 100) for g in given if g.type in SYMBOLS), first)
            choices = next((g for g in given if g.type in LISTS), None)
            yield Draft(
                self.base + node.start_byte,
                self.base + node.end_byte,
                lambda: self._option(node, method, field_name, choices, context),
                linkable=False,
            )

    def _table(self, node: Node, name: str, context: Context) -> Construct:
        members = []
        block = node.child_by_field_name("block")
        for child in self._body(block) if block is not None else ():
            given = self._arguments(child) if child.type == "call" else []
            kind = self.field(child, "method") if given else ""
            if kind in _COLUMNS and given[0].type in (*STRINGS, *SYMBOLS):
                told = [
                    self._entry(g.child_by_field_name("value") or g, 0).value
                    for g in given
                    if g.type == "pair" and self._key(g.child_by_field_name("key")) == "comment"
                ]
                words = gloss.join(*told, self.notes(child.start_byte, child.end_byte)[2])
                members.append(
                    self.member(self.words(given[0], 200), child.start_byte, child.end_byte, kind, "", words)
                )
        return Construct(
            Kind.RECORD,
            name,
            self.head(node),
            tuple(bounded(members, MEMBERS, "members of one class")),
            self.leading(node.start_byte)[1],
            context.scope,
            "table",
            LANGUAGE,
        )

    def _route(self, node: Node, method: str, path: str, context: Context) -> Construct:
        uses = Uses()
        self._use(node, uses)
        return Construct(
            Kind.OPERATION,
            f"{method} {path}",
            self.head(node),
            gloss=gloss.join(path, self.leading(node.start_byte)[1]),
            scope=context.scope,
            role="endpoint",
            language=LANGUAGE,
            uses=uses.words(),
        )

    def _option(self, node: Node, method: str, name: str, choices: Node | None, context: Context) -> Construct:
        found = shape(self.entries(choices), 1) if choices is not None else None
        members = tuple(self.item(p.name, p.value, p.entry) for p in found.parts) if found else ()
        role = "select" if members or "select" in method or method in ("radio_button", "check_box") else "label"
        return Construct(
            Kind.OPTION,
            name,
            self.passage(node, 300),
            members,
            scope=context.scope,
            role=role,
            language=LANGUAGE,
            uses=(method,),
        )

    def _script(self, block: Node, context: Context, near: Spots | None) -> Iterator[Draft]:
        if near is None:
            return
        told = (*_METHODS, "class", "module", "comment", "assignment")
        code = [c for c in block.named_children if c.type not in told]
        held = [c for c in code if touched(near, c.start_byte, c.end_byte)]
        if held and block.type == "program":

            def build() -> Construct:
                uses = Uses()
                for node in [*held, *code[:20]]:
                    self._use(node, uses)
                return Construct(
                    Kind.OPERATION,
                    "",
                    self.head(held[0]),
                    scope=context.scope,
                    role="script",
                    language=LANGUAGE,
                    uses=uses.words(),
                )

            yield Draft(
                self.base + held[0].start_byte, self.base + held[-1].end_byte, build, linkable=False, tag="script"
            )

    def _comment(self, node: Node, context: Context) -> Iterator[Draft]:
        line = self.line_start(node.start_byte)
        trails = bool(self.source[line : node.start_byte].strip())
        stop = self.source.find(b"\n", node.end_byte, node.end_byte + 400)
        below = self.source[stop + 1 : stop + 200].strip() if stop >= 0 else b""
        around = self.above.type if self.above is not None else ""
        if (
            (trails and context.owner == "class")
            or around in (*LISTS, "hash")
            or (not trails and below.startswith((b"def ", b"class ", b"module ", b"attr_")))
        ):
            return
        yield Draft(
            self.base + node.start_byte,
            self.base + node.end_byte,
            lambda: self.statement(node, context, "comment"),
            linkable=False,
        )
