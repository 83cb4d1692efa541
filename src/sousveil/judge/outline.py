"""What a scene shows at a glance: it alone tells of most conditions that they cannot be met, and need not be evaluated.

An outline is a number whose bits are signs: a word of some concept in some slot, a kind, a role, a rule that was met.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from sousveil.judge.features import of_group
from sousveil.judge.scene import Condition, Scene
from sousveil.judge.slots import SLOTS

Sign = tuple[str, ...]

_STRENGTHS = ("weak", "likely", "certain")
_bits: dict[Sign, int] = {}
"""The bit of every sign that a rule asks for: some hundreds."""
_spans: dict[tuple[int, int], int] = {}
"""The bit of every number of members, least and most, that a rule asks for."""


class Asking(Struct, frozen=True):
    """A condition, and what it asks of an outline: a bit of each of ``masks``."""

    condition: Condition
    masks: tuple[int, ...]
    exact: bool = True
    """Whether it is met wherever these are there; else it may be."""


def mask(signs: Iterable[Sign]) -> int:
    """Return the bits of ``signs``."""
    bits = 0
    for sign in signs:
        bits |= _bits.setdefault(sign, 1 << len(_bits))
    return bits


def sighted(what: str, slots: Iterable[str], strength: str = "weak") -> int:
    """Return the bits of ``attribute``, ``group`` or a concept of a context in ``slots``, at least so strong."""
    if what not in ("attribute", "group"):
        return mask(("context", slot, what) for slot in slots)
    strong = _STRENGTHS[_STRENGTHS.index(strength) :]
    return mask((what, slot, one) for slot in slots for one in strong)


def members(least: int, most: int) -> int:
    """Return the bit of a number of members from ``least`` to ``most``."""
    _spans[least, most] = bit = mask([("members", str(least), str(most))])
    return bit


def outline(scene: Scene) -> int:
    """Return what is there of all that rules ask for."""
    features, trait, get = scene.features, scene.trait, _bits.get
    construct = features.construct
    signs: set[Sign] = {
        ("kind", construct.kind),
        ("role", construct.role),
        ("language", construct.language),
        ("direction", scene.direction),
    }
    for slot in SLOTS:
        for seen in features.slot(slot):
            tag = seen.tag
            if tag.role == "context":
                signs.add(("context", slot, tag.concept))
            elif tag.role == "attribute":
                if tag.trait == trait:
                    signs.add(("attribute", slot, tag.strength))
            elif of_group(tag, trait):
                signs.add(("group", slot, tag.strength))
    if scene.claim is not None:
        signs.add(("claim",))
    for relation, sightings in scene.linked.items():
        signs.update(("linked", relation, seen.tag.concept) for seen in sightings)
    rules = (("rule", scene.met_rules), ("linked", scene.linked_rules), ("typed", scene.typed_rules),
             ("twin", scene.twin_rules))  # fmt: skip
    signs.update((what, name) for what, names in rules for name in names)
    bits = 0
    for sign in signs:
        bits |= get(sign, 0)
    count = len(construct.members)
    for (least, most), bit in _spans.items():
        if least <= count <= most:
            bits |= bit
    return bits
