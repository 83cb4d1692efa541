"""What a report says of a rule beside the finding: the rule's own file, in the words that faces need."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class RuleInfo(Struct, frozen=True):
    """A rule as a reader of the report meets it."""

    id: str
    what: str
    """What was found, in one sentence."""
    why: str = ""
    """Why that is what it is said to be."""
    limits: str = ""
    """What the rule cannot tell."""
    references: tuple[str, ...] = ()


def built_in() -> Mapping[str, RuleInfo]:
    """Return the built-in rules by identifier. Raises RuleError where one is broken."""
    from sousveil.judge.rules import load_rules

    return {
        rule.id: RuleInfo(rule.id, rule.file.what, rule.file.why, rule.file.limits, rule.file.references)
        for rule in load_rules()
    }
