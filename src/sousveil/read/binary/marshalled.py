"""CPython's marshal format, read without an interpreter: objects as plain values, strings with their places.

Source: ``Python/marshal.c`` and ``Objects/codeobject.c`` of CPython 2.7 and 3.0 to 3.14. Nothing is imported, run or
made into a code object.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sousveil.read.binary.bytestream import Cursor, Damaged
from sousveil.read.binary.managed import Word

DEPTH = 200
"""Most containers within one another."""

_MAGIC = (
    # First magic number of a version, version, bytes of the header.
    (3000, (3, 0), 8), (3160, (3, 2), 8), (3190, (3, 3), 12), (3250, (3, 4), 12), (3320, (3, 5), 12),
    (3360, (3, 6), 12), (3390, (3, 7), 16), (3400, (3, 8), 16), (3420, (3, 9), 16), (3430, (3, 10), 16),
    (3450, (3, 11), 16), (3500, (3, 12), 16), (3550, (3, 13), 16), (3600, (3, 14), 16), (3650, (3, 15), 16),
    (4000, None, 0), (62041, (2, 3), 8), (62151, (2, 6), 8), (62171, (2, 7), 8), (62212, None, 0),
)  # fmt: skip


def version_of(data: bytes) -> tuple[tuple[int, int], int] | None:
    """Return the version that a .pyc is of and the length of its header, None for another number."""
    if len(data) < 16 or data[2:4] != b"\r\n":
        return None
    magic = data[0] | data[1] << 8
    found: tuple[tuple[int, int] | None, int] = (None, 0)
    for first, version, header in _MAGIC:
        if magic >= first:
            found = (version, header)
    return (found[0], found[1]) if found[0] else None


class Listed(list[Any]):
    """A tuple, list or set of constants."""


class Mapped(list[tuple[Any, Any]]):
    """A dictionary of constants."""


@dataclass(slots=True)
class Code:
    """A code object: a module's, class's or function's."""

    name: str
    name_word: Word | None
    code: tuple[int, int]
    consts: list[Any]
    names: list[Any]
    variables: list[Any]
    arguments: int
    """How many of ``variables`` are parameters, ``*args`` and ``**kwargs`` too."""
    flags: int
    children: dict[str, Code] = field(default_factory=dict)


class Reader:
    """Reads one marshalled object."""

    def __init__(self, cursor: Cursor, version: tuple[int, int]) -> None:
        self._cursor = cursor
        self._version = version
        self._refs: list[Any] = []
        self._interned: list[Any] = []

    def object(self, depth: int = 0) -> Any:
        """Return the next object; raise Damaged for what is none."""
        if depth > DEPTH:
            raise Damaged(f"objects nested deeper than {DEPTH}")
        cursor = self._cursor
        tag = cursor.u1()
        flagged = bool(tag & 0x80) and self._version >= (3, 4)
        kind = chr(tag & 0x7F) if flagged or self._version >= (3, 4) else chr(tag)
        index = -1
        if flagged and kind not in "rR":
            index = len(self._refs)
            self._refs.append(None)
        value = self._value(kind, depth)
        if index >= 0:
            self._refs[index] = value
        return value

    def _value(self, kind: str, depth: int) -> Any:
        cursor = self._cursor
        if kind in "NFTS.0":
            return {"T": True, "F": False, ".": ...}.get(kind)
        if kind == "i":
            return cursor.i4()
        if kind == "I":
            return cursor.u8()
        if kind == "g":
            return struct.unpack("<d", cursor.take(8))[0]
        if kind == "y":
            cursor.skip(16)
            return None
        if kind in "fx":
            for _ in range(1 if kind == "f" else 2):
                text = cursor.take(cursor.u1())
            return text.decode("ascii", "replace")
        if kind == "l":
            return self._long()
        if kind in "stuaAzZ":
            word = self._string(kind)
            if kind == "t" and self._version < (3, 0):
                self._interned.append(word)
            return word
        if kind in "rR":
            at, table = cursor.u4(), self._refs if kind == "r" else self._interned
            if at >= len(table):
                raise Damaged(f"reference to object {at} of {len(table)}")
            return table[at]
        if kind in "()[<>":
            return self._several(cursor.u1() if kind == ")" else cursor.u4(), depth)
        if kind == "{":
            return self._mapped(depth)
        if kind == ":":
            for _ in range(3):
                self.object(depth + 1)
            return None
        if kind == "c":
            return self._code(depth)
        raise Damaged(f"object of kind {kind!r} at {cursor.at - 1}")

    def _long(self) -> int:
        count = self._cursor.i4()
        at = self._cursor.skip(2 * abs(count))
        digits = struct.unpack_from(f"<{min(abs(count), 64)}H", self._cursor.data, at)
        value = 0
        for digit in reversed(digits):
            value = value << 15 | digit & 0x7FFF
        return -value if count < 0 else value

    def _string(self, kind: str) -> Word:
        cursor = self._cursor
        size = cursor.u1() if kind in "zZ" else cursor.u4()
        at = cursor.skip(size)
        return Word(cursor.data[at : at + min(size, 1 << 20)].decode("utf-8", "backslashreplace"), at, size)

    def _several(self, count: int, depth: int) -> Listed:
        if count > self._cursor.end - self._cursor.at:
            raise Damaged(f"{count} objects in {self._cursor.end - self._cursor.at} bytes")
        return Listed([self.object(depth + 1) for _ in range(count)])

    def _mapped(self, depth: int) -> Mapped:
        out = Mapped()
        while self._cursor.data[self._cursor.at : self._cursor.at + 1] != b"0":
            out.append((self.object(depth + 1), self.object(depth + 1)))
        self._cursor.skip(1)
        return out

    def _code(self, depth: int) -> Code:
        cursor, version = self._cursor, self._version
        arguments = cursor.u4()
        keyword = 0
        if version >= (3, 8):
            cursor.skip(4)
        if version >= (3, 0):
            keyword = cursor.u4()
        cursor.skip(4 if version >= (3, 11) else 8)
        flags = cursor.u4()
        code = self.object(depth + 1)
        consts, names, variables = (self._tuple(depth) for _ in range(3))
        self.object(depth + 1)
        if version < (3, 11):
            self.object(depth + 1)
        self.object(depth + 1)
        name = self.object(depth + 1)
        if version >= (3, 11):
            self.object(depth + 1)
        cursor.skip(4)
        self.object(depth + 1)
        if version >= (3, 11):
            self.object(depth + 1)
        count = min(arguments + keyword, len(variables)) + bool(flags & 4) + bool(flags & 8)
        place = (code.offset, code.length) if isinstance(code, Word) else (0, 0)
        word = name if isinstance(name, Word) else None
        return Code(word.text if word else "", word, place, consts, names, variables, count, flags)

    def _tuple(self, depth: int) -> list[Any]:
        found = self.object(depth + 1)
        return found if isinstance(found, Listed) else Listed()


def strings(found: Any) -> Iterator[Word]:
    """Yield every string in an object, each place once."""
    seen: set[int] = set()
    waiting = [found]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Word):
            if one.offset not in seen:
                seen.add(one.offset)
                yield one
        elif isinstance(one, Code):
            if id(one) not in seen:
                seen.add(id(one))
                waiting += [one.consts, one.names, one.variables, one.name_word]
        elif isinstance(one, Listed) and id(one) not in seen:
            seen.add(id(one))
            waiting += one
        elif isinstance(one, Mapped) and id(one) not in seen:
            seen.add(id(one))
            waiting += [x for pair in one for x in pair]
