"""Where two states of a page differ in values alone, their names are told; the change is told all the same."""

from __future__ import annotations

import time

import pytest

from sousveil.evidence.difference import only_values

PAGE = """<html><head><meta name="csrf-token" content="{token}"><script nonce='{nonce}' src=/a.js></script></head>
<body data-version="{version}"><p>Version {shown}</p><a href="/get?file=sdk.zip&amp;t={time}">get</a>
<script>window.state = {{"session": "{session}", "build": 17}};</script></body></html>"""
FIRST = {"token": "tok1==", "nonce": "Abc+/9", "version": "3.2", "shown": "3.2", "time": "1", "session": "s-1"}


@pytest.mark.parametrize(
    ("other", "names"),
    [
        ({"token": "other"}, ["csrf-token"]),
        ({"token": "other", "nonce": "zzz", "session": "s-2"}, ["csrf-token", "nonce", "session"]),
        ({"time": "2"}, ["href"]),
        ({"version": "3.3"}, ["data-version"]),
        ({"version": "3.3", "shown": "3.3"}, []),
        ({"nonce": "zzz", "shown": "3.2, without the field"}, []),
        ({"token": 'x"><meta name="more" content="y'}, []),
    ],
)
def test_values_that_differ_are_named(other: dict[str, str], names: list[str]) -> None:
    assert only_values((PAGE.format(**FIRST), PAGE.format(**FIRST | other))) == names


def test_what_is_not_a_value_is_never_called_one() -> None:
    pairs = [("one word", "another word"), ("", "a=1"), ("a=1", "b=1"), ("a=1\n", "a=1\na=1\n"), ("a=1", "a = 1")]
    for old, new in [*pairs, ("a=1 b=1", "a=2 b= 1")]:
        assert only_values((old, new)) == []
    many = "".join(f"key-{i}=old\n" for i in range(9))
    assert only_values((many, many.replace("old", "new"))) == ["key-0", "key-1", "key-2", "key-3", "key-4", "4 more"]


@pytest.mark.parametrize("piece", ["a", "a=", 'a="', "a='b", "name=", "a   ", "=", "-", "a: ", '"a":'])
def test_hostile_texts_are_compared_in_bounded_time(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    begun = time.process_time()
    only_values((text, text + "x"))
    assert time.process_time() - begun < 5
