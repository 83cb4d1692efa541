"""The match stage: which bytes of a product deserve reading."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec
from msgspec import Struct

from sousveil.match import store
from sousveil.match.engine import Engine, compile_patterns, open_engine
from sousveil.match.hits import AROUND, MARGIN, REACH, Raw, locate, surroundings, unescape
from sousveil.match.lexicon import Entry, Lexicon, Tag
from sousveil.match.patterns import Pattern, build, key, text_patterns

__all__ = ["Hit", "Hits", "Matcher", "find_literals"]

MOST_HITS = 20_000
"""Hits reported of one file."""
_MOST_CHECKED = 60_000
"""Hits checked of one file: some two seconds."""
_MOST_RAW = 100_000
_WINDOW = 4 << 20
_BLOCK = 1 << 30


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


class Matcher:
    """The compiled lexicon. Threads may share it; a process may fork with it."""

    def __init__(self, lexicon: Lexicon, cache: Path | None = None) -> None:
        self.lexicon = lexicon
        self._root = cache or store.folder()
        self._entries: tuple[Entry, ...] = lexicon.entries
        self._patterns: list[Pattern] | None = None
        self._key = key(lexicon.key)
        self._engine = open_engine(self._key, lambda: ((p.regex, p.caseless) for p in self.patterns), self._root)
        self._company = _Company(lexicon, self._key, self._root)

    @property
    def patterns(self) -> list[Pattern]:
        """Return the byte patterns, in the order of their numbers in the database."""
        if self._patterns is None:
            name = f"patterns-{self._key}"
            if (kept := store.get(self._root, name)) is not None:
                try:
                    self._patterns = msgspec.msgpack.decode(kept, type=list[Pattern])
                    return self._patterns
                except (msgspec.DecodeError, UnicodeDecodeError):
                    pass
            self._patterns = build(self._entries)
            store.put(self._root, name, msgspec.msgpack.encode(self._patterns))
        return self._patterns

    def match(self, data: bytes | memoryview, path: str = "") -> Hits:
        """Return the hits in ``data`` that survive the checks, by offset; at most 20,000, then ``truncated`` is set."""
        if len(data) > _BLOCK:
            view = memoryview(data)
            return self.scan_chunks((view[i : i + _WINDOW] for i in range(0, len(view), _WINDOW)), path)
        raw, whole = self._scan(data, _MOST_RAW)
        if not raw:
            return Hits()
        if not whole:
            view = memoryview(data)
            return self.scan_chunks((view[i : i + _WINDOW] for i in range(0, len(view), _WINDOW)), path)
        return _Check(self, data, path).run(raw)

    def matches(self, data: bytes | memoryview, path: str = "") -> bool:
        """Return whether :meth:`match` would return any hit."""
        if len(data) <= _BLOCK:
            raw, whole = self._scan(data, 256)
            if not raw:
                return False
            # The last bytes before the cut lack what follows them: they only ever lose company.
            if _Check(self, data, path).any(raw):
                return True
            if whole:
                return False
        return bool(self.match(data, path))

    def scan_chunks(self, chunks: Iterable[bytes | memoryview], path: str = "") -> Hits:
        """Return what :meth:`match` would of all ``chunks`` in a row, holding a few megabytes. Reads them to the end."""
        out = Hits()
        budget = _MOST_CHECKED
        for buffer, base, low, high in _windows(chunks):
            if out.truncated:
                continue
            raw, whole = self._scan(buffer, _MOST_RAW)
            if not raw:
                continue
            check = _Check(self, buffer, path, base, budget)
            found = check.run(raw, low, high)
            budget -= check.checked
            out.extend(found)
            if not whole or found.truncated or len(out) >= MOST_HITS:
                del out[MOST_HITS:]
                out.truncated = True
        return out

    def name_hits(self, path: str) -> list[Tag]:
        """Return the traits' terms in an artifact's own name and its folder's: certain ones, and likely ones in company.

        ``models/race_model.onnx`` is a clue, ``race.go`` is none. Positions count in the last two names of ``path``.
        """
        names = path.replace("\\", "/").replace("!/", "/").split("/")
        text = "/".join(names[-2:])
        tags = self.lexicon.tag(text)
        certain = [t for t in tags if t.trait is not None and t.strength == "certain"]
        likely = [t for t in tags if t.trait is not None and t.strength == "likely"]
        if likely:
            wide = "/".join(names[-4:])
            concepts = {t.concept for t in certain + likely}
            company = len(concepts) > 1 or self._company.in_text(wide)
            if company or self.lexicon.contexts(wide, frozenset(self.lexicon.company.name_contexts)):
                return sorted(certain + likely, key=lambda t: t.start)
        return certain

    def _scan(self, data: bytes | memoryview, most: int) -> tuple[list[tuple[int, int]], bool]:
        """Return pattern number and end of every match, and whether that is all of them."""
        raw: list[tuple[int, int]] = []

        def handle(number: int, start: int, end: int, flags: int, context: object) -> bool:
            raw.append((number, end))
            return len(raw) >= most

        return raw, self._engine.scan(data, handle)

    def company_near(self, text: str) -> bool:
        """Return whether ``text`` holds a word that makes a likely term worth reading."""
        return self._company.in_text(text)


class _Company:
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
        self._engine = open_engine(
            f"{key}-company", lambda: ((p.regex, p.caseless) for p in patterns), root
        )

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


class _Check:
    """The checks of one buffer's hits."""

    def __init__(
        self, matcher: Matcher, data: bytes | memoryview, path: str, base: int = 0, budget: int = _MOST_CHECKED
    ) -> None:
        self._data = data
        self._base = base
        self._lexicon = matcher.lexicon
        self._entries = matcher.lexicon.entries
        self._patterns = matcher.patterns
        self._company = matcher._company
        self._path = path
        self._path_company: bool | None = None
        self._distance = min(matcher.lexicon.company.distance, MARGIN - 1024)
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
        for a, b in zip(cuts, cuts[1:], strict=False):
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
                if max(weights.values()) >= 2 * weights.get(encoding, 1) and max(weights, key=lambda n: weights[n]) != encoding:
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
        window = bytes(self._data[low:high])
        if pattern.escape:
            window = unescape(window.decode("latin-1"), pattern.escape, pattern.encoding).encode("utf-8", "replace")
        elif pattern.encoding != "utf-8":
            shift = (raw.start - low) % _OPPOSITE[pattern.encoding][2] if pattern.encoding in _OPPOSITE else 0
            window = window[shift:].decode(pattern.encoding, "replace").encode("utf-8", "replace")
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


def _windows(chunks: Iterable[bytes | memoryview]) -> Iterator[tuple[bytes, int, int, int]]:
    """Yield overlapping buffers with their base and the part of each whose hits count, in the buffer's own offsets."""
    pending: list[bytes] = []
    size = 0
    base, low = 0, 0
    for chunk in chunks:
        pending.append(bytes(chunk))
        size += len(chunk)
        if size < _WINDOW:
            continue
        buffer = b"".join(pending)
        high = len(buffer) - MARGIN
        yield buffer, base, low, high
        keep = max(0, high - MARGIN)
        keep -= (base + keep) % 4
        keep = max(0, keep)
        pending, base, low = [buffer[keep:]], base + keep, high - keep
        size = len(pending[0])
    buffer = b"".join(pending)
    yield buffer, base, low, len(buffer)


@lru_cache(maxsize=8)
def _literal_engine(literals: tuple[str, ...], encoding: str) -> tuple[Engine, list[tuple[int, int, int]]]:
    unit = {"utf-16-le": 2, "utf-16-be": 2}.get(encoding, 1)
    zero = b"\\x00" if unit == 2 else b""
    inside, outside = b"[A-Za-z0-9_]", b"[^A-Za-z0-9_]"
    patterns: list[tuple[bytes, bool]] = []
    about: list[tuple[int, int, int]] = []
    for index, literal in enumerate(literals):
        if not literal:
            continue
        raw = literal.encode(encoding, "replace")
        body = b"".join(b"\\x%02x" % b for b in raw)
        lead = trail = b""
        if re.match(r"[A-Za-z0-9_]", literal):
            if encoding == "utf-16-le":
                lead = b"(?:^|" + outside + zero + b"|[^\\x00])"
            elif encoding == "utf-16-be":
                lead = b"(?:^|" + outside + b"|[^\\x00]" + inside + b")"
            else:
                lead = b"(?:^|" + outside + b")"
        wordlike = re.search(r"[A-Za-z0-9_]\Z", literal) is not None
        if wordlike:
            trail = b"(?:" + zero + outside + b"|\\z)" if encoding == "utf-16-be" else b"(?:" + outside + b"|\\z)"
        patterns.append((lead + body + trail, False))
        about.append((index, len(raw), (2 if encoding == "utf-16-be" else 1) if wordlike else 0))
    return Engine(compile_patterns(patterns)) if patterns else _NOTHING, about


def find_literals(data: bytes | memoryview, literals: Sequence[str]) -> list[tuple[int, int]]:
    """Return index of the literal and byte offset for each place where one stands as a whole identifier, by offset.

    At most 20,000 places. Text in UTF-16 is recognised by its byte-order mark; every other encoding by its ASCII.
    """
    head = bytes(data[:2])
    encoding = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(head, "utf-8")
    engine, about = _literal_engine(tuple(literals), encoding)
    out: list[tuple[int, int]] = []
    if not about:
        return out
    ends: list[tuple[int, int]] = []

    def handle(number: int, start: int, end: int, flags: int, context: object) -> bool:
        ends.append((number, end))
        return len(ends) >= MOST_HITS

    engine.scan(data, handle)
    for number, end in ends:
        index, length, trail = about[number]
        raw = literals[index].encode(encoding, "replace")
        for cut in (trail, 0):
            start = end - cut - length
            if start >= 0 and bytes(data[start : start + length]) == raw:
                out.append((index, start))
                break
    return sorted(set(out), key=lambda o: (o[1], o[0]))


class _NoEngine(Engine):
    def __init__(self) -> None:
        super().__init__(None)


_NOTHING = _NoEngine()
