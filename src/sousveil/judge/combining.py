"""A rule's ``when`` as one condition: all, any, some and not of what can be asked of a construct."""

from __future__ import annotations

import re

from sousveil.judge.conditions import MAKERS
from sousveil.judge.scene import ABSENT, Condition, Result, RuleError, Scene


def compile_condition(raw: object, where: str = "when") -> Condition:
    """Return ``raw`` (a rule's ``when``, as YAML gives it) as a condition; raise RuleError naming what is wrong."""
    if not isinstance(raw, dict) or len(raw) != 1:
        raise RuleError(f"{where}: a condition is one key with its value, for example 'kind: Record'; got {raw!r}")
    ((key, value),) = raw.items()
    if key == "all":
        return _all(_children(value, where, key))
    if key == "any":
        return _some(1, _children(value, where, key), "any of")
    if key == "some":
        if not isinstance(value, dict) or set(value) != {"at-least", "of"}:
            raise RuleError(f"{where}.some: takes 'at-least' and 'of'")
        least, children = int(value["at-least"]), _children(value["of"], where, "some")
        return _some(least, children, f"at least {least} of {len(children)}")
    if key == "not":
        return _not(compile_condition(value, f"{where}.not"))
    maker = MAKERS.get(key)
    if maker is None:
        known = ", ".join(sorted({"all", "any", "some", "not", *MAKERS}))
        raise RuleError(f"{where}: no condition is called {key!r}; there are {known}")
    try:
        return maker(value)
    except RuleError as error:
        raise RuleError(f"{where}.{key}: {error}") from None
    except (TypeError, ValueError, KeyError, re.error) as error:
        raise RuleError(f"{where}.{key}: {error}") from None


def _children(value: object, where: str, key: str) -> list[Condition]:
    if not isinstance(value, list) or not value:
        raise RuleError(f"{where}.{key}: takes a list of conditions")
    return [compile_condition(child, f"{where}.{key}[{i}]") for i, child in enumerate(value)]


def _all(children: list[Condition]) -> Condition:
    def evaluate(scene: Scene) -> Result | None:
        met: list[Result] = []
        for child in children:
            result = child(scene)
            if result is None:
                return None
            met.append(result)
        return Result("all of", (), tuple(met))

    return evaluate


def _some(least: int, children: list[Condition], text: str) -> Condition:
    def evaluate(scene: Scene) -> Result | None:
        met = tuple([result for child in children if (result := child(scene)) is not None])
        return Result(text, (), met) if len(met) >= least else None

    return evaluate


def _not(child: Condition) -> Condition:
    return lambda scene: ABSENT if child(scene) is None else None
