"""Strings that others wrote, made showable: what would command a terminal or reorder a line is shown, never obeyed."""

from __future__ import annotations

import re
import unicodedata

_SURROGATE = re.compile("[\ud800-\udfff]")
# What JSON may hold raw but a terminal, an editor or a diff would obey: DEL, C1, soft hyphen, bidirectional and other
# invisible controls, line separators, byte order mark, tags.
_OBEYED = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_RUN = re.compile(r" *\t[ \t]*| {3,}")
_MOST_MARKS = 4
"""Combining marks shown on one letter; no script needs more, and a tower of them hides its neighbours."""


def show(text: str) -> str:
    """Return ``text`` with every character that is not plainly visible spelt out.

    Controls become ``\\x1b``, ``\\n``; bidirectional and other format characters, private, unassigned and lone
    surrogate code points ``<U+202E>``. Joiners stay where the script needs them (after an Arabic or Indic letter). The
    result encodes to UTF-8.
    """
    if text.isprintable() and not _has_marks(text):
        return text
    out: list[str] = []
    marks = 0
    for before, c in zip(" " + text, text, strict=False):
        if not c.isprintable():
            out.append(c if c in "\u200c\u200d" and "\u0600" <= before < "\u0e00" else _spelt(c))
            marks = 0
        elif unicodedata.category(c) in ("Mn", "Me"):
            marks += 1
            out.append(c if marks <= _MOST_MARKS else _spelt(c))
        else:
            marks = 0
            out.append(c)
    return "".join(out)


def show_lines(text: str) -> list[str]:
    """Return the lines of quoted text, each shown as :func:`show` does.

    Tabs and long runs of blanks, which only align columns, are drawn together; indentation stays, 16 columns at most.
    """
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").rstrip("\n").split("\n"):
        body = line.lstrip(" \t")
        indent = line[: len(line) - len(body)].replace("\t", "    ")
        lines.append((" " * min(len(indent), 16) if lines else "") + show(_RUN.sub("  ", body.rstrip(" \t"))))
    return lines


def _has_marks(text: str) -> bool:
    return not text.isascii() and any(unicodedata.combining(c) for c in text)


def _spelt(c: str) -> str:
    if c in _NAMED:
        return _NAMED[c]
    point = ord(c)
    if point < 0xA0:
        return f"\\x{point:02x}"
    if unicodedata.category(c) == "Zs":  # no-break, thin, ideographic: spaces, only of other widths
        return "  " if c == "\u3000" else " "
    return f"<U+{point:04X}>"


def whole(text: str) -> str:
    """Return ``text`` without lone surrogates, each as ``\\udc80`` in plain letters.

    JSON has no place for them that every reader accepts, and one such name must not make a report unreadable.
    """
    return _SURROGATE.sub(lambda m: f"\\u{ord(m[0]):04x}", text)


def still(json_text: str) -> str:
    """Return JSON text that means the same, and that a terminal can show: invisible controls as ``\\u`` escapes."""
    return _OBEYED.sub(lambda m: _escape(ord(m[0])), json_text)


def _escape(point: int) -> str:
    if point < 0x10000:
        return f"\\u{point:04x}"
    point -= 0x10000
    return f"\\u{0xD800 + (point >> 10):04x}\\u{0xDC00 + (point & 0x3FF):04x}"
