"""The checks of hits: joints, false friends, company, one encoding."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

from msgspec import Struct

from sousveil.match.company import Company, Nearby
from sousveil.match.hits import AROUND, MARGIN, REACH, Raw, locate, surroundings, unescape
from sousveil.match.lexicon import Lexicon, Tag
from sousveil.match.patterns import Pattern

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
        self._nearby = Nearby(company, data)

    def run(self, matches: Sequence[tuple[int, int]], low: int = 0, high: int | None = None) -> Hits:
        """Return the surviving hits that start between ``low`` and ``high``."""
        raws = self._located(matches)
        # Cheap before dear: a likely term that has no company at all is not decoded.
        beside = self._beside(raws)
        raws = [r for r, near in zip(raws, beside, strict=True) if near or self._certain(r) or self._worded(r)]
        kept = self._one_encoding(_longest(self._standing(raws)))
        out = Hits()
        for raw, near in zip(kept, self._beside(kept), strict=True):
            if raw.start < low or (high is not None and raw.start >= high):
                continue
            if near or self._certain(raw) or self._worded(raw):
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
            # A match that begins in the text before is none: see `Matcher.apart`.
            if raw is not None and raw.start >= 0:
                found.setdefault((raw.start, raw.length, number), raw)
        return sorted(found.values(), key=lambda r: (r.start, -r.length))

    def _standing(self, raws: Sequence[Raw]) -> list[Raw]:
        """Return the hits whose term the lexicon sees in the decoded text: joints, false friends, longer terms."""
        out: list[Raw] = []
        groups: dict[tuple[str, str], list[Raw]] = {}
        for raw in raws:
            if self.checked >= self._budget:
                break
            self.checked += 1
            kind = (raw.pattern.encoding, raw.pattern.escape)
            if kind[0] != "utf-8" and not kind[1]:
                around = surroundings(self._data, raw)
                if around is not None:
                    left, middle, right = around
                    tags = self._lexicon.tag(left + middle + right)
                    if _covered(tags, len(left), len(left) + len(middle)):
                        out.append(raw)
                continue
            group = groups.setdefault(kind, [])
            if group and (raw.start - group[-1].start > 160 or raw.start - group[0].start > 4096):
                out += self._grouped(group)
                group.clear()
            group.append(raw)
        for group in groups.values():
            out += self._grouped(group)
        out.sort(key=lambda r: (r.start, -r.length))
        return out

    def _grouped(self, group: Sequence[Raw]) -> list[Raw]:
        """Return those of ``group``, near each other and written alike, that stand: their text is tagged once."""
        pattern = group[0].pattern
        reach = REACH * 2 if pattern.escape else REACH
        low = max(0, group[0].start - reach)
        high = min(len(self._data), max(r.start + r.length for r in group) + reach)
        cuts = sorted({low, high, *(r.start for r in group), *(r.start + r.length for r in group)})
        at: dict[int, int] = {}
        pieces: list[str] = []
        length = 0
        for a, b in pairwise(cuts):
            at[a] = length
            if pattern.escape:
                piece = unescape(str(self._data[a:b], "latin-1"), pattern.escape, pattern.encoding)
            else:
                piece = str(self._data[a:b], "utf-8", "replace")
            if a == low:
                piece = piece[-AROUND:]
            elif b == high:
                piece = piece[:AROUND]
            pieces.append(piece)
            length += len(piece)
        at[cuts[-1]] = length
        tags = self._lexicon.tag("".join(pieces))
        able = [t for t in tags if _opens(t)]
        starts = [t.start for t in able]  # no two terms of traits overlap
        out: list[Raw] = []
        for raw in group:
            number = bisect_right(starts, at[raw.start]) - 1
            if number >= 0 and at[raw.start + raw.length] <= able[number].end:
                out.append(raw)
        return out

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

    def _beside(self, raws: Sequence[Raw]) -> list[bool]:
        """Return of each of ``raws``, sorted by start, whether a term of another concept is near."""
        concepts = [self._entries[r.pattern.entry].concept for r in raws]
        out = [False] * len(raws)
        # The nearest neighbour of another concept stands where the run of one concept begins or ends.
        for order in (range(len(raws)), range(len(raws) - 1, -1, -1)):
            last = other = -1
            for i in order:
                if last >= 0 and concepts[last] != concepts[i]:
                    other = last
                last = i
                if other >= 0:
                    first, second = (raws[other], raws[i]) if other < i else (raws[i], raws[other])
                    out[i] = out[i] or second.start - first.start <= self._distance
        return out

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
        encoding, kind = pattern.encoding, pattern.escape
        if encoding not in _OPPOSITE:
            # A term is no company to itself: NET_VCA_HUMAN_FEATURE holds "human".
            if self._nearby.holds(low, high, (raw.start, raw.start + raw.length)):
                return True
            window = bytes(self._data[low:high])
            kind = kind or ("\\u" if b"\\u" in window else "")
            return bool(kind) and self._company.in_text(unescape(window.decode("latin-1"), kind, encoding))
        low += (raw.start - low) % _OPPOSITE[encoding][2]
        before = str(self._data[low : raw.start], encoding, "replace")
        after = str(self._data[raw.start + raw.length : high], encoding, "replace")
        return self._company.in_text(f"{before} {after}")

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
    return any(t.start <= start and end <= t.end and _opens(t) for t in tags)


def _opens(tag: Tag) -> bool:
    return tag.trait is not None and tag.strength != "weak"


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
