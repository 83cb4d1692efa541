"""Lines are found by looking through a step of the text, however long they are."""

from __future__ import annotations

import random

import pytest

from sousveil.read import text
from sousveil.read.text import Text

STEP = text._STEP


@pytest.mark.parametrize("size", [0, 1, STEP - 1, STEP, STEP + 1, 3 * STEP, 5 * STEP + 7])
@pytest.mark.parametrize("every", [0, 3, 100, 3000, 20000])
def test_line_span_is_as_counted(size: int, every: int) -> None:
    chance = random.Random(size + every)
    data = bytes(10 if every and not chance.randrange(every) else 97 for _ in range(size))
    one = Text(data, "utf-8")
    edges = {at for low in range(0, size + 1, STEP) for at in (low - 1, low, low + 1)}
    for at in sorted({*(chance.randrange(size + 1) for _ in range(200)), *edges, size}):
        if 0 <= at <= size:
            end = data.find(b"\n", at)
            assert one.line_span(at) == (data.rfind(b"\n", 0, at) + 1, size if end < 0 else end)


def test_of_a_line_of_any_length_a_step_is_looked_through() -> None:
    class Counting(bytes):
        seen = 0

        def find(self, what, start=0, end=None):  # type: ignore[override]
            Counting.seen += (len(self) if end is None else end) - start
            return super().find(what, start, len(self) if end is None else end)

        def rfind(self, what, start=0, end=None):  # type: ignore[override]
            Counting.seen += (len(self) if end is None else end) - start
            return super().rfind(what, start, len(self) if end is None else end)

    costs = []
    for size in (1 << 16, 1 << 20):
        one = Text(b"x" * size, "utf-8")
        one.line_span(0)
        one.utf8 = Counting(one.utf8)
        Counting.seen = 0
        for at in range(0, size, size // 100):
            one.line_span(at)
        costs.append(Counting.seen)
    assert max(costs) <= 101 * STEP
