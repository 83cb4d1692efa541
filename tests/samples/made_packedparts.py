"""Programs with packed files in them, as Qt's resource compiler and embedded web servers have them."""

from __future__ import annotations

import base64
import gzip
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import dotnet_prebuilt
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


def assembly(*resources: bytes) -> bytes:
    """Return the parts of an assembly that lead to its manifest resources, deflated as Costura keeps them."""
    kept = b""
    for data in resources:
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        raw = deflate.compress(data) + deflate.flush()
        kept += struct.pack("<I", len(raw)) + raw
        kept += bytes(-len(kept) % 8)
    cli = struct.pack("<I2H2I2I2I", 72, 2, 5, 0, 0, 0, 0, 0x2048, len(kept))
    body = cli.ljust(72, b"\0") + kept + b"costura.nanjing.sdk.dll.compressed\0"
    optional = struct.pack("<H", 0x10B).ljust(96 + 8 * 14, b"\0") + struct.pack("<2I", 0x2000, 72) + bytes(8)
    coff = b"PE\0\0" + struct.pack("<2H3I2H", 0x14C, 1, 0, 0, 0, len(optional), 0x102)
    section = b".text\0\0\0" + struct.pack("<4I", len(body), 0x2000, len(body), 0x400) + bytes(16)
    head = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40) + coff + optional + section
    return head.ljust(0x400, b"\0") + body


def samples(folder: Path) -> Iterator[Sample]:
    """Yield programs with the SDK's header and translation in them, and with a table of languages."""
    translations = {s.twin: s.data for s in made_qm.samples(folder)}
    parts = (resource(translations[False]), resource(b"\x89PNG\r\n\x1a\n" + bytes(200)))
    yield Sample("client", elf(*parts), finds=("民族",), where="client!/[packed at 0xf8].qm")
    yield Sample("client6.exe", b"MZ" + elf(zstd(HEADER))[2:], finds=(NATION,), where="client6.exe!/[packed at 0x")
    yield Sample("httpd", elf(gzip.compress(HEADER, mtime=0)), finds=(NATION,), where="httpd!/[packed at 0x")
    rcc = b"qres" + struct.pack(">4I", 2, 400, 24, 300) + resource(HEADER) + bytes(100)
    yield Sample("icons.rcc", rcc, finds=(NATION,), where="icons.rcc!/[packed at 0x")
    built = {name: zlib.decompress(base64.b64decode(x)) for name, x in dotnet_prebuilt.PREBUILT.items()}
    yield Sample(
        "whole.exe", assembly(b"a picture" * 20, built["sdk"]), finds=(NATION,), where="whole.exe!/[packed at 0x"
    )
    yield Sample("card.exe", assembly(built["card"]), "records")
    yield Sample("languages", elf(resource(TABLE), resource(translations[True])), "clear")
