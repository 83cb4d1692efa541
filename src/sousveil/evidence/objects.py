"""Objects by SHA-256: written to a part file, synced, renamed; the same bytes are kept once.

``objects/ab/ab12…`` so that a folder stays small. What a killed run left is a part file, which counts for nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from sousveil.evidence.durable import sync_folder

CHUNK = 1 << 20
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
        incoming = self.folder / _PARTS
        incoming.mkdir(parents=True, exist_ok=True)
        # It says by which process it is written.
        part = incoming / f"{os.getpid()}-{os.urandom(8).hex()}.part"
        try:
            with part.open("xb") as file:
                digest = _hashed(chunks, file.write)
                file.flush()
                os.fsync(file.fileno())
            target = self.path(digest.sha256)
            if target.exists():
                part.unlink()
                return digest
            new = not target.parent.exists()
            target.parent.mkdir(parents=True, exist_ok=True)
            part.chmod(0o444)
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        # A new folder is a name in the one above.
        for folder in (target.parent, *((self.folder, self.folder.parent) if new else ())):
            sync_folder(folder)
        return digest

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


def chunks_of(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes."""
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def digest_of(chunks: Iterable[bytes]) -> Digest:
    """Return what identifies the bytes, keeping none of them."""
    return _hashed(chunks, len)


def _hashed(chunks: Iterable[bytes], take: Callable[[bytes], object]) -> Digest:
    short, long = hashlib.sha256(), hashlib.sha512()
    size = 0
    for chunk in chunks:
        short.update(chunk)
        long.update(chunk)
        size += len(chunk)
        take(chunk)
    return Digest(short.hexdigest(), long.hexdigest(), size)
