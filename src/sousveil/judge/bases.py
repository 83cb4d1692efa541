"""What a trait is taken from where the construct itself does not say it: its file, the product, a picture."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sousveil.judge.aspects import basis_of, basis_of_path, basis_of_picture, basis_of_product
from sousveil.judge.cases import Case, outcome_of
from sousveil.judge.features import Seen
from sousveil.judge.rules import Rule
from sousveil.model import PROFILING, SURE, Act, Basis, Trait

PICTURED = "That it is the face: the words only speak of pictures."
"""Said of a finding whose basis is a picture of somebody."""

BORROWED = "What it is taken from: other places of this product say so, this one does not."
"""Said of a finding whose basis only its surroundings tell."""


class Bases:
    """What the constructs that profile say the traits are taken from, by file and for the whole product.

    Where none of them says it, what else names the trait may: a file of labels in a folder called after faces.
    """

    def __init__(self, cases: Sequence[Case], linked: Sequence[Mapping[str, Sequence[Seen]]]) -> None:
        self._linked = linked
        self._files: dict[tuple[str, Trait], set[Basis]] = defaultdict(set)
        self._product: dict[Trait, set[Basis]] = defaultdict(set)
        self._around: dict[Trait, set[Basis]] = defaultdict(set)
        for case in cases:
            outcome = outcome_of(case)
            if outcome is None:
                if (told := basis_of_path(case.features)) is not Basis.UNKNOWN:
                    self._around[case.trait].add(told)
            elif case.probability >= SURE and (basis := self._own(case, outcome[2])) is not Basis.UNKNOWN:
                self._files[case.features.sited.artifact, case.trait].add(basis)
                self._product[case.trait].add(basis)

    def choose(self, case: Case, act: Act, rule: Rule) -> tuple[Basis, str]:
        """Return what the trait is taken from, and what a finding of it then does not prove, if anything.

        The nearest that says one thing counts: the construct, its file, what else profiles, the product's summary,
        the paths, a picture. UNKNOWN where none does.
        """
        if act is Act.RECORDS and rule.file.basis is None:
            return Basis.DECLARED, ""
        basis = self._own(case, rule)
        if basis is not Basis.UNKNOWN or act not in PROFILING:
            return basis, ""
        near = self._files.get((case.features.sited.artifact, case.trait)) or self._product[case.trait]
        for basis, doubt in (
            (_only(near), BORROWED),
            (basis_of_product(case.features), ""),
            (_only(self._around[case.trait]), BORROWED),
            (basis_of_picture(case.features), PICTURED),
        ):
            if basis is not Basis.UNKNOWN:
                return basis, doubt
        return Basis.UNKNOWN, ""

    def _own(self, case: Case, rule: Rule) -> Basis:
        return rule.file.basis or basis_of(case.features, self._linked[case.index])


def _only(told: set[Basis]) -> Basis:
    return next(iter(told)) if len(told) == 1 else Basis.UNKNOWN
