"""DEX code: where it names what was hit, and what it builds of strings, walked straight through."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence

from sousveil.read.binary.bytestream import Cursor, Damaged
from sousveil.read.binary.dexfile import UNITS, Dex
from sousveil.read.binary.javacode import KEEPERS, PUTTERS
from sousveil.read.binary.managed import Body, Word
from sousveil.read.unfinished import bounded

_MOST_SOUGHT = 4000
"""Strings, fields and methods each that are looked for in code."""


def _any_of(first: bytes, third: set[int], fourth: set[int]) -> re.Pattern[bytes]:
    """Return a pattern of a byte, one that may be any, and two more; its match is the first byte alone."""
    one, two, three = (b"[" + b"".join(b"\\x%02x" % b for b in sorted(c)) + b"]" for c in (first, third, fourth))
    return re.compile(one + b"(?=." + two + three + b")", re.DOTALL)


def spots(dex: Dex, hit: set[int]) -> list[int]:
    """Return where code may name what was hit: strings by these numbers, fields and methods that are called so."""
    data = dex.data
    strings = set(bounded(sorted(hit), _MOST_SOUGHT, "strings that hold terms"))
    fields, methods = (
        set(bounded([i for i in range(min(table[0], 1 << 16)) if named(i)[2] in hit], _MOST_SOUGHT, what))
        for table, named, what in (
            (dex.fields, dex.field, "fields whose names hold terms"),
            (dex.methods, dex.method, "methods whose names hold terms"),
        )
    )
    sought = {0x1A: {s for s in strings if s < 1 << 16}}
    sought |= dict.fromkeys(range(0x52, 0x6E), fields) | dict.fromkeys(range(0x6E, 0x79), methods)
    # One class of bytes for each place, and what they let pass looked up: an alternative for each number takes
    # a hundred times as long.
    spots: list[int] = []
    codes = bytes(op for op, numbers in sought.items() if numbers)
    numbers = {n for found in sought.values() for n in found}
    if numbers:
        for match in _any_of(codes, {n & 0xFF for n in numbers}, {n >> 8 for n in numbers}).finditer(data):
            at = match.start()
            if data[at + 2] | data[at + 3] << 8 in sought[data[at]]:
                spots.append(at)
    if strings:
        wide = _any_of(b"\x1b", {s & 0xFF for s in strings}, {s >> 8 & 0xFF for s in strings})
        for match in wide.finditer(data):
            at = match.start()
            if int.from_bytes(data[at + 2 : at + 6], "little") in strings:
                spots.append(at)
    return spots


class Code:
    """The code of one file's methods."""

    def __init__(self, dex: Dex) -> None:
        self.dex = dex

    def size(self, code: int) -> int:
        """Return the bytes of the code at a place."""
        return 16 + 2 * Cursor(self.dex.data, code + 12).u4()

    def walk(self, code: int, body: Body, listed: dict[str, list[Word | str]]) -> None:
        """Tell ``body`` what the code at a place builds, and ``listed`` what static fields are made from."""
        head = Cursor(self.dex.data, code + 12)
        count = head.u4()
        at = head.skip(2 * count)
        units = struct.unpack_from(f"<{count}H", self.dex.data, at)
        registers: dict[int, Word | str] = {}
        made: dict[int, list[Word | str]] = {}
        place = 0
        while place < count:
            unit = units[place]
            op, high = unit & 0xFF, unit >> 8
            size = UNITS[op]
            if op == 0 and high in (1, 2, 3):
                size = self._payload(units, place, high)
            rest = units[place + 1 : place + size]
            if len(rest) < size - 1:
                raise Damaged(f"an instruction behind the end of code at {code}")
            if op in (0x1A, 0x1B):
                word = self.dex.word(rest[0] if op == 0x1A else rest[0] | rest[1] << 16)
                body.string(word)
                registers[high] = word
            elif op == 0x12:
                number = high >> 4
                registers[high & 15] = str(number - 16 if number > 7 else number)
            elif op in (0x13, 0x14):
                number = rest[0] if op == 0x13 else rest[0] | rest[1] << 16
                half = 0x8000 if op == 0x13 else 1 << 31
                registers[high] = str(number - 2 * half if number >= half else number)
            elif op == 0x23:
                body.begin()
            elif op == 0x4D and isinstance(value := registers.get(high), Word):
                body.element(value)
            elif 0x52 <= op <= 0x6D:
                self._field_used(op, high, rest[0], made, body, listed)
            elif 0x6E <= op <= 0x72 or 0x74 <= op <= 0x78 or op in (0x24, 0x25):
                self._called(op, high, rest, registers, made, body)
            elif op == 0x11:
                body.sink("")
            place += size
        body.sink("")

    @staticmethod
    def _payload(units: Sequence[int], place: int, kind: int) -> int:
        size = units[place + 1] if place + 1 < len(units) else 0
        if kind == 1:
            return size * 2 + 4
        if kind == 2:
            return size * 4 + 2
        if place + 3 >= len(units):
            raise Damaged("an array's data behind the end of code")
        return (((units[place + 2] | units[place + 3] << 16) * size) + 1) // 2 + 4

    def _field_used(
        self,
        op: int,
        register: int,
        index: int,
        made: dict[int, list[Word | str]],
        body: Body,
        listed: dict[str, list[Word | str]],
    ) -> None:
        owner, kind, name = self.dex.field(index)
        word = self.dex.word(name)
        body.use(word)
        if op == 0x69:  # sput-object
            if owner == kind and register in made:
                listed.setdefault(word.text, made[register])
            body.sink(word.text)
        elif op == 0x5B:
            body.sink(word.text)

    def _called(
        self,
        op: int,
        high: int,
        rest: Sequence[int],
        registers: dict[int, Word | str],
        made: dict[int, list[Word | str]],
        body: Body,
    ) -> None:
        if op in (0x25, 0x74, 0x75, 0x76, 0x77, 0x78):
            used = list(range(rest[1], rest[1] + min(high, 255)))
        else:
            count = min(high >> 4, 5)
            used = [rest[1] >> 4 * i & 15 for i in range(4)][:count]
            if count == 5:
                used.append(high & 15)
        values = [registers.get(r, "") for r in used]
        if op in (0x24, 0x25):
            body.begin()
            for value in values:
                if isinstance(value, Word):
                    body.element(value)
            return
        word = self.dex.word(self.dex.method(rest[0])[2])
        name = word.text
        if name == "<init>":
            if used:
                made[used[0]] = values[1:]
            return
        body.use(word)
        strings = [v for v in values if isinstance(v, Word)]
        if PUTTERS.search(name) and len(values) >= 2 and isinstance(values[-2], Word):
            body.pair(values[-2], values[-1])
        elif name in ("of", "listOf", "setOf", "add") and strings:
            for one in strings:
                body.element(one)
        elif not KEEPERS.search(name):
            body.sink(name)
