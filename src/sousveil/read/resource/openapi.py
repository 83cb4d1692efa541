"""JSON Schema and OpenAPI/Swagger as records, enumerations and operations.

Called for the objects and arrays of a JSON or YAML document in which a hit stands; what an object is, its own
shape says, so schemas inside other documents (tool definitions, database validators) are read as well.
"""

from __future__ import annotations

from sousveil.model import Construct, Kind, Member
from sousveil.read import gloss as glosses
from sousveil.read.places import Hits, Places
from sousveil.read.resource.parts import head, label, own_end, pick
from sousveil.read.resource.tree import Node
from sousveil.read.unfinished import bounded

_METHODS = frozenset(("get", "post", "put", "patch", "delete", "head", "options", "trace", "query"))
_SCHEMA = frozenset((
    "type", "$ref", "description", "enum", "allOf", "anyOf", "oneOf", "properties", "items", "format",
    "const", "title", "additionalProperties", "bsonType", "example", "default", "nullable"
))  # fmt: skip
_WRAPPERS = frozenset(
    ("schema", "items", "allOf", "anyOf", "oneOf", "properties", "content", "$jsonSchema", "parameters", "input_schema",
     "inputSchema", "requestBody", "body", "not", "then", "else", "if", "json_schema")
)  # fmt: skip
_GLOSS = ("summary", "description", "title", "x-description", "$comment")
_PARAMETERS = ("parameters", "input_schema", "inputSchema", "schema")
_VARIANTS = ("x-enum-varnames", "x-enumNames", "enumNames", "x-enum-labels", "x-enum-descriptions", "x-ms-enum")
_LEVELS = 8
_PARTS = 200


class Described:
    """What one document's schemas gave: each schema and operation once."""

    def __init__(self, places: Places, hits: Hits, language: str) -> None:
        self.places = places
        self.hits = hits
        self.language = language
        self._done: set[tuple[str, int]] = set()
        # Most documents describe nothing, and to ask an object for a key is to read all of it.
        self._describes = b"properties" in places.utf8

    def read(self, node: Node) -> tuple[list[Construct], bool]:
        """Return the constructs ``node`` belongs to that were not returned before, and whether it belongs to any."""
        out: list[Construct] = []
        belongs = False
        if node.kind == "array" and node.key in ("enum", *_VARIANTS) and node.parent is not None:
            belongs = True
            if self._first("enum", node.parent):
                out.append(self._enumeration(node.parent, node))
        level: Node | None = node if self._describes else None
        for depth in range(_LEVELS):
            if level is None:
                break
            schema = level.child("properties") if level.kind == "object" else None
            if schema is not None and level.key != "properties" and _is_schema(schema):
                # An object far below the schema (an example's data) is no part of its words.
                belongs = belongs or depth <= 4
                if self._first("schema", level):
                    out.append(self._record(level, schema))
                break
            level = level.parent
        level = node
        for depth in range(_LEVELS * 2):
            if level is None:
                break
            if level.kind == "object" and level.key.lower() in _METHODS and _is_path(level.parent):
                belongs = belongs or depth <= 3
                if self._first("operation", level):
                    out.append(self._operation(level))
                break
            level = level.parent
        return out, belongs

    def _first(self, what: str, node: Node) -> bool:
        if (what, node.start) in self._done:
            return False
        self._done.add((what, node.start))
        return True

    def _record(self, schema: Node, properties: Node) -> Construct:
        children = properties.children
        wanted = (i for i, c in enumerate(children) if self.hits.inside(c.from_start, c.end))
        required = schema.child("required")
        return Construct(
            kind=Kind.RECORD,
            name=_name(schema),
            passage=head(schema, self.places, self.hits),
            members=tuple(self._property(children[i]) for i in pick(len(children), wanted)),
            gloss=glosses.join(_gloss(schema), _told_around(schema))[:2000],
            scope=schema.scope(),
            role="schema",
            language=self.language,
            bases=tuple(ref for ref in _references(schema.child("allOf")))[:20],
            uses=tuple(c.text for c in required.children[:100]) if required and required.kind == "array" else (),
        )

    def _property(self, node: Node) -> Member:
        passage = self.places.passage(node.from_start, own_end(node), 300)
        if node.kind != "object":
            return Member(node.key[:200], passage, node.text[:200], node.kind)
        gloss = _gloss(node)[:1000]
        return Member(node.key[:200], passage, node.value("default")[:200], _type(node), gloss, _values(node, gloss))

    def _enumeration(self, owner: Node, enum: Node) -> Construct:
        enum = owner.child("enum") or enum
        names = next((n for n in (owner.child(*_VARIANTS),) if n is not None and n.kind == "array"), None)
        scalars = [c for c in enum.children if c.scalar]
        labels = [c for c in names.children if c.scalar] if names is not None and names is not enum else []
        gloss = _gloss(owner)[:2000]
        described = dict(glosses.values(gloss))
        members: list[Member] = []
        wanted = (i for i, c in enumerate(scalars) if self.hits.inside(c.start, c.end))
        for i in pick(len(scalars), wanted):
            if len(labels) == len(scalars):
                members.append(label(labels[i], self.places, scalars[i].text))
            else:
                shown = label(scalars[i], self.places)
                extra = described.get(scalars[i].text, "")
                gloss_of = "\n".join(part for part in (shown.gloss, extra) if part)
                members.append(Member(shown.name, shown.passage, shown.name if extra else "", gloss=gloss_of))
        return Construct(
            kind=Kind.ENUMERATION,
            name=_name(owner),
            passage=head(owner if owner.key else enum, self.places, self.hits),
            members=tuple(members),
            gloss=gloss,
            scope=owner.scope(),
            role="enum",
            language=self.language,
        )

    def _operation(self, node: Node) -> Construct:
        path = node.parent
        assert path is not None
        members: list[Member] = []
        for owner in (path, node):
            listed = owner.child("parameters")
            for parameter in (
                bounded(listed.children, _PARTS, "parameters of one operation") if listed is not None else ()
            ):
                members.append(self._parameter(parameter))
        body = node.child("requestBody")
        for schema in _schemas(body):
            properties = schema.child("properties")
            if properties is not None and properties.kind == "object":
                members.extend(
                    self._property(c) for c in bounded(properties.children, _PARTS, "properties of one body")
                )
        returned: list[str] = []
        for schema in _schemas(node.child("responses")):
            returned.extend(_references(schema) or ([_type(schema)] if schema.value("type", "title") else []))
        uses = [node.value("operationId"), *_texts(node.child("tags")), *_references(body), *returned]
        return Construct(
            kind=Kind.OPERATION,
            name=f"{node.key.upper()} {path.key}",
            passage=head(node, self.places, self.hits),
            members=tuple(bounded(members, 2 * _PARTS, "parameters of one operation")),
            gloss=_gloss(node)[:2000],
            scope=node.scope(),
            role="endpoint",
            language=self.language,
            returns=", ".join(dict.fromkeys(returned))[:400],
            uses=tuple(dict.fromkeys(use for use in uses if use))[:200],
        )

    def _parameter(self, node: Node) -> Member:
        schema = node.child("schema")
        gloss = _gloss(node)[:1000]
        kind = _type(node) or (_type(schema) if schema is not None else "")
        listed = _values(node, gloss) or (_values(schema, gloss) if schema is not None else ())
        name = node.value("name") or next(iter(_references(node)), "")
        at = next((c for c in node.children if c.key in ("name", "$ref")), node)
        passage = self.places.passage(at.from_start, own_end(at), 300)
        return Member(name[:200], passage, node.value("default")[:200], kind, gloss, listed)


def _is_schema(properties: Node) -> bool:
    """Return whether an object under ``properties`` holds descriptions of properties."""
    if properties.kind != "object":
        return False
    seen = good = 0
    for child in properties.children[:30]:
        seen += 1
        if child.kind == "object" and any(c.key in _SCHEMA for c in child.children[:12]):
            good += 1
    return seen > 0 and good * 10 >= seen * 6


def _is_path(node: Node | None) -> bool:
    return (
        node is not None
        and node.kind == "object"
        and (node.key.startswith("/") or (node.parent is not None and node.parent.key in ("paths", "webhooks")))
    )


def _name(schema: Node) -> str:
    """Return what a schema is called: its key, or around it the parameter, the definition or the function."""
    node: Node | None = schema
    for _ in range(_LEVELS):
        if node is None:
            break
        if node.key and node.key not in _WRAPPERS and not node.key.isdigit() and "/" not in node.key:
            return node.key
        if node.kind == "object" and node is not schema and node.value("name"):
            return node.value("name")
        if node.kind == "object" and node.value("title", "$id", "operationId"):
            return node.value("title", "$id", "operationId")
        node = node.parent
    return ""


def _told_around(schema: Node) -> str:
    """Return what a function that a model may call says of itself, whose parameters a schema lists."""
    parent = schema.parent
    named = parent is not None and parent.kind == "object" and parent.value("name")
    return _gloss(parent) if parent is not None and named and schema.key in _PARAMETERS else ""


def _gloss(node: Node) -> str:
    words = [node.comment, *(node.value(key) for key in _GLOSS)] if node.kind == "object" else [node.comment]
    return glosses.join(*(word[:2000] for word in words))


def _type(node: Node) -> str:
    """Return the type as a person would write it: ``string``, ``Face``, ``array of Face``."""
    named = node.value("type", "bsonType", "$ref") or ""
    kind = node.child("type")
    if not named and kind is not None and kind.kind == "array":
        named = " | ".join(_texts(kind))
    items = node.child("items")
    if items is not None and items.kind == "object":
        inner = items.value("$ref", "type")
        return f"array of {inner.rsplit('/', 1)[-1]}"[:200] if inner else "array"
    if not named:
        combined = [ref for key in ("allOf", "oneOf", "anyOf") for ref in _references(node.child(key))]
        named = " | ".join(combined[:8])
    return named.rsplit("/", 1)[-1][:200]


def _values(node: Node, gloss: str) -> tuple[tuple[str, str], ...]:
    items = node.child("items")
    for owner in (node, items):
        enum = owner.child("enum") if owner is not None else None
        if enum is None or enum.kind != "array" or owner is None:
            continue
        listed = _texts(enum)
        names = owner.child(*_VARIANTS)
        labels = _texts(names) if names is not None else []
        if labels and len(labels) == len(listed):
            return tuple(zip(listed, labels, strict=True))
        told = glosses.values(gloss)
        if told and all(text.lstrip("-").isdigit() for text in listed):
            return told
        return tuple(("", text) for text in listed)
    return glosses.values(gloss) if gloss else ()


def _texts(node: Node | None) -> list[str]:
    if node is None or node.kind != "array":
        return []
    return [c.text[:200] for c in node.children[:400] if c.scalar]


def _schemas(node: Node | None) -> list[Node]:
    """Return the objects under a ``schema`` key, a few levels down."""
    found: list[Node] = []
    queue = [(node, 0)] if node is not None else []
    while queue and len(found) < 20:
        at, depth = queue.pop(0)
        for child in at.children[:40]:
            if child.key == "schema":
                found.append(child)
            elif depth < 4 and not child.scalar:
                queue.append((child, depth + 1))
    return found


def _references(node: Node | None) -> list[str]:
    """Return the names of the schemas referred to, a few levels down."""
    found: list[str] = []
    queue = [(node, 0)] if node is not None else []
    seen = 0
    while queue and len(found) < 40 and seen < 400:
        at, depth = queue.pop(0)
        seen += 1
        for child in at.children[:60]:
            if child.key == "$ref" and child.text:
                found.append(child.text.rsplit("/", 1)[-1][:200])
            elif depth < 5 and not child.scalar:
                queue.append((child, depth + 1))
    return list(dict.fromkeys(found))
