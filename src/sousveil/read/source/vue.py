"""Vue single-file components: labels, choices and columns of the template; the script is read as JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from sousveil.model import Construct, Kind, Member
from sousveil.read.source import javascript
from sousveil.read.source.drafts import Draft, Spots, select, touched
from sousveil.read.source.elements import Attribute, Document, Element
from sousveil.read.text import Text
from sousveil.read.unfinished import tell

EXTENSIONS = (".vue",)
LANGUAGE = "vue"

_MEMBERS = 500
_LABELS = ("label", "title", "header", "placeholder", "aria-label", "tab", "caption", "text", "tooltip", "description")
_FIELDS = ("prop", "v-model", "name", "field", "dataIndex", "data-index", "key", "id", "value-key", "for", "column-key")
_CHOICE = re.compile(
    r"(?:^|-)(?:select|radio-group|checkbox-group|cascader|picker|dropdown|autocomplete|combobox|datalist)$"
)
_ITEM = re.compile(r"(?:^|-)(?:option|radio|checkbox|radio-button|checkbox-button|select-option|dropdown-item)$")
_COLUMN = re.compile(r"(?:^|-)(?:table-column|column)$|^th$")
_ROWS = re.compile(r"(?:^|-)(?:form-item|descriptions-item|field|cell|menu-item|tab-pane|collapse-item|form)$")
_FORM = re.compile(r"(?:^|-)(?:form|table|descriptions|filter|search|query)$")
_SHOWN = frozenset((
    "label", "span", "th", "td", "h1", "h2", "h3", "h4", "h5", "h6", "legend", "dt", "dd", "div", "p", "a",
    "button", "b", "strong", "li", "em", "i",
))  # fmt: skip
_QUOTED = re.compile(r"'([^'\n]{1,200})'|\"([^\"\n]{1,200})\"|`([^`\n]{1,200})`")
_BRACES = re.compile(r"\{\{(.{0,400}?)\}\}", re.S)
_PATH = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LIST = re.compile(r"\b(?:in|of)\s+([\w$.]+)")


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs of template and script that hold a hit, and those they name or are named by."""
    if hits is not None and not hits:
        return []
    template = Template(text)
    scripts = javascript.finder(text, hits, template.scripts())
    drafts = list(template.drafts())

    def find(spots: Spots | None) -> Iterator[Draft]:
        yield from (d for d in drafts if touched(spots, d.start, d.end))
        yield from scripts(spots)

    return select(text, hits, find, template.document.cut_short())


class Template:
    """The markup of a component, or a stretch of markup in another file."""

    def __init__(self, text: Text, start: int = 0, end: int | None = None, language: str = LANGUAGE) -> None:
        self.text = text
        self.document = Document(text.utf8, True, start, end)
        for element in self.document.elements:
            if not element.name.islower():
                # ``<FormItem>`` and ``<form-item>`` are one component.
                element.name = _HUMP.sub("-", element.name).lower()
        self.language = language
        self._words_of: dict[int, tuple[str, ...]] = {}

    def scripts(self) -> list[tuple[int, int]]:
        """Return the spans of the scripts."""
        return [(e.open_end, e.close_start) for e in self.document.elements if e.name == "script"]

    def drafts(self) -> Iterator[Draft]:
        """Yield what the template shows."""
        covered = -1
        for element in self.document.elements[1:]:
            name = element.name
            if name in ("script", "style", "template", "") and element.parent <= 0:
                continue
            if name == "!":
                yield self._draft(element, element.start, element.end, self._comment)
            elif name and name not in ("script", "style"):
                choice = self._choice(element)
                if choice is not None and element.start >= covered:
                    covered = choice.end
                    yield self._draft(element, element.start, max(element.open_end, choice.end), self._choose)
                elif element.start < covered and (_ITEM.search(name) or name == "option"):
                    continue
                elif self._label(element) and element.start >= covered:
                    yield self._draft(element, element.start, element.open_end, self._shown)
                elif name in _SHOWN and (own := self._own_text(element)):
                    yield self._draft(element, element.start, own[-1].end, self._text)

    def _draft(self, element: Element, start: int, end: int, build: Callable[[Element], Construct | None]) -> Draft:
        return Draft(start, end, lambda: build(element), linkable=False)

    def _choice(self, element: Element) -> Element | None:
        """Return the choice an element is, or the one that the form item labels."""
        if _CHOICE.search(element.name):
            return element
        if not _ROWS.search(element.name) or not self._label(element):
            return None
        for inside in self.document.inside(element, limit=60):
            if _CHOICE.search(inside.name):
                return inside
        return None

    def _label(self, element: Element) -> Attribute | None:
        for name in _LABELS:
            found = element.get(name, ":" + name, "v-bind:" + name)
            if found and found.value.strip() and (found.name == name or _QUOTED.search(found.value)):
                return found
        return None

    def _words(self, attribute: Attribute) -> str:
        """Return a plain attribute's value, or the strings in a bound one."""
        if not attribute.name.startswith((":", "v-bind")):
            return attribute.value
        found = [a or b or c for a, b, c in _QUOTED.findall(attribute.value)]
        return " ".join(found) or attribute.value

    def _fields(self, element: Element) -> list[str]:
        found = []
        for name in _FIELDS:
            attribute = element.get(name, ":" + name)
            if attribute and attribute.value:
                found.append(attribute.value)
        return found

    def _own_text(self, element: Element) -> list[Element]:
        return [c for c in self.document.children(element) if not c.name and c.value]

    def _scope(self, element: Element) -> tuple[str, ...]:
        names = []
        for around in self.document.path(element):
            label = self._label(around)
            if label and not _CHOICE.search(around.name):
                names.append(self._words(label))
            elif around.get("ref", "id") and around.name not in ("template", "div", "span"):
                names.append(around.text("ref", "id"))
        return tuple(names)

    def _form(self, element: Element) -> Element | None:
        """Return the innermost form or table around ``element``, else the outermost element."""
        around = list(self.document.path(element))
        return next((e for e in reversed(around) if _FORM.search(e.name)), around[0] if around else None)

    def _neighbours(self, element: Element) -> tuple[str, ...]:
        """Return what the form says of itself and the words shown in it, in order, each once, at most 80."""
        form = self._form(element)
        if form is None:
            return ()
        if form.start not in self._words_of:
            words: dict[str, None] = dict.fromkeys(
                w for w in (form.text("class"), form.text(":model", "model", "ref", "id"), form.text("title")) if w
            )
            for inside in self.document.inside(form, limit=4000):
                label = self._label(inside) if inside.name and not _ITEM.search(inside.name) else None
                shown = self._words(label) if label else "" if inside.name else inside.value
                shown = " ".join(shown.split())
                if shown and len(shown) <= 40 and len(words) < 80:
                    words[shown] = None
            self._words_of[form.start] = tuple(words)
        return self._words_of[form.start]

    def _option(
        self, element: Element, name: str, start: int, end: int, role: str, members: list[Member], uses: list[str]
    ) -> Construct:
        return Construct(
            Kind.OPTION,
            name[:300],
            self.text.passage(start, max(end, start + 1), 300),
            tuple(members),
            scope=self._scope(element),
            role=role,
            language=self.language,
            uses=tuple(dict.fromkeys(u[:80] for u in (*uses, *self._neighbours(element)) if u))[:200],
        )

    def _choose(self, element: Element) -> Construct | None:
        choice = self._choice(element) or element
        label = self._label(element) or self._label(choice)
        fields = [*self._fields(element), *self._fields(choice)]
        members: list[Member] = []
        uses = [element.name, *fields]
        for item in self.document.inside(choice, limit=20_000):
            if not _ITEM.search(item.name) and item.name != "option":
                continue
            loop = item.get("v-for")
            if loop and (source := _LIST.search(loop.value)):
                uses.append(source.group(1))
            shown = self._label(item)
            words = self.document.words(item, 200) or (self._words(shown) if shown else "")
            if words and len(members) >= _MEMBERS:
                tell("cut", f"more than {_MEMBERS} entries of one choice: the first were read")
                break
            if words:
                value = item.text("value", ":value", "key")
                passage = self.text.passage(item.start, max(item.end, item.open_end), 300)
                members.append(Member(words, passage, value=value))
        given = choice.get(":options", ":data", "options")
        if given:
            uses.append(given.value)
        name = self._words(label) if label else fields[0] if fields else ""
        if not name and not members:
            return None
        start, end = (label.start, label.end) if label else (choice.start, choice.open_end)
        return self._option(element, name, start, end, "select", members, uses)

    def _shown(self, element: Element) -> Construct | None:
        label = self._label(element)
        if label is None:
            return None
        role = "column-header" if _COLUMN.search(element.name) else "menu" if "menu" in element.name else "label"
        fields = self._fields(element)
        for inside in self.document.inside(element, limit=12):
            fields += self._fields(inside)
            if not inside.name:
                fields += [p for b in _BRACES.findall(inside.value) for p in _PATH.findall(b)]
        return self._option(element, self._words(label), label.start, label.end, role, [], [element.name, *fields])

    def _text(self, element: Element) -> Construct | None:
        own = self._own_text(element)
        words = " ".join(" ".join(_BRACES.sub(" ", e.value) for e in own).split())
        braces = [b for e in own for b in _BRACES.findall(e.value)]
        if not words:
            words = " ".join(a or b or c for brace in braces for a, b, c in _QUOTED.findall(brace))
        uses = [p for b in braces for p in _PATH.findall(b)]
        beside = self.document.beside(element, 1)
        if words and not uses and beside and beside.name and len(beside.children) <= 1:
            # ``<label>…</label><span>{{ detail.nation }}</span>``, ``<input name="nation">``
            uses += self._fields(beside)
            uses += [p for c in self._own_text(beside) for b in _BRACES.findall(c.value) for p in _PATH.findall(b)]
        if not words and not uses:
            return None
        role = "column-header" if element.name == "th" else "label"
        first = own[0]
        if len(words) > 200:
            return Construct(
                Kind.STATEMENT,
                "",
                self.text.passage(first.start, first.end),
                gloss=words[:4000],
                scope=self._scope(element),
                role="sentence",
                language=self.language,
            )
        start = first.start
        while start < first.end and self.text.utf8[start : start + 1].isspace():
            start += 1
        return self._option(element, words.strip(" :：") or uses[0], start, first.end, role, [], [element.name, *uses])

    def _comment(self, element: Element) -> Construct:
        return Construct(
            Kind.STATEMENT,
            "",
            self.text.passage(element.start, element.end),
            gloss=element.value[:4000],
            scope=self._scope(element),
            role="comment",
            language=self.language,
        )
