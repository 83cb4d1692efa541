"""Programs packed as UPX packs them, without its code: bytes as they are and copies (NRV), or LZMA."""

from __future__ import annotations

import lzma
import struct
import zlib
from collections.abc import Mapping, Sequence

MAGIC = b"UPX!"
NRV2B, NRV2D, NRV2E, LZMA = 2, 5, 8, 14


class _Stream:
    """Bytes, and bits in groups that stand where the first of each is needed."""

    def __init__(self, width: int) -> None:
        self.out, self._width, self._at, self._left, self._group = bytearray(), width, 0, 0, 0

    def bit(self, value: int) -> None:
        if not self._left:
            self._at, self._left, self._group = len(self.out), 8 * self._width, 0
            self.out += bytes(self._width)
        self._left -= 1
        self._group |= value << self._left
        self.out[self._at : self._at + self._width] = self._group.to_bytes(self._width, "little")

    def number(self, value: int, paired: bool = False) -> None:
        """Write a number of two and more, each bit followed by one that says whether it is the last."""
        steps: list[tuple[int, int | None]] = []
        while value > 1:
            bit, value = value & 1, value >> 1
            second = None
            if paired and value > 1:
                second, value = value & 1, (value >> 1) + 1
            steps.append((bit, second))
        for n, (bit, second) in enumerate(reversed(steps)):
            if second is not None:
                self.bit(second)
            self.bit(bit)
            self.bit(n == len(steps) - 1)


def nrv(data: bytes, method: int) -> bytes:
    """Return ``data`` as one of the methods packs it, its copies found by looking back for four bytes."""
    kind, width = "bde"[(method - 2) // 3], (4, 1, 2)[(method - 2) % 3]
    out, at, last, seen = _Stream(width), 0, 1, {}
    while at < len(data):
        back = at - seen.get(data[at : at + 4], at)
        length = 0
        while back and at + length < len(data) and data[at + length] == data[at + length - back] and length < 4000:
            length += 1
        if length < 4:
            out.bit(1)
            out.out.append(data[at])
            seen[data[at : at + 4]] = at
            at += 1
            continue
        _copy(out, kind, back, length, last)
        last = back
        for place in range(at, at + length):
            seen[data[place : place + 4]] = place
        at += length
    out.bit(0)
    out.number((0xFFFFFFFF >> 8) + 3, kind != "b")
    out.out.append(0xFF)
    return bytes(out.out)


def _copy(out: _Stream, kind: str, back: int, length: int, last: int) -> None:
    length -= 1 + (back > (0xD00 if kind == "b" else 0x500))
    out.bit(0)
    # The length's first bit, or whether it is short, stands with the distance where there is one.
    if kind == "e":
        low, rest = (1, length - 1) if length <= 2 else (0, length - 3)
    else:
        low, rest = (length >> 1, length & 1) if length <= 3 else (0, 0)
    if back == last:
        out.number(2, kind != "b")
        out.bit(low)
    elif kind == "b":
        out.number((back - 1 >> 8) + 3)
        out.out.append(back - 1 & 0xFF)
        out.bit(low)
    else:
        value = (back - 1 << 1) | (1 - low)
        out.number((value >> 8) + 3, paired=True)
        out.out.append(value & 0xFF)
    if kind != "e":
        out.bit(rest)
        if length > 3:
            out.number(length - 2)
    elif low:
        out.bit(rest)
    elif rest <= 1:
        out.bit(1)
        out.bit(rest)
    else:
        out.bit(0)
        out.number(length - 3)


def packed(data: bytes, method: int) -> bytes:
    """Return ``data`` as a method packs it."""
    if method != LZMA:
        return nrv(data, method)
    filters = [{"id": lzma.FILTER_LZMA1, "lc": 3, "lp": 0, "pb": 2, "dict_size": 1 << 16}]
    return bytes([3 << 3 | 2, 3]) + lzma.compress(data, lzma.FORMAT_RAW, filters=filters)


def header(form: int, method: int, data: bytes, packed_size: int, whole: int) -> bytes:
    """Return UPX's header."""
    rest = struct.pack("<4B5I3B", 13, form, method, 7, zlib.adler32(data), 0, len(data), packed_size, whole, 0, 0, 0)
    return MAGIC + rest + bytes([sum(rest) % 251])


def blocks(data: bytes, method: int, most: int) -> bytes:
    """Return bytes in blocks, as they are where that is no longer."""
    out = b""
    for at in range(0, len(data), most):
        part = data[at : at + most]
        small = packed(part, method)
        plain = len(small) >= len(part)
        body = part if plain else small
        out += struct.pack("<2I4B", len(part), len(body), 0 if plain else method, 0, 0, 0) + body
    return out


def elf(data: bytes, method: int, most: int = 4096, start: int = 512) -> bytes:
    """Return a program of Linux packed; of one with dynamic data, a library, what is before ``start`` stays."""
    (number,) = struct.unpack_from("<H", data, 56)
    segments = [struct.unpack_from("<IIQQQQ", data, 64 + 56 * n) for n in range(number)]
    loads = [(flags, at, size) for kind, flags, at, _, _, size in segments if kind == 1]
    library = any(kind == 2 for kind, *_ in segments)
    head = 64 + 56 * number
    low = start if library else 64 + 2 * 56
    body = blocks(data[:head], method, most)
    for flags, at, size in loads:
        if not (library and flags & 2):
            begin = at if at else low if library else head
            body += blocks(data[begin : at + size], method, most)
    body += b"\x90" * 37  # where UPX's own code stands
    moved = bytearray(data[:low] if library else data[:64] + bytes(112))
    if library:
        for n, (kind, flags, at, _, _, size) in enumerate(segments):
            if kind == 1 and flags & 2:
                struct.pack_into("<Q", moved, 64 + 56 * n + 8, low + 24 + len(body))
                body += data[at : at + size]
            elif kind == 1 and at:
                struct.pack_into("<I", moved, 64 + 56 * n, 0)
    else:
        struct.pack_into("<H", moved, 56, 2)
    for _, at, size in loads:
        end = at + size
        body += blocks(data[end : min((a for _, a, _ in loads if a > at), default=len(data))], method, most)
    body += struct.pack("<I4sI", 0, MAGIC, 0)
    info = struct.pack("<I4sHBB", 0, MAGIC, 37, 13, 22) + struct.pack("<3I", 0, len(data), most)
    return bytes(moved) + info + body + header(22, method, data, len(body), len(data)) + struct.pack("<I", low + 12)


KEPT = 0x200000
"""Address of what stays unpacked."""


def pe(
    data: bytes, method: int, kept: bytes = b"", holes: Sequence[tuple[int, int]] = (),
    directories: Mapping[int, tuple[int, int]] = {},
) -> bytes:  # fmt: skip
    """Return a program of Windows packed: an empty section, one with what was packed, and one for what stays.

    ``kept`` stays, where ``directories`` say; ``holes`` (address, size) are left out of what is packed.
    """
    (start,) = struct.unpack_from("<I", data, 0x3C)
    (number,) = struct.unpack_from("<H", data, start + 6)
    size = 264 if data[start + 24 : start + 26] == b"\x0b\x02" else 248
    table = [struct.unpack_from("<4I", data, start + size + 40 * n + 8) for n in range(number)]
    image = bytearray(table[-1][1] + table[-1][2] - table[0][1])
    for _, address, length, at in table:
        image[address - table[0][1] : address - table[0][1] + length] = data[at : at + length]
    for address, length in holes:
        image[address - table[0][1] : address - table[0][1] + length] = bytes(length)
    skip = len(image)
    whole = bytes(image) + data[start : start + size + 40 * number] + b"KERNEL32.DLL\0" + struct.pack("<I", skip)
    small = packed(whole, method)
    body = header(36, method, whole, len(small), len(data)) + small
    body += bytes(-len(body) % 512)
    head = bytearray(data[: start + size])
    struct.pack_into("<H", head, start + 6, 3)
    struct.pack_into("<I", head, start + 24 + 36, 512)
    for number, place in directories.items():
        struct.pack_into("<2I", head, start + size - 128 + 8 * number, *place)
    kept += bytes(-len(kept) % 512)
    rows = b""
    for name, address, length, at in (
        (b"UPX0", 0x1000, 0, 512), (b"UPX1", 0x100000, len(body), 512), (b"UPX2", KEPT, len(kept), 512 + len(body)),
    ):  # fmt: skip
        rows += struct.pack("<8s4I16x", name, max(length, 512), address, length, at)
    return bytes(head + rows).ljust(512, b"\0") + body + kept
