"""Names from inside containers: decoded for show, escaped where they could deceive a terminal, never used as paths."""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Iterable
from functools import lru_cache

# Not printable by Unicode's classes, and yet plain parts of names: two spaces, and the joiners of Persian and Hindi.
_HARMLESS = "\u00a0\u3000\u200c\u200d"
_DRIVE = re.compile(r"[A-Za-z]:")
_SEPARATORS = re.compile(r"[/\\]")

# Candidates with the log of a prior: the products read here are mostly Chinese.
_CODECS = (("gb18030", -0.3), ("cp932", -2.3), ("big5", -2.3), ("cp949", -2.5), ("cp437", -2.3))
_SAMPLE = 4096


def _escaped(char: str) -> str:
    if char.isprintable() or char in _HARMLESS:
        return char
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    if 0xDC80 <= code <= 0xDCFF:  # the operating system's undecodable byte, as os.fsdecode gives it
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def text_codec(name: str, otherwise: str) -> str:
    """Return Python's name of the encoding that a product calls ``name``, ``otherwise`` where that is none of text.

    Bytes are decoded to find out: for none, Python does not look the name up; and ``hex`` and ``zip`` are codecs too.
    """
    try:
        b" ".decode(name, "backslashreplace")
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        return otherwise


def shown(name: str) -> str:
    """Return the name with control, bidirectional, invisible and undecodable characters as visible escapes."""
    return name if name.isprintable() else "".join(map(_escaped, name))


def unsafe(name: str) -> str:
    """Return why the name must not be used as a path ("is absolute", "climbs with .."), empty if it could be."""
    if not name:
        return "is empty"
    if "\0" in name:
        return "holds a NUL"
    if name[0] in "/\\" or _DRIVE.match(name):
        return "is absolute"
    if ".." in name and ".." in _SEPARATORS.split(name):
        return "climbs with .."
    return ""


class NameDecoder:
    """Decodes the names of one archive: UTF-8 where they are, else the one charset most plausible for all of them."""

    def __init__(self) -> None:
        self._foreign: list[bytes] = []
        self._held = 0
        self._codec = ""

    def learn(self, names: Iterable[bytes]) -> None:
        """Take the names in advance, so that the first is decoded with what the last one tells."""
        for raw in names:
            if not _is_utf8(raw):
                self._learn(raw)
        if self._foreign:
            self._codec = plausible(self._foreign)

    def decode(self, raw: bytes) -> str:
        """Return the name as text, bytes that the chosen charset does not know as `\\xNN`."""
        try:
            return raw.decode()
        except UnicodeDecodeError:
            pass
        if not self._codec:
            self._learn(raw)
            self._codec = plausible(self._foreign)
        return raw.decode(self._codec, "backslashreplace")

    def _learn(self, raw: bytes) -> None:
        if self._held < _SAMPLE:
            self._foreign.append(raw[:512])
            self._held += min(len(raw), 512)


def _is_utf8(raw: bytes) -> bool:
    if raw.isascii():
        return True
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def plausible(names: list[bytes]) -> str:
    """Return the charset in which the names, none of them UTF-8, most likely were written.

    Each charset says how likely it finds each character; the areas are those of the standards' common characters.
    """
    best, codec = -math.inf, "utf-8"
    utf8 = sum(_utf8_score(name) for name in names)
    if utf8 > best:
        best = utf8
    for candidate, prior in _CODECS:
        score = prior + sum(_score(name, candidate) for name in names)
        if score > best:
            best, codec = score, candidate
    return codec


_ASCII = math.log(1 / 60)
_ODD = math.log(1e-6)
_BAD = math.log(1e-7)


@lru_cache(maxsize=4096)
def _utf8_score(name: bytes) -> float:
    text = name.decode("utf-8", "backslashreplace")
    wide = sum(not c.isascii() for c in text)
    bad = sum(b >= 0x80 for b in name) - sum(len(c.encode()) for c in text if not c.isascii())
    return wide * math.log(1 / 7000) + bad * math.log(1e-4) + sum(b < 0x80 for b in name) * _ASCII


@lru_cache(maxsize=4096)
def _score(name: bytes, codec: str) -> float:
    try:
        text = name.decode(codec)
    except UnicodeDecodeError:
        return len(name) * _BAD
    total = 0.0
    for char in text:
        code = ord(char)
        if code < 0x80:
            total += _ASCII if code >= 0x20 else _BAD
        else:
            total += _likely(char.encode(codec), codec)
    return total


def _likely(char: bytes, codec: str) -> float:
    """Return the log-likelihood of one character: its area's share, spread over the area."""
    lead = char[0]
    if codec == "cp437":
        return math.log(0.3 / 38) if lead < 0xA6 else math.log(0.02 / 90)
    if len(char) == 1:  # half-width katakana
        return math.log(0.05 / 63)
    trail = char[1]
    if len(char) == 4:
        return _ODD
    if codec == "cp932":
        if lead in (0x82, 0x83):
            return math.log(0.5 / 170)
        return math.log(0.4 / 2965) if 0x88 <= lead <= 0x97 else math.log(0.05 / 3000)
    if codec == "gb18030":
        if 0xB0 <= lead <= 0xD7 and trail >= 0xA1:
            return math.log(0.9 / 3755)
        return math.log(0.06 / 3600) if lead >= 0xA1 and trail >= 0xA1 else math.log(0.01 / 14000)
    if codec == "big5":
        return math.log(0.9 / 5401) if 0xA4 <= lead <= 0xC6 else math.log(0.05 / 7000)
    return math.log(0.95 / 2350) if 0xB0 <= lead <= 0xC8 and trail >= 0xA1 else math.log(0.02 / 12000)
