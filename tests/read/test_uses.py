"""Where an item of a list is picked by what a model answers: any bytes are read, and its places are the words'."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sousveil.model import Construct, Kind, Member
from sousveil.read.text import decode
from sousveil.read.uses import list_uses, own_uses

PIECES = st.lists(
    st.sampled_from(
        [
            b"KINDS",
            b'"kinds.txt"',
            b"[",
            b"]",
            b"(",
            b")",
            b" = ",
            b"open(",
            b".get(",
            b"argmax(x)",
            b"for i in ",
            b"i",
            b"\n",
        ]
    )
    | st.binary(max_size=8)
)


@given(PIECES)
def test_any_bytes_are_read(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    named = [i for i in range(len(data)) if data.startswith((b"KINDS", b"kinds.txt"), i)]
    for found in list_uses(data, [(0, "utf-8")], named, "python"):
        place = found.passage
        assert data[place.offset : place.offset + place.length].decode(place.encoding, "backslashreplace") == place.text


def picks(source: str) -> list[str]:
    text = decode(source.encode(), {})
    place = text.passage(0, 5)
    made = Construct(Kind.LABEL_SET, "KINDS", place, (Member("a", place),) * 3)
    return [one.name for one in own_uses(text, [made], "python")]


def test_what_a_model_answers_is_picked() -> None:
    assert picks("KINDS = a\n\ndef f(x):\n    return KINDS[net(x).argmax()]\n") == ["KINDS"]
    assert picks("KINDS = a\n\ndef f(x):\n    return dict(zip(KINDS, model.predict(x)))\n") == ["KINDS"]


def test_who_counts_through_a_list_or_shows_it_picks_nobody() -> None:
    assert picks("KINDS = a\n\ndef f(x):\n    for i in range(3):\n        model.predict(x[KINDS[i]])\n") == []
    assert (
        picks("KINDS = a\n\ndef f(x):\n    e = error(model.predict(x))\n    w = e.argmax()\n    return KINDS[w]\n")
        == []
    )
    assert picks("KINDS = a\n\ndef f(x):\n    w = error(model.predict(x)).argmax()\n    return KINDS[w]\n") == []
    assert picks("KINDS = a\n\ndef f(n):\n    return render(KINDS[n])\n") == []
    assert picks("KINDS = a\n\ndef f(x):\n    return KINDS[0], model.predict(x)\n") == []


def test_of_many_places_some_are_read() -> None:
    source = "KINDS = a\n" + "KINDS[ " * 200_000 + "argmax("
    assert len(picks(source)) <= 40
