"""Ruby: classes with their attributes, constants, label sets, methods, routes, migrations, strings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from sousveil.model import Construct, Kind, Member
from sousveil.read import gloss
from sousveil.read.source.drafts import Draft, Spots, Uses, select, touched
from sousveil.read.source.jsdecl import documented
from sousveil.read.source.literals import Entry, Shape, shape
from sousveil.read.source.regions import cut_short, regions
from sousveil.read.source.script import GLOSS, MEMBERS, VALUE, Context, unescape
from sousveil.read.source.tree import parse
from sousveil.read.source.values import Values, inside_of
from sousveil.read.text import Text

if TYPE_CHECKING:
    from tree_sitter import Node

EXTENSIONS = (".rb", ".rake", ".gemspec", ".ru")
LANGUAGE = "ruby"

_STRINGS = frozenset(("string", "bare_string", "heredoc_body", "chained_string"))
_SYMBOLS = frozenset(("simple_symbol", "bare_symbol", "hash_key_symbol", "delimited_symbol"))
_LISTS = frozenset(("array", "string_array", "symbol_array"))
_METHODS = frozenset(("method", "singleton_method"))
_ACCESSORS = frozenset(
    ["attr_accessor", "attr_reader", "attr_writer", "attribute", "field", "property", "key", "column"]
)
_COLUMNS = frozenset(
    [
        "string",
        "text",
        "integer",
        "bigint",
        "boolean",
        "decimal",
        "float",
        "date",
        "datetime",
        "json",
        "jsonb",
        "binary",
        "references",
        "enum",
        "column",
    ]
)
_VERBS = frozenset(["get", "post", "put", "delete", "patch", "match"])
_NAMING = frozenset(("assignment", "pair", "operator_assignment", "optional_parameter", "keyword_parameter"))


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs that hold a hit (all, for ``None``), and those they name or are named by."""
    if hits is not None and not hits:
        return []
    readers = []
    for start, end in regions(text.utf8, hits):
        source = text.utf8[start:end]
        readers.append((_Ruby(text, source, start), parse(source, "ruby").root_node))

    def find(spots: Spots | None) -> Iterator[Draft]:
        for reader, root in readers:
            yield from reader.find(root, spots)

    return select(text, hits, find, cut_short(text.utf8, hits))


class _Ruby(Values):
    string_types = _STRINGS

    def __init__(self, text: Text, source: bytes, base: int) -> None:
        super().__init__(text, source, base, LANGUAGE, (b"#",), blocks=False)

    def find(self, root: Node, spots: Spots | None) -> Iterator[Draft]:
        """Yield drafts whose code, or the comment above it, holds a spot."""
        self.spots = spots
        near = self.widen(spots)
        waiting: list[tuple[Node, Context, Node | None]] = [(root, Context(), None)]
        for seen in count():
            if not waiting:
                break
            self.late(seen)
            node, context, self.above = waiting.pop()
            inner = context
            kind = node.type
            if kind in ("class", "module"):
                if kind == "class" or self._fields_of(node):
                    yield self._class_draft(node, context)
                inner = Context((*context.scope, self.field(node, "name"))[-40:], "class")
            elif kind in _METHODS:
                yield self._draft(node, self._building(self._method, node, context), (), True)
                inner = Context((*context.scope, self.field(node, "name"))[-40:], "function")
            elif kind in _NAMING:
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
                if receiver is None or receiver.type not in (*_LISTS, "hash"):
                    method = self.field(node, "method")
                    told = "skip" if method == "create_table" else context.inside
                    inner = replace(context, name="", span=(0, 0), callee=method, inside=told)
            elif kind in _LISTS or kind == "hash":
                draft = self._collection(node, context)
                if draft:
                    yield draft
                scope = (*context.scope, context.name)[-40:] if context.name else context.scope
                told = inside_of(draft) if draft else context.inside if context.inside == "labels" else ""
                inner = replace(context, inside=told, scope=scope, name="", span=(0, 0))
            elif kind in _STRINGS:
                above = self.above
                if above is not None and above.type == "pair" and above.child_by_field_name("key") == node:
                    continue
                outer = above if above is not None and above.type in _NAMING else node
                if above is None or above.type != "string_array":
                    yield from self.told(node, outer, context)
                continue
            elif kind == "comment":
                yield from self._comment(node, context)
                continue
            elif kind in ("program", "body_statement", "block_body") and context.owner == "module":
                yield from self._script(node, context, near)
            whole = kind in _NAMING or (kind == "call" and inner.name)
            children = [c for c in node.named_children if whole or touched(near, c.start_byte, c.end_byte)]
            waiting.extend((c, inner, node) for c in reversed(children))

    # ------------------------------------------------------------------------------------------ nodes

    def field(self, node: Node, name: str) -> str:
        """Return the text of a named child."""
        return self.raw(node.child_by_field_name(name), 200)

    def words(self, node: Node, limit: int = GLOSS) -> str:
        """Return what a string or symbol says."""
        data = self.source[node.start_byte : min(node.end_byte, node.start_byte + limit * 4)].decode("utf-8", "ignore")
        if node.type in ("bare_string", "heredoc_body", "bare_symbol"):
            return data.strip()[:limit]
        if node.type in _SYMBOLS:
            return data.strip(":\"' ")[:limit]
        body = data[1:-1] if len(data) > 1 and data[0] in "\"'" else data
        return (unescape(body) if data.startswith('"') else body)[:limit]

    def _key(self, node: Node | None) -> str:
        if node is None:
            return ""
        if node.type in _STRINGS or node.type in _SYMBOLS:
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

    def _draft(
        self,
        node: Node,
        build: Callable[[], Construct | None],
        names: tuple[str, ...] = (),
        function: bool = False,
        holes: Sequence[tuple[int, int]] = (),
    ) -> Draft:
        start, _ = self.leading(node.start_byte)
        return Draft(self.base + start, self.base + node.end_byte, build, names, callable=function, holes=tuple(holes))

    # --------------------------------------------------------------------------------------- literals

    def _entry(self, node: Node, deep: int) -> Entry:
        start, end = node.start_byte, node.end_byte
        if node.type in _STRINGS or node.type in _SYMBOLS:
            return Entry(start, end, self.words(node, 500), "text")
        if node.type in ("integer", "float", "unary"):
            return Entry(start, end, self.raw(node, VALUE), "number")
        if node.type in _LISTS or node.type == "hash":
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
        alone = 1 if around in _NAMING and context.name and not context.inside else 2
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

    # ------------------------------------------------------------------------------------ declarations

    def _body(self, node: Node) -> list[Node]:
        body = node.child_by_field_name("body")
        return body.named_children[:6000] if body is not None else []

    def _class_draft(self, node: Node, context: Context) -> Draft:
        holes = [
            (self.base + c.start_byte, self.base + c.end_byte)
            for c in self._body(node)
            if c.type in _METHODS or c.type in ("class", "module")
        ]
        name = self.field(node, "name")
        return self._draft(node, self._building(self._class, node, context), (name,), holes=holes)

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
                    if symbol.type in _SYMBOLS or symbol.type == "string":
                        members.append(
                            self.member(self.words(symbol, 200), symbol.start_byte, symbol.end_byte, words=words)
                        )
            elif child.type == "assignment":
                left, right = child.child_by_field_name("left"), child.child_by_field_name("right")
                if left is not None and left.type == "constant":
                    value = self._entry(right, 0).value if right is not None else ""
                    members.append(self.member(self.raw(left), child.start_byte, child.end_byte, value=value))
        return members[:MEMBERS]

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
            tuple(members[:MEMBERS]),
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
            if current.type in _STRINGS or current.type in _SYMBOLS:
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
        first = self.words(given[0], 300) if given and given[0].type in (*_STRINGS, *_SYMBOLS) else ""
        if method == "create_table" and first:
            yield self._draft(node, lambda: self._table(node, first, context), (first,))
        elif method in _VERBS and first and context.owner != "function" and ("/" in first or len(given) > 1):
            yield self._draft(node, lambda: self._route(node, method, first, context), (), True)
        elif (
            method in ("select", "select_tag", "collection_select", "radio_button", "check_box", "label", "input")
            and first
        ):
            field_name = next((self.words(g, 100) for g in given if g.type in _SYMBOLS), first)
            choices = next((g for g in given if g.type in _LISTS), None)
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
            if kind in _COLUMNS and given[0].type in (*_STRINGS, *_SYMBOLS):
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
            tuple(members[:MEMBERS]),
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
            or around in (*_LISTS, "hash")
            or (not trails and below.startswith((b"def ", b"class ", b"module ", b"attr_")))
        ):
            return
        yield Draft(
            self.base + node.start_byte,
            self.base + node.end_byte,
            lambda: self.statement(node, context, "comment"),
            linkable=False,
        )
