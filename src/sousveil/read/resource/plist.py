"""Apple property lists in XML: keys and values as a tree, read like JSON."""

from __future__ import annotations

from sousveil.read.resource.markup import Element, Markup
from sousveil.read.resource.tree import Node

_KINDS = {"string": "string", "integer": "number", "real": "number", "true": "boolean", "false": "boolean",
          "date": "string", "data": "string"}  # fmt: skip


def tree(markup: Markup) -> Node | None:
    """Return the list's outermost object or array, or ``None`` where the document is no property list."""
    top = next((e for e in markup.root.children if e.tag == "plist"), None)
    if top is None:
        return None
    element = next((e for e in top.children if e.tag in ("dict", "array")), None)
    if element is None:
        return None
    root = _container(element, None)
    queue = [(element, root)]
    while queue:
        holder, node = queue.pop()
        key: Element | None = None
        for child in holder.children:
            if child.tag == "key":
                key = child
                continue
            if child.tag in ("dict", "array"):
                value = _container(child, node)
                queue.append((child, value))
            elif child.tag in _KINDS:
                text = child.tag if child.tag in ("true", "false") else markup.text_of(child)
                inner = (child.inner, child.close) if child.close > child.inner else (child.start, child.end)
                value = Node(_KINDS[child.tag], *inner, node, text)
            else:
                continue
            if key is not None:
                value.key = markup.text_of(key)
                value.key_start, value.key_end = key.inner, key.close
                key = None
            node.children.append(value)
    return root


def _container(element: Element, parent: Node | None) -> Node:
    return Node("object" if element.tag == "dict" else "array", element.start, element.end, parent)
