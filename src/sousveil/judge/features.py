"""What a rule can see of a construct: the lexicon's tags, slot by slot."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import PurePosixPath

from msgspec import Struct
from msgspec.structs import replace

from sousveil.judge.plain import AROUND, EXCUSES, FAR, overruled, untried
from sousveil.judge.slots import SLOTS, expand
from sousveil.match.lexicon import Tag
from sousveil.model import Construct, Kind, Trait

_IN_MEMBERS = ("members", "member-type")
_OF_MEMBERS = frozenset(("member", "member-gloss", "member-head", "member-type", "value"))

# Colour words are labels of skin and of race alike: a weak group word counts for both traits.
_ALLIED = {
    Trait.ETHNICITY: (Trait.ETHNICITY, Trait.SKIN_COLOUR),
    Trait.SKIN_COLOUR: (Trait.SKIN_COLOUR, Trait.ETHNICITY),
}

# Tones are no labels of race: "fair" in a name is FairFace or fairness, "light" a lamp.
_TONES = frozenset(("fair", "light", "dark", "medium", "tan", "tanned", "olive", "pale"))

# What a member is, its comment says first; further on it speaks of other things.
_CLAUSE_END = re.compile(r"[,，。;；:：(（\n]|\. |参[考见照]")
_HEAD = 48

# "Neither indicates nationality, residence or ethnicity": what a comment denies is not what it is about.
_DENIAL = re.compile(
    r"\b(?:neither|nor|never|(?:does|do|did) not|(?:does|do|did)n['’]t)\b"
    r"[^.;:()\n]{0,60}\Z",
    re.IGNORECASE,
)

_FORMATS = re.compile(r"(?:\.elf|\A(?:elf|dwarf))\Z", re.IGNORECASE)
"""Formats of programs, in the names of files and of a bundle's folders, and no peoples of a game."""
_LAYOUT = frozenset(("usr", "share", "lib"))
"""Folders of a Unix system's layout: "share" there is nobody's part."""
_CONTESTS = frozenset(("race", "races"))
_AROUND = ("member", "member-gloss", "member-type", "gloss", "returns", "uses", "scope")
_OF_PERSONS = ("face", "body", "infer", "appearance", "name", "person-name", "demographic", "person-record")


class Sited(Struct, frozen=True, gc=False):
    """A construct and the artifact it was read from."""

    construct: Construct
    artifact: str
    sha256: str
    origin: str = ""
    """SHA-256 of the file that the artifact was rendered from."""


class Seen(Struct, frozen=True, gc=False):
    """One tag in one slot; ``member`` is an index into the construct's members, or -1."""

    tag: Tag
    slot: str
    member: int = -1
    value: int = -1

    @property
    def key(self) -> tuple[object, ...]:
        """Return what makes this sighting distinct: its member and listed value, else its meaning."""
        if self.value >= 0:
            return ("value", self.member, self.value)
        if self.member >= 0:
            return ("member", self.member)
        return ("term", self.tag.gloss or self.tag.term.lower())


class Features:
    """The tags of one construct, computed slot by slot when first asked for."""

    def __init__(
        self, sited: Sited, tagger: Callable[[str], Sequence[Tag]], product: Sequence[Tag] = (), bare: bool = False
    ) -> None:
        self.sited = sited
        self._bare = bare
        # Rules see no folder of tests in which nothing is tested.
        self.address = untried(sited.artifact, True) if bare else sited.artifact
        self._unexcused: dict[bool, frozenset[str]] = {}
        self.construct = sited.construct
        self.tag = tagger
        self._product = product
        self._contest: bool | None = None
        self._slots: dict[str, tuple[Seen, ...]] = {}
        # A hundred rules ask for the same few groups of slots.
        self._joined: dict[tuple[str, ...], tuple[Seen, ...]] = {}
        self._spoken: dict[tuple[str, ...], frozenset[str]] = {}
        self._named: dict[tuple[Trait, tuple[str, ...]], Sequence[Seen]] = {}
        self._grouped: dict[tuple[Trait, tuple[str, ...]], Sequence[Seen]] = {}

    def slot(self, name: str) -> tuple[Seen, ...]:
        """Return every sighting in one slot, in the order of the text."""
        found = self._slots.get(name)
        if found is None:
            bare = name in _OF_MEMBERS and not self.construct.members
            found = () if bare else tuple(self._compute(name))
            if (self._bare or name in AROUND) and any(s.tag.concept in EXCUSES for s in found):
                found = tuple(s for s in found if s.tag.concept not in self._overruled(name in FAR))
            self._slots[name] = found
        return found

    def _overruled(self, far: bool) -> frozenset[str]:
        """Return the contexts whose words around this construct explain nothing; see `plain`."""
        known = self._unexcused.get(far)
        if known is None:
            known = self._unexcused[far] = EXCUSES if self._bare else overruled(self.construct, self._told, far)
        return known

    def _told(self, name: str) -> Iterable[Seen]:
        return self._compute(name) if name in AROUND else self.slot(name)

    def excuses(self) -> list[Seen]:
        """Return every word in or around the construct that may explain it as something else."""
        return [s for s in self.slots(SLOTS) if s.tag.concept in EXCUSES]

    def untold(self) -> bool:
        """Return whether most of its members say nothing."""
        return len({s.member for s in self.slots(_IN_MEMBERS)}) * 2 < len(self.construct.members)

    def called_test(self) -> bool:
        """Return whether its file is called a test's, or lies in a folder of tests."""
        return self.address != untried(self.address, True)

    def unexcused(self) -> Features:
        """Return the same construct as if it held no such word, and no member but those that say something."""
        telling = {s.member for s in self.slots(_IN_MEMBERS)}
        if len(telling) < len(self.construct.members):
            members = tuple(m for i, m in enumerate(self.construct.members) if i in telling)
            sited = replace(self.sited, construct=replace(self.construct, members=members))
            return Features(sited, self.tag, self._product, bare=True)
        bare = Features(self.sited, self.tag, self._product, bare=True)
        bare._slots = {name: tuple(s for s in self.slot(name) if s.tag.concept not in EXCUSES) for name in SLOTS}
        return bare

    def slots(self, names: tuple[str, ...]) -> Sequence[Seen]:
        """Return every sighting in ``names``; a name may be a group such as ``own`` or ``near``."""
        seen = self._joined.get(names)
        if seen is None:
            known = self._slots
            parts = [known[name] if name in known else self.slot(name) for name in expand(names)]
            filled = [part for part in parts if part]
            seen = filled[0] if len(filled) == 1 else tuple([one for part in filled for one in part])
            self._joined[names] = seen
        return seen

    def _compute(self, name: str) -> Iterable[Seen]:
        c = self.construct
        match name:
            case "name":
                if not self._is_contest():
                    yield from self._of(name, c.name)
            case "gloss":
                yield from (Seen(tag, name) for tag in _affirmed(c.gloss, self._tags(c.gloss)))
            case "text":
                if c.kind is Kind.STATEMENT:
                    yield from self._of(name, c.gloss or c.passage.text)
            case "bases":
                yield from self._of(name, " ; ".join(c.bases))
            case "returns":
                yield from self._of(name, c.returns)
            case "scope":
                yield from self._of(name, " ; ".join(c.scope))
            case "uses":
                yield from self._of(name, " ; ".join(c.uses))
            case "path":
                # A file that came without its folders still says what it is part of.
                yield from self._of(name, _address(self.sited.artifact, c.package))
            case "product":
                yield from (Seen(tag, name) for tag in self._product)
            case "value":
                for i, member in enumerate(c.members):
                    for j, (_, label) in enumerate(member.values):
                        yield from (Seen(tag, name, i, j) for tag in self._tags(label))
                    if member.value and len(member.value) < 200 and not member.values:
                        yield from (Seen(tag, name, i) for tag in self._tags(member.value))
            case "member-head":
                for i, member in enumerate(c.members):
                    head = _CLAUSE_END.split(member.gloss.lstrip(), maxsplit=1)[0][:_HEAD]
                    if head:
                        yield from (Seen(tag, name, i) for tag in self._tags(head))
            case _:
                attribute = {"member": "name", "member-gloss": "gloss", "member-type": "type"}[name]
                for i, member in enumerate(c.members):
                    text = getattr(member, attribute)
                    if text:
                        tags = self._tags(text)
                        told = _affirmed(text, tags) if name == "member-gloss" else tags
                        yield from (Seen(tag, name, i) for tag in told)

    def _is_contest(self) -> bool:
        """Return whether this is a function `race` that takes something, and nothing says of whom: it lets things run
        against each other, as that of promises, streams and tasks does."""
        c = self.construct
        if c.kind is not Kind.OPERATION or c.name.lower() not in _CONTESTS or not c.members:
            return False
        if self._contest is None:
            # What stands around it may ask for its name, to know whether it explains anything.
            self._contest = False
            self._contest = not self.context(_OF_PERSONS, _AROUND)
        return self._contest

    def _tags(self, text: str) -> Sequence[Tag]:
        """Return the tags of ``text``; the "names" of classes, or of a trait's values, are nobody's."""
        tags = self.tag(text)
        if not any(t.concept == "name" for t in tags):
            return tags
        covers = [(t.start, t.end) for t in tags if t.concept in ("model", "share", "naming")]
        # Behind an adjective they are somebody's again.
        nouns = [t.end for t in tags if t.role == "attribute" and not t.term.endswith(("ic", "al", "ous"))]

        def others(tag: Tag) -> bool:
            plural = tag.term == "names" and any(0 <= tag.start - end <= 1 for end in nouns)
            return plural or any(a <= tag.start and tag.end <= b for a, b in covers)

        return [t for t in tags if t.concept != "name" or not others(t)]

    def _of(self, slot: str, text: str) -> Iterable[Seen]:
        tags = self._tags(text) if text else ()
        if slot == "name" and self.construct.kind is Kind.LABEL_SET and all(t.role != "attribute" for t in tags):
            # GROUP_NAMES are the names of groups; of ethnicNames it is not sure.
            tags = [t for t in tags if t.term != "names" or t.end != len(text)]
        return (Seen(tag, slot) for tag in tags)

    def attribute(self, trait: Trait, names: tuple[str, ...]) -> Sequence[Seen]:
        """Return where ``trait`` itself is named in ``names``."""
        seen = self._named.get((trait, names))
        if seen is None:
            seen = self._named[trait, names] = [
                s for s in self.slots(names) if s.tag.role == "attribute" and s.tag.trait == trait
            ]
        return seen

    def group(self, trait: Trait, names: tuple[str, ...]) -> Sequence[Seen]:
        """Return where a group of ``trait`` is named in ``names``; colour words count for skin and for race."""
        seen = self._grouped.get((trait, names))
        if seen is None:
            seen = self._grouped[trait, names] = [s for s in self.slots(names) if of_group(s.tag, trait)]
        return seen

    def context(self, concepts: Iterable[str], names: tuple[str, ...]) -> Sequence[Seen]:
        """Return where a word of the context vocabularies ``concepts`` stands in ``names``."""
        wanted = concepts if isinstance(concepts, frozenset) else frozenset(concepts)
        # Most of what rules ask for is nowhere in or around a construct. The name's own sightings ask for others.
        for slots in (SLOTS, names) if "name" in self._slots else (names,):
            present = self._spoken.get(slots)
            if present is None:
                present = self._spoken[slots] = frozenset(
                    [s.tag.concept for s in self.slots(slots) if s.tag.role == "context"]
                )
            if wanted.isdisjoint(present):
                return ()
        return [s for s in self.slots(names) if s.tag.role == "context" and s.tag.concept in wanted]


def of_group(tag: Tag, trait: Trait) -> bool:
    """Return whether ``tag`` names a group of ``trait``; colour words count for skin and for race."""
    if tag.role not in ("group", "practice"):
        return False
    if tag.trait == trait:
        return True
    return tag.strength == "weak" and tag.trait in _ALLIED.get(trait, ()) and tag.term.lower() not in _TONES


@lru_cache(maxsize=256)
def _address(artifact: str, package: str) -> str:
    """Return the inner, telling part of an artifact's address, and of its package: their last five names."""
    folders = package.replace(".", "/").replace("\\", "/")
    parts = (*PurePosixPath(artifact.replace("!/", "/")).parts[-5:], *PurePosixPath(folders).parts[-5:])
    return " / ".join(_FORMATS.sub("", name) for name in parts if name not in _LAYOUT)


def _affirmed(text: str, tags: Sequence[Tag]) -> Sequence[Tag]:
    """Return the tags of a comment without the traits that its sentence denies."""
    if not any(t.trait is not None and t.role == "attribute" for t in tags):
        return tags
    return [
        t
        for t in tags
        if t.trait is None or t.role != "attribute" or not _DENIAL.search(text[max(0, t.start - 90) : t.start])
    ]
