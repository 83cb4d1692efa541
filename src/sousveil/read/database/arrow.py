"""Arrow files, Feather 2 and Arrow streams: the schema; a row is never read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct, Kind
from sousveil.read.model.flatbuffer import Buffer
from sousveil.read.model.onnx import metadata
from sousveil.read.parts import Hits, Part, Word, constructs
from sousveil.read.unfinished import Unfinished

ABOUT = About(
    "Arrow and Feather",
    ".arrow .feather .arrows .ipc",
    "Column names and the schema's metadata, such as the classes of a data set.",
    limits="Values; the first version of Feather.",
)
LEFT_OUT = "rows of tables, and what is damaged"
_MAGIC = b"ARROW1"


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield the schema as a record (Schema.fbs, File.fbs, Message.fbs)."""
    found = Hits(data, hits)
    if data.startswith(_MAGIC):
        size = int.from_bytes(data[-10:-6], "little")
        if not data.endswith(_MAGIC) or size > len(data) - 18:
            raise Unfinished("broken", f"Arrow: offset {max(0, len(data) - 6)}: no ARROW1 behind a footer")
        buffer = Buffer(data, len(data) - 10 - size)
        schema = buffer.table(buffer.root(), 1)
    else:
        # A stream: a continuation mark, the message's size, the message.
        buffer = Buffer(data, 8)
        schema = buffer.table(buffer.root(), 2)
    columns: list[Word] = []
    waiting = buffer.tables(schema, 1, 10_000)[::-1]
    while waiting and len(columns) < 20_000:
        column = waiting.pop()
        if word := buffer.word(column, 0):
            columns.append(word)
        waiting += buffer.tables(column, 5, 1000)[::-1]
    yield from constructs(found, [Part(Kind.RECORD, "", columns, "columns", "schema")], "arrow")
    for entry in buffer.tables(schema, 2, 1000):
        key, value = buffer.word(entry, 0), buffer.word(entry, 1)
        if key and key.text != "pandas":
            yield from metadata(found, key, value, "arrow", ())
    buffer.check()
