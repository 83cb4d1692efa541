"""Which of C, C++ and Objective-C a file is written in."""

from __future__ import annotations

import re
from collections.abc import Sequence

# What stands first on a line of C++; the words by which such lines are found.
_CPLUSPLUS = re.compile(
    rb"class\s+\w+[^;{]{0,200}[;{]|namespace\b|template\s*<|using\s+[\w:]+|(?:public|private|protected)\s*:"
    rb"|enum\s+(?:class|struct)\b|virtual\s+\w|constexpr\s"
)
_CPLUSPLUS_WORDS = (
    b"class", b"namespace", b"template", b"using", b"public", b"private", b"protected", b"enum", b"virtual",
    b"constexpr",
)  # fmt: skip
_ONLY_CPLUSPLUS = (b"\nenum class ", b"\nenum struct ", b"\nnamespace ", b"\ntemplate<", b"\ntemplate <", b" std::")
_SAMPLE = 1 << 17
"""Bytes that decide which of the three languages it is."""
_OBJC = re.compile(rb"@interface|@protocol|@implementation|@property|@class|#import\b")
_MARKS = re.compile(rb"NS_(?:ENUM\b(?<!\wNS_ENUM)|OPTIONS\b(?<!\wNS_OPTIONS))")
_STD = re.compile(rb"st(?:d::(?<!\wstd::)|atic_cast<(?<!\wstatic_cast<))")
_OBJC_WORDS = (b"@interface", b"@protocol", b"@implementation", b"@property", b"@class", b"#import")


def dialect_of(utf8: bytes) -> str:
    """Return ``objc``, ``cpp`` or ``c``."""
    sample = utf8[:_SAMPLE]
    if _begins_line(_OBJC, _OBJC_WORDS, sample) or _MARKS.search(sample):
        return "objc"
    if _begins_line(_CPLUSPLUS, _CPLUSPLUS_WORDS, sample) or _STD.search(sample):
        return "cpp"
    # A long header may keep what only C++ has for its end; finding a few plain strings costs nothing.
    rest = utf8[_SAMPLE:]
    return "cpp" if any(mark in rest for mark in _ONLY_CPLUSPLUS) else "c"


def _begins_line(pattern: re.Pattern[bytes], words: Sequence[bytes], sample: bytes) -> bool:
    """Return whether what ``pattern`` says, which begins with one of ``words``, stands first on a line."""
    for word in words:
        at = sample.find(word)
        while at >= 0:
            if pattern.match(sample, at) and not sample[sample.rfind(b"\n", 0, at) + 1 : at].strip(b" \t"):
                return True
            at = sample.find(word, at + 1)
    return False
