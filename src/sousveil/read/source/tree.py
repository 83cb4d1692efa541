"""Shared plumbing of the tree-sitter readers: grammars, bounded parsing, iterative walks, comments, passages.

A grammar is native code working on hostile bytes: it may still be late, swell or crash, so readers run in worker
processes whose memory and time the caller bounds. Never ``str(node)`` and never a query here: both crash on deep trees.
"""

from __future__ import annotations

import importlib
import re
import time
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from tree_sitter import Language, Node, Parser, Point, Range, Tree

from sousveil.model import Member, Passage
from sousveil.read.gloss import clean, values
from sousveil.read.text import Text
from sousveil.read.unfinished import Unfinished as Unfinished

SECONDS = 8.0
"""Default time for one parse."""
_CHUNK = 1 << 14

# Modules whose grammar function is not called ``language``.
_FUNCTIONS = {
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "php": ("tree_sitter_php", "language_php"),
    "xml": ("tree_sitter_xml", "language_xml"),
}


@cache
def grammar(name: str) -> Language:
    """Return the grammar of ``name`` (``c``, ``c-sharp``, ``tsx`` …); its wheel is imported at first use."""
    module, function = _FUNCTIONS.get(name, (f"tree_sitter_{name.replace('-', '_')}", "language"))
    return Language(getattr(importlib.import_module(module), function)())


_parsers: dict[str, Parser] = {}


def parse(
    utf8: bytes | bytearray,
    name: str,
    seconds: float = SECONDS,
    ranges: Sequence[tuple[int, int]] = (),
) -> Tree:
    """Return the tree of ``utf8`` (only of ``ranges``, if given; offsets stay those of the whole).

    Raises ``Unfinished`` when ``seconds`` are over; a grammar that recovers from errors may notice a few seconds late.
    """
    parser = _parsers.pop(name, None) or Parser(grammar(name))
    deadline = time.monotonic() + seconds
    if ranges:
        parser.included_ranges = [Range(Point(0, start), Point(0, end), start, end) for start, end in ranges]

    def chunk(offset: int, _: Point) -> bytes:
        return bytes(utf8[offset : offset + _CHUNK])

    def late(_: int, __: bool) -> bool:
        return time.monotonic() > deadline

    # Cancelling works with a read callback only, not with bytes.
    try:
        tree = parser.parse(chunk, progress_callback=late)
    except ValueError:
        # The parser keeps the half-done work: it is thrown away with it.
        raise Unfinished("timeout", f"{name} grammar needed more than {seconds:g} s") from None
    if ranges:
        del parser.included_ranges
    _parsers[name] = parser
    return tree


def walk(node: Node) -> Iterator[Node]:
    """Yield ``node`` and everything below it in document order, without recursion."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(current.children))


class Gloss(NamedTuple):
    """Words of a comment and its extent in ``Text.utf8``; empty extent at ``start`` where there is none."""

    text: str
    start: int
    end: int


_LONGEST_COMMENT = 1 << 14
_COMMENT_LINES = 200
_LONGEST_LINE = 1 << 12
"""Bytes of a line looked at on either side of a place: minified files are one line of megabytes."""
_NUMBERED = re.compile(rb"[/#\s!<*-]{1,12}(\d{1,3})\b")
_BETWEEN = re.compile(rb"[ \t,;)\]}]*")


class Source:
    """One artifact's text with what a language reader asks of it: slices, passages, comments beside a declaration."""

    def __init__(self, text: Text, language: str) -> None:
        self.text = text
        self.utf8 = text.utf8
        self.language = language
        self.taken: list[tuple[int, int]] = []
        """Extents of the comments that were given out as glosses."""

    def slice(self, node: Node | None, limit: int = 400) -> str:
        """Return the text of ``node``, at most ``limit`` bytes, white space folded; empty for ``None``."""
        return "" if node is None else self.cut(node.start_byte, node.end_byte, limit)

    def cut(self, start: int, end: int, limit: int = 400) -> str:
        """Return the text between two offsets, at most ``limit`` bytes, white space folded."""
        return " ".join(self.utf8[start : min(end, start + limit)].decode("utf-8", "ignore").split())

    def field(self, node: Node, name: str) -> str:
        """Return the text of a named field of ``node``, empty where it has none."""
        return self.slice(node.child_by_field_name(name))

    # ------------------------------------------------------------------ comments

    def trailing(self, end: int) -> Gloss:
        """Return the comment after ``end`` on its line, with lines that go on right below it."""
        utf8 = self.utf8
        match = _BETWEEN.match(utf8, end, end + 4000)
        at = match.end() if match else end
        stop = self._comment_end(at)
        if stop is None:
            return Gloss("", end, end)
        line_end = self._line(end)[1]
        if at > line_end:
            return Gloss("", end, end)
        parts = [utf8[at:stop]]
        final = stop
        if utf8.startswith(b"//", at):
            column = self._column(at)
            for _ in range(_COMMENT_LINES):
                nxt = self._code_start(final + 1)
                # Going on means: nothing but a comment, at the same place.
                if nxt is None or not utf8.startswith(b"//", nxt) or abs(self._column(nxt) - column) > 2:
                    break
                if column < 12 or self._column(nxt) < 12:
                    break
                final = self._line(nxt)[1]
                parts.append(utf8[nxt:final])
            for first, last in self._values_below(self._line(final)[0], final):
                parts.append(utf8[first:last])
                final = last
        else:
            # A second comment on the same line.
            rest = _BETWEEN.match(utf8, stop, stop + 4000)
            again = rest.end() if rest else stop
            more = self._comment_end(again)
            if more is not None:
                parts.append(utf8[again:more])
                final = more
        self.taken.append((at, final))
        return Gloss(self._clean(parts), at, final)

    def leading(self, start: int) -> Gloss:
        """Return the comments directly above the line of ``start`` (no blank line), or before it on its line."""
        utf8 = self.utf8
        line_start = self._line(start)[0]
        before = utf8[line_start:start].strip()
        parts: list[bytes] = []
        first = start
        if before.startswith(b"/*") and before.endswith(b"*/"):
            parts.append(before)
            first = utf8.find(before, line_start)
        elif before:
            return Gloss("", start, start)
        own = self._column(start)
        at = line_start
        for _ in range(_COMMENT_LINES):
            above = self._comment_above(at, own)
            if above is None:
                break
            parts.insert(0, utf8[above[0] : above[1]])
            first = at = self._line(above[0])[0]
            first = above[0]
        if at not in (0, line_start) and any(self._values_below(*self._line(at - 1))):
            return Gloss("", start, start)
        if parts:
            self.taken.append((first, start))
        return Gloss(self._clean(parts), first, start)

    def _values_below(self, line_start: int, line_end: int) -> Iterator[tuple[int, int]]:
        """Yield the comment lines below a declaration that list its values, where each declaration's comment stands
        behind it on its line: what stands between two of those, and counts from 0 or 1, is no comment on the second."""
        if self._behind(line_start, line_end) is None:
            return
        lines: list[tuple[int, int]] = []
        numbers: list[int] = []
        at = line_end
        while len(lines) <= _COMMENT_LINES:
            first = self._code_start(at + 1)
            if first is None:
                return
            begin, at = self._line(first)
            if not self.utf8.startswith(b"//", first):
                if len(numbers) > 1 and numbers[0] in (0, 1) and self._behind(begin, at) is not None:
                    yield from lines
                return
            lines.append((first, at))
            if number := _NUMBERED.match(self.utf8, first, at):
                numbers.append(int(number[1]))

    def _behind(self, line_start: int, line_end: int) -> int | None:
        """Return where a comment stands behind code on a line; None where there is no code or no comment."""
        line = self.utf8[line_start:line_end]
        place = line.find(b"//")
        return line_start + place if place >= 0 and line[:place].strip() else None

    def _comment_above(self, line_start: int, own: int) -> tuple[int, int] | None:
        if line_start == 0:
            return None
        utf8 = self.utf8
        previous, end = self._line(line_start - 1)
        body = utf8[previous:end]
        stripped = body.strip()
        if not stripped:
            return None
        at = previous + len(body) - len(body.lstrip())
        if stripped.startswith(b"//"):
            column = self._column(at)
            # Far to the right it goes on with the comment of the line above it.
            if column > own + 8 and column >= 12 and self._trails(previous, column):
                return None
            return at, end
        if not stripped.endswith(b"*/"):
            return None
        begin = utf8.rfind(b"/*", max(0, end - _LONGEST_COMMENT), end)
        if begin < 0 or utf8.find(b"*/", begin, end) + 2 != previous + len(body.rstrip()):
            return None
        return None if utf8[self._line(begin)[0] : begin].strip() else (begin, end)

    def _trails(self, line_start: int, column: int) -> bool:
        """Return whether the comment at ``column`` goes on with one that stands behind code further up."""
        for _ in range(_COMMENT_LINES):
            if line_start == 0:
                return False
            previous, end = self._line(line_start - 1)
            body = self.utf8[previous:end]
            place = body.find(b"//")
            if place < 0 or abs(self._column(previous + place) - column) > 2:
                return False
            if body[:place].strip():
                return True
            line_start = previous
        return False

    def _comment_end(self, at: int) -> int | None:
        utf8 = self.utf8
        if utf8.startswith(b"//", at):
            return self._line(at)[1]
        if not utf8.startswith(b"/*", at):
            return None
        stop = utf8.find(b"*/", at + 2, at + _LONGEST_COMMENT)
        return None if stop < 0 else stop + 2

    def _code_start(self, at: int) -> int | None:
        start, end = self._line(at) if at < len(self.utf8) else (at, at)
        body = self.utf8[start:end]
        return start + len(body) - len(body.lstrip()) if body.strip() else None

    def _line(self, at: int) -> tuple[int, int]:
        """Return start and end of the line of ``at``, neither further away than ``_LONGEST_LINE``."""
        low, high = max(0, at - _LONGEST_LINE), min(len(self.utf8), at + _LONGEST_LINE)
        start = self.utf8.rfind(b"\n", low, at) + 1
        end = self.utf8.find(b"\n", at, high)
        return start or low, high if end < 0 else end

    def _column(self, at: int) -> int:
        start = self._line(at)[0]
        return len(self.utf8[start:at].expandtabs(4))

    def _clean(self, parts: list[bytes]) -> str:
        return "\n".join(filter(None, (clean(p[:_LONGEST_COMMENT].decode("utf-8", "ignore")) for p in parts)))

    # ------------------------------------------------------------------ passages

    def line(self, at: int) -> Passage:
        """Return the line of ``at`` as a passage, without its indentation; of a long line from ``at`` on."""
        start, end = self._line(at)
        if at - start > 240:
            start = at
        while self.utf8[start] & 0xC0 == 0x80 and start < at:
            start += 1
        while start < at and self.utf8[start : start + 1] in (b" ", b"\t", b"\r", b"\f", b"\v"):
            start += 1
        return self.text.passage(start, end)

    def span(self, start: int, end: int) -> Passage:
        """Return ``[start, end)`` as a passage, cut at the end of its first line."""
        return self.text.passage(start, min(end, self._line(start)[1]))

    def member(
        self,
        name: str,
        start: int,
        end: int,
        *,
        value: str = "",
        type: str = "",
        gloss: str = "",
        comments: bool = True,
    ) -> Member:
        """Return the member standing at ``[start, end)`` with the comments above and behind it.

        ``gloss`` is what else belongs to it (annotations); it comes first.
        """
        stop = end
        parts = [gloss] if gloss else []
        if comments:
            above, behind = self.leading(start), self.trailing(end)
            parts += [g for g in (above.text, behind.text) if g and g not in parts]
            stop = max(end, behind.end)
        words = "\n".join(parts)
        return Member(name, self.span(start, stop), value, type, words, values(words) if words else ())
