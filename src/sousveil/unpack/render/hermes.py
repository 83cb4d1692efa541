"""Hermes byte code, as apps made with React Native carry it: its strings apart, its lists and objects as such.

In the file the strings stand side by side without a byte between them, and share what they have in common. Layout:
Hermes' ``BCGen/HBC/BytecodeFileFormat.h`` and ``SerializedLiteralGenerator.h``, versions 73 to 96. No code is followed.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec import Struct

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.entry import Entry
from sousveil.unpack.limits import Budget
from sousveil.unpack.render.marked import cleaned, inside

ABOUT = About(
    "Hermes byte code",
    ".bundle .jsbundle .hbc",
    "The strings, the lists of strings, and the keys of constant objects, of React Native apps.",
    limits="Code: keys of an object whose values are computed stand among the strings alone. Versions above 96.",
)
MAGIC = b"\xc6\x1f\xbc\x03\xc1\x03\x19\x1f"
_VERSIONS = range(73, 97)
_BIGINTS = 87
_HEAD = 128
_FUNCTION = 16
_MOST_STRINGS = 2_000_000
_SHORT, _LONG = 255, 1 << 16
"""The length that says that the real one stands in the second table; characters of a string that are kept."""
_WIDTHS = {0: 0, 1: 0, 2: 0, 3: 8, 4: 4, 5: 2, 6: 1, 7: 4}
"""Bytes of a literal: null, true, false, a number, a string by its index in four, two or one byte, an integer."""
_STRINGS = (4, 5, 6)
_NAME = re.compile(r"[A-Za-z_$][\w$]{0,200}")


class _File(Struct):
    """Where the parts of a file begin."""

    kinds: int
    runs: int
    count: int
    table: int
    overflow: int
    storage: int
    arrays: int
    keys: int
    values: int


def render(data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield lists and objects as JavaScript, names as such, and the other strings as messages."""
    try:
        file = _parts(data)
        strings = list(_strings(data, file))
    except (struct.error, ValueError) as error:
        yield Limit(display, "not-understood", f"Hermes byte code: {error}")
        return
    lists, names, texts = _Lines(), _Lines(), _Lines()
    for at, run in _runs(data[file.arrays : file.keys], strings):
        if len(run) > 1:
            lists.put("[" + ", ".join(map(_quoted, run)) + "];", file.arrays + at)
    for at, run in _runs(data[file.keys : file.values], strings):
        fields = (text if _NAME.fullmatch(text) else f"{_quoted(text)}: 0" for text in run)
        lists.put("({" + ", ".join(fields) + "});", file.keys + at)
    for at, text, named in strings:
        if named:
            names.put(f"{_quoted(text)};", at)
        else:
            texts.put(f'msgid {_quoted(text)}\nmsgstr ""\n', at)
    for lines, name in ((lists, "literals.js"), (names, "names.js"), (texts, "strings.po")):
        if lines.size:
            budget.take_bytes(lines.size)
            yield lines.entry(inside(display, name))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


class _Lines:
    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._marks: list[tuple[int, str]] = []
        self.size = 0

    def put(self, line: str, at: int) -> None:
        line = cleaned(line)
        if line:
            raw = line.encode() + b"\n"
            self._marks.append((self.size, f"at {at:#x}"))
            self._parts.append(raw)
            self.size += len(raw)

    def entry(self, path: str) -> Entry:
        data = b"".join(self._parts)
        return Entry(path, b"", len(data), data, marks=tuple(self._marks))


def _parts(data: bytes) -> _File:
    (version,) = struct.unpack_from("<I", data, 8)
    if version not in _VERSIONS:
        raise ValueError(f"version {version}: {_VERSIONS[0]} to {_VERSIONS[-1]} are read")
    functions, kinds, names, count, long, storage = struct.unpack_from("<6I", data, 40)
    if count > _MOST_STRINGS:
        raise ValueError(f"{count} strings")
    at = 64 + (8 if version >= _BIGINTS else 0) + 8
    sizes = struct.unpack_from("<3I", data, at)
    table = _HEAD + _FUNCTION * functions + 4 * kinds + 4 * names
    overflow = table + 4 * count
    begins = overflow + 8 * long
    places = [begins]
    for size in (storage, *sizes):
        places.append(-(-(places[-1] + size) // 4) * 4)
    if places[3] > len(data) + 4:
        raise ValueError("the strings end behind the file")
    # Each buffer begins at a multiple of four; its own end is told apart by its size.
    return _File(_HEAD + _FUNCTION * functions, kinds, count, table, overflow, begins, places[1], places[2], places[3])


def _strings(data: bytes, file: _File) -> Iterator[tuple[int, str, bool]]:
    """Yield place and text of every string, and whether it is a name."""
    names: list[tuple[int, bool]] = []
    end = 0
    for at in range(file.kinds, file.kinds + 4 * file.runs, 4):
        (run,) = struct.unpack_from("<I", data, at)
        end += run & 0x7FFFFFFF
        names.append((end, run >> 31 == 1))
    which = 0
    for index in range(file.count):
        (entry,) = struct.unpack_from("<I", data, file.table + 4 * index)
        wide, offset, length = entry & 1, entry >> 1 & 0x7FFFFF, entry >> 24
        if length == _SHORT:
            offset, length = struct.unpack_from("<2I", data, file.overflow + 8 * offset)
        at = file.storage + offset
        length = min(length, _LONG)
        raw = data[at : at + (length * 2 if wide else length)]
        while which < len(names) and index >= names[which][0]:
            which += 1
        yield at, raw.decode("utf-16-le" if wide else "latin-1", "replace"), which < len(names) and names[which][1]


def _runs(buffer: bytes, strings: Sequence[tuple[int, str, bool]]) -> Iterator[tuple[int, list[str]]]:
    """Yield the runs of strings in a buffer of literals, which another literal's beginning ends."""
    at = 0
    while at < len(buffer):
        start, tag = at, buffer[at]
        kind, count = tag >> 4 & 7, tag & 15
        at += 1
        if tag & 0x80:
            if at >= len(buffer):
                return
            count = count << 8 | buffer[at]
            at += 1
        width = _WIDTHS[kind]
        end = at + width * count
        if not count or end > len(buffer):
            continue
        if kind in _STRINGS:
            numbers = [int.from_bytes(buffer[a:b], "little") for a, b in pairwise(range(at, end + 1, width))]
            run = [strings[n][1] for n in numbers if n < len(strings)]
            if run:
                yield start, run
        at = end
