"""Models' class labels: which languages the rule knows, and the list of inputs in a file beside the model."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import sousveil
from sousveil.judge.rules import load_rules
from sousveil.model import Basis, Verdict
from sousveil.read.model import LANGUAGES


def test_the_rule_knows_every_reader_of_models() -> None:
    (rule,) = [r for r in load_rules() if r.id == "model-labels"]
    conditions = rule.file.when["all"]
    assert isinstance(conditions, list)
    (languages,) = [c["language"] for c in conditions if "language" in c]
    assert set(languages) == LANGUAGES


def test_what_goes_in_is_read_from_the_list_beside_the_model(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    labels = "item { name: 'Asian' } item { name: 'Black' } item { name: 'Hispanic' } item { name: 'White' }"
    (tmp_path / "models" / "map.pbtxt").write_text(labels)
    (finding,) = sousveil.scan(tmp_path).profiles()
    assert finding.basis is Basis.UNKNOWN
    (tmp_path / "feature_list.json").write_text(json.dumps(["tract", "first_name", "last_name"]))
    report = sousveil.scan(tmp_path)
    (finding,) = report.profiles()
    assert (report.verdict, finding.basis) == (Verdict.PROFILES, Basis.NAME)
    assert [(link.relation, link.place.artifact) for link in finding.links] == [("beside", "feature_list.json")]


def _fitted(name: str, **state: object) -> bytes:
    """A pickle of what scikit-learn would have fitted, with its arrays as lists."""
    module, _, cls = name.rpartition(".")
    return b"\x80\x02c" + f"{module}\n{cls}\n".encode() + b")\x81" + pickle.dumps(state, 2)[2:-1] + b"b."


_RACES = ["Asian", "Black", "Hispanic", "White"]
_COLUMNS = ["age", "bmi", "height", "icu_id", "icu_type", "weight", "heart_rate", "glucose", "elective_surgery"]


def test_groups_that_a_column_going_in_may_have_are_no_answer(tmp_path: Path) -> None:
    encoder = _fitted("sklearn.preprocessing._label.LabelEncoder", classes_=_RACES)
    (tmp_path / "ethnicity_encoder.pkl").write_bytes(encoder)
    assert sousveil.scan(tmp_path).verdict is Verdict.PROFILES  # nothing says what is done with it
    scaler = _fitted("sklearn.preprocessing._data.StandardScaler", feature_names_in_=_COLUMNS)
    (tmp_path / "scaler.pkl").write_bytes(scaler)
    assert sousveil.scan(tmp_path).verdict is Verdict.PROFILES  # the trait does not go in
    scaler = _fitted("sklearn.preprocessing._data.StandardScaler", feature_names_in_=[*_COLUMNS, "ethnicity"])
    (tmp_path / "scaler.pkl").write_bytes(scaler)
    report = sousveil.scan(tmp_path)
    assert report.verdict is Verdict.CLEAR
    assert "model-inputs" in {e.rule for e in report.explained}


def test_a_classifier_that_answers_the_trait_does_so_whatever_goes_in(tmp_path: Path) -> None:
    model = _fitted("sklearn.ensemble._forest.RandomForestClassifier", classes_=_RACES, feature_names_in_=["ethnicity"])
    (tmp_path / "ethnicity.pkl").write_bytes(model)
    assert sousveil.scan(tmp_path).verdict is Verdict.PROFILES


def test_categories_of_an_encoder_of_columns_go_in(tmp_path: Path) -> None:
    encoder = _fitted("sklearn.preprocessing._encoders.OneHotEncoder", categories_=[_RACES], drop=None)
    (tmp_path / "encode_ethnicity.pkl").write_bytes(encoder)
    assert sousveil.scan(tmp_path).verdict is Verdict.CLEAR


def test_a_pickle_called_for_races_may_know_who_wins_them(tmp_path: Path) -> None:
    for name, verdict in (
        ("race_model.pkl", Verdict.CLEAR),
        ("race_model.h5", Verdict.PROFILES),
        ("race_classifier.pkl", Verdict.PROFILES),
        ("face_race_model.pkl", Verdict.PROFILES),
        ("ethnicity_model.pkl", Verdict.PROFILES),
    ):
        made = tmp_path / name
        made.write_bytes(pickle.dumps({"weights": [0.5] * 40}))
        assert sousveil.scan(made).verdict is verdict, name


def _graph(outputs: list[str], inputs: list[str], topology: str = "modelTopology") -> str:
    shape = {"dtype": "DT_FLOAT", "tensorShape": {"dim": [{"size": "5"}]}}
    signature = {"inputs": dict.fromkeys(inputs, shape), "outputs": dict.fromkeys(outputs, shape)}
    return json.dumps({"format": "graph-model", "signature": signature, topology: {"node": []}})


def _layers(outputs: list[str], inputs: list[str], key: str = "layers") -> str:
    told = {key: [], "input_layers": [[i, 0, 0] for i in inputs], "output_layers": [[o, 0, 0] for o in outputs]}
    return json.dumps({"modelTopology": {"model_config": {"class_name": "Functional", "config": told}}})


def test_outputs_of_a_model_of_tensorflow_js_are_outputs(tmp_path: Path) -> None:
    made = tmp_path / "gear.json"
    for text, verdict in (
        (_graph(["race_output", "gender_output"], ["input_1"]), Verdict.PROFILES),
        (_layers(["gender_output", "race_output"], ["input_1"]), Verdict.PROFILES),
        (_layers(["score"], ["race_input", "age_input"]), Verdict.CLEAR),
        (_graph(["lap_output", "race_output"], ["input_1"], "settings"), Verdict.CLEAR),
        (_layers(["race_output"], ["input_1"], "tracks"), Verdict.CLEAR),
    ):
        made.write_text(text)
        assert sousveil.scan(made).verdict is verdict, text
