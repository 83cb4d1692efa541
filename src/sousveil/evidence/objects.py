"""Objects by SHA-256: written to a part file, synced, renamed; the same bytes are kept once.

``objects/ab/ab12…`` so that a folder stays small. What a killed run left is a part file, which counts for nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

from msgspec import Struct

from sousveil.evidence.durable import sync_many

CHUNK = 1 << 20
MOST_WAITING = 4096
MOST_WAITING_BYTES = 256 << 20
"""Of objects that are synced together."""
_PARTS = "incoming"


class Digest(Struct, frozen=True):
    """What identifies bytes: two hashes in hexadecimal, and how many bytes there are."""

    sha256: str
    sha512: str
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
        with self.batch() as batch:
            return batch.add(chunks)

    def add_file(self, path: Path) -> Digest:
        """Keep a file's bytes."""
        return self.add(chunks_of(path))

    def batch(self) -> Batch:
        """Return what keeps many objects together; use as a context manager."""
        return Batch(self)

    def enter(self, parts: dict[str, Path]) -> None:
        """Give parts their names, by SHA-256: first their bytes are made to last, then the names."""
        if not parts:
            return
        sync_many(self.folder, list(parts.values()))
        folders: dict[Path, None] = {}
        for sha256, part in parts.items():
            target = self.path(sha256)
            if target.parent not in folders:
                if not target.parent.exists():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    # A new folder is a name in the one above.
                    folders |= {self.folder: None, self.folder.parent: None}
                folders[target.parent] = None
            part.chmod(0o444)
            part.replace(target)
        sync_many(self.folder, list(folders))

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


class Batch:
    """Objects that are written one by one and synced together: on the disk when the block has ended, none before."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._incoming = objects.folder / _PARTS
        self._waiting: dict[str, Path] = {}
        self._bytes = 0

    def add(self, chunks: Iterable[bytes]) -> Digest:
        """Write the bytes that ``chunks`` give; return what identifies them."""
        # It says by which process it is written.
        part = self._incoming / f"{os.getpid()}-{os.urandom(8).hex()}.part"
        try:
            with part.open("xb") as file:
                digest = _hashed(chunks, file.write)
            if digest.sha256 in self._waiting or self._objects.path(digest.sha256).exists():
                part.unlink()
                return digest
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        self._waiting[digest.sha256] = part
        self._bytes += digest.size
        if len(self._waiting) >= MOST_WAITING or self._bytes >= MOST_WAITING_BYTES:
            self._enter()
        return digest

    def _enter(self) -> None:
        self._objects.enter(self._waiting)
        self._waiting, self._bytes = {}, 0

    def __enter__(self) -> Batch:
        self._incoming.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._enter()
        finally:
            for part in self._waiting.values():
                part.unlink(missing_ok=True)


def chunks_of(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes."""
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def digest_of(chunks: Iterable[bytes]) -> Digest:
    """Return what identifies the bytes, keeping none of them."""
    return _hashed(chunks, lambda chunk: len(chunk))


def _hashed(chunks: Iterable[bytes], take: object) -> Digest:
    short, long = hashlib.sha256(), hashlib.sha512()
    size = 0
    for chunk in chunks:
        short.update(chunk)
        long.update(chunk)
        size += len(chunk)
        take(chunk)  # type: ignore[operator]
    return Digest(short.hexdigest(), long.hexdigest(), size)
