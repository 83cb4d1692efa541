"""Windows Installer packages. Layout: [MS-CFB]; names of streams and the string pool as msitools and wine read them.

The cabinets lie in streams; their files carry keys, for which the table `File` has the names.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Generator
from typing import Any

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.archive import read_archive
from sousveil.unpack.names import text_codec
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Memory, Seekable, Source, Window

ABOUT = About(
    title="Windows Installer packages",
    ends=".msi .msp .msm",
    reads="Every file of the cabinets, by its name in the table of files; every stream; the strings of all tables.",
)
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._"
_MOST_STREAM = 1 << 31
_DEEPEST = 8


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the files of the cabinets, then the other streams. Raise NotOpened if this is no package."""
    del name
    import olefile

    try:
        ole = olefile.OleFileIO(io.BufferedReader(_File(source)))
        every = ole.listdir(streams=True, storages=False)
        streams = [path for path in every if len(path) <= _DEEPEST]
    except Exception as error:  # noqa: BLE001 - whatever a hostile directory makes the library raise
        raise NotOpened("broken", f"compound file: {str(error) or type(error).__name__}") from None
    with ole:
        held = {plain(path[-1]): path for path in streams if len(path) == 1}
        strings, wide = _strings(ole, held, reading)
        names = _file_names(ole, held, strings, wide)
        reading.opened = True
        if len(every) > len(streams):
            reading.note("quota", f"{len(every) - len(streams)} streams lie deeper than {_DEEPEST} storages")
            yield from reading.drain()
        if strings:
            text = "\n".join(s for s in strings if s).encode("utf-8", "replace")
            reading.count(len(text))
            yield Item(b"[strings]", "[strings].txt", Memory(text))
        for path in streams:
            title = "/".join(plain(part) for part in path)
            if title.startswith("!"):
                continue
            try:
                data = _stream(ole, path)
            except Exception as error:  # noqa: BLE001 - as above
                reading.note("broken", f"a stream of the compound file: {str(error) or type(error).__name__}", title)
                yield from reading.drain()
                continue
            if data.startswith(b"MSCF\0\0\0\0"):
                yield from _cabinet(data, names, title, reading)
            else:
                reading.count(len(data))
                yield Item(title.encode("utf-8", "surrogatepass"), title, Memory(data))
            yield from reading.drain()


class _File(io.RawIOBase):
    """A source as olefile wants it."""

    def __init__(self, source: Memory | Window) -> None:
        self._source = source
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = max(0, offset + (0, self._at, self._source.size)[whence])
        return self._at

    def readinto(self, buffer: Any) -> int:
        data = self._source.read(self._at, len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def plain(name: str) -> str:
    """Return a stream's name without the packing of two characters into one; a table's begins with `!`."""
    out: list[str] = []
    for char in name:
        code = ord(char)
        if 0x3800 <= code < 0x4800:
            out.append(_DIGITS[code - 0x3800 & 63] + _DIGITS[code - 0x3800 >> 6 & 63])
        elif 0x4800 <= code < 0x4840:
            out.append(_DIGITS[code - 0x4800])
        else:
            out.append("!" if code == 0x4840 else char)
    return "".join(out)


def _stream(ole: Any, path: list[str]) -> bytes:
    if ole.get_size(path) > _MOST_STREAM:
        raise ValueError("a stream that is too large")
    data: bytes = ole.openstream(path).read()
    return data


def _strings(ole: Any, held: dict[str, list[str]], reading: Reading) -> tuple[list[str], bool]:
    """Return the string pool, and whether references to it have three bytes."""
    if "!_StringPool" not in held or "!_StringData" not in held:
        return [], False
    try:
        pool, data = _stream(ole, held["!_StringPool"]), _stream(ole, held["!_StringData"])
    except Exception as error:  # noqa: BLE001 - as above
        reading.note("broken", f"the string pool: {error}")
        return [], False
    if len(pool) < 4:
        return [], False
    page, flags = struct.unpack_from("<2H", pool)
    codec = "utf-8" if page in (0, 65001) else text_codec(f"cp{page}", "latin-1")
    strings = [""]
    at = 4
    place = 0
    while at + 4 <= len(pool):
        length, references = struct.unpack_from("<2H", pool, at)
        at += 4
        if not length and references and at + 4 <= len(pool):  # longer than two bytes can say
            length = int.from_bytes(pool[at - 2 : at], "little") << 16 | int.from_bytes(pool[at : at + 2], "little")
            at += 4
        strings.append(data[place : place + length].decode(codec, "backslashreplace"))
        place += length
    return strings, bool(flags & 0x8000)


def _file_names(ole: Any, held: dict[str, list[str]], strings: list[str], wide: bool) -> dict[str, str]:
    """Return the files' names by their keys in the cabinets. Tables are stored column by column."""
    if "!File" not in held or not strings:
        return {}
    try:
        raw = _stream(ole, held["!File"])
    except Exception:  # noqa: BLE001 - the cabinet's keys are names too
        return {}
    width = 3 if wide else 2
    row = 5 * width + 4 + 2 + (4 if (len(raw) % (5 * width + 8)) else 2)
    if len(raw) % row:
        return {}
    count = len(raw) // row

    def column(start: int, n: int) -> str:
        at = start + n * width
        index = int.from_bytes(raw[at : at + width], "little")
        return strings[index] if index < len(strings) else ""

    return {column(0, n): column(2 * width * count, n).rpartition("|")[2] for n in range(count)}


def _cabinet(data: bytes, names: dict[str, str], title: str, reading: Reading) -> Generator[Item | Limit]:
    source: Source = Memory(data)
    try:
        for found in read_archive("cab", source, reading):
            if isinstance(found, Item) and names.get(found.name):
                found.name = names[found.name]
                found.raw = found.name.encode("utf-8", "surrogatepass")
            yield found
    except NotOpened as error:
        reading.note(error.reason, error.detail, title)
