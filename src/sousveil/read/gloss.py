"""Structure inside words: what vendors put into comments and strings.

``clean`` turns a comment as written into its words, ``values`` finds the value list in them
(``0未识别 1黄 2黑``), ``attribute_list`` the names in a string such as ``"age,gender,race"``.
"""

from __future__ import annotations

import re
from itertools import pairwise

LONGEST = 4000
"""Characters of one gloss that are looked at."""
_MOST_VALUES = 400
_LABEL = 60

# ---------------------------------------------------------------------------------------------- comments

_OPEN = re.compile(r"^\s*(?://[/!]?<?|/\*[*!]*<?|\(\*|<!--|--|#+!?|;+|%+)\s?")
_STAR = re.compile(r"^\s*\*+(?!/)\s?")
_RULER = re.compile(r"^[\s\-=*/#_~+<>.\\|]*$")
_EDGES = re.compile(r"^\s*[/\-=*#_~<>]{4,}|(?<![/\-=*#_~<>])[/\-=*#_~<>]{4,}+\s*$")
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]{0,200})?/?>")
_BREAK = re.compile(r"<\s*/?\s*(?:br|p|li|tr|ul|ol|pre|table)\s*/?\s*>", re.IGNORECASE)
_INLINE = re.compile(r"\{@(?:link|code|linkplain|literal|value)\s+([^{}]*)\}")
_SUMMARY = re.compile(
    r"^\s*[@\\](?:brief|short|details?|note|remarks?|summary|description|desc|apiNote)\b[:：]?\s*", re.I
)
_LANGUAGE = re.compile(r"^\s*\\(?:if|else|endif|ifnot)\b.*$")
_NOISE = re.compile(
    r"^\s*[@\\](?:author|since|version|date|copyright|create[rd]?|createdate|ingroup|defgroup|addtogroup|file|enum"
    r"|struct|class|serial|time|email|modify|updated?|suppress|generated)\b",
    re.I,
)


def clean(comment: str) -> str:
    """Return the words of a comment: no comment marks, rulers, HTML tags or author lines; one line per line."""
    text = comment[: 2 * LONGEST]
    block = text.lstrip().startswith(("/*", "(*"))
    lines: list[str] = []
    for raw in text.splitlines():
        line = _closed(raw)
        if not block or not lines:
            line = _OPEN.sub("", line, count=1)
        if block:
            line = _STAR.sub("", line, count=1)
        for part in _BREAK.split(line) if "<" in line else (line,):
            lines.append(_words(part))
    return "\n".join(line for line in lines if line)[:LONGEST]


def _closed(line: str) -> str:
    """Return a comment's line without the mark that ends the comment."""
    bare = line.rstrip()
    if bare.endswith("*/"):
        return bare[:-1].rstrip("*").rstrip()
    end = next((mark for mark in ("*)", "-->") if bare.endswith(mark)), None)
    return line if end is None else bare.removesuffix(end).rstrip()


def _words(line: str) -> str:
    if _NOISE.match(line) or _LANGUAGE.match(line) or _RULER.match(line):
        return ""
    if "{@" in line:
        line = _INLINE.sub(r"\1", line)
    if "<" in line:
        line = _TAG.sub(" ", line)
    return _SUMMARY.sub("", _EDGES.sub("", line)).strip()


def join(*glosses: str) -> str:
    """Return the glosses that say something, each once, a line each."""
    seen: dict[str, None] = {}
    for gloss in glosses:
        if gloss:
            seen.setdefault(gloss.strip())
    return "\n".join(seen)[:LONGEST]


# ------------------------------------------------------------------------------------------ value lists

_CJK = "\u3400-\u9fff\uac00-\ud7a3\u3040-\u30ff"
# A key stands apart: not inside a number, word, version or range.
_KEY = re.compile(
    r"(?<![A-Za-z0-9_.%\-–~#$])"
    r"(?:(?P<quote>[\"'“‘])?(?P<key>0[xX][0-9a-fA-F]{1,8}|-?\d{1,4}|[bB]it\s?\d{1,2})(?(quote)[\"'”’]))"
    r"(?![\d%])"
    r"(?P<sep>\s*(?:[:：=＝]+>?|[-–—―]+>?|->|→|\(|（|[.、)）](?!\d)|(?:表示|代表|(?:为|是)(?=[^\s,，;；。、\d])|means?\b|is\b)|\s))?"
    r"(?P<gap>[ \t]*)"
)
_WORD_KEY = re.compile(
    r"(?<![A-Za-z0-9_.\-/%])(?P<quote>[\"'“‘])?(?P<key>[A-Za-z][A-Za-z0-9_]{0,23})(?(quote)[\"'”’])"
    r"\s*(?P<sep>[:：=＝]|[-–—]+)\s*(?=[\"'“‘]?[" + _CJK + r"])"
)
_STOP = re.compile(r"[,，;；。\n\r\t|]|\s{2,}|(?<=[" + _CJK + r"])\s+(?=[\d\-" + _CJK + r"])|、|/(?=\s*-?\d)")
_DELIMITER = re.compile(r"[,，;；。、:：(（\[【{|/\n\t]\s*$")
# A number before one of these counts or dates something.
_MEASURE = re.compile(
    r"^(?:(?:[个個张張位次秒分时時天日月年号號点點米路台页頁字倍类類层層级級条條项項段只岁歲元块塊帧幀通帖度组組名]|字节|字節|像素|毫\w|分钟|小时)"
    r"(?:$|[\s,，;；。、/或和及与至到内后前以的(（])|[%％°℃])"
)
_LABEL_START = re.compile(r"^\s*(?:表示|代表|(?:为|是)(?=[^\s,，;；。、不])|means?\s|is\s)?[\s:：]*")
_COUNTED = re.compile(
    r"\b(?:step|chapter|figure|fig|table|section|phase|part|line|version|page|example|note|round|stage|day|week|item"
    r"|rule|sec|no)\.?\s*$",
    re.IGNORECASE,
)
_PAIRED = tuple(zip("\"'“‘「【[(（{", "\"'”’」】])）}", strict=True))
_HAS_LETTER = re.compile(r"[^\W\d_]")
_GLUE = frozenset(
    word
    for line in (
        "and or of to for if in is the a an by per at on from as with when then than bit bits byte bytes times",
        "pixels pixel sec secs seconds second minutes minute hours hour days day ms s m px kb mb gb hz fps percent",
        "x st nd rd th",
    )
    for word in line.split()
)
_MARKED = re.compile(
    r"(?:取值(?:范围|範圍|为|有)?|可选值|可選值|可选|枚举值?|枚舉值?|值域|选项|(?:allowed|possible|valid)\s+values(?:\s+are)?|one\s+of)"
    r"\s*[:：=为]?\s*[\[\(（{]?(?P<list>[^\n。;；\]\)）}]{3,200})",
    re.IGNORECASE,
)


def values(gloss: str) -> tuple[tuple[str, str], ...]:
    """Return the values listed in a gloss as (key, label), in order; none where it is prose.

    A list has at least two keys that rise, and labels that are words: ``0-100``, ``10:30`` and ``2 of 3`` are none.
    A list announced as one ("取值: 男/女") has empty keys.
    """
    text = gloss[:LONGEST]
    if len(text) < 5:
        return ()
    found = _numbered(text)
    if len(found) < 2:
        found = _worded(text)
    if len(found) < 2:
        found = _announced(text)
    return tuple(found[:_MOST_VALUES])


def _numbered(text: str) -> list[tuple[str, str]]:
    matches = list(_KEY.finditer(text))[:1000]
    if len(matches) < 2:
        return []
    pairs: list[tuple[str, str, str, bool]] = []
    for at, match in enumerate(matches):
        end = matches[at + 1].start() if at + 1 < len(matches) else len(text)
        label = _label(text[match.end() : end])
        kind = _separator(match)
        before = text[: match.start()]
        apart = not before or bool(_DELIMITER.search(before[-6:])) or before[-1:].isspace()
        if not label or not _plausible(label, kind, before, apart):
            continue
        pairs.append((match["key"].replace(" ", ""), label, kind, apart))
    best: list[tuple[str, str]] = []
    for kind in dict.fromkeys(p[2] for p in pairs):
        run = _rising([p for p in pairs if p[2] == kind])
        if len(run) > len(best) and _believed(run, kind):
            best = [(key, label) for key, label, _, _ in run]
    mixed = _rising(pairs)
    if len(mixed) > len(best) and all(k in ("-", ":", "=", "", "(") for _, _, k, _ in mixed) and _believed(mixed, ""):
        best = [(key, label) for key, label, _, _ in mixed]
    return best


def _separator(match: re.Match[str]) -> str:
    sep = (match["sep"] or "").strip()
    if not sep:
        return " " if match["sep"] or match["gap"] else ""
    if sep[0] in ":：":
        return ":"
    if sep[0] in "=＝":
        return "="
    if sep[0] in "-–—―→":
        return "-"
    if sep[0] in "(（":
        return "("
    if sep[0] in ".、)）":
        return "."
    return "="


def _label(raw: str) -> str:
    raw = _LABEL_START.sub("", raw, count=1)
    stop = _outside(raw)
    label = raw[:stop].strip(" \t*-–:：=").rstrip(".!！ \t([（【{<").lstrip(")]）】}> \t")
    for mark, end in _PAIRED:
        if label.startswith(mark) and label.endswith(end):
            label = label[1:-1].strip()
        elif label.startswith(mark) and end not in label:
            label = label[1:].strip()
        elif label.endswith(end) and mark not in label:
            label = label[:-1].strip()
    return label[:_LABEL]


def _outside(raw: str) -> int:
    """Return where a label ends: at the first delimiter that is not inside parentheses."""
    for match in _STOP.finditer(raw):
        before = raw[: match.start()]
        if "\n" in match.group() or before.count("(") + before.count("（") <= before.count(")") + before.count("）"):
            return match.start()
    return len(raw)


def _plausible(label: str, kind: str, before: str, apart: bool) -> bool:
    if not _HAS_LETTER.search(label) or (label[0].isdigit() and not re.match(r"\d{1,3}[" + _CJK + "A-Za-z]", label)):
        return False
    if _COUNTED.search(before[-12:]):
        return False
    if before.endswith(("第", "约", "共", "每", "前", "后", "近", "~", "～", "至", "到", "<", ">", "≤", "≥")):
        return False
    if _MEASURE.match(label) and kind in ("", " "):
        return False
    first = re.match(r"[A-Za-z]+", label)
    if kind in ("", " "):
        if first and (first.group().lower() in _GLUE or not apart):
            return False
        if kind == "" and first:
            return False
    if kind == ".":
        return apart and len(label) <= 24 and len(label.split()) <= 3
    return not (kind == "(" and len(label) > 24)


def _number(key: str) -> int:
    key = key.lower().removeprefix("bit").strip()
    return int(key, 16) if key.startswith("0x") else int(key)


def _rising(pairs: list[tuple[str, str, str, bool]]) -> list[tuple[str, str, str, bool]]:
    """Return the longest run of pairs whose keys rise from one to the next."""
    best: list[tuple[str, str, str, bool]] = []
    run: list[tuple[str, str, str, bool]] = []
    for pair in pairs:
        # "1 男, 2 女, 0 未知": the odd one may come last.
        last = pair[0] in ("0", "-1") and pair[2] in (":", "=", "-") and all(p[0] != pair[0] for p in run)
        if run and _number(pair[0]) <= _number(run[-1][0]) and not (last and len(run) >= 2):
            if pair[0] in {p[0] for p in run} and len(run) >= 2:
                # The list told again, in another language or for another field: the first telling counts.
                break
            run = []
        run = [*run, pair]
        if len(run) > len(best):
            best = run
    return best


def _believed(run: list[tuple[str, str, str, bool]], kind: str) -> bool:
    if len(run) < 2:
        return False
    keys = sorted(_number(key) for key, _, _, _ in run)
    labels = [label for _, label, _, _ in run]
    if len(set(labels)) < len(labels) - len(labels) // 3:
        return False
    if keys[0] > 10 or (kind in ("", " ", ".", "(") and keys[0] > 1):
        return False
    steps = sum(1 for a, b in pairwise(keys) if b - a == 1)
    if kind in ("", " ", ".") and steps < (len(keys) - 1) / 2:
        return False
    if kind == " " and not all(apart for _, _, _, apart in run):
        return False
    if kind in (" ", ".") and not re.search("[" + _CJK + "]", "".join(labels)):
        return len(run) >= 3 or (kind == " " and keys == [0, 1])
    return True


def _worded(text: str) -> list[tuple[str, str]]:
    """``M:男, F:女``: keys that are ASCII words, labels that are not."""
    matches = list(_WORD_KEY.finditer(text))
    if len(matches) < 2:
        return []
    kinds = {m["sep"][0].replace("：", ":") for m in matches}
    pairs: list[tuple[str, str]] = []
    for at, match in enumerate(matches):
        end = matches[at + 1].start() if at + 1 < len(matches) else len(text)
        label = _label(text[match.end() : end])
        if not label or len(label) > 20:
            return []
        pairs.append((match["key"], label))
    if len(kinds) > 1 or len({key for key, _ in pairs}) < len(pairs):
        return []
    return pairs


def _announced(text: str) -> list[tuple[str, str]]:
    match = _MARKED.search(text)
    if match is None:
        return []
    items = [item.strip(" \t\"'“”‘’`") for item in re.split(r"[,，、/|]", match["list"])]
    if len(items) < 2 or any(not item or len(item) > 24 or not _HAS_LETTER.match(item) for item in items):
        return []
    return [("", item) for item in items]


# --------------------------------------------------------------------------------------- attribute lists

_ITEM = re.compile(r"[A-Za-z_\u3400-\u9fff][\w.\-\u3400-\u9fff]{0,47}\Z")
_PAIR = re.compile(
    r"(?:\A|[?&;\s{,\"'])(?P<key>[A-Za-z_][\w.\-\[\]]{0,63})[\"']?\s*[=:]\s*[\"']?(?P<list>[^&;=:?\s{}\"']{3,2000})"
)
# What sets names apart in an address, written for one: a comma, a bar, a semicolon.
_PERCENT = re.compile(r"%(2[Cc]|7[Cc]|3[Bb])")
_PLAIN = re.compile(r"\A[\w.\-\u3400-\u9fff]+(?:\s*[,，|;、+]\s*[\w.\-\u3400-\u9fff]+)+\s*,?\Z")


def attribute_list(text: str) -> tuple[str, ...] | None:
    """Return the names in a string that is a list of them (``"age,gender,race"``, ``"attrs=age|race"``), or ``None``.

    At least three names (two after a key), all alike separated, no spaces inside a name, no numbers among them.
    """
    return _attributes(text)[1]


def attribute_key(text: str) -> str:
    """Return the key before the names of ``attribute_list(text)``, or an empty string."""
    return _attributes(text)[0]


def _attributes(text: str) -> tuple[str, tuple[str, ...] | None]:
    text = text[:LONGEST].strip().strip("\"'`")
    if len(text) < 5:
        return "", None
    if "%" in text:
        text = _PERCENT.sub(lambda m: chr(int(m[1], 16)), text)
    if _PLAIN.match(text):
        items = _items(text.rstrip(", "), 3)
        if items:
            return "", items
    best: tuple[str, tuple[str, ...] | None] = ("", None)
    for match in _PAIR.finditer(text):
        items = _items(match["list"].rstrip(","), 2)
        if items and len(items) > len(best[1] or ()):
            best = (match["key"], items)
    return best


def _items(text: str, least: int) -> tuple[str, ...] | None:
    kinds = [s for s in ",，|;、+" if s in text]
    if text.count("%2C") + text.count("%2c") and not kinds:
        text, kinds = re.sub("%2[Cc]", ",", text), [","]
    if len(kinds) != 1:
        return None
    items = tuple(item.strip() for item in text.split(kinds[0]))
    if len(items) < least or not all(_ITEM.match(item) for item in items):
        return None
    # File names, hosts and versions are no attributes.
    if sum(1 for item in items if "." in item) * 2 > len(items):
        return None
    return items
