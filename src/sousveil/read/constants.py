"""Constants that conditions compare with: ``KEY = {"…", "…"}`` and ``KEY.contains(nation)``, in one file or two."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sousveil.model import Construct, Kind, Member
from sousveil.read import forms
from sousveil.read.source.script import unescape
from sousveil.read.text import Text

KEPT = "kept-values"
"""Role of a constant's values that conditions of other files may mean."""
MOST_KEPT = 12
"""Values of a constant that picks somebody out; a list of everybody is longer."""
Found = tuple[bytes, tuple[int, int], tuple[int, int], bool]
"""What is compared, the values' span, the comparison's own, and whether rows are asked for."""

_MOST = 100
_BEFORE, _AFTER = 320, 240
_USED = 20
"""Most places of a constant's name that are looked at."""
# `list` and `value` are everybody's names.
_TELLING = re.compile(rb"(?:[A-Z][\w$]{3,60}|[a-z]\w{0,40}_\w{2,40})\Z")


class Constant:
    """The constant in whose definition a place stands: its name and its literals' spans."""

    def __init__(self, name: bytes, values: tuple[tuple[int, int], ...]) -> None:
        self.name = name
        self.values = values


def defined_at(utf8: bytes, at: int, seen: set[bytes]) -> Constant | None:
    """Return the constant in whose definition ``at`` stands, each name once."""
    low = max(0, at - _BEFORE)
    if utf8.find(b"=", low, at) < 0 and utf8.find(b"#define", low, at) < 0:
        return None
    defined = list(forms.DEFINED.finditer(utf8, low, at))
    if not defined or len(seen) >= _MOST:
        return None
    name, begin = next(n for n in defined[-1].groups() if n), defined[-1].end()
    between = utf8[begin:at]
    if name in seen or b";" in between or b"\n\n" in between:
        return None
    seen.add(name)
    stops = [p for p in (utf8.find(b";", at, at + forms.BODY), utf8.find(b"\n\n", at, at + forms.BODY)) if p >= 0]
    stop = min(stops, default=min(len(utf8), at + _AFTER))
    following = forms.DEFINED.search(utf8, at, stop)
    stop = stop if following is None else following.start()
    held = tuple((begin + m.start(), begin + m.end()) for m in re.finditer(forms.LITERAL, utf8[begin:stop]))
    return Constant(name, held) if held else None


def compared(utf8: bytes, constant: Constant) -> Iterator[Found]:
    """Yield the comparisons with ``constant`` further down the file."""
    values = constant.values[0][0], constant.values[-1][1]
    where = values[1]
    for _ in range(_USED):
        where = utf8.find(constant.name, where)
        if where < 0:
            return
        for name, told, span, asked in named_at(utf8, where):
            if told[0] <= where < told[1] and last(utf8[slice(*told)]) == constant.name:
                yield name, values, span, asked
        where += len(constant.name)


def named_at(utf8: bytes, at: int) -> Iterator[Found]:
    """Yield the comparisons with a constant's name that hold ``at``; the values' span is that of the name."""
    line, high = max(at - _BEFORE, utf8.rfind(b"\n", max(0, at - _BEFORE), at) + 1, 0), at + _AFTER
    for form in forms.WITH_CONSTANT:
        for match in form.finditer(utf8, line, high):
            if match.start() > at:
                break
            if at >= match.end():
                continue
            name = match.group("name")
            if match.start("name") < match.start("value") and utf8[match.end("name") : match.end("name") + 1] == b"(":
                called = forms.CALLED.search(name)
                if called is None:
                    continue
                name = name[: called.start()]
            asked = forms.within_query(utf8, match.start()) or forms.indexed(utf8, line, match.start())
            yield name, match.span("value"), match.span(), asked


def elsewhere(utf8: bytes, at: int) -> Found | None:
    """Return the comparison with a constant of a telling name, perhaps another file's, that holds ``at``."""
    near = utf8[max(0, at - _BEFORE) : at + _AFTER]
    for found in named_at(utf8, at) if any(word in near for word in forms.WITH_WORDS) else ():
        name = utf8[slice(*found[1])]
        # "Interest in Islam": a word with a capital is not yet a constant's name there.
        plain = name.isalpha() and not name.isupper() and b" in " in utf8[slice(*found[2])]
        if _TELLING.match(last(name)) and not plain:
            return found
    return None


def last(name: bytes) -> bytes:
    """Return the last part of a dotted name."""
    return name.rpartition(b".")[2].rpartition(b":")[2]


def kept(text: Text, constant: Constant, scope: tuple[str, ...], language: str) -> Construct | None:
    """Return the construct of a constant that other files may compare with; nothing of a common name or a long list."""
    if len(constant.values) > MOST_KEPT or not _TELLING.match(constant.name):
        return None
    start = text.utf8.rfind(constant.name, 0, constant.values[0][0])
    members = tuple(
        Member(
            unescape(text.utf8[a:b].lstrip(b"LuUNb@$8").strip(b"\"'`").decode("utf-8", "replace")), text.passage(a, b)
        )
        for a, b in constant.values
    )
    end = min(constant.values[-1][1], start + 400)
    return Construct(
        Kind.STATEMENT,
        constant.name.decode("utf-8", "replace"),
        text.passage(start, end),
        members,
        scope=scope,
        role=KEPT,
        language=language,
    )
