"""What the readers of scripting languages share: text of nodes, places, comments by line, string escapes."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sousveil.model import Member, Passage
from sousveil.read import gloss
from sousveil.read.source.blanked import clean
from sousveil.read.source.drafts import Spots
from sousveil.read.text import Text
from sousveil.read.unfinished import Unfinished

if TYPE_CHECKING:
    from tree_sitter import Node

MEMBERS = 1500
"""Most members of one construct; beyond, only those that hold a hit are kept."""
GLOSS = 4000
VALUE = 120
SHORT = 60
"""Longest string that passes for a label."""
SECONDS = 10.0
"""Time for reading one file, parsing apart."""
_EFFORT = 1_500_000
_BACK = 6000
_COMMENT_LINES = 60

_ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|((?:x[0-9a-fA-F]{2})(?:\\x[0-9a-fA-F]{2})*)"
    r"|(\r?\n)|(.))",
    re.S,
)
# What may stand between a comment's line and the name it is about.
_DECLARING = re.compile(rb"(?:(?:export|default|declare|const|let|var|public|private|static|readonly|final|@)\s*)+")
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "0": "", "b": "", "f": "", "v": "", "a": ""}


def unescape(text: str) -> str:
    """Return a string literal's words with its escapes resolved; a run of ``\\xNN`` that is UTF-8 is read as such."""
    if "\\" not in text:
        return text
    resolved = _ESCAPE.sub(_escape, text)
    if any("\ud800" <= c <= "\udfff" for c in resolved):
        resolved = resolved.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return resolved


def _escape(match: re.Match[str]) -> str:
    braced, short, long, octets, _, plain = match.groups()
    number = braced or short or long
    if number:
        code = int(number, 16)
        return chr(code) if code < 0x110000 else "\ufffd"
    if octets:
        data = bytes.fromhex(octets.replace("\\x", "").replace("x", ""))
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return data.decode("latin-1")
    return _PLAIN.get(plain, plain) if plain else ""


@dataclass(frozen=True, slots=True)
class Context:
    """What stands around a node while walking down to it."""

    scope: tuple[str, ...] = ()
    owner: str = "module"
    """``module``, ``class`` or ``function``: whose body this is."""
    name: str = ""
    """The variable, key or parameter a value goes to."""
    callee: str = ""
    """The function it is passed to."""
    span: tuple[int, int] = (0, 0)
    """Of the declaration, pair or argument that names it."""
    inside: str = ""
    """``collection`` in a record, ``labels`` in a list of labels, ``told`` in an element, ``skip`` if elsewhere."""


class Script:
    """One text, or one region of it, with what its comments look like."""

    def __init__(self, text: Text, source: bytes, base: int, line_marks: tuple[bytes, ...], blocks: bool) -> None:
        """``source`` is parsed and stands at ``base`` in ``text.utf8``; ``blocks``: it has ``/* … */`` comments."""
        self.text = text
        self.source = source
        self.base = base
        self.line_marks = line_marks
        self.blocks = blocks
        self.spots: Spots | None = None
        self.until = time.monotonic() + SECONDS
        self.effort = 0
        """Nodes looked at for what bodies use."""

    def line_start(self, at: int, back: int = 4000) -> int:
        """Return where the line of ``at`` starts, or ``back`` bytes before ``at`` if it is longer."""
        found = self.source.rfind(b"\n", max(0, at - back), at)
        return found + 1 if found >= 0 else max(0, at - back)

    def late(self, seen: int) -> None:
        """Raise ``Unfinished`` when the time for one file is over; ``seen`` counts what was visited."""
        if seen % 512 == 0 and time.monotonic() > self.until:
            raise Unfinished("timeout", f"reading needed more than {SECONDS:g} s")

    def steps(self, most: int = 20_000) -> range:
        """Return how many nodes of a body may be looked at: fewer once a file has cost much."""
        return range(most if self.effort < _EFFORT else 300)

    def raw(self, node: Node | None, limit: int = 400) -> str:
        """Return the node's text as written, white space collapsed."""
        if node is None:
            return ""
        data = self.source[node.start_byte : min(node.end_byte, node.start_byte + limit)]
        return " ".join(data.decode("utf-8", "ignore").split())

    def field(self, node: Node, name: str) -> str:
        """Return the text of a named child."""
        return self.raw(node.child_by_field_name(name), 200)

    def place(self, start: int, end: int, limit: int = 400) -> Passage:
        """Return the place of ``source[start:end]``."""
        return self.text.passage(self.base + start, self.base + max(end, start), limit)

    def passage(self, node: Node, limit: int = 400) -> Passage:
        """Return the node's place."""
        return self.place(node.start_byte, node.end_byte, limit)

    def head(self, node: Node, end: int | None = None) -> Passage:
        """Return the place of the node's first line (or of what comes before ``end``)."""
        stop = self.source.find(b"\n", node.start_byte, node.end_byte)
        stop = node.end_byte if stop < 0 else stop
        return self.place(node.start_byte, stop if end is None else min(stop, max(end, node.start_byte)))

    def leading(self, at: int) -> tuple[int, str]:
        """Return where the comments right above the line of ``at`` begin (``at`` if none do), and their words."""
        line = self.line_start(at, _BACK)
        ahead = self.source[line:at].strip()
        if ahead and not _DECLARING.fullmatch(ahead):
            return at, ""
        words: list[str] = []
        start = at
        floor = max(0, at - _BACK)
        while line > floor and len(words) < _COMMENT_LINES:
            previous = max(self.source.rfind(b"\n", floor, line - 1) + 1, floor)
            above = self.source[previous : line - 1].strip()
            if above.startswith(self.line_marks) and not above.startswith(b"#!"):
                words.append(clean(above))
                start = line = previous
                continue
            if self.blocks and above.endswith(b"*/"):
                opened = self.source.rfind(b"/*", floor, line)
                own = self.line_start(opened)
                if opened >= 0 and not self.source[own:opened].strip():
                    words.append(clean(self.source[opened:line]))
                    start = opened
            break
        return start, gloss.join(*reversed(words))

    def trailing(self, end: int) -> tuple[int, str]:
        """Return the end and words of the comment that follows ``end`` on its line (``end`` and "" if none does)."""
        stop = self.source.find(b"\n", end, end + 4000)
        line = self.source[end : stop if stop >= 0 else min(len(self.source), end + 4000)]
        rest = line.lstrip(b" \t,;)]}")
        if rest.startswith(b"#["):
            # An attribute of PHP.
            return end, ""
        if rest.startswith(self.line_marks) or (self.blocks and rest.startswith(b"/*")):
            begin = end + len(line) - len(rest)
            size = rest.find(b"*/") + 2 if rest.startswith(b"/*") and b"*/" in rest else len(rest)
            return begin + size, clean(rest[:size])
        return end, ""

    def notes(self, start: int, end: int) -> tuple[int, int, str]:
        """Return extent and words of the comments before and after a declaration."""
        first, before = self.leading(start)
        last, after = self.trailing(end)
        return first, last, gloss.join(before, after)

    def member(
        self, name: str, start: int, end: int, kind: str = "", value: str = "", words: str | None = None
    ) -> Member:
        """Return a member at ``source[start:end]``; its gloss is ``words`` or else the comments beside it."""
        if words is None:
            words = self.notes(start, end)[2]
        words = words[:GLOSS]
        return Member(name[:200], self.place(start, end), value[:VALUE], kind[:200], words, gloss.values(words))

    def widen(self, spots: Spots | None) -> Spots | None:
        """Return the spots within the source, counted from its start, and the code a comment with one describes."""
        if spots is None:
            return None
        near: list[int] = []
        end = self.base + len(self.source)
        last_line = -1
        for at in spots.at:
            if not self.base <= at < end:
                continue
            at -= self.base
            near.append(at)
            line = self.line_start(at)
            if line > last_line:
                found, last_line = self._described(line)
                near.extend(found)
        return Spots(near)

    def _described(self, line: int) -> tuple[tuple[int, ...], int]:
        """Return where the code stands that a comment on this line may describe, and the last line looked at.

        It stands on the comment's own line, or on the next below.
        """
        for _ in range(_COMMENT_LINES):
            stop = self.source.find(b"\n", line)
            stop = len(self.source) if stop < 0 else stop
            code = self.source[line : min(stop, line + 4000)]
            bare = code.strip()
            if not bare:
                return (), line
            first = line + len(code) - len(code.lstrip())
            if not bare.startswith((*self.line_marks, b"/*", b"*")):
                return (first,), line
            line = stop + 1
        return (), line - 1
