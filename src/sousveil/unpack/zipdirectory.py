"""A zip's directories: the central one at the end, and the local headers before each file.

The standard library's reader refuses a whole archive for one wrong name, flag or magic, and does not say what lies
between the files; here each record stands for itself. Layouts: PKWARE APPNOTE 6.3.10, sections 4.3 to 4.5.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from itertools import islice

from msgspec import Struct

from sousveil.unpack.sniff import TAIL
from sousveil.unpack.source import Seekable

LOCAL = b"PK\x03\x04"
CENTRAL = b"PK\x01\x02"
END = b"PK\x05\x06"
DESCRIPTOR = b"PK\x07\x08"

MOST_DIRECTORY = 256 << 20
"""Bytes of a central directory that are read: some two million entries."""

ENCRYPTED = 0x0001
DESCRIBED = 0x0008
UTF8 = 0x0800
MASKED = 0x2000

_central = struct.Struct("<4s6H3L5H2L")
_local = struct.Struct("<4s5H3L2H")


class Member(Struct):
    """One file as a directory or a local header declares it."""

    raw: bytes
    start: int
    """Of its local header, from the first byte of the file."""
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    mode: int = 0
    """Unix mode, 0 where the maker has none."""
    unicode: bytes = b""
    """The name in UTF-8 from the Unicode path field, where its checksum fits."""
    comment: bytes = b""


class LocalHeader(Struct):
    """What stands before a file's bytes."""

    member: Member
    data: int
    """Where the file's bytes begin."""
    magic: bytes


class Directory(Struct):
    """The central directory as found."""

    members: list[Member]
    start: int
    """Where it begins."""
    end: int
    """Where the end record with its comment ends."""
    comment: bytes
    problems: list[str]
    disks: bool = False
    """Whether the archive says that it lies in several files."""
    more: bool = False
    """Whether it lists more than were asked for."""


def central(source: Seekable, most: int) -> Directory | None:
    """Return the central directory with at most that many entries, None if no end record leads to one."""
    tail_start = max(0, source.size - TAIL - 76)
    tail = source.read(tail_start, TAIL + 76)
    at = tail.rfind(END)
    while at >= 0:
        if len(tail) - at >= 22:
            found = _from_end(source, tail, at, tail_start, most)
            if found is not None:
                return found
        at = tail.rfind(END, 0, at)
    return None


def _from_end(source: Seekable, tail: bytes, at: int, tail_start: int, most: int) -> Directory | None:
    _, disk, first_disk, _, count, size, offset, comment_size = struct.unpack_from("<4s4H2LH", tail, at)
    directory_end = tail_start + at
    locator = at - 20
    if locator >= 0 and tail[locator : locator + 4] == b"PK\x06\x07":
        (at64,) = struct.unpack_from("<Q", tail, locator + 8)
        for place in (at64, tail_start + locator - 56):  # as stated, and as it is with bytes before the archive
            record = source.read(place, 56) if place < source.size else b""
            if record[:4] == b"PK\x06\x06" and len(record) == 56:
                count, size, offset = struct.unpack_from("<3Q", record, 32)
                directory_end = place
                break
    start = directory_end - size
    if start < 0 or (size and source.read(start, 4) != CENTRAL):
        start = offset
        if start >= directory_end or source.read(start, 4) != CENTRAL:
            return None
    problems: list[str] = []
    length = directory_end - start
    if length > MOST_DIRECTORY:
        problems.append(f"the central directory is longer than {MOST_DIRECTORY} bytes; the rest of it was not read")
    before = start - offset  # bytes before the archive that its offsets do not count
    data = source.read(start, min(length, MOST_DIRECTORY))
    members = list(islice(_members(data, max(before, 0), problems), most + 1))
    more = len(members) > most
    if not more and len(members) != count and not (count == 0xFFFF or len(members) & 0xFFFF == count):
        problems.append(f"the end record counts {count} entries, the central directory holds {len(members)}")
    comment = tail[at + 22 : at + 22 + comment_size]
    end = tail_start + at + 22 + len(comment)
    split = disk not in (0, 0xFFFF) or first_disk not in (0, 0xFFFF)
    return Directory(members, start, end, comment, problems, split, more)


def _members(data: bytes, before: int, problems: list[str]) -> Iterator[Member]:
    at = 0
    while len(data) - at >= 46:
        if data[at : at + 4] != CENTRAL:
            if data[at : at + 4] in (b"PK\x05\x05", b"PK\x06\x06"):  # digital signature, ZIP64 end record
                return
            following = data.find(CENTRAL, at)
            problems.append(f"damaged central directory at its byte {at}")
            if following < 0:
                return
            at = following
            continue
        _, made, _, flags, method, _, _, crc, packed, size, name_size, extra_size, comment_size, *rest = (
            _central.unpack_from(data, at)
        )
        outer, start = rest[2:]
        at += 46
        raw = data[at : at + name_size]
        at += name_size
        extra = data[at : at + extra_size]
        at += extra_size
        comment = data[at : at + comment_size]
        at += comment_size
        path = b""
        if extra:
            packed, size, start, path = _extra(extra, raw, packed, size, start)
        mode = outer >> 16 if made >> 8 in (3, 19) else 0
        yield Member(raw, before + start, method, flags, crc, packed, size, mode, path, comment)
    if at > len(data):
        problems.append("the central directory's last record is cut off")


def _extra(extra: bytes, raw: bytes, packed: int, size: int, start: int) -> tuple[int, int, int, bytes]:
    path = b""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        body = extra[at + 4 : at + 4 + length]
        at += 4 + length
        if kind == 1:
            place = 0
            if size == 0xFFFFFFFF and place + 8 <= len(body):
                (size,) = struct.unpack_from("<Q", body, place)
                place += 8
            if packed == 0xFFFFFFFF and place + 8 <= len(body):
                (packed,) = struct.unpack_from("<Q", body, place)
                place += 8
            if start == 0xFFFFFFFF and place + 8 <= len(body):
                (start,) = struct.unpack_from("<Q", body, place)
        elif kind == 0x7075 and len(body) > 5 and int.from_bytes(body[1:5], "little") == zlib.crc32(raw):
            path = body[5:]
    return packed, size, start, path


def local(record: bytes, start: int) -> LocalHeader | None:
    """Return the local header at the beginning of `record`, None if there is none.

    The first two bytes are not looked at: a vendor writes `DH` for `PK`.
    """
    if len(record) < 30 or record[2:4] != b"\x03\x04":
        return None
    magic, _, flags, method, _, _, crc, packed, size, name_size, extra_size = _local.unpack_from(record, 0)
    raw = record[30 : 30 + name_size]
    path = b""
    if extra_size:
        extra = record[30 + name_size : 30 + name_size + extra_size]
        packed, size, _, path = _extra(extra, raw, packed, size, 0)
    member = Member(raw, start, method, flags, crc, packed, size, 0, path)
    return LocalHeader(member, start + 30 + name_size + extra_size, magic)
