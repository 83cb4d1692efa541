"""Packed files of EROFS: which stretch of a file lies in which blocks, and what those unpack to.

Layout: Linux fs/erofs/erofs_fs.h and zmap.c. Every logical block has an entry, of 8 bytes or put together with others
in packs of 8 or 32, that says whether a packed stretch begins in it, and where.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from msgspec import Struct

from sousveil.unpack.image.blocks import MOST, inflate, unlz4, unlz4_part, unlzma, unzstd
from sousveil.unpack.image.parts import Damaged, u16, u32, u64
from sousveil.unpack.reading import NotOpened
from sousveil.unpack.source import Seekable

_PLAIN, _HEAD, _INNER, _HEAD2 = range(4)
_PACKS_OF_2, _BIG, _TAIL_INSIDE, _SHIFTED, _FRAGMENT, _ENCODED = 1, 6, 8, 16, 32, 64
_COUNTED = 1 << 11
"""In the entry behind a stretch's first: how many blocks it takes."""
_METHODS = ("LZ4", "MicroLZMA", "deflate", "Zstandard")
_MOST_ENTRIES = 1 << 24


class Map(Struct):
    """What stands before the entries of a packed file."""

    fragment: int
    """Where in the packed inode the end of the file lies, or all of it."""
    inside: int
    """Bytes of the last stretch that lies behind the entries."""
    advise: int
    methods: tuple[int, int]
    bits: int
    whole: bool
    """Whether all of it lies in the packed inode."""


class Stretch(Struct):
    """A run of a file's bytes that are packed together."""

    start: int
    end: int
    kind: int
    place: int
    """The byte in the image at which its blocks begin."""
    packed: int


def header(raw: bytes, block_bits: int) -> Map:
    """Return the head of a map. Raise Damaged."""
    if len(raw) < 8:
        raise Damaged("the map of a packed file lies beyond the end")
    whole = bool(raw[7] >> 7)
    advise = 0 if whole else u16(raw, 4)
    fragment = u64(raw, 0) & ~(1 << 63) if whole else u32(raw, 0)
    if advise & _ENCODED:
        raise NotOpened("unsupported", "extents in the newer form")
    return Map(fragment, u16(raw, 2) if advise & _TAIL_INSIDE else 0, advise, (raw[6] & 15, raw[6] >> 4),
               block_bits + (raw[7] & 7), whole)  # fmt: skip


def stretches(source: Seekable, found: Map, base: int, size: int, block_bits: int, compact: bool) -> list[Stretch]:
    """Return a file's stretches in order; `base` is where the entries begin. Raise Damaged."""
    count = -(-size >> found.bits)
    if count > _MOST_ENTRIES or count > source.size:
        raise Damaged(f"a map of {count} entries")
    whole = -(-size >> block_bits)
    entries = _compact(source, found, base, count, whole) if compact else _full(source, base + 8, count)
    out: list[Stretch] = []
    behind = base
    first = False
    for number, (kind, low, block, end) in enumerate(entries):
        behind = end
        if kind == _INNER:
            if first and low & _COUNTED and found.advise & _BIG:
                out[-1].packed = (low & ~_COUNTED) << block_bits
            first = False
            continue
        start = (number << found.bits) + low
        if low >> found.bits or start > size or (start if not out else start < out[-1].start):
            raise Damaged(f"a stretch that begins at {start}")
        if out:
            out[-1].end = start
        if start == size:
            break  # an end that falls inside a block has an entry as well
        out.append(Stretch(start, size, kind, block << block_bits, 1 << block_bits))
        first = True
    if out and found.advise & _FRAGMENT:
        found.fragment |= 0 if compact else out[-1].place >> block_bits << 32
        out[-1].packed = 0
    elif out and found.inside:
        out[-1].place, out[-1].packed = behind, found.inside
    return out


def _full(source: Seekable, base: int, count: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield kind, low bits, block, and where the entry ends."""
    raw = source.read(base, 8 * count)
    if len(raw) < 8 * count:
        raise Damaged("the map of a packed file lies beyond the end")
    for advise, low, block in struct.iter_unpack("<2HI", raw):
        base += 8
        yield advise & 3, block & 0xFFFF if advise & 3 == _INNER else low, block, base


def _compact(source: Seekable, found: Map, base: int, count: int, whole: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the same of entries in packs: of two up to a multiple of 32 bytes, then of sixteen, of two again."""
    first = (32 - base % 32) // 4 % 8
    small = (whole - first) // 16 * 16 if found.advise & _PACKS_OF_2 and first < whole else 0
    for limit, together, most in ((first, 2, 14), (small, 16, 12), (count, 2, 14)):
        left = min(limit, count)
        if left > 0 and found.bits > most:
            raise Damaged(f"packs of entries for blocks of {1 << found.bits} bytes")
        count -= left
        while left > 0:
            pack = source.read(base, 32 if together == 16 else 8)
            if len(pack) < 8:
                raise Damaged("the map of a packed file lies beyond the end")
            base += len(pack)
            for entry in _pack(pack, found, together)[:left]:
                yield *entry, base
            left -= together


def _pack(pack: bytes, found: Map, together: int) -> list[tuple[int, int, int]]:
    """Return kind, low bits and block of every entry; the pack's last four bytes are the block it counts from."""
    width = (len(pack) - 4) * 8 // together
    bits = max(found.bits, 12)
    raw, block = int.from_bytes(pack[:-4], "little"), u32(pack, len(pack) - 4)
    big = bool(found.advise & 2)
    out: list[tuple[int, int, int]] = []
    for number in range(together):
        value = raw >> (width * number)
        kind, low = value >> bits & 3, value & ((1 << bits) - 1)
        if kind != _INNER:
            block += not big
            out.append((kind, low, block))
            block += big
            continue
        if big and low & _COUNTED:
            # One was counted with the head, unless that stands in the pack before.
            block += (low & ~_COUNTED) - bool(out)
        out.append((kind, low, 0))
    return out


def unpacked(source: Seekable, found: Map, stretch: Stretch, block: int, padded: bool) -> bytes:
    """Return the bytes of a stretch. Raise Damaged, or NotOpened where its packing is not known."""
    want = stretch.end - stretch.start
    if not 0 <= want <= MOST or not 0 < stretch.packed <= MOST:
        raise Damaged(f"a stretch of {want} bytes in {stretch.packed}")
    raw = source.read(stretch.place, stretch.packed)
    if stretch.kind == _PLAIN:
        turn = stretch.start % block if found.advise & _SHIFTED and len(raw) == block else 0
        return (raw[turn:] + raw[:turn])[:want]
    method = found.methods[stretch.kind == _HEAD2]
    if method >= len(_METHODS):
        raise NotOpened("unsupported", f"compression {method}")
    if not padded:
        return unlz4_part(raw, want)
    # The packed bytes stand at the end of their blocks.
    return _DECODERS[method](raw.lstrip(b"\0"), want)


def _lz4(raw: bytes, want: int) -> bytes:
    """Of a stretch that is shared the first bytes may be wanted alone, and some are longer than a frame's blocks."""
    try:
        return unlz4(raw, want)
    except Damaged:
        return unlz4_part(raw, want)


def _microlzma(raw: bytes, want: int) -> bytes:
    """In the place of the first byte, always zero, stand the properties turned over (xz: lzma/container.h)."""
    if not raw:
        raise Damaged("lzma: nothing but zeros")
    head = bytes([raw[0] ^ 0xFF]) + max(4096, want).to_bytes(4, "little") + b"\xff" * 8 + b"\0"
    return unlzma(head + raw[1:], want)


_DECODERS: tuple[Callable[[bytes, int], bytes], ...] = (
    _lz4, _microlzma, lambda raw, want: inflate(raw, want, -15), unzstd,
)  # fmt: skip
