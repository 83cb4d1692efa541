"""XML Schema and WSDL: complex types as records, restrictions by enumeration as enumerations, WSDL operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sousveil.model import Construct, Kind, Member
from sousveil.read import gloss
from sousveil.read.source.drafts import Draft, Uses, select, touched
from sousveil.read.source.elements import Document, Element
from sousveil.read.text import Text
from sousveil.read.unfinished import bounded, tell

EXTENSIONS = (".xsd", ".wsdl")
LANGUAGE = "xsd"

_MEMBERS = 2000
_OWNERS = frozenset(("complexType", "group", "attributeGroup"))


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the schema constructs that hold a hit, and the types they use or are used by."""
    if hits is not None and not hits:
        return []
    document = Document(text.utf8)
    reader = _Schema(text, document)
    drafts = list(reader.drafts())
    return select(text, hits, lambda spots: [d for d in drafts if touched(spots, d.start, d.end)], document.cut_short())


class _Schema:
    def __init__(self, text: Text, document: Document) -> None:
        self.text = text
        self.document = document

    def drafts(self) -> Iterator[Draft]:
        for element in self.document.elements[1:]:
            local = element.local
            if local in _OWNERS:
                yield self._draft(element, self._record)
            elif local == "simpleType" and self._facets(element):
                yield self._draft(element, self._enumeration)
            elif local == "message" and self.document.children(element, "part"):
                yield self._draft(element, self._record)
            elif local == "operation" and self._within(element) == "portType":
                yield self._draft(element, self._operation)
            elif local == "element" and self._within(element) == "schema" and not self._has_type(element):
                yield self._draft(element, self._global)
            elif element.name == "!" and self._within(element) in ("schema", "definitions", ""):
                yield self._draft(element, self._comment, linkable=False)

    def _within(self, element: Element) -> str:
        return self.document.elements[element.parent].local if element.parent > 0 else ""

    def _has_type(self, element: Element) -> bool:
        return self.document.child(element, "complexType", "simpleType") is not None

    def _draft(self, element: Element, build: Callable[[Element], Construct | None], linkable: bool = True) -> Draft:
        owner = self._owner(element)
        before, after = self.document.note_before(owner), self.document.note_after(owner)
        start = before.start if before and linkable else owner.start
        end = after.end if after and linkable else owner.end
        # A type declared inside this one is a draft of its own.
        holes: list[tuple[int, int]] = []
        waiting = list(element.children)
        while waiting:
            inner = self.document.elements[waiting.pop()]
            if inner.local == "complexType" or (inner.local == "simpleType" and self._facets(inner)):
                holes.append((inner.start, inner.end))
            elif inner.local != "annotation":
                waiting.extend(inner.children)
        name = owner.text("name")
        return Draft(start, end, lambda: build(element), (name,) if name else (), linkable, holes=tuple(holes))

    def _owner(self, element: Element) -> Element:
        """Return the element that names an unnamed type."""
        if element.local in ("complexType", "simpleType") and not element.text("name") and element.parent > 0:
            parent = self.document.elements[element.parent]
            if parent.local in ("element", "attribute"):
                return parent
        return element

    def _facets(self, element: Element) -> list[Element]:
        restriction = self.document.child(element, "restriction")
        return self.document.children(restriction, "enumeration") if restriction else []

    def _gloss(self, element: Element) -> str:
        parts = []
        annotation = self.document.child(element, "annotation", "documentation")
        if annotation:
            parts.append(self.document.words(annotation, 2000))
        parts.append(self.document.note(element))
        return gloss.join(*parts)

    def _scope(self, element: Element) -> tuple[str, ...]:
        return tuple(e.text("name") for e in self.document.path(element) if e.text("name"))

    def _member(self, element: Element, name: str, kind: str = "", value: str = "", note: str = "") -> Member:
        words = note or self._gloss(element)
        return Member(
            name,
            self.text.passage(element.start, max(element.open_end, element.start + 1), 400),
            value=value,
            type=kind,
            gloss=words,
            values=gloss.values(words),
        )

    def _fields(self, element: Element) -> Iterator[Member]:
        """Yield the elements and attributes of a type, not those of types declared inside it."""
        waiting = list(reversed(element.children))
        seen = 0
        while waiting and seen < 50_000:
            current = self.document.elements[waiting.pop()]
            seen += 1
            local = current.local
            if local in ("element", "attribute", "part"):
                name = current.text("name") or current.text("ref")
                kind = current.text("type", "element") or self._inline(current)
                if name:
                    yield self._member(current, name, kind, current.text("fixed", "default"))
            elif local not in ("annotation", "simpleType", "complexType", "!"):
                waiting.extend(reversed(current.children))

    def _inline(self, element: Element) -> str:
        """Return the base of a simple type declared in place."""
        simple = self.document.child(element, "simpleType")
        restriction = self.document.child(simple, "restriction") if simple else None
        return restriction.text("base") if restriction else ""

    def _record(self, element: Element) -> Construct:
        content = self.document.children(element, "complexContent", "simpleContent")[:2]
        derived = [e for c in content for e in self.document.children(c, "extension", "restriction")]
        bases = [e.text("base") for e in derived if e.text("base")]
        members = []
        for member in self._fields(element):
            members.append(member)
            if len(members) >= _MEMBERS:
                tell("cut", f"{_MEMBERS:,} fields of one type were read, not those behind them")
                break
        return self._declared(Kind.RECORD, element, members, element.local, bases)

    def _declared(
        self, kind: Kind, element: Element, members: Sequence[Member], role: str, bases: Sequence[str] = ()
    ) -> Construct:
        """Return a type under the name of who owns it, with what is said of both."""
        owner = self._owner(element)
        words = self._gloss(element)
        if owner is not element:
            words = gloss.join(self._gloss(owner), words)
        place, scope = self.text.passage(owner.start, owner.open_end), self._scope(owner)
        return Construct(kind, owner.text("name"), place, tuple(members), words, scope, role, LANGUAGE, tuple(bases))

    def _global(self, element: Element) -> Construct:
        """Return a top-level element of a type declared elsewhere."""
        name, kind = element.text("name"), element.text("type")
        return Construct(
            Kind.RECORD,
            name,
            self.text.passage(element.start, element.open_end),
            members=(self._member(element, name, kind),),
            gloss=self._gloss(element),
            scope=self._scope(element),
            role="element",
            language=LANGUAGE,
        )

    def _enumeration(self, element: Element) -> Construct:
        members = []
        for facet in bounded(self._facets(element), _MEMBERS, "values of one type"):
            value = facet.text("value")
            words = self._gloss(facet)
            # A code is told apart from what it stands for: the documentation names the value.
            members.append(self._member(facet, value, value=value, note=words))
        return self._declared(Kind.ENUMERATION, element, members, "enum")

    def _operation(self, element: Element) -> Construct:
        uses = Uses()
        members = []
        returns = ""
        for part in self.document.children(element, "input", "output", "fault"):
            message = part.text("message", "name")
            if part.local == "input":
                members.append(self._member(part, part.text("name") or message, message))
            elif part.local == "output":
                returns = message
            uses.add(message)
        return Construct(
            Kind.OPERATION,
            element.text("name"),
            self.text.passage(element.start, element.open_end),
            members=tuple(members),
            gloss=self._gloss(element),
            scope=self._scope(element),
            role="operation",
            language=LANGUAGE,
            returns=returns,
            uses=uses.words(),
        )

    def _comment(self, element: Element) -> Construct | None:
        # A comment right above a declaration, or trailing one, is that declaration's gloss.
        after, before = self.document.beside(element, 1), self.document.beside(element, -1)
        if after and after.name and self.document.note_before(after) is element:
            return None
        if before and before.name and self.document.note_after(before) is element:
            return None
        return Construct(
            Kind.STATEMENT,
            "",
            self.text.passage(element.start, element.end),
            gloss=element.value[:2000],
            scope=self._scope(element),
            role="comment",
            language=LANGUAGE,
        )
