"""The lexicon, the rules, the docs and the tests hold every trap word: understood, not excepted."""

from __future__ import annotations

import shutil
from pathlib import Path

import sousveil
from sousveil.model import Act, Verdict

ROOT = Path(__file__).parents[2]
PARTS = ("src", "docs", "tests", "benchmarks", "scripts", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")


def test_sousveils_own_repository_is_clear(tmp_path: Path) -> None:
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(ROOT / part, tmp_path / part)
    report = sousveil.scan(tmp_path)
    said = [(f.rule, f.places[0].artifact, f.places[0].line) for f in report.findings if f.act is not Act.MEASURES]
    assert report.verdict is Verdict.CLEAR, said
    assert report.complete, report.limits
    assert len(report.explained) > 500
