"""Pieces that several readers of structured data need: which members to keep, where to point, what a label is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from sousveil.model import Member, Passage
from sousveil.read import gloss as glosses
from sousveil.read.places import Hits, Places
from sousveil.read.resource.tree import Node
from sousveil.read.unfinished import tell

MEMBERS = 400
"""Most members of one construct; those that hold a hit and their neighbours come first."""
SHORT = 80
"""Characters of a label; what is longer is text."""


def pick(count: int, wanted: Iterable[int], most: int = MEMBERS) -> list[int]:
    """Return the indexes of members to keep: all, or those wanted with their neighbours and the first ones."""
    if count <= most:
        return list(range(count))
    keep: set[int] = set()
    for index in wanted:
        if len(keep) > most - 40:
            tell("cut", f"terms at many of {count:,} entries of one list: {most:,} entries were judged")
            break
        keep.update(range(max(0, index - 12), min(count, index + 13)))
    for index in range(count):
        if len(keep) >= most:
            break
        keep.add(index)
    return sorted(keep)


def own_end(node: Node) -> int:
    """Return where a node's own words end: a scalar's value, a container's key."""
    return node.end if node.scalar else max(node.key_end, node.start + 1)


def hit_itself(node: Node, hits: Hits) -> bool:
    """Return whether a hit stands in a node's key or scalar value."""
    if node.scalar:
        return hits.inside(node.from_start, node.end)
    return node.key_start >= 0 and hits.inside(node.key_start, node.key_end)


def hit_ones(children: Sequence[Node], hits: Hits) -> list[int]:
    """Return the indexes of those of ``children``, in the order of the document, in whose key or value a hit stands."""
    if not children:
        return []
    near = [] if hits.all else hits.between(children[0].from_start, children[-1].end)
    if hits.all or len(near) * 16 > len(children):
        return [i for i, c in enumerate(children) if hit_itself(c, hits)]
    found: dict[int, None] = {}
    for hit in near:
        index = bisect_right(children, hit, key=lambda c: c.from_start) - 1
        if index >= 0 and hit_itself(children[index], hits):
            found[index] = None
    return list(found)


def head(node: Node, places: Places, hits: Hits) -> Passage:
    """Return the line that declares a container: its key's, or of a nameless one the first that holds a hit."""
    if node.key_start >= 0:
        return places.passage(node.key_start, min(node.end, places.line_end(node.key_start, 200)), 200)
    shown = None
    for child in node.children[:5000]:
        shown = shown or child
        if not hits.all and hit_itself(child, hits):
            shown = child
            break
    if shown is None:
        return places.passage(node.start, min(node.end, places.line_end(node.start, 200)), 200)
    return places.passage(shown.from_start, own_end(shown), 200)


def label(node: Node, places: Places, value: str = "") -> Member:
    """Return a scalar as a label."""
    gloss = node.comment[:1000]
    return Member(node.text[:200], places.passage(node.start, node.end, 300), value[:200], gloss=gloss)


def field(node: Node, places: Places, look: bool = True) -> Member:
    """Return one key of an object as a member; ``look`` into its own description where it is an object."""
    gloss, kind = node.comment, node.kind
    value = node.text[:200] if node.scalar else ""
    if look and node.kind == "object":
        gloss = node.gloss()
        kind = node.value("type", "dataType", "data_type") or kind
        value = node.value("value", "default")[:200]
    gloss = gloss[:1000]
    passage = places.passage(node.from_start, own_end(node), 300)
    return Member(node.key[:200], passage, value, kind[:80], gloss, glosses.values(gloss) if gloss else ())
