"""A rule's ``when`` as one tree: all, any, some and not of what can be asked of a construct."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import Enum

from msgspec import Struct

from sousveil.judge.conditions import MAKERS
from sousveil.judge.outline import Asking
from sousveil.judge.scene import ABSENT, Condition, Result, RuleError, Scene


class Node(Struct, frozen=True):
    """A condition with its parts, so that what an outline decides can be left out."""

    op: str
    """``all``, ``some``, ``not``, or nothing for a leaf"""
    condition: Condition
    children: tuple[Node, ...] = ()
    least: int = 0
    text: str = ""
    masks: tuple[int, ...] = ()
    exact: bool = False

    @property
    def bits(self) -> int:
        """Return every bit that decides something here."""
        bits = 0
        for mask in self.masks:
            bits |= mask
        for child in self.children:
            bits |= child.bits
        return bits


Test = Callable[[Scene], bool]
"""Whether a condition is met, without the reasons."""


class Answer(Enum):
    """What an outline says of a condition."""

    NEVER = 0
    MAYBE = 1
    SURE = 2


def narrowed(node: Node, outline: int) -> tuple[Answer, Test]:
    """Return whether ``node`` is met where ``outline`` is what there is, and where that is not told, what tells it."""
    if not node.op:
        if not all(outline & mask for mask in node.masks):
            return Answer.NEVER, _never
        condition = node.condition
        return (Answer.SURE, _sure) if node.exact else (Answer.MAYBE, lambda scene: condition(scene) is not None)
    least = node.least if node.op == "some" else len(node.children)
    tests = []
    for child in node.children:
        answer, test = narrowed(child, outline)
        if answer is Answer.SURE:
            least -= 1
        elif answer is Answer.MAYBE:
            tests.append(test)
    never, sure = least > len(tests), least <= 0
    if node.op == "not":
        never, sure = sure, never
    if never or sure:
        return (Answer.NEVER, _never) if never else (Answer.SURE, _sure)
    first = tests[0]
    if node.op == "not":
        return Answer.MAYBE, lambda scene: not first(scene)
    return Answer.MAYBE, first if len(tests) == 1 else _at_least(least, tests)


def _never(_: Scene) -> bool:
    return False


def _sure(_: Scene) -> bool:
    return True


def _at_least(least: int, tests: Sequence[Test]) -> Test:
    """Return a test that so many of ``tests`` hold; as soon as too many do not, the rest is not tried."""

    def evaluate(scene: Scene) -> bool:
        wanted, left = least, len(tests)
        for test in tests:
            if test(scene):
                wanted -= 1
                if wanted == 0:
                    return True
            left -= 1
            if left < wanted:
                return False
        return False

    return evaluate


def compile_condition(raw: object, where: str = "when") -> Node:
    """Return ``raw`` (a rule's ``when``, as YAML gives it) as a tree; raise RuleError naming what is wrong."""
    if not isinstance(raw, dict) or len(raw) != 1:
        raise RuleError(f"{where}: a condition is one key with its value, for example 'kind: Record'; got {raw!r}")
    ((key, value),) = raw.items()
    if key == "all":
        children = _children(value, where, key)
        return Node(key, _all([child.condition for child in children]), children)
    if key == "any":
        return _of_some(1, _children(value, where, key), "any of")
    if key == "some":
        if not isinstance(value, dict) or set(value) != {"at-least", "of"}:
            raise RuleError(f"{where}.some: takes 'at-least' and 'of'")
        least, children = int(value["at-least"]), _children(value["of"], where, "some")
        return _of_some(least, children, f"at least {least} of {len(children)}")
    if key == "not":
        child = compile_condition(value, f"{where}.not")
        return Node(key, _not(child.condition), (child,))
    maker = MAKERS.get(key)
    if maker is None:
        known = ", ".join(sorted({"all", "any", "some", "not", *MAKERS}))
        raise RuleError(f"{where}: no condition is called {key!r}; there are {known}")
    try:
        made = maker(value)
    except RuleError as error:
        raise RuleError(f"{where}.{key}: {error}") from None
    except KeyError as error:
        raise RuleError(f"{where}.{key}: {error} is missing, or is not known here") from None
    except (TypeError, ValueError, re.error) as error:
        raise RuleError(f"{where}.{key}: {error}") from None
    if isinstance(made, Asking):
        return Node("", made.condition, masks=made.masks, exact=made.exact)
    return Node("", made)


def _children(value: object, where: str, key: str) -> tuple[Node, ...]:
    if not isinstance(value, list) or not value:
        raise RuleError(f"{where}.{key}: takes a list of conditions")
    return tuple([compile_condition(child, f"{where}.{key}[{i}]") for i, child in enumerate(value)])


def _of_some(least: int, children: tuple[Node, ...], text: str) -> Node:
    return Node("some", _some(least, [child.condition for child in children], text), children, least, text)


def _all(children: Sequence[Condition]) -> Condition:
    def evaluate(scene: Scene) -> Result | None:
        met: list[Result] = []
        for child in children:
            result = child(scene)
            if result is None:
                return None
            met.append(result)
        return Result("all of", (), tuple(met))

    return evaluate


def _some(least: int, children: Sequence[Condition], text: str) -> Condition:
    def evaluate(scene: Scene) -> Result | None:
        met = tuple([result for child in children if (result := child(scene)) is not None])
        return Result(text, (), met) if len(met) >= least else None

    return evaluate


def _not(child: Condition) -> Condition:
    return lambda scene: ABSENT if child(scene) is None else None
