"""Compound files (OLE2): what kind of document they are, and their streams, bounded."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Sequence
from typing import Any

from sousveil.model import Limit

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST = 64 << 20
"""Bytes of one stream."""


class Compound:
    """An open compound file. Raises ValueError where it is none."""

    def __init__(self, data: bytes) -> None:
        import olefile

        try:
            self._file: Any = olefile.OleFileIO(io.BytesIO(data))
        except (OSError, ValueError, IndexError, MemoryError, ArithmeticError, TypeError) as error:
            raise ValueError(str(error) or type(error).__name__) from error
        self._unread: dict[str, Limit] = {}
        self.names: tuple[str, ...] = tuple(
            "/".join(parts) for parts in self._file.listdir(streams=True, storages=False)
        )

    def stream(self, name: str) -> bytes:
        """Return a stream's bytes, none where there is no such stream or it cannot be read: `unread` then says so."""
        wanted = name.lower()
        found = next((n for n in self.names if n.lower() == wanted), None)
        if found is None:
            return b""
        try:
            with self._file.openstream(found.split("/")) as stream:
                raw = bytes(stream.read(MOST))
            # The library ends a stream where its sectors do, and says nothing.
            size = self._file.get_size(found.split("/"))
            if len(raw) == MOST < size:
                self._unread[found] = Limit("", "cut", f"of {found} the first {MOST} bytes were read")
            elif len(raw) < size:
                self._unread[found] = Limit(
                    "", "broken", f"of {found} {size - len(raw)} of {size} bytes cannot be read"
                )
            return raw
        except (OSError, ValueError, IndexError, OverflowError, TypeError) as error:
            self._unread[found] = Limit("", "broken", f"{found} cannot be read: {error}"[:200])
            return b""

    def unread(self, display: str) -> list[Limit]:
        """Return what of the streams that were asked for was not read."""
        return [Limit(display, limit.reason, limit.detail) for limit in self._unread.values()]

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    @property
    def kind(self) -> str:
        """Return ``doc``, ``sheets``, ``ppt`` or ``msg``; empty for other compound files."""
        top = {n.lower() for n in self.names}
        if "worddocument" in top:
            return "doc"
        if "workbook" in top or "book" in top:
            return "sheets"
        if "powerpoint document" in top:
            return "ppt"
        if any(n.startswith(("__substg1.0_", "__properties_version1.0")) for n in top):
            return "msg"
        return "encrypted" if "encryptedpackage" in top else ""


def circular(data: bytes) -> bool:
    """Return whether a chain of sectors runs in a circle ([MS-CFB] 2.1 to 2.4): whoever follows it never ends."""
    if len(data) < 512:
        return False
    size = 1 << min(int.from_bytes(data[30:32], "little"), 20)

    def sector(number: int) -> memoryview:
        numbers = data[(number + 1) * size : (number + 2) * size]
        return memoryview(numbers[: len(numbers) & ~3]).cast("I")

    count = len(data) // size
    if sys.byteorder == "big":
        return False  # the numbers are written the other way round; there is no such platform to run on
    listed = list(memoryview(data[76:512]).cast("I"))
    more, seen = int.from_bytes(data[68:72], "little"), set[int]()
    while more < count:
        if more in seen:
            return True
        seen.add(more)
        numbers = sector(more)
        if not numbers:
            break
        listed += numbers[:-1]
        more = numbers[-1]
    table = [n for s in dict.fromkeys(s for s in listed if s < count) for n in sector(s)]
    if _cyclic(table):
        return True
    small: list[int] = []
    at, left = int.from_bytes(data[60:64], "little"), count
    while at < len(table) and left:
        small += sector(at)
        at, left = table[at], left - 1
    return _cyclic(small, _small_streams(data, table, sector))


def _small_streams(data: bytes, table: list[int], sector: Callable[[int], memoryview]) -> list[int]:
    """Return where the streams begin that lie in small sectors (2.6): others may name any place."""
    starts: list[int] = []
    at, left, most = int.from_bytes(data[48:52], "little"), len(table), int.from_bytes(data[56:60], "little")
    while at < len(table) and left:
        entries = bytes(sector(at))
        for entry in (entries[i : i + 128] for i in range(0, len(entries) - 127, 128)):
            if entry[66] == 2 and 0 < int.from_bytes(entry[120:124], "little") < most:
                starts.append(int.from_bytes(entry[116:120], "little"))
        at, left = table[at], left - 1
    return starts


def _cyclic(following: list[int], starts: Sequence[int] | None = None) -> bool:
    """Return whether following the numbers from some place, or one of ``starts``, comes back to one that was passed."""
    round_of = [0] * len(following)
    for start in range(len(following)) if starts is None else starts:
        at = start
        while at < len(following) and not round_of[at]:
            round_of[at] = start + 1
            at = following[at]
        if at < len(following) and round_of[at] == start + 1:
            return True
    return False
