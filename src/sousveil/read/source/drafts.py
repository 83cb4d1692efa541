"""Choosing what of a file to build: constructs that hold a hit, and what they name or are named by.

A language module finds *drafts*, declarations whose extent is known and whose parts are not yet read. Only drafts
that are wanted are built, so a 3 MB file costs its parse and little more.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from sousveil.model import Construct, Kind
from sousveil.read.text import Text
from sousveil.read.unfinished import Unfinished, tell

HITS = 20_000
"""Most hits of one file that are looked at."""
CONSTRUCTS = 4000
"""Most constructs of one file."""
LINKED = 48
"""Most constructs added to a file's hit constructs because one names the other."""
_OCCURRENCES = 3000
_NAMES = 256
USES = 200

_WORD = re.compile(rb"[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]{2,}")
_IDENTIFIER = re.compile(r"[^\W\d]\w{2,}")

# Names that say nothing about what they refer to; following them links everything to everything.
_COMMON = frozenset(
    b"str int float bool list dict set tuple object string number any self this cls args kwargs data name type value "
    b"values result results response request options option params param config key keys index item items label "
    b"labels print len range open None True False null undefined function const let var return import from class "
    b"main init __init__ get run test Array Object String Number Boolean Date Promise List Dict Optional Union "
    b"Record Map Set Error Exception super console window document module exports require default props "
    b"integer varchar text char date time int32 int64 uint32 uint64 double bytes".split()
)


class Spots:
    """Sorted offsets into a text; ``None`` instead of one means "everywhere"."""

    def __init__(self, at: Iterable[int]) -> None:
        self.at = sorted(set(at))

    def __bool__(self) -> bool:
        return bool(self.at)

    def first(self, start: int, end: int) -> int | None:
        """Return the first spot in ``[start, end)``."""
        i = bisect_left(self.at, start)
        return self.at[i] if i < len(self.at) and self.at[i] < end else None

    def inside(self, start: int, end: int) -> bool:
        """Return whether some spot lies in ``[start, end)``."""
        return self.first(start, end) is not None


def touched(spots: Spots | None, start: int, end: int) -> bool:
    """Return whether ``[start, end)`` is wanted: it holds a spot, or everything is wanted."""
    return spots is None or spots.inside(start, end)


@dataclass(slots=True)
class Draft:
    """A declaration found, not yet read."""

    start: int
    end: int
    """Extent in ``Text.utf8`` with the comments that belong to it."""
    build: Callable[[], Construct | None]
    names: tuple[str, ...] = ()
    """What other declarations may call it."""
    linkable: bool = True
    """Whether it may be taken for a name it holds; false for strings and comments."""
    callable: bool = False
    """A function: taken for a name it holds, not for being named by a function that calls it."""
    tag: str = ""
    """Tells drafts of the same extent and name apart."""
    kind: Kind | None = None
    """Of a literal: what it will be."""
    holes: tuple[tuple[int, int], ...] = ()
    """Parts of the extent that belong to other drafts: a class's methods."""

    def key(self) -> tuple[int, int, tuple[str, ...], str]:
        """Return what is the same for a draft found again."""
        return self.start, self.end, self.names, self.tag

    def holds(self, spots: Spots | None) -> bool:
        """Return whether a spot lies in the draft's own parts."""
        if spots is None:
            return True
        at = self.start
        for hole_start, hole_end in sorted(self.holes):
            if hole_start > at and spots.inside(at, hole_start):
                return True
            at = max(at, hole_end)
        return at < self.end and spots.inside(at, self.end)


_Built = dict[tuple[int, int, tuple[str, ...], str], tuple[int, Construct | None]]
Finder = Callable[[Spots | None], Iterable[Draft]]


def select(text: Text, hits: Sequence[int] | None, find: Finder, late: Unfinished | None = None) -> list[Construct]:
    """Return the constructs of ``find`` that hold a hit, and those they refer to or are referred to by, in order.

    ``find(spots)`` yields the drafts whose extent holds a spot (or more; they are checked again here). Raises
    ``Unfinished`` with what was read when there was too much to read or too little time; ``late`` is one known before.
    """
    if hits is None:
        return _ordered((d.start, d.build()) for d in islice(find(None), CONSTRUCTS))
    if not hits:
        return []
    spots = Spots(sorted(set(hits))[:HITS])
    if len(hits) > HITS:
        late = Unfinished("quota", f"{len(hits)} places hold terms; the constructs around the first {HITS} were read")
    drafts: list[Draft] = []
    try:
        drafts.extend(d for d in find(spots) if d.holds(spots))
    except Unfinished as unfinished:
        late = unfinished
    built: _Built = {}
    named: set[bytes] = set()
    wanted: set[bytes] = set()
    for draft in _innermost(drafts, spots):
        key = draft.key()
        if key in built:
            continue
        if len(built) >= CONSTRUCTS:
            late = late or Unfinished("quota", f"more than {CONSTRUCTS} constructs hold a term")
            break
        construct = draft.build()
        built[key] = (draft.start, construct)
        if construct is not None and draft.linkable:
            if construct.kind in (Kind.RECORD, Kind.ENUMERATION, Kind.LABEL_SET):
                named |= _words(draft.names)
            wanted |= _words(_referred(construct))
    wanted -= named
    if (named or wanted) and late is None:
        try:
            _link(text, find, built, named, wanted)
        except Unfinished as unfinished:
            late = unfinished
    constructs = _ordered(built.values())
    if late is not None:
        raise Unfinished(late.reason, late.detail, constructs)
    return constructs


def _innermost(drafts: list[Draft], spots: Spots) -> list[Draft]:
    """Leave out a function whose hits all lie in functions inside it."""
    ends = sorted((d for d in drafts if d.callable), key=lambda d: (d.start, -d.end))
    kept: set[int] = set()
    stack: list[Draft] = []
    following = 0
    for at in spots.at:
        while following < len(ends) and ends[following].start <= at:
            stack.append(ends[following])
            following += 1
        while stack and stack[-1].end <= at:
            stack.pop()
        if stack:
            kept.add(id(stack[-1]))
    return [d for d in drafts if not d.callable or id(d) in kept]


def _link(
    text: Text,
    find: Finder,
    built: _Built,
    named: set[bytes],
    wanted: set[bytes],
) -> None:
    every = named | set(sorted(wanted)[:_NAMES])
    uses: list[int] = []
    declared: list[int] = []
    for match in _WORD.finditer(text.utf8):
        word = match.group()
        if word in every:
            (uses if word in named else declared).append(match.start())
    if len(declared) > 4 * _OCCURRENCES:
        declared = declared[: 4 * _OCCURRENCES]
    use_spots, all_spots = Spots(uses[:_OCCURRENCES]), Spots(uses[:_OCCURRENCES] + declared)
    added = 0
    for draft in find(all_spots):
        key = draft.key()
        if key in built or not draft.linkable:
            continue
        declares = not draft.callable and bool(_words(draft.names) & every)
        if not (declares or draft.holds(use_spots)):
            continue
        if added >= LINKED:
            tell("cut", f"more than {LINKED} declarations refer to those with terms: the first were read")
            break
        built[key] = (draft.start, draft.build())
        added += 1


def _referred(construct: Construct) -> Iterable[str]:
    yield from construct.bases
    yield construct.returns
    for member in construct.members:
        yield member.type
    if construct.kind is Kind.OPERATION:
        yield from (use for use in construct.uses if " " not in use)


def _words(texts: Iterable[str]) -> set[bytes]:
    words = {w.encode("utf-8", "replace") for t in texts for w in _IDENTIFIER.findall(t[:400])}
    return words - _COMMON


def _ordered(parts: Iterable[tuple[int, Construct | None]]) -> list[Construct]:
    kept = [(at, construct) for at, construct in parts if construct is not None]
    kept.sort(key=lambda p: (p[0], p[1].passage.offset))
    return [construct for _, construct in kept]


class Uses:
    """An ordered set of at most ``USES`` short words."""

    def __init__(self) -> None:
        self._seen: dict[str, None] = {}

    def add(self, word: str) -> None:
        """Keep ``word`` unless it is empty, long, known or one too many."""
        if word and len(word) <= 80 and len(self._seen) < USES:
            self._seen.setdefault(word)

    @property
    def full(self) -> bool:
        """Whether nothing more will be kept."""
        return len(self._seen) >= USES

    def words(self) -> tuple[str, ...]:
        """Return the words in the order they came."""
        return tuple(self._seen)
