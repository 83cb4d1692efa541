"""JavaScript's and TypeScript's classes, interfaces, enumerations, unions, functions and endpoints as drafts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sousveil.model import Construct, Kind, Member
from sousveil.read import gloss
from sousveil.read.source.drafts import Draft, Uses
from sousveil.read.source.jsparts import FUNCTIONS, NAMING, STRINGS, JsParts
from sousveil.read.source.script import GLOSS, MEMBERS, VALUE, Context

if TYPE_CHECKING:
    from tree_sitter import Node

_FIELDS = frozenset(("field_definition", "public_field_definition", "property_signature"))
_METHODS = frozenset(("method_definition", "method_signature", "abstract_method_signature"))
_TOLD = ("description", "comment", "title", "label", "name", "help", "summary")
_PARAMETER = re.compile(
    r"^\s*@(?:param|arg|argument|property|prop)\s+(?:\{([^}\n]*)\}\s*)?\[?([\w$.]+)[^\s]*\s*-?\s*(.*)$"
)
_RETURNS = re.compile(r"^\s*@returns?\s*\{([^}\n]*)\}", re.M)
_VERBS = frozenset(("get", "post", "put", "delete", "patch", "all", "route", "use", "head"))
_SERVERS = frozenset(("app", "router", "server", "fastify", "route", "routes", "koa"))
_CLIENTS = frozenset(("", "http", "axios", "api", "request", "client", "service", "ajax", "superagent", "got"))
_DECORATED = frozenset(("Get", "Post", "Put", "Delete", "Patch", "All", "MessagePattern", "Query", "Mutation"))


def documented(words: str) -> dict[str, tuple[str, str]]:
    """Return name → (type, words) of what a JSDoc comment documents."""
    found: dict[str, tuple[str, str]] = {}
    last = ""
    for line in words.split("\n")[:400]:
        match = _PARAMETER.match(line[:2000])
        if match:
            last = match.group(2).rpartition(".")[2]
            found[last] = (match.group(1) or "", match.group(3))
        elif line.lstrip().startswith("@"):
            last = ""
        elif last and line.strip() and len(found[last][1]) < 1500:
            found[last] = (found[last][0], f"{found[last][1]}\n{line.strip()}".strip())
    return found


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
            if child.type in _FIELDS and len(members) < MEMBERS:
                member = self.class_field(child, before)
                members.setdefault(member.name, member)
            elif child.type in _METHODS:
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
                if child.type == "comment" or len(members) >= MEMBERS:
                    continue
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
        while waiting and len(strings) < MEMBERS:
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

    # -------------------------------------------------------------------------------------- functions

    def function_drafts(self, node: Node, context: Context, name: str) -> Iterator[Draft]:
        """Yield a named function as operation, and the lists of names its comment holds."""
        outer = self.extent(node)
        begin = outer.start_byte
        if node.type not in _METHODS and outer.type == "variable_declarator":
            # The comment stands above ``const``.
            line = self.line_start(begin, 200)
            begin = line + len(self.source[line:begin]) - len(self.source[line:begin].lstrip())
        before = self._before(node)
        begin = before[0].start_byte if before else begin
        start, _ = self.leading(begin)
        yield from self.listed(start, begin, (*context.scope, name))
        yield Draft(
            self.base + start,
            self.base + node.end_byte,
            lambda: self.function(node, outer, begin, context, name, before=before),
            (name,) if context.owner != "class" else (),
            callable=True,
        )

    def _before(self, node: Node) -> list[Node]:
        """Return the decorators that stand before a method in its class."""
        found: list[Node] = []
        if self.above is None or self.above.type != "class_body":
            return found
        for child in self.above.named_children:
            if child.start_byte >= node.start_byte:
                break
            if child.type == "decorator":
                found.append(child)
            elif child.type != "comment":
                found = []
        return found

    def function(
        self,
        node: Node,
        outer: Node,
        begin: int,
        context: Context,
        name: str,
        path: str = "",
        before: Sequence[Node] = (),
    ) -> Construct:
        """Return a function with its parameters, documentation and what its body uses."""
        words = self.leading(begin)[1]
        known = documented(words)
        members: list[Member] = []
        given = node.child_by_field_name("parameters") or node.child_by_field_name("parameter")
        if given is not None:
            for child in given.named_children if given.type == "formal_parameters" else [given]:
                members.extend(self._parameters(child, known))
        told, routes, uses = self.decorators(node, outer, before)
        if routes:
            path = " ".join(r for r in routes if r)
        body = node.child_by_field_name("body")
        if body is not None:
            self.use(body, uses)
        returns = self.field(node, "return_type").lstrip(": ")
        if not returns and (typed := _RETURNS.search(words)):
            returns = typed.group(1)
        role = "endpoint" if path or routes else "method" if context.owner == "class" else "function"
        if name == "constructor":
            role = "constructor"
        return Construct(
            Kind.OPERATION,
            name,
            self.place(
                node.start_byte if before else begin, self._head_end(node.start_byte if before else begin, body)
            ),
            tuple(members[:200]),
            gloss=gloss.join(path, words, told)[:GLOSS],
            scope=context.scope,
            role=role,
            language=self.language,
            returns=returns,
            uses=uses.words(),
        )

    def _head_end(self, begin: int, body: Node | None) -> int:
        stop = self.source.find(b"\n", begin, begin + 600)
        stop = min(begin + 600, len(self.source)) if stop < 0 else stop
        return min(stop, body.start_byte) if body is not None and body.start_byte > begin else stop

    def _parameters(self, child: Node, known: dict[str, tuple[str, str]]) -> Iterator[Member]:
        if child.type == "comment":
            return
        kind, value = self.field(child, "type").lstrip(": "), ""
        pattern: Node | None = child.child_by_field_name("pattern") or child
        given = child.child_by_field_name("value") or child.child_by_field_name("right")
        if child.type == "assignment_pattern":
            pattern = child.child_by_field_name("left")
        if given is not None:
            value = self.words(given, VALUE) if given.type in STRINGS else self.raw(given, VALUE)
        if pattern is not None and pattern.type == "object_pattern":
            for part in pattern.named_children[:100]:
                name = self.raw(part.child_by_field_name("key") or part.child_by_field_name("left") or part, 100)
                yield self.member(name, part.start_byte, part.end_byte, words=known.get(name, ("", ""))[1])
            return
        name = self.raw(pattern, 200).lstrip(".")
        doc_kind, words = known.get(name, ("", ""))
        after = self.trailing(child.end_byte)[1]
        yield self.member(name, child.start_byte, child.end_byte, kind or doc_kind, value, gloss.join(words, after))

    def is_route(self, call: Node) -> bool:
        """Return whether a call names an HTTP verb and a path."""
        if self.callee(call) not in _VERBS:
            return False
        given = self.arguments(call)
        return len(given) > 1 and given[0].type in STRINGS and self.words(given[0], 300).startswith("/")

    def route(self, call: Node, context: Context) -> Draft:
        """Return ``app.get("/race", …)`` as endpoint, ``axios.post("/race", { … })`` as request."""
        given = self.arguments(call)
        path = self.words(given[0], 300)
        handler = next((g for g in reversed(given) if g.type in FUNCTIONS), None)
        called = call.child_by_field_name("function")
        receiver = self.raw(called.child_by_field_name("object"), 60).rpartition(".")[2] if called is not None else ""
        serves = receiver in _SERVERS or (handler is not None and receiver.lstrip("$") not in _CLIENTS)
        start, _ = self.leading(call.start_byte)

        def build() -> Construct:
            name = f"{self.callee(call)} {path}"
            if handler is not None and serves:
                return self.function(handler, handler, call.start_byte, context, name, path)
            uses = Uses()
            self.use(call, uses)
            sent = next((g for g in given[1:] if g.type == "object"), None)
            keyed = [e for e in self.entries(sent, 1) if e.key] if sent is not None else []
            members = tuple(self.item(e.key or "", e.value, e) for e in keyed)
            return Construct(
                Kind.OPERATION,
                name,
                self.head(call),
                members,
                gloss=path,
                scope=context.scope,
                role="endpoint" if serves else "request",
                language=self.language,
                uses=uses.words(),
            )

        return Draft(self.base + start, self.base + call.end_byte, build, callable=True)

    def script(self, code: list[Node], held: list[Node], context: Context) -> Draft:
        """Return code outside any named function, around its hit statements, as one operation."""

        def build() -> Construct:
            uses = Uses()
            first = code.index(held[0])
            for node in [*held, *code[max(0, first - 10) : first + 30]]:
                self.use(node, uses)
            return Construct(
                Kind.OPERATION,
                "",
                self.head(held[0]),
                scope=context.scope,
                role="script",
                language=self.language,
                uses=uses.words(),
            )

        return Draft(self.base + held[0].start_byte, self.base + held[-1].end_byte, build, linkable=False, tag="script")
