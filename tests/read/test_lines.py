"""Text in which nothing is declared, or whose declaration is broken: its lines are shown, at their places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sousveil.model import Kind
from sousveil.read.dispatch import read
from sousveil.read.lines import MOST, around
from sousveil.read.text import Text
from sousveil.read.unfinished import Unfinished


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.sql", "KREATE TABEL face (nation varchar COMMENT '民族')\n"),
        ("a.php", "class Face { public $ethnicity; }\n"),
        ("a.pas", "TNation = \n  ntUygur, // 维族\n"),
        ("a.ui", "<widget class='QLabel'\n<string>民族</string>\n"),
        ("a.js", "}}} ethnicity ((( \n"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_broken_declaration_is_shown_as_lines(path: str, text: str, encoding: str) -> None:
    data = text.encode(encoding)
    hits = [(data.find(w.encode(encoding)), encoding) for w in ("民族", "ethnicity", "维族") if w in text]
    reading = read(path, data, hits)
    assert reading.constructs or reading.limits
    for one in reading.constructs:
        passage = one.passage
        assert data[passage.offset : passage.offset + passage.length].decode(encoding) == passage.text


def test_a_long_line_is_quoted_around_its_term() -> None:
    data = ("x" * 5000 + " 民族 " + "维" * 5000).encode()
    (one,) = around(Text(data, "utf-8"), [data.find("民族".encode())], "x")
    assert one.kind is Kind.STATEMENT and one.role == "line"
    assert "民族" in one.passage.text and one.passage.length < 400


def test_too_many_lines_are_said_to_be_more() -> None:
    data = b"race\n" * (MOST + 1)
    with pytest.raises(Unfinished, match="more than 200 lines") as late:
        around(Text(data, "utf-8"), range(0, len(data), 5), "x")
    assert len(late.value.constructs) == MOST


@given(st.binary(max_size=2000), st.lists(st.integers(0, 2100), max_size=40))
def test_any_bytes_have_lines_at_true_places(data: bytes, offsets: list[int]) -> None:
    text = Text(data, "utf-8")
    for one in around(text, sorted(offsets), "x"):
        raw = data[one.passage.offset : one.passage.offset + one.passage.length]
        assert raw.decode("utf-8", "backslashreplace") == one.passage.text
