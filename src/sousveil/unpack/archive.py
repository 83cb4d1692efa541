"""Archives that libarchive reads: tar, cpio, ar, 7z, rar, cab, iso, lha, xar."""

from __future__ import annotations

import stat
from collections.abc import Generator, Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack import native
from sousveil.unpack.native import EOF, FAILED, OK, RETRY, WARN, Archive
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import CHUNK, Memory, Seekable, Source, Stream

ABOUT = About(
    title="Archives",
    ends=".tar .cpio .a .deb .7z .rar .cab .iso .lha .xar .pkg",
    reads="Every file, by libarchive, as a stream; links, devices and unsafe names are listed.",
    needs="libarchive (comes with the package on Linux and macOS)",
    limits="Encrypted archives; further volumes of an archive in several files.",
)


NEEDS_SEEK = frozenset({"7z", "rar", "cab", "iso", "xar"})
"""Formats whose directory may lie behind what it describes."""

_ZEROS = bytes(CHUNK)
_DEVICES = {
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
    stat.S_IFIFO: "a FIFO (named pipe)",
    stat.S_IFSOCK: "a socket",
}
_CHECKED = frozenset({"7z", "rar", "cab", "lha", "xar"})
"""Formats whose checksum is compared when one reads beyond the last byte."""
_MAY_BE_ENCRYPTED = frozenset({"7z", "rar"})
_EMPTY = {"7z": 32, "ar": 8, "cpio": 1 << 16, "xar": 1 << 16}
"""Bytes that an archive without any file may have, of formats that allow one."""
_MOST_STUCK = 1000
"""Headers in a row that may fail without anything being read between them."""


def read_archive(fmt: str, source: Source, reading: Reading) -> Generator[Item | Limit]:
    """Yield the files of an archive, and a limit for each thing in it that is no file or could not be read.

    Raise NotOpened if nothing at all could be read. Damaged headers are skipped where libarchive finds the next.
    """
    try:
        archive = Archive(source, fmt)
    except native.Unavailable as error:
        raise NotOpened("unsupported", str(error)) from None
    try:
        if archive.status not in (OK, WARN):
            raise NotOpened(*_why(archive.error()))
        yield from _entries(archive, fmt, source.size, reading)
        if fmt == "rar" and not isinstance(source, Stream) and not _rar_ends(source):
            reading.note("truncated", "the archive has no end block; what followed is missing")
            yield from reading.drain()
    finally:
        archive.close()


def _entries(archive: Archive, fmt: str, size: int | None, reading: Reading) -> Generator[Item | Limit]:
    skipped = stuck = 0
    while True:
        status = archive.next_header()
        yield from reading.drain()
        reading.budget.tick()
        if status == EOF:
            break
        if status == RETRY:  # a damaged tar header: libarchive goes on at the next block of 512 bytes
            skipped += 1
            continue
        if status not in (OK, WARN):
            reason, detail = _why(archive.error())
            if not reading.opened:
                raise NotOpened(reason, detail)
            reading.note(reason, detail)
            stuck += 1
            if status != FAILED or stuck > _MOST_STUCK:
                break
            continue
        if skipped:
            reading.note("broken", _skipped(skipped))
            skipped = 0
        stuck = 0
        reading.opened = True
        yield from _entry(archive, fmt, reading)
    if skipped:
        if not reading.opened:
            raise NotOpened("broken", _skipped(skipped))
        reading.note("broken", _skipped(skipped))
    if not reading.opened and (size is None or size > _EMPTY.get(fmt, -1)):
        raise NotOpened("broken", "no file in it could be found")
    reading.opened = True
    yield from reading.drain()


def _skipped(count: int) -> str:
    return f"damaged headers: {count} blocks of 512 bytes skipped"


def _entry(archive: Archive, fmt: str, reading: Reading) -> Generator[Item | Limit]:
    kind = stat.S_IFMT(archive.filetype())
    if kind == stat.S_IFDIR:
        return
    raw = archive.name()
    name = reading.names.decode(raw)
    reading.check_name(raw, name)
    if kind in _DEVICES:
        reading.note("device", _DEVICES[kind], name, incomplete=False)
        return
    if kind == stat.S_IFLNK:
        target = reading.names.decode(archive.symlink())
        reading.note("link", f"symbolic link to {target}", name, incomplete=False)
        return
    if fmt in _MAY_BE_ENCRYPTED and archive.encrypted():
        reading.note("encrypted", "the content is encrypted", name)
        return
    size = archive.size()
    checked = fmt in _CHECKED
    if size > reading.in_memory:
        yield Item(raw, name, Stream(reading.metered(_blocks(archive, name, reading, size, checked)), size))
        return
    parts: list[bytes] = []
    got = 0
    blocks = _blocks(archive, name, reading, size, checked)
    for part in blocks:
        reading.count(len(part))
        parts.append(part)
        got += len(part)
        if got > reading.in_memory:  # more than it declared
            stream = Stream(reading.metered(blocks))
            stream.push(parts)
            yield Item(raw, name, stream)
            return
    if not got and (linked := archive.hardlink()):
        reading.note("link", f"hard link to {reading.names.decode(linked)}", name, incomplete=False)
        return
    yield Item(raw, name, Memory(parts[0] if len(parts) == 1 else b"".join(parts)))


def _blocks(archive: Archive, name: str, reading: Reading, size: int, checked: bool) -> Iterator[bytes]:
    """Yield an entry's content, holes as zeros; note where it is damaged or ends before its size."""
    expected = 0
    tries = 0
    while True:
        status, data, offset = archive.block()
        if status == RETRY and tries < 3:
            tries += 1
            continue
        if status not in (OK, WARN, EOF):
            reason, detail = _why(archive.error())
            reading.note(reason, f"{detail}; {expected} bytes were read" if expected else detail, name)
            return
        if status == WARN:
            reading.note("broken", archive.error(), name)
        while expected < offset:
            hole = min(offset - expected, CHUNK)
            yield _ZEROS[:hole]
            expected += hole
        if data:
            yield data
            expected += len(data)
            if expected == size and not checked:
                return
        if status == EOF:
            if expected < size and not archive.hardlink():
                reading.note("truncated", f"{expected} bytes came out, {size} are stated", name)
            return


def _rar_ends(source: Seekable) -> bool:
    """Return whether a version 5 archive's blocks lead to its end block: libarchive takes any end for one."""
    if source.read(0, 8) != b"Rar!\x1a\x07\x01\0":
        return True
    at = 8
    while header := source.read(at, 32):
        size, place = _number(header, 4)
        after = place + size
        kind, place = _number(header, place)
        flags, place = _number(header, place)
        if kind in (4, 5):  # what follows is encrypted, or the end
            return True
        if flags & 1:
            _, place = _number(header, place)
        data, place = _number(header, place) if flags & 2 else (0, place)
        if place > len(header):
            return False
        at += after + data
    return False


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, lowest first, and where it ends; beyond the data if it does not."""
    value = shift = 0
    while at < len(data) and shift < 64:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    return 0, len(data) + 1


def _why(message: str) -> tuple[str, str]:
    """Return the reason's word for a message of libarchive, and the message."""
    low = message.lower()
    if "encrypt" in low or "passphrase" in low:
        return "encrypted", message
    if "truncated" in low or "premature" in low or "unexpected end" in low:
        return "truncated", message
    if "not supported" in low or "unsupported" in low or "too much memory" in low or "multi-volume" in low:
        return "unsupported", message
    return "broken", message


def expand_raw(fmt: str, source: Source, reading: Reading) -> Iterator[bytes]:
    """Yield what a single stream unpacks to, through libarchive. Raise NotOpened if it does not begin."""
    try:
        archive = Archive(source, "raw", fmt)
    except native.Unavailable as error:
        raise NotOpened("unsupported", str(error)) from None
    try:
        if archive.status not in (OK, WARN) or (status := archive.next_header()) not in (OK, WARN, EOF):
            raise NotOpened(*_why(archive.error()))
        if status == EOF:
            return
        while True:
            status, data, _ = archive.block()
            if data:
                yield data
            if status == EOF:
                return
            if status not in (OK, WARN):
                reading.note(*_why(archive.error()))
                return
    finally:
        archive.close()
