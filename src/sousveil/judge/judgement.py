"""From constructs to findings: every rule on every construct, links between them, one probability each."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from sousveil.judge import explain, plain
from sousveil.judge.applicable import Applicable
from sousveil.judge.aspects import direction_of
from sousveil.judge.bases import Bases
from sousveil.judge.cases import Case, Met, outcome_of, strongest
from sousveil.judge.claims import find_claim
from sousveil.judge.features import Features, Seen, Sited
from sousveil.judge.links import Edge, find_links
from sousveil.judge.named import resolved
from sousveil.judge.rules import PRIOR, Rule
from sousveil.judge.scene import Scene
from sousveil.judge.targeting import find_targeting
from sousveil.judge.traits import is_word_list, traits_of
from sousveil.match.lexicon import Tag
from sousveil.model import (
    LIKELY,
    PROFILING,
    SURE,
    VERY_LIKELY,
    Act,
    Explained,
    Finding,
    Kind,
    Link,
    Trait,
    Verdict,
)  # fmt: skip
from sousveil.read.comparisons import CONDITION, QUERY
from sousveil.read.constants import KEPT

# What tests a program comes behind the program.
_TESTS = re.compile(r"(?i)(?:^|[/!])(?:tests?|__tests__|spec)/|(?:^|[/!])test_[^/]*$|[A-Za-z0-9]Tests?\.\w+$")

_AROUND = ("scope", "uses", "path")
_CONTEXTS = ("name", "gloss", "member", "member-gloss", "scope", "bases", "path")


class Judgement(Struct, frozen=True):
    """The findings, strongest first, and what was explained away."""

    findings: tuple[Finding, ...]
    explained: tuple[Explained, ...]

    @property
    def verdict(self) -> Verdict:
        """Return the product's verdict; only findings of at least one half count."""
        acts = {f.act for f in self.findings if f.probability >= SURE}
        if acts & set(PROFILING):
            return Verdict.PROFILES
        if Act.RESIDUE in acts:
            return Verdict.RESIDUE
        return Verdict.RECORDS if Act.RECORDS in acts else Verdict.CLEAR

    def profiles(self) -> list[Finding]:
        """Return the findings that infer or target, without clues."""
        return [f for f in self.findings if f.act in PROFILING and f.probability >= SURE]


def judge(
    sited: Sequence[Sited],
    rules: Sequence[Rule],
    tagger: Callable[[str], Sequence[Tag]],
    summary: str = "",
) -> Judgement:
    """Return findings for the constructs of one product.

    ``summary`` is the product's own short description, a context for what has none of its own. Pure: the same
    constructs in any order give the same findings in the same order.
    """
    if not sited:
        return Judgement((), ())
    cases, by_construct, features, linked = _cases(sited, rules, tagger, summary)
    return _conclude(cases, by_construct, features, linked)


def met_rules(sited: Sequence[Sited], rules: Sequence[Rule], tagger: Callable[[str], Sequence[Tag]]) -> set[str]:
    """Return the identifiers of all rules met on any of the constructs."""
    cases, _, _, _ = _cases(sited, rules, tagger, "")
    return {m.rule.id for case in cases for m in case.met}


def _cases(
    sited: Sequence[Sited], rules: Sequence[Rule], tagger: Callable[[str], Sequence[Tag]], summary: str
) -> tuple[list[Case], dict[int, list[Edge]], list[Features], list[dict[str, list[Seen]]]]:
    ordered = sorted(
        resolved(sited), key=lambda s: (s.artifact, s.construct.passage.offset, s.construct.kind, s.construct.name)
    )
    product = tuple(tagger(summary[:2000])) if summary else ()
    features = [Features(s, tagger, product) for s in ordered]
    folders = plain.tried((s.artifact, s.construct) for s in ordered)
    for one in features:
        if not plain.in_tests(one.address, folders):
            one.address = plain.untried(one.address, False)
    edges = find_links(features)
    by_construct: dict[int, list[Edge]] = defaultdict(list)
    for edge in edges:
        by_construct[edge.user].append(edge)
        by_construct[edge.used].append(edge)
    linked = [_linked_contexts(i, by_construct.get(i, ()), features) for i in range(len(features))]
    applicable = Applicable(rules)
    cases: dict[tuple[int, Trait], Case] = {}
    for i, feature in enumerate(features):
        # A constant is judged by the conditions that compare with it.
        for trait in () if feature.construct.role == KEPT else traits_of(feature):
            case = Case(feature, i, trait, direction_of(feature), [])
            _evaluate(case, applicable, linked[i])
            cases[i, trait] = case
    # What a neighbour was found to be counts for a construct linked to it, once; a record whose own bytes hold no
    # term is judged for the trait of an enumeration that a field of it takes its values from.
    first = {key: frozenset(_names(case)) for key, case in cases.items()}
    for (i, trait), names in list(first.items()):
        if "profiles" in names:
            for edge in by_construct.get(i, ()):
                carried = edge.used == i and edge.relation == "field-type" and _holds_values(features[i])
                if carried and (edge.user, trait) not in cases:
                    user = features[edge.user]
                    cases[edge.user, trait] = Case(user, edge.user, trait, direction_of(user), [])
    for (i, trait), case in cases.items():
        near = by_construct.get(i)
        if near:
            others: set[str] = set()
            typed: set[str] = set()
            twins: set[str] = set()
            for edge in near:
                # Who is compared with a list did not make it one of what is inferred.
                if features[edge.user].construct.role in (CONDITION, QUERY):
                    continue
                names = first.get((edge.used if edge.user == i else edge.user, trait), frozenset())
                if edge.relation == "twin":
                    # The same type says no more of itself than it says already, but for what its source says.
                    twins |= names if edge.user == i else frozenset()
                    continue
                others |= names
                if edge.user == i and edge.relation == "field-type" and _holds_values(features[edge.used]):
                    typed |= names
            if others or twins:
                _evaluate(case, applicable, linked[i], frozenset(others), frozenset(typed), frozenset(twins))
    for (i, _), case in cases.items():
        case.aside = _set_aside(case, applicable, linked[i])
    # A list as long as a dictionary is judged for no trait; it may be a short one among words that nobody needs.
    padded = [
        Case(feature, i, trait, direction_of(feature), [])
        for i, feature in enumerate(features)
        if feature.construct.role != KEPT and is_word_list(feature) and not traits_of(feature)
        for trait in traits_of(feature.unexcused())
    ]
    for case in padded:
        case.aside = _set_aside(case, applicable, linked[case.index])
    return [*cases.values(), *(c for c in padded if c.aside)], by_construct, features, linked


def _set_aside(case: Case, applicable: Applicable, linked: Mapping[str, Sequence[Seen]]) -> str:
    """Return the rule by which a construct profiles but for a word that explains it: anybody can add such a word, so it
    is named to whoever reads the report."""
    told = case.features
    if case.probability >= SURE or not (told.excuses() or told.untold() or told.called_test()):
        return ""
    bare = Case(told.unexcused(), case.index, case.trait, case.direction, [], claim=case.claim)
    _evaluate(bare, applicable, linked)
    return "" if bare.probability < SURE else next(m.rule.id for w, m in strongest(bare.met) if w > 0)


def _holds_values(features: Features) -> bool:
    """Return whether a type lists values: who has a field of it gives one of them; a record's owner only carries it."""
    return features.construct.kind in (Kind.ENUMERATION, Kind.LABEL_SET)


def _names(case: Case) -> list[str]:
    names = [m.rule.id for m in case.met]
    if case.probability >= SURE:
        names.append("profiles")
    return names


def _linked_contexts(i: int, edges: Sequence[Edge], features: Sequence[Features]) -> dict[str, list[Seen]]:
    out: dict[str, list[Seen]] = {"user": [], "type": [], "input": [], "picked": []}
    for edge in [e for e in edges if e.relation != "twin"][:24]:
        other, relation = (edge.used, "type") if edge.user == i else (edge.user, "user")
        out[relation].extend(s for s in features[other].slots(_CONTEXTS) if s.tag.role == "context")
        # That a model is asked stands in a function's body alone.
        out[relation].extend(s for s in features[other].slots(("uses",)) if s.tag.concept == "prompting")
        if edge.relation == "picked" and edge.used == i:
            out["picked"].extend(s for s in features[other].slots(_AROUND) if s.tag.role == "context")
        if edge.relation == "beside" and edge.user == i:
            out["input"].extend(s for s in features[other].slots(("member",)) if s.tag.role == "attribute")
    return out


def _evaluate(
    case: Case,
    applicable: Applicable,
    linked: Mapping[str, Sequence[Seen]],
    linked_rules: frozenset[str] = frozenset(),
    typed_rules: frozenset[str] = frozenset(),
    twin_rules: frozenset[str] = frozenset(),
) -> None:
    construct = case.features.construct
    claim = case.claim
    if claim is None and (construct.kind is Kind.STATEMENT or construct.gloss):
        said = construct.passage.text if construct.kind is Kind.STATEMENT else construct.gloss
        tag = case.features.tag
        claim = find_claim(said, case.trait, tag)
        if claim is None or (claim.subject != "product" and not claim.denied):
            claim = find_targeting(said, case.trait, tag) or claim
    case.claim = claim
    met: list[Met] = []
    names: set[str] = set()
    for dependent in (False, True):
        scene = Scene(
            case.features, case.trait, case.direction, claim, linked, linked_rules, typed_rules, twin_rules,
            frozenset(names),
        )  # fmt: skip
        for rule, test in applicable(scene, dependent):
            if test(scene):
                met.append(Met(rule, scene))
                names.add(rule.id)
    case.met = met
    case.score = PRIOR + sum(weight for weight, _ in strongest(met))


def _conclude(
    cases: Sequence[Case],
    by_construct: Mapping[int, Sequence[Edge]],
    features: Sequence[Features],
    linked: Sequence[Mapping[str, Sequence[Seen]]],
) -> Judgement:
    bases = Bases(cases, linked)
    findings: dict[str, Finding] = {}
    copies: dict[str, list[Link]] = defaultdict(list)
    telling: dict[str, int] = {}
    explained: list[Explained] = []
    for case in cases:
        edges = by_construct.get(case.index, ())
        outcome = outcome_of(case)
        if outcome is None:
            explained.append(explain.explained(case))
            continue
        if case.aside:
            explained.append(explain.explained(case))
        act, probability, rule = outcome
        basis, doubt = bases.choose(case, act, rule)
        finding = explain.finding(case, act, probability, rule, basis, edges, features)
        if doubt:
            finding = replace(finding, not_proved=(*finding.not_proved, doubt))
        if finding.id in findings:
            # The same bytes lie in the product again: one finding, and every address.
            copies[finding.id].append(Link("same-bytes", finding.construct.name, finding.places[0]))
            continue
        findings[finding.id] = finding
        telling[finding.id] = _telling(case)
    for number, links in copies.items():
        findings[number] = replace(findings[number], links=(*findings[number].links, *links))
    ordered = sorted(
        findings.values(),
        key=lambda f: (
            f.probability < SURE,
            list(Act).index(f.act),
            _TESTS.search(f.places[0].artifact) is not None,
            f.probability < (LIKELY if telling[f.id] == 1 else VERY_LIKELY),
            f.probability < LIKELY,
            telling[f.id],
            -f.probability,
            # A line that can be read before the same in byte code.
            f.places[0].line == 0,
            f.places[0].artifact,
            f.places[0].offset,
            f.id,
        ),
    )
    return Judgement(tuple(ordered), tuple(explained))


def _telling(case: Case) -> int:
    """Return how far down a reader would look for it among findings of one act that are about as sure: one people
    singled out comes first, then a list of peoples, then labels that might be colours, then what names none."""
    groups = case.features.group(case.trait, ("members", "name"))
    places = {s.key[:2] for s in groups}
    if any(s.tag.strength == "certain" for s in groups):
        return min(len(places), 2)
    return 3 if len(places) >= 2 else 4
