"""Files that are searched together: none that holds a term by itself is passed over."""

from __future__ import annotations

import os
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sousveil.match.database import Matcher
from sousveil.match.together import LARGEST, Together

pytestmark = pytest.mark.skipif(not hasattr(os, "preadv"), reason="files are read together where the system can")

_PARTS = st.sampled_from(
    [b"race", b"RACE", b"Uyghur", "民族".encode(), "维族".encode("gb18030"), "uyghur".encode("utf-16-le"), b"ethnic",
     b"ity", b" ", b"\n", b"_", b"a", b"A", b"5", b"\0", b"%2Crace", b"\\u6c11\\u65cf", b"int x;", b"\xe6\xb0"]
)  # fmt: skip
_FILES = st.lists(st.lists(_PARTS, min_size=1, max_size=6).map(b"".join), min_size=1, max_size=12)


def _take(together: Together, data: bytes, size: int) -> bool:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        return together.take(file.fileno(), size)


@settings(max_examples=200, deadline=None)
@given(_FILES)
def test_no_file_with_a_term_is_passed_over(files: list[bytes]) -> None:
    from sousveil.work.matching import matcher

    engine = matcher()
    together = Together(engine)
    assert all(_take(together, data, len(data)) for data in files)
    seen = [(bytes(data), binary, places) for data, binary, places in together.files()]
    assert [(data, binary) for data, binary, _ in seen] == [(data, b"\0" in data) for data in files]
    for data, _, places in seen:
        assert places or not engine._scan(data, 1)[0], data
        assert places is not None
        engine.known(data, places)
        assert engine.matches(data, "a.c") == bool(engine.match(data, "a.c")), data
    assert list(together.files()) == []


def test_a_file_without_a_term_is_not_blamed_for_its_neighbour(matcher: Matcher) -> None:
    together = Together(matcher)
    for data in (b"nothing", b"Uyghur", b"nothing", b"face race", b"at all"):
        assert _take(together, data, len(data))
    assert [bool(places) for _, _, places in together.files()] == [False, True, False, True, False]


def test_what_is_not_taken_leaves_nothing_behind(matcher: Matcher) -> None:
    together = Together(matcher)
    assert not _take(together, b"", 0)
    assert not _take(together, b"Uyghur", 5)  # it grew
    assert not _take(together, b"Uyghur", 7)  # it shrank
    assert not _take(together, b"x" * (LARGEST + 1), LARGEST + 1)
    assert not _take(together, b"x" * (LARGEST + 1), -1)
    assert list(together.files()) == []
    assert _take(together, b"x" * LARGEST, LARGEST)
    assert _take(together, b"Uyghur", -1)
    assert [(len(data), bool(places)) for data, _, places in together.files()] == [(LARGEST, False), (6, True)]


def test_it_says_when_it_is_full(matcher: Matcher) -> None:
    together = Together(matcher)
    taken = 0
    while not together.full:
        assert _take(together, b"x" * LARGEST, LARGEST)
        taken += 1
    assert taken >= 3
    assert len(list(together.files())) == taken
    assert not together.full
