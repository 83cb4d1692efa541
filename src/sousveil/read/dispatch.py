"""Choose the reader of an artifact and give it only what matched."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from importlib import import_module

from msgspec import Struct
from msgspec.structs import replace

from sousveil.model import Construct, Kind, Limit, Passage
from sousveil.read import lines
from sousveil.read.asked import asked, prompts
from sousveil.read.choice import kind_of, reader_of
from sousveil.read.comparisons import asked_in, comparisons
from sousveil.read.criteria import criteria, looked_up_in
from sousveil.read.families import families
from sousveil.read.held import held
from sousveil.read.leftover import leftover, none_read
from sousveil.read.packages import package_of
from sousveil.read.signatures import byte_readers
from sousveil.read.splitlists import split_lists
from sousveil.read.spots import spotted
from sousveil.read.text import Text, decode
from sousveil.read.unfinished import Unfinished, told
from sousveil.read.uses import list_uses, own_uses

# From here on a file is read in windows around what matched, whatever its language.
WINDOWED = 24 << 20
# These readers need the brackets or the header of the whole file, and bound themselves.
_WHOLE = ("json", "csv")
_MOST_WHOLE = 256 << 20
# One long line takes sixty bytes of memory a byte where all of it is asked for.
_MOST_EVERY = 8 << 20
_MARGIN = 96 << 10
_MAX_WINDOWS = 48
# What one artifact may yield; more is cut and said so.
MAX_CONSTRUCTS = 4000


class Reading(Struct, frozen=True):
    """What one artifact yielded."""

    constructs: tuple[Construct, ...]
    kind: str
    limits: tuple[Limit, ...] = ()


def read(path: str, data: bytes, hits: Sequence[tuple[int, str]], named: Sequence[int] = ()) -> Reading:
    """Return the constructs of an artifact that hold a hit.

    ``hits`` are (byte offset, encoding) pairs of the terms found in ``data``, sorted. Text is decoded in the encoding
    they speak for. ``named``: the offsets of names among them that the first search brought up.
    """
    told()  # nothing of a file before
    reading = _read(path, data, hits)
    if named and reading.kind == "source" and len(data) <= WINDOWED:
        language = reader_of(path, data).__name__.rpartition(".")[2]
        reading = replace(reading, constructs=(*reading.constructs, *list_uses(data, hits, named, language)))
    return _said(path, reading)


def _said(path: str, reading: Reading) -> Reading:
    """Return a reading with what its readers noted to have left out."""
    noted = tuple(Limit(path, reason, detail) for reason, detail in told())
    return replace(reading, limits=(*reading.limits, *noted)) if noted else reading


def _read(path: str, data: bytes, hits: Sequence[tuple[int, str]]) -> Reading:
    if readers := byte_readers(path, data):
        reading = _read_bytes(path, data, hits, readers)
        return reading if reading.limits else _completed(path, data, hits, readers[0], reading)
    kind = kind_of(data)
    if kind != "text":
        if not hits:
            return Reading((), kind)
        # No reader knows its structure: its strings are read, and that this is all is said.
        return _strings(path, data, hits, "of this kind of file only strings are read, not what holds them")
    votes = Counter(encoding for _, encoding in hits)
    limits: list[Limit] = []
    whole = reader_of(path, data).__name__.rpartition(".")[2] in _WHOLE and len(data) <= _MOST_WHOLE
    if len(data) > WINDOWED and not whole:
        constructs: list[Construct] = []
        spans = _spans(data, [offset for offset, _ in hits])
        if len(spans) > _MAX_WINDOWS:
            limits.append(Limit(path, "cut", f"{len(spans)} places hold terms; the first {_MAX_WINDOWS} were read"))
        for start, end in spans[:_MAX_WINDOWS]:
            inside = [(o - start, e) for o, e in hits if start <= o < end]
            part, _, unread = _read_text(path, data[start:end], inside, votes)
            limits.extend(unread)
            line = data.count(b"\n", 0, start)
            constructs.extend(shift(c, start, line) for c in part)
        language = "source"
    else:
        constructs, language, unread = _read_text(path, data, hits, votes)
        limits.extend(unread)
    if len(constructs) > MAX_CONSTRUCTS:
        limits.append(Limit(path, "cut", f"{len(constructs)} structures hold terms; {MAX_CONSTRUCTS} were judged"))
        constructs = constructs[:MAX_CONSTRUCTS]
    return Reading(tuple(constructs), language, tuple(limits))


def _completed(path: str, data: bytes, hits: Sequence[tuple[int, str]], reader: str, reading: Reading) -> Reading:
    """Return a reading with the strings around terms that it passed over: readers of structure skip what is broken."""
    why: str | None = getattr(import_module("sousveil.read." + reader), "LEFT_OUT", None)
    left = leftover(data, hits, reading.constructs) if why != "" else ()
    if not left:
        return reading
    if why is not None:
        limit = Limit(path, "not-understood", f"{_held(left)} a term where none is read: {why}")
        return replace(reading, limits=(limit,))
    strings = _strings(path, data, left, "no structure that was read holds it: only the strings around it are")
    constructs = (*reading.constructs, *strings.constructs)[:MAX_CONSTRUCTS]
    return replace(reading, constructs=constructs, limits=strings.limits)


def read_all(path: str, data: bytes) -> Reading:
    """Return every construct of an artifact, whether or not it holds a term: for whoever asks what is seen of it."""
    told()
    return _said(path, _read_all(path, data))


def _read_all(path: str, data: bytes) -> Reading:
    if readers := byte_readers(path, data):
        return _read_bytes(path, data, None, readers)
    kind = kind_of(data)
    if kind != "text":
        return Reading((), kind)
    if len(data) > _MOST_EVERY:
        detail = f"{len(data):,} bytes of text; every structure is read of up to {_MOST_EVERY:,}"
        return Reading((), kind, (Limit(path, "too-large", detail),))
    module = reader_of(path, data)
    limits: tuple[Limit, ...] = ()
    try:
        constructs = list(module.read(decode(data, {}), None))
    except Unfinished as late:
        constructs = list(late.constructs)
        limits = (Limit(path, late.reason, late.detail),)
    return Reading(tuple(constructs[:MAX_CONSTRUCTS]), module.__name__.split(".")[-2], limits)


def _strings(path: str, data: bytes, hits: Sequence[tuple[int, str]], why: str) -> Reading:
    reading = _read_bytes(path, data, hits, ("binary.strings",))
    limit = Limit(path, "not-understood", f"{_held(hits)} a term; {why}")
    return replace(reading, limits=(limit, *reading.limits))


def _held(hits: Sequence[tuple[int, str]]) -> str:
    return "1 place holds" if len(hits) == 1 else f"{len(hits):,} places hold"


def _read_bytes(path: str, data: bytes, hits: Sequence[tuple[int, str]] | None, readers: Sequence[str]) -> Reading:
    constructs: list[Construct] = []
    limits: list[Limit] = []
    for reader in readers:
        try:
            for construct in import_module("sousveil.read." + reader).read_bytes(data, hits, path):
                if len(constructs) >= MAX_CONSTRUCTS:
                    limits.append(Limit(path, "cut", f"more structures hold terms than the {MAX_CONSTRUCTS} judged"))
                    break
                constructs.append(construct)
        except Unfinished as late:
            constructs += late.constructs
            limits.append(Limit(path, late.reason, late.detail))
    asking = [c for c in constructs if c.kind in (Kind.STATEMENT, Kind.OPERATION)]
    constructs += [made for c in asking for made in (*asked_in(c), *looked_up_in(c))]
    return Reading(tuple(constructs), readers[0].partition(".")[0], tuple(limits))


def placed(construct: Construct, marks: Sequence[tuple[int, str]]) -> Construct:
    """Return a construct read from a rendering with the place in the original that each passage stands at."""
    starts = [offset for offset, _ in marks]

    def at(passage: Passage) -> Passage:
        found = bisect_right(starts, passage.offset) - 1
        return replace(passage, where=marks[found][1]) if found >= 0 else passage

    members = tuple(replace(m, passage=at(m.passage)) for m in construct.members)
    spots = tuple(map(at, construct.spots))
    return replace(construct, passage=at(construct.passage), members=members, spots=spots)


def _read_text(
    path: str, data: bytes, hits: Sequence[tuple[int, str]], votes: Counter[str]
) -> tuple[list[Construct], str, list[Limit]]:
    text = decode(data, votes)
    offsets = sorted({text.at(offset) for offset, _ in hits})
    module = reader_of(path, data)
    limits: list[Limit] = []
    constructs: list[Construct] = []
    try:
        constructs += module.read(text, offsets)
        if module.__name__.endswith(".html"):
            constructs += _embedded(text, module.scripts(text), offsets)
        elif module.__name__.endswith(".markdown") and (b"```" in text.utf8 or b"~~~" in text.utf8):
            constructs = _declared(text, module.code_blocks(text), offsets, constructs)
        *_, kind, reader = module.__name__.split(".")
        if kind in ("source", "resource") or reader == "prose":
            constructs += comparisons(text, offsets, reader)
            constructs += criteria(text, offsets, reader)
        if kind == "source":
            constructs += held(text, offsets, reader, path)
            constructs += asked(text, offsets, reader, constructs)
            constructs += split_lists(text, offsets, reader)
            constructs += own_uses(text, constructs, reader)
        elif reader in ("markdown", "prose"):
            constructs += prompts(text, offsets, reader)
        if none_read(data, hits, constructs):
            # Broken, or words among statements that declare nothing: the lines are shown.
            constructs += lines.around(text, offsets, reader)
    except Unfinished as late:
        # What was read before the reader gave up is kept, and that it gave up is said.
        constructs += late.constructs
        limits.append(Limit(path, late.reason, late.detail))
    constructs = [*spotted(text, offsets, constructs), *families(constructs)]
    *_, kind, reader = module.__name__.split(".")
    if package := package_of(reader, text.utf8):
        constructs = [replace(c, package=package) for c in constructs]
    return constructs, kind, limits


def _embedded(text: Text, spans: Sequence[tuple[int, int]], offsets: Sequence[int]) -> list[Construct]:
    """Read the scripts inside a page with the language's own reader; places stay those of the page."""
    javascript = import_module("sousveil.read.source.javascript")
    out: list[Construct] = []
    for start, end in spans:
        inside = offsets[bisect_left(offsets, start) : bisect_left(offsets, end)]
        if inside:
            blank = Part(text, start, end)
            out.extend(javascript.read(blank, [o - start for o in inside]))
    return out


_DECLARING = {
    "c": "c", "h": "c", "cpp": "c", "c++": "c", "java": "java", "cs": "csharp", "csharp": "csharp", "c#": "csharp",
    "proto": "proto", "protobuf": "proto",
}  # fmt: skip


def _declared(
    text: Text, blocks: Sequence[tuple[str, int, int]], offsets: Sequence[int], constructs: list[Construct]
) -> list[Construct]:
    """Read the declarations that a manual prints with their language's own reader, instead of line by line."""
    for language, start, end in blocks:
        inside = offsets[bisect_left(offsets, start) : bisect_left(offsets, end)]
        reader = _DECLARING.get(language)
        if reader is None or not inside:
            continue
        found = import_module("sousveil.read.source." + reader).read(
            Part(text, start, end), [o - start for o in inside]
        )
        if found:
            low, high = text.offset(start), text.offset(end)
            constructs = [
                c for c in constructs if c.role != "code-block" or not low <= c.passage.offset < high
            ] + found  # fmt: skip
    return constructs


class Part(Text):
    """A span of another text, whose places are those of the whole."""

    def __init__(self, whole: Text, start: int, end: int) -> None:
        self._whole, self._start = whole, start
        self.data, self.encoding = whole.data, whole.encoding
        self.utf8 = whole.utf8[start:end]
        self._steps = self._ends = None  # Its own lines are asked for as well.

    def offset(self, at: int) -> int:
        return self._whole.offset(at + self._start)

    def position(self, at: int) -> tuple[int, int]:
        return self._whole.position(at + self._start)

    def passage(self, start: int, end: int, limit: int = 600) -> Passage:
        return self._whole.passage(start + self._start, end + self._start, limit)


def _spans(data: bytes, offsets: Sequence[int]) -> list[tuple[int, int]]:
    """Return windows of whole lines around ``offsets``, merged where they touch."""
    spans: list[tuple[int, int]] = []
    for offset in offsets:
        if spans and offset + _MARGIN // 2 < spans[-1][1]:
            continue
        start = max(0, offset - _MARGIN)
        start = max(start, data.rfind(b"\n", start, offset) + 1 if start == 0 else data.find(b"\n", start, offset) + 1)
        end = data.find(b"\n", min(len(data), offset + _MARGIN))
        end = min(len(data), offset + 2 * _MARGIN) if end < 0 else min(end + 1, offset + 2 * _MARGIN)
        if spans and start < spans[-1][1]:
            start = spans[-1][0]
            spans.pop()
        spans.append((start, end))
    return spans


def shift(construct: Construct, offset: int, lines: int) -> Construct:
    """Return the construct with its places moved by ``offset`` bytes and ``lines`` lines."""

    def moved(p: Passage) -> Passage:
        return replace(p, offset=p.offset + offset, line=p.line + lines)

    members = tuple(replace(m, passage=moved(m.passage)) for m in construct.members)
    spots = tuple(map(moved, construct.spots))
    return replace(construct, passage=moved(construct.passage), members=members, spots=spots)
