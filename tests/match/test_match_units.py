"""Runs of ``\\uXXXX`` are decoded at once, and say the same as unit by unit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sousveil.match.hits import unescape

UNIT = st.integers(0, 0xFFFF) | st.sampled_from([0xD83D, 0xDE00, 0xFEFF, 0x4E00])


@given(st.lists(UNIT, max_size=12), st.booleans())
def test_a_run_of_units_is_read_unit_by_unit(units: list[int], upper: bool) -> None:
    text = "".join(f"\\u{u:04X}" if upper else f"\\u{u:04x}" for u in units)
    assert unescape(text, "\\u") == "".join("\ufffd" if 0xD800 <= u < 0xE000 else chr(u) for u in units)
