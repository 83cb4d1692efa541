"""Markdown with marks: what renderers of documents write and the reader of Markdown reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sousveil.unpack.entry import Entry, Marks
from sousveil.unpack.names import shown

MOST_MARKS = 20_000
"""Of one rendering: beyond, cells share their row's mark."""

_UNPRINTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ufeff\u00ad\u200b]")
_RULE_LIKE = re.compile(r"\s*(?:#{1,6}\s|[=-]{2,}\s*\Z)")
_FENCE_LIKE = re.compile(r"\s*(?:`{3}|~{3}|<table)", re.IGNORECASE)
_CODE = re.compile(r"\s*(?:typedef\s+)?(?:enum|struct|union)\b[^;(){}]{0,120}\{?\s*(?://.*|/\*.*)?\Z")
_CODE_END = re.compile(r"\s*\}[^{}]{0,120};?\s*(?://.*|/\*.*)?\Z")
_CODE_LINES = 300

Cell = tuple[str, str]
"""Text and place."""


def cleaned(text: str) -> str:
    """Return text without controls, byte-order marks, soft hyphens and lone surrogates."""
    if text.isprintable():  # nearly every cell of a table
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNPRINTED.sub("", text).encode("utf-8", "replace").decode("utf-8")


class Writing:
    """A rendering being written."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._marks: list[tuple[int, str]] = []

    @property
    def size(self) -> int:
        """Return how many bytes were written."""
        return self._size

    def _put(self, text: str) -> None:
        raw = text.encode("utf-8", "replace")
        self._parts.append(raw)
        self._size += len(raw)

    def _mark(self, where: str) -> None:
        if self._marks and self._marks[-1][1] == where:
            return
        if self._marks and self._marks[-1][0] == self._size:
            self._marks.pop()
        self._marks.append((self._size, where))

    def heading(self, level: int, text: str, where: str) -> None:
        """Write a heading of level 1 to 6."""
        text = " ".join(cleaned(text).split())
        if text:
            self._mark(where)
            self._put(f"{'#' * max(1, min(level, 6))} {text}\n\n")

    def paragraph(self, lines: Sequence[Cell]) -> None:
        """Write lines that belong together, each with its place."""
        wrote = False
        for text, where in lines:
            for line in cleaned(text).split("\n"):
                if not line.strip():
                    continue
                if _RULE_LIKE.match(line):
                    line = "    " + line.strip()
                elif _FENCE_LIKE.match(line):
                    line = "\u2060" + line.strip()
                self._mark(where)
                self._put(line.rstrip() + "\n")
                wrote = True
        if wrote:
            self._put("\n")

    def code(self, lines: Sequence[Cell], language: str = "c") -> None:
        """Write lines of source code."""
        self._put(f"```{language}\n")
        for text, where in lines:
            self._mark(where)
            self._put(cleaned(text).replace("\n", " ").replace("```", "` ` `") + "\n")
        self._put("```\n\n")

    def table(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Write a table, its first row being the header. Places are those of the cells."""
        width = max((len(row) for row in rows), default=0)
        if not width:
            return
        if width == 1:
            self.paragraph([cell for row in rows for cell in row])
            return
        self._put("\n")
        for number, row in enumerate(rows):
            share = len(self._marks) > MOST_MARKS
            for at in range(width):
                text, where = row[at] if at < len(row) else ("", "")
                self._put("| ")
                if where and (at == 0 or not share):
                    self._mark(where)
                self._put(_cell(text) + " ")
            self._put("|\n")
            if number == 0:
                self._put("|" + " --- |" * width + "\n")
        self._put("\n")

    def entry(self, path: str) -> Entry:
        """Return what was written as an artifact with its marks."""
        data = b"".join(self._parts)
        marks: Marks = tuple(self._marks)
        return Entry(path, b"", len(data), data, marks=marks)


def _cell(text: str) -> str:
    lines = [" ".join(line.split()) for line in cleaned(text).split("\n")]
    return "<br>".join(line for line in lines if line).replace("|", "\\|").replace("`", "'")


def with_code(lines: Sequence[Cell]) -> Iterator[tuple[bool, list[Cell]]]:
    """Yield runs of lines, and whether each is a C declaration: manuals of SDKs print their headers."""
    at = start = 0
    while at < len(lines):
        stop = _code_end(lines, at) if _CODE.match(lines[at][0]) else at
        if stop > at:
            if start < at:
                yield False, list(lines[start:at])
            yield True, list(lines[at:stop])
            at = start = stop
        else:
            at += 1
    if start < at:
        yield False, list(lines[start:at])


def _code_end(lines: Sequence[Cell], start: int) -> int:
    """Return where the declaration that begins at ``start`` ends, ``start`` if it is none."""
    depth = 0
    for at in range(start, min(len(lines), start + _CODE_LINES)):
        text = lines[at][0]
        depth += text.count("{") - text.count("}")
        if at > start + 1 and depth == 0 and not text.count("}"):
            return start
        if depth <= 0 and text.count("}") and _CODE_END.match(text) and at > start:
            return at + 1
    return start


def inside(display: str, name: str) -> str:
    """Return the address of something in a file."""
    return f"{display}!/{shown(name)}"


class Flow:
    """Paragraphs, headings and tables as they come; declarations that stand in several paragraphs become code."""

    def __init__(self, writing: Writing) -> None:
        self.writing = writing
        self._lines: list[Cell] = []

    def heading(self, level: int, text: str, where: str) -> None:
        """Write a heading."""
        self.flush()
        self.writing.heading(level, text, where)

    def line(self, text: str, where: str) -> None:
        """Take a paragraph."""
        if text.strip():
            self._lines.extend((part, where) for part in text.split("\n") if part.strip())
            self._lines.append(("", where))

    def table(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Write a table; a row with one filled cell that spans it is a paragraph before or behind."""
        self.flush()
        if rows:
            self.writing.table(rows)

    def flush(self) -> None:
        """Write what was taken."""
        lines, self._lines = self._lines, []
        bare = [line for line in lines if line[0]]
        if any(is_code for is_code, _ in with_code(bare)):
            for is_code, run in with_code(bare):
                if is_code:
                    self.writing.code(run)
                else:
                    for one in run:
                        self.writing.paragraph([one])
            return
        paragraph: list[Cell] = []
        for line in lines:
            if line[0]:
                paragraph.append(line)
            else:
                self.writing.paragraph(paragraph)
                paragraph = []
        self.writing.paragraph(paragraph)
