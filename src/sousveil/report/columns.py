"""Text in columns: widths as a terminal shows them (two for a wide character), lines broken where reading allows."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Chinese, Japanese and Korean: a line may break after any character, but not before a mark that closes.
_WIDE = "\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60"
_ATOM = re.compile(rf"\s+|[{_WIDE}][\u3001\u3002\uff0c\uff1a\uff1b\uff09\uff01\uff1f\u300d\u300f]*|[^\s{_WIDE}]+")
# A long word breaks between folders; only a name longer than the line breaks after other joints, then anywhere.
_JOINTS = (re.compile(r"[^/\\]*(?:[/\\]+|\Z)"), re.compile(r"[^_.,;:|&=!?>()\[\]-]*(?:[_.,;:|&=!?>()\[\]-]+|\Z)"))


def cells(text: str) -> int:
    """Return how many columns of a terminal ``text`` takes; it holds no control characters."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def wrap(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    """Return lines of at most ``width`` columns, the first after ``first``, the others after ``rest``.

    Nothing is dropped but the white space at which a line is broken. ``width`` is at least 8 more than both prefixes.
    """
    rest = first if rest is None else rest
    lines: list[str] = []
    prefix, line, used = first, "", cells(first)
    empty = True
    for atom in _atoms(text, max(1, width - max(cells(first), cells(rest)))):
        size = cells(atom)
        if not empty and used + cells(atom.rstrip()) > width:
            lines.append((prefix + line).rstrip())
            prefix, line, used, empty = rest, "", cells(rest), True
            atom = atom.lstrip()
            size = cells(atom)
            if not atom:
                continue
        line += atom
        used += size
        empty = empty and not atom.strip()
    lines.append((prefix + line).rstrip())
    return lines


def _atoms(text: str, room: int) -> Iterator[str]:
    for atom in _ATOM.findall(text):
        if cells(atom) <= room:
            yield atom
            continue
        if atom.isspace():
            yield atom[:room]
            continue
        for part in _parts(atom, room):
            while cells(part) > room:
                head = _head(part, room)
                yield head
                part = part[len(head) :]
            if part:
                yield part


def _parts(word: str, room: int) -> Iterator[str]:
    for part in _JOINTS[0].findall(word):
        if cells(part) <= room:
            yield part
        else:
            yield from _JOINTS[1].findall(part)


def _head(text: str, room: int) -> str:
    """Return as much of the start as fits ``room``, one character at least."""
    end = min(len(text), room)
    while end > 1 and cells(text[:end]) > room:
        end -= 1
    return text[:end]


def rule(left: str, right: str, width: int) -> str | None:
    """Return ``left`` and ``right`` at both ends of one line, or None where they do not fit."""
    gap = width - cells(left) - cells(right)
    return f"{left}{' ' * gap}{right}" if gap >= 2 else None
