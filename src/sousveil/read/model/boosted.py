"""XGBoost and LightGBM: classes, names of features, objective and attributes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sousveil.about import About
from sousveil.model import Construct, Kind
from sousveil.read.model.onnx import metadata
from sousveil.read.parts import Hits, Part, Word, constructs, stray
from sousveil.read.unfinished import Unfinished

ABOUT = About(
    "XGBoost, LightGBM and CatBoost models",
    ".txt .model .bst .xgb .ubj .bin .cbm .lgb",
    "Of XGBoost's binary and UBJSON forms the attributes, the scikit-learn settings with the classes, the objective "
    "and the features' names; of LightGBM's text the features, objective and number of classes. XGBoost's JSON is "
    "read as JSON.",
    limits="Trees. Of CatBoost only the strings.",
)
_LIGHT = b"tree\nversion="
_LINE = re.compile(rb"^([a-z_ ]{2,60})=(.*)$", re.MULTILINE)
# A text is led by its length as 64 bits; keys are short.
_KEY = re.compile(rb"([\x02-\x40])\0{7}(?=[A-Za-z_])")
_MOST = 400_000


def read_bytes(data: bytes, hits: Sequence[tuple[int, str]] | None, path: str) -> Iterator[Construct]:
    """Yield the settings of a boosted model and its lists of features and classes."""
    found = Hits(data, hits)
    if data.startswith(_LIGHT):
        yield from _lightgbm(data, found)
        return
    facts: list[tuple[Word, Word]] = []
    parts: list[Part] = []
    why = ""
    if data[:1] == b"{":
        tree = _Ubjson(data)
        tree.walk()
        facts, why = tree.texts, tree.why
        parts += [Part(Kind.LABEL_SET, k.text, v, "list", f"key {k.text}", k) for k, v in tree.lists if len(v) > 1]
    else:
        facts = list(_pairs(data))
    objective = [v.text for _, v in facts if re.match(r"(?:multi|binary|reg|rank):\w+$", v.text)]
    uses = ("trained model", "xgboost", *objective[:1], *(v.text for k, v in facts if k.text == "type"))
    for key, value in facts:
        yield from metadata(found, key, value, "xgboost", uses)
    yield from constructs(found, parts, "xgboost", uses)
    yield from stray(found, "xgboost", uses)
    if why:
        raise Unfinished("broken", f"the UBJSON ends early: {why}")


def _pairs(data: bytes) -> Iterator[tuple[Word, Word]]:
    """Yield the attributes behind the trees of XGBoost's binary form: counted texts, key before value."""
    count = 0
    for lead in _KEY.finditer(data, max(0, len(data) - (8 << 20))):
        begin, size = lead.end(), lead[1][0]
        key = data[begin : begin + size]
        at = begin + size + 8
        length = int.from_bytes(data[at - 8 : at], "little")
        if not re.fullmatch(rb"[A-Za-z_][\w.]*", key) or not 0 < length <= len(data) - at:
            continue
        value = data[at : at + length]
        if not value.strip() or b"\0" in value[:64]:
            continue
        text = value[:4000].decode("utf-8", "replace")
        yield Word(key.decode(), begin, size), Word(text, at, length)
        count += 1
        if count > 4000:
            return


def _lightgbm(data: bytes, found: Hits) -> Iterator[Construct]:
    head = data[: max(4096, data.find(b"\nTree=", 0, 16 << 20))]
    parts: list[Part] = []
    uses: tuple[str, ...] = ("lightgbm model",)
    for line in _LINE.finditer(head):
        key = Word(line[1].decode(), line.start(1), len(line[1]))
        if key.text in ("objective", "num_class"):
            uses += (f"{key.text} {line[2][:60].decode('utf-8', 'replace')}",)
        if key.text in ("feature_names", "label", "class_names"):
            words = [
                Word(m.group().decode("utf-8", "replace"), line.start(2) + m.start(), len(m.group()))
                for m in re.finditer(rb"\S+", line[2])
            ]
            kind = Kind.RECORD if key.text == "feature_names" else Kind.LABEL_SET
            parts.append(Part(kind, key.text, words, "columns" if kind is Kind.RECORD else "list", "header", key))
    yield from constructs(found, parts, "lightgbm", uses)
    at = data.find(b"pandas_categorical:")
    if at >= 0:
        end = data.find(b"\n", at)
        start = at + 19
        value = Word(data[start:end][:4000].decode("utf-8", "replace"), start, max(0, end - start))
        yield from metadata(found, Word("pandas_categorical", at, 18), value, "lightgbm", uses)
    yield from stray(found, "lightgbm", uses)


class _Ubjson:
    """Universal Binary JSON, draft 12, as XGBoost writes it: strings with their keys, arrays of strings."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.texts: list[tuple[Word, Word]] = []
        self.lists: list[tuple[Word, list[Word]]] = []
        self.why = ""
        self._left = _MOST

    def walk(self) -> None:
        """Follow the tree without recursion; a frame is whether it is an object, its key, its list, what is left."""
        data = self.data
        at = 0
        nothing = Word("", 0, 0)
        stack: list[tuple[bool, Word, list[Word], int, int]] = []
        key = nothing
        try:
            while True:
                self._left -= 1
                if self._left < 0 or len(stack) > 200:
                    raise ValueError("too many or too deep")
                if stack:
                    is_object, own, words, left, kind = stack.pop()
                    if left == 0 or (left < 0 and data[at] in b"]}"):
                        at += left < 0
                        if words:
                            self.lists.append((own, words))
                        if not stack:
                            return
                        continue
                    stack.append((is_object, own, words, left - (left > 0), kind))
                    if is_object:
                        key, at = self._string(at)
                    else:
                        key = own
                    mark = kind or data[at]
                    at += not kind
                else:
                    words, mark, at = [], data[at], at + 1
                if mark in b"{[":
                    frame, at = self._open(mark, at, key)
                    if frame is not None:
                        stack.append(frame)
                elif mark in b"S":
                    word, at = self._string(at)
                    if stack and not stack[-1][0]:
                        stack[-1][2].append(word)
                    else:
                        self.texts.append((key, word))
                else:
                    at += _WIDTHS[mark]
                if not stack:
                    return
        except (ValueError, IndexError, KeyError) as error:
            self.why = f"offset {at}: {str(error)[:80]}"

    def _open(self, mark: int, at: int, key: Word) -> tuple[tuple[bool, Word, list[Word], int, int] | None, int]:
        kind, left = 0, -1
        if self.data[at] == 0x24:
            kind, at = self.data[at + 1], at + 2
        if self.data[at] == 0x23:
            left, at = self._number(at + 1)
        if kind and left < 0:
            raise ValueError("a type without a count")
        if kind in _WIDTHS and mark == 0x5B:
            # Numbers: step over them.
            size = _WIDTHS[kind] * left
            if size > len(self.data) - at:
                raise ValueError("an array that ends behind the file")
            return None, at + size
        return (mark == 0x7B, key, [], left, kind), at

    def _number(self, at: int) -> tuple[int, int]:
        mark = self.data[at]
        width = _WIDTHS[mark]
        if mark not in b"iUIlL" or at + 1 + width > len(self.data):
            raise ValueError("no number")
        value = int.from_bytes(self.data[at + 1 : at + 1 + width], "big", signed=mark != 0x55)
        if value < 0:
            raise ValueError("a negative count")
        return value, at + 1 + width

    def _string(self, at: int) -> tuple[Word, int]:
        size, start = self._number(at)
        if size > len(self.data) - start:
            raise ValueError("a text that ends behind the file")
        text = self.data[start : start + min(size, 4000)].decode("utf-8", "replace")
        return Word(text, start, size), start + size


_WIDTHS = {0x5A: 0, 0x4E: 0, 0x54: 0, 0x46: 0, 0x69: 1, 0x55: 1, 0x49: 2, 0x6C: 4, 0x4C: 8, 0x64: 4, 0x44: 8, 0x43: 1}
