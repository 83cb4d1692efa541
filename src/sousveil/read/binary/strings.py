"""Strings of any binary: the one a term stands in, and the run of strings beside it.

Where a file's structure is not known its strings still speak: what lies side by side was written side by side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from sousveil.about import About
from sousveil.model import Construct, Passage
from sousveil.read.unfinished import Unfinished

ABOUT = About(
    "Any other binary",
    "",
    "Strings around terms, in every encoding of the lexicon: lists of labels, runs of field names and enumerators, "
    "formats, queries, embedded JSON and XML.",
    limits="Its structure: only strings are read, and the report says so.",
)

BESIDE = 12
"""Strings that are taken from before the first and after the last one with a term."""
_MOST_RUN = 256
_LONGEST = 4096
_GAP = 16
"""Bytes of padding between two strings of one run."""
MOST_RUNS = 2000
_WIDE = {"utf-16-le": "little", "utf-16-be": "big"}
_RUN = re.compile(rb"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+")


class Piece(Struct, frozen=True):
    """One string with its bytes."""

    offset: int
    length: int
    text: str
    encoding: str
    hit: bool = False
    quoted: str = ""
    """What the bytes at ``offset`` alone say, where the text was put together from several places."""

    @property
    def end(self) -> int:
        """Return the offset after its last byte."""
        return self.offset + self.length

    def passage(self, where: str) -> Passage:
        """Return its place."""
        return Passage(self.offset, self.length, 0, 0, self.encoding, self.quoted or self.text, where)


def cut(data: bytes, offset: int, encoding: str, low: int = 0, high: int | None = None) -> Piece | None:
    """Return the string around ``offset``, None if the bytes there are no text."""
    high = len(data) if high is None else high
    if encoding in _WIDE:
        start, end = _wide(data, offset, low, high, _WIDE[encoding])
    elif encoding.startswith("utf-32"):
        start = end = offset
        while end + 4 <= high and end - offset < 1024 and data[end : end + 4] != b"\0\0\0\0":
            end += 4
    else:
        start = offset - _back(data, offset, max(low, offset - _LONGEST))
        found = _RUN.match(data, offset, min(high, offset + _LONGEST))
        end = found.end() if found else offset
    if end <= start:
        return None
    return _decoded(data, start, end, encoding, True)


def _back(data: bytes, offset: int, low: int) -> int:
    found = _RUN.match(data[low:offset][::-1])
    return found.end() if found else 0


def _wide(data: bytes, offset: int, low: int, high: int, order: str) -> tuple[int, int]:
    big = order == "big"

    def text(at: int) -> bool:
        unit = data[at] << 8 | data[at + 1] if big else data[at + 1] << 8 | data[at]
        # Letters, marks and ideographs; surrogates, private use and control units end a string.
        return 0x20 <= unit < 0x7F or 0xA0 <= unit < 0xD800 or 0xF900 <= unit < 0xFFFE or unit in (9, 10, 13)

    start = end = offset
    while start - 2 >= low and offset - start < _LONGEST and text(start - 2):
        start -= 2
    while end + 2 <= high and end - offset < _LONGEST and text(end):
        end += 2
    return start, end


def _decoded(data: bytes, start: int, end: int, encoding: str, hit: bool) -> Piece | None:
    raw = data[start:end]
    for name in dict.fromkeys((encoding, "utf-8")):
        try:
            text = raw.decode(name)
        except UnicodeDecodeError:
            continue
        # Lone marks at the edges are of the table, not of the string.
        if text.strip():
            return Piece(start, end - start, text, name, hit)
    return None


def _beside(piece: Piece | None) -> Piece | None:
    return Piece(piece.offset, piece.length, piece.text, piece.encoding) if piece is not None else None


def _next(data: bytes, at: int, encoding: str, high: int) -> Piece | None:
    """Return the string after ``at``, if no more than padding lies between."""
    if encoding in _WIDE or encoding.startswith("utf-32"):
        step = 4 if encoding.startswith("utf-32") else 2
        for begin in range(at, min(high - step + 1, at + _GAP), step):
            unit = int.from_bytes(data[begin : begin + step], "big" if encoding.endswith("be") else "little")
            if unit >= 0x20:
                return _beside(cut(data, begin, encoding, begin, min(high, begin + 512)))
        return None
    found = _RUN.search(data, at, min(high, at + _GAP + 512))
    if found is None or found.start() - at > _GAP:
        return None
    return _decoded(data, found.start(), found.end(), encoding, False)


def _previous(data: bytes, at: int, encoding: str, low: int) -> Piece | None:
    if encoding in _WIDE:
        for end in range(at, max(low + 1, at - _GAP), -2):
            unit = int.from_bytes(data[end - 2 : end], "big" if encoding.endswith("be") else "little")
            if unit >= 0x20:
                return _beside(cut(data, end - 2, encoding, max(low, end - 512), end))
        return None
    if encoding.startswith("utf-32"):
        return None
    floor = max(low, at - _GAP - 512)
    found = _RUN.search(data[floor:at][::-1])
    if found is None or found.start() > _GAP:
        return None
    return _decoded(data, at - found.end(), at - found.start(), encoding, False)


def runs(
    data: bytes, hits: Sequence[tuple[int, str]], bounds: Sequence[tuple[int, int]] | None = None
) -> Iterator[list[Piece]]:
    """Yield runs of adjacent strings, each with the strings that hold a hit and up to BESIDE others around them.

    ``bounds`` are the spans (of the sections) that a run may not leave, one for each hit.
    """
    done = -1
    count = 0
    i = 0
    while i < len(hits):
        offset, encoding = hits[i]
        low, high = bounds[i] if bounds else (0, len(data))
        i += 1
        if offset < done:
            continue
        piece = cut(data, offset, encoding, max(low, done), high)
        if piece is None:
            continue
        count += 1
        if count > MOST_RUNS:
            raise Unfinished("cut", f"more than {MOST_RUNS} runs of strings hold terms; the first were read")
        run = [piece]
        at = piece.offset
        while len(run) <= BESIDE and (before := _previous(data, at, piece.encoding, max(low, done))) is not None:
            run.insert(0, before)
            at = before.offset
        at, beside = piece.end, 0
        while beside < BESIDE and len(run) < _MOST_RUN:
            after = _next(data, at, piece.encoding, high)
            if after is None or after.end <= at:
                break
            at = after.end
            holds = False
            while i < len(hits) and hits[i][0] < after.end:
                holds = holds or hits[i][0] >= after.offset
                i += 1
            beside = 0 if holds else beside + 1
            run.append(Piece(after.offset, after.length, after.text, after.encoding, True) if holds else after)
        # The next run may begin with what only stood beside this one.
        done = next(p.end for p in reversed(run) if p.hit)
        yield run


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield the constructs that the strings around ``hits`` make; places say the offset."""
    from sousveil.read.binary.neighbours import constructs

    for run in runs(data, hits or ()):
        yield from constructs(data, run, lambda offset: f"offset {offset:#x}", "binary")
