"""Shell, PowerShell, batch files and written-down requests: attribute lists, lists, functions, types.

Read without a grammar: none is at hand. An attribute list is read where it is quoted and where it stands in an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import ClassVar

from sousveil.model import Construct, Kind, Member
from sousveil.read.source.blanked import Blanked
from sousveil.read.source.drafts import Draft, Spots, touched
from sousveil.read.source.literals import Entry
from sousveil.read.source.plain import ITEMS, Plain, said, same
from sousveil.read.text import Text

EXTENSIONS = (".sh", ".bash", ".zsh", ".ksh", ".command", ".ps1", ".psm1", ".psd1", ".bat", ".cmd", ".http")

_POWER = re.compile(rb"(?mi)^[ \t]*+(?:\$\w{1,100}[ \t]*+=|param[ \t]*+\(|function[ \t]++\w{1,60}-\w|\[\w{1,40}\]\$)")
_BATCH = re.compile(rb"(?mi)^[ \t]*+(?:@?echo[ \t]++o(?:ff|n)\b|@?rem[ \t]|setlocal\b|::|@echo\b)")
_FUNCTION = re.compile(
    rb"(?mi)^[ \t]*+(?:function[ \t]++(?P<long>[\w:-]{1,100})(?:[ \t]*+(?P<open>\()[^()]{0,2000}\))?"
    rb"|(?P<short>[\w:-]{1,100})[ \t]*+\(\))\s{0,40}+(?P<brace>\{)"
)
_PARAM = re.compile(rb"(?i)\s{0,200}+(?:\[CmdletBinding\([^()]{0,200}\)\]\s{0,40}+)?param\s{0,20}+(\()")
_TYPE = re.compile(rb"(?mi)^[ \t]*+(?P<kind>enum|class)[ \t]++(?P<name>\w{1,200})[^{}\n]{0,200}+\s{0,20}+(?P<brace>\{)")
_ENUMERATOR = re.compile(rb"\b(?P<name>[A-Za-z_]\w{0,200})(?:[ \t]*+=[ \t]*+(?P<value>-?\w{1,40}))?")
_FIELD = re.compile(rb"(?:\[(?P<type>[\w.]{1,100}(?:\[\])?)\][ \t]*+)?\$(?P<name>\w{1,200})|(?P<skip>[{(])")
_FOR = re.compile(rb"(?m)\bfor[ \t]++(\w{1,100})[ \t]++in[ \t]++([^;\n()]{3,2000}+)")
_QUOTED = rb"(?:\"[^\"\n]{1,60}\"|'[^'\n]{1,60}')"
_ROW = re.compile(rb"\$(\w{1,100})[ \t]*+=[ \t]*+(" + _QUOTED + rb"(?:\s{0,8}+,\s{0,8}+" + _QUOTED + rb"){1,200}+)")
_ITEM = re.compile(rb"(?:\[[^\]\s]{1,60}\]=)?(?:\"[^\"\n]{0,200}\"|'[^'\n]{0,200}'|[^\s\"'()]{1,200})")
_WORD = re.compile(rb"(?<!\S)[^\s\"']{5,2000}(?=[\s\"']|\Z)")


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs that hold a hit and what they name or are named by; raises ``Unfinished`` past a bound."""
    return _Shell(text).read(hits) if hits is None or hits else []


class _Shell(Plain):
    language = "shell"
    comments: ClassVar = {b"#": b"\n"}
    # In single quotes stand whole documents, in which a request's lists are.
    quotes = b'"'
    # ``labels=(a b)``, ``@('a', 'b')``, ``@{ a = 1 }``, and JSON: any other brace is a block.
    lists = re.compile(rb"(?:(?<=[=@])(?=\()|(?<=@)(?=\{)|(?=[\[{]\s{0,200}[\"'\[{]))([(\[{])")
    held = re.compile(rb"([\w.$-]{1,80})[\"']?[ \t]*+(?:[=:]|[ \t])[ \t]*+@?\Z")
    spoken = frozenset(
        b"if then else elif fi for in do done while case esac function return echo exit export local set shift "
        b"param process begin end foreach goto call rem".split()
    )

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        head = text.utf8[: 1 << 16]
        self.power = _POWER.search(head) is not None
        if self.power or _BATCH.search(head):
            self.language = "powershell" if self.power else "batch"
            marks = {b"#": b"\n", b"<#": b"#>"} if self.power else {}
            self.blanked = Blanked(text.utf8, marks, self.quotes, escapes=False)
            self.code = self.blanked.code
        if self.power:
            self.between = re.compile(rb"[()\[\]{},;\n]")

    def drafts(self) -> Iterator[Draft]:
        """Yield the functions, and the types of PowerShell."""
        for match in _FUNCTION.finditer(self.code):
            group = "long" if match["long"] else "short"
            begin, end = match.start(group), self.closing(match.start("brace"))
            start, _ = self.blanked.leading(self.line(begin)[0])
            yield Draft(start, end, partial(self._function, match, begin, end), (said(match[group]),), callable=True)
        for match in _TYPE.finditer(self.code) if self.power else ():
            start, _ = self.blanked.leading(match.start("kind"))
            end = self.closing(match.start("brace"))
            yield Draft(start, end, partial(self._type, match, end), (said(match["name"]),))

    def _function(self, match: re.Match[bytes], begin: int, end: int) -> Construct:
        members: list[Member] = []
        asked = _PARAM.match(self.code, match.end())
        opening = match.start("open") if match["open"] else asked.start(1) if asked else -1
        if opening >= 0 and self.power:
            members = self._fields(opening + 1, self.closing(opening) - 1)
        name = match["long"] or match["short"]
        return self.operation(name, begin, match.end(), members, uses=self.uses(match.end(), end))

    def _type(self, match: re.Match[bytes], end: int) -> Construct:
        begin, body = match.start("kind"), match.end()
        if match["kind"].lower() == b"class":
            fields = self._fields(body, end - 1)
            return self.declared(Kind.RECORD, match["name"], begin, body, fields, "class")
        members = [
            self.member(m["name"], *m.span(), value=m["value"] or b"")
            for m, _ in zip(_ENUMERATOR.finditer(self.code, body, end - 1), range(ITEMS), strict=False)
        ]
        return self.declared(Kind.ENUMERATION, match["name"], begin, body, members, "enum")

    def _fields(self, start: int, end: int) -> list[Member]:
        """Return the variables of ``[start, end)`` that stand in no further bracket."""
        members: list[Member] = []
        while len(members) < ITEMS and (match := _FIELD.search(self.code, start, end)):
            start = match.end()
            if match["skip"]:
                start = max(start, min(self.closing(match.start()), end))
            else:
                members.append(self.member(match["name"], *match.span(), match["type"] or b""))
        return members

    # ------------------------------------------------------------------ lists

    def values(self, spots: Spots | None) -> Iterator[Draft]:
        """Yield the lists and attribute lists that hold a spot, quoted or not."""
        yield from super().values(spots)
        for match in _WORD.finditer(self.source):
            said_so = b"," in match[0] or b"|" in match[0] or b"%2" in match[0]
            if said_so and touched(spots, *match.span()) and not self._commented(match.start()):
                yield from self.asked(match.start(), match.end(), match[0])
        for match in _ROW.finditer(self.source) if self.power else ():
            if touched(spots, *match.span()):
                yield from self.labels(match.start(2), match.start(2), match.end(), self.entries(*match.span(2)))
        for match in _FOR.finditer(self.code) if not self.power else ():
            if touched(spots, *match.span()):
                found = self._words(*match.span(2))
                place = self.text.passage(*match.span())
                members = tuple(Member(e.value, self.text.passage(e.start, e.end)) for e in found)
                if len(members) > 1 and not any("$" in m.name or "*" in m.name for m in members):
                    made = Construct(
                        Kind.LABEL_SET, said(match[1]), place, members, role="list", language=self.language
                    )
                    yield Draft(*match.span(), partial(same, made), tag="for")

    def _commented(self, at: int) -> bool:
        return self.code[at] != self.source[at]

    def entries(self, start: int, end: int) -> list[Entry]:
        """Return the items of a list: those of the shell stand between spaces."""
        if self.power or self.code[start - 1 : start] != b"(":
            return super().entries(start, end)
        return self._words(start, end)

    def _words(self, start: int, end: int) -> list[Entry]:
        found: list[Entry] = []
        for match in _ITEM.finditer(self.source, start, end):
            if len(found) >= ITEMS:
                break
            key, mark, value = match[0].rpartition(b"]=")
            word = said(value).strip("\"'")
            index = said(key).strip("[") if mark else None
            found.append(Entry(*match.span(), word, "text", index, "text" if mark else "", match.start()))
        return found
