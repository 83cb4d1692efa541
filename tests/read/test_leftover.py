"""A term that no structure holds is read as a string, or its passing over is said."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from sousveil.read import dispatch
from sousveil.read.leftover import leftover, none_read
from sousveil.read.text import decode
from sousveil.work.matching import places


def _read(name: str, data: bytes) -> dispatch.Reading:
    return dispatch.read(name, data, sorted({(h.offset, h.encoding) for h in places(name, data)[0]}))


def _said(reading: dispatch.Reading) -> str:
    return " ".join(text for c in reading.constructs for text in (c.name, c.passage.text, *(m.name for m in c.members)))


def _sample(maker: str, end: str, folder: Path) -> bytes:
    made = importlib.import_module(f"made_{maker}").samples(folder)
    return next(s.data for s in made if s.name.endswith(end))


def test_a_name_whose_offset_is_damaged_is_read_as_a_string(tmp_path: Path) -> None:
    data = _sample("pdb", "sdk.btf", tmp_path)
    name = data.index(b"\0NJ_NATION_UYGUR\0") + 1
    strings = 24 + int.from_bytes(data[16:20], "little")
    at = data.index((name - strings).to_bytes(4, "little"), 24)
    damaged = data[:at] + bytes(4) + data[at + 4 :]
    sound, read = _read("sdk.btf", data), _read("sdk.btf", damaged)
    assert not sound.limits
    assert "NJ_NATION_UYGUR" in _said(read)
    assert [limit.reason for limit in read.limits] == ["not-understood"]


def test_a_table_says_how_many_places_of_its_rows_hold_a_term(tmp_path: Path) -> None:
    read = _read("twin-card.db", _sample("databases", "twin-card.db", tmp_path))
    assert read.constructs
    assert any("rows of tables" in limit.detail for limit in read.limits)
    assert "维吾尔族" not in _said(read)


@pytest.mark.parametrize("damage", [b"\x01", b"\xff", b"\xe9"])
def test_a_stray_byte_leaves_the_rest_of_a_text_what_it_was(damage: bytes) -> None:
    text = b"x,\xe9\x80\x9a\xe9\x81\x93,\xe6\xb0\x91\xe6\x97\x8f,\xe5\xb9\xb4\xe9\xbe\x84\n1,2,3,4\n"
    broken = text[:5] + damage + text[6:]
    assert decode(broken, {"utf-8": 1}).encoding == "utf-8"
    assert "民族" in _said(_read("a.csv", broken))


@pytest.mark.parametrize("encoding", ["gb18030", "big5"])
def test_double_bytes_are_not_taken_for_damaged_utf8(encoding: str) -> None:
    data = "int a; // 民族，種族，性別\n".encode(encoding)
    assert decode(data, {encoding: 2, "utf-8": 3}).encoding == encoding


def test_a_part_of_another_name_is_not_that_name() -> None:
    reading = _read("a.csv", "民族\n".encode())
    data = "民族代码 民族_x".encode()
    assert leftover(data, [(0, "utf-8"), (data.index(b" ") + 1, "utf-8")], reading.constructs) == [
        (data.index(b" ") + 1, "utf-8")
    ]


@pytest.mark.parametrize("data", [b"race = ['asian', 'black']\n", b"x(\n'asian')\n)) race\n", b"#", b"race race"])
def test_that_nothing_was_read_is_told_as_by_what_is_left(data: bytes) -> None:
    hits = sorted({(h.offset, h.encoding) for h in places("a.py", data)[0]} | {(0, "utf-8")})
    for constructs in (dispatch.read("a.py", data, hits).constructs, ()):
        assert none_read(data, hits, constructs) == (len(leftover(data, hits, constructs)) == len(hits))
