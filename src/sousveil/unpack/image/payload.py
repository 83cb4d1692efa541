"""Android's update packages, ``payload.bin``. Layout: AOSP system/update_engine/update_metadata.proto."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from msgspec import Struct

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.parts import Damaged, zeros
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Seekable, Stream

ABOUT = About(
    title="Android update packages",
    ends="payload.bin",
    reads="Every partition of a full update (plain, bzip2, xz, Zstandard), which is then opened.",
    limits="Updates that hold differences to an older version: what does not need that is read.",
)
_MOST_MANIFEST = 64 << 20
_MOST_OPERATIONS = 1 << 20
_MOST_EXTENTS = 256
"""Of one operation: it is unpacked for each."""
_MOST_SIZE = 1 << 40
_PLAIN = {0: "", 1: "bz2", 8: "xz", 14: "zst"}
_ZERO = (6, 7)
Field = tuple[int, int | bytes]


class _Run(Struct):
    """Blocks of a partition, in order, and where in the package they come from."""

    start: int
    blocks: int
    kind: int
    place: int
    size: int
    skip: int
    """Blocks of what comes out that belong to stretches before."""


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield each partition. Raise NotOpened where the manifest cannot be read."""
    del name
    head = source.read(0, 24)
    version, length = int.from_bytes(head[4:12], "big"), int.from_bytes(head[12:20], "big")
    if len(head) < 24 or version != 2 or not 0 < length <= min(_MOST_MANIFEST, source.size):
        raise NotOpened("unsupported" if version == 1 else "broken", f"version {version}, a manifest of {length} bytes")
    base = 24 + length + int.from_bytes(head[20:24], "big")
    manifest = source.read(24, length)
    try:
        block = next((v for n, v in _fields(manifest) if n == 3 and isinstance(v, int)), 4096)
        listed = [value for number, value in _fields(manifest) if number == 13 and isinstance(value, bytes)]
        if not 512 <= block <= 1 << 20 or not listed:
            raise Damaged("no partitions are listed")
        partitions = [_partition(value, base) for value in listed]
    except Damaged as error:
        raise NotOpened("broken", f"manifest: {error}") from None
    reading.opened = True
    reading.spread()
    for label, runs, missing in partitions:
        reading.budget.tick()
        file = label + ".img"
        if missing:
            reading.note("outside", f"{missing} stretches differ from an older version; zeros stand for them", file)
        if not runs:
            continue
        size = max(run.start + run.blocks for run in runs) * block
        if size > _MOST_SIZE:
            reading.note("broken", f"a partition of {size} bytes", file)
        else:
            stream = Stream(reading.metered(_content(source, runs, block, file, reading)), size)
            yield Item(file.encode("utf-8", "surrogateescape"), file, stream)
        yield from reading.drain()


def _partition(raw: bytes, base: int) -> tuple[str, list[_Run], int]:
    """Return a partition's name, what it is made of, and how many stretches need an older version."""
    label, runs, missing = "", [], 0
    for number, value in _fields(raw):
        if number == 1 and isinstance(value, bytes):
            label = value.decode("utf-8", "replace")
        elif number == 8 and isinstance(value, bytes):
            numbers = {n: v for n, v in _fields(value) if isinstance(v, int)}
            extents = [dict(_fields(v)) for n, v in _fields(value) if n == 6 and isinstance(v, bytes)]
            kind = numbers.get(1, 0)
            if kind not in _PLAIN and kind not in _ZERO:
                missing += 1
                continue
            if len(extents) > _MOST_EXTENTS:
                raise Damaged(f"an operation for {len(extents)} stretches")
            skip = 0
            for extent in extents:
                start, blocks = extent.get(1, 0), extent.get(2, 0)
                if isinstance(start, int) and isinstance(blocks, int):
                    runs.append(_Run(start, blocks, kind, base + numbers.get(2, 0), numbers.get(3, 0), skip))
                    skip += blocks
            if len(runs) > _MOST_OPERATIONS:
                raise Damaged("more operations than are followed")
    return label or "partition", sorted(runs, key=lambda run: run.start), missing


def _content(source: Seekable, runs: list[_Run], block: int, file: str, reading: Reading) -> Iterator[bytes]:
    at = 0
    for run in runs:
        start, want = run.start * block, run.blocks * block
        if start < at:
            reading.note("broken", f"blocks {run.start} twice", file)
            continue
        yield from zeros(start - at)
        skip, got = run.skip * block, 0
        if run.kind in _PLAIN:
            try:
                for piece in _unpacked(source, run, reading):
                    part = piece[skip : skip + want - got]
                    skip = max(0, skip - len(piece))
                    got += len(part)
                    yield part
                    if got == want:
                        break
            except Damaged as error:
                reading.note("broken", f"blocks {run.start}: {error}", file)
            if got < want:
                reading.note("truncated", f"blocks {run.start}: {got} of {want} bytes came out", file)
        yield from zeros(want - got)
        at = start + want


def _unpacked(source: Seekable, run: _Run, reading: Reading) -> Iterator[bytes]:
    from sousveil.unpack.archive import expand_raw
    from sousveil.unpack.streams import Expansion

    if run.place + run.size > source.size:
        raise Damaged("its bytes lie beyond the end")
    packed = source.window(run.place, run.size)
    kind = _PLAIN[run.kind]
    if not kind:
        yield from packed.chunks()
    elif kind == "zst":
        try:
            yield from expand_raw(kind, packed, reading)
        except NotOpened as error:
            raise Damaged(error.detail) from None
    else:
        expansion = Expansion(kind, packed, reading.fed)
        yield from expansion.parts()
        if expansion.problem is not None:
            raise Damaged(expansion.problem[1])


def _fields(raw: bytes) -> Iterator[Field]:
    """Yield number and value of each field of a message: a number, or bytes. Raise Damaged."""
    at = 0
    while at < len(raw):
        key, at = _number(raw, at)
        if key & 7 == 0:
            value, at = _number(raw, at)
            yield key >> 3, value
            continue
        if key & 7 == 2:
            size, at = _number(raw, at)
        elif key & 7 in (1, 5):
            size = 8 if key & 7 == 1 else 4
        else:
            raise Damaged(f"a field of kind {key & 7}")
        if at + size > len(raw):
            raise Damaged("a field that is cut")
        yield key >> 3, raw[at : at + size]
        at += size


def _number(raw: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(raw):
            break
        value |= (raw[at] & 127) << shift
        at += 1
        if raw[at - 1] < 128:
            return value, at
    raise Damaged("a number that is cut")
