"""Tags of HTML and XML with their places: tolerant, iterative, no entity of a document's own is expanded."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from html import unescape

from sousveil.read.unfinished import tell

WINDOW = 4 << 20
"""Bytes up to which a document is parsed as a whole; a larger one around its hits."""
_MARGIN = 64 << 10
_WINDOWS = 64
_ELEMENTS = 400_000
_ATTRIBUTES = 200

_TAG = re.compile(
    rb"<(?:!--(?P<comment>(?:[^-]++|-(?!->))*+)(?:-->)?"
    rb"|!\[CDATA\[(?P<data>(?:[^\]]++|\](?!\]>))*+)(?:\]\]>)?"
    rb"|[!?%][^<>]*+>?"
    rb"|(?P<close>/?)(?P<name>[A-Za-z_:\x80-\xff][^\s/<>]*+)"
    rb"(?P<rest>(?:[^<>\"']++|\"[^\"]{0,65536}+\"|'[^']{0,65536}+'|[\"'])*+)>?)"
)
_ATTRIBUTE = re.compile(rb"([^\s=\"'/<>]{1,200}+)(?:\s*+=\s*+(?:\"([^\"]*+)\"?|'([^']*+)'?|([^\s\"'<>]++)))?")
_VOID = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr"
))  # fmt: skip
_RAW = frozenset(("script", "style", "textarea", "title", "xmp", "noframes"))
# A tag on the left is closed when one of those on the right opens.
_CLOSED_BY: dict[str, frozenset[str]] = {
    "p": frozenset(
        "p div ul ol table h1 h2 h3 h4 h5 h6 form section article header footer pre blockquote dl".split()  # noqa: SIM905
    ),
    "li": frozenset(("li",)),
    "option": frozenset(("option", "optgroup")),
    "dt": frozenset(("dt", "dd")),
    "dd": frozenset(("dt", "dd")),
    "tr": frozenset(("tr", "tbody", "thead", "tfoot")),
    "td": frozenset(("td", "th", "tr", "tbody", "tfoot")),
    "th": frozenset(("td", "th", "tr", "tbody", "tfoot")),
}
_SPACES = re.compile(r"\s+")


class Attribute:
    """One attribute; ``start`` and ``end`` span name and value, ``value_start`` the value inside its quotes."""

    __slots__ = ("end", "name", "start", "value", "value_end", "value_start")

    def __init__(self, name: str, value: str, span: tuple[int, int], value_span: tuple[int, int]) -> None:
        self.name, self.value = name, value
        self.start, self.end = span
        self.value_start, self.value_end = value_span


class Element:
    """One element: its opening tag up to ``inner``, its content up to ``close``, its closing tag up to ``end``."""

    __slots__ = ("_attributes", "_rest", "children", "close", "end", "inner", "parent", "start", "tag")

    def __init__(self, tag: str, start: int, inner: int, parent: Element | None, rest: tuple[bytes, int]) -> None:
        self.tag = tag
        self.start, self.inner = start, inner
        self.close = self.end = inner
        self.parent = parent
        self.children: list[Element] = []
        self._rest = rest
        self._attributes: list[Attribute] | None = None

    @property
    def attributes(self) -> list[Attribute]:
        """Return the attributes, at most 200."""
        if self._attributes is None:
            raw, at = self._rest
            self._attributes = []
            for match in _ATTRIBUTE.finditer(raw):
                group = next((g for g in (2, 3, 4) if match[g] is not None), 0)
                value = unescape(match[group].decode("utf-8", "replace")) if group else ""
                inner = match.span(group) if group else (match.end(), match.end())
                name = match[1].decode("utf-8", "replace")
                self._attributes.append(
                    Attribute(name, value, (at + match.start(), at + match.end()), (at + inner[0], at + inner[1]))
                )
                if len(self._attributes) >= _ATTRIBUTES:
                    tell("cut", f"more than {_ATTRIBUTES} attributes of one element: the first were read")
                    break
        return self._attributes

    def get(self, *names: str) -> str:
        """Return the value of the first attribute there is of ``names``, without regard to case, or an empty string."""
        for name in names:
            for attribute in self.attributes:
                if attribute.name.lower() == name and attribute.value:
                    return attribute.value
        return ""

    def ancestors(self, most: int = 64) -> Iterator[Element]:
        """Yield what encloses the element, innermost first."""
        node = self.parent
        for _ in range(most):
            if node is None:
                return
            yield node
            node = node.parent

    def walk(self, most: int = 4000) -> Iterator[Element]:
        """Yield the elements inside, in document order."""
        stack = self.children[::-1]
        for _ in range(most):
            if not stack:
                return
            node = stack.pop()
            yield node
            stack.extend(node.children[::-1])


class Run:
    """Text between two tags."""

    __slots__ = ("end", "parent", "start")

    def __init__(self, start: int, end: int, parent: Element) -> None:
        self.start, self.end, self.parent = start, end, parent


class Markup:
    """Elements and texts of one span."""

    def __init__(self, utf8: bytes, low: int, high: int, html: bool) -> None:
        self.utf8 = utf8
        self.root = Element("", low, low, None, (b"", low))
        self.root.close = self.root.end = high
        self.runs: list[Run] = []
        self.comments: list[tuple[int, int]] = []
        self.scripts: list[tuple[int, int]] = []
        self.elements: list[Element] = [self.root]
        self._html = html
        self._open_tags: Counter[str] = Counter()
        self._parse(low, high)
        self._starts = [element.start for element in self.elements]
        self._run_starts = [run.start for run in self.runs]

    def _parse(self, low: int, high: int) -> None:
        utf8 = self.utf8
        at, node = low, self.root
        while True:
            if len(self.elements) >= _ELEMENTS:
                tell("cut", f"more than {_ELEMENTS:,} elements: the first were read")
                break
            match = _TAG.search(utf8, at, high)
            if match is None:
                self._run(at, high, node)
                break
            self._run(at, match.start(), node)
            at = match.end()
            if match["comment"] is not None:
                self.comments.append((match.start(), match.end()))
            elif match["data"] is not None:
                self._run(*match.span("data"), node)
            elif match["name"] is None:
                continue
            elif match["close"]:
                node = self._close(node, match)
            else:
                node, at = self._open(node, match, high)
        last: Element | None = node
        while last is not None and last is not self.root:
            last.close = last.end = max(last.inner, high)
            last = last.parent

    def _run(self, start: int, end: int, node: Element) -> None:
        if end > start and not self.utf8[start : min(end, start + 4000)].isspace():
            self.runs.append(Run(start, end, node))

    def _open(self, node: Element, match: re.Match[bytes], high: int) -> tuple[Element, int]:
        name = match["name"].decode("utf-8", "replace")
        at = match.end()
        if self._html:
            name = name.lower()
            for _ in range(3):
                if name not in _CLOSED_BY.get(node.tag, ()) or node.parent is None:
                    break
                node.close = node.end = match.start()
                self._open_tags[node.tag] -= 1
                node = node.parent
        element = Element(name, match.start(), at, node, (match["rest"], match.start("rest")))
        node.children.append(element)
        self.elements.append(element)
        if match["rest"].endswith(b"/") or (self._html and name in _VOID):
            return node, at
        if self._html and name in _RAW:
            closing = re.compile(rb"</" + re.escape(name.encode()) + rb"(?=[\s/>]|\Z)", re.IGNORECASE)
            end = closing.search(self.utf8, at, high)
            stop = high if end is None else end.start()
            if name == "script":
                if at < stop and element.get("type").lower() not in ("text/template", "text/html", "text/x-template"):
                    self.scripts.append((at, stop))
            elif name != "style":
                self._run(at, stop, element)
            element.close = element.end = stop
            after = stop if end is None else self.utf8.find(b">", stop, stop + 400) + 1 or stop + len(name) + 2
            element.end = after
            return node, min(high, after)
        self._open_tags[name] += 1
        return element, at

    def _close(self, node: Element, match: re.Match[bytes]) -> Element:
        name = match["name"].decode("utf-8", "replace")
        if self._html:
            name = name.lower()
        if not self._open_tags[name]:
            return node
        open_: Element | None = node
        for _ in range(100):
            if open_ is None or open_.tag == name:
                break
            open_ = open_.parent
        if open_ is None or open_.tag != name or open_ is self.root:
            return node
        closing: Element | None = node
        while closing is not None:
            closing.close, closing.end = match.start(), match.start()
            self._open_tags[closing.tag] -= 1
            if closing is open_:
                closing.end = match.end()
                break
            closing = closing.parent
        return open_.parent or self.root

    def element_at(self, at: int) -> Element:
        """Return the innermost element whose tags or content hold ``at``."""
        index = bisect_right(self._starts, at) - 1
        node: Element | None = self.elements[max(0, index)]
        while node is not None and not (node.start <= at < max(node.end, node.inner)):
            node = node.parent
        return node or self.root

    def run_at(self, at: int) -> Run | None:
        """Return the text that holds ``at``."""
        index = bisect_right(self._run_starts, at) - 1
        if index >= 0 and at < self.runs[index].end:
            return self.runs[index]
        return None

    def runs_in(self, low: int, high: int, most: int = 400) -> list[Run]:
        """Return the texts that start in a span."""
        first = bisect_left(self._run_starts, low)
        return self.runs[first : min(bisect_left(self._run_starts, high), first + most)]

    def words(self, start: int, end: int, most: int = 2000) -> str:
        """Return a text's words: entities replaced, white space folded."""
        raw = self.utf8[start : min(end, start + most)].decode("utf-8", "replace")
        return _SPACES.sub(" ", unescape(raw)).strip()

    def text_of(self, element: Element, most: int = 40) -> str:
        """Return the words inside an element."""
        runs = self.runs_in(element.inner, element.close, most)
        return " ".join(self.words(run.start, run.end) for run in runs if run.parent.tag not in ("script", "style"))

    def comment_at(self, at: int) -> tuple[int, int] | None:
        """Return the comment that holds ``at``."""
        index = bisect_right(self.comments, (at, 1 << 62)) - 1
        if index >= 0 and at < self.comments[index][1]:
            return self.comments[index]
        return None


def windows(utf8: bytes, offsets: list[int]) -> list[tuple[int, int]]:
    """Return the spans to parse: the whole document, or of a large one what is around its hits."""
    if len(utf8) <= WINDOW:
        return [(0, len(utf8))]
    spans: list[tuple[int, int]] = []
    for offset in offsets:
        if spans and offset < spans[-1][1] - _MARGIN // 4:
            continue
        low = utf8.find(b"<", max(spans[-1][1] if spans else 0, offset - _MARGIN), offset + 1)
        low = max(0, offset - 200) if low < 0 else low
        while low < offset and utf8[low] & 0xC0 == 0x80:
            low += 1
        spans.append((low, min(len(utf8), offset + _MARGIN)))
        if len(spans) >= _WINDOWS:
            if offsets[-1] >= spans[-1][1]:
                tell("cut", f"a large document: the first {_WINDOWS} parts with terms were read")
            break
    return spans
