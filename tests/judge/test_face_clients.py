"""Clients and switches of what looks at faces, queries of what was worked out, and names that say what they go by."""

from __future__ import annotations

import pytest
from tests.judge.madeup import Shape, judged, profiles, shapes

from sousveil.model import Act, Basis, Trait

# ruff: noqa: E501 - files as they are

INFERS = (Act.INFERS, Trait.ETHNICITY)

SWITCH = """
class Kit {
    void setup(Kit kit) {
        /**
         * %s
         * %s
         */
        kit.algorithms(0);
    }
}
"""
EXAMPLE = """
/**
 * %s
 *
 * var params = {
 *      url : 'http://example.org/1.jpg',
 *      %s,
 *      async: 'false'
 * };
 *
 * client.%s(params, function (err, res) {
 *      console.log(res.list[0].age);
 * });
 */
exports.call = function (params, callback) { request(url, params, callback); };
"""
SHOWN = """
def draw(target_{0}, frame, items):
    if 'gender' in items:
        put_text(frame, target_{0}.gender)
    if 'race' in items:
        put_text(frame, target_{0}.race)
"""
TENSORS = """
int Parser::read({0}_t *meta) {{
  auto race = extract<sdk_{0}_race_e, RaceFeature>(tensors[0]);
  meta->race = race.first;
  auto gender = extract<sdk_{0}_gender_e, GenderFeature>(tensors[1]);
  meta->gender = gender.first;
  return 0;
}}
"""
QUERY = "select n.full_name, g.{0}_gender, g.gender_source, e.{0}_ethnicity from names n left join genders g on g.id = n.id left join origins e on e.id = n.id"
STRUCT = """
# Guide

```c
typedef struct
{
  char name[128];
  %s
} info_t;
```
"""
GUESS = """
def infer_religion_from_name(record):
    name = record.%s.strip().lower()
    if 'islam' in name:
        return 'Islam'
"""

FOUND: dict[str, Shape] = {
    "a switch of races told apart": ("Kit.java", SWITCH % ("SDK_FACE_DISABLE_OCCLUSION = 1 << 0, // 关闭遮挡", "SDK_FACE_DISABLE_RACE = 1 << 4, // 关闭人种分类"), *INFERS),
    "an example that asks": ("lib/detect.js", EXAMPLE % ("Detect the faces of the photo", "attribute: 'gender, age, race, smiling, glass, pose'", "detect"), *INFERS),
    "drawn beside a face": ("draw.py", SHOWN.format("face"), *INFERS),
    "two types of a face's parts": ("parser.cpp", TENSORS.format("face"), *INFERS),
    "a query of what was predicted": ("people.sql", QUERY.format("predicted"), *INFERS),
    "a structure in a guide": ("guide.md", STRUCT % "face_emotion_e emotion;\n  face_gender_e gender;\n  face_race_e race;\n  float age;\n  float mask_score;", *INFERS),
    "news of a painter of faces": ("news.md", "\n1. 【人种分类】：新增人种分类算法，精准识别人种类别，支持美颜美妆多人种适配\n", *INFERS),
    "religion from a name": ("guess.py", GUESS % "full_name", Act.INFERS, Trait.RELIGION),
    "a people in a name": ("faces.py", "def is_uyghur_face(picture):\n    return model.predict(picture) > 0.5\n", *INFERS),
}  # fmt: skip
QUIET: dict[str, Shape] = {
    "a switch of what a game draws": ("Kit.java", SWITCH % ("GAME_DISABLE_CARS = 1 << 0, // 关闭车辆", "GAME_DISABLE_RACE = 1 << 4, // 关闭比赛")),
    "a switch of a card's lines": ("Kit.java", SWITCH % ("CARD_DISABLE_ADDRESS = 1 << 0, // 关闭住址", "CARD_DISABLE_NATION = 1 << 4, // 关闭民族")),
    "an example that registers": ("lib/save.js", EXAMPLE % ("Saves the person of the form", "fields: 'name, gender, age, race, address, phone'", "save")),
    "drawn beside a driver": ("draw.py", SHOWN.format("driver")),
    "drawn beside a surface": ("draw.py", SHOWN.format("surface")),
    "two types of a season's parts": ("parser.cpp", TENSORS.format("season")),
    "a query of what was stated": ("people.sql", QUERY.format("stated")),
    "a structure of a card in a guide": ("guide.md", STRUCT % "char address[128];\n  char ethnicity[16];\n  char issuing_authority[32];\n  char id_number[18];"),
    "news of a painter of skin": ("news.md", "\n1. 【美白】：新增美白算法，支持美颜美妆多肤色适配\n"),
    "religion from a subject's name": ("guess.py", GUESS % "subject_name"),
    "religion from a temple's name": ("guess.py", GUESS % "temple_name"),
    "a sentence's language": ("texts.py", "def is_uyghur_sentence(sentences):\n    return [classify(s)[0] == 'ug' for s in sentences]\n"),
    "kinds of columns": ("SPEC.md", "\nDetection returns, for each kept column, its `name` and `kind` ∈ {`sex`, `race`, `age`, `geography`}.\n"),
    "a code's name is printed": ("Employee.js", "const printNation = (code) => {\n    let found = nations.value?.filter((item) => item.nation_code == code);\n    return found[0].nation_text;\n}\nconst person = { gender: 'm', birthday: '', marital: '' };\n"),
}  # fmt: skip

test_is_found, test_its_twin_stays_quiet = shapes(FOUND, QUIET)


def test_an_answer_in_an_example_is_no_slot_that_was_emptied() -> None:
    judgement = judged(
        **{"detect.js": EXAMPLE % ("Detect the faces", "attribute: 'gender, age, race, pose'", "detect")}
    )
    assert not [f for f in judgement.findings if f.act is Act.RESIDUE]


@pytest.mark.parametrize(
    "name", ["religion_from_name", "ethnicityByName", "religion_of_surname", "ethnicityFromLastNames"]
)
def test_a_name_that_says_what_it_goes_by(name: str) -> None:
    told = profiles(judged(guess__py=f"def predict_{name}(one):\n    return model.predict(one)\n"))
    assert [basis for _, basis, _ in told] == [Basis.NAME], told


def test_white_people_of_europe_and_america_are_no_white_skin() -> None:
    prompt = (
        'PROMPT = """你是导览员。分析图片中的人物，以JSON返回：\n{{"ethnicity": "asian", "gender": "male"}}\n{}"""\n'
    )
    assert profiles(judged(prompts__py=prompt.format("caucasian: 欧美白人")))
