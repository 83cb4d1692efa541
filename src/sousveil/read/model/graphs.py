"""Models in protobuf: TensorFlow graphs and SavedModels, Caffe weights, Core ML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct, Kind
from sousveil.read.model.protobuf import Wire
from sousveil.read.parts import Hits, Part, Word, constructs, model_parts, stray
from sousveil.read.unfinished import Unfinished

ABOUT = About(
    "TensorFlow, Caffe and Core ML models",
    ".pb .caffemodel .mlmodel",
    "Signatures with inputs and outputs, names and kinds of layers, string constants, class labels, and the "
    "description, author and user-defined metadata, by an own walk of the protobuf.",
    limits="Weights; variables beside a SavedModel.",
)
_MOST = 60_000


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield the model as a record of inputs, outputs and layers, and its lists of strings."""
    found = Hits(data, hits)
    wire = Wire(data)
    name = path.lower().rpartition(".")[2]
    if name == "mlmodel":
        language, title, words, parts = "coreml", "", *_coreml(wire)
    elif name == "caffemodel":
        language, title, words, parts = "caffe", *_caffe(wire)
    else:
        language, title, words, parts = "tensorflow", "", *_tensorflow(wire)
    uses = (f"{language} model", *(w.text for w in words if w.type.startswith(("input", "output"))))
    parts += model_parts(title, words, "graph")
    yield from constructs(found, parts, language, uses)
    yield from stray(found, language, uses)
    if wire.cut and not (words or parts):
        raise Unfinished("broken", f"{language}: the bytes are no protobuf that is known: {wire.cut}")


def _tensorflow(wire: Wire) -> tuple[list[Word], list[Part]]:
    """saved_model.proto, meta_graph.proto, graph.proto, node_def.proto, tensor.proto."""
    whole = (0, len(wire.data))
    metas = [s for s in wire.spans(whole, 2) if wire.data[s[0] : s[0] + 1] in (b"\x0a", b"\x12", b"\x1a", b"\x2a")]
    words: list[Word] = []
    parts: list[Part] = []
    graphs = [g for m in metas for g in wire.spans(m, 2)]
    for meta in metas:
        for signature in wire.spans(meta, 5):
            for index, role in ((1, "input"), (2, "output")):
                for entry in wire.spans(signature, 2, index):
                    if key := next(wire.spans(entry, 1), None):
                        words.append(wire.word(key, type=role))
    for graph in graphs or [whole]:
        nodes = [*wire.spans(graph, 1), *wire.spans(graph, 2, 1, 3)][:_MOST]
        for node in nodes:
            name, kind = next(wire.spans(node, 1), None), wire.first(node, 2)
            if name is None:
                continue
            label = kind.text if kind else ""
            role = "output" if label in ("Softmax", "Sigmoid", "LogSoftmax") else "layer"
            word = wire.word(name, type=f"{role} {label}")
            words.append(word)
            # An attribute's tensor and its string_val.
            if label in ("Const", "") and len(texts := wire.words(node, 5, 2, 8, 8)) >= 2:
                parts.append(Part(Kind.LABEL_SET, word.text, texts, "list", f"node {word.text}", word))
    return words, parts


def _caffe(wire: Wire) -> tuple[str, list[Word], list[Part]]:
    """caffe.proto: NetParameter with layer (100) or layers (2), LayerParameter's name, type, bottom, top."""
    whole = (0, len(wire.data))
    title = wire.first(whole, 1)
    words: list[Word] = [wire.word(s, type="input") for s in wire.spans(whole, 3)]
    for layer in [*wire.spans(whole, 100), *wire.spans(whole, 2)][:_MOST]:
        kind = wire.first(layer, 2)
        role = f"layer {kind.text if kind else ''}"
        output = "Softmax" in role or "Sigmoid" in role
        words += [wire.word(s, type=role) for s in wire.spans(layer, 1)]
        words += [wire.word(s, type="output" if output else role) for s in wire.spans(layer, 4)]
    return (title.text if title else ""), words, []


def _coreml(wire: Wire) -> tuple[list[Word], list[Part]]:
    whole = (0, len(wire.data))
    words: list[Word] = []
    parts: list[Part] = []
    for span in wire.spans(whole, 2):
        for index, role in ((1, "input"), (10, "output"), (50, "training input")):
            for feature in wire.spans(span, index):
                words += [wire.word(s, type=role) for s in wire.spans(feature, 1)]
                parts += [_note("shortDescription", w) for w in wire.words(feature, 2)]
        for index, key in ((1, "shortDescription"), (3, "author")):
            parts += [_note(key, w) for w in wire.words(span, 100, index)]
        for entry in wire.spans(span, 100, 100):
            entry_key, value = wire.first(entry, 1), wire.first(entry, 2)
            if value:
                parts.append(_note(entry_key.text if entry_key else "", value))
                labels = re.split(r"\s*,\s*", value.text)
                if entry_key and len(labels) >= 2 and entry_key.text.lower() in ("classes", "labels", "class_labels"):
                    parts.append(_split(wire.data, entry_key, value))
    # Wherever a StringVector of class labels lies in the model's own type: fields 100 to 111 by type, one level down.
    for number, kind, start, end in wire.fields(*whole):
        if kind != 2 or number < 200:
            continue
        for inner, inner_kind, at, stop in wire.fields(start, end):
            if inner_kind == 2 and inner in (100, 101, 50, 51) and stop - at < 1 << 20:
                labels_found = wire.words((at, stop), 1)
                if len(labels_found) >= 2 and all(w.text.isprintable() for w in labels_found[:50]):
                    parts.append(Part(Kind.LABEL_SET, "classLabels", labels_found, "list", f"field {number}.{inner}"))
    return words, parts


def _note(key: str, word: Word) -> Part:
    return Part(Kind.STATEMENT, key, [], "key-value", f"metadata {key}", word, gloss=word.text)


def _split(data: bytes, key: Word, value: Word) -> Part:
    from sousveil.read.model.onnx import listed

    return Part(Kind.LABEL_SET, key.text, listed(data, value), "list", f"metadata {key.text}", key)
