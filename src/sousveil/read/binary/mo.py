"""Compiled gettext catalogues: each translation with the words it translates.

From GNU gettext's manual, "The Format of GNU MO Files": two tables of (length, offset) pairs, in either byte order;
the empty message's translation is the header. Messages stand sorted by their own spelling: neighbours mean nothing.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct, Kind, Passage
from sousveil.read.unfinished import Unfinished
from sousveil.unpack.names import text_codec

ABOUT = About(
    "Gettext translations",
    ".mo .gmo",
    "Each translated message as a label, with its context and the words it translates.",
    limits="System-dependent strings of revision 1",
)

_MOST = 1 << 20
"""Messages of one catalogue."""
_LABEL = 60
_LONG = 4000
_CHARSET = re.compile(rb"charset=([\w.:-]{1,40})")
_LANGUAGE = re.compile(rb"(?:^|\n)Language:[ \t]*([\w@.-]{1,40})")


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield the messages that hold a hit, or whose translation does."""
    order = "<" if data[:1] == b"\xde" else ">"
    if len(data) < 20:
        raise Unfinished("broken", "mo: the header is cut short")
    count, sources, targets = struct.unpack_from(f"{order}3I", data, 8)
    held = max(0, min((len(data) - max(sources, targets)) // 8, _MOST))
    offsets = None if hits is None else [offset for offset, _ in hits]
    encoding = "utf-8"
    scope: tuple[str, ...] = ()
    for i in range(min(count, held)):
        source = _string(data, order, sources + 8 * i)
        target = _string(data, order, targets + 8 * i)
        if source is None or target is None:
            raise Unfinished("broken", f"mo: message {i} of {count} runs over the end of the file")
        if source[0] == source[1]:
            encoding, scope = _header(data[slice(*target)])
        if offsets is None or _holds(offsets, source) or _holds(offsets, target):
            yield _message(data, source, target, encoding, scope)
    if count > held:
        raise Unfinished("broken", f"mo: {count} messages are named, and tables of {held} are there")


def _string(data: bytes, order: str, at: int) -> tuple[int, int] | None:
    length, start = struct.unpack_from(f"{order}2I", data, at)
    return (start, start + length) if start + length <= len(data) else None


def _holds(offsets: Sequence[int], span: tuple[int, int]) -> bool:
    found = bisect_left(offsets, span[0])
    return found < len(offsets) and offsets[found] < span[1]


def _header(text: bytes) -> tuple[str, tuple[str, ...]]:
    named, language = _CHARSET.search(text[:4096]), _LANGUAGE.search(text[:4096])
    encoding = text_codec(named[1].decode("latin-1"), "utf-8") if named else "utf-8"
    return encoding, (language[1].decode(),) if language else ()


def _message(
    data: bytes, source: tuple[int, int], target: tuple[int, int], encoding: str, scope: tuple[str, ...]
) -> Construct:
    context, _, said = data[slice(*source)][:_LONG].rpartition(b"\4")
    words = said.split(b"\0")[0].decode(encoding, "backslashreplace")
    start, end = target if target[1] > target[0] else source
    # Plural forms follow one another, with a zero between; the first says it.
    zero = data.find(b"\0", start, end)
    end = min(end if zero < 0 else zero, start + _LONG)
    text = data[start:end].decode(encoding, "backslashreplace")
    if context:
        scope = (*scope, context.decode(encoding, "backslashreplace"))
    kind, role = (Kind.OPTION, "label") if len(words) <= _LABEL and "\n" not in words else (Kind.STATEMENT, "key-value")
    passage = Passage(start, end - start, 0, 0, encoding, text, f"message {words[:_LABEL]!r}")
    name = text if kind is Kind.OPTION else ""
    return Construct(kind, name[:200], passage, gloss=words, scope=scope, role=role, language="mo")
