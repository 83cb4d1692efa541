"""Parts of JavaScript and TypeScript: names, strings, literals, runs, comments; ``jsdecl`` adds the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from sousveil.model import Kind
from sousveil.read import gloss
from sousveil.read.source.drafts import Draft, Spots, Uses, touched
from sousveil.read.source.literals import Entry, Shape
from sousveil.read.source.script import GLOSS, MEMBERS, VALUE, Context, unescape
from sousveil.read.source.values import Values
from sousveil.read.text import Text

if TYPE_CHECKING:
    from tree_sitter import Node

STRINGS = frozenset(("string", "template_string"))
FUNCTIONS = frozenset(("function_expression", "arrow_function", "generator_function", "function"))
NAMING = frozenset((
    "variable_declarator", "assignment_expression", "pair", "assignment_pattern", "field_definition",
    "public_field_definition", "required_parameter", "optional_parameter",
))  # fmt: skip
SENTENCE = 5
"""From so many words on what a page says is a sentence."""
_WRAPPERS = frozenset(("parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression"))
# Calls that only wrap their value.
_WRAPPING = frozenset((
    "freeze", "Set", "Array", "from", "of", "ref", "reactive", "observable", "t", "$t", "i18n", "tr", "seal",
    "shallowRef", "computed", "useState", "defineProps",
))  # fmt: skip


class JsParts(Values):
    """Readers of values; nothing here walks the whole tree."""

    string_types = STRINGS

    def __init__(self, text: Text, source: bytes, base: int, language: str) -> None:
        super().__init__(text, source, base, language, (b"//",), blocks=True)
        self.forms: dict[int, tuple[str, ...]] = {}
        """By where a form of a page starts, what is written in it."""

    def words(self, node: Node, limit: int = GLOSS) -> str:
        """Return what a string or template says; the fields of a template stay as ``${…}``."""
        data = self.source[node.start_byte : min(node.end_byte, node.start_byte + limit * 4)].decode("utf-8", "ignore")
        body = data[1:]
        if node.end_byte <= node.start_byte + limit * 4:
            body = body[:-1]
        return unescape(body)[:limit]

    def key(self, node: Node | None) -> str:
        """Return a property's key as a name."""
        if node is None:
            return ""
        if node.type == "computed_property_name" and node.named_child_count == 1:
            node = node.named_children[0]
        return self.words(node, 200) if node.type in STRINGS else self.raw(node, 200)

    def target(self, node: Node) -> str:
        """Return what a declaration or assignment names: a variable, a property, or a constant index."""
        left = (
            node.child_by_field_name("left") or node.child_by_field_name("name") or node.child_by_field_name("property")
        )
        if left is None:
            left = node.child_by_field_name("pattern")
        if left is None:
            return ""
        if left.type == "member_expression":
            return self.field(left, "property")
        if left.type == "subscript_expression":
            index = left.child_by_field_name("index")
            if index is not None and index.type in STRINGS:
                return self.words(index, 200)
        return self.raw(left, 200)

    def value_of(self, node: Node) -> Node | None:
        """Return the value of a declaration, assignment or pair, without parentheses and casts."""
        value = node.child_by_field_name("value") or node.child_by_field_name("right")
        for _ in range(8):
            if value is None or value.type not in _WRAPPERS or not value.named_children:
                break
            value = value.named_children[0]
        return value

    def callee(self, call: Node) -> str:
        """Return the last name of what is called."""
        called = call.child_by_field_name("function") or call.child_by_field_name("constructor")
        return self.raw(called, 200).rpartition(".")[2] if called is not None and called.type not in FUNCTIONS else ""

    def wraps(self, call: Node) -> bool:
        """Return whether a call only wraps its value."""
        return self.callee(call) in _WRAPPING

    def freezes(self, node: Node) -> bool:
        """Return whether a literal is handed to ``Object.freeze``: only that makes constants of it."""
        call = node.parent.parent if node.parent is not None and node.parent.type == "arguments" else None
        return call is not None and self.callee(call) in ("freeze", "seal")

    def arguments(self, call: Node) -> list[Node]:
        """Return the arguments of a call."""
        given = call.child_by_field_name("arguments")
        return [c for c in given.named_children[:200] if c.type != "comment"] if given is not None else []

    # --------------------------------------------------------------------------------------- literals

    def entry(self, node: Node, deep: int = 2) -> Entry:
        """Return a value as an entry, its own items read ``deep`` levels down."""
        start, end, kind = node.start_byte, node.end_byte, node.type
        if kind in STRINGS:
            return Entry(start, end, self.words(node, 500), "text")
        if kind in ("number", "unary_expression"):
            return Entry(start, end, self.raw(node, VALUE), "number")
        if kind in ("array", "object"):
            inner = self.entries(node, deep - 1, 12) if deep > 0 else []
            return Entry(start, end, self.raw(node, VALUE), "map" if kind == "object" else "list", inner=inner)
        if kind in _WRAPPERS and node.named_children and deep:
            return self.entry(node.named_children[0], deep - 1)
        if kind in ("call_expression", "new_expression") and self.wraps(node) and deep:
            given = self.arguments(node)
            if given and given[0].type in (*STRINGS, "array", "object"):
                entry = self.entry(given[0], deep - 1)
                entry.start, entry.end = start, end
                return entry
        return Entry(start, end, self.raw(node, VALUE), "code" if kind in FUNCTIONS else "other")

    def entries(self, node: Node, deep: int = 2, most: int = MEMBERS) -> list[Entry]:
        """Return the items of an array or object; beyond ``most`` only those that hold a hit."""
        found: list[Entry] = []
        for child in node.named_children:
            kind = child.type
            if kind in ("comment", "ERROR", "spread_element") or len(found) >= 4 * MEMBERS:
                continue
            if len(found) >= most and not self.wanted(child):
                continue
            if kind == "pair":
                key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
                if key is None or value is None:
                    continue
                entry = self.entry(value, deep)
                entry.start, entry.end, entry.value_start = child.start_byte, child.end_byte, value.start_byte
                entry.key = self.key(key)
                entry.key_form = "number" if key.type == "number" else "text" if key.type in STRINGS else "name"
            elif kind == "shorthand_property_identifier":
                entry = Entry(child.start_byte, child.end_byte, self.raw(child), key=self.raw(child), key_form="name")
            elif kind == "method_definition":
                entry = Entry(
                    child.start_byte,
                    child.end_byte,
                    "",
                    "code",
                    key=self.field(child, "name"),
                    key_form="name",
                    value_start=child.start_byte,
                )
            else:
                entry = self.entry(child, deep)
            found.append(entry)
        return found

    @staticmethod
    def inside_of(pair: Node, context: Context) -> str:
        """Return what a key's value stands in: a list below a list's entry, ``{label, children: […]}``, is its own."""
        value = pair.child_by_field_name("value")
        below = context.inside == "labels" and value is not None and value.type == "array"
        return "" if below else context.inside

    def collection(self, node: Node, context: Context, frozen: bool) -> Draft | None:
        """Return an array or object as label set, record or constants, or ``None`` if it is none of them."""
        if node.named_child_count == 0 or context.inside in ("skip", "labels"):
            return None
        above = self.above
        around = above.type if above is not None else ""
        alone = 1 if around in NAMING and context.name and context.inside == "" else 2
        if context.inside == "collection" and around != "pair" and node.type == "array":
            return None
        name = context.name

        def refine(found: Shape) -> Shape | None:
            if node.type != "object":
                return found
            keys = [p.entry.key or "" for p in found.parts]
            flat = all(p.entry.form in ("number", "text") for p in found.parts)
            plain = all(k.replace("_", "").isalnum() and k.isascii() for k in keys)
            if flat and plain and (frozen or (keys and all(k.upper() == k and not k.isdigit() for k in keys))):
                for part in found.parts:
                    part.name, part.value = part.entry.key or "", part.entry.value
                return Shape(Kind.ENUMERATION, "constants", found.parts)
            if found.kind is Kind.RECORD:
                return replace(found, role="object" if name else "dict")
            return found

        return self.literal(node, context, alone, refine)

    # -------------------------------------------------------------------------------------------- runs

    def runs(self, node: Node, context: Context, near: Spots | None) -> Iterator[Draft]:
        """Yield what is assigned key by key: a compiled enumeration, a table filled line after line."""
        run: list[tuple[Node, str, str]] = []
        base, doubled = "", False
        for child in [*node.named_children, None]:
            target, word, value, twice = self._keyed(child) if child is not None else ("", "", "", False)
            if run and (target != base or not word):
                if len(run) >= 2 and any(touched(near, n.start_byte, n.end_byte) for n, _, _ in run):
                    kind = Kind.ENUMERATION if doubled else Kind.LABEL_SET
                    yield self.run(base, run, context, kind, "enum" if doubled else "dict")
                run, doubled = [], False
            if child is not None and word:
                base = target
                doubled = doubled or twice
                run.append((child, word, value))

    def _keyed(self, statement: Node) -> tuple[str, str, str, bool]:
        nothing = ("", "", "", False)
        if statement.type != "expression_statement" or statement.named_child_count != 1:
            return nothing
        inner = statement.named_children[0]
        left = inner.child_by_field_name("left") if inner.type == "assignment_expression" else None
        if left is None or left.type != "subscript_expression":
            return nothing
        index = left.child_by_field_name("index")
        base = self.field(left, "object")
        if index is None:
            return nothing
        if index.type in STRINGS:
            return base, self.words(index, 200), self.raw(inner.child_by_field_name("right"), VALUE), False
        if index.type == "assignment_expression":
            key = index.child_by_field_name("left")
            word = key.child_by_field_name("index") if key is not None else None
            if word is not None and word.type in STRINGS:
                return base, self.words(word, 200), self.raw(index.child_by_field_name("right"), VALUE), True
        return nothing

    # ---------------------------------------------------------------------------------------- strings

    def string(self, node: Node, context: Context) -> Iterator[Draft]:
        """Yield what a string tells, unless its own declaration does."""
        above = self.above
        around = above.type if above is not None else ""
        if context.inside == "skip" or around in ("import_statement", "export_statement", "literal_type"):
            return
        if above is not None and around in NAMING and above.child_by_field_name("key") == node:
            return
        # Such a sentence is what its element shows.
        element = above.parent if above is not None and around == "jsx_expression" else None
        if element is not None and element.type == "jsx_element" and len(self.raw(node, 400).split()) >= SENTENCE:
            return
        yield from self.told(node, above if above is not None and around in NAMING else node, context)

    def comment(self, node: Node, context: Context) -> Iterator[Draft]:
        """Yield a comment that belongs to no declaration, and any list of names in it."""
        above = self.above
        around = above.type if above is not None else ""
        below = node.next_named_sibling
        if below is not None and below.type == "method_signature":
            name = self.field(below, "name")
            yield from self.listed(node.start_byte, node.end_byte, (*context.scope, name) if name else context.scope)
        if around in (
            "array",
            "object",
            "enum_body",
            "interface_body",
            "object_type",
            "formal_parameters",
            "arguments",
            "jsx_element",
            "union_type",
            "class_body",
        ):
            return
        if self._describes(node):
            return
        yield from self.listed(node.start_byte, node.end_byte, context.scope)
        yield Draft(
            self.base + node.start_byte,
            self.base + node.end_byte,
            lambda: self.statement(node, context, "comment"),
            linkable=False,
        )

    def _describes(self, node: Node) -> bool:
        """Return whether a comment stands right above a function, class or declared value."""
        line = self.line_start(node.start_byte)
        if self.source[line : node.start_byte].strip():
            return False
        at = node.end_byte
        for _ in range(60):
            stop = self.source.find(b"\n", at, at + 4000)
            if stop < 0 or self.source[at:stop].strip():
                return False
            below = self.source[stop + 1 : stop + 400].split(b"\n", 1)[0].strip()
            if below.startswith((b"//", b"/*")):
                at = stop + 1 + self.source[stop + 1 : stop + 400].split(b"\n", 1)[0].__len__()
                continue
            return below.startswith(_DECLARES)
        return False

    # ------------------------------------------------------------------------------------------- uses

    def use(self, body: Node, uses: Uses) -> None:
        """Collect names, dotted names, keys and short strings below ``body``, in order."""
        waiting = list(reversed(body.named_children))
        for _ in self.steps():
            if not waiting or uses.full:
                break
            current = waiting.pop()
            self.effort += 1
            kind = current.type
            if kind in (
                "identifier",
                "property_identifier",
                "shorthand_property_identifier",
                "type_identifier",
                "shorthand_property_identifier_pattern",
            ):
                uses.add(self.raw(current, 100))
            elif kind == "member_expression":
                dotted = self.raw(current, 100)
                if all(c.isalnum() or c in "._$" for c in dotted):
                    uses.add(dotted.removeprefix("this."))
                else:
                    uses.add(self.field(current, "property"))
                    below = current.child_by_field_name("object")
                    if below is not None:
                        waiting.append(below)
            elif kind in STRINGS or kind == "jsx_text":
                words = self.words(current, 400) if kind in STRINGS else self.raw(current, 400)
                if len(words) <= 80 and "\n" not in words:
                    uses.add(gloss.clean(words).strip() if "<" in words else words.strip())
                waiting.extend(c for c in reversed(current.named_children) if c.type == "template_substitution")
            elif kind != "comment":
                waiting.extend(reversed(current.named_children))


_DECLARES = (
    b"function", b"async ", b"class ", b"export ", b"const ", b"let ", b"var ", b"interface ", b"enum ", b"type ",
    b"@", b"static ", b"public ", b"private ", b"abstract ", b"declare ", b"module.exports", b"exports.",
)  # fmt: skip
