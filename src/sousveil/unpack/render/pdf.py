"""PDF: the text of every page with its box, tables rebuilt from rules and columns, attached files.

Boxes are in points from the page's top left corner as a viewer shows it: left, top, right, bottom.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.entry import Entry
from sousveil.unpack.limits import Budget
from sousveil.unpack.render.layout import Segment, joined, page_blocks
from sousveil.unpack.render.marked import Writing, inside, with_code
from sousveil.unpack.render.pdfpage import Page

ABOUT = About(
    title="PDF",
    ends=".pdf",
    reads="The text of every page with page and box; headings, tables of fields and values and printed declarations "
    "as such; attached files. With the extra, pages that are pictures.",
    needs="pages that are pictures: the extra `ocr`",
    limits="Encrypted documents; drawings; the values of forms. Without the extra, pages without text are counted.",
)

PAGES = 5000
"""Pages of one document that are read."""
_PART = 400
"""Pages of one rendering."""
_ATTACHMENTS = 200
_DRAWN = 200
"""Pages without text of one document that are drawn to be looked at."""
_GLANCED = 20_000_000
"""Characters of a document that are held while nothing of it is known to be wanted."""
_BARE = 12
"""Characters up to which a page with a picture counts as a picture."""
# A name that a table's narrow column broke at its joint.
_BROKEN_NAME = re.compile(r"_\s|\s_")


def render(data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield the document's text as Markdown, its attachments, and what of it could not be read."""
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower() or "security" in str(error).lower()
        yield Limit(display, "encrypted" if locked else "broken", f"pdf: {error}")
        return
    try:
        yield from _pages(pdf, display, budget)
        yield from _attachments(pdf, display)
    finally:
        pdf.close()


def _pages(pdf: Any, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    count = len(pdf)
    if count > PAGES:
        yield Limit(display, "cut", f"{count} pages; the first {PAGES} were read")
    parts = [range(first, min(first + _PART, count, PAGES)) for first in range(0, min(count, PAGES), _PART)]
    names = [inside(display, "text" if count <= _PART else f"pages-{p[0] + 1}-{p[-1] + 1}") for p in parts]
    plain = _plain(pdf, parts, names, budget)
    pictures: list[int] = []
    broken: list[int] = []
    cut: list[int] = []
    drawn = 0
    for part, name in zip(parts, names, strict=True):
        writing = Writing()
        if part[0] == 0:
            _title(pdf, writing)
        for number in part:
            budget.tick()
            glance = plain[number] if plain else None
            page = Page.of(pdf, number) if glance is None or glance.picture else None
            try:
                if glance is not None:
                    bare, whole = glance.picture, glance.whole
                    writing.paragraph([(glance.text, f"page {number + 1}")])
                elif page is None:
                    broken.append(number + 1)
                    continue
                else:
                    segments, rules, whole = page.read()
                    bare = sum(len(s.text) for s in segments) <= _BARE and page.has_picture
                    _write(writing, segments, rules, number + 1)
                if bare and page is not None and budget.pictures and drawn < _DRAWN:
                    drawn += 1
                    yield page.picture(inside(display, f"page-{number + 1}.png"), number + 1)
                elif bare:
                    pictures.append(number + 1)
                if not whole:
                    cut.append(number + 1)
            finally:
                if page is not None:
                    page.close()
        if writing.size:
            budget.take_bytes(writing.size)
            yield writing.entry(f"{name}.txt" if plain else f"{name}.md")
    if broken:
        yield Limit(display, "broken", f"pages that could not be read: {_numbers(broken)}")
    if cut:
        yield Limit(display, "cut", f"pages with too much on them, read in part: {_numbers(cut)}")
    if pictures:
        yield Limit(display, "no-text", _unread(pictures, count, budget.pictures))


class _Glance(Struct, frozen=True):
    """What a page says, without a place for any word."""

    text: str
    picture: bool
    whole: bool


def _plain(pdf: Any, parts: Sequence[range], names: Sequence[str], budget: Budget) -> dict[int, _Glance | None] | None:
    """Return every page's text, None for one that cannot be read; None at all where any of it is wanted with places.

    To place every letter takes five times as long, and most documents hold no word that is looked for.
    """
    if any(budget.wanted(b"", f"{name}.md") for name in names):
        return None
    out: dict[int, _Glance | None] = {}
    room = _GLANCED
    for part, name in zip(parts, names, strict=True):
        for number in part:
            budget.tick()
            page = Page.of(pdf, number)
            if page is None:
                out[number] = None
                continue
            try:
                text, whole = page.letters()
                picture = len("".join(text.split())) <= _BARE and page.pictured(text)
            finally:
                page.close()
            out[number] = _Glance(text, picture, whole)
            room -= len(text)
        text = " ".join(one.text for n in part if (one := out[n]) is not None)
        if room < 0 or budget.wanted(_BROKEN_NAME.sub("_", text).encode(), f"{name}.md"):
            return None
    return out


def _unread(pictures: list[int], count: int, looked: bool) -> str:
    told = f"{len(pictures)} of {count} pages are pictures without text ({_numbers(pictures)})"
    if looked:
        return f"{told}: more than the {_DRAWN} that are looked at"
    return f"{told}; not read: the extra ocr does (sousveil doctor)"


def _title(pdf: Any, writing: Writing) -> None:
    told = pdf.get_metadata_dict(skip_empty=True)
    for key in ("Title", "Subject"):
        if told.get(key, "").strip():
            writing.heading(1, told[key][:400], f"document's {key.lower()}")


def _write(
    writing: Writing, segments: list[Segment], rules: list[tuple[float, float, float, float]], page: int
) -> None:
    for block in page_blocks(segments, rules):
        if block.kind == "heading":
            line = block.rows[0][0]
            writing.heading(block.level, line.text, line.where(page))
        elif block.kind == "table":
            # A row is pointed at as a whole: its first cell has the row's box.
            writing.table([
                [(cell.text, (cell if n else joined(row)).where(page)) for n, cell in enumerate(row)]
                for row in block.rows
            ])  # fmt: skip
        else:
            lines = [(row[0].text, row[0].where(page)) for row in block.rows]
            for is_code, run in with_code(lines):
                if is_code:
                    writing.code(run)
                else:
                    writing.paragraph(run)


def _numbers(pages: list[int]) -> str:
    """Return page numbers as ranges: ``1-3, 7``."""
    spans: list[list[int]] = []
    for page in pages:
        if spans and spans[-1][1] == page - 1:
            spans[-1][1] = page
        else:
            spans.append([page, page])
    told = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans[:12])
    return told + (" …" if len(spans) > 12 else "")


def _attachments(pdf: Any, display: str) -> Iterator[Entry | Limit]:
    import pypdfium2

    count = pdf.count_attachments()
    if count > _ATTACHMENTS:
        yield Limit(display, "cut", f"{count} attached files; the first {_ATTACHMENTS} were read")
    for number in range(min(count, _ATTACHMENTS)):
        try:
            attached = pdf.get_attachment(number)
            name, data = attached.get_name(), bytes(attached.get_data())
        except pypdfium2.PdfiumError as error:
            yield Limit(display, "broken", f"attached file {number + 1}: {error}")
            continue
        yield Entry(inside(display, name or f"attachment-{number + 1}"), b"", len(data), data, inside=True)
