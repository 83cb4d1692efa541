"""How a comparison is written in a program, in a query and in a rule kept as data."""

from __future__ import annotations

import re

BODY = 1500
"""Bytes before or after, in which what belongs to a comparison is looked for."""

# A field or a call of its getter: p.nation, person->getNation(), row["nation"], df.nation, #{nation}.
OPERAND = (
    rb"(?<![\w$@\x80-\xff])[A-Za-z_$@\x80-\xff][\w$\x80-\xff]{0,60}+"
    rb"(?:(?:\??\.|->|::|!\.)[A-Za-z_$][\w$]{0,60}+|\[[\"'][\w\x80-\xff]{1,40}+[\"']\]|\((?:[\"'][\w]{1,40}+[\"'])?\)){0,6}+"
)
_ESCAPED = rb"\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}"
LITERAL = (
    rb"(?:(?:[LuUNb@$]|u8)?(?:\"(?:[^\"\n\\]|" + _ESCAPED + rb"){1,60}+\"|'(?:[^'\n\\]|" + _ESCAPED + rb"){1,60}+'"
    rb"|`[^`\n\\]{1,60}+`))"
)
QUOTED = re.compile(rb"([\"'`]|&quot;)%?(.{1,360}?)%?\1")
VALUE = rb"(?:" + LITERAL + rb"|" + OPERAND + rb")"
LIST = VALUE + rb"(?:\s{0,20}+,\s{0,20}+" + VALUE + rb"){0,60}+"
MEANT = (
    rb"(?:[eE]quals?(?:IgnoreCase|s)?|[cC]ontains?|[iI]ncludes|[sS]tarts?(?:With|with|_with)|[iI]ndexOf|contentEquals"
    rb"|isEqualToString:?|is[eE]qual)"
)

CALL = re.compile(rb"(?P<name>" + OPERAND + rb")\s?\(\s?(?P<value>" + LITERAL + rb")")
CALLED = re.compile(rb"(?:\??\.|->|!\.)" + MEANT + rb"\Z")
FORMS = (
    # nation == "…"; "…" == nation
    re.compile(rb"(?P<name>" + OPERAND + rb")\s{0,8}+(?:===?|\beq\b)\s{0,8}+(?P<value>" + VALUE + rb")"),
    re.compile(rb"(?P<value>" + LITERAL + rb")\s{0,8}+===?\s{0,8}+(?P<name>" + OPERAND + rb")"),
    # nation.equals("…"); [nation isEqual:"…"]; "…".equals(nation); equals(nation, "…"); strcmp(nation, "…")
    CALL,
    re.compile(rb"\[(?P<name>" + OPERAND + rb") " + MEANT + rb":?\s?(?P<value>" + LITERAL + rb")"),
    re.compile(rb"(?P<value>" + LITERAL + rb")\." + MEANT + rb"\(\s?(?P<name>" + OPERAND + rb")"),
    re.compile(
        rb"\b(?:str\w{0,4}cmp|" + MEANT + rb")\(\s?(?P<name>" + OPERAND + rb")\s?,\s?(?P<value>" + LITERAL + rb")"
    ),
    # nation in ("…", "…"); ["…", "…"].includes(nation); in_array(nation, ["…"])
    re.compile(
        rb"(?P<name>" + OPERAND + rb")\s{1,8}+(?:not )?in\s{0,8}+[(\[{]\s{0,8}+(?P<value>" + LIST + rb")",
        re.IGNORECASE,
    ),
    re.compile(
        rb"[(\[{]\s{0,8}+(?P<value>" + LIST + rb")\s{0,8}+[)\]}]\." + MEANT + rb"\(\s?(?P<name>" + OPERAND + rb")"
    ),
    re.compile(rb"\bin_array\(\s?(?P<name>" + OPERAND + rb")\s?,\s?(?:\[|array\()\s?(?P<value>" + LIST + rb")"),
)
# A trait whose values are numbers: face.race == 3
CODED = re.compile(rb"(?P<name>" + OPERAND + rb")\s{0,8}+===?\s{0,8}+(?P<value>-?\d{1,4})(?![\w.])")
ALARMED = re.compile(
    rb"(?i)alarm|alert|notif|report|black_?list|deny|denied|reject|refuse|intercept|police|\xe6\x8a\xa5\xe8\xad\xa6"
)
# The name of a constant, and what is compared with it elsewhere: KEY = {"…", "…"}; KEY.contains(nation); nation in KEY
DEFINED = re.compile(
    rb"(?<![\w.$])(?P<name>[A-Za-z_$][\w$]{2,60}+)\s{0,4}(?::[^=\n]{1,60})?:?=(?![=>])"
    rb"|#define\s{1,8}(?P<macro>[A-Za-z_]\w{2,60}+)\s{1,20}(?=[\"'{(])"
)
CONSTANT = rb"(?P<value>[A-Za-z_$][\w$]{1,60}+(?:(?:\.|::)[\w$]{1,60}+){0,3}+)"
WITH_CONSTANT = (
    re.compile(rb"(?P<name>" + OPERAND + rb")\s{0,8}+===?\s{0,8}+" + CONSTANT),
    re.compile(rb"(?P<name>" + OPERAND + rb")\s{1,8}+(?:not )?in\s{1,8}+" + CONSTANT),
    re.compile(
        rb"(?<![\w$])(?P<value>[A-Za-z_$][\w$]{1,60}(?:\.[A-Z][\w$]{0,60})?)\.(?:"
        + MEANT
        + rb"|has)\(\s?(?P<name>"
        + OPERAND
        + rb")"
    ),
    re.compile(rb"(?P<name>" + OPERAND + rb")\(\s?" + CONSTANT + rb"\s?\)"),
    re.compile(rb"\b(?:in_array|str\w{0,4}cmp)\(\s?(?P<name>" + OPERAND + rb")\s?,\s?" + CONSTANT),
    re.compile(rb"\b" + MEANT + rb"\(\s?" + CONSTANT + rb"\s?,\s?(?P<name>" + OPERAND + rb")"),
)
WITH_WORDS = (b" in ", b"ontain", b"nclude", b"qual", b"has(", b"cmp(", b"in_array", b"ndex")
# Only where rows are asked for: elsewhere one sign gives a value.
SQL = re.compile(
    rb"(?P<name>"
    + OPERAND
    + rb")\s{0,8}(?:=|\blike\b|\bilike\b|\brlike\b|\bregexp\b|~)\s{0,8}(?P<value>"
    + LITERAL
    + rb")",
    re.IGNORECASE,
)
# IF nation = '…' THEN; IF(C2="…", …): one sign compares in a condition of Basic, PL/SQL and sheets.
IF = re.compile(
    rb"\b(?:IF|ELSIF|ELSEIF|WHEN)\b\s{0,4}\(?[^\n;]{0,160}?(?P<name>(?:[:@]|\[|\()?" + OPERAND + rb"\]?)\s{0,8}+="
    rb"\s{0,8}+(?P<value>" + LITERAL + rb"|&quot;[^&\n]{1,60}&quot;)(?=[^\n;]{0,200}\bTHEN\b|\)?\s?,)",
    re.IGNORECASE,
)
# MATCH (p:Person {nation: '…'})
NODE = re.compile(
    rb"\(\w{0,40}(?::\w{1,60}){1,3}\s{0,4}\{[^{}\n]{0,200}?(?P<name>"
    + OPERAND
    + rb")\s{0,4}:\s{0,4}(?P<value>"
    + LITERAL
    + rb")"
)
# Builders of queries: .eq("nation", "…"), filter(nation="…"), where(nation: "…"), eq(Person::getNation, "…").
BUILT = re.compile(
    rb"(?:\.|->|\b)(?:eq|i?like|has|where\w{0,8}|filter(?:_by)?|find(?:By|_by|All|Many|One)?|and[wW]here|or[wW]here|exclude|terms?|match"
    rb"|(?:terms?|match(?:Phrase)?|wildcard)Query)"
    rb"\(\s{0,8}[{\[(]{0,2}\s{0,8}[\"'`]?(?P<name>" + OPERAND + rb")[\"'`]?\s{0,8}(?:,|:|=>|=)"
    rb"\s{0,8}(?:[\"'](?:=|like|in)[\"']\s{0,4},\s{0,4})?(?:in_?\()?(?:\{\s{0,8}[\"']?\$(?:in|eq|regex)[\"']?\s{0,4}:\s{0,4})?"
    rb"[\[(]?(?P<value>" + LIST + rb")"
)  # fmt: skip
# A query kept as data: {"term": {"nation": "…"}}, terms: {nation: ["…"]}, and where("nation").is("…").
_KEY, _COLON = rb"[\"']?", rb"[\"']?\s{0,4}:\s{0,60}"
STORED = re.compile(
    rb"(?:" + _KEY + rb"\b(?:terms?|match(?:_phrase)?|wildcard)" + _COLON + rb"\{?\s{0,60}"
    + _KEY + rb"(?P<name>[A-Za-z_][\w.]{1,60})" + _COLON
    + rb"(?:\{\s{0,40}" + _KEY + rb"(?:value|query)" + _COLON + rb")?"
    rb"\[?\s{0,40}(?P<value>" + LIST + rb"|[\w\x80-\xff]{2,60}))"
    rb"|\b(?:where|and)\(\s?[\"'](?P<field>[\w.]{1,60})[\"']\s?\)\s{0,40}"
    rb"\.(?:is|in|eq|equals|regex)\(\s?(?P<given>" + LIST + rb")"
)  # fmt: skip
CASE = re.compile(rb"\b(?:case|when)\s{1,8}(?P<value>" + LIST + rb")\s{0,8}(?::|->|=>|\n|then\b)", re.IGNORECASE)
SWITCH = re.compile(rb"\b(?:switch|match|when|case)\s{0,8}\(?\s?(?P<name>" + OPERAND + rb")\)?\s{0,8}(?:\{|:|\n)")
# What one of the forms holds: sought as plain bytes first, which takes a twentieth of the pattern's time.
WORDS = (
    b"==", b"eq", b"qual", b"ontain", b"nclude", b"tarts", b"ndex", b"cmp", b"in_array", b"case", b"when", b"where",
    b"having", b"if", b"filter", b"find", b"term", b"match", b"exclude", b"like", b"has", b"in(", b"in (", b"in[",
    b"in [", b"in{", b"in {",
)  # fmt: skip
QUICK = re.compile(
    rb"==|\beq\b|qual|ontain|nclude|tarts?[Ww_]|ndex|cmp|in_array|\bin\s?[(\[{]|\b(?:case|when|where|having|if)\b"
    rb"|(?:where|filter|find|term|match|exclude|like|has)\w*\(|\(\w*:\w+ ?\{|\b(?:terms?|match\w*|wildcard)[\"']? ?:",
    re.IGNORECASE,
)

STATEMENT = re.compile(rb"\b(?:select\b|delete\s+from\b|update\b|match\s?\()", re.IGNORECASE)
WHERE = re.compile(rb"\b(?:where|having|on|<if|<where)\b", re.IGNORECASE)
CHOSEN = re.compile(rb"(?:\w\[|\.(?:loc|query|[fF]ilter|[wW]here|[fF]ind\w*|[sS]elect)\s?[\[(])[^\])\n]*\Z")


def within_query(utf8: bytes, start: int) -> bool:
    """Return whether a query's condition stands open before ``start``."""
    low = max(0, start - BODY)
    asked = [m.start() for m in WHERE.finditer(utf8, low, start)]
    if not asked or not STATEMENT.search(utf8, low, asked[-1]):
        return False
    between = utf8[asked[-1] : start]
    return b";" not in between.replace(b"&lt;", b"").replace(b"&gt;", b"") and b"\n\n" not in between


def indexed(utf8: bytes, line: int, start: int) -> bool:
    """Return whether a comparison chooses rows of a table: ``df[df.nation == …]``, ``.filter(df.nation == …)``."""
    return CHOSEN.search(utf8[line:start]) is not None
