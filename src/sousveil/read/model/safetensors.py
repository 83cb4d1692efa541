"""safetensors: the JSON header with tensors' names and metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct, Kind
from sousveil.read.model.onnx import listed
from sousveil.read.parts import Hits, Part, Word, constructs, model_parts, stray
from sousveil.read.unfinished import Unfinished

ABOUT = About(
    "safetensors",
    ".safetensors",
    "The header: names and shapes of tensors and the `__metadata__` entries.",
    limits="Weights.",
)
_MOST = 100 << 20
_TENSOR = re.compile(rb"\"([^\"\\]{1,300})\"\s*:\s*\{\s*\"(?:dtype|shape|data_offsets)\"")
_ENTRY = re.compile(rb"\"([^\"\\]{1,200})\"\s*:\s*\"((?:[^\"\\]|\\.){1,1000000}+)\"")
_INNER = re.compile(rb"\\\"([^\"\\]{1,200})\\\"")


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield the tensors as layers and the metadata with the lists of labels inside it."""
    found = Hits(data, hits)
    size = int.from_bytes(data[:8], "little")
    if size > min(_MOST, len(data) - 8):
        raise Unfinished("broken", f"safetensors: offset 0: a header of {size} bytes in a file of {len(data)}")
    end = 8 + size
    layers = [_word(m, 1, "layer") for m in _TENSOR.finditer(data, 8, end)]
    parts = [*model_parts("", layers, "header")]
    at = data.find(b'"__metadata__"', 8, end)
    stop = data.find(b"}", at, end) if at >= 0 else -1
    for entry in _ENTRY.finditer(data, at + 14, end) if stop >= 0 else ():
        key, value = _word(entry, 1), _word(entry, 2)
        if key.text in ("dtype", "shape"):
            break
        words = [_word(m, 1) for m in _INNER.finditer(data, value.offset, value.offset + value.length)]
        words = words or listed(data, value)
        if len(words) >= 2:
            parts.append(Part(Kind.LABEL_SET, key.text, words, "list", f"header {key.text}", key))
        else:
            parts.append(Part(Kind.STATEMENT, key.text, [], "key-value", f"header {key.text}", value, gloss=value.text))
    uses = ("safetensors model",)
    yield from constructs(found, parts, "safetensors", uses)
    found.offsets = [o for o in found.offsets if o < end]
    yield from stray(found, "safetensors", uses)


def _word(match: re.Match[bytes], group: int, kind: str = "") -> Word:
    raw = match[group]
    return Word(raw[:4000].decode("utf-8", "replace"), match.start(group), len(raw), type=kind)
