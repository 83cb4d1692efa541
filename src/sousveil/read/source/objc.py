"""Objective-C: interfaces, protocols, properties and messages on top of C."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sousveil.model import Construct, Kind
from sousveil.read.source import blocks
from sousveil.read.source.brace import Found, Part, Step, first
from sousveil.read.source.c import C, outermost, selector


class ObjC(C):
    """Objective-C and its interfaces, properties and messages."""

    language = "objc"
    dialect = blocks.OBJC

    def find(self, step: Step) -> Iterable[Found]:
        kind = step.node.type
        if kind in ("class_interface", "class_implementation", "protocol_declaration"):
            return self._class(step)
        if kind in ("method_declaration", "method_definition"):
            return self._method(step)
        return super().find(step)

    def _class(self, step: Step) -> Iterator[Found]:
        node = step.node
        label = first(node, "identifier")
        if label is None:
            return
        name = self.source.slice(label)
        role = "interface" if node.type == "protocol_declaration" else "class"

        def build(found: Found) -> Construct | None:
            parts: list[Part] = []
            stack = list(reversed(node.named_children))
            while stack:
                item = stack.pop()
                if item.type in ("instance_variables", "instance_variable", "property_declaration"):
                    stack.extend(reversed(item.named_children))
                elif item.type == "struct_declaration":
                    kind = item.named_children[0] if item.named_children else None
                    for declarator in item.named_children[1:]:
                        at = outermost(declarator, "identifier")
                        if at is not None:
                            text = self.source.slice(kind) + self._suffix(declarator, at)
                            parts.append(self.part(self.source.slice(at), at, item, type=text))
            superclass = self.source.field(node, "superclass")
            if role == "class" and not parts and node.type == "class_implementation":
                return None
            return self.build(
                found, name, label.start_byte, step.scope, role, parts, bases=(superclass,) if superclass else ()
            )

        yield Found(node.start_byte, node.end_byte, Kind.RECORD, build, (name,))

    def _method(self, step: Step) -> Iterator[Found]:
        node = step.node
        label = first(node, "identifier")
        if label is None:
            return
        body = first(node, "compound_statement")

        def build(found: Found) -> Construct:
            parts: list[Part] = []
            for item in node.named_children:
                at = first(item, "identifier") if item.type == "method_parameter" else None
                if at is not None:
                    kind = self.source.slice(first(item, "method_type")).strip("()")
                    parts.append(self.part(self.source.slice(at), at, item, type=kind))
            returns = self.source.slice(first(node, "method_type")).strip("()")
            uses = self.uses(body.start_byte, body.end_byte) if body is not None else ()
            gloss = self.source.leading(node.start_byte).text
            return self.build(
                found,
                selector(self, node),
                label.start_byte,
                step.scope,
                "method",
                self.document(gloss, parts),
                returns=returns,
                uses=uses,
            )

        head = body.start_byte if body is not None else node.end_byte
        yield Found(node.start_byte, node.end_byte, Kind.OPERATION, build, head=head)
