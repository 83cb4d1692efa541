"""Containers of every format, made here: by the standard library, by libarchive's writer, or byte by byte."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace

import pytest

from sousveil.model import Limit
from sousveil.unpack import Budget, Entry, native, walk

Files = Mapping[str, bytes]
FILES = {"inc/sdk.h": b"enum EM_GLASS_TYPE { NONE, SUN };\n" * 40, "readme.txt": "说明 one\n".encode(), "empty": b""}


def make_zip(files: Files = FILES, method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, data in files.items():
            made.writestr(zipfile.ZipInfo(name), data, method)
        made.comment = comment
    return out.getvalue()


def make_tar(files: Files = FILES, form: int = tarfile.GNU_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as made:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
    return out.getvalue()


def by_libarchive(form: str, files: Files = FILES, compression: str | None = None) -> bytes:
    native.library()  # finds the library that libarchive-c then takes
    import libarchive

    out: list[bytes] = []

    def write(data: bytes) -> int:
        out.append(bytes(data))
        return len(data)

    with libarchive.custom_writer(write, form, compression) as made:
        for name, data in files.items():
            made.add_file_from_memory(name, len(data), data)
    return b"".join(out)


def make_cab(files: Files = FILES) -> bytes:
    """Stored, one folder, blocks of at most 32 kB without checksums ([MS-CAB])."""
    whole = b"".join(files.values())
    blocks = [whole[at : at + 32768] for at in range(0, len(whole), 32768)]
    entries = b""
    at = 0
    for name, data in files.items():
        entries += struct.pack("<2L4H", len(data), at, 0, 0x5000, 0, 0x20) + name.encode() + b"\0"
        at += len(data)
    data = b"".join(struct.pack("<L2H", 0, len(b), len(b)) + b for b in blocks)
    first = 36 + 8
    size = first + len(entries) + len(data)
    head = b"MSCF" + struct.pack("<5L2B5H", 0, size, 0, first, 0, 3, 1, 1, len(files), 0, 0, 0)
    return head + struct.pack("<L2H", first + len(entries), len(blocks), 0) + entries + data


def make_rar4(files: Files = FILES) -> bytes:
    """Stored, version 4."""

    def block(kind: int, flags: int, body: bytes) -> bytes:
        rest = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
        return struct.pack("<H", zlib.crc32(rest) & 0xFFFF) + rest

    out = b"Rar!\x1a\x07\0" + block(0x73, 0, bytes(6))
    for name, data in files.items():
        raw = name.encode()
        numbers = (len(data), len(data), 3, zlib.crc32(data), 0x50000000, 20, 0x30, len(raw), 0o100644)
        out += block(0x74, 0x8000, struct.pack("<2LB2L2BHL", *numbers) + raw) + data
    return out + block(0x7B, 0x4000, b"")


def _vint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def make_rar5(files: Files = FILES) -> bytes:
    """Stored, version 5."""

    def block(body: bytes) -> bytes:
        sized = _vint(len(body)) + body
        return struct.pack("<L", zlib.crc32(sized)) + sized

    out = b"Rar!\x1a\x07\x01\0" + block(b"\x01\0\0")
    for name, data in files.items():
        raw = name.encode()
        body = b"\x02\x02" + _vint(len(data)) + b"\x04" + _vint(len(data)) + _vint(0o100644)
        body += struct.pack("<L", zlib.crc32(data)) + b"\0\x01" + _vint(len(raw)) + raw
        out += block(body) + data
    return out + block(b"\x05\0\0")


def make_lha(files: Files = FILES) -> bytes:
    """Stored, header level 0."""
    out = b""
    for name, data in files.items():
        raw = name.encode()
        crc = _crc16(data)
        body = b"-lh0-" + struct.pack("<3L2BB", len(data), len(data), 0x50000000, 0x20, 0, len(raw)) + raw
        body += struct.pack("<H", crc)
        out += bytes([len(body), sum(body) & 0xFF]) + body + data
    return out + b"\0"


def _crc16(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def make_rpm(files: Files = FILES, packed: Callable[[bytes], bytes] = gzip.compress) -> bytes:
    lead = b"\xed\xab\xee\xdb\x03\0" + bytes(90)
    header = b"\x8e\xad\xe8\x01\0\0\0\0" + struct.pack(">2L", 0, 0)
    store = b"%post\necho set up\n"
    second = b"\x8e\xad\xe8\x01\0\0\0\0" + struct.pack(">2L", 0, len(store)) + store
    return lead + header + second + packed(by_libarchive("cpio_newc", files))


def make_deb(files: Files = FILES) -> bytes:
    parts = {
        "debian-binary": b"2.0\n",
        "control.tar.gz": gzip.compress(make_tar({"control": b"Package: x\n"})),
        "data.tar.xz": lzma.compress(make_tar(files)),
    }
    return by_libarchive("ar_svr4", parts)


def bytes_of(form: str) -> bytes:
    """Return a sample container of a format with FILES in it, or one of them where only one fits."""
    one = FILES["inc/sdk.h"]
    makers: dict[str, Callable[[], bytes]] = {
        "zip": make_zip,
        "tar": make_tar,
        "tar.gz": lambda: gzip.compress(make_tar(), mtime=0),
        "tar.bz2": lambda: bz2.compress(make_tar()),
        "tar.xz": lambda: lzma.compress(make_tar()),
        "tar.zst": lambda: by_libarchive("gnutar", FILES, "zstd"),
        "tar.lz4": lambda: by_libarchive("gnutar", FILES, "lz4"),
        "tar.lz": lambda: by_libarchive("gnutar", FILES, "lzip"),
        "tar.Z": lambda: by_libarchive("gnutar", FILES, "compress"),
        "gz": lambda: gzip.compress(one, mtime=0),
        "bz2": lambda: bz2.compress(one),
        "xz": lambda: lzma.compress(one),
        "lzma": lambda: lzma.compress(one, lzma.FORMAT_ALONE),
        "zst": lambda: by_libarchive("raw", {"x": one}, "zstd"),
        "lz4": lambda: by_libarchive("raw", {"x": one}, "lz4"),
        "7z": lambda: by_libarchive("7zip"),
        "iso": lambda: by_libarchive("iso9660"),
        "cpio": lambda: by_libarchive("cpio_newc"),
        "ar": lambda: by_libarchive("ar_svr4", {"sdk.h": one, "b.txt": b"two\n"}),
        "cab": make_cab,
        "rar": make_rar5,
        "rar4": make_rar4,
        "lha": make_lha,
        "rpm": make_rpm,
        "deb": make_deb,
    }
    return makers[form]()


def go(data: bytes | str, name: str = "x", budget: Budget | None = None, **options: object) -> SimpleNamespace:
    """Walk to the end; return `files` (address to content), `entries`, `limits`, `reasons` (their set)."""
    entries: list[Entry] = []
    limits: list[Limit] = []
    files: dict[str, bytes] = {}
    budget = budget or Budget()
    for found in walk(data, name, budget, **options):  # type: ignore[arg-type]
        if isinstance(found, Limit):
            limits.append(found)
        else:
            entries.append(found)
            files[found.path] = b"".join(found.chunks())
    reasons = {limit.reason for limit in limits}
    return SimpleNamespace(files=files, entries=entries, limits=limits, reasons=reasons, budget=budget)


@pytest.fixture(scope="session")
def pack() -> Iterator[SimpleNamespace]:
    """What makes containers and walks them."""
    yield SimpleNamespace(
        FILES=FILES,
        zip=make_zip,
        tar=make_tar,
        cab=make_cab,
        rar4=make_rar4,
        rar5=make_rar5,
        rpm=make_rpm,
        deb=make_deb,
        by_libarchive=by_libarchive,
        of=bytes_of,
        go=go,
    )
