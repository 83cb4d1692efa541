"""Byte strings of a pickle: labels where they are a text, left alone where not, a crash never."""

from __future__ import annotations

import pickle

from sousveil.read import dispatch
from sousveil.work.matching import places


def _read(data: bytes) -> dispatch.Reading:
    return dispatch.read("model.pt", data, sorted({(h.offset, h.encoding) for h in places("model.pt", data)[0]}))


def test_labels_kept_as_bytes_are_labels() -> None:
    labels = [b"asian", b"black", b"hispanic", b"white"]
    made = {"race": labels, "idx2item": {label: i for i, label in enumerate(labels)}, "weights": b"\xff" * 900}
    for protocol in (3, 4, 5):
        read = _read(pickle.dumps(made, protocol))
        assert not read.limits
        members = [[m.name for m in c.members] for c in read.constructs]
        assert ["asian", "black", "hispanic", "white"] in members


def test_bytes_that_are_no_text_beside_a_term_are_passed_over() -> None:
    read = _read(pickle.dumps({"race": "asian, black, white", b"\xff\xfe\x00": "x", "k": [b"\x80\x81", "asian"]}, 4))
    assert ("race", ["asian", "black", "white"]) in [(c.name, [m.name for m in c.members]) for c in read.constructs]
    for c in read.constructs:
        for passage in (c.passage, *(m.passage for m in c.members)):
            "".encode(passage.encoding)  # an encoding that exists


def test_labels_in_an_array_of_joblib_are_labels_without_what_holds_them() -> None:
    def fragment(made: object) -> bytes:
        return pickle.dumps(made, 2)[2:-1]

    dtype = b"cnumpy\ndtype\nX\x02\0\0\0O8\x85R"
    labels = fragment(["asian", "black", "hispanic", "white"])
    whole = b"(K\x01K\x04\x85" + dtype + b"\x89" + labels + b"t"
    array = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85X\x01\0\0\0b\x87R" + whole + b"b."
    state = b"}(" + fragment("shape") + b"K\x04\x85" + fragment("dtype") + dtype + b"ub"
    wrapper = b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81" + state + array
    head = b"\x80\x02csklearn.preprocessing._label\nLabelEncoder\n)\x81}("
    read = _read(head + fragment("classes_") + wrapper + fragment("version") + fragment("1.7") + b"ub.")
    assert not read.limits
    assert ["asian", "black", "hispanic", "white"] in [[m.name for m in c.members] for c in read.constructs]
