"""The conditions that rules are made of, after capa: each evaluation returns its tree of reasons.

Pure functions of a construct's features; nothing here reads a file or keeps state. Those on words stand in
`sightings.py`, on phrases in `persons.py` and `requests.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sousveil.judge.arguments import options, words
from sousveil.judge.outline import Asking, mask, members
from sousveil.judge.persons import persons_of
from sousveil.judge.requests import request_of
from sousveil.judge.scene import Condition, Result, RuleError, Scene
from sousveil.judge.sightings import attribute, context, group, only_member, same_member, same_use
from sousveil.model import Direction, Kind

_KIND_WORDS = {
    Kind.ENUMERATION: "list of fixed values (enumeration)",
    Kind.RECORD: "record with fields",
    Kind.LABEL_SET: "set of labels",
    Kind.OPERATION: "function or request",
    Kind.OPTION: "label, filter or choice on a screen or command line",
    Kind.STATEMENT: "statement",
}


def _kind(value: object) -> Asking:
    told = {kind: Result(f"it is a {_KIND_WORDS[kind]}") for kind in map(Kind, words(value))}
    return Asking(lambda scene: told.get(scene.features.construct.kind), (mask(("kind", one) for one in told),))


def _role(value: object) -> Asking:
    told = {role: Result(f"the syntax says: {role or 'nothing'}") for role in words(value)}
    return Asking(lambda scene: told.get(scene.features.construct.role), (mask(("role", one) for one in told),))


def _language(value: object) -> Asking:
    told = {name: Result(f"written in {name}") for name in words(value)}
    return Asking(lambda scene: told.get(scene.features.construct.language), (mask(("language", one) for one in told),))


def _members(value: object) -> Asking:
    o = options(value, {"min", "max"})
    least, most = int(o.get("min", 0)), int(o.get("max", 1_000_000))

    def evaluate(scene: Scene) -> Result | None:
        count = len(scene.features.construct.members)
        return Result(f"it has {count} members") if least <= count <= most else None

    return Asking(evaluate, (members(least, most),))


def _direction(value: object) -> Asking:
    told = {one: Result(f"the product {one.replace('-', ' ')} it") for one in map(Direction, words(value))}
    return Asking(lambda scene: told.get(scene.direction), (mask(("direction", one) for one in told),))


def _claim(value: object) -> Asking:
    o = options(value, {"act", "subject"})
    act, subjects = o.get("act"), o.get("subject")

    def evaluate(scene: Scene) -> Result | None:
        claim = scene.claim
        if claim is None or claim.denied or (act is not None and claim.act != act):
            return None
        if subjects and claim.subject not in subjects:
            return None
        return Result(f"the words say that it does so: {claim.words}")

    return Asking(evaluate, (mask([("claim",)]),), exact=False)


def _linked(value: object) -> Asking:
    o = options(value, {"rule", "context", "min", "relation", "input", "besides"})
    if "input" in o:

        def taken(scene: Scene) -> Result | None:
            named = any(s.tag.trait == scene.trait for s in scene.linked.get("input", ()))
            return Result(f"{scene.trait} is named in the list of a model's inputs beside it") if named else None

        return Asking(taken, (), exact=False)
    if "rule" in o:
        rules = frozenset(words(o["rule"]))
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
    concepts = frozenset(words(o["context"]))
    relations = (o["relation"],) if "relation" in o else ("user", "type")
    least, besides = int(o.get("min", 1)), words(o.get("besides", []))

    def evaluate(scene: Scene) -> Result | None:
        told = (s.tag for relation in relations for s in scene.linked.get(relation, ()))
        terms = {tag.term.lower(): None for tag in told if tag.concept in concepts}
        if len(terms) < least or terms.keys() <= set(besides):
            return None
        return Result(f"what it is linked to speaks of {' or '.join(sorted(concepts))}: {', '.join(list(terms)[:6])}")

    bits = mask(("linked", relation, concept) for relation in relations for concept in concepts)
    return Asking(evaluate, (bits,) if least > 0 else (), least == 1 and not besides)


def _rule(value: object) -> Asking:
    rules = frozenset(words(value))

    def evaluate(scene: Scene) -> Result | None:
        met = rules & scene.met_rules
        return Result("also met: " + ", ".join(sorted(met))) if met else None

    return Asking(evaluate, (mask(("rule", name) for name in rules),))


_WRITTEN = {"path": "the file's path", "gloss": "its comment"}


def _text(value: object) -> Condition:
    o = options(value, {"matches", "in"})
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
    "attribute": attribute,
    "group": group,
    "context": context,
    "kind": _kind,
    "role": _role,
    "language": _language,
    "members": _members,
    "direction": _direction,
    "claim": _claim,
    "request": request_of,
    "persons-of": persons_of,
    "linked": _linked,
    "rule": _rule,
    "same-member": same_member,
    "same-use": same_use,
    "only-member": only_member,
    "text": _text,
}
