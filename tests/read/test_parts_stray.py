"""Texts of a model that no structure holds: shown, and where there are too many that is said."""

from __future__ import annotations

import pytest

from sousveil.read.parts import Hits, stray
from sousveil.read.unfinished import Unfinished


def test_each_text_is_shown_once() -> None:
    data = b"\0race labels\0\x01\x02ethnicity head\0"
    hits = Hits(data, [(data.find(b"race"), "utf-8"), (data.find(b"labels"), "utf-8"), (data.find(b"ethn"), "utf-8")])
    assert [one.passage.text for one in stray(hits, "x")] == ["race labels", "ethnicity head"]


def test_too_many_are_said_to_be_more() -> None:
    data = b"race\0" * 201
    hits = Hits(data, [(at, "utf-8") for at in range(0, len(data), 5)])
    found = []
    with pytest.raises(Unfinished, match="more than 200 texts"):
        found.extend(stray(hits, "x"))
