"""What a condition is evaluated against, and what an evaluation yields: its tree of reasons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from sousveil.judge.clauses import Claim
from sousveil.judge.features import Features, Seen
from sousveil.model import Direction, Trait


class Result(Struct, frozen=True, gc=False):
    """One node of an evaluation that was met: why, and the sightings it rests on."""

    tell: str | Callable[[], str]
    seen: tuple[Seen, ...] = ()
    children: tuple[Result, ...] = ()

    @property
    def text(self) -> str:
        """Return it in words; most nodes are never asked for them."""
        return self.tell if isinstance(self.tell, str) else self.tell()


ABSENT = Result("")
"""What must not be there is not: a reason that need not be shown."""


class Scene(Struct, frozen=True, gc=False):
    """What a condition is evaluated against."""

    features: Features
    trait: Trait
    direction: Direction
    claim: Claim | None
    linked: Mapping[str, Sequence[Seen]]
    """Context sightings of linked constructs by relation: ``user`` (a record that uses it), ``type`` (one it uses).

    ``input``: the traits among a model's inputs that are listed beside it; ``picked``: what surrounds the place where
    another file picks an item of a list."""
    linked_rules: frozenset[str]
    """Rules that an earlier round found on linked constructs; ``profiles`` where one of them does."""
    typed_rules: frozenset[str]
    """The same of the types that its own fields have."""
    twin_rules: frozenset[str]
    """Of a type in a program: the rules met by the types of its name in the product's source code."""
    met_rules: frozenset[str]
    """Rules already met on this construct and trait."""


Condition = Callable[[Scene], Result | None]
"""What a rule asks: the reason where it is met, None where it is not."""


class RuleError(ValueError):
    """A rule that cannot be used; the message says where and what would be right."""
