"""Electron's asar: a JSON header with names, sizes and offsets, then the files one behind the other.

Layout: the README of electron/asar. Checksums in the header are not compared.
"""

from __future__ import annotations

import struct
from collections.abc import Generator
from typing import Any

import msgspec

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.reading import Item, NotOpened, Reading
from sousveil.unpack.source import Seekable

ABOUT = About(
    title="Electron archives",
    ends=".asar",
    reads="Every file, by the header's names.",
    limits="Files marked as unpacked lie beside the archive, in app.asar.unpacked.",
)

MOST_HEADER = 128 << 20
"""Bytes of the header that are read."""
_DEPTH = 200


def read_asar(source: Seekable, reading: Reading) -> Generator[Item | Limit]:
    """Yield the files of an archive. Raise NotOpened if it is none."""
    head = source.read(0, 16)
    if len(head) < 16:
        raise NotOpened("truncated", "the archive ends in its header")
    _, size, _, length = struct.unpack("<IIII", head)
    if length > min(size, MOST_HEADER, source.size):
        raise NotOpened("broken", f"a header of {length} bytes in {source.size}")
    try:
        top = msgspec.json.decode(source.read(16, length))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise NotOpened("broken", f"the header is no JSON: {error}") from error
    reading.opened = True
    reading.spread()
    base = 8 + size
    waiting: list[tuple[str, Any, int]] = [("", top, 0)]
    while waiting:
        path, node, depth = waiting.pop()
        files = node.get("files") if isinstance(node, dict) else None
        if isinstance(files, dict):
            if depth >= _DEPTH:
                reading.note("depth", f"folders deeper than {_DEPTH}", path)
                continue
            inner = [(f"{path}/{name}" if path else name, child, depth + 1) for name, child in files.items()]
            waiting.extend(reversed(inner))
        elif isinstance(node, dict):
            yield from _file(source, reading, path, node, base)
        yield from reading.drain()


def _file(source: Seekable, reading: Reading, path: str, node: dict[str, Any], base: int) -> Generator[Item | Limit]:
    raw = path.encode("utf-8", "surrogatepass")
    if "link" in node:
        reading.note("link", f"symbolic link to {node['link']}", path, incomplete=False)
        return
    if node.get("unpacked"):
        reading.note("outside", "lies beside the archive, in its .unpacked folder", path, incomplete=False)
        return
    size, offset = node.get("size"), node.get("offset")
    if not (
        isinstance(size, int) and isinstance(offset, str) and offset.isdecimal() and len(offset) < 20 and size >= 0
    ):
        reading.note("broken", "neither size nor offset", path)
        return
    start = base + int(offset)
    if start + size > source.size:
        reading.note("truncated", "the archive ends before the content does", path)
        size = max(0, source.size - start)
    reading.check_name(raw, path)
    reading.count(size)
    yield Item(raw, path, source.window(min(start, source.size), size))
