"""Documents in a survey: rendered, their words searched and kept, pages and attachments handed on."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sousveil import unpack
from sousveil.model import Limit
from sousveil.unpack.entry import Entry, Marks
from sousveil.unpack.limits import Budget
from sousveil.work import coverage
from sousveil.work.messages import (
    Apart,
    Leaf,
    Message,
    Named,
    Original,
    Part,
    Picture,
    Shares,
    Survey,
    Trouble,
    Words,
)
from sousveil.work.station import Station
from sousveil.work.tally import Tally

if TYPE_CHECKING:
    from sousveil.unpack.render import Renderer

_KEPT = 16 << 20
"""Bytes of words of a document that are kept for a second search."""


class Documents(ABC):
    """The part of a survey that renders. What is not defined here the survey itself defines."""

    def __init__(self, station: Station, job: Survey, budget: Budget) -> None:
        self._station = station
        self._job = job
        self._budget = budget
        self._tally = Tally()
        self._again = not (job.literals or job.everything or job.only)
        """Whether there may be a second search after this one."""
        self._kept = ""

    def _document(self, renderer: Renderer, display: str, data: bytes) -> Iterator[Message]:
        """Render a container that is a document; what else lies in it comes by the walk."""
        if display in self._job.skip or (self._job.literals and display not in self._job.again):
            return
        named = unpack.renderer_of(data[: unpack.HEAD], display)
        if renderer.apart and not self._job.spool and named is not None and named.module == renderer.module:
            yield Apart(display, len(data), self._station.number, self._keep(data))
            return
        self._station.at(display, opening=True)
        yield from self._renderings(renderer, display, data)

    def _renderings(self, renderer: Renderer, display: str, data: bytes | memoryview) -> Iterator[Message]:
        origin = ""
        if not renderer.also:
            origin = hashlib.sha256(data).hexdigest()
            yield from self._note(display, origin, data, "", False, understood=coverage.DOCUMENTS)
        if len(data) > unpack.MOST_RENDERED:
            detail = f"{len(data)} bytes; up to {unpack.MOST_RENDERED} are rendered"
            yield Trouble(Limit(display, "too-large", detail))
            return
        for item in rendered(renderer, bytes(data), display, self._budget):
            # Of a program it is asked only where text was made of it: hashing is what a quiet one costs most.
            if not origin and isinstance(item, Entry) and not item.inside:
                origin = hashlib.sha256(data).hexdigest()
            if isinstance(item, Limit):
                yield Trouble(item)
            elif item.data is not None and item.page:
                if not self._job.literals:
                    yield from self._original(renderer, origin, data)
                    yield self._picture(display, origin, item.data, f"page {item.page}", item.page)
            elif item.data is not None and item.inside:
                if self._again:
                    yield Named(display)  # what is attached is no word of it
                yield from self._inside(item.path, item.data)
            elif item.data is not None:
                for message in self._leaf(-1, item.path, item.data, origin, item.marks):
                    yield message
                    if isinstance(message, Leaf) and message.hit:
                        yield from self._original(renderer, origin, data)
                if self._again and not renderer.also:
                    yield self._words(display, item.data)
            if self._tally.due():
                yield self._tally.seen(item.path)

    def _original(self, renderer: Renderer, origin: str, data: bytes | memoryview) -> Iterator[Original]:
        """Keep a document whose pages may be shown, once."""
        if self._job.originals and renderer.module == "pdf" and origin != self._kept:
            self._kept = origin
            yield Original(origin, len(data), self._station.number, self._keep(data))

    def _words(self, document: str, words: bytes) -> Words | Named:
        """Keep a document's words for a second search; it will open again what is too long to be kept."""
        if len(words) > _KEPT:
            return Named(document)
        return Words(document, len(words), self._station.number, self._keep(words))

    def _picture(
        self, display: str, origin: str, data: bytes | memoryview, place: str = "", number: int = 0
    ) -> Picture:
        if not self._job.ocr:
            return Picture(display, origin, place=place, number=number)
        at = self._keep(data)
        return Picture(display, origin, len(data), self._station.number, at, place, number, unpack.PAGE_DOTS)

    def _shares(self, index: int, display: str, data: bytes | memoryview) -> Iterator[Shares]:
        """Tell of a program whose debug information goes on in a common file, and of such a file."""
        if self._job.literals or (found := unpack.shared_debug(data)) is None:
            return
        reference, common = found
        part = Part(display, len(data), self._job.shelf, self._job.offsets[index] if self._job.offsets else 0)
        if index < 0:
            part = Part(display, len(data), self._station.number, self._keep(data))
        yield Shares(part, reference.name, reference.build, common, index)

    def _keep(self, data: bytes | memoryview) -> int:
        """Return where in the spool a file's bytes now lie."""
        kept = self._station.keep()
        kept.write(data)
        kept.done()
        return kept.offset

    @abstractmethod
    def _leaf(
        self, index: int, display: str, data: bytes | memoryview, origin: str = "", marks: Marks = ()
    ) -> Iterator[Message]: ...

    @abstractmethod
    def _inside(self, display: str, data: bytes) -> Iterator[Message]: ...

    @abstractmethod
    def _note(
        self, display: str, sha256: str, data: bytes | memoryview, kind: str, hit: bool, *, understood: str = ""
    ) -> Iterator[Message]: ...


def rendered(renderer: Renderer, data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield what a renderer gives, and whatever ended it as a limit. Raise nothing."""
    try:
        yield from unpack.render(renderer, data, display, budget)
    except unpack.Stop as stop:
        yield Limit(display, stop.reason, stop.detail)
    except RecursionError:
        yield Limit(display, "depth", f"{renderer.module}: nested too deep")
    except MemoryError:
        yield Limit(display, "memory", f"{renderer.module}: not enough memory to go on")
    except Exception as error:  # noqa: BLE001 - hostile bytes cost one file, and that is said
        yield Limit(display, "broken", f"{renderer.module}: {type(error).__name__}: {error}"[:200])
