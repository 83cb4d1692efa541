"""A folder that is kept while it is scanned: workers read what was kept of it, so that nothing else can be scanned."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from sousveil.model import Limit
from sousveil.work.station import PASSING

Listed = tuple[bytes, str, int]
"""A file as it was listed: its path, its display address and its size."""


class Keeps(Protocol):
    """Who keeps a folder's files, one behind the other, in one file."""

    root: Path
    """The folder."""
    own: bytes
    """What paths begin with that are its keeper's own and no part of the product; empty if there are none."""

    @property
    def path(self) -> Path:
        """Return the file that they are written to."""
        ...

    def take(self, batch: Sequence[Listed]) -> list[tuple[int, int]]:
        """Write files; return of each how many bytes it has and where they lie, -1 if they do not."""
        ...

    def later(self, files: Iterable[Listed]) -> None:
        """Be told of files that are kept when the scan is over."""
        ...

    def leave(self, limit: Limit) -> None:
        """Be told of something that is not looked at."""
        ...


class Shelf:
    """What is kept, in the place of a worker's spool: it is read, and nothing is given back of it."""

    def __init__(self, number: int, keeps: Keeps) -> None:
        self.number, self.keeps = number, keeps

    @property
    def path(self) -> Path | None:
        """Return where it lies, where workers open it by its path."""
        return None if PASSING else self.keeps.path

    def lend(self) -> int:
        """Return a new descriptor of it, for reading only."""
        return os.open(self.keeps.path, os.O_RDONLY | os.O_CLOEXEC)

    def release(self, offset: int, size: int) -> None:
        """Do nothing: it stays."""

    def close(self) -> None:
        """Do nothing: it is another's."""
