"""From a tree of objects and arrays to records, label sets and statements."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from msgspec.structs import replace

from sousveil.model import Construct, Kind, Member
from sousveil.read.document.sentences import sentence
from sousveil.read.places import CAP, Hits, Places
from sousveil.read.resource.openapi import Described
from sousveil.read.resource.parts import MEMBERS, SHORT, field, head, hit_itself, hit_ones, label, own_end, pick
from sousveil.read.resource.tree import GLOSSING, Node
from sousveil.read.unfinished import bounded

_INTEGER = re.compile(r"-?\d{1,6}\Z")
_CODE = re.compile(r"(?:[A-Z0-9]{1,3}|[a-z]{1,2}|\d{1,4}-\d{1,4})\Z")
_MAPPING = re.compile(
    r"(?:^|[_\-.\s])(?:id2|labels?|class(?:es)?|names?|map(?:ping)?|dict|enums?|categor\w+|options?|choices)(?:$|[_\-.\s\d])"
    r"|2(?:id|label|name|idx)|(?:Labels?|Map(?:ping)?|Dict|Enum|Names?|Options?|Classes)$",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[^\W\d_]")
_DATA_TYPE = re.compile(
    r"(?:u?int\d*|integer|long|short|byte|float\d*|double|decimal|number|numeric|bool(?:ean)?|str(?:ing)?|text|"
    r"n?(?:var)?char|date(?:time)?|timestamp|time|enum|select|array|list|object|json|file|null)\b",
    re.IGNORECASE,
)
_LABELS = ("label", "text", "display", "displayName", "name", "title", "field", "key", "id", "code", "value", "column")
_FIELDS = ("name", "field", "key", "column", "id", "prop", "dataIndex", "code", "label", "title")
_KEYS = ("value", "code", "key", "id", "dictValue", "index", "val", "name")
ROWS = 10_000
_ITEMS = 20_000
"""Most objects of one array (or lines of JSON Lines) that are looked at; rows alike tell nothing new."""
_SAME = 5
"""Most records of one array with the same keys, and statements of one array under the same key with one value."""
_ALIKE = 60
_SENTENCES = 20
"""Most sentences of one value."""


class Builder:
    """Collects the constructs of one document."""

    def __init__(self, places: Places, hits: Hits, language: str) -> None:
        self.places = places
        self.hits = hits
        self.language = language
        self.out: list[Construct] = []
        self._described = Described(places, hits, language)
        self._done: set[tuple[str, int, int]] = set()
        self._listed: dict[tuple[int, int], bool] = {}
        self._seen: Counter[tuple[object, ...]] = Counter()

    @property
    def full(self) -> bool:
        """Whether as many constructs were made as one file may have."""
        return len(self.out) >= CAP

    def add(self, construct: Construct) -> None:
        """Keep a construct, while there is room."""
        if not self.full:
            self.out.append(construct)

    def container(self, node: Node) -> None:
        """Read one object or array in whose own keys or values a hit stands."""
        if self.full or not self._first("container", node):
            return
        if not self._few(ROWS, "rows", node.parent.start if node.parent is not None else -1):
            return
        found, described = self._described.read(node)
        for construct in found:
            self.add(construct)
        if described:
            return
        if node.kind == "object":
            self._object(node)
        elif node.kind == "array":
            self._array(node)

    def _first(self, what: str, node: Node) -> bool:
        mark = (what, node.start, node.end)
        if mark in self._done:
            return False
        self._done.add(mark)
        return True

    def _hit(self, children: Sequence[Node]) -> Sequence[int]:
        """Return the indexes of the children with a hit of their own; what YAML merges stands in no order."""
        if self.language == "json":
            return hit_ones(children, self.hits)
        return [i for i, c in enumerate(children) if hit_itself(c, self.hits)]

    def _few(self, most: int, *what: object) -> bool:
        """Return whether this was asked at most ``most`` times."""
        self._seen[what] += 1
        return self._seen[what] <= most

    # ------------------------------------------------------------------------------------------ objects

    def _object(self, node: Node) -> None:
        children = node.children
        if not children:
            return
        label_set = self._dictionary(node, children)
        if label_set is not None:
            self.add(label_set)
            return
        listed = self._items(node.parent)
        around = node.parent.start if node.parent is not None else -1
        if not (listed and len(children) <= 4) and self._few(_SAME, around, *(c.key for c in children[:40])):
            self.add(self._record(node, children))
        for i in self._hit(children):
            child = children[i]
            if self.full:
                return
            if not child.scalar or (listed and len(child.text) <= SHORT):
                continue
            if self._few(_SAME, around, child.key, child.text[:SHORT]) and self._few(_ALIKE, around, child.key):
                self._pair(node, child)

    def _record(self, node: Node, children: Sequence[Node]) -> Construct:
        wanted = self._hit(children)
        few = len(children) <= 120
        return Construct(
            kind=Kind.RECORD,
            name=node.named(),
            passage=head(node, self.places, self.hits),
            members=tuple(field(children[i], self.places, few) for i in pick(len(children), wanted)),
            gloss=node.gloss()[:2000],
            scope=node.scope(),
            role="model" if _signature(node) else "object",
            language=self.language,
        )

    def _dictionary(self, node: Node, children: Sequence[Node]) -> Construct | None:
        """Return ``{"0": "asian", …}``, ``{"asian": 0, …}`` and ``{"A": "Asian", …}`` as a set of labels."""
        if len(children) < 2 or not all(c.scalar and len(c.text) <= SHORT for c in children):
            return None
        forward = self._forward(node.named(), children)
        if forward is None:
            return None
        wanted = self._hit(children)
        members = []
        for i in pick(len(children), wanted):
            child = children[i]
            passage = self.places.passage(child.from_start, child.end, 300)
            name, value = (child.text, child.key) if forward else (child.key, child.text)
            members.append(Member(name, passage, value, gloss=child.comment))
        return self._labels(node, members, "dict")

    @staticmethod
    def _forward(name: str, children: Sequence[Node]) -> bool | None:
        """Return whether the labels are the values; ``None`` where the object is no set of labels."""
        keys, texts = [c.key for c in children], [c.text for c in children]
        distinct = len(set(texts)) == len(texts)
        words = all(c.kind == "string" and _LETTER.search(c.text) for c in children)
        if words and all(_INTEGER.match(k) for k in keys):
            return True
        if words and distinct and (all(_CODE.match(k) for k in keys) or _MAPPING.search(name)):
            return True
        if all(_INTEGER.match(t) for t in texts) and all(len(k) <= SHORT and _LETTER.search(k) for k in keys):
            numbers = sorted(int(t) for t in texts)
            if numbers[0] in (0, 1) and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
                return False if len(children) >= 3 or _MAPPING.search(name) else None
        return None

    def _pair(self, node: Node, child: Node) -> None:
        if not self._first("pair", child):
            return
        role = self._package_role(node, child)
        if role or len(child.text) <= SHORT or not self.hits.inside(child.start, child.end):
            self.statement(node, child, role or "key-value", child.from_start, child.end)
            return
        last, told = -1, 0
        for hit in self.hits.between(child.start, child.end):
            if hit < last:
                continue
            told += 1
            if told > _SENTENCES or self.full:
                return
            start, last = sentence(self.places.utf8, hit, child.start, child.end)
            self.statement(node, child, "value", start, last)

    def statement(self, node: Node, child: Node, role: str, start: int, end: int) -> None:
        """Add a statement at a span of one child of ``node``."""
        scope = (*node.scope(), *((node.key,) if node.key else ()))
        name = node.value("name", "id", "title")
        if 0 < len(name) <= 120 and child.text != name:
            scope = (*scope, name)
        passage = self.places.passage(start, end)
        pair = Member(child.key[:200], passage, child.text[:600], child.kind)
        gloss = child.comment[:1000]
        self.add(
            Construct(Kind.STATEMENT, child.key, passage, (pair,), gloss, scope[-32:], role, language=self.language)
        )

    def _package_role(self, node: Node, child: Node) -> str:
        if child.key not in ("description", "summary", "keywords"):
            return ""
        path = ".".join(n.key for n in (*node.path(), node) if n.key)
        package = path in ("project", "tool.poetry", "package") or (
            path == "" and node.parent is None and bool(node.value("name")) and bool(node.value("version"))
        )
        if not package:
            return ""
        return "keywords" if child.key == "keywords" else "package-summary"

    # ------------------------------------------------------------------------------------------- arrays

    def _array(self, node: Node) -> None:
        scalars = [c for c in node.children if c.scalar]
        if not scalars:
            return
        if node.parent is not None and node.parent.kind == "object" and self._package_role(node.parent, node):
            self.statement(node.parent, node, "keywords", node.from_start, node.end)
            if self.out and self.out[-1].role == "keywords":
                keywords = tuple(label(c, self.places) for c in bounded(scalars, MEMBERS, "keywords of one package"))
                self.out[-1] = replace(self.out[-1], members=keywords)
            return
        if _output_layer(node):
            place = self.places.passage(node.from_start, node.end, 300)
            members = [label(c, self.places) for c in scalars[:1]]
            self.add(Construct(Kind.RECORD, "", place, tuple(members), role="model", language=self.language))
            return
        short = sum(len(c.text) <= SHORT for c in scalars)
        if short * 10 >= len(scalars) * 8 and self._few(_SAME, "list", *(c.text for c in scalars[:40])):
            wanted = (i for i, c in enumerate(scalars) if hit_itself(c, self.hits))
            members = [label(scalars[i], self.places) for i in pick(len(scalars), wanted)]
            self.add(self._labels(node, members, "list"))
        for child in scalars:
            if len(child.text) > SHORT and hit_itself(child, self.hits):
                self._pair(node, child)

    def _labels(self, node: Node, members: Sequence[Member], role: str) -> Construct:
        parent = node.parent if node.parent is not None and node.parent.kind == "object" else None
        beside = parent.children[:80] if parent is not None else []
        uses = dict.fromkeys(c.key for c in beside if c is not node and 0 < len(c.key) <= SHORT)
        gloss = node.comment
        if parent is not None and node.key:
            gloss = "\n".join(part for part in (gloss, parent.value(*GLOSSING)) if part)
        return Construct(
            kind=Kind.LABEL_SET,
            name=node.named(),
            passage=head(node, self.places, self.hits),
            members=tuple(members),
            gloss=gloss[:2000],
            scope=node.scope(),
            role=role,
            language=self.language,
            uses=tuple(uses),
        )

    def _items(self, array: Node | None) -> bool:
        """Read an array of objects that name themselves as fields or options, once; return whether it is one."""
        if array is None or array.kind != "array":
            return False
        mark = (array.start, array.end)
        if mark not in self._listed:
            self._listed[mark] = False
            construct = self._item_list(array)
            if construct is not None:
                self.add(construct)
                self._listed[mark] = True
        return self._listed[mark]

    def _item_list(self, array: Node) -> Construct | None:
        children = bounded(array.children, _ITEMS, "entries of one list")
        sample = children[:40]
        if len(sample) < 2 or not all(c.kind == "object" for c in sample):
            return None
        typed = sum(bool(_DATA_TYPE.match(c.value("type", "dataType", "data_type", "dtype"))) for c in sample)
        fields = typed * 2 >= len(sample)
        naming = _naming(sample, _FIELDS if fields else _LABELS)
        if not naming:
            return None
        valued = "" if fields else _naming(sample, tuple(k for k in _KEYS if k != naming))
        # In JSON what an item holds stands inside it: the items without a hit need not be read.
        near = self.hits.inside if self.language == "json" else lambda start, end: True
        wanted = (
            i
            for i, c in enumerate(children)
            if near(c.start, c.end) and any(hit_itself(g, self.hits) for g in c.children[:40])
        )
        members: list[Member] = []
        for i in pick(len(children), wanted, 200):
            item = children[i]
            named = item.child(naming)
            if named is None or not named.scalar:
                continue
            kind = item.value("type", "dataType", "data_type", "dtype")[:80] if fields else ""
            gloss = item.value(*(key for key in GLOSSING if key != naming))[:1000]
            passage = self.places.passage(named.from_start, own_end(named), 300)
            value = item.value(valued)[:200] if valued else ""
            members.append(Member(named.text[:200], passage, value, kind, gloss))
        return Construct(
            kind=Kind.RECORD if fields else Kind.LABEL_SET,
            name=array.named(),
            passage=head(array, self.places, self.hits) if array.key else members[0].passage,
            members=tuple(members),
            scope=array.scope(),
            role="field-table" if fields else "options",
            language=self.language,
        )


def _naming(sample: Sequence[Node], keys: Sequence[str]) -> str:
    """Return the first of ``keys`` under which nearly every object has a short text of its own."""
    for key in keys:
        texts = [c.value(key) for c in sample]
        good = [t for t in texts if 0 < len(t) <= SHORT]
        if len(good) * 10 >= len(sample) * 8 and len(set(good)) * 10 >= len(good) * 8:
            return key
    return ""


def _signature(node: Node) -> bool:
    """Return whether an object lists the outputs that a model of TensorFlow.js is called with."""
    above = node.parent
    return (
        node.key == "outputs"
        and above is not None
        and above.key == "signature"
        and above.parent is not None
        and above.parent.child("modelTopology") is not None
    )


def _output_layer(node: Node) -> bool:
    """Return whether an array names a layer whose answer a model of Keras puts out: ``["race", 0, 0]``."""
    above = node.parent
    if above is not None and above.kind == "array" and not above.key:
        above = above.parent
    if node.named() != "output_layers" or above is None:
        return False
    whole = above.parent if above.kind == "array" else above
    return whole is not None and whole.child("input_layers") is not None and whole.child("layers") is not None
