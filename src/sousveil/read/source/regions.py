"""Which part of a source text is parsed: all of it while that is cheap, else what lies around the hits."""

from __future__ import annotations

from collections.abc import Sequence

from sousveil.read.unfinished import Unfinished

WHOLE = 5_000_000
"""Largest text parsed whole, in bytes."""
_MARGIN = 24_000
_TIGHT = 4_000
_MOST = 400


def cut_short(source: bytes, hits: Sequence[int] | None) -> Unfinished | None:
    """Return what ``regions`` leaves out, if anything."""
    if hits is None or len(source) <= WHOLE:
        return None
    spans = regions(source, hits)
    if len(spans) < _MOST or not any(at >= spans[-1][1] for at in hits):
        return None
    return Unfinished("quota", f"the first {_MOST} stretches that hold terms were read, up to byte {spans[-1][1]}")


def regions(source: bytes, hits: Sequence[int] | None) -> list[tuple[int, int]]:
    """Return the spans to parse, in order and apart from each other, cut at line breaks where lines are short."""
    if hits is None or len(source) <= WHOLE:
        return [(0, len(source))]
    spans: list[tuple[int, int]] = []
    for at in sorted(set(hits)):
        if spans and at < spans[-1][1] - _TIGHT:
            continue
        start, end = _around(source, at)
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        elif len(spans) >= _MOST:
            break
        else:
            spans.append((start, end))
    return spans


def _around(source: bytes, at: int) -> tuple[int, int]:
    """Return a span around ``at`` that begins and ends with a top-level line."""
    floor, roof = max(0, at - _MARGIN), min(len(source), at + _MARGIN)
    start = _top_level(source, floor, at)
    end = source.rfind(b"\n", at, roof)
    # Stop before a top-level line, so that the last declaration is whole.
    stop = end
    while stop > at and source[stop + 1 : stop + 2] in (b" ", b"\t", b"\n", b"\r", b"}", b")", b"]", b""):
        stop = source.rfind(b"\n", at, stop)
    return start, (stop if stop > at else end if end > at else roof)


def _top_level(source: bytes, floor: int, at: int) -> int:
    """Return where the earliest line in ``[floor, at]`` starts that is not indented; else where any starts."""
    if floor == 0:
        return 0
    line = source.find(b"\n", floor, at) + 1
    first = line
    while 0 < line <= at:
        if source[line : line + 1] not in (b" ", b"\t", b"\n", b"\r", b"}", b")", b"]", b"#"):
            return line
        line = source.find(b"\n", line, at) + 1
    return first or floor
