"""Hermes byte code: strings that stand side by side come apart, lists stay lists."""

from __future__ import annotations

import random
import time

import made_hermes as made
import pytest

from sousveil.model import Limit
from sousveil.unpack import Budget, Entry
from sousveil.unpack.render import render, renderer_of

TEXTS = ["Black", "White", "民族", 'say "no"', "long " * 80]


def out(data: bytes) -> dict[str, Entry]:
    renderer = renderer_of(data[:4096], "index.android.bundle")
    assert renderer is not None
    found = list(render(renderer, data, "x", Budget()))
    return {x.path.removeprefix("x!/"): x for x in found if isinstance(x, Entry)}


@pytest.mark.parametrize("version", [76, 84, 87, 96])
def test_strings_names_lists_and_keys_come_apart(version: int) -> None:
    files = out(
        made.bundle(TEXTS, ["age", "emNation", "a-b"], [["Black", "White"], ["民族"]], [["age", "a-b"]], version)
    )
    said = {name: entry.data.decode().splitlines() for name, entry in files.items() if entry.data is not None}
    assert said["literals.js"] == ['["Black", "White"];', '({age, "a-b": 0});']
    assert said["names.js"] == ['"age";', '"emNation";', '"a-b";']
    messages = [line for line in said["strings.po"] if line.startswith("msgid")]
    assert messages[:4] == ['msgid "Black"', 'msgid "White"', 'msgid "民族"', r'msgid "say \"no\""']
    assert messages[4] == f'msgid "{"long " * 80}"'


def test_a_place_is_where_the_string_stands() -> None:
    data = made.bundle(TEXTS, ["age"], [], [])
    entry = out(data)["strings.po"]
    assert [where for _, where in entry.marks][1] == f"at {data.index(b'White'):#x}"


def test_a_long_list_and_numbers_above_a_byte() -> None:
    texts = [f"label {n}" for n in range(600)]
    entry = out(made.bundle(texts, [], [texts], []))["literals.js"]
    assert entry.data is not None
    assert entry.data.decode().count('"label ') == 600


def test_a_version_that_is_not_known_is_told() -> None:
    data = made.bundle(TEXTS, [], [], [], 98)
    renderer = renderer_of(data, "x")
    assert renderer is not None
    (limit,) = render(renderer, data, "x", Budget())
    assert isinstance(limit, Limit)
    assert limit.reason == "not-understood"


def test_damage_gives_entries_and_limits() -> None:
    good = made.bundle(TEXTS * 9, ["age"] * 9, [TEXTS[:2]] * 9, [["age"]] * 9)
    dice = random.Random("hermes")
    started = time.process_time()
    for _ in range(500):
        bad = bytearray(good)
        for _ in range(dice.choice((1, 3, 30))):
            at = dice.randrange(min(len(bad), dice.choice((128, len(bad)))))
            bad[at] = dice.choice((0, 0xFF, dice.randrange(256)))
        if dice.random() < 0.2:
            del bad[dice.randrange(12, len(bad)) :]
        renderer = renderer_of(bytes(bad), "x")
        if renderer is not None:
            list(render(renderer, bytes(bad), "x", Budget()))
    assert time.process_time() - started < 20
