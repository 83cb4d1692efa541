"""Programs with packed files in them, as Qt's resource compiler and embedded web servers have them."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import made_qm
from kit import NATION, Sample
from made_containers import HEADER, TABLE

FORMAT = "packedparts"


def elf(*parts: bytes) -> bytes:
    """Return a program without sections and its data."""
    return b"\x7fELF\2\1\1".ljust(200, b"\0") + b"".join(b"\x90" * 40 + part for part in parts) + b"\xc3" * 300


def resource(data: bytes) -> bytes:
    """Return a file as ``rcc`` packs it: the sizes, then the stream."""
    packed = zlib.compress(data, 9)
    return struct.pack(">2I", 4 + len(packed), len(data)) + packed


def zstd(data: bytes) -> bytes:
    """Return a file as newer ``rcc`` packs it, in blocks as they are."""
    blocks = [data[i : i + 100_000] for i in range(0, len(data), 100_000)]
    body = b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(data))
    for number, block in enumerate(blocks):
        body += (len(block) << 3 | (number == len(blocks) - 1)).to_bytes(3, "little") + block
    return struct.pack(">I", len(body)) + body


def samples(folder: Path) -> Iterator[Sample]:
    """Yield programs with the SDK's header and translation in them, and with a table of languages."""
    translations = {s.twin: s.data for s in made_qm.samples(folder)}
    parts = (resource(translations[False]), resource(b"\x89PNG\r\n\x1a\n" + bytes(200)))
    yield Sample("client", elf(*parts), finds=("民族",), where="client!/[packed at 0xf8].qm")
    yield Sample("client6.exe", b"MZ" + elf(zstd(HEADER))[2:], finds=(NATION,), where="client6.exe!/[packed at 0x")
    yield Sample("httpd", elf(gzip.compress(HEADER, mtime=0)), finds=(NATION,), where="httpd!/[packed at 0x")
    rcc = b"qres" + struct.pack(">4I", 2, 400, 24, 300) + resource(HEADER) + bytes(100)
    yield Sample("icons.rcc", rcc, finds=(NATION,), where="icons.rcc!/[packed at 0x")
    yield Sample("languages", elf(resource(TABLE), resource(translations[True])), "clear")
