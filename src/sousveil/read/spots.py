"""Where in a function's body the words stand that it was read for: what a function uses has no places of its own."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from msgspec.structs import replace

from sousveil.model import Construct, Kind, Passage
from sousveil.read.text import Text

MOST = 12
"""Lines kept of one function."""
_NESTED = 4
"""How many functions that begin before a term are asked whether they use it: those within it end before."""
_AROUND = 160
_WORD = re.compile(rb"[\w\x80-\xff]+\Z"), re.compile(rb"[\w\x80-\xff]+")
_COMMENT = (b"//", b"/*", b"*", b"#", b"--", b"<!--")


def spotted(text: Text, offsets: Sequence[int], constructs: Sequence[Construct]) -> list[Construct]:
    """Return the constructs, functions with the lines of their bodies that hold ``offsets``, labels with those beside.

    ``offsets`` are sorted and count in the UTF-8.
    """
    lines: dict[int, dict[int, Passage]] = {}
    for kind in (Kind.OPERATION, Kind.OPTION):
        users = sorted((text.at(c.passage.offset), i) for i, c in enumerate(constructs) if c.kind is kind and c.uses)
        if users:
            _look(text, offsets, users, {i: "\n".join(constructs[i].uses) for _, i in users}, lines)
    return [replace(c, spots=tuple(lines[i].values())) if lines.get(i) else c for i, c in enumerate(constructs)]


def _look(
    text: Text,
    offsets: Sequence[int],
    users: Sequence[tuple[int, int]],
    used: dict[int, str],
    lines: dict[int, dict[int, Passage]],
) -> None:
    """Add to ``lines`` those of each of ``users``, which are sorted by where they begin."""
    starts = [at for at, _ in users]
    for at in offsets:
        last = bisect_right(starts, at)
        word = _word(text.utf8, at)
        owner = next((i for _, i in reversed(users[max(0, last - _NESTED) : last]) if word in used[i]), None)
        if owner is None or len(lines.setdefault(owner, {})) >= MOST:
            continue
        start, end = _line(text, at)
        if start not in lines[owner] and not text.utf8.startswith(_COMMENT, start):
            lines[owner][start] = text.passage(start, end)


def _word(utf8: bytes, at: int) -> str:
    """Return the word around a place; of letters that join without spaces, a few."""
    before, after = _WORD[0].search(utf8[max(0, at - 40) : at]), _WORD[1].match(utf8, at, at + 40)
    whole = (before[0] if before else b"") + (after[0] if after else b"")
    if whole.isascii():
        return whole.decode()
    return utf8[at : at + 12].decode("utf-8", "ignore")[:2]


def _line(text: Text, at: int) -> tuple[int, int]:
    """Return the line around a place without its indentation; of a long one what stands near."""
    utf8 = text.utf8
    start, end = text.line_span(at)
    if end - start > 2 * _AROUND:
        start, end = max(start, at - _AROUND), min(end, at + _AROUND)
        while start < at and utf8[start] & 0xC0 == 0x80:
            start += 1
    while start < at and utf8[start] in b" \t":
        start += 1
    return start, end
