"""Source with its comments and strings blanked, and the comments kept by place: for languages without a grammar.

Blanking keeps every offset, so that a plain regular expression over the code cannot be fooled by a brace in a string.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping

from sousveil.read import gloss
from sousveil.read.source.drafts import Spots, touched

_LINE = 4000
_LEADING = 40
"""Most comment lines taken as a declaration's own."""


class Blanked:
    """``code`` is as long as the source, with spaces where comments and strings were (line breaks stay)."""

    def __init__(self, source: bytes, comments: Mapping[bytes, bytes], quotes: bytes, escapes: bool) -> None:
        """Blank ``source``.

        ``comments`` maps what opens a comment to what ends it (a line break for a line comment); ``quotes`` are the
        string delimiters; ``escapes`` says whether a backslash escapes one.
        """
        self.source = source
        self.notes: list[tuple[int, int]] = []
        openers = sorted([*comments, *(bytes([q]) for q in quotes)], key=len, reverse=True)
        pattern = re.compile(b"|".join(re.escape(o) for o in openers))
        string_end = re.compile(rb"[\"'\\\n]")
        parts: list[bytes] = []
        at = 0
        while match := pattern.search(source, at):
            opener = match.group()
            start = match.start()
            if opener in comments:
                closer = comments[opener]
                end = source.find(closer, match.end())
                end = len(source) if end < 0 else end + (0 if closer == b"\n" else len(closer))
                self.notes.append((start, end))
                parts.append(source[at:start])
                parts.append(_spaces(source, start, end))
            else:
                end = match.end()
                while stop := string_end.search(source, end):
                    end = stop.end()
                    if stop.group() == b"\\":
                        end += 1 if escapes else 0
                    elif stop.group() == b"\n":
                        end -= 1
                        break
                    elif stop.group() == opener:
                        break
                else:
                    end = len(source)
                end = min(end, len(source))
                parts.append(source[at : start + 1])
                parts.append(_spaces(source, start + 1, max(start + 1, end - 1)))
                parts.append(source[max(start + 1, end - 1) : end])
            at = end
        parts.append(source[at:])
        self.code = b"".join(parts)

    def free(self, taken: list[tuple[int, int]], spots: Spots | None, base: int = 0) -> Iterator[tuple[int, int]]:
        """Yield the comments with a spot that lie in none of the spans ``taken`` (sorted, apart)."""
        chosen: Iterable[tuple[int, int]] = self.notes
        if spots is not None:
            at = (bisect_right(self.notes, (spot - base, len(self.source) + 1)) - 1 for spot in spots.at)
            chosen = dict.fromkeys(self.notes[i] for i in at if i >= 0)
        for start, end in chosen:
            around = bisect_right(taken, (start, len(self.source) + 1)) - 1
            if (around < 0 or taken[around][1] <= start) and touched(spots, base + start, base + end):
                yield start, end

    def leading(self, at: int) -> tuple[int, str]:
        """Return where the comments right above the line of ``at`` begin (or that line), and their words."""
        line = self.source.rfind(b"\n", max(0, at - _LINE), at) + 1
        start = line
        if not line and at > _LINE:
            # One line of megabytes: nothing stands above it.
            return at, ""
        words: list[str] = []
        if self.code[line:at].strip():
            return at, ""
        index = bisect_left(self.notes, (line, 0)) - 1
        while index >= 0 and len(words) < _LEADING:
            note_start, note_end = self.notes[index]
            if start - note_end > _LINE:
                break
            between = self.source[note_end:start]
            own_line = self.source.rfind(b"\n", max(0, note_start - _LINE), note_start) + 1
            if between.strip() or between.count(b"\n") > 1 or self.code[own_line:note_start].strip():
                break
            words.append(clean(self.source[note_start:note_end]))
            start = own_line
            index -= 1
        # A comment on the declaration's own line, before it.
        own = bisect_left(self.notes, (line, 0))
        if own < len(self.notes) and self.notes[own][1] <= at:
            words.insert(0, clean(self.source[slice(*self.notes[own])]))
        return start, gloss.join(*reversed(words))

    def below(self, at: int) -> str:
        """Return the words of the comments that stand on the lines right below ``at``, the end of a line."""
        words: list[str] = []
        first = bisect_left(self.notes, (at, 0))
        for start, end in self.notes[first : first + _LEADING]:
            between = self.source[at : min(start, at + _LINE)]
            if between.strip() or between.count(b"\n") > 1:
                break
            words.append(clean(self.source[start:end]))
            at = end
        return gloss.join(*words)

    def beside(self, start: int, end: int) -> str:
        """Return the words of the comments above ``start`` and behind ``end``."""
        return gloss.join(self.leading(start)[1], self.trailing(end)[1])

    def trailing(self, end: int) -> tuple[int, str]:
        """Return the end and words of the comment that follows ``end`` on its line (``end`` and "" if none does)."""
        index = bisect_left(self.notes, (end, 0))
        if index < len(self.notes):
            start, stop = self.notes[index]
            between = self.source[end : min(start, end + _LINE)]
            if b"\n" not in between and not between.strip(b" \t,;"):
                return stop, clean(self.source[start:stop])
        return end, ""


def _spaces(source: bytes, start: int, end: int) -> bytes:
    return b"\n".join(b" " * len(line) for line in source[start:end].split(b"\n"))


def clean(comment: bytes) -> str:
    """Return a comment's words, a line each; Pascal's braces, Basic's and the doubled marks of a manual are removed."""
    text = comment[:8000].decode("utf-8", "ignore").strip()
    if text.startswith(("'", '"')):
        text = text.strip("'\"")
    if text.startswith("#!"):
        return ""
    if text.startswith("<#"):
        text = text.strip("<#>")
    if text.startswith("{") and text.endswith("}"):
        text = text[1:-1]
    return gloss.clean(text)


def prefix(names: list[str]) -> str:
    """Return the common prefix of ``names`` up to an underscore, or nothing."""
    if len(names) < 2:
        return ""
    low, high = min(names), max(names)
    size = 0
    while size < min(len(low), len(high)) and low[size] == high[size]:
        size += 1
    cut = low.rfind("_", 0, size)
    return low[:cut] if cut > 1 else ""
