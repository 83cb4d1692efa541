"""Prompts: those that a program keeps whole in one string, which a language's reader takes for the value of a field,
and those that a document is."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise

from sousveil.model import Construct, Kind
from sousveil.read.source.script import unescape
from sousveil.read.text import Text
from sousveil.read.unfinished import tell

_ASKED, _MOST, _LOOKED_AT = 6000, 40, 1000
# "You are an expert", "answer as JSON": a model is addressed.
_ADDRESSED = re.compile(
    rb"\b[Yy]ou(?:'re| are) (?:an? |the )|"
    rb"\b(?:[Rr]espond|[Rr]eply|[Aa]nswer|[Rr]eturn|[Oo]utput)\b[^.\n]{0,60}\b(?:JSON|json|only)\b"
)
_OPENS = re.compile(rb"^[ \t>*\"'-]{0,8}(?:#{1,4} )?You are (?:an?|the)\b", re.MULTILINE)
_LINE = re.compile(rb"\"((?:[^\"\\\n]|\\.){40,6000}+)\"|'((?:[^'\\\n]|\\.){40,6000}+)'")
# What opens and closes a string of several lines, and the readers of languages that have it.
_LONG = (
    (b'"""', frozenset(("java", "kotlin", "swift", "scala", "csharp", "dart", "hashed", "python"))),
    (b"'''", frozenset(("dart", "python", "java"))),
    (b"`", frozenset(("javascript", "go", "vue"))),
)
_HERE = re.compile(rb"<<[<~-]?[ \t]?[\"']?([A-Za-z_]\w{1,40})[\"']?[^\n]{0,80}\n")
_DESCRIBES = re.compile(rb"[^\"'\s]\s{0,4}:[ \t]*\n\s{0,80}[rRuU]?(?:\"\"\"|''')\Z")
_NAMED = re.compile(rb"([A-Za-z_$][\w$]{0,60})[\"']?\s{0,4}(?::[^=\n\"']{1,40})?(?:=>?|:)\s{0,40}[@a-zA-Z]{0,2}\Z")


def asked(text: Text, offsets: Sequence[int], language: str, made: Sequence[Construct]) -> list[Construct]:
    """Return the prompts that hold one of ``offsets`` (into the text's UTF-8, sorted) and are no string in ``made``."""
    data = text.utf8
    if not offsets or _ADDRESSED.search(data) is None:
        return []
    known = {c.passage.offset: len(c.gloss or c.passage.text) for c in made if c.role == "string"}
    out: list[Construct] = []
    last = -1
    marks = {m: [f.start() for f in re.finditer(m, data)] for m, readers in _LONG if language in readers}
    if len(offsets) > _LOOKED_AT:
        tell("cut", f"more than {_LOOKED_AT:,} places hold terms: prompts were looked for around the first")
    for at in offsets[:_LOOKED_AT]:
        span = _string(data, at, marks) if last <= at < len(data) else None
        if span is None:
            continue
        start, end = span
        last = end
        # What stands below a head in Python describes it.
        if language == "python" and _DESCRIBES.search(data[max(0, start - 120) : start]):
            continue
        if len(out) >= _MOST:
            tell("cut", f"more than {_MOST} prompts: the first were read")
            break
        place = text.passage(start, min(end, start + 600))
        # What the language's reader gives whole needs no second reading.
        said = max((known.get(o, 0) for o in range(place.offset - 4, place.offset + 4)), default=0)
        if _ADDRESSED.search(data, start, end) and said < (end - start) * 0.9:
            named = _NAMED.search(data[max(0, start - 160) : start].rstrip(b"\"'`["))
            name = named[1].decode("utf-8", "replace") if named else ""
            words = unescape(data[start : min(end, start + _ASKED)].decode("utf-8", "replace"))
            out.append(Construct(Kind.STATEMENT, name, place, gloss=words, role="string", language=language))
    return out


def prompts(text: Text, offsets: Sequence[int], language: str) -> list[Construct]:
    """Return the prompts of a document that hold one of ``offsets``: from "You are a …" to the next or the end."""
    starts = [m.start() for m in _OPENS.finditer(text.utf8)] if b"You are " in text.utf8 else []
    out: list[Construct] = []
    for start, following in pairwise((*starts, len(text.utf8))):
        end = min(following, start + _ASKED)
        first = next((at for at in offsets if start <= at < end), None)
        if first is not None and len(out) < _MOST:
            low = text.utf8.rfind(b"\n", start, first) + 1 or start
            high = text.utf8.find(b"\n", first)
            place = text.passage(low, end if high < 0 else min(high, low + 600))
            said = text.utf8[start:end].decode("utf-8", "replace")
            out.append(Construct(Kind.STATEMENT, "prompt", place, gloss=said, role="string", language=language))
    return out


def _string(data: bytes, at: int, marks: Mapping[bytes, Sequence[int]]) -> tuple[int, int] | None:
    """Return the extent of the words in the string around ``at``, of at most 6,000 bytes."""
    low = data.rfind(b"\n", max(0, at - _ASKED), at) + 1
    high = data.find(b"\n", at, at + _ASKED)
    for match in _LINE.finditer(data, low, high if high >= 0 else min(len(data), at + _ASKED)):
        if match.start() <= at < match.end():
            return match.start() + 1, match.end() - 1
    for mark, places in marks.items():
        # Every second mark closes what the one before it opened.
        index = bisect_right(places, at)
        if index % 2 and index < len(places) and places[index] - places[index - 1] <= _ASKED:
            return places[index - 1] + len(mark), places[index]
    for match in _HERE.finditer(data, max(0, at - _ASKED), at):
        end = data.find(match[1], at, at + _ASKED)
        if end >= 0 and data.find(match[1], match.end(), at) < 0:
            return match.end(), end
    return None
