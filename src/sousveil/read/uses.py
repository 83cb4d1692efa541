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
_PLACES = 60
"""Most places of one name that are looked at."""
_BEFORE, _AFTER, _LINE, _LONG = 700, 300, 400, 2000
_FILE = re.compile(rb"[\"'`](?:[^\"'`\n]{0,200}/)?([\w.-]{1,80}\.\w{2,6})[\"'`]")
_TAKEN = re.compile(
    rb"^[^\n=]{0,80}?\b([A-Za-z_$][\w$]{0,60})\s{0,4}(?::[^=\n]{1,60})?(?::=|=(?!=)|<-)|\bas\s+(\w{1,60}):"
    rb"|\bimport\s+([A-Za-z_$][\w$]{0,60})\s+from\b"
)
# LABELS[best], labels.get(best)
_PICKED = re.compile(rb"\s{0,4}(?:\[\s{0,4}([^\]\n]{1,160})|\.\s?(?:get|at|item|elementAt)\s?\(([^)\n]{1,160}))")
# zip(labels, scores), TensorLabel(labels, output)
_JOINED = re.compile(rb"\b(?:zip|\w{0,40}[lL]abel\w{0,40})\s?\([^()\n]{0,60}\Z")
_ANSWER = (b"max", b"top", b"predict", b"forward", b"infer", b"run(", b"invoke", b"detect", b"classif", b"logits")
_ANSWERED = re.compile(
    rb"(?i)arg_?max|max_?loc|max_?by|max_?element|index\w{0,4}\(\s?(?:Math\.)?max|top_?k|predict|softmax|logits|forward"
    rb"|\binfer|(?:sess(?:ion)?|interpreter|net|model)\w{0,20}\.(?:run|invoke|call|execute)|detect|classif"
)
# The group of the greatest error is a report's.
_MEASURED = re.compile(rb"(?i)errors?(?![a-z])|accurac|disparit|bias|wrong|worst|rates?(?![a-z])|deviation|residual")
# Whoever counts through all of a list picks nobody.
_COUNTED = re.compile(rb"\bfor\b[^\n]{0,100}")
_GIVEN = re.compile(rb"\b([A-Za-z_]\w{0,60})\s{0,4}:?=([^=\n][^\n]{0,200})")
_NAME = re.compile(rb"[A-Za-z_$][\w$]{0,80}")


def list_uses(data: bytes, hits: Sequence[tuple[int, str]], named: Sequence[int], language: str) -> list[Construct]:
    """Return a statement for each function that picks an item of what is named at the byte offsets ``named``.

    Its name is the list's or the file's, its scope the class and the function, ``uses`` the words around the place.
    The text is decoded in the encoding that ``hits`` speak for.
    """
    text = decode(data, Counter(encoding for _, encoding in hits))
    return _made(text, _lines_named(text, named), language)


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
        for at in _picks(text.utf8, name.encode(), 0)
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


def _lines_named(text: Text, named: Sequence[int]) -> Iterator[tuple[bytes, int]]:
    """Yield what `_named` does, of each line that picks anything once: it stands in one function."""
    until = 0
    own: dict[bytes, bool] = {}
    for at in map(text.at, named):
        for name, place in _named(text.utf8, at) if at >= until else ():
            if name not in own:
                own[name] = b"." not in name and _defined(text.utf8, name)
            if own[name]:
                continue
            yield name, place
            end = text.utf8.find(b"\n", at, at + _LONG)
            until = end if end >= 0 else at + _LONG


def _named(utf8: bytes, at: int) -> Iterator[tuple[bytes, int]]:
    """Yield the list's or its file's name that stands at ``at``, and each place where an item of it is picked."""
    line, end = utf8.rfind(b"\n", max(0, at - _LONG), at) + 1, utf8.find(b"\n", at, at + _LONG)
    if end < 0:
        end = min(len(utf8), at + _LONG)
    line = line or max(0, at - _LONG)
    file = next((m for m in _FILE.finditer(utf8, line, end) if m.start() <= at < m.end()), None)
    if file is None:
        word = _NAME.match(utf8, at)
        if word is not None and _picks_at(utf8, at, word.end()):
            yield word[0], at
        return
    taken = _TAKEN.search(utf8[line : file.start()]) or _TAKEN.search(utf8[file.end() : end])
    variable = taken and next((name for name in taken.groups() if name), None)
    for place in _picks(utf8, variable, end) if variable else ():
        yield file[1], place


def _defined(utf8: bytes, name: bytes) -> bool:
    """Return whether the file gives the name a value of its own: then it is no other file's list."""
    own = re.compile(rb"(?<![\w.$])%s\s{0,4}(?:\[\w{0,20}\]\s{0,4})?(?::[^=\n]{1,60})?:?=(?![=>])" % re.escape(name))
    return own.search(utf8) is not None


def _picks(utf8: bytes, name: bytes, low: int) -> Iterator[int]:
    """Yield where behind ``low`` an item of ``name`` is picked."""
    at = utf8.find(name, low)
    for _ in range(_PLACES):
        if at < 0:
            return
        if _picks_at(utf8, at, at + len(name)):
            yield at
        at = utf8.find(name, at + len(name))


def _picks_at(utf8: bytes, start: int, end: int) -> bool:
    """Return whether an item is picked of the list whose name stands there, and not one after the other."""
    if utf8[start - 1 : start].isalnum() or utf8[start - 1 : start] == b"_":
        return False
    match = _PICKED.match(utf8, end)
    if match is None:
        whole = not (utf8[end : end + 1].isalnum() or utf8[end : end + 1] in (b"_", b"$"))
        return whole and _JOINED.search(utf8[max(0, start - 120) : start]) is not None
    index = (match[1] or match[2]).strip(b" ]()$")
    before = utf8[max(0, start - _BEFORE) : start]
    counted = (word for line in _COUNTED.findall(before) for word in re.findall(rb"\w+", line))
    if index.isdigit() or index in counted or _MEASURED.search(index):
        return False
    return not any(_MEASURED.search(line) for line in _made_of(before, index))


def _made_of(before: bytes, index: bytes) -> list[bytes]:
    """Return what the names of an index are given in the code before it, and what these are made of."""
    given: dict[bytes, list[bytes]] = {}
    for match in _GIVEN.finditer(before):
        given.setdefault(match[1], []).append(match[0])
    out: list[bytes] = []
    names = _NAME.findall(index)[:6]
    for _ in range(2):
        lines = [line for name in names for line in given.get(name, ())]
        out += lines
        names = [name for line in lines for name in _NAME.findall(line.partition(b"=")[2])][:12]
    return out
