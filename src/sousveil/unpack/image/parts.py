"""What the readers of images share: files given out under the quotas, gaps told, entropy, numbers out of bytes."""

from __future__ import annotations

import math
import stat
from collections import Counter
from collections.abc import Generator, Iterator

from sousveil.model import Limit
from sousveil.unpack.limits import Meter
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import CHUNK, Memory, Seekable, Stream

DEVICES = {
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
    stat.S_IFIFO: "a FIFO (named pipe)",
    stat.S_IFSOCK: "a socket",
}
MOST_NAME = 4096
"""Bytes of a path inside an image; what is deeper is not followed."""
DENSE = 7.9
"""Bits a byte from which data is called encrypted or compressed."""
_SAMPLES = 64
_SAMPLE = 16384


class Damaged(Exception):
    """A part of an image cannot be read. The message says what is wrong with it."""


def give(
    reading: Reading,
    raw: bytes,
    size: int,
    content: Iterator[bytes],
    packed: int | None = None,
) -> Generator[Item | Limit]:
    """Yield one regular file. `packed`: bytes it takes in the image, where the image says; its own ratio then."""
    name = reading.names.decode(raw)
    reading.check_name(raw, name)
    if reading.passed(name, size):
        yield from reading.drain()
        return
    sound = _sound(reading, name, size, content)
    if size > reading.in_memory:
        meter = None if packed is None else Meter(reading.budget, packed, reading.meter)
        yield Item(raw, name, Stream(reading.metered(sound, meter), size), meter, taken=True)
        yield from reading.drain()
        return
    parts: list[bytes] = []
    for part in sound:
        reading.count(len(part))
        parts.append(part)
    yield Item(raw, name, Memory(parts[0] if len(parts) == 1 else b"".join(parts)), taken=True)
    yield from reading.drain()


def _sound(reading: Reading, name: str, size: int, content: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a file's content up to its size; what cannot be read ends it and is noted."""
    got = 0
    try:
        for part in content:
            reading.fed(1)
            if got + len(part) > size:
                part = part[: size - got]
            got += len(part)
            if part:
                yield part
            if got >= size:
                return
    except Damaged as error:
        reading.note("broken", f"{error}; {got} of {size} bytes were read", name)
        return
    except NotOpened as error:
        reading.note(error.reason, f"{error.detail}; {got} of {size} bytes were read", name)
        return
    if got < size:
        reading.note("truncated", f"{got} bytes came out, {size} are stated", name)


def special(reading: Reading, raw: bytes, mode: int, target: bytes = b"") -> bool:
    """Note what is no regular file and return True; False of a regular file."""
    kind = stat.S_IFMT(mode)
    if kind == stat.S_IFREG:
        return False
    name = reading.names.decode(raw)
    reading.check_name(raw, name)
    if kind == stat.S_IFLNK:
        to = reading.names.decode(target[:MOST_NAME])
        reading.note("link", f"symbolic link to {to}", name, incomplete=False)
    else:
        reading.note("device", DEVICES.get(kind, "a special file"), name, incomplete=False)
    return True


def linked(reading: Reading, raw: bytes, first: bytes) -> None:
    """Note a further name of a file that was given out."""
    name = reading.names.decode(raw)
    reading.note("link", f"hard link to {reading.names.decode(first)}", name, incomplete=False)


def part(source: Seekable, start: int, end: int, reading: Reading, name: str = "") -> Item:
    """Return a stretch of the image as a file of its own; it is looked into like any other."""
    end = min(end, source.size)
    window = source.window(start, end - start)
    reading.count(window.size)
    name = name or f"[bytes {start}-{end}]"
    return Item(name.encode("utf-8", "surrogateescape"), name, window)


def piece(source: Seekable, start: int, end: int, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield a part that a header names; note it where it is of no known format and dense."""
    from sousveil.unpack.sniff import is_container

    found = part(source, start, end, reading, name)
    end = min(end, source.size)
    known = end - start < 4096 or is_container(found.source.head(), name, b"") not in (None, "firmware")
    if not known and entropy(source, start, end) >= DENSE:
        told(source, start, end, reading, name)
    yield found
    yield from reading.drain()


def behind(source: Seekable, end: int, reading: Reading) -> Generator[Item | Limit]:
    """Yield what lies behind an image in its file, unless it is padding."""
    if 0 < end < source.size and not is_blank(source, end, source.size):
        yield part(source, end, source.size, reading, "[behind the end]")


def is_blank(source: Seekable, start: int, end: int) -> bool:
    """Return whether a stretch is padding: one byte value all through."""
    first = source.read(start, 1)
    if not first:
        return True
    at = start
    while at < end:
        data = source.read(at, min(CHUNK, end - at))
        if not data:
            return True
        if data.count(first) != len(data):
            return False
        at += len(data)
    return True


def unpadded(source: Seekable, start: int, end: int) -> int:
    """Return where a stretch ends without the zeros or erased flash at its end."""
    while end > start:
        data = source.read(max(start, end - 65536), min(65536, end - start))
        kept = data.rstrip(b"\xff") if data[-1:] == b"\xff" else data.rstrip(b"\0")
        end -= len(data) - len(kept)
        if kept or not data:
            break
    return end


def entropy(source: Seekable, start: int, end: int) -> float:
    """Return bits a byte of a stretch, from at most 1 MB taken evenly out of it."""
    size = end - start
    if size <= 0:
        return 0.0
    counts: Counter[int] = Counter()
    if size <= _SAMPLES * _SAMPLE:
        counts.update(source.read(start, size))
    else:
        for n in range(_SAMPLES):
            counts.update(source.read(start + (size - _SAMPLE) * n // (_SAMPLES - 1), _SAMPLE))
    total = sum(counts.values())
    return sum(c / total * math.log2(total / c) for c in counts.values()) if total else 0.0


def told(source: Seekable, start: int, end: int, reading: Reading, name: str | None = None) -> None:
    """Note a stretch that no format was found in, with its place, size and entropy."""
    bits = entropy(source, start, end)
    size = end - start
    where = f"bytes {start}-{end} ({size} bytes), entropy {bits:.2f} bits a byte"
    if bits >= DENSE and size >= 4096:
        reading.note("closed", f"{where}: encrypted or compressed in a way that is not known", name)
    else:
        reading.note("unknown", f"{where}: of no known format; searched as it is", name, incomplete=False)


def u16(data: bytes, at: int, order: str = "little") -> int:
    """Return two bytes as a number."""
    return int.from_bytes(data[at : at + 2], order)  # type: ignore[arg-type]


def u32(data: bytes, at: int, order: str = "little") -> int:
    """Return four bytes as a number."""
    return int.from_bytes(data[at : at + 4], order)  # type: ignore[arg-type]


def u64(data: bytes, at: int, order: str = "little") -> int:
    """Return eight bytes as a number."""
    return int.from_bytes(data[at : at + 8], order)  # type: ignore[arg-type]


def zeros(count: int) -> Iterator[bytes]:
    """Yield so many zero bytes, in chunks."""
    while count > 0:
        yield bytes(min(count, CHUNK))
        count -= CHUNK
