"""Keys with values, line by line: INI, Java properties, Apple ``.strings``, ``.env`` and their like."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from msgspec import Struct

from sousveil.model import Construct, Kind, Member, Passage
from sousveil.read import gloss as glosses
from sousveil.read.families import head_of
from sousveil.read.places import CAP, Hits, Places
from sousveil.read.text import Text

EXTENSIONS = (
    ".ini", ".properties", ".strings", ".env", ".cfg", ".conf", ".config.ini", ".inf", ".desktop", ".lang",
    ".reg", ".editorconfig", ".url", ".service", ".lng", ".prefs", "setup.cfg"
)  # fmt: skip

_SECTION = re.compile(rb"^[ \t]*\[([^\[\]\n]{1,200})\][ \t]*(?:[;#][^\n]*)?\r?$", re.MULTILINE)
_PAIR = re.compile(
    rb"[ \t]*(?:export[ \t]+|set[ \t]+)?(\"(?:[^\"\\\n]|\\.){0,300}+\""
    rb"|(?:[^\s=:;#\"\\]|\\.|[ \t](?=[^\s=:])|:(?=[^\s=])){1,300}+)"
    rb"[ \t]*[=:][ \t]*(.*)\Z",
    re.DOTALL,
)
_SPACED = re.compile(rb"[ \t]*((?:[^\s=:;#\"\\]|\\.){1,300}+)[ \t]+(\S.*)\Z", re.DOTALL)
_NOTE = re.compile(rb"[ \t]*(?:[;#!]+|//+|/\*+)[ \t]?(.*)\Z", re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{4}|\r?\n[ \t]*|[ntr\"\\=: #!])")
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r"}
_PACKAGE = {"description": "package-summary", "summary": "package-summary", "keywords": "keywords"}
_LINE = 4000
_RECORD = 200
_BESIDE = 8
"""Lines above and below one with a term, whose keys may begin as its own does."""


class _Pair(Struct, frozen=True):
    start: int
    end: int
    key: str
    value: str
    gloss: str


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the keys and sections that hold a hit, at most ``places.CAP``; of that length it was cut."""
    places, wanted = Places(text), Hits(hits)
    reader = _Reader(places, wanted)
    offsets = wanted.offsets if hits is not None else [m.start() for m in re.finditer(rb"(?m)^.", places.utf8)][:CAP]
    last = -1
    for hit in offsets:
        if len(reader.out) >= CAP:
            break
        if hit >= last:
            last = reader.line(hit)
    return reader.out[:CAP]


class _Reader:
    def __init__(self, places: Places, hits: Hits) -> None:
        self._places = places
        self._utf8 = places.utf8
        self._hits = hits
        self.out: list[Construct] = []
        self._sections = [(m.start(), m.end(), m[1]) for m in _SECTION.finditer(self._utf8)]
        self._starts = [start for start, _, _ in self._sections]
        self._seen: set[int] = set()
        self._given: set[int] = set()
        """Where lines begin that were added."""

    def line(self, hit: int) -> int:
        """Add what stands in the line of ``hit``; return where it ends."""
        start, end = self._logical(hit)
        at = bisect_right(self._starts, start) - 1
        scope: tuple[str, ...] = ()
        if at >= 0:
            head, stop, name = self._sections[at]
            scope = (name.decode("utf-8", "replace").strip(),)
            following = self._starts[at + 1] if at + 1 < len(self._starts) else len(self._utf8)
            if at not in self._seen:
                self._seen.add(at)
                self._record(scope[0], head, stop, following)
            if start == head:
                return max(end, hit + 1)
        pair = self._pair(start, end)
        passage = self._places.passage(start, end)
        if pair is not None:
            if start not in self._given:
                role = _PACKAGE.get(pair.key.lower(), "") if scope in (("metadata",), ("project",)) else ""
                self._add(pair, passage, scope, role or "key-value")
            if not scope and (word := head_of(pair.key)):
                self._beside(start, end, word)
        elif passage.text.strip():
            role = "comment" if _NOTE.match(self._utf8[start:end]) else "value"
            self.out.append(Construct(Kind.STATEMENT, "", passage, scope=scope, role=role, language="ini"))
        return max(end, hit + 1)

    def _beside(self, start: int, end: int, head: str) -> None:
        """Add the lines around one in a file without sections whose keys begin with the same word."""
        for step in (-1, 1):
            low, high = start, end
            for _ in range(_BESIDE):
                at = low - 1 if step < 0 else high + 1
                if not 0 <= at < len(self._utf8):
                    break
                low, high = self._places.line_start(at, _LINE), self._places.line_end(at, _LINE)
                pair = self._pair(low, high)
                if pair is None or head_of(pair.key) != head:
                    break
                if low not in self._given and len(self.out) < CAP:
                    self._add(pair, self._places.passage(low, high))

    def _add(self, pair: _Pair, passage: Passage, scope: tuple[str, ...] = (), role: str = "key-value") -> None:
        self._given.add(pair.start)
        members = (Member(pair.key, passage, pair.value[:600], gloss=pair.gloss),)
        self.out.append(Construct(Kind.STATEMENT, pair.key, passage, members, pair.gloss, scope, role, "ini"))

    def _logical(self, hit: int) -> tuple[int, int]:
        """Return the span of a line with those it is continued by."""
        utf8 = self._utf8
        start, end = self._places.line_start(hit, _LINE), self._places.line_end(hit, _LINE)
        for _ in range(40):
            if not utf8[max(0, start - 3) : start].rstrip(b"\r\n").endswith(b"\\") or hit - start > _LINE:
                break
            start = self._places.line_start(start - 1, _LINE)
        for _ in range(40):
            if (
                not utf8[max(start, end - 2) : end].rstrip(b"\r").endswith(b"\\")
                or end - hit > _LINE
                or end >= len(utf8)
            ):
                break
            end = self._places.line_end(end + 1, _LINE)
        while start < end and utf8[start] in b" \t":
            start += 1
        return start, end

    def _pair(self, start: int, end: int) -> _Pair | None:
        raw = self._utf8[start : min(end, start + 2 * _LINE)].rstrip()
        if _NOTE.match(raw):
            return None
        match = _PAIR.match(raw) or _SPACED.match(raw)
        if match is None:
            return None
        key = _unescape(match[1].decode("utf-8", "replace").strip())
        value = match[2].decode("utf-8", "replace").strip().removesuffix(";")
        # A comment behind the value, set off by a space.
        note = re.search(r"\s[;#]\s?([^\n\"']*)\Z", value)
        gloss = note[1].strip() if note is not None else ""
        value = _unescape(value[: note.start()].strip() if note is not None else value)
        above = self._above(start)
        return _Pair(start, end, _bare(key), _bare(value), "\n".join(part for part in (above, gloss) if part)[:1000])

    def _above(self, start: int) -> str:
        """Return the comment lines right above a line."""
        words: list[str] = []
        at = self._utf8.rfind(b"\n", max(0, start - 200), start) + 1
        for _ in range(6):
            if at < 2:
                break
            before = self._utf8.rfind(b"\n", max(0, at - 1 - 600), at - 1) + 1
            match = _NOTE.match(self._utf8[before : at - 1].rstrip())
            if match is None:
                break
            words.insert(0, _unescape(match[1].decode("utf-8", "replace").strip()).removesuffix("*/").strip())
            at = before
        return "\n".join(word for word in words if word)

    def _record(self, name: str, head: int, stop: int, following: int) -> None:
        """Add a section as a record of its keys, unless it is a long list."""
        if following - stop > 64 << 10:
            return
        members: list[Member] = []
        at = stop
        while at < following and len(members) <= _RECORD:
            at += 1
            start, end = self._logical(at) if at < following else (at, at)
            pair = self._pair(start, end) if end > start else None
            if pair is not None:
                listed = glosses.values(pair.gloss) if pair.gloss else ()
                passage = self._places.passage(start, end, 300)
                members.append(Member(pair.key, passage, pair.value[:200], "", pair.gloss, listed))
            at = max(end, at)
        if 1 < len(members) <= _RECORD:
            passage = self._places.passage(head, stop)
            self.out.append(Construct(Kind.RECORD, name, passage, tuple(members), role="section", language="ini"))


def _bare(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text

    def one(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "uU" and len(code) == 5:
            return chr(int(code[1:], 16))
        return "" if code[-1] == "\n" or code[0] in "\r\n" else _SIMPLE.get(code, code)

    joined = _ESCAPE.sub(one, text)
    return joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
