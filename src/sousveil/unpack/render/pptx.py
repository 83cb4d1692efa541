"""PowerPoint presentations: titles, text, tables, notes, diagrams and charts of each slide."""

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
    title="PowerPoint (OOXML)",
    ends=".pptx .pptm .ppsx .ppsm .potx",
    reads="Titles, text, tables, notes, comments, diagrams and charts with the slide's number; pictures and embedded "
    "files as files.",
    limits="Encrypted presentations; layouts and masters.",
)
_PARTS = re.compile(
    r"ppt/(?:presentation\.xml|_rels/presentation\.xml\.rels|slides/slide\d+\.xml|slides/_rels/slide\d+\.xml\.rels"
    r"|notesSlides/notesSlide\d+\.xml|comments/\w+\.xml|charts/chart\w*\.xml|diagrams/data\w*\.xml)\Z"
)
_TITLES = ("title", "ctrTitle")
_DEEP = 60


def render(data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield the presentation's text as Markdown; a part that cannot be parsed as it is."""
    found, limits = parts(data, display, budget, lambda name: bool(_PARTS.match(name)))
    yield from limits
    writing = Writing()
    flow = Flow(writing)
    slides = _order(found)
    told: set[str] = set()
    for number, name in enumerate(slides, 1):
        related = [n for n in _related(found, name) if n in found and n not in told]
        for part in (name, *related):
            told.add(part)
            root = tree(found[part])
            if root is None:
                yield _unread(display, part)
                yield Entry(inside(display, part), b"", len(found[part]), found[part])
                continue
            kind = "" if part == name else ", " + re.sub(r"\d+\Z", "", part.rpartition("/")[2].removesuffix(".xml"))
            if _slide(root, flow, f"slide {number}{kind.replace('notesSlide', 'notes')}"):
                yield _deep(display, part)
            flow.flush()
    for name in sorted(
        n for n in found if n not in told and n.endswith(".xml") and not n.startswith("ppt/presentation")
    ):
        root = tree(found[name])
        if root is None:
            yield _unread(display, name)
            yield Entry(inside(display, name), b"", len(found[name]), found[name])
            continue
        if _slide(root, flow, name.rpartition("/")[2].removesuffix(".xml")):
            yield _deep(display, name)
        flow.flush()
    if writing.size:
        budget.take_bytes(writing.size)
        yield writing.entry(inside(display, "text.md"))


def _unread(display: str, name: str) -> Limit:
    return Limit(display, "broken", f"{name} is no well-formed XML, or declares entities; it was read as text")


def _deep(display: str, name: str) -> Limit:
    return Limit(display, "cut", f"{name}: what is nested deeper than {_DEEP} was not read")


def _targets(raw: bytes) -> dict[str, str]:
    root = tree(raw) if raw else None
    out: dict[str, str] = {}
    for item in root if root is not None else ():
        out[item.attrib.get("Id", "")] = item.attrib.get("Target", "")
    return out


def _order(found: dict[str, bytes]) -> list[str]:
    """Return the slides as the presentation orders them, those it does not name last."""
    targets = _targets(found.get("ppt/_rels/presentation.xml.rels", b""))
    root = tree(found.get("ppt/presentation.xml", b"")) if "ppt/presentation.xml" in found else None
    named: list[str] = []
    for item in root.iter() if root is not None else ():
        if local(item.tag) == "sldId":
            for key, value in item.attrib.items():
                name = "ppt/" + targets.get(value, "").removeprefix("/ppt/")
                if key.endswith("}id") and name in found and name not in named:
                    named.append(name)
    rest = [n for n in found if re.match(r"ppt/slides/slide\d+\.xml\Z", n) and n not in named]
    return named + sorted(rest, key=lambda n: int(re.sub(r"\D", "", n)[:9] or 0))


def _related(found: dict[str, bytes], slide: str) -> list[str]:
    rels = f"ppt/slides/_rels/{slide.rpartition('/')[2]}.rels"
    return [target.replace("../", "ppt/", 1) for target in _targets(found.get(rels, b"")).values()]


def _slide(root: Any, flow: Flow, where: str) -> bool:
    """Write a slide: its title first named where it stands. Return whether something lies too deep."""
    cut = False
    stack: list[tuple[Any, bool]] = [(root, False)]
    deep: list[int] = [0]
    while stack:
        item, title = stack.pop()
        depth = deep.pop()
        tag = local(item.tag)
        if tag == "tbl":
            flow.table(_table(item, where))
        elif tag == "p" and item.tag.endswith("/main}p"):
            text = _text(item)
            if title:
                flow.heading(1, text, where)
            else:
                flow.line(text, where)
        elif tag in ("t", "v", "f", "text") and item.text and not re.fullmatch(r"[\d.,%\-+ eE]+", item.text):
            flow.line(item.text, where)
        elif tag == "Fallback":
            continue
        elif depth >= _DEEP:
            cut = cut or len(item) > 0
        else:
            named = title or (tag == "sp" and any(p.attrib.get("type") in _TITLES for p in _placeholders(item)))
            children = list(item)
            stack.extend((child, named) for child in reversed(children))
            deep.extend([depth + 1] * len(children))
    return cut


def _placeholders(shape: Any) -> Iterator[Any]:
    for part in shape:
        if local(part.tag) == "nvSpPr":
            yield from (p for p in part.iter() if local(p.tag) == "ph")


def _text(paragraph: Any) -> str:
    words: list[str] = []
    for item in paragraph.iter():
        tag = local(item.tag)
        if tag == "t":
            words.append(item.text or "")
        elif tag == "br":
            words.append("\n")
    return "".join(words)


def _table(table: Any, where: str) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for row in (r for r in table if local(r.tag) == "tr"):
        cells: list[Cell] = []
        for cell in (c for c in row if local(c.tag) == "tc"):
            text = "\n".join(_text(p) for p in cell.iter() if local(p.tag) == "p")
            if cell.attrib.get("vMerge") in ("1", "true") and rows and len(cells) < len(rows[-1]):
                text = rows[-1][len(cells)][0]
            cells.append((text, f"{where}, row {len(rows) + 1}, column {len(cells) + 1}"))
        rows.append(cells)
    return rows
