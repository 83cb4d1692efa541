"""The header that UPX puts into what it packs, and the blocks behind it. Layout: UPX ``src/packhead.cpp``."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

from msgspec import Struct

from sousveil.unpack.image import nrv
from sousveil.unpack.image.blocks import inflate, raw_lzma
from sousveil.unpack.image.parts import Damaged, u32

MAGIC = b"UPX!"
SIZE = 32
_LZMA, _DEFLATE = 14, 15
_LEAST_DICTIONARY = 4096


class Header(Struct, frozen=True):
    """What is said of the packed bytes."""

    at: int
    end: int
    format: int
    method: int
    adler: int
    """Of what comes out."""
    unpacked: int
    packed: int
    whole: int
    """Bytes that the program had."""


def headers(data: bytes, low: int = 0, high: int | None = None) -> Iterator[Header]:
    """Yield the headers that begin between ``low`` and ``high`` and whose checksum is right."""
    high = len(data) if high is None else min(high, len(data))
    at = data.find(MAGIC, max(0, low), high)
    while at >= 0:
        raw = data[at : at + SIZE]
        if len(raw) == SIZE and sum(raw[4:31]) % 251 == raw[31]:
            order = "little" if raw[5] < 128 else "big"
            one, two, three, four, whole = (u32(raw, n, order) for n in range(8, 28, 4))
            adler, unpacked, packed = (one, three, four) if order == "little" else (three, one, two)
            yield Header(at, at + SIZE, raw[5], raw[6], adler, unpacked, packed, whole)
        at = data.find(MAGIC, at + 1, high)


def unpack(data: bytes, size: int, method: int, tick: Callable[[], None]) -> bytes:
    """Return the ``size`` bytes that packed ones hold. Raise Damaged."""
    if method in nrv.METHODS:
        out = nrv.unpack(data, size, method, tick)
    elif method == _LZMA:
        # UPX's own two bytes of properties; the stream ends without a mark.
        if len(data) < 3:
            raise Damaged("lzma: no data")
        out = raw_lzma(data[2:], size, data[1] & 15, data[1] >> 4, data[0] & 7, max(size, _LEAST_DICTIONARY))
    elif method == _DEFLATE:
        out = inflate(data, size, -15)
    else:
        raise Damaged(f"method {method} is not known")
    if len(out) != size:
        raise Damaged(f"{len(out)} bytes came out, {size} are stated")
    return out


def sound(header: Header, out: bytes) -> bool:
    """Return whether what came out has the checksum that the header states."""
    return zlib.adler32(out) == header.adler
