"""The names that a second search looks for: files that use what they name are read without a term of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from sousveil.judge.judgement import Judgement
from sousveil.match.lexicon import Tag
from sousveil.model import ALONE, Act, Basis, Explained, Finding, Kind
from sousveil.read.model import LANGUAGES

_MOST = 200
_INPUTS = ("first_name", "last_name", "full_name", "surname", "firstName", "lastName")
# Languages whose fields name their types: elsewhere a second search would find nothing.
_TYPED = frozenset(
    ("c", "cpp", "objc", "java", "dart", "kotlin", "csharp", "go", "rust", "swift", "typescript",
     "proto", "pascal", "xsd")
)  # fmt: skip
_FEWEST, _LONGEST = 3, 16
"""Members of a list that a model may choose from; of them as many name peoples as the first says."""
# What is tried in a test is no product's; to look for it would cost as much as the first search.
_TEST = re.compile(r"(?i)(?:^|[/!])(?:tests?|__tests__|spec)/")
_LISTS = ("text", "json", "yaml", "csv")
_STRONG = ("likely", "certain")


def sought(judgement: Judgement, tagger: Callable[[str], Sequence[Tag]]) -> tuple[str, ...]:
    """Return the names of types that were found, and of short lists of peoples of which nothing is known, sorted."""
    names = {name for finding in judgement.findings for name in _types(finding)}
    names |= {name for one in judgement.explained if (name := _listed(one, tagger))}
    return tuple(sorted(names))[:_MOST]


def _types(finding: Finding) -> Iterator[str]:
    construct = finding.construct
    name = construct.name
    if construct.language in LANGUAGES and finding.basis is Basis.UNKNOWN:
        # A model says what comes out; what goes in is often listed in a file beside it.
        yield from _INPUTS
    a_type = construct.kind in (Kind.ENUMERATION, Kind.RECORD) and construct.language in _TYPED
    # A common word is no type's name.
    telling = len(name) >= 6 and name.isidentifier() and ("_" in name or not name.islower())
    if a_type and telling and finding.act in (Act.INFERS, Act.TARGETS, Act.RESIDUE):
        yield name


def _listed(one: Explained, tagger: Callable[[str], Sequence[Tag]]) -> str:
    """Return the name of a short list of peoples, or of the file that it is; "" of anything else."""
    construct = one.construct
    if one.rule != ALONE or construct.kind is not Kind.LABEL_SET or not _FEWEST <= len(construct.members) <= _LONGEST:
        return ""
    if _TEST.search(one.place.artifact):
        return ""
    if construct.name:
        name = construct.name.rpartition(".")[2]
        telling = len(name) >= 4 and name.isidentifier() and ("_" in name or not name.islower())
    else:
        name = one.place.artifact.replace("!/", "/").rpartition("/")[2]
        telling = construct.language in _LISTS and name.isprintable() and "." in name
    if not telling:
        return ""
    peoples = [[t for t in tagger(said) if t.role == "group"] for said in construct.members]
    strong = any(t.strength in _STRONG for tags in peoples for t in tags)
    # A word or two of a list of other things are called like a people.
    return name if strong and sum(map(bool, peoples)) >= max(_FEWEST, (len(peoples) + 1) // 2) else ""
