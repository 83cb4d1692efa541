"""SQLite: the schema; the values of look-up tables; of tables that may list people only columns and counts.

An own reader of the file format (sqlite.org/fileformat2.html): nothing of the product runs, not even as a query.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from sousveil.about import About
from sousveil.model import Construct, Kind
from sousveil.read.parts import Hits, Part, Word, constructs, embedded, of_people
from sousveil.read.unfinished import Unfinished

ABOUT = About(
    "SQLite databases",
    ".sqlite .sqlite3 .db .db3 .s3db .gpkg .mbtiles",
    "The schema as SQL, the number of rows, and the text columns of look-up tables of at most 200 rows.",
    limits="Rows of larger tables and of any table whose columns may describe people; deleted rows; write-ahead logs; "
    "encrypted databases.",
)
LEFT_OUT = "rows of tables, and what is damaged"
_SMALL = 200
_MOST_PAGES = 200_000
_TABLES = 3000
_COLUMNS = re.compile(r"\(\s*(.*)\)", re.DOTALL)


class _Table(Struct, frozen=True):
    name: str
    root: int
    columns: list[str]


class _File:
    """Pages and the rows of their b-trees; a page is looked at once in one walk, and the whole is bounded."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        size = int.from_bytes(data[16:18], "big")
        self.page = 65536 if size == 1 else size
        self.usable = self.page - (data[20] if len(data) > 20 else 0)
        code = int.from_bytes(data[56:60], "big")
        self.encoding = {2: "utf-16-le", 3: "utf-16-be"}.get(code, "utf-8")
        self.left = _MOST_PAGES
        self.cut = ""

    def rows(self, root: int, most: int) -> Iterator[list[Word | int | None]]:
        """Yield the first ``most`` rows of a table."""
        for page, start, cells in self._leaves(root):
            for at in cells:
                if most <= 0:
                    return
                most -= 1
                yield self._record(page, start + at)

    def count(self, root: int) -> int:
        """Return how many rows a table has."""
        return sum(len(cells) for _, _, cells in self._leaves(root))

    def _leaves(self, root: int) -> Iterator[tuple[int, int, list[int]]]:
        waiting, seen = [root], set()
        while waiting:
            number = waiting.pop()
            start = (number - 1) * self.page
            self.left -= 1
            if number < 1 or start + self.page > len(self.data) or number in seen or self.left < 0:
                self.cut = self.cut or f"page {number}: behind the end, in a loop, or one of too many"
                continue
            seen.add(number)
            at = start + (100 if number == 1 else 0)
            kind, cells = self.data[at], int.from_bytes(self.data[at + 3 : at + 5], "big")
            begin = at + (12 if kind == 5 else 8)
            cells = min(cells, (self.page - (begin - start)) // 2)
            offsets = [int.from_bytes(self.data[begin + 2 * i : begin + 2 * i + 2], "big") for i in range(cells)]
            if kind == 13:
                yield number, start, offsets
            elif kind == 5:
                right = int.from_bytes(self.data[at + 8 : at + 12], "big")
                children = [int.from_bytes(self.data[start + o : start + o + 4], "big") for o in offsets]
                waiting += [right, *reversed(children)]

    def _varint(self, at: int) -> tuple[int, int]:
        value = 0
        for i in range(9):
            if at >= len(self.data):
                return value, at
            byte = self.data[at]
            at += 1
            if i == 8:
                return (value << 8) | byte, at
            value = (value << 7) | (byte & 0x7F)
            if byte < 0x80:
                break
        return value, at

    def _record(self, page: int, at: int) -> list[Word | int | None]:
        size, at = self._varint(at)
        _, at = self._varint(at)
        end = page * self.page
        if size > self.usable - 35:
            # The rest lies in overflow pages: only what lies here is looked at.
            least = (self.usable - 12) * 32 // 255 - 23
            local = least + (size - least) % (self.usable - 4)
            end = min(end, at + (local if local <= self.usable - 35 else least))
        head, pos = self._varint(at)
        body, stop = at + head, min(at + head, end)
        out: list[Word | int | None] = []
        while pos < stop and len(out) < 2000:
            kind, pos = self._varint(pos)
            length = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0)[kind] if kind < 12 else (kind - 12) // 2
            have = max(0, min(length, end - body))
            if kind >= 13 and kind % 2:
                raw = self.data[body : body + min(have, 65536)]
                out.append(Word(raw.decode(self.encoding, "replace"), body, have, self.encoding))
            elif 1 <= kind <= 6:
                out.append(int.from_bytes(self.data[body : body + have], "big", signed=True))
            else:
                out.append(1 if kind == 9 else 0 if kind == 8 else None)
            body += length
        return out


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield what the schema declares, and the values of look-up tables."""
    found = Hits(data, hits)
    file = _File(data)
    if file.page < 512 or file.page & (file.page - 1):
        raise Unfinished("broken", f"SQLite: offset 16: pages of {file.page} bytes, no power of two from 512 on")
    tables: list[_Table] = []
    for row in file.rows(1, _TABLES):
        if len(row) < 5 or not isinstance(row[4], Word):
            continue
        sql, kind, name, root = row[4], row[0], row[1], row[3]
        title = name.text if isinstance(name, Word) else ""
        columns = _columns(sql.text)
        is_table = isinstance(kind, Word) and kind.text == "table" and isinstance(root, int) and root > 0
        count = file.count(root) if is_table and isinstance(root, int) else 0
        where = f"table {title}, {count} rows" if is_table else f"{kind.text if isinstance(kind, Word) else ''} {title}"
        yield from embedded(found, sql, "source.sql", f"schema, {where}")
        if is_table and isinstance(root, int):
            tables.append(_Table(title, root, columns))
            if count <= _SMALL and not of_people(columns):
                yield from constructs(found, _values(file, tables[-1]), "sqlite")
    if file.cut:
        raise Unfinished("broken", f"the database was walked in part: {file.cut}")


def _columns(sql: str) -> list[str]:
    """Return the columns' names of a CREATE TABLE statement."""
    match = _COLUMNS.search(sql)
    if match is None:
        return []
    flat = re.sub(r"\([^()]*\)", "", match[1])
    names = (re.match(r"\s*[\"'`\[]?([^\s\"'`\],]+)", piece) for piece in flat.split(","))
    words = ("primary", "foreign", "unique", "check", "constraint")
    return [m[1] for m in names if m and m[1].lower() not in words]


def _values(file: _File, table: _Table) -> Iterator[Part]:
    columns: dict[int, dict[str, Word]] = {}
    for row in file.rows(table.root, _SMALL):
        for i, value in enumerate(row):
            if isinstance(value, Word) and value.length:
                columns.setdefault(i, {}).setdefault(value.text, value)
    for i, values in columns.items():
        name = table.columns[i] if i < len(table.columns) else ""
        # A column of sentences is no list of values.
        words = [w for w in values.values() if len(w.text) <= 80]
        if words:
            yield Part(Kind.ENUMERATION, table.name, words, "table", f"table {table.name}, column {name}")
