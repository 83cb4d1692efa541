"""Label sets, attribute lists and loose strings of brace languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace
from tree_sitter import Node

from sousveil.model import Construct, Kind, Member
from sousveil.read.gloss import attribute_key, attribute_list
from sousveil.read.source.brace import Found, Part, Reader, Step
from sousveil.read.unfinished import bounded, tell

_ASKING = re.compile(r"attr|field|feature|propert|column|option|return", re.IGNORECASE)
"""Names of what takes a list of attributes: two names are a list then."""
_BEFORE_NAME = ("modifiers", "binding_pattern_kind", "annotation")
_ITEMS = 2000
_CASES = 400
_NODES_IN_CASE = 60


def text_sets(reader: Reader, step: Step) -> Iterator[Found]:
    """Yield what ``step.node`` is of lists, maps, switches and strings; of a named value, the list it is."""
    node = step.node
    kind = node.type
    if kind in reader.strings:
        yield _string(reader, step)
    elif kind in reader.switches:
        yield Found(node.start_byte, node.end_byte, Kind.LABEL_SET, _switch(reader, step), extra=True)
    else:
        found = _list(reader, step)
        if found is not None:
            yield found
        elif kind in reader.holders:
            yield from _held(reader, step)


def _list(reader: Reader, step: Step) -> Found | None:
    node = step.node
    if node.type in reader.lists:
        return _labels(reader, step, lambda: list(_entries(reader, node)))
    if node.type in reader.calls:
        callee = reader.source.cut(node.start_byte, _callee_end(reader, node), 120)
        arguments = next((c for c in _spread(node) if c.type in reader.arguments), None)
        if arguments is not None and reader.makers.search(callee):
            flat = callee.rsplit(".", 1)[0].endswith("Map")
            return _labels(reader, step, lambda: list(_entries(reader, arguments, flat)))
    return None


def _held(reader: Reader, step: Step) -> Iterator[Found]:
    """Yield the list that a named value is: the hit may be in the name alone."""
    level = [step]
    for _ in range(5):
        below: list[Step] = []
        for above in level:
            for child in above.node.named_children[:8]:
                inner = Step(child, above, step.scope)
                found = _list(reader, inner)
                if found is not None:
                    yield found
                    return
                if not child.type.endswith(("body", "block", "statement", "lambda_expression", "lambda_literal")):
                    below.append(inner)
        level = below[:16]


def _spread(node: Node) -> Iterable[Node]:
    """Return the children and, of a call's suffix, its children."""
    for child in node.named_children:
        yield child
        if child.type == "call_suffix":
            yield from child.named_children


def _callee_end(reader: Reader, node: Node) -> int:
    for child in _spread(node):
        if child.type in reader.arguments:
            return child.start_byte
    return node.end_byte


# ---------------------------------------------------------------------------------------------- lists

_Entry = tuple[str, str, int, int]
"""Name, value, extent."""


def _labels(reader: Reader, step: Step, entries: Callable[[], list[_Entry]]) -> Found:
    node = step.node

    def build(found: Found) -> Construct | None:
        items = entries()
        if len(items) < 2:
            return None
        parts = [reader.extent(name, start, start, end, value) for name, value, start, end in items]
        at, name = holder(reader, step)
        role = "dict" if sum(1 for i in items if i[1]) * 2 > len(items) else "list"
        return reader.build(found, name, at, step.scope, role, parts, gloss=_gloss(reader, step), comments=False)

    return Found(_held_from(reader, step), node.end_byte, Kind.LABEL_SET, build, extra=True)


def _held_from(reader: Reader, step: Step) -> int:
    """Return where the name begins that a list is given to, or the list."""
    for up in step.up(5):
        if up.node.type in reader.holders:
            return up.node.start_byte
        if up.node.type in reader.lists or up.node.type in reader.arguments:
            break
    return step.node.start_byte


def _gloss(reader: Reader, step: Step) -> str:
    """Return the comment above the statement that holds a list."""
    start = step.node.start_byte
    for up in step.up(6):
        if up.node.start_byte < start and up.node.type.endswith(
            ("declaration", "statement", "declarator", "_item", "_spec")
        ):
            start = up.node.start_byte
            if not up.node.type.endswith("declarator"):
                break
    return reader.source.leading(start).text


def _entries(reader: Reader, container: Node, flat: bool = False) -> Iterator[_Entry]:
    """Yield the labels of a list and the key and value of each pair; nothing unless at least half are strings."""
    nodes = bounded(container.named_children, _ITEMS, "entries of one list")
    strings = 0
    result: list[_Entry] = []
    keys = container.children_by_field_name("key") if container.type == "dictionary_literal" else []
    couples: list[tuple[Node, Node]] = []
    if keys:
        couples = list(zip(keys, container.children_by_field_name("value"), strict=False))
    elif flat:
        plain = [_unwrap(reader, n) for n in nodes]
        couples = list(zip(plain[::2], plain[1::2], strict=False))
    for key, worth in couples:
        strings += key.type in reader.strings or worth.type in reader.strings
        result.append((_key(reader, key), reader.source.slice(worth), key.start_byte, worth.end_byte))
    total = len(couples) or len(nodes)
    for item in nodes if not couples else ():
        node = _unwrap(reader, item)
        if node.type in reader.strings:
            strings += 1
            result.append((reader.unquoted(node), "", node.start_byte, node.end_byte))
            continue
        pair = [_unwrap(reader, c) for c in _two(reader, node)]
        if len(pair) >= 2 and any(p.type in reader.strings for p in pair):
            strings += 1
            value = reader.source.cut(pair[1].start_byte, pair[-1].end_byte)
            result.append((_key(reader, pair[0]), value, node.start_byte, node.end_byte))
    if strings * 2 >= total:
        yield from result


def _two(reader: Reader, node: Node) -> list[Node]:
    if node.type == "infix_expression":
        return [node.named_children[0], node.named_children[-1]] if node.named_children else []
    if node.type in reader.pairs or node.type in reader.lists:
        return node.named_children[:8]
    if node.type in reader.calls:
        arguments = next((c for c in _spread(node) if c.type in reader.arguments), None)
        return arguments.named_children[:8] if arguments is not None else []
    return []


def _unwrap(reader: Reader, node: Node) -> Node:
    for _ in range(4):
        if node.type not in reader.wrappers or len(node.named_children) != 1:
            break
        node = node.named_children[0]
    return node


def _key(reader: Reader, node: Node) -> str:
    if node.type in reader.strings:
        return reader.unquoted(node)
    return reader.source.slice(node, 200).strip("[] ")


def holder(reader: Reader, step: Step) -> tuple[int, str]:
    """Return where the name stands that a value is given to or handed to, and the name."""
    for up in step.up(12):
        node = up.node
        target = reader.holders.get(node.type)
        if target is not None:
            named = node.child_by_field_name(target) if target else _first_named(node)
            while named is not None and (inner := named.child_by_field_name("declarator")) is not None:
                named = inner
            # A value inside the name's own node (an index, a callee) is not held by it.
            if named is not None and not named.start_byte <= step.node.start_byte < named.end_byte:
                text = reader.source.cut(named.start_byte, named.end_byte, 200)
                return named.start_byte, _last(text)
        elif node.type in reader.calls:
            end = _callee_end(reader, node)
            if end <= step.node.start_byte:
                text = reader.source.cut(max(node.start_byte, end - 200), end, 200)
                return node.start_byte, _last(text.rstrip("( "))
        if reader.scope(up):
            break
    return step.node.start_byte, ""


def _first_named(node: Node) -> Node | None:
    """Return what a declaration names: of ``private val labels: List<String> = …`` ``labels``."""
    named = next((c for c in node.named_children if c.type not in _BEFORE_NAME), None)
    return named.named_children[0] if named is not None and named.type == "variable_declaration" else named


def _last(text: str) -> str:
    """Return the last name of ``a.b->c``, without arguments and brackets."""
    text = text.split("=")[0].split("[")[0].split("<")[0].strip()
    for mark in (".", "::", "->", " ", "*", "&", "?"):
        text = text.rsplit(mark, 1)[-1]
    return text.strip("()[]{};:,*&?! \t")


# -------------------------------------------------------------------------------------------- switches

_CHOSEN = re.compile(r"(?:switch|when|match)\s{0,4}\(?\s{0,4}([\w.$:>\-()\[\]]{2,80}?)\s{0,4}\)?\s{0,8}\{")


def _switch(reader: Reader, step: Step) -> Callable[[Found], Construct | None]:
    def build(found: Found) -> Construct | None:
        cases = list(_case_nodes(reader, step.node))
        parts: list[Part] = []
        for case in cases:
            value = _case_string(reader, case)
            if value is None:
                continue
            label = reader.source.cut(case.start_byte, _label_end(reader, case, value), 160)
            name = _case_name(label)
            parts.append(
                reader.extent(name, case.start_byte, case.start_byte, value.end_byte, reader.source.slice(value))
            )
        if len(parts) < 2 or len(parts) * 2 < len(cases):
            return None
        _, name = holder(reader, step)
        name = _last(step.scope[-1]) if step.scope else name
        made = reader.build(found, name, step.node.start_byte, step.scope, "switch", parts, comments=False)
        chosen = _CHOSEN.match(reader.source.cut(step.node.start_byte, cases[0].start_byte, 200))
        return replace(made, gloss=made.gloss or chosen[1]) if made is not None and chosen is not None else made

    return build


def _case_nodes(reader: Reader, node: Node) -> Iterator[Node]:
    stack = list(reversed(node.named_children))
    seen = 0
    while stack:
        if seen >= _CASES:
            tell("cut", f"more than {_CASES} cases of one switch: the first were read")
            return
        child = stack.pop()
        if child.type in reader.cases:
            seen += 1
            yield child
        elif (
            child.type not in reader.switches
            and child.child_count
            and child.type.endswith(("body", "block", "statement", "list", "group"))
        ):
            stack.extend(reversed(child.named_children))


def _case_string(reader: Reader, case: Node) -> Node | None:
    """Return the string a case returns, assigns or is worth; none where it only hands one to a call."""
    label = case.child_by_field_name(reader.case_label) if reader.case_label else None
    stack = [c for c in reversed(case.named_children) if c != label]
    for _ in range(_NODES_IN_CASE):
        if not stack:
            return None
        node = stack.pop()
        if node.type in reader.strings:
            return node
        if node.type in reader.arguments or node.type in reader.cases or node.type in reader.switches:
            continue
        if "label" in node.type or "pattern" in node.type or "condition" in node.type:
            continue
        stack.extend(reversed(node.named_children))
    return None


def _label_end(reader: Reader, case: Node, value: Node) -> int:
    text = reader.utf8[case.start_byte : min(value.start_byte, case.start_byte + 400)]
    places = [p for mark in (b"=>", b"->", b":") if (p := text.find(mark)) >= 0]
    # ``ns::NAME:`` has colons of its own.
    if places and text[min(places) : min(places) + 2] == b"::":
        place = text.find(b":", text.rfind(b"::") + 2)
        places = [place] if place >= 0 else []
    return case.start_byte + (min(places) if places else len(text))


def _case_name(label: str) -> str:
    label = label.strip().removeprefix("case").removeprefix("is ").strip()
    return _last(label) or label.strip("\"'")


# --------------------------------------------------------------------------------------------- strings


def _string(reader: Reader, step: Step) -> Found:
    node = step.node
    words = reader.unquoted(node)
    items = attribute_list(words)
    if items is None and "," in words and _ASKING.search(holder(reader, step)[1]):
        items = attribute_list("x=" + words)
    if items is not None:
        build = _attributes(reader, step, words, items)
        return Found(node.start_byte, node.end_byte, Kind.LABEL_SET, build, extra=True, listing=True)
    said = statement(reader, "string", step.scope, step)
    return Found(node.start_byte, node.end_byte, Kind.STATEMENT, said, extra=True)


def _attributes(reader: Reader, step: Step, words: str, items: tuple[str, ...]) -> Callable[[Found], Construct | None]:
    def build(found: Found) -> Construct:
        node = step.node
        parts: list[Part] = []
        at = node.start_byte
        for item in items:
            place = reader.utf8.find(item.encode(), at, node.end_byte)
            start, end = (place, place + len(item.encode())) if place >= 0 else (node.start_byte, node.end_byte)
            at = end if place >= 0 else at
            parts.append(Part(start, end, Member(item, reader.source.span(start, end))))
        _, held = holder(reader, step)
        name = attribute_key(words) or held
        found.parts = parts
        return reader.build(found, name, node.start_byte, step.scope, "attribute-list", parts, comments=False)

    return build


def statement(
    reader: Reader, role: str, scope: tuple[str, ...], step: Step | None = None
) -> Callable[[Found], Construct | None]:
    """Return the builder of a string, a comment or a line of code that belongs to nothing else."""

    def build(found: Found) -> Construct:
        name = holder(reader, step)[1] if step is not None else ""
        start, end = found.start, found.end
        if role == "code":
            return reader.build(found, name, found.start, scope, role, [], comments=False)
        return Construct(
            kind=Kind.STATEMENT,
            name=name,
            passage=reader.text.passage(start, end),
            scope=scope,
            role=role,
            language=reader.language,
        )

    return build
