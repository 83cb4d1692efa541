"""Networks as text: NCNN's .param, Caffe's prototxt, label maps and graphs of TensorFlow in pbtxt."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct, Kind
from sousveil.read.parts import Hits, Part, Word, constructs, model_parts, stray

ABOUT = About(
    "NCNN, Caffe and TensorFlow networks as text",
    ".param .prototxt .pbtxt .config.pbtxt",
    "Names of the network, its inputs, outputs and layers; label maps with their items' names as label sets.",
    limits="NCNN's binary `.param.bin`, which has no names.",
)
_ENTRY = re.compile(
    rb"\b(name|display_name|type|top|input|op|key|label_filename|string_val|class_label)\s*:\s*[\"']([^\"'\n]{1,300})[\"']"
)
_ITEM = re.compile(rb"\bitem\s*\{")
_MOST = 100_000


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield the network as a record of what goes in and comes out and of its layers."""
    found = Hits(data, hits)
    ncnn = data[:8].strip().startswith(b"7767517")
    language = "ncnn" if ncnn else "prototxt"
    title, words, labels = _ncnn(data) if ncnn else _prototxt(data)
    told = [w for w in words if not w.type.startswith("layer")]
    name = title.text if title else ""
    parts = [
        *model_parts(name, words, "network", title),
        Part(Kind.LABEL_SET, "label map" if _ITEM.search(data) else "", labels, "list", "labels"),
    ]
    kinds = dict.fromkeys(w.type.partition(" ")[2] for w in words)
    uses = (f"{language} model", *list(kinds)[-20:], *(w.text for w in told[:50]))
    yield from constructs(found, parts, language, uses)
    yield from stray(found, language, uses)


def _ncnn(data: bytes) -> tuple[Word | None, list[Word], list[Word]]:
    """A line: type, name, counts of inputs and outputs, their names, parameters."""
    words: list[Word] = []
    at = 0
    last: list[Word] = []
    for line in data.splitlines(keepends=True)[:_MOST]:
        pieces = [(m.start() + at, m.group()) for m in re.finditer(rb"\S+", line)]
        at += len(line)
        if len(pieces) < 4 or not (pieces[2][1].isdigit() and pieces[3][1].isdigit()):
            continue
        kind = pieces[0][1].decode("utf-8", "replace")
        inputs, outputs = int(pieces[2][1][:6]), int(pieces[3][1][:6])
        words.append(_word(pieces[1], f"layer {kind}"))
        tops = pieces[4 + inputs : 4 + inputs + outputs]
        last = [_word(p, f"output {kind}") for p in tops]
        if kind == "Input":
            words += [_word(p, "input") for p in tops]
        elif kind in ("Softmax", "Sigmoid"):
            words += last
    return None, words + last, []


def _prototxt(data: bytes) -> tuple[Word | None, list[Word], list[Word]]:
    words: list[Word] = []
    labels: list[Word] = []
    title: Word | None = None
    items = bool(_ITEM.search(data))
    kind = ""
    for count, entry in enumerate(_ENTRY.finditer(data)):
        if count >= _MOST:
            break
        key = entry[1]
        piece = (entry.start(2), entry[2])
        if key in (b"string_val", b"class_label") or (items and key in (b"name", b"display_name")):
            labels.append(_word(piece, ""))
        elif key == b"name" and title is None and not data[: entry.start()].count(b"{"):
            title = _word(piece, "")
        elif key in (b"type", b"op"):
            kind = entry[2].decode("utf-8", "replace")
        elif key == b"input":
            words.append(_word(piece, "input"))
        else:
            output = key == b"top" and kind in ("Softmax", "Sigmoid", "SoftmaxWithLoss")
            words.append(_word(piece, f"output {kind}" if output else f"layer {kind}"))
    return title, words, labels


def _word(piece: tuple[int, bytes], kind: str) -> Word:
    return Word(piece[1].decode("utf-8", "replace"), piece[0], len(piece[1]), type=kind)
