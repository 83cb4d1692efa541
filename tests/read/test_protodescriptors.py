"""Where a descriptor in a program begins and ends."""

from __future__ import annotations

from made_databases import descriptor

from sousveil.read.binary import protodescriptors

ONE = descriptor("Face", ["emNation", "nAge"], "Nation", ["NATION_UYGUR"])
OTHER = descriptor("Card", ["szNation"])


def _at(data: bytes, word: bytes) -> list[int]:
    return [data.index(word)]


def test_each_hit_gives_the_descriptor_around_it() -> None:
    data = b"\0" * 9 + ONE + OTHER + b"\0emNation\0"
    first, second = (9, 9 + len(ONE)), (9 + len(ONE), 9 + len(ONE) + len(OTHER))
    assert protodescriptors.files(data, _at(data, b"emNation"), 0, len(data)) == [first]
    assert protodescriptors.files(data, sorted(_at(data, b"emNation") + _at(data, b"szNation")), 0, len(data)) == [
        first,
        second,
    ]
    assert protodescriptors.files(data, [data.rindex(b"emNation")], 0, len(data)) == []


def test_a_name_without_its_length_begins_none() -> None:
    data = ONE.replace(b"\n\x09sdk.proto", b"\n\x08sdk.proto")
    assert protodescriptors.files(data, _at(data, b"emNation"), 0, len(data)) == []


def test_a_cut_descriptor_ends_where_it_is_cut() -> None:
    data = ONE[: ONE.index(b"NATION_UYGUR")]
    assert protodescriptors.files(data, _at(data, b"emNation"), 0, len(data)) == [(0, ONE.index(b"\x2a", 30))]


def test_many_names_without_a_body_are_bounded() -> None:
    data = b"\n\x07a.proto\x12" * 20_000 + b"emNation"
    assert len(protodescriptors.files(data, [len(data) - 8] * 500, 0, len(data))) <= 1
