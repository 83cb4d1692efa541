"""Load and check the rules: one YAML file each, with its reason, its example and its near-miss."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from sousveil.judge.combining import Node, compile_condition
from sousveil.judge.scene import RuleError
from sousveil.match import store
from sousveil.match.schema import digest
from sousveil.model import PROFILING, Act, Basis, Kind, Trait

PRIOR = -2.2
"""Log-odds that a construct holding a term profiles people, before anything is known of it (about one in ten)."""


class Sample(Struct, frozen=True, forbid_unknown_fields=True):
    """A made-up file a rule must, or must not, match."""

    file: str
    """Its path inside the made-up product; the extension chooses the reader."""
    text: str
    why: str = ""


class RuleFile(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A rule as it stands in YAML."""

    id: str
    act: Act
    what: str
    why: str
    when: dict[str, object]
    example: Sample
    near_miss: Sample
    limits: str
    references: tuple[str, ...] = ()
    traits: tuple[Trait, ...] = tuple(Trait)
    basis: Basis | None = None
    """Fixed, or None: taken from the words around the construct."""
    strength: float = 0.0
    """Probability where this rule alone is met: of ``act`` itself."""
    lowers: float = 1.0
    """Factor on the odds that the construct infers or targets; below 1 for rules that explain it as harmless."""
    family: str = ""
    """Rules of one family rest on the same evidence: only the strongest counts."""
    not_proved: tuple[str, ...] = ()


class Rule(Struct, frozen=True):
    """A checked rule, ready to be evaluated."""

    file: RuleFile
    when: Node
    source: str
    dependent: bool = False
    """Whether it asks for other rules' results; it is evaluated after those that do not."""
    kinds: frozenset[Kind] = frozenset(Kind)
    """The kinds of construct that it can be met on."""

    @property
    def id(self) -> str:
        return self.file.id

    @property
    def weight(self) -> float:
        """Return the rule's contribution to the log-odds of profiling."""
        if self.file.act in PROFILING:
            return logit(self.file.strength) - PRIOR
        return math.log(self.file.lowers)


def logit(p: float) -> float:
    """Return the log-odds of probability ``p`` (0 < p < 1)."""
    return math.log(p / (1 - p))


def load_rules(extra: tuple[Path, ...] = ()) -> tuple[Rule, ...]:
    """Return the built-in rules and those of the folders or files in ``extra``, in order of their identifiers.

    Raises RuleError with file, line and column where one is wrong, and where two share an identifier.
    """
    if not extra:
        return _built_in()
    rules = {rule.id: rule for rule in _built_in()}
    for top in extra:
        if not top.exists():
            raise RuleError(f"{top}: there is no such rule file or folder")
        files = sorted(top.rglob("*.y*ml")) if top.is_dir() else [top]
        if not files:
            raise RuleError(f"{top}: holds no rule (*.yaml)")
        for path in files:
            try:
                text = path.read_text("utf-8")
            except UnicodeDecodeError:
                raise RuleError(f"{path}: is no rule: a rule is YAML, written in UTF-8") from None
            rule = read_rule(text, str(path))
            if rule.id in rules:
                raise RuleError(f"{path}: the rule id {rule.id!r} is taken by {rules[rule.id].source}")
            rules[rule.id] = rule
    return _ordered(rules.values())


@functools.cache
def _built_in() -> tuple[Rule, ...]:
    top = Path(__file__).parent.parent / "rules"
    texts = {p.relative_to(top).as_posix(): p.read_bytes() for p in sorted(top.rglob("*.yaml"))}
    root, name = store.folder(), f"rules-{digest({**texts, 'code': Path(__file__).read_bytes()})[:32]}"
    if (kept := store.get(root, name)) is not None:
        try:
            return _ordered(_rule(file, source) for source, file in msgspec.msgpack.decode(kept, type=_Kept))
        except (msgspec.DecodeError, UnicodeDecodeError, RuleError):
            pass
    rules = tuple(read_rule(text.decode("utf-8"), name.rpartition("/")[2]) for name, text in texts.items())
    store.put(root, name, msgspec.msgpack.encode([(rule.source, rule.file) for rule in rules]))
    return _ordered(rules)


def _ordered(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    return tuple(sorted(rules, key=lambda r: r.id))


_Kept = list[tuple[str, RuleFile]]
"""Name of the file and the rule in it: parsing YAML takes longer than all the rest of loading."""


def _rule(file: RuleFile, source: str) -> Rule:
    return Rule(file, compile_condition(file.when), source, _asks_for_rules(file.when), _kinds(file.when))


def read_rule(text: str, source: str) -> Rule:
    """Return the rule in ``text``; ``source`` names it in errors. Raises RuleError."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        raw = yaml.load(text, Loader=loader)  # noqa: S506 - both are safe loaders
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise RuleError(f"{source}{at}: {error.problem or 'not YAML'}") from None
    except yaml.YAMLError as error:
        raise RuleError(f"{source}: not YAML: {error}") from None
    if not isinstance(raw, dict):
        raise RuleError(
            f"{source}:1:1: a rule is keys with values (id, act, what …), as `sousveil rules show ID` prints"
        )
    try:
        file = msgspec.convert(raw, RuleFile, strict=False)
    except msgspec.ValidationError as error:
        raise RuleError(f"{source}{_locate(text, str(error))}: {error}") from None
    try:
        _check(file)
        return _rule(file, source)
    except RuleError as error:
        raise RuleError(f"{source}{_locate(text, str(error))}: {error}") from None


def _asks_for_rules(raw: object) -> bool:
    if isinstance(raw, dict):
        return "rule" in raw or any(_asks_for_rules(v) for k, v in raw.items() if k != "linked")
    return isinstance(raw, list) and any(map(_asks_for_rules, raw))


def _kinds(when: Mapping[str, object]) -> frozenset[Kind]:
    """Return the kinds of construct that a condition can be met on, as far as it says so at its top."""
    ((key, value),) = when.items()
    if key == "kind":
        return frozenset(map(Kind, value if isinstance(value, list) else [value]))
    if key != "all" or not isinstance(value, list):
        return frozenset(Kind)
    return frozenset(Kind).intersection(*map(_kinds, value))


def _check(file: RuleFile) -> None:
    if file.act is not Act.MENTIONS and not 0 < file.strength < 1:
        raise RuleError("`strength` must lie between 0 and 1")
    if not 0 < file.lowers <= 1:
        raise RuleError("`lowers` must lie above 0 and not above 1")


def _locate(text: str, message: str) -> str:
    """Return ``:line:column`` of the key that an error message names, as near as the message allows."""
    words = [w.strip("`'\".,:;[]()0123456789$") for w in message.replace(".", " ").replace("`", " ` ").split()]
    lines = text.splitlines()
    for word in reversed([w for w in words if w]):
        for number, line in enumerate(lines, 1):
            stripped = line.lstrip(" -{")
            if stripped.startswith(word + ":") or f" {word}:" in line or f"{{{word}:" in line:
                return f":{number}:{line.find(word) + 1}"
    return ":1:1"
