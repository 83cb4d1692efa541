"""Keys of a bundle of texts or settings that begin or end alike: ``YELLOW_RACE``, ``BLACK_RACE``, ``WHITE_RACE``.

In a bundle of a thousand texts the three are a few words among many; together they are one set of labels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from sousveil.model import Construct, Kind, Member
from sousveil.read.unfinished import tell

_LANGUAGES = frozenset(("json", "yaml", "ini", "xml", "toml", "javascript", "po"))
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_MANY = 24
"""So many members make a bundle; fewer are judged as they stand."""
_LEAST = 3
_SHORTEST = 3
_NAMING = re.compile(r"[a-zA-Z]+|[^\W\d_a-zA-Z\u0080-\u024f]")
"""What a set may be called. A mark before every word, as the letter for a space in a tokenizer's list, names none."""
_MOST = 40
_APART, _APART_IN_CATALOGUES = 3, 8
"""Lines or members that may lie between two of a family; in gettext's catalogues an entry has several lines."""
_MOST_FAMILIES = 60

_Item = tuple[int, Member]
"""Where an item stands (its line or its number) and the item."""


def families(constructs: Sequence[Construct]) -> list[Construct]:
    """Return a label set for each run of at least three neighbouring keys with the same first or last words.

    Its name is what they have in common, its members' names are the rest; their values are the texts. At most 60 of one
    file.
    """
    out: list[Construct] = []
    for items, whole in _bundles(constructs):
        for first in (True, False):
            apart = _APART_IN_CATALOGUES if whole.language == "po" else _APART
            for affix, run in _runs(items, first, apart):
                if len(out) >= _MOST_FAMILIES:
                    tell("cut", f"more than {_MOST_FAMILIES} sets of keys that begin or end alike: the first were read")
                    return out
                scope = (*whole.scope, whole.name) if whole.kind is not Kind.STATEMENT and whole.name else whole.scope
                members = tuple(run[:_MOST])
                out.append(
                    Construct(
                        Kind.LABEL_SET, affix, members[0].passage, members, "", scope, "family", whole.language
                    )
                )  # fmt: skip
    return out


def _bundles(constructs: Iterable[Construct]) -> Iterator[tuple[list[_Item], Construct]]:
    loose: dict[tuple[str, ...], list[tuple[_Item, Construct]]] = {}
    for one in constructs:
        if one.language not in _LANGUAGES:
            continue
        if one.role == "key-value" and len(one.members) == 1 and one.passage.line:
            loose.setdefault(one.scope, []).append(((one.passage.line, one.members[0]), one))
        elif one.kind in (Kind.RECORD, Kind.LABEL_SET) and len(one.members) >= _MANY:
            yield list(enumerate(one.members)), one
    for held in loose.values():
        if len(held) >= _LEAST:
            yield sorted((item for item, _ in held), key=lambda i: i[0]), held[0][1]


def _runs(items: Sequence[_Item], first: bool, apart: int) -> Iterator[tuple[str, list[Member]]]:
    """Yield the common words and the members of each run of neighbours that begin (or end) with one word."""
    run: list[tuple[int, list[str], Member]] = []
    for place, member in items:
        parts = _WORDS.findall(member.name)
        word = (parts[0] if first else parts[-1]).lower() if len(parts) > 1 else ""
        if run and (word != _end(run[-1][1], first) or place - run[-1][0] > apart or not word):
            yield from _family(run, first)
            run = []
        if word:
            run.append((place, parts, member))
    yield from _family(run, first)


def head_of(key: str) -> str:
    """Return the word that a key begins with, if more follow it, in lower case."""
    parts = _WORDS.findall(key)
    return parts[0].lower() if len(parts) > 1 else ""


def _end(parts: Sequence[str], first: bool) -> str:
    return (parts[0] if first else parts[-1]).lower()


def _family(run: Sequence[tuple[int, list[str], Member]], first: bool) -> Iterator[tuple[str, list[Member]]]:
    if len(run) < _LEAST:
        return
    spelt = [[p.lower() for p in parts] for _, parts, _ in run]
    shared = 1
    while all(len(s) > shared + 1 for s in spelt) and len({tuple(_cut(s, shared + 1, first)) for s in spelt}) == 1:
        shared += 1
    rests = [_rest(parts, shared, first) for _, parts, _ in run]
    if len(set(rests)) < _LEAST:
        return
    affix = " ".join(_cut(run[0][1], shared, first))
    if (affix.isascii() and len(affix) < _SHORTEST) or not _NAMING.match(affix):
        return
    yield affix, [replace(m, name=rest) for (_, _, m), rest in zip(run, rests, strict=True)]


def _cut(parts: Sequence[str], count: int, first: bool) -> list[str]:
    return list(parts[:count] if first else parts[-count:])


def _rest(parts: Sequence[str], count: int, first: bool) -> str:
    return " ".join(parts[count:] if first else parts[:-count])
