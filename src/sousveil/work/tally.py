"""What a worker has surveyed since it last said so: files, bytes, kinds, and how far they are understood."""

from __future__ import annotations

import time

from sousveil.work import coverage
from sousveil.work.messages import Seen

_SAID_EVERY = 0.2


class Tally:
    """Counts until they are told."""

    def __init__(self) -> None:
        self._files = self._bytes = 0
        self._kinds: dict[str, int] = {}
        self._coverage: dict[str, int] = {}
        self._said = time.monotonic()

    def due(self) -> bool:
        """Return whether it is time to tell."""
        return time.monotonic() - self._said > _SAID_EVERY

    def seen(self, now: str) -> Seen:
        """Return what was counted, and begin anew; ``now`` is what is being opened."""
        said = Seen(self._files, self._bytes, now, self._kinds, self._coverage)
        self._files = self._bytes = 0
        self._kinds, self._coverage = {}, {}
        self._said = time.monotonic()
        return said

    def text(self, display: str, size: int) -> None:
        """Count a file of text."""
        kind = _kind(display)
        self._files += 1
        self._bytes += size
        self._kinds[kind] = self._kinds.get(kind, 0) + 1
        self._coverage[coverage.TEXT] = self._coverage.get(coverage.TEXT, 0) + size

    def count(
        self, display: str, data: bytes | memoryview, kind: str = "", size: int = -1, understood: str = ""
    ) -> str:
        """Count a file by what it is and how far it is understood; return the former.

        ``data`` is its head where ``size`` is given.
        """
        length = len(data) if size < 0 else size
        self._files += 1
        self._bytes += length
        kind = kind or _kind(display)
        self._kinds[kind] = self._kinds.get(kind, 0) + 1
        if not understood:
            middle = len(data) // 2
            head = bytes(data[: coverage.HEAD])
            understood = coverage.class_of(head, bytes(data[middle : middle + coverage.HEAD]), display, length)
        if understood == coverage.PROGRAMS and length == len(data) and (closed := coverage.packed_in(data)):
            # A program that carries something packed, which nothing here opens.
            self._coverage[coverage.CLOSED] = self._coverage.get(coverage.CLOSED, 0) + closed
            length -= closed
        self._coverage[understood] = self._coverage.get(understood, 0) + length
        return kind


def _kind(display: str) -> str:
    """Return how a file's name ends, ``other`` where that is no usual way."""
    dot = display.rfind(".")
    suffix = display[dot + 1 :].lower() if dot > display.rfind("/") else ""
    return suffix if suffix.isalnum() and len(suffix) <= 8 else "other"
