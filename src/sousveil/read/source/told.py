"""Lists of names in a comment: ``face_field 包括age,beauty,race`` of the function that it documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from sousveil.model import Construct, Kind, Member, Passage

_SET_APART = rb"(?:[,|]|\xef\xbc\x8c)"
_LISTED = re.compile(rb"[A-Za-z_]\w{0,40}(?:" + _SET_APART + rb"[A-Za-z_]\w{0,40}){2,80}")
_NAME = re.compile(rb"\w+")
# The word before a list, which says what the names are given to; a tag around it is none.
_KEY_BEFORE = re.compile(r"([A-Za-z_]\w{0,40})[^A-Za-z_\n]{0,40}$")
_TAG = re.compile(r"</?\w{1,12}>")
_LONGEST = 40_000


def lists(source: bytes, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and key of each list of names in the comment ``source[start:end]``."""
    for match in _LISTED.finditer(source, start, min(end, start + _LONGEST)):
        line = source.rfind(b"\n", start, match.start()) + 1
        before = source[max(line, start, match.start() - 200) : match.start()].decode("utf-8", "ignore")
        key = _KEY_BEFORE.search(_TAG.sub("", before))
        yield match.start(), match.end(), key[1] if key else ""


def construct(
    source: bytes,
    start: int,
    end: int,
    name: str,
    scope: tuple[str, ...],
    language: str,
    place: Callable[[int, int, int], Passage],
) -> Construct:
    """Return the list of names at ``source[start:end]`` as an attribute list; ``place`` is given a length at most."""
    members = tuple(
        Member(m[0].decode("utf-8", "replace"), place(*m.span(), 600)) for m in _NAME.finditer(source, start, end)
    )
    return Construct(
        Kind.LABEL_SET, name, place(start, end, 600), members, scope=scope, role="attribute-list", language=language
    )
