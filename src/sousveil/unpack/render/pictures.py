"""Pictures that may show words: told from their headers, and PNG as pages are cut out of a document."""

from __future__ import annotations

import struct
import zlib
from typing import Any

PAGE_DOTS = 144.0
"""Dots an inch at which pages without text are drawn to be looked at."""
MOST_PIXELS = 40_000_000
_LEAST_PIXELS = 20_000
_LEAST_SIDE = 50
_BMP = (b"\x28\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0")
_TIFF = (b"II*\0", b"MM\0*")
_LEAST_BYTES = 1500
"""An icon, a bar, a background of one colour shows no words."""


def worth_reading(data: bytes | memoryview) -> bool:
    """Return whether a file is a picture large enough to show words and small enough to be looked at."""
    # Of every file it is asked; a JPEG alone says far behind its start how large it is.
    head = bytes(data[: 1 << 18 if data[:1] == b"\xff" else 64])
    found = _tiff(head[:8], data) if head[:4] in _TIFF else size_of(head)
    if found is None or len(data) < _LEAST_BYTES:
        return False
    wide, high = found
    return min(wide, high) >= _LEAST_SIDE and _LEAST_PIXELS <= wide * high <= MOST_PIXELS and max(found) < 30_000


def size_of(head: bytes) -> tuple[int, int] | None:
    """Return width and height of a PNG, JPEG, GIF, BMP or WebP, None for other files."""
    if head.startswith(b"\x89PNG\r\n\x1a\n") and len(head) > 24:
        wide, high = struct.unpack_from(">II", head, 16)
        return wide, high
    if head.startswith(b"\xff\xd8\xff"):
        return _jpeg(head)
    if head[:6] in (b"GIF87a", b"GIF89a") and len(head) > 10:
        wide, high = struct.unpack_from("<HH", head, 6)
        return wide, high
    # The header's size tells which it is: Windows 3, 4 or 5.
    if head.startswith(b"BM") and len(head) > 26 and head[6:10] == b"\0\0\0\0" and head[14:18] in _BMP:
        wide, high = struct.unpack_from("<ii", head, 18)
        return abs(wide), abs(high)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP" and len(head) > 30:
        if head[12:16] == b"VP8X":
            return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
        if head[12:16] == b"VP8 ":
            wide, high = struct.unpack_from("<HH", head, 26)
            return wide & 0x3FFF, high & 0x3FFF
        if head[12:16] == b"VP8L" and head[20] == 0x2F:
            packed = int.from_bytes(head[21:25], "little")
            return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    return None


def _tiff(head: bytes, data: bytes | memoryview) -> tuple[int, int] | None:
    """Return width and height of the first picture of a TIFF, whose directory may lie at the file's end."""
    order = "<" if head[:2] == b"II" else ">"
    if len(head) < 8:
        return None
    at = struct.unpack_from(order + "I", head, 4)[0]
    table = bytes(data[at : at + 2 + 12 * 200])
    if len(table) < 2:
        return None
    sides: dict[int, int] = {}
    for entry in range(2, min(len(table) - 11, 2 + 12 * struct.unpack_from(order + "H", table)[0]), 12):
        tag, kind = struct.unpack_from(order + "HH", table, entry)
        if tag in (256, 257):
            sides[tag] = struct.unpack_from(order + ("H" if kind == 3 else "I"), table, entry + 8)[0]
    return (sides[256], sides[257]) if len(sides) == 2 else None


def _jpeg(head: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(head):
        if head[at] != 0xFF:
            return None
        marker = head[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            high, wide = struct.unpack_from(">HH", head, at + 5)
            return wide, high
        if marker == 0xFF or 0xD0 <= marker <= 0xD8:
            at += 1 if marker == 0xFF else 2
            continue
        at += 2 + max(2, int.from_bytes(head[at + 2 : at + 4], "big"))
    return None


def png(wide: int, high: int, channels: int, stride: int, pixels: bytes | bytearray | memoryview) -> bytes:
    """Return rows of grey (1 channel) or RGB (3 channels) pixels as a PNG, the same bytes each time."""
    raw = b"".join(b"\0" + bytes(pixels[y * stride : y * stride + wide * channels]) for y in range(high))

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", wide, high, 8, 0 if channels == 1 else 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw, 6)) + chunk(b"IEND", b"")


def page_picture(page: Any, dots: float) -> bytes:
    """Return a page of a PDF in grey as a PNG of ``dots`` an inch."""
    wide, high = page.get_size()
    bitmap = page.render(scale=min(dots / 72, 3000 / max(1.0, wide, high)), grayscale=True)
    try:
        return png(bitmap.width, bitmap.height, bitmap.n_channels, bitmap.stride, memoryview(bitmap.buffer).cast("B"))
    finally:
        bitmap.close()


def cut_of_page(page: Any, dots: float, box: tuple[float, float, float, float], around: float) -> bytes:
    """Return a strip of a page around a box, framed; box and ``around`` in points from the page's top left corner."""
    wide, high = page.get_size()
    scale = min(dots / 72, 1400 / max(1.0, wide))
    top, bottom = max(0.0, box[1] - around), min(high, box[3] + around, box[1] + 300)
    if bottom - top < 1:
        return b""
    bitmap = page.render(scale=scale, crop=(0, high - bottom, 0, top), rev_byteorder=True, prefer_bgrx=False)
    try:
        if bitmap.n_channels != 3:
            return b""
        pixels = bytearray(memoryview(bitmap.buffer).cast("B"))
        left, right = (int(v * scale) for v in (box[0] - 3, box[2] + 3))
        over, under = (int((v - top) * scale) for v in (box[1] - 3, box[3] + 3))
        for y in range(max(0, over), min(bitmap.height, under + 1)):
            edges = y - over < 2 or under - y < 2
            for x in range(max(0, left), min(bitmap.width, right + 1)):
                if edges or x - left < 2 or right - x < 2:
                    at = y * bitmap.stride + 3 * x
                    pixels[at : at + 3] = b"\xc8\x28\x28"
        return png(bitmap.width, bitmap.height, 3, bitmap.stride, pixels)
    finally:
        bitmap.close()
