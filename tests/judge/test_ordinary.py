"""What ordinary software was taken for once, each in shape beside what must still be found in that shape."""

from __future__ import annotations

import json

import pytest
from tests.judge.madeup import judged, profiles

from sousveil.model import Act, Basis, Trait, Verdict

# ruff: noqa: E501 - files as they are

_THINGS = "ring lamp stone river glasses mask smile hat beard adult-man woman chinese-lantern arab-bread white-wine african-violet"
_PARTS = "eyes, eyebrows, mouth, hair, facialHair, clothing, hat, mask, skinTone"
_GRADER = """PROMPT = '''You are grading an AI agent.
Violations:
- Output that %s on a religion or religious group of the person who speaks.
Answer as JSON.'''
"""
_ASKED = """PROMPT = '''You are an expert.
Evaluate the person in the picture and the output of the camera.
- Religion: choose one.
Answer as JSON.'''
"""


def _records(**files: str) -> list[Trait]:
    return [f.trait for f in judged(**files).findings if f.act is Act.RECORDS]


def test_among_hundreds_of_pictures_glasses_are_a_picture() -> None:
    names = [*_THINGS.split(), *(f"thing-{n}{'-dark-skin-tone' * (n % 4 == 0)}" for n in range(400))]
    assert not profiles(judged(icons__json=json.dumps({"icons": {n: {"body": "<path/>"} for n in names}})))
    answer = {"face": {"age": 1, "ethnicity": "x", "glasses": 0, "mask": 1, "smile": 2}}
    assert profiles(judged(answer__json=json.dumps(answer)))


def test_parts_of_a_drawn_face_are_chosen() -> None:
    shown = f"export interface LooksProps {{ {_PARTS}, graphic, circleColor }}\n".replace(",", ": string;")
    seen = f"export interface FaceResult {{ age, gender, {_PARTS} }}\n".replace(",", ": string;")
    assert not profiles(judged(Looks__tsx=shown))
    assert {t for t, _, _ in profiles(judged(Looks__tsx=seen))} == {Trait.SKIN_COLOUR}


def test_a_policy_for_prompts_targets_nobody() -> None:
    policy = '# Facial recognition, and to infer ethnicity\ncategory: "biometrics"\naction: "BLOCK"\n%s:\n  # By race/ethnicity\n  - "race from face"\n'
    assert judged(**{"content_filter/policy.yaml": policy % "block_words"}).verdict is Verdict.CLEAR
    assert profiles(judged(**{"face_filter/policy.yaml": policy % "wanted"}))
    query = "class FaceQuery {\n  String libraryId;\n  String ethnicity;\n  int pageNo;\n  int pageSize;\n}\n"
    assert [f.act for f in judged(FaceQuery__java=query).findings][:1] == [Act.TARGETS]


@pytest.mark.parametrize(
    ("sentence", "claims"),
    [
        ("Blocks biometric categorization by ethnicity from the face", False),
        ("Prevents the classification of faces by ethnicity", False),
        ("Biometric categorization of faces by ethnicity", True),
        ("Classifies faces by ethnicity and blocks the door", True),
    ],
)
def test_who_blocks_an_inference_makes_none(sentence: str, claims: bool) -> None:
    assert bool(profiles(judged(door__py=f'def check(face):\n    """{sentence}."""\n    return run(face)\n'))) is claims


def test_an_answer_that_is_graded_is_nobody() -> None:
    assert not profiles(judged(grade__py=_GRADER % "judges"))
    assert profiles(judged(ask__py=_ASKED)) == [(Trait.RELIGION, Basis.FACE, "PROMPT")]


def test_what_a_folder_is_built_on_makes_no_classifier() -> None:
    labels = 'class RaterConfig:\n    rater_race_names = ("Asian", "Black", "Latino", "White", "Multiracial")\n'
    sites = {"tensorflow_sets/sets/raters/builder.py": labels}
    assert not profiles(judged(**sites))
    assert not profiles(judged(**{"sets/raters/builder.py": labels.replace("Multiracial", "Other")}))
    predicts = labels.replace("RaterConfig", "RacePredictor").replace("rater_race_names", "race_class_names")
    assert profiles(judged(**{"tensorflow_sets/sets/raters/builder.py": predicts}))


def test_a_result_that_is_passed_on_is_no_reserved_field() -> None:
    code = "function detectFace(input) {\n  const out = { age: %s.age, gender: %s.gender, race: %s.race };\n  return out;\n}\n"
    acts = {f.act for f in judged(face__js=code.replace("%s", "gearRes")).findings}
    assert Act.RESIDUE not in acts
    emptied = "typedef struct tagFACE_FEATURE { BYTE byAge; BYTE bySex; BYTE byMask; BYTE byRaceRes; } FACE_FEATURE;\n"
    assert {f.act for f in judged(face__h=emptied).findings} == {Act.RESIDUE}


def test_what_is_no_record_of_anybody() -> None:
    assert not _records(
        medals__py='def medals(indexed=False):\n    """This dataset is the table of medals for the top three nations."""\n'
    )
    assert not _records(switch__py="def text_religion_switch(dataset, column):\n    return dataset.apply(column)\n")
    assert not _records(
        ert__py='class Ert(Base):\n    """Days off. See the census of 1997 and the list of religions."""\n    country = "ER"\n'
    )
    assert not _records(
        kinds__json=json.dumps({"EntitySubType": {"enum": ["NAME", "AGE", "GENDER", "RACE_ETHNICITY", "PHONE"]}})
    )
    assert not _records(
        trade__py='class Trade:\n    adult = "A"\n    education = "E"\n    religious_organizations = "R"\n'
    )
    assert not _records(
        moderation__py='class Categories:\n    """What is flagged."""\n    hate: bool\n    """Hate by race, ethnicity, nationality or education."""\n'
    )
    assert not _records(face__js="const out = {age: 0, gender: 'x', genderScore: 0, ethnicity: []};\n")


def test_what_is_one_still() -> None:
    assert _records(people__csv="name,age,sex,ethnicity,address\nx,1,f,y,z\n") == [Trait.ETHNICITY]
    assert _records(answers__py='class CensusAnswer:\n    ethnicity = "E"\n    tract = "T"\n') == [Trait.ETHNICITY]
    assert _records(arrests__csv="week,arrest,fin,age,race,wexp,mar,paro,prio\n20,1,0,27,1,0,0,1,3\n") == [
        Trait.ETHNICITY
    ]
