"""What one clause claims is done with a trait, from the order of its words.

Words alone never claim: a verb of inference must govern the trait, or a turn of phrase that only an inference gives.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from sousveil.match.lexicon import Tag
from sousveil.model import Act, Trait

_PRODUCT = re.compile(
    r"\b(?:this|our)\s+(?:repo(?:sitory)?|application|software|algorithm|pipeline)\b|"
    r"\b(this|the|our|my|its?)\s+(package|library|module|model|tool|app|sdk|api|function|class|method|script|project|"
    r"system|service|device|camera|client|plugin|network|classifier)\b|\b(supports?|provides?|returns?|allows?|"
    r"enables?|lets you|used to|able to|capable of|features?|includes?|offers?|implements?|you can|we|it)\b|"
    r"支持|提供|可以|能够|实现|具备|返回",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"\b(researchers?|stud(?:y|ies)|authors?|papers?|et al|journalists?|reported|critics?|they|vendors?|companies|"
    r"company|police|(?:code|software|products|vendors|constructs|classifiers|cameras|programs) (?:that|which|inside)|"
    r"whether|findings?|china|government|article|law|regulation|should|shall|must|would)\b|据报道|研究者|法律",
    re.IGNORECASE,
)
# Who looks at a face with eyes is no program.
_PERSONS = re.compile(
    r"\W*(?:\w+\s+)?(?:humans|people|participants|observers|viewers|raters|annotators)\b", re.IGNORECASE
)
_COMPOUND = re.compile(
    r"(?:[をがの을를의]|\s+(?:की|का|को|के)(?=\s)|\s+را\s+از(?:\s+روی)?(?=\s))?[\s\-_/&+]*(?:(?!(?:in|of|on|from|the|at|is|are|was|were|for|to|by|with|as|can|could|may|might|will|"
    r"has|have|had|do|does|did|that|who)\b)\w+[\s\-_/&+]+){0,3}",
    re.IGNORECASE,
)
# "Skin-tone-aware detection" detects something else.
_QUALIFIES = re.compile(
    r"[\s\-_]*(?:aware(?:ness)?|agnostic|invarian(?:t|ce)|independen(?:t|ce)|balanced|neutral|blind|inclusiv\w+|divers\w+|"
    r"fair(?:ness)?|robust(?:ness)?|condition(?:ed|al|ing)|adapti(?:ve|on)|specific|stratified|adjusted|debias\w*)\b",
    re.IGNORECASE,
)
# What stands between such marks is words spoken of, not what is done.
_QUOTED = re.compile(r"``[^`\n]+``|`[^`\n]+`|“[^”\n]+”")
_GIVES = re.compile(r"\b(?:returns?|outputs?|yields?)\b[^,;:]{0,40}\Z", re.IGNORECASE)
_OF_PICTURE = re.compile(
    r"\s*(?:\([^)]*\)\s*)?(?:label\s+)?(?:of|for|from|in)\b(?:(?!\band\b)[^,;:]){0,30}\Z", re.IGNORECASE
)
# "Extracts personal information from a profile such as: religion": the trait is in the list of what is read.
_READS = re.compile(
    r"\b(?:extract|infer|predict|deriv|estimat|detect|return|analy[sz])(?:s|es|e|ing|ring)?\b", re.IGNORECASE
)
_SUCH = re.compile(
    r"\b(?:informations?|attributes|characteristics|demographics|features|details|properties|traits|insights)\b"
    r"(?P<of>[^,;:]{0,80}?)[,;]?\s*(?:\b(?:such as|including|like|e\.?g\.?|namely)\b\s*:?|:)",
    re.IGNORECASE,
)
_LIST_REACH = 120
_EXTRACTS = re.compile(r"\bextract(?:s|ing)?\b[^,;:]*\Z", re.IGNORECASE)
_EXTRACTION = re.compile(r"[\s\-_]*extract(?:ion|or)\b", re.IGNORECASE)
_OUT_OF_PICTURES = re.compile(
    r"\b(?:from|in|of)\s+(?:\w+[\s\-]+){0,4}?(?:images?|photos?|photographs?|pictures?|faces?|portraits?|selfies?|videos?)\b",
    re.IGNORECASE,
)
_SEEN = re.compile(r"\b(?:demographic|facial|face|biometric)\s*\Z", re.IGNORECASE)
_AVAILABLE = re.compile(
    r"\A[^.;:]{0,60}\b(?:are|is)\s+(?:available|returned|provided|estimated|detected)\b", re.IGNORECASE
)
_ANSWERS = re.compile(r"\s+(?:annotations?|estimates?|predictions?|probabilit(?:y|ies)|confidences?)\b", re.IGNORECASE)
_WHETHER = re.compile(r"\b(?:whether|if|as|into|between|apart)\b", re.IGNORECASE)
_LISTED = re.compile(
    r"\s*(?:attributes?|results?|features?)?\s*:\s*(?:(?:\w+ )?\w+\s*(?:[,/、，]|\band\b|&)\s*)*\Z", re.IGNORECASE
)
_MINORITY = re.compile(r"\bminorit(?:y|ies)\b", re.IGNORECASE)
_APART = re.compile(r"(?:distinguish|differentiat|separat)", re.IGNORECASE)
_PICTURED = frozenset(("face", "body", "voice", "gait", "medical-image"))
_TAKEN_FROM = frozenset(("face", "face-library", "body", "gait", "voice", "medical-image", "name", "text-basis"))
# "We used machine learning to determine it" is taken from something, whatever that is.
_LEARNS = re.compile(
    r"\b(?:machine|deep) learning\b|\bneural net(?:work)?s?\b|\b(?:classifier|random forest|transformer)s?\b",
    re.IGNORECASE,
)
# "A religious speech classifier" tells texts apart, and nobody who wrote them.
_OF_TEXT = re.compile(
    r"(?<![a-z])(?:speech|rhetoric|texts?|content|language|discourse|news|articles?|headlines?|documents?|passages?|references?|"
    r"themes?|topics?|sermons?|slurs?|hate|terms?|keywords?|bias(?:es)?|ads?|advertis\w+)(?![a-z])",
    re.IGNORECASE,
)
_ADJECTIVE = re.compile(r"(?:ic|al|ous)\Z", re.IGNORECASE)
# In a sentence a nation is a state, unless faces are spoken of: there it translates 民族.
_STATES = frozenset(("nation", "nations"))
_OF_DATA = re.compile(r"\b(?:data|datasets?|columns?|variables?|cases|missing|records)\b", re.IGNORECASE)
# Nobody declares a chance: "racial probabilities", "the most probable religion of each person".
_CHANCES = re.compile(
    r"[\s\-_/&]*(?:(?:and|or)\s+)?(?:\w+\s+)?(?:probabilit(?:y|ies)|likelihoods?|posteriors?)\b", re.IGNORECASE
)
_PROBABLE = re.compile(r"\b(?:most\s+)?(?:probable|likely)\s+(?:single\s+)?\Z", re.IGNORECASE)
# ``P(caste | name)``: a formula for the chance of the trait given a name.
_CHANCE_OF = re.compile(r"\b(?:Pr?|Prob)[(\[]\s*(?:\w{1,24}\s*==?\s*)?\Z", re.IGNORECASE)
_GIVEN_NAME = re.compile(
    r"\s*(?:=[^|)\]]{1,24})?\|[^)\]\n]{0,40}?(?<![a-z])(?:sur|(?:last|first|full|family)[ _]?)?names?(?![a-z])",
    re.IGNORECASE,
)
# "Race estimates from a surname": the name is what it is told from.
_FROM_NAMES = re.compile(
    r"\s+(?:estimat(?:es?|ions?)|predictions?|guess(?:es)?|inferences?)\s+(?:from|based\s+on|given)\s+(?:\w+\s+){0,2}?"
    r"(?:sur|(?:last|first|full|family|given)\s+)?names?\b(?!\s+of\b)",
    re.IGNORECASE,
)
_OF_WHOM = re.compile(
    r"\s*(?:categor(?:y|ies)|groups?)?\s*(?:(?:of|for|to|from|given|based|or|and|using)\b|[,.)/]|\Z)", re.IGNORECASE
)
# Between a verb and the trait: what follows is compared, shown or asked for, not inferred.
_BREAKS = re.compile(
    r"[:|]{1}\s|[\"”]\s*,|\b(across|regardless|irrespective|bias|fair\w*|between|despite|then|shows?|displays?|entered|asks?|using|via)\b"
)
# "Race from face prediction".
_TOLD_FROM = re.compile(
    r"\s+(?:from|by)\s+(?:\w+\s+){0,2}?(?:faces?|facial|(?:sur|first |last |full )?names?|voices?|photos?|images?)\s+"
    r"(?:prediction|classification|recognition|estimation|inference|detection|classifier)s?\b",
    re.IGNORECASE,
)
REACH = 70
"""How far, in characters, a verb of inference reaches."""
_DENIED = 45
_NEAR = 18
_LABEL = 20


class Claim(Struct, frozen=True, gc=False):
    """What one clause says is done with a trait."""

    act: Act
    words: str
    subject: str
    """``product`` where the clause speaks of the product itself, ``others`` of somebody else, ``unsaid``."""
    denied: bool = False


def claim_of(clause: str, trait: Trait, tags: Sequence[Tag]) -> Claim | None:
    """Return what a clause claims is done with ``trait``, or denies; ``tags`` are those of the clause."""
    for thing in (t for t in tags if t.trait == trait):
        if _CHANCE_OF.search(clause[: thing.start]) and (given := _GIVEN_NAME.match(clause, thing.end)):
            return Claim(Act.INFERS, words_of(clause, thing.start, given.end()), subject_of(clause))
    named = [
        t
        for t in tags
        if t.trait == trait
        and t.strength != "weak"
        and (t.role == "attribute" or t.strength == "certain")
        and not _QUALIFIES.match(clause, t.end)
        and not (t.term.lower() in _STATES and not any(o.concept in _PICTURED for o in tags))
    ]
    if not named:
        return _of_groups(clause, trait, tags)
    based = any(t.concept in _TAKEN_FROM for t in tags) or _LEARNS.search(clause) is not None
    pairs = (
        ("infer", Act.INFERS, REACH),
        # "Ethnicity classifications are published": such words claim nothing unless it is taken from something.
        *((("assess", Act.INFERS, REACH),) if based else ()),
        ("query", Act.TARGETS, 30),
        ("watch", Act.TARGETS, 30),
    )
    seen_person = any(t.concept in ("face", "body", "face-library", "camera") for t in tags)
    for concept, act, reach in pairs:
        for verb in (t for t in tags if t.concept == concept):
            for thing in named:
                before = verb.end <= thing.start and thing.start - verb.end <= reach
                after = thing.end <= verb.start and verb.start - thing.end <= _NEAR
                # A term may say itself that it is inferred.
                within = thing.start <= verb.start and verb.end <= thing.end
                if not (before or after or within) or (act is Act.TARGETS and not seen_person):
                    continue
                # One word for both is a category's name; in a sentence it is what is spoken of.
                if act is Act.TARGETS and within and len(clause) > _LABEL:
                    continue
                start, end = min(verb.start, thing.start), max(verb.end, thing.end)
                if _quoted(clause, start, end) or (act is Act.TARGETS and _cited(clause, thing)):
                    continue
                between = clause[min(verb.end, thing.end) : max(verb.start, thing.start)]
                # Of a label in quotation marks the watch behind it is meant.
                between = between.lstrip("”」") if act is Act.TARGETS else between
                # "race and gender classification", but not "race, in the detection results".
                if after and not _COMPOUND.fullmatch(between):
                    continue
                follows = _OF_TEXT.match(clause[thing.end : thing.end + 24].lstrip(" -_"))
                if _ADJECTIVE.search(thing.term) and (follows or (after and _OF_TEXT.search(between))):
                    continue
                if _LISTED.fullmatch(between) and {"face", "demographic"} <= {t.concept for t in tags}:
                    between = ""
                if _BREAKS.search(between):
                    continue
                # "a federally recognized tribe": a participle before a group claims nothing.
                if thing.role == "group" and (not before or clause[verb.start : verb.end].endswith("ed")):
                    continue
                # "The data includes imputed ethnicity": so it came.
                told = clause[verb.start : verb.end].lower().endswith("ed") and not between.strip()
                if before and told and _OF_DATA.search(clause):
                    continue
                # "It is recognised that …" speaks of what is known.
                if re.match(r"\s+that\b", clause[verb.end :]):
                    continue
                return Claim(act, words_of(clause, start, end), subject_of(clause), _refused(tags, start, end))
    return (
        _given(clause, named, tags)
        or _listed(clause, named, tags)
        or _extracted(clause, named, tags)
        or _probable(clause, named, tags)
    )


def _listed(clause: str, named: Sequence[Tag], tags: Sequence[Tag]) -> Claim | None:
    """Return what a clause claims whose list of what is read off a face, a name or a text holds the trait."""
    such = _SUCH.search(clause)
    thing = (
        next((t for t in named if 0 <= t.start - such.end() <= _LIST_REACH and t.role == "attribute"), None)
        if such is not None
        else None
    )
    if such is None or thing is None:
        return None
    verb = _READS.search(clause[: such.start()])
    start = verb.start() if verb is not None else such.start()
    if verb is None:
        # "Demographic attributes like age and ethnicity are available."
        if _SEEN.search(clause[max(0, start - 20) : start]) is None or not _AVAILABLE.search(clause[thing.end :]):
            return None
    elif not any(t.concept in _TAKEN_FROM and t.end <= such.end() for t in tags):
        return None
    if _quoted(clause, start, thing.end) or _BREAKS.search(clause[start : such.start("of")]):
        return None
    refused = any(t.concept == "not" and t.start < thing.start for t in tags)
    return Claim(Act.INFERS, words_of(clause, start, thing.end), subject_of(clause), refused)


def _extracted(clause: str, named: Sequence[Tag], tags: Sequence[Tag]) -> Claim | None:
    """Return what a clause such as “skin tone extraction from facial images” claims."""
    for thing in (t for t in named if t.role == "attribute"):
        before = _EXTRACTS.search(clause[max(0, thing.start - 40) : thing.start])
        behind = _EXTRACTION.match(clause, thing.end)
        taken = _OUT_OF_PICTURES.search(clause[thing.end : thing.end + 80]) is not None
        if not ((before or behind) and taken) and not _TOLD_FROM.match(clause, thing.end):
            continue
        if not _quoted(clause, thing.start, thing.end):
            return _inferred(clause, tags, thing, thing.start, thing.end)
    return None


def _probable(clause: str, named: Sequence[Tag], tags: Sequence[Tag]) -> Claim | None:
    """Return what a clause claims that speaks of the chance of a trait, which only an inference gives."""
    based = any(t.concept in _TAKEN_FROM for t in tags)
    for thing in (t for t in named if t.role == "attribute"):
        before = _PROBABLE.search(clause[max(0, thing.start - 30) : thing.start])
        chance = _CHANCES.match(clause, thing.end)
        # Of a race that is run there are odds too.
        if chance is not None and (based or thing.term.lower() not in ("race", "races")):
            end = chance.end()
        elif before is not None and _OF_WHOM.match(clause, thing.end):
            end = thing.end
        else:
            continue
        if _quoted(clause, thing.start, end):
            continue
        return _inferred(clause, tags, thing, thing.start, end)
    return None


def _given(clause: str, named: Sequence[Tag], tags: Sequence[Tag]) -> Claim | None:
    """Return what a clause such as “returns the trait of the detected face” claims; or “race estimates from a name”."""
    for thing in (t for t in named if t.role == "attribute"):
        from_name = _FROM_NAMES.match(clause, thing.end)
        if from_name is not None and not _quoted(clause, thing.start, from_name.end()):
            return _inferred(clause, tags, thing, thing.start, from_name.end())
        gives = _GIVES.search(clause[: thing.start])
        if gives is None or _quoted(clause, thing.start, thing.end):
            continue
        start = gives.start()
        # Of a race that is run there are predictions too.
        if _ANSWERS.match(clause, thing.end) and thing.term.lower() != "race":
            return _inferred(clause, tags, thing, start, thing.end)
        for seen in tags:
            if seen.concept in _PICTURED and _OF_PICTURE.match(clause[thing.end : max(seen.start, thing.end)]):
                return _inferred(clause, tags, thing, start, seen.end)
    return None


def _of_groups(clause: str, trait: Trait, tags: Sequence[Tag]) -> Claim | None:
    """Return what a clause claims that tells the trait's groups apart by a picture."""
    groups = [t for t in tags if t.trait == trait and t.role == "group"]
    minority = _MINORITY.search(clause) is not None
    named = len({t.term.lower() for t in groups}) + minority
    if not groups or named < 2 or not (minority or any(t.strength != "weak" for t in groups)):
        return None
    verb = next((t for t in tags if t.concept in ("infer", "assess") and t.end <= groups[0].start), None)
    if verb is None or not any(t.concept in _PICTURED for t in tags):
        return None
    if not _WHETHER.search(clause[verb.end : groups[0].start]) and not _APART.match(clause[verb.start :]):
        return None
    if _quoted(clause, verb.start, groups[0].end):
        return None
    # "Whether" is no doubt here.
    subject = subject_of(clause[: verb.end] + clause[groups[0].start :])
    words = words_of(clause, verb.start, groups[-1].end)
    return Claim(Act.INFERS, words, subject, _refused(tags, verb.start, groups[0].start))


def _inferred(clause: str, tags: Sequence[Tag], thing: Tag, start: int, end: int) -> Claim:
    """Return the claim made from ``start`` to ``end`` that ``thing`` is inferred."""
    return Claim(Act.INFERS, words_of(clause, start, end), subject_of(clause), _refused(tags, start, thing.start))


def _refused(tags: Sequence[Tag], start: int, end: int) -> bool:
    """Return whether what stands from ``start`` to ``end`` is denied, by a word there or not far before."""
    return any(t.concept == "not" and start - _DENIED <= t.start < end for t in tags)


def _quoted(clause: str, start: int, end: int) -> bool:
    return any(m.start() <= start and end <= m.end() for m in _QUOTED.finditer(clause))


def _cited(clause: str, thing: Tag) -> bool:
    """Return whether a sentence in one script quotes a word in another, which is spoken of then."""
    foreign = not thing.term.isascii() and sum(c.isascii() for c in clause) * 4 > len(clause) * 3
    return foreign and _quoted(clause, thing.start, thing.end)


def words_of(clause: str, start: int, end: int) -> str:
    """Return the words of a clause that a claim rests on, and some behind them, at most 160 characters."""
    return clause[start : end + 60].strip()[:160]


def subject_of(clause: str) -> str:
    """Return of whom a clause speaks: ``product``, ``others`` or ``unsaid``."""
    if _OTHERS.search(clause) or _PERSONS.match(clause):
        return "others"
    return "product" if _PRODUCT.search(clause) else "unsaid"
