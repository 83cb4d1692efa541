"""How long an image is that seems to begin at a place: zero unless its header holds."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable

from sousveil.unpack.image import squashfs
from sousveil.unpack.image.look import jffs2_crc
from sousveil.unpack.image.parts import u16, u32
from sousveil.unpack.limits import RATIO_FLOOR
from sousveil.unpack.reading import Reading
from sousveil.unpack.source import CHUNK, Seekable

MAGICS: tuple[tuple[bytes, int, str], ...] = (
    *((magic, 0, "squashfs") for magic in squashfs.MAGICS),
    (b"\x45\x3d\xcd\x28", 0, "cramfs"),
    (b"\x28\xcd\x3d\x45", 0, "cramfs"),
    (b"-rom1fs-", 0, "romfs"),
    (b"UBI#\x01\0\0\0", 0, "ubi"),
    (b"\x31\x18\x10\x06", 0, "ubifs"),
    (b"\x85\x19\x01\xe0", 0, "jffs2"),
    (b"\x85\x19\x02\xe0", 0, "jffs2"),
    (b"\x85\x19\x03\x20", 0, "jffs2"),
    (b"\x19\x85\xe0\x01", 0, "jffs2"),
    (b"\x19\x85\xe0\x02", 0, "jffs2"),
    (b"\x19\x85\x20\x03", 0, "jffs2"),
    (b"\x53\xef\x01\0", 1080, "ext"),
    (b"\x53\xef\0\0", 1080, "ext"),
    (b"\xe2\xe1\xf5\xe0", 1024, "erofs"),
    (b"\x27\x05\x19\x56", 0, "uimage"),
    (b"\xd0\x0d\xfe\xed", 0, "fdt"),
    (b"HDR0", 0, "trx"),
    (b"ANDROID!", 0, "androidboot"),
    (b"\x1f\x8b\x08", 0, "gz"),
    (b"\xfd7zXZ\0", 0, "xz"),
    (b"BZh91AY&SY", 0, "bz2"),
    (b"\x5d\0\0", 0, "lzma"),
    (b"PK\x03\x04", 0, "zip"),
    (b"070701", 0, "cpio"),
    (b"ustar", 257, "tar"),
    (b"7z\xbc\xaf\x27\x1c", 0, "7z"),
)
"""Bytes, how far they stand from the image's start, and what it would be."""


def measure(kind: str, source: Seekable, at: int, reading: Reading) -> int:
    """Return the length of an image of this kind at a place, 0 if there is none."""
    return _KINDS[kind](source, at, reading)


def _squashfs(source: Seekable, at: int, _: Reading) -> int:
    return squashfs.measure(source.read(at, 128), source.size - at)


def _cramfs(source: Seekable, at: int, _: Reading) -> int:
    head = source.read(at, 76)
    if head[16:32] != b"Compressed ROMFS":
        return 0
    size = u32(head, 4, "little" if head[0] == 0x45 else "big")
    return size if 76 <= size <= source.size - at else 0


def _romfs(source: Seekable, at: int, _: Reading) -> int:
    head = source.read(at, 512)
    size = u32(head, 8, "big")
    if not 32 <= size <= source.size - at:
        return 0
    head = head[:size]
    total = sum(int.from_bytes(head[n : n + 4], "big") for n in range(0, len(head) // 4 * 4, 4))
    return size if not total & 0xFFFFFFFF else 0


def ubi_header(head: bytes) -> bool:
    """Return whether an erase counter header's checksum holds."""
    return head[:4] == b"UBI#" and len(head) >= 64 and jffs2_ubi(head[:60]) == u32(head, 60, "big")


def jffs2_ubi(data: bytes) -> int:
    """Return the CRC-32 that UBI and UBIFS use: from all ones, without the last inversion."""
    return zlib.crc32(data) ^ 0xFFFFFFFF


def ubi_block(source: Seekable, at: int) -> int:
    """Return the size of the erase blocks of a UBI image, 0 if there is no second one to tell it by."""
    for power in range(12, 24):  # 4 kB … 8 MB
        for size in (1 << power, 3 << (power - 1)):
            if ubi_header(source.read(at + size, 64)):
                return size
    return 0


def _ubi(source: Seekable, at: int, reading: Reading) -> int:
    if not ubi_header(source.read(at, 64)):
        return 0
    block = ubi_block(source, at)
    if not block:
        return 0
    end = at + block
    while end + block <= source.size:
        head = source.read(end, 64)
        if not ubi_header(head) and head.strip(b"\xff"):
            break
        end += block
        reading.fed(1)
    return end - at


def _ubifs(source: Seekable, at: int, _: Reading) -> int:
    head = source.read(at, 4096)
    if len(head) < 4096 or head[20] != 6 or u32(head, 16) != 4096 or jffs2_ubi(head[8:4096]) != u32(head, 4):
        return 0
    leb, count = u32(head, 36), u32(head, 40)
    size = leb * count
    return min(size, source.size - at) if 0 < leb <= 1 << 24 and count < 1 << 24 else 0


def jffs2_node(head: bytes, order: str) -> int:
    """Return a node's length, 0 where its header does not hold."""
    if u16(head, 0, order) != 0x1985 or len(head) < 12 or jffs2_crc(head[:8]) != u32(head, 8, order):
        return 0
    size = u32(head, 4, order)
    return size if 12 <= size < 1 << 24 else 0


_NO_PADDING = re.compile(rb"[^\xff]")
_NO_ZERO = re.compile(rb"[^\0]")
_JFFS2_LAP = 1 << 17


def _jffs2(source: Seekable, at: int, reading: Reading) -> int:
    order = "little" if source.read(at, 1) == b"\x85" else "big"
    mark = b"\x85\x19" if order == "little" else b"\x19\x85"
    place, last, nodes = at, at, 0
    while place < source.size:
        reading.fed(1)
        head = source.read(place, 12)
        size = jffs2_node(head, order)
        if size and place + size <= source.size:
            last = place = place + (size + 3 & ~3)
            nodes += 1
            continue
        data = source.read(place, CHUNK)
        padding = _NO_PADDING if data[:1] == b"\xff" else _NO_ZERO if data[:1] == b"\0" else None
        if padding is not None:
            other = padding.search(data)
            step = len(data) if other is None else other.start() & ~3
            if step:
                place += step
                if place - last > 1 << 24:
                    break
                continue
        following = source.find(mark, place + 4, min(place + _JFFS2_LAP, source.size))
        if following < 0:
            break
        place = following if (following - at) % 4 == 0 else place + 4
        if place - last > _JFFS2_LAP:
            break
    return last - at if nodes > 1 else 0


def _ext(source: Seekable, at: int, _: Reading) -> int:
    head = source.read(at + 1024, 1024)
    blocks, log = u32(head, 4), u32(head, 24)
    if u32(head, 76) > 1 or not blocks or log > 6 or u32(head, 28) > 16:
        return 0
    per_group, inodes = u32(head, 32), u32(head, 40)
    size = blocks * (1024 << log)
    if not 0 < per_group <= 8 * (1024 << log) or not 0 < inodes <= 8 * (1024 << log):
        return 0
    if u32(head, 20) != (1 if log == 0 else 0) or u16(head, 90):  # the first data block; not a copy in a later group
        return 0
    return size if size <= source.size - at else 0


def _erofs(source: Seekable, at: int, _: Reading) -> int:
    head = source.read(at + 1024, 128)
    if len(head) < 128 or not 9 <= head[12] <= 16 or head[90] > 8:
        return 0
    size = u32(head, 36) << head[12]
    return size if u32(head, 40) < u32(head, 36) and 0 < size <= source.size - at else 0


def _uimage(source: Seekable, at: int, _: Reading) -> int:
    head = source.read(at, 64)
    size = u32(head, 12, "big")
    crc = zlib.crc32(head[:4] + bytes(4) + head[8:64])
    return 64 + size if len(head) == 64 and crc == u32(head, 4, "big") and 64 + size <= source.size - at else 0


def _fdt(source: Seekable, at: int, _: Reading) -> int:
    head = source.read(at, 40)
    size, structure, strings = u32(head, 4, "big"), u32(head, 8, "big"), u32(head, 12, "big")
    version, last = u32(head, 20, "big"), u32(head, 24, "big")
    if not 40 <= size <= source.size - at or not 40 <= structure < size or not 40 <= strings <= size:
        return 0
    return size if 1 <= last <= version <= 17 else 0


def _trx(source: Seekable, at: int, _: Reading) -> int:
    head = source.read(at, 32)
    size = u32(head, 4)
    if not 28 < size <= source.size - at or u16(head, 14) not in (1, 2):
        return 0
    crc = 0
    for chunk in source.window(at + 12, size - 12).chunks():
        crc = zlib.crc32(chunk, crc)
    return size if crc ^ 0xFFFFFFFF == u32(head, 8) else 0


def _android(source: Seekable, at: int, _: Reading) -> int:
    from sousveil.unpack.image.androidboot import layout

    found = layout(source.read(at, 4096))
    return found[-1][2] if found and found[-1][2] <= source.size - at else 0


def _stream(fmt: str, source: Seekable, at: int, reading: Reading) -> int:
    """Return how long a compressed stream is: it is expanded, and nothing kept."""
    from sousveil.unpack.streams import STEP, decoder, errors

    decode, place, made = decoder(fmt), at, 0
    known = errors()
    while place < source.size:
        data = source.read(place, STEP)
        reading.fed(len(data))
        place += len(data)
        while True:
            try:
                out = decode.decompress(data, CHUNK)
            except known:
                return 0
            data = b""
            made += len(out)
            if made > max(RATIO_FLOOR, (place - at) * reading.budget.quotas.max_ratio):
                return 0
            if decode.eof:
                return place - len(decode.unused_data) - at if made else 0
            if decode.needs_input:
                break
    return 0


def _gz(source: Seekable, at: int, reading: Reading) -> int:
    head = source.read(at, 10)
    if len(head) < 10 or head[3] & 0xE0 or head[8] not in (0, 2, 4) or head[9] not in (*range(14), 255):
        return 0
    return _stream("gz", source, at, reading)


def _lzma(source: Seekable, at: int, reading: Reading) -> int:
    head = source.read(at, 18)
    dictionary, size = u32(head, 1), int.from_bytes(head[5:13], "little")
    if len(head) < 18 or head[13] or not 1 << 12 <= dictionary <= 1 << 27 or dictionary & (dictionary - 1):
        return 0
    if size != 0xFFFFFFFFFFFFFFFF and not 1024 <= size <= 1 << 32:
        return 0
    return _stream("lzma", source, at, reading)


def _zip(source: Seekable, at: int, _: Reading) -> int:
    head = source.read(at, 30)
    if len(head) < 30 or head[4] > 63 or u16(head, 8) not in (0, 8, 9, 12, 14, 93, 95) or not 0 < u16(head, 26) < 1024:
        return 0
    place = at + 30
    while (place := source.find(b"PK\x05\x06", place, source.size)) >= 0:
        end = source.read(place, 22)
        if len(end) == 22 and u32(end, 16) + u32(end, 12) == place - at:
            return min(place + 22 + u16(end, 20), source.size) - at
        place += 4
    return 0


def _cpio(source: Seekable, at: int, reading: Reading) -> int:
    place, files = at, 0
    while True:
        reading.fed(1)
        head = source.read(place, 110)
        if len(head) < 110 or head[:6] != b"070701":
            return 0
        try:
            size, length = int(head[54:62], 16), int(head[94:102], 16)
        except ValueError:
            return 0
        if not 0 < length <= 4096:
            return 0
        name = source.read(place + 110, length)
        place = at + (place - at + 110 + length + 3 & ~3)
        place = at + (place - at + size + 3 & ~3)
        if name == b"TRAILER!!!\0":
            return place - at if files else 0
        files += 1


def _tar(source: Seekable, at: int, reading: Reading) -> int:
    place = at
    while True:
        reading.fed(1)
        head = source.read(place, 512)
        if len(head) < 512 or head[257:262] != b"ustar":
            break
        try:
            size = int(head[124:136].strip(b" \0") or b"0", 8)
            stated = int(head[148:156].strip(b" \0") or b"x", 8)
        except ValueError:
            break
        if stated != sum(head[:148]) + 8 * 0x20 + sum(head[156:512]):
            break
        place += 512 + (size + 511 & ~511)
        if place > source.size:
            return 0
    while place > at and source.read(place, 512) == bytes(512):
        place += 512
    return place - at


def _7z(source: Seekable, at: int, _: Reading) -> int:
    head = source.read(at, 32)
    if len(head) < 32 or zlib.crc32(head[12:32]) != u32(head, 8):
        return 0
    size = 32 + int.from_bytes(head[12:20], "little") + int.from_bytes(head[20:28], "little")
    return size if size <= source.size - at else 0


def _of_stream(fmt: str) -> Callable[[Seekable, int, Reading], int]:
    return lambda source, at, reading: _stream(fmt, source, at, reading)


_KINDS: dict[str, Callable[[Seekable, int, Reading], int]] = {
    "squashfs": _squashfs,
    "cramfs": _cramfs,
    "romfs": _romfs,
    "ubi": _ubi,
    "ubifs": _ubifs,
    "jffs2": _jffs2,
    "ext": _ext,
    "erofs": _erofs,
    "uimage": _uimage,
    "fdt": _fdt,
    "trx": _trx,
    "androidboot": _android,
    "gz": _gz,
    "xz": _of_stream("xz"),
    "bz2": _of_stream("bz2"),
    "lzma": _lzma,
    "zip": _zip,
    "cpio": _cpio,
    "tar": _tar,
    "7z": _7z,
}
