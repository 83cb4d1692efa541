"""What is plain from a structure's own parts: no word around it explains that away.

A folder, a README, a comment, what encloses a structure and its own name cost nothing to choose. How far a head is
turned or whether an eye is open nobody declares, no form asks for it, and no figure of a game is made of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Protocol

from sousveil.match.lexicon import Tag
from sousveil.model import Construct, Kind

AROUND = frozenset(("name", "gloss", "scope", "path", "product"))
"""Slots whose words a maker may choose without changing what the construct does."""

_NEVER = frozenset(
    ("fairness", "mistreatment", "measuring", "sensitive", "redaction", "moderation", "sport", "concurrency",
     "academic", "map", "emoji", "theme", "garment")
)  # fmt: skip
"""Contexts that explain nothing where the structure is plain."""
_OF_PERSONS = frozenset(("game", "synthetic", "survey", "health", "forensic"))
"""Contexts in which looks, age and sex stand together as well, but nothing that is measured in a picture."""
_OF_WORDS = frozenset(("locale", "dictionary", "place-name"))

EXCUSES = _NEVER | _OF_PERSONS | _OF_WORDS | {"institution"}
"""Contexts that explain a construct as something else."""

# What is measured in a picture, and never chosen, asked or declared.
_MEASURED = frozenset(
    ("eye status", "eyestatus", "eye state", "mouth status", "mouthstatus",
     "mouth state", "blur", "blurness", "landmark", "face quality", "facequality", "liveness",
     "skin status", "skinstatus", "occlusion", "眼睛状态", "嘴巴", "模糊", "遮挡")
)  # fmt: skip
# So are these, but a face that is drawn or generated is given them as well.
_GIVEN = frozenset(("head pose", "headpose", "yaw", "eye gaze", "eyegaze", "smile", "smiling", "微笑", "头部姿态"))
FAR = frozenset(("path", "product"))
"""Of the slots around a construct those that speak of more than it."""
# Hair, hats and clothes describe a figure of a story too.
_WORN = frozenset(
    ("hair", "hair style", "hair color", "hairstyle", "bald", "头发", "发型", "发色", "eyebrow", "眉型", "hat", "帽子")
)
_DOUBT = frozenset(("unsure", "not sure", "uncertain", "不确定"))
_FEW = 8


_TESTS = re.compile(r"(?<![^/!])(?:tests?|__tests__|spec)/")
_TEST_FILE = re.compile(
    r"(?<![^/!])test_(?=[^/]*\.py\Z)|_test(?=\.(?:py|go|dart|rb)\Z)|\.(?:spec|test)(?=\.[jt]sx?\Z)|"
    r"Tests?(?=\.(?:java|kt|cs|swift)\Z)"
)
# What tests call: functions of the frameworks, and themselves.
_TRIES = re.compile(
    r"(?i)^(?:tests?(?=[_A-Z\d]|\Z)|(?:\w+\.)?assert\w*\Z|(?:\w+\.)?expect\w*\Z|pytest\b|unittest\b|describe\Z|mock\.patch)"
)


def untried(address: str, whole: bool) -> str:
    """Return the address of a file without the names of folders of tests; with ``whole`` without what marks its own
    name as a test's, too."""
    bare = _TESTS.sub("", address)
    return _TEST_FILE.sub("", bare) if whole else bare


def tried(sited: Iterable[tuple[str, Construct]]) -> frozenset[str]:
    """Return the folders of tests, as the addresses up to them, in which something is tested indeed."""
    return frozenset(
        address[: found.end()]
        for address, construct in sited
        if (found := _TESTS.search(address)) and any(_TRIES.match(w) for w in (construct.name, *construct.uses))
    )


def in_tests(address: str, folders: frozenset[str]) -> bool:
    """Return whether a file lies in one of these ``folders``, or in none that is called after tests."""
    found = _TESTS.search(address)
    return found is None or address[: found.end()] in folders


class _Sighting(Protocol):
    @property
    def tag(self) -> Tag: ...


def overruled(construct: Construct, slot: Callable[[str], Iterable[_Sighting]], far: bool) -> frozenset[str]:
    """Return the contexts that do not explain ``construct`` away where their words only stand around it; none, as a
    rule. ``slot`` gives what is seen in its name and its members; ``far`` asks for words in an address or a README."""
    if construct.kind is Kind.OPERATION:
        return _of_operation(slot)
    if construct.kind not in (Kind.RECORD, Kind.LABEL_SET, Kind.ENUMERATION):
        return frozenset()
    fields = [s.tag for name in ("member", "member-head") for s in slot(name)]
    concepts = {t.concept for t in fields}
    named = any(t.role == "attribute" and t.strength != "weak" for t in fields)
    looks = {t.term.lower() for t in fields if t.concept in ("appearance", "body")} - _WORN
    if named and len(looks) >= 2 and "demographic" in concepts and not concepts & {"id-card", "person-record"}:
        measured = looks & _MEASURED or "probability" in concepts or (far and looks & _GIVEN)
        return _NEVER | _OF_PERSONS | _OF_WORDS if measured else _NEVER | _OF_WORDS
    if construct.kind is not Kind.RECORD and len(construct.members) <= _FEW:
        values = [s.tag for name in ("member", "member-gloss", "value") for s in slot(name)]
        people = any(t.role in ("group", "practice") and t.strength == "certain" for t in values)
        if people and any(t.concept == "unrecognised" and t.term.lower() not in _DOUBT for t in values):
            return _NEVER | _OF_PERSONS
    return frozenset()


def _of_operation(slot: Callable[[str], Iterable[_Sighting]]) -> frozenset[str]:
    """Return them for a function named for telling the trait that handles a face, a body or a voice."""
    name = [s.tag for s in slot("name")]
    told = any(t.role == "attribute" and t.strength != "weak" for t in name) and any(t.concept == "infer" for t in name)
    taken = {s.tag.concept for part in ("name", "member", "member-type", "returns") for s in slot(part)}
    return _NEVER | _OF_WORDS if told and taken & {"face", "body", "voice", "gait"} else frozenset()
