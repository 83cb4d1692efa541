"""MessagePack: maps as records, arrays of texts as label sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct
from sousveil.read.parts import Hits, Word, constructs, tree_parts
from sousveil.read.unfinished import Unfinished

ABOUT = About(
    "MessagePack", ".msgpack .mpk .mp .msgpk", "Maps with their texts as records, arrays of texts as label sets.",
    limits="Extension types.",
)  # fmt: skip
LEFT_OUT = "rows of tables, and what is damaged"
_MOST = 400_000
_DEEP = 64


class _Bad(ValueError):
    pass


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield maps and arrays that hold a term; several values may follow one another."""
    found = Hits(data, hits)
    reader = _Reader(data)
    values: list[object] = []
    why = ""
    try:
        while reader.at < len(data) and len(values) < 10_000:
            values.append(reader.value(0))
    except _Bad as error:
        why = str(error)
    for value in values:
        yield from constructs(found, tree_parts(value), "msgpack")
    if why:
        yield from constructs(found, tree_parts(reader.words), "msgpack")
        raise Unfinished("broken", f"the MessagePack was followed in part: {why}")


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.left = data, 0, _MOST
        self.words: list[object] = []

    def _take(self, size: int) -> int:
        """Return the next ``size`` bytes as a number."""
        if self.at + size > len(self.data):
            raise _Bad(f"offset {self.at}: the file ends early")
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "big")

    def value(self, depth: int) -> object:
        """Return the next value: a word, a tuple of pairs, a list, or None."""
        self.left -= 1
        if depth > _DEEP or self.left < 0:
            raise _Bad(f"offset {self.at}: more or deeper than is followed")
        mark = self._take(1)
        if 0xA0 <= mark <= 0xBF:
            return self._word(mark & 31)
        if 0x80 <= mark <= 0x8F or mark in (0xDE, 0xDF):
            size = mark & 15 if mark < 0x90 else self._take(2 if mark == 0xDE else 4)
            return tuple((self.value(depth + 1), self.value(depth + 1)) for _ in range(size))
        if 0x90 <= mark <= 0x9F or mark in (0xDC, 0xDD):
            size = mark & 15 if mark < 0xA0 else self._take(2 if mark == 0xDC else 4)
            return [self.value(depth + 1) for _ in range(size)]
        if 0xD9 <= mark <= 0xDB:
            return self._word(self._take(1 << (mark - 0xD9)))
        if 0xC4 <= mark <= 0xC9:
            self._skip(self._take(1 << ((mark - 0xC4) % 3)) + (mark >= 0xC7))
        elif mark in _WIDTHS:
            self._skip(_WIDTHS[mark])
        elif mark == 0xC1:
            raise _Bad(f"offset {self.at}: no MessagePack")
        return None

    def _skip(self, size: int) -> None:
        if self.at + size > len(self.data):
            raise _Bad(f"offset {self.at}: a value that ends behind the file")
        self.at += size

    def _word(self, size: int) -> Word:
        start = self.at
        self._skip(size)
        word = Word(self.data[start : start + min(size, 4000)].decode("utf-8", "replace"), start, size)
        self.words.append(word)
        return word


_WIDTHS = {0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8,
           0xD4: 2, 0xD5: 3, 0xD6: 5, 0xD7: 9, 0xD8: 17}  # fmt: skip
