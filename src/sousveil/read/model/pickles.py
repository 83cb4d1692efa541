"""Pickles, read opcode by opcode and never run: what they would build is followed as far as strings go."""

from __future__ import annotations

import io
import pickletools
import re
from collections.abc import Iterator, Sequence
from typing import Any

from sousveil.about import About
from sousveil.model import Construct, Kind
from sousveil.read.model.onnx import metadata
from sousveil.read.parts import Hits, Part, Word, constructs, is_table, stray
from sousveil.read.unfinished import Unfinished

ABOUT = About(
    "Pickles: PyTorch, scikit-learn, joblib",
    ".pkl .pickle .p .pt .pth .joblib .sav .ckpt data.pkl",
    "Names of parameters and layers, class labels, columns, vocabularies and other strings with the attribute that "
    "holds them, by following the opcodes; nothing is unpickled. Zipped `.pt` files are opened as containers.",
    limits="Arrays of numbers; of tables row by row all but the first rows; compressed joblib files.",
)
LEFT_OUT = "rows of tables, and what is damaged"
_MOST_STEPS = 1_500_000
_MOST_PICKLES = 64
_MOST_ITEMS = 60_000
_MOST_DEPTH = 60
_ROWS = 3


class _Named:
    """A class, or something made of one, by its name; ``state`` is what it was given."""

    __slots__ = ("name", "state")

    def __init__(self, name: str) -> None:
        self.name = name
        self.state: list[Any] = []


class _Mark:
    pass


_MARK = _Mark()


class _Machine:
    """The pickle machine with strings, lists, dictionaries and names; everything else is None."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.steps = _MOST_STEPS
        self.roots: list[Any] = []
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
        data, stack, memo, steps = self.data, self.stack, self.memo, self.steps
        at, last = stream.tell(), len(self.data) - 5
        while at < last and steps > 0:
            code = data[at]
            if code == 0x58 or code == 0x8C:  # BINUNICODE, SHORT_BINUNICODE
                start = at + (5 if code == 0x58 else 2)
                end = start + (int.from_bytes(data[at + 1 : at + 5], "little") if code == 0x58 else data[at + 1])
                if end > last:
                    break
                try:
                    text = str(data[start:end], "utf-8", "surrogatepass")
                except UnicodeDecodeError:
                    break
                stack.append(Word(text[:4000], start, end - start))
                at = end
            elif code == 0x71 or code == 0x72:  # BINPUT, LONG_BINPUT
                number = data[at + 1] if code == 0x71 else int.from_bytes(data[at + 1 : at + 5], "little")
                memo[number] = stack[-1] if stack else None
                at += 2 if code == 0x71 else 5
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
            elif code == 0x68 or code == 0x6A:  # BINGET, LONG_BINGET
                number = data[at + 1] if code == 0x68 else int.from_bytes(data[at + 1 : at + 5], "little")
                stack.append(memo.get(number))
                at += 2 if code == 0x68 else 5
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
            stack.append(Word(argument[:4000], start, end - start - (0 if lead else 2)))
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
            stack.append(_Named(str(argument).replace(" ", ".")))
        elif name == "STACK_GLOBAL":
            last, first = self._pop(), self._pop()
            stack.append(_Named(".".join(w.text for w in (first, last) if isinstance(w, Word))))
        elif name in ("REDUCE", "NEWOBJ"):
            arguments, made = self._pop(), self._pop()
            self._make(made, arguments)
        elif name == "NEWOBJ_EX":
            keywords, arguments, made = self._pop(), self._pop(), self._pop()
            self._make(made, [arguments, keywords])
        elif name in ("OBJ", "INST"):
            items = self._marked()
            made = _Named(str(argument).replace(" ", ".")) if name == "INST" else (items.pop(0) if items else None)
            self._make(made, items)
        elif name == "BUILD":
            state = self._pop()
            if stack and isinstance(stack[-1], _Named):
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
            stack.append(Word("", stream.tell() - size, size, "bytes"))
        else:
            stack.append(None)

    def _extend(self, items: list[Any]) -> None:
        if self.stack and isinstance(self.stack[-1], list):
            room = _MOST_ITEMS - len(self.stack[-1])
            self.stack[-1].extend(items[: max(0, room)])
        elif self.stack and isinstance(self.stack[-1], _Named):
            self.stack[-1].state.append(items[:_MOST_ITEMS])

    def _update(self, items: list[Any]) -> None:
        target = self.stack[-1] if self.stack else None
        if isinstance(target, _Named):
            made: dict[Any, Any] = {}
            target.state.append(made)
            target = made
        if isinstance(target, dict):
            for key, value in zip(items[::2], items[1::2], strict=False):
                if len(target) >= _MOST_ITEMS:
                    break
                target[key if isinstance(key, (Word, int)) else len(target)] = value

    def _make(self, made: Any, arguments: Any) -> None:
        thing = _Named(made.name if isinstance(made, _Named) else "")
        thing.state.append(arguments)
        self.stack.append(thing)

    def _inline(self, state: Any, stream: io.BytesIO) -> None:
        """Joblib writes an array's bytes into the stream behind its wrapper: step over, or into a nested pickle."""
        if not isinstance(state, dict):
            return
        fields = {k.text: v for k, v in state.items() if isinstance(k, Word)}
        kind = _dtype(fields.get("dtype"))
        count = 1
        for size in fields.get("shape") or ():
            count *= size if isinstance(size, int) else 0
        if kind == "O":
            inner = _Machine(self.data)
            inner.steps = self.steps
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
            self.stack[-1].state.append(array_words(self.data, at, count, width, found[1]))
        stream.seek(at + count * width)


# Opcode to the bytes before its string; 0 for a quoted line.
_STRINGS = {
    "BINUNICODE": 5, "SHORT_BINUNICODE": 2, "BINUNICODE8": 9, "BINSTRING": 5, "SHORT_BINSTRING": 2,
    "UNICODE": 1, "STRING": 0,
}  # fmt: skip


def _dtype(thing: Any) -> str:
    """Return a NumPy type's code, as ``dtype('U10', False, True)`` was written."""
    if isinstance(thing, _Named):
        for state in thing.state:
            if isinstance(state, list) and state and isinstance(state[0], Word):
                return state[0].text
    return ""


def array_words(data: bytes, at: int, count: int, width: int, kind: str, big: bool = False) -> list[Word]:
    """Return the strings of an array of ``count`` times ``width`` bytes; ``kind`` is NumPy's ``U`` or ``S``."""
    encoding = ("utf-32-be" if big else "utf-32-le") if kind == "U" else "utf-8"
    out: list[Word] = []
    for i in range(min(count, _MOST_ITEMS) if width else 0):
        raw = data[at + i * width : at + (i + 1) * width]
        text = raw.decode(encoding, "replace").rstrip("\0")
        out.append(Word(text, at + i * width, len(raw.rstrip(b"\0")) if kind == "S" else 4 * len(text), encoding))
    return out


class _Walk:
    """What the machine built, as parts."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.parts: list[Part] = []
        self.texts: list[tuple[Word, Word]] = []
        self.classes: dict[str, None] = {}
        self.table = False
        self._seen: set[int] = set()

    def thing(self, thing: Any, key: Word | None, scope: tuple[str, ...], depth: int = 0) -> None:
        """Add the parts of one value that stands under ``key``."""
        if depth > _MOST_DEPTH or not isinstance(thing, (list, dict, _Named)) or id(thing) in self._seen:
            return
        self._seen.add(id(thing))
        name = key.text if key else ""
        if isinstance(thing, _Named):
            label = thing.name.rpartition(".")[2]
            self.classes[thing.name] = None
            array = self._array(thing)
            within = scope if not label or label in _PLUMBING else (*scope, label)
            if array:
                self._list(array, key, within)
                return
            for state in thing.state:
                self.thing(state, key, within[-8:], depth + 1)
        elif isinstance(thing, (dict, list)) and is_table(inner := _values(thing)):
            # Entry after entry of the same shape: a table, whose first rows show how it is made.
            self.table = True
            for item in inner[:_ROWS]:
                self.thing(item, None, scope, depth + 1)
        elif isinstance(thing, dict):
            keys = [k for k in thing if isinstance(k, Word)]
            values = [v for v in thing.values() if isinstance(v, Word) and v.encoding != "bytes"]
            if keys and not all(k.text.isdigit() for k in keys):
                told = [k if not isinstance(v, Word) else Word(k.text, k.offset, k.length, value=v.text[:200])
                        for k, v in thing.items() if isinstance(k, Word)]  # fmt: skip
                title = scope[-1] if scope else ""
                self.parts.append(
                    Part(Kind.RECORD, name or title, told, "dict", "pickle", key if name else None, scope)
                )
                self.texts += [(k, v) for k, v in thing.items() if isinstance(k, Word) and isinstance(v, Word)]
                if values and len(values) == len(thing) > 1 and len({v.text for v in values}) > 1:
                    self.parts.append(Part(Kind.LABEL_SET, name, values, "list", "pickle", key, scope))
            elif len(values) >= 2:
                self._list(values, key, scope)
            for k, v in thing.items():
                self.thing(v, k if isinstance(k, Word) else key, (*scope, name)[-8:] if name else scope, depth + 1)
        else:
            words = [w for w in thing if isinstance(w, Word) and w.encoding != "bytes"]
            if len(words) >= 2:
                self._list(words, key, scope)
            for item in thing:
                self.thing(item, key, scope, depth + 1)

    def _list(self, words: list[Word], key: Word | None, scope: tuple[str, ...]) -> None:
        self.parts.append(Part(Kind.LABEL_SET, key.text if key else "", words, "list", "pickle", key, scope))

    def _array(self, thing: _Named) -> list[Word]:
        """Return the strings of a NumPy array that was pickled whole."""
        if thing.name.endswith("NumpyArrayWrapper"):
            for state in thing.state[1:]:
                if isinstance(state, list):
                    flat = state[0] if len(state) == 1 else state
                    words = [w for w in _flat(flat) if w.encoding != "bytes"]
                    if words:
                        return words
            return []
        if not thing.name.endswith("_reconstruct"):
            return []
        for state in thing.state:
            if isinstance(state, list) and len(state) >= 5:
                kind, raw = _dtype(state[2]), state[4]
                found = re.fullmatch(r"[<|=]?([US])(\d+)", kind)
                if found and isinstance(raw, Word):
                    width = int(found[2]) * (4 if found[1] == "U" else 1)
                    return array_words(self.data, raw.offset, raw.length // max(1, width), width, found[1])
                if isinstance(raw, list):
                    return [w for w in raw if isinstance(w, Word)]
        return []


_PLUMBING = frozenset(("_reconstruct", "dtype", "OrderedDict", "_rebuild_tensor_v2", "_rebuild_parameter", "ndarray",
                       "scalar", "NumpyArrayWrapper", "defaultdict", "set", "_codecs.encode", "encode",
                       "_reconstructor"))  # fmt: skip


def _values(thing: Any) -> list[Any]:
    return list(thing.values()) if isinstance(thing, dict) else thing


def _flat(thing: Any, depth: int = 0) -> Iterator[Word]:
    if isinstance(thing, Word):
        yield thing
    elif depth < 8 and isinstance(thing, list):
        for item in thing:
            yield from _flat(item, depth + 1)
    elif depth < 8 and isinstance(thing, _Named):
        for item in thing.state:
            yield from _flat(item, depth + 1)


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield dictionaries as records, lists and arrays of strings as label sets, with the classes around them."""
    yield from read_from(Hits(data, hits), 0)


def read_from(found: Hits, start: int) -> Iterator[Construct]:
    """Yield what the pickles from offset ``start`` hold."""
    machine = _Machine(data := found.data)
    machine.run(start)
    walk = _Walk(data)
    for root in machine.roots:
        walk.thing(root, None, ())
    names = [c for c in walk.classes if not c.startswith(("collections.", "_codecs.", "builtins.", "copyreg."))]
    model = [n for n in names if _MACHINERY.match(n)]
    uses = (*(("trained model",) if model else ()), *names[:40])
    # Every list of a pickle may stand in a thousand places: what holds no term costs nothing further.
    yield from constructs(found, walk.parts, "pickle", uses)
    for key, value in walk.texts:
        if value.length > 8 and found.inside(value.offset, value.offset + value.length):
            yield from metadata(found, key, value, "pickle", uses)
    if not walk.table:
        yield from stray(found, "pickle", uses)
    if machine.why:
        reason = "cut" if machine.steps < 0 else "broken"
        raise Unfinished(reason, f"the pickle was followed in part: {machine.why}")


_MACHINERY = re.compile(
    r"torch\b|sklearn\.(?!preprocessing\._label)|xgboost|lightgbm|catboost|keras|tensorflow|fastai|mxnet|paddle|"
    r"spacy|nltk\.classify|__torch__"
)
