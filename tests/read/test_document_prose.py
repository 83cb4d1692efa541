"""Markdown, reStructuredText, plain text and names of artifacts."""

from __future__ import annotations

import pytest
from tests.read.constructs import read_terms

from sousveil.model import Kind
from sousveil.read.document import markdown, prose, rst
from sousveil.read.names import read_name
from sousveil.read.text import decode

MANUAL = """# Camera manual

Setext
------

The camera works. It tells the race of each face,
e.g. as a number. It stops.

1. By age
2. By race

### FaceInfo

| 参数 | 类型 | 说明 |
|------|------|------|
| `age` | int | 年龄 |
| `race` | int | 种族<br>0: 未知<br>1: 黄种人 |

| Model | Task |
|---|---|
| a | race |

```python
x = 1
print(result["race"])
```
"""


def test_sentences_items_and_headings() -> None:
    found = read_terms(markdown, MANUAL, "race")
    sentences = [(c.passage.text, c.scope) for c in found if c.role == "sentence"]
    assert sentences == [
        ("It tells the race of each face,\ne.g. as a number.", ("Camera manual", "Setext")),
        ("By race", ("Camera manual", "Setext")),
    ]


def test_a_table_of_fields_is_a_record_named_by_its_heading() -> None:
    record = next(c for c in read_terms(markdown, MANUAL, "race") if c.kind is Kind.RECORD)
    assert (record.role, record.name, record.scope[-1]) == ("field-table", "FaceInfo", "FaceInfo")
    assert [(m.name, m.type) for m in record.members] == [("age", "int"), ("race", "int")]
    assert record.members[1].values == (("0", "未知"), ("1", "黄种人"))


def test_other_tables_give_the_rows_that_were_hit() -> None:
    row = next(c for c in read_terms(markdown, MANUAL, "race") if c.role == "table-row")
    assert [(m.name, m.value) for m in row.members] == [("Model", "a"), ("Task", "race")]


def test_code_blocks() -> None:
    line = next(c for c in read_terms(markdown, MANUAL, "race") if c.role == "code-block")
    assert (line.name, line.passage.text) == ("python", 'print(result["race"])')
    text = decode(MANUAL.encode())
    ((language, start, end),) = markdown.code_blocks(text)
    assert (language, text.utf8[start:end]) == ("python", b'x = 1\nprint(result["race"])\n')


@pytest.mark.parametrize("kind", ["text/markdown", "text/x-rst", ""])
def test_package_metadata(kind: str) -> None:
    body = (
        "race\n====\n\n.. code-block:: python\n\n   race()\n"
        if kind != "text/markdown"
        else "# race\n\n```\nrace()\n```\n"
    )
    head = "Metadata-Version: 2.1\nName: p\nSummary: Infer race from names\nKeywords: race,name\n"
    head += f"Description-Content-Type: {kind}\n\n"
    if not kind:
        head = head.replace("Description-Content-Type: \n", "")
    found = read_terms(markdown, head + body, "race")
    assert [c.role for c in found] == ["package-summary", "keywords", "heading", "code-block"]
    assert found[0].members[0].value == "Infer race from names"


def test_front_matter_and_html_tables_in_markdown() -> None:
    source = "---\ntitle: race\n---\n\n## Rows\n\n<table><tr><td>race</td><td>x</td></tr></table>\n"
    found = read_terms(markdown, source, "race")
    assert [(c.role, c.name) for c in found] == [("key-value", "title"), ("table-row", "race")]
    assert found[1].scope[0] == "Rows"


LISTED = """
数据类型
========

face_info_t
-----------

.. list-table::
   :widths: 2 1 2
   :header-rows: 1

   * - 数据类型
     - 参数名称
     - 描述

   * - char
     - name[128]
     - 人脸名

   * - face_race_e
     - race
     - 种族

face_race_e
-----------

.. list-table::
   :header-rows: 1

   * - 种族
     - 描述

   * - RACE_UNKNOWN
     - 未知

   * - RACE
   
       _ASIAN
     - 亚洲人
"""  # noqa: W293


def test_list_tables_are_records_and_enumerations() -> None:
    record, enumeration = read_terms(rst, LISTED, "种族")
    assert (record.kind, record.name, record.scope) == (Kind.RECORD, "face_info_t", ("数据类型", "face_info_t"))
    assert [(m.name, m.type, m.gloss) for m in record.members] == [
        ("name[128]", "char", "人脸名"), ("race", "face_race_e", "种族")
    ]  # fmt: skip
    assert (enumeration.kind, enumeration.name) == (Kind.ENUMERATION, "face_race_e")
    assert [(m.name, m.gloss) for m in enumeration.members] == [("RACE_UNKNOWN", "未知"), ("RACE_ASIAN", "亚洲人")]


@pytest.mark.parametrize(
    "table",
    [
        "+------+------+-------------+\n| Name | Type | Description |\n+======+======+=============+\n"
        "| age  | int  | years       |\n+------+------+-------------+\n"
        "| race | int  | of a face   |\n+------+------+-------------+\n",
        "======  ======  ===========\nName    Type    Description\n======  ======  ===========\n"
        "age     int     years\nrace    int     of a face\n======  ======  ===========\n",
    ],
)
def test_grid_and_simple_tables(table: str) -> None:
    (record,) = read_terms(rst, "Info\n====\n\n" + table, "race")
    assert (record.role, record.name) == ("field-table", "Info")
    assert [(m.name, m.type, m.gloss) for m in record.members] == [
        ("age", "int", "years"),
        ("race", "int", "of a face"),
    ]


def test_rst_sentences_code_and_comments() -> None:
    source = "Title\n=====\n\nOne. Two race.\nThree. ::\n\n    race()\n\n"
    source += ".. race is said in a comment\n\n.. note::\n   A race note.\n"
    found = read_terms(rst, source, "race")
    assert [(c.role, c.passage.text) for c in found] == [
        ("sentence", "Two race."),
        ("code-block", "race()"),
        ("comment", ".. race is said in a comment"),
        ("sentence", "A race note."),
    ]
    text = decode(source.encode())
    assert [(language, text.utf8[a:b]) for language, a, b in rst.code_blocks(text)] == [("", b"race()")]


def test_prose_joins_the_lines_of_a_paragraph() -> None:
    long = "This first line of a paragraph is as long as lines of text are, and the race of\n"
    long += "the person goes on here. Next."
    (sentence,) = read_terms(prose, long, "race")
    assert sentence.passage.text == long[: long.index(" Next")]


def test_prose_keeps_lists_and_chinese_sentences_apart() -> None:
    labels, line = read_terms(prose, "alpha\nrace\nbeta\n", "race")
    assert line.passage.text == "race"
    assert (labels.kind, [m.name for m in labels.members]) == (Kind.LABEL_SET, ["alpha", "race", "beta"])
    (sentence,) = read_terms(prose, "系统可识别人脸。支持按民族检索！其他功能。\n", "民族")
    assert sentence.passage.text == "支持按民族检索！"


def test_numbered_classes_are_a_set_of_labels() -> None:
    source = "# Model\n\nAccuracy around 85%\n0 - Black man\n1 - Asian man\n2: White man\n"
    labels = read_terms(markdown, source, "Asian")[0]
    assert (labels.kind, labels.role, labels.name, labels.gloss) == (
        Kind.LABEL_SET,
        "classes",
        "Model",
        "Accuracy around 85%",
    )
    assert [(m.name, m.value) for m in labels.members] == [("Black man", "0"), ("Asian man", "1"), ("White man", "2")]


@pytest.mark.parametrize("lines", ["1 - Asian\n3 - White\n4 - Black\n", "7 - Asian\n8 - White\n9 - Black\n"])
def test_numbers_that_do_not_count_up_are_no_classes(lines: str) -> None:
    assert {c.kind for c in read_terms(markdown, lines, "Asian")} == {Kind.STATEMENT}


def test_prose_rows_have_cells() -> None:
    (row,) = read_terms(prose, "a\tb\tc\nrace\t1\t2\n", "race")
    assert (row.role, [m.value for m in row.members]) == ("table-row", ["race", "1", "2"])


@pytest.mark.parametrize(
    ("path", "name", "scope", "extension"),
    [
        ("models/race_model_single_batch.onnx", "race_model_single_batch", ("models",), "onnx"),
        ("a.whl!/p/models/nc_voter_name_race_lstm.h5", "nc_voter_name_race_lstm", ("a.whl", "p", "models"), "h5"),
        ("x/race_v1.2.tar.gz", "race_v1.2", ("x",), "tar.gz"),
        ("C:\\sdk\\RaceDetect.dll", "RaceDetect", ("C:", "sdk"), "dll"),
        ("race", "race", (), ""),
        (".race", ".race", (), ""),
    ],
)
def test_names_of_artifacts(path: str, name: str, scope: tuple[str, ...], extension: str) -> None:
    found = read_name(path)
    assert found is not None
    assert (found.role, found.name, found.scope, found.language) == ("artifact-name", name, scope, extension)
    assert (found.passage.length, found.passage.text, found.gloss) == (0, "", path)


@pytest.mark.parametrize("path", ["", "/", "./", "a!/"[2:]])
def test_no_name_no_clue(path: str) -> None:
    assert read_name(path) is None


def test_a_table_that_gives_lengths_in_bytes_tells_fields() -> None:
    source = "# Card\n\n| 项目 | 长度（字节） | 说明 |\n|---|---|---|\n" + "".join(
        f"| {name} | {size} | 汉字 |\n" for name, size in (("姓名", 30), ("性别", 2), ("民族", 4), ("住址", 70))
    )
    (record,) = read_terms(markdown, source, "民族")
    assert (record.kind, record.role, record.name) == (Kind.RECORD, "field-table", "Card")
    assert [m.name for m in record.members] == ["姓名", "性别", "民族", "住址"]
    prices = source.replace("长度（字节）", "价格（元）")
    assert [c.role for c in read_terms(markdown, prices, "民族")] == ["table-row"]


def test_a_table_to_be_filled_in_is_a_form() -> None:
    rows = "| 姓名 | {{name}} | 性别 | |\n|---|---|---|---|\n| 民族 | {{nation}} | 籍贯 | |\n| 电话 | ____ | 住址 | |\n"
    form, row = read_terms(markdown, rows, "民族")
    assert (form.kind, form.role, row.role) == (Kind.RECORD, "form", "table-row")
    assert [m.name for m in form.members] == ["姓名", "性别", "民族", "籍贯", "电话", "住址"]
    filled = rows.replace("{{name}}", "a").replace("{{nation}}", "b").replace("____", "c").replace("| |", "| d |")
    assert "form" not in [c.role for c in read_terms(markdown, filled, "民族")]
