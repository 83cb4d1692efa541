"""DWARF debug information: enumerations, structs and functions of C, C++, Rust and Go, as the source had them.

Read are those that hold a hit, what they refer to, and what refers to them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct, Kind
from sousveil.read.binary.dwarfbuild import Builder
from sousveil.read.binary.dwarfforms import Broken
from sousveil.read.binary.dwarfunits import LIMIT, Debug, Unit
from sousveil.read.binary.dwarfwalk import CONSTANT, OPERATION, Candidate, Walked, Walker
from sousveil.read.unfinished import Unfinished, tell
from sousveil.unpack.common import OUTSIDE, reference
from sousveil.unpack.sections import Image, images

ABOUT = About(
    "DWARF debug information",
    ".so .o .ko .elf .debug .dwo .dwp .exe .dylib",
    "DWARF 2 to 5 in ELF, PE and Mach-O files, separate debug files, split .dwo and .dwp: enumerations with members "
    "and values, structs with fields and their types, functions with parameters, of C, C++, Rust and Go, each with the "
    "file and line it was declared at. Compressed sections are unpacked; a common file that dwz made of several "
    "is found in the product by its build id or its name, and read with each of them.",
    limits="a common file of dwz that is not in the product (told); relocated names in object files of rare processors",
)
_FILE = re.compile(rb"[/\\]|\.(?:[ch](?:pp|xx|c)?|cc|hh|rs|go|swift|s|f90)\Z", re.IGNORECASE)
_KNOWN = re.compile(
    r"\.debug_(?:info|types|abbrev|str|line|line_str|str_offsets|loc|loclists|ranges|rnglists|aranges|frame|addr|names|sup|"
    r"macinfo|macro|pubnames|pubtypes|gnu_pubnames|gnu_pubtypes|cu_index|tu_index|gdb_scripts|weaknames|funcnames|"
    r"varnames|typenames)(?:\.dwo|\.shared)?"
)
"""Sections of DWARF 2 to 5 and of GNU and SGI."""
SECONDS = 40.0
"""How long one file's debug information may take."""
CONSTRUCTS = 4000
LINKED = 48
"""Most constructs added because one refers to the other, as of source."""
_MORE = f"more than {LINKED} types and functions refer to those with terms: the first were read"


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield the constructs around ``hits``. Raises Unfinished where some of the debug information was not read."""
    if hits is not None and not hits:
        return
    deadline = time.monotonic() + SECONDS
    places = None if hits is None else sorted({offset for offset, _ in hits})
    troubles: list[str] = []
    for image in images(data):
        kinds = [split for split in (False, True) if _present(image, split)]
        for split in kinds:
            yield from _Reader(data, image, split, places, deadline, troubles).run()
        # A separate file of names alone is dwz's or damaged; of a name that is not known nobody looks into.
        for names in image.sections:
            if (
                names.name.startswith(".debug")
                and (
                    not _KNOWN.fullmatch(names.name)
                    or (not kinds and names.name == ".debug_str" and not names.compressed)
                )
                and any(names.offset <= at < names.offset + names.size for at in places or ())
            ):
                tell(
                    "not-understood",
                    f"debug information: terms in {names.name}, and nothing that they are the names of",
                )
    if troubles:
        more = f" (and {len(troubles) - 3} more)" if len(troubles) > 3 else ""
        raise Unfinished("broken", "debug information was read in part: " + "; ".join(troubles[:3]) + more)


def _present(image: Image, split: bool) -> bool:
    end = ".dwo" if split else ""
    names = {s.name for s in image.sections if s.size and not s.compressed}
    return ".debug_abbrev" + end in names and bool(names & {".debug_info" + end, ".debug_types" + end})


class _Reader:
    def __init__(
        self,
        data: bytes,
        image: Image,
        split: bool,
        hits: Sequence[int] | None,
        deadline: float,
        troubles: list[str],
    ) -> None:
        self._debug = Debug(data, image, split, hits)
        self._deadline, self._troubles, self._all = deadline, troubles, hits is None
        self._builder = Builder(self._debug)
        self._seen: dict[tuple[object, ...], int] = {}
        self._built: set[int] = set()
        self._out: list[Construct] = []
        self._linked = 0

    def run(self) -> Iterator[Construct]:
        debug = self._debug
        if not self._all and not self._any():
            return
        if not debug.has_common and (common := reference(debug.file, debug.image)) is not None:
            tell("outside", OUTSIDE.format(common.name))
        walker = Walker(debug, self._deadline)
        kept: list[Walked] = []
        late: Unfinished | None = None
        try:
            units = list(debug.units())
            for unit in units:
                self._builder.add(unit)
            joined = debug.joined()
            for unit in units:
                walked = self._walk(walker, unit)
                if walked is None:
                    continue
                if joined:
                    kept.append(walked)
                else:
                    self._select([walked])
            if kept:
                self._select(kept)
        except Unfinished as unfinished:
            late = unfinished
        if not debug.str.data and any(
            f == 0x0E for t in debug.tables() for s in t.values() for _, f, _ in s.attributes
        ):
            debug.troubles.append(f"names are in {debug.str.name}, which is not there")
        self._troubles += debug.troubles
        yield from self._out
        # Of the names that several files share most are another's.
        if not debug.has_common and not self._out and not self._troubles and late is None and (left := self._left()):
            places = "1 place" if left == 1 else f"{left} places"
            tell("not-understood", f"debug information: terms at {places} name no type, function or constant")
        if late is not None:
            raise late

    def _any(self) -> bool:
        """Return whether a hit stands in a name at all."""
        debug = self._debug
        if debug.str.hot or debug.line_str.hot or debug.common_str.hot:
            return True
        return any(start <= hit < end for hit in debug.hits or () for start, end in self._ranges())

    def _ranges(self) -> list[tuple[int, int]]:
        """Return where in the file the entries lie, and names among them."""
        starts = {offset for _, offset in self._debug.parts}
        return [(s.offset, s.offset + s.size) for s in self._debug.image.sections if s.offset in starts]

    def _left(self) -> int:
        """Return how many hits stand in names; those in paths of files are none."""
        debug = self._debug
        spans = [(strings.offset, strings.offset + len(strings.data)) for strings in (debug.str, debug.line_str)]
        spans += self._ranges()
        count = 0
        for start, end in spans:
            for hit in debug.hits or ():
                if start <= hit < end:
                    low = max(debug.file.rfind(b"\0", start, hit) + 1, start, hit - LIMIT // 2)
                    high = debug.file.find(b"\0", hit, end)
                    count += not _FILE.search(debug.file[low : high if high >= 0 else end])
        return count

    def _walk(self, walker: Walker, unit: Unit) -> Walked | None:
        try:
            return walker.walk(unit)
        except (Broken, IndexError) as error:
            self._troubles.append(f"the unit at {unit.start:#x}: {error}")
            return None

    def _select(self, units: Sequence[Walked]) -> None:
        """Build what holds a hit, what that refers to and what refers to it."""
        signatures = self._debug.signatures

        def resolved(at: int) -> int:
            return at if at >= 0 else signatures.get(-2 - at, -1)

        wraps: dict[int, int] = {}
        candidates: dict[int, Candidate] = {}
        named: set[int] = set()
        for walked in units:
            wraps.update(walked.wraps)
            candidates.update((c.at, c) for c in walked.candidates)
            named |= walked.hot
        for walked in units:
            for at in walked.typedefs:
                target = resolved(wraps.get(at, -1))
                if target in candidates:
                    self._builder.names.setdefault(target, at)

        def followed(at: int) -> int:
            at = resolved(at)
            for _ in range(12):
                if at in candidates or at not in wraps:
                    break
                at = resolved(wraps[at])
            return at

        for at in named:
            target = followed(at)
            if target in candidates:
                candidates[target].hot = True
        constants: dict[int, list[Candidate]] = {}
        for c in candidates.values():
            if c.kind == CONSTANT:
                if c.refers:
                    constants.setdefault(c.refers[0], []).append(c)
            elif c.named and (declared := candidates.get(c.named)) is not None:
                c.hot, c.scope = c.hot or declared.hot, declared.scope
        hot = [c for c in candidates.values() if c.hot and c.kind != CONSTANT]
        types = {c.at for c in hot if c.kind != OPERATION}
        for at, group in constants.items():
            if at >= 0 and any(c.hot for c in group):
                types.add(at)
                self._keep(self._constants(group), False)
        reached = set(types)
        for _ in range(8):
            before = len(reached)
            reached.update(at for at, target in wraps.items() if resolved(target) in reached)
            if len(reached) == before:
                break
        wanted = {followed(at) for c in hot for at in c.refers}
        # What lies in the common file is read there; here it is what a file's own types are made of.
        for c in hot:
            if c.at < self._debug.common_at:
                self._build(c, False)
        for c in candidates.values():
            if c.hot or c.kind == CONSTANT:
                continue
            uses = c.at < self._debug.common_at and not reached.isdisjoint(resolved(at) for at in c.refers)
            if uses or (c.at in wanted and c.kind != OPERATION):
                if self._linked >= LINKED:
                    tell("cut", _MORE)
                    break
                self._build(c, True)
        for at, group in constants.items():
            if at in wanted and at not in types:
                if self._linked >= LINKED:
                    tell("cut", _MORE)
                    break
                self._keep(self._constants(group), True)

    def _constants(self, group: list[Candidate]) -> Construct | None:
        try:
            return self._builder.constants(group)
        except (Broken, IndexError) as error:
            self._troubles.append(str(error))
            return None

    def _build(self, candidate: Candidate, linked: bool) -> None:
        if time.monotonic() > self._deadline:
            raise Unfinished("timeout", "the debug information was read in part: it took too long")
        if candidate.key in self._built:
            return
        self._built.add(candidate.key)
        try:
            construct = self._builder.build(candidate)
        except (Broken, IndexError) as error:
            self._troubles.append(str(error))
            return
        self._keep(construct, linked)

    def _keep(self, construct: Construct | None, linked: bool) -> None:
        """Keep a construct unless a unit that includes the same header gave it already."""
        if construct is None or (construct.kind is not Kind.OPERATION and not construct.members):
            return
        key = (construct.kind, construct.name, construct.scope)
        shape = (*key, tuple((m.name, m.value, m.type) for m in construct.members))
        if shape in self._seen:
            return
        if construct.kind is Kind.OPERATION and key in self._seen:
            # A declaration has no parameters' names, the definition has.
            if not construct.members or self._out[self._seen[key]].members:
                return
            self._out[self._seen[key]] = construct
            self._seen[shape] = self._seen[key]
            return
        if len(self._out) >= CONSTRUCTS:
            raise Unfinished("quota", f"more than {CONSTRUCTS} structures of the debug information hold a term")
        self._seen[shape] = self._seen[key] = len(self._out)
        self._out.append(construct)
        self._linked += linked
