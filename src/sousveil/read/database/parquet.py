"""Parquet: the schema and the metadata of the footer; a row is never read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct, Kind
from sousveil.read.model.onnx import metadata
from sousveil.read.parts import Hits, Part, Word, constructs
from sousveil.read.unfinished import Unfinished

ABOUT = About(
    "Parquet",
    ".parquet .pq",
    "Column names and types, the number of rows, and key-value metadata (classes of a data set, a frame's columns), "
    "by an own reader of the footer.",
    limits="Values: neither pages nor statistics.",
)
LEFT_OUT = "rows of tables, and what is damaged"
_MOST = 2_000_000
_TYPES = ("boolean", "int32", "int64", "int96", "float", "double", "byte array", "fixed")


class _Bad(ValueError):
    pass


class _Compact:
    """Apache Thrift's compact protocol."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data, self.at, self.end = data, at, end
        self.left = _MOST

    def byte(self) -> int:
        """Return the next byte."""
        self.left -= 1
        if self.at >= self.end or self.left < 0:
            raise _Bad(f"offset {self.at}: the footer ends early")
        self.at += 1
        return self.data[self.at - 1]

    def varint(self) -> int:
        """Return the next unsigned number."""
        value = 0
        for shift in range(0, 70, 7):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise _Bad(f"offset {self.at}: a number too long")

    def zigzag(self) -> int:
        """Return the next signed number."""
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def binary(self) -> Word:
        """Return the next string."""
        size = self.varint()
        start = self.at
        if size > self.end - start:
            raise _Bad(f"offset {start}: a text of {size} bytes")
        self.at += size
        return Word(self.data[start : start + min(size, 4000)].decode("utf-8", "replace"), start, size)

    def fields(self) -> Iterator[tuple[int, int]]:
        """Yield (id, type) of a struct's fields; whoever asks for the next one has taken the value."""
        number = 0
        while True:
            head = self.byte()
            if head == 0:
                return
            number = number + (head >> 4) if head >> 4 else self.zigzag()
            yield number, head & 15

    def items(self) -> tuple[int, int]:
        """Return how many items of which type a list has."""
        head = self.byte()
        size = head >> 4
        size = self.varint() if size == 15 else size
        return min(size, _MOST), head & 15

    def skip(self, kind: int, depth: int = 0) -> None:
        """Step over a value."""
        if depth > 32:
            raise _Bad(f"offset {self.at}: too deep")
        if kind == 3:
            self.byte()
        elif kind in (4, 5, 6):
            self.varint()
        elif kind == 7:
            self.at += 8
        elif kind == 8:
            self.binary()
        elif kind in (9, 10):
            count, inner = self.items()
            for _ in range(count):
                if inner in (1, 2):
                    self.byte()
                else:
                    self.skip(inner, depth + 1)
        elif kind == 11:
            count = self.varint()
            kinds = self.byte() if count else 0
            for _ in range(min(count, _MOST)):
                self.skip(kinds >> 4, depth + 1)
                self.skip(kinds & 15, depth + 1)
        elif kind == 12:
            for _, inner in self.fields():
                self.skip(inner, depth + 1)
        elif kind not in (1, 2):
            raise _Bad(f"offset {self.at}: an unknown type {kind}")


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield the schema as a record, and what the metadata holds."""
    found = Hits(data, hits)
    size = int.from_bytes(data[-8:-4], "little")
    if data[-4:] != b"PAR1" or size > len(data) - 12:
        kind = "encrypted" if data[-4:] == b"PARE" else "broken"
        raise Unfinished(kind, f"Parquet: offset {max(0, len(data) - 8)}: no PAR1 behind a footer")
    reader = _Compact(data, len(data) - 8 - size, len(data) - 8)
    columns: list[Word] = []
    name = ""
    rows = 0
    facts: list[tuple[Word, Word]] = []
    why = ""
    try:
        for number, code in reader.fields():
            if number == 2 and code == 9:
                for i in range(reader.items()[0]):
                    word = _element(reader)
                    if i:
                        columns.append(word)
                    else:
                        name = word.text
            elif number == 3 and code in (4, 5, 6):
                rows = reader.zigzag()
            elif number == 5 and code == 9:
                for _ in range(reader.items()[0]):
                    facts.append(_pair(reader))
            else:
                reader.skip(code)
    except _Bad as error:
        why = str(error)
    name = "" if name in ("root", "schema", "spark_schema", "hive_schema", "duckdb_schema", "m") else name
    parts = [Part(Kind.RECORD, name, columns, "columns", f"schema, {rows} rows")]
    yield from constructs(found, parts, "parquet")
    for key, value in facts:
        if key.text not in ("ARROW:schema", "pandas"):
            yield from metadata(found, key, value, "parquet", ())
    if why:
        raise Unfinished("broken", f"Parquet: {why}")


def _element(reader: _Compact) -> Word:
    """SchemaElement: type 1, name 4."""
    word, kind_name = Word("", reader.at, 0), ""
    for number, kind in reader.fields():
        if number == 1 and kind == 5:
            value = reader.zigzag()
            kind_name = _TYPES[value] if 0 <= value < len(_TYPES) else ""
        elif number == 4 and kind == 8:
            word = reader.binary()
        else:
            reader.skip(kind)
    return Word(word.text, word.offset, word.length, type=kind_name)


def _pair(reader: _Compact) -> tuple[Word, Word]:
    """KeyValue: key 1, value 2."""
    key = value = Word("", reader.at, 0)
    for number, kind in reader.fields():
        if kind == 8 and number == 1:
            key = reader.binary()
        elif kind == 8 and number == 2:
            value = reader.binary()
        else:
            reader.skip(kind)
    return key, value
