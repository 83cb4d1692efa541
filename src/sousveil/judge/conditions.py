"""The conditions that rules are made of, after capa: each evaluation returns its tree of reasons.

Pure functions of a construct's features; nothing here reads a file or keeps state.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from sousveil.judge.features import GROUPS, SLOTS, Seen, expand
from sousveil.judge.outline import Asking, mask, members, sighted
from sousveil.judge.persons import persons_of
from sousveil.judge.requests import asked_parts, find_request
from sousveil.judge.scene import Condition, Result, RuleError, Scene
from sousveil.match.lexicon import Tag
from sousveil.model import Direction, Kind, Trait

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


def _options(value: object, allowed: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RuleError("takes keys and values")
    unknown = set(value) - allowed
    if unknown:
        raise RuleError(f"does not know {', '.join(sorted(unknown))}; it takes {', '.join(sorted(allowed))}")
    return value


def _words(value: object) -> list[str]:
    """Return one word or a list of words as a list."""
    return [str(v) for v in value] if isinstance(value, list) else [str(value)]


def _slots(raw: object, default: str) -> tuple[str, ...]:
    names = _words(raw or default)
    for name in names:
        if name not in SLOTS and name not in GROUPS:
            raise RuleError(f"no slot is called {name!r}; there are {', '.join((*SLOTS, *GROUPS))}")
    return expand(tuple(names))


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
    words = list(dict.fromkeys(s.tag.term for s in shown))
    place = _place(tuple(dict.fromkeys(s.slot for s in seen)) or slots)
    return f"{what} in {place}: {', '.join(words[:6])}{' …' if len(words) > 6 else ''}"


def _attribute(value: object) -> Asking:
    o = _options(value, {"in", "min", "strength", "only"})
    slots = _slots(o.get("in"), "own")
    only = frozenset(o.get("only", ()))

    def find(scene: Scene) -> Sequence[Seen]:
        seen = scene.features.attribute(scene.trait, slots)
        return [] if only and any(s.tag.concept not in only for s in seen) else seen

    least, strength = int(o.get("min", 1)), str(o.get("strength", "weak"))
    return _sightings("{trait} is named", slots, least, None, strength, find, ("attribute", not only))


def _group(value: object) -> Asking:
    o = _options(value, {"in", "min", "max", "strength", "concept", "different"})
    slots = _slots(o.get("in"), "own")
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


def _context(value: object) -> Asking:
    o = _options(value, {"of", "in", "min", "max", "besides"})
    concepts = _words(o["of"])
    slots = _slots(o.get("in"), "near")
    besides = frozenset(w.lower() for w in _words(o.get("besides", [])))
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


_KIND_WORDS = {
    Kind.ENUMERATION: "list of fixed values (enumeration)",
    Kind.RECORD: "record with fields",
    Kind.LABEL_SET: "set of labels",
    Kind.OPERATION: "function or request",
    Kind.OPTION: "label, filter or choice on a screen or command line",
    Kind.STATEMENT: "statement",
}


def _kind(value: object) -> Asking:
    told = {kind: Result(f"it is a {_KIND_WORDS[kind]}") for kind in map(Kind, _words(value))}
    return Asking(lambda scene: told.get(scene.features.construct.kind), (mask(("kind", one) for one in told),))


def _role(value: object) -> Asking:
    told = {role: Result(f"the syntax says: {role or 'nothing'}") for role in _words(value)}
    return Asking(lambda scene: told.get(scene.features.construct.role), (mask(("role", one) for one in told),))


def _language(value: object) -> Asking:
    told = {name: Result(f"written in {name}") for name in _words(value)}
    return Asking(lambda scene: told.get(scene.features.construct.language), (mask(("language", one) for one in told),))


def _members(value: object) -> Asking:
    o = _options(value, {"min", "max"})
    least, most = int(o.get("min", 0)), int(o.get("max", 1_000_000))

    def evaluate(scene: Scene) -> Result | None:
        count = len(scene.features.construct.members)
        return Result(f"it has {count} members") if least <= count <= most else None

    return Asking(evaluate, (members(least, most),))


def _direction(value: object) -> Asking:
    told = {one: Result(f"the product {one.replace('-', ' ')} it") for one in map(Direction, _words(value))}
    return Asking(lambda scene: told.get(scene.direction), (mask(("direction", one) for one in told),))


def _claim(value: object) -> Asking:
    o = _options(value, {"act", "subject"})
    act, subjects = o.get("act"), o.get("subject")

    def evaluate(scene: Scene) -> Result | None:
        claim = scene.claim
        if claim is None or claim.denied or (act is not None and claim.act != act):
            return None
        if subjects and claim.subject not in subjects:
            return None
        return Result(f"the words say that it does so: {claim.words}")

    return Asking(evaluate, (mask([("claim",)]),), exact=False)


def _request(value: object) -> Condition:
    """A prompt asks a model for the trait of a person; takes ``true``."""
    if value is not True:
        raise RuleError("takes true")

    def evaluate(scene: Scene) -> Result | None:
        c, tagger = scene.features.construct, scene.features.tag
        for name, said in asked_parts(c):
            asked = find_request(said, " ".join((name, *c.scope)), scene.trait, tagger)
            if asked:
                return Result(f"it asks a model: {asked.words}")
        return None

    return evaluate


def _linked(value: object) -> Asking:
    o = _options(value, {"rule", "context", "min", "relation", "input", "besides"})
    if "input" in o:

        def taken(scene: Scene) -> Result | None:
            named = any(s.tag.trait == scene.trait for s in scene.linked.get("input", ()))
            return Result(f"{scene.trait} is named in the list of a model's inputs beside it") if named else None

        return Asking(taken, (), exact=False)
    if "rule" in o:
        rules = frozenset(_words(o["rule"]))
        relation = o.get("relation")

        def judged(scene: Scene) -> Result | None:
            if relation == "twin":
                common, what = rules & scene.twin_rules, "the type of its name in the product's source code"
            elif relation == "field-type":
                common, what = rules & scene.typed_rules, "the type of one of its fields"
            else:
                common, what = rules & scene.linked_rules, "what it is linked to"
            return Result(f"{what} was judged so: {', '.join(sorted(common))}") if common else None

        what = {"twin": "twin", "field-type": "typed"}.get(str(relation), "linked")
        return Asking(judged, (mask((what, name) for name in rules),))
    concepts = frozenset(_words(o["context"]))
    relations = (o["relation"],) if "relation" in o else ("user", "type")
    least, besides = int(o.get("min", 1)), _words(o.get("besides", []))

    def evaluate(scene: Scene) -> Result | None:
        told = (s.tag for relation in relations for s in scene.linked.get(relation, ()))
        words = {tag.term.lower(): None for tag in told if tag.concept in concepts}
        if len(words) < least or words.keys() <= set(besides):
            return None
        return Result(f"what it is linked to speaks of {' or '.join(sorted(concepts))}: {', '.join(list(words)[:6])}")

    bits = mask(("linked", relation, concept) for relation in relations for concept in concepts)
    return Asking(evaluate, (bits,) if least > 0 else (), least == 1 and not besides)


def _rule(value: object) -> Asking:
    rules = frozenset(_words(value))

    def evaluate(scene: Scene) -> Result | None:
        met = rules & scene.met_rules
        return Result("also met: " + ", ".join(sorted(met))) if met else None

    return Asking(evaluate, (mask(("rule", name) for name in rules),))


_QUOTES = frozenset("\"'`")


def _same_member(value: object) -> Asking:
    """Every listed thing in one and the same member: ``attribute``, ``group``, or a context's name; with ``bare`` in
    one that stands there without quotes, a name of the code's own.
    """
    o = _options(value, {"of", "in", "bare"}) if isinstance(value, dict) else {"of": value}
    bare = bool(o.get("bare"))
    names = _words(o["of"])
    slots = expand(_slots(o.get("in"), "members") if "in" in o else ("members", "member-type"))

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


def _same_use(value: object) -> Condition:
    """Every listed thing in one and the same name or string that the code uses, where ``matches`` is found too."""
    o = _options(value, {"of", "matches"}) if isinstance(value, dict) else {"of": value}
    names, written = _words(o["of"]), re.compile(str(o.get("matches", "")))

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


def _only_member(value: object) -> Asking:
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


_WRITTEN = {"path": "the file's path", "gloss": "its comment"}


def _text(value: object) -> Condition:
    o = _options(value, {"matches", "in"})
    pattern = re.compile(str(o["matches"]))
    part = str(o.get("in", "name"))
    if part not in ("name", "gloss", "text", "path", "members", "value", "types", "uses", "scope"):
        raise RuleError("'in' is name, gloss, text, path, members, value, types, uses or scope")

    def evaluate(scene: Scene) -> Result | None:
        c = scene.features.construct
        if part == "members":
            said = (w for m in c.members[:64] for w in (m.name, m.value, m.gloss, *(v for _, v in m.values)))
            text = " ".join(filter(None, said))
        elif part == "value":
            text = " ; ".join(m.value for m in c.members[:64])
        elif part == "types":
            text = " ; ".join((c.returns, *(m.type for m in c.members[:64])))
        elif part in ("uses", "scope"):
            text = " ; ".join(c.uses if part == "uses" else c.scope)
        else:
            texts = {"name": c.name, "gloss": c.gloss, "text": c.passage.text, "path": scene.features.address}
            text = texts[part]
        found = pattern.search(text[:4000])
        return Result(f"“{found[0][:60]}” is written in {_WRITTEN.get(part, f'its {part}')}") if found else None

    return evaluate


MAKERS: dict[str, Callable[[object], Condition | Asking]] = {
    "attribute": _attribute,
    "group": _group,
    "context": _context,
    "kind": _kind,
    "role": _role,
    "language": _language,
    "members": _members,
    "direction": _direction,
    "claim": _claim,
    "request": _request,
    "persons-of": persons_of,
    "linked": _linked,
    "rule": _rule,
    "same-member": _same_member,
    "same-use": _same_use,
    "only-member": _only_member,
    "text": _text,
}
