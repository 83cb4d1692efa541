"""Hostile strings made showable, and lines broken to a width."""

from __future__ import annotations

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sousveil.report.columns import cells, rule, wrap
from sousveil.report.safe import show, show_lines, still, whole

ANY = st.text(st.characters(categories=None), max_size=120)


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        ("plain", "plain"),
        ("民族 ئۇيغۇر नस्ल", "民族 ئۇيغۇر नस्ल"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x9b31m", "\\x9b31m"),
        ("a\nb\rc\td", "a\\nb\\rc\\td"),
        ("\x00", "\\x00"),
        ("\u202eabc\u202c", "<U+202E>abc<U+202C>"),
        ("\u2066\u2069\u200f\u061c", "<U+2066><U+2069><U+200F><U+061C>"),
        ("a\u200bb\ufeff\u00ad", "a<U+200B>b<U+FEFF><U+00AD>"),
        ("\udc80", "<U+DC80>"),
        ("\U000e0041", "<U+E0041>"),
        ("\u2028", "<U+2028>"),
        ("a\u00a0b\u3000c", "a b  c"),
        ("نژاد\u200cپرست", "نژاد\u200cپرست"),
        ("a\u200db", "a<U+200D>b"),
        ("\ue000", "<U+E000>"),
        ("e\u0301", "e\u0301"),
    ],
)
def test_show(given_: str, shown: str) -> None:
    assert show(given_) == shown


def test_a_tower_of_marks_is_cut_down() -> None:
    assert show("e" + "\u0301" * 6) == "e" + "\u0301" * 4 + "<U+0301>" * 2


@settings(max_examples=300, deadline=None)
@given(ANY)
def test_what_is_shown_commands_nothing(text: str) -> None:
    shown = show(text)
    shown.encode("utf-8")
    assert all(c.isprintable() or c in "\u200c\u200d" for c in shown)
    assert show(shown) == shown
    for line in show_lines(text):
        assert all(c.isprintable() or c in "\u200c\u200d" for c in line)


def test_lines_keep_indentation_and_draw_columns_together() -> None:
    assert show_lines("a\t\t\t// b\r\n\t  c  d\n") == ["a  // b", "      c  d"]
    assert show_lines("\t" * 40 + "x\n" + "\t" * 40 + "y") == ["x", " " * 16 + "y"]


@given(ANY)
def test_whole_and_still(text: str) -> None:
    whole(text).encode("utf-8")
    assert all(unicodedata.category(c) not in ("Zl", "Zp", "Cs") for c in still(whole(text)))


@settings(max_examples=300, deadline=None)
@given(ANY, st.integers(20, 100), st.sampled_from(["", "  ", "    │ ", "12345 └ "]))
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: int, prefix: str) -> None:
    shown = show(text)
    lines = wrap(shown, width, prefix, "  ")
    assert lines
    assert all(cells(line) <= width for line in lines)
    body = [line[len(prefix) if number == 0 else 2 :] for number, line in enumerate(lines)]
    assert "".join("".join(body).split()) == "".join(shown.split())


def test_a_path_breaks_between_folders() -> None:
    assert wrap("sdk.zip!/include/vendor/dhnetsdk.h:14350", 24, "  ", "  ") == [
        "  sdk.zip!/include/",
        "  vendor/",
        "  dhnetsdk.h:14350",
    ]


def test_chinese_breaks_anywhere_but_before_a_closing_mark() -> None:
    assert wrap("人脸检测，维族。", 8) == ["人脸检", "测，维", "族。"]


def test_two_ends_of_a_line() -> None:
    assert rule("民族", "x.h:1", 12) == "民族   x.h:1"
    assert rule("民族", "x.h:1", 10) is None


def test_importing_the_stage_loads_no_face() -> None:
    code = (
        "import sys, sousveil.report as r; "
        "heavy = {'jinja2', 'rich', 'markupsafe', 'yaml', 'hyperscan'} & set(sys.modules); "
        "assert not heavy, heavy; assert r.FORMATS == ('text', 'json', 'jsonl', 'sarif', 'html')"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, env={"PYTHONPATH": ":".join(sys.path)})
