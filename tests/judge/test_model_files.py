"""Models' class labels: which languages the rule knows, and the list of inputs in a file beside the model."""

from __future__ import annotations

import json
from pathlib import Path

import sousveil
from sousveil.judge.rules import load_rules
from sousveil.model import Basis, Verdict
from sousveil.read.model import LANGUAGES


def test_the_rule_knows_every_reader_of_models() -> None:
    (rule,) = [r for r in load_rules() if r.id == "model-labels"]
    conditions = rule.file.when["all"]
    assert isinstance(conditions, list)
    (languages,) = [c["language"] for c in conditions if "language" in c]
    assert set(languages) == LANGUAGES


def test_what_goes_in_is_read_from_the_list_beside_the_model(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    labels = "item { name: 'Asian' } item { name: 'Black' } item { name: 'Hispanic' } item { name: 'White' }"
    (tmp_path / "models" / "map.pbtxt").write_text(labels)
    (finding,) = sousveil.scan(tmp_path).profiles()
    assert finding.basis is Basis.UNKNOWN
    (tmp_path / "feature_list.json").write_text(json.dumps(["tract", "first_name", "last_name"]))
    report = sousveil.scan(tmp_path)
    (finding,) = report.profiles()
    assert (report.verdict, finding.basis) == (Verdict.PROFILES, Basis.NAME)
    assert [(link.relation, link.place.artifact) for link in finding.links] == [("beside", "feature_list.json")]
