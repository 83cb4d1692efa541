"""What a worker does: survey files (open, match, hash what matched), and read the few that matched."""

from __future__ import annotations

import hashlib
import mmap
import os
import stat
from collections.abc import Iterator

from sousveil import unpack
from sousveil.match.together import Together
from sousveil.model import Limit
from sousveil.read.own_words import own_words
from sousveil.unpack.entry import Entry, Marks
from sousveil.unpack.limits import Budget
from sousveil.unpack.reading import Share
from sousveil.work import coverage
from sousveil.work.again import UNTYPED, seek
from sousveil.work.documents import Documents
from sousveil.work.joining import join
from sousveil.work.matching import holds, is_plain, matcher, may_be_plain, named, room
from sousveil.work.messages import (
    Apart,
    Job,
    Join,
    Leaf,
    Message,
    Said,
    Seek,
    Spread,
    Survey,
    Trouble,
)
from sousveil.work.reading import read, whole
from sousveil.work.station import Station

# One file up to here is held in memory; a larger one is mapped or streamed.
IN_MEMORY = 128 << 20
_MAPPED = 1 << 31
# O_NONBLOCK: a FIFO put in the place of a file must not hang whoever opens it.
READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def prepare() -> None:
    """Load what every job needs: in the main process before it forks, else once a worker."""
    found = matcher()
    found.lexicon.tag("x")
    found.matches(b"")
    hashlib.sha256()


def warm() -> None:
    """Load what a worker needs beside, while files can still be opened."""
    prepare()
    _ = matcher().patterns


def work(station: Station, job: Job) -> Iterator[Message]:
    """Yield the messages of one job."""
    if isinstance(job, Survey):
        yield from _Surveyor(station, job).run()
    elif isinstance(job, Seek):
        yield from seek(station, job)
    elif isinstance(job, Join):
        yield from join(station, job)
    else:
        yield from read(station, job)


class _Surveyor(Documents):
    def __init__(self, station: Station, job: Survey) -> None:
        super().__init__(station, job, Budget(job.quotas))
        self._budget.pictures = job.ocr
        self._budget.wanted = self._hit
        self._plainly = not job.listing and not job.skip and not job.everything and not job.only
        self._named: frozenset[str] | None = None
        # What is asked of a program comes out of the search for terms, where there is one.
        unpack.search_by(matcher().begins if self._plainly else None)

    def run(self) -> Iterator[Message]:
        job, descriptors = self._job, self._station.files
        if not job.literals and len(job.displays) > 1:
            self._named = matcher().named(job.displays)
        together = room() if self._named is not None and self._plainly else None
        if together is not None:
            together.clear()  # of a job that was given up
        waiting: list[int] = []
        following = 0
        shelf = -1
        if job.offsets:
            shelf = os.open(os.fsdecode(job.paths[0]), READING) if job.paths else descriptors[0]
        for index, (display, size) in enumerate(zip(job.displays, job.sizes, strict=True)):
            if size < 0:
                continue
            descriptor, offset = -1, job.offsets[index] if job.offsets else 0
            try:
                if job.offsets:
                    pass
                elif job.paths:
                    descriptor = os.open(os.fsdecode(job.paths[index]), READING)
                else:
                    descriptor, descriptors[following] = descriptors[following], -1
                    following += 1
                source = shelf if job.offsets else descriptor
                if together is not None and may_be_plain(display) and together.take(source, size, offset):
                    waiting.append(index)
                    if together.full:
                        yield from self._searched(together, waiting)
                elif job.spool:
                    # A copy: what is left of it lies in this worker's own spool.
                    self._station.at(display)
                    yield from self._alone(descriptor, display, whole(descriptor, size, job.offset))
                elif job.skip.count(display) < 2:
                    if job.offsets:
                        data = whole(shelf, size, offset)
                    else:
                        data = os.read(descriptor, size + 1) if 0 < size <= IN_MEMORY else b""
                    yield from self._local(descriptor, index, display, data, size)
            except OSError as error:
                yield Trouble(Limit(display, "unreadable", error.strerror or str(error)))
            finally:
                if descriptor >= 0:
                    os.close(descriptor)
            if self._tally.due():
                yield self._tally.seen(display)
        if together is not None:
            yield from self._searched(together, waiting)
        yield self._tally.seen("")

    def _searched(self, together: Together, waiting: list[int]) -> Iterator[Message]:
        """Survey the files that were read together, of which nearly all are text without a term."""
        for index, (data, binary, places) in zip(waiting, together.files(), strict=True):
            display = self._job.displays[index]
            if binary or places != [] or display in (self._named or ()) or not is_plain(data):
                whole_file = bytes(data)
                if places is not None:
                    matcher().known(whole_file, places)
                yield from self._local(-1, index, display, whole_file, len(data))
            else:
                self._tally.text(display, len(data))
        waiting.clear()

    def _local(self, descriptor: int, index: int, display: str, data: bytes, size: int) -> Iterator[Message]:
        """Survey a local file. ``data`` is all of it, or it is read from the descriptor."""
        self._station.at(display)
        if not self._job.literals and (said := own_words(display, data)):
            yield Said(display, said)
        if not (
            self._plainly
            and len(data) == size
            and self._plain(display, data, unpack.is_plain_text(data, display), local=True)
        ):
            if self._job.offsets:
                yield from self._contained(-1, index, display, data)
            else:
                yield from self._file(descriptor, index, display, data, size)
        self._station.wipe()  # what is read together is no single file

    def _alone(self, descriptor: int, display: str, data: bytes) -> Iterator[Message]:
        """Survey a file that was put apart; of a document that is a container, all but its words is seen already."""
        renderer = unpack.renderer_of(data[: unpack.HEAD], display)
        if renderer is not None and renderer.apart and data[:2] == b"PK" and display not in self._job.skip:
            self._station.at(display, opening=True)
            yield from self._renderings(renderer, display, data)
        else:
            yield from self._contained(descriptor, -1, display, data)

    def _plain(self, display: str, data: bytes, text: bool, local: bool = False) -> bool:
        """Survey a file that is nothing but bytes without a term: nearly every file. Return False if it is not that.

        ``text`` where a glance said so. Of one that is not ``local`` it is known that it is no container.
        """
        if not text and (
            unpack.renderer_of(data, display) is not None
            or (local and (len(data) > unpack.STUB_HEAD or unpack.is_container(data, display) is not None))
            or unpack.has_sourcemap(display, data)
            or unpack.worth_reading(data)
            or unpack.misnamed(display, data)
        ):
            return False
        if self._hit(data, display, local):
            return False
        if text:
            self._tally.text(display, len(data))
        else:
            self._tally.count(display, data)
        return True

    def _file(self, descriptor: int, index: int, display: str, data: bytes, size: int) -> Iterator[Message]:
        if len(data) != size or not size:
            # Large, changed since it was listed, or something else has come in its place.
            info = os.fstat(descriptor)
            if not stat.S_ISREG(info.st_mode):
                yield Trouble(Limit(display, "special", "neither a file nor a folder; not opened"))
                return
            size = info.st_size
            if IN_MEMORY < size < _MAPPED:
                with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as view:
                    yield from self._contained(descriptor, index, display, view)
                return
            if size >= _MAPPED:
                yield from self._long(descriptor, index, display, size)
                return
            data = whole(descriptor, IN_MEMORY)
        yield from self._contained(descriptor, index, display, data)

    def _contained(self, descriptor: int, index: int, display: str, data: bytes | memoryview) -> Iterator[Message]:
        if isinstance(data, bytes):
            found = unpack.is_container(data, display)
        else:
            found = unpack.is_container(bytes(data[: unpack.STUB_HEAD]), display, bytes(data[-unpack.TAIL :]))
        if found and display not in self._job.skip:
            yield from self._container(data if isinstance(data, bytes) else descriptor, display, index)
        elif not self._job.share:
            yield from self._file_and_renderings(index, display, data)

    def _long(self, descriptor: int, index: int, display: str, size: int) -> Iterator[Message]:
        head = whole(descriptor, 1 << 22)
        if unpack.is_container(head, display) and display not in self._job.skip:
            yield from self._container(descriptor, display, index)
            return
        if self._job.share:
            return
        digest = hashlib.sha256()

        def chunks() -> Iterator[bytes]:
            os.lseek(descriptor, 0, os.SEEK_SET)
            while chunk := os.read(descriptor, 8 << 20):
                digest.update(chunk)
                yield chunk

        hit = self._hit_stream(chunks())
        yield from self._note(display, digest.hexdigest(), head, "large", hit, index=index, size=size)

    def _container(self, product: bytes | int, display: str, index: int) -> Iterator[Message]:
        self._station.at(display, opening=True)
        job = self._job
        share = Share(job.share, job.shares) if job.shares > 1 and index >= 0 else None
        told = share is None or job.share > 0
        without = UNTYPED if job.literals else ()
        for item in unpack.walk(product, display, self._budget, share=share, without=without):
            if not told and share is not None and share.spread:
                told = True
                yield Spread()
            if isinstance(item, Entry):
                self._station.at(item.path)
            yield from self._item(item)
            self._station.at(display, opening=True)
            if self._tally.due():
                yield self._tally.seen(item.path)

    def _item(self, item: Entry | Limit) -> Iterator[Message]:
        if isinstance(item, Limit):
            yield Trouble(item)
            return
        if self._job.skip.count(item.path) > 1:
            return
        if item.data is not None and not self._job.literals and (said := own_words(item.path, item.data)):
            yield Said(item.path, said)
        if item.data is None:
            yield from self._entry(item)
        elif item.document:
            yield from self._document(unpack.renderer_named(item.document), item.path, item.data)
        elif not (
            self._plainly and self._plain(item.path, item.data, item.text or unpack.is_plain_text(item.data, item.path))
        ):
            yield from self._file_and_renderings(-1, item.path, item.data)

    def _file_and_renderings(self, index: int, display: str, data: bytes | memoryview) -> Iterator[Message]:
        """Survey a file, and what it holds in packed or encoded form. ``index``: of a local file; else -1."""
        head = data if isinstance(data, bytes) else bytes(data[: unpack.HEAD])
        renderer = None if display in self._job.skip else unpack.renderer_of(head, display)
        if renderer is not None and not unpack.has(renderer, data):
            renderer = None
        if renderer is not None and not renderer.also and self._job.literals and display not in self._job.again:
            return  # its words are searched
        if renderer is not None and renderer.apart and index < 0 and not self._job.spool:
            kept = self._keep(data)
            yield Apart(display, len(data), self._station.number, kept)
            return
        if renderer is None or renderer.also:
            yield from self._leaf(index, display, data)
        if renderer is None and (why := unpack.misnamed(display, data)) and not unpack.is_container(head, display):
            yield Trouble(Limit(display, "not-understood", why))
        if display in self._job.skip:
            return
        if renderer is None and not self._job.literals and unpack.worth_reading(data):
            yield self._picture(display, hashlib.sha256(data).hexdigest(), data)
        yield from self._shares(index, display, data)
        self._station.at(display, opening=True)
        yield from self._sources(display, data)
        if renderer is not None:
            yield from self._renderings(renderer, display, data)

    def _inside(self, display: str, data: bytes) -> Iterator[Message]:
        """Survey a file that lies in a document as it is: an attachment."""
        if display.count("!/") > self._job.quotas.max_depth:
            yield Trouble(Limit(display, "depth", f"--max-depth {self._job.quotas.max_depth}: files lie deeper"))
            yield from self._leaf(-1, display, data)
        else:
            yield from self._contained(-1, -1, display, data)

    def _sources(self, display: str, data: bytes | memoryview | None) -> Iterator[Message]:
        """Survey the original sources that a minified script's map holds."""
        if isinstance(data, bytes) and unpack.has_sourcemap(display, data):
            for item in unpack.sourcemaps(display, data, self._budget):
                if isinstance(item, Limit):
                    yield Trouble(item)
                else:
                    yield from self._entry(item)

    def _entry(self, entry: Entry) -> Iterator[Message]:
        if entry.data is not None:
            yield from self._leaf(-1, entry.path, entry.data)
            return
        digest = hashlib.sha256()
        size = 0
        head = b""
        kept = self._station.keep()

        def chunks() -> Iterator[bytes]:
            nonlocal size, head
            for chunk in entry.chunks():
                head = head or bytes(chunk[: coverage.HEAD])
                digest.update(chunk)
                kept.write(chunk)
                size += len(chunk)
                yield chunk

        hit = False
        try:
            hit = self._hit_stream(chunks())
        finally:
            if hit:
                kept.done()
            else:
                kept.undo()
        yield from self._note(entry.path, digest.hexdigest(), head, "large", hit, offset=kept.offset, size=size)

    def _leaf(
        self, index: int, display: str, data: bytes | memoryview, origin: str = "", marks: Marks = ()
    ) -> Iterator[Message]:
        hit = self._hit(data, display, local=index >= 0)
        if not hit and not self._job.listing:
            self._tally.count(display, data)
            return
        digest = hashlib.sha256(data).hexdigest()
        offset = 0
        if hit and index < 0:
            offset = self._keep(data)
        yield from self._note(display, digest, data, "", hit, index, offset, origin, marks if hit else ())

    def _hit(self, data: bytes | memoryview, display: str, local: bool = False) -> bool:
        if self._job.everything:
            return True
        if self._job.only:
            return display == self._job.only
        if self._job.literals:
            return bool(named(display, data, self._job.literals))
        if holds(display, data):
            return True
        return (not local or self._named is None or display in self._named) and bool(matcher().name_hits(display))

    def _hit_stream(self, chunks: Iterator[bytes]) -> bool:
        if self._job.literals:
            for _ in chunks:
                pass
            return False
        return bool(matcher().scan_chunks(chunks))

    def _note(
        self,
        display: str,
        sha256: str,
        data: bytes | memoryview,
        kind: str,
        hit: bool,
        index: int = -1,
        offset: int = 0,
        origin: str = "",
        marks: Marks = (),
        size: int = -1,
        understood: str = "",
    ) -> Iterator[Message]:
        # A rendering's bytes were counted with the file that it was made from.
        if origin:
            understood = understood or coverage.RENDERED
        kind = self._tally.count(display, data, kind, size, understood)
        if hit or self._job.listing:
            spool = self._station.number if index < 0 else self._job.shelf
            if index >= 0 and self._job.offsets:
                offset = self._job.offsets[index]
            length = len(data) if size < 0 else size
            yield Leaf(display, sha256, length, kind, hit, max(0, index), spool, offset, origin, marks)
