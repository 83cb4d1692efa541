"""WebAssembly: imports and exports, functions' names, and the strings of data segments.

Source: WebAssembly Core Specification 2.0, chapter 5, and its appendix on custom sections.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct, Kind
from sousveil.read.binary.bytestream import Cursor, Damaged
from sousveil.read.binary.managed import Body, Hits, Word, passage
from sousveil.read.binary.managedbuild import Builder
from sousveil.read.unfinished import Unfinished, tell

ABOUT = About(
    title="WebAssembly",
    ends=".wasm",
    reads="Names of imports, exports and functions; the strings of data segments, adjacent ones as a list.",
    limits="Code is not read.",
)

_TEXT = re.compile(
    rb"(?:[\t\n\r\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2})+"
)
_MOST = 200_000
_GAP = 4
"""Bytes of padding at most between strings of one list."""
_SHORT = 40
_LISTED = 64


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield what of a module holds a hit; raise Unfinished where it is not whole."""
    found = Hits(hits)
    builder = Builder(data, found)
    try:
        yield from _sections(data, found, builder)
    except Damaged as error:
        raise Unfinished("broken", f"WebAssembly: {error}") from error


def _sections(data: bytes, hits: Hits, builder: Builder) -> Iterator[Construct]:
    cursor = Cursor(data, 8)
    while cursor.at < cursor.end:
        kind = cursor.u1()
        size = cursor.leb(5)
        part = cursor.sub(cursor.at, size)
        cursor.skip(size)
        if not hits.inside(part.at, part.end):
            continue
        if kind == 0:
            yield from _custom(data, part, hits)
        elif kind == 2:
            yield from _names(data, _imports(part), hits, "import")
        elif kind == 7:
            yield from _names(data, _exports(part), hits, "export")
        elif kind == 11:
            yield from _data(data, part, hits, builder)


def _name(part: Cursor) -> Word:
    size = part.leb(5)
    at = part.skip(size)
    return Word(part.data[at : at + min(size, 4000)].decode("utf-8", "backslashreplace"), at, size)


def _count(part: Cursor, what: str) -> int:
    count = part.leb(5)
    # A count that the section's bytes cannot hold ends in Damaged, which is told.
    if _MOST < count <= part.end - part.at:
        tell("cut", f"{count:,} {what}: the first {_MOST:,} were read")
    return min(count, _MOST)


def _imports(part: Cursor) -> Iterator[Word]:
    for _ in range(_count(part, "imports")):
        _name(part)
        yield _name(part)
        kind = part.u1()
        if kind == 0:
            part.leb(5)
        elif kind == 3:
            part.skip(2)
        elif kind in (1, 2):
            part.skip(1 if kind == 1 else 0)
            flags = part.leb(5)
            part.leb(10)
            if flags & 1:
                part.leb(10)
        elif kind == 4:
            part.skip(1)
            part.leb(5)
        else:
            raise Damaged(f"an import of kind {kind} at {part.at}")


def _exports(part: Cursor) -> Iterator[Word]:
    for _ in range(_count(part, "exports")):
        yield _name(part)
        part.skip(1)
        part.leb(5)


def _custom(data: bytes, part: Cursor, hits: Hits) -> Iterator[Construct]:
    if _name(part).text != "name":
        return
    while part.at < part.end:
        kind, size = part.u1(), part.leb(5)
        inner = part.sub(part.at, size)
        part.skip(size)
        if kind == 1:
            yield from _names(data, _functions(inner), hits, "function")


def _functions(part: Cursor) -> Iterator[Word]:
    for _ in range(_count(part, "names of functions")):
        part.leb(5)
        yield _name(part)


def _names(data: bytes, names: Iterator[Word], hits: Hits, role: str) -> Iterator[Construct]:
    for word in names:
        if hits.on(word):
            yield Construct(
                Kind.OPERATION,
                word.text,
                passage(data, word, f"{role} {word.text[:80]}"),
                role="function",
                language="wasm",
            )


def _data(data: bytes, part: Cursor, hits: Hits, builder: Builder) -> Iterator[Construct]:
    """Yield runs of strings that stand beside one another, and single ones."""
    run: list[Word] = []
    for match in _TEXT.finditer(data, part.at, part.end):
        if match.end() - match.start() < 3:
            continue
        word = Word(
            match.group()[:4000].decode("utf-8", "backslashreplace"), match.start(), match.end() - match.start()
        )
        short = word.length <= _SHORT
        if run and (not short or word.offset - run[-1].offset - run[-1].length > _GAP or len(run) >= _LISTED):
            yield from _run(run, builder)
            run = []
        if short:
            run.append(word)
        elif hits.on(word):
            yield from _run([word], builder)
    yield from _run(run, builder)


def _run(run: list[Word], builder: Builder) -> Iterator[Construct]:
    body = Body()
    for word in run:
        body.string(word)
        body.element(word)
    body.sink("")
    yield from builder.body("data", "wasm", body, ("data",), "")
