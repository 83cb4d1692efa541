"""Short strings that a compiler put into x86-64 code as numbers: ``movabs rcx, "Latino_H"``, ``mov [rax+8], "ispa"``.

A small string that is built when a program runs stands in no table of strings: its letters are operands of moves to
neighbouring places of memory. Only code around printable operands is decoded, and of that only the moves that matter
(Intel SDM, volume 2: MOV, LEA); all else is stepped over byte by byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from sousveil.read.binary.strings import Piece
from sousveil.read.unfinished import tell

_TEXT = rb"[A-Za-z][A-Za-z0-9 _/\-]"
_SEED = re.compile(
    # movabs r64, imm64; mov [r+disp8], imm32; mov [r], imm32; mov r32, imm32
    rb"[\x48\x49][\xb8-\xbf][A-Za-z][A-Za-z0-9 _/\-\0]{7}"
    rb"|\xc7[\x40-\x43\x45-\x47].[A-Za-z][A-Za-z0-9 _/\-]{3}"
    rb"|\xc7[\x00-\x03\x06\x07][A-Za-z][A-Za-z0-9 _/\-]{3}"
    rb"|\xc7[\x80-\x83\x85-\x87]....[A-Za-z][A-Za-z0-9 _/\-]{3}"
    rb"|\xc7\x44\x24.[A-Za-z][A-Za-z0-9 _/\-]{3}",
    re.DOTALL,
)
_BEFORE, _AFTER = 48, 64
_MOST_SEEDS = 200_000
_LETTERS = re.compile(rb"[A-Za-z][A-Za-z0-9 _/\-]{3,}\Z")


class _Store(Struct, frozen=True):
    value: bytes
    at: int
    """File offset of the operand."""


def pieces(data: bytes, start: int, end: int) -> Iterator[Piece]:
    """Yield the strings put together from operands between two offsets of code, in their order.

    Of a string made of two operands, offset and length are those of the first: its bytes alone can be quoted.
    """
    done = start
    window: tuple[int, int] | None = None
    for count, seed in enumerate(_SEED.finditer(data, start, end)):
        if count > _MOST_SEEDS:
            tell("cut", f"labels inside code were looked for at the first {_MOST_SEEDS:,} places")
            break
        low, high = max(done, seed.start() - _BEFORE), min(end, seed.end() + _AFTER)
        if window and low <= window[1]:
            window = (window[0], high)
            if high - window[0] < 1 << 16:
                continue
        if window:
            yield from _window(data, *window)
        window = (low, high) if not window or low > window[1] else None
    if window:
        yield from _window(data, *window)


def _window(data: bytes, low: int, high: int) -> Iterator[Piece]:
    registers: dict[int, _Store] = {}
    places: dict[int, tuple[object, int]] = {}
    stores: dict[tuple[object, int], _Store] = {}
    fresh = 0
    at = low
    while at < high:
        step = _step(data, at, registers, places, stores)
        if step == -1:
            # A call: what was stored is whole, and the registers it may change hold something else.
            yield from _joined(stores)
            stores.clear()
            fresh += 1
            places = {r: p for r, p in places.items() if r in (3, 4, 5, 12, 13, 14, 15)}
            places[0] = (("result", fresh), 0)
            at += 5
        else:
            at += step
    yield from _joined(stores)


def _step(
    data: bytes,
    at: int,
    registers: dict[int, _Store],
    places: dict[int, tuple[object, int]],
    stores: dict[tuple[object, int], _Store],
) -> int:
    """Decode one instruction and return its length, 1 where it is none of ours, -1 of a call."""
    begin = at
    if data[at] == 0xE8 and at + 5 <= len(data) and data[at + 4] in (0x00, 0xFF):
        return -1
    small = data[at] == 0x66
    at += small
    rex = data[at] if at < len(data) and 0x40 <= data[at] <= 0x4F else 0
    at += bool(rex)
    if at + 1 >= len(data):
        return 1
    op = data[at]
    if 0xB8 <= op <= 0xBF:
        size = 8 if rex & 8 else 2 if small else 4
        raw = data[at + 1 : at + 1 + size]
        if len(raw) < size:
            return 1
        register = (op & 7) | (rex & 1) << 3
        registers[register] = _Store(raw, at + 1)
        places.pop(register, None)
        return at + 1 + size - begin
    if op not in (0x88, 0x89, 0x8D, 0xC6, 0xC7):
        return 1
    address = _address(data, at + 1, rex, places)
    if address is None:
        return 1
    place, register, after = address
    if op == 0x8D:
        if place[0] == "rip":
            return 1
        places[register] = place
        registers.pop(register, None)
    elif op in (0x88, 0x89):
        held = registers.get(register)
        size = 1 if op == 0x88 else 8 if rex & 8 else 2 if small else 4
        if held is not None:
            stores[place] = _Store(held.value[:size], held.at)
    else:
        size = 1 if op == 0xC6 else 2 if small else 4
        if after + size > len(data):
            return 1
        stores[place] = _Store(data[after : after + size], after)
        after += size
    return after - begin


def _address(
    data: bytes, at: int, rex: int, places: dict[int, tuple[object, int]]
) -> tuple[tuple[object, int], int, int] | None:
    """Return the place that a ModRM byte names, its register, and where the operands go on; None of a register."""
    if at >= len(data):
        return None
    mod, register, base = data[at] >> 6, (data[at] >> 3 & 7) | (rex & 4) << 1, data[at] & 7
    at += 1
    if mod == 3:
        return None
    if mod == 0 and base == 5:
        return ("rip", int.from_bytes(data[at : at + 4], "little", signed=True) + at), register, at + 4
    if base == 4:
        if at >= len(data) or data[at] & 0x38 != 0x20:
            # An index register: which place it is, is not known.
            return None
        base = data[at] & 7
        at += 1
    base |= (rex & 1) << 3
    size = (0, 1, 4)[mod]
    shift = int.from_bytes(data[at : at + size], "little", signed=True) if size else 0
    root, moved = places.get(base, (base, 0))
    return (root, moved + shift), register, at + size


def _joined(stores: dict[tuple[object, int], _Store]) -> Iterator[Piece]:
    """Yield the strings that stores to neighbouring places make."""
    rows = sorted(stores.items(), key=lambda item: (str(item[0][0]), item[0][1]))
    found: list[Piece] = []
    i = 0
    while i < len(rows):
        (root, place), first = rows[i]
        text = first.value
        i += 1
        while i < len(rows) and rows[i][0][0] == root and place < rows[i][0][1] <= place + len(text):
            # Overlapping stores are usual for the tails: "Middle E", "le Easte", …
            text = text[: rows[i][0][1] - place] + rows[i][1].value
            i += 1
        text = text.split(b"\0")[0]
        quoted = first.value.split(b"\0")[0]
        if _LETTERS.match(text) and len(text) <= 64 and quoted:
            found.append(Piece(first.at, len(quoted), text.decode("ascii"), "utf-8", True, quoted.decode("ascii")))
    yield from sorted(found, key=lambda p: p.offset)
