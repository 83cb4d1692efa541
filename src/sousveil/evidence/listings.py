"""What is said of a kept folder before anybody vouches for it: its files' digests, and the archive's SHA-512.

A scan pins a folder's bytes by one digest, the SHA-256 of its archive. What follows from the same bytes is taken when
the case is sealed or exported, so that a scan need not hash everything three times: nothing is weaker for it, for until
a stamp nobody but the key's owner vouches for the record anyway. That the archive is still what was scanned is checked
in the same pass.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from sousveil.evidence import pack
from sousveil.evidence.case import Case, subject
from sousveil.evidence.objects import CHUNK, Digest
from sousveil.evidence.wrong import CaseError


class _Hashing:
    """A file that is hashed as it is read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._short, self._long = hashlib.sha256(), hashlib.sha512()
        self._size = 0

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._short.update(data)
        self._long.update(data)
        self._size += len(data)
        return data

    def digest(self) -> Digest:
        """Return what identifies it, once the rest is read too."""
        while self.read(CHUNK):
            pass
        return Digest(self._short.hexdigest(), self._long.hexdigest(), self._size)


def complete(case: Case) -> Iterator[str]:
    """Enter the listing of every archive that has none; yield what is wrong with one. Raises CaseError, as recording.

    The lock should be held.
    """
    for sha256, kept in pack.unlisted(case.entries()).items():
        path = case.objects.path(sha256)
        name = str(kept["name"])
        try:
            sums, digest = _read(path)
        except (OSError, CaseError) as error:
            yield f"{name}: its files cannot be listed: {error}"
            continue
        if digest.sha256 != sha256:
            yield f"{name}: it is not what was kept any more: its SHA-256 is {digest.sha256}, not {sha256}"
            continue
        listing = case.keep_bytes(f"{name.removesuffix('.tar')}.sha256", b"".join(sums))
        listing["annotations"][pack.LISTS] = sha256
        case.record("listed", {"files": len(sums)}, [subject(name, digest), listing])


def _read(path: Path) -> tuple[list[bytes], Digest]:
    with path.open("rb", buffering=0) as file:
        hashing = _Hashing(file)
        sums = [pack.line(os.fsencode(name), digest) for digest, name in files(cast("BinaryIO", hashing), path)]
        return sums, hashing.digest()


def files(file: BinaryIO, path: Path) -> Iterator[tuple[str, str]]:
    """Yield SHA-256 and name of each file in the archive ``path``, read from ``file``. Raises CaseError, OSError."""
    for name, chunks in pack.inside(file, path):
        digest = hashlib.sha256()
        for chunk in chunks:
            digest.update(chunk)
        yield digest.hexdigest(), name
