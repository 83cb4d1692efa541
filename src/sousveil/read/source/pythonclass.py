"""Python's classes, functions and declared values as drafts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sousveil.model import Construct, Kind, Member
from sousveil.read import gloss
from sousveil.read.source.drafts import Draft, Uses
from sousveil.read.source.literals import shape
from sousveil.read.source.pythonparts import LANGUAGE, PythonParts
from sousveil.read.source.script import GLOSS, MEMBERS, VALUE, Context

if TYPE_CHECKING:
    from tree_sitter import Node

_STRINGS = frozenset(("string", "concatenated_string"))
_SEQUENCES = frozenset(("list", "tuple", "set"))
_ENUM_BASE = re.compile(r"(?:^|\.)(?:\w*Enum|\w*Flag|\w*Choices|Enumeration)$")
_ROUTE = re.compile(r"\.?(route|get|post|put|delete|patch|websocket|api_route|add_url_rule|action|endpoint|expose)$")
_PARAMETER = re.compile(r"^\s*(?::param(?:eter)?\s+(?:[\w\[\], .]+\s)?|@param\s+)(\*{0,2}\w+)\s*:\s*(.*)$")
_TYPE = re.compile(r"^\s*:type\s+(\w+)\s*:\s*(.*)$")
_LISTED = re.compile(
    r"^\s*[-*]?\s*`{0,2}(\*{0,2}[A-Za-z_]\w*)`{0,2}\s*(?:\(([^()\n]{0,120}(?:\([^()\n]*\)[^()\n]*)*)\))?\s*:\s*(.*)$"
)
_TOLD = ("description", "help_text", "verbose_name", "doc", "comment", "title", "label", "help", "info")


def documented(words: str) -> dict[str, tuple[str, str]]:
    """Return name → (type, words) of what a docstring documents: ``:param x:``, or ``x (int): …`` lines."""
    found: dict[str, tuple[str, str]] = {}
    last, indent = "", 0
    for line in words.split("\n")[:600]:
        bare = len(line) - len(line.lstrip())
        match = _PARAMETER.match(line[:2000])
        if match:
            last, indent = match.group(1).lstrip("*"), bare
            found[last] = (found.get(last, ("", ""))[0], match.group(2))
        elif kind := _TYPE.match(line[:400]):
            name = kind.group(1)
            found[name] = (kind.group(2), found.get(name, ("", ""))[1])
            last = ""
        elif (listed := _LISTED.match(line[:2000])) and (bare > 0 or "(" in line[:80]):
            last, indent = listed.group(1).lstrip("*"), bare
            found.setdefault(last, (listed.group(2) or "", listed.group(3)))
        elif last and line.strip() and bare > indent and not line.strip().startswith(":"):
            kind_of, said = found[last]
            if len(said) < 1000:
                found[last] = (kind_of, f"{said}\n{line.strip()}" if said else line.strip())
        elif line.strip():
            last = ""
    return found


class PythonClasses(PythonParts):
    """Readers of declarations."""

    def definition(self, child: Node) -> Node:
        """Return the class or function under a decorator."""
        if child.type == "decorated_definition":
            return child.child_by_field_name("definition") or child
        return child

    def extent(self, node: Node) -> Node:
        """Return the declaration with its decorators."""
        above = self.above
        return above if above is not None and above.type == "decorated_definition" else node

    def decorators(self, node: Node) -> list[Node]:
        """Return the decorators of a decorated definition."""
        return [c for c in node.named_children if c.type == "decorator"] if node.type == "decorated_definition" else []

    def body_docstring(self, node: Node) -> str:
        """Return a class's or function's docstring with its lines."""
        body = node.child_by_field_name("body")
        for child in (body.named_children if body is not None else [])[:3]:
            if child.type == "expression_statement" and self.is_string(child):
                lines = self.words(child.named_children[0]).expandtabs(4).split("\n")
                margin = min((len(w) - len(w.lstrip()) for w in lines[1:] if w.strip()), default=0)
                return "\n".join([lines[0].strip(), *(w[margin:].rstrip() for w in lines[1:])]).strip()
            if child.type != "comment":
                break
        return ""

    # ---------------------------------------------------------------------------------------- classes

    def class_draft(self, node: Node, context: Context) -> Draft:
        """Return a class as record or enumeration; its methods are drafts of their own."""
        outer = self.extent(node)
        start, _ = self.leading(outer.start_byte)
        body = node.child_by_field_name("body")
        holes = []
        for child in body.named_children if body is not None else ():
            inner = self.definition(child)
            if inner.type == "class_definition" or (
                inner.type == "function_definition" and not self._keeps_fields(child, inner)
            ):
                holes.append((self.base + child.start_byte, self.base + child.end_byte))
        return Draft(
            self.base + start,
            self.base + node.end_byte,
            lambda: self._class(node, outer, context),
            (self.field(node, "name"),),
            holes=tuple(holes),
        )

    def _keeps_fields(self, child: Node, function: Node) -> bool:
        return self.field(function, "name") == "__init__" or self._is_property(child)

    def _is_property(self, child: Node) -> bool:
        names = [self.raw(d, 80).lstrip("@ ") for d in self.decorators(child)]
        return any(n.rpartition(".")[2] in ("property", "cached_property", "setter", "getter") for n in names)

    def _class(self, node: Node, outer: Node, context: Context) -> Construct:
        bases = node.child_by_field_name("superclasses")
        parents = tuple(
            self.raw(b, 120) for b in (bases.named_children if bases is not None else ()) if b.type != "comment"
        )[:20]
        doc = self.body_docstring(node)
        known = documented(doc)
        members: dict[str, Member] = {}
        uses = Uses()
        body = node.child_by_field_name("body")
        last = ""
        for child in body.named_children if body is not None else ():
            inner = self.definition(child)
            if inner.type == "function_definition":
                self._method(child, inner, members, known, uses)
                continue
            if child.type != "expression_statement" or not child.named_children:
                continue
            statement = child.named_children[0]
            if statement.type == "assignment":
                last = self._class_field(statement, members, known)
            elif statement.type in _STRINGS and last in members:
                self._retold(members, last, self.words(statement))
        for name, (kind, words) in known.items():
            key = name.lstrip("_")
            if key in members and words and words not in members[key].gloss:
                self._retold(members, key, words, kind)
        kept = [m for m in members.values() if m.name not in ("__slots__", "__doc__", "__module__", "model_config")]
        enum = any(_ENUM_BASE.search(b.split("[")[0]) for b in parents)
        upper = [m for m in kept if m.name.isupper() and m.value and not m.type]
        constants = not enum and len(upper) >= 2 and len(upper) == len(kept) and len(uses.words()) == 0
        for parent in parents:
            uses.add(parent)
        head = node.child_by_field_name("body")
        return Construct(
            Kind.ENUMERATION if enum or constants else Kind.RECORD,
            self.field(node, "name"),
            self.head(node, head.start_byte if head is not None else None),
            tuple(kept[:MEMBERS]),
            gloss=gloss.join(self.leading(outer.start_byte)[1], doc[:GLOSS]),
            scope=context.scope,
            role="enum" if enum else "constants" if constants else "class",
            language=LANGUAGE,
            bases=parents,
            uses=uses.words(),
        )

    def _retold(self, members: dict[str, Member], key: str, words: str, kind: str = "") -> None:
        """Add what a docstring says of a member to it."""
        old = members[key]
        said = gloss.join(old.gloss, words)[:GLOSS]
        members[key] = Member(
            old.name, old.passage, old.value, old.type or kind[:200], said, gloss.values(said) or old.values
        )

    def _class_field(self, node: Node, members: dict[str, Member], known: dict[str, tuple[str, str]]) -> str:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or left.type not in ("identifier", "attribute") or len(members) >= 4 * MEMBERS:
            return ""
        name = self.raw(left, 200)
        member = self._declared_field(name, node, right)
        members.setdefault(name.lstrip("_") or name, member)
        return name.lstrip("_") or name

    def _declared_field(self, name: str, node: Node, right: Node | None) -> Member:
        kind = self.field(node, "type")
        value = self.raw(right, VALUE)
        words = self.notes(node.start_byte, node.end_byte)[2]
        pairs: tuple[tuple[str, str], ...] = ()
        if right is not None and right.type in _STRINGS:
            value = self.words(right, VALUE)
        elif right is not None and right.type == "call":
            positional, named = self.arguments(right)
            told = [self._said(named[k]) for k in _TOLD if k in named]
            callee = self.raw(right.child_by_field_name("function"), 80)
            if callee.rpartition(".")[2].endswith("Field") and positional:
                told.append(self._said(positional[0]))
            words = gloss.join(words, *told)
            last = callee.rpartition(".")[2]
            if last[:1].isupper() or last in ("field", "mapped_column", "relationship", "attrib", "ib"):
                kind = kind or self.raw(right, 160)
            choices = named.get("choices")
            if choices is not None and choices.type in _SEQUENCES:
                found = shape(self.entries(choices), 1)
                pairs = tuple((p.value, p.name) for p in found.parts[:400]) if found else ()
        member = self.member(name, node.start_byte, node.end_byte, kind, value, words)
        if pairs:
            return Member(member.name, member.passage, member.value, member.type, member.gloss, pairs)
        return member

    def _said(self, node: Node) -> str:
        return self.entry(node, 0).value if node.type in _STRINGS or node.type == "call" else ""

    def _method(
        self, child: Node, node: Node, members: dict[str, Member], known: dict[str, tuple[str, str]], uses: Uses
    ) -> None:
        name = self.field(node, "name")
        if name == "__init__":
            for key, told in documented(self.body_docstring(node)).items():
                known.setdefault(key, told)
            for field_name, statement in self._own_fields(node):
                if field_name.lstrip("_") not in members:
                    right = statement.child_by_field_name("right")
                    members[field_name.lstrip("_") or field_name] = self._declared_field(field_name, statement, right)
        elif self._is_property(child):
            key = name.lstrip("_") or name
            if any(self.raw(d, 80).endswith((".setter", ".deleter")) for d in self.decorators(child)):
                return
            doc = self.body_docstring(node)
            words = gloss.join(self.leading(child.start_byte)[1], doc)[:GLOSS]
            old = members.get(key)
            kind = self.field(node, "return_type") or (old.type if old else "")
            if not kind and (typed := re.search(r":rtype:\s*([^\n]+)", doc)):
                kind = typed.group(1)
            start, end = self._told_at(node)
            member = self.member(name, start, end, kind, old.value if old else "", words)
            members[key] = member
        else:
            uses.add(name)

    def _told_at(self, node: Node) -> tuple[int, int]:
        """Return the span of a property that a person would point at: its line, or its docstring's first."""
        stop = self.source.find(b"\n", node.start_byte, node.end_byte)
        return node.start_byte, node.end_byte if stop < 0 else stop

    def _own_fields(self, node: Node) -> Iterator[tuple[str, Node]]:
        """Yield ``self.x = …`` of a constructor, as name and assignment."""
        body = node.child_by_field_name("body")
        waiting = list(reversed(body.named_children)) if body is not None else []
        seen = 0
        while waiting and seen < 4000:
            current = waiting.pop()
            seen += 1
            if current.type == "assignment":
                left = current.child_by_field_name("left")
                if left is not None and left.type == "attribute" and self.field(left, "object") == "self":
                    yield self.field(left, "attribute"), current
            elif current.type in (
                "expression_statement",
                "block",
                "if_statement",
                "else_clause",
                "with_statement",
                "try_statement",
                "elif_clause",
            ):
                waiting.extend(reversed(current.named_children))

    # -------------------------------------------------------------------------------------- functions

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
                told = [self.words(p, 300) for p in positional if p.type in _STRINGS]
                for word in told:
                    uses.add(word)
                if _ROUTE.search(self.raw(name, 100)) and told:
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
            value = self.words(right, VALUE) if right is not None and right.type in _STRINGS else self.raw(right, VALUE)
            if right is not None and right.type == "call":
                _, named = self.arguments(right)
                told = gloss.join(*(self._said(named[k]) for k in _TOLD if k in named))
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

    # ----------------------------------------------------------------------------------------- values

    def literal_type(self, node: Node, context: Context) -> Draft | None:
        """Return ``Literal["asian", "white"]`` as enumeration."""
        value = node.child_by_field_name("value")
        if value is None or self.raw(value, 80).rpartition(".")[2] != "Literal":
            return None
        strings = [c for c in node.named_children[1:] if c.type in _STRINGS]
        if len(strings) < 2:
            return None

        def build() -> Construct:
            members = tuple(self.member(self.words(s, 200), s.start_byte, s.end_byte) for s in strings[:MEMBERS])
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
            if right is not None and right.type == "call":
                return not (self.declares(right) or self.wraps(right))
            return left is not None and left.type == "subscript"
        if inner.type == "call" and self.declares(inner):
            return False
        return inner.type not in (*_STRINGS, "ERROR")

    def script(self, code: list[Node], held: list[Node]) -> Draft:
        """Return a module's own code around its hit statements as one operation."""

        def build() -> Construct:
            uses = Uses()
            first = code.index(held[0])
            for node in [*held, *code[max(0, first - 10) : first + 30]]:
                self.use(node, uses)
            return Construct(
                Kind.OPERATION, "", self.head(held[0]), role="script", language=LANGUAGE, uses=uses.words()
            )

        return Draft(self.base + held[0].start_byte, self.base + held[-1].end_byte, build, linkable=False, tag="script")
