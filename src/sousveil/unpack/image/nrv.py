"""NRV2B, NRV2D and NRV2E, the compression of UPX: bytes as they are, and copies of what came out before.

Between the bytes of the stream stand groups of bits (of 32, 16 or 8), taken when the last one is used up: which of the
two follows, how far back a copy begins, and how long it is. After the description of the decoders in UCL's
documentation and what they do with data (``ucl_nrv2e_decompress_le32`` and its like).
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from sousveil.unpack.image.parts import Damaged

METHODS = {2 + 3 * i + j: (kind, width) for i, kind in enumerate("bde") for j, width in enumerate((4, 1, 2))}
"""UPX's number of a method: the kind, and the bytes of a group of bits."""
_END = 0xFFFFFFFF
_FAR = {"b": 0xD00, "d": 0x500, "e": 0x500}
"""A copy from farther back is one byte longer."""
_EVERY = 1 << 16
"""Copies between two looks at the clock."""
_PEEK = 12
_FIRST, _LAST, _SECOND, _DONE = range(4)
"""What the next bit of a number is: one of its own, whether that was the last, the second of a pair; there is none."""


def _step(value: int, step: int, bit: int, paired: bool) -> tuple[int, int]:
    """Read one bit of a number of two and more: each of its bits is followed by one that says whether it is the last.

    Where they are ``paired``, one that is not is followed by a further bit of the number.
    """
    if step == _FIRST:
        return 2 * value + bit, _LAST
    if step == _SECOND:
        return 2 * value + bit, _FIRST
    if bit:
        return value, _DONE
    return (value - 1, _SECOND) if paired else (value, _FIRST)


@functools.cache
def _table(paired: bool) -> list[tuple[int, int, int]]:
    """Return of each way the next bits may be: how many of them a number takes, its value so far, what comes next."""
    found = []
    for bits in range(1 << _PEEK):
        value, step, used = 1, _FIRST, 0
        while used < _PEEK and step != _DONE:
            value, step = _step(value, step, bits >> _PEEK - 1 - used & 1, paired)
            used += 1
        found.append((used, value, step))
    return found


def unpack(data: bytes, most: int, method: int, tick: Callable[[], None]) -> bytes:
    """Return what a stream unpacks to, at most ``most`` bytes. Raise Damaged; ``tick`` is called now and then."""
    kind, width = METHODS[method]
    far = _FAR[kind]
    out = bytearray()
    at = group = left = 0
    last = 1
    paired = kind != "b"
    offsets, lengths = _table(paired), _table(False)

    def bit() -> int:
        nonlocal at, group, left
        if not left:
            group, left = int.from_bytes(data[at : at + width], "little"), 8 * width
            at += width
        left -= 1
        return group >> left & 1

    def number(table: list[tuple[int, int, int]], paired: bool) -> int:
        nonlocal at, group, left
        bits, rest, place = group, left, at
        value, step = 1, _FIRST
        if rest >= _PEEK:
            used, value, step = table[bits >> rest - _PEEK & (1 << _PEEK) - 1]
            rest -= used
            if step == _DONE:
                left = rest
                return value
        while value <= _END:
            if not rest:
                bits, rest = int.from_bytes(data[place : place + width], "little"), 8 * width
                place += width
            rest -= 1
            one = bits >> rest & 1
            value, step = _step(value, step, one, paired)
            if step == _DONE:
                group, left, at = bits, rest, place
                return value
        raise Damaged("nrv: a number without an end")

    copies = 0
    try:
        while True:
            # Each bit that is set stands for a byte as it is: all that follow each other are taken at once.
            while True:
                if not left:
                    group, left = int.from_bytes(data[at : at + width], "little"), 8 * width
                    at += width
                clear = (~group & (1 << left) - 1).bit_length()
                count = left - clear
                out += data[at : at + count]
                at += count
                if clear:
                    left = clear - 1
                    break
                left = 0
                if at > len(data):
                    raise IndexError
            if len(out) >= most:
                break
            value = number(offsets, paired)
            low = -1
            if value == 2:
                back = last
            else:
                back = (value - 3 << 8) + data[at]
                at += 1
                if back & _END == _END:
                    break
                if paired:
                    low = ~back & 1
                    back >>= 1
                back += 1
                last = back
            low = bit() if low < 0 else low
            if kind == "e":
                length = 1 + bit() if low else 3 + bit() if bit() else number(lengths, False) + 3
            else:
                length = 2 * low + bit() or number(lengths, False) + 2
            length = min(length + 1 + (back > far), most - len(out))
            start = len(out) - back
            if start < 0:
                raise Damaged("nrv: a copy from before the beginning")
            if back >= length:
                out += out[start : start + length]
            else:
                out += (out[start:] * (length // back + 1))[:length]
            copies += 1
            if not copies % _EVERY:
                tick()
    except IndexError:
        raise Damaged(f"nrv: the stream ends after {len(out)} bytes of {most}") from None
    return bytes(out[:most])
