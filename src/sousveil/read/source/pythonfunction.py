"""Python's functions, routes, literal types and top-level code as drafts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sousveil.model import Construct, Kind, Member
from sousveil.read import gloss
from sousveil.read.source.drafts import Draft, Uses
from sousveil.read.source.pythonclass import PythonClasses, documented
from sousveil.read.source.pythonparts import LANGUAGE, STRINGS
from sousveil.read.source.pythonwords import LEARNED, ROUTE, TOLD
from sousveil.read.source.script import GLOSS, MEMBERS, VALUE, Context
from sousveil.read.unfinished import bounded

if TYPE_CHECKING:
    from tree_sitter import Node

_COLUMN = ("subscript", "attribute", "call")


class PythonFunctions(PythonClasses):
    """Readers of functions."""

    def function_drafts(self, node: Node, context: Context) -> Iterator[Draft]:
        """Yield a function as operation; a property without code of its own is its class's member only."""
        outer = self.extent(node)
        if context.owner == "class" and self._is_property(outer) and not self._computes(node):
            return
        name = self.field(node, "name")
        given = node.child_by_field_name("parameters")
        if name == "__init__" and (given is None or given.named_child_count < 2) and not self._computes(node):
            # It only declares fields: the class tells them.
            return
        start, _ = self.leading(outer.start_byte)
        yield Draft(
            self.base + start,
            self.base + node.end_byte,
            lambda: self._function(node, outer, context),
            # A method's name alone says too little about which method is meant.
            (name,) if context.owner != "class" else (),
            callable=True,
        )

    def _computes(self, node: Node) -> bool:
        """Return whether a body calls something."""
        body = node.child_by_field_name("body")
        waiting = list(body.named_children) if body is not None else []
        seen = 0
        while waiting and seen < 400:
            current = waiting.pop()
            seen += 1
            if current.type == "call":
                return True
            waiting.extend(current.named_children)
        return False

    def _function(self, node: Node, outer: Node, context: Context) -> Construct:
        doc = self.body_docstring(node)
        known = documented(doc)
        members: list[Member] = []
        given = node.child_by_field_name("parameters")
        for child in given.named_children if given is not None else ():
            member = self._parameter(child, known)
            if member and len(members) < 200:
                members.append(member)
        uses = Uses()
        routes: list[str] = []
        endpoint = False
        for decorator in self.decorators(outer):
            inner = decorator.named_children[0] if decorator.named_children else decorator
            name = inner.child_by_field_name("function") if inner.type == "call" else inner
            uses.add("@" + self.raw(name, 70))
            if inner.type == "call":
                positional, named = self.arguments(inner)
                told = [self.words(p, 300) for p in positional if p.type in STRINGS]
                for word in told:
                    uses.add(word)
                if ROUTE.search(self.raw(name, 100)) and told:
                    endpoint = True
                    routes.extend(t for t in told[:2])
                    routes.extend(self._said(named[k]) for k in ("summary", "description", "methods") if k in named)
        body = node.child_by_field_name("body")
        if body is not None:
            self.use(body, uses, skip_docstring=True)
        role = "endpoint" if endpoint else "method" if context.owner == "class" else "function"
        if self.field(node, "name") == "__init__":
            role = "constructor"
        return Construct(
            Kind.OPERATION,
            self.field(node, "name"),
            self.head(node, body.start_byte if body is not None else None),
            tuple(members),
            gloss=gloss.join(*routes, self.leading(outer.start_byte)[1], doc[:GLOSS])[:GLOSS],
            scope=context.scope,
            role=role,
            language=LANGUAGE,
            returns=self.field(node, "return_type"),
            uses=uses.words(),
        )

    def _parameter(self, child: Node, known: dict[str, tuple[str, str]]) -> Member | None:
        kind, value, told = "", "", ""
        name_node: Node | None = child
        if child.type in ("default_parameter", "typed_default_parameter"):
            name_node = child.child_by_field_name("name")
            kind = self.field(child, "type")
            right = child.child_by_field_name("value")
            value = self.words(right, VALUE) if right is not None and right.type in STRINGS else self.raw(right, VALUE)
            if right is not None and right.type == "call":
                _, named = self.arguments(right)
                told = gloss.join(*(self._said(named[k]) for k in TOLD if k in named))
        elif child.type == "typed_parameter":
            name_node = child.named_children[0] if child.named_children else None
            kind = self.field(child, "type")
        elif child.type not in ("identifier", "list_splat_pattern", "dictionary_splat_pattern"):
            return None
        name = self.raw(name_node, 200).lstrip("*")
        if name in ("self", "cls", "") or child.type == "comment":
            return None
        doc_kind, words = known.get(name, ("", ""))
        after = self.trailing(child.end_byte)[1]
        return self.member(
            name, child.start_byte, child.end_byte, kind or doc_kind, value, gloss.join(told, words, after)
        )

    def use(self, body: Node, uses: Uses, skip_docstring: bool = False) -> None:
        """Collect names, dotted names, keys and short strings of a body, in order."""
        waiting = list(reversed(body.named_children))
        if skip_docstring and waiting and waiting[-1].type == "expression_statement" and self.is_string(waiting[-1]):
            waiting.pop()
        for _ in self.steps():
            if not waiting or uses.full:
                break
            current = waiting.pop()
            self.effort += 1
            kind = current.type
            if learned := self._learned(current):
                uses.add(learned)
            if kind == "identifier":
                word = self.raw(current, 100)
                if word not in ("self", "cls"):
                    uses.add(word)
            elif kind == "attribute":
                dotted = self.raw(current, 100)
                if all(c.isalnum() or c in "._" for c in dotted):
                    uses.add(dotted.removeprefix("self."))
                else:
                    uses.add(self.field(current, "attribute"))
                    waiting.append(current.named_children[0])
            elif kind == "string":
                words = self.words(current, 400)
                if len(words) <= 80 and "\n" not in words:
                    uses.add(words.strip())
                waiting.extend(c for c in reversed(current.named_children) if c.type == "interpolation")
            elif kind == "keyword_argument":
                uses.add(self.field(current, "name"))
                value = current.child_by_field_name("value")
                if value is not None:
                    waiting.append(value)
            elif kind != "comment":
                waiting.extend(reversed(current.named_children))

    def _learned(self, node: Node) -> str:
        """Return what names the column a model learns: ``y = people["faith"]``, ``fit(..., people["faith"])``."""
        if node.type == "assignment":
            right = node.child_by_field_name("right")
            if right is not None and LEARNED.fullmatch(self.field(node, "left")) and right.type in _COLUMN:
                return self.raw(node, 80)
        elif node.type == "call":
            name = self.field(node, "function").rpartition(".")[2]
            if name in ("fit", "train_test_split"):
                positional, _ = self.arguments(node)
                if len(positional) > 1 and positional[1].type in _COLUMN:
                    return f"{name}(..., {self.raw(positional[1], 60)})"
        return ""

    # ----------------------------------------------------------------------------------------- values

    def literal_type(self, node: Node, context: Context) -> Draft | None:
        """Return ``Literal["asian", "white"]`` as enumeration."""
        value = node.child_by_field_name("value")
        if value is None or self.raw(value, 80).rpartition(".")[2] != "Literal":
            return None
        strings = [c for c in node.named_children[1:] if c.type in STRINGS]
        if len(strings) < 2:
            return None

        def build() -> Construct:
            members = tuple(
                self.member(self.words(s, 200), s.start_byte, s.end_byte)
                for s in bounded(strings, MEMBERS, "values of one type")
            )
            return Construct(
                Kind.ENUMERATION,
                context.name,
                self.passage(node),
                members,
                scope=context.scope,
                role="literal",
                language=LANGUAGE,
            )

        names = (context.name,) if context.name else ()
        start = context.span[0] if context.name and context.span[1] else node.start_byte
        return Draft(self.base + start, self.base + node.end_byte, build, names)

    def does_something(self, node: Node) -> bool:
        """Return whether a top-level statement is code rather than a declared value."""
        if node.type != "expression_statement":
            return node.type not in ("comment", "pass_statement", "type_alias_statement", "global_statement")
        inner = node.named_children[0] if node.named_children else node
        if inner.type == "assignment":
            left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
            if self._learned(inner):
                return True
            if right is not None and right.type == "call":
                return not (self.declares(right) or self.wraps(right))
            return left is not None and left.type == "subscript"
        if inner.type == "call" and self.declares(inner):
            return False
        return inner.type not in (*STRINGS, "ERROR")

    def script(self, code: list[Node], held: list[Node]) -> Draft:
        """Return a module's own code around its hit statements as one operation."""

        def build() -> Construct:
            uses = Uses()
            first = code.index(held[0])
            for node in [*held, *code[max(0, first - 10) : first + 30]]:
                self.use(node, uses)
            # What a model learns is the place to look at, where one does.
            told = next((n for n in held if self._learned((n.named_children or [n])[0])), held[0])
            return Construct(Kind.OPERATION, "", self.head(told), role="script", language=LANGUAGE, uses=uses.words())

        return Draft(self.base + held[0].start_byte, self.base + held[-1].end_byte, build, linkable=False, tag="script")
