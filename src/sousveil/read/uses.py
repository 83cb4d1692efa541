"""What is done with a list that another file holds: ``GROUPS[scores.argmax()]``, ``labels = load("labels.txt")``.

The list's own name need not tell what it is for. Which names are looked for is known when the first search was judged.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from sousveil.model import Construct, Kind
from sousveil.read.comparisons import around, held_from, holders
from sousveil.read.text import decode

USED = "used-list"
"""Role of the place where one item of such a list is picked, and of what stands around it."""
MOST = 40
"""Most of one file."""
_PLACES = 20
"""Most places of one variable's name."""
_BEFORE, _AFTER, _LINE = 700, 300, 400
_FILE = re.compile(rb"[\"'`](?:[^\"'`\n]{0,200}/)?([\w.-]{1,80}\.\w{2,6})[\"'`]")
_TAKEN = re.compile(
    rb"^[^\n=]{0,80}?\b([A-Za-z_$][\w$]{0,60})\s{0,4}(?::[^=\n]{1,60})?(?::=|=(?!=)|<-)|\bas\s+(\w{1,60}):"
)
# LABELS[best], labels.get(best), zip(labels, scores), TensorLabel(labels, output)
_PICKED = (
    rb"(?<![\w$])%s\s{0,4}(?:\[(?!\s?\])|\.\s?(?:get|at|item|elementAt)\s?\()"
    rb"|\b(?:zip|\w{0,40}[lL]abel\w{0,40})\s?\([^()\n]{0,60}(?<![\w$])%s(?![\w$])"
)


def list_uses(data: bytes, hits: Sequence[tuple[int, str]], named: Sequence[int], language: str) -> list[Construct]:
    """Return a statement for each function that picks an item of what is named at the byte offsets ``named``.

    Its name is the list's or the file's, its scope the class and the function, ``uses`` the words around the place.
    The text is decoded in the encoding that ``hits`` speak for.
    """
    text = decode(data, Counter(encoding for _, encoding in hits))
    out: dict[tuple[str, int], Construct] = {}
    for at in map(text.at, named):
        if len(out) >= MOST:
            break
        for name, place in _picks(text.utf8, at):
            start = held_from(text.utf8, place)
            if (name, start) in out:
                continue
            begin = text.utf8.rfind(b"\n", max(0, place - _LINE), place) + 1 or place
            end = text.utf8.find(b"\n", place, place + _LINE)
            out[name, start] = Construct(
                Kind.STATEMENT,
                name,
                text.passage(begin, end if end >= 0 else min(len(text.utf8), place + _LINE)),
                scope=tuple(holders(text.utf8, place)),
                role=USED,
                language=language,
                uses=tuple(w for w in around(text.utf8, max(start, place - _BEFORE), place + _AFTER) if w != name),
            )
    return list(out.values())


def _picks(utf8: bytes, at: int) -> Iterator[tuple[str, int]]:
    """Yield the list's or its file's name that stands at ``at``, and each place where an item of it is picked."""
    line, end = utf8.rfind(b"\n", 0, at) + 1, utf8.find(b"\n", at)
    end = len(utf8) if end < 0 else end
    if end - line > 2000:
        return
    file = next((m for m in _FILE.finditer(utf8, line, end) if m.start() <= at < m.end()), None)
    if file is None:
        word = re.compile(rb"[A-Za-z_$][\w$]{0,80}").match(utf8, at)
        if word is not None:
            name = word[0]
            picked = re.compile(_PICKED % (re.escape(name), re.escape(name)))
            yield from ((name.decode(), at) for m in picked.finditer(utf8, line, end) if m.start() <= at < m.end())
        return
    taken = _TAKEN.search(utf8[line : file.start()]) or _TAKEN.search(utf8[file.end() : end])
    variable = taken and (taken[1] or taken[2])
    if not variable:
        return
    picked = re.compile(_PICKED % (re.escape(variable), re.escape(variable)))
    for match in islice(picked.finditer(utf8, end), _PLACES):
        yield file[1].decode("utf-8", "replace"), match.start()
