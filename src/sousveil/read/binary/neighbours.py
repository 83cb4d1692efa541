"""What adjacent strings of a program are to each other: labels, enumerators, fields, formats, queries, sentences.

Precision before recall: only what lies side by side makes one construct, and lists in alphabetical order (dictionaries,
keyword tables) make none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

from sousveil.model import Construct, Kind, Member
from sousveil.read.binary.embedded import Where, embedded, tagger
from sousveil.read.binary.strings import Piece

_FIELD = re.compile(r"[A-Za-z_][\w.\-]{0,47}\Z", re.ASCII)
_ENUMERATOR = re.compile(r"[A-Za-z]\w*_\w+\Z", re.ASCII)
_JOINED = re.compile(r"[a-z0-9][A-Z]|_[A-Za-z]")
_FORMAT = re.compile(
    r"(?<![%\w])([^\W\d][\w.\- ]{0,30}?)[\"']?\s*[=:]\s*[\"'\[(]?%[-+ #0\d.*]*[hlLqjzt]*[diouxXeEfFgGcsp]"
)
_TYPEINFO = re.compile(r"N?K?\d{1,3}[A-Za-z_]\w+\Z", re.ASCII)
_SPAN = 8
"""Field names taken on each side of one with a term."""
_LONGEST_LABEL = 40
_IDEOGRAPHS = re.compile(r"[\u3400-\u9fff]{1,5}\Z")
_LONG_LIST = 16
_MOST_USES = 24


def constructs(
    data: bytes, run: Sequence[Piece], where: Where, language: str, scope: tuple[str, ...] = ()
) -> Iterator[Construct]:
    """Yield the constructs that hold a hit of ``run``."""
    taken: set[int] = set()
    for i, piece in enumerate(run):
        if not piece.hit or i in taken:
            continue
        inner = embedded(data, piece.text, piece.offset, piece.end, piece.encoding, where)
        if inner is not None:
            yield from inner
            continue
        if span := _enumerators(run, i):
            taken.update(range(*span))
            yield _enumeration(run, span, where, language, scope)
            continue
        if span := labels(run, i):
            taken.update(range(*span))
            yield label_set(run[slice(*span)], run, where, language, scope)
            continue
        yield from _alone(run, i, where, language, scope, taken)


def _alone(
    run: Sequence[Piece], i: int, where: Where, language: str, scope: tuple[str, ...], taken: set[int]
) -> Iterator[Construct]:
    piece = run[i]
    text = piece.text.strip()
    passage = piece.passage(where(piece.offset))
    if span := _fields(run, i):
        # Every name of the run with a term belongs to this record.
        taken.update(j for j in range(*span) if abs(j - i) <= _SPAN // 2)
        members = _members(run[slice(*span)], where)
        yield Construct(Kind.RECORD, "", passage, members, scope=scope, role="fields", language=language)
    if _FIELD.match(text):
        if _JOINED.search(text):
            yield operation(text, piece, where(piece.offset), language, scope)
        elif not span:
            # A single word makes no structure; that it stands there is said all the same.
            yield Construct(Kind.STATEMENT, "", passage, scope=scope, role="string", language=language)
        return
    found = _FORMAT.findall(text)
    if len(found) == 1 and (span := _lines(run, i)):
        taken.update(range(*span))
        members = tuple(
            Member(_FORMAT.findall(p.text)[0].strip(), p.passage(where(p.offset))) for p in run[slice(*span)]
        )
        yield Construct(Kind.RECORD, "", passage, members, scope=scope, role="format", language=language)
    elif len(found) >= 2:
        members = tuple(Member(name.strip(), passage) for name in dict.fromkeys(found))[:64]
        yield Construct(Kind.RECORD, "", passage, members, scope=scope, role="format", language=language)
    elif len(text) <= _LONGEST_LABEL and text.count(" ") < 3:
        yield Construct(Kind.OPTION, text, passage, scope=scope, role="label", language=language)
    else:
        yield Construct(Kind.STATEMENT, "", passage, scope=scope, role="string", language=language)


def operation(text: str, piece: Piece, where: str, language: str, scope: tuple[str, ...] = ()) -> Construct:
    """Return a function by its name, mangled or not; type names of C++ and variables are records without fields."""
    passage = piece.passage(where)
    full, parameters, what = readable(text)
    parts = full.replace("::", ".").split(".")
    members = tuple(Member("", passage, type=p) for p in parameters)
    kind = Kind.OPERATION if what == "function" else Kind.RECORD
    inner = (*scope, *(p for p in parts[:-1] if p))
    return Construct(kind, parts[-1], passage, members, scope=inner, role=what, language=language)


def readable(name: str) -> tuple[str, tuple[str, ...], str]:
    """Return a symbol's name without its mangling, its parameters' types, and ``function`` or ``class``."""
    if name.startswith("Java_"):
        # JNI: Java_ package _ class _ method, _1 for an underscore.
        return name[5:].replace("_1", "\0").replace("_", ".").replace("\0", "_"), (), "function"
    what = "function"
    if _TYPEINFO.match(name):
        name, what = "_ZTS" + name, "class"
    if name.startswith(("_ZTS", "_ZTI", "_ZTV")):
        what = "class"
    if not name.startswith(("_Z", "__Z", "_R", "?", "$s", "_$s", "$S", "___Z")) or len(name) > 2000:
        return name, (), what
    from multi_demangle import demangle_symbol

    full = demangle_symbol(name)
    if not full or full == name:
        return name.removeprefix("_ZTS"), (), what
    full = re.sub(r"^(?:typeinfo name|typeinfo|vtable) for |^(?:public|private|protected): ", "", full)
    parameters: tuple[str, ...] = ()
    opened = _opening(full)
    if opened > 0:
        inner = full[opened + 1 : full.rfind(")")]
        parameters = tuple(p.strip() for p in inner.split(","))[:32] if inner and inner != "void" else ()
        full = full[:opened]
    # A return type stands before the last space outside of template brackets.
    return _plain(full).rpartition(" ")[2], parameters, what


def _opening(full: str) -> int:
    """Return where the parameters open: the bracket that the last closing one closes."""
    depth = 0
    for at in range(full.rfind(")"), -1, -1):
        depth += (full[at] == ")") - (full[at] == "(")
        if depth == 0:
            return at
    return -1


def _plain(full: str) -> str:
    """Return a name without its template arguments."""
    out, depth = [], 0
    for char in full:
        if char == "<":
            depth += 1
        elif char == ">":
            depth = max(0, depth - 1)
        elif not depth:
            out.append(char)
    return "".join(out)


def _covered(text: str, roles: tuple[str, ...], concepts: tuple[str, ...] = ()) -> bool:
    """Return whether a term of ``roles`` (or a context word of ``concepts``) is most of a short text."""
    text = text.strip()
    if not text or len(text) > _LONGEST_LABEL:
        return False
    for tag in tagger()(text):
        fits = tag.role in roles or (bool(concepts) and tag.concept in concepts)
        if fits and (tag.end - tag.start) * 5 >= len(text) * 2:
            return True
    return False


def _label(piece: Piece) -> bool:
    text = piece.text.strip()
    return 1 < len(text) <= _LONGEST_LABEL and not re.search(r"[%{}<>;=\\\n]", text)


def labels(run: Sequence[Piece], i: int) -> tuple[int, int] | None:
    """Return the span of a list of groups around ``run[i]``: groups side by side, at most one other label between."""
    if not _covered(run[i].text, ("group",)):
        return None
    if span := _short(run, i):
        return span
    group = [_covered(p.text, ("group",)) for p in run]
    unsure = [_covered(p.text, (), ("unsure",)) for p in run]

    def reach(step: int) -> int:
        at = last = i
        while 0 <= at + step < len(run) and _label(run[at + step]) and abs(at + step - last) <= 2:
            at += step
            if group[at]:
                last = at
        # "Other" and "unknown" belong to the list.
        while 0 <= last + step < len(run) and unsure[last + step]:
            last += step
        return last

    low, high = reach(-1), reach(1) + 1
    if high - low < 2 or sum(group[low:high]) < (1 if any(unsure[low:high]) else 2):
        return None
    return (low, high) if not _sorted(run, low, high) else None


def _short(run: Sequence[Piece], i: int) -> tuple[int, int] | None:
    """Return the span of a long list of short words in ideographs, most of which are no term by themselves."""
    low, high = i, i + 1
    while low > 0 and _IDEOGRAPHS.match(run[low - 1].text.strip()):
        low -= 1
    while high < len(run) and _IDEOGRAPHS.match(run[high].text.strip()):
        high += 1
    return (low, high) if high - low >= _LONG_LIST and not _sorted(run, low, high) else None


def _sorted(run: Sequence[Piece], low: int, high: int) -> bool:
    """Return whether a span stands in a longer ordered list: of words, languages or keywords.

    A dictionary's words are in order of the alphabet, or, of Chinese, stand together by their first characters.
    """
    low, high = max(0, low - 4), min(len(run), high + 4)
    words = [p.text.strip().lower() for p in run[low:high]]
    if len(words) < 8:
        return False
    foreign = [w[0] for w in words if w and not w.isascii()]
    if len(foreign) >= 8 and len(set(foreign)) * 3 <= len(foreign):
        return True
    return sum(a <= b for a, b in pairwise(words)) >= (len(words) - 1) * 0.9


def label_set(
    members: Sequence[Piece], run: Sequence[Piece], where: Where, language: str, scope: tuple[str, ...] = ()
) -> Construct:
    """Return a set of labels, with the strings beside it as what it is used with."""
    first = members[0].passage(where(members[0].offset))
    near = tuple(dict.fromkeys(p.text.strip() for p in run if p not in members and len(p.text) <= 80))[:_MOST_USES]
    return Construct(
        Kind.LABEL_SET, "", first, _members(members, where), scope=scope, role="list", language=language, uses=near
    )


def _members(pieces: Iterable[Piece], where: Where) -> tuple[Member, ...]:
    once: dict[str, Member] = {}
    for piece in pieces:
        once.setdefault(piece.text.strip(), Member(piece.text.strip(), piece.passage(where(piece.offset))))
    return tuple(once.values())


def _enumerators(run: Sequence[Piece], i: int) -> tuple[int, int] | None:
    text = run[i].text
    if not _ENUMERATOR.match(text):
        return None
    best: tuple[int, int] | None = None
    for j in (i - 1, i + 1):
        if not 0 <= j < len(run):
            continue
        prefix = _common(text, run[j].text)
        if len(prefix) < 4:
            continue
        low, high = i, i + 1
        while low > 0 and run[low - 1].text.startswith(prefix):
            low -= 1
        while high < len(run) and run[high].text.startswith(prefix):
            high += 1
        if best is None or len(prefix) > len(_common(text, run[best[0] if best[0] != i else best[1] - 1].text)):
            best = (low, high)
    return best


def _common(one: str, other: str) -> str:
    end = next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[: one.rfind("_", 0, end) + 1]


def _enumeration(
    run: Sequence[Piece], span: tuple[int, int], where: Where, language: str, scope: tuple[str, ...]
) -> Construct:
    pieces = run[slice(*span)]
    prefix = pieces[0].text
    for piece in pieces[1:]:
        prefix = _common(prefix, piece.text) if not piece.text.startswith(prefix) else prefix
    first = pieces[0].passage(where(pieces[0].offset))
    name = prefix.rstrip("_")
    return Construct(
        Kind.ENUMERATION, name, first, _members(pieces, where), scope=scope, role="enum", language=language
    )


def _grown(run: Sequence[Piece], i: int, fits: Callable[[Piece], bool]) -> tuple[int, int]:
    """Return the span around ``i`` of pieces that fit, at most ``_SPAN`` to either side."""
    low, high = i, i + 1
    while low > 0 and i - low < _SPAN and fits(run[low - 1]):
        low -= 1
    while high < len(run) and high - i <= _SPAN and fits(run[high]):
        high += 1
    return low, high


def _fields(run: Sequence[Piece], i: int) -> tuple[int, int] | None:
    """Return the span of field names or short captions around one that names a trait."""

    def fits(piece: Piece) -> bool:
        text = piece.text.strip()
        if _FIELD.match(text):
            # A mangled name or a dotted path is no field.
            return not _TYPEINFO.match(text) and text.count(".") < 2 and not text.startswith("_Z")
        return not text.isascii() and len(text) <= 12 and _label(piece)

    if not fits(run[i]) or not _covered(run[i].text, ("attribute",)):
        return None
    low, high = _grown(run, i, fits)
    return (low, high) if high - low >= 3 and not _sorted(run, low, high) else None


def _lines(run: Sequence[Piece], i: int) -> tuple[int, int] | None:
    """Return the span of lines that write one named value each, around one that names a trait: ``race: %d``."""

    def fits(piece: Piece) -> bool:
        return len(_FORMAT.findall(piece.text)) == 1

    if not _covered(_FORMAT.findall(run[i].text)[0], ("attribute",)):
        return None
    low, high = _grown(run, i, fits)
    return (low, high) if high - low >= 3 else None
