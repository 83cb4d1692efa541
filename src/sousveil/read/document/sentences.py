"""Where a sentence starts and ends."""

from __future__ import annotations

import re

LONGEST = 600
"""Bytes of one sentence."""

# A full stop ends a sentence only before white space and no small letter ("e.g. this" goes on); an escaped line
# break inside a JSON string ends one too.
_END = re.compile(
    rb"[.!?][\"')\]*_]{0,3}\s+(?=[^a-z\s])"
    rb"|\xe3\x80\x82|\xef\xbc\x81|\xef\xbc\x9f|\xe2\x80\xa6{1,2}"
    rb"|[ \t]*\r?\n[ \t]*\r?\n\s*|\\r?\\n|\x0c|\x00"
)


def sentence(utf8: bytes, at: int, low: int, high: int) -> tuple[int, int]:
    """Return the span, at most ``LONGEST`` bytes, of the sentence that holds ``at`` between ``low`` and ``high``."""
    low = max(low, 0)
    high = min(high, len(utf8))
    first = max(low, at - LONGEST + 80)
    start = first
    for match in _END.finditer(utf8, first, min(high, at + 1)):
        if match.end() <= at:
            start = match.end()
    if start == first and first > low:
        # Nothing ended here: do not begin inside a word.
        space = utf8.find(b" ", start, min(at, start + 60))
        start = space + 1 if space >= 0 else start
        while start < at and utf8[start] & 0xC0 == 0x80:
            start += 1
    limit = min(high, start + LONGEST)
    ending = _END.search(utf8, at, limit)
    end = limit
    if ending is not None:
        end = ending.start()
        # The mark itself belongs to the sentence, the space behind it does not.
        mark = utf8[end : ending.end()]
        if mark[:1] in (b".", b"!", b"?") or mark[:1] >= b"\x80":
            end += len(mark.rstrip())
    while end > at and end < len(utf8) and utf8[end] & 0xC0 == 0x80:
        end -= 1
    while start < end and utf8[start : start + 1].isspace():
        start += 1
    while end > start and utf8[end - 1 : end].isspace():
        end -= 1
    return start, max(start, end)
