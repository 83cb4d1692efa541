"""Lists of constants: ``RACES = [WHITE, BLACK, ASIAN]``, where each name stands for a text in the same file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from sousveil.model import Construct, Kind, Member
from sousveil.read.comparisons import around, holders
from sousveil.read.source.script import unescape
from sousveil.read.text import Text

MOST = 40
"""Lists of one file."""
_CONSTANTS, _NAMES = 400, 40
_NEAR = 240
_REACH = 600
_LOOKED_AT, _LINE = 1000, 400
_USED = 6
# `static final String WHITE = "White";`, `const WHITE: &str = "White";`, `#define WHITE "White"`
_CONSTANT = re.compile(
    rb"^[ \t]*(?:(?:[\w<>&]|::){1,30}+(?:[ \t]{1,4}+\*{0,3}+[ \t]?|\*{1,3}+[ \t]{0,4}+)){0,6}"
    rb"([A-Za-z_$][\w$]{1,60})[ \t]{0,4}(?:\[\d*\])?"
    rb"(?:[ \t]*:[ \t]*[&'\w]{1,20}(?: \w{1,20})?)?[ \t]{0,4}:?=[ \t]{0,4}"
    rb"(?:\"([^\"\n]{1,60})\"|'([^'\n]{1,60})')[ \t]*[;,]?[ \t]*(?:\r|$)"
    rb"|^#[ \t]*define[ \t]+([A-Za-z_]\w{1,60})[ \t]+\"([^\"\n]{1,60})\"",
    re.MULTILINE,
)
_LIST = re.compile(
    rb"([A-Za-z_$][\w$]{0,60})[ \t]{0,4}(?:\[\w*\])?(?:[ \t]*:[ \t]*[\w\[\]<>&; ]{1,40})?[ \t]{0,4}:?=\s{0,8}"
    rb"(?:new[ \t]+\w{1,30}(?:\[\])?[ \t]*|(?:[lL]istOf|arrayOf|List\.of|Arrays\.asList|Set\.of|Object\.freeze)\s?"
    rb"|\[\]string|vec!|&)?\s?(?:\(?[\[({])\s{0,40}"
    rb"((?:[A-Za-z_$][\w$.:]{1,60}\s{0,40},\s{0,40}){1,40}[A-Za-z_$][\w$.:]{1,60})\s{0,40},?\s{0,40}[\])}]"
)


def split_lists(text: Text, offsets: Sequence[int], language: str) -> list[Construct]:
    """Return the lists in which every name stands for a text, one of which holds an offset (into the UTF-8, sorted).

    The members are the texts, each at the place where it is written.
    """
    utf8 = text.utf8
    telling = {match[1] or match[4] for match in _defining(text, offsets)}
    if not telling:
        return []
    known: dict[bytes, tuple[int, int]] = {}
    for match in _CONSTANT.finditer(utf8):
        group = next(g for g in (2, 3, 5) if match.start(g) >= 0)
        known[match[1] or match[4]] = match.span(group)
        if len(known) >= _CONSTANTS:
            break
    out: list[Construct] = []
    for match in _lists(utf8, telling):
        names = [w.split(b".")[-1].split(b":")[-1].strip() for w in match.group(2).split(b",")]
        if len(out) >= MOST or any(n not in known for n in names):
            continue
        members = []
        for name in names[:_NAMES]:
            start, end = known[name]
            said = unescape(utf8[start:end].decode("utf-8", "replace"))
            members.append(Member(said, text.passage(start, end), value=name.decode("utf-8", "replace")))
        line, stop = text.line_span(match.start())
        line += len(utf8[line:stop]) - len(utf8[line:stop].lstrip())
        out.append(
            Construct(
                Kind.LABEL_SET,
                match.group(1).decode("utf-8", "replace"),
                text.passage(min(line, match.start()), max(stop, match.start())),
                tuple(members),
                scope=tuple(holders(utf8, match.start())),
                role="list",
                language=language,
                uses=tuple(_used(utf8, match.group(1), match.end())),
            )
        )
    return out


def _defining(text: Text, offsets: Sequence[int]) -> Iterator[re.Match[bytes]]:
    """Yield the definitions of constants whose text holds an offset."""
    for at in offsets[:_LOOKED_AT]:
        start, end = text.line_span(at)
        match = _CONSTANT.match(text.utf8, start, end) if end - start <= _LINE else None
        if match is not None and at >= max(match.start(g) for g in (2, 3, 5)):
            yield match


def _lists(utf8: bytes, telling: set[bytes]) -> list[re.Match[bytes]]:
    """Return the lists that hold one of the names, in order."""
    found: dict[int, re.Match[bytes]] = {}
    for name in sorted(telling)[:_NAMES]:
        for use in islice(re.finditer(rb"\b" + re.escape(name) + rb"\b", utf8), _NAMES):
            low, high = max(0, use.start() - _REACH), use.end() + _REACH
            for match in _LIST.finditer(utf8, low, high):
                if match.start(2) <= use.start() < match.end(2):
                    found.setdefault(match.start(2), match)
    return [found[start] for start in sorted(found)]


def _used(utf8: bytes, name: bytes, at: int) -> list[str]:
    """Return the words of the lines further down on which something is picked from the list."""
    found: dict[str, None] = {}
    for match in list(re.finditer(rb"\b" + re.escape(name) + rb"\s?[\[.(]", utf8[at:]))[:_USED]:
        start = max(at, utf8.rfind(b"\n", 0, at + match.start()) + 1, at + match.start() - _NEAR)
        end = utf8.find(b"\n", at + match.end(), at + match.end() + _NEAR)
        found.update(dict.fromkeys(around(utf8, start, end if end >= 0 else at + match.end() + _NEAR)))
    return list(found)
