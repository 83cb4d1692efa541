"""Searches by the value of a trait that is only known when they run: ``WHERE caste = ?``, ``.filter(religion=wanted)``.

A comparison with a word says who is meant; one with a parameter says that whoever asks may choose by it. Like
comparisons they are written alike in nearly every language and in SQL inside strings, so they are read off the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from sousveil.model import Construct, Kind, Member
from sousveil.read import forms
from sousveil.read.comparisons import around, held_from, holders
from sousveil.read.text import Text
from sousveil.read.unfinished import tell

CRITERION, LIKENESS = "criterion", "likeness"
"""Roles: a field by which rows or entries are looked up, with a value that is a variable; one that two have alike, for
which points are given."""
OPEN = "…"
"""The value that is known only when the program runs."""
MOST = 60
"""Most of one file."""

_LEFT, _RIGHT = 260, 120
_ABOVE, _BELOW, _HEAD = 800, 400, 200
_USES = 100
_WORD = re.compile(rb"[\w$\x80-\xff]{1,80}+")
# What is no literal: a variable, a call, a parameter of the request, a template.
_VARIABLE = (
    rb"(?!(?:true|false|null|nil|none|new|string|int|text|varchar|boolean|models?|field|serializers?|forms|column|type|z|yup|joi)\b)"
    rb"(?:[$@*&(]{0,2}(?-i:[a-z_]|[A-Z](?![A-Z_]{2}))|`?%?\$\{|f[\"']|[\"']%[\"'])"
)
_OPERATED = rb"(?:\{\s{0,8}[\"']?\$?\w{2,10}[\"']?\s{0,4}:\s{0,4})?"
_PLACED = (
    rb"(?:\?|\$\d|:[a-z_]\w|@[a-z_]|%s|%\(|[#$]\{|\{[a-z_$]|[\"'`]{0,2}%?[\"'`]{1,3}\s{0,4}(?:\+|\.|\|\||&|<<)"
    rb"|\\?[\"']%?[{$]|concat\(|[pv]_[a-z]|\$[a-z_])"
)
_LISTS = (
    rb"(?:where|andWhere|filter|filter_by|exclude|find(?:All|Many|By|_by|_all)?|search|search_by|findAndCountAll|all)"
)
_OPENED = rb"(?:[^()\n;]|\([^()\n]{0,60}\)|\n(?!\s{0,40}\n)){0,200}"
_HELD = rb"(?:\w{0,30}(?:filters?|where|criteria|conditions?|selector|match(?:Query|Stage)?)|\w{0,20}query)"
_PICKED = rb"(?:where|filter|find(?:All)?|select|reject|any(?:Match)?|remove_?If|RemoveAll)"
_BUILDERS = (
    rb"(?:(?:where|filter|find|and|or|search|match|term|wildcard)\w{0,20}|i?like|eq|in_?|has|contains|equalTo"
    rb"|addFilter)"
)
_FORMS = tuple(
    (re.compile(left + rb"\Z", re.IGNORECASE), re.compile(right, re.IGNORECASE))
    for left, right in (
        # .eq('caste', caste); where("caste ILIKE ?", v); whereField("faith", isEqualTo: f); termQuery("faith", it)
        (
            rb"(?:\.|->|\b)" + _BUILDERS + rb"\(\s{0,8}[\"'`](?:\w{1,30}\.)?",
            rb"(?:\s(?:=|!=|i?like|in|~)[^\"'`\n]{0,20})?[\"'`]\s{0,4},\s{0,8}(?:[\"'`](?:=|==|i?like|in|eq)[\"'`]\s{0,4},\s{0,8})?"
            rb"(?:[a-z]\w{1,14}:\s?)?" + _OPERATED + _VARIABLE,
        ),
        # filter(faith=wanted), where(faith: params[:faith]), find({ faith: f }), where: { faith: f }
        (
            rb"(?:(?:\.|->|\b)" + _LISTS + rb"\(|\bwhere[\"']?\s{0,4}[:=]\s{0,8}\{)" + _OPENED + rb"(?<![\w.$])[\"']?",
            rb"[\"']?\s{0,4}(?:=>?(?!=)|:)\s{0,8}" + _OPERATED + _VARIABLE,
        ),
        # filter.faith = req.query.faith; query["faith"] = …
        (
            rb"(?<![\w.])\$?" + _HELD + rb"(?:\.|->|\[:?[\"']?)",
            rb"(?:[\"']?\])?\s{0,4}=(?![=>])\s{0,8}" + _OPERATED + _VARIABLE,
        ),
        # userFilter.faith = 1, usersearch.faith!.remove(f): what a screen chooses
        (
            rb"(?<![\w.$])_?(?:user|person|people|profile|member|voter|partner|match|current)_?(?:search|filters?|criteria)[!?]?\.",
            rb"[!?]?(?:\.(?:add|remove|contains)\(|\s{0,4}(?:=(?![=>])|\?\?))",
        ),
        # .Where(c => c.Faith == filter.Faith), filter(p -> p.getFaith().equals(faith)), $0.faith == faith
        (
            rb"\." + _PICKED + rb"\s?[({][^;{}\n]{0,160}?(?:\b\w{1,20}|\$0)\.",
            rb"(?:\(\))?(?:\??\.\w{1,20}\(\))?\s{0,4}(?:===?|\.(?:equals|contains|includes|equalsIgnoreCase)\()\s{0,4}"
            + _VARIABLE,
        ),
        # member.faith.eq(faith), member.profile.faith.stringValue().eq(faith)
        (
            rb"(?<![\w.)])\w{2,30}(?:\.\w{1,30}){0,3}\.",
            rb"(?:\.(?:stringValue|lower|upper)\(\))?\.(?:eq|equalsIgnoreCase|in|like|contains(?:IgnoreCase)?)\(\s{0,8}"
            + _VARIABLE,
        ),
        # where('c', whereIn: wanted.faith), where("c", "==", wanted.faith)
        (
            rb"\.where\(\s{0,8}[\"']\w{1,30}[\"']\s{0,4},\s{0,8}(?:[a-z]\w{1,20}:\s?|[\"'][a-z=<>-]{1,18}[\"']\s{0,4},\s{0,8})"
            rb"(?:\w{1,30}[!?]?\.){1,3}",
            rb"[!?]?\s{0,8}\)",
        ),
        # conditions.append("toLower(v.faith) CONTAINS toLower($faith)")
        (
            rb"\b(?:conditions?|clauses?|wheres?|where_\w{1,10}|filters?|criteria)\.(?:append|push|add|concat)\(\s{0,8}"
            rb"f?[\"'`]\(?(?:\w{1,20}\()?(?:\w{1,30}\.)?",
            rb"\)?\s{0,4}(?:=~?|<>|!=|~\*?|\bi?like\b|\bin\b|\bcontains\b|\bstarts with\b)\s{0,8}"
            rb"(?:\(|any\s?\(|(?:to)?lower\(|(?:to)?upper\()?\s{0,4}" + _PLACED,
        ),
        # [p for p in people if p.faith == faith]
        (
            rb"\bfor\s\w{1,20}\sin\s[^\n]{1,80}\sif\s[^\n]{0,120}?\b\w{1,20}(?:\.|\[[\"'])",
            rb"(?:[\"']\])?\s?(?:==|in)\s?" + _VARIABLE,
        ),
        # WHERE faith = ?, " AND faith = '$faith'", and mz = '").append(mz)
        (
            rb"\b(?:where|and|or|having)\b[\s(]{1,12}(?:\w{1,20}\s?\()?(?:[\w$]{1,30}\.)?[\"`\[]?",
            rb"[\"`\]]?\)?\s{0,4}(?:=|<>|!=|~\*?|\bi?like\b|\bin\b|\bcontains\b)\s{0,8}(?:\(|any\s?\(|lower\(|upper\()?\s{0,4}"
            + _PLACED,
        ),
        # cb.equal(root.get("faith"), faith); eq(Person::getFaith, f)
        (rb"\b(?:equal|like|in)\(\s{0,8}(?:\w{1,20}\.(?:lower|upper)\()?\w{1,20}\.get\(\s?[\"']", rb"[\"']"),
        (rb"\b\w{0,10}(?:eq|like|in)\([^;\n]{0,120}?\b\w{1,40}::", rb"\s?,\s{0,8}" + _VARIABLE),
        # {"term": {"faith": faith}}, $match: { faith: f }
        (
            rb"\b(?:terms?|match(?:_phrase)?|wildcard|\$match)[\"']?\s{0,4}:\s{0,4}\{\s{0,20}[\"']?",
            rb"(?:\.keyword)?[\"']?\s{0,4}:\s{0,4}" + _VARIABLE,
        ),
        # `/people?faith=${faith}`
        (rb"/[\w/{}$.-]{1,120}\?(?:[^\s\"'`<>]{0,160}&)?", rb"=(?:\$?\{|%s|[\"'`]\s{0,2}[+.])"),
    )
)  # fmt: skip
# findByFaithAndCaste(…), andFaithEqualTo(…)
_NAMED = re.compile(
    rb"(?:(?:find|search|query|list|get|select|read)[A-Z]?\w{0,40}By(?=[A-Z])|(?:and|or)(?=[A-Z]\w+(?:EqualTo|Like|In)\Z))"
)
_CALLED = re.compile(rb"\(\s{0,4}[@A-Za-z_\"]")
_HELD_WORD = re.compile(rb"\A(?:get|is)(?=[A-Z])|__\w{1,12}\Z")
# One of these stands before a field in every form.
_WORDS = (
    b"here", b"ilter", b"find", b"and", b"or", b"exclude", b"in", b"like", b"eq", b"uery", b"riteria", b"ondition",
    b"elect", b"earch", b"match", b"term", b"has", b"qual", b"?", b"all", b"reject", b"any", b"remove", b"ontains",
)  # fmt: skip
# a.faith === b.faith … score += 20
_SCORED = re.compile(
    rb"[^\n]{0,80}\n?(?:[^\n]{0,80}\n){0,2}?[^\n]{0,80}?"
    rb"\b\w{0,20}(?:score|points?|earned|rating|percent\w{0,4}|compatib\w{0,6})\w{0,20}\s{0,4}(?:\+=|=[^=\n;]{1,40}\+)",
    re.IGNORECASE,
)
_SAME = re.compile(
    rb"[)!?\]\"']{0,4}\s{0,4}(?:===?|\.equals\(|\.eq\()\s{0,4}(?:\w{1,20}\(){0,2}[\w$]{1,30}"
    rb"(?:[?!]?\.\w{1,30}){0,2}(?:[?!]?\.|->|\[[\"'])([\w$\x80-\xff]{1,80})(?![\w$])"
)
# What is counted, written or taken away is nobody looked for.
_COUNTED = re.compile(
    rb"\b(?:count|sum|avg|aggregate|annotate|group_?by|value_counts|countDocuments|insert|exists)\s?[({]|\bcount\(\*|"
    rb"\bgroup\s+by\b|\binsert\s+into\b|\.(?:count|size|length|exists)\b(?!\s?[>=<])",
    re.IGNORECASE,
)
_BEFORE_COUNTED = re.compile(rb"\b(?:len|count|sum|size)\s?\([^;\n]{0,120}\Z", re.IGNORECASE)
# Somebody's own record is read.
_OWN = re.compile(
    rb"(?:user|person|profile|member|applicant|candidate|voter|account)_?id\b[\"'`\]]?\s{0,4}(?:==?=?|:|,)",
    re.IGNORECASE,
)
_COLUMN = re.compile(rb"\b(?:where|and|or)\b[\s(]{1,12}(?:[\w$]{1,30}\.)?[\"`\[]?(\w{2,60})", re.IGNORECASE)
_SET = re.compile(rb"\b(?:update\s+[\w.`\"\[\]]{1,60}\s+set|delete\s+from|insert\s+into)\b", re.IGNORECASE)


def criteria(text: Text, offsets: Sequence[int], language: str) -> list[Construct]:
    """Return the searches by a field at ``offsets`` (into the text's UTF-8, sorted) whose value is a variable.

    One of each field and function: its name is the field's, its only member the open value, its scope the class and
    the function around it, and ``uses`` the words of that function near it.
    """
    out: dict[tuple[str, ...], Construct] = {}
    utf8 = text.utf8
    for at in offsets:
        if at >= len(utf8) or (found := _at(utf8, at)) is None:
            continue
        name, start, end, role = found
        # What stands before the function's name is its route, its annotations.
        low = max(0, start - _ABOVE, held_from(utf8, start) - _HEAD)
        high = min(len(utf8), end + _BELOW)
        if (
            _COUNTED.search(utf8, end, min(high, end + 160))
            or _BEFORE_COUNTED.search(utf8[max(low, start - 160) : start])
            or _SET.search(utf8, max(low, start - 200), start)
            or _OWN.search(utf8, max(low, start - 80), end + 80)
            or _of_the_trait(utf8, name, max(low, start - 240), start)
        ):
            continue
        scope = tuple(holders(utf8, start))
        key = (role, name.lower(), *scope)
        if key not in out:
            if len(out) >= MOST:
                tell("cut", f"more than {MOST} searches by a field: the first were read")
                break
            line = utf8.rfind(b"\n", 0, start) + 1
            line += len(utf8[line:high]) - len(utf8[line:high].lstrip())
            stop = utf8.find(b"\n", end)
            stop = len(utf8) if stop < 0 else stop
            span = (line, stop) if stop - line <= 400 else (start, end)
            out[key] = Construct(
                Kind.STATEMENT,
                name,
                text.passage(*span),
                (Member(OPEN, text.passage(start, end)),),
                scope=scope,
                role=role,
                language=language,
                uses=tuple(around(utf8, low, high, _USES)),
            )
    return list(out.values())


def looked_up_in(statement: Construct) -> list[Construct]:
    """Return the fields by which a query held as one string looks rows up; their place is the string's."""
    head = statement.passage.text[:4000].encode()
    if not forms.STATEMENT.search(head) or not forms.WHERE.search(head):
        return []
    columns = [m.start(1) for m in _COLUMN.finditer(head)]
    return [
        replace(
            c,
            passage=statement.passage,
            members=(Member(OPEN, statement.passage),),
            scope=(*statement.scope, *c.scope),
            package=statement.package,
        )
        for c in criteria(Text(head, "utf-8"), columns, statement.language)
    ]


def _at(utf8: bytes, at: int) -> tuple[str, int, int, str] | None:
    """Return the field whose name holds ``at`` and by which something is looked up, its span with the search's, and its
    role."""
    low = max(0, at - 80)
    word = next((m for m in _WORD.finditer(utf8, low, at + 80) if m.start() <= at < m.end()), None)
    if word is None:
        return None
    start, end = word.span()
    if (named := _NAMED.match(word.group())) is not None and _CALLED.match(utf8, end):
        return word.group()[named.end() :].decode("utf-8", "replace"), start, end, CRITERION
    if (alike := _alike(utf8, word.group(), start, end)) is not None:
        return _HELD_WORD.sub(b"", word.group()).decode("utf-8", "replace"), start, alike, LIKENESS
    left = utf8[max(0, start - _LEFT) : start]
    near = left.lower()
    if not any(one in near for one in _WORDS):
        return None
    for before, after in _FORMS:
        found = after.match(utf8, end, end + _RIGHT)
        if found is not None and before.search(left):
            return _HELD_WORD.sub(b"", word.group()).decode("utf-8", "replace"), start, found.end(), CRITERION
    return None


def _alike(utf8: bytes, word: bytes, start: int, end: int) -> int | None:
    """Return the end of a comparison of one's field with another's of the same name, for which points are given."""
    if utf8[start - 1 : start] not in (b".", b">", b'"', b"'"):
        return None
    same = _SAME.match(utf8, end, end + _RIGHT)
    if same is None or same[1] != word:
        return None
    return same.end() if _SCORED.match(utf8, same.end(), same.end() + 240) else None


def _of_the_trait(utf8: bytes, name: str, low: int, high: int) -> bool:
    """Return whether what is looked through is a list of the field's own values: castes, by the name of a caste."""
    stem = re.escape(name.lower()[:5].encode())
    listed = (
        rb"(?:\w{0,40}" + stem + rb"\w{0,20}|\w{0,30}(?:options?|codes?|types?|choices|enums?))"
        rb"(?:\.objects)?(?:\.|->|::)(?:where|filter|find|select|query|any)\w{0,12}\s?[({]"
    )
    tabled = rb"\b(?:from|table|model|into)\W{1,4}\w{0,30}" + stem + rb"\w{0,20}\b"
    return re.search(listed + rb"|" + tabled, utf8[low:high], re.IGNORECASE) is not None
