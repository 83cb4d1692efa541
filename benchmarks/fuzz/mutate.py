"""Seeded damage: what an attacker, a bad disk or a cut download does to a file."""

from __future__ import annotations

import random
from collections.abc import Sequence

_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, (1 << 31) - 1, 1 << 31, (1 << 32) - 1,
            1 << 32, (1 << 62), (1 << 63) - 1, 1 << 63, (1 << 64) - 1)  # fmt: skip
MOST = 1 << 22
"""Bytes a mutant may grow to by repetition."""


def mutant(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """Return ``data`` with one to five places changed; ``others`` are files of the same format to splice with."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 5))):
        if not out:
            break
        _change(out, others, chance)
    return bytes(out[:MOST])


def single(data: bytes, chance: random.Random) -> bytes:
    """Return ``data`` with one bit, byte or number of its structure changed; nothing is cut or spliced."""
    out = bytearray(data)
    at = _at(len(out), chance)
    for _ in range(20):  # most of an image is padding
        if any(out[at : at + 4]):
            break
        at = _at(len(out), chance)
    match chance.randrange(5):
        case 0:
            out[at] ^= 1 << chance.randrange(8)
        case 1:
            out[at] = chance.choice((0, 1, 0x7F, 0xFF))
        case 2 | 3:
            _length(out, at, chance)
        case _:
            _overwrite(out, at & ~3, chance)
    return bytes(out[: len(data)])


def halves(data: bytes) -> tuple[bytes, bytes]:
    """Return a file's first half, and its second under the name of the whole."""
    return data[: len(data) // 2], data[len(data) // 2 :]


def _at(size: int, chance: random.Random) -> int:
    # Headers and directories stand at the ends; the middle of an image is mostly padding.
    low, high = chance.choice(((0, 64), (0, 600), (0, size), (0, size), (size - 400, size)))
    return min(max(0, chance.randint(low, high)), size - 1)


def _change(out: bytearray, others: Sequence[bytes], chance: random.Random) -> None:
    at = _at(len(out), chance)
    match chance.randrange(11):
        case 0 | 1:
            out[at] ^= 1 << chance.randrange(8)
        case 2:
            out[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF, chance.randrange(256)))
        case 3:
            count = chance.choice((2, 4, 8, 16))
            out[at : at + count] = chance.choice((b"\0", b"\xff", b"\x80")) * count
        case 4 | 5:
            _overwrite(out, at & ~3 if chance.random() < 0.7 else at, chance)
        case 6:
            _length(out, at, chance)
        case 7:
            del out[at:]
        case 8:
            del out[at : at + chance.randint(1, 64)]
        case 9:
            part = out[at : at + chance.choice((1, 4, 16, 200, 4096))]
            out[at:at] = part * chance.choice((1, 1, 2, 50))
        case _:
            other = chance.choice(others) if others else bytes(out)
            start = _at(len(other), chance) if other else 0
            if chance.random() < 0.5:
                out[at:] = other[start:]
            else:
                part = other[start : start + chance.choice((4, 32, 512))]
                out[at : at + len(part)] = part


def _overwrite(out: bytearray, at: int, chance: random.Random) -> None:
    """Write a boundary number of 16, 32 or 64 bits, either end first."""
    width = chance.choice((2, 4, 4, 8))
    number = chance.choice((*_NUMBERS, len(out), len(out) - 1, len(out) + 1, max(0, len(out) - at), at))
    out[at : at + width] = (number & ((1 << 8 * width) - 1)).to_bytes(width, chance.choice(("little", "big")))


def _length(out: bytearray, at: int, chance: random.Random) -> None:
    """Change a number near ``at`` that may be a length or an offset: one that fits the file, and is not 0."""
    width, order = chance.choice((1, 2, 4, 4, 8)), chance.choice(("little", "big"))
    for start in range(at, min(at + 64, len(out) - width)):
        number = int.from_bytes(out[start : start + width], order)
        if 0 < number <= len(out):
            new = chance.choice((number + 1, number - 1, number * 2, -number, len(out), 0, (1 << 31) - number))
            out[start : start + width] = (new & ((1 << 8 * width) - 1)).to_bytes(width, order)
            return
