"""What holds for every reader of data, markup and prose: places, encodings, bounds, and that none ever raises."""

from __future__ import annotations

import importlib
import re
import time
from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sousveil.model import Construct
from sousveil.read.dispatch import read
from sousveil.read.places import CAP, Places
from sousveil.read.text import Text, decode

TERM = re.compile("民族|race".encode())

SAMPLES = {
    "resource.json": '{\n  "人脸": {"age": 1, "民族": "汉族", "描述": "含民族属性。"},\n  "race": ["黄", "白"]\n}\n',
    "resource.yaml": '人脸:\n  age: 1  # 年龄\n  # 民族说明\n  民族: 汉族  # 0未识别 1黄 2黑\n  race: ["黄", 白]\n',
    "resource.toml": '[人脸]\nage = 1\n# 民族说明\nrace = ["黄", "白"] # 民族\n"民族" = "汉族"\n',
    "resource.ini": "[人脸]\nage=1\n; 民族说明\nrace=黄 ; 种类\n民族=汉族\n",
    "resource.po": '#. 民族\nmsgid "race"\nmsgstr "民族"\n\nmsgid "age"\nmsgstr "年龄"\n',
    "resource.xml": '<a><!-- 民族 --><string name="race">民族</string><b 民族="汉族">年龄</b></a>\n',
    "resource.html": "<html><title>人脸</title><label>民族</label><input name='race'><p>按民族检索。</p></html>\n",
    "resource.csv": "姓名,民族,race\n甲,汉族,黄\n乙,民族,白\n",
    "document.markdown": "# 人脸\n\n按民族检索。其他。\n\n|参数|类型|说明|\n|---|---|---|\n|race|int|民族 0未知 1汉|\n",
    "document.rst": "人脸\n====\n\n按民族检索。其他。\n\n.. list-table::\n\n   * - 民族\n     - race\n",
    "document.prose": "人脸检索。按民族检索人脸。\n\n年龄\trace\t民族\n",
}
READERS = tuple(SAMPLES)

ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "utf-8": lambda s: s.encode(),
    "utf-8-sig": lambda s: s.encode("utf-8-sig"),
    "crlf": lambda s: s.replace("\n", "\r\n").encode(),
    "gb18030": lambda s: s.encode("gb18030"),
    "utf-16": lambda s: s.encode("utf-16"),
    "utf-16-be": lambda s: b"\xfe\xff" + s.encode("utf-16-be"),
    "utf-32": lambda s: s.encode("utf-32"),
    "broken": lambda s: s.encode() + b"\xe7\xbb race \xff\xfe",
}


def reader(name: str) -> Callable[[Text, Sequence[int] | None], list[Construct]]:
    found: Callable[[Text, Sequence[int] | None], list[Construct]] = importlib.import_module(
        f"sousveil.read.{name}"
    ).read
    return found


def hold(data: bytes, constructs: Sequence[Construct]) -> None:
    """Assert that every passage is what stands at its place."""
    assert len(constructs) <= CAP
    for construct in constructs:
        for p in (construct.passage, *(member.passage for member in construct.members)):
            assert data[p.offset : p.offset + p.length].decode(p.encoding, "backslashreplace") == p.text
            assert 0 <= p.length <= 4 * 600
            assert p.line >= 1
            assert p.column >= 1
        # What is said of a construct can be written down.
        for words in (construct.name, construct.gloss, *construct.scope, *construct.uses):
            words.encode()
        for member in construct.members:
            (member.name + member.value + member.type + member.gloss).encode()


def hits(text: Text) -> list[int]:
    return [m.start() for m in TERM.finditer(text.utf8)]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", READERS)
def test_places_hold_in_every_encoding(name: str, encoding: str) -> None:
    data = ENCODINGS[encoding](SAMPLES[name])
    # What encoding broken text is in, the lexicon decides elsewhere.
    text = Text(data, "utf-8") if encoding == "broken" else decode(data)
    found = reader(name)(text, hits(text))
    hold(data, found)
    hold(data, reader(name)(text, None))
    shown = " ".join(c.passage.text + " ".join(m.passage.text for m in c.members) for c in found)
    assert "民族" in shown


@pytest.mark.parametrize("name", READERS)
def test_nothing_is_returned_where_no_term_stands(name: str) -> None:
    text = decode(SAMPLES[name].encode())
    assert reader(name)(text, []) == []


@pytest.mark.parametrize("name", READERS)
def test_every_hit_is_shown(name: str) -> None:
    data = SAMPLES[name].encode()
    text = decode(data)
    for hit in hits(text):
        spans = [
            (p.offset, p.offset + p.length)
            for c in reader(name)(text, [hit])
            for p in (c.passage, *(m.passage for m in c.members))
        ]
        glosses = " ".join(c.gloss + " ".join(m.gloss for m in c.members) for c in reader(name)(text, [hit]))
        assert any(low <= hit < high for low, high in spans) or "民族" in glosses, hit


HOSTILE = {
    "brackets": b"[" * 200_000 + b'"race"',
    "objects": b'{"race":' * 100_000 + b"}" * 100_000,
    "tags": b"<race>" * 100_000,
    "closings": b"<div>race" * 20_000 + b"</p>" * 20_000,
    "tables": b"<table><tr><td>race</td></tr>" * 3000,
    "dashes": b"- " * 300 + b"race\n" + b"- " * 100_000 + b"race",
    "questions": b"? " * 100_000 + b"race",
    "flow": b"a: " + b"[" * 100_000 + b"race",
    "one line": b"race " + b"a" * 5_000_000 + b" race",
    "one string": b'{"a": "' + b"b" * 5_000_000 + b' race "}',
    "quotes": b'"' * 1_000_000 + b"race",
    "unterminated": b"a = '''race " + b"x'y" * 500_000,
    "cdata": b"<![CDATA[race " * 30_000,
    "comments": b"<!--race " * 100_000,
    "angle quotes": b'<a "race ' * 100_000,
    "backslashes": b"race\\\n" * 100_000,
    "pipes": b"|race" * 50_000 + b"\n|---|\n",
    "fences": b"```race\n" * 30_000,
    "nulls": b"\0race" * 100_000,
    "titles": b"race\n----\n" * 20_000,
    "grid": b"+---+---+\n| race | c |\n" * 5000,
    "rows": b"race,b\n" * 200_000,
    "entries": b'msgid "race"\nmsgstr ""\n\n' * 20_000,
    "keys": b"race: 1\n" * 50_000,
    "noise": bytes((i * i * 31 + i // 7) % 251 for i in range(1_000_000)) + b"race",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_input_costs_bounded_time(case: str) -> None:
    data = HOSTILE[case]
    text = decode(data)
    where = hits(text)
    for name in READERS:
        start = time.process_time()
        found = reader(name)(text, where)
        # Generous: what is guarded against takes minutes or for ever.
        assert time.process_time() - start < 20, name
        hold(data, found[:100])


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
def test_places_on_a_very_long_line_are_those_of_the_text(encoding: str) -> None:
    words = "前言\n" + "人脸 face 民族 " * 20_000
    data = words.encode(encoding)
    text = Text(data, encoding)
    places = Places(text)
    for hit in hits(text)[:: 20_000 // 7]:
        assert places.passage(hit, hit + 9) == text.passage(hit, hit + 9)


def test_a_place_behind_undecodable_bytes_of_a_long_line_still_holds() -> None:
    data = "人脸 ".encode("gb18030") * 20_000 + b"\xff" + "民族 人脸".encode("gb18030") * 5000
    text = Text(data, "gb18030")
    hit = hits(text)[-1]
    passage = Places(text).passage(hit, hit + 6)
    assert data[passage.offset : passage.offset + passage.length].decode("gb18030", "backslashreplace") == passage.text
    assert passage.text == "民族"


TOKENS = st.sampled_from([
    "{", "}", "[", "]", "(", ")", '"', "'", ":", ": ", ",", "race", "民族", "\n", "\r\n", " ", "  ",
    "\t", "<", ">", "</", "/>", "=", "- ", "---", "===", "#", "# ", "|", "\\", "\\u7ef4",
    "\\ud800", "&#x7ef4;", "&", "*", "!", "`", "```", "~~~", "<!--", "-->", "<a ", "<table>",
    "<tr>", "<td>", "<th>", "<option>", "<select>", "<label>", "<input name=", "<script>",
    "<plist>", "<dict>", "<key>", "+--+--+", ".. list-table::", "* - ", ".. code::", "::",
    "msgid ", "msgstr ", "%", "@", "\x00", "\ufeff", "1", "true", "null", '"properties"', '"enum"',
    '"type"', '"paths"', '"/a"', '"get"', '"cell_type"', '"cells"', '"source"', "[a]\n", "a=",
    "|-|-|\n", "Metadata-Version: 2\n",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "𝒜", "é"
])  # fmt: skip
DOCUMENTS = st.lists(TOKENS, max_size=80).map("".join)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=DOCUMENTS, encoding=st.sampled_from(["utf-8", "gb18030", "utf-16-le"]), every=st.booleans())
def test_no_reader_raises_and_every_place_holds(name: str, document: str, encoding: str, every: bool) -> None:
    data = document.encode(encoding, "replace")
    text = Text(data, encoding)
    hold(data, reader(name)(text, None if every else hits(text)))


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=80, deadline=None)
@given(data=st.binary(max_size=400), offsets=st.lists(st.integers(0, 400), max_size=8))
def test_any_bytes_and_any_offsets_are_read(name: str, data: bytes, offsets: list[int]) -> None:
    text = decode(data)
    hold(data, reader(name)(text, sorted(min(o, max(0, len(text.utf8) - 1)) for o in offsets)))


def test_options_that_do_not_end_cost_no_more_than_others() -> None:
    """Damaged markup whose options lay in each other took minutes: found by benchmarks/fuzz."""
    page = "<form><label>民族 <select name='nation'><option>".encode() + b"\xff" + "维族(新疆)<<body>".encode()
    data = b"<!DOCTYPE html><html><body>" + page * 150
    hits = [(at, "utf-8") for at in (m.start() for m in re.finditer("维族".encode(), data))]
    started = time.process_time()
    reading = read("page.html", data, hits)
    assert reading.constructs
    assert time.process_time() - started < 12


def test_thousands_of_texts_under_one_element_cost_no_more_than_others() -> None:
    """Whether it is a list was asked at each of them: the annotations of emoji in XML took half a minute a language."""
    rows = "".join(f'<note cp="{n:x}" type="tts">thing {n}: 民族</note>' for n in range(4000))
    data = f"<all><notes>{rows}</notes></all>".encode()
    hits = [(m.start(), "utf-8") for m in re.finditer("民族".encode(), data)]
    started = time.process_time()
    assert read("notes.xml", data, hits).constructs
    assert time.process_time() - started < 6
