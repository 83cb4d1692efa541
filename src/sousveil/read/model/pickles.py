"""Pickles, read opcode by opcode and never run: what they would build is followed as far as strings go."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any

from sousveil.about import About
from sousveil.model import Construct, Kind
from sousveil.read.model.onnx import metadata
from sousveil.read.model.picklemachine import RAW, Machine, Named, array_words, dtype_of
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
_MOST_DEPTH = 60
_ROWS = 3


class _Walk:
    """What the machine built, as parts."""

    def __init__(self, data: bytes, held: set[int] | None) -> None:
        self.data = data
        self._held = held
        self.parts: list[Part] = []
        self.texts: list[tuple[Word, Word]] = []
        self.classes: dict[str, None] = {}
        self.table = False
        self._seen: set[int] = set()

    def thing(self, thing: Any, key: Word | None, scope: tuple[str, ...], depth: int = 0) -> None:
        """Add the parts of one value that stands under ``key``."""
        if depth > _MOST_DEPTH or not isinstance(thing, (list, dict, Named)) or id(thing) in self._seen:
            return
        self._seen.add(id(thing))
        name = key.text if key else ""
        if isinstance(thing, Named):
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
            self._dict(thing, key, scope)
            within = (*scope, name)[-8:] if name else scope
            for k, v in thing.items():
                if isinstance(v, (list, dict, Named)):
                    self.thing(v, k if isinstance(k, Word) else key, within, depth + 1)
        else:
            words = [w for w in thing if isinstance(w, Word) and w.encoding != RAW]
            if len(words) >= 2 and self._matters(words, key):
                self._list(words, key, scope)
            for item in thing:
                if isinstance(item, (list, dict, Named)):
                    self.thing(item, key, scope, depth + 1)

    def _dict(self, thing: dict[Any, Any], key: Word | None, scope: tuple[str, ...]) -> None:
        name = key.text if key else ""
        keys = [k for k in thing if isinstance(k, Word) and k.encoding != RAW]
        values = [v for v in thing.values() if isinstance(v, Word) and v.encoding != RAW]
        if not (self._matters(keys, key) or self._matters(values, None)):
            return
        if keys and not all(k.text.isdigit() for k in keys):
            told = [k if not isinstance(v, Word) else Word(k.text, k.offset, k.length, value=v.text[:200])
                    for k, v in thing.items() if isinstance(k, Word) and k.encoding != RAW]  # fmt: skip
            title = scope[-1] if scope else ""
            self.parts.append(Part(Kind.RECORD, name or title, told, "dict", "pickle", key if name else None, scope))
            self.texts += [
                (k, v) for k, v in thing.items() if isinstance(k, Word) and isinstance(v, Word) and k.encoding != RAW
            ]
            if values and len(values) == len(thing) > 1 and len({v.text for v in values}) > 1:
                self.parts.append(Part(Kind.LABEL_SET, name, values, "list", "pickle", key, scope))
        elif len(values) >= 2:
            self._list(values, key, scope)

    def _matters(self, words: list[Word], key: Word | None) -> bool:
        """Return whether a term stands in any of these: nearly every list of a large pickle holds none."""
        held = self._held
        return held is None or (key is not None and key.offset in held) or any(w.offset in held for w in words)

    def _list(self, words: list[Word], key: Word | None, scope: tuple[str, ...]) -> None:
        self.parts.append(Part(Kind.LABEL_SET, key.text if key else "", words, "list", "pickle", key, scope))

    def _array(self, thing: Named) -> list[Word]:
        """Return the strings of a NumPy array that was pickled whole."""
        if thing.name.endswith("NumpyArrayWrapper"):
            for state in thing.state[1:]:
                if isinstance(state, list):
                    flat = state[0] if len(state) == 1 else state
                    if isinstance(flat, Named) and (words := self._array(flat)):
                        return words
                    words = [w for w in _flat(flat) if w.encoding != RAW]
                    if words:
                        return words
            return []
        if not thing.name.endswith("_reconstruct"):
            return []
        for state in thing.state:
            if isinstance(state, list) and len(state) >= 5:
                kind, raw = dtype_of(state[2]), state[4]
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
    elif depth < 8 and isinstance(thing, Named):
        for item in thing.state:
            yield from _flat(item, depth + 1)


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield dictionaries as records, lists and arrays of strings as label sets, with the classes around them."""
    yield from read_from(Hits(data, hits), 0)


def read_from(found: Hits, start: int) -> Iterator[Construct]:
    """Yield what the pickles from offset ``start`` hold."""
    machine = Machine(data := found.data)
    machine.run(start)
    walk = _Walk(data, None if found.all else _held(found, machine.words))
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


def _held(found: Hits, words: list[Word]) -> set[int]:
    """Return where the words begin in which a term stands."""
    words.sort(key=attrgetter("offset"))
    starts = [w.offset for w in words]
    held: set[int] = set()
    for offset in found.offsets:
        at = bisect_right(starts, offset) - 1
        if at >= 0 and offset < starts[at] + words[at].length:
            held.add(starts[at])
    return held


_MACHINERY = re.compile(
    r"torch\b|sklearn\.(?!preprocessing\._label)|xgboost|lightgbm|catboost|keras|tensorflow|fastai|mxnet|paddle|"
    r"spacy|nltk\.classify|__torch__"
)
