"""SQL of any dialect: tables, enumerated columns and types, look-up rows, queries, with their comments.

A reader of our own: the grammar there is takes one dialect, and a dump mixes several.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial

from sousveil.model import Construct, Kind, Member
from sousveil.read import gloss
from sousveil.read.source.blanked import clean
from sousveil.read.source.drafts import Draft, Spots, Uses, select, touched
from sousveil.read.source.regions import cut_short, regions
from sousveil.read.source.sqlparts import CODE, COLUMN_COMMENT, COMMENT_ON, MEMBERS, NAME, QUOTES, Piece, SqlParts
from sousveil.read.text import Text
from sousveil.read.unfinished import tell

EXTENSIONS = (".sql", ".ddl", ".pls", ".plsql", ".psql", ".hql", ".pks", ".pkb")
LANGUAGE = "sql"

_ROWS = 200_000
_TABLE = re.compile(
    rb"\s*+(?:CREATE\s++(?:OR\s++REPLACE\s++)?(?:GLOBAL\s++|LOCAL\s++)?(?:TEMP(?:ORARY)?\s++|UNLOGGED\s++|EXTERNAL\s++|FOREIGN\s++)?TABLE"
    rb"(?:\s++IF\s++NOT\s++EXISTS)?|CREATE\s++TYPE)\s++(" + NAME + rb")\s*+(?:AS\s*+(?:OBJECT|TABLE|ENUM)?\s*+)?\(",
    re.I,
)
_ENUM_TYPE = re.compile(rb"\s*+CREATE\s++TYPE\s++(" + NAME + rb")\s++AS\s++ENUM\s*+\(", re.I)
_ALTER = re.compile(rb"\s*+ALTER\s++TABLE\s++(?:IF\s++EXISTS\s++)?(?:ONLY\s++)?(" + NAME + rb")\s", re.I)
_ADDED = re.compile(rb"\b(?:ADD|MODIFY|CHANGE)\s++(?:COLUMN\s++)?(?:IF\s++NOT\s++EXISTS\s++)?\(?", re.I)
_INSERT = re.compile(
    rb"\s*+(?:INSERT(?:\s++IGNORE)?|REPLACE)\s++(?:INTO\s++)?("
    + NAME
    + rb")\s*+(?:\(([^()]{0,4000})\))?\s*+(?:OVERRIDING[\w\s]{1,40})?VALUES?\s*+(?=\()",
    re.I,
)
_FROM = re.compile(rb"\b(?:FROM|JOIN|INTO|UPDATE|TABLE)\s++(" + NAME + rb")", re.I)
_ENUM = re.compile(rb"\b(?:ENUM|SET)\s*+\(", re.I)
_CHECK = re.compile(
    rb"\bCHECK\s*+\(\s*+\(*\s*+([`\"\[]?[\w$]{1,128}[`\"\]]?)\s*+(?:\)?\s*+::\s*+\w+\s*+)?(?:IN\s*+\(|=\s*+ANY\s*+\()",
    re.I,
)
_WORD = re.compile(rb"[A-Za-z_\x80-\xff][\w$\x80-\xff]*(?:\.[A-Za-z_\x80-\xff][\w$\x80-\xff]*)*|'")
_CODE_LIKE = re.compile(r"-?[A-Za-z]{0,3}[-_]?\d*")
_KEYWORDS = frozenset(
    b"select from where and or not in is null as on join left right inner outer group by order having limit insert "
    b"into values update set delete create table view if exists case when then else end distinct union all between "
    b"like asc desc primary key default int integer varchar varchar2 char text begin declare return returns language "
    b"with".split()
)


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the tables, types, rows, queries and comments that hold a hit, and what they name or are named by."""
    if hits is not None and not hits:
        return []
    spots_hit = Spots(hits) if hits is not None else None
    readers = [_Sql(text, start, end, spots_hit) for start, end in regions(text.utf8, hits)]
    drafts = [list(reader.drafts()) for reader in readers]

    def find(spots: Spots | None) -> Iterator[Draft]:
        for reader, found in zip(readers, drafts, strict=True):
            yield from (d for d in found if touched(spots, d.start, d.end))
            for start, end in reader.blanked.free(reader.taken, spots, reader.base):
                yield Draft(reader.base + start, reader.base + end, partial(reader.comment, start, end), linkable=False)

    return select(text, hits, find, cut_short(text.utf8, hits))


class _Sql(SqlParts):
    def drafts(self) -> Iterator[Draft]:
        """Yield every declaration, query and free comment."""
        pieces = list(self._pieces())
        for piece in pieces:
            self._note(piece)
        inserts: list[tuple[Piece, re.Match[bytes]]] = []
        for piece in pieces:
            start, _ = self.blanked.leading(piece.start)
            end, _ = self.blanked.trailing(piece.end + 1)
            self.taken.append((start, max(end, piece.end)))
            insert = _INSERT.match(self.code, piece.start, piece.end)
            if inserts and not (insert and insert.group(1) == inserts[0][1].group(1)):
                yield self._rows_draft(inserts)
                inserts = []
            if insert:
                inserts.append((piece, insert))
            else:
                yield from self._statement(piece, start, max(end, piece.end))
        if inserts:
            yield self._rows_draft(inserts)
        self.taken.sort()

    def _statement(self, piece: Piece, start: int, end: int) -> Iterator[Draft]:
        base = self.base
        if (kind := _ENUM_TYPE.match(self.code, piece.start, piece.end)) is not None:
            match = kind
            yield Draft(
                base + start,
                base + end,
                lambda: self._enum(match.end() - 1, piece, self._name(match.group(1)), ()),
                (self._name(match.group(1)),),
            )
        elif (table := _TABLE.match(self.code, piece.start, piece.end)) is not None:
            named = table
            name = self._name(named.group(1))
            yield Draft(base + start, base + end, lambda: self._table(piece, name, named.end()), (name,))
            yield from self._enumerated(piece, name)
        elif (altered := _ALTER.match(self.code, piece.start, piece.end)) is not None:
            owner = self._name(altered.group(1))
            yield Draft(base + start, base + end, lambda: self._altered(piece, owner), (owner,))
            yield from self._enumerated(piece, owner)
        elif (
            COMMENT_ON.match(self.code, piece.start, piece.end)
            or self.code[piece.start : piece.start + 4].upper() == b"EXEC"
        ):
            yield Draft(base + start, base + end, lambda: self._told(piece), linkable=False)
        elif self.code[piece.start : piece.start + 2].upper() != b"GO":
            yield Draft(base + start, base + end, lambda: self._query(piece), callable=True)

    def _table(self, piece: Piece, name: str, at: int) -> Construct:
        close = self._close(at - 1, piece.end)
        members: list[Member] = []
        for start, end in self._columns(at, close):
            member = self._column(name, start, end)
            if member and len(members) < MEMBERS:
                members.append(member)
            elif member:
                tell("cut", f"more than {MEMBERS:,} columns of one table: the first were read")
        comment = COLUMN_COMMENT.search(self.code, close, piece.end)
        told = self._string(comment.end())[0] if comment else ""
        words = gloss.join(told, self.comments.get((name.lower(), ""), ""), self.blanked.leading(piece.start)[1])
        return Construct(
            Kind.RECORD,
            name,
            self.text.passage(*self._passage_line(piece.start, at)),
            tuple(members),
            words,
            role="table",
            language=LANGUAGE,
        )

    def _altered(self, piece: Piece, name: str) -> Construct | None:
        members: list[Member] = []
        for match in _ADDED.finditer(self.code, piece.start, piece.end):
            span = next(self._columns(match.end(), piece.end))
            member = self._column(name, *span)
            if member and len(members) < MEMBERS:
                members.append(member)
            elif member:
                tell("cut", f"more than {MEMBERS:,} columns of one table: the first were read")
        if not members:
            return None
        return Construct(
            Kind.RECORD,
            name,
            self.text.passage(*self._passage_line(piece.start, piece.end)),
            tuple(members),
            self.blanked.leading(piece.start)[1],
            role="table",
            language=LANGUAGE,
        )

    def _enumerated(self, piece: Piece, table: str) -> Iterator[Draft]:
        """Yield a column's ``ENUM(…)`` and ``CHECK (x IN (…))``."""
        for match in _ENUM.finditer(self.code, piece.start, piece.end):
            before = self.code[max(piece.start, match.start() - 200) : match.start()]
            words = re.findall(rb"[`\"\[]?[\w$\x80-\xff]+[`\"\]]?", before.rpartition(b",")[2].rpartition(b"(")[2])
            if words and self.code[match.end() : match.end() + 1] == b"'":
                yield self._enum_draft(match.end() - 1, piece, self._name(words[0]), table)
        for match in _CHECK.finditer(self.code, piece.start, piece.end):
            yield self._enum_draft(match.end() - 1, piece, self._name(match.group(1)), table)

    def _enum_draft(self, opened: int, piece: Piece, name: str, table: str) -> Draft:
        line = self._line(opened)
        start = max(piece.start, line)
        close = self._close(opened, piece.end)
        return Draft(self.base + start, self.base + close + 1, lambda: self._enum(opened, piece, name, (table,)))

    def _enum(self, opened: int, piece: Piece, name: str, scope: tuple[str, ...]) -> Construct | None:
        close = self._close(opened, piece.end)
        members: list[Member] = []
        for words, start, end in self._strings(opened, close):
            _, after = self.blanked.trailing(end)
            passage = self.text.passage(self.base + start, self.base + end, 300)
            members.append(Member(words, passage, gloss=after, values=gloss.values(after)))
        if not members:
            return None
        line = max(piece.start, self._line(opened))
        while self.source[line : line + 1].isspace():
            line += 1
        return Construct(
            Kind.ENUMERATION,
            name,
            self.text.passage(*self._passage_line(line, close + 1)),
            tuple(members),
            scope=scope,
            role="enum",
            language=LANGUAGE,
        )

    # ------------------------------------------------------------------------------------------- rows

    def _rows_draft(self, inserts: list[tuple[Piece, re.Match[bytes]]]) -> Draft:
        first, last = inserts[0][0], inserts[-1][0]
        start, _ = self.blanked.leading(first.start)
        name = self._name(inserts[0][1].group(1))
        held = list(inserts)
        return Draft(self.base + start, self.base + last.end, lambda: self._rows(held, name), (name,))

    def _rows(self, inserts: list[tuple[Piece, re.Match[bytes]]], table: str) -> Construct | None:
        """Return the rows of a look-up table as labels: the first text that is no code, and the code beside it."""
        members: list[Member] = []
        columns: tuple[str, ...] = ()
        seen = 0
        for piece, match in inserts:
            if match.group(2) and not columns:
                columns = tuple(c.decode("utf-8", "replace").strip(QUOTES) for c in match.group(2).split(b","))
            at = match.end()
            while at < piece.end and seen < _ROWS and len(members) < 4 * MEMBERS:
                opened = self.code.find(b"(", at, piece.end)
                if opened < 0:
                    break
                close = self._close(opened, min(piece.end, opened + 20_000))
                seen += 1
                at = close + 1
                if len(members) >= MEMBERS and not touched(self.spots, self.base + opened, self.base + close):
                    # Of a long table the first rows are kept, and those with a hit.
                    continue
                strings = [w for w, _, _ in self._strings(opened, close)]
                label = next((w for w in strings if 0 < len(w) <= 60 and not _CODE_LIKE.fullmatch(w)), "")
                if label:
                    others = [w for w in strings if w != label]
                    number = re.search(rb"-?\d+", self.code[opened:close])
                    code = others[0] if others and len(others[0]) <= 20 else number.group().decode() if number else ""
                    passage = self.text.passage(self.base + opened, self.base + close + 1, 300)
                    members.append(Member(label, passage, value=code))
            if at < piece.end and (seen >= _ROWS or len(members) >= 4 * MEMBERS):
                tell("cut", f"{seen:,} rows of one table were read, not those behind them")
        if not members:
            return None
        first = inserts[0][0]
        uses = Uses()
        for column in columns:
            uses.add(column)
        return Construct(
            Kind.LABEL_SET,
            table,
            self.text.passage(*self._passage_line(first.start, first.end)),
            tuple(members),
            self.blanked.leading(first.start)[1],
            role="table-rows",
            language=LANGUAGE,
            uses=uses.words(),
        )

    # ----------------------------------------------------------------------------------------- queries

    def _query(self, piece: Piece) -> Construct:
        declared = CODE.match(self.code, piece.start, piece.end)
        tables = [
            self._name(m.group(1)) for m in _FROM.finditer(self.code, piece.start, min(piece.end, piece.start + 20_000))
        ]
        uses = Uses()
        at = piece.start
        for match in _WORD.finditer(self.code, piece.start, piece.end):
            if uses.full:
                break
            if match.start() < at:
                continue
            if match.group() == b"'":
                words, at = self._string(match.start(), 200)
                uses.add(words)
            elif match.group().lower() not in _KEYWORDS:
                uses.add(match.group().decode("utf-8", "replace"))
        verb = self.code[piece.start : piece.start + 8].split()[0].decode("ascii", "replace").lower()
        name = self._name(declared.group(2)) if declared else next(iter(tables), "")
        return Construct(
            Kind.OPERATION,
            name,
            self.text.passage(*self._passage_line(piece.start, piece.end)),
            gloss=gloss.join(self.blanked.leading(piece.start)[1], self.comments.get((name.lower(), ""), "")),
            role=declared.group(1).decode().lower() if declared else verb,
            language=LANGUAGE,
            uses=uses.words(),
        )

    def _told(self, piece: Piece) -> Construct:
        words = "\n".join(w for w, _, _ in self._strings(piece.start, piece.end))
        match = COMMENT_ON.match(self.code, piece.start, piece.end)
        name = match.group(2).decode("utf-8", "replace").replace('"', "") if match else ""
        return Construct(
            Kind.STATEMENT,
            name,
            self.text.passage(*self._passage_line(piece.start, piece.end)),
            gloss=words[:4000],
            role="comment",
            language=LANGUAGE,
        )

    def comment(self, start: int, end: int) -> Construct:
        """Return a comment that belongs to no statement."""
        passage = self.text.passage(self.base + start, self.base + end)
        return Construct(
            Kind.STATEMENT, "", passage, gloss=clean(self.source[start:end]), role="comment", language=LANGUAGE
        )
