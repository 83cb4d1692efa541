"""ONNX: names of inputs and outputs, metadata, string tables of the graph, class labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct, Kind
from sousveil.read.model.protobuf import Wire
from sousveil.read.parts import Hits, Part, Word, constructs, embedded, model_parts, stray, text_reader
from sousveil.read.unfinished import Unfinished, tell

ABOUT = About(
    "ONNX models",
    ".onnx .ort",
    "Names and shapes of inputs and outputs, metadata, documentation, string attributes and tensors such as class "
    "labels, by an own walk of the protobuf.",
    limits="Weights. Of the flatbuffer form `.ort` only the strings.",
)
# onnx.proto3: ModelProto, GraphProto, NodeProto, AttributeProto, ValueInfoProto, TensorProto.
_GRAPH, _METADATA = 7, 14
_NODE, _GRAPH_NAME, _INITIALIZER, _INPUT, _OUTPUT = 1, 2, 5, 11, 12
_MOST_NODES = 50_000
_TEXT = 4000


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield the model as a record of its inputs and outputs, and every list of strings in it."""
    found = Hits(data, hits)
    wire = Wire(data)
    whole = (0, len(data))
    graph = next(wire.spans(whole, _GRAPH), (0, 0))
    initial = {w.text for w in wire.words(graph, _INITIALIZER, 8)}
    inputs = [_value(wire, s, "input") for s in wire.spans(graph, _INPUT)]
    inputs = [w for w in inputs if w.text not in initial]
    outputs = [_value(wire, s, "output") for s in wire.spans(graph, _OUTPUT)]
    operators: dict[str, None] = {}
    lists: list[Part] = []
    for count, node in enumerate(wire.spans(graph, _NODE)):
        if count >= _MOST_NODES:
            break
        kind = wire.first(node, 4)
        operators[kind.text if kind else ""] = None
        name = wire.first(node, 3)
        for attribute in wire.spans(node, 5):
            strings = wire.words(attribute, 9) or wire.words(attribute, 5, 6)
            if strings:
                named = wire.first(attribute, 1)
                node_name = name.text if name else ""
                lists.append(Part(Kind.LABEL_SET, named.text if named else "", strings, "list",
                                  f"node {node_name or count}", scope=(node_name,) if node_name else ()))  # fmt: skip
    for tensor in wire.spans(graph, _INITIALIZER):
        if strings := wire.words(tensor, 6):
            named = wire.first(tensor, 8)
            lists.append(Part(Kind.LABEL_SET, named.text if named else "", strings, "list", "initializer"))
    uses = ("onnx model", *[o for o in operators if o][-20:], *(w.text for w in inputs + outputs))
    titled = wire.first(graph, _GRAPH_NAME)
    notes = wire.words(whole, 6) + wire.words(graph, 10)
    gloss = " ".join(w.text for w in notes)
    title = titled.text if titled else ""
    parts = [*model_parts(title, [*inputs, *outputs], "graph", titled, gloss), *lists]
    for note in notes:
        parts.append(Part(Kind.STATEMENT, "doc_string", [], "docstring", "documentation", note, gloss=note.text))
    yield from constructs(found, parts, "onnx", uses)
    for entry in (*wire.spans(whole, _METADATA), *wire.spans(graph, 16)):
        yield from metadata(found, wire.first(entry, 1), wire.first(entry, 2), "onnx", uses)
    yield from stray(found, "onnx", uses)
    if wire.cut:
        raise Unfinished("broken", f"ONNX: {wire.cut}; what stands before it was read")


def metadata(
    found: Hits, key: Word | None, value: Word | None, language: str, uses: Sequence[str]
) -> Iterator[Construct]:
    """Yield an entry of a model's metadata: its tree, its list of labels, or the text itself."""
    if value is None:
        return
    name = key.text if key else ""
    where = f"metadata {name}"
    if reader := text_reader(value.text):
        if reader == "source.python" and (words := literal_words(found.data, value)):
            yield from constructs(found, [Part(Kind.LABEL_SET, name, words, "list", where, key)], language, uses)
            return
        yield from embedded(found, value, reader, where, (name,), uses, language)
        return
    words = listed(found.data, value)
    if len(words) >= 2:
        yield from constructs(found, [Part(Kind.LABEL_SET, name, words, "list", where, key)], language, uses)
    else:
        end = value.offset + value.length
        if not found.all and any(value.offset + _TEXT <= offset < end for offset in found.offsets):
            tell("cut", f"{where}: a text of {value.length:,} bytes, the first {_TEXT:,} were judged")
        yield from constructs(
            found, [Part(Kind.STATEMENT, name, [], "key-value", where, value, gloss=value.text)], language, uses
        )


def listed(data: bytes, value: Word) -> list[Word]:
    """Return the entries of a text that is a list by lines or by commas, nothing where it is a sentence."""
    raw = data[value.offset : value.offset + value.length]
    mark = b"\n" if raw.strip().count(b"\n") else b","
    out: list[Word] = []
    at = value.offset
    for piece in raw.split(mark)[:100_000]:
        text = piece.strip()
        if len(text) > 60:
            return []
        if text:
            out.append(Word(text.decode("utf-8", "replace"), at + piece.find(text), len(text)))
        at += len(piece) + 1
    return out


def literal_words(data: bytes, value: Word) -> list[Word]:
    """Return the strings of a Python dictionary ``{0: 'a', 1: 'b'}`` or list as labels."""
    import re

    raw = data[value.offset : value.offset + value.length]
    if not re.match(rb"\s*[\[{]\s*(?:\d+\s*:\s*)?['\"]", raw) or b"':" in raw:
        return []
    quoted = re.finditer(rb"'([^'\\]{1,200})'|\"([^\"\\]{1,200})\"", raw[: 4 << 20])
    spans = [(m.start(m.lastindex or 0), m[m.lastindex or 0]) for m in quoted]
    return [Word(t.decode("utf-8", "replace"), value.offset + at, len(t)) for at, t in spans]


def _value(wire: Wire, span: tuple[int, int], role: str) -> Word:
    """Return a graph's input or output with its shape as type."""
    sizes = []
    for dimension in wire.spans(span, 2, 1, 2, 1):
        fixed, symbol = wire.number(dimension, 1), wire.first(dimension, 2)
        sizes.append(str(fixed) if fixed is not None else (symbol.text if symbol else "?"))
    name = next(wire.spans(span, 1), (span[0], span[0]))
    return wire.word(name, type=f"{role} [{','.join(sizes)}]")
