"""From terms to byte patterns: every encoding a product may hold, and every escape.

Hyperscan has no look-around: a boundary is written as a class that takes part in the match, or left to the check of
the hit (see ``hits.py``) where the plain bytes are rare enough.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

from sousveil.beginnings import FIRST
from sousveil.match.lexicon import Entry
from sousveil.match.words import is_substring_script

LEAST = 4
"""Bytes below which a pattern would fire in random data."""
_LEAST_SINGLE = 5
"""The same, for encodings of one byte a letter."""

WIDE = (("utf-16-le", 2), ("utf-16-be", 2), ("utf-32-le", 4), ("utf-32-be", 4))
_SINGLE = frozenset({"windows-1251", "koi8_r", "windows-1256", "windows-1252"})
ESCAPED_BYTES = ("utf-8", "gb18030")
"""Encodings whose bytes are searched as ``\\xNN``, ``%NN``, ``=NN`` and octal too."""

CODEPOINT: dict[str, Callable[[int], str]] = {
    "\\u": lambda c: f"\\u{c:04x}" if c < 0x10000 else "".join(f"\\u{u:04x}" for u in _surrogates(c)),
    "\\\\u": lambda c: f"\\\\u{c:04x}" if c < 0x10000 else "".join(f"\\\\u{u:04x}" for u in _surrogates(c)),
    "\\U": lambda c: f"\\U{c:08x}",
    "\\x{}": lambda c: f"\\x{{{c:04x}}}",
    "\\u{}": lambda c: f"\\u{{{c:04x}}}",
    "&#x;": lambda c: f"&#x{c:x};",
    "&#;": lambda c: f"&#{c};",
}
BYTE: dict[str, Callable[[int], str]] = {
    "\\x": lambda b: f"\\x{b:02x}",
    "%": lambda b: f"%{b:02x}",
    "=": lambda b: f"={b:02x}",
    "\\o": lambda b: f"\\{b:03o}",
}
_ASCII_ESCAPES = ("\\x", "\\u")
_USUAL = frozenset({"\\u", "\\x", "%", "&#x;", "&#;"})
"""Escapes in which likely terms are searched too."""
_DISTINCT = 7
"""Letters from which a word is so rare inside others that its joints are left to the check of the hit."""

_JOINT = rb"[\s_\-.]"
LEADS = {"lower": rb"(?:^|[^A-Za-z]|%2C)", "title": b"", "upper": rb"(?:^|[^A-Z])", "digit": rb"(?:^|[^0-9])"}
"""What stands before a short word, by how it begins."""
TRAILS = {
    "lower": (rb"(?:[^a-z]|\z)", (1, 0)),
    "upper": (rb"(?:[^A-Za-z]|[A-Z][a-z]|\z)", (1, 2, 0)),
    "digit": (rb"(?:[^0-9]|\z)", (1, 0)),
}
"""What stands behind it, by how it ends, and how many bytes that can take."""
_NONE = (b"", (0,))


class Pattern(Struct, frozen=True, array_like=True):
    """One byte pattern and what it stands for."""

    regex: bytes
    body: bytes
    """The term alone, without boundaries; also valid for :mod:`re`."""
    caseless: bool
    entry: int
    encoding: str
    escape: str
    """A key of CODEPOINT or BYTE, or empty."""
    lengths: tuple[int, ...]
    """How many bytes the body can take."""
    trails: tuple[int, ...] = (0,)
    """How many bytes of boundary the match can hold after the body."""


def build(entries: Sequence[Entry]) -> list[Pattern]:
    """Return the patterns of all certain and likely terms, each byte sequence once, in a fixed order."""
    out: dict[tuple[bytes, bool], Pattern] = {}
    known = {e.text.lower(): e for e in entries if _searched(e) and e.term.style == "word"}
    for number, entry in enumerate(entries):
        if not _searched(entry):
            continue
        for pattern in _of_entry(entry, number, _covered(entry, known)):
            if pattern.lengths[0] >= LEAST:
                out.setdefault((pattern.regex, pattern.caseless), pattern)
    return list(out.values())


def short(entries: Iterable[Entry]) -> Iterator[Pattern]:
    """Yield the patterns that hold a word's joints, each once: :func:`build` has no other such ones."""
    seen: set[bytes] = set()
    for entry in entries:
        if not (_searched(entry) and entry.text.isascii()):
            continue
        made = _code if entry.term.style == "code" else _ascii
        for text in (entry.text, entry.text.replace(" ", "")):
            for pattern in made(text, 0):
                if pattern.regex != pattern.body and pattern.regex not in seen:
                    seen.add(pattern.regex)
                    yield pattern


def _searched(entry: Entry) -> bool:
    return entry.trait is not None and entry.term.strength != "weak"


def _covered(entry: Entry, known: Mapping[str, Entry]) -> bool:
    """Return whether a part of an English phrase is a term that opens a file as surely as the phrase does."""
    words = entry.text.lower().split()
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            part = known.get(" ".join(words[start:end])) if end - start < len(words) else None
            if part is not None and entry.text.isascii() and "certain" in (part.term.strength, _other(entry)):
                return True
    return False


def _other(entry: Entry) -> str:
    """Return ``certain`` for a likely entry: any searched part is as strong."""
    return "certain" if entry.term.strength == "likely" else ""


def key(lexicon_key: str) -> str:
    """Return the key of the patterns made of a lexicon: its own key and the code that makes the patterns."""
    here = Path(__file__)
    code = b"".join(path.read_bytes() for path in (here, here.with_name("words.py")))
    return hashlib.sha256(lexicon_key.encode() + code + b" ".join(FIRST)).hexdigest()[:32]


def text_patterns(words: Iterable[tuple[int, str]]) -> Iterator[Pattern]:
    """Yield patterns for ``words`` (number and spelling) at their joints, in UTF-8 and the older encodings."""
    for number, text in words:
        if text.isascii():
            yield from _ascii(text, number)
            continue
        yield from _other_utf8(text, number)
        for encoding in _legacy(text):
            yield from _plain(text, encoding, number, False, " ")


def spell(text: str) -> list[tuple[str, bytes]]:
    """Return the bytes of ``text`` in every encoding it is searched in."""
    names = ["utf-8", *(name for name, _ in WIDE), *_legacy(text)]
    return [(name, text.encode(name)) for name in names]


def escape(text: str, kind: str, encoding: str = "utf-8") -> str:
    """Return ``text`` with its characters beyond ASCII (or all, if there are none) escaped in the way ``kind``."""
    every = text.isascii()
    if kind in CODEPOINT:
        return "".join(CODEPOINT[kind](ord(c)) if every or not c.isascii() else c for c in text)
    put = BYTE[kind]
    return "".join("".join(map(put, c.encode(encoding))) if every or not c.isascii() else c for c in text)


def escapes(entry: Entry) -> list[tuple[str, str]]:
    """Return the escapes in which ``entry`` is searched, with the encoding of the escaped bytes."""
    certain = entry.term.strength == "certain"
    if entry.text.isascii():
        return [(kind, "utf-8") for kind in _ASCII_ESCAPES] if certain else []
    out = [(kind, "utf-8") for kind in CODEPOINT if certain or kind in _USUAL]
    for encoding in ESCAPED_BYTES:
        if encoding == "utf-8" or encoding in _legacy(entry.text):
            out += [(kind, encoding) for kind in BYTE if certain or kind in _USUAL]
    return out


def _of_entry(entry: Entry, number: int, covered: bool) -> Iterator[Pattern]:
    text, code = entry.text, entry.term.style == "code"
    if covered:
        # Its part is found wherever the words stand apart; only written as one word it needs a pattern.
        yield from _ascii(text.replace(" ", ""), number)
        return
    if text.isascii():
        yield from _code(text, number) if code else _ascii(text, number)
    else:
        yield from _other_utf8(text, number)
    cased = [text] if text.isascii() or code else _cases(text)
    for encoding, _ in WIDE:
        for variant in cased:
            # README files written by a Windows shell are in this encoding.
            joints = " _-" if encoding == "utf-16-le" and text.isascii() else " "
            yield from _plain(variant, encoding, number, text.isascii() and not code, joints)
    for encoding in _legacy(text):
        for variant in _cases(text):
            yield from _plain(variant, encoding, number, False, " ")
    for kind, encoding in escapes(entry):
        for variant in _cases(text)[:2]:
            raw = escape(variant, kind, encoding)
            body = _quote(raw.encode())
            yield Pattern(body, body, True, number, encoding, kind, (len(raw),))


def _ascii(text: str, number: int) -> Iterator[Pattern]:
    """Yield a word or phrase. A short one at its joints: lower case, capitalised, upper case."""
    words = [w for w in re.split(r"[\s_-]+", text.lower()) if w]
    size = sum(map(len, words))
    if size >= _DISTINCT:
        yield from _plain(" ".join(words), "utf-8", number, True, " _-")
        return
    lengths = tuple(range(size, size + len(words)))
    last = words[-1][-1]
    joint = _JOINT + b"?"
    for case in ("lower", "title", "upper"):
        if case == "upper":
            body = joint.join(re.escape(w.upper()).encode() for w in words)
        else:
            first = words[0] if case == "lower" else words[0][0].upper() + words[0][1:]
            body = re.escape(first).encode()
            for word in words[1:]:
                head, tail = word[0], re.escape(word[1:]).encode()
                start = f"[{head}{head.upper()}]" if head.isalpha() else re.escape(head)
                body += joint + start.encode() + tail
        if case == "title" and not words[0][0].isalpha():
            continue
        lead = LEADS[case] if words[0][0].isalpha() else LEADS["digit"]
        trail, trails = TRAILS["digit" if last.isdigit() else "upper" if case == "upper" else "lower"]
        yield Pattern(lead + body + trail, body, False, number, "utf-8", "", lengths, trails)


def _code(text: str, number: int) -> Iterator[Pattern]:
    """Yield an identifier as written, at its joints."""
    body = re.escape(text).encode()
    if len(text) >= _DISTINCT:
        yield Pattern(body, body, False, number, "utf-8", "", (len(text),))
        return
    first, second, last = text[0], text[1:2], text[-1]
    lead = b""
    if first.isdigit():
        lead = LEADS["digit"]
    elif first.islower():
        lead = LEADS["lower"]
    elif first.isupper() and not second.islower():
        lead = LEADS["upper"]
    trail, trails = (
        TRAILS["digit"]
        if last.isdigit()
        else TRAILS["upper"]
        if last.isupper()
        else TRAILS["lower"]
        if last.islower()
        else _NONE
    )
    yield Pattern(lead + body + trail, body, False, number, "utf-8", "", (len(text),), trails)


def _other_utf8(text: str, number: int) -> Iterator[Pattern]:
    for variant in _cases(text):
        yield from _plain(variant, "utf-8", number, False, " _")


def _plain(text: str, encoding: str, number: int, caseless: bool, joints: str) -> Iterator[Pattern]:
    """Yield ``text`` in ``encoding`` as it stands, a phrase with each of ``joints`` and with nothing between its words.

    Literals: a class instead would make Hyperscan's compiler ten times slower.
    """
    for joined in dict.fromkeys(text.replace(" ", joint) for joint in ("", *joints)):
        raw = joined.encode(encoding)
        body = _quote(raw)
        yield Pattern(body, body, caseless, number, encoding, "", (len(raw),))


_QUOTED = [bytes([b]) if bytes([b]).isalnum() else b"\\x%02x" % b for b in range(256)]


def _quote(raw: bytes) -> bytes:
    """Return a regular expression for exactly ``raw``."""
    return b"".join(map(_QUOTED.__getitem__, raw))


@lru_cache(maxsize=4096)
def _cases(text: str) -> list[str]:
    """Return ``text`` as written, in lower case, with a capital, and in capitals, each once."""
    if text.isascii() or any(c.isalpha() and c.lower() != c.upper() for c in text):
        return list(dict.fromkeys((text, text.lower(), text[0].upper() + text[1:], text.upper())))
    return [text]


@lru_cache(maxsize=4096)
def _legacy(text: str) -> list[str]:
    """Return the older encodings ``text`` is searched in: those of its script that can hold it."""
    if text.isascii():
        return []
    if any(is_substring_script(c) for c in text):
        names = ["gb18030", "big5", "shift_jis", "euc_kr"]
    elif any("\u0400" <= c <= "\u04ff" for c in text):
        names = ["windows-1251", "koi8_r"]
    elif any("\u0600" <= c <= "\u06ff" for c in text):
        names = ["windows-1256", "gb18030"]
    elif all(c < "\u0250" for c in text):
        names = ["windows-1252"]
    else:
        names = []
    return [name for name in names if _encodable(text, name)]


def _encodable(text: str, name: str) -> bool:
    """Return whether ``name`` can hold ``text`` in every case, in enough bytes, that are no UTF-8 by accident."""
    try:
        for variant in _cases(text):
            variant.encode(name)
        raw = text.encode(name)
    except UnicodeEncodeError:
        return False
    if len(raw) < (_LEAST_SINGLE if name in _SINGLE else LEAST):
        return False
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _surrogates(code: int) -> tuple[int, int]:
    code -= 0x10000
    return 0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF)
