"""CSV and TSV: the column names, and at most five cells of a column that hold a hit; nothing else is parsed."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

from sousveil.model import Construct, Kind, Member
from sousveil.read.document.blocks import Cell
from sousveil.read.places import CAP, Hits, Places
from sousveil.read.text import Text
from sousveil.read.unfinished import tell

EXTENSIONS = (".csv", ".tsv", ".tab", ".psv")

_ROW = 64 << 10
_COLUMNS = 2000
_PER_COLUMN = 5
_LOOKED_AT = 4000
"""Most rows with hits that are looked at."""
_NUMBER = re.compile(r"\s*[-+]?[\d.,]+(?:[eE][-+]?\d+)?%?\s*\Z")


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the header as a record and the cells that hold a hit, at most five of each column."""
    places, wanted = Places(text), Hits(hits)
    utf8 = places.utf8
    if not wanted.all and not wanted.offsets:
        return []
    start = _first_line(utf8)
    end = places.line_end(start, _ROW)
    delimiter = _delimiter(utf8[start:end])
    header = _cells(utf8, start, end, delimiter)
    named = _is_header(header)
    out: list[Construct] = []
    if named and len(header) == 1 and (labels := _labels(places, utf8, end)):
        # One column of short values: a list under its name, as class labels are kept beside a model.
        name = header[0]
        passage = places.passage(name.start, name.end)
        return [Construct(Kind.LABEL_SET, name.text[:200], passage, labels, role="list", language="csv")]
    if named:
        members = tuple(Member(c.text[:200], places.passage(c.start, c.end, 300)) for c in header)
        passage = places.passage(start, end)
        out.append(Construct(Kind.RECORD, "", passage, members, role="columns", language="csv"))
    seen: Counter[int] = Counter()
    offsets = wanted.offsets if hits is not None else [m.end() for m in re.finditer(rb"\n(?=.)", utf8)][:50]
    last, rows = (end if named else -1), 0
    row: list[Cell] = []
    for hit in offsets:
        if hit >= len(utf8) or (named and hit < end):
            continue
        if hit >= last:
            rows += 1
            if rows > _LOOKED_AT:
                tell("cut", f"more than {_LOOKED_AT:,} rows hold terms: the first were read")
            if rows > _LOOKED_AT or len(out) >= CAP:
                break
            low, last = places.line_start(hit, _ROW), places.line_end(hit, _ROW)
            row = _cells(utf8, low, last, delimiter)
            last = max(last, hit + 1)
        at = bisect_right(row, hit, key=lambda cell: cell.start) - 1
        if at < 0 or hit >= row[at].end or seen[at] >= _PER_COLUMN:
            continue
        seen[at] += 1
        out.append(_cell(places, header if named else [], row, at))
    return out[:CAP]


def _cell(places: Places, header: Sequence[Cell], row: Sequence[Cell], at: int) -> Construct:
    beside = range(max(0, at - 10), min(len(row), at + 20))
    members = tuple(
        Member(header[i].text[:200] if i < len(header) else "", places.passage(row[i].start, row[i].end, 200),
               row[i].text[:200])
        for i in beside
    )  # fmt: skip
    name = header[at].text[:200] if at < len(header) else ""
    passage = places.passage(row[at].start, row[at].end)
    return Construct(Kind.STATEMENT, name, passage, members, role="cell", language="csv")


def _labels(places: Places, utf8: bytes, start: int) -> tuple[Member, ...]:
    """Return the lines of a short table with one column, nothing where it is long or holds more than labels."""
    out: list[Member] = []
    for line in re.finditer(rb"[^\r\n]+", utf8[start : start + _ROW]):
        text = line.group().strip().strip(b'"')
        if len(text) > 60 or len(out) >= 300:
            return ()
        if text:
            at = start + line.start() + line.group().find(text)
            out.append(Member(text.decode("utf-8", "replace"), places.passage(at, at + len(text))))
    return tuple(out) if len(out) >= 2 and len(utf8) <= start + _ROW else ()


def _first_line(utf8: bytes) -> int:
    """Return where the first line starts that is neither empty nor a comment."""
    at = 0
    for _ in range(100):
        stop = utf8.find(b"\n", at)
        line = utf8[at : stop if stop >= 0 else at + _ROW].strip()
        if (line and not line.startswith(b"#")) or stop < 0:
            return at
        at = stop + 1
    return at


def _delimiter(line: bytes) -> bytes:
    bare = re.sub(rb"\"[^\"]*\"", b"", line[:20000])
    counts = {mark: bare.count(mark) for mark in (b",", b"\t", b";", b"|")}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] else b","


def _cells(utf8: bytes, start: int, end: int, delimiter: bytes) -> list[Cell]:
    out: list[Cell] = []
    at = start
    mark = re.escape(delimiter)
    pattern = re.compile(rb"[ ]*\"((?:[^\"]++|\"\")*+)\"?[^" + mark + rb"\r\n]*|[^" + mark + rb"\r\n]*")
    while at <= end:
        if len(out) >= _COLUMNS:
            tell("cut", f"more than {_COLUMNS:,} columns: the first were read")
            break
        match = pattern.match(utf8, at, end)
        if match is None:
            break
        if match[1] is not None:
            text = match[1].replace(b'""', b'"').decode("utf-8", "replace")
        else:
            text = match.group().decode("utf-8", "replace").strip()
        out.append(Cell(match.start(), match.end(), text))
        at = match.end()
        if utf8[at : at + 1] != delimiter:
            break
        at += 1
    return out


def _is_header(cells: Sequence[Cell]) -> bool:
    """Return whether the first row names the columns: short, distinct words and hardly a number."""
    texts = [c.text for c in cells]
    filled = [t for t in texts if t]
    if not filled or any(len(t) > 120 for t in filled[:50]):
        return False
    numbers = sum(bool(_NUMBER.match(t)) for t in filled)
    return numbers * 3 <= len(filled) and len(set(filled)) * 10 >= len(filled) * 8
