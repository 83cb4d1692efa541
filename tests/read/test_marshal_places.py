"""Where a compiled module's strings stand is told by one loop; the reader that makes objects is its oracle."""

from __future__ import annotations

import marshal
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from sousveil.read.binary.bytestream import Cursor, Damaged
from sousveil.read.binary.marshalled import Reader, strings
from sousveil.read.binary.marshalspans import places

SOURCE = '''
class Race:
    """Of people."""
    GROUPS = {"asian": 1, "black": 2.5, "other": (1 << 80, b"x", None, ...)}
    def outer(self, race, *names, key="k"):
        held = 1j
        def inner(): return held, race, self, names[1:2]
        return inner
'''
CODE = marshal.dumps(compile(SOURCE, "made.py", "exec"))
VERSION = sys.version_info[:2]


def oracle(data: bytes) -> set[tuple[int, int]]:
    return {(w.offset, w.offset + w.length) for w in strings(Reader(Cursor(data, 0), VERSION).object())}


def test_the_same_strings() -> None:
    found = set(places(CODE, 0, VERSION))
    assert found == oracle(CODE)
    assert {CODE[a:b] for a, b in found} >= {b"Race", b"asian", b"outer", b"race", b"Of people."}
    assert b"made.py" not in {CODE[a:b] for a, b in found}


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, len(CODE) - 1), st.integers(0, 255)), max_size=3), st.integers(0, 40))
def test_damage_loses_no_string(changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(CODE)
    for at, byte in changes:
        data[at] = byte
    damaged = bytes(data[: len(data) - cut])
    try:
        found = set(places(damaged, 0, VERSION))
    except Damaged:
        return  # the whole file is searched
    try:
        wanted = oracle(damaged)
    except Damaged:
        return
    assert wanted <= found
