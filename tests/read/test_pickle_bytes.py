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
    assert read.constructs
    for c in read.constructs:
        for passage in (c.passage, *(m.passage for m in c.members)):
            "".encode(passage.encoding)  # an encoding that exists
