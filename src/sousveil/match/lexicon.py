"""The lexicon: what words mean, and where they stand in a text."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import accumulate
from pathlib import Path

import msgspec
from msgspec import Struct

from sousveil.match import store
from sousveil.match.schema import Compiled, Concept, FalseFriend, LexiconError, Term, digest, read_all
from sousveil.match.words import ASCII, any_parts, is_han, is_hangul, is_substring_script, joined, parts
from sousveil.model import Trait

__all__ = ["Description", "Entry", "Lexicon", "LexiconError", "Tag", "builtin", "load"]

_AROUND = 48
"""Characters before and after a term in which its false friends are looked for."""
_PHRASE = 100
"""Characters within which the next word of a phrase must end."""
_HAN, _WORD_BEYOND_LATIN = "[一-鿿]", r"[^\W\x00-\xff]"
"""Beside Chinese words they mean the same; `re` takes a millisecond to compile the first, once for each place of it."""
_ARABIC_PREFIX = re.compile(r"[\u0648\u0641]?(?:[\u0628\u0643]?\u0627\u0644|\u0644\u0644|[\u0628\u0643\u0644])?")


class Tag(Struct, frozen=True, gc=False):
    """A term seen in a text, at characters ``start`` to ``end``."""

    concept: str
    trait: Trait | None
    """None for a context."""
    role: str
    term: str
    """As the lexicon spells it."""
    gloss: str
    strength: str
    language: str
    start: int
    end: int


class Entry(Struct, frozen=True):
    """One spelling of one term, with all that the lexicon knows of it."""

    text: str
    """The spelling: the term's text or one of its forms."""
    term: Term
    concept: str
    trait: Trait | None
    role: str
    gloss: str
    file: str


class Description(Struct, frozen=True):
    """What the lexicon knows of a word."""

    word: str
    entries: tuple[Entry, ...]
    """Terms spelt so, then terms that contain it."""
    sources: dict[str, str]
    """Full citation by the key that a term's ``source`` begins with."""
    false_friends: tuple[tuple[str, FalseFriend], ...]
    """Concept and the string that means something else."""
    encodings: dict[str, str]
    """The word's bytes, in hexadecimal, in every encoding searched."""


class _Node(Struct, array_like=True):
    """What can begin with one word: terms of that word alone, and phrases by their second word."""

    single: list[tuple[int, tuple[str, ...]]] = []
    """Entry number and, of a code term, its exact parts."""
    phrases: dict[str, list[tuple[tuple[str, ...], int, tuple[str, ...]]]] = {}
    """By second word: the words after it, entry number, exact parts."""


class _Index(Struct):
    """Everything that can be seen in a text, by how it begins; kept between runs."""

    words: dict[str, _Node] = {}
    subs: dict[str, list[tuple[str, int, bool]]] = {}
    """Of scripts without blanks, by first character: lower-case spelling, entry number, whether it must stand alone."""
    friends: dict[str, str] = {}
    """By concept: a regular expression of what means something else."""
    friend_of: list[str] = []


class Lexicon:
    """All concepts, ready to tag texts. Build it with :func:`load` or, for tests, from :func:`schema.read_all`."""

    def __init__(self, compiled: Compiled, root: Path | None = None) -> None:
        """``root`` is the folder in which the index made of ``compiled`` is kept; None keeps nothing."""
        self._root = root
        self.key = compiled.key
        self.company = compiled.company
        self.sources = compiled.sources
        self.concepts = compiled.concepts
        self.files = compiled.files
        self.entries: tuple[Entry, ...] = tuple(_entries(compiled.concepts, compiled.files))
        self._ready = False
        self._words: dict[str, _Node] = {}
        self._subs: dict[str, list[tuple[str, int, bool]]] = {}
        self._friends: dict[str, str | re.Pattern[str]] = {}
        self._friend_of: list[str] = []
        self._cached = lru_cache(maxsize=1 << 15)(self._tag)

    def tag(self, text: str) -> list[Tag]:
        """Return every term in ``text``, in order: traits' terms do not overlap each other (the longest wins), and
        neither do the words of one context. False friends are left out."""
        if len(text) <= 200:
            return list(self._cached(text))
        return list(self._tag(text))

    def describe(self, word: str) -> Description:
        """Return all entries spelt like ``word`` or containing it, with their sources and false friends."""
        from sousveil.match.patterns import spell

        low = word.strip().lower()
        same = [e for e in self.entries if e.text.lower() == low]
        near = [e for e in self.entries if low and low in e.text.lower() and e.text.lower() != low]
        friends = [
            (c.concept, f)
            for c in self.concepts
            for f in c.false_friends
            if low and (low in f.text.lower() or (f.regex and re.search(f.regex, word)) or low in f.regex.lower())
        ]
        keys = {e.term.source.partition(":")[0].strip() for e in same + near}
        return Description(
            word,
            tuple(same + near),
            {k: v for k, v in self.sources.items() if k in keys},
            tuple(friends),
            {name: raw.hex(" ") for name, raw in spell(word.strip())},
        )

    def contexts(self, text: str, wanted: frozenset[str]) -> bool:
        """Return whether ``text`` holds a word of one of the contexts ``wanted``."""
        return any(t.concept in wanted for t in self.tag(text))

    # Index, made when first asked for: a scan that finds nothing never needs it.

    def _prepare(self) -> None:
        name = f"index-{self.key[:32]}-{_code()}"
        index = None
        if (kept := store.get(self._root, name)) is not None:
            try:
                index = msgspec.msgpack.decode(kept, type=_Index)
            except (msgspec.DecodeError, UnicodeDecodeError):
                pass
        if index is None:
            index = self._made()
            store.put(self._root, name, msgspec.msgpack.encode(index))
        self._words, self._subs, self._friend_of = index.words, index.subs, index.friend_of
        self._friends.update(index.friends)
        self._ready = True

    def _made(self) -> _Index:
        index = _Index()
        for number, entry in enumerate(self.entries):
            lone = len(entry.text) == 1 and entry.role != "context" and is_han(entry.text)
            _add(index, entry.text, number, entry.file, entry.term.style == "code", lone)
        shared: dict[Trait, list[FalseFriend]] = {}
        for concept in self.concepts:
            if concept.role == "false-friends" and concept.trait:
                shared.setdefault(concept.trait, []).extend(concept.false_friends)
        for concept, file in zip(self.concepts, self.files, strict=True):
            if concept.role == "false-friends":
                continue
            friends = [*concept.false_friends, *(shared.get(concept.trait, ()) if concept.trait else ())]
            for friend in friends:
                if friend.text:
                    number = len(self.entries) + len(index.friend_of)
                    index.friend_of.append(concept.concept)
                    for text in (friend.text, friend.text + "s") if friend.text.isascii() else (friend.text,):
                        _add(index, text, number, file, False, False)
            if patterns := [f"(?:{f.regex})" for f in friends if f.regex]:
                index.friends[concept.concept] = "|".join(patterns)
        for options in index.subs.values():
            options.sort(key=lambda o: -len(o[0]))
        return index

    def _tag(self, text: str) -> tuple[Tag, ...]:
        if not self._ready:
            self._prepare()
        entries = self.entries
        known = len(entries)
        found: list[tuple[int, int, int]] = []
        others: dict[str, list[tuple[int, int]]] = {}
        for start, end, number in self._candidates(text):
            if number < known:
                found.append((start, end, number))
            else:
                others.setdefault(self._friend_of[number - known], []).append((start, end))
        if not found:
            return ()
        friends = {concept: _Covers(spans) for concept, spans in others.items()}
        # Longest first; a trait's term keeps others of any trait out, a context's word others of the same context.
        found.sort(key=lambda f: (f[0] - f[1], f[0], f[2]))
        taken: dict[str, bytearray] = {}
        kept: list[tuple[int, int, Entry]] = []
        for start, end, number in found:
            entry = entries[number]
            group = entry.concept if entry.trait is None else ""
            mask = taken.get(group)
            if mask is None:
                mask = taken[group] = bytearray(len(text))
            elif mask.find(1, start, end) >= 0:
                continue
            if (entry.concept in friends and friends[entry.concept].hold(start, end)) or self._false(
                entry.concept, text, start, end
            ):
                continue
            mask[start:end] = b"\x01" * (end - start)
            kept.append((start, end, entry))
        kept.sort(key=lambda k: (k[0], k[1]))
        return tuple(
            Tag(e.concept, e.trait, e.role, e.term.text, e.gloss, e.term.strength, e.term.language, start, end)
            for start, end, e in kept
        )

    def _candidates(self, text: str) -> Iterator[tuple[int, int, int]]:
        words = self._words
        if text.isascii():
            for match in ASCII.finditer(text):
                node = words.get(match[0].lower())
                if node is not None:
                    yield from _phrases(text, match.start(), match.end(), node, ASCII)
            return
        for start, end in parts(text):
            first = text[start]
            if is_substring_script(first):
                yield from self._substrings(text, start, end)
                continue
            word = text[start:end].lower()
            node = words.get(word)
            if node is None and "\u0600" <= first <= "\u06ff":
                # An article, conjunction or preposition is written onto the word.
                prefix = _ARABIC_PREFIX.match(word)
                cut = prefix.end() if prefix else 0
                node = words.get(word[cut:]) if cut else None
                start += cut
            if node is not None:
                yield from _phrases(text, start, end, node, any_parts())

    def _substrings(self, text: str, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        subs = self._subs
        for at in range(start, end):
            options = subs.get(text[at])
            if options is None:
                continue
            for term, number, lone in options:
                if not text.startswith(term, at):
                    continue
                stop = at + len(term)
                if lone and ((at and is_han(text[at - 1])) or (stop < len(text) and is_han(text[stop]))):
                    continue
                if is_hangul(term[0]) and at and is_hangul(text[at - 1]):
                    continue
                yield at, stop, number

    def _false(self, concept: str, text: str, start: int, end: int) -> bool:
        pattern = self._friends.get(concept)
        if pattern is None:
            return False
        if isinstance(pattern, str):
            pattern = self._friends[concept] = re.compile(pattern.replace(_HAN, _WORD_BEYOND_LATIN))
        low = max(0, start - _AROUND)
        window = text[low : end + _AROUND]
        for match in pattern.finditer(window):
            if match.start() > start - low:
                return False
            if match.end() >= end - low:
                return True
        return False


def _add(index: _Index, text: str, number: int, file: str, code: bool, lone: bool) -> None:
    if any(is_substring_script(c) for c in text):
        index.subs.setdefault(text[0].lower(), []).append((text.lower(), number, lone))
        return
    exact = tuple(text[a:b] for a, b in parts(text))
    lower = tuple(p.lower() for p in exact)
    if not lower:
        raise LexiconError(f"{file}:1: the spelling {text!r} has no letter or digit")
    node = index.words.setdefault(lower[0], _Node())
    if len(lower) == 1:
        node.single.append((number, exact if code else ()))
        return
    node.phrases.setdefault(lower[1], []).append((lower[2:], number, exact if code else ()))
    if not code:
        index.words.setdefault("".join(lower), _Node()).single.append((number, ()))


def _code() -> str:
    """Return a key of the code that makes the index."""
    here = Path(__file__)
    return hashlib.sha256(b"".join(p.read_bytes() for p in (here, here.with_name("words.py")))).hexdigest()[:16]


class _Covers:
    """Spans of a text, of which it is asked whether any covers another."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        spans.sort()
        self._starts = [start for start, _ in spans]
        self._reach = list(accumulate((end for _, end in spans), max))

    def hold(self, start: int, end: int) -> bool:
        at = bisect_right(self._starts, start)
        return at > 0 and self._reach[at - 1] >= end


def _phrases(text: str, start: int, end: int, node: _Node, splitter: re.Pattern[str]) -> Iterator[tuple[int, int, int]]:
    """Yield what stands at ``start``: the word up to ``end``, and phrases it begins."""
    for number, code in node.single:
        if not code or (text[start:end] == code[0] and not _is_prefix(text, start, end)):
            yield start, end, number
    if not node.phrases:
        return
    second = splitter.search(text, end, end + _PHRASE)
    if second is None or not joined(text[end : second.start()]):
        return
    for rest, number, code in node.phrases.get(second[0].lower(), ()):
        at = second.end()
        got = [text[start:end], second[0]]
        for word in rest:
            following = splitter.search(text, at, at + _PHRASE)
            if following is None or following[0].lower() != word or not joined(text[at : following.start()]):
                break
            got.append(following[0])
            at = following.end()
        else:
            if not code or tuple(got) == code:
                yield start, at, number


def _is_prefix(text: str, start: int, end: int) -> bool:
    """Return whether one or two small letters begin an identifier: "stTrafficCar" says that this is a structure."""
    return end - start <= 2 and text[start:end].islower() and text[end : end + 1].isupper()


def load(folder: Path | None = None, cache: Path | None = None) -> Lexicon:
    """Return the lexicon in ``folder`` (the built-in one if None), from the cache where its files have not changed.

    Raises LexiconError, naming file and line, where a file is wrong.
    """
    top = folder or Path(__file__).parent.parent / "lexicon"
    texts = {p.relative_to(top).as_posix(): p.read_bytes() for p in sorted(top.rglob("*.yaml"))}
    root = cache or store.folder()
    name = f"lexicon-{_FORMAT}-{digest(texts)[:32]}"
    if (kept := store.get(root, name)) is not None:
        try:
            return Lexicon(msgspec.msgpack.decode(kept, type=Compiled), root)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
    compiled = read_all(texts)
    store.put(root, name, msgspec.msgpack.encode(compiled))
    return Lexicon(compiled, root)


@cache
def builtin() -> Lexicon:
    """Return the built-in lexicon, one a process: a locked worker has its parent's, and could not keep what it made."""
    return load()


_FORMAT = 1


def _entries(concepts: Iterable[Concept], files: Iterable[str]) -> Iterator[Entry]:
    for concept, file in zip(concepts, files, strict=True):
        for term in concept.terms:
            gloss = term.gloss or concept.gloss
            for text in dict.fromkeys((term.text, *term.forms)):
                yield Entry(text, term, concept.concept, concept.trait, concept.role, gloss, file)
        for language, words in concept.words.items():
            for text in words:
                term = Term(text, language, concept.strength, "")
                yield Entry(text, term, concept.concept, concept.trait, concept.role, concept.gloss, file)
