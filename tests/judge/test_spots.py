"""A finding that rests on a function's body points at the line that names the trait, and then at its head."""

from __future__ import annotations

import pytest
from tests.judge.madeup import judge_files, read

from sousveil.model import Act, Finding
from sousveil.read import dispatch

BODIES = {
    "src/View.jsx": r"""const View = ({ answer }) => (
  <ul>
    <li>Mood: {answer.tags[0].emotion.value}</li>
    <li>A: {answer.tags[0].ethnicity.asian.confidence}%</li>
    <li>W: {answer.tags[0].ethnicity.white.confidence}%</li>
    <li>H: {answer.tags[0].ethnicity.hispanic.confidence}%</li>
    <li>Smiling: {answer.tags[0].smiling.confidence}%</li>
  </ul>
);
""",
    "face.py": r"""def face_summary(result):
    '''What is shown below the picture.'''
    # the race is in the answer as well
    parts = [result["age"], result["gender"], result["emotion"]]
    def helper(x):
        return x
    parts.append(result["dominant_race"])
    return parts
""",
    "FaceService.java": r"""class FaceService {
    FaceView show(JSONObject face) {
        FaceView view = new FaceView();
        view.setAge(face.getInt("age"));
        view.setSmile(face.getDouble("smile"));
        view.setGlasses(face.getString("glasses"));
        view.setRace(face.getString("dominant_race"));
        view.setScore(face.getDouble("race_probability"));
        return view;
    }
}
""",
}


def _found(path: str, source: str) -> list[Finding]:
    return [f for f in judge_files({path: source}).profiles() if f.act is Act.INFERS]


@pytest.mark.parametrize("path", BODIES)
def test_first_place_names_the_trait(path: str) -> None:
    source = BODIES[path]
    found = [f for f in _found(path, source) if f.rule == "answer-read"]
    assert found
    first, *rest = found[0].places
    assert "race" in first.text.lower() or "ethnicity" in first.text
    assert not first.text.startswith("#")
    assert source.splitlines()[first.line - 1].strip() == first.text
    # The function's own line is kept behind it.
    assert any(p.line < first.line and found[0].construct.name in p.text for p in rest)


def test_reasons_point_into_the_places() -> None:
    (found, *_) = [f for f in _found("face.py", BODIES["face.py"]) if f.rule == "answer-read"]
    stack = list(found.reasons)
    while stack:
        reason = stack.pop()
        assert all(0 <= i < len(found.places) for i in reason.places)
        stack.extend(reason.children)


def test_a_name_that_says_it_stays_first() -> None:
    source = "def predict_race(face):\n    model = load('m.h5')\n    race = model.predict(face)\n    return race\n"
    found = _found("face.py", source)
    assert found
    assert found[0].places[0].line == 1


def test_lines_follow_a_file_read_in_windows() -> None:
    (one,) = [s.construct for s in read("face.py", BODIES["face.py"]) if s.construct.spots]
    moved = dispatch.shift(one, 100, 7)
    assert [p.line for p in moved.spots] == [p.line + 7 for p in one.spots]
    assert [p.offset for p in moved.spots] == [p.offset + 100 for p in one.spots]
    assert [p.where for p in dispatch.placed(one, [(0, "page 3")]).spots] == ["page 3"] * len(one.spots)
