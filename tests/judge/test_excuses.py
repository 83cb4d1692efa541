"""A maker who reads the rules: words that cost nothing, put around a structure that keeps doing what it did."""

from __future__ import annotations

import pytest
from tests.judge.madeup import judge_files

from sousveil.judge.judgement import Judgement
from sousveil.model import SET_ASIDE, Verdict

# ruff: noqa: E501 - files as they are

FACE = """// {0}
namespace {1} {{
// {0}
struct {1}FaceResult {{ int age; int gender; int glasses; int smile; int blur; int ethnicity; }};
}}
"""
LABELS = """class {0}Labels:
    classes = ["asian", "black", "white", "indian"]
    def race_of(self, face):
        return self.classes[self.model.predict(face).argmax()]
"""
WORDS = {
    "fairness": ("fairness metric", "FairnessAudit", "Measures disparate impact and fairness of models."),
    "emoji": ("emoji", "Emoji", "Emoji with shortcodes and emoji modifiers."),
    "fake_data": ("fake data", "FakeData", "Makes fake data with faker."),
    "patients": ("patient", "Patient", "Electronic health records of patients."),
    "forensics": ("forensic report", "Forensic", "A forensic report."),
    "redaction": ("PII redaction", "Redaction", "Anonymization and redaction of PII."),
    "rpg": ("role playing game", "Rpg", "A role playing game, with an avatar editor."),
    "survey": ("survey", "Survey", "Answers of a survey."),
}


def judged(path: str, text: str, summary: str = "") -> Judgement:
    return judge_files({path: text}, summary)


@pytest.mark.parametrize("word", WORDS)
def test_what_is_measured_in_a_picture_stays_so_whatever_is_said_around_it(word: str) -> None:
    comment, name, summary = WORDS[word]
    assert judged(f"{word}/face.h", FACE.format(comment, name), summary).verdict is Verdict.PROFILES


@pytest.mark.parametrize("word", WORDS)
def test_what_only_such_words_explain_is_named(word: str) -> None:
    """Labels of an audit and of a product look alike: the report says which words were believed."""
    plain = judged("face/labels.py", LABELS.format("Face"))
    assert plain.verdict is Verdict.PROFILES
    assert SET_ASIDE not in {e.rule for e in plain.explained}
    hidden = judged(f"face/{word}/labels.py", LABELS.format(WORDS[word][1]), WORDS[word][2])
    said = [e for e in hidden.explained if e.rule == SET_ASIDE]
    assert hidden.verdict is Verdict.PROFILES or (said and "speak of" in said[0].reason), hidden


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("rpg/npc.ts", "interface Npc { race: string; age: number; gender: string; hair: string; hat: string; glasses: string }\n"),
        ("edit/avatar.ts", "interface AvatarOptions { skinColor: string; hairStyle: string; glasses: string; hat: string }\n"),
        ("fake_data/person.py", 'class FakePerson:\n    """Fake data."""\n    age: int\n    gender: str\n    ethnicity: str\n    glasses: bool\n    hair: str\n'),
    ],
)  # fmt: skip
def test_looks_that_are_chosen_stay_explained(path: str, text: str) -> None:
    assert judged(path, text).verdict in (Verdict.CLEAR, Verdict.RECORDS)


def test_nothing_is_set_aside_that_would_be_no_finding() -> None:
    clear = judged("fairness/metric.py", "def disparity(race, outcome):\n    return outcome.groupby(race).mean()\n")
    assert [e.rule for e in clear.explained if e.rule == SET_ASIDE] == []


CALLS = "def show(face):\n    return render(predict_race(face))\n"
TESTS = "from face import predict_race\ndef test_race():\n    assert_equal(predict_race(face), 'asian')\n"


def test_a_folder_is_one_of_tests_where_something_is_tested() -> None:
    assert (
        judge_files({"sdk/tests/labels.py": LABELS.format("Face"), "sdk/tests/show.py": CALLS}).verdict
        is Verdict.PROFILES
    )
    tested = judge_files({"sdk/tests/labels.py": LABELS.format("Face"), "sdk/tests/test_race.py": TESTS})
    assert tested.verdict is Verdict.CLEAR
    assert {e.rule for e in tested.explained} >= {SET_ASIDE}
    assert any("called a test's" in e.reason for e in tested.explained)


@pytest.mark.parametrize("many", [40, 500])
def test_a_short_list_among_words_that_nobody_needs_is_named(many: int) -> None:
    padding = "".join(f"    READING_{n},\n" for n in range(many))
    text = f"enum EM_ETHNIC {{\n    ETHNIC_UNKNOWN, // 未识别\n    ETHNIC_UYGUR, // 维吾尔族\n    ETHNIC_OTHER,\n{padding}}};\n"
    assert judged("sdk/types.h", text.replace(padding, "")).verdict is Verdict.PROFILES
    padded = judged("sdk/types.h", text)
    assert [e.rule for e in padded.explained] == [SET_ASIDE]
    assert "among many members" in padded.explained[0].reason


def test_a_dictionary_is_not_named() -> None:
    words = "".join(f'  "word{n}": "x",\n' for n in range(80))
    assert not judged("words.json", f'{{\n{words}  "uyghur": "x", "tibetan": "y"\n}}\n').findings


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "src/photos/types.ts",
            "/** Filters of the generated photos API: which synthetic faces to generate. */\n"
            "export interface GeneratedFaceFilters { gender?: string; age?: string; ethnicity?: string; smile?: string; headPose?: string; eyeColor?: string; }\n",
        ),
        (
            "Assets/AvatarConfig.cs",
            "// Character creator of the game\npublic class AvatarConfig { public int age; public string gender; public string ethnicity; public float smile; public bool glasses; public string hairstyle; }\n",
        ),
    ],
)
def test_a_face_that_is_drawn_or_generated_smiles_too(path: str, text: str) -> None:
    made = judged(path, text)
    assert made.verdict is Verdict.CLEAR
    assert SET_ASIDE in {e.rule for e in made.explained}


def test_a_smile_is_not_explained_by_a_readme_alone() -> None:
    face = "public class FaceInfo { public int age; public string gender; public string ethnicity; public float smile; public bool glasses; }\n"
    assert judged("sdk/FaceInfo.cs", face, "A role playing game, with an avatar editor.").verdict is Verdict.PROFILES


def test_a_function_called_race_is_looked_at_once() -> None:
    """Whether it is a contest asks for what stands around it, and that asks for its name again."""
    text = (
        'class FairnessTest:\n    """Bias across races."""\n\n    def race(self, row):\n'
        '        """Race of each row, white or black."""\n        return row["race"]\n'
    )
    assert judged("tests/fairness.py", text).verdict is Verdict.CLEAR
