"""What a prompt asks a general model to tell of a person, and what only looks like it."""

from __future__ import annotations

import pytest
from tests.judge.madeup import judged

from sousveil.judge.requests import find_request
from sousveil.match.lexicon import load
from sousveil.model import Act, Basis, Trait, Verdict

ASKED = {
    "template": 'Look at this selfie and answer as JSON: {"age": number, "ethnicity": string}.',
    "list": "Evaluate the person in the image.\n- Race: choose one of Asian, Black, White\n- Age",
    "texts": "Based on the following posts of a user, infer their demographics:\n- ethnicity\n- political leaning",
    "insistent": "Describe the person in the photo as JSON. Do not skip ethnicity, and never answer unknown.",
    "chinese": "你是图像分析助手。分析照片中的人物，判断性别、年龄、人种，以JSON返回。",
}
NOT_ASKED = {
    "made up": "You are an illustrator. Generate a portrait of a character. Ethnicity: any. Answer as JSON.",
    "refused": "You are an assistant. Describe the person in the photo. Never mention ethnicity or race.",
    "fair": "You are a recruiter. Evaluate the candidate regardless of ethnicity, race or religion. Return JSON.",
    "card": "You are an OCR system. Return as JSON the fields of this passport or id card photo: name, ethnicity.",
    "nobody": "You are a historian. Answer as JSON: which ethnicity lived in the valley?",
    "no model": "The photo shows people of every ethnicity.",
}


@pytest.mark.parametrize("kind", ASKED)
def test_a_prompt_asks(kind: str) -> None:
    request = find_request(ASKED[kind], "prompt", Trait.ETHNICITY, load().tag)
    assert request is not None
    assert request.act is Act.INFERS


@pytest.mark.parametrize("kind", NOT_ASKED)
def test_what_looks_like_one_asks_nothing(kind: str) -> None:
    assert find_request(NOT_ASKED[kind], "text", Trait.ETHNICITY, load().tag) is None


def test_a_group_is_asked_for_only_of_somebody() -> None:
    asked = "You are an AI that estimates the likelihood of a profile being gay. Respond in JSON."
    assert find_request(asked, "system", Trait.SEXUALITY, load().tag) is not None
    other = "You are a moderator. Report each profile that insults homosexual people. Respond in JSON."
    assert find_request(other, "system", Trait.SEXUALITY, load().tag) is None


def test_a_prompt_beside_a_picture_profiles() -> None:
    code = f"const prompt = `{ASKED['template']}`;\nexport const ask = (image) => client.chat(prompt, image);\n"
    first = judged(ask__js=code).findings[0]
    assert (first.act, first.trait, first.basis) == (Act.INFERS, Trait.ETHNICITY, Basis.FACE)


MAPPER = """<mapper namespace="com.x.%sMapper">
  <select id="query%sList" resultType="%s">
    select * from t_%s where 1=1
    <if test="startTime != null">and a.start_time = #{startTime}</if>
    <if test="nation != null and nation != ''">and a.nation = #{nation}</if>
  </select>
</mapper>
"""


def test_a_mapper_that_filters_captured_faces_targets_and_one_of_pupils_does_not() -> None:
    faces = judged(FaceSnapMapper__xml=MAPPER % ("FaceSnap", "FaceSnap", "FaceSnap", "face_snap"))
    assert faces.verdict is Verdict.PROFILES
    assert faces.findings[0].act is Act.TARGETS
    pupils = judged(PupilMapper__xml=MAPPER % ("Pupil", "Pupil", "Pupil", "pupil"))
    assert pupils.verdict is not Verdict.PROFILES


def test_a_nationality_is_told_only_where_it_is_inferred() -> None:
    told = "def predict_nationality(full_name):\n    return model.predict(vectorize(full_name))\n"
    assert judged(names__py=told).findings[0].trait is Trait.ETHNICITY
    form = "class Traveller:\n    full_name: str\n    nationality: str\n    birthday: str\n    passport: str\n"
    assert judged(form__py=form).verdict is Verdict.CLEAR


def test_what_is_used_to_detect_a_face_is_not_what_is_told() -> None:
    doc = 'def find_region(picture):\n    """Detect the face region using skin colour."""\n    return mask(picture)\n'
    assert judged(face__py=doc).verdict is Verdict.CLEAR


def test_a_classifier_of_religious_speech_tells_texts_apart() -> None:
    text = "# Corpus\n\nWe use a religious %s classifier on the tweets of users.\n"
    assert judged(README__md=text % "speech").verdict is Verdict.CLEAR
    assert judged(README__md="# Corpus\n\nA classifier of religious speech.\n").verdict is Verdict.CLEAR
    assert judged(README__md=text % "affiliation").verdict is Verdict.PROFILES


def test_parts_of_a_file_s_address_are_no_list_of_attributes() -> None:
    code = 'faces <- readRDS(file.path(root, "data/faces", "%s"))\nlevels <- c("age", "gender", "sexuality", "smile")\n'
    assert not [
        f
        for f in judged(a__R=code % "age_gender_sexuality.rds").findings
        if "age_gender_sexuality.rds" in f.construct.members
    ]


def test_races_that_are_run_are_told_of_nobody() -> None:
    assert judged(README__md="# Race Predictor\n\nPredicts race times from training data.\n").verdict is Verdict.CLEAR
    assert judged(README__md="# Race Predictor\n\nPredicts race from a photo of a face.\n").verdict is Verdict.PROFILES


def test_a_request_about_faces_is_none_about_cards() -> None:
    code = """<?php
class FaceClient {
    /**
     * @param array $options
     *   face_field 包括age,beauty,expression,glasses,race
     *   face_type LIVE表示生活照 IDCARD表示身份证芯片照
     */
    public function detect($image, $options = array()) {
        return $this->request($this->detectUrl, $options);
    }
}
"""
    acts = {f.act for f in judged(FaceClient__php=code).findings}
    assert Act.INFERS in acts
    assert Act.RECORDS not in acts


@pytest.mark.parametrize("title", ["人种识别", "인종 분류", "Racial classification with deep learning"])
def test_the_word_means_nothing_else_in_other_languages(title: str) -> None:
    assert judged(README__md=f"# {title}\n").verdict is Verdict.PROFILES
