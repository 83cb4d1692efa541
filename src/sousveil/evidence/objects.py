"""Objects by SHA-256: written to a part file, synced, renamed; the same bytes are kept once.

``objects/ab/ab12…`` so that a folder stays small. What a killed run left is a part file, which counts for nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from sousveil.evidence.durable import sync_folder

CHUNK = 1 << 20
_PARTS = "incoming"


class Digest(Struct, frozen=True):
    """What identifies bytes: two hashes in hexadecimal, and how many bytes there are."""

    sha256: str
    sha512: str
    """Empty where it was not taken yet."""
    size: int


class Objects:
    """The objects below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Return where an object lies, whether or not it does."""
        return self.folder / sha256[:2] / sha256

    def add(self, chunks: Iterable[bytes]) -> Digest:
        """Keep the bytes that ``chunks`` give; return what identifies them once they are on the disk."""
        incoming = Incoming(self)
        try:
            for chunk in chunks:
                incoming.write(chunk)
            return incoming.keep()
        finally:
            incoming.drop()

    def add_file(self, path: Path) -> Digest:
        """Keep a file's bytes."""
        return self.add(chunks_of(path))

    def every(self) -> Iterator[Path]:
        """Yield the objects in the order of their names."""
        if not self.folder.is_dir():
            return
        for folder in sorted(p for p in self.folder.iterdir() if p.is_dir() and p.name != _PARTS):
            yield from sorted(folder.iterdir())

    def leftovers(self) -> list[Path]:
        """Return what killed runs left: bytes that were never acknowledged."""
        incoming = self.folder / _PARTS
        return sorted(incoming.iterdir()) if incoming.is_dir() else []


class Incoming:
    """An object on its way: a part file, which counts for nothing until it is kept."""

    def __init__(self, objects: Objects, *, long: bool = True) -> None:
        """``long`` takes its SHA-512 too."""
        self._objects = objects
        parts = objects.folder / _PARTS
        parts.mkdir(parents=True, exist_ok=True)
        self.path = parts / f"{os.getpid()}-{os.urandom(8).hex()}.part"
        """It says by which process it is written."""
        self._short, self._long = hashlib.sha256(), hashlib.sha512() if long else None
        self.size = 0
        self._file = self.path.open("xb", buffering=0)

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes."""
        self._short.update(data)
        if self._long is not None:
            self._long.update(data)
        self.size += len(data)
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) :]

    def keep(self) -> Digest:
        """Give it its name; return what identifies it once it is on the disk."""
        os.fsync(self._file.fileno())
        self._file.close()
        folder = self._objects.folder
        digest = Digest(self._short.hexdigest(), self._long.hexdigest() if self._long else "", self.size)
        target = self._objects.path(digest.sha256)
        if target.exists():
            return digest
        new = not target.parent.exists()
        target.parent.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o444)
        self.path.replace(target)
        # A new folder is a name in the one above.
        for place in (target.parent, *((folder, folder.parent) if new else ())):
            sync_folder(place)
        return digest

    def drop(self) -> None:
        """Let go of it; what was kept stays."""
        self._file.close()
        self.path.unlink(missing_ok=True)


def chunks_of(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes."""
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def digest_of(chunks: Iterable[bytes]) -> Digest:
    """Return what identifies the bytes, keeping none of them."""
    short, long = hashlib.sha256(), hashlib.sha512()
    size = 0
    for chunk in chunks:
        short.update(chunk)
        long.update(chunk)
        size += len(chunk)
    return Digest(short.hexdigest(), long.hexdigest(), size)
