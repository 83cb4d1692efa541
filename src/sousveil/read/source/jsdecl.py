"""JavaScript's and TypeScript's classes, interfaces, enumerations, unions; ``jsfunction`` adds functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sousveil.model import Construct, Kind, Member
from sousveil.read import gloss
from sousveil.read.source.drafts import Draft, Uses
from sousveil.read.source.jsparts import NAMING, STRINGS, JsParts
from sousveil.read.source.script import GLOSS, MEMBERS, VALUE, Context
from sousveil.read.unfinished import tell

if TYPE_CHECKING:
    from tree_sitter import Node

_FIELDS = frozenset(("field_definition", "public_field_definition", "property_signature"))
METHODS = frozenset(("method_definition", "method_signature", "abstract_method_signature"))
_TOLD = ("description", "comment", "title", "label", "name", "help", "summary")
_DECORATED = frozenset(("Get", "Post", "Put", "Delete", "Patch", "All", "MessagePattern", "Query", "Mutation"))


class JsDeclarations(JsParts):
    """Readers of declarations."""

    def extent(self, node: Node) -> Node:
        """Return the declaration with its ``export``, or the declaration or pair a function is given to."""
        above = self.above
        return above if above is not None and above.type in ("export_statement", *NAMING) else node

    def decorators(self, node: Node, outer: Node, before: Sequence[Node]) -> tuple[str, list[str], Uses]:
        """Return the words of decorators, the routes among them, and what they use."""
        uses = Uses()
        told: list[str] = []
        routes: list[str] = []
        around = outer.named_children if outer != node else []
        own = [c for c in (*around, *node.named_children) if c.type == "decorator"]
        for decorator in [*before, *(o for o in own if o.start_byte not in {b.start_byte for b in before})]:
            inner = decorator.named_children[0] if decorator.named_children else decorator
            called = inner.child_by_field_name("function") if inner.type == "call_expression" else inner
            name = self.raw(called, 80)
            uses.add("@" + name)
            for argument in self.arguments(inner) if inner.type == "call_expression" else ():
                if argument.type in STRINGS:
                    uses.add(self.words(argument, 80))
                    if name in _DECORATED:
                        routes.append(self.words(argument, 300))
                elif argument.type == "object":
                    told += [e.value for e in self.entries(argument, 1) if e.key in _TOLD and e.form == "text"]
            if name in _DECORATED and not routes:
                routes.append("")
        return gloss.join(*told), routes, uses

    # ---------------------------------------------------------------------------------------- records

    def class_draft(self, node: Node, context: Context) -> Draft:
        """Return a class or interface as record; its methods are drafts of their own."""
        outer = self.extent(node)
        start, _ = self.leading(outer.start_byte)
        name = self.field(node, "name") or context.name
        body = node.child_by_field_name("body") or node.child_by_field_name("value")
        holes = [
            (self.base + c.start_byte, self.base + c.end_byte)
            for c in (body.named_children if body is not None else ())
            if c.type == "method_definition" and self.field(c, "name") != "constructor"
        ]
        return Draft(
            self.base + start,
            self.base + node.end_byte,
            lambda: self._class(node, outer, body, name, context),
            (name,) if name else (),
            holes=tuple(holes),
        )

    def _class(self, node: Node, outer: Node, body: Node | None, name: str, context: Context) -> Construct:
        members: dict[str, Member] = {}
        uses = Uses()
        before: list[Node] = []
        for child in body.named_children if body is not None else ():
            if child.type == "decorator":
                before.append(child)
                continue
            if child.type in _FIELDS and len(members) >= MEMBERS:
                tell("cut", f"more than {MEMBERS:,} fields of one class: the first were read")
            elif child.type in _FIELDS:
                member = self.class_field(child, before)
                members.setdefault(member.name, member)
            elif child.type in METHODS:
                method = self.field(child, "name")
                if method == "constructor":
                    for member in self._own_fields(child):
                        members.setdefault(member.name, member)
                elif self.source[child.start_byte : child.start_byte + 4] == b"get ":
                    members.setdefault(method, self._getter(child, method))
                else:
                    uses.add(method)
            if child.type != "comment":
                before = []
        told, _, used = self.decorators(node, outer, [])
        for word in used.words():
            uses.add(word)
        role = "interface" if node.type in ("interface_declaration", "type_alias_declaration") else "class"
        return Construct(
            Kind.RECORD,
            name,
            self.head(
                outer if outer.type == "export_statement" else node, body.start_byte if body is not None else None
            ),
            tuple(members.values()),
            gloss=gloss.join(self.leading(outer.start_byte)[1], told)[:GLOSS],
            scope=context.scope,
            role=role,
            language=self.language,
            bases=self._bases(node),
            uses=uses.words(),
        )

    def shape_draft(self, node: Node, context: Context) -> Iterator[Draft]:
        """Yield a type written where it is used, ``Promise<{ age: number; race: string }>``, as record."""
        fields = [c for c in node.named_children if c.type in _FIELDS]
        if len(fields) < 2:
            return
        name = context.name or (context.scope[-1] if context.scope else "")

        def build() -> Construct:
            if len(fields) > MEMBERS:
                tell("cut", f"more than {MEMBERS:,} fields of one type: the first were read")
            members = tuple(self.class_field(c, []) for c in fields[:MEMBERS])
            line = self.source.rfind(b"\n", max(0, node.start_byte - 300), node.start_byte) + 1
            head = self.place(line or node.start_byte, fields[0].start_byte)
            return Construct(Kind.RECORD, name, head, members, "", context.scope, "type", self.language)

        yield Draft(self.base + node.start_byte, self.base + node.end_byte, build)

    def _bases(self, node: Node) -> tuple[str, ...]:
        found: list[str] = []
        waiting = [c for c in node.named_children if c.type in ("class_heritage", "extends_type_clause")]
        while waiting and len(found) < 20:
            current = waiting.pop(0)
            if current.type in ("class_heritage", "extends_clause", "implements_clause", "extends_type_clause"):
                waiting.extend(current.named_children)
            elif current.type != "type_arguments":
                found.append(self.raw(current, 120))
        return tuple(found)

    def class_field(self, child: Node, before: list[Node]) -> Member:
        """Return a field with its type, value, decorators' words and comments."""
        told, _, _ = self.decorators(child, child, before)
        value = self.value_of(child)
        shown = self.words(value, VALUE) if value is not None and value.type in STRINGS else self.raw(value, VALUE)
        name = self.key(child.child_by_field_name("property") or child.child_by_field_name("name"))
        start = before[0].start_byte if before else child.start_byte
        words = gloss.join(told, self.notes(start, child.end_byte)[2])
        kind = self.field(child, "type").lstrip(": ")
        own = next((c.end_byte for c in child.named_children if c.type == "decorator"), child.start_byte)
        while own < child.end_byte and self.source[own : own + 1].isspace():
            own += 1
        return self.member(name, own, child.end_byte, kind, shown, words)

    def _getter(self, child: Node, name: str) -> Member:
        stop = self.source.find(b"\n", child.start_byte, child.end_byte)
        kind = self.field(child, "return_type").lstrip(": ")
        words = self.leading(child.start_byte)[1]
        return self.member(name, child.start_byte, stop if stop > 0 else child.end_byte, kind, "", words)

    def _own_fields(self, constructor: Node) -> Iterator[Member]:
        """Yield ``this.x = …`` and TypeScript's ``private x: T`` parameters of a constructor."""
        given = constructor.child_by_field_name("parameters")
        for child in given.named_children if given is not None else ():
            if any(c.type == "accessibility_modifier" for c in child.named_children):
                name = self.field(child, "pattern")
                yield self.member(name, child.start_byte, child.end_byte, self.field(child, "type").lstrip(": "))
        body = constructor.child_by_field_name("body")
        for statement in body.named_children if body is not None else ():
            inner = statement.named_children[0] if statement.named_children else statement
            left = inner.child_by_field_name("left") if inner.type == "assignment_expression" else None
            if left is not None and left.type == "member_expression" and self.field(left, "object") == "this":
                value = self.raw(inner.child_by_field_name("right"), VALUE)
                yield self.member(self.field(left, "property"), statement.start_byte, statement.end_byte, "", value)

    # ----------------------------------------------------------------------------------- enumerations

    def enum_draft(self, node: Node, context: Context) -> Draft:
        """Return a TypeScript enumeration."""
        outer = self.extent(node)
        start, _ = self.leading(outer.start_byte)
        name = self.field(node, "name")

        def build() -> Construct:
            members: list[Member] = []
            body = node.child_by_field_name("body")
            for child in body.named_children if body is not None else ():
                if child.type == "comment":
                    continue
                if len(members) >= MEMBERS:
                    tell("cut", f"more than {MEMBERS:,} values of one enumeration: the first were read")
                    break
                value = child.child_by_field_name("value")
                word = self.key(child.child_by_field_name("name") or child)
                shown = self.words(value, VALUE) if value is not None and value.type in STRINGS else self.raw(value)
                members.append(self.member(word, child.start_byte, child.end_byte, value=shown))
            return Construct(
                Kind.ENUMERATION,
                name,
                self.head(outer),
                tuple(members),
                gloss=self.leading(outer.start_byte)[1],
                scope=context.scope,
                role="enum",
                language=self.language,
            )

        return Draft(self.base + start, self.base + node.end_byte, build, (name,))

    def alias_drafts(self, node: Node, context: Context) -> Iterator[Draft]:
        """Yield a type alias: a union of strings as enumeration, an object type as record."""
        value = node.child_by_field_name("value")
        if value is None:
            return
        if value.type == "object_type":
            yield self.class_draft(node, context)
        elif value.type == "union_type":
            draft = self.union(value, context, self.field(node, "name"), self.extent(node))
            if draft:
                yield draft

    def union(self, node: Node, context: Context, name: str, outer: Node) -> Draft | None:
        """Return ``"asian" | "white"`` as enumeration."""
        strings: list[Node] = []
        waiting = [node]
        while waiting:
            if len(strings) >= MEMBERS:
                tell("cut", f"more than {MEMBERS:,} values of one type: the last were read")
                break
            current = waiting.pop()
            if current.type in STRINGS:
                strings.append(current)
            elif current.type in ("union_type", "literal_type"):
                waiting.extend(current.named_children)
        if len(strings) < 2:
            return None
        strings.sort(key=lambda s: s.start_byte)
        start, _ = self.leading(outer.start_byte)

        def build() -> Construct:
            members = tuple(self.member(self.words(s, 200), s.start_byte, s.end_byte) for s in strings)
            words = self.leading(outer.start_byte)[1]
            return Construct(
                Kind.ENUMERATION, name, self.head(outer), members, words, context.scope, "union", self.language
            )

        return Draft(self.base + start, self.base + node.end_byte, build, (name,) if name else ())
