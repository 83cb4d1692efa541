"""The lexicon: what words mean, and where they stand in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import msgspec
from msgspec import Struct

from sousveil.match import store
from sousveil.match.schema import Compiled, Concept, FalseFriend, LexiconError, Term, digest, read_all
from sousveil.match.words import ANY, ASCII, is_han, is_hangul, is_substring_script, joined, parts
from sousveil.model import Trait

__all__ = ["Description", "Entry", "Lexicon", "LexiconError", "Tag", "load"]

_AROUND = 64
"""Characters before and after a term in which its false friends are looked for."""
_ARABIC_PREFIX = re.compile(r"[\u0648\u0641]?(?:[\u0628\u0643]?\u0627\u0644|\u0644\u0644|[\u0628\u0643\u0644])?")


class Tag(Struct, frozen=True):
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


# first part -> (further parts, entry number, exact parts of a code term)
_Words = dict[str, list[tuple[tuple[str, ...], int, tuple[str, ...]]]]


class Lexicon:
    """All concepts, ready to tag texts. Build it with :func:`load` or, for tests, from :func:`schema.read_all`."""

    def __init__(self, compiled: Compiled) -> None:
        self.key = compiled.key
        self.company = compiled.company
        self.sources = compiled.sources
        self.concepts = compiled.concepts
        self.files = compiled.files
        self.entries: tuple[Entry, ...] = tuple(_entries(compiled.concepts, compiled.files))
        self._ready = False
        self._words: _Words = {}
        self._subs: dict[str, list[tuple[str, int, bool]]] = {}
        self._friends: dict[str, re.Pattern[str]] = {}
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
        for number, entry in enumerate(self.entries):
            text = entry.text
            if any(is_substring_script(c) for c in text):
                lone = len(text) == 1 and entry.role != "context" and is_han(text)
                self._subs.setdefault(text[0].lower(), []).append((text.lower(), number, lone))
                continue
            spans = parts(text)
            exact = tuple(text[a:b] for a, b in spans)
            lower = tuple(p.lower() for p in exact)
            if not lower:
                raise LexiconError(f"{entry.file}:1: the spelling {text!r} has no letter or digit")
            code = exact if entry.term.style == "code" else ()
            self._words.setdefault(lower[0], []).append((lower[1:], number, code))
            if len(lower) > 1 and not code:
                self._words.setdefault("".join(lower), []).append(((), number, ()))
        for options in self._subs.values():
            options.sort(key=lambda o: -len(o[0]))
        shared: dict[Trait, list[FalseFriend]] = {}
        for concept in self.concepts:
            if concept.role == "false-friends" and concept.trait:
                shared.setdefault(concept.trait, []).extend(concept.false_friends)
        for concept in self.concepts:
            friends = [*concept.false_friends, *(shared.get(concept.trait, ()) if concept.trait else ())]
            if friends and concept.terms:
                self._friends[concept.concept] = _friends(friends)
        self._ready = True

    def _tag(self, text: str) -> tuple[Tag, ...]:
        if not self._ready:
            self._prepare()
        found = list(self._candidates(text))
        if not found:
            return ()
        entries = self.entries
        # Longest first; a trait's term keeps others of any trait out, a context's word others of the same context.
        found.sort(key=lambda f: (f[0] - f[1], f[0], f[2]))
        taken: dict[str, list[tuple[int, int]]] = {}
        kept: list[tuple[int, int, Entry]] = []
        for start, end, number in found:
            entry = entries[number]
            spans = taken.setdefault(entry.concept if entry.trait is None else "", [])
            if any(a < end and start < b for a, b in spans):
                continue
            if entry.trait is not None and self._false(entry.concept, text, start, end):
                continue
            spans.append((start, end))
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
                options = words.get(match[0].lower())
                if options is not None:
                    yield from self._phrases(text, match.start(), match.end(), options, ASCII)
            return
        for start, end in parts(text):
            first = text[start]
            if is_substring_script(first):
                yield from self._substrings(text, start, end)
                continue
            word = text[start:end].lower()
            options = words.get(word)
            if options is None and "\u0600" <= first <= "\u06ff":
                start, options = self._arabic(word, start)
            if options is not None:
                yield from self._phrases(text, start, end, options, ANY)

    def _arabic(self, word: str, start: int) -> tuple[int, list[tuple[tuple[str, ...], int, tuple[str, ...]]] | None]:
        """Return the entries of ``word`` without an article, conjunction or preposition written onto it."""
        prefix = _ARABIC_PREFIX.match(word)
        cut = prefix.end() if prefix else 0
        return start + cut, self._words.get(word[cut:]) if cut else None

    def _phrases(
        self,
        text: str,
        start: int,
        end: int,
        options: list[tuple[tuple[str, ...], int, tuple[str, ...]]],
        splitter: re.Pattern[str],
    ) -> Iterator[tuple[int, int, int]]:
        for rest, number, code in options:
            if code and text[start:end] != code[0]:
                continue
            at = end
            for i, word in enumerate(rest):
                following = splitter.search(text, at, at + 40 + len(word))
                if following is None or not joined(text[at : following.start()]):
                    break
                got = following[0]
                if (got != code[i + 1]) if code else (got.lower() != word):
                    break
                at = following.end()
            else:
                # The window above may have cut the last part.
                if rest and at < len(text) and text[at].islower() and text[at - 1].isalpha():
                    continue
                yield start, at, number

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
        low = max(0, start - _AROUND)
        window = text[low : end + _AROUND]
        return any(m.start() <= start - low and m.end() >= end - low for m in pattern.finditer(window))


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
            return Lexicon(msgspec.msgpack.decode(kept, type=Compiled))
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
    compiled = read_all(texts)
    store.put(root, name, msgspec.msgpack.encode(compiled))
    return Lexicon(compiled)


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


def _friends(friends: Iterable[FalseFriend]) -> re.Pattern[str]:
    options: list[str] = []
    for friend in friends:
        if friend.regex:
            options.append(f"(?:{friend.regex})")
        elif friend.text.isascii():
            phrase = r"[\s_.-]{0,2}".join(re.escape(w) for w in re.split(r"[\s_-]+", friend.text))
            options.append(rf"(?i:{phrase}(?:s|es)?)(?![a-z])")
        else:
            options.append(re.escape(friend.text))
    # The longest first: an alternation takes the first that fits.
    options.sort(key=len, reverse=True)
    return re.compile("|".join(options))


