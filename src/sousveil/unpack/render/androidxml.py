"""Android's binary XML and resource tables as the XML they were compiled from.

Source: ``ResourceTypes.h`` of the Android Open Source Project. A layout or manifest becomes one XML file, a table one
``values-LANGUAGE/strings.xml`` for each language, so that the readers of XML read them.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.entry import Entry
from sousveil.unpack.limits import Budget, Stop
from sousveil.unpack.names import shown

ABOUT = About(
    title="Android resources",
    ends="resources.arsc AndroidManifest.xml res/layout/*.xml",
    reads="Manifests, layouts and menus with their attributes; names and texts of every language in resources.arsc.",
    limits="References between resources are not resolved; numbers, colours and styles are not read.",
)

_POOL, _TABLE, _XML, _PACKAGE, _TYPE = 1, 2, 3, 0x200, 0x201
_START, _END, _TEXT = 0x102, 0x103, 0x104
_STRING, _REFERENCE, _INTEGER, _BOOLEAN = 3, 1, 0x10, 0x12
_OTHERS = frozenset((_END, 0x100, 0x101, 0x180))
"""Namespaces and the numbers of attributes' names; an end too many."""
_TOLD = frozenset(("string", "array", "plurals"))
_MOST = 500_000
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_DEPTH = 400


class _Broken(ValueError):
    pass


class _Pool:
    """A string pool, in UTF-8 or UTF-16."""

    def __init__(self, data: bytes, at: int, size: int, odd: list[str]) -> None:
        self.data, self.end, self._odd = data, at + size, odd
        _, _, _, count, _, flags, start, _ = struct.unpack_from("<HHIIIIII", data, at)
        if count > size // 4:
            raise _Broken(f"{count} strings in {size} bytes")
        self._at = struct.unpack_from(f"<{count}I", data, at + 28)
        self._start = at + start
        self._utf8 = bool(flags & 0x100)

    def text(self, index: int) -> str:
        """Return a string; an empty one for the number that stands for none, and for what leads outside, noted."""
        if not 0 <= index < len(self._at):
            if index != 0xFFFFFFFF:
                self._odd.append(f"string {index} of {len(self._at)}")
            return ""
        at = self._start + self._at[index]
        if self._utf8:
            at, _ = self._length(at, 1)
            at, size = self._length(at, 1)
            return self._cut(at, size, 1).decode("utf-8", "replace")
        at, size = self._length(at, 2)
        return self._cut(at, 2 * size, 2).decode("utf-16-le", "replace")

    def _cut(self, at: int, size: int, unit: int) -> bytes:
        if at + size > self.end or any(self.data[at + size : at + size + unit]):
            self._odd.append(f"the string at {at} does not end where it should")
        return self.data[at : min(at + size, self.end)]

    def _length(self, at: int, unit: int) -> tuple[int, int]:
        form = "<B" if unit == 1 else "<H"
        first: int = struct.unpack_from(form, self.data, at)[0]
        half = 0x80 if unit == 1 else 0x8000
        if not first & half:
            return at + unit, first
        second: int = struct.unpack_from(form, self.data, at + unit)[0]
        return at + 2 * unit, (first & (half - 1)) << (8 * unit) | second


def render(data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield the XML, with marks that name element or resource."""
    try:
        kind, head, _ = struct.unpack_from("<HHI", data)
        odd: list[str] = []
        parts = [("text.xml", _document(data, head, odd))] if kind == _XML else _tables(data, head, odd)
        for name, (text, marks) in parts:
            raw = text.encode("utf-8", "replace")
            budget.take_file()
            budget.take_bytes(len(raw))
            yield Entry(f"{display}!/{shown(name)}", name.encode(), len(raw), raw, marks=tuple(marks))
        if odd:
            yield Limit(display, "broken", f"Android resources were read in part: {odd[0]}")
    except Stop as stop:
        yield Limit(display, stop.reason, stop.detail)
    except (struct.error, _Broken, RecursionError) as error:
        yield Limit(display, "broken", f"Android resources: {error}")


def _chunks(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield kind, start, length of the header and size of each chunk."""
    for _ in range(_MOST):
        if at + 8 > end:
            return
        kind, head, size = struct.unpack_from("<HHI", data, at)
        if size < 8 or at + size > end:
            raise _Broken(f"a part of {size} bytes at {at}, the end is at {end}")
        yield kind, at, head, size
        at += size
    raise _Broken(f"more than {_MOST:,} parts; the rest was not read")


_Rendered = tuple[str, list[tuple[int, str]]]


class _Writer:
    """Text with marks counted in UTF-8 bytes."""

    def __init__(self) -> None:
        self._parts: list[str] = ['<?xml version="1.0" encoding="utf-8"?>\n']
        self._size = len(self._parts[0])
        self.marks: list[tuple[int, str]] = []

    def add(self, text: str, mark: str = "") -> None:
        if mark:
            self.marks.append((self._size, mark))
        self._parts.append(text)
        self._size += len(text.encode("utf-8", "replace"))

    def done(self) -> _Rendered:
        return "".join(self._parts), self.marks


def _clean(text: str) -> str:
    """Return a text that XML allows."""
    return _UNFIT.sub("", text)


def _name(text: str) -> str:
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in text) or "_"


def _document(data: bytes, head: int, odd: list[str]) -> _Rendered:
    pool: _Pool | None = None
    out = _Writer()
    open_names: list[str] = []
    for kind, at, _, size in _chunks(data, head, len(data)):
        if kind == _POOL:
            pool = _Pool(data, at, size, odd)
        elif pool is None:
            odd.append("no strings before what uses them")
            continue
        elif kind == _START:
            _, name, start, width, count = struct.unpack_from("<IIHHH", data, at + 16)
            if count * width > size or len(open_names) > _DEPTH:
                raise _Broken(f"{count} attributes in {size} bytes, {len(open_names)} elements deep")
            (line,) = struct.unpack_from("<I", data, at + 8)
            element = _name(pool.text(name))
            words = [_attribute(data, at + 16 + start + n * width, pool) for n in range(count)]
            out.add("  " * len(open_names) + f"<{' '.join((element, *words))}>\n", f"<{element}> of line {line}")
            open_names.append(element)
        elif kind == _END and open_names:
            element = open_names.pop()
            out.add("  " * len(open_names) + f"</{element}>\n")
        elif kind == _TEXT:
            out.add(escape(_clean(pool.text(struct.unpack_from("<I", data, at + 16)[0]))) + "\n")
        elif kind not in _OTHERS:
            odd.append(f"a part of unknown kind {kind:#x} at {at}")
    if not out.marks:
        odd.append("no element is there")
    for element in reversed(open_names):
        out.add(f"</{element}>\n")
    return out.done()


def _attribute(data: bytes, at: int, pool: _Pool) -> str:
    space, name, raw, _, _, kind, value = struct.unpack_from("<IIIHBBI", data, at)
    prefix = "android:" if "android" in pool.text(space) else ""
    text = pool.text(raw) if raw != 0xFFFFFFFF else _value(kind, value, pool)
    return f"{prefix}{_name(pool.text(name))}={quoteattr(_clean(text))}"


def _value(kind: int, value: int, pool: _Pool) -> str:
    if kind == _STRING:
        return pool.text(value)
    if kind == _BOOLEAN:
        return "true" if value else "false"
    return f"@{value:#010x}" if kind == _REFERENCE else str(value) if kind == _INTEGER else f"{value:#x}"


def _tables(data: bytes, head: int, odd: list[str]) -> Iterator[tuple[str, _Rendered]]:
    pool: _Pool | None = None
    languages: dict[str, _Writer] = {}
    for kind, at, inner, size in _chunks(data, head, len(data)):
        if kind == _POOL and pool is None:
            pool = _Pool(data, at, size, odd)
        elif kind == _PACKAGE and pool is not None:
            types, _, keys = struct.unpack_from("<III", data, at + 268)
            names: dict[int, _Pool] = {}
            for part, place, _, length in _chunks(data, at + inner, at + size):
                if part == _POOL:
                    names[place - at] = _Pool(data, place, length, odd)
                elif part == _TYPE and types in names and keys in names:
                    _type(data, place, length, pool, names[types], names[keys], languages)
                elif part == _TYPE or not 0x202 <= part < 0x210:
                    odd.append(f"a part of kind {part:#x} at {place}")
        else:
            odd.append(f"a part of kind {kind:#x} at {at}")
    for language, out in languages.items():
        out.add("</resources>\n")
        yield f"values{language}/strings.xml", out.done()


def _type(
    data: bytes, at: int, size: int, pool: _Pool, types: _Pool, keys: _Pool, languages: dict[str, _Writer]
) -> None:
    """Add the texts of one type of resource in one language."""
    _, head, _, number, flags, _, count, start = struct.unpack_from("<HHIBBHII", data, at)
    kind = types.text(number - 1)
    if kind not in _TOLD:
        return
    raw = data[at + 28 : at + 30]
    language = raw.decode("ascii", "replace") if raw.strip(b"\0").isalpha() else ""
    width = 2 if flags & 2 else 4
    if count > size // width:
        raise _Broken(f"{count} resources in {size} bytes")
    out = languages.get(f"-{language}" if language else "")
    if out is None:
        if len(languages) >= 500:
            raise _Broken("more than 500 languages")
        out = languages[f"-{language}" if language else ""] = _Writer()
        out.add("<resources>\n")
    for index in range(count):
        (offset,) = struct.unpack_from("<H" if width == 2 else "<I", data, at + head + index * width)
        if flags & 1:
            offset = offset >> 16
        if offset == (0xFFFF if width == 2 or flags & 1 else 0xFFFFFFFF):
            continue
        place = at + start + offset * (4 if width == 2 or flags & 1 else 1)
        _, how, key = struct.unpack_from("<HHI", data, place)
        name = quoteattr(_clean(keys.text(key)))
        where = f"{kind}/{keys.text(key)}"
        if how & 8:
            continue
        if not how & 1:
            _, _, form, value = struct.unpack_from("<HBBI", data, place + 8)
            if form == _STRING:
                out.add(f"  <string name={name}>{escape(_clean(pool.text(value)))}</string>\n", where)
            continue
        (items,) = struct.unpack_from("<I", data, place + 12)
        if items * 12 > size:
            raise _Broken(f"{items} items in {size} bytes")
        element = "string-array" if kind == "array" else "plurals"
        out.add(f"  <{element} name={name}>\n", where)
        for item in range(items):
            _, _, _, form, value = struct.unpack_from("<IHBBI", data, place + 16 + 12 * item)
            out.add(f"    <item>{escape(_clean(_value(form, value, pool)))}</item>\n", where)
        out.add(f"  </{element}>\n")
