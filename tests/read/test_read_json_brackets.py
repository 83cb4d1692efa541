"""Brackets of JSON: counted by quotes where they are few, string by string otherwise; both see the same."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sousveil.read.places import Hits, Places
from sousveil.read.resource.json import _BRACKET, Document
from sousveil.read.text import Text

WORD = st.text(alphabet="ab{}[]\"\\/#'\n é", max_size=12)
VALUE: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | WORD,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORD, inner, max_size=4),
    max_leaves=12,
)


@given(VALUE, st.booleans(), st.sampled_from([None, 1]))
def test_few_brackets_are_all_brackets(value: Any, plain: bool, indent: int | None) -> None:
    data = json.dumps(value, ensure_ascii=plain, indent=indent).encode()
    document = Document(Places(Text(data, "utf-8")), Hits([]), "json")
    assert list(document._few_brackets()) == list(dict.fromkeys(m.start(1) for m in _BRACKET.finditer(data)))


@given(st.dictionaries(WORD, WORD | st.integers() | st.booleans() | st.none(), max_size=8), st.booleans())
def test_an_object_has_the_keys_and_values_that_json_gives_it(value: dict[str, Any], plain: bool) -> None:
    data = json.dumps(value, ensure_ascii=plain).encode()
    root = Document(Places(Text(data, "utf-8")), Hits([]), "json").node(0)
    assert [c.key for c in root.children] == list(value)
    words = {True: "true", False: "false", None: "null"}
    told = [
        v if isinstance(v, str) else words[v] if v is None or isinstance(v, bool) else str(v) for v in value.values()
    ]
    assert [c.text for c in root.children] == told
    for child in root.children:
        assert json.loads(data[child.key_start : child.key_end]) == child.key


@given(st.text(alphabet="a\né人 ", max_size=9000) | st.integers(4000, 4200).map(lambda n: "é" * n + "\nb"))
def test_a_place_is_its_line_and_column(words: str) -> None:
    text = Text(words.encode(), "utf-8")
    for at in {0, len(words) // 2, len(words)}:
        before = words[:at]
        expected = (before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1)
        assert text.position(len(before.encode())) == expected
