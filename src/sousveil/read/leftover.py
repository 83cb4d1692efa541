"""Which terms of a file stand in nothing that was read of it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from sousveil.model import Construct

_BEFORE = re.compile(rb"[\w\x80-\xff]*\Z")
_AFTER = re.compile(rb"[\w\x80-\xff]*")
_WORDS = re.compile(r"\w+")
_LEAST = 4
_MOST_TRIED = 500


def leftover(data: bytes, hits: Sequence[tuple[int, str]], constructs: Sequence[Construct]) -> list[tuple[int, str]]:
    """Return those of ``hits`` whose place is in no passage of ``constructs``, and whose word in none of their texts.

    A word that was read once is read, wherever else it stands: formats keep names twice, and readers what is the same
    once.
    """
    passages = (p for c in constructs for p in (c.passage, *(m.passage for m in c.members)))
    spans = sorted((p.offset, p.offset + p.length) for p in passages)
    starts = [start for start, _ in spans]
    ends = list(accumulate((end for _, end in spans), max))

    def placed(offset: int) -> bool:
        found = bisect_right(starts, offset) - 1
        return found >= 0 and offset < ends[found]

    left = [hit for hit in hits if not placed(hit[0])]
    if not left or not constructs:
        return left
    words = {word for text in _texts(constructs) for word in _WORDS.findall(text)}
    tried: dict[tuple[str, int], bool] = {}
    out = []
    for hit in left:
        key = _around(data, *hit)
        if key not in tried:
            tried[key] = _said(*key, words) if len(tried) < _MOST_TRIED else key[0] in words
        if not tried[key]:
            out.append(hit)
    return out


def none_read(data: bytes, hits: Sequence[tuple[int, str]], constructs: Sequence[Construct]) -> bool:
    """Return whether all of ``hits``, sorted, are left over. Nearly always the first constructs answer that."""
    offsets = [offset for offset, _ in hits]
    for c in constructs:
        for p in (c.passage, *(m.passage for m in c.members)):
            at = bisect_left(offsets, p.offset)
            if at < len(offsets) and offsets[at] < p.offset + p.length:
                return False
    return len(leftover(data, hits, constructs)) == len(hits)


def _texts(constructs: Iterable[Construct]) -> Iterable[str]:
    for c in constructs:
        yield from (c.name, c.gloss, c.passage.text, c.returns, *c.scope, *c.bases, *c.uses)
        for m in c.members:
            yield from (m.name, m.gloss, m.type, m.value, m.passage.text, *(part for pair in m.values for part in pair))


def _around(data: bytes, offset: int, encoding: str) -> tuple[str, int]:
    """Return the word around a hit, and the character of it at which the hit begins."""
    if encoding.startswith(("utf-16", "utf-32")):
        step = 2 if encoding.startswith("utf-16") else 4
        found = _WORDS.match(data[offset : offset + 40 * step].decode(encoding, "replace"))
        return (found[0] if found else "", 0)
    before = _BEFORE.search(data, max(0, offset - 60), offset)
    after = _AFTER.match(data, offset, offset + 60)
    start = before[0] if before else b""
    text = start.decode(encoding, "ignore")
    return text + (after[0] if after else b"").decode(encoding, "ignore"), len(text)


def _said(word: str, at: int, words: set[str]) -> bool:
    """Return whether a word was read, or the part of it that the hit begins: some formats set names side by side."""
    return word in words or any(
        word[start:end] in words for start in range(at + 1) for end in range(max(start, at) + _LEAST, len(word) + 1)
    )
