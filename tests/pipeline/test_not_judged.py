"""A mistake of ours in the judgement of one file costs that file, and is said."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import sousveil
from sousveil import run
from sousveil.judge.features import Sited
from sousveil.judge.judgement import Judgement, judge
from sousveil.model import Verdict

_HEADER = "typedef struct {{ int age; int glasses; int race; /* {} */ }} FACE_ATTR;\n"


def _product(tmp_path: Path) -> Path:
    (tmp_path / "sdk").mkdir()
    for name in ("a.h", "b.h"):
        (tmp_path / "sdk" / name).write_text(_HEADER.format("1 Asian 2 White 3 Black"))
    return tmp_path / "sdk"


def test_one_file_that_cannot_be_judged_costs_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(sited: Sequence[Sited], *rest: Any) -> Judgement:
        if any(one.artifact.endswith("a.h") for one in sited):
            raise RecursionError("maximum recursion depth exceeded")
        return judge(sited, *rest)

    monkeypatch.setattr(run, "judge", fails)
    report = sousveil.scan(_product(tmp_path))
    assert report.verdict is Verdict.PROFILES
    assert {place.artifact for finding in report.profiles() for place in finding.places} == {"b.h"}
    (limit,) = [one for one in report.limits if one.reason == "not-judged"]
    assert (limit.path, limit.incomplete) == ("a.h", True)
    assert "RecursionError: maximum recursion depth exceeded" in limit.detail


def test_what_fails_of_all_together_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(sited: Sequence[Sited], *rest: Any) -> Judgement:
        if len({one.artifact for one in sited}) > 1:
            raise ValueError("together")
        return judge(sited, *rest)

    monkeypatch.setattr(run, "judge", fails)
    with pytest.raises(ValueError, match="together"):
        sousveil.scan(_product(tmp_path))
