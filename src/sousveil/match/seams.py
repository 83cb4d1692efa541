"""Where a format's own bytes touch a text so that it reads as another word: ``asian`` and a pickle's ``q``.

A term is matched as a word: in ``asianq\\x05black`` there is none. For formats whose marks are letters a second view
of the same length has zeros in their place; what is found in it stands at the same offsets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from sousveil.match.hits import MARGIN

MOST = 256 << 20
"""Files above this are matched as they are only."""

# The mark first, then what stands before it: the search jumps from one such letter to the next.
_PICKLE = re.compile(
    rb"q(?<=[A-Za-z\x80-\xff].)(?=[\x00-\xff][XC\]}K)u(ehsat])|r(?<=[A-Za-z\x80-\xff].)(?=..\0\0)|"
    rb"X(?<=[A-Za-z\x80-\xff].)(?=.\0\0\0)",
    re.DOTALL,
)
# Tags of fields 8 to 15 before a length.
_PROTOBUF = re.compile(rb"(?<=[A-Za-z])[BJRZbjrz](?=[\x01-\x30])")
_UBJSON = re.compile(rb"(?<=[A-Za-z])(?:S[LlIiU]|[LlIiU]|[\[{]\$)(?=[\x00-\x3f])")
_LINES = re.compile(rb"(?<=\n)(?:[as]{0,3}(?:V|S['\"])|p(?=\d))")
_PICKLES = (".pkl", ".pickle", ".p", ".joblib", ".sav", ".pt", ".pth")
# How such a file begins, how its name ends, the marks, and whether a search that allows for letters finds every term.
_KINDS: tuple[tuple[re.Pattern[bytes], tuple[str, ...], re.Pattern[bytes], bool], ...] = (
    (re.compile(rb"\x80[\x02\x03]"), (), _PICKLE, True),
    (re.compile(rb"[(c\]}][\x20-\x7e\n]"), _PICKLES, _LINES, False),
    (re.compile(rb"[\x08\x0a\x12\x1a\x22]"), (".onnx", ".pb", ".mlmodel", ".caffemodel", ".pdmodel"), _PROTOBUF, True),
    (re.compile(rb"\{[LlIiU#$]"), (), _UBJSON, True),
)
_ANY = re.compile(rb"bplist00|" + b"|".join(magic.pattern for magic, *_ in _KINDS))
_BLOCK = 256
_PRINTABLE = bytes(range(0x20, 0x7F))
_WEIGHTS = int(_BLOCK * 0.58)
"""Bytes of a block that are no printable characters, from which on it is weights: of random bytes 0.63 are none."""


def may_be(data: bytes | memoryview) -> bool:
    """Return whether a file begins so that there may be a `view` of it."""
    return _ANY.match(data) is not None


def view(
    data: bytes | memoryview, display: str, near: Callable[[bytes | memoryview], list[int] | None] | None = None
) -> bytes | None:
    """Return the bytes with zeros for such marks, None where there are none.

    ``near`` tells where terms may end: all else is then left as it is.
    """
    head = bytes(data[:8])
    if len(data) > MOST:
        return None
    if head == b"bplist00":
        return _bplist(bytes(data))
    for magic, ends, marks, asked in _KINDS:
        if magic.match(head) and (not ends or display.lower().endswith(ends)):
            places = near(data) if asked and near is not None else None
            return _zeroed(bytes(data), marks, _texts(data) if places is None else _windows(places, len(data)))
    return None


def _zeroed(data: bytes, marks: re.Pattern[bytes], where: Iterable[tuple[int, int]]) -> bytes | None:
    # A constant is put in many times faster than what a function returns.
    zeros = b"\0" if marks in (_PICKLE, _PROTOBUF) else _zeros
    parts: list[bytes] = []
    at = found = 0
    for start, end in where:
        low = max(0, start - 2)
        part, count = marks.subn(zeros, data[low : end + 4])
        found += count
        parts += (data[at:low], part)
        at = min(len(data), end + 4)
    return b"".join((*parts, data[at:])) if found else None


def _windows(places: list[int], size: int) -> Iterator[tuple[int, int]]:
    """Yield what lies as near to one of ``places`` as any check of a hit looks, in order and apart."""
    low = high = -1
    for place in sorted(places):
        if place - MARGIN > high + 8:
            if high >= 0:
                yield low, high
            low = max(0, place - MARGIN)
        high = min(size, place + MARGIN)
    if high >= 0:
        yield low, high


def _zeros(mark: re.Match[bytes]) -> bytes:
    return bytes(len(mark[0]))


def _texts(data: bytes | memoryview) -> Iterator[tuple[int, int]]:
    """Yield the runs of blocks that are no weights."""
    first = -1
    for start in range(0, len(data), _BLOCK):
        if len(bytes(data[start : start + _BLOCK]).translate(None, _PRINTABLE)) > _WEIGHTS:
            if first >= 0:
                yield first, start
            first = -1
        elif first < 0:
            first = start
    if first >= 0:
        yield first, len(data)


def _bplist(data: bytes) -> bytes | None:
    """A property list's texts are led by a letter: ``Uasian``; the table at its end says where."""
    tail = data[-32:]
    width, count, table = tail[6], int.from_bytes(tail[8:16], "big"), int.from_bytes(tail[24:32], "big")
    if len(data) < 40 or not 1 <= width <= 8 or table >= len(data):
        return None
    out = bytearray(data)
    for i in range(min(count, (len(data) - table) // width)):
        at = int.from_bytes(data[table + i * width : table + (i + 1) * width], "big")
        if at < len(out):
            out[at] = 0
    return bytes(out)
