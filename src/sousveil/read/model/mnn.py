"""MNN: names of tensors, layers and outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct
from sousveil.read.model.flatbuffer import Buffer
from sousveil.read.parts import Hits, constructs, model_parts, stray

ABOUT = About("MNN models", ".mnn", "Names of outputs, tensors and layers.", limits="Weights.")
# schema/default/MNN.fbs: Net's oplists, outputName, tensorName; Op's name.
_OPERATORS, _OUTPUTS, _TENSORS, _NAME = 3, 4, 7, 3


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield outputs as a model's record, tensors and layers as another."""
    found = Hits(data, hits)
    buffer = Buffer(data)
    root = buffer.root()
    outputs = [w for t in buffer.tables(root, _OUTPUTS, 1000) if (w := buffer.string(t, "output"))]
    tensors = [w for t in buffer.tables(root, _TENSORS) if (w := buffer.string(t, "layer"))]
    layers = [w for t in buffer.tables(root, _OPERATORS) if (w := buffer.word(t, _NAME, "layer"))]
    uses = ("mnn model", *(w.text for w in outputs))
    parts = model_parts("", [*outputs, *tensors, *layers], "network")
    yield from constructs(found, parts, "mnn", uses)
    yield from stray(found, "mnn", uses)
    buffer.check()
