"""What the main process gives its workers: batches of local files, and the open files themselves.

The main process opens files and never reads them; workers read and cannot open.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from msgspec.structs import replace

from sousveil.model import Limit
from sousveil.unpack import Opener, Quotas, is_text_name, not_opened, tree
from sousveil.work.again import UNTYPED
from sousveil.work.messages import Job, Join, Leaf, Part, Read, Seek, Survey
from sousveil.work.shelf import Keeps, Listed
from sousveil.work.station import PASSING, Station
from sousveil.work.stations import Stations

_BATCH_FILES = 128
_FEWEST = 4
"""Files in a job where few may be open."""
_OTHERS, _PLACE = 24, 5
"""What is open beside workers, and for each: a pipe, what tells of its end, a spool, scratch, one to spare."""
_BATCH_BYTES = 48 << 20
LARGE = _BATCH_BYTES // 4
"""Bytes of a file from which on it is a job of its own."""
_SHARED = 2 << 20
"""Bytes of a file from which on, if it is a container, several workers may each survey a part of it."""
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
        *,
        keeps: Keeps | None = None,
        stations: Stations | None = None,
    ) -> None:
        """``stations`` are the places of workers that others started, and close."""
        self._quotas, self._limits, self._listing = quotas, limits, listing
        self._everything, self._only = everything, only
        self._stations = stations or Stations()
        self._shelf = self._stations.shelve(keeps) if keeps is not None else None
        self._own = [] if self._shelf is None else [self._shelf.number]
        self._shelved: list[Survey] = []
        """What was surveyed of a folder that is kept: looked at again as it was kept."""
        self.ocr = self.originals = False
        """Whether pictures are to be looked at, and documents kept whose pages may be shown."""
        self._opener = Opener()
        self._workers = workers
        self._most = _batch_files(workers)

    def station(self) -> Station:
        """Return a place for a worker of this scan alone."""
        station = self._stations.make()
        self._own.append(station.number)
        return station

    def surveys(
        self, inputs: Iterable[tuple[Path, str]], literals: tuple[str, ...] = (), again: tuple[str, ...] = ()
    ) -> Iterator[Survey]:
        """Yield jobs for local files and folders, given with their display addresses."""
        keeps = self._shelf.keeps if self._shelf is not None else None
        others = []
        for path, display in inputs:
            if keeps is None or path != keeps.root:
                others.append((path, display))
            elif literals:
                for job in self._shelved:
                    yield from self._once_more(job, literals, again)
            else:
                for job in self._jobs(self._files([(path, display)], keeps), keeps, literals, again):
                    self._shelved.append(job)
                    yield job
        yield from self._jobs(self._files(others), None, literals, again)

    def _jobs(
        self,
        files: Iterator[Listed],
        keeps: Keeps | None,
        literals: tuple[str, ...],
        again: tuple[str, ...],
    ) -> Iterator[Survey]:
        batch: list[Listed] = []
        size = 0
        for count, found in enumerate(files):
            _, display, length = found
            if literals and display.lower().endswith(UNTYPED):
                continue
            if count >= self._quotas.max_files:
                most = self._quotas.max_files
                self._limits.add(Limit(display, "quota", f"--max-files {most}: the rest was not opened"))
                if keeps is not None:
                    keeps.later(chain([found], files))
                break
            # A large file, most likely a container, is a job of its own.
            if length > LARGE:
                if keeps is not None:
                    keeps.later([found])
                yield self._survey([found], literals, again)
                continue
            batch.append(found)
            size += length
            if len(batch) >= self._most or size >= _BATCH_BYTES:
                yield from self._batch(batch, keeps, literals, again)
                batch, size = [], 0
        if batch:
            yield from self._batch(batch, keeps, literals, again)

    def _batch(
        self, batch: list[Listed], keeps: Keeps | None, literals: tuple[str, ...], again: tuple[str, ...]
    ) -> Iterator[Survey]:
        """Yield the job for some files; of those that are kept, as they were kept."""
        if keeps is None:
            yield self._survey(batch, literals, again)
            return
        places = keeps.take(batch)
        kept = [(one[0], one[1], size, at) for one, (size, at) in zip(batch, places, strict=True) if at >= 0]
        if kept:
            job = self._survey([one[:3] for one in kept], literals, again)
            yield replace(job, shelf=self._shelf.number if self._shelf else 0, offsets=tuple(one[3] for one in kept))
        if len(kept) != len(batch):
            yield self._survey([one for one, (_, at) in zip(batch, places, strict=True) if at < 0], literals, again)

    def _once_more(self, job: Survey, literals: tuple[str, ...], again: tuple[str, ...]) -> Iterator[Survey]:
        """Yield a job of the first search for a second one."""
        chosen = [i for i, display in enumerate(job.displays) if not display.lower().endswith(UNTYPED)]
        if chosen:
            files = [(job.paths[i], job.displays[i], job.sizes[i]) for i in chosen]
            offsets = tuple(job.offsets[i] for i in chosen) if job.offsets else ()
            yield replace(self._survey(files, literals, again), shelf=job.shelf, offsets=offsets)

    def _survey(self, batch: Sequence[Listed], literals: tuple[str, ...], again: tuple[str, ...]) -> Survey:
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

    def _files(self, inputs: Iterable[tuple[Path, str]], keeps: Keeps | None = None) -> Iterator[Listed]:
        for path, display in inputs:
            self._opener.trust(path)
            if not path.is_dir():
                yield os.fsencode(path), display, path.stat().st_size
                continue
            # How large a file of text is shows when it is opened, a system call later; what may be a container must be
            # known before, for a large one is a job of its own that all workers share.
            for entry in tree(path, unsized=is_text_name if PASSING else None):
                if isinstance(entry, Limit):
                    self._limits.add(entry)
                    if keeps is not None:
                        keeps.leave(entry)
                elif keeps is None or not keeps.own or not entry.raw.startswith(keeps.own):
                    yield entry.raw, entry.display, entry.size

    def hand(self, job: Job) -> tuple[Job, Sequence[int]]:
        """Return a job as a worker gets it, and the open files that go with it."""
        if isinstance(job, Seek):
            path, lent = self.lend(job.spool)
            return replace(job, path=path), lent
        if isinstance(job, Join):
            return self._hand_parts(job)
        if isinstance(job, Read):
            return self._hand_read(job)
        if job.spool or job.shelf:
            return self._hand_spooled(job)
        if not PASSING:
            return job, ()
        descriptors: list[int] = []
        sizes = list(job.sizes)
        for index, path in enumerate(job.paths):
            try:
                descriptor, info = self._opener.opened(path)
                descriptors.append(descriptor)
                if sizes[index] < 0:
                    sizes[index] = info.st_size
            except OSError as error:
                sizes[index] = -1
                self._limits.add(not_opened(job.displays[index], error))
        return replace(job, paths=(), sizes=tuple(sizes)), descriptors

    def lend(self, spool: int) -> tuple[bytes, Sequence[int]]:
        """Return a spool's path, or a descriptor of it where that can be handed over."""
        station = self._stations.of(spool)
        if station is None:
            return b"", ()
        return (b"", (station.lend(),)) if PASSING else (os.fsencode(station.path or ""), ())

    def _hand_spooled(self, job: Survey) -> tuple[Job, Sequence[int]]:
        station = self._stations.of(job.spool or job.shelf)
        if station is None:
            return replace(job, sizes=(-1,)), ()
        if not PASSING:
            return replace(job, paths=(os.fsencode(station.path or ""),)), ()
        return replace(job, paths=()), (station.lend(),)

    def _hand_read(self, job: Read) -> tuple[Job, Sequence[int]]:
        station = self._stations.of(job.spool)
        if not PASSING:
            path = station.path if station is not None else None
            return (job if path is None else replace(job, path=os.fsencode(path))), ()
        try:
            descriptor = station.lend() if station is not None else self._opener.open(job.path)
        except OSError as error:
            self._limits.add(not_opened(job.display, error))
            return _NO_READ, ()
        return replace(job, path=b""), (descriptor,)

    def _hand_parts(self, job: Join) -> tuple[Job, Sequence[int]]:
        parts, lent = [], list[int]()
        for part in (job.program, job.common):
            path, descriptors = (part.path, ()) if not part.spool else self.lend(part.spool)
            if PASSING and not part.spool:
                try:
                    descriptors = (self._opener.open(part.path),)
                except OSError as error:
                    self._limits.add(not_opened(part.display, error))
            lent += descriptors
            parts.append(replace(part, path=b"" if PASSING else path))
        if PASSING and len(lent) != len(parts):
            for descriptor in lent:
                os.close(descriptor)
            return _NO_READ, ()
        return replace(job, program=parts[0], common=parts[1]), lent

    def copy(self, leaf: Leaf, job: Survey | Join, out: BinaryIO) -> None:
        """Write the bytes of an artifact that was kept to ``out``."""
        station = self._stations.of(leaf.spool)
        if station is None:
            assert isinstance(job, Survey)
            descriptor, offset = self._opener.open(job.paths[leaf.index]), 0
        elif station.path is None:
            descriptor, offset = station.lend(), leaf.offset
        else:
            descriptor, offset = os.open(station.path, os.O_RDONLY | getattr(os, "O_BINARY", 0)), leaf.offset
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

    def drop(self, item: Leaf | Part | Job) -> None:
        """Give back the room that an artifact takes in a spool."""
        if isinstance(item, Join):
            return
        station = self._stations.of(item.spool)
        if station is not None:
            station.release(item.offset, item.sizes[0] if isinstance(item, Survey) else item.size)

    def close(self) -> None:
        """Remove what is of this scan alone; the workers there must have ended."""
        for number in self._own:
            self._stations.remove(number)
        self._own.clear()
        self._opener.close()


def most_workers(wanted: int) -> int:
    """Return how many of ``wanted`` workers there may be, each with a job that lies ready for it."""
    return max(1, min(wanted, (_may_open() - _OTHERS) // (_PLACE + _FEWEST)))


def _batch_files(workers: int) -> int:
    """Return how many files a job may hold, so that all that wait stay within what a process may have open."""
    return max(_FEWEST, min(_BATCH_FILES, (_may_open() - 64) // (2 * workers + 2)))


def _may_open() -> int:
    if sys.platform == "win32":
        return 1 << 20
    import resource

    may = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return 1 << 20 if may == resource.RLIM_INFINITY else may
