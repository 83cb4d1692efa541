"""Parts of SQL: statements, names, strings, columns, and what comments say of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sousveil.model import Member
from sousveil.read import gloss
from sousveil.read.source.blanked import Blanked
from sousveil.read.source.drafts import Spots
from sousveil.read.text import Text

MEMBERS = 1500
_START = re.compile(
    rb"^[ \t]*+(CREATE|ALTER|INSERT|REPLACE|SELECT|WITH|UPDATE|DELETE|COMMENT|EXEC(?:UTE)?|MERGE|CALL|DROP|GRANT|SET"
    rb"|USE|GO)\b",
    re.I | re.M,
)
NAME = rb"[`\"\[]?[\w$#\x80-\xff]{1,128}[`\"\]]?(?:\s*+\.\s*+[`\"\[]?[\w$#\x80-\xff]{1,128}[`\"\]]?){0,3}"
COMMENT_ON = re.compile(rb"\s*+COMMENT\s++ON\s++(TABLE|COLUMN|TYPE|VIEW)\s++(" + NAME + rb")\s++IS\s++", re.I)
CODE = re.compile(
    rb"\s*+CREATE\s++(?:OR\s++REPLACE\s++)?(?:DEFINER\s*+=\s*+\S{1,80}\s++)?(?:(?:FORCE|EDITIONABLE|MATERIALIZED|NONEDITIONABLE)\s++)*"
    rb"(VIEW|PROCEDURE|PROC|FUNCTION|TRIGGER|PACKAGE)\s++(?:BODY\s++)?(?:IF\s++NOT\s++EXISTS\s++)?(" + NAME + rb")",
    re.I,
)
_COLUMN = re.compile(
    rb"\s*+([`\"\[]?[\w$#\x80-\xff]{1,128}[`\"\]]?)\s++([\w ]{1,60}?(?:\([^()]{0,200}\))?(?=\s|,|$|\)))", re.I
)
_CONSTRAINT = re.compile(
    rb"\s*+(?:PRIMARY|FOREIGN|UNIQUE|CONSTRAINT|CHECK|KEY|INDEX|FULLTEXT|SPATIAL|EXCLUDE|PERIOD|LIKE|PARTITION)\b", re.I
)
COLUMN_COMMENT = re.compile(rb"\bCOMMENT\s*+=?\s*+N?(?=['\"])", re.I)
_NEXT = re.compile(rb"^\s*+(?:GO\b|CREATE\b|DELIMITER\b|/\s*$|\$\$)", re.I | re.M)
QUOTES = '`"[] '


@dataclass(slots=True)
class Piece:
    start: int
    end: int
    """A statement, without the space before and the semicolon after it."""


class SqlParts:
    """One text, or one region of it, as statements."""

    def __init__(self, text: Text, base: int, end: int, spots: Spots | None) -> None:
        self.text = text
        self.spots = spots
        self.taken: list[tuple[int, int]] = []
        self.base = base
        self.source = text.utf8[base:end]
        self.blanked = Blanked(
            self.source, {b"--": b"\n", b"/*": b"*/", b"#": b"\n"}, b"'", escapes=b"\\'" in self.source
        )
        self.code = self.blanked.code
        self.comments: dict[tuple[str, str], str] = {}

    def _pieces(self) -> Iterator[Piece]:
        """Yield the statements: from a leading keyword to a semicolon or the next one."""
        begins = [m.start(1) for m in _START.finditer(self.code)]
        for index, start in enumerate(begins):
            limit = begins[index + 1] if index + 1 < len(begins) else len(self.code)
            declared = CODE.match(self.code, start, start + 600)
            if declared and declared.group(1).upper() != b"VIEW":
                # A body has statements of its own: it reaches to the next top-level CREATE or GO.
                later = re.compile(rb"^\s*+(?:GO|CREATE|/|\$\$;?|DELIMITER)\b", re.I | re.M).search(
                    self.code, start + 6
                )
                limit = later.start() if later else len(self.code)
                yield Piece(start, start + len(self.code[start:limit].rstrip()))
                continue
            stop = self.code.find(b";", start, limit)
            end = limit if stop < 0 else stop
            yield Piece(start, start + len(self.code[start:end].rstrip()))

    def _name(self, raw: bytes) -> str:
        """Return the last part of a possibly qualified, quoted name."""
        return raw.decode("utf-8", "replace").split(".")[-1].strip(QUOTES)

    def _string(self, at: int, limit: int = 2000) -> tuple[str, int]:
        """Return the string literal that starts at or after ``at`` and where it ends."""
        start = self.code.find(b"'", at, at + 200)
        if start < 0:
            return "", at
        end = self.code.find(b"'", start + 1)
        end = len(self.code) - 1 if end < 0 else end
        raw = self.source[start + 1 : min(end, start + 1 + limit)].decode("utf-8", "ignore")
        return raw.replace("''", "'"), end + 1

    def _strings(self, start: int, end: int) -> Iterator[tuple[str, int, int]]:
        at = start
        for _ in range(MEMBERS):
            first = self.code.find(b"'", at, end)
            if first < 0:
                return
            words, at = self._string(first)
            yield words, first, at

    def _close(self, opened: int, end: int) -> int:
        """Return where the parenthesis at ``opened`` closes."""
        depth = 0
        for mark in re.compile(rb"[()]").finditer(self.code, opened, end):
            depth += 1 if mark.group() == b"(" else -1
            if depth == 0:
                return mark.start()
        return end

    def _columns(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the spans between top-level commas."""
        depth, at = 0, start
        for mark in re.compile(rb"[(),]").finditer(self.code, start, end):
            if mark.group() == b"(":
                depth += 1
            elif mark.group() == b")":
                depth -= 1
            elif depth == 0:
                yield at, mark.start()
                at = mark.end()
        yield at, end

    def _line(self, at: int) -> int:
        """Return where the line of ``at`` starts, not further back than a long line is worth."""
        found = self.source.rfind(b"\n", max(0, at - 4000), at)
        return found + 1 if found >= 0 else max(0, at - 4000)

    def _note(self, piece: Piece) -> None:
        """Keep ``COMMENT ON COLUMN`` and SQL Server's extended properties for the columns they describe."""
        match = COMMENT_ON.match(self.code, piece.start, piece.end)
        if match:
            parts = [p.strip(QUOTES) for p in match.group(2).decode("utf-8", "replace").split(".")]
            words, _ = self._string(match.end())
            if match.group(1).upper() == b"COLUMN" and len(parts) > 1:
                self.comments[(parts[-2].lower(), parts[-1].lower())] = words
            else:
                self.comments[(parts[-1].lower(), "")] = words
        elif b"addextendedproperty" in self.code[piece.start : piece.start + 200].lower():
            strings = [w for w, _, _ in self._strings(piece.start, piece.end)]
            lowered = [w.lower() for w in strings]
            if "table" in lowered[:-1] and len(strings) > 1:
                table = strings[lowered.index("table") + 1]
                column = strings[lowered.index("column") + 1] if "column" in lowered[:-1] else ""
                words = next((w for w in strings if w.lower() != "ms_description"), "")
                self.comments[(table.lower(), column.lower())] = words

    def _passage_line(self, start: int, end: int) -> tuple[int, int]:
        stop = self.source.find(b"\n", start, end)
        return self.base + start, self.base + (end if stop < 0 else stop)

    def _column(self, table: str, start: int, end: int) -> Member | None:
        match = _COLUMN.match(self.code, start, end)
        if not match or _CONSTRAINT.match(self.code, start, end):
            return None
        name = match.group(1).decode("utf-8", "replace").strip(QUOTES)
        kind = " ".join(match.group(2).decode("utf-8", "replace").split())
        told = ""
        comment = COLUMN_COMMENT.search(self.code, match.end(1), end)
        if comment:
            told, _ = self._string(comment.end())
        if kind.upper().startswith(("ENUM", "SET")):
            kind = " ".join(
                self.source[match.start(2) : min(end, match.start(2) + 200)].decode("utf-8", "ignore").split()
            )
        noted = self.comments.get((table.lower(), name.lower()), "")
        last = end
        while last > start and self.code[last - 1 : last].isspace():
            last -= 1
        line = self._line(match.start(1))
        above = "" if self.code[line : match.start(1)].strip() else self.blanked.leading(match.start(1))[1]
        _, behind = self.blanked.trailing(end)
        words = gloss.join(told, noted, above, behind)
        passage = self.text.passage(self.base + match.start(1), self.base + last, 400)
        return Member(name, passage, "", kind, words, gloss.values(words))
