"""Long lines that say nothing: rulers, blanks, one word. A pattern that tries every end of them is too slow."""

from __future__ import annotations

import time

import pytest

from sousveil.read import gloss
from sousveil.read.binary.javaclass import generic
from sousveil.read.choice import reader_of
from sousveil.read.held import held
from sousveil.read.splitlists import split_lists
from sousveil.read.text import Text

_SECONDS = 2.0
"""Each took minutes or more; now thousandths."""


@pytest.mark.parametrize("ruler", ["*" * 60, "*" * 60 + "/", "* " * 60, "a* " * 60, "&" * 300, "a" * 300, "::" * 90])
def test_a_ruler_beside_constants(ruler: str) -> None:
    code = "".join(f'#define RACE_{name.upper()} "{name}"\n' for name in ("White", "Asian", "Black"))
    code += f" {ruler}\nraces[] = {{RACE_WHITE, RACE_ASIAN, RACE_BLACK}};\n"
    text = Text(code.encode(), "utf-8")
    before = time.monotonic()
    (found,) = split_lists(text, [code.index('"White') + 1], "c")
    assert [m.name for m in found.members] == ["White", "Asian", "Black"]
    assert time.monotonic() - before < _SECONDS


def test_blank_lines_before_a_test() -> None:
    code = "\n" * 100_000 + 'assert label == "race"\n'
    before = time.monotonic()
    held(Text(code.encode(), "utf-8"), [code.index("race")], "python", "tests/test_race.py")
    assert reader_of("unnamed", b"\n" * 4096).__name__ == "sousveil.read.document.prose"
    assert time.monotonic() - before < _SECONDS


@pytest.mark.parametrize("filling", ["*", "-", " ", "=", "* ", "/"])
def test_the_end_of_a_comment(filling: str) -> None:
    before = time.monotonic()
    assert gloss.clean(f"/* race {filling * 8000} of a face */").startswith("race")
    assert time.monotonic() - before < _SECONDS


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        ("/* race */", "race"),
        ("/** race **/", "race"),
        ("(* race *)", "race"),
        ("<!-- race -->", "race"),
        ("/* race ---- */", "race"),
    ],
)
def test_marks_at_the_end_are_no_words(comment: str, words: str) -> None:
    assert gloss.clean(comment) == words


def test_names_in_a_signature() -> None:
    assert generic("Ljava/util/Map<Ljava/lang/String;Lcom/x/Outer$Race;>;", "Map") == "Map<String, Race>"
    before = time.monotonic()
    assert generic("L<" + "a" * 4000, "List") == "List"
    assert time.monotonic() - before < _SECONDS
