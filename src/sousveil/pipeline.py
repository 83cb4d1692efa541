"""The pipeline: acquire, unpack, match, read, judge, report. This module alone knows the order."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext

from sousveil import __version__
from sousveil.acquire import Acquired, acquire
from sousveil.crew import Crew
from sousveil.judge.judgement import Judgement
from sousveil.judge.rules import Rule, load_rules
from sousveil.model import (
    Finding,
    Limit,
    ProductInfo,
    Report,
)
from sousveil.options import Options, Progress, SandboxError
from sousveil.run import Run
from sousveil.work.confine import missing
from sousveil.work.shelf import Keeps

SCHEMA = "sousveil-report/1"
_CLOSED = 0.02
"""From this share of the bytes on, what stayed closed makes an answer incomplete."""


def scan(
    product: str | os.PathLike[str] | Acquired,
    options: Options | None = None,
    *,
    progress: Callable[[Progress], None] | None = None,
    arrived: Callable[[Finding], None] | None = None,
    keeping: Callable[[Acquired], AbstractContextManager[Keeps | None]] | None = None,
    crew: Crew | None = None,
) -> Report:
    """Return the report on ``product``: a path, ``-``, ``pypi:N==V``, ``npm:N@V``, ``deb:N=V`` or a Package URL;
    or what was acquired already, whose names reports use; it is closed.

    Raises AcquireError where the product cannot be had, RuleError where a rule of ``options.rules`` is wrong, and
    SandboxError where readers cannot be locked down as required.
    Nothing of the product is executed. ``arrived`` is called with each finding as soon as it is certain. ``keeping`` is
    entered with what was acquired before it is read, and left before what of it is temporary is removed; what it gives
    keeps a folder's files as they are read. ``crew`` is of workers that go on to the next product, made with the same
    options; whoever made it closes it.
    """
    options = options or Options()
    started = time.time()
    if options.sandbox == "required" and (lacking := missing()):
        raise SandboxError(
            f"the lock-down of readers is required, and this machine lacks {', '.join(lacking)}; "
            "sousveil doctor says what that means"
        )
    # A mistake in someone's own rules is said before anything is fetched; ours are loaded while a worker gets ready.
    rules = load_rules(options.rules) if options.rules else ()
    acquired = product if isinstance(product, Acquired) else having(os.fspath(product), options, progress)
    name = acquired.name

    with acquired, keeping(acquired) if keeping else nullcontext() as keeps:
        run = Run(acquired, options, progress, keeps, crew)
        try:
            run.begin()
            judgement = run.survey_and_judge(select(rules or load_rules(), options.skip))
            pictures = run.cut_outs(judgement) if options.pictures else ()
        finally:
            run.close()
    findings = tuple(f for f in judgement.findings if wanted(f, options.only, options.skip))
    if arrived:
        for finding in findings:
            arrived(finding)
    verdict = Judgement(findings, ()).verdict
    counts = run.counts()
    if counts.closed >= _CLOSED and not any(limit.reason == "closed" for limit in run.limits):
        detail = f"{100 * counts.closed:.0f} % of the bytes look encrypted, or packed in a way that is not known"
        run.limits.add(Limit(acquired.inputs[0].display if acquired.inputs else name, "closed", detail))
    if asked := [f"--{o} {w}" for o, ws in (("only", options.only), ("skip", options.skip)) for w in ws]:
        left = len(judgement.findings) - len(findings)
        detail = f"{' '.join(asked)}: {left} finding{'s' * (left != 1)} left out"
        run.limits.add(Limit(acquired.inputs[0].display if acquired.inputs else name, "narrowed", detail))
    limits = tuple(sorted({*run.limits, *acquired.limits}, key=lambda x: (x.path, x.reason, x.detail)))
    return Report(
        schema=SCHEMA,
        tool={"name": "sousveil", "version": __version__},
        product=ProductInfo(name, acquired.purl, tuple(i.display for i in acquired.inputs), acquired.notes),
        verdict=verdict,
        complete=not any(limit.incomplete for limit in limits),
        findings=findings,
        explained=judgement.explained,
        limits=limits,
        counts=counts,
        artifacts=tuple(sorted(run.artifacts, key=lambda a: (a.path, a.sha256))),
        run={
            "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
            "seconds": round(time.time() - started, 3),
            "python": platform.python_version(),
            "system": platform.system(),
            "jobs": run.size,
            "sandbox": run.sandbox(),
        },
        pictures=pictures,
    )


def having(name: str, options: Options, progress: Callable[[Progress], None] | None) -> Acquired:
    """Return the product on this machine; a context that is to be left."""

    def downloading(what: str, done: int, total: int | None) -> None:
        if progress:
            progress(Progress("acquire", 0, done, what))

    return acquire(
        name,
        all_files=options.all_files,
        cache=options.cache,
        progress=downloading,
        max_bytes=options.quotas.max_bytes,
        offline=options.offline,
    )


def select(rules: Sequence[Rule], skip: Iterable[str]) -> tuple[Rule, ...]:
    """Return ``rules`` without those that ``skip`` names; all others stay, for they explain one another."""
    dropped = set(skip)
    return tuple(r for r in rules if r.id not in dropped)


def wanted(finding: Finding, only: Sequence[str], skip: Sequence[str]) -> bool:
    """Return whether act, trait or rule of ``finding`` is asked for and not skipped."""
    words = {str(finding.act), str(finding.trait), finding.rule}
    return (not only or bool(words & set(only))) and not words & set(skip)
