"""Texts of .NET resources: named, at their places."""

from __future__ import annotations

import base64

import pytest

from sousveil.read.binary import netresources
from sousveil.read.binary.bytestream import Damaged
from sousveil.read.unfinished import told

# Written by System.Resources.ResourceWriter: two texts and a number.
DATA = base64.b64decode(
    """
zsrvvgEAAACRAAAAbFN5c3RlbS5SZXNvdXJjZXMuUmVzb3VyY2VSZWFkZXIsIG1zY29ybGliLCBWZXJzaW9uPTQuMC4wLjAsIEN1bHR1cmU9bmV1dHJh
bCwgUHVibGljS2V5VG9rZW49Yjc3YTVjNTYxOTM0ZTA4OSNTeXN0ZW0uUmVzb3VyY2VzLlJ1bnRpbWVSZXNvdXJjZVNldAIAAAADAAAAAAAAAFBBRFBB
RFB98cWyy7UCAIUAlQ0AAAAAOgAAACsAAAANAQAAJkYAYQBjAGUARgBpAGwAdABlAHIARQB0AGgAbgBpAGMAaQB0AHkAAAAAAApUAGkAdABsAGUAIwAA
AAJuACoAAAABIVNlYXJjaCBmYWNlcyBieSBldGhuaWNpdHk6IOe7tOaXjwEFSGVsbG8IBQAAAA==
"""
)


def test_texts_are_named_and_stand_where_they_say() -> None:
    found = list(netresources.texts(DATA, 0, len(DATA)))
    assert {t.name.text: t.value.text for t in found} == {
        "FaceFilterEthnicity": "Search faces by ethnicity: 维族",
        "Title": "Hello",
    }
    for word in (w for text in found for w in text):
        assert DATA[word.offset : word.offset + word.length].decode(word.encoding) == word.text


def test_what_ends_early_is_damaged_or_shorter() -> None:
    for end in range(4, len(DATA)):
        try:
            assert len(list(netresources.texts(DATA, 0, end))) <= 2
        except Damaged:
            continue
    with pytest.raises(Damaged):
        list(netresources.texts(DATA[:24] + b"\xff" * 60, 0, 84))


def test_more_texts_than_are_read_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told()
    monkeypatch.setattr(netresources, "_MOST", 1)
    assert len(list(netresources.texts(DATA, 0, len(DATA)))) == 1
    assert told() == [("cut", "3 resources: the first 1 were read")]
