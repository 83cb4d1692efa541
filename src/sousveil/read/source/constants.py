"""Constants that stand together as an enumeration: ``#define RACE_WHITE 1`` lines, rows of ``static final int``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tree_sitter import Node

from sousveil.model import Construct, Kind, Member
from sousveil.read.gloss import clean
from sousveil.read.source.brace import Found, Reader, near, words

_MOST = 512
_SEGMENT = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# First segments that say whose constants they are, not what they are about.
_GENERIC = words(
    "max min net dh hik dvr sdk def default em type status err error cmd msg len size k e num cfg config my app g",
    "nv tp ti vca ipc dev the no id flag opt use enable is has",
)
_INTEGER = re.compile(r"^\(?\s*(-?(?:0[xX][0-9a-fA-F]+|\d+))[uUlL]*\s*\)?$")


class Constant(NamedTuple):
    """One constant: its name, its value as written, its place."""

    name: str
    value: str
    at: int
    start: int
    end: int


def number(value: str) -> int | None:
    """Return an integer constant's value."""
    match = _INTEGER.match(value.strip())
    return int(match[1], 0 if match[1].lower().startswith(("0x", "-0x")) else 10) if match else None


def shared(one: str, two: str) -> str:
    """Return what two names begin with, up to the end of a word of the name."""
    length = 0
    while length < min(len(one), len(two)) and one[length] == two[length]:
        length += 1
    while length and not _joint(one, two, length):
        length -= 1
    return one[:length]


def _joint(one: str, two: str, at: int) -> bool:
    if one[at - 1] == "_":
        return True
    return all(at >= len(n) or (n[at].isupper() and not n[at - 1].isupper()) for n in (one, two))


def telling(prefix: str) -> bool:
    """Return whether a shared prefix says what the constants are about."""
    return any(len(s) > 1 and s.lower() not in _GENERIC for s in _SEGMENT.findall(prefix))


def families(row: Sequence[Constant]) -> Iterator[list[Constant]]:
    """Yield runs of neighbours that share a telling prefix, or any prefix and count up."""
    group: list[Constant] = []
    prefix = ""
    for index, one in enumerate(row):
        if group:
            common = shared(prefix or group[0].name, one.name)
            a, b = number(group[-1].value), number(one.value)
            counts = a is not None and b is not None and b == a + 1
            fits = telling(common) if common == prefix or not prefix else telling(common) and counts
            ahead = shared(one.name, row[index + 1].name) if index + 1 < len(row) else ""
            # The next ones have more in common with each other than with these.
            leaves = len(ahead) > len(common) and telling(ahead[len(common) :])
            if len(group) < _MOST and (counts if leaves else fits or counts) and common and not (leaves and prefix):
                group.append(one)
                prefix = common
                continue
            yield group
        group, prefix = [one], ""
    if group:
        yield group


def family_name(group: Sequence[Constant]) -> str:
    """Return the prefix a family shares, without joints; the name of a single one."""
    if len(group) == 1:
        return group[0].name
    prefix = group[0].name
    for one in group[1:]:
        prefix = shared(prefix, one.name)
    return prefix.rstrip("_")


WHOLE = 48
"""A class of constants alone is one enumeration up to this many, or if they share a prefix."""


def class_constants(
    items: Sequence[tuple[Node, Constant | None]], fields: int
) -> tuple[list[Constant], list[list[Constant]], set[int]]:
    """Return a class's constants if it has nothing else, else their families, and where the taken ones start."""
    rows: list[list[Constant]] = [[]]
    for _, constant in items:
        if constant is None:
            rows.append([])
        else:
            rows[-1].append(constant)
    flat = [c for row in rows for c in row]
    if len(flat) >= 2 and len(flat) == fields and (len(flat) <= WHOLE or len(list(families(flat))) == 1):
        return flat, [], set()
    groups = [g for row in rows for g in families(row) if len(g) > 1]
    return [], groups, {c.start for g in groups for c in g}


def enumeration(
    reader: Reader,
    group: Sequence[Constant],
    scope: tuple[str, ...],
    name: str = "",
    extent: tuple[int, int, int] | None = None,
    gloss: str = "",
    bases: Iterable[str] = (),
) -> Found:
    """Return the Enumeration of constants; ``extent`` (start, end, place of the name) where a class holds them all."""

    def build(found: Found) -> Construct:
        parts = [reader.extent(c.name, c.at, c.start, c.end, c.value) for c in group]
        at = extent[2] if extent else group[0].at
        return reader.build(
            found,
            name or family_name(group),
            at,
            scope,
            "constants",
            parts,
            gloss=gloss,
            bases=bases,
            comments=bool(extent),
        )

    start, end = (extent[0], extent[1]) if extent else (group[0].start, group[-1].end)
    return Found(start, end, Kind.ENUMERATION, build, names=(name,) if name else ())


# ------------------------------------------------------------------------------------------- #define lines

_DEFINE = re.compile(
    rb"[ \t]*\#[ \t]*define[ \t]+(?P<name>[A-Za-z_]\w*)(?P<call>\([^()\n]{0,200}\))?(?:[ \t]+(?P<value>[^\n]*))?"
)
_SIMPLE = re.compile(
    r"^\(?\s*(?:-?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?)[uUlLfF]*|[\"'@].*|[A-Za-z_]\w*|\(?[\w\s<|+\-*]+\)?)\s*\)?$"
)
_GAP = 6


def defines(reader: Reader, spots: Sequence[int] | None, spans: Sequence[tuple[int, int]]) -> Iterator[Found]:
    """Yield the families of ``#define`` constants around ``spots``, and single macros that hold one."""
    row: list[Constant] = []
    utf8 = reader.utf8
    last = -1
    for start, end in spans:
        if not _near_define(spots, start):
            continue
        match = _DEFINE.match(utf8, start, end)
        if match is None or match["call"] is not None:
            yield from _defined(reader, row, spots)
            row = []
            if (
                near(spots, start, end)
                and spots is not None
                and not utf8[start:end].lstrip()[1:].lstrip().startswith((b"if", b"el", b"en", b"pr"))
            ):
                yield _macro(reader, start, end, match)
            continue
        value = " ".join((match["value"] or b"")[:400].decode("utf-8", "ignore").replace("\\\n", " ").split())
        apart = last >= 0 and utf8.count(b"\n", last, start) > _GAP
        if row and (apart or not _SIMPLE.match(value)):
            yield from _defined(reader, row, spots)
            row = []
        last = end
        one = Constant(match["name"].decode(), value, match.start("name"), start, end)
        if not _SIMPLE.match(value) or not value:
            if spots is not None and near(spots, start, end):
                yield _macro(reader, start, end, match)
            continue
        row.append(one)
    yield from _defined(reader, row, spots)


def _near_define(spots: Sequence[int] | None, start: int) -> bool:
    return near(spots, max(0, start - 40_000), start + 40_000)


def _defined(reader: Reader, row: Sequence[Constant], spots: Sequence[int] | None) -> Iterator[Found]:
    for group in families(row):
        if not near(spots, group[0].start, group[-1].end + 1):
            continue
        if len(group) > 1:
            yield enumeration(reader, group, ())
        elif spots is not None:
            yield _macro(reader, group[0].start, group[0].end, None, group[0])


def _macro(
    reader: Reader, start: int, end: int, match: re.Match[bytes] | None, constant: Constant | None = None
) -> Found:
    name = constant.name if constant else match["name"].decode() if match else ""
    at = constant.at if constant else match.start("name") if match else start

    def build(found: Found) -> Construct:
        source = reader.source
        parts = [reader.extent(name, at, start, end, constant.value)] if constant else []
        said = parts[0].member.gloss if parts else clean(source.leading(start).text)
        found.parts = parts
        members: tuple[Member, ...] = tuple(p.member for p in parts)
        uses = () if constant else reader.uses(at, end)
        return Construct(
            Kind.STATEMENT, name, source.line(at), members, said, (), "constants", reader.language, uses=uses
        )

    return Found(start, end, Kind.STATEMENT, build)
