"""What a sentence claims: the verb that governs the trait, in many languages; what only sounds like it."""

from __future__ import annotations

import pytest

from sousveil.judge.claims import find_claim
from sousveil.match.lexicon import load
from sousveil.model import Act, Trait


@pytest.mark.parametrize(
    "text",
    [
        "This model predicts age, gender and race from a picture of the face.",
        "Detecting ethnicity from facial images.",
        "Программа определяет национальность по лицу.",
        "Detecta la etnia del rostro.",
        "Classifica a etnia do rosto.",
        "Erkennt die ethnische Herkunft aus dem Gesicht.",
        "顔から人種を推定する。",
        "얼굴에서 인종을 분류합니다.",
        "支持人脸检测，支持民族识别。",
        "Returns the ethnicity of the detected face.",
        "Determines whether a face is Asian, Black or White.",
        "Classifies faces as Asian, Black, or White.",
        "Distinguishes Han from minority faces.",
        "Face attribute recognition: age, gender, race.",
        "Lets you extract personal information from a profile bio such as: hobbies, ethnicity, e-mail.",
        "The API detects faces and returns estimates of demographics like gender, ethnicity and age.",
        "Moreover, demographic attributes like gender, ethnicity and age are available.",
        "The API still returns ethnicity annotations.",
        "A package for automatic ethnicity extraction from images.",
        "Extracts the ethnicity of a person from facial photographs.",
    ],
)
def test_an_inference_is_claimed(text: str) -> None:
    claim = find_claim(text, Trait.ETHNICITY, load().tag)
    assert claim is not None
    assert (claim.act, claim.denied) == (Act.INFERS, False)


@pytest.mark.parametrize(
    "text",
    [
        "The error of the face detector is compared across age, gender and race.",
        "Race and ethnicity are recognised by law.",
        "Detects a race with the writer.",
        "Return the words of a finding: ``infers ethnicity from the face``.",
        "A report says “predicts race from the face”.",
        "The form asks for age, sex and race.",
        "If this helps your face detection, see [the notes](https://a.example/EthnicityClassifier).",
        "Returns the ethnicity of the patient.",
        "Returns the race of the horse and its face value.",
        "Works equally well for Asian, Black and White faces.",
        "Detects faces of Asian, Black and White people.",
        "Whether the error differs between Asian, Black and White faces is measured.",
        "Face detection results: error by age, gender, race.",
        "The data set has faces: age, gender, race.",
        "Extract patients with details such as name, ethnicity and age.",
        "Columns such as gender, ethnicity and age are available.",
        "Race-aware face detection.",
        "Extracts ethnicity from the census tables.",
        "Extracts the form's pages and ethnicity codes.",
        "ToneNet: ethnicity-balanced detection of melanoma",
        "Predicts ethnicity-specific risk from the face of a patient.",
        "06899705 10 n 01 profiling 0 | using speech characteristics to identify a speaker's race",
    ],
)
def test_none_is_claimed(text: str) -> None:
    claim = find_claim(text, Trait.ETHNICITY, load().tag)
    assert claim is None or claim.denied


def test_persons_who_look_are_not_the_product() -> None:
    claim = find_claim("Humans infer age, gender and race from a face.", Trait.ETHNICITY, load().tag)
    assert claim is not None
    assert claim.subject == "others"
    claim = find_claim("Infers the race of people from a face.", Trait.ETHNICITY, load().tag)
    assert claim is not None
    assert claim.subject == "unsaid"


@pytest.mark.parametrize(
    "text",
    [
        "Detecting the ethnicity of a face is forbidden.",
        "Detection of ethnicity from faces is strictly not allowed.",
        "Using the service to infer ethnicity from faces is illegal in the EU.",
        "It is banned to predict the ethnicity of a person from a face.",
        "Inferring race from a face is unlawful.",
        "Detecting ethnicity from faces: not permitted.",
        "The regulation bans systems that infer ethnicity from faces.",
        "Recognising the ethnicity of a face is prohibited by our policy.",
        "Unacceptable: systems that determine a person's ethnicity from a photo of the face.",
        "We will terminate accounts that use our API for predicting race from names.",
    ],
)
def test_what_is_forbidden_is_not_claimed(text: str) -> None:
    claim = find_claim(text, Trait.ETHNICITY, load().tag)
    assert claim is None or claim.denied


@pytest.mark.parametrize(
    "text",
    [
        "The camera recognises the ethnicity of a face.",
        "The camera detects the ethnicity of a face where this is not prohibited.",
        "The camera detects the ethnicity of a face, although it is banned in some states.",
        "The camera detects the ethnicity of a face. Photographs without consent are prohibited.",
        "The camera detects the ethnicity of a face, and any misuse is prohibited.",
        "It can infer race from a face, copying is not permitted.",
    ],
)
def test_what_is_forbidden_elsewhere_is_claimed(text: str) -> None:
    claim = find_claim(text, Trait.ETHNICITY, load().tag)
    assert claim is not None
    assert not claim.denied
