"""Finding comments and declarations without a parser, and cutting large files into windows around places of interest.

One pass of a regular expression that knows strings and comments gives the comments, the preprocessor lines and the
brace structure. A window is a list of ranges that a grammar parses as if the rest were not there: the headers of what
encloses a place, the declaration itself, the closing braces.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

LARGE = 256 * 1024
"""Files up to this size are parsed whole."""
KEEP = 64 * 1024
"""Declarations up to this size are taken whole, larger ones are entered."""
LARGEST = 512 * 1024
"""Beyond this a declaration that cannot be entered (a table) is read around its places only."""
_AROUND = 8 * 1024
_SINGLE = 256
_BLOCKS = 400_000


class Dialect(NamedTuple):
    """What a language's strings and comments look like."""

    tokens: re.Pattern[bytes]
    nested: bool = False
    """Block comments nest."""
    declarators: bool = False
    """A name may follow the closing brace: ``} NAME;``."""


_COMMENT = rb"//[^\n]*+|/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/|\Z)"
_STRING = rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"?'
_CHAR = rb"'(?:[^'\\\n]|\\[^\n]){1,8}'"
_ONE_CHAR = rb"'(?:[^'\\\n]{1,4}|\\[^'\n]{1,9}|\\')'"
_TRIPLE = rb'"""[^"]*+(?:"(?!"")[^"]*+)*+(?:"""|\Z)'
_DIRECTIVE = rb"^[ \t]*+\#(?:[^\n\\/]++|\\\r?\n|\\.|/(?![*/]))*+"
_BRACES = rb"[{};]"


def _dialect(*parts: bytes, nested: bool = False, declarators: bool = False) -> Dialect:
    return Dialect(re.compile(b"|".join((*parts, _BRACES)), re.MULTILINE), nested, declarators)


_TYPEDEF = rb"^typedef\b"
C = _dialect(
    _DIRECTIVE,
    _TYPEDEF,
    _COMMENT,
    rb'R"([^(\s"]{0,16})\((?:[^)]++|\)(?!\1"))*+(?:\)\1"|\Z)',
    _STRING,
    _CHAR,
    declarators=True,
)
OBJC = _dialect(
    _DIRECTIVE,
    _TYPEDEF,
    _COMMENT,
    _STRING,
    _CHAR,
    rb"@(?:interface|implementation|protocol(?!\s*[\w,\s]{1,400};))\b[^\n{]*+|@end\b",
    declarators=True,
)
JAVA = _dialect(_COMMENT, _TRIPLE, _STRING, _CHAR)
CSHARP = _dialect(_DIRECTIVE, _COMMENT, _TRIPLE, rb'(?:@\$?|\$@)"[^"]*+(?:""[^"]*+)*+"?', _STRING, _CHAR)
KOTLIN = _dialect(_COMMENT, _TRIPLE, _STRING, _CHAR, nested=True)
SWIFT = _dialect(_COMMENT, _TRIPLE, _STRING, nested=True)
GO = _dialect(_COMMENT, rb"`[^`]*+`?", _STRING, _CHAR)
RUST = _dialect(
    _COMMENT, rb'\br(\#{0,9})"(?:[^"]++|"(?!\1))*+(?:"\1|\Z)', rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', _ONE_CHAR, nested=True
)

_OUTER = re.compile(rb'(?:\bextern\b\s*"[^"]*"|\b(?:namespace|class|struct)\b[^(){};=]*|\)[^(){};]*)\s*\Z')
_NESTING = re.compile(rb"/\*|\*/")
# After a closing brace: what goes on with the same declaration.
_GOES_ON = re.compile(rb"\s{0,40}[;,)\].=]")
_DECLARATOR = re.compile(
    rb"\s{0,200}(?:[;,)\].=]|(?:__attribute__\s*\(\([^;{}()]{0,40}\)\)\s*)?\**\s*\w{1,120}\s*(?:\[[^\]\n]{0,60}\]\s*)*[,;=])"
)


class Scan:
    """Comments, preprocessor lines and blocks of one text. Block -1 is the file itself."""

    def __init__(self, utf8: bytes, dialect: Dialect) -> None:
        self.utf8 = utf8
        self.dialect = dialect
        self.comments: list[tuple[int, int]] = []
        self.directives: list[tuple[int, int]] = []
        self.opens: list[int] = []
        self.closes: list[int] = []
        self.parent: list[int] = []
        self.ends: dict[int, list[int]] = {-1: []}
        """Of a block: the offsets just behind its declarations."""
        self._run()

    def _run(self) -> None:
        utf8, goes_on = self.utf8, _DECLARATOR if self.dialect.declarators else _GOES_ON
        comments, directives, opens, closes = self.comments, self.directives, self.opens, self.closes
        parent, ends = self.parent, self.ends
        current = -1
        here = ends[-1]
        for start, end in _tokens(utf8, self.dialect):
            first = utf8[start]
            if first == 59:  # ;
                here.append(end)
            elif first == 47:  # /
                comments.append((start, end))
            elif first == 123 or (first == 64 and utf8[start : start + 4] != b"@end" and utf8[start + 1] in b"ip"):
                if len(opens) >= _BLOCKS:
                    continue
                opens.append(end - 1)
                closes.append(len(utf8))
                parent.append(current)
                current = len(opens) - 1
                here = ends[current] = []
            elif first == 125 or (first == 64 and utf8[start : start + 4] == b"@end"):
                if current < 0:
                    here.append(end)
                    continue
                closes[current] = end
                current = parent[current]
                here = ends[current]
                if not goes_on.match(utf8, end, end + 400):
                    here.append(end)
            elif first == 116:  # A typedef at the margin: whatever was still open has lost its brace.
                while current >= 0 and not _OUTER.search(utf8[max(0, opens[current] - 200) : opens[current]]):
                    closes[current] = start
                    current = parent[current]
                here = ends[current]
                if not here or here[-1] < start:
                    here.append(start)
            elif first not in b"\"'@$`Rr":
                directives.append((start, end))

    def block(self, at: int) -> int:
        """Return the innermost block whose braces enclose ``at``, or -1."""
        index = bisect_right(self.opens, at) - 1
        while index >= 0 and self.closes[index] <= at:
            index = self.parent[index]
        return index

    def comment(self, at: int) -> tuple[int, int] | None:
        """Return the comment that holds ``at``."""
        return _holding(self.comments, at)

    def directive(self, at: int) -> tuple[int, int] | None:
        """Return the preprocessor line (with its continuations) that holds ``at``."""
        return _holding(self.directives, at)

    def anchors(self, start: int, end: int) -> list[int]:
        """Return where code may stand that the comment ``[start, end)`` speaks of: before it on its line, after it."""
        utf8 = self.utf8
        found: list[int] = []
        at = start
        for _ in range(200):
            stop = max(0, at - 4096)
            line = utf8.rfind(b"\n", stop, at) + 1 or stop
            before = utf8[line:at].rstrip()
            last = line + len(before) - 1
            if not before.strip():
                # Lines of comment that go on with the one behind code further up.
                if line <= 1 or not self._line_comment_above(line):
                    break
                above = self.comments[bisect_left(self.comments, (line, 0)) - 1]
                at = above[0]
                continue
            inside = self.comment(last)
            if inside is None:
                found.append(last)
                break
            at = inside[0]
        at = end
        index = bisect_left(self.comments, (end, 0))
        for _ in range(400):
            match = _SPACE.match(utf8, at)
            at = match.end() if match else at
            if index < len(self.comments) and self.comments[index][0] == at:
                at = self.comments[index][1]
                index += 1
                continue
            break
        if at < len(utf8):
            found.append(at)
        return found

    def _line_comment_above(self, line: int) -> bool:
        inside = self.comment(max(0, line - 2))
        return inside is not None and self.utf8.startswith(b"//", inside[0])

    def blanked(self, ranges: Sequence[tuple[int, int]], target: bytearray) -> None:
        """Overwrite comments and preprocessor lines of ``ranges`` in ``target`` with spaces, line breaks kept."""
        for spans in (self.comments, self.directives):
            for low, high in ranges:
                index = max(0, bisect_left(spans, (low, 0)) - 1)
                while index < len(spans) and spans[index][0] < high:
                    start, end = max(spans[index][0], low), min(spans[index][1], high)
                    index += 1
                    if start < end:
                        part = self.utf8[start:end]
                        target[start:end] = _NOT_BREAK.sub(b" ", part) if b"\n" in part else b" " * (end - start)


_SPACE = re.compile(rb"\s*+")
_NOT_BREAK = re.compile(rb"[^\r\n]")


def _tokens(utf8: bytes, dialect: Dialect) -> Iterator[tuple[int, int]]:
    if not dialect.nested:
        for match in dialect.tokens.finditer(utf8):
            yield match.span()
        return
    at = 0
    while found := dialect.tokens.search(utf8, at):
        start, end = found.span()
        if utf8.startswith(b"/*", start):
            depth = 0
            end = len(utf8)
            for mark in _NESTING.finditer(utf8, start):
                depth += 1 if mark.group() == b"/*" else -1
                if depth == 0:
                    end = mark.end()
                    break
        yield start, end
        at = max(end, start + 1)


def _holding(spans: list[tuple[int, int]], at: int) -> tuple[int, int] | None:
    index = bisect_right(spans, (at, 1 << 62)) - 1
    return spans[index] if index >= 0 and spans[index][1] > at else None


class Window(NamedTuple):
    """Ranges to parse together, and the spots inside."""

    ranges: tuple[tuple[int, int], ...]
    spots: tuple[int, ...]
    clipped: bool
    """The declaration was too large: only a part of it lies in the ranges."""


class _Cut(NamedTuple):
    """Blocks entered on the way to a spot, and the extent around it; no extent: the last block's own members."""

    path: tuple[int, ...]
    extent: tuple[int, int] | None
    clipped: bool = False


def windows(scan: Scan, spots: Iterable[int]) -> list[Window]:
    """Return the windows that hold ``spots``; spots of one declaration share a window.

    Windows with all members of a class come first: the same class heads other windows without its members.
    """
    cuts: dict[_Cut, list[int]] = {}
    for spot in sorted(set(spots)):
        cuts.setdefault(_cut(scan, spot), []).append(spot)
    result: list[tuple[bool, Window]] = []
    groups: dict[tuple[int, ...], list[tuple[tuple[int, int], list[int]]]] = {}
    for cut, inside in cuts.items():
        if cut.extent is None:
            members, clipped = _members(scan, cut.path[-1] if cut.path else -1, inside)
            result.append((False, _window(scan, cut.path, members, inside, clipped)))
        elif cut.clipped:
            result.append((True, _window(scan, cut.path, [cut.extent], inside, True)))
        else:
            groups.setdefault(cut.path, []).append((cut.extent, inside))
    # One parse for each declaration contains the damage of broken ones; of very many, some share one.
    size = 0 if sum(map(len, groups.values())) <= _SINGLE else KEEP
    for path, extents in groups.items():
        batch: list[tuple[int, int]] = []
        held: list[int] = []
        for extent, inside in sorted(extents):
            if batch and sum(b - a for a, b in batch) + extent[1] - extent[0] > size:
                result.append((True, _window(scan, path, batch, held, False)))
                batch, held = [], []
            batch.append(extent)
            held.extend(inside)
        if batch:
            result.append((True, _window(scan, path, batch, held, False)))
    return [window for _, window in sorted(result)]


def _window(
    scan: Scan, path: tuple[int, ...], parts: Sequence[tuple[int, int]], spots: Sequence[int], clipped: bool
) -> Window:
    end = parts[-1][1] if parts else 0
    ranges = [_header(scan, block) for block in path]
    ranges += parts
    ranges += [(scan.closes[b] - 1, scan.closes[b]) for b in reversed(path) if scan.closes[b] > end]
    # Broken braces may make them overlap, which the parser refuses.
    clean: list[tuple[int, int]] = []
    for start, stop in sorted(ranges):
        start = max(start, clean[-1][1] if clean else 0)
        if start < stop:
            clean.append((start, stop))
    return Window(tuple(clean), tuple(sorted(spots)), clipped)


def _header(scan: Scan, block: int) -> tuple[int, int]:
    opening = scan.opens[block]
    start, _ = _declaration(scan, scan.parent[block], opening)
    return max(start, opening - KEEP), opening + 1


def _cut(scan: Scan, spot: int) -> _Cut:
    chain: list[int] = []
    block = scan.block(spot)
    while block >= 0:
        chain.append(block)
        block = scan.parent[block]
    chain.reverse()
    path: list[int] = []
    level = -1
    child: int | None = None
    for depth in range(len(chain) + 1):
        start, end = _declaration(scan, level, spot)
        child = chain[depth] if depth < len(chain) else None
        if child is None or end - start <= KEEP or not scan.ends[child]:
            break
        path.append(child)
        level = child
    del path[:-32]
    ahead = bisect_left(scan.opens, start)
    braced = ahead < len(scan.opens) and scan.parent[ahead] == level and scan.opens[ahead] < end
    if braced and not _simple(scan, start, ahead):
        if child is None and end - start > KEEP and scan.opens[ahead] >= spot:
            # In the head of something large.
            return _Cut((*path, ahead), None)
    elif _in_rows(scan, level):
        return _Cut(tuple(path), None)
    if end - start > LARGEST:
        if child is not None:
            path.append(child)
        cell = start + (spot - start) // KEEP * KEEP
        after = scan.utf8.find(b",", cell + KEEP, min(end, cell + KEEP + 2048))
        return _Cut(tuple(path), (_joint(scan, cell, start), after if after >= 0 else min(end, cell + KEEP)), True)
    return _Cut(tuple(path), (start, end))


def _joint(scan: Scan, at: int, start: int) -> int:
    """Return a place at or before ``at`` where a table may be cut: between lines, or between items."""
    for mark in (b"\n", b",", b" "):
        place = scan.utf8.rfind(mark, max(start, at - 2048), at)
        if place >= 0:
            return place + 1
    return at


def _declaration(scan: Scan, level: int, spot: int) -> tuple[int, int]:
    ends = scan.ends[level]
    index = bisect_right(ends, spot)
    low = scan.opens[level] + 1 if level >= 0 else 0
    high = max(low, scan.closes[level] - 1) if level >= 0 else len(scan.utf8)
    start = ends[index - 1] if index else low
    end = ends[index] if index < len(ends) else high
    return start, max(end, min(spot + 1, high))


_CLASS = re.compile(rb"\b(?:class|struct|union)\b[^(){};]*\Z|@\w+[^{}]*\Z")
_INITIALISER = re.compile(rb"=\s*(?:new\b[^{;]*)?\Z|\b(?:va[lr]|let)\s[^{;]*\Z")
_ACCESSORS = re.compile(rb"\s*(?:\[[^\]]*\]\s*)?(?:(?:private|protected|internal)\s+)?(?:get|set|init|add)\b")


def _in_rows(scan: Scan, level: int) -> bool:
    """Return whether the members of a block belong together: fields of a class, constants in rows."""
    if not scan.dialect.declarators:
        return True
    if level < 0:
        return False
    start, end = _header(scan, level)
    return bool(_CLASS.search(scan.utf8[max(start, end - 400) : end - 1]))


def _members(scan: Scan, level: int, spots: Sequence[int]) -> tuple[list[tuple[int, int]], bool]:
    """Return the extents of a block's own members, without the types and bodies inside; whether some were left out."""
    ends = scan.ends[level]
    low = scan.opens[level] + 1 if level >= 0 else 0
    high = max(low, scan.closes[level] - 1) if level >= 0 else len(scan.utf8)
    parts: list[tuple[int, int]] = []
    for end in (*ends, high):
        opening = bisect_left(scan.opens, low)
        if low < end and (opening >= len(scan.opens) or scan.opens[opening] >= end or _simple(scan, low, opening)):
            if parts and parts[-1][1] == low:
                parts[-1] = (parts[-1][0], end)
            else:
                parts.append((low, end))
        low = max(low, end)
    if sum(end - start for start, end in parts) <= LARGEST:
        return parts, False
    around = [(max(0, s - _AROUND), s + _AROUND) for s in spots]
    kept: list[tuple[int, int]] = []
    for start, end in parts:
        for first, last in around:
            if first < end and last > start:
                cut = (max(start, scan.utf8.rfind(b"\n", start, max(start, first)) + 1), min(end, last))
                kept.append((max(cut[0], kept[-1][1] if kept else 0), cut[1]))
    return [k for k in kept if k[0] < k[1]], True


def _simple(scan: Scan, start: int, block: int) -> bool:
    """Return whether a declaration with braces is a field all the same: an initialiser, accessors."""
    opening = scan.opens[block]
    if scan.closes[block] - opening > 4096:
        return False
    before = scan.utf8[max(start, opening - 200) : opening]
    return bool(_INITIALISER.search(before)) or bool(_ACCESSORS.match(scan.utf8, opening + 1))
