"""Files that are compiled into a program in packed form: Qt's resources, gzip members, other zlib streams.

A stream counts where it unpacks to its end and its own checksum is right. Qt's resource compiler (``rcc``) writes the
size before a stream; Zstandard frames are taken only behind such a size, for they need carry no checksum.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

from sousveil.about import About
from sousveil.beginnings import GZIP, MOST, ZLIB, ZSTD
from sousveil.model import Limit
from sousveil.unpack.beginnings import beginnings, forget
from sousveil.unpack.entry import Entry
from sousveil.unpack.limits import Budget, Meter
from sousveil.unpack.render.elfdebug import Unreadable, packed_debug, zstd
from sousveil.unpack.render.marked import inside

ABOUT = About(
    "Packed parts of programs",
    ".exe .dll .so .rcc (and programs without an ending)",
    "Qt resources (zlib, Zstandard), gzip members and other zlib streams inside a program, and assemblies that Costura "
    "put into another, each as a file of its own.",
    needs="libarchive for zstd",
    limits="Names of Qt resources; LZMA and other packings; the pictures among them.",
)
_BITS = {ZLIB: 15, GZIP: 31}
_FIRST = 2048
"""Bytes of a stream that are unpacked to see whether it may be one."""
_LEAST = 48
"""Bytes that come out at least."""
_MOST_ONE = 1 << 28
_COSTURA = re.compile(rb"costura\.[\x20-\x7e]{1,200}\.compressed\0")
_MOST_RESOURCES = 5000
_MOST_STREAMS = 20_000
_IN_PICTURES = (b"IDAT", b"iCCP", b"fdAT")
_ENDS = (
    (re.compile(rb"\x3c\xb8\x64\x18\xca\xef\x9c\x95"), ".qm"),
    (re.compile(rb"\x89PNG"), ".png"),
    (re.compile(rb"MZ"), ".dll"),
    (re.compile(rb"\s*<(?:!doctype html|html)", re.IGNORECASE), ".html"),
    (re.compile(rb"\s*(?:\xef\xbb\xbf)?<(?:\?xml|!DOCTYPE|ui|RCC|TS|svg)"), ".xml"),
    (re.compile(rb"\s*[{\[]\s*[\"{\[\]}]"), ".json"),
    (re.compile(rb"(?:\s*(?://[^\n]*\n|/\*[\s\S]{0,4000}?\*/|pragma [^\n]*\n))*\s*import Qt"), ".qml.js"),
)


def has(data: bytes | memoryview) -> bool:
    """Return whether a stream begins in a program."""
    if next(_starts(data), None) is not None or next(_resources(data), None) is not None:
        return True
    forget()
    return False


def render(data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield what each stream unpacks to. Raises Stop where a quota is hit."""
    meter = Meter(budget, len(data))
    for at, end, out in _streams(data):
        budget.tick()
        if at < 0:
            yield Limit(display, "cut", f"more packed streams than are looked for: those before {end:#x}")
            return
        if not out:
            continue
        meter.take(len(out))
        budget.take_bytes(len(out))
        budget.take_file()
        ending = next((name for pattern, name in _ENDS if pattern.match(out)), "")
        yield Entry(inside(display, f"[packed at {at:#x}]{ending}"), b"", len(out), out, inside=True)
    forget()


def places(data: bytes) -> list[tuple[int, int]]:
    """Return where what is unpacked of a program stands in it."""
    return [(at, end) for at, end, out in _streams(data) if out and at >= 0]


def _streams(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield where a stream begins and ends and what it unpacks to: nothing if it is none. -1 where too many."""
    for at, end in _resources(data):
        out, stop = _deflated(data, at, -15)
        if len(out) >= _LEAST and stop <= end:
            yield at, stop, out
    done = 0
    debug = packed_debug(data)
    for number, (at, kind) in enumerate(_starts(data)):
        if at < 0 or number >= _MOST_STREAMS:
            yield -1, max(at, done), b""
            return
        # A stream's own bytes can look like the start of another.
        if at < done or any(low <= at < high for low, high in debug):
            continue
        out, end = _zstd(data, at) if kind == ZSTD else _deflated(data, at, _BITS[kind])
        if len(out) < _LEAST:
            yield at, end, b""
            continue
        done = end
        yield at, end, out


def _starts(data: bytes | memoryview) -> Iterator[tuple[int, str]]:
    """Yield where a stream may begin, by place: those whose first bytes unpack. -1 where there are too many."""
    found = beginnings(data)
    for at, kind in found:
        if kind == ZLIB:
            if _may_open(data, at + 2) and bytes(data[at - 4 : at]) not in _IN_PICTURES and _opens(data, at, 15):
                yield at, kind
        elif kind == ZSTD:
            if _sized(data, at):
                yield at, kind
        elif kind == GZIP and bytes(data[at + 3 : at + 4]) <= b"\x1f" and _opens(data, at, 31):  # else reserved flags
            yield at, kind
    if len(found) >= MOST:
        yield -1, ZLIB


def _may_open(data: bytes | memoryview, at: int) -> bool:
    """Return whether a block of deflate may begin here (RFC 1951, 3.2.3): most marks are chance, and end at this."""
    first = data[at] if at + 4 < len(data) else 7
    kind = first >> 1 & 3
    if kind == 2:
        return first >> 3 <= 29 and data[at + 1] & 31 <= 29
    return kind == 1 or (kind == 0 and data[at + 1] ^ data[at + 3] == 255 and data[at + 2] ^ data[at + 4] == 255)


def _resources(data: bytes | memoryview) -> Iterator[tuple[int, int]]:
    """Yield the manifest resources of an assembly into which others were packed, as Costura does: bare deflate.

    ECMA-335 II.24.2.4: each resource has its length in front and begins at a multiple of eight.
    """
    if data[:2] != b"MZ" or _COSTURA.search(data) is None:
        return
    try:
        place = _manifest(data)
        for _ in range(_MOST_RESOURCES):
            at, end = place + 4, place + 4 + struct.unpack_from("<I", data, place)[0]
            if not at + 2 < end <= len(data):
                return
            if _opens(data, at, -15):
                yield at, end
            place += (end - place + 7) // 8 * 8
    except struct.error:
        return


def _manifest(data: bytes | memoryview) -> int:
    """Return where the manifest resources of an assembly begin. Raise struct.error where it has none."""
    (head,) = struct.unpack_from("<I", data, 0x3C)
    count, wide = struct.unpack_from("<H", data, head + 6)[0], struct.unpack_from("<H", data, head + 24)[0] == 0x20B
    tables = head + 24 + struct.unpack_from("<H", data, head + 20)[0]
    sections = [struct.unpack_from("<4I", data, tables + 40 * n + 8) for n in range(count)]

    def offset(address: int) -> int:
        for size, start, raw, at in sections:
            if start <= address < start + max(size, raw):
                return int(address - start + at)
        raise struct.error("outside of all sections")

    (cli,) = struct.unpack_from("<I", data, head + 24 + (112 if wide else 96) + 8 * 14)
    return offset(struct.unpack_from("<I", data, offset(cli) + 24)[0])


def _sized(data: bytes | memoryview, at: int) -> int:
    """Return how long the resource at ``at`` is by the number before it, 0 if that cannot be."""
    size = int.from_bytes(data[at - 4 : at], "big") if at >= 4 else 0
    return size if 12 < size <= len(data) - at else 0


def _opens(data: bytes | memoryview, at: int, bits: int) -> bool:
    decoder = zlib.decompressobj(bits)
    try:
        out = decoder.decompress(data[at : at + _FIRST], _LEAST)
    except zlib.error:
        return False
    return len(out) >= _LEAST


def _deflated(data: bytes, at: int, bits: int) -> tuple[bytes, int]:
    """Return what a stream unpacks to and where it ends; nothing if it does not end well."""
    decoder = zlib.decompressobj(bits)
    out = bytearray()
    step, place = 1 << 16, at
    try:
        while not decoder.eof and place < len(data) and len(out) < _MOST_ONE:
            out += decoder.decompress(data[place : place + step])
            place += step
            step = min(step * 2, 1 << 24)
    except zlib.error:
        return b"", at
    if not decoder.eof:
        return b"", at
    return bytes(out), min(place, len(data)) - len(decoder.unused_data)


def _zstd(data: bytes, at: int) -> tuple[bytes, int]:
    end = at + _sized(data, at)
    out = bytearray()
    try:
        for part in zstd(data[at:end]):
            out += part
            if len(out) > _MOST_ONE:
                return b"", at
    except Unreadable:
        return b"", at
    return bytes(out), end
