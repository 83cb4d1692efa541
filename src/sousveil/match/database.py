"""The match stage: which bytes of a product deserve reading."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import overload

import msgspec
from msgspec.structs import replace

from sousveil.beginnings import FIRST
from sousveil.beginnings import MOST as MOST_BEGINNINGS
from sousveil.match import store
from sousveil.match.checks import MOST_CHECKED, MOST_HITS, Check, Hit, Hits
from sousveil.match.company import Company
from sousveil.match.engine import open_engine
from sousveil.match.hits import MARGIN
from sousveil.match.joined import MOST as MOST_JOINED
from sousveil.match.joined import Joined
from sousveil.match.lexicon import Entry, Lexicon, Tag
from sousveil.match.literals import find_literals
from sousveil.match.patterns import Pattern, build, key

__all__ = ["Hit", "Hits", "Matcher", "find_literals"]

_MOST_RAW = 100_000
_SAMPLES = 16
"""Places of a file dense with words in which it is looked first for one that stands."""
_WINDOW = 4 << 20
_BLOCK = 1 << 30
_FEW = 256
"""Raw hits of which one nearly always survives."""
_BEGINNINGS = [("".join(f"\\x{b:02x}" for b in one).encode(), False) for one in FIRST]
"""Numbered before the terms' patterns: how many of those there are is not known until they are needed."""


class Matcher:
    """The compiled lexicon. Threads may share it; a process may fork with it."""

    def __init__(self, lexicon: Lexicon, cache: Path | None = None) -> None:
        self.lexicon = lexicon
        self._root = cache or store.folder()
        self._entries: tuple[Entry, ...] = lexicon.entries
        self._patterns: Sequence[Pattern] | None = None
        self._key = key(lexicon.key)
        self._engine = open_engine(self._key, self._expressions, self._root)
        self._company = Company(lexicon, self._key, self._root)
        self._joined = Joined(self._entries, self._key, self._root)
        self._seen: tuple[bytes | memoryview, list[tuple[int, int]], bool] | None = None

    def _expressions(self) -> Iterator[tuple[bytes, bool]]:
        yield from _BEGINNINGS
        yield from ((p.regex, p.caseless) for p in build(self._entries))

    @property
    def patterns(self) -> Sequence[Pattern]:
        """Return the byte patterns, in the order of their numbers in the database."""
        if self._patterns is None:
            name = f"bodies-{self._key}"
            if (kept := store.get(self._root, name)) is not None:
                try:
                    self._patterns = _Table(msgspec.msgpack.decode(kept, type=list[msgspec.Raw]))
                    return self._patterns
                except (msgspec.DecodeError, UnicodeDecodeError):
                    pass
            # What the database was compiled from is half of it, and of no use here.
            self._patterns = [replace(p, regex=b"") for p in build(self._entries)]
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
        return self._check(data, path).run(raw)

    def matches(self, data: bytes | memoryview, path: str = "") -> bool:
        """Return whether :meth:`match` would return any hit."""
        if len(data) <= _BLOCK:
            seen, self._seen = self._seen, None
            raw, whole = seen[1:] if seen is not None and seen[0] is data else self._scan(data, _FEW)
            if not raw:
                return False
            # The last bytes before the cut lack what follows them: they only ever lose company.
            if self._check(data, path).any(raw):
                return True
            if whole:
                return False
            raw, _ = self._scan(data, _MOST_RAW)
            # Some of many before all of them: a few near each other are a sample of what stands there.
            step = len(raw) // _SAMPLES
            if step > 2 * _FEW and any(
                self._check(data, path).any(raw[at : at + _FEW]) for at in range(step, len(raw), step)
            ):
                return True
        return bool(self.match(data, path))

    def begins(self, data: bytes) -> list[tuple[int, int]] | None:
        """Return start and number of each place where `FIRST` stand, None where the search ended before all were seen.

        If what is asked next is whether the same bytes hold a term, that is known already.
        """
        found: list[tuple[int, int]] = []
        raw, whole = self._scan(data, _FEW, found)
        self._seen = (data, raw, whole) if len(found) < MOST_BEGINNINGS else None
        return found if whole else None

    def near(self, data: bytes | memoryview) -> list[int] | None:
        """Return where a term may end in ``data`` if letters beside it are the format's own, in no order.

        None where it was not asked, as in a large file: then anywhere.
        """
        if len(data) > MOST_JOINED:
            return None
        raw, whole = self._scan(data, _MOST_RAW)
        joined = self._joined.places(data) if whole else None
        return None if joined is None else [*(end for _, end in raw), *joined]

    def scan_chunks(self, chunks: Iterable[bytes | memoryview], path: str = "") -> Hits:
        """Return what :meth:`match` would of ``chunks`` put together, holding a few megabytes. Reads to the end."""
        out = Hits()
        budget = MOST_CHECKED
        for buffer, base, low, high in _windows(chunks):
            if out.truncated:
                continue
            raw, whole = self._scan(buffer, _MOST_RAW)
            if not raw:
                continue
            check = self._check(buffer, path, base, budget)
            found = check.run(raw, low, high)
            budget -= check.checked
            out.extend(found)
            if not whole or found.truncated or len(out) >= MOST_HITS:
                del out[MOST_HITS:]
                out.truncated = True
        return out

    def name_hits(self, path: str) -> list[Tag]:
        """Return traits' terms in an artifact's own name and its folder's: certain ones, and likely ones in company.

        ``models/race_model.onnx`` is a clue, ``race.go`` is none. Positions count in the last two names of ``path``.
        """
        names = path.replace("\\", "/").replace("!/", "/").split("/")
        text = "/".join(names[-2:])
        # Most names hold no term: the database says so at a tenth of the lexicon's cost.
        if not self._scan(f"/{text}/".encode("utf-8", "replace"), 1)[0]:
            return []
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

    def named(self, paths: Sequence[str]) -> frozenset[str]:
        """Return those of ``paths`` for which `name_hits` may find something: one scan for all of them."""
        texts = [("/" + "/".join(p.rsplit("/", 2)[-2:]) + "/\n").encode("utf-8", "replace") for p in paths]
        found = self.among(b"".join(texts), list(accumulate(map(len, texts))))
        return frozenset(paths[number] for number in found)

    def among(self, data: bytes | memoryview, ends: Sequence[int]) -> Collection[int]:
        """Return which of the texts that lie in ``data`` may hold a term. Each ends with a byte that is in no word.

        ``ends`` are their offsets behind that byte. No other holds one.
        """
        found = self.apart(data, ends)
        return range(len(ends)) if found is None else found

    def apart(self, data: bytes | memoryview, ends: Sequence[int]) -> dict[int, list[tuple[int, int]]] | None:
        """Return where terms may end in each text that `among` names, for `known`; None where they are too many."""
        found, whole = self._scan(data, _MOST_RAW)
        if not whole:
            return None
        out: dict[int, list[tuple[int, int]]] = {}
        for number, end in found:
            text = bisect_left(ends, end)
            out.setdefault(text, []).append((number, end - (ends[text - 1] if text else 0)))
        return out

    def known(self, data: bytes, places: list[tuple[int, int]]) -> None:
        """Be told what `apart` found in ``data``: if `matches` is asked of it next, it is not searched again."""
        self._seen = (data, places[:_FEW], len(places) < _FEW)

    def _scan(
        self, data: bytes | memoryview, most: int, beginnings: list[tuple[int, int]] | None = None
    ) -> tuple[list[tuple[int, int]], bool]:
        """Return pattern number and end of every match, and whether that is all of them."""
        raw: list[tuple[int, int]] = []
        before = len(FIRST)

        def handle(number: int, start: int, end: int, flags: int, context: object) -> bool:
            if number >= before:
                raw.append((number - before, end))
                return len(raw) >= most
            if beginnings is None:
                return False
            beginnings.append((end - len(FIRST[number]), number))
            return len(beginnings) >= MOST_BEGINNINGS

        return raw, self._engine.scan(data, handle)

    def _check(self, data: bytes | memoryview, path: str, base: int = 0, budget: int = MOST_CHECKED) -> Check:
        return Check(self.lexicon, self.patterns, self._company, data, path, base, budget)


class _Table(Sequence[Pattern]):
    """Patterns as they were kept; of tens of thousands a file needs a few, which are decoded when asked for."""

    def __init__(self, raw: list[msgspec.Raw]) -> None:
        self._raw = raw
        self._known: dict[int, Pattern] = {}

    def __len__(self) -> int:
        return len(self._raw)

    @overload
    def __getitem__(self, at: int) -> Pattern: ...
    @overload
    def __getitem__(self, at: slice) -> list[Pattern]: ...
    def __getitem__(self, at: int | slice) -> Pattern | list[Pattern]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        known = self._known.get(at)
        if known is None:
            known = self._known[at] = msgspec.msgpack.decode(self._raw[at], type=Pattern)
        return known


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
