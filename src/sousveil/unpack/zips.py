"""Zip archives: every file of the central directory, and every byte that it does not account for."""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Generator, Iterator

from sousveil.model import Limit
from sousveil.unpack.archive import expand_raw
from sousveil.unpack.limits import RATIO_FLOOR, Meter
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Memory, Seekable, Source, Stream
from sousveil.unpack.streams import Expansion, fast
from sousveil.unpack.zipdirectory import (
    DESCRIBED,
    DESCRIPTOR,
    ENCRYPTED,
    LOCAL,
    MASKED,
    UTF8,
    LocalHeader,
    Member,
    central,
    local,
)

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
_SMALL = 1 << 20
"""Packed bytes up to which header and content are read at once."""
_LOCAL_SPARE = 256
"""Bytes that a local header's extra field usually stays under."""


def read_zip(source: Seekable, reading: Reading) -> Generator[Item | Limit]:
    """Yield the files in the order in which they lie in the archive, then the bytes that belong to none.

    Raise NotOpened if there is neither a central directory nor a local header.
    """
    directory = central(source)
    if directory is None:
        yield from _without_directory(source, reading)
        return
    reading.opened = True
    for problem in directory.problems:
        reading.note("broken", problem)
    if directory.disks:
        reading.note("unsupported", "one of several files of an archive; what lies in the others was not read")
    members = directory.members
    reading.names.learn(m.raw for m in members if not m.flags & UTF8)
    members.sort(key=lambda m: m.start)
    covered = 0
    last: Member | None = None
    for member in members:
        yield from reading.drain()
        reading.budget.tick()
        if member.start < covered:
            _overlapping(member, last, reading)
            continue
        if member.start > covered:
            yield from _between(source, covered, member.start, last, reading)
        header = _header(source, member)
        if header is None:
            reading.note("broken", "no file header where the central directory says", _name(member, reading))
            continue
        yield from _file(source, member, header, reading)
        covered = max(covered, min(header[0].data + member.packed, source.size))
        if covered > directory.start:
            reading.note("truncated", "the content runs into the central directory", _name(member, reading))
        last = member
    yield from _between(source, covered, directory.start, last, reading)
    yield from _between(source, directory.end, source.size, None, reading)
    if directory.comment.strip(b"\0 \r\n"):
        yield Item(b"", "[comment]", Memory(directory.comment))
    if any(m.comment for m in members):
        yield Item(b"", "[central directory]", source.window(directory.start, directory.end - directory.start))
    yield from reading.drain()


def _overlapping(member: Member, last: Member | None, reading: Reading) -> None:
    name = _name(member, reading)
    if last is not None and member.start == last.start and member.packed == last.packed:
        reading.note("duplicate", f"the same content as {_name(last, reading)}", name, incomplete=False)
    else:
        reading.note("broken", "overlaps the file before it, as in a zip bomb; not read", name)


def _name(member: Member, reading: Reading) -> str:
    if member.unicode:
        return reading.names.decode(member.unicode)
    if member.flags & UTF8:
        return member.raw.decode("utf-8", "backslashreplace")
    return reading.names.decode(member.raw)


def _header(source: Seekable, member: Member) -> tuple[LocalHeader, bytes] | None:
    """Return a file's local header and as much of the archive from there as was read with it."""
    spare = 30 + len(member.raw) + _LOCAL_SPARE
    record = source.read(member.start, spare + (member.packed if member.packed <= _SMALL else 0))
    header = local(record, member.start)
    return None if header is None else (header, record)


def _file(
    source: Seekable, member: Member, found: tuple[LocalHeader, bytes], reading: Reading
) -> Generator[Item | Limit]:
    header, record = found
    name = _name(member, reading)
    if name.endswith("/") and not member.packed:
        return
    reading.check_name(member.raw, name)
    if header.magic != LOCAL:
        reading.note("disguised", f"begins with {header.magic[:2]!r} where a zip begins with 'PK'", incomplete=False)
    there = header.member
    if there.raw != member.raw:
        other = there.raw.decode("utf-8", "backslashreplace")
        reading.note("broken", f"its own header calls it {other}", name, incomplete=False)
    if there.method != member.method:
        reading.note("broken", f"its own header states method {there.method}, the directory {member.method}", name)
    if stat.S_IFMT(member.mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        _not_regular(member.mode, name, reading)
    at = header.data - header.member.start
    raw = record[at : at + member.packed] if len(record) >= at + member.packed else None
    yield from contents(source, member, header.data, raw, name, reading)


def _not_regular(mode: int, name: str, reading: Reading) -> None:
    """Note links and devices. Their content is read all the same: it is a few bytes, or something hidden."""
    if stat.S_ISLNK(mode):
        reading.note("link", "a symbolic link; its target is read as its content", name, incomplete=False)
    else:
        reading.note("device", "a device or another special file", name, incomplete=False)


def contents(
    source: Seekable, member: Member, data: int, raw: bytes | None, name: str, reading: Reading
) -> Generator[Item | Limit]:
    """Yield one file's content; `raw` are its packed bytes where they have been read already."""
    if member.flags & (ENCRYPTED | MASKED):
        reading.note("encrypted", "the content is encrypted", name)
        return
    size, method = member.size, member.method
    if raw is not None and size <= reading.in_memory:
        plain = raw if method == _STORED else _inflated(raw, size) if method == _DEFLATED else None
        if plain is not None and len(plain) == size and _crc(plain) == member.crc:
            reading.count(size)
            yield Item(member.raw, name, Memory(plain))
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
        yield Item(member.raw, name, stored)
        return
    chunks = _checked(_expanded(packed, member, name, reading), member, name, reading)
    yield Item(member.raw, name, Stream(reading.metered(chunks, meter), size), meter)


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
        known = struct.pack("<Q", member.size) if not member.flags & 2 else b"\xff" * 8
        fed = Stream(_joined(start[4:9] + known, packed.window(9, packed.size)))
    expansion = Expansion(fmt, fed)
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


def _between(source: Seekable, start: int, end: int, before: Member | None, reading: Reading) -> Iterator[Item]:
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
    yield Item(b"", f"[bytes {start}-{end}]", hidden)


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


def _without_directory(source: Seekable, reading: Reading) -> Generator[Item | Limit]:
    """Yield the files whose local headers are found: of a zip that is cut off, or bytes left between others."""
    at = _next_local(source, 0)
    if at < 0:
        raise NotOpened("broken", "neither a central directory nor a file header")
    reading.note("truncated", "no central directory; read from the files' own headers")
    if at:
        reading.count(at)
        yield Item(b"", f"[bytes 0-{at}]", source.window(0, at))
    while at >= 0:
        reading.budget.tick()
        header = local(source.read(at, 30 + 2 * 0xFFFF), at)
        if header is None:
            break
        reading.opened = True
        member = header.member
        end = _end_of(source, header)
        if end is not None:
            member.packed = end - header.data
        following = _next_local(source, header.data + member.packed)
        name = _name(member, reading)
        if not (name.endswith("/") and not member.packed):
            reading.check_name(member.raw, name)
            if member.flags & DESCRIBED and end is not None:
                _describe(source, header, end)
            raw = source.read(header.data, member.packed) if member.packed <= _SMALL else None
            if raw is not None and len(raw) < member.packed:
                raw = None
            yield from contents(source, member, header.data, raw, name, reading)
        yield from reading.drain()
        at = following
    yield from reading.drain()


def _next_local(source: Seekable, start: int) -> int:
    """Return where the next plausible local header begins, -1 if there is none."""
    if start == 0 and local(source.read(0, 30), 0) is not None:
        return 0
    at = source.find(LOCAL, start, source.size)
    while at >= 0:
        record = source.read(at, 30)
        if len(record) == 30 and record[4] <= 63 and 0 < int.from_bytes(record[26:28], "little") <= 4096:
            return at
        at = source.find(LOCAL, at + 4, source.size)
    return -1


def _end_of(source: Seekable, header: LocalHeader) -> int | None:
    """Return where a file's packed bytes end if its header leaves that to a descriptor, None if the header says."""
    member = header.member
    if not member.flags & DESCRIBED or member.packed:
        return None
    end = source.find(DESCRIPTOR, header.data, source.size)
    while end >= 0:
        stated = source.read(end + 8, 4)
        if int.from_bytes(stated, "little") == (end - header.data) & 0xFFFFFFFF:
            return end
        end = source.find(DESCRIPTOR, end + 4, source.size)
    end = source.find(b"PK\x01\x02", header.data, source.size)
    following = source.find(LOCAL, header.data, source.size)
    return min((p for p in (end, following) if p >= 0), default=source.size)


def _describe(source: Seekable, header: LocalHeader, end: int) -> None:
    """Take checksum and size from the descriptor behind a file's bytes."""
    record = source.read(end, 16)
    if record[:4] == DESCRIPTOR and len(record) == 16:
        member = header.member
        member.crc, _, member.size = struct.unpack_from("<3L", record, 4)
