"""The serialized descriptor in Python code that protoc wrote: a literal of escaped bytes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from sousveil.about import About
from sousveil.model import Limit
from sousveil.unpack.entry import Entry
from sousveil.unpack.limits import Budget

ABOUT = About(
    "Protobuf's generated Python",
    "_pb2.py",
    "The descriptor that the module carries as a literal, as the binary descriptor it is; no code runs.",
)
_LITERAL = re.compile(rb"(?:AddSerializedFile\(\s*|serialized_pb\s*=\s*(?:_b\()?\s*)b?(?=['\"])")
_MOST = 16 << 20
_MOST_LITERALS = 16


def render(data: bytes, display: str, budget: Budget) -> Iterator[Entry | Limit]:
    """Yield each descriptor, named after its module."""
    for number, match in enumerate(_LITERAL.finditer(data)):
        if number >= _MOST_LITERALS:
            yield Limit(display, "cut", f"more than {_MOST_LITERALS} descriptors; the first were read")
            return
        start = match.end()
        quote = data[start : start + 1]
        end = start + 1
        while end < len(data) and data[end : end + 1] != quote and end - start < _MOST:
            end += 2 if data[end] == 0x5C else 1
        try:
            # A single literal of bytes: literal_eval builds the bytes and nothing else.
            raw = ast.literal_eval("b" + data[start : end + 1].decode("ascii"))
        except (ValueError, SyntaxError, UnicodeDecodeError, MemoryError, RecursionError):
            yield Limit(display, "broken", f"offset {start}: the serialized descriptor is no literal of bytes")
            continue
        path = f"{display}!/descriptor{number or ''}.desc"
        budget.take_bytes(len(raw))
        yield Entry(path, path.encode("utf-8", "surrogateescape"), len(raw), raw, marks=((0, f"offset {start}"),))
