"""A search that allows for a format's own letters beside a term loses none that the strings taken out would show."""

from __future__ import annotations

import marshal
import pickle
import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sousveil.match import seams
from sousveil.match.database import Matcher
from sousveil.match.patterns import build, short
from sousveil.read.signatures import matchable

WORDS = st.sampled_from(["race", "Race", "RACE", "caste", "hui_zu", "emRace", "asian", "维族", "uyghur", "bySkin"])
PARTS = st.one_of(WORDS, st.text(st.sampled_from("aqzXrsu_ .\x01é维"), max_size=130))
PIECES = st.builds("".join, st.lists(PARTS, max_size=4))
PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(-(1 << 70), 1 << 70), st.floats(allow_nan=False),
    st.complex_numbers(allow_nan=False), PIECES, PIECES.map(str.encode),
)  # fmt: skip
THINGS = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.lists(inner, max_size=4).map(tuple), st.dictionaries(PIECES, inner, max_size=4)
    ),
    max_leaves=12,
)


def test_every_pattern_with_joints_is_asked_for(matcher: Matcher) -> None:
    wanted = {p.regex for p in build(matcher.lexicon.entries) if p.regex != p.body}
    assert wanted
    assert wanted <= {p.regex for p in short(matcher.lexicon.entries)}


@settings(max_examples=400, deadline=None)
@given(names=st.lists(PIECES, max_size=3), thing=THINGS, version=st.sampled_from([2, 4]))
def test_compiled_python(matcher: Matcher, names: list[str], thing: object, version: int) -> None:
    inner = compile("0", "made.py", "eval").replace(co_consts=(thing, 7), co_names=tuple(names))
    data = b"\xa7\x0d\r\n" + bytes(12) + marshal.dumps(inner, version)
    if matcher.match(matchable("made.pyc", data), "made.pyc"):
        assert matcher.near(data) != []


@settings(max_examples=400, deadline=None)
@given(thing=THINGS, protocol=st.sampled_from([2, 3]))
@example(thing={"XqcasteX": None}, protocol=2)
def test_pickles(matcher: Matcher, thing: object, protocol: int) -> None:
    data = pickle.dumps(thing, protocol)
    whole, near = seams.view(data, "made.pkl"), seams.view(data, "made.pkl", matcher.near)
    every, found = matcher.match(whole or data, "made.pkl"), matcher.match(near or data, "made.pkl")
    # A letter of the text itself passes for a mark in ``XqcasteX``; none of a pickle's stands right before a text.
    assert found == [hit for hit in every if hit in found or data[hit.offset - 1 : hit.offset] not in (b"q", b"r")]


def test_pickles_far_apart(matcher: Matcher) -> None:
    data = pickle.dumps(["asian", "x" * 20_000, "black", "q" * 9_000, "skinColor"], 2)
    whole, near = seams.view(data, "made.pkl"), seams.view(data, "made.pkl", matcher.near)
    assert whole is not None
    assert near is not None
    hits = matcher.match(whole, "made.pkl")
    assert hits
    assert [*hits] == [*matcher.match(near, "made.pkl")]


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=6), st.sampled_from([0x0021, 0x0420, 0x4021, 0x4420, 0x2600]))
def test_classes(matcher: Matcher, texts: list[str], flags: int) -> None:
    pool = [b"\x01" + struct.pack(">H", len(raw)) + raw for text in texts if len(raw := text.encode()) < 1 << 16]
    data = b"\xca\xfe\xba\xbe\0\0\0\x34" + struct.pack(">H", 1 + len(pool)) + b"".join(pool)
    data += struct.pack(">HHH", flags, 1, 1) + bytes(8)
    if matcher.match(matchable("Made.class", data), "Made.class"):
        assert matcher.near(data) != []


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"z\x04racez\x05black", True),
        (b"Xx\0\0\0" + b"caste" + b"q\x05", True),
        (b"emNationt\x06nGlass and emRacet\x06", True),
        (b"the trace and the brace embrace whatever they hold", False),
        (b"castes are not asked for, nor is a racehorse", True),
        (b"nothing", False),
    ],
)
def test_letters_beside_a_word(matcher: Matcher, data: bytes, found: bool) -> None:
    assert bool(matcher.near(data)) is found
