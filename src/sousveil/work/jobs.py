"""What a worker does: survey files (open, hash, match) and read the few that matched."""

from __future__ import annotations

import functools
import hashlib
import mmap
import os
import stat
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from sousveil.model import Construct, Limit
from sousveil.unpack.entry import Entry, Marks
from sousveil.unpack.limits import Budget, Quotas

if TYPE_CHECKING:
    from sousveil.match.database import Matcher
    from sousveil.unpack.render import Renderer

# One file up to here is held in memory; a larger one is mapped or streamed.
IN_MEMORY = 64 << 20
_MAPPED = 1 << 31


class Survey(Struct, frozen=True, tag=True):
    """Look at local files, opening containers: every leaf is hashed and matched."""

    paths: tuple[bytes, ...]
    displays: tuple[str, ...]
    spool: str
    quotas: Quotas
    literals: tuple[str, ...] = ()
    """Second pass: search these type names instead of the lexicon."""
    listing: bool = False
    skip: tuple[str, ...] = ()
    """Addresses not to be opened again, because a worker died over them."""
    spooled: bool = False
    """Whether ``paths`` are copies to be removed afterwards."""


class Read(Struct, frozen=True, tag=True):
    """Read one artifact that matched."""

    path: bytes
    """Local file that holds its bytes, as the operating system names it: such a name need not be text."""
    display: str
    sha256: str
    spooled: bool
    literals: tuple[str, ...] = ()
    origin: str = ""
    marks: Marks = ()
    """Of a rendering: the SHA-256 of what it was made from, and where its parts stand in that."""


class Leaf(Struct, frozen=True, tag=True):
    """An artifact that holds a term, or every artifact where a listing was asked for."""

    display: str
    sha256: str
    size: int
    kind: str
    path: bytes = b""
    """Where its bytes can be read; empty if it holds no term."""
    spooled: bool = False
    origin: str = ""
    marks: Marks = ()


class Apart(Struct, frozen=True, tag=True):
    """A file inside a container that is to be surveyed in a job of its own: a native library may die over it."""

    display: str
    path: bytes


class Seen(Struct, frozen=True, tag=True):
    """How much was surveyed since the last message, and what is being opened now."""

    files: int
    bytes: int
    now: str
    kinds: dict[str, int] = {}


class Trouble(Struct, frozen=True, tag=True):
    """Something that could not be opened or read."""

    limit: Limit


class Constructs(Struct, frozen=True, tag=True):
    """What was read from one artifact."""

    display: str
    sha256: str
    kind: str
    constructs: tuple[Construct, ...]
    origin: str = ""


Job = Survey | Read
Message = Leaf | Apart | Seen | Trouble | Constructs


def prepare() -> None:
    """Load what every job needs: in the main process before it forks, else once a worker."""
    matcher = _matcher()
    matcher.lexicon.tag("x")
    matcher.matches(b"")


@functools.cache
def _matcher() -> Matcher:
    from sousveil.match.database import Matcher
    from sousveil.match.lexicon import load

    return Matcher(load())


def work(job: Job) -> Iterator[Message]:
    """Yield the messages of one job."""
    if isinstance(job, Survey):
        yield from _Surveyor(job).run()
    else:
        yield from _read(job)


class _Surveyor:
    def __init__(self, job: Survey) -> None:
        self._job = job
        self._budget = Budget(job.quotas)
        self._files = self._bytes = 0
        self._kinds: Counter[str] = Counter()
        self._said = time.monotonic()
        self._serial = 0

    def run(self) -> Iterator[Message]:
        for raw, display in zip(self._job.paths, self._job.displays, strict=True):
            try:
                yield from self._file(os.fsdecode(raw), display)
            except OSError as error:
                yield Trouble(Limit(display, "unreadable", error.strerror or str(error)))
            finally:
                if self._job.spooled:
                    Path(os.fsdecode(raw)).unlink(missing_ok=True)
            if time.monotonic() - self._said > 0.2:
                yield self._progress(display)
        yield self._progress("")

    def _progress(self, now: str) -> Seen:
        said = Seen(self._files, self._bytes, now, dict(self._kinds))
        self._files = self._bytes = 0
        self._kinds = Counter()
        self._said = time.monotonic()
        return said

    def _file(self, path: str, display: str) -> Iterator[Message]:
        # O_NONBLOCK: a FIFO put in the place of a file must not hang the worker.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            info = os.fstat(descriptor)
            if not stat.S_ISREG(info.st_mode):
                yield Trouble(Limit(display, "special", "neither a file nor a folder; not opened"))
                return
            if info.st_size <= IN_MEMORY:
                data = file.read()
                yield from self._contained(path, display, data)
            elif info.st_size < _MAPPED:
                with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as view:
                    yield from self._contained(path, display, view)
            else:
                yield from self._long(path, display, file.read(1 << 22), info.st_size)

    def _contained(self, path: str, display: str, data: bytes | memoryview) -> Iterator[Message]:
        from sousveil import unpack

        head, tail = bytes(data[: unpack.STUB_HEAD]), bytes(data[-unpack.TAIL :])
        if display not in self._job.skip and unpack.is_container(head, display, tail):
            yield from self._container(data if isinstance(data, bytes) else path, display)
            return
        yield from self._file_and_renderings(path, display, data, spooled=False)

    def _long(self, path: str, display: str, head: bytes, size: int) -> Iterator[Message]:
        from sousveil import unpack

        if display not in self._job.skip and unpack.is_container(head, display):
            yield from self._container(path, display)
            return
        digest = hashlib.sha256()

        def chunks() -> Iterator[bytes]:
            with Path(path).open("rb", buffering=0) as file:
                while chunk := file.read(8 << 20):
                    digest.update(chunk)
                    yield chunk

        hit = self._hit_stream(chunks())
        yield from self._note(display, digest.hexdigest(), size, "large", path if hit else "", False)

    def _container(self, product: bytes | str, display: str) -> Iterator[Message]:
        from sousveil import unpack

        for item in unpack.walk(product, display, self._budget):
            yield from self._item(item)
            if time.monotonic() - self._said > 0.2:
                yield self._progress(item.path)

    def _item(self, item: Entry | Limit) -> Iterator[Message]:
        if isinstance(item, Limit):
            yield Trouble(item)
            return
        if item.data is None:
            yield from self._entry(item)
        elif item.document:
            from sousveil import unpack

            yield from self._renderings(unpack.renderer_named(item.document), item.path, item.data)
        else:
            yield from self._file_and_renderings("", item.path, item.data, spooled=True)

    def _file_and_renderings(
        self, path: str, display: str, data: bytes | memoryview, spooled: bool
    ) -> Iterator[Message]:
        """Survey a file, and what it holds in packed or encoded form."""
        from sousveil import unpack

        renderer = unpack.renderer_of(bytes(data[: unpack.HEAD]), display)
        if renderer is not None and not unpack.has(renderer, data):
            renderer = None
        if renderer is not None and renderer.apart and spooled:
            target = self._spool_name()
            target.write_bytes(data)
            yield Apart(display, os.fsencode(target))
            return
        if renderer is None or renderer.also:
            yield from self._leaf(path, display, data, spooled)
        yield from self._sources(display, data)
        if renderer is not None:
            yield from self._renderings(renderer, display, data)

    def _renderings(self, renderer: Renderer, display: str, data: bytes | memoryview) -> Iterator[Message]:
        from sousveil import unpack

        origin = hashlib.sha256(data).hexdigest()
        if not renderer.also:
            yield from self._note(display, origin, len(data), "", "", False)
        if len(data) > unpack.MOST_RENDERED:
            detail = f"{len(data)} bytes; up to {unpack.MOST_RENDERED} are rendered"
            yield Trouble(Limit(display, "too-large", detail))
            return
        for item in self._rendered(renderer, display, bytes(data)):
            if isinstance(item, Limit):
                yield Trouble(item)
            elif item.data is not None and item.inside:
                yield from self._inside(item.path, item.data)
            elif item.data is not None:
                yield from self._leaf("", item.path, item.data, True, origin, item.marks)
            if time.monotonic() - self._said > 0.2:
                yield self._progress(item.path)

    def _rendered(self, renderer: Renderer, display: str, data: bytes) -> Iterator[Entry | Limit]:
        """Yield what a renderer gives; where it fails, that is a limit and what lies beside the file is read."""
        from sousveil import unpack

        try:
            yield from unpack.render(renderer, data, display, self._budget)
        except unpack.Stop as stop:
            yield Limit(display, stop.reason, stop.detail)
        except RecursionError:
            yield Limit(display, "depth", f"{renderer.module}: nested too deep")
        except MemoryError:
            yield Limit(display, "memory", f"{renderer.module}: not enough memory to go on")
        except Exception as error:  # noqa: BLE001 - hostile bytes cost one file, and that is said
            yield Limit(display, "broken", f"{renderer.module}: {type(error).__name__}: {error}"[:200])

    def _inside(self, display: str, data: bytes) -> Iterator[Message]:
        """Survey a file that lies in a document as it is: an attachment."""
        from sousveil import unpack

        if display.count("!/") > self._job.quotas.max_depth:
            yield Trouble(Limit(display, "depth", f"--max-depth {self._job.quotas.max_depth}: files lie deeper"))
            yield from self._leaf("", display, data, spooled=True)
        elif unpack.is_container(data[: unpack.STUB_HEAD], display, data[-unpack.TAIL :]):
            yield from self._container(data, display)
        else:
            yield from self._file_and_renderings("", display, data, spooled=True)

    def _sources(self, display: str, data: bytes | memoryview | None) -> Iterator[Message]:
        """Survey the original sources that a minified script's map holds."""
        from sousveil import unpack

        if isinstance(data, bytes) and unpack.has_sourcemap(display, data):
            for item in unpack.sourcemaps(display, data, self._budget):
                if isinstance(item, Limit):
                    yield Trouble(item)
                else:
                    yield from self._entry(item)

    def _entry(self, entry: Entry) -> Iterator[Message]:
        if entry.data is not None:
            yield from self._leaf("", entry.path, entry.data, spooled=True)
            return
        digest = hashlib.sha256()
        target = self._spool_name()
        size = 0
        with target.open("xb") as out:

            def chunks() -> Iterator[bytes]:
                nonlocal size
                for chunk in entry.chunks():
                    digest.update(chunk)
                    out.write(chunk)
                    size += len(chunk)
                    yield chunk

            hit = self._hit_stream(chunks())
        if not hit:
            target.unlink()
        yield from self._note(entry.path, digest.hexdigest(), size, "large", str(target) if hit else "", hit)

    def _leaf(
        self,
        path: str,
        display: str,
        data: bytes | memoryview,
        spooled: bool,
        origin: str = "",
        marks: Marks = (),
    ) -> Iterator[Message]:
        digest = hashlib.sha256(data).hexdigest()
        if self._hit(data, display):
            if spooled:
                target = self._spool_name()
                with target.open("xb") as out:
                    out.write(data)
                path = str(target)
            yield from self._note(display, digest, len(data), "", path, spooled, origin, marks)
        else:
            yield from self._note(display, digest, len(data), "", "", False, origin)

    def _hit(self, data: bytes | memoryview, display: str) -> bool:
        from sousveil.read.signatures import matchable

        data = matchable(display, data)
        if self._job.literals:
            from sousveil.match.database import find_literals

            return bool(find_literals(data, self._job.literals))
        from sousveil.match import seams

        matcher = _matcher()
        if matcher.matches(data, display) or matcher.name_hits(display):
            return True
        view = seams.view(data, display)
        return view is not None and bool(matcher.matches(view, display))

    def _hit_stream(self, chunks: Iterator[bytes]) -> bool:
        if self._job.literals:
            for _ in chunks:
                pass
            return False
        return bool(_matcher().scan_chunks(chunks))

    def _spool_name(self) -> Path:
        self._serial += 1
        return Path(self._job.spool) / f"{os.getpid()}-{time.monotonic_ns()}-{self._serial}"

    def _note(
        self,
        display: str,
        sha256: str,
        size: int,
        kind: str,
        path: str,
        spooled: bool,
        origin: str = "",
        marks: Marks = (),
    ) -> Iterator[Message]:
        self._files += 1
        self._bytes += size
        suffix = display.rsplit("/", 1)[-1].rpartition(".")[2].lower() if "." in display.rsplit("/", 1)[-1] else ""
        kind = kind or (suffix if suffix.isalnum() and len(suffix) <= 8 else "other")
        self._kinds[kind] += 1
        if path or self._job.listing:
            yield Leaf(display, sha256, size, kind, os.fsencode(path), spooled, origin, marks)


def _read(job: Read) -> Iterator[Message]:
    from sousveil.match import seams
    from sousveil.match.database import find_literals
    from sousveil.read import dispatch
    from sousveil.read.names import read_name
    from sousveil.read.signatures import matchable

    try:
        data = Path(os.fsdecode(job.path)).read_bytes()
    except OSError as error:
        yield Trouble(Limit(job.display, "unreadable", error.strerror or str(error)))
        return
    finally:
        if job.spooled:
            Path(os.fsdecode(job.path)).unlink(missing_ok=True)
    if hashlib.sha256(data).hexdigest() != job.sha256:
        yield Trouble(Limit(job.display, "changed", "the file changed while it was read; its first state was matched"))
        return
    plain = matchable(job.display, data)
    found = _matcher().match(plain, job.display)
    if found.truncated:
        detail = f"more places hold terms than the {len(found)} that were looked at"
        yield Trouble(Limit(job.display, "cut", detail))
    hits = [(h.offset, h.encoding) for h in found]
    if view := seams.view(data, job.display):
        hits += [(h.offset, h.encoding) for h in _matcher().match(view, job.display)]
    if job.literals:
        hits += [(offset, "utf-8") for _, offset in find_literals(plain, job.literals)]
    reading = dispatch.read(job.display, data, sorted(set(hits)))
    constructs = list(reading.constructs)
    if _matcher().name_hits(job.display):
        named = read_name(job.display)
        if named is not None:
            constructs.append(named)
    if job.marks:
        constructs = [dispatch.placed(construct, job.marks) for construct in constructs]
    for limit in reading.limits:
        yield Trouble(limit)
    # In portions: one message stays far below a pipe's and the decoder's limits.
    for start in range(0, max(1, len(constructs)), 500):
        yield Constructs(job.display, job.sha256, reading.kind, tuple(constructs[start : start + 500]), job.origin)
