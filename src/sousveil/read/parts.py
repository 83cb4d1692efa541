"""What readers of bytes have in common: words with their offsets become parts, and parts constructs."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module

from msgspec import Struct
from msgspec.structs import replace

from sousveil.model import Construct, Kind, Member, Passage
from sousveil.read.text import Text
from sousveil.read.unfinished import Unfinished, bounded

MOST_MEMBERS = 2000
"""Members kept of one construct: past this a list is a vocabulary."""
_SHOWN = 600
_RUN = re.compile(rb"[\x20-\x7e\x80-\xff]+")
_MOST_STRAY = 200
_TREE = re.compile(r"\s*[\[{]")


class Word(Struct, frozen=True):
    """A string and the bytes it was decoded from."""

    text: str
    offset: int
    length: int
    encoding: str = "utf-8"
    type: str = ""
    value: str = ""


class Part(Struct, frozen=True):
    """What a format's walk found, before it is known whether a term stands in it."""

    kind: Kind
    name: str
    words: Sequence[Word]
    role: str
    where: str = ""
    title: Word | None = None
    """Where the name stands, if it stands in the file."""
    scope: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    gloss: str = ""


class Hits:
    """Where terms stand; everywhere where a test asks for everything."""

    def __init__(self, data: bytes, hits: Sequence[tuple[int, str]] | None) -> None:
        self.data = data
        self.all = hits is None
        self.offsets = sorted({offset for offset, _ in hits or ()})
        self.covered: set[int] = set()

    def inside(self, start: int, end: int) -> bool:
        """Return whether a term stands in ``[start, end)``, and note that it was seen."""
        if self.all:
            return True
        found = self.offsets[bisect_left(self.offsets, start) : bisect_left(self.offsets, end)]
        self.covered.update(found)
        return bool(found)

    def passage(self, word: Word, where: str) -> Passage:
        """Return the place of a word, cut to what is shown."""
        length = min(word.length, _SHOWN)
        raw = self.data[word.offset : word.offset + length]
        return Passage(word.offset, len(raw), 0, 0, word.encoding, raw.decode(word.encoding, "backslashreplace"), where)


def constructs(hits: Hits, parts: Iterable[Part], language: str, uses: Sequence[str] = ()) -> Iterator[Construct]:
    """Yield the parts that hold a term as constructs; a text that is JSON or a Python literal is read as such."""
    for part in parts:
        held = [hits.inside(w.offset, w.offset + max(1, w.length)) for w in part.words]
        title = part.title
        named = title is not None and hits.inside(title.offset, title.offset + max(1, title.length))
        if not any(held) and not named:
            continue
        words = part.words
        if len(words) > MOST_MEMBERS:
            # A vocabulary: what holds a term stays, and enough of the rest to show what it is.
            hot = [w for w, has in zip(words, held, strict=True) if has]
            kept = bounded(hot, MOST_MEMBERS // 8, "entries of one list hold terms")
            words = [*kept, *words[: MOST_MEMBERS - len(kept)]]
        members = tuple(Member(w.text[:300], hits.passage(w, part.where), w.value, w.type) for w in words)
        anchor = title or (words[0] if words else Word("", 0, 0))
        everything = tuple(dict.fromkeys(u for u in (*part.uses, *uses) if u))[:200]
        yield Construct(
            part.kind, part.name[:300], hits.passage(anchor, part.where), members, part.gloss[:2000], part.scope,
            part.role, language, uses=everything,
        )  # fmt: skip


def embedded(
    hits: Hits,
    word: Word,
    reader: str,
    where: str,
    scope: tuple[str, ...] = (),
    uses: Sequence[str] = (),
    language: str = "",
) -> Iterator[Construct]:
    """Yield what a reader of text says of a text inside the file, at its places; in the file's own ``language``."""
    start, end = word.offset, word.offset + word.length
    if not hits.inside(start, end):
        return
    text = Text(hits.data[start:end], word.encoding)
    inside = None if hits.all else [text.at(o - start) for o in hits.offsets if start <= o < end]
    read: Callable[[Text, Sequence[int] | None], list[Construct]] = import_module(f"sousveil.read.{reader}").read

    def moved(p: Passage) -> Passage:
        return replace(p, offset=p.offset + start, line=0, column=0, where=where)

    for c in read(text, inside):
        members = tuple(replace(m, passage=moved(m.passage)) for m in c.members)
        everything = tuple(dict.fromkeys((*c.uses, *uses)))[:200]
        yield replace(
            c, passage=moved(c.passage), members=members, scope=(*scope, *c.scope), uses=everything,
            language=language or c.language,
        )  # fmt: skip


def model_parts(
    name: str, words: Sequence[Word], where: str, title: Word | None = None, gloss: str = ""
) -> Iterator[Part]:
    """Yield a model as records: what it puts out, what goes in, its layers, as the words' types begin."""
    for role, begin in (("model", "output"), ("model-inputs", "input"), ("layers", "layer")):
        own = [w for w in words if w.type.startswith(begin)]
        yield Part(Kind.RECORD, name, own, role, where, title if role == "model" else None, gloss=gloss)


# What only a list of people has: one of these beside another, or a document's number alone.
_PERSON = re.compile(
    r"(?:^|[_\W])(?:(?:first|last|full|given|family|sur|middle|real|user|person|employee|student)[_ ]?name|name|"
    r"surname|phone|mobile|tel|e?mail|address|addr|birth\w*|dob|passport|id[_ ]?card\w*|id[_ ]?n(?:o|um(?:ber)?)|ssn|"
    r"gender|sex|age|person[_ ]?id|citizen\w*|nationality)(?:$|[_\W])|姓名|电话|手机|住址|地址|"
    r"身份证|出生|性别|年龄|护照",
    re.IGNORECASE,
)


def of_people(columns: Iterable[str]) -> bool:
    """Return whether a table with these columns may list people: then its rows are never read."""
    return sum(bool(_PERSON.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", c))) for c in columns) >= 2


def is_table(values: Sequence[object]) -> bool:
    """Return whether this is entry after entry of data (rows, or what is known of each name), not a design."""
    return len(values) > 100 and sum(isinstance(v, (dict, list, tuple)) for v in values) * 10 > 9 * len(values)


def tree_parts(thing: object, where: str = "") -> Iterator[Part]:
    """Yield a tree of dictionaries (of words, as pairs) and lists as records and label sets; ``where`` names its file.

    A dictionary is a tuple of pairs, a list a list. What is referred to from several places comes once.
    """
    waiting: list[tuple[object, Word | None, tuple[str, ...]]] = [(thing, None, ())]
    seen: set[int] = set()
    while waiting:
        one, key, scope = waiting.pop()
        if not isinstance(one, (tuple, list)) or id(one) in seen:
            continue
        seen.add(id(one))
        name = key.text if key else ""
        deeper = (*scope, name)[-8:] if name else scope
        inner = [v for _, v in one] if isinstance(one, tuple) else one
        if is_table(inner):
            waiting += [(item, None, scope) for item in inner[:3]]
        elif isinstance(one, tuple):
            pairs = [(k, v) for k, v in one if isinstance(k, Word)]
            told = [
                Word(k.text, k.offset, k.length, k.encoding, "", v.text[:200] if isinstance(v, Word) else "")
                for k, v in pairs
            ]
            yield Part(Kind.RECORD, name, told, "object", where, key, scope)
            values = [v for _, v in pairs if isinstance(v, Word)]
            if len(values) == len(pairs) > 1:
                yield Part(Kind.LABEL_SET, name, values, "dict", where, key, scope)
            else:
                for k, v in pairs:
                    if isinstance(v, Word):
                        yield Part(Kind.STATEMENT, k.text, (), "key-value", where, v, deeper, gloss=v.text)
            waiting += [(v, k, deeper) for k, v in pairs]
        else:
            words = [w for w in one if isinstance(w, Word)]
            if words:
                yield Part(Kind.LABEL_SET, name, words, "list", where, key, scope)
            waiting += [(item, key, scope) for item in one]


def text_reader(text: str) -> str:
    """Return the reader of a text that is a tree or a program's literal, empty where it is just a text."""
    if not _TREE.match(text) or len(text) < 8:
        return ""
    # A Python dictionary as written by str(): 'quoted so', or keyed by numbers.
    return "source.python" if re.match(r"\s*[\[{]\s*(?:'|\d)", text) else "resource.json"


def stray(hits: Hits, language: str, uses: Sequence[str] = (), scope: tuple[str, ...] = ()) -> Iterator[Construct]:
    """Yield the texts around terms that no part held; raises Unfinished where there are more than 200.

    Nothing that can be read is passed over.
    """
    if hits.all:
        return
    done = -1
    count = 0
    for offset in hits.offsets:
        if offset in hits.covered or offset < done:
            continue
        low = max(0, offset - 300)
        run = next((m for m in _RUN.finditer(hits.data, low, offset + 300) if m.end() > offset), None)
        if run is None or len(run.group()) < 4 or run.start() > offset:
            continue
        done = run.end()
        count += 1
        if count > _MOST_STRAY:
            raise Unfinished("cut", f"more than {_MOST_STRAY} texts with terms lie outside of any structure")
        word = Word("", run.start(), run.end() - run.start())
        where = f"offset 0x{run.start():x}"
        text = hits.passage(word, where)
        yield Construct(Kind.STATEMENT, "", text, (), "", scope, "string", language, uses=tuple(uses))
