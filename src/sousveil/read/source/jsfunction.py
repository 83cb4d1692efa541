"""JavaScript's and TypeScript's functions, methods, endpoints, requests and loose code as drafts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sousveil.model import Construct, Kind, Member
from sousveil.read import gloss
from sousveil.read.source.drafts import Draft, Uses
from sousveil.read.source.jsdecl import METHODS, JsDeclarations
from sousveil.read.source.jsparts import FUNCTIONS, STRINGS
from sousveil.read.source.script import GLOSS, VALUE, Context

if TYPE_CHECKING:
    from tree_sitter import Node

_PARAMETER = re.compile(
    r"^\s*@(?:param|arg|argument|property|prop)\s+(?:\{([^}\n]*)\}\s*)?\[?([\w$.]+)[^\s]*\s*-?\s*(.*)$"
)
_RETURNS = re.compile(r"^\s*@returns?\s*\{([^}\n]*)\}", re.M)
_VERBS = frozenset(("get", "post", "put", "delete", "patch", "all", "route", "use", "head"))
_SERVERS = frozenset(("app", "router", "server", "fastify", "route", "routes", "koa"))
_CLIENTS = frozenset(("", "http", "axios", "api", "request", "client", "service", "ajax", "superagent", "got"))


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


class JsFunctions(JsDeclarations):
    """Readers of functions, and of calls that stand for one."""

    def function_drafts(self, node: Node, context: Context, name: str) -> Iterator[Draft]:
        """Yield a named function as operation, and the lists of names its comment holds."""
        outer = self.extent(node)
        begin = outer.start_byte
        if node.type not in METHODS and outer.type == "variable_declarator":
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
