"""dBase tables: columns and the number of rows; the values of small look-up tables, never of people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct, Kind
from sousveil.read.parts import Hits, Part, Word, constructs, of_people
from sousveil.read.unfinished import Unfinished

ABOUT = About(
    "dBase tables",
    ".dbf",
    "Column names and types, the number of rows, and the text columns of look-up tables of at most 200 rows.",
    limits="Rows of larger tables and of tables that may list people; memo files.",
)
LEFT_OUT = "rows of tables, and what is damaged"
_SMALL = 200


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield the columns as a record and, of a small look-up table, each column's values."""
    found = Hits(data, hits)
    rows, header, width = (int.from_bytes(data[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12)))
    if header > len(data) or header < 33:
        raise Unfinished("broken", f"dBase: offset 8: a header of {header} bytes, the file has {len(data)}")
    votes = Counter(encoding for _, encoding in hits or ())
    encoding = votes.most_common(1)[0][0] if votes else "utf-8"
    columns: list[Word] = []
    spans: list[tuple[int, int]] = []
    at, inside = 32, 1
    while at + 32 <= header and data[at] != 0x0D:
        raw = data[at : at + 11].split(b"\0")[0]
        kind, length = chr(data[at + 11]), data[at + 16]
        columns.append(Word(raw.decode(encoding, "replace"), at, len(raw), encoding, kind))
        spans.append((inside, length if kind == "C" else 0))
        inside += length
        at += 32
    name = path.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]
    parts = [Part(Kind.RECORD, name, columns, "columns", f"columns, {rows} rows")]
    if rows <= _SMALL and width and not of_people(c.text for c in columns):
        for column, (start, length) in zip(columns, spans, strict=True):
            values: dict[str, Word] = {}
            for row in range(rows if length else 0):
                begin = header + row * width + start
                raw = data[begin : begin + length].rstrip(b" \0")
                word = Word(raw.decode(encoding, "replace"), begin, len(raw), encoding)
                values.setdefault(word.text, word)
            if len(values) > 1:
                parts.append(Part(Kind.LABEL_SET, column.text, [*values.values()], "list", "rows", column, (name,)))
    yield from constructs(found, parts, "dbf")
