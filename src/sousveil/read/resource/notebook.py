"""Notebooks: the lines of a document's cells, among ``json``'s nodes."""

from __future__ import annotations

import re

from sousveil.model import Construct, Kind
from sousveil.read.places import Hits, Places
from sousveil.read.resource.tree import Node
from sousveil.read.resource.values import Builder

_IDENTIFIER = re.compile(r"[A-Za-z_]\w{2,60}")


def is_notebook(root: Node) -> bool:
    """Return whether a document with this outermost node is a notebook."""
    return root.kind == "object" and root.child("cells") is not None


def read_cell(node: Node, places: Places, hits: Hits, builder: Builder) -> bool:
    """Read the lines of a notebook cell that hold a hit; return whether the node is part of a cell."""
    cell: Node | None = node
    output = False
    for _ in range(8):
        if cell is None or (cell.parent is not None and cell.parent.key == "cells"):
            break
        output = output or cell.key == "outputs"
        cell = cell.parent
    if cell is None or cell.kind != "object":
        return False
    kind = cell.value("cell_type")
    source = cell.child("source")
    if not kind or source is None:
        return False
    lines = [source] if source.scalar else [c for c in source.children if c.scalar]
    role = "output" if output else "code-block" if kind == "code" else "sentence"
    code = " ".join(line.text for line in lines)[:20000]
    uses = tuple(dict.fromkeys(_IDENTIFIER.findall(code)))[:200] if kind == "code" else ()
    shown = [c for c in node.children if c.scalar] if output else [n for n in lines if n in node.children]
    for line in shown:
        for hit in hits.between(line.start, line.end)[:20]:
            start, end = _escaped_line(places.utf8, hit, line.start, line.end)
            passage = places.passage(start, end)
            builder.add(
                Construct(
                    Kind.STATEMENT,
                    "",
                    passage,
                    scope=("cells",),
                    role=role,
                    language="python" if kind == "code" else "markdown",
                    uses=uses,
                )
            )
    return True


def _escaped_line(utf8: bytes, at: int, low: int, high: int) -> tuple[int, int]:
    """Return the line inside a JSON string, between escaped line breaks, that holds ``at``."""
    start = utf8.rfind(b"\\n", max(low, at - 400), at)
    end = utf8.find(b"\\n", at, min(high, at + 400))
    return (low if start < 0 and at - low <= 400 else max(start + 2, at - 400)), (
        min(high, at + 400) if end < 0 else end
    )
