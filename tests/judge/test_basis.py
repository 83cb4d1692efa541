"""What a trait is taken from is said only where the code says it."""

from __future__ import annotations

import pytest

from sousveil.judge.features import Sited
from sousveil.judge.judgement import judge
from sousveil.judge.rules import load_rules
from sousveil.match.database import Matcher
from sousveil.match.lexicon import load
from sousveil.model import Basis
from sousveil.read.dispatch import read

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
    data = (CODE % (name, name)).encode()
    lexicon = load()
    hits = [(h.offset, h.encoding) for h in Matcher(lexicon).match(data, "gear.js")]
    sited = [Sited(c, "gear.js", "0" * 64) for c in read("gear.js", data, hits).constructs]
    (found,) = [f for f in judge(sited, load_rules(), lexicon.tag).findings if f.construct.name == name]
    assert found.basis is basis
