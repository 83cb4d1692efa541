"""OpenDocument text and presentations: paragraphs, headings, lists, tables, notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.entry import Entry
from sousveil.unpack.limits import Budget
from sousveil.unpack.render.marked import Cell, Flow, Writing, inside
from sousveil.unpack.render.package import local, parts, tree

ABOUT = About(
    title="OpenDocument text and presentations",
    ends=".odt .ott .odp .otp .odg",
    reads="Paragraphs by number, headings, lists, tables with repeated cells, notes, comments, text deleted with "
    "tracking, slides by number; pictures and embedded files as files.",
    limits="Encrypted documents; formulas.",
)
_PARTS = re.compile(r"(?:Object \d+/)?(?:content|styles)\.xml\Z|META-INF/manifest\.xml\Z")
_DEEP = 60
_CELLS = 200_000
_REPEATED = 20
_SKIPPED = ("automatic-styles", "font-face-decls", "scripts", "forms", "settings", "sequence-decls", "styles")


def render(data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield the document's text as Markdown; a part that cannot be parsed as it is."""
    found, limits = parts(data, display, budget, lambda name: bool(_PARTS.match(name)))
    yield from limits
    if b"manifest:encryption-data" in found.pop("META-INF/manifest.xml", b""):
        yield Limit(display, "encrypted", "the document's text is encrypted")
        return
    writing = Writing()
    flow = Flow(writing)
    for name in sorted(found, key=lambda n: (n != "content.xml", n)):
        root = tree(found[name])
        if root is None:
            yield Limit(display, "broken", f"{name} is no well-formed XML, or declares entities; it was read as text")
            yield Entry(inside(display, name), b"", len(found[name]), found[name])
            continue
        prefix = "" if name == "content.xml" else f"{name.removesuffix('.xml')}, "
        reader = _Reader(flow, prefix)
        reader.block(root, 0)
        flow.flush()
        if reader.cut:
            yield Limit(display, "cut", f"{name}: nested deeper than {_DEEP} or more than {_CELLS} cells")
    if writing.size:
        budget.take_bytes(writing.size)
        yield writing.entry(inside(display, "text.md"))


class _Reader:
    def __init__(self, flow: Flow, prefix: str) -> None:
        self._flow, self._prefix = flow, prefix
        self._paragraphs = self._tables = self._slides = self._cells = 0
        self._slide = ""
        self.cut = False

    def block(self, root: Any, depth: int) -> None:
        """Write what stands in an element."""
        if depth > _DEEP:
            self.cut = True
            return
        for item in root:
            tag = local(item.tag)
            if tag in ("p", "h"):
                self._paragraph(item, tag, depth)
            elif tag == "table":
                self._table(item)
            elif tag == "page":
                self._slides += 1
                self._slide = f"slide {self._slides}"
                self.block(item, depth + 1)
            elif tag not in _SKIPPED:
                self.block(item, depth + 1)

    def _paragraph(self, item: Any, tag: str, depth: int) -> None:
        self._paragraphs += 1
        where = f"{self._prefix}{self._slide or f'paragraph {self._paragraphs}'}"
        inner: list[Any] = []
        text = _text(item, inner)
        if tag == "h":
            level = next((v for k, v in item.attrib.items() if local(k) == "outline-level"), "1")
            self._flow.heading(int(level) if level.isdigit() and len(level) < 3 else 1, text, where)
        else:
            self._flow.line(text, where)
        for frame in inner:
            self.block(frame, depth + 1)

    def _table(self, table: Any) -> None:
        self._tables += 1
        place = f"{self._prefix}{self._slide + ', ' if self._slide else ''}table {self._tables}"
        rows: list[list[Cell]] = []
        for row in table.iter():
            if local(row.tag) != "table-row":
                continue
            cells: list[Cell] = []
            for cell in row:
                if local(cell.tag) not in ("table-cell", "covered-table-cell"):
                    continue
                self._cells += 1
                if self._cells > _CELLS:
                    self.cut = True
                    return
                text = "\n".join(_text(p, []) for p in cell.iter() if local(p.tag) in ("p", "h"))
                where = f"{place}, row {len(rows) + 1}, column {len(cells) + 1}"
                again = next((v for k, v in cell.attrib.items() if local(k) == "number-columns-repeated"), "1")
                count = int(again) if again.isdigit() and len(again) < 6 else 1
                cells.extend([(text, where)] * min(count, _REPEATED))
            if any(text for text, _ in cells):
                rows.append(cells)
        self._flow.table(rows)


def _text(paragraph: Any, inner: list[Any]) -> str:
    """Return a paragraph's words; frames, notes and comments in it are collected."""
    words = [paragraph.text or ""]
    stack = [iter(paragraph)]
    open_ends: list[Any] = []
    while stack:
        child = next(stack[-1], None)
        if child is None:
            stack.pop()
            if open_ends:
                words.append(open_ends.pop().tail or "")
            continue
        tag = local(child.tag)
        if tag in ("frame", "note", "annotation", "custom-shape", "text-box"):
            inner.append(child)
            words.append(child.tail or "")
            continue
        words.append({"s": " ", "tab": " ", "line-break": "\n"}.get(tag, child.text or ""))
        if len(stack) < 4 * _DEEP:
            stack.append(iter(child))
            open_ends.append(child)
        else:
            words.append(child.tail or "")
    return "".join(words)
