"""Looking at a product the way a scan sees it: its artifacts, every construct read, and the bytes of one artifact."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import BinaryIO

from msgspec import Struct
from msgspec.structs import replace

from sousveil.judge.features import Sited
from sousveil.judge.rules import load_rules
from sousveil.model import Artifact, Counts, Limit
from sousveil.options import Options, Progress
from sousveil.pipeline import having
from sousveil.run import Run
from sousveil.work.messages import Join, Leaf, Survey


class Collected(Struct, frozen=True):
    """The constructs of a product before any judgement, and the artifacts they were read from."""

    sited: tuple[Sited, ...]
    summary: str
    limits: tuple[Limit, ...]
    artifacts: tuple[Artifact, ...] = ()
    """Where a listing was asked for."""
    counts: Counts = Counts()


def collect(
    product: str | os.PathLike[str],
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Collected:
    """Return the constructs that a scan of ``product`` judges. Raises as :func:`sousveil.scan` does."""
    options = options or Options()
    with having(os.fspath(product), options, progress) as acquired:
        run = Run(acquired, options, progress)
        try:
            run.begin()
            run.survey_and_judge(load_rules(options.rules))
        finally:
            run.close()
        artifacts = tuple(sorted(run.artifacts, key=lambda a: (a.path, a.sha256)))
        limits = tuple(sorted({*run.limits, *acquired.limits}, key=lambda x: (x.path, x.reason, x.detail)))
        return Collected(run.sited(), run.summary(), limits, artifacts, run.counts())


class _Extraction(Run):
    """A run that copies the bytes of one artifact and reads nothing."""

    address = ""
    out: BinaryIO
    found: Leaf | None = None

    def leaf(self, job: Survey | Join, leaf: Leaf) -> None:
        if leaf.display == self.address and self.found is None:
            self.found = leaf
            self._feed.copy(leaf, job, self.out)

    def survey(self) -> None:
        """Survey the product once, judging nothing."""
        self._pass((), self._inputs)
        if not self.found:
            self._join()


def extract(
    product: str | os.PathLike[str],
    address: str,
    out: BinaryIO,
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Leaf | None:
    """Write the bytes of the artifact at ``address`` (as reports show it) to ``out``; return None if there is none.

    A rendering's bytes are the text that a report's places count in. The bytes come from the locked-down workers.
    """
    options = replace(options or Options(), only_artifact=address)
    with having(os.fspath(product), options, progress) as acquired:
        run = _Extraction(acquired, options, progress)
        run.address, run.out = address, out
        try:
            run.survey()
        finally:
            run.close()
        return run.found
