"""Programs and the common files of debug information that dwz made of several: which belong together, both as one."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Sequence

from sousveil.model import Limit
from sousveil.options import Options
from sousveil.unpack.common import OUTSIDE, beside, joined
from sousveil.unpack.limits import Budget, Stop
from sousveil.unpack.render import MOST_RENDERED
from sousveil.work import coverage
from sousveil.work.matching import holds
from sousveil.work.messages import Join, Leaf, Message, Part, Shares, Trouble
from sousveil.work.reading import whole
from sousveil.work.station import Station
from sousveil.work.tally import Tally

JOINED = "!/joined.elf"
_PACKED = "!/debug.elf"
_NAMELESS = "debug information: terms"


def pairs(
    shares: Sequence[Shares], wanted: Collection[str], options: Options
) -> tuple[list[Join], set[Limit], Callable[[Limit], bool]]:
    """Return what is to be read together, what lacks its other half, and which limits told before are settled by it.

    ``wanted``: addresses of what holds a term; where neither half does, both together do not. The build id decides
    which file it is; the path does where one of them has none.
    """
    builds: dict[bytes, Shares] = {}
    places: dict[str, Shares] = {}
    for one in shares:
        if one.common:
            places.setdefault(one.part.display, one)
            if one.build:
                builds.setdefault(one.build, one)
    jobs: list[Join] = []
    limits: set[Limit] = set()
    settled: set[tuple[str, str]] = set()
    for one in shares:
        if one.common:
            continue
        display = one.part.display
        other = builds.get(one.build) if one.build else None
        outside = OUTSIDE.format(one.name)
        if other is None and (other := _by_name(places, display, one.name)) is not None and one.build and other.build:
            limits.add(Limit(display, "outside", f"{outside}: {other.part.display} has another build id"))
            continue
        if other is None:
            limits.add(Limit(display, "outside", outside))
            continue
        if max(one.part.size, other.part.size) > MOST_RENDERED:
            limits.add(Limit(display, "too-large", f"{outside}: up to {MOST_RENDERED} bytes are read"))
            continue
        settled.add((display, outside))
        common = other.part.display
        settled |= {(common, _NAMELESS), (common + _PACKED, _NAMELESS)}
        if any(a in wanted for a in (display, display + _PACKED, common, common + _PACKED)):
            jobs.append(Join(one.part, other.part, options.quotas, options.only_artifact, options.everything))

    def is_settled(limit: Limit) -> bool:
        return (limit.path, limit.detail) in settled or (
            limit.detail.startswith(_NAMELESS) and (limit.path, _NAMELESS) in settled
        )

    return jobs, limits, is_settled


def _by_name(places: dict[str, Shares], display: str, name: str) -> Shares | None:
    """Return the common file at a program's path for it: from its own folder, or from any folder as the root."""
    if (found := places.get(beside(display, name))) is not None:
        return found
    return next((o for at, o in places.items() if name.startswith("/") and at.endswith(name)), None)


def join(station: Station, job: Join) -> Iterator[Message]:
    """Yield a program and its common file as one artifact if it holds a term, and what could not be unpacked."""
    station.at(job.display, opening=True)
    program, common = (_bytes(station, part) for part in (job.program, job.common))
    try:
        data, limits = joined(program, common, job.display, Budget(job.quotas))
    except Stop as stop:
        data, limits = b"", [Limit(job.display, stop.reason, stop.detail)]
    for limit in limits:
        yield Trouble(limit)
    name = job.display + JOINED
    if not data or not (job.everything or job.only == name or (not job.only and holds(name, data))):
        return
    kept = station.keep()
    kept.write(data)
    kept.done()
    kind = Tally().count(name, data, understood=coverage.RENDERED)
    origin = hashlib.sha256(program).hexdigest()
    yield Leaf(name, hashlib.sha256(data).hexdigest(), len(data), kind, True, 0, station.number, kept.offset, origin)


def _bytes(station: Station, part: Part) -> bytes:
    """Return a part's bytes: by the next descriptor that came with the job, else by its path."""
    descriptor = station.files.pop(0) if station.files else os.open(os.fsdecode(part.path), os.O_RDONLY)
    try:
        return whole(descriptor, part.size, part.offset)
    finally:
        os.close(descriptor)
