"""Strings of the .resources in a .NET assembly. Source: ``ResourceReader`` of the .NET runtime, version 2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sousveil.read.binary.bytestream import Cursor, Damaged
from sousveil.read.binary.managed import Word
from sousveil.read.unfinished import bounded

MAGIC = b"\xce\xca\xef\xbe"
_MOST = 200_000


class Text(NamedTuple):
    """A named text."""

    name: Word
    value: Word


def _packed(cursor: Cursor) -> int:
    return cursor.leb(5)


def _string(cursor: Cursor, encoding: str) -> Word:
    size = _packed(cursor)
    at = cursor.skip(size)
    return Word(cursor.data[at : at + min(size, 8000)].decode(encoding, "backslashreplace"), at, size, encoding)


def texts(data: bytes, start: int, end: int) -> Iterator[Text]:
    """Yield the strings of the resources in ``[start, end)``; raise Damaged where they are none of version 2."""
    cursor = Cursor(data, start, end)
    if cursor.take(4) != MAGIC:
        return
    cursor.skip(4)
    cursor.skip(cursor.u4())
    if cursor.u4() != 2:
        raise Damaged(f"resources of another version at {start}")
    count, types = cursor.u4(), cursor.u4()
    if count > (end - start) // 8 or types > end - start:
        raise Damaged(f"{count} resources in {end - start} bytes")
    for _ in range(types):
        _string(cursor, "utf-8")
    cursor.skip(-(cursor.at - start) % 8)
    cursor.skip(4 * count)
    places = [cursor.u4() for _ in range(count)]
    values = start + cursor.u4()
    names = cursor.at
    for place in bounded(places, _MOST, "resources"):
        entry = Cursor(data, names + place, end)
        name = _string(entry, "utf-16-le")
        value = Cursor(data, values + entry.u4(), end)
        if _packed(value) == 1:
            yield Text(name, _string(value, "utf-8"))
