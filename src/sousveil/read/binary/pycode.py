"""A straight walk through CPython's byte code: what is stored under which name, which lists and classes are built.

Source: ``Include/opcode.h`` and ``Lib/dis.py`` of each version. No branch is followed and nothing is run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sousveil.read.binary.managed import Word
from sousveil.read.binary.marshalled import Code, Listed, Mapped
from sousveil.read.unfinished import tell

_MOST_PAIRS = 5000
_MOST_STACK = 4096

_OLD = {
    100: "const", 90: "name", 97: "name", 125: "fast", 95: "attribute", 103: "list", 102: "tuple", 104: "list",
    105: "map", 156: "keymap", 101: "load", 116: "load", 106: "dotted", 124: "local", 60: "subscript", 147: "mapadd",
    145: "extended", 132: "function", 83: "return", 1: "pop", 25: "binary", 131: "call", 108: "import",
}  # fmt: skip
_27 = {**_OLD, 54: "storemap", 89: "class27"}
_30 = {**_OLD, 144: "extended", 162: "extend", 163: "extend", 141: "callkw", 161: "call", 160: "dotted"}
del _30[145]
_313 = {
    83: "const", 114: "name", 113: "name", 110: "fast", 108: "attribute", 47: "list", 52: "tuple", 49: "list",
    48: "map", 46: "keymap", 81: "extend", 107: "extend", 71: "extended", 26: "function", 92: "load", 91: "global",
    82: "dotted2", 85: "local", 39: "subscript", 95: "mapadd", 36: "return", 103: "return", 32: "pop", 112: "fast2",
    111: "fastload", 5: "binary", 45: "binary", 53: "call", 57: "callkw", 75: "import", 88: "local2", 87: "local",
}  # fmt: skip
_314 = {
    82: "const", 116: "name", 115: "name", 112: "fast", 110: "attribute", 46: "list", 51: "tuple", 48: "list",
    47: "map", 79: "extend", 109: "extend", 69: "extended", 23: "function", 93: "load", 92: "global", 80: "dotted2",
    84: "local", 86: "local", 38: "subscript", 98: "mapadd", 35: "return", 31: "pop", 114: "fast2", 113: "fastload",
    94: "small", 44: "binary", 52: "call", 55: "callkw", 73: "import", 89: "local2", 87: "local2", 88: "local",
}  # fmt: skip


def _table(version: tuple[int, int]) -> dict[int, str] | None:
    if version == (2, 7):
        return _27
    if version in ((3, 6), (3, 7), (3, 8), (3, 9), (3, 10)):
        return _30
    if version == (3, 11):
        return {**_30, 116: "global", 122: "binary", 171: "call", 172: "keywords"}
    if version == (3, 12):
        known = {k: what for k, what in _30.items() if k != 141}  # it is another instruction there
        return {**known, 116: "global", 106: "dotted2", 122: "binary", 171: "call", 127: "local", 172: "keywords"}
    return {(3, 13): _313, (3, 14): _314}.get(version)


class Name(str):
    """A name that the code loads."""

    __slots__ = ()


@dataclass(slots=True)
class Made:
    """What a call gave back, as far as it can be told: the list it was given, or its one string."""

    name: str
    """What was called, with dots."""
    given: list[Any]
    named: dict[str, Any]
    worth: Any


@dataclass(slots=True)
class Stored:
    """Something stored under a name, in order."""

    name: Word
    what: list[Any]
    """What stood on the stack: constants, names, collections, functions' code."""
    attribute: bool = False
    calls: list[Made] = field(default_factory=list)
    """The calls among it: a field's, or those that gave the decorators before a function's code."""


@dataclass(slots=True)
class Walked:
    """What one code object does."""

    stored: list[Stored] = field(default_factory=list)
    loose: list[Any] = field(default_factory=list)
    """Collections that were stored nowhere: arguments of calls, results."""
    imported: list[Listed] = field(default_factory=list)
    annotated: list[tuple[Word, str]] = field(default_factory=list)
    functions: list[tuple[Code, list[Any]]] = field(default_factory=list)
    """Functions' code with what stood before it: defaults, annotations."""


def instructions(data: bytes, code: Code, version: tuple[int, int], table: dict[int, str]) -> Iterator[tuple[str, int]]:
    """Yield the instructions that matter, with their argument."""
    at, end = code.code[0], code.code[0] + code.code[1]
    extended = 0
    wide = version < (3, 6)
    have = 90 if version < (3, 13) else 44
    while at < end:
        op = data[at]
        if not wide:
            argument = extended << 8 | (data[at + 1] if at + 1 < end else 0)
            at += 2
        elif op >= have:
            if at + 3 > end:
                return
            argument = extended << 16 | data[at + 1] | data[at + 2] << 8
            at += 3
        else:
            argument = 0
            at += 1
        extended = 0
        what = table.get(op)
        if what == "extended":
            extended = argument & 0xFFFFFF
        elif what is not None:
            yield what, argument


def walk(data: bytes, code: Code, version: tuple[int, int]) -> Walked:
    """Return what a code object stores and builds; empty where the version's instructions are not known."""
    out = Walked()
    table = _table(version)
    if table is None:
        return out
    walker = _Walker(code, out)
    for what, argument in instructions(data, code, version, table):
        walker.step(what, argument)
        if len(walker.stack) > _MOST_STACK:
            tell("cut", f"more than {_MOST_STACK:,} values at once in a function: some were not followed")
            del walker.stack[: _MOST_STACK // 2]
        if len(out.stored) > 20_000:
            break
    walker.flush()
    return out


class _Walker:
    def __init__(self, code: Code, out: Walked) -> None:
        self.code = code
        self.out = out
        self.stack: list[Any] = []
        self.keywords: list[Any] = []
        """The names of arguments that the next call is given."""

    def flush(self) -> None:
        self.out.loose += [x for x in map(_plain, self.stack) if isinstance(x, Listed | Mapped)]
        self.stack.clear()

    def step(self, what: str, argument: int) -> None:
        stack = self.stack
        match what:
            case "const":
                stack.append(_at(self.code.consts, argument))
            case "small":
                stack.append(argument)
            case "load" | "global":
                name = _at(self.code.names, argument if what == "load" else argument >> 1)
                stack.append(Name(name.text) if isinstance(name, Word) else None)
            case "dotted" | "dotted2":
                name = _at(self.code.names, argument if what == "dotted" else argument >> 1)
                if isinstance(name, Word):
                    owner = stack.pop() if stack and isinstance(stack[-1], Name) else ""
                    stack.append(Name(f"{owner}.{name.text}"[-200:] if owner else name.text))
            case "local":
                name = _at(self.code.variables, argument)
                stack.append(Name(name.text) if isinstance(name, Word) else None)
            case "local2":
                for half in (argument >> 4, argument & 15):
                    name = _at(self.code.variables, half)
                    stack.append(Name(name.text) if isinstance(name, Word) else None)
            case "list" | "tuple":
                self._built(argument)
            case "binary":
                self._taken(2)
                stack.append(None)
            case "call" | "callkw":
                self._called(argument, what == "callkw")
            case "keywords":
                names = _at(self.code.consts, argument)
                self.keywords = names if isinstance(names, Listed) else []
            case "import":
                self.out.imported += [x for x in map(_plain, stack) if isinstance(x, Listed)]
                stack.clear()
                stack.append(None)
            case "extend":
                top = _plain(stack.pop()) if stack else None
                if stack and isinstance(stack[-1], Listed) and isinstance(top, Listed):
                    stack[-1] = Listed([*stack[-1], *top])
            case "map":
                self._mapped(argument)
            case "keymap":
                keys = stack.pop() if stack else None
                worth = self._taken(argument)
                if isinstance(keys, Listed):
                    stack.append(Mapped(zip(keys, worth, strict=False)))
            case "mapadd" | "storemap":
                self._added(what == "storemap")
            case "subscript":
                self._annotated()
            case "function":
                self._function()
            case "return" | "pop":
                self.flush()
            case "class27":
                self.stack = [x for x in map(_plain, stack) if isinstance(x, Word | Code | Listed | Name)]
            case "fast2":
                self._store(_at(self.code.variables, argument >> 4), keep=True)
                self._store(_at(self.code.variables, argument & 15))
            case "fastload":
                self._store(_at(self.code.variables, argument >> 4))
            case "name":
                self._store(_at(self.code.names, argument))
            case "fast":
                self._store(_at(self.code.variables, argument))
            case "attribute":
                self._store(_at(self.code.names, argument), attribute=True)

    def _taken(self, count: int) -> list[Any]:
        if count <= 0:
            return []
        taken = [_plain(x) for x in self.stack[-count:]]
        del self.stack[-count:]
        return taken

    def _called(self, count: int, keywords: bool) -> None:
        """A call gives back what list it was given, as ``np.array([…])`` does, or its one string, as ``_("…")``."""
        stack = self.stack
        keys, self.keywords = self.keywords, []
        pairs = count >> 8 & 0xFF  # Python 2 has name and value after one another
        count = (count & 0xFF) + 2 * pairs
        if any(isinstance(x, Code) for x in stack[-count - 2 :]):
            return
        if keywords and stack and isinstance(stack[-1], Listed):
            keys = stack.pop()
        taken = self._taken(count)
        name = stack.pop() if stack and isinstance(stack[-1], Name) else ""
        if pairs:
            keys, named = taken[-2 * pairs :: 2], taken[1 - 2 * pairs :: 2]
            taken = [*taken[: -2 * pairs], *named]
        given = taken[: max(0, len(taken) - len(keys))]
        told = {k.text: v for k, v in zip(keys, taken[len(given) :], strict=False) if isinstance(k, Word)}
        collections = [x for x in taken if isinstance(x, Listed | Mapped)]
        self.out.loose += collections[1:]
        words = [x for x in given if isinstance(x, Word)] or [x for x in taken if isinstance(x, Word)]
        worth = collections[0] if collections else words[0] if len(words) == 1 else None
        stack.append(Made(name, given, told, worth))

    def _built(self, count: int) -> None:
        self.stack.append(Listed(self._taken(count)))

    def _mapped(self, count: int) -> None:
        taken = self._taken(2 * count) if 2 * count <= len(self.stack) else []
        self.stack.append(Mapped(zip(taken[::2], taken[1::2], strict=False)))

    def _added(self, swapped: bool) -> None:
        pair = self._taken(2)
        if len(pair) == 2:
            key, value = reversed(pair) if swapped else pair
            held = next((x for x in reversed(self.stack[-4:]) if isinstance(x, Mapped)), None)
            if held is not None and len(held) < _MOST_PAIRS:
                held.append((key, value))
            elif held is not None:
                tell("cut", f"more than {_MOST_PAIRS:,} entries of one dictionary: the first were read")

    def _annotated(self) -> None:
        """``__annotations__['x'] = int`` and ``x['y'] = z``."""
        stack = self.stack
        if len(stack) >= 3 and isinstance(stack[-1], Word) and stack[-2] == "__annotations__":
            kind = _plain(stack[-3])
            self.out.annotated.append((stack[-1], kind.text if isinstance(kind, Word) else str(kind or "")))
        self.flush()

    def _function(self) -> None:
        """The code of a function is the topmost but for its qualified name."""
        for at in range(len(self.stack) - 1, max(-1, len(self.stack) - 3), -1):
            if isinstance(self.stack[at], Code):
                before = [_plain(x) for x in self.stack[max(0, at - 6) : at]]
                self.out.functions.append((self.stack[at], before))
                if at + 1 < len(self.stack):
                    del self.stack[at + 1 :]  # its qualified name
                return

    def _store(self, name: Any, attribute: bool = False, keep: bool = False) -> None:
        if isinstance(name, Word):
            what = self.stack[-64:-1] if attribute else self.stack[-64:]
            calls = [x for x in what if isinstance(x, Made)]
            self.out.stored.append(Stored(name, [_plain(x) for x in what], attribute, calls))
        if not keep:
            self.stack.clear()


def _plain(value: Any) -> Any:
    return value.worth if isinstance(value, Made) else value


def _at(table: list[Any], index: int) -> Any:
    return table[index] if 0 <= index < len(table) else None
