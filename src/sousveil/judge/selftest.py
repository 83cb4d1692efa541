"""Run a rule on its own example and near-miss."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sousveil.judge.features import Sited
from sousveil.judge.judgement import Judgement, judge, met_rules
from sousveil.judge.rules import Rule, Sample
from sousveil.match.lexicon import Tag
from sousveil.model import PROFILING, SURE, Act

Reader = Callable[[str, bytes], list[Sited]]


def check(rule: Rule, rules: Sequence[Rule], read: Reader, tagger: Callable[[str], Sequence[Tag]]) -> list[str]:
    """Return what is wrong with ``rule``, in plain words; empty if example and near-miss come out as they must.

    ``read`` turns a made-up file (path, bytes) into constructs as a scan would.
    """
    problems: list[str] = []
    met, judgement = _run(rule.file.example, rules, read, tagger)
    if rule.id not in met:
        problems.append(f"{rule.id}: not met on its own example; met there: {', '.join(sorted(met)) or 'nothing'}")
    elif rule.file.act in PROFILING and not judgement.profiles():
        problems.append(f"{rule.id}: its example is not judged to profile, but {judgement.verdict}")
    elif rule.file.act in (Act.RESIDUE, Act.RECORDS, Act.MEASURES) and not any(
        f.act is rule.file.act and f.probability >= SURE for f in judgement.findings
    ):
        problems.append(f"{rule.id}: its example gives no finding that {rule.file.act}, but {judgement.verdict}")
    met, judgement = _run(rule.file.near_miss, rules, read, tagger)
    if rule.id in met:
        problems.append(f"{rule.id}: met on its near-miss ({rule.file.near_miss.why})")
    if rule.file.act in PROFILING and judgement.profiles():
        problems.append(f"{rule.id}: its near-miss is judged to profile ({rule.file.near_miss.why})")
    return problems


def _run(
    sample: Sample, rules: Sequence[Rule], read: Reader, tagger: Callable[[str], Sequence[Tag]]
) -> tuple[set[str], Judgement]:
    sited = read(sample.file, sample.text.encode())
    return met_rules(sited, rules, tagger), judge(sited, rules, tagger)
