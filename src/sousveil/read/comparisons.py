"""Conditions on the value of a trait: ``if (guest.nation == "维吾尔族")``, ``WHERE nation = '…'``.

They are written alike in nearly every language, in rules kept as data and in SQL inside strings, so they are read off
the text: what is compared, with what, what the condition guards, and which function holds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from sousveil.model import Construct, Kind, Member
from sousveil.read import forms
from sousveil.read.constants import Found, compared, defined_at, elsewhere, kept
from sousveil.read.source.script import unescape
from sousveil.read.text import Text
from sousveil.read.unfinished import tell

CONDITION, QUERY = "condition", "query-condition"
"""Roles: what code does if somebody's trait is so; whose rows are asked for."""
MOST = 100
"""Most of one file; a dictionary compares everything with everything."""

_BEFORE, _AFTER = 320, 240
_NEAR = 400
_UP = 3000
_USES = 60
# What a test expects it was given.
_TESTED = re.compile(rb"\b(?:assert\w*|expect|should|verify)\b[^\n]{0,200}\Z")
_HOLDER = re.compile(
    rb"\b(?:[fF]unction|def|func|fn|fun|[sS]ub|procedure|rule)\s+(?:\([^()\n]{0,80}\)\s{0,4})?"
    rb"([\w$\x80-\xff]{2,80}|\"[^\"\n]{1,80}\")"
    rb"|\b([A-Za-z_$][\w$]{1,80})\s{0,4}\([^;{}()\n]{0,300}\)\s{0,8}"
    rb"(?:throws [\w, .]{1,80}|const|override|async|->\s?[\w<>]{1,40}|:\s?[\w<>\[\]?]{1,40}){0,2}\s{0,8}"
    rb"(?:=>\s{0,4})?\{"
    rb"|\b(?:const|let|var)\s+([\w$]{2,80})\s?=\s?(?:async\s?)?(?:function\b|\([^()\n]{0,200}\)\s?=>|\w{1,40}\s?=>)"
)
_NO_HOLDER = frozenset(
    (b"if", b"for", b"while", b"switch", b"catch", b"when", b"match", b"elif", b"using", b"lock", b"async")
)
_CLASS = re.compile(rb"\b(?:class|interface|struct|module|trait|object)\s+([A-Z][\w$]{1,80})")
_WORD = re.compile(rb"[A-Za-z_$\x80-\xff][\w$\x80-\xff]*(?:\.[A-Za-z_$][\w$]*)*+|\"[^\"\n]{1,120}\"|'[^'\n]{1,120}'")
# A box that is shown, an event of a program's own state and an alarm clock warn nobody.
_SHOWN = re.compile(
    rb"(?<![\w.])(?:window\.)?(?:alert|dispatch)\s?\(|\w{0,30}(?:[aA]lert_?[dD]ialog|[aA]lert\.alert|[aA]lert_?[cC]ontroller"
    rb"|[aA]lert_?[bB]uilder|UIAlert|show_?[aA]lert|[sS]weet_?[aA]lert|[aA]larm_?[mM]anager|[aA]larm_?[cC]lock)"
)
# What follows stands under it, or beside the condition in a rule kept as data.
_THEN, _KEYED = re.compile(rb"\s*then\b", re.IGNORECASE), re.compile(rb"\s*-?\s?[\w\"]{2,20}:\s")
# Who is counted is measured.
_COUNTED = re.compile(rb"\s?(?:\+=\s?1\b|\+\+)")
# Whoever it is is not let in.
_REFUSES = re.compile(rb"\breturn\s?\(?\s?(?:[fF]alse|FALSE|NO)\b")
_QUOTES = b"\"'`"
_WORDY = frozenset(
    b"if else return true false null none new this self var let const and or not in is end then do".split()
)


def comparisons(text: Text, offsets: Sequence[int], language: str) -> list[Construct]:
    """Return the conditions that compare something at ``offsets`` (into the text's UTF-8, sorted), each once.

    A construct's name is what is compared, its members are the values, its scope the class and the function around it,
    and ``uses`` what the condition guards: the words of its block, or the columns and tables of a query.
    """
    out: dict[tuple[str, int, str], Construct] = {}
    constants: set[bytes] = set()
    last = -1
    for at in offsets:
        if at < last or at >= len(text.utf8):
            continue
        direct = _at(text.utf8, at) or elsewhere(text.utf8, at)
        found: Iterable[Found] = ()
        if direct is not None:
            last = direct[2][1]
            found = (direct,)
        elif (constant := defined_at(text.utf8, at, constants)) is not None:
            found = compared(text.utf8, constant)
            if (for_others := kept(text, constant, tuple(holders(text.utf8, at)), language)) is not None:
                out[for_others.name, for_others.passage.offset, for_others.role] = for_others
        for name, values, span, asked in found:
            made = _built(text, name, values, span, asked, language)
            # "nation is this or that" is one condition.
            key = (made.name, made.passage.offset, made.role)
            first = out.get(key)
            out[key] = made if first is None else replace(first, members=(*first.members, *made.members))
        if len(out) >= MOST:
            tell("cut", f"more than {MOST} conditions compare a term: the first were read")
            break
    return list(out.values())


def asked_in(statement: Construct) -> list[Construct]:
    """Return the conditions of a query that a program holds as one string; their place is the string's."""
    said = statement.passage.text
    if not forms.STATEMENT.search(head := said[:4000].encode()) or not forms.WHERE.search(head):
        return []
    quotes = [m.start() for m in re.finditer(rb"'", head)]
    found = comparisons(Text(head, "utf-8"), quotes, statement.language)
    at = statement.passage
    return [
        replace(
            c,
            passage=at,
            members=tuple(replace(m, passage=at) for m in c.members),
            scope=(*statement.scope, *c.scope),
            package=statement.package,
        )
        for c in found
    ]


def _at(utf8: bytes, at: int) -> Found | None:
    """Return the comparison that holds ``at``: what is compared, the values' span, its own, whether rows are asked."""
    low, high = max(0, at - _BEFORE), min(len(utf8), at + _AFTER)
    near = utf8[low:high].lower()
    if not any(word in near for word in forms.WORDS) or not forms.QUICK.search(utf8, low, high):
        return None
    line = max(low, utf8.rfind(b"\n", low, at) + 1)
    for form in forms.FORMS:
        if (match := _holding(form, utf8, line, at, high)) is not None:
            if _TESTED.search(utf8, line, match.start()):
                return None
            name = match.group("name")
            if form is forms.CALL:
                called = forms.CALLED.search(name)
                if called is None:
                    continue
                name = name[: called.start()]
            asked = forms.within_query(utf8, match.start()) or forms.indexed(utf8, line, match.start())
            return name, match.span("value"), match.span(), asked
    coded = _holding(forms.CODED, utf8, line, at, high)
    if coded is not None and forms.ALARMED.search(utf8, coded.end(), _guarded(utf8, *coded.span())):
        return coded.group("name"), coded.span("value"), coded.span(), False
    if (match := _holding(forms.IF, utf8, line, at, high)) is not None:
        return match.group("name").strip(b":@[]("), match.span("value"), match.span(), False
    if (match := _holding(forms.STORED, utf8, low, at, high)) is not None:
        value = "value" if match.group("value") else "given"
        return match.group("name") or match.group("field"), match.span(value), match.span(), True
    match = _holding(forms.BUILT, utf8, low, at, high) or _holding(forms.NODE, utf8, line, at, high)
    if match is None and (wheres := [m.end() for m in forms.WHERE.finditer(utf8, low, at)]):
        found = _holding(forms.SQL, utf8, wheres[-1], at, high)
        match = found if found is not None and forms.within_query(utf8, found.start()) else None
    if match is not None:
        return match.group("name"), match.span("value"), match.span(), True
    case = _holding(forms.CASE, utf8, line, at, high)
    if case is None:
        return None
    switches = list(forms.SWITCH.finditer(utf8, max(0, case.start() - forms.BODY), case.start()))
    return (switches[-1].group("name"), case.span("value"), case.span(), False) if switches else None


def _holding(form: re.Pattern[bytes], utf8: bytes, low: int, at: int, high: int) -> re.Match[bytes] | None:
    """Return the match of ``form`` in [low, high) that holds ``at``."""
    for match in form.finditer(utf8, low, high):
        if match.start() > at:
            return None
        if at < match.end():
            return match
    return None


def _built(
    text: Text, name: bytes, values: tuple[int, int], span: tuple[int, int], asked: bool, language: str
) -> Construct:
    utf8 = text.utf8
    start, end = span
    if asked:
        low, high = _statement(utf8, start, end)
    else:
        low, high = end, _guarded(utf8, start, end)
    members = []
    for found in re.finditer(rb"&quot;[^&\n]{1,60}&quot;|\A-?\d+\Z|" + forms.VALUE, utf8[values[0] : values[1]]):
        word = found.group()
        quoted = forms.QUOTED.search(word)
        said = unescape((quoted.group(2) if quoted else word).decode("utf-8", "replace"))
        members.append(Member(said, text.passage(values[0] + found.start(), values[0] + found.end())))
    line = utf8.rfind(b"\n", 0, start) + 1
    line += len(utf8[line:start]) - len(utf8[line:start].lstrip())
    stop = utf8.find(b"\n", end)
    stop = len(utf8) if stop < 0 else stop
    if stop - line > 400:
        line, stop = start, end
    return Construct(
        Kind.STATEMENT,
        name.decode("utf-8", "replace"),
        text.passage(line, max(end, stop)),
        tuple(members),
        scope=tuple(holders(utf8, start)),
        role=QUERY if asked else CONDITION,
        language=language,
        uses=(*around(utf8, low, high), *(("return false",) if not asked and _REFUSES.search(utf8, low, high) else ())),
    )


def _statement(utf8: bytes, start: int, end: int) -> tuple[int, int]:
    """Return the span of the query around a condition: from its verb to its end; without a verb, the lines around it,
    which build it up.
    """
    low = max(0, start - forms.BODY)
    verbs = [m.start() for m in forms.STATEMENT.finditer(utf8, low, start)]
    built = max(utf8.rfind(b"\n\n", 0, start) + 1, utf8.find(b"\n", max(0, start - _NEAR), start) + 1)
    begin = verbs[-1] if verbs and b";" not in utf8[verbs[-1] : start] else built
    stops = [p for p in (utf8.find(b";", end, end + 600), utf8.find(b"\n\n", end, end + 600)) if p >= 0]
    return begin, min(stops, default=min(len(utf8), end + 200))


def _guarded(utf8: bytes, start: int, end: int) -> int:
    """Return where ends what a condition guards: its braces, its deeper lines, or its own line."""
    stop = utf8.find(b"\n", end)
    stop = len(utf8) if stop < 0 else stop
    opened = utf8.find(b"{", end, min(len(utf8), stop + 40))
    if opened >= 0 and b";" not in utf8[end:opened]:
        depth = 0
        for found in re.finditer(rb"[{}]", utf8[opened : opened + forms.BODY]):
            depth += 1 if found.group() == b"{" else -1
            if depth == 0:
                return opened + found.end()
        return min(len(utf8), opened + forms.BODY)
    begin = utf8.rfind(b"\n", 0, start) + 1
    indent = len(utf8[begin:start]) - len(utf8[begin:start].lstrip(b" \t"))
    while stop < min(len(utf8), end + forms.BODY):
        following = utf8.find(b"\n", stop + 1)
        following = len(utf8) if following < 0 else following
        line = utf8[stop + 1 : following]
        # A rule kept as data has its answer beside the condition.
        if _THEN.match(line):
            indent = 0
        elif line.strip() and len(line) - len(line.lstrip(b" \t")) <= indent and not _KEYED.match(line):
            break
        stop = following
    return stop


def holders(utf8: bytes, start: int) -> Iterator[str]:
    """Yield the class, and the function, that hold ``start``: the last that begin before it."""
    low = max(0, start - _UP)
    classes = [m.group(1) for m in _CLASS.finditer(utf8, low, start)]
    if classes:
        yield classes[-1].decode("utf-8", "replace")
    if (held := _held(utf8, start)) is not None:
        yield held[1].decode("utf-8", "replace")


def held_from(utf8: bytes, start: int) -> int:
    """Return where the last function begins before ``start``; 0 without one near."""
    held = _held(utf8, start)
    return 0 if held is None else held[0]


def _held(utf8: bytes, start: int) -> tuple[int, bytes] | None:
    found = _HOLDER.finditer(utf8, max(0, start - _UP), start)
    named = [(m.start(), name) for m in found for name in m.groups() if name and name not in _NO_HOLDER]
    return named[-1] if named else None


def around(utf8: bytes, low: int, high: int, most: int = _USES) -> Iterator[str]:
    """Yield the words and short texts of a span, each once, at most ``most``."""
    seen: set[bytes] = set()
    for match in _WORD.finditer(utf8, low, high):
        word = match.group()
        if (
            _SHOWN.match(utf8, match.start())
            or _COUNTED.match(utf8, match.end())
            or word.lower() in _WORDY
            or word in seen
        ):
            continue
        seen.add(word)
        yield word.strip(_QUOTES).decode("utf-8", "replace")
        if len(seen) >= most:
            return
