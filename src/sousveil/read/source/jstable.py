"""Tables that a JavaScript program makes: ``createTable("people", t => { t.string("faith") })`` is a record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sousveil.model import Construct, Kind, Member
from sousveil.read.source.drafts import Draft
from sousveil.read.source.jsfunction import JsFunctions
from sousveil.read.source.jsparts import FUNCTIONS, STRINGS
from sousveil.read.source.script import MEMBERS, Context
from sousveil.read.unfinished import bounded

if TYPE_CHECKING:
    from tree_sitter import Node

_MAKES = frozenset(("createTable", "createTableIfNotExists", "alterTable"))
_NO_COLUMN = frozenset(("index", "unique", "primary", "foreign", "renameColumn", "setNullable", "comment"))
_CHAIN = 20


class JsTables(JsFunctions):
    """Readers of migrations."""

    def table(self, call: Node, context: Context) -> Draft | None:
        """Return the table that a call makes or changes, or nothing."""
        if self.callee(call) not in _MAKES:
            return None
        given = self.arguments(call)
        body = given[1].child_by_field_name("body") if len(given) > 1 and given[1].type in FUNCTIONS else None
        if body is None or body.type != "statement_block" or given[0].type not in STRINGS:
            return None
        name = self.words(given[0], 200)
        start, words = self.leading(call.start_byte)

        def build() -> Construct:
            found = (self._column(c) for c in bounded(body.named_children, MEMBERS, "columns of one table"))
            members = tuple(c for c in found if c is not None)
            return Construct(Kind.RECORD, name, self.head(call), members, words, context.scope, "table", self.language)

        return Draft(self.base + start, self.base + call.end_byte, build, (name,))

    def _column(self, statement: Node) -> Member | None:
        """Return the column of ``t.enu("faith", ["muslim", "hindu"]).nullable().comment("…")``."""
        call = statement.named_children[0] if statement.named_children else statement
        calls: list[tuple[str, Sequence[Node]]] = []
        for _ in range(_CHAIN):
            called = call.child_by_field_name("function")
            inner = called.child_by_field_name("object") if called is not None else None
            if call.type != "call_expression" or inner is None:
                return None
            method = self.callee(call)
            calls.append((method, self.arguments(call)))
            if inner.type == "identifier":
                none = method in _NO_COLUMN or method.startswith("drop")
                return None if none else self.column(statement, calls, "array")
            call = inner
        return None
