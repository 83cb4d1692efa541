"""Whether a term may stand where a format sets letters beside it: a compiled Python its ``z``, a pickle its ``q``.

To take such a file's strings out costs many times what a search of its bytes does, and nearly no file holds a term. So
its bytes are searched first, by patterns whose joints allow for such letters: what they do not find is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from sousveil.match.engine import open_engine
from sousveil.match.lexicon import Entry
from sousveil.match.patterns import LEADS, TRAILS, Pattern, short

MOST = 16 << 20
"""Bytes above which a file is not asked: there a length of four bytes may end in a letter."""
_MOST_PLACES = 20_000
_BEFORE = 3
_AFTER = 2

# Before a string stands its length, whose last byte may be a letter. Before that stand: a marshalled string's kind;
# in a class the kind and the length's first byte; in a dex the end of the last string, or more of the length.
_MARK = rb"(?:[zZ\xda\xfa\x00\x80-\xff]|\x01.)"
_LEAD = {
    LEADS["lower"]: rb"(?:^|[^A-Za-z]|" + _MARK + rb"[A-Za-z])",
    LEADS["upper"]: rb"(?:^|[^A-Z]|" + _MARK + rb"[A-Z])",
    LEADS["digit"]: rb"(?:^|[^0-9]|" + _MARK + rb"[0-9])",
}
# Behind it stands what comes next: an object's kind (marshal, pickle, UBJSON), a field's number (protobuf), or a
# class's flags.
_TRAIL = {
    TRAILS["lower"][0]: rb"(?:[^a-z]|[abcfgijlqrstuxyz]|\Z)",
    TRAILS["upper"][0]: rb"(?:[^A-Z]|[A-Z][^A-Z]|[ABFIJLNRSTUXZ]|\Z)",
    TRAILS["digit"][0]: rb"(?:[^0-9]|0|\Z)",
}

# A database cannot be empty.
_NONE = Pattern(b"\xc0\xc1\xc0\xc1", b"\xc0\xc1\xc0\xc1", False, 0, "utf-8", "", (4,))


class Joined:
    """The short terms, which alone are searched with their joints."""

    def __init__(self, entries: Iterable[Entry], key: str, root: Path | None) -> None:
        self._entries = entries
        self._engine = open_engine(f"{key}-joined", lambda: ((p.body, p.caseless) for p in self._patterns), root)
        self._loose: dict[int, re.Pattern[bytes]] = {}

    @cached_property
    def _patterns(self) -> list[Pattern]:
        return list(short(self._entries)) or [_NONE]

    def places(self, data: bytes | memoryview) -> list[int] | None:
        """Return where a short term ends if letters beside it are the format's own; None where they are too many."""
        found: list[tuple[int, int]] = []

        def handle(number: int, start: int, end: int, flags: int, context: object) -> bool:
            found.append((number, end))
            return len(found) >= _MOST_PLACES

        if not self._engine.scan(data, handle):
            return None
        return [end for number, end in found if self._stands(data, number, end)]

    def _stands(self, data: bytes | memoryview, number: int, end: int) -> bool:
        pattern = self._patterns[number]
        loose = self._loose.get(number)
        if loose is None:
            loose = self._loose[number] = re.compile(_loosened(pattern), re.DOTALL)
        low = max(0, end - pattern.lengths[-1] - _BEFORE)
        return loose.search(bytes(data[low : end + _AFTER])) is not None


def _loosened(pattern: Pattern) -> bytes:
    at = pattern.regex.find(pattern.body)
    lead, trail = pattern.regex[:at], pattern.regex[at + len(pattern.body) :]
    return _LEAD.get(lead, b"") + pattern.body + _TRAIL.get(trail, b"")
