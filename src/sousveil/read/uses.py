"""What is done with a list: ``GROUPS[scores.argmax()]``, ``labels = load("labels.txt")`` and ``labels[best]``.

The list's own name need not tell what it is for. It may stand in another file: which names are looked for
there is known when the first search was judged.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from sousveil.model import Construct, Kind
from sousveil.read.comparisons import around, held_from, holders
from sousveil.read.text import Text, decode

USED = "used-list"
"""Role of the place where an item of a list is picked by what a model answers, and of what stands around it."""
MOST = 40
"""Most of one file."""
_FEWEST, _LONGEST = 3, 16
_PLACES = 20
"""Most places of one name."""
_BEFORE, _AFTER, _LINE = 700, 300, 400
_FILE = re.compile(rb"[\"'`](?:[^\"'`\n]{0,200}/)?([\w.-]{1,80}\.\w{2,6})[\"'`]")
_TAKEN = re.compile(
    rb"^[^\n=]{0,80}?\b([A-Za-z_$][\w$]{0,60})\s{0,4}(?::[^=\n]{1,60})?(?::=|=(?!=)|<-)|\bas\s+(\w{1,60}):"
    rb"|\bimport\s+([A-Za-z_$][\w$]{0,60})\s+from\b"
)
# LABELS[best], labels.get(best), zip(labels, scores), TensorLabel(labels, output)
_PICKED = (
    rb"(?<!\w)%s\s{0,4}(?:\[\s{0,4}(?P<index>[^\]\n]{1,160})|\.\s?(?:get|at|item|elementAt)\s?\((?P<given>[^)\n]{1,160}))"
    rb"|\b(?:zip|\w{0,40}[lL]abel\w{0,40})\s?\([^()\n]{0,60}(?<!\w)%s(?![\w$])"
)
_ANSWER = (b"max", b"top", b"predict", b"forward", b"infer", b"run(", b"invoke", b"detect", b"classif", b"logits")
_ANSWERED = re.compile(
    rb"(?i)arg_?max|max_?loc|max_?by|max_?element|index\w{0,4}\(\s?(?:Math\.)?max|top_?k|predict|softmax|logits|forward"
    rb"|\binfer|(?:sess(?:ion)?|interpreter|net|model)\w{0,20}\.(?:run|invoke|call|execute)|detect|classif"
)
# The group of the greatest error is a report's.
_MEASURED = re.compile(rb"(?i)errors?(?![a-z])|accurac|disparit|bias|wrong|worst|rates?(?![a-z])|deviation|residual")
# Whoever counts through all of a list picks nobody.
_COUNTED = rb"\bfor\b[^\n]{0,60}\b%s\b[^\n]{0,20}(?:\bin\b|=|:)|\bfor\b[^\n]{0,40}[,(]\s?%s\b"


def list_uses(data: bytes, hits: Sequence[tuple[int, str]], named: Sequence[int], language: str) -> list[Construct]:
    """Return a statement for each function that picks an item of what is named at the byte offsets ``named``.

    Its name is the list's or the file's, its scope the class and the function, ``uses`` the words around the place.
    The text is decoded in the encoding that ``hits`` speak for.
    """
    text = decode(data, Counter(encoding for _, encoding in hits))
    return _made(text, (one for at in map(text.at, named) for one in _named(text.utf8, at)), language)


def own_uses(text: Text, constructs: Sequence[Construct], language: str) -> list[Construct]:
    """Return the same for the short lists among a file's own constructs."""
    if not any(word in text.utf8 for word in _ANSWER):
        return []
    names = {
        c.name.rpartition(".")[2]: c.passage.offset
        for c in constructs
        if c.kind is Kind.LABEL_SET and c.name and _FEWEST <= len(c.members) <= _LONGEST
    }
    found = (
        (name.encode(), at)
        for name in islice(names, MOST)
        if name.isidentifier()
        for at in islice(_picks(text.utf8, name.encode(), 0), _PLACES)
    )
    return _made(text, found, language)


def _made(text: Text, found: Iterable[tuple[bytes, int]], language: str) -> list[Construct]:
    out: dict[tuple[str, int], Construct] = {}
    for name, place in found:
        if len(out) >= MOST:
            break
        said, start = name.decode("utf-8", "replace"), held_from(text.utf8, place)
        low, high = max(start, place - _BEFORE), place + _AFTER
        if (said, start) in out or not _ANSWERED.search(text.utf8, low, high):
            continue
        begin = text.utf8.rfind(b"\n", max(0, place - _LINE), place) + 1 or place
        end = text.utf8.find(b"\n", place, place + _LINE)
        out[said, start] = Construct(
            Kind.STATEMENT,
            said,
            text.passage(begin, end if end >= 0 else min(len(text.utf8), place + _LINE)),
            scope=tuple(holders(text.utf8, place)),
            role=USED,
            language=language,
            uses=tuple(w for w in around(text.utf8, low, high) if w != said),
        )
    return list(out.values())


def _named(utf8: bytes, at: int) -> Iterator[tuple[bytes, int]]:
    """Yield the list's or its file's name that stands at ``at``, and each place where an item of it is picked."""
    line, end = utf8.rfind(b"\n", 0, at) + 1, utf8.find(b"\n", at)
    end = len(utf8) if end < 0 else end
    if end - line > 2000:
        return
    file = next((m for m in _FILE.finditer(utf8, line, end) if m.start() <= at < m.end()), None)
    if file is None:
        word = re.compile(rb"[A-Za-z_$][\w$]{0,80}").match(utf8, at)
        yield from ((word[0], p) for p in _picks(utf8, word[0], line, end) if p == at) if word else ()
        return
    taken = _TAKEN.search(utf8[line : file.start()]) or _TAKEN.search(utf8[file.end() : end])
    variable = taken and next((name for name in taken.groups() if name), None)
    for place in islice(_picks(utf8, variable, end), _PLACES) if variable else ():
        yield file[1], place


def _picks(utf8: bytes, name: bytes, low: int, high: int | None = None) -> Iterator[int]:
    """Yield where an item of ``name`` is picked, and not one after the other."""
    picked = re.compile(_PICKED % (re.escape(name), re.escape(name)))
    for match in picked.finditer(utf8, low, len(utf8) if high is None else high):
        index = (match["index"] or match["given"] or b"").strip(b" ]()$")
        if index.isdigit():
            continue
        if re.fullmatch(rb"\w{1,40}", index):
            counted = re.compile(_COUNTED % (index, index))
            if counted.search(utf8, max(0, match.start() - _BEFORE), match.start()):
                continue
        if _MEASURED.search(index) or _MEASURED.search(_made_of(utf8, index, match.start())):
            continue
        yield utf8.find(name, match.start())


def _made_of(utf8: bytes, index: bytes, at: int) -> bytes:
    """Return the lines before ``at`` that give a value to the names of an index, and to those these are made of."""
    out: dict[bytes, None] = {}
    names = index
    for _ in range(2):
        lines: list[bytes] = []
        for name in islice(re.finditer(rb"[A-Za-z_]\w{0,60}", names), 6):
            given = re.compile(rb"\b%s\s{0,4}:?=[^=\n][^\n]{0,200}" % re.escape(name[0]))
            lines += [m[0] for m in given.finditer(utf8, max(0, at - _BEFORE), at)]
        out |= dict.fromkeys(lines)
        names = b" ".join(line.partition(b"=")[2] for line in lines)
    return b"\n".join(out)
