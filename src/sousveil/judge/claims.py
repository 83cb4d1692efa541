"""What a text claims that the product does, clause by clause, and what it says is forbidden or was taken out.

"Predicts race from the face" and 支持人种识别 claim an inference; "must not predict race" denies one; "bias across
race" claims nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from sousveil.judge.clauses import REACH, Claim, claim_of, subject_of, words_of
from sousveil.match.lexicon import Tag
from sousveil.model import Act, Trait

_CLAUSE = re.compile(r"[^.;!?。！？；\n]+(?:[.](?=\w)[^.;!?。！？；\n]*)*")
# An entry of a list of links speaks of what it links to.
_ENTRY = re.compile(r"\s*(?:[-*+•]|\d+\.)?\s*(?:\[[^\]\n]{1,200}\]\(|`[^`\n]+` <http|https?://)")
# A row of a table or of a dictionary's file begins with its number; it says nothing of the product.
_ROW = re.compile(r"\s*\d{4,}[\s|,;:]")
# Nor do the names of a folder's files.
_FILES = re.compile(r"(?:^|\s)[-dl][r-][w-][x-][rwx-]{6}[.+]?\s")
# A link's or a file's address claims nothing.
_ADDRESS = re.compile(r"\]\([^()\s]*\)|https?://[^\s)\]>]+|(?<!\w)~?(?:/[\w\-]+){2,}\.\w{1,6}\b")
# What was taken out before the product was given away. A column that was dropped is no inference.
_TAKEN_OUT = re.compile(
    r"\b(?:was|were|been|is|are|being)\s+(?:\w+ly\s+)?(?:erased|removed|stripped|deleted|disabled|withdrawn|taken out|"
    r"discontinued|retired)\b"
    # "Disabled by default" is there.
    r"(?!,? (?:by default|unless|until|when|if|for|during|only|in (?:debug|demo|trial))\b)"
    r"|已(?:删除|移除|下线|禁用|停用|去除)",
    re.IGNORECASE,
)
# What is said to be against a law or a policy is not said to be done …
_FORBIDDEN = re.compile(
    r"\b(?:is|are|be|being|was|were|becomes?|remains?)\s+(?:\w+ly\s+)?(?:forbidden|prohibited|banned|outlawed|illegal|unlawful|"
    r"unethical|disallowed|against\b)|\bnot\s+(?:\w+ly\s+)?(?:allowed|permitted|acceptable|lawful|legal)\b|"
    r"\b(?:prohibits?|forbids?|outlaws?|disallows?)\b|\bbans?\s+(?:on|the|all|any|use|using|systems?|software|\w+ing)\b|"
    r"\b(?:blocks?|blocking|prevents?|preventing|refuses?|rejects?)\s+(?:\w+\s+){0,2}"
    r"(?:categori[sz]|classif|identif|predict|detect|recogni|infer|profil)\w*(?:ion|ence|ing)\b|"
    r"\bprohibited\s+(?:practices?|uses?|purposes?)\b|\bunacceptable\b|\b(?:terminat|suspend)\w*\s+(?:\w+\s+)?accounts?\b|禁止|严禁|不得|不允许|违法",
    re.IGNORECASE,
)
# … but it is where something else is: "in countries where this is not prohibited", "although it is banned in some".
_ELSEWHERE = re.compile(
    r"\b(?:unless|where|wherever|except|if|when|whenever|although|though|while|even|until|despite)\b|除非|除了",
    re.IGNORECASE,
)
_DOES = re.compile(r"\w+(?<!ion)s\b")
_ABLE = re.compile(r"\b(?:can|could|will|may|able to|supports?|automatically)\s+\Z", re.IGNORECASE)
_TELLS = re.compile(r"classif|predict|recogni|detect|识别|检测|分类", re.IGNORECASE)
_ASKS = re.compile(
    r"\W*(?:how|what|why|who|whom|which|when|where|can|could|will|would|does|do|did|is|are|was|were|should|may|has|have)\b"
    r"|.*(?:吗|呢|如何|怎么|怎样|是否|为什么)",
    re.IGNORECASE,
)
_MAX_TEXT = 4000
_MAX_CLAUSE = 400


def find_claim(text: str, trait: Trait, tagger: Callable[[str], Sequence[Tag]]) -> Claim | None:
    """Return the first claim about ``trait`` in ``text``'s first 4,000 characters, an undenied before a denied one.

    What says that the inference was taken out comes before what tells that it was there.
    """
    if _ENTRY.match(text) or _ROW.match(text) or _FILES.search(text[:_MAX_TEXT]):
        return None
    said: Claim | None = None
    denied: Claim | None = None
    plain = _ADDRESS.sub(" ", text[:_MAX_TEXT])
    for match in _CLAUSE.finditer(plain):
        clause = match[0].strip()
        if not 4 <= len(clause) <= _MAX_CLAUSE:
            continue
        # Who asks whether or how it is done claims nothing.
        if plain[match.end() : match.end() + 1] in ("?", "？") and _ASKS.match(clause):
            continue
        tags = tagger(clause)
        if withdrawn := _withdrawn(clause, trait, tags):
            return withdrawn
        claim = claim_of(clause, trait, tags)
        if claim is None:
            continue
        if claim.denied or _forbids(clause, clause.find(claim.words)):
            claim = replace(claim, denied=True)
            denied = denied or claim
        else:
            said = said or claim
    return said or denied


def _forbids(clause: str, at: int) -> bool:
    """Return whether a clause says that what it claims from ``at`` on is forbidden, and not that it is so elsewhere."""
    found = _FORBIDDEN.search(clause)
    if found is None or _ELSEWHERE.search(clause, max(0, found.start() - 60), found.start()) is not None:
        return False
    # "Detects the ethnicity of a face; misuse is prohibited": what somebody does is not what is forbidden behind it.
    does = _DOES.match(clause, at) is not None or _ABLE.search(clause[:at]) is not None
    return found.start() < at or not does


def _withdrawn(clause: str, trait: Trait, tags: Sequence[Tag]) -> Claim | None:
    """Return what a clause says that tells of an inference taken out: "racial classification layers were erased"."""
    out = _TAKEN_OUT.search(clause)
    if out is None:
        return None
    things = [t for t in tags if t.trait == trait and t.strength != "weak" and 0 <= out.start() - t.end <= REACH]
    verbs = [t for t in tags if t.concept in ("infer", "model") and 0 <= out.start() - t.end <= REACH]
    if not things or not (verbs or any(_TELLS.search(t.term) for t in things)):
        return None
    start = min(t.start for t in (*things[:1], *verbs[:1]))
    return Claim(Act.RESIDUE, words_of(clause, start, out.end()), subject_of(clause))
