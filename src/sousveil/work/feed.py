"""What the main process gives its workers: batches of local files, and the open files themselves.

The main process opens files and never reads them; workers read and cannot open.
"""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from msgspec.structs import replace

from sousveil.model import Limit
from sousveil.unpack import Quotas, tree
from sousveil.work.again import UNTYPED
from sousveil.work.messages import Job, Leaf, Read, Seek, Survey
from sousveil.work.station import PASSING, Station

_BATCH_FILES = 128
_BATCH_BYTES = 48 << 20
_SHARED = 2 << 20
"""Bytes of a file from which on, if it is a container, several workers may each survey a part of it."""
_READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NO_READ = Read("", "", 0)


class Feed:
    """Local files on their way to the workers of one scan. ``limits`` takes what could not be opened."""

    def __init__(
        self,
        workers: int,
        quotas: Quotas,
        limits: set[Limit],
        listing: bool,
        everything: bool = False,
        only: str = "",
    ) -> None:
        self._quotas, self._limits, self._listing = quotas, limits, listing
        self._everything, self._only = everything, only
        self._stations: list[Station] = []
        self.ocr = self.originals = False
        """Whether pictures are to be looked at, and documents kept whose pages may be shown."""
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._workers = workers
        self._most = _batch_files(workers)

    def station(self) -> Station:
        """Return a place for a worker."""
        if not PASSING and self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="sousveil-")
        folder = None if self._folder is None else Path(self._folder.name)
        self._stations.append(Station(len(self._stations) + 1, folder))
        return self._stations[-1]

    def surveys(
        self, inputs: Iterable[tuple[Path, str]], literals: tuple[str, ...] = (), again: tuple[str, ...] = ()
    ) -> Iterator[Survey]:
        """Yield jobs for local files and folders, given with their display addresses."""
        batch: list[tuple[bytes, str, int]] = []
        size = 0
        for count, found in enumerate(self._files(inputs)):
            _, display, length = found
            if literals and display.lower().endswith(UNTYPED):
                continue
            if count >= self._quotas.max_files:
                most = self._quotas.max_files
                self._limits.add(Limit(display, "quota", f"--max-files {most}: the rest was not opened"))
                break
            # A large file, most likely a container, is a job of its own.
            if length > _BATCH_BYTES // 4:
                yield self._survey([found], literals, again)
                continue
            batch.append(found)
            size += length
            if len(batch) >= self._most or size >= _BATCH_BYTES:
                yield self._survey(batch, literals, again)
                batch, size = [], 0
        if batch:
            yield self._survey(batch, literals, again)

    def _survey(
        self, batch: Sequence[tuple[bytes, str, int]], literals: tuple[str, ...], again: tuple[str, ...]
    ) -> Survey:
        paths, displays, sizes = zip(*batch, strict=True)
        # Quotas of the user's own are counted in one place.
        shared = len(batch) == 1 and sizes[0] >= _SHARED and self._quotas == Quotas()
        listing = self._listing and not literals
        return Survey(
            displays,
            sizes,
            paths,
            self._quotas,
            literals,
            again,
            listing=listing,
            everything=self._everything,
            only=self._only,
            ocr=self.ocr,
            originals=self.originals and not literals,
            shares=self._workers if shared else 1,
        )

    def _files(self, inputs: Iterable[tuple[Path, str]]) -> Iterator[tuple[bytes, str, int]]:
        for path, display in inputs:
            if path.is_dir():
                for entry in tree(path):
                    if isinstance(entry, Limit):
                        self._limits.add(entry)
                    else:
                        yield os.fsencode(entry.path), entry.display, entry.size
            else:
                yield os.fsencode(path), display, path.stat().st_size

    def hand(self, job: Job) -> tuple[Job, Sequence[int]]:
        """Return a job as a worker gets it, and the open files that go with it."""
        if isinstance(job, Seek):
            path, lent = self.lend(job.spool)
            return replace(job, path=path), lent
        if isinstance(job, Read):
            return self._hand_read(job)
        if job.spool:
            return self._hand_spooled(job)
        if not PASSING:
            return job, ()
        descriptors: list[int] = []
        sizes = list(job.sizes)
        for index, path in enumerate(job.paths):
            try:
                descriptors.append(os.open(path, _READING))
            except OSError as error:
                sizes[index] = -1
                self._unreadable(job.displays[index], error)
        return replace(job, paths=(), sizes=tuple(sizes)), descriptors

    def lend(self, spool: int) -> tuple[bytes, Sequence[int]]:
        """Return a spool's path, or a descriptor of it where that can be handed over."""
        station = self._of(spool)
        if station is None:
            return b"", ()
        return (b"", (station.lend(),)) if PASSING else (os.fsencode(station.path or ""), ())

    def _hand_spooled(self, job: Survey) -> tuple[Job, Sequence[int]]:
        station = self._of(job.spool)
        if station is None:
            return replace(job, sizes=(-1,)), ()
        if not PASSING:
            return replace(job, paths=(os.fsencode(station.path or ""),)), ()
        return job, (station.lend(),)

    def _hand_read(self, job: Read) -> tuple[Job, Sequence[int]]:
        station = self._of(job.spool)
        if not PASSING:
            path = station.path if station is not None else None
            return (job if path is None else replace(job, path=os.fsencode(path))), ()
        try:
            descriptor = station.lend() if station is not None else os.open(job.path, _READING)
        except OSError as error:
            self._unreadable(job.display, error)
            return _NO_READ, ()
        return replace(job, path=b""), (descriptor,)

    def copy(self, leaf: Leaf, job: Survey, out: BinaryIO) -> None:
        """Write the bytes of an artifact that was kept to ``out``."""
        station = self._of(leaf.spool)
        if station is None:
            descriptor, offset = os.open(job.paths[leaf.index], _READING), 0
        elif station.path is None:
            descriptor, offset = station.lend(), leaf.offset
        else:
            descriptor, offset = os.open(station.path, _READING), leaf.offset
        try:
            left = leaf.size
            while left > 0:
                part = os.pread(descriptor, min(left, 1 << 20), offset)
                if not part:
                    break
                out.write(part)
                offset, left = offset + len(part), left - len(part)
        finally:
            os.close(descriptor)

    def _unreadable(self, display: str, error: OSError) -> None:
        why = "no permission to read it" if error.errno == errno.EACCES else error.strerror or str(error)
        self._limits.add(Limit(display, "unreadable", why))

    def _of(self, number: int) -> Station | None:
        return self._stations[number - 1] if 0 < number <= len(self._stations) else None

    def drop(self, item: Leaf | Job) -> None:
        """Give back the room that an artifact takes in a spool."""
        station = self._of(item.spool)
        if station is not None:
            station.release(item.offset, item.sizes[0] if isinstance(item, Survey) else item.size)

    def close(self) -> None:
        """Remove everything; the workers must have ended."""
        for station in self._stations:
            station.close()
        self._stations.clear()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def _batch_files(workers: int) -> int:
    """Return how many files a job may hold, so that all that wait stay within what a process may have open."""
    if sys.platform == "win32":
        return _BATCH_FILES
    import resource

    may = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if may == resource.RLIM_INFINITY:
        return _BATCH_FILES
    return max(4, min(_BATCH_FILES, (may - 64) // (2 * workers + 2)))
