"""Containers: the header of the made-up SDK inside each, and a table of languages as its twin."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from kit import C_HEADER, EVENT, LOCALES, NATION, Sample

FORMATS = ("zips", "archive", "streams", "rpm", "sourcemap")
HEADER = C_HEADER.encode("gb18030")
TABLE = json.dumps(dict(LOCALES), ensure_ascii=False).encode()


def _zip(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def _tar(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def _ar(name: str, data: bytes) -> bytes:
    head = f"{name + '/':<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode()
    return b"!<arch>\n" + head + data + b"\n" * (len(data) % 2)


def cpio(name: str, data: bytes) -> bytes:
    """Return a cpio archive of the new format with one file."""

    def entry(path: str, content: bytes, mode: int) -> bytes:
        raw = path.encode() + b"\0"
        fields = (1, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(raw), 0)
        head = b"070701" + b"".join(b"%08X" % f for f in fields) + raw
        head += b"\0" * (-len(head) % 4)
        return head + content + b"\0" * (-len(content) % 4)

    return entry(name, data, 0o100644) + entry("TRAILER!!!", b"", 0)


def _rpm(name: str, data: bytes) -> bytes:
    lead = b"\xed\xab\xee\xdb\x03\x00" + b"\0" * 90
    empty = b"\x8e\xad\xe8\x01" + b"\0" * 4 + struct.pack(">II", 0, 0)
    return lead + empty + empty + gzip.compress(cpio(name, data), mtime=0)


def _map(name: str, data: bytes) -> bytes:
    content = {"version": 3, "sources": [name], "sourcesContent": [data.decode()], "mappings": ""}
    return json.dumps(content, ensure_ascii=False).encode()


def samples(folder: Path) -> Iterator[Sample]:
    """Yield each container with the header, and with the table."""
    packers = {
        "sdk.zip": _zip, "sdk.tar": _tar, "sdk.a": _ar, "sdk.cpio": cpio, "sdk.rpm": _rpm,
        "sdk.tar.gz": lambda n, d: gzip.compress(_tar(n, d), mtime=0),
        "sdk.tar.xz": lambda n, d: lzma.compress(_tar(n, d)),
        "sdk.tar.bz2": lambda n, d: bz2.compress(_tar(n, d)),
    }  # fmt: skip
    for name, pack in packers.items():
        where = f"{name}!/"
        yield Sample(name, pack("sdk.h", HEADER), finds=(NATION,), where=where, linked=(NATION, EVENT))
        yield Sample(f"twin-{name}", pack("languages.json", TABLE), verdict="clear")
    disguised = b"DH" + _zip("sdk.h", HEADER)[2:]
    yield Sample("firmware.bin", disguised, finds=(NATION,), where="firmware.bin!/sdk.h", linked=(NATION, EVENT))
    yield Sample("app.js.map", _map("src/sdk.h", C_HEADER.encode()), finds=(NATION,), where="src/sdk.h")
    yield Sample("twin.js.map", _map("src/languages.json", TABLE), verdict="clear")
