"""A function `race` that takes promises, streams or tasks is none that tells a person's, in whatever folder it lies."""

from __future__ import annotations

import pytest
from tests.judge.madeup import judge_files

from sousveil.model import PROFILING, Act

# ruff: noqa: E501 - files as they are

CONTESTS = {
    "dist/face-landmarks-detection.js": "e.all=function(t){return new e(n)},e.race=function(t){return new e(function(r,n){"
    "for(var i=0;i<t.length;i++)e.resolve(t[i]).then(r,n)})};",
    "dist/face-attributes-detection.js": "Promise.race = function (values) { return new Promise(function (resolve, reject) {}); };",
    "dist/face-mesh.js": "class P { static race(list) { return new this((ok, no) => { list.map(ok, no); }); } }",
    "lib/face-recognition-stream.ts": "export class Stream { static race(iterable: Stream[]): Stream { return pick(iterable); } }",
    "face_recognition/detect_tasks.py": "def race(tasks, timeout):\n    return first_completed(tasks, timeout)\n",
}
TOLD = {
    "face-attributes/a.ts": "export function race(face: FaceImage): string { return net.predict(face); }",
    "face_analysis/b.py": "def race(image):\n    return model.predict(preprocess(image))\n",
    "face_analysis/c.py": "class FaceAttributes:\n    def race(self):\n        return self._result['race']\n",
}


def profiled(path: str, text: str) -> list[str]:
    acts = (*PROFILING, Act.RESIDUE)
    return [f.construct.name for f in judge_files({path: text}).findings if f.act in acts]


@pytest.mark.parametrize("path", CONTESTS)
def test_a_contest_is_none(path: str) -> None:
    assert not profiled(path, CONTESTS[path])


@pytest.mark.parametrize("path", TOLD)
def test_a_function_of_a_face_is_one(path: str) -> None:
    assert "race" in profiled(path, TOLD[path])


# What explains a function's surroundings away was asked of its name, and its name of what surrounds it.
ASKED_OF_ITSELF = {
    "survey/questions.py": "class Questionnaire:  # demographic questions of a course\n    def race(page=None, require=False):\n"
    '        """Add a question on race to a student\'s questionnaire for research of bias."""\n'
    "        return Check(page, 'Indicate your race.', ['White', 'Black or African-American', 'Asian', 'Other'])\n",
    "lib/fairness/race.ts": "/** Fairness of the scheduler: the academic model. */\n"
    "export class Fairness { race(tasks: Task[]) { return first(tasks); } }",
}


@pytest.mark.parametrize("path", ASKED_OF_ITSELF)
def test_its_surroundings_and_its_name_do_not_wait_for_each_other(path: str) -> None:
    assert not profiled(path, ASKED_OF_ITSELF[path])
