"""The traits that a construct is worth judging for: those that its own words, or what it asks and trains, name."""

from __future__ import annotations

import re

from sousveil.judge.features import Features
from sousveil.model import Kind, Trait

# From so many members on a list in which few hold a term is a list of words.
_LONG = 48

# Of a function's uses so many are looked at for a model's name, which is no longer than this.
_USES = 200
_NAME_OF_MODEL = 60
_SEVERAL = 3
# What a model is trained to answer, as a reader writes it: ``y = people["faith"]``, ``fit(..., people["faith"])``.
_LEARNED = re.compile(
    r"(?:[yY](?:_?[a-z]+)?|(?:train_)?(?:target|label)s?(?:_train)?) ?= ?\w|(?:fit|train_test_split)\(\.\.\., "
)

# Columns of the Census Bureau's file of surnames.
_CENSUS_COLUMNS = re.compile(r"(?i)(?<![a-z])(?:pct|count|prob|prop)_?(?:2prace|api|aian)(?![a-z])")

# How sure an answer is, as it is shown: ``racePercent``.
_SHARE = re.compile(r"(?i)(?<![a-z])(?:race|ethnicity|ethnic_?group)_?(?:percent(?:age)?|accuracy|score)(?![a-z])")
# Who is left out by it: ``refused_castes``, ``religionLocked``.
_LEFT_OUT = re.compile(
    r"(?i)(?:refus(?:ed?|al)|exclud(?:ed?|ing)|blocked|banned|den(?:y|ied)|rejected|forbidden|unwanted|disallowed)_?(?:caste|reli"
    r"gion|ethnic|race|nationalit)|(?:caste|religion|ethnicity|nationality)s?_?(?:lock|block|black_?list|denied|excluded|ref"
    r"used|rejected|banned)"
)

# What only the answer of a face's analysis is called.
_ANSWERED = re.compile(r"(?i)(?<![a-z])(?:(?:pre)?dominant_?(?:race|ethnicity)|multicultural_?appearance)(?![a-z])")
_OF_FORMS = frozenset(("person-record", "id-card", "demographic", "person-name"))


def traits_of(features: Features) -> tuple[Trait, ...]:
    """Return the traits worth judging this construct for, the better attested first."""
    weight: dict[Trait, float] = {}
    attribute: set[Trait] = set()
    listing = is_word_list(features)
    # A script has no name: what its code says is all that it says.
    for seen in features.slots(("own", "uses") if features.construct.role == "script" else ("own",)):
        tag = seen.tag
        if tag.trait is None or (listing and seen.member >= 0):
            continue
        trait = Trait(tag.trait)
        worth = {"certain": 3.0, "likely": 1.5}.get(tag.strength, 0.4)
        if tag.role == "attribute":
            worth *= 2
            attribute.add(trait)
        weight[trait] = weight.get(trait, 0.0) + worth
    if features.construct.kind is Kind.OPERATION:
        for trait in _asked(features):
            weight.setdefault(trait, 2.0)
    elif features.construct.kind is Kind.OPTION:
        # Beside the words of a label stands what is shown there.
        for use in features.construct.uses[:_USES]:
            if _ANSWERED.search(use):
                weight.update((Trait(t.trait), 2.0) for t in features.tag(use) if t.role == "attribute" and t.trait)
    if attribute & {Trait.ETHNICITY, Trait.SKIN_COLOUR}:
        # Labels shared by both belong to the trait that is named.
        for trait in (Trait.ETHNICITY, Trait.SKIN_COLOUR):
            if trait not in attribute:
                weight.pop(trait, None)
    return tuple(sorted((t for t, w in weight.items() if w >= 1.1), key=lambda t: (-weight[t], t)))


def is_word_list(features: Features) -> bool:
    """Return whether this is a long list in which the terms are a few among many: a dictionary, not a design."""
    c = features.construct
    designed = c.kind is Kind.RECORD and c.role not in ("object", "dict", "columns")
    if len(c.members) < _LONG or designed or c.role == "column-header":
        return False
    holding = {s.member for s in features.slots(("member", "value")) if s.tag.trait is not None}
    of_persons = {s.member for s in features.slots(("member",)) if s.tag.concept in _OF_FORMS}
    return len(holding) * 8 < len(c.members) and len(of_persons) * 4 < len(c.members)


def _asked(features: Features) -> set[Trait]:
    """Return the traits of the models that a function uses or trains: ``race_model`` says more than ``race``.

    So does ``race`` beside the groups that it reads out of an answer, ``answer.race.asian``; beside ranges of
    age and height that somebody is sought by; beside several things that are read off a face; beside age, sex and
    how sure the answer is.
    """
    out: set[Trait] = set()
    plain: set[Trait] = set()
    groups: set[str] = set()
    beside: dict[str, set[str]] = {c: set() for c in ("seeking", "appearance", "demographic", "probability")}
    for use in features.construct.uses[:_USES]:
        learned = bool(_LEARNED.match(use))
        if not use.isascii() or (len(use) > _NAME_OF_MODEL and not learned):
            continue
        tags = features.tag(use)
        named = {t.trait for t in tags if t.role == "attribute" and t.trait and t.strength != "weak"}
        plain.update(Trait(t) for t in named)
        groups.update(t.term.lower() for t in tags if t.role == "group" and t.trait == Trait.ETHNICITY)
        for tag in tags:
            if tag.concept in beside:
                beside[tag.concept].add(tag.term.lower())
        if _CENSUS_COLUMNS.search(use):
            out.add(Trait.ETHNICITY)
        if use.endswith("argmax") or _SHARE.search(use):
            beside["probability"].add(use)
        if named and (
            learned
            or _LEFT_OUT.search(use)
            or _ANSWERED.search(use)
            or any(t.concept in ("model", "infer", "assess", "probability", "presumed", "face") for t in tags)
        ):
            out.update(Trait(t) for t in named)
    if len(groups) >= _SEVERAL and Trait.ETHNICITY in plain:
        out.add(Trait.ETHNICITY)
    sure = len(beside["demographic"]) > 1 and beside["probability"]
    if len(beside["seeking"]) >= _SEVERAL or len(beside["appearance"]) >= _SEVERAL or sure:
        out |= plain
    return out
