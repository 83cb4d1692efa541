"""A rule's ``when`` as one condition: all, any, some and not of what can be asked of a construct."""

from __future__ import annotations

import re

from sousveil.judge.conditions import MAKERS
from sousveil.judge.scene import Condition, Result, RuleError, Scene


def compile_condition(raw: object, where: str = "when") -> Condition:
    """Return ``raw`` (a rule's ``when``, as YAML gives it) as a condition; raise RuleError naming what is wrong."""
    if not isinstance(raw, dict) or len(raw) != 1:
        raise RuleError(f"{where}: a condition is one key with its value, for example 'kind: Record'; got {raw!r}")
    ((key, value),) = raw.items()
    if key in ("all", "any"):
        return _combine(key, _children(value, where, key))
    if key == "some":
        if not isinstance(value, dict) or set(value) != {"at-least", "of"}:
            raise RuleError(f"{where}.some: takes 'at-least' and 'of'")
        return _some(int(value["at-least"]), _children(value["of"], where, "some"))
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


def _combine(word: str, children: list[Condition]) -> Condition:
    def evaluate(scene: Scene) -> Result:
        results = []
        for child in children:
            result = child(scene)
            results.append(result)
            # Short-circuit: what is missing is only explained where the whole is met.
            if word == "all" and not result.met:
                return Result(False, "all of", (), tuple(results))
        met = word == "all" or any(r.met for r in results)
        return Result(met, f"{word} of", (), tuple(r for r in results if r.met) if met else tuple(results))

    return evaluate


def _some(least: int, children: list[Condition]) -> Condition:
    def evaluate(scene: Scene) -> Result:
        results = tuple(child(scene) for child in children)
        met = tuple(r for r in results if r.met)
        if len(met) >= least:
            return Result(True, f"at least {least} of {len(children)}", (), met)
        return Result(False, f"at least {least} of {len(children)}", (), results)

    return evaluate


def _not(child: Condition) -> Condition:
    def evaluate(scene: Scene) -> Result:
        result = child(scene)
        return Result(not result.met, f"not: {result.text}", (), ())

    return evaluate
