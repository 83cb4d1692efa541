"""Many small files in one buffer, searched in one go: to search each by itself costs as much again as the search."""

from __future__ import annotations

import os
from collections.abc import Iterator

from sousveil.match.database import Matcher

LARGEST = 1 << 18
"""Bytes of a file that is put together with others."""
_ROOM = 1 << 20


class Together:
    """Files read one behind the other, a line's end between them, so that no word goes on from one to the next."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._room = bytearray(_ROOM)
        self._view = memoryview(self._room)
        self._ends: list[int] = []
        self._end = 0

    @property
    def full(self) -> bool:
        """Return whether there may be no room for another file."""
        return _ROOM - self._end < LARGEST + 2

    def clear(self) -> None:
        """Forget what was taken."""
        self._ends, self._end = [], 0

    def take(self, descriptor: int, size: int = -1, offset: int = 0) -> bool:
        """Read a file whole, behind those that were taken before, and return True.

        False, and nothing is taken, where it cannot be read, is longer than LARGEST, of another size than ``size``, or
        empty. From ``offset`` on it is a part of a file, of which just ``size`` bytes are read.
        """
        if size > LARGEST or not hasattr(os, "preadv"):
            return False
        start = self._end
        most = size if offset else (LARGEST if size < 0 else size) + 1
        try:
            got = os.preadv(descriptor, [self._view[start : start + most]], offset)
        except OSError:
            return False
        if not got or got > LARGEST or 0 <= size != got:
            return False
        self._room[start + got] = 0x0A
        self._end = start + got + 1
        self._ends.append(self._end)
        return True

    def files(self) -> Iterator[tuple[memoryview, bool, list[tuple[int, int]] | None]]:
        """Yield of each file its bytes, whether it holds a NUL, and where terms may end in it; then begin anew.

        The bytes are good until another file is taken; the places are `Matcher.known`'s, None where they are too many.
        """
        if not self._ends:
            return
        view, room, start = self._view, self._room, 0
        apart = self._matcher.apart(view[: self._end], self._ends)
        binary = room.find(0, 0, self._end) >= 0
        for number, end in enumerate(self._ends):
            yield (
                view[start : end - 1],
                binary and room.find(0, start, end) >= 0,
                None if apart is None else apart.get(number, []),
            )
            start = end
        self.clear()
