"""Markdown: sections, sentences, list items, tables of fields and values, code blocks; PKG-INFO before it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sousveil.model import Construct, Kind, Member
from sousveil.read.document.blocks import Cell, Writer
from sousveil.read.places import Hits, Places
from sousveil.read.text import Text

EXTENSIONS = (".md", ".markdown", ".mkd", ".mdx", ".rmd", ".qmd", ".mdown", "metadata", "pkg-info", "readme")

_FENCE = re.compile(rb"[ \t]{0,12}(?:[-*+>][ \t]{1,4})?(`{3,}|~{3,})[ \t]*\{?\.?([\w+#.-]{0,30})[^`\n]*\Z")
_ATX = re.compile(rb"[ ]{0,3}(#{1,6})[ \t]+(.*?)[ \t#]*\Z")
_SETEXT = re.compile(rb"[ ]{0,3}(={2,}|-{2,})[ \t]*\Z")
_ITEM = re.compile(rb"[ \t>]*(?:[-*+]|\d{1,4}[.)])[ \t]+")
_RULE = re.compile(rb"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*\Z")
# A heading written in HTML, alone on its line.
_TAGGED = re.compile(rb"[ ]{0,3}<h([1-6])(?:\s[^<>\n]{0,200})?>([^<>\n]{1,200})</h[1-6]>[ \t]*\Z", re.IGNORECASE)
_HEADER = re.compile(rb"([A-Za-z][A-Za-z0-9-]{1,40}):[ \t]?(.*)\Z")
_SUMMARY = {"summary": "package-summary", "description": "package-summary", "keywords": "keywords"}


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs of a Markdown document that hold a hit, at most ``places.CAP``."""
    return _walk(text, hits).out


def code_blocks(text: Text) -> list[tuple[str, int, int]]:
    """Return language, start and end (in ``text.utf8``) of every fenced code block."""
    return _walk(text, ()).code


def _walk(text: Text, hits: Sequence[int] | None) -> Writer:
    places = Places(text)
    writer = Writer(places, Hits(hits), "markdown")
    _Reader(writer).read(0, len(places.utf8))
    return writer


class _Reader:
    """Walks through the lines once."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._utf8 = writer.places.utf8
        self._paragraph: tuple[int, int] | None = None
        self._lines = 0

    def read(self, start: int, end: int) -> None:
        at = self._headers(start, end)
        if at > start and self._is_rst(start, at, end):
            from sousveil.read.document import rst

            self._writer.language = "rst"
            rst.walk(self._writer, at)
            return
        at = self._front_matter(at, end)
        fence: tuple[bytes, str, int] | None = None
        while at < end and not self._writer.full:
            stop, after = self._line(at, end)
            line = self._utf8[at : min(stop, at + 4000)]
            if fence is not None:
                if line.strip().startswith(fence[0]) and not line.strip().strip(fence[0][:1]):
                    self._writer.code_block(fence[1], fence[2], at)
                    fence = None
                at = after
                continue
            opened = _FENCE.match(line)
            if opened is not None:
                self._flush()
                fence = (opened[1], opened[2].decode("utf-8", "replace").lower(), after)
            elif not line.strip():
                self._flush()
            elif b"|" in line and _RULE.match(self._peek(after, end)) and b"-" in self._peek(after, end):
                self._flush()
                after = self._table(at, end)
            elif line.lstrip()[:6].lower() == b"<table":
                self._flush()
                after = self._html(at, end)
            else:
                self._text(line, at, stop)
            at = after
        if fence is not None:
            self._writer.code_block(fence[1], min(fence[2], end), end)
        self._flush()

    def _line(self, at: int, end: int) -> tuple[int, int]:
        stop = self._utf8.find(b"\n", at, end)
        if stop < 0:
            return end, end
        return (stop - 1 if stop > at and self._utf8[stop - 1] == 13 else stop), stop + 1

    def _peek(self, at: int, end: int) -> bytes:
        stop, _ = self._line(at, min(end, at + 2000))
        return self._utf8[at:stop]

    def _text(self, line: bytes, at: int, stop: int) -> None:
        heading = _ATX.match(line)
        if heading is not None and heading[2]:
            self._flush()
            self._writer.heading(len(heading[1]), at + heading.start(2), at + heading.end(2))
            return
        tagged = _TAGGED.match(line)
        if tagged is not None and tagged[2].strip():
            self._flush()
            self._writer.heading(int(tagged[1]), at + tagged.start(2), at + tagged.end(2))
            return
        underline = _SETEXT.match(line)
        if underline is not None:
            if self._paragraph is not None and self._lines == 1:
                start, end = self._paragraph
                self._paragraph = None
                self._writer.heading(1 if underline[1][:1] == b"=" else 2, start, end)
            else:
                self._flush()
            return
        item = _ITEM.match(line)
        if item is not None:
            self._flush()
            self._paragraph, self._lines = (at + item.end(), stop), 1
        elif self._paragraph is None:
            self._paragraph, self._lines = (at, stop), 1
        else:
            self._paragraph, self._lines = (self._paragraph[0], stop), self._lines + 1

    def _flush(self) -> None:
        if self._paragraph is not None:
            start, end = self._paragraph
            self._paragraph = None
            if self._writer.hits.inside(start, end):
                self._writer.paragraph(start, end)

    def _table(self, at: int, end: int) -> int:
        rows: list[list[Cell]] = []
        number = 0
        while at < end:
            stop, after = self._line(at, end)
            line = self._utf8[at : min(stop, at + 20000)]
            if b"|" not in line or not line.strip():
                break
            if number != 1 and len(rows) < 5000:
                rows.append(cells(self._utf8, at, min(stop, at + 20000)))
            number += 1
            at = after
        self._writer.table(rows[0], rows[1:])
        return at

    def _html(self, at: int, end: int) -> int:
        """Read an HTML table inside the document."""
        stop = self._utf8.find(b"</table>", at, min(end, at + 400_000))
        stop = self._line(at, end)[1] if stop < 0 else stop + len(b"</table>")
        if self._writer.hits.inside(at, stop):
            from sousveil.read.resource import html

            self._writer.out.extend(html.part(self._writer.places, self._writer.hits, at, stop, self._writer.scope))
        return stop

    def _front_matter(self, at: int, end: int) -> int:
        if self._utf8[at : at + 4] not in (b"---\n", b"---\r"):
            return at
        stop = self._utf8.find(b"\n---", at + 3, min(end, at + 20000))
        if stop < 0:
            return at
        self._keys(at + 4, stop)
        return self._line(stop + 1, end)[1]

    def _headers(self, at: int, end: int) -> int:
        """Read the mail-like headers of a Python package's metadata."""
        if not self._utf8.startswith(b"Metadata-Version:", at):
            return at
        stop = self._utf8.find(b"\n\n", at, end)
        crlf = self._utf8.find(b"\r\n\r\n", at, end)
        stop = min((s for s in (stop, crlf) if s >= 0), default=end)
        self._keys(at, stop)
        return min(end, stop + 1)

    def _is_rst(self, start: int, at: int, end: int) -> bool:
        """Return whether a package's description is RST: it says so, or says nothing and uses directives."""
        header = self._utf8[start:at].lower()
        if b"description-content-type:" in header:
            return b"text/x-rst" in header
        return re.search(rb"^\.\. [\w-]+::", self._utf8[at : min(end, at + 65536)], re.MULTILINE) is not None

    def _keys(self, at: int, end: int) -> None:
        writer = self._writer
        while at < end:
            stop, after = self._line(at, end)
            # Continuation lines begin with white space.
            while after < end and self._utf8[after : after + 1] in (b" ", b"\t"):
                stop, after = self._line(after, end)
            header = _HEADER.match(self._utf8[at : min(at + 4000, self._line(at, end)[0])])
            if header is not None and writer.hits.inside(at, stop) and not writer.full:
                name = header[1].decode()
                value = writer.places.string(at + header.start(2), min(stop, at + 4000)).strip()
                role = _SUMMARY.get(name.lower(), "key-value")
                passage = writer.places.passage(at, stop)
                members = (Member(name, passage, value[:600]),)
                writer.out.append(
                    Construct(Kind.STATEMENT, name, passage, members, role=role, language=writer.language)
                )
            at = after


def cells(utf8: bytes, start: int, end: int) -> list[Cell]:
    """Return the cells of one line of a pipe table."""
    while start < end and utf8[start] in b" \t>":
        start += 1
    while end > start and utf8[end - 1] in b" \t\r\n":
        end -= 1
    if utf8[start : start + 1] == b"|":
        start += 1
    if end > start and utf8[end - 1 : end] == b"|" and utf8[end - 2 : end - 1] != b"\\":
        end -= 1
    out: list[Cell] = []
    at, code = start, False
    for i in range(start, end + 1):
        mark = utf8[i : i + 1] if i < end else b"|"
        if mark == b"`":
            code = not code
        if i == end or (mark == b"|" and utf8[i - 1 : i] != b"\\" and not code):
            low, high = at, i
            while low < high and utf8[low] in b" \t":
                low += 1
            while high > low and utf8[high - 1] in b" \t":
                high -= 1
            out.append(Cell(low, high, utf8[low:high].decode("utf-8", "replace")))
            at = i + 1
            if len(out) >= 100:
                break
    return out
