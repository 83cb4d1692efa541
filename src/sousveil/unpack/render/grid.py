"""How far apart the cells of a workbook in a zip lie, told without opening it; [ECMA-376] part 1, 18.3.1.4."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from sousveil.model import Limit
from sousveil.unpack.limits import Budget, Meter
from sousveil.unpack.reading import NotOpened, Reading
from sousveil.unpack.render.spread import BinarySheet, OpenSheet
from sousveil.unpack.source import Memory
from sousveil.unpack.zips import read_zip

MOST_PLACES = 1 << 24
"""Places of a sheet's grid, from its first to its last row and column: 1 GB in the library that lays it out."""
_TOKEN = re.compile(
    rb"""<c r="([A-Z]{1,3})([0-9]{1,7})"|<(?:[\w.-]{1,40}:)?c(?=[\s/>])|(</(?:[\w.-]{1,40}:)?row)\b"""
    rb"""|(?<=[\s"'])r\s{0,20}=\s{0,20}["'](?:([A-Za-z]{1,7})([0-9]{1,20})|([0-9]{1,20}))["']"""
)
# How every row and cell is written by the usual programs, and all that might be one or say where it stands.
_PLAIN = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"')
_ROW = re.compile(rb'<row r="[0-9]{1,7}"')
_CELL = re.compile(rb"<(?:[\w.-]{1,40}:)?c(?=[\s/>])")
_ATTRIBUTE = re.compile(rb"""[\s"']r\s{0,20}=""")
_ENDS = tuple(b"<c" + end for end in (b" ", b">", b"/", b"\t", b"\n", b"\r", b"\v", b"\f"))
_BORDER = 128
"""Bytes in which every token ends."""
_DATA = b"sheetData"


def places(data: bytes, display: str, budget: Budget) -> int:
    """Return the places of the sheet that spans most; 0 where the zip cannot be opened. Raise Stop at a quota."""
    most = binary = 0
    book = False
    reading = Reading(display, Meter(budget, len(data)), 1 << 20)
    try:
        for item in read_zip(Memory(data), reading):
            # The workbook says which parts are sheets, and may call them anything.
            if not isinstance(item, Limit):
                own, packed = _of_part(item.name, item.source.chunks())
                most, binary = max(most, own), max(binary, packed)
                book = book or item.name.lower().endswith("workbook.bin")
    except NotOpened:
        return 0
    return max(most, binary) if book else most


def _of_part(name: str, chunks: Iterable[bytes]) -> tuple[int, int]:
    """Return what a part's cells span: as XML, and as a binary workbook would have them."""
    takers: list[Sheet | OpenSheet | BinarySheet] = []
    for chunk in chunks:
        if not takers:
            markup = chunk.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
            takers += [OpenSheet()] if name == "content.xml" else [Sheet()] if markup else [Sheet(), BinarySheet()]
        for taker in takers:
            taker.take(chunk)
    for taker in takers:
        taker.close()
    packed = max((taker.places for taker in takers if isinstance(taker, BinarySheet)), default=0)
    return max((taker.places for taker in takers if not isinstance(taker, BinarySheet)), default=0), packed


def span(chunks: Iterable[bytes]) -> int:
    """Return the places between the first and last row and column of a sheet's cells, 0 for another part."""
    sheet = Sheet()
    for chunk in chunks:
        sheet.take(chunk)
    sheet.close()
    return sheet.places


class Sheet:
    """Takes the bytes of an XML part; ``places`` is what its cells span, 0 of another part."""

    def __init__(self) -> None:
        self.places = 0
        self._grid = _Grid()
        self._held = b""
        self._inside = False

    def take(self, chunk: bytes) -> None:
        """Take the next bytes."""
        held = self._held + chunk
        if not self._inside:
            at = held.find(_DATA)
            if at < 0:
                self._held = held[-len(_DATA) :]
                return
            self._inside, held = True, held[at:]
        done = self._grid.take(held, len(held) - _BORDER)
        self._held = held[max(0, done - 1) :]  # a name stands behind a space

    def close(self) -> None:
        """Take the last bytes."""
        if self._inside:
            self._grid.take(self._held, len(self._held))
        self.places = self._grid.places


class _Grid:
    """The rectangle of the cells seen so far. A cell without a reference stands behind the one before it."""

    def __init__(self) -> None:
        self._row = self._column = 0
        self._top = self._left = 1 << 70
        self._bottom = self._right = -1

    @property
    def places(self) -> int:
        """Places of the rectangle."""
        return max(0, self._bottom - self._top + 1) * max(0, self._right - self._left + 1)

    def take(self, text: bytes, until: int) -> int:
        """Take the tokens that begin before a place. Return where to go on."""
        done = max(0, until)
        tail = text.rfind(b"<row r=", 0, max(0, until))
        if tail > 0 and self._plainly(text[:tail]):
            return tail + self.take(text[tail:], until - tail)
        for found in _TOKEN.finditer(text):
            if found.start() >= until:
                break
            done = max(done, found.end())
            column, line, end, letters, row, only = found.groups()
            if column:  # how nearly every cell begins
                letters, row = column, line
            if end:
                self._row, self._column = self._row + 1, 0
            elif only:
                self._row = int(only) - 1
            elif letters:
                self._column = _number(letters)
                self._note(int(row) - 1)
                self._column += 1
            else:
                self._note(self._row)
                self._column += 1
        return done

    def _plainly(self, text: bytes) -> bool:
        """Take whole rows if every row and cell is written in the usual way, many times faster; else return False."""
        cells = _PLAIN.findall(text)
        rows = text.count(b"<row")
        if not (
            cells
            and len(cells) == _cells_in(text)
            and rows == len(_ROW.findall(text))
            and b":row" not in text
            and len(_ATTRIBUTE.findall(text)) == rows + len(cells)
        ):
            return False
        lines = [int(line) - 1 for line in {line for _, line in cells}]
        columns = [_number(letters) for letters in {letters for letters, _ in cells}]
        self._top, self._bottom = min(self._top, *lines), max(self._bottom, *lines)
        self._left, self._right = min(self._left, *columns), max(self._right, *columns)
        return True

    def _note(self, row: int) -> None:
        self._top, self._bottom = min(self._top, row), max(self._bottom, row)
        self._left, self._right = min(self._left, self._column), max(self._right, self._column)


def _cells_in(text: bytes) -> int:
    if b":c" in text:  # there may be names with a prefix
        return len(_CELL.findall(text))
    return sum(map(text.count, _ENDS))


@lru_cache(20_000)
def _number(letters: bytes) -> int:
    """Return a column's number, counted from 0."""
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number - 1
