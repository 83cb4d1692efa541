"""ELF, PE, COFF and Mach-O: symbols, strings with their neighbours and what refers to them, labels inside code."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from sousveil.about import About
from sousveil.model import Construct, Kind, Passage
from sousveil.read.binary import immediates, protodescriptors
from sousveil.read.binary.image import Image, Section, Symbol, images
from sousveil.read.binary.neighbours import constructs, label_set, labels, operation, readable
from sousveil.read.binary.relocated import references
from sousveil.read.binary.strings import Piece, cut, runs
from sousveil.read.database import descriptor
from sousveil.read.leftover import leftover
from sousveil.read.model.protobuf import Wire
from sousveil.read.parts import Hits
from sousveil.read.parts import constructs as parts_of
from sousveil.read.unfinished import Unfinished, tell

ABOUT = About(
    "Programs and libraries: ELF, PE, COFF, Mach-O",
    ".so .o .ko .elf .exe .dll .sys .obj .dylib",
    "Functions and types by their symbols (C++, Rust, Swift and JNI names made readable); strings in every encoding of "
    "the lexicon with the strings beside them as lists of labels, enumerations, records, formats, queries and embedded "
    "JSON or XML, and protobuf descriptors as what they declare, with section, address and the functions and variables "
    "that refer to them; labels that x86-64 code holds as numbers; the texts of PE resources "
    "(string tables, menus, dialogs, versions).",
    limits="A label that code puts together from two numbers is quoted by its first; strings that are encrypted or "
    "built byte by byte, and references from ARM code, are not seen.",
)
LEFT_OUT = ""
"""It reads every string itself; the rest is code, and debug information that has a reader of its own."""

_DEBUG = (".debug", ".zdebug", ".BTF", ".stab", ".gnu_debug", ".eh_frame", ".gcc_except", "__debug")
_MOST_CODE = 96 << 20
_MOST_DATA = 64 << 20
_LEA = re.compile(rb"[\x48\x4c]\x8d[\x05\x0d\x15\x1d\x25\x2d\x35\x3d]....", re.DOTALL)
_MOST_TARGETS = 4000
_MOST_BEFORE = 4096
"""Bytes of a text before the part that says something."""
_APART = 2048
"""Bytes of code between two labels of one list."""


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield the constructs of a program that hold a hit."""
    hits = hits or ()
    rest: list[tuple[int, str]] = list(hits)
    cuts: list[str] = []
    seen = False
    for image in images(data):
        seen = True
        if image.cut:
            cuts.append(image.cut)
        inside = [h for h in rest if image.section(h[0]) or image.named_at(h[0])]
        taken = set(inside)
        rest = [h for h in rest if h not in taken]
        yield from _Program(image, inside).read()
    # What no section holds (headers, what is appended) is read as in any file.
    found: list[Construct] = []
    for run in runs(data, rest):
        found += constructs(data, run, lambda offset: f"offset {offset:#x}", "native")
    yield from found
    if left := leftover(data, rest, found):
        places = "1 place" if len(left) == 1 else f"{len(left):,} places"
        tell("not-understood", f"terms at {places} outside of every section, in nothing that was read")
    if not seen:
        raise Unfinished("broken", "the program's headers cannot be read; only its strings were")
    if cuts:
        raise Unfinished("broken", f"{cuts[0]}; the rest of the program was read")


class _Program:
    def __init__(self, image: Image, hits: Sequence[tuple[int, str]]) -> None:
        self._image, self._hits = image, hits
        self._data = image.data
        # What dwz leaves in common of several files may be names alone: there they are strings like others.
        held = {s.name.removeprefix(".z").removeprefix(".") for s in image.sections}
        self._debug = _DEBUG if held & {"debug_info", "debug_types"} else tuple(d for d in _DEBUG if d != ".debug")

    def read(self) -> Iterator[Construct]:
        """Yield the constructs of one image."""
        strings: list[tuple[int, str]] = []
        bounds: list[tuple[int, int]] = []
        named: set[int] = set()
        for offset, encoding in self._hits:
            symbols = self._image.named_at(offset)
            section = self._image.section(offset)
            if symbols:
                yield from self._symbols(symbols, named)
            elif section is None or section.name.rpartition(",")[2].startswith(self._debug):
                # Debug information has a reader of its own.
                continue
            elif not section.code or self._stands(offset, encoding, section):
                strings.append((offset, encoding))
                bounds.append((section.offset, section.end))
        found, strings, bounds = self._described(strings, bounds)
        found += [c for run in runs(self._data, strings, bounds) for c in self._run(run)]
        yield from self._referred(found)
        if self._hits:
            yield from self._code()

    def _described(
        self, hits: list[tuple[int, str]], bounds: list[tuple[int, int]]
    ) -> tuple[list[Construct], list[tuple[int, str]], list[tuple[int, int]]]:
        """Return the declarations of protobuf descriptors, and the hits, with their bounds, outside of them."""
        out: list[Construct] = []
        spans: list[tuple[int, int]] = []
        for low, high in sorted(set(bounds)):
            inside = sorted({o for o, _ in hits if low <= o < high})
            for span in protodescriptors.files(self._data, inside, low, high):
                found = Hits(self._data, [h for h in hits if span[0] <= h[0] < span[1]])
                out += parts_of(found, descriptor.declared(Wire(self._data), span), "proto")
                spans.append(span)
        out = [replace(c, passage=self._placed(c.passage), members=tuple(
            replace(m, passage=self._placed(m.passage)) for m in c.members)) for c in out]  # fmt: skip
        left = [i for i, (offset, _) in enumerate(hits) if not any(low <= offset < high for low, high in spans)]
        return out, [hits[i] for i in left], [bounds[i] for i in left]

    def _placed(self, passage: Passage) -> Passage:
        return replace(passage, where=f"{self._image.where(passage.offset)}, {passage.where}")

    def _symbols(self, symbols: Iterable[Symbol], named: set[int]) -> Iterator[Construct]:
        for symbol in symbols:
            if symbol.at in named:
                continue
            named.add(symbol.at)
            if symbol.defined and symbol.address:
                at = next(
                    (s for s in self._image.sections if 0 <= symbol.address - s.address < s.size and s.loaded), None
                )
                where = f"{at.name if at else 'symbol'} {symbol.address:#x}"
            else:
                where = "imported" if not symbol.defined else "symbol table"
            text = self._image.name(symbol)
            piece = Piece(symbol.at, symbol.length, text, "utf-8")
            one = operation(text, piece, where, "native")
            if one.role == "function" and symbol.kind == "object":
                one = replace(one, kind=Kind.RECORD, role="variable", members=())
            yield one

    def _stands(self, offset: int, encoding: str, section: Section) -> bool:
        """Return whether a hit inside code is in a whole string: some compilers keep strings there."""
        piece = cut(self._data, offset, encoding, section.offset, section.end)
        if piece is None or piece.length < 8 or "\ufffd" in piece.text:
            return False
        before, after = self._data[piece.offset - 1 : piece.offset], self._data[piece.end : piece.end + 1]
        return before == b"\0" and after == b"\0"

    def _run(self, run: list[Piece]) -> Iterator[Construct]:
        yield from constructs(self._data, run, self._image.where, "native")

    def _referred(self, found: list[Construct]) -> Iterator[Construct]:
        """Yield constructs of strings with the functions and variables that refer to them."""
        targets: dict[int, int] = {}
        for i, one in enumerate(found):
            if one.kind is Kind.OPERATION and one.role == "function":
                continue
            for passage in (one.passage, *(m.passage for m in one.members[:32])):
                section = self._image.section(passage.offset)
                if section is None or not section.loaded:
                    continue
                if len(targets) < _MOST_TARGETS:
                    shift = section.address - section.offset
                    targets.setdefault(passage.offset + shift, i)
                    if not passage.encoding.startswith("utf-16"):
                        # What refers to a format or a query points to its first letter.
                        low = max(section.offset, passage.offset - _MOST_BEFORE)
                        before = self._data.rfind(b"\0", low, passage.offset)
                        if before >= 0 or low == section.offset:
                            targets.setdefault(max(before + 1, low) + shift, i)
                else:
                    tell("cut", f"what refers to strings was looked for of the first {_MOST_TARGETS:,} alone")
        users: dict[int, dict[str, None]] = {}
        if targets:
            linked = references(self._data, targets)
            for target, place in (*self._pointers(targets), *self._leas(targets), *linked):
                symbol = self._image.covering(place)
                if symbol is not None:
                    name = readable(self._image.name(symbol))[0]
                    users.setdefault(targets[target], {})[name] = None
        for i, one in enumerate(found):
            names = tuple(users.get(i, ()))[:8]
            if names:
                inner = tuple(dict.fromkeys(names))
                one = replace(one, scope=(*one.scope, *inner))
            yield one

    def _pointers(self, targets: dict[int, int]) -> Iterator[tuple[int, int]]:
        """Yield (target, address) of pointers in data and relocations."""
        image, size = self._image, self._image.width
        kind = "Q" if size == 8 else "I"
        left = _MOST_DATA
        for section in image.sections:
            rela = section.name.startswith(".rela") and size == 8
            if (
                section.code
                or not (section.loaded or rela)
                or section.name.startswith((".eh_", ".gcc_", ".dyn", ".gnu"))
            ):
                continue
            left -= section.size
            if left < 0:
                tell("cut", f"more than {_MOST_DATA >> 20} MB of data: pointers to strings in the rest were not seen")
                return
            raw = self._data[section.offset : section.offset + section.size // size * size]
            words = array(kind, raw)
            if (image.order == ">") is (array("H", b"\0\1")[0] != 1):
                words.byteswap()
            for target in targets.keys() & set(words):
                packed = target.to_bytes(size, "big" if image.order == ">" else "little")
                at = raw.find(packed)
                for _ in range(8):
                    if at < 0:
                        break
                    if at % size == 0:
                        place = section.address + at
                        if rela and at >= 16:
                            place = int.from_bytes(raw[at - 16 : at - 8], "big" if image.order == ">" else "little")
                        yield target, place
                    at = raw.find(packed, at + 1)

    def _x86_64(self, left_out: str) -> Iterator[Section]:
        """Yield the sections of x86-64 code; where there is too much, say what is left out."""
        left = _MOST_CODE
        for section in self._image.sections if self._image.x86_64 else ():
            if section.code and section.loaded:
                left -= section.size
                if left < 0:
                    tell("cut", f"more than {_MOST_CODE >> 20} MB of code: {left_out}")
                    return
                yield section

    def _leas(self, targets: dict[int, int]) -> Iterator[tuple[int, int]]:
        """Yield (target, address) of x86-64 instructions that take a string's address relative to their own."""
        for section in self._x86_64("what refers to strings in the rest was not seen"):
            shift = section.address - section.offset
            for found in _LEA.finditer(self._data, section.offset, section.end):
                target = found.end() + shift + int.from_bytes(found[0][3:], "little", signed=True)
                if target in targets:
                    yield target, found.start() + shift

    def _code(self) -> Iterator[Construct]:
        """Yield the lists of labels that x86-64 code holds as operands."""
        for section in self._x86_64("labels in the rest were not looked for"):
            yield from self._labels(list(immediates.pieces(self._data, section.offset, section.end)))

    def _labels(self, pieces: Sequence[Piece]) -> Iterator[Construct]:
        """Yield one list for each function, of labels that stand near each other."""
        chain: list[Piece] = []
        for piece in (*pieces, None):
            if chain and (piece is None or piece.offset - chain[-1].offset > _APART or self._other(chain[0], piece)):
                yield from self._list(chain)
                chain = []
            if piece is not None:
                chain.append(piece)

    def _other(self, one: Piece, other: Piece) -> bool:
        return self._function(one) != self._function(other)

    def _function(self, piece: Piece) -> str:
        section = self._image.section(piece.offset)
        symbol = self._image.covering(piece.offset - section.offset + section.address) if section else None
        return self._image.name(symbol) if symbol else ""

    def _list(self, chain: list[Piece]) -> Iterator[Construct]:
        once: dict[str, Piece] = {}
        for piece in chain:
            once.setdefault(piece.text, piece)
        run = list(once.values())
        for i in range(len(run)):
            span = labels(run, i)
            if span is None:
                continue
            name = self._function(run[i])
            scope = tuple(p for p in readable(name)[0].split("::") if p) if name else ()
            yield label_set(run[slice(*span)], run, self._image.where, "native", scope)
            return
