"""XML and HTML as a flat list of elements that know their place: tolerant, iterative, no entity is fetched or nested.

For formats where the place of an attribute matters (XSD, WSDL, Qt ``.ui``, Vue templates). A parser that resolves
entities would lose positions and open the usual holes.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from dataclasses import dataclass, field

from sousveil.read.unfinished import Unfinished

ELEMENTS = 400_000
"""Most elements read of one file; what follows is left out."""
_ATTRIBUTES = 200
_DEPTH_SEARCH = 64

_NAME = re.compile(rb"[^\s/>=<\"']{1,200}")
_SPACE = re.compile(rb"[\s/]*")
_EQUALS = re.compile(rb"\s*=\s*")
_BARE = re.compile(rb"[^\s>]{0,4000}")

VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
_RAW = {b"script": b"</script", b"style": b"</style", b"textarea": b"</textarea"}
# In HTML an option closes the one before it though nothing says so.
_SELF_CLOSING = frozenset(("option", "li", "tr", "td", "th", "dt", "dd", "p"))


@dataclass(slots=True)
class Attribute:
    """An attribute with the span of its value (without quotes)."""

    name: str
    value: str
    start: int
    end: int


@dataclass(slots=True)
class Element:
    """One element, or a run of text (``name`` empty) or a comment (``name`` ``!``)."""

    name: str
    start: int
    end: int
    """End of the element with its content."""
    open_end: int
    """End of its start tag."""
    close_start: int
    """Start of its end tag."""
    parent: int
    index: int
    """Its own place, and its parent's, among the document's elements."""
    attributes: list[Attribute] = field(default_factory=list)
    children: list[int] = field(default_factory=list)
    value: str = ""

    @property
    def local(self) -> str:
        """The name without its prefix."""
        return self.name.rpartition(":")[2]

    def get(self, *names: str) -> Attribute | None:
        """Return the first attribute of that name."""
        for wanted in names:
            for attribute in self.attributes:
                if attribute.name == wanted:
                    return attribute
        return None

    def text(self, *names: str) -> str:
        """Return the value of the first attribute of that name, or nothing."""
        attribute = self.get(*names)
        return attribute.value if attribute else ""


class Document:
    """The elements of one text, in document order; the first is a root that holds the others."""

    def __init__(self, source: bytes, markup: bool = False, start: int = 0, end: int | None = None) -> None:
        """Read ``source[start:end]``; ``markup`` reads it as HTML: void elements, raw scripts, unclosed options."""
        self.source = source
        self.complete = True
        self.size = size = len(source) if end is None else end
        self.elements: list[Element] = [Element("", start, size, start, size, -1, 0)]
        self._read(start, markup)

    def _read(self, at: int, markup: bool) -> None:
        source, elements = self.source, self.elements
        stack = [0]
        size = self.size
        while at < size:
            if len(elements) >= ELEMENTS:
                self.complete = False
                break
            tag = source.find(b"<", at, size)
            if tag < 0:
                tag = size
            if tag > at:
                self._leaf("", at, tag, at, tag, stack[-1])
                at = tag
                continue
            at = self._tag(at, stack, markup)
        for index in stack[1:]:
            elements[index].end = elements[index].close_start = size

    def _leaf(self, name: str, start: int, end: int, inner: int, inner_end: int, parent: int) -> None:
        raw = self.source[inner:inner_end]
        if not name and not raw.strip():
            return
        value = raw[:20_000].decode("utf-8", "replace")
        if not name:
            value = html.unescape(value)
        index = len(self.elements)
        self.elements[parent].children.append(index)
        self.elements.append(Element(name, start, end, inner, inner_end, parent, index, value=value.strip()))

    def _until(self, mark: bytes, at: int) -> tuple[int, int]:
        end = self.source.find(mark, at, self.size)
        return (self.size, self.size) if end < 0 else (end, end + len(mark))

    def _tag(self, at: int, stack: list[int], markup: bool) -> int:
        source, elements = self.source, self.elements
        if source.startswith(b"<!--", at):
            inner_end, end = self._until(b"-->", at + 4)
            self._leaf("!", at, end, at + 4, inner_end, stack[-1])
            return end
        if source.startswith(b"<![CDATA[", at):
            inner_end, end = self._until(b"]]>", at + 9)
            self._leaf("", at, end, at + 9, inner_end, stack[-1])
            return end
        if source.startswith((b"<!", b"<?"), at):
            return self._until(b">", at + 2)[1]
        if source.startswith(b"</", at):
            name = _NAME.match(source, at + 2, self.size)
            end = self._until(b">", at + 2)[1]
            if name:
                self._close(name.group().decode("utf-8", "replace"), at, end, stack)
            return end
        name = _NAME.match(source, at + 1, self.size)
        if not name or not (name.group()[:1].isalpha() or name.group()[:1] in (b"_",)):
            # A lone "<" is text.
            return at + 1
        word = name.group().decode("utf-8", "replace")
        if markup and word in _SELF_CLOSING and elements[stack[-1]].name == word:
            self._close(word, at, at, stack)
        attributes, end, empty = self._attributes(name.end())
        index = len(elements)
        elements[stack[-1]].children.append(index)
        elements.append(Element(word, at, end, end, end, stack[-1], index, attributes))
        # ``<Col>`` is a component, ``<col>`` and ``<COL>`` are HTML's.
        if empty or (markup and (word.lower() if word.isupper() else word) in VOID):
            return end
        stack.append(index)
        raw = _RAW.get(name.group().lower()) if markup else None
        if raw:
            close = source.find(raw, end, self.size)
            close = self.size if close < 0 else close
            if close > end:
                self._leaf("", end, close, end, close, index)
            return close
        return end

    def _close(self, name: str, at: int, end: int, stack: list[int]) -> None:
        """End the innermost open element of that name, and whatever was left open inside it."""
        for depth in range(len(stack) - 1, max(0, len(stack) - 1 - _DEPTH_SEARCH), -1):
            if self.elements[stack[depth]].name == name:
                for index in stack[depth:]:
                    self.elements[index].end = end
                    self.elements[index].close_start = at
                del stack[depth:]
                return

    def _attributes(self, at: int) -> tuple[list[Attribute], int, bool]:
        """Return the attributes from ``at``, the end of the tag, and whether it closes itself."""
        source = self.source
        found: list[Attribute] = []
        while at < self.size:
            space = _SPACE.match(source, at, self.size)
            at = space.end() if space else at
            byte = source[at : at + 1]
            if byte == b">":
                return found, at + 1, source[at - 1 : at] == b"/"
            if byte in (b"", b"<"):
                break
            name = _NAME.match(source, at, self.size)
            if not name:
                at += 1
                continue
            at = name.end()
            equals = _EQUALS.match(source, at, self.size)
            start = stop = at
            value = b""
            if equals:
                start = equals.end()
                quote = source[start : start + 1]
                if quote in (b'"', b"'"):
                    start += 1
                    stop = source.find(quote, start, self.size)
                    if stop < 0:
                        return found, self.size, False
                    at = stop + 1
                else:
                    bare = _BARE.match(source, start, self.size)
                    stop = at = bare.end() if bare else start
                value = source[start : min(stop, start + 4000)]
            if len(found) < _ATTRIBUTES:
                text = html.unescape(value.decode("utf-8", "replace"))
                found.append(Attribute(name.group().decode("utf-8", "replace"), text, start, stop))
        return found, at, False

    def cut_short(self) -> Unfinished | None:
        """Return what was left out, if anything."""
        return None if self.complete else Unfinished("quota", f"only the first {ELEMENTS} elements were read")

    def child(self, element: Element, *names: str) -> Element | None:
        """Return the first child with that local name."""
        for index in element.children:
            if self.elements[index].local in names:
                return self.elements[index]
        return None

    def children(self, element: Element, *names: str) -> list[Element]:
        """Return the children with one of those local names (all if none is given)."""
        found = (self.elements[i] for i in element.children)
        return [e for e in found if (e.local in names if names else True)]

    def inside(self, element: Element, *names: str, limit: int = 2000) -> list[Element]:
        """Return descendants with one of those local names, in order."""
        found: list[Element] = []
        waiting = list(reversed(element.children))
        seen = 0
        while waiting and len(found) < limit and seen < 50_000:
            current = self.elements[waiting.pop()]
            seen += 1
            if not names or current.local in names:
                found.append(current)
            waiting.extend(reversed(current.children))
        return found

    def words(self, element: Element, limit: int = 600) -> str:
        """Return the text inside ``element``, white space collapsed."""
        parts: list[str] = []
        size = 0
        waiting = list(reversed(element.children))
        for _ in range(5000):
            if not waiting or size > limit:
                break
            current = self.elements[waiting.pop()]
            if not current.name and current.value:
                parts.append(current.value)
                size += len(current.value)
            waiting.extend(reversed(current.children))
        return " ".join(" ".join(parts).split())[:limit]

    def path(self, element: Element, limit: int = 40) -> list[Element]:
        """Return the elements around ``element``, outermost first, at most the innermost ``limit``."""
        around: list[Element] = []
        index = element.parent
        while index > 0 and len(around) < limit:
            around.append(self.elements[index])
            index = self.elements[index].parent
        return around[::-1]

    def beside(self, element: Element, step: int) -> Element | None:
        """Return the sibling ``step`` places on, text between tags counted."""
        if element.parent < 0:
            return None
        siblings = self.elements[element.parent].children
        at = bisect_left(siblings, element.index) + step
        return self.elements[siblings[at]] if 0 <= at < len(siblings) else None

    def note_before(self, element: Element) -> Element | None:
        """Return the comment on the lines right before ``element``."""
        before = self.beside(element, -1)
        if before is None or before.name != "!":
            return None
        # A comment that trails an earlier element on its line belongs there.
        line = self.source.rfind(b"\n", max(0, before.start - 4000), before.start) + 1
        alone = line > 0 and not self.source[line : before.start].strip()
        return before if alone or (before.start < 4000 and not self.source[: before.start].strip()) else None

    def note_after(self, element: Element) -> Element | None:
        """Return the comment that trails ``element`` on its line."""
        after = self.beside(element, 1)
        if after is None or after.name != "!" or b"\n" in self.source[element.end : after.start]:
            return None
        return after

    def note(self, element: Element) -> str:
        """Return the comments before and after ``element``."""
        notes = (self.note_before(element), self.note_after(element))
        return " ".join(n.value for n in notes if n and n.value)
