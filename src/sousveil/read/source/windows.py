"""Cutting large files into windows around places of interest.

A window is a list of ranges that a grammar parses as if the rest were not there: the headers of what encloses a place,
the declaration itself, the closing braces.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sousveil.read.source.blocks import Scan

LARGE = 256 * 1024
"""Files up to this size are parsed whole."""
KEEP = 64 * 1024
"""Declarations up to this size are taken whole, larger ones are entered."""
LARGEST = 512 * 1024
"""Beyond this a declaration that cannot be entered (a table) is read around its places only."""
_AROUND = 8 * 1024
_SINGLE = 256


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
