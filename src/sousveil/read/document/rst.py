"""reStructuredText: sections, sentences, list tables, grid tables, simple tables, code blocks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sousveil.model import Construct
from sousveil.read.document.blocks import Cell, Writer
from sousveil.read.places import Hits, Places
from sousveil.read.text import Text
from sousveil.read.unfinished import tell

EXTENSIONS = (".rst", ".rest", ".rstx")

_ADORNMENT = re.compile(rb"([=\-~`'\"^_*+#<>:.!$%&(),/;?@\[\]\\{|}])\1{2,}\Z")
_DIRECTIVE = re.compile(rb"\.\.[ \t]+([A-Za-z][\w:-]{0,40})::[ \t]*(.*)\Z")
_CODE = (b"code-block", b"code", b"sourcecode", b"highlight", b"parsed-literal")
_GRID = re.compile(rb"\+[-=+]{2,}\+\Z")
_SIMPLE = re.compile(rb"=+(?:[ ]+=+)+\Z")
_ITEM = re.compile(rb"(?:[-*+]|\d{1,4}[.)]|#\.|:[^:\n]{1,80}:)[ \t]+")
_FIRST = re.compile(rb"\*[ \t]+-[ \t]?")
_NEXT = re.compile(rb"-(?:[ \t]|\Z)")
_ANY = re.compile(rb"[^\n]+|(?<=\n)(?=\n)")
_ROWS = 5000
_LARGE = 4 << 20
"""Bytes from which a document is read as plain text."""


class _Line:
    __slots__ = ("end", "indent", "raw", "start")

    def __init__(self, utf8: bytes, start: int, end: int) -> None:
        raw = utf8[start : min(end, start + 20000)].rstrip()
        body = raw.lstrip(b" \t")
        self.indent = len(raw) - len(body)
        self.start = start + self.indent
        self.end = start + len(raw)
        self.raw = body


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs of an RST document that hold a hit, at most ``places.CAP``."""
    if len(text.utf8) > _LARGE:
        from sousveil.read.document import prose

        return prose.read(text, hits)
    return _walk(text, hits).out


def code_blocks(text: Text) -> list[tuple[str, int, int]]:
    """Return language, start and end (in ``text.utf8``) of every code block."""
    return _walk(text, ()).code


def _walk(text: Text, hits: Sequence[int] | None) -> Writer:
    places = Places(text)
    writer = Writer(places, Hits(hits), "rst")
    walk(writer, 0)
    return writer


def walk(writer: Writer, start: int) -> None:
    """Read the document that starts at ``start`` into a writer."""
    _Reader(writer, start).read()


class _Reader:
    """Walks through the lines once."""

    def __init__(self, writer: Writer, low: int) -> None:
        self._writer = writer
        utf8 = writer.places.utf8
        self._utf8 = utf8
        self._lines = [_Line(utf8, m.start(), m.end()) for m in _ANY.finditer(utf8, low)]
        self._levels: list[tuple[bytes, bool]] = []

    def read(self) -> None:
        lines, at = self._lines, 0
        while at < len(lines) and not self._writer.full:
            line = lines[at]
            if not line.raw:
                at += 1
            elif behind := self._title(at):
                at = behind
            elif line.raw.startswith(b".."):
                at = self._directive(at)
            elif _GRID.match(line.raw):
                at = self._grid(at)
            elif _SIMPLE.match(line.raw):
                at = self._simple(at)
            else:
                at = self._paragraph(at)

    def _title(self, at: int) -> int:
        """Return the line behind a section title that starts here, or 0."""
        lines = self._lines
        over = _ADORNMENT.match(lines[at].raw) if lines[at].indent == 0 else None
        title = at + 1 if over else at
        if title + 1 >= len(lines) or not lines[title].raw or (lines[title].indent and not over):
            return 0
        under = lines[title + 1]
        mark = _ADORNMENT.match(under.raw) if under.indent == 0 else None
        if mark is None or (over is not None and over[1] != mark[1]) or _ADORNMENT.match(lines[title].raw):
            return 0
        width = len(lines[title].raw.decode("utf-8", "replace"))
        if len(under.raw) < min(width, 4) or (at > 0 and lines[at - 1].raw and lines[at - 1].indent == 0):
            return 0
        style = (mark[1], over is not None)
        if style not in self._levels:
            self._levels.append(style)
        self._writer.heading(self._levels.index(style) + 1, lines[title].start, lines[title].end)
        return title + 2

    def _block(self, at: int, indent: int) -> int:
        """Return the line behind a block indented deeper than ``indent``."""
        while at < len(self._lines) and (not self._lines[at].raw or self._lines[at].indent > indent):
            at += 1
        return at

    def _directive(self, at: int) -> int:
        line = self._lines[at]
        stop = self._block(at + 1, line.indent)
        match = _DIRECTIVE.match(line.raw)
        if match is None:
            if self._writer.hits.inside(line.start, self._end(stop)):
                self._writer.paragraph(line.start, self._end(stop), "comment")
            return stop
        name, argument = match[1], match[2].decode("utf-8", "replace").strip()
        if name == b"list-table":
            self._list_table(at + 1, stop, argument)
            return stop
        if name in _CODE:
            first = at + 1
            while first < stop and (not self._lines[first].raw or self._lines[first].raw[:1] == b":"):
                first += 1
            if first < stop:
                self._writer.code_block(argument, self._lines[first].start, self._end(stop))
            return stop
        if argument and self._writer.hits.inside(line.start, line.end):
            self._writer.paragraph(line.start, line.end)
        # Notes, warnings and tables hold text of their own: go on inside.
        return at + 1

    def _end(self, stop: int) -> int:
        while stop > 0 and not self._lines[stop - 1].raw:
            stop -= 1
        return self._lines[stop - 1].end if stop else 0

    def _paragraph(self, at: int) -> int:
        lines, first = self._lines, at
        start = lines[at].start
        item = _ITEM.match(lines[at].raw)
        if item is not None and not item[0].startswith(b":"):
            start += item.end()
        at += 1
        while (
            at < len(lines)
            and lines[at].raw
            and not _ITEM.match(lines[at].raw)
            and not lines[at].raw.startswith(b".. ")
        ):
            if lines[at].indent != lines[first].indent and item is None:
                break
            at += 1
        end = lines[at - 1].end
        if self._writer.hits.inside(start, end):
            self._writer.paragraph(start, end)
        if lines[at - 1].raw.endswith(b"::"):
            stop = self._block(at, lines[first].indent)
            body = next((i for i in range(at, stop) if lines[i].raw), stop)
            if body < stop:
                self._writer.code_block("", lines[body].start, self._end(stop))
            return stop
        return at

    # ------------------------------------------------------------------------------------------- tables

    def _list_table(self, at: int, stop: int, title: str) -> None:
        rows: list[list[list[_Line]]] = []
        headers = 0
        for line in self._lines[at:stop]:
            option = re.match(rb":header-rows:[ \t]*(\d{1,3})", line.raw)
            if option is not None and not rows:
                headers = int(option[1])
            first = _FIRST.match(line.raw)
            following = _NEXT.match(line.raw)
            if first is not None and len(rows) >= _ROWS:
                tell("cut", f"more than {_ROWS:,} rows of one table: the first were read")
                break
            if first is not None:
                rows.append([[self._part(line, first.end())]])
            elif following is not None and rows:
                rows[-1].append([self._part(line, following.end())])
            elif rows and line.raw:
                rows[-1][-1].append(line)
        table = [[self._cell(parts) for parts in row] for row in rows]
        header = table[0] if headers and table else []
        self._writer.table(header, table[headers:] if headers else table, title)

    def _part(self, line: _Line, skip: int) -> _Line:
        return _Line(self._utf8, min(line.start + skip, line.end), line.end)

    @staticmethod
    def _cell(parts: Sequence[_Line]) -> Cell:
        text = ""
        for part in parts:
            word = part.raw.decode("utf-8", "replace")
            # A long identifier is broken before an underscore to fit its column.
            text += word if not text or word.startswith("_") else "\n" + word
        filled = [p for p in parts if p.raw] or list(parts)
        return Cell(filled[0].start, max(filled[0].start, filled[-1].end), text)

    def _grid(self, at: int) -> int:
        first = at
        while at < len(self._lines) and self._lines[at].raw[:1] in (b"+", b"|"):
            at += 1
        rows: list[list[Cell]] = []
        header = 0
        pending: list[_Line] = []
        for line in self._lines[first:at][: 2 * _ROWS]:
            if line.raw[:1] == b"|":
                pending.append(line)
                continue
            if pending:
                rows.append(self._grid_row(pending))
                pending = []
            if b"=" in line.raw and rows:
                header = len(rows)
        if pending:
            rows.append(self._grid_row(pending))
        if rows:
            self._writer.table(rows[0] if header else [], rows[header:])
        return max(at, first + 1)

    def _grid_row(self, lines: Sequence[_Line]) -> list[Cell]:
        columns: list[list[_Line]] = []
        for line in lines[:200]:
            parts = list(re.finditer(rb"\|([^|]*)(?=\|)", line.raw))
            for i, part in enumerate(parts[:60]):
                piece = _Line(self._utf8, line.start + part.start(1), line.start + part.end(1))
                if i >= len(columns):
                    columns.append([])
                columns[i].append(piece)
        return [self._cell(parts) for parts in columns if parts]

    def _simple(self, at: int) -> int:
        rule = self._lines[at]
        spans = [m.span() for m in re.finditer(rb"=+", rule.raw)]
        at += 1
        rows: list[list[Cell]] = []
        header = rules = 0
        while at < len(self._lines):
            if len(rows) >= _ROWS:
                tell("cut", f"more than {_ROWS:,} rows of one table: the first were read")
                break
            line = self._lines[at]
            at += 1
            if _SIMPLE.match(line.raw):
                rules += 1
                if rules == 1:
                    header = len(rows)
                after = self._lines[at].raw if at < len(self._lines) else b""
                if rules == 2 or not after:
                    break
                continue
            if not line.raw:
                if rules and header == 0:
                    break
                continue
            rows.append(self._simple_row(line, rule.start - self._lines[at - 1].start + line.indent, spans))
        if rows and rules == 1 and header == len(rows):
            header = 0
        if rows:
            self._writer.table(rows[0] if header else [], rows[header:])
        return at

    def _simple_row(self, line: _Line, _shift: int, spans: Sequence[tuple[int, int]]) -> list[Cell]:
        # Columns are counted in characters as shown: a Chinese one takes two.
        starts = [span[0] for span in spans]
        out: list[Cell] = []
        column, offset, begin = 0, line.start, line.start
        index = 0
        for character in line.raw.decode("utf-8", "replace"):
            if index + 1 < len(starts) and column >= starts[index + 1]:
                out.append(self._cell([_Line(self._utf8, begin, offset)]))
                begin, index = offset, index + 1
            column += 2 if ord(character) > 0x2E7F else 1
            offset += len(character.encode("utf-8", "replace"))
        out.append(self._cell([_Line(self._utf8, begin, line.end)]))
        return out
