"""What a condition takes in a rule's YAML; each function raises RuleError that says what would be right."""

from __future__ import annotations

from typing import Any

from sousveil.judge.scene import RuleError
from sousveil.judge.slots import GROUPS, SLOTS, expand


def options(value: object, allowed: set[str]) -> dict[str, Any]:
    """Return keys and values that a condition takes, of which no others are ``allowed``."""
    if not isinstance(value, dict):
        raise RuleError("takes keys and values")
    unknown = set(value) - allowed
    if unknown:
        raise RuleError(f"does not know {', '.join(sorted(unknown))}; it takes {', '.join(sorted(allowed))}")
    return value


def words(value: object) -> list[str]:
    """Return one word or a list of words as a list."""
    return [str(v) for v in value] if isinstance(value, list) else [str(value)]


def slots_of(raw: object, default: str) -> tuple[str, ...]:
    """Return the slots that a condition looks in, with groups such as ``near`` written out."""
    names = words(raw or default)
    for name in names:
        if name not in SLOTS and name not in GROUPS:
            raise RuleError(f"no slot is called {name!r}; there are {', '.join((*SLOTS, *GROUPS))}")
    return expand(tuple(names))
