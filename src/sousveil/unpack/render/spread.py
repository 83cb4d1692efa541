"""How far apart the cells of OpenDocument and binary workbooks lie, told without opening them.

OpenDocument 1.3 part 3, 9.1 (rows and cells that are repeated); [MS-XLSB] 2.1.4, 2.4 (records of a sheet). Both kinds
are measured as the library that opens them lays them out: it drops what lies behind ``ROWS`` and ``COLUMNS``.
"""

from __future__ import annotations

import re

ROWS, COLUMNS = 1 << 20, 1 << 14
FAR = 1 << 25
"""Places that stand for cells which the library drops, or which cannot be measured."""
_PLACE = 64
"""Bytes of one place in the library; what a text takes that is repeated is counted as such places."""
_TAG = re.compile(
    rb"<(/?)(?:[\w.-]{1,40}:)?(table-row|table-cell|covered-table-cell|table)(?=[\s/>])"
    rb"""((?:[^<>"']|"[^"]*"|'[^']*')*+)>"""
)
_OPENED = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:table(?:-row|-cell)?|covered-table-cell)(?=[\s/>])|<[/\w.:-]{0,64}\Z")
_REPEATED = re.compile(rb"""number-(?:rows|columns)-repeated\s*=\s*["']([^"']*)["']""")
_FILLED = re.compile(rb"(?:value-type|formula|value)\s*=")
_LONGEST = 1 << 20
"""Bytes of one tag."""


class OpenSheet:
    """Takes the bytes of ``content.xml``; ``places`` is what the table takes that takes most."""

    def __init__(self) -> None:
        self.places = 0
        self._held = b""
        self._base = 0
        self._cell: tuple[int, int] | None = None
        self._begin()

    def take(self, chunk: bytes) -> None:
        """Take the next bytes."""
        text = self._held + chunk
        done = 0
        for found in _TAG.finditer(text):
            self._tag(found, self._base + found.start(), self._base + found.end())
            done = found.end()
        # A tag that is not whole yet waits for its end.
        opened = _OPENED.search(text, done)
        done = opened.start() if opened else len(text)
        self._held, self._base = text[done:], self._base + done
        if len(self._held) > _LONGEST:
            self.places, self._held = FAR, b""

    def close(self) -> None:
        """Take the last table as done."""
        self._end()

    def _begin(self) -> None:
        self._row = self._column = self._bottom = self._right = self._weight = self._row_weight = self._once = 0
        self._top = self._left = -1
        self._first, self._last, self._again = -1, 0, 1

    def _end(self) -> None:
        if self._bottom > ROWS or self._right > COLUMNS:
            self.places = max(self.places, FAR)
        if self._top >= 0:
            spanned = (self._bottom - self._top) * (self._right - self._left)
            self.places = max(self.places, spanned + self._weight // _PLACE)

    def _tag(self, found: re.Match[bytes], start: int, end: int) -> None:
        closing, name, attributes = found.groups()
        alone = attributes.endswith(b"/")
        if name == b"table":
            self._end()
            self._begin()
        elif name == b"table-row":
            if not closing:
                self._column, self._first, self._last, self._row_weight, self._once = 0, -1, 0, 0, 0
                self._again = _again(attributes)
            if closing or alone:
                self._row_ends()
        elif closing:
            if self._cell is not None:
                begin, again = self._cell
                self._weigh(end - begin, again)
                self._cell = None
        else:
            again = _again(attributes)
            if not alone or _FILLED.search(attributes):
                self._first = self._column if self._first < 0 else self._first
                self._last = self._column + again
                self._weigh(len(attributes), again)
            self._cell = None if alone else (start, again)
            self._column += again

    def _weigh(self, size: int, again: int) -> None:
        self._row_weight += size * again
        self._once += size

    def _row_ends(self) -> None:
        if self._first >= 0:
            self._top = self._row if self._top < 0 else self._top
            self._left = self._first if self._left < 0 else min(self._left, self._first)
            self._bottom, self._right = self._row + self._again, max(self._right, self._last)
            self._weight += self._row_weight * self._again - self._once
        self._row += self._again
        self._first, self._again = -1, 1


def _again(attributes: bytes) -> int:
    """Return how often a row or cell stands there; very often where that is no plain number."""
    found = _REPEATED.search(attributes)
    if found is None:
        return 1
    number = found[1].strip()
    return int(number) if number.isdigit() and len(number) < 20 else FAR


class BinarySheet:
    """Takes the bytes of a part of a binary workbook; ``places`` is what its cells span, 0 of a part that is none."""

    _BEFORE = (0x94, 0x91)
    """The sheet's dimensions and the beginning of its cells: without both in this order a part is no sheet."""
    _ROW = 0x00
    _CELLS = frozenset((*range(1, 12), 0x3E))
    _MOST = 5_000_000

    def __init__(self) -> None:
        self.places = 0
        self._held = b""
        self._skip = 0
        self._row = self._top = self._left = -1
        self._bottom = self._right = -1
        self._left_records = self._MOST
        self._over = False
        self._begun = 0

    def take(self, chunk: bytes) -> None:
        """Take the next bytes."""
        if self._over:
            return
        if self._skip >= len(chunk) and not self._held:
            self._skip -= len(chunk)
            return
        data = self._held + chunk
        at, size = self._skip, len(data)
        # The longest head of a record has two bytes of kind and four of length; behind it four bytes are looked at.
        while at + 10 <= size and not self._over:
            at = self._record(data, at)
        self._skip = max(0, at - size)
        self._held = data[at:]

    def close(self) -> None:
        """Take the last records."""
        data, self._held = self._held + bytes(10), b""
        at = 0
        while at + 10 < len(data) and not self._over:
            at = self._record(data, at)
        if self._row > ROWS or self._right >= COLUMNS or self._bottom >= ROWS:
            self.places = FAR
        if self._right >= 0:
            spanned = (self._bottom - self._top + 1) * (self._right - self._left + 1)
            self.places = max(self.places, spanned)

    def _record(self, data: bytes, at: int) -> int:
        """Take the record at a place. Return where the next one begins."""
        kind = data[at]
        at += 1
        if kind & 0x80:
            kind = (kind & 0x7F) | (data[at] & 0x7F) << 7
            at += 1
        length = shift = 0
        for _ in range(4):
            byte = data[at]
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        self._left_records -= 1
        if self._begun < len(self._BEFORE):
            self._begun += kind == self._BEFORE[self._begun]
            self._over = self._left_records < 0
        elif self._left_records < 0:
            self.places, self._over = FAR, True
        elif kind == self._ROW:
            self._row = int.from_bytes(data[at : at + 4], "little")
        elif kind in self._CELLS and self._row >= 0:
            column = int.from_bytes(data[at : at + 4], "little")
            self._top = self._row if self._top < 0 else min(self._top, self._row)
            self._left = column if self._left < 0 else min(self._left, column)
            self._bottom, self._right = max(self._bottom, self._row), max(self._right, column)
        return at + length
