"""Tables that a PHP program makes: ``Schema::create('people', function ($t) { $t->string('faith'); })`` is a record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sousveil.model import Construct, Kind, Member
from sousveil.read.source.drafts import Draft
from sousveil.read.source.phpparts import LANGUAGE, STRINGS, PhpParts
from sousveil.read.source.script import MEMBERS, Context
from sousveil.read.unfinished import bounded

if TYPE_CHECKING:
    from tree_sitter import Node

_MAKES = frozenset(("Schema::create", "Schema::table"))
_NO_COLUMN = frozenset(
    ("index", "unique", "primary", "foreign", "fullText", "spatialIndex", "renameColumn", "rename", "engine", "charset")
)
_CHAIN = 20


class PhpTables(PhpParts):
    """Readers of migrations."""

    def table(self, node: Node, context: Context) -> Draft | None:
        """Return the table that a call makes or changes, or nothing."""
        if node.type != "scoped_call_expression" or self._callee(node) not in _MAKES:
            return None
        given = self._arguments(node)
        body = given[1].child_by_field_name("body") if len(given) > 1 else None
        if body is None or given[0].type not in STRINGS:
            return None
        name = self.words(given[0], 200)
        return self.draft(node, lambda: self._table(node, body, name, context), (name,))

    def _table(self, node: Node, body: Node, name: str, context: Context) -> Construct:
        members = []
        for statement in bounded(body.named_children, MEMBERS, "columns of one table"):
            column = self._column(statement)
            if column is not None:
                members.append(column)
        words = self.leading(node.start_byte)[1]
        return Construct(Kind.RECORD, name, self.head(node), tuple(members), words, context.scope, "table", LANGUAGE)

    def _column(self, statement: Node) -> Member | None:
        """Return the column of ``$t->enum('faith', ['muslim', 'hindu'])->nullable()->comment('…');``."""
        if statement.type != "expression_statement" or not statement.named_children:
            return None
        calls: list[tuple[str, Sequence[Node]]] = []
        call = statement.named_children[0]
        for _ in range(_CHAIN):
            inner = call.child_by_field_name("object")
            if call.type != "member_call_expression" or inner is None:
                return None
            method = self.field(call, "name")
            calls.append((method, self._arguments(call)))
            if inner.type == "variable_name":
                none = method in _NO_COLUMN or method.startswith("drop")
                return None if none else self.column(statement, calls, "array_creation_expression")
            call = inner
        return None
