"""File systems, boot images, vendors' wrappers: the header of the made-up SDK in each, a table of languages as twin."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import plistlib
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import images
from kit import NATION, Sample
from made_containers import HEADER, cpio

FORMATS = (
    "squashfs", "jffs2", "cramfs", "romfs", "ext", "ubi", "ubifs", "fat", "fdt", "uimage", "trx", "sparse",
    "androidboot", "hikvision", "disk", "kernel", "appimage", "carve", "nsis", "msi", "hfs", "dmg", "pbzx", "erofs",
    "superimage", "payload",
)  # fmt: skip


def uimage(data: bytes, kind: int = 5, packing: int = 0, name: bytes = b"romfs") -> bytes:
    """Return a legacy U-Boot image."""
    rest = struct.pack(">5I4B32s", 0, len(data), 0, 0, zlib.crc32(data), 5, 2, kind, packing, name)
    head = struct.pack(">2I", 0x27051956, 0) + rest
    return head[:4] + struct.pack(">I", zlib.crc32(head)) + head[8:] + data


def trx(*parts: bytes) -> bytes:
    """Return a TRX image, version 1, of up to three partitions."""
    at, starts = 28, []
    for part in parts:
        starts.append(at)
        at += len(part)
    body = struct.pack("<2H3I", 0, 1, *[*starts, 0, 0, 0][:3]) + b"".join(parts)
    return b"HDR0" + struct.pack("<2I", at, zlib.crc32(body) ^ 0xFFFFFFFF) + body


def sparse(data: bytes) -> bytes:
    """Return an Android sparse image: the data raw, then a hole and a fill."""
    data += bytes(-len(data) % 4096)
    blocks = len(data) // 4096
    chunks = struct.pack("<2H2I", 0xCAC1, 0, blocks, 12 + len(data)) + data
    chunks += struct.pack("<2H2I", 0xCAC3, 0, 2, 12) + struct.pack("<2H2I", 0xCAC2, 0, 1, 16) + b"\1\2\3\4"
    return struct.pack("<I4H4I", 0xED26FF3A, 1, 0, 28, 12, 4096, blocks + 3, 3, 0) + chunks


def superimage(partitions: dict[str, bytes]) -> bytes:
    """Return Android's super partition: the first half of each at its end, the second before, a hole behind."""
    at, body, rows, extents = 128, b"", b"", b""
    for number, (name, data) in enumerate(partitions.items()):
        data += bytes(-len(data) % 1024)
        half, both = len(data) // 2 // 512, len(data) // 512
        first = len(extents) // 24
        for sectors, start in ((half, at + both - half), (both - half, at)):
            extents += struct.pack("<QIQI", sectors, 0, start, 0)
        extents += struct.pack("<QIQI", 2, 1, 0, 0)
        body += data[half * 512 :] + data[: half * 512]
        rows += struct.pack("<36s4I", f"{name}_a".encode(), 1, first, 3, 0)
        rows += struct.pack("<36s4I", f"{name}_b".encode(), 1, first + 3, 0, 0)
        at += both
        assert number < 8
    groups = struct.pack("<36sIQ", b"default", 0, 0)
    device = struct.pack("<Q2IQ36sI", 128, 0, 0, at * 512, b"super", 0)
    tables, listed = rows + extents + groups + device, b""
    start = 0
    for count, each, table in ((2 * len(partitions), 52, rows), (len(extents) // 24, 24, extents), (1, 48, groups),
                               (1, 64, device)):  # fmt: skip
        listed += struct.pack("<3I", start, count, each)
        start += len(table)

    def summed(raw: bytes, where: int) -> bytes:
        return raw[:where] + hashlib.sha256(raw).digest() + raw[where + 32 :]

    geometry = summed(struct.pack("<2I32x3I", 0x616C4467, 52, 16384, 1, 4096), 8).ljust(4096, b"\0")
    head = struct.pack("<I2HI32xI", 0x414C5030, 10, 0, 128, len(tables)) + hashlib.sha256(tables).digest() + listed
    described = summed(head, 12) + tables
    return (bytes(4096) + 2 * geometry + described).ljust(128 * 512, b"\0") + body


def payload(partitions: dict[str, bytes]) -> bytes:
    """Return Android's update package, each partition's blocks in turn packed by xz, by bzip2, not at all."""

    def number(value: int) -> bytes:
        out = b""
        while value > 127:
            out += bytes([value & 127 | 128])
            value >>= 7
        return out + bytes([value])

    def field(key: int, value: int | bytes) -> bytes:
        if isinstance(value, int):
            return number(key << 3) + number(value)
        return number(key << 3 | 2) + number(len(value)) + value

    blobs, listed = b"", b""
    for name, data in partitions.items():
        data += bytes(-len(data) % 4096)
        row = field(1, name.encode())
        for place in range(0, len(data), 2 * 4096):
            plain = data[place : place + 2 * 4096]
            kind, blob = ((8, lzma.compress(plain)), (1, bz2.compress(plain)), (0, plain))[place // 8192 % 3]
            extent = field(1, place // 4096) + field(2, len(plain) // 4096)
            one = field(1, kind) + field(2, len(blobs)) + field(3, len(blob)) + field(6, extent)
            row += field(8, one)
            blobs += blob
        row += field(8, field(1, 6) + field(6, field(1, len(data) // 4096) + field(2, 3)))
        listed += field(13, row)
    manifest = field(3, 4096) + listed
    return b"CrAU" + struct.pack(">2QI", 2, len(manifest), 7) + manifest + b"signed!" + blobs


def androidboot(ramdisk: bytes) -> bytes:
    """Return an Android boot image, version 0, with an empty kernel."""
    head = b"ANDROID!" + struct.pack("<8I", 16, 0, len(ramdisk), 0, 0, 0, 0, 2048)
    return head.ljust(2048, b"\0") + b"kernel".ljust(2048, b"\0") + ramdisk


def hikvision(files: dict[str, bytes]) -> bytes:
    """Return firmware with a masked header."""
    from sousveil.unpack.image.hikvision import unmask

    length = 64 + 44 * len(files)
    at, entries = length, b""
    for name, data in files.items():
        entries += struct.pack("<32s3I", name.encode(), at, len(data), sum(data))
        at += len(data)
    head = struct.pack("<I", len(files)).ljust(52, b"\0") + entries
    return unmask(b"SWKH" + struct.pack("<2I", sum(head), length) + head) + b"".join(files.values())


def mbr(*parts: bytes) -> bytes:
    """Return a disk with up to four primary partitions, each at a whole multiple of 64 sectors."""
    at, table, body = 64, b"", b""
    for part in parts:
        part += bytes(-len(part) % (64 * 512))
        table += struct.pack("<8B2I", 0, 0, 0, 0, 0x83, 0, 0, 0, at, len(part) // 512)
        at += len(part) // 512
        body += part
    return bytes(446) + table.ljust(64, b"\0") + b"\x55\xaa" + bytes(63 * 512) + body


def bzimage(payload: bytes) -> bytes:
    """Return a kernel for x86 that holds a packed payload."""
    head = bytearray(1024)
    head[0x1F1] = 1
    head[510:512] = b"\x55\xaa"
    head[0x202:0x208] = b"HdrS\x0f\x02"
    struct.pack_into("<2I", head, 0x248, 16, len(payload))
    return bytes(head) + b"\x90" * 16 + payload + b"\xcc" * 100


def elf() -> bytes:
    """Return the smallest thing that counts as a 64-bit program with a section."""
    head = b"\x7fELF\2\1\1\0AI\2".ljust(16, b"\0") + struct.pack(
        "<2HI3QI6H", 2, 62, 1, 0, 0, 64, 0, 64, 56, 0, 64, 1, 0
    )
    return head + bytes(64)


def dmg(volume: bytes) -> bytes:
    """Return an Apple disk image of one partition, its blocks packed in turn with zlib, bzip2, not at all."""
    volume += bytes(-len(volume) % 512)
    step, out, runs = 1 << 17, b"", b""
    for number, at in enumerate(range(0, len(volume), step)):
        plain = volume[at : at + step]
        kind, packed = (
            (0x80000005, zlib.compress(plain)), (0x80000006, bz2.compress(plain)), (1, plain),
            (0x80000008, lzma.compress(plain)),
        )[number % 4]  # fmt: skip
        if not plain.strip(b"\0"):
            kind, packed = 2, b""
        runs += struct.pack(">2I4Q", kind, 0, at // 512, len(plain) // 512, len(out), len(packed))
        out += packed
    table = b"mish" + struct.pack(">I3Q2I", 1, 0, len(volume) // 512, 0, 2056, 0) + bytes(160)
    table += struct.pack(">I", len(runs) // 40) + runs
    listed = plistlib.dumps({"resource-fork": {"blkx": [{"Name": "disk image (Apple_HFS : 1)", "Data": table}]}})
    tail = (b"koly" + struct.pack(">3I5Q", 4, 512, 1, 0, 0, len(out), 0, 0)).ljust(216, b"\0")
    tail += struct.pack(">2Q", len(out), len(listed))
    return out + listed + tail.ljust(512, b"\0")


def pbzx(data: bytes) -> bytes:
    """Return the payload of an Apple package, one chunk packed and one not."""
    out = b"pbzx" + struct.pack(">Q", 1 << 24)
    for chunk in (lzma.compress(data[:100]), data[100:]):
        out += struct.pack(">2Q", 1 << 24, len(chunk)) + chunk
    return out


def firmware(data: bytes) -> bytes:
    """Return a flash dump of no known wrapper: a loader, padding, an image, a packed archive."""
    loader = (b"\x1e\0\0\xea U-Boot 2010.06 loader\n" * 200)[:5000]
    return loader + b"\xff" * 3000 + data + b"\xff" * 901 + gzip.compress(cpio("etc/hosts", b"127.0.0.1\n"), mtime=0)


def samples(folder: Path) -> Iterator[Sample]:
    """Yield each image with the header, and with the table."""
    # One of a kind: tests/unpack reads all of them.
    squash, quiet = images.image("xz.squashfs"), images.image("twin-xz.squashfs")
    for name in (
        "le.jffs2",
        "little.cramfs",
        "sdk.romfs",
        "sdk.ext4",
        "sdk.ubi",
        "fat12.img",
        "in.itb",
        "solid.nsis.exe",
        "single.nsis.exe",
        "sdk.msi",
    ):
        yield Sample(name, images.image(name), finds=(NATION,), where=f"{name}!/")
    for name in ("xz.squashfs", "be.jffs2", "zlib.ubifs", "lz4.erofs"):
        yield Sample(name, images.image(name), finds=(NATION,), where=f"{name}!/")
        yield Sample(f"twin-{name}", images.image(f"twin-{name}"), verdict="clear")
    wrapped = {
        "camera.img": lambda d, s: uimage(s),
        "sdk.trx": lambda d, s: trx(gzip.compress(b"kernel", mtime=0), s),
        "system.img": lambda d, s: sparse(s),
        "super.img": lambda d, s: sparse(superimage({"system": s, "vendor": b"nothing"})),
        "payload.bin": lambda d, s: payload({"boot": androidboot(gzip.compress(d, mtime=0)), "vendor": b"nothing"}),
        "boot.img": lambda d, s: androidboot(gzip.compress(d, mtime=0)),
        "digicap.dav": lambda d, s: hikvision({"app.img": s, "ver": b"1"}),
        "disk.img": lambda d, s: mbr(b"a loader", s),
        "vmlinuz": lambda d, s: bzimage(lzma.compress(d)),
        "sdk.AppImage": lambda d, s: elf() + s,
        "firmware.bin": lambda d, s: firmware(s),
        "sdk.dmg": lambda d, s: dmg(images.image("sdk.hfs")),
        "Payload": lambda d, s: pbzx(d),
    }
    for name, wrap in wrapped.items():
        yield Sample(name, wrap(cpio("sdk.h", HEADER), squash), finds=(NATION,), where=f"{name}!/")
    yield Sample("twin-super.img", superimage({"system": quiet}), verdict="clear")
    yield Sample("twin-payload.bin", payload({"system": quiet}), verdict="clear")
    twin = firmware(uimage(quiet))
    yield Sample("twin-firmware.bin", twin, verdict="clear")
