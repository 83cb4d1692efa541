"""Python's classes as drafts, and what docstrings document; ``pythonfunction`` adds functions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sousveil.model import Construct, Kind, Member
from sousveil.read import gloss
from sousveil.read.source.drafts import Draft, Uses
from sousveil.read.source.literals import shape
from sousveil.read.source.pythoncalls import PythonCalls
from sousveil.read.source.pythonparts import LANGUAGE, STRINGS
from sousveil.read.source.pythonwords import TOLD, TYPED
from sousveil.read.source.script import GLOSS, MEMBERS, VALUE, Context
from sousveil.read.unfinished import bounded

if TYPE_CHECKING:
    from tree_sitter import Node

_SEQUENCES = frozenset(("list", "tuple", "set"))
_ENUM_BASE = re.compile(r"(?:^|\.)(?:\w*Enum|\w*Flag|\w*Choices|Enumeration)$")
_PARAMETER = re.compile(r"^\s*(?::param(?:eter)?\s+(?:[\w\[\], .]+\s)?|@param\s+)(\*{0,2}\w+)\s*:\s*(.*)$")
_TYPE = re.compile(r"^\s*:type\s+(\w+)\s*:\s*(.*)$")
_LISTED = re.compile(
    r"^\s*[-*]?\s*`{0,2}(\*{0,2}[A-Za-z_]\w*)`{0,2}\s*(?:\(([^()\n]{0,120}(?:\([^()\n]*\)[^()\n]*)*)\))?\s*:\s*(.*)$"
)


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


class PythonClasses(PythonCalls):
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
            elif statement.type in STRINGS and last in members:
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
            tuple(bounded(kept, MEMBERS, "members of one class")),
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
        if name == "_fields_" and right is not None and right.type in _SEQUENCES:
            for field in self.structure(right):
                members.setdefault(field.name, field)
            return ""
        member = self._declared_field(name, node, right)
        members.setdefault(name.lstrip("_") or name, member)
        return name.lstrip("_") or name

    def structure_draft(self, node: Node, context: Context) -> Draft | None:
        """Return ``tag._fields_ = [("byAge", c_ubyte), …]`` outside the class as the record that it completes."""
        members = tuple(bounded(list(self.structure(node)), MEMBERS, "members of one structure"))
        if not members:
            return None
        start, end = context.span if context.span[1] else (node.start_byte, node.end_byte)
        name = context.name.removesuffix("._fields_")
        place = self.place(start, min(end, start + len(context.name)))
        record = Construct(Kind.RECORD, name, place, members, scope=context.scope, role="class", language=LANGUAGE)
        return Draft(self.base + start, self.base + end, lambda: record, (name,))

    def structure(self, node: Node) -> Iterator[Member]:
        """Yield the fields of a ctypes structure, ``[("byAge", c_ubyte), …]``, with the comments beside them."""
        for item in node.named_children:
            parts = [c for c in item.named_children if c.type != "comment"] if item.type == "tuple" else []
            if len(parts) >= 2 and parts[0].type in STRINGS:
                start, end = item.start_byte, item.end_byte
                words = self.notes(start, end)[2]
                yield self.member(self.words(parts[0], 200), start, end, self.raw(parts[1], 200), "", words)

    def _declared_field(self, name: str, node: Node, right: Node | None) -> Member:
        kind = self.field(node, "type")
        value = self.raw(right, VALUE)
        words = self.notes(node.start_byte, node.end_byte)[2]
        pairs: tuple[tuple[str, str], ...] = ()
        if right is not None and right.type in STRINGS:
            value = self.words(right, VALUE)
        elif right is not None and right.type == "call":
            positional, named = self.arguments(right)
            told = [self._said(named[k]) for k in TOLD if k in named]
            callee = self.raw(right.child_by_field_name("function"), 80)
            if callee.rpartition(".")[2].endswith("Field") and positional:
                told.append(self._said(positional[0]))
            words = gloss.join(words, *told)
            last = callee.rpartition(".")[2]
            if last[:1].isupper() or last in TYPED:
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
        return self.entry(node, 0).value if node.type in STRINGS or node.type == "call" else ""

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
