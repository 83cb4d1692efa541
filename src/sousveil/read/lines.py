"""Lines with a term in which a reader found no structure: shown as they stand, so that no term is passed over."""

from __future__ import annotations

from collections.abc import Sequence

from sousveil.model import Construct, Kind
from sousveil.read.text import Text
from sousveil.read.unfinished import Unfinished

MOST = 200
_AROUND = 160
"""Bytes before and after a term that are quoted of a line longer than both."""


def around(text: Text, offsets: Sequence[int], language: str) -> list[Construct]:
    """Return the lines that hold ``offsets`` (into the text's UTF-8, sorted) as statements, each once.

    Raises Unfinished with the first 200 where there are more.
    """
    out: list[Construct] = []
    utf8, last = text.utf8, 0
    for at in offsets:
        if at < last or at >= len(utf8):
            continue
        start = max(utf8.rfind(b"\n", 0, at) + 1, last)
        end = utf8.find(b"\n", at)
        end = len(utf8) if end < 0 else end
        if end - start > 2 * _AROUND:
            start, end = max(start, _letter(utf8, at - _AROUND)), min(end, _letter(utf8, at + _AROUND))
        last = max(end, at + 1)
        while start < end and utf8[start] in b" \t\r":
            start += 1
        while end > start and utf8[end - 1] in b" \t\r":
            end -= 1
        if start >= end:
            continue
        if len(out) >= MOST:
            raise Unfinished("cut", f"more than {MOST} lines hold terms outside of any structure", out)
        out.append(Construct(Kind.STATEMENT, "", text.passage(start, end), role="line", language=language))
    return out


def _letter(utf8: bytes, at: int) -> int:
    """Return where the character at or before ``at`` begins."""
    at = min(max(0, at), len(utf8))
    while 0 < at < len(utf8) and utf8[at] & 0xC0 == 0x80:
        at -= 1
    return at
