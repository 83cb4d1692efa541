"""Walk a unit's entries once: which types and functions hold a hit, what refers to what. Nothing is built here."""

from __future__ import annotations

import time
from bisect import bisect_left

from msgspec import Struct

from sousveil.read.binary import dwarfforms as d
from sousveil.read.binary.dwarfforms import Broken, Shape
from sousveil.read.binary.dwarfunits import Debug, Unit
from sousveil.read.unfinished import Unfinished

MOST_DEPTH = 512
_SKIP, _ENUM, _RECORD, _OPERATION, _PART, _WRAP, _SPACE, _CONSTANT, _INHERIT = range(9)
ENUM, RECORD, OPERATION, CONSTANT = _ENUM, _RECORD, _OPERATION, _CONSTANT
_ROLES = {
    0x04: _ENUM, 0x13: _RECORD, 0x17: _RECORD, 0x02: _RECORD, 0x38: _RECORD, 0x2E: _OPERATION,
    0x28: _PART, 0x0D: _PART, 0x05: _PART, 0x16: _WRAP, 0x0F: _WRAP, 0x10: _WRAP, 0x26: _WRAP, 0x35: _WRAP,
    0x42: _WRAP, 0x37: _WRAP, 0x47: _WRAP, 0x01: _WRAP, 0x12: _WRAP, 0x39: _SPACE, 0x1E: _SPACE, 0x1C: _INHERIT,
    0x27: _CONSTANT, 0x24: _WRAP,
}  # fmt: skip
# Their children are no members of what encloses them: arrays, subroutine types, blocks, inlined and called functions.
_APART = frozenset((0x01, 0x15, 0x0B, 0x1D, 0x48, 0x4109, 0x03, 0x32, 0x34))


class Candidate(Struct, eq=False):
    """A declaration that may be wanted."""

    at: int
    kind: int
    hot: bool
    refers: list[int]
    """Places of the types of its parts."""
    scope: tuple[int, ...]
    """Places of what encloses it, outermost first."""
    key: int = 0
    """The same for what has the same names: a header's type in every unit that includes it."""
    named: int = 0
    """The place of the entry that has its name."""


class Walked(Struct, eq=False):
    """What one unit holds."""

    unit: Unit
    candidates: list[Candidate]
    wraps: dict[int, int]
    """Place of a typedef, pointer, array …: the place of what it is of."""
    typedefs: list[int]
    hot: set[int]
    """Of those, the ones whose name holds a hit."""


class Walker:
    """Walks the units of one ``Debug`` until a deadline."""

    def __init__(self, debug: Debug, deadline: float) -> None:
        self._debug, self._deadline = debug, deadline

    def walk(self, unit: Unit) -> Walked:
        """Return what a unit holds. Raises Broken, and Unfinished past the deadline."""
        return _Walk(self._debug, unit, self._deadline).run()


class _Walk:
    def __init__(self, debug: Debug, unit: Unit, deadline: float) -> None:
        self.debug, self.unit, self.deadline = debug, unit, deadline
        self.info, self.order = debug.info, debug.order
        self.out = Walked(unit, [], {}, [], set())
        self.raw: object = b""
        """The encoded name of the entry read last; an index into a unit's own names says nothing outside of it."""

    def run(self) -> Walked:
        info, end, shapes = self.info, self.unit.end, self.unit.shapes
        at = self.unit.first
        stack: list[tuple[Candidate | None, tuple[int, ...]]] = []
        owner: Candidate | None = None
        scope: tuple[int, ...] = ()
        steps = 0
        while at < end:
            steps += 1
            if not steps & 0x3FF and time.monotonic() > self.deadline:
                raise Unfinished("timeout", "the debug information was read in part: it took too long")
            code = info[at]
            if code == 0:
                at += 1
                if not stack:
                    break
                owner, scope = stack.pop()
                if not stack:
                    break
                continue
            shape = shapes.get(code if code < 0x80 else d.uleb(info, at)[0])
            if shape is None:
                raise Broken(f"no abbreviation for the entry at {at:#x}")
            role = _ROLES.get(shape.tag, _SKIP)
            here, inner, within = at, owner, scope
            if role == _SKIP or (role == _PART and owner is None):
                at = at + shape.size if shape.size > 0 else self._behind(shape, at)
                if shape.tag in _APART:
                    inner = None
            elif role == _PART:
                at = self._parts(shape, at, owner)
            else:
                at, names, types, more = self._fields(shape, at)
                if role == _WRAP:
                    if types != -1:
                        self.out.wraps[here] = types
                    if shape.tag == 0x16:
                        self.out.typedefs.append(here)
                    if names:
                        self.out.hot.add(here)
                    if shape.tag in _APART:
                        inner = None
                elif role == _INHERIT:
                    if owner is not None and types != -1:
                        owner.refers.append(types)
                elif role == _SPACE:
                    inner, within = None, (*scope, here)
                else:
                    inner = Candidate(here, role, names, [], scope, hash((role, self.raw)), more)
                    if types != -1:
                        inner.refers.append(types)
                    if d.SIGNATURE in shape.has:
                        self.out.wraps[here] = types
                    # What repeats an inlined function has nothing of its own.
                    elif d.ORIGIN not in shape.has:
                        self.out.candidates.append(inner)
                    within = (*scope, here)
            if shape.children:
                if len(stack) >= MOST_DEPTH:
                    raise Broken(f"entries nested more than {MOST_DEPTH} deep")
                stack.append((owner, scope))
                owner, scope = inner, within if len(within) <= 16 else within[:16]
            elif at <= here:
                raise Broken(f"an entry of no length at {here:#x}")
        return self.out

    def _behind(self, shape: Shape, at: int) -> int:
        found = shape.one().match(self.info, at, self.unit.end)
        return found.end() if found else d.values(self.info, at, self.unit.end, shape, self.order)[1]

    def _type(self, form: int, raw: bytes) -> int:
        """Return the place a reference leads to, -1 if into another file."""
        if form == 0x15:
            return self.unit.start + d.uleb(raw, 0)[0]
        number = int.from_bytes(raw, self.order)
        if form in (0x11, 0x12, 0x13, 0x14):
            return self.unit.start + number
        if form == 0x20:
            # Type units are known only at the end: a negative number stands for the signature.
            return -2 - number
        return self.debug.across(self.unit, form, number)

    def _fields(self, shape: Shape, at: int) -> tuple[int, bool, int, int]:
        """Return the place behind an entry, whether its name holds a hit, its type's place, its declaration's place."""
        hot, type_at, more = False, -1, 0
        found = shape.one().match(self.info, at, self.unit.end)
        self.raw = b""
        if found is None:
            self.raw = at
            entry, behind = d.values(self.info, at, self.unit.end, shape, self.order)
            parts = [(name, *entry[name]) for name in d.WANTED if name in entry]
            for name, form, number, place in parts:
                if name == d.NAME:
                    hot = (
                        self._held(place, behind) if form == 0x08 else self._name(form, self._raw(form, number, place))
                    )
                elif name in (d.TYPE, d.SIGNATURE):
                    type_at = self._type(form, self._raw(form, number, place))
                else:
                    more = max(0, self._type(form, self._raw(form, number, place)))
            return behind, hot, type_at, more
        group = 0
        for name, form, _ in shape.attributes:
            if name == d.NAME:
                group += 1
                self.raw = (self._counts_in(form), found.group(group))
                if form == 0x08:
                    hot = self._held(found.start(group), found.end(group))
                else:
                    hot = self._name(form, found.group(group))
            elif name in (d.TYPE, d.SIGNATURE):
                group += 1
                type_at = self._type(form, found.group(group))
            elif name == d.SPECIFICATION:
                group += 1
                more = max(0, self._type(form, found.group(group)))
        return found.end(), hot, type_at, more

    def _counts_in(self, form: int) -> int:
        """Return what a name's encoded form is an offset in: the same for all units of a file, but for indices."""
        return self.unit.start if form in d.STRX else -1 if self.unit.common or form in d.ACROSS_NAMES else 0

    def _raw(self, form: int, number: int, place: int) -> bytes:
        size = self.unit.format.size(form)
        return self.info[place : place + size] if size >= 0 else self.info[place : d.uleb(self.info, place)[1]]

    def _name(self, form: int, raw: bytes) -> bool:
        hot = self.debug.hot(self.unit, form)
        return hot is None or raw in hot

    def _held(self, start: int, end: int) -> bool:
        """Return whether a hit stands in these bytes of the info itself."""
        hits = self.debug.hits
        if hits is None:
            return True
        low = self.debug.place(start)
        i = bisect_left(hits, low)
        return i < len(hits) and hits[i] < low + end - start

    def _parts(self, shape: Shape, at: int, owner: Candidate | None) -> int:
        """Read enumerators, fields or parameters of one shape that follow each other."""
        assert owner is not None
        run = None if shape.children else shape.run().match(self.info, at, self.unit.end)
        if run is None:
            behind, hot, type_at, _ = self._fields(shape, at)
            owner.hot = owner.hot or hot
            owner.key = hash((owner.key, self.raw))
            if type_at != -1:
                owner.refers.append(type_at)
            return behind
        behind = run.end()
        groups = [(n, f) for n, f, _ in shape.attributes if n in d.WANTED]
        if not groups:
            return behind
        found = shape.one().findall(self.info, at, behind)
        for i, (name, form) in enumerate(groups):
            column = found if len(groups) == 1 else [row[i] for row in found]
            if name == d.NAME:
                owner.key = hash((owner.key, self._counts_in(form), *column))
            if name == d.NAME and not owner.hot:
                if form == 0x08:
                    owner.hot = self._held(at, behind)
                else:
                    wanted = self.debug.hot(self.unit, form)
                    owner.hot = wanted is None or not wanted.isdisjoint(column)
            elif name == d.TYPE:
                owner.refers += [t for t in (self._type(form, raw) for raw in set(column)) if t != -1]
        return behind
