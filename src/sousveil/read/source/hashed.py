"""R, Perl, Julia, Lua and MATLAB: functions with their comments, structures, lists, manuals; no expression.

Read without a grammar: none is at hand. Their comments begin with a hash; those of Lua with two dashes, those of MATLAB
with a percent sign. MATLAB shares ``.m`` with Objective-C: ``matlab`` tells them apart.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from itertools import zip_longest
from typing import ClassVar

from sousveil.model import Construct, Kind, Member
from sousveil.read import gloss
from sousveil.read.source.blanked import Blanked, clean
from sousveil.read.source.drafts import Draft, Spots, touched
from sousveil.read.source.literals import Entry
from sousveil.read.source.plain import BODY, ITEMS, Plain
from sousveil.read.source.plain import said as _text
from sousveil.read.source.script import SHORT, unescape
from sousveil.read.text import Text

EXTENSIONS = (".r", ".pl", ".pm", ".psgi", ".jl", ".lua")

# R: ``name <- function(a, b) {``; Perl: ``sub name {``; Julia: ``function name(a, b)`` … ``end``.
_R = re.compile(rb"(?m)^[ \t]*+([A-Za-z.][\w.]{0,100})[ \t]*+(?:<-|=)[ \t]*+function[ \t]*+(\()")
_PERL = re.compile(rb"\bsub[ \t]++(\w{1,100})[^{};]{0,200}(\{)")
_JULIA = re.compile(
    rb"(?m)^([ \t]*+)(?:@\w++[ \t]++|local[ \t]++)?function[ \t]++([\w.:!]{1,100})(?:\{[^}\n]{0,200}\})?(\()"
)
# Perl and Julia have a ``local`` as well, of nothing that is called or built so; a hash begins no line of Lua.
_LUA = re.compile(rb"(?m)^[ \t]*+(?:--|local[ \t]++(?:function\b|\w++[ \t]*+=[ \t]*+(?:require\b|\{|function\b)))")
_HASH = re.compile(rb"(?m)^[ \t]*+#(?!!)")
# ``function [a, b] = name(c)``; its ``end`` is left out as often as not, so the next function ends it.
_MATLAB = re.compile(
    rb"(?m)^[ \t]*+function[ \t]++(\[[^\]\n]{0,200}\][ \t]*+=[ \t]*+|\w{1,100}[ \t]*+=[ \t]*+)?"
    rb"([A-Za-z][\w.]{0,100})[ \t]*+(?=[(\r\n,;%]|\Z)"
)
_PERCENT = re.compile(rb"(?m)^[ \t]*+(?:%(?:[%{ \t]|\w++(?![ \t]*+[=;]))|(?:clc|clear|close[ \t]++all)\b)")
_OBJC = re.compile(rb"(?m)^[ \t]*+(?:#[ \t]*+(?:import|include|define|if|pragma)|@\w|//|/\*|[-+][ \t]*+\(|\})")
_STRUCT = re.compile(
    rb"(?m)^([ \t]*+)(?:@[\w.]++[ \t]++|Base\.@kwdef[ \t]++)?(?:mutable[ \t]++)?struct[ \t]++(\w{1,100})"
)
_ENUM = re.compile(rb"(?m)^(?P<i>[ \t]*+)@enum[ \t]++(?P<n>\w{1,100})(?:::\w++)?[ \t]*+(?P<b>begin\b)?")
_VALUE = re.compile(rb"\b([A-Za-z_]\w{0,100})\b(?:[ \t]*+=[ \t]*+([\w.-]{1,40}))?")
_FIELD = re.compile(rb"(?m)^[ \t]*+(\w{1,100})(?:[ \t]*+::[ \t]*+([^=\n]{1,80}))?[ \t]*+(?:=[^\n]*+)?$")
_LIST = re.compile(rb"(?:\b(?:c|list|factor|data\.frame|tibble|Dict)[ \t]*+)?([(\[{])")
# A text made of parts, ``paste0("…", name, "…")``, and one long text that is given a name.
_JOINED = re.compile(
    rb"\b(?:paste0?|sprintf|glue|glue_data|str_c|str_glue|stri_c|stri_join|cat|join|string)[ \t]*+(\()"
)
_PART = re.compile(rb"\"(?:[^\"\\]|\\.){1,4000}\"|'(?:[^'\\]|\\.){1,4000}'", re.DOTALL)
_LONG = re.compile(rb"(?:<-|=|\()[ \t]*+(\"(?:[^\"\\]|\\.){120,6000}\"|'(?:[^'\\]|\\.){120,6000}')", re.DOTALL)
_TEXT = 6000
_QW = re.compile(rb"\bqw[ \t]*+([(\[{/|<])([^)\]}/|>]{0,4000})")
_GIVEN = re.compile(rb"\bmy[ \t]*+\(?([^;=()\n]{1,200})\)?[ \t]*+=[ \t]*+(?:@_|shift)")
# What a model is trained to answer: ``multinom(faith ~ surname, data)``, ``machine(model, X, people.faith)``.
_ANSWER = re.compile(
    rb"\b(?:randomForest|ranger|multinom|polr|glm|glmnet|lda|qda|naiveBayes|naive_bayes|svm|ksvm|rpart|ctree|train|gbm|"
    rb"xgboost|nnet|C5\.0|knn3?|stan_glm|brm|fit!?)[ \t]*+"
    rb"\(\s*+(?:formula\s*+=\s*+)?(?:@formula\()?(?:as\.factor\(|factor\()?([A-Za-z.][\w.$]{0,80})\)?\s*+~(?!~)|"
    rb"\bmachine\([^,()\n]{1,80},[^,()\n]{1,80},\s*+([A-Za-z.][\w.:]{0,80})\)"
)
_SPOKEN = frozenset(
    b"if else for while function return sub my our use package end in begin do let const using import shift "
    b"elsif foreach unless and or not eq ne undef TRUE FALSE NULL NA library require c list self".split()
)
_ENDS = re.compile(rb"(?m)^([ \t]*+)end\b")
_ROXYGEN = re.compile(r"(?m)^'[ \t]?")


def matlab(head: bytes) -> bool:
    """Return whether a file that begins so is MATLAB's or Octave's, and none of another language here or of C."""
    if _OBJC.search(head) or _HASH.search(head) or _PERL.search(head):
        return False
    return _PERCENT.search(head) is not None or (_MATLAB.search(head) is not None and not _JULIA.search(head))


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs that hold a hit and what they name or are named by; raises ``Unfinished`` past a bound."""
    return _Hashed(text).read(hits) if hits is None or hits else []


class _Hashed(Plain):
    comments: ClassVar = {b"#": b"\n", b"\n=head": b"\n=cut", b"\n=pod": b"\n=cut", b'"""': b'"""'}
    lists = _LIST
    loose = 0
    spoken = _SPOKEN

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        lua = _LUA.search(text.utf8) is not None and _HASH.search(text.utf8) is None
        matrix = not lua and matlab(text.utf8)
        if lua or matrix:
            comments = {b"--": b"\n", b"--[[": b"]]"} if lua else {b"%": b"\n", b"%{": b"%}"}
            self.blanked = Blanked(text.utf8, comments, self.quotes, escapes=not matrix)
            self.code = self.blanked.code
        told = "perl" if _PERL.search(self.code) else "julia" if _JULIA.search(self.code) else "r"
        self.language = "lua" if lua else "matlab" if matrix else told

    # ------------------------------------------------------------------ declarations

    def drafts(self) -> Iterator[Draft]:
        """Yield every function and structure."""
        if self.language == "matlab":
            yield from self._matlab()
            return
        for match in _R.finditer(self.code):
            stop = self.closing(match.start(2))
            brace = re.compile(rb"\s*+(\{)").match(self.code, stop)
            end = self.closing(brace.start(1)) if brace else self.line(stop)[1]
            if self.language == "lua":
                line = self.line(match.start(1))[0]
                end = self._end(self.source[line : match.start(1)], stop)
            yield self._function(match.start(1), end, match[1], (match.end(2), stop - 1))
        for match in _PERL.finditer(self.code):
            yield self._function(match.start(), self.closing(match.start(2)), match[1], None)
        for match in _JULIA.finditer(self.code):
            stop = self.closing(match.start(3))
            yield self._function(match.end(1), self._end(match[1], stop), match[2], (match.end(3), stop - 1))
        for match in _STRUCT.finditer(self.code):
            end = self._end(match[1], match.end())
            start, words = self.blanked.leading(match.end(1))
            build = partial(self._struct, match.end(1), match.end(), end, _text(match[2]), words)
            yield Draft(start, end, build, (_text(match[2]),))

        for match in _ENUM.finditer(self.code):
            end = self._end(match["i"], match.end()) if match["b"] else self.line(match.end())[1]
            begin, name = match.end("i"), _text(match["n"])
            start, words = self.blanked.leading(begin)
            yield Draft(start, end, partial(self._enum, begin, match.end(), end, name, words), (name,))

    def _matlab(self) -> Iterator[Draft]:
        found = list(_MATLAB.finditer(self.code))
        for match, following in zip_longest(found, found[1:]):
            end = following.start() if following else len(self.code)
            opens = self.code[match.end() : match.end() + 1] == b"("
            given = (match.end() + 1, self.closing(match.end()) - 1) if opens else (match.end(), match.end())
            answer = _text(match[1] or b"").strip(" \t=[]")
            yield self._function(match.start(), end, match[2], given, answer)

    def _enum(self, begin: int, body: int, end: int, name: str, words: str) -> Construct:
        members: list[Member] = []
        for match in _VALUE.finditer(self.code, body, end):
            if match[1] != b"end" and len(members) < ITEMS:
                _, note = self.blanked.trailing(match.end())
                place = self.text.passage(match.start(), match.end(), 300)
                members.append(Member(_text(match[1]), place, _text(match[2] or b""), gloss=note))
        place = self.text.passage(begin, min(end, self.line(begin)[1]))
        return Construct(Kind.ENUMERATION, name, place, tuple(members), words[:4000], (), "enum", self.language)

    def _end(self, indent: bytes, start: int) -> int:
        """Return the end of the next ``end`` that is indented like what it ends."""
        ends = self._ends.get(indent, [])
        index = bisect_right(ends, start)
        return ends[index] if index < len(ends) else min(len(self.code), start + BODY)

    @cached_property
    def _ends(self) -> dict[bytes, list[int]]:
        ends: dict[bytes, list[int]] = {}
        for match in _ENDS.finditer(self.code):
            ends.setdefault(match[1], []).append(match.end())
        return ends

    def _function(self, begin: int, end: int, name: bytes, given: tuple[int, int] | None, answer: str = "") -> Draft:
        start, words = self.blanked.leading(begin)
        if self.language == "matlab":
            # What a function does is told below its line.
            words = gloss.join(words, self.blanked.below(self.line(begin)[1]))

        def build() -> Construct:
            members = self._parameters(*given) if given else self._shifted(begin, min(end, begin + 2000))
            return Construct(
                Kind.OPERATION,
                _text(name),
                self.text.passage(begin, min(end, self.line(begin)[1])),
                tuple(members)[:100],
                gloss=_ROXYGEN.sub("", words)[:4000],
                role="function",
                language=self.language,
                returns=answer,
                uses=self.uses(given[1] if given else begin, min(end, begin + BODY)),
            )

        return Draft(start, end, build, (_text(name),), callable=True)

    def _parameters(self, start: int, end: int) -> Iterator[Member]:
        for item in self.entries(start, end):
            name, _, kind = (item.key or item.value).partition("::")
            if re.fullmatch(r"[\w.]{1,80}", name):
                yield Member(name, self.text.passage(item.start, item.end), item.value if item.key else "", kind)

    def _shifted(self, start: int, end: int) -> Iterator[Member]:
        for match in _GIVEN.finditer(self.code, start, end):
            for name in re.finditer(rb"[$@%](\w+)", match[1]):
                at = match.start(1) + name.start(1)
                yield Member(_text(name[1]), self.text.passage(at, at + len(name[1])))

    def _struct(self, begin: int, body: int, end: int, name: str, words: str) -> Construct:
        fields: list[Member] = []
        for match in _FIELD.finditer(self.code, body, end):
            if match[1] not in _SPOKEN and len(fields) < ITEMS:
                stop = match.start() + len(match[0].rstrip())
                _, note = self.blanked.trailing(stop)
                place = self.text.passage(match.start(1), stop, 300)
                listed = gloss.values(note) if note else ()
                kind = _text(match[2] or b"").strip()
                fields.append(Member(_text(match[1]), place, type=kind, gloss=note, values=listed))
        place = self.text.passage(begin, min(end, self.line(begin)[1]))
        return Construct(Kind.RECORD, name, place, tuple(fields), words[:4000], (), "struct", self.language)

    # ------------------------------------------------------------------ lists and strings

    def values(self, spots: Spots | None) -> Iterator[Draft]:
        """Yield the lists, maps and attribute lists that hold a spot."""
        yield from super().values(spots)
        for match in _QW.finditer(self.source):
            if touched(spots, *match.span()):
                words = re.finditer(rb"[^\s]{1,80}", match[2])
                at = match.start(2)
                found = [Entry(at + w.start(), at + w.end(), _text(w[0]), "text") for w in words]
                yield from self.labels(match.start(), match.start(), match.end(), found)
        yield from self._texts(spots)

    def _texts(self, spots: Spots | None) -> Iterator[Draft]:
        """Yield the long texts that hold a spot: what is put together of parts, and what stands in one string."""
        until = 0
        for match in _JOINED.finditer(self.code):
            end = min(self.closing(match.start(1)), match.start() + 2 * _TEXT)
            if match.start() >= until and touched(spots, match.start(), end):
                until = end
                parts = [p[0][1:-1] for p in _PART.finditer(self.source, match.end(), end)]
                if sum(map(len, parts)) > SHORT:
                    yield self._told(match.start(), end, b" ".join(parts))
        for match in _LONG.finditer(self.source):
            if match.start(1) >= until and self.code[match.start(1)] in b"\"'" and touched(spots, *match.span(1)):
                yield self._told(*match.span(1), match[1][1:-1])

    def _told(self, start: int, end: int, words: bytes) -> Draft:
        name, said = self.holder(start), unescape(_text(words[:_TEXT]))

        def build() -> Construct:
            place = self.text.passage(start, end)
            return Construct(Kind.STATEMENT, name, place, gloss=said, role="string", language=self.language)

        return Draft(start, end, build, linkable=False, tag="string")

    # ------------------------------------------------------------------ the rest

    def comment(self, start: int, end: int) -> Construct:
        """Return a comment that belongs to no declaration; a manual and what the file begins with are docstrings."""
        raw = self.source[start:end]
        manual = raw.startswith((b"\n=", b'"""')) or not self.code[:start].strip()
        words = re.sub(r"(?m)^=\w+ *|[A-Z]<([^<>]*)>", r"\1", _text(raw)) if raw.startswith(b"\n=") else clean(raw)
        return self.remark(start + (raw[:1] == b"\n"), end, words, manual)

    def learned(self, start: int, end: int) -> Iterator[str]:
        """Yield what a model is trained to answer in ``[start, end)``."""
        if b"predict" in self.source[start:end]:
            for match in _ANSWER.finditer(self.source, start, end):
                yield f"fit(..., {_text(match[1] or match[2])})"
