"""GGUF: the header's keys, texts and lists, and tensors' names."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct, Kind
from sousveil.read.model.onnx import metadata
from sousveil.read.parts import Hits, Part, Word, constructs
from sousveil.read.unfinished import Unfinished

ABOUT = About(
    "GGUF", ".gguf", "Keys and texts of the header, lists of strings such as class labels, names of tensors.",
    limits="Weights.",
)  # fmt: skip
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_STRING, _ARRAY = 8, 9
_MOST = 2_000_000


class _Short(ValueError):
    pass


class _Header:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 24
        self.left = _MOST
        version = struct.unpack_from("<I", data, 4)[0] if len(data) >= 8 else 0
        self.wide = version != 1
        self.counts = struct.unpack_from("<QQ", data, 8) if len(data) >= 24 else (0, 0)

    def number(self, code: str) -> int:
        """Return the next number."""
        size = struct.calcsize(code)
        self.left -= 1
        if self.at + size > len(self.data) or self.left < 0:
            raise _Short(f"offset {self.at}")
        value = int(struct.unpack_from("<" + code, self.data, self.at)[0])
        self.at += size
        return value

    def string(self) -> Word:
        """Return the next string."""
        size = self.number("Q")
        start = self.at
        if size > len(self.data) - start:
            raise _Short(f"offset {start}: a text of {size} bytes")
        self.at += size
        return Word(self.data[start : start + min(size, 4000)].decode("utf-8", "replace"), start, size)

    def value(self, kind: int) -> list[Word]:
        """Step over a value and return its strings."""
        if kind == _STRING:
            return [self.string()]
        if kind == _ARRAY:
            inner, count = self.number("I"), self.number("Q")
            if inner == _STRING:
                return [self.string() for _ in range(min(count, _MOST))]
            self._skip(_SIZES.get(inner, 0), count)
            return []
        self._skip(_SIZES.get(kind, 0), 1)
        return []

    def _skip(self, size: int, count: int) -> None:
        if not size or size * count > len(self.data) - self.at:
            raise _Short(f"offset {self.at}: an unknown or too long value")
        self.at += size * count


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield texts and lists of the header, and the tensors' names as a record."""
    found = Hits(data, hits)
    header = _Header(data)
    texts: list[tuple[Word, Word]] = []
    parts: list[Part] = []
    why = ""
    try:
        for _ in range(header.counts[1]):
            key = header.string()
            kind = header.number("I")
            words = header.value(kind)
            if kind == _STRING:
                texts.append((key, words[0]))
            elif words:
                parts.append(Part(Kind.LABEL_SET, key.text, words, "list", f"key {key.text}", key))
        tensors: list[Word] = []
        for _ in range(header.counts[0]):
            tensors.append(header.string())
            for _ in range(header.number("I")):
                header.number("Q")
            header.number("I")
            header.number("Q")
        parts.append(Part(Kind.RECORD, "tensors", tensors, "layers", "tensors"))
    except _Short as error:
        why = str(error)
    uses = ("gguf model", *(v.text for k, v in texts if k.text in ("general.name", "general.architecture")))
    for key, value in texts:
        yield from metadata(found, key, value, "gguf", uses)
    yield from constructs(found, parts, "gguf", uses)
    if why:
        raise Unfinished("broken", f"GGUF: the header ends early: {why}")
