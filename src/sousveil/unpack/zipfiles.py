"""One file of a zip: its name, its bytes unpacked and checked, and the bytes between files."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Generator, Iterator

from sousveil.model import Limit
from sousveil.unpack.archive import expand_raw
from sousveil.unpack.limits import RATIO_FLOOR, Meter
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Memory, Seekable, Source, Stream
from sousveil.unpack.streams import Expansion, fast
from sousveil.unpack.zipdirectory import DESCRIBED, DESCRIPTOR, ENCRYPTED, MASKED, UTF8, Member

_METHODS = {
    1: "shrink",
    2: "reduce",
    3: "reduce",
    4: "reduce",
    5: "reduce",
    6: "implode",
    9: "deflate64",
    10: "PKWARE implode",
    98: "PPMd",
    99: "AES",
}
_STORED, _DEFLATED = 0, 8
_STREAMED = {_DEFLATED: "deflate", 12: "bz2", 14: "lzma", 93: "zst", 95: "xz"}
SMALL = 1 << 20
"""Packed bytes up to which header and content are read at once."""


def name_of(member: Member, reading: Reading) -> str:
    """Return a file's name decoded: by its Unicode field, its UTF-8 flag, or what the archive's names look like."""
    if member.unicode:
        return reading.names.decode(member.unicode)
    if member.flags & UTF8:
        return member.raw.decode("utf-8", "backslashreplace")
    return reading.names.decode(member.raw)


def contents(
    source: Seekable, member: Member, data: int, raw: bytes | None, name: str, reading: Reading
) -> Generator[Item | Limit]:
    """Yield one file's content; `raw` are its packed bytes where they have been read already."""
    if member.flags & (ENCRYPTED | MASKED):
        reading.note("encrypted", "the content is encrypted", name)
        return
    size, method = member.size, member.method
    if reading.passed(name, size):
        return
    if raw is not None and 0 <= size <= reading.in_memory:
        plain = raw if method == _STORED else _inflated(raw, size) if method == _DEFLATED else None
        if plain is not None and len(plain) == size and _crc(plain) == member.crc:
            reading.count(size)
            yield Item(member.raw, name, Memory(plain), taken=True)
            return
    if method != _STORED and method not in _STREAMED:
        reading.note("unsupported", f"compression method {method} ({_METHODS.get(method, 'unknown')})", name)
        return
    if data + member.packed > source.size:
        reading.note("truncated", "the archive ends before the content does", name)
    meter = Meter(reading.budget, member.packed, reading.meter)
    packed = source.window(data, member.packed)
    if method == _STORED and size == member.packed and size > RATIO_FLOOR:
        stored: Source = packed  # too large to sum up twice; the caller reads it where it lies
        reading.count(size)
        yield Item(member.raw, name, stored, taken=True)
        return
    chunks = _expanded(packed, member, name, reading)
    if size >= 0:
        chunks = _checked(chunks, member, name, reading)
    stream = Stream(reading.metered(chunks, meter), size if size >= 0 else None)
    yield Item(member.raw, name, stream, meter, taken=True)


def _inflated(raw: bytes, size: int) -> bytes | None:
    """Return what deflated bytes unpack to, None unless they are whole and give the size stated."""
    modules = fast()
    codec = zlib if modules is None else modules[0]
    decode = codec.decompressobj(-15)
    try:
        plain: bytes = decode.decompress(raw, size + 1)
    except codec.error:
        return None
    return plain if decode.eof else None


def _crc(data: bytes, value: int = 0) -> int:
    modules = fast()
    crc: int = zlib.crc32(data, value) if modules is None else modules[0].crc32(data, value)
    return crc


def _expanded(packed: Seekable, member: Member, name: str, reading: Reading) -> Iterator[bytes]:
    if member.method == _STORED:
        yield from packed.chunks()
        return
    fmt = _STREAMED[member.method]
    if fmt == "zst":
        try:
            yield from expand_raw(fmt, packed, reading)
        except NotOpened as error:
            reading.note(error.reason, error.detail, name)
        return
    fed: Source = packed
    if fmt == "lzma":  # the zip's own header before the properties becomes the one of an .lzma file
        start = packed.read(0, 9)
        known = b"\xff" * 8 if member.flags & 2 or member.size < 0 else struct.pack("<Q", member.size)
        fed = Stream(_joined(start[4:9] + known, packed.window(9, packed.size)))
    expansion = Expansion(fmt, fed, reading.fed)
    yield from expansion.parts()
    if expansion.problem is not None:
        reading.note(*expansion.problem, name)


def _joined(first: bytes, rest: Seekable) -> Iterator[bytes]:
    yield first
    yield from rest.chunks()


def _checked(chunks: Iterator[bytes], member: Member, name: str, reading: Reading) -> Iterator[bytes]:
    crc = size = 0
    for chunk in chunks:
        crc = _crc(chunk, crc)
        size += len(chunk)
        yield chunk
    if size != member.size:
        reading.note("broken", f"{size} bytes came out, {member.size} are stated", name)
    elif crc != member.crc:
        reading.note("broken", "the checksum differs", name)


def between(source: Seekable, start: int, end: int, before: Member | None, reading: Reading) -> Iterator[Item]:
    """Yield bytes that no entry accounts for. Data descriptors and padding are not worth an artifact."""
    if start >= end:
        return
    if end - start <= 4096:
        gap = source.read(start, end - start)
        if before is not None and before.flags & DESCRIBED:
            skip = _descriptor(gap, before)
            gap = gap[skip:]
            start += skip
        if not gap.strip(b"\0"):
            return
    hidden = source.window(start, end - start)
    reading.count(hidden.size)
    yield Item(b"", f"[bytes {start}-{end}]", hidden, leftover=True)


def _descriptor(gap: bytes, member: Member) -> int:
    """Return the length of the data descriptor at the beginning of a gap, 0 if there is none."""
    at = 4 if gap.startswith(DESCRIPTOR) else 0
    if gap[at : at + 4] != struct.pack("<L", member.crc):
        return 0
    for form in ("<2L", "<2Q"):
        width = struct.calcsize(form)
        try:
            stated = struct.pack(form, member.packed, member.size)
        except struct.error:
            continue
        if gap[at + 4 : at + 4 + width] == stated:
            return at + 4 + width
    return 0
