"""Keys and values by lines, catalogues of translations, columns, markup."""

from __future__ import annotations

import pytest
from tests.read.constructs import read_terms

from sousveil.model import Kind
from sousveil.read.resource import csv, html, ini, po, xml
from sousveil.read.text import decode


@pytest.mark.parametrize(
    ("source", "name", "value", "gloss"),
    [
        ("# shown in the filter\nface.race=Race\n", "face.race", "Race", "shown in the filter"),
        ("face.race=\\u6c11\\u65cf\n", "face.race", "民族", ""),
        ("face.race = one \\\n   two\n", "face.race", "one two", ""),
        ('/* a label */\n"race.title" = "Race";\n', "race.title", "Race", "a label"),
        ("export RACE_race=1\n", "RACE_race", "1", ""),
        ("race: yes ; set by the camera\n", "race", "yes", "set by the camera"),
    ],
)
def test_a_key_and_its_value(source: str, name: str, value: str, gloss: str) -> None:
    (pair,) = read_terms(ini, source, "race")
    assert (pair.role, pair.name, pair.members[0].value, pair.gloss) == ("key-value", name, value, gloss)


def test_a_section_is_a_scope_and_a_record() -> None:
    source = "[General]\na=1\nb=2\n[FaceRecognition]\nage=1\n; 0 unknown 1 asian\nrace=0\n"
    record, pair = read_terms(ini, source, "race")
    assert (record.kind, record.name, [m.name for m in record.members]) == (
        Kind.RECORD,
        "FaceRecognition",
        ["age", "race"],
    )
    assert (pair.name, pair.scope, pair.gloss) == ("race", ("FaceRecognition",), "0 unknown 1 asian")


def test_setup_cfg_describes_the_package() -> None:
    found = read_terms(ini, "[metadata]\nname = p\ndescription = race from face\n", "race")
    assert [c.role for c in found] == ["section", "package-summary"]


def test_a_catalogue_entry_with_comment_context_and_language() -> None:
    source = (
        'msgid ""\nmsgstr ""\n"Language: zh_CN\\n"\n\n#. on the form\nmsgctxt "person"\nmsgid "race"\n'
        'msgstr "种"\n"族"\n\nmsgid "age"\nmsgstr "年龄"\n'
    )
    (entry,) = read_terms(po, source, "race")
    assert (entry.name, entry.members[0].value) == ("race", "种族")
    assert (entry.gloss, entry.scope) == ("on the form", ("zh_CN", "person"))
    (again,) = read_terms(po, source, "族")
    assert again.name == "race"


def test_a_catalogue_of_keys_tells_what_stands_beside_one() -> None:
    keys = ("menuOne", "faceAge", "faceMask", "faceNation", "faceBeard", "menuTwo", "faceFar")
    source = "".join(f'#: a.c:1\nmsgid "{key}"\nmsgstr "{key.upper()}"\n\n' for key in keys)
    found = read_terms(po, source, "Nation")
    assert sorted(c.name for c in found) == ["faceAge", "faceBeard", "faceMask", "faceNation"]
    assert {(c.kind, c.role) for c in found} == {(Kind.STATEMENT, "key-value")}
    # What is shown as it stands is no key, though a hyphen or a full stop be in it.
    for shown in ("African-American", "Race and age", "Nation."):
        (one,) = read_terms(po, f'msgid "{shown}"\nmsgstr "x"\n\nmsgid "other"\nmsgstr "y"\n', shown)
        assert (one.kind, one.role) == (Kind.OPTION, "label")


def test_columns_and_at_most_five_cells_of_each() -> None:
    rows = "".join(f'"n, {i}",asian,{i}\n' for i in range(100))
    found = read_terms(csv, "name,race,age\n" + rows, "asian", "race")
    header, *cells = found
    assert (header.kind, header.role) == (Kind.RECORD, "columns")
    assert [m.name for m in header.members] == ["name", "race", "age"]
    assert [(c.role, c.name, c.passage.text) for c in cells] == [("cell", "race", "asian")] * 5
    assert cells[0].members[0].value == "n, 0"


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_other_delimiters(mark: str) -> None:
    header, cell = read_terms(csv, mark.join(("id", "race")) + "\n" + mark.join(("1", "asian")) + "\n", "asian")
    assert [m.name for m in header.members] == ["id", "race"]
    assert cell.name == "race"


def test_a_table_of_numbers_has_no_header() -> None:
    (cell,) = read_terms(csv, "1,2,3\n4,asian,6\n", "asian")
    assert (cell.role, cell.name) == ("cell", "")


# ---------------------------------------------------------------------------------------------------- xml


def test_android_strings_and_arrays() -> None:
    source = (
        '<resources><!-- face filter --><string name="face_race">Race</string>\n<string name="x">y</string>'
        '<string-array name="races"><item>asian</item><item>black</item></string-array></resources>'
    )
    (pair,) = read_terms(xml, source, "Race")
    assert (pair.role, pair.name, pair.members[0].value, pair.scope) == (
        "key-value",
        "face_race",
        "Race",
        ("resources",),
    )
    (labels,) = read_terms(xml, source, "asian")
    assert (labels.kind, labels.role, labels.name) == (Kind.LABEL_SET, "list", "races")
    assert [m.name for m in labels.members] == ["asian", "black"]


def test_elements_with_fields_are_records() -> None:
    source = '<Face id="1"><Age>30</Age><Race unit="x">asian</Race><Box><X>1</X></Box></Face>'
    record = read_terms(xml, source, "asian")[0]
    assert (record.kind, record.role, record.name) == (Kind.RECORD, "element", "1")
    assert [(m.name, m.value) for m in record.members] == [("id", "1"), ("Age", "30"), ("Race", "asian"), ("Box", "")]


def test_fields_declared_by_attributes() -> None:
    source = (
        '<table name="face"><field name="age" type="int"/>\n<field name="race" type="int" desc="0 unknown, 1 asian"/>'
        '<!-- last --><field name="x" type="int"/></table>'
    )
    record = read_terms(xml, source, "race")[0]
    assert (record.name, [(m.name, m.type) for m in record.members][1:]) == (
        "face", [("age", "int"), ("race", "int"), ("x", "int")]
    )  # fmt: skip
    assert ("1", "asian") in record.members[2].values


def test_a_property_list_is_read_like_json() -> None:
    source = (
        '<?xml version="1.0"?><plist version="1.0"><dict><key>Face</key><dict><key>age</key><integer>1</integer>'
        "<key>race</key><string>asian</string></dict><key>labels</key><array><string>asian</string><string>black</string>"
        "</array></dict></plist>"
    )
    found = read_terms(xml, source, "asian")
    record = next(c for c in found if c.kind is Kind.RECORD)
    assert (record.name, [m.name for m in record.members]) == ("Face", ["age", "race"])
    assert [m.name for m in next(c for c in found if c.kind is Kind.LABEL_SET).members] == ["asian", "black"]


def test_entities_of_a_document_are_never_expanded() -> None:
    source = (
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y "race">]><a><b>&x; &y; race</b><c>1</c></a>'
    )
    found = read_terms(xml, source, "race</b>")
    assert any(m.value == "&x; &y; race" for c in found for m in c.members)


# --------------------------------------------------------------------------------------------------- html

FORM = """<html><head><title>Portal</title></head><body><h1>Face library</h1>
<div class="search-bar" id="faceSearch">
  <div class="row"><span class="t">Upload picture</span><input type="file" name="img"></div>
  <div class="row"><span class="t">Similarity</span><input name="threshold" placeholder="0 to 100"></div>
  <div class="row"><span class="t">民族：</span>
    <select name="nation"><option value="">All
    <option value="5">维族</option></select></div>
  <div class="row"><span class="t">Race</span><my-select ng-model="q.race" empty-text="choose race"></my-select></div>
  <button>查询</button>
</div>
<p>This page explains nothing. The race of a person is asked for here.</p>
<table><tr><th>Name</th><th>Race</th></tr><tr><td>A</td><td>x race</td></tr></table>
<ul class="menu"><li><a href="#">Race report</a></li></ul>
<script>var race = 1;</script></body></html>"""


def test_a_filter_knows_what_stands_beside_it() -> None:
    (option,) = read_terms(html, FORM, "民族")
    assert (option.kind, option.role, option.name) == (Kind.OPTION, "filter", "民族")
    assert {"Upload picture", "Similarity", "0 to 100", "threshold", "nation", "查询", "Race"} <= set(option.uses)
    assert option.scope[:2] == ("Portal", "Face library")
    assert "faceSearch" in option.scope


def test_the_options_of_a_select() -> None:
    (option,) = read_terms(html, FORM, "维族")
    assert (option.role, option.name) == ("filter", "民族")
    assert [(m.name, m.value) for m in option.members] == [("All", ""), ("维族", "5")]
    assert option.gloss == "nation"


def test_attributes_of_controls_carry_their_label() -> None:
    names = {(c.role, c.name) for c in read_terms(html, FORM, "q.race", "choose race")}
    assert names == {("filter", "Race")}


def test_sentences_headers_rows_menus_and_scripts() -> None:
    found = read_terms(html, FORM, "race", "Race")
    told = {(c.role, c.passage.text) for c in found}
    assert ("sentence", "The race of a person is asked for here.") in told
    assert ("column-header", "Race") in told
    assert ("menu", "Race report") in told
    row = next(c for c in found if c.role == "table-row")
    assert [(m.name, m.value) for m in row.members] == [("Name", "A"), ("Race", "x race")]
    assert not any("var race" in c.passage.text for c in found)


def test_scripts_are_left_to_their_own_reader() -> None:
    text = decode(FORM.encode())
    assert [text.utf8[a:b] for a, b in html.scripts(text)] == [b"var race = 1;"]
    template = decode(b'<script type="text/template"><label>race</label></script>')
    assert html.scripts(template) == []


def test_a_table_of_fields_is_a_record() -> None:
    source = (
        "<h2>FaceInfo</h2><table><tr><th>Parameter</th><th>Type</th><th>Description</th></tr>"
        "<tr><td>age</td><td>int</td><td>years</td></tr>"
        "<tr><td>race</td><td>int</td><td>0 unknown, 1 asian</td></tr></table>"
    )
    (record,) = read_terms(html, source, "race")
    assert (record.kind, record.role) == (Kind.RECORD, "field-table")
    assert [(m.name, m.type) for m in record.members] == [("age", "int"), ("race", "int")]
    assert "FaceInfo" in record.scope


def test_entities_are_read() -> None:
    (option,) = read_terms(html, "<form><label>&#x6c11;&#26063;</label><input></form>", "&#x6c11")
    assert option.name == "民族"
    assert option.passage.text == "&#x6c11;&#26063;"
