"""R, Perl, Julia, Lua and MATLAB: functions with their comments, structures, lists, manuals; no expression.

Read without a grammar: none is at hand. Their comments begin with a hash; those of Lua with two dashes, those of MATLAB
with a percent sign. MATLAB shares ``.m`` with Objective-C: ``matlab`` tells them apart.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property, partial

from sousveil.model import Construct, Kind, Member
from sousveil.read import gloss
from sousveil.read.source.blanked import Blanked, clean
from sousveil.read.source.drafts import Draft, Spots, Uses, select, touched
from sousveil.read.source.literals import Entry, shape
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
_QW = re.compile(rb"\bqw[ \t]*+([(\[{/|<])([^)\]}/|>]{0,4000})")
_HELD = re.compile(rb"([\w.$@%:>-]{1,80}?)[\"']?\s*+(?:<-|=>|=|:)\s*+\\?\s*+(?:\w{1,20}(?:\.frame)?[ \t]*+)?\Z")
_STRING = re.compile(rb"\"(?:[^\"\\\n]|\\.){5,2000}\"|'(?:[^'\\\n]|\\.){5,2000}'")
_GIVEN = re.compile(rb"\bmy[ \t]*+\(?([^;=()\n]{1,200})\)?[ \t]*+=[ \t]*+(?:@_|shift)")
_NAMED = re.compile(rb"\s*+[\"']?([\w.$%@ -]{1,80}?)[\"']?\s*+(?:=>?|:)(?![=~])\s*+(.+)\Z", re.DOTALL)
_QUOTED = re.compile(rb"\s*+([\"'])(.*)\1\s*+\Z", re.DOTALL)
_WORD = re.compile(rb"[\"'][^\"'\n]{1,60}[\"']|[A-Za-z_][\w.]*+(?:(?:->|::|\$)[A-Za-z_][\w.]*+)*+")
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
_CLOSE = {b"(": b")", b"[": b"]", b"{": b"}"}
_BRACKET = re.compile(rb"[()\[\]{}]")
_ENDS = re.compile(rb"(?m)^([ \t]*+)end\b")
_ROXYGEN = re.compile(r"(?m)^'[ \t]?")
_BODY = 20_000
_SPAN = 20_000
_ITEMS = 400
_LINES = 12
"""Lines before and after a term outside of any function whose words are kept."""


def matlab(head: bytes) -> bool:
    """Return whether a file that begins so is MATLAB's or Octave's, and none of another language here or of C."""
    if _OBJC.search(head) or _HASH.search(head) or _PERL.search(head):
        return False
    return _PERCENT.search(head) is not None or (_MATLAB.search(head) is not None and not _JULIA.search(head))


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs that hold a hit and what they name or are named by; raises ``Unfinished`` past a bound."""
    if hits is not None and not hits:
        return []
    reader = _Hashed(text)
    drafts = list(reader.drafts())
    taken = sorted((d.start, d.end) for d in drafts)

    def find(spots: Spots | None) -> Iterator[Draft]:
        yield from (d for d in drafts if touched(spots, d.start, d.end))
        yield from reader.values(spots)
        for start, end in reader.blanked.free(taken, spots):
            yield Draft(start, end, partial(reader.comment, start, end), linkable=False)
        if spots is not None:
            yield from reader.scripts(spots, taken)

    return select(text, hits, find)


class _Hashed:
    def __init__(self, text: Text) -> None:
        self.text = text
        self.source = text.utf8
        comments = {b"#": b"\n", b"\n=head": b"\n=cut", b"\n=pod": b"\n=cut", b'"""': b'"""'}
        lua = _LUA.search(text.utf8) is not None and _HASH.search(text.utf8) is None
        if lua:
            comments = {b"--": b"\n", b"--[[": b"]]"}
        matrix = not lua and matlab(text.utf8)
        if matrix:
            comments = {b"%": b"\n", b"%{": b"%}"}
        self.blanked = Blanked(text.utf8, comments, b"\"'", escapes=not matrix)
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
            stop = self._closing(match.start(2))
            brace = re.compile(rb"\s*+(\{)").match(self.code, stop)
            end = self._closing(brace.start(1)) if brace else self.text.line_span(stop)[1]
            if self.language == "lua":
                line = self.text.line_span(match.start(1))[0]
                end = self._end(self.source[line : match.start(1)], stop)
            yield self._function(match.start(1), end, match[1], (match.end(2), stop - 1))
        for match in _PERL.finditer(self.code):
            yield self._function(match.start(), self._closing(match.start(2)), match[1], None)
        for match in _JULIA.finditer(self.code):
            stop = self._closing(match.start(3))
            yield self._function(match.end(1), self._end(match[1], stop), match[2], (match.end(3), stop - 1))
        for match in _STRUCT.finditer(self.code):
            end = self._end(match[1], match.end())
            start, words = self.blanked.leading(match.end(1))
            build = partial(self._struct, match.end(1), match.end(), end, _text(match[2]), words)
            yield Draft(start, end, build, (_text(match[2]),))

        for match in _ENUM.finditer(self.code):
            end = self._end(match["i"], match.end()) if match["b"] else self.text.line_span(match.end())[1]
            begin, name = match.end("i"), _text(match["n"])
            start, words = self.blanked.leading(begin)
            yield Draft(start, end, partial(self._enum, begin, match.end(), end, name, words), (name,))

    def _matlab(self) -> Iterator[Draft]:
        found = list(_MATLAB.finditer(self.code))
        ends = [m.start() for m in found[1:]] + [len(self.code)]
        for match, end in zip(found, ends, strict=True):
            opens = self.code[match.end() : match.end() + 1] == b"("
            given = (match.end() + 1, self._closing(match.end()) - 1) if opens else (match.end(), match.end())
            answer = _text(match[1] or b"").strip(" \t=[]")
            yield self._function(match.start(), end, match[2], given, answer)

    def _enum(self, begin: int, body: int, end: int, name: str, words: str) -> Construct:
        members: list[Member] = []
        for match in _VALUE.finditer(self.code, body, end):
            if match[1] != b"end" and len(members) < _ITEMS:
                _, note = self.blanked.trailing(match.end())
                place = self.text.passage(match.start(), match.end(), 300)
                members.append(Member(_text(match[1]), place, _text(match[2] or b""), gloss=note))
        place = self.text.passage(begin, min(end, self.text.line_span(begin)[1]))
        return Construct(Kind.ENUMERATION, name, place, tuple(members), words[:4000], (), "enum", self.language)

    def _closing(self, opening: int) -> int:
        """Return where the bracket at ``opening`` is closed, or the end of a stretch of code behind it."""
        return self._pairs.get(opening, min(len(self.code), opening + _BODY))

    @cached_property
    def _pairs(self) -> dict[int, int]:
        pairs: dict[int, int] = {}
        open_: list[int] = []
        for match in _BRACKET.finditer(self.code):
            if match[0] in _CLOSE:
                open_.append(match.start())
            elif open_:
                pairs[open_.pop()] = match.end()
        return pairs

    def _end(self, indent: bytes, start: int) -> int:
        """Return the end of the next ``end`` that is indented like what it ends."""
        ends = self._ends.get(indent, [])
        index = bisect_right(ends, start)
        return ends[index] if index < len(ends) else min(len(self.code), start + _BODY)

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
            words = gloss.join(words, self.blanked.below(self.text.line_span(begin)[1]))

        def build() -> Construct:
            members = self._parameters(*given) if given else self._shifted(begin, min(end, begin + 2000))
            return Construct(
                Kind.OPERATION,
                _text(name),
                self.text.passage(begin, min(end, self.text.line_span(begin)[1])),
                tuple(members)[:100],
                gloss=_ROXYGEN.sub("", words)[:4000],
                role="function",
                language=self.language,
                returns=answer,
                uses=self._uses(given[1] if given else begin, min(end, begin + _BODY)),
            )

        return Draft(start, end, build, (_text(name),), callable=True)

    def _parameters(self, start: int, end: int) -> Iterator[Member]:
        for item in self._entries(start, end):
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
            if match[1] not in _SPOKEN and len(fields) < _ITEMS:
                stop = match.start() + len(match[0].rstrip())
                _, note = self.blanked.trailing(stop)
                place = self.text.passage(match.start(1), stop, 300)
                listed = gloss.values(note) if note else ()
                kind = _text(match[2] or b"").strip()
                fields.append(Member(_text(match[1]), place, type=kind, gloss=note, values=listed))
        place = self.text.passage(begin, min(end, self.text.line_span(begin)[1]))
        return Construct(Kind.RECORD, name, place, tuple(fields), words[:4000], (), "struct", self.language)

    # ------------------------------------------------------------------ lists and strings

    def values(self, spots: Spots | None) -> Iterator[Draft]:
        """Yield the lists, maps and attribute lists that hold a spot."""
        for match in _LIST.finditer(self.code):
            end = self._closing(match.start(1)) if touched(spots, match.start(), match.start() + _SPAN) else 0
            if 0 < end - match.start() <= _SPAN and touched(spots, match.start(), end):
                yield from self._labels(match.start(), match.start(1), end, self._entries(match.end(1), end - 1))
        for match in _QW.finditer(self.source):
            if touched(spots, *match.span()):
                words = re.finditer(rb"[^\s]{1,80}", match[2])
                at = match.start(2)
                found = [Entry(at + w.start(), at + w.end(), _text(w[0]), "text") for w in words]
                yield from self._labels(match.start(), match.start(), match.end(), found)
        for match in _STRING.finditer(self.source):
            # What was put into a comment is not asked for any more.
            asked = self.code[match.start()] == self.source[match.start()]
            if asked and touched(spots, *match.span()) and (names := gloss.attribute_list(_text(match[0][1:-1]))):
                place = self.text.passage(*match.span())
                name = gloss.attribute_key(_text(match[0][1:-1])) or self._holder(match.start())
                members = tuple(Member(n, place) for n in names)
                made = Construct(Kind.LABEL_SET, name, place, members, role="attribute-list", language=self.language)
                yield Draft(*match.span(), partial(_same, made), linkable=False)

    def _labels(self, begin: int, opening: int, end: int, found: list[Entry]) -> Iterator[Draft]:
        shaped = shape(found, 2)
        if shaped is None:
            return
        line = self.text.line_span(begin)[0]
        start, words = self.blanked.leading(line)
        members = tuple(
            Member(p.name, self.text.passage(p.entry.start, p.entry.end, 300), p.value[:200]) for p in shaped.parts
        )
        name = self._holder(opening)
        line += len(self.source[line:begin]) - len(self.source[line:begin].lstrip())
        place = self.text.passage(line, end, 200)
        made = Construct(shaped.kind, name, place, members, words[:1000], (), shaped.role, self.language)
        yield Draft(min(start, begin), end, partial(_same, made), (name,) if name else (), kind=shaped.kind)

    def _holder(self, at: int) -> str:
        held = _HELD.search(self.source[max(0, at - 120) : at])
        return _text(held[1]).strip("$@%->:.") if held else ""

    def _entries(self, start: int, end: int) -> list[Entry]:
        """Return what stands between commas, at most 400."""
        out: list[Entry] = []
        depth, at = 0, start
        for match in re.compile(rb"[()\[\]{},]").finditer(self.code, start, end):
            if match[0] == b",":
                if not depth:
                    out.append(self._entry(at, match.start()))
                    at = match.end()
            else:
                depth += 1 if match[0] in _CLOSE else -1
            if len(out) >= _ITEMS:
                return out
        if self.source[at:end].strip():
            out.append(self._entry(at, end))
        return out

    def _entry(self, start: int, end: int) -> Entry:
        start += len(self.source[start:end]) - len(self.source[start:end].lstrip())
        raw = self.source[start:end].rstrip()
        named = _NAMED.match(raw)
        key = _text(named[1]).strip() if named else None
        value = named[2] if named else raw
        quoted = _QUOTED.match(value)
        form = "text" if quoted else "number" if re.fullmatch(rb"[-+\d.eE]+", value) else "other"
        shown = _text(quoted[2] if quoted else value)[:500]
        return Entry(start, start + len(raw), shown, form, key, "text" if key else "", start)

    # ------------------------------------------------------------------ the rest

    def comment(self, start: int, end: int) -> Construct:
        """Return a comment that belongs to no declaration; a manual and what the file begins with are docstrings."""
        raw = self.source[start:end]
        manual = raw.startswith((b"\n=", b'"""')) or not self.code[:start].strip()
        words = re.sub(r"(?m)^=\w+ *|[A-Z]<([^<>]*)>", r"\1", _text(raw)) if raw.startswith(b"\n=") else clean(raw)
        place = self.text.passage(start + (raw[:1] == b"\n"), end)
        role = "docstring" if manual else "comment"
        return Construct(Kind.STATEMENT, "", place, gloss=words[:4000], role=role, language=self.language)

    def scripts(self, spots: Spots, taken: Sequence[tuple[int, int]]) -> Iterator[Draft]:
        """Yield the code outside of functions around each spot, one operation for spots near each other."""
        starts = [s for s, _ in taken]
        last = -1
        for at in spots.at:
            index = bisect_right(starts, at) - 1
            inside = index >= 0 and any(e > at for _, e in taken[max(0, index - 8) : index + 1])
            if inside or at < last or self.code[at : at + 1] in (b" ", b""):
                continue
            line, stop = self.text.line_span(at)
            low = high = at
            for _ in range(_LINES):
                low = self.text.line_span(max(0, self.text.line_span(low)[0] - 1))[0]
                high = min(len(self.source), self.text.line_span(high)[1] + 1)
            last = high
            yield Draft(line, stop, partial(self._script, line, stop, low, high), linkable=False, tag="script")

    def _script(self, line: int, stop: int, low: int, high: int) -> Construct:
        place, uses = self.text.passage(line, stop), self._uses(low, high)
        return Construct(Kind.OPERATION, "", place, role="script", language=self.language, uses=uses)

    def _uses(self, start: int, end: int) -> tuple[str, ...]:
        uses = Uses()
        if b"predict" in self.source[start:end]:
            for match in _ANSWER.finditer(self.source, start, end):
                uses.add(f"fit(..., {_text(match[1] or match[2])})")
        known = set(_SPOKEN)
        for match in _WORD.finditer(self.source, start, end):
            word = match[0]
            # A word of a comment is none that the code uses.
            if word not in known and self.code[match.start()] == word[0]:
                known.add(word)
                uses.add(_text(word).strip("\"'"))
                if uses.full:
                    break
        return uses.words()


def _same(made: Construct) -> Construct:
    return made


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
