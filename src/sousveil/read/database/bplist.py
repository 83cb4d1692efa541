"""Binary property lists of Apple's systems."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct
from sousveil.read.parts import Hits, Word, constructs, tree_parts
from sousveil.read.unfinished import Unfinished

ABOUT = About(
    "Binary property lists", ".plist .bplist .nib .strings .mom",
    "Dictionaries as records with their texts, arrays of texts as label sets; keyed archives as the lists they are.",
)  # fmt: skip
LEFT_OUT = "rows of tables, and what is damaged"
_MOST = 300_000
_DEEP = 64


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield the list's dictionaries and arrays that hold a term."""
    found = Hits(data, hits)
    tree = _Tree(data)
    top = tree.object(tree.top, ())
    yield from constructs(found, tree_parts(top), "bplist")
    if tree.why:
        raise Unfinished("broken", f"the property list was followed in part: {tree.why}")


class _Tree:
    """Objects by their numbers, each built once; an object inside itself is left out."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.why = ""
        self._left = _MOST
        self._built: dict[int, object] = {}
        tail = data[-32:]
        self._width, self._ref = (tail[6], tail[7]) if len(data) >= 40 else (0, 0)
        self._count, self.top, self._table = (int.from_bytes(tail[i : i + 8], "big") for i in (8, 16, 24))
        if not 1 <= self._width <= 8 or not 1 <= self._ref <= 8 or self._table >= len(data):
            self._count, self.why = 0, "the trailer"

    def object(self, number: int, above: tuple[int, ...]) -> object:
        """Return a string as a word, a dictionary as a tuple of pairs, an array as a list, anything else as None."""
        if number in self._built:
            return self._built[number]
        self._left -= 1
        if number >= self._count or number in above or len(above) > _DEEP or self._left < 0:
            self.why = self.why or ("more or deeper than is followed" if number < self._count else "an unknown object")
            return None
        place = self._table + number * self._width
        at = int.from_bytes(self.data[place : place + self._width], "big")
        if at + 1 > len(self.data):
            self.why = self.why or f"object {number} lies behind the end"
            return None
        kind, size, at = self._head(at)
        made: object = None
        if kind == 5:
            made = self._word(at, size, "ascii")
        elif kind == 6:
            made = self._word(at, 2 * size, "utf-16-be")
        elif kind in (0xA, 0xC):
            made = [self.object(r, (*above, number)) for r in self._refs(at, size)]
        elif kind == 0xD:
            keys, values = self._refs(at, size), self._refs(at + size * self._ref, size)
            pairs = zip(keys, values, strict=False)
            made = tuple((self.object(k, (*above, number)), self.object(v, (*above, number))) for k, v in pairs)
        self._built[number] = made
        return made

    def _head(self, at: int) -> tuple[int, int, int]:
        mark = self.data[at]
        kind, size, at = mark >> 4, mark & 15, at + 1
        if size == 15 and kind in (4, 5, 6, 0xA, 0xC, 0xD):
            width = 1 << (self.data[at] & 3) if at < len(self.data) else 1
            size = int.from_bytes(self.data[at + 1 : at + 1 + width], "big")
            at += 1 + width
        return kind, size, at

    def _word(self, at: int, length: int, encoding: str) -> Word | None:
        if at + length > len(self.data):
            self.why = self.why or f"offset {at}: a text that ends behind the file"
            return None
        return Word(self.data[at : at + min(length, 4000)].decode(encoding, "replace"), at, length, encoding)

    def _refs(self, at: int, size: int) -> list[int]:
        size = min(size, max(0, (len(self.data) - at) // self._ref), max(0, self._left))
        self._left -= size
        return [int.from_bytes(self.data[at + i * self._ref : at + (i + 1) * self._ref], "big") for i in range(size)]
