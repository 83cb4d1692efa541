"""Compiled Lua 5.1 to 5.4 and LuaJIT: functions with their parameters' names, lists and keys of tables, strings.

Source: ``ldump.c`` and ``lundump.c`` of each version, ``lj_bcdump.h`` of LuaJIT. Nothing is loaded or run.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sousveil.about import About
from sousveil.model import Construct, Kind, Member
from sousveil.read.binary.bytestream import Cursor, Damaged
from sousveil.read.binary.managed import USES, Body, Hits, Word, passage
from sousveil.read.binary.managedbuild import Builder
from sousveil.read.unfinished import Unfinished

ABOUT = About(
    title="Compiled Lua",
    ends=".luac .lua .lc .ljbc",
    reads="Functions' constants in order as lists, parameters' names where they are kept, strings; Lua 5.1 to 5.4, "
    "LuaJIT 2.",
    limits="Code is not read: which table a string goes into is told by the order of constants alone.",
)

_DOES = re.compile(
    r"(?:predict|detect|classify|recogni[sz]e|analy[sz]e|infer|estimate|get|find|search|query)(?=[_A-Z])\w{2,60}$",
    re.IGNORECASE,
)
_DEPTH = 150
_MOST = 1 << 20


@dataclass(slots=True)
class _Function:
    strings: list[Word] = field(default_factory=list)
    parameters: list[Word] = field(default_factory=list)
    inner: list[_Function] = field(default_factory=list)
    line: int = 0


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield what of a compiled chunk holds a hit; raise Unfinished where it is not whole."""
    found = Hits(hits)
    try:
        functions = _jit(data) if data.startswith(b"\x1bLJ") else [_Chunk(data).main()]
    except (Damaged, struct.error) as error:
        raise Unfinished("broken", f"compiled Lua: {error}") from error
    builder = Builder(data, found)
    waiting = list(functions)
    while waiting:
        one = waiting.pop()
        waiting += one.inner
        words = [*one.strings, *one.parameters]
        if not found.all and not found.any(words):
            continue
        where = f"function of line {one.line}" if one.line else "chunk"
        if one.parameters and found.any(words):
            members = tuple(Member(p.text, passage(data, p, where)) for p in one.parameters)
            uses = tuple(dict.fromkeys(w.text for w in one.strings if len(w.text) <= 80))[:USES]
            place = members[0].passage
            yield Construct(Kind.OPERATION, "", place, members, role="function", language="lua", uses=uses)
        uses = tuple(dict.fromkeys(w.text for w in one.strings if len(w.text) <= 80))[:USES]
        body = Body()
        for word in one.strings:
            body.string(word)
            if _DOES.match(word.text) and found.on(word):
                # A function's name is a constant of the chunk that defines or calls it.
                place = passage(data, word, where)
                yield Construct(Kind.OPERATION, word.text, place, role="function", language="lua", uses=uses)
            else:
                body.element(word)
        body.sink("")
        yield from builder.body(where, "lua", body, (), "")


class _Chunk:
    """A chunk of PUC Lua."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        cursor = Cursor(data, 4)
        self.version = cursor.u1()
        if self.version not in (0x51, 0x52, 0x53, 0x54):
            raise Damaged(f"version {self.version:#x}")
        cursor.skip(1)
        big = False
        self.sizes = {"int": 4, "size": 8, "code": 4, "number": 8, "integer": 8}
        if self.version <= 0x52:
            big = cursor.u1() == 0
            self.sizes.update(int=cursor.u1(), size=cursor.u1(), code=cursor.u1(), number=cursor.u1())
            cursor.skip(1 if self.version == 0x51 else 7)
        else:
            cursor.skip(6)
            if self.version == 0x53:
                self.sizes.update(int=cursor.u1(), size=cursor.u1())
            self.sizes.update(code=cursor.u1(), integer=cursor.u1(), number=cursor.u1())
            big = data[cursor.at : cursor.at + 1] == b"\0"
            cursor.skip(self.sizes["integer"] + self.sizes["number"] + 1)
        if any(s not in (1, 2, 4, 8) for s in self.sizes.values()):
            raise Damaged("sizes of numbers that no machine has")
        self.cursor = Cursor(data, cursor.at, big=big)

    def main(self) -> _Function:
        """Return the outermost function."""
        return self._function(0)

    def _int(self) -> int:
        if self.version == 0x54:
            value = 0
            for _ in range(10):
                byte = self.cursor.u1()
                value = value << 7 | byte & 0x7F
                if byte & 0x80:
                    return value
            raise Damaged(f"a number longer than 10 bytes at {self.cursor.at}")
        return self._sized("int")

    def _sized(self, what: str) -> int:
        size = self.sizes[what]
        return (self.cursor.u1, self.cursor.u2, self.cursor.u4, self.cursor.u8)[size.bit_length() - 1]()

    def _string(self) -> Word | None:
        if self.version == 0x54:
            size = self._int()
        elif self.version == 0x53:
            size = self.cursor.u1()
            if size == 0xFF:
                size = self._sized("size")
        else:
            size = self._sized("size")
        if size == 0:
            return None
        # The older versions keep a zero at the end.
        kept = size if self.version <= 0x52 else size - 1
        at = self.cursor.skip(kept)
        length = size - 1
        text = self.data[at : at + min(length, 8000)].decode("utf-8", "backslashreplace")
        return Word(text, at, length)

    def _count(self) -> int:
        count = self._int()
        if count > min(_MOST, self.cursor.end - self.cursor.at):
            raise Damaged(f"{count} entries in {self.cursor.end - self.cursor.at} bytes")
        return count

    def _function(self, depth: int) -> _Function:
        if depth > _DEPTH:
            raise Damaged(f"functions nested deeper than {_DEPTH}")
        out, cursor = _Function(), self.cursor
        if self.version != 0x52:
            self._string()
        out.line = self._int()
        self._int()
        if self.version == 0x51:
            cursor.skip(1)
        parameters = cursor.u1()
        cursor.skip(2)
        cursor.skip(self._count() * self.sizes["code"])
        for _ in range(self._count()):
            self._constant(out)
        if self.version >= 0x53:
            cursor.skip(self._count() * (3 if self.version == 0x54 else 2))
        out.inner = [self._function(depth + 1) for _ in range(self._count())]
        if self.version == 0x52:
            cursor.skip(self._count() * 2)
            self._string()
        cursor.skip(self._count() * (1 if self.version == 0x54 else self.sizes["int"]))
        if self.version == 0x54:
            for _ in range(self._count()):
                self._int()
                self._int()
        for number in range(self._count()):
            name = self._string()
            self._int()
            self._int()
            if name is not None and number < parameters:
                out.parameters.append(name)
        for _ in range(self._count()):
            self._string()
        return out

    def _constant(self, out: _Function) -> None:
        kind = self.cursor.u1()
        if kind in (4, 0x14):
            word = self._string()
            if word is not None:
                out.strings.append(word)
        elif kind == 3 and self.version < 0x54:
            self.cursor.skip(self.sizes["number"])
        elif kind in (3, 0x13):
            # 5.3: 0x13 is an integer; 5.4: 3 is an integer and 0x13 a float. Both are eight bytes everywhere.
            self.cursor.skip(self.sizes["integer" if (kind == 0x13) == (self.version == 0x53) else "number"])
        elif kind == 1 and self.version < 0x54:
            self.cursor.skip(1)
        elif kind not in (0, 1, 0x11):
            raise Damaged(f"a constant of kind {kind} at {self.cursor.at - 1}")


def _bounded(count: int, part: Cursor) -> int:
    """Return a count of objects, each a byte at least. Raise Damaged where there are not as many."""
    if count > part.end - part.at:
        raise Damaged(f"{count} entries in {part.end - part.at} bytes")
    return count


def _jit(data: bytes) -> list[_Function]:
    """Return the functions of a LuaJIT dump: their strings, in order."""
    cursor = Cursor(data, 3)
    if cursor.u1() not in (1, 2):
        raise Damaged(f"LuaJIT dump of version {data[3]}")
    flags = cursor.leb(5)
    if not flags & 2:
        cursor.skip(cursor.leb(5))
    out: list[_Function] = []
    while cursor.at < cursor.end and (size := cursor.leb(5)):
        part = cursor.sub(cursor.at, size)
        cursor.skip(size)
        one = _Function()
        part.skip(3)
        upvalues = part.u1()
        objects, _, code = part.leb(5), part.leb(5), part.leb(5)
        debug = 0 if flags & 2 else part.leb(5)
        if debug:
            one.line = part.leb(5)
            part.leb(5)
        part.skip(4 * code + 2 * upvalues)
        for _ in range(_bounded(objects, part)):
            _jit_object(part, one)
        # Constants are written from the last to the first.
        one.strings.reverse()
        out.append(one)
    return out


def _jit_object(part: Cursor, one: _Function) -> None:
    kind = part.leb(5)
    if kind >= 5:
        _jit_string(part, kind - 5, one)
    elif kind == 1:
        listed, hashed = part.leb(5), part.leb(5)
        table = _Function()
        for _ in range(_bounded(listed + 2 * hashed, part)):
            inner = part.leb(5)
            if inner >= 5:
                _jit_string(part, inner - 5, table)
            elif inner == 3:
                part.leb(5)
            elif inner == 4:
                part.leb(5)
                part.leb(5)
        if table.strings:
            one.inner.append(table)
    elif kind in (2, 3):
        part.leb(5)
        part.leb(5)
    elif kind == 4:
        for _ in range(4):
            part.leb(5)


def _jit_string(part: Cursor, size: int, one: _Function) -> None:
    at = part.skip(size)
    one.strings.append(Word(part.data[at : at + min(size, 8000)].decode("utf-8", "backslashreplace"), at, size))


def spans(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield where strings stand; the whole file where it cannot be told."""
    try:
        waiting = _jit(data) if data.startswith(b"\x1bLJ") else [_Chunk(data).main()]
    except (Damaged, struct.error):
        yield 0, len(data)
        return
    while waiting:
        one = waiting.pop()
        waiting += one.inner
        for word in (*one.strings, *one.parameters):
            yield word.offset, word.offset + word.length
