"""The second job of a worker: read one artifact that matched."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator

from sousveil.model import Limit
from sousveil.work.matching import matcher, named, places
from sousveil.work.messages import Constructs, Message, Read, Trouble
from sousveil.work.station import Station

_PART = 1 << 30


def read(station: Station, job: Read) -> Iterator[Message]:
    """Yield the constructs of an artifact, and what of it could not be read."""
    from sousveil.read import dispatch
    from sousveil.read.names import read_name

    if not job.sha256:
        return  # it could not be opened any more, and that was said
    station.at(job.display)
    try:
        data = _bytes(station, job)
    except OSError as error:
        yield Trouble(Limit(job.display, "unreadable", error.strerror or str(error)))
        return
    if hashlib.sha256(data).hexdigest() != job.sha256:
        yield Trouble(Limit(job.display, "changed", "the file changed while it was read; its first state was matched"))
        return
    literals = named(job.display, data, job.literals) if job.literals else []
    found, whole_list = places(job.display, data)
    if not whole_list:
        yield Trouble(Limit(job.display, "cut", f"more places hold terms than the {len(found)} that were looked at"))
    hits = [(h.offset, h.encoding) for h in found]
    hits += [(offset, "utf-8") for offset in literals]
    if job.everything:
        reading = dispatch.read_all(job.display, data)
    else:
        reading = dispatch.read(job.display, data, sorted(set(hits)), literals)
    constructs = list(reading.constructs)
    if matcher().name_hits(job.display):
        name = read_name(job.display)
        if name is not None:
            constructs.append(name)
    if job.marks:
        constructs = [dispatch.placed(construct, job.marks) for construct in constructs]
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
            return whole(descriptor, job.size, job.offset)
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
