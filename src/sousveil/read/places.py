"""Passages and hits for the readers of data, markup and prose.

In an encoding that is not UTF-8, ``Text.offset`` counts from the start of the line; a minified file is one line.
``Places`` sets marks along a long line, so that a place costs the same wherever it stands.
"""

from __future__ import annotations

import codecs
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from sousveil.model import Passage
from sousveil.read.text import Text

CAP = 2000
"""Most constructs one reader returns for one file: a list of this length was cut."""

_LONG = 1 << 16
_BLOCK = 1 << 14


class Hits:
    """Offsets where a term stands, sorted; or everywhere, when a test asks for all constructs."""

    def __init__(self, hits: Sequence[int] | None) -> None:
        self.all = hits is None
        self.offsets: list[int] = sorted(set(hits or ()))

    def inside(self, start: int, end: int) -> bool:
        """Return whether a hit stands in ``[start, end)``."""
        if self.all:
            return True
        at = bisect_left(self.offsets, start)
        return at < len(self.offsets) and self.offsets[at] < end

    def between(self, start: int, end: int) -> list[int]:
        """Return the hits in ``[start, end)``; where every place is wanted, ``start`` alone."""
        if self.all:
            return [start]
        return self.offsets[bisect_left(self.offsets, start) : bisect_left(self.offsets, end)]


class Places:
    """The passages of one text, at a bounded cost each."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.utf8 = text.utf8
        same = text.encoding == "utf-8" and len(text.data) - len(text.utf8) in (0, len(codecs.BOM_UTF8))
        self._plain = same and text.data.endswith(text.utf8)
        self._line = (0, 0)
        self._marks: dict[int, tuple[list[int], list[int]]] = {}

    def passage(self, start: int, end: int, limit: int = 600) -> Passage:
        """Return what ``Text.passage`` returns."""
        start = max(0, min(start, len(self.utf8)))
        while start < len(self.utf8) and self.utf8[start] & 0xC0 == 0x80:
            start += 1
        end = max(start, min(end, len(self.utf8)))
        if self._plain or start < _LONG or self.utf8.rfind(b"\n", start - _LONG, start) >= 0:
            return self.text.passage(start, end, limit)
        end = min(end, start + limit)
        while end > start and end < len(self.utf8) and self.utf8[end] & 0xC0 == 0x80:
            end -= 1
        while end > start and self.utf8[end - 1 : end] in (b"\n", b"\r", b" ", b"\t"):
            end -= 1
        line_start = self._line_start(start)
        offset, stop = self._offset(start, line_start), self._offset(end, line_start)
        line, column = self.text.position(start)
        text = self.text.data[offset:stop].decode(self.text.encoding, "backslashreplace")
        return Passage(offset, stop - offset, line, column, self.text.encoding, text)

    def line_start(self, at: int, bound: int = 4096) -> int:
        """Return where the line that holds ``at`` starts, at most ``bound`` bytes before it."""
        low = max(0, at - bound)
        found = self.utf8.rfind(b"\n", low, at)
        return self.boundary(low) if found < 0 else found + 1

    def line_end(self, at: int, bound: int = 4096) -> int:
        """Return where the line that holds ``at`` ends, at most ``bound`` bytes behind it."""
        found = self.utf8.find(b"\n", at, at + bound)
        return self.boundary(min(len(self.utf8), at + bound)) if found < 0 else found

    def boundary(self, at: int) -> int:
        """Return the first character's start at or behind ``at``."""
        while at < len(self.utf8) and self.utf8[at] & 0xC0 == 0x80:
            at += 1
        return at

    def string(self, start: int, end: int) -> str:
        """Return the decoded text of a span."""
        return self.utf8[start:end].decode("utf-8", "replace")

    def _line_start(self, at: int) -> int:
        start, end = self._line
        if not start <= at < end:
            start = self.utf8.rfind(b"\n", 0, at) + 1
            found = self.utf8.find(b"\n", at)
            self._line = (start, len(self.utf8) + 1 if found < 0 else found)
        return start

    def _offset(self, at: int, line_start: int) -> int:
        """Return the artifact's offset of ``at`` by marks set along the line."""
        ats, offsets = self._marks.setdefault(line_start, ([line_start], [self.text.offset(line_start)]))
        while ats[-1] + _BLOCK < at:
            upto = self.boundary(ats[-1] + _BLOCK)
            offsets.append(offsets[-1] + self._width(ats[-1], upto, offsets[-1]))
            ats.append(upto)
        mark = bisect_right(ats, at) - 1
        return offsets[mark] + self._width(ats[mark], at, offsets[mark])

    def _width(self, start: int, end: int, offset: int) -> int:
        """Return how many of the artifact's bytes from ``offset`` the span took."""
        text = self.utf8[start:end].decode("utf-8", "ignore")
        if "\ufffd" not in text:
            return len(text.encode(self.text.encoding, "replace"))
        decoder = codecs.getincrementaldecoder(self.text.encoding)("replace")
        seen = used = 0
        while seen < len(text) and offset + used < len(self.text.data):
            seen += len(decoder.decode(self.text.data[offset + used : offset + used + 1]))
            used += 1
        return used
