"""Qt Designer forms (``.ui``): labels, choices, buttons and columns as options, with what stands around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sousveil.model import Construct, Kind, Member
from sousveil.read.source.drafts import Draft, select, touched
from sousveil.read.source.elements import Document, Element
from sousveil.read.text import Text
from sousveil.read.unfinished import tell

EXTENSIONS = (".ui",)
LANGUAGE = "qt-ui"

_MEMBERS = 500
_TEXTS = ("text", "title", "windowTitle", "placeholderText", "toolTip", "whatsThis", "statusTip")
_TITLED = frozenset(("QGroupBox", "QDialog", "QMainWindow", "QWidget", "QDockWidget", "QTabWidget", "QMenu", "QFrame"))
_ROLES = {
    "QLabel": "label",
    "QCheckBox": "select",
    "QRadioButton": "select",
    "QComboBox": "select",
    "QListWidget": "select",
    "QTableWidget": "column-header",
    "QTreeWidget": "column-header",
    "QPushButton": "menu",
    "QToolButton": "menu",
    "QMenu": "menu",
    "QGroupBox": "label",
}


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the labels, choices and actions that hold a hit; a choice is named by the label before it."""
    if hits is not None and not hits:
        return []
    form = _Form(text)
    drafts = list(form.drafts())
    return select(
        text, hits, lambda spots: [d for d in drafts if touched(spots, d.start, d.end)], form.document.cut_short()
    )


class _Form:
    def __init__(self, text: Text) -> None:
        self.text = text
        self.document = Document(text.utf8)

    def drafts(self) -> Iterator[Draft]:
        label: Element | None = None
        for element in self.document.elements[1:]:
            if element.name == "action" or (element.name == "widget" and self._strings(element)):
                kind = element.text("class")
                if kind == "QLabel":
                    if label:
                        yield self._draft(label, None)
                    label = element
                    continue
                named = self._label_of(element, label)
                if label and not named:
                    yield self._draft(label, None)
                yield self._draft(element, named)
                label = None
            elif element.name == "widget" and element.text("class") in (
                "QLineEdit",
                "QSpinBox",
                "QDateEdit",
                "QComboBox",
            ):
                # An empty field still carries its label.
                found = self._label_of(element, label)
                if found:
                    yield self._draft(element, found)
                elif label:
                    yield self._draft(label, None)
                label = None
        if label:
            yield self._draft(label, None)

    def _draft(self, element: Element, label: Element | None) -> Draft:
        start = label.start if label and label.start < element.start else element.start
        holes: list[tuple[int, int]] = []
        waiting = list(element.children)
        while waiting:
            inner = self.document.elements[waiting.pop()]
            if inner.name == "widget":
                holes.append((inner.start, inner.end))
            else:
                waiting.extend(inner.children)
        if label and label.end < element.start:
            holes.append((label.end, element.start))
        return Draft(start, element.end, lambda: self._build(element, label), linkable=False, holes=tuple(holes))

    def _label_of(self, element: Element, label: Element | None) -> Element | None:
        """Return the label just before ``element`` in the same layout."""
        if label is None or element.text("class") not in (
            "QComboBox",
            "QLineEdit",
            "QListWidget",
            "QSpinBox",
            "QDateEdit",
            "QCheckBox",
            "QRadioButton",
        ):
            return None
        return label if self._layout(label) == self._layout(element) else None

    def _layout(self, element: Element) -> int:
        for around in reversed(self.document.path(element)):
            if around.name in ("layout", "widget"):
                return around.index
        return -1

    def _strings(self, element: Element) -> list[tuple[str, Element]]:
        """Return the strings of ``element`` itself: property name and the ``string`` element."""
        found = []
        for child in self.document.children(element, "property", "attribute"):
            string = self.document.child(child, "string")
            if string and child.text("name") in _TEXTS and self.document.words(string):
                found.append((child.text("name"), string))
        if not found and self.document.children(element, "item", "column", "row"):
            first = self._items(element)
            if first:
                found.append(("", first[0]))
        return found

    def _items(self, element: Element) -> list[Element]:
        """Return the strings of a choice's entries or a table's columns."""
        found: list[Element] = []
        for entry in self.document.children(element, "item", "column", "row"):
            for child in self.document.children(entry, "property"):
                string = self.document.child(child, "string")
                if string and child.text("name") == "text":
                    found.append(string)
            if len(found) >= _MEMBERS:
                tell("cut", f"more than {_MEMBERS} entries of one choice: the first were read")
                break
        return found

    def _scope(self, element: Element) -> tuple[str, ...]:
        names = []
        for around in self.document.path(element):
            if around.name == "ui":
                top = self.document.child(around, "class")
                names.append(self.document.words(top) if top else "")
            elif around.name == "widget" and around.text("class") in _TITLED:
                titles = [self.document.words(s) for k, s in self._strings(around) if k in ("title", "windowTitle")]
                names.append(titles[0] if titles else around.text("name"))
        return tuple(n for n in names if n)

    def _build(self, element: Element, label: Element | None) -> Construct:
        kind = element.text("class")
        own = [(k, s) for k, s in self._strings(element) if k]
        words = [self.document.words(s) for _, s in own]
        named = self.document.words(self._strings(label)[0][1]) if label else ""
        title = named or (words[0] if words else "") or element.text("name")
        members = []
        for number, string in enumerate(self._items(element)):
            start, end = string.open_end, max(string.close_start, string.open_end + 1)
            members.append(Member(self.document.words(string), self.text.passage(start, end, 300), value=str(number)))
        if kind in ("QCheckBox", "QRadioButton", "QPushButton") and named and own:
            string = own[0][1]
            members.append(Member(words[0], self.text.passage(string.open_end, string.close_start, 300)))
        shown = self._strings(label)[0][1] if label else own[0][1] if own else None
        passage = (
            self.text.passage(shown.open_end, shown.close_start)
            if shown
            else self.text.passage(element.start, element.open_end)
        )
        extra = [w for w in words if w != title]
        return Construct(
            Kind.OPTION,
            title.strip().rstrip(":：").rstrip(),
            passage,
            members=tuple(members),
            gloss=" ".join(extra),
            scope=self._scope(element),
            role=_ROLES.get(kind, "menu" if element.name == "action" else "label"),
            language=LANGUAGE,
            uses=tuple(n for n in (element.text("name"), kind) if n),
        )
