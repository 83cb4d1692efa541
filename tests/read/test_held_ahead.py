"""What is asked of spans one after the other is answered as if each were searched by itself."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from sousveil.read.held import _Ahead

PATTERN = re.compile(rb"\+|ab")


@given(
    st.binary(max_size=200).map(lambda b: bytes(b"+ab.\n"[c % 5] for c in b)),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 60))),
)
def test_spans_whose_beginnings_grow(data: bytes, steps: list[tuple[int, int]]) -> None:
    ahead, low, high = _Ahead(PATTERN, data), 0, 0
    for step, length in steps:
        low = min(len(data), low + step)
        high = min(len(data), max(high, low + length))
        assert ahead.between(low, high) is (PATTERN.search(data, low, high) is not None)
