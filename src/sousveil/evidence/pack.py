"""A folder kept as one object: a tar archive of its files, and beside it a listing of their digests.

However many files there are, two objects are written and synced. The listing is what ``sha256sum`` prints, so that
``tar -xf ARCHIVE`` and ``sha256sum -c LISTING`` check each file with what everybody has. It vouches for each file by
itself: where one is taken out of an export, the others stand there as objects of their own.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sousveil.evidence.objects import CHUNK
from sousveil.evidence.wrong import CaseError
from sousveil.model import Limit
from sousveil.unpack import tree

if TYPE_CHECKING:
    from sousveil.evidence.ledger import Entry

LISTS = "lists"
"""The annotation of a listing: the SHA-256 of the archive whose files it lists, empty where only digests were kept."""
_BLOCK = 512
_NAME = 100
_MOST_NUMBER = 8**11
_REGULAR = b"        0" + bytes(100) + b"ustar  \0" + bytes(247)
_DIGEST = re.compile(b"[0-9a-f]{64}")
_ESCAPES = {b"\\": b"\\\\", b"\n": b"\\n", b"\r": b"\\r"}
_ESCAPED = re.compile(rb"[\\\n\r]").search


class Folder:
    """What a folder holds, read once: its bytes as an archive, and the digests of its files."""

    def __init__(self, root: Path, *, case: Path | None = None, long: bool = False) -> None:
        """``long`` also takes the SHA-512 of every file, which the archive as a whole has otherwise.

        A ``case`` that lies in the folder is no part of the product.
        """
        self._root = root
        self._case = ""
        if case is not None and case.resolve().is_relative_to(root.resolve()):
            within = case.resolve().relative_to(root.resolve())
            self._case = f"{os.fspath(root).rstrip(os.sep)}{os.sep}{within}{os.sep}"
        self._long = long
        self.sums: list[bytes] = []
        """A line a file: SHA-256 and name, in the order of the archive."""
        self.long_sums: list[bytes] = []
        self.left: list[str] = []
        """What was not kept, and why."""

    def chunks(self) -> Iterator[bytes]:
        """Yield the archive, in pieces of about a megabyte. Raises CaseError where a large file changes meanwhile."""
        cut = len(os.fsencode(os.fspath(self._root).rstrip(os.sep))) + 1
        waiting: list[bytes] = []
        size = 0
        if self._case:
            self.left.append(f"{self._case}: the case itself")
        # Nothing is asked of a file twice: one more question of each is a tenth of what keeping a folder costs.
        for entry in tree(self._root, sizes=False):
            if isinstance(entry, Limit):
                self.left.append(f"{entry.path}: {entry.reason}")
                continue
            if self._case and entry.path.startswith(self._case):
                continue
            raw = entry.raw
            name = raw[cut:] if os.sep == "/" else raw[cut:].replace(os.sep.encode(), b"/")
            try:
                descriptor = os.open(raw, _OPEN)
            except OSError as error:
                self.left.append(f"{entry.display}: {error.strerror}")
                continue
            try:
                info = os.fstat(descriptor)
                if not stat.S_ISREG(info.st_mode):
                    self.left.append(f"{entry.display}: it is no file any more")
                    continue
                if info.st_size > CHUNK:
                    yield b"".join(waiting)
                    waiting, size = [], 0
                    yield from self._large(name, info, descriptor)
                    continue
                data = os.read(descriptor, info.st_size + 1)
                while len(data) != info.st_size and (more := os.read(descriptor, CHUNK)):
                    data += more  # small files are taken as they are read
            finally:
                os.close(descriptor)
            self._note(name, hashlib.sha256(data).hexdigest())
            if self._long:
                self._note_long(name, hashlib.sha512(data).hexdigest())
            waiting += (_header(name, len(data), info), data, bytes(-len(data) % _BLOCK))
            size += len(data) + _BLOCK
            if size > CHUNK:
                yield b"".join(waiting)
                waiting, size = [], 0
        yield b"".join((*waiting, bytes(2 * _BLOCK)))

    def _large(self, name: bytes, info: os.stat_result, descriptor: int) -> Iterator[bytes]:
        short, long = hashlib.sha256(), hashlib.sha512()
        yield _header(name, info.st_size, info)
        size = 0
        while chunk := os.read(descriptor, CHUNK):
            short.update(chunk)
            if self._long:
                long.update(chunk)
            size += len(chunk)
            if size <= info.st_size:
                yield chunk
        if size != info.st_size:
            raise CaseError(f"{os.fsdecode(name)}: it changed while it was kept; scan it again when it is at rest")
        yield bytes(-size % _BLOCK)
        self._note(name, short.hexdigest())
        if self._long:
            self._note_long(name, long.hexdigest())

    def _note(self, name: bytes, digest: str) -> None:
        self.sums.append(_line(name, digest))

    def _note_long(self, name: bytes, digest: str) -> None:
        self.long_sums.append(_line(name, digest))


_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def _line(name: bytes, digest: str) -> bytes:
    """Return what sha256sum prints for a file."""
    if not _ESCAPED(name):
        return b"%b  %b\n" % (digest.encode(), name)
    for sign, told in _ESCAPES.items():
        name = name.replace(sign, told)
    return b"\\%b  %b\n" % (digest.encode(), name)


def _header(name: bytes, size: int, info: os.stat_result) -> bytes:
    """Return a member's header (GNU tar): name, mode and time; of whoever owns it on this machine nothing is kept."""
    mtime, mode = int(info.st_mtime), info.st_mode & 0o777
    if len(name) > _NAME or size >= _MOST_NUMBER or not 0 <= mtime < _MOST_NUMBER:
        told = tarfile.TarInfo(os.fsdecode(name))
        told.size, told.mtime, told.mode = size, mtime, mode
        return told.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")
    # The library takes forty times as long for the same bytes.
    head = name.ljust(_NAME, b"\0") + b"%07o\0%07o\0%07o\0%011o\0%011o\0" % (mode, 0, 0, size, mtime)
    # Adler-32 begins with the sum of the bytes; these are too few to wrap it.
    return b"%b%06o\0 %b" % (head, (zlib.adler32(head) & 0xFFFF) - 1 + _SUM, _TAIL)


_SUM = sum(_REGULAR)
_TAIL = _REGULAR[8:]


def listed(listing: Path) -> Iterator[tuple[str, str]]:
    """Yield SHA-256 and name of each file that a listing names, in the archive's order.

    A line of another form is passed over: a listing that somebody changed is no more what its own digest says.
    """
    with listing.open("rb") as file:
        for line in file:
            escaped = line.startswith(b"\\")
            digest, _, name = line[escaped:].rstrip(b"\n").partition(b"  ")
            if not _DIGEST.fullmatch(digest):
                continue
            if escaped:
                parts = name.split(b"\\\\")
                for sign, told in tuple(_ESCAPES.items())[1:]:
                    parts = [part.replace(told, sign) for part in parts]
                name = b"\\".join(parts)
            yield digest.decode("ascii"), os.fsdecode(name)


def members(archive: Path, listing: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield SHA-256 and bytes of each file in an archive; the bytes before the next one is asked for.

    Raises CaseError where it is not what the listing says.
    """
    try:
        with tarfile.open(archive, "r:", errorlevel=2) as tar:
            for member, (digest, name) in zip(tar, listed(listing), strict=True):
                file = tar.extractfile(member)
                if member.name != name or file is None:
                    raise CaseError(f"{archive}: it does not hold what {listing.name[:16]}… lists")
                yield digest, iter(lambda file=file: file.read(CHUNK), b"")  # type: ignore[misc]
                tar.members.clear()  # type: ignore[attr-defined]  # it would remember them all
    except (tarfile.TarError, ValueError) as error:
        raise CaseError(f"{archive}: it is not the archive that {listing.name[:16]}… lists: {error}") from error


def packs(entries: Iterable[Entry]) -> dict[str, str]:
    """Return the SHA-256 of each archive that is on record, with that of its listing."""
    return {
        archive: subject["digest"]["sha256"]
        for entry in entries
        for subject in entry.subjects
        if (archive := subject.get("annotations", {}).get(LISTS))
    }
