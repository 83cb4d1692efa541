"""What acquire hands on: local files, how they are called, and how they were chosen."""

from __future__ import annotations

import pathlib
from types import TracebackType
from typing import Self

from msgspec import Struct

from sousveil.model import Limit


class Input(Struct, frozen=True):
    """One local file or folder to be read."""

    path: pathlib.Path
    """Exists now; for a package, a file of the cache."""
    display: str
    """How reports name it: the package file's name, or the path as typed."""
    sha256: str = ""
    """For a package file: of bytes that were checked against what the registry names; else empty."""


class Acquired(Struct, frozen=True):
    """A product that lies on this machine. Close it, or use it as a context manager."""

    name: str
    """As the user typed it."""
    purl: str
    """Package URL of exactly what was taken, ``pkg:pypi/deepface@0.0.103``; empty for local paths."""
    inputs: tuple[Input, ...]
    notes: tuple[str, ...] = ()
    """Plain English: which version and files were chosen, which were not, and why."""
    limits: tuple[Limit, ...] = ()
    temporary: tuple[pathlib.Path, ...] = ()
    """Private folders that hold inputs and are removed by `close`, and at exit at the latest."""

    def close(self) -> None:
        """Remove what is temporary. Inputs that lie in the cache or belong to the user stay. May be called twice."""
        if self.temporary:
            from sousveil.acquire.scratch import remove

            for folder in self.temporary:
                remove(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
