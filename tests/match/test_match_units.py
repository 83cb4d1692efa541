"""Runs of ``\\uXXXX`` are decoded at once, and say the same as unit by unit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sousveil.match.database import Matcher
from sousveil.match.hits import unescape
from sousveil.match.lexicon import builtin

UNIT = st.integers(0, 0xFFFF) | st.sampled_from([0xD83D, 0xDE00, 0xFEFF, 0x4E00])


@given(st.lists(UNIT, max_size=12), st.booleans())
def test_a_run_of_units_is_read_unit_by_unit(units: list[int], upper: bool) -> None:
    text = "".join(f"\\u{u:04X}" if upper else f"\\u{u:04x}" for u in units)
    assert unescape(text, "\\u") == "".join("\ufffd" if 0xD800 <= u < 0xE000 else chr(u) for u in units)


def test_of_escaped_words_near_each_other_only_the_places_are_dismissed() -> None:
    place, people = r"\u6e58\u897f\u571f\u5bb6\u65cf\u82d7\u65cf\u81ea\u6cbb\u5dde", r"\u82d7\u65cf"
    data = (f"'{place}'," * 20 + f"'{people}', 'face'," + f"'{place}'," * 20).encode()
    found = Matcher(builtin()).match(data)
    assert [(h.offset, h.length) for h in found] == [(data.index(f"'{people}'".encode()) + 1, len(people))]
