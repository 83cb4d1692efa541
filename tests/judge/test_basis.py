"""What a trait is taken from is said only where the code says it."""

from __future__ import annotations

import pytest
from tests.judge.madeup import judge_files

from sousveil.model import Basis

CODE = """\
export const %s = ['white', 'black', 'asian', 'indian', 'other'];

export async function predict(image, config) {
  const res = await model.predict(image);
  obj.race.push({ race: %s[i], score });
}
"""


@pytest.mark.parametrize(
    ("name", "basis"),
    [
        ("raceNames", Basis.UNKNOWN),  # the names of the races
        ("ethnicity_names", Basis.UNKNOWN),
        ("RACE_LABELS", Basis.UNKNOWN),
        ("ethnicNames", Basis.NAME),  # names that persons bear
        ("raceBySurname", Basis.NAME),
    ],
)
def test_names_of_a_trait_are_no_names_of_persons(name: str, basis: Basis) -> None:
    judgement = judge_files({"gear.js": CODE % (name, name)})
    (found,) = [f for f in judgement.findings if f.construct.name == name]
    assert found.basis is basis
