"""Types of compiled, managed code (class files, DEX, .NET), as readers fill them for ``managedbuild``."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sousveil.model import Passage
from sousveil.read.unfinished import tell

MEMBERS = 2000
"""Most members of one construct."""
USES = 200
_MOST_STRINGS = 5000
_MOST_RUNS = 500
STRING = 4000
"""Most bytes of a string that are quoted."""


class Word(NamedTuple):
    """A string where it lies in the file."""

    text: str
    offset: int
    length: int
    encoding: str = "utf-8"


class Note(NamedTuple):
    """An annotation or attribute: its name and its strings."""

    name: str
    words: tuple[Word, ...]


class Run(NamedTuple):
    """A list or map of strings built by code."""

    name: str
    entries: tuple[tuple[Word, Word | str], ...]
    pairs: bool


class Body:
    """What a method's code uses, as far as a straight walk through it tells."""

    def __init__(self) -> None:
        self.uses: dict[str, None] = {}
        self.touched: set[Word] = set()
        self.strings: dict[Word, None] = {}
        self.runs: list[Run] = []
        self._list: list[tuple[Word, Word | str]] = []
        self._pairs: list[tuple[Word, Word | str]] = []

    def use(self, word: Word, text: str = "") -> None:
        """Note a name that the code refers to."""
        self.touched.add(word)
        text = text or word.text
        if 2 <= len(text) <= 80 and len(self.uses) < USES:
            self.uses.setdefault(text)

    def string(self, word: Word) -> None:
        """Note a string that the code loads."""
        if len(self.strings) < _MOST_STRINGS:
            self.strings.setdefault(word)
        else:
            _cut("strings of one method", _MOST_STRINGS)
        self.use(word)

    def element(self, word: Word) -> None:
        """Note a string put into a list."""
        if len(self._list) < MEMBERS:
            self._list.append((word, ""))
        else:
            _cut("entries of one list", MEMBERS)

    def pair(self, key: Word, value: Word | str) -> None:
        """Note a string put into a map with its value."""
        if len(self._pairs) < MEMBERS:
            self._pairs.append((key, value))
        else:
            _cut("entries of one map", MEMBERS)

    def begin(self) -> None:
        """A new list begins: what was built before goes nowhere that is known."""
        if len(self._list) > 1:
            self.sink("")
        self._list = []

    def sink(self, name: str) -> None:
        """Note where what was built went: the name of a field, a method or nothing."""
        for entries, pairs in ((self._list, False), (self._pairs, True)):
            if len(entries) > 1 and len(self.runs) < _MOST_RUNS:
                self.runs.append(Run(name, tuple(entries), pairs))
            elif len(entries) > 1:
                _cut("lists of one method", _MOST_RUNS)
        self._list, self._pairs = [], []


def _cut(what: str, most: int) -> None:
    tell("cut", f"more than {most:,} {what}: the first were read")


@dataclass(slots=True)
class Slot:
    """A field, a constant or a parameter."""

    name: Word
    type: str = ""
    value: str = ""
    notes: Sequence[Note] = ()
    constant: bool = False
    """Static, final and of a plain value."""
    listed: bool = False
    """A constant of an enumeration."""
    touched: tuple[Word, ...] = ()
    """What else stands for it: its type's and its value's string."""


@dataclass(slots=True)
class Method:
    """A method with what its code uses."""

    name: Word
    parameters: Sequence[Slot] = ()
    returns: str = ""
    notes: Sequence[Note] = ()
    body: Body = field(default_factory=Body)
    constructor: bool = False
    hidden: bool = False
    """Made by the compiler: only its strings count."""
    touched: tuple[Word, ...] = ()


@dataclass(slots=True)
class Type:
    """A class, interface or enumeration."""

    name: Word
    """The simple name where it lies."""
    full: str
    scope: tuple[str, ...] = ()
    language: str = "java"
    role: str = "class"
    """class, interface, record, struct or enum."""
    bases: tuple[str, ...] = ()
    fields: Sequence[Slot] = ()
    methods: Sequence[Method] = ()
    notes: Sequence[Note] = ()
    touched: tuple[Word, ...] = ()


class Hits:
    """Offsets where a term stands; everywhere for None."""

    def __init__(self, hits: Iterable[tuple[int, str]] | None) -> None:
        self.all = hits is None
        self.offsets = sorted({offset for offset, _ in hits or ()})

    def inside(self, start: int, end: int) -> bool:
        """Return whether a hit stands in ``[start, end)``."""
        at = bisect_left(self.offsets, start)
        return self.all or (at < len(self.offsets) and self.offsets[at] < end)

    def on(self, word: Word) -> bool:
        """Return whether a hit stands in a string."""
        return self.inside(word.offset, word.offset + word.length)

    def any(self, words: Iterable[Word]) -> bool:
        """Return whether a hit stands in one of several strings."""
        return any(self.on(w) for w in words)


def passage(data: bytes, word: Word, where: str) -> Passage:
    """Return a string's place; the text is what Python decodes from the bytes."""
    length = min(word.length, STRING)
    if word.encoding == "utf-8":
        # Not within a character.
        while length < word.length and length and data[word.offset + length] & 0xC0 == 0x80:
            length -= 1
    text = data[word.offset : word.offset + length].decode(word.encoding, "backslashreplace")
    return Passage(word.offset, length, 0, 0, word.encoding, text, f"{where} at 0x{word.offset:x}")


def simple(name: str) -> str:
    """Return a type's own name, as source writes it: without package, outer classes and generic arity."""
    bare = re.split(r"[./$+]", name.rstrip("$;"))[-1] or name
    return bare.partition("`")[0]
