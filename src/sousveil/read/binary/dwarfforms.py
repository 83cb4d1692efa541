"""DWARF's abbreviations and forms (DWARF 2 to 5, section 7.5; GNU's split and dwz forms).

A *shape* is one abbreviation, ready to skip or to read entries of it fast: of fixed size where all its forms are, and
a regular expression otherwise, so that the work on the millions of entries that are of no interest is done in C.
"""

from __future__ import annotations

import functools
import re
from typing import Any

from msgspec import Struct

NAME, TYPE, SPECIFICATION, ORIGIN, SIBLING = 0x03, 0x49, 0x47, 0x31, 0x01
VALUE, FILE, LINE, LANGUAGE, UPPER, COUNT = 0x1C, 0x3A, 0x3B, 0x13, 0x2F, 0x37
STATEMENTS, STR_BASE, ARTIFICIAL, DISCRIMINANT, SIGNATURE = 0x10, 0x72, 0x34, 0x16, 0x69
WANTED = (NAME, TYPE, SPECIFICATION, SIGNATURE)
_LEB = rb"[\x80-\xff]{0,10}[\x00-\x7f]"
MOST_CODES = 1 << 16
_MOST_ATTRIBUTES = 256

ACROSS_NAMES = frozenset((0x1D, 0x1F21))
ACROSS = frozenset((0x1C, 0x24, 0x1F20))
"""Forms that lead into the common file which dwz made of several: names, and entries."""
LEBS = frozenset((0x0D, 0x0F, 0x15, 0x1A, 0x1B, 0x22, 0x23, 0x1F01, 0x1F02))
STRX = frozenset((0x1A, 0x25, 0x26, 0x27, 0x28, 0x1F02))
_BLOCKS = {0x03: 2, 0x04: 4, 0x0A: 1}
_SIZES = {
    0x05: 2, 0x06: 4, 0x07: 8, 0x0B: 1, 0x0C: 1, 0x11: 1, 0x12: 2, 0x13: 4, 0x14: 8, 0x19: 0, 0x1C: 4, 0x1E: 16,
    0x20: 8, 0x21: 0, 0x24: 8, 0x25: 1, 0x26: 2, 0x27: 3, 0x28: 4, 0x29: 1, 0x2A: 2, 0x2B: 3, 0x2C: 4,
}  # fmt: skip
_OFFSETS = frozenset((0x0E, 0x10, 0x17, 0x1D, 0x1F, 0x1F20, 0x1F21))


class Broken(Exception):
    """The bytes are no DWARF that can be followed."""


class Format(Struct, frozen=True):
    """What the sizes of forms depend on."""

    address: int
    offset: int
    """4, or 8 in the 64-bit format."""
    version: int

    def size(self, form: int) -> int:
        """Return the bytes of a form, -1 if they differ from entry to entry."""
        if form == 0x01:
            return self.address
        if form in _OFFSETS:
            return self.address if form == 0x10 and self.version < 3 else self.offset
        return _SIZES.get(form, -1)


def uleb(data: bytes, at: int) -> tuple[int, int]:
    """Return an unsigned LEB128 number and the place behind it. Raises Broken past 19 bytes or the end."""
    value = shift = 0
    while shift < 133 and at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise Broken("a number does not end")


def sleb(data: bytes, at: int) -> tuple[int, int]:
    """Return a signed LEB128 number and the place behind it."""
    start = at
    value, at = uleb(data, at)
    return (value - (1 << 7 * (at - start)) if data[at - 1] & 0x40 else value), at


class Shape:
    """One abbreviation."""

    __slots__ = ("_one", "_run", "attributes", "children", "code", "constants", "format", "has", "size", "tag", "wide")

    def __init__(
        self, code: int, tag: int, children: bool, attributes: tuple[tuple[int, int, int], ...], form: Format
    ) -> None:
        self.code, self.tag, self.children, self.attributes, self.format = code, tag, children, attributes, form
        self.wide = max(1, (code.bit_length() + 6) // 7)
        sizes = [form.size(f) for _, f, _ in attributes]
        self.size = -1 if -1 in sizes else sum(sizes) + self.wide
        self.has = {a: f for a, f, _ in attributes}
        self._one: Any = None
        self._run: Any = None

    def one(self) -> re.Pattern[bytes]:
        """Return the pattern of one entry with a group for each of WANTED that it has, in order.

        It does not look at the entry's code, so that one pattern serves all units.
        """
        if self._one is None:
            self._one = _pattern(self.wide, self._forms(), False)
        return self._one  # type: ignore[no-any-return]

    def run(self) -> re.Pattern[bytes]:
        """Return the pattern of an entry and all of the same code that follow it."""
        if self._run is None:
            self._run = _pattern(self.wide, self._forms(), True)
        return self._run  # type: ignore[no-any-return]

    def _forms(self) -> tuple[tuple[int, bool, int], ...]:
        return tuple((f, a in WANTED, self.format.size(f)) for a, f, _ in self.attributes)


@functools.lru_cache(4096)
def _pattern(wide: int, forms: tuple[tuple[int, bool, int], ...], run: bool) -> re.Pattern[bytes]:
    parts = []
    gap = 0
    for form, wanted, size in forms:
        if size >= 0 and not wanted:
            gap += size
            continue
        if gap:
            parts.append(b".{%d}" % gap)
            gap = 0
        part = _form(form, size)
        parts.append(b"(" + part + b")" if wanted and not run else part)
    if gap:
        parts.append(b".{%d}" % gap)
    whole = b"".join(parts)
    if run:
        return re.compile(rb"(.{%d})%b(?:\1%b)*+" % (wide, whole, whole), re.DOTALL)
    return re.compile(b".{%d}%b" % (wide, whole), re.DOTALL)


def _form(form: int, size: int) -> bytes:
    if size >= 0:
        return b".{%d}" % size
    if form in LEBS:
        return _LEB
    if form == 0x08:
        return rb"[^\x00]*\x00"
    if form in (0x09, 0x0A, 0x18):
        # Short expressions only; an entry with a longer one is read number by number.
        return b"(?:" + b"|".join(re.escape(bytes([n])) + b".{%d}" % n for n in range(48)) + b")"
    return b"(?!)"


def table(data: bytes, at: int, form: Format) -> dict[int, Shape]:
    """Return the abbreviations at an offset of ``.debug_abbrev``. Raises Broken where there are too many."""
    shapes: dict[int, Shape] = {}
    while at < len(data):
        code, at = uleb(data, at)
        if not code:
            return shapes
        tag, at = uleb(data, at)
        children = data[at : at + 1] == b"\x01"
        at += 1
        attributes: list[tuple[int, int, int]] = []
        while True:
            name, at = uleb(data, at)
            kind, at = uleb(data, at)
            constant = 0
            if kind == 0x21:
                constant, at = sleb(data, at)
            if not name and not kind:
                break
            attributes.append((name, kind, constant))
            if len(attributes) > _MOST_ATTRIBUTES:
                raise Broken(f"an abbreviation with more than {_MOST_ATTRIBUTES} attributes")
        shapes[code] = Shape(code, tag, children, tuple(attributes), form)
        if len(shapes) > MOST_CODES:
            raise Broken(f"more than {MOST_CODES} abbreviations")
    return shapes


Value = tuple[int, int, int]
"""Form, value (of a block or string: its place), place."""


def values(data: bytes, at: int, end: int, shape: Shape, order: Any) -> tuple[dict[int, Value], int]:
    """Return an entry's attributes and the place behind it. ``at`` is the entry's own place. Raises Broken."""
    out: dict[int, Value] = {}
    at += shape.wide
    for name, form, constant in shape.attributes:
        for _ in range(4):
            if form != 0x16:
                break
            form, at = uleb(data, at)
        start = at
        size = shape.format.size(form)
        value = 0
        if size >= 0:
            at += size
            value = constant if form == 0x21 else 1 if form == 0x19 else int.from_bytes(data[start:at], order)
        elif form == 0x0D:
            value, at = sleb(data, at)
        elif form in LEBS:
            value, at = uleb(data, at)
        elif form == 0x08:
            found = data.find(b"\0", at, end)
            if found < 0:
                raise Broken("a string does not end")
            value, at = start, found + 1
        elif form in _BLOCKS:
            size = int.from_bytes(data[at : at + _BLOCKS[form]], order)
            value, at = start, at + _BLOCKS[form] + size
        elif form in (0x09, 0x18):
            size, at = uleb(data, at)
            value, at = start, at + size
        else:
            raise Broken(f"unknown form {form:#x}")
        if at > end:
            raise Broken("an entry goes on behind its unit")
        out.setdefault(name, (form, value, start))
    return out, at
