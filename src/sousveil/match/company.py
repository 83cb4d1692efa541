"""The company of a likely term: words that make it worth reading, near it or in the artifact's path."""

from __future__ import annotations

from bisect import bisect_left
from pathlib import Path

import msgspec

from sousveil.match import store
from sousveil.match.engine import open_engine
from sousveil.match.lexicon import Lexicon
from sousveil.match.patterns import Pattern, text_patterns

_BLOCK = 2048
_LONGEST = 96
"""Bytes that the longest of the words can take."""


class Company:
    """The words of ``company.yaml`` and of the contexts it names, in UTF-8 and the older encodings."""

    def __init__(self, lexicon: Lexicon, key: str, root: Path) -> None:
        company = lexicon.company
        wanted = set(company.contexts)
        words = [w for group in company.words.values() for w in group]
        words += [w for c in lexicon.concepts if c.concept in wanted for group in c.words.values() for w in group]
        words += [t.text for c in lexicon.concepts if c.concept in wanted for t in c.terms]
        self.alone = len(words)
        """Words with a number below stand alone, the others only together with the rest of their group."""
        self._together: list[frozenset[int]] = []
        for group in company.together:
            self._together.append(frozenset(range(len(words), len(words) + len(group))))
            words.extend(group)
        self._words = words
        self._engine = open_engine(f"{key}-company", lambda: ((p.regex, p.caseless) for p in self._patterns()), root)
        self._word = self._numbers(f"company-{key}", root)

    def _patterns(self) -> list[Pattern]:
        return list(text_patterns(enumerate(self._words)))

    def _numbers(self, name: str, root: Path) -> list[int]:
        """Return for each pattern the number of its word: from the cache, for making the patterns takes longer."""
        if (kept := store.get(root, name)) is not None:
            try:
                return msgspec.msgpack.decode(kept, type=list[int])
            except msgspec.DecodeError:
                pass
        numbers = [p.entry for p in self._patterns()]
        store.put(root, name, msgspec.msgpack.encode(numbers))
        return numbers

    def in_text(self, text: str) -> bool:
        """Return whether ``text`` holds company."""
        return self.near(text.encode("utf-8", "replace"))

    def near(self, window: bytes) -> bool:
        """Return whether ``window``, UTF-8, holds company; the first word decides."""
        seen: set[int] = set()
        word, alone = self._word, self.alone

        def handle(number: int, start: int, end: int, flags: int, context: object) -> bool:
            found = word[number]
            seen.add(found)
            return found < alone

        return not self._engine.scan(window, handle) or self.together(seen)

    def together(self, seen: set[int]) -> bool:
        """Return whether all words of one group are in ``seen``."""
        return bool(seen) and any(group <= seen for group in self._together)

    def words_in(self, piece: bytes) -> list[tuple[int, int]]:
        """Return where each word in ``piece`` ends, and its number."""
        found: list[tuple[int, int]] = []
        word = self._word

        def handle(number: int, start: int, end: int, flags: int, context: object) -> None:
            found.append((end, word[number]))

        self._engine.scan(piece, handle)
        return found


class Nearby:
    """Where company stands in a buffer. Each block is looked at once, and only when it is asked for."""

    def __init__(self, company: Company, data: bytes | memoryview) -> None:
        self._company = company
        self._data = data
        self._blocks: dict[int, tuple[list[int], list[tuple[int, int]]]] = {}

    def holds(self, low: int, high: int, own: tuple[int, int]) -> bool:
        """Return whether company ends between ``low`` and ``high``, apart from words inside the place ``own``."""
        grouped: set[int] = set()
        for number in range(max(0, low) // _BLOCK, min(high, len(self._data)) // _BLOCK + 1):
            alone, others = self._block(number)
            for end in alone[bisect_left(alone, low) :]:
                if end > high:
                    break
                if not own[0] < end <= own[1] + 1:
                    return True
            grouped.update(word for end, word in others if low <= end <= high and not own[0] < end <= own[1] + 1)
        return self._company.together(grouped)

    def _block(self, number: int) -> tuple[list[int], list[tuple[int, int]]]:
        known = self._blocks.get(number)
        if known is None:
            start, stop = number * _BLOCK, (number + 1) * _BLOCK
            first = max(0, start - _LONGEST)
            found = self._company.words_in(bytes(self._data[first : stop + 1]))
            places = [(first + end, word) for end, word in found if start < first + end <= stop]
            alone = self._company.alone
            known = self._blocks[number] = (
                sorted({end for end, word in places if word < alone}),
                [(end, word) for end, word in places if word >= alone],
            )
        return known
