"""Decoded text that still knows where every byte of it came from.

A reader works on ``Text.utf8``; ``Text.passage`` maps a span of it back to the artifact's own bytes, so that
``artifact[offset:offset + length].decode(encoding, "backslashreplace")`` is the quoted text.
"""

from __future__ import annotations

import codecs
import re
from array import array
from bisect import bisect_right
from collections.abc import Mapping

from sousveil.model import Passage

_BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_STEP = 1 << 12
_NEWLINE = re.compile(b"\n")
_RETURN = re.compile(b"\r(?!\n)")
_CONTINUES = bytes(range(0x80, 0xC0))

# Legacy encodings tried for text that is not UTF-8, in this order where nothing decides; the last decodes anything.
LEGACY = ("gb18030", "big5", "shift_jis", "euc_kr", "windows-1251", "windows-1256", "koi8_r", "windows-1252")


class Text:
    """One artifact's text.

    ``utf8`` is the decoded text as UTF-8; ``encoding`` is the artifact's own encoding. Undecodable bytes stand as
    U+FFFD in ``utf8`` and as ``\\xNN`` in a passage's text.
    """

    def __init__(self, data: bytes, encoding: str, bom: int = 0) -> None:
        self.data = data
        self.encoding = encoding
        self._bom = bom
        self._same = False
        if encoding == "utf-8":
            try:
                data[bom:].decode("utf-8")
                self.utf8 = data[bom:] if bom else data
                self._same = True
            except UnicodeDecodeError:
                pass
        if not self._same:
            self._map()
        if self.utf8.count(b"\r") > self.utf8.count(b"\r\n"):
            # A carriage return alone ends a line, too: else one comment hides all that follows.
            self.utf8 = _RETURN.sub(b"\n", self.utf8)
        self._steps: tuple[list[int], list[int], list[int]] | None = None
        self._ends: list[int] | None = None
        self._line: _Line | None = None

    def _map(self) -> None:
        """Decode line by line: the same line starts in both buffers make a place cheap to map back."""
        newline = "\n".encode(self.encoding)
        width = len(newline)
        if width == 1 and self._map_at_once():
            return
        starts: list[int] = []
        ustarts: list[int] = []
        parts: list[bytes] = []
        at, uat = self._bom, 0
        data = self.data
        while at < len(data):
            end = data.find(newline, at)
            # In UTF-16/32 a newline's bytes may also straddle two characters.
            while end >= 0 and width > 1 and (end - self._bom) % width:
                end = data.find(newline, end + 1)
            stop = len(data) if end < 0 else end + width
            part = data[at:stop].decode(self.encoding, "replace").encode("utf-8", "replace")
            starts.append(at)
            ustarts.append(uat)
            parts.append(part)
            uat += len(part)
            at = stop
        self.utf8 = b"".join(parts)
        self._starts, self._ustarts = starts, ustarts

    def _map_at_once(self) -> bool:
        """Decode the whole text; return whether both buffers have the same lines, as they do unless a line break was
        taken for part of a character."""
        utf8 = self.data[self._bom :].decode(self.encoding, "replace").encode("utf-8", "replace")
        starts = [self._bom, *(m.end() for m in _NEWLINE.finditer(self.data, self._bom))]
        ustarts = [0, *(m.end() for m in _NEWLINE.finditer(utf8))]
        if len(starts) != len(ustarts):
            return False
        if starts[-1] == len(self.data):
            del starts[-1], ustarts[-1]
        self.utf8, self._starts, self._ustarts = utf8, starts, ustarts
        return True

    def offset(self, at: int) -> int:
        """Return the artifact's byte offset of UTF-8 offset ``at`` (0 ≤ at ≤ len(utf8))."""
        if self._same:
            return at + self._bom
        if not self._ustarts:
            return self._bom
        line = max(0, bisect_right(self._ustarts, at) - 1)
        prefix = self.utf8[self._ustarts[line] : at].decode("utf-8", "ignore")
        start = self._starts[line]
        if "\ufffd" not in prefix:
            return start + len(prefix.encode(self.encoding, "replace"))
        return start + self._walk(start, len(prefix))

    def at(self, offset: int) -> int:
        """Return the UTF-8 offset of the artifact's byte ``offset``: the inverse of :meth:`offset`."""
        if self._same:
            return max(0, min(offset - self._bom, len(self.utf8)))
        if not self._starts:
            return 0
        line = max(0, bisect_right(self._starts, offset) - 1)
        prefix = self.data[self._starts[line] : offset].decode(self.encoding, "replace")
        return min(self._ustarts[line] + len(prefix.encode("utf-8", "replace")), len(self.utf8))

    def _walk(self, start: int, chars: int) -> int:
        """Return how many bytes ``chars`` decoded characters take from ``start``, where some are undecodable.

        A line is walked once: what it took is kept until another is asked for.
        """
        if self._line is None or self._line.start != start:
            self._line = _Line(start, self.encoding)
        return self._line.bytes_of(chars, self.data)

    def position(self, at: int) -> tuple[int, int]:
        """Return line and column, both from 1, of UTF-8 offset ``at``."""
        if self._steps is None:
            self._steps = self._counted()
        lines, starts, _ = self._steps
        step = at // _STEP
        low = step * _STEP
        line = lines[step] + self.utf8.count(b"\n", low, at)
        start = self.utf8.rfind(b"\n", low, at) + 1
        if start:
            return line, _length(self.utf8[start:at]) + 1
        return line, self._characters(at) - self._characters(starts[step]) + 1

    def _counted(self) -> tuple[list[int], list[int], list[int]]:
        """Return of each step of the text its line, where that line starts, and how many characters stand before."""
        utf8 = self.utf8
        plain = utf8.isascii()
        line, start, count = 1, 0, 0
        lines, starts, counts = [line], [start], [count]
        for low in range(0, len(utf8), _STEP):
            high = low + _STEP
            newlines = utf8.count(b"\n", low, high)
            if newlines:
                line += newlines
                start = utf8.rfind(b"\n", low, high) + 1
            count += min(_STEP, len(utf8) - low) if plain else _length(utf8[low:high])
            lines.append(line)
            starts.append(start)
            counts.append(count)
        return lines, starts, counts

    def _characters(self, at: int) -> int:
        """Return how many characters stand before UTF-8 offset ``at``; a step is counted once, however long a line."""
        if self._steps is None:
            self._steps = self._counted()
        step = at // _STEP
        return self._steps[2][step] + _length(self.utf8[step * _STEP : at])

    def passage(self, start: int, end: int, limit: int = 600) -> Passage:
        """Return the place of ``utf8[start:end]``, cut to ``limit`` bytes at a character's end."""
        end = min(end, start + limit, len(self.utf8))
        while end > start and end < len(self.utf8) and self.utf8[end] & 0xC0 == 0x80:
            end -= 1
        while end > start and self.utf8[end - 1 : end] in (b"\n", b"\r", b" ", b"\t"):
            end -= 1
        offset, stop = self.offset(start), self.offset(end)
        line, column = self.position(start)
        text = self.data[offset:stop].decode(self.encoding, "backslashreplace")
        return Passage(offset, stop - offset, line, column, self.encoding, text)

    def line_span(self, at: int) -> tuple[int, int]:
        """Return start and end of the line that holds UTF-8 offset ``at``, without its line break.

        However long a line is, a step of it is looked through.
        """
        if self._steps is None:
            self._steps = self._counted()
        if self._ends is None:
            self._ends = self._line_ends()
        step = at // _STEP
        low = step * _STEP
        start = self.utf8.rfind(b"\n", low, at) + 1 or self._steps[1][step]
        end = self.utf8.find(b"\n", at, low + _STEP)
        return start, self._ends[step + 1] if end < 0 else end

    def _line_ends(self) -> list[int]:
        """Return of each step of the text, and of its end, where the line ends in which it begins."""
        utf8, end = self.utf8, len(self.utf8)
        ends = [end, end]
        for low in range(len(utf8) // _STEP * _STEP, 0, -_STEP):
            found = utf8.find(b"\n", low, low + _STEP)
            end = found if found >= 0 else end
            ends.append(end)
        found = utf8.find(b"\n", 0, _STEP)
        ends.append(found if found >= 0 else end)
        ends.reverse()
        return ends


def _length(piece: bytes) -> int:
    """Return how many characters a piece of UTF-8 holds."""
    return len(piece) if piece.isascii() else len(piece.translate(None, _CONTINUES))


class _Line:
    """How many bytes each character of a line took, as far as it was asked for."""

    def __init__(self, start: int, encoding: str) -> None:
        self.start = start
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._used = 0
        self._ends = array("Q")

    def bytes_of(self, chars: int, data: bytes) -> int:
        """Return the bytes that so many characters took; all there are where there are not as many."""
        ends, decode = self._ends, self._decoder.decode
        while len(ends) < chars and self.start + self._used < len(data):
            at = self.start + self._used
            self._used += 1
            ends.extend([self._used] * len(decode(data[at : at + 1])))
        return (ends[chars - 1] if chars else 0) if len(ends) >= chars else self._used


def decode(data: bytes, votes: Mapping[str, int] | None = None) -> Text:
    """Return ``data`` as text in the encoding that a byte-order mark, validity or ``votes`` decides.

    ``votes`` counts by encoding the lexicon's terms that were found in the raw bytes: detectors call short GB18030
    words "Windows-1251", the lexicon does not.
    """
    for bom, name in _BOMS:
        if data.startswith(bom):
            return Text(data, name, len(bom))
    votes = votes or {}
    for wide in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
        if votes.get(wide, 0) > votes.get("utf-8", 0) and data.count(0) * 8 > len(data):
            return Text(data, wide)
    sample = data[: 1 << 16]
    if sample.count(0) > len(sample) // 8:
        even, odd = sample[::2].count(0), sample[1::2].count(0)
        if max(even, odd) > 4 * min(even, odd):
            return Text(data, "utf-16-le" if odd > even else "utf-16-be")
    try:
        data.decode("utf-8")
        return Text(data, "utf-8")
    except UnicodeDecodeError:
        # Stray bytes among valid UTF-8 leave it UTF-8. Of double bytes less than one in five reads as such by chance;
        # where the lexicon speaks for them, twenty to one is asked.
        text = data.decode("utf-8", "replace")
        bad = text.count("\ufffd")
        valid = len(text) - len(text.encode("ascii", "ignore")) - bad
        if valid >= bad * (20 if any(votes.get(name) for name in LEGACY) else 1):
            return Text(data, "utf-8")
    best: tuple[float, str] | None = None
    for name in LEGACY:
        # What cannot win any more is not decoded.
        ceiling = 10.0 * votes.get(name, 0) - 0.001 * LEGACY.index(name) + _OWN * (name in _SYLLABLES)
        if best is not None and ceiling <= best[0]:
            continue
        text = data.decode(name, "replace")
        share = text.count("\ufffd") / max(1, len(text))
        if share > 0.02 and name != "windows-1252":
            continue
        # Counted against the whole sample, so that what one reading finds odd weighs as much as what another does.
        strange = len((_ODD_SINGLE if name in _SINGLE else _ODD).findall(text[:200_000])) / max(1, len(text[:200_000]))
        rating = 10.0 * votes.get(name, 0) - 50 * share - 40 * strange - 0.001 * LEGACY.index(name)
        if name in _SYLLABLES and not share:
            syllable, least = _SYLLABLES[name]
            own, double = len(syllable.findall(text[:200_000])), len(_WIDE.findall(text[:200_000]))
            rating += _OWN * (own >= 8 and own > least * double)
        if best is None or rating > best[0]:
            best = (rating, name)
    return Text(data, best[1] if best else "utf-8")


_WIDE = re.compile(r"[^\x00-\u303f\uff00-\uff60]|[ぁ-ヺ]")
# A Western letter before a Latin one is no double byte: count what stands alone among ASCII letters. Punctuation before
# one is usual: "0-未知，byte".
_ODD = re.compile(
    r"[A-Za-z][^\x00-\x7f\u3000-\u303f\uff00-\uff60][A-Za-z]|[^\x00-\u303f\uff00-\uffef][a-z]|"
    r"[\ue000-\uf8ff\x80-\x9f]|[\uff61-\uff9f]{3}"
)
# Nor are double bytes letters one by one: signs among letters, capitals behind small letters ("ЧЦ¶ОФ¤Бф"), Arabic among
# French ones, four Western accented letters in a row.
_SINGLE = frozenset(("windows-1251", "windows-1256", "koi8_r", "windows-1252"))
_SIGN = r"[\x80-\xa9\xac-\xb4\xb6\xb8\xb9\xbc-\xbf\xd7\xf7\u2020-\u2023\u2030\u20ac\u2122\u2500-\u25ff]"
_ODD_SINGLE = re.compile(
    rf"[а-яёђѓєѕіїјљњћќўџґ][А-ЯЁЂЃЄЅІЇЈЉЊЋЌЎЏҐ]|[А-яЁёЂ-џҐґ]{_SIGN}|{_SIGN}[А-яЁёЂ-џҐґ]|[\u0621-\u06d2][à-ÿ]|"
    rf"[à-ÿ][\u0621-\u06d2]|[\u0621-\u06d2]{_SIGN}|[À-ÿŒœŠšŽžŸƒ]{_SIGN}|{_SIGN}[À-ÿ]|[À-ÖØ-öø-ÿŒœŠšŽžŸ]{{4}}|"
    r"[A-Za-z][А-яЁёЂ-џҐґ\u0621-\u06d2]|[А-яЁёЂ-џҐґ\u0621-\u06d2][A-Za-z]"
)
# What only one double-byte reading is full of: its own syllables, where another reads rare characters.
_SYLLABLES = {"euc_kr": (re.compile(r"[가-힣]"), 0.8), "shift_jis": (re.compile(r"[ぁ-ヺ]"), 0.25)}
_OWN = 0.01
