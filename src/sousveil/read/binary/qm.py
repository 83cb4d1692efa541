"""Qt's compiled translations: each message with its context and the words it translates.

From Qt's ``qtranslator.cpp``: sections of a tag byte and a length; messages are tagged parts, translations UTF-16BE.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct, Kind, Passage
from sousveil.read.unfinished import Unfinished

ABOUT = About(
    "Qt translations",
    ".qm",
    "Each translated message as a label, with its context (the window's class) and the words it translates.",
)

_MESSAGES = 0x69
_END, _TRANSLATION, _SOURCE, _CONTEXT, _COMMENT = 1, 3, 6, 7, 8
_LENGTHLESS = {2: 4, 4: 1, 5: 4}
"""Old parts: a source as four bytes, an obsolete byte, a hash."""


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield the messages that hold a hit."""
    offsets = [offset for offset, _ in hits or ()]
    at = 16
    while at + 5 <= len(data):
        tag, size = data[at], int.from_bytes(data[at + 1 : at + 5], "big")
        at += 5
        if tag == _MESSAGES:
            yield from _messages(data, at, min(at + size, len(data)), offsets)
        if at + size > len(data):
            raise Unfinished("broken", f"section {tag:#x} at {at:#x} runs over the end of the file")
        at += size


def _messages(data: bytes, at: int, end: int, offsets: Sequence[int]) -> Iterator[Construct]:
    start = at
    parts: dict[int, tuple[int, int]] = {}
    while at < end:
        tag = data[at]
        at += 1
        if tag == _END:
            found = bisect_left(offsets, start)
            if found < len(offsets) and offsets[found] < at and (one := _message(data, parts)) is not None:
                yield one
            start, parts = at, {}
        elif tag in _LENGTHLESS:
            at += _LENGTHLESS[tag]
        elif tag in (_TRANSLATION, _SOURCE, _CONTEXT, _COMMENT):
            size = int.from_bytes(data[at : at + 4], "big")
            at += 4
            if size == 0xFFFFFFFF:
                continue
            if at + size > end:
                raise Unfinished("broken", f"a message at {start:#x} runs over the end of its section")
            parts.setdefault(tag, (at, size))
            at += size
        else:
            raise Unfinished("broken", f"a message at {start:#x} has a part of unknown kind {tag}")


def _message(data: bytes, parts: dict[int, tuple[int, int]]) -> Construct | None:
    def said(tag: int) -> str:
        at, size = parts.get(tag, (0, 0))
        return data[at : at + size].decode("utf-8", "backslashreplace")

    place = parts.get(_TRANSLATION) or parts.get(_SOURCE)
    if place is None:
        return None
    encoding = "utf-16-be" if _TRANSLATION in parts else "utf-8"
    text = data[place[0] : place[0] + place[1]].decode(encoding, "backslashreplace")
    context = said(_CONTEXT)
    passage = Passage(place[0], place[1], 0, 0, encoding, text, f"message of {context}" if context else "message")
    gloss = "; ".join(filter(None, (said(_SOURCE), said(_COMMENT))))
    scope = (context,) if context else ()
    return Construct(Kind.OPTION, text, passage, gloss=gloss, scope=scope, role="label", language="qm")
