"""What every readable face shows of a report: groups, evidence with its glosses, reasons made short, addresses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from sousveil.model import PROFILING, SET_ASIDE, SURE, Act, Explained, Finding, Limit, Place, Reason, Report

_GROUPING = re.compile(r"(?:any of|all of|at least \d+ of \d+)\Z")
# Said by the construct's own line already.
_PLAIN = ("it is a ", "the syntax says: ")
# Glosses of the trait itself; those of one group of people say more.
_GENERAL = ("ethnic", "race", "racial", "skin", "religio", "caste", "politic", "union", "sexual")
_MAX_TERM = 80
_OWN_CUT = 200
"""Judge cuts a product's own comment here."""


class Group(Struct, frozen=True):
    """Findings of one act, trait, basis and rule, strongest first."""

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        return self.findings[0]


class Gloss(Struct, frozen=True):
    """What words of a place mean, and who says so."""

    terms: tuple[str, ...]
    """As they stand in the lexicon; none where the gloss is of the whole line."""
    meaning: str
    source: str
    """``lexicon`` or ``code``."""


class Line(Struct, frozen=True):
    """A reason in one line, with what it rests on below."""

    text: str
    weight: float
    places: tuple[int, ...]
    children: tuple[Line, ...] = ()
    met: bool = True


def groups(findings: Iterable[Finding]) -> list[Group]:
    """Return the findings that count, grouped, in the order in which each group's strongest stands."""
    found: dict[tuple[str, str, str, str], list[Finding]] = {}
    for finding in findings:
        if finding.probability >= SURE:
            found.setdefault((finding.act, finding.trait, finding.basis, finding.rule), []).append(finding)
    return [Group(tuple(members)) for members in found.values()]


def clues(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that are too weak to count."""
    return [f for f in findings if f.probability < SURE]


def leading(report: Report) -> frozenset[Act]:
    """Return the acts that make the verdict: they are shown in full, weaker ones in brief."""
    acts = {f.act for f in report.findings if f.probability >= SURE}
    if acts & set(PROFILING):
        return frozenset(PROFILING)
    for act in (Act.RESIDUE, Act.RECORDS, Act.MEASURES):
        if act in acts:
            return frozenset((act,))
    return frozenset()


class Harmless(Struct, frozen=True):
    """One place that was explained away, with every trait named there."""

    item: Explained
    traits: tuple[str, ...]


def by_reason(explained: Iterable[Explained]) -> list[tuple[str, str, list[Harmless]]]:
    """Return (reason, rule, what it explained, each place once): what was set aside, then the most frequent first."""
    found: dict[tuple[str, str], dict[tuple[str, int, int, str], list[Explained]]] = {}
    for item in explained:
        place = (item.place.artifact, item.place.offset, item.place.length, item.construct.name)
        found.setdefault((item.reason, item.rule), {}).setdefault(place, []).append(item)
    groups = {key: [_harmless(items) for items in places.values()] for key, places in found.items()}
    return [
        (*key, items)
        for key, items in sorted(groups.items(), key=lambda kv: (kv[0][1] != SET_ASIDE, -len(kv[1]), kv[0]))
    ]


def _harmless(items: Sequence[Explained]) -> Harmless:
    return Harmless(items[0], tuple(sorted({str(item.trait) for item in items})))


def harmless_places(explained: Iterable[Explained]) -> int:
    """Return how many places `by_reason` shows."""
    return sum(len(items) for _, _, items in by_reason(explained))


def by_limit(limits: Iterable[Limit]) -> list[tuple[str, bool, list[Limit]]]:
    """Return (reason, whether something may be hidden by it, the limits), what hides something first."""
    found: dict[tuple[bool, str], list[Limit]] = {}
    for limit in limits:
        found.setdefault((not limit.incomplete, limit.reason), []).append(limit)
    order = sorted(found.items(), key=lambda kv: (kv[0][0], -len(kv[1]), kv[0][1]))
    return [(reason, not harmless, items) for (harmless, reason), items in order]


def short(reasons: Iterable[Reason]) -> tuple[Line, ...]:
    """Return what was met, without the nodes that only group and without saying a thing twice."""
    lines: list[Line] = []
    said: set[str] = set()
    for reason in reasons:
        if reason.met and reason.text not in said:
            said.add(reason.text)
            children = [line for line in _leaves(reason.children) if line.text not in said]
            said.update(line.text for line in children)
            lines.append(Line(reason.text, reason.weight, reason.places, tuple(children)))
    return tuple(lines)


def _leaves(reasons: Sequence[Reason]) -> list[Line]:
    found: dict[str, Line] = {}
    stack = list(reversed(reasons))
    while stack:
        reason = stack.pop()
        if not reason.met:
            continue
        if _GROUPING.match(reason.text):
            stack.extend(reversed(reason.children))
            continue
        if reason.text.startswith(_PLAIN) and not reason.places:
            continue
        found.setdefault(reason.text, Line(reason.text, reason.weight, reason.places))
        stack.extend(reversed(reason.children))
    told = [(line, *_words(line.text)) for line in found.values()]
    return [
        line
        for n, (line, what, words) in enumerate(told)
        if not any(
            what == other and words and (words < more or (words == more and m < n))
            for m, (_, other, more) in enumerate(told)
        )
    ]


def _words(text: str) -> tuple[str, frozenset[str]]:
    """Return what a line says was seen, without where, and the words: "words of face", {"face", "人脸"}."""
    what, colon, words = text.partition(": ")
    return what.partition(" in its ")[0], frozenset(words.removesuffix(" …").split(", ")) if colon else frozenset()


def evidence(finding: Finding, most: int = 1000) -> tuple[list[int], list[int]]:
    """Return indexes of the places to show first, ``most`` at most, and of the others.

    First come the construct's own line and what names the trait, the place that says most among them.
    """
    named = [i for i, place in enumerate(finding.places) if i and "lexicon" in place.gloss_source]
    others = [i for i, place in enumerate(finding.places) if i and "lexicon" not in place.gloss_source]

    def where(i: int) -> tuple[str, int]:
        return finding.places[i].artifact, finding.places[i].offset

    # A construct without a name begins with its first member: it is not shown twice.
    first = range(min(1, len(finding.places)))
    if again := [i for i in named if _same(finding.places[0], finding.places[i])]:
        if finding.places[0].gloss:
            named, others = [i for i in named if i not in again], others + again
        else:
            first, most = range(0), most + 1
    best = telling(finding)
    named.sort(key=lambda i: (i != best, where(i)))
    kept = most - 1
    return [
        *first,
        *sorted(named[:kept], key=where),
    ], sorted(named[kept:] + others, key=where)


def _same(one: Place, other: Place) -> bool:
    return (one.artifact, one.offset, one.length) == (other.artifact, other.offset, other.length)


def glosses(place: Place) -> list[Gloss]:
    """Return a place's glosses, its own comment first; words of one meaning together, mere repetitions left out."""
    lexicon, own = _parts(place)
    together: dict[str, list[str]] = {}
    for part in lexicon.split("; ") if lexicon else ():
        term, colon, meaning = part.partition(": ")
        if not colon:
            together.setdefault(part, [])
        elif term.casefold() != meaning.casefold():
            together.setdefault(meaning, []).append(term)
    found = [Gloss((), own + (" …" if len(own) == _OWN_CUT else ""), "code")] if own else []
    return found + [Gloss(tuple(terms), meaning, "lexicon") for meaning, terms in together.items()]


def unsaid(found: Iterable[Gloss], said: set[tuple[str, str]]) -> list[Gloss]:
    """Return the glosses without the words already in ``said``, and add these to it: a list says a thing once."""
    left: list[Gloss] = []
    for gloss in found:
        terms = tuple(term for term in gloss.terms or ("",) if (term, gloss.meaning) not in said)
        said.update((term, gloss.meaning) for term in terms)
        if terms:
            left.append(Gloss(tuple(term for term in terms if term), gloss.meaning, gloss.source))
    return left


def _parts(place: Place) -> tuple[str, str]:
    """Return a gloss's part from the lexicon and that from the code."""
    if place.gloss_source == "lexicon":
        return place.gloss, ""
    if "lexicon" in place.gloss_source:
        lexicon, _, own = place.gloss.partition(" | ")
        return lexicon, own
    return "", place.gloss


def telling(finding: Finding) -> int | None:
    """Return the index of the place that says most: the rarest gloss, ``EM_NATION_TYPE_UYGUR`` among its neighbours."""
    glossed = [(place, [g.meaning for g in glosses(place) if g.source == "lexicon"]) for place in finding.places]
    often = Counter(meaning for _, meanings in glossed for meaning in meanings)
    told = [
        (min((m.startswith(_GENERAL), often[m]) for m in meanings), i)
        for i, (_, meanings) in enumerate(glossed)
        if meanings
    ]
    if told:
        return min(told)[1]
    return 0 if finding.places else None


def segments(place: Place, text: str) -> list[tuple[str, bool]]:
    """Return ``text`` in pieces, each with whether it is a word of the place's gloss: what to mark."""
    terms: list[str] = []
    for part in _parts(place)[0].split("; ")[:24]:
        term, colon, _ = part.partition(": ")
        if colon and term.strip() and len(term) <= _MAX_TERM:
            terms.append(term)
    if not terms:
        return [(text, False)] if text else []
    terms.sort(key=len, reverse=True)
    pattern = "|".join(r"[\s_-]{0,2}".join(re.escape(word) for word in term.split()) for term in terms)
    out: list[tuple[str, bool]] = []
    at = 0
    for found in re.finditer(pattern, text, re.IGNORECASE):
        if _inside_word(text, found.start()):
            continue
        if found.start() > at:
            out.append((text[at : found.start()], False))
        out.append((found[0], True))
        at = found.end()
    if at < len(text):
        out.append((text[at:], False))
    return out


def _inside_word(text: str, at: int) -> bool:
    """Return whether a word goes on at ``at``: ``race`` in ``trace``, not in ``emRace`` nor ``EM_RACE``."""
    if not at or not text[at - 1 : at + 1].isascii() or not text[at - 1 : at + 1].isalpha():
        return False
    return text[at - 1].isupper() == text[at].isupper()


def excerpt(place: Place, most: int) -> tuple[str, int, int]:
    """Return at most ``most`` characters around the first marked word, and how many were left out before and behind."""
    text = place.text
    if len(text) <= most:
        return text, 0, 0
    at = 0
    for piece, marked in segments(place, text):
        if marked:
            break
        at += len(piece)
    else:
        at = 0
    start = 0 if at < most * 3 // 4 else min(at - most // 4, len(text) - most)
    return text[start : start + most], start, len(text) - start - most


class Addresses:
    """Artifacts' addresses as they are shown: without the folder a product was named in by its full path."""

    def __init__(self, report: Report) -> None:
        folders = set()
        for name in report.product.files:
            folder = name.rpartition("/")[0]
            if name.startswith("/") and folder:
                folders.add(folder + "/")
        self._folders = sorted(folders, key=len, reverse=True)
        files = report.product.files
        self._root = f"{self(files[0])}!/" if len(files) == 1 else ""

    def __call__(self, path: str) -> str:
        """Return the address of an artifact to show."""
        for folder in self._folders:
            if path.startswith(folder) and len(path) > len(folder):
                return path[len(folder) :]
        return path

    def short(self, path: str) -> str:
        """Return the address inside the product where the product is one file: for lists, where it would repeat."""
        address = self(path)
        return address.removeprefix(self._root) or address


def named(place: Place) -> bool:
    """Return whether a place is the artifact's own name and not something in its bytes."""
    return place.length == 0 and not place.text


def base(path: str) -> str:
    """Return the name at the end of an artifact's address."""
    return path.rpartition("/")[2] or path


def at_line(address: str, place: Place) -> str:
    """Return an address with the place's line, and with what a person would look for instead; a name stands on none."""
    if named(place):
        return address
    line = f":{place.line}" if place.line else ""
    return f"{address}{line} ({place.where})" if place.where else f"{address}{line}"


def line_number(place: Place) -> str:
    """Return the number of the place's line, empty where it stands on none."""
    return str(place.line) if place.line and not named(place) else ""
