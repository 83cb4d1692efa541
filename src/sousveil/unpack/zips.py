"""Zip archives: every file of the central directory, and every byte that it does not account for."""

from __future__ import annotations

import stat
from collections.abc import Generator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.reading import Item, Reading
from sousveil.unpack.source import Memory, Seekable
from sousveil.unpack.zipdirectory import LOCAL, UTF8, LocalHeader, Member, central, local
from sousveil.unpack.zipfiles import SMALL, between, contents, name_of
from sousveil.unpack.zipscan import scan

ABOUT = About(
    title="Zip archives and all that are zips",
    ends=".zip .whl .jar .apk .ipa .docx .nupkg .xpi .vsix",
    reads="Every file of the central directory and of local headers it does not name; bytes that no entry accounts "
    "for; a vendor's `DH` in the place of `PK`.",
    limits="Encrypted entries; methods that neither zlib, bzip2, LZMA nor libarchive decodes.",
)


_LOCAL_SPARE = 256
"""Bytes that a local header's extra field usually stays under."""


def read_zip(source: Seekable, reading: Reading) -> Generator[Item | Limit]:
    """Yield the files in the order in which they lie in the archive, then the bytes that belong to none.

    Raise NotOpened if there is neither a central directory nor a local header.
    """
    directory = central(source, reading.budget.quotas.max_files)
    if directory is None:
        yield from scan(source, reading)
        return
    reading.opened = True
    reading.spread()
    for problem in directory.problems:
        reading.note("broken", problem)
    if directory.more:
        most = reading.budget.quotas.max_files
        reading.note("quota", f"--max-files {most}: the central directory lists more")
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
            yield from between(source, covered, member.start, last, reading)
        header = _header(source, member)
        if header is None:
            reading.note("broken", "no file header where the central directory says", name_of(member, reading))
            continue
        yield from _file(source, member, header, reading)
        covered = max(covered, min(header[0].data + member.packed, source.size))
        if covered > directory.start:
            reading.note("truncated", "the content runs into the central directory", name_of(member, reading))
        last = member
    yield from between(source, covered, directory.start, last, reading)
    yield from between(source, directory.end, source.size, None, reading)
    if directory.comment.strip(b"\0 \r\n"):
        yield Item(b"", "[comment]", Memory(directory.comment))
    # The directory itself is no file of its own: its end makes a zip of it, which holds a directory again.
    if comments := b"\n".join(m.comment for m in members if m.comment.strip(b"\0 \r\n")):
        yield Item(b"", "[comments of files]", Memory(comments))
    yield from reading.drain()


def _overlapping(member: Member, last: Member | None, reading: Reading) -> None:
    name = name_of(member, reading)
    if last is not None and member.start == last.start and member.packed == last.packed:
        reading.note("duplicate", f"the same content as {name_of(last, reading)}", name, incomplete=False)
    else:
        reading.note("broken", "overlaps the file before it, as in a zip bomb; not read", name)


def _header(source: Seekable, member: Member) -> tuple[LocalHeader, bytes] | None:
    """Return a file's local header and as much of the archive from there as was read with it."""
    spare = 30 + len(member.raw) + _LOCAL_SPARE
    record = source.read(member.start, spare + (member.packed if member.packed <= SMALL else 0))
    header = local(record, member.start)
    return None if header is None else (header, record)


def _file(
    source: Seekable, member: Member, found: tuple[LocalHeader, bytes], reading: Reading
) -> Generator[Item | Limit]:
    header, record = found
    name = name_of(member, reading)
    if name.endswith("/") and not member.packed:
        return
    reading.check_name(member.raw, name)
    if header.magic != LOCAL:
        first = ascii(header.magic[:2].decode("latin-1"))
        reading.note("disguised", f"begins with {first} where a zip begins with 'PK'", incomplete=False)
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
