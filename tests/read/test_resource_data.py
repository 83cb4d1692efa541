"""JSON, YAML, TOML and what schemas say in them."""

from __future__ import annotations

import json as standard
from types import ModuleType

import pytest
from tests.read.constructs import read_terms

from sousveil.model import Construct, Kind
from sousveil.read.places import CAP
from sousveil.read.resource import json, toml, yaml


def only(found: list[Construct], role: str) -> Construct:
    matching = [c for c in found if c.role == role]
    assert len(matching) == 1, [(c.role, c.name) for c in found]
    return matching[0]


RESULT = {"face": {"id": "u1", "attributes": {"age": 30, "race": "asian", "glasses": False, "note": None}}}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        (json, standard.dumps(RESULT, indent=2)),
        (json, standard.dumps(RESULT)),
        (yaml, "face:\n  id: u1\n  attributes:\n    age: 30\n    race: asian\n    glasses: false\n    note: null\n"),
        (yaml, "---\nface: {id: u1, attributes: {age: 30, race: asian, glasses: false, note: ~}}\n"),
        (json, "// result\n{face: {id: 'u1', attributes: {age: 30, race: 'asian', glasses: false, note: null,},},}"),
    ],
)
def test_an_object_is_a_record_with_its_keys(module: ModuleType, source: str) -> None:
    found = read_terms(module, source, "race")
    record = only(found, "object")
    assert (record.kind, record.name, record.scope) == (Kind.RECORD, "attributes", ("u1", "face")[::-1])
    assert [(m.name, m.type) for m in record.members] == [
        ("age", "number"), ("race", "string"), ("glasses", "boolean"), ("note", "null")
    ]  # fmt: skip
    pair = only(found, "key-value")
    assert (pair.name, pair.members[0].value) == ("race", "asian")
    assert pair.scope[-1] == "attributes"


def test_only_the_objects_around_hits_are_returned() -> None:
    found = read_terms(json, '{"a": {"x": 1, "y": 2}, "b": {"race": "x", "age": 2}}', "race")
    assert {c.name for c in found if c.kind is Kind.RECORD} == {"b"}


@pytest.mark.parametrize(
    ("module", "source", "name", "members"),
    [
        (json, '{"labels": ["asian", "indian", "black"]}', "labels", [("asian", ""), ("indian", ""), ("black", "")]),
        (json, '{"id2label": {"0": "asian", "1": "indian"}}', "id2label", [("asian", "0"), ("indian", "1")]),
        (json, '{"label2id": {"asian": 0, "indian": 1}}', "label2id", [("asian", "0"), ("indian", "1")]),
        (json, '{"codes": {"A": "asian", "B": "black"}}', "codes", [("asian", "A"), ("black", "B")]),
        (yaml, "names:\n  - asian\n  - indian\n", "names", [("asian", ""), ("indian", "")]),
        (yaml, "names:\n  0: asian\n  1: indian\n", "names", [("asian", "0"), ("indian", "1")]),
        (toml, 'names = [\n  "asian", # first\n  "indian",\n]\n', "names", [("asian", ""), ("indian", "")]),
        (json, '{"nation": [{"value": 1, "label": "asian"}, {"value": 2, "label": "indian"}]}', "nation",
         [("asian", "1"), ("indian", "2")]),
    ],
)  # fmt: skip
def test_labels_are_a_set(module: ModuleType, source: str, name: str, members: list[tuple[str, str]]) -> None:
    labels = [c for c in read_terms(module, source, "asian") if c.kind is Kind.LABEL_SET]
    assert len(labels) == 1
    assert labels[0].name == name
    assert [(m.name, m.value) for m in labels[0].members] == members


@pytest.mark.parametrize(
    "source", ['{"age": 31, "race": 4}', '{"min": 0, "max": 9, "race": 3}', '{"race": "a b", "name": "c d"}']
)
def test_values_that_are_no_labels_stay_a_record(source: str) -> None:
    assert [c.kind for c in read_terms(json, source, "race") if c.kind is not Kind.STATEMENT] == [Kind.RECORD]


def test_fields_listed_in_an_array_are_a_table_of_fields() -> None:
    race = '{"name": "race", "type": "int", "description": "0 asian, 1 black"}'
    source = '{"fields": [{"name": "age", "type": "int"}, ' + race + "]}"
    table = only(read_terms(json, source, "race"), "field-table")
    assert [(m.name, m.type, m.gloss) for m in table.members] == [
        ("age", "int", ""),
        ("race", "int", "0 asian, 1 black"),
    ]


def test_escapes_are_read_and_quoted_as_written() -> None:
    found = read_terms(json, '{"x": {"\\u6c11\\u65cf": "\\u6c49", "bad": "\\ud800"}}', "\\u6c11")
    pair = only(found, "key-value")
    assert (pair.name, pair.members[0].value) == ("民族", "汉")
    assert pair.passage.text == '"\\u6c11\\u65cf": "\\u6c49"'
    assert only(found, "object").members[1].value == "\ufffd"


def test_long_text_is_quoted_by_its_sentence() -> None:
    value = "First sentence. The race of the face is returned. Third sentence. " + "More. " * 30
    found = read_terms(json, standard.dumps({"doc": value}), "race")
    assert only(found, "value").passage.text == "The race of the face is returned."


def test_rows_alike_are_shown_a_few_times() -> None:
    lines = "\n".join(standard.dumps({"name": f"n{i}", "race": "asian"}) for i in range(3000))
    found = read_terms(json, lines, "race")
    assert 0 < len([c for c in found if c.kind is Kind.RECORD]) <= 5
    assert len(found) < 100


def test_what_is_cut_has_the_length_of_the_cap() -> None:
    source = "[" + ",".join(f'{{"race{i}": "{i}", "b": 1}}' for i in range(3 * CAP)) + "]"
    assert len(read_terms(json, source, "race")) == CAP


def test_a_large_set_keeps_the_labels_that_were_hit() -> None:
    labels = [f"word{i}" for i in range(30_000)]
    labels[20_000] = "race"
    found = read_terms(json, standard.dumps({"words": labels}), '"race"')
    assert len(found[0].members) == 400
    assert "race" in [m.name for m in found[0].members]
    assert "word19999" in [m.name for m in found[0].members]


def test_broken_json_is_read_as_far_as_it_goes() -> None:
    found = read_terms(json, '{"a": {"race": "x", "age": 1}, "b": "open\n, "c": {"race": 2, "d": 3}', "race")
    assert [c.name for c in found if c.kind is Kind.RECORD] == ["a", "c"]


def test_package_descriptions_and_keywords_say_so() -> None:
    source = '{"name": "p", "version": "1", "description": "race from face", "keywords": ["face", "race"]}'
    found = read_terms(json, source, "race")
    assert only(found, "package-summary").name == "description"
    assert [m.name for m in only(found, "keywords").members] == ["face", "race"]
    project = '[project]\nname = "p"\nversion = "1"\ndescription = "race from face"\nkeywords = ["face", "race"]\n'
    found = read_terms(toml, project, "race")
    assert only(found, "package-summary").members[0].value == "race from face"
    assert [m.name for m in only(found, "keywords").members] == ["face", "race"]


# ------------------------------------------------------------------------------------------------ schemas

SCHEMA = """
components:
  schemas:
    FaceAttributes:
      description: What is known of a face
      properties:
        age: {type: integer, description: in years}
        race:
          type: string
          description: Race of the face
          enum: [asian, black, white]
        box: {$ref: '#/components/schemas/Box'}
        all:
          type: array
          items: {$ref: '#/components/schemas/Face'}
"""


def test_a_schema_is_a_record_of_its_properties() -> None:
    for module, source in ((yaml, SCHEMA), (json, standard.dumps(__import__("yaml").safe_load(SCHEMA)))):
        found = read_terms(module, source, "race")
        record = only(found, "schema")
        assert (record.name, record.gloss) == ("FaceAttributes", "What is known of a face")
        assert [(m.name, m.type) for m in record.members] == [
            ("age", "integer"), ("race", "string"), ("box", "Box"), ("all", "array of Face")
        ]  # fmt: skip
        assert record.members[1].values == (("", "asian"), ("", "black"), ("", "white"))
        assert [c.role for c in found] == ["schema"]


def test_an_enum_in_a_schema_is_an_enumeration() -> None:
    enum = only(read_terms(yaml, SCHEMA, "asian"), "enum")
    assert (enum.kind, enum.name) == (Kind.ENUMERATION, "race")
    assert [m.name for m in enum.members] == ["asian", "black", "white"]
    named = '{"Race": {"type": "integer", "enum": [0, 1], "x-enum-varnames": ["asian", "black"]}}'
    enum = only(read_terms(json, named, "asian"), "enum")
    assert [(m.name, m.value) for m in enum.members] == [("asian", "0"), ("black", "1")]


def test_a_path_is_an_operation() -> None:
    source = """
swagger: '2.0'
paths:
  /face/search:
    post:
      summary: Search faces by race
      operationId: searchFaces
      parameters:
        - {name: image, in: body, type: string}
        - {name: race, in: query, type: string, description: race of the person, enum: [asian, white]}
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Query'}}}}
      responses:
        '200': {content: {application/json: {schema: {$ref: '#/components/schemas/FaceList'}}}}
"""
    for term in ("race", "name: race"):
        operation = only(read_terms(yaml, source, term), "endpoint")
        assert (operation.kind, operation.name) == (Kind.OPERATION, "POST /face/search")
        assert [m.name for m in operation.members] == ["image", "race"]
        assert operation.members[1].values == (("", "asian"), ("", "white"))
        assert operation.returns == "FaceList"
        assert "Query" in operation.uses
        assert operation.gloss == "Search faces by race"


# --------------------------------------------------------------------------------------------------- yaml


def test_comments_in_yaml_are_glosses() -> None:
    source = "face:\n  age: 1\n  # kind of person\n  race: 0  # 0 unknown, 1 asian, 2 black\n"
    member = only(read_terms(yaml, source, "race"), "object").members[1]
    assert member.gloss == "kind of person\n0 unknown, 1 asian, 2 black"
    assert ("1", "asian") in member.values


def test_a_template_is_read_by_lines() -> None:
    source = "face:\n  {{- if .Values.x }}\n  attributes:\n    race: {{ .Values.race }}\n  {{- end }}\n"
    pair = read_terms(yaml, source, "race:")[0]
    assert (pair.role, pair.name, pair.scope) == ("key-value", "race", ("face", "attributes"))


def test_aliases_and_anchors_are_not_followed() -> None:
    bomb = "a: &a [race, race]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
    )
    assert only(read_terms(yaml, bomb, "race"), "list").name == "a"


def test_a_large_yaml_is_read_around_its_hits() -> None:
    filler = "".join(f"key{i}:\n  a: 1\n  b: 2\n" for i in range(60_000))
    found = read_terms(yaml, filler + "face:\n  age: 1\n  race: asian\n" + filler, "race:")
    assert [(c.role, c.name) for c in found] == [("object", "face"), ("key-value", "race")]


# --------------------------------------------------------------------------------------------------- toml


def test_toml_tables_strings_and_comments() -> None:
    source = (
        "title = \"x\"\n[face.attributes]\n# in years\nage = 30\nrace = 'asian' # as seen\n"
        'long = """\nrace of the person\n"""\ninline = { race = "a", skin = "b" }\n[[list]]\nrace = 1\nb = 2\n'
    )
    found = read_terms(toml, source, "race")
    record = next(c for c in found if c.name == "face.attributes")
    assert [(m.name, m.value) for m in record.members][:3] == [
        ("age", "30"), ("race", "asian"), ("long", "\nrace of the person\n")
    ]  # fmt: skip
    assert [m.gloss for m in record.members][:2] == ["in years", "as seen"]
    inline = next(c for c in found if c.name == "inline")
    assert [m.name for m in inline.members] == ["race", "skin"]
    assert any(c.name == "list" for c in found)
