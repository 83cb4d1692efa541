"""C and C++: headers of vendors' SDKs above all. Objective-C is C with ``objc.py``'s additions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from tree_sitter import Node

from sousveil.model import Construct, Kind
from sousveil.read.source import blocks, constants
from sousveil.read.source.bindings import bindings
from sousveil.read.source.brace import Found, Part, Reader, Step, first
from sousveil.read.source.cdialect import dialect_of
from sousveil.read.source.cmacros import BEFORE_TYPE, masked
from sousveil.read.source.engine import read as read_with
from sousveil.read.text import Text

EXTENSIONS = (
    ".h", ".c", ".hpp", ".hh", ".hxx", ".h++", ".cpp", ".cc", ".cxx", ".c++", ".inl", ".ipp", ".tpp", ".cu",
    ".cuh", ".m", ".mm", ".pch", ".sip", ".swg",
)  # fmt: skip
ALL = None

_TYPES = frozenset({"struct_specifier", "union_specifier", "class_specifier"})
_ACCESSOR = re.compile(r"^(?:[gG]et|[iI]s|[sS]et)(?=[A-Z_])")
_ROLES = {"struct_specifier": "struct", "union_specifier": "union", "class_specifier": "class"}


class C(Reader):
    """Declarations of C, and what C++ adds."""

    language = "c"
    dialect = blocks.C
    strings = frozenset({"string_literal", "raw_string_literal", "concatenated_string"})
    lists = frozenset({"initializer_list", "array_literal", "dictionary_literal"})
    pairs = frozenset({"initializer_pair", "dictionary_pair"})
    wrappers = frozenset({"subscript_designator", "at_expression"})
    calls = frozenset({"call_expression"})
    arguments = frozenset({"argument_list"})
    switches = frozenset({"switch_statement"})
    cases = frozenset({"case_statement"})
    case_label = "value"
    holders: ClassVar[dict[str, str]] = {
        "init_declarator": "declarator",
        "assignment_expression": "left",
        "field_declaration": "declarator",
        "message_expression": "method",
        "initializer_pair": "designator",
    }

    def mask(self, target: bytearray, ranges: Sequence[tuple[int, int]]) -> None:
        for start, end in ranges:
            target[start:end] = masked(bytes(target[start:end]), self.language)

    def scope(self, step: Step) -> str:
        node = step.node
        if node.type in _TYPES or node.type == "namespace_definition":
            return self.source.field(node, "name") or self._typedef(step)[0]
        if node.type == "function_definition":
            declarator = _function(node)
            return self.source.field(declarator, "declarator") if declarator is not None else ""
        if node.type in ("class_interface", "class_implementation", "protocol_declaration"):
            return self.source.slice(first(node, "identifier"))
        if node.type == "method_definition":
            return selector(self, node)
        return ""

    def find(self, step: Step) -> Iterable[Found]:
        kind = step.node.type
        if kind == "enum_specifier":
            return self._enum(step)
        if kind in _TYPES:
            return self._record(step)
        if kind == "function_definition":
            return self._function(step, step.node)
        if kind in ("declaration", "field_declaration", "type_definition"):
            return self._declaration(step)
        if kind == "expression_statement":
            return bindings(self, step)
        return ()

    def _declaration(self, step: Step) -> Iterator[Found]:
        """Yield the type declared together with a name (``typedef enum {…} NAME;``), or the function."""
        inner = step.node.child_by_field_name("type")
        if inner is not None and inner.child_by_field_name("body") is not None:
            below = Step(inner, step, step.scope)
            yield from self._enum(below) if inner.type == "enum_specifier" else self._record(below)
        else:
            yield from self._prototype(step)

    def directive(self, spots: Sequence[int] | None, spans: Sequence[tuple[int, int]]) -> Iterable[Found]:
        return constants.defines(self, spots, spans)

    # ------------------------------------------------------------------ types

    def _typedef(self, step: Step) -> tuple[str, list[str], Node]:
        """Return the typedef's or variable's name, every name, and the node that holds specifier and names."""
        above = step.above.node if step.above is not None else None
        if above is None or above.type not in ("type_definition", "declaration", "field_declaration"):
            return "", [], step.node
        names = [(_name(d), d.type) for d in above.children_by_field_name("declarator")]
        plain = [self.source.slice(n) for n, kind in names if kind.endswith("identifier") and n is not None]
        every = [self.source.slice(n) for n, _ in names if n is not None]
        if above.type != "type_definition":
            return "", [], above
        return (plain or every or [""])[0], every, above

    def _named(self, step: Step) -> tuple[str, tuple[str, ...], int, Node, str]:
        """Return name, all names, where the first name stands, the whole declaration, and a tag that differs."""
        node = step.node
        tag = node.child_by_field_name("name")
        tagged = self.source.slice(tag)
        typedef, every, whole = self._typedef(step)
        name = typedef or tagged
        at = tag.start_byte if tag is not None else node.start_byte
        if tag is None and typedef:
            at = _place(self.utf8, typedef, node.end_byte, whole.end_byte)
        names = tuple(dict.fromkeys(n for n in (typedef, tagged, *every) if n))
        other = (
            tagged if tagged and typedef and tagged.strip("_") not in (typedef, "tag" + typedef, typedef + "_") else ""
        )
        return name, names, at, whole, other

    def _enum(self, step: Step) -> Iterator[Found]:
        node = step.node
        body = node.child_by_field_name("body")
        if body is None:
            return
        name, names, at, whole, tag = self._named(step)

        def build(found: Found) -> Construct:
            parts = []
            for item in body.named_children:
                label = item.child_by_field_name("name")
                if item.type == "enumerator" and label is not None:
                    parts.append(
                        self.part(self.source.slice(label), label, item, value=self.source.field(item, "value"))
                    )
            base = self.source.field(node, "base") or self.source.field(node, "underlying_type")
            bases = (base,) if base else ()
            return self.build(found, name, at, step.scope, "enum", parts, gloss=tag, bases=bases, body=body.start_byte)

        yield Found(whole.start_byte, whole.end_byte, Kind.ENUMERATION, build, names)

    def _record(self, step: Step) -> Iterator[Found]:
        node = step.node
        body = node.child_by_field_name("body")
        if body is None:
            return
        name, names, at, whole, tag = self._named(step)
        if not name and whole.type == "field_declaration":
            # A nameless part of a struct: its fields are the struct's.
            return
        role = _ROLES[node.type]

        def build(found: Found) -> Construct:
            parts = self._fields(body)
            # A class that shows no data, or but one pointer to where it lies, tells its properties by its functions.
            if len(parts) < 2:
                parts += self._accessors(body)
            bases: list[str] = []
            for child in node.named_children:
                if child.type == "base_class_clause":
                    bases = [self.source.slice(c) for c in child.named_children if c.type != "access_specifier"]
            return self.build(found, name, at, step.scope, role, parts, gloss=tag, bases=bases, body=body.start_byte)

        yield Found(whole.start_byte, whole.end_byte, Kind.RECORD, build, names)

    def _fields(self, body: Node) -> list[Part]:
        parts: list[Part] = []
        stack = list(reversed(body.named_children))
        while stack and len(parts) < 5000:
            item = stack.pop()
            if item.type != "field_declaration":
                if item.type.startswith("preproc") or item.type == "ERROR":
                    stack.extend(reversed(item.named_children))
                continue
            kind = item.child_by_field_name("type")
            inner = kind.child_by_field_name("body") if kind is not None and kind.type in _TYPES else None
            if kind is not None and inner is not None and kind.child_by_field_name("name") is None:
                stack.extend(reversed(inner.named_children))
            text = kind.type.removesuffix("_specifier") if kind is not None and inner is not None else self._type(item)
            declarators = item.children_by_field_name("declarator")
            for number, declarator in enumerate(declarators):
                if _holds(declarator, "function_declarator") and not _holds(declarator, "pointer_declarator"):
                    continue
                label = _name(declarator)
                if label is None:
                    continue
                start = item.start_byte if number == 0 and inner is None else declarator.start_byte
                value = self.source.field(item, "default_value") if len(declarators) == 1 else ""
                member = self._suffix(declarator, label)
                end = item.end_byte if number == len(declarators) - 1 else declarator.end_byte
                parts.append(
                    self.extent(self.source.slice(label), label.start_byte, start, end, value, (text + member).strip())
                )
        return parts

    def _accessors(self, body: Node) -> list[Part]:
        """Return the properties that a class's getters and setters tell of."""
        parts: dict[str, Part] = {}
        for item in body.named_children:
            if item.type not in ("field_declaration", "function_definition"):
                continue
            function = _function(item)
            at = _name(function) if function is not None else None
            name = self.source.slice(at)
            if at is None or not _ACCESSOR.match(name):
                continue
            name = _ACCESSOR.sub("", name)
            name = name[:1].lower() + name[1:]
            end = function.end_byte if function is not None else item.end_byte
            parts.setdefault(name, self.extent(name, at.start_byte, item.start_byte, end, "", self._type(item)))
        return list(parts.values())

    def _type(self, item: Node) -> str:
        """Return the type of a declaration as written, with its qualifiers, without storage class."""
        words = [
            self.source.slice(c)
            for c in item.children
            if c.type == "type_qualifier" or c == item.child_by_field_name("type")
        ]
        return " ".join(words)

    def _suffix(self, declarator: Node, label: Node) -> str:
        """Return pointer and array marks of a declarator: `` *``, ``[4]``."""
        before = self.source.cut(declarator.start_byte, label.start_byte)
        after = self.source.cut(label.end_byte, declarator.end_byte)
        return (" " + before if before else "") + after

    # ------------------------------------------------------------------ functions

    def _prototype(self, step: Step) -> Iterator[Found]:
        for declarator in step.node.children_by_field_name("declarator"):
            function = outermost(declarator, "function_declarator")
            if function is None:
                continue
            inner = function.child_by_field_name("declarator")
            pointer = inner is not None and inner.type == "parenthesized_declarator"
            if pointer and step.node.type == "field_declaration":
                return
            yield from self._function(step, step.node, "callback" if pointer else "function")
            return

    def _function(self, step: Step, node: Node, role: str = "function") -> Iterator[Found]:
        function = _function(node)
        if function is None:
            return
        label = _name(function)
        if label is None:
            return
        body = node.child_by_field_name("body")
        begin = self._begin(node.start_byte)
        scope = step.scope
        name = self.source.slice(label)
        if "::" in name:
            *outer, name = name.split("::")
            scope = (*scope, *outer)
            role = "method"
        if role == "function" and any(up.node.type in _TYPES for up in step.up(3)):
            role = "method"
        if body is not None and body.type == "compound_statement" and node.child_by_field_name("type") is None:
            role = "constructor" if role == "method" or len(scope) > len(step.scope) else role

        def build(found: Found) -> Construct:
            parts: list[Part] = []
            parameters = function.child_by_field_name("parameters")
            for item in parameters.named_children if parameters is not None else ():
                declarator = item.child_by_field_name("declarator")
                at = _name(declarator) if declarator is not None else None
                kind = self._type(item)
                if kind == "void" and declarator is None:
                    continue
                suffix = self._suffix(declarator, at) if declarator is not None and at is not None else ""
                value = self.source.field(item, "default_value")
                parts.append(
                    self.part(self.source.slice(at), at or item, item, value=value, type=(kind + suffix).strip())
                )
            gloss = self.source.leading(begin).text
            before = self.source.cut(node.start_byte, function.start_byte)
            returns = self._type(node) + "".join(c for c in before if c in "*&")
            uses = self.uses(body.start_byte, body.end_byte) if body is not None else ()
            return self.build(
                found,
                name,
                label.start_byte,
                scope,
                role,
                self.document(gloss, parts),
                returns=returns,
                uses=uses,
                body=body.start_byte if body is not None else 0,
            )

        names = (name,) if role == "callback" else ()
        head = body.start_byte if body is not None else node.end_byte
        inside = node.parent
        told = inside is not None and inside.type == "field_declaration_list" and bool(_ACCESSOR.match(name))
        told = told and inside is not None and len(self._fields(inside)) < 2
        yield Found(begin, node.end_byte, Kind.OPERATION, build, names, head=head, told=told)

    def _begin(self, start: int) -> int:
        """Return where a declaration begins whose macros were masked."""
        line = self.utf8.rfind(b"\n", max(0, start - 400), start) + 1
        before = self.utf8[line:start]
        return start - len(before.lstrip()) if BEFORE_TYPE.match(before) else start


class Cpp(C):
    """C++."""

    language = "cpp"


def outermost(node: Node, kind: str) -> Node | None:
    """Return the outermost node of ``kind`` along the first declarators of ``node``."""
    current: Node | None = node
    for _ in range(40):
        if current is None or current.type == kind:
            return current
        inner = current.child_by_field_name("declarator")
        current = inner if inner is not None else next(iter(current.named_children), None)
    return None


def _holds(node: Node, kind: str) -> bool:
    return outermost(node, kind) is not None


def _function(node: Node) -> Node | None:
    for declarator in node.children_by_field_name("declarator"):
        found = outermost(declarator, "function_declarator")
        if found is not None:
            return found
    return None


def _name(declarator: Node | None) -> Node | None:
    """Return the identifier a declarator declares."""
    current = declarator
    for _ in range(40):
        if current is None or not current.named_children:
            break
        if current.type in ("qualified_identifier", "destructor_name", "operator_name", "template_function"):
            break
        inner = current.child_by_field_name("declarator")
        current = (
            inner
            if inner is not None
            else next(
                (
                    c
                    for c in current.named_children
                    if c.type not in ("parameter_list", "argument_list", "ms_call_modifier")
                ),
                None,
            )
        )
    if current is None or not (current.type.endswith("identifier") or current.type.endswith("_name")):
        return None
    return current


def _place(utf8: bytes, name: str, start: int, end: int) -> int:
    place = utf8.find(name.encode(), start, end)
    return place if place >= 0 else start


def selector(reader: Reader, node: Node) -> str:
    """Return an Objective-C method's name: ``raceString:with:``."""
    words = [reader.source.slice(c) for c in node.named_children if c.type == "identifier"]
    if any(c.type == "method_parameter" for c in node.named_children):
        return ":".join(words) + ":"
    return "".join(words[:1])


def _reader(text: Text) -> type[C]:
    match dialect_of(text.utf8):
        case "objc":
            from sousveil.read.source.objc import ObjC

            return ObjC
        case "cpp":
            return Cpp
    return C


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs around ``hits`` (offsets into ``text.utf8``); raises ``tree.Unfinished``."""
    if hits is not None and not hits:
        return []
    return read_with(_reader(text), text, hits)
