"""Labels, choices and columns written as JSX."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sousveil.model import Construct, Kind, Member
from sousveil.read.source.drafts import Draft
from sousveil.read.source.jsparts import SENTENCE, STRINGS
from sousveil.read.source.jstable import JsTables
from sousveil.read.source.literals import shape
from sousveil.read.source.script import MEMBERS, Context
from sousveil.read.unfinished import tell

if TYPE_CHECKING:
    from tree_sitter import Node

ELEMENTS = frozenset(("jsx_element", "jsx_self_closing_element"))
_LOOKED_AT = 20_000
_SHORT = 400
_VARIABLE = re.compile(r"\{\s{0,4}([A-Za-z_$][\w$]{0,40}(?:\??\.[A-Za-z_$][\w$]{0,40}|\[\d\]){1,6})")
_FORM = re.compile(r"(?i:form|modal|dialog|fieldset)$")
_LABELS = frozenset(("label", "Label", "InputLabel", "FormLabel", "Form.Label", "legend", "button", "Button"))
_DEPTH, _FORM_NODES, _FORM_WORDS, _LABEL = 30, 4000, 60, 40
_FILTERS = re.compile(r"filter|facet", re.IGNORECASE)
_LABEL_ATTRIBUTES = (
    "label", "title", "placeholder", "header", "aria-label", "tooltip", "caption", "text", "description", "subtitle",
)  # fmt: skip
_NAME_ATTRIBUTES = ("name", "dataIndex", "prop", "field", "id", "dataKey", "value", "htmlFor")
_CHOICES = frozenset((
    "select", "Select", "RadioGroup", "CheckboxGroup", "Radio.Group", "Checkbox.Group", "Autocomplete", "Dropdown",
    "Picker", "datalist", "Cascader", "ToggleButtonGroup",
))  # fmt: skip
_SHOWN = frozenset((
    "label", "Label", "th", "h1", "h2", "h3", "h4", "h5", "h6", "legend", "dt", "button", "Button", "Typography",
    "InputLabel", "Text", "span", "td", "li", "a", "MenuItem", "Tab", "p", "div",
))  # fmt: skip
_ITEMS = frozenset((
    "option", "Option", "MenuItem", "Radio", "Checkbox", "Radio.Button", "Select.Option", "FormControlLabel",
    "ToggleButton",
))  # fmt: skip


class Jsx(JsTables):
    """Readers of elements."""

    def element(self, node: Node, context: Context) -> Iterator[Draft]:
        """Yield a choice with its options, or what an element shows."""
        opening = node.child_by_field_name("open_tag") or node
        tag = self.field(opening, "name")
        attributes = self._attributes_of(opening)
        label = next((attributes[a] for a in _LABEL_ATTRIBUTES if a in attributes), None)
        choice = self.is_choice(node)
        texts = [c for c in map(self._words_of, node.named_children) if c is not None]
        long = any(len(self.raw(t, 400).split()) >= SENTENCE for t in texts)
        # What a component of the page's own holds as words is shown as well.
        if not (choice or label is not None or (texts and (tag in _SHOWN or tag[:1].isupper() or long))):
            return
        if context.inside == "told" and (self.is_item(node) or (choice and label is None)):
            return
        held = self._options(node, attributes) if choice else []
        if label is not None and not choice:
            # A form item that holds a choice is told with it.
            inner = self._choice_inside(node)
            held = (
                self._options(inner, self._attributes_of(inner.child_by_field_name("open_tag") or inner))
                if inner
                else []
            )
            choice = inner is not None
        shown = label if label is not None else texts[0] if texts and not choice else None
        name = self._said(shown) if shown is not None else ""
        field = next((self._said(attributes[a]) for a in _NAME_ATTRIBUTES if a in attributes), "")
        if not name and not field and not held:
            return
        role = "select" if choice else "column-header" if tag == "th" or tag.endswith("Column") else "label"
        if role == "label" and _FILTERS.search(tag):
            role = "filter"

        def build() -> Construct:
            if shown is not None and not choice and len(name.split()) >= SENTENCE:
                return Construct(
                    Kind.STATEMENT,
                    "",
                    self.passage(shown),
                    gloss=" ".join(name.split()),
                    scope=context.scope,
                    role="sentence",
                    language=self.language,
                )
            return Construct(
                Kind.OPTION,
                name or context.name or field,
                self.passage(shown) if shown is not None else self.head(opening),
                tuple(held),
                scope=context.scope,
                role=role,
                language=self.language,
                uses=tuple(dict.fromkeys(w for w in (tag, field, *self._bound(node), *self._form_around(node)) if w)),
            )

        beside = [c.end_byte for c in node.named_children[:20] if texts and c.type == "jsx_expression"]
        end = node.end_byte if choice else max(opening.end_byte, *beside, texts[-1].end_byte if texts else 0)
        yield Draft(self.base + node.start_byte, self.base + end, build, linkable=False)

    def _bound(self, node: Node) -> list[str]:
        """Return what an element shows of variables: ``face.attributes.age.value``."""
        return _VARIABLE.findall(self.raw(node, _SHORT))

    def _form_around(self, node: Node) -> tuple[str, ...]:
        """Return the labels, the fields and the buttons of the form that holds an element, in order, each once."""
        around, steps = node.parent, 0
        while around is not None and steps < _DEPTH:
            steps += 1
            if around.type == "jsx_element":
                opening = around.child_by_field_name("open_tag")
                if opening is not None and _FORM.search(self.field(opening, "name")):
                    break
            around = around.parent
        else:
            return ()
        known = self.forms.get(around.start_byte)
        if known is None:
            known = self.forms[around.start_byte] = tuple(self._fields_of(around))
        return known

    def _fields_of(self, form: Node) -> dict[str, None]:
        words: dict[str, None] = {}
        waiting = [form]
        for _ in self.steps(_FORM_NODES):
            if not waiting or len(words) >= _FORM_WORDS:
                break
            current = waiting.pop()
            if current.type not in ELEMENTS:
                waiting.extend(reversed(current.named_children))
                continue
            opening = current.child_by_field_name("open_tag") or current
            attributes = self._attributes_of(opening)
            said = [self._said(attributes[a]) for a in ("label", "placeholder", "name") if a in attributes]
            if self.field(opening, "name") in _LABELS:
                said += [self.raw(t, 60) for t in map(self._words_of, current.named_children) if t is not None]
            words.update((w, None) for one in said if (w := one.strip(" *:")) and len(w) <= _LABEL)
            waiting.extend(reversed(current.named_children))
        return words

    def _words_of(self, child: Node) -> Node | None:
        """Return the words that a child of an element is: ``words`` or ``{"words"}``."""
        if child.type == "jsx_expression" and child.named_child_count == 1:
            child = child.named_children[0]
            return child if child.type == "string" and self.words(child, 200).strip() else None
        return child if child.type == "jsx_text" and self.raw(child).strip() else None

    def label_of(self, node: Node) -> str:
        """Return the label an element gives to what it holds."""
        attributes = self._attributes_of(node.child_by_field_name("open_tag") or node)
        return next((self._said(attributes[a]) for a in _LABEL_ATTRIBUTES[:2] if a in attributes), "")

    def is_choice(self, node: Node) -> bool:
        """Return whether an element offers a choice."""
        tag = self.field(node.child_by_field_name("open_tag") or node, "name")
        return tag in _CHOICES or tag.endswith("Select")

    def is_item(self, node: Node) -> bool:
        """Return whether an element is one option of a choice."""
        return self.field(node.child_by_field_name("open_tag") or node, "name") in _ITEMS

    def _attributes_of(self, opening: Node) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for child in opening.named_children[:100]:
            if child.type == "jsx_attribute" and child.named_child_count == 2:
                value = child.named_children[1]
                if value.type == "jsx_expression" and value.named_child_count:
                    value = value.named_children[0]
                found[self.raw(child.named_children[0], 80)] = value
        return found

    def _said(self, node: Node) -> str:
        if node.type in STRINGS:
            return self.words(node, 200)
        entry = self.entry(node, 1)
        return entry.value if entry.form == "text" else self.raw(node, 200) if node.type == "jsx_text" else ""

    def _choice_inside(self, node: Node) -> Node | None:
        waiting = list(node.named_children)
        seen = 0
        while waiting and seen < 200:
            current = waiting.pop(0)
            seen += 1
            if current.type in ELEMENTS:
                if self.is_choice(current):
                    return current
                waiting.extend(current.named_children)
        return None

    def _options(self, node: Node, attributes: dict[str, Node]) -> list[Member]:
        for name in ("options", "items", "data", "dataSource"):
            given = attributes.get(name)
            if given is not None and given.type == "array":
                found = shape(self.entries(given), 1)
                return [self.item(p.name, p.value, p.entry) for p in found.parts] if found else []
        members: list[Member] = []
        waiting = list(reversed(node.named_children))
        seen = 0
        while waiting:
            if len(members) >= MEMBERS or seen >= _LOOKED_AT:
                tell("cut", f"more than {len(members):,} entries of one choice: the first were read")
                break
            current = waiting.pop()
            seen += 1
            if current.type in ELEMENTS and self.is_item(current):
                opening = current.child_by_field_name("open_tag") or current
                said = self._attributes_of(opening)
                text = next((self.raw(c, 200) for c in current.named_children if c.type == "jsx_text"), "").strip()
                value = self._said(said["value"]) if "value" in said else ""
                text = text or (self._said(said["label"]) if "label" in said else "") or value
                if text:
                    members.append(self.member(text, current.start_byte, current.end_byte, value=value, words=""))
            elif current.type not in ELEMENTS or not self.is_choice(current):
                waiting.extend(reversed(current.named_children))
        return members
