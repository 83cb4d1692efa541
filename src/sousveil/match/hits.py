"""From the end of a byte pattern to a hit that stands up: where it is, what surrounds it, whether it is text at all."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

from msgspec import Struct

from sousveil.match.patterns import CODEPOINT, Pattern

AROUND = 48
"""Characters decoded before and after a hit."""
MARGIN = 4096
"""No check of a hit looks further than this many bytes."""

_WIDTH = {"utf-16-le": 2, "utf-16-be": 2, "utf-32-le": 4, "utf-32-be": 4}
_DOUBLE = frozenset({"gb18030", "big5", "shift_jis", "euc_kr"})
REACH = 240
"""Bytes that hold that many characters of nearly any text."""
_BYTES_ESCAPE = {
    "\\x": re.compile(r"(?:\\x[0-9a-f]{2})+", re.I),
    "%": re.compile(r"(?:%[0-9a-f]{2})+", re.I),
    "=": re.compile(r"(?:=[0-9a-f]{2})+", re.I),
    "\\o": re.compile(r"(?:\\[0-3][0-7]{2})+"),
}
_UNITS = re.compile(r"(?:\\u[0-9a-f]{4})+", re.I)
_SURROGATE = re.compile("[\ud800-\udfff]")
_POINT_ESCAPE = {
    "\\u": re.compile(r"\\u([0-9a-f]{4})", re.I),
    "\\\\u": re.compile(r"\\\\u([0-9a-f]{4})", re.I),
    "\\U": re.compile(r"\\U([0-9a-f]{8})", re.I),
    "\\x{}": re.compile(r"\\x\{([0-9a-f]{1,6})\}", re.I),
    "\\u{}": re.compile(r"\\u\{([0-9a-f]{1,6})\}", re.I),
    "&#x;": re.compile(r"&#x([0-9a-f]{1,6});", re.I),
    "&#;": re.compile(r"&#([0-9]{1,7});"),
}


class Raw(Struct):
    """A pattern's body at its place, before any check."""

    start: int
    length: int
    pattern: Pattern


def locate(data: bytes | memoryview, pattern: Pattern, end: int) -> Raw | None:
    """Return the place of ``pattern``'s body in a match that ended at ``end``, without boundary bytes."""
    lengths, trails = pattern.lengths, pattern.trails
    if len(lengths) == 1:
        if trails == (0,):
            return Raw(end - lengths[0], lengths[0], pattern)
        if trails == (1, 0) and end < len(data):
            return Raw(end - 1 - lengths[0], lengths[0], pattern)
    body = _body(pattern.body, pattern.caseless)
    for trail in trails:
        for length in lengths:
            start = end - trail - length
            if start >= 0 and body.fullmatch(data, start, end - trail):
                return Raw(start, length, pattern)
    return None


@lru_cache(maxsize=4096)
def _body(body: bytes, caseless: bool) -> re.Pattern[bytes]:
    return re.compile(body, re.DOTALL | (re.IGNORECASE if caseless else 0))


def surroundings(data: bytes | memoryview, raw: Raw) -> tuple[str, str, str] | None:
    """Return the decoded text before, of and after a hit that is not escaped; None if the bytes are not such text."""
    start, end = raw.start, raw.start + raw.length
    encoding = raw.pattern.encoding
    middle = str(data[start:end], encoding, "replace")
    if encoding in _WIDTH:
        width = _WIDTH[encoding]
        low = max(start % width, start - AROUND * width)
        left = str(data[low:start], encoding, "replace")
        high = end + (min(len(data), end + AROUND * width) - end) // width * width
        right = str(data[end:high], encoding, "replace")
        if raw.length <= 4 and not _wide_text(left, right) and not _user_string(data, start, end):
            return None
        return left, middle, right
    if encoding in _DOUBLE:
        return _double(data, start, end, encoding, middle)
    low = max(0, start - REACH)
    left = str(data[low:start], encoding, "replace")[-AROUND:]
    right = str(data[end : end + REACH], encoding, "replace")[:AROUND]
    if encoding != "utf-8" and not _single_text(data, start, end):
        return None
    return left, middle, right


def unescape(text: str, kind: str, encoding: str = "utf-8") -> str:
    """Return ``text`` with its escapes of ``kind`` decoded."""
    if kind == "\\u":
        return _UNITS.sub(_units, text)
    if kind in CODEPOINT:
        base = 10 if kind == "&#;" else 16
        return _POINT_ESCAPE[kind].sub(lambda m: _char(int(m[1], base)), text)
    found = _BYTES_ESCAPE[kind]
    base, skip = (8, 4) if kind == "\\o" else (16, len(kind) + 2)
    cut = len(kind) if kind != "\\o" else 1

    def put(match: re.Match[str]) -> str:
        run = match[0]
        raw = bytes(int(run[i + cut : i + skip], base) for i in range(0, len(run), skip))
        return raw.decode(encoding, "replace")

    return found.sub(put, text)


def _units(match: re.Match[str]) -> str:
    """Return a run of ``\\uXXXX`` decoded at once, each surrogate as U+FFFD."""
    return _SURROGATE.sub("\ufffd", match[0].lower().encode().decode("unicode_escape"))


def _char(code: int) -> str:
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def _double(data: bytes | memoryview, start: int, end: int, encoding: str, middle: str) -> tuple[str, str, str] | None:
    """Check a hit in an encoding of one or two bytes a character: aligned, and inside text."""
    # A byte below 0x30 is never part of a longer character: decode from the nearest one.
    low = start
    floor = max(0, start - REACH)
    while low > floor and data[low - 1] >= 0x30:
        low -= 1
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    left = decoder.decode(bytes(data[low:start]))
    if decoder.getstate()[0]:
        return None
    if low > floor:
        before = max(floor, low - AROUND)
        left = str(data[before:low], encoding, "replace") + left
    # The same bytes as UTF-8 would mean that the older encoding is an accident.
    if end - start < 12 and _is_utf8(bytes(data[low : end + 12])):
        return None
    right = codecs.getincrementaldecoder(encoding)("replace").decode(bytes(data[end : end + 2 * AROUND]))
    if end - start <= 6 and not (_segment(left[::-1]) and _segment(right)):
        return None
    return left[-AROUND:], middle, right[:AROUND]


def _is_utf8(piece: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        return bool(decoder.decode(piece))
    except UnicodeDecodeError:
        return False


def _segment(text: str) -> bool:
    """Return whether ``text`` is text up to its first NUL, line break or 32 characters."""
    for char in text[:32]:
        if char in "\0\r\n":
            return True
        if (char < " " and char != "\t") or char in "\x7f\ufffd" or "\ue000" <= char <= "\uf8ff":
            return False
    return True


def _single_text(data: bytes | memoryview, start: int, end: int) -> bool:
    """Return whether the bytes around a hit look like text of single bytes, not like a table or a double-byte text."""
    piece = bytes(data[max(0, start - 32) : end + 32])
    if any((b < 9 and b != 0) or 14 <= b < 32 for b in piece):
        return False
    return not _is_utf8(bytes(data[start : end + 12]))


def _wide_text(left: str, right: str) -> bool:
    """Return whether the units around a short hit are text as far as the next control unit."""
    for text in (left[::-1], right):
        for char in text[:16]:
            if char < " ":
                break
            if not (char < "\u0250" or "\u2000" <= char <= "\u27ff" or "\u3000" <= char <= "\u30ff") and not (
                "\u4e00" <= char <= "\u9fa5" or "\uff00" <= char <= "\uffef" or "\uac00" <= char <= "\ud7a3"
            ):
                return False
    return True


def _user_string(data: bytes | memoryview, start: int, end: int) -> bool:
    """Return whether a hit is a whole entry of a .NET user-string heap (ECMA-335 II.24.2.4): length, units, 0 or 1."""
    return start > 0 and end < len(data) and data[start - 1] == end - start + 1 and data[end] in (0, 1)
