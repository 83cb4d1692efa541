"""The second job of a worker: read one artifact that matched."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from sousveil.model import Limit
from sousveil.unpack.entry import Marks
from sousveil.work.matching import matcher, named, places
from sousveil.work.messages import Constructs, Message, Read, Trouble
from sousveil.work.station import Station

_PART = 1 << 30


def read(station: Station, job: Read) -> Iterator[Message]:
    """Yield the constructs of an artifact, and what of it could not be read."""
    if not job.sha256:
        return  # it could not be opened any more, and that was said
    station.at(job.display)
    try:
        data = _bytes(station, job)
        end = len(data) - job.document
        data, marks, document = data[: end - job.marked], data[end - job.marked : end], data[end:]
    except OSError as error:
        yield Trouble(Limit(job.display, "unreadable", error.strerror or str(error)))
        return
    if hashlib.sha256(data).hexdigest() != job.sha256:
        yield Trouble(Limit(job.display, "changed", "the file changed while it was read; its first state was matched"))
        return
    literals = named(job.display, data, job.literals) if job.literals else []
    if job.literals and not literals:
        return  # words that were kept, and hold none of the names
    if document:
        yield from _placed(station, job, document)
        return
    known = msgspec.msgpack.decode(marks, type=Marks) if job.marked else job.marks
    yield from _read(job, data, known, literals)


def _placed(station: Station, job: Read, document: bytes) -> Iterator[Message]:
    """Yield what is read of a document whose words alone were kept, now that it holds a name that is looked for."""
    from sousveil.unpack import Budget, renderer_named
    from sousveil.work.rendering import rendered

    display = job.display.rpartition("!/")[0]
    station.at(display, opening=True)
    for item in rendered(renderer_named("pdf"), document, display, Budget()):
        if isinstance(item, Limit) or item.data is None or item.page or item.inside:
            continue  # said the first time
        if literals := named(item.path, item.data, job.literals):
            digest = hashlib.sha256(item.data).hexdigest()
            yield from _read(replace(job, display=item.path, sha256=digest), item.data, item.marks, literals)


def _read(job: Read, data: bytes, marks: Marks, literals: Sequence[int]) -> Iterator[Message]:
    from sousveil.read import dispatch
    from sousveil.read.names import read_name

    found, whole_list = places(job.display, data)
    if not whole_list:
        yield Trouble(Limit(job.display, "cut", f"more places hold terms than the {len(found)} that were looked at"))
    hits = [(h.offset, h.encoding) for h in found]
    hits += [(offset, "utf-8") for offset in literals]
    if job.everything:
        reading = dispatch.read_all(job.display, data)
    else:
        reading = dispatch.read(job.display, data, sorted(set(hits)))
    constructs = list(reading.constructs)
    if matcher().name_hits(job.display):
        name = read_name(job.display)
        if name is not None:
            constructs.append(name)
    if marks:
        constructs = [dispatch.placed(construct, marks) for construct in constructs]
    for limit in reading.limits:
        yield Trouble(limit)
    # In portions: one message stays far below a pipe's and the decoder's limits.
    for start in range(0, max(1, len(constructs)), 500):
        yield Constructs(job.display, job.sha256, reading.kind, tuple(constructs[start : start + 500]), job.origin)


def _bytes(station: Station, job: Read) -> bytes:
    if station.files:
        descriptor = station.files.pop()
    else:
        descriptor = os.open(os.fsdecode(job.path), os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        if job.spool:
            return whole(descriptor, job.size + job.marked + job.document, job.offset)
        # One byte more than there was: it then differs, and that is said.
        return whole(descriptor, job.size + 1)
    finally:
        os.close(descriptor)


def whole(descriptor: int, size: int, offset: int = 0) -> bytes:
    """Return at most ``size`` bytes from ``offset``, fewer where the file ends before."""
    parts = []
    while size > 0:
        if hasattr(os, "pread"):
            part = os.pread(descriptor, min(size, _PART), offset)
        else:
            os.lseek(descriptor, offset, os.SEEK_SET)
            part = os.read(descriptor, min(size, _PART))
        if not part:
            break
        parts.append(part)
        size -= len(part)
        offset += len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
