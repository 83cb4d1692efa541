"""Compiled gettext catalogues: what is read of them, and that no bytes upset the reader."""

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sousveil.model import Kind
from sousveil.read.binary.mo import read_bytes
from sousveil.read.unfinished import Unfinished


def _mo(messages: dict[bytes, bytes], order: str = "<") -> bytes:
    pairs, at, tables, body = sorted(messages.items()), 28 + 16 * len(messages), b"", b""
    for column in (0, 1):
        for pair in pairs:
            tables += struct.pack(f"{order}2I", len(pair[column]), at + len(body))
            body += pair[column] + b"\0"
    return struct.pack(f"{order}7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0) + tables + body


_HEADER = b"Content-Type: text/plain; charset=GB18030\nLanguage: zh_CN\n"
_MESSAGES = {
    b"": _HEADER,
    b"FaceSearch\4Ethnicity": "民族".encode("gb18030"),
    b"Nationality": "国籍".encode("gb18030"),
    b"one face\0many faces": "人脸\0许多人脸".encode("gb18030"),
}


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_message_is_a_label_of_its_own_and_no_neighbour_of_the_next(order: str) -> None:
    data = _mo(_MESSAGES, order)
    term = "民族".encode("gb18030")
    (label,) = read_bytes(data, [(data.index(term), "gb18030")], "zh.mo")
    assert (label.kind, label.name, label.gloss, label.members) == (Kind.OPTION, "民族", "Ethnicity", ())
    assert label.scope == ("zh_CN", "FaceSearch")
    place = label.passage
    assert data[place.offset : place.offset + place.length] == term


def test_of_plural_forms_the_first_is_read() -> None:
    *_, face = read_bytes(_mo(_MESSAGES), None, "zh.mo")
    assert (face.name, face.gloss) == ("人脸", "one face")


@pytest.mark.parametrize("charset", [b"hex", b"idna", b"cp512"])
def test_a_catalogue_in_no_encoding_of_text_is_read_all_the_same(charset: bytes) -> None:
    messages = {b"": b"Content-Type: text/plain; charset=" + charset + b"\n", b"Ethnicity": "民族".encode()}
    *_, label = read_bytes(_mo(messages), None, "zh.mo")
    assert (label.name, label.gloss) == ("民族", "Ethnicity")


def test_a_count_beyond_the_file_is_told() -> None:
    data = bytearray(_mo(_MESSAGES))
    data[8:12] = b"\xff\xff\xff\x7f"
    with pytest.raises(Unfinished):
        list(read_bytes(bytes(data), None, "zh.mo"))


@given(st.integers(0, 2**32))
def test_any_damage_costs_messages_and_nothing_else(seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(_mo(_MESSAGES))
    for _ in range(chance.randint(1, 6)):
        data[chance.randrange(4, len(data))] = chance.choice([0, 255, chance.randrange(256)])
    whole = bytes(data[: chance.randint(4, len(data))])
    try:
        for construct in read_bytes(whole, None, "zh.mo"):
            place = construct.passage
            cut = whole[place.offset : place.offset + place.length]
            assert cut.decode(place.encoding, "backslashreplace") == place.text
    except Unfinished:
        pass
