"""What was said wrongly of packages in wide use, each beside what must still be found."""

from __future__ import annotations

import pytest
from tests.judge.madeup import judge_files, judged, profiles

from sousveil.model import Act, Verdict

# ruff: noqa: E501 - files as they are


def test_what_a_news_text_speaks_of_is_no_alarm() -> None:
    # One word is both a category of police lists and a subject of news.
    page = 'def main():\n    labels = {"face": ["人脸", "%s"]}\n'
    news = "有记者提问，双方在会晤中面对面谈及了人权、涉疆、香港等问题，发言人表明了有关关切并发布了详细的新闻稿"
    assert judged(keyphrase__py=f'def main():\n    form = {{"content": "{news}"}}\n').verdict is Verdict.CLEAR
    assert judged(alarm__py=page % "涉疆人员布控").verdict is Verdict.PROFILES


SUBJECTS = (
    "anatomy, astronomy, college_biology, clinical_knowledge, high_school_physics, {}, philosophy, world_religions"
)


def test_subjects_of_an_examination_are_nobodys_record() -> None:
    exam = "task:\n" + "".join(f"  - mmlu_{s}\n" for s in SUBJECTS.format("human_sexuality").split(", "))
    assert judged(mmlu__yaml=exam).verdict is Verdict.CLEAR
    patient = "patient_fields:\n" + "".join(
        f"  - {s}\n" for s in ["clinical_id", "diagnosis", "sexual_orientation", "religion"]
    )
    assert [f.act for f in judged(patient__yaml=patient).findings] == [Act.RECORDS] * 2


def test_what_a_benchmark_asks_about_is_no_target_of_training() -> None:
    bench = "task:\n  - bbq_age\n  - bbq_disability_status\n  - bbq_gender_identity\n  - bbq_race_ethnicity\n  - bbq_religion\n"
    assert not profiles(judged(bbq__yaml=bench))
    assert profiles(judged(train__py='target_cols = ["gender", "race", "age"]\n'))
    sums = {
        f"{name}.jsonl": "9f56eceb3c"
        for name in ("Age", "Gender_identity", "Nationality", "Race_ethnicity", "Religion")
    }
    assert judged(sums__py=f"CHECKSUMS = {sums!r}\n").verdict is Verdict.CLEAR


@pytest.mark.parametrize("asks", ["How will a script", "Could the system", "Why does software"])
def test_who_asks_how_it_is_done_claims_nothing(asks: str) -> None:
    line = "{} use facial recognition to identify the race of a person{}\n"
    assert not profiles(judged(prompts__txt=line.format(asks, "?")))
    assert profiles(judged(readme__txt=line.format("This script can", ".")))


def test_one_people_named_thrice_is_no_set_of_labels() -> None:
    game = "".join(f"model.{k}={v}\n" for k, v in {
        "indianSettlement.angry": "生气", "indianSettlement.happy": "高兴", "indianSettlement.wary": "黄昏",
        "history.nationDestroyed": "民族灭亡", "history.meetNation": "遇见 %nation%",
    }.items())  # fmt: skip
    assert not profiles(judged(strings__properties=game))


def test_a_unix_folder_is_no_share_and_its_games_are_games() -> None:
    table = "name,white,black,asian,hispanic\nrow,1,2,3,4\n"
    assert not profiles(judged(**{"usr/share/names/list__csv": table}))
    assert profiles(judged(**{"race_probabilities/by_name__csv": table}))
    unit = '<unit id="unit:1" nationality="cherokee" ethnicity="cherokee" birthday="1" name="brave" address="x"/>\n'
    assert judged(**{"usr/share/games/colony/save__xml": f"<units>{unit * 2}</units>"}).verdict is Verdict.CLEAR
    assert judged(**{"usr/share/people/save__xml": f"<units>{unit * 2}</units>"}).verdict is Verdict.RECORDS


def test_lists_of_names_by_group_are_no_inference_for_packages_about_language_models() -> None:
    names = '{"asian_names": ["a"], "white_names": ["b"], "black_names": ["c"], "hispanic_names": ["d"]}'
    assert judge_files({"names.json": names}, "Tests language models").verdict is Verdict.CLEAR
    assert judge_files({"names.json": names}, "Predicts ethnicity from names").verdict is Verdict.PROFILES


def test_what_is_swapped_in_a_text_to_test_a_model_is_no_inference() -> None:
    code = 'class {}:\n    def __init__(self, source, target):\n        """Replace first names of a race by the probability given: asian, white, black last names."""\n        self.names = load(source)\n'
    assert not profiles(judged(swap__py=code.format("PersonNamePerturbation")))


def test_figures_and_dictionaries_are_nobodys_record() -> None:
    races = 'const races = { gender: ["male"], race: ["elf", "dwarf", "orc"], birthday: 1 };\n'
    assert judged(a__js=races).verdict is not Verdict.RECORDS
    entry = "胡\t月\tDEG\t[hú]1.中国古代称北边的或西域的民族：~人。2.姓。3.出生。\n" * 3
    assert judged(chars__txt=entry).verdict is Verdict.CLEAR
    drawn = 'label_{} = {{"Female": "#111", "Male": "#222", "ethnic_minority": "#333", "income": "#444"}}\n'
    assert judged(a__py=drawn.format("colors")).verdict is Verdict.CLEAR
    assert judged(a__py=drawn.format("fields")).verdict is Verdict.RECORDS
    words = "class Terms:\n    glasses: str\n    beard: str\n    gender: str\n    religion: str\n    ethnicity: str\n"
    more = "".join(f"    term{n}: str\n" for n in range(400))
    assert profiles(judged(a__py=words)) and not profiles(judged(a__py=words + more))
    terms = "class Terms:\n    patient: str\n    religion: str\n    hospital: str\n" + "".join(
        f"    term{n}: str\n" for n in range(400)
    )
    assert judged(a__py=terms).verdict is Verdict.CLEAR
    assert judged(a__py=terms[:90]).verdict is Verdict.RECORDS
    harms = 'HARM_CATEGORIES = {"personal data": 1, "sex": 2, "race": 3, "violence": 4}\n'
    assert judged(a__py=harms).verdict is Verdict.CLEAR


def test_colours_that_are_drawn_are_no_list_of_a_face_s_attributes() -> None:
    lists = 'FACE_METHODS = ["getFaceSkinColor", "getHairColor", "getGlassesFrameColor", "{}"]\n'
    assert not profiles(judged(face__py=lists.format("setBackgroundColor")))
    assert profiles(judged(face__py=lists.format("getAge")))


def test_an_unnatural_tone_of_skin_is_a_fault_of_the_picture() -> None:
    warnings = "enum Warning { EXPRESSION, SUNGLASSES, MOUTH_OPEN, HAT, YAW_LEFT, %s, BLUR }\n"
    assert not profiles(judged(FaceWarning__java=warnings % "UNNATURAL_SKIN_TONE"))
    assert profiles(judged(FaceWarning__java=warnings % "SKIN_TONE"))
    assert profiles(judged(FaceWarning__java=warnings % "UNNATURAL_SKIN_TONE, ETHNICITY"))
    told = "/** Gets the {}skin tone confidence value of a face. */\npublic int get{}SkinToneConfidence(Face face);\n"
    assert not profiles(judged(Face__java=f"interface Face {{ {told.format('unnatural ', 'Unnatural')} }}"))
    typed = 'export declare const FaceQuality: {\n  readonly %s: "a";\n  readonly GLASSES: "b";\n  readonly MASK: "c";\n};\n'
    assert not profiles(judged(index__ts=typed % "UNNATURAL_SKIN_TONE"))
    assert profiles(judged(index__ts=typed % "SKIN_TONE"))


def test_a_word_that_a_sentence_quotes_from_another_script_is_spoken_of() -> None:
    # Cameras and faces are spoken of, so that a watch would be claimed.
    assert (
        judged(notes__md="Missed: pages about cameras and “涉疆人员”, an alarm's kind “民族布控”, faces.\n").verdict
        is Verdict.CLEAR
    )
    assert judged(manual__md="系统支持人脸抓拍，支持“维族人员”布控报警。\n").verdict is Verdict.PROFILES


def test_what_explains_a_list_hides_no_other() -> None:
    # One colour more does not take a people off the list; a program's answers are those of its model.
    lists = 'FACE_ATTRIBUTES = ["getAge", "getGlasses", "getHairColor", "{}", "setBackgroundColor"]\n'
    assert profiles(judged(face__py=lists.format("getEthnicity")))
    labels = "def predict_face(face):\n    answers = ['asian', 'black', 'white', 'indian']\n    return answers[model(face).argmax()]\n"
    assert profiles(judged(face__py=labels))
    quiz = '{"answer_and_predictions": ["Jainism", "Hinduism", "Buddhism", "hindu"]}\n'
    assert not profiles(judged(quiz__json=quiz))
