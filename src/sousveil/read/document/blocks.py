"""What every kind of document is made of: headings, paragraphs, lists, tables, code."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from sousveil.model import Construct, Kind, Member
from sousveil.read import gloss as glosses
from sousveil.read.document.sentences import sentence
from sousveil.read.places import CAP, Hits, Places
from sousveil.read.unfinished import bounded

_CODE_LINES = 200
_ROWS = 400

_NAME = re.compile(
    r"^(?:(?:参数|參數|字段|欄位|变量|变数|属性|成员|成員|标识|列|键|入参|出参|(?:请求|返回)(?:参数|字段))"
    r"(?:名|名称|名稱|标识|项)?(?:称)?|(?:字段|参数)(?:英文)?名|名称|名稱|英文名称?|标识符"
    r"|field(?:s| ?name)?|name|param(?:eter)?s?(?: ?name)?|propert(?:y|ies)(?: name)?|key|column(?: ?name)?"
    r"|attributes?(?: name)?|member|arg(?:ument)?s?|variables?(?: name)?|option|element|tag|label|item)\W*$",
    re.IGNORECASE,
)
_TYPE = re.compile(
    r"^(?:(?:数据|資料|字段|参数|變量|变量)?(?:类型|類型|型別|格式)|(?:data ?)?types?|format|schema)\W*$", re.I
)
_GLOSS = re.compile(
    r"^(?:.{0,4}(?:说明|說明|描述|含义|含義|备注|備註|注释|解释|意义|中文名称?|用途|取值说明|定义)"
    r"|descr?(?:ription)?s?|meanings?|comments?|notes?|remarks?|details?|explanation|definition|purpose|usage|summary"
    r"|value description)\W*$",
    re.IGNORECASE,
)
# Whatever has a length in bytes is a field, also where the column of names says "项目".
_LENGTH = re.compile(
    r"^(?:(?:字段|数据)?(?:长度|字节数?|偏移量?)|(?:max ?)?(?:length|size|bytes|offset)|字节偏移)"
    r"(?: ?[(（][^()（）]{1,12}[)）])?\W*$",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"^(?:取值(?:范围)?|值|枚举值?|枚舉值?|代码|编码|编号|序号|索引"
    r"|values?|code|enum(?:erator|eration)?s?(?: value)?|index|id|constant|options?|class|label|模型index)\W*$",
    re.IGNORECASE,
)
_CONSTANT = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\Z|[A-Z]{2,}\Z")
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$.\-]*(?:\[[\w\s]*\])*\Z")
_NUMBER = re.compile(r"-?(?:0x[0-9a-fA-F]+|\d{1,6})\Z")
# A shown answer without a language: nothing but keys with values.
_PAIR = re.compile(rb"[ \t]*[\"']?(\w[\w .()-]{0,39}?)[\"']?[ \t]*:[ \t]*(\S[^\r\n]*)")
# A class and its number, as answers are explained: ``0 - Asian``, ``1: White``.
_NUMBERED = re.compile(rb"[ \t]*(\d{1,3})[ \t]*(?:[-=]>|[-:=])[ \t]*([^\s\d][^\r\n]{0,40}?)[ \t,;]*\Z")
_CLASSES = 3
_BLOCK = 4000
# What stands where a form is filled in: nothing, a line, a box, or what a program puts there.
_BLANK = re.compile(r"(?:\{\{?[^{}]{1,60}\}\}?|\$\{[^{}]{1,60}\}|[_.…□☐/\s年月日-]+|<[^<>]{1,40}>)\Z")
_FORM = 6
_PAIRS = 4
_MARK = re.compile(
    r"!?\[([^\]\[]*)\]\([^()\s]*(?:\s\"[^\"]*\")?\)|<br\s*/?>|</?[a-zA-Z][^<>]{0,80}>|[`*]{1,3}|\\(?=[_*|`])|~~"
)


class Cell(Struct, frozen=True):
    """One cell of a table."""

    start: int
    end: int
    text: str


def plain(text: str) -> str:
    """Return a cell's or heading's words without Markdown's and RST's marks."""
    for _ in range(2):
        text = _MARK.sub(lambda m: m[1] or " " if m[0][0] in "[!<" else "", text)
    return " ".join(text.split())


class Writer:
    """Collects the constructs of one document while a reader walks through it."""

    def __init__(self, places: Places, hits: Hits, language: str, scope: tuple[str, ...] = ()) -> None:
        self.places = places
        self.hits = hits
        self.language = language
        self.out: list[Construct] = []
        self.code: list[tuple[str, int, int]] = []
        self._scope = scope
        self._headings: list[tuple[int, str]] = []
        self._heading = (0, 0)

    @property
    def full(self) -> bool:
        """Whether as many constructs were made as one file may have."""
        return len(self.out) >= CAP

    @property
    def scope(self) -> tuple[str, ...]:
        """Return the headings that enclose the current place."""
        return (*self._scope, *(text for _, text in self._headings))

    def heading(self, level: int, start: int, end: int) -> None:
        """Open a section; a heading that holds a hit is a statement of its own."""
        while self._headings and self._headings[-1][0] >= level:
            self._headings.pop()
        text = plain(self.places.string(start, min(end, start + 400)))[:160]
        if self.hits.inside(start, end):
            self.statement("heading", start, end, text)
        self._headings = [*self._headings[-11:], (level, text)]
        self._heading = (start, end)

    def statement(self, role: str, start: int, end: int, name: str = "", members: Sequence[Member] = ()) -> None:
        """Add a statement at a span."""
        if self.full or start >= end:
            return
        passage = self.places.passage(start, end)
        self.out.append(
            Construct(Kind.STATEMENT, name[:200], passage, tuple(members), "", self.scope, role, self.language)
        )

    def paragraph(self, start: int, end: int, role: str = "sentence") -> None:
        """Add each sentence of a paragraph that holds a hit, or the numbered classes it lists."""
        self._classes(start, end)
        last = -1
        for hit in self.hits.between(start, end):
            if hit < last:
                continue
            if self.full:
                return
            first, last = sentence(self.places.utf8, hit, start, end)
            self.statement(role, first, last)

    def code_block(self, language: str, start: int, end: int) -> None:
        """Add the lines of a code block that hold a hit."""
        self.code.append((language, start, end))
        if language in ("", "text") and self._pairs(start, end):
            return
        last = -1
        for hit in bounded(self.hits.between(start, end), _CODE_LINES, "terms in one block of code"):
            if hit < last:
                continue
            first = max(start, self.places.line_start(hit, 300))
            last = min(end, self.places.line_end(hit, 300))
            while first < hit and self.places.utf8[first] in b" \t":
                first += 1
            self.statement("code-block", first, last, language)

    def _classes(self, start: int, end: int) -> None:
        """Add lines that number what an answer may be, from 0 or 1 on, as one set of labels."""
        if end - start > _BLOCK or not self.hits.inside(start, end):
            return
        members: list[Member] = []
        at = lead = start
        for line in self.places.utf8[start:end].splitlines(keepends=True):
            found = _NUMBERED.match(line.rstrip(b"\r\n"))
            if found is not None and (
                int(found[1]) in (0, 1) if not members else members[-1].value == str(int(found[1]) - 1)
            ):
                lead = lead if members else at
                low, high = at + found.start(2), at + found.end(2)
                members.append(
                    Member(self.places.string(low, high), self.places.passage(low, high), str(int(found[1])))
                )
            elif members:
                break
            at += len(line)
        if len(members) < _CLASSES or self.full:
            return
        name = self._headings[-1][1] if self._headings else ""
        said = plain(self.places.string(max(start, lead - 300), lead))
        self.out.append(
            Construct(
                Kind.LABEL_SET, name, members[0].passage, tuple(members), said, self.scope, "classes", self.language
            )
        )

    def _pairs(self, start: int, end: int) -> bool:
        """Add a block of nothing but keys with values as one record; return whether it is one and holds a hit."""
        if end - start > _BLOCK or not self.hits.inside(start, end):
            return False
        members: list[Member] = []
        at = start
        for line in self.places.utf8[start:end].splitlines(keepends=True):
            if line.strip(b" \t\r\n{}[],`~"):
                pair = _PAIR.match(line)
                if pair is None:
                    return False
                name, value = (self.places.string(at + pair.start(g), at + pair.end(g)) for g in (1, 2))
                members.append(
                    Member(
                        name, self.places.passage(at + pair.start(1), at + pair.end(2), 300), value.rstrip(" ,")[:80]
                    )
                )
            at += len(line)
        if len(members) < _PAIRS or self.full:
            return False
        first = members[0].passage
        self.out.append(Construct(Kind.RECORD, "", first, tuple(members), "", self.scope, "key-value", self.language))
        return True

    # ------------------------------------------------------------------------------------------- tables

    def table(self, header: Sequence[Cell], rows: Sequence[Sequence[Cell]], title: str = "") -> None:
        """Read a table that holds a hit: a table of fields, a table of values, or rows."""
        spans = [cell for row in (header, *rows) for cell in row]
        if not spans or self.full:
            return
        low, high = min(c.start for c in spans), max(c.end for c in spans)
        if not self.hits.inside(low, high):
            return
        name = title or (self._headings[-1][1] if self._headings else "")
        kind, column = _columns(header, rows)
        if kind == "fields":
            self._fields(header, rows, name, column)
            return
        if kind == "values":
            self._values(header, rows, name, column)
            return
        if header and self.hits.inside(header[0].start, header[-1].end):
            members = tuple(
                Member(plain(c.text)[:200], self.places.passage(c.start, c.end, 300)) for c in header if c.text
            )
            passage = self.places.passage(header[0].start, header[-1].end, 300)
            self.out.append(Construct(Kind.RECORD, name, passage, members, "", self.scope, "columns", self.language))
        if captions := _captions(spans):
            members = tuple(
                Member(plain(c.text), self.places.passage(c.start, c.end, 300))
                for c in bounded(captions, _ROWS, "captions of one form")
            )
            passage = self.places.passage(captions[0].start, captions[-1].end, 600)
            self.out.append(Construct(Kind.RECORD, name, passage, members, "", self.scope, "form", self.language))
        for row in rows:
            if not row or self.full or not self.hits.inside(row[0].start, max(row[-1].end, row[0].end)):
                continue
            cells = tuple(
                Member(
                    plain(header[i].text)[:200] if i < len(header) else "",
                    self.places.passage(c.start, c.end, 300),
                    plain(c.text)[:300],
                )
                for i, c in enumerate(row[:60])
            )
            self.statement("table-row", row[0].start, row[-1].end, plain(row[0].text)[:200], cells)

    def _fields(
        self, header: Sequence[Cell], rows: Sequence[Sequence[Cell]], name: str, column: dict[str, int]
    ) -> None:
        members: list[Member] = []
        for row in bounded(rows, _ROWS, "rows of one table"):
            at = column["name"]
            if at >= len(row) or not row[at].text.strip():
                continue
            type_at = column.get("type", -1)
            kind = plain(row[type_at].text)[:80] if 0 <= type_at < len(row) else ""
            glossed = [c for i, c in enumerate(row) if i not in (at, type_at) and c.text.strip()]
            first = column.get("gloss", -1)
            if 0 <= first < len(row):
                glossed.sort(key=lambda c: c is not row[first])
            gloss = "\n".join(_lines(c.text) for c in glossed)[:1000]
            passage = self.places.passage(row[0].start, row[-1].end, 600)
            members.append(Member(plain(row[at].text)[:200], passage, "", kind, gloss, glosses.values(gloss)))
        self._add(Kind.RECORD, "field-table", name, header, rows, members)

    def _values(
        self, header: Sequence[Cell], rows: Sequence[Sequence[Cell]], name: str, column: dict[str, int]
    ) -> None:
        members: list[Member] = []
        for row in bounded(rows, _ROWS, "rows of one table"):
            at = column["name"]
            if at >= len(row):
                continue
            value_at = column.get("value", -1)
            value = plain(row[value_at].text)[:80] if 0 <= value_at < len(row) else ""
            rest = [c.text for i, c in enumerate(row) if i not in (at, value_at) and c.text.strip()]
            passage = self.places.passage(row[0].start, row[-1].end, 600)
            gloss = "\n".join(plain(text) for text in rest)[:1000]
            members.append(Member(plain(row[at].text)[:200], passage, value, gloss=gloss))
        self._add(Kind.ENUMERATION, "value-table", name, header, rows, members)

    def _add(
        self,
        kind: Kind,
        role: str,
        name: str,
        header: Sequence[Cell],
        rows: Sequence[Sequence[Cell]],
        members: Sequence[Member],
    ) -> None:
        first = header or rows[0]
        start, end = first[0].start, first[-1].end
        if self._headings and name == self._headings[-1][1]:
            # The heading names what the table tells.
            start, end = self._heading
        passage = self.places.passage(start, end, 300)
        uses = tuple(dict.fromkeys(plain(c.text)[:80] for c in header if c.text))
        self.out.append(
            Construct(kind, name[:200], passage, tuple(members), "", self.scope, role, self.language, uses=uses)
        )


def _lines(text: str) -> str:
    """Return a cell's words, keeping its line breaks: a value list may stand in them."""
    parts = re.split(r"<br\s*/?>|\n", text)
    return "\n".join(part for part in (plain(p) for p in parts) if part)


def _captions(cells: Sequence[Cell]) -> list[Cell]:
    """Return the captions of a table that is a form, where about every other cell is there to be filled in."""
    told = [plain(c.text) for c in cells]
    captions = [c for c, text in zip(cells, told, strict=True) if text and len(text) <= 20 and not _BLANK.match(text)]
    blanks = sum(not text or bool(_BLANK.match(text)) for text in told)
    return captions if len(captions) >= _FORM and blanks * 5 >= len(captions) * 4 else []


def _columns(header: Sequence[Cell], rows: Sequence[Sequence[Cell]]) -> tuple[str, dict[str, int]]:
    """Return whether a table tells fields or values, and in which columns."""
    heads = [plain(c.text) for c in header]
    kinds = {i for i, h in enumerate(heads) if _TYPE.match(h)}
    glossed = [i for i, h in enumerate(heads) if _GLOSS.match(h)]
    names = [i for i, h in enumerate(heads) if _NAME.match(h) and i not in kinds]
    body = [row for row in rows[:60] if row]
    if not body:
        return "", {}

    def share(at: int, pattern: re.Pattern[str]) -> float:
        cells = [plain(row[at].text) for row in body if at < len(row)]
        return sum(bool(pattern.match(c)) for c in cells) / max(1, len(cells))

    valued = [i for i, h in enumerate(heads) if _VALUE.match(h) and share(i, _NUMBER) >= 0.7]
    constants = [i for i in range(min(len(r) for r in body)) if share(i, _CONSTANT) >= 0.7]
    if constants and not kinds:
        found = {"name": constants[0]}
        if valued and valued[0] != constants[0]:
            found["value"] = valued[0]
        return "values", found
    column: dict[str, int] = {}
    if kinds:
        column["type"] = min(kinds)
    if glossed:
        column["gloss"] = glossed[0]
    if names and (kinds or glossed) and share(names[0], _IDENTIFIER) >= 0.5:
        return "fields", {"name": names[0], **column}
    if names and kinds and glossed:
        return "fields", {"name": names[0], **column}
    sized = {i for i, h in enumerate(heads) if _LENGTH.match(h) and share(i, _NUMBER) >= 0.7}
    if sized and glossed:
        named = [i for i in range(len(heads)) if i not in kinds | sized and i not in glossed and not share(i, _NUMBER)]
        if named:
            return "fields", {"name": named[0], **column}
    if kinds and glossed:
        others = [i for i in range(len(heads)) if i not in kinds and i not in glossed and share(i, _IDENTIFIER) >= 0.7]
        if others:
            return "fields", {"name": others[0], **column}
    if valued and len(heads) in (2, 3):
        label = next((i for i in range(len(heads)) if i not in valued), -1)
        if label >= 0:
            return "values", {"name": label, "value": valued[0]}
    return "", {}
