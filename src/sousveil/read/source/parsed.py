"""One file parsed where it is asked for: whole if small, by windows if large, within a time."""

from __future__ import annotations

import re
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from tree_sitter import Node, Tree

from sousveil.read.source.blocks import Scan
from sousveil.read.source.brace import SCOPES, Found, Reader, Step, near
from sousveil.read.source.labels import text_sets
from sousveil.read.source.tree import Unfinished, parse
from sousveil.read.source.windows import LARGE, windows

SECONDS = 12.0
"""Time for one file; what was read by then is handed over with ``Unfinished``."""
_PARSE = 4.0
_CELLS = 24
"""Most parts read of declarations too large to be read whole."""
_TREES = 256
_STATEMENT_END = re.compile(rb"[;{}]")


class Parsed:
    """A text, its brace structure, and trees of what was asked for."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.utf8 = reader.utf8
        self.scan = Scan(self.utf8, reader.dialect)
        self.missing: list[tuple[str, str]] = []
        """What was not read: a ``Limit``'s reason and detail."""
        self._deadline = time.monotonic() + SECONDS
        self._whole = len(self.utf8) <= LARGE
        self._trees: dict[tuple[tuple[int, int], ...], Tree | None] = {}
        self._masked = bytearray(self.utf8)

    def find(self, spots: Sequence[int] | None) -> Iterator[Found]:
        """Yield the declarations around the sorted ``spots``; all without."""
        if spots is not None and not spots:
            return
        if self._whole or spots is None:
            ranges = ((0, len(self.utf8)),)
            tree = self._tree(ranges, whole=True)
            if tree is not None:
                yield from self._walk(tree, spots)
                return
        if spots is None:
            return
        cells = 0
        for window in windows(self.scan, spots):
            if window.clipped:
                cells += 1
                line = self.reader.text.position(window.spots[0])[0]
                self.missing.append(("quota", f"a declaration of more than 512 KB, read in part around line {line}"))
                if cells > _CELLS:
                    continue
            tree = self._tree(window.ranges)
            if tree is None:
                continue
            for found in self._walk(tree, window.spots):
                found.cell = window.spots[0] if window.clipped else 0
                yield found

    def _tree(self, ranges: tuple[tuple[int, int], ...], whole: bool = False) -> Tree | None:
        if ranges in self._trees:
            return self._trees[ranges]
        left = self._deadline - time.monotonic()
        tree: Tree | None = None
        if not self.late():
            self.scan.blanked(ranges, self._masked)
            self.reader.mask(self._masked, ranges)
            _flatten(self._masked, ranges)
            try:
                tree = parse(self._masked, self.reader.grammar(), min(_PARSE, left), () if whole else ranges)
            except Unfinished as late:
                self.missing.append((late.reason, late.detail))
        if len(self._trees) < _TREES:
            self._trees[ranges] = tree
        return tree

    def late(self) -> bool:
        """Return whether the time for the file is over, and note it."""
        if time.monotonic() < self._deadline:
            return False
        late = ("timeout", f"not read within {SECONDS:g} s")
        if late not in self.missing:
            self.missing.append(late)
        return True

    def _walk(self, tree: Tree, spots: Sequence[int] | None) -> Iterator[Found]:
        reader = self.reader
        stack = [Step(tree.root_node, None, ())]
        seen = 0
        while stack:
            step = stack.pop()
            node = step.node
            seen += 1
            if seen % 256 == 0 and self.late():
                return
            if node.is_named:
                yield from reader.find(step)
                yield from text_sets(reader, step)
            children = node.children
            if not children:
                continue
            scope = step.scope
            name = reader.scope(step) if node.is_named else ""
            if name and len(scope) < SCOPES:
                scope = (*scope, name)
            if spots is None:
                inside = children
            else:
                inside = _around(children, spots)
            stack.extend(Step(child, step, scope) for child in reversed(inside))

    def scopes(self, places: list[int]) -> dict[int, tuple[str, ...]]:
        """Return the names of what encloses each place."""
        result: dict[int, tuple[str, ...]] = {}
        if not places:
            return result
        everything = ((0, len(self.utf8)),)
        jobs: list[tuple[Tree | None, Sequence[int]]] = []
        if self._whole and self._trees.get(everything) is not None:
            jobs.append((self._trees[everything], places))
        else:
            jobs += [(self._tree(w.ranges), w.spots) for w in windows(self.scan, places)]
        for tree, spots in jobs:
            if tree is None:
                continue
            stack = [Step(tree.root_node, None, ())]
            while stack:
                step = stack.pop()
                name = self.reader.scope(step) if step.node.is_named else ""
                scope = (*step.scope, name) if name and len(step.scope) < SCOPES else step.scope
                if name or step.above is None:
                    low, high = bisect_left(spots, step.node.start_byte), bisect_left(spots, step.node.end_byte)
                    result.update((spots[i], scope) for i in range(low, high))
                stack.extend(Step(child, step, scope) for child in _around(step.node.children, spots))
        return result


_DEEP = 300


def _flatten(target: bytearray, ranges: Sequence[tuple[int, int]]) -> None:
    """Blank angle brackets that open hundreds deep: grammars need gigabytes and minutes for ``a<a<a<``."""
    for start, end in ranges:
        if target.count(b"<", start, end) <= _DEEP:
            continue
        at = start
        for match in _STATEMENT_END.finditer(target, start, end):
            _flat(target, at, match.start())
            at = match.end()
        _flat(target, at, end)


def _flat(target: bytearray, start: int, end: int) -> None:
    if end - start > _DEEP and target.count(b"<", start, end) - target.count(b">", start, end) > _DEEP:
        target[start:end] = target[start:end].replace(b"<", b" ")


def _around(children: list[Node], spots: Sequence[int]) -> list[Node]:
    """Return the children that hold a spot."""
    if len(children) < 32:
        return [c for c in children if near(spots, c.start_byte, c.end_byte)]
    low = bisect_left(spots, children[0].start_byte)
    high = bisect_left(spots, children[-1].end_byte)
    if high - low > len(children) // 4:
        return [c for c in children if near(spots, c.start_byte, c.end_byte)]
    found: dict[int, Node] = {}
    for spot in spots[low:high]:
        index = bisect_right(children, spot, key=_start) - 1
        # Nodes without extent share their start with the next one.
        while index >= 0 and children[index].start_byte == children[index].end_byte:
            index -= 1
        if index >= 0 and children[index].end_byte > spot:
            found[index] = children[index]
    return [found[i] for i in sorted(found)]


def _start(node: Node) -> int:
    return node.start_byte
