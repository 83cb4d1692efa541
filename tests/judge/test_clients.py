"""What clients of a face service and bindings of its library show: types where they are used, lines of a log."""

from __future__ import annotations

from tests.judge.madeup import judged, profiles

from sousveil.model import Basis, Trait

_ASKED = """export interface Client {
  look(picture: Blob): Promise<{ age: number; race: string; %s }>;
  name: string;
}
"""
_SPEC = """export default class %s extends Base {
    static get Fields(): Readonly<{
        %s: "a";
        %s: "b";
        ethnic_affinity: "ethnic_affinity";
        interests: "interests";
        age_min: "age_min";
    }>;
}
"""
_BOUND = """namespace py = pybind11;
void show(py::module& m) {
    py::%s<fsdk::%s>(m, "%s", "What is told.")
        .%s("%s", &fsdk::A)
        .%s("%s", &fsdk::B)
        .%s("%s", &fsdk::C);
}
"""
_LOG = """class Main {
    void run() {
        %s answer = library.%s(session);
        Log.i(TAG, "Race: " + answer.race[0]);
        Log.i(TAG, "%s: " + answer.a);
        Log.i(TAG, "%s: " + answer.b);
        Log.i(TAG, "%s: " + answer.c);
    }
}
"""


def test_a_type_written_where_it_is_used_is_a_record() -> None:
    found = profiles(judged(client__ts=_ASKED % "glasses: boolean; emotion: string"))
    assert found == [(Trait.ETHNICITY, Basis.FACE, "Client")]
    (place,) = [f.places[0] for f in judged(client__ts=_ASKED % "glasses: boolean; emotion: string").findings]
    assert place.line == 2
    assert not profiles(judged(client__ts=_ASKED % "phone: string; address: string"))


def test_the_fields_of_a_target_are_told_by_a_getters_type() -> None:
    assert profiles(judged(targeting__ts=_SPEC % ("Targeting", "behaviors", "custom_audiences")))
    assert not profiles(judged(user__ts=_SPEC % ("User", "birthday", "hometown")))


def test_a_binding_is_the_list_of_its_parts() -> None:
    peoples = ("enum_", "Ethnicity", "EthnicityEstimation", "value", "Asian", "value", "Caucasian", "value", "African")
    assert [(t, n) for t, _, n in profiles(judged(estimators__cpp=_BOUND % peoples))] == [
        (Trait.ETHNICITY, "EthnicityEstimation")
    ]
    tongues = ("enum_", "Language", "LanguageEstimation", "value", "Asian", "value", "European", "value", "African")
    assert not profiles(judged(languages__cpp=_BOUND % tongues))


def test_values_that_are_logged_behind_their_labels_are_an_answer() -> None:
    face = ("FaceAttributeResult", "getFaceAttributeResult", "Mask confidence", "Emotion", "Left eye status")
    assert [(t, b) for t, b, _ in profiles(judged(Main__java=_LOG % face))] == [(Trait.ETHNICITY, Basis.FACE)]
    form = ("Applicant", "getApplicant", "Address", "Phone", "Birthday")
    assert not profiles(judged(Main__java=_LOG % form))
    lap = ("LapResult", "getLapResult", "Mask", "Driver", "Team")
    assert not profiles(judged(Main__java=_LOG % lap))
