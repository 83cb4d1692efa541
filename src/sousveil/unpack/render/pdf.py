"""PDF: the text of every page with its box, tables rebuilt from rules and columns, attached files.

Boxes are in points from the page's top left corner as a viewer shows it: left, top, right, bottom.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.entry import Entry
from sousveil.unpack.limits import Budget
from sousveil.unpack.render.layout import Segment, joined, page_blocks
from sousveil.unpack.render.marked import Writing, inside, with_code

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
_CHARACTERS = 60_000
"""Of one page."""
_OBJECTS = 20_000
"""Objects of one page that are looked at for rules."""
_ATTACHMENTS = 200
_DRAWN = 200
"""Pages without text of one document that are drawn to be looked at."""
_BARE = 12
"""Characters up to which a page with a picture counts as a picture."""
_SCALE = 16
"""Device units a point, for mapping boxes to what a viewer shows."""


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
    pictures: list[int] = []
    broken: list[int] = []
    cut: list[int] = []
    drawn = 0
    for first in range(0, min(count, PAGES), _PART):
        last = min(first + _PART, count, PAGES)
        writing = Writing()
        if first == 0:
            _title(pdf, writing)
        for number in range(first, last):
            budget.tick()
            page = _Page.of(pdf, number)
            if page is None:
                broken.append(number + 1)
                continue
            try:
                segments, rules, whole = page.read()
                if sum(len(s.text) for s in segments) <= _BARE and page.has_picture:
                    if budget.pictures and drawn < _DRAWN:
                        drawn += 1
                        yield page.picture(inside(display, f"page-{number + 1}.png"), number + 1)
                    else:
                        pictures.append(number + 1)
                if not whole:
                    cut.append(number + 1)
            finally:
                page.close()
            _write(writing, segments, rules, number + 1)
        if writing.size:
            budget.take_bytes(writing.size)
            name = "text.md" if count <= _PART else f"pages-{first + 1}-{last}.md"
            yield writing.entry(inside(display, name))
    if broken:
        yield Limit(display, "broken", f"pages that could not be read: {_numbers(broken)}")
    if cut:
        yield Limit(display, "cut", f"pages with too much on them, read in part: {_numbers(cut)}")
    if pictures:
        yield Limit(display, "no-text", _unread(pictures, count, budget.pictures))


def _unread(pictures: list[int], count: int, looked: bool) -> str:
    told = f"{len(pictures)} of {count} pages are pictures without text ({_numbers(pictures)})"
    if looked:
        return f"{told}: more than the {_DRAWN} that are looked at"
    return f"{told}; not read: pip install 'sousveil[ocr]'"


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


class _Page:
    """One page's characters and rules."""

    def __init__(self, page: Any, text: Any) -> None:
        import pypdfium2.raw as raw

        self._raw, self._page, self._text = raw, page, text
        self._wide, self._high = page.get_size()
        self.has_picture = False

    @classmethod
    def of(cls, pdf: Any, number: int) -> _Page | None:
        """Return a page, None where pdfium cannot load it."""
        import pypdfium2

        try:
            page = pdf[number]
        except pypdfium2.PdfiumError:
            return None
        try:
            return cls(page, page.get_textpage())
        except pypdfium2.PdfiumError:
            page.close()
            return None

    def close(self) -> None:
        """Let go of the page."""
        self._text.close()
        self._page.close()

    def picture(self, path: str, number: int) -> Entry:
        """Return the page as a picture."""
        from sousveil.unpack.render.pictures import PAGE_DOTS, page_picture

        data = page_picture(self._page, PAGE_DOTS)
        return Entry(path, b"", len(data), data, page=number)

    def _shown(self, x: float, y: float) -> tuple[float, float]:
        """Return a point of the page's own space as a viewer shows it, from the top left corner."""
        across, down = ctypes.c_int(), ctypes.c_int()
        wide, high = max(1, int(self._wide * _SCALE)), max(1, int(self._high * _SCALE))
        self._raw.FPDF_PageToDevice(self._page, 0, 0, wide, high, 0, x, y, across, down)
        return across.value / _SCALE, down.value / _SCALE

    def _box(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
        a, b = self._shown(left, top), self._shown(right, bottom)
        return min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])

    def read(self) -> tuple[list[Segment], list[tuple[float, float, float, float]], bool]:
        """Return runs of characters, the page's rules as boxes, and whether that is all."""
        segments, whole = self._segments()
        return segments, self._rules(bool(segments)), whole

    def _segments(self) -> tuple[list[Segment], bool]:
        raw, text = self._raw, self._text
        count = raw.FPDFText_CountChars(text)
        box = raw.FS_RECTF()
        runs: list[Segment] = []
        letters: list[str] = []
        run = [0.0, 0.0, 0.0, 0.0]
        space = False
        unicode_of, box_of = raw.FPDFText_GetUnicode, raw.FPDFText_GetLooseCharBox

        def flush() -> None:
            word = "".join(letters).strip()
            if word:
                runs.append(Segment(*self._box(run[0], run[1], run[2], run[3]), word))
            letters.clear()

        for index in range(min(count, _CHARACTERS)):
            code = unicode_of(text, index)
            if code in (10, 13):
                flush()
                space = False
                continue
            if code in (9, 32, 160, 0x3000):
                space = True
                continue
            if code in (0, 0xFFFE, 0xFFFF) or 0xD800 <= code < 0xE000 or code > 0x10FFFF:
                continue
            if not box_of(text, index, box):
                continue
            left, bottom, right, top = box.left, box.bottom, box.right, box.top
            high = max(1.0, min(top - bottom, 200.0))
            middle = (bottom + top) / 2
            same = bool(letters) and run[1] - high * 0.3 <= middle <= run[3] + high * 0.3
            gap = left - run[2]
            if not same or gap > high * (0.9 if space else 1.1) or gap < -high * 2:
                flush()
                run = [left, bottom, right, top]
            else:
                if space or (gap > high * 0.3 and letters[-1].isascii()):
                    letters.append(" ")
                run = [min(run[0], left), min(run[1], bottom), max(run[2], right), max(run[3], top)]
            space = False
            letters.append(chr(code))
        flush()
        return runs, count <= _CHARACTERS

    def _rules(self, wanted: bool) -> list[tuple[float, float, float, float]]:
        """Return boxes of drawn lines and frames; pictures are noted on the way."""
        raw = self._raw
        out: list[tuple[float, float, float, float]] = []
        left, bottom, right, top = (ctypes.c_float() for _ in range(4))
        for index in range(min(raw.FPDFPage_CountObjects(self._page), _OBJECTS)):
            item = raw.FPDFPage_GetObject(self._page, index)
            kind = raw.FPDFPageObj_GetType(item)
            if kind == raw.FPDF_PAGEOBJ_IMAGE:
                self.has_picture = True
            elif kind == raw.FPDF_PAGEOBJ_FORM:
                self.has_picture = self.has_picture or not wanted
            elif (
                wanted
                and kind == raw.FPDF_PAGEOBJ_PATH
                and raw.FPDFPageObj_GetBounds(item, left, bottom, right, top)
                and len(out) < 4000
            ):
                out.append(self._box(left.value, bottom.value, right.value, top.value))
        return out


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
