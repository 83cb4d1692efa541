"""The checks of hits: joints, false friends, company, one encoding."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

from sousveil.match.engine import open_engine
from sousveil.match.hits import AROUND, MARGIN, REACH, Raw, locate, surroundings, unescape
from sousveil.match.lexicon import Lexicon, Tag
from sousveil.match.patterns import Pattern, text_patterns

MOST_HITS = 20_000
"""Hits reported of one file."""
MOST_CHECKED = 60_000
"""Hits checked of one file: some seconds."""


class Hit(Struct, frozen=True):
    """A term in an artifact; offset and length count the artifact's own bytes, without boundaries."""

    concept: str
    term: str
    trait: str
    offset: int
    length: int
    encoding: str
    escape: str
    """Empty, or the kind of escape: ``\\u``, ``%``, ``&#x;`` …"""
    strength: str = "certain"


class Hits(list[Hit]):
    """Hits in order of their offset."""

    truncated = False
    """Whether there were more than could be reported or checked."""


class Company:
    """The words that make a likely term worth reading."""

    def __init__(self, lexicon: Lexicon, key: str, root: Path) -> None:
        company = lexicon.company
        wanted = set(company.contexts)
        words = [w for group in company.words.values() for w in group]
        words += [w for c in lexicon.concepts if c.concept in wanted for group in c.words.values() for w in group]
        words += [t.text for c in lexicon.concepts if c.concept in wanted for t in c.terms]
        self._alone = len(words)
        self._together: list[frozenset[int]] = []
        for group in company.together:
            self._together.append(frozenset(range(len(words), len(words) + len(group))))
            words.extend(group)
        patterns = list(text_patterns(enumerate(words)))
        self._word = [p.entry for p in patterns]
        self._engine = open_engine(f"{key}-company", lambda: ((p.regex, p.caseless) for p in patterns), root)

    def in_text(self, text: str) -> bool:
        return self.near(text.encode("utf-8", "replace"))

    def near(self, window: bytes) -> bool:
        """Return whether ``window``, UTF-8, holds one of the words alone or a group of them together."""
        seen: set[int] = set()
        word, alone = self._word, self._alone

        def handle(number: int, start: int, end: int, flags: int, context: object) -> bool:
            found = word[number]
            seen.add(found)
            return found < alone

        if not self._engine.scan(window, handle):
            return True
        return bool(seen) and any(group <= seen for group in self._together)


class Check:
    """The checks of one buffer's hits."""

    def __init__(
        self,
        lexicon: Lexicon,
        patterns: Sequence[Pattern],
        company: Company,
        data: bytes | memoryview,
        path: str,
        base: int = 0,
        budget: int = MOST_CHECKED,
    ) -> None:
        self._data = data
        self._base = base
        self._lexicon = lexicon
        self._entries = lexicon.entries
        self._patterns = patterns
        self._company = company
        self._path = path
        self._path_company: bool | None = None
        self._distance = min(lexicon.company.distance, MARGIN - 1024)
        self._budget = budget
        self.checked = 0
        self._worded_at: dict[int, bool] = {}

    def run(self, matches: Sequence[tuple[int, int]], low: int = 0, high: int | None = None) -> Hits:
        """Return the surviving hits that start between ``low`` and ``high``."""
        raws = self._located(matches)
        starts = [r.start for r in raws]
        # Cheap before dear: a likely term that has no company at all is not decoded.
        raws = [r for r in raws if self._certain(r) or self._beside(r, raws, starts) or self._worded(r)]
        kept = self._one_encoding(_longest(self._standing(raws)))
        starts = [r.start for r in kept]
        out = Hits()
        for raw in kept:
            if raw.start < low or (high is not None and raw.start >= high):
                continue
            if self._certain(raw) or self._worded(raw) or self._beside(raw, kept, starts):
                out.append(self._hit(raw))
                if len(out) >= MOST_HITS:
                    out.truncated = True
                    break
        if self.checked >= self._budget:
            out.truncated = True
        return out

    def any(self, matches: Sequence[tuple[int, int]]) -> bool:
        """Return whether any of the matches survives."""
        return bool(self.run(matches))

    def _located(self, matches: Sequence[tuple[int, int]]) -> list[Raw]:
        patterns = self._patterns
        found: dict[tuple[int, int, int], Raw] = {}
        for number, end in matches:
            pattern = patterns[number]
            raw = locate(self._data, pattern, end)
            if raw is not None:
                found.setdefault((raw.start, raw.length, number), raw)
        return sorted(found.values(), key=lambda r: (r.start, -r.length))

    def _standing(self, raws: Sequence[Raw]) -> list[Raw]:
        """Return the hits whose term the lexicon sees in the decoded text: joints, false friends, longer terms."""
        out: list[Raw] = []
        group: list[Raw] = []
        size = len(self._data)
        for raw in raws:
            if self.checked >= self._budget:
                break
            self.checked += 1
            if raw.pattern.encoding != "utf-8" or raw.pattern.escape:
                around = surroundings(self._data, raw)
                if around is not None:
                    left, middle, right = around
                    tags = self._lexicon.tag(left + middle + right)
                    if _covered(tags, len(left), len(left) + len(middle)):
                        out.append(raw)
                continue
            if group and (raw.start - group[-1].start > 160 or raw.start - group[0].start > 4096):
                out += self._plain(group, size)
                group = []
            group.append(raw)
        if group:
            out += self._plain(group, size)
        out.sort(key=lambda r: (r.start, -r.length))
        return out

    def _plain(self, group: Sequence[Raw], size: int) -> list[Raw]:
        """Return those of ``group``, near each other in UTF-8, that stand: their text is decoded and tagged once."""
        low = max(0, group[0].start - REACH)
        high = min(size, max(r.start + r.length for r in group) + REACH)
        cuts = sorted({low, high, *(r.start for r in group), *(r.start + r.length for r in group)})
        at: dict[int, int] = {}
        pieces: list[str] = []
        length = 0
        for a, b in pairwise(cuts):
            at[a] = length
            piece = str(self._data[a:b], "utf-8", "replace")
            if a == low:
                piece = piece[-AROUND:]
            elif b == high:
                piece = piece[:AROUND]
            pieces.append(piece)
            length += len(piece)
        at[cuts[-1]] = length
        tags = self._lexicon.tag("".join(pieces))
        return [r for r in group if _covered(tags, at[r.start], at[r.start + r.length])] if tags else []

    def _one_encoding(self, raws: list[Raw]) -> list[Raw]:
        """Drop hits that another encoding explains better: the other byte order, an older charset seen more nearby."""
        places = {(r.start, r.pattern.entry, r.pattern.encoding) for r in raws if r.pattern.encoding in _OPPOSITE}
        legacy = [r for r in raws if r.pattern.encoding in _LEGACY and not r.pattern.escape]
        starts = [r.start for r in legacy]
        out: list[Raw] = []
        for raw in raws:
            encoding = raw.pattern.encoding
            if encoding in _OPPOSITE:
                other, shift, width = _OPPOSITE[encoding]
                aligned = (self._base + raw.start) % width == 0
                if not aligned and (raw.start + shift, raw.pattern.entry, other) in places:
                    continue
            elif encoding in _LEGACY and not raw.pattern.escape:
                near = legacy[
                    bisect_left(starts, raw.start - self._distance) : bisect_right(starts, raw.start + self._distance)
                ]
                weights: dict[str, int] = {}
                for r in near[:1000]:
                    weights[r.pattern.encoding] = weights.get(r.pattern.encoding, 0) + r.length
                if (
                    max(weights.values()) >= 2 * weights.get(encoding, 1)
                    and max(weights, key=lambda n: weights[n]) != encoding
                ):
                    continue
            out.append(raw)
        return out

    def _certain(self, raw: Raw) -> bool:
        return self._entries[raw.pattern.entry].term.strength == "certain"

    def _beside(self, raw: Raw, others: Sequence[Raw], starts: Sequence[int]) -> bool:
        """Return whether a term of another concept is near."""
        concept = self._entries[raw.pattern.entry].concept
        low, high = raw.start - self._distance, raw.start + raw.length + self._distance
        return any(
            self._entries[other.pattern.entry].concept != concept
            for other in others[bisect_left(starts, low) : bisect_right(starts, high)]
        )

    def _worded(self, raw: Raw) -> bool:
        """Return whether a word of human traits is near, or in the artifact's path."""
        if self._path_company is None:
            self._path_company = bool(self._path) and self._company.in_text(self._path[-300:])
        if self._path_company:
            return True
        known = self._worded_at.get(raw.start)
        if known is None:
            known = self._worded_at[raw.start] = self._window(raw)
        return known

    def _window(self, raw: Raw) -> bool:
        low, high = max(0, raw.start - self._distance), raw.start + raw.length + self._distance
        pattern = raw.pattern
        # A term is no company to itself: NET_VCA_HUMAN_FEATURE holds "human".
        own = " ".encode(pattern.encoding) if pattern.encoding in _OPPOSITE else b" "
        window = bytes(self._data[low : raw.start]) + own + bytes(self._data[raw.start + raw.length : high])
        if pattern.encoding in _OPPOSITE:
            shift = (raw.start - low) % _OPPOSITE[pattern.encoding][2]
            window = window[shift:].decode(pattern.encoding, "replace").encode("utf-8", "replace")
        elif self._company.near(window):
            return True
        kind = pattern.escape or ("\\u" if b"\\u" in window else "")
        if kind:
            window = unescape(window.decode("latin-1"), kind, pattern.encoding).encode("utf-8", "replace")
        elif pattern.encoding not in _OPPOSITE:
            return False
        return self._company.near(window)

    def _hit(self, raw: Raw) -> Hit:
        entry = self._entries[raw.pattern.entry]
        return Hit(
            entry.concept,
            entry.term.text,
            str(entry.trait),
            self._base + raw.start,
            raw.length,
            raw.pattern.encoding,
            raw.pattern.escape,
            entry.term.strength,
        )


_OPPOSITE = {
    "utf-16-le": ("utf-16-be", -1, 2),
    "utf-16-be": ("utf-16-le", 1, 2),
    "utf-32-le": ("utf-32-be", -3, 4),
    "utf-32-be": ("utf-32-le", 3, 4),
}
_LEGACY = frozenset(
    {"gb18030", "big5", "shift_jis", "euc_kr", "windows-1251", "koi8_r", "windows-1256", "windows-1252"}
)


def _covered(tags: Iterable[Tag], start: int, end: int) -> bool:
    """Return whether a term that can open a file covers ``start`` to ``end``."""
    return any(t.start <= start and end <= t.end and t.trait is not None and t.strength != "weak" for t in tags)


def _longest(raws: list[Raw]) -> list[Raw]:
    """Drop hits that lie inside a longer one."""
    out: list[Raw] = []
    end = -1
    for raw in sorted(raws, key=lambda r: (r.start, -r.length)):
        if raw.start + raw.length > end:
            out.append(raw)
            end = raw.start + raw.length
        elif raw.start + raw.length == end and out and out[-1].start == raw.start and out[-1].length == raw.length:
            out.append(raw)
    return out
