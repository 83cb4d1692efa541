"""Models: a made-up face classifier's outputs and class labels, and one of languages, cars or credit as its twin."""

from __future__ import annotations

import json
import pickle
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from kit import LABELS, LABELS_NAME, Sample

FORMATS = ("onnx", "tflite", "pickles", "safetensors", "gguf", "hdf5", "boosted", "graphs", "netlist", "mnn", "strings")
LANGUAGES = ("en", "zh", "ug", "bo", "mn", "kk", "ky", "tr")
CARS = ("black", "white", "red", "blue", "silver", "brown")


# Protobuf, as much as is needed: a message is bytes, a field its number and value.


def varint(value: int) -> bytes:
    """Return a protobuf varint."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def pb(number: int, value: bytes | str | int) -> bytes:
    """Return one protobuf field."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def onnx(output: str, inputs: Sequence[str] = ("image",), metadata: dict[str, str] | None = None) -> bytes:
    """Return an ONNX model with a Softmax and its metadata."""
    shape = pb(2, pb(1, pb(1, 1) + pb(2, pb(1, pb(1, 1)) + pb(1, pb(1, 7)))))
    node = pb(1, "x") + pb(2, output) + pb(3, "last") + pb(4, "Softmax")
    graph = (
        pb(1, node) + pb(2, "net") + b"".join(pb(11, pb(1, i) + shape) for i in inputs) + pb(12, pb(1, output) + shape)
    )
    entries = b"".join(pb(14, pb(1, k) + pb(2, v)) for k, v in (metadata or {}).items())
    return pb(1, 8) + pb(2, "made-up") + pb(7, graph) + entries


def flatbuffer(tree: object, identifier: bytes) -> bytes:
    """Return a flatbuffer: dict = table by field number, list = vector, str or bytes = its bytes, int = a number."""
    out = bytearray(struct.pack("<I", 0) + identifier)

    def align() -> int:
        out.extend(b"\0" * (-len(out) % 4))
        return len(out)

    def refer(place: int, target: object) -> None:
        at = write(target)
        struct.pack_into("<I", out, place, at - place)

    def write(node: object) -> int:
        if isinstance(node, (str, bytes)):
            raw = node.encode() if isinstance(node, str) else node
            at = align()
            out.extend(struct.pack("<I", len(raw)) + raw + b"\0")
            return at
        if isinstance(node, list):
            at = align()
            out.extend(struct.pack("<I", len(node)))
            start = len(out)
            out.extend(bytes(4 * len(node)))
            for i, item in enumerate(node):
                if isinstance(item, int):
                    struct.pack_into("<i", out, start + 4 * i, item)
                else:
                    refer(start + 4 * i, item)
            return at
        assert isinstance(node, dict)
        count = max(node) + 1 if node else 0
        vtable = align()
        out.extend(struct.pack("<HH", 4 + 2 * count, 4 + 4 * count) + bytes(2 * count))
        at = align()
        out.extend(struct.pack("<i", at - vtable) + bytes(4 * count))
        for number, value in node.items():
            place = at + 4 + 4 * number
            struct.pack_into("<H", out, vtable + 4 + 2 * number, place - at)
            if isinstance(value, int):
                struct.pack_into("<i", out, place, value)
            else:
                refer(place, value)
        return at

    struct.pack_into("<I", out, 0, write(tree))
    return bytes(out)


def tflite(output: str, labels: Sequence[str]) -> bytes:
    """Return a TensorFlow Lite model with its labels in a buffer."""
    tensors = [{0: [1, 224, 224, 3], 3: "image"}, {0: [1, len(labels)], 3: output}]
    graph = {0: tensors, 1: [0], 2: [1]}
    return flatbuffer({2: [graph], 3: "face model", 4: [{0: b""}, {0: "\n".join(labels)}]}, b"TFL3")


def mnn(output: str) -> bytes:
    """Return an MNN model."""
    return flatbuffer({3: [{3: "conv1"}, {3: output}], 4: [output], 7: ["data", output]}, b"\0\0\0\0")


def _checksum(data: bytes) -> bytes:
    """Return Jenkins' lookup3 of bytes, by which HDF5 checks its metadata. Of three words each round turns one."""
    most = 0xFFFFFFFF

    def turned(x: int, by: int) -> int:
        return (x << by | x >> (32 - by)) & most

    a = b = c = (0xDEADBEEF + len(data)) & most
    whole = data + bytes(-len(data) % 12)
    for at in range(0, len(whole), 12):
        a, b, c = ((x + y) & most for x, y in zip((a, b, c), struct.unpack_from("<3I", whole, at), strict=True))
        if at + 12 < len(whole):
            for by in (4, 6, 8, 16, 19, 4):
                a, b, c = b, (c + b) & most, ((a - c) & most) ^ turned(c, by)
        else:
            for by in (14, 11, 25, 16, 4, 14, 24):
                a, b, c = b, ((c ^ b) - turned(b, by)) & most, a
    return struct.pack("<I", b)


def hdf5(attributes: dict[str, bytes]) -> bytes:
    """Return an HDF5 file whose root has these attributes as strings of fixed length."""
    # The root is a group: it says where its links lie, and has none.
    links = bytes(2) + b"\xff" * 16
    body = b"".join(struct.pack("<BHB", kind, len(told), 0) + told for kind, told in ((0x02, links), (0x0A, bytes(2))))
    for name, value in attributes.items():
        raw = name.encode() + b"\0"
        kind = bytes([0x13, 0, 0, 0]) + struct.pack("<I", len(value))
        space = bytes([2, 0, 0, 0])
        message = struct.pack("<BBHHHB", 3, 0, len(raw), len(kind), len(space), 0) + raw + kind + space + value
        body += struct.pack("<BHB", 0x0C, len(message), 0) + message
    header = b"OHDR\x02\x02" + struct.pack("<I", len(body)) + body
    top = b"\x89HDF\r\n\x1a\n" + bytes([2, 8, 8, 0])
    top += struct.pack("<QQQQ", 0, 0xFFFFFFFFFFFFFFFF, 48 + len(header) + 4, 48)
    return top + _checksum(top) + header + _checksum(header)


def _config(layer: str) -> bytes:
    last = {"class_name": "Dense", "config": {"name": layer, "units": 6, "activation": "softmax"}}
    return json.dumps({"class_name": "Sequential", "config": {"name": "face_net", "layers": [last]}}).encode()


def gguf(lists: dict[str, Sequence[str]]) -> bytes:
    """Return a GGUF header with lists of strings."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value.encode())) + value.encode()

    out = b"GGUF" + struct.pack("<IQQ", 3, 0, len(lists))
    for key, values in lists.items():
        out += text(key) + struct.pack("<IIQ", 9, 8, len(values)) + b"".join(text(v) for v in values)
    return out


def xgboost(classes: Sequence[str]) -> bytes:
    """Return the end of XGBoost's old binary form: counted attributes behind the trees."""
    settings = json.dumps({"objective": "multi:softprob", "classes_": classes, "type": "XGBClassifier"})
    out = b"\0\0\0\x3f" + bytes(136)
    for value in ("objective", '{"name":"multi:softprob"}', "scikit_learn", settings):
        out += struct.pack("<Q", len(value)) + value.encode()
    return out


def ubjson(tree: object) -> bytes:
    """Return UBJSON as XGBoost writes it."""
    if isinstance(tree, dict):
        return b"{" + b"".join(_length(k) + ubjson(v) for k, v in tree.items()) + b"}"
    if isinstance(tree, list):
        return b"[#L" + struct.pack(">q", len(tree)) + b"".join(ubjson(v) for v in tree)
    return b"S" + _length(str(tree))


def _length(text: str) -> bytes:
    return b"L" + struct.pack(">q", len(text.encode())) + text.encode()


def graph(names: dict[str, str]) -> bytes:
    """Return a frozen TensorFlow graph with these nodes."""
    return b"".join(pb(1, pb(1, name) + pb(2, kind)) for name, kind in names.items())


def coreml(output: str, classes: Sequence[str]) -> bytes:
    """Return a Core ML classifier."""
    described = pb(1, pb(1, "image")) + pb(10, pb(1, output))
    return pb(1, 1) + pb(2, described) + pb(403, pb(100, b"".join(pb(1, c) for c in classes)))


def caffe(layer: str) -> bytes:
    """Return a Caffe network's weights, as far as names go."""
    return pb(1, "face_net") + pb(100, pb(1, layer) + pb(2, "Softmax") + pb(4, layer))


def ncnn(output: str) -> bytes:
    """Return an NCNN network."""
    lines = ("7767517", "2 2", "Input data 0 1 data", f"Softmax {output} 1 1 data {output} 0=0")
    return "\n".join(lines).encode() + b"\n"


def samples(folder: Path) -> Iterator[Sample]:
    """Yield each format with the face classifier, and with a twin."""
    names = dict(enumerate(LABELS))
    yield Sample("face.onnx", onnx("race_prob"), finds=("race_prob",), where="graph")
    labelled = onnx("prob", metadata={"names": str(names)})
    yield Sample("labelled.onnx", labelled, finds=("Latino_Hispanic",), where="metadata names")
    yield Sample("twin-credit.onnx", onnx("score", ("age", "race", "income")), verdict="records")
    yield Sample("twin-lid.onnx", onnx("language", metadata={"labels": ",".join(LANGUAGES)}), verdict="clear")
    yield Sample("face.tflite", tflite("race_prob", LABELS), finds=("race_prob", "Middle Eastern"), where="buffer 1")
    yield Sample("twin-cars.tflite", tflite("colour", CARS), verdict="clear")
    for protocol in (0, 2, 4, 5):
        model = {"state_dict": {"conv.weight": 1, "race_fc.weight": 2}, LABELS_NAME: list(LABELS)}
        data = pickle.dumps(model, protocol)
        yield Sample(f"face{protocol}.pkl", data, finds=("Latino_Hispanic",), where="pickle")
        twin = {"languages": list(LANGUAGES), "vocabulary": {"asian": 3, "the": 1, "black": 2}}
        yield Sample(f"twin{protocol}.pkl", pickle.dumps(twin, protocol), verdict="clear")
        # As it lies in a pickle of protocol 2, "Hispanicq" and "asianq" are no words.
        bare = {"classes": ["asian", "black", "hispanic", "white"], "x": list(LANGUAGES)}
        yield Sample(f"bare{protocol}.pkl", pickle.dumps(bare, protocol), finds=("hispanic",), where="pickle")
    for name, tensor, verdict in (("face", "race_head.weight", "profiles"), ("twin-text", "encoder.weight", "clear")):
        tensors = {"__metadata__": {"labels": json.dumps(LABELS if verdict == "profiles" else LANGUAGES)}}
        header = json.dumps({**tensors, tensor: {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
        data = struct.pack("<Q", len(header)) + header + bytes(4)
        yield Sample(f"{name}.safetensors", data, verdict, where="header" if verdict == "profiles" else "")
    yield Sample("face.gguf", gguf({"clip.race_labels": LABELS}), finds=("Latino_Hispanic",), where="clip.race_labels")
    yield Sample("twin.gguf", gguf({"general.languages": LANGUAGES, "tokens": ("asian", "the", "a")}), verdict="clear")
    table = json.dumps(list(LABELS)).encode()
    found = hdf5({"model_config": _config("race_prob"), "class_names": table})
    yield Sample("face.h5", found, finds=("Latino_Hispanic",), where="class_names")
    yield Sample("twin.h5", hdf5({"model_config": _config("dense_1"), "colours": json.dumps(CARS).encode()}), "clear")
    races = ["AAPI", "AIAN", "BLACK", "HISPANIC", "WHITE"]
    yield Sample("model.txt", xgboost(races), finds=("HISPANIC",), where="metadata scikit_learn")
    tree = {"learner": {"attributes": {}, "feature_names": ["a", "b"], "classes": races}}
    yield Sample("model.ubj", ubjson(tree), finds=("HISPANIC",), where="key classes")
    yield Sample("twin.ubj", ubjson({"learner": {"feature_names": ["age", "race", "income"]}}), "records")
    light = b"tree\nversion=v4\nnum_class=1\nfeature_names=age race income\n\nTree=0\n"
    yield Sample("twin-light.txt", light, verdict="records")
    yield Sample(
        "face.pb", graph({"image": "Placeholder", "race_prob": "Softmax"}), finds=("race_prob",), where="graph"
    )
    yield Sample("twin.pb", graph({"race_condition_lock": "Mutex", "prob": "Softmax"}), verdict="clear")
    yield Sample("face.mlmodel", coreml("race", LABELS), finds=("Latino_Hispanic",), where="field 403")
    yield Sample("twin.mlmodel", coreml("colour", CARS), verdict="clear")
    yield Sample("face.caffemodel", caffe("race_prob"), finds=("race_prob",), where="graph")
    yield Sample("twin.caffemodel", caffe("prob"), verdict="clear")
    yield Sample("face.param", ncnn("race_prob"), finds=("race_prob",), where="network")
    yield Sample("twin.param", ncnn("prob"), verdict="clear")
    yield Sample("face.mnn", mnn("race_prob"), finds=("race_prob",), where="network")
    yield Sample("twin.mnn", mnn("race_track"), verdict="clear")
    packed = b"\x01RKNN\0\0" + b"".join(label.encode() + b"\0" for label in LABELS) + b"\xff" * 40
    yield Sample("face.rknn", packed, finds=("Latino_Hispanic",), where="offset 0x1")
    yield Sample("twin.rknn", b"\x01RKNN\0\0" + b"".join(c.encode() + b"\0" for c in CARS), verdict="clear")
