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
    size, there = len(data), min(count, held)
    pairs = zip(_table(data, order, sources, there), _table(data, order, targets, there), strict=True)
    for i, ((length, start), (translated, to)) in enumerate(pairs):
        end, until = start + length, to + translated
        if end > size or until > size:
            raise Unfinished("broken", f"mo: message {i} of {count} runs over the end of the file")
        if not length:
            encoding, scope = _header(data[to:until])
        if offsets is None or _holds(offsets, start, end) or _holds(offsets, to, until):
            yield _message(data, (start, end), (to, until), encoding, scope)
    if count > held:
        raise Unfinished("broken", f"mo: {count} messages are named, and tables of {held} are there")


def _table(data: bytes, order: str, at: int, count: int) -> Iterator[tuple[int, int]]:
    """Yield length and offset of ``count`` strings."""
    return struct.iter_unpack(f"{order}2I", data[at : at + 8 * count])


def _holds(offsets: Sequence[int], start: int, end: int) -> bool:
    found = bisect_left(offsets, start)
    return found < len(offsets) and offsets[found] < end


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
