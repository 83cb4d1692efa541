"""The pickle machine: what a pickle would build, followed opcode by opcode as far as strings go; nothing is run."""

from __future__ import annotations

import io
import pickletools
import re
import struct
from typing import Any

from sousveil.read.parts import Word

_number = struct.Struct("<I").unpack_from
_MOST_STEPS = 1_500_000
_MOST_PICKLES = 64
MOST_ITEMS = 60_000
"""Most items of one list, dictionary or array that are kept."""


class Named:
    """A class, or something made of one, by its name; ``state`` is what it was given."""

    __slots__ = ("name", "state")

    def __init__(self, name: str) -> None:
        self.name = name
        self.state: list[Any] = []


class _Mark:
    pass


_MARK = _Mark()


class Machine:
    """The pickle machine with strings, lists, dictionaries and names; everything else is None."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.steps = _MOST_STEPS
        self.roots: list[Any] = []
        self.words: list[Word] = []
        """Every string, as it came."""
        self.why = ""

    def run(self, at: int = 0) -> None:
        """Follow every pickle of the file, one after another, from offset ``at``."""
        stream = io.BytesIO(self.data)
        stream.seek(at)
        for _ in range(_MOST_PICKLES):
            start = stream.tell()
            if start >= len(self.data) or (start > at and self.data[start] != 0x80):
                return
            if not self._one(stream):
                return

    def _one(self, stream: io.BytesIO) -> bool:
        self.stack, self.memo = [], {}
        try:
            while self._quickly(stream):
                opcode, argument, position = next(pickletools.genops(stream))
                self.steps -= 1
                if self.steps < 0:
                    self.why = f"more than {_MOST_STEPS} steps"
                    break
                self._step(opcode.name, argument, position or 0, stream)
                if opcode.name == "STOP":
                    break
        except (ValueError, IndexError, OverflowError, MemoryError, UnicodeError) as error:
            self.why = f"offset {stream.tell()}: {str(error)[:120]}"
        self.roots.append(self.stack[-1] if self.stack and not self.why else list(self.stack))
        return not self.why

    def _quickly(self, stream: io.BytesIO) -> bool:
        """Follow strings, small numbers, dictionaries and the memo, nine in ten steps; return True.

        The first step of another kind, or one that does not fit, is for pickletools.
        """
        data, stack, memo, steps, words = self.data, self.stack, self.memo, self.steps, self.words
        at, last = stream.tell(), len(self.data) - 5
        while at < last and steps > 0:
            code = data[at]
            if code == 0x58 or code == 0x8C:  # BINUNICODE, SHORT_BINUNICODE
                if code == 0x58:
                    start = at + 5
                    end = start + _number(data, at + 1)[0]
                else:
                    start = at + 2
                    end = start + data[at + 1]
                if end > last:
                    break
                try:
                    text = data[start:end].decode()
                except UnicodeDecodeError:
                    break  # surrogates, which pickletools lets pass
                word = Word(text[:4000], start, end - start)
                stack.append(word)
                words.append(word)
                at = end
            elif code == 0x72:  # LONG_BINPUT
                memo[_number(data, at + 1)[0]] = stack[-1] if stack else None
                at += 5
            elif code == 0x6A:  # LONG_BINGET
                stack.append(memo.get(_number(data, at + 1)[0]))
                at += 5
            elif code == 0x71:  # BINPUT
                memo[data[at + 1]] = stack[-1] if stack else None
                at += 2
            elif code == 0x68:  # BINGET
                stack.append(memo.get(data[at + 1]))
                at += 2
            elif code == 0x94:  # MEMOIZE
                memo[len(memo)] = stack[-1] if stack else None
                at += 1
            elif code == 0x4B:  # BININT1
                stack.append(data[at + 1])
                at += 2
            elif code == 0x4D:  # BININT2
                stack.append(data[at + 1] | data[at + 2] << 8)
                at += 3
            elif code == 0x4A:  # BININT
                stack.append(int.from_bytes(data[at + 1 : at + 5], "little", signed=True))
                at += 5
            elif code == 0x4E:  # NONE
                stack.append(None)
                at += 1
            elif code == 0x5D or code == 0x29:  # EMPTY_LIST, EMPTY_TUPLE
                stack.append([])
                at += 1
            elif code == 0x65:  # APPENDS
                self._extend(self._marked())
                at += 1
            elif code == 0x61:  # APPEND
                self._extend([self._pop()])
                at += 1
            elif code == 0x28:  # MARK
                stack.append(_MARK)
                at += 1
            elif code == 0x7D:  # EMPTY_DICT
                stack.append({})
                at += 1
            elif code == 0x75:  # SETITEMS
                self._update(self._marked())
                at += 1
            elif code == 0x73:  # SETITEM
                value, key = self._pop(), self._pop()
                self._update([key, value])
                at += 1
            elif code == 0x86 and len(stack) > 1:  # TUPLE2
                stack[-2:] = [stack[-2:]]
                at += 1
            else:
                break
            steps -= 1
        self.steps = steps
        stream.seek(at)
        return True

    def _pop(self) -> Any:
        return self.stack.pop() if self.stack else None

    def _marked(self) -> list[Any]:
        """Return what stands above the last mark, and drop both."""
        at = len(self.stack) - 1
        while at >= 0 and self.stack[at] is not _MARK:
            at -= 1
        items = self.stack[at + 1 :]
        del self.stack[max(0, at) :]
        return items

    def _step(self, name: str, argument: Any, position: int, stream: io.BytesIO) -> None:
        stack = self.stack
        if isinstance(argument, (str, bytes)) and name in _STRINGS:
            end = stream.tell()
            if isinstance(argument, bytes):
                argument = argument[:65536].decode("utf-8", "replace")
            lead = _STRINGS[name]
            start = position + lead if lead else position + 2
            self.words.append(Word(argument[:4000], start, end - start - (0 if lead else 2)))
            stack.append(self.words[-1])
        elif name in ("MARK", "EMPTY_LIST", "EMPTY_DICT", "EMPTY_TUPLE", "EMPTY_SET"):
            stack.append(_MARK if name == "MARK" else {} if name == "EMPTY_DICT" else [])
        elif name == "APPEND":
            self._extend([self._pop()])
        elif name in ("APPENDS", "ADDITEMS"):
            self._extend(self._marked())
        elif name == "SETITEM":
            value, key = self._pop(), self._pop()
            self._update([key, value])
        elif name == "SETITEMS":
            self._update(self._marked())
        elif name in ("TUPLE", "LIST", "FROZENSET"):
            items = self._marked()
            stack.append(items)
        elif name == "DICT":
            items = self._marked()
            stack.append({})
            self._update(items)
        elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
            count = int(name[-1])
            items = stack[-count:]
            del stack[-count:]
            stack.append(items)
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            self.memo[argument] = stack[-1] if stack else None
        elif name == "MEMOIZE":
            self.memo[len(self.memo)] = stack[-1] if stack else None
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(self.memo.get(argument))
        elif name == "GLOBAL":
            stack.append(Named(str(argument).replace(" ", ".")))
        elif name == "STACK_GLOBAL":
            last, first = self._pop(), self._pop()
            stack.append(Named(".".join(w.text for w in (first, last) if isinstance(w, Word))))
        elif name in ("REDUCE", "NEWOBJ"):
            arguments, made = self._pop(), self._pop()
            self._make(made, arguments)
        elif name == "NEWOBJ_EX":
            keywords, arguments, made = self._pop(), self._pop(), self._pop()
            self._make(made, [arguments, keywords])
        elif name in ("OBJ", "INST"):
            items = self._marked()
            made = Named(str(argument).replace(" ", ".")) if name == "INST" else (items.pop(0) if items else None)
            self._make(made, items)
        elif name == "BUILD":
            state = self._pop()
            if stack and isinstance(stack[-1], Named):
                stack[-1].state.append(state)
                if stack[-1].name.endswith("NumpyArrayWrapper"):
                    self._inline(state, stream)
        elif name == "BINPERSID":
            stack.append(self._pop())
        elif name == "POP":
            self._pop()
        elif name == "POP_MARK":
            self._marked()
        elif name == "DUP":
            stack.append(stack[-1] if stack else None)
        elif name in ("PROTO", "FRAME", "STOP"):
            pass
        elif name in ("INT", "LONG", "BININT", "BININT1", "BININT2", "LONG1", "LONG4"):
            stack.append(argument if isinstance(argument, int) and -(1 << 40) < argument < 1 << 40 else None)
        elif name in ("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"):
            size = len(argument) if argument else 0
            self.words.append(_bytes(argument, stream.tell() - size, size))
            stack.append(self.words[-1])
        else:
            stack.append(None)

    def _extend(self, items: list[Any]) -> None:
        if self.stack and isinstance(self.stack[-1], list):
            room = MOST_ITEMS - len(self.stack[-1])
            self.stack[-1].extend(items[: max(0, room)])
        elif self.stack and isinstance(self.stack[-1], Named):
            self.stack[-1].state.append(items[:MOST_ITEMS])

    def _update(self, items: list[Any]) -> None:
        target = self.stack[-1] if self.stack else None
        if isinstance(target, Named):
            made: dict[Any, Any] = {}
            target.state.append(made)
            target = made
        if isinstance(target, dict):
            for key, value in zip(items[::2], items[1::2], strict=False):
                if len(target) >= MOST_ITEMS:
                    break
                target[key if isinstance(key, (Word, int)) else len(target)] = value

    def _make(self, made: Any, arguments: Any) -> None:
        thing = Named(made.name if isinstance(made, Named) else "")
        thing.state.append(arguments)
        self.stack.append(thing)

    def _inline(self, state: Any, stream: io.BytesIO) -> None:
        """Joblib writes an array's bytes into the stream behind its wrapper: step over, or into a nested pickle."""
        if not isinstance(state, dict):
            return
        fields = {k.text: v for k, v in state.items() if isinstance(k, Word)}
        kind = dtype_of(fields.get("dtype"))
        count = 1
        for size in fields.get("shape") or ():
            count *= size if isinstance(size, int) else 0
        if kind.lstrip("|").startswith("O"):  # "O8" as it is pickled
            inner = Machine(self.data)
            inner.steps, inner.words = self.steps, self.words
            if self.data[stream.tell() : stream.tell() + 1] == b"\x80" and inner._one(stream):
                self.stack[-1].state.append(inner.roots)
            self.steps = inner.steps
            return
        found = re.fullmatch(r"[<>|=]?([a-zA-Z])(\d+)", kind)
        if not found or count < 0:
            raise ValueError("an array of an unknown kind")
        width = int(found[2]) * (4 if found[1] == "U" else 1)
        at = stream.tell()
        if "numpy_array_alignment_bytes" in fields:
            at += 1 + self.data[at] if at < len(self.data) else 0
        if at + count * width > len(self.data):
            raise ValueError("an array that ends behind the file")
        if found[1] in "US":
            array = array_words(self.data, at, count, width, found[1])
            self.words += array
            self.stack[-1].state.append(array)
        stream.seek(at + count * width)


# Opcode to the bytes before its string; 0 for a quoted line.
_STRINGS = {
    "BINUNICODE": 5, "SHORT_BINUNICODE": 2, "BINUNICODE8": 9, "BINSTRING": 5, "SHORT_BINSTRING": 2,
    "UNICODE": 1, "STRING": 0,
}  # fmt: skip


def dtype_of(thing: Any) -> str:
    """Return a NumPy type's code, as ``dtype('U10', False, True)`` was written."""
    if isinstance(thing, Named):
        for state in thing.state:
            if isinstance(state, list) and state and isinstance(state[0], Word):
                return state[0].text
    return ""


RAW = "latin-1"
"""The encoding of bytes that are no text."""


def _bytes(raw: bytes | bytearray | None, offset: int, size: int) -> Word:
    """Return short bytes that are a text as that (many a dictionary keeps its labels so), others without one."""
    if raw and size <= 200:
        try:
            text = bytes(raw).decode("utf-8")
        except UnicodeDecodeError:
            text = ""
        if text.isprintable() and text.strip():
            return Word(text, offset, size)
    return Word("", offset, size, RAW)


def array_words(data: bytes, at: int, count: int, width: int, kind: str, big: bool = False) -> list[Word]:
    """Return the strings of an array of ``count`` times ``width`` bytes; ``kind`` is NumPy's ``U`` or ``S``."""
    encoding = ("utf-32-be" if big else "utf-32-le") if kind == "U" else "utf-8"
    out: list[Word] = []
    for i in range(min(count, MOST_ITEMS) if width else 0):
        raw = data[at + i * width : at + (i + 1) * width]
        text = raw.decode(encoding, "replace").rstrip("\0")
        out.append(Word(text, at + i * width, len(raw.rstrip(b"\0")) if kind == "S" else 4 * len(text), encoding))
    return out
