"""Nullsoft installers: every file, by the name the script gives it.

Layout: NSIS Source/exehead/fileform.h (version 2 and 3). Nothing of the script is run.
"""

from __future__ import annotations

import struct
from collections.abc import Generator, Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.image.blocks import inflate
from sousveil.unpack.image.parts import Damaged, part, u16, u32
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Memory, Seekable
from sousveil.unpack.streams import STEP, Decoder, decoder, errors

ABOUT = About(
    title="Nullsoft installers",
    ends=".exe",
    reads="Every file, by its name in the script, and the script's strings (zlib and LZMA, solid or not).",
    limits="Installers packed with bzip2; LZMA behind an x86 filter.",
)
MARK = b"\xef\xbe\xad\xdeNullsoftInst"
_EXTRACT = 20
_MOST_HEADER = 64 << 20
_MOST_FILE = 1 << 31


def read(source: Seekable, reading: Reading, name: str) -> Generator[Item | Limit]:
    """Yield the program, the strings of its script, then the files. Raise NotOpened where none comes out."""
    del name
    at = source.find(MARK, 4, source.size)
    if at < 4:
        raise NotOpened("broken", "no installer's header")
    start = at - 4
    size = u32(source.read(start + 24, 4), 0)
    end = min(start + size, source.size) if size >= 28 else source.size
    first = source.read(start + 28, 16)
    try:
        if _is_lzma(first) or (u32(first, 0) & 0x80000000) == 0:
            yield from _solid(source, start, end, reading)
        else:
            yield from _blocks(source, start, end, reading)
    except Damaged as error:
        if not reading.opened:
            raise NotOpened("broken", str(error)) from None
        reading.note("broken", str(error))
    yield from reading.drain()


def _is_lzma(head: bytes) -> bool:
    return head[:1] == b"\x5d" and head[1:3] == b"\0\0" and head[5:6] == b"\0"


class _Solid:
    """One stream of all: read in order."""

    def __init__(self, source: Seekable, at: int, end: int, reading: Reading) -> None:
        self._source = source
        self._at = at
        self._end = end
        self._reading = reading
        self._held = bytearray()
        head = source.read(at, 5)
        self._decode: Decoder
        if _is_lzma(source.read(at, 6)):
            self._decode = decoder("lzma")
            self._decode.decompress(head + b"\xff" * 8, 0)
            self._at += 5
        else:
            self._decode = decoder("deflate")

    def take(self, count: int) -> bytes:
        """Return that many bytes, fewer at the end."""
        while len(self._held) < count and not self._decode.eof:
            data = b""
            if self._decode.needs_input:
                data = self._source.read(self._at, min(STEP, self._end - self._at))
                self._at += len(data)
                if not data:
                    break
            self._reading.fed(1)
            try:
                out = self._decode.decompress(data, 1 << 20)
            except errors() as error:
                raise Damaged(str(error)) from None
            self._reading.meter.take(len(out))
            self._held += out
        out = bytes(self._held[:count])
        del self._held[:count]
        return out


def _solid(source: Seekable, start: int, end: int, reading: Reading) -> Generator[Item | Limit]:
    stream = _Solid(source, start + 28, end, reading)
    size = u32(stream.take(4), 0)
    if not 0 < size <= _MOST_HEADER:
        raise Damaged(f"a script of {size} bytes, or a packing that is not read")
    header = stream.take(size)
    names, strings = _script(header)
    yield from _opened(source, start, strings, reading)
    at = 0
    while len(raw := stream.take(4)) == 4:
        size = u32(raw, 0)
        if size > _MOST_FILE:
            raise Damaged(f"a file of {size} bytes at {at}")
        data = stream.take(size)
        reading.budget.take_bytes(len(data))
        yield from _file(data, size, names.get(at), at, reading)
        at += 4 + size


def _blocks(source: Seekable, start: int, end: int, reading: Reading) -> Generator[Item | Limit]:
    at = start + 28
    head = u32(source.read(start + 20, 4), 0)
    header, at = _block(source, at, end, min(head, _MOST_HEADER))
    names, strings = _script(header)
    yield from _opened(source, start, strings, reading)
    base = at
    while at + 4 <= end:
        place = at - base
        if u32(source.read(at, 4), 0) & 0x7FFFFFFF > end - at - 4:
            return  # the checksum at the end
        try:
            data, at = _block(source, at, end, reading.in_memory)
        except Damaged as error:
            at += 4 + (u32(source.read(at, 4), 0) & 0x7FFFFFFF)
            reading.note("broken", str(error), names.get(place))
            continue
        reading.count(len(data))
        yield from _file(data, len(data), names.get(place), place, reading)


def _block(source: Seekable, at: int, end: int, most: int) -> tuple[bytes, int]:
    word = u32(source.read(at, 4), 0)
    size = word & 0x7FFFFFFF
    raw = source.read(at + 4, min(size, end - at - 4))
    if word & 0x80000000:
        if _is_lzma(raw):
            import lzma

            try:
                raw = lzma.LZMADecompressor(lzma.FORMAT_ALONE).decompress(raw[:5] + b"\xff" * 8 + raw[5:], most)
            except lzma.LZMAError as error:
                raise Damaged(f"lzma: {error}") from None
        elif raw[:1] == b"1" and raw[1:2] < b"\x0e":
            raise NotOpened("unsupported", "packed with bzip2, of which its own form is not read")
        else:
            raw = inflate(raw, most, -15)
    return raw, at + 4 + size


def _opened(source: Seekable, start: int, strings: str, reading: Reading) -> Generator[Item | Limit]:
    reading.opened = True
    yield part(source, 0, start, reading, "[program]")
    text = strings.encode("utf-8", "replace")
    reading.budget.take_bytes(len(text))
    yield Item(b"[strings]", "[strings].txt", Memory(text))


def _file(data: bytes, size: int, name: str | None, at: int, reading: Reading) -> Generator[Item | Limit]:
    name = name or f"[file at {at}]"
    raw = name.encode("utf-8", "surrogatepass")
    reading.check_name(raw, name)
    if len(data) < size:
        reading.note("truncated", f"{len(data)} of {size} bytes came out", name)
    yield Item(raw, name, Memory(data))
    yield from reading.drain()


def _script(header: bytes) -> tuple[dict[int, str], str]:
    """Return the files' names by their places in the data, and all strings."""
    if len(header) < 4 + 8 * 8:
        raise Damaged("a script that is cut off")
    # Flags, then offset and count of: pages, sections, entries, strings, language tables …
    blocks = [struct.unpack_from("<2I", header, 4 + 8 * n) for n in range(8)]
    entries, count = blocks[2]
    strings, after = blocks[3][0], blocks[4][0]
    wide = header[strings : strings + 2] == b"\0\0"
    names: dict[int, str] = {}
    for at in range(entries, min(entries + 28 * count, len(header) - 27), 28):
        which, _, name, place = struct.unpack_from("<4I", header, at)
        if which == _EXTRACT:
            names.setdefault(place, _string(header, strings, name, wide).replace("\\", "/"))
    raw = header[strings : after if strings < after <= len(header) else len(header)]
    parts = raw.decode("utf-16-le", "replace").split("\0") if wide else raw.decode("latin-1").split("\0")
    if not wide:  # the installer's own code page is not stated; UTF-8, else GB18030
        parts = [_text(part) for part in raw.split(b"\0")]
    return names, "\n".join(part for part in parts if part)


def _text(raw: bytes) -> str:
    for codec in ("utf-8", "gb18030"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def _string(header: bytes, strings: int, index: int, wide: bool) -> str:
    """Return a string of the script, its variables and shell folders as `$`."""
    out: list[str] = []
    raw = bytearray()
    for step in _codes(header, strings + index * (2 if wide else 1), wide):
        if isinstance(step, int):
            out.append(chr(step)) if wide else raw.append(step)
        else:
            out.append(_text(bytes(raw)) + "$")
            raw.clear()
    return "".join(out) + _text(bytes(raw))


def _codes(header: bytes, at: int, wide: bool) -> Iterator[int | None]:
    """Yield the characters of a string up to its end, None for a variable."""
    width = 2 if wide else 1
    for _ in range(1024):
        code = u16(header, at) if wide else (header[at] if at < len(header) else 0)
        at += width
        if not code:
            return
        if (wide and code in (1, 2, 3, 4)) or (not wide and code in (252, 253, 254, 255)):
            literal = code == (4 if wide else 252)
            if literal:
                yield u16(header, at) if wide else header[at] if at < len(header) else 0
                at += width
            else:
                yield None
                at += 2
        else:
            yield code
