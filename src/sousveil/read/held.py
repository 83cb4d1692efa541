"""What strings of a program hold: the JSON of an answer or a template, a table, a row, a text put together of words.

Readers of languages see each string by itself; here the pieces of one text are joined, and data is read as data.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import import_module

import msgspec
from msgspec.structs import replace

from sousveil.model import Construct, Kind, Member, Passage
from sousveil.read.source.script import unescape
from sousveil.read.text import Text
from sousveil.read.unfinished import tell

_LINES, _LONGEST, _ALL = 60, 16_000, 2_000_000
_ASKED = 6000
_MOST, _FEW = 300, 40
_PIECE = rb"\"(?:[^\"\\\n]|\\.){0,2000}+\"|'(?:[^'\\\n]|\\.){0,2000}+'"
_TOKEN = re.compile(
    rb"(?P<piece>"
    + _PIECE
    + rb")|(?P<plus>\+|<<|\|\||\.\.|\.(?=\s{0,8}[\"'$]))|(?P<variable>[$\w](?:[\w$\[\]]|\.(?=\w)|->|::"
    rb"|\([^()\"'\n]{0,60}\)){0,80}+)|(?P<space>[\s\\]{1,80}+)|(?P<other>.)",
    re.DOTALL,
)
_PLUS = re.compile(rb"\s*(?:\+(?!\+)|<<|\|\||\.\.|\.\s?[\"'])")
_GOES_ON = re.compile(rb"\s*(?:\+|<<|\|\||\.\.|\.\s?[\"']|[\"'])")
_OPEN_END = re.compile(rb"(?:\+|<<|\|\||\.\.|\\|[\"']\s*\.|[\"'])\s*\Z")
_PUT_TOGETHER = re.compile(
    rb"\+|<<|\|\||\.\.|[\"']\s{0,8}\.\s{0,8}[\"'$]|[\"'][ \t]{1,8}[\"']|[\"']\s{0,4}[{\[]|(?i:insert\s+into\s)"
)
_OVERLAP = 64
_LONG = (b'"""', b"'''", b"`")
_NAMED = re.compile(
    rb"([A-Za-z_$][\w$]{0,60})\s{0,4}(?::[^=\n]{1,40})?(?:=|:|\+=|<-)\s{0,40}(?:new\s\w+\(|@|[a-zA-Z]{0,2})?\Z"
)
# What a program is tried with is nobody's, and of no use to it. Such a file is called a test, and tests something.
_TEST = re.compile(
    r"(?i)(?:\A|[/!._-])tests?(?:[._-][^/!]*)?\Z|(?:\A|[/!])(?:tests?|__tests__|spec)/|(?:Tests?|\.spec)\.\w+\Z"
)
_TRIED = re.compile(
    rb"^[ \t]*(?:import pytest|from (?:pytest|hypothesis|unittest)\b|import unittest|import (?:static )?org\.junit"
    rb"|using (?:NUnit|Xunit)"
    rb"|import \"testing\"|\"testing\"|require ['\"]minitest|(?:async )?def test_\w+\(|@Test\b|\[(?:Test|Fact)\]"
    rb"|(?:describe|it|test)\(['\"`])",
    re.MULTILINE,
)
_DATA = re.compile(r"\s*(?:\{\s*\"|\[\s*[\[{\"])")
_TABLE = re.compile(r"\s*create\s+(?:\w+\s+){0,2}table\s", re.IGNORECASE)
_STORED = re.compile(
    r"\s*insert\s+into\s+[`\"\[]?([\w.]{1,80})[`\"\]]?\s*\(([\w\s,`\"\[\]]{1,2000})\)\s*values", re.IGNORECASE
)


def held(text: Text, offsets: Sequence[int], language: str, path: str = "") -> list[Construct]:
    """Return what the strings of a program hold around ``offsets`` (into the text's UTF-8, sorted).

    That is every construct of the JSON that one is, its place that of the string, and a statement for each text of
    several pieces, its variables written as "…".
    """
    out: list[Construct] = []
    last, left = -1, _ALL
    put_together = _Ahead(_PUT_TOGETHER, text.utf8)
    tried = bool(offsets) and _TEST.search(path) is not None and _TRIED.search(text.utf8) is not None
    for at in offsets:
        if at < last or at >= len(text.utf8):
            continue
        if len(out) >= _MOST or left <= 0:
            tell("cut", "not every string that holds data, or is put together of several, was read as a whole")
            break
        low, high = _lines(text.utf8, at)
        found = None
        if put_together.between(low, high):
            left -= high - low
            found = _joined(text.utf8, at, low, high)
        said, pieces, start, end = found or _long(text.utf8, at) or ("", 0, 0, 0)
        if not said:
            continue
        last = end
        named = _NAMED.search(text.utf8[max(0, start - 160) : start])
        name = named[1].decode("utf-8", "replace") if named else ""
        place = text.passage(start, min(end, start + 600))
        if _DATA.match(said):
            out += _read_as("resource.json", said, name, place) if not tried and _decodes(said) else ()
        elif _TABLE.match(said):
            out += _read_as("source.sql", said, name, place) if not tried else ()
        elif (stored := _STORED.match(said)) is not None:
            columns = tuple(Member(c.strip(' `"[]\n'), place) for c in stored[2].split(",")[:100])
            out.append(Construct(Kind.RECORD, stored[1], place, columns, role="columns", language="sql"))
        elif pieces > 1:
            out.append(Construct(Kind.STATEMENT, name, place, gloss=said[:_ASKED], role="string", language=language))
    return out


class _Ahead:
    """Whether a short pattern stands in spans whose beginnings only grow; no byte is searched twice."""

    def __init__(self, pattern: re.Pattern[bytes], utf8: bytes) -> None:
        self._pattern, self._utf8 = pattern, utf8
        self._found, self._searched = -1, 0

    def between(self, low: int, high: int) -> bool:
        """Return whether a match begins in [low, high)."""
        if self._found < low:
            match = self._pattern.search(self._utf8, max(low, self._searched - _OVERLAP), high)
            self._found = match.start() if match is not None else -1
            self._searched = high if match is None else match.end()
        return low <= self._found < high


def _lines(utf8: bytes, at: int) -> tuple[int, int]:
    """Return the span of the lines over which the expression around ``at`` may run."""
    low, high = utf8.rfind(b"\n", max(0, at - 4000), at) + 1, _line_end(utf8, at)
    for _ in range(_LINES):
        before = utf8.rfind(b"\n", max(0, low - 2000), max(0, low - 1)) + 1
        above = utf8[before : max(0, low - 1)]
        if low == 0 or not (
            (_GOES_ON.match(utf8, low, high) and _OPEN_END.search(above[-80:])) or _PLUS.match(utf8, low, high)
        ):
            break
        low = before
    for _ in range(_LINES):
        following = utf8[high + 1 : high + 200]
        goes_on = _GOES_ON.match(following) and _OPEN_END.search(utf8[max(low, high - 80) : high])
        if high >= len(utf8) or not (goes_on or _PLUS.match(following)):
            break
        high = _line_end(utf8, high + 1)
    return low, min(high, low + _LONGEST)


def _joined(utf8: bytes, at: int, low: int, high: int) -> tuple[str, int, int, int] | None:
    """Return the text of the string that holds ``at``, with those it is joined with; their number; its span."""
    said: list[str] = []
    pieces, start, end, joined = 0, 0, 0, True
    for token in _TOKEN.finditer(utf8, low, high):
        if token["space"]:
            continue
        whole = token["piece"] or token["variable"]
        if whole is not None and (joined or (token["piece"] and said and utf8[end - 1 : end] in (b'"', b"'"))):
            if not said:
                start = token.start()
            said.append(unescape(whole[1:-1].decode("utf-8", "replace")) if token["piece"] else "…")
            pieces += token["piece"] is not None
            end, joined = token.end(), False
        elif token["plus"]:
            joined = True
        else:
            if said and start <= at < end:
                break
            said, pieces, joined = [], 0, True
            if whole is not None:
                said, start, end, joined = ["…"], token.start(), token.end(), False
    return ("".join(said), pieces, start, end) if pieces and start <= at < end else None


def _long(utf8: bytes, at: int) -> tuple[str, int, int, int] | None:
    """Return the text of the string of several lines that holds ``at``, where it is data or declares a table."""
    for mark in _LONG:
        start = utf8.rfind(mark, max(0, at - _LONGEST), at)
        end = utf8.find(mark, at, at + _LONGEST)
        if start < 0 or end < 0:
            continue
        said = utf8[start + len(mark) : end].decode("utf-8", "replace")
        if _DATA.match(said) or _TABLE.match(said):
            return said, 1, start, end + len(mark)
    return None


def _line_end(utf8: bytes, at: int) -> int:
    end = utf8.find(b"\n", at)
    return len(utf8) if end < 0 else end


def _decodes(said: str) -> bool:
    try:
        msgspec.json.decode(said)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _read_as(reader: str, said: str, name: str, place: Passage) -> list[Construct]:
    """Return what another format's reader makes of a string; all of it stands where the string does."""
    found: list[Construct] = import_module("sousveil.read." + reader).read(Text(said.encode(), "utf-8"), None)
    return [
        replace(c, name=c.name or name, passage=place, members=tuple(replace(m, passage=place) for m in c.members))
        for c in found[:_FEW]
    ]
