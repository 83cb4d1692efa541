"""TensorFlow Lite: inputs and outputs, signatures, metadata; labels in the zip behind it are opened by unpack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct, Kind
from sousveil.read.model.flatbuffer import Buffer
from sousveil.read.model.onnx import listed
from sousveil.read.parts import Hits, Part, Word, constructs, model_parts, stray

ABOUT = About(
    "TensorFlow Lite models",
    ".tflite .lite",
    "Names and shapes of inputs and outputs, signatures, description, the metadata with its tensors' names and "
    "descriptions, and buffers that hold texts, by an own walk of the flatbuffer.",
    limits="Weights.",
)
# schema.fbs of TensorFlow Lite, metadata_schema.fbs of TensorFlow Lite Support.
_SUBGRAPHS, _DESCRIPTION, _BUFFERS, _METADATA, _SIGNATURES = 2, 3, 4, 6, 7


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield the model as a record of inputs and outputs, its metadata, and lists of labels in its buffers."""
    found = Hits(data, hits)
    buffer = Buffer(data)
    root = buffer.root()
    words: list[Word] = []
    parts: list[Part] = []
    description = buffer.word(root, _DESCRIPTION)
    for graph in buffer.tables(root, _SUBGRAPHS, 64):
        tensors = buffer.tables(graph, 0)
        for index, role in ((1, "input"), (2, "output")):
            for number in buffer.numbers(graph, index):
                if 0 <= number < len(tensors):
                    shape = ",".join(str(n) for n in buffer.numbers(tensors[number], 0))
                    if word := buffer.word(tensors[number], 3, f"{role} [{shape}]"):
                        words.append(word)
    for signature in buffer.tables(root, _SIGNATURES, 64):
        for index, role in ((0, "input"), (1, "output")):
            for entry in buffer.tables(signature, index, 256):
                if word := buffer.word(entry, 0, role):
                    words.append(word)
    buffers = buffer.tables(root, _BUFFERS)
    for entry in buffer.tables(root, _METADATA, 256):
        name = buffer.word(entry, 0)
        number = buffer.scalar(entry, 1, "I")
        if name and name.text == "TFLITE_METADATA" and number < len(buffers):
            start, size = buffer.span(buffer.table(buffers[number], 0))
            if size:
                inner = Buffer(data, start)
                _metadata(inner, words, parts)
                buffer.why = buffer.why or inner.why
    for number, table in enumerate(buffers):
        start, size = buffer.span(buffer.table(table, 0))
        # A buffer with a term that is text: labels, a vocabulary.
        if 3 < size < 4 << 20 and not found.all and found.inside(start, start + size):
            entries = listed(data, Word("", start, size))
            if len(entries) >= 2 and all(w.text.isprintable() for w in entries[:64]):
                parts.append(Part(Kind.LABEL_SET, "", entries, "list", f"buffer {number}"))
            else:
                found.covered -= {o for o in found.offsets if start <= o < start + size}
    uses = ("tflite model", *(w.text for w in words))
    gloss = description.text if description else ""
    parts = [*model_parts("", words, "model", description, gloss), *parts]
    yield from constructs(found, parts, "tflite", uses)
    yield from stray(found, "tflite", uses)
    buffer.check()


def _metadata(inner: Buffer, words: list[Word], parts: list[Part]) -> None:
    """ModelMetadata: name, description, subgraphs' tensors with name, description and associated files."""
    root = inner.root()
    for index, role in ((0, "name"), (1, "description")):
        if word := inner.word(root, index):
            parts.append(Part(Kind.STATEMENT, role, [], "key-value", "metadata", word, gloss=word.text))
    for graph in inner.tables(root, 3, 64):
        for index, role in ((2, "input"), (3, "output")):
            for tensor in inner.tables(graph, index, 256):
                words += [w for i in (0, 1) if (w := inner.word(tensor, i, role))]
                for file in inner.tables(tensor, 6, 64):
                    words += [w for w in (inner.word(file, 0, f"{role} labels"),) if w]
