"""What a prompt asks a general model to tell of a person: no classifier is built, one is asked.

"Evaluate the person in the image. Race: choose one of …" and a template of JSON with ``"ethnicity":`` in it, sent
with a picture, yield the same answer as a trained classifier. A prompt that has something made, or reads a card, asks
for none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from sousveil.judge.clauses import Claim
from sousveil.judge.scene import Condition, Result, RuleError, Scene
from sousveil.match.lexicon import Tag
from sousveil.model import Act, Construct, Kind, Trait

_ADDRESSED = re.compile(
    r"\A\W*you are\b|\byou(?:'re| are) an? (?:\w+[ -]){0,4}"
    r"(?:assistant|expert|analy[sz]er|analyst|ai|model|system|scanner|bot)\b|"
    r"\b(?:respond|reply|answer|return(?! values?\b)|output|provide)\b[^.\n]{0,80}"
    r"\b(?:json|format|only|one of|list|fields?)\b|"
    r"\bas json\b|\b(?:choose|pick|select) (?:exactly )?one\b|(?:回答|返回|输出)[^。\n]{0,20}json",
    re.IGNORECASE,
)
_NAMED = re.compile(
    # A turn of a chat: ``messages=[{"role": "user", "content": …}]``.
    r"prompt|instruction|system_?(?:message|content|text)|^content\b.*\bmessages\b",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"\b(?:images?|photos?|photographs?|pictures?|selfies?|portraits?|faces?|avatars?|frames?|persons?|people|individuals?|"
    r"users?|profiles?|posts?|tweets?|messages|candidates?|speakers?|callers?|authors?|voices?|"
    r"(?:full|given|first|last|family|person(?:al|'s)) names?|surnames?)\b|"
    r"图片|照片|图像|人物|人脸|用户|昵称",
    re.IGNORECASE,
)
_TELL = re.compile(
    r"\b(?:infer|predict|estimate|guess|determine|identif(?:y|ies)|classif(?:y|ies)|detect|describe|evaluate|analy[sz]e|assess|"
    r"recogni[sz]e|tell|rate|looks? at|writes?|choose|return|respond|reply|answer|provide|output|extract)\w*\b|"
    r"推断|判断|识别|分析|估计|预测|描述",
    re.IGNORECASE,
)
# "Reads the fields of this card" transcribes; what is made up or drawn is nobody.
_MADE = re.compile(
    r"\b(?:generat|creat|draw|render|paint|imagin|invent|pretend|role-?play|simulat|rewrit|translat|summari[sz])\w*\b"
    r"[^.\n]{0,60}\b(?:images?|photos?|pictures?|portraits?|avatars?|characters?|personas?|stor(?:y|ies)|scenes?|"
    r"illustrations?|people|persons?|patients?|users?|profiles?|names?|examples?|data)\b|"
    r"\b(?:fictional|synthetic|imaginary|game|novel|d&d|dungeon)\b|生成|虚构|创作",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    # "Do not skip it" asks all the more.
    r"\b(?:(?:do not|don't|never|must not|should not|cannot)"
    r"(?!\s+(?:skip|omit|refuse|leave|forget|hesitate|fail|decline|"
    r"(?:say|answer|return|write|use) (?:null|none|unknown|n/a))\b)|"
    r"avoid|without|not (?:infer|mention|guess|assume|consider)|"
    r"refrain|"
    r"regardless|irrespective|remove|redact|anonymi[sz]e|mask|ignore|exclude|"
    r"bias(?:ed|es)?|discriminat\w*|stereotyp\w*|"
    r"average|typical|majority|most people|"
    r"fair(?:ly|ness)?|divers\w+|inclusiv\w+|protected|hate|offensive|slurs?|equal)\b|不要|禁止|避免|不得",
    re.IGNORECASE,
)
# What another model said is looked at, and nobody.
_GRADED = re.compile(
    r"\b(?:grad|judg|evaluat|scor|assess)(?:e|es|ing)?\s+(?:(?:if|whether)\s+)?(?:an?|the|each|this|that)\s+"
    r"(?:\w+ ){0,2}(?:ai agent|ai assistant|chatbot|llm|language model|agent|assistant|"
    r"outputs?|responses?|completions?)\b",
    re.IGNORECASE,
)
_SAID_TO_BE = re.compile(r"\b(?:likelihood|probability|chance|whether|if|how)\b.{0,50}\b(?:being|is|are)\b")
_CLAUSE = re.compile(r"[^.!?;。！？；\n]+")
_MAX_TEXT = 6000
_SENTENCE = 24
"""What is no longer is a value, and no sentence."""
_TRANSCRIBED = frozenset(("id-card", "health", "survey"))
# The table or the section that prompts are kept in.
_KEPT_IN = re.compile(r"prompts?(?![a-z])", re.IGNORECASE)
_TURNS = ("content", "text", "prompt")


def asked_parts(construct: Construct) -> list[tuple[str, str]]:
    """Return what a construct may ask a model, each with the name of what holds it.

    A turn of a chat is a record: what it says is one of its values. Of a table of prompts each is asked, or all in one.
    """
    name = construct.name
    if construct.kind is Kind.RECORD:
        if _KEPT_IN.search(name):
            said = [(f"{m.name} {name}", m.value) for m in construct.members if len(m.value) > _SENTENCE]
            return [*said, (name, "\n".join(m.value for m in construct.members))]
        if turns := [(f"{m.name} {name}", m.value) for m in construct.members if m.name in _TURNS]:
            return turns
    elif construct.role in ("value", "key-value") and construct.members:
        return [(name, construct.members[0].value)]
    return [(name, construct.gloss or construct.passage.text)]


def find_request(text: str, name: str, trait: Trait, tagger: Callable[[str], Sequence[Tag]]) -> Claim | None:
    """Return what a prompt of at most 6,000 characters asks a model to tell of a person's ``trait``.

    ``name`` is the variable or key that holds it. None where the text addresses no model, speaks of no person, has
    something made up or transcribed, grades an answer, or refuses the trait.
    """
    text = text[:_MAX_TEXT]
    if not (_ADDRESSED.search(text) or _NAMED.search(name)):
        return None
    if _PERSON.search(text) is None or _MADE.search(text) is not None or _GRADED.search(text) is not None:
        return None
    tags = tagger(text)
    if len({t.term.lower() for t in tags if t.concept in _TRANSCRIBED}) >= 2:
        return None
    told = _TELL.search(text)
    if told is None:
        return None
    for thing in tags:
        if thing.trait != trait or thing.strength == "weak" or thing.start < told.start():
            continue
        if thing.role != "attribute" and not _of_somebody(text, thing):
            continue
        clause = next((m for m in _CLAUSE.finditer(text) if m.start() <= thing.start < m.end()), None)
        if clause is None or _REFUSED.search(clause[0]):
            continue
        return Claim(
            Act.INFERS, " ".join(text[max(clause.start(), thing.start - 80) : thing.end + 60].split()), "model"
        )
    return None


def _of_somebody(text: str, thing: Tag) -> bool:
    """Return whether a group is what somebody may be: "the likelihood of a profile being …", "whether … is …"."""
    return _SAID_TO_BE.search(text[max(0, thing.start - 60) : thing.end].lower()) is not None


def request_of(value: object) -> Condition:
    """Return the condition that a prompt asks a model for the trait of a person; raises RuleError for any ``value`` but
    ``true``."""
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
