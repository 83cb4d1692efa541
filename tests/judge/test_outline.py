"""What an outline decides is what the whole condition says, and alike constructs are asked little."""

from __future__ import annotations

import pytest
from tests.judge.test_rules import read

from sousveil.judge import applicable
from sousveil.judge.applicable import Applicable
from sousveil.judge.features import Sited
from sousveil.judge.judgement import judge
from sousveil.judge.rules import load_rules
from sousveil.judge.scene import Scene
from sousveil.match.lexicon import load
from sousveil.model import Construct, Kind, Member, Passage

RULES = load_rules()
SAMPLES = [sample for rule in RULES for sample in (rule.file.example, rule.file.near_miss)]


def test_what_is_left_of_a_rule_says_what_all_of_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    scenes: list[tuple[Scene, bool, set[str]]] = []
    original = Applicable.__call__

    def heard(self: Applicable, scene: Scene, dependent: bool) -> applicable.May:
        may = original(self, scene, dependent)
        scenes.append((scene, dependent, {rule.id for rule, test in may if test(scene)}))
        return may

    monkeypatch.setattr(Applicable, "__call__", heard)
    constructs = [
        one for number, sample in enumerate(SAMPLES) for one in read(f"{number}/{sample.file}", sample.text.encode())
    ]
    judge(constructs, RULES, load().tag)
    assert len(scenes) > 300
    met = 0
    for scene, dependent, told in scenes:
        for rule in RULES:
            if rule.dependent != dependent or scene.trait not in rule.file.traits:
                continue
            whole = rule.when.condition(scene) is not None
            assert (rule.id in told) == whole, (rule.id, scene.features.construct)
            met += whole
    assert met > 200


def label(text: str, number: int) -> Sited:
    passage = Passage(number, 5, 1, 1, "utf-8", text)
    members = (Member("label", passage, value=text), Member("order", passage, value=str(number)))
    return Sited(Construct(Kind.RECORD, "emoji", passage, members, language="json"), "emoji/data.json", "0" * 64)


def test_of_alike_constructs_a_rule_is_asked_once_what_may_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    original = applicable.narrowed
    monkeypatch.setattr(applicable, "narrowed", lambda node, there: asked.append("") or original(node, there))
    counts = []
    for size in (20, 400):
        asked.clear()
        judge([label(f"waving hand: dark skin tone {n}", n) for n in range(size)], RULES, load().tag)
        counts.append(len(asked))
    assert 0 < counts[0] == counts[1]
