"""PyInstaller programs: a boot loader, and behind it the scripts, libraries and compiled modules of a Python program.

Layout: PyInstaller's ``archive/writers.py`` and ``loader/pyimod01_archive.py`` (2.1 to 6). Modules are code without
the header of a ``.pyc``, which is put before them. Nothing is unmarshalled: the list of modules has its own reader.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.blocks import inflate
from sousveil.unpack.image.marshaltoc import Module, modules
from sousveil.unpack.image.parts import Damaged, behind, part, u32
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Memory, Seekable

ABOUT = About(
    title="PyInstaller programs",
    ends=".exe (and programs without an ending)",
    reads="The program, every file behind it, and every module of its archive as compiled Python.",
    limits="Modules encrypted with the packager's key (before version 6).",
)
MAGIC = b"MEI\x0c\x0b\x0a\x0b\x0e"
_COOKIES = (88, 24)
"""Bytes of the record at the end: since version 2.1 it names the library of Python as well."""
_TAIL = 1 << 17
_MOST_TOC = 64 << 20
_HEAD = 18
"""Bytes of an entry of the list before its name."""
_UNSAID = {"d": "a file of another program", "n": "a symbolic link"}
_MAGICS = {27: 62211, 36: 3379, 37: 3394, 38: 3413, 39: 3425, 310: 3439, 311: 3495, 312: 3531, 313: 3571, 314: 3627}
"""Numbers that compiled modules of a version begin with, where no archive of modules says it."""


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the program and what is behind it. Raise NotOpened where the record at the end fits nothing."""
    del name
    start, end, toc = _package(source)
    entries = list(_entries(source.read(start + toc[0], min(toc[1], _MOST_TOC))))
    if not entries:
        raise NotOpened("broken", "the list of files is empty")
    reading.opened = True
    reading.spread()
    yield part(source, 0, start, reading, "[program]")
    archives = [e for e in entries if e.kind in "zZ"]
    magic = _MAGICS.get(toc[2], 0).to_bytes(2, "little") + b"\r\n"
    for entry in archives:
        head = source.read(start + entry.at, 8)
        if head.startswith(b"PYZ\0"):
            magic = head[4:8]
    for entry in entries:
        if entry.kind in "zZ":
            yield from _archive(source, start + entry.at, entry, reading)
        elif entry.kind in _UNSAID:
            reading.note("link", _UNSAID[entry.kind], entry.name, incomplete=False)
        elif entry.kind != "o":
            yield from _file(source, start + entry.at, entry, magic, reading)
        yield from reading.drain()
    yield from behind(source, end, reading)
    yield from reading.drain()


def _package(source: Seekable) -> tuple[int, int, tuple[int, int, int]]:
    """Return where the package begins and ends; where in it the list is, its bytes, and Python's version."""
    low = max(0, source.size - _TAIL)
    tail = source.read(low, _TAIL)
    at = tail.rfind(MAGIC)
    likely = False
    while at >= 0:
        size, toc, length, version = (u32(tail, at + 8 + 4 * n, "big") for n in range(4))
        for cookie in _COOKIES:
            end = low + at + cookie
            if toc + length <= size <= end <= source.size and length >= _HEAD and toc + length + cookie == size:
                return end - size, end, (toc, length, version)
        likely = likely or 20 <= version < 1000
        at = tail.rfind(MAGIC, 0, at)
    # Boot loaders hold the mark as well.
    raise NotOpened("broken" if likely else "", "the record at the end fits no package")


class _Entry:
    __slots__ = ("at", "kind", "name", "packed", "raw", "size", "zipped")

    def __init__(self, raw: bytes) -> None:
        self.at, self.packed, self.size = (u32(raw, 4 * n, "big") for n in (1, 2, 3))
        self.zipped = raw[16] == 1
        self.kind = chr(raw[17])
        self.raw = raw[_HEAD:].split(b"\0")[0].replace(b"\\", b"/")
        self.name = self.raw.decode("utf-8", "surrogateescape")


def _entries(toc: bytes) -> Iterator[_Entry]:
    at = 0
    while at + _HEAD < len(toc):
        size = u32(toc, at, "big")
        if size <= _HEAD:
            return
        yield _Entry(toc[at : at + size])
        at += size


def _file(source: Seekable, at: int, entry: _Entry, magic: bytes, reading: Reading) -> Generator[Item | Limit]:
    """Yield a file behind the program; a script or a module with the header that a compiled one has."""
    if not entry.zipped and entry.kind not in "smM":
        reading.check_name(entry.raw, entry.name)
        yield part(source, at, at + entry.packed, reading, entry.name)
        return
    reading.check_name(entry.raw, entry.name)
    if reading.passed(entry.name, 0):
        return
    data = source.read(at, entry.packed)
    if entry.zipped:
        try:
            data = inflate(data, min(entry.size, reading.in_memory), 15)
        except Damaged as error:
            reading.note("broken", str(error), entry.name)
            return
        if entry.size > reading.in_memory:
            reading.note("too-large", f"{entry.size} bytes; the first {len(data)} were read", entry.name)
    reading.count(len(data))
    if entry.kind in "smM":
        yield _compiled(data, magic, entry.name, entry.raw)
    else:
        yield Item(entry.raw, entry.name, Memory(data), taken=True)


def _compiled(code: bytes, magic: bytes, name: str, raw: bytes) -> Item:
    if code[2:4] == b"\r\n":  # older versions keep the header
        return Item(raw + b".pyc", name + ".pyc", Memory(code), taken=True)
    number = u32(magic, 0) & 0xFFFF
    # Python 2, 3.3 to 3.6, later: a time; and a size; and flags.
    head = magic + bytes(4 if number > 60000 else 8 if number < 3390 else 12)
    return Item(raw + b".pyc", name + ".pyc", Memory(head + code), taken=True)


def _archive(source: Seekable, start: int, entry: _Entry, reading: Reading) -> Generator[Item | Limit]:
    """Yield the modules of an archive of modules."""
    head = source.read(start, 12)
    if not head.startswith(b"PYZ\0"):
        reading.note("broken", "an archive of modules without its mark", entry.name)
        return
    toc = u32(head, 8, "big")
    try:
        found = list(modules(source.read(start + toc, max(0, entry.packed - toc))))
    except Damaged as error:
        reading.note("broken", f"the list of modules: {error}", entry.name)
        return
    locked = any(one.name == "pyimod00_crypto_key" for one in found)
    for one in found:
        yield from _module(source, start, entry, one, head[4:8], locked, reading)
        yield from reading.drain()


def _module(
    source: Seekable, start: int, entry: _Entry, one: Module, magic: bytes, locked: bool, reading: Reading
) -> Generator[Item | Limit]:
    path = f"{entry.name}/" + one.name.replace(".", "/") + ("/__init__" if one.package else "")
    raw = path.encode("utf-8", "surrogatepass")
    reading.check_name(raw, path)
    if reading.passed(path, 0) or not one.size:  # a package without a file
        return
    if one.at + one.size > entry.packed:
        reading.note("truncated", "the archive ends before the module does", path)
        return
    try:
        code = inflate(source.read(start + one.at, one.size), reading.in_memory, 15)
    except Damaged as error:
        reading.note("encrypted" if locked else "broken", str(error), path)
        return
    reading.count(len(code))
    if one.data:
        yield Item(raw, path, Memory(code), taken=True)
    else:
        yield _compiled(code, magic, path, raw)
