"""Conditions on the value of a trait: ``if (guest.nation == "维吾尔族")``, ``WHERE nation = '…'``.

They are written alike in nearly every language, in rules kept as data and in SQL inside strings, so they are read off
the text: what is compared, with what, what the condition guards, and which function holds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from sousveil.model import Construct, Kind, Member
from sousveil.read.text import Text
from sousveil.read.unfinished import tell

CONDITION, QUERY = "condition", "query-condition"
"""Roles: what code does if somebody's trait is so; whose rows are asked for."""
MOST = 100
"""Most of one file; a dictionary compares everything with everything."""

_BEFORE, _AFTER = 320, 240
_BODY = 1500
_USED = 20
"""Most places of a constant's name that are looked at."""
_NEAR = 400
_UP = 3000
_USES = 60

# A field or a call of its getter: p.nation, person->getNation(), row["nation"], df.nation, #{nation}.
_OPERAND = (
    rb"(?<![\w$@\x80-\xff])[A-Za-z_$@\x80-\xff][\w$\x80-\xff]{0,60}+"
    rb"(?:(?:\??\.|->|::|!\.)[A-Za-z_$][\w$]{0,60}+|\[[\"'][\w\x80-\xff]{1,40}+[\"']\]|\((?:[\"'][\w]{1,40}+[\"'])?\)){0,6}+"
)
_LITERAL = rb"(?:(?:[LuUNb@$]|u8)?(?:\"[^\"\n\\]{1,60}+\"|'[^'\n\\]{1,60}+'|`[^`\n\\]{1,60}+`))"
_QUOTED = re.compile(rb"([\"'`]|&quot;)%?(.{1,60}?)%?\1")
_VALUE = rb"(?:" + _LITERAL + rb"|" + _OPERAND + rb")"
_LIST = _VALUE + rb"(?:\s{0,20}+,\s{0,20}+" + _VALUE + rb"){0,60}+"
_MEANT = (
    rb"(?:[eE]quals?(?:IgnoreCase|s)?|[cC]ontains?|[iI]ncludes|[sS]tarts?(?:With|with|_with)|[iI]ndexOf|contentEquals"
    rb"|isEqualToString:?|is[eE]qual)"
)

_CALL = re.compile(rb"(?P<name>" + _OPERAND + rb")\s?\(\s?(?P<value>" + _LITERAL + rb")")
_CALLED = re.compile(rb"(?:\??\.|->|!\.)" + _MEANT + rb"\Z")
_FORMS = (
    # nation == "…"; "…" == nation
    re.compile(rb"(?P<name>" + _OPERAND + rb")\s{0,8}+(?:===?|\beq\b)\s{0,8}+(?P<value>" + _VALUE + rb")"),
    re.compile(rb"(?P<value>" + _LITERAL + rb")\s{0,8}+===?\s{0,8}+(?P<name>" + _OPERAND + rb")"),
    # nation.equals("…"); [nation isEqual:"…"]; "…".equals(nation); equals(nation, "…"); strcmp(nation, "…")
    _CALL,
    re.compile(rb"\[(?P<name>" + _OPERAND + rb") " + _MEANT + rb":?\s?(?P<value>" + _LITERAL + rb")"),
    re.compile(rb"(?P<value>" + _LITERAL + rb")\." + _MEANT + rb"\(\s?(?P<name>" + _OPERAND + rb")"),
    re.compile(
        rb"\b(?:str\w{0,4}cmp|" + _MEANT + rb")\(\s?(?P<name>" + _OPERAND + rb")\s?,\s?(?P<value>" + _LITERAL + rb")"
    ),
    # nation in ("…", "…"); ["…", "…"].includes(nation); in_array(nation, ["…"])
    re.compile(
        rb"(?P<name>" + _OPERAND + rb")\s{1,8}+(?:not )?in\s{0,8}+[(\[{]\s{0,8}+(?P<value>" + _LIST + rb")",
        re.IGNORECASE,
    ),
    re.compile(
        rb"[(\[{]\s{0,8}+(?P<value>" + _LIST + rb")\s{0,8}+[)\]}]\." + _MEANT + rb"\(\s?(?P<name>" + _OPERAND + rb")"
    ),
    re.compile(rb"\bin_array\(\s?(?P<name>" + _OPERAND + rb")\s?,\s?(?:\[|array\()\s?(?P<value>" + _LIST + rb")"),
)
# The name of a constant, and what is compared with it elsewhere: KEY = {"…", "…"}; KEY.contains(nation); nation in KEY
_DEFINED = re.compile(rb"(?<![\w.$])(?P<name>[A-Za-z_$][\w$]{2,60}+)\s{0,4}(?::[^=\n]{1,60})?:?=(?![=>])")
_CONSTANT = rb"(?P<value>[A-Za-z_$][\w$]{1,60}+(?:(?:\.|::)[\w$]{1,60}+){0,3}+)"
_WITH_CONSTANT = (
    re.compile(rb"(?P<name>" + _OPERAND + rb")\s{0,8}+===?\s{0,8}+" + _CONSTANT),
    re.compile(rb"(?P<name>" + _OPERAND + rb")\s{1,8}+(?:not )?in\s{1,8}+" + _CONSTANT),
    re.compile(
        rb"(?<![\w$])(?P<value>[A-Za-z_$][\w$]{1,60}(?:\.[A-Z][\w$]{0,60})?)\.(?:"
        + _MEANT
        + rb"|has)\(\s?(?P<name>"
        + _OPERAND
        + rb")"
    ),
    re.compile(rb"(?P<name>" + _OPERAND + rb")\(\s?" + _CONSTANT + rb"\s?\)"),
    re.compile(rb"\bin_array\(\s?(?P<name>" + _OPERAND + rb")\s?,\s?" + _CONSTANT),
)
# Only where rows are asked for: elsewhere one sign gives a value.
_SQL = re.compile(
    rb"(?P<name>"
    + _OPERAND
    + rb")\s{0,8}(?:=|\blike\b|\bilike\b|\brlike\b|\bregexp\b|~)\s{0,8}(?P<value>"
    + _LITERAL
    + rb")",
    re.IGNORECASE,
)
# IF nation = '…' THEN; IF(C2="…", …): one sign compares in a condition of Basic, PL/SQL and sheets.
_IF = re.compile(
    rb"\b(?:IF|ELSIF|ELSEIF|WHEN)\b\s{0,4}\(?[^\n;]{0,160}?(?P<name>(?:[:@]|\[|\()?" + _OPERAND + rb"\]?)\s{0,8}+="
    rb"\s{0,8}+(?P<value>" + _LITERAL + rb"|&quot;[^&\n]{1,60}&quot;)(?=[^\n;]{0,200}\bTHEN\b|\)?\s?,)",
    re.IGNORECASE,
)
# MATCH (p:Person {nation: '…'})
_NODE = re.compile(
    rb"\(\w{0,40}(?::\w{1,60}){1,3}\s{0,4}\{[^{}\n]{0,200}?(?P<name>"
    + _OPERAND
    + rb")\s{0,4}:\s{0,4}(?P<value>"
    + _LITERAL
    + rb")"
)
# Builders of queries: .eq("nation", "…"), filter(nation="…"), where(nation: "…"), eq(Person::getNation, "…").
_BUILT = re.compile(
    rb"(?:\.|->|\b)(?:eq|like|has|where\w{0,8}|filter(?:_by)?|find(?:By|_by|All|Many|One)?|and[wW]here|or[wW]here|exclude|term|match)"
    rb"\(\s{0,8}[{\[(]{0,2}\s{0,8}[\"'`]?(?P<name>" + _OPERAND + rb")[\"'`]?\s{0,8}(?:,|:|=>|=)"
    rb"\s{0,8}(?:[\"'](?:=|like|in)[\"']\s{0,4},\s{0,4})?(?:in_?\()?[\[(]?(?P<value>" + _LIST + rb")"
)  # fmt: skip
_CASE = re.compile(rb"\b(?:case|when)\s{1,8}(?P<value>" + _LIST + rb")\s{0,8}(?::|->|=>|\n|then\b)", re.IGNORECASE)
_SWITCH = re.compile(rb"\b(?:switch|match|when|case)\s{0,8}\(?\s?(?P<name>" + _OPERAND + rb")\)?\s{0,8}(?:\{|:|\n)")
# What one of the forms holds: sought as plain bytes first, which takes a twentieth of the pattern's time.
_WORDS = (
    b"==", b"eq", b"qual", b"ontain", b"nclude", b"tarts", b"ndex", b"cmp", b"in_array", b"case", b"when", b"where",
    b"having", b"if", b"filter", b"find", b"term", b"match", b"exclude", b"like", b"has", b"in(", b"in (", b"in[",
    b"in [", b"in{", b"in {",
)  # fmt: skip
_QUICK = re.compile(
    rb"==|\beq\b|qual|ontain|nclude|tarts?[Ww_]|ndex|cmp|in_array|\bin\s?[(\[{]|\b(?:case|when|where|having|if)\b"
    rb"|(?:where|filter|find|term|match|exclude|like|has)\w*\(|\(\w*:\w+ ?\{",
    re.IGNORECASE,
)

_STATEMENT = re.compile(rb"\b(?:select\b|delete\s+from\b|update\b|match\s?\()", re.IGNORECASE)
_WHERE = re.compile(rb"\b(?:where|having|on|<if|<where)\b", re.IGNORECASE)
_CHOSEN = re.compile(rb"(?:\w\[|\.(?:loc|query|[fF]ilter|[wW]here|[fF]ind\w*|[sS]elect)\s?[\[(])[^\])\n]*\Z")
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
_NO_HOLDER = frozenset((b"if", b"for", b"while", b"switch", b"catch", b"when", b"match", b"elif", b"using", b"lock"))
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
_Found = tuple[bytes, tuple[int, int], tuple[int, int], bool]
"""What is compared, the values' span, the comparison's own, and whether rows are asked for."""
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
        direct = _at(text.utf8, at)
        if direct is not None:
            last = direct[2][1]
        for name, values, span, asked in (direct,) if direct is not None else _by_constant(text.utf8, at, constants):
            made = _built(text, name, values, span, asked, language)
            # "nation is this or that" is one condition.
            key = (made.name, made.passage.offset, made.role)
            first = out.get(key)
            out[key] = made if first is None else replace(first, members=(*first.members, *made.members))
        if len(out) >= MOST:
            tell("cut", f"more than {MOST} conditions compare a term: the first were read")
            break
    return list(out.values())


def _by_constant(utf8: bytes, at: int, seen: set[bytes]) -> Iterator[_Found]:
    """Yield the comparisons with the constant of this file in whose definition ``at`` stands, each constant once."""
    low = max(0, at - _BEFORE)
    defined = list(_DEFINED.finditer(utf8, low, at))
    if not defined or len(seen) >= MOST:
        return
    constant, begin = defined[-1].group("name"), defined[-1].end()
    between = utf8[begin:at]
    if constant in seen or b";" in between or b"\n\n" in between:
        return
    seen.add(constant)
    stops = [p for p in (utf8.find(b";", at, at + _BODY), utf8.find(b"\n\n", at, at + _BODY)) if p >= 0]
    held = list(re.finditer(_LITERAL, utf8[begin : min(stops, default=min(len(utf8), at + _AFTER))]))
    if not held:
        return
    values = begin + held[0].start(), begin + held[-1].end()
    where = values[1]
    for _ in range(_USED):
        where = utf8.find(constant, where)
        if where < 0:
            return
        line, high = utf8.rfind(b"\n", 0, where) + 1, where + len(constant) + _AFTER
        for form in _WITH_CONSTANT:
            for match in form.finditer(utf8, max(line, where - _BEFORE), high):
                told = match.group("value").rpartition(b".")[2].rpartition(b":")[2]
                if told != constant or not match.start("value") <= where < match.end("value"):
                    continue
                name = match.group("name")
                if (
                    match.start("name") < match.start("value")
                    and utf8[match.end("name") : match.end("name") + 1] == b"("
                ):
                    called = _CALLED.search(name)
                    if called is None:
                        continue
                    name = name[: called.start()]
                asked = _within_query(utf8, match.start()) or _indexed(utf8, line, match.start())
                yield name, values, match.span(), asked
        where += len(constant)


def asked_in(statement: Construct) -> list[Construct]:
    """Return the conditions of a query that a program holds as one string; their place is the string's."""
    said = statement.passage.text
    if not _STATEMENT.search(head := said[:4000].encode()) or not _WHERE.search(head):
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


def _at(utf8: bytes, at: int) -> _Found | None:
    """Return the comparison that holds ``at``: what is compared, the values' span, its own, whether rows are asked."""
    low, high = max(0, at - _BEFORE), min(len(utf8), at + _AFTER)
    near = utf8[low:high].lower()
    if not any(word in near for word in _WORDS) or not _QUICK.search(utf8, low, high):
        return None
    line = max(low, utf8.rfind(b"\n", low, at) + 1)
    for form in _FORMS:
        if (match := _holding(form, utf8, line, at, high)) is not None:
            if _TESTED.search(utf8, line, match.start()):
                return None
            name = match.group("name")
            if form is _CALL:
                called = _CALLED.search(name)
                if called is None:
                    continue
                name = name[: called.start()]
            asked = _within_query(utf8, match.start()) or _indexed(utf8, line, match.start())
            return name, match.span("value"), match.span(), asked
    if (match := _holding(_IF, utf8, line, at, high)) is not None:
        return match.group("name").strip(b":@[]("), match.span("value"), match.span(), False
    match = _holding(_BUILT, utf8, low, at, high) or _holding(_NODE, utf8, line, at, high)
    if match is None and (wheres := [m.end() for m in _WHERE.finditer(utf8, low, at)]):
        found = _holding(_SQL, utf8, wheres[-1], at, high)
        match = found if found is not None and _within_query(utf8, found.start()) else None
    if match is not None:
        return match.group("name"), match.span("value"), match.span(), True
    case = _holding(_CASE, utf8, line, at, high)
    if case is None:
        return None
    switches = list(_SWITCH.finditer(utf8, max(0, case.start() - _BODY), case.start()))
    return (switches[-1].group("name"), case.span("value"), case.span(), False) if switches else None


def _holding(form: re.Pattern[bytes], utf8: bytes, low: int, at: int, high: int) -> re.Match[bytes] | None:
    """Return the match of ``form`` in [low, high) that holds ``at``."""
    for match in form.finditer(utf8, low, high):
        if match.start() > at:
            return None
        if at < match.end():
            return match
    return None


def _within_query(utf8: bytes, start: int) -> bool:
    """Return whether a query's condition stands open before ``start``."""
    low = max(0, start - _BODY)
    asked = [m.start() for m in _WHERE.finditer(utf8, low, start)]
    if not asked or not _STATEMENT.search(utf8, low, asked[-1]):
        return False
    between = utf8[asked[-1] : start]
    return b";" not in between.replace(b"&lt;", b"").replace(b"&gt;", b"") and b"\n\n" not in between


def _indexed(utf8: bytes, line: int, start: int) -> bool:
    """Return whether a comparison chooses rows of a table: ``df[df.nation == …]``, ``.filter(df.nation == …)``."""
    return _CHOSEN.search(utf8[line:start]) is not None


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
    for found in re.finditer(rb"&quot;[^&\n]{1,60}&quot;|" + _VALUE, utf8[values[0] : values[1]]):
        word = found.group()
        quoted = _QUOTED.search(word)
        said = (quoted.group(2) if quoted else word).decode("utf-8", "replace")
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
        scope=tuple(_scope(utf8, start)),
        role=QUERY if asked else CONDITION,
        language=language,
        uses=tuple(_uses(utf8, low, high)),
    )


def _statement(utf8: bytes, start: int, end: int) -> tuple[int, int]:
    """Return the span of the query around a condition: from its verb to its end; without a verb, the lines around it,
    which build it up.
    """
    low = max(0, start - _BODY)
    verbs = [m.start() for m in _STATEMENT.finditer(utf8, low, start)]
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
        for found in re.finditer(rb"[{}]", utf8[opened : opened + _BODY]):
            depth += 1 if found.group() == b"{" else -1
            if depth == 0:
                return opened + found.end()
        return min(len(utf8), opened + _BODY)
    begin = utf8.rfind(b"\n", 0, start) + 1
    indent = len(utf8[begin:start]) - len(utf8[begin:start].lstrip(b" \t"))
    while stop < min(len(utf8), end + _BODY):
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


def _scope(utf8: bytes, start: int) -> Iterator[str]:
    low = max(0, start - _UP)
    classes = [m.group(1) for m in _CLASS.finditer(utf8, low, start)]
    if classes:
        yield classes[-1].decode("utf-8", "replace")
    held = [name for m in _HOLDER.finditer(utf8, low, start) for name in m.groups() if name and name not in _NO_HOLDER]
    if held:
        yield held[-1].decode("utf-8", "replace")


def _uses(utf8: bytes, low: int, high: int) -> Iterator[str]:
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
        if len(seen) >= _USES:
            return
