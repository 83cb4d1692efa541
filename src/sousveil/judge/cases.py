"""One construct and one trait: the rules that were met there, how probable they make it, and what comes out."""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

from sousveil.judge.clauses import Claim
from sousveil.judge.features import Features
from sousveil.judge.rules import PRIOR, Rule
from sousveil.judge.scene import ABSENT, Result, Scene
from sousveil.model import PROFILING, SURE, Act, Direction, Trait

_DECLARING = (Act.RESIDUE, Act.MEASURES, Act.RECORDS)
CLUE = 0.25
"""A construct that might profile, yet below one half, is shown as a clue from here on."""

EXPLAINS = 0.1
"""A harmless rule at least this strong explains a construct even where it looks like a record."""


class Met(Struct, frozen=True, gc=False):
    """A rule that was met on one construct and trait."""

    rule: Rule
    scene: Scene

    @property
    def result(self) -> Result:
        """Return the reasons, worked out anew: of most constructs nobody asks for them."""
        return self.rule.when.condition(self.scene) or ABSENT


class Case(Struct, gc=False):
    """One construct and one trait, with what the rules said of it."""

    features: Features
    index: int
    trait: Trait
    direction: Direction
    met: list[Met]
    score: float = PRIOR
    claim: Claim | None = None
    aside: str = ""
    """The rule by which it would profile if no word in or around it spoke of something else."""

    @property
    def probability(self) -> float:
        """Return how probable it is that the construct infers or targets (0 to 1)."""
        if not any(m.rule.file.act in PROFILING for m in self.met):
            return 0.0
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, self.score))))


def strongest(met: Sequence[Met]) -> list[tuple[float, Met]]:
    """Return the strongest rule of each family with its weight: rules of a family rest on the same evidence."""
    best: dict[str, tuple[float, Met]] = {}
    for one in met:
        weight = one.rule.weight
        if not weight:
            continue
        family = (one.rule.file.family or one.rule.id) + ("+" if weight > 0 else "-")
        if family not in best or abs(weight) > abs(best[family][0]):
            best[family] = (weight, one)
    return sorted(best.values(), key=lambda item: (-item[0], item[1].rule.id))


def outcome_of(case: Case) -> tuple[Act, float, Rule] | None:
    """Return act, probability and leading rule; None where the construct is harmless or words alone."""
    probability = case.probability
    positive = [m for w, m in strongest(case.met) if w > 0 and m.rule.file.act in PROFILING]
    if probability >= SURE:
        return positive[0].rule.file.act, probability, positive[0].rule
    harmless = [m.rule.file.lowers for m in case.met if m.rule.file.act is Act.MENTIONS]
    if harmless and min(harmless) <= EXPLAINS:
        return None
    declaring = [m.rule for m in case.met if m.rule.file.act in _DECLARING]
    if declaring:
        rule = max(declaring, key=lambda r: (-_DECLARING.index(r.file.act), r.file.strength, r.id))
        return rule.file.act, rule.file.strength, rule
    if probability >= CLUE and not harmless:
        return positive[0].rule.file.act, probability, positive[0].rule
    return None
