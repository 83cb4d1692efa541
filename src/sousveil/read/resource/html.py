"""HTML: labels, filters, menus, options and column headers as ``Option``; sentences and tables as in a document."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sousveil.model import Construct, Kind, Member
from sousveil.read.document.blocks import Cell, Writer
from sousveil.read.document.sentences import sentence
from sousveil.read.places import CAP, Hits, Places
from sousveil.read.resource.markup import Attribute, Element, Markup, Run, windows
from sousveil.read.resource.screen import SHORT, Screen, is_control
from sousveil.read.text import Text
from sousveil.read.unfinished import tell

EXTENSIONS = (
    ".html", ".htm", ".xhtml", ".shtml", ".jsp", ".jspx", ".asp", ".aspx", ".ftl", ".vm", ".ejs", ".hbs",
    ".tmpl", ".j2", ".jinja", ".wxml", ".cshtml", ".master", ".ascx"
)  # fmt: skip

_INLINE = frozenset((
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "br", "cite", "code", "data", "del", "dfn", "em", "font", "i",
    "img", "ins", "kbd", "mark", "nobr", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time",
    "tt", "u", "var", "wbr"
))  # fmt: skip
_SHOWN = frozenset((
    "placeholder", "title", "label", "aria-label", "alt", "data-title", "data-label", "selected-empty-val",
    "empty-text", "header", "text", "caption", "content", "value"
))  # fmt: skip
_NAMES = frozenset((
    "name", "id", "for", "ng-model", "v-model", "formcontrolname", "prop", "data-field", "field", "bind",
    "data-bind", "path", "property", "items", "select-data", "ng-repeat", "th:field"
))  # fmt: skip
_NESTED = 2000
_OPTIONS = 400
_MENU = re.compile(r"nav|menu|sidebar|tab(?:s|-|_|\b)|breadcrumb|tree", re.IGNORECASE)
_BUTTON = re.compile(r"\b(?:btn|button)\b|btn-|-btn|button-|-button", re.IGNORECASE)
_STOP = re.compile(r"[。！？.!?;；]\s*\S|[。！？!?]$")
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "caption", "title", "legend"))


def read(text: Text, hits: Sequence[int] | None) -> list[Construct]:
    """Return the constructs of a page that hold a hit, at most ``places.CAP``; scripts are left to their own reader."""
    places, wanted = Places(text), Hits(hits)
    out: list[Construct] = []
    for low, high in windows(places.utf8, wanted.offsets):
        out.extend(part(places, wanted, low, high))
        if len(out) >= CAP:
            break
    return out[:CAP]


def scripts(text: Text) -> list[tuple[int, int]]:
    """Return start and end (in ``text.utf8``) of every inline script."""
    utf8 = text.utf8
    found: list[tuple[int, int]] = []
    for match in re.finditer(rb"<script(?=[\s>])[^<>]*+>", utf8, re.IGNORECASE):
        if found and match.start() < found[-1][1]:
            continue
        end = re.compile(rb"</script", re.IGNORECASE).search(utf8, match.end())
        stop = len(utf8) if end is None else end.start()
        if re.search(
            rb"type\s*=\s*[\"']?text/(?!javascript|ecmascript|babel|typescript)", match.group(), re.IGNORECASE
        ):
            continue
        if utf8[match.end() : stop].strip():
            found.append((match.end(), stop))
        if len(found) >= 1000:
            break
    return found


def part(places: Places, hits: Hits, low: int, high: int, scope: tuple[str, ...] = ()) -> list[Construct]:
    """Return the constructs of a span of HTML, also one inside another document, under ``scope``."""
    return _Page(places, hits, Markup(places.utf8, low, high, html=True), scope).read(low, high)


class _Page:
    def __init__(self, places: Places, hits: Hits, markup: Markup, scope: tuple[str, ...]) -> None:
        self._places, self._hits, self._markup = places, hits, markup
        self._screen = Screen(markup)
        self._scope = scope
        self._seen: set[tuple[int, str]] = set()
        self._tables: dict[int, list[Element]] = {}
        self._budget = 200_000
        self.out: list[Construct] = []

    def read(self, low: int, high: int) -> list[Construct]:
        offsets = self._hits.between(low, high)
        if self._hits.all:
            offsets = sorted(r.start for r in self._markup.runs) + [
                a.value_start for e in self._markup.elements for a in e.attributes if a.value
            ]
        for hit in offsets:
            if len(self.out) >= CAP:
                break
            self._hit(hit)
        return self.out

    def _hit(self, hit: int) -> None:
        run = self._markup.run_at(hit)
        if run is not None:
            self._text(run, hit)
            return
        comment = self._markup.comment_at(hit)
        if comment is not None:
            start, end = sentence(self._places.utf8, hit, *comment)
            self._add(Kind.STATEMENT, "comment", "", start, end, self._markup.element_at(hit))
            return
        element = self._markup.element_at(hit)
        if any(low <= hit < high for low, high in self._markup.scripts):
            return
        for attribute in element.attributes:
            if attribute.start <= hit < attribute.end:
                self._attribute(element, attribute)
                return
        self._add(Kind.STATEMENT, "element", element.tag, hit, min(element.inner, hit + 200), element)

    def _add(
        self,
        kind: Kind,
        role: str,
        name: str,
        start: int,
        end: int,
        element: Element,
        members: Sequence[Member] = (),
        gloss: str = "",
    ) -> None:
        if (start, role) in self._seen or start >= end:
            return
        self._seen.add((start, role))
        uses = self._screen.uses(element) if kind is Kind.OPTION else ()
        passage = self._places.passage(start, end)
        scope = (*self._scope, *self._screen.scope(element))
        self.out.append(Construct(kind, name[:200], passage, tuple(members), gloss, scope, role, "html", uses=uses))

    # -------------------------------------------------------------------------------------------- texts

    def _text(self, run: Run, hit: int) -> None:
        for element in (run.parent, *run.parent.ancestors(8)):
            tag = element.tag
            if tag == "option":
                self._select(element)
                return
            if tag in _HEADINGS:
                text = self._markup.text_of(element)
                role = "title" if tag == "title" else "heading"
                self._add(Kind.STATEMENT, role, text, run.start, run.end, element)
                return
            if tag in ("th", "td"):
                self._cell(element, run, hit)
                return
            if tag in ("label", "button"):
                self._label(element, run, tag)
                return
            if tag == "li" or (tag == "a" and _MENU.search(self._around(element))):
                break
            if tag not in _INLINE:
                break
        self._loose(run, hit)

    def _around(self, element: Element) -> str:
        return " ".join(f"{e.tag} {e.get('class')} {e.get('id')}" for e in (element, *element.ancestors(4)))

    def _block(self, element: Element) -> Element:
        node = element
        while node.tag in _INLINE and node.parent is not None and node.parent.tag:
            node = node.parent
        return node

    def _loose(self, run: Run, hit: int) -> None:
        """Add text in a paragraph, a list or a generic element: a label where it is short, else its sentence."""
        block = self._block(run.parent)
        text = self._markup.words(run.start, run.end)
        whole = self._markup.text_of(block, 12) if block.tag else text
        brief = len(text) <= SHORT and not _STOP.search(text)
        if brief and (len(whole) <= SHORT or (block.children and self._alone(run, block))):
            self._label(run.parent, run, "")
            return
        runs = self._markup.runs_in(block.inner, block.close, 200) if block.tag else [run]
        inside = [r for r in runs if self._block(r.parent) is block] or [run]
        low, high = min(inside[0].start, run.start), max(inside[-1].end, run.end)
        if high - low > 20_000:
            low, high = run.start, run.end
        start, end = sentence(self._places.utf8, hit, low, high)
        self._add(Kind.STATEMENT, "sentence", "", start, end, run.parent)

    def _alone(self, run: Run, block: Element) -> bool:
        """Return whether a text is a word of its own in a block of many, in an element of its own."""
        own = [r for r in self._markup.runs_in(block.inner, block.close, 60) if r.parent is run.parent]
        return (
            run.parent is not block and len(own) == 1 and run.parent.tag not in ("b", "strong", "em", "i", "code", "a")
        )

    def _label(self, element: Element, run: Run, tag: str) -> None:
        text = self._markup.words(run.start, run.end).rstrip(":：* ")
        if tag == "label":
            text = self._markup.text_of(element, 6).strip()[:SHORT].rstrip(":：* ") or text
        around = self._around(element)
        if text.startswith(("{{", "${", "<%")):
            role = "binding"
        elif tag == "button" or _BUTTON.search(
            f"{element.get('class')} {element.parent.get('class') if element.parent else ''}"
        ):
            role = "button"
        elif tag == "label" or self._screen.labels_control(element, run.end):
            role = "filter" if self._screen.searches(element) else "label"
        elif _MENU.search(around):
            role = "menu"
        else:
            role = "label"
        self._add(Kind.OPTION, role, text, run.start, run.end, element)

    def _select(self, option: Element) -> None:
        select = next((e for e in option.ancestors(4) if e.tag in ("select", "datalist")), None)
        holder = select or option.parent or option
        for _ in range(_NESTED):
            # Options that do not end lie in each other.
            if holder.tag != "option" or holder.parent is None:
                break
            holder = holder.parent
        if (holder.start, "options") in self._seen:
            return
        self._seen.add((holder.start, "options"))
        members: list[Member] = []
        waiting = holder.children[::-1]
        for _ in range(_NESTED):
            child = waiting.pop() if waiting else None
            if child is None:
                break
            if child.tag in ("select", "datalist"):
                continue  # it has options of its own
            waiting.extend(child.children[::-1])
            if child.tag == "option" and len(members) >= _OPTIONS:
                tell("cut", f"more than {_OPTIONS} options of one choice: the first were read")
                break
            if child.tag == "option":
                text = self._markup.text_of(child, 4) or child.get("label")
                passage = self._places.passage(child.start, max(child.close, child.inner), 200)
                members.append(Member(text[:200], passage, child.get("value")[:200]))
        name = self._screen.label(holder)
        role = "filter" if self._screen.searches(holder) else "select"
        self._add(Kind.OPTION, role, name, holder.start, holder.inner, holder, members, holder.get("name", "id"))

    # --------------------------------------------------------------------------------------- attributes

    def _attribute(self, element: Element, attribute: Attribute) -> None:
        name = attribute.name.lower().lstrip(":@[(").rstrip(")]")
        if element.tag == "option":
            self._select(element)
            return
        if element.tag == "meta":
            role = "keywords" if element.get("name").lower() == "keywords" else "title"
            self._add(Kind.STATEMENT, role, element.get("name", "property"), attribute.start, attribute.end, element)
            return
        if (name in _SHOWN or (name in _NAMES and is_control(element))) and len(attribute.value) <= 2 * SHORT:
            visible = self._screen.label(element) if is_control(element) else ""
            button = element.tag == "button" or element.get("type").lower() in ("button", "submit")
            role = "button" if button else "filter" if self._screen.searches(element) else "label"
            self._add(
                Kind.OPTION, role, visible or attribute.value, attribute.start, attribute.end, element,
                gloss=attribute.value[:200],
            )  # fmt: skip
            return
        pair = Member(attribute.name, self._places.passage(attribute.start, attribute.end, 300), attribute.value[:300])
        self._add(Kind.STATEMENT, "attribute", attribute.name, attribute.start, attribute.end, element, (pair,))

    # ------------------------------------------------------------------------------------------- tables

    def _cell(self, cell: Element, run: Run, hit: int) -> None:
        row = next((e for e in cell.ancestors(3) if e.tag == "tr"), None)
        table = next((e for e in cell.ancestors(8) if e.tag == "table"), None)
        if row is None or table is None:
            self._loose(run, hit)
            return
        rows = self._rows(table)
        if not rows:
            self._loose(run, hit)
            return
        controls = any(is_control(e) for e in row.walk(100))
        if controls and cell.tag == "td":
            self._label(cell, run, "label" if len(self._markup.text_of(cell)) <= SHORT else "")
            return
        first = self._cells(rows[0])
        has_head = any(e.tag == "th" for e in rows[0].children)
        writer = Writer(self._places, self._hits, "html", (*self._scope, *self._screen.scope(table)))
        if (table.start, "table") not in self._seen:
            self._seen.add((table.start, "table"))
            caption = next((e for e in table.children if e.tag == "caption"), None)
            above = self._screen.headings_above(table.start)
            name = self._markup.text_of(caption, 8) if caption is not None else above[-1] if above else ""
            headed = has_head or len(rows) > 2
            body = [self._cells(r) for r in (rows[1:] if headed else rows)]
            writer.table(first if headed else [], body, name if len(name) <= SHORT else "")
            told = [c for c in writer.out if c.role in ("field-table", "value-table")]
            if told:
                self._seen.add((table.start, "told"))
                self.out.extend(told)
            else:
                self.out.extend(c for c in writer.out if c.role == "table-row")
        if (table.start, "told") in self._seen:
            return
        text = self._markup.words(run.start, run.end)
        if cell.tag == "th" or (row is rows[0] and len(rows) > 1 and len(text) <= SHORT):
            beside = tuple(Member(c.text[:200], self._places.passage(c.start, c.end, 200)) for c in self._cells(row))
            self._add(Kind.OPTION, "column-header", text.rstrip(":： "), run.start, run.end, cell, beside)

    def _rows(self, table: Element) -> list[Element]:
        """Return the table's own rows; none once a page of nested tables has cost enough."""
        if table.start not in self._tables:
            found: list[Element] = []
            groups = [table]
            while groups and self._budget > 0 and len(found) < 2000:
                group = groups.pop(0)
                self._budget -= 1 + len(group.children)
                for child in group.children:
                    if child.tag == "tr":
                        found.append(child)
                    elif child.tag in ("tbody", "thead", "tfoot", "form"):
                        groups.append(child)
            self._tables[table.start] = found
        return self._tables[table.start]

    def _cells(self, row: Element) -> list[Cell]:
        out: list[Cell] = []
        for child in row.children[:200]:
            if child.tag in ("td", "th"):
                runs = self._markup.runs_in(child.inner, child.close, 40)
                start = runs[0].start if runs else child.inner
                end = runs[-1].end if runs else child.inner
                while start < end and self._places.utf8[start] in b" \t\r\n":
                    start += 1
                out.append(Cell(start, end, self._markup.text_of(child)[:1000]))
        return out
