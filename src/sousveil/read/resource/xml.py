"""XML: elements with their fields as records, string tables, lists, property lists. Entities are never expanded."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sousveil.model import Construct, Kind, Member
from sousveil.read import gloss as glosses
from sousveil.read.document.sentences import sentence
from sousveil.read.places import CAP, Hits, Places
from sousveil.read.resource import plist
from sousveil.read.resource.markup import Attribute, Element, Markup, windows
from sousveil.read.resource.parts import SHORT, pick
from sousveil.read.resource.tree import containers, owner
from sousveil.read.resource.values import Builder
from sousveil.read.text import Text
from sousveil.read.unfinished import bounded

EXTENSIONS = (
    ".xml", ".plist", ".resx", ".xlf", ".xliff", ".ts.xml", ".axml", ".xaml", ".config", ".xsl", ".xslt",
    ".rdf", ".owl", ".docbook", ".dbk", ".svg", ".storyboard", ".xib", ".kgm", ".tmx", ".wxl", ".fxml",
    ".gml", ".kml", ".entitlements", ".stringsdict"
)  # fmt: skip

_CHILDREN = 5000
_NAMING = ("name", "key", "id", "field", "column", "property", "code", "label", "title")
_GLOSSING = ("description", "desc", "comment", "displayname", "display", "label", "title", "caption", "remark", "text",
             "chinese", "cnname", "doc", "tooltip", "hint")  # fmt: skip
_TYPES = ("type", "datatype", "dbtype", "javatype", "jdbctype", "class")
_FIELDS = frozenset(
    ("field", "column", "property", "attribute", "param", "parameter", "element", "member", "arg", "result")
)
_UNITS = frozenset(("data", "trans-unit", "message", "unit", "tu", "entry", "item", "property", "option", "enumvalue"))
_TOLD = ("value", "translation", "target", "label", "text", "description")


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs of an XML document that hold a hit, at most ``places.CAP``."""
    places, wanted = Places(text), Hits(hits)
    out: list[Construct] = []
    for low, high in windows(places.utf8, wanted.offsets):
        markup = Markup(places.utf8, low, high, html=False)
        tree = plist.tree(markup)
        if tree is not None:
            builder = Builder(places, wanted, "plist")
            for node in containers(tree) if wanted.all else (owner(tree, h) for h in wanted.between(low, high)):
                builder.container(node)
            out.extend(builder.out)
        else:
            reader = _Reader(places, wanted, markup)
            reader.read(low, high)
            out.extend(reader.out)
        if len(out) >= CAP:
            break
    return out[:CAP]


class _Reader:
    def __init__(self, places: Places, hits: Hits, markup: Markup) -> None:
        self._places, self._hits, self._markup = places, hits, markup
        self._seen: set[tuple[int, str]] = set()
        # What holds thousands of texts is asked again at each of them.
        self._lists: dict[int, bool] = {}
        self._rows: dict[int, bool] = {}
        self.out: list[Construct] = []

    def read(self, low: int, high: int) -> None:
        """Collect the constructs of every hit in a span."""
        offsets = self._hits.between(low, high)
        if self._hits.all:
            offsets = [r.start for r in self._markup.runs] + [e.start for e in self._markup.elements[1:]]
        for hit in offsets:
            if len(self.out) >= CAP:
                return
            run = self._markup.run_at(hit)
            comment = self._markup.comment_at(hit)
            if run is not None:
                self._text(run.parent, run.start, run.end, hit)
            elif comment is not None:
                start, end = sentence(self._places.utf8, hit, *comment)
                self._statement("comment", "", start, end, self._markup.element_at(hit))
            else:
                self._tag(hit)

    def _first(self, what: str, element: Element) -> bool:
        if (element.start, what) in self._seen:
            return False
        self._seen.add((element.start, what))
        return True

    def _statement(
        self,
        role: str,
        name: str,
        start: int,
        end: int,
        element: Element,
        members: Sequence[Member] = (),
        gloss: str = "",
    ) -> None:
        if start < end:
            passage = self._places.passage(start, end)
            self.out.append(
                Construct(Kind.STATEMENT, name[:200], passage, tuple(members), gloss, _scope(element), role, "xml")
            )

    # -------------------------------------------------------------------------------------------- texts

    def _text(self, element: Element, start: int, end: int, hit: int) -> None:
        text = self._markup.words(start, end)
        holder = element.parent
        if len(text) > 2 * SHORT or element.children:
            first, last = sentence(self._places.utf8, hit, start, end)
            if (first, "sentence") not in self._seen:
                self._seen.add((first, "sentence"))
                self._statement("sentence", _called(element), first, last, element)
            return
        if holder is not None and holder.tag and self._is_list(holder):
            self._list(holder)
            return
        name = element.get("name", "key", "id")
        if holder is not None and holder.tag in _UNITS and element.tag in ("source", *_TOLD):
            self._unit(holder)
        elif name:
            if self._first("pair", element):
                pair = Member(name, self._places.passage(element.start, element.end, 300), text[:600])
                self._statement("key-value", name, element.start, element.end, element, (pair,), self._comment(element))
        elif holder is not None and holder.tag:
            self._record(holder)
        elif self._first("pair", element):
            self._statement("value", element.tag, start, end, element)

    def _unit(self, holder: Element) -> None:
        """Add one unit of translation, or an entry with a key and a value."""
        if not self._first("unit", holder):
            return
        children = {child.tag: child for child in holder.children[:20]}
        source = children.get("source") or children.get("key") or children.get("name")
        name = holder.get("name", "id", "key") or (self._markup.text_of(source) if source is not None else "")
        members = [
            Member(name[:200], self._places.passage(c.start, c.end, 300), self._markup.text_of(c)[:600], tag)
            for tag, c in children.items()
            if tag in _TOLD or tag == "source"
        ]
        note = children.get("comment") or children.get("note") or children.get("extracomment")
        gloss = self._markup.text_of(note)[:1000] if note is not None else ""
        self._statement("key-value", name, holder.start, holder.end, holder, members, gloss)

    def _is_list(self, holder: Element) -> bool:
        """Return whether an element holds only texts under one tag: ``<string-array><item>…``."""
        known = self._lists.get(holder.start)
        if known is None:
            known = self._lists[holder.start] = self._holds_texts(holder)
        return known

    def _holds_texts(self, holder: Element) -> bool:
        children = holder.children[:2000]
        if len(children) < 2 or len({c.tag for c in children}) != 1 or any(c.children for c in children):
            return False
        if sum(1 for c in children if c.get("name", "key", "id")) * 2 > len(children):
            return False
        return all(len(self._markup.text_of(c, 3)) <= SHORT for c in children[:60])

    def _list(self, holder: Element) -> None:
        if not self._first("list", holder):
            return
        children = bounded(holder.children, _CHILDREN, "entries of one list")
        wanted = (i for i, c in enumerate(children) if self._hits.inside(c.start, c.end))
        members = []
        for i in pick(len(children), wanted):
            child = children[i]
            passage = self._places.passage(child.start, child.end, 300)
            members.append(Member(self._markup.text_of(child, 3)[:200], passage, child.get("value", "code")[:200]))
        self._construct(Kind.LABEL_SET, "list", holder, members)

    # --------------------------------------------------------------------------------------------- tags

    def _tag(self, hit: int) -> None:
        element = self._markup.element_at(hit)
        if not element.tag:
            end = self._places.line_end(hit, 200)
            self._statement("value", "", hit, end, element)
            return
        attribute = next((a for a in element.attributes if a.start <= hit < a.end), None)
        holder = element.parent
        alike = holder is not None and holder.tag and self._has_rows(holder)
        if attribute is not None and len(attribute.value) > 2 * SHORT:
            self._long(element, attribute, hit)
        elif alike and holder is not None:
            self._record(holder)
            if len(element.attributes) > 4 or element.children:
                self._record(element)
        elif attribute is None and holder is not None and holder.tag and not element.children:
            self._record(holder)
        else:
            self._record(element)

    def _has_rows(self, holder: Element) -> bool:
        known = self._rows.get(holder.start)
        if known is None:
            known = self._rows[holder.start] = _alike(holder)
        return known

    def _long(self, element: Element, attribute: Attribute, hit: int) -> None:
        start, end = sentence(self._places.utf8, hit, attribute.value_start, attribute.value_end)
        if (start, "sentence") not in self._seen:
            self._seen.add((start, "sentence"))
            self._statement("value", attribute.name, start, end, element)

    def _record(self, element: Element) -> None:
        """Add an element's attributes and simple children, or its children's names, as a record."""
        if not self._first("record", element):
            return
        if not element.tag or not (element.attributes or element.children):
            return
        members = [
            Member(a.name, self._places.passage(a.start, a.end, 300), a.value[:200]) for a in element.attributes[:60]
        ]
        children = bounded(element.children, _CHILDREN, "elements of one record")
        wanted = (i for i, c in enumerate(children) if self._hits.inside(c.start, c.inner) or
                  (not c.children and self._hits.inside(c.start, c.end)))  # fmt: skip
        members += [self._member(children[i]) for i in pick(len(children), wanted)]
        options = (
            not element.attributes
            and len(children) > 1
            and _alike(element)
            and not any(c.get(*_TYPES) or c.tag.lower() in _FIELDS for c in children[:200])
        )
        self._construct(
            Kind.LABEL_SET if options else Kind.RECORD, "options" if options else "element", element, members
        )

    def _member(self, child: Element) -> Member:
        name = child.get(*_NAMING)
        own = self._markup.text_of(child, 4) if not child.children else ""
        gloss = child.get(*(key for key in _GLOSSING if child.get(key) != name)) if name else ""
        gloss = glosses.join(gloss, self._comment(child))[:1000]
        kind = child.get(*_TYPES) or (child.tag if name else "")
        end = child.end if not child.children and child.end - child.start <= 300 else child.inner
        passage = self._places.passage(child.start, end, 300)
        value = (own or child.get("value", "default", "code"))[:200]
        return Member(
            (name or child.tag)[:200], passage, value, kind[:80], gloss, glosses.values(gloss) if gloss else ()
        )

    def _comment(self, element: Element) -> str:
        """Return the comment right before an element, or behind it on its line."""
        utf8 = self._places.utf8
        before = utf8[max(0, element.start - 400) : element.start].rstrip()
        words = ""
        if before.endswith(b"-->") and b"<!--" in before:
            words = before[before.rfind(b"<!--") :].decode("utf-8", "replace")
        line = utf8[element.end : self._places.line_end(element.end, 400)].strip()
        behind = line.decode("utf-8", "replace") if line.startswith(b"<!--") else ""
        # What stands behind the element before belongs to that one.
        if words and b"\n" not in utf8[max(0, element.start - 400) : element.start][len(before) :]:
            words = ""
        return glosses.join(*(glosses.clean(part) for part in (words, behind) if part))

    def _construct(self, kind: Kind, role: str, element: Element, members: Sequence[Member]) -> None:
        passage = self._places.passage(element.start, element.inner, 300)
        gloss = self._comment(element)[:1000]
        name = _called(element)[:200]
        bases = (element.tag,) if name != element.tag else ()
        self.out.append(
            Construct(kind, name, passage, tuple(members), gloss, _scope(element), role, "xml", bases=bases)
        )


def _called(element: Element) -> str:
    return element.get("name", "id", "key", "resource-id") or element.tag


def _alike(holder: Element) -> bool:
    """Return whether an element's children are of one kind and name themselves."""
    children = holder.children[:200]
    if len(children) < 2:
        return False
    tags = {c.tag for c in children}
    named = sum(1 for c in children if c.get(*_NAMING))
    return len(tags) <= max(3, len(children) // 4) and named * 10 >= len(children) * 7


def _scope(element: Element) -> tuple[str, ...]:
    names: list[str] = []
    for node in element.ancestors(32):
        if not node.tag:
            continue
        called = _called(node)
        names += [called, node.tag] if called != node.tag else [called]
    return tuple(re.sub(r"\s+", " ", name)[:120] for name in names[:32][::-1])
