"""Made-up files, read and judged as a scan would; and the pair of tests that every list of shapes has."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

import pytest

from sousveil.judge.features import Sited
from sousveil.judge.judgement import Judgement, judge
from sousveil.judge.rules import load_rules
from sousveil.match.database import Matcher
from sousveil.match.lexicon import load
from sousveil.model import SURE, Act, Basis, Trait, Verdict
from sousveil.read import dispatch

Shape = str | tuple[str, str] | tuple[str, str, Act, Trait]
"""A file's text, under its path; or path and text under a word for it; and what is to be found there."""


@functools.cache
def matcher() -> Matcher:
    return Matcher(load())


def read(path: str, text: str | bytes, number: int = 0) -> list[Sited]:
    """Return the constructs of a file, the ``number``-th of its product."""
    data = text.encode() if isinstance(text, str) else text
    hits = [(h.offset, h.encoding) for h in matcher().match(data, path)]
    return [Sited(c, path, f"{number:064}") for c in dispatch.read(path, data, hits).constructs]


def judge_files(files: Mapping[str, str | bytes], summary: str = "") -> Judgement:
    """Return the judgement of a product of ``files``, which says ``summary`` of itself."""
    sited = [one for number, (path, text) in enumerate(files.items()) for one in read(path, text, number)]
    return judge(sited, load_rules(), load().tag, summary)


def judged(**files: str) -> Judgement:
    """Return the judgement of ``files``; in a name ``__`` stands for the dot."""
    return judge_files({name.replace("__", "."): text for name, text in files.items()})


def profiles(judgement: Judgement) -> list[tuple[Trait, Basis, str]]:
    """Return trait, basis and name of each finding that profiles."""
    return [(f.trait, f.basis, f.construct.name) for f in judgement.profiles()]


def shapes(found: Mapping[str, Shape], quiet: Mapping[str, Shape]) -> tuple[Callable[[str], None], ...]:
    """Return two tests: what must be found in each shape, and that nothing profiles or did in its twin."""

    def judge_shape(name: str, shape: Shape) -> Judgement:
        path, text, *_ = (name, shape) if isinstance(shape, str) else shape
        return judged(**{path: text})

    @pytest.mark.parametrize("name", found)
    def is_found(name: str) -> None:
        judgement = judge_shape(name, found[name])
        told = [(f.rule, f.act, f.trait) for f in judgement.findings if f.probability >= SURE]
        expected = found[name][2:] if isinstance(found[name], tuple) else ()
        assert any((act, trait) == expected for _, act, trait in told) if expected else judgement.profiles(), told

    @pytest.mark.parametrize("name", quiet)
    def stays_quiet(name: str) -> None:
        judgement = judge_shape(name, quiet[name])
        assert judgement.verdict in (Verdict.CLEAR, Verdict.RECORDS), judgement.findings

    return is_found, stays_quiet
