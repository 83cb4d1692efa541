"""The walk through a container and all that lie in it: one file after the other, nothing extracted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from sousveil.model import Limit
from sousveil.unpack import image
from sousveil.unpack.archive import NEEDS_SEEK
from sousveil.unpack.entry import Entry
from sousveil.unpack.glance import is_plain_text
from sousveil.unpack.limits import Budget, Meter, Stop
from sousveil.unpack.names import shown
from sousveil.unpack.readers import reader
from sousveil.unpack.reading import Item, NotOpened, Reading, Share
from sousveil.unpack.render.package import covered, document_of
from sousveil.unpack.sniff import (
    STUB_HEAD,
    STUBS,
    TAIL,
    UNSUPPORTED,
    is_container,
)
from sousveil.unpack.source import Memory, Source, Stream, Window, seekable

IN_MEMORY = 64 << 20
"""Bytes up to which a file's content is held in memory."""
HELD = 192 << 20
"""Bytes of nested containers held in memory at one time; beyond, they lie in a file without a name."""
FORGIVEN = 8
"""Bombs that are left while what lies beside them is read. After that the container around them is left too."""
WIDE = 4 << 20
"""Bytes of a container in a shared one from which on it is shared itself."""
SHARED = frozenset((
    "zip", "asar", "squashfs", "ext", "erofs", "uimage", "firmware", "disk", "trx", "fat", "appimage", "cramfs",
    "pyinstaller", "dotnetbundle", "super", "payload",
))  # fmt: skip
"""Formats whose readers may share (`Reading.spread`): files can be read each by itself."""
SAME_LIMITS = 200
"""Limits of one reason and one container that are listed one by one."""


class _Frame:
    """One container that is open."""

    def __init__(
        self, display: str, raw: bytes, source: Source, reading: Reading, fmt: str, name: str, owner: bool
    ) -> None:
        self.owner = owner
        """Whether this walk gives out the files if they cannot be shared."""
        self.display = display
        self.raw = raw
        self.source = source
        self.reading = reading
        self.fmt = fmt
        self.items = reader(fmt, source, reading, name)
        self.leftover = False
        self.document = ""
        self.found = 0
        self.told: dict[str, int] = {}
        self.more: dict[str, bool] = {}
        self.held = source.size if isinstance(source, Memory) else 0


def walk(
    product: str | os.PathLike[str] | bytes | int,
    display: str,
    budget: Budget | None = None,
    *,
    deadline: float | None = None,
    in_memory: int = IN_MEMORY,
    share: Share | None = None,
    without: tuple[str, ...] = (),
) -> Iterator[Entry | Limit]:
    """Yield every file in a container, those of the containers in it too, and what could not be read.

    `product` is a path, the bytes themselves or an open descriptor, which stays open. `deadline` is a time of
    `time.monotonic`; past it a limit says so and the walk ends. A container that cannot be opened is an entry itself,
    `product` too. Entries without `data` must be read before the next is asked for. Errors of the operating system
    become limits; nothing else is raised. With `share` only a part of the files is given out, those that walks of the
    same bytes with the other shares leave, and limits may be told by each; the first gives all unless `share.spread`.
    Files of a container whose names end as one of `without` (in lower case) are left out.
    """
    return _Walk(budget or Budget(), in_memory, share, without).run(product, display, deadline)


class _Walk:
    def __init__(self, budget: Budget, in_memory: int, share: Share | None, without: tuple[str, ...]) -> None:
        self.budget = budget
        self.share = share
        self.without = without
        self.in_memory = in_memory
        self.frames: list[_Frame] = []
        self.forgiven = 0
        self.held = 0

    def run(
        self, product: str | os.PathLike[str] | bytes | int, display: str, deadline: float | None
    ) -> Iterator[Entry | Limit]:
        """Walk one product file; leave nothing open, however it ends."""
        before = self.budget.deadline
        if deadline is not None:
            self.budget.deadline = deadline
        try:
            if isinstance(product, bytes):
                yield from self._root(Memory(product), display)
            else:
                yield from self._file(product, display)
        finally:
            self.budget.deadline = before
            for frame in reversed(self.frames):
                frame.items.close()
                frame.source.close()

    def _file(self, product: str | os.PathLike[str] | int, display: str) -> Iterator[Entry | Limit]:
        try:
            ours = not isinstance(product, int)
            file: BinaryIO = open(product, "rb", buffering=0, closefd=ours)  # noqa: SIM115 - closed below
        except (OSError, ValueError) as error:
            yield Limit(shown(display), "unreadable", str(getattr(error, "strerror", None) or error))
            return
        with file:
            before = os.fstat(file.fileno())
            yield from self._root(Window(file, 0, before.st_size), display)
            after = os.fstat(file.fileno())
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                yield Limit(shown(display), "changed", "the file was changed while it was read")

    def _root(self, source: Memory | Window, display: str) -> Iterator[Entry | Limit]:
        name = display.rsplit("/", 1)[-1]
        root = Item(b"", name, source)
        meter = Meter(self.budget, source.size)
        yield from self._guarded(root, shown(display), b"", None, meter)
        while self.frames:
            frame = self.frames[-1]
            try:
                found = next(frame.items, None)
                frame.found += found is not None
            except Stop as stop:
                yield from self._stopped(stop)
                continue
            except NotOpened as error:
                yield from self._not_opened(frame, error.reason, error.detail)
                continue
            except (OSError, MemoryError) as error:
                yield from self._limit(frame, _system(frame.display, error))
                yield from self._pop()
                continue
            if not (frame.owner or frame.reading.shared):
                self._leave(frame)
            elif found is None:
                yield from self._pop()
            elif isinstance(found, Limit):
                yield from self._limit(frame, found)
            elif frame.document and covered(frame.document, found.name):
                # Its words are in the document's rendering.
                continue
            elif self.without and not found.taken and frame.reading.unwanted(found.name):
                frame.reading.mine()
            else:
                path = frame.reading.path(found.name)
                raw = frame.raw + b"!/" + found.raw if frame.raw else found.raw
                held = found.source
                asked = found.taken or not frame.reading.shared
                if (
                    asked
                    and isinstance(held, Memory)
                    and ((text := is_plain_text(held.data, path)) or is_container(held.data, found.name) is None)
                ):
                    # Nearly every file: no more than this for it.
                    try:
                        self.budget.take_file()
                    except Stop as stop:
                        yield from self._stopped(stop)
                        continue
                    yield Entry(path, raw, held.size, held.data, text=text)
                    continue
                yield from self._guarded(found, path, raw, frame, None)

    def _guarded(
        self, item: Item, path: str, raw: bytes, frame: _Frame | None, meter: Meter | None
    ) -> Iterator[Entry | Limit]:
        """Yield what an item gives, with quotas and the system's errors turned into limits."""
        try:
            yield from self._item(item, path, raw, frame, meter)
        except Stop as stop:
            yield from self._stopped(stop, item, path)
        except (OSError, MemoryError) as error:
            yield _system(path, error)

    def _item(
        self, item: Item, path: str, raw: bytes, frame: _Frame | None, meter: Meter | None
    ) -> Iterator[Entry | Limit]:
        """Open an item if it is a container; yield it if it is none."""
        source = item.source
        self.budget.take_file()
        owner, share = self._whose(item, frame)
        if not owner and share is None:
            return
        again = item.leftover and frame is not None and frame.leftover
        fmt = None if again else self._format(item)
        if not owner and (fmt not in SHARED or len(self.frames) >= self.budget.quotas.max_depth):
            return
        if fmt is None:
            yield from self._leaf(item, path, raw)
            return
        if fmt in UNSUPPORTED:
            size = "" if source.size is None else f" of {source.size:,} bytes"
            yield Limit(path, "unsupported", f"{UNSUPPORTED[fmt]}{size}; its files were not read")
            yield from self._leaf(item, path, raw)
            return
        depth = len(self.frames)
        if depth >= self.budget.quotas.max_depth:
            yield Limit(path, "depth", f"--max-depth {self.budget.quotas.max_depth}: containers lie deeper")
            yield from self._leaf(item, path, raw)
            return
        room = max(0, min(self.in_memory, HELD - self.held))
        if isinstance(item.source, Stream):
            if fmt in NEEDS_SEEK or fmt in image.MODULES or fmt in ("zip", "stub", "asar"):
                source = seekable(item.source, room)
            else:
                item.source.remember(min(self.in_memory, room))
        elif isinstance(item.source, Memory) and self.held + item.source.size > HELD:
            source = seekable(Stream(item.source.chunks()), 0)
        if meter is None:
            parent = item.meter or (frame.reading.meter if frame is not None else None)
            meter = Meter(self.budget, source.size or 1, parent)
        self.budget.containers += 1
        document = ""
        if fmt == "zip" and not isinstance(source, Stream) and source.size <= self.in_memory and not item.leftover:
            document = document_of(source.head(), source.read(max(0, source.size - TAIL), TAIL), item.name)
        if document and not owner:
            source.close()
            return
        reading = Reading(path, meter, self.in_memory, None if document else share, self.without)
        opened = _Frame(path, raw, source, reading, fmt, item.name, owner)
        if document and not isinstance(source, Stream):
            opened.document = document
            data = source.read(0, source.size)
            yield Entry(path, raw, len(data), data, document=document)
        opened.leftover = item.leftover or (frame is not None and frame.leftover and fmt == "zip")
        self.held += opened.held
        self.frames.append(opened)

    def _whose(self, item: Item, frame: _Frame | None) -> tuple[bool, Share | None]:
        """Return whether an item is this walk's to give out if it is not shared, and the share if it may be."""
        if frame is None:
            return self.share is None or self.share.number == 0, self.share
        if item.taken or not frame.reading.shared:
            return True, None
        source = item.source
        wide = not isinstance(source, Stream) and source.size >= WIDE
        return frame.reading.mine(), self.share if wide else None

    def _leave(self, frame: _Frame) -> None:
        """Close the innermost container without a word: another walk gives out what is in it."""
        self.frames.pop()
        self.held -= frame.held
        frame.items.close()
        frame.source.close()

    def _format(self, item: Item) -> str | None:
        source = item.source
        if isinstance(source, Memory):
            return is_container(source.data, item.name)
        head = source.head()
        if head.startswith(STUBS) or item.name.lower().endswith(".dmg"):
            # A program with an archive behind it, or a disk image: the end of the file must be looked at.
            item.source = source = seekable(source, self.in_memory)
            head = source.read(0, STUB_HEAD)
        if isinstance(source, Stream):
            return is_container(head, item.name, b"")
        return is_container(head, item.name, source.read(max(0, source.size - TAIL), TAIL))

    def _leaf(self, item: Item, path: str, raw: bytes) -> Iterator[Entry | Limit]:
        """Yield a file's content, in memory where it is small enough."""
        source = item.source
        if isinstance(source, Memory):
            yield Entry(path, raw, source.size, source.data)
            return
        if isinstance(source, Window) and source.size <= self.in_memory:
            data = source.read(0, source.size)
            yield Entry(path, raw, len(data), data)
            return
        stops: list[Stop | OSError | MemoryError] = []
        if isinstance(source, Stream) and (source.size is None or source.size <= self.in_memory):
            parts: list[bytes] = []
            got = 0
            for chunk in _until_stop(source, stops):
                parts.append(chunk)
                got += len(chunk)
                if got > self.in_memory:
                    break
            if got <= self.in_memory:
                whole = b"".join(parts)
                parts.clear()
                yield Entry(path, raw, got, whole)
                self._raise(stops)
                return
            source.push(parts)
        size = -1 if source.size is None else source.size
        yield Entry(path, raw, size, None, lambda: _until_stop(source, stops))
        self._raise(stops)

    @staticmethod
    def _raise(stops: list[Stop | OSError | MemoryError]) -> None:
        if stops:
            raise stops[0]

    def _stopped(self, stop: Stop, item: Item | None = None, path: str = "") -> Iterator[Limit]:
        """Leave the file, the container or the whole product that hit a quota; yield the limit that says so."""
        if item is not None and stop.meter is not None and stop.meter is item.meter:
            yield Limit(path, stop.reason, stop.detail)
            if self._forgive(stop.meter):
                return
            stop.meter = self.frames[0].reading.meter if self.frames else None
        elif stop.meter is None:
            where = self.frames[-1].display if self.frames else path
            yield Limit(path or where, stop.reason, stop.detail)
        while self.frames:
            frame = self.frames[-1]
            if stop.meter is not None and not frame.reading.meter.within(stop.meter):
                return
            if stop.meter is frame.reading.meter:
                yield Limit(frame.display, stop.reason, stop.detail)
                yield from self._pop()
                if self._forgive(frame.reading.meter):
                    return
                stop.meter = self.frames[0].reading.meter if self.frames else None
                continue
            yield from self._pop()

    def _forgive(self, meter: Meter) -> bool:
        if self.forgiven >= FORGIVEN:
            return False
        self.forgiven += 1
        meter.forgive()
        return True

    def _not_opened(self, frame: _Frame, reason: str, detail: str) -> Iterator[Entry | Limit]:
        """Yield a container that nothing came out of as a file itself, with the reason."""
        if not frame.owner:
            self._leave(frame)
            return
        source = frame.source
        self.frames.pop()
        self.held -= frame.held
        if reason:  # none: a file in which images were looked for and not found
            yield Limit(frame.display, reason, f"{frame.fmt}: {shown(detail)}"[:200])
        if isinstance(source, Stream) and not source.rewound():
            return
        try:
            yield from self._leaf(Item(b"", "", source), frame.display, frame.raw)
        except Stop as stop:
            yield from self._stopped(stop, None, frame.display)
        finally:
            if not isinstance(source, Stream):
                source.close()

    def _limit(self, frame: _Frame, limit: Limit) -> Iterator[Limit]:
        """Yield a limit unless the container has had as many of its kind: those are told as a number at its end."""
        told = frame.told.get(limit.reason, 0) + 1
        frame.told[limit.reason] = told
        if told <= SAME_LIMITS:
            yield limit
        else:
            frame.more[limit.reason] = frame.more.get(limit.reason, False) or limit.incomplete

    def _pop(self) -> Iterator[Limit]:
        """Close the innermost container."""
        frame = self.frames.pop()
        self.held -= frame.held
        frame.items.close()
        for limit in frame.reading.drain():
            frame.found += 1
            yield from self._limit(frame, limit)
        if not (frame.found or frame.reading.asked) and frame.fmt in image.MODULES and frame.reading.opened:
            yield Limit(frame.display, "broken", f"{frame.fmt}: no file was found in it")
        for reason, incomplete in frame.more.items():
            count = frame.told[reason] - SAME_LIMITS
            yield Limit(frame.display, reason, f"and {count} more of this kind", incomplete)
        frame.source.close()


def _system(path: str, error: OSError | MemoryError) -> Limit:
    """Return the limit for what the operating system refused."""
    if isinstance(error, MemoryError):
        return Limit(path, "quota", "not enough memory to go on")
    return Limit(path, "unreadable", str(error.strerror or error))


def _until_stop(source: Source, stops: list[Stop | OSError | MemoryError]) -> Iterator[bytes]:
    """Yield a source's chunks; a quota or an error ends them and is kept for the walk."""
    try:
        yield from source.chunks()
    except (Stop, OSError, MemoryError) as stop:
        stops.append(stop)
