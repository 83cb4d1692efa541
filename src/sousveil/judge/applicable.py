"""Which rules may be met in a scene, and what is left to be asked."""

from __future__ import annotations

from collections.abc import Sequence

from sousveil.judge.combining import Answer, Test, narrowed
from sousveil.judge.outline import outline
from sousveil.judge.rules import Rule
from sousveil.judge.scene import Scene
from sousveil.model import Kind, Trait

_MOST_OUTLINES = 10_000
"""Outlines of which it is remembered what may be met."""
May = list[tuple[Rule, Test]]
"""Rules that may be met, and what tells whether they are."""


class Applicable:
    """The rules that may be met in a scene: those that rest on nothing else, and those that ask what other rules said.

    Scenes are much alike. What an outline decides of a rule is found out once for all of the same outline.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = [(rule, rule.when.bits) for rule in rules]
        self._fitting: dict[tuple[Trait, Kind, bool], list[tuple[Rule, int]]] = {}
        self._outlined: dict[tuple[Trait, Kind, bool, int], May] = {}
        self._narrowed: dict[tuple[str, int], Test | None] = {}

    def __call__(self, scene: Scene, dependent: bool) -> May:
        key = (scene.trait, scene.features.construct.kind, dependent, outline(scene))
        may = self._outlined.get(key)
        if may is None:
            if max(len(self._outlined), len(self._narrowed)) >= _MOST_OUTLINES:
                self._outlined.clear()
                self._narrowed.clear()
            may = self._outlined[key] = self._find(*key)
        return may

    def _find(self, trait: Trait, kind: Kind, dependent: bool, there: int) -> May:
        fitting = self._fitting.get((trait, kind, dependent))
        if fitting is None:
            fitting = self._fitting[trait, kind, dependent] = [
                (rule, bits)
                for rule, bits in self._rules
                if trait in rule.file.traits and kind in rule.kinds and rule.dependent == dependent
            ]
        may = []
        for rule, bits in fitting:
            key = (rule.id, there & bits)
            if key not in self._narrowed:
                answer, test = narrowed(rule.when, there)
                self._narrowed[key] = None if answer is Answer.NEVER else test
            if (found := self._narrowed[key]) is not None:
                may.append((rule, found))
        return may
