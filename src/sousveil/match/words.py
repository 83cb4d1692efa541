"""Splitting text at its joints: camel case, snake case, scripts.

``emNation`` is em + Nation, ``EM_NATION_TYPE`` is EM + NATION + TYPE, ``NETRaceInfo`` is NET + Race + Info. Scripts
written without blanks (Han, kana, Hangul) are not split: their terms are looked for as substrings.
"""

from __future__ import annotations

import functools
import re
from itertools import pairwise

JOINTS = " \t\r\n_-.'’\u200c"
"""One of these, or none, may stand between the words of a phrase."""

_HAN = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_HANGUL = "\uac00-\ud7af"
# Thai, Lao, Tibetan, Burmese, Khmer: written without blanks between words.
_UNSPACED = "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff"
_LATIN = "\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
# Letters, vowel signs and marks of the other scripts, without their commas, full stops and dandas.
_OTHER = (
    "\u0370-\u060b\u060d-\u061a\u0620-\u06d3\u06d5-\u0963\u0966-\u0dff\u10a0-\u10ff\u1200-\u167f\u1681-\u177f"
    "\u1800-\u1cff\ufb1d-\ufdfb\ufe70-\ufefc"
)

# A comma in an address: ``age%2Crace``.
_ASCII_PARTS = r"%2C|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+"
ASCII = re.compile(_ASCII_PARTS)


@functools.cache
def any_parts() -> re.Pattern[str]:
    """Return what matches one part in any script. Compiled when first needed: most texts are ASCII."""
    return re.compile(
        rf"[A-Za-z]*[{_LATIN}][A-Za-z{_LATIN}\u0300-\u036f]*|{_ASCII_PARTS}|[{_HAN}{_HANGUL}{_UNSPACED}]+|[{_OTHER}\u0300-\u036f]+"
    )


_CAMEL = re.compile(r"(?<=[a-zà-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])")


@functools.lru_cache(1 << 14)
def is_substring_script(char: str) -> bool:
    """Return whether ``char`` belongs to a script whose words stand without blanks."""
    return char > "\u0dff" and _within(char, _HAN + _HANGUL + _UNSPACED)


@functools.lru_cache(1 << 14)
def is_han(char: str) -> bool:
    """Return whether ``char`` is a Han character or kana."""
    return char > "\u2e7f" and _within(char, _HAN)


def _within(char: str, ranges: str) -> bool:
    # A class of so many characters takes milliseconds to compile.
    return any(low <= char <= high for low, high in zip(ranges[::3], ranges[2::3], strict=True))


def is_hangul(char: str) -> bool:
    """Return whether ``char`` is a Hangul syllable."""
    return "\uac00" <= char <= "\ud7af"


def parts(text: str) -> list[tuple[int, int]]:
    """Return start and end of every part of ``text``, in order."""
    if text.isascii():
        return [m.span() for m in ASCII.finditer(text)]
    out: list[tuple[int, int]] = []
    for match in any_parts().finditer(text):
        start, end = match.span()
        first = text[start]
        if end - start > 1 and (first.isascii() or first in "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜŠŽİ" or first.islower()):
            word = text[start:end]
            if not word.isascii() and not word.islower():
                cuts = [0, *(m.start() for m in _CAMEL.finditer(word)), end - start]
                out.extend((start + a, start + b) for a, b in pairwise(cuts) if b > a)
                continue
        out.append((start, end))
    return out


def joined(gap: str) -> bool:
    """Return whether two parts with ``gap`` between them can be words of one phrase."""
    if not gap:
        return True
    if len(gap) == 1:
        return gap in JOINTS
    if gap == "  ":
        return True
    # A phrase that goes on in a comment's next line.
    return len(gap) <= 40 and "\n" in gap and not gap.strip(" \t\r\n*#/")
