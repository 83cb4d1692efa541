"""A reason is told once: a line that says less than another is left out."""

from __future__ import annotations

from sousveil.model import Reason
from sousveil.report.view import short


def leaf(text: str, place: int) -> Reason:
    return Reason(text=text, met=True, weight=0.0, places=(place,), children=())


def test_what_another_line_says_too_is_left_out() -> None:
    lines = [
        "words of unsure in its members or its comment: unknown, other, 未知",
        "words of unsure in its members: unknown, 未知",
        "words of face in its name or its comment: face",
        "words of face in its name: face",
        "words of camera in its name: face",
        "it has 4 members",
    ]
    (line,) = short([Reason("why", True, 1.0, (), tuple(leaf(t, n) for n, t in enumerate(lines)))])
    assert [child.text for child in line.children] == [lines[0], lines[2], lines[4], lines[5]]
    assert [child.places for child in line.children] == [(0,), (2,), (4,), (5,)]
