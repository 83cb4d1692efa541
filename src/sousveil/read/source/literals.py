"""Lists and dictionaries written out in code: which are label sets, which records, and what their members are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sousveil.model import Kind

LABEL_KEYS = (
    "label", "text", "name", "title", "header", "headerName", "caption", "desc", "description", "displayName",
    "display", "zh", "cn", "en",
)  # fmt: skip
COLUMN_KEYS = ("dataIndex", "prop", "field", "accessor", "accessorKey", "dataKey", "property", "model", "dataField")
VALUE_KEYS = (*COLUMN_KEYS, "value", "code", "id", "key", "val", "dictValue", "type")
_CODE = re.compile(r"[-+]?\w{0,3}\d*(?:\.\d+)?|0[xX][0-9a-fA-F]+", re.ASCII)
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|0[xX][0-9a-fA-F]+)")


@dataclass(slots=True)
class Entry:
    """One item of a literal."""

    start: int
    end: int
    value: str = ""
    """Decoded if a string, else as written."""
    form: str = "other"
    """``text``, ``number``, ``list``, ``map``, ``code`` (a function) or ``other``."""
    key: str | None = None
    key_form: str = ""
    value_start: int = 0
    """Where the value of a keyed item starts."""
    inner: list[Entry] = field(default_factory=list)
    """Items of a list or map inside, where they were read."""


@dataclass(slots=True)
class Part:
    """A member to be."""

    name: str
    value: str
    entry: Entry


@dataclass(slots=True)
class Shape:
    """What a literal is."""

    kind: Kind
    role: str
    parts: list[Part]


def shape(entries: list[Entry], least: int = 2) -> Shape | None:
    """Return what a literal of ``entries`` is, or ``None`` if it is neither labels nor a record."""
    if not entries:
        return None
    if entries[0].key is not None:
        return _mapping([e for e in entries if e.key is not None], least)
    return _sequence(entries, least)


def is_label(entry: Entry) -> bool:
    """Return whether an item is a short string that can name a class."""
    text = entry.value
    return entry.form == "text" and 0 < len(text) <= 60 and "\n" not in text and not text.startswith(("/", "http"))


def _sequence(entries: list[Entry], least: int) -> Shape | None:
    labels = [e for e in entries if is_label(e)]
    if len(labels) >= least and len(labels) * 10 >= len(entries) * 6:
        return Shape(Kind.LABEL_SET, "list", [Part(e.value, "", e) for e in labels])
    parts: list[Part] = []
    for entry in entries:
        found = _pair(entry) if entry.form == "list" else _object(entry) if entry.form == "map" else None
        if found:
            parts.append(found)
    if len(parts) >= max(2, least) and len(parts) * 10 >= len(entries) * 6:
        columns = sum(any(e.key in COLUMN_KEYS for e in p.entry.inner) for p in parts)
        if columns * 2 > len(parts):
            return Shape(Kind.OPTION, "column-header", parts)
        return Shape(Kind.LABEL_SET, "list", parts)
    return None


def _pair(entry: Entry) -> Part | None:
    """Return a code with its label: ``("W", "White")``, ``[1, "汉族"]``."""
    if not 2 <= len(entry.inner) <= 3:
        return None
    first, second = entry.inner[0], entry.inner[1]
    if is_label(first) and not is_label(second):
        return Part(first.value, second.value, entry) if second.form == "number" else None
    if is_label(second) and first.form in ("number", "text", "other"):
        if first.form == "text" and _CODE.fullmatch(second.value) and not _CODE.fullmatch(first.value):
            return Part(first.value, second.value, entry)
        return Part(second.value, first.value, entry)
    return None


def _object(entry: Entry) -> Part | None:
    """Return a code with its label: ``{text: "汉族", value: "1"}``."""
    by_key = {e.key: e for e in entry.inner if e.key}
    for label_key in LABEL_KEYS:
        label = by_key.get(label_key)
        if label and is_label(label):
            for value_key in VALUE_KEYS:
                if value_key in by_key and value_key != label_key:
                    return Part(label.value, by_key[value_key].value, entry)
            if len(entry.inner) <= 2:
                return Part(label.value, "", entry)
    return None


def _mapping(entries: list[Entry], least: int) -> Shape | None:
    if len(entries) < max(2, least):
        return None
    texts = [e for e in entries if is_label(e)]
    mostly_texts = len(texts) * 10 >= len(entries) * 8
    numbers = sum(e.form == "number" for e in entries)
    numeric_keys = sum(e.key_form == "number" or bool(_NUMBER.fullmatch(e.key or "")) for e in entries)
    if mostly_texts and numeric_keys * 10 >= len(entries) * 6:
        return Shape(Kind.LABEL_SET, "dict", [Part(e.value, e.key or "", e) for e in texts])
    if numbers == len(entries) and all(_is_index(e.value) for e in entries):
        return Shape(Kind.LABEL_SET, "dict", [Part(e.key or "", e.value, e) for e in entries])
    if mostly_texts:
        if all(len(e.key or "") <= 3 for e in entries) and any(len(e.value) > 3 for e in texts):
            return Shape(Kind.LABEL_SET, "dict", [Part(e.value, e.key or "", e) for e in texts])
        same = sum((e.key or "").casefold() == e.value.casefold() for e in texts)
        spelt = sum(not (e.key or "").isascii() or " " in (e.key or "") for e in entries)
        if same * 2 >= len(entries) or spelt * 2 >= len(entries):
            return Shape(Kind.LABEL_SET, "dict", [Part(e.key or "", e.value, e) for e in entries])
    if len(entries) >= 3 and len({e.value for e in entries}) == 1 and entries[0].form != "text":
        # ``{"white": None, "black": None, …}``: only the keys say something. A form's fields are empty texts.
        return Shape(Kind.LABEL_SET, "dict", [Part(e.key or "", e.value, e) for e in entries])
    fields = [Part(e.key or "", e.value, e) for e in entries if e.form != "code"]
    return Shape(Kind.RECORD, "dict", fields) if len(fields) >= 2 else None


def _is_index(value: str) -> bool:
    return bool(_NUMBER.fullmatch(value)) and len(value) <= 10
