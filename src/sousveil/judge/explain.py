"""Put a judged construct into words: the places, the tree of reasons, and what it does not prove."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from sousveil.judge.cases import Case, Met, strongest
from sousveil.judge.features import Features, Seen, Sited, of_group
from sousveil.judge.links import Edge
from sousveil.judge.rules import Rule
from sousveil.judge.scene import ABSENT, Result
from sousveil.model import (
    ALONE,
    SET_ASIDE,
    Act,
    Basis,
    Construct,
    ConstructSummary,
    Explained,
    Finding,
    Kind,
    Link,
    Passage,
    Place,
    Reason,
    Trait,
)

# Of a comment's lines these say nothing of what stands below them.
_NO_WORD_ON_IT = re.compile(r"(?im)^.*(?:©|copyright|all rights reserved|@(?:author|since|date|version|create)\b).*$")
_MAX_PLACES = 24
_MAX_LINKS = 24
_IN_BODY = -2
"""The key of a place that is no member's and not the construct's own."""
_TURNED = {"field-type": "type-of", "beside": "beside", "twin": "twin", "picked": "picked-in"}
"""A relation read from the other end."""

_ACTS = {
    Act.INFERS: "infers {trait}{basis}",
    Act.TARGETS: "searches, filters or alerts by {trait}{basis}",
    Act.RESIDUE: "keeps a slot where {trait} was",
    Act.RECORDS: "records a declared {trait}",
    Act.MEASURES: "measures fairness across {trait}",
    Act.MENTIONS: "mentions {trait}",
}
BASES = {
    Basis.FACE: " from the face",
    Basis.BODY: " from the body or clothing",
    Basis.GAIT: " from the gait",
    Basis.VOICE: " from the voice",
    Basis.MEDICAL_IMAGE: " from a medical image",
    Basis.NAME: " from the name",
    Basis.TEXT: " from what a person writes",
    Basis.BEHAVIOUR: " from behaviour",
    Basis.DOCUMENT: " from a document",
    Basis.DECLARED: "",
    Basis.UNKNOWN: "",
}
"""How what a trait is taken from is said, behind what is done with it."""
_NOT_PROVED = {
    Act.INFERS: (
        "That the function is switched on, licensed or used anywhere.",
        "How often its answers are right.",
        "What anybody intended by it.",
    ),
    Act.TARGETS: (
        "That anyone was searched for, or that the filter was used.",
        "Whether the trait was declared by the person or inferred by a machine.",
        "What anybody intended by it.",
    ),
    Act.RESIDUE: (
        "That the product still fills the slot.",
        "When, why or by whom it was emptied.",
    ),
    Act.RECORDS: ("That the trait is inferred: a value that a person or a document states is stored or passed on.",),
    Act.MEASURES: ("That anyone is sorted: outcomes are compared between groups.",),
    Act.MENTIONS: (),
}


def phrase(act: Act, trait: Trait, basis: Basis) -> str:
    """Return act, trait and basis in plain words: ``infers ethnicity from the face``."""
    return _ACTS[act].format(trait=str(trait).replace("-", " "), basis=BASES[basis])


def finding(
    case: Case,
    act: Act,
    probability: float,
    rule: Rule,
    basis: Basis,
    edges: Sequence[Edge],
    features: Sequence[Features],
) -> Finding:
    """Return the finding with every place it rests on."""
    # The members that name the trait come first, whatever a rule looked for first.
    told = _telling(case)
    places = _Places(case.features, () if told else _spots(case))
    for seen in told:
        places.of(seen)
    weighed = {id(m): w for w, m in strongest(case.met)}
    lead = [m for m in case.met if m.rule is rule]
    rest = [m for m in case.met if m.rule is not rule and id(m) in weighed]
    reasons = tuple(_rule_reason(m, weighed.get(id(m), 0.0), places) for m in (*lead, *rest))
    construct = case.features.construct
    sited = case.features.sited
    # Where a string is shared by many structures of a program, its place alone does not tell them apart.
    at = f"{construct.passage.offset} {construct.passage.where}".rstrip()
    identity = finding_id(act, case.trait, basis, rule.id, construct.kind, construct.name, sited.sha256, at)
    name = f"`{construct.name}`" if construct.name else _unnamed(construct.kind)
    return Finding(
        id=identity,
        act=act,
        trait=case.trait,
        basis=basis,
        probability=round(probability, 3),
        rule=rule.id,
        summary=f"{name} {phrase(act, case.trait, basis)}: {rule.file.what}",
        construct=summary(case),
        reasons=reasons,
        not_proved=(*(rule.file.not_proved or _NOT_PROVED[act]), *_side_by_side(construct)),
        places=tuple(places.places),
        links=_links(case, edges, features),
    )


def _telling(case: Case) -> Sequence[Seen]:
    """Return the sightings in members that name the trait, or else its groups, at most twelve."""
    slots = ("member", "member-gloss", "member-type", "value")
    return (case.features.attribute(case.trait, slots) or case.features.group(case.trait, slots))[:12]


def _spots(case: Case) -> list[tuple[Passage, list[Seen]]]:
    """Return the lines of a function's body that name the trait, or else its groups, at most six; none where its head
    does."""
    construct, trait = case.features.construct, case.trait
    if not construct.spots or case.features.attribute(trait, ("name", "gloss", "returns")):
        return []
    named: list[tuple[Passage, list[Seen]]] = []
    grouped: list[tuple[Passage, list[Seen]]] = []
    for passage in construct.spots:
        seen = [Seen(tag, "uses") for tag in case.features.tag(passage.text)]
        if any(s.tag.role == "attribute" and s.tag.trait == trait for s in seen):
            named.append((passage, seen))
        elif any(of_group(s.tag, trait) for s in seen):
            grouped.append((passage, seen))
    return (named or grouped)[:6]


def _side_by_side(construct: Construct) -> tuple[str, ...]:
    """Return what must be said where only the order of a program's strings makes a structure."""
    if construct.name or len(construct.members) < 2 or construct.language not in ("native", "binary"):
        return ()
    return ("That these words are one structure of the code: they lie side by side among the program's strings.",)


def explained(case: Case) -> Explained:
    """Return why a construct that holds a term is no finding."""
    harmless = [m for m in case.met if m.rule.file.act is Act.MENTIONS]
    if case.aside:
        words = {s.tag.concept.replace("-", " "): None for s in case.features.excuses()}
        said = [f"words in or around it speak of {', '.join([*words][:4])}"] if words else []
        said += ["it stands among many members that say nothing"] if case.features.untold() else []
        said += ["its file is called a test's"] if case.features.called_test() else []
        reason = f"Would profile ({case.aside}), but {', and '.join(said)}."
        rule = SET_ASIDE
    elif harmless:
        best = min(harmless, key=lambda m: (m.rule.file.lowers, m.rule.id))
        reason, rule = best.rule.file.what, best.rule.id
    else:
        reason, rule = "Words alone: nothing here infers, searches or records.", ALONE
    places = _Places(case.features)
    return Explained(reason, rule, summary(case), places.places[0], case.trait)


def summary(case: Case) -> ConstructSummary:
    """Return what of the construct a report shows."""
    c = case.features.construct
    return ConstructSummary(c.kind, c.name, tuple(m.name for m in c.members[:60]), c.scope, case.direction, c.language)


def _unnamed(kind: Kind) -> str:
    return {Kind.STATEMENT: "The text", Kind.LABEL_SET: "A set of labels"}.get(kind, f"An unnamed {kind.lower()}")


class _Places:
    """The finding's places: the construct's own line first, then each member a reason rests on.

    Where only lines of its body name the trait, they come before the line it begins with."""

    def __init__(self, features: Features, spots: Sequence[tuple[Passage, list[Seen]]] = ()) -> None:
        self._features = features
        construct = features.construct
        self.places: list[Place] = []
        self._index: dict[int, int] = {}
        title = features.slots(("name", "gloss", "text"))
        for passage, seen in spots:
            self._add(_IN_BODY, passage, seen, "")
        self._spots = [passage.text.lower() for passage, _ in spots]
        self._add(-1, construct.passage, title, construct.gloss if construct.kind is not Kind.STATEMENT else "")

    def _add(self, key: int, passage: Passage, seen: Sequence[Seen], comment: str) -> None:
        terms = [s.tag for s in seen if s.tag.trait is not None and s.tag.gloss]
        # "API" is short for a people too; in a name or a sentence it is what it is everywhere else.
        if key < 0 or any(t.strength != "weak" for t in terms):
            terms = [t for t in terms if t.strength != "weak" or t.language != "code"]
        lexicon = "; ".join(dict.fromkeys(f"{t.term}: {t.gloss}" for t in terms))
        own = " ".join(_NO_WORD_ON_IT.sub("", comment).split())[:200]
        shown = "" if own and own in passage.text else own
        gloss = " | ".join(part for part in (lexicon, shown) if part)
        source = "+".join(n for n, part in (("lexicon", lexicon), ("code", shown)) if part)
        sited = self._features.sited
        self._index[key] = len(self.places)
        self.places.append(_place(sited, passage, gloss, source))

    def of(self, seen: Seen) -> int | None:
        """Return the index of the place a sighting stands at, adding it if there is room."""
        if seen.slot not in ("member", "member-gloss", "member-head", "member-type", "value"):
            if seen.slot == "uses":
                return next((i for i, text in enumerate(self._spots) if seen.tag.term.lower() in text), None)
            return self._index[-1] if seen.slot in ("name", "gloss", "text", "bases", "returns") else None
        if seen.member not in self._index:
            if len(self.places) >= _MAX_PLACES:
                return None
            member = self._features.construct.members[seen.member]
            tags = [s for s in self._features.slots(("member", "member-gloss", "value")) if s.member == seen.member]
            self._add(seen.member, member.passage, tags, member.gloss)
        return self._index[seen.member]


def _place(sited: Sited, passage: Passage, gloss: str = "", source: str = "") -> Place:
    return Place(
        sited.artifact, sited.sha256, passage.offset, passage.length, passage.line, passage.column, passage.encoding,
        passage.text, gloss, source, passage.where, sited.origin,
    )  # fmt: skip


def _rule_reason(met: Met, weight: float, places: _Places) -> Reason:
    tree = _reason(met.result, places)
    children = tree.children or (tree,)
    return Reason(met.rule.file.what, True, round(weight, 2), (), children)


def _reason(result: Result, places: _Places) -> Reason:
    numbers: list[int] = []
    for seen in result.seen:
        number = places.of(seen)
        if number is not None and number not in numbers:
            numbers.append(number)
    children = tuple(_reason(child, places) for child in result.children if child is not ABSENT)
    return Reason(result.text, True, 0.0, tuple(numbers), children)


def _links(case: Case, edges: Sequence[Edge], features: Sequence[Features]) -> tuple[Link, ...]:
    out: list[Link] = []
    for edge in edges[:_MAX_LINKS]:
        if edge.user == case.index:
            other, relation = features[edge.used], edge.relation
            passage = other.construct.passage
            name = other.construct.name
        else:
            other = features[edge.user]
            relation = _TURNED.get(edge.relation, "named-by")
            member = other.construct.members[edge.member] if edge.member >= 0 else None
            passage = member.passage if member else other.construct.passage
            name = f"{other.construct.name}.{member.name}" if member else other.construct.name
            if relation == "picked-in" and other.construct.scope:
                name = other.construct.scope[-1]
        sited = other.sited
        place = _place(sited, passage)
        out.append(Link(relation, name, place))
    return tuple(out)


def finding_id(*parts: str) -> str:
    """Return 16 hexadecimal digits that are the same for the same finding on any machine and in any order."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
