"""A straight walk through a JVM method's code: the strings it loads, the names it uses, the lists it builds.

Source: The Java Virtual Machine Specification, chapter 6. No branch is followed and nothing is run.
"""

from __future__ import annotations

import re
from typing import Protocol

from sousveil.read.binary.bytestream import Cursor, Damaged
from sousveil.read.binary.managed import Body, Word

KEEPERS = re.compile(
    r"(?:of|ofEntries|asList|listOf|setOf|arrayListOf|mutableListOf|hashSetOf|linkedSetOf|mutableSetOf|newArrayList"
    r"|newHashSet|copyOf|unmodifiable\w+|stream|toList|add|addAll|valueOf|toArray|boxed)$"
)
"""Calls that hand a list on."""
PUTTERS = re.compile(r"(?:put|to|set|append|entry|setProperty|addItem|putString)$")
"""Calls that put a value under a key."""
_PLAIN_ARGUMENTS = re.compile(r"(?:of|listOf|setOf|asList|add)$")

_TWO = frozenset((0x10, 0x12, 0x15, 0x16, 0x17, 0x18, 0x19, 0x36, 0x37, 0x38, 0x39, 0x3A, 0xA9, 0xBC))
_THREE = frozenset(
    (0x11, 0x13, 0x14, 0x84, *range(0x99, 0xA9), 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xBB, 0xBD, 0xC0, 0xC1,
     0xC6, 0xC7)
)  # fmt: skip
_FOUR, _FIVE = frozenset((0xC5,)), frozenset((0xB9, 0xC8, 0xC9))


class Pool(Protocol):
    """What the walk asks of a constant pool."""

    def constant(self, index: int) -> Word | str | None:
        """Return a loadable constant: a string where it lies, a number or a class's name as text."""

    def reference(self, index: int) -> tuple[str, Word, str]:
        """Return class, name and descriptor of a field or method."""

    def class_word(self, index: int) -> Word | None:
        """Return a class's name."""

    def dynamic(self, index: int) -> tuple[list[Word], list[Word]]:
        """Return the strings and the names of methods that a call made when it is run is made from."""


Pushed = Word | str


def walk(code: Cursor, pool: Pool, body: Body, listed: dict[str, list[Pushed]]) -> None:
    """Note what the code from ``code.at`` to its end uses; ``listed`` gets the arguments of enumeration constants."""
    base = code.at
    pushed: list[Pushed] = []
    made: list[Pushed] = []
    while code.at < code.end:
        at = code.at
        op = code.u1()
        if 0x02 <= op <= 0x08:
            pushed.append(str(op - 3))
        elif op in (0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F):
            pushed.append(str((0, 1, 0, 1, 2, 0, 1)[op - 9]))
        elif op == 0x01:
            pushed.append("null")
        elif op in (0x10, 0x11):
            value = code.u1() if op == 0x10 else code.u2()
            half = 0x80 if op == 0x10 else 0x8000
            pushed.append(str(value - 2 * half if value >= half else value))
        elif op in (0x12, 0x13, 0x14):
            found = pool.constant(code.u1() if op == 0x12 else code.u2())
            if isinstance(found, Word):
                body.string(found)
            if found is not None:
                pushed.append(found)
        elif op == 0x53:  # aastore
            if pushed and isinstance(pushed[-1], Word):
                body.element(pushed[-1])
            pushed.clear()
        elif op in (0xBB, 0xBD, 0xC0, 0xC1):  # new, anewarray, checkcast, instanceof
            named = pool.class_word(code.u2())
            if named is not None and op != 0xC0:
                body.use(named)
            if op == 0xBD:
                body.begin()
            if op == 0xBB:
                pushed.clear()
        elif 0xB2 <= op <= 0xB9:
            owner, name, descriptor = pool.reference(code.u2())
            if op == 0xB9:
                code.skip(2)
            body.use(name)
            made = _used(op, owner, name, descriptor, pushed, made, body, listed)
        elif op == 0xBA:  # invokedynamic: joined strings, lambdas, switches over strings
            strings, methods = pool.dynamic(code.u2())
            code.skip(2)
            for word in strings:
                body.string(word)
            for word in methods:
                body.use(word)
            pushed += strings
        elif op == 0xB0:  # areturn
            body.sink("")
            pushed.clear()
        elif op == 0xAA:
            _switch(code, base, 4 * 2)
        elif op == 0xAB:
            _switch(code, base, 0)
        elif op == 0xC4:  # wide
            code.skip(4 if code.u1() == 0x84 else 2)
        else:
            code.skip(_length(op, at))
        if len(pushed) > 512:
            del pushed[:256]
    body.sink("")


def _length(op: int, at: int) -> int:
    if op > 0xC9:
        raise Damaged(f"opcode {op:#x} at {at}")
    if op in _TWO:
        return 1
    if op in _THREE:
        return 2
    return 3 if op in _FOUR else 4 if op in _FIVE else 0


def _switch(code: Cursor, base: int, table: int) -> None:
    code.skip(-(code.at - base) % 4)
    code.skip(4)
    if table:
        low, high = code.i4(), code.i4()
        code.skip(4 * (high - low + 1))
    else:
        code.skip(8 * code.u4())


def _used(
    op: int,
    owner: str,
    name: Word,
    descriptor: str,
    pushed: list[Pushed],
    made: list[Pushed],
    body: Body,
    listed: dict[str, list[Pushed]],
) -> list[Pushed]:
    """Note a field's or method's use; return the arguments that the last object was made from."""
    text = name.text
    if op == 0xB2:
        pushed.append(text)
    elif op in (0xB3, 0xB5):  # putstatic, putfield
        if op == 0xB3 and descriptor == f"L{owner};":
            # An enumeration's constant: its first two arguments are its name and its number.
            listed.setdefault(text, made)
        body.sink(text)
        pushed.clear()
    elif op != 0xB4:
        strings = [p for p in pushed if isinstance(p, Word)]
        if text == "<init>":
            made = list(pushed)
        elif PUTTERS.search(text) and len(pushed) >= 2 and (strings and pushed[-2:] and isinstance(pushed[-2], Word)):
            body.pair(pushed[-2], pushed[-1])
        elif _PLAIN_ARGUMENTS.search(text) and strings:
            for word in strings:
                body.element(word)
        elif not KEEPERS.search(text):
            body.sink(text)
        pushed.clear()
    return made
