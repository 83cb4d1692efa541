"""Where packed parts begin comes out of the search for terms, and is what a search for that alone finds."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from sousveil import beginnings
from sousveil.unpack import search_by
from sousveil.unpack.beginnings import beginnings as begin
from sousveil.unpack.literals import Literals

if TYPE_CHECKING:
    from sousveil.match.database import Matcher


@pytest.mark.parametrize("seed", range(4))
def test_both_searches_find_the_same(matcher: Matcher, seed: int) -> None:
    dice = random.Random(seed)
    parts = [dice.choice((dice.randbytes(50), *beginnings.BYTES, *beginnings.FIRST)) for _ in range(500)]
    data = b"".join(parts)
    found = matcher.begins(data)
    assert found is not None
    alone = Literals(beginnings.BYTES)
    assert sorted(alone.whole(data, found)) == alone.places(data)
    try:
        search_by(matcher.begins)
        both = begin(data)
    finally:
        search_by(None)
    assert both == begin(data)
    assert len(both) > 300


@pytest.mark.parametrize("words", [b"", b" uyghur "])
def test_the_next_question_has_its_answer_already(matcher: Matcher, words: bytes) -> None:
    data = bytes(99) + words + b"\x78\x9c"
    assert matcher.begins(data) == [(len(data) - 2, beginnings.BYTES.index(b"\x78\x9c"))]
    assert matcher.matches(data) is bool(words)
    assert matcher.matches(data) is bool(words)
    other = bytes(99) + b" uyghur "
    matcher.begins(data)
    assert matcher.matches(other)


def test_where_the_search_ends_early_the_other_is_made(matcher: Matcher) -> None:
    words = b" uyghur " * 300 + b"\x1f\x8b\x08"
    assert matcher.begins(words) is None
    assert matcher.matches(words)
    many = b"\x78\x9c" * beginnings.MOST + b"\x1f\x8b\x08"
    assert matcher.begins(many) is None
    assert not matcher.matches(many)
    try:
        search_by(matcher.begins)
        assert begin(words)[-1] == (len(words) - 3, beginnings.GZIP)
        assert len(begin(many)) == beginnings.MOST
    finally:
        search_by(None)
