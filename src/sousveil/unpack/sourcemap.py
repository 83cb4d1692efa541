"""Source maps of minified JavaScript and CSS: the original sources that lie in them become artifacts.

Format: ECMA-426 (source map revision 3), flat and with sections.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.entry import Entry
from sousveil.unpack.limits import Budget, Stop
from sousveil.unpack.names import NameDecoder, shown, unsafe

ABOUT = About(
    title="Source maps",
    ends=".map .js .css",
    reads="The original sources that a minified script's map holds, inline or beside it.",
    limits="Maps that lie at an address on the network.",
)


MOST_MAP = 256 << 20
"""Bytes of a map that are read."""
MOST_SECTIONS = 10_000

CODE = (".js", ".mjs", ".cjs", ".css", ".jsx", ".ts", ".vue", ".html", ".htm")
_MARK = b"sourceMappingURL=data:"
_INLINE = re.compile(rb"sourceMappingURL=data:([\w/+.-]{0,64})((?:;[\w=-]{1,32}){0,4}),([^\s*'\"]+)")


class _Map(msgspec.Struct):
    version: Any = None
    sources: list[Any] | None = None
    sourcesContent: list[Any] | None = None
    sections: list[Any] | None = None
    sourceRoot: Any = None


def has_sourcemap(name: str, data: bytes) -> bool:
    """Return whether `sourcemaps` may find something: cheap, by the name and a few bytes."""
    low = name[-8:].lower()
    if low.endswith(".map"):
        return b'"sourcesContent"' in data
    return low.endswith(CODE) and _MARK in data


def sourcemaps(display: str, data: bytes, budget: Budget | None = None, raw: bytes = b"") -> Iterator[Entry | Limit]:
    """Yield each original source that a `.map` file, or a map inside JavaScript or CSS, holds.

    Addresses are `app.js.map!/src/x.ts`. `raw` is the raw name of the file itself. Nothing is yielded for other
    files; a map that cannot be read is a limit.
    """
    if not has_sourcemap(display, data):
        return
    count = budget or Budget()
    try:
        if display[-4:].lower() == ".map":
            yield from _sources(display, data, count, raw)
            return
        for found in _INLINE.finditer(data):
            inner = _inline(found)
            # What writes maps, or looks for them, holds the mark as well.
            if inner is not None and inner[:1] not in (b"{", b")", b"\xef"):
                continue
            if inner is None:
                yield Limit(display, "broken", "a source map inside that does not decode")
            else:
                yield from _sources(display, inner, count, raw)
    except Stop as stop:
        yield Limit(display, stop.reason, stop.detail)


def _inline(found: re.Match[bytes]) -> bytes | None:
    body = unquote_to_bytes(found[3])
    if b";base64" not in found[2]:
        return body
    try:
        return base64.b64decode(body + b"=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        return None


def _sources(display: str, data: bytes, budget: Budget, raw: bytes) -> Iterator[Entry | Limit]:
    if len(data) > MOST_MAP:
        yield Limit(display, "quota", f"a source map of {len(data)} bytes; {MOST_MAP} are read")
        return
    if data.startswith(b")]}"):  # a guard against being run as a script, allowed by the format
        data = data[data.find(b"\n") + 1 :]
    try:
        top = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_Map)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        yield Limit(display, "broken", shown(f"source map: {error}")[:200])
        return
    maps: list[tuple[_Map, str]] = []
    if top.sections is not None:
        for number, section in enumerate(top.sections[:MOST_SECTIONS]):
            inner = section.get("map") if isinstance(section, dict) else None
            if isinstance(inner, dict):
                maps.append((_Map(3, _listed(inner, "sources"), _listed(inner, "sourcesContent")), f"{number}/"))
        if len(top.sections) > MOST_SECTIONS:
            yield Limit(display, "quota", f"a source map of {len(top.sections)} sections; {MOST_SECTIONS} are read")
    maps.insert(0, (top, ""))
    names = NameDecoder()
    seen: set[str] = set()
    for one, _ in maps:
        yield from _contents(display, one, budget, raw, names, seen)


def _listed(section: dict[str, Any], key: str) -> list[Any] | None:
    value = section.get(key)
    return value if isinstance(value, list) else None


def _contents(
    display: str, one: _Map, budget: Budget, raw: bytes, names: NameDecoder, seen: set[str]
) -> Iterator[Entry | Limit]:
    sources = one.sources or []
    for number, content in enumerate(one.sourcesContent or []):
        if not isinstance(content, str):
            continue
        named = sources[number] if number < len(sources) else None
        name = named if isinstance(named, str) and named else f"[source {number}]"
        path = f"{display}!/{shown(name)}"
        why = unsafe(_without_scheme(name))
        # A source's address begins at its map, and climbs from there: the format means it so.
        if why and not why.startswith("climbs"):
            yield Limit(path, "unsafe-name", f"the name {why}", incomplete=False)
        if name in seen:
            yield Limit(path, "duplicate", "the same name again; each is read", incomplete=False)
        seen.add(name)
        data = content.encode("utf-8", "surrogatepass")
        budget.take_file()
        budget.take_bytes(len(data))
        inner = name.encode("utf-8", "surrogatepass")
        yield Entry(path=path, raw=raw + b"!/" + inner if raw else inner, size=len(data), data=data)


def _without_scheme(name: str) -> str:
    """Return a source's name without `webpack:///` and the like, which no file system takes for absolute."""
    scheme, found, rest = name.partition("://")
    return rest.lstrip("/") or "x" if found and scheme.isidentifier() else name
