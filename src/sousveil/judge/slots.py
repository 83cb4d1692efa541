"""The parts of a construct in which words are seen, and the groups of them that rules ask for by name."""

from __future__ import annotations

from functools import lru_cache

SLOTS = (
    "name",
    "gloss",
    "text",
    "bases",
    "returns",
    "member",
    "member-gloss",
    "member-head",
    "value",
    "member-type",
    "scope",
    "uses",
    "path",
    "product",
)
OWN = ("name", "gloss", "text", "bases", "returns", "member", "member-gloss", "value")
NEAR = (*OWN, "member-type", "scope", "uses")
GROUPS = {
    "own": OWN,
    "near": NEAR,
    "all": (*NEAR, "path"),
    "members": ("member", "member-gloss", "value"),
    "fields": ("member", "member-head"),
    "title": ("name", "gloss", "text"),
    "around": ("name", "gloss", "scope", "path", "bases"),
}


@lru_cache(maxsize=1024)
def expand(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return slot names with groups such as ``near`` written out, each once."""
    out: dict[str, None] = {}
    for name in names:
        for slot in GROUPS.get(name, (name,)):
            out[slot] = None
    return tuple(out)
