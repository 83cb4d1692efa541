"""Which reader opens a container of which format."""

from __future__ import annotations

from collections.abc import Generator

from sousveil.model import Limit
from sousveil.unpack import image
from sousveil.unpack.archive import read_archive
from sousveil.unpack.asar import read_asar
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.rpm import read_rpm
from sousveil.unpack.sniff import ARCHIVES, COMPRESSED, STUB_HEAD, behind_program
from sousveil.unpack.source import Source, Stream
from sousveil.unpack.streams import read_stream
from sousveil.unpack.zips import read_zip


def reader(fmt: str, source: Source, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Return what yields the files of a container and what was not read of it. It may raise NotOpened."""
    if fmt == "zip" and not isinstance(source, Stream):
        return read_zip(source, reading)
    if fmt in COMPRESSED:
        return read_stream(fmt, source, reading, name)
    if fmt == "rpm":
        return read_rpm(source, reading)
    if fmt == "asar" and not isinstance(source, Stream):
        return read_asar(source, reading)
    if fmt in ARCHIVES:
        return read_archive(fmt, source, reading)
    if fmt in image.MODULES and not isinstance(source, Stream):
        return image.read(fmt, source, reading, name)
    return _read_stub(source, reading)


def _read_stub(source: Source, reading: Reading) -> Generator[Item | Limit]:
    """Yield a program and the archive behind it as two files."""
    head = source.read(0, STUB_HEAD) if not isinstance(source, Stream) else source.head()
    found = behind_program(head)
    if found is None or isinstance(source, Stream):
        raise NotOpened("broken", "no archive behind the program")
    reading.opened = True
    at = found[1]
    reading.count(source.size)
    yield Item(b"", f"[bytes 0-{at}]", source.window(0, at))
    yield Item(b"", f"[bytes {at}-{source.size}]", source.window(at, source.size - at))
