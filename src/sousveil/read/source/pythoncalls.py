"""Calls of Python code that declare something: options, choices on a screen, records, enumerations, routes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sousveil.model import Construct, Kind, Member
from sousveil.read import gloss
from sousveil.read.source.drafts import Draft, Uses
from sousveil.read.source.literals import shape
from sousveil.read.source.pythonparts import LANGUAGE, SEQUENCES, STRINGS, PythonParts
from sousveil.read.source.script import MEMBERS, Context

if TYPE_CHECKING:
    from tree_sitter import Node

_OPTIONS = frozenset(("add_argument", "option", "argument"))
_DECLARING = frozenset(("namedtuple", "NamedTuple", "TypedDict", "make_dataclass", "Enum", "IntEnum", "StrEnum"))
_TABLES = frozenset(("create_table", "Table"))
# Widgets of the usual interface kits that offer a choice, by the last name of the call.
_CHOICES = frozenset((
    "selectbox", "multiselect", "radio", "Dropdown", "Radio", "CheckboxGroup", "Combobox", "OptionMenu",
    "select_slider", "pills", "segmented_control", "ChoiceField", "MultipleChoiceField", "SelectField",
    "RadioField", "Select",
))  # fmt: skip
_LABELS = frozenset(
    ["Label", "QLabel", "QCheckBox", "QRadioButton", "QAction", "checkbox", "Checkbox", "label", "heading"]
)


class PythonCalls(PythonParts):
    """Readers of calls."""

    def declares(self, call: Node) -> bool:
        """Return whether a call declares something told as such: an option, a record, an enumeration."""
        name = self.callee(call)
        return name in _OPTIONS or name in _CHOICES or name in _DECLARING or bool(self._columns(call))

    def call_drafts(self, node: Node, context: Context) -> Iterator[Draft]:
        """Yield command-line options, choices on a screen, and records declared by a call."""
        name = self.callee(node)
        if name in _OPTIONS or name in _CHOICES or name in _LABELS:
            start, end, _ = self.notes(node.start_byte, node.end_byte)
            yield Draft(self.base + start, self.base + end, lambda: self._option(node, context, name), linkable=False)
        elif name in _DECLARING:
            positional, _ = self.arguments(node)
            if len(positional) >= 2 and positional[0].type in STRINGS:
                title = self.words(positional[0], 200)
                yield Draft(
                    self.base + node.start_byte,
                    self.base + node.end_byte,
                    lambda: self._declared(node, context, name),
                    (title, context.name),
                )
        elif self._columns(node):
            title = self.words(self.arguments(node)[0][0], 200)
            start, end = self.base + node.start_byte, self.base + node.end_byte
            yield Draft(start, end, lambda: self._table(node, title, context), (title, context.name))
        elif name in ("path", "re_path", "url") and context.name == "urlpatterns":
            yield Draft(self.base + node.start_byte, self.base + node.end_byte, lambda: self._route(node, context))

    def _columns(self, call: Node) -> list[Node]:
        """Return the columns of ``create_table("people", Column("faith", String()))``, a migration's or a table's."""
        if self.callee(call) not in _TABLES:
            return []
        positional, _ = self.arguments(call)
        if not positional or positional[0].type not in STRINGS:
            return []
        return [p for p in positional[1:] if p.type == "call" and self.callee(p) == "Column" and self._titled(p)]

    def _titled(self, column: Node) -> bool:
        positional, _ = self.arguments(column)
        return bool(positional) and positional[0].type in STRINGS

    def _table(self, node: Node, title: str, context: Context) -> Construct:
        members = []
        for column in self._columns(node)[:MEMBERS]:
            positional, named = self.arguments(column)
            kind = self.raw(positional[1], 100) if len(positional) > 1 else ""
            told = named.get("comment")
            words = self.words(told) if told is not None and told.type in STRINGS else ""
            name = self.words(positional[0], 200)
            members.append(self.member(name, column.start_byte, column.end_byte, kind, "", words or None))
        above = self.notes(node.start_byte, node.end_byte)[2]
        return Construct(Kind.RECORD, title, self.head(node), tuple(members), above, context.scope, "table", LANGUAGE)

    def _option(self, node: Node, context: Context, name: str) -> Construct | None:
        positional, named = self.arguments(node)
        strings = [self.words(p, 300) for p in positional if p.type in STRINGS]
        flags = [s for s in strings if s.startswith("-")] or strings[:1]
        cli = name in _OPTIONS
        if cli and not flags:
            return None
        choices = named.get("choices") or named.get("options") or named.get("values")
        kind = named.get("type")
        if choices is None and kind is not None and kind.type == "call" and self.callee(kind) == "Choice":
            inner, _ = self.arguments(kind)
            choices = inner[0] if inner else None
        if choices is None and not cli:
            choices = next((p for p in positional if p.type in SEQUENCES), None)
        members: tuple[Member, ...] = ()
        if choices is not None and choices.type in SEQUENCES:
            found = shape(self.entries(choices), 1)
            members = tuple(self.item(p.name, p.value, p.entry) for p in found.parts) if found else ()
        told = [named[k] for k in ("help", "label", "text", "title", "verbose_name", "placeholder") if k in named]
        words = [self.words(t) for t in told if t.type in STRINGS]
        if not cli and not words and not strings:
            return None
        title = (max(flags, key=len) if flags else "") if cli else (words + strings)[0]
        return Construct(
            Kind.OPTION,
            title,
            self.head(node) if cli else self.passage(node, 300),
            members,
            gloss=gloss.join(*words),
            scope=context.scope,
            role="cli-option" if cli else "select" if name in _CHOICES else "label",
            language=LANGUAGE,
            uses=tuple(dict.fromkeys([self.raw(node.child_by_field_name("function"), 80), *strings[:4]])),
        )

    def _declared(self, node: Node, context: Context, name: str) -> Construct | None:
        positional, _ = self.arguments(node)
        title = self.words(positional[0], 200)
        members: list[Member] = []
        fields = positional[1]
        if fields.type in STRINGS:
            members = [Member(w, self.passage(fields)) for w in self.words(fields).replace(",", " ").split()]
        elif fields.type in SEQUENCES or fields.type == "dictionary":
            for entry in self.entries(fields):
                if entry.key is not None:
                    members.append(self.member(entry.key, entry.start, entry.end, kind=entry.value))
                elif entry.form == "text":
                    members.append(self.member(entry.value, entry.start, entry.end))
                elif entry.inner:
                    kind = entry.inner[1].value if len(entry.inner) > 1 else ""
                    members.append(self.member(entry.inner[0].value, entry.start, entry.end, kind=kind))
        is_enum = name.endswith("Enum")
        return Construct(
            Kind.ENUMERATION if is_enum else Kind.RECORD,
            title,
            self.head(node),
            tuple(members),
            gloss=self.notes(node.start_byte, node.end_byte)[2],
            scope=context.scope,
            role="enum" if is_enum else "class",
            language=LANGUAGE,
        )

    def _route(self, node: Node, context: Context) -> Construct | None:
        positional, _ = self.arguments(node)
        if not positional or positional[0].type not in STRINGS:
            return None
        view = self.raw(positional[1], 120) if len(positional) > 1 else ""
        uses = Uses()
        uses.add(view)
        return Construct(
            Kind.OPERATION,
            view or self.words(positional[0], 200),
            self.head(node),
            gloss=self.words(positional[0], 300),
            scope=context.scope,
            role="endpoint",
            language=LANGUAGE,
            uses=uses.words(),
        )
