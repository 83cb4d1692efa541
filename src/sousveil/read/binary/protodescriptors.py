"""Descriptors that the protobuf compiler writes into programs (C++, Go, Rust): the schema, whole and in place.

A generated file registers its serialized ``FileDescriptorProto`` (descriptor.proto), which begins with the name of the
``.proto`` file. Nothing says where it ends: with the first field that such a file cannot have.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sousveil.read.model.protobuf import Broken, Wire

_NAME = re.compile(
    rb"\n(.)([\w./+-]{1,120}?\.proto(?:devel)?)(?=[\x12\x1a\x22\x2a\x32\x3a\x42\x50\x58\x62\x70])", re.DOTALL
)
_FIELDS = frozenset(((1, 2), (2, 2), (3, 2), (4, 2), (5, 2), (6, 2), (7, 2), (8, 2), (9, 2), (10, 0), (11, 0), (12, 2),
                     (14, 0)))  # fmt: skip
_BACK = 1 << 18
"""A descriptor's name is looked for so many bytes before a hit."""
_TRIED = 64


def files(data: bytes, offsets: Sequence[int], low: int, high: int) -> list[tuple[int, int]]:
    """Return the spans in ``[low, high)`` of the descriptors that hold one of ``offsets``, which are sorted."""
    found: list[tuple[int, int]] = []
    for offset in offsets:
        if found and offset < found[-1][1]:
            continue
        start = max(low, offset - _BACK, found[-1][1] if found else 0)
        begins = [m.start() for m in _NAME.finditer(data, start, min(high, offset + 1)) if m[1][0] == len(m[2])]
        for begin in begins[-_TRIED:]:
            end = _end(data, begin, high)
            if end > offset:
                found.append((begin, end))
                break
    return found


def _end(data: bytes, start: int, high: int) -> int:
    """Return where the descriptor at ``start`` ends: before the first byte that is no field of one, or names a file."""
    wire, at, named = Wire(data), start, False
    while at < high:
        try:
            key, behind = wire.varint(at, high)
            size, behind = wire.varint(behind, high)
        except Broken:
            break
        number, kind = key >> 3, key & 7
        if (number, kind) not in _FIELDS or (number == 1 and named):
            break
        named = named or number == 1
        if kind == 2:
            if size > high - behind:
                break
            behind += size
        at = behind
    return at
