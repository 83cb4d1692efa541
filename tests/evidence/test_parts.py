"""What a page names, by markup that is as browsers read it, broken, or made to take hours."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sousveil.evidence.difference import _replaced
from sousveil.evidence.parts import Page

PAGE = """<!DOCTYPE html><title>A &amp; B</title><base href="/x/"><LINK REL="icon" HREF='i.ico'/>
<style>b{background:url("b.gif")}</style><script>if(a<b){document.write("<img src=no.png>")}</script>
<!-- <img src=no2.png> --><?php <img src=php.png> ?><img src="i.png" srcset="j.png 1x, k.png 2x" alt="a>b">
<a href="/dl?x=1&amp;y=2#f">x</a><a/href=odd>y</a><div style="background:url(d.png)"><img
 src = spaced.png ><svg><image href=q.png /></svg><textarea><img src=no3.png></textarea><p a<b ="<img src=no4.png>">"""


def test_markup_is_read_as_browsers_do() -> None:
    page = Page("http://h/p", PAGE)
    assert page.title == "A & B"
    names = ["i.ico", "b.gif", "i.png", "j.png", "k.png", "d.png", "spaced.png"]
    assert list(page.parts) == [f"http://h/x/{name}" for name in names]
    assert list(page.links) == ["http://h/dl?x=1&y=2", "http://h/x/odd"]


@pytest.mark.parametrize(
    "piece",
    ["<", "<a ", "<!", "<!--", "<![CDATA[", "<?", "&", '<a b="', "<a b='", "</", "</a ", "<script>", "<title>",
     "<style>url(", '<img srcset="a,b,', "<a =", "<a" + " " * 50, "<!DOCTYPE [", "<a b", "<a/", "<a b= ",
     "&#9", "<img src='&#1"],
)  # fmt: skip
def test_no_page_takes_long(piece: str) -> None:
    started = time.process_time()
    Page("http://h/", piece * (1_000_000 // len(piece)))
    assert time.process_time() - started < 5.0


PIECES = ("<a", "<img", " ", "src", "href", "=", "'", '"', ">", "/", "<!--", "-->", "<style>", "</style>", "x", "&#",
          "9" * 5000, "<script>", "</script ", "<base href=", "//[", "\0")  # fmt: skip


@given(st.lists(st.sampled_from(PIECES)))
def test_no_page_breaks_it(pieces: list[str]) -> None:
    Page("http://h/", "".join(pieces))


def test_texts_of_many_lines_are_compared_in_one_piece() -> None:
    choose = random.Random(3)
    old = [f"a{choose.randrange(150)}" for _ in range(100_000)]
    new = [*old[:10], "b", *old[12:-5], "c", *old[-4:]]
    started = time.process_time()
    lines = _replaced(old, new, "1", "2").decode().splitlines()
    assert time.process_time() - started < 5.0
    assert lines[2] == "@@ -11,99986 +11,99985 @@" and lines[3] == f"-{old[10]}" and lines[-1] == "+c"
