"""PHP: classes, constants, enumerations, arrays of labels, functions, routes, strings, the page around them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from sousveil.model import Construct, Kind, Member
from sousveil.read import gloss
from sousveil.read.source.blanked import prefix
from sousveil.read.source.drafts import Draft, Spots, Uses, touched
from sousveil.read.source.jsfunction import documented
from sousveil.read.source.phpparts import CALLS, LANGUAGE, NAMING, STRINGS
from sousveil.read.source.phptable import PhpTables
from sousveil.read.source.script import GLOSS, MEMBERS, VALUE, Context
from sousveil.read.source.values import read_regions, within
from sousveil.read.text import Text
from sousveil.read.unfinished import bounded

if TYPE_CHECKING:
    from tree_sitter import Node

_PARTS = 4000
EXTENSIONS = (".php", ".phtml", ".inc", ".php5", ".php7")

_CLASSES = frozenset(("class_declaration", "interface_declaration", "trait_declaration", "anonymous_class"))
_FUNCTIONS = frozenset(("function_definition", "method_declaration"))
_VERBS = frozenset(["get", "post", "put", "delete", "patch", "any", "match", "route", "map"])
_VAR = re.compile(r"@(?:var|property(?:-read|-write)?)\s+(\S+)(?:\s+\$?(\w+))?[ \t]*([^\n]*)")
_RETURN = re.compile(r"@return\s+(\S+)")


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs that hold a hit (all, for ``None``), and those they name or are named by."""
    return read_regions(text, hits, _Php, LANGUAGE, b"<?php ")


class _Php(PhpTables):
    def find(self, root: Node, spots: Spots | None) -> Iterator[Draft]:
        """Yield drafts whose code, or the comment above it, holds a spot."""
        self.spots = spots
        near = self.widen(spots)
        for node, context in self.nodes(root):
            inner = context
            kind = node.type
            span = (node.start_byte, node.end_byte)
            if kind in _CLASSES:
                yield self._class_draft(node, context)
                inner = Context((*context.scope, self.field(node, "name"))[-40:], "class")
            elif kind == "enum_declaration":
                yield self.draft(node, partial(self._enum, node, context), (self.field(node, "name"),))
                continue
            elif kind in _FUNCTIONS:
                start, _ = self.leading(node.start_byte)
                name = self.field(node, "name")
                yield from self.listed(start, node.start_byte, (*context.scope, name))
                names = (name,) if kind == "function_definition" else ()
                yield self.draft(node, partial(self._function, node, context), names, function=True)
                inner = Context((*context.scope, name)[-40:], "function")
            elif kind == "const_declaration" and context.owner == "module":
                yield from self._constants(node, context, near)
            elif kind in NAMING and kind != "array_element_initializer":
                inner = replace(context, name=self._target(node), callee="", span=span)
            elif kind == "array_element_initializer" and node.named_child_count == 2:
                inner = replace(context, name=self._key(node.named_children[0]), span=span)
            elif kind in CALLS:
                made = self._route(node, context) or self.table(node, context)
                if made:
                    yield made
                inner = replace(context, name="", span=(0, 0), callee=self._callee(node))
            elif kind == "array_creation_expression":
                draft = self._collection(node, context)
                if draft:
                    yield draft
                inner = within(draft, context)
            elif kind in ("program", "compound_statement"):
                yield from self._script(node, context, near)
            elif kind in STRINGS:
                above = self.above
                named = above is not None and above.type in NAMING and not self._is_key(node, above)
                if not (above is not None and above.type in NAMING and self._is_key(node, above)):
                    yield from self.told(node, above if named and above is not None else node, context)
                continue
            elif kind == "text":
                yield from self._markup(node, context)
                continue
            elif kind == "comment":
                yield from self._comment(node, context)
                continue
            elif kind in ("attribute_list", "namespace_use_declaration"):
                continue
            whole = kind in NAMING or (kind == "expression_statement" and node.named_child_count == 1)
            children = [c for c in node.named_children if whole or touched(near, c.start_byte, c.end_byte)]
            self.enter(children, inner, node)

    # ------------------------------------------------------------------------------------ declarations

    def _class_draft(self, node: Node, context: Context) -> Draft:
        body = node.child_by_field_name("body")
        held = body.named_children if body is not None else ()
        holes = [(self.base + c.start_byte, self.base + c.end_byte) for c in held if c.type == "method_declaration"]
        name = self.field(node, "name")
        return self.draft(node, lambda: self._class(node, context), (name,) if name else (), holes=holes)

    def _class(self, node: Node, context: Context) -> Construct:
        members: list[Member] = []
        constants: list[Member] = []
        uses = Uses()
        body = node.child_by_field_name("body")
        for child in bounded(body.named_children if body is not None else [], _PARTS, "parts of one class"):
            words = self.notes(child.start_byte, child.end_byte)[2]
            told = _VAR.search(words)
            if child.type == "property_declaration":
                kind = self.field(child, "type") or (told.group(1) if told else "")
                for element in (c for c in child.named_children if c.type == "property_element"):
                    value = element.child_by_field_name("default_value")
                    shown = (
                        self.words(value, VALUE)
                        if value is not None and value.type in STRINGS
                        else self.raw(value, VALUE)
                    )
                    name = self.field(element, "name").lstrip("$")
                    noted = gloss.join(words, self._attribute_words(child))
                    members.append(self.member(name, child.start_byte, child.end_byte, kind, shown, noted))
            elif child.type == "const_declaration":
                constants += [self._constant(c, words) for c in child.named_children if c.type == "const_element"]
            elif child.type == "method_declaration":
                uses.add(self.field(child, "name"))
                members += self._promoted(child)
        words = self.leading(node.start_byte)[1]
        for kind, name, said in _VAR.findall(words):
            if name:
                line = self.head(node)
                members.append(Member(name, line, type=kind, gloss=said, values=gloss.values(said)))
        bases = [
            self.raw(b, 120)
            for c in node.named_children
            if c.type in ("base_clause", "class_interface_clause")
            for b in c.named_children
        ]
        only = bool(constants) and not members and len(constants) >= 2
        return Construct(
            Kind.ENUMERATION if only else Kind.RECORD,
            self.field(node, "name"),
            self.head(node, body.start_byte if body is not None else None),
            tuple([*constants, *members][: 2 * MEMBERS]),
            gloss=words[:GLOSS],
            scope=context.scope,
            role="constants" if only else "class",
            language=LANGUAGE,
            bases=tuple(bases[:20]),
            uses=uses.words(),
        )

    def _attribute_words(self, node: Node) -> str:
        """Return the strings in a declaration's ``#[…]``."""
        given = node.child_by_field_name("attributes")
        found: list[str] = []
        waiting = [given] if given is not None else []
        while waiting and len(found) < 10:
            current = waiting.pop(0)
            if current.type in STRINGS:
                found.append(self.words(current, 200))
            else:
                waiting.extend(current.named_children[:40])
        return gloss.join(*found)

    def _promoted(self, method: Node) -> list[Member]:
        given = method.child_by_field_name("parameters")
        found = []
        for child in given.named_children if given is not None else ():
            if child.type == "property_promotion_parameter":
                name = self.field(child, "name").lstrip("$")
                found.append(self.member(name, child.start_byte, child.end_byte, self.field(child, "type")))
        return found

    def _constant(self, element: Node, words: str | None = None) -> Member:
        parts = element.named_children
        value = parts[-1] if len(parts) > 1 else None
        shown = self.words(value, VALUE) if value is not None and value.type in STRINGS else self.raw(value, VALUE)
        return self.member(self.raw(parts[0], 200), element.start_byte, element.end_byte, value=shown, words=words)

    def _constants(self, node: Node, context: Context, near: Spots | None) -> Iterator[Draft]:
        elements = [c for c in node.named_children if c.type == "const_element"]
        if not elements:
            return

        def build() -> Construct:
            members = tuple(self._constant(e, self.notes(node.start_byte, node.end_byte)[2]) for e in elements)
            name = prefix([m.name for m in members]) or members[0].name
            return Construct(
                Kind.ENUMERATION, name, self.head(node), members, members[0].gloss, context.scope, "constants", LANGUAGE
            )

        yield self.draft(node, build)

    def _enum(self, node: Node, context: Context) -> Construct:
        members: list[Member] = []
        body = node.child_by_field_name("body")
        for child in body.named_children if body is not None else ():
            if child.type == "enum_case":
                value = child.child_by_field_name("value")
                shown = (
                    self.words(value, VALUE) if value is not None and value.type in STRINGS else self.raw(value, VALUE)
                )
                noted = gloss.join(self.notes(child.start_byte, child.end_byte)[2], self._attribute_words(child))
                members.append(
                    self.member(self.field(child, "name"), child.start_byte, child.end_byte, "", shown, noted)
                )
        return Construct(
            Kind.ENUMERATION,
            self.field(node, "name"),
            self.head(node),
            tuple(bounded(members, MEMBERS, "members of one class")),
            self.leading(node.start_byte)[1],
            context.scope,
            "enum",
            LANGUAGE,
        )

    def _function(self, node: Node, context: Context, name: str = "", path: str = "") -> Construct:
        words = self.leading(node.start_byte)[1]
        known = {k.lstrip("$"): v for k, v in documented(re.sub(r"(@param\s+)(\S+)\s+\$", r"\1{\2} ", words)).items()}
        members: list[Member] = []
        given = node.child_by_field_name("parameters")
        for child in given.named_children if given is not None else ():
            word = self.field(child, "name").lstrip("$")
            if word:
                kind, said = known.get(word, ("", ""))
                value = child.child_by_field_name("default_value")
                shown = (
                    self.words(value, VALUE) if value is not None and value.type in STRINGS else self.raw(value, VALUE)
                )
                typed = self.field(child, "type") or kind
                members.append(self.member(word, child.start_byte, child.end_byte, typed, shown, said))
        uses = Uses()
        body = node.child_by_field_name("body")
        if body is not None:
            self._use(body, uses)
        returned = _RETURN.search(words)
        return Construct(
            Kind.OPERATION,
            name or self.field(node, "name"),
            self.head(node, body.start_byte if body is not None else None),
            tuple(bounded(members, 200, "parameters of one function")),
            gloss=gloss.join(path, words)[:GLOSS],
            scope=context.scope,
            role="endpoint" if path else "method" if context.owner == "class" else "function",
            language=LANGUAGE,
            returns=self.field(node, "return_type") or (returned.group(1) if returned else ""),
            uses=uses.words(),
        )

    def _route(self, node: Node, context: Context) -> Draft | None:
        """Return ``Route::post("/race", …)`` as endpoint."""
        if self.field(node, "name") not in _VERBS:
            return None
        given = self._arguments(node)
        path = next(
            (
                self.words(g, 300)
                for g in given[:2]
                if g.type in STRINGS and b"/" in self.source[g.start_byte : g.end_byte]
            ),
            "",
        )
        owner = self.field(node, "scope") or self.field(node, "object")
        if not path or len(given) < 2 or owner.lstrip("$\\") not in ("Route", "app", "router", "routes", "r", "group"):
            return None

        def build() -> Construct:
            uses = Uses()
            self._use(node, uses)
            return Construct(
                Kind.OPERATION,
                f"{self.field(node, 'name')} {path}",
                self.head(node),
                gloss=path,
                scope=context.scope,
                role="endpoint",
                language=LANGUAGE,
                uses=uses.words(),
            )

        return self.draft(node, build, function=True)

    def _use(self, body: Node, uses: Uses) -> None:
        waiting = list(reversed(body.named_children))
        for _ in self.steps():
            if not waiting or uses.full:
                break
            current = waiting.pop()
            self.effort += 1
            if current.type in STRINGS:
                said = self.words(current, 400)
                if len(said) <= 80 and "\n" not in said:
                    uses.add(said.strip())
            elif current.type in ("name", "variable_name", "qualified_name"):
                word = self.raw(current, 100).lstrip("$")
                if word != "this":
                    uses.add(word)
            elif current.type != "comment":
                waiting.extend(reversed(current.named_children))

    def _script(self, block: Node, context: Context, near: Spots | None) -> Iterator[Draft]:
        """Yield code outside functions where it holds a spot."""
        if near is None or context.owner != "module" or block.type != "program":
            return
        code = [c for c in block.named_children if c.type.endswith("_statement") or c.type == "echo_statement"]
        held = [c for c in code if touched(near, c.start_byte, c.end_byte) and self._acts(c)]
        if held:

            def build() -> Construct:
                uses = Uses()
                for node in [*held, *code[:20]]:
                    self._use(node, uses)
                return Construct(
                    Kind.OPERATION, "", self.head(held[0]), role="script", language=LANGUAGE, uses=uses.words()
                )

            yield Draft(
                self.base + held[0].start_byte, self.base + held[-1].end_byte, build, linkable=False, tag="script"
            )

    def _acts(self, node: Node) -> bool:
        inner = node.named_children[0] if node.type == "expression_statement" and node.named_children else node
        if inner.type == "assignment_expression":
            right = inner.child_by_field_name("right")
            return right is not None and right.type not in ("array_creation_expression", "integer", *STRINGS)
        return True

    def _markup(self, node: Node, context: Context) -> Iterator[Draft]:
        """Yield the page around the code: what it shows."""
        from sousveil.read.source.vue import Template

        if self.source[node.start_byte : node.start_byte + 4000].find(b"<") < 0:
            return
        template = Template(self.text, self.base + node.start_byte, self.base + node.end_byte, LANGUAGE)
        for draft in template.drafts():
            if self.spots is None or draft.holds(self.spots):
                yield draft

    def _comment(self, node: Node, context: Context) -> Iterator[Draft]:
        stop = self.source.find(b"\n", node.end_byte, node.end_byte + 400)
        below = self.source[stop + 1 : stop + 200].strip() if stop >= 0 else b""
        line = self.line_start(node.start_byte)
        trails = bool(self.source[line : node.start_byte].strip())
        around = self.above.type if self.above is not None else ""
        if around in ("array_creation_expression", "declaration_list", "enum_declaration_list", "formal_parameters"):
            return
        declares = (b"function", b"class ", b"abstract", b"final", b"interface", b"trait", b"enum ", b"const ")
        if not trails and below.startswith(declares):
            return
        yield from self.listed(node.start_byte, node.end_byte, context.scope)
        yield Draft(
            self.base + node.start_byte,
            self.base + node.end_byte,
            lambda: self.statement(node, context, "comment"),
            linkable=False,
        )
