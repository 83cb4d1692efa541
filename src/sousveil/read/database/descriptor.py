"""Protobuf descriptors: messages with their fields and enumerations with their values, as .proto would declare them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct, Kind
from sousveil.read.model.protobuf import Wire
from sousveil.read.parts import Hits, Part, Word, constructs
from sousveil.read.unfinished import Unfinished, tell

ABOUT = About(
    "Protobuf descriptors",
    ".desc .protoset .fds .binpb _pb2.py",
    "Messages with fields and their types, enumerations with values, services with methods, from descriptor sets and "
    "from the descriptors that generated Python code and compiled programs carry.",
)
# descriptor.proto: FileDescriptorProto.message_type, enum_type, service; DescriptorProto.field, nested_type, enum_type.
_TYPES = {
    1: "double",
    2: "float",
    3: "int64",
    4: "uint64",
    5: "int32",
    8: "bool",
    9: "string",
    12: "bytes",
    13: "uint32",
}
_FILE = re.compile(rb"\x0a(.)[\w./-]{1,120}\.proto", re.DOTALL)
_DEEP = 20
_MOST = 20_000


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield the declarations of a FileDescriptorSet or of one FileDescriptorProto."""
    found = Hits(data, hits)
    wire = Wire(data)
    whole = (0, len(data))
    first = _FILE.match(data)
    files = [whole] if first and first[1][0] == first.end() - 2 else list(wire.spans(whole, 1))
    parts = [part for file in files for part in declared(wire, file)]
    yield from constructs(found, parts, "proto")
    if wire.cut:
        raise Unfinished("broken", f"protobuf descriptor: {wire.cut}; the rest was read")


def declared(wire: Wire, file: tuple[int, int]) -> Iterator[Part]:
    """Yield what a FileDescriptorProto declares; at most 20,000 parts."""
    package = wire.first(file, 2)
    scope = (package.text,) if package and package.text else ()
    waiting = [(m, scope, 0) for m in wire.spans(file, 4)]
    yield from (_enum(wire, e, scope) for e in wire.spans(file, 5))
    for service in wire.spans(file, 6):
        name = wire.first(service, 1)
        for method in wire.spans(service, 2):
            yield _method(wire, method, (*scope, name.text if name else ""))
    for _ in range(_MOST):
        if not waiting:
            return
        message, inside, depth = waiting.pop()
        name = wire.first(message, 1)
        title = name.text if name else ""
        fields = [_field(wire, f) for f in wire.spans(message, 2)]
        yield Part(Kind.RECORD, title, fields, "message", f"message {title}", name, inside)
        yield from (_enum(wire, e, (*inside, title)) for e in wire.spans(message, 4))
        if depth < _DEEP:
            waiting += [(m, (*inside, title), depth + 1) for m in wire.spans(message, 3)]
    tell("cut", f"more than {_MOST:,} messages in one descriptor: the rest was not read")


def _field(wire: Wire, span: tuple[int, int]) -> Word:
    name = next(wire.spans(span, 1), (span[0], span[0]))
    declared = wire.first(span, 6)
    kind = declared.text.rpartition(".")[2] if declared else _TYPES.get(wire.number(span, 5) or 0, "")
    return wire.word(name, type=kind)


def _enum(wire: Wire, span: tuple[int, int], scope: tuple[str, ...]) -> Part:
    name = wire.first(span, 1)
    values = []
    for value in wire.spans(span, 2):
        own = next(wire.spans(value, 1), (value[0], value[0]))
        values.append(wire.word(own, value=str(wire.number(value, 2) or 0)))
    title = name.text if name else ""
    return Part(Kind.ENUMERATION, title, values, "enum", f"enum {title}", name, scope)


def _method(wire: Wire, span: tuple[int, int], scope: tuple[str, ...]) -> Part:
    name = wire.first(span, 1)
    title = name.text if name else ""
    types = [*wire.words(span, 2), *wire.words(span, 3)]
    uses = tuple(w.text.rpartition(".")[2] for w in types)
    return Part(Kind.OPERATION, title, types[:1], "method", f"method {title}", name, scope, uses)
