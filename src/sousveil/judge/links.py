"""Which construct uses which: a field and its type, a function and the labels it reads."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from sousveil.judge.features import Features
from sousveil.model import Kind
from sousveil.read.constants import KEPT
from sousveil.read.model import LANGUAGES
from sousveil.read.uses import USED

_NAME = re.compile(r"[^\W\d]\w{3,}")
_TYPES = (Kind.ENUMERATION, Kind.RECORD, Kind.LABEL_SET)
# A name declared more often than this is a common word, not a type of this product.
_COMMON = 24
_FEW = 3
# How a file is named that lists what goes into a model.
_INPUTS = re.compile(
    r"(?i)(?:feature|input|column)s?[_.-]?(?:list|names?|cols?|order)?[^/]*\.(?:json|txt|csv|pkl|npy|ya?ml)$"
)
# What scikit-learn calls the columns that a fitted model takes.
_TAKEN = "feature_names_in_"
_NEAR = 2
_TWINS = (Kind.ENUMERATION, Kind.RECORD)
# Two short names are often the same by accident.
_LONG_NAME = 8
_PREFIXES = ("tag", "struct_", "enum_", "_")


class Edge(Struct, frozen=True, gc=False):
    """One use: construct ``user`` names construct ``used`` in its member ``member`` (or -1: elsewhere)."""

    user: int
    used: int
    member: int
    relation: str


def find_links(features: Sequence[Features]) -> list[Edge]:
    """Return every use of a declared type or label set by another construct, over all artifacts of a product."""
    index: dict[str, list[int]] = defaultdict(list)
    for i, feature in enumerate(features):
        construct = feature.construct
        if construct.kind in _TYPES and len(construct.name) >= 4:
            for name in {construct.name, _bare(construct.name)}:
                index[name].append(i)
    for i, feature in enumerate(features):
        name, artifact = feature.construct.name, feature.sited.artifact
        # The same constant may have been read as a set of labels.
        if feature.construct.role == KEPT and all(features[n].sited.artifact != artifact for n in index[name]):
            index[name].append(i)
    edges: dict[tuple[int, int], Edge] = {}
    classes = {(f.sited.artifact, f.construct.name) for f in features if f.construct.kind is Kind.RECORD}
    for i, feature in enumerate(features):
        construct = feature.construct
        for m, member in enumerate(construct.members):
            for text, relation in ((member.type, "field-type"), (member.gloss, "names")):
                for used in _mentioned(text, index, relation == "field-type"):
                    if not _hidden(features[used], feature, classes):
                        _add(edges, Edge(i, used, m, relation), features)
        texts = [construct.returns, *construct.uses]
        if construct.kind is not Kind.STATEMENT:
            texts.append(construct.gloss)
        for text in texts:
            for used in _mentioned(text, index):
                _add(edges, Edge(i, used, -1, "names"), features)
    for edge in (*_beside(features), *_picked(features)):
        _add(edges, edge, features)
    return [*edges.values(), *_twins(features)]


def _hidden(used: Features, user: Features, classes: set[tuple[str, str]]) -> bool:
    """Return whether ``used`` is a class's own inner type that ``user``, in another file, cannot mean by its bare name.

    What encloses it must be known as a class: the names of a namespace are seen from everywhere.
    """
    inner = used.construct
    if not inner.scope or used.sited.artifact == user.sited.artifact:
        return False
    outer = inner.scope[-1]
    if (used.sited.artifact, outer) not in classes:
        return False
    one = user.construct
    members = [text for m in one.members for text in (m.type, m.gloss)]
    return not any(outer in text for text in (*one.scope, *one.bases, *one.uses, one.gloss, *members))


def _twins(features: Sequence[Features]) -> list[Edge]:
    """Return the links from a type in a program, which keeps no comments, to the type of its name in source code."""
    sources: dict[str, list[int]] = defaultdict(list)
    compiled: list[int] = []
    for i, feature in enumerate(features):
        construct = feature.construct
        if construct.kind in _TWINS and len(construct.name) >= _LONG_NAME:
            if construct.passage.line:
                sources[_bare(construct.name)].append(i)
            else:
                compiled.append(i)
    return [
        Edge(i, used, -1, "twin")
        for i in compiled
        for used in sources.get(_bare(features[i].construct.name), ())[:_COMMON]
    ]


def _beside(features: Sequence[Features]) -> list[Edge]:
    """Return the links from what a model's file lists to a list of inputs in it, or in a file beside or above it."""
    inputs = [
        (i, _folder(f)) for i, f in enumerate(features)
        if f.construct.kind in (Kind.LABEL_SET, Kind.RECORD)
        and (f.construct.name == _TAKEN or _INPUTS.search(f.sited.artifact))
    ]  # fmt: skip
    out: list[Edge] = []
    for i, feature in enumerate(features) if inputs else ():
        if feature.construct.kind is not Kind.LABEL_SET or feature.construct.language not in LANGUAGES:
            continue
        folder = _folder(feature)
        near = [(n, own) for n, own in inputs if folder[: len(own)] == own and len(folder) - len(own) <= _NEAR]
        out += [Edge(i, n, -1, "beside") for n, _ in near[:_COMMON]]
    return out


def _picked(features: Sequence[Features]) -> list[Edge]:
    """Return the links from where an item of a list is picked to the list: of its name, or in the file of that name."""
    uses = [(i, f.construct.name) for i, f in enumerate(features) if f.construct.role == USED]
    lists: dict[str, list[int]] = defaultdict(list)
    for n, feature in enumerate(features) if uses else ():
        if feature.construct.kind is Kind.LABEL_SET:
            address = feature.sited.artifact.replace("!/", "/").rpartition("/")[2]
            lists[feature.construct.name.rpartition(".")[2] or address].append(n)
    return [Edge(i, n, -1, "picked") for i, name in uses for n in _meant(features[i], lists[name], features)]


def _meant(user: Features, named: Sequence[int], features: Sequence[Features]) -> Sequence[int]:
    """Return which lists of one name are meant: the file's own, those of its folder, else any, if they are few."""
    own = [n for n in named if features[n].sited.artifact == user.sited.artifact]
    near = [n for n in named if _folder(features[n]) == _folder(user)]
    best = own or near or named
    return best if len(best) <= _FEW else []


def _folder(feature: Features) -> list[str]:
    return feature.sited.artifact.replace("!/", "/").split("/")[:-1]


def _add(edges: dict[tuple[int, int], Edge], edge: Edge, features: Sequence[Features]) -> None:
    if edge.user == edge.used:
        return
    user, used = features[edge.user], features[edge.used]
    # The same name in two languages' files is the same type; in one file a type does not use its own twin.
    if user.construct.name == used.construct.name and edge.relation != "picked":
        return
    edges.setdefault((edge.user, edge.used), edge)


def _mentioned(text: str, index: dict[str, list[int]], as_type: bool = False) -> list[int]:
    if not text or len(text) > 4000:
        return []
    out: list[int] = []
    for name in dict.fromkeys(_NAME.findall(text)):
        # In prose and in code "attributes" is a word; only as a field's type is it surely a name.
        if not as_type and name.islower() and "_" not in name:
            continue
        hits = index.get(name) or index.get(_bare(name)) or []
        if len(hits) <= _COMMON:
            out.extend(hits)
    return out


def _bare(name: str) -> str:
    for prefix in _PREFIXES:
        if name.startswith(prefix) and len(name) > len(prefix) + 3:
            return name[len(prefix) :]
    return name
