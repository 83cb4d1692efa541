"""What a constant in a condition stands for, where another file defines it: ``Keys.NATIONS.contains(nation)``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec.structs import replace

from sousveil.judge.features import Sited
from sousveil.model import Member
from sousveil.read.comparisons import CONDITION, QUERY
from sousveil.read.constants import KEPT

_AMBIGUOUS = 3
"""A name defined in more files than this stands for nothing certain."""


def resolved(sited: Sequence[Sited]) -> list[Sited]:
    """Return the constructs in order, conditions with the values of a constant beside its name."""
    kept: dict[str, list[Sited]] = defaultdict(list)
    for one in sited:
        if one.construct.role == KEPT:
            kept[one.construct.name].append(one)
    return [_resolved(one, kept) if kept and one.construct.role in (CONDITION, QUERY) else one for one in sited]


def _resolved(one: Sited, kept: dict[str, list[Sited]]) -> Sited:
    construct = one.construct
    members: dict[str, Member] = {}
    uses = list(construct.uses)
    for member in construct.members:
        meant = _meant(member.name, one.artifact, kept)
        if not meant:
            members.setdefault(member.name, member)
        for constant in meant:
            for value in constant.construct.members:
                members.setdefault(value.name, replace(member, name=value.name))
        # So the finding is linked to where the constant is defined.
        uses += [c.construct.name for c in meant[:1] if c.artifact != one.artifact]
    return replace(one, construct=replace(construct, members=tuple(members.values()), uses=tuple(uses)))


def _meant(said: str, artifact: str, kept: dict[str, list[Sited]]) -> list[Sited]:
    """Return the constants that ``said`` may stand for: this file's, those of the class or file it names, any few."""
    *_, outer, name = ("", *said.replace("::", ".").split("."))
    found = kept.get(name, [])
    here = [c for c in found if c.artifact == artifact]
    named = [c for c in found if outer and (outer in c.construct.scope or outer.lower() == _stem(c.artifact))]
    best = here if here and not outer else named or here or found
    return best if len(best) <= _AMBIGUOUS else []


def _stem(artifact: str) -> str:
    return artifact.rpartition("/")[2].partition(".")[0].lower()
