"""The list of modules in a PyInstaller archive: names, places and sizes in Python's marshal format.

Source: CPython's Python/marshal.c. Of its kinds only those are read that such a list is made of.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from sousveil.unpack.image.parts import Damaged, u32

_DEPTH = 8
_MOST = 1_000_000
_SHORT, _LONG = frozenset(b"zZ"), frozenset(b"suaAt")

Value = str | int | list["Value"] | None


class Module(Struct, frozen=True):
    """A module of the archive."""

    name: str
    at: int
    size: int
    package: bool = False
    data: bool = False
    """Whether it is a file, and no code."""


def modules(raw: bytes) -> Iterator[Module]:
    """Yield the modules of a list. Raise Damaged where it is none."""
    top = _Reader(raw).value(0)
    rows = top if isinstance(top, list) else []
    for row in rows:
        if isinstance(row, list) and len(row) == 2 and isinstance(row[0], str) and isinstance(row[1], list):
            numbers = [n for n in row[1] if isinstance(n, int)]
            if len(numbers) == 3 and min(numbers) >= 0:
                kind, at, size = numbers
                # 0 a module, 1 a package, 2 a file, 3 a package without code.
                yield Module(row[0], at, size if kind != 3 else 0, kind in (1, 3), kind == 2)


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0
        self._left = _MOST
        self._kept: list[Value] = []
        self._interned: list[Value] = []
        """What Python 2 refers to: it numbers these strings alone."""

    def _take(self, count: int) -> bytes:
        out = self._raw[self._at : self._at + count]
        if len(out) < count:
            raise Damaged(f"it ends at {self._at}")
        self._at += count
        return out

    def value(self, depth: int) -> Value:
        """Return the next value; a dictionary as a list of pairs."""
        self._left -= 1
        if self._left < 0 or depth > _DEPTH:
            raise Damaged("longer or deeper than such a list can be")
        byte = self._take(1)[0]
        kind, keeps = byte & 0x7F, bool(byte & 0x80)
        slot = len(self._kept)
        if keeps:
            self._kept.append(None)
        found: Value
        if kind in _SHORT or kind in _LONG:
            size = self._take(1)[0] if kind in _SHORT else u32(self._take(4), 0)
            found = self._take(size).decode("utf-8", "surrogateescape")
            if kind == ord("t"):
                self._interned.append(found)
        elif kind == ord("i"):
            found = int.from_bytes(self._take(4), "little", signed=True)
        elif kind in b"FTN0":
            found = {ord("F"): 0, ord("T"): 1}.get(kind)
        elif kind in b"[()":
            count = self._take(1)[0] if kind == ord(")") else u32(self._take(4), 0)
            found = [self.value(depth + 1) for _ in range(min(count, self._left + 1))]
        elif kind == ord("{"):
            found = []
            while (key := self.value(depth + 1)) is not None:
                found.append([key, self.value(depth + 1)])
        elif kind in b"rR":
            kept = self._kept if kind == ord("r") else self._interned
            index = u32(self._take(4), 0)
            if index >= len(kept):
                raise Damaged(f"a reference to {index} of {len(kept)}")
            found = kept[index]
        else:
            raise Damaged(f"a value of kind {kind:#x}")
        if keeps:
            self._kept[slot] = found
        return found
