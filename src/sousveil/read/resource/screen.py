"""What stands around a word on a screen: its form, table or filter bar, and the label of a control."""

from __future__ import annotations

import re
from bisect import bisect_left

from sousveil.read.resource.markup import Element, Markup

SHORT = 60
"""Characters of a label."""
_USES = 200
_CONTROLS = frozenset(("input", "select", "textarea", "button"))
_CUSTOM = re.compile(r"select|input|picker|dropdown|checkbox|radio|combo|search|cascader|slider|upload", re.IGNORECASE)
_SECTIONS = frozenset((
    "form", "table", "fieldset", "dialog", "section", "article", "nav", "ul", "dl", "aside", "header"
))  # fmt: skip
_SEARCH = re.compile(r"(?:^|[-_\s])(?:search|searh|query|filter|screen|condition)|Search|Query|Filter", re.ASCII)
_SEARCH_WORDS = frozenset(
    ("查询", "搜索", "检索", "筛选", "查找", "查 询", "搜 索", "检 索", "开始查询", "开始搜索", "开始检索", "开始分析",
     "search", "query", "filter", "find", "apply filter", "apply filters", "поиск", "найти", "искать", "ara", "بحث")
)  # fmt: skip
_NAMED = (
    "placeholder", "label", "title", "aria-label", "alt", "name", "ng-model", "v-model", "formcontrolname",
    "data-field", "ng-click", "@click", "onclick", "field", "prop", "lay-verify", "selected-empty-val",
    "data-title", "data-label", "data-name", "id"
)  # fmt: skip
_PLAIN = re.compile(r"[^\W\d_]")
_HEADINGS = re.compile(r"h[1-6]\Z")


def is_control(element: Element) -> bool:
    """Return whether an element takes input, as HTML or a framework has it."""
    if element.tag in _CONTROLS:
        return element.get("type").lower() not in ("hidden",)
    return "-" in element.tag and bool(_CUSTOM.search(element.tag))


class Screen:
    """Answers what belongs together on one page."""

    def __init__(self, markup: Markup) -> None:
        self.markup = markup
        self._labels: dict[str, str] = {}
        self._sections: dict[int, Element] = {}
        self._uses: dict[int, tuple[str, ...]] = {}
        self._counts: dict[int, int] = {}
        self._budget = 1_500_000
        self._searches: dict[int, bool] = {}
        self._above: list[tuple[str, ...]] = [()]
        self._headings = [e for e in markup.elements if _HEADINGS.match(e.tag)][:2000]
        title = next((e for e in markup.elements if e.tag == "title"), None)
        self.title = markup.text_of(title)[:160] if title is not None else ""
        for element in markup.elements[:100_000]:
            if element.tag == "label":
                target = element.get("for")
                if target:
                    self._labels.setdefault(target, markup.text_of(element, 8)[:SHORT])

    def _afford(self, steps: int) -> int:
        """Return how many steps a walk may take: fewer once a page of nested boxes has cost enough."""
        self._budget -= steps
        return steps if self._budget > 0 else 60

    def section(self, element: Element) -> Element:
        """Return the form, table or group of controls an element stands in."""
        if element.start in self._sections:
            return self._sections[element.start]
        best: Element | None = None
        chosen: Element | None = None
        for node in element.ancestors(24):
            if node.tag in ("body", "html", ""):
                break
            if node.start not in self._counts:
                self._counts[node.start] = sum(1 for e in node.walk(self._afford(800)) if is_control(e))
            controls = self._counts[node.start]
            texts = len(self.markup.runs_in(node.inner, node.close, 240))
            if chosen is not None and texts > 80:
                break
            if chosen is not None or controls >= 3 or (node.tag in _SECTIONS and texts >= 4) or texts >= 6:
                chosen = node
            best = node
        found = chosen or best or self.markup.root
        self._sections[element.start] = found
        return found

    def uses(self, element: Element) -> tuple[str, ...]:
        """Return the labels, placeholders and names beside an element, in order, each once, at most 200."""
        section = self.section(element)
        if section.start not in self._uses:
            found: list[tuple[int, str]] = []
            for run in self.markup.runs_in(section.inner, section.close, self._afford(800)):
                if run.parent.tag not in ("script", "style"):
                    text = self.markup.words(run.start, run.end, 400)
                    if 0 < len(text) <= SHORT:
                        found.append((run.start, text))
            for child in section.walk(self._afford(2000)):
                for attribute in child.attributes:
                    named = attribute.name.lower().lstrip(":") in _NAMED and 0 < len(attribute.value) <= SHORT
                    if named and _PLAIN.search(attribute.value) and not re.match(r"u\d+(?:_|\Z)", attribute.value):
                        found.append((attribute.start, attribute.value))
            found.sort()
            self._uses[section.start] = tuple(dict.fromkeys(text for _, text in found))[:_USES]
        return self._uses[section.start]

    def scope(self, element: Element) -> tuple[str, ...]:
        """Return the page's title, the headings above and the names of what encloses an element."""
        names = [self.title] if self.title else []
        names += self.headings_above(element.start)
        enclosing: list[str] = []
        for node in element.ancestors(16):
            for name in (node.get("id"), node.get("name"), *node.get("class").split()[:4]):
                if 2 < len(name) <= SHORT and name not in enclosing and not re.match(r"u\d+(?:_|\Z)", name):
                    enclosing.append(name)
            if node.tag in ("form", "table", "fieldset", "nav"):
                enclosing.append(node.tag)
        return (*names, *enclosing[:20][::-1])

    def headings_above(self, at: int) -> tuple[str, ...]:
        """Return the headings of the sections around a place, outermost first."""
        if len(self._above) == 1 and self._headings:
            levels: dict[int, str] = {}
            for heading in self._headings:
                level = int(heading.tag[1])
                levels = {k: v for k, v in levels.items() if k < level}
                levels[level] = self.markup.text_of(heading, 8)[:120]
                self._above.append(tuple(text for text in levels.values() if text))
        return self._above[bisect_left(self._headings, at, key=lambda heading: heading.start)]

    def searches(self, element: Element) -> bool:
        """Return whether the section around an element is a search or a filter: its button or its name says so."""
        section = self.section(element)
        if section.start not in self._searches:
            self._searches[section.start] = self._is_search(section)
        return self._searches[section.start]

    def _is_search(self, section: Element) -> bool:
        if any(_SEARCH.search(name) for name in (section.get("class"), section.get("id"), section.get("name"))):
            return True
        for child in section.walk(self._afford(1500)):
            if child.tag in ("button", "a") or "btn" in child.get("class") or "button" in child.get("class"):
                if self.markup.text_of(child, 4).strip().lower() in _SEARCH_WORDS:
                    return True
            elif child.tag == "input" and child.get("value").strip().lower() in _SEARCH_WORDS:
                return True
        return False

    def label(self, control: Element) -> str:
        """Return the visible label of a control: its ``label``, or the text right before it."""
        own = self._labels.get(control.get("id") or "\0", "")
        if own:
            return own
        for node in control.ancestors(4):
            if node.tag == "label":
                text = self.markup.text_of(node, 8)
                if 0 < len(text) <= SHORT:
                    return text
            before = [
                r
                for r in self.markup.runs_in(node.inner, control.start, 40)
                if r.parent.tag not in ("option", "script")
            ]
            if before:
                text = self.markup.words(before[-1].start, before[-1].end, 400)
                return text.rstrip(":：* ") if 0 < len(text) <= SHORT else ""
        return control.get("placeholder", "aria-label", "title", "label", "name", "id")[:SHORT]

    def labels_control(self, element: Element, end: int) -> bool:
        """Return whether a control follows a text within its row, before the next text but one."""
        for node in (element, *element.ancestors(3)):
            following = [e for e in node.walk(200) if e.start >= end and is_control(e)]
            if following:
                between = self.markup.runs_in(end, following[0].start, 4)
                return len(between) == 0
        return False
