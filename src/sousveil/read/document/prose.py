"""Plain text, and any text of unknown kind: paragraphs of sentences, or lines where it is a list."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sousveil.model import Construct, Kind, Member
from sousveil.read.document.blocks import Cell, Writer
from sousveil.read.document.sentences import LONGEST
from sousveil.read.places import Hits, Places
from sousveil.read.text import Text

EXTENSIONS = (".txt", ".text", ".log", ".srt", ".vtt", ".ass", ".ssa",
              ".adoc", ".asciidoc", ".tex", ".org", ".wiki", "license", "copying", "changelog",
              "authors", "news", "notice", "copyright")  # fmt: skip

_PARAGRAPH = 4000
_ITEM = re.compile(rb"[ \t]*(?:[-*+#=]|\d{1,4}[.)]|[A-Za-z_][\w.-]{0,40}[ \t]*[:=])[ \t]")
_LIST = 64 << 10
_STOPS = tuple(c.encode() for c in "。！？，、；：")
_LABEL = re.compile(rb"[ \t]*(?:(\d{1,5})[ \t:,.]+)?([^\s.:;!?=<>{}#][^.:;!?=<>{}\t\r\n]{0,39})?[ \t]*")
_BLANK = re.compile(rb"\n[ \t\r\f]*\n")


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the sentences and lines of a text that hold a hit, at most ``places.CAP``."""
    places = Places(text)
    writer = Writer(places, Hits(hits), "text")
    if (hits is None or hits) and (labels := _labels(places)):
        # Each line is read as a text as well: "Ethnicity detection" in a list of functions says something.
        writer.out.append(Construct(Kind.LABEL_SET, "", labels[0].passage, labels, role="list", language="text"))
    last = -1
    offsets = _all(places.utf8) if hits is None else writer.hits.offsets
    for hit in offsets:
        if hit < last or hit >= len(places.utf8):
            continue
        if writer.full:
            break
        last = _passage(writer, hit)
    return writer.out


def _labels(places: Places) -> tuple[Member, ...]:
    """Return the lines of a file that is nothing but a list of short names: a model's ``labels.txt``."""
    utf8 = places.utf8
    if len(utf8) > _LIST:
        return ()
    out: list[Member] = []
    for line in re.finditer(rb"[^\r\n]+", utf8):
        # "0 cat", "0: cat", "0,cat": the number is the class.
        match = _LABEL.fullmatch(line.group())
        if match is None or len(out) >= 1200 or any(stop in line.group() for stop in _STOPS):
            return ()
        if match[2]:
            start, end = line.start() + match.start(2), line.start() + match.end(2)
            name = places.string(start, end)
            out.append(Member(name, places.passage(start, end), (match[1] or b"").decode()))
    return tuple(out) if len(out) >= 3 else ()


def _all(utf8: bytes) -> list[int]:
    return [m.start() for m in re.finditer(rb"[^\s]", utf8)][:20000]


def _passage(writer: Writer, hit: int) -> int:
    """Add the sentence, line or row at ``hit``; return where it ends."""
    places, utf8 = writer.places, writer.places.utf8
    start, end = places.line_start(hit, LONGEST), places.line_end(hit, LONGEST)
    if b"\t" in utf8[start:end]:
        row = _row(utf8, start, end)
        if len(row) >= 3:
            writer.table((), [row])
            return max(end, hit + 1)
    if not _ITEM.match(utf8[start:end]):
        start, end = _around(utf8, start, end)
    before = len(writer.out)
    first, stop = start, max(end, hit + 1)
    from sousveil.read.document.sentences import sentence

    first, stop = sentence(utf8, hit, start, end)
    writer.statement("sentence", first, stop)
    return max(stop, hit + 1) if len(writer.out) > before else hit + 1


def _row(utf8: bytes, start: int, end: int) -> list[Cell]:
    out: list[Cell] = []
    for part in re.finditer(rb"[^\t\r\n]+", utf8[start:end]):
        low, high = start + part.start(), start + part.end()
        out.append(Cell(low, high, utf8[low:high].decode("utf-8", "replace")))
        if len(out) >= 60:
            break
    return out


def _around(utf8: bytes, start: int, end: int) -> tuple[int, int]:
    """Return the paragraph around a line: the lines before and after it that run on."""
    low, high = start, end
    while low > 0 and start - low < _PARAGRAPH:
        previous = utf8.rfind(b"\n", max(0, low - 1 - LONGEST), low - 1) + 1
        line = utf8[previous : low - 1]
        if previous == 0 and low - 1 > LONGEST:
            break
        # A line far shorter than a full one ends its paragraph.
        if len(line.strip()) < 50 or line.rstrip().endswith((b":", b"\xe3\x80\x82", b"\xef\xbc\x9a")):
            break
        low = previous
        if _ITEM.match(line):
            break
    while high < len(utf8) and high - end < _PARAGRAPH:
        here = utf8[utf8.rfind(b"\n", max(low, high - LONGEST), high) + 1 : high]
        after = utf8.find(b"\n", high + 1, high + 1 + LONGEST)
        after = min(len(utf8), high + 1 + LONGEST) if after < 0 else after
        line = utf8[high + 1 : after]
        if len(here.strip()) < 50 or not line.strip() or _ITEM.match(line):
            break
        high = after
    return low, high
