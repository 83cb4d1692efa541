"""Constants of one file that conditions of another compare with."""

# ruff: noqa: E501 - files as they are

from __future__ import annotations

import pytest
from tests.judge.madeup import judged, profiles

from sousveil.model import Act, Verdict

JAVA_KEYS = "public final class Keys {\n    public static final Set<String> %s = Set.of(%s);\n}\n"
JAVA_DESK = """public class Desk {
    public void checkIn(Guest guest) {
        if (Keys.KEY_NATIONS.contains(guest.getNation())) {
            police.report(guest.getIdCard(), guest.getRoomNo());
        }
    }
}
"""


def test_a_people_kept_in_another_file_is_found_where_it_is_compared() -> None:
    judgement = judged(Keys__java=JAVA_KEYS % ("KEY_NATIONS", '"维吾尔族", "哈萨克族"'), Desk__java=JAVA_DESK)
    (finding,) = judgement.findings
    assert (finding.act, finding.construct.name) == (Act.TARGETS, "guest.getNation()")
    assert [link.place.artifact for link in finding.links] == ["Keys.java"]
    assert finding.places[0].artifact == "Desk.java"


@pytest.mark.parametrize(
    "files",
    [
        # Another constant, a people of the majority, and names that say nothing.
        {"Keys__java": JAVA_KEYS % ("OTHER_NATIONS", '"维吾尔族", "哈萨克族"'), "Desk__java": JAVA_DESK},
        {"Keys__java": JAVA_KEYS % ("KEY_NATIONS", '"汉族"'), "Desk__java": JAVA_DESK},
        {"a__py": 'values = ["uyghur", "tibetan"]\n', "b__py": "if p.ethnicity in values:\n    alert_police(p.id_card)\n"},
        # All peoples there are.
        {"Keys__java": JAVA_KEYS % ("KEY_NATIONS", ", ".join(f'"{n}族"' for n in ["维吾尔", "藏", "回", "满", "苗", "壮", "彝", "侗", "瑶", "白", "傣", "黎", "佤", "畲"])),
         "Desk__java": JAVA_DESK},
    ],
    ids=("another", "majority", "common-name", "all"),
)  # fmt: skip
def test_what_is_compared_with_something_else_is_none(files: dict[str, str]) -> None:
    assert not profiles(judged(**files))


def test_a_name_defined_in_many_files_stands_for_nothing_certain() -> None:
    other = {f"a{n}__py": 'WATCHED = ["uyghur", "tibetan"]\n' for n in range(4)}
    gate = "if visitor.ethnicity in WATCHED:\n    alert_police(visitor.id_card)\n"
    assert judged(gate__py=gate, **other).verdict is not Verdict.PROFILES
    # The file named in front of it settles which is meant.
    assert judged(gate__py=gate.replace("WATCHED", "a2.WATCHED"), **other).verdict is Verdict.PROFILES


@pytest.mark.parametrize("name", ["news__txt", "news__cor", "news__py"])
def test_a_sentence_compares_nothing(name: str) -> None:
    news = "Two adults had an interest in Islam, and the police asked residents and an adult for their address.\n"
    assert not profiles(judged(**{name: f'"""{news}"""\n' if name.endswith("py") else news}))


@pytest.mark.parametrize(
    ("defined", "compared"),
    [
        ('#define KEY_NATION "维吾尔族"\n', "if (strcmp(p->nation, KEY_NATION) == 0) {{\n    raise_alarm(p->id_card);\n}}\n"),
        ('export const KEY_NATION = "维吾尔族";\n', "if (p.nation === KEY_NATION) {{\n    raiseAlarm(p.idCard);\n}}\n"),
    ],
    ids=("c", "js"),
)  # fmt: skip
def test_languages(defined: str, compared: str) -> None:
    names = ("keys__h", "gate__c") if "#define" in defined else ("keys__js", "gate__js")
    judgement = judged(**{names[0]: defined, names[1]: "void gate(struct person *p) {\n" + compared.format() + "}\n"})
    assert [f.act for f in judgement.findings] == [Act.TARGETS]


@pytest.mark.parametrize(
    "files",
    [
        {"alert__json": '{"query": {"term": {"nation": "维吾尔族"}}, "_source": ["idCard", "cameraId"]}\n'},
        {"alert__json": '{\n  "query": {\n    "match": {\n      "nation": {"query": "维吾尔族"}\n    }\n  },\n  "_source": ["idCard", "cameraId"]\n}\n'},
        {"alert__yaml": "query:\n  terms:\n    ethnicity: [uyghur, tibetan]\nactions:\n  police_alarm: {url: a}\n"},
        {"Dao__java": 'class Dao {\n    List<Capture> of(String camera) {\n        return find(boolQuery()\n            .filter(QueryBuilders.termQuery("nation", "维吾尔族"))\n            .filter(termQuery("cameraId", camera)));\n    }\n}\n'},
        {"Dao__java": 'class Dao {\n    List<Capture> of(String camera) {\n        return template.find(query(where("nation").is("维吾尔族").and("cameraId").is(camera)));\n    }\n}\n'},
        {"dao__js": "function of(db) {\n  return db.captures.find({ ethnicity: { $in: ['uyghur'] }, cameraId: 1 });\n}\n"},
    ],
    ids=("json", "json-lines", "yaml", "builder", "criteria", "mongo"),
)  # fmt: skip
def test_a_stored_query_for_whom_cameras_saw(files: dict[str, str]) -> None:
    assert Act.TARGETS in {f.act for f in judged(**files).findings}


@pytest.mark.parametrize(
    "files",
    [
        {"songs__json": '{"query": {"term": {"language": "Uyghur"}}, "_source": ["title", "cameraId"]}\n'},
        {"films__json": '{"query": {"term": {"nation": "维吾尔族"}}, "_source": ["title", "video", "channel"]}\n'},
        {"match__yaml": "match: {ethnicity: uyghur}\nnotes: {url: a}\n"},
    ],
    ids=("language", "films", "nobody"),
)
def test_a_stored_query_for_something_else(files: dict[str, str]) -> None:
    assert not profiles(judged(**files))
