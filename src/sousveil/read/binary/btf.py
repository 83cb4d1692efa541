"""BTF, the kernel's type information: enumerations, structs and functions (Documentation/bpf/btf.rst)."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct
from sousveil.read.binary.typegraph import Graph, Node, Part, Span
from sousveil.read.unfinished import Unfinished
from sousveil.unpack.sections import images

ABOUT = About(
    "BTF type information",
    ".ko .bpf.o vmlinux .btf",
    "Types of Linux kernels, kernel modules and BPF programs: enumerations with values, structs with fields and types, "
    "functions with parameters.",
    limits="types that a module takes from the kernel's own BTF are not named; of CTF the names alone, as strings",
)
MOST_TYPES = 4_000_000
SECONDS = 30.0
_EXTRA = {1: 4, 3: 12, 14: 4, 17: 4}
_EACH = {4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12}
_FORMS = {2: "{} *", 9: "volatile {}", 10: "const {}", 11: "{}", 18: "{}"}


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield the constructs around ``hits``, of a raw file or of a program's ``.BTF``. Raises Unfinished."""
    if hits is not None and not hits:
        return
    places = None if hits is None else sorted({offset for offset, _ in hits})
    if data[:2] in (b"\x9f\xeb", b"\xeb\x9f"):
        yield from _graph(data, 0, len(data), "BTF").select(places)
        return
    for image in images(data):
        section = image.find(".BTF")
        if section is not None and section.size:
            start, end = section.offset, section.offset + section.size
            if places is None or any(start <= p < end for p in places):
                yield from _graph(data, start, end, ".BTF").select(places)


def _graph(data: bytes, start: int, end: int, section: str) -> Graph:
    e = "<" if data[start : start + 2] == b"\x9f\xeb" else ">"
    graph = Graph(data, "c", section)
    graph.base = start
    try:
        _, _, _, head, types, size, strings, length = struct.unpack_from(e + "HBBIIIII", data, start)
    except struct.error as error:
        raise Unfinished("broken", "BTF: the header is cut") from error
    at = start + head + types
    last = min(end, at + size)
    names = start + head + strings
    names_end = min(end, names + length)
    deadline = time.monotonic() + SECONDS

    def name(offset: int) -> Span:
        begin = names + offset
        if not offset or begin >= names_end:
            return 0, 0
        stop = data.find(b"\0", begin, min(names_end, begin + 600))
        return begin, (stop if stop >= 0 else min(names_end, begin + 600)) - begin

    number = 0
    while at + 12 <= last:
        number += 1
        if number > MOST_TYPES or (not number & 0xFFF and time.monotonic() > deadline):
            raise Unfinished("timeout", "BTF: too many types")
        called, info, to = struct.unpack_from(e + "III", data, at)
        at += 12
        kind, count = info >> 24 & 0x1F, info & 0xFFFF
        width = _EXTRA.get(kind, 0) + _EACH.get(kind, 0) * count
        if at + width > last or not 0 < kind <= 19:
            raise Unfinished("broken", f"BTF: type {number} at {at - 12 - start:#x} cannot be followed")
        graph.nodes[number] = _node(data, at, e, kind, count, bool(info >> 31), name(called), to, name)
        at += width
    for node in graph.nodes.values():
        prototype = graph.nodes.get(node.to) if node.role == "function" else None
        if prototype is not None and prototype.role == "prototype":
            node.parts, node.to = prototype.parts, prototype.to
    return graph


def _node(
    data: bytes, at: int, e: str, kind: int, count: int, signed: bool, span: Span, to: int, name: Callable[[int], Span]
) -> Node:
    if kind in (4, 5):
        rows = struct.iter_unpack(e + "III", data[at : at + 12 * count])
        return Node("record", span, [Part(name(n), t) for n, t, _ in rows], role="struct" if kind == 4 else "union")
    if kind == 6:
        rows = struct.iter_unpack(e + ("Ii" if signed else "II"), data[at : at + 8 * count])
        return Node("enum", span, [Part(name(n), 0, str(v)) for n, v in rows], role="enum")
    if kind == 19:
        rows = struct.iter_unpack(e + "III", data[at : at + 12 * count])
        wide = [(n, low | high << 32) for n, low, high in rows]
        return Node(
            "enum", span, [Part(name(n), 0, str(v - (1 << 64) if signed and v >> 63 else v)) for n, v in wide],
            role="enum",
        )  # fmt: skip
    if kind == 3:
        of, _, size = struct.unpack_from(e + "III", data, at)
        return Node("wrap", to=of, form="{}[" + str(size) + "]")
    if kind == 8:
        return Node("wrap", span, to=to, named=True)
    if kind == 12:
        return Node("function", span, to=to, role="function")
    if kind == 13:
        rows = struct.iter_unpack(e + "II", data[at : at + 8 * count])
        return Node("wrap", parts=[Part(name(n), t) for n, t in rows], to=to, form="{} ()", role="prototype")
    if kind in _FORMS:
        return Node("wrap", to=to, form=_FORMS[kind])
    return Node("plain", span, form=data[span[0] : span[0] + span[1]].decode("utf-8", "replace"))
