"""Conditions on the words that are seen in a construct's slots, alone or together in one member.

Pure functions of a construct's features, as all conditions are: each returns its reason where it is met.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from sousveil.judge.arguments import options, slots_of, words
from sousveil.judge.features import Seen
from sousveil.judge.outline import Asking, sighted
from sousveil.judge.scene import Condition, Result, Scene
from sousveil.judge.slots import expand
from sousveil.match.lexicon import Tag
from sousveil.model import Trait

_STRENGTH = {"weak": 0, "likely": 1, "certain": 2}
_WHERE = {
    "name": "its name",
    "gloss": "its comment",
    "text": "its text",
    "bases": "what it extends",
    "returns": "what it returns",
    "member": "its members",
    "member-gloss": "its members' comments",
    "member-head": "its members' comments",
    "member-type": "its members' types",
    "value": "listed values",
    "scope": "what encloses it",
    "uses": "what it uses or stands beside",
    "path": "the file's path or package",
    "product": "the product's own summary",
}


def _place(slots: Sequence[str]) -> str:
    if len(slots) > 4:
        return "it or around it"
    return " or ".join(_WHERE[s] for s in slots)


def _sightings(
    label: str,
    slots: tuple[str, ...],
    least: int,
    most: int | None,
    strength: str,
    find: Callable[[Scene], Sequence[Seen]],
    asking: tuple[str, bool],
) -> Asking:
    """Return a condition on what ``find`` sees; ``asking`` says what that is, and whether one sighting is enough."""
    floor = _STRENGTH[strength]

    def evaluate(scene: Scene) -> Result | None:
        seen = find(scene)
        if floor:
            seen = [s for s in seen if _STRENGTH[s.tag.strength] >= floor]
        if len(seen) < least:
            return None
        distinct: dict[tuple[object, ...], Seen] = {}
        for one in seen:
            distinct.setdefault(one.key, one)
        if len(distinct) < least or (most is not None and len(distinct) > most):
            return None
        what = label.format(trait=str(scene.trait).replace("-", " "))
        return Result(partial(_told, what, slots, seen, distinct.values()), tuple(distinct.values()))

    masks = (sighted(asking[0], slots, strength),) if least > 0 else ()
    return Asking(evaluate, masks, asking[1] and least == 1 and most is None)


def _told(what: str, slots: tuple[str, ...], seen: Iterable[Seen], shown: Iterable[Seen]) -> str:
    """Return a reason: what is there, where it was ``seen``, and the words that are ``shown``."""
    terms = list(dict.fromkeys(s.tag.term for s in shown))
    place = _place(tuple(dict.fromkeys(s.slot for s in seen)) or slots)
    return f"{what} in {place}: {', '.join(terms[:6])}{' …' if len(terms) > 6 else ''}"


def attribute(value: object) -> Asking:
    """The trait itself is named in ``in``; with ``only``, by no other concepts than these."""
    o = options(value, {"in", "min", "strength", "only"})
    slots = slots_of(o.get("in"), "own")
    only = frozenset(o.get("only", ()))

    def find(scene: Scene) -> Sequence[Seen]:
        seen = scene.features.attribute(scene.trait, slots)
        return [] if only and any(s.tag.concept not in only for s in seen) else seen

    least, strength = int(o.get("min", 1)), str(o.get("strength", "weak"))
    return _sightings("{trait} is named", slots, least, None, strength, find, ("attribute", not only))


def group(value: object) -> Asking:
    """Groups of the trait are named in ``in``, ``different`` ones; with ``concept`` those of these concepts."""
    o = options(value, {"in", "min", "max", "strength", "concept", "different"})
    slots = slots_of(o.get("in"), "own")
    concepts = frozenset(o.get("concept", ()))
    # Several members that name one and the same people tell nobody apart.
    different = int(o.get("different", min(2, int(o.get("min", 1)))))

    def find(scene: Scene) -> Sequence[Seen]:
        seen = scene.features.group(scene.trait, slots)
        seen = [s for s in seen if s.tag.concept in concepts] if concepts else seen
        return seen if different < 2 or len({s.tag.gloss or s.tag.term.lower() for s in seen}) >= different else []

    most, least, strength = o.get("max"), int(o.get("min", 1)), str(o.get("strength", "weak"))
    asking = ("group", not concepts and different < 2)
    return _sightings("groups of people are named", slots, least, most, strength, find, asking)


def context(value: object) -> Asking:
    """Words of the context vocabularies ``of`` stand in ``in``, other ones than ``besides``."""
    o = options(value, {"of", "in", "min", "max", "besides"})
    concepts = words(o["of"])
    slots = slots_of(o.get("in"), "near")
    besides = frozenset(w.lower() for w in words(o.get("besides", [])))
    label = "words of " + " or ".join(c.replace("-", " ") for c in concepts)

    wanted = frozenset(concepts)

    least, most = int(o.get("min", 1)), o.get("max")

    def evaluate(scene: Scene) -> Result | None:
        found = scene.features.context(wanted, slots)
        if len(found) < least:
            return None
        # A context counts once for each word, however many members hold it.
        once: dict[str, Seen] = {}
        for one in found:
            if one.tag.term.lower() not in besides:
                once.setdefault(one.tag.term.lower(), one)
        if len(once) < least or (most is not None and len(once) > most):
            return None
        return Result(partial(_told, label, slots, once.values(), once.values()), tuple(once.values())[:8])

    bits = 0
    for concept in concepts:
        bits |= sighted(concept, slots)
    return Asking(evaluate, (bits,) if least > 0 else (), least == 1 and most is None and not besides)


_QUOTES = frozenset("\"'`")


def same_member(value: object) -> Asking:
    """Every listed thing in one and the same member: ``attribute``, ``group``, or a context's name; with ``bare`` in
    one that stands there without quotes, a name of the code's own.
    """
    o = options(value, {"of", "in", "bare"}) if isinstance(value, dict) else {"of": value}
    bare = bool(o.get("bare"))
    names = words(o["of"])
    slots = expand(slots_of(o.get("in"), "members") if "in" in o else ("members", "member-type"))

    def evaluate(scene: Scene) -> Result | None:
        hits: list[dict[int, Seen]] = []
        for name in names:
            if name == "attribute":
                found = scene.features.attribute(scene.trait, slots)
            elif name == "group":
                found = scene.features.group(scene.trait, slots)
            else:
                found = scene.features.context([name], slots)
            if not found:
                return None
            hits.append({s.member: s for s in found})
        common = set(hits[0]).intersection(*hits[1:])
        if bare:
            members = scene.features.construct.members
            common = {i for i in common if members[i].passage.text[:1] not in _QUOTES}
        seen = tuple(hit[i] for i in sorted(common) for hit in hits)
        return Result("one member holds " + " and ".join(names), seen) if common else None

    return Asking(evaluate, tuple(sighted(name, slots) for name in names), exact=False)


def same_use(value: object) -> Condition:
    """Every listed thing in one and the same name or string that the code uses, where ``matches`` is found too."""
    o = options(value, {"of", "matches"}) if isinstance(value, dict) else {"of": value}
    names, written = words(o["of"]), re.compile(str(o.get("matches", "")))

    def evaluate(scene: Scene) -> Result | None:
        for use in scene.features.construct.uses[:200]:
            if not written.search(use):
                continue
            tags = scene.features.tag(use)
            if all(any(_is(tag, name, scene.trait) for tag in tags) for name in names):
                return Result(f"“{use[:60]}” holds " + " and ".join(names))
        return None

    return evaluate


def _is(tag: Tag, name: str, trait: Trait) -> bool:
    if name in ("attribute", "group"):
        return tag.role == name and tag.trait == trait and (name == "group" or tag.strength != "weak")
    return tag.concept == name


# What is short in a field's name is something else in the value it is given: `res` a result, as in `out_res.age`.
_SHORT = frozenset(("res",))


def only_member(value: object) -> Asking:
    """Every member that names the trait also holds the context ``value``."""
    slots = expand(("members", "member-type"))

    def evaluate(scene: Scene) -> Result | None:
        seen = scene.features.context([str(value)], slots)
        holds = {s.member for s in seen if s.slot == "member" or s.tag.term.lower() not in _SHORT}
        named = scene.features.attribute(scene.trait, ("member", "member-gloss"))
        met = bool(named) and all(s.member in holds for s in named)
        return Result(f"each member that names it is {value}", tuple(named)) if met else None

    masks = (sighted(str(value), slots), sighted("attribute", ("member", "member-gloss")))
    return Asking(evaluate, masks, exact=False)
