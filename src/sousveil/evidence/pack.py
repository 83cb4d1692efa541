"""A folder kept as one object: a tar archive of its files, written while they are scanned.

What is scanned is what lies in the archive: workers read it there, so that a file which changes meanwhile is scanned
and kept in one and the same state. However many files there are, one object is written and synced, and its bytes are
hashed once: its SHA-256 pins every byte of every file. ``listings.py`` makes of it, before the case is sealed or
exported, the listing of its files' digests.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import re
import sys
import tarfile
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sousveil.evidence.objects import CHUNK, Digest, Incoming, Objects
from sousveil.evidence.wrong import CaseError
from sousveil.model import Limit
from sousveil.unpack import Opener, any_name, not_opened, tree

if TYPE_CHECKING:
    from sousveil.evidence.ledger import Entry

LISTS = "lists"
"""The annotation of a listing: the SHA-256 of the archive whose files it lists, empty where only digests were kept."""
FOLDER = "folder"
"""The annotation of an archive of a folder, whose files are to be listed."""
_BLOCK = 512
_NAME = 100
_MOST_NUMBER = 8**11
_REGULAR = b"        0" + bytes(100) + b"ustar  \0" + bytes(247)
_DIGEST = re.compile(b"[0-9a-f]{64}")
_ESCAPES = {b"\\": b"\\\\", b"\n": b"\\n", b"\r": b"\\r"}
_ESCAPED = re.compile(rb"[\\\n\r]").search
_MOST_TAKEN = 12 << 20
"""Bytes of a file up to which it is taken at once; a larger one is kept when the scan is over."""
_ROOM = CHUNK + _MOST_TAKEN + (1 << 16)


class _Watched:
    """What is common to all who read a folder: what was left out of it, and what changed since a moment."""

    def __init__(self, root: Path, case: Path | None, begun: int) -> None:
        """A ``case`` that lies in the folder is no part of the product. ``begun``: ``now`` when the scan began."""
        self.root = root
        self.left: list[str] = []
        """What was not kept, and why."""
        self.changed: list[str] = []
        """What changed after the scan had begun, so that it may not be what was scanned."""
        self._below = os.fsencode(os.fspath(root).rstrip(os.sep) + os.sep)
        self.own = b""
        """What the paths of the case begin with, where it lies in the folder."""
        self._begun = begun
        self._opener = Opener()
        self._opener.trust(root)
        if case is not None and case.resolve().is_relative_to(root.resolve()):
            within = case.resolve().relative_to(root.resolve())
            self.own = self._below + os.fsencode(within) + os.sep.encode()
            self.left.append(f"{os.fsdecode(self.own)}: the case itself")

    def leave(self, limit: Limit) -> None:
        """Note something that is not looked at."""
        self.left.append(f"{limit.path}: {limit.reason}")

    def _name(self, raw: bytes) -> bytes:
        name = raw[len(self._below) :]
        return name if os.sep == "/" else name.replace(os.sep.encode(), b"/")

    def _opened(self, raw: bytes, display: str) -> tuple[int, os.stat_result] | None:
        """Return a file and what the system says of it, None if there is none to keep."""
        try:
            return self._opener.opened(raw)
        except OSError as error:
            self.left.append(f"{display}: {not_opened(display, error).detail}")
            return None

    def _late(self, display: str, info: os.stat_result) -> None:
        if info.st_ctime_ns > self._begun:
            self.changed.append(display)


def now() -> int:
    """Return the moment by the clock that file systems date changes with, in nanoseconds."""
    coarse = getattr(time, "CLOCK_REALTIME_COARSE", 5)  # Linux; Python does not name it
    return time.clock_gettime_ns(coarse) if sys.platform == "linux" else time.time_ns()


class Folder(_Watched):
    """A folder on its way into a case (``work.shelf.Keeps``)."""

    def __init__(self, root: Path, objects: Objects, begun: int, case: Path | None = None) -> None:
        super().__init__(root, case, begun)
        self._incoming = Incoming(objects, long=False)
        self._later: list[tuple[bytes, str]] = []
        self._failed: OSError | None = None
        self._room = memoryview(_room())
        self._end = 0

    @property
    def path(self) -> Path:
        """Return where the archive is written to."""
        return self._incoming.path

    def take(self, batch: Sequence[tuple[bytes, str, int]]) -> list[tuple[int, int]]:
        """Write files (path, display address, size); return of each how many bytes it has and where they lie.

        -1 where they do not. Where nothing can be written any more, ``finish`` says so: the scan goes on.
        """
        try:
            places = [(size, -1) if self._failed else self._take(raw, display, size) for raw, display, size in batch]
            self._flush()
        except OSError as error:
            self._failed = error
        return [(size, -1) for _, _, size in batch] if self._failed else places

    def _take(self, raw: bytes, display: str, listed: int) -> tuple[int, int]:
        opened = self._opened(raw, display)
        if opened is None:
            return listed, -1
        descriptor, info = opened
        try:
            size = info.st_size
            if size > _MOST_TAKEN:
                self._later.append((raw, display))
                return listed, -1
            if self._end > CHUNK:
                self._flush()
            name = self._name(raw)
            header = _header(name, size, info)
            start = self._end + len(header)
            most = _MOST_TAKEN + 1
            there = _into(descriptor, self._room[start : start + size + 1])
            if there != size:
                # It changes just now: what it holds is taken as it is read.
                while (more := _into(descriptor, self._room[start + there : start + most])) and there < most:
                    there += more
                if there == most:
                    self._later.append((raw, display))
                    return listed, -1
                header = _header(name, there, info)
        finally:
            os.close(descriptor)
        self._room[self._end : start] = header
        end = start + there
        self._end = end + -there % _BLOCK
        self._room[end : self._end] = bytes(self._end - end)
        return there, self._incoming.size + start

    def _flush(self) -> None:
        self._incoming.write(self._room[: self._end])
        self._end = 0

    def later(self, files: Iterable[tuple[bytes, str, int]]) -> None:
        """Note files that are kept when the scan is over."""
        self._later += [(raw, display) for raw, display, _ in files]

    def finish(self) -> Digest:
        """Write what is left, once the scan is over, and keep the archive. Raises CaseError, OSError."""
        if self._failed is not None:
            raise self._failed
        for raw, display in self._later:
            if (opened := self._opened(raw, display)) is not None:
                descriptor, info = opened
                try:
                    self._late(display, info)
                    self._large(self._name(raw), info, descriptor)
                finally:
                    os.close(descriptor)
        self._opener.close()
        self._incoming.write(bytes(2 * _BLOCK))
        return self._incoming.keep()

    def _large(self, name: bytes, info: os.stat_result, descriptor: int) -> None:
        self._incoming.write(_header(name, info.st_size, info))
        size = 0
        while count := _into(descriptor, self._room[:CHUNK]):
            size += count
            if size <= info.st_size:
                self._incoming.write(self._room[:count])
        if size != info.st_size:
            raise CaseError(f"{os.fsdecode(name)}: it changed while it was kept; scan it again when it is at rest")
        self._incoming.write(bytes(-size % _BLOCK))

    def drop(self) -> None:
        """Let go of it; what was kept stays."""
        self._opener.close()
        self._incoming.drop()


def _room() -> mmap.mmap | bytearray:
    """Return memory of which only what is used is taken from the system; no other process shares it."""
    if hasattr(mmap, "MAP_PRIVATE"):
        return mmap.mmap(-1, _ROOM, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return bytearray(_ROOM)


def _into(descriptor: int, room: memoryview) -> int:
    """Read into ``room``; return how many bytes came."""
    data = os.read(descriptor, len(room))
    room[: len(data)] = data
    return len(data)


if hasattr(os, "readv"):

    def _into(descriptor: int, room: memoryview) -> int:
        return os.readv(descriptor, (room,))


class Sums(_Watched):
    """The digests of a folder's files, which are not kept: a line a file, as sha256sum and sha512sum print it."""

    def __init__(self, root: Path, begun: int, case: Path | None = None) -> None:
        super().__init__(root, case, begun)
        self.short: list[bytes] = []
        self.long: list[bytes] = []

    def take(self) -> None:
        """Read the folder."""
        for entry in tree(self.root, unsized=any_name):
            if isinstance(entry, Limit):
                self.leave(entry)
                continue
            if self.own and entry.raw.startswith(self.own):
                continue
            opened = self._opened(entry.raw, entry.display)
            if opened is None:
                continue
            descriptor, info = opened
            try:
                self._late(entry.display, info)
                short, long = hashlib.sha256(), hashlib.sha512()
                while chunk := os.read(descriptor, CHUNK):
                    short.update(chunk)
                    long.update(chunk)
            finally:
                os.close(descriptor)
            name = self._name(entry.raw)
            self.short.append(line(name, short.hexdigest()))
            self.long.append(line(name, long.hexdigest()))
        self._opener.close()


def line(name: bytes, digest: str) -> bytes:
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


def inside(file: IO[bytes], archive: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield name and bytes of each file in an archive; the bytes before the next one is asked for.

    Raises CaseError where it is no archive of a folder.
    """
    # With its own small buffer: of a larger one the library moves all that is left at each read.
    with _readable(archive), tarfile.open(fileobj=file, mode="r|", errorlevel=2) as tar:
        for member in tar:
            data = tar.extractfile(member)
            if data is None:
                raise CaseError(f"{archive}: {member.name!r} in it is no file")
            yield member.name, _chunks(data, archive)
            tar.members.clear()  # type: ignore[attr-defined]  # it would remember them all


def _chunks(file: IO[bytes], archive: Path) -> Iterator[bytes]:
    with _readable(archive):
        while chunk := file.read(CHUNK):
            yield chunk


@contextmanager
def _readable(archive: Path) -> Iterator[None]:
    try:
        yield
    except tarfile.TarError as error:
        raise CaseError(f"{archive}: it is not the archive that was kept: {error}") from error


def members(archive: Path, listing: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield SHA-256 and bytes of each file in an archive; the bytes before the next one is asked for.

    Raises CaseError where it is not what the listing says.
    """
    wrong = CaseError(f"{archive}: it does not hold what {listing.name[:16]}… lists")
    with archive.open("rb") as file:
        try:
            for (name, chunks), (digest, said) in zip(inside(file, archive), listed(listing), strict=True):
                if name != said:
                    raise wrong
                yield digest, chunks
        except ValueError as error:
            raise wrong from error


def packs(entries: Iterable[Entry]) -> dict[str, str]:
    """Return the SHA-256 of each archive that is on record, with that of its listing."""
    return {
        archive: subject["digest"]["sha256"]
        for entry in entries
        for subject in entry.subjects
        if (archive := subject.get("annotations", {}).get(LISTS))
    }


def unlisted(entries: Iterable[Entry]) -> dict[str, dict[str, Any]]:
    """Return the archives that are on record without a listing: of each its subject, by its SHA-256."""
    found: dict[str, dict[str, Any]] = {}
    have: set[str] = set()
    for entry in entries:
        for one in entry.subjects:
            notes = one.get("annotations", {})
            if notes.get(FOLDER):
                found.setdefault(one["digest"]["sha256"], one)
            have.add(notes.get(LISTS, ""))
    return {digest: one for digest, one in found.items() if digest not in have}
