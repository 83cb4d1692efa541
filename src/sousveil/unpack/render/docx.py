"""Word documents: paragraphs, headings, tables, notes, comments, headers, text boxes, text deleted with tracking."""

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
    title="Word (OOXML)",
    ends=".docx .docm .dotx .dotm",
    reads="Paragraphs by number, headings, tables with merged cells, headers and footers, notes, comments, text boxes, "
    "text deleted with tracking, diagrams and charts; pictures and embedded files as files.",
    limits="Encrypted documents; fields' instructions; text in drawings without a text box.",
)
_DEEP = 40
_CELLS = 200_000
_PARTS = re.compile(
    r"word/(?:document|header\d*|footer\d*|footnotes|endnotes|comments|styles|glossary/document"
    r"|charts/chart\w*|diagrams/data\w*)\.xml\Z|docProps/core\.xml\Z"
)
_ORDER = ("word/document.xml",)
_HEADING = re.compile(r"(?:heading|title|标题|标题 )\s*(\d)?\Z", re.IGNORECASE)


def render(data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield the document's text as Markdown; a part that cannot be parsed as it is."""
    found, limits = parts(data, display, budget, lambda name: bool(_PARTS.match(name)))
    yield from limits
    styles = _styles(found.pop("word/styles.xml", b""))
    writing = Writing()
    flow = Flow(writing)
    title = _core(found.pop("docProps/core.xml", b""))
    if title:
        flow.heading(1, title, "document's title")
    order = [n for n in _ORDER if n in found] + sorted(n for n in found if n not in _ORDER)
    for name in order:
        root = tree(found[name])
        if root is None:
            yield Limit(display, "broken", f"{name} is no well-formed XML, or declares entities; it was read as text")
            yield Entry(inside(display, name), b"", len(found[name]), found[name])
            continue
        short = name.rpartition("/")[2].removesuffix(".xml")
        prefix = "" if name == "word/document.xml" else f"{short}, "
        if name.startswith(("word/charts", "word/diagrams")):
            _plain(root, flow, short)
        else:
            reader = Reader(flow, styles, prefix)
            reader.block(root, 0)
            if reader.cut:
                yield Limit(display, "cut", f"{name}: nested deeper than {_DEEP} or more than {_CELLS} cells")
        flow.flush()
    if writing.size:
        budget.take_bytes(writing.size)
        yield writing.entry(inside(display, "text.md"))


def _core(raw: bytes) -> str:
    root = tree(raw) if raw else None
    return next((e.text or "" for e in root if local(e.tag) == "title"), "") if root is not None else ""


def _styles(raw: bytes) -> dict[str, int]:
    """Return the heading level of each style that is a heading."""
    root = tree(raw) if raw else None
    out: dict[str, int] = {}
    for style in root if root is not None else ():
        if local(style.tag) != "style":
            continue
        name = style_id = ""
        level = 0
        for key, value in style.attrib.items():
            if local(key) == "styleId":
                style_id = value
        for item in style.iter():
            if local(item.tag) == "name":
                name = _value(item)
            elif local(item.tag) == "outlineLvl" and _value(item).isdigit():
                level = int(_value(item)) + 1
        named = _HEADING.match(name)
        if named is not None:
            level = level or int(named[1] or 1)
        if 0 < level < 10:
            out[style_id] = level
    return out


def _value(item: Any) -> str:
    return next((value for key, value in item.attrib.items() if local(key) == "val"), "")


def _plain(root: Any, flow: Flow, name: str) -> None:
    """Write the text of a chart or a diagram."""
    for number, item in enumerate(root.iter()):
        if number > _CELLS:
            return
        if local(item.tag) in ("t", "v", "f") and item.text and not re.fullmatch(r"[\d.,%\-+ eE]+", item.text):
            flow.line(item.text, name)


class Reader:
    """Walks through one part."""

    def __init__(self, flow: Flow, styles: dict[str, int], prefix: str) -> None:
        self._flow, self._styles, self._prefix = flow, styles, prefix
        self._paragraphs = self._tables = self._cells = 0
        self.cut = False

    def block(self, root: Any, depth: int) -> None:
        """Write what stands in an element: paragraphs and tables, however wrapped."""
        if depth > _DEEP:
            self.cut = True
            return
        for item in root:
            tag = local(item.tag)
            if tag == "p":
                self._paragraph(item, depth)
            elif tag == "tbl":
                self._table(item, depth)
            elif tag not in ("sectPr", "Fallback"):
                self.block(item, depth + 1)

    def _paragraph(self, item: Any, depth: int) -> None:
        self._paragraphs += 1
        where = f"{self._prefix}paragraph {self._paragraphs}"
        level = 0
        for properties in item:
            if local(properties.tag) == "pPr":
                for p in properties:
                    if local(p.tag) == "pStyle":
                        level = self._styles.get(_value(p), level)
                    elif local(p.tag) == "outlineLvl" and _value(p).isdigit():
                        level = int(_value(p)) + 1
        text, deleted, boxes = self._text(item)
        if 0 < level < 10 and len(text) < 300:
            self._flow.heading(level, text, where)
        else:
            self._flow.line(text, where)
        if deleted.strip():
            self._flow.line(deleted, f"{where}, deleted")
        for box in boxes:
            self.block(box, depth + 1)

    def _text(self, item: Any) -> tuple[str, str, list[Any]]:
        """Return a paragraph's words, those deleted with tracking, and the text boxes in it."""
        words: list[str] = []
        deleted: list[str] = []
        boxes: list[Any] = []
        stack = [iter(item)]
        while stack:
            if len(stack) > 4 * _DEEP:
                self.cut = True
                stack.pop()
                continue
            child = next(stack[-1], None)
            if child is None:
                stack.pop()
                continue
            tag = local(child.tag)
            if tag == "t":
                words.append(child.text or "")
            elif tag == "delText":
                deleted.append(child.text or "")
            elif tag in ("tab", "ptab"):
                words.append(" ")
            elif tag in ("br", "cr"):
                words.append("\n")
            elif tag == "noBreakHyphen":
                words.append("-")
            elif tag == "txbxContent":
                boxes.append(child)
            elif tag not in ("pPr", "rPr", "Fallback", "instrText"):
                stack.append(iter(child))
        return "".join(words), "".join(deleted), boxes

    def _table(self, item: Any, depth: int) -> None:
        self._tables += 1
        number = self._tables
        rows: list[list[Cell]] = []
        nested: list[Any] = []
        for row in _children(item, "tr"):
            cells: list[Cell] = []
            for cell in _children(row, "tc"):
                self._cells += 1
                if self._cells > _CELLS:
                    self.cut = True
                    return
                span, goes_on = _merged(cell)
                where = f"{self._prefix}table {number}, row {len(rows) + 1}, column {len(cells) + 1}"
                text = self._cell(cell, nested)
                if goes_on and rows and len(cells) < len(rows[-1]):
                    text = rows[-1][len(cells)][0]
                cells.append((text, where))
                cells.extend([("", where)] * (min(span, 60) - 1))
            rows.append(cells)
        self._flow.table(rows)
        for inner in nested:
            if depth > _DEEP:
                self.cut = True
                break
            self._table(inner, depth + 1)

    def _cell(self, cell: Any, nested: list[Any]) -> str:
        lines: list[str] = []
        for child in _blocks(cell):
            if local(child.tag) == "tbl":
                nested.append(child)
            else:
                text, deleted, boxes = self._text(child)
                lines.append(text + (f" {deleted}" if deleted else ""))
                for box in boxes:
                    lines.extend(self._text(p)[0] for p in _blocks(box))
        return "\n".join(line for line in lines if line.strip())


def _children(item: Any, name: str) -> Iterator[Any]:
    """Yield the rows of a table or the cells of a row, those in content controls too."""
    for child in item:
        tag = local(child.tag)
        if tag == name:
            yield child
        elif tag in ("sdt", "sdtContent", "ins", "customXml", "moveTo", "bookmarkStart"):
            yield from (c for c in child.iter() if local(c.tag) == name)


def _blocks(item: Any) -> Iterator[Any]:
    for child in item:
        tag = local(child.tag)
        if tag in ("p", "tbl"):
            yield child
        elif tag in ("sdt", "sdtContent", "customXml"):
            yield from (c for c in child.iter() if local(c.tag) == "p")


def _merged(cell: Any) -> tuple[int, bool]:
    """Return how many columns a cell spans, and whether it goes on from the row above."""
    span, goes_on = 1, False
    for properties in cell:
        if local(properties.tag) == "tcPr":
            for p in properties:
                if local(p.tag) == "gridSpan" and _value(p).isdigit():
                    span = max(1, int(_value(p)[:4]))
                elif local(p.tag) == "vMerge":
                    goes_on = _value(p) != "restart"
    return span, goes_on
