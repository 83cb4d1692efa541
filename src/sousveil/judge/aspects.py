"""Direction and basis: what the product does with a construct, and what the trait is taken from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from sousveil.judge.features import Features, Seen
from sousveil.model import Basis, Direction, Kind

_BASES: dict[str, tuple[Basis, float]] = {
    "face": (Basis.FACE, 1.0),
    "face-library": (Basis.FACE, 1.0),
    "appearance": (Basis.FACE, 0.5),
    "body": (Basis.BODY, 0.8),
    "gait": (Basis.GAIT, 1.2),
    "voice": (Basis.VOICE, 1.0),
    "medical-image": (Basis.MEDICAL_IMAGE, 1.3),
    "name": (Basis.NAME, 1.0),
    "text-basis": (Basis.TEXT, 0.9),
    "behaviour": (Basis.BEHAVIOUR, 0.8),
}
_SLOT_WEIGHT = {
    "name": 3.0,
    "gloss": 2.0,
    "text": 2.0,
    "member": 1.5,
    "member-gloss": 1.2,
    "value": 0.3,
    "scope": 2.0,
    "bases": 2.0,
    "returns": 1.0,
    "member-type": 0.7,
    "uses": 0.8,
    "path": 1.5,
}
_ENOUGH = 0.35
# A function's own name says what it goes by: `religion_from_surname`, `casteByName`.
_FROM_NAME = re.compile(r"(?i)(?:from|by|using|of)_?(?:full|last|first|sur|family|given|persons?)?_?names?$")


def basis_of(features: Features, linked: Mapping[str, Sequence[Seen]]) -> Basis:
    """Return what the trait is taken from, by the words in and around the construct; UNKNOWN if none says."""
    votes: Counter[Basis] = Counter()
    once: set[tuple[str, str, str]] = set()
    for seen in features.slots((*_SLOT_WEIGHT,)):
        _vote(votes, once, seen, _SLOT_WEIGHT[seen.slot])
    for several in linked.values():
        for seen in several:
            _vote(votes, once, seen, 0.6)
    # "Ethnicity from the name": the bare word is a field's name as well, and counts where nothing else says more.
    if not votes and features.construct.kind is Kind.STATEMENT and features.context(("person-name",), ("text",)):
        return Basis.NAME
    if not votes and _FROM_NAME.search(features.construct.name):
        return Basis.NAME
    return _best(votes)


def basis_of_product(features: Features) -> Basis:
    """Return what the product says of itself that it takes things from: it counts where nothing nearer says more."""
    votes: Counter[Basis] = Counter()
    once: set[tuple[str, str, str]] = set()
    for seen in features.slot("product"):
        _vote(votes, once, seen, 0.6)
    if not votes and features.context(("person-name",), ("product",)):
        return Basis.NAME
    return _best(votes)


def basis_of_picture(features: Features) -> Basis:
    """Return FACE where the words around speak of pictures and of nothing nearer; UNKNOWN if they speak of none."""
    seen = features.context(("picture",), ("name", "gloss", "text", "member", "uses", "scope", "product"))
    return Basis.FACE if seen else Basis.UNKNOWN


def _best(votes: Counter[Basis]) -> Basis:
    best, weight = max(votes.items(), key=lambda item: (item[1], item[0]), default=(Basis.UNKNOWN, 0))
    return best if weight >= _ENOUGH else Basis.UNKNOWN


def basis_of_path(features: Features) -> Basis:
    """Return what the names of a construct's file and folders say; UNKNOWN if none does, or several things."""
    told = {entry[0] for s in features.slot("path") if (entry := _BASES.get(s.tag.concept)) is not None}
    return next(iter(told)) if len(told) == 1 else Basis.UNKNOWN


def _vote(votes: Counter[Basis], once: set[tuple[str, str, str]], seen: Seen, weight: float) -> None:
    entry = _BASES.get(seen.tag.concept)
    key = (seen.slot, seen.tag.concept, seen.tag.term.lower())
    if entry is None or key in once:
        return
    once.add(key)
    votes[entry[0]] += weight * entry[1]  # type: ignore[assignment]


def direction_of(features: Features) -> Direction:
    """Return what the product does with the construct, from its names, its syntax and what surrounds it."""
    construct = features.construct
    votes: Counter[Direction] = Counter()
    title = ("name", "scope", "bases")

    def count(*concepts: str, slots: tuple[str, ...] = title) -> int:
        return len({s.tag.term.lower() for s in features.context(concepts, slots)})

    votes[Direction.PUTS_OUT] += 2 * count("result", "infer") + count("appearance", slots=("member", "member-gloss"))
    votes[Direction.ASKS_FOR] += 3 * count("query", "watch", "face-library") + count("query", slots=("uses",))
    votes[Direction.KEEPS] += 3 * count("id-card", "person-record", "survey", "health")
    votes[Direction.KEEPS] += count("id-card", "person-record", slots=("member", "member-gloss"))
    role = construct.role
    if role in ("table", "columns"):
        votes[Direction.KEEPS] += 4
    elif role in ("select", "filter", "cli-option", "parameter-list"):
        votes[Direction.ASKS_FOR] += 2
    elif role in ("label", "column-header", "key-value", "menu", "button"):
        votes[Direction.SHOWS] += 2
    if construct.kind is Kind.OPERATION:
        votes[Direction.PUTS_OUT] += count("infer", slots=("name",))
    best, weight = max(votes.items(), key=lambda item: (item[1], item[0]))
    return best if weight > 0 else Direction.UNKNOWN
