"""From hits to constructs, for every brace language: parse, find the declarations around hits, link, build."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import accumulate

from sousveil.model import Construct, Kind
from sousveil.read.source import told
from sousveil.read.source.brace import SCOPES, Found, Reader, near, words
from sousveil.read.source.labels import statement
from sousveil.read.source.parsed import Parsed
from sousveil.read.source.tree import Unfinished
from sousveil.read.text import Text
from sousveil.read.unfinished import tell

HITS = 20_000
"""Most hits of one file that are followed."""
LINKED = 160
"""Most constructs added to those that hold a hit: all hits are read, not all that refers to them."""
_ROUNDS = 2
_NAMES = 48
_OCCURRENCES = 400
_SHORT = 400
_LOOSE = 300
"""Most strings, comments and bare lines kept of one file."""

# Not what only qualifies another name: ``NetSDKLib`` of ``NetSDKLib.SdkStructure``.
_IDENTIFIER = re.compile(r"[^\W\d]\w{2,}+(?!\s*(?:\.|::))")
_BODY = 16 * 1024
_QUOTES = 200
_QUOTE = re.compile(rb'"(?=[^"\n]{1,60}")')
# What a file begins with says what all of it is for; a plain comment there is a licence, or notes.
_FILE_DOC = re.compile(rb"(?:\xef\xbb\xbf)?\s*/\*[*!](?:[^*]|\*(?!/))*\*/")
_BORDER = re.compile(rb"[A-Za-z0-9_\x80-\xff]")
_DECLARES = re.compile(
    rb"(?:\b(?:struct|enum|union|class|interface|record|object|protocol|trait|type)\s+|\}\s*[\w\s,*]*)\Z"
)
# A name worth looking for in prose: CamelCase with two humps or with an underscore.
_DISTINCT = re.compile(r"^(?=.{5,})(?:[A-Za-z]\w*_\w+|[A-Z][a-z0-9]+[A-Z]\w*|[A-Z]{2,}\w*[a-z]\w*)$")
_COMMON = words(
    "int char float double long short void bool boolean byte string String Integer Long Double Float Boolean Object",
    "List Map Set Optional Array ArrayList HashMap Dictionary BYTE WORD DWORD BOOL INT UINT CHAR FLOAT LONG LLONG",
    "UCHAR LLong Pointer NativeLong IntPtr",
    "std vector map unsigned signed const struct enum union class static public private protected internal final var",
    "uint8_t uint16_t uint32_t uint64_t int8_t int16_t int32_t int64_t size_t NSString NSInteger NSArray NSNumber",
    "Bool Int Double Date Any self Self str usize Vec Box Option Result Response Request Data Type Error",
)


def read(reader: type[Reader], text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs of ``text`` that hold a hit and what they refer to; all with ``None``.

    Raises ``Unfinished`` with what was read when a grammar is late or a declaration too large to be read whole.
    """
    if hits is not None and not hits:
        return []
    return _Reading(reader(text)).run(hits)


class _Reading:
    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.utf8 = reader.utf8
        self.parsed = Parsed(reader)
        self.scan = self.parsed.scan
        self.kept: dict[tuple[int, int, Kind, int], tuple[Found, Construct]] = {}
        self.missing = self.parsed.missing

    # ------------------------------------------------------------------ the way through

    def run(self, hits: Sequence[int] | None) -> list[Construct]:
        code, comments, directives = self._sort(hits)
        anchors = sorted({a for span in comments for a in self._anchors(span)})
        every = None if hits is None else sorted({*code, *anchors})
        found = list(self.parsed.find(every))
        found += self.reader.directive(None if hits is None else directives, self.scan.directives)
        plain = _firsts(f for f in found if not f.extra)
        owners = _owners(plain, every or [])
        if hits is None:
            chosen = {f.key: f for f in plain}
        else:
            chosen = {owners[c].key: owners[c] for c in code if c in owners}
            told = [c for c in code if c in owners and owners[c].told]
            around = _owners([f for f in plain if f.kind is Kind.RECORD], told) if told else {}
            chosen.update((f.key, f) for f in around.values())
            for anchor in anchors:
                owner = owners.get(anchor)
                if owner is not None and not (owner.head and anchor >= owner.head):
                    chosen[owner.key] = owner
            chosen.update((f.key, f) for f in plain if f.kind is not Kind.OPERATION and _in(directives, f))
        for one in chosen.values():
            if self.parsed.late():
                break
            self._build(one)
        if hits is not None:
            found += self._inside(list(chosen.values()), every or [])
        loose = self._loose([f for f in found if f.extra], plain, every, code)
        self._comments(comments, None if hits is None else sorted(hits))
        self._lists(comments, None if hits is None else sorted(hits), owners)
        if hits is not None:
            self._bare(code, loose)
            self._link(sorted(set(hits)))
        return self._result()

    def _sort(self, hits: Sequence[int] | None) -> tuple[list[int], list[tuple[int, int]], list[int]]:
        """Return the hits in code, the comments that hold hits, the hits in preprocessor lines."""
        if hits is None:
            return [], list(self.scan.comments), []
        code: list[int] = []
        comments: dict[tuple[int, int], None] = {}
        directives: list[int] = []
        known = sorted({h for h in hits if 0 <= h < len(self.utf8)})
        if len(known) > HITS:
            self.missing.append(("quota", f"{len(known)} places hold terms; the first {HITS} were read"))
        for hit in known[:HITS]:
            comment = self.scan.comment(hit)
            if comment is not None:
                comments[comment] = None
                # The comment behind a macro speaks of the macro.
                before = self.scan.directive(max(0, comment[0] - 1))
                if before is not None:
                    directives.append(before[0])
            elif self.scan.directive(hit) is not None:
                directives.append(hit)
            else:
                code.append(hit)
        return code, list(comments), sorted(set(directives))

    def _anchors(self, comment: tuple[int, int]) -> list[int]:
        """Return where the code is that a comment speaks of; preprocessor lines are read on their own."""
        return [a for a in self.scan.anchors(*comment) if self.scan.directive(a) is None]

    def _build(self, found: Found) -> Construct | None:
        if found.key in self.kept:
            return self.kept[found.key][1]
        construct = found.build(found)
        if construct is not None:
            self.kept[found.key] = (found, construct)
        return construct

    def _result(self) -> list[Construct]:
        kept = sorted(self.kept.values(), key=lambda k: (k[1].passage.offset, -k[0].end, k[1].kind))
        constructs = [construct for _, construct in kept]
        if self.missing:
            reason = "timeout" if any(r == "timeout" for r, _ in self.missing) else "quota"
            detail = "; ".join(dict.fromkeys(d for _, d in self.missing))[:400]
            raise Unfinished(reason, detail, constructs)
        return constructs

    def _inside(self, chosen: Iterable[Found], spots: Sequence[int]) -> list[Found]:
        """Return the label sets in the bodies of operations whose head holds a hit: ``raceName`` with its switch."""
        quotes: list[int] = []
        extents: list[tuple[int, int]] = []
        for one in chosen:
            if one.kind is Kind.OPERATION and one.end - one.head < _BODY and near(spots, one.start, one.head):
                places = [m.start() for m in _QUOTE.finditer(self.utf8, one.head, one.end)][:_QUOTES]
                quotes += [p for p in places if self.scan.comment(p) is None]
                extents.append((one.head, one.end))
        sets = [f for f in self.parsed.find(quotes) if f.extra and f.kind is Kind.LABEL_SET] if len(quotes) > 1 else []
        return [f for f in sets if any(start <= f.start < end for start, end in extents)]

    # ------------------------------------------------------------------ strings, comments, bare lines

    def _loose(
        self, extras: list[Found], plain: list[Found], every: Sequence[int] | None, code: Sequence[int]
    ) -> list[Found]:
        """Build the label sets, then the strings that belong to nothing else; return them."""
        sets = sorted((f for f in extras if f.kind is Kind.LABEL_SET), key=lambda f: (f.start, -f.end))
        outer: list[Found] = []
        for one in sets:
            if self.parsed.late():
                break
            within = bool(outer) and one.end <= outer[-1].end and one.cell == outer[-1].cell
            if within and not one.listing:
                continue
            if self._build(one) is not None and not within:
                outer.append(one)
        strings = sorted((f for f in extras if f.kind is Kind.STATEMENT), key=lambda f: f.start)
        owners = _owners(plain, [f.start for f in strings])
        kept = list(outer)
        starts = [s.start for s in outer]
        ends = list(accumulate((s.end for s in outer), max))
        for one in strings:
            owner = owners.get(one.start)
            index = bisect_right(starts, one.start) - 1
            if index >= 0 and ends[index] > one.start:
                continue
            if every is not None and not near(code, one.start, one.end):
                continue
            if owner is not None and (owner.kind is not Kind.OPERATION or one.start < owner.head):
                continue
            if len(kept) - len(outer) >= _LOOSE and every is not None:
                self.missing.append(("quota", f"more than {_LOOSE} loose strings"))
                break
            if self.parsed.late():
                break
            self._build(one)
            kept.append(one)
        return kept

    def _comments(self, comments: Iterable[tuple[int, int]], hits: Sequence[int] | None) -> None:
        """Keep the comments that became no gloss; of long ones the lines that hold a hit."""
        taken = sorted(self.reader.source.taken)
        lines: dict[tuple[int, int], None] = {}
        for start, end in comments:
            index = bisect_right(taken, (start, 1 << 62)) - 1
            if any(a <= start < b for a, b in taken[max(0, index - 8) : index + 1]):
                continue
            if end - start <= _SHORT or hits is None:
                lines[start, end] = None
                continue
            for hit in hits[bisect_left(hits, start) : bisect_left(hits, end)]:
                first, last = self.reader.text.line_span(hit)
                lines[max(first, start), min(last, end)] = None
        kept = list(lines)
        if len(kept) > _LOOSE and hits is not None:
            self.missing.append(("quota", f"more than {_LOOSE} loose comments"))
            kept = kept[:_LOOSE]
        scopes = self.parsed.scopes([start for start, _ in kept])
        manual = _FILE_DOC.match(self.utf8)
        for start, end in kept:
            role = "docstring" if manual is not None and end <= manual.end() else "comment"
            build = statement(self.reader, role, scopes.get(start, ()))
            self._build(Found(start, end, Kind.STATEMENT, build, extra=True))

    def _lists(self, comments: Iterable[tuple[int, int]], hits: Sequence[int] | None, owners: dict[int, Found]) -> None:
        """Keep the lists of names in comments that hold a hit, as part of what the comment speaks of."""
        for span in comments:
            for start, end, name in told.lists(self.utf8, *span):
                if hits is not None and not near(hits, start, end):
                    continue
                owner = next((owners[a] for a in self._anchors(span) if a in owners), None)
                about = self.kept.get(owner.key) if owner is not None else None
                scope = (*about[1].scope, about[1].name)[-SCOPES:] if about else ()
                place = self.reader.text.passage
                made = told.construct(self.utf8, start, end, name, scope, self.reader.language, place)
                self._build(Found(start, end, Kind.LABEL_SET, partial(_same, made), extra=True, listing=True))

    def _bare(self, code: Sequence[int], loose: list[Found]) -> None:
        """Keep the lines of hits that belong to nothing: imports, global variables, broken code."""
        extents = sorted((f.start, f.end) for f, _ in self.kept.values())
        ends: list[int] = []
        for _, end in extents:
            ends.append(max(end, ends[-1] if ends else 0))
        lines: dict[int, int] = {}
        for hit in code:
            index = bisect_right(extents, (hit, 1 << 62)) - 1
            if index >= 0 and ends[index] > hit:
                continue
            start, end = self.reader.text.line_span(hit)
            lines.setdefault(start, end)
        for start, end in list(lines.items())[:_LOOSE]:
            self._build(Found(start, end, Kind.STATEMENT, statement(self.reader, "code", ()), extra=True))

    # ------------------------------------------------------------------ links

    def _link(self, hits: Sequence[int]) -> None:
        """Add what the hit constructs' types name, and what uses the hit types."""
        wanted: dict[str, None] = {}
        used: dict[str, None] = {}
        for found, construct in list(self.kept.values()):
            if found.kind in (Kind.RECORD, Kind.ENUMERATION):
                used.update(dict.fromkeys(_type_names(found.names)))
            if found.kind is Kind.RECORD:
                for part in found.parts:
                    if near(hits, part.start, part.end):
                        wanted.update(dict.fromkeys(_names(part.member.type)))
                        wanted.update(dict.fromkeys(n for n in _names(part.member.gloss) if _DISTINCT.match(n)))
            elif found.kind is Kind.OPERATION:
                for part in found.parts:
                    wanted.update(dict.fromkeys(_names(part.member.type)))
                wanted.update(dict.fromkeys(_names(construct.returns)))
        added = 0
        for _ in range(_ROUNDS):
            spots = self._occurrences(list(used)[:_NAMES])
            spots |= self._occurrences([w for w in wanted if w not in used][:_NAMES], declared=True)
            fresh: dict[str, None] = {}
            for found in _firsts(self.parsed.find(sorted(spots))):
                if self.parsed.late():
                    return
                if found.extra or found.key in self.kept:
                    continue
                declared = any(n in wanted for n in found.names) and found.kind in (Kind.RECORD, Kind.ENUMERATION)
                if not declared and found.kind is Kind.ENUMERATION:
                    continue
                built = found.build(found)
                if built is None or not (declared or _uses(built, used)):
                    continue
                if added >= LINKED:
                    tell("cut", f"more than {LINKED} declarations refer to those with terms: the first were read")
                    return
                self.kept[found.key] = (found, built)
                added += 1
                if found.kind is Kind.RECORD and not declared:
                    fresh.update(dict.fromkeys(_type_names(found.names)))
            used, wanted = {n: None for n in fresh if n not in used}, {}
            if not used:
                break

    def _occurrences(self, names: Iterable[str], declared: bool = False) -> set[int]:
        """Return where ``names`` stand as words: in code, or where the code is that a comment with them speaks of.

        With ``declared`` only where they seem to be declared.
        """
        spots: set[int] = set()
        utf8 = self.utf8
        for name in names:
            word = name.encode()
            at, seen = utf8.find(word), 0
            while at >= 0 and seen < _OCCURRENCES:
                after = at + len(word)
                if not (at and _BORDER.match(utf8, at - 1)) and not _BORDER.match(utf8, after):
                    if declared:
                        if _DECLARES.search(utf8[max(0, at - 120) : at]):
                            spots.add(at)
                            seen += 40
                    else:
                        seen += 1
                        comment = self.scan.comment(at)
                        if comment is None:
                            spots.add(at)
                        elif _DISTINCT.match(name):
                            spots.update(self._anchors(comment))
                at = utf8.find(word, after)
        return spots


def _same(made: Construct, _: Found) -> Construct:
    return made


def _firsts(found: Iterable[Found]) -> list[Found]:
    """Return each declaration once, as first found."""
    seen: dict[tuple[int, int, Kind, int], Found] = {}
    for one in found:
        seen.setdefault(one.key, one)
    return list(seen.values())


def _names(text: str) -> list[str]:
    return [n for n in _IDENTIFIER.findall(text[:600]) if n not in _COMMON]


def _type_names(names: Iterable[str]) -> list[str]:
    return [n for n in names if len(n) > 3 and n not in _COMMON]


def _uses(construct: Construct, used: dict[str, None]) -> bool:
    if not used:
        return False
    texts = [construct.returns, *construct.bases]
    texts += [m.type for m in construct.members]
    if any(n in used for t in texts if t for n in _IDENTIFIER.findall(t)):
        return True
    return any(n in used and _DISTINCT.match(n) for m in construct.members for n in _IDENTIFIER.findall(m.gloss))


def _in(spots: Sequence[int], found: Found) -> bool:
    return near(spots, found.start, found.end)


def _owners(found: Iterable[Found], spots: Sequence[int]) -> dict[int, Found]:
    """Return the innermost declaration around each of the sorted spots."""
    result: dict[int, Found] = {}
    order = sorted(found, key=lambda f: (f.start, -f.end))
    stack: list[Found] = []
    index = 0
    for spot in sorted(set(spots)):
        while index < len(order) and order[index].start <= spot:
            stack.append(order[index])
            index += 1
        # Those that have ended stay below one that has not only where extents overlap; they are skipped then.
        while stack and stack[-1].end <= spot:
            stack.pop()
        for one in reversed(stack):
            if one.end > spot:
                result[spot] = one
                break
    return result
