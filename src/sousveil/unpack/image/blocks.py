"""Single compressed blocks as file systems hold them: each unpacks to a known most, whatever its bytes say.

LZ4 blocks go through libarchive in a frame put around them (LZ4 Frame format description); Zstandard too. LZO1X has an
own decoder after the Linux kernel's description of the stream (Documentation/staging/lzo.rst).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

from sousveil.unpack.image.parts import Damaged
from sousveil.unpack.streams import MOST_DICTIONARY, fast

MOST = 1 << 24
"""Bytes that one block may unpack to in any format read here."""


def inflate(data: bytes, most: int, bits: int = 15) -> bytes:
    """Return what a zlib stream (`bits` -15: bare deflate, 31: gzip) unpacks to. Raise Damaged."""
    modules = fast()
    codec: Any = zlib if modules is None else modules[0]
    try:
        return bytes(codec.decompressobj(bits).decompress(data, most))
    except codec.error as error:
        raise Damaged(f"zlib: {error}") from None


def unxz(data: bytes, most: int) -> bytes:
    """Return what an xz stream unpacks to. Raise Damaged."""
    import lzma

    return _lzma(data, most, lzma.FORMAT_XZ)


def unlzma(data: bytes, most: int) -> bytes:
    """Return what an LZMA stream with its 13 byte header, or with 5 bytes of properties alone, unpacks to."""
    import lzma

    return _lzma(data, most, lzma.FORMAT_ALONE)


def _lzma(data: bytes, most: int, form: int) -> bytes:
    import lzma

    try:
        return lzma.LZMADecompressor(form, memlimit=MOST_DICTIONARY).decompress(data, most)
    except (lzma.LZMAError, EOFError, ValueError, MemoryError) as error:
        raise Damaged(f"lzma: {error}") from None


def raw_lzma(data: bytes, most: int, lc: int = 3, lp: int = 0, pb: int = 2, dictionary: int = 1 << 23) -> bytes:
    """Return what bare LZMA data with known properties unpacks to."""
    import lzma

    if not 0 <= lc + lp <= 4 or pb > 4 or dictionary > MOST_DICTIONARY:
        raise Damaged("lzma: impossible properties")
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": max(dictionary, 4096), "lc": lc, "lp": lp, "pb": pb}]
    try:
        return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters).decompress(data, most)
    except (lzma.LZMAError, EOFError, ValueError, MemoryError) as error:
        raise Damaged(f"lzma: {error}") from None


def unlz4(data: bytes, most: int) -> bytes:
    """Return what one LZ4 block unpacks to."""
    head = b"\x04\x22\x4d\x18\x60\x70\x73"  # version 1, independent blocks of at most 4 MB, the header's checksum
    return _by_libarchive("lz4", head + len(data).to_bytes(4, "little") + data + b"\0\0\0\0", most)


def unlz4_part(data: bytes, most: int) -> bytes:
    """Return the first bytes of what an LZ4 block unpacks to. Layout: lz4_Block_format.md."""
    out = bytearray()
    at = 0
    try:
        while len(out) < most and at < len(data):
            token = data[at]
            count, at = _more(data, at + 1, token >> 4)
            out += data[at : at + count]
            at += count
            if at + 2 > len(data) or len(out) >= most:
                break
            start = len(out) - (data[at] | data[at + 1] << 8)
            count, at = _more(data, at + 2, token & 15)
            count = min(count + 4, most - len(out))
            if start < 0 or start == len(out):
                raise Damaged("lz4: a copy from before the beginning")
            pattern = bytes(out[start : start + count])
            out += (pattern * (count // len(pattern) + 1))[:count]
    except IndexError:
        raise Damaged("lz4: the block ends early") from None
    return bytes(out[:most])


def _more(data: bytes, at: int, value: int) -> tuple[int, int]:
    """Return a length of which fifteen means that it goes on in the next bytes, and where it ends."""
    if value == 15:
        while data[at] == 255:
            value += 255
            at += 1
        value, at = value + data[at], at + 1
    return value, at


def unzstd(data: bytes, most: int) -> bytes:
    """Return what Zstandard frames unpack to."""
    return _by_libarchive("zst", data, most)


def _by_libarchive(kind: str, data: bytes, most: int) -> bytes:
    from sousveil.unpack.native import EOF, OK, WARN, Archive, Unavailable
    from sousveil.unpack.reading import NotOpened
    from sousveil.unpack.source import Memory

    try:
        archive = Archive(Memory(data), "raw", kind)
    except Unavailable as error:
        raise NotOpened("unsupported", str(error)) from None
    try:
        if archive.status not in (OK, WARN) or archive.next_header() not in (OK, WARN):
            raise Damaged(f"{kind}: {archive.error()}")
        parts: list[bytes] = []
        got = 0
        while got < most:
            status, out, _ = archive.block()
            if status == EOF:
                break
            if status not in (OK, WARN):
                raise Damaged(f"{kind}: {archive.error()}")
            parts.append(out)
            got += len(out)
        return b"".join(parts)[:most]
    finally:
        archive.close()


def unlzo(data: bytes, most: int) -> bytes:
    """Return what an LZO1X stream unpacks to. Raise Damaged."""
    out = bytearray()
    try:
        _lzo(data, out, most)
    except IndexError:
        raise Damaged("lzo: the block ends early") from None
    return bytes(out)


def _lzo(data: bytes, out: bytearray, most: int) -> None:
    """Decode after the kernel's description: an instruction copies from the output, then up to three literals."""
    at = 0
    state = 0
    first = data[0]
    if first > 17:
        count = first - 17
        at = 1 + count
        out += data[1:at]
        state = 4 if count >= 4 else count
    while len(out) <= most:
        code = data[at]
        at += 1
        if code < 16:
            if state == 0:  # a run of literals
                count, at = _long(data, at, code, 15)
                count += 3
                if at + count > len(data):
                    raise IndexError
                out += data[at : at + count]
                at += count
                state = 4
                continue
            low = code & 3
            if state == 4:
                distance, length = (code >> 2) + (data[at] << 2) + 2049, 3
            else:
                distance, length = (code >> 2) + (data[at] << 2) + 1, 2
            at += 1
        elif code < 32:
            length, at = _long(data, at, code & 7, 7)
            length += 2
            pair = data[at] | data[at + 1] << 8
            at += 2
            distance = 16384 + ((code & 8) << 11) + (pair >> 2)
            low = pair & 3
            if distance == 16384:
                return
        elif code < 64:
            length, at = _long(data, at, code & 31, 31)
            length += 2
            pair = data[at] | data[at + 1] << 8
            at += 2
            distance = (pair >> 2) + 1
            low = pair & 3
        else:
            low = code & 3
            distance = (data[at] << 3) + ((code >> 2) & 7) + 1
            at += 1
            length = (code >> 5) + 1
        start = len(out) - distance
        if start < 0:
            raise Damaged("lzo: a copy from before the beginning")
        if length <= distance:
            out += out[start : start + length]
        else:
            pattern = bytes(out[start:])
            out += (pattern * (length // distance + 1))[:length]
        if low:
            if at + low > len(data):
                raise IndexError
            out += data[at : at + low]
            at += low
        state = low
    raise Damaged(f"lzo: the block unpacks to more than {most} bytes")


def _long(data: bytes, at: int, value: int, most: int) -> tuple[int, int]:
    """Return a count of which zero means that it goes on in the next bytes, and where it ends."""
    if value:
        return value, at
    value = most
    while not data[at]:
        value += 255
        at += 1
    return value + data[at], at + 1


def by_look(data: bytes, most: int) -> bytes:
    """Return what a block unpacks to whose compression only its first bytes tell: vendors changed zlib for LZMA."""
    if data[:1] == b"\x78":
        return inflate(data, most)
    if data.startswith(b"\xfd7zXZ\0"):
        return unxz(data, most)
    if data[:1] == b"\x5d" and data[5:13] in (b"\xff" * 8, len_field(data)):
        return unlzma(data, most)
    if data[:1] == b"\x5d":  # five bytes of properties without a size
        return unlzma(data[:5] + b"\xff" * 8 + data[5:], most)
    return raw_lzma(data, most)


def len_field(data: bytes) -> bytes:
    """Return the size field of an .lzma header where it is small enough to be one, else nothing."""
    field = data[5:13]
    return field if field[4:] == b"\0\0\0\0" and int.from_bytes(field[:4], "little") <= MOST else b""


DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "zlib": inflate,
    "lzma": unlzma,
    "xz": unxz,
    "lz4": unlz4,
    "zstd": unzstd,
    "lzo": unlzo,
    "look": by_look,
}
