"""From runs of characters with boxes to headings, paragraphs and tables, as a reader of the page would see them.

Conservative: what is not surely a table stays lines in the order in which the page gives them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from msgspec import Struct

Box = tuple[float, float, float, float]
_NUMBERED = re.compile(
    r"(?:第[一二三四五六七八九十百\d]{1,4}[章节節]|\d{1,2}(?:\.\d{1,3}){1,5}\.?|[A-Z]\.\d{1,3}(?:\.\d+)*)[\s、]*\S"
)
_ENDS = re.compile(r"[.。;；,，:：]\s*\Z|\.{4,}|…{2,}|\.{2,}\s*\d+\s*\Z")
_CODE = re.compile(r"//|/\*|[;{}]\s*\Z")
_COLUMNS = 30


class Segment(Struct, frozen=True):
    """A run of text and its box in points from the top left corner."""

    left: float
    top: float
    right: float
    bottom: float
    text: str

    @property
    def middle(self) -> float:
        """Return its middle's distance from the top."""
        return (self.top + self.bottom) / 2

    @property
    def high(self) -> float:
        """Return its height."""
        return self.bottom - self.top

    def where(self, page: int) -> str:
        """Return page and box as a report says them."""
        return f"page {page}, box {self.left:.0f} {self.top:.0f} {self.right:.0f} {self.bottom:.0f}"


class Block(Struct):
    """A heading, a paragraph (rows of one line each) or a table."""

    kind: str
    rows: list[list[Segment]]
    level: int = 0


def joined(parts: Sequence[Segment], between: str = " ") -> Segment:
    """Return several runs as one."""
    return Segment(
        min(p.left for p in parts),
        min(p.top for p in parts),
        max(p.right for p in parts),
        max(p.bottom for p in parts),
        between.join(p.text for p in parts if p.text),
    )


def page_blocks(segments: Sequence[Segment], rules: Sequence[Box]) -> Iterator[Block]:
    """Yield a page's blocks in reading order."""
    if not segments:
        return
    tables: list[tuple[int, Block]] = []
    used: set[int] = set()
    for rows, members in (*_ruled(segments, rules), *_aligned(segments, rules)):
        if used & members:
            continue
        used |= members
        tables.append((min(members), Block("table", rows)))
    tables.sort(key=lambda t: t[0])
    usual = median(s.high for s in segments)
    free: list[Segment] = []
    for index, segment in enumerate(segments):
        while tables and tables[0][0] <= index:
            yield from _prose(free, usual)
            free = []
            yield tables.pop(0)[1]
        if index not in used:
            free.append(segment)
    yield from _prose(free, usual)
    for _, table in tables:
        yield table


def _prose(segments: Sequence[Segment], usual: float) -> Iterator[Block]:
    lines: list[Segment] = []
    for segment in segments:
        last = lines[-1] if lines else None
        same = last is not None and abs(last.middle - segment.middle) < 0.5 * max(last.high, segment.high)
        if last is not None and same and segment.left >= last.left:
            lines[-1] = joined((last, segment))
        else:
            lines.append(segment)
    paragraph: list[Segment] = []
    for line in lines:
        level = _heading(line, usual)
        last = paragraph[-1] if paragraph else None
        apart = last is not None and (
            line.top - last.bottom > 0.9 * max(last.high, line.high)
            or line.bottom < last.top
            or abs(line.high - last.high) > 0.35 * usual
        )
        if (level or apart) and paragraph:
            yield Block("paragraph", [[p] for p in paragraph])
            paragraph = []
        if level:
            yield Block("heading", [[line]], level)
        else:
            paragraph.append(line)
    if paragraph:
        yield Block("paragraph", [[p] for p in paragraph])


def _heading(line: Segment, usual: float) -> int:
    """Return a heading's level, 0 for other lines: larger than the rest, or numbered in two parts and short."""
    text = line.text
    if len(text) > 90 or _ENDS.search(text) or not any(c.isalpha() for c in text):
        return 0
    numbered = _NUMBERED.match(text)
    if line.high > 1.6 * usual:
        return 1
    if line.high > 1.18 * usual or (numbered and len(text) <= 60 and line.high >= 0.95 * usual):
        digits = re.match(r"[\d.]+", text)
        return min(6, 2 + (digits[0].strip(".").count(".") if digits and numbered else 0))
    return 0


# ------------------------------------------------------------------------------------------------- tables


def _ruled(segments: Sequence[Segment], rules: Sequence[Box]) -> Iterator[tuple[list[list[Segment]], set[int]]]:
    """Yield tables whose cells stand between drawn lines."""
    flat: list[tuple[float, float, float]] = []  # y, left, right
    upright: list[tuple[float, float, float]] = []  # x, top, bottom
    for left, top, right, bottom in rules:
        wide, high = right - left, bottom - top
        if high < 3 and wide > 12:
            flat.append(((top + bottom) / 2, left, right))
        elif wide < 3 and high > 5:
            upright.append(((left + right) / 2, top, bottom))
        elif wide > 12 and high > 5:
            flat += [(top, left, right), (bottom, left, right)]
            upright += [(left, top, bottom), (right, top, bottom)]
    if len(flat) < 3 or len(upright) < 3:
        return
    for low, high in _stacks(upright):
        xs = _distinct([x for x, top, bottom in upright if top < high and bottom > low])
        ys = _distinct([y for y, _, _ in flat if low - 2 <= y <= high + 2])
        if not 3 <= len(xs) <= _COLUMNS + 1 or not 3 <= len(ys) <= 200:
            continue
        cells: dict[tuple[int, int], list[int]] = {}
        for index, s in enumerate(segments):
            row, column = bisect_right(ys, s.middle) - 1, bisect_right(xs, s.left + min(2.0, s.high / 4)) - 1
            if 0 <= row < len(ys) - 1 and 0 <= column < len(xs) - 1:
                cells.setdefault((row, column), []).append(index)
        rows: list[list[Segment]] = []
        for row in range(len(ys) - 1):
            line = []
            for column in range(len(xs) - 1):
                parts = [segments[i] for i in cells.get((row, column), ())]
                empty = Segment(xs[column], ys[row], xs[column + 1], ys[row + 1], "")
                line.append(_lines(parts) if parts else empty)
            if any(c.text for c in line):
                rows.append(line)
        rows = _without_empty_columns(rows)
        if len(rows) >= 2 and len(rows[0]) >= 2 and sum(sum(bool(c.text) for c in r) >= 2 for r in rows) >= 2:
            yield rows, {i for indexes in cells.values() for i in indexes}


def _stacks(upright: Sequence[tuple[float, float, float]]) -> list[tuple[float, float]]:
    """Return where upright lines stand one beside or above the other without a break."""
    out: list[tuple[float, float]] = []
    for _, top, bottom in sorted(upright, key=lambda u: u[1]):
        if out and top <= out[-1][1] + 3:
            out[-1] = (out[-1][0], max(out[-1][1], bottom))
        else:
            out.append((top, bottom))
    return out


def _distinct(values: Sequence[float]) -> list[float]:
    out: list[float] = []
    for value in sorted(values):
        if not out or value - out[-1] > 4:
            out.append(value)
    return out


def _without_empty_columns(rows: list[list[Segment]]) -> list[list[Segment]]:
    if not rows:
        return rows
    kept = [i for i in range(len(rows[0])) if any(row[i].text for row in rows)]
    return [[row[i] for i in kept] for row in rows]


def _lines(parts: Sequence[Segment]) -> Segment:
    """Return a cell's runs as one, its lines apart; an identifier broken at a line's end is whole again."""
    lines: list[list[Segment]] = []
    for part in sorted(parts, key=lambda p: (p.middle, p.left)):
        if lines and abs(lines[-1][0].middle - part.middle) < 0.5 * max(part.high, lines[-1][0].high):
            lines[-1].append(part)
        else:
            lines.append([part])
    texts = [" ".join(p.text for p in sorted(line, key=lambda p: p.left)) for line in lines]
    text = texts[0]
    for after in texts[1:]:
        broken = (" " not in text + after and after.startswith("_")) or (text.endswith("_") and " " not in text)
        text += after if broken else "\n" + after
    whole = joined(parts)
    return Segment(whole.left, whole.top, whole.right, whole.bottom, text)


def _aligned(segments: Sequence[Segment], rules: Sequence[Box]) -> Iterator[tuple[list[list[Segment]], set[int]]]:
    """Yield tables without upright lines: the same three or more columns in three or more lines."""
    order = sorted(range(len(segments)), key=lambda i: (segments[i].middle, segments[i].left))
    lines: list[list[int]] = []
    for index in order:
        s = segments[index]
        first = segments[lines[-1][0]] if lines else None
        if first is not None and abs(first.middle - s.middle) < 0.5 * max(s.high, first.high):
            lines[-1].append(index)
        else:
            lines.append([index])
    for line in lines:
        line.sort(key=lambda i: segments[i].left)
    at = 0
    while at < len(lines):
        if len(lines[at]) < 3:
            at += 1
            continue
        stop = _run(segments, lines, at)
        found = _columns(segments, lines[at:stop]) if stop - at >= 3 else None
        if found is None:
            at += 1
            continue
        yield found, {i for line in lines[at:stop] for i in line}
        at = stop


def _run(segments: Sequence[Segment], lines: Sequence[Sequence[int]], start: int) -> int:
    """Return where a stack of lines ends that fit the columns of the first."""
    columns = [[segments[i].left, segments[i].right] for i in lines[start]]
    at, empty = start + 1, 0
    while at < len(lines):
        line = [segments[i] for i in lines[at]]
        above = [segments[i] for i in lines[at - 1]]
        if line[0].top - max(s.bottom for s in above) > 2.5 * line[0].high:
            break
        taken = _places(line, columns)
        if taken is None or taken == [0]:
            # A line in the first column alone goes on with something else.
            return at - empty
        empty = empty + 1 if len(line) == 1 else 0
        if empty > 4:
            return at - empty + 1
        at += 1
    return at - empty if empty else at


def _places(line: Sequence[Segment], columns: list[list[float]]) -> list[int] | None:
    """Return the column of each cell and widen the columns; None where the cells do not fit."""
    taken: list[int] = []
    for number, s in enumerate(line):
        over = [n for n, (left, right) in enumerate(columns) if s.left < right and s.right > left]
        if not over and len(line) == len(columns):
            # A heading in the middle of its column need not stand above what is set flush.
            over = [number]
        if len(over) != 1 or over[0] in taken:
            return None
        taken.append(over[0])
    wider = [list(c) for c in columns]
    for s, n in zip(line, taken, strict=True):
        wider[n] = [min(wider[n][0], s.left), max(wider[n][1], s.right)]
    if any(a[1] >= b[0] for a, b in pairwise(wider)):
        return None
    columns[:] = wider
    return taken


def _columns(segments: Sequence[Segment], lines: Sequence[Sequence[int]]) -> list[list[Segment]] | None:
    """Return the rows of a stack of lines, None if most lines do not fill most columns."""
    width = len(lines[0])
    if width > _COLUMNS:
        return None
    spans = [[segments[i].left, segments[i].right] for i in lines[0]]
    filled = Counter(len(line) for line in lines)
    if sum(n for size, n in filled.items() if size >= min(3, width - 1)) * 2 < len(lines):
        return None
    if sum(bool(_CODE.search(segments[line[-1]].text)) for line in lines) * 3 > len(lines):
        return None
    placed: list[tuple[list[list[Segment]], float, float]] = []
    for line in lines:
        cells: list[list[Segment]] = [[] for _ in range(width)]
        parts = [segments[i] for i in line]
        taken = _places(parts, spans)
        if taken is None:
            return None
        for s, column in zip(parts, taken, strict=True):
            cells[column].append(s)
        placed.append((cells, min(p.top for p in parts), max(p.bottom for p in parts)))
    rows: list[list[list[Segment]]] = []
    ahead: list[list[list[Segment]]] = []
    for number, (cells, top, bottom) in enumerate(placed):
        if cells[0] or not rows:
            for early in ahead:
                for one, more in zip(cells, early, strict=True):
                    one.extend(more)
            ahead = []
            rows.append(cells)
            continue
        # No name of its own: it belongs to the row that stands nearer.
        above = top - placed[number - 1][2]
        below = placed[number + 1][1] - bottom if number + 1 < len(placed) else above
        if below + 0.2 * (bottom - top) < above:
            ahead.append(cells)
        else:
            for old, new in zip(rows[-1], cells, strict=True):
                old.extend(new)
    if len(rows) < 3:
        return None
    bottom = max(segments[i].bottom for i in lines[0])
    blank = [Segment(left, bottom, right, bottom, "") for left, right in spans]
    return [[_lines(cell) if cell else blank[n] for n, cell in enumerate(row)] for row in rows]
