"""Getters that ask one thing of each of several kinds are one set, whichever fields the class has."""

from __future__ import annotations

import pytest

from sousveil.model import Construct, Kind
from sousveil.read.binary.managed import Hits, Method, Slot, Type, Word
from sousveil.read.binary.managedbuild import Builder

DATA = b"Res bundle getYellowRace getBlackRace getWhiteRace getNextRace getRace getRaceTime isLongRace getAge"


def _word(text: str) -> Word:
    return Word(text, DATA.index(text.encode()), len(text))


def _made(*methods: str) -> list[Construct]:
    made = Type(
        _word("Res"),
        "app.Res",
        ("app",),
        fields=[Slot(_word("bundle"), "ResourceBundle")],
        methods=[Method(_word(m), returns="String") for m in methods],
    )
    hits = Hits([(i, "utf-8") for i in range(len(DATA)) if DATA.startswith(b"Race", i)])
    return [c for c in Builder(DATA, hits).constructs(made) if c.kind is Kind.LABEL_SET]


def test_three_are_a_set_named_for_what_they_share() -> None:
    (made,) = _made("getYellowRace", "getBlackRace", "getAge", "getWhiteRace", "getRace")
    assert (made.name, made.role, made.scope) == ("Race", "family", ("app", "Res"))
    assert [m.name for m in made.members] == ["yellow", "black", "white"]
    assert [m.passage.text for m in made.members] == ["getYellowRace", "getBlackRace", "getWhiteRace"]


@pytest.mark.parametrize("methods", [("getYellowRace", "getBlackRace"), ("getRace", "getRaceTime", "getNextRace")])
def test_fewer_and_others_are_none(methods: tuple[str, ...]) -> None:
    assert not _made(*methods)
