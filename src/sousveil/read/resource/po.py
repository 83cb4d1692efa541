"""Gettext catalogues: each entry that holds a hit, with its comment, context and language."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sousveil.model import Construct, Kind, Member
from sousveil.read.families import head_of
from sousveil.read.places import CAP, Hits, Places
from sousveil.read.text import Text

EXTENSIONS = (".po", ".pot")

_ENTRY = 32 << 10
_BLANK = re.compile(rb"\n[ \t\r]*\n")
_LABEL = 60
_KEYWORD = re.compile(rb"[ \t]*(#~[ \t]*)?(msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?)[ \t]*\"")
_STRING = re.compile(rb"[ \t]*(?:#~[ \t]*)?(?:[a-z_]+(?:\[\d+\])?[ \t]*)?\"((?:[^\"\\]|\\.)*+)\"?")
_LANGUAGE = re.compile(rb"\"Language:[ \t]*([\w@.-]{1,40})")
_TEAM = re.compile(rb"\"Language-Team:[ \t]*([^\"\\<]{1,60})")
_KEY = re.compile(r"[A-Za-z]\w*(?:[._:]\w+)+|[a-z]+\d*(?:[A-Z]\w*)+")
_BESIDE = 12
"""Entries on either side that are told with one whose key begins with the same word."""
_ESCAPE = re.compile(r"\\(.)")


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the entries that hold a hit as ``key-value`` statements, at most ``places.CAP``."""
    places, wanted = Places(text), Hits(hits)
    utf8 = places.utf8
    header = utf8[:8192]
    scope = tuple(
        m[1].decode("utf-8", "replace").strip()
        for m in (_LANGUAGE.search(header), _TEAM.search(header))
        if m is not None
    )
    offsets = wanted.offsets if hits is not None else [m.start() for m in re.finditer(rb"(?m)^msgid ", utf8)]
    out: list[Construct] = []
    given: dict[int, str] = {}
    """The word that the key of each entry begins with that was kept, by where it begins."""
    last = -1

    def add(start: int, end: int, hit: int, head: str = "") -> str:
        """Keep an entry, if its key begins with ``head``; return the word that its key begins with."""
        if start in given:
            return "" if head and given[start] != head else given[start]
        construct = _entry(places, places.boundary(start), places.boundary(end), hit, scope)
        word = head_of(construct.name) if construct is not None and construct.role == "key-value" else ""
        if construct is None or (head and word != head):
            return ""
        if len(out) < CAP:
            given[start] = word
            out.append(construct)
        return word

    for hit in offsets:
        if hit < last or hit >= len(utf8):
            continue
        if len(out) >= CAP:
            break
        start, end = _bounds(utf8, hit)
        last = max(end, hit + 1)
        head = add(start, end, hit)
        # What stands around it under keys that begin with the same word is told with it.
        for step in (-1, 1) if head and hits is not None else ():
            low, high = start, end
            for _ in range(_BESIDE):
                at = low - 2 if step < 0 else high + 1
                while 0 < at < len(utf8) and utf8[at] in b"\r\n":
                    at += step
                if not 0 < at < len(utf8):
                    break
                low, high = _bounds(utf8, at)
                if not add(low, high, at, head):
                    break
    return out


def _bounds(utf8: bytes, hit: int) -> tuple[int, int]:
    low = max(0, hit - _ENTRY)
    start = low
    for match in _BLANK.finditer(utf8, low, hit):
        start = match.end()
    following = _BLANK.search(utf8, hit, min(len(utf8), hit + _ENTRY))
    return start, following.start() if following is not None else min(len(utf8), hit + _ENTRY)


def _entry(places: Places, start: int, end: int, hit: int, scope: tuple[str, ...]) -> Construct | None:
    fields: dict[str, str] = {}
    comments: list[str] = []
    keyword = ""
    first = shown = -1
    at = start
    for raw in places.utf8[start:end].split(b"\n")[:400]:
        line_start, at = at, at + len(raw) + 1
        match = _KEYWORD.match(raw)
        if match is not None:
            keyword = match[2].decode()
            fields.setdefault(keyword, "")
            first = line_start if first < 0 and keyword != "msgctxt" else first
        elif raw.startswith((b"#.", b"# ")):
            comments.append(raw[2:].decode("utf-8", "replace").strip())
        piece = _STRING.match(raw)
        if piece is not None and keyword:
            fields[keyword] += _ESCAPE.sub(_unescape, piece[1].decode("utf-8", "replace"))
        if line_start <= hit < at:
            shown = line_start
    if not fields:
        passage = places.passage(places.line_start(hit, 300), places.line_end(hit, 300))
        return (
            Construct(Kind.STATEMENT, "", passage, scope=scope, role="comment", language="po") if passage.text else None
        )
    low = min(p for p in (first, shown) if p >= 0) if max(first, shown) >= 0 else start
    # The whole entry where it is short, else the line of the hit.
    if end - low > 600 and shown >= 0:
        passage = places.passage(shown, places.line_end(shown))
    else:
        passage = places.passage(low, end)
    name = fields.get("msgid", "")[:200]
    members = tuple(
        Member(name, passage, value[:600], keyword) for keyword, value in fields.items() if keyword.startswith("msgstr")
    )
    context = fields.get("msgctxt", "")
    gloss = "\n".join(comments)[:1000]
    # What a program shows: a label, or a sentence. A key is not shown: `face.nation`.
    shows = len(name) <= _LABEL and "\n" not in name and not _KEY.fullmatch(name)
    kind, role = (Kind.OPTION, "label") if shows else (Kind.STATEMENT, "key-value")
    return Construct(kind, name, passage, members[:6], gloss, (*scope, context) if context else scope, role, "po")


def _unescape(match: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t", "r": "\r"}.get(match[1], match[1])
