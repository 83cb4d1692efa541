"""The lexicon's YAML: its shape, its checks, and errors that name file and line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from sousveil.model import Trait

Strength = Literal["certain", "likely", "weak"]
Style = Literal["word", "code"]
Role = Literal["attribute", "group", "practice", "context", "false-friends"]


class LexiconError(ValueError):
    """A lexicon file that cannot be used; the message begins with ``file:line``."""


class Term(Struct, frozen=True, forbid_unknown_fields=True):
    """One spelling."""

    text: str
    language: str
    """BCP 47, or ``code`` for an identifier that belongs to no language."""
    strength: Strength
    """``certain`` opens a file alone, ``likely`` with company nearby, ``weak`` never."""
    source: str
    """A key of ``sources.yaml``, optionally followed by a colon and the place in it."""
    style: Style = "word"
    """``word`` in any case and joint; ``code`` exactly as written."""
    gloss: str = ""
    forms: tuple[str, ...] = ()
    """Plurals and other inflections that mean the same."""


class FalseFriend(Struct, frozen=True, forbid_unknown_fields=True):
    """A string that contains a term and means something else. Either ``text`` or ``regex``."""

    why: str
    text: str = ""
    regex: str = ""


class Concept(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """One lexicon file."""

    concept: str
    role: Role
    gloss: str = ""
    trait: Trait | None = None
    terms: tuple[Term, ...] = ()
    words: dict[str, tuple[str, ...]] = {}
    """Of a context: words by language."""
    strength: Strength = "weak"
    """Of a context's words."""
    false_friends: tuple[FalseFriend, ...] = ()
    references: tuple[str, ...] = ()


class Company(Struct, frozen=True, forbid_unknown_fields=True):
    """What must stand near a ``likely`` term before a file is opened for it."""

    distance: int
    """Bytes before and after the term."""
    words: dict[str, tuple[str, ...]]
    contexts: tuple[str, ...] = ()
    """Concepts of role ``context`` whose words count too."""
    together: tuple[tuple[str, ...], ...] = ()
    """Groups of words that count if all of one group are near."""
    name_contexts: tuple[str, ...] = field(name="name-contexts", default=())
    """Further contexts that count in the name of an artifact."""


class Compiled(Struct, frozen=True):
    """The whole lexicon after reading: what the cache keeps."""

    key: str
    concepts: tuple[Concept, ...]
    files: tuple[str, ...]
    """For each concept the file it was read from."""
    company: Company
    sources: dict[str, str]


def digest(texts: Mapping[str, bytes]) -> str:
    """Return the SHA-256 of the files' names and contents: the key of everything compiled from them."""
    hasher = hashlib.sha256()
    for name in sorted(texts):
        hasher.update(f"{name}\0{len(texts[name])}\0".encode())
        hasher.update(texts[name])
    return hasher.hexdigest()


def read_all(texts: Mapping[str, bytes]) -> Compiled:
    """Return the checked lexicon of ``texts``, YAML by path below the lexicon's folder. Raises LexiconError."""
    concepts: list[Concept] = []
    files: list[str] = []
    company: Company | None = None
    sources: dict[str, str] = {}
    for name in sorted(texts):
        if name == "company.yaml":
            company = _convert(texts[name], name, Company)
        elif name == "sources.yaml":
            sources = _convert(texts[name], name, dict[str, str])
        else:
            concepts.append(_convert(texts[name], name, Concept))
            files.append(name)
    if company is None:
        raise LexiconError("company.yaml:1: the lexicon has no such file")
    seen: dict[str, str] = {}
    spellings: dict[tuple[str, str], str] = {}
    for concept, name in zip(concepts, files, strict=True):
        if concept.concept in seen:
            at = _line(texts[name], ["concept"])
            raise LexiconError(f"{name}:{at}: the concept {concept.concept!r} stands in {seen[concept.concept]} too")
        seen[concept.concept] = name
        _check(concept, name, texts[name], sources, spellings)
    known = {c.concept for c in concepts if c.role == "context"}
    for key in ("contexts", "name_contexts"):
        for word in getattr(company, key):
            if word not in known:
                at = _line(texts["company.yaml"], [key.replace("_", "-")])
                raise LexiconError(f"company.yaml:{at}: there is no context {word!r}")
    return Compiled(digest(texts), tuple(concepts), tuple(files), company, sources)


def _check(
    concept: Concept, name: str, raw: bytes, sources: Mapping[str, str], spellings: dict[tuple[str, str], str]
) -> None:
    def fail(path: list[str | int], message: str) -> None:
        raise LexiconError(f"{name}:{_line(raw, path)}: {message}")

    if concept.role == "context":
        if concept.trait is not None:
            fail(["trait"], "a context has no trait")
        if not concept.words and not concept.terms:
            fail(["concept"], "a context needs `words` or `terms`")
    elif concept.trait is None:
        fail(["concept"], f"a concept of role {concept.role} needs a trait")
    elif concept.role != "false-friends" and not concept.terms:
        fail(["concept"], "it has no terms")
    for i, term in enumerate(concept.terms):
        for text in (term.text, *term.forms):
            if not text.strip() or text != text.strip():
                fail(["terms", i], f"the spelling {text!r} is empty or has blanks around it")
            key = (text if term.style == "code" else text.lower(), "code" if term.style == "code" else "word")
            if concept.role != "context":
                if key in spellings:
                    fail(["terms", i], f"the spelling {text!r} stands in {spellings[key]} too")
                spellings[key] = name
        if sources and term.source.partition(":")[0].strip() not in sources:
            fail(["terms", i, "source"], f"the source {term.source!r} is not in sources.yaml")
    for i, friend in enumerate(concept.false_friends):
        if bool(friend.text) == bool(friend.regex):
            fail(["false-friends", i], "give either `text` or `regex`")
        if friend.regex:
            try:
                re.compile(friend.regex)
            except re.error as error:
                fail(["false-friends", i, "regex"], f"not a regular expression: {error}")


def _convert(raw: bytes, name: str, kind: Any) -> Any:
    """Return ``raw`` as ``kind``. Raises LexiconError with file and line."""
    import yaml

    # The base loader makes strings of everything: a bare `no` is a word here, not a truth value.
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        value = yaml.load(raw.decode("utf-8"), Loader=loader)  # noqa: S506 - makes strings, lists and mappings only
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise LexiconError(f"{name}:{line}: not UTF-8") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise LexiconError(f"{name}:{mark.line + 1 if mark else 1}: {error.problem or 'not YAML'}") from None
    except yaml.YAMLError as error:
        raise LexiconError(f"{name}:1: not YAML: {error}") from None
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at ")
        steps: list[str | int] = [
            int(number) if number else key for key, number in re.findall(r"\.([\w-]+)|\[(\d+)\]", path.strip("`"))
        ]
        if unknown := re.search(r"unknown field `([^`]+)`", message):
            steps.append(unknown[1])
        raise LexiconError(f"{name}:{_line(raw, steps)}: {message}") from None


def _line(raw: bytes, path: list[str | int]) -> int:
    """Return the line of the node that ``path`` leads to, or of the last step that exists."""
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    node = yaml.compose(raw.decode("utf-8"), Loader=loader)
    line: int = node.start_mark.line + 1 if node is not None else 1
    for step in path:
        found = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(step):
                    line, found = key.start_mark.line + 1, value
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            found = node.value[step]
            line = found.start_mark.line + 1
        if found is None:
            break
        node = found
    return line
