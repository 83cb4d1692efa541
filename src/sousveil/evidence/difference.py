"""What differs between two states of an address that are texts: line by line, and whether it is values alone."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from sousveil.evidence.case import Case

_MOST_TEXT = 4 << 20
_MOST_COMPARED = 4_000_000
"""Lines of one text times lines of the other that are compared line by line: hostile ones take hours."""
_TEXT = ("text/", "application/json", "application/xhtml+xml", "application/xml", "application/javascript")
_PAIR = re.compile(
    r"""(?<![\w-])([\w-]{1,80}+)["']?\s{0,4}[=:]\s{0,4}("[^"]{0,4000}"|'[^']{0,4000}'|[\w+/=.-]{1,4000}+)"""
)
"""A value with a name: an attribute, a member of an object, an assignment."""
_CALLED = frozenset({"name", "property", "id"})
_HELD = frozenset({"content", "value"})
_MOST_NAMES = 5


def texts(case: Case, digests: tuple[str, str], kinds: tuple[str, str]) -> tuple[str, str] | None:
    """Return what two objects hold, None unless both are texts of a size to be compared."""
    if not all(kind.startswith(_TEXT) for kind in kinds):
        return None
    out = []
    for digest in digests:
        path = case.objects.path(digest)
        if not path.exists() or path.stat().st_size > _MOST_TEXT:
            return None
        out.append(path.read_bytes().decode("utf-8", "backslashreplace"))
    return out[0], out[1]


def only_values(both: tuple[str, str]) -> list[str]:
    """Return the names of the values in which alone two texts differ, at most six; none where more than that differs.

    Many pages hold a token that is made anew for each reader. That a text differs is told all the same: such a value
    may be a version or a digest, and its name lets a person see which it is.
    """
    (bare, old), (other, new) = (_parts(text) for text in both)
    if bare != other or len(old) != len(new):
        return []
    names = {name: None for (name, value), (_, said) in zip(old, new, strict=True) if value != said}
    found = list(names)
    return found[:_MOST_NAMES] + ([f"{len(found) - _MOST_NAMES} more"] if len(found) > _MOST_NAMES else [])


def _parts(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Return a text without its values, and the values with their names."""
    return _PAIR.sub(lambda found: found[0][: found.start(2) - found.start()], text), list(_pairs(text))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    before = ("", "")
    for found in _PAIR.finditer(text):
        name, value = found[1], found[2]
        # <meta name="csrf-token" content="…">: what it is called stands in another value.
        called = name in _HELD and before[0] in _CALLED
        yield (before[1].strip("\"'")[:80] if called else name), value
        before = (name, value)


def difference(both: tuple[str, str], digests: tuple[str, str]) -> bytes:
    """Return a unified difference of two texts."""
    old, new = (text.splitlines() for text in both)
    if len(old) * len(new) > _MOST_COMPARED:
        return _replaced(old, new, *digests)
    return "\n".join(difflib.unified_diff(old, new, *digests, lineterm="", n=2)).encode()


def _replaced(old: list[str], new: list[str], before: str, after: str) -> bytes:
    """Return a difference of one piece, from the first line that differs to the last: to find less takes too long."""
    low = 0
    while low < min(len(old), len(new)) and old[low] == new[low]:
        low += 1
    same = 0
    while same < min(len(old), len(new)) - low and old[-1 - same] == new[-1 - same]:
        same += 1
    out, into = old[low : len(old) - same], new[low : len(new) - same]
    head = [f"--- {before}", f"+++ {after}", f"@@ -{low + 1},{len(out)} +{low + 1},{len(into)} @@"]
    return "\n".join([*head, *(f"-{line}" for line in out), *(f"+{line}" for line in into)]).encode()
